"""Scenarios: reading, refusing in words, writing back, dotted changes, fingerprints."""

from __future__ import annotations

import math
import pickle
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectsim.errors import InputError
from affectsim.networks.generators import Ring, SmallWorld
from affectsim.parameters import MODEL, TRAITS
from affectsim.populations import PRESETS
from affectsim.scenario import Scenario
from affectsim.scenario_files import TEMPLATES, literal, parse_change, template, templates
from affectsim.sections import Record, hours_of
from affectsim.stimuli import DailyLife, Shock
from tests.strategies import scenarios, tables

MINIMAL = "days = 7\n[population]\nsize = 100\n"


SHORT = 'name = "x"\ndays = 1\nsessions = [{ day = 0, exercises = ["mindfulness"] }]'
DAYS = "above 0 and at most 36500 days"
KEYS = (
    "bonds, days, limits, model, network, numerics, parts, population, rating, record, replicates, seed, stimuli, "
    "title, training"
)


def refused(text: str, source: str = "office.toml", folder: Path | None = None) -> list[tuple[str, str]]:
    """Return the mistakes in a scenario."""
    with pytest.raises(InputError) as error:
        Scenario.from_toml(text, source=source, folder=folder)
    return [tuple(mistake) for mistake in error.value.mistakes]


def refused_change(changes: dict[str, Any], base: str = MINIMAL) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as error:
        Scenario.from_toml(base).but(changes)
    return [tuple(mistake) for mistake in error.value.mistakes]


# -------------------------------------------------------------------------------------- round trip


@given(scenarios())
def test_toml_round_trip_is_exact(scenario: Scenario) -> None:
    back = Scenario.from_toml(scenario.to_toml())
    assert back == scenario
    assert back.tables() == scenario.tables()
    assert back.digest() == scenario.digest()
    assert hash(back) == hash(scenario)


@given(tables(), st.randoms(use_true_random=False))
def test_digest_does_not_depend_on_the_order_of_keys(values: dict[str, Any], random: Any) -> None:
    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            keys = list(value)
            random.shuffle(keys)
            return {key: shuffled(value[key]) for key in keys}
        return value

    assert Scenario(shuffled(values)).digest() == Scenario(values).digest()


CHANGES: list[dict[str, Any]] = [
    {"title": "x"},
    {"days": 7.5},
    {"seed": 1},
    {"replicates": 2},
    {"population.size": 101},
    {"population.preset": "help-seeking"},
    {"population.traits.anger.median": 0.3},
    {"network.rewire": 0.2},
    {"stimuli": []},
    {"stimuli.0.threat": 1.6},
    {"training.programme": "eight-week"},
    {"training.programme": "eight-week", "training.exercises.mindfulness.minutes": 21},
    {"record.every": "1 hour"},
    {"numerics.steps_per_tick": 13},
    {"model.threat_time": 0.8},
]


def test_every_change_changes_the_digest() -> None:
    base = Scenario.from_toml(MINIMAL)
    digests = [base.digest(), *(base.but(change).digest() for change in CHANGES)]
    assert len(set(digests)) == len(digests)
    assert all(len(digest) == 64 for digest in digests)


def test_defaults_are_the_same_said_or_not() -> None:
    plain = Scenario.from_toml(MINIMAL)
    said = Scenario.from_toml(MINIMAL + "[network]\nkind = 'small-world'\nties_each = 8\n[numerics]\ntick = 30.0\n")
    assert plain == said
    assert plain.digest() == said.digest()
    assert plain.network == SmallWorld()
    assert plain.stimuli == (DailyLife(),)


def test_no_stimuli_is_not_daily_life() -> None:
    quiet = Scenario.from_toml("stimuli = []\n" + MINIMAL)
    assert quiet.stimuli == ()
    assert Scenario.from_toml(quiet.to_toml()).stimuli == ()


def test_a_scenario_cannot_be_changed_and_can_be_pickled() -> None:
    scenario = Scenario.from_toml(MINIMAL, source="week.toml")
    with pytest.raises(ValueError, match="frozen"):
        scenario.days = 8.0
    again = pickle.loads(pickle.dumps(scenario))
    assert again == scenario
    assert again.source == "week.toml"
    assert again.but({"days": 8}).days == 8


