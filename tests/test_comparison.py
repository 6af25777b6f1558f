"""Two scenarios side by side: pairing, what is refused, and the example of the README."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import affectsim as af
from tests import cookbook
from tests.worlds import scenario

TRAINING = {"programme": "two-week", "start_day": 2, "against": "waiting-list"}
VALUES = ("threat", "drive", "soothing", "balance", "self_criticism")


def made(**more: Any) -> af.Scenario:
    record = {"every": "12 hours", "readouts": ["balance", "dominant", "self_criticism"], **more.pop("record", {})}
    return scenario(people=30, days=6.0, steps=4, stimuli=[{"kind": "daily-life"}], record=record, **more)


def test_a_scenario_compared_with_itself_is_no_different():
    one = made(replicates=2, training=TRAINING)
    found = af.compare(one, one)
    alone = af.simulate(one)
    assert dict(found.sizes) == {"scenario": 2, "run": 4, "time": 12, "person": 30}
    for name in VALUES:
        assert found[name].dims == ("scenario", "run", "time", "person")
        assert found[f"{name}_difference"].dims == ("run", "time", "person")
        assert not found[f"{name}_difference"].any()
        for side in ("one", "other"):
            np.testing.assert_array_equal(found[name].sel(scenario=side), alone[name])
    assert found["arm"].to_numpy().tolist() == ["training", "waiting-list"] * 2
    # Codes cannot be subtracted from each other.
    assert "dominant" in found and "dominant_difference" not in found


def test_what_differs_is_what_the_scenarios_say_differently(tmp_path: Path):
    one = made(training=TRAINING, title="as it is")
    other = one.but({"training.programme": "eight-week", "title": "longer"})
    found = af.compare(one, other)
    waiting = found.sel(run=found["arm"] == "waiting-list")
    learning = found.sel(run=found["arm"] == "training")
    for name in VALUES:
        assert not waiting[f"{name}_difference"].any()
        both = found[name]
        np.testing.assert_array_equal(
            found[f"{name}_difference"], both.sel(scenario="other", drop=True) - both.sel(scenario="one", drop=True)
        )
    changed = abs(learning["soothing_difference"]) > 0
    assert changed.any() and not changed.sel(time=slice(0, 2)).any()
    assert found["threat_difference"].attrs["units"] == "activation"
    assert found["title"].to_numpy().tolist() == ["as it is", "longer"] and "title" not in found.attrs
    assert [af.Scenario.from_toml(text).digest() for text in found["toml"].to_numpy()] == [one.digest(), other.digest()]
    af.save(found, tmp_path / "both.nc")
    xr.testing.assert_identical(af.load(tmp_path / "both.nc"), found)


def test_a_later_event_changes_nothing_before_it():
    one = made()
    shock = {"kind": "shock", "day": 3, "hour": 12.0, "threat": 3.0}
    found = af.compare(one, one.but({"stimuli.1": shock}))["threat_difference"]
    assert not found.sel(time=slice(0, 3.5)).any() and (found.sel(time=4.0) > 0).mean() > 0.9


def test_other_arms_and_networks_can_be_compared():
    one = made(training={**TRAINING, "against": "nothing"})
    found = af.compare(made(), one.but({"network": {"kind": "none"}}))
    assert found["arm"].to_numpy().tolist() == [["untrained"], ["training"]]
    assert found["threat_difference"].any()


@pytest.mark.parametrize(
    ("changes", "where", "message"),
    [
        ({"seed": 4}, "seed", "is 3 in one scenario and 4 in the other; must be the same"),
        ({"days": 5.0}, "days", "is 6 in one scenario and 5 in the other"),
        ({"replicates": 2}, "replicates", "is 1 in one scenario and 2"),
        ({"population.size": 31}, "population.size", "is 30 in one scenario and 31"),
        ({"numerics.tick": 15.0}, "numerics.tick", "is 30 in one scenario and 15"),
        ({"record.every": "1 day"}, "record.every", 'is "12 hours" in one scenario and "1 day"'),
        ({"record.readouts": ["balance"]}, "record.readouts", "must be the same"),
        ({"training": TRAINING}, "training.against", "is untrained in one scenario and training and waiting-list"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_words(changes: dict[str, Any], where: str, message: str):
    with pytest.raises(af.InputError) as error:
        af.compare(made(), made().but(changes))
    assert [mistake.where for mistake in error.value.mistakes] == [where]
    assert message in error.value.mistakes[0].message


def test_every_reason_is_said_at_once_and_nothing_is_needed_that_is_not_compared():
    nobody = made(record={"people": "none"})
    with pytest.raises(af.InputError) as error:
        af.compare(nobody, nobody.but({"seed": 9, "record.summaries": False}))
    assert [mistake.where for mistake in error.value.mistakes] == ["seed", 'record.people = "none"']
    with pytest.raises(TypeError, match=r"is no Scenario; Scenario\.load"):
        af.compare(made(), "office.toml")


def test_people_of_files_must_be_the_same(tmp_path: Path):
    ties = {"a": "anna,bob", "b": "anna,bob\nbob,eva", "c": "anna,eva"}
    for name, rows in ties.items():
        (tmp_path / f"{name}.csv").write_text(f"source,target\n{rows}\n")
    one, larger, others = (
        af.Scenario({"days": 1, "network": {"kind": "file", "path": f"{name}.csv"}}, folder=tmp_path) for name in ties
    )
    with pytest.raises(af.InputError, match=r"population\.size  is 2 in one scenario and 3"):
        af.compare(one, larger)
    with pytest.raises(af.InputError, match="network  names other people"):
        af.compare(one, others)
    alone = af.compare(one, one.but({"network": {"kind": "none"}, "population.size": 2}))
    assert "label" not in alone.coords and alone.sizes["person"] == 2


def test_the_example_of_the_readme_runs(tmp_path: Path):
    readme = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")
    block = re.search(r"^## From Python\n\n(```python\n.*?^```\n)", readme, flags=re.M | re.S)
    assert block and "af.compare(office, harsher)" in block[1]
    (tmp_path / "office.toml").write_text(made().to_toml(), encoding="utf-8")
    cookbook.run(block[1], tmp_path)
