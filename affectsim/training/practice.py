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


def failure_probability(
    threat: Any, tolerance: Any, imagery: Any, anger: Any, base: Any, from_threat: Any, from_low_tolerance: Any,
    from_low_imagery: Any, from_anger: Any,
) -> Any:  # fmt: skip
    """Return the probability that an exercise fails now (a sum of its causes, at most 1)."""
    p = (
        base
        + from_threat * threat
        + from_low_tolerance * (1.0 - tolerance)
        + from_low_imagery * (1.0 - imagery)
        + from_anger * anger * threat
    )
    return p if p < 1.0 else 1.0


def efficacy(threat: Any, anger: Any, fear: Any, anger_cost: Any) -> Any:
    """Return the share of an exercise's effect that arrives: less with rage, less with fear of compassion."""
    return (1.0 - anger_cost * anger * threat) * (1.0 - fear)


def practised(attribute: Any, rate: Any) -> Any:
    """Return an attribute after one practice: a step of share `rate` towards its asymptote of 1."""
    return attribute + rate * (1.0 - attribute)


def forgotten(attribute: Any, baseline: Any, share: Any) -> Any:
    """Return an attribute after one day without practice."""
    return attribute + share * (baseline - attribute)


def effective(
    self_criticism: Any, fear_self: Any, fear_from: Any, fear_for: Any, threat_gain: Any, soothing_gain: Any,
    anger: Any, power: Any, escape: Any, motivation: Any, sensitivity: Any, sympathy: Any, tolerance: Any,
    empathy: Any, non_judgement: Any, self_criticism_relief: Any, fear_relief: Any, tolerance_effect: Any,
    non_judgement_effect: Any, sensitivity_effect: Any, relief_reach: Any, reference: Any,
) -> Any:  # fmt: skip
    """Return `Effective`: what traits and attributes make of a person today.

    Which defence a person tends to under threat is a soft choice: fight (anger with power), flight
    (escape) and submission (little power), against coping without a defence (weight 1, assumed).
    """
    fight = anger * power
    submission = (1.0 - power) * (1.0 - anger)
    total = 1.0 + fight + escape + submission
    fears_left = 1.0 - relief_reach * fear_relief
    return (
        self_criticism
        * (1.0 - relief_reach * self_criticism_relief)
        * (1.0 - non_judgement_effect * (non_judgement - reference)),
        fear_self * fears_left,
        fear_from * fears_left,
        threat_gain * (1.0 - tolerance_effect * (tolerance - reference)),
        soothing_gain * (1.0 + sensitivity_effect * (sensitivity - reference)),
        motivation * 0.5 * (sympathy + empathy) * (1.0 - fear_for * fears_left),
        fight / total,
        escape / total,
        submission / total,
    )
