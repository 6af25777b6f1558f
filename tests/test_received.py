"""Warmth received from ties: what is looked at, when, and what scores make of it."""

from __future__ import annotations

import numpy as np
import pytest

from affectsim import dynamics
from affectsim.layout import SLOW
from affectsim.questionnaires.scores import CompassionFromOthersScore, SocialSafenessScore
from affectsim.readouts import ALWAYS
from affectsim.received import ticks_between, warmth_received
from affectsim.simulation import simulate, simulate_many
from affectsim.world import World, build
from tests.worlds import advance, scenario

SCORES = ("compassion-from-others-score", "social-safeness-score")


def life(days: float = 2.0, every: str = "1 day", **more):
    return scenario(
        people=70, days=days, stimuli=[{"kind": "daily-life"}],
        record={"every": every, "readouts": ["warmth_received", *SCORES], "measurement_error": False}, **more,
    )  # fmt: skip


def from_neighbours(world: World) -> np.ndarray:
    """Return what reaches everybody of the first run by the equations, from the neighbours' state now."""
    run = world.runs[0]
    model, ties = run.scenario.parameters, run.community.ties
    state = np.stack([world.get(0, name) for name in ("threat", "drive", "soothing")])
    tendencies = [world.get(0, f"effective_{name}") for name in ("warmth", "fight", "flight")]
    threshold_cubed = model["signal_threshold"] ** 3
    given, _ = dynamics.giving(state, tendencies, threshold_cubed)
    reached = np.zeros(run.people)
    for person in range(run.people):
        mine = slice(ties.start[person], ties.start[person + 1])
        heard = (ties.weight[mine] * given[ties.source[mine]]).sum() / (
            model["tie_half_weight"] + ties.weight[mine].sum()
        )
        contact = 1 - tendencies[2][person] * dynamics.signal(state[0, person], threshold_cubed)
        reached[person] = model["warmth_strength"] * heard * contact
    return reached


@pytest.mark.parametrize(("steps", "tolerance"), [(3, 0.02), (9, 5e-4), (24, 2e-5)])
def test_what_reaches_everybody_is_what_the_neighbours_give_less_withdrawal(steps: int, tolerance: float) -> None:
    """As predicted since the last exchange: the more exactly the finer the steps."""
    world = build([life(steps=steps)])
    for ticks in (1, 6, 40):
        advance(world, ticks)
        found, wanted = warmth_received(world.population, world.tables)[:70], from_neighbours(world)
        assert wanted.std() > 0.05 * wanted.mean() > 0
        np.testing.assert_allclose(found, wanted, rtol=tolerance)


def test_a_record_is_the_mean_of_eight_looks_a_day() -> None:
    assert (ticks_between(48, 0.5), ticks_between(2, 0.5), ticks_between(9, 0.5), ticks_between(28, 0.25)) == (
        6,
        2,
        3,
        4,
    )
    world, looks = build([life()]), []
    for _ in range(16):
        advance(world, 6)
        looks.append(warmth_received(world.population, world.tables)[:70])
    run = simulate(life())
    np.testing.assert_allclose(run.warmth_received[0, 0], np.mean(looks[:8], axis=0), rtol=1e-12)
    np.testing.assert_allclose(run.warmth_received[0, 1], np.mean(looks[8:], axis=0), rtol=1e-12)
    # Over two days as one interval: what was received on the first counts as much as what was received at the end.
    whole = simulate(life(every="2 days"))
    np.testing.assert_allclose(whole.warmth_received[0, 0], run.warmth_received[0].mean("time"), rtol=1e-12)


def test_looking_changes_no_bit_whoever_else_runs_and_is_recorded() -> None:
    made = life()
    seen = simulate(made)
    blind = simulate(made.but({"record.readouts": ["balance"]}))
    for name in ("threat", "drive", "soothing"):
        np.testing.assert_array_equal(seen[name].values, blind[name].values)
    other, again = simulate_many([life(network={"kind": "none"}), made], threads=2)
    np.testing.assert_array_equal(again.warmth_received.values, seen.warmth_received.values)
    some = simulate(made.but({"record.people": [50, 3], "record.summaries": False}))
    np.testing.assert_array_equal(some.warmth_received.values, seen.warmth_received.values[:, :, [50, 3]])
    assert (other.warmth_received.values == 0).all()


def test_both_scores_read_the_warmth_received_itself() -> None:
    """The same people with ties that carry more: the scores differ by more than what they read of the people."""
    weak, strong = simulate_many([life(), life(model={"warmth_strength": 6.0})])
    for score in (CompassionFromOthersScore, SocialSafenessScore):
        rows = {*ALWAYS, *score.rows} - {"warmth_received"}
        name = score.name()
        assert (strong[name].values - weak[name].values).mean() > 0
        held = {row: np.full(3, 0.4) for row in rows}
        none, some, much = score.of({**held, "warmth_received": np.array([0.0, 0.1, 0.2])})
        assert none < some < much
    assert all(row in SLOW or row == "warmth_received" for row in CompassionFromOthersScore.rows)


def test_isolated_people_score_low_and_stay_in_bounds() -> None:
    alone, together = simulate_many([life(network={"kind": "none"}), life()])
    for name in ("compassion_from_others_score", "social_safeness_score"):
        assert (alone[name].values > 0).all() and np.isfinite(alone[name].values).all()
        assert alone[name].values.mean() < together[name].values.mean() - 5
