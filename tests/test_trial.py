"""Trials: periods, effect sizes with exact cases and coverage, twins, harm and spill-over."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import tomli_w
import xarray as xr
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from affectsim.cli import affectsim as command
from affectsim.errors import InputError
from affectsim.scenario import Scenario
from affectsim.trial import HARM_MARGIN, Periods, analyse, effect_size, outcome_values, period_mean

PEOPLE, DAYS, START = 40, 98, 14
SPANS = Periods.of(START, 56, DAYS)


def made_up(shift: float = 0.0, spill: float = 0.0, replicates: int = 1, seed: int = 3) -> xr.Dataset:
    """Return a run whose trainees gain `shift` in every outcome from the start of training, others `spill`."""
    random = np.random.default_rng(seed)
    runs = [(arm, r) for r in range(replicates) for arm in ("training", "waiting-list")]
    chosen = np.stack([random.permutation(PEOPLE) < PEOPLE // 2 for _ in range(replicates)]).repeat(2, axis=0)
    trained = np.array([arm == "training" for arm, _ in runs])
    time = np.arange(1.0, DAYS + 1)
    variables = {}
    for name in ("balance", "threat", "drive", "soothing", "threat_dominant"):
        person = random.normal(0.5, 0.1, (replicates, 1, PEOPLE)).repeat(2, axis=0)
        noise = random.normal(0, 0.02, (replicates, DAYS, PEOPLE)).repeat(2, axis=0)
        gained = np.where(chosen, shift, spill)[:, None, :] * trained[:, None, None]
        variables[name] = (("run", "time", "person"), person + noise + gained * (time > START)[None, :, None])
    tables = {"days": float(DAYS), "training": {"programme": "eight-week", "start_day": START}}
    return xr.Dataset(
        {**variables, "chosen": (("run", "person"), chosen)},
        {"time": time, "arm": ("run", [arm for arm, _ in runs]), "replicate": ("run", [r for _, r in runs])},
        {"scenario": tomli_w.dumps(tables), "programme_days": 56},
    )


class TestPeriods:
    def test_a_run_of_an_older_version_is_told_from_one_without_training(self) -> None:
        run = made_up()
        del run.attrs["programme_days"]
        with pytest.raises(InputError, match="an older version wrote it"):
            Periods.of_run(run)

    def test_each_is_a_week_and_they_come_from_the_scenario_in_the_run(self) -> None:
        assert Periods.of_run(made_up()) == SPANS == ((14, 70), (7, 14), (63, 70), (91, 98), 70)

    def test_short_runs_use_what_there_is(self) -> None:
        assert Periods.of(3, 56, 20) == ((3, 20), (0, 3), (13, 20), None, 59)
        assert Periods.of(14, 56, 73).follow_up == (70, 73)

    def test_a_run_that_ends_within_the_course_says_so(self, tmp_path: Path) -> None:
        assert Periods.of(14, 56, 70).unfinished() == Periods.of(14, 56, 98).unfinished() == []
        line = 'The course lasts until day 70, the run until day 30: "after" is within the course.'
        assert Periods.of(14, 56, 30).unfinished() == [line]
        file = tmp_path / "short.toml"
        training = '[training]\nprogramme = "eight-week"\nstart_day = 14\n'
        file.write_text(f'days = 30\n[population]\nsize = 20\n[record]\nevery = "1 day"\n{training}')
        asked = ["run", str(file), "--out", str(tmp_path / "out")]
        for words, times in (
            (["validate", str(file)], 1),
            (asked, 2),
            ([*asked, "--set", "days=70", "--overwrite"], 0),
        ):
            done = CliRunner().invoke(command, words)
            assert done.exit_code == 0 and done.output.count(line) == times, (words, done.output, done.exception)

    def test_training_lasts_until_the_last_who_waits_has_done_with_it(self) -> None:
        scenario = Scenario.from_tables(
            {"days": 98, "population": {"size": 20}, "training": {"programme": "eight-week", "start_day": 14}}
        )
        assert Periods.of_scenario(scenario) == Periods.of(14, 56, 98)
        assert Periods.of_scenario(scenario, 20.0).training == (14, 76) != Periods.of_scenario(scenario).training

    def test_needs_days_before_training(self) -> None:
        with pytest.raises(InputError, match="nothing before training"):
            Periods.of(0, 56, 98)

    def test_needs_training(self) -> None:
        run = made_up()
        run.attrs["scenario"] = "days = 98.0"
        with pytest.raises(InputError, match="needs training"):
            Periods.of_run(run)

    def test_only_records_that_lie_wholly_inside_count(self) -> None:
        time = np.array([2.0, 4.0, 6.0])
        run = xr.Dataset(coords={"time": time})
        values = xr.DataArray([[[1.0], [10.0], [100.0]]], dims=("run", "time", "person"))
        assert period_mean(run, values, (2, 5)).item() == 10.0
        with pytest.raises(InputError, match="record more often"):
            period_mean(run, values, (2.5, 5.5))


FINITE = arrays(np.float64, 12, elements=st.floats(-10, 10).map(lambda x: round(x, 3)))


class TestEffectSize:
    def test_known_shift(self) -> None:
        before = np.array([1.0, 2.0, 3.0, 4.0])
        found = effect_size(before, before + 2, before, before + 0.5)
        spread = before.std(ddof=1)
        assert found.d == pytest.approx(1.5 / spread, rel=1e-14)
        # All gain alike, so only the spread is uncertain.
        squares = (before - before.mean()) ** 2
        influence = -found.d * (squares - squares.mean()) / (2 * spread**2)
        error = influence.std(ddof=1) / 2
        assert found.high - found.d == pytest.approx(stats.t.ppf(0.975, 3) * error, rel=1e-12)

    def test_change_of_the_twins_is_taken_off(self) -> None:
        random = np.random.default_rng(1)
        before, twin = random.normal(size=30), random.normal(size=30)
        found = effect_size(before, before + 1, twin, twin + 1)
        assert found.d == pytest.approx(0, abs=1e-12)

    @given(FINITE, FINITE)
    def test_identical_arms_give_zero(self, before: np.ndarray, after: np.ndarray) -> None:
        found = effect_size(before, after, before, after)
        if np.ptp(before) > 0:
            assert found == (0.0, 0.0, 0.0)
        else:
            assert math.isnan(found.d)

    @given(FINITE, FINITE, FINITE, st.floats(0.01, 100), st.floats(-5, 5))
    def test_unit_and_zero_point_do_not_matter(
        self, before: np.ndarray, after: np.ndarray, twin: np.ndarray, factor: float, offset: float
    ) -> None:
        if before.std() < 1e-2:
            return
        found = effect_size(before, after, before, twin)
        other = effect_size(*(factor * values + offset for values in (before, after, before, twin)))
        assert other == pytest.approx(found, rel=1e-6, abs=1e-6)

    def test_not_defined_for_one_person(self) -> None:
        assert all(math.isnan(number) for number in effect_size([1.0], [2.0], [1.0], [1.0]))

    def test_unequal_shapes(self) -> None:
        with pytest.raises(ValueError, match="one number per person"):
            effect_size([1.0, 2.0], [1.0], [1.0, 2.0], [1.0, 2.0])

    @pytest.mark.parametrize("shared", [0.0, 0.8], ids=["change apart from start", "larger change where worse"])
    def test_interval_covers_the_truth_as_often_as_it_says(self, shared: float) -> None:
        """95 % of 4,000 intervals, give or take 3.5 standard errors of that count and 1 % for 100 people."""
        random = np.random.default_rng(11)
        trials, people, truth = 4000, 100, 0.5
        before = random.normal(0, 1, (trials, people))
        gain = truth + 0.6 * (shared * before + math.sqrt(1 - shared**2) * random.normal(size=before.shape))
        drift = random.normal(0.3, 0.5, before.shape)
        hits = 0
        for start, each, common in zip(before, gain, drift, strict=True):
            found = effect_size(start, start + common + each, start, start + common)
            hits += found.low <= truth <= found.high
        allowed = 3.5 * math.sqrt(0.95 * 0.05 / trials) + 0.01
        assert abs(hits / trials - 0.95) < allowed

    def test_interval_agrees_with_a_bootstrap_on_skewed_changes(self) -> None:
        random = np.random.default_rng(5)
        before = random.gamma(3, 1, 300)
        after = before - random.gamma(1.0, 0.4, 300) * before

        def statistic(x: np.ndarray, y: np.ndarray) -> float:
            return float((y - x).mean() / x.std(ddof=1))

        resampled = stats.bootstrap(
            (before, after), statistic, paired=True, vectorized=False, n_resamples=2000, method="percentile",
            rng=np.random.default_rng(6),
        ).confidence_interval  # fmt: skip
        found = effect_size(before, after, before, before)
        assert (found.low, found.high) == pytest.approx(tuple(resampled), abs=0.2 * (found.high - found.low))


class TestAnalyse:
    def test_identical_worlds(self) -> None:
        trial = analyse(made_up())
        assert (trial["d"] == 0).all() and (trial["gain"] == 0).all()
        assert (trial["harmed"] == 0).all() and (trial["helped"] == 0).all()

    def test_known_shift_in_the_trained_only(self) -> None:
        trial = analyse(made_up(shift=0.05))
        mine = trial.sel(group="trained")
        expected = 0.05 / mine["spread"] * trial["direction"]
        for later in ("after", "follow-up"):
            np.testing.assert_allclose(mine["d"].sel(later=later), expected, rtol=1e-10)
            np.testing.assert_allclose(mine["gain"].sel(later=later), 0.05, rtol=1e-10)
        assert (trial["d"].sel(group="untrained") == 0).all()
        assert (trial["d_low"] <= trial["d"]).all() and (trial["d"] <= trial["d_high"]).all()

    def test_less_threat_is_benefit(self) -> None:
        trial = analyse(made_up(shift=-0.05))
        signs = np.sign(trial["d"].sel(group="trained", later="after"))
        assert dict(zip(trial["outcome"].values, signs.values, strict=True)) == {
            "balance": -1, "threat_dominant": 1, "threat": 1, "drive": -1, "soothing": -1}  # fmt: skip

    def test_harm_is_counted_beyond_the_margin_only(self) -> None:
        margin = HARM_MARGIN * float(analyse(made_up())["spread"].sel(group="trained", outcome="balance"))
        for shift, beyond in ((margin * 1.01, 20), (margin * 0.99, 0)):
            for sign, counts in ((-1, (beyond, 0)), (1, (0, beyond))):
                found = analyse(made_up(sign * shift)).sel(group="trained", later="after", outcome="balance")
                assert (int(found["harmed"]), int(found["helped"])) == counts

    def test_spill_over_is_the_same_measure_in_the_untrained(self) -> None:
        trial = analyse(made_up(shift=0.05, spill=0.01))
        np.testing.assert_allclose(trial["gain"].sel(group="untrained"), 0.01, rtol=1e-10)

    def test_replicates_are_put_together(self) -> None:
        trial = analyse(made_up(shift=0.05, replicates=3))
        assert trial["people"].values.tolist() == [60, 60] and trial.attrs["replicates"] == 3
        np.testing.assert_allclose(trial["gain"].sel(group="trained"), 0.05, rtol=1e-10)

    def test_nobody_untrained(self) -> None:
        run = made_up(shift=0.05)
        run["chosen"][:] = True
        trial = analyse(run)
        assert trial["people"].values.tolist() == [PEOPLE, 0]
        assert np.isnan(trial["d"].sel(group="untrained")).all()

    def test_dominant_serves_where_the_share_of_time_is_missing(self) -> None:
        run = made_up().drop_vars("threat_dominant")
        run["dominant"] = (run["threat"] < 0.5) * 1.0
        assert (outcome_values(run, "threat_dominant") == (run["threat"] >= 0.5)).all()

    def test_what_cannot_be_analysed_is_said_in_words(self) -> None:
        run = made_up()
        with pytest.raises(InputError, match="two worlds"):
            analyse(run.isel(run=[0]))
        with pytest.raises(InputError, match="was not recorded"):
            analyse(run, outcomes=["calm"])
        with pytest.raises(InputError, match="better"):
            analyse(run.assign(luck=run["drive"]), outcomes=["luck"])
        with pytest.raises(InputError, match="values of people"):
            analyse(run.drop_vars("chosen"))
        assert "luck" in analyse(run.assign(luck=run["drive"]), outcomes={"luck": 1})["outcome"]
