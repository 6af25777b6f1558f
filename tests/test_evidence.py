import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from affectsim import calibrated
from affectsim.cli.evidence import evidence
from affectsim.errors import InputError
from affectsim.evidence import alone, blind, calibrate, card, files, readings, studies, trials, values
from affectsim.evidence.entries import Entry, entries
from affectsim.evidence.free import STAGES, Free
from affectsim.parameters import MODEL
from affectsim.parts import Exercise
from affectsim.questionnaires.scales import QUANTITIES, Questionnaire
from affectsim.simulation import simulate

README = Path(__file__).parents[1] / "experiments" / "evidence" / "README.md"
TARGETS = Path(__file__).parents[2] / "shared" / "evidence" / "targets.toml"


def entry(rule: str = "near", **more: object) -> Entry:
    known = {
        "name": "a.b", "role": "calibrate", "published": 0.5, "interval": None, "source": "", "studies": (),
        "computed": "", "rule": rule, "reason": "", "tolerance": 0.1, "bound": 0.2,
    }  # fmt: skip
    return Entry(**(known | more))  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------ what is published


def test_every_entry_says_what_is_simulated_how_and_when_it_counts_as_inside() -> None:
    for one in entries():
        assert one.source or one.role == "calibrate"
        assert one.computed and one.reason and set(one.studies) <= set(studies.STUDIES) and one.studies
        assert one.range[0] < one.range[1]
        if isinstance(one.published, float):
            assert one.range[0] <= one.published <= one.range[1]
    names = [one.name for one in entries()]
    assert len(set(names)) == len(names)


@pytest.mark.skipif(not TARGETS.exists(), reason="the collection of published numbers is not here")
def test_no_number_of_the_collection_is_missing_or_changed() -> None:
    import tomllib

    known = {one.name: one for one in entries()}
    found = tomllib.loads(TARGETS.read_text(encoding="utf-8"))
    seen = 0
    for group, path in (("momentary", ""), ("compassion_interventions", ""), ("traits", ""), ("practice", "")):
        for name, value in _leaves(found[group], f"{group}{path}"):
            one = known[name]
            seen += 1
            numbers = value if isinstance(value, list) else [value]
            if isinstance(value, (bool, str)):
                assert isinstance(one.published, str)
            elif len(numbers) == 3:
                assert [one.published, *sorted(one.interval or ())] == [numbers[0], *sorted(numbers[1:])]
            elif len(numbers) == 2:
                assert one.interval == tuple(numbers)
            else:
                assert one.published == numbers[0]
    assert seen > 45
    assert len([name for name in known if name.startswith("trials.matos_2017")]) == 10


def _leaves(table: dict, path: str) -> list[tuple[str, object]]:  # type: ignore[type-arg]
    made: list[tuple[str, object]] = []
    for name, value in table.items():
        if isinstance(value, dict):
            made += _leaves(value, f"{path}.{name}")
        elif name not in ("as", "role"):
            made.append((f"{path}.{name}", value))
    return made


@given(st.floats(-2, 2))
def test_rules_are_intervals_of_the_value(value: float) -> None:
    assert entry("near").inside(value, value) == (0.4 <= value <= 0.6)
    assert entry("at-least").inside(value, value) == (value >= 0.2)
    assert entry("at-most").inside(value, value) == (value <= 0.2)
    assert entry("within").inside(value, value) == (abs(value) <= 0.2)
    assert entry("at-least", uses_low=True).inside(5.0, value) == (value >= 0.2)


def test_what_is_not_defined_is_neither_inside_nor_outside() -> None:
    assert entry().inside(math.nan, math.nan) is None


# ------------------------------------------------------------------------------------ the recipe


def test_the_objective_never_sees_what_is_to_be_predicted() -> None:
    seen = {one.name for stage in STAGES.values() for one in calibrate.objective_entries(stage)}
    assert {one.name for one in entries() if one.name in seen and one.role == "predict"} == set()
    assert len(seen) > 30


