"""The demo: whole or not at all, the same each time, honest, and not moved by the length of the tick."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

import affectsim.demo as demo
from affectsim.demo import DemoResult, demo_scenario, run_demo
from affectsim.errors import InputError
from affectsim.results import DISCLAIMER, load
from affectsim.scenario import Scenario
from affectsim.simulation import simulate
from affectsim.trial import analyse

NAMES = {"table.txt", "scenario.toml", "run.nc"} | {
    f"{figure}.{kind}" for figure in ("systems", "triangle", "network", "effects") for kind in ("svg", "png")
}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DemoResult]:
    out = tmp_path_factory.mktemp("demo") / "out"
    return out, run_demo(out, people=60)


def test_writes_everything_it_names_and_nothing_else(done: tuple[Path, DemoResult]) -> None:
    out, result = done
    assert {path.name for path in out.iterdir()} == NAMES == {path.name for path in result.files}
    assert [path.name for path in out.parent.iterdir()] == ["out"]
    assert all(path.stat().st_size > 0 for path in result.files)


def test_table_is_short_and_says_what_was_found(done: tuple[Path, DemoResult]) -> None:
    out, result = done
    assert (out / "table.txt").read_text(encoding="utf-8") == result.table + "\n"
    lines = result.table.splitlines()
    assert len(lines) <= 22 and max(map(len, lines)) <= 110
    assert DISCLAIMER in lines and "30 of 60 people" in lines[0]
    trial = analyse(result.run)
    for name, scale, form in (("balance", 1, ".3f"), ("threat_dominant", 100, ".1f")):
        mean = trial["mean"].sel(group="trained", outcome=name, period="after")
        for arm in ("training", "waiting-list"):
            assert format(scale * float(mean.sel(arm=arm)), form) in result.table
        assert f"{float(trial['d'].sel(group='trained', outcome=name, later='after')):+.2f} [" in result.table


def test_before_training_both_worlds_are_the_same_to_the_bit(done: tuple[Path, DemoResult]) -> None:
    run = done[1].run
    before = run.isel(time=np.flatnonzero(run["time"].values <= 14))
    for name in ("threat", "drive", "soothing", "balance"):
        assert np.array_equal(before[name].values[0], before[name].values[1])
    assert not np.array_equal(run["threat"].values[0], run["threat"].values[1])


def test_scenario_and_run_read_back(done: tuple[Path, DemoResult]) -> None:
    out, result = done
    again = Scenario.load(out / "scenario.toml")
    assert again.digest() == result.run.attrs["digest"] == demo_scenario(people=60).digest()
    assert np.array_equal(load(out / "run.nc")["balance"], result.run["balance"])


def test_the_same_again_in_place(done: tuple[Path, DemoResult], tmp_path: Path) -> None:
    out, _ = done
    (tmp_path / "table.txt").write_text("old")
    (tmp_path / "mine.txt").write_text("kept")
    run_demo(tmp_path, people=60)
    assert {path.name for path in tmp_path.iterdir()} == NAMES | {"mine.txt"}
    assert not list(tmp_path.parent.glob(".*partial"))
    for name in NAMES - {"run.nc"}:
        assert (tmp_path / name).read_bytes() == (out / name).read_bytes(), name


def test_on_a_network_file(tmp_path: Path) -> None:
    ring = [f"{person},{(person + step) % 30},{step}" for person in range(30) for step in (1, 2)]
    (tmp_path / "ties.csv").write_text("source,target,weight\n" + "\n".join(ring) + "\n")
    (tmp_path / "nodes.csv").write_text("node,team\n" + "\n".join(f"{p},{'ab'[p % 2]}" for p in range(31)) + "\n")
    result = run_demo(tmp_path / "out", tmp_path / "ties.csv", nodes=tmp_path / "nodes.csv")
    assert result.run.sizes["person"] == 31 and "of 31 people" in result.table
    assert Path(tomllib.loads((tmp_path / "out" / "scenario.toml").read_text())["network"]["path"]).is_absolute()


def test_nothing_is_left_if_it_fails_or_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_demo(tmp_path / "out", people=20, progress=stop)
    monkeypatch.setattr(demo, "_write_figures", stop)
    with pytest.raises(KeyboardInterrupt):
        run_demo(tmp_path / "out", people=20)
    assert list(tmp_path.iterdir()) == []


def test_mistakes_are_said_before_anything_is_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for out, arguments, message in (
        (tmp_path / "file", {}, "is a file"),
        (tmp_path / "no" / "out", {}, "there is no folder"),
        (tmp_path / "out", {"network": tmp_path / "missing.csv"}, "missing.csv"),
        (tmp_path / "out", {"nodes": tmp_path / "file"}, "network file"),
        (tmp_path / "out", {"people": 0}, "population.size"),
    ):
        with pytest.raises(InputError, match=message):
            run_demo(out, **arguments)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_halving_the_tick_hardly_moves_the_headline_numbers() -> None:
    """Means by less than 0.5 %; effect sizes, which are in SD already, by less than 0.005 SD.

    600 people: whoever stands right at the fold may tip with one tick and not with the other. Among the demo's 100
    trained, one such person moves an effect by 0.006 SD.
    """
    scenario = demo_scenario(people=600)
    whole, half = (analyse(simulate(scenario.but({"numerics.tick": tick}), threads=1)) for tick in (30.0, 15.0))
    moved = abs(half["mean"] / whole["mean"] - 1).max(("group", "arm", "period"))
    assert (moved < 0.005).all(), dict(zip(moved["outcome"].values, moved.values.round(5), strict=True))
    assert (abs(half["d"] - whole["d"]) < 0.005).all()


def test_the_experiment_shows_what_the_demo_gives(tmp_path):
    """The table that is shown with the project is that of a new run (to rounding, whatever the processor)."""
    import re

    shown = (Path(__file__).parents[1] / "experiments" / "demo-trial" / "table.txt").read_text()
    found = run_demo(tmp_path / "demo").table
    numbers = [[float(n) for n in re.findall(r"[-+]?\d+(?:\.\d+)?", text)] for text in (shown, found)]
    assert re.sub(r"[-+]?\d+(?:\.\d+)?|\s", "", shown) == re.sub(r"[-+]?\d+(?:\.\d+)?|\s", "", found)
    for one, other in zip(*numbers, strict=True):
        assert abs(one - other) <= 0.02 * max(1.0, abs(one))


def test_figures_do_not_import_what_only_other_commands_need() -> None:
    code = "import sys, affectsim.demo, affectsim.plots; print({'sympy', 'mesa'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_layout_that_fails_stops_the_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is made on another thread, whose mistakes would otherwise be lost."""

    def fail(_: object) -> None:
        raise RuntimeError("no layout")

    monkeypatch.setattr(demo, "_placed", fail)
    with pytest.raises(RuntimeError, match="no layout"):
        run_demo(tmp_path / "out", people=20)
    assert list(tmp_path.iterdir()) == []
