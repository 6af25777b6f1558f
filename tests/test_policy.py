"""Searching for a policy where the answer is known: the front, the budget, stops and restarts, chance.

Runs are stood in for by an analytic problem, which goes the same way as a simulation does from the proposals to the
tables. Controls that are broken on purpose show that the checks find what they look for.
"""

from __future__ import annotations

import itertools
import math
import multiprocessing
import os
import random
import signal
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from affectsim.errors import InputError
from affectsim.policy.decisions import Decision, all_points, key_of
from affectsim.policy.estimates import chance_on_front, dominated, gain_of_common_worlds, interval, resampled
from affectsim.policy.evaluation import Evaluated
from affectsim.policy.objectives import Goal
from affectsim.policy.outputs import front_table, trials_table
from affectsim.policy.search import Problem, Result, Search, Settings, Trial
from affectsim.policy.store import FILE, Store
from affectsim.policy.words import labels, summary
from affectsim.sweep.factors import Factor

KINDS = {"a": (1.0, 1.0), "b": (1.8, 2.5), "c": (0.9, 1.2)}  # what it does, what it costs; c is worse than a
AMOUNTS, DAYS = tuple(range(21)), (-7, 0, 7)
GOALS = (
    Goal("benefit", "mean", "balance", 1, 1, (0, 1), 0.1),
    Goal("harmed", "harmed", "balance", 1, -1, (0, 1), 0.1),
    Goal("cost", "cost", "balance", 1, -1, (0, 1), 0.1),
)


def decision(name: str, levels: tuple) -> Decision:
    return Decision(Factor(name, name, levels, {}, 0.0, 0.0, 0, False, False), "", levels)


DECISIONS = (decision("kind", tuple(KINDS)), decision("amount", AMOUNTS), decision("day", DAYS))
SPACE = [dict(zip(("kind", "amount", "day"), v, strict=True)) for v in itertools.product(KINDS, AMOUNTS, DAYS)]


def cost(point) -> float:
    return KINDS[point["kind"]][1] * point["amount"]


def truth(point) -> tuple[float, float]:
    """Return benefit and harm: more gives more with less and less added, and harms; the right day harms less."""
    does, amount = KINDS[point["kind"]][0], point["amount"]
    return does * math.sqrt(amount), 0.01 * amount * (1 + abs(point["day"]) / 7)


def true_front(budget: float = math.inf, signs=(1, -1, -1)) -> set[str]:
    """Return the front by comparing every pair of points, nobody being trained among them."""
    allowed = [point for point in SPACE if cost(point) <= budget]
    rows = {key_of(p): [s * v for s, v in zip(signs, (*truth(p), cost(p)), strict=True)] for p in allowed}
    rows["nobody"] = [0.0, 0.0, 0.0]

    def beaten(mine, by) -> bool:
        return all(x >= y for x, y in zip(by, mine, strict=True)) and by != mine

    return {key for key, mine in rows.items() if not any(beaten(mine, by) for by in rows.values())} - {"nobody"}


class StandIn:
    """Gives the truth, with noise that is the same for all points of a replicate and noise of each run."""

    def __init__(self, noise: float = 0.0, shared: float = 0.0, common: bool = True, batch: int = 24) -> None:
        self.noise, self.shared, self.common, self.batch = noise, shared, common, batch
        self.calls: list[tuple[str, int]] = []
        self.seconds = 0.0

    def __call__(self, jobs):
        for first in range(0, len(jobs), self.batch):
            time.sleep(self.seconds)
            yield [self.one(point, replicate) for point, replicate in jobs[first : first + self.batch]]

    def one(self, point, replicate) -> Evaluated:
        self.calls.append((key_of(point), replicate))
        benefit, harm = (0.0, 0.0) if point is None else truth(point)
        own = random.Random(f"own {key_of(point)} {replicate}").gauss(0, 1)
        world = random.Random(f"world {'' if self.common else key_of(point)} {replicate}").gauss(0, 1)
        return Evaluated(point, replicate, (float(10 + benefit + self.noise * own + self.shared * world), harm))


