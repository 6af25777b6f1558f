"""Populations: presets, people's own, and traits that go together."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectsim.correlations import CORRELATIONS, STRONGEST, mistakes, mixing, ordered, together
from affectsim.draws import uniforms
from affectsim.errors import InputError
from affectsim.parameters import DISTRIBUTIONS
from affectsim.populations import MOST_SPREAD, PRESETS, load_preset
from affectsim.readouts import SYSTEMS
from affectsim.scenario import Scenario
from affectsim.simulation import simulate, simulate_many
from affectsim.traits import draw_traits, quantiles, values_at
from affectsim.world import build
from tests.strategies import correlations

MINIMAL = "days = 1\n[population]\nsize = 60\n"
#: Normal numbers behind the traits (log, logit) are read back from traits of this spread, far inside all bounds.
PEOPLE = 20_000


def normals(pairs: dict[tuple[str, str], float], people: int = PEOPLE) -> dict[str, np.ndarray]:
    """Return the normal number behind each trait, read back from the trait's values."""
    from scipy.special import logit

    found = {}
    for name, values in draw_traits(DISTRIBUTIONS, 4, 0, people, pairs).items():
        trait = DISTRIBUTIONS[name]
        scale = np.log if trait.shape == "lognormal" else logit
        found[name] = (scale(values) - scale(trait.median)) / trait.spread
    return found


# ---------------------------------------------------------------------------------- correlations


def test_independent_traits_keep_their_draws_bit_for_bit() -> None:
    alone = draw_traits(DISTRIBUTIONS, 1, 0, 500)
    for name, trait in DISTRIBUTIONS.items():
        assert np.array_equal(alone[name], quantiles(trait, uniforms(1, 0, f"trait/{name}", 500)))
    zeros = draw_traits(DISTRIBUTIONS, 1, 0, 500, dict.fromkeys(together(CORRELATIONS), 0.0))
    some = draw_traits(DISTRIBUTIONS, 1, 0, 500, together(CORRELATIONS))
    follow = set(mixing(together(CORRELATIONS)))
    assert follow == {
        "fear_of_self_compassion", "fear_of_compassion_from_others", "fear_of_compassion_for_others", "anger",
        "sensitivity", "non_judgement", "drive_gain", "soothing_gain", "soothing_baseline",
    }  # fmt: skip
    for name in DISTRIBUTIONS:
        assert np.array_equal(zeros[name], alone[name]), name
        assert np.array_equal(some[name], alone[name]) == (name not in follow), name


def test_what_goes_together_goes_as_published() -> None:
    """Signs are those of the sources; sizes that were not fitted to published ones are about those assumed."""
    assumed = {
        ("fear_of_self_compassion", "fear_of_compassion_from_others"): 0.6,
        ("fear_of_self_compassion", "fear_of_compassion_for_others"): 0.35,
        ("fear_of_compassion_from_others", "fear_of_compassion_for_others"): 0.4,
        ("self_criticism", "non_judgement"): -0.4,
        ("self_criticism", "sensitivity"): -0.2,
        ("threat_gain", "anger"): 0.35,
    }
    fitted = {
        ("self_criticism", "fear_of_self_compassion"), ("self_criticism", "fear_of_compassion_from_others"),
        ("self_criticism", "fear_of_compassion_for_others"), ("drive_baseline", "soothing_baseline"),
        ("drive_gain", "soothing_gain"), ("threat_gain", "drive_gain"),
    }  # fmt: skip
    found = {one.traits: one.r for one in CORRELATIONS}
    assert set(found) == {*assumed, *fitted} and len(CORRELATIONS) == 12
    for pair, r in assumed.items():
        assert found[pair] == pytest.approx(r, abs=0.1), pair
    assert all(found[pair] > 0 for pair in fitted)


def test_two_traits_are_mixed_by_the_closed_form() -> None:
    pair = ordered(("anger", "self_criticism"))
    assert pair == ("self_criticism", "anger")
    row = mixing({pair: 0.6})["anger"]
    assert row == {"self_criticism": 0.6, "anger": pytest.approx(0.8, abs=1e-15)}
    first, second = (uniforms(4, 0, f"trait/{name}", 50) for name in pair)
    from scipy.special import ndtri

    expected = values_at(DISTRIBUTIONS["anger"], 0.6 * ndtri(first) + 0.8 * ndtri(second))
    assert draw_traits(DISTRIBUTIONS, 4, 0, 50, {pair: 0.6})["anger"] == pytest.approx(expected, rel=1e-14)


