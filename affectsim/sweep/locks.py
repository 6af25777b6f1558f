"""Folders in which runs are kept: nobody else's, and one coordinator at a time.

The lock is on a file; the system lets go of it when its process ends, however it ends.
"""

from __future__ import annotations

import os
import socket
import sys
from contextlib import suppress
from pathlib import Path

from affectsim.errors import InputError, Mistake


def make_folder(folder: Path, ours: tuple[str, ...]) -> None:
    """Make a folder, or take one in which every name begins with one of `ours`. Raises InputError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        foreign = sorted(path.name for path in folder.iterdir() if not path.name.startswith(ours))
    except OSError as error:
        raise InputError("--out", [Mistake(str(folder), f"cannot be made: {error.strerror or error}")]) from None
    if foreign:
        raise InputError("--out", [Mistake(str(folder), f"is not empty ({foreign[0]}); give another --out")])


class Lock:
    """The right to write into a folder, held until `close` or the end of the process."""

    def __init__(self, folder: Path, name: str) -> None:
        """Take the lock, a file `name`. Raises InputError if another process holds it, or none can be written."""
        path = folder / name
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise InputError(str(folder), [Mistake(name, f"cannot be written: {error.strerror or error}")]) from None
        try:
            _take(self._file)
        except OSError:
            holder = os.pread(self._file, 200, 0).decode(errors="replace").strip() if hasattr(os, "pread") else ""
            os.close(self._file)
            message = f"another process is working in this folder{f' ({holder})' if holder else ''}"
            raise InputError(str(folder), [Mistake("folder", message)]) from None
        with suppress(OSError):  # A full disk must not keep a sweep from being read: the words are for people only.
            os.ftruncate(self._file, 0)
            os.write(self._file, f"process {os.getpid()} on {socket.gethostname()}\n".encode())

    def close(self) -> None:
        """Let go."""
        os.close(self._file)


if sys.platform == "win32":
    import msvcrt

    def _take(file: int) -> None:
        # Far behind the words, so that they can be read while it is held.
        os.lseek(file, 1 << 20, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        os.lseek(file, 0, os.SEEK_SET)

else:
    import fcntl

    def _take(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
