"""A region over years: training places -> practitioners -> people trained -> balance, as a labelled dataset.

The last step is simulated, not assumed: a sample of the region lives all the years at the model's tick. In one
world nobody is trained; in the other the people in need start a programme one after another, when the capacity of
the practitioners reaches them, with exercises that train as well as the practitioners' competence allows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim.draws import uniforms
from affectsim.errors import InputError, Mistake
from affectsim.layout import NEVER
from affectsim.results import DISCLAIMER, provenance
from affectsim.scenario import Scenario
from affectsim.simulation import Progress, advance
from affectsim.training.careers import Careers, follow
from affectsim.training.careers import Status as ApplicantStatus
from affectsim.training.coverage import (
    Capacity,
    WaitingList,
    capacity,
    completed,
    people_at_a_time,
    region_waits,
)
from affectsim.training.practitioners import REASONS, WEEKS, Pipeline
from affectsim.world import World, build

if TYPE_CHECKING:
    import xarray as xr

Float = npt.NDArray[np.float64]

#: Half of a 95 % interval in standard errors.
NORMAL_95 = 1.96
_DAYS = 7 * WEEKS
#: Words for what became of an applicant.
_STATUS = {
    ApplicantStatus.REFUSED: "refused", ApplicantStatus.NO_PLACE: "no place", ApplicantStatus.REPEATS: "repeats",
    ApplicantStatus.DROPPED_OUT: "dropped out", ApplicantStatus.GAVE_UP: "missed a study period, gave up",
    ApplicantStatus.QUALIFIED: "in practice", ApplicantStatus.LEFT: "left the profession",
}  # fmt: skip


class Balance(NamedTuple):
    """Mean balance of the sample in each year, shape (years,), with the pipeline and in the world without it.

    `..._error`: standard error of the difference, over people and their own twins (ties between them ignored).
    """

    region: Float
    region_untrained: Float
    in_need: Float
    in_need_untrained: Float
    region_error: Float
    in_need_error: Float


class _Plan(NamedTuple):
    pipeline: Pipeline
    careers: Careers
    able: Capacity
    waits: WaitingList


def simulate_region(pipeline: Pipeline, *, threads: int | None = None, progress: Progress | None = None) -> xr.Dataset:
    """Follow one pipeline; see `simulate_regions`."""
    return simulate_regions([pipeline], threads=threads, progress=progress)[0]


def simulate_regions(
    pipelines: Sequence[Pipeline], *, threads: int | None = None, progress: Progress | None = None
) -> list[xr.Dataset]:
    """Follow several pipelines of the same number of years in one batch (InputError otherwise).

    Returns one dataset each: what happened by `year` (1 is the first), by `reason` of refusal, and for every
    `applicant`; units are in the attributes. Balance is left out where `region.sample` is 0. `threads`: default
    all cores for large samples; the numbers do not depend on it.
    """
    if len({pipeline.years for pipeline in pipelines}) > 1:
        raise InputError("region", [Mistake("years", "must be the same in pipelines that are simulated together")])
    plans = []
    for pipeline in pipelines:
        careers = follow(pipeline)
        able = capacity(pipeline, careers)
        plans.append(_Plan(pipeline, careers, able, region_waits(pipeline, able)))
    sampled = [plan for plan in plans if plan.pipeline.region.sample]
    found = dict(zip(map(id, sampled), _balances(sampled, threads, progress), strict=True)) if sampled else {}
    return [_dataset(plan, found.get(id(plan))) for plan in plans]


# ----------------------------------------------------------------------- from capacity to the engine


def start_days(started_share: Float, turn: Float) -> Float:
    """Return the day on which each person starts training, `layout.NEVER` for those who are not reached.

    `started_share`: share of all people in need who have started by the end of each week, shape (weeks,), never
    falling. `turn`: the place of each person in the order of asking, in (0, 1), any shape; a person starts in the
    first week in which that share is reached.
    """
    week = np.searchsorted(started_share, turn, side="left")
    return np.where(week < started_share.size, 7.0 * week, float(NEVER))


def _scenario(plan: _Plan, trained: bool) -> Scenario:
    """Return the scenario of the sample; without training it depends on seed, years, sample, preset and model only."""
    region = plan.pipeline.region
    training: dict[str, Any] = {
        "programme": region.programme,
        "who": {"share": region.share_in_need, "choose": "most-self-critical"},
        "against": "nothing",
    }
    return Scenario.from_tables(
        {
            "title": plan.pipeline.title,
            "days": plan.pipeline.years * _DAYS,
            "seed": plan.pipeline.seed,
            "population": {"size": region.sample, "preset": region.preset},
            "model": dict(region.model),
            "network": {"kind": "small-world"},
            "record": {"every": "7 days", "people": "none"},
            **({"training": training} if trained else {}),
        },
        source="region",
    )


def _set_training(world: World, run: int, plan: _Plan) -> None:
    """Let the people in need of one run start when it is their turn; some drop out, as in any programme."""
    pipeline, programme = plan.pipeline, plan.pipeline.programme()
    chosen = world.runs[run].trainees
    people = chosen.size
    lots = uniforms(pipeline.seed, 0, "order of asking for help", people)
    turn = np.empty(people)
    turn[np.argsort(np.where(chosen, lots, 2.0), kind="stable")] = np.arange(people) + 0.5
    need = pipeline.region.population * pipeline.region.share_in_need
    start = start_days(np.cumsum(plan.waits.started) / need, turn / chosen.sum())
    start[~chosen] = float(NEVER)
    leaves = uniforms(pipeline.seed, 0, "drop-out", people) < programme.drop_out
    when = np.floor(uniforms(pipeline.seed, 0, "drop-out", people, index=1) * programme.days)
    # Whoever starts is guided by the practitioners of that year; what nobody knows (nobody at work) guides nobody.
    year = np.minimum(start // _DAYS, pipeline.years - 1).astype(np.int64)
    world.set(run, "skill", np.nan_to_num(plan.able.competence, nan=1.0)[year])
    world.set(run, "start_day", start)
    world.set(run, "stop_day", np.where(leaves & (start < NEVER), start + when, float(NEVER)))


def _balances(plans: Sequence[_Plan], threads: int | None, progress: Progress | None) -> list[Balance]:
    """Return the balance of every plan's sample; worlds without training that are equal are run once."""
    scenarios: list[Scenario] = []
    runs: list[tuple[int, int]] = []
    for plan in plans:
        untrained = _scenario(plan, trained=False).but({"title": ""})
        if untrained not in scenarios:
            scenarios.append(untrained)
        runs.append((len(scenarios), scenarios.index(untrained)))
        scenarios.append(_scenario(plan, trained=True))
    world = build(scenarios)
    for plan, (run, _) in zip(plans, runs, strict=True):
        _set_training(world, run, plan)
    ticks = scenarios[0].ticks // plans[0].pipeline.years
    means = _yearly_means(world, plans[0].pipeline.years, ticks, threads, progress)
    found = []
    for run, twin in runs:
        need = world.runs[run].trainees
        everybody, others = np.stack(means[run]), np.stack(means[twin])
        groups = (np.ones(need.size, dtype=bool), need)
        gains = [(everybody - others)[:, group] for group in groups]
        errors = [gain.std(axis=1, ddof=1) / np.sqrt(gain.shape[1]) for gain in gains]
        levels = [world_of[:, group].mean(axis=1) for group in groups for world_of in (everybody, others)]
        found.append(Balance(*levels, *errors))
    return found