def test_a_scenario_in_python_is_checked_like_one_in_toml() -> None:
    scenario = Scenario(days=7, population={"size": 100}, network=Ring(), stimuli=[Shock(day=1, threat=1.0)])
    text = MINIMAL + "[network]\nkind = 'ring'\n[[stimuli]]\nkind = 'shock'\nday = 1\nthreat = 1"
    assert scenario == Scenario.from_toml(text)
    with pytest.raises(InputError, match=r"stimuli\.0\.day = 9 +must be below days \(7\)"):
        Scenario(days=7, population={"size": 100}, stimuli=[Shock(day=9, threat=1.0)])


# ---------------------------------------------------------------------------------------- mistakes


def test_all_mistakes_at_once_in_full(tmp_path: Path) -> None:
    text = """
title = 7
days = 182
seed = -1
sed = 3
[population]
sise = 30
preset = "help-seking"
traits.self_critisism.median = 1
traits.power.median = 2
traits.power.spraed = 2
traits.anger = 3
[network]
kind = "smallworld"
[[stimuli]]
kind = "daily-life"
threat = nan
wake_hour = 25
[[stimuli]]
kind = "shock"
day = 200
[[stimuli]]
kind = "script"
path = "x.csv"
[[stimuli]]
day = 200
[training]
programme = "eight-weak"
start_day = 200
who = { share = "0.5", choose = "hub" }
exercises.mindfulnes.minutes = 3
exercises.mindfulness.minutes = 300
[record]
every = "1 dag"
people = [1, 1]
[model]
threat_tim = 3
threat_time = 300
drive_time = true
[numerics]
tick = 7
"""
    nothing = "nothing would happen: give at least one of threat, resource, affiliative, ambiguous"
    assert refused(text, folder=tmp_path) == [
        ("sed", "unknown; did you mean seed?"),
        ("title = 7", 'must be a text, not a whole number; write "7"'),
        ("seed = -1", "must be 0 to 9223372036854775807"),
        ("population.traits.self_critisism", "unknown; did you mean self_criticism?"),
        (
            "population.traits.anger = 3",
            "must be a table with median, spread or both; write anger.median = …",
        ),
        ("population.traits.power.spraed", "unknown; did you mean spread?"),
        ("population.traits.power.median = 2", "must be 0 to 1"),
        ('population.preset = "help-seking"', "unknown preset; did you mean help-seeking?"),
        ("population.sise", "unknown; did you mean size?"),
        ('network.kind = "smallworld"', "unknown network; did you mean small-world?"),
        ("stimuli.0.threat = nan", "must be a finite number, 0 to 32 events per waking day"),
        ("stimuli.0.wake_hour = 25", "must be 0 to 24 h"),
        ("stimuli.1.threat", nothing),
        ("stimuli.3.kind", "missing; known: daily-life, dated, script, shock"),
        ("training.exercises.mindfulnes", "unknown; did you mean mindfulness?"),
        ("training.exercises.mindfulness.minutes = 300", "must be 1 to 240 min"),
        ('training.who.share = "0.5"', "must be a number (0 to 1), not a text; write 0.5 without quotes"),
        (
            'training.who.choose = "hub"',
            "must be one of random, most-self-critical, least-fearful, hubs, isolates, clusters; did you mean hubs?",
        ),
        ('record.every = "1 dag"', 'must be a number and minutes, hours, days or weeks, such as "6 hours"'),
        ("record.people = [1, 1]", "must not name a person twice"),
        ("numerics.tick = 7", "must be one of 30, 15, 10, 7.5, 6, 5, 3, 2, 1 minutes"),
        ("model.threat_tim", "unknown; did you mean threat_time?"),
        ("model.drive_time = true", "must be a number (0.1 to 12 h), not true or false"),
        ("model.threat_time = 300", "must be 0.1 to 12 h"),
        ('stimuli.2.path = "x.csv"', "no file x.csv next to office.toml"),
        ("training.start_day = 200", "must be below days (182)"),
        ('training.programme = "eight-weak"', "unknown programme; did you mean eight-week?"),
    ]