def test_the_recipe_cannot_compute_what_is_to_be_predicted(
    monkeypatch: pytest.MonkeyPatch, small_trial: trials.World
) -> None:
    def refused(world: object) -> dict[str, float]:
        raise AssertionError("a prediction was computed")

    roles = {one.name: one.role for one in entries()}
    trial_run = simulate(studies.scenario(studies.STUDIES["eight-week"], people=60, worlds=1, seed=1))
    (world,) = trials.worlds(trial_run, studies.STUDIES["eight-week"])
    for fitted in values.FITTED.values():
        assert {roles[name] for name in fitted(world)} == {"calibrate"}
    assert {roles[name] for name in values.PREDICTED["two-week"](small_trial)} == {"predict"}
    monkeypatch.setattr(values, "PREDICTED", dict.fromkeys(studies.STUDIES, refused))
    monkeypatch.setattr(trials, "group_against_individual", refused)
    (found,) = values.values_of({"eight-week": trial_run}, 1, predicted=False)
    assert found and {roles[name] for name in found} == {"calibrate"}
    with pytest.raises(AssertionError, match="prediction"):
        values.values_of({"eight-week": trial_run}, 1, predicted=True)
    # The whole recipe, on the study that holds both fitted and predicted entries.
    point = values.simulated_many(["eight-week"], [{}], people=60, worlds=1, seed=1)[0]
    assert {roles[name] for name in point} == {"calibrate"}