def _yearly_means(
    world: World, years: int, ticks: int, threads: int | None, progress: Progress | None
) -> list[list[Float]]:
    """Advance a world year by year; return the mean balance of each run's people in each year."""
    numbers = range(len(world.runs))
    means: list[list[Float]] = [[] for _ in numbers]
    # Copies: what `get` returns can be a view of the state.
    before = [world.get(run, "sum_balance").copy() for run in numbers]
    for _ in range(years):
        for _, done in advance(world, ticks=ticks, threads=threads):
            if progress:
                progress(done, years * ticks)
        for run in numbers:
            # Nothing is recorded, so the sums go on from the first tick.
            total = world.get(run, "sum_balance").copy()
            means[run].append((total - before[run]) / ticks)
            before[run] = total
    return means


# -------------------------------------------------------------------------------------- as a dataset


def _dataset(plan: _Plan, balance: Balance | None) -> xr.Dataset:
    import xarray as xr

    pipeline, careers, able, waits = plan
    years = pipeline.years
    ends = np.arange(1, years + 1) * WEEKS - 1
    need = pipeline.region.population * pipeline.region.share_in_need
    seen = np.add.reduceat(waits.started, np.arange(years) * WEEKS)
    in_groups = np.divide(able.starts_in_groups, able.starts, out=np.zeros(years), where=able.starts > 0)
    people, share = "people", "1"
    by_year: dict[str, tuple[Any, str, str]] = {
        "applicants": (np.full(years, pipeline.applicants.per_year), people, "people who applied"),
        "places": (np.full(years, pipeline.course.places), people, "places of the course"),
        "attending": (careers.attending, people, "people in the course, those who repeat it among them"),
        "qualified": (careers.qualified, people, "people who passed the course"),
        "dropped_out": (careers.dropped_out, people, "people who left the course during the year"),
        "repeating": (careers.repeating, people, "people who missed a study period and repeat the year"),
        "gave_up": (careers.gave_up, people, "people who missed a study period and do not come back"),
        "in_practice": (careers.in_practice, people, "practitioners at work"),
        "left": (careers.left, people, "practitioners who left the profession at the end of the year"),
        "competence": (able.competence, share, "competence of practitioners, weighted by the people they see"),
        "people_at_a_time": (able.people_at_a_time, people, "people whom all practitioners can see weekly"),
        "capacity": (able.starts, people, "people who can start in the year"),
        "asked": (np.add.reduceat(waits.asked, np.arange(years) * WEEKS), people, "people who asked for help"),
        "seen": (seen, people, "people who started training"),
        "seen_in_groups": (seen * in_groups, people, "those of them in groups"),
        "waiting": (waits.waiting[ends], people, "people who wait at the end of the year"),
        "coverage": (completed(pipeline, waits)[ends] / need, share, "share of those in need who have been trained"),
    }
    if balance is not None:
        for name, words in (
            ("region", "everybody"),
            ("region_untrained", "everybody, in the world without training"),
            ("in_need", "people in need"),
            ("in_need_untrained", "people in need, in the world without training"),
        ):
            by_year[f"balance_{name}"] = (getattr(balance, name), share, f"mean balance over the year: {words}")
        for name in ("region", "in_need"):
            error = f"standard error of balance_{name} - balance_{name}_untrained"
            by_year[f"balance_{name}_error"] = (getattr(balance, f"{name}_error"), share, error)
    variables: dict[str, Any] = {
        name: ("year", values, {"units": unit, "long_name": words}) for name, (values, unit, words) in by_year.items()
    }
    variables["refused"] = (
        ("reason", "year"), np.stack([careers.refused[name] for name in REASONS]),
        {"units": people, "long_name": "refused applicants by reason; one person can have several"},
    )  # fmt: skip
    variables["practitioner_competence"] = (
        ("year", "applicant"), careers.competence,
        {"units": share, "long_name": "competence at the start of a year in practice; missing: not in practice"},
    )  # fmt: skip
    variables |= _by_applicant(plan)
    attributes: dict[str, Any] = provenance(_scenario(plan, trained=True)) if balance is not None else {}
    attributes |= {"title": pipeline.title, "disclaimer": DISCLAIMER, "seed": pipeline.seed}
    attributes["pipeline"] = pipeline.to_toml()
    coordinates = {"year": np.arange(1, years + 1), "reason": list(REASONS.values())}
    return xr.Dataset(variables, coordinates, attributes)


