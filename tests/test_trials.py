"""Trials in the engine: worlds, allocation, missing answers, blinding, power, comparison, and the command line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from affectsim.cli import affectsim as command
from affectsim.draws import uniforms
from affectsim.errors import InputError
from affectsim.networks.ties import Community, Ties
from affectsim.plots import trial_result
from affectsim.reports import manifest
from affectsim.reports.whole import report
from affectsim.results import save
from affectsim.scenario import Scenario
from affectsim.simulation import simulate
from affectsim.sweep import plan
from affectsim.training.programmes import programmes
from affectsim.trials import contamination, files, power
from affectsim.trials.allocation import Allocation, allocate, communities, permuted_blocks
from affectsim.trials.analysis import analyse, averaged, estimates, truth
from affectsim.trials.answers import Answers, answers, missing
from affectsim.trials.compare import Pairs, compare, read, units
from affectsim.trials.design import Arm, Missing, Trial, TrialDesign, checked
from affectsim.trials.design import read as read_trial
from affectsim.trials.kept import FILE, LOCK, KeptStore
from affectsim.trials.power import AtSize, Question, Replicate, Store
from affectsim.trials.statistics import ancova, cluster_means, clustering, standardised
from affectsim.trials.worlds import NOBODY, TRIAL, Ran, run
from affectsim.world import community_of

RARE = 1e-4
OFFICE = """
days = 28
seed = 5
[population]
size = 40
[network]
kind = "communities"
groups = 8
inside = 3.0
between = 1.0
"""
DESIGN = """
[trial]
scenario = "office.toml"
start_day = 7
outcomes = ["anxiety-score", "soothing"]
[[trial.arms]]
name = "compassion"
programme = "two-week"
[[trial.arms]]
name = "relaxing"
control = "active"
[[trial.arms]]
name = "waiting"
control = "waiting-list"
"""
#: Something that does nothing: one meeting, hardly warm, nothing practised.
_TWO_ARMS = {"trial.arms.1": None, "days": 21, "network": {"kind": "ring"}}
NOTHING = 'name = "nothing"\ndays = 7\ntherapist_warmth = 1e-12\nsessions = [{ day = 0 }]\n'


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trials")
    (folder / "office.toml").write_text(OFFICE)
    (folder / "trial.toml").write_text(DESIGN)
    (folder / "nothing.toml").write_text(NOTHING)
    alone = programmes()["two-week"].read_text().replace('"group"', '"individual"').replace("group_size = 20", "")
    (folder / "alone.toml").write_text(alone.replace("group_warmth = 0.3", ""))
    return folder


@pytest.fixture(scope="module")
def asked(place: Path) -> Trial:
    return read_trial(place / "trial.toml", {})


@pytest.fixture(scope="module")
def found(asked: Trial) -> list[Answers]:
    return answers(run(asked, range(4), threads=1))


def null(place: Path, **changes: Any) -> Trial:
    """Return a trial of something that does nothing."""
    scenario = Scenario.load(place / "office.toml").but({"days": 14})
    arms = (Arm(name="nothing", programme="nothing.toml"), Arm(name="waiting", control="waiting-list"))
    design = TrialDesign(scenario="office.toml", start_day=7, outcomes=("soothing",), arms=arms, **changes)
    return checked(design, scenario, folder=place)


# --------------------------------------------------------------------------------------- worlds


@pytest.mark.parametrize("informal", [True, False])
def test_programmes_one_after_another_are_lived_as_each_by_itself(asked: Trial, informal: bool) -> None:
    """The world in which everybody gets an arm is, to the last bit, the run that the engine makes of it alone.

    What the scenario says of training as such, here whether anything is done in passing, holds in a trial as well.
    """
    training = {"programme": "two-week", "informal_practice": informal}
    batch = run(asked._replace(scenario=asked.scenario.but({"training": training})), [0], threads=1)
    alone = asked.scenario.but(
        {
            "training": {**training, "start_day": 7, "who": {"share": 1.0}, "against": "active"},
            "record": {"every": "1 week", "readouts": ["balance"]},
        }
    )
    expected = simulate(alone, threads=1)
    runs = batch.ran[0].runs
    for world, arm in (("everybody in compassion", "training"), ("everybody in relaxing", "active")):
        mine = batch.recorded.values[runs[world]][:, 2, :]
        np.testing.assert_array_equal(mine, expected["soothing"].isel(run=expected["arm"].to_numpy() == arm)[0])
    nobody = simulate(alone.but({"training": None}), threads=1)
    np.testing.assert_array_equal(batch.recorded.values[runs[NOBODY]][:, 2, :], nobody["soothing"][0])


def test_a_scenario_is_a_trial_of_what_it_says_of_its_training(place: Path) -> None:
    """Its own programme, changed exercises of either arm and the competence of the therapists: to the last bit."""
    own = place / "own.toml"
    own.write_text(programmes()["two-week"].read_text().replace("compassion-focused-imagery", "appreciation"))
    changed = "exercises.relaxation.affiliative = 1.5\nexercises.appreciation.failure_base = 0.9\n"
    said = 'programme = "own.toml"\nstart_day = 7\nagainst = "active"\ndelivery.competence = 0.2\n'
    (place / "whole.toml").write_text(
        f"{OFFICE}[training]\n{said}{changed}who.share = 1.0\n[record]\nevery = '1 week'\n"
    )
    trial = read_trial(place / "whole.toml", {})
    assert [arm.competence for arm in trial.design.arms] == [0.2, 0.2]
    batch = run(trial, [0], threads=1)
    expected = simulate(trial.scenario, threads=1)
    for world, arm in (("everybody in training", "training"), ("everybody in active", "active")):
        mine = batch.recorded.values[batch.ran[0].runs[world]][:, 2, :]
        np.testing.assert_array_equal(mine, expected["soothing"].isel(run=expected["arm"].to_numpy() == arm)[0])
    # Each of them matters.
    for key, value in (("delivery.competence", 1.0), ("exercises.relaxation", None), ("exercises.appreciation", None)):
        other = run(read_trial(place / "whole.toml", {f"training.{key}": value}), [0], threads=1)
        assert (other.recorded.values[0] != batch.recorded.values[0]).any(), key


def test_a_changed_exercise_may_be_one_of_the_second_arm_alone(place: Path) -> None:
    (place / "late.toml").write_text(
        'name = "late"\ndays = 7\nhome = [{ from_day = 0, to_day = 6, exercise = "mindfulness" }]\n'
    )
    plain = 'programme = "late.toml"\nexercises.mindfulness.failure_base = 0.9\n'
    (place / "second.toml").write_text(f"{OFFICE}[training]\n{plain}")
    text = DESIGN.replace("office", "second").replace('control = "active"', 'programme = "late.toml"')
    (place / "two.toml").write_text(text)
    changed = read_trial(place / "two.toml", {})
    as_shipped = read_trial(place / "two.toml", {"training.exercises": None})
    one, other = (answers(run(each, [0], threads=1))[0].true["everybody in relaxing"] for each in (changed, as_shipped))
    assert (one["soothing"][1] != other["soothing"][1]).any()


def test_an_exercise_of_ones_own_needs_its_numbers_in_a_trial_too(place: Path) -> None:
    (place / "humming.py").write_text(
        "import affectsim as af\n\nclass Humming(af.Exercise, kind='humming'):\n"
        "    warmth: float = af.field(ge=0, le=2, unit='input', says='warmth')\n"
        "    def during(self):\n        return af.Practice(affiliative=self.warmth)\n"
    )
    (place / "hum.toml").write_text(
        'name = "hum"\ndays = 7\nhome = [{ from_day = 0, to_day = 6, exercise = "humming" }]\n'
    )
    office, training = f'parts = ["humming.py"]\n{OFFICE}', 'programme = "hum.toml"\nstart_day = 7\n'
    (place / "humming.toml").write_text(f"{office}[training]\n{training}exercises.humming.warmth = 1.0\n")
    warm = read_trial(place / "humming.toml", {})
    assert warm.scenario.exercises()["humming"].affiliative == 1.0
    assert run(warm, [0], worlds=(TRIAL,), threads=1).scenario.exercises()["humming"].affiliative == 1.0
    (place / "mute.toml").write_text(DESIGN.replace("office", "humming").replace("two-week", "hum.toml"))
    (place / "humming.toml").write_text(office)
    with pytest.raises(InputError, match=r"training\.exercises\.humming\.warmth +missing"):
        read_trial(place / "mute.toml", {})


def test_without_ties_everybody_lives_as_in_the_world_of_their_arm(place: Path) -> None:
    # One by one, so that the size of a group is the same in all worlds.
    changes = {"trial.arms.0.programme": "alone.toml"}
    trial = read_trial(place / "trial.toml", {**changes, "network": {"kind": "none"}})
    one = answers(run(trial, [0], threads=1))[0]
    worlds = ("everybody in compassion", "everybody in relaxing", NOBODY)
    for number, world in enumerate(worlds):
        mine = one.allocation.arm == number
        np.testing.assert_array_equal(one.true[TRIAL]["soothing"][:, mine], one.true[world]["soothing"][:, mine])
    # With ties the arms reach each other: what the same comparison finds then is contamination.
    tied = answers(run(read_trial(place / "trial.toml", changes), [0], threads=1))[0]
    waiting = tied.allocation.arm == 2
    assert not np.array_equal(tied.true[TRIAL]["soothing"][:, waiting], tied.true[NOBODY]["soothing"][:, waiting])


def test_everybody_gets_what_their_own_arm_gives(asked: Trial) -> None:
    """Competence, the warmth of a group as large as it is, and when it ends; who stops is told of the trial alone."""
    able = (0.3, 0.8, 0.5)
    arms = [arm.model_copy(update={"competence": one}) for arm, one in zip(asked.design.arms, able, strict=True)]
    clustered = {"randomise": "cluster", "clusters": "community"}
    for way in ({}, clustered):
        trial = asked.but({**way, "arms": [arm.model_dump() for arm in arms]})
        batch = run(trial, [0], worlds=(TRIAL, "everybody in relaxing"), threads=1)
        (ran,), world = batch.ran, batch.recorded.world
        skill, warmth, stop, start = (
            world.get(ran.runs[TRIAL], name) for name in ("skill", "session_warmth", "stop_day", "start_day")
        )
        community = community_of(trial.scenario).codes("community")
        for number, programme in enumerate(trial.programmes):
            mine = ran.allocation.arm == number
            if programme is None:
                assert (skill[mine] == 1).all() and (warmth[mine] == 0).all() and not ran.stopped[mine].any()
                continue
            assert np.allclose(skill[mine], arms[number].competence, atol=1e-4)
            for together in [mine & (community == one) for one in np.unique(community[mine])] if way else [mine]:
                assert together.sum() < programme.group_size or programme.group_size == 1
                expected = programme.warmth(np.array([min(together.sum(), programme.group_size)]))[0]
                np.testing.assert_allclose(warmth[together], expected, rtol=1e-6)
            assert (stop[mine & ~ran.stopped] == 7 + programme.days).all() and ran.stopped[mine].any()
            early = stop[mine & ran.stopped]
            assert ((early >= 7) & (early < 7 + programme.days)).all()
        assert np.unique(start[ran.allocation.arm >= 0]).size == 3


def test_truth_is_the_difference_between_worlds(asked: Trial, found: list[Answers]) -> None:
    rows = analyse(asked, found[0]).set_index(["outcome", "arm", "assessment"])
    one = found[0].true
    change = one["everybody in compassion"]["soothing"] - one[NOBODY]["soothing"]
    assert rows.loc[("soothing", "compassion", "after"), "against"] == "relaxing"
    trial = asked.but({"against": "waiting"})
    rows = analyse(trial, found[0]).set_index(["outcome", "arm", "assessment"])
    expected = (change[1] - change[0]).mean()
    assert rows.loc[("soothing", "compassion", "after"), "true_everybody"] == pytest.approx(expected, rel=1e-12)
    assert np.isnan(rows.loc[("soothing", "compassion", "after"), "true_others"])


def test_who_does_not_take_part_gets_nothing_but_what_ties_bring(place: Path) -> None:
    trial = read_trial(place / "trial.toml", {"trial.participants": 20})
    one = answers(run(trial, [0], threads=1))[0]
    others = one.allocation.arm < 0
    assert others.sum() == 20
    for name in trial.design.outcomes:
        assert np.isnan(one.answered[name][:, others]).all()
    assert np.isfinite(analyse(trial, one)["true_others"]).all()
    alone = read_trial(place / "trial.toml", {"trial.participants": 20, "network": {"kind": "none"}})
    assert (analyse(alone, answers(run(alone, [0], threads=1))[0])["true_others"] == 0).all()


# ----------------------------------------------------------------------------------- allocation


@given(st.integers(0, 2**32), st.integers(1, 90), st.sampled_from([None, 3, 6, 12]))
@settings(max_examples=60)
def test_blocks_hold_the_shares(seed: int, people: int, block: int | None) -> None:
    arms = (Arm(name="a", programme="two-week", share=2), Arm(name="b", control="waiting-list"))
    design = TrialDesign(scenario="x", arms=arms, block=block)
    lots = np.random.default_rng(seed).random(people)
    arm = permuted_blocks(design, np.zeros(people, dtype=np.int64), lots)
    counts = np.bincount(arm, minlength=2)
    assert abs(counts[0] - 2 * people / 3) <= 2
    for first in range(0, people - (block or people) + 1, block or people) if block else ():
        assert np.bincount(arm[first : first + block]).tolist() == [2 * block // 3, block // 3]
    if block:
        # One more person changes nobody in a block that was full.
        more = permuted_blocks(design, np.zeros(people + 1, dtype=np.int64), np.append(lots, 0.5))
        full = people // block * block
        assert (more[:full] == arm[:full]).all()


def test_everybody_has_the_same_chance_of_each_arm_and_neighbours_are_independent(place: Path) -> None:
    trial = null(place)
    community = community_of(trial.scenario)
    values = {"self_criticism": np.ones(40)}
    arms = np.stack([allocate(trial.design, community, values, 1, n).arm for n in range(400)])
    assert (arms.sum(axis=1) == 20).all()
    share = arms.mean(axis=0)
    low, high = stats.binom.ppf([RARE / 80, 1 - RARE / 80], 400, 0.5) / 400
    assert ((share >= low) & (share <= high)).all()


def test_an_incomplete_block_favours_no_arm() -> None:
    """One person in each stratum: who is alone gets either arm, whichever is named first."""
    arms = (Arm(name="a", programme="two-week"), Arm(name="b", control="waiting-list"))
    lots = np.random.default_rng(1).random(600)
    hits = permuted_blocks(TrialDesign(scenario="x", arms=arms), np.arange(600), lots).sum()
    assert stats.binom.ppf(RARE / 2, 600, 0.5) <= hits <= stats.binom.isf(RARE / 2, 600, 0.5)


def test_the_largest_clusters_go_to_different_arms() -> None:
    """Clusters of one to nine people, in no order: each arm gets one of the two largest, of the next two, and so on."""
    sizes = np.array([3, 9, 6, 8, 2, 5, 7, 1, 4])
    ward = np.repeat(np.arange(9), sizes)
    community = Community(Ties.from_edges(np.arange(0), np.arange(0), None, ward.size), {"ward": ward})
    arms = (Arm(name="a", programme="two-week"), Arm(name="b", control="waiting-list"))
    design = TrialDesign(scenario="x", arms=arms, randomise="cluster", clusters="ward")
    values, largest_first = {"self_criticism": np.ones(ward.size)}, np.argsort(-sizes)
    for replicate in range(20):
        found = allocate(design, community, values, 1, replicate)
        arm_of = np.array([found.arm[ward == one][0] for one in largest_first])
        assert (arm_of[0:8:2] != arm_of[1:8:2]).all()


def test_clusters_are_allocated_whole_and_arms_get_clusters_of_like_sizes(asked: Trial) -> None:
    trial = asked.but({"randomise": "cluster", "clusters": "community"})
    found = allocate(trial.design, community_of(trial.scenario), {"self_criticism": np.ones(40)}, 1, 0)
    for cluster in np.unique(found.cluster):
        assert np.unique(found.arm[found.cluster == cluster]).size == 1
    sizes = [np.unique(found.cluster[found.arm == arm]).size for arm in range(3)]
    assert sum(sizes) == 8 and max(sizes) - min(sizes) <= 1
    with pytest.raises(InputError, match="every arm needs two"):
        few = trial.but({"scenario.network.groups": 3, "scenario.network.inside": 2.0})
        allocate(few.design, community_of(few.scenario), {"self_criticism": np.ones(40)}, 1, 0)


@pytest.mark.parametrize("values", [np.array([1.0, 2.0, 3.0, 4.0, np.nan]), np.array(["a", "b", "c", "d", ""])])
@pytest.mark.parametrize("how", [{"randomise": "cluster", "clusters": "ward"}, {"strata": ("ward",)}])
def test_people_of_whom_no_group_is_known_are_not_allocated_as_one(how: dict[str, Any], values: Any) -> None:
    arms = (Arm(name="a", programme="two-week"), Arm(name="b", control="waiting-list"))
    nobody = Ties.from_edges(np.arange(0), np.arange(0), None, 20)
    community = Community(nobody, {"ward": values[np.r_[np.repeat(np.arange(4), 4), np.full(4, 4)]]})
    # The last four, who have no ward, are the least self-critical: with 16 participants they stay away.
    level = {"self_criticism": np.arange(20.0)[::-1]}
    design = TrialDesign(scenario="x", arms=arms, choose="most-self-critical", **how)
    with pytest.raises(InputError, match='4 of 20 participants have no "ward"'):
        allocate(design, community, level, 1, 0)
    found = allocate(design.model_copy(update={"participants": 16}), community, level, 1, 0)
    groups = found.cluster if "clusters" in how else found.stratum
    assert groups.tolist() == [*np.repeat(np.arange(4), 4).tolist(), -1, -1, -1, -1]


def test_clusters_are_allocated_in_the_blocks_that_are_asked_for() -> None:
    """Four clusters, one block of four: two each, but not always one each of the two largest, as in blocks of two."""
    ward = np.repeat(np.arange(4), [8, 6, 4, 2])
    community = Community(Ties.from_edges(np.arange(0), np.arange(0), None, ward.size), {"ward": ward})
    arms = (Arm(name="a", programme="two-week"), Arm(name="b", control="waiting-list"))
    design = TrialDesign(scenario="x", arms=arms, randomise="cluster", clusters="ward", block=4)
    # Of the six ways two have the two largest in one arm: none in 60 replicates with probability (2/3)^60 < 1e-10.
    found = [allocate(design, community, {"self_criticism": np.ones(20)}, 1, n).arm[[0, 8, 14, 18]] for n in range(60)]
    assert {int(arm.sum()) for arm in found} == {2}
    assert any(arm[0] == arm[1] for arm in found)


def test_strata_are_every_combination_of_what_is_known_of_the_participants() -> None:
    """Of two attributes and a trait; who takes no part (half: the least self-critical) moves no median."""
    sex, ward = np.arange(32) % 2, np.arange(32) // 2 % 2
    community = Community(Ties.from_edges(np.arange(0), np.arange(0), None, 32), {"sex": sex, "ward": ward})
    arms = (Arm(name="a", programme="two-week"), Arm(name="b", control="waiting-list"))
    design = TrialDesign(
        scenario="x", arms=arms, strata=("sex", "ward", "self_criticism"), participants=16, choose="most-self-critical"
    )
    level = np.arange(32.0)
    found = allocate(design, community, {"self_criticism": level}, 1, 0)
    mine = np.arange(16, 32)
    groups = {key: set() for key in range(8)}
    for person in mine:
        groups[4 * sex[person] + 2 * ward[person] + (level[person] > 23.5)].add(int(found.stratum[person]))
    assert sorted(groups.values(), key=min) == [{n} for n in range(8)]
    assert (found.stratum[:16] == -1).all()
    assert [int(found.arm[found.stratum == n].sum()) for n in range(8)] == [1] * 8


def test_communities_are_found_in_the_ties() -> None:
    first, second = np.triu_indices(6, 1)
    ties = Ties.from_edges(np.r_[first, first + 6, 0], np.r_[second, second + 6, 6], None, 12)
    found = communities(ties, 1)
    assert np.unique(found).size == 2 and np.unique(found[:6]).size == 1 and np.unique(found[6:]).size == 1


def test_communities_count_ties_in_both_directions_and_begin_with_the_largest() -> None:
    """What either gives the other is added up: 9 and 0.5 within the pairs are more than the 3 between them."""
    first, second = np.triu_indices(5, 1)
    large = Ties.from_edges(np.r_[0, first + 2], np.r_[1, second + 2], None, 7)
    assert communities(large, 1).tolist() == [1, 1, 0, 0, 0, 0, 0]
    giver, taker, weight = [0, 1, 2, 3, 0, 1], [1, 0, 3, 2, 2, 3], [0.5, 9.0, 0.5, 9.0, 3.0, 3.0]
    assert communities(Ties.from_edges(giver, taker, weight, 4, directed=True), 1).tolist() == [0, 0, 1, 1]


def test_strata_are_balanced_each_by_itself(place: Path) -> None:
    trial = null(place, strata=("self_criticism",))
    one = answers(run(trial, [0], worlds=(TRIAL,), threads=1))[0]
    for stratum in (0, 1):
        mine = one.allocation.arm[one.allocation.stratum == stratum]
        assert mine.size == 20 and mine.sum() == 10


# -------------------------------------------------------------------------------------- answers


def test_answers_are_missing_as_often_as_asked_and_from_those_under_threat(place: Path) -> None:
    batches = {}
    for threat in (0.0, 2.0):
        trial = null(place, missing=Missing(rate=0.3, threat=threat))
        batches[threat] = answers(run(trial, range(12), worlds=(TRIAL,), threads=1))
    for threat, made in batches.items():
        assert not any(np.isnan(one.answered["soothing"][0]).any() for one in made)
        gone = np.concatenate([np.isnan(one.answered["soothing"][1]) for one in made])
        level = np.concatenate([stats.zscore(one.threat[1]) for one in made])
        if threat == 0:
            assert abs(gone.sum() - 144) < stats.binom.isf(RARE / 2, 480, 0.3) - 144
        apart = level[gone].mean() - level[~gone].mean()
        assert (apart > 0.6) == (threat > 0)


def test_who_does_not_answer_is_drawn_by_the_odds_that_are_said(place: Path) -> None:
    """By hand: threat, fear and having stopped, each by itself, among those who take part."""
    trial = null(place, missing=Missing(rate=0.3, threat=-1.0, fear=1.5, stopped=2.0))
    chance, people = np.random.default_rng(3), 400
    threat, fear = chance.random((2, 3, people))
    takes_part, stopped = chance.random(people) < 0.8, chance.random(people) < 0.3
    allocation = Allocation(np.where(takes_part, 1, -1), np.arange(people), np.zeros(people, dtype=np.int64))
    gone = missing(trial, Ran(7, {}, allocation, stopped), threat, fear)
    assert not gone[0].any()
    lots = uniforms(trial.scenario.seed, 7, "trial/missing", people)[takes_part]
    for row in (1, 2):
        afraid, alarmed = (stats.zscore(values[row][takes_part]) for values in (fear, threat))
        odds = 0.3 / 0.7 * np.exp(1.5 * afraid - alarmed + 2.0 * stopped[takes_part])
        np.testing.assert_array_equal(gone[row][takes_part], lots < odds / (1 + odds))


def test_error_of_measurement_widens_the_spread_and_shrinks_effect_sizes(asked: Trial, found: list[Answers]) -> None:
    name = "anxiety-score"
    true = np.concatenate([one.true[TRIAL][name][0] for one in found])
    answered = np.concatenate([one.answered[name][0] for one in found])
    # Reliability .82 in the reference population: 160 people, so about 10 % more spread.
    assert 1.03 < answered.std() / true.std() < 1.25
    exact = answers(run(asked.but({"measurement_error": False}), range(4), threads=1))
    wide, narrow = (pd.concat([analyse(asked, one) for one in made]) for made in (found, exact))
    mine = (wide["outcome"] == name).to_numpy()
    assert wide["error"][mine].mean() > 1.03 * narrow["error"][mine].mean()
    # The same difference in points is a smaller effect size: the standard deviation that it is divided by is larger.
    sizes = [np.abs(one["d_high"] - one["d_low"])[mine].mean() / one["error"][mine].mean() for one in (wide, narrow)]
    assert sizes[0] < 0.97 * sizes[1]
    # What has no error is answered as it is.
    there = ~np.isnan(found[0].answered["soothing"])
    np.testing.assert_array_equal(found[0].answered["soothing"][there], found[0].true[TRIAL]["soothing"][there])


def test_a_trial_of_nothing_finds_something_in_one_of_twenty(place: Path, full: bool) -> None:
    """Error rate .05 in the engine, allocation, answers and analysis together; exact binomial bounds at 1e-4."""
    trials, at_once = (480, 60) if full else (60, 60)
    for way in ({}, {"randomise": "cluster", "clusters": "community"}):
        trial = null(place, **way)
        made = [
            analyse(trial, one)["p"].iloc[0]
            for first in range(0, trials, at_once)
            for one in answers(run(trial, range(first, first + at_once), worlds=(TRIAL,), threads=1))
        ]
        hits = int((np.array(made) < 0.05).sum())
        assert stats.binom.ppf(RARE / 2, trials, 0.05) <= hits <= stats.binom.isf(RARE / 2, trials, 0.05)
        assert stats.kstest(made, "uniform").pvalue > RARE


def made_answers(trial: Trial, people: int = 90) -> Answers:
    """Return answers of which everything is drawn: three arms, six clusters each, a few who take no part."""
    chance = np.random.default_rng(8)
    cluster = np.arange(people) // 5
    arm = np.where(np.arange(people) < people - 10, cluster % 3, -1)
    likeness = chance.normal(0, 5, cluster.size)[cluster]
    true = {
        world: {name: chance.normal(40, 10, (2, people)) for name in trial.design.outcomes}
        for world in (TRIAL, NOBODY, "everybody in compassion", "everybody in relaxing")
    }
    answered = {}
    for name, (before, after) in true[TRIAL].items():
        scores = np.stack([before, after + 0.5 * before + likeness + 3 * (arm == 0)])
        answered[name] = np.where((chance.random(scores.shape) < 0.1) | (arm < 0), np.nan, scores)
    return Answers(
        0, Allocation(arm, np.where(arm < 0, -1, cluster), np.where(arm < 0, -1, cluster % 4)),
        chance.random(people) < 0.3, {"before": 0, "after": 1}, answered, true,
        np.zeros((2, people)), np.zeros((2, people)),
    )  # fmt: skip


@pytest.mark.parametrize("name", ["anxiety-score", "soothing"])
@pytest.mark.parametrize("way", [{}, {"strata": ("self_criticism",)}, {"randomise": "cluster"}])
def test_what_a_trial_finds_is_worked_out_from_whom_it_says(asked: Trial, name: str, way: dict[str, Any]) -> None:
    trial = asked.but({**way, "confidence": 0.9})
    found = made_answers(trial)
    arm, cluster, stratum = found.allocation
    said = estimates(trial, found, name, 0, 1)
    both = (arm == 0) | (arm == 1)
    before, after = found.answered[name]
    there = both & np.isfinite(before) & np.isfinite(after)
    assert (said["people"], said["answered"]) == (both.sum(), there.sum())
    assert said["protocol_answered"] == (there & ~found.stopped).sum() < there.sum() < both.sum()
    clustered = "randomise" in way
    for prefix, who in (("", there), ("protocol_", there & ~found.stopped)):
        columns = (before[who], after[who], arm[who] == 0)
        if clustered:
            expected = cluster_means(*columns, cluster[who], confidence=0.9)
        else:
            expected = ancova(*columns, stratum[who] if way else None, confidence=0.9)
        assert tuple(said[prefix + key] for key in ("difference", "low", "high", "p")) == pytest.approx(
            (expected.value, expected.low, expected.high, expected.p), rel=1e-12
        )
    sign = -1 if name == "anxiety-score" else 1
    columns = (before[there], after[there], arm[there] == 0)
    size = standardised(*columns, cluster[there] if clustered else None, confidence=0.9)
    assert (said["d"], said["d_low"], said["d_high"]) == pytest.approx(
        (sign * size.value, *sorted((sign * size.low, sign * size.high))), rel=1e-12
    )
    if clustered:
        assert said["ignored_p"] == pytest.approx(ancova(*columns).p, rel=1e-12)
        # What clusters have in common once baseline and arms are taken out (by the regression of all three).
        rows = np.column_stack([before[there], arm[there] == 0, arm[there] == 1])
        left = after[there] - rows @ np.linalg.solve(rows.T @ rows, rows.T @ after[there])
        alike = clustering(left, cluster[there], arm[there])
        assert (said["icc"], said["design_effect"]) == pytest.approx((alike.icc, alike.design_effect), rel=1e-9)


@pytest.mark.parametrize("name", ["anxiety-score", "soothing"])
def test_the_truth_of_each_kind_is_the_mean_over_those_it_is_about(asked: Trial, name: str) -> None:
    """By hand from the worlds; positive effect sizes are benefit, points have the sign of the score."""
    found = made_answers(asked)
    arm, said = found.allocation.arm, truth(asked, found, name, 0, 1)
    sign = -1 if name == "anxiety-score" else 1
    for kind, with_it, without, who in (
        ("own", TRIAL, NOBODY, arm == 0),
        ("everybody", "everybody in compassion", "everybody in relaxing", arm >= 0),
        ("contamination", TRIAL, "everybody in relaxing", arm == 1),
        ("others", TRIAL, NOBODY, arm == -1),
    ):
        (first, last), (twin_first, twin_last) = (found.true[world][name][:, who] for world in (with_it, without))
        points = ((last - first) - (twin_last - twin_first)).mean()
        assert said[f"true_{kind}"] == pytest.approx(points, rel=1e-12)
        spread = np.sqrt((first.var(ddof=1) + twin_first.var(ddof=1)) / 2)
        assert said[f"true_{kind}_d"] == pytest.approx(sign * points / spread, rel=1e-12)


def test_replicates_are_averaged_with_the_interval_of_their_mean(asked: Trial, found: list[Answers]) -> None:
    """By hand, in the table and in the figure; of a single replicate the trial's own interval is kept."""
    results = pd.concat([analyse(asked, one) for one in found], ignore_index=True)
    chosen = {"outcome": "soothing", "arm": "compassion", "assessment": "after"}
    mine = results[(results[list(chosen)] == pd.Series(chosen)).all(axis=1)]
    expected = stats.ttest_1samp(mine["difference"], 0.0).confidence_interval(0.95)
    mean = averaged(results, 0.95)
    row = mean[(mean[list(chosen)] == pd.Series(chosen)).all(axis=1)].iloc[0]
    assert len(mine) == row["replicates"] > 1
    assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high))
    assert row["found"] == (mine["p"] < 0.05).mean()
    lines = [tuple(line.get_xdata()) for axes in trial_result(mean).axes for line in axes.lines]
    assert (row["low"], row["high"]) in lines
    one = averaged(results[results["replicate"] == results["replicate"].iloc[0]], 0.95)
    assert one["low"].tolist() == results["low"][: len(one)].tolist()


