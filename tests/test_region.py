"""A region: from capacity to people who start training in the engine, and what their balance makes of it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from affectsim.cli import main
from affectsim.errors import InputError
from affectsim.experiments import places
from affectsim.layout import NEVER
from affectsim.plots import region_over_years
from affectsim.region import _Plan, _scenario, _set_training, simulate_regions, start_days, table
from affectsim.results import DISCLAIMER
from affectsim.simulation import simulate_many
from affectsim.text_files import NUMBERS
from affectsim.training.careers import REQUIREMENTS, follow
from affectsim.training.coverage import Capacity, WaitingList, capacity, region_waits
from affectsim.training.practitioners import REASONS, Pipeline
from affectsim.training.programmes import programmes
from affectsim.world import build

FOLDER = Path(__file__).resolve().parents[1] / "experiments" / "practitioner-pipeline"


def small(places: int, competence: float) -> Pipeline:
    """Return a region in which everybody can be seen in the second year, by practitioners of one competence."""
    return Pipeline.from_tables({
        "years": 2,
        "seed": 4,
        "applicants": {"least_competence": competence, "most_competence": competence},
        "course": {"places": places, "learning_rate": 0.0},
        "region": {"population": 300, "share_in_need": 0.5, "asks": 0.9, "sample": 64, "preset": "help-seeking"},
    })  # fmt: skip


@pytest.fixture(scope="module")
def regions() -> list[xr.Dataset]:
    """No places; practitioners who bring nothing across in sessions; practitioners who bring all."""
    return simulate_regions([small(0, 1.0), small(20, 0.0), small(20, 1.0)], threads=1)


def test_a_region_without_practitioners_is_the_untrained_world(regions: list[xr.Dataset]) -> None:
    none = regions[0]
    assert none["seen"].sum() == 0 and none["coverage"].sum() == 0 and none["waiting"][-1] > 0
    for group in ("region", "in_need"):
        assert np.array_equal(none[f"balance_{group}"], none[f"balance_{group}_untrained"])


def test_training_acts_when_there_is_somebody_to_give_it(regions: list[xr.Dataset]) -> None:
    none, _, full = regions
    assert full["balance_in_need"][0] == none["balance_in_need"][0], "nobody is in practice in the first year"
    assert full["seen"][1] > 0 and full["coverage"][1] > 0
    gain = float(full["balance_in_need"][1] - full["balance_in_need_untrained"][1])
    assert gain > 0, "people and events are the same, so without training it is exactly 0"


def test_competence_acts_on_balance(regions: list[xr.Dataset]) -> None:
    """The same people start on the same days, with practitioners who bring less across."""
    _, poor, full = regions
    assert np.array_equal(poor["seen"], full["seen"])
    assert poor["balance_in_need"][1] < full["balance_in_need"][1]


def test_balance_is_that_of_the_same_runs_recorded_week_by_week(regions: list[xr.Dataset]) -> None:
    """Year by year, with the standard error of everybody's difference from their own twin."""
    pipeline = small(20, 1.0)
    careers = follow(pipeline)
    able = capacity(pipeline, careers)
    plan = _Plan(pipeline, careers, able, region_waits(pipeline, able))
    recorded = {"record.people": "all", "record.readouts": ["balance"]}
    scenarios = [_scenario(plan, trained).but(recorded) for trained in (True, False)]
    runs = simulate_many(scenarios, threads=1, prepare=lambda world: _set_training(world, 0, plan))
    found = regions[2]
    levels = [run["balance"][0].to_numpy().reshape(2, 52, -1).mean(axis=1) for run in runs]
    need = runs[0]["chosen"][0].to_numpy()
    for name, who in (("region", np.ones_like(need)), ("in_need", need)):
        with_it, without = (level[:, who] for level in levels)
        np.testing.assert_allclose(found[f"balance_{name}"], with_it.mean(axis=1), rtol=1e-5)
        np.testing.assert_allclose(found[f"balance_{name}_untrained"], without.mean(axis=1), rtol=1e-5)
        error = (with_it - without).std(axis=1, ddof=1) / np.sqrt(who.sum())
        np.testing.assert_allclose(found[f"balance_{name}_error"], error, rtol=1e-2, atol=1e-7)
    share = able.starts_in_groups[1] / able.starts[1]
    assert 0 < share < 1 and float(found["seen_in_groups"][1]) == pytest.approx(share * float(found["seen"][1]))


def test_start_days_in_cases_that_can_be_reckoned() -> None:
    share = np.array([0.0, 0.1, 0.1, 0.5])
    turn = np.array([0.05, 0.1, 0.2, 0.5, 0.7])
    assert start_days(share, turn).tolist() == [7, 7, 21, 21, NEVER]


