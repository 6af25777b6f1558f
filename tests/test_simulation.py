"""Runs: what is recorded, that recording and batching change nothing, that the reference solver agrees."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from affectsim import reference, results
from affectsim.cli.output import whole_folder
from affectsim.errors import InputError
from affectsim.readouts import ALWAYS, RESERVED, SYSTEMS
from affectsim.scenario import Scenario
from affectsim.scenario_files import TEMPLATES
from affectsim.simulation import simulate, simulate_many
from affectsim.world import build
from tests.worlds import activations, advance, scenario

LIFE = {"kind": "daily-life"}


def _made(**more):
    record = {
        "every": "6 hours",
        "readouts": ["balance", "dominant", "anger", "self_criticism"],
        **more.pop("record", {}),
    }
    return scenario(people=90, days=2.0, steps=4, stimuli=[LIFE], record=record, **more)


def test_a_run_is_a_labelled_dataset():
    run = simulate(_made(training={"programme": "eight-week", "start_day": 1}, replicates=2))
    assert dict(run.sizes) == {"run": 4, "time": 8, "person": 90, "quantile": 5}
    assert list(run.arm.values) == ["training", "waiting-list"] * 2
    assert list(run.replicate.values) == [0, 0, 1, 1]
    for name in (*SYSTEMS, "balance", "anger", "self_criticism"):
        assert run[name].dims == ("run", "time", "person")
        assert run[name].attrs["units"] and run[name].attrs["long_name"]
        assert np.isfinite(run[name].values).all()
    assert run.time.attrs["units"] == "day" and run.time.values[-1] == 2.0
    for key in ("scenario", "digest", "seed", "versions", "command", "commit", "disclaimer"):
        assert key in run.attrs
    assert Scenario.from_toml(run.attrs["scenario"]).digest() == run.attrs["digest"]


def test_single_half_hours_are_as_exact_as_the_description_says():
    """Against ticks of 7.5 minutes: how far records, means over three looks in a tick, are off."""
    tables = {"days": 7, "seed": 3, "population": {"size": 200, "preset": "help-seeking"},
              "network": {"kind": "small-world"}, "stimuli": [{"kind": "daily-life"}],
              "record": {"every": "30 minutes"}}  # fmt: skip
    made = Scenario.from_tables(tables)
    fine, usual, half = (simulate(made.but({"numerics.tick": tick})) for tick in (7.5, 30, 15))
    for name in ("threat", "drive", "soothing", "balance"):
        rough, better = (np.abs((one[name] - fine[name]).to_numpy()) for one in (usual, half))
        assert rough.max() < 0.06 and np.sqrt((rough**2).mean()) < 0.002, name
        days = (usual[name] - fine[name]).to_numpy().reshape(7, 48, 200).mean(axis=1)
        assert np.abs(days).max() < 0.003, name
        assert float(usual[name].mean() / fine[name].mean()) == pytest.approx(1, abs=1e-3), name
        # A control that can fail: the shorter tick is nearer.
        assert better.max() < 0.4 * rough.max(), name


@pytest.mark.parametrize(("steps", "tolerance"), [(12, 2e-4), (7, 2e-3)])
def test_records_are_means_over_time_and_not_over_the_ends_of_ticks(steps, tolerance):
    """Against the trapezoid rule on half a minute's worth of finely cut time; odd steps have a simpler rule."""
    made = _made().but(
        {
            "numerics.steps_per_tick": steps,
            "model.goal_pursuit": 0.0,
            "model.risk_rate": 0.0,
            "stimuli.0.ambiguous": 0.0,
        }
    )
    run = simulate(made)
    world = build([made.but({"numerics": {"tick": 1.0, "steps_per_tick": 1}})])
    path = np.array([activations(world), *(activations(advance(world, 1)) for _ in range(720))])
    fine = (0.5 * (path[1:] + path[:-1])).reshape(2, 360, 3, 90).mean(axis=1)
    ends = path[30::30].reshape(2, 12, 3, 90).mean(axis=1)
    for n, name in enumerate(SYSTEMS):
        recorded = run[name].values[0, :2]
        assert np.abs(recorded - fine[:, n]).mean() < tolerance
        # The control: ends of ticks alone are further off.
        assert np.abs(ends[:, n] - fine[:, n]).mean() > 2 * np.abs(recorded - fine[:, n]).mean()


