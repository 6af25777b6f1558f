"""The store of a sweep under attack: kills, a full disk, damaged bytes, a second writer, a changed scenario.

Runs are stood in for by numbers that follow from the run, so that hundreds of kills take seconds; the last tests
attack real processes. Controls that are broken on purpose show that the attacks find what they look for.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from affectsim.cli import _code
from affectsim.errors import InputError
from affectsim.sweep import execution, exports
from affectsim.sweep import store as stores
from affectsim.sweep.execution import execute
from affectsim.sweep.plan import again, refuse_differences
from affectsim.sweep.request import Sweep, read
from affectsim.sweep.runs import Made
from affectsim.sweep.store import FILE, Done, Store
from affectsim.sweep.workers import without_ctrl_c
from tests.worlds import BASE

TOP = Path(__file__).resolve().parents[1]
_FORK = multiprocessing.get_context("fork")

pytestmark = pytest.mark.skipif(os.name != "posix", reason="attacks processes in the way of Unix")


class StandIn:
    """Makes runs without a simulation: numbers that follow from the run and nothing else."""

    batch_seconds = 0.0005

    def __init__(self, plan):
        self.plan = plan

    def make(self, jobs):
        """Make runs."""
        time.sleep(self.batch_seconds)
        done = []
        for job in jobs:
            numbers = random.Random(f"{job.run} {json.dumps(job.changes)}")
            done.append(Done(job.run, {name: numbers.random() for name in self.plan.columns}))
        return Made(done, 0.1 * len(jobs), 0.1)


@pytest.fixture(autouse=True)
def stand_in(request, monkeypatch):
    if "real_processes" not in request.node.name:
        monkeypatch.setattr(execution, "Maker", StandIn)


def asked(tmp_path: Path, points: int = 40, replicates: int = 5) -> Sweep:
    (tmp_path / "base.toml").write_text(BASE)
    return read(tmp_path / "base.toml", {"replicates": replicates}, [f"model.defeat=0.1:0.9:{points}"], {})


def begun(folder: Path, sweep: Sweep) -> Path:
    Store.create(folder, sweep.plan, sweep.points)
    return folder


def table(folder: Path) -> bytes:
    file = folder.parent / f"{folder.name}.csv"
    with Store(folder) as store:
        exports.export_csv(store, file)
    return file.read_bytes()


def whole(tmp_path: Path, sweep: Sweep) -> bytes:
    folder = begun(tmp_path / "whole", sweep)
    with Store(folder, write=True) as store:
        execute(store, workers=0)
    return table(folder)


# ------------------------------------------------------------------------------------------ kills


class LateStore(Store):
    """Broken on purpose: it says that runs are kept before they are on the disk."""

    def add(self, done):
        """Keep runs, but only every tenth batch."""
        held = self.__dict__.setdefault("held", [])
        held.append(list(done))
        if len(held) == 10:
            super().add([one for batch in held for one in batch])
            held.clear()


def _coordinate(kind: type[Store], folder: Path, pipe: int) -> None:
    os.write(pipe, b"begun\n")
    with kind(folder, write=True) as store:
        execute(store, workers=0, acknowledged=lambda runs: os.write(pipe, (json.dumps(runs) + "\n").encode()))


def _killed(kind: type[Store], folder: Path, chance: random.Random, seconds: float) -> list[int]:
    """Go on with a sweep, kill it a random time after it began, return the runs that it said were kept."""
    hear, tell = os.pipe()
    process = _FORK.Process(target=_coordinate, args=(kind, folder, tell))
    process.start()
    os.close(tell)
    with os.fdopen(hear) as said:
        assert said.readline() == "begun\n"
        time.sleep(chance.uniform(0, seconds))
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        lines = said.read().split("\n")
    return [run for line in lines[:-1] for run in json.loads(line)]


def _campaign(kind: type[Store], folder: Path, sweep: Sweep, kills: int, seed: int) -> set[int]:
    """Kill a sweep again and again, from its beginning anew whenever it is done; return the runs that got lost."""
    chance, lost, kept, begins = random.Random(seed), set(), set(), 0
    for _ in range(kills):
        if not folder.exists():
            begun(folder, sweep)
            begins += 1
            kept = set()
        kept |= set(_killed(kind, folder, chance, 0.08))
        with Store(folder) as store:
            there = {done.run for done in store.raw()}
            assert not store.damaged
            lost |= kept - there
            if not store.todo():
                assert table(folder) == (folder.parent / "whole.csv").read_bytes()
                shutil.rmtree(folder)
    if folder.exists():
        with Store(folder, write=True) as store:
            execute(store, workers=0)
        assert table(folder) == (folder.parent / "whole.csv").read_bytes()
    return lost


def test_kills_lose_nothing_that_was_acknowledged_and_double_nothing(tmp_path, full):
    """After every kill all acknowledged runs are there, and the finished table has the bytes of an undisturbed one."""
    sweep = asked(tmp_path, 200)
    whole(tmp_path, sweep)
    assert not _campaign(Store, tmp_path / "killed", sweep, 300 if full else 60, seed=1)


def test_the_kills_find_a_store_that_acknowledges_too_early(tmp_path):
    sweep = asked(tmp_path, 200)
    whole(tmp_path, sweep)
    # On a machine with much else to do, ten kills may all come before anything was kept.
    assert any(_campaign(LateStore, tmp_path / f"killed-{seed}", sweep, 10, seed) for seed in range(2, 8))


def test_a_transaction_is_forced_to_the_disk(tmp_path):
    """What a kill cannot show, since the system outlives the process: SQLite is told to wait for the disk."""
    folder = begun(tmp_path / "out", asked(tmp_path, 2))
    with Store(folder, write=True) as store:
        assert store._file.execute("PRAGMA synchronous").fetchone() == (2,)
        assert store._file.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_beginning_that_was_killed_leaves_nothing_in_the_way(tmp_path):
    sweep = asked(tmp_path, 2)
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / ".sweep.sqlite.partial").write_bytes(b"half a file")
    begun(folder, sweep)
    with pytest.raises(InputError, match="holds a sweep already"):
        begun(folder, sweep)
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "letter.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        begun(tmp_path / "foreign", sweep)


# ------------------------------------------------------------------------------------------ disk


def _fill(folder: Path, size: int, pipe: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    acknowledged = []
    try:
        with Store(folder, write=True) as store:
            execute(store, workers=0, acknowledged=acknowledged.extend)
        said = "nothing"
    except InputError as error:
        said = str(error)
    os.write(pipe, json.dumps([said, acknowledged]).encode())


def test_a_full_disk_is_said_once_and_the_sweep_goes_on_when_there_is_room(tmp_path):
    sweep = asked(tmp_path, 100)
    expected = whole(tmp_path, sweep)
    folder = begun(tmp_path / "out", sweep)
    kept: set[int] = set()
    for size in (60_000, 90_000, 120_000):
        hear, tell = os.pipe()
        process = _FORK.Process(target=_fill, args=(folder, size, tell))
        process.start()
        os.close(tell)
        with os.fdopen(hear) as pipe:
            said, runs = json.loads(pipe.read())
        process.join()
        kept |= set(runs)
        assert said.count("the disk is full") == 1 and f"affectsim resume {folder}" in said
        with Store(folder) as store:
            assert kept <= {done.run for done in store.raw()} and store.todo()
    assert kept
    with Store(folder, write=True) as store:
        execute(store, workers=0)
    assert table(folder) == expected


def _damage(file: Path, place: int, bit: int) -> None:
    content = bytearray(file.read_bytes())
    content[place] ^= 1 << bit
    file.write_bytes(content)


def _after_damage(folder: Path) -> bytes | None:
    """Return the table after going on with a damaged sweep, None if it was refused."""
    try:
        with Store(folder, write=True) as store:
            execute(store, workers=0)
        return table(folder)
    except InputError:
        return None


def _flips(tmp_path: Path, count: int, seed: int) -> tuple[int, int, int]:
    """Flip single bits all over a file; return how often it was refused, mended, and not noticed."""
    sweep = asked(tmp_path, 20, 2)
    expected = whole(tmp_path, sweep)
    original = (tmp_path / "whole" / FILE).read_bytes()
    chance = random.Random(seed)
    refused = mended = wrong = 0
    folder = tmp_path / "flipped"
    folder.mkdir()
    for _ in range(count):
        for name in os.listdir(folder):
            os.unlink(folder / name)
        (folder / FILE).write_bytes(original)
        _damage(folder / FILE, chance.randrange(len(original)), chance.randrange(8))
        found = _after_damage(folder)
        refused += found is None
        mended += found == expected
        wrong += found is not None and found != expected
    return refused, mended, wrong


def test_flipped_bits_never_reach_the_table(tmp_path, full):
    refused, mended, wrong = _flips(tmp_path, 2000 if full else 150, seed=3)
    assert refused and mended and not wrong


def test_the_flips_find_a_store_without_checksums(tmp_path, monkeypatch):
    monkeypatch.setattr(stores, "_sound", lambda row, replicates, points: True)
    assert _flips(tmp_path, 150, seed=3)[2]


def test_flipped_bits_in_the_log_never_reach_the_table(tmp_path, full):
    """What was acknowledged last is only in the log: after a crash and a flip there it is made again, or refused."""
    sweep = asked(tmp_path, 20, 2)
    expected = whole(tmp_path, sweep)
    folder = begun(tmp_path / "out", sweep)
    with Store(folder, write=True) as store:
        execute(store, workers=0)
        original = {name: (folder / name).read_bytes() for name in (FILE, f"{FILE}-wal")}
    chance, again_made = random.Random(5), 0
    for _ in range(500 if full else 60):
        shutil.rmtree(folder)
        folder.mkdir()
        for name, content in original.items():
            (folder / name).write_bytes(content)
        log = folder / f"{FILE}-wal"
        _damage(log, chance.randrange(len(original[log.name])), chance.randrange(8))
        with Store(folder) as store:
            again_made += bool(store.todo())
        assert _after_damage(folder) in (None, expected)
    assert again_made


def test_a_torn_file_is_refused_or_mended(tmp_path):
    """The file ends somewhere, as after a disk that lied about what it had written."""
    sweep = asked(tmp_path, 20, 2)
    expected = whole(tmp_path, sweep)
    original = (tmp_path / "whole" / FILE).read_bytes()
    folder = tmp_path / "torn"
    for n in range(1, 20):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        (folder / FILE).write_bytes(original[: len(original) * n // 20])
        assert _after_damage(folder) in (None, expected)


def test_damaged_rows_are_said_and_made_again(tmp_path):
    sweep = asked(tmp_path, 20, 2)
    expected = whole(tmp_path, sweep)
    folder = tmp_path / "whole"
    with sqlite3.connect(folder / FILE) as file:
        file.execute("UPDATE runs SET balance = balance + 1e-16 + 1e-12 WHERE run = 7")
    file.close()
    with Store(folder) as store:
        assert store.damaged == [7]
        with pytest.raises(InputError, match=r"run 7 .* makes them again"):
            list(store.rows())
    with Store(folder, write=True) as store:
        execute(store, workers=0)
    assert table(folder) == expected


# ------------------------------------------------------------------------------------------ who may write


def test_a_second_writer_is_refused_but_readers_are_not(tmp_path):
    folder = begun(tmp_path / "out", asked(tmp_path, 3))
    with Store(folder, write=True) as store:
        with pytest.raises(InputError, match=f"another process .*{os.getpid()}"):
            Store(folder, write=True)
        execute(store, workers=0)
        import pandas as pd

        with sqlite3.connect(folder / FILE) as reader:
            found = pd.read_sql("SELECT * FROM results", reader)
        reader.close()
        assert len(found) == 15 and found["model.defeat"].nunique() == 3
    with Store(folder, write=True):
        pass


def test_it_can_be_read_while_it_grows(tmp_path):
    """pandas, DuckDB and xarray see exactly what was acknowledged, after each batch; none of them stops the writer."""
    duckdb = pytest.importorskip("duckdb")
    import pandas as pd
    import xarray as xr

    sweep = asked(tmp_path, 40)
    folder, seen, kept = begun(tmp_path / "out", sweep), [], set()
    here = duckdb.connect()

    def look(runs):
        kept.update(runs)
        if len(seen) >= 5:
            return
        with sqlite3.connect(folder / FILE) as reader:
            in_pandas = pd.read_sql("SELECT * FROM results", reader)
        reader.close()
        with Store(folder) as store:
            in_xarray = exports.dataset(store)
            here.register("frame", exports.table(store))
            exports.export_parquet(store, tmp_path / "now.parquet")
            exports.export_netcdf(store, tmp_path / "now.nc")
        [(in_duckdb,)] = here.execute("SELECT list(run ORDER BY run) FROM frame").fetchall()
        [(in_parquet,)] = here.execute(f"SELECT sum(balance) FROM '{tmp_path / 'now.parquet'}'").fetchall()
        assert set(in_pandas["run"]) == set(in_duckdb) == set(in_xarray["run"].to_numpy()) == kept
        assert in_parquet == pytest.approx(in_pandas["balance"].sum(), rel=1e-12)
        with xr.open_dataset(tmp_path / "now.nc", engine="h5netcdf") as file:
            assert (file["balance"].to_numpy() == in_pandas["balance"].to_numpy()).all()
        seen.append(len(kept))

    with Store(folder, write=True) as store:
        execute(store, workers=0, acknowledged=look)
    assert len(seen) == 5 and seen == sorted(set(seen)) and len(kept) == 200


def test_duckdb_opens_the_file_itself(tmp_path):
    duckdb = pytest.importorskip("duckdb")
    # DuckDB fetches its extension for SQLite by itself, where it may; this package has it for machines that may not.
    extensions = pytest.importorskip("duckdb_extensions")
    with duckdb.connect() as one:
        extensions.import_extension("sqlite_scanner", con=one)
        one.execute("LOAD sqlite_scanner")
        folder = begun(tmp_path / "out", asked(tmp_path, 3))
        with Store(folder, write=True) as store:
            execute(store, workers=0)
            one.execute(f"ATTACH '{folder / FILE}' AS sweep (TYPE sqlite, READ_ONLY)")
            assert one.execute("SELECT count(*) FROM sweep.results").fetchall() == [(15,)]


def test_parquet_holds_the_table(tmp_path):
    pytest.importorskip("pyarrow")
    import pandas as pd

    sweep = asked(tmp_path, 20, 2)
    whole(tmp_path, sweep)
    folder, file = tmp_path / "whole", tmp_path / "out.parquet"
    assert _code(["export", str(folder), "--parquet", str(file)]) == 0
    found = pd.read_parquet(file)
    with Store(folder) as store:
        expected = exports.table(store)
    assert list(found.columns) == list(expected.columns) and len(found) == 40
    for name in ("run", "model.defeat", "balance"):
        assert (found[name] == expected[name]).all() and found[name].dtype == expected[name].dtype
    first = file.read_bytes()
    assert _code(["export", str(folder), "--parquet", str(file), "--overwrite"]) == 0
    assert file.read_bytes() == first


def test_parquet_without_its_library_is_said_in_words(tmp_path, capsys, monkeypatch):
    folder = begun(tmp_path / "out", asked(tmp_path, 2))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert _code(["export", str(folder), "--parquet", str(tmp_path / "out.parquet")]) == 2
    assert 'pip install "affectsim[parquet]"' in capsys.readouterr().err
    assert not list(tmp_path.glob("*.parquet*"))


def changed_since(folder: Path) -> str:
    """Return what of a sweep's files differs from what it began with, in words; nothing if all is the same."""
    with Store(folder) as store:
        try:
            refuse_differences(store.plan, again(store.plan), "out")
        except InputError as error:
            return str(error)
    return ""


