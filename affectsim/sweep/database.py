"""SQLite files that keep runs: changes that happen wholly or not at all, and what SQLite says in words."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from affectsim.errors import InputError, Mistake
from affectsim.sweep.locks import Lock

#: What SQLite says where a disk has no room, or refuses to be written.
_FULL = {"SQLITE_FULL", "SQLITE_IOERR", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC", "SQLITE_IOERR_TRUNCATE",
         "SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_SHMOPEN", "SQLITE_CANTOPEN"}  # fmt: skip


class LockedFile:
    """Base of what keeps runs in a file: open, and locked if it is to be written, until it is closed."""

    _file: sqlite3.Connection
    _lock: Lock | None

    def close(self) -> None:
        """Close the file and let others write."""
        if hasattr(self, "_file"):
            # A disk that is full cannot take the last tidying up; what is done is in the log.
            with suppress(sqlite3.Error):
                self._file.close()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()


@contextmanager
def transaction(file: sqlite3.Connection) -> Iterator[None]:
    """Make all changes meanwhile at once, or none."""
    file.execute("BEGIN IMMEDIATE")
    try:
        yield
        file.execute("COMMIT")
    except BaseException:
        if file.in_transaction:
            file.execute("ROLLBACK")
        raise


@contextmanager
def said(path: Path, safe: str, again: str) -> Iterator[None]:
    """Say in words what SQLite says about the file `path`: raises InputError.

    `safe`: what is not lost where the disk is full; `again`: how to go on once there is space.
    """
    folder, name = str(path.parent), path.name
    damaged = "Take back a copy of it, or begin anew in another folder"
    try:
        yield
    except UnicodeDecodeError as error:
        raise InputError(folder, [Mistake(name, f"is damaged: {error}. {damaged}")]) from None
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorname", "")
        if path.exists() and not os.access(path, os.R_OK):
            message = "cannot be read: no permission"
        elif code in _FULL:
            message = f"the disk is full or cannot be written ({error}); {safe}. Free some space, then {again}"
        elif isinstance(error, sqlite3.OperationalError) and code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            message = "is in use by another program; try again"
        elif code.startswith("SQLITE_READONLY"):
            message = "cannot be written: no permission"
        elif code.startswith("SQLITE_CONSTRAINT"):
            raise
        else:
            message = f"is damaged: {error}. {damaged}"
        raise InputError(folder, [Mistake(name, message)]) from None