def _by_applicant(plan: _Plan) -> dict[str, Any]:
    """Return what became of each applicant: variables with the dimension `applicant`."""
    cohorts = plan.careers.cohorts
    refused, status = [], []
    for cohort in cohorts:
        for number, code in enumerate(cohort.status):
            names = [name for name, missing in cohort.unmet.items() if missing[number]]
            names += ["places"] if code == ApplicantStatus.NO_PLACE else []
            refused.append("; ".join(REASONS[name] for name in names))
            status.append(_STATUS[ApplicantStatus(code)])
    return {
        "applied": ("applicant", np.repeat([c.year + 1 for c in cohorts], [c.status.size for c in cohorts])),
        "qualified_in": ("applicant", np.concatenate([c.qualified for c in cohorts]) + 1),
        "status": ("applicant", np.array(status, dtype=str)),
        "refused_because": ("applicant", np.array(refused, dtype=str)),
        "works": ("applicant", np.where(plan.careers.groups, "groups", "one by one")),
        "sees_at_a_time": ("applicant", people_at_a_time(plan.pipeline, plan.careers)),
    }


def table(found: xr.Dataset) -> str:
    """Return a short table, one line per year, with what it is about and what it is not."""
    columns = [("year", "year", "{:d}"), ("places", "places", "{:.0f}"), ("qualified", "qualified", "{:.0f}"),
               ("in_practice", "in practice", "{:.0f}"), ("competence", "competence", "{:.2f}"),
               ("seen", "seen", "{:,.0f}"), ("waiting", "waiting", "{:,.0f}"), ("coverage", "coverage", "{:.1%}"),
               ("balance_region", "balance", "{:.4f}"), ("gain_region", "gain", "{:+.4f}"),
               ("error_region", "+-", "{:.4f}"), ("balance_in_need", "in need", "{:.4f}"),
               ("gain_in_need", "gain", "{:+.4f}"), ("error_in_need", "+-", "{:.4f}")]  # fmt: skip
    if "balance_region" in found:
        for group in ("region", "in_need"):
            gain = found[f"balance_{group}"] - found[f"balance_{group}_untrained"]
            half = NORMAL_95 * found[f"balance_{group}_error"]
            found = found.assign({f"gain_{group}": gain, f"error_{group}": half})
    columns = [column for column in columns if column[0] in found or column[0] == "year"]
    rows = [[words for _, words, _ in columns]]
    for year in found["year"].to_numpy():
        values = [found[name].sel(year=year).item() for name, _, _ in columns]
        cells = zip(columns, values, strict=True)
        rows.append([form.format(value) if np.isfinite(value) else "-" for (_, _, form), value in cells])
    widths = [max(len(row[n]) for row in rows) for n in range(len(columns))]
    lines = ["  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows]
    refused = found["refused"].sum("year").to_numpy()
    because = [f"  {count:>5}  {words}" for words, count in zip(found["reason"].to_numpy(), refused, strict=True)]
    notes = [
        "",
        "Refused over all years (one applicant can have several reasons):",
        *because,
        "",
        "seen: people who started training in the year; waiting: at its end; coverage: share of those in need who",
        "have been trained to the end. Balance: mean of the year, 1 = three equal systems; in need: the most",
        "self-critical; gain: compared with the same people and events in a world without training, and half of its",
        "95 % interval (over people; that they share one community is not in it).",
        DISCLAIMER,
    ]
    if "balance_region" not in found:
        notes[-4:-1] = ["have been trained to the end."]
    return "\n".join([*lines, *notes])
