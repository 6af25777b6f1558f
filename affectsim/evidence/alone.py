"""Single exercises alone, beside trials of them: where the numbers that are set by hand come from.

Trials of whole programmes do not say what one exercise does. Trials of breathing, of relaxation, of psychoeducation
and of cognitive-behavioural therapy alone do, so what these train is set by hand to such a trial and then held against
what else the same trials found. (Mindfulness, kindness and gratitude alone are on the second card and fitted.) Beside
them stands how the share of assigned practice that people do goes with what they gain from eight weeks. None of this
is part of the evidence card.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from affectsim.evidence import trials
from affectsim.evidence.card import SEED, changed, mean_and_interval, shared
from affectsim.evidence.studies import DONE, SCORES, Study, alone_programme, check_changes, scenario
from affectsim.evidence.values import weighted
from affectsim.results import DISCLAIMER
from affectsim.simulation import Progress, simulate_many


class Finding(NamedTuple):
    """One published effect of an exercise alone, or the correlation of practice done with benefit (`PRACTICE`).

    `sets`: path of the number that is set by hand to it, "" for none.
    `low`, `high`: the published 95 % interval, NaN where only the effect is known.
    """

    exercise: str
    score: str
    published: float
    low: float
    high: float
    sets: str
    source: str


class Row(NamedTuple):
    """A finding and the model's effect with its 95 % interval from simulated worlds."""

    finding: Finding
    model: float
    low: float
    high: float

    def as_json(self) -> dict[str, Any]:
        """Return the row as plain values; what is not known is null."""
        of = self.finding
        return {
            "exercise": of.exercise,
            "score": of.score,
            "model": self.model,
            "model_interval": None if math.isnan(self.low) else [self.low, self.high],
            "published": of.published,
            "interval": None if math.isnan(of.low) else [of.low, of.high],
            "sets": of.sets or None,
            "source": of.source,
        }


_FINCHAM = "Fincham et al. 2023 (Sci Rep 13:432): breathing of all kinds, against controls"
_MANZONI = "Manzoni et al. 2008 (BMC Psychiatry 8:41): relaxation training, between groups"
_DONKER = "Donker et al. 2009 (BMC Med 7:79): brief psychoeducation, on distress"
_CUIJPERS = (
    "Cuijpers et al. 2013 (Can J Psychiatry 58:376-385): cognitive-behavioural therapy, against controls; 0.53 after "
    "adjustment for publication bias"
)

_PARSONS = (
    "Parsons et al. 2017 (Behav Res Ther 95:29-41), 28 studies of mindfulness: correlation of the share of practice "
    "that is done with the outcome"
)

_EXERCISES = "training.exercises"
#: Stands for an exercise where all of a programme is practised.
PRACTICE = "practice-at-home"
_BREATHING, _RELAXATION, _LEARNING = "soothing-rhythm-breathing", "relaxation", "psychoeducation"
_THINKING = "cognitive-restructuring"

FINDINGS: tuple[Finding, ...] = (
    Finding(
        _BREATHING, "anxiety_score", 0.32, math.nan, math.nan, f"{_EXERCISES}.{_BREATHING}.trains_tolerance", _FINCHAM
    ),
    Finding(_BREATHING, "stress_score", 0.35, 0.14, 0.55, "model.tolerance_effect", _FINCHAM),
    Finding(_BREATHING, "depression_score", 0.40, math.nan, math.nan, "", _FINCHAM),
    Finding(_RELAXATION, "anxiety_score", 0.51, 0.46, 0.63, f"{_EXERCISES}.{_RELAXATION}.trains_tolerance", _MANZONI),
    # Taken over for the score of self-criticism, which is what the exercise works on.
    Finding(
        _LEARNING, "self_criticism_score", 0.20, 0.01, 0.40, f"{_EXERCISES}.{_LEARNING}.trains_self_criticism", _DONKER
    ),
    Finding(_LEARNING, "distress_score", 0.20, 0.01, 0.40, "", _DONKER),
    Finding(
        _THINKING, "depression_score", 0.71, 0.62, 0.79, f"{_EXERCISES}.{_THINKING}.trains_non_judgement", _CUIJPERS
    ),
    Finding(PRACTICE, "distress_score", 0.26, 0.19, 0.34, "", _PARSONS),
    Finding(PRACTICE, "self_compassion_score", 0.26, 0.19, 0.34, "", _PARSONS),
)


