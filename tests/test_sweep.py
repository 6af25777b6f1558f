"""Sweeps: which points, what is kept of a run, that the way of running does not change a byte."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from affectsim.cli import affectsim as command
from affectsim.cli import finished
from affectsim.errors import InputError
from affectsim.parameters import MODEL, TRAITS
from affectsim.scenario import Scenario
from affectsim.simulation import simulate
from affectsim.sweep import execution, exports, factors
from affectsim.sweep.designs import points, read_points
from affectsim.sweep.estimate import estimate
from affectsim.sweep.execution import execute
from affectsim.sweep.factors import Factor, parse_vary
from affectsim.sweep.request import Sweep, parse_shard, read
from affectsim.sweep.runs import Made
from affectsim.sweep.slurm import script
from affectsim.sweep.store import FILE, Done, Store
from affectsim.sweep.workers import Reply
from affectsim.trial import analyse
from tests.worlds import SMALL

TRIAL = """
days = 21
seed = 5
[population]
size = 24
[network]
kind = "small-world"
ties_each = 4
[training]
programme = "two-week"
start_day = 7
"""


def asked(tmp_path: Path, *vary: str, text: str = SMALL, changes: dict | None = None, **given: object) -> Sweep:
    file = tmp_path / "base.toml"
    file.write_text(text)
    return read(file, given, vary, changes or {})


def begun(folder: Path, sweep: Sweep) -> Path:
    Store.create(folder, sweep.plan, sweep.points)
    return folder


def made(folder: Path, sweep: Sweep, workers: int = 0) -> bytes:
    begun(folder, sweep)
    with Store(folder, write=True) as store:
        execute(store, workers=workers)
        exports.export_csv(store, folder.parent / f"{folder.name}.csv")
    return (folder.parent / f"{folder.name}.csv").read_bytes()


def a_range(low: float, high: float, steps: int = 3, log: bool = False, whole: bool = False, name: str = "a") -> Factor:
    return Factor(name, name, (), {}, low, high, steps, log, whole)


# ------------------------------------------------------------------------------------------ points


def test_parse_vary():
    assert parse_vary("a.b=0.4:2.4:21") == {"path": "a.b", "low": 0.4, "high": 2.4, "count": 21}
    assert parse_vary("a.b=::7") == {"path": "a.b", "count": 7}
    assert parse_vary("a=1:100:3:log") == {"path": "a", "low": 1, "high": 100, "count": 3, "scale": "log"}
    assert parse_vary("who.share=0,0.1,1") == {"path": "who.share", "values": [0, 0.1, 1]}
    assert parse_vary("kind=ring, random") == {"path": "kind", "values": ["ring", "random"]}
    assert parse_vary("on=true,false") == {"path": "on", "values": [True, False]}
    for wrong in ("a", "a=", "=1:2", "a=1:2:3:4:5", "a=1:2:3:cubic"):
        with pytest.raises(InputError):
            parse_vary(wrong)


@given(st.floats(-100, 100), st.floats(0.01, 100), st.integers(2, 30), st.booleans(), st.floats(0, 1, exclude_max=True))
def test_levels_and_shares_stay_within_their_bounds(low, reach, steps, whole, share):
    low, high = (float(round(low)), float(round(low) + round(reach) + 1)) if whole else (low, low + reach)
    factor = a_range(low, high, steps, whole=whole)
    levels = factor.levels()
    assert levels[0] == pytest.approx(low, rel=1e-11) and levels[-1] == pytest.approx(high, rel=1e-11)
    assert levels == sorted(set(levels))
    assert all(low <= value <= high for value in [*levels, factor.at(share)])
    assert not whole or all(type(value) is int for value in [*levels, factor.at(share)])


def test_logarithmic_levels_have_equal_ratios_and_decimal_ones_are_short():
    assert a_range(1, 100, 3, log=True).levels() == [1, 10, 100]
    assert a_range(0.4, 2.4, 21).levels()[1:4] == [0.5, 0.6, 0.7]


def test_whole_numbers_are_drawn_evenly():
    drawn = [a_range(2, 5, whole=True).at(n / 4000) for n in range(4000)]
    assert [drawn.count(value) for value in (2, 3, 4, 5)] == [1000] * 4


def test_whole_numbers_on_a_logarithmic_scale_are_whole():
    factor = a_range(1, 20, 5, log=True, whole=True)
    assert factor.levels() == [1, 2, 4, 9, 20] and {type(value) for value in factor.levels()} == {int}
    assert {type(factor.at(n / 50)) for n in range(50)} == {int}


def test_whole_numbers_on_a_logarithmic_scale_are_the_nearest():
    """1, 2.71, 7.37 and 20: rounded, not cut."""
    assert a_range(1, 20, 4, log=True, whole=True).levels() == [1, 3, 7, 20]


def test_several_places_take_only_multiples_that_suit_all(monkeypatch):
    multiples = {"four": 4, "six": 6}
    monkeypatch.setattr(factors, "bounds", lambda _, path: factors.Bounds(whole=True, multiple_of=multiples[path]))
    assert factors._bounds(Scenario.from_toml(SMALL), multiples).multiple_of == 12


@given(st.integers(0, 50), st.integers(4, 60), st.integers(1, 4), st.booleans(), st.floats(0, 1))
def test_multiples_are_multiples_and_none_is_left_out(low, reach, multiple, log, share):
    low, high = low + log, low + log + max(reach, 2 * multiple)
    factor = a_range(low, high, 500, log, whole=True)._replace(multiple_of=multiple)
    every = [value for value in range(low, high + 1) if value % multiple == 0]
    assert factor.at(share) in every and set(factor.levels()) <= set(every)
    assert log or factor.levels() == every
    if not log:
        drawn = [factor.at((n + 0.5) / 1000) for n in range(1000)]
        counts = [drawn.count(value) for value in every]
        assert max(counts) - min(counts) <= 1


def test_ties_of_which_only_even_numbers_are_allowed(tmp_path):
    sweep = asked(tmp_path, "network.ties_each=2:10", design="lhs", samples=12)
    drawn = {point["network.ties_each"] for point in sweep.points}
    assert drawn == {2, 4, 6, 8, 10}
    text = SMALL.replace("size = 12", "size = 1200")
    assert all(
        point["network.ties_each"] % 2 == 0 for point in asked(tmp_path, "network.ties_each=::7", text=text).points
    )
    with pytest.raises(InputError, match="two multiples of 2 fit in"):
        asked(tmp_path, "network.ties_each=3:5")


def test_grid_is_every_combination_and_one_at_a_time_changes_one():
    two = [a_range(0, 1, 3), Factor("b", "b", ("x", "y"), {}, 0, 0, 0, False, False)]
    grid = points("grid", two, 0, 0)
    assert len({tuple(point.items()) for point in grid}) == 6
    alone = points("one-at-a-time", two, 0, 0)
    assert alone[0] == {} and [len(point) for point in alone[1:]] == [1] * 5


@pytest.mark.parametrize("kind", ["lhs", "sobol", "halton"])
def test_samples_fill_every_stratum(kind):
    """Each sixteenth of every factor is hit: by a Latin hypercube and a Sobol net exactly, by Halton nearly."""
    found = points(kind, [a_range(0, 1), a_range(0, 1, name="b")], 64, 1)
    assert found == points(kind, [a_range(0, 1), a_range(0, 1, name="b")], 64, 1)
    assert found != points(kind, [a_range(0, 1), a_range(0, 1, name="b")], 64, 2)
    for name in "ab":
        counts = np.bincount([int(16 * point[name]) for point in found], minlength=16)
        assert (counts == 4).all() if kind != "halton" else (counts >= 2).all()


def test_sobol_needs_a_power_of_two():
    for kind in ("sobol", "sobol-indices"):
        with pytest.raises(InputError, match="such as 64 or 128"):
            points(kind, [a_range(0, 1)], 100, 0)


def test_sobol_indices_mix_two_samples():
    factors = [a_range(0, 1, name=name) for name in "abc"]
    found = np.array([list(point.values()) for point in points("sobol-indices", factors, 8, 0)]).reshape(8, 5, 3)
    a, b = found[:, 0], found[:, -1]
    assert (a != b).all()
    for n in range(3):
        expected = a.copy()
        expected[:, n] = b[:, n]
        assert (found[:, 1 + n] == expected).all()


def test_morris_takes_one_step_along_every_factor():
    factors = [a_range(0, 3, name=name) for name in "abcd"]
    found = np.array([list(point.values()) for point in points("morris", factors, 50, 0)]).reshape(50, 5, 4)
    steps = np.diff(found, axis=1)
    assert (np.count_nonzero(steps, axis=1) == 1).all() and (np.count_nonzero(steps, axis=2) == 1).all()
    assert np.allclose(np.abs(steps[steps != 0]), 2.0)
    assert set(np.unique(found.round(9))) == {0, 1, 2, 3}


def test_bounds_come_from_the_list_of_parameters(tmp_path):
    sweep = asked(tmp_path, "model.defeat=::", "population.traits.self_criticism.median=::", "population.size=10:12",
                  text=TRIAL, design="lhs", samples=4)  # fmt: skip
    first, second, third = sweep.plan.known_factors
    assert (first.low, first.high) == (MODEL["defeat"].low, MODEL["defeat"].high)
    assert (second.low, second.high) == (TRAITS["self_criticism"].low, TRAITS["self_criticism"].high)
    assert third.whole


def test_one_factor_may_set_several_places_alike(tmp_path):
    """Its bounds hold for all of them, and what the scenario has there is shown only if it is the same."""
    both = "population.traits.self_criticism.median+population.traits.fear_of_self_compassion.median"
    sweep = asked(tmp_path, f"{both}=::3", text=TRIAL)
    (factor,) = sweep.plan.known_factors
    assert (factor.low, factor.high) == (0.0, 1.0)
    assert sweep.plan.changes_at({both: 0.5}) == dict.fromkeys(both.split("+"), 0.5)
    assert sweep.plan.shown_at({}) == [None]
    with pytest.raises(InputError, match="did you mean"):
        asked(tmp_path, "population.size+population.sise=8:16:2")


def test_points_of_a_file(tmp_path):
    file = tmp_path / "points.csv"
    file.write_text("model.defeat,population.size\n0.4,10\n0.6,12\n")
    factors, found = read_points(file)
    assert [factor.path for factor in factors] == ["model.defeat", "population.size"]
    assert found == [{"model.defeat": 0.4, "population.size": 10}, {"model.defeat": 0.6, "population.size": 12}]
    file.write_text("a,a\n1\n")
    with pytest.raises(InputError) as error:
        read_points(file)
    assert len(error.value.mistakes) == 2
    # Lines are those of the file, also after empty ones and cells of several lines or with foreign ends of lines.
    file.write_text('\nmodel.defeat,title\n\n0.4,"two\nlines"\n0.5,"a\u2028b\x85c"\n\n0.6\n')
    with pytest.raises(InputError) as error:
        read_points(file)
    assert [one.where for one in error.value.mistakes] == ["line 8"]
    file.write_text(file.read_text().replace("0.6", "0.6,c"))
    assert [point["title"] for point in read_points(file)[1]] == ["two\nlines", "a\u2028b\x85c", "c"]
    file.write_text(f"model.defeat,title\n0.4,a\n0.5,{'x' * 200_000}\n")
    with pytest.raises(InputError, match="line 3"):
        read_points(file)


def test_all_mistakes_are_said_at_once(tmp_path):
    with pytest.raises(InputError) as error:
        asked(tmp_path, "population.sise=2:3", "model.defeat=0.4,50")
    text = str(error.value)
    assert "sise" in text and "did you mean size" in text and "50" in text and "0 to 20" in text


def test_a_file_with_sweep(tmp_path):
    (tmp_path / "base.toml").write_text(TRIAL)
    (tmp_path / "sweep.toml").write_text("""
