"""The experiment on real diaries: its expected numbers come out again."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from click.testing import CliRunner

from affectsim.cli import affectsim

HERE = Path(__file__).resolve().parents[1] / "experiments" / "mindfulness-diaries"


def rows(text: str) -> dict[tuple[str, ...], list[float]]:
    found = list(csv.reader(text.splitlines()))[1:]
    return {tuple(row[:3]): [float(cell) for cell in row[3:]] for row in found}


def test_ratings_change_with_training_as_expected(shared: Path) -> None:
    data = shared / "data" / "esm" / "bringmann2013_mbct.csv"
    done = CliRunner().invoke(
        affectsim,
        ["diaries", str(data), "--map", "threat=worry+fearful,drive=cheerful,soothing=relaxed,time=time_h",
         "--scale", "1:7", "--before-after", "period", "--arm", "mbct"],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    new, expected = rows(done.output), rows((HERE / "ratings.csv").read_text(encoding="utf-8"))
    assert new.keys() == expected.keys()
    for name, numbers in expected.items():
        assert new[name] == pytest.approx(numbers, abs=0.01, rel=0.01), name
    for system, sign in (("threat", -1), ("drive", 1), ("soothing", 1)):
        value, low, high = new["change in arm 1 minus 0", "change", f"{system}.mean"]
        assert sign * value > 0.05
        assert min(sign * low, sign * high) > 0


def test_changes_of_the_model_are_those_in_the_words() -> None:
    """The kept table of the fit has every unknown that may change, in both arms and between them."""
    with (HERE / "changes.csv").open(encoding="utf-8") as file:
        kept = list(csv.DictReader(file))
    assert len(kept) == 12
    text = (HERE / "README.md").read_text(encoding="utf-8")
    for row in kept:
        ratio, low, high = (float(row[key]) for key in ("ratio", "low", "high"))
        assert low <= ratio <= high
        assert f"{ratio:.2f} [{low:.2f}, {high:.2f}]" in text, row