def test_correlations_and_distributions_are_those_asked_for() -> None:
    """All ordered pairs and all marginals at once; error rate below 1e-4 for the whole test.

    Fisher's z of 20,000 people has a standard deviation of 1/sqrt(n - 3); with 210 pairs a bound of 5.5 (two-sided
    4e-8 each) fails by chance in fewer than 1e-5 of seeds. Rank correlations of a normal pair, (6/pi) asin(r/2),
    have at most 1.2 times that deviation (up to r = .6). Kolmogorov-Smirnov at p > 1e-6 for 21 traits: 2e-5.
    """
    from scipy.stats import kstest, spearmanr

    pairs = together(CORRELATIONS)
    found = normals(pairs)
    names = list(found)
    pearson = np.corrcoef([found[name] for name in names])
    rank = spearmanr(np.stack([found[name] for name in names], axis=1)).statistic
    deviation = 1 / math.sqrt(PEOPLE - 3)
    lower = {name: mixing(pairs).get(name, {name: 1.0}) for name in names}
    for i, a in enumerate(names):
        assert kstest(found[a], "norm").pvalue > 1e-6, a
        for j, b in enumerate(names[:i]):
            r = sum(weight * lower[b].get(other, 0.0) for other, weight in lower[a].items())
            assert r == pytest.approx(pairs.get((b, a), 0.0), abs=1e-12)
            assert abs(math.atanh(pearson[i, j]) - math.atanh(r)) < 5.5 * deviation, (a, b)
            assert abs(math.atanh(rank[i, j]) - math.atanh(6 / math.pi * math.asin(r / 2))) < 6.6 * deviation, (a, b)


def test_one_more_person_and_another_distribution_change_nobody_else() -> None:
    pairs = together(CORRELATIONS)
    few, many = (draw_traits(DISTRIBUTIONS, 2, 1, people, pairs) for people in (40, 41))
    harsh = {**DISTRIBUTIONS, "self_criticism": dataclasses.replace(DISTRIBUTIONS["self_criticism"], median=3.0)}
    changed = draw_traits(harsh, 2, 1, 40, pairs)
    for name in DISTRIBUTIONS:
        assert np.array_equal(few[name], many[name][:40]), name
        assert np.array_equal(few[name], changed[name]) == (name != "self_criticism"), name


@given(correlations(), st.integers(0, 2**32), st.floats(0, MOST_SPREAD))
def test_any_valid_set_gives_finite_traits_in_bounds(
    pairs: dict[tuple[str, str], float], seed: int, spread: float
) -> None:
    wide = {name: dataclasses.replace(trait, spread=spread) for name, trait in DISTRIBUTIONS.items()}
    for row in mixing(pairs).values():
        assert sum(weight**2 for weight in row.values()) == pytest.approx(1.0, abs=1e-12)
    for name, values in draw_traits(wide, seed, 0, 20, pairs).items():
        assert np.all(np.isfinite(values) & (values >= wide[name].low) & (values <= wide[name].high)), name


@given(st.lists(st.floats(-STRONGEST, STRONGEST), min_size=6, max_size=6))
def test_refused_exactly_when_there_is_no_such_population(r: list[float]) -> None:
    """Four traits, all six correlations: refused if and only if numpy finds the matrix not positive definite."""
    names = ("self_criticism", "anger", "power", "escape")
    order = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    matrix = np.eye(4)
    for (i, j), value in zip(order, r, strict=True):
        matrix[i, j] = matrix[j, i] = value
    pairs = {(names[i], names[j]): value for (i, j), value in zip(order, r, strict=True)}
    pairs = {ordered(pair): value for pair, value in pairs.items()}
    smallest = np.linalg.eigvalsh(matrix)[0]
    if smallest > 1e-3:
        assert not mistakes(pairs, list(pairs))
    elif smallest < -1e-9:
        assert mistakes(pairs, list(pairs))
        with pytest.raises(ValueError, match="contradict"):
            mixing(pairs)