[sweep]
scenario = "base.toml"
replicates = 2
outcomes = ["balance"]
change = { population.size = 20 }
[[sweep.vary]]
path = "model.defeat"
values = [0.4, 0.6]
[[sweep.vary]]
name = "who"
cases = { nobody = { "training.who.share" = 0.0 }, half = { "training.who.share" = 0.5 } }
""")
    sweep = read(tmp_path / "sweep.toml", {}, [], {})
    assert len(sweep.points) == 4 and sweep.plan.base.population.size == 20
    changes = [sweep.plan.changes_at(point) for point in sweep.points]
    assert changes[0] == {"training.who.share": 0.0, "model.defeat": 0.4}
    (tmp_path / "sweep.toml").write_text('[sweep]\nscenario = "base.toml"\ndesing = "lhs"\n[population]\nsize = 3\n')
    with pytest.raises(InputError, match="did you mean design"):
        read(tmp_path / "sweep.toml", {}, [], {})


# -------------------------------------------------------------------------------------- what is kept


def test_whole_cases_come_first_so_that_others_change_them(tmp_path):
    case = "cases = { shame = { population = { size = 16, preset = 'shame' } } }\n"
    (tmp_path / "base.toml").write_text(TRIAL)
    (tmp_path / "sweep.toml").write_text(
        "[sweep]\nscenario = 'base.toml'\n[[sweep.vary]]\npath = 'population.size'\nvalues = [12, 20]\n"
        f"[[sweep.vary]]\nname = 'people'\n{case}"
    )
    sweep = read(tmp_path / "sweep.toml", {}, [], {})
    found = [sweep.plan.base.but(sweep.plan.changes_at(point)).population for point in sweep.points]
    assert [(one.size, one.preset) for one in found] == [(12, "shame"), (20, "shame")]


def test_outcomes_are_those_of_the_run_and_of_the_trial(tmp_path):
    """The numbers of a sweep are those that `simulate` and `analyse` give for the same scenario."""
    sweep = asked(tmp_path, "model.defeat=0.4,0.7", text=TRIAL, outcomes=["balance", "threat_dominant"], replicates=2)
    begun(tmp_path / "out", sweep)
    with Store(tmp_path / "out", write=True) as store:
        execute(store, workers=0)
        table = exports.table(store).set_index("run")
    for point, value in enumerate((0.4, 0.7)):
        changes = {"model.defeat": value, "replicates": 2, "record.readouts": ["balance", "threat_dominant"]}
        scenario = Scenario.load(tmp_path / "base.toml").but(changes)
        run = simulate(scenario, threads=1)
        week = run.isel(time=run["time"].to_numpy() > 14)
        for replicate in range(2):
            row = table.loc[2 * point + replicate]
            for arm in scenario.arms:
                mine = week.isel(run=((run["replicate"] == replicate) & (run["arm"] == arm)).to_numpy())
                name = arm.replace("-", "_")
                assert row[f"balance_{name}"] == pytest.approx(float(mine["balance"].mean()), rel=1e-12)
                share = float((mine["threat_dominant"].mean("time") > 0.5).mean())
                assert row[f"threat_dominant_people_{name}"] == pytest.approx(share)
            found = analyse(run.isel(run=(run["replicate"] == replicate).to_numpy()),
                            outcomes=["balance", "threat_dominant"])  # fmt: skip
            after = found.sel(group="trained", later="after")
            for outcome in ("balance", "threat_dominant"):
                one = after.sel(outcome=outcome)
                assert row[f"effect_{outcome}"] == pytest.approx(float(one["d"]), rel=1e-9)
                assert row[f"effect_{outcome}_low"] == pytest.approx(float(one["d_low"]), rel=1e-9)
                assert row[f"effect_{outcome}_high"] == pytest.approx(float(one["d_high"]), rel=1e-9)
                harmed = float(one["harmed"]) / float(found["people"].sel(group="trained"))
                assert row[f"harmed_{outcome}"] == pytest.approx(harmed)
                other = found.sel(group="untrained", later="after", outcome=outcome)
                assert row[f"spill_over_{outcome}"] == pytest.approx(float(other["d"]), rel=1e-9)


def test_effects_are_those_after_the_last_who_waited(tmp_path):
    """The second group starts a week later: "after" is after that, and there are weeks to follow up."""
    text = TRIAL.replace("days = 21", "days = 42") + "delivery.referrals_per_week = 20\nwho.share = 1.0\n"
    outcomes = ["threat", "drive", "soothing", "balance"]
    sweep = asked(tmp_path, "model.defeat=0.4,0.7", text=text, outcomes=outcomes)
    begun(tmp_path / "out", sweep)
    with Store(tmp_path / "out", write=True) as store:
        execute(store, workers=0)
        table = exports.table(store)
    for point, value in enumerate((0.4, 0.7)):
        run = simulate(Scenario.load(tmp_path / "base.toml").but({"model.defeat": value}), threads=1)
        assert np.nanmax(run["start_day"]) > 7
        found = analyse(run, outcomes=outcomes).sel(group="trained")
        for outcome in outcomes:
            one = found.sel(outcome=outcome)
            assert table[f"effect_{outcome}"][point] == pytest.approx(float(one["d"].sel(later="after")), rel=1e-4)
            later = float(one["d"].sel(later="follow-up"))
            assert table[f"effect_{outcome}_follow_up"][point] == pytest.approx(later, rel=1e-4)
            harmed = float(one["harmed"].sel(later="after")) / float(found["people"])
            assert table[f"harmed_{outcome}"][point] == pytest.approx(harmed)


def test_replicates_differ_and_points_share_their_chances(tmp_path):
    """Replicates are distinct worlds; a change that changes nothing gives the same numbers in each of them."""
    base = Scenario.from_toml(SMALL).parameters["defeat"]
    sweep = asked(tmp_path, f"model.defeat={base},{base + 0.3}", "title=a,b", replicates=4)
    begun(tmp_path / "out", sweep)
    with Store(tmp_path / "out", write=True) as store:
        execute(store, workers=0)
        table = exports.table(store)
    values = table.pivot(index=["model.defeat", "title"], columns="replicate", values="balance").to_numpy()
    assert (values[0] == values[1]).all() and (values[2] == values[3]).all()
    assert len(set(values[0])) == 4 and (values[0] != values[2]).all()


def test_batches_do_not_change_a_byte(tmp_path, monkeypatch):
    sweep = asked(tmp_path, "model.defeat=0.2:0.8:5", "population.size=8,12", replicates=2)
    whole = made(tmp_path / "many", sweep)
    monkeypatch.setattr(execution, "MOST_BATCH", 1)
    assert made(tmp_path / "one", sweep) == whole
    assert whole.count(b"\n") == 21


def test_what_a_sweep_does_beside_the_simulation_is_little(tmp_path):
    """At most a quarter of the kernel's time with 200 people for eight weeks; runs of a moment are the control."""
    size = {"days": 56, "population.size": 200, "record.every": "1 day"}
    small = {"days": 1, "population.size": 8}
    shares = {}
    for name, changes in (("usual", size), ("small", small)):
        sweep = asked(tmp_path, "model.defeat=0.2:0.8:5", changes=changes)
        begun(tmp_path / name, sweep)
        with Store(tmp_path / name, write=True) as store:
            account = execute(store, workers=0)
        shares[name] = (account.busy - account.kernel) / account.kernel
    assert shares["usual"] < 0.25 < shares["small"]


