"""The short table at the end of a run: what there was before and after, in each world."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from affectsim.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

    from affectsim.scenario import Scenario
    from affectsim.trial import Periods

#: What is shown: name -> (words, factor).
_ROWS = {
    "balance": ("balance (1 = three equal)", 1.0),
    "threat_dominant": ("threat-dominant, % of time", 100.0),
    "threat": ("threat", 1.0),
    "drive": ("drive", 1.0),
    "soothing": ("soothing", 1.0),
}


def summary(scenario: Scenario, results: xr.Dataset) -> str:
    """Return the means over people and over up to a week, for each arm and period, then how training was delivered."""
    from affectsim.trial import TRAINING
    from affectsim.trial_words import delivery_words, effect_words, twin_words

    found = _found(scenario, results)
    periods = _periods(scenario, found)
    who, mask = _whose(results)
    head = f"{who}:"
    trial = _trial(results, found)
    lines = [f"{head:<44}" + "".join(f"{name:>20}" for name, _ in periods)]
    lines[0] += f"{'benefit after, d [95 %]':>26}" if trial is not None else ""
    arms = results["arm"].to_numpy()
    for name, (words, factor) in _ROWS.items():
        means = _means(results, name, mask, [span for _, span in periods])
        for number, arm in enumerate(scenario.arms):
            cells = (factor * float(np.mean(mean[arms == arm])) for mean in means)
            label = f"  {words if number == 0 else '':<28}{arm:<14}"
            lines.append(label + "".join(f"{_cell(value, factor):>20}" for value in cells))
            if trial is not None and name in trial["outcome"].to_numpy() and arm == TRAINING:
                lines[-1] += f"{effect_words(trial, name):>26}"
    if trial is not None and "balance" in trial["outcome"].to_numpy():
        lines.append(twin_words(trial))
    return "\n".join([*lines, *delivery_words(results, found)])


def _trial(results: xr.Dataset, found: Periods | None) -> xr.Dataset | None:
    """Return what training changed in those offered it, against their own twins; None if this is no trial."""
    from affectsim.trial import HEADLINES, analyse, outcome_values

    if found is None or "threat" not in results or not results["chosen"].any():
        return None
    there = []
    for name in HEADLINES:
        with suppress(InputError):
            outcome_values(results, name)
            there.append(name)
    try:
        return analyse(results, found, outcomes=there)
    except InputError:  # no other arm, or records too far apart
        return None


def _cell(value: float, factor: float) -> str:
    if np.isnan(value):
        return "-"
    return f"{value:.1f}" if factor > 1 else f"{value:.3f}"


def _found(scenario: Scenario, results: xr.Dataset) -> Periods | None:
    from affectsim.trial import Periods, last_start

    if scenario.training is None or scenario.training.start_day == 0:
        return None
    return Periods.of_scenario(scenario, last_start(results))


def _periods(scenario: Scenario, found: Periods | None) -> list[tuple[str, tuple[float, float]]]:
    """Return the periods that are shown, as name and days from and to."""
    if found is not None:
        named = [("before", found.before), ("after", found.after), ("follow-up", found.follow_up)]
        return [(f"{name} {_days(span)}", span) for name, span in named if span is not None]
    from affectsim.trial import WEEK

    length = min(WEEK, scenario.days / 2)
    first, last = (0.0, length), (scenario.days - length, scenario.days)
    return [(f"first {_days(first)}", first), (f"last {_days(last)}", last)]


def _days(span: tuple[float, float]) -> str:
    return f"{span[0]:g}-{span[1]:g} d"


def _whose(results: xr.Dataset) -> tuple[str, Any]:
    """Return in words whose means these are, and which of the recorded people (run, person), None for all."""
    if "threat" not in results:
        return "everybody", None
    recorded, everybody = results.sizes["person"], int(results.attrs["people"])
    of = f" of those recorded ({recorded:,})" if recorded < everybody else ""
    if not results["chosen"].any():
        return f"everybody{of}", None
    count = int(results["chosen"].sum("person").mean())
    return f"offered training: {count:,} of {recorded:,} people", results["chosen"]


def _means(results: xr.Dataset, name: str, mask: Any, spans: Sequence[tuple[float, float]]) -> list[Any]:
    """Return the mean of a quantity in each period, one number per run; NaN where nothing was recorded."""
    from affectsim.trial import period_mean, recorded_values

    values = recorded_values(results, name)
    found = []
    for span in spans:
        try:
            mean = None if values is None else period_mean(results, values, span)
        except InputError:  # records too far apart
            mean = None
        if mean is None:
            found.append(np.full(results.sizes["run"], np.nan))
            continue
        if "person" in mean.dims:
            mean = (mean if mask is None else mean.where(mask)).mean("person")
        found.append(mean.to_numpy())
    return found
