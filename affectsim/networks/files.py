"""Ties from files: edge-list CSV or GraphML, node attributes, and every mistake in them in words.

Everything here ends in a `TieTable` or in one `InputError` that names the file, the line and what is
allowed. Nothing is repaired in silence: a row that cannot be used is a mistake, never left out.
"""

from __future__ import annotations

import csv
import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from dataclasses import field as item
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from affectsim.errors import CLEAN, clean, nearest
from affectsim.mistakes import Mistakes, refuse
from affectsim.networks.graphml import read_graphml
from affectsim.networks.table import (
    MOST_PEOPLE,
    MOST_TEXT,
    MOST_TIES,
    Edges,
    TieTable,
    attribute,
    good_label,
    read_weight,
    short,
    tie_table,
)
from affectsim.text_files import other_separator, similar_file

_MOST_BYTES = {".csv": 2_000_000_000, ".graphml": 500_000_000, ".xml": 500_000_000}
_MOST_LINE = 1_000_000


def read_ties(
    path: Path, nodes: Path | None = None, directed: bool | None = None, weight_column: str | None = None
) -> TieTable:
    """Read ties from an edge-list CSV or a GraphML file.

    The CSV has a header with `source`, `target` and, if ties are weighted, `weight` (or the column
    `weight_column`); other columns are ignored. `nodes` is a CSV with a column `node`; its other
    columns become groups, and nodes without ties stay as isolated people. GraphML brings its own nodes.
    `directed`: whether a tie goes one way; None takes it from GraphML and means no for a CSV.

    People whose labels are all whole numbers are ordered by number, others as they first appear.
    Raises InputError with all mistakes of both files.
    """
    found = Mistakes(str(path))
    kind = _usable(path, found, (".csv", ".graphml", ".xml"))
    if kind in (".graphml", ".xml"):
        if nodes is not None:
            found.add("nodes", "GraphML carries its own nodes and their attributes; leave this out")
        return read_graphml(path, directed, weight_column or "weight", found)
    in_nodes = Mistakes(str(nodes))
    known = None if nodes is None else _read_nodes(nodes, in_nodes)
    edges = _read_edges(path, weight_column, found) if kind else None
    if known is not None and edges is not None and not in_nodes:
        among = f"is not among the {len(known.row)} nodes of {in_nodes.source}"
        for label, line in zip(edges.row, edges.line, strict=True):
            if label not in known.row:
                found.add(f"line {line}", f"{label!r} {among}")
    refuse(found, in_nodes)
    assert edges is not None
    groups = known.groups if known else {}
    return tie_table(edges, list(known.row if known else edges.row), groups, bool(directed))


@dataclass
class _Nodes:
    row: dict[str, int] = item(default_factory=dict)
    groups: dict[str, NDArray[Any]] = item(default_factory=dict)


def _usable(path: Path, found: Mistakes, endings: Iterable[str]) -> str:
    """Return the ending of a file that can be opened; note a mistake and return "" for any other."""
    ending = path.suffix.lower()
    try:
        if path.is_dir():
            found.add("path", "is a directory; name a file in it")
        elif not path.exists():
            found.add("path", f"no such file{similar_file(path)}")
        elif not path.is_file():
            found.add("path", "not an ordinary file")
        elif ending not in endings:
            found.add("path", f"must end in {' or '.join(endings)}, so that its format is known")
        elif path.stat().st_size > _MOST_BYTES[ending]:
            found.add("path", f"has {path.stat().st_size:,} bytes; allowed: at most {_MOST_BYTES[ending]:,}")
        else:
            with path.open("rb"):
                return ending
    except (OSError, ValueError) as trouble:
        found.add("path", f"cannot be opened: {getattr(trouble, 'strerror', None) or trouble}")
    return ""


def _lines(path: Path) -> Iterator[str]:
    """Yield the lines of a UTF-8 file; raises ValueError on the first that cannot be used.

    Decoded line by line, so that undecodable bytes can be told by line.
    """
    with path.open("rb") as file:
        number = 0
        while raw := file.readline(_MOST_LINE + 1):
            number += 1
            if len(raw) > _MOST_LINE:
                raise ValueError(f"longer than {_MOST_LINE:,} bytes; is this a CSV file?")
            try:
                line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as trouble:
                byte = f"byte {trouble.start + 1} of the line is {raw[trouble.start]:#04x}"
                raise ValueError(f"not UTF-8 text ({byte}); save the file as CSV in UTF-8") from None
            if "\0" in line:
                raise ValueError("holds a NUL character; is this a CSV file in UTF-8?")
            yield line