def test_a_run_that_raises_costs_no_other(tmp_path, monkeypatch):
    """Eight ties each do not fit six people: that point alone fails, with the reason, and can be tried again."""
    sweep = asked(tmp_path, "population.size=6,14", "network.ties_each=4,8", replicates=2)
    table = made(tmp_path / "out", sweep).decode().splitlines()
    assert [("ties_each" in line) for line in table[1:]] == [False, False, True, True, False, False, False, False]
    alone = asked(tmp_path, "population.size=14", "network.ties_each=4,8", replicates=2)
    others = [line.split(",", 2)[2] for line in made(tmp_path / "alone", alone).decode().splitlines()[1:]]
    assert [line.split(",", 2)[2] for line in table[5:]] == others
    said = CliRunner().invoke(command, ["status", str(tmp_path / "out")])
    assert "6 of 8 runs are done, 2 failed" in said.output and "run 2: network.ties_each" in said.output


# ------------------------------------------------------------------------------------------ processes


def test_processes_give_the_same_bytes_and_survive_a_run_that_kills(tmp_path):
    """A readout of one's own ends the process at one point: that run is given up, all others are as in one process."""
    (tmp_path / "deadly.py").write_text('''
import os

from affectsim.readouts import Measure


class Deadly(Measure, kind="deadly"):
    """Ends the process at one value of a parameter.

    Assumes: nothing.
    """

    @classmethod
    def of(cls, values):
        """Return threat."""
        return values["threat"]

    @classmethod
    def recorded(cls, values, recording):
        """Return threat."""
        if recording.model["defeat"] == 0.5 and os.environ.get("SPARED") is None:
            os._exit(9)
        return values["threat"]
''')
    text = 'parts = ["deadly.py"]\n' + SMALL
    sweep = asked(tmp_path, "model.defeat=0.3:0.7:5", text=text, outcomes=["balance", "deadly"])
    os.environ["SPARED"] = "yes"
    try:
        spared = made(tmp_path / "spared", sweep).decode().splitlines()
    finally:
        del os.environ["SPARED"]
    found = made(tmp_path / "processes", sweep, workers=2).decode().splitlines()
    for run, (line, other) in enumerate(zip(found[1:], spared[1:], strict=True)):
        if run == 2:
            assert "died 3 times (exit code 9)" in line
        else:
            assert line == other


