"""Diaries: reading with a mapping, errors for people, statistics with exact cases and against published numbers."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from affectsim.cli import affectsim
from affectsim.diaries.files import Diaries, diaries_of, parse_mapping, read_diaries
from affectsim.diaries.stability import LEAST_PEOPLE, day_means, kept, lasting, stability, stability_between
from affectsim.diaries.statistics import LEAST_PAIRS, bootstrap_weights, compare, describe, schedule, statistics, sums
from affectsim.errors import InputError
from affectsim.readouts import SYSTEMS

BRINGMANN = (["threat=worry+fearful", "drive=cheerful,soothing=relaxed", "time=time_h"], ["1:7"])


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "diary.csv"
    path.write_text(text, encoding="utf-8")
    return path


def made_up(people: int, days: int, each_day: int, decay: float, noise: float, seed: int) -> Diaries:
    """Return ratings that are a stationary process (decay time in hours) plus noise; total SD within people 0.1."""
    random = np.random.default_rng(seed)
    hours = (np.arange(days)[:, None] * 24 + 8 + 1.5 * np.arange(each_day)).ravel()
    state = np.empty((people, hours.size, 3))
    state[:, 0] = random.normal(size=(people, 3))
    for k in range(1, hours.size):
        keep = np.exp(-(hours[k] - hours[k - 1]) / decay)
        state[:, k] = keep * state[:, k - 1] + np.sqrt(1 - keep**2) * random.normal(size=(people, 3))
    ratings = np.sqrt(1 - noise) * state + np.sqrt(noise) * random.normal(size=state.shape)
    level = 0.5 + 0.2 * random.normal(size=(people, 1, 3))
    return diaries_of(np.repeat(np.arange(people), hours.size), np.tile(hours, people),
                      (level + 0.1 * ratings).reshape(-1, 3))  # fmt: skip


class TestReading:
    def test_items_are_averaged_reversed_and_scaled(self, tmp_path: Path) -> None:
        path = written(tmp_path, "who,t,anxious,sad,tense\nb,9.5,1,3,2\na,33,7,,4\na,35,4,4,1\n")
        mapping = parse_mapping(["threat=anxious+sad", "soothing=-tense", "person=who", "time=t"],
                                ["1:7", "soothing=1:5"])  # fmt: skip
        found = read_diaries(path, mapping)
        assert found.labels == ("a", "b")
        assert found.person.tolist() == [0, 0, 1]
        assert found.time_h.tolist() == [9, 11, 9.5]  # each person's first midnight is 0
        assert found.ratings[:, 0] == pytest.approx([np.nan, 0.5, 1 / 6], nan_ok=True)
        assert np.isnan(found.ratings[:, 1]).all()
        assert found.ratings[:, 2].tolist() == [0.25, 1.0, 0.75]
        assert found.step == pytest.approx((1 / 12, 0, 1 / 4))
        assert found.rated == (True, False, True)

    @pytest.mark.parametrize(
        ("names", "column", "order"),
        [(("after", "before"), "when", ("before", "after")), (("post", "pre"), "when", ("pre", "post")),
         (("week 10", "week 2"), "when", ("week 2", "week 10")), (("10", "2"), "when", ("2", "10")),
         (("-1", "-2"), "when", ("-2", "-1")),
         (("week -1", "week 1", "week -2"), "when", ("week -2", "week -1", "week 1")),
         (("T1", "T0"), "when", ("T0", "T1")), (("wave-2", "wave-1"), "when", ("wave-1", "wave-2")),
         (("2024-07-01", "2024-05-01"), "when", ("2024-05-01", "2024-07-01")),
         (("post-test", "Pre-test", "follow up"), "when", ("Pre-test", "post-test", "follow up")),
         (("a", "b"), "when=b,a", ("b", "a"))],
    )  # fmt: skip
    def test_phases_come_in_the_order_of_time(self, tmp_path: Path, names, column, order) -> None:
        rows = "".join(f"1,{hour},1,{name}\n" for name in names for hour in (9, 10))
        path = written(tmp_path, f"person,time,threat,when\n{rows}")
        assert read_diaries(path, parse_mapping([]), phase=column).phases == order

    def test_phases_that_could_be_either_way_round_are_asked_about(self, tmp_path: Path) -> None:
        path = written(tmp_path, "person,time,threat,when\n1,9,1,a\n1,10,1,b\n")
        with pytest.raises(InputError, match=r"cannot tell the order of a, b; say COLUMN=FIRST,\.\.\.,LAST"):
            read_diaries(path, parse_mapping([]), phase="when")
        with pytest.raises(InputError, match="the column holds a, b; name each of them once"):
            read_diaries(path, parse_mapping([]), phase="when=a,c")

    @pytest.mark.parametrize("names", [("w1", "w01"), ("T0", "T1", "later"), ("pre", "before")])
    def test_names_that_stand_for_the_same_place_or_for_none_are_asked_about(self, tmp_path: Path, names) -> None:
        rows = "".join(f"1,{hour},1,{name}\n" for name in names for hour in (9, 10))
        path = written(tmp_path, f"person,time,threat,when\n{rows}")
        with pytest.raises(InputError, match="cannot tell the order of"):
            read_diaries(path, parse_mapping([]), phase="when")

    def test_columns_and_names_may_hold_what_stands_between_them(self, tmp_path: Path) -> None:
        rows = '1,9,1,"x, first"\n1,10,1,"x, first"\n1,9,1,"y, second"\n1,10,1,"y, second"\n'
        path = written(tmp_path, f"person,time,threat,when\n{rows}")
        found = read_diaries(path, parse_mapping([]), phase='when="y, second","x, first"')
        assert found.phases == ("y, second", "x, first")
        path = written(tmp_path, "person,time,threat,when=1\n1,9,1,1\n1,10,1,2\n")
        assert read_diaries(path, parse_mapping([]), phase="when=1").phases == ("1", "2")

    def test_a_rating_without_a_phase_is_told_with_its_line(self, tmp_path: Path) -> None:
        path = written(tmp_path, "person,time,threat,when\n1,9,1,pre\n1,10,1,\n1,11,1,post\n")
        with pytest.raises(InputError, match=r"line 3, when +is empty"):
            read_diaries(path, parse_mapping([]), phase="when")

    def test_a_cell_in_quotes_may_hold_what_python_takes_for_a_new_line(self, tmp_path: Path) -> None:
        path = written(tmp_path, 'person,time,note,threat\n1,1,"a\u2028b\x0bc",0.1\n1,2,"two\nlines",0.2\n1,3,,x\n')
        with pytest.raises(InputError) as refused:
            read_diaries(path, parse_mapping([]))
        assert [one.where for one in refused.value.mistakes] == ["line 5, threat = x"]
        path.write_text(path.read_text(encoding="utf-8").replace("x\n", "0.3\n"), encoding="utf-8")
        assert read_diaries(path, parse_mapping([])).ratings[:, 0].tolist() == [0.1, 0.2, 0.3]
        path.write_text('person,time,threat\n1,1,"' + 140_000 * "0", encoding="utf-8")
        with pytest.raises(InputError, match=r"line 2 +malformed CSV: field larger"):
            read_diaries(path, parse_mapping([]))

    def test_names_that_are_the_same_number_are_in_the_same_order_every_time(self, tmp_path: Path) -> None:
        """Sets of texts are walked in another order in every process."""
        rows = "".join(f"{name},1,0.{n}\n" for n, name in enumerate(("01", "1", "1.0", "001", "2"), 1))
        path = written(tmp_path, f"person,time,threat\n{rows}")
        code = (
            "import sys; from pathlib import Path; from affectsim.diaries.files import parse_mapping, read_diaries\n"
            "print(read_diaries(Path(sys.argv[1]), parse_mapping([])).labels)"
        )
        said = {
            subprocess.run(
                [sys.executable, "-c", code, path], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True,
                text=True, check=True,
            ).stdout
            for seed in "123"
        }  # fmt: skip
        assert said == {"('001', '01', '1', '1.0', '2')\n"}

    def test_arms_are_compared_as_said(self, tmp_path: Path) -> None:
        rows = "".join(
            f"{person},{hour},0.5,{arm}\n" for person, arm in ((1, "active"), (2, "control")) for hour in (9, 10)
        )
        path = written(tmp_path, f"person,time,threat,arm\n{rows}")
        assert read_diaries(path, parse_mapping([]), arm="arm").arms == ("active", "control")
        assert read_diaries(path, parse_mapping([]), arm="arm=control,active").arms == ("control", "active")

    def test_simulated_ratings_need_no_mapping(self, tmp_path: Path) -> None:
        path = written(tmp_path, "person,day,hour,threat,drive,soothing\n0,1,9.5,0.1,0.2,0.3\n0,2,10,0.2,0.3,0.4\n")
        found = read_diaries(path, parse_mapping([]))
        assert found.time_h.tolist() == [9.5, 34.0]
        assert found.ratings.tolist() == [[0.1, 0.2, 0.3], [0.2, 0.3, 0.4]]

    def test_dates(self, tmp_path: Path) -> None:
        path = written(tmp_path, "person,time,threat\n1,2024-05-01 09:30,0\n1,2024-05-02T00:30:00,1\n")
        assert read_diaries(path, parse_mapping([])).time_h.tolist() == [9.5, 24.5]

    def test_phases_and_arms(self, tmp_path: Path) -> None:
        rows = "1,9,0,0,0\n1,9,0,10,0\n2,9,0,0,1\n2,34,0,10,1\n"
        path = written(tmp_path, f"person,time,threat,when,arm\n{rows}")
        found = read_diaries(path, parse_mapping([]), phase="when", arm="arm")
        assert (found.phases, found.arms) == (("0", "10"), ("0", "1"))
        assert found.arm.tolist() == [0, 1]
        assert found.time_h.tolist() == [9, 9, 9, 10]

    def test_all_mistakes_at_once(self, tmp_path: Path) -> None:
        path = written(tmp_path, "person,time,threat\n1,9,0.5\n1,soon,0.5\n1,11,7\n,12,0.5\n1,13\n")
        with pytest.raises(InputError) as error:
            read_diaries(path, parse_mapping([]))
        text = str(error.value)
        assert "4 mistakes" in text
        assert "line 3, time = soon" in text
        assert "from 0 to 1; give the items' scale, such as --scale 1:7" in text
        assert "line 5, person" in text
        assert "line 6" in text and "has 2 values; the header has 3" in text

    @pytest.mark.parametrize(
        ("mapping", "words"),
        [
            (["thraet=x"], "did you mean threat"),
            (["threat=worri"], "did you mean worry"),
            (["threat"], "must be NAME=COLUMN"),
            (["threat=worry", "threat=worry"], "mapped twice"),
            (["threat=worry", "time=missing"], "no column missing"),
        ],
    )
    def test_wrong_mappings(self, tmp_path: Path, mapping: list[str], words: str) -> None:
        path = written(tmp_path, "person,time,worry\n1,9,0.5\n")
        with pytest.raises(InputError, match=words):
            read_diaries(path, parse_mapping(mapping))

    @pytest.mark.parametrize("scale", ["7:1", "x", "1-7", "joy=1:7"])
    def test_wrong_scales(self, scale: str) -> None:
        with pytest.raises(InputError, match="such as 1:7"):
            parse_mapping([], [scale])

    @pytest.mark.parametrize("text", ["", "person,time,threat\n", "person,time,threat\n1,9,\n"])
    def test_nothing_in_it(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(InputError, match=r"empty|no rating"):
            read_diaries(written(tmp_path, text), parse_mapping([]))

    def test_same_moment_twice_hints_at_phases(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="--before-after"):
            read_diaries(written(tmp_path, "person,time,threat\n1,9,0\n1,9,1\n"), parse_mapping([]))

    def test_one_arm_each(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="several arms"):
            read_diaries(written(tmp_path, "person,time,threat,a\n1,9,0,x\n1,10,1,y\n"), parse_mapping([]), arm="a")


class TestStatistics:
    def test_levels_and_coupling_are_those_of_numpy(self) -> None:
        data = made_up(30, 4, 6, 3.0, 0.5, seed=2)
        found = describe(data, draws=100)
        ratings = data.ratings.reshape(30, -1, 3)
        means = ratings.mean(axis=1)
        centred = ratings - means[:, None]
        pooled = ratings.reshape(-1, 3)
        for n, system in enumerate(SYSTEMS):
            assert found[f"{system}.mean"].value == pytest.approx(means[:, n].mean())
            assert found[f"{system}.sd_between"].value == pytest.approx(means[:, n].std(ddof=1))
            assert found[f"{system}.sd_within"].value == pytest.approx(
                np.sqrt((centred[..., n] ** 2).sum() / (30 * 23))
            )
            around = pooled[:, n] - pooled[:, n].mean()
            assert found[f"{system}.skew"].value == pytest.approx((around**3).mean() / (around**2).mean() ** 1.5)
        flat = centred.reshape(-1, 3)
        assert found["within_person_r.drive_soothing"].value == pytest.approx(np.corrcoef(flat[:, 1], flat[:, 2])[0, 1])
        assert found["between_person_r.threat_drive"].value == pytest.approx(
            np.corrcoef(means[:, 0], means[:, 1])[0, 1]
        )

    def test_pairs_are_of_a_calendar_day_and_within_the_edges_of_the_lags(self) -> None:
        """45 minutes count, 12 h 45 min do not; nor do 2 h over midnight. Five ratings are enough."""
        hours = np.array([9.0, 9.75, 22.5, 23.0, 25.0])
        plan = schedule(diaries_of(np.zeros(5, dtype=np.int64), hours, np.full((5, 3), 0.5)))
        assert (plan.first.tolist(), plan.second.tolist()) == ([0], [1])
        assert plan.rated.all() and plan.lag_hours[0] == 0.75

    def test_an_arm_is_described_as_if_its_people_were_all(self) -> None:
        data = made_up(31, 3, 6, 3.0, 0.5, seed=2)
        arm = np.arange(31) % 3 // 2
        mine = np.flatnonzero(arm == 1)
        kept_rows = arm[data.person] == 1
        alone = diaries_of(
            np.searchsorted(mine, data.person[kept_rows]), data.time_h[kept_rows], data.ratings[kept_rows]
        )
        both = Diaries(**{**data.__dict__, "arm": arm, "arms": ("wait", "trained")})
        found, expected = describe(both, arm=1, draws=100), describe(alone, draws=100)
        for name, interval in expected.items():
            assert found[name] == pytest.approx(interval, rel=1e-9, nan_ok=True), name

    def test_decay_and_noise_of_a_known_process_come_back(self) -> None:
        """The bias of centring is below 0.02 with 60 days; 300 people leave a standard error below 0.01."""
        found = describe(made_up(300, 60, 8, 4.0, 0.4, seed=5), draws=100)
        for system in SYSTEMS:
            assert found[f"{system}.rating_noise_share"].value == pytest.approx(0.4, abs=0.04)
            assert found[f"{system}.decay_hours"].value == pytest.approx(4.0, abs=0.4)
            assert found[f"{system}.lag1_90min"].value == pytest.approx(0.6 * np.exp(-1.5 / 4), abs=0.03)

    def test_interval_covers_the_mean_as_often_as_it_says(self) -> None:
        """95 % of 200 intervals of 40 people each, at least 90 % (a chance of 1 in 500 to fail; fixed seeds)."""
        inside = 0
        for seed in range(200):
            found = describe(made_up(40, 1, 6, 3.0, 0.5, seed=seed), draws=200, seed=seed)["threat.mean"]
            inside += found.low <= 0.5 <= found.high
        assert inside >= 180

    @settings(max_examples=25)
    @given(st.integers(0, 1000))
    def test_a_person_drawn_twice_counts_twice(self, seed: int) -> None:
        data = made_up(6, 2, 5, 3.0, 0.5, seed=seed)
        twice = np.concatenate([np.arange(6), [0]])
        rows = [np.flatnonzero(data.person == person) for person in twice]
        longer = diaries_of(
            np.repeat(np.arange(7), [row.size for row in rows]), data.time_h[np.concatenate(rows)],
            data.ratings[np.concatenate(rows)],
        )  # fmt: skip
        weights = np.array([[2.0, 1, 1, 1, 1, 1]])
        plan, more = schedule(data), schedule(longer)
        one = statistics(sums(plan, data.ratings), plan.lag_hours, weights)
        other = statistics(sums(more, longer.ratings), more.lag_hours)
        for name in one:
            assert one[name][0] == pytest.approx(other[name][0], nan_ok=True, rel=1e-9), name

    def test_correlations_of_people_are_of_those_who_rate_both(self) -> None:
        """Some never rate one system: as numpy has it for the others, and never beyond 1."""
        data = made_up(60, 3, 6, 3.0, 0.5, seed=4)
        means = data.ratings.reshape(60, -1, 3).mean(axis=1)
        for missing in (0, 3, 40):
            some = Diaries(**{**data.__dict__, "ratings": data.ratings.copy()})
            some.ratings[some.person < missing, 2] = np.nan
            found = describe(some, draws=100)
            rest = slice(missing, None)
            for name, i, j, who in (("threat_soothing", 0, 2, rest), ("threat_drive", 0, 1, slice(None))):
                expected = np.corrcoef(means[who, i], means[who, j])[0, 1]
                assert found[f"between_person_r.{name}"].value == pytest.approx(expected, abs=1e-9)
            assert found["soothing.sd_between"].value == pytest.approx(means[rest, 2].std(ddof=1))

    @pytest.mark.parametrize("always", [0.5, 0.7, 2 / 3, 5 / 6, 0.1])
    def test_ratings_that_never_differ_have_no_correlation_and_no_skew(self, always: float) -> None:
        data = made_up(20, 3, 6, 3.0, 0.5, seed=3)
        data.ratings[:, 0] = always
        found = describe(data, draws=100)
        assert found["threat.mean"].value == pytest.approx(always)
        assert found["threat.sd_between"].value < 1e-6 and found["threat.sd_within"].value < 1e-6
        for name in (
            "threat.skew",
            "threat.lag1_90min",
            "within_person_r.threat_drive",
            "between_person_r.threat_drive",
        ):
            assert name not in found or np.isnan(found[name].value), name

    def test_missing_ratings_are_left_out_and_few_say_nothing(self) -> None:
        data = made_up(20, 3, 6, 3.0, 0.5, seed=3)
        data.ratings[:, 1] = np.nan
        data.ratings[data.person == 0, 2] = np.nan
        found = describe(data, draws=100)
        assert np.isnan(found["drive.mean"].value)
        assert np.isnan(found["within_person_r.threat_drive"].value)
        rest = data.ratings[data.person > 0, 2].reshape(19, -1)
        assert found["soothing.mean"].value == pytest.approx(rest.mean(axis=1).mean())
        assert LEAST_PAIRS > 20 * 3 * 5
        assert np.isnan(found["threat.lag1_90min"].value)

    def test_bootstrap_draws_as_many_people(self) -> None:
        assert (bootstrap_weights(12, 50, 1).sum(axis=1) == 12).all()


class TestCompare:
    def before_and_after(self, shift: float) -> Diaries:
        """Return diaries of 40 people in two arms; the second arm's threat rises by `shift` from before to after."""
        before, after = (made_up(40, 3, 6, 3.0, 0.5, seed=7) for _ in range(2))
        arm = np.arange(40) % 2
        after.ratings[arm[after.person] == 1, 0] += shift
        pairs = {name: np.concatenate([getattr(before, name), getattr(after, name)]) for name in
                 ("person", "time_h", "ratings")}  # fmt: skip
        phase = np.repeat([0, 1], before.person.size)
        return Diaries(**{**before.__dict__, **pairs, "phase": phase, "phases": ("0", "1"), "arm": arm,
                          "arms": ("wait", "trained")})  # fmt: skip

    def test_a_shift_in_one_arm_is_the_difference_between_arms(self) -> None:
        found = compare(self.before_and_after(0.1), draws=200)
        for what, expected in (
            ("change in arm wait", 0),
            ("change in arm trained", 0.1),
            ("change in arm trained minus wait", 0.1),
        ):
            assert found[what]["threat.mean"] == pytest.approx((expected,) * 3)
            assert found[what]["drive.mean"] == pytest.approx((0, 0, 0))

    def test_an_arm_without_anybody_in_both_phases_has_no_change(self) -> None:
        data = self.before_and_after(0.1)
        some = (data.phase == 0) | (data.arm[data.person] == 0)
        fewer = Diaries(**{**data.__dict__, **{name: getattr(data, name)[some] for name in
                                               ("person", "time_h", "ratings", "phase")}})  # fmt: skip
        assert set(compare(fewer, draws=100)) == {"change in arm wait"}
        nobody = Diaries(**{**data.__dict__, "person": data.person + 40 * data.phase, "arm": np.tile(data.arm, 2),
                            "labels": tuple(map(str, range(80)))})  # fmt: skip
        with pytest.raises(InputError, match="nobody has 5 ratings in 0 and 1"):
            compare(nobody, draws=100)

    def test_people_without_an_after_do_not_count(self) -> None:
        data = self.before_and_after(0.1)
        kept = (data.phase == 0) | (data.person != 5)
        fewer = Diaries(**{**data.__dict__, **{name: getattr(data, name)[kept] for name in
                                               ("person", "time_h", "ratings", "phase")}})  # fmt: skip
        assert compare(fewer, draws=100)["change in arm trained"]["threat.mean"].value == pytest.approx(0.1)


