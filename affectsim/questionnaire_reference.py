"""The reference population of the questionnaires, measured: where people stand and how far they differ.

    python -m affectsim.questionnaire_reference

writes `questionnaires/reference.toml` anew. Run it after a change of the model's defaults: reliabilities and
typical scores hold for the population that is measured here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

import affectsim.questionnaires.scores  # noqa: F401  (so that the scores are known)
from affectsim.questionnaires.scales import QUANTITIES, REFERENCE_FILE, Questionnaire
from affectsim.readouts import ALWAYS
from affectsim.results import constants, slow_rows
from affectsim.scenario import Scenario
from affectsim.simulation import recorded

Float = npt.NDArray[np.float64]

#: People in general in everyday life: two weeks to settle, then the week that counts.
SCENARIO: dict[str, Any] = {
    "title": "Reference population of the questionnaires",
    "days": 21.0,
    "seed": 1,
    "population": {"size": 2000, "preset": "general"},
    "record": {
        "every": "1 week",
        "summaries": False,
        "readouts": sorted(
            k for k, score in Questionnaire.kinds().items() if score.__module__.startswith("affectsim.")
        ),
    },
}


def measure(people: int | None = None, seed: int | None = None) -> dict[str, dict[str, Any]]:
    """Return the tables of the reference file.

    `quantities`: name -> centre and spread (standard deviation between people) on its scale; `spreads`:
    kind of score -> standard deviation of its position between people. `people`, `seed`: instead of those of
    `SCENARIO`.
    """
    given = {"population.size": people, "seed": seed}
    scenario = Scenario(SCENARIO).but({path: value for path, value in given.items() if value is not None})
    values = _week(scenario)
    model = scenario.parameters
    quantities = {}
    for name, quantity in QUANTITIES.items():
        if quantity.trait == "":
            placed = quantity.scale(quantity.of(values, model))
            quantities[name] = {"centre": _short(placed.mean()), "spread": _short(placed.std(ddof=1))}
    references = {name: (one["centre"], one["spread"]) for name, one in quantities.items()}
    spreads = {
        kind: _short(score.position(values, model, references).std(ddof=1))
        for kind, score in Questionnaire.kinds().items()
        if score.__module__.startswith("affectsim.")
    }
    return {"quantities": quantities, "spreads": spreads}


def _week(scenario: Scenario) -> dict[str, Float]:
    """Return what a record of the last week holds, and the constants that are read, each of shape (people,)."""
    batch = recorded([scenario])
    values = dict(zip((*ALWAYS, *slow_rows(scenario)), batch.values[0][-1], strict=True))
    return values | {name: batch.world.get(0, name) for name in constants(scenario)}


def _short(value: Any) -> float:
    return round(float(value), 4)


def main() -> None:
    """Measure, and write the file."""
    import tomli_w

    head = "# Measured by `python -m affectsim.questionnaire_reference`; see `affectsim/questionnaires/scales.py`.\n\n"
    REFERENCE_FILE.write_text(head + tomli_w.dumps(measure()), encoding="utf-8")


if __name__ == "__main__":
    main()
