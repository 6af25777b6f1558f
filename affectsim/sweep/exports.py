"""The table of a sweep as a file for other programs, and several parts of one sweep as one."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from affectsim.errors import InputError, Mistake
from affectsim.results import DISCLAIMER, need_room, variable_names
from affectsim.sweep.factors import bounds
from affectsim.sweep.outcomes import described
from affectsim.sweep.plan import Plan, refuse_differences
from affectsim.sweep.store import Done, Store
from affectsim.text_files import whole_file

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

#: Rows that are kept in one transaction when sweeps are put together.
_ROWS = 5000


def export_csv(store: Store, path: Path) -> None:
    """Write the table, sorted by run; the same bytes however and in whatever order the runs were made.

    Numbers are written with all their digits; a number that is missing is an empty cell. Raises InputError.
    """

    def write(partial: Path) -> None:
        with partial.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(store.names())
            rows.writerows(store.rows())

    whole_file(path, write)


def table(store: Store) -> pd.DataFrame:
    """Return the table, sorted by run. Raises InputError."""
    import pandas as pd

    found = pd.DataFrame.from_records(list(store.rows()), columns=list(store.names()))
    return found.astype(dict.fromkeys(store.plan.columns, "float64"))


def export_parquet(store: Store, path: Path) -> None:
    """Write the table as Parquet. Raises InputError, also if no library for it is there."""
    found = _texts(table(store))
    try:
        whole_file(path, lambda partial: found.to_parquet(partial, index=False))
    except ImportError:
        hint = 'needs the library pyarrow: pip install "affectsim[parquet]"'
        raise InputError("export", [Mistake("--parquet", hint)]) from None


def dataset(store: Store) -> xr.Dataset:
    """Return the table with the dimension run, and where it comes from as attributes. Raises InputError.

    Columns say their unit (`units`) and meaning (`long_name`) where these are known. Names that a file cannot hold
    are tidied up (`results.variable_names`); `long_name` then begins with the name itself.
    """
    plan = store.plan
    frame = _texts(table(store)).set_index("run")
    said = _described(plan)
    found: xr.Dataset = frame.rename(columns=variable_names(map(str, frame.columns))).to_xarray()
    for name, written in zip(frame.columns, found.data_vars, strict=True):
        words = said.get(name, {})
        if name != written:
            words = words | {"long_name": ": ".join(part for part in (name, words.get("long_name")) if part)}
        found[written].attrs = words
    found.attrs = {
        "title": str(plan.scenario.get("title", "")), "disclaimer": DISCLAIMER, "digest": plan.digest,
        "versions": ", ".join(f"{name} {known}" for name, known in plan.versions.items()),
    }  # fmt: skip
    return found


def _described(plan: Plan) -> dict[str, dict[str, str]]:
    """Return what is known of the columns of a table: name -> `units` and `long_name`, either may be missing."""
    found = {
        "point": {"long_name": "number of the point"},
        "replicate": {"long_name": "number of the replicate: the same has the same people and chances at every point"},
        "failed": {"long_name": "why the run failed; empty: it did not"},
    }
    try:
        base = plan.base
    except InputError:  # files that it names have gone since; the numbers are there all the same
        return found
    for factor in plan.known_factors:
        known = {bounds(base, path)[-2:] for path in factor.paths}
        words = dict(zip(("units", "long_name"), known.pop(), strict=True)) if len(known) == 1 else {}
        found[factor.name] = {key: value for key, value in words.items() if value}
    return found | described(plan.columns, plan.outcomes, base)


def export_netcdf(store: Store, path: Path) -> None:
    """Write the table as NetCDF with the dimension run. Raises InputError."""
    found = dataset(store)

    def write(partial: Path) -> None:
        need_room(found, partial)
        found.to_netcdf(partial, engine="h5netcdf")

    whole_file(path, write)


def _texts(found: pd.DataFrame) -> pd.DataFrame:
    """Return it with columns that hold texts (and nothing else) as texts, missing ones empty."""
    for name in found.select_dtypes(exclude="number").columns:
        found[name] = found[name].map(lambda value: "" if value is None else str(value))
    return found


def merge(folders: Sequence[Path], out: Path) -> tuple[int, int]:
    """Put parts (shards, or copies) of one sweep together in a new folder; return (runs there, runs in all).

    Raises InputError if they are not parts of the same sweep, or two of them do not agree about a run; nothing is
    written then.
    """
    stores: list[Store] = []
    try:
        for folder in folders:
            stores.append(Store(folder))
        first = stores[0]
        points = first.point_rows()
        for other in stores[1:]:
            refuse_differences(first.plan, other.plan, str(first.folder), shards=False)
            if other.point_rows() != points:
                message = "is about other points; it cannot belong to the same sweep"
                raise InputError("merge", [Mistake(str(other.folder), message)])
        known: dict[int, Done] = {}
        for store in stores:
            for done in store.raw():
                before = known.setdefault(done.run, done)
                if before != done:
                    known[done.run] = _agreed(before, done, store.folder)
        return _write(first, [known[run] for run in sorted(known)], out)
    finally:
        for store in stores:
            store.close()


def _agreed(one: Done, other: Done, folder: Path) -> Done:
    if one.failed is None and other.failed is None:
        message = f"run {one.run} has other numbers here than in a folder before it"
        raise InputError("merge", [Mistake(str(folder), message)])
    return other if one.failed is not None else one


def _write(like: Store, done: Sequence[Done], out: Path) -> tuple[int, int]:
    plan = replace(like.plan, shard=(1, 1))
    Store.begin(out, plan, like.point_rows())
    with Store(out, write=True) as store:
        for start in range(0, len(done), _ROWS):
            store.add(done[start : start + _ROWS])
        there, failed, total = store.counts()
    return there + failed, total
