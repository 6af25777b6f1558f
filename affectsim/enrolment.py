"""Enrolment: who of a replicate is offered training, who is fit for it, and when and with whom each starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim.draws import uniforms
from affectsim.layout import NEVER
from affectsim.networks.ties import Community
from affectsim.scenario import Scenario
from affectsim.training.choosing import order
from affectsim.training.delivery import Places, places, screened
from affectsim.training.programmes import Programme

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]


class Enrolment(NamedTuple):
    """Who starts training in a replicate; the same in every arm.

    `fit`: chosen for training and suitable, (people,). `screened_out`: chosen and not suitable by which rule, (rules,
    people), no rules without screening. `places`: when, with whom and in which group each starts, (people,) each.
    """

    fit: Bool
    screened_out: Bool
    places: Places


def nobody(people: int) -> Places:
    """Return the places of a programme that nobody starts."""
    return Places(*np.full((3, people), -1))


def enrol(scenario: Scenario, replicate: int, community: Community, traits: Mapping[str, Float]) -> Enrolment:
    """Return who starts training. `traits`: of everybody (`traits.traits_of`), shape (people,) each."""
    people, training = community.people, scenario.training
    if training is None:
        return Enrolment(_mask([], people), np.zeros((0, people), dtype=bool), nobody(people))
    lots = uniforms(scenario.seed, replicate, "who is trained", people)
    ties, who = community.ties, training.who
    chosen = order(who.choose, round(who.share * people), ties.start, ties.source, traits, lots)
    rules = () if who.unless is None else training.screening
    unfit = screened(rules, traits) & _mask(chosen, people)
    fit = chosen[~unfit[:, chosen].any(axis=0)]
    return Enrolment(_mask(fit, people), unfit, _places(scenario, replicate, fit, people))


def training_days(scenario: Scenario, replicate: int, programme: Programme | None, starts: Int) -> tuple[Float, Float]:
    """Return the first day in a programme and the day of stopping, `NEVER` for those who do not; shape (people,).

    `starts`: day on which each starts, -1 for those who never do.
    """
    start, stop = np.full(starts.size, float(NEVER)), np.full(starts.size, float(NEVER))
    if programme is None:
        return start, stop
    begins = starts >= 0
    start[begins] = starts[begins]
    stays = _stays(scenario, replicate, programme, starts.size)
    early = begins & (stays < programme.days)
    stop[early] = starts[early] + stays[early]
    return start, stop


def guidance(scenario: Scenario, replicate: int, programme: Programme | None, taken: Places) -> dict[str, Float]:
    """Return the competence of everybody's therapist and the warmth (input) of their sessions, shape (people,)."""
    skill, warmth = np.ones(taken.start.size), np.zeros(taken.start.size)
    begins = np.flatnonzero(taken.start >= 0)
    if scenario.training is not None and programme is not None and begins.size:
        therapist, group = taken.therapist[begins], taken.group[begins]
        competence = scenario.training.delivery.competences(scenario.seed, replicate, int(therapist.max()) + 1)
        skill[begins] = competence[therapist]
        warmth[begins] = programme.warmth(np.bincount(group)[group])
    return {"skill": skill, "session_warmth": warmth}


def _mask(chosen: npt.ArrayLike, people: int) -> Bool:
    mask = np.zeros(people, dtype=bool)
    mask[np.asarray(chosen, dtype=np.int64)] = True
    return mask


def _places(scenario: Scenario, replicate: int, waiting: Int, people: int) -> Places:
    """Return who starts when, with whom and in which group; `waiting`: people in order. Each of shape (people,)."""
    found = nobody(people)
    programme = scenario.programme()
    if scenario.training is None or programme is None:
        return found
    delivery = scenario.training.delivery
    listed = places(
        delivery.joined(scenario.training.start_day, waiting.size),
        _stays(scenario, replicate, programme, people)[waiting],
        days=scenario.days,
        length=programme.days,
        group_size=programme.group_size,
        therapists=delivery.therapists,
        capacity=delivery.capacity,
    )
    for everybody, those in zip(found, listed, strict=True):
        everybody[waiting] = those
    return found


def _stays(scenario: Scenario, replicate: int, programme: Programme, people: int) -> Int:
    """Return after how many days each would leave a programme, its length for those who stay; shape (people,)."""
    leaves = uniforms(scenario.seed, replicate, "drop-out", people) < programme.drop_out
    when = uniforms(scenario.seed, replicate, "drop-out", people, index=1)
    return np.where(leaves, np.floor(when * programme.days), programme.days).astype(np.int64)
