"""Practitioners: who may enter, who qualifies, what they can do, and who has to wait."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectsim.errors import InputError
from affectsim.parts import declared
from affectsim.training.careers import Careers, Status, follow
from affectsim.training.coverage import WaitingList, capacity, completed, region_waits, waiting_list
from affectsim.training.practitioners import (
    COURSE_WEEKS,
    REASONS,
    REQUIREMENTS,
    WEEKS,
    Accreditation,
    Applicant,
    Applicants,
    Career,
    Course,
    Degree,
    Pipeline,
    Region,
    unmet,
)
from affectsim.training.programmes import programmes

SHARES = st.sampled_from([0.0, 0.3, 0.7, 1.0])


def pipeline(**changes: Any) -> Pipeline:
    """Return a pipeline with changed values, `__` for the dot."""
    return Pipeline.from_tables({}).but({name.replace("__", "."): value for name, value in changes.items()})


@st.composite
def pipelines(draw: st.DrawFn) -> Pipeline:
    """Small pipelines of every kind, extremes among them."""
    return pipeline(
        years=draw(st.integers(1, 6)),
        seed=draw(st.integers(0, 1000)),
        applicants__per_year=draw(st.integers(0, 30)),
        applicants__clients=draw(SHARES),
        course__places=draw(st.integers(0, 25)),
        course__classroom_weeks=draw(st.integers(0, 39)),
        course__study_period_attendance=draw(SHARES),
        course__supervision_attendance=draw(SHARES),
        course__drop_out=draw(SHARES),
        course__repeats=draw(SHARES),
        course__most_repeats=draw(st.integers(0, 3)),
        career__leaving=draw(SHARES),
        career__supervised=draw(SHARES),
        region__population=draw(st.sampled_from([100, 10_000])),
    )


# ------------------------------------------------------------------------------------------- entry


def test_reasons_are_exactly_the_requirements_that_are_not_met() -> None:
    """Every kind of applicant there is, against the requirements written out once more."""
    kinds = list(itertools.product(Degree, (False, True), Accreditation, (False, True)))
    for degree, health_field, accreditation, clients in kinds:
        expected = []
        if not (degree in (Degree.EQUIVALENT, Degree.POSTGRADUATE) and health_field):
            expected.append("no postgraduate degree or equivalent in a psychological health-related field")
        if accreditation not in (Accreditation.BECOMING, Accreditation.ACCREDITED):
            expected.append("neither accredited as a therapist nor in the process of becoming so")
        if not clients:
            expected.append("no access to people in therapy to whom it could be provided")
        found = unmet(Applicant(degree, health_field, accreditation, clients))
        assert [REASONS[name] for name, missing in found.items() if missing] == expected
    together = unmet(Applicant(*(np.array(column) for column in zip(*kinds, strict=True))))
    for name in REQUIREMENTS:
        assert together[name].tolist() == [bool(unmet(Applicant(*kind))[name]) for kind in kinds]


@settings(max_examples=15)
@given(pipelines())
def test_everybody_is_accounted_for(made: Pipeline) -> None:
    found = follow(made)
    assert np.array_equal(found.attending, found.qualified + found.dropped_out + found.repeating + found.gave_up), (
        "in = qualified + dropped out + repeating + gave up"
    )
    assert (found.attending <= made.course.places).all()
    # Who repeats is there again the next year; who qualifies works until leaving.
    assert (found.attending[1:] >= found.repeating[:-1]).all()
    assert found.in_practice[0] == 0
    assert np.array_equal(found.in_practice[1:], (found.in_practice + found.qualified - found.left)[:-1])
    assert np.array_equal(np.isfinite(found.competence).sum(axis=1), found.in_practice)
    for cohort in found.cohorts:
        refused = np.any([cohort.unmet[name] for name in REQUIREMENTS], axis=0)
        assert np.array_equal(refused, cohort.status == Status.REFUSED)
        assert np.array_equal(cohort.attempts == 0, refused | (cohort.status == Status.NO_PLACE))
        assert (cohort.attempts <= 1 + made.course.most_repeats).all()
        assert ((cohort.competence >= 0) & (cohort.competence <= 1)).all()
        free = made.course.places - (found.repeating[cohort.year - 1] if cohort.year else 0)
        if (cohort.status == Status.NO_PLACE).any():
            assert np.count_nonzero(cohort.attempts) == free, "nobody is turned away while there is a place"


# ------------------------------------------------------------------------------------------ course


@settings(max_examples=15)
@given(pipelines())
def test_nobody_qualifies_who_missed_a_study_period(made: Pipeline) -> None:
    for cohort in follow(made).cohorts:
        passed = np.isin(cohort.status, (Status.QUALIFIED, Status.LEFT))
        assert (cohort.study_periods[passed] == 2).all()
        assert (cohort.study_periods[np.isin(cohort.status, (Status.REPEATS, Status.GAVE_UP))] < 2).all()
        assert np.array_equal(passed, cohort.qualified >= 0)


def test_study_periods_alone_decide() -> None:
    """One missed is enough, however well everything else was attended; both attended is enough too."""
    strong = {"course__drop_out": 0.0, "course__classroom_attendance": 1.0, "course__supervision_attendance": 1.0}
    assert follow(pipeline(**strong, course__study_period_attendance=0.0)).qualified.sum() == 0
    weak = dict.fromkeys(strong, 0.0)
    found = follow(pipeline(**weak, course__study_period_attendance=1.0))
    assert np.array_equal(found.qualified, found.attending) and found.qualified.sum() > 0
    half = follow(
        pipeline(**strong, course__study_period_attendance=0.5, course__places=1000, applicants__per_year=1000)
    )
    # Both of two: a quarter; 99.9 % interval of a binomial share.
    n, k = half.attending[0], half.qualified[0]
    assert abs(k / n - 0.25) < 3.3 * np.sqrt(0.25 * 0.75 / n)


def test_who_missed_one_may_repeat_and_then_qualify() -> None:
    found = follow(pipeline(course__study_period_attendance=0.6, course__repeats=1.0, years=4))
    again = [cohort.qualified > cohort.year for cohort in found.cohorts]
    assert sum(map(np.count_nonzero, again)) > 0
    for cohort, late in zip(found.cohorts, again, strict=True):
        assert (cohort.attempts[late] == 2).all()
    # Who repeats the year has a place, which nobody else can have.
    few = follow(pipeline(course__study_period_attendance=0.6, course__repeats=1.0, course__places=10, years=4))
    assert few.repeating[:-1].min() > 0 and few.attending.max() <= 10
    never = follow(pipeline(course__study_period_attendance=0.6, course__most_repeats=0, years=4))
    assert never.repeating.sum() == 0 and never.gave_up.sum() > 0


def test_calendar_is_that_of_the_text() -> None:
    """September to May; supervision and seminars each month; two study periods, in September and in April."""
    units = Course().calendar()
    kinds = [unit.kind for unit in units]
    assert kinds.count("supervision") == kinds.count("seminar") == 9
    assert kinds.count("study period") == 2
    assert all(0 <= unit.week < COURSE_WEEKS for unit in units)
    assert [unit.week for unit in units] == sorted(unit.week for unit in units)
    for kind in ("supervision", "seminar"):
        months = [int(unit.week * 12 / WEEKS) for unit in units if unit.kind == kind]
        assert months == list(range(9))
    days = [7 * unit.week for unit in units if unit.kind == "study period"]
    assert 0 <= days[0] < 30 and 30 + 31 + 30 + 31 + 31 + 28 + 31 <= days[1] < 242, "days since 1 September"


def test_competence_of_a_year_attended_in_full() -> None:
    """66 full units at the rate of practice: 1 - (1 - c)^66, about 95 %."""
    made = pipeline(
        applicants__least_competence=0.0, applicants__most_competence=0.0, course__drop_out=0.0,
        **{f"course__{kind}_attendance": 1.0 for kind in ("classroom", "supervision", "seminar", "study_period")},
        years=2, career__leaving=0.0,
    )  # fmt: skip
    found = follow(made).competence[1]
    expected = 1 - (1 - made.course.learning_rate) ** 66
    assert found[np.isfinite(found)] == pytest.approx(expected, abs=1e-12)
    assert expected == pytest.approx(0.95, abs=0.005)


def _mean_competence(year: int = 1, **changes: Any) -> float:
    return float(np.nanmean(follow(pipeline(course__study_period_attendance=1.0, **changes)).competence[year]))


def test_supervision_counts_more_than_any_other_unit_of_a_month() -> None:
    best = _mean_competence()
    without = {kind: _mean_competence(**{f"course__{kind}_attendance": 0.0}) for kind in ("supervision", "seminar")}
    assert without["supervision"] < without["seminar"] < best


def test_without_supervision_competence_fades_as_the_exponential_says() -> None:
    made = pipeline(career__supervised=0.0, career__leaving=0.0, years=5, career__fading_time=3.0)
    found = follow(made)
    first = found.cohorts[0]
    here = np.flatnonzero(first.qualified == 0)
    assert here.size > 5
    for later in (2, 3, 4):
        left = np.exp(-(later - 1) / 3.0)
        expected = first.before[here] + (found.competence[1, here] - first.before[here]) * left
        assert found.competence[later, here] == pytest.approx(expected, abs=1e-12)
    kept = follow(made.but({"career.supervised": 1.0})).competence
    assert (kept[4, here] > found.competence[4, here]).all()


# -------------------------------------------------------------------------------------------- luck


def _same(a: Careers, b: Careers, people: int, cohorts: int) -> bool:
    fields = ("before", "groups")
    return all(
        np.array_equal(getattr(a.cohorts[n], name)[:people], getattr(b.cohorts[n], name)[:people])
        for n in range(cohorts)
        for name in fields
    )


def test_same_seed_same_people_and_one_more_changes_nobody() -> None:
    made = pipeline(years=4, course__places=1000)
    found, again = follow(made), follow(made)
    assert np.array_equal(found.competence, again.competence, equal_nan=True)
    more = follow(made.but({"applicants.per_year": 41, "years": 5}))
    assert _same(found, more, 40, 4)
    for year in range(4):
        # Places enough for everybody: the fates are the same too.
        assert np.array_equal(found.cohorts[year].qualified, np.where(
            more.cohorts[year].qualified[:40] < 4, more.cohorts[year].qualified[:40], -1))  # fmt: skip
    assert not _same(found, follow(made.but({"seed": 1})), 40, 4)


@settings(max_examples=15)
@given(pipelines(), st.integers(0, 20))
def test_more_places_never_lower_coverage(made: Pipeline, extra: int) -> None:
    """Paired: the same applicants with the same luck. Who qualifies with fewer places does so with more."""
    results = []
    for one in (made, made.but({"course.places": made.course.places + extra})):
        careers = follow(one)
        able = capacity(one, careers)
        results.append((careers, able, completed(one, region_waits(one, able))))
    (few, few_able, few_done), (many, many_able, many_done) = results
    for with_few, with_many in zip(few.cohorts, many.cohorts, strict=True):
        passed = with_few.qualified >= 0
        assert np.array_equal(with_few.qualified[passed], with_many.qualified[passed])
    assert (many_able.starts >= few_able.starts).all()
    assert (many_done >= few_done * (1 - 1e-12)).all()


# ------------------------------------------------------------------------------------ waiting list

CAPACITIES = st.lists(st.floats(0, 200), min_size=1, max_size=80).map(np.array)


@settings(max_examples=100)
@given(st.floats(0, 5000), CAPACITIES, st.floats(0, 0.99), st.floats(0, 0.99), st.data())
def test_waiting_list(need: float, starts: Any, asks: float, gives_up: float, data: st.DataObject) -> None:
    found = waiting_list(need, starts, asks, gives_up)
    trained = np.cumsum(found.started)
    assert all((part >= -1e-9 * need).all() for part in found)
    assert found.not_asking + found.waiting + trained == pytest.approx(np.full(starts.size, need), rel=1e-9, abs=1e-9)
    assert (found.started <= starts).all()
    before = np.concatenate([[0.0], found.waiting[:-1]])
    assert before + found.asked - found.started - found.gave_up == pytest.approx(found.waiting, rel=1e-9, abs=1e-9)
    # Nobody waits beside a free place.
    assert np.all((found.started >= before) | (found.started == starts))
    more = starts + data.draw(st.lists(st.floats(0, 50), min_size=starts.size, max_size=starts.size).map(np.array))
    assert (np.cumsum(waiting_list(need, more, asks, gives_up).started) >= trained - 1e-9 * max(need, 1)).all()


def test_waiting_list_in_cases_that_can_be_reckoned() -> None:
    nobody = waiting_list(1000.0, np.zeros(52), 0.3, 0.0)
    assert nobody.started.sum() == 0
    assert nobody.waiting[-1] == pytest.approx(300), "a share of .3 asks in a year, and nobody gives up"
    free = waiting_list(1000.0, np.full(53, 1e9), 0.3, 0.2)
    assert free.gave_up.sum() == 0 and free.started.sum() == pytest.approx(300), "everybody starts a week after asking"
    assert waiting_list(1000.0, np.full(20, 5.0), 0.99, 0.0).started.sum() == pytest.approx(95), "5 a week from week 1"


def test_capacity_counts_places_times_rounds() -> None:
    """One by one: 6 places, 42 weeks of work, 8 weeks each; groups: 10 people at a time."""
    for groups, places in ((0.0, 6), (1.0, 10)):
        made = pipeline(career__groups=groups)
        careers = follow(made)
        able = capacity(made, careers)
        assert np.array_equal(able.people_at_a_time, places * careers.in_practice)
        assert able.starts == pytest.approx(able.people_at_a_time * 42 / 8)
        assert able.starts_in_groups == pytest.approx(groups * able.starts)


def test_coverage_counts_those_who_finish() -> None:
    """Who starts eight weeks on the first day of week 3 ends with the last day of week 10."""
    made = pipeline(years=3)
    waits = region_waits(made, capacity(made, follow(made)))
    done, started = completed(made, waits), np.cumsum(waits.started)
    assert done[7:] == pytest.approx((1 - made.programme().drop_out) * started[:-7])
    assert (done[:7] == 0).all() and done.size == started.size
    one = waits._replace(started=(np.arange(started.size) == 3) * 1.0)
    assert np.flatnonzero(completed(made, one))[0] == 10


@pytest.mark.parametrize(("days", "first"), [(1, 3), (7, 3), (8, 4), (14, 4)])
def test_whoever_starts_in_week_3_ends_in_the_week_of_their_last_day(tmp_path: Path, days: int, first: int) -> None:
    home = f'home = [{{ from_day = 0, to_day = {days - 1}, exercise = "appreciation" }}]'
    (tmp_path / "short.toml").write_text(f'name = "short"\ndays = {days}\n{home}\n')
    made = Pipeline.from_tables({"region": {"programme": "short.toml"}}, folder=tmp_path)
    started = (np.arange(20) == 3) * 1.0
    waits = WaitingList(*np.zeros((5, 20)))._replace(started=started)
    assert np.flatnonzero(completed(made, waits))[0] == first


# -------------------------------------------------------------------------------------------- TOML


def test_toml_there_and_back(tmp_path: Path) -> None:
    made = pipeline(years=3, course__places=7, region__sample=0, title="x")
    file = tmp_path / "mine.toml"
    file.write_text(made.to_toml(), encoding="utf-8")
    assert Pipeline.load(file) == made
    assert Pipeline.from_toml("") == Pipeline.from_tables({})


def test_every_mistake_at_once() -> None:
    text = """
