"""The map of tipping points: folds of self-criticism against fear of compassion, for several amounts of warmth.

    python -m affectsim.experiments.tipping_point_map experiments/tipping-point-map

writes the numbers into the README of that folder and draws its figure.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from affectsim import plots
from affectsim.analysis import report
from affectsim.analysis.bifurcation import Diagram
from affectsim.analysis.equations import person_system
from affectsim.analysis.equilibria import equilibria
from affectsim.analysis.folds import FoldCurve
from affectsim.analysis.settings import Settings, settings_of
from affectsim.analysis.study import Range, one_parameter, two_parameters
from affectsim.scenario import Scenario
from affectsim.text_files import NUMBERS, printed

FIRST = Range("self_criticism", 0.0, 6.0)
SECOND = Range("fear_of_compassion_from_others", 0.0, 1.0)
#: Warmth received from ties (input units).
WARMTH = (0.0, 0.3, 0.6, 1.2)
#: Fears for which the table says where both states are there.
FEARS = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7)
#: Self-criticism at which the table says how threatened the most afraid are.
CRITICISM = (0.3, 0.7, 1.0, 2.0)
#: Exponents of the signal function (the model's own is 3), for which the last table says where both states are there.
EXPONENTS = (2, 3, 4)
FIGURE, README = "figure.png", "README.md"


class Cell(NamedTuple):
    """Where a threat-locked state appears and where the soothed one ends (self-criticism); None: not in the range."""

    appears: float | None
    ends: float | None


class Found(NamedTuple):
    """Fold curves by warmth, and the folds in the table by (warmth, fear).

    `threat`: the lowest stable one with the highest fear, by (warmth, self-criticism).
    """

    settings: Settings
    curves: dict[float, tuple[FoldCurve, ...]]
    cells: dict[tuple[float, float], Cell]
    threat: dict[tuple[float, float], float]
    exponents: dict[tuple[float, int], Cell]


def run(settings: Settings | None = None, warmth: Sequence[float] = WARMTH, fears: Sequence[float] = FEARS) -> Found:
    """Return the map of a person; default: the median person of the general population in daily life."""
    person = settings or settings_of(Scenario({"days": 1, "population": {"size": 100}}))
    curves, cells, threat, exponents = {}, {}, {}, {}
    for given in warmth:
        warm = person.but(warmth=given)
        curves[given] = two_parameters(warm, FIRST, SECOND)
        for fear in fears:
            cells[given, fear] = _both(one_parameter(warm.but({SECOND.name: fear}), FIRST))
        for exponent in EXPONENTS:
            calm = warm.but({SECOND.name: 0.0})
            exponents[given, exponent] = _both(one_parameter(calm, FIRST, exponent=exponent))
        system = person_system(warm.but({SECOND.name: max(fears)}), (FIRST.name,))
        for value in CRITICISM:
            threat[given, value] = float(equilibria(system, (value,)).stable[0].state[0])
    return Found(person, curves, cells, threat, exponents)


def _both(found: Diagram) -> Cell:
    folds = [fold for fold in found.folds if fold.stable]
    appears, ends = (next((fold.p for fold in folds if fold.opens == side), None) for side in ("above", "below"))
    return Cell(appears, ends)


def text(found: Found) -> str:
    """Return the numbers in words and as a table."""
    warmth = sorted(found.curves)
    lines = [
        report.standing(found.settings, False, "warmth"), "",
        "Self-criticism at which a threat-locked state appears .. at which the soothed state ends",
        f'("-": no such fold up to {FIRST.high:g}; "smooth": no fold at all)', "",
        "fear of compassion" + _heads(warmth),
    ]  # fmt: skip
    for fear in sorted({fear for _, fear in found.cells}):
        cells = (found.cells[one, fear] for one in warmth)
        lines.append(f"{fear:>18g}" + "".join(f"{_cell(cell):>18}" for cell in cells))
    lines.append("")
    for one in warmth:
        cusps = [f"fear {c.p[1]:.3f}, self-criticism {c.p[0]:.3f}" for curve in found.curves[one] for c in curve.cusps]
        lines.append(f"cusp at warmth {one:g}: {'; '.join(cusps) or 'none in the range'}")
    most = max(fear for _, fear in found.cells)
    lines += [
        "",
        f"Threat at rest with fear {most:g}",
        "    self-criticism" + _heads(warmth),
    ]
    for value in CRITICISM:
        lines.append(f"{value:>18g}" + "".join(f"{found.threat[one, value]:>18.3f}" for one in warmth))
    lines += ["", "Self-criticism between the folds, without fear", "          exponent" + _heads(warmth)]
    for exponent in EXPONENTS:
        cells = (found.exponents[one, exponent] for one in warmth)
        lines.append(f"{exponent:>18g}" + "".join(f"{_cell(cell):>18}" for cell in cells))
    return "\n".join(lines)


def _heads(warmth: Sequence[float]) -> str:
    return "".join(f"{f'warmth {one:g}':>18}" for one in warmth)


def _cell(cell: Cell) -> str:
    if cell.appears is None and cell.ends is None:
        return "smooth"
    return " .. ".join("-" if one is None else f"{one:.3f}" for one in cell)


def write(found: Found, folder: Path) -> None:
    """Write the figure and put the numbers into the README of a folder. Raises InputError without its markers."""
    NUMBERS.put(folder / README, printed(text(found)))
    curves = {f"warmth {one:g}": found.curves[one] for one in sorted(found.curves)}
    said = report.standing(found.settings, False, "warmth")
    plots.save(plots.fold_map(curves, (FIRST.name, SECOND.name), said), folder / FIGURE)


if __name__ == "__main__":
    results = run()
    print(text(results))
    write(results, Path(sys.argv[1]))