def settings(**changed) -> Settings:
    known = dict(method="nsga-ii", generations=12, population=20, seed=0, replicates=2, most_replicates=8,
                 fresh_replicates=8, near=0.05)  # fmt: skip
    return Settings(**{**known, **changed})


def problem(evaluate=None, budget=None, goals=GOALS, **changed) -> Problem:
    return Problem(DECISIONS, goals, settings(**changed), budget, cost, evaluate or StandIn())


def searched(folder: Path, asked: Problem) -> Result:
    with Store(folder, {"settings": asked.settings._asdict()}) as store:
        return Search(asked, store).run()


def keys(result: Result) -> set[str]:
    return {one.trial.key for one in result.front}


def tables(asked: Problem, result: Result) -> str:
    return front_table(asked, result) + trials_table(asked, result) + summary(asked, result, "hours")


# ------------------------------------------------------------------------------------------- front


def test_trying_all_finds_exactly_the_true_front(tmp_path):
    """Of amount 0 only one point is told: all kinds and days of it give the same; it is as good as nobody trained."""
    result = searched(tmp_path, problem(method="all"))
    expected = true_front()
    found = keys(result)
    nothing = {key for key in expected if '"amount": 0' in key}
    assert len(found & nothing) == 1 and found - nothing == expected - nothing
    assert result.proposed == len(SPACE) == len(result.trials)


@pytest.mark.parametrize("method", ["nsga-ii", "tpe"])
def test_searches_recover_the_true_front_under_a_budget(tmp_path, method):
    """240 proposals (TPE: 120) among 189 points: nearly all of the front, nothing that is not on it but its edge."""
    pytest.importorskip("optuna")
    asked = problem(method=method, budget=24.0, generations=12 if method == "nsga-ii" else 6)
    result = searched(tmp_path, asked)
    expected = {key for key in true_front(24.0) if '"amount": 0' not in key}
    found = {one.trial.key for one in result.front if one.trial.point["amount"]}
    assert len(found & expected) >= (0.8 if method == "nsga-ii" else 0.6) * len(expected)
    assert len(found - expected) <= 0.25 * len(found)
    assert "c" not in {one.trial.point["kind"] for one in result.front if one.trial.point["amount"] > 5}


def test_a_flipped_objective_is_noticed(tmp_path):
    """Broken control: seeking harm instead of avoiding it gives another front, which the comparison shows."""
    flipped = (GOALS[0], GOALS[1]._replace(sign=1), GOALS[2])
    found = keys(searched(tmp_path, problem(method="all", goals=flipped)))
    wrong = {key for key in found if '"day": 0' not in key and '"amount": 0' not in key}
    assert wrong and not wrong & true_front()
    assert found - {key for key in found if '"amount": 0' in key} <= true_front(signs=(1, 1, -1))


def test_the_search_learns(tmp_path):
    """In a space of which it sees a hundredth, later generations waste less: drawn at random it would be 6 on average.

    240 draws have a mean of 6 with a standard error below 0.2; 12 generations of which none learnt would stay there.
    """
    pytest.importorskip("optuna")
    wide = (*DECISIONS, *(decision(f"waste {n}", tuple(range(5))) for n in range(3)))

    class Wasteful(StandIn):
        def one(self, point, replicate):
            found = super().one(point, replicate)
            lost = 0.0 if point is None else 0.3 * sum(point[f"waste {n}"] for n in range(3))
            return found._replace(values=(found.values[0] - lost, found.values[1]))

    result = searched(tmp_path, replace(problem(Wasteful()), decisions=wide))
    wasted = [[sum(t.point[f"waste {n}"] for n in range(3)) for t in result.trials if (t.generation > 5) == late]
              for late in (False, True)]  # fmt: skip
    assert np.mean(wasted[1]) < np.mean(wasted[0]) and np.mean(wasted[1]) < 4


