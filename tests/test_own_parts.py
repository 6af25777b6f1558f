"""People's own parts: read from a file that a scenario names, known to that scenario only, and used by the engine."""

from __future__ import annotations

import inspect
import pickle
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from affectsim import own_parts
from affectsim.cli import affectsim as command_line
from affectsim.errors import InputError
from affectsim.layout import Fast
from affectsim.own_parts import load_file, parts_of
from affectsim.parts import Exercise, Network, Readout, Stimulus, knowing
from affectsim.scenario import Scenario
from affectsim.simulation import simulate
from affectsim.world import World, build
from tests.conformance import explains_itself
from tests.worlds import advance

SINGING = '''
import affectsim as af


class Singing(af.Exercise, kind="singing"):
    """Singing together. Assumes: warms those who are present, trains nothing."""

    warmth: float = af.field(0.6, ge=0, le=2, unit="input", says="soothing input while singing", source="assumed")

    def during(self):
        return af.Practice(affiliative=self.warmth)
'''
MORE = '''
import numpy as np

import affectsim as af


class Humming(af.Practice, kind="humming"):
    """Humming. Assumes: half as warm as singing."""

    affiliative: float = af.field(0.3, ge=0, le=5, unit="input", says="warmth of humming", source="assumed")


class Commute(af.DailyLife, kind="commute"):
    """The way to work. Assumes: crowds are threats, and nothing else happens."""

    threat: float = af.field(4.0, ge=0, le=32, unit="events per waking day", says="crowds", source="assumed")
    resource: float = af.field(0.0, ge=0, le=32, unit="events per waking day", says="none", source="assumed")
    affiliative: float = af.field(0.0, ge=0, le=32, unit="events per waking day", says="none", source="assumed")
    ambiguous: float = af.field(0.0, ge=0, le=32, unit="events per waking day", says="none", source="assumed")


class Exam(af.Dated, kind="exam"):
    """An exam. Assumes: it frightens half of the people."""

    share: float = af.field(0.5, ge=0, le=1, unit="1", says="share of the people", source="assumed")
    threat: float = af.field(2.0, ge=0, le=10, unit="input", says="fright", source="assumed")


class Star(af.Network, kind="star"):
    """One person in the middle. Assumes: the others know nobody else."""

    def build(self, people, seed):
        others = np.arange(1, people)
        return af.Community(af.Ties.from_edges(np.zeros_like(others), others, None, people), {})


class Gap(af.Measure, kind="gap"):
    """How far threat is above soothing. Assumes: their difference matters."""

    @classmethod
    def of(cls, values):
        return values["threat"] - values["soothing"]
'''
PROGRAMME = """
name = "sing"
days = 4
drop_out = 0.0
home = [{ from_day = 0, to_day = 1, exercise = "mindfulness" }, { from_day = 2, to_day = 3, exercise = "EXERCISE" }]
"""
SCENARIO = """
parts = ["singing.py"]
days = 4
seed = 3

[population]
size = 70

[training]
programme = "sing.toml"
who = { share = 1.0 }
against = "nothing"
exercises.singing.warmth = WARMTH

[record]
every = "12 hours"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "singing.py").write_text(SINGING)
    (tmp_path / "more.py").write_text(MORE)
    (tmp_path / "sing.toml").write_text(PROGRAMME.replace("EXERCISE", "singing"))
    (tmp_path / "breathe.toml").write_text(PROGRAMME.replace("EXERCISE", "appreciation"))
    (tmp_path / "s.toml").write_text(SCENARIO.replace("WARMTH", "1.5"))
    return tmp_path


def refused(folder: Path, text: str) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as error:
        Scenario.from_toml(text, source="s.toml", folder=folder)
    return [tuple(mistake) for mistake in error.value.mistakes]


def practice_input(world: World) -> float:
    """Return the self-generated affiliation that everybody feels now, summed."""
    return float(world.get(0, Fast.U_PRACTICE.name.lower()).sum())


# ------------------------------------------------------------------------------- what the engine does


def test_singing_warms(folder: Path) -> None:
    """More warmth, more input from practice on the evening of the first song; the days before are the same bits."""
    scenario = Scenario.load(folder / "s.toml")
    assert scenario.exercises()["singing"].affiliative == 1.5  # type: ignore[attr-defined]
    worlds = {warmth: build([scenario.but({"training.exercises.singing.warmth": warmth})]) for warmth in (0.0, 1.5)}
    for world in worlds.values():
        advance(world, 2 * 48)
    assert np.array_equal(worlds[0.0].fast, worlds[1.5].fast)
    for world in worlds.values():
        advance(world, 44)
    assert practice_input(worlds[1.5]) > practice_input(worlds[0.0]) + 1.0
    soothing = [world.get(0, "soothing").mean() for world in worlds.values()]
    assert soothing[1] > soothing[0]


def test_an_own_part_changes_no_other_draws(folder: Path) -> None:
    """The same programme with another exercise from the third day on: the same bits until then."""
    singing = Scenario.load(folder / "s.toml")
    other = singing.but({"training.programme": "breathe.toml", "training.exercises": None, "parts": None})
    worlds = [build([singing]), build([other])]
    assert np.array_equal(worlds[0].slow, worlds[1].slow)
    for world in worlds:
        advance(world, 2 * 48 + 30)
    assert np.array_equal(worlds[0].fast, worlds[1].fast)


def test_an_own_stimulus_before_others_changes_none_of_them(folder: Path) -> None:
    """A commute without events and an exam for nobody, put before the shipped ones: the same bits."""
    base = Scenario.from_tables(
        {"days": 2, "population": {"size": 70},
         "stimuli": [{"kind": "daily-life"}, {"kind": "dated", "day": 1, "threat": 1.0, "share": 0.5}]}, folder=folder,
    )  # fmt: skip
    own = [{"kind": "commute", "threat": 0.0}, {"kind": "exam", "day": 0, "share": 0.0}]
    more = base.but({"parts": ["more.py"], "stimuli": [*own, *base.tables()["stimuli"]]})
    worlds = [advance(build([one]), 90) for one in (base, more)]
    assert np.array_equal(worlds[0].fast, worlds[1].fast)
    # With events they do act, on threat.
    busy = advance(build([more.but({"stimuli.0.threat": 20.0})]), 90)
    assert busy.get(0, "threat").mean() > worlds[0].get(0, "threat").mean()
    exam = more.but({"stimuli.1.share": 0.5})
    frightened = advance(build([exam]), 19).get(0, "u_threat") - advance(build([more]), 19).get(0, "u_threat")
    assert 15 < np.count_nonzero(frightened > 0.5) < 55


def test_own_network_and_readout_are_used(folder: Path) -> None:
    scenario = Scenario.from_tables(
        {"days": 1, "population": {"size": 30}, "parts": ["more.py"], "network": {"kind": "star"},
         "record": {"readouts": ["gap", "balance"]}}, folder=folder,
    )  # fmt: skip
    world = build([scenario])
    assert np.diff(world.runs[0].community.ties.start).tolist() == [29, *[1] * 29]
    run = simulate(scenario)
    assert np.array_equal(run.gap, run.threat - run.soothing)
    assert run.gap.attrs["long_name"].startswith("How far threat is above soothing")


def test_texts_of_an_own_network_are_held_to_what_a_file_takes(folder: Path) -> None:
    group = r"{'a': np.array(['x\x07'] * people)}"
    (folder / "more.py").write_text(MORE.replace("None, people), {}", f"None, people), {group}"))
    scenario = Scenario.from_tables(
        {"days": 1, "population": {"size": 30}, "parts": ["more.py"], "network": {"kind": "star"}}, folder=folder
    )
    with pytest.raises(InputError, match="group a  must be a text without control characters"):
        simulate(scenario)


# ----------------------------------------------------------------------------------- known to whom


def test_known_to_the_scenario_that_names_the_file_only(folder: Path) -> None:
    scenario = Scenario.load(folder / "s.toml")
    assert "singing" in scenario.kinds(Exercise)
    assert "singing" not in Exercise.kinds()
    assert "singing" not in Scenario.from_toml("days = 1\n[population]\nsize = 9\n").kinds(Exercise)
    text = SCENARIO.replace('parts = ["singing.py"]', "").replace("WARMTH", "1")
    assert ("training.exercises.singing", "unknown; known: " + ", ".join(Exercise.kinds())) in refused(folder, text)


def test_two_files_may_use_one_name_in_two_scenarios(folder: Path) -> None:
    first = Scenario.load(folder / "s.toml").but({"training.exercises": None})
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "singing.py").write_text(SINGING.replace("0.6", "0.9"))
    (elsewhere / "sing.toml").write_text(PROGRAMME.replace("EXERCISE", "singing"))
    second = Scenario.from_tables(first.tables(), folder=elsewhere)
    assert [one.exercises()["singing"].affiliative for one in (first, second)] == [0.6, 0.9]  # type: ignore[attr-defined]
    assert first.digest() != second.digest()
    both = 'parts = ["singing.py", "elsewhere/singing.py"]\ndays = 1\n[population]\nsize = 9\n'
    found = refused(folder, both)
    assert [where for where, _ in found] == ['parts.1 = "elsewhere/singing.py"']
    assert "'singing' is already taken by Singing" in found[0][1]


def test_a_file_is_run_once_per_content(folder: Path) -> None:
    first = load_file(folder / "singing.py")
    assert load_file(folder / "singing.py") == first
    assert load_file(folder / "more.py") != first
    (folder / "singing.py").write_text(SINGING + "# changed\n")
    assert load_file(folder / "singing.py") != first
    assert not (folder / "__pycache__").exists()


def test_round_trip_pickle_and_digest(folder: Path) -> None:
    scenario = Scenario.load(folder / "s.toml")
    again = Scenario.from_toml(scenario.to_toml(), folder=folder)
    assert again == scenario and again.digest() == scenario.digest()
    assert scenario.tables()["training"]["exercises"] == {"singing": {"warmth": 1.5}}
    assert scenario.files()["parts.0"] == folder / "singing.py"
    copied = pickle.loads(pickle.dumps(scenario))
    assert copied == scenario and copied.source == scenario.source
    assert copied.exercises() == scenario.exercises()
    before = scenario.digest()
    (folder / "singing.py").write_text(SINGING + "# changed\n")
    assert scenario.digest() != before


# --------------------------------------------------------------------------------------- conformance


def test_own_parts_pass_what_shipped_parts_pass(folder: Path) -> None:
    modules = [load_file(folder / name) for name in ("singing.py", "more.py")]
    found = [part for module in modules for part in parts_of(module)]
    assert sorted(part.kind for part in found) == ["commute", "exam", "gap", "humming", "singing", "star"]
    with knowing(modules):
        assert all(part.family().kinds()[part.kind] is part for part in found)
    assert {part.family() for part in found} == {Exercise, Stimulus, Network, Readout}
    for part in found:
        explains_itself(part)


# ------------------------------------------------------------------------------------------- mistakes

BELOW = "class Own(af.{}, kind='own'):\n    '''Own.'''\n"


READOUT = """import affectsim as af
class R(af.Measure, kind='KIND'):
    'DOES'
    unit = 'UNIT'

    @classmethod
    def of(cls, values):
        return values['threat']
