"""Limits of training: each has a switch, and each costs benefit."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from affectsim.layout import SLOW, STEADY
from affectsim.parameters import TRAITS
from affectsim.scenario import Scenario
from affectsim.sections import Limits
from affectsim.training.limits import LIMITS
from affectsim.world import World, build
from tests.worlds import advance, scenario

EXPERIMENTS = Path(__file__).resolve().parents[1] / "experiments"
#: Exercise in which a limit shows.
SHOWS_IN = {
    "not_comfortable": "compassionate-self",
    "afraid": "compassionate-self",
    "unworthy": "compassionate-self",
    "not_understood": "compassion-focused-imagery",
    "not_mindful": "mindfulness",
    "no_imagery": "compassion-focused-imagery",
    "bad_associations": "compassion-focused-imagery",
    "anger": "self-critic-work",
}

#: What each limit sets for everybody when it is off.
HARMLESS = {
    "not_comfortable": {"discomfort_with_soothing": 0.0},
    "afraid": {
        "fear_of_self_compassion": 0.0,
        "fear_of_compassion_from_others": 0.0,
        "fear_of_compassion_for_others": 0.0,
    },
    "unworthy": {"unworthiness": 0.0},
    "not_understood": {"understanding": 1.0},
    "not_mindful": {"attention": 1.0},
    "no_imagery": {"imagery": 1.0},
    "bad_associations": {"bad_associations": 0.0},
    "anger": {"anger": 0.0},
}
#: So many people because a few who are near the fold make up much of a mean difference in threat, and of its error.
DAYS, PEOPLE = 28, 1000


def test_every_limit_has_a_switch_that_is_on_and_says_what_it_is() -> None:
    assert tuple(Limits.model_fields) == tuple(LIMITS) == tuple(SHOWS_IN) == tuple(HARMLESS)
    assert Limits().off() == ()
    for name, limit in LIMITS.items():
        assert Limits.model_fields[name].description == limit.says and '"' in limit.says
        assert set(limit.traits) <= set(TRAITS)
        assert all(TRAITS[trait].low <= value <= TRAITS[trait].high for trait, value in limit.traits.items())


@pytest.mark.parametrize("name", HARMLESS)
def test_a_limit_that_is_off_sets_its_traits_for_everybody_and_changes_no_other_draw(name: str) -> None:
    made = scenario(people=70, network={"kind": "none"})
    on, off = build([made]), build([made.but({f"limits.{name}": False})])
    changed = {row for row in (*SLOW, *STEADY) if not np.array_equal(on.get(0, row), off.get(0, row))}
    assert changed == set(HARMLESS[name])
    for trait, value in HARMLESS[name].items():
        assert (off.get(0, trait) == value).all()


def test_limits_are_part_of_the_scenario() -> None:
    made = scenario(people=5, network={"kind": "none"})
    off = made.but({"limits.anger": False})
    assert off.limits.off() == ("anger",) and off != made
    assert off.digest() != made.digest()
    assert Scenario.from_toml(off.to_toml()) == off
    assert off.but({"limits": None}) == made


def _worlds(folder: Any, kind: str, limits: list[str]) -> World:
    """Return worlds (trained, twin) without any switch, then with each of these limits switched off."""
    path = folder / "programme.toml"
    home = f'home = [{{ from_day = 0, to_day = {DAYS - 1}, exercise = "{kind}" }}]'
    path.write_text(f'name = "x"\ndays = {DAYS}\ndrop_out = 0.0\n{home}\n')
    made = scenario(
        people=PEOPLE, days=DAYS + 1.0, steps=2, network={"kind": "none"}, stimuli=[{"kind": "daily-life"}],
        training={"programme": str(path), "start_day": 1, "who": {"share": 1.0}},
    )  # fmt: skip
    return build([made, *(made.but({f"limits.{name}": False}) for name in limits)])


@pytest.mark.parametrize("kind", sorted(set(SHOWS_IN.values())))
def test_every_limit_costs_benefit(kind: str, tmp_path: Any) -> None:
    """People who seek help, four weeks of the exercise concerned; benefit: less threat than the untrained twin.

    Paired: the same people and events with the limit on and off. Each interval is wrong once in a hundred.
    """
    limits = [name for name, exercise in SHOWS_IN.items() if exercise == kind]
    world = advance(_worlds(tmp_path, kind, limits), (DAYS - 6) * 48)
    benefit = np.zeros((len(limits) + 1, PEOPLE))
    # The last week, every three hours.
    for _ in range(7 * 8):
        advance(world, 6)
        for number in range(len(limits) + 1):
            benefit[number] += (world.get(2 * number + 1, "threat") - world.get(2 * number, "threat")) / (7 * 8)
    assert benefit.mean(axis=1).min() > 0
    for number, name in enumerate(limits, 1):
        cost = benefit[number] - benefit[0]
        low = stats.ttest_1samp(cost, 0.0).confidence_interval(0.99).low
        assert low > 0, f"{name}: {cost.mean():.4f}, from {low:.4f}"


def test_self_criticism_raises_benefit_and_fear_of_compassion_lowers_it() -> None:
    """One severity could not give both: a regression on the two traits, within people who seek help.

    Benefit as above, in the last week of the eight-week programme. Each sign is wrong once in a hundred.
    """
    people = 1000
    made = scenario(
        people=people, days=57.0, steps=2, network={"kind": "none"}, stimuli=[{"kind": "daily-life"}],
        training={"programme": "eight-week", "start_day": 1, "who": {"share": 1.0}},
    )  # fmt: skip
    world = advance(build([made]), 50 * 48)
    benefit = np.zeros(people)
    for _ in range(7 * 8):
        advance(world, 6)
        benefit += (world.get(1, "threat") - world.get(0, "threat")) / (7 * 8)
    fear = world.get(0, "fear_of_self_compassion")
    traits = np.stack([np.log(world.get(0, "self_criticism")), np.log(fear / (1 - fear))], axis=1)
    design = np.column_stack([np.ones(people), stats.zscore(traits, axis=0)])
    slopes, _, _, _ = np.linalg.lstsq(design, benefit, rcond=None)
    variance = np.var(benefit - design @ slopes, ddof=3) * np.linalg.inv(design.T @ design)
    t = slopes / np.sqrt(np.diag(variance))
    assert t[1] > stats.norm.ppf(0.99) and t[2] < stats.norm.ppf(0.01), t[1:]


def test_the_experiment_found_that_every_limit_costs_benefit_in_those_who_have_it() -> None:
    """In the numbers of `experiments/limits`; where a limit also acts in daily life, people stay as they are there."""
    rows = {
        "not_comfortable": "discomfort does not hinder practice",
        "afraid": "fear does not hinder practice",
        "unworthy": "without: feeling unworthy",
        "not_understood": "without: not understanding compassion",
        "not_mindful": "without: not able to be mindful",
        "no_imagery": "without: not able to form images",
        "bad_associations": "without: bad associations",
        "anger": "anger does not hinder practice",
    }
    assert tuple(rows) == tuple(LIMITS)
    with (EXPERIMENTS / "limits" / "expected.toml").open("rb") as file:
        tables = tomllib.load(file)["full"]
    (found,) = (table["rows"] for table in tables if table["title"].startswith("Difference"))
    for name, row in rows.items():
        for outcome in ("threat", "soothing", "self_criticism"):
            assert found[row][outcome][1] > 0, (name, outcome)
