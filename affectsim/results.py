"""A run as a labelled dataset: dimensions, units, provenance; saved whole or not at all."""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from affectsim.errors import InputError, Mistake, visible
from affectsim.own_parts import blamed
from affectsim.parameters import MOMENT_HOURS
from affectsim.readouts import ALWAYS, SYSTEMS, Measure, Recording, cell_methods
from affectsim.runs import Run
from affectsim.scenario import Scenario

if TYPE_CHECKING:
    import xarray as xr

Float = npt.NDArray[np.float64]

DISCLAIMER = "A teaching and research model, not a clinical tool; it says nothing about any real person."
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_LONG_NAMES = {
    "threat": "activation of the threat and self-protection system",
    "drive": "activation of the drive and excitement system",
    "soothing": "activation of the contentment and social safeness system",
    "balance": "balance of the three systems",
    "threat_dominant": "share of time in which threat is the strongest system",
}


def measures(scenario: Scenario) -> dict[str, type[Measure]]:
    """Return the readouts that a scenario records: name of the variable -> readout."""
    kinds = scenario.kinds(Measure)
    return {kinds[kind].name(): kinds[kind] for kind in scenario.record.readouts}


def read_measure(measure: type[Measure], values: Mapping[str, Float], about: Recording) -> Float:
    """Return a readout of one run; raises InputError if somebody's own readout fails or has another shape."""
    with blamed(measure, f"readout {measure.kind}"):
        found = np.asarray(measure.recorded(values, about), dtype=np.float64)
        if found.shape != values["threat"].shape:
            raise TypeError(f"of must return shape {values['threat'].shape}, not {found.shape}")
    return found


def slow_rows(scenario: Scenario) -> tuple[str, ...]:
    """Return the slow quantities that the readouts of a scenario need, sorted."""
    return tuple(sorted({row for measure in measures(scenario).values() for row in measure.rows}))


def recording(run: Run, rows: npt.NDArray[np.int64], hours: Float) -> Recording:
    """Return what readouts may need to know of a run; `rows`: recorded people, `hours`: ends of the intervals."""
    scenario = run.scenario
    return Recording(
        seed=scenario.seed,
        replicate=run.replicate,
        arm=run.arm,
        people=rows,
        moments=np.round(hours / MOMENT_HOURS).astype(np.int64),
        model=scenario.parameters,
        rating=scenario.rating_parameters,
        measurement_error=scenario.record.measurement_error,
    )


def constants(scenario: Scenario) -> tuple[str, ...]:
    """Return the unchanging traits that the readouts of a scenario need, sorted."""
    return tuple(sorted({name for measure in measures(scenario).values() for name in measure.constants}))


class Summaries:
    """Mean, spread and quantiles over everybody, collected record by record."""

    def __init__(self) -> None:
        self.parts: list[Float] = []

    def add(self, records: Float) -> None:
        """Add records of shape (records, quantities, people) of everybody in one run."""
        quantiles = np.quantile(records, _QUANTILES, axis=2)
        self.parts.append(np.concatenate([records.mean(axis=2)[None], records.std(axis=2)[None], quantiles]))

    def result(self) -> Float:
        """Return shape (2 + quantiles, records, quantities)."""
        return np.concatenate(self.parts, axis=1)


def dataset(
    scenario: Scenario,
    runs: Sequence[Run],
    records: Float,
    traits: Sequence[Mapping[str, Float]],
    rows: npt.NDArray[np.int64],
    summaries: Sequence[Summaries],
    hours: Float,
    seconds: float,
) -> xr.Dataset:
    """Return the runs of one scenario as a dataset.

    `records`: (runs, records, quantities, recorded people); quantities as in `readouts.ALWAYS`, then
    `slow_rows(scenario)`. `traits`: for each run the `constants(scenario)` of everybody.
    `rows`: numbers of the recorded people. `hours`: end of each interval.
    """
    import xarray as xr

    variables: dict[str, Any] = {}
    if rows.size:
        variables |= _recorded(scenario, runs, records, traits, rows, hours)
        variables |= _offered(runs, rows)
        if scenario.training is not None:
            variables |= _delivery(scenario, runs, rows)
    if scenario.record.summaries:
        variables |= _summary_variables(summaries, scenario.record.every)
    coordinates: dict[str, Any] = {
        "time": ("time", hours / 24, {"long_name": "time since the start (end of the interval)", "units": "day"}),
        "arm": ("run", [run.arm for run in runs]),
        "replicate": ("run", [run.replicate for run in runs]),
    }
    if scenario.record.summaries:
        coordinates["quantile"] = (
            "quantile", list(_QUANTILES), {"long_name": "share of people with less", "units": "1"},
        )  # fmt: skip
    if rows.size:
        if scenario.training is not None and "screened_out" in variables:
            rules = scenario.training.screening
            coordinates["rule"] = ("rule", [rule.name for rule in rules])
            coordinates["reason"] = ("rule", [rule.reason for rule in rules], {"long_name": "why, in words"})
        coordinates |= _people(runs, rows, variables)
    found = {**provenance(scenario), "people": runs[0].people, "seconds": seconds}
    if (programme := scenario.programme()) is not None:
        found["programme_days"] = programme.days
    return xr.Dataset(variables, coordinates, found)