def test_estimate_is_within_a_factor_of_two(tmp_path):
    """Disk, memory and processor time; the time by the clock depends on what else the machine begins to do."""
    text = TRIAL.replace("size = 24", "size = 50")
    sweep = asked(tmp_path, "model.defeat=0.2:0.8:10", text=text, replicates=4)
    found = estimate(sweep.plan, sweep.points, workers=1)
    assert found.runs == 40 and not found.failed
    begun(tmp_path / "out", sweep)
    with Store(tmp_path / "out", write=True) as store:
        account = execute(store, workers=1)
    assert 0.5 < found.busy / account.busy < 2
    assert 0.5 < found.disk / (tmp_path / "out" / FILE).stat().st_size < 2
    from affectsim.sweep.workers import peak_memory

    assert 0.5 < found.memory / (account.memory + peak_memory()) < 2
    assert "40 runs, about" in found.text()


class SlowAndFast:
    """Stands in for a pool: one worker takes 2 s for a run, each further one 2 s more; every second run fails."""

    def __init__(self, _plan, count: int) -> None:
        self.count, self.given = count, []

    def idle(self) -> int:
        return self.count

    def give(self, jobs) -> None:
        self.given.append(jobs)

    def listen(self, _seconds: float) -> list[Reply]:
        told = []
        for n, jobs in enumerate(self.given, 1):
            done = [Done(job.run, {}, "too big" if job.run % 2 else None) for job in jobs]
            told.append(Reply(Made(done, 3.0 * len(jobs), 0.0, 2.0 * n * len(jobs)), 100 * n))
        self.given = []
        return told

    def close(self) -> None:
        pass


