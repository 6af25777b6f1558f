"""What is simulated for the evidence: one study per kind of publication, each a scenario in words and numbers.

People of a trial are scattered over a larger community, since people in published trials do not know each other:
a third of a community is offered training. Before anything counts, `SETTLING` days are lived.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Any, NamedTuple

from affectsim.errors import InputError, Mistake
from affectsim.parts import Exercise
from affectsim.populations import PRESETS
from affectsim.scenario import Scenario
from affectsim.training.controls import Control, controls
from affectsim.training.programmes import Programme

#: Days lived before the first that counts; a whole week, so that weekly records fit.
SETTLING = 7
#: Day on which training starts: settling, then the week before training.
START = SETTLING + 7
#: Share of a community that is offered training.
SHARE = 1 / 3
#: Steps of the integrator in half an hour: far finer than a rating or a score can show.
_STEPS = 4
#: Days of diaries.
DIARY_DAYS = 14
BEEPS_PER_DAY = 8
COMPLIANCE = 0.8

RATINGS = ("rating-threat", "rating-drive", "rating-soothing")
SCORES = (
    "self-criticism-score", "fear-of-self-compassion-score", "fear-of-compassion-from-others-score",
    "fear-of-compassion-for-others-score", "self-compassion-score", "depression-score", "anxiety-score",
    "stress-score", "distress-score", "well-being-score", "shame-score", "activated-affect-score",
    "relaxed-affect-score", "safe-affect-score", "compassion-for-self-score", "compassion-for-others-score",
    "compassion-from-others-score", "rumination-score",
)  # fmt: skip
#: What decides how much of the assigned practice is done.
DONE = ("chance_of_practice",)


class Study(NamedTuple):
    """One simulated study: who, which programme against what, and for how long.

    `people`: in each world; `worlds`: how many, reduced and full; every world is a replicate of its own.
    `follow_up`: days after the end of the programme. Without a programme: diaries or a week of questionnaires.
    """

    says: str
    preset: str
    programme: str | None = None
    against: str = "waiting-list"
    programme_days: int = 0
    follow_up: int = 0
    records: str = "1 week"
    readouts: tuple[str, ...] = SCORES
    people: tuple[int, int] = (480, 960)
    worlds: tuple[int, int] = (3, 10)

    @property
    def days(self) -> int:
        """Length of the run in days."""
        if self.programme is None:
            return SETTLING + DIARY_DAYS
        return START + self.programme_days + self.follow_up

    @property
    def reads_scores(self) -> bool:
        """Does anybody fill in questionnaires?"""
        return any(name.endswith("-score") for name in self.readouts)


def alone_programme(name: str) -> str:
    """Return the path of a programme of single exercises, such as "mindfulness"; see `alone` and `blind`."""
    return str(resources.files("affectsim.evidence").joinpath("alone_programmes", f"{name}.toml"))


#: Days of the usual programme.
EIGHT_WEEKS = 56
#: Name -> study. The order is that in which they are simulated.
STUDIES: dict[str, Study] = {
    "diaries": Study(
        "people in general rate how they feel, 8 times a waking day for 2 weeks; 80 % of beeps are answered",
        "general", records="30 minutes", readouts=RATINGS, people=(400, 1000), worlds=(3, 10),
    ),
    "survey": Study(
        "the same people fill in questionnaires about the last of these weeks",
        "general", people=(400, 1000), worlds=(3, 10),
    ),
    "eight-week": Study(
        "people who seek help: eight weeks of training against a waiting list",
        "help-seeking", "eight-week", "waiting-list", EIGHT_WEEKS, worlds=(3, 10), people=(480, 960),
        readouts=(*SCORES, *DONE),
    ),
    "eight-week-group": Study(
        "the same people in groups", "help-seeking", "eight-week-group", "waiting-list", EIGHT_WEEKS,
        worlds=(3, 10), people=(480, 960),
    ),
    "eight-week-active": Study(
        "the same training against cognitive-behavioural therapy", "help-seeking", "eight-week",
        "cognitive-behavioural", EIGHT_WEEKS, people=(480, 960), worlds=(3, 10),
    ),
    "eight-week-usual-care": Study(
        "the same training against usual care", "help-seeking", "eight-week", "usual-care", EIGHT_WEEKS,
        worlds=(3, 10), people=(480, 960),
    ),
    "sixteen-week-group": Study(
        "people recovering from psychosis: sixteen weekly groups beside usual care", "psychosis",
        "sixteen-week-group", "usual-care", 112, people=(240, 480), worlds=(3, 10),
    ),
    "two-week": Study(
        "people in general: two weeks of training against a waiting list", "general", "two-week", "waiting-list", 14,
        people=(360, 720), worlds=(3, 10),
    ),
    "eight-week-teachers": Study(
        "people in general: eight weeks in groups against a waiting list, and three months after", "general",
        "eight-week-group", "waiting-list", EIGHT_WEEKS, 91, people=(480, 960), worlds=(2, 10),
    ),
}  # fmt: skip


def _trained(
    says: str, programme: str, days: int, *, preset: str = "general", against: str = "waiting-list", follow_up: int = 0
) -> Study:
    return Study(
        says, preset, alone_programme(programme), against, days, follow_up,
        readouts=(*SCORES, "social-safeness-score"),
    )  # fmt: skip


#: What is simulated for the second card. Exercises, length and rhythm are assumed, from how the publications describe
#: what was done.
SECOND: dict[str, Study] = {
    "diaries": STUDIES["diaries"],
    "survey": STUDIES["survey"],
    "mindfulness": _trained(
        "people in general: eight weeks of mindfulness in groups against waiting, and half a year after",
        "mindfulness", EIGHT_WEEKS, follow_up=182,
    ),
    "mindfulness-active": _trained(
        "the same against relaxation with as much attention", "mindfulness", EIGHT_WEEKS, against="active",
        follow_up=91,
    ),
    "mindfulness-patients": _trained(
        "people who seek help: eight weeks of mindfulness in groups against usual care", "mindfulness", EIGHT_WEEKS,
        preset="help-seeking", against="usual-care",
    ),
    "mindfulness-patients-active": _trained(
        "the same people: mindfulness against relaxation with as much attention", "mindfulness", EIGHT_WEEKS,
        preset="help-seeking", against="active", follow_up=126,
    ),
    "mindfulness-online": _trained(
        "people in general: eight weeks of mindfulness at home, without sessions, against waiting",
        "mindfulness-online", EIGHT_WEEKS, follow_up=56,
    ),
    "mindfulness-brief": _trained(
        "people in general: a week of mindfulness against waiting", "mindfulness-brief", 7,
    ),
    "kindness": _trained(
        "people in general: eight weeks of compassionate self and imagery against waiting", "kindness", EIGHT_WEEKS,
    ),
    "kindness-active": _trained(
        "the same against relaxation with as much attention", "kindness", EIGHT_WEEKS, against="active",
    ),
    "gratitude": _trained(
        "people in general: two weeks of appreciation against waiting, and four weeks after", "gratitude", 14,
        follow_up=28,
    ),
}  # fmt: skip


def scenario(
    study: Study, *, people: int, worlds: int, seed: int, changes: Mapping[str, Any] | None = None
) -> Scenario:
    """Return the scenario of a study. `changes`: dotted changes of any scenario, such as {"model.defeat": 1.0}.

    Changes of `training` are left out of studies without training, those of an exercise out of studies without it;
    changed traits, where the preset of the study says something else of them. "correlations.A.B" is the correlation
    of two traits. Raises InputError for what is wrong.
    """
    tables: dict[str, Any] = {
        "title": study.says,
        "days": float(study.days),
        "seed": seed,
        "replicates": worlds,
        "population": {"size": people, "preset": study.preset},
        "network": {"kind": "small-world"},
        "stimuli": [{"kind": "daily-life"}],
        "record": {"every": study.records, "summaries": False, "readouts": list(study.readouts)},
        "numerics": {"steps_per_tick": _STEPS},
    }
    if study.programme is not None:
        tables["training"] = {
            "programme": study.programme, "start_day": START, "who": {"share": SHARE}, "against": study.against,
        }  # fmt: skip
    made = Scenario(tables, source=f"study of {study.says}")
    wanted = _wanted(study, changes or {})
    return made.but(wanted) if wanted else made


def check_changes(studies: Iterable[Study], changes: Mapping[str, Any]) -> None:
    """Raise InputError with every change that is left out of all these studies."""
    studies = list(studies)
    idle = [path for path, value in changes.items() if not any(_wanted(study, {path: value}) for study in studies)]
    if idle:
        raise InputError("--set", [Mistake(path, "changes nothing in what is simulated here") for path in idle])


def exercises(study: Study) -> frozenset[str]:
    """Return the kinds of exercise that are done in a study, in both arms."""
    if study.programme is None:
        return frozenset()
    programme = Programme.load(study.programme)
    other = Control.load(study.against).programme(programme).exercises() if study.against in controls() else ()
    return frozenset((*programme.exercises(), *other))


def _wanted(study: Study, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the changes that mean something in a study."""
    wanted: dict[str, Any] = {}
    pairs = []
    preset = PRESETS[study.preset].changes()
    for path, value in changes.items():
        match path.split("."):
            case ["correlations", *traits]:
                pairs.append({"traits": tuple(traits), "r": value})
                continue
            case ["population", "traits", trait, *_, last]:
                said = last not in preset.get(trait, {})
            case ["training", "exercises", kind, *_] if kind in Exercise.kinds():
                said = kind in exercises(study)
            case ["training", *_]:
                said = study.programme is not None
            case ["questionnaires", *_]:
                said = study.reads_scores
            case _:
                said = True
        if said:
            wanted[path] = value
    if pairs:
        wanted["population.correlations"] = pairs
    return wanted