# ------------------------------------------------------------------------------------- blinding


def test_outcome_files_do_not_give_the_arms_away(asked: Trial, found: list[Answers], tmp_path: Path) -> None:
    results = pd.concat([analyse(asked, one) for one in found], ignore_index=True)
    files.write(asked, found, results, "result", tmp_path)
    names = [arm.name for arm in asked.design.arms]
    for name in (files.OUTCOMES, files.BLINDED):
        text = (tmp_path / name).read_text()
        assert not [arm for arm in names if arm in text]
    table = pd.read_csv(tmp_path / files.OUTCOMES)
    assert set(table.columns) == {
        "replicate", "participant", "group",
        *(f"{outcome} {when}" for outcome in asked.design.outcomes for when in asked.weeks),
    }  # fmt: skip
    key = json.loads((tmp_path / "key" / "key.json").read_text())["replicates"]
    for one, opened in zip(found, key, strict=True):
        mine = table[table["replicate"] == one.replicate]
        people = [opened["participants"][str(code)] for code in mine["participant"]]
        assert [opened["groups"][group] for group in mine["group"]] == [names[one.allocation.arm[p]] for p in people]
        assert people != sorted(people)
        np.testing.assert_allclose(mine["soothing after"], one.answered["soothing"][1, people])
    # A letter is each arm's as often as another's.
    letters = [files.letters(asked, replicate) for replicate in range(300)]
    for letter in "ABC":
        counts = np.bincount([one.index(letter) for one in letters], minlength=3)
        assert stats.chisquare(counts).pvalue > RARE
    opened_table = pd.read_csv(tmp_path / "key" / "results.csv")
    assert opened_table.shape == results.shape