def test_the_message_as_a_person_sees_it(tmp_path: Path) -> None:
    (tmp_path / "workplace2015_contacts.csv").write_text("source,target\n0,1\n")
    text = """
days = 182
population.traits.self_critisism.median = 1.6
training = { programme = "eight-week", start_day = 200 }
network = { kind = "file", path = "workplace_contacts.csv" }
"""
    (tmp_path / "office.toml").write_text(text)
    with pytest.raises(InputError) as error:
        Scenario.load(tmp_path / "office.toml")
    hint = "did you mean workplace2015_contacts.csv?"
    assert str(error.value) == "\n".join(
        [
            f"{tmp_path / 'office.toml'}: 3 mistakes",
            "  population.traits.self_critisism         unknown; did you mean self_criticism?",
            '  network.path = "workplace_contacts.csv"  no file workplace_contacts.csv next to office.toml; ' + hint,
            "  training.start_day = 200                 must be below days (182)",
        ]
    )


@pytest.mark.parametrize(
    ("line", "where", "message"),
    [
        ("days = 0", "days = 0", f"must be {DAYS}"),
        ("days = 36501", "days = 36501", f"must be {DAYS}"),
        ("days = inf", "days = inf", f"must be a finite number, {DAYS}"),
        ("days = 1.01", "days = 1.01", "must be a multiple of half an hour (1/48 of a day)"),
        ("days = '7'", 'days = "7"', f"must be a number ({DAYS}), not a text; write 7 without quotes"),
        ("days = 2024-01-01", "days = 2024-01-01", f"must be a number ({DAYS}), not a date or time"),
        ("title = 'x'", "days", f"missing: length of the run, a multiple of half an hour ({DAYS})"),
        ("days = 1\nreplicates = 1.5", "replicates = 1.5", "must be a whole number (1 to 100000)"),
        ("days = 1\nstimuli = 3", "stimuli = 3", "must be a list of tables [[stimuli]], not a whole number"),
        ("days = 1\nmodel = []", "model = []", "must be a table, not a list"),
        ("days = 1\nrecord = false", "record = false", "must be a table, not true or false"),
        ("days = 1\nnetwork = 'ring'", 'network = "ring"',
         'must be a table with kind = "..." (network), not a text'),
        ("days = 1\nnetwork.kind = 3", "network.kind = 3", 'must be a text, not a whole number; write "3"'),
        ("days = 1\nnetwork.kind = 'ring'\nnetwork.ties_each = 3", "network.ties_each = 3",
         "must be a multiple of 2"),
        ("days = 1\nrecord.every = '45 minutes'", 'record.every = "45 minutes"',
         "must be a multiple of 30 minutes, at most 36500 days"),
        ("days = 1\nrecord.every = '1 week'", 'record.every = "1 week"', "must be at most days (1)"),
        ("days = 1\nrecord.people = 101", "record.people = 101", "must be at most population.size (100)"),
        ("days = 1\nrecord.people = [0, 100]", "record.people = [0, 100]",
         "must be below population.size (100): 100 is not"),
        ("days = 1\nrecord.people = 'some'", 'record.people = "some"',
         'must be "all", "none", a number of people (0 to 20000000) or a list such as [0, 5, 9]'),
        ("days = 1\nrecord.people = true", "record.people = true",
         'must be "all", "none", a number of people (0 to 20000000) or a list such as [0, 5, 9]'),
        ("days = 1\nrecord.people = [1.5]", "record.people = [1.5]",
         "must be a list of whole numbers, 0 to 19999999"),
        ("days = 1\nsource = 1", "source",
         f"unknown; known: {KEYS}"),
        ("days = 1\ntraining.start_day = 0", "training.programme",
         "missing: name of a shipped programme, or path of a .toml file"),
        ("days = 1\n[training]\nprogramme = 'none.toml'", 'training.programme = "none.toml"',
         "no file none.toml in {folder}"),
    ],
)  # fmt: skip
def test_each_kind_of_mistake(line: str, where: str, message: str, tmp_path: Path) -> None:
    text = line.replace("\n", "\npopulation.size = 100\n", 1) if "\n" in line else line + "\npopulation.size = 100"
    assert refused(text, folder=tmp_path) == [(where, message.format(folder=tmp_path))]


