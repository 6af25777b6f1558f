"""Sensitivity: indices of functions whose indices are known, guards, and a real sweep."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from affectsim.cli import affectsim as command
from affectsim.errors import InputError
from affectsim.sweep import execution
from affectsim.sweep.designs import morris, points
from affectsim.sweep.execution import execute
from affectsim.sweep.factors import Factor
from affectsim.sweep.request import Sweep, read
from affectsim.sweep.runs import Made
from affectsim.sweep.sensitivity import elementary_effects, sensitivity, sobol_indices
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
    shares = morris(3, 200, 0)
    values = 3 * shares[:, 0] - 2 * shares[:, 1] * shares[:, 2]
    found = {(row[0], row[1]): row[2:] for row in elementary_effects(shares, values, ["a", "b", "c"], 200, 0)}
    assert found["a", "effect"][:3] == pytest.approx((3, 3, 3)) and found["a", "spread"][0] == pytest.approx(0)
    # -2 * c with c of 0, 1/3, 2/3, 1 in equal shares: mean -1, standard deviation 2 * sqrt(5) / 6.
    assert found["b", "effect"][0] == pytest.approx(-1, abs=0.2)
    assert found["b", "absolute"][0] == pytest.approx(1, abs=0.2)
    assert found["b", "spread"][0] == pytest.approx(np.sqrt(5) / 3, abs=0.1)
    assert found["b", "effect"][1] < found["b", "effect"][0] < found["b", "effect"][2]


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


def begun(tmp_path: Path, design: str, samples: int) -> Sweep:
    (tmp_path / "base.toml").write_text('days = 1\n[population]\nsize = 8\n[network]\nkind = "none"\n')
    given = {"design": design, "samples": samples, "replicates": 2, "outcomes": ["balance", "threat", "drive"]}
    sweep = read(tmp_path / "base.toml", given, ["model.defeat=0:1", "model.striving=0:1"], {})
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
    values = found.set_index(["factor", "index"])["value"]
    assert values["model.defeat", "effect"] == pytest.approx(2)
    assert values["model.striving", "absolute"] == pytest.approx(1)


def test_other_designs_have_no_indices(tmp_path):
    begun(tmp_path, "lhs", 4)
    with Store(tmp_path / "out") as store, pytest.raises(InputError, match="--design sobol-indices"):
        sensitivity(store)
