"""Experience sampling of a run: random beeps in the waking day, some of them missed.

run = simulate(scenario)      # record.every = "30 minutes", readouts = the three ratings
rows = sampled(run, per_day=10, days=6, waking=(8, 22), compliance=0.8, seed=1)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from affectsim.draws import uniforms_at
from affectsim.errors import InputError, Mistake
from affectsim.readouts import SYSTEMS

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

COLUMNS = ("person", "day", "hour", *SYSTEMS)
#: Longest time between records that still makes a rating one of a moment (h).
MOST_HOURS = 1.0


def sampled(
    run: xr.Dataset,
    per_day: int,
    days: int,
    waking: tuple[float, float] = (8.0, 22.0),
    compliance: float = 0.8,
    seed: int = 0,
    *,
    first_day: int = 0,
    number: int = 0,
) -> pd.DataFrame:
    """Return the answered beeps of one run, a row each, sorted by person and time.

    `run`: holds `rating_threat`, `rating_drive`, `rating_soothing`, recorded every hour or more often.
    `per_day`: beeps a day, one at a random time in each of as many equal blocks of the waking hours `waking`
    (from, to; hours of the day). The last stretch of a block, as long as a record, stays free, so that two beeps
    never meet in one record. `days`: days from `first_day` on (counted from 0). `compliance`: chance that a beep
    is answered, for each by itself. `seed`: of beep times and misses; they are drawn for (person, beep), apart for
    each arm and replicate. `number`: which of several runs (arms, replicates) of the dataset.

    Columns: `person` (number of the person), `day` (day of the run), `hour` (time of the beep, hours of the day),
    `threat`, `drive`, `soothing` (ratings, 0 to 1). Missed beeps have no row.

    Raises InputError for what cannot be sampled.
    """
    import pandas as pd

    every = _check(run, per_day, days, waking, compliance, first_day, number)
    one = run.isel(run=number)
    people = one["person"].to_numpy().astype(np.int64)
    arm, replicate = str(one["arm"].item()), int(one["replicate"].item())
    beeps = np.arange(days * per_day, dtype=np.int64)
    day, block = first_day + beeps // per_day, beeps % per_day
    # Counted from the start of the run, so that a day keeps its beeps whichever day is sampled first.
    index = day * per_day + block
    length = (waking[1] - waking[0]) / per_day
    within = uniforms_at(seed, replicate, f"sampling/{per_day}/time/{arm}", people, index)
    hour = waking[0] + block[:, None] * length + within * (length - every)
    answered = uniforms_at(seed, replicate, f"sampling/{per_day}/answer/{arm}", people, index) < compliance
    record = np.floor((day[:, None] * 24 + hour) / every).astype(np.int64)
    column = np.broadcast_to(np.arange(people.size), record.shape)
    ratings = {
        system: one[f"rating_{system}"].transpose("time", "person").to_numpy()[record, column] for system in SYSTEMS
    }

    def flat(values: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        # By person, then by time; beeps are in order of time.
        return np.broadcast_to(values, record.shape).T[answered.T]

    columns = {"person": people[None, :], "day": day[:, None], "hour": hour, **ratings}
    return pd.DataFrame({name: flat(columns[name]) for name in COLUMNS})


def _check(
    run: xr.Dataset,
    per_day: int,
    days: int,
    waking: tuple[float, float],
    compliance: float,
    first_day: int,
    number: int,
) -> float:
    """Return the hours between records. Raises InputError with every mistake."""
    found = []
    missing = [f"rating-{system}" for system in SYSTEMS if f"rating_{system}" not in run]
    if missing:
        found.append(Mistake("record.readouts", f"{', '.join(missing)} must be recorded"))
    ends = run["time"].to_numpy() * 24
    every = float(np.diff(ends, prepend=0.0)[0])
    if every > MOST_HOURS + 1e-9:
        message = f"is {every:g} hours: a rating is about a moment, so record every hour or half hour"
        found.append(Mistake("record.every", message))
    if not 0 <= number < run.sizes["run"]:
        found.append(Mistake(f"number = {number}", f"must be from 0 to {run.sizes['run'] - 1}: the runs there are"))
    if days < 1 or first_day < 0 or (first_day + days) * 24 > ends[-1] + 1e-9:
        message = f"must lie within the {ends[-1] / 24:g} days of the run"
        found.append(Mistake(f"days = {days} from day {first_day}", message))
    if not 0 <= compliance <= 1:
        found.append(Mistake(f"compliance = {compliance:g}", "must be 0 to 1"))
    if not 0 <= waking[0] < waking[1] <= 24:
        found.append(Mistake(f"waking = {waking}", "must be two hours of a day, from 0 to 24, the first one earlier"))
    elif every <= MOST_HOURS + 1e-9:
        most = max(1, int((waking[1] - waking[0]) / (2 * every) + 1e-9))
        if not 1 <= per_day <= most or waking[1] - waking[0] < 2 * every:
            message = f"must be from 1 to {most}: each beep needs a block of {2 * every:g} waking hours"
            found.append(Mistake(f"per_day = {per_day}", message))
    if found:
        raise InputError("sampling", found)
    return every