CLEAN = "must be a text without control characters"
SCREENED = 'training.programme = "eight-week"\ntraining.who.unless = "not suitable"\n[[training.screening]]\n'


@pytest.mark.parametrize("sign", ["\\u0000", "\\u0007", "\\u001b", "\\u0085"])
@pytest.mark.parametrize(
    ("where", "text"),
    [
        ("title", f"title = 'SIGN'\n{MINIMAL}"),
        ("stimuli.0.name", f"{MINIMAL}[[stimuli]]\nkind = 'daily-life'\nname = 'SIGN'"),
        ("training.screening.0.reason", f"days = 7\n{SCREENED}trait = 'anger'\nabove = 1\nreason = 'SIGN'"),
    ],
)
def test_control_characters_are_refused_wherever_a_text_stands(sign: str, where: str, text: str) -> None:
    assert (f'{where} = "a{sign}b"', CLEAN) in refused(text.replace("'SIGN'", f'"a{sign}b"'))


def test_texts_may_have_several_lines_and_what_is_refused_is_shown_and_not_printed() -> None:
    assert Scenario.from_toml(f'title = "a\\tb\\nc"\n{MINIMAL}').title == "a\tb\nc"
    with pytest.raises(InputError) as error:
        Scenario.from_toml(f'title = "\\u001b[31m"\n"\\u001b[0m" = 1\n{MINIMAL}')
    assert "\x1b" not in str(error.value) and "\\u001b[31m" in str(error.value) and "\\u001b[0m" in str(error.value)


def test_control_characters_in_a_programme_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(SHORT.replace('"x"', '"x\\u0000"'))
    found = refused(f'{MINIMAL}[training]\nprogramme = "mine.toml"', folder=tmp_path)
    assert found == [('training.programme = "mine.toml"', f'name = "x\\u0000": {CLEAN}')]


@pytest.mark.parametrize("name", sorted(MODEL))
def test_every_parameter_of_the_equations_is_held_to_its_bounds(name: str) -> None:
    known = MODEL[name]
    base = Scenario.from_toml(MINIMAL)
    for value in (known.low, known.high, known.default):
        assert base.but({f"model.{name}": value}).parameters[name] == value
    for value in (known.low - 1, known.high + 1, math.nan, math.inf, "1", True, [1]):
        (where, message), = refused_change({f"model.{name}": value})  # fmt: skip
        assert where.startswith(f"model.{name} = ")
        unit = "" if known.unit == "1" else f" {known.unit}"
        assert f"{known.low:g} to {known.high:g}{unit}" in message


@pytest.mark.parametrize("name", sorted(TRAITS))
def test_every_trait_is_held_to_its_bounds(name: str) -> None:
    assert refused_change({f"population.traits.{name}.median": TRAITS[name].high + 1})
    assert refused_change({f"population.traits.{name}.spread": -0.1}) == [
        (f"population.traits.{name}.spread = -0.1", "must be 0 to 3")
    ]


def test_the_last_day_is_the_one_before_days() -> None:
    assert Scenario.from_toml(MINIMAL).but({"training": {"programme": "eight-week", "start_day": 6}}).training
    late = {"training": {"programme": "eight-week", "start_day": 7}}
    assert refused_change(late) == [("training.start_day = 7", "must be below days (7)")]
    for kind in ("dated", "shock"):
        event = {"kind": kind, "day": 7, "threat": 1}
        assert refused_change({"stimuli.0": event}) == [("stimuli.0.day = 7", "must be below days (7)")]
        # A run may end within a day: what is dated after that would never happen.
        late_hour = {"days": 7.25, "stimuli.0": {**event, "hour": 9.0}}
        assert refused_change(late_hour) == [
            ("stimuli.0.hour = 9", "must be below 6 on day 7: the run ends there (7.25 days)")
        ]
        assert Scenario.from_toml(MINIMAL).but({"days": 7.25, "stimuli.0": {**event, "hour": 5.5}}).days == 7.25


