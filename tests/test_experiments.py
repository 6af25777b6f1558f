"""Experiments: every folder is whole and gives its expected numbers; the runner itself on exact cases."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.stats import norm, spearmanr, ttest_1samp, ttest_ind

from affectsim.checking import flat
from affectsim.cli import affectsim
from affectsim.errors import InputError
from affectsim.experiments import design as designs
from affectsim.experiments import execution, expected, readme
from affectsim.experiments.analyses import _difference
from affectsim.experiments.design import cells, load
from affectsim.experiments.folders import find, names
from affectsim.experiments.measured import Measured, _distances
from affectsim.experiments.pictures import draw
from affectsim.experiments.statistics import Interval, individual, mean_interval, who
from affectsim.experiments.tables import Numbers, finite, from_plain, text
from affectsim.networks.generators import Ring
from affectsim.networks.ties import Community, Ties
from affectsim.results import DISCLAIMER
from affectsim.training.exercises import Practice

TOP = Path(__file__).resolve().parents[1]
PLACE = TOP / "experiments"
#: Numbers are kept with five digits.
ROUNDING = 1e-4
SMALL = """
question = "Does it matter?"
kind = "conditions"
template = "demo"
outcomes = ["threat", "tolerance"]
distance = true

[scenario]
population.size = 40
days = 8
training = { programme = "short.toml", start_day = 1 }
record.every = "12 hours"

[reduced]
population.size = 20

[[conditions]]
name = "all"

