"""From practitioners to people trained: capacity, the waiting list of a region, and coverage, week by week."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim.training.careers import Careers
from affectsim.training.practitioners import WEEKS, Pipeline

Float = npt.NDArray[np.float64]


class Capacity(NamedTuple):
    """What practitioners can do, each of shape (years,)."""

    people_at_a_time: Float  # people seen weekly, while at work
    starts: Float  # people who can start per year, one by one and in groups together
    starts_in_groups: Float  # those of them in groups
    competence: Float  # mean competence of a place, weighted by people at a time; NaN without practitioners


class WaitingList(NamedTuple):
    """What happened in each week; people, shape (weeks,). `waiting` and `not_asking`: at the end of the week.

    not_asking + waiting + all who started so far = people in need.
    """

    asked: Float
    started: Float
    gave_up: Float
    waiting: Float
    not_asking: Float


def people_at_a_time(pipeline: Pipeline, careers: Careers) -> Float:
    """Return how many people each applicant could see weekly as a practitioner, shape (all applicants,)."""
    career = pipeline.career
    group = career.groups_at_a_time * career.group_size
    return np.where(careers.groups, float(group), float(career.people_per_week))


def capacity(pipeline: Pipeline, careers: Careers) -> Capacity:
    """Return what the practitioners of each year can do: a place is taken for as long as the programme lasts."""
    weeks = pipeline.programme().days / 7
    each = people_at_a_time(pipeline, careers)
    working = np.isfinite(careers.competence)
    places = working @ each
    in_groups = working @ (each * careers.groups)
    weighted = np.where(working, careers.competence, 0.0) @ each
    rounds = pipeline.career.working_weeks / weeks
    mean = np.divide(weighted, places, out=np.full(places.size, np.nan), where=places > 0)
    return Capacity(places, places * rounds, in_groups * rounds, mean)


def waiting_list(need: float, starts: Float, asks: float, gives_up: float) -> WaitingList:
    """Return how people in need come to be trained, first come, first served.

    `starts`: how many could start in each week, shape (weeks,). `asks`, `gives_up`: shares per year of those who
    are neither trained nor waiting, and of those waiting. Within a week people start, then some of those left
    give up, and others ask. More capacity in any week never makes fewer people trained at any time.
    """
    weekly_asks, weekly_gives_up = (-np.expm1(np.log1p(-share) / WEEKS) for share in (asks, gives_up))
    found = np.zeros((5, starts.size))
    waiting, idle = 0.0, float(need)
    for week in range(starts.size):
        started = min(waiting, float(starts[week]))
        left = waiting - started
        gave_up, asked = weekly_gives_up * left, weekly_asks * idle
        waiting, idle = left - gave_up + asked, idle + gave_up - asked
        found[:, week] = asked, started, gave_up, waiting, idle
    return WaitingList(*found)


def region_waits(pipeline: Pipeline, able: Capacity) -> WaitingList:
    """Return the waiting list of the region of a pipeline."""
    region = pipeline.region
    weekly = np.repeat(able.starts / WEEKS, WEEKS)
    return waiting_list(region.population * region.share_in_need, weekly, region.asks, region.gives_up)


def completed(pipeline: Pipeline, waits: WaitingList) -> Float:
    """Return how many people have been trained to the end by the end of each week, shape (weeks,).

    Who starts in a week starts on its first day, as in the engine (`region.start_days`).
    """
    programme = pipeline.programme()
    whole_weeks = -(-programme.days // 7)
    ended = np.concatenate([np.zeros(whole_weeks - 1), np.cumsum(waits.started)])[: waits.started.size]
    return np.asarray(ended * (1.0 - programme.drop_out))