# ---------------------------------------------------------------------------------------- power


def made_up(trial: Trial, size: int, numbers: Sequence[int]) -> list[Replicate]:
    """Return replicates whose power is size / (size + 20): nothing is simulated."""
    chances = [np.random.default_rng([size, number]).random() for number in numbers]
    return [
        Replicate(size, number, 0.01 if chance < size / (size + 20) else 0.5, chance, np.nan, chance, 0.5 * chance)
        for number, chance in zip(numbers, chances, strict=True)
    ]


def test_power_grows_with_people(place: Path) -> None:
    trial = read_trial(place / "trial.toml", {**_TWO_ARMS, "trial.outcomes.0": "self-compassion-score"})
    found = [np.mean([one.p < 0.05 for one in power.simulate(trial, size, range(20))]) for size in (12, 60, 480)]
    assert found[0] <= found[1] <= found[2]
    assert found[2] - found[0] > 0.3, found
    nothing = null(place)
    assert np.mean([one.p < 0.05 for one in power.simulate(nothing, 40, range(20))]) < 0.35


def test_a_replicate_of_a_search_is_what_the_trial_itself_finds(asked: Trial, found: list[Answers]) -> None:
    """Of the primary outcome right after training; what clusters change only where there are some."""
    for trial in (asked, asked.but({"randomise": "cluster", "clusters": "community"})):
        (made,) = power.simulate(trial, 40, [2])
        one = found[2] if trial is asked else answers(run(trial, [2], worlds=(TRIAL, NOBODY), threads=1))[0]
        row = estimates(trial, one, "anxiety-score", 0, 1)
        assert (made.size, made.number, made.p, made.difference) == (40, 2, row["p"], row["difference"])
        np.testing.assert_equal(made.naive_p, row.get("ignored_p", np.nan))
        mine = one.allocation.arm == 0
        means = [one.true[world]["anxiety-score"][1][mine].mean() for world in (TRIAL, NOBODY)]
        assert (made.with_it, made.without) == pytest.approx(means, rel=1e-12)