"""


def readout(kind: str = "r", does: str = "R.", unit: str = "1") -> str:
    return READOUT.replace("KIND", kind).replace("DOES", does).replace("UNIT", unit)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import affectsim as af\nclass A(af.Practice\n", "line 2: not valid Python: '(' was never closed: class A"),
        ("x = 1\n", "defines no part; a part is a class with a kind"),
        ("x = 1\nraise ValueError('no\\n luck')\n", "line 2: the code fails: ValueError: no luck"),
        ("import sys\nsys.exit('bye')\n", "line 2: the code fails: SystemExit: bye"),
        ("import neighbour_file\n", "line 1: the code fails: ModuleNotFoundError: No module named 'neighbour_file'"),
        (
            "import affectsim as af\nclass A(af.Practice, kind='mindfulness'):\n    '''A.'''\n",
            "Exercise kind 'mindfulness' is already taken by Mindfulness",
        ),
        ("import affectsim as af\n" + BELOW.format("Exercise"), "Own: must be below Practice, or have a method during"),
        ("import affectsim as af\n" + BELOW.format("Stimulus"), "Own: must be below DailyLife, Dated, Shock or Script"),
        ("import affectsim as af\n" + BELOW.format("Network"), "Own: must have a method build(self, people, seed)"),
        ("import affectsim as af\n" + BELOW.format("Readout"), "Own: must be below Measure and have a class method of"),
        ("import affectsim as af\n" + BELOW.format("Measure"), "Own: must be below Measure and have a class method of"),
        (
            "import affectsim as af\n" + BELOW.format("Measure") + "    def of(self, values):\n        return values\n",
            "Own: must be below Measure and have a class method of",
        ),
        ("import affectsim as af\n" + BELOW.format("Practice") + "    x = 3\n", "the code fails: PydanticUserError"),
        (readout("my/read out"), "R: kind 'my/read out' cannot be used; allowed: letters, digits, _ and -"),
        (readout("in-balance"), "Readout kind 'in-balance' is already taken by InBalance"),
        (readout("threat"), "R: kind 'threat' is what a run calls something else"),
        (readout(does=r"R\0."), "R: what it says of itself must be a text without control characters"),
        (readout(unit=r"a\0"), "R: unit must be a text without control characters"),
        (
            "import affectsim as af\n" + SINGING.replace("field(0.6", "field(-3.0"),
            "warmth: its default -3 is not allowed",
        ),
        ("\0", "not valid Python"),
    ],
)
def test_files_that_cannot_be_used(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "own.py").write_text(text)
    before = set(sys.modules)
    for _ in range(2):  # a failed file leaves nothing behind
        found = refused(tmp_path, 'parts = ["own.py"]\ndays = 1\n[population]\nsize = 9\nsise = 3\n')
        assert [where for where, _ in found] == ['parts.0 = "own.py"', "population.sise"]
        assert message in found[0][1]
    assert not {name for name in set(sys.modules) - before if name.startswith("affectsim_own_")}


def test_files_that_are_not_there(folder: Path) -> None:
    rest = "\ndays = 1\n[population]\nsize = 9\n"
    assert refused(folder, 'parts = ["singin.py"]' + rest) == [
        ('parts.0 = "singin.py"', "no file singin.py next to s.toml; did you mean singing.py?")
    ]
    assert refused(folder, "parts = 3" + rest)[0][1].startswith("must be a list of files")
    assert refused(folder, 'parts = ["sing.toml"]' + rest)[0][1].startswith("must be the path of a Python file")
    twice = refused(folder, 'parts = ["singing.py", "./singing.py"]' + rest)
    assert twice == [('parts.1 = "./singing.py"', "stands there twice")]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "return af.Practice(affiliative=self.warmth)",
            "return self.warmth",
            "during must return a Practice, not float",
        ),
        ("affiliative=self.warmth", "affiliative=self.warm", "has no attribute 'warm'"),
        ("affiliative=self.warmth", "affiliativ=self.warmth", "affiliativ unknown; did you mean affiliative?"),
        ("affiliative=self.warmth", "affiliative=-1.0", "the code fails: affiliative = -1 must be 0 to 5 input"),
        ("field(0.6, ", "field(", "missing: soothing input while singing (0 to 2 input)"),
    ],
)
def test_exercises_that_cannot_say_what_they_mean(folder: Path, old: str, new: str, message: str) -> None:
    (folder / "singing.py").write_text(SINGING.replace(old, new))
    text = SCENARIO.replace("exercises.singing.warmth = WARMTH", "")
    found = refused(folder, text)
    assert len(found) == 1 and found[0][0].startswith("training.exercises.singing") and message in found[0][1]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("np.zeros_like(others)", "nothing", "line 34: the code fails: NameError: name 'nothing' is not defined"),
        ("return af.Community(", "return (", "build must return a Community of 30 people"),
        ('values["threat"] -', 'values["thread"] -', "KeyError: 'thread'"),
        ('return values["threat"] -', 'return values["threat"].mean() + 0 *', ""),
        ('values["threat"] - values["soothing"]', "0.0", "of must return shape"),
    ],
)
def test_own_code_that_fails_while_it_runs_is_blamed(folder: Path, old: str, new: str, message: str) -> None:
    (folder / "more.py").write_text(MORE.replace(old, new))
    scenario = Scenario.from_tables(
        {"days": 1, "population": {"size": 30}, "parts": ["more.py"], "network": {"kind": "star"},
         "record": {"readouts": ["gap"]}}, folder=folder,
    )  # fmt: skip
    if not message:
        assert simulate(scenario).gap.size == 30
        return
    with pytest.raises(InputError, match=r"more\.py") as error:
        simulate(scenario)
    assert message in error.value.mistakes[0].message or message in ": ".join(error.value.mistakes[0])


def test_the_example_of_the_readme_and_of_the_module_is_the_one_tested_here() -> None:
    class_lines = SINGING[SINGING.index("class ") :].strip()
    top = Path(__file__).resolve().parents[1]
    assert class_lines in (top / "README.md").read_text()
    documented = inspect.cleandoc(own_parts.__doc__ or "").replace("'''", '"' * 3)
    assert textwrap.indent(class_lines, "    ", lambda line: bool(line.strip())) in documented


# ---------------------------------------------------------------------------------------- command line


def test_the_command_line_lists_own_parts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    listed = CliRunner().invoke(command_line, ["parts", "s.toml"], catch_exceptions=False).output
    assert listed.count("Assumes: warms those who are present") == 1
    assert "Singing together." in listed and "warmth" in listed and "mindfulness" not in listed
    assert CliRunner().invoke(command_line, ["parts", "singing.py"]).output == listed
    assert CliRunner().invoke(command_line, ["parts", "--from", "singing.py", "singing"]).output == listed
    one = CliRunner().invoke(command_line, ["parts", "--from", "more.py", "readout"]).output
    assert "gap" in one and "humming" not in one
    for arguments in (["sing.toml"], ["nothing.py"], ["--from", "singing.py", "gap"]):
        assert isinstance(CliRunner().invoke(command_line, ["parts", *arguments]).exception, InputError)


def test_a_run_is_written_so_that_it_can_be_run_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "ward.toml").write_text('source = "assumed"\ntraits.anger.median = 0.3\n')
    text = SCENARIO.replace("WARMTH", "1").replace("size = 70", 'size = 9\npreset = "ward.toml"')
    (folder / "s.toml").write_text(text)
    monkeypatch.chdir(folder)
    done = CliRunner().invoke(command_line, ["run", "s.toml", "--out", "out"], catch_exceptions=False)
    assert done.exit_code == 0
    again = Scenario.load(folder / "out" / "scenario.toml")
    assert again.parts == ("../singing.py",) and again.population.preset == "../ward.toml"
    assert again.exercises() == Scenario.load(folder / "s.toml").exercises()