def test_lives_are_simulated_once_whatever_scores_read(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    original = values.recorded
    monkeypatch.setattr(values, "recorded", lambda made, **more: calls.append(len(made)) or original(made, **more))
    points = [{}, {"questionnaires.self-compassion-score.threat": -0.9}, {"model.defeat": 0.2}]
    lives: values.Lives = {}
    more = {"people": 40, "worlds": 1, "seed": 1}
    made = values.simulated_many(["survey", "diaries"], points, **more, lives=lives)
    # Two points live the same lives, in each of two studies.
    assert sum(calls) == 4
    name, trait = "momentary.threat.mean", "traits.self_compassion_with_psychopathology"
    assert made[0][name] == made[1][name] != made[2][name] and made[0][trait] != made[1][trait]
    # Lives that are kept are read like those that are simulated anew, and no longer kept when nobody asks for them.
    assert values.simulated_many(["survey", "diaries"], points[1:2], **more, lives=lives) == [made[1]]
    assert sum(calls) == 4 and len(lives) == 2
    assert values.simulated_many(["survey", "diaries"], points[1:2], **more) == [made[1]]


@given(st.floats(0.01, 0.99), st.booleans())
def test_places_of_free_numbers_are_inverse(place: float, logarithmic: bool) -> None:
    one = Free("model.defeat", 0.1, 5.0, 0.5, logarithmic)
    assert one.low <= one.value(place) <= one.high
    assert one.place(one.value(place)) == pytest.approx(place, abs=1e-9)


@given(st.floats(-3, 3), st.floats(0.001, 2))
def test_the_residual_grows_with_the_distance(value: float, step: float) -> None:
    one = entry()
    assert calibrate.residual(one, value + step) > calibrate.residual(one, value)
    assert calibrate.residual(one, 0.5) == pytest.approx(0, abs=1e-12)
    # Inside the range, what is published pulls, not the middle of the range.
    skewed = entry("interval", interval=(0.4, 0.8))
    assert abs(calibrate.residual(skewed, 0.5)) < 1e-12 < calibrate.residual(skewed, 0.6)


def test_an_entry_of_the_second_card_counts_half_and_far_outside_by_its_size() -> None:
    def loss(value: float, **more: object) -> float:
        return calibrate.residual(entry(**more), value) ** 2

    second: dict[str, object] = {"of": ("effect", "distress_score")}
    assert loss(0.52, **second) == pytest.approx(loss(0.52) / 2, rel=0.03)
    # Of two values far outside one counts as many times more as it is farther out, not as that squared.
    farther = math.sqrt(loss(4.5) / loss(2.5))
    assert loss(4.5, **second) / loss(2.5, **second) == pytest.approx(farther, rel=0.03)
    assert calibrate.residual(entry(**second), 0.48) < 0


def test_fitted_entries_of_the_second_card_are_read_from_lives_just_long_enough() -> None:
    """Gratitude is followed for four weeks; what is read at its end does not ask for them."""
    end, later = (
        next(one for one in blind.entries() if one.name == f"gratitude.{name}")
        for name in ("depression_and_anxiety", "depression_and_anxiety_after_4_weeks")
    )
    asked = {"people": 60, "worlds": 1, "seed": 1}
    both, one = (
        values.simulated_many(["gratitude"], [{}], **asked, second=wanted)[0] for wanted in ([end, later], [end])
    )
    assert both.keys() - one.keys() == {later.name} and both[end.name] == one[end.name] != both[later.name]
    run = simulate(studies.scenario(studies.SECOND["gratitude"], **asked))
    assert readings.values(later, {"gratitude": run}, 1) == [both[later.name]]


def test_every_free_number_starts_within_its_bounds_and_has_a_place_in_the_model() -> None:
    for stage in STAGES.values():
        for one in stage.free:
            assert one.low <= one.start <= one.high, one.path
            assert set(one.paths) <= set(calibrated.STARTS), one.path
            assert all(0 < share <= 1 for share in one.along.values()), one.path


def test_the_package_holds_only_numbers_that_something_declares() -> None:
    assert set(calibrated.NUMBERS) <= set(calibrated.STARTS)
    free = [one for stage in STAGES.values() for one in stage.free]
    assert set(calibrated.NUMBERS) <= {path for one in free for path in one.paths}
    for one in free:
        value = calibrated.NUMBERS.get(one.path, one.start)
        assert one.low - 1e-3 <= value <= one.high + 1e-3, one.path
        for path, share in one.along.items():
            assert calibrated.NUMBERS[path] == pytest.approx(share * value, rel=2e-3), path


def test_no_weight_of_what_only_training_brings_is_free_where_nobody_trains() -> None:
    """It would be known by nothing there but how much a score is disturbed by error."""
    learnt = {name for name, quantity in QUANTITIES.items() if quantity.trait is None}
    assert learnt
    for stage in STAGES.values():
        if all((studies.STUDIES | studies.SECOND)[name].programme is None for name in stage.studies):
            assert not {path.rpartition(".")[2] for one in stage.free for path in one.paths} & learnt


def test_numbers_in_proportion_are_fitted_as_one() -> None:
    """With one free number the whole proportion moves: what the recipe writes holds both, and nothing else moved."""
    one = Free("model.defeat", 0.1, 2.0, 1.0, False, {"model.striving": 0.5})
    assert one.numbers(one.place(0.8)) == {
        "model.defeat": pytest.approx(0.8), "model.striving": pytest.approx(0.4),
    }  # fmt: skip
    stage = STAGES["life"]._replace(worlds=1, free=(one,))
    known = {"model.defeat": 1.9, "model.striving": 0.1, "model.secure_base": 1.1}
    found = calibrate.calibrate(stage, known, people=40, seed=1, seconds=0)
    assert found.numbers == {"model.defeat": pytest.approx(1.9), "model.striving": pytest.approx(0.95),
                             "model.secure_base": 1.1}  # fmt: skip


def test_a_calibrated_number_replaces_a_default_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(calibrated.NUMBERS, "a.path", 0.7)
    value, source = calibrated.number("a.path", 0.5, "assumed")
    assert value == 0.7 and "starting value 0.5: assumed" in source
    assert calibrated.number("another.path", 0.5, "assumed") == (0.5, "assumed")


def test_exercises_and_everyday_life_take_calibrated_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    from affectsim.parts import Exercise, field

    monkeypatch.setitem(calibrated.NUMBERS, "training.exercises.whistling.ease", 0.25)

    class Whistling(Exercise, kind="whistling"):
        """Whistling. Assumes: nothing."""

        ease: float = field(0.5, ge=0, le=1, unit="1", says="ease")

    assert Whistling().ease == 0.25
    assert Whistling.declared()["ease"].source.startswith("calibrated")


def test_weights_of_scores_are_changed_for_a_while_only() -> None:
    score = Questionnaire.kinds()["distress-score"]
    before = dict(score.reads)
    with values.weighted({"questionnaires.distress-score.drive": -0.9, "model.defeat": 1.0}) as rest:
        assert rest == {"model.defeat": 1.0}
        assert score.reads == {**before, "drive": -0.9}
    assert score.reads == before


def test_the_recipe_comes_nearer_and_writes_what_it_found(tmp_path: Path) -> None:
    life = STAGES["life"]
    stage = life._replace(worlds=1, free=tuple(one for one in life.free if one.path == "rating.threat_rating_offset"))
    losses: list[float] = []
    found = calibrate.calibrate(
        stage, {"rating.threat_rating_offset": 0.29}, people=100, seed=1, seconds=20,
        tried=lambda point: losses.append(point.loss),
    )  # fmt: skip
    assert losses == sorted(losses, reverse=True) and losses[-1] < losses[0]
    assert found.numbers["rating.threat_rating_offset"] < 0.2
    files.write_numbers(tmp_path / "found.toml", found.numbers)
    read = files.read_numbers(tmp_path / "found.toml")
    assert read["rating.threat_rating_offset"] == pytest.approx(found.numbers["rating.threat_rating_offset"], rel=1e-3)


# ------------------------------------------------------------------------------------ the studies


def test_a_changed_exercise_changes_the_studies_that_have_it_and_no_other() -> None:
    changes = {"training.exercises.mindfulness.ease": 0.1, "training.exercises.cognitive-restructuring.threat": 0.2}
    size = {"people": 20, "worlds": 1, "seed": 1}
    practised = {
        name: set(studies.scenario(study, changes=changes, **size).training.exercises)
        for name, study in studies.STUDIES.items() if study.programme
    }  # fmt: skip
    assert practised["eight-week"] == {"mindfulness"} and practised["two-week"] == set()
    assert practised["eight-week-active"] == {"mindfulness", "cognitive-restructuring"}
    with pytest.raises(InputError, match="yodelling"):
        studies.scenario(studies.STUDIES["two-week"], changes={"training.exercises.yodelling.ease": 0.1}, **size)


def test_a_change_that_reaches_no_study_is_refused_before_anything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    exercise = "training.exercises.mindfulness.ease"
    for only, path in (("trials.matos_2017", exercise), ("momentary", "training.start_day")):
        with pytest.raises(InputError, match=f"{path}.*changes nothing"):
            card.card([only], changes={path: 0.1, "model.defeat": 1.0})
    with pytest.raises(InputError, match="changes nothing"):
        card.card(["momentary"], changes={"questionnaires.anxiety-score.threat": 0.5})
    monkeypatch.setattr(alone, "STUDIES", {"psychoeducation": alone.STUDIES["psychoeducation"]})
    with pytest.raises(InputError, match="changes nothing"):
        alone.rows(changes={exercise: 0.1})


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("questionnaires", "SCORE.QUANTITY"), ("questionnaires.anxiety-score", "SCORE.QUANTITY"),
        ("questionnaires.anxiety-scor.threat", "did you mean anxiety-score"),
        ("questionnaires.anxiety-score.thraet", "did you mean threat"),
        ("questionnaires.anxiety-score.threat", "must be a number"),
        ("training.exercises", "training.exercises"), ("training", "training"), ("population.traits", "traits"),
        ("population.traits.anger", "must be a table"), ("correlations", "correlations"),
        ("correlations.anger", "must be a number"),
    ],
)  # fmt: skip
def test_a_path_or_value_that_is_none_is_told_in_words(path: str, says: str) -> None:
    result = CliRunner().invoke(evidence, ["--only", "trials.matos_2017", "--set", f"{path}=much"])
    assert isinstance(result.exception, InputError) and says in str(result.exception)