def test_estimate_adds_up_workers_and_equal_failures(tmp_path, monkeypatch):
    """By hand, batches of one: 1/2 + 1/4 runs a second; 3 s of processor time each; the highest peak for all."""
    from affectsim.sweep import estimate as module

    monkeypatch.setattr(module, "Pool", SlowAndFast)
    monkeypatch.setattr(module, "BATCH_SECONDS", 1.0)
    monkeypatch.setattr(module, "peak_memory", lambda: 7)
    sweep = asked(tmp_path, "model.defeat=0.2:0.8:6")
    found = estimate(sweep.plan, sweep.points, workers=2)
    assert (found.runs, found.workers, found.memory, found.failed) == (6, 2, 407, {"too big": 3})
    assert found.seconds == pytest.approx(6 / 0.75) and found.busy == pytest.approx(18)


# ------------------------------------------------------------------------------------------ command line


def test_shards_merge_into_the_whole(tmp_path):
    sweep = asked(tmp_path, "model.defeat=0.2:0.8:5", replicates=3)
    whole = made(tmp_path / "whole", sweep)
    parts = []
    for number in (1, 2):
        file = tmp_path / "base.toml"
        part = read(file, {"replicates": 3}, ["model.defeat=0.2:0.8:5"], {}, (number, 2))
        made(tmp_path / f"part-{number}", part)
        parts.append(str(tmp_path / f"part-{number}"))
    said = CliRunner().invoke(command, ["merge", *parts, "--out", str(tmp_path / "all")])
    assert "15 of 15 runs" in said.output
    CliRunner().invoke(command, ["export", str(tmp_path / "all"), "--csv", str(tmp_path / "all.csv")])
    assert (tmp_path / "all.csv").read_bytes() == whole
    # What is there already is replaced only if that is said.
    (tmp_path / "all.csv").write_text("years of work")
    again = ["export", str(tmp_path / "all"), "--csv", str(tmp_path / "all.csv")]
    refused = CliRunner().invoke(command, again)
    assert refused.exit_code != 0 and (tmp_path / "all.csv").read_text() == "years of work"
    assert "is there already" in str(refused.exception)
    assert CliRunner().invoke(command, [*again, "--overwrite"]).exit_code == 0
    assert (tmp_path / "all.csv").read_bytes() == whole
    other = asked(tmp_path, "model.defeat=0.2:0.8:5", replicates=3, changes={"seed": 8})
    made(tmp_path / "other", other)
    with pytest.raises(InputError, match="seed"):
        exports.merge([tmp_path / "part-1", tmp_path / "other"], tmp_path / "never")
    assert not (tmp_path / "never").exists()


