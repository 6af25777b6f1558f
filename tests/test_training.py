"""Training: exercises and programmes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectsim.errors import InputError
from affectsim.kernel.tables import EXERCISE_FIELDS
from affectsim.layout import TRAINABLE
from affectsim.parameters import ATTRIBUTES
from affectsim.parts import Exercise
from affectsim.training.exercises import Practice
from affectsim.training.programmes import Programme, programme_file, programmes
from tests.strategies import bounded

KINDS = (
    "appreciation", "compassion-focused-imagery", "compassionate-self", "fears-blocks-resistances", "mindfulness",
    "psychoeducation", "self-critic-work", "soothing-rhythm-breathing",
)  # fmt: skip
#: Of control arms; in no shipped programme of compassionate mind training.
COMPARED = ("relaxation", "cognitive-restructuring")


def _refused(text: str) -> str:
    with pytest.raises(InputError) as error:
        Programme.from_toml(text)
    return str(error.value)


def test_the_shipped_exercises() -> None:
    assert {kind for kind, part in Exercise.kinds().items() if part.__module__.startswith("affectsim.")} == {
        *KINDS,
        *COMPARED,
    }


@pytest.mark.parametrize("kind", [*KINDS, *COMPARED])
def test_every_exercise_has_the_fields_of_the_shared_equation(kind: str) -> None:
    part = Exercise.kinds()[kind]
    assert issubclass(part, Practice)
    assert list(part.model_fields) == list(Practice.model_fields)
    assert {f"trains_{name}" for name in ATTRIBUTES} <= set(part.model_fields)
    # The kernel reads every field but the length, in the order of what is trained.
    assert set(EXERCISE_FIELDS) == set(part.model_fields) - {"minutes"}
    trained = [name.removeprefix("trains_") for name in EXERCISE_FIELDS if name.startswith("trains_")]
    assert trained == [name.removesuffix("_relief") for name in TRAINABLE]


def test_exercises_fail_the_way_the_theory_says() -> None:
    kinds = {kind: part() for kind, part in Exercise.kinds().items()}
    assert kinds["mindfulness"].failure_from_threat > 0
    assert kinds["mindfulness"].failure_from_low_tolerance > 0
    assert kinds["mindfulness"].failure_threat > 0
    assert kinds["compassion-focused-imagery"].failure_from_low_imagery > 0
    assert kinds["compassion-focused-imagery"].failure_threat > 0
    assert kinds["self-critic-work"].threat > 0
    assert kinds["self-critic-work"].failure_from_anger > 0
    assert kinds["self-critic-work"].failure_threat == 0
    assert kinds["appreciation"].failure_threat == 0
    assert kinds["mindfulness"].failure_from_low_attention > 0
    assert kinds["compassion-focused-imagery"].known_person > 0
    assert kinds["compassion-focused-imagery"].association_threat > 0
    assert kinds["compassion-focused-imagery"].failure_blame < 1
    assert kinds["compassionate-self"].failure_from_fear > 0
    assert kinds["compassionate-self"].failure_threat > 0
    assert kinds["fears-blocks-resistances"].failure_raises_fears > 0
    assert kinds["fears-blocks-resistances"].threat > 0
    # Body first: the breath soothes through the body, without an image.
    assert kinds["soothing-rhythm-breathing"].body > 0
    assert kinds["soothing-rhythm-breathing"].image == kinds["soothing-rhythm-breathing"].affiliative == 0
    assert kinds["soothing-rhythm-breathing"].failure_base <= 0.05
    # Mind first, then body: the image reaches soothing in two stages, never directly.
    assert kinds["compassion-focused-imagery"].affiliative == 0


#: What an exercise does at once if it works, and whether a failure hurts.
AT_ONCE = {
    "appreciation": {"resource", "affiliative"},
    "cognitive-restructuring": {"threat"},
    "compassion-focused-imagery": {"image", "failure_threat"},
    "compassionate-self": {"affiliative", "failure_threat"},
    "fears-blocks-resistances": {"threat", "failure_threat"},
    "mindfulness": {"ease", "affiliative", "failure_threat"},
    "psychoeducation": set(),
    "relaxation": {"affiliative"},
    "self-critic-work": {"threat"},
    "soothing-rhythm-breathing": {"body"},
}
#: Share of what it trains that is lost at full fear of self-compassion, at no understanding, at full discomfort.
COSTS = {
    "appreciation": ("all", "none", "none"),
    "cognitive-restructuring": ("none", "none", "none"),
    "compassion-focused-imagery": ("all", "part", "all"),
    "compassionate-self": ("all", "part", "all"),
    "fears-blocks-resistances": ("part", "part", "none"),
    "mindfulness": ("all", "none", "none"),
    "psychoeducation": ("part", "none", "none"),
    "relaxation": ("part", "none", "part"),
    "self-critic-work": ("all", "none", "none"),
    "soothing-rhythm-breathing": ("part", "none", "part"),
}


@pytest.mark.parametrize("kind", [*KINDS, *COMPARED])
def test_what_an_exercise_does_at_once_and_what_is_lost(kind: str) -> None:
    exercise = Exercise.kinds()[kind]()
    names = ("resource", "affiliative", "image", "body", "ease", "threat", "failure_threat")
    assert {name for name in names if getattr(exercise, name) > 0} == AT_ONCE[kind]
    costs = (exercise.fear_cost, exercise.understanding_cost, exercise.discomfort_cost)
    assert tuple({0.0: "none", 1.0: "all"}.get(cost, "part") for cost in costs) == COSTS[kind]


def test_work_on_fears_starts_from_them_so_they_cost_it_less_than_learning_and_breathing() -> None:
    costs = {kind: Exercise.kinds()[kind]().fear_cost for kind in COSTS}
    partial = sorted((kind for kind in COSTS if 0 < costs[kind] < 1), key=costs.__getitem__)
    assert partial[0] == "fears-blocks-resistances" and costs[partial[1]] > costs[partial[0]]


@given(st.sampled_from(KINDS).flatmap(lambda kind: bounded(Exercise.kinds()[kind])))
def test_any_numbers_inside_the_bounds_are_an_exercise(values: dict[str, float]) -> None:
    assert Exercise.kinds()["mindfulness"](**values).table().items() >= values.items()


@pytest.mark.parametrize("name", sorted(programmes()))
def test_shipped_programmes_are_valid_and_full(name: str) -> None:
    programme = Programme.load(name)
    assert len(programme.home_agenda()) == programme.days
    assert all(kind in KINDS for kind in programme.exercises())
    assert 0.15 <= programme.drop_out <= 0.20


def test_eight_weeks_are_a_session_a_week_and_practice_every_day() -> None:
    programme = Programme.load("eight-week")
    assert programme.days == 56
    assert [session.day for session in programme.sessions] == list(range(0, 56, 7))
    assert () not in programme.home_agenda()
    assert set(programme.exercises()) <= set(KINDS)
    assert programme.home(0) == ("mindfulness",)
    # Breathing opens the practice of a day, the compassionate self ends it.
    assert programme.home(42) == ("soothing-rhythm-breathing", "self-critic-work", "compassionate-self")
    assert programme.home(56) == ()
    session = programme.session(7)
    assert session is not None
    assert session.exercises == ("psychoeducation", "soothing-rhythm-breathing", "appreciation")
    # Every exercise of the theory has its place.
    assert set(programme.exercises()) == set(KINDS)
    assert programme.session(8) is None


@pytest.mark.parametrize(
    ("name", "days", "setting", "sessions"),
    [
        ("two-week", 14, "group", [0]),
        ("eight-week", 56, "individual", list(range(0, 56, 7))),
        ("eight-week-group", 56, "group", list(range(0, 56, 7))),
        ("twelve-week", 84, "individual", list(range(0, 84, 7))),
        ("sixteen-week-group", 112, "group", list(range(0, 112, 7))),
    ],
)
def test_shipped_programmes(name: str, days: int, setting: str, sessions: list[int]) -> None:
    programme = Programme.load(name)
    assert (programme.days, programme.setting) == (days, setting)
    assert [session.day for session in programme.sessions] == sessions
    assert () not in programme.home_agenda()
    # What is only understood is no practice at home.
    assert not any("psychoeducation" in kinds for kinds in programme.home_agenda())
    assert (programme.group_size > 1) == (programme.group_warmth > 0) == (setting == "group")
    # Three times a day in passing, on every day.
    assert {sum(programme.informal(day)) for day in range(days)} == {3.0}


def test_the_two_programmes_of_eight_weeks_differ_in_their_setting_only() -> None:
    alone, group = Programme.load("eight-week"), Programme.load("eight-week-group")
    assert alone.practice == group.practice and alone.sessions == group.sessions


def test_what_does_not_fit_a_setting() -> None:
    start = 'name = "x"\ndays = 3\nsessions = [{ day = 0 }]\n'
    assert "sessions.0 = {day = 0}  does nothing" in _refused(start)
    assert Programme.from_toml(start + "therapist_warmth = 0.1").sessions[0].exercises == ()
    message = _refused(start + "group_size = 3\ngroup_warmth = 0.5")
    assert "group_size = 3" in message and "group_warmth = 0.5" in message and 'setting is "individual"' in message
    assert "must be at least 2" in _refused(start + 'setting = "group"\ngroup_warmth = 0.5')


def test_spans_of_home_practice_include_both_days() -> None:
    programme = Programme.from_toml(
        'name = "short"\ndays = 4\nhome = [{ from_day = 1, to_day = 2, exercise = "mindfulness" }]'
    )
    assert programme.home_agenda() == ((), ("mindfulness",), ("mindfulness",), ())
    assert programme.drop_out == 0.17
    assert programme.session_attendance == 0.9


def test_all_mistakes_of_a_programme_at_once() -> None:
    text = """