def _study(says: str, exercise: str, preset: str, days: int) -> Study:
    return Study(
        f"{says}, against waiting", preset, alone_programme(exercise), "waiting-list", days, people=(480, 900),
        worlds=(3, 6),
    )  # fmt: skip


_ALONE = (
    ("people in general: breathing every day for eight weeks", _BREATHING, "general", 56),
    ("people who seek help: relaxation every day for eight weeks", _RELAXATION, "help-seeking", 56),
    ("people in general: one session of psychoeducation", _LEARNING, "general", 14),
    ("people who seek help: cognitive restructuring every day for eight weeks", _THINKING, "help-seeking", 56),
)
#: Exercise -> the study of it alone. That patients stand for trials of relaxation and of therapy and people in general
#: for the other two is assumed.
STUDIES: dict[str, Study] = {exercise: _study(says, exercise, preset, days) for says, exercise, preset, days in _ALONE}
STUDIES[PRACTICE] = Study(
    "people who seek help: eight weeks of training, those who stay to the end", "help-seeking", "eight-week",
    "waiting-list", 56, people=(480, 900), worlds=(3, 6), readouts=(*SCORES, *DONE),
)  # fmt: skip


def rows(
    *, full: bool = False, seed: int = SEED, changes: Mapping[str, Any] | None = None, threads: int | None = None,
    progress: Progress | None = None,
) -> list[Row]:  # fmt: skip
    """Simulate each exercise alone and return the findings with the model's effects.

    `full`: more people in more worlds. `changes`: dotted changes of every simulated scenario. Raises InputError.
    """
    size = int(full)
    check_changes(STUDIES.values(), changes or {})
    moved = shared(STUDIES, full, progress)
    effects: dict[tuple[str, str], list[float]] = {}
    with weighted(changes or {}) as rest:
        for exercise, study in STUDIES.items():
            made = scenario(study, people=study.people[size], worlds=study.worlds[size], seed=seed, changes=rest)
            worlds = trials.worlds(simulate_many([made], threads=threads, progress=moved.get(exercise))[0], study)
            for finding in FINDINGS:
                if finding.exercise == exercise:
                    effects[exercise, finding.score] = [_effect(world, finding) for world in worlds]
    return [Row(one, *mean_and_interval(effects[one.exercise, one.score])) for one in FINDINGS]


def _effect(world: trials.World, finding: Finding) -> float:
    if finding.exercise == PRACTICE:
        return world.practice_with_benefit(finding.score)
    return world.effect(finding.score)


def table(found: Sequence[Row], *, full: bool = False, changes: Mapping[str, Any] | None = None) -> str:
    """Return the rows as text."""
    lines = [f"{'model [95 % interval]':>22}  {'published':>18}  score"]
    for exercise, study in STUDIES.items():
        mine = [row for row in found if row.finding.exercise == exercise]
        lines += ["", f"{exercise} ({study.says}): {mine[0].finding.source}"]
        lines += [_line(row) for row in mine]
    size = "full size" if full else "reduced size; --full simulates more people in more worlds"
    lines += ["", f"Effects against waiting, above 0 where training helps; {PRACTICE}: correlations ({size})."]
    lines += ["What is marked as set was chosen by hand so that the effect comes near; all else is a prediction."]
    lines += changed(changes)
    lines.append(DISCLAIMER)
    return "\n".join(lines)


def _line(row: Row) -> str:
    of = row.finding
    model = f"{row.model:.2f} [{row.low:.2f}, {row.high:.2f}]"
    published = f"{of.published:.2f}" + ("" if math.isnan(of.low) else f" [{of.low:.2f}, {of.high:.2f}]")
    words = f"{of.score.removesuffix('_score').replace('_', '-')}{f' (sets {of.sets})' if of.sets else ''}"
    return f"{model:>22}  {published:>18}  {words}"
