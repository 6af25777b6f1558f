"""The benchmarks measure what they say: every contestant runs the same model, and the ratios have not collapsed."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest

from affectsim.world import World
from tests.benchmarks import c_source, c_tick, speed, work_precision
from tests.benchmarks.array_tick import JaxPeople, NumpyPeople
from tests.benchmarks.day import Day
from tests.benchmarks.plain import SUMS, Start
from tests.benchmarks.schemes import SCHEMES, default
from tests.benchmarks.worlds import TIES_EACH, copied, ring_with_shortcuts, world

PEOPLE = 200
needs_c = pytest.mark.skipif(c_tick.missing() is not None, reason=c_tick.missing() or "")


@pytest.fixture(scope="module")
def morning() -> World:
    """Return a world at 10:00 on its second day."""
    made = world(PEOPLE)
    speed.run_engine(made, 68, 1)
    return made


def after(made: World, ticks: int) -> np.ndarray:
    twin = copied(made)
    speed.run_engine(twin, ticks, 1)
    return np.concatenate([speed.activations(twin), [twin.get(0, name) for name in SUMS]])


def test_the_worlds_have_eight_ties_each_and_everyday_events(morning: World) -> None:
    ties = ring_with_shortcuts(1000)
    assert ties.count / 1000 == pytest.approx(TIES_EACH, rel=0.01)
    far = np.abs(ties.source - ties.target)
    assert 0.05 < np.mean(np.minimum(far, 1000 - far) > TIES_EACH // 2) < 0.15
    assert morning.get(0, "u_resource").max() > 0.1


@pytest.mark.parametrize("ticks", [3, 27])
def test_numpy_gives_the_engines_numbers(morning: World, ticks: int) -> None:
    # Until midnight: nights, when perceived power begins to count, are not among the contestants' work.
    people = NumpyPeople(Start.of(morning))
    for _ in range(ticks):
        people.tick()
    assert people.outside == 0
    assert np.abs(np.stack([*people.state, *people.sums]) - after(morning, ticks)).max() < speed.AGREE


def test_mesa_gives_the_engines_numbers(morning: World) -> None:
    from tests.benchmarks.mesa_peer import PlainModel

    model = PlainModel(Start.of(morning))
    model.step()
    model.step()
    assert np.abs(np.stack([*model.state, *model.sums]) - after(morning, 2)).max() < speed.AGREE


def test_jax_gives_the_engines_numbers(morning: World) -> None:
    pytest.importorskip("jax")
    people = JaxPeople(Start.of(morning))
    people.ticks(3)
    sums = [np.asarray(x) for x in people.values[-1]]
    assert np.abs(np.stack([*people.state, *sums]) - after(morning, 3)).max() < speed.AGREE


@needs_c
def test_c_from_the_kernels_source_gives_the_same_numbers(morning: World) -> None:
    twin, same, engine = copied(morning), copied(morning), copied(morning)
    c_tick.CTick(twin).advance(twin, 100, threads=2)
    c_tick.CTick(same, c_tick.SAME_BITS).advance(same, 100, threads=1)
    speed.run_engine(engine, 100, 1)
    assert np.abs(speed.activations(twin) - speed.activations(engine)).max() < speed.AGREE
    for name in ("fast", "slow", "given"):
        assert np.array_equal(getattr(same.population, name), getattr(engine.population, name)), name


def _translated(function: object, *arguments: object) -> str:
    whole = c_source.Translation()
    whole.function(function, [c_source.type_of(a) for a in arguments])
    return whole.source()


def _uses_a_dictionary(x):  # type: ignore[no-untyped-def]
    found = {"a": x}
    return found["a"]


def _two_types(x):  # type: ignore[no-untyped-def]
    y = x
    y = x[0:2]
    return y


def test_what_cannot_be_translated_is_refused_with_its_place() -> None:
    with pytest.raises(c_source.NotTranslated, match=r"test_benchmarks\.py:\d+: expression"):
        _translated(_uses_a_dictionary, 1.0)
    with pytest.raises(c_source.NotTranslated):
        _translated(_two_types, np.zeros((2, 2)))


def test_constants_of_modules_become_numbers() -> None:
    source = _translated(_with_constants, 2.0)
    assert (0.1).hex() in source and "SHARE" not in source


SHARE = 0.1


def _with_constants(x):  # type: ignore[no-untyped-def]
    return SHARE * x if x > 0.0 else 2.0**-3


def test_quick_report_has_its_keys_and_no_regression() -> None:
    found = speed.report((1000,), 1, 3, speed.WORK // 40, "cpu", quick=True)
    again = json.loads(json.dumps(found))
    (row,) = again["rates"]
    assert {"people", "engine", "mesa", "numpy", "jax", "c"} <= set(row)
    (ratio,) = again["ratios"]
    assert ratio["mesa"] > 50
    assert ratio["numpy"] > 3
    if c_tick.missing() is None:
        assert ratio["c"] > 0.35
    assert row["engine"] > 0 and row["numpy"] > 0
    assert speed.table(found).count("\n") > 5
    if found["memory"]:
        assert found["memory"]["state"] <= speed.MOST_BYTES


def test_a_contestant_that_runs_another_model_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def tick(self: NumpyPeople) -> None:
        self.state = tuple(0.9 * x for x in self.state)

    monkeypatch.setattr(NumpyPeople, "tick", tick)
    with pytest.raises(RuntimeError, match="numpy differs from the engine"):
        speed.measure(100, 1, 1, 100)


@pytest.fixture(scope="module")
def day() -> Day:
    return Day(60)


def test_the_default_scheme_in_numpy_is_the_engines(day: Day) -> None:
    ours, theirs = day.scheme(default, 6), day.engine_path(6)
    assert max(np.abs(a - b).max() for a, b in zip(ours, theirs, strict=True)) < speed.AGREE


def test_schemes_have_the_orders_they_are_known_for(day: Day) -> None:
    def order(name: str, few: int, many: int) -> float:
        scheme = SCHEMES[name][0]
        errors = [day.error(day.scheme(scheme, n)) for n in (few, many)]
        return float(np.log(errors[0] / errors[1]) / np.log(many / few))

    assert order("RK4, exchange at every stage", 24, 48) == pytest.approx(4, abs=0.35)
    assert order("cubic, misses given back (default)", 25, 50) == pytest.approx(4, abs=0.35)
    assert order("exponential midpoint", 24, 48) == pytest.approx(2, abs=0.35)
    # Steps inside a tick do not help whoever hears the others once per tick.
    assert order("neighbours frozen per tick", 24, 48) == pytest.approx(0, abs=0.35)
    assert day.error(day.engine_path(work_precision.DEFAULT_STEPS)) < work_precision.ACCURACY


def test_scipy_at_loose_tolerance_is_less_exact_than_at_a_tight_one(day: Day) -> None:
    tight, loose = (day.error(day.scipy("LSODA", rtol, rtol)) for rtol in (1e-7, 1e-2))
    assert tight < work_precision.ACCURACY < loose


def test_work_precision_report_and_figure(tmp_path, monkeypatch, full) -> None:  # type: ignore[no-untyped-def]
    if not full:
        monkeypatch.setattr(work_precision, "RTOLS", (1e-5,))
        monkeypatch.setattr(work_precision, "ATOL_SHARES", (0.1,))
    began = time.perf_counter()
    found = work_precision.report(60, 1, 1, "cpu", quick=True)
    assert set(found["best"]) >= {"engine", "scipy LSODA", "scipy DOP853"}
    assert all(row["error"] <= work_precision.ACCURACY for row in found["best"].values())
    json.dumps(found)
    assert "engine / scipy LSODA" in work_precision.table(found)
    work_precision.draw(found, tmp_path / "figure.svg")
    assert (tmp_path / "figure.svg").stat().st_size > 1000
    assert time.perf_counter() - began < 120
