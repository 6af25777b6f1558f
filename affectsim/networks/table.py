"""What a file of ties says, whatever its format: limits, the table it ends in, and its smallest pieces."""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as item
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectsim.errors import CLEAN, clean
from affectsim.mistakes import Mistakes

#: Most people in one population and most ties between them (stored ties; an undirected one counts twice).
#: Limits of this package, not of the theory: they keep a slip of the keyboard from filling the memory.
MOST_PEOPLE = 20_000_000
MOST_TIES = 50_000_000

#: Weights outside this range are taken for mistakes; inside it single precision cannot run over or under.
LEAST_WEIGHT, MOST_WEIGHT = 1e-9, 1e9
WEIGHT_RULE = f"allowed: a number from {LEAST_WEIGHT:g} to {MOST_WEIGHT:g}"

#: Most characters of a label or of a node attribute.
MOST_TEXT = 200

_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}")  # at most 18 digits, so that it fits 64 bits
_GONE = {"", "na", "nan", "n/a"}


@dataclass(frozen=True, eq=False)
class TieTable:
    """What a file says about people and ties.

    `source`, `target`: int64[ties], row numbers of people, source gives to target; `weight`:
    float64[ties], as in the file. `labels`: [people], names in the file (int64 or text).
    `groups`: attribute -> [people] (int64, float64 with NaN where nothing was given, or text).
    """

    source: NDArray[np.int64]
    target: NDArray[np.int64]
    weight: NDArray[np.float64]
    labels: NDArray[Any]
    groups: dict[str, NDArray[Any]]
    directed: bool


@dataclass
class Edges:
    """Ties by order of appearance of their people; `line`: where each of these first appeared."""

    source: array[int] = item(default_factory=lambda: array("q"))
    target: array[int] = item(default_factory=lambda: array("q"))
    weight: array[float] = item(default_factory=lambda: array("d"))
    row: dict[str, int] = item(default_factory=dict)
    line: array[int] = item(default_factory=lambda: array("q"))

    def add(self, source: str, target: str, weight: float, line: int = 0) -> None:
        """Add one tie."""
        for label, ends in ((source, self.source), (target, self.target)):
            row = self.row.setdefault(label, len(self.row))
            if row == len(self.line):
                self.line.append(line)
            ends.append(row)
        self.weight.append(weight)


def tie_table(edges: Edges, labels: list[str], groups: Mapping[str, NDArray[Any]], directed: bool) -> TieTable:
    """Return the table of checked ties between the people `labels`, ordered by number if all are whole numbers.

    `groups`: attribute -> values in the order of `labels`. Every person of `edges` must be among them.
    """
    order: NDArray[np.int64] = np.arange(len(labels))
    names: NDArray[Any] = np.array(labels)
    if all(_WHOLE.fullmatch(label) for label in labels):
        names = np.array([int(label) for label in labels], dtype=np.int64)
        order = np.argsort(names, kind="stable")
    row = {labels[old]: new for new, old in enumerate(order.tolist())}
    final = np.array([row[label] for label in edges.row], dtype=np.int64)
    return TieTable(
        source=final[np.array(edges.source)],
        target=final[np.array(edges.target)],
        weight=np.array(edges.weight),
        labels=names[order],
        groups={name: values[order] for name, values in groups.items()},
        directed=directed,
    )


def short(text: str) -> str:
    """Return a text cut to 40 characters, for messages."""
    return text if len(text) <= 40 else f"{text[:37]}..."


def good_label(label: str, where: str, found: Mistakes) -> bool:
    """Return whether a label can name a person; if not, note it at `where`."""
    if not label:
        found.add(where, "is empty; allowed: the name or number of a person")
    elif len(label) > MOST_TEXT:
        found.add(where, f"has {len(label)} characters; allowed: at most {MOST_TEXT}")
    elif not clean(label):
        found.add(where, CLEAN)
    return 0 < len(label) <= MOST_TEXT and clean(label)


def read_weight(text: Any, where: str, found: Mistakes) -> float:
    """Return a weight; what is not a number in range is noted at `where` (NaN if not a number at all)."""
    try:
        if isinstance(text, bool) or "_" in str(text):  # Python takes 1_000 for a number, nobody else does
            raise ValueError
        weight = float(text)
    except (TypeError, ValueError):
        found.add(where, f"weight {short(str(text))!r} is not a number; {WEIGHT_RULE}")
        return math.nan
    if not LEAST_WEIGHT <= weight <= MOST_WEIGHT:  # false for NaN as well
        found.add(where, f"weight is {short(str(text))}; {WEIGHT_RULE}")
    return weight


def attribute(cells: list[str]) -> NDArray[Any]:
    """Return one node attribute as int64, float64 or text, whichever all its cells allow.

    Empty cells (and NA, NaN) among numbers become NaN; a column of nothing but empty cells stays text. Whoever has
    one belongs to no group (`unknown`).
    """
    if cells and all(_WHOLE.fullmatch(cell) for cell in cells):
        return np.array([int(cell) for cell in cells], dtype=np.int64)
    try:
        numbers = [math.nan if cell.casefold() in _GONE else float(cell) for cell in cells]
    except ValueError:
        return np.array(cells, dtype=np.str_)
    if any("_" in cell for cell in cells) or any(map(math.isinf, numbers)) or all(map(math.isnan, numbers)):
        return np.array(cells, dtype=np.str_)
    return np.array(numbers, dtype=np.float64)


def unknown(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Return of whom an attribute says nothing, same shape: NaN among numbers, among texts what stands for it."""
    if values.dtype.kind == "U":
        return np.asarray([text.strip().casefold() in _GONE for text in values.tolist()], dtype=np.bool_)
    return np.asarray(np.isnan(values)) if values.dtype.kind == "f" else np.zeros(values.shape, dtype=np.bool_)
