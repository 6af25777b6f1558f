"""Limits of the training: for whom it works less well, and which traits stand for that.

Each limit is one sentence of the theory's own list of limitations. In a scenario each has a switch,
`[limits] NAME = false`, which gives everybody the harmless value of its traits and changes no other draw: two
runs with the same seed then differ in nothing but this limit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from affectsim.parameters import FEARS


class Limit(NamedTuple):
    """One limit: its meaning in a line, and the harmless value of each trait that stands for it."""

    says: str
    traits: Mapping[str, float]


LIMITS: dict[str, Limit] = {
    "not_comfortable": Limit(
        'not all people are "comfortable with the concept of being soothed or cared for"',
        {"discomfort_with_soothing": 0.0},
    ),
    "afraid": Limit(
        'some "may be afraid of compassion": to themselves, from others, for others',
        dict.fromkeys(FEARS, 0.0),
    ),
    "unworthy": Limit('some "feel they are not worthy of being treated compassionately"', {"unworthiness": 0.0}),
    "not_understood": Limit('some "find it challenging to understand compassion itself"', {"understanding": 1.0}),
    "not_mindful": Limit(
        'some "find it difficult to enter a state of mindfulness, and failure may lead to self-criticism"',
        {"attention": 1.0},
    ),
    "no_imagery": Limit('some are "unable to focus on or even sense compassionate imagery"', {"imagery": 1.0}),
    "bad_associations": Limit(
        'images of known people or events may "bring to mind unwanted associations and negative past experiences"',
        {"bad_associations": 0.0},
    ),
    "anger": Limit('less effective with those "experiencing intense anger or rage"', {"anger": 0.0}),
}


def harmless(off: Iterable[str]) -> dict[str, float]:
    """Return what everybody's traits are set to when these limits are off: name of the trait -> value."""
    return {name: value for limit in off for name, value in LIMITS[limit].traits.items()}