def test_ranges_are_searched_too(tmp_path):
    """The best amount for itself is known: sqrt(x) - x / 4 has its top at 4; the cost is the other objective."""
    pytest.importorskip("optuna")
    amount = Decision(Factor("amount", "amount", (), {}, 0.0, 10.0, 5, False, False), "", ())

    def evaluate(jobs):
        yield [Evaluated(p, r, (0.0 if p is None else math.sqrt(p["amount"]) - p["amount"] / 4,)) for p, r in jobs]

    asked = Problem((amount,), (GOALS[0], GOALS[2]), settings(), None, lambda point: point["amount"], evaluate)
    result = searched(tmp_path, asked)
    amounts = sorted(one.trial.point["amount"] for one in result.front)
    assert amounts[0] < 0.5 and 3.8 < amounts[-1] < 4.2 and len(amounts) > 20
    assert all(one.trial.point["amount"] <= 4.2 for one in result.front)


# ------------------------------------------------------------------------------------------ budget


class Guarded(StandIn):
    """Refuses to run what is too dear."""

    def __init__(self, budget: float) -> None:
        super().__init__()
        self.budget = budget

    def one(self, point, replicate):
        assert point is None or cost(point) <= self.budget, point
        return super().one(point, replicate)


@pytest.mark.parametrize("budget", [0.0, 3.0, 17.5])
def test_nothing_over_the_budget_is_ever_run(tmp_path, budget):
    pytest.importorskip("optuna")
    asked = problem(Guarded(budget), budget=budget, generations=4)
    result = searched(tmp_path, asked)
    assert all(one.trial.cost <= budget for one in result.candidates)
    assert any(trial.cost > budget for trial in result.trials)
    assert "over the budget" in trials_table(asked, result)
    told = [line for line in trials_table(asked, result).splitlines() if line.endswith("over the budget")]
    assert all(float(line.split(",")[5]) > budget and line.split(",")[6] == "0" for line in told)


def test_the_guard_of_the_budget_works(tmp_path):
    """Broken control: a search that does not know the budget runs into the guard."""
    pytest.importorskip("optuna")
    with pytest.raises(AssertionError):
        searched(tmp_path, problem(Guarded(17.5), budget=None, generations=4))


def test_a_budget_that_allows_nothing_gives_no_front(tmp_path):
    asked = problem(budget=-1.0, method="all")
    result = searched(tmp_path, asked)
    assert result.candidates == [] and "there is no front" in summary(asked, result, "hours")


def test_a_point_that_fails_costs_no_other(tmp_path):
    class Failing(StandIn):
        def one(self, point, replicate):
            if point is not None and point["kind"] == "b":
                return Evaluated(point, replicate, (), "is too much")
            return super().one(point, replicate)

    asked = problem(Failing(), method="all")
    result = searched(tmp_path, asked)
    assert {one.trial.point["kind"] for one in result.front} == {"a"}
    assert trials_table(asked, result).count("cannot be run: is too much") == len(SPACE) / 3


# --------------------------------------------------------------------------------- stops and restarts


class Stopped(StandIn):
    """Is interrupted before a certain batch, as by Ctrl-C."""

    def __init__(self, at: int, **more) -> None:
        super().__init__(**more)
        self.left = at

    def __call__(self, jobs):
        for batch in super().__call__(jobs):
            if self.left == 0:
                raise KeyboardInterrupt
            self.left -= 1
            yield batch


