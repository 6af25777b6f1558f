"""Policies of the simulator: what a run is judged by, what it costs, who is chosen, and what a file may ask for."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from affectsim.cli import _code
from affectsim.cli import affectsim as command
from affectsim.errors import InputError
from affectsim.policy.costs import Cost
from affectsim.policy.decisions import changes_at, key_of
from affectsim.policy.evaluation import Evaluator, prepared
from affectsim.policy.objectives import Goal, Objective
from affectsim.policy.request import read
from affectsim.scenario import Scenario
from affectsim.simulation import simulate
from affectsim.trial import HARM_MARGIN
from affectsim.world import community_of

FOLDER = Path(__file__).resolve().parents[1] / "experiments" / "whom-to-train-under-a-budget"
COMMUNITY = """
days = 21
seed = 5
[population]
size = 24
preset = "help-seeking"
[network]
kind = "communities"
groups = 2
[[stimuli]]
kind = "daily-life"
[[stimuli]]
kind = "shock"
day = 10
threat = 2.0
[training]
programme = "two-week"
start_day = 3
"""
POLICY = """
[optimise]
scenario = "community.toml"
budget = 30
method = "all"
replicates = 2
most_replicates = 2
fresh_replicates = 2
[[optimise.decide]]
name = "who"
path = "training.who.choose"
values = ["random", "hubs"]
[[optimise.decide]]
path = "training.who.share"
values = [0.25, 1]
[[optimise.decide]]
name = "start"
path = "training.start_day"
after = "stimuli.1.day"
values = [-7]
[[optimise.objectives]]
measure = "mean"
readout = "soothing"
[[optimise.objectives]]
measure = "worst-off"
[[optimise.objectives]]
measure = "threat-dominant"
[[optimise.objectives]]
measure = "harmed"
[[optimise.objectives]]
measure = "cost"
"""


@pytest.fixture
def asked_in(tmp_path):
    (tmp_path / "community.toml").write_text(COMMUNITY)

    def asked(text: str = POLICY, changes=None):
        (tmp_path / "policy.toml").write_text(text)
        return read(tmp_path / "policy.toml", changes or {}, threads=1)

    return asked


def mistakes(asked_in, text: str) -> dict[str, str]:
    with pytest.raises(InputError) as error:
        asked_in(text)
    return {one.where: one.message for one in error.value.mistakes}


# -------------------------------------------------------------------------------------------- runs


def test_numbers_of_a_run_are_those_of_the_simulation(asked_in):
    """Every objective worked out anew from the trial with its two arms: the twin is the waiting list."""
    problem = asked_in().problem
    point = {"who": "hubs", "training.who.share": 0.25, "start": -7}
    (found,) = next(problem.evaluate([(point, 1)]))
    changes = {
        "training.who": {"share": 0.25, "choose": "hubs"}, "training.start_day": 3, "replicates": 2,
        "record.readouts": ["balance", "threat_dominant"],
    }  # fmt: skip
    run = simulate(Scenario.from_toml(COMMUNITY).but(changes), threads=1)
    mine = run.sel(run=(run["replicate"] == 1)).isel(time=slice(14, 21)).mean("time")
    trained, twin = (mine.isel(run=n) for n in range(2))
    assert trained["arm"] == "training" and twin["arm"] == "waiting-list"
    balance, other = trained["balance"].to_numpy(), twin["balance"].to_numpy()
    expected = (
        trained["soothing"].mean(), np.sort(balance)[:2].mean(), (trained["threat_dominant"] > 0.5).mean(),
        np.mean(balance - other < -HARM_MARGIN * other.std(ddof=1)),
    )  # fmt: skip
    # A run's dataset holds float32.
    assert found.values == pytest.approx([float(value) for value in expected], rel=1e-5, abs=1e-6)


def test_runs_give_the_same_alone_and_together(asked_in):
    problem = asked_in().problem
    points = [
        {"who": who, "training.who.share": share, "start": -7} for who in ("random", "hubs") for share in (0.25, 1)
    ]
    jobs = [(point, r) for point in (None, *points) for r in (0, 3)]
    together = {(key_of(one.point), one.replicate): one.values for batch in problem.evaluate(jobs) for one in batch}
    again = asked_in().problem.evaluate
    alone = {(key_of(one.point), one.replicate): one.values for job in jobs[::-1] for one in next(again([job]))}
    assert together == alone and len(set(together.values())) == len(jobs)


def test_the_twin_without_training_lives_in_the_world_of_its_own_point(asked_in):
    """A decision about something else than training: many threats a day harm nobody whose twin has as many."""
    text = POLICY + '\n[[optimise.decide]]\npath = "stimuli.0.threat"\nvalues = [0.5, 8]\n'
    points = [
        {"who": "hubs", "training.who.share": 0.25, "start": -7, "stimuli.0.threat": threats} for threats in (0.5, 8)
    ]
    few, many = (one for batch in asked_in(text).problem.evaluate([(p, 0) for p in points]) for one in batch)
    (alone,) = next(asked_in(text).problem.evaluate([(points[1], 0)]))
    assert many.values == alone.values and many.values[0] < few.values[0]


def test_points_with_the_same_replicates_share_one_call_of_the_kernel(asked_in, monkeypatch):
    from affectsim.policy import evaluation

    sizes = []

    def counted(scenarios, replicates, **more):
        sizes.append((len(scenarios), list(replicates)))
        return recorded(scenarios, replicates, **more)

    recorded = evaluation.recorded
    monkeypatch.setattr(evaluation, "recorded", counted)
    problem = asked_in().problem
    points = [
        {"who": who, "training.who.share": share, "start": -7} for who in ("random", "hubs") for share in (0.25, 1)
    ]
    list(problem.evaluate([(point, r) for point in points for r in (0, 1)]))
    # Four points and the world without training, which all of them share.
    assert sizes == [(5, [0, 1])]


def test_nobody_trained_changes_nothing_and_harms_nobody(asked_in):
    problem = asked_in(POLICY.replace("[0.25, 1]", "[0, 0.25]")).problem
    point = {"who": "hubs", "training.who.share": 0, "start": -7}
    (nobody, nothing) = next(problem.evaluate([(None, 0), (point, 0)]))
    assert nobody.values == nothing.values and nobody.values[3] == 0


def test_the_same_worlds_at_every_point_make_differences_surer(asked_in):
    """Broken control: with worlds of their own, the difference of two points varies more than ten times as much."""
    problem = asked_in().problem
    goals = [goal for goal in problem.goals if goal.simulated]
    base = prepared(Scenario.from_toml(COMMUNITY), goals)
    points = [{"who": who, "training.who.share": 0.25, "start": -7} for who in ("random", "hubs")]
    spread = {}
    for common in (True, False):
        evaluate = Evaluator(base, problem.decisions, goals, threads=1, common=common)
        done = [one for batch in evaluate([(p, r) for p in points for r in range(6)]) for one in batch]
        values = np.array([one.values[0] for one in done]).reshape(2, 6)
        spread[common] = (values[0] - values[1]).var(ddof=1)
    assert spread[False] > 10 * spread[True]


def test_a_run_that_cannot_be_made_costs_no_other(asked_in):
    problem = asked_in().problem
    good = {"who": "hubs", "training.who.share": 0.25, "start": -7}
    bad = {**good, "start": -100}
    done = {one.point["start"]: one for batch in problem.evaluate([(good, 0), (bad, 0)]) for one in batch}
    assert done[-7].failed is None and len(done[-7].values) == 4
    assert "start_day" in done[-100].failed and done[-100].values == ()


def test_worst_off_are_the_highest_where_less_is_better():
    level = np.arange(20.0)
    goal = Goal("", "worst-off", "threat", -1, -1, (0, 1), 0.1)
    assert goal.of(level) == 18.5
    assert goal._replace(natural=1).of(level) == 0.5


def test_the_harmed_are_counted_in_standard_deviations_of_the_twins():
    """Twins from 0 to 9 (SD 3.03, margin .61): three do worse by 1, one by .5; one gains so much that SDs differ."""
    twin, change = np.arange(10.0), np.array([-1, -1, -1, -0.5, 0, 0, 0, 0, 1, 90])
    goal = Goal("", "harmed", "balance", 1, -1, (0, 1), 0.1)
    assert goal.of(twin + change, twin) == pytest.approx(0.3)
    # Where less is better, those who have more are harmed.
    assert goal._replace(natural=-1).of(twin + change, twin) == pytest.approx(0.2)
    assert goal.of(twin + change) == 0


@pytest.mark.parametrize("readout", ["threat", "soothing"])
def test_the_direction_that_is_asked_for_is_that_of_the_number(readout):
    base = Scenario.from_toml(COMMUNITY)
    goals = {
        way: Objective(measure="mean", readout=readout, direction=way).goal(base) for way in ("more", "less", None)
    }
    natural = -1 if readout == "threat" else 1
    assert {way: goal.sign for way, goal in goals.items()} == {"more": 1, "less": -1, None: natural}
    assert {goal.natural for goal in goals.values()} == {natural}


# -------------------------------------------------------------------------------------- decisions


def test_levels_that_are_numbers_are_sorted_and_names_stay_as_given(asked_in):
    text = POLICY.replace("values = [0.25, 1]", "values = [1, 0.25, 0.5]")
    who, share, _ = asked_in(text).problem.decisions
    assert share.levels == (0.25, 0.5, 1) and who.levels == ("random", "hubs")


def test_days_are_counted_from_another_day_also_if_that_is_decided(asked_in):
    text = POLICY.replace("values = [-7]", "values = [-7, 5]")
    problem = asked_in(text).problem
    base = Scenario.from_toml(COMMUNITY)
    point = {"who": "hubs", "training.who.share": 1, "start": 5}
    assert changes_at(problem.decisions, point, base)["training.start_day"] == 15
    shocked = text + '\n[[optimise.decide]]\nname = "shock"\ncases = { late = { "stimuli.1.day" = 12 } }\n'
    problem = asked_in(shocked).problem
    assert changes_at(problem.decisions, {**point, "shock": "late"}, base)["training.start_day"] == 17


# ------------------------------------------------------------------------------------------- costs


def priced(programme: str, share: float, people: int = 40) -> Scenario:
    return Scenario.from_tables({"days": 7, "population": {"size": people},
                                 "training": {"programme": programme, "who": {"share": share}}})  # fmt: skip


def test_costs_are_sessions_and_assessments():
    cost = Cost()
    assert cost.of(priced("eight-week", 0.25)) == 10 * 8 * 1.5 + 10
    # 10 people are two groups of 8, one of them not full; two therapists, two hours and a half each.
    assert cost.of(priced("eight-week-group", 0.25)) == 2 * 8 * 2 * 2.5 + 10
    assert cost.of(priced("two-week", 0.5)) == 1 * 1 * 2 * 2.5 + 20
    assert cost.of(priced("two-week", 0.0)) == 0
    assert Cost(price=60.0, programme=3.0).of(priced("eight-week", 0.25)) == 60 * (10 * 8 * 1.5 + 10 + 3)
    assert cost.of(Scenario.from_tables({"days": 7, "population": {"size": 9}})) == 0


def test_every_number_of_the_costs_has_a_source_or_is_assumed():
    for one in Cost.model_fields.values():
        assert one.json_schema_extra["source"] and one.json_schema_extra["says"]


# ------------------------------------------------------------------------------------------- files


def test_all_mistakes_at_once_with_the_nearest_name(asked_in):
    wrong = POLICY.replace("budget = 30", "budgt = 30").replace('"hubs"]', '"hubs"]\nlow = 1')
    wrong = wrong.replace('readout = "soothing"', 'readout = "sothing"').replace("most_replicates = 2", "near = 2")
    wrong = wrong.replace('after = "stimuli.1.day"', 'after = "stimuli.7.day"') + "\n[sweep]\n"
    told = mistakes(asked_in, wrong)
    assert "did you mean budget?" in told["optimise.budgt"]
    assert "cannot stand next to" in told['optimise.decide.0.values = ["random", "hubs"]']
    assert "did you mean soothing?" in told["optimise.objectives.0.readout"]
    assert "0 and at most 1" in told["optimise.near = 2"]
    assert "no day of the scenario" in told['optimise.decide.2.after = "stimuli.7.day"']
    assert "does not belong" in told["sweep"]


def test_values_that_cannot_be_run_are_all_told_before_anything_is_run(asked_in):
    told = mistakes(asked_in, POLICY.replace('"hubs"]', '"hub"]').replace("[-7]", "[-7, -30]"))
    assert "did you mean hubs" in told['with who = "hub"']
    assert any("start = -30" in where for where in told)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('[[optimise.objectives]]\nmeasure = "cost"', '[[optimise.objectives]]\nmeasure = "mean"\nreadout = "soothing"',
         "stands twice"),
        ('"training.who.share"', '"seed"', "cannot be decided"),
        ('"training.who.share"', '"training.against"', "cannot be decided"),
        ('measure = "worst-off"', 'measure = "worst-off"\ndays = [14, 99]', "within the run"),
        ('measure = "harmed"', 'measure = "harmed"\nshare = 0.2', "means nothing"),
        ("most_replicates = 2", "most_replicates = 2\nreplicates_ = 1", "unknown"),
        ('method = "all"', 'method = "al"', "nsga-ii, tpe, all"),
        ('scenario = "community.toml"', 'scenario = "comunity.toml"', "community.toml"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_in_words(asked_in, old, new, words):
    assert old in POLICY
    told = mistakes(asked_in, POLICY.replace(old, new))
    assert any(words in f"{where} {message}" for where, message in told.items()), told


def test_costs_that_nobody_knows_before_the_run_are_refused(asked_in):
    """Who is screened out, or never gets a place, does not pay for sessions: the costs would be too high."""
    one_therapist = {"training.delivery.therapists": 1, "training.delivery.capacity": 40}
    for changes in ({"training.who.unless": "not suitable"}, one_therapist,
                    {**one_therapist, "training.delivery.referrals_per_week": 2}):  # fmt: skip
        with pytest.raises(InputError, match="not everybody starts") as error:
            asked_in(changes=changes)
        assert all(path in str(error.value) for path in changes if "capacity" not in path)
    decided = POLICY.replace('"training.who.share"', '"training.who.unless"').replace("[0.25, 1]", '["not suitable"]')
    assert any("not everybody starts" in message for message in mistakes(asked_in, decided).values())


def test_one_objective_has_no_front(asked_in):
    first, *rest = POLICY.split("[[optimise.objectives]]")
    told = mistakes(asked_in, "[[optimise.objectives]]".join([first, rest[0]]))
    assert "there is no front" in str(told)


def test_a_scenario_without_training_is_refused(asked_in, tmp_path):
    (tmp_path / "community.toml").write_text(COMMUNITY.split("[training]")[0])
    assert "nothing can be decided" in str(mistakes(asked_in, POLICY))


def test_the_plan_knows_every_file_that_is_decided_about(asked_in, tmp_path):
    from affectsim.training.programmes import programmes

    (tmp_path / "own.toml").write_text(programmes()["two-week"].read_text())
    more = '\n[[optimise.decide]]\npath = "training.programme"\nvalues = ["two-week", "own.toml"]\n'
    before = asked_in(POLICY + more).plan
    assert {"own.toml", "affectsim:training/data/two-week.toml"} <= set(before["files"])
    (tmp_path / "own.toml").write_text(programmes()["two-week"].read_text().replace("0.17", "0.2"))
    after = asked_in(POLICY + more).plan
    assert {key for key in before if before[key] != after[key]} == {"files"}


def test_files_of_the_same_name_are_two_files(asked_in, tmp_path):
    from affectsim.training.programmes import programmes

    text = programmes()["two-week"].read_text()
    for name in ("p1", "p2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "own.toml").write_text(text)
    more = '\n[[optimise.decide]]\npath = "training.programme"\nvalues = ["p1/own.toml", "p2/own.toml"]\n'
    before = asked_in(POLICY + more)
    assert {tmp_path / "p1" / "own.toml", tmp_path / "p2" / "own.toml"} <= set(before.read)
    (tmp_path / "p1" / "own.toml").write_text(text.replace("0.17", "0.2"))
    was, now = before.plan["files"], asked_in(POLICY + more).plan["files"]
    assert [name for name in was if was[name] != now[name]] == ["p1/own.toml"]


# ------------------------------------------------------------------------------------ command line


def test_from_the_command_line_and_again(asked_in, tmp_path, capsys):
    asked_in()
    out = tmp_path / "out"
    assert _code(["optimise", str(tmp_path / "policy.toml"), "--out", str(out), "--threads", "1"]) == 0
    said = capsys.readouterr().out
    assert "nobody is trained" in said and "not a clinical tool" in said and "front of the model" in said
    names = {"front.csv", "trials.csv", "front.svg", "front.png", "summary.txt"}
    assert {*names, "manifest.json"} <= {path.name for path in out.iterdir()}
    assert not [path for path in out.iterdir() if "partial" in path.name]
    before = {name: (out / name).read_bytes() for name in names}
    rows = list(csv.DictReader(io.StringIO(before["trials.csv"].decode())))
    assert [row["status"] for row in rows] == ["run"] * 2 + ["over the budget"] * 2
    assert [float(row["cost"]) <= 30 for row in rows] == [row["replicates"] == "2" for row in rows]
    assert _code(["optimise", str(tmp_path / "policy.toml"), "--out", str(out), "--resume", "--threads", "1"]) == 0
    assert {name: (out / name).read_bytes() for name in names} == before
    capsys.readouterr()
    assert _code(["rerun", str(out)]) == 0
    capsys.readouterr()
    assert _code(["optimise", str(tmp_path / "policy.toml"), "--out", str(out), "--seed", "6"]) == 2
    assert "seed" in (told := capsys.readouterr().err) and "was 5, is now 6" in told
    assert {name: (out / name).read_bytes() for name in names} == before


def test_stopped_by_hand_it_says_what_is_safe_and_how_to_go_on(asked_in, tmp_path, capsys, monkeypatch):
    from affectsim.policy import evaluation

    def stopped(*_, **__):
        raise KeyboardInterrupt

    asked_in()
    monkeypatch.setattr(evaluation, "recorded", stopped)
    assert _code(["optimise", str(tmp_path / "policy.toml"), "--out", str(tmp_path / "out")]) == 130
    assert "0 runs are safe" in (said := capsys.readouterr().err) and "same command goes on" in said
    assert not (tmp_path / "out" / "front.csv").exists()


def test_dry_run_says_what_it_takes_and_writes_nothing(asked_in, tmp_path):
    asked_in()
    said = CliRunner().invoke(command, ["optimise", str(tmp_path / "policy.toml"), "--dry-run"]).output
    assert "4 points" in said and "costs from 11 to 34 hours" in said and "2 of 4 points are within" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["community.toml", "policy.toml"]


# -------------------------------------------------------------------------------------- experiment


def test_the_experiment_gives_its_numbers_in_a_reduced_size(tmp_path):
    """Few people, few days and few points, the same way; `reduced.csv` is what it gave."""
    from affectsim.policy.outputs import front_table
    from affectsim.policy.search import Search
    from affectsim.policy.store import Store

    asked = read(FOLDER / "reduced.toml", {}, threads=1)
    with Store(tmp_path, asked.plan) as store:
        result = Search(asked.problem, store).run()
    found = list(csv.reader(io.StringIO(front_table(asked.problem, result))))
    expected = list(csv.reader(io.StringIO((FOLDER / "reduced.csv").read_text(encoding="utf-8"))))
    assert len(found) == len(expected)
    for mine, theirs in zip(found, expected, strict=True):
        for cell, other in zip(mine, theirs, strict=True):
            try:
                assert math.isclose(float(cell), float(other), rel_tol=1e-3, abs_tol=1e-6)
            except ValueError:
                assert cell == other


def test_the_table_in_the_words_of_the_experiment_is_its_front():
    """Both were copied from one run of the command: a new table beside an old front would be noticed."""
    words = (FOLDER / "README.md").read_text(encoding="utf-8")
    with (FOLDER / "front.csv").open(encoding="utf-8") as file:
        front = list(csv.DictReader(file))
    assert len(front) > 5
    for row in front:
        balance, worst = (
            f"{float(row[f'{name}_change']):+.4f} [{float(row[f'{name}_change_low']):+.4f}, "
            f"{float(row[f'{name}_change_high']):+.4f}]"
            for name in ("balance", "worst_off")
        )
        chance = f"{100 * float(row['chance_on_front']):.0f}%"
        done = ", ".join(f"{name} {row[name]}" for name in ("programme", "who", "share", "start"))
        (line,) = (line for line in words.splitlines() if line.startswith(f"  {row['point']}  "))
        assert line.split()[1:3] == [chance, row["cost"]] and line.endswith(done), line
        assert balance in line and worst in line, line


def test_ties_of_the_experiment_are_those_of_communities():
    scenario = Scenario.load(FOLDER / "community.toml")
    assert community_of(scenario).people == 96 and scenario.stimuli[1].day == 56