def test_going_on_with_something_else_is_refused_with_the_difference(tmp_path, monkeypatch):
    folder = begun(tmp_path / "out", asked(tmp_path, 3))

    assert changed_since(folder) == ""
    (tmp_path / "base.toml").write_text(BASE.replace("size = 12", "size = 14"))
    assert re.search(r"population.size +was 12, is now 14", changed_since(folder))
    (tmp_path / "base.toml").write_text(BASE.replace("seed = 3", "seed = 4"))
    assert re.search(r"seed +was 3, is now 4", changed_since(folder))
    (tmp_path / "base.toml").write_text("# only words\n" + BASE)
    assert changed_since(folder) == ""
    (tmp_path / "base.toml").unlink()
    assert changed_since(folder) == ""
    monkeypatch.setattr("affectsim.sweep.plan.versions", lambda: {"numpy": "1.0"})
    assert re.search(r"versions.numpy +was .*, is now \"1.0\"", changed_since(folder))
    with Store(folder) as store, pytest.raises(InputError, match="replicates"):
        monkeypatch.undo()
        refuse_differences(store.plan, asked(tmp_path, 3, 6).plan, "out")


def test_a_changed_file_of_the_scenario_is_refused(tmp_path):
    (tmp_path / "ties.csv").write_text("source,target\n0,1\n1,2\n2,3\n")
    (tmp_path / "base.toml").write_text('days = 2\n[network]\nkind = "file"\npath = "ties.csv"\n')
    sweep = read(tmp_path / "base.toml", {}, ["model.defeat=0.1,0.2"], {})
    folder = begun(tmp_path / "out", sweep)
    (tmp_path / "ties.csv").write_text("source,target\n0,1\n1,2\n2,0\n")
    with Store(folder) as store, pytest.raises(InputError, match=r"files.ties.csv"):
        refuse_differences(store.plan, again(store.plan), "out")


