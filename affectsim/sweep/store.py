"""Where the runs of a sweep are kept: one SQLite file, written by one process, readable while it grows.

- A run counts as done when its transaction is on the disk (write-ahead log, synchronous = FULL); `add` returns only
  then. A process that dies at any moment leaves whole transactions behind, and nothing has to be mended.
- The number of a run is the key of its row: none can be there twice.
- Every row carries a checksum over all its values. What was damaged on the disk is found when the file is opened.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple

from affectsim.errors import InputError, Mistake
from affectsim.sweep.database import LockedFile, said, transaction
from affectsim.sweep.designs import Point
from affectsim.sweep.locks import Lock, make_folder
from affectsim.sweep.outcomes import Values
from affectsim.sweep.plan import Job, Plan

FILE, LOCK = "sweep.sqlite", "sweep.lock"
_PARTIAL = ".sweep.sqlite.partial"
#: Columns that every table has beside what is varied and kept.
_RUN = ("run", "point", "replicate", "failed")


class Done(NamedTuple):
    """One run that was made: its numbers, or why it failed."""

    run: int
    values: Values
    failed: str | None = None


class Store(LockedFile):
    """The file of a sweep. `damaged`: numbers of runs whose rows do not agree with their checksum."""

    def __init__(self, folder: Path, *, write: bool = False) -> None:
        """Open the sweep in a folder, alone if it is to be written. Raises InputError; checks every row."""
        self.folder = folder
        path = folder / FILE
        if not path.is_file():
            raise InputError(str(folder), [Mistake(FILE, "missing: no sweep was begun in this folder")])
        self._lock = Lock(folder, LOCK) if write else None
        try:
            with self._said():
                self._file = sqlite3.connect(_address(path, write), isolation_level=None, timeout=30, uri=True)
                if write:
                    self._file.execute("PRAGMA journal_mode = WAL")
                    self._file.execute("PRAGMA synchronous = FULL")
                else:
                    self._file.execute("PRAGMA query_only = ON")
                self.plan = Plan.from_text(self._kept("plan"))
                self.points = int(self._kept("points"))
                self.damaged = self._check()
        except BaseException:
            self.close()
            raise

    @classmethod
    def create(cls, folder: Path, plan: Plan, points: Sequence[Point]) -> None:
        """Begin a sweep in a folder, which is made or empty; whole or not at all. Raises InputError."""
        cls.begin(folder, plan, [_point_row(plan, number, point) for number, point in enumerate(points)])

    @classmethod
    def begin(cls, folder: Path, plan: Plan, points: Sequence[tuple[Any, ...]]) -> None:
        """Begin a sweep with the rows of its points, as `point_rows` gives them; see `create`."""
        make_folder(folder, (FILE, _PARTIAL, LOCK))
        lock = Lock(folder, LOCK)
        partial = folder / _PARTIAL
        try:
            if (folder / FILE).exists():
                raise InputError("--out", [Mistake(str(folder), "holds a sweep already")])
            partial.unlink(missing_ok=True)
            with said(folder / FILE, "nothing was begun", "give the same command again"):
                _write_new(partial, plan, points)
                os.replace(partial, folder / FILE)
                _settle(folder)
        finally:
            partial.unlink(missing_ok=True)
            lock.close()

    # ---------------------------------------------------------------------------------- writing

    def add(self, done: Iterable[Done]) -> None:
        """Keep runs; when this returns they are on the disk, all of them or (after an InputError) none."""
        rows = [self._row(one) for one in done]
        marks = ", ".join("?" * (len(_RUN) + len(self.plan.columns) + 1))
        with self._said(), transaction(self._file):
            self._file.executemany(f"INSERT INTO runs VALUES ({marks})", rows)

    def forget(self, runs: Iterable[int]) -> None:
        """Take runs away, so that they are made again."""
        with self._said(), transaction(self._file):
            self._file.executemany("DELETE FROM runs WHERE run = ?", [(run,) for run in runs])

    def _row(self, done: Done) -> tuple[Any, ...]:
        point, replicate = divmod(done.run, self.plan.replicates)
        values = [_number(done.values.get(name)) for name in self.plan.columns]
        row = (done.run, point, replicate, done.failed, *values)
        return (*row, checksum(row))

    # ---------------------------------------------------------------------------------- reading

    def todo(self) -> list[int]:
        """Return the runs of this shard that are not there, replicate by replicate: a whole map early on.

        Damaged ones are not among them; see `forget`.
        """
        with self._said():
            there = {run for (run,) in self._file.execute("SELECT run FROM runs")}
        missing = [run for run in self.plan.mine(self.points) if run not in there]
        return sorted(missing, key=lambda run: (run % self.plan.replicates, run))

    def counts(self) -> tuple[int, int, int]:
        """Return how many runs are done (without failing), how many failed, and how many there should be."""
        with self._said():
            there, failed = self._file.execute("SELECT count(*), count(failed) FROM runs").fetchone()
        return there - failed, failed, len(self.plan.mine(self.points))

    def failed(self) -> list[tuple[int, str]]:
        """Return the runs that failed, and why."""
        with self._said():
            return list(self._file.execute("SELECT run, failed FROM runs WHERE failed IS NOT NULL ORDER BY run"))

    def jobs(self, runs: Iterable[int]) -> Iterator[Job]:
        """Yield runs with what they change, in the order given."""
        for run in runs:
            point, replicate = divmod(run, self.plan.replicates)
            with self._said():
                (text,) = self._file.execute("SELECT changes FROM points WHERE point = ?", (point,)).fetchone()
            yield Job(run, replicate, json.loads(text))

    def names(self) -> tuple[str, ...]:
        """Return the columns of the table: number, what was varied, what was kept, why a run failed."""
        factors = tuple(factor.name for factor in self.plan.known_factors)
        return ("run", "point", "replicate", *factors, *self.plan.columns, "failed")

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of the table, sorted by run. Raises InputError if some are damaged."""
        if self.damaged:
            said = ", ".join(map(str, self.damaged[:10])) + (" ..." if len(self.damaged) > 10 else "")
            hint = f"run {said} were damaged on the disk; affectsim resume {self.folder} makes them again"
            raise InputError(str(self.folder / FILE), [Mistake(f"{len(self.damaged)} rows", hint)])
        varied = "".join(f", p.{_quoted(factor.name)}" for factor in self.plan.known_factors)
        kept = "".join(f", r.{_quoted(name)}" for name in self.plan.columns)
        query = f"SELECT r.run, r.point, r.replicate{varied}{kept}, r.failed FROM runs r JOIN points p USING (point)"
        with self._said():
            yield from self._file.execute(f"{query} ORDER BY r.run")

    def raw(self) -> Iterator[Done]:
        """Yield every sound run as it was added, sorted by run."""
        with self._said():
            for row in self._file.execute("SELECT * FROM runs ORDER BY run"):
                if checksum(row[:-1]) == row[-1]:
                    values = dict(zip(self.plan.columns, row[len(_RUN) : -1], strict=True))
                    yield Done(row[0], values, row[3])

    def point_rows(self) -> list[tuple[Any, ...]]:
        """Return the rows of all points, in order."""
        with self._said():
            return list(self._file.execute("SELECT * FROM points ORDER BY point"))

    def _kept(self, key: str) -> str:
        found = self._file.execute("SELECT value, checksum FROM sweep WHERE key = ?", (key,)).fetchone()
        if found is None or checksum((key, found[0])) != found[1]:
            raise sqlite3.DatabaseError(f"what it says about the {key} is not what was written")
        return str(found[0])

    def _check(self) -> list[int]:
        """Return the numbers of damaged runs. Raises sqlite3.DatabaseError if the file as a whole is damaged."""
        (said,) = self._file.execute("PRAGMA quick_check(1)").fetchone()
        if said != "ok":
            raise sqlite3.DatabaseError(str(said))
        schema = dict(self._file.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
        if schema != _schema(self.plan):
            raise sqlite3.DatabaseError("the names of its columns are not those that were written")
        points = self._file.execute("SELECT * FROM points ORDER BY point").fetchall()
        if [row[0] for row in points] != list(range(self.points)) or any(
            checksum(row[:-1]) != row[-1] for row in points
        ):
            raise sqlite3.DatabaseError("the points are not those that were written")
        rows = self._file.execute("SELECT * FROM runs ORDER BY run")
        return [row[0] for row in rows if not _sound(row, self.plan.replicates, self.points)]

    def _said(self) -> AbstractContextManager[None]:
        return said(self.folder / FILE, "what was done before is safe", f"give: affectsim resume {self.folder}")


def checksum(values: Sequence[Any]) -> str:
    """Return 16 hexadecimal digits of BLAKE2 over values; floats by their exact digits."""
    text = json.dumps(list(values), ensure_ascii=True, allow_nan=False)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _number(value: float | None) -> float | None:
    """Return a number as SQLite gives it back: missing if it is none, and without the sign of zero."""
    return None if value is None or not math.isfinite(value) else float(value) + 0.0


def _sound(row: Sequence[Any], replicates: int, points: int) -> bool:
    try:
        known = row[0] == row[1] * replicates + row[2] and 0 <= row[1] < points
        return bool(known and checksum(row[:-1]) == row[-1])
    except (TypeError, ValueError):  # Bytes that are no text, numbers that are none any more.
        return False


def _point_row(plan: Plan, number: int, point: Point) -> tuple[Any, ...]:
    row = (number, *plan.shown_at(point), json.dumps(plan.changes_at(point)))
    return (*row, checksum(row))


def _write_new(path: Path, plan: Plan, points: Sequence[tuple[Any, ...]]) -> None:
    file = sqlite3.connect(path, isolation_level=None)
    try:
        file.execute("PRAGMA synchronous = FULL")
        file.execute("BEGIN")
        for made in _schema(plan).values():
            file.execute(made)
        for key, value in (("plan", plan.to_text()), ("points", str(len(points)))):
            file.execute("INSERT INTO sweep VALUES (?, ?, ?)", (key, value, checksum((key, value))))
        marks = ", ".join("?" * (len(plan.known_factors) + 3))
        file.executemany(f"INSERT INTO points VALUES ({marks})", points)
        file.execute("COMMIT")
    finally:
        file.close()


def _schema(plan: Plan) -> dict[str, str]:
    """Return what makes the tables of a sweep, and the view for people: name -> SQL."""
    varied = [factor.name for factor in plan.known_factors]
    columns = "".join(f", {_quoted(name)}" for name in varied)
    kept = "".join(f", {_quoted(name)} REAL" for name in plan.columns)
    shown = "".join(f", p.{_quoted(name)}" for name in varied) + "".join(f", r.{_quoted(n)}" for n in plan.columns)
    return {
        "sweep": "CREATE TABLE sweep (key TEXT PRIMARY KEY, value TEXT NOT NULL, checksum TEXT NOT NULL)",
        "points": f"CREATE TABLE points (point INTEGER PRIMARY KEY{columns}, changes TEXT NOT NULL, checksum TEXT)",
        "runs": "CREATE TABLE runs (run INTEGER PRIMARY KEY, point INTEGER NOT NULL, replicate INTEGER NOT NULL, "
        f"failed TEXT{kept}, checksum TEXT NOT NULL)",
        "results": f"CREATE VIEW results AS SELECT r.run, r.point, r.replicate{shown}, r.failed "
        "FROM runs r JOIN points p USING (point) ORDER BY r.run",
    }


def _address(path: Path, write: bool) -> str:
    """Return the URI of the file. Where nobody may write, it is read as it is, if no log lies beside it."""
    address = path.absolute().as_uri()
    log = path.with_name(f"{path.name}-wal")
    still = not write and not os.access(path.parent, os.W_OK) and not (log.exists() and log.stat().st_size)
    return f"{address}?mode=ro&immutable=1" if still else f"{address}?mode=rw"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _settle(folder: Path) -> None:
    """Let the disk keep the new name of a file, where the system can be asked for it."""
    if os.name != "posix":
        return
    place = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)