@pytest.mark.parametrize("method", ["nsga-ii", "tpe", "all"])
def test_stopping_and_going_on_changes_no_byte_and_repeats_no_run(tmp_path, method):
    if method != "all":
        pytest.importorskip("optuna")
    changed = dict(method=method, budget=9.0 if method == "all" else 24.0, generations=3)
    whole = StandIn(noise=0.3, shared=1.0, batch=12)
    asked = problem(whole, **changed)
    expected = tables(asked, searched(tmp_path / "whole", asked))
    folder, plan = tmp_path / "stopped", {"settings": asked.settings._asdict()}
    there: set[tuple[str, int]] = set()
    for at in (0, 1, 3, 5, 2):
        stopped = Stopped(at, noise=0.3, shared=1.0, batch=12)
        with pytest.raises(KeyboardInterrupt):
            searched(folder, problem(stopped, **changed))
        assert not there & set(stopped.calls)
        with Store(folder, plan) as store:
            assert there <= set(store.known)
            there = set(store.known)
    last = StandIn(noise=0.3, shared=1.0)
    again = problem(last, **changed)
    assert tables(again, searched(folder, again)) == expected
    assert there and not there & set(last.calls)
    with Store(folder, plan) as store:
        assert set(store.known) == set(whole.calls)
    assert len(whole.calls) == len(set(whole.calls))
    done = StandIn()
    finished = problem(done, **changed)
    assert tables(finished, searched(folder, finished)) == expected and not done.calls


_FORK = multiprocessing.get_context("fork") if os.name == "posix" else None


def _slow_search(folder: Path) -> None:
    slow = StandIn(noise=0.3, shared=1.0)
    slow.seconds = 0.002
    searched(folder, problem(slow, budget=24.0, generations=3))


@pytest.mark.skipif(os.name != "posix", reason="kills processes in the way of Unix")
def test_kills_at_any_moment_lose_nothing_and_change_no_byte(tmp_path):
    """12 kills: the tables are those of a search that was left alone."""
    pytest.importorskip("optuna")
    asked = problem(StandIn(noise=0.3, shared=1.0), budget=24.0, generations=3)
    expected = tables(asked, searched(tmp_path / "whole", asked))
    folder, lots, kills = tmp_path / "killed", random.Random(1), 0
    seen: set[tuple[str, int]] = set()
    for _ in range(12):
        process = _FORK.Process(target=_slow_search, args=(folder,))
        process.start()
        process.join(lots.uniform(0.02, 0.5))
        if process.exitcode is None:
            os.kill(process.pid, signal.SIGKILL)
            kills += 1
        process.join()
        if (folder / FILE).exists():
            with Store(folder, {"settings": asked.settings._asdict()}) as store:
                assert seen <= set(store.known) and store.damaged == 0
                seen = set(store.known)
    assert kills >= 3 and seen
    last = problem(StandIn(noise=0.3, shared=1.0), budget=24.0, generations=3)
    assert tables(last, searched(folder, last)) == expected


def test_same_seed_same_result_other_seed_other_points(tmp_path):
    pytest.importorskip("optuna")
    asked = [problem(StandIn(noise=0.3), generations=3, seed=seed) for seed in (1, 1, 2)]
    first, second, third = (tables(one, searched(tmp_path / str(n), one)) for n, one in enumerate(asked))
    assert first == second != third


def test_another_plan_is_refused_with_the_difference(tmp_path):
    plan = {"budget": 24.0, "settings": {"seed": 1}, "versions": {"numpy": "1"}}
    Store(tmp_path, plan).close()
    Store(tmp_path, plan).close()
    with pytest.raises(InputError, match=r"began with something else") as error:
        Store(tmp_path, {"budget": 30.0, "settings": {"seed": 2}, "versions": {"numpy": "1"}})
    told = {one.where: one.message for one in error.value.mistakes}
    assert told == {"budget": "was 24, is now 30", "settings.seed": "was 1, is now 2"}


def test_a_transaction_is_forced_to_the_disk_and_holds_numbers_only(tmp_path):
    """A run of which one of two numbers is none has failed."""
    with Store(tmp_path, {}) as store:
        assert store._file.execute("PRAGMA synchronous").fetchone() == (2,)
        store.add([Evaluated({"a": 1}, 0, (1.0, math.nan)), Evaluated({"a": 2}, 0, (1.0, 2.0))])
    with Store(tmp_path, {}) as store:
        told = {key: (one.values, one.failed) for (key, _), one in store.known.items()}
    assert told == {'{"a": 1}': ((), "gives no number"), '{"a": 2}': ((1.0, 2.0), None)}