def test_of_two_parts_with_the_same_run_the_one_that_succeeded_is_kept(tmp_path):
    good, bad = Done(3, (1.0,), None), Done(3, (None,), "is too much")
    assert exports._agreed(good, bad, tmp_path) == exports._agreed(bad, good, tmp_path) == good
    with pytest.raises(InputError, match="run 3 has other numbers"):
        exports._agreed(good, Done(3, (2.0,), None), tmp_path)


def test_script_for_slurm():
    text = script(["affectsim", "sweep", "my file.toml"], 16, 4, Path("out"), 7200)
    assert "--array=1-16" in text and "'my file.toml' --workers 4 --shard \"$SLURM_ARRAY_TASK_ID/16\"" in text
    assert parse_shard("3/16") == (3, 16)
    for wrong in ("0/3", "4/3", "a/b", "3"):
        with pytest.raises(InputError):
            parse_shard(wrong)


def test_netcdf_holds_the_table(tmp_path):
    import xarray as xr

    sweep = asked(tmp_path, "model.defeat=0.2,0.8", "population.preset=general,shame")
    made(tmp_path / "out", sweep)
    with Store(tmp_path / "out") as store:
        exports.export_netcdf(store, tmp_path / "out.nc")
        table = exports.table(store)
    with xr.open_dataset(tmp_path / "out.nc", engine="h5netcdf") as found:
        assert (found["balance"].to_numpy() == table["balance"].to_numpy()).all()
        assert found["population.preset"].to_numpy().tolist() == ["general", "shame"] * 2


