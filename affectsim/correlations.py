"""Which traits go together in a population: correlations, and the Gaussian copula that draws them.

A correlation r belongs to the normal numbers behind two traits (log of a lognormal one, logit of a share), so
it changes how they go together and leaves each trait's own distribution as it is. Every trait keeps its own
draws z. With C the matrix of correlations of the traits that are in any, in the order of
`parameters.DISTRIBUTIONS`, and L its Cholesky factor (C = L L'), person by person

    y_i = sum over j <= i of L_ij z_j

so of two traits the later one of the list follows the earlier one, and a trait without correlations keeps its
draws bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from affectsim import calibrated
from affectsim.errors import nearest
from affectsim.parameters import DISTRIBUTIONS
from affectsim.parts import Table, field

Two = tuple[str, str]
#: Strongest correlation, either sign: a limit of this package. At 1 two traits would be one.
STRONGEST = 0.99
#: Smallest part of a trait's variance that may be its own, given all others: below it the numbers are no
#: longer safe from rounding.
_OWN_VARIANCE = 1e-6
_PLACE = {name: place for place, name in enumerate(DISTRIBUTIONS)}


class Correlation(NamedTuple):
    """How two traits go together across people; `r` on the normal scale (see the module)."""

    traits: Two
    r: float
    source: str


_ABOUT_FEARS = (
    "assumed; direction: fears of self-compassion and of compassion from others go with each other and with "
    "self-criticism (Gilbert, McEwan, Matos & Rivis 2011, 222 students)"
)
_FEARS_POOLED = (
    "assumed; direction: Kirby, Day & Sagar 2019 (4723 people): all three fears go with self-criticism and shame, "
    "that for others least"
)
_INTENSITY = (
    "assumed; direction: people who feel one kind of event strongly feel others strongly too, pleasant ones and "
    "unpleasant ones (affect intensity, Larsen & Diener 1987)"
)
_FEAR_FOR = "assumed; direction: the three fears go together, that for others least (Kirby, Day & Sagar 2019)"


def _fitted(known: Correlation) -> Correlation:
    return Correlation(
        known.traits, *calibrated.number(f"correlations.{'.'.join(known.traits)}", known.r, known.source)
    )


#: What holds in every population unless a preset or a scenario says otherwise.
CORRELATIONS: tuple[Correlation, ...] = tuple(_fitted(one) for one in (
    Correlation(("self_criticism", "fear_of_self_compassion"), 0.5, _ABOUT_FEARS),
    Correlation(("self_criticism", "fear_of_compassion_from_others"), 0.45, _ABOUT_FEARS),
    Correlation(("self_criticism", "fear_of_compassion_for_others"), 0.25, _FEARS_POOLED),
    Correlation(("fear_of_self_compassion", "fear_of_compassion_from_others"), 0.6, _ABOUT_FEARS),
    Correlation(("fear_of_self_compassion", "fear_of_compassion_for_others"), 0.35, _FEAR_FOR),
    Correlation(("fear_of_compassion_from_others", "fear_of_compassion_for_others"), 0.4, _FEAR_FOR),
    Correlation(
        ("self_criticism", "non_judgement"), -0.4,
        "assumed; direction: self-judgement is the opposite pole of self-kindness (Neff 2003)",
    ),
    Correlation(
        ("self_criticism", "sensitivity"), -0.2,
        "assumed; direction: Gilbert 2009, self-critical people find it hard to feel kindness",
    ),
    Correlation(
        ("threat_gain", "anger"), 0.35,
        "assumed; direction: anger is one of the feelings of the threat system (Gilbert 2009)",
    ),
    Correlation(
        ("drive_baseline", "soothing_baseline"), 0.4,
        "assumed; direction: activated positive affect goes with relaxed and with safe affect (Gilbert et al. 2008)",
    ),
    Correlation(("drive_gain", "soothing_gain"), 0.3, _INTENSITY),
    Correlation(("threat_gain", "drive_gain"), 0.2, _INTENSITY),
))  # fmt: skip


class CorrelationTable(Table):
    """One correlation as a file says it."""

    traits: tuple[str, ...] = field(unit="", says='two traits, such as ["self_criticism", "anger"]')
    r: float = field(
        ge=-STRONGEST, le=STRONGEST, unit="1", says="their correlation on the normal scale; 0: they are independent"
    )
    source: str = field("assumed", min_length=1, unit="", says="a publication, a measurement, or assumed")

    def problems(self) -> Iterable[tuple[str, str]]:
        """Yield what is wrong with the names."""
        if len(self.traits) != 2 or len(set(self.traits)) != 2:
            yield "traits", 'must be two different traits, such as ["self_criticism", "anger"]'
        for number, name in enumerate(self.traits):
            if name not in DISTRIBUTIONS:
                yield f"traits.{number}", f"unknown trait{nearest(name, DISTRIBUTIONS)}"

    def correlation(self) -> Correlation:
        """Return it as `Correlation`."""
        first, second = self.traits
        return Correlation((first, second), self.r, self.source)


def ordered(traits: Sequence[str]) -> Two:
    """Return two traits in the order of `parameters.DISTRIBUTIONS`."""
    first, second = sorted(traits, key=_PLACE.__getitem__)
    return first, second


def together(*layers: Iterable[Correlation]) -> dict[Two, float]:
    """Return pair -> r, pairs in order; later layers (a preset, a scenario) replace earlier ones."""
    found: dict[Two, float] = {}
    for layer in layers:
        found |= {ordered(one.traits): one.r for one in layer}
    return dict(sorted(found.items(), key=lambda item: (_PLACE[item[0][0]], _PLACE[item[0][1]])))


def mixing(pairs: Mapping[Two, float]) -> dict[str, dict[str, float]]:
    """Return, for every trait that follows others, its row of L: trait -> trait -> weight.

    `pairs`: as from `together`; raises ValueError if no population can have them (see `mistakes`).
    """
    names = _involved(pairs)
    lower = _cholesky(names, pairs)
    if lower is None:
        raise ValueError("these correlations contradict each other")
    rows = {
        name: {names[j]: weight for j, weight in enumerate(row) if weight}
        for name, row in zip(names, lower, strict=True)
    }
    return {name: row for name, row in rows.items() if len(row) > 1}


def mistakes(pairs: Mapping[Two, float], changed: Sequence[Two]) -> list[tuple[Two, str]]:
    """Return what is wrong if no population can have all `pairs`: (pair, message) for the `changed` ones in it.

    `changed`: pairs that may be wrong; the others together are sound.
    """
    conflict = _conflict(pairs)
    found = []
    for pair in changed:
        if set(pair) <= set(conflict):
            others = [
                f"{a} with {b} {r:g}" for (a, b), r in pairs.items() if {a, b} <= set(conflict) and (a, b) != pair
            ]
            found.append(
                (pair, f"no population can have this and {', '.join(others)}{_allowed(conflict, pairs, pair)}")
            )
    return found


def _involved(pairs: Mapping[Two, float]) -> list[str]:
    return sorted({name for pair, r in pairs.items() if r for name in pair}, key=_PLACE.__getitem__)


def _entry(pairs: Mapping[Two, float], first: str, second: str) -> float:
    return 1.0 if first == second else pairs.get(ordered((first, second)), 0.0)


def _cholesky(names: Sequence[str], pairs: Mapping[Two, float]) -> list[list[float]] | None:
    """Return L row by row; None if the correlations contradict each other.

    Plain sums in a fixed order, not a library's: the same bits on every machine, and a row depends on the
    traits before it only, not on how many come after.
    """
    lower: list[list[float]] = []
    for i, name in enumerate(names):
        row: list[float] = []
        for j in range(i):
            known = sum(row[k] * lower[j][k] for k in range(j))
            row.append((_entry(pairs, name, names[j]) - known) / lower[j][j])
        own = 1.0 - sum(weight * weight for weight in row)
        if own < _OWN_VARIANCE:
            return None
        lower.append([*row, math.sqrt(own)])
    return lower


def _conflict(pairs: Mapping[Two, float]) -> list[str]:
    """Return a smallest group of traits whose correlations contradict each other; empty if there is none."""
    names = sorted({name for pair in pairs for name in pair}, key=_PLACE.__getitem__)
    if _cholesky(names, pairs) is not None:
        return []
    for name in tuple(names):
        without = [other for other in names if other != name]
        if _cholesky(without, pairs) is None:
            names = without
    return names


def _allowed(names: Sequence[str], pairs: Mapping[Two, float], pair: Two) -> str:
    """Return "; with these it can be a to b": r of a pair may lie around what its common neighbours say."""
    import numpy as np

    rest = [name for name in names if name not in pair]
    between = np.array([[_entry(pairs, a, b) for b in rest] for a in rest]).reshape(len(rest), len(rest))
    first, second = (np.array([_entry(pairs, name, other) for other in rest]) for name in pair)
    explained = np.linalg.solve(between, np.stack([first, second], axis=1))
    middle = first @ explained[:, 1]
    half = math.sqrt(max((1 - first @ explained[:, 0]) * (1 - second @ explained[:, 1]), 0.0))
    # Rounded inwards, so that the ends are sound themselves.
    low = max(math.ceil((middle - half) * 100 + 0.1) / 100, -STRONGEST)
    high = min(math.floor((middle + half) * 100 - 0.1) / 100, STRONGEST)
    return f"; with these it can be {low:g} to {high:g}" if low <= high else ""