def test_a_billion_people_are_refused_before_anything_is_built() -> None:
    assert refused_change({"population.size": 10**9}) == [
        ("population.size = 1000000000", "must be 1 to 20000000 people")
    ]
    (mistake,) = refused_change({"population.size": 20_000, "network.kind": "complete"})
    assert "would have 399,980,000 ties in a complete network; at most 50,000,000 are allowed" in mistake[1]
    (mistake,) = refused_change({"population.size": 10**400})
    assert mistake == ("population.size = a number of more than 40 digits", "must be 1 to 20000000 people")


def test_people_must_suit_the_network() -> None:
    assert refused_change({"population.size": 5}) == [("network.ties_each", "is 8; allowed: at most 4 with 5 people")]
    (mistake,) = refused("days = 1")
    assert mistake[0] == "population.size"
    assert "only a network file brings its own" in mistake[1]


def test_a_record_that_fills_the_disk_is_refused() -> None:
    changes = {"population.size": 1_000_000, "days": 365, "record.every": "30 minutes"}
    (mistake,) = refused_change(changes)
    assert mistake[0] == "record"
    assert "would keep 1.8e+10 numbers" in mistake[1]
    assert Scenario.from_toml(MINIMAL).but({**changes, "record.people": 1000}).record.people == 1000


def test_mistakes_in_a_programme_file_are_said(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('name = "x"\ndays = 0\nhome = []\n')
    assert refused(MINIMAL + '[training]\nprogramme = "mine.toml"\n', folder=tmp_path) == [
        ('training.programme = "mine.toml"', "days = 0: must be 1 to 3650 days")
    ]


def test_an_exercise_that_is_not_in_the_programme_cannot_be_changed(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(SHORT)
    text = MINIMAL + '[training]\nprogramme = "mine.toml"\nexercises.appreciation.minutes = 5\n'
    assert refused(text, folder=tmp_path) == [
        ("training.exercises.appreciation", "is not part of the programme (which has mindfulness)")
    ]


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ("days = 3\n[population\nsize = 3", "line 2, column 12",
         "not valid TOML, expected ']' at the end of a table declaration: [population"),
        ("days = \n", "line 1, column 8", "not valid TOML, invalid value: days ="),
        ("days = 1\ndays = 2\n", "line 2, column 9", "not valid TOML, cannot overwrite a value: days = 2"),
        ("days = [1,", "end of file", "not valid TOML, invalid value: days = [1,"),
    ],
)  # fmt: skip
def test_toml_mistakes_name_the_line(text: str, where: str, message: str) -> None:
    assert refused(text) == [(where, message)]


@pytest.mark.parametrize("text", ["a = " + "[" * 5000, "seed = 1" + "0" * 5000, "\x00", "days = 1e999"])
def test_hostile_toml_ends_in_an_input_error(text: str) -> None:
    assert refused(text)


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(
            ["days", "population", "size", "traits", "anger", "median", "network", "kind", "stimuli",
             "training", "programme", "exercises", "mindfulness", "record", "people", "model", "x"]
        ),
        inner, max_size=4),
    max_leaves=12,
).filter(lambda value: isinstance(value, dict)))  # fmt: skip
def test_any_tables_are_a_scenario_or_an_input_error(values: dict[str, Any]) -> None:
    try:
        scenario = Scenario.from_tables(values)
    except InputError as error:
        assert error.mistakes
        assert str(error)
    else:
        assert Scenario.from_toml(scenario.to_toml()) == scenario


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "office.toml").write_bytes(b"title = '\xff'")
    with pytest.raises(InputError, match=r"not a text in UTF-8 \(byte 9\)"):
        Scenario.load(tmp_path / "office.toml")
    with pytest.raises(InputError, match=r"no file ofice\.toml in .*; did you mean office\.toml\?"):
        Scenario.load(tmp_path / "ofice.toml")
    with pytest.raises(InputError, match="is a folder"):
        Scenario.load(tmp_path)


# ----------------------------------------------------------------------------------------- changes