def _recorded(
    scenario: Scenario,
    runs: Sequence[Run],
    records: Float,
    traits: Sequence[Mapping[str, Float]],
    rows: npt.NDArray[np.int64],
    hours: Float,
) -> dict[str, Any]:
    """Return the three systems and the readouts of the recorded people."""
    dims = ("run", "time", "person")
    every = scenario.record.every
    values = {name: records[:, :, n, :] for n, name in enumerate((*ALWAYS, *slow_rows(scenario)))}
    found: dict[str, Any] = {name: (dims, values[name], _attributes(name, every)) for name in SYSTEMS}
    recordings = [recording(run, rows, hours) for run in runs]
    by_run = [
        {name: every_run[n] for name, every_run in values.items()}
        | {name: np.broadcast_to(trait[rows], values["threat"][n].shape) for name, trait in traits[n].items()}
        for n in range(len(runs))
    ]
    for name, measure in measures(scenario).items():
        read = np.stack([read_measure(measure, one, about) for one, about in zip(by_run, recordings, strict=True)])
        said = {"long_name": _LONG_NAMES[name]} if name in _LONG_NAMES else {}
        found[name] = (dims, read, measure.attributes(every) | said)
    return found


def _offered(runs: Sequence[Run], rows: npt.NDArray[np.int64]) -> dict[str, Any]:
    """Return who was offered training, who would be in the other arm, and who stopped it."""
    told = {
        "trained": ([run.trainees & (run.arm == "training") for run in runs], "was offered training in this run"),
        "chosen": (
            [run.trainees for run in runs], "belongs to those who are offered training in the training arm",
        ),
        "dropped_out": ([run.dropped_out for run in runs], "stopped training before the end"),
    }  # fmt: skip
    return {
        name: (("run", "person"), np.stack([each[rows] for each in values]), {"long_name": words})
        for name, (values, words) in told.items()
    }


def _people(runs: Sequence[Run], rows: npt.NDArray[np.int64], taken: Collection[str]) -> dict[str, Any]:
    """Return numbers, labels and groups of the recorded people as coordinates; `taken`: names of variables."""
    found: dict[str, Any] = {"person": ("person", rows, {"long_name": "number of the person"})}
    labels = [np.asarray(run.community.labels)[rows].astype(str) for run in runs]
    found["label"] = _of_people(labels, "what the person is called")
    groups = {f"group_{name}": name for name in runs[0].community.groups}
    for written, name in variable_names(groups, taken).items():
        each = [np.asarray(run.community.groups[groups[written]])[rows] for run in runs]
        found[name] = _of_people(each, groups[written])
    return found


def variable_names(names: Iterable[str], taken: Collection[str] = ()) -> dict[str, str]:
    """Return for each of some names the one that it has in a file: NetCDF takes no slash, readers no white space.

    These become _; where that makes two alike, or like one of those `taken`, a number keeps them apart. Names that
    can stay as they are do so.
    """
    found: dict[str, str] = {}
    used = set(taken)
    tidy = {name: re.sub(r"[\s/]|^\.$", "_", name) for name in names}
    for name in sorted(tidy, key=lambda one: tidy[one] != one):
        free, number = tidy[name], 1
        while free in used:
            number += 1
            free = f"{tidy[name]}_{number}"
        found[name] = free
        used.add(free)
    return {name: found[name] for name in tidy}


def _of_people(each: Sequence[npt.NDArray[Any]], says: str) -> tuple[Any, ...]:
    """Return a coordinate of people; by run as well if their networks put them into different groups."""
    if all(np.array_equal(one, each[0]) for one in each):
        return ("person", each[0], {"long_name": says})
    return (("run", "person"), np.stack(each), {"long_name": says})


def _delivery(scenario: Scenario, runs: Sequence[Run], rows: npt.NDArray[np.int64]) -> dict[str, Any]:
    """Return who started when, with whom and in which group, and who was screened out by which rule."""
    dims = ("run", "person")
    starts = np.stack([run.start_day[rows] for run in runs]).astype(np.float64)
    starts[starts < 0] = np.nan
    what = "first day in the programme of this run, missing for those who never start"
    found: dict[str, Any] = {"start_day": (dims, starts, {"units": "day", "long_name": what})}
    numbers = {
        "therapist": ([run.therapist for run in runs], "number of the therapist, -1 for those who never start"),
        "training_group": ([run.group for run in runs], "number of the group, of one if individual; -1 for none"),
    }
    for name, (values, words) in numbers.items():
        found[name] = (dims, np.stack([each[rows] for each in values]), {"long_name": words})
    if scenario.training is not None and scenario.training.who.unless is not None:
        out = np.stack([run.screened_out[:, rows] for run in runs])
        found["screened_out"] = (
            ("run", "rule", "person"), out,
            {"long_name": "was chosen for training and is not suitable by this rule, in every arm"},
        )  # fmt: skip
    return found


