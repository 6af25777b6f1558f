"""Means with intervals, individual effects and who is harmed: plain statistics on arrays."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim.intervals import reach
from affectsim.trial import HARM_MARGIN

Float = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

CONFIDENCE = 0.95
#: Fewest people on each side of a comparison of traits.
_FEWEST = 5


class Interval(NamedTuple):
    """A number and its interval; NaN where it is not defined."""

    value: float
    low: float = math.nan
    high: float = math.nan


def mean_interval(values: Float, counted: Mask, per: Literal["person", "world"] = "person") -> Interval:
    """Return the mean over the people who count, with Student's t interval; shapes (worlds, people).

    `per`: what counts as one independent case, a person or the mean of a world.
    """
    if per == "world":
        full = counted.any(axis=1)
        cases = np.array([row[mask].mean() for row, mask in zip(values[full], counted[full], strict=True)])
    else:
        cases = values[counted]
    if cases.size == 0:
        return Interval(math.nan)
    mean, half = float(cases.mean()), float(reach(cases, CONFIDENCE))
    return Interval(mean, mean - half, mean + half)


def individual(effects: Float) -> dict[str, Interval]:
    """Return spread, tenths and shares harmed and helped of individual effects in SD, shape (people,).

    Harmed: the own twin does better by more than `HARM_MARGIN` SD.
    """
    low, high = np.quantile(effects, (0.1, 0.9))
    return {
        "spread": Interval(float(effects.std(ddof=1))),
        "lowest 10 %": Interval(float(low)),
        "highest 10 %": Interval(float(high)),
        "% harmed": Interval(100 * float((effects < -HARM_MARGIN).mean())),
        "% helped": Interval(100 * float((effects > HARM_MARGIN).mean())),
    }


def who(effects: Float, traits: Mapping[str, Float]) -> dict[str, dict[str, Interval]]:
    """Return, for each trait, how the harmed differ from the others and how it goes with the effect.

    `effects` and each trait have shape (people,). "harmed - others": difference of means in SD of the trait
    (Welch's interval); "correlation with benefit": Spearman's, interval by Fisher's z with the variance of
    Bonett and Wright (2000). All intervals hold together with 95 % (Bonferroni over the traits).
    """
    confidence = 1 - (1 - CONFIDENCE) / max(2 * len(traits), 1)
    harmed = effects < -HARM_MARGIN
    found = {}
    for name, values in traits.items():
        spread = float(values.std(ddof=1))
        if spread == 0:
            continue
        found[name] = {
            "harmed - others": _welch(values[harmed] / spread, values[~harmed] / spread, confidence),
            "correlation with benefit": rank_correlation(values, effects, confidence),
        }
    return found


def _welch(first: Float, second: Float, confidence: float) -> Interval:
    if min(first.size, second.size) < _FEWEST:
        return Interval(math.nan)
    errors = first.var(ddof=1) / first.size, second.var(ddof=1) / second.size
    total = errors[0] + errors[1]
    difference = float(first.mean() - second.mean())
    if total == 0:
        return Interval(difference)
    freedom = total**2 / (errors[0] ** 2 / (first.size - 1) + errors[1] ** 2 / (second.size - 1))
    reach = _t(freedom, confidence) * math.sqrt(total)
    return Interval(difference, difference - reach, difference + reach)


def rank_correlation(first: Float, second: Float, confidence: float = CONFIDENCE) -> Interval:
    """Return Spearman's rank correlation with its interval (see `who`); both of shape (people,)."""
    from scipy.stats import rankdata

    return _spearman(rankdata(first), rankdata(second), confidence)


def _spearman(first: Float, second: Float, confidence: float) -> Interval:
    from scipy.special import ndtri

    if first.size < 2 * _FEWEST or np.ptp(first) == 0 or np.ptp(second) == 0:
        return Interval(math.nan)
    r = float(np.corrcoef(first, second)[0, 1])
    z = math.atanh(min(max(r, -1 + 1e-12), 1 - 1e-12))
    reach = float(ndtri(0.5 + confidence / 2)) * math.sqrt((1 + r * r / 2) / (first.size - 3))
    return Interval(r, math.tanh(z - reach), math.tanh(z + reach))


def _t(freedom: float, confidence: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.5 + confidence / 2))
