"""Over-stimulated drive: risk-taking events come at their rate, and what they cost comes later."""

from __future__ import annotations

import numpy as np
import pytest

from affectsim import dynamics
from affectsim.parameters import MODEL
from affectsim.world import build
from tests.worlds import activations, advance, scenario

LIFE = {"kind": "daily-life"}


def _driven(**model):
    """People who strive and have nobody: drive high, soothing low."""
    spreads = {"drive_baseline": {"median": 3.0}, "soothing_baseline": {"median": 0.02}}
    return scenario(
        people=400, days=20.0, stimuli=[LIFE], network={"kind": "none"}, population={"traits": spreads},
        model={"goal_pursuit": 0.0, **model},
    )  # fmt: skip


def test_risk_taking_events_come_at_their_rate():
    """Events counted against the sum of their chances, within 4.9 standard deviations (1 in a million by chance)."""
    made = _driven(risk_rate=2.0)
    world, expected, variance = build([made]), 0.0, 0.0
    threshold_cubed = dynamics.coupling(made.parameters).threshold_cubed
    for _ in range(96):
        _, drive, soothing = activations(world)
        over = dynamics.signal(drive, threshold_cubed) * (1 - dynamics.signal(soothing, threshold_cubed))
        chance = 2.0 / 48 * over
        expected, variance = expected + chance.sum(), variance + (chance * (1 - chance)).sum()
        advance(world, 1)
    assert expected > 500
    assert world.get(0, "risk_events").sum() == pytest.approx(expected, abs=4.9 * np.sqrt(variance))


def test_the_cost_of_a_risk_waits_and_arrives_once():
    """Of what waits, a constant share arrives per moment, as a threat, whole and once."""
    world = build([_driven(risk_rate=1e-9, risk_delay=8.0)])
    advance(world, 1)
    world.set(0, "pending_cost", 1.5)
    waits = np.ones(400, dtype=bool)
    left = np.exp(-0.5 / MODEL["threat_memory"].default)  # of a threat after half an hour
    for moment in range(1, 31):
        before = world.get(0, "u_threat")
        advance(world, 1)
        still = world.get(0, "pending_cost") > 0
        arrived = waits & ~still
        assert not (still & ~waits).any(), "what has arrived does not wait again"
        assert (world.get(0, "u_threat") - before * left)[arrived].min() > 1.4 * left
        waits = still
        expected = (1 - 0.5 / 8.0) ** moment
        # Four standard deviations of a share of 400 people, for each of 30 moments: 1 in 500 by chance.
        assert waits.mean() == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / 400))


def test_a_cost_waits_with_those_that_wait_already():
    """Half an hour of people for whom a cost of 2 waits and who may take a risk that costs 1.5."""
    made = _driven(risk_rate=24.0, risk_cost=1.5, risk_delay=1.0, threat_memory=0.5).but({"stimuli": []})
    world = build([made])
    world.set(0, "pending_cost", 2.0)
    advance(world, 1)
    arrived = np.round(world.get(0, "u_threat") / np.exp(-1.0), 6)
    found = set(zip(world.get(0, "risk_events"), world.get(0, "pending_cost"), arrived, strict=True))
    assert found == {(0, 2.0, 0), (0, 0, 2.0), (1, 3.5, 0), (1, 1.5, 2.0)}


def _over_time(made, ticks=240):
    """Return each person's mean activations over some ticks, shape (3, people)."""
    world, total = build([made]), 0.0
    for _ in range(ticks // 4):
        total = total + activations(advance(world, 4))
    return total / (ticks // 4)


def test_reward_now_and_threat_later():
    """Same people, same events: risks raise drive, their cost raises threat."""
    without, free, costly = (
        _over_time(_driven(risk_rate=rate, risk_cost=cost)) for rate, cost in ((0.0, 0.0), (4.0, 0.0), (4.0, 1.5))
    )
    for more, less, system in ((free, without, 1), (costly, free, 0)):
        difference = more[system] - less[system]
        assert difference.mean() > 5 * difference.std(ddof=1) / np.sqrt(difference.size)


def test_soothing_keeps_drive_from_risks():
    wild = _driven(risk_rate=4.0)
    calm = wild.but({"population.traits.soothing_baseline.median": 3.0})
    counts = [advance(build([made]), 96).get(0, "risk_events").mean() for made in (calm, wild)]
    assert counts[0] < 0.5 * counts[1]


def test_without_risks_nobody_takes_any_and_all_else_is_the_same():
    off, never = build([_driven(risk_rate=0.0)]), build([_driven(risk_rate=1e-12)])
    advance(off, 48), advance(never, 48)
    assert off.get(0, "risk_events").max() == never.get(0, "risk_events").max() == 0
    assert (activations(off) == activations(never)).all()