def _attributes(name: str, every: str, over_people: str = "") -> dict[str, str]:
    """Return the attributes of what every record holds; `over_people`: what was made of the values of everybody."""
    return {
        "units": "activation" if name in SYSTEMS else "1",
        "long_name": f"{_LONG_NAMES[name]}{f': {over_people}' if over_people else ''}",
        "cell_methods": cell_methods("mean", every, over_people),
    }


def _summary_variables(
    summaries: Sequence[Summaries], every: str
) -> dict[str, tuple[tuple[str, ...], Float, dict[str, str]]]:
    results = [summary.result() for summary in summaries]
    found: dict[str, tuple[tuple[str, ...], Float, dict[str, str]]] = {}
    for n, name in enumerate(ALWAYS):
        stacked = np.stack([result[:, :, n] for result in results])
        dims = ("run", "time")
        found[f"{name}_mean"] = (dims, stacked[:, 0], _attributes(name, every, "mean over people"))
        found[f"{name}_sd"] = (dims, stacked[:, 1], _attributes(name, every, "standard deviation over people"))
        by_quantile = (("run", "quantile", "time"), stacked[:, 2:])
        found[f"{name}_quantile"] = (*by_quantile, _attributes(name, every, "quantiles over people"))
    return found


#: Packages of which the versions are told.
_PACKAGES = (
    "affectsim", "numpy", "scipy", "numba", "networkx", "SALib", "xarray", "mesa", "matplotlib", "pillow", "h5py",
)  # fmt: skip
#: What a run knows of when and where it was made. A result folder must be the same wherever it is made again, so there
#: these stand in the manifest, not in the file.
CIRCUMSTANCES = ("created", "seconds", "command", "commit")


def provenance(scenario: Scenario) -> dict[str, str | int]:
    """Return what is needed to make a run again: scenario, digest, seed, versions, command, commit."""
    return {
        "title": scenario.title,
        "disclaimer": DISCLAIMER,
        "scenario": scenario.to_toml(),
        "digest": scenario.digest(),
        "seed": scenario.seed,
        "versions": ", ".join(f"{name} {found}" for name, found in versions().items()),
        "command": visible(" ".join([Path(sys.argv[0]).name, *sys.argv[1:]])),
        "commit": commit(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "Conventions": "CF-1.11",
    }


def versions() -> dict[str, str]:
    """Return the versions of this package, of what it stands on, and of Python."""
    return {name: _version(name) for name in _PACKAGES} | {"python": sys.version.split()[0]}


# What has been imported stays what it is, and a fit asks for thousands of runs.
@cache
def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def commit() -> str:
    """Return the commit of the checkout that this package runs from, or "unknown" (also where git is missing)."""
    return _commit_of(Path(__file__).resolve().parent)


@cache
def _commit_of(folder: Path) -> str:
    if not (folder.parent / ".git").exists():
        return "unknown"
    try:
        asked = subprocess.run(
            ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=40"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    except OSError:
        return "unknown"
    return asked.stdout.strip() or "unknown"


#: What a file takes beside its numbers (bytes).
_ROOM = 1_000_000


def need_room(found: xr.Dataset, path: Path) -> None:
    """Raise OSError if a disk has less room than a dataset takes before compression.

    HDF5 does not survive a disk that fills up while it writes.
    """
    if shutil.disk_usage(path.parent).free < found.nbytes + _ROOM:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def save(run: xr.Dataset, path: str | Path, *, circumstances: bool = True) -> None:
    """Write a run as NetCDF; the file appears whole or not at all.

    `circumstances`: also when, by which command and from which commit it was made. Without them the same run gives
    the same bytes; a manifest beside the file says them. Raises OSError where it cannot be written (`need_room`).
    """
    path = Path(path)
    need_room(run, path)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    encoding: Mapping[str, Mapping[str, object]] = {
        str(name): {"zlib": True, "complevel": 1, "shuffle": True}
        for name, data in run.data_vars.items()
        if data.dtype.kind == "f"
    }
    same = run.copy()
    same.attrs = {key: value for key, value in run.attrs.items() if circumstances or key not in CIRCUMSTANCES}
    try:
        same.to_netcdf(partial, engine="h5netcdf", encoding=encoding)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def load(path: str | Path) -> xr.Dataset:
    """Read a run that `save` wrote. Raises InputError."""
    import xarray as xr

    path = Path(path)
    if not path.is_file():
        raise InputError(str(path.parent), [Mistake(path.name, "is not there; a run or a demo writes it")])
    try:
        with xr.open_dataset(path, engine="h5netcdf") as run:
            return run.load()
    except (OSError, ValueError, KeyError):
        raise InputError(str(path.parent), [Mistake(path.name, "is no run that can be read (NetCDF)")]) from None
