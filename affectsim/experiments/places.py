"""The experiment on training places: one region, courses of several sizes, what comes of them over the years.

    python -m affectsim.experiments.places experiments/practitioner-pipeline

runs it and writes tables, figures, expected numbers, and those of the README of that folder.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from affectsim import progress as shown
from affectsim.region import NORMAL_95, simulate_regions, table
from affectsim.simulation import Progress
from affectsim.text_files import NUMBERS, write_text
from affectsim.training.practitioners import Pipeline

if TYPE_CHECKING:
    import xarray as xr

#: Courses that are compared: name -> changes of the design.
COURSES: Mapping[str, Mapping[str, Any]] = {f"{places} places": {"course.places": places} for places in (5, 20, 80)}
#: The largest course again, where what was trained fades faster or more slowly than by default.
FADING: Mapping[str, Mapping[str, Any]] = {
    f"80 places, {days} days": {"course.places": 80, "region.model.forgetting_time": days} for days in (60, 540)
}
#: What is run together and written under one name.
PARTS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {"places": COURSES, "fading": FADING}
#: What is expected of each course in the last year; see `numbers`.
_LAST = ("in_practice", "competence", "waiting", "coverage")
#: How far another machine may be from what is expected (absolute; assumed: digits that the README shows).
TOLERANCE = {
    "in_practice": 0, "competence": 0.001, "waiting": 1, "coverage": 0.001,
    "gain_in_need": 0.0001, "gain_in_need_last": 0.0001, "gain_region": 0.00003,
}  # fmt: skip
EXPECTED, README = "expected.toml", "README.md"


def run(
    design: Pipeline,
    cases: Mapping[str, Mapping[str, Any]],
    *,
    threads: int | None = None,
    progress: Progress | None = None,
) -> dict[str, xr.Dataset]:
    """Return what comes of a design with the changes of each case: name -> dataset of `region`.

    Same applicants, same people, same events. Raises InputError for changes that are not allowed.
    """
    pipelines = [design.but(changes) for changes in cases.values()]
    found = simulate_regions(pipelines, threads=threads, progress=progress)
    return dict(zip(cases, found, strict=True))


def numbers(found: Mapping[str, xr.Dataset]) -> dict[str, float]:
    """Return the headline numbers: "<case>.<quantity>", in the last year.

    `gain_in_need`, `gain_region`: balance compared with the same people and events without training, the mean of all
    years; `gain_in_need_last`: that of the last year; left out where balance was not simulated.
    """
    headline = {}
    for case, one in found.items():
        last = one.isel(year=-1)
        for name in _LAST:
            headline[f"{case}.{name}"] = float(last[name])
        for group in ("in_need", "region") if "balance_region" in one else ():
            gain = one[f"balance_{group}"] - one[f"balance_{group}_untrained"]
            headline[f"{case}.gain_{group}"] = float(gain.mean())
            if group == "in_need":
                headline[f"{case}.gain_{group}_last"] = float(gain[-1])
    return headline


def write(found: Mapping[str, xr.Dataset], folder: Path, name: str) -> tuple[Path, ...]:
    """Write the tables (NAME.txt) and the figure (NAME.png) into a folder that is there; return the files."""
    from affectsim import plots

    text = "\n\n".join(f"{case}\n\n{table(one)}" for case, one in found.items())
    write_text(folder / f"{name}.txt", text + "\n")
    plots.save(plots.region_over_years(found), folder / f"{name}.png")
    return folder / f"{name}.txt", folder / f"{name}.png"


def headline(found: Mapping[str, xr.Dataset]) -> str:
    """Return the numbers of all cases as a table of Markdown, a line each, with balance."""
    year = int(next(iter(found.values()))["year"][-1])
    head = ("course", f"at work in year {year}", f"waiting, end of year {year}", "trained, of those in need",
            f"balance of those in need: gain, mean of {year} years", f"in year {year} [95 %]")  # fmt: skip
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    values = numbers(found)
    for case, one in found.items():
        work, waiting, coverage, gain, last = (
            values[f"{case}.{name}"]
            for name in ("in_practice", "waiting", "coverage", "gain_in_need", "gain_in_need_last")
        )
        half = NORMAL_95 * float(one["balance_in_need_error"][-1])
        cells = (case, f"{work:.0f}", f"{waiting:,.0f}", f"{100 * coverage:.1f} %", f"{gain:+.4f}",
                 f"{last:+.4f} [{last - half:.4f}, {last + half:.4f}]")  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def expected(found: Mapping[str, xr.Dataset]) -> str:
    """Return the numbers to compare another run with, as TOML."""
    lines = [
        "# Written by: python -m affectsim.experiments.places. Numbers of the last year (gains of balance: mean of all",
        "# years, and the last): value and absolute tolerance.",
        "",
    ]
    for name, value in numbers(found).items():
        tolerance = TOLERANCE[name.rpartition(".")[2]]
        lines.append(f'"{name}" = {{ value = {value:.5g}, tolerance = {tolerance} }}')
    return "\n".join(lines) + "\n"


def main(folder: Path) -> None:
    """Run all cases of the design in a folder and write what came out there."""
    design = Pipeline.load(folder / "pipeline.toml")
    everything: dict[str, xr.Dataset] = {}
    for name, cases in PARTS.items():
        print(f"{name}: {', '.join(cases)}", flush=True)
        with shown.Progress() as show:
            found = run(design, cases, progress=show)
        write(found, folder, name)
        everything |= found
    write_text(folder / EXPECTED, expected(everything))
    NUMBERS.put(folder / README, headline(everything))
    print(headline(everything))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
