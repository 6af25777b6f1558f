"""Replicates of a search for power on the disk: a line each, so that nothing that was simulated is lost.

A line holds its own checksum. A line that was torn by a crash is left out and simulated again; one that was changed
later is refused. The first line says what the replicates are of: going on with anything else is refused, too.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from affectsim.errors import InputError, Mistake
from affectsim.sweep.locks import Lock, make_folder
from affectsim.sweep.plan import refuse_changes
from affectsim.trials.power import Replicate, Store

FILE, LOCK = "replicates.jsonl", "power.lock"


class KeptStore(Store):
    """Replicates in a folder, which is made if it is not there; a second program is refused."""

    def __init__(self, folder: Path, facts: Mapping[str, Any]) -> None:
        """Open or begin. Raises InputError for another question, damage, and folders that hold something else."""
        super().__init__()
        self.path = folder / FILE
        if not self.path.exists():
            make_folder(folder, (FILE, LOCK))
        self._lock = Lock(folder, LOCK)
        try:
            self._read(dict(facts))
        except BaseException:
            self._lock.close()
            raise

    def _read(self, facts: dict[str, Any]) -> None:
        raw = self.path.read_bytes() if self.path.exists() else b""
        whole, _, torn = raw.rpartition(b"\n")
        lines = whole.split(b"\n") if whole else []
        if lines:
            began = _opened(lines[0], self.path, 1)
            refuse_changes(began, json.loads(json.dumps(facts)), str(self.path.parent), "its trials")
        for number, line in enumerate(lines[1:], 2):
            values = _opened(line, self.path, number)
            known: dict[str, Any] = {name: math.nan if value is None else value for name, value in values.items()}
            one = Replicate(**known)
            self.kept[one.size, one.number] = one
        if torn:
            with self.path.open("r+b") as file:
                file.truncate(len(raw) - len(torn))
        self._file = self.path.open("ab")
        if not lines:
            self._write([facts])

    def add(self, made: Sequence[Replicate]) -> None:
        """Keep replicates; when this returns they are on the disk."""
        self._write(
            [{name: None if math.isnan(value) else value for name, value in one._asdict().items()} for one in made]
        )
        super().add(made)

    def _write(self, values: Sequence[Mapping[str, Any]]) -> None:
        try:
            self._file.write(b"".join(_closed(one) for one in values))
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            message = f"cannot be written: {error.strerror or error}; what was simulated before is safe"
            raise InputError("--out", [Mistake(str(self.path), message)]) from None

    def close(self) -> None:
        """Close the file and let others write."""
        self._file.close()
        self._lock.close()


def _closed(values: Mapping[str, Any]) -> bytes:
    text = json.dumps(values, sort_keys=True)
    return json.dumps({"is": values, "checksum": _checksum(text)}, sort_keys=True).encode() + b"\n"


def _opened(line: bytes, path: Path, number: int) -> dict[str, Any]:
    try:
        found = json.loads(line)
        values: dict[str, Any] = found["is"]
        if found["checksum"] == _checksum(json.dumps(values, sort_keys=True)):
            return values
    except (ValueError, KeyError, TypeError):
        pass
    raise InputError(str(path), [Mistake(f"line {number}", "is damaged; take it away to simulate it again")])


def _checksum(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
