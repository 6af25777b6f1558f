"""Which points of its space a sweep visits.

A point is the values of some factors by name; a factor that a point does not name keeps the value of the scenario.
"""

from __future__ import annotations

import csv
import io
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
from affectsim.text_files import read_text

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
        shares = _SAMPLED[kind](len(factors), samples, seed)
        _few(len(shares))
        return [
            {factor.name: factor.at(float(share)) for factor, share in zip(factors, row, strict=True)} for row in shares
        ]
    levels = [factor.levels() for factor in factors]
    if kind == "grid":
        _few(math.prod(len(one) for one in levels))
        names = [factor.name for factor in factors]
        return [dict(zip(names, row, strict=True)) for row in itertools.product(*levels)]
    if kind == "one-at-a-time":
        return [{}, *({factor.name: value} for factor, one in zip(factors, levels, strict=True) for value in one)]
    raise InputError("sweep", [Mistake("design", f'"{kind}" is unknown{nearest(kind, DESIGNS)}')])


def _few(count: int) -> None:
    if count > MOST_POINTS:
        message = f"{count:,} points; at most {MOST_POINTS:,}: take fewer levels, or sample them (--design sobol)"
        raise InputError("sweep", [Mistake("design", message)])


def _latin(factors: int, samples: int, seed: int) -> Float:
    from scipy.stats import qmc

    return np.asarray(qmc.LatinHypercube(factors, seed=seed).random(samples))


def _sobol(factors: int, samples: int, seed: int) -> Float:
    """Return a scrambled Sobol sequence; its balance needs a power of two (Owen 2020, arXiv:2008.08051)."""
    from scipy.stats import qmc

    if samples & (samples - 1):
        below = 1 << (samples.bit_length() - 1)
        message = f"must be a power of two for a Sobol sequence, such as {below} or {2 * below}"
        raise InputError("sweep", [Mistake(f"samples = {samples}", message)])
    return np.asarray(qmc.Sobol(factors, seed=seed).random(samples))


def _halton(factors: int, samples: int, seed: int) -> Float:
    from scipy.stats import qmc

    return np.asarray(qmc.Halton(factors, seed=seed).random(samples))


def _sobol_indices(factors: int, samples: int, seed: int) -> Float:
    """Return A, B and then A with each column from B (Saltelli et al. 2010, Comput Phys Commun 181:259-270).

    Shape (samples * (factors + 2), factors).
    """
    both = _sobol(2 * factors, samples, seed)
    a, b = both[:, :factors], both[:, factors:]
    mixed = np.repeat(a[None], factors, axis=0)
    for n in range(factors):
        mixed[n, :, n] = b[:, n]
    return np.concatenate([a, b, mixed.reshape(-1, factors)])


def morris(factors: int, samples: int, seed: int) -> Float:
    """Return random trajectories, each from a random point with one step along every factor in random order.

    Shape (samples * (factors + 1), factors); a step is half of the levels, which visits all of them equally
    often (Morris 1991).
    """
    random = np.random.default_rng(seed)
    step = MORRIS_LEVELS / (2 * (MORRIS_LEVELS - 1))
    found = np.empty((samples, factors + 1, factors))
    for trajectory in found:
        low = random.integers(0, MORRIS_LEVELS // 2, factors) / (MORRIS_LEVELS - 1)
        up = random.integers(0, 2, factors).astype(bool)
        trajectory[:] = np.where(up, low, low + step)
        for place, factor in enumerate(random.permutation(factors)):
            trajectory[place + 1 :, factor] = low[factor] + step if up[factor] else low[factor]
    return found.reshape(-1, factors)


_SAMPLED: dict[str, Callable[[int, int, int], Float]] = {
    "lhs": _latin,
    "sobol": _sobol,
    "halton": _halton,
    "sobol-indices": _sobol_indices,
    "morris": morris,
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
    rows = list(csv.reader(io.StringIO(read_text(path, source))))
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if len(rows) < 2:
        raise InputError(source, [Mistake("file", "needs a line of names (dotted keys) and a line for each point")])
    names = [name.strip() for name in rows[0]]
    wrong = [Mistake("line 1", f"{name or 'a column without name'} stands twice or is empty")
             for name in dict.fromkeys(names) if not name or names.count(name) > 1]  # fmt: skip
    wrong += [
        Mistake(f"line {n}", f"has {len(row)} values, not {len(names)}")
        for n, row in enumerate(rows[1:], start=2)
        if len(row) != len(names)
    ]
    if wrong:
        raise InputError(source, wrong[:10])
    _few(len(rows) - 1)
    found = [{name: literal(cell.strip()) for name, cell in zip(names, row, strict=True)} for row in rows[1:]]
    return [Factor(name, name, (), {}, 0.0, 0.0, 0, False, False) for name in names], found