@pytest.mark.parametrize("steps", [1, 4, 5, 10])
def test_threat_strongest_all_week_is_exactly_one_and_the_next_week_counts_anew(steps):
    """Counted in float32, in parts of a tick that it holds exactly, whatever the weights within a tick."""
    frightened = {"background_sd": 0.0, "circumstances_sd": 0.0, "background_threat": 2.0}
    record = {"every": "7 days", "readouts": ["threat_dominant"]}
    made = scenario(people=8, days=21.0, steps=steps, network={"kind": "none"}, record=record, model=frightened)
    shares = simulate(made)["threat_dominant"].values[0]
    # The first week starts from ordinary people.
    assert (shares[0] > 0.9).all() and (shares[0] < 1.0).any() and (shares[1:] == 1.0).all()


def test_summaries_are_those_of_everybody_whoever_is_kept():
    everybody = simulate(_made())
    few = simulate(_made(record={"people": [5, 3]}))
    nobody = simulate(_made(record={"people": "none"}))
    assert list(few.person.values) == [5, 3]
    assert (few.threat.values == everybody.threat.values[:, :, [5, 3]]).all()
    for run in (few, nobody):
        for name in ("threat_mean", "balance_sd", "soothing_quantile"):
            xr.testing.assert_equal(run[name], everybody[name])
    np.testing.assert_allclose(everybody.threat_mean, everybody.threat.mean("person"))
    np.testing.assert_allclose(everybody.threat_quantile.sel(quantile=0.5), everybody.threat.median("person"))
    assert "threat" not in nobody


def test_batched_and_alone_are_the_same_runs():
    several = [_made(seed=s) for s in (1, 2)]
    for alone, together in zip([simulate(s, threads=1) for s in several], simulate_many(several), strict=True):
        xr.testing.assert_equal(alone, together)


def test_same_seed_same_run_other_seed_other_run():
    runs = [simulate(_made(seed=s)).threat.values for s in (0, 0, 1)]
    assert (runs[0] == runs[1]).all()
    assert np.abs(runs[0] - runs[2]).mean() > 0.01


def test_how_often_is_recorded_changes_nothing():
    fine, coarse = simulate(_made(record={"every": "30 minutes"})), simulate(_made(record={"every": "1 day"}))
    means = fine.threat.values.reshape(1, 2, 48, 90).mean(axis=2)
    np.testing.assert_allclose(coarse.threat.values, means, rtol=1e-12)


