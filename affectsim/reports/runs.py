"""The sections of a report on one run, and on the demo."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from affectsim.errors import InputError
from affectsim.plots.style import WORDS
from affectsim.reports import wording
from affectsim.reports.blocks import Block, Listed, Section, Table, Words
from affectsim.reports.kinds import pictures, question, sections
from affectsim.reports.manifest import Manifest
from affectsim.results import load
from affectsim.trial import WEEK, Periods, analyse, period_mean, recorded_values
from affectsim.trial_words import delivery_words, effect_words, twin_words

if TYPE_CHECKING:
    import xarray as xr

_OUTCOMES = {
    "balance": "balance (1 = three equal systems)",
    "threat_dominant": "share of time with threat strongest",
    "threat": "threat, 0 to 1",
    "drive": "drive, 0 to 1",
    "soothing": "soothing, 0 to 1",
}


@sections("run", "one run of a scenario")
@sections("demo", "the demo, a trial of eight weeks of training")
def sections_of_run(manifest: Manifest) -> list[Section]:
    """Return question, design, results and figures of a run."""
    path = manifest.folder / "run.nc"
    found = question(wording.asked(manifest.scenario))
    found.append(Section("Design", wording.design(manifest.scenario)))
    if not path.is_file():
        return [*found, Section("Results", [Words("run.nc is not in the folder.")])]
    run = load(path)
    drawn = pictures(manifest) or _drawn(run)
    return [*found, Section("Results", _results(run)), Section("Figures", drawn)]


def _periods(run: xr.Dataset) -> tuple[dict[str, tuple[float, float]], Periods | None]:
    try:
        spans = Periods.of_run(run)
    except (InputError, KeyError, OSError):
        last = float(run["time"].to_numpy()[-1])
        length = min(WEEK, last / 2)
        return {"first": (0.0, length), "last": (last - length, last)}, None
    named = {"before": spans.before, "after": spans.after, "follow-up": spans.follow_up}
    return {name: span for name, span in named.items() if span is not None}, spans


def _results(run: xr.Dataset) -> list[Block]:
    named, spans = _periods(run)
    mask = run["chosen"] if "chosen" in run and bool(run["chosen"].any()) else None
    arms = run["arm"].to_numpy()
    rows = []
    for name, words in _OUTCOMES.items():
        values = recorded_values(run, name)
        if values is None:
            continue
        for arm in dict.fromkeys(arms.tolist()):
            cells = [_mean(run, values, span, mask, arms == arm) for span in named.values()]
            rows.append([words, WORDS.get(arm, arm), *cells])
    everybody = "everybody" if mask is None or "threat" not in run else "those who were offered training"
    head = ["Outcome", "World", *(f"{name}, day {low:g} to {high:g}" for name, (low, high) in named.items())]
    blocks: list[Block] = [Table(f"Means of {everybody}", head, rows)]
    if spans is not None and mask is not None and len(set(arms.tolist())) == 2:
        blocks += _effects(run, spans)
    delivered = delivery_words(run, spans)
    return [*blocks, *([Listed(delivered)] if delivered else [])]


def _mean(
    run: xr.Dataset,
    values: xr.DataArray,
    span: tuple[float, float],
    mask: xr.DataArray | None,
    rows: npt.NDArray[np.bool_],
) -> str:
    try:
        mean = period_mean(run, values, span)
    except InputError:  # records too far apart
        return "-"
    mean = mean.isel(run=np.flatnonzero(rows))
    if "person" in mean.dims and mask is not None:
        mean = mean.where(mask.isel(run=np.flatnonzero(rows)))
    return f"{float(mean.mean()):.3f}"


def _effects(run: xr.Dataset, spans: Periods) -> list[Block]:
    try:
        trial = analyse(run, spans)
    except InputError:
        return []
    percent = round(100 * trial.attrs["confidence"])
    later = [str(name) for name in trial["later"].to_numpy()]
    rows = []
    for name in trial["outcome"].to_numpy():
        cells = [effect_words(trial, str(name), when) for when in later]
        rows.append([_OUTCOMES.get(str(name), str(name)), *cells])
    words = (
        f"Effect of training d with {percent} % interval: in standard deviations of the people before training, above "
        "0 is benefit (also where less is better)"
    )
    return [Table(words, ["Outcome", *later], rows), Words(twin_words(trial))]


def _drawn(run: xr.Dataset) -> list[Block]:
    from affectsim import plots
    from affectsim.reports.drawn import picture

    if "threat" not in run:
        return [Words("No single people were recorded, so there is no figure.")]
    named, _ = _periods(run)
    first, last = next(iter(named.values())), list(named.values())[1 if len(named) > 1 else 0]
    found: list[Block] = []
    with suppress(InputError):  # a programme of one's own that is not there, or nothing before training
        found.append(picture(plots.systems_over_time(run), "Threat, drive and soothing, day by day, in each world"))
    words = "Everybody as a mark in the triangle of the three systems, early and late, in each world"
    found.append(picture(plots.triangle(run, first, last), words))
    return found