def test_a_second_search_in_the_same_folder_is_refused_and_so_is_a_foreign_folder(tmp_path):
    with Store(tmp_path / "one", {}), pytest.raises(InputError, match="another process"):
        Store(tmp_path / "one", {})
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match="not empty"):
        Store(tmp_path / "two", {})
    with pytest.raises(InputError, match="no search was begun"):
        Store(tmp_path / "three", {}, begun=True)
    assert not (tmp_path / "three").exists()


def test_flipped_bytes_are_found_and_made_again(tmp_path):
    import sqlite3

    asked = problem(method="all")
    expected = tables(asked, searched(tmp_path, asked))
    with sqlite3.connect(tmp_path / FILE) as file:
        file.execute("UPDATE runs SET vals = '[99.0, 0.0]' WHERE rowid IN (SELECT rowid FROM runs LIMIT 5 OFFSET 20)")
    with Store(tmp_path, {"settings": asked.settings._asdict()}) as store:
        assert store.damaged == 5
    again = StandIn()
    asked = problem(again, method="all")
    assert tables(asked, searched(tmp_path, asked)) == expected and len(again.calls) == 5


# ------------------------------------------------------------------------------------------- chance


def test_dominated_agrees_with_comparing_pair_by_pair():
    better = np.random.default_rng(0).integers(0, 4, (60, 3)).astype(float)
    for mine, found in zip(better, dominated(better), strict=True):
        assert found == any((by >= mine).all() and (by > mine).any() for by in better)


def test_resampled_means_spread_as_means_do_and_keep_what_points_share():
    """Standard error over 4,000 resamples of 9 replicates: within 5 % (its own error is 1.1 %)."""
    lots = np.random.default_rng(0)
    shared = lots.normal(size=(9, 1))
    values = [shared + 0.01 * lots.normal(size=(9, 1)), shared + 0.01 * lots.normal(size=(9, 1)), shared[:4]]
    draws = resampled(values, 4000, (1, 2))
    for n, one in enumerate(values):
        assert draws[:, n].std() == pytest.approx(one.std(ddof=1) / math.sqrt(len(one)), rel=0.05)
    assert (draws[:, 0] - draws[:, 1]).std() < 0.05 * draws[:, 0].std()


def test_chances_say_how_sure_the_front_is():
    lots = np.random.default_rng(0)
    values = [mean + lots.normal(size=(50, 2)) for mean in ((0.0, 0.0), (0.05, 0.0), (3.0, 3.0), (-5.0, -5.0))]
    chances = chance_on_front(resampled(values, 500, (1,)))
    assert chances[2] == 1 and chances[:2].max() == 0 and chances[3] == 0
    chances = chance_on_front(resampled([values[0][:, :1], values[1][:, :1]], 500, (1,)))
    assert 0.02 < chances[0] < 0.98 and chances.sum() == pytest.approx(1)


def test_intervals_hold_what_they_promise():
    """95 % of 400 intervals hold the truth: between 92 and 98 % (binomial, error rate below 1 %)."""
    lots = np.random.default_rng(3)
    held = 0
    for _ in range(400):
        found = interval(lots.normal(2.0, 1.0, (6, 1)))
        held += bool(found.low[0] <= 2.0 <= found.high[0])
    assert 368 <= held <= 392


def test_common_worlds_make_differences_surer_and_their_absence_is_noticed(tmp_path):
    """What points share falls out of their differences; with worlds of their own (broken control) it does not."""
    results = {}
    for common in (True, False):
        asked = problem(StandIn(noise=0.1, shared=1.0, common=common), method="all", budget=6.0, most_replicates=16,
                        fresh_replicates=32)  # fmt: skip
        results[common] = searched(tmp_path / str(common), asked)
    assert results[True].common[0] > 20
    assert results[False].common[0] < 2
    spread = {common: np.mean([one.fresh.high[0] - one.fresh.low[0] for one in found.front if one.trial.cost])
              for common, found in results.items()}  # fmt: skip
    assert spread[False] > 3 * spread[True]