class TestStability:
    def drifting(self, people: int, days: int, share: float, time: float, seed: int) -> Diaries:
        """Return four ratings a day: a trait, `share` of the variance between days that lasts `time` days, noise."""
        random = np.random.default_rng(seed)
        drift = np.empty((people, days, 3))
        drift[:, 0] = random.normal(size=(people, 3))
        for day in range(1, days):
            keep = np.exp(-1 / time)
            drift[:, day] = keep * drift[:, day - 1] + np.sqrt(1 - keep**2) * random.normal(size=(people, 3))
        level = np.sqrt(1 - share) * random.normal(size=(people, 1, 3)) + np.sqrt(share) * drift
        ratings = 0.5 + 0.1 * (level[:, :, None] + 1.2 * random.normal(size=(people, days, 4, 3)))
        hours = (np.arange(days)[:, None] * 24 + 9 + 3 * np.arange(4)).ravel()
        return diaries_of(np.repeat(np.arange(people), hours.size), np.tile(hours, people), ratings.reshape(-1, 3))

    def test_traits_alone_last_and_drift_is_lost_at_its_pace(self) -> None:
        """2,000 people: standard errors are at most .032, so .15 is missed three times in a million."""
        traits = lasting(day_means(self.drifting(2000, 8, 0.0, 1.0, seed=1)))
        drift = lasting(day_means(self.drifting(2000, 8, 0.5, 4.0, seed=2)))
        one = 0.5 + 0.5 * np.exp(-1 / 4)
        for apart in (2, 5, 7):
            expected = (0.5 + 0.5 * np.exp(-apart / 4)) / one
            assert traits[f"stability.threat.{apart}_days"][0] == pytest.approx(1, abs=0.15)
            assert drift[f"stability.threat.{apart}_days"][0] == pytest.approx(expected, abs=0.15)
        assert drift["stability.drive.7_days"][0] < traits["stability.drive.7_days"][0] - 0.2

    def test_before_and_after_is_the_correlation_of_means(self) -> None:
        before, after = (self.drifting(30, 3, 0.3, 2.0, seed=seed) for seed in (3, 4))
        after.ratings[:] = 0.5 * after.ratings + 0.5 * before.ratings
        found = kept(day_means(before), day_means(after))
        means = [one.ratings[:, 0].reshape(30, -1).mean(axis=1) for one in (before, after)]
        assert found["stability.threat.before_after"][0] == pytest.approx(np.corrcoef(*means)[0, 1])
        same = kept(day_means(before), day_means(before))
        assert same["stability.soothing.before_after"][0] == pytest.approx(1)

    @settings(max_examples=25)
    @given(st.integers(0, 1000), st.floats(0.2, 5.0), st.floats(-1, 1))
    def test_units_do_not_matter(self, seed: int, scale: float, shift: float) -> None:
        data = self.drifting(LEAST_PEOPLE + 5, 4, 0.3, 2.0, seed=seed)
        other = Diaries(**{**data.__dict__, "ratings": scale * data.ratings + shift})
        one, two = lasting(day_means(data)), lasting(day_means(other))
        for name, value in one.items():
            assert two[name][0] == pytest.approx(value[0], rel=1e-6, abs=1e-9)

    def test_long_diaries_are_told_for_four_weeks(self) -> None:
        found = lasting(day_means(self.drifting(LEAST_PEOPLE, 40, 0.3, 2.0, seed=7)))
        assert {name.split(".")[2] for name in found} == {f"{days}_days" for days in range(2, 29)}

    def test_few_people_or_no_ratings_say_nothing(self) -> None:
        few = self.drifting(LEAST_PEOPLE - 1, 4, 0.3, 2.0, seed=5)
        assert stability(few, draws=100) == {}
        data = self.drifting(LEAST_PEOPLE, 4, 0.3, 2.0, seed=5)
        data.ratings[:, 1] = np.nan
        assert {name.split(".")[1] for name in stability(data, draws=100)} == {"threat", "soothing"}

    def test_people_of_another_arm_make_nobody_longer(self) -> None:
        """One person of an arm, and a whole other arm, have diaries of ten days: the arm is told for its own six."""
        data = self.drifting(2 * LEAST_PEOPLE + 20, 10, 0.3, 2.0, seed=8)
        mine = data.person >= LEAST_PEOPLE + 10
        kept = ~mine | (data.time_h < 6 * 24) | (data.person == LEAST_PEOPLE + 10)
        arm = (np.arange(data.people) >= LEAST_PEOPLE + 10).astype(int)
        columns = ("person", "time_h", "ratings", "phase")
        both = Diaries(**{**data.__dict__, **{name: getattr(data, name)[kept] for name in columns},
                          "arm": arm, "arms": ("other", "mine")})  # fmt: skip
        here = kept & mine
        alone = diaries_of(data.person[here] - LEAST_PEOPLE - 10, data.time_h[here], data.ratings[here])
        found, expected = stability(both, arm=1, draws=50), lasting(day_means(alone))
        assert set(found) == set(expected) and {name.split(".")[2] for name in found} == {
            f"{days}_days" for days in range(2, 6)
        }
        for name, value in expected.items():
            assert found[name].value == pytest.approx(value[0], rel=1e-9)

    def test_days_are_counted_from_each_persons_first(self) -> None:
        data = self.drifting(40, 4, 0.3, 2.0, seed=6)
        later = Diaries(**{**data.__dict__, "time_h": data.time_h + 24.0 * (data.person % 3)})
        for name, value in lasting(day_means(data)).items():
            assert lasting(day_means(later))[name][0] == value[0]

    def test_real_people_change_from_week_to_week(self, shared: Path) -> None:
        """What the model's circumstances are set to: r of about .6 over eight weeks, in both arms."""
        path = shared / "data" / "esm" / "bringmann2013_mbct.csv"
        data = read_diaries(path, parse_mapping(*BRINGMANN), phase="period", arm="mbct")
        for arm in (0, 1):
            for interval in stability_between(data, arm, draws=200).values():
                assert 0.5 < interval.value < 0.7 and interval.high < 0.85


