"""The design of a trial, as a file says it.

[trial]
scenario = "office.toml"            # next to this file: people, ties, daily life, length of the run
start_day = 14                      # day on which all arms start, a multiple of 7
outcomes = ["self-compassion-score", "depression-score"]    # the first is the primary one
participants = 120                  # left out: everybody
randomise = "cluster"               # or "individual"

[trial.missing]
rate = 0.15                         # share of answers after training that are missing
threat = 0.5                        # more often missing from people under threat

[[trial.arms]]
name = "training"
programme = "eight-week"

[[trial.arms]]
name = "waiting list"
control = "waiting-list"

A scenario with [training] is a design, too: its programme against what it is `against`, everybody takes part, one to
one, with the competence that its delivery says.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from affectsim.checking import Findings, flat, plain, read_model
from affectsim.errors import InputError, Mistake, nearest
from affectsim.parameters import ATTRIBUTES, TRAITS
from affectsim.parts import Table, field
from affectsim.readouts import SYSTEMS, Measure, directions
from affectsim.scenario import Scenario
from affectsim.scenario_files import changed
from affectsim.text_files import read_text, read_toml
from affectsim.training.controls import Control
from affectsim.training.programmes import Programme, programme_file, programmes

WEEK = 7
#: What may be read of a person to make strata.
_TRAITS = (*TRAITS, *ATTRIBUTES)
OUTCOMES = ("self-compassion-score", "depression-score", "self-criticism-score")


class Arm(Table):
    """What one group of participants gets."""

    name: str = field(min_length=1, max_length=60, unit="", says="what the arm is called")
    programme: str | None = field(None, min_length=1, unit="", says="a shipped programme, or the path of a .toml file")
    control: Literal["waiting-list", "usual-care", "active", "cognitive-behavioural"] | None = field(
        None, unit="", says="instead of a programme: waiting-list (nothing), usual-care (supportive contacts), "
        "active (relaxation) or cognitive-behavioural (therapy of that kind), with as much attention as the first "
        "programme",
    )  # fmt: skip
    share: int = field(1, ge=1, le=100, unit="1", says="ratio of allocation: 2 and 1 give two thirds and one third")
    competence: float = field(1.0, ge=0, le=1, unit="1", says="multiplies what a session trains", source="assumed")

    def problems(self) -> Iterable[tuple[str, str]]:
        """Yield what is wrong between fields."""
        if (self.programme is None) == (self.control is None):
            yield "programme", "give either programme or control"


class Missing(Table):
    """Which answers are missing after training. The odds of a missing answer are multiplied by exp(number * SD)."""

    rate: float = field(0.15, ge=0, le=0.95, unit="1", says="share missing in somebody average", source="assumed")
    threat: float = field(
        0.0, ge=-3, le=3, unit="log odds per SD", source="assumed",
        says="change with the own threat in the week of the answer; not 0: missing not at random",
    )  # fmt: skip
    fear: float = field(
        0.0, ge=-3, le=3, unit="log odds per SD", says="change with the own fear of self-compassion", source="assumed"
    )
    stopped: float = field(
        0.0, ge=-3, le=6, unit="log odds", says="change in those who stopped their programme", source="assumed"
    )


class TrialDesign(Table):
    """Who is randomised to what, what is asked of them, and how it is analysed."""

    scenario: str = field(min_length=1, unit="", says="path of the scenario, from the folder of this file")
    change: dict[str, Any] = field(default_factory=dict, unit="", says='changes of the scenario, "dotted.key" = value')
    start_day: int = field(14, ge=WEEK, le=3650, multiple_of=WEEK, unit="days", says="day on which all arms start")
    outcomes: tuple[str, ...] = field(
        OUTCOMES, min_length=1, unit="", says="readouts that are asked once a week; the first is the primary outcome"
    )
    participants: int | None = field(
        None, ge=4, le=1_000_000, unit="people", says="how many of the population take part; left out: everybody"
    )
    choose: Literal["random", "most-self-critical"] = field("random", unit="", says="who takes part")
    randomise: Literal["individual", "cluster"] = field("individual", unit="", says="what is allocated to arms")
    clusters: str | None = field(
        None, min_length=1, unit="", says="attribute of people that makes the clusters; left out: communities found "
        "in the ties",
    )  # fmt: skip
    strata: tuple[str, ...] = field(
        (), unit="", says="allocated separately within: attributes of people, or traits (split at their median)"
    )
    block: int | None = field(
        None, ge=2, le=1000, unit="1", says="size of permuted blocks, a multiple of the sum of shares; left out: one "
        "block of everybody",
    )  # fmt: skip
    measurement_error: bool = field(True, unit="", says="whether questionnaires are answered with error")
    missing: Missing = field(default_factory=Missing, unit="", says="which answers are missing")
    arms: tuple[Arm, ...] = field(min_length=2, max_length=6, unit="", says="what the groups get")
    against: str | None = field(
        None, unit="", says="name of the arm with which the others are compared; left out: the first control"
    )
    confidence: float = field(0.95, ge=0.5, le=0.9999, unit="1", says="confidence of intervals")

    def problems(self) -> Iterable[tuple[str, str]]:
        """Yield what is wrong between fields."""
        names = [arm.name for arm in self.arms]
        if len(set(names)) < len(names):
            yield "arms", "must have different names"
        if self.against is not None and self.against not in names:
            yield "against", f"is no arm{nearest(self.against, names)}"
        if all(arm.programme is None for arm in self.arms):
            yield "arms", "one of them needs a programme"
        known = {*SYSTEMS, *(kind for kind, one in Measure.kinds().items() if one.name() in directions())}
        for number, name in enumerate(self.outcomes):
            if name not in known:
                yield f"outcomes.{number}", f'"{name}" is unknown{nearest(name, sorted(known))}'
        if len(set(self.outcomes)) < len(self.outcomes):
            yield "outcomes", "must not name a readout twice"
        if self.block is not None and self.block % self.shares:
            yield "block", f"must be a multiple of the sum of shares ({self.shares})"
        if self.clusters is not None and self.randomise != "cluster":
            yield "clusters", 'needs randomise = "cluster"'
        if self.strata and self.randomise == "cluster":
            yield "strata", 'needs randomise = "individual"; clusters are allocated by blocks of similar size'

    @property
    def shares(self) -> int:
        """Sum of the ratio of allocation."""
        return sum(arm.share for arm in self.arms)

    @property
    def reference(self) -> int:
        """Number of the arm with which the others are compared."""
        names = [arm.name for arm in self.arms]
        if self.against is not None:
            return names.index(self.against)
        return next((n for n, arm in enumerate(self.arms) if arm.control is not None), len(names) - 1)

    @property
    def compared(self) -> tuple[int, ...]:
        """Numbers of the arms that are compared with the reference; those with a programme come first."""
        others = (n for n in range(len(self.arms)) if n != self.reference)
        return tuple(sorted(others, key=lambda n: (self.arms[n].programme is None, n)))


class Trial(NamedTuple):
    """A design, its scenario, the programme of each arm (None: nothing), and the folder of the programmes' files."""

    design: TrialDesign
    scenario: Scenario
    programmes: tuple[Programme | None, ...]
    folder: Path | None = None

    @property
    def length(self) -> int:
        """Days of the longest programme."""
        return max(programme.days for programme in self.programmes if programme is not None)

    @property
    def weeks(self) -> dict[str, int]:
        """Weekly records that are assessments: name -> number of the record."""
        end = math.ceil((self.design.start_day + self.length) / WEEK) - 1
        last = int(self.scenario.days // WEEK) - 1
        found = {"before": self.design.start_day // WEEK - 1, "after": end}
        return found | ({"follow-up": last} if last > end else {})

    def but(self, changes: Mapping[str, Any]) -> Trial:
        """Return the same trial with another `participants` or other values of the scenario ("scenario.x.y")."""
        inside = {key.removeprefix("scenario."): value for key, value in changes.items() if key.startswith("scenario.")}
        own = {key: value for key, value in changes.items() if not key.startswith("scenario.")}
        design = TrialDesign.model_validate({**self.design.model_dump(), **own}) if own else self.design
        return self._replace(design=design, scenario=self.scenario.but(inside) if inside else self.scenario)

    def sized(self, participants: int) -> Trial:
        """Return the same trial with so many participants: of a larger population, or of everybody in it."""
        if self.design.participants is None:
            return self.but({"scenario.population.size": participants})
        return self.but({"participants": participants})


def read(file: Path, changes: Mapping[str, Any]) -> Trial:
    """Return the trial of a file with dotted changes of the scenario; those of the design begin with "trial.".

    Raises InputError with every mistake.
    """
    source = str(file)
    tables = read_toml(read_text(file, source), source)
    findings = Findings()
    designed = "trial" in tables
    if designed:
        for key in sorted(set(tables) - {"trial"}):
            findings.add(key, "does not belong into a file with [trial]; it goes into the scenario that it names")
        table = tables["trial"]
    else:
        scenario = Scenario.load(file)
        mine = {key: value for key, value in changes.items() if not key.startswith("trial.")}
        table = _of_scenario(file, scenario.but(mine) if mine else scenario)
    design = read_model(TrialDesign, table, "trial", findings)
    findings.stop(source)
    assert design is not None
    if own := {key: value for key, value in changes.items() if key.startswith("trial.")}:
        said = f"{source} with {' '.join(own)} changed"
        tables = changed({"trial": _everything(design)}, own, said)
        design = read_model(TrialDesign, tables["trial"], "trial", findings)
        findings.stop(said)
        assert design is not None
    _refuse_decided(changes, "--set", designed)
    _refuse_decided(design.change, f"{source}: trial.change", True)
    base = Scenario.load(file.parent / design.scenario)
    wanted = {**design.change, **{key: value for key, value in changes.items() if key not in own}}
    return checked(design, base.but(wanted) if wanted else base, source, file.parent)


def _refuse_decided(changes: Mapping[str, Any], source: str, designed: bool) -> None:
    """Raise InputError for changes of the scenario that a trial would ignore. `designed`: the file has [trial]."""
    instead = {
        "training.who": "trial.participants", "training.screening": "trial.participants",
        "training.delivery": "everybody starts at once", "record": "everybody, once a week; see trial.outcomes",
        # What is decided by nothing else: see `_of_scenario`.
        "training.delivery.competence": "",
    }  # fmt: skip
    if designed:
        instead |= {"training.programme": "trial.arms", "training.start_day": "trial.start_day",
                    "training.against": "trial.arms", "training.delivery.competence": "trial.arms"}  # fmt: skip
    wrong = []
    for key in flat(changes):
        path = max((one for one in instead if key == one or key.startswith(f"{one}.")), key=len, default="")
        if where := instead.get(path, ""):
            wrong.append(Mistake(key, f"is decided by the trial: {where}"))
    if wrong:
        raise InputError(source, wrong)


def _everything(design: TrialDesign) -> dict[str, Any]:
    tables: dict[str, Any] = plain(design)
    return tables


def _of_scenario(file: Path, scenario: Scenario) -> dict[str, Any]:
    training = scenario.training
    if training is None:
        message = "is missing: give a file with [trial], or a scenario with [training]"
        raise InputError(str(file), [Mistake("training", message)])
    delivery = training.delivery
    without = {
        "delivery.therapists": delivery.therapists is not None,
        "delivery.referrals_per_week": delivery.referrals_per_week is not None,
        "delivery.competence_spread": delivery.competence_spread > 0,
        "who.unless": training.who.unless is not None,
    }
    message = "a trial has nothing like it: all who take part start at once, with therapists who are alike; take it out"
    if wrong := [Mistake(f"training.{key}", message) for key, said in without.items() if said]:
        raise InputError(str(file), wrong)
    control = "waiting-list" if training.against == "nothing" else training.against
    guided = {"competence": delivery.competence}
    return {
        "scenario": file.name,
        "start_day": training.start_day,
        "arms": [
            {"name": "training", "programme": training.programme, **guided},
            {"name": control, "control": control, **(guided if control != "waiting-list" else {})},
        ],
    }


def checked(design: TrialDesign, scenario: Scenario, source: str = "trial", folder: Path | None = None) -> Trial:
    """Return the trial of a design in a scenario. Raises InputError with every mistake."""
    wrong: list[Mistake] = []
    found: list[Programme | None] = []
    training: Programme | None = None
    for number, arm in enumerate(design.arms):
        try:
            if arm.programme is not None:
                found.append(_loaded(arm.programme, scenario, folder))
                training = training or found[-1]
                continue
        except InputError as error:
            wrong += [
                one
                if one.where.startswith("training.exercises")
                else one._replace(where=f"trial.arms.{number}.programme")
                for one in error.mistakes
            ]
        found.append(None)
    if wrong:
        raise InputError(source, wrong)
    assert training is not None
    for number, arm in enumerate(design.arms):
        if arm.control is not None and arm.control != "waiting-list":
            found[number] = Control.load(arm.control).programme(training)
    active = [one for one in found if one is not None]
    if len({one.session_attendance for one in active if one.sessions}) > 1:
        wrong.append(Mistake("trial.arms", "programmes of one trial need the same session_attendance"))
    trial = Trial(design, scenario, tuple(found), folder)
    if scenario.days < WEEK * (trial.weeks["after"] + 1):
        needed = WEEK * (trial.weeks["after"] + 1)
        wrong.append(Mistake("trial.start_day", f"the scenario has {scenario.days:g} days; this trial needs {needed}"))
    size = scenario.population.size
    if design.participants is not None and size is not None and design.participants > size:
        wrong.append(Mistake("trial.participants", f"the population has {size} people"))
    wrong += [
        Mistake("trial.strata", f'"{name}" is no trait{nearest(name, _TRAITS)}')
        for name in design.strata
        if name not in _TRAITS and not _attribute(scenario, name)
    ]
    if wrong:
        raise InputError(source, wrong)
    return trial


def _loaded(name: str, scenario: Scenario, folder: Path | None) -> Programme:
    if name in programmes():
        return Programme.load(name)
    path = str(programme_file(name, folder=folder).absolute())
    # By way of the scenario, which knows exercises of its own and their numbers.
    try:
        made = scenario.read_programme(path)
    except InputError as error:
        inside = [Mistake(name, f"{one.where}: {one.message}") for one in error.mistakes]
        raise InputError(error.source, inside) from None
    known = scenario.training.exercises if scenario.training is not None else {}
    used = {kind: known[kind].table() for kind in made.exercises() if kind in known}
    scenario.but({"training": {"programme": path, "against": "nothing", "exercises": used}})
    return made


def _attribute(scenario: Scenario, name: str) -> bool:
    from affectsim.world import community_of

    return name in community_of(scenario).groups