def test_gain_of_common_worlds_is_the_ratio_of_variances():
    """Two points with correlation r and equal variances: 1 / (1 - r)."""
    lots = np.random.default_rng(0)
    pair = lots.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], 100_000)
    assert gain_of_common_worlds([pair[:, :1], pair[:, 1:]])[0] == pytest.approx(5, rel=0.03)


def test_gain_of_common_worlds_of_few_replicates():
    """Variances 1 and 1, of the difference 1; of three alike points nothing differs, so there is no gain to tell."""
    one, other = np.array([[0.0], [1.0], [2.0]]), np.array([[0.0], [2.0], [1.0]])
    assert gain_of_common_worlds([one, other])[0] == pytest.approx(2)
    assert np.isnan(gain_of_common_worlds([one, one])[0])


def test_points_near_the_front_get_more_replicates_and_the_others_do_not(tmp_path):
    asked = problem(StandIn(noise=0.2, shared=1.0), method="all")
    result = searched(tmp_path, asked)
    assert all(one.trial.replicates == 8 for one in result.candidates)
    assert not all(one.on_front for one in result.candidates)
    rest = [one for one in result.trials if one.key not in {c.trial.key for c in result.candidates}]
    assert sum(one.replicates == 2 for one in rest) > 0.6 * len(rest)
    assert {one.replicates for one in result.trials} <= {2, 4, 8}


def test_those_on_the_front_get_more_replicates_first_then_the_likeliest(tmp_path, monkeypatch):
    asked, given = problem(population=3), []
    trials = [Trial(n, 0, SPACE[n], 1.0, 2) for n in range(5)]
    chances, front = np.array([0.3, 0.6, 0.9, 0.2, 0.01]), np.array([False, False, False, True, False])
    with Store(tmp_path, {}) as store:
        search = Search(asked, store)
        monkeypatch.setattr(search, "_run", lambda: trials)
        monkeypatch.setattr(search, "_near", lambda *_: (chances, front))
        monkeypatch.setattr(search, "_replicate", lambda mine, count: given.append(([t.number for t in mine], count)))
        assert search._refine(0)
    assert given == [([3, 2, 1], 4)]


class Harmful(StandIn):
    """Everything that costs does less than nothing."""

    def one(self, point, replicate) -> Evaluated:
        """Turn the benefit round."""
        found = super().one(point, replicate)
        return found._replace(values=(20 - found.values[0], found.values[1]))


def test_what_is_worse_than_training_nobody_is_on_no_front(tmp_path):
    """Points that are better than each other, but not than nobody being trained, are no policies to think about."""
    kind, _, day = DECISIONS
    asked = replace(problem(Harmful(), method="all"), decisions=(kind, decision("amount", (1, 2, 4)), day))
    result = searched(tmp_path, asked)
    assert result.candidates == [] and {one.replicates for one in result.trials} == {2}


def test_the_winners_curse_is_shown_and_fresh_replicates_are_free_of_it(tmp_path):
    """Where nothing but chance differs, the chosen look better than they are; in fresh replicates they do not.

    The truth is a benefit of 0 at one and the same cost; 60 points, noise of 1. Error rate below 1e-4: the largest of
    60 means lies 2 standard errors above 0, that of a fresh one does not.
    """

    class Nothing(StandIn):
        def one(self, point, replicate):
            found = super().one(point, replicate)
            return found._replace(values=(found.values[0] - (0 if point is None else truth(point)[0]), 0.0))

    flat = Problem(DECISIONS, GOALS, settings(method="all", most_replicates=4, replicates=4, fresh_replicates=64), None,
                   lambda point: 1.0, Nothing(noise=1.0))  # fmt: skip
    result = searched(tmp_path, flat)
    assert result.optimism.low[0] > 0.3
    assert all(abs(one.fresh.mean[0]) < 0.7 for one in result.front)
    assert "better than it is" in summary(flat, result, "hours")