def test_netcdf_says_what_every_column_is(tmp_path):
    import xarray as xr

    (tmp_path / "base.toml").write_text(TRIAL.replace("days = 21", "days = 28"))
    file = tmp_path / "sweep.toml"
    file.write_text(
        """[sweep]
scenario = "base.toml"
outcomes = ["soothing", "threat_dominant", "depression-score"]
vary = [
    { path = "population.traits.self_criticism.median", low = 0.8, high = 1.6, count = 2 },
    { path = "training.who.share", name = "share / offered", values = [0.5] },
]
"""
    )
    made(tmp_path / "out", read(file, {}, (), {}))
    with Store(tmp_path / "out") as store:
        exports.export_netcdf(store, tmp_path / "out.nc")
    with xr.open_dataset(tmp_path / "out.nc", engine="h5netcdf") as found:
        assert all(one.attrs["long_name"] for one in found.data_vars.values())
        units = {str(name): one.attrs.get("units") for name, one in found.data_vars.items()}
        offered = found["share___offered"]
        assert offered.to_numpy().tolist() == [0.5, 0.5] and offered.attrs["long_name"].startswith("share / offered: ")
    assert {name for name, unit in units.items() if unit is None} == {"point", "replicate", "failed"}
    assert units["soothing_training"] == units["soothing_waiting_list"] == "activation"
    assert units["depression_score_training"] == "% of maximum" and units["threat_dominant_people_training"] == "1"
    effects = ("effect_soothing", "effect_soothing_low", "effect_threat_dominant_follow_up", "spill_over_soothing")
    assert {units[name] for name in effects} == {"standard deviations"}
    assert units["harmed_soothing"] == units["share___offered"] == "1"
    assert units["population.traits.self_criticism.median"] == TRAITS["self_criticism"].unit
    # The numbers can be had when a file that the scenario names has gone.
    (tmp_path / "own.toml").write_text("says = 'x'\nsource = 'y'\n")
    (tmp_path / "out2.toml").write_text(SMALL.replace("size = 12", 'size = 12\npreset = "own.toml"'))
    made(tmp_path / "gone", read(tmp_path / "out2.toml", {}, ("model.defeat=0.2,0.8",), {}))
    (tmp_path / "own.toml").unlink()
    with Store(tmp_path / "gone") as store:
        assert exports.dataset(store).sizes["run"] == 2


@settings(max_examples=20)
@given(st.lists(st.floats(0.05, 1.0), min_size=1, max_size=5, unique=True))
def test_a_list_of_values_is_taken_as_it_is(values):
    text = ",".join(repr(value) for value in values)
    assert parse_vary(f"model.signal_threshold={text}")["values"] == values


def test_replicates_are_no_factor(tmp_path):
    """They would do nothing: every point has as many."""
    with pytest.raises(InputError, match=r"replicates cannot be varied: .* give --replicates"):
        asked(tmp_path, "replicates=1,2")