def test_replicates_are_on_the_disk_when_they_are_acknowledged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system is told to wait for the disk once all lines have reached it; nothing waits for the end."""
    forced: list[int] = []
    monkeypatch.setattr("os.fsync", lambda _: forced.append((tmp_path / FILE).read_bytes().count(b"\n")))
    store = KeptStore(tmp_path, {"a": 1})
    store.add([Replicate(16, n, 0.5, 0.0, 0.0, 0.0, 0.0) for n in range(3)])
    store.add([Replicate(16, 3, 0.5, 0.0, 0.0, 0.0, 0.0)])
    assert forced == [1, 4, 5]
    store.close()


def test_the_search_finds_the_smallest_size_and_says_how_sure(asked: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(power, "simulate", made_up)
    asked = asked.but({"scenario.network": {"kind": "ring"}})
    question = Question((16, 32, 64, 128, 256, 512))
    store = Store()
    found = {one.size: one for one in power.search(asked, question, store)}
    # Power .8 needs 80 people: 64 has .76, 128 has .86.
    assert found[128].verdict == "enough"
    assert found[64].verdict in ("too few", "close")
    assert 512 not in found
    assert "128 people are enough" in power.text(asked, question, list(found.values()), store)
    assert power.gain(store, 128).ratio == pytest.approx((1 + 0.25) / 0.25, rel=1e-9)
    small, store = question._replace(sizes=(8, 16)), Store()
    assert "No size up to 16" in power.text(asked, small, power.search(asked, small, store), store)


def test_stopping_and_going_on_changes_nothing(asked: Trial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(power, "simulate", made_up)
    asked = asked.but({"scenario.network": {"kind": "ring"}})
    question = Question((16, 64, 256))
    facts = power.facts(asked)
    whole: list[AtSize] = power.search(asked, question, Store())
    batches = 0

    def stops(trial: Trial, size: int, numbers: Sequence[int]) -> list[Replicate]:
        nonlocal batches
        batches += 1
        if batches % 3 == 0:
            raise KeyboardInterrupt
        return made_up(trial, size, numbers)

    monkeypatch.setattr(power, "simulate", stops)
    interrupted = 0
    for _ in range(100):
        store = KeptStore(tmp_path / "power", facts)
        try:
            found = power.search(asked, question, store)
            break
        except KeyboardInterrupt:
            interrupted += 1
            # As after a crash in the middle of a line.
            with (tmp_path / "power" / FILE).open("ab") as file:
                file.write(b'{"is": {"size": 16, "nu')
        finally:
            store.close()
    assert interrupted > 2 and found == whole
    lines = (tmp_path / "power" / FILE).read_bytes().splitlines()
    kept = [tuple(json.loads(line)["is"][key] for key in ("size", "number")) for line in lines[1:]]
    assert len(kept) == len(set(kept)) == sum(one.replicates for one in whole)


def test_an_arm_that_is_wrong_is_one_mistake(tmp_path: Path) -> None:
    """The others are as many as are needed: what is wrong in one makes no list too short."""
    one, wrong = '{ name = "a", programme = "two-week" }', '{ name = "b", control = "waiting" }'
    (tmp_path / "t.toml").write_text(f'[trial]\nscenario = "s"\narms = [{one}, {wrong}]\n')
    with pytest.raises(InputError, match=r"1 mistake\n.*did you mean waiting-list"):
        read_trial(tmp_path / "t.toml", {})
    (tmp_path / "t.toml").write_text(f'[trial]\nscenario = "s"\narms = [{one}]\n')
    with pytest.raises(InputError, match="needs at least 2"):
        read_trial(tmp_path / "t.toml", {})


def test_another_question_and_changed_lines_are_refused(asked: Trial, tmp_path: Path) -> None:
    facts = power.facts(asked)
    store = KeptStore(tmp_path, facts)
    store.add(made_up(asked, 16, range(3)))
    with pytest.raises(InputError, match="another process"):
        KeptStore(tmp_path, facts)
    store.close()
    with pytest.raises(InputError, match=r"population\.size .* was 40, is now 41"):
        KeptStore(tmp_path, power.facts(asked.but({"scenario.population.size": 41})))
    path = tmp_path / FILE
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], lines[2].replace(b"0.01", b"0.02").replace(b"0.5,", b"0.6,"), *lines[3:]]))
    with pytest.raises(InputError, match="line 3"):
        KeptStore(tmp_path, facts)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        KeptStore(tmp_path / "other", facts)


def test_trials_of_other_code_are_refused(asked: Trial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The version of the package says nothing of a change in it; figures decide no trial."""
    known = power.facts(asked)["versions"]
    assert not {"matplotlib", "pillow"} & set(known)
    known_place, package = Path(power.__file__).parents[1], tmp_path / "affectsim"
    shutil.copytree(known_place, package, ignore=shutil.ignore_patterns("page", "__pycache__"))
    for module in (plan, power):
        monkeypatch.setattr(module, "__file__", str(package / Path(module.__file__).relative_to(known_place)))
    assert power.facts(asked)["versions"] == known
    for name, decides in {"dynamics.py": "sources", "trials/allocation.py": "trials", "trials/report.py": ""}.items():
        text = (package / name).read_text(encoding="utf-8")
        (package / name).write_text(f"{text}# other\n", encoding="utf-8")
        now = power.facts(asked)["versions"]
        assert [key for key in known if known[key] != now[key]] == ([decides] if decides else []), name
        (package / name).write_text(text, encoding="utf-8")


