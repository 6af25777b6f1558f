"""Folders that appear whole or not at all, and the manifest that says what is in them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

from affectsim.errors import InputError, Mistake

if TYPE_CHECKING:
    from affectsim.reports.manifest import Call
    from affectsim.scenario import Scenario

MANIFEST = "manifest.json"
#: Where a context of click keeps the moment at which the command began.
BEGAN = "affectsim.began"
#: Parameters of commands that do not decide what is written.
_NOT_DECIDING = (
    "out", "overwrite", "threads", "workers", "scheduler", "time_limit", "check", "accept", "dry_run",
)  # fmt: skip
#: Folders that are being written -> where their content will be.
_PLACES: dict[Path, Path] = {}
_STANDS_FOR: ContextVar[Path | None] = ContextVar("standing for", default=None)


def free_file(
    out: Path, overwrite: bool, command: str, option: str = "--out", hint: str = "choose another or give --overwrite"
) -> None:  # fmt: skip
    """Raise InputError if a file cannot be written: there already, no folder, itself a folder."""
    if out.is_dir():
        raise InputError(command, [Mistake(f"{option} {out}", "is a folder; name a file")])
    if str(out) == "-":
        raise InputError(command, [Mistake(f"{option} {out}", "names no file, and nothing is printed instead")])
    if out.exists() and not overwrite:
        raise InputError(command, [Mistake(f"{option} {out}", f"is there already; {hint}")])
    if not out.parent.is_dir():
        raise InputError(command, [Mistake(f"{option} {out}", f"no folder {out.parent}")])


def check_folder(folder: Path, overwrite: bool = False) -> None:
    """Raise InputError if `folder` cannot be written to later: full, a file, not permitted. Leaves no trace."""
    place = Path(os.path.abspath(folder))
    if os.path.lexists(place) and not place.is_dir():
        _refuse(folder, "is a file, not a folder")
    existing = place
    while not os.path.lexists(existing):
        existing = existing.parent
    if not existing.is_dir():
        _refuse(folder, f"cannot be made: {existing} is a file, not a folder")
    try:
        # Asking the system is the only sure test: rights, read-only disks and full disks differ too much.
        os.rmdir(tempfile.mkdtemp(prefix=".affectsim-", dir=existing))
        full = place.is_dir() and any(place.iterdir())
    except OSError as error:
        _refuse(folder, f"cannot be written: {error.strerror or error}")
    if not full:
        return
    if not overwrite:
        _refuse(folder, "exists and is not empty; give another --out, or --overwrite to replace an older run")
    if _listed(place) is None:
        _refuse(folder, f"was not written by affectsim (no {MANIFEST}); give another --out")


@contextmanager
def whole_folder(folder: Path, overwrite: bool = False) -> Iterator[Path]:
    """Give a temporary folder to write into; on success its content becomes `folder`, on failure it is gone.

    Raises InputError where the disk refuses, and for what `check_folder` refuses.
    """
    check_folder(folder, overwrite)
    place = Path(os.path.abspath(folder))
    partial: Path | None = None
    done = False
    made = [folder for folder in place.parents if not folder.exists()]
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{place.name}.", suffix=".partial", dir=place.parent))
        _PLACES[partial] = place
        yield partial
        with _undisturbed():
            _put(partial, place)
        done = True
    except OSError as error:
        _refuse(folder, f"cannot be written: {error.strerror or error}")
    finally:
        if partial is not None:
            _PLACES.pop(partial, None)
            shutil.rmtree(partial, ignore_errors=True)
        for empty in () if done else made:
            with suppress(OSError):
                empty.rmdir()


def _put(partial: Path, place: Path) -> None:
    # mkdtemp keeps folders to oneself; a result is as readable as anything else one writes.
    mask = os.umask(0)
    os.umask(mask)
    os.chmod(partial, 0o777 & ~mask)
    if not place.exists():
        os.rename(partial, place)
        return
    # Into a folder that is there already (empty, or an older run): file by file, the manifest last, so that a
    # folder with a manifest is always whole.
    old = _listed(place) or []
    (place / MANIFEST).unlink(missing_ok=True)
    names = sorted(str(path.relative_to(partial)) for path in partial.rglob("*") if path.is_file())
    for name in set(old) - set(names):
        (place / name).unlink(missing_ok=True)
    for name in sorted(names, key=lambda name: name == MANIFEST):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        os.replace(partial / name, place / name)


def _listed(folder: Path) -> list[str] | None:
    """Return the files that the manifest of a folder lists, None if there is no manifest of ours."""
    try:
        files = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not isinstance(files, dict):
        return None
    # A manifest could name anything: only what lies inside the folder counts.
    return [name for name in files if not Path(name).is_absolute() and ".." not in Path(name).parts]


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Put Ctrl-C off for the moment that it takes to rename."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def write_manifest(
    folder: Path, facts: Mapping[str, Any], *, scenario: Scenario | None = None,
    inputs: Mapping[str, Path] | None = None, arguments: Mapping[str, Any] | None = None,
    only: Sequence[str] | None = None, others: Iterable[Path] = (),
) -> None:  # fmt: skip
    """Write `manifest.json`, the last file of a result: the command, `facts`, versions, and every file with its sha256.

    Command, arguments and the files they name are those of the command that runs; what it does not know are `facts`
    (title, seed, digest ...), the `scenario` with the files it names, and other `inputs`. `arguments`: what another
    value than the given one would have done the same, such as one name of several; None leaves one out.
    `only`: files of the result, where others keep what a command goes on from; these are named by the fact "work".
    `others`: files that were read beside those of the scenario, for other values, cases or conditions.
    """
    from affectsim.reports import manifest

    known = dict(facts)
    files = dict(inputs or {})
    if scenario is not None:
        known = {"title": scenario.title, "seed": scenario.seed, "digest": scenario.digest()} | known
        known["scenario"] = scenario.to_toml()
        files |= scenario.files()
    place, mine = written_as(_PLACES.get(folder, folder)), call(arguments)
    if scenario is not None:
        files |= source_of(scenario, mine.given)
    files = with_others(files, others)
    manifest.write(folder, manifest.build(folder, known, mine, files, only=only, place=place))


def with_others(files: Mapping[str, Path], others: Iterable[Path]) -> dict[str, Path]:
    """Return files by what they are, and others that are not among them by numbers."""
    known = {os.path.realpath(path) for path in files.values()}
    more = {os.path.realpath(path): path for path in others if os.path.realpath(path) not in known}
    return {**files, **_numbered("other", more.values())}


def _numbered(key: str, paths: Iterable[Path]) -> dict[str, Path]:
    return {f"{key} {n}" if n else key: path for n, path in enumerate(paths)}


def source_of(scenario: Scenario, given: Mapping[str, Path]) -> dict[str, Path]:
    """Return the file of a scenario if it is none of those that a command was given, but named by one of them."""
    path = Path(scenario.source)
    if path.suffix != ".toml" or not _is_file(path) or any(os.path.samefile(path, one) for one in given.values()):
        return {}
    return {"scenario": path}


def call(changed: Mapping[str, Any] | None = None) -> Call:
    """Return the command that runs, without what does not decide its result (where to, how many threads)."""
    import click

    from affectsim.reports.manifest import Call

    context = click.get_current_context(silent=True)
    if context is None or context.parent is None:
        return Call()
    words: list[str] = []
    above: click.Context | None = context
    while above is not None and above.parent is not None:
        words.insert(0, above.info_name or "")
        above = above.parent
    values = {**context.params, **(changed or {})}
    named: dict[str, Path] = {}
    ends: list[str] = []
    for parameter in context.command.params:
        value = values.get(parameter.name or "")
        by_default = context.get_parameter_source(parameter.name or "") is click.core.ParameterSource.DEFAULT
        if by_default or value is None or parameter.name in _NOT_DECIDING:
            continue
        each = [value] if isinstance(value, str | Path) or not isinstance(value, list | tuple) else list(value)
        if isinstance(parameter, click.Option):
            long = max(parameter.opts, key=len)
            if parameter.is_flag:
                words += [long] if value else []
            else:
                groups = each if parameter.multiple else [each]
                words += [word for one in groups for word in (long, *_words(one))]
        else:
            ends += _words(each)
        files = [Path(one) for one in each if isinstance(one, str | Path) and _is_file(one)]
        named |= _numbered(str(parameter.name), files)
    began = context.meta.get(BEGAN)
    # Words after -- are never options, whatever they begin with.
    return Call((*words, *(["--"] if any(word.startswith("-") for word in ends) else []), *ends), began, named)


def _words(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)]


def _is_file(name: str | Path) -> bool:
    try:
        return Path(name).is_file()
    except (OSError, ValueError):  # ValueError: a name that no file can have
        return False


@contextmanager
def standing_for(folder: Path) -> Iterator[None]:
    """Let what is written meanwhile say paths as they hold from inside `folder`, wherever it is written."""
    token = _STANDS_FOR.set(folder)
    try:
        yield
    finally:
        _STANDS_FOR.reset(token)


def written_as(folder: Path) -> Path:
    """Return the folder from inside which paths in a result shall hold: `folder`, but see `standing_for`."""
    return _STANDS_FOR.get() or folder


def _refuse(folder: Path, message: str) -> None:
    raise InputError("--out", [Mistake(str(folder), message)]) from None