def test_shipped_diaries_agree_with_the_published_ranges(shared: Path) -> None:
    """Every range was computed from these sets among others: a value lies inside, give or take its own interval."""
    with (shared / "evidence" / "targets.toml").open("rb") as file:
        targets = tomllib.load(file)["momentary"]
    sets = {
        "bringmann2013_mbct": (*BRINGMANN, "period"),
        "fried2021_students": (["threat=T,soothing=S,time=time_h"], [], None),
        "hawks2023_ema": (["threat=T,drive=D,time=time_h"], [], None),
    }
    compared = outside = 0
    for name, (mapping, scales, phase) in sets.items():
        data = read_diaries(shared / "data" / "esm" / f"{name}.csv", parse_mapping(mapping, scales), phase=phase)
        found = describe(data, draws=300)
        for statistic, interval in found.items():
            group, _, last = statistic.partition(".")
            target = targets.get(group, {}).get(last)
            if target is None or np.isnan(interval.value):
                continue
            compared += 1
            outside += not (interval.low - 0.005 <= target[2] and interval.high + 0.005 >= target[1])
    assert compared >= 40
    assert outside == 0


def test_command_line(tmp_path: Path) -> None:
    data = made_up(20, 3, 6, 3.0, 0.5, seed=3)
    lines = [
        f"{p},{t},{r[0]},{r[1]}" for p, t, r in zip(data.person, data.time_h, data.ratings.clip(0, 1), strict=True)
    ]
    path = written(tmp_path, "\n".join(["person,time,threat,drive", *lines]))
    done = CliRunner().invoke(affectsim, ["diaries", str(path), "--draws", "100"])
    assert done.exit_code == 0, done.output
    assert done.output.startswith("arm,phase,statistic,value,low,high\nall,all,threat.mean,")
    assert "soothing" not in done.output