def test_less_of_the_opposite_is_found_as_more_of_the_thing_itself(tmp_path):
    """The same front, as sure and as much better than it is; by hand, that is how much more it promised."""
    found = {}
    for sign, stand_in in ((1, StandIn(noise=0.2)), (-1, Harmful(noise=0.2))):
        goals = (GOALS[0]._replace(sign=sign), *GOALS[1:])
        asked = problem(stand_in, method="all", budget=6.0, population=90, goals=goals)
        found[sign] = searched(tmp_path / str(sign), asked)
    assert [one.trial.key for one in found[1].candidates] == [one.trial.key for one in found[-1].candidates]
    chances = [[one.chance for one in found[sign].candidates] for sign in found]
    assert chances[0] == pytest.approx(chances[1]) and np.mean(chances[0]) > 0.3
    for sign, result in found.items():
        more = sign * np.mean([one.found.mean[0] - one.fresh.mean[0] for one in result.front])
        assert result.optimism.mean[0] == pytest.approx(more) and abs(more) > 1e-3
        assert -1 < result.optimism.low[0] < more < result.optimism.high[0] < 1
    for one, other in zip(found[1].optimism, found[-1].optimism, strict=True):
        assert one == pytest.approx(other)


def test_where_nothing_is_left_to_chance_the_front_is_sure_and_the_budget_is_spent_to_the_last(tmp_path):
    result = searched(tmp_path, problem(method="all", budget=5.0))
    assert {one.chance for one in result.front} == {1.0}
    assert max(one.trial.cost for one in result.front) == 5.0


def test_fresh_replicates_are_not_those_of_the_search(tmp_path):
    stand_in = StandIn()
    result = searched(tmp_path, problem(stand_in, method="all"))
    front = keys(result)
    assert {replicate for key, replicate in stand_in.calls if key in front} == set(range(16))
    others = {trial.key for trial in result.trials} - {one.trial.key for one in result.candidates}
    assert max(replicate for key, replicate in stand_in.calls if key in others) < 8


# -------------------------------------------------------------------------------------------- words


def test_tables_and_words_tell_the_same(tmp_path):
    asked = problem(StandIn(noise=0.05, shared=1.0), method="all", budget=24.0)
    result = searched(tmp_path, asked)
    text, table = summary(asked, result, "hours of therapists"), front_table(asked, result).splitlines()
    assert len(table) == 1 + len(result.candidates) and table[1].startswith("A,yes,")
    assert labels(result)[: len(result.front)] == sorted(labels(result)[: len(result.front)], key=lambda x: (len(x), x))
    for words in ("No point is best", "nobody is trained", "front of the model", "no advice", "fresh ones"):
        assert words in text
    assert all(f"\n  {label} " in text for label in labels(result)[: len(result.front)])


def test_the_figure_is_the_same_each_time(tmp_path):
    from affectsim import plots
    from affectsim.policy.outputs import figure_data

    asked = problem(StandIn(noise=0.05, shared=1.0), method="all", budget=24.0)
    result = searched(tmp_path, asked)
    for name in ("one", "two"):
        plots.save(plots.policy_front(**figure_data(asked, result, "hours")), tmp_path / f"{name}.svg")
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    with pytest.raises(ValueError, match="needs points"):
        plots.policy_front({}, result.estimates, 0, [1], ["a", "b", "c"])


def test_all_points_are_refused_where_there_are_too_many():
    with pytest.raises(InputError, match="endlessly many"):
        all_points([Decision(Factor("a", "a", (), {}, 0.0, 1.0, 5, False, False), "", ())])
    many = [decision(str(n), tuple(range(30))) for n in range(3)]
    with pytest.raises(InputError, match="27,000"):
        all_points(many)
