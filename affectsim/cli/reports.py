"""`affectsim rerun`, `report` and `animate`: what comes after a result."""

from __future__ import annotations

import io
import os
import tempfile
from contextlib import chdir, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from affectsim.cli.output import check_folder, standing_for
from affectsim.cli.progress import Progress
from affectsim.errors import InputError, Mistake

if TYPE_CHECKING:
    from affectsim.reports.manifest import Manifest

#: Commands that write no result of their own.
_NO_RESULT = ("rerun", "report", "animate", "page", "merge", "export")
_folder = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))


@click.command(short_help="Make a result again and compare it, byte for byte.")
@_folder
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR2",
              help="Keep what is made again in this folder; default: it is only compared.")  # fmt: skip
@click.option("--from", "working_folder", type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER",
              help="Folder in which the command is repeated; default: as it was, seen from DIR.")  # fmt: skip
@click.option("--check-only", is_flag=True, help="Only say what was edited since; nothing is run.")
def rerun(folder: Path, out: Path | None, working_folder: Path | None, check_only: bool) -> int:
    """Repeat the command that made the result in DIR, and say of every file whether it is the same.

    same, differs, missing (not made again), new; edited, deleted or added since. Exit 1 unless all are the same.
    Repeating a command runs what it ran, also parts of somebody's own: only for results of people you trust.
    """
    from affectsim.reports import rerun as again
    from affectsim.reports.manifest import inputs_since, read

    known = read(folder)
    if out is not None:
        check_folder(out)
    click.echo(f"  {known.values.get('command') or 'unknown command'}")
    for line in again.others(known):
        click.echo(f"  another machine or version: {line}")
    place = working_folder if working_folder is not None else known.working_folder
    inputs = inputs_since(known, place)
    changed = {name: state for name, state in inputs.items() if state != "same"}
    for name, state in changed.items():
        click.echo(f"  input {name}  {state}")
    if check_only:
        since = again.edited(known)
        click.echo(again.text(since) if since else "  nothing was edited since")
        return 1 if since or changed else 0
    gone = [name for name, state in inputs.items() if state == "missing"]
    if gone:
        hint = f"is not there seen from {place}; --from FOLDER says where else"
        raise InputError(str(folder), [Mistake(name, hint) for name in gone])
    with tempfile.TemporaryDirectory(prefix="affectsim-") as temporary:
        target = Path(os.path.abspath(out)) if out is not None else Path(temporary) / "again"
        _repeat(known, target, place if place.is_dir() else Path(temporary))
        lines = again.compare(known, target)
    click.echo(f"\n{again.text(lines)}")
    bad = [line for line in lines if line.state != "same"]
    same = not bad and not changed
    click.echo(f"\n{len(lines) - len(bad)} of {len(lines)} files are the same" + ("" if same else "; not all is as it was"))
    if out is not None:
        click.echo(f"written: {out}")
    return 0 if same else 1


def _repeat(known: Manifest, target: Path, place: Path) -> None:
    """Run the command of a manifest so that it writes to `target`, from the folder `place`. Raises InputError."""
    root = click.get_current_context().find_root()
    command: click.Command = root.command
    context, words, name = root, known.arguments, ""
    wrong = [Mistake("arguments", "says no command that makes a result")]
    while isinstance(command, click.Group):
        found = command.get_command(context, words[0]) if words else None
        if found is None or words[0] in _NO_RESULT:
            raise InputError(str(known.folder), wrong)
        name, words, command = words[0], words[1:], found
        if isinstance(found, click.Group):
            context = click.Context(found, parent=context, info_name=name)
    if not any(parameter.name == "out" for parameter in command.params):
        raise InputError(str(known.folder), wrong)
    # What the command prints names a folder that nobody asked for; how far it is goes to standard error.
    with chdir(place), standing_for(known.place(Path.cwd())), redirect_stdout(io.StringIO()):
        try:
            repeated = command.make_context(name, list(words), parent=context)
        except click.ClickException as error:
            raise InputError(str(known.folder), [Mistake("arguments", error.format_message())]) from None
        repeated.params["out"] = target
        with repeated:
            command.invoke(repeated)


@click.command(short_help="Write a report of a result as one HTML file.")
@_folder
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE.html",
              help="File to write; default: DIR's name and report, such as office-7-report.html.")  # fmt: skip
@click.option("--overwrite", is_flag=True, help="Replace the file if it is there.")
def report(folder: Path, out: Path | None, overwrite: bool) -> None:
    """Write question, design, results, figures, methods and how to make it again, of the result in DIR.

    One file that opens offline, prints, and holds no script. For results of every command that writes a manifest.
    """
    from affectsim.reports.manifest import read

    known = read(folder)
    path = out if out is not None else Path(f"{known.folder.name}-report.html")
    _check_file(path, (".html", ".htm"), overwrite)
    from affectsim.reports.kinds import report as written
    from affectsim.results import DISCLAIMER
    from affectsim.text_files import write_text

    text = written(known)
    write_text(path, text)
    click.echo(f"written: {path} ({len(text.encode()) / 1000:.0f} kB); open it in a browser\n{DISCLAIMER}")


def _check_file(path: Path, suffixes: tuple[str, ...], overwrite: bool) -> None:
    wrong = ""
    if path.suffix not in suffixes:
        wrong = f"must end with {' or '.join(suffixes)}"
    elif path.is_dir():
        wrong = "is a folder, not a file"
    elif path.exists() and not overwrite:
        wrong = "exists; give another --out, or --overwrite to replace it"
    elif not path.absolute().parent.is_dir():
        wrong = f"there is no folder {path.parent}"
    if wrong:
        raise InputError("--out", [Mistake(str(path), wrong)])


@click.command()
def animate() -> None: ...