[[conditions]]
name = "without mindfulness"
without = ["mindfulness"]
"""
#: Mindfulness only in the days of the run, and nothing but exercises that could act: no sessions.
PROGRAMME = """
name = "short"
days = 10
drop_out = 0.17
home = [
  { from_day = 0, to_day = 7, exercise = "mindfulness" },
  { from_day = 8, to_day = 9, exercise = "appreciation" },
]
"""
README = "# Does it matter?\n\n**Found.** It does.\n\n{}\n{}\n".format(*readme.markers("numbers"))


@pytest.fixture
def small(tmp_path: Path) -> Path:
    folder = tmp_path / "experiments" / "small"
    folder.mkdir(parents=True)
    (folder / "design.toml").write_text(SMALL)
    (folder / "short.toml").write_text(PROGRAMME)
    (folder / "README.md").write_text(README)
    return folder


@pytest.fixture
def here(small: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(small.parents[1])
    yield small


# ------------------------------------------------------------------------------ the folders


def test_every_question_that_was_promised_has_a_folder() -> None:
    assert {
        "baseline-society", "eight-week-trial", "fears-of-compassion", "self-criticism-tipping-point",
        "mindfulness-failure", "imagery-limits", "anger", "ablation", "compassion-spreads", "dose-response",
        "relapse-after-shock", "isolation-and-connection", "limits", "two-week-training", "braehler-2013",
        "group-against-individual", "ties-that-change", "stereotyping", "risk-taking", "better-safe-than-sorry",
        "defences", "couplings", "self-criticism-and-benefit",
    } <= set(names(PLACE))  # fmt: skip


@pytest.mark.parametrize("name", names(PLACE))
def test_folder_is_whole(name: str) -> None:
    folder = PLACE / name
    assert {"README.md", "design.toml", "expected.toml", "figure.png"} <= {path.name for path in folder.iterdir()}
    words = (folder / "README.md").read_text(encoding="utf-8")
    assert words.startswith(f"# {load(folder).question}\n")
    assert words.index("**Predicted before the run.**") < words.index("**Found.**") < words.index("(figure.png)")
    assert f"affectsim experiment run {name} --full" in words and readme.finding(folder) != "to be run"
    for size in (False, True):
        assert designs.cells(load(folder), folder, size)
    shown = readme.numbers(expected.tables_of(expected.load(folder), full=True))
    assert readme.between(folder / "README.md", "numbers") == shown


@pytest.mark.parametrize("name", names(PLACE))
def test_a_run_in_reduced_size_gives_the_expected_numbers(name: str) -> None:
    assert execution.check(execution.run(PLACE / name)) == []


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize(
    ("name", "condition", "sign", "outcomes"),
    [
        ("fears-of-compassion", "high fears", -1, ["soothing", "self_criticism"]),
        ("mindfulness-failure", "it never fails", 1, ["threat", "tolerance", "non_judgement"]),
        ("imagery-limits", "hardly any images", -1, ["soothing", "threat", "sensitivity", "empathy"]),
        (
            "imagery-limits",
            "bad associations with most known people",
            -1,
            ["soothing", "threat", "sensitivity", "empathy"],
        ),
        ("anger", "angry", -1, ["balance", "threat", "self_criticism"]),
        ("ablation", "without psychoeducation", -1, ["self_criticism"]),
        ("ablation", "without mindfulness", -1, ["tolerance", "non_judgement"]),
        ("ablation", "without appreciation", -1, ["motivation", "sensitivity"]),
        ("ablation", "without imagery", -1, ["sensitivity", "empathy", "fear_of_self_compassion"]),
        ("ablation", "without self-critic work", -1, ["balance", "self_criticism"]),
        ("ablation", "without breathing", -1, ["tolerance"]),
        ("ablation", "without work with fears", -1, ["fear_of_self_compassion"]),
        ("ablation", "without compassionate self", -1, ["motivation"]),
        ("defences", "hostility reaches nobody", -1, ["threat"]),
        ("defences", "hostility reaches nobody", 1, ["soothing", "warmth_received"]),
        ("defences", "quick to anger", 1, ["threat", "power"]),
        ("defences", "nobody withdraws", 1, ["warmth_received"]),
        ("defences", "submission leaves drive alone", 1, ["drive"]),
        ("defences", "a single look", 1, ["threat"]),
        ("defences", "four times as many looks", -1, ["threat"]),
        ("couplings", "soothing does not calm threat", 1, ["threat"]),
        ("couplings", "soothing does not calm drive", 1, ["drive"]),
        ("couplings", "soothing is no secure base", -1, ["drive"]),
        ("couplings", "threat does not block soothing", 1, ["soothing"]),
        ("couplings", "threat does not lead to defeat", 1, ["drive"]),
        ("couplings", "threat does not lead to striving", -1, ["drive"]),
        ("couplings", "goals need no drive", 1, ["drive"]),
        ("couplings", "nobody is kind", -1, ["soothing"]),
        ("couplings", "nobody is kind, nothing threatens", -1, ["threat"]),
        ("stereotyping", "distrust of the person", -1, ["warmth_received"]),
        ("stereotyping", "distrust of the whole group", -1, ["warmth_received"]),
    ],
)
def test_couplings_defences_biases_limits_and_exercises_matter(
    name: str, condition: str, sign: int, outcomes: list[str], full: bool
) -> None:
    """The paired interval excludes zero, on the side that is told; the numbers are those that a run must give."""
    tables = expected.tables_of(expected.load(PLACE / name), full)
    rows = next(table.rows for table in tables if table.title.startswith("Difference to"))
    # Balance has two sides (threat can be the smallest system already): in the small size it is not told from chance.
    for outcome in outcomes if full else [name for name in outcomes if name != "balance"]:
        found = rows[condition][outcome]
        assert min(sign * found.low, sign * found.high) > 0, outcome


@pytest.mark.parametrize("full", [False, True])
def test_soothing_is_not_the_mere_absence_of_threat(full: bool) -> None:
    """Without kindness and without threats threat falls, and soothing with it."""
    tables = expected.tables_of(expected.load(PLACE / "couplings"), full)
    rows = next(table.rows for table in tables if table.title.startswith("Difference to"))
    found = rows["nobody is kind, nothing threatens"]
    assert found["threat"].high < 0 and found["soothing"].high < 0


@pytest.mark.parametrize("full", [False, True])
def test_changing_ties_carry_other_warmth(full: bool) -> None:
    """Wear outweighs growth, in every condition; the paired interval excludes zero."""
    tables = expected.tables_of(expected.load(PLACE / "ties-that-change"), full)
    (rows,) = (table.rows for table in tables if table.title.startswith("warmth received. Difference to"))
    assert len(rows) >= 2 and all(row["ties change"].high < 0 for row in rows.values())


def test_the_list_of_experiments_is_up_to_date() -> None:
    assert readme.between(PLACE / "README.md", "experiments") == readme.overview(PLACE)


# -------------------------------------------------------------------------------- the runner


def test_twins_reference_and_switched_off_exercises(small: Path) -> None:
    result = execution.run(small)
    whole, without = result.measured
    assert [table.style for table in result.tables] == ["difference", "difference", "plain", "traits", "difference"]
    # Only mindfulness is practised in these days, so without it nobody differs from the own twin.
    for outcome in ("threat", "tolerance"):
        assert (without.gain(outcome, "after") == 0).all() and (whole.gain(outcome, "before") == 0).all()
    assert (whole.gain("tolerance", "after")[whole.chosen] > 0).any()
    assert (whole.gain("tolerance", "after")[~whole.chosen] == 0).all()
    benefit, difference = (table.rows for table in result.tables[:2])
    gain = whole.gain("tolerance", "after")[whole.chosen] / whole.level("tolerance", "before")[whole.chosen].std(ddof=1)
    assert benefit["all"]["tolerance"].value == pytest.approx(gain.mean(), rel=ROUNDING)
    assert difference["without mindfulness"]["tolerance"].value == pytest.approx(-gain.mean(), rel=ROUNDING)
    assert set(whole.distance[whole.chosen]) == {0}


@pytest.mark.parametrize("people", ["trained", "untrained", "everybody"])
def test_those_who_are_asked_for_count(small: Path, people: str) -> None:
    words = SMALL.replace("distance = true", f'people = "{people}"')
    (small / "design.toml").write_text(words)
    one = execution.run(small).measured[0]
    expected = {"trained": one.chosen, "untrained": ~one.chosen, "everybody": np.ones_like(one.chosen)}
    assert 0 < one.chosen.mean() < 1 and (one.counted == expected[people]).all()


def test_start_values_are_those_of_the_condition(small: Path) -> None:
    words = SMALL.replace('template = "demo"', 'template = "minimal"\nspans = { "first" = [0, 0.5] }')
    words = words.replace('training = { programme = "short.toml", start_day = 1 }\n', "")
    words = words.replace('without = ["mindfulness"]', "start = { threat = 1 }")
    words = words.replace("distance = true", "").replace('"12 hours"', '"1 hour"')
    (small / "design.toml").write_text(words)
    calm, alarmed = execution.run(small).measured
    assert (alarmed.level("threat", "first") > calm.level("threat", "first")).all()
    assert not calm.trial and calm.unit("threat") == 1


def test_only_means_all_others_do_nothing(small: Path) -> None:
    (small / "design.toml").write_text(SMALL.replace("without = [", "only = ["))
    exercises = cells(load(small), small, full=True)[1].scenario.exercises()
    assert exercises["mindfulness"] == Practice.kinds()["mindfulness"]()
    for kind in set(exercises) - {"mindfulness"}:
        table = exercises[kind].table()
        assert not any(value for name, value in table.items() if name not in ("kind", "minutes"))


def test_sizes_and_sweeps(small: Path) -> None:
    assert [cell.scenario.population.size for cell in cells(load(small), small, True)] == [40, 40]
    assert [cell.scenario.population.size for cell in cells(load(small), small, False)] == [20, 20]
    sweep = '[sweep]\nchange = "population.traits.adherence.median"\nlabel = "share"\n'
    sweep += "values = [0.1, 0.5, 1]\nreduced = [0, 1]\n"
    (small / "design.toml").write_text(
        SMALL.replace('"conditions"', '"sweep"').replace("[scenario]", sweep + "[scenario]")
    )
    assert [cell.value for cell in cells(load(small), small, True)] == [0.1, 0.1, 0.5, 0.5, 1, 1]
    found = execution.run(small)
    assert [cell.value for cell in found.measured] == [0, 0, 1, 1]
    first, last = (one.gain("tolerance", "after")[one.chosen] for one in found.measured[::2])
    ends = next(table for table in found.tables if table.title.startswith("From 0 to 1"))
    unit = found.measured[0].unit("tolerance")
    assert ends.rows["all"]["tolerance"].value == pytest.approx((last - first).mean() / unit, rel=ROUNDING)
    assert (last - first).mean() > 0


def test_a_course_compares_each_condition_within_each_arm(small: Path) -> None:
    shock = 'change.stimuli = [{ kind = "daily-life" }, { kind = "shock", day = 6, hour = 1, threat = 5 }]'
    words = SMALL.replace('"conditions"', '"course"').replace('without = ["mindfulness"]', shock)
    (small / "design.toml").write_text(
        words.replace("distance = true", 'spans = { "shock" = [6, 6.5], "quiet" = [1, 6] }')
    )
    result = execution.run(small)
    gaps = next(table for table in result.tables if table.title.startswith("threat: differences")).rows
    calm, shocked = result.measured
    for arm, name in enumerate(calm.arms):
        gap = (shocked.level("threat", "shock", arm) - calm.level("threat", "shock", arm))[calm.chosen]
        found = gaps[f"without mindfulness - all, {name}"]
        assert found["shock"].value == pytest.approx(gap.mean(), rel=ROUNDING) and found["shock"].low > 0
        assert found["quiet"].value == 0
    twice = gaps["without mindfulness - all: training - own twin"]["shock"].value
    arms = [gaps[f"without mindfulness - all, {name}"]["shock"].value for name in calm.arms]
    assert twice == pytest.approx(arms[1] - arms[0], abs=ROUNDING)
    # The figure can show some days only.
    few = load(small).model_copy(update={"shown": (5.0, 7.0)})
    for design, (first, last) in ((load(small), (0.5, 8.0)), (few, (5.0, 7.0))):
        drawn = draw(design, result.measured, result.tables).axes[0].lines[0].get_xdata()
        assert (drawn[0], drawn[-1]) == (first, last)


def test_days_that_cannot_be_shown_are_refused(small: Path) -> None:
    for words in (SMALL.replace("distance = true", "shown = [5, 7]"),
                  SMALL.replace('"conditions"', '"course"').replace("distance = true", "shown = [7, 5]")):  # fmt: skip
        (small / "design.toml").write_text(words)
        with pytest.raises(InputError, match='needs kind = "course", and the first day before the last'):
            load(small)


def test_outcomes_are_named_as_in_a_record_and_their_changes_go_together(small: Path) -> None:
    words = SMALL.replace('["threat", "tolerance"]', '["shame-score", "threat", "soothing"]\ntogether = true')
    (small / "design.toml").write_text(words)
    result = execution.run(small)
    whole = result.measured[0]
    found = next(table.rows for table in result.tables if "rank correlation" in table.title)["all"]
    assert list(found) == ["threat", "soothing"]
    change = {
        name: (whole.level(name, "after") - whole.level(name, "before"))[whole.chosen]
        for name in ("shame_score", "threat")
    }
    assert found["threat"].value == pytest.approx(
        spearmanr(change["shame_score"], change["threat"]).statistic, abs=ROUNDING
    )
    (small / "design.toml").write_text(words.replace("shame-score", "shame_score"))
    with pytest.raises(InputError, match=r"did you mean shame-score\?"):
        load(small)


def test_mistakes_in_a_design_are_all_named(small: Path) -> None:
    wrong = SMALL.replace('"threat", ', '"thread", ').replace('"demo"', '"demmo"') + '[[conditions]]\nname = "all"\n'
    (small / "design.toml").write_text(wrong + 'without = ["mindfulness"]\nonly = ["appreciation"]\n')
    with pytest.raises(InputError) as caught:
        load(small)
    words = str(caught.value)
    assert "cannot stand next to only" in words or all(
        part in words for part in ("demo?", "threat?", "different names")
    )
    (small / "design.toml").write_text(SMALL.replace('["mindfulness"]', '["mindfullness"]'))
    with pytest.raises(InputError, match=r"did you mean mindfulness\?"):
        cells(load(small), small, False)
    (small / "design.toml").write_text(SMALL.replace("distance = true", 'spans = { "x" = [3, 2] }'))
    with pytest.raises(InputError, match="first day"):
        load(small)


def test_nested_tables_are_dotted_changes() -> None:
    assert flat({"a": {"b": {"c": 1}, "d": [1]}, "e": 2}) == {"a.b.c": 1, "a.d": [1], "e": 2}


def test_distance_counts_ties_from_the_nearest_trained() -> None:
    community = Ring(ties_each=2).build(8, 0)
    chosen = np.zeros(8, dtype=bool)
    assert np.isinf(_distances(community, chosen)).all()
    chosen[0] = True
    assert _distances(community, chosen).tolist() == [0, 1, 2, 3, 4, 3, 2, 1]
    # Along ties as they give: from the first to the last of a chain, not back.
    chain = Community(Ties.from_edges([0, 1], [1, 2], None, 3, directed=True))
    assert _distances(chain, np.array([True, False, False])).tolist() == [0, 1, 2]
    assert _distances(chain, np.array([False, False, True])).tolist() == [math.inf, math.inf, 0]


def made_up(condition: str, seed: int) -> Measured:
    """Return a trial of which every level of threat is drawn: two arms, two spans, three worlds of twelve."""
    chance = np.random.default_rng(seed)
    chosen = np.arange(36).reshape(3, 12) % 3 > 0
    counted = chosen & (np.arange(36).reshape(3, 12) % 7 != seed)
    levels = {"threat": seed * chance.normal(size=(2, 2, 3, 12))}
    arms, spans = ("waiting-list", "training"), ("before", "after")
    return Measured(None, condition, arms, spans, np.zeros(0), levels, {}, chosen, counted, {}, np.zeros((0, 0)))


@pytest.mark.parametrize("per", ["person", "world"])
def test_differences_are_of_the_same_people_in_units_of_the_reference(per: str) -> None:
    """By hand: less threat than the own twin is benefit; whoever counts in both; SD before training, reference."""
    one, base = made_up("one", 2), made_up("base", 5)
    found = _difference(SimpleNamespace(per=per), one, base, "threat", "after")
    unit = base.levels["threat"][0, 0][base.counted].std(ddof=1)
    benefit = [-(each.levels["threat"][1, 1] - each.levels["threat"][0, 1]) for each in (one, base)]
    gap, both = (benefit[0] - benefit[1]) / unit, one.counted & base.counted
    cases = gap[both] if per == "person" else [row[mask].mean() for row, mask in zip(gap, both, strict=True)]
    interval = ttest_1samp(cases, 0).confidence_interval(0.95)
    assert found == pytest.approx((np.mean(cases), interval.low, interval.high))


# --------------------------------------------------------------------------------- statistics


def test_intervals_hold_what_they_promise() -> None:
    """Coverage of a 95 % interval in 2000 samples: within 4.9 standard errors, wrong once in a million."""
    draws = np.random.default_rng(5).normal(size=(2000, 3, 10))
    everybody = np.ones((3, 10), dtype=bool)
    for per in ("person", "world"):
        hits = [found.low < 0 < found.high for found in (mean_interval(one, everybody, per) for one in draws)]
        assert abs(np.mean(hits) - 0.95) < 4.9 * math.sqrt(0.95 * 0.05 / 2000)


def test_interval_counts_only_those_who_count_and_is_missing_for_one() -> None:
    values = np.array([[1.0, 3.0, 100.0]])
    found = mean_interval(values, np.array([[True, True, False]]))
    # t with one degree of freedom: 12.706; standard error 1.
    assert found.value == 2 and found.high == pytest.approx(2 + 12.7062, abs=1e-4)
    assert math.isnan(mean_interval(values, np.array([[True, False, False]])).low)
    assert math.isnan(mean_interval(values, np.zeros((1, 3), dtype=bool)).value)


def test_who_finds_the_trait_that_decides_and_no_other() -> None:
    rng = np.random.default_rng(3)
    traits = {name: rng.normal(size=400) for name in ("decides", "idle", "other")} | {"same": np.ones(400)}
    found = who(-traits["decides"] + 0.3 * rng.normal(size=400), traits)
    assert found["decides"]["harmed - others"].low > 0 and found["decides"]["correlation with benefit"].high < -0.8
    assert all(found[name]["correlation with benefit"].low < 0 < found[name]["correlation with benefit"].high
               for name in ("idle", "other"))  # fmt: skip
    assert "same" not in found


def test_intervals_of_who_is_harmed_hold_together() -> None:
    """Welch's and, of rank correlations, Bonett and Wright's, each at 1 - .05 / (2 * three traits)."""
    chance = np.random.default_rng(4)
    effects = chance.normal(0.2, 0.5, 60)
    traits = {
        name: values - k * effects
        for k, (name, values) in enumerate(zip("abc", chance.normal(size=(3, 60)), strict=True))
    }
    found, harmed, confidence = who(effects, traits), effects < -0.2, 1 - 0.05 / 6
    for name, values in traits.items():
        scaled = values / values.std(ddof=1)
        welch = ttest_ind(scaled[harmed], scaled[~harmed], equal_var=False).confidence_interval(confidence)
        assert found[name]["harmed - others"][1:] == pytest.approx((welch.low, welch.high))
        r = spearmanr(values, effects).statistic
        reach = norm.ppf(0.5 + confidence / 2) * math.sqrt((1 + r**2 / 2) / 57)
        ends = (math.tanh(math.atanh(r) - reach), math.tanh(math.atanh(r) + reach))
        assert found[name]["correlation with benefit"] == pytest.approx((r, *ends))


def test_individual_effects_of_a_known_case() -> None:
    found = individual(np.array([-1.0, -0.1, 0.1, 1.0]))
    assert found["% harmed"].value == 25 and found["% helped"].value == 25
    assert found["spread"].value == pytest.approx(math.sqrt(2.02 / 3))


# ------------------------------------------------------------------ tables, expected numbers, command


def test_tables_come_back_from_plain_values_and_miss_what_moved(tmp_path: Path) -> None:
    table = Numbers("t", "difference", {"a": {"x": Interval(0.5, 0.4, 0.6)}, "b": {"x": Interval(math.nan)}})
    expected.write(tmp_path, {False: [table]})
    known = expected.load(tmp_path)
    assert from_plain(known["reduced"])[0].rows["a"] == table.rows["a"]
    assert expected.misses(known, [table], full=False) == []
    assert "no numbers of the full size" in expected.misses(known, [table], full=True)[0]
    moved = Numbers("t", "difference", {"a": {"x": Interval(0.53, 0.4, 0.6)}, "c": {"x": Interval(1.0)}})
    lines = expected.misses(known, [moved], full=False)
    assert len(lines) == 3 and any("0.53, expected 0.5" in line for line in lines)
    expected.write(tmp_path, {True: [moved]})
    assert expected.misses(expected.load(tmp_path), [table], full=False) == []
    assert finite([math.nan, {"a": 1.0}]) == [None, {"a": 1.0}]


def test_text_has_no_signed_zero_and_breaks_wide_tables() -> None:
    rows = {"row": {f"column_{n}": Interval(-1e-9, -0.1, 0.1) for n in range(8)}}
    words = text([Numbers("title", "difference", rows)])
    assert "-0.00" not in words and "column 7" in words and max(map(len, words.splitlines())) < 80


def test_accept_then_check_then_a_change_fails_the_check(here: Path) -> None:
    run = CliRunner()
    assert run.invoke(affectsim, ["experiment", "run", "small", "--check"], standalone_mode=False).return_value == 1
    done = run.invoke(affectsim, ["experiment", "run", "small", "--accept"], standalone_mode=False)
    assert done.exception is None and "accepted" in done.output
    assert (here / "figure.png").stat().st_size > 0
    assert "Benefit of training" in readme.between(here / "README.md", "numbers")
    for size in ([], ["--full"]):
        again = run.invoke(affectsim, ["experiment", "run", "small", "--check", *size], standalone_mode=False)
        assert again.return_value == 0 and "as expected" in again.output
    (here / "design.toml").write_text(SMALL.replace("[scenario]", "[scenario]\nseed = 2"))
    other = run.invoke(affectsim, ["experiment", "run", "small", "--check"], standalone_mode=False)
    assert other.return_value == 1 and "not as expected" in other.output


def test_results_are_written_whole(here: Path) -> None:
    done = CliRunner().invoke(affectsim, ["experiment", "run", str(here), "--out", "out"], standalone_mode=False)
    assert done.exception is None and DISCLAIMER in done.output
    assert {path.name for path in Path("out").iterdir()} == {
        "table.txt", "results.json", "figure.svg", "figure.png", "manifest.json"}  # fmt: skip
    found = json.loads(Path("out/results.json").read_text())
    assert found["tables"][0]["rows"]["all"]["tolerance"] and len(found["scenarios"]) == 2
    assert Path("out/table.txt").read_text() in done.output


def test_unknown_names_are_said_with_the_nearest(here: Path) -> None:
    assert find("small") == Path("experiments/small") and find(str(here)) == here
    with pytest.raises(InputError, match=r"did you mean small\?"):
        find("smal")
    with pytest.raises(InputError, match=r"holds no design\.toml"):
        find("experiments")
    shutil.rmtree("experiments")
    with pytest.raises(InputError, match="there is no folder experiments here"):
        find("small")