_PRESETS = {"w1.toml": 0.8, "w2.toml": 1.2}
_CASES = """
[sweep]
scenario = "base.toml"
[[sweep.vary]]
name = "ward"
cases = { one = { "population.preset" = "w1.toml" }, other = { "population.preset" = "deep/../w2.toml" } }
"""


def _of_wards(tmp_path: Path, way: str, part: tuple[int, int] = (1, 1)) -> Sweep:
    """Return a sweep over people of two wards, each with a file of its own."""
    (tmp_path / "base.toml").write_text(BASE.replace("[network]", 'preset = "general"\n[network]'))
    (tmp_path / "deep").mkdir(exist_ok=True)
    if way == "cases":
        (tmp_path / "cases.toml").write_text(_CASES)
        return read(tmp_path / "cases.toml", {"replicates": 2}, [], {}, part)
    if way == "values":
        return read(tmp_path / "base.toml", {"replicates": 2}, ["population.preset=w1.toml,w2.toml"], {}, part)
    rows = [f"{0.1 + n / 1000},{'w1.toml' if n < 110 else 'w2.toml'}" for n in range(120)]
    (tmp_path / "points.csv").write_text("\n".join(["model.defeat,population.preset", *rows]))
    return read(tmp_path / "base.toml", {"replicates": 2, "points": str(tmp_path / "points.csv")}, [], {}, part)


