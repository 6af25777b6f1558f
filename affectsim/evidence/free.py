"""Free numbers of the calibration: which may be fitted, and in which bounds.

All bounds are assumed: what a reader of the theory would still find plausible. Medians of traits that presets change
are not free: a preset says where its people stand in the same units. Nor is the pace of practice
(`practice_rate`), which is published itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import affectsim.correlations
import affectsim.questionnaires.scores
import affectsim.training.exercises  # noqa: F401  (so that all starting values are known)
from affectsim import calibrated


class Free(NamedTuple):
    """One free number: its path in a scenario, its bounds, and where the search starts. Places are 0 to 1.

    `along`: further numbers that are kept in proportion to it, path -> how many times this number.
    """

    path: str
    low: float
    high: float
    start: float
    logarithmic: bool = True
    along: Mapping[str, float] = MappingProxyType({})

    def numbers(self, place: float) -> dict[str, float]:
        """Return path -> value of the number at a place between its bounds, and of those in proportion to it."""
        value = self.value(place)
        return {self.path: value} | {path: share * value for path, share in self.along.items()}

    @property
    def paths(self) -> tuple[str, ...]:
        """Paths of all numbers that are fitted with it."""
        return (self.path, *self.along)

    def value(self, place: float) -> float:
        """Return the number at a place between its bounds."""
        if self.logarithmic:
            return self.low * math.exp(place * math.log(self.high / self.low))
        return self.low + place * (self.high - self.low)

    def place(self, value: float) -> float:
        """Return the place of a number, kept a little inside the bounds."""
        if self.logarithmic:
            found = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        else:
            found = (value - self.low) / (self.high - self.low)
        return min(max(found, 0.001), 0.999)


class Stage(NamedTuple):
    """One stage: the groups of entries that it is fitted to, what is simulated, and the free numbers.

    `people`: in each of `worlds` worlds. `batch`: points of a derivative that are simulated together.
    """

    groups: tuple[str, ...]
    studies: tuple[str, ...]
    worlds: int
    batch: int
    free: tuple[Free, ...]
    people: int = 400


def _free(path: str, low: float, high: float, start: float | None = None, logarithmic: bool = True) -> Free:
    return Free(path, low, high, calibrated.STARTS[path] if start is None else start, logarithmic)


def _model(name: str, low: float, high: float, start: float | None = None, logarithmic: bool = True) -> Free:
    return _free(f"model.{name}", low, high, start, logarithmic)


def _rating(name: str, low: float, high: float, start: float | None = None, logarithmic: bool = True) -> Free:
    return _free(f"rating.{name}", low, high, start, logarithmic)


def _spread(name: str, low: float, high: float, start: float | None = None) -> Free:
    return _free(f"population.traits.{name}.spread", low, high, start)


def _correlation(pair: str, low: float, high: float) -> Free:
    return _free(f"correlations.{pair}", low, high, None, False)


def _weight(score: str, quantity: str, low: float, high: float) -> Free:
    return _free(f"questionnaires.{score}.{quantity}", low, high, None, False)


def _trained(what: str, most: str, *others: str) -> Free:
    """How far an exercise leads in one respect: free in the first, in the others in proportion to it."""
    first, *rest = (f"training.exercises.{kind}.trains_{what}" for kind in (most, *others))
    start = calibrated.STARTS[first]
    along = {path: calibrated.STARTS[path] / start for path in rest}
    return Free(first, 0.02, 1.0, start, False, MappingProxyType(along))


#: Starting values beside the defaults are those of an early fit to diaries.
_LIFE = (
    Free("stimuli.0.threat", 0.5, 4.0, 1.5),
    Free("stimuli.0.resource", 2.0, 12.0, 7.5),
    Free("stimuli.0.affiliative", 2.0, 12.0, 7.5),
    Free("stimuli.0.ambiguous", 0.5, 6.0, 3.0),
    Free("stimuli.0.threat_intensity", 0.5, 2.5, 1.0),
    Free("stimuli.0.resource_intensity", 0.3, 1.8, 0.6),
    Free("stimuli.0.affiliative_intensity", 0.3, 1.8, 0.6),
    Free("stimuli.0.ambiguous_intensity", 0.5, 2.5, 1.0),
    _model("shared_pleasure", 0.0, 1.0, 0.5, False),
    _model("threat_memory", 0.2, 6.0),
    _model("resource_memory", 0.2, 6.0),
    _model("affiliation_memory", 0.2, 6.0),
    _model("soothing_calms_threat", 0.5, 10.0),
    _model("soothing_calms_drive", 0.1, 3.0),
    _model("threat_blocks_soothing", 1.0, 15.0),
    _model("drive_blocks_soothing", 0.02, 2.0),
    _model("secure_base", 0.1, 5.0, 1.0),
    _model("striving", 0.02, 1.5),
    _model("defeat", 0.1, 5.0),
    _model("warmth_strength", 1.0, 10.0),
    _model("background_threat", 0.02, 0.5),
    _model("background_drive", 0.02, 0.8),
    _model("background_soothing", 0.02, 0.8),
    _model("background_sd", 0.03, 0.6, 0.15),
    _model("background_time", 3.0, 36.0),
    _spread("self_criticism", 0.3, 1.0),
    _spread("threat_gain", 0.15, 0.9),
    _spread("drive_gain", 0.15, 0.9),
    _spread("soothing_gain", 0.15, 0.9),
    _spread("threat_baseline", 0.15, 1.2),
    _spread("drive_baseline", 0.15, 1.2),
    _spread("soothing_baseline", 0.15, 1.2),
    *(_rating(f"{system}_rating_gain", 0.4, 3.0) for system in ("threat", "drive", "soothing")),
    *(_rating(f"{system}_rating_offset", -0.2, 0.3, None, False) for system in ("threat", "drive", "soothing")),
    *(_rating(f"{system}_rating_noise", 0.05, 0.2) for system in ("threat", "drive", "soothing")),
)

#: How people differ, and which of these differences go together, with the life of the median person as it is.
_PEOPLE = (
    _correlation("drive_baseline.soothing_baseline", 0.0, 0.8),
    _correlation("drive_gain.soothing_gain", 0.0, 0.7),
    _correlation("threat_gain.drive_gain", 0.0, 0.6),
    _spread("self_criticism", 0.3, 1.0),
    _spread("threat_gain", 0.15, 0.9),
    _spread("drive_gain", 0.15, 0.9),
    _spread("drive_baseline", 0.15, 1.2),
    _spread("soothing_baseline", 0.15, 1.2),
)

#: How the score of self-compassion mixes what is a trait with how people feel now, and which traits go together.
_TRAITS = (
    _correlation("self_criticism.fear_of_self_compassion", 0.0, 0.7),
    _correlation("self_criticism.fear_of_compassion_from_others", 0.0, 0.7),
    _correlation("self_criticism.fear_of_compassion_for_others", 0.0, 0.6),
    _weight("fear-of-self-compassion-score", "threat", 0.0, 1.0),
    _weight("fear-of-compassion-from-others-score", "threat", 0.0, 1.0),
    _weight("fear-of-compassion-for-others-score", "threat", 0.0, 1.0),
    _weight("self-compassion-score", "threat", -1.0, 0.0),
    _weight("self-compassion-score", "soothing", 0.0, 1.0),
    # The scale has as many items about self-judgement as about mindfulness and over-identification (Neff 2003), so
    # what is read of self-criticism may not give way to the attributes that training moves most.
    _weight("self-compassion-score", "self_criticism", -1.2, -0.4),
    _weight("self-compassion-score", "fear_of_self_compassion", -0.8, -0.1),
    _weight("self-compassion-score", "non_judgement", 0.1, 0.6),
    # No part of the scale is about standing distress as such; half of the bound of self-criticism at most.
    _weight("self-compassion-score", "tolerance", 0.05, 0.2),
)

#: What the score of self-compassion reads, once people and training are as they are.
_SCORES = (
    *(one for one in _TRAITS if one.path.startswith("questionnaires.self-compassion-score.")),
    _weight("self-compassion-score", "self_kindness", 0.08, 2.4),
)

#: How much training does; what scores of distress read of it. Where neither trials of whole programmes nor those of
#: single exercises tell exercises that train the same apart, these keep the proportions that the theory is taken to
#: give them (their starting values). Not free are how far fears fall, since nothing that is fitted says it; how far
#: work with the critic leads, since `relief_reach` says that already; what changes the life of people who never train,
#: which was fitted to diaries; and what leads distress tolerance beside mindfulness, with what that changes, which is
#: set to trials of exercises (`evidence.alone`).
_TRAINING = (
    _model("self_kindness_strength", 0.02, 2.0),
    # Relief from self-criticism is what the therapy is about: what it takes in full may not shrink to nothing.
    _model("relief_reach", 0.3, 0.95, None, False),
    _trained("motivation", "compassionate-self", "appreciation", "compassion-focused-imagery"),
    _trained("sensitivity", "compassion-focused-imagery"),
    _trained("sensitivity", "appreciation"),
    _trained("self_kindness", "appreciation"),
    _trained("tolerance", "mindfulness"),
    _trained("sympathy", "compassionate-self", "compassion-focused-imagery"),
    _trained("empathy", "compassion-focused-imagery", "compassionate-self"),
    _trained("non_judgement", "mindfulness", "self-critic-work"),
    # None of what the theory names may leave the score: it would fit trials and be no depression.
    _weight("depression-score", "threat", 0.3, 1.2),
    _weight("depression-score", "drive", -1.2, -0.2),
    _weight("depression-score", "soothing", -0.8, -0.1),
    _weight("depression-score", "self_criticism", 0.2, 1.0),
    _weight("depression-score", "non_judgement", -0.5, 0.0),
    _weight("stress-score", "tolerance", -0.6, 0.0),
)  # fmt: skip

#: Of these nothing on the first card says anything: trials of single exercises do.
ALONE_ONLY = frozenset((
    "training.exercises.appreciation.trains_sensitivity", "training.exercises.appreciation.trains_self_kindness",
    "training.exercises.mindfulness.trains_tolerance", "questionnaires.stress-score.tolerance",
))  # fmt: skip
#: Trials of single exercises, on the second card: groups of entries and studies have the same names.
_ALONE = ("kindness", "mindfulness", "mindfulness-patients", "mindfulness-online", "gratitude")

#: In this order: each stage starts from what those before it found. The last one lives its lives once, whatever the
#: scores read, and so can afford many people: both entries that pull against each other must be known well.
STAGES: dict[str, Stage] = {
    "life": Stage(("momentary",), ("diaries",), 2, 10, _LIFE),
    "people": Stage(("momentary",), ("diaries",), 8, 9, _PEOPLE, 800),
    "traits": Stage(("traits",), ("survey", "diaries"), 3, 12, _TRAITS),
    "training": Stage(
        ("compassion_interventions", "practice", *_ALONE),
        ("eight-week", *_ALONE, "kindness-active"),
        6,
        10,
        _TRAINING,
        640,
    ),
    "scores": Stage(
        ("traits", "compassion_interventions", "kindness", "mindfulness"),
        ("survey", "diaries", "eight-week", "kindness", "mindfulness"),
        6,
        8,
        _SCORES,
        800,
    ),
}
