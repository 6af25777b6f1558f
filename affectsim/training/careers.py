"""Careers of practitioners: from application through the course to the years in practice.

Applicants of one year are a cohort. Every draw is keyed by (seed, cohort, what is drawn) and indexed by the
applicant and the year in which it is drawn, so one more applicant, place or year changes nobody else's luck.
A consequence: with more places, everybody who would have attended with fewer still does, in the same year and
with the same outcome.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from affectsim.draws import uniforms
from affectsim.training.practice import forgotten, practised
from affectsim.training.practitioners import (
    COURSE_WEEKS,
    REQUIREMENTS,
    STUDY_DAYS,
    Accreditation,
    Applicant,
    Course,
    Degree,
    Pipeline,
    unmet,
)

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]

#: Draws of one kind and year that a counter leaves room for: more than the units of any kind in a year.
_ROOM = 64
_MONTHS = 12
NEVER = -1


class Status(IntEnum):
    """Where an applicant stands at the end of a year."""

    REFUSED = 0
    NO_PLACE = 1
    REPEATS = 2
    DROPPED_OUT = 3
    GAVE_UP = 4
    QUALIFIED = 5
    LEFT = 6


@dataclass
class Cohort:
    """The applicants of one year, each array of shape (applicants,)."""

    year: int
    applicant: Applicant
    unmet: dict[str, Bool]
    status: Int  # Status
    attempts: Int  # course years attended
    study_periods: Int  # study periods attended in the last course year
    before: Float  # competence before the course
    competence: Float
    groups: Bool  # leads groups instead of seeing people one by one
    qualified: Int  # year in which the course was passed, or NEVER


@dataclass(frozen=True)
class Careers:
    """Everybody who applied, and what happened in each year; arrays have shape (years,).

    attending = qualified + dropped_out + repeating + gave_up in every year; `repeating` counts those who miss a
    study period and come back the next year, `gave_up` those who missed one and do not.
    """

    cohorts: tuple[Cohort, ...]
    refused: dict[str, Int]  # requirement (or "places") -> refused applicants for whom it holds
    attending: Int
    qualified: Int
    dropped_out: Int
    repeating: Int
    gave_up: Int
    left: Int
    in_practice: Int
    #: Per year and applicant (all cohorts, one after another): competence at the start of a year in practice, NaN
    #: for those who are not in practice. Shape (years, all applicants).
    competence: Float

    @property
    def groups(self) -> Bool:
        """Whether each applicant (all cohorts, one after another) leads groups, shape (all applicants,)."""
        return np.concatenate([cohort.groups for cohort in self.cohorts])


def follow(pipeline: Pipeline) -> Careers:
    """Return the careers of all applicants over the years of a pipeline."""
    years, most = pipeline.years, pipeline.applicants.per_year
    cohorts: list[Cohort] = []
    names = ("attending", "qualified", "dropped_out", "repeating", "gave_up", "left", "in_practice")
    flows = {name: np.zeros(years, dtype=np.int64) for name in names}
    refused = {name: np.zeros(years, dtype=np.int64) for name in (*REQUIREMENTS, "places")}
    competence = np.full((years, years * most), np.nan)
    for year in range(years):
        for number, cohort in enumerate(cohorts):
            working = cohort.status == Status.QUALIFIED
            competence[year, number * most : (number + 1) * most][working] = cohort.competence[working]
            flows["in_practice"][year] += np.count_nonzero(working)
            flows["left"][year] += _year_in_practice(pipeline, cohort, working, year)
        again = [cohort.status == Status.REPEATS for cohort in cohorts]
        cohorts.append(_apply(pipeline, year))
        first = _admit(pipeline, cohorts[-1], pipeline.course.places - sum(map(np.count_nonzero, again)))
        for name in REQUIREMENTS:
            refused[name][year] = np.count_nonzero(cohorts[-1].unmet[name])
        refused["places"][year] = np.count_nonzero(cohorts[-1].status == Status.NO_PLACE)
        for cohort, attending in zip(cohorts, [*again, first], strict=True):
            _course_year(pipeline, cohort, attending, year)
            flows["attending"][year] += np.count_nonzero(attending)
            for name, status in (
                ("qualified", Status.QUALIFIED), ("dropped_out", Status.DROPPED_OUT),
                ("repeating", Status.REPEATS), ("gave_up", Status.GAVE_UP),
            ):  # fmt: skip
                flows[name][year] += np.count_nonzero(attending & (cohort.status == status))
    return Careers(cohorts=tuple(cohorts), refused=refused, competence=competence, **flows)


def _draw(pipeline: Pipeline, cohort: int, what: str, index: int = 0) -> Float:
    return uniforms(pipeline.seed, 0, f"practitioners/{cohort}/{what}", pipeline.applicants.per_year, index)


def _apply(pipeline: Pipeline, year: int) -> Cohort:
    """Return the applicants of a year, nobody admitted yet."""
    who, people = pipeline.applicants, pipeline.applicants.per_year
    degree, accreditation = _draw(pipeline, year, "degree"), _draw(pipeline, year, "accreditation")
    applicant = Applicant(
        np.where(
            degree < who.postgraduate,
            Degree.POSTGRADUATE,
            np.where(degree < who.postgraduate + who.equivalent, Degree.EQUIVALENT, Degree.NONE),
        ),
        _draw(pipeline, year, "health field") < who.health_field,
        np.where(
            accreditation < who.accredited,
            Accreditation.ACCREDITED,
            np.where(
                accreditation < who.accredited + who.becoming_accredited, Accreditation.BECOMING, Accreditation.NONE
            ),
        ),
        _draw(pipeline, year, "clients") < who.clients,
    )
    spread = who.most_competence - who.least_competence
    before = who.least_competence + spread * _draw(pipeline, year, "competence before")
    return Cohort(
        year=year,
        applicant=applicant,
        unmet=unmet(applicant),
        status=np.full(people, int(Status.REFUSED)),
        attempts=np.zeros(people, dtype=np.int64),
        study_periods=np.zeros(people, dtype=np.int64),
        before=before,
        competence=before.copy(),
        groups=_draw(pipeline, year, "groups") < pipeline.career.groups,
        qualified=np.full(people, NEVER),
    )


def _admit(pipeline: Pipeline, cohort: Cohort, places: int) -> Bool:
    """Give the places to the first who meet the requirements, in a random order; return who gets one."""
    eligible = ~np.any([cohort.unmet[name] for name in REQUIREMENTS], axis=0)
    order = np.argsort(np.where(eligible, _draw(pipeline, cohort.year, "order of applying"), 2.0), kind="stable")
    admitted = np.zeros(eligible.size, dtype=bool)
    admitted[order[: min(places, int(eligible.sum()))]] = True
    cohort.status[eligible & ~admitted] = Status.NO_PLACE
    return admitted


def _course_year(pipeline: Pipeline, cohort: Cohort, attending: Bool, year: int) -> None:
    """Let those who attend live through one academic year: they learn, and qualify, repeat or leave."""
    if not attending.any():
        return
    course = pipeline.course
    leaves = _draw(pipeline, cohort.year, "drop-out", _ROOM * year) < course.drop_out
    week = np.floor(_draw(pipeline, cohort.year, "drop-out", _ROOM * year + 1) * COURSE_WEEKS)
    stays_until = np.where(leaves, week, COURSE_WEEKS)
    cohort.study_periods[attending] = 0
    probability = course.attendance()
    for unit in course.calendar():
        lots = _draw(pipeline, cohort.year, unit.kind, _ROOM * year + unit.number)
        there = attending & (lots < probability[unit.kind]) & (unit.week < stays_until)
        cohort.study_periods[there] += unit.kind == "study period"
        for _ in range(STUDY_DAYS if unit.kind == "study period" else 1):
            cohort.competence[there] = _learnt(course, cohort.competence[there], unit.weight)
    cohort.attempts[attending] += 1
    complete = cohort.study_periods == 2
    again = _draw(pipeline, cohort.year, "repeats", year) < course.repeats
    again &= cohort.attempts <= course.most_repeats
    outcome = np.where(
        leaves,
        Status.DROPPED_OUT,
        np.where(complete, Status.QUALIFIED, np.where(again, Status.REPEATS, Status.GAVE_UP)),
    )
    cohort.status[attending] = outcome[attending]
    cohort.qualified[attending & (outcome == Status.QUALIFIED)] = year


def _learnt(course: Course, competence: Float, weight: float) -> Float:
    # A unit worth several is several full ones after another, so competence never passes 1.
    return np.asarray(1.0 - (1.0 - practised(0.0, course.learning_rate, 1.0)) ** weight * (1.0 - competence))


def _year_in_practice(pipeline: Pipeline, cohort: Cohort, working: Bool, year: int) -> int:
    """Let practitioners live through a year: supervision keeps competence up, without it it fades; some leave."""
    if not working.any():
        return 0
    course, career = pipeline.course, pipeline.career
    supervised = _draw(pipeline, cohort.year, "supervised", year) < career.supervised
    fading = float(-np.expm1(-1 / (_MONTHS * career.fading_time)))
    for month in range(_MONTHS):
        lots = _draw(pipeline, cohort.year, "supervision in practice", _ROOM * year + month)
        there = working & supervised & (lots < course.supervision_attendance)
        cohort.competence[there] = _learnt(course, cohort.competence[there], course.supervision_weight)
        alone = working & ~there
        cohort.competence[alone] = forgotten(cohort.competence[alone], cohort.before[alone], fading)
    leaving = working & (_draw(pipeline, cohort.year, "leaving", year) < career.leaving)
    cohort.status[leaving] = Status.LEFT
    return int(np.count_nonzero(leaving))
