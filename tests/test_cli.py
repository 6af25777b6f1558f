"""The command line: what it prints, what it writes, and that it says no in one clear message."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from affectsim.checking import number
from affectsim.cli import main, output
from affectsim.cli.catalogue import families
from affectsim.errors import InputError
from affectsim.parameters import ATTRIBUTES, MODEL, TRAITS
from affectsim.parts import declared
from affectsim.results import DISCLAIMER, load
from affectsim.scenario import Scenario
from affectsim.scenario_files import templates
from affectsim.training.programmes import HomePractice, Programme, Session, programmes
from affectsim.trial import analyse
from affectsim.trial_words import effect_words, twin_words

SMALL = 'days = 1\nseed = 5\n[population]\nsize = 12\n[network]\nkind = "ring"\n'
#: Two replicates of a trial in which the programme ends inside the run.
TRIAL = """
days = 7
[population]
size = 20
[training]
programme = "short.toml"
start_day = 2
[record]
every = "6 hours"
"""
SHORT = 'name = "Short"\ndays = 3\nhome = [{ from_day = 0, to_day = 2, exercise = "appreciation" }]\n'


class Answer(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


Command = Callable[..., Answer]


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command line in an empty folder, in this process."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> Answer:
        with pytest.raises(SystemExit) as stopped:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Answer(int(stopped.value.code or 0), captured.out, captured.err)

    return call


def process(*arguments: object, folder: Path, **environment: str) -> Answer:
    """Run a command line in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "affectsim", *map(str, arguments)], cwd=folder, capture_output=True, text=True,
        check=False, env=inherited() | environment, timeout=300,
    )  # fmt: skip
    return Answer(done.returncode, done.stdout, done.stderr)


def inherited() -> dict[str, str]:
    """Return the environment of this process, in which the package is found."""
    root = str(Path(__file__).resolve().parents[1])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, "PYTHONPATH": path}


def content(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


# ------------------------------------------------------------------------------------ in general


def test_help_is_light(tmp_path: Path) -> None:
    times = []
    for _ in range(5):
        began = time.perf_counter()
        answer = process("--help", folder=tmp_path)
        times.append(time.perf_counter() - began)
        assert answer.code == 0
        for command in ("demo", "run", "validate", "new", "parts", "describe", "experiment", "practitioners"):
            assert re.search(rf"^  {command} ", answer.out, re.M)
    # The best of five is what the program itself needs; the others wait for whatever else runs here.
    assert min(times) < 0.3, times


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom affectsim.cli import main\ntry: main(['run', '--help'])\nexcept SystemExit: pass\n"
        "heavy = {'numpy', 'pydantic', 'numba', 'xarray', 'sympy', 'rich', 'matplotlib', 'mesa', 'networkx'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=inherited(), check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "command", [[], ["run"], ["validate"], ["new"], ["parts"], ["describe"], ["demo"], ["practitioners"]]
)
def test_every_command_explains_itself(cli: Command, command: list[str]) -> None:
    answer = cli(*command, "--help")
    assert answer.code == 0 and "Usage: affectsim" in answer.out and not answer.err
    assert cli(*command, "-h").out == answer.out


def test_version(cli: Command) -> None:
    answer = cli("--version")
    assert answer.code == 0 and answer.out.startswith("affectsim ")


def test_unknown_command_and_option(cli: Command) -> None:
    for arguments in (["runn"], ["run"], ["run", "x.toml", "--sed", "1"]):
        answer = cli(*arguments)
        assert answer.code == 2 and "Error" in answer.err and not answer.out


# ------------------------------------------------------------------------------------------ looking


@pytest.mark.parametrize("name", sorted(templates()))
def test_new_prints_a_commented_scenario(cli: Command, name: str) -> None:
    answer = cli("new", "--template", name)
    assert answer.code == 0 and answer.out.startswith("# ")
    assert tomllib.loads(answer.out)["days"] > 0
    assert name in cli("new", "--list").out


def test_new_scenario_is_sound(cli: Command, tmp_path: Path) -> None:
    Path("mine.toml").write_text(cli("new").out)
    answer = cli("validate", "mine.toml")
    assert answer.code == 0 and "mine.toml: sound" in answer.out and "two worlds" in answer.out
    assert content(tmp_path) == {"mine.toml"}