def refused(text: str, folder: Path | None = None) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as error:
        Scenario.from_toml(text, source="office.toml", folder=folder)
    return [tuple(mistake) for mistake in error.value.mistakes]


def test_a_contradiction_names_the_pairs_and_what_would_do() -> None:
    text = MINIMAL + '[[population.correlations]]\ntraits = ["anger", "power"]\nr = 0.9\n'
    text += '[[population.correlations]]\ntraits = ["power", "threat_gain"]\nr = -0.5\n'
    assert refused(text) == [
        (
            "population.correlations.0.r = 0.9",
            "anger with power: no population can have this and threat_gain with anger 0.35, threat_gain with power "
            "-0.5; with these it can be -0.98 to 0.63",
        ),
        (
            "population.correlations.1.r = -0.5",
            "power with threat_gain: no population can have this and threat_gain with anger 0.35, anger with power "
            "0.9; with these it can be -0.09 to 0.72",
        ),
    ]
    assert Scenario.from_toml(text.replace("0.9", "0.58")).correlated_pairs()["anger", "power"] == 0.58
    assert Scenario.from_toml(text.replace("-0.5", "-0.05")).correlated_pairs()["anger", "power"] == 0.9


def test_mistakes_in_correlations() -> None:
    text = """
days = 1
[population]
size = 9
correlations = [
  { traits = ["angr", "power"], r = 0.1 },
  { traits = ["anger"], r = 1.0 },
  { traits = ["anger", "power"], r = "0.1", s = 1 },
  { r = 0.1 },
]
"""
    where = "population.correlations"
    assert refused(text) == [
        (f'{where}.0.traits.0 = "angr"', "unknown trait; did you mean anger?"),
        (f"{where}.1.r = 1", "must be -0.99 to 0.99"),
        (f'{where}.2.r = "0.1"', "must be a number (-0.99 to 0.99), not a text; write 0.1 without quotes"),
        (f"{where}.2.s", "unknown; known: r, source, traits"),
        (f"{where}.3.traits", 'missing: two traits, such as ["self_criticism", "anger"]'),
    ]
    twice = (
        MINIMAL + 'correlations = [{ traits = ["anger", "power"], r = 0 }, { traits = ["power", "anger"], r = 0.1 }]'
    )
    assert refused(twice) == [(f"{where}.1", f"is about the same two traits as {where}.0")]
    off = MINIMAL + 'correlated = false\ncorrelations = [{ traits = ["anger", "power"], r = 0 }]'
    assert refused(off)[0][1] == "must be left out with correlated = false"
    assert refused(MINIMAL + "correlations = 3")[0][0] == f"{where} = 3"


def test_a_scenario_changes_what_goes_together() -> None:
    base = Scenario.from_toml(MINIMAL)
    pair = ("self_criticism", "fear_of_self_compassion")
    assert base.correlated_pairs()[pair] == together(CORRELATIONS)[pair] > 0
    other = base.but({"population.correlations": [{"traits": list(reversed(pair)), "r": -0.2}]})
    assert other.correlated_pairs()[pair] == -0.2
    alone = base.but({"population.correlated": False})
    assert alone.correlated_pairs() == {}
    assert len({one.digest() for one in (base, other, alone)}) == 3
    assert base.but({"population.preset": "shame"}).correlated_pairs()["self_criticism", "power"] == -0.3
    # It reaches the world: the trait that follows differs, the one before it does not.
    worlds = [build([one]) for one in (base, other, alone)]
    fears = [world.get(0, "fear_of_self_compassion") for world in worlds]
    critics = [world.get(0, "self_criticism") for world in worlds]
    assert np.array_equal(critics[0], critics[1]) and np.array_equal(critics[0], critics[2])
    assert not np.array_equal(fears[0], fears[1]) and not np.array_equal(fears[0], fears[2])


# ----------------------------------------------------------------------------------------- presets


