"""The sweep of 20,000 runs: its folder is whole, says what its tables hold, and the model still gives its numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from affectsim.errors import InputError
from affectsim.experiments import where_training_fails as fails
from affectsim.sweep.request import read
from affectsim.sweep.sensitivity import factorial_indices, given_data, settled
from affectsim.sweep.sensitivity.given import NOTHING

FOLDER = Path(__file__).resolve().parents[1] / "experiments" / "where-training-fails"


def test_the_design_is_that_of_20000_runs():
    asked = read(FOLDER / fails.SWEEP, {}, [], {})
    assert len(asked.points) * asked.plan.replicates == 20_000 and asked.plan.replicates == 10
    assert {factor.name for factor in asked.plan.known_factors} == set(fails.FACTORS)
    # One number goes into three places.
    changes = asked.plan.changes_at({"fear of compassion": 0.35})
    assert len(changes) == 3 and set(changes.values()) == {0.35}


def test_the_readme_says_what_the_tables_hold(tmp_path):
    found = fails.load(FOLDER)
    assert len(found.points) == 2000
    words = (FOLDER / fails.README).read_text(encoding="utf-8")
    assert fails.text(found) in words
    assert words.index("**Predicted before the run.**") < words.index("**Found.**") < words.index("(figure.png)")
    assert sum(path.stat().st_size for path in FOLDER.glob("*.csv")) < 300_000
    for name in (fails.MAP, fails.FIGURE):
        assert (FOLDER / name).stat().st_size > 20_000 and f"({name})" in words
    (tmp_path / fails.README).write_text("no marks", encoding="utf-8")
    with pytest.raises(InputError, match="must have the lines"):
        fails.write(found, tmp_path)


def test_the_indices_are_those_of_the_table():
    """Worked out again from the means in the table: what is taken away for chance is little, with ten replicates."""
    found = fails.load(FOLDER)
    points = found.points.sort_values(list(fails.FACTORS))
    values = points["effect_threat"].to_numpy().reshape([points[name].nunique() for name in fails.FACTORS])
    again = {row[:2]: row.value for row in factorial_indices(values[..., None], fails.FACTORS)}
    told = settled(found.indices).set_index(["outcome", "factor", "index"])["value"]
    for (factor, index), value in again.items():
        assert told["effect_threat", factor, index] == pytest.approx(value, abs=0.05)
    levels = [list(found.points[name]) for name in fails.FACTORS]
    rows = given_data(
        levels, found.points["effect_threat"].to_numpy(), fails.FACTORS, 10, 1, known=("first",), follow=False
    )
    for row in (row for row in rows if row.factor != NOTHING):
        assert told["effect_threat", row.factor, row.kind] == pytest.approx(row.value, abs=0.015)


def test_the_small_sweep_gives_the_expected_numbers(tmp_path):
    found = fails.reduced_numbers(FOLDER, tmp_path / "reduced")
    assert len(found) == 24
    assert fails.differences(found, FOLDER) == []
    # The control: a hundredth more is seen.
    other = found.copy()
    other.loc[3, "effect_threat"] += 0.01
    assert fails.differences(other, FOLDER) == [
        f"point 3, effect_threat: {other['effect_threat'][3]:g}, expected {found['effect_threat'][3]:g}"
    ]


def test_the_whole_way_on_a_small_sweep(tmp_path):
    """Runs, tables, numbers and figures, from the runs of the small sweep with two replicates."""
    (tmp_path / "scenario.toml").write_text((FOLDER / "scenario.toml").read_text().replace("size = 64", "size = 24"))
    text = (FOLDER / fails.REDUCED).read_text().replace("replicates = 1", "replicates = 2")
    (tmp_path / fails.SWEEP).write_text(text)
    (tmp_path / fails.README).write_text(f"before\n{fails.NUMBERS.begin}\nold\n{fails.NUMBERS.end}\nafter\n")
    said = fails.run(tmp_path, tmp_path / "store", workers=1)
    assert said.startswith("48 runs in ")
    assert fails.run(tmp_path, tmp_path / "store", workers=1).startswith("0 runs in ")
    found = fails.found_in(tmp_path / "store")
    fails.write(found, tmp_path)
    words = (tmp_path / fails.README).read_text()
    assert words.startswith("before\n") and words.endswith("\nafter\n") and "old" not in words
    assert "48 runs: 24 points with 2 replicates" in words
    again = fails.load(tmp_path)
    pd.testing.assert_frame_equal(again.points, found.points)
    assert fails.text(again) == fails.text(found)
    effects = found.points["effect_threat"].to_numpy()
    assert np.isfinite(effects).all() and effects.std() > 0.1
    (tmp_path / "scenario.toml").write_text((FOLDER / "scenario.toml").read_text().replace("size = 64", "size = 32"))
    with pytest.raises(InputError, match=r"population.size +was 24, is now 32"):
        fails.run(tmp_path, tmp_path / "store")
