"""Two scenarios side by side: the same people, the same events, the same draws, and what becomes of each person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from affectsim.checking import flat, shown
from affectsim.errors import InputError, Mistake
from affectsim.results import measures
from affectsim.scenario import Scenario
from affectsim.simulation import only_scenarios, simulate_many
from affectsim.world import World

if TYPE_CHECKING:
    import xarray as xr

_SOURCE = "compare"
_DIMS = ("run", "time", "person")
#: What decides which people and events there are, or what is kept of them when; whole tables end in a dot.
_SAME = ("days", "seed", "replicates", "population.size", "record.", "numerics.")
#: Of these each scenario has its own, or there is nothing to compare in them.
_OWN = ("title", "scenario", "digest", "seconds", "programme_days")


def compare(one: Scenario, other: Scenario, *, threads: int | None = None) -> xr.Dataset:
    """Run two scenarios in one batch and return every recorded quantity of people, person by person.

    The same person has the same events and chances in both, so that a difference comes from what the scenarios say
    differently and from nothing else. Returns a dataset: each quantity with dimensions (scenario, run, time, person),
    `scenario` being "one" and "other", and other - one as `NAME_difference` (run, time, person), both in the unit of
    the quantity. Codes (`dominant`) have no difference. Title, digest and text of the scenarios stand beside
    `scenario`.

    `threads`: as in `simulate`. Raises InputError for scenarios that cannot be compared (with another seed, length,
    number of people, replicates or arms, another tick or record), and TypeError for what is no scenario.
    """
    import xarray as xr

    only_scenarios([one, other])
    _refuse(one, other)
    first, second = simulate_many([one, other], threads=threads, prepare=_refuse_people)
    variables: dict[str, Any] = {}
    for name, values in first.data_vars.items():
        if values.dims != _DIMS or name not in second:
            continue
        both = np.stack([values.to_numpy(), second[name].to_numpy()])
        variables[str(name)] = (("scenario", *_DIMS), both, values.attrs)
        if "flag_values" not in values.attrs:
            says = {"long_name": f"{values.attrs['long_name']}: other minus one"}
            variables[f"{name}_difference"] = (_DIMS, both[1] - both[0], values.attrs | says)
    coordinates: dict[str, Any] = {
        str(name): values.variable
        for name, values in first.coords.items()
        if set(values.dims) <= set(_DIMS) and name in second.coords
        and values.variable.identical(second.coords[name].variable)
    }  # fmt: skip
    if "arm" not in coordinates:
        coordinates["arm"] = (("scenario", "run"), np.stack([first["arm"].to_numpy(), second["arm"].to_numpy()]))
    coordinates |= {
        "scenario": ["one", "other"],
        "title": ("scenario", [one.title, other.title]),
        "digest": ("scenario", [one.digest(), other.digest()]),
        "toml": ("scenario", [one.to_toml(), other.to_toml()], {"long_name": "the scenario itself"}),
    }
    return xr.Dataset(variables, coordinates, {key: said for key, said in first.attrs.items() if key not in _OWN})


def _refuse(one: Scenario, other: Scenario) -> None:
    """Raise InputError with everything for which two scenarios cannot be compared."""
    tables = flat(one.tables()), flat(other.tables())
    wrong = []
    for key in sorted({*tables[0], *tables[1]}):
        if key == "record.summaries" or not (key in _SAME or f"{key.partition('.')[0]}." in _SAME):
            continue
        # A size that is left out is that of a network file; people are counted before the first tick.
        if key == "population.size" and not (key in tables[0] and key in tables[1]):
            continue
        values = [table.get(key) for table in tables]
        if values[0] != values[1]:
            wrong.append(_differs(key, *map(shown, values)))
    if len(one.arms) != len(other.arms):
        wrong.append(_differs("training.against", *(" and ".join(scenario.arms) for scenario in (one, other))))
    if measures(one) != measures(other) and not any(mistake.where == "record.readouts" for mistake in wrong):
        wrong.append(Mistake("parts", "have other readouts of the same name in the two scenarios"))
    if one.record.people in ("none", 0):
        wrong.append(Mistake(f"record.people = {shown(one.record.people)}", "must keep people: they are compared"))
    if wrong:
        raise InputError(_SOURCE, wrong)


def _differs(where: str, one: str, other: str) -> Mistake:
    return Mistake(where, f"is {one} in one scenario and {other} in the other; must be the same")


def _refuse_people(world: World) -> None:
    """Raise InputError if the two scenarios of a world are about other people."""
    first, second = ([run for run in world.runs if run.number == number] for number in (0, 1))
    for one, other in zip(first, second, strict=True):
        if one.people != other.people:
            raise InputError(_SOURCE, [_differs("population.size", str(one.people), str(other.people))])
        named, others = one.community.labels, other.community.labels
        # Networks that are made up number the people; so any of them can stand beside a file.
        made_up = any(np.array_equal(labels, np.arange(one.people)) for labels in (named, others))
        if not made_up and not np.array_equal(named, others):
            raise InputError(_SOURCE, [Mistake("network", "names other people in the two scenarios")])