def test_dotted_changes() -> None:
    base = Scenario.from_toml(MINIMAL)
    other = base.but(
        {
            "days": 9,
            "population.traits.self_criticism.median": 2.0,
            "stimuli.0.threat": 3,
            "stimuli.1": Shock(day=8, threat=1.0),
            "stimuli.1.hour": 10.5,
            "training.programme": "eight-week",
            "training.exercises.mindfulness.failure_from_threat": 0,
            "model.threat_time": 1.0,
        }
    )
    assert (base.days, other.days) == (7, 9)
    assert other.population.distributions()["self_criticism"].median == 2.0
    assert other.stimuli == (DailyLife(threat=3), Shock(day=8, hour=10.5, threat=1.0))
    assert other.parameters["threat_time"] == 1.0
    assert other.exercises()["mindfulness"].failure_from_threat == 0
    assert other.but({"training": None, "stimuli.1": None}).training is None
    assert other.but({"model.threat_time": None}).parameters == base.parameters
    assert base.but({}) == base


@given(scenarios())
def test_a_change_and_back_is_no_change(scenario: Scenario) -> None:
    assert scenario.but({"seed": 5}).but({"seed": scenario.seed}) == scenario
    assert scenario.but({"seed": scenario.seed}).digest() == scenario.digest()


def test_a_new_kind_starts_its_table_anew() -> None:
    base = Scenario.from_toml(MINIMAL)
    assert base.but({"network.kind": "ring"}).network == Ring()
    assert base.but({"network.ties_each": 4, "network.kind": "ring"}).network == Ring(ties_each=4)
    assert base.but({"network.kind": "small-world", "network.rewire": 0.5}).network == SmallWorld(rewire=0.5)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("populaton.size", "unknown; did you mean population?"),
        ("population.sise", "unknown; did you mean size?"),
        ("network.rewir", "unknown; did you mean rewire?"),
        ("days.x", "days is a number; there is nothing inside it"),
        ("stimuli.5.threat", "stimuli is a list: its items are numbered 0 to 0; 1 adds one"),
        ("stimuli.x", "stimuli is a list: its items are numbered 0 to 0; 1 adds one"),
        ("stimuli.1.day", "missing; known: daily-life, dated, script, shock"),
    ],
)
def test_changes_that_lead_nowhere(path: str, message: str) -> None:
    assert [mistake[1] for mistake in refused_change({path: 1})] == [message]


@pytest.mark.parametrize(
    ("text", "value"),
    [("7", 7), ("0.5", 0.5), ("true", True), ('"a b"', "a b"), ("1 day", "1 day"), ("[1, 2]", [1, 2]),
     ("{ median = 2 }", {"median": 2}), ("", ""), ("ring", "ring"), ("a=b", "a=b"),
     ("1\nother = 2", "1\nother = 2")],
)  # fmt: skip
def test_values_from_the_command_line(text: str, value: Any) -> None:
    assert parse_change(f"a.b={text}") == ("a.b", value)
    assert type(literal(text)) is type(value)


@pytest.mark.parametrize("text", ["a.b", "=3", "a..b=3", ".a=3", ""])
def test_changes_that_cannot_be_read(text: str) -> None:
    with pytest.raises(InputError, match=r"such as population\.size"):
        parse_change(text)


# ------------------------------------------------------------------------------ files and meaning


def _with_files(folder: Path) -> Scenario:
    for name in ("contacts.csv", "people.csv", "diary.csv"):
        (folder / name).write_bytes((TEMPLATES / name).read_bytes())
    (folder / "mine.toml").write_text(SHORT)
    (folder / "all.toml").write_text(template("file-network") + '\n[training]\nprogramme = "mine.toml"\n')
    return Scenario.load(folder / "all.toml")


@pytest.mark.parametrize("name", ["contacts.csv", "people.csv", "diary.csv", "mine.toml"])
def test_a_changed_file_changes_the_digest(tmp_path: Path, name: str) -> None:
    before = _with_files(tmp_path).digest()
    assert _with_files(tmp_path).digest() == before
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes() + b"\n")
    assert Scenario.load(tmp_path / "all.toml").digest() != before


