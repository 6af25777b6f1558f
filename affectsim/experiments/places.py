"""The experiment on training places: one region, courses of several sizes, what comes of them over the years."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from affectsim.region import simulate_regions, table
from affectsim.simulation import Progress
from affectsim.training.practitioners import Pipeline

if TYPE_CHECKING:
    import xarray as xr

#: Places per year that are compared.
PLACES = (5, 20, 80)
#: What is expected of each course in the last year; see `numbers`.
_LAST = ("in_practice", "competence", "waiting", "coverage")


def run(
    design: Pipeline,
    places: Sequence[int] = PLACES,
    *,
    threads: int | None = None,
    progress: Progress | None = None,
) -> dict[int, xr.Dataset]:
    """Return what comes of a design with each number of places per year: places -> dataset of `region`.

    Same applicants, same people, same events. Raises InputError for places that are not allowed.
    """
    pipelines = [design.but({"course.places": number}) for number in places]
    found = simulate_regions(pipelines, threads=threads, progress=progress)
    return dict(zip(places, found, strict=True))


def numbers(found: dict[int, xr.Dataset]) -> dict[str, float]:
    """Return the headline numbers: "<places>.<quantity>", in the last year.

    `balance_gain_in_need`, `balance_gain_region`: balance compared with the same people and events without
    training, the mean of all years; left out where balance was not simulated.
    """
    headline = {}
    for places, one in found.items():
        last = one.isel(year=-1)
        for name in _LAST:
            headline[f"{places}.{name}"] = float(last[name])
        for group in ("in_need", "region") if "balance_region" in one else ():
            gain = float((one[f"balance_{group}"] - one[f"balance_{group}_untrained"]).mean())
            headline[f"{places}.balance_gain_{group}"] = gain
    return headline


def write(found: dict[int, xr.Dataset], folder: Path) -> tuple[Path, ...]:
    """Write the tables (table.txt) and the figure (places.png) into a folder that is there; return the files."""
    from affectsim import plots

    text = "\n\n".join(f"{places} places a year\n\n{table(one)}" for places, one in found.items())
    (folder / "table.txt").write_text(text + "\n", encoding="utf-8")
    figure = plots.region_over_years({f"{places} places a year": one for places, one in found.items()})
    plots.save(figure, folder / "places.png")
    return folder / "table.txt", folder / "places.png"
