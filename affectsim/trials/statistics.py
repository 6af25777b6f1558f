"""The statistics of trials: covariance-adjusted difference, cluster means, effect size, intraclass correlation.

Small closed formulas on numpy arrays; each names where it is from. Everything takes complete numbers: who did not
answer is left out before.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]


class Estimate(NamedTuple):
    """A number with its standard error, interval, degrees of freedom and two-sided p; NaN where not defined."""

    value: float
    error: float
    low: float
    high: float
    p: float
    freedom: float


def _unknown(freedom: float) -> Estimate:
    return Estimate(math.nan, math.nan, math.nan, math.nan, math.nan, freedom)


def _estimate(value: float, error: float, freedom: float, confidence: float) -> Estimate:
    from scipy.special import stdtr, stdtrit

    if not (freedom > 0 and error > 0 and math.isfinite(error)):
        return Estimate(value, math.nan, math.nan, math.nan, math.nan, freedom)
    reach = float(stdtrit(freedom, 0.5 + confidence / 2)) * error
    return Estimate(value, error, value - reach, value + reach, float(2 * stdtr(freedom, -abs(value) / error)), freedom)


def ancova(
    before: Float, after: Float, treated: Bool, strata: Int | None = None, *, confidence: float = 0.95
) -> Estimate:
    """Return the difference in `after` between the treated and the others, adjusted for `before` and strata.

    Analysis of covariance by least squares, as Vickers and Altman 2001 (BMJ 323:1123-1124) recommend for trials with
    a baseline. All of shape (people,). NaN if there are too few people.
    """
    design = np.column_stack([np.ones(after.size), treated.astype(float), _centred(before), *_dummies(strata)])
    freedom = after.size - design.shape[1]
    if freedom < 1 or treated.all() or not treated.any():
        return _unknown(float(freedom))
    found, _, rank, _ = np.linalg.lstsq(design, after, rcond=None)
    freedom = after.size - int(rank)
    left = after - design @ found
    variance = float(left @ left) / freedom * np.linalg.pinv(design.T @ design)[1, 1]
    return _estimate(float(found[1]), math.sqrt(variance), freedom, confidence)


def cluster_means(before: Float, after: Float, treated: Bool, cluster: Int, *, confidence: float = 0.95) -> Estimate:
    """Return the difference between clusters with and without treatment: t test of adjusted cluster means.

    Two stages (Hayes and Moulton 2017, Cluster Randomised Trials, 2nd ed., ch. 10-11): residuals of `after` on
    `before` among everybody, arms left out; then the means of these by cluster, compared with clusters - 2 degrees
    of freedom. It keeps its error rate with few clusters, where standard errors robust to clusters do not. All of
    shape (people,). NaN with fewer than two clusters in an arm.
    """
    names, member = np.unique(cluster, return_inverse=True)
    size = np.bincount(member)
    treated_cluster = np.bincount(member, treated) / size > 0.5
    ones, others = int(treated_cluster.sum()), int((~treated_cluster).sum())
    if min(ones, others) < 2:
        return _unknown(float(names.size - 2))
    slope, first = _centred(before), after - after.mean()
    squares = float(slope @ slope)
    left = first - slope * (float(slope @ first) / squares if squares > 0 else 0.0)
    mean = np.bincount(member, left) / size
    one, other = mean[treated_cluster], mean[~treated_cluster]
    pooled = (one.var() * ones + other.var() * others) / (ones + others - 2)
    error = math.sqrt(float(pooled) * (1 / ones + 1 / others))
    return _estimate(float(one.mean() - other.mean()), error, ones + others - 2, confidence)


def standardised(
    before: Float, after: Float, treated: Bool, cluster: Int | None = None, *, confidence: float = 0.95
) -> Estimate:
    """Return the effect size of Kirby et al. 2017 (Behav Ther 48:778-792) between two groups of people.

    d = (mean change of the treated - mean change of the others) / pooled standard deviation before. The standard
    error is from the influence of each person on d (delta method), summed within clusters if there are any (Liang
    and Zeger 1986, Biometrika 73:13-22), so it counts the uncertainty of the standard deviation and asks for no
    normality. All of shape (people,).
    """
    change = after - before
    ones, others = int(treated.sum()), int((~treated).sum())
    if min(ones, others) < 2:
        return _unknown(float(ones + others - 2))
    people = ones + others
    away = before - np.where(treated, before[treated].mean(), before[~treated].mean())
    variance = float(away @ away) / (people - 2)
    if variance == 0:
        return _unknown(float(people - 2))
    spread = math.sqrt(variance)
    d = float(change[treated].mean() - change[~treated].mean()) / spread
    off = change - np.where(treated, change[treated].mean(), change[~treated].mean())
    influence = np.where(treated, off / ones, -off / others) / spread
    influence -= d / (2 * variance) * (away**2 - variance) / people
    units = people
    if cluster is not None:
        names, member = np.unique(cluster, return_inverse=True)
        influence, units = np.bincount(member, influence), names.size
    error = math.sqrt(float(influence @ influence) * units / (units - 2)) if units > 2 else math.nan
    return _estimate(d, error, units - 2, confidence)


class Clustering(NamedTuple):
    """How alike people of a cluster are, and what that costs."""

    icc: float  # intraclass correlation, may be below 0
    size: float  # mean size of a cluster
    design_effect: float  # by how much the variance is larger than that of as many separate people


def clustering(values: Float, cluster: Int, arm: Int) -> Clustering:
    """Return the intraclass correlation of values within arms, and the design effect.

    Analysis-of-variance estimate (Donner and Koval 1980, Biometrics 36:19-25), pooled over arms. Design effect for
    clusters of unequal size: 1 + ((cv^2 + 1) * mean size - 1) * icc (Eldridge, Ashby and Kerry 2006, Int J Epidemiol
    35:1292-1300), 1 at least. All of shape (people,). NaN with too few clusters.
    """
    names, first, member = np.unique(cluster, return_index=True, return_inverse=True)
    size = np.bincount(member).astype(float)
    of_cluster = np.unique(arm[first], return_inverse=True)[1]
    in_arm, squares = np.bincount(of_cluster, size), np.bincount(of_cluster, size**2)
    between_freedom, within_freedom = names.size - in_arm.size, values.size - names.size
    if between_freedom < 1 or within_freedom < 1:
        return Clustering(math.nan, float(size.mean()), math.nan)
    mean = np.bincount(member, values) / size
    arm_mean = np.bincount(of_cluster, size * mean) / in_arm
    between = float((size * (mean - arm_mean[of_cluster]) ** 2).sum()) / between_freedom
    within = float(((values - mean[member]) ** 2).sum()) / within_freedom
    typical = (values.size - float((squares / in_arm).sum())) / between_freedom
    total = between + (typical - 1) * within
    icc = (between - within) / total if total > 0 else math.nan
    cv = float(size.std() / size.mean())
    effect = 1 + ((cv**2 + 1) * float(size.mean()) - 1) * icc
    return Clustering(icc, float(size.mean()), max(1.0, effect))


def share_interval(hits: int, trials: int, confidence: float) -> tuple[float, float]:
    """Return the exact interval of a share (Clopper and Pearson 1934, Biometrika 26:404-413)."""
    from scipy.special import betaincinv

    tail = (1 - confidence) / 2
    low = float(betaincinv(hits, trials - hits + 1, tail)) if hits else 0.0
    high = float(betaincinv(hits + 1, trials - hits, 1 - tail)) if hits < trials else 1.0
    return low, high


class Gain(NamedTuple):
    """How many times smaller a variance is with common random numbers, with an interval."""

    ratio: float
    low: float
    high: float


def common_numbers(with_training: Float, without: Float) -> Gain:
    """Return Var(independent worlds) / Var(paired worlds) of a difference of means, both of shape (replicates,).

    Worlds of one replicate share people and chances; of independent ones the variances add up (Law 2015, Simulation
    Modeling and Analysis, 5th ed., sec. 11.2). 95 % interval on the logarithm from the jackknife (Efron 1982).
    """
    from scipy.special import stdtrit

    count = with_training.size

    def log_ratio(keep: Bool) -> float:
        one, other = with_training[keep], without[keep]
        paired = float((one - other).var())
        return math.log(float(one.var() + other.var()) / paired) if paired > 0 else math.nan

    if count < 4:
        return Gain(math.nan, math.nan, math.nan)
    everything = np.ones(count, dtype=bool)
    value = log_ratio(everything)
    each = np.array([log_ratio(np.arange(count) != n) for n in range(count)])
    error = math.sqrt((count - 1) / count * float(((each - each.mean()) ** 2).sum()))
    reach = float(stdtrit(count - 1, 0.975)) * error
    return Gain(math.exp(value), math.exp(value - reach), math.exp(value + reach))


def _centred(values: Float) -> Float:
    return np.asarray(values - values.mean())


def _dummies(strata: Int | None) -> list[Float]:
    if strata is None:
        return []
    return [(strata == one).astype(float) for one in np.unique(strata)[1:]]