# --------------------------------------------------------------------------------------- compare


def test_a_paired_interval_is_that_of_a_paired_t_test() -> None:
    chance = np.random.default_rng(1)
    one = chance.normal(size=(1, 50))
    other = one + 0.3 + 0.1 * chance.normal(size=(1, 50))
    row = compare(Pairs(("a", "b"), "x", {"y": one}, {"y": other})).iloc[0]
    plain = stats.ttest_rel(other[0], one[0]).confidence_interval(0.95)
    assert (row["low"], row["high"]) == pytest.approx((plain.low, plain.high), rel=1e-9)
    assert row["unit"] == "person" and row["narrower"] > 5
    many = compare(Pairs(("a", "b"), "x", {"y": one.reshape(10, 5)}, {"y": other.reshape(10, 5)})).iloc[0]
    assert (many["unit"], many["units"]) == ("replicate", 10)
    with pytest.raises(InputError, match="nothing can be paired"):
        units(one, other[:, 1:])


def test_worlds_are_compared_at_the_end_of_training(asked: Trial, found: list[Answers], tmp_path: Path) -> None:
    results = pd.concat([analyse(asked, one) for one in found], ignore_index=True)
    files.write(asked, found, results, "result", tmp_path)
    pairs = read(tmp_path, NOBODY, "everybody in compassion")
    for world, side in ((NOBODY, pairs.first), ("everybody in compassion", pairs.second)):
        np.testing.assert_allclose(side["soothing"], [one.true[world]["soothing"][1] for one in found], rtol=1e-6)


