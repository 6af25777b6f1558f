"""Where experiments are: a path, or a name in the folder `experiments` of the working folder."""

from __future__ import annotations

from pathlib import Path

from affectsim.errors import InputError, Mistake, nearest
from affectsim.experiments.design import FILE

PLACE = "experiments"


def names(place: Path | None = None) -> list[str]:
    """Return the names of the experiments in a folder (default: `./experiments`), sorted."""
    return sorted(path.parent.name for path in (place or Path(PLACE)).glob(f"*/{FILE}"))


def find(name: str, place: Path | None = None) -> Path:
    """Return the folder of an experiment, by path or by name. Raises InputError with the nearest name."""
    here = place or Path(PLACE)
    for folder in (Path(name), here / name):
        if (folder / FILE).is_file():
            return folder
    if Path(name).is_dir():
        message = f"holds no {FILE}"
    elif not here.is_dir():
        message = (
            f"no such folder, and there is no folder {PLACE} here to look it up in; the experiments come with the "
            "source code: go to its top folder, or give the path of an experiment's folder"
        )
    else:
        message = f"no experiment of this name in {here}{nearest(name, names(here))}"
    raise InputError("experiment", [Mistake(name, message)])