def test_every_change_of_a_preset_says_where_it_comes_from() -> None:
    assert list(PRESETS) == ["general", "help-seeking", "shame", "psychosis", "eating-disorder"]
    for name, preset in PRESETS.items():
        assert preset.says and preset.about and preset.source, name
        for trait, shift in preset.traits.items():
            known = DISTRIBUTIONS[trait]
            assert (shift.median, shift.spread) != (None, None)
            assert known.low < (known.median if shift.median is None else shift.median) < known.high
            assert shift.source.startswith("assumed; direction: ") and shift.source[-1] == ")", (name, trait)
        pairs = together(CORRELATIONS, preset.correlations)
        assert not mistakes(pairs, list(pairs)), name


#: On which side of people in general a group is, by what is published about it: +1 above, -1 below.
SIDES = {
    "general": {},
    "help-seeking": {"self_criticism": 1, "fear_of_self_compassion": 1, "fear_of_compassion_from_others": 1},
    "shame": {
        "self_criticism": 1, "fear_of_self_compassion": 1, "fear_of_compassion_from_others": 1, "anger": 1,
        "power": -1, "escape": 1, "non_judgement": -1,
    },
    "psychosis": {
        "self_criticism": 1, "fear_of_self_compassion": 1, "fear_of_compassion_from_others": 1, "threat_gain": 1,
        "drive_baseline": -1, "soothing_baseline": -1, "power": -1, "escape": 1, "empathy": -1,
    },
    "eating-disorder": {
        "self_criticism": 1, "fear_of_self_compassion": 1, "fear_of_compassion_from_others": 1, "drive_gain": 1,
        "drive_baseline": 1, "soothing_baseline": -1, "sensitivity": -1,
    },
}  # fmt: skip


def test_groups_differ_from_people_in_general_as_their_sources_say() -> None:
    for name, preset in PRESETS.items():
        medians = {trait: shift.median - DISTRIBUTIONS[trait].median for trait, shift in preset.traits.items()}
        assert {trait: int(np.sign(by)) for trait, by in medians.items()} == SIDES[name], name
        wider = {
            trait: shift.spread > DISTRIBUTIONS[trait].spread
            for trait, shift in preset.traits.items()
            if shift.spread is not None
        }
        # Groups of people with psychosis differ much inside.
        assert wider == ({"self_criticism": True, "threat_gain": True} if name == "psychosis" else {}), name


def test_a_group_differs_and_is_not_locked_in_threat() -> None:
    """600 people of each preset over ten days, after two: more threat than in general, but not all the time in all.

    The mean shares of threat-dominated time differ by .13 at least with a standard error of .02, so the bound of .04
    is missed by chance in fewer than 1e-5 of seeds; likewise .7 for the people who are mostly in threat (.55 at most,
    standard error .02).
    """
    shares = {}
    for name in PRESETS:
        made = Scenario.from_tables(
            {"days": 10, "seed": 5, "population": {"size": 600, "preset": name},
             "record": {"readouts": ["threat_dominant"]}}
        )  # fmt: skip
        shares[name] = simulate(made).threat_dominant.isel(time=slice(2, None)).mean("time").to_numpy().ravel()
    for name, share in shares.items():
        if name != "general":
            assert share.mean() - shares["general"].mean() > 0.04, name
        assert np.mean(share > 0.5) < 0.7, name


OWN = """
says = "people on our ward"
source = "own questionnaires, 2024, 61 people"

[traits.self_criticism]
median = 1.3
spread = 0.5

[traits.anger]
median = 0.4
source = "assumed"

[[correlations]]
traits = ["anger", "self_criticism"]
r = 0.3
"""


def test_an_own_preset_is_read_next_to_the_scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "ward.toml"
    file.write_text(OWN)
    preset = load_preset("ward.toml", tmp_path)
    assert preset.says == "people on our ward"
    assert preset.traits["self_criticism"] == (1.3, 0.5, "own questionnaires, 2024, 61 people")
    assert preset.traits["anger"] == (0.4, None, "assumed")
    (tmp_path / "s.toml").write_text(MINIMAL + 'preset = "ward.toml"\ntraits.anger.spread = 0.1\n')
    monkeypatch.chdir("/")
    scenario = Scenario.load(tmp_path / "s.toml")
    anger = scenario.distributions()["anger"]
    assert (anger.median, anger.spread) == (0.4, 0.1)
    assert scenario.correlated_pairs()["self_criticism", "anger"] == 0.3
    assert scenario.files()["population.preset"] == file
    before = scenario.digest()
    assert Scenario.from_toml(scenario.to_toml(), folder=tmp_path).digest() == before
    file.write_text(OWN.replace("people on our ward", "other people"))
    assert scenario.digest() != before
    assert build([scenario]).get(0, "anger").mean() == pytest.approx(0.4, abs=0.03)