@pytest.mark.parametrize("way", ["values", "cases", "points"])
def test_a_changed_file_of_a_value_is_refused(tmp_path, way):
    def ward(name: str, median: float) -> None:
        text = f'says = "a ward"\nsource = "assumed"\n[traits.self_criticism]\nmedian = {median}\n'
        (tmp_path / name).write_text(text)

    for name, median in _PRESETS.items():
        ward(name, median)
    folder = begun(tmp_path / "out", _of_wards(tmp_path, way))
    first = begun(tmp_path / "first", _of_wards(tmp_path, way, (1, 2)))
    assert changed_since(folder) == ""
    ward("w2.toml", 2.0)
    assert "w2.toml" in changed_since(folder) and "w1.toml" not in changed_since(folder)
    other = begun(tmp_path / "other", _of_wards(tmp_path, way, (2, 2)))
    with pytest.raises(InputError, match=r"w2\.toml"):
        exports.merge([first, other], tmp_path / "never")
    (tmp_path / "w2.toml").unlink()
    assert "w2.toml" in changed_since(folder) and "is now not there" in changed_since(folder)
    ward("w2.toml", _PRESETS["w2.toml"])
    assert changed_since(folder) == ""


def test_a_folder_without_a_sweep(tmp_path, capsys):
    assert _code(["status", str(tmp_path)]) == 2
    assert "no sweep was begun" in capsys.readouterr().err