def test_progress_reaches_the_end_and_can_stop():
    seen: list[tuple[int, int]] = []
    simulate(_made(), progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (96, 96)

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(_made(), progress=stop)


@pytest.mark.parametrize("threads", [0, -1, 1000])
def test_an_impossible_number_of_threads_is_refused_in_words(threads):
    with pytest.raises(InputError, match="must be from 1 to"):
        simulate(_made(), threads=threads)


def test_the_name_of_a_file_is_told_from_a_scenario():
    with pytest.raises(TypeError, match=r"'office\.toml' is no Scenario; Scenario\.load reads one from a file"):
        simulate("office.toml")
    for alone in ("office.toml", Path("office.toml"), _made()):
        with pytest.raises(TypeError, match=r"^needs a list of scenarios, not ('office|PosixPath|Scenario)"):
            simulate_many(alone)


def test_a_record_longer_than_the_run_is_refused():
    with pytest.raises(InputError, match=r"record\.every"):
        simulate(_made(record={"every": "3 days"}))


def test_saved_and_loaded_runs_are_equal_and_nothing_partial_stays(tmp_path):
    run = simulate(_made())
    results.save(run, tmp_path / "run.nc")
    xr.testing.assert_identical(results.load(tmp_path / "run.nc"), run)
    assert {"scenario", "digest", "seed", "versions", "command", "commit"} <= set(run.attrs)
    assert [p.name for p in tmp_path.iterdir()] == ["run.nc"]
    with pytest.raises(OSError):
        results.save(run, tmp_path / "no folder" / "run.nc")


NODES = """node,team/unit,team_unit,Modularity Class,group
0,a,1,7,x
1,b,2,7,y
2,a,3,8,x
"""
GRAPHML = """<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="a" for="node" attr.name="team/unit" attr.type="string"/>
<key id="b" for="node" attr.name="Modularity Class" attr.type="int"/>
<graph edgedefault="undirected">
<node id="0"><data key="a">a</data><data key="b">7</data></node>
<node id="1"><data key="a">b</data><data key="b">7</data></node>
<node id="2"><data key="a">a</data><data key="b">8</data></node>
<edge source="0" target="1"/></graph></graphml>
"""


@pytest.mark.parametrize("ending", ["csv", "graphml"])
def test_attributes_with_any_names_are_written_and_read_again(tmp_path, ending):
    (tmp_path / "ties.csv").write_text("source,target\n0,1\n")
    (tmp_path / "nodes.csv").write_text(NODES)
    (tmp_path / "ties.graphml").write_text(GRAPHML)
    network = {"kind": "file", "path": f"ties.{ending}", **({"nodes": "nodes.csv"} if ending == "csv" else {})}
    run = simulate(Scenario({"days": 1, "network": network}, folder=tmp_path))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        results.save(run, tmp_path / "run.nc")
        again = results.load(tmp_path / "run.nc")
    xr.testing.assert_identical(again, run)
    assert again["group_Modularity_Class"].values.tolist() == [7, 7, 8]
    assert again["group_Modularity_Class"].attrs["long_name"] == "Modularity Class"
    # A name that can stay as it is does so; the other one is kept apart from it.
    slashed = "group_team_unit_2" if ending == "csv" else "group_team_unit"
    assert again[slashed].values.tolist() == ["a", "b", "a"] and again[slashed].attrs["long_name"] == "team/unit"
    assert ending == "graphml" or again["group_team_unit"].values.tolist() == [1, 2, 3]


def test_a_command_that_is_no_utf_8_can_be_written(tmp_path, monkeypatch):
    monkeypatch.setattr(results.sys, "argv", ["run", "caf\udce9.toml"])
    run = simulate(_made())
    results.save(run, tmp_path / "run.nc")
    assert results.load(tmp_path / "run.nc").attrs["command"] == "run caf\\udce9.toml"


def test_names_that_become_alike_stay_apart():
    found = results.variable_names(["a b", "a/b", "a\tb", "a_b", "a_b_2", "."], taken=["_"])
    assert found == {"a b": "a_b_3", "a/b": "a_b_4", "a\tb": "a_b_5", "a_b": "a_b", "a_b_2": "a_b_2", ".": "__2"}


def test_every_variable_says_its_unit_and_how_it_came_about(tmp_path):
    readouts = ["balance", "dominant", "in_balance", "anger", "self_criticism"]
    run = simulate(_made(record={"readouts": readouts, "summaries": True}))
    results.save(run, tmp_path / "run.nc")
    run = results.load(tmp_path / "run.nc")
    over = "over 6 hours up to that time"
    for name in ALWAYS:
        for what, words in (("mean", "mean"), ("sd", "standard deviation"), ("quantile", "quantiles")):
            said = run[f"{name}_{what}"].attrs
            assert said["units"] == ("activation" if name in SYSTEMS else "1")
            assert said["cell_methods"] == f"time: mean (comment: {over}, then {words} over people)"
    assert run["anger"].attrs["cell_methods"] == f"time: mean (comment: {over})"
    # As it is at the time of the record, whatever the interval.
    assert run["self_criticism"].attrs["cell_methods"] == "time: point"
    codes = run["dominant"].attrs
    assert codes["flag_meanings"] == "threat drive soothing" and codes["flag_values"].tolist() == [0, 1, 2]
    assert codes["flag_values"].dtype == run["dominant"].dtype and codes["units"] == "1"
    assert "cell_methods" not in codes and "cell_methods" not in run["in_balance"].attrs


def test_names_of_a_run_that_are_no_readouts_are_reserved():
    training = {"programme": "eight-week", "start_day": 1, "who": {"unless": "not suitable"}}
    run = simulate(_made(training=training, bonds={"change": True}, record={"summaries": True}))
    # Beside those of a run: columns of a sweep, and what two scenarios are called side by side.
    others = {"failed", "point", "digest", "scenario", "title", "toml"}
    assert {str(name) for name in run.variables} | set(run.sizes) | others == RESERVED | {*_made().record.readouts}


def test_a_disk_without_room_is_said_before_anything_is_written(tmp_path, monkeypatch):
    """A disk that fills up while HDF5 writes would end the whole process."""
    run = simulate(_made())
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=run.nbytes))
    with pytest.raises(OSError, match="No space left"):
        results.save(run, tmp_path / "run.nc")
    with pytest.raises(InputError, match="cannot be written: No space left"), whole_folder(tmp_path / "out") as partial:
        results.save(run, partial / "run.nc")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", sorted(p.stem for p in TEMPLATES.glob("*.toml")))