def test_digest_does_not_depend_on_the_folder(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, other = _with_files(tmp_path / "a"), _with_files(tmp_path / "b")
    assert one.digest() == other.digest()
    assert one != other
    (tmp_path / "a" / "diary.csv").unlink()
    with pytest.raises(InputError, match=r"stimuli\.1\.path"):
        one.digest()


def test_files_are_found_next_to_the_scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = _with_files(tmp_path)
    monkeypatch.chdir("/")
    assert set(scenario.files()) == {"network.path", "network.nodes", "stimuli.1.path", "training.programme"}
    assert scenario.files()["network.path"] == tmp_path / "contacts.csv"
    community = scenario.located(scenario.network).build(None, 0)  # type: ignore[attr-defined]
    assert community.people == 6
    assert scenario.located(scenario.stimuli[1]).read(6).person.tolist() == [0, 0, 3]  # type: ignore[attr-defined]
    assert scenario.to_toml().count(str(tmp_path)) == 0


@pytest.mark.parametrize("name", ["file-network", "minimal", "office-trial", "shock"])
def test_templates_are_valid_and_commented(name: str) -> None:
    text = template(name)
    assert name in templates()
    assert templates()[name]
    scenario = Scenario.from_toml(text, source=name, folder=TEMPLATES)
    assert Scenario.from_toml(scenario.to_toml(), folder=TEMPLATES) == scenario
    assert tomllib.loads(text)["days"] == scenario.days
    for line in text.splitlines():
        if "=" in line and not line.startswith(("#", "kind", "title", "readouts")):
            assert "#" in line, f"no comment: {line}"


def test_an_unknown_template_gives_the_nearest() -> None:
    with pytest.raises(InputError, match=r"unknown template; did you mean minimal\?"):
        template("minimum")


def test_presets_then_own_changes() -> None:
    general = Scenario.from_toml(MINIMAL)
    seeking = general.but({"population.preset": "help-seeking"})
    assert general.population.distributions()["self_criticism"] == TRAITS["self_criticism"]
    assert seeking.population.distributions()["self_criticism"].median == 0.9
    own = seeking.but({"population.traits.self_criticism.spread": 0.1}).population.distributions()["self_criticism"]
    assert (own.median, own.spread) == (0.9, 0.1)
    for name in PRESETS:
        assert general.but({"population.preset": name}).but({"population.traits": PRESETS[name].changes()})


def test_lengths_and_arms() -> None:
    scenario = Scenario.from_toml(MINIMAL).but({"numerics.tick": 7.5, "days": 1.5})
    assert (scenario.moments, scenario.ticks) == (72, 288)
    assert scenario.arms == ("untrained",)
    assert scenario.programme() is None
    assert scenario.exercises() == {}
    trained = scenario.but({"training.programme": "eight-week"})
    assert trained.arms == ("training", "waiting-list")
    assert trained.but({"training.against": "nothing"}).arms == ("training",)
    assert list(trained.exercises()) == sorted(trained.exercises())


@pytest.mark.parametrize(
    ("text", "hours"), [("30 minutes", 0.5), ("1 hour", 1), ("6 hours", 6), ("1 day", 24), ("0.5 weeks", 84)]
)
def test_times_between_records(text: str, hours: float) -> None:
    assert hours_of(text) == hours


@pytest.mark.parametrize(
    "text", ["", "day", "1", "0 days", "-1 day", "10 minutes", "1e3 days", "99999 weeks", "1 month"]
)
def test_times_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="must be a"):
        hours_of(text)


def test_recorded_people_are_spread_evenly() -> None:
    assert Record().rows(3).tolist() == [0, 1, 2]
    assert Record(people="none").rows(3).tolist() == []
    assert Record(people=4).rows(100).tolist() == [0, 25, 50, 75]
    assert Record(people=9).rows(3).tolist() == [0, 1, 2]
    assert Record(people=[7, 2]).rows(10).tolist() == [7, 2]


def test_numbers_of_numpy_are_numbers() -> None:
    """As loops over arrays, pandas and SALib give them."""
    made = Scenario({"days": np.float32(7), "population": {"size": np.int64(30)}, "bonds": {"change": np.bool_(True)}})
    assert made.population.size == 30 and made.bonds.change is True
    changed = made.but({"population.size": np.int32(12), "model.defeat": np.float32(0.5)})
    assert changed.population.size == 12 and changed.parameters["defeat"] == 0.5
    python = Scenario({"days": 7.0, "population": {"size": 30}, "bonds": {"change": True}})
    assert made.tables() == python.tables()
    assert changed.tables() == python.but({"population.size": 12, "model.defeat": 0.5}).tables()