def _hand_made_plan(folder: Path, drop_out: float) -> _Plan:
    """Return three years in which practitioners become better, and 200 people in need of whom 70 % start."""
    home = 'home = [{ from_day = 0, to_day = 9, exercise = "appreciation" }]'
    (folder / "short.toml").write_text(f'name = "short"\ndays = 10\ndrop_out = {drop_out}\n{home}\n')
    region = {"population": 200, "share_in_need": 0.5, "sample": 400, "programme": "short.toml"}
    pipeline = Pipeline.from_tables({"years": 3, "seed": 4, "region": region}, folder=folder)
    able = Capacity(*np.full((3, 3), 50.0), competence=np.array([0.2, 0.5, 0.9]))
    started = np.zeros(3 * 52)
    # Of 100 people in need 10 start in a week of the first year, 30 in the second, 30 in the first one of the third.
    started[[5, 60, 104]] = 10, 30, 30
    return _Plan(pipeline, None, able, WaitingList(*np.zeros((5, 3 * 52)))._replace(started=started))


def test_people_start_in_their_week_with_the_competence_of_their_year(tmp_path: Path) -> None:
    plan = _hand_made_plan(tmp_path, drop_out=0.0)
    world = build([_scenario(plan, trained=True)])
    _set_training(world, 0, plan)
    programme = world.runs[0].scenario.programme()
    assert programme is not None and (programme.name, programme.days) == ("short", 10)
    chosen = np.zeros(400, dtype=bool)
    chosen[np.argsort(-world.get(0, "self_criticism"))[:200]] = True
    start, skill = world.get(0, "start_day"), world.get(0, "skill")
    assert (start[~chosen] == NEVER).all()
    assert (world.get(0, "stop_day") == NEVER).all()
    # 10, 30 and 30 % of the 200 in need, who are asked in an order of their own.
    for day, people, competence in ((7 * 5, 20, 0.2), (7 * 60, 60, 0.5), (7 * 104, 60, 0.9)):
        here = start == day
        assert here.sum() == people and np.allclose(skill[here], competence, rtol=0, atol=1e-5)
    assert (start[chosen] == NEVER).sum() == 60
    assert (np.diff(start[chosen]) < 0).any()


def test_people_in_a_region_drop_out_on_any_day_of_the_programme(tmp_path: Path) -> None:
    plan = _hand_made_plan(tmp_path, drop_out=1.0)
    world = build([_scenario(plan, trained=True)])
    _set_training(world, 0, plan)
    start, stop = world.get(0, "start_day"), world.get(0, "stop_day")
    begun = start < NEVER
    assert begun.sum() == 140 and (stop[~begun] == NEVER).all()
    # Each of ten days is missed by all of 140 people with a chance of 4e-7.
    assert set(stop[begun] - start[begun]) == set(range(10))


@settings(max_examples=50)
@given(st.lists(st.floats(0, 0.05), min_size=1, max_size=60), st.lists(st.floats(0, 0.05), min_size=60, max_size=60))
def test_more_capacity_never_makes_anybody_start_later(steps: list[float], extra: list[float]) -> None:
    turn = (np.arange(40) + 0.5) / 40
    fewer = np.cumsum(steps)
    more = fewer + np.cumsum(extra[: len(steps)])
    assert (start_days(more, turn) <= start_days(fewer, turn)).all()
    # As many have started as the share says, to the nearest person.
    for week, share in enumerate(fewer):
        assert abs(np.count_nonzero(start_days(fewer, turn) <= 7 * week) - min(40 * share, 40)) <= 0.5 + 1e-6


def test_dataset_says_who_was_refused_and_why() -> None:
    made = Pipeline.from_tables({"years": 3, "region": {"sample": 0}})
    found = simulate_regions([made])[0]
    assert "balance_region" not in found and found.sizes == {"year": 3, "reason": 4, "applicant": 120}
    refused = found["status"].isin(["refused", "no place"])
    assert np.array_equal(found["refused_because"] != "", refused)
    for reason in REASONS.values():
        count = sum(reason in words for words in found["refused_because"].to_numpy().tolist())
        assert count == found["refused"].sel(reason=reason).sum()
    assert len(REQUIREMENTS) == 3
    again = simulate_regions([made])[0]
    assert found.identical(again)
    with pytest.raises(InputError, match="same"):
        simulate_regions([made, made.but({"years": 2})])


