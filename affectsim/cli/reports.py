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
from affectsim.errors import InputError, Mistake, visible
from affectsim.progress import Progress

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
        click.echo(again.text(since) if since else "  nothing in it was edited since")
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
    click.echo(
        f"\n{len(lines) - len(bad)} of {len(lines)} files are the same" + ("" if same else "; not all is as it was")
    )
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
            repeated = command.make_context(name, ["--out", str(target), *words], parent=context)
        except click.ClickException as error:
            raise InputError(str(known.folder), [Mistake("arguments", error.format_message())]) from None
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
    from affectsim.reports.whole import report as written
    from affectsim.results import DISCLAIMER
    from affectsim.text_files import write_text

    text = visible(written(known))  # a folder's name may be no UTF-8
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


@click.command(short_help="Write a run as a moving picture.")
@click.argument("source", metavar="DIR|FILE.nc", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="CLIP", help="File, .gif or .webp.")
@click.option("--view", type=click.Choice(["triangle", "network", "both"]), default="triangle", show_default=True,
              help="Everybody in the triangle of the three systems, on the network, or both.")  # fmt: skip
@click.option("--frames", type=click.IntRange(2, 600), default=90, show_default=True,
              help="At most this many pictures; records between them are averaged.")  # fmt: skip
@click.option("--fps", type=click.FloatRange(1, 50), default=8.0, show_default=True, help="Pictures in a second.")
@click.option("--width", type=click.IntRange(320, 1920), default=900, show_default=True, help="Width, pixels.")
@click.option("--dry-run", is_flag=True, help="Only say how large the clip will be and how long it takes.")
@click.option("--overwrite", is_flag=True, help="Replace the file if it is there.")
def animate(
    source: Path, out: Path, view: str, frames: int, fps: float, width: int, dry_run: bool, overwrite: bool
) -> None:
    """Write the run in DIR (or in a file .nc) as a clip: colour and shape say which system is strongest in whom.

    The worlds of a trial play side by side, with the same people. The same run gives the same bytes.
    """
    _check_file(out, (".gif", ".webp"), overwrite)
    from affectsim import plots
    from affectsim.plots import animation
    from affectsim.results import DISCLAIMER

    run = _run_in(source)
    try:
        film = animation.cut(run, frames)
    except ValueError as error:
        raise InputError(str(source), [Mistake("run", str(error))]) from None
    about = animation.estimate(film, view, width, out.suffix)
    click.echo(f"  {about.frames} pictures of {about.width} x {about.height} pixels, about "
               f"{about.bytes / 1e6:.2g} MB, about {about.seconds:.0f} s")  # fmt: skip
    if dry_run:
        return
    placed = None if view == "triangle" else plots.Placed.of(_community(run, source))
    try:
        with Progress("pictures") as progress:
            animation.animate(film, out, view, placed=placed, width=width, rate=fps, progress=progress)
    except OSError as error:
        raise InputError("--out", [Mistake(str(out), f"cannot be written: {error.strerror or error}")]) from None
    click.echo(f"written: {out} ({out.stat().st_size / 1e6:.2g} MB)\n{DISCLAIMER}")


def _run_in(source: Path) -> Any:
    """Return the run in a folder or a file. Raises InputError."""
    from affectsim.results import load

    path = source / "run.nc" if source.is_dir() else source
    run = load(path)
    if "arm" not in run.coords or "scenario" not in run.attrs:
        raise InputError(str(source), [Mistake(path.name, "is no run: it holds no worlds")])
    return run


def _community(run: Any, source: Path) -> Any:
    """Return who is tied to whom in a run. Raises InputError if the network cannot be built again."""
    import numpy as np

    from affectsim.scenario import Scenario
    from affectsim.world import community_of

    path = source / "scenario.toml"
    there = path.is_file()
    scenario = Scenario.load(path) if there else Scenario.from_toml(run.attrs["scenario"], source=str(source))
    community = community_of(scenario)
    if not np.array_equal(run["person"].to_numpy(), np.arange(community.people)):
        message = "not everybody was recorded; a network needs all: --set record.people=all, or --view triangle"
        raise InputError(str(source), [Mistake("run", message)])
    return community