years = 0
[course]
plases = 3
drop_out = 1.5
[applicants]
postgraduate = 0.8
equivalent = 0.5
least_competence = 0.9
[region]
programme = "eight-weeks"
sample = 7
"""
    with pytest.raises(InputError) as refused:
        Pipeline.from_toml(text, source="mine.toml")
    message = str(refused.value)
    assert "years = 0" in message and "1 to 40" in message
    assert "course.plases" in message and "did you mean places?" in message
    assert "course.drop_out = 1.5" in message
    assert "applicants.equivalent = 0.5" in message and "must be at most 1 together with postgraduate (0.8)" in message
    assert "applicants.most_competence" in message
    assert "region.sample = 7" in message


def test_unknown_programme_and_own_programme(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"region\.programme.*\n?.*did you mean eight-week\?"):
        pipeline(region__programme="eight-weeks")
    own = tmp_path / "own.toml"
    own.write_text(programmes()["eight-week"].read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "p.toml").write_text('[region]\nprogramme = "own.toml"\n', encoding="utf-8")
    made = Pipeline.load(tmp_path / "p.toml")
    assert made.programme() == pipeline().programme() and Path(made.region.programme) == own
    own.write_text('name = "x"\ndays = 0\n', encoding="utf-8")
    with pytest.raises(InputError, match="days"):
        Pipeline.load(tmp_path / "p.toml")


def test_every_number_says_what_it_is_and_where_it_comes_from() -> None:
    for model in (Applicants, Course, Career, Region, Pipeline):
        for name, one in declared(model).items():
            assert one.says and one.source, f"{model.__name__}.{name}"