def test_mistakes_in_an_own_preset(tmp_path: Path) -> None:
    text = MINIMAL + 'preset = "ward.toml"\n'
    (tmp_path / "wards.toml").write_text(OWN)
    key = 'population.preset = "ward.toml"'
    assert refused(text, tmp_path) == [(key, "no file ward.toml next to office.toml; did you mean wards.toml?")]
    wrong = OWN.replace('source = "own', 'sauce = "own').replace("median = 1.3", "median = -1").replace("0.3", "2")
    (tmp_path / "ward.toml").write_text(wrong + "[traits.angr]\nmedian = 1\n")
    assert refused(text, tmp_path) == [
        (key, "sauce: unknown; did you mean source?"),
        (key, "source: missing: where the numbers come from: a publication, a measurement, or assumed"),
        (key, "traits.angr: unknown; did you mean anger?"),
        (key, "traits.self_criticism.median = -1: must be 0 to 10"),
        (key, "correlations.0.r = 2: must be -0.99 to 0.99"),
    ]
    (tmp_path / "ward.toml").write_text("says = ")
    assert refused(text, tmp_path)[0][1].startswith("end of file: not valid TOML")
    (tmp_path / "ward.toml").write_text('source = "x"\ncorrelations = [{ traits = ["anger", "power"], r = 0.9 }, '
                                        '{ traits = ["threat_gain", "power"], r = -0.6 }]')  # fmt: skip
    assert "no population can have this" in refused(text, tmp_path)[0][1]


# --------------------------------------------------------------------------------- groups of people


@pytest.fixture(scope="module")
def groups() -> dict[str, dict[str, float]]:
    """Means of the third week of each preset: 240 people, the same draws."""
    names = sorted(PRESETS)
    tables = [
        {
            "days": 21.0, "seed": 5, "population": {"size": 240, "preset": name},
            "record": {"every": "1 week", "readouts": ["threat_dominant"]}, "numerics": {"steps_per_tick": 4},
        }
        for name in names
    ]  # fmt: skip
    runs = simulate_many([Scenario(table, source=name) for name, table in zip(names, tables, strict=True)])
    read = (*SYSTEMS, "threat_dominant")
    return {
        name: {one: float(run[one].isel(run=0, time=-1).mean()) for one in read}
        for name, run in zip(names, runs, strict=True)
    }


def test_groups_live_as_their_sources_say(groups: dict[str, dict[str, float]]) -> None:
    general, seeking = groups["general"], groups["help-seeking"]
    assert general["threat_dominant"] < 0.4
    for name, group in groups.items():
        # No group is locked in threat, and all but the general one are dominated by it for two fifths of the time.
        assert group["threat_dominant"] < 0.65, name
        if name != "general":
            assert group["threat"] > general["threat"] + 0.05 and group["soothing"] < general["soothing"] - 0.02, name
            assert group["threat_dominant"] > 0.4, name
    for name in ("shame", "psychosis", "eating-disorder"):
        assert groups[name]["threat"] > seeking["threat"] and groups[name]["soothing"] < seeking["soothing"], name
    # Psychosis: least drive; eating disorders: most among those who are not well.
    unwell = [name for name in groups if name != "general"]
    assert min(unwell, key=lambda name: groups[name]["drive"]) == "psychosis"
    assert max(unwell, key=lambda name: groups[name]["drive"]) == "eating-disorder"


def test_every_number_of_a_group_has_a_source_or_says_assumed() -> None:
    for name, preset in PRESETS.items():
        assert preset.source, name
        for trait, shift in preset.traits.items():
            assert shift.source.startswith("assumed; direction: ") or "(" in shift.source, (name, trait)
