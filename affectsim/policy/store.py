"""Every run of a search in one SQLite file; what was acknowledged survives whatever happens to the process.

Nothing of the search itself is kept: its chances follow from its seed, so it is gone through again from the
beginning, and finds here what was made before. A search that was stopped goes on exactly where it was.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from affectsim.errors import InputError, Mistake
from affectsim.policy.decisions import key_of
from affectsim.policy.evaluation import Evaluated
from affectsim.sweep.database import LockedFile, said, transaction
from affectsim.sweep.locks import Lock, make_folder
from affectsim.sweep.plan import refuse_changes
from affectsim.sweep.store import checksum

FILE, LOCK = "optimise.sqlite", "optimise.lock"

Known = dict[tuple[str, int], Evaluated]


class Store(LockedFile):
    """The runs of a search, in memory and in the file. `damaged`: rows that were not what was written; made again."""

    def __init__(self, folder: Path, plan: Mapping[str, Any], *, begun: bool = False) -> None:
        """Begin a search in a folder or go on with the one that is there, alone. Raises InputError.

        `plan`: everything that decides the runs, as plain values; another one than the search began with is refused.
        `begun`: refuse to begin a new one.
        """
        self.folder, self.damaged = folder, 0
        if begun and not (folder / FILE).is_file():
            raise InputError(str(folder), [Mistake(FILE, "missing: no search was begun in this folder")])
        if not (folder / FILE).exists():
            make_folder(folder, (FILE, LOCK))
        self._lock = Lock(folder, LOCK)
        try:
            with self._said():
                self._file = sqlite3.connect(folder / FILE, isolation_level=None, timeout=30)
                self._file.execute("PRAGMA journal_mode = WAL")
                self._file.execute("PRAGMA synchronous = FULL")
                self._begin(json.loads(json.dumps(plan)))
                self.known = self._read()
        except BaseException:
            self.close()
            raise

    def _begin(self, plan: dict[str, Any]) -> None:
        with transaction(self._file):
            self._file.execute("CREATE TABLE IF NOT EXISTS search (plan TEXT NOT NULL, checksum TEXT NOT NULL)")
            self._file.execute(
                "CREATE TABLE IF NOT EXISTS runs (point TEXT NOT NULL, replicate INTEGER NOT NULL, failed TEXT, "
                "vals TEXT NOT NULL, checksum TEXT NOT NULL, PRIMARY KEY (point, replicate))"
            )
            found = self._file.execute("SELECT plan, checksum FROM search").fetchone()
            if found is None:
                text = json.dumps(plan, sort_keys=True, ensure_ascii=False, allow_nan=False)
                self._file.execute("INSERT INTO search VALUES (?, ?)", (text, checksum((text,))))
                return
        if checksum(found[:1]) != found[1]:
            raise sqlite3.DatabaseError("what it says about the search is not what was written")
        refuse_changes(json.loads(found[0]), plan, str(self.folder), "its runs")

    def _read(self) -> Known:
        (said,) = self._file.execute("PRAGMA quick_check(1)").fetchone()
        if said != "ok":
            raise sqlite3.DatabaseError(str(said))
        known: Known = {}
        wrong = []
        for number, *row in self._file.execute("SELECT rowid, * FROM runs"):
            if checksum(row[:-1]) != row[-1]:
                wrong.append((number,))
                continue
            point = json.loads(row[0]) if row[0] else None
            known[row[0], row[1]] = Evaluated(point, row[1], tuple(json.loads(row[3])), row[2])
        if wrong:
            self.damaged = len(wrong)
            with transaction(self._file):
                self._file.executemany("DELETE FROM runs WHERE rowid = ?", wrong)
        return known

    def add(self, done: Iterable[Evaluated]) -> None:
        """Keep runs; when this returns they are on the disk, all of them or (after an InputError) none."""
        rows, known = [], {}
        for one in done:
            values = [float(value) + 0.0 for value in one.values]
            failed = one.failed
            if not all(map(math.isfinite, values)):
                values, failed = [], "gives no number"
            key = (key_of(one.point), one.replicate)
            row = (*key, failed, json.dumps(values))
            rows.append((*row, checksum(row)))
            known[key] = one._replace(values=tuple(values), failed=failed)
        with self._said(), transaction(self._file):
            self._file.executemany("INSERT INTO runs VALUES (?, ?, ?, ?, ?)", rows)
        self.known |= known

    def _said(self) -> AbstractContextManager[None]:
        return said(self.folder / FILE, "what was done before is safe", "give the same command again")