def test_every_shipped_scenario_agrees_with_the_reference_solver(name):
    """Error of the default step after half a day below 1e-4, on the first day of every shipped scenario.

    Ambiguous events and opportunities depend on the state by a threshold, so they are left out here.
    """
    made = Scenario.load(TEMPLATES / f"{name}.toml")
    life = {f"stimuli.{n}.ambiguous": 0.0 for n, s in enumerate(made.stimuli) if s.kind == "daily-life"}
    made = made.but({"model.goal_pursuit": 0.0, "model.risk_rate": 0.0, **life})
    if made.population.size and made.population.size > 100:
        made = made.but({"population.size": 100})
    kernel, exact = build([made]), build([made])
    advance(kernel, 24)
    reference.advance(exact, 24, rtol=1e-9, atol=1e-10)
    for run in range(len(kernel.runs)):
        assert np.abs(activations(kernel, run) - activations(exact, run)).max() < 1e-4


def test_real_networks_run(shared, tmp_path):
    """The workplace (217 people, weighted) and 7,624 people of lastfm, with scripted events."""
    script = tmp_path / "script.csv"
    script.write_text("person,time_h,kind,intensity\n0,2.0,threat,3.0\n5,2.5,affiliative,1.0\n")
    for file, people in (("workplace2015_contacts.csv", 217), ("lastfm_asia.csv", 7624)):
        made = Scenario.from_tables(
            {
                "title": file, "days": 0.25, "network": {"kind": "file", "path": str(shared / "data/networks" / file)},
                "stimuli": [{"kind": "script", "path": str(script)}], "record": {"every": "30 minutes"},
            }
        )  # fmt: skip
        run = simulate(made)
        assert run.sizes["person"] == people
        threat = run.threat.values[0]
        assert threat[4, 0] > threat[3, 0] + 0.1


def test_slow_quantities_are_those_of_the_world():
    made = _made(record={"every": "1 day"})
    world = advance(build([made]), 96)
    run = simulate(made)
    np.testing.assert_array_equal(run.self_criticism.values[0, -1], world.get(0, "effective_self_criticism"))
    fight = world.get(0, "effective_fight")
    np.testing.assert_allclose(run.anger.values[0, -1], run.threat.values[0, -1] * fight)


def test_the_same_scenario_twice_is_run_twice():
    """Each gets its own runs, as if it had been run alone."""
    made = scenario(people=10, replicates=2)
    alone = simulate(made)
    for twin in simulate_many([made, made]):
        assert twin.sizes["run"] == 2 and twin["replicate"].to_numpy().tolist() == [0, 1]
        np.testing.assert_array_equal(twin["threat"], alone["threat"])


def test_where_a_run_comes_from_is_looked_up_once(monkeypatch):
    """To ask git and the packages takes longer than a small run, and a fit makes thousands."""
    first = simulate(scenario(people=20)).attrs

    def again(*_, **__):
        raise AssertionError("asked again")

    monkeypatch.setattr(results.subprocess, "run", again)
    monkeypatch.setattr(results, "version", again)
    second = simulate(scenario(people=20)).attrs
    assert (second["commit"], second["versions"]) == (first["commit"], first["versions"])


def test_without_git_the_commit_is_unknown(monkeypatch):
    """A result is not lost because a program is missing that only says where the code comes from."""

    def missing(*_, **__):
        raise FileNotFoundError("git")

    monkeypatch.setattr(results.subprocess, "run", missing)
    monkeypatch.setattr(results, "_commit_of", results._commit_of.__wrapped__)
    assert results.commit() == "unknown"
    assert simulate(scenario(people=20)).attrs["commit"] == "unknown"
