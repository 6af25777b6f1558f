"""The statistics of trials against closed forms and scipy; error rates by simulation, each with its broken control.

Bounds of simulated shares leave out a right implementation with probability 1e-4 at most (exact binomial), with fixed
seeds.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from affectsim.trials.power import Question, Replicate, judged
from affectsim.trials.statistics import ancova, cluster_means, clustering, common_numbers, share_interval, standardised

RARE = 1e-4


def within(hits: int, trials: int, share: float) -> bool:
    return bool(stats.binom.ppf(RARE / 2, trials, share) <= hits <= stats.binom.isf(RARE / 2, trials, share))


def clustered(
    chance: np.random.Generator, clusters: int, size: int, icc: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return before, after, treated, cluster; half the clusters are treated with something that does nothing."""
    cluster = np.repeat(np.arange(clusters), size)
    treated = np.isin(cluster, chance.permutation(clusters)[: clusters // 2])
    shared, own = math.sqrt(icc), math.sqrt(1 - icc)
    before, after = (
        shared * chance.normal(size=clusters)[cluster] + own * chance.normal(size=cluster.size) for _ in range(2)
    )
    return before, after, treated, cluster


def test_analysis_of_covariance_is_a_regression_of_what_the_baseline_leaves() -> None:
    chance = np.random.default_rng(1)
    before, treated = chance.normal(50, 10, 40), np.arange(40) % 3 == 0
    after = 0.6 * before + 4 * treated + chance.normal(0, 5, 40)
    found = ancova(before, after, treated)
    # Frisch and Waugh 1933: the coefficient is that of residuals on residuals; only the degrees of freedom differ.
    residuals = []
    for values in (treated.astype(float), after):
        line = stats.linregress(before, values)
        residuals.append(values - line.slope * before - line.intercept)
    line = stats.linregress(*residuals)
    assert found.value == pytest.approx(line.slope, rel=1e-12)
    assert found.freedom == 37
    assert found.error == pytest.approx(line.stderr * math.sqrt(38 / 37), rel=1e-12)
    reach = stats.t.isf(0.025, 37) * found.error
    assert (found.low, found.high) == pytest.approx((found.value - reach, found.value + reach), rel=1e-10)
    assert found.p == pytest.approx(2 * stats.t.sf(abs(found.value / found.error), 37), rel=1e-9)


def test_analysis_of_covariance_takes_strata_out() -> None:
    chance = np.random.default_rng(2)
    strata, treated = np.arange(60) % 2, np.arange(60) % 3 == 0
    after = 100.0 * strata + chance.normal(size=60)
    flat = np.zeros(60)
    assert ancova(flat, after, treated).error > 5
    assert ancova(flat, after, treated, strata).error < 0.5


def test_cluster_means_without_a_baseline_are_a_t_test_of_means() -> None:
    _, after, treated, cluster = clustered(np.random.default_rng(3), 8, 7, 0.2)
    found = cluster_means(np.zeros(after.size), after, treated, cluster)
    mean = after.reshape(8, 7).mean(axis=1)
    one = treated[::7]
    plain = stats.ttest_ind(mean[one], mean[~one])
    assert (found.p, found.freedom) == (pytest.approx(plain.pvalue, rel=1e-10), 6)
    assert found.value == pytest.approx(mean[one].mean() - mean[~one].mean(), rel=1e-10)


def test_cluster_means_take_out_what_the_baseline_says() -> None:
    """After = twice the baseline + what a cluster has: with the baseline of everybody unrelated to it, that is all."""
    before, _, treated, cluster = clustered(np.random.default_rng(3), 8, 7, 0.2)
    own = np.random.default_rng(4).normal(size=8)[cluster]
    line = stats.linregress(own, before)
    before = before - line.slope * own
    found = cluster_means(before, 2 * before + own, treated, cluster)
    plain = stats.ttest_ind(own[treated][::7], own[~treated][::7])
    assert (found.p, found.value) == pytest.approx((plain.pvalue, own[treated].mean() - own[~treated].mean()), rel=1e-9)


def test_an_arm_with_a_single_cluster_has_no_interval() -> None:
    cluster = np.repeat(np.arange(3), 4)
    assert math.isnan(cluster_means(np.zeros(12), np.arange(12.0), cluster == 0, cluster).p)


def test_the_error_rate_holds_with_clusters_and_breaks_when_they_are_ignored() -> None:
    chance = np.random.default_rng(4)
    trials = 500
    made = [clustered(chance, 8, 10, 0.2) for _ in range(trials)]
    kept = sum(cluster_means(*one).p < 0.05 for one in made)
    ignored = sum(ancova(before, after, treated).p < 0.05 for before, after, treated, _ in made)
    assert within(kept, trials, 0.05)
    assert not within(ignored, trials, 0.05)
    # The design effect is 1 + 9 * .2 = 2.8, so a nominal 1.96 is one of 1.96 / sqrt(2.8): 24 % (normal, large trial).
    assert 0.15 < ignored / trials < 0.33


def test_intraclass_correlation_of_equal_clusters_is_that_of_the_f_test() -> None:
    _, after, _, cluster = clustered(np.random.default_rng(5), 12, 6, 0.3)
    f = stats.f_oneway(*after.reshape(12, 6)).statistic
    found = clustering(after, cluster, np.zeros(72, dtype=np.int64))
    assert found.icc == pytest.approx((f - 1) / (f + 5), rel=1e-12)
    assert found.design_effect == pytest.approx(1 + 5 * found.icc, rel=1e-12)
    # What arms differ by is no likeness of clusters.
    arm = cluster % 2
    shifted = clustering(after + 50 * arm, cluster, arm)
    assert shifted.icc == pytest.approx(clustering(after, cluster, arm).icc, abs=1e-9)
    assert clustering(after + 50 * arm, cluster, np.zeros_like(arm)).icc > 0.9


def test_unequal_clusters_cost_more() -> None:
    sizes = np.array([2, 2, 20, 20])
    cluster = np.repeat(np.arange(4), sizes)
    chance = np.random.default_rng(6)
    values = chance.normal(size=4)[cluster] * 2 + chance.normal(size=44)
    found = clustering(values, cluster, np.zeros(44, dtype=np.int64))
    cv = sizes.std() / sizes.mean()
    assert found.design_effect == pytest.approx(1 + ((cv**2 + 1) * 11 - 1) * found.icc, rel=1e-12)
    # Mean squares within and between; as many in a cluster as count for unequal ones (Donner and Koval).
    parts = np.split(values, np.cumsum(sizes)[:-1])
    within = sum(((one - one.mean()) ** 2).sum() for one in parts) / 40
    between = sum(one.size * (one.mean() - values.mean()) ** 2 for one in parts) / 3
    size = (44 - (sizes**2).sum() / 44) / 3
    assert found.icc == pytest.approx((between - within) / (between + (size - 1) * within), rel=1e-12)


def test_clusters_that_differ_less_than_their_people_cost_nothing() -> None:
    """Pairs of opposites: their intraclass correlation is -1, and a trial counts on no gain from it."""
    found = clustering(np.tile([1.0, -1.0], 6), np.repeat(np.arange(6), 2), np.zeros(12, dtype=np.int64))
    assert found.icc == pytest.approx(-1) and found.design_effect == 1


def test_effect_size_by_hand() -> None:
    before, after = np.array([1.0, 3.0, 2.0, 6.0]), np.array([4.0, 8.0, 2.0, 7.0])
    treated = np.array([True, True, False, False])
    # Changes 3 and 5 against 0 and 1; variances before 2 and 8, pooled 5.
    assert standardised(before, after, treated).value == pytest.approx((4 - 0.5) / math.sqrt(5), rel=1e-12)


def test_the_error_of_a_large_effect_size_is_that_of_leaving_one_out() -> None:
    """Jackknife (Efron 1982), which knows nothing of derivatives; skewed baseline, so its standard deviation counts."""
    chance = np.random.default_rng(5)
    before, treated = chance.exponential(size=600), np.arange(600) % 3 == 0
    after = 0.4 * before + 3 * treated + 0.3 * chance.normal(size=600)
    each = np.array([standardised(*(np.delete(one, n) for one in (before, after, treated))).value for n in range(600)])
    error = math.sqrt(599 / 600 * ((each - each.mean()) ** 2).sum())
    assert standardised(before, after, treated).error == pytest.approx(error, rel=0.05)


@pytest.mark.parametrize("icc", [0.0, 0.25])
def test_the_interval_of_the_effect_size_covers_the_truth(icc: float) -> None:
    """At 95 %, up to 2.5 % for a closed form that is right for large trials only."""
    chance = np.random.default_rng(7)
    trials, hits, naive = 400, 0, 0
    for _ in range(trials):
        before, noise, treated, cluster = clustered(chance, 40, 6, icc)
        after = before + noise + 0.5 * treated
        found = standardised(before, after, treated, cluster)
        alone = standardised(before, after, treated)
        hits += found.low <= 0.5 <= found.high
        naive += alone.low <= 0.5 <= alone.high
    low, high = (stats.binom.ppf(RARE, trials, 0.925), stats.binom.isf(RARE, trials, 0.975))
    assert low <= hits <= high
    assert (naive < low) == (icc > 0)


@given(st.integers(1, 300), st.data())
def test_the_interval_of_a_share_holds_what_its_ends_make_rare(trials: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, trials))
    low, high = share_interval(hits, trials, 0.95)
    assert low <= hits / trials <= high
    assert low == 0 if hits == 0 else stats.binom.sf(hits - 1, trials, low) == pytest.approx(0.025, rel=1e-6)
    assert high == 1 if hits == trials else stats.binom.cdf(hits, trials, high) == pytest.approx(0.025, rel=1e-6)


def test_common_numbers_gain_what_the_variances_say() -> None:
    chance = np.random.default_rng(8)
    world, one, other = chance.normal(size=(3, 4000))
    found = common_numbers(3 * world + one, 3 * world + other)
    assert found.low < (10 + 10) / 2 < found.high
    apart = common_numbers(one, other)
    assert apart.low < 1 < apart.high


def test_a_size_is_settled_wrongly_no_more_often_than_allowed_however_often_it_is_looked_at() -> None:
    """At a true power just at the wanted one every verdict is wrong; looking without splitting breaks the promise."""
    chance = np.random.default_rng(9)
    split = Question((8,), power=0.8, wrong=0.05, most=640)
    every_look = split._replace(wrong=0.05 * len(split.looks))
    settled = {split: 0, every_look: 0}
    searches = 300
    for _ in range(searches):
        hits = chance.random(split.looks[-1]) < 0.8
        replicates = [Replicate(8, n, 0.0 if hit else 1.0, 0.0, 0.0, 0.0, 0.0) for n, hit in enumerate(hits)]
        for question in settled:
            for look, count in enumerate(question.looks):
                verdict = judged(question, 8, replicates[:count], look).verdict
                if verdict in ("enough", "too few"):
                    settled[question] += 1
                if verdict != "open":
                    break
    most = stats.binom.isf(RARE, searches, 0.05)
    assert settled[split] <= most < settled[every_look]


def test_the_error_allowed_for_a_size_is_split_evenly_over_its_looks() -> None:
    """17 of 20 leave .6 out of their 95 % interval, but not out of the wider ones of six looks."""
    replicates = [Replicate(8, n, 0.0 if n < 17 else 1.0, 0.0, 0.0, 0.0, 0.0) for n in range(20)]
    once, often = Question((8,), power=0.6, wrong=0.05, most=20), Question((8,), power=0.6, wrong=0.05, most=640)
    assert (len(once.looks), len(often.looks)) == (1, 6)
    for question in (once, often):
        found = judged(question, 8, replicates, 0)
        ends = stats.binomtest(17, 20).proportion_ci(1 - 0.05 / len(question.looks), method="exact")
        assert (found.low, found.high) == pytest.approx((ends.low, ends.high), rel=1e-9)
    assert [judged(question, 8, replicates, 0).verdict for question in (once, often)] == ["enough", "open"]


def test_what_counts_as_found_is_below_the_alpha_that_is_asked_for() -> None:
    replicates = [Replicate(8, n, p, 0.0, 0.0, 0.0, 0.0) for n, p in enumerate((0.005, 0.01, 0.03, 0.07))]
    found = {alpha: judged(Question((8,), alpha=alpha), 8, replicates, 0).power for alpha in (0.01, 0.05, 0.1)}
    assert found == {0.01: 0.25, 0.05: 0.75, 0.1: 1.0}


def test_looks_double_and_end_with_the_most() -> None:
    assert Question((8,), most=100).looks == (20, 40, 80, 100)
    assert Question((8,), most=20).looks == (20,)
