"""Momentary ratings and their sampling: link, grid, noise, schedule, missed beeps."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from affectsim.diaries.sampling import COLUMNS, sampled
from affectsim.errors import InputError
from affectsim.parameters import RATING
from affectsim.questionnaires.ratings import Rating
from affectsim.readouts import SYSTEMS
from affectsim.simulation import simulate
from tests.test_questionnaires import recording
from tests.worlds import scenario

DEFAULTS = {name: known.default for name, known in RATING.items()}
KINDS = Rating.kinds()
#: Nothing random and a grid too fine to see.
CLEAR = {name: 0.0 for name in RATING if name.endswith(("noise", "spread"))} | {"rating_steps": 1000.0}


def rated(system: str, activation: np.ndarray, **more) -> np.ndarray:
    about = recording(activation.shape[1], activation.shape[0])
    about = about._replace(**{key: more.pop(key) for key in ("arm", "seed", "measurement_error") if key in more})
    return KINDS[f"rating-{system}"].recorded({system: activation}, about._replace(rating={**DEFAULTS, **more}))


@pytest.mark.parametrize("system", SYSTEMS)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=6), st.integers(1, 1000), st.floats(0, 1), st.floats(-1, 1))
def test_ratings_are_on_the_grid_and_rise_with_the_state(system, states, steps, noise, offset):
    activation = np.sort(np.array(states))[:, None] * np.ones((1, 3))
    more = {"rating_steps": float(steps), f"{system}_rating_noise": noise, f"{system}_rating_offset": offset}
    found = rated(system, activation, **more)
    assert ((found >= 0) & (found <= 1)).all()
    np.testing.assert_allclose(found * steps, np.round(found * steps), atol=1e-9)
    still = rated(system, activation, **{**more, f"{system}_rating_noise": 0.0})
    assert (np.diff(still, axis=0) >= 0).all()


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_exact_line_without_error(system):
    activation = np.linspace(0, 1, 24).reshape(4, 6)
    gain = DEFAULTS[f"{system}_rating_gain"]
    line = np.clip(DEFAULTS[f"{system}_rating_offset"] + gain * activation, 0, 1)
    assert (rated(system, activation, measurement_error=False) == line).all()
    assert (KINDS[f"rating-{system}"].of({system: activation}) == line).all()
    np.testing.assert_allclose(rated(system, activation, **CLEAR), line, atol=0.0005 + 1e-12)


def test_noise_and_style_have_the_declared_spreads():
    """20,000 people, four ratings: standard deviations within 5 standard errors (chance 6e-7 each)."""
    people, records = 20_000, 4
    wide = {"rating_steps": 1000.0, "drive_rating_gain": 1.0, "rating_gain_spread": 0.0}
    middle = np.full((records, people), 0.5)
    found = rated("drive", middle, drive_rating_noise=0.06, drive_rating_offset_spread=0.05, **wide)
    within = np.sqrt(found.var(axis=0, ddof=1).mean())
    between = np.sqrt(found.mean(axis=0).var(ddof=1) - within**2 / records)
    assert within == pytest.approx(0.06, abs=5 * 0.06 / np.sqrt(2 * 3 * people))
    total = np.sqrt(0.05**2 + 0.06**2 / records)
    assert between == pytest.approx(0.05, abs=5 * total**2 / 0.05 / np.sqrt(2 * people))


def test_people_keep_their_style_in_every_arm_and_noise_is_drawn_anew():
    middle = np.full((40, 300), 0.3)
    quiet = {"soothing_rating_noise": 0.0, "rating_steps": 1000.0}
    here, there = (rated("soothing", middle, arm=arm, **quiet) for arm in ("training", "waiting-list"))
    assert (here == there).all() and (here == here[0]).all() and here[0].std() > 0.03
    noisy = [rated("soothing", middle, arm=arm, rating_steps=1000.0) for arm in ("training", "waiting-list")]
    # 12,000 pairs of noise: correlation below 5 standard errors.
    left = [one - here for one in noisy]
    assert abs(np.corrcoef(left[0].ravel(), left[1].ravel())[0, 1]) < 5 / np.sqrt(left[0].size)


def test_ratings_are_changed_in_their_table_and_nothing_else_changes():
    made = scenario(days=0.5, record={"every": "30 minutes", "readouts": ["rating-threat", "rating-drive"]})
    changed = made.but({"rating.threat_rating_gain": 2.0})
    assert changed.rating == {"threat_rating_gain": 2.0}
    assert type(made).from_toml(changed.to_toml()) == changed
    assert changed.digest() != made.digest()
    before, after = simulate(made), simulate(changed)
    assert after["rating_threat"].mean() > before["rating_threat"].mean() + 0.05
    for name in ("threat", "rating_drive"):
        np.testing.assert_array_equal(before[name].values, after[name].values)
    with pytest.raises(InputError, match=r"rating\.rating_steps = 0.*1 to 1000"):
        made.but({"rating.rating_steps": 0.0})
    with pytest.raises(InputError, match="did you mean threat_rating_gain"):
        made.but({"rating.threat_rating_gian": 1.0})


# -------------------------------------------------------------------------------------- sampling


def made_up(days: int = 3, people: int = 20, every: float = 0.5, runs: int = 1) -> xr.Dataset:
    """Return a run whose ratings say when they were recorded: the number of the record, people apart by 1000."""
    records = round(days * 24 / every)
    value = np.arange(records)[None, :, None] + 1000.0 * np.arange(people)[None, None, :] + np.zeros((runs, 1, 1))
    dims = ("run", "time", "person")
    return xr.Dataset(
        {f"rating_{system}": (dims, value + n * 1e6) for n, system in enumerate(SYSTEMS)},
        {
            "time": np.arange(1, records + 1) * every / 24,
            "arm": ("run", ["training", "waiting-list"][:runs]),
            "replicate": ("run", [0] * runs),
            "person": np.arange(people) * 3,
        },
    )


@settings(max_examples=50)
@given(
    per_day=st.integers(1, 12), days=st.integers(1, 3), wake=st.floats(0, 10), awake=st.floats(12, 14),
    seed=st.integers(0, 2**32),
)  # fmt: skip
def test_beeps_keep_their_blocks_and_meet_their_own_records(per_day, days, wake, awake, seed):
    rows = sampled(made_up(), per_day, days, (wake, wake + awake), 1.0, seed)
    assert tuple(rows.columns) == COLUMNS
    assert len(rows) == 20 * days * per_day
    assert sorted(rows["person"].unique()) == [3 * n for n in range(20)]
    hours = rows["hour"].to_numpy().reshape(20, days, per_day)
    blocks = np.floor((hours - wake) / (awake / per_day))
    assert (blocks == np.arange(per_day)).all()
    assert (rows["day"].to_numpy().reshape(20, days, per_day) == np.arange(days)[:, None]).all()
    # Each rating comes from the record of its beep, and no two beeps share one.
    record = np.floor((rows["day"] * 24 + rows["hour"]) / 0.5)
    assert (rows["threat"] == record + 1000 * (rows["person"] // 3)).all()
    assert (rows["soothing"] == rows["threat"] + 2e6).all()
    assert not rows.duplicated(["person", "threat"]).any()


def test_beep_times_are_spread_over_their_block_evenly():
    """10,000 beeps: a Kolmogorov-Smirnov test at a level of 1e-4."""
    from scipy import stats

    rows = sampled(made_up(days=50, people=20), 10, 50, (8.0, 22.0), 1.0, 4)
    within = (rows["hour"] - 8.0) % 1.4
    assert stats.kstest(within / (1.4 - 0.5), "uniform").pvalue > 1e-4


def test_missed_beeps_have_no_row_and_leave_the_others_as_they_are():
    """4,000 beeps: the share answered within 5 standard errors."""
    run = made_up(days=20)
    every, some = (sampled(run, 10, 20, compliance=share, seed=2) for share in (1.0, 0.7))
    assert len(some) / len(every) == pytest.approx(0.7, abs=5 * np.sqrt(0.21 / 4000))
    merged = some.merge(every, how="left", indicator=True)
    assert (merged["_merge"] == "both").all()
    assert sampled(run, 10, 20, compliance=0.0).empty


def test_beeps_belong_to_person_and_day_and_arms_have_their_own():
    run = made_up(days=4, runs=2)
    rows = sampled(run, 6, 4, seed=5)
    later = sampled(run, 6, 2, seed=5, first_day=2)
    assert later.equals(rows[rows["day"] >= 2].reset_index(drop=True))
    few = sampled(run.isel(person=[4, 9]), 6, 4, seed=5)
    assert few.equals(rows[rows["person"].isin([12, 27])].reset_index(drop=True))
    assert not sampled(run, 6, 4, seed=5, number=1)["hour"].equals(rows["hour"])
    assert not sampled(run, 6, 4, seed=6)["hour"].equals(rows["hour"])


def test_what_cannot_be_sampled_is_said_all_at_once():
    run = made_up().drop_vars("rating_drive")
    with pytest.raises(InputError) as caught:
        sampled(run, 40, 9, (8, 22), 1.5, number=3)
    text = str(caught.value)
    for words in ("rating-drive must be recorded", "number = 3", "days = 9", "compliance = 1.5", "from 1 to 14"):
        assert words in text
    with pytest.raises(InputError, match=r"record\.every +is 6 hours"):
        sampled(made_up(every=6.0), 5, 1)
    with pytest.raises(InputError, match="waking"):
        sampled(made_up(), 5, 1, (22, 8))


def test_a_simulated_diary():
    made = scenario(
        days=2.0, stimuli=[{"kind": "daily-life"}],
        record={"every": "30 minutes", "readouts": [f"rating-{system}" for system in SYSTEMS]},
    )  # fmt: skip
    rows = sampled(simulate(made), 8, 2, compliance=0.9, seed=1)
    for system in SYSTEMS:
        np.testing.assert_allclose(rows[system] * 6, np.round(rows[system] * 6), atol=1e-9)
        assert 0.05 < rows.groupby("person")[system].std().mean() < 0.4