# ------------------------------------------------------------------------------------------ real processes


def _affectsim(*words: str, **more: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "affectsim", *words], cwd=TOP, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, start_new_session=True, env={**os.environ, "PYTHONPATH": str(TOP)}, **more,
    )  # fmt: skip


def _children(pid: int) -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _workers_of(pid: int) -> list[int]:
    found = []
    for child in _children(pid):
        try:
            words = Path(f"/proc/{child}/cmdline").read_bytes()
        except OSError:
            continue
        if b"spawn_main" in words:
            found.append(child)
    return found


def test_ctrl_c_at_random_moments_loses_nothing(tmp_path, full):
    """Stopped again and again at any moment: said how to go on, nothing lost, and in the end the same bytes."""
    sweep = asked(tmp_path, 200)
    expected = whole(tmp_path, sweep)
    folder = begun(tmp_path / "stopped", sweep)
    chance, kept, words = random.Random(7), set(), []
    moments = 300 if full else 30
    for _ in range(moments):
        hear, tell = os.pipe()
        process = _FORK.Process(target=_stoppable, args=(folder, tell))
        process.start()
        os.close(tell)
        with os.fdopen(hear) as said:
            assert said.readline() == "ready\n"
            time.sleep(chance.uniform(0, 0.06))
            os.kill(process.pid, signal.SIGINT)
            lines = said.read().splitlines()
        process.join()
        kept |= {run for line in lines if line.startswith("[") for run in json.loads(line)}
        words += [line for line in lines if not line.startswith("[")]
        with Store(folder) as store:
            assert kept <= {done.run for done in store.raw()} and not store.damaged
            if not store.todo():
                assert table(folder) == expected
                shutil.rmtree(folder)
                begun(folder, sweep)
                kept.clear()
    assert sum("runs are safe. Go on with: affectsim resume" in line for line in words) > moments / 2
    with Store(folder, write=True) as store:
        execute(store, workers=0)
    assert table(folder) == expected


