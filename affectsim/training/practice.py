"""What practice does: one equation for every exercise, and how people change from day to day.

Plain arithmetic, compiled by the kernel and evaluated by numpy from one source. The numbers of each
exercise are in `training.exercises`.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Effective(NamedTuple):
    """What the fast equations use, derived once a day from traits and trained attributes."""

    self_criticism: Any
    fear_of_self_compassion: Any
    fear_of_compassion_from_others: Any
    threat_gain: Any
    soothing_gain: Any
    warmth: Any
    fight: Any
    flight: Any
    submission: Any


#: Traits and parameters that `effective` reads, in the order of its arguments.
EFFECTIVE_TRAITS = (
    "self_criticism", "fear_of_self_compassion", "fear_of_compassion_from_others", "fear_of_compassion_for_others",
    "threat_gain", "soothing_gain", "anger", "power", "escape", "discomfort_with_soothing", "unworthiness",
)  # fmt: skip
EFFECTIVE_PARAMETERS = (
    "tolerance_effect", "non_judgement_effect", "sensitivity_effect", "relief_reach", "sensitisation_reach",
    "unworthiness_half", "hope_effect",
)  # fmt: skip


def failure_probability(
    threat: Any, tolerance: Any, imagery: Any, attention: Any, anger: Any, fear: Any, base: Any, from_threat: Any,
    from_low_tolerance: Any, from_low_imagery: Any, from_low_attention: Any, from_anger: Any, from_fear: Any,
) -> Any:  # fmt: skip
    """Return the probability that an exercise fails now (a sum of its causes, at most 1)."""
    p = (
        base
        + from_threat * threat
        + from_low_tolerance * (1.0 - tolerance)
        + from_low_imagery * (1.0 - imagery)
        + from_low_attention * (1.0 - attention)
        + from_anger * anger * threat
        + from_fear * fear
    )
    return p if p < 1.0 else 1.0


def efficacy(
    threat: Any, anger: Any, fear: Any, understanding: Any, discomfort: Any, anger_cost: Any, fear_cost: Any,
    understanding_cost: Any, discomfort_cost: Any,
) -> Any:  # fmt: skip
    """Return the share of an exercise's effect that arrives, in [0, 1].

    It is less with rage, with fear of self-compassion, if compassion is not understood, and with discomfort
    with being soothed; each cost is the share lost at the worst.
    """
    return (
        (1.0 - anger_cost * anger * threat)
        * (1.0 - fear_cost * fear)
        * (1.0 - understanding_cost * (1.0 - understanding))
        * (1.0 - discomfort_cost * discomfort)
    )


def done(adherence: Any, motivation: Any, motivation_effect: Any, reference: Any) -> Any:
    """Return the share of assigned practice that a person does: the own one, more so the more motivated they are.

    `reference`: motivation of the median person. Above 1 all of a day is done, and more in passing than is assigned.
    """
    return adherence * (1.0 + motivation_effect * (motivation - reference))


def asymptote(start: Any, share: Any) -> Any:
    """Return how far an exercise leads in the end: `share` (at most 1) of the way from `start` to 1."""
    return start + (share if share < 1.0 else 1.0) * (1.0 - start)


def practised(attribute: Any, rate: Any, end: Any) -> Any:
    """Return an attribute after one practice: a step of share `rate` towards the asymptote `end`.

    The pace is that of habits (Lally et al. 2010), however far an exercise leads. Nothing is lost by an exercise
    that leads less far than a person already is.
    """
    return attribute + rate * (end - attribute) if end > attribute else attribute


def need(self_criticism: Any, more_to_relieve: Any, reference: Any) -> Any:
    """Return how much further than usual practice relieves somebody as self-critical as this.

    1 for the median person in general. At `more_to_relieve` 1 it is in proportion to self-criticism, at 0 the same
    for everybody.
    """
    return 1.0 + more_to_relieve * (self_criticism / reference - 1.0)


def sensitised(relief: Any, rate: Any) -> Any:
    """Return the relief from a fear after exposure that failed: a step of share `rate` towards -1."""
    return relief - rate * (1.0 + relief)


def forgotten(attribute: Any, baseline: Any, share: Any) -> Any:
    """Return an attribute after one day without practice."""
    return attribute + share * (baseline - attribute)


def remembered(practice_input: Any, self_kindness: Any, strength: Any) -> Any:
    """Return the input from oneself after a half hour in which learnt kindness to oneself came to mind."""
    return practice_input + strength * self_kindness


def left(amount: Any, relief: Any, reach: Any) -> Any:
    """Return what relief in [0, 1] leaves of self-criticism or of discomfort."""
    return amount * (1.0 - reach * relief)


def fear_left(fear: Any, relief: Any, reach: Any, rise: Any) -> Any:
    """Return a fear after relief in [-1, 1]: less if it is above 0, more if it is below; in [0, 1]."""
    return fear * (1.0 - reach * relief) if relief >= 0.0 else fear - rise * (1.0 - fear) * relief


def unworthy_fear(fear: Any, unworthiness: Any, self_criticism: Any, half: Any) -> Any:
    """Return the fear of self-compassion of somebody who feels unworthy of it, in [0, 1].

    Who attacks the self has a reason not to deserve compassion: the feeling counts in full only with much
    self-criticism, by half at self-criticism `half`.
    """
    return 1.0 - (1.0 - fear) * (1.0 - unworthiness * self_criticism / (half + self_criticism))


def understood(understanding: Any, insight: Any) -> Any:
    """Return how well compassion is understood after learning about it (`insight` in [0, 1])."""
    return understanding + (1.0 - understanding) * insight


def effective(
    self_criticism: Any, fear_self: Any, fear_from: Any, fear_for: Any, threat_gain: Any, soothing_gain: Any,
    anger: Any, power: Any, escape: Any, discomfort: Any, unworthiness: Any, motivation: Any, sensitivity: Any,
    sympathy: Any, tolerance: Any, empathy: Any, non_judgement: Any, self_criticism_relief: Any, relief_self: Any,
    relief_from: Any, relief_for: Any, comfort: Any, hope: Any, tolerance_effect: Any, non_judgement_effect: Any,
    sensitivity_effect: Any, relief_reach: Any, sensitisation_reach: Any, unworthiness_half: Any, hope_effect: Any,
    reference: Any,
) -> Any:  # fmt: skip
    """Return `Effective`: what traits and attributes make of a person today.

    Which defence a person tends to under threat is a soft choice: fight (anger with power), flight
    (escape) and submission (little power), against coping without a defence (weight 1, assumed).

    Hope takes a share both of self-criticism and of the reaction to threat: the two sides of being demoralised are
    feeling incompetent and being distressed (Frank & Frank 1991, Persuasion and Healing; assumed to weigh alike).
    """
    fight = anger * power
    submission = (1.0 - power) * (1.0 - anger)
    total = 1.0 + fight + escape + submission
    hope_leaves = left(1.0, hope, hope_effect)
    criticism = (
        left(self_criticism, self_criticism_relief, relief_reach)
        * (1.0 - non_judgement_effect * (non_judgement - reference))
        * hope_leaves
    )
    afraid = unworthy_fear(fear_self, unworthiness, criticism, unworthiness_half)
    return (
        criticism,
        fear_left(afraid, relief_self, relief_reach, sensitisation_reach),
        fear_left(fear_from, relief_from, relief_reach, sensitisation_reach),
        threat_gain * (1.0 - tolerance_effect * (tolerance - reference)) * hope_leaves,
        soothing_gain
        * (1.0 + sensitivity_effect * (sensitivity - reference))
        * (1.0 - left(discomfort, comfort, relief_reach)),
        motivation
        * 0.5
        * (sympathy + empathy)
        * (1.0 - fear_left(fear_for, relief_for, relief_reach, sensitisation_reach)),
        fight / total,
        escape / total,
        submission / total,
    )