def test_the_script_for_a_cluster_replaces_scripts_only(tmp_path):
    asked(tmp_path, "model.defeat=0.2:0.8:5")
    file, script = tmp_path / "base.toml", tmp_path / "job.sh"
    before = file.read_text()
    words = ["sweep", str(file), "--vary", "model.defeat=0.2:0.8:5", "--out", str(tmp_path / "out"), "--slurm", "2"]
    assert CliRunner().invoke(command, [*words, str(file)]).exit_code != 0 and file.read_text() == before
    for _ in range(2):
        assert CliRunner().invoke(command, [*words, str(script)]).exit_code == 0
    assert script.read_text().startswith("#!")


def test_a_sweep_on_another_drive_remembers_where_its_command_ran(tmp_path, monkeypatch):
    """Windows knows no relative path from one drive to another."""

    def apart(*_):
        raise ValueError("path is on mount 'C:', start on mount 'D:'")

    (tmp_path / "sweep").mkdir()
    (tmp_path / "base.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os.path, "relpath", apart)
    finished.keep_command(tmp_path / "sweep", points=Path("base.toml"))
    kept = finished._kept(tmp_path / "sweep")
    assert kept.folder == tmp_path.resolve() and kept.given["points"].is_file()


def test_levels_mean_nothing_where_points_are_drawn(tmp_path):
    """They would be dropped without a word: the number of points is --samples."""
    for design in ("lhs", "sobol", "halton", "sobol-indices", "morris"):
        with pytest.raises(InputError, match=rf"model\.defeat +levels mean nothing for design = {design}"):
            asked(tmp_path, "model.defeat=0.2:0.8:5", design=design)
        assert asked(tmp_path, "model.defeat=0.2:0.8", design=design, samples=4).points


def test_outcomes_may_be_spelt_as_in_the_table(tmp_path):
    sweep = asked(tmp_path, "model.defeat=0.2,0.8", outcomes=["stress_score", "anxiety-score", "balance"])
    assert list(sweep.plan.outcomes) == ["stress-score", "anxiety-score", "balance"]
    with pytest.raises(InputError, match="did you mean stress-score"):
        asked(tmp_path, "model.defeat=0.2,0.8", outcomes=["stres_score"])


def test_the_exit_code_says_that_runs_failed(tmp_path):
    """So that a script does not go on with half of a table."""
    asked(tmp_path, "model.defeat=0.2,0.8")
    file, out = str(tmp_path / "base.toml"), tmp_path / "out"
    words = ["sweep", file, "--vary", "population.size=6,14", "--vary", "network.ties_each=4,8", "--workers", "1"]
    first = CliRunner().invoke(command, [*words, "--out", str(out)])
    assert first.exit_code == 1 and "1 run failed" in first.output, (first.output, first.exception)
    assert CliRunner().invoke(command, ["resume", str(out)]).exit_code == 1
    merged = CliRunner().invoke(command, ["merge", str(out), "--out", str(tmp_path / "merged")])
    assert merged.exit_code == 1 and f"affectsim retry {tmp_path / 'merged'}" in merged.output
    words[3] = "population.size=12,14"
    assert CliRunner().invoke(command, [*words, "--out", str(tmp_path / "whole")]).exit_code == 0


def test_an_export_replaces_no_file_of_the_sweep(tmp_path):
    made(tmp_path / "out", asked(tmp_path, "model.defeat=0.2,0.8"))
    folder = str(tmp_path / "out")
    for option in ("--csv", "--parquet", "--netcdf"):
        for name in (FILE, f"{FILE}-wal", "sweep.lock", "sweep-command.json", "manifest.json"):
            words = ["export", folder, option, str(tmp_path / "out" / name), "--overwrite"]
            assert "is a file of the sweep itself" in str(CliRunner().invoke(command, words).exception)
    assert "names no file" in str(CliRunner().invoke(command, ["export", folder, "--csv", "-"]).exception)
    (tmp_path / "manifest.json").write_text("of something else")
    words = ["export", folder, "--csv", str(tmp_path / "manifest.json"), "--overwrite"]
    assert CliRunner().invoke(command, words).exit_code == 0
    both = ["--csv", str(tmp_path / "one"), "--netcdf", str(tmp_path / "one")]
    assert "a file of its own" in CliRunner().invoke(command, ["export", folder, *both]).output
    assert not (tmp_path / "one").exists()
    with Store(tmp_path / "out") as store:
        assert len(exports.table(store)) == 2