def _stoppable(folder: Path, pipe: int) -> None:
    try:
        with Store(folder, write=True) as store:
            os.write(pipe, b"ready\n")
            execute(store, workers=0, acknowledged=lambda runs: os.write(pipe, (json.dumps(runs) + "\n").encode()))
    except KeyboardInterrupt as stopped:
        os.write(pipe, f"{stopped}\n".encode())


def test_real_processes_of_which_one_is_killed_every_second_and_a_half(tmp_path, full):
    """Workers that make runs are killed, one every 1.5 s: the sweep still ends, with the bytes of an undisturbed one.

    The first one as soon as anything was made, since a fast machine is done in 1.5 s. Only those that have begun are
    killed, and only if something was made since the last one: how long that takes says something about the machine
    alone.
    """
    file = tmp_path / "base.toml"
    file.write_text(BASE.replace("days = 2", "days = 14"))
    sweep = read(file, {"replicates": 3}, [f"model.defeat=0.1:0.9:{300 if full else 48}"], {})
    folder = begun(tmp_path / "whole", sweep)
    with Store(folder, write=True) as store:
        execute(store, workers=0)
    chance, over, killed, made = random.Random(6), threading.Event(), [], []

    def kill(pool):
        def now_and_then():
            while not over.wait(0.02) and len(killed) < (1000 if full else 3):
                ready = [one.process.pid for one in list(pool._workers) if one.ready]
                if ready and made:
                    made.clear()
                    killed.append(chance.choice(ready))
                    os.kill(killed[-1], signal.SIGKILL)
                    over.wait(1.5)

        threading.Thread(target=now_and_then, daemon=True).start()

    out = begun(tmp_path / "out", sweep)
    with Store(out, write=True) as store:
        try:
            account = execute(store, workers=2, started=kill, acknowledged=made.extend)
        finally:
            over.set()
        assert not store.failed()
    assert table(out) == table(folder)
    # The last of them may have been killed when all runs were made and nobody listened any more.
    assert account.deaths and len(set(killed)) - account.deaths in (0, 1)


def test_real_processes_stopped_by_ctrl_c_say_how_to_go_on(tmp_path):
    """Ctrl-C reaches all processes of a terminal, also those that have only just begun: one message, no traceback."""
    file = tmp_path / "base.toml"
    file.write_text(BASE)
    out = tmp_path / "out"
    words = ("sweep", str(file), "--vary", "model.defeat=0.1:0.9:2000", "--out", str(out), "--workers", "2")
    process = _affectsim(*words)
    _until(lambda: (out / FILE).exists() or process.poll() is not None)
    _until(lambda: _workers_of(process.pid) or process.poll() is not None)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130 and "\n" not in said.strip(), said
    assert f"0 of 2,000 runs are safe. Go on with: affectsim resume {out}" in said