def test_the_experiment_finds_what_it_says() -> None:
    """All that needs no simulated days, at full size; the balance of the region in reduced size is checked above."""
    expected = tomllib.loads((FOLDER / "expected.toml").read_text(encoding="utf-8"))
    design = Pipeline.load(FOLDER / "pipeline.toml")
    cases = {**places.COURSES, **places.FADING}
    found = places.numbers(places.run(design.but({"region.sample": 0}), cases))
    checked = [name for name in expected if ".gain_" not in name]
    assert sorted(checked) == sorted(found)
    for name in checked:
        assert found[name] == pytest.approx(expected[name]["value"], abs=expected[name]["tolerance"]), name


def test_the_readme_of_the_experiment_has_the_numbers_that_are_expected() -> None:
    expected = tomllib.loads((FOLDER / "expected.toml").read_text(encoding="utf-8"))
    rows = [line.split(" | ") for line in NUMBERS.split(FOLDER / "README.md")[1].strip().splitlines()[2:]]
    assert [row[0].removeprefix("| ") for row in rows] == [*places.COURSES, *places.FADING]
    for row in rows:
        case, work, waiting, coverage, gain, last = (cell.strip("| ") for cell in row)
        value = {name: expected[f"{case}.{name}"]["value"] for name in places.TOLERANCE}
        assert (work, waiting) == (f"{value['in_practice']:.0f}", f"{value['waiting']:,.0f}")
        # Both are rounded, each by itself.
        assert float(coverage.removesuffix(" %")) == pytest.approx(100 * value["coverage"], abs=0.0501)
        assert float(gain) == pytest.approx(value["gain_in_need"], abs=0.0000501)
        shown, low, high = (float(part.strip("[],")) for part in last.split())
        assert shown == pytest.approx(value["gain_in_need_last"], abs=0.0000501) and low < shown < high


def test_the_command_of_the_experiment_writes_tables_figures_and_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pipeline.toml").write_text("years = 2\n[region]\nsample = 20\n")
    (tmp_path / places.README).write_text(f"Before.\n{NUMBERS.begin}\nold\n{NUMBERS.end}\nAfter.\n")
    monkeypatch.setattr(
        places, "PARTS", {"few": {"2 places": {"course.places": 2}}, "many": {"9 places": {"course.places": 9}}}
    )
    places.main(tmp_path)
    words = (tmp_path / places.README).read_text()
    assert words.startswith("Before.") and words.endswith("After.\n") and "old" not in words
    assert "| 2 places | " in words and "| 9 places | " in words and "in year 2 [95 %]" in words
    expected = tomllib.loads((tmp_path / places.EXPECTED).read_text())
    assert {name.partition(".")[2] for name in expected} == set(places.TOLERANCE) and len(expected) == 14
    assert {path.name for path in tmp_path.glob("*.txt")} == {"few.txt", "many.txt"}
    assert all((tmp_path / f"{name}.png").stat().st_size > 20_000 for name in ("few", "many"))


@pytest.mark.full
def test_the_balance_of_the_experiment_is_what_it_says() -> None:
    """The balance of the region, too, in full size."""
    expected = tomllib.loads((FOLDER / "expected.toml").read_text(encoding="utf-8"))
    design = Pipeline.load(FOLDER / "pipeline.toml")
    for cases in (places.COURSES, places.FADING):
        for name, value in places.numbers(places.run(design, cases)).items():
            assert value == pytest.approx(expected[name]["value"], abs=expected[name]["tolerance"]), name


def test_files_are_found_from_the_folder_of_the_pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also those of a change, whatever stands in the working folder; one that is not there is said with its key."""
    below = tmp_path / "below"
    below.mkdir()
    ward = 'says = "a ward"\nsource = "assumed"\n[traits.self_criticism]\nmedian = 1.3\n'
    own = programmes()["eight-week"].read_text(encoding="utf-8")
    (below / "ward.toml").write_text(ward)
    (below / "own.toml").write_text(own)
    (tmp_path / "ward.toml").write_text(ward.replace("1.3", "0.9"))
    (tmp_path / "own.toml").write_text(own.replace("days = 56", "days = 57"))
    (below / "p.toml").write_text('[region]\npreset = "ward.toml"\n')
    monkeypatch.chdir(tmp_path)
    made = Pipeline.load("below/p.toml").but({"region.programme": "own.toml"}).but({"years": 2})
    assert made.programme().days == 56
    assert made.region.preset == str(below / "ward.toml")
    assert _scenario(_Plan(made, None, None, None), trained=True).distributions()["self_criticism"].median == 1.3
    # What is written holds from any folder, and nothing but the paths decides whether two are equal.
    assert Pipeline.from_toml(made.to_toml()) == made
    with pytest.raises(
        InputError, match=r"region\.preset = \"wrd\.toml\" +no file wrd\.toml .*did you mean ward\.toml"
    ):
        made.but({"region.preset": "wrd.toml"})
    with pytest.raises(InputError, match=r"region\.preset = \"genral\" +unknown preset; did you mean general"):
        made.but({"region.preset": "genral"})


def test_the_model_of_a_region_can_be_changed_and_is_checked() -> None:
    """Faster fading: as much is trained, less is kept; nobody's world without training is shared with another model."""
    slow, fast = (small(20, 1.0).but({"region.model.forgetting_time": days}) for days in (900, 10))
    found = simulate_regions([slow, fast], threads=1)
    kept = [float(one["balance_in_need"][1] - one["balance_in_need_untrained"][1]) for one in found]
    assert kept[0] > kept[1]
    assert tomllib.loads(found[1].attrs["pipeline"])["region"]["model"] == {"forgetting_time": 10}
    other = small(20, 1.0).but({"region.model.circumstances_sd": 0.0})
    worlds = [one["balance_in_need_untrained"] for one in (found[0], simulate_regions([other], threads=1)[0])]
    assert not np.array_equal(*worlds)
    with pytest.raises(InputError) as raised:
        small(20, 1.0).but({"region.model.forgeting_time": 9, "region.model.defeat": -1})
    assert "did you mean forgetting_time?" in str(raised.value) and "region.model.defeat = -1" in str(raised.value)


