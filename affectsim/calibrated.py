"""Numbers that the calibration found, in one file: `data/calibrated.toml`, path in a scenario -> value.

Whoever declares a default asks here first (`number`): what the file holds replaces the starting value, and the
source says so. Paths are those of a scenario ("model.defeat", "population.traits.anger.spread",
"stimuli.0.threat" for the everyday life of everybody, "training.exercises.mindfulness.ease"); correlations of
traits and weights of scores have paths likewise ("correlations.power.anger", "questionnaires.distress-score.threat").
"""

from __future__ import annotations

import tomllib
from pathlib import Path

#: The one place where calibrated numbers are; written by `python -m affectsim.evidence.calibrate`.
FILE = Path(__file__).with_name("data") / "calibrated.toml"


def _read() -> dict[str, float]:
    if not FILE.exists():
        return {}
    with FILE.open("rb") as file:
        return {path: float(value) for path, value in tomllib.load(file)["numbers"].items()}


NUMBERS = _read()
#: What the numbers were before the calibration, by path: filled as defaults are declared.
STARTS: dict[str, float] = {}


def number(path: str, start: float, source: str) -> tuple[float, str]:
    """Return the default at a path and its source: calibrated where the file has it, else as given."""
    STARTS[path] = start
    if path not in NUMBERS:
        return start, source
    # A source may be in the middle of a sentence later on, so it stays one phrase.
    return NUMBERS[path], f"calibrated to published numbers (affectsim evidence); starting value {start:g}: {source}"