_FIRST_PROCESS = """
import multiprocessing, time
from pathlib import Path
from affectsim.sweep.workers import without_ctrl_c

if __name__ == "__main__":
    process = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(60,), daemon=True)
    with without_ctrl_c():
        process.start()
    print(Path(f"/proc/{process.pid}/status").read_text())
    process.kill()
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads in /proc what a process lets through")
def test_also_the_first_process_begins_deaf_to_ctrl_c(tmp_path):
    """The first begins the tracker of multiprocessing, too, which lets Ctrl-C through to what comes after it."""
    script = tmp_path / "first.py"
    script.write_text(_FIRST_PROCESS)
    said = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True).stdout
    (blocked,) = (int(line.split()[1], 16) for line in said.splitlines() if line.startswith("SigBlk:"))
    assert blocked & (1 << (signal.SIGINT - 1))


def test_ctrl_c_that_another_thread_takes_waits_until_a_process_has_begun():
    """Python would stop the main thread in the middle, whatever that one lets through."""
    now, taken = threading.Event(), []

    def takes() -> None:
        now.wait()
        signal.raise_signal(signal.SIGINT)

    other = threading.Thread(target=takes)  # It lets the signal through: it was there before.
    other.start()
    with pytest.raises(KeyboardInterrupt), without_ctrl_c():
        now.set()
        other.join()
        taken.append(True)
    assert taken


def test_a_sweep_is_read_where_nobody_may_write(tmp_path, monkeypatch):
    """As a superuser may write anywhere, only what the system is asked and told is looked at."""
    expected, there = whole(tmp_path, asked(tmp_path, 3)), tmp_path / "whole"
    before = {path.name: path.read_bytes() for path in there.iterdir()}
    monkeypatch.setattr("affectsim.sweep.store.os.access", lambda *_: False)
    with Store(there) as store:
        opened = {path.name for path in there.iterdir()}
        assert store.counts() == (15, 0, 15)
    assert opened == set(before)  # not even a log beside it
    assert table(there) == expected and {path.name: path.read_bytes() for path in there.iterdir()} == before


def _until(true, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.full
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the workers in /proc")
def test_real_processes_killed_and_stopped_give_the_same_table(tmp_path):
    """Workers, coordinators and whole process groups are killed and stopped at random moments, 30 times."""
    file = tmp_path / "base.toml"
    file.write_text(BASE.replace("days = 2", "days = 14"))
    vary = "model.defeat=0.1:0.9:300"
    sweep = read(file, {"replicates": 3}, [vary], {})
    folder = begun(tmp_path / "whole", sweep)
    with Store(folder, write=True) as store:
        execute(store, workers=0)
    expected = table(folder)
    out, chance = tmp_path / "out", random.Random(4)
    words = ("sweep", str(file), "--vary", vary, "--replicates", "3", "--out", str(out), "--workers", "2")
    for _ in range(30):
        process = _affectsim(*words)
        time.sleep(chance.uniform(0.5, 6.0))
        workers = _workers_of(process.pid)
        what = chance.choice(["worker", "coordinator", "stop"])
        if what == "worker" and workers:
            os.kill(chance.choice(workers), signal.SIGKILL)
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
        elif what == "coordinator":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=120)
        # Before the first line of the program has run Python itself answers Ctrl-C.
        if what != "coordinator" and process.returncode != 0 and (out / FILE).exists():
            assert process.returncode == 130, said
            assert "Traceback" not in said and "safe" in said, said
        end = time.monotonic() + 30
        while any(Path(f"/proc/{one}").exists() and _state(one) != b"Z" for one in workers):
            assert time.monotonic() < end, "workers outlive their coordinator"
            time.sleep(0.05)
        if (out / FILE).exists():
            with Store(out) as store:
                if not store.todo():
                    assert table(out) == expected
                    shutil.rmtree(out)
    process = _affectsim(*words)
    said, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    assert "900 of 900 runs are done" in said
    assert table(out) == expected


def _state(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0]
    except OSError:
        return b"Z"
