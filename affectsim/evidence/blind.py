"""The second card: published numbers that the model had never been held against before its first run.

The entries of the first card had been read many times when the model was changed, so its predictions are not blind.
Those here were collected from publications, all but four by somebody who had seen neither the model's values nor its
cards (`blind.toml` says which). The list, what is simulated for each number and when it counts as inside were committed
before any value was computed. Those with the role "calibrate" have been fitted since.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from affectsim.evidence import card, readings
from affectsim.evidence.entries import Entry, read
from affectsim.evidence.studies import SECOND, check_changes, scenario
from affectsim.evidence.values import weighted
from affectsim.simulation import Progress, simulate_many

if TYPE_CHECKING:
    import xarray as xr


@cache
def entries() -> tuple[Entry, ...]:
    """Return the entries of the second card, in the order of the file."""
    return tuple(one._replace(computed=readings.words(one)) for one in read("blind.toml"))


def rows(
    *, full: bool = False, seed: int = card.SEED, changes: Mapping[str, Any] | None = None, threads: int | None = None,
    progress: Progress | None = None,
) -> list[card.Row]:  # fmt: skip
    """Simulate what the entries ask for and return their rows.

    `full`: more people and more worlds. `changes`: dotted changes of every simulated scenario. Raises InputError.
    """
    size = int(full)
    check_changes(SECOND.values(), changes or {})
    moved = card.shared(SECOND, full, progress)
    found: dict[str, list[float]] = {}
    with weighted(changes or {}) as rest:
        runs: dict[str, xr.Dataset] = {}
        for name, study in SECOND.items():
            made = scenario(study, people=study.people[size], worlds=study.worlds[size], seed=seed, changes=rest)
            runs[name] = simulate_many([made], threads=threads, progress=moved.get(name))[0]
            ready = [one for one in entries() if one.name not in found and set(one.studies) <= set(runs)]
            found |= {one.name: readings.values(one, runs, seed) for one in ready}
            if study.programme is not None:
                del runs[name]
    return [card.row_of(one, found[one.name]) for one in entries()]
