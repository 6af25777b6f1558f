"""Statistics of simulated diaries: the same lines of code as for real ones (`affectsim.diaries.statistics`)."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from affectsim.diaries.sampling import sampled
from affectsim.diaries.statistics import plan_of, statistics, sums
from affectsim.evidence.studies import BEEPS_PER_DAY, COMPLIANCE, DIARY_DAYS, SETTLING
from affectsim.readouts import SYSTEMS

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

_SHARED = ("decay_hours", "rating_noise_share")


def beeps(run: xr.Dataset, number: int, seed: int) -> pd.DataFrame:
    """Return the answered beeps of one of several runs of the study "diaries"; see `sampled`."""
    return sampled(run, BEEPS_PER_DAY, DIARY_DAYS, compliance=COMPLIANCE, seed=seed, first_day=SETTLING, number=number)


def diary_values(run: xr.Dataset, seed: int) -> list[dict[str, float]]:
    """Return the statistics of each world of the study "diaries": name -> value.

    `seed`: of the beeps. Decay and share of noise are the median of the three systems. NaN where a statistic is
    not defined.
    """
    found = []
    for number in range(run.sizes["run"]):
        rows = beeps(run, number, seed)
        person = rows["person"].to_numpy().astype(np.int64)
        ratings = rows[list(SYSTEMS)].to_numpy()
        hours = (24.0 * rows["day"] + rows["hour"]).to_numpy()
        plan = plan_of(person, hours, np.isfinite(ratings), int(person.max()) + 1)
        made = {name: float(value[0]) for name, value in statistics(sums(plan, ratings), plan.lag_hours).items()}
        for name in _SHARED:
            made[name] = median(made[f"{system}.{name}"] for system in SYSTEMS)
        found.append({f"momentary.{name}": value for name, value in made.items()})
    return found
