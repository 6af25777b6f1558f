"""Which points of its space a sweep visits.

A point is the values of some factors by name; a factor that a point does not name keeps the value of the scenario.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from affectsim.errors import InputError, Mistake, nearest
from affectsim.scenario_files import literal
from affectsim.sweep.factors import Factor
from affectsim.text_files import csv_rows, read_text

Float = npt.NDArray[np.float64]
Point = dict[str, Any]

#: Most points of a sweep: a limit of this package.
MOST_POINTS = 5_000_000
#: Levels of a Morris design, of which a step crosses half (Morris 1991, Technometrics 33:161-174).
MORRIS_LEVELS = 4


def points(kind: str, factors: Sequence[Factor], samples: int, seed: int) -> list[Point]:
    """Return the points of a design, in order.

    `kind`: a name of `DESIGNS`. `samples`: points of a sample (lhs, sobol, halton), trajectories (morris), base
    samples (sobol-indices: samples * (factors + 2) points). `seed`: of the sample. Raises InputError.
    """
    if not factors:
        raise InputError(
            "sweep", [Mistake("vary", "missing: say what is varied, such as --vary population.size=50:200")]
        )
    if kind in _SAMPLED:
        return [at(factors, row) for row in shares(kind, len(factors), samples, seed)]
    levels = [factor.levels() for factor in factors]
    if kind == "grid":
        _few(math.prod(len(one) for one in levels))
        names = [factor.name for factor in factors]
        return [dict(zip(names, row, strict=True)) for row in itertools.product(*levels)]
    if kind == "one-at-a-time":
        return [{}, *({factor.name: value} for factor, one in zip(factors, levels, strict=True) for value in one)]
    raise InputError("sweep", [Mistake("design", f'"{kind}" is unknown{nearest(kind, DESIGNS)}')])


def at(factors: Sequence[Factor], row: Float) -> Point:
    """Return the point at so large a share of the way along every factor."""
    return {factor.name: factor.at(float(share)) for factor, share in zip(factors, row, strict=True)}


def _few(count: int) -> None:
    if count > MOST_POINTS:
        message = f"{count:,} points; at most {MOST_POINTS:,}: take fewer levels, or sample them (--design sobol)"
        raise InputError("sweep", [Mistake("design", message)])


def _latin(factors: int, samples: int, seed: int) -> Float:
    from scipy.stats import qmc

    return np.asarray(qmc.LatinHypercube(factors, seed=seed).random(samples))


def _sobol(factors: int, samples: int, seed: int) -> Float:
    from scipy.stats import qmc

    _power_of_two(samples)
    return np.asarray(qmc.Sobol(factors, seed=seed).random(samples))


def _power_of_two(samples: int) -> None:
    """Refuse other numbers: the balance of a scrambled Sobol sequence needs one (Owen 2020, arXiv:2008.08051)."""
    if samples & (samples - 1):
        below = 1 << (samples.bit_length() - 1)
        message = f"must be a power of two for a Sobol sequence, such as {below} or {2 * below}"
        raise InputError("sweep", [Mistake(f"samples = {samples}", message)])


def _halton(factors: int, samples: int, seed: int) -> Float:
    from scipy.stats import qmc

    return np.asarray(qmc.Halton(factors, seed=seed).random(samples))


def _sobol_indices(factors: int, samples: int, seed: int) -> Float:
    """Return for each base sample a point A, A with each value from B in turn, and B: SALib's order.

    Shape (samples * (factors + 2), factors); Saltelli et al. 2010 (Comput Phys Commun 181:259-270).
    """
    from SALib.sample import sobol

    _power_of_two(samples)
    _few(samples * (factors + 2))
    return np.asarray(sobol.sample(problem(factors), samples, calc_second_order=False, seed=seed))


def _morris(factors: int, samples: int, seed: int) -> Float:
    """Return random trajectories, each from a random point with one step along every factor in random order.

    Shape (samples * (factors + 1), factors); a step is half of the levels (Morris 1991). What SALib draws is off the
    levels by rounding, which could be another whole number or category: so it is put on them.
    """
    from SALib.sample import morris

    _few(samples * (factors + 1))
    found = morris.sample(problem(factors), samples, num_levels=MORRIS_LEVELS, seed=seed)
    return np.asarray(np.rint(found * (MORRIS_LEVELS - 1)) / (MORRIS_LEVELS - 1))


def problem(factors: int) -> dict[str, Any]:
    """Return what SALib wants to know of so many factors: shares from 0 to 1, under names of its own.

    Our names would not do: SALib forbids some endings, and takes equal names for a group. It writes into what it gets.
    """
    return {"num_vars": factors, "names": [f"x{n}" for n in range(factors)], "bounds": [[0.0, 1.0]] * factors}


def shares(kind: str, factors: int, samples: int, seed: int) -> Float:
    """Return where the points of a sample lie, as shares of the ranges: shape (points, factors).

    `kind`: lhs, sobol, halton, sobol-indices or morris. Raises InputError.
    """
    found = _SAMPLED[kind](factors, samples, seed)
    _few(len(found))
    return found


_SAMPLED: dict[str, Callable[[int, int, int], Float]] = {
    "lhs": _latin,
    "sobol": _sobol,
    "halton": _halton,
    "sobol-indices": _sobol_indices,
    "morris": _morris,
}
#: Every design -> what it is, in words.
DESIGNS = {
    "grid": "every combination of the levels",
    "one-at-a-time": "the scenario itself, then every level of one factor with the others as they are",
    "lhs": "Latin hypercube sample",
    "sobol": "scrambled Sobol sequence",
    "halton": "scrambled Halton sequence",
    "sobol-indices": "pairs of Sobol samples for first-order and total indices",
    "morris": "trajectories for elementary effects",
    "points": "the points of a CSV file",
}


def read_points(path: Path) -> tuple[list[Factor], list[Point]]:
    """Read points from a CSV file whose columns are dotted keys of the scenario. Raises InputError."""
    source = str(path)
    filled = [(line, row) for line, row in csv_rows(read_text(path, source), source) if any(map(str.strip, row))]
    (head, first), *rows = filled or [(0, [])]
    if not rows:
        raise InputError(source, [Mistake("file", "needs a line of names (dotted keys) and a line for each point")])
    names = [name.strip() for name in first]
    wrong = [Mistake(f"line {head}", f"{name or 'a column without name'} stands twice or is empty")
             for name in dict.fromkeys(names) if not name or names.count(name) > 1]  # fmt: skip
    wrong += [
        Mistake(f"line {line}", f"has {len(row)} values, not {len(names)}")
        for line, row in rows
        if len(row) != len(names)
    ]
    if wrong:
        raise InputError(source, wrong[:10])
    _few(len(rows))
    found = [{name: literal(cell.strip()) for name, cell in zip(names, row, strict=True)} for _, row in rows]
    return [Factor(name, name, (), {}, 0.0, 0.0, 0, False, False) for name in names], found