days = 5
drop_out = 1.5
home = [
  { from_day = 3, to_day = 1, exercise = "mindfullness" },
  { from_day = 0, to_day = 2, exercse = "mindfulness" },
]
sessions = [
  { day = 2.5, exercises = [] },
  { day = 3, exercises = ["mindfulness", "dance", "appreciation", "relaxation"] },
]
"""
    with pytest.raises(InputError) as error:
        Programme.from_toml(text)
    four = 'sessions.1.exercises = ["mindfulness", "dance", "appreciation"…'
    assert [tuple(mistake) for mistake in error.value.mistakes] == [
        ("name", "missing: what it is called"),
        ("drop_out = 1.5", "must be 0 to 1"),
        ("home.0.to_day = 1", "must not be before from_day (3)"),
        (
            'home.0.exercise = "mindfullness"',
            'unknown exercise "mindfullness"; did you mean mindfulness?',
        ),
        ("home.1.exercise", "missing: kind of exercise, once a day"),
        ("home.1.exercse", "unknown; did you mean exercise?"),
        ("sessions.0.day = 2.5", "must be a whole number (0 to 3649 days)"),
        ("sessions.0.exercises = []", "must not be empty"),
        (four, "must be at most 3 exercises"),
        (four, f'unknown exercise "dance"; known: {", ".join(sorted((*KINDS, *COMPARED)))}'),
    ]


def test_what_does_not_fit_together_in_a_programme() -> None:
    text = """
