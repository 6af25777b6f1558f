"""Delivery: who is fit to start, who waits for a place and how long, and how able the therapists are.

People are on one waiting list. Whoever is first on it gets the first place that is free; a place is free again
when somebody ends or stops the programme. In a group programme the list is cut into groups in its order: a group
starts when it is full and a therapist has room for it, the last one with as many as are left, and its places
are free again when the programme is over.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim.draws import uniforms
from affectsim.errors import nearest
from affectsim.parameters import ATTRIBUTES, TRAITS
from affectsim.parts import Table, field

Int = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
Float = npt.NDArray[np.float64]

#: Most rules of screening: a limit of this package.
MOST_RULES = 30
_DAYS_PER_WEEK = 7.0


class Delivery(Table):
    """Who gives a programme, to how many people at a time, and how well."""

    therapists: int | None = field(
        None, ge=1, le=1_000_000, unit="people", says="number of therapists; left out: enough, so nobody waits"
    )
    capacity: int = field(
        12, ge=1, le=1000, unit="people", says="people whom one therapist can have in the programme at a time"
    )
    competence: float = field(
        1.0, ge=0, le=1, unit="1", says="competence of the median therapist: multiplies what a session trains"
    )
    competence_spread: float = field(
        0.0, ge=0, le=3, unit="1", says="differences between therapists: standard deviation of the logit of competence"
    )
    referrals_per_week: float | None = field(
        None, gt=0, le=1e6, unit="people",
        says="people who join the waiting list in a week, from training.start_day on; left out: all at once",
    )  # fmt: skip

    @property
    def waits(self) -> bool:
        """Whether somebody may start later than training.start_day."""
        return self.therapists is not None or self.referrals_per_week is not None

    def problems(self) -> Iterable[tuple[str, str]]:
        """Yield what is wrong between fields."""
        if self.competence_spread > 0 and self.competence in (0.0, 1.0):
            end = "the top" if self.competence else "the bottom"
            yield (
                "competence_spread",
                (
                    f"does nothing with a competence of {self.competence:g}: at {end} of the scale everybody is alike; "
                    "give a competence between 0 and 1, such as 0.01 or 0.99"
                ),
            )

    def competences(self, seed: int, replicate: int, therapists: int) -> Float:
        """Return the competence of each therapist, shape (therapists,); logit-normal, one draw per therapist."""
        if self.competence_spread == 0:
            return np.full(therapists, self.competence)
        from scipy.special import expit, logit, ndtri

        lots = ndtri(uniforms(seed, replicate, "competence of the therapist", therapists))
        return np.asarray(expit(logit(self.competence) + self.competence_spread * lots))

    def joined(self, start_day: int, people: int) -> Int:
        """Return the day on which each of the chosen people joins the waiting list, shape (people,)."""
        if self.referrals_per_week is None:
            return np.full(people, start_day, dtype=np.int64)
        weeks = np.arange(people) / self.referrals_per_week
        return np.asarray(start_day + np.floor(_DAYS_PER_WEEK * weeks), dtype=np.int64)


class Rule(Table):
    """A rule of screening: a bound of a trait, and in words why somebody beyond it does not start."""

    trait: str = field(min_length=1, unit="", says="name of a trait or attribute, as in population.traits")
    above: float | None = field(None, ge=0, le=10, unit="1", says="whoever has more of it is not suitable")
    below: float | None = field(None, ge=0, le=10, unit="1", says="whoever has less of it is not suitable")
    reason: str = field(min_length=1, max_length=200, unit="", says="why, in words")

    def problems(self) -> Iterable[tuple[str, str]]:
        """Yield what is wrong between fields."""
        known = {**TRAITS, **ATTRIBUTES}
        if self.trait not in known:
            yield "trait", f"unknown trait{nearest(self.trait, known)}"
        if (self.above is None) == (self.below is None):
            yield "above", "give either above or below"

    @property
    def name(self) -> str:
        """The rule in short, such as "anger above 0.5"."""
        bound = f"above {self.above:g}" if self.above is not None else f"below {self.below:g}"
        return f"{self.trait.replace('_', ' ')} {bound}"

    def applies(self, values: Float) -> Bool:
        """Return who is not suitable by this rule, from the values of the trait; same shape."""
        if self.above is not None:
            return np.asarray(values > self.above)
        return np.asarray(values < (self.below or 0.0))


#: Rules unless a scenario gives its own. Being locked in threat is no reason: it is what training is for.
#: The reasons are those of Gilbert 2009 (Advances in Psychiatric Treatment 15:199-208); the bounds are assumed.
SCREENING = (
    Rule(trait="anger", above=0.5, reason="intense anger or rage makes the exercises less effective"),
    Rule(
        trait="fear_of_self_compassion", above=0.6,
        reason="is afraid of being kind to oneself: work on that fear comes first",
    ),
    Rule(
        trait="fear_of_compassion_from_others", above=0.6,
        reason="is afraid of kindness from others: work on that fear comes first",
    ),
    Rule(trait="imagery", below=0.3, reason="can hardly form images, on which compassionate imagery rests"),
)  # fmt: skip


def screened(rules: Sequence[Rule], traits: Mapping[str, Float]) -> Bool:
    """Return who is not suitable by which rule, shape (rules, people)."""
    people = next(iter(traits.values())).size
    found = [rule.applies(traits[rule.trait]) for rule in rules]
    return np.stack(found) if found else np.zeros((0, people), dtype=bool)


class Places(NamedTuple):
    """What came of a waiting list, in its order; each of shape (people on the list,).

    `start`: day of the run; `therapist` and `group`: numbers from 0. All are -1 for whoever never starts.
    In an individual programme everybody is a group of one.
    """

    start: Int
    therapist: Int
    group: Int


def places(
    joined: Int, stays: Int, *, days: float, length: int, group_size: int = 1, therapists: int | None, capacity: int
) -> Places:
    """Return when, with whom and in which group the people of a waiting list start.

    `joined`: day on which each joins the list, never decreasing; `stays`: days until each ends or stops.
    `days`: length of the run; `length`: that of the programme. `therapists`: None for enough. A therapist has
    at most `capacity` people at a time, in whole groups. Raises ValueError if a group has no room.
    """
    people = joined.size
    group = np.arange(people, dtype=np.int64) // group_size
    if people == 0:
        return Places(group.copy(), group.copy(), group)
    last = np.minimum((group + 1) * group_size, people) - 1
    # A group is full when its last member has joined.
    ready = joined[last]
    if therapists is None:
        start, therapist = ready.copy(), group.copy()
    else:
        start, therapist = np.full(people, -1, dtype=np.int64), np.full(people, -1, dtype=np.int64)
        rooms = capacity // group_size
        if rooms < 1:
            raise ValueError(f"a group of {group_size} needs a capacity of as many")
        # Day on which a place is free, then the first place of every therapist, then the second.
        free = [(0, room, who) for room in range(rooms) for who in range(therapists)]
        for first in range(0, people, group_size):
            day, room, who = heapq.heappop(free)
            begins = max(day, int(ready[first]))
            if begins >= days:
                break
            members = slice(first, first + group_size)
            start[members], therapist[members] = begins, who
            stay = int(stays[first]) if group_size == 1 else length
            heapq.heappush(free, (begins + stay, room, who))
    never = (start < 0) | (start >= days)
    return Places(*(np.where(never, -1, values) for values in (start, therapist, group)))