def test_a_preset_keeps_what_it_says_and_takes_every_other_change() -> None:
    changes = {
        "population.traits.self_criticism.median": 0.5, "population.traits.self_criticism.spread": 0.2,
        "correlations.self_criticism.anger": 0.3, "training.exercises.mindfulness.ease": 0.1,
    }  # fmt: skip
    general = studies.scenario(studies.STUDIES["diaries"], people=20, worlds=1, seed=1, changes=changes)
    helped = studies.scenario(studies.STUDIES["eight-week"], people=20, worlds=1, seed=1, changes=changes)
    assert general.population.distributions()["self_criticism"].median == 0.5
    assert helped.population.distributions()["self_criticism"].median != 0.5
    assert helped.population.distributions()["self_criticism"].spread == 0.2
    assert helped.exercises()["mindfulness"].ease == 0.1  # type: ignore[attr-defined]
    assert general.population.correlated_pairs()[("self_criticism", "anger")] == 0.3


@pytest.fixture(scope="module")
def trial_run():  # type: ignore[no-untyped-def]
    from affectsim.simulation import simulate

    return simulate(studies.scenario(studies.STUDIES["two-week"], people=180, worlds=1, seed=3))


@pytest.fixture(scope="module")
def small_trial(trial_run) -> trials.World:  # type: ignore[no-untyped-def]
    return trials.worlds(trial_run, studies.STUDIES["two-week"])[0]


def test_effects_are_those_of_the_trial_analysis(trial_run, small_trial: trials.World) -> None:  # type: ignore[no-untyped-def]
    from affectsim.trial import analyse

    found = analyse(trial_run, outcomes=["stress_score"]).sel(group="trained", outcome="stress_score", later="after")
    assert small_trial.effect("stress_score") == pytest.approx(float(found["d"]))


