"""Exercises: numbers that say what an exercise does at once, what it trains, and when it fails.

All exercises share one equation (`affectsim.training.practice`), so they differ in their numbers only.
An exercise fails with probability

    failure_base + failure_from_threat * T + failure_from_low_tolerance * (1 - tolerance)
    + failure_from_low_imagery * (1 - imagery) + failure_from_anger * anger * T        (at most 1)

A failed exercise gives the kick `failure_threat` to threat (self-criticism, an unwanted association) and
nothing else. One that works gives its inputs and moves what it trains towards the asymptote.

No publication gives these numbers one by one. Their *directions* are those of the theory; their sizes are
assumed, set against the events of daily life (a threat kicks by 1.0, a kindness by 0.6).
"""

from __future__ import annotations

from typing import Any

from affectsim.parts import Exercise, field

_CFT = "assumed; direction: compassion-focused therapy, Gilbert 2009"
_MINDFUL = "assumed; direction: mindfulness can fail and end in self-criticism, Gilbert 2009"


def _kick(default: float, says: str, source: str = "assumed") -> Any:
    return field(default, ge=0, le=5, unit="input", says=says, source=source)


def _share(default: float, says: str, source: str = "assumed") -> Any:
    return field(default, ge=0, le=1, unit="1", says=says, source=source)


class Practice(Exercise):
    """What every exercise has; by itself it does nothing. Concrete exercises change the defaults."""

    minutes: float = field(15.0, ge=1, le=240, unit="min", says="how long it takes", source="assumed")

    resource: float = _kick(0.0, "input to drive: a reward")
    affiliative: float = _kick(0.0, "self-generated affiliation: input to soothing")
    image: float = _kick(0.0, "a compassionate image: in the mind first, in the body (soothing) after a lag")
    ease: float = _share(0.0, "share by which the self-critical loop is weakened for a while")
    threat: float = _kick(0.0, "input to threat while exercising, even if it goes well")

    trains_motivation: float = _share(0.0, "practice efficacy for compassionate motivation")
    trains_sensitivity: float = _share(0.0, "practice efficacy for sensitivity")
    trains_sympathy: float = _share(0.0, "practice efficacy for sympathy")
    trains_tolerance: float = _share(0.0, "practice efficacy for distress tolerance")
    trains_empathy: float = _share(0.0, "practice efficacy for empathy")
    trains_non_judgement: float = _share(0.0, "practice efficacy for non-judgement")
    trains_self_criticism: float = _share(0.0, "practice efficacy for relief from self-criticism")
    trains_fears: float = _share(0.0, "practice efficacy for relief from the fears of compassion")

    failure_base: float = _share(0.0, "probability of failure with no cause below")
    failure_from_threat: float = _share(0.0, "added probability at full threat")
    failure_from_low_tolerance: float = _share(0.0, "added probability at no distress tolerance")
    failure_from_low_imagery: float = _share(0.0, "added probability at no ability to form images")
    failure_from_anger: float = _share(0.0, "added probability at full rage (anger times threat)")
    failure_threat: float = _kick(0.0, "input to threat when it fails")


class Appreciation(Practice, kind="appreciation"):
    """Appreciation: listing likes, savouring, small rewarding acts.

    Assumes: a small reward and a little warmth; trains sensitivity and motivation; fails rarely and then
    does nothing.
    """

    minutes: float = field(10.0, ge=1, le=240, unit="min", says="how long it takes", source="assumed")
    resource: float = _kick(0.3, "reward of savouring: half of an everyday reward", _CFT)
    affiliative: float = _kick(0.2, "warmth of savouring: a third of an everyday kindness", _CFT)
    trains_motivation: float = _share(0.5, "practice efficacy for compassionate motivation", _CFT)
    trains_sensitivity: float = _share(0.5, "practice efficacy for sensitivity", _CFT)
    failure_base: float = _share(0.05, "probability of failure with no cause below")