@pytest.mark.parametrize("name", sorted(programmes()))
def test_new_prints_a_programme_that_a_scenario_can_use(cli: Command, name: str) -> None:
    text = cli("new", "--template", name).out
    assert text.startswith("# ") and name in cli("new", "--list").out
    Path("mine.toml").write_text(text)
    assert Programme.load("mine.toml", folder=Path.cwd()) == Programme.load(name)


def test_new_unknown_template(cli: Command) -> None:
    answer = cli("new", "--template", "minimall")
    assert (answer.code, answer.out) == (2, "") and "did you mean minimal?" in answer.err


def test_an_unknown_part_is_answered_in_two_lines(cli: Command) -> None:
    assert "did you mean mindfulness?" in cli("parts", "mindfullness").err
    answer = cli("parts", "zebra")
    assert answer.code == 2 and "families:" in answer.err and len(answer.err) < 400


def test_parts_tell_how_a_programme_is_written(cli: Command) -> None:
    answer = cli("parts", "programmes")
    assert answer.code == 0 and "Posternak" in answer.out
    for table in (Programme, HomePractice, Session):
        for name, known in declared(table).items():
            assert any(line.split()[:1] == [name] and known.says in line for line in answer.out.splitlines())


def test_parts_lists_every_part_with_every_field(cli: Command) -> None:
    answer = cli("parts")
    assert answer.code == 0
    lines = answer.out.splitlines()
    for kinds in families().values():
        for kind, part in kinds.items():
            at = lines.index(kind)
            block = "\n".join(lines[at : next(n for n in range(at, len(lines) + 1) if n == len(lines) or not lines[n])])
            assert " ".join(part.headline().split()) in " ".join(block.split())
            assert " ".join(part.assumes().split()) in " ".join(block.split())
            for name, known in part.declared().items():
                row = next(line for line in block.splitlines() if line.startswith(f"    {name} "))
                assert known.says in row
                if isinstance(known.default, float):
                    assert f" {known.default:g} " in row
                if known.high is not None:
                    assert number(known.high) in row
    for one in MODEL.values():
        assert one.name in answer.out and one.meaning.split()[0] in answer.out
    for name in (*TRAITS, *ATTRIBUTES):
        assert any(line.startswith(f"{name}   median") for line in lines)


def test_parts_of_a_family_and_of_a_kind(cli: Command) -> None:
    network = cli("parts", "network")
    assert network.code == 0 and "small-world" in network.out and "mindfulness" not in network.out
    assert cli("parts", "networks").out == network.out
    one = cli("parts", "small-world")
    assert "rewire" in one.out and "scale-free" not in one.out
    assert cli("parts", "network/small-world").out == one.out
    assert "soothing_calms_threat = 4" in cli("parts", "model").out
    assert "stereotyping_by" in cli("parts", "bonds").out
    assert "competence_spread" in cli("parts", "training.delivery").out
    assert all(f"\n{name}\n" in cli("parts", "tables").out for name in ("record", "training.who", "population"))
    assert "did you mean mindfulness?" in cli("parts", "mindfulnes").err
    assert cli("parts", "mindfulnes").code == 2


def test_describe_in_both_formats(cli: Command) -> None:
    text, markdown = cli("describe"), cli("describe", "--format", "md")
    assert text.code == markdown.code == 0
    assert "7 Submodels" in text.out and "κ" in text.out and "$$" not in text.out
    assert r"$$" in markdown.out and r"\kappa" in markdown.out
    assert cli("describe", "--format", "html").code == 2


def test_output_that_cannot_show_greek_or_is_closed(tmp_path: Path) -> None:
    answer = process("describe", folder=tmp_path, PYTHONIOENCODING="ascii")
    assert answer.code == 0 and "Traceback" not in answer.err
    closed = f"{sys.executable} -m affectsim describe | head -1"
    done = subprocess.run(closed, shell=True, capture_output=True, text=True, env=inherited(), check=False)
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a file that is always full")
def test_output_that_is_full_is_told_in_a_line(tmp_path: Path) -> None:
    full = f"{sys.executable} -m affectsim new > /dev/full"
    done = subprocess.run(full, shell=True, capture_output=True, text=True, env=inherited(), check=False)
    assert done.returncode == 2 and done.stderr == "the output cannot be written: No space left on device\n"


