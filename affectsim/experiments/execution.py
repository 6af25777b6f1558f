"""Running an experiment: simulate, analyse, draw; write the results, or accept them as the expected ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from affectsim.experiments import design as designs
from affectsim.experiments import expected, readme
from affectsim.experiments.analyses import analyse
from affectsim.experiments.design import Design
from affectsim.experiments.measured import Measured, measure
from affectsim.experiments.pictures import draw
from affectsim.experiments.tables import Numbers, finite, from_plain, text
from affectsim.results import CIRCUMSTANCES, DISCLAIMER, provenance
from affectsim.simulation import Progress

if TYPE_CHECKING:
    from affectsim.scenario import Scenario

FIGURE = "figure.png"


class Result(NamedTuple):
    """What one run of an experiment gave."""

    folder: Path
    design: Design
    full: bool
    measured: list[Measured]
    tables: list[Numbers]
    scenarios: list[Scenario]

    @property
    def name(self) -> str:
        """Name of the experiment."""
        return self.folder.resolve().name

    def text(self) -> str:
        """Return question and numbers, as text."""
        return f"{self.name}: {self.design.question}\n\n{text(self.tables)}\n\n{DISCLAIMER}"

    def plain(self) -> dict[str, Any]:
        """Return everything as plain values for JSON: what was asked, found and run."""
        first = {key: value for key, value in provenance(self.scenarios[0]).items() if key != "scenario"}
        return {
            "experiment": self.name,
            "question": self.design.question,
            "size": expected.SIZES[self.full],
            "tables": finite([one.plain() for one in self.tables]),
            "scenarios": [
                {"value": one.value, "condition": one.condition, "digest": scenario.digest()}
                for one, scenario in zip(self.measured, self.scenarios, strict=True)
            ],
            "provenance": {
                key: value for key, value in first.items() if key not in ("title", "digest", *CIRCUMSTANCES)
            },
        }


def run(folder: Path, full: bool = False, progress: Progress | None = None) -> Result:
    """Run the experiment in a folder, in its full or its reduced size. Raises InputError."""
    design = designs.load(folder)
    cells = designs.cells(design, folder, full)
    measured = measure(design, cells, full, progress)
    # Rounded as they are kept, so that numbers are written the same way everywhere.
    tables = from_plain([one.plain() for one in analyse(design, measured)])
    return Result(folder, design, full, measured, tables, [cell.scenario for cell in cells])


def write(result: Result, out: Path) -> None:
    """Write table, numbers and figure into a folder that exists."""
    from affectsim import plots

    (out / "table.txt").write_text(result.text() + "\n", encoding="utf-8")
    numbers = json.dumps(result.plain(), indent=2, ensure_ascii=False)
    (out / "results.json").write_text(numbers + "\n", encoding="utf-8")
    figure = draw(result.design, result.measured, result.tables)
    for suffix in (".svg", ".png"):
        plots.save(figure, out / f"figure{suffix}")


def check(result: Result) -> list[str]:
    """Return what differs from the expected numbers, a line each. Raises InputError."""
    return expected.misses(expected.load(result.folder), result.tables, result.full)


def accept(results: Sequence[Result]) -> None:
    """Take the results of one experiment (one or both sizes) as the expected ones.

    The full size also gives the figure and the numbers in the README, and the list of all experiments in the
    README of the folder above, if it has one. Raises InputError.
    """
    from affectsim import plots

    folder = results[0].folder
    found = {one.full: one.tables for one in results}
    expected.write(folder, found)
    for one in results:
        if one.full:
            plots.save(draw(one.design, one.measured, one.tables), folder / FIGURE)
            readme.put(folder / readme.FILE, "numbers", readme.numbers(one.tables))
    above = folder.resolve().parent / readme.FILE
    if above.is_file() and readme.markers("experiments")[0] in above.read_text(encoding="utf-8"):
        readme.put(above, "experiments", readme.overview(above.parent))
