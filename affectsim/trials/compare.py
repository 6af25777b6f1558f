"""Two runs, arms, worlds or points of a sweep side by side: paired, since both hold the same people and events.

- A folder of `affectsim run`: A and B are arms.
- A folder with folders of `affectsim run` in it: A and B are their names, "name:arm" if they have several arms.
- A folder of `affectsim trial`: A and B are worlds (see `affectsim.trials.worlds`), compared at the end of training.
- A folder of `affectsim sweep`: A and B are numbers of points.

Differences are B - A. With two or more replicates the unit is a replicate, otherwise a person: then that people share
one network and its events is not in the interval.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim.errors import InputError, Mistake, nearest
from affectsim.intervals import reach
from affectsim.results import load
from affectsim.trial import WEEK
from affectsim.trials.files import KEY, WORLDS

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

Float = npt.NDArray[np.float64]

#: Variables of a run that say how it was delivered, or how someone is by birth: nothing to compare.
_NOT_OUTCOMES = {"start_day", "therapist", "training_group", "tie_strength", "distrust", "dominant"}


class Pairs(NamedTuple):
    """Values of two sides: name -> (replicates, people) or (replicates, 1); replicates in the same order."""

    names: tuple[str, str]
    what: str
    first: dict[str, Float]
    second: dict[str, Float]


def read(folder: Path, one: str, other: str) -> Pairs:
    """Return the values of two sides. Raises InputError if they are not there, or not the same people and days."""
    if (folder / "run.nc").is_file():
        run = load(folder / "run.nc")
        return Pairs((one, other), f"arms of {folder.name}, last week of the run", _arm(run, one), _arm(run, other))
    if (folder / KEY / WORLDS).is_file():
        return _worlds(folder, one, other)
    if (folder / "sweep.sqlite").is_file():
        return _points(folder, one, other)
    names = [name.partition(":")[0] for name in (one, other)]
    if any((folder / name / "run.nc").is_file() for name in names):
        return _runs(folder, one, other)
    message = "holds no run, trial or sweep, and no folders with the runs that were named"
    raise InputError("compare", [Mistake(str(folder), message)])


def files(folder: Path, one: str, other: str) -> list[str]:
    """Return the names of the files in a folder that `read` reads, as far as they are whole files."""
    runs = [f"{name.partition(':')[0]}/run.nc" for name in (one, other)]
    known = ["run.nc", f"{KEY}/{WORLDS}", "table.csv"]
    first = next((name for name in known if (folder / name).is_file()), None)
    return [first] if first else [name for name in dict.fromkeys(runs) if (folder / name).is_file()]


def _arm(run: xr.Dataset, name: str) -> dict[str, Float]:
    arms = sorted(set(run["arm"].to_numpy().tolist()))
    if name not in arms:
        raise InputError("compare", [Mistake(name, f"is no arm of this run{nearest(name, arms)}")])
    mine = run.isel(run=np.flatnonzero(run["arm"].to_numpy() == name)).sortby("replicate")
    end = float(mine["time"][-1])
    late = mine.isel(time=np.flatnonzero(mine["time"].to_numpy() > max(end - WEEK, 0.0) - 1e-9))
    if late.sizes["time"] > 1 and float(late["time"][0]) <= end - WEEK + 1e-9:
        late = late.isel(time=slice(1, None))
    found: dict[str, Float] = {}
    for key, values in late.data_vars.items():
        if set(values.dims) == {"run", "time", "person"} and str(key) not in _NOT_OUTCOMES:
            found[str(key)] = values.mean("time").transpose("run", "person").to_numpy().astype(np.float64)
    if not found:
        found = {
            str(key).removesuffix("_mean"): values.mean("time").to_numpy()[:, None]
            for key, values in late.data_vars.items()
            if str(key).endswith("_mean") and set(values.dims) == {"run", "time"}
        }
    return found


def _runs(folder: Path, one: str, other: str) -> Pairs:
    loaded: list[xr.Dataset] = []
    sides: list[str] = []
    for name in (one, other):
        where, _, arm = name.partition(":")
        path = folder / where / "run.nc"
        if not path.is_file():
            known = sorted(found.parent.name for found in folder.glob("*/run.nc"))
            raise InputError("compare", [Mistake(where, f"no such run in {folder}{nearest(where, known)}")])
        run = load(path)
        arms = list(dict.fromkeys(run["arm"].to_numpy().tolist()))
        if not arm and len(arms) > 1:
            raise InputError("compare", [Mistake(name, f"has several arms; say which: {where}:{arms[0]}")])
        loaded.append(run)
        sides.append(arm or arms[0])
    for what in ("seed", "people"):
        if loaded[0].attrs[what] != loaded[1].attrs[what]:
            said = f"{loaded[0].attrs[what]} and {loaded[1].attrs[what]}"
            message = f"are {said}: these are not the same people and events, so nothing can be paired"
            raise InputError("compare", [Mistake(what, message)])
    ends = [float(run["time"][-1]) for run in loaded]
    if ends[0] != ends[1]:
        message = f"ends on day {ends[0]:g} and on day {ends[1]:g}: the last weeks are not the same days and events"
        raise InputError("compare", [Mistake("days", f"{message}, so nothing can be paired")])
    if all("person" in run.dims for run in loaded):
        # Those recorded may differ; whoever is in both is compared with themselves.
        both = np.intersect1d(loaded[0]["person"].to_numpy(), loaded[1]["person"].to_numpy())
        if both.size == 0:
            message = f"nobody is recorded in both {one} and {other}, so nobody can be compared with themselves"
            raise InputError("compare", [Mistake("record.people", message)])
        loaded = [run.sel(person=both) for run in loaded]
    values = (_arm(run, arm) for run, arm in zip(loaded, sides, strict=True))
    return Pairs((one, other), f"runs in {folder.name}, last week", *values)


def _worlds(folder: Path, one: str, other: str) -> Pairs:
    found = load(folder / KEY / WORLDS)
    known = [str(name) for name in found["world"].to_numpy()]
    wrong = [Mistake(name, f"is no world of this trial{nearest(name, known)}") for name in (one, other)
             if name not in known]  # fmt: skip
    if wrong:
        raise InputError("compare", wrong)
    after = found.sel(assessment="after")
    names = [str(name) for name in found.data_vars if str(name) != "arm"]
    sides = [
        {name: after[name].sel(world=world).transpose("replicate", "person").to_numpy() for name in names}
        for world in (one, other)
    ]
    return Pairs((one, other), f"worlds of {folder.name}, everybody, end of training", *sides)


def _points(folder: Path, one: str, other: str) -> Pairs:
    from affectsim.sweep.exports import table
    from affectsim.sweep.store import Store

    with Store(folder) as store:
        rows, columns = table(store), store.plan.columns
    rows = rows[rows["failed"].isna()]
    sides: list[pd.DataFrame] = []
    for name in (one, other):
        known = [str(point) for point in sorted(rows["point"].unique())]
        if name not in known:
            raise InputError("compare", [Mistake(name, f"is no point with runs in this sweep{nearest(name, known)}")])
        sides.append(rows[rows["point"] == int(name)].set_index("replicate"))
    both = sides[0].index.intersection(sides[1].index)
    if both.empty:
        message = f"no replicate of points {one} and {other} is finished in both; go on with affectsim resume or merge"
        raise InputError("compare", [Mistake(str(folder), message)])
    first, second = (
        {name: side.loc[both, name].to_numpy(dtype=np.float64)[:, None] for name in columns} for side in sides
    )
    return Pairs((f"point {one}", f"point {other}"), f"points of {folder.name}", first, second)


def compare(pairs: Pairs, *, confidence: float = 0.95, outcomes: Iterable[str] = ()) -> pd.DataFrame:
    """Return a row per outcome: means, difference with paired t interval, and what it would be unpaired.

    `narrower`: length of the interval for unpaired units divided by that of the paired ones. Raises InputError for
    outcomes that one of the sides does not have.
    """
    import pandas as pd

    both = [name for name in pairs.first if name in pairs.second]
    wanted = [name.replace("-", "_") for name in outcomes] or both
    wrong = [Mistake("--outcome", f'"{name}" is not in both{nearest(name, both)}') for name in wanted
             if name not in both]  # fmt: skip
    if wrong:
        raise InputError("compare", wrong)
    rows = []
    for name in wanted:
        one, other = units(pairs.first[name], pairs.second[name])
        count = one.size
        if count < 2:
            continue
        each = other - one
        error = float(each.std(ddof=1)) / math.sqrt(count)
        apart = math.sqrt((one.var(ddof=1) + other.var(ddof=1)) / count)
        half = float(reach(each, confidence))
        mean = float(each.mean())
        rows.append(
            {"outcome": name, pairs.names[0]: float(one.mean()), pairs.names[1]: float(other.mean()),
             "difference": mean, "low": mean - half, "high": mean + half, "units": count,
             "unit": "replicate" if pairs.first[name].shape[0] > 1 else "person",
             "narrower": apart / error if error > 0 else math.nan}
        )  # fmt: skip
    if not rows:
        message = "fewer than two people or replicates are in both: no interval can be given"
        raise InputError("compare", [Mistake(" ".join(pairs.names), message)])
    return pd.DataFrame(rows)


def units(one: Float, other: Float) -> tuple[Float, Float]:
    """Return the values that are paired: means of replicates if there are several, otherwise people."""
    if one.shape != other.shape:
        message = f"hold {one.shape} and {other.shape} values (replicates, people): nothing can be paired"
        raise InputError("compare", [Mistake("sides", message)])
    first, second = (one.mean(axis=1), other.mean(axis=1)) if one.shape[0] > 1 else (one[0], other[0])
    there = np.isfinite(first) & np.isfinite(second)
    return first[there], second[there]


def text(pairs: Pairs, found: pd.DataFrame, confidence: float = 0.95) -> str:
    """Return the comparison as a table."""
    first, second = pairs.names
    lines = [f"{pairs.what}: B = {second} minus A = {first}", ""]
    lines.append(f"{'':<34}{'A':>11}{'B':>11}{'B - A':>11}{f'{100 * confidence:g} % interval':>26}{'narrower':>10}")
    for row in found.to_dict("records"):
        interval = f"[{row['low']:.4g}, {row['high']:.4g}]"
        lines.append(
            f"{str(row['outcome'])[:33]:<34}{row[first]:>11.4g}{row[second]:>11.4g}{row['difference']:>11.4g}"
            f"{interval:>26}{row['narrower']:>10.1f}"
        )
    units_of = {f"{row['units']} {row['unit']}s" for row in found.to_dict("records")}
    lines.append(f"\npaired over {', '.join(sorted(units_of))}; narrower: than the interval of as many unpaired ones")
    if (found["unit"] == "person").any():
        lines.append("one replicate: the interval takes people as independent, though they share ties and events")
    return "\n".join(lines)
