"""Delivery: waiting lists, therapists, groups, screening and control arms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectsim.cli.table import summary
from affectsim.errors import InputError
from affectsim.layout import NEVER
from affectsim.parameters import MODEL
from affectsim.plots import systems_over_time
from affectsim.scenario import Scenario
from affectsim.simulation import simulate
from affectsim.training.controls import Control, controls
from affectsim.training.delivery import SCREENING, Delivery, Rule, places, screened
from affectsim.training.programmes import Programme
from affectsim.trial import Periods, analyse, last_start
from affectsim.trial_words import delivery_words
from affectsim.world import build
from tests.worlds import activations, advance, scenario

NOBODY = {"kind": "none"}
CONTROLS = ("waiting-list", "usual-care", "active", "cognitive-behavioural")


def _days(*values):
    return np.array(values, dtype=np.int64)


# --------------------------------------------------------------------------------- waiting lists


def test_people_start_when_a_place_is_free():
    """By hand: two therapists with one place each; the second person stops after 3 days, the others stay 10."""
    found = places(_days(2, 2, 2, 2, 2), _days(10, 3, 10, 10, 10), days=22, length=10, therapists=2, capacity=1)
    # Places: therapist 0 from 2 to 12, therapist 1 from 2 to 5, then from 5 to 15, then 0 again from 12 to 22.
    assert found.start.tolist() == [2, 2, 5, 12, 15]
    assert found.therapist.tolist() == [0, 1, 1, 0, 1]
    shorter = places(_days(2, 2, 2, 2, 2), _days(10, 3, 10, 10, 10), days=15, length=10, therapists=2, capacity=1)
    assert shorter.start.tolist() == [2, 2, 5, 12, -1] and shorter.therapist.tolist() == [0, 1, 1, 0, -1]


def test_groups_start_when_they_are_full_or_at_their_turn():
    """By hand: groups of two, one therapist with room for one group, the last group with one member only."""
    joined = _days(0, 3, 4, 5, 6)
    found = places(joined, _days(7, 1, 7, 7, 7), days=99, length=7, group_size=2, therapists=1, capacity=3)
    assert found.start.tolist() == [3, 3, 10, 10, 17]
    assert found.group.tolist() == [0, 0, 1, 1, 2]
    free = places(joined, _days(7, 7, 7, 7, 7), days=99, length=7, group_size=2, therapists=None, capacity=3)
    assert free.start.tolist() == [3, 3, 5, 5, 6] and free.therapist.tolist() == [0, 0, 1, 1, 2]
    with pytest.raises(ValueError, match="capacity"):
        places(joined, joined, days=9, length=7, group_size=4, therapists=1, capacity=3)


def test_people_join_the_list_at_its_rate():
    assert Delivery(referrals_per_week=3.5).joined(10, 5).tolist() == [10, 12, 14, 16, 18]
    assert Delivery().joined(10, 3).tolist() == [10, 10, 10]


@given(st.data())
def test_waiting_lists(data):
    length, people = data.draw(st.integers(1, 30)), data.draw(st.integers(0, 60))
    group_size = data.draw(st.sampled_from([1, 1, 3, 8]))
    therapists, capacity = data.draw(st.integers(1, 4)), data.draw(st.integers(group_size, 12))
    waits = data.draw(st.lists(st.integers(0, 5), min_size=people, max_size=people))
    stays = np.array(data.draw(st.lists(st.integers(0, length), min_size=people, max_size=people)), dtype=np.int64)
    joined, days = np.cumsum(waits, dtype=np.int64), data.draw(st.integers(1, 120))
    found = places(
        joined, stays, days=days, length=length, group_size=group_size, therapists=therapists, capacity=capacity
    )
    begun = found.start >= 0
    # Each has one start, in the order of the list: whoever starts is ahead of all who never do.
    assert found.start.shape == (people,) and (np.diff(found.start[begun]) >= 0).all()
    assert not begun[np.argmin(begun) :].any() if not begun.all() else True
    assert (found.start[begun] >= joined[begun]).all() and (found.start[begun] < days).all()
    assert ((found.therapist >= 0) == begun).all() and found.therapist.max(initial=0) < therapists
    # Never more than the capacity of a therapist at a time.
    ends = found.start + (stays if group_size == 1 else length)
    for day in np.unique(found.start[begun]):
        here = begun & (found.start <= day) & (day < ends)
        assert np.bincount(found.therapist[here], minlength=1).max() <= capacity
    if group_size > 1 and begun.any():
        assert np.bincount(found.group[begun]).max() <= group_size
        assert all(np.unique(found.start[found.group == group]).size == 1 for group in np.unique(found.group[begun]))


@given(st.integers(1, 3), st.lists(st.integers(1, 9), min_size=1, max_size=25))
def test_nobody_waits_while_a_place_is_free(therapists, stays):
    """Whoever starts later than the first day starts on the day on which somebody ends or stops."""
    found = places(_days(*[0] * len(stays)), _days(*stays), days=1e6, length=9, therapists=therapists, capacity=1)
    ends = found.start + np.array(stays)
    assert (found.start[:therapists] == 0).all()
    assert all(start in ends[:n] for n, start in enumerate(found.start) if n >= therapists)


def test_starts_in_a_world_are_those_of_the_list():
    training = {
        "programme": "eight-week", "start_day": 4, "who": {"share": 1.0, "choose": "most-self-critical"},
        "delivery": {"therapists": 1, "capacity": 2},
    }  # fmt: skip
    world = build([scenario(people=9, days=130.0, training=training, network=NOBODY)])
    run, waiting = world.runs
    order = np.argsort(-world.get(0, "self_criticism"), kind="stable")
    starts = run.start_day[order]
    kept = np.where(world.get(0, "stop_day") < NEVER, world.get(0, "stop_day") - run.start_day, 56)[order]
    assert starts[:2].tolist() == [4, 4] and starts[2] == 4 + kept[:2].min()
    assert (np.diff(starts[starts >= 0]) >= 0).all() and -1 in starts
    slow = world.get(0, "start_day")
    assert (slow[run.start_day >= 0] == run.start_day[run.start_day >= 0]).all()
    assert (slow[run.start_day < 0] == NEVER).all()
    assert (waiting.start_day == -1).all() and (world.get(1, "start_day") == NEVER).all()
    assert run.trainees.all()


def test_whoever_waited_stays_as_long_as_without_waiting():
    """Who drops out when is drawn for the person, not for the day of the start."""
    training = {"programme": "eight-week", "start_day": 4, "who": {"share": 1.0}}
    made = scenario(people=40, days=400.0, training=training, network=NOBODY)
    waited = build([made.but({"training.delivery": {"therapists": 1, "capacity": 8}})])
    at_once = build([made])
    start, stop = waited.get(0, "start_day"), waited.get(0, "stop_day")
    assert (at_once.get(0, "start_day") == 4).all()
    left = at_once.get(0, "stop_day")
    # Whoever stays to the end never stops.
    assert (stop[left == NEVER] == NEVER).all()
    early = left < NEVER
    assert (start[early] > 4).sum() >= 3
    assert (stop[early] - start[early] == left[early] - 4).all()


def test_those_who_wait_live_as_without_training_until_they_start():
    training = {
        "programme": "eight-week", "start_day": 1, "who": {"share": 1.0},
        "delivery": {"therapists": 6, "capacity": 1, "referrals_per_week": 14.0},
    }  # fmt: skip
    world = build([scenario(people=12, days=8.0, steps=2, training=training, network=NOBODY)])
    starts = world.runs[0].start_day
    assert sorted(set(starts.tolist())) == [-1, 1, 2, 3]
    advance(world, 3 * 48)
    same = (activations(world, 0) == activations(world, 1)).all(axis=0)
    assert same[(starts < 0) | (starts >= 3)].all() and not same[starts == 1].any()


# ------------------------------------------------------------------------------------ competence


def _sessions_only(tmp_path, *, warmth="", exercises='exercises = ["mindfulness"]', attendance=1.0):
    path = tmp_path / "sessions.toml"
    days = ", ".join(f"{{ day = {day}, hour = 12, {exercises} }}" for day in range(6))
    path.write_text(
        f'name = "s"\ndays = 6\ndrop_out = 0.0\nsession_attendance = {attendance}\n{warmth}\nsessions = [{days}]\n'
    )
    return {"programme": str(path), "start_day": 1, "who": {"share": 1.0}}


def test_competence_decides_what_sessions_train(tmp_path):
    gains = []
    for competence in (0.0, 0.5, 1.0):
        training = _sessions_only(tmp_path) | {"delivery": {"competence": competence}}
        world = advance(build([scenario(people=60, days=7.0, steps=2, training=training, network=NOBODY)]), 300)
        gains.append(world.get(0, "tolerance") - world.get(1, "tolerance"))
    assert (gains[0] == 0).all()
    assert 0.3 * gains[2].mean() < gains[1].mean() < 0.7 * gains[2].mean()


def test_competence_leaves_practice_at_home_alone(tmp_path):
    path = tmp_path / "home.toml"
    path.write_text('name = "h"\ndays = 6\nhome = [{ from_day = 0, to_day = 5, exercise = "mindfulness" }]\n')
    found = []
    for competence in (0.0, 1.0):
        training = {"programme": str(path), "start_day": 0, "delivery": {"competence": competence}}
        world = advance(build([scenario(people=40, days=7.0, steps=2, training=training, network=NOBODY)]), 300)
        found.append(world.get(0, "tolerance"))
    assert (found[0] == found[1]).all() and (found[0] != world.get(1, "tolerance")).any()


def test_therapists_differ_and_each_is_one_draw():
    spread = Delivery(competence=0.7, competence_spread=0.5)
    few, many = spread.competences(1, 0, 300), spread.competences(1, 0, 3000)
    assert (few == many[:300]).all() and ((many > 0) & (many < 1)).all()
    logits = np.log(many / (1 - many))
    # 4.9 standard errors: once in a million.
    assert logits.mean() == pytest.approx(np.log(0.7 / 0.3), abs=4.9 * 0.5 / np.sqrt(3000))
    assert logits.std() == pytest.approx(0.5, rel=4.9 / np.sqrt(6000))
    assert (Delivery().competences(1, 0, 3) == 1).all() and (Delivery(competence=0.0).competences(1, 0, 3) == 0).all()


@pytest.mark.parametrize("competence", [None, 0.0, 1.0])
def test_a_spread_that_does_nothing_is_refused(competence):
    """Also with the default competence, where a sweep over the spread would find that therapists do not matter."""
    delivery = {"competence_spread": 0.5} | ({} if competence is None else {"competence": competence})
    with pytest.raises(InputError, match=r"competence_spread = 0\.5  does nothing with a competence of"):
        scenario(people=40, days=9.0, training={"programme": "eight-week", "start_day": 1, "delivery": delivery})


def test_everybody_has_the_competence_of_the_own_therapist():
    delivery = {"therapists": 3, "capacity": 8, "competence": 0.6, "competence_spread": 1.0}
    training = {"programme": "eight-week-group", "start_day": 1, "who": {"share": 0.5}, "delivery": delivery}
    world = build([scenario(people=40, days=9.0, training=training, network=NOBODY)])
    run = world.runs[0]
    able = Delivery(**delivery).competences(3, 0, 3)
    assert np.allclose(world.get(0, "skill")[run.trainees], able[run.therapist[run.trainees]], rtol=0, atol=1e-5)
    assert (world.get(0, "skill")[~run.trainees] == 1).all()
    # 20 people in groups of 8: the third is half full, so it is less warm.
    size = np.bincount(run.group[run.trainees])
    assert size.tolist() == [8, 8, 4]
    expected = 0.6 + 0.6 * (size[run.group[run.trainees]] - 1) / 7
    assert np.allclose(world.get(0, "session_warmth")[run.trainees], expected, rtol=1e-6)


# ----------------------------------------------------------------------------------------- warmth


def test_warmth_reaches_those_who_come(tmp_path):
    """Sessions without exercises: the warmth is the only difference between the arms, and half of them come."""
    training = _sessions_only(tmp_path, warmth="therapist_warmth = 0.8", exercises="", attendance=0.5)
    training["programme"] = str(tmp_path / "sessions.toml")
    (tmp_path / "sessions.toml").write_text(
        (tmp_path / "sessions.toml").read_text().replace(", hour = 12,", ", hour = 12")
    )
    world = build([scenario(people=200, days=3.0, steps=2, training=training, network=NOBODY)])
    advance(world, 48 + 24)
    assert (world.get(0, "u_affiliation") == world.get(1, "u_affiliation")).all()
    advance(world, 1)
    more = world.get(0, "u_affiliation") - world.get(1, "u_affiliation")
    came = more > 0
    left = np.exp(-0.5 / MODEL["affiliation_memory"].default)
    assert np.allclose(more[came], 0.8 * left, rtol=1e-6) and (more[~came] == 0).all()
    # A binomial share: 4.9 standard errors.
    assert came.mean() == pytest.approx(0.5, abs=4.9 * 0.5 / np.sqrt(200))
    gain = activations(world, 0) - activations(world, 1)
    assert (gain[:, ~came] == 0).all() and (gain[2, came] > 0).mean() > 0.9


def test_who_is_afraid_of_compassion_from_others_is_threatened_by_the_warmth_of_a_group():
    gains = []
    for fear in (0.0, 0.5, 1.0):
        traits = {"fear_of_compassion_from_others": {"median": fear, "spread": 0.0}}
        training = {"programme": "sixteen-week-group", "start_day": 1, "who": {"share": 1.0}}
        found = []
        for group in ("sixteen-week-group", "cold"):
            made = scenario(
                people=50, days=3.0, steps=2, population={"traits": traits}, training=training, network=NOBODY
            )
            world = build([made])
            if group == "cold":
                world.set(0, "session_warmth", 0.0)
            found.append(activations(advance(world, 48 + 32)))
        gains.append((found[0] - found[1]).mean(axis=1))
    threat, _, soothing = np.array(gains).T
    assert soothing[0] > soothing[1] > soothing[2] and soothing[0] > 0.001 and soothing[2] <= 0
    assert threat[0] < threat[1] < threat[2] and threat[2] > 0.001


# -------------------------------------------------------------------------------------- screening


def test_rules_and_their_reasons():
    traits = {name: np.full(4, 0.45) for name in ("fear_of_self_compassion", "fear_of_compassion_from_others")}
    traits |= {"anger": np.array([0.1, 0.6, 0.5, 0.9]), "imagery": np.array([0.9, 0.2, 0.3, 0.5])}
    found = screened(SCREENING, traits)
    assert [rule.name for rule, mask in zip(SCREENING, found, strict=True) if mask[1]] == [
        "anger above 0.5", "imagery below 0.3",
    ]  # fmt: skip
    assert found.any(axis=0).tolist() == [False, True, False, True]
    assert screened((), traits).shape == (0, 4)


def test_the_shipped_rules_say_why_in_the_words_of_their_trait():
    assert [(rule.name, rule.reason) for rule in SCREENING] == [
        ("anger above 0.5", "intense anger or rage makes the exercises less effective"),
        ("fear of self compassion above 0.6", "is afraid of being kind to oneself: work on that fear comes first"),
        (
            "fear of compassion from others above 0.6",
            "is afraid of kindness from others: work on that fear comes first",
        ),
        ("imagery below 0.3", "can hardly form images, on which compassionate imagery rests"),
    ]


def test_who_is_not_suitable_does_not_start_and_the_run_says_why():
    who = {"share": 0.5, "unless": "not suitable"}
    training = {
        "programme": "two-week", "start_day": 1, "who": who,
        "screening": [
            {"trait": "anger", "above": 0.3, "reason": "too angry now"},
            {"trait": "imagery", "below": 0.6, "reason": "sees no images"},
        ],
    }  # fmt: skip
    made = scenario(people=60, days=4.0, steps=2, training=training, network=NOBODY)
    run, everybody = simulate(made), simulate(made.but({"training.who.unless": None, "training.screening": SCREENING}))
    anger, imagery = (build([made]).get(0, name) for name in ("anger", "imagery"))
    chosen = everybody["chosen"][0].to_numpy()
    out = run["screened_out"].to_numpy()
    assert (out == np.stack([chosen & (anger > 0.3), chosen & (imagery < 0.6)])[None]).all() and out.any(axis=2).all()
    assert run["rule"].values.tolist() == ["anger above 0.3", "imagery below 0.6"]
    assert run["reason"].values.tolist() == ["too angry now", "sees no images"]
    assert (run["chosen"].to_numpy() == (chosen & ~out[0].any(axis=0))).all()
    assert (np.isfinite(run["start_day"][0].to_numpy()) == run["chosen"][0].to_numpy()).all()
    text = summary(made, run)
    gone, counts = out[0].any(axis=0).sum(), out[0].sum(axis=1)
    assert f"Screened before the start: {gone} of 30 are not suitable:" in text
    assert f"  {counts[0]}: too angry now (anger above 0.3)" in text
    assert f"  {counts[1]}: sees no images (imagery below 0.6)" in text
    assert "screened_out" not in everybody and delivery_words(everybody, None) == []


def test_mistakes_of_delivery_and_screening():
    training = {
        "programme": "eight-week-group", "start_day": 1, "against": "usual care", "who": {"unless": "unfit"},
        "delivery": {"therapists": 2, "capacity": 7, "competence": 2.0},
        "screening": [{"trait": "angr", "above": 1.0, "reason": "x"}, {"trait": "anger", "reason": "x"}],
    }  # fmt: skip
    with pytest.raises(InputError) as error:
        scenario(days=9.0, training=training)
    message = str(error.value)
    for part in ("training.against", "usual-care", "training.who.unless", "training.delivery.competence",
                 "did you mean anger?", "training.screening.1.above", "either above or below"):  # fmt: skip
        assert part in message, part
    training = {"programme": "eight-week-group", "start_day": 1, "delivery": {"therapists": 2, "capacity": 7}}
    with pytest.raises(InputError, match=r"capacity = 7.*\n?.*whole group of the programme \(8 people\)"):
        scenario(days=9.0, training=training)
    assert Rule(trait="anger", below=0.5, reason="x").name == "anger below 0.5"


def test_what_would_have_no_effect_is_refused():
    rules = [{"trait": "anger", "above": 0.3, "reason": "too angry now"}]
    unused = {"programme": "two-week", "start_day": 1, "delivery": {"capacity": 5}, "screening": rules}
    with pytest.raises(InputError) as error:
        scenario(days=9.0, training=unused)
    for words in ("training.screening", 'who.unless = "not suitable"', "training.delivery.capacity", "add delivery"):
        assert words in str(error.value)
    used = {**unused, "who": {"unless": "not suitable"}, "delivery": {"capacity": 25, "therapists": 1}}
    assert scenario(days=9.0, training=used).training.delivery.capacity == 25


# ----------------------------------------------------------------------------------- control arms


def test_the_shipped_controls():
    training = Programme.load("sixteen-week-group")
    assert sorted(controls()) == ["active", "cognitive-behavioural", "usual-care"]
    active, usual = (Control.load(name).programme(training) for name in ("active", "usual-care"))
    for name in ("days", "drop_out", "session_attendance", "setting", "group_size", "therapist_warmth", "group_warmth"):
        assert getattr(active, name) == getattr(training, name)
    assert [(s.day, s.hour) for s in active.sessions] == [(s.day, s.hour) for s in training.sessions]
    assert active.exercises() == ("relaxation",) and set(active.home_agenda()) == {("relaxation",)}
    # Another exercise is all that differs.
    thinking = Control.load("cognitive-behavioural").programme(training)
    assert thinking.exercises() == ("cognitive-restructuring",) and thinking.home(50) == ("cognitive-restructuring",)
    assert [one.day for one in thinking.sessions] == [one.day for one in active.sessions]
    assert thinking.therapist_warmth == active.therapist_warmth
    # Nothing is done in passing but in training itself.
    assert {sum(control.informal(day)) for control in (active, usual, thinking) for day in range(112)} == {0.0}
    training = training.model_copy(
        update={"sessions": tuple(one.model_copy(update={"raises_hope": 0.2}) for one in training.sessions)}
    )
    given = {one.raises_hope for one in Control.load("active").programme(training).sessions}
    assert given == {0.2} and {one.raises_hope for one in usual.sessions} == {0.06}
    assert usual.exercises() == () and usual.practice == () and usual.days == training.days
    assert [s.day for s in usual.sessions] == list(range(0, 112, 7))
    # A contact is one everyday kindness, however warm the training is; nobody leaves usual care.
    assert (training.therapist_warmth, usual.therapist_warmth) == (1.2, 0.6)
    assert (usual.drop_out, usual.session_attendance, usual.group_warmth) == (0.0, 0.9, 0.0)


@pytest.mark.parametrize("control", CONTROLS)
def test_every_control_arm_from_the_scenario_to_the_figure(control):
    """Exactly the same until the start; then the control arm trains nothing of compassion; analysis, words, figure."""
    training = {"programme": "eight-week-group", "start_day": 3, "against": control, "who": {"share": 0.5}}
    made = scenario(people=40, days=16.0, steps=2, training=training, network=NOBODY)
    assert made.arms == ("training", control) and Scenario.from_toml(made.to_toml()) == made
    assert ("training.against" in made.files()) == (control != "waiting-list")
    world = build([made])
    advance(world, 3 * 48 + 16)  # three days, and the fourth until people wake
    assert (activations(world, 0) == activations(world, 1)).all()
    advance(world, 16 * 48)
    chosen = world.runs[0].trainees
    # Relaxation and cognitive therapy teach to stand distress as well, the latter not to attack or judge oneself.
    teaches, thinks = control in ("active", "cognitive-behavioural"), control == "cognitive-behavioural"
    fixed = ("motivation", "sensitivity", *(() if thinks else ("non_judgement",)), *(() if teaches else ("tolerance",)))
    for name in fixed:
        np.testing.assert_allclose(world.get(1, name), world.get(1, f"baseline_{name}"), rtol=0, atol=1e-6)
    if thinks:
        assert (world.get(1, "non_judgement") > world.get(1, "baseline_non_judgement") + 0.005)[chosen].any()
    else:
        assert (world.get(0, "non_judgement") > world.get(1, "non_judgement"))[chosen].mean() > 0.9
    stood = world.get(1, "tolerance") > world.get(1, "baseline_tolerance") + 0.01
    assert stood[chosen].any() == teaches
    assert (world.get(1, "self_criticism_relief")[chosen] > 0).any() == (control == "cognitive-behavioural")
    assert (activations(world, 0) == activations(world, 1))[:, ~chosen].all()
    run = simulate(made)
    assert run["arm"].values.tolist() == ["training", control]
    trial = analyse(run)
    assert (
        trial["arm"].values.tolist() == ["training", control]
        and np.isfinite(trial["d"].sel(group="trained", later="after")).all()
    )
    assert control in summary(made, run)
    words = {
        "waiting-list": "waiting list", "usual-care": "usual care", "active": "relaxation",
        "cognitive-behavioural": "cognitive-behavioural therapy",
    }[control]  # fmt: skip
    assert words in "".join(text.get_text() for text in systems_over_time(run).texts)


def test_controls_act():
    """Usual care soothes by contact, relaxation by itself: both differ from the waiting list in those chosen only."""
    worlds = {}
    for control in CONTROLS:
        training = {"programme": "twelve-week", "start_day": 1, "against": control, "who": {"share": 0.5}}
        made = scenario(people=60, days=4.0, steps=2, training=training, network=NOBODY,
                        population={"preset": "general"})  # fmt: skip
        world = build([made])
        soothing = sum(activations(advance(world, 4), 1)[2] for _ in range(40))
        worlds[control] = soothing
    chosen = world.runs[1].trainees
    for control in ("usual-care", "active"):
        more = worlds[control] - worlds["waiting-list"]
        assert more[chosen].mean() > 0.01 and (more[~chosen] == 0).all()


def test_periods_reach_to_the_end_of_the_last_programme():
    training = {
        "programme": "two-week", "start_day": 7, "who": {"share": 1.0}, "against": "nothing",
        "delivery": {"therapists": 1, "capacity": 20},
    }  # fmt: skip
    made = scenario(people=70, days=60.0, steps=1, training=training, network=NOBODY, record={"every": "1 day"})
    run = simulate(made)
    assert np.unique(run["start_day"].values).tolist() == [7, 21, 35, 49]
    assert last_start(run) == 49 and Periods.of_run(run).training == (7, 60)
    assert Periods.of_scenario(made, 35.0).after == (42, 49)
    assert delivery_words(run, None) == ["People start from day 7 to day 49, as places are free."]
    short = simulate(made.but({"days": 30.0}))
    assert delivery_words(short, None)[1] == "Still waiting at the end: 30 of 70 offered training."
