"""The expected numbers of an experiment: written by the command, compared with what a new run gives."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from affectsim.experiments.statistics import Interval
from affectsim.experiments.tables import Numbers, from_plain
from affectsim.text_files import read_text, read_toml

FILE = "expected.toml"
#: A number may differ by this much plus this share of itself. The same code gives the same bits on the same
#: kind of processor; a hundredth of a standard deviation is far below what anybody would call an effect.
TOLERANCE = {"absolute": 0.01, "relative": 0.01}
SIZES = ("reduced", "full")


def load(folder: Path) -> dict[str, Any]:
    """Return the content of `expected.toml`, empty if there is none. Raises InputError."""
    path = folder / FILE
    return read_toml(read_text(path, str(path)), str(path)) if path.is_file() else {}


def tables_of(known: Mapping[str, Any], full: bool) -> list[Numbers]:
    """Return the expected tables of one size, none if they were never written."""
    return from_plain(known.get(SIZES[full], []))


def write(folder: Path, found: Mapping[bool, Sequence[Numbers]]) -> None:
    """Write the numbers of the sizes that were run (False: reduced, True: full); others stay."""
    import tomli_w

    known = load(folder)
    sizes = {
        SIZES[full]: [one.plain() for one in found[full]] if full in found else known.get(SIZES[full], [])
        for full in (False, True)
    }
    head = "# Written by: affectsim experiment run NAME --accept. A number, or number, low and high end.\n\n"
    text = head + tomli_w.dumps({"tolerance": known.get("tolerance", TOLERANCE), **sizes})
    (folder / FILE).write_text(text, encoding="utf-8")


def misses(known: Mapping[str, Any], found: Sequence[Numbers], full: bool) -> list[str]:
    """Return what differs from the expected numbers of one size by more than the tolerance, a line each."""
    wanted = tables_of(known, full)
    if not wanted:
        return [f"{FILE} has no numbers of the {SIZES[full]} size; write them with --accept"]
    tolerance = {**TOLERANCE, **known.get("tolerance", {})}
    here, there = _flat(found), _flat(wanted)
    lines = [f"{' / '.join(place)}: expected, but not found" for place in there if place not in here]
    lines += [f"{' / '.join(place)}: found, but not expected" for place in here if place not in there]
    for place, expected in there.items():
        for part, one, other in zip(("", " (low)", " (high)"), expected, here.get(place, expected), strict=True):
            reach = tolerance["absolute"] + tolerance["relative"] * abs(one)
            if math.isnan(one) != math.isnan(other) or abs(one - other) > reach:
                lines.append(f"{' / '.join(place)}{part}: {other:.4g}, expected {one:.4g} +- {reach:.2g}")
    return lines


def _flat(tables: Sequence[Numbers]) -> dict[tuple[str, str, str], Interval]:
    return {
        (table.title, row, column): found
        for table in tables
        for row, columns in table.rows.items()
        for column, found in columns.items()
    }