def test_the_table_tells_gains_with_their_interval(regions: list[xr.Dataset]) -> None:
    found = regions[2]
    row = table(found).splitlines()[2].split()
    gain = float((found["balance_in_need"] - found["balance_in_need_untrained"])[1])
    assert float(row[-2]) == pytest.approx(gain, abs=5.1e-5) and row[-2][0] in "+-"
    assert float(row[-1]) == pytest.approx(1.96 * float(found["balance_in_need_error"][1]), abs=5.1e-5)


def test_the_experiment_writes_table_and_figure(regions: list[xr.Dataset], tmp_path: Path) -> None:
    found = {"none": regions[0], "20 places": regions[2]}
    assert {path.name for path in places.write(found, tmp_path, "two")} == {"two.txt", "two.png"}
    assert all(path.stat().st_size > 0 for path in tmp_path.iterdir())
    assert DISCLAIMER in (tmp_path / "two.txt").read_text(encoding="utf-8")
    names = {name.partition(".")[2] for name in places.numbers(found)}
    assert {"gain_in_need", "gain_in_need_last", "gain_region", "coverage"} <= names
    with pytest.raises(ValueError, match="1 to 4"):
        region_over_years({})


def _call(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stopped:
        main(["practitioners", *map(str, arguments)])
    captured = capsys.readouterr()
    return int(stopped.value.code or 0), captured.out, captured.err


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quick = ("--set", "region.sample=0", "--years", 3)
    code, out, err = _call(capsys, *quick)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].split() == ["year", "places", "qualified", "in", "practice", "competence", "seen", "waiting",
                                "coverage"]  # fmt: skip
    assert [line.split()[0] for line in lines[1:4]] == ["1", "2", "3"] and DISCLAIMER in out
    found = simulate_regions([Pipeline.from_tables({"years": 3, "region": {"sample": 0}})])[0]
    assert out.rstrip("\n") == table(found)
    folder = tmp_path / "out"
    code, out, _ = _call(capsys, *quick, "--out", folder)
    assert code == 0 and str(folder) in out
    # Files of one's own that a pipeline names went into it.
    (tmp_path / "ward.toml").write_text(
        'says = "a ward"\nsource = "own"\n[traits.anger]\nmedian = 0.3\n', encoding="utf-8"
    )
    (tmp_path / "p.toml").write_text('years = 2\n[region]\nsample = 0\npreset = "ward.toml"\n', encoding="utf-8")
    assert _call(capsys, tmp_path / "p.toml", "--out", tmp_path / "own")[0] == 0
    inputs = json.loads((tmp_path / "own" / "manifest.json").read_text(encoding="utf-8"))["inputs"]
    assert {Path(one["path"]).name for one in inputs.values()} == {"p.toml", "ward.toml"}
    names = {"region.nc", "table.txt", "pipeline.toml", "region.png", "region.svg", "manifest.json"}
    assert {path.name for path in folder.iterdir()} == names
    again = _call(capsys, folder / "pipeline.toml")
    assert again[1].rstrip("\n") == (folder / "table.txt").read_text(encoding="utf-8").rstrip("\n")


def test_command_line_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = _call(capsys, "--set", "course.plases=3", "--out", tmp_path / "out")
    assert code == 2 and not out and "did you mean places?" in err and "Traceback" not in err
    assert not (tmp_path / "out").exists()
    code, _, err = _call(capsys, tmp_path / "none.toml")
    assert code == 2 and "none.toml" in err
