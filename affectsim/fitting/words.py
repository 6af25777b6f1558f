"""A fit in rows and words: what the data say, what they do not, what changes between arms, how well it fits."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from affectsim.results import DISCLAIMER

if TYPE_CHECKING:
    import xarray as xr

Float = npt.NDArray[np.float64]

#: An interval at least this share of the prior's: the data have not moved it.
NOT_MOVED = 0.85
#: Shares of simulated diaries below or above the real ones that are called a misfit.
MISFIT = 0.025


def population_rows(fit: xr.Dataset) -> list[dict[str, Any]]:
    """Return one row per group and unknown: median, interval, prior interval, and whether the data moved it.

    Unknowns that are the same in every group have one row, in the first group.
    """
    rows = []
    for n, name in enumerate(fit["unknown"].to_numpy().tolist()):
        for g, group in enumerate(fit["group"].to_numpy().tolist()):
            if g > 0 and not bool(fit["changes"][n]):
                continue
            value, low, high = _interval(fit, fit["value"].to_numpy()[:, g, n])
            _, before_low, before_high = _interval(fit, fit["prior"].to_numpy()[:, g, n])
            share = _width(fit["value"].to_numpy()[:, g, n]) / _width(fit["prior"].to_numpy()[:, g, n])
            rows.append(
                {
                    "group": group if bool(fit["changes"][n]) else "all", "unknown": name, "median": value, "low": low,
                    "high": high, "prior_low": before_low, "prior_high": before_high, "width_share": share,
                    "moved": share < NOT_MOVED, "says": str(fit["says"][n].item()),
                }
            )  # fmt: skip
    return rows


def change_rows(fit: xr.Dataset) -> list[dict[str, Any]]:
    """Return changes from the first to the last phase as ratios, per arm and of the last arm against the first."""
    arms, phases = _unique(fit["arm"].to_numpy()), fit["phase"].to_numpy().tolist()
    rows: list[dict[str, Any]] = []
    if len(phases) < 2:
        return rows
    values = fit["value"].to_numpy()
    for n, name in enumerate(fit["unknown"].to_numpy().tolist()):
        if not bool(fit["changes"][n]):
            continue
        ratios = {
            arm: values[:, (a + 1) * len(phases) - 1, n] / values[:, a * len(phases), n] for a, arm in enumerate(arms)
        }
        shown = [(f"arm {arm}: {phases[-1]} / {phases[0]}", ratio) for arm, ratio in ratios.items()]
        if len(arms) > 1:
            shown.append((f"change in arm {arms[-1]} / change in arm {arms[0]}", ratios[arms[-1]] / ratios[arms[0]]))
        for what, ratio in shown:
            median, low, high = _interval(fit, ratio)
            rows.append({"unknown": name, "what": what, "ratio": median, "low": low, "high": high})
    return rows


def predictive_rows(fit: xr.Dataset) -> list[dict[str, Any]]:
    """Return one row per group and statistic: seen, predicted with interval, and the share of draws below it."""
    rows = []
    predicted = fit["predicted"].to_numpy()
    for g, group in enumerate(fit["group"].to_numpy().tolist()):
        for s, name in enumerate(fit["statistic"].to_numpy().tolist()):
            drawn = predicted[:, g, s][np.isfinite(predicted[:, g, s])]
            seen = float(fit["observed"][g, s])
            median, low, high = _interval(fit, drawn)
            below = float((np.sum(drawn < seen) + 0.5 * np.sum(drawn == seen)) / max(drawn.size, 1))
            misfit = min(below, 1 - below) < MISFIT
            rows.append(
                {
                    "group": group, "statistic": name, "observed": seen, "observed_sd": float(fit["observed_sd"][g, s]),
                    "predicted": median, "low": low, "high": high, "share_below": below, "misfit": misfit,
                }
            )  # fmt: skip
    return rows


def people_rows(fit: xr.Dataset) -> list[dict[str, Any]]:
    """Return one row per person, phase and trait: median, interval, and how much was learned (0: nothing)."""
    values = fit["person_trait"].to_numpy()
    arms = fit["person_arm"].to_numpy().tolist()
    return [
        {"person": person, "arm": arms[p], "phase": phase, "trait": trait, **dict(zip(
            ("median", "low", "high", "learned"), values[:, f, p, t].tolist(), strict=True))}
        for p, person in enumerate(fit["person"].to_numpy().tolist())
        for f, phase in enumerate(fit["phase"].to_numpy().tolist())
        for t, trait in enumerate(fit["trait"].to_numpy().tolist())
        if np.isfinite(values[0, f, p, t])
    ]  # fmt: skip


def table(fit: xr.Dataset) -> str:
    """Return the fit in a few dozen lines."""
    rows = population_rows(fit)
    percent = round(100 * fit.attrs["confidence"])
    lines = [
        f"{fit.attrs['title']}: {fit.sizes['person']} people; "
        f"groups (arm/phase): {', '.join(_unique(fit['group'].to_numpy()))}"
    ]
    lines += ["", f"{'':30} median   {percent} % interval      before the data"]
    for row in (row for row in rows if row["moved"]):
        name = row["unknown"] if row["group"] == "all" else f"{row['unknown']} {row['group']}"
        lines.append(f"{name:30} {row['median']:6.3f}   {_range(row)}   {_range(row, 'prior_')}")
    still = _unique(
        [
            row["unknown"] if row["group"] == "all" else f"{row['unknown']} {row['group']}"
            for row in rows
            if not row["moved"]
        ]
    )
    if still:
        lines += ["", "These diaries do not tell (the interval is about as wide as before the data):", *_wrapped(still)]
    if changed := change_rows(fit):
        lines += ["", "Changes, as ratios (1: no change):"]
        lines += [f"{row['unknown']:20} {row['what']:38} {row['ratio']:6.2f}   {_range(row)}" for row in changed]
    checks = predictive_rows(fit)
    wrong = [row for row in checks if row["misfit"]]
    lines += ["", f"Predictive check: {len(checks) - len(wrong)} of {len(checks)} statistics of the diaries lie inside "
              "what the fitted population writes."]  # fmt: skip
    lines += [
        f"  misfit: {row['group']} {row['statistic']}: diaries {row['observed']:.2f}, "
        f"fitted {row['predicted']:.2f} {_range(row)}"
        for row in wrong
    ]
    learned = np.nanmean(fit["person_trait"].to_numpy()[3], axis=(0, 1))
    lines += ["", "What single diaries tell about their writers (narrower than the population, %): "
              + ", ".join(f"{trait} {max(0, round(100 * share))}" for trait, share in zip(
                  fit["trait"].to_numpy().tolist(), learned.tolist(), strict=True)), "", DISCLAIMER]  # fmt: skip
    return "\n".join(lines)


def as_csv(rows: Sequence[dict[str, Any]]) -> str:
    """Return rows as CSV with a header, numbers with six digits; empty for no rows."""
    if not rows:
        return ""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({key: f"{value:.6g}" if isinstance(value, float) else value for key, value in row.items()})
    return out.getvalue()


def _interval(fit: xr.Dataset, drawn: Float) -> tuple[float, float, float]:
    tail = 50 * (1 - fit.attrs["confidence"])
    low, middle, high = np.nanpercentile(drawn, [tail, 50, 100 - tail])
    return float(middle), float(low), float(high)


def _width(drawn: Float) -> float:
    """Return the width of the middle 95 %, in logs where all are positive (a ratio is then what counts)."""
    values = np.log(drawn) if (drawn > 0).all() else drawn
    low, high = np.percentile(values, [2.5, 97.5])
    return float(high - low)


def _range(row: dict[str, Any], before: str = "") -> str:
    return f"[{row[before + 'low']:6.3f}, {row[before + 'high']:6.3f}]"


def _unique(names: Iterable[Any]) -> list[str]:
    return list(dict.fromkeys(str(name) for name in names))


def _wrapped(names: Sequence[str]) -> list[str]:
    import textwrap

    return textwrap.wrap(", ".join(names), 116, initial_indent="  ", subsequent_indent="  ")