class Relaxation(Practice, kind="relaxation"):
    """Relaxation: loosening the muscles and breathing slowly, with no thought of compassion.

    Assumes: soothes a little and trains nothing. It acts as self-generated soothing, so it makes those uneasy who
    are afraid of being soothed (relaxation-induced anxiety, Heide & Borkovec 1983).
    """

    minutes: float = field(15.0, ge=1, le=240, unit="min", says="how long it takes", source="assumed")
    affiliative: float = _kick(0.3, "calm of relaxing: half of an everyday kindness")
    failure_base: float = _share(0.05, "probability of failure with no cause below")


class Mindfulness(Practice, kind="mindfulness"):
    """Mindfulness: attention to the present moment without judging.

    Assumes: loosens the self-critical loop for some hours; trains tolerance and non-judgement; under threat
    or with little tolerance it is hard to enter, and failing is one more reason to attack oneself.
    """

    minutes: float = field(20.0, ge=1, le=240, unit="min", says="how long it takes", source="assumed")
    ease: float = _share(0.4, "share by which the self-critical loop is weakened for a while", _CFT)
    affiliative: float = _kick(0.1, "calm of the exercise")
    trains_tolerance: float = _share(1.0, "practice efficacy for distress tolerance", _CFT)
    trains_non_judgement: float = _share(1.0, "practice efficacy for non-judgement", _CFT)
    failure_base: float = _share(0.05, "probability of failure with no cause below")
    failure_from_threat: float = _share(0.4, "added probability at full threat", _MINDFUL)
    failure_from_low_tolerance: float = _share(0.2, "added probability at no distress tolerance", _MINDFUL)
    failure_threat: float = _kick(0.5, "self-criticism after failing: half of an everyday threat", _MINDFUL)


class CompassionFocusedImagery(Practice, kind="compassion-focused-imagery"):
    """Compassion-focused imagery: a relational image that stimulates the mind first and then the body.

    Assumes: soothing follows the image after a lag; trains sensitivity, empathy and motivation, and lowers
    fears by tolerated exposure; fails without the ability to form images and under threat, and then brings
    an unwanted association or self-criticism.
    """

    image: float = _kick(0.8, "a compassionate image: in the mind first, in the body after a lag", _CFT)
    trains_motivation: float = _share(0.3, "practice efficacy for compassionate motivation", _CFT)
    trains_sensitivity: float = _share(1.0, "practice efficacy for sensitivity", _CFT)
    trains_empathy: float = _share(1.0, "practice efficacy for empathy", _CFT)
    trains_sympathy: float = _share(0.3, "practice efficacy for sympathy", _CFT)
    trains_fears: float = _share(
        0.4, "practice efficacy for relief from the fears of compassion",
        "assumed; direction: two weeks of training lowered the fears, Matos et al. 2017",
    )  # fmt: skip
    failure_base: float = _share(0.05, "probability of failure: an unwanted association", _CFT)
    failure_from_threat: float = _share(0.2, "added probability at full threat")
    failure_from_low_imagery: float = _share(0.6, "added probability at no ability to form images", _CFT)
    failure_threat: float = _kick(0.4, "self-criticism or an unwanted association after failing", _CFT)


class SelfCriticWork(Practice, kind="self-critic-work"):
    """Work with the self-critic: its function, its origin, why one submits to it, the critic as a person.

    Assumes: raises threat while it lasts; trains relief from self-criticism and, less, non-judgement; rage
    takes the gain away, without further harm.
    """

    minutes: float = field(30.0, ge=1, le=240, unit="min", says="how long it takes", source="assumed")
    threat: float = _kick(0.6, "threat of facing the critic: over half of an everyday threat", _CFT)
    trains_self_criticism: float = _share(1.0, "practice efficacy for relief from self-criticism", _CFT)
    trains_non_judgement: float = _share(0.3, "practice efficacy for non-judgement", _CFT)
    failure_base: float = _share(0.05, "probability of failure with no cause below")
    failure_from_anger: float = _share(
        0.8, "added probability at full rage (anger times threat)",
        "assumed; direction: less effective with intense anger or rage, Gilbert 2009",
    )  # fmt: skip
