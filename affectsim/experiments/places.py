"""The experiment on training places: one region, courses of several sizes, what comes of them over the years."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from affectsim.region import simulate_regions, table
from affectsim.simulation import Progress
from affectsim.training.practitioners import Pipeline

if TYPE_CHECKING:
    import xarray as xr

#: Courses that are compared: name -> changes of the design.
COURSES: Mapping[str, Mapping[str, Any]] = {f"{places} places": {"course.places": places} for places in (5, 20, 80)}
#: The largest course again, where what was trained fades faster or more slowly than by default.
FADING: Mapping[str, Mapping[str, Any]] = {
    f"80 places, {days} days": {"course.places": 80, "region.model.forgetting_time": days} for days in (60, 540)
}
#: What is expected of each course in the last year; see `numbers`.
_LAST = ("in_practice", "competence", "waiting", "coverage")


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
    (folder / f"{name}.txt").write_text(text + "\n", encoding="utf-8")
    plots.save(plots.region_over_years(found), folder / f"{name}.png")
    return folder / f"{name}.txt", folder / f"{name}.png"