def test_too_little_to_say_anything_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, "person,time,threat,drive,soothing\na,1,0.5,0.5,\n")
    done = CliRunner().invoke(affectsim, ["diaries", str(path), "--map", "threat=threat,drive=drive,soothing=soothing"])
    assert "too few ratings for any statistic" in done.output and "soothing: its columns hold no rating" in done.output


def test_what_is_printed_is_csv_whatever_an_arm_is_called(tmp_path: Path) -> None:
    data, arms = made_up(20, 3, 6, 3.0, 0.5, seed=3), ('"CFT, group"', '"as ""usual"""')
    lines = [
        f"{p},{t},{r[0]},{arms[p % 2]},{when}"
        for when in (0, 1)
        for p, t, r in zip(data.person, data.time_h, data.ratings.clip(0, 1), strict=True)
    ]
    path = written(tmp_path, "\n".join(["person,time,threat,arm,when", *lines]))
    done = CliRunner().invoke(
        affectsim, ["diaries", str(path), "--draws", "100", "--arm", "arm", "--before-after", "when"]
    )
    assert done.exit_code == 0, done.output
    rows = list(csv.reader(io.StringIO(done.stdout)))
    assert {len(row) for row in rows} == {6}
    assert {"CFT, group", 'as "usual"', "change in arm CFT, group"} <= {row[0] for row in rows}