@pytest.mark.parametrize(("every", "last"), [("1 day", 7), ("2 days", 4), ("1 week", 1), ("2 weeks", 1)])
def test_what_is_compared_is_the_last_week(place: Path, tmp_path: Path, every: str, last: int) -> None:
    """A record is the mean of the time before it: the one at the beginning of the week is of the week before."""
    training = {"programme": "two-week", "start_day": 0}
    made = simulate(Scenario.load(place / "office.toml").but({"days": 14, "training": training, "record.every": every}))
    save(made, tmp_path / "run.nc")
    pairs = read(tmp_path, "waiting-list", "training")
    for arm, found in (("waiting-list", pairs.first), ("training", pairs.second)):
        expected = made["threat"].isel(run=made["arm"].to_numpy() == arm)[:, -last:].mean("time")
        np.testing.assert_allclose(found["threat"], expected, rtol=1e-6)


def test_commands_from_end_to_end(place: Path, tmp_path: Path) -> None:
    def said(*arguments: object, code: int = 0) -> str:
        done = CliRunner().invoke(command, [str(one) for one in arguments])
        if code == 2:
            assert isinstance(done.exception, (InputError, SystemExit)), done.output
            return str(done.exception) + done.output
        assert done.exit_code == code, (done.output, done.exception)
        return str(done.stdout)

    trial, out = place / "trial.toml", tmp_path / "trial"
    blind = said("trial", trial, "--out", out, "--blind", "--replicates", 2)
    assert "B - A" in blind and "everybody" in blind.splitlines()[0]
    assert "compassion " not in blind.split("Blinded")[1] and "not a clinical tool" in blind
    opened = (out / "key" / "result.txt").read_text()
    assert "Means of 2 replicates" in opened and "truth: own" in opened
    # The folder holds what is needed to run the trial again, with the same outcome.
    said("trial", out / "trial.toml", "--out", tmp_path / "again", "--replicates", 2)
    assert (tmp_path / "again" / "outcomes.csv").read_bytes() == (out / "outcomes.csv").read_bytes()

    text = said("compare", out, "nobody", "everybody in compassion", "--outcome", "soothing", "--out", tmp_path / "c")
    assert "paired over 2 replicates" in text
    row = pd.read_csv(tmp_path / "c" / "compare.csv").iloc[0]
    assert row["difference"] == pytest.approx(row["everybody in compassion"] - row["nobody"], rel=1e-9)
    assert (tmp_path / "c" / "compare.png").stat().st_size > 5_000
    assert "did you mean nobody" in said("compare", out, "nobdy", "trial", code=2)

    run_changes = ("--set", "days=7", "--set", "training={programme='two-week', start_day=0, who={share=1.0}}")
    said("run", place / "office.toml", "--out", tmp_path / "runs" / "a", *run_changes)
    said("run", place / "office.toml", "--out", tmp_path / "runs" / "b", "--set", "days=7")
    assert "waiting-list" in said("compare", tmp_path / "runs" / "a", "waiting-list", "training")
    text = said("compare", tmp_path / "runs", "b", "a:waiting-list", "--outcome", "threat")
    assert float(text.split("threat")[1].split()[2]) == 0
    said("run", place / "office.toml", "--out", tmp_path / "runs" / "c", "--set", "days=7", "--seed", 9)
    assert "not the same people" in said("compare", tmp_path / "runs", "b", "c", code=2)
    said("run", place / "office.toml", "--out", tmp_path / "runs" / "d", "--set", "days=14")
    words = "ends on day 7 and on day 14: the last weeks are not the same days"
    assert words in said("compare", tmp_path / "runs", "b", "d", code=2)
    # Whoever is recorded in both is compared with themselves, in whichever order.
    for name, people in (("e", [5, 3, 8]), ("f", [8, 5, 1]), ("g", [2, 7])):
        told = ("--set", "days=7", "--set", f"record.people={people}")
        said("run", place / "office.toml", "--out", tmp_path / "runs" / name, *told)
    text = said("compare", tmp_path / "runs", "e", "f", "--outcome", "threat")
    assert "paired over 2 persons" in text and float(text.split("threat")[1].split()[2]) == 0
    assert "nobody is recorded in both e and g" in said("compare", tmp_path / "runs", "e", "g", code=2)

    swept = tmp_path / "sweep"
    said("sweep", place / "office.toml", "--set", "days=7", "--vary", "model.warmth_strength=1,4", "--replicates", 3,
         "--workers", 1, "--out", swept)  # fmt: skip
    assert "paired over 3 replicates" in said("compare", swept, 0, 1)
    # A part with replicate 0 of the one point and replicate 1 of the other.
    said("sweep", place / "office.toml", "--set", "days=7", "--vary", "model.warmth_strength=1,4", "--replicates", 2,
         "--workers", 1, "--shard", "1/3", "--out", tmp_path / "part")  # fmt: skip
    assert "no replicate of points 0 and 1 is finished in both" in said("compare", tmp_path / "part", 0, 1, code=2)
    assert sorted(read(swept, "0", "1").first) == sorted(read(swept, "0", "1").second)

    asked = (
        "power",
        trial,
        "--sizes",
        "24",
        "--most",
        20,
        "--set",
        "days=21",
        "--set",
        "network.inside=2.0",
        "--out",
        tmp_path / "p",
    )
    first = said(*asked)
    assert "people are" in first or "No size" in first
    assert said(*asked).split("written")[0] == first.split("written")[0]
    assert (tmp_path / "p" / "power.png").stat().st_size > 5_000
    assert "was 5, is now 8" in said(*asked, "--seed", 8, code=2)
    # Each of the three results can be made again from its manifest, byte for byte; an edited one cannot hide.
    for result, count in ((out, 11), (tmp_path / "c", 4), (tmp_path / "p", 4)):
        assert f"{count} of {count} files are the same" in said("rerun", result)
    (out / "outcomes.csv").write_text("edited")
    assert "outcomes.csv  edited since" in said("rerun", out, "--check-only")
    # So is an input that another input names; and the report says what was asked.
    for result, asked_for in ((out, "change in"), (tmp_path / "c", "same people"), (tmp_path / "p", "How many people")):
        assert asked_for in report(manifest.read(result)).split("<h2", 2)[1], result
    office = place / "office.toml"
    before = office.read_text()
    assert "office.toml" not in said("rerun", tmp_path / "p", "--check-only").split("input", 1)[-1]
    office.write_text(f"{before}# later")
    for result in (out, tmp_path / "p"):
        assert "office.toml  edited since" in said("rerun", result, "--check-only")
    office.write_text(before)
    # A size that cannot be built is found before anything is written.
    nowhere = tmp_path / "nowhere"
    assert "network.inside" in said("power", trial, "--sizes", "16,64", "--out", nowhere, code=2)
    assert not nowhere.exists()