name = "x"
days = 5
home = [
  { from_day = 0, to_day = 5, exercise = "mindfulness" },
  { from_day = 2, to_day = 3, exercise = "mindfulness" },
  { from_day = 1, to_day = 3, exercise = "appreciation" },
  { from_day = 1, to_day = 3, exercise = "relaxation" },
  { from_day = 3, to_day = 3, exercise = "self-critic-work" },
]
sessions = [
  { day = 3, exercises = ["mindfulness"] },
  { day = 3, exercises = ["mindfulness"] },
  { day = 9, exercises = ["mindfulness"] },
]
"""
    message = _refused(text)
    assert "home.0.to_day = 5" in message
    assert "must be below days (5)" in message
    assert "is the exercise of home.0 on day 2; each once a day" in message
    assert "is too much on day 3: at most 3 exercises a day" in message
    assert "is as in sessions.0; one session a day" in message
    assert "sessions.2.day = 9" in message
    assert message.startswith("programme: 5 mistakes")
    assert "nothing is practised" in _refused('name = "x"\ndays = 5')


def test_consequences_of_a_mistake_are_not_said() -> None:
    """A home practice that cannot be read is not called missing."""
    assert "nothing is practised" not in _refused('name = "x"\ndays = 5\nhome = 3')


def test_programmes_by_name_and_by_path(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(programmes()["eight-week"].read_text(encoding="utf-8"), encoding="utf-8")
    assert Programme.load("mine.toml", folder=tmp_path) == Programme.load("eight-week")
    assert programme_file("mine.toml", folder=tmp_path) == mine
    with pytest.raises(InputError, match=r"unknown programme; did you mean eight-week\?"):
        programme_file("eight-weeks")
    with pytest.raises(InputError, match=r"no file mien\.toml in .*; did you mean mine\.toml\?"):
        programme_file("mien.toml", folder=tmp_path)
