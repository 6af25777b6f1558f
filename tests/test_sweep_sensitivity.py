"""Sensitivity: indices of functions whose indices are known, guards, and a real sweep."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from SALib.analyze import delta as salib_delta
from SALib.analyze import pawn as salib_pawn

from affectsim.cli import affectsim as command
from affectsim.errors import InputError
from affectsim.sweep import execution
from affectsim.sweep.designs import points, problem, shares
from affectsim.sweep.execution import execute
from affectsim.sweep.factors import Factor
from affectsim.sweep.request import Sweep, read
from affectsim.sweep.runs import Made
from affectsim.sweep.sensitivity import (
    delta,
    elementary_effects,
    factorial_indices,
    given_data,
    pawn,
    sensitivity,
    settled,
    sobol_indices,
)
from affectsim.sweep.sensitivity.factorial import _variances
from affectsim.sweep.sensitivity.given import NOTHING, classes, normal_scores
from affectsim.sweep.sensitivity.variance import base
from affectsim.sweep.store import Done, Store


def ranges(count: int, low: float, high: float) -> list[Factor]:
    names = [f"x{n}" for n in range(count)]
    return [Factor(name, name, (), {}, low, high, 3, False, False) for name in names]


def indices_of(function, count: int, low: float, high: float, samples: int) -> tuple[np.ndarray, np.ndarray]:
    """Return value, low, high and samples of first-order and of total indices: (rows, 4) each."""
    factors = ranges(count, low, high)
    x = np.array([list(point.values()) for point in points("sobol-indices", factors, samples, 1)])
    rows = sobol_indices(function(x), [factor.name for factor in factors], 200, 0)
    return tuple(np.array([row[2:] for row in rows if row[1] == index], dtype=float) for index in ("first", "total"))


def test_indices_of_ishigami():
    """Ishigami & Homma 1990, a = 7, b = 0.1: exact values from its variance."""
    a, b = 7.0, 0.1
    variance = a**2 / 8 + b * np.pi**4 / 5 + b**2 * np.pi**8 / 18 + 0.5
    one = 0.5 * (1 + b * np.pi**4 / 5) ** 2
    both = b**2 * np.pi**8 * 8 / 225
    first, total = indices_of(
        lambda x: np.sin(x[:, 0]) + a * np.sin(x[:, 1]) ** 2 + b * x[:, 2] ** 4 * np.sin(x[:, 0]),
        3, -np.pi, np.pi, 4096,
    )  # fmt: skip
    assert first[:3, 0] == pytest.approx(np.array([one, a**2 / 8, 0]) / variance, abs=0.02)
    assert total[:3, 0] == pytest.approx(np.array([one + both, a**2 / 8, both]) / variance, abs=0.02)
    for found in (first, total):
        assert (found[:3, 1] <= found[:3, 0]).all() and (found[:3, 0] <= found[:3, 2]).all()
        # Smaller samples follow, each half of the one before.
        assert found[::3, 3].tolist() == [4096 / 2**n for n in range(9)]


def test_indices_of_the_g_function():
    """Sobol 1990; exact values from the variances of its factors."""
    a = np.array([0.0, 1.0, 4.5, 9.0])
    first, total = indices_of(
        lambda x: np.prod((np.abs(4 * x - 2) + a) / (1 + a), axis=1), 4, 0.0, 1.0, 8192
    )  # fmt: skip
    own = 1 / (3 * (1 + a) ** 2)
    variance = np.prod(1 + own) - 1
    assert first[:4, 0] == pytest.approx(own / variance, abs=0.02)
    others = np.array([np.prod(1 + np.delete(own, n)) for n in range(4)])
    assert total[:4, 0] == pytest.approx(own * others / variance, abs=0.02)


def test_intervals_hold_the_true_index_as_often_as_they_say():
    """Of 60 linear problems, a 95 % interval misses in at most 10: chance of more is below 0.1 % if it is right."""
    missed = 0
    for seed in range(60):
        factors = ranges(2, 0, 1)
        x = np.array([list(point.values()) for point in points("sobol-indices", factors, 128, seed)])
        row = sobol_indices(2 * x[:, 0] + x[:, 1], ["a", "b"], 200, seed)[0]
        assert row[:2] == ("a", "first")
        missed += not row[3] <= 0.8 <= row[4]
    assert missed <= 10


def test_elementary_effects_of_a_function_that_is_known():
    """A linear factor has its slope and no spread; a product of two has the mean slope and a spread."""
    x = shares("morris", 3, 200, 0)
    values = 3 * x[:, 0] - 2 * x[:, 1] * x[:, 2]
    rows = elementary_effects(x, values, ["a", "b", "c"], 200, 0)
    assert sorted({row.samples for row in rows}) == [6, 12, 25, 50, 100, 200]
    found = {row[:2]: row[2:] for row in rows if row.samples == 200}
    assert found["a", "effect"][:3] == pytest.approx((3, 3, 3)) and found["a", "spread"][0] == pytest.approx(0)
    assert found["a", "absolute"][:3] == pytest.approx((3, 3, 3))
    # -2 * c with c of 0, 1/3, 2/3, 1 in equal shares: mean -1, standard deviation 2 * sqrt(5) / 6.
    assert found["b", "effect"][0] == pytest.approx(-1, abs=0.2)
    assert found["b", "absolute"][0] == pytest.approx(1, abs=0.2)
    assert found["b", "spread"][0] == pytest.approx(np.sqrt(5) / 3, abs=0.1)
    assert found["b", "effect"][1] < found["b", "effect"][0] < found["b", "effect"][2]


BASE = 'days = 1\n[population]\nsize = 8\n[network]\nkind = "none"\n'


class Linear:
    """Stands in for the simulation: known functions of the two factors and the replicate."""

    def __init__(self, plan):
        self.plan = plan

    def make(self, jobs):
        """Make runs."""
        done = []
        for job in jobs:
            a, b = job.changes["model.defeat"], job.changes["model.striving"]
            values = {"balance": 2 * a + b + 100 * job.replicate, "threat": 0.1 + 0.2, "drive": a if a < 0.9 else None}
            done.append(Done(job.run, values))
        return Made(done, 0.01, 0.01)


def begun(tmp_path: Path, design: str, samples: int | None, levels: str = "") -> Sweep:
    (tmp_path / "base.toml").write_text(BASE)
    given = {"design": design, "replicates": 2, "outcomes": ["balance", "threat", "drive"]}
    if samples is not None:
        given["samples"] = samples
    sweep = read(tmp_path / "base.toml", given, [f"model.defeat=0:1{levels}", f"model.striving=0:1{levels}"], {})
    Store.create(tmp_path / "out", sweep.plan, sweep.points)
    return sweep


def test_a_sweep_is_told_with_its_guards(tmp_path, monkeypatch):
    """Shares 4/5 and 1/5 of the variance whatever the replicates add; constant and missing outcomes have none."""
    monkeypatch.setattr(execution, "Maker", Linear)
    begun(tmp_path, "sobol-indices", 256)
    with Store(tmp_path / "out") as store, pytest.raises(InputError, match="runs are missing"):
        sensitivity(store)
    with Store(tmp_path / "out", write=True) as store:
        execute(store, workers=0)
        found, without = sensitivity(store, draws=100)
        with pytest.raises(InputError, match="did you mean balance"):
            sensitivity(store, ["balanse"])
    whole = found[found["samples"] == 256].set_index(["factor", "index"])["value"]
    for index in ("first", "total"):
        assert whole["model.defeat", index] == pytest.approx(0.8, abs=0.02)
        assert whole["model.striving", index] == pytest.approx(0.2, abs=0.02)
    assert without["threat"] == "the same at all points"
    assert "missing at" in without["drive"] and set(without) == {"threat", "drive"}
    file = tmp_path / "indices.csv"
    said = CliRunner().invoke(command, ["sensitivity", str(tmp_path / "out"), "--csv", str(file)])
    assert said.exit_code == 0 and "threat: no index; the same at all points" in said.output
    assert file.read_text().startswith("outcome,factor,index,value,low,high,samples\n")


def test_elementary_effects_of_a_sweep(tmp_path, monkeypatch):
    monkeypatch.setattr(execution, "Maker", Linear)
    begun(tmp_path, "morris", 10)
    with Store(tmp_path / "out", write=True) as store:
        execute(store, workers=0)
        found, _ = sensitivity(store, ["balance"], draws=100)
    values = settled(found).set_index(["factor", "index"])["value"]
    assert values["model.defeat", "effect"] == pytest.approx(2)
    assert values["model.striving", "absolute"] == pytest.approx(1)


# ------------------------------------------------------------------------------------------ a grid


def test_indices_of_a_grid_are_exact():
    """Of a + 2 b + a b over given levels, worked out by hand; the third factor does nothing."""
    a, b = np.array([-1.0, 0.0, 1.0]), np.array([-2.0, 2.0])
    values = (a[:, None] + 2 * b[None, :] + a[:, None] * b[None, :])[:, :, None, None] + np.zeros((1, 1, 4, 1))
    # Variances: a 2/3, 2 b 16, a b 8/3.
    found = {row[:2]: row[2:] for row in factorial_indices(values, ["a", "b", "c"])}
    whole = 2 / 3 + 16 + 8 / 3
    assert found["a", "first"][0] == pytest.approx((2 / 3) / whole)
    assert found["a", "total"][0] == pytest.approx((2 / 3 + 8 / 3) / whole)
    assert found["b", "first"][0] == pytest.approx(16 / whole)
    assert found["b", "total"][0] == pytest.approx((16 + 8 / 3) / whole)
    assert found["c", "total"][0] == pytest.approx(0, abs=1e-12)


def _noisy(seed: int) -> np.ndarray:
    """Return a + b on 6 x 5 levels in 8 worlds, each with a slope of its own and chance at every point."""
    random = np.random.default_rng(seed)
    a, b = np.linspace(-1, 1, 6)[:, None, None], np.linspace(-1, 1, 5)[None, :, None]
    slope = 1 + 0.5 * random.normal(size=8)
    return slope * a + b + random.normal(size=8) + random.normal(size=(6, 5, 8))


def test_what_differs_between_replicates_is_not_taken_for_an_effect():
    """Chance lifts what stands above and below the bar; its mean over 300 sets is taken away to 3 standard errors."""
    exact = {"a": np.var(np.linspace(-1, 1, 6)), "b": np.var(np.linspace(-1, 1, 5))}
    of_all = sum(exact.values())
    sums, plain = [], []
    for seed in range(300):
        values = _noisy(seed)
        mean = values.mean(axis=-1)
        each = sum(_variances(values[..., n] - mean) for n in range(8))
        sums.append(_variances(mean) - each / 56)
        plain.append(_variances(mean))
    expected = np.array([[exact["a"], exact["b"]], [exact["a"], exact["b"]], [of_all, of_all]])
    error = np.std(sums, axis=0) / 300**0.5
    assert (np.abs(np.mean(sums, axis=0) - expected) < 3.5 * error).all()
    # The control: without taking it away, totals are far too large.
    assert (np.abs(np.mean(plain, axis=0) - expected) > 3.5 * error)[1:].all()


def test_a_grid_in_which_chance_is_all_has_no_index():
    """Of pure chance about half of the grids keep nothing above what replicates explain: nothing is told of them."""
    random = np.random.default_rng(1)
    found = [factorial_indices(random.normal(size=(3, 4, 2)), ["a", "b"]) for _ in range(60)]
    assert 10 < sum(not rows for rows in found) < 50
    assert all(np.isfinite(row.value) for rows in found for row in rows)
    # The control: variances of which chance was taken away would have been divided, whatever was left.
    assert factorial_indices(_noisy(0)[:, :, :2], ["a", "b"])


def test_intervals_of_a_grid_hold_the_truth_as_often_as_they_say():
    """Of 100 sets, a 95 % interval misses in at most 16: chance of more is below 0.1 %, also if it is one of 93 %."""
    truth = np.var(np.linspace(-1, 1, 6)) / (np.var(np.linspace(-1, 1, 6)) + np.var(np.linspace(-1, 1, 5)))
    missed = 0
    for seed in range(100):
        row = factorial_indices(_noisy(seed), ["a", "b"])[0]
        assert row[:2] == ("a", "first") and row.samples == 8
        missed += not row.low <= truth <= row.high
    assert missed <= 16


# ------------------------------------------------------------------------------------------ any points


def _sum_of_normals(weight: float, samples: int) -> tuple[list[np.ndarray], np.ndarray]:
    from scipy.stats import norm, qmc

    x = norm.ppf(qmc.LatinHypercube(3, seed=4).random(samples))
    return list(x.T), weight * x[:, 0] + np.sqrt(1 - weight**2) * x[:, 1]


@pytest.mark.parametrize("weight", [0.0, 0.5, 0.9])
def test_distribution_based_indices_of_a_sum_of_normals(weight):
    """What comes out is normal everywhere and in each class: areas and distances follow by integration."""
    from scipy.stats import norm

    levels, values = _sum_of_normals(weight, 4096)
    rows = {row[:2]: row for row in given_data(levels, values, ["a", "b", "c"], 40, 0, follow=False)}
    y = np.linspace(-8, 8, 4001)
    slices = norm.ppf((np.arange(10)[:, None] + np.linspace(0.005, 0.995, 100)) / 10)
    rest = np.sqrt(1 - weight**2)
    inside = norm.pdf(y, weight * slices[..., None], rest).mean(axis=1)
    area = 0.5 * np.abs(inside - norm.pdf(y)).sum(axis=1).mean() * (y[1] - y[0])
    below = norm.cdf(y, weight * slices[..., None], rest).mean(axis=1)
    assert rows["a", "delta"].value == pytest.approx(area, abs=0.03)
    assert rows["a", "pawn"].value == pytest.approx(np.median(np.abs(below - norm.cdf(y)).max(axis=1)), abs=0.03)
    assert rows["a", "first"].value == pytest.approx(weight**2, abs=0.03)
    for index in ("delta", "pawn"):
        assert rows["a", index].low <= rows["a", index].value <= rows["a", index].high
        # The third factor does nothing, and chance says as much.
        assert rows["c", index].value <= rows[NOTHING, index].high + 0.01 < 0.06


def test_distances_are_those_of_salib():
    """Where SALib cuts a factor itself it leaves out the largest value, which moves little here."""
    levels, values = _sum_of_normals(0.6, 2000)
    theirs = salib_pawn.analyze(problem(3), np.array(levels).T, values, S=10)["median"]
    assert [pawn(classes(one, 10), values) for one in levels] == pytest.approx(list(theirs), abs=0.006)
    # The control: of two levels it never looks at the higher, which alone is different here.
    labels = np.repeat([0, 1, 1, 1], 100)
    values = np.concatenate([np.linspace(0, 1, 300), np.linspace(5, 6, 100)])[::-1]
    alone = salib_pawn.analyze(problem(1), labels[:, None], values, S=1)["median"][0]
    assert alone == pytest.approx(0.75) and pawn(labels, values) == pytest.approx((0.75 + 0.25) / 2)


def test_distances_do_not_depend_on_how_many_points_there_are_several_times():
    """Above 2,000 points all are repeated so that no probability is worked out: it must change nothing."""
    labels, values = np.arange(2400) % 7, np.random.default_rng(3).normal(size=2400).round(2)
    every = np.sort(values)
    inside = [np.searchsorted(np.sort(values[labels == n]), every, "right") / (labels == n).sum() for n in range(7)]
    all_of_them = np.searchsorted(every, every, "right") / 2400
    assert pawn(labels, values) == pytest.approx(np.median([np.abs(one - all_of_them).max() for one in inside]))


def test_delta_does_not_depend_on_the_scale_and_sees_classes_without_spread():
    labels = np.arange(600) % 3
    values = np.random.default_rng(0).normal(size=600) + labels
    scores = [normal_scores(one, np.random.default_rng(1)) for one in (values, np.exp(3 * values))]
    assert (scores[0] == scores[1]).all()
    # Of one class nothing but zero comes out, of the others never, so that each differs by what is not its own.
    values = np.where(labels == 0, 0.0, np.abs(values - labels))
    exact = (2 / 3 + 1 / 3 + 1 / 3) / 3
    assert delta(labels, normal_scores(values, np.random.default_rng(1))) == pytest.approx(exact, abs=0.1)
    # The control: SALib leaves that class out, and finds less.
    ends = np.array([0, 200, 400, 600])
    alone = salib_delta.calc_delta(values, np.linspace(values.min(), values.max(), 100), labels, ends)
    assert alone < exact - 0.15
    # Equal values come in random order, so that nothing is made of the order of the points.
    assert delta(np.repeat([0, 1, 2], 200), normal_scores(np.zeros(600), np.random.default_rng(1))) < 0.12


def test_outputs_that_were_shuffled_are_noticed():
    """The control: indices of the same numbers at other points are far from the exact ones, or nothing."""
    ishigami = [0.3139, 0.4424, 0.0]
    x = shares("sobol-indices", 3, 1024, 1) * 2 * np.pi - np.pi
    values = np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])

    def first(values: np.ndarray) -> list[float]:
        return [row.value for row in sobol_indices(values, "abc", 10, 0) if row[1] == "first" and row.samples == 1024]

    assert first(values) == pytest.approx(ishigami, abs=0.02)
    random = np.random.default_rng(0)
    assert np.abs(np.array(first(random.permutation(values))) - ishigami).max() > 0.2
    # In the order A, B, then each column, as scipy has it.
    a, *mixed, b = values.reshape(-1, 5).T
    assert np.abs(np.array(first(np.concatenate([a, b, *mixed]))) - ishigami).max() > 0.2
    x, values = base(x, 3), base(values, 3)
    for shuffled in (False, True):
        here = random.permutation(values) if shuffled else values
        rows = {row[:2]: row for row in given_data(list(x.T), here, "abc", 40, 0, follow=False)}
        seen = [rows["b", index].value > 3 * rows[NOTHING, index].high for index in ("pawn", "delta")]
        assert seen == [not shuffled] * 2
        assert (rows["b", "first"].value > 0.3) is not shuffled


def test_first_order_from_any_points_is_that_of_ishigami():
    from scipy.stats import qmc

    x = np.pi * (2 * qmc.LatinHypercube(3, seed=2).random(8192) - 1)
    values = np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])
    rows = {row[:2]: row.value for row in given_data(list(x.T), values, ["a", "b", "c"], 40, 0, follow=False)}
    assert [rows[name, "first"] for name in "abc"] == pytest.approx([0.3139, 0.4424, 0], abs=0.02)
    # Its effect on the mean is nothing, but it widens what comes out: only distances can see that.
    assert rows["c", "delta"] > 2 * rows[NOTHING, "delta"] and rows["c", "delta"] > 0.05


def test_levels_are_classes_and_none_is_left_out():
    assert classes(["b", "a", "b"], 10).tolist() == [1, 0, 1]
    assert classes([0.5, 2, 0.5, 9], 10).tolist() == [0, 1, 0, 2]
    assert np.bincount(classes(list(np.random.default_rng(0).random(1000)), 10)).tolist() == [100] * 10
    # Only the highest of two levels does something.
    values = np.where(np.arange(400) % 2, 1.0, 0.0) + np.linspace(0, 0.1, 400)
    assert pawn(np.arange(400) % 2, values) == pytest.approx(0.5, abs=0.01)
    # Kernels blur the sharp border between the two.
    scores = normal_scores(values, np.random.default_rng(0))
    assert 0.4 < delta(np.arange(400) % 2, scores) < 0.5


@pytest.mark.parametrize(("design", "samples"), [("lhs", 64), ("halton", 64), ("sobol", 64), ("grid", None)])
def test_every_design_tells_what_it_can(tmp_path, monkeypatch, design, samples):
    """Four fifths of the variance, from samples about and from a grid exactly; guards and convergence as elsewhere."""
    monkeypatch.setattr(execution, "Maker", Linear)
    begun(tmp_path, design, samples, ":8" if design == "grid" else "")
    with Store(tmp_path / "out", write=True) as store:
        execute(store, workers=0)
        told: list[tuple[int, int]] = []
        found, without = sensitivity(store, draws=100, progress=lambda *done: told.append(done))
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert set(without) == {"threat", "drive"}
    whole = settled(found).set_index(["factor", "index"])
    exact = design == "grid"
    assert whole.loc[("model.defeat", "first"), "value"] == pytest.approx(0.8, abs=1e-9 if exact else 0.1)
    assert whole.loc[("model.defeat", "delta"), "value"] > whole.loc[("model.striving", "delta"), "value"]
    assert set(found["index"]) == {"first", "pawn", "delta"} | ({"total"} if exact else set())
    assert sorted(set(found.loc[found["index"] == "first", "samples"])) == ([2] if exact else [64])


def test_figures_are_drawn_of_every_kind(tmp_path, monkeypatch):
    monkeypatch.setattr(execution, "Maker", Linear)
    for design, samples, names in (("morris", 10, {"balance"}), ("sobol-indices", 64, {"balance"})):
        begun(tmp_path, design, samples)
        with Store(tmp_path / "out", write=True) as store:
            execute(store, workers=0)
        folder = tmp_path / design
        said = CliRunner().invoke(
            command, ["sensitivity", str(tmp_path / "out"), "--out", str(folder), "--draws", "100"]
        )
        assert said.exit_code == 0, said.output
        figures = {f"{one}.{kind}" for one in names for kind in ("png", "svg")}
        assert {path.name for path in folder.iterdir()} == {"indices.csv", "indices.txt", "manifest.json", *figures}
        shutil.rmtree(tmp_path / "out")


def test_the_same_sweep_gives_the_same_indices_whatever_else_draws_numbers(tmp_path, monkeypatch):
    """To the last bit, with every design, and nothing is taken from or left in what all of numpy shares."""
    monkeypatch.setattr(execution, "Maker", Linear)
    for design, samples in (("morris", 6), ("sobol-indices", 32), ("lhs", 64)):
        begun(tmp_path, design, samples)
        with Store(tmp_path / "out", write=True) as store:
            execute(store, workers=0)
            found = []
            for seed in (1, 2):
                np.random.seed(seed)  # noqa: NPY002
                before, shown = np.random.get_state()[1].tolist(), warnings.formatwarning  # noqa: NPY002
                found.append(sensitivity(store, ["balance"], draws=100)[0].to_csv())
                assert np.random.get_state()[1].tolist() == before  # noqa: NPY002
                assert warnings.formatwarning is shown
        assert found[0] == found[1]
        shutil.rmtree(tmp_path / "out")


class Kinds(Linear):
    """As `Linear`, of a network (a category) and a sub-scenario, whose name nobody knows but the factor."""

    def make(self, jobs):
        """Make runs, and have those fail that are `broken`."""
        done = []
        for job in jobs:
            ring, harsh = job.changes["network.kind"] == "ring", job.changes["model.defeat"] == 0.9
            values = {"balance": 3.0 * harsh + ring + 0.01 * (job.run % 7), "threat": 1.0 + ring, "drive": 0.0}
            done.append(Done(job.run, {}, "broken") if job.run in self.broken else Done(job.run, values))
        return Made(done, 0.01, 0.01)

    broken: frozenset[int] = frozenset()


KINDS = """
[sweep]
scenario = "base.toml"
replicates = 1
outcomes = ["balance", "threat", "drive"]
[[sweep.vary]]
path = "network.kind"
values = ["none", "ring"]
[[sweep.vary]]
name = "life"
cases = { calm = { "model.defeat" = 0.1 }, harsh = { "model.defeat" = 0.9, "model.striving" = 0.2 } }
"""


@pytest.mark.parametrize(("design", "samples"), [("grid", None), ("lhs", 64), ("sobol-indices", 64), ("morris", 10)])
def test_categories_and_sub_scenarios_have_indices_and_failed_runs_none(tmp_path, monkeypatch, design, samples):
    """Of nine tenths and one tenth of the variance: 3 against 1, half of the points each."""
    monkeypatch.setattr(execution, "Maker", Kinds)
    (tmp_path / "base.toml").write_text(BASE)
    (tmp_path / "sweep.toml").write_text(KINDS)
    given = {"design": design} | ({"samples": samples} if samples else {})
    sweep = read(tmp_path / "sweep.toml", given, [], {})
    Store.create(tmp_path / "out", sweep.plan, sweep.points)
    with Store(tmp_path / "out", write=True) as store:
        execute(store, workers=0)
        found, without = sensitivity(store, draws=100)
    assert without == {"drive": "the same at all points"}
    whole = settled(found[found["outcome"] == "balance"]).set_index(["factor", "index"])["value"]
    kind = "absolute" if design == "morris" else "first"
    # A step is two thirds of the way, and here the whole of it.
    scale = 3.0 / (2 / 3) if design == "morris" else 0.9
    assert whole["life", kind] == pytest.approx(scale, abs=0.1 * scale)
    assert whole["life", kind] > 2.5 * whole["network.kind", kind] > 0
    shutil.rmtree(tmp_path / "out")
    # Runs that failed leave a gap, and a gap is no zero.
    monkeypatch.setattr(Kinds, "broken", frozenset({2}))
    Store.create(tmp_path / "out", sweep.plan, sweep.points)
    with Store(tmp_path / "out", write=True) as store:
        execute(store, workers=0)
        found, without = sensitivity(store, draws=100)
    assert found.empty and set(without) == {"balance", "threat", "drive"}
    assert all(why.startswith("missing at 1 of ") for why in without.values())


@pytest.mark.parametrize(("design", "samples"), [("sobol-indices", 16), ("morris", 4)])
def test_points_in_another_order_are_refused(tmp_path, monkeypatch, design, samples):
    """SALib knows points by their place; those of an older version, or mixed up, would mean nothing."""
    monkeypatch.setattr(execution, "Maker", Linear)
    sweep = begun(tmp_path, design, samples)
    shutil.rmtree(tmp_path / "out")
    Store.create(tmp_path / "out", sweep.plan, [sweep.points[1], sweep.points[0], *sweep.points[2:]])
    with Store(tmp_path / "out", write=True) as store:
        execute(store, workers=0)
        with pytest.raises(InputError, match=r"are not those that SALib .* draws; the sweep was begun with affectsim"):
            sensitivity(store)


def test_outcomes_that_hardly_ever_differ_do_no_harm():
    """Only one of 200 points is different: smaller samples are all the same, and say nothing."""
    levels, values = [list(range(200)), [n % 3 for n in range(200)]], np.zeros(200)
    values[150] = 1.0
    rows = given_data(levels, values, ["a", "b"], 20, 0)
    assert {row.samples for row in rows} == {200} and all(np.isfinite(row[2:5]).all() for row in rows)
    design = np.zeros(64 * 4)
    design[-1] = 1.0
    rows = sobol_indices(design, ["a", "b"], 20, 0)
    assert {row.samples for row in rows} == {64} and all(np.isfinite(row[2:5]).all() for row in rows)


def test_one_factor_at_a_time_and_few_points_have_no_indices(tmp_path):
    begun(tmp_path, "one-at-a-time", None)
    with Store(tmp_path / "out") as store, pytest.raises(InputError, match="one-at-a-time"):
        sensitivity(store)
    shutil.rmtree(tmp_path / "out")
    begun(tmp_path, "lhs", 4)
    with Store(tmp_path / "out") as store, pytest.raises(InputError, match="has 4 points"):
        sensitivity(store)
    shutil.rmtree(tmp_path / "out")
    begun(tmp_path, "morris", 1)
    with Store(tmp_path / "out") as store, pytest.raises(InputError, match="is 1 trajectory"):
        sensitivity(store)