def test_a_file_of_another_kind_is_no_scenario(cli: Command, tmp_path: Path) -> None:
    for table, command in (("sweep", "affectsim sweep"), ("trial", "affectsim trial"), ("optimise", "optimise")):
        (tmp_path / "other.toml").write_text(f'[{table}]\nscenario = "s.toml"\n')
        for word in ("validate", "run"):
            found = cli(word, "other.toml")
            assert found.code == 2 and "1 mistake\n" in found.err and command in found.err, found.err


def test_runs_that_cannot_be_read_are_told_in_words(cli: Command, tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(SMALL)
    assert cli("run", "small.toml", "--out", "one").code == 0
    whole = (tmp_path / "one" / "run.nc").read_bytes()
    for damaged in (whole[:1000], b"x", b""):
        (tmp_path / "one" / "run.nc").write_bytes(damaged)
        for words in (("compare", "one", "a", "b"), ("report", "one", "--out", "r.html")):
            found = cli(*words)
            assert found.code == 2 and "is no run that can be read (NetCDF)" in found.err, found.err
    assert not (tmp_path / "r.html").exists()


def test_sheets_and_page_say_what_the_disk_refuses(
    cli: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", refuses)
    for words in (("poster",), ("page", "build"), ("page", "handout", "soothing")):
        found = cli(*words)
        assert found.code == 2 and "cannot be written: No space left" in found.err, found.err
    assert not list(tmp_path.iterdir())


def test_a_fit_of_all_numbers_is_of_no_card(cli: Command) -> None:
    found = cli("evidence", "--only", "trials", "--calibrate", "out.toml")
    assert found.code == 2 and "--calibrate fits all numbers" in found.err


# ------------------------------------------------------------------------------------------ running


def test_run_writes_a_whole_folder(cli: Command, tmp_path: Path) -> None:
    Path("small.toml").write_text(SMALL)
    answer = cli("run", "small.toml")
    assert answer.code == 0, answer.err
    assert content(tmp_path) == {"small.toml", "small-5", *(f"small-5/{name}" for name in
                                 ("run.nc", "scenario.toml", "manifest.json"))}  # fmt: skip
    lines = answer.out.splitlines()
    assert lines[0].split(", ") == ["  12 people", "12 ties", "1 days", "one world"]
    assert DISCLAIMER in answer.out
    manifest = json.loads(Path("small-5/manifest.json").read_text())
    assert manifest["seed"] == 5 and manifest["digest"] == Scenario.load("small.toml").digest()
    assert "numba" in manifest["versions"] and manifest["command"]
    assert set(manifest["files"]) == {"run.nc", "scenario.toml"}
    for name, facts in manifest["files"].items():
        data = Path("small-5", name).read_bytes()
        assert facts == {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    run = load(Path("small-5/run.nc"))
    assert run.attrs["digest"] == manifest["digest"] and run.sizes["person"] == 12


def test_table_says_what_the_run_says(cli: Command) -> None:
    Path("small.toml").write_text(SMALL + '[record]\nevery = "6 hours"\n')
    answer = cli("run", "small.toml", "--set", "days=2")
    run = load(Path("small-5/run.nc"))
    for name in ("balance", "threat", "drive", "soothing"):
        row = next(line for line in answer.out.splitlines() if line.startswith(f"  {name} "))
        first, last = (float(number) for number in re.findall(r"\d\.\d{3}", row))
        assert first == pytest.approx(float(run[name][0, :4].mean()), abs=5.1e-4)
        assert last == pytest.approx(float(run[name][0, 4:].mean()), abs=5.1e-4)


def test_changes_and_seed_reach_the_run(cli: Command) -> None:
    Path("small.toml").write_text(SMALL)
    assert cli("run", "small.toml", "--set", "population.size=15", "--set", 'title="A b"', "--seed", "9").code == 0
    run = load(Path("small-9/run.nc"))
    assert (run.sizes["person"], run.attrs["seed"], run.attrs["title"]) == (15, 9, "A b")


def test_trial_table_compares_the_same_people(cli: Command) -> None:
    Path("short.toml").write_text(SHORT)
    Path("trial.toml").write_text(TRIAL)
    chosen = ("--set", "training.who.choose=most-self-critical")
    answer = cli("run", "trial.toml", *chosen, "--out", "deep/down/trial")
    assert answer.code == 0, answer.err
    assert "two worlds (training / waiting-list)" in answer.out and "offered training: 10 of 20" in answer.out
    assert all(word in answer.out for word in ("before 0-2 d", "after 2-5 d", "follow-up 5-7 d"))
    run = load(Path("deep/down/trial/run.nc"))
    balance = next(line for line in answer.out.splitlines() if line.startswith("  balance"))
    # What it did to people against their own twins, and to whom it did the opposite.
    trial = analyse(run)
    assert balance.endswith(effect_words(trial, "balance")) and effect_words(trial, "balance") in answer.out
    assert twin_words(trial) in answer.out and answer.out.count("[") == 6
    before = run["balance"][0, :8].where(run["chosen"][0]).mean()
    assert abs(float(before - run["balance"][0, :8].mean())) > 0.01  # those offered training are not like everybody
    assert float(re.findall(r"\d\.\d{3}", balance)[0]) == pytest.approx(float(before), abs=5.1e-4)


def test_a_run_that_ends_within_the_course_says_so_before(cli: Command) -> None:
    """Also if only those end too late who wait for a place: of ten people five start on day 2, five when those end."""
    Path("short.toml").write_text(SHORT + "drop_out = 0.0\n")
    Path("trial.toml").write_text(TRIAL)
    said = 'The course lasts until day {}, the run until day {}: "after" is within the course.'
    assert "within the course" not in cli("validate", "trial.toml").out
    assert said.format(5, 4) in cli("validate", "trial.toml", "--set", "days=4").out
    places = ["--set", "training.delivery.therapists=5", "--set", "training.delivery.capacity=1"]
    assert said.format(8, 7) in cli("validate", "trial.toml", *places).out
    assert "within the course" not in cli("validate", "trial.toml", *places, "--set", "days=8").out
    assert cli("run", "trial.toml", *places).out.count(said.format(8, 7)) == 2  # before and after it


def test_a_run_without_an_own_twin_tells_no_effects(cli: Command) -> None:
    Path("short.toml").write_text(SHORT)
    Path("trial.toml").write_text(TRIAL)
    alone = cli("run", "trial.toml", "--set", 'training.against="nothing"', "--out", "alone")
    assert alone.code == 0 and "benefit" not in alone.out and "twin" not in alone.out
    # What was not recorded has none, the others do.
    # A twin who has something else to practise is not without training.
    active = cli("run", "trial.toml", "--set", 'training.against="active"', "--out", "active")
    assert "More balanced than their own twin with relaxation instead:" in active.out
    some = cli("run", "trial.toml", "--set", "record.readouts=[]", "--out", "some")
    assert some.code == 0 and some.out.count("[") == 4 and "twin" not in some.out


def test_resolved_scenario_runs_again_to_the_same_numbers(cli: Command) -> None:
    Path("inputs").mkdir()
    Path("inputs/short.toml").write_text(SHORT)
    Path("inputs/ties.csv").write_text("source,target\na,b\nb,c\nc,d\n")
    Path("inputs/diary.csv").write_text("person,time_h,kind,intensity\n0,9.5,threat,2\n")
    network = '[network]\nkind = "file"\npath = "ties.csv"\n[[stimuli]]\nkind = "script"\npath = "diary.csv"\n'
    Path("inputs/trial.toml").write_text(TRIAL.replace("[population]\nsize = 20\n", network))
    assert cli("run", "inputs/trial.toml", "--out", "results/one").code == 0
    again = cli("run", "results/one/scenario.toml", "--out", "two")
    assert again.code == 0, again.err
    one, two = load(Path("results/one/run.nc")), load(Path("two/run.nc"))
    assert one.threat.equals(two.threat) and one.dropped_out.equals(two.dropped_out)


def test_recording_nobody_still_gives_a_table(cli: Command) -> None:
    Path("small.toml").write_text(SMALL + '[record]\npeople = "none"\n')
    answer = cli("run", "small.toml", "--set", "days=2")
    assert answer.code == 0, answer.err
    run = load(Path("small-5/run.nc"))
    row = next(line for line in answer.out.splitlines() if line.startswith("  threat "))
    assert float(re.findall(r"\d\.\d{3}", row)[0]) == pytest.approx(float(run.threat_mean[0, 0]), abs=5.1e-4)


def test_threads_do_not_change_a_bit(tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(SMALL.replace("12", "200"))
    for threads in (1, 8):
        answer = process("run", "small.toml", "--threads", threads, "--out", f"t{threads}", folder=tmp_path)
        assert answer.code == 0, answer.err
    one, eight = (load(tmp_path / f"t{threads}" / "run.nc") for threads in (1, 8))
    assert one.threat.equals(eight.threat)


@pytest.mark.parametrize("threads", ["0", "-1", "two", "1.5", "257", "99999999"])
def test_bad_threads(cli: Command, tmp_path: Path, threads: str) -> None:
    Path("small.toml").write_text(SMALL)
    answer = cli("run", "small.toml", "--threads", threads)
    assert answer.code == 2 and "--threads" in answer.err and content(tmp_path) == {"small.toml"}


# --------------------------------------------------------------------------------- where it is written


def test_existing_results_are_safe(cli: Command, tmp_path: Path) -> None:
    Path("small.toml").write_text(SMALL)
    Path("full").mkdir()
    Path("full/thesis.txt").write_text("years of work")
    for more in ([], ["--overwrite"]):
        answer = cli("run", "small.toml", "--out", "full", *more)
        assert answer.code == 2 and answer.err.startswith("--out: 1 mistake")
    assert content(tmp_path) == {"small.toml", "full", "full/thesis.txt"}


def test_overwrite_replaces_an_older_run_and_nothing_else(cli: Command, tmp_path: Path) -> None:
    Path("small.toml").write_text(SMALL)
    assert cli("run", "small.toml").code == 0
    old = Path("small-5/run.nc").read_bytes()
    Path("small-5/notes.txt").write_text("mine")
    refused = cli("run", "small.toml", "--set", "population.size=13")
    assert refused.code == 2 and "--overwrite" in refused.err and Path("small-5/run.nc").read_bytes() == old
    assert cli("run", "small.toml", "--set", "population.size=13", "--overwrite").code == 0
    assert load(Path("small-5/run.nc")).sizes["person"] == 13
    assert Path("small-5/notes.txt").read_text() == "mine"
    assert not [name for name in content(tmp_path) if "partial" in name]


def test_overwrite_leaves_nothing_behind_of_the_older_run(tmp_path: Path) -> None:
    """Files that the new one does not have, in folders too; what stands in no manifest stays."""
    for names in (("run.nc", "key/old.csv", "old.png"), ("run.nc", "new.png")):
        with output.whole_folder(tmp_path / "out", overwrite=True) as partial:
            (partial / "key").mkdir()
            for name in names:
                (partial / name).write_text(name)
            (partial / "manifest.json").write_text(json.dumps({"files": {name: {} for name in names}}))
        (tmp_path / "out" / "notes.txt").write_text("mine")
    files = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert files == {"run.nc", "new.png", "manifest.json", "notes.txt"}


def test_empty_folder_is_used(cli: Command) -> None:
    Path("small.toml").write_text(SMALL)
    Path("empty").mkdir()
    assert cli("run", "small.toml", "--out", "empty").code == 0 and Path("empty/manifest.json").exists()


def test_folder_is_gone_if_writing_fails(tmp_path: Path) -> None:
    full = OSError(28, "No space left on device")
    for problem, raised in ((full, InputError), (KeyboardInterrupt(), KeyboardInterrupt)):
        with pytest.raises(raised), output.whole_folder(tmp_path / "deep" / "out") as partial:
            (partial / "run.nc").write_text("half")
            raise problem
        assert not content(tmp_path)


def test_manifest_of_a_stranger_removes_nothing_outside(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "precious").write_text("x")
    (tmp_path / "out" / "manifest.json").write_text('{"files": {"../precious": 1, "/etc/none": 1}}')
    with output.whole_folder(tmp_path / "out", overwrite=True) as partial:
        (partial / "run.nc").write_text("new")
    assert (tmp_path / "precious").exists() and (tmp_path / "out" / "run.nc").read_text() == "new"


def test_out_that_cannot_be(cli: Command, tmp_path: Path) -> None:
    Path("small.toml").write_text(SMALL)
    Path("file").write_text("x")
    for out in ("file", "file/inside", "small.toml"):
        answer = cli("run", "small.toml", "--out", out)
        assert answer.code == 2 and "is a file" in answer.err and "Traceback" not in answer.err
    assert content(tmp_path) == {"small.toml", "file"}


def test_no_permission_to_write(cli: Command, tmp_path: Path) -> None:
    Path("small.toml").write_text(SMALL)
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(0o500)
    # The administrator may write anywhere, but not even they into /proc.
    place = locked if os.geteuid() else Path("/proc")
    if not place.is_dir():
        pytest.skip("nowhere that this user may not write")
    answer = cli("run", "small.toml", "--out", place / "results")
    assert answer.code == 2 and "cannot be written" in answer.err and content(tmp_path) == {"small.toml", "locked"}


# ------------------------------------------------------------------------------------- hostile input

FILE_NETWORK = 'days = 1\n[network]\nkind = "file"\npath = "ties.csv"\n'
HOSTILE_TIES = {
    "empty file": "",
    "header only, wrong": "a,b\n1,2\n",
    "missing column": "source\n1\n",
    "self-loop": "source,target\n1,1\n2,3\n",
    "negative weight": "source,target,weight\n1,2,-1\n",
    "nan weight": "source,target,weight\n1,2,nan\n",
    "infinite weight": "source,target,weight\n1,2,inf\n",
    "word as weight": "source,target,weight\n1,2,heavy\n",
    "ragged": "source,target\n1,2,3,4\n5\n",
    "binary": "\x00\x01\x02\n",
    "unclosed quote": 'source,target\n"1,2\n3,4\n',
}
HOSTILE_TOML = {
    "unknown key": ("dais = 3\n", "did you mean days?"),
    "unknown section": (SMALL + "[netwrok]\n", "did you mean network?"),
    "a billion people": (SMALL.replace("12", "1_000_000_000"), "20000000"),
    "billions of ties": (SMALL.replace("12", "100_000").replace("ring", "complete"), "ties"),
    "no people": (SMALL.replace("12", "0"), "at"),
    "nan": (SMALL.replace("days = 1", "days = nan"), "finite"),
    "infinite": (SMALL.replace("days = 1", "days = inf"), "finite"),
    "not toml": ("days = = 1", "not valid TOML"),
    "empty": ("", "days"),
    "wrong type": (SMALL.replace("days = 1", 'days = "1"'), "days"),
    "missing diary": (SMALL + '[[stimuli]]\nkind = "script"\npath = "no.csv"\n', "no.csv"),
}


def refused(answer: Answer, folder: Path, before: set[str]) -> None:
    """Assert one clear message on standard error, exit 2, nothing written."""
    assert answer.code == 2, answer
    assert re.search(r": \d+ mistakes?\n", answer.err), answer.err
    assert "Traceback" not in answer.err and len(answer.err) < 3000
    assert content(folder) == before


@pytest.mark.parametrize("case", HOSTILE_TIES)
@pytest.mark.parametrize("command", ["run", "validate"])
def test_hostile_networks(cli: Command, tmp_path: Path, case: str, command: str) -> None:
    Path("ties.csv").write_text(HOSTILE_TIES[case])
    Path("s.toml").write_text(FILE_NETWORK)
    before = content(tmp_path)
    out = ["--out", "results"] if command == "run" else []
    answer = cli(command, "s.toml", *out)
    refused(answer, tmp_path, before)
    assert "ties.csv" in answer.err


@pytest.mark.parametrize("case", HOSTILE_TOML)
@pytest.mark.parametrize("command", ["run", "validate"])
def test_hostile_scenarios(cli: Command, tmp_path: Path, case: str, command: str) -> None:
    text, said = HOSTILE_TOML[case]
    Path("s.toml").write_text(text)
    answer = cli(command, "s.toml")
    refused(answer, tmp_path, {"s.toml"})
    assert said in answer.err, answer.err


@pytest.mark.parametrize("script", [
    "", "person,time_h,kind\n0,1,threat\n", "person,time_h,kind,intensity\n99,1,threat,1\n",
    "person,time_h,kind,intensity\n0,nan,threat,1\n", "person,time_h,kind,intensity\n0,1,threat,-1\n",
    "person,time_h,kind,intensity\n0,1,thread,1\n",
])  # fmt: skip
@pytest.mark.parametrize("command", ["run", "validate"])
def test_hostile_scripts(cli: Command, tmp_path: Path, script: str, command: str) -> None:
    Path("diary.csv").write_text(script)
    Path("s.toml").write_text(SMALL + '[[stimuli]]\nkind = "script"\npath = "diary.csv"\n')
    refused(cli(command, "s.toml"), tmp_path, {"diary.csv", "s.toml"})


def test_group_that_nobody_belongs_to(cli: Command, tmp_path: Path) -> None:
    shock = '[[stimuli]]\nkind = "shock"\nday = 0\nthreat = 1\ngroup = { department = "sales" }\n'
    Path("s.toml").write_text(SMALL + shock)
    for command in ("run", "validate"):
        refused(cli(command, "s.toml"), tmp_path, {"s.toml"})


def test_all_mistakes_at_once(cli: Command) -> None:
    Path("s.toml").write_text("days = -1\nsed = 3\n[population]\nsize = 12\npreset = 'generl'\n")
    answer = cli("validate", "s.toml")
    assert answer.code == 2 and answer.err.startswith("s.toml: 3 mistakes")


@pytest.mark.parametrize(("change", "said"), [
    ("population.size", "PATH=VALUE"), ("=3", "names with dots"), ("populaton.size=3", "did you mean population?"),
    ("population.size=many", "population.size"), ("population.size=1e99", "population.size"), ("days=nan", "finite"),
    ("stimuli.7.threat=1", "list"), ("days.hours=3", "days"), ("population.size=10**9", "population.size"),
])  # fmt: skip
def test_bad_changes(cli: Command, tmp_path: Path, change: str, said: str) -> None:
    Path("s.toml").write_text(SMALL)
    answer = cli("run", "s.toml", "--set", change)
    refused(answer, tmp_path, {"s.toml"})
    assert said in answer.err and "--set" in answer.err


def test_files_that_are_none(cli: Command, tmp_path: Path) -> None:
    Path("folder.toml").mkdir()
    Path("binary.toml").write_bytes(b"\xff\xfe\x00")
    for name, said in (("folder.toml", "is a folder"), ("no.toml", "no file"), ("binary.toml", "UTF-8")):
        for command in ("run", "validate"):
            answer = cli(command, name)
            refused(answer, tmp_path, {"folder.toml", "binary.toml"})
            assert said in answer.err


def test_bad_seed(cli: Command, tmp_path: Path) -> None:
    Path("s.toml").write_text(SMALL)
    for seed in ("-1", str(2**63), "x"):
        assert cli("run", "s.toml", "--seed", seed).code == 2
    assert content(tmp_path) == {"s.toml"}


# ---------------------------------------------------------------------------------------- Ctrl-C


def test_ctrl_c_stops_cleanly(tmp_path: Path) -> None:
    (tmp_path / "long.toml").write_text(SMALL.replace("days = 1", "days = 36000").replace("12", "2000"))
    # A shell may have told us to ignore Ctrl-C, which a child inherits.
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "import affectsim.simulation as s; plain = s.simulate\n"
        "def said(scenario, threads, progress):\n"
        "    return plain(scenario, threads=threads, \n"
        "                 progress=lambda *a: (print('ticking', flush=True), progress(*a)))\n"
        "s.simulate = said\n"
        "from affectsim.cli import main; main(['run', 'long.toml', '--set', 'record.people=1'])"
    )
    child = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, env=inherited(), text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
    assert child.stdout is not None
    try:
        for line in child.stdout:
            if "ticking" in line:
                break
        began = time.perf_counter()
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=60)
    finally:
        child.kill()
    assert child.returncode == 130, err
    assert "stopped; nothing was written" in err and "Traceback" not in err
    assert time.perf_counter() - began < 30
    assert content(tmp_path) == {"long.toml"}


def test_ctrl_c_in_any_command(cli: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    from affectsim.cli import catalogue

    def interrupted(_: str | None) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(catalogue, "catalogue", interrupted)
    answer = cli("parts")
    assert answer.code == 130 and answer.err.strip() == "stopped; nothing was written"


def test_ctrl_c_after_writing_says_what_is_safe(cli: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    from affectsim.cli import table

    def interrupted(*_: object) -> str:
        raise KeyboardInterrupt

    Path("small.toml").write_text(SMALL)
    monkeypatch.setattr(table, "summary", interrupted)
    answer = cli("run", "small.toml")
    assert answer.code == 130 and "small-5 was written and is whole" in answer.err
    assert Path("small-5/manifest.json").exists()


def test_out_of_memory_is_a_message(cli: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import affectsim.simulation

    def greedy(*_: object, **__: object) -> None:
        raise MemoryError

    Path("small.toml").write_text(SMALL)
    monkeypatch.setattr(affectsim.simulation, "simulate", greedy)
    answer = cli("run", "small.toml")
    assert answer.code == 2 and "not enough memory" in answer.err and content(tmp_path) == {"small.toml"}


# ------------------------------------------------------------------------------------- progress


def test_progress_is_quiet_off_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from affectsim import progress

    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    with progress.Progress() as show:
        for done in range(1, 101):
            now[0] += 0.2
            show(done, 100)
    lines = capsys.readouterr().err.splitlines()
    assert 3 <= len(lines) <= 4
    assert lines[0] == "  25 % of 100 ticks, about 15 s left"


def test_progress_bar_on_a_terminal(tmp_path: Path) -> None:
    pty = pytest.importorskip("pty")
    (tmp_path / "small.toml").write_text(SMALL)
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "affectsim", "run", "small.toml", "--threads", "1"]
    child = subprocess.Popen(command, cwd=tmp_path, stderr=slave,
                             stdout=subprocess.PIPE, env=inherited() | {"TERM": "xterm", "COLUMNS": "100"})  # fmt: skip
    os.close(slave)
    seen = b""
    try:
        while piece := os.read(master, 65536):
            seen += piece
    except OSError:  # the other end has closed
        pass
    child.communicate(timeout=60)
    assert child.returncode == 0
    assert b"100%" in seen and b"48 ticks" in seen and b"preparing" in seen


# ------------------------------------------------------------------------------------- the demo


def test_demo_writes_table_figures_and_manifest(cli: Command, tmp_path: Path) -> None:
    answer = cli("demo", "--people", "24", "--seed", "3")
    assert answer.code == 0, answer.err
    assert "balance" in answer.out and DISCLAIMER in answer.out
    manifest = json.loads(Path("demo-3/manifest.json").read_text())
    assert manifest["seed"] == 3 and set(manifest["files"]) | {"manifest.json"} == content(tmp_path / "demo-3")
    assert {"run.nc", "scenario.toml"} < set(manifest["files"]) and any(n.endswith(".svg") for n in manifest["files"])
    again = cli("demo", "--people", "24", "--seed", "3")
    assert again.code == 2 and "--overwrite" in again.err
    assert content(tmp_path) == {"demo-3", *(f"demo-3/{name}" for name in content(tmp_path / "demo-3"))}


def test_demo_refuses_cleanly(cli: Command, tmp_path: Path) -> None:
    Path("ties.csv").write_text("source,target\n1,1\n")
    before = content(tmp_path)
    refused(cli("demo", "--network", "ties.csv", "--out", "a/b"), tmp_path, before)
    refused(cli("demo", "--network", "no.csv"), tmp_path, before)
    both = ["--network", "ties.csv", "--people", "9"]
    for arguments in (["--people", "1"], ["--people", "x"], ["--seed", "-1"], both):
        answer = cli("demo", *arguments)
        assert answer.code == 2 and "Error" in answer.err and content(tmp_path) == before


# ------------------------------------------------------------------------------------- real networks


@pytest.mark.parametrize(("name", "people"), [("workplace2015_contacts.csv", 217), ("lastfm_asia.csv", 7624)])
def test_real_network_with_a_scripted_diary(cli: Command, shared: Path, name: str, people: int) -> None:
    path = shared / "data" / "networks" / name
    rows = [f"{person},{hour},threat,3.0" for person in range(0, people, 50) for hour in (9, 10.5, 12)]
    Path("diary.csv").write_text("\n".join(["person,time_h,kind,intensity", *rows]) + "\n")
    script = '[[stimuli]]\nkind = "script"\npath = "diary.csv"\n[record]\nevery = "1 hour"\n'
    Path("real.toml").write_text(f'days = 1\n[network]\nkind = "file"\npath = "{path}"\n' + script)
    answer = cli("run", "real.toml")
    assert answer.code == 0, answer.err
    assert answer.out.startswith(f"  {people:,} people, ")
    run = load(Path("real-0/run.nc"))
    assert run.sizes["person"] == people and np.isfinite(run.threat).all()
    hit = np.zeros(people, dtype=bool)
    hit[::50] = True
    at_noon = run.threat[0, 12].to_numpy()
    assert statistics.mean(at_noon[hit]) > statistics.mean(at_noon[~hit]) + 0.1
    manifest = json.loads(Path("real-0/manifest.json").read_text())
    assert manifest["inputs"]["network.path"]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