def test_drawn_trials_hold_other_people_in_each_arm(small_trial: trials.World) -> None:
    def apart(a, b):  # type: ignore[no-untyped-def]
        return len(a) == 20 and len(b) == 15 and not set(a) & set(b)

    assert small_trial.drawn(20, 15, apart) == 1.0


class Shifted(trials.World):
    """A world in which training changes every score by `programme_days` standard deviations."""

    def change(self, names, arm, later=None):  # type: ignore[no-untyped-def]
        """Return changes of chance in either arm, with the shift in training."""
        chance = np.random.default_rng([1, arm == trials.TRAINING]).normal(size=self.chosen.size)
        return chance + self.study.programme_days * (arm == trials.TRAINING)

    def scores(self, name, arm, week):  # type: ignore[no-untyped-def]
        """Return scores of chance."""
        return np.random.default_rng(week).normal(size=self.chosen.size)


@pytest.mark.parametrize(("shift", "benefit", "either"), [(3, 1, 1), (-3, 0, 1), (0, 0.025, 0.05)])
def test_harm_is_found_only_where_both_sides_are_asked_for(
    small_trial: trials.World, shift: int, benefit: float, either: float
) -> None:
    study = studies.STUDIES["two-week"]._replace(programme_days=shift)
    world = Shifted(small_trial.training, small_trial.control, np.arange(400), study, 0)
    chance = 0.0 if shift else 0.12  # of 100 trials that share people
    assert world.share_found(["stress_score"], 30, 30) == pytest.approx(benefit, abs=chance)
    assert world.share_found(["stress_score"], 30, 30, either=True) == pytest.approx(either, abs=chance)
    assert trials.active_values(world).popitem()[1] == world.share_found(["x"], 30, 30, either=True)


# ------------------------------------------------------------------------------------ the card


@pytest.fixture(scope="module")
def whole() -> list[card.Row]:
    return card.card()


@pytest.fixture(scope="module")
def diaries(whole: list[card.Row]) -> list[card.Row]:
    return [row for row in whole if row.entry.name.startswith("momentary.")]


def as_shown(shown: str, made: str) -> None:
    """Words are the same, and numbers but for a last digit that another machine may round otherwise."""
    number = re.compile(r" *-?\d+\.\d+")
    assert number.sub("", shown) == number.sub("", made)
    assert [float(x) for x in number.findall(shown)] == pytest.approx(
        [float(x) for x in number.findall(made)], abs=0.011
    )


def test_the_card_of_the_documentation_is_that_of_the_model(whole: list[card.Row]) -> None:
    """If not: affectsim evidence --write experiments/evidence/README.md, then read whether its words still hold."""
    as_shown(files.block(README, files.CARD), card.table(whole))
    words = " ".join(README.read_text(encoding="utf-8").split())
    (fitted, of), (inside, total) = card.counts(whole).values()
    assert fitted == of == 41 and "All 41 entries that were fitted are inside" in words
    assert f"Of the {total} that were not," in words and f"and {inside} in the usual one" in words


@pytest.mark.full
def test_the_counts_of_the_full_size_are_those_of_the_documentation() -> None:
    words = " ".join(README.read_text(encoding="utf-8").split())
    (fitted, _), (inside, total) = card.counts(card.card(full=True)).values()
    assert fitted == 41 and f"Of the {total} that were not, {inside} are in the full size" in words


@pytest.mark.parametrize(
    "broken", [{"model.soothing_calms_threat": 0.0}, {"population.traits.self_criticism.median": 2.1}]
)
def test_a_broken_model_is_caught(broken: dict[str, float], diaries: list[card.Row]) -> None:
    sound, _ = card.counts(diaries)["calibrate"]
    inside, _ = card.counts(card.card(["momentary"], changes=broken))["calibrate"]
    assert inside <= sound - 3


def test_misses_are_printed_as_plainly_as_hits() -> None:
    hit, miss = (card.Row(entry(), value, value, value, inside) for value, inside in ((0.5, True), (0.9, False)))
    text = card.table([hit, miss])
    assert "inside" in text and "OUTSIDE" in text and "1 of 2 inside" in text and "Outside:" in text


