"""Folders that appear whole or not at all, and the manifest that says what is in them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from affectsim.errors import InputError, Mistake

MANIFEST = "manifest.json"


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
        yield partial
        with _undisturbed():
            _put(partial, place)
        done = True
    except OSError as error:
        _refuse(folder, f"cannot be written: {error.strerror or error}")
    finally:
        if partial is not None:
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


def write_manifest(folder: Path, facts: Mapping[str, Any]) -> None:
    """Write `manifest.json`: `facts`, then size and sha256 of every other file in the folder."""
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != MANIFEST:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            files[path.relative_to(folder).as_posix()] = {"bytes": path.stat().st_size, "sha256": digest}
    text = json.dumps({**facts, "files": files}, indent=2, ensure_ascii=False)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def _refuse(folder: Path, message: str) -> None:
    raise InputError("--out", [Mistake(str(folder), message)]) from None
