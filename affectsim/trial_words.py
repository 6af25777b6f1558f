"""What a trial found and how training was delivered, in the words that the command line and reports share."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from affectsim.trial import CONTROLS, TRAINING, Periods

#: Arms in which people have something else to practise.
_TREATED = ("active", "cognitive-behavioural")

if TYPE_CHECKING:
    import xarray as xr


def delivery_words(run: xr.Dataset, periods: Periods | None) -> list[str]:
    """Return whether the course was over, and what came of screening and the waiting list, in lines of words.

    Nothing is said of what did not happen. Numbers are of those recorded, of all replicates together.
    """
    lines = [] if periods is None else periods.unfinished()
    if "chosen" not in run or "start_day" not in run:
        return lines
    mine = run.isel(run=np.flatnonzero(run["arm"].to_numpy() == TRAINING))
    if "screened_out" in mine:
        by_rule = mine["screened_out"].transpose("rule", "run", "person").to_numpy()
        out = int(by_rule.any(axis=0).sum())
        chosen = int(mine["chosen"].sum()) + out
        lines.append(f"Screened before the start: {out} of {chosen} are not suitable{':' if out else '.'}")
        reasons = zip(mine["rule"].to_numpy(), mine["reason"].to_numpy(), by_rule.sum(axis=(1, 2)), strict=True)
        lines += [f"  {count}: {reason} ({rule})" for rule, reason, count in reasons if count]
    starts = mine["start_day"].to_numpy()
    begins = ~np.isnan(starts)
    never = int(mine["chosen"].sum()) - int(begins.sum())
    if begins.any() and np.nanmin(starts) < np.nanmax(starts):
        lines.append(f"People start from day {np.nanmin(starts):g} to day {np.nanmax(starts):g}, as places are free.")
    if never:
        lines.append(f"Still waiting at the end: {never} of {int(mine['chosen'].sum())} offered training.")
    return lines


def effect_words(trial: xr.Dataset, outcome: str, later: str = "after", group: str = "trained") -> str:
    """Return the effect size and interval of an outcome of `analyse`, "-" where it is not defined."""
    found = trial.sel(group=group, outcome=outcome, later=later)
    d, low, high = (float(found[key]) for key in ("d", "d_low", "d_high"))
    return "-" if math.isnan(d) else f"{d:+.2f} [{low:+.2f}, {high:+.2f}]"


def twin_words(trial: xr.Dataset) -> str:
    """Return how many of those offered training end more and less balanced than their own twins (`analyse`).

    Of all replicates together. The twin has what the other arm has.
    """
    balance = trial.sel(group="trained", outcome="balance", later="after")
    other = str(trial["arm"].to_numpy()[1])
    twin = f"twin {CONTROLS[other]}" if other in _TREATED else "twin without training"
    return (
        f"More balanced than their own {twin}: {int(balance['helped'])} of {int(trial['people'].to_numpy()[0])}; "
        f"less balanced: {int(balance['harmed'])} (by over {trial.attrs['margin']:g} SD)."
    )