def test_json_is_a_list_of_plain_objects() -> None:
    result = CliRunner().invoke(evidence, ["--json", "--only", "traits.fear_of_self_compassion_with_distress"])
    assert result.exit_code == 0, result.output
    (one,) = json.loads(result.stdout)
    assert {"name", "role", "model", "published", "interval", "inside"} <= set(one)
    assert one["published"] == 0.49 and one["interval"] is None and one["inside"] in (True, False)


def test_unknown_names_and_files_without_marks_are_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="momentary"):
        card.chosen(["momentry"])
    plain = tmp_path / "plain.md"
    plain.write_text("nothing here", encoding="utf-8")
    with pytest.raises(InputError, match="must have the lines"):
        files.put_block(plain, "card", files.CARD)
    assert plain.read_text(encoding="utf-8") == "nothing here"


def test_a_block_is_replaced_and_the_rest_stays(tmp_path: Path) -> None:
    text = tmp_path / "text.md"
    begin, end = files.marks(files.CARD)
    text.write_text(f"above\n{begin}\nold\n{end}\nbelow\n", encoding="utf-8")
    files.put_block(text, "new\ncard", files.CARD)
    assert files.block(text, files.CARD) == "new\ncard"
    assert text.read_text(encoding="utf-8").startswith("above\n") and "old" not in text.read_text(encoding="utf-8")
    assert text.read_text(encoding="utf-8").endswith("\nbelow\n")


# ------------------------------------------------------------------------------------ exercises alone


@pytest.fixture(scope="module")
def exercises() -> list[alone.Row]:
    return alone.rows(full=True)


def _near(row: alone.Row) -> bool:
    """Is a number that is set by hand still set to its trial: inside its interval, or within .1 without one?"""
    of = row.finding
    return abs(row.model - of.published) <= 0.1 if math.isnan(of.low) else of.low <= row.model <= of.high


def test_numbers_set_by_hand_do_what_their_trials_found(exercises: list[alone.Row]) -> None:
    """The worlds are those of the documentation, so nothing here is left to chance."""
    assert [row.finding.score for row in exercises if row.finding.sets and not _near(row)] == []
    # If not: affectsim evidence --alone --full --write experiments/evidence/README.md
    as_shown(files.block(README, files.ALONE), alone.table(exercises, full=True))


def test_what_is_set_by_hand_says_so() -> None:
    """A number that is set to a trial is neither assumed nor fitted."""
    for path in {one.sets for one in alone.FINDINGS if one.sets}:
        match path.split("."):
            case ["model", name]:
                source = MODEL[name].source
            case ["training", "exercises", kind, name]:
                source = Exercise.kinds()[kind].declared()[name].source
        assert source.startswith("set by hand"), path


@pytest.mark.parametrize(("number", "exercise"), [(one.sets, one.exercise) for one in alone.FINDINGS if one.sets])
def test_another_number_than_that_set_by_hand_is_seen(
    number: str, exercise: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alone, "STUDIES", {exercise: alone.STUDIES[exercise]})
    monkeypatch.setattr(alone, "FINDINGS", [one for one in alone.FINDINGS if one.exercise == exercise])
    assert not all(_near(row) for row in alone.rows(changes={number: 0.0}) if row.finding.sets)


def test_scores_of_exercises_alone_read_with_other_weights(
    exercises: list[alone.Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alone, "STUDIES", {"psychoeducation": alone.STUDIES["psychoeducation"]})
    monkeypatch.setattr(alone, "FINDINGS", [one for one in alone.FINDINGS if one.exercise == "psychoeducation"])
    before = {row.finding.score: row.model for row in exercises}
    after = {
        row.finding.score: row.model
        for row in alone.rows(full=True, changes={"questionnaires.distress-score.self_criticism": 2.0})
    }
    assert after["distress_score"] > before["distress_score"]
    assert after["self_criticism_score"] == before["self_criticism_score"]


def test_exercises_alone_are_no_part_of_the_card(exercises: list[alone.Row]) -> None:
    assert not set(alone.STUDIES) & set(studies.STUDIES)
    text = alone.table(exercises, changes={"model.defeat": 1.0})
    assert "sets model.tolerance_effect" in text and "With changes: model.defeat=1.0" in text
    plain = json.dumps([row.as_json() for row in exercises])
    assert "NaN" not in plain and json.loads(plain)[0]["interval"] is None
    refused = CliRunner().invoke(evidence, ["--alone", "--only", "momentary"])
    assert refused.exit_code == 2 and "leave --only out" in refused.output