def test_a_trial_of_an_own_programme_can_be_run_from_its_folder(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its files are named so that they are found, whatever the paths by which the trial was run."""
    (place / "by-oneself.toml").write_text(f'{OFFICE}[training]\nprogramme = "alone.toml"\nstart_day = 7\n')
    monkeypatch.chdir(place.parent)
    first, again = tmp_path / "first", tmp_path / "again"
    for file, out in ((Path(place.name) / "by-oneself.toml", first), (first / "trial.toml", again)):
        done = CliRunner().invoke(command, ["trial", str(file), "--out", str(out)])
        assert done.exit_code == 0, (done.output, done.exception)
    for name in ("outcomes.csv", "trial.toml", "scenario.toml", "key/results.csv"):
        assert (first / name).read_bytes() == (again / name).read_bytes()
    assert read_trial(first / "trial.toml", {}).design.arms[0].programme == str(place / "alone.toml")
    assert Scenario.load(first / "scenario.toml").files()["training.programme"] == place / "alone.toml"


def test_the_experiment_on_contamination_writes_its_numbers_into_the_readme(tmp_path: Path) -> None:
    shipped = Path(__file__).resolve().parents[1] / "experiments" / "cluster-randomised-trial"
    for name in ("trial.toml", "office.toml", contamination.README):
        text = (shipped / name).read_text(encoding="utf-8")
        small = text.replace("size = 120", "size = 40").replace("groups = 10", "groups = 4")
        (tmp_path / name).write_text(small.replace("eight-week", "two-week").replace("days = 70", "days = 28"))
    found = contamination.simulate(tmp_path, replicates=3)
    assert len(found) == 2 * 2 * 3 * 2
    # The same people and events: both ways to randomise are measured against the same truth.
    truths = found.pivot_table(index=["condition", "replicate", "outcome"], columns="randomise", values="truth")
    assert (truths["cluster"] == truths["individual"]).all()
    contamination.write(found, tmp_path)
    after = (tmp_path / contamination.README).read_text(encoding="utf-8")
    kept = contamination.text(pd.read_csv(tmp_path / contamination.TABLE))
    assert kept in after and after.count("```text") == 1
    assert (tmp_path / contamination.FIGURE).stat().st_size > 10_000
    # What is shipped is what its table of trials says.
    kept = contamination.text(pd.read_csv(shipped / contamination.TABLE))
    assert kept in (shipped / contamination.README).read_text(encoding="utf-8")


def test_the_share_of_the_truth_that_is_found_is_sure_where_both_go_together() -> None:
    """Four fifths of whatever the truth is: no interval; else that of the mean, where the truth is always the same."""
    truths = np.array([2.0, 3.0, 4.0, 7.0])
    share, half = contamination._recovered(pd.DataFrame({"truth": truths, "difference": 0.8 * truths}))
    assert (share, half) == (pytest.approx(0.8), pytest.approx(0, abs=1e-12))
    share, half = contamination._recovered(pd.DataFrame({"truth": 4.0, "difference": truths}))
    interval = stats.ttest_1samp(truths / 4, 0).confidence_interval(0.95)
    assert (share - half, share + half) == pytest.approx((interval.low, interval.high))


def test_every_mistake_is_said_at_once(place: Path, tmp_path: Path) -> None:
    (tmp_path / "office.toml").write_text(OFFICE)
    wrong = DESIGN.replace("start_day = 7", "start_day = 8\nblock = 4\nclusters = 'x'").replace("soothing", "sothing")
    (tmp_path / "trial.toml").write_text(wrong.replace('control = "active"', 'control = "activ"'))
    with pytest.raises(InputError) as raised:
        read_trial(tmp_path / "trial.toml", {})
    said = str(raised.value)
    assert "start_day" in said and "arms.1.control" in said
    (tmp_path / "trial.toml").write_text(wrong.replace("start_day = 8", "start_day = 7"))
    with pytest.raises(InputError) as raised:
        read_trial(tmp_path / "trial.toml", {})
    said = str(raised.value)
    assert "did you mean soothing" in said and "multiple of the sum of shares (3)" in said and "clusters" in said
    with pytest.raises(InputError, match="needs 21"):
        read_trial(place / "trial.toml", {"days": 14})
    with pytest.raises(InputError, match="unknown programme"):
        read_trial(place / "trial.toml", {"trial.arms.0.programme": "eight-weak"})


def test_changes_of_the_training_reach_a_trial_or_are_refused(place: Path) -> None:
    """A scenario with [training] is a trial of its programme; with [trial], the file says who gets what."""
    plain = place / "plain.toml"
    plain.write_text(OFFICE + '[training]\nprogramme = "two-week"\nstart_day = 7\n')
    for key, value, of in (
        ("training.programme", "eight-week", lambda trial: trial.design.arms[0].programme),
        ("training.start_day", 14, lambda trial: trial.design.start_day),
        ("training.against", "active", lambda trial: trial.design.arms[1].control),
    ):
        assert of(read_trial(plain, {})) != value
        assert of(read_trial(plain, {key: value, "days": 90})) == value
        with pytest.raises(InputError, match=rf"{key} +is decided by the trial: trial\."):
            read_trial(place / "trial.toml", {key: value, "days": 90})
    for file in (plain, place / "trial.toml"):
        with pytest.raises(InputError, match=r"training\.who\.share +is decided by the trial: trial\.participants"):
            read_trial(file, {"training.who.share": 0.5})
        with pytest.raises(InputError, match=r"record\.every +is decided by the trial: everybody, once a week"):
            read_trial(file, {"record.every": "1 day"})
    whole = {"training": {"programme": "eight-week", "start_day": 14, "delivery": {"therapists": 2}}, "days": 90}
    with pytest.raises(InputError) as refused:
        read_trial(place / "trial.toml", whole)
    assert [one.where for one in refused.value.mistakes] == [
        "training.programme", "training.start_day", "training.delivery.therapists",
    ]  # fmt: skip
    inside = place / "inside.toml"
    inside.write_text(DESIGN.replace("start_day = 7", "start_day = 7\nchange.training.start_day = 9"))
    with pytest.raises(InputError, match=r"inside\.toml: trial\.change: 1 mistake\n +training\.start_day +is decided"):
        read_trial(inside, {})
    # A trial has therapists, who are all alike and have room for everybody.
    assert read_trial(plain, {"training.delivery.competence": 0.4}).design.arms[0].competence == 0.4
    with pytest.raises(InputError, match=r"training\.delivery\.competence +is decided by the trial: trial\.arms"):
        read_trial(place / "trial.toml", {"training.delivery.competence": 0.4})
    delivery = "{ therapists = 2, capacity = 20, referrals_per_week = 5, competence = 0.5, competence_spread = 1 }"
    (place / "waiting.toml").write_text(f'{plain.read_text()}delivery = {delivery}\nwho.unless = "not suitable"\n')
    with pytest.raises(InputError, match="a trial has nothing like it") as refused:
        read_trial(place / "waiting.toml", {})
    assert [one.where.removeprefix("training.") for one in refused.value.mistakes] == [
        "delivery.therapists", "delivery.referrals_per_week", "delivery.competence_spread", "who.unless",
    ]  # fmt: skip
    own = read_trial(plain, {"training.informal_practice": False}).scenario.training
    assert own is not None and not own.informal_practice


def test_a_search_that_was_killed_before_its_first_trial_goes_on_in_its_folder(tmp_path):
    """Only the lock was left behind: that is no foreign folder."""
    (tmp_path / LOCK).write_text("process 1 on nowhere")
    assert KeptStore(tmp_path, {"a": 1}).path.parent == tmp_path
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "sweep.lock").write_text("of something else")
    with pytest.raises(InputError, match="is not empty"):
        KeptStore(tmp_path / "other", {"a": 1})