class _Rows:
    """Rows of a CSV file with their line numbers; what is malformed goes to `found`."""

    def __init__(self, path: Path, found: Mistakes) -> None:
        self._reader = csv.reader(_lines(path), strict=True)
        self._found = found
        self._header_line = 1
        first = next(self._every(), None)
        if first is not None:
            self._header_line = first[0]
        elif not found:
            found.add("line 1", "the file is empty; its first line must name the columns")
        self.header = [name.strip() for name in first[1]] if first else []
        for name in sorted({n for n in self.header if self._folded().count(n.casefold()) > 1}):
            self.complain(f"more than one column is called {name!r}")

    def _folded(self) -> list[str]:
        return [name.casefold() for name in self.header]

    def complain(self, message: str) -> None:
        """Note a mistake in the header."""
        self._found.add(f"line {self._header_line}", message)

    def column(self, name: str) -> int | None:
        """Return where the column `name` stands (capitals do not matter), or None if there is none."""
        folded = self._folded()
        return folded.index(name.casefold()) if name.casefold() in folded else None

    def needed(self, name: str) -> int:
        """Return where the column `name` stands; note a mistake and return -1 if there is none."""
        where = self.column(name)
        if where is None and self.header:
            message = f"no column {name!r}{nearest(name, [short(n) for n in self.header])}"
            if mark := other_separator(self.header):
                message = f"no column {name!r}: columns must be separated by commas, not by {mark!r}"
            self.complain(message)
        return -1 if where is None else where

    def _every(self) -> Iterator[tuple[int, list[str]]]:
        while True:
            before = self._reader.line_num
            try:
                row = next(self._reader, None)
            except csv.Error as trouble:  # a broken quote: nothing after it can be told apart
                self._found.add(f"line {max(before + 1, 1)}", f"malformed CSV: {trouble}")
                return
            except ValueError as trouble:
                self._found.add(f"line {self._reader.line_num + 1}", str(trouble))
                return
            except OSError as trouble:
                self._found.add("path", f"cannot be read: {trouble.strerror}")
                return
            if row is None:
                return
            if any(cell.strip() for cell in row):
                yield self._reader.line_num, row

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        width = len(self.header)
        for line, row in self._every():
            if len(row) == width:
                yield line, [cell.strip() for cell in row]
            else:
                self._found.add(f"line {line}", f"has {len(row)} columns; the header has {width}")


def _read_edges(path: Path, weight_column: str | None, found: Mistakes) -> Edges:
    edges = Edges()
    rows = _Rows(path, found)
    giver, taker = rows.needed("source"), rows.needed("target")
    heavy = rows.column("weight") if weight_column is None else rows.needed(weight_column)
    if weight_column is None and heavy is None:
        # A misspelt weight must not turn a weighted network into an unweighted one.
        folded = [name.casefold() for name in rows.header]
        for name in difflib.get_close_matches("weight", folded, n=1, cutoff=0.75):
            rows.complain(f"column {name!r} is not known; did you mean weight? (or set weight_column)")
    if found:
        return edges
    column = rows.header[heavy] if heavy is not None else "weight"
    seen = 0
    for line, row in rows:
        seen += 1
        if seen > MOST_TIES:
            found.add(f"line {line}", f"more than {MOST_TIES:,} ties, the most that are allowed")
            break
        source, target = row[giver], row[taker]
        good = good_label(source, f"line {line}, column source", found)
        good = good_label(target, f"line {line}, column target", found) and good
        if good and source == target:
            found.add(f"line {line}", f"{source!r} is tied to itself; source and target must differ")
        weight = 1.0
        if heavy is not None:
            weight = read_weight(row[heavy], f"line {line}, column {column}", found)
        if good:
            edges.add(source, target, weight, line)
    if not seen and not found:
        found.add("line 2", "no ties; allowed: at least one row below the header")
    return edges


def _read_nodes(path: Path, found: Mistakes) -> _Nodes | None:
    if not _usable(path, found, (".csv",)):
        return None
    nodes = _Nodes()
    rows = _Rows(path, found)
    node = rows.needed("node")
    for position, name in enumerate(rows.header, 1):
        if not name:
            rows.complain(f"column {position} has no name")
        elif not clean(name):
            rows.complain(f"the name of column {position} {CLEAN}")
    if found:
        return None
    lines: dict[str, int] = {}
    cells: list[list[str]] = []
    for line, row in rows:
        label = row[node]
        if not good_label(label, f"line {line}, column node", found):
            continue
        if label in lines:
            first = f"node {label!r} is already on line {lines[label]}"
            found.add(f"line {line}", f"{first}; each may stand once")
            continue
        if len(lines) >= MOST_PEOPLE:
            found.add(f"line {line}", f"more than {MOST_PEOPLE:,} people, the most that are allowed")
            break
        for name, cell in zip(rows.header, row, strict=True):
            where = f"line {line}, column {name}"
            if len(cell) > MOST_TEXT and name != rows.header[node]:
                found.add(where, f"has {len(cell)} characters; allowed: at most {MOST_TEXT}")
            elif not clean(cell):
                found.add(where, CLEAN)
        lines[label] = line
        cells.append(row)
    if not lines and not found:
        found.add("line 2", "no nodes; allowed: at least one row below the header")
    nodes.row = {label: row for row, label in enumerate(lines)}
    for position, name in enumerate(rows.header):
        if position != node:
            nodes.groups[name] = attribute([row[position] for row in cells])
    return nodes
