"""Ties from files: edge-list CSV and GraphML, node attributes, and every mistake in them in words.

Everything here ends in a `TieTable` or in one `InputError` that names the file, the line and what is
allowed. Nothing is repaired in silence: a row that cannot be used is a mistake, never left out.
"""

from __future__ import annotations

import csv
import difflib
import math
import re
import warnings
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as item
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectsim.errors import InputError, Mistake, nearest

#: Most people in one population and most ties between them (stored ties; an undirected one counts twice).
#: Limits of this package, not of the theory: they keep a slip of the keyboard from filling the memory.
MOST_PEOPLE = 20_000_000
MOST_TIES = 50_000_000

#: Weights outside this range are taken for mistakes; inside it single precision cannot run over or under.
LEAST_WEIGHT, MOST_WEIGHT = 1e-9, 1e9
WEIGHT_RULE = f"allowed: a number from {LEAST_WEIGHT:g} to {MOST_WEIGHT:g}"

#: Mistakes that are listed one by one; the others are only counted.
LISTED = 10

_MOST_BYTES = {".csv": 2_000_000_000, ".graphml": 500_000_000, ".xml": 500_000_000}
_MOST_LINE = 1_000_000
_MOST_TEXT = 200
_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}")  # at most 18 digits, so that it fits 64 bits
_GONE = {"", "na", "nan", "n/a"}


@dataclass
class Mistakes:
    """Mistakes of one source (a file), collected: the first ones in words, all of them counted."""

    source: str
    listed: list[Mistake] = item(default_factory=list)
    count: int = 0

    def add(self, where: str, message: str) -> None:
        """Note one mistake."""
        self.count += 1
        if len(self.listed) < LISTED:
            self.listed.append(Mistake(where, message))

    def __bool__(self) -> bool:
        """Whether there are any."""
        return self.count > 0

    def all(self) -> list[Mistake]:
        """Return what an `InputError` should carry."""
        left = self.count - len(self.listed)
        more = f"and {left} more like these; {self.count} mistakes in this file"
        return [*self.listed, *([Mistake("...", more)] if left else [])]


def refuse(*found: Mistakes) -> None:
    """Raise one InputError with all mistakes of all sources; return if there are none."""
    bad = [mistakes for mistakes in found if mistakes]
    if len(bad) == 1:
        raise InputError(bad[0].source, bad[0].all())
    if bad:
        named = ((Path(mistakes.source).name, one) for mistakes in bad for one in mistakes.all())
        together = [Mistake(f"{name}: {one.where}", one.message) for name, one in named]
        raise InputError(" and ".join(mistakes.source for mistakes in bad), together)


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
        return _read_graphml(path, directed, weight_column or "weight", found)
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
    return _table(edges, list(known.row if known else edges.row), groups, bool(directed))


@dataclass
class _Edges:
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


@dataclass
class _Nodes:
    row: dict[str, int] = item(default_factory=dict)
    groups: dict[str, NDArray[Any]] = item(default_factory=dict)


def _table(edges: _Edges, labels: list[str], groups: Mapping[str, NDArray[Any]], directed: bool) -> TieTable:
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


def _usable(path: Path, found: Mistakes, endings: Iterable[str]) -> str:
    """Return the ending of a file that can be opened; note a mistake and return "" for any other."""
    ending = path.suffix.lower()
    try:
        if path.is_dir():
            found.add("path", "is a directory; name a file in it")
        elif not path.exists():
            close = difflib.get_close_matches(path.name, _neighbours(path), n=1, cutoff=0.6)
            found.add("path", "no such file" + (f"; did you mean {close[0]}?" if close else ""))
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


def _neighbours(path: Path) -> list[str]:
    return [near.name for near in path.parent.iterdir()] if path.parent.is_dir() else []


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
            message = f"no column {name!r}{nearest(name, [_short(n) for n in self.header])}"
            if len(self.header) == 1 and (marks := [m for m in ";\t|" if m in self.header[0]]):
                message = f"no column {name!r}: columns must be separated by commas, not by {marks[0]!r}"
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


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}..."


def _good_label(label: str, where: str, found: Mistakes) -> bool:
    if not label:
        found.add(where, "is empty; allowed: the name or number of a person")
    elif len(label) > _MOST_TEXT:
        found.add(where, f"has {len(label)} characters; allowed: at most {_MOST_TEXT}")
    return 0 < len(label) <= _MOST_TEXT


def _weight(text: Any, where: str, found: Mistakes) -> float:
    try:
        if isinstance(text, bool) or "_" in str(text):  # Python takes 1_000 for a number, nobody else does
            raise ValueError
        weight = float(text)
    except (TypeError, ValueError):
        found.add(where, f"weight {_short(str(text))!r} is not a number; {WEIGHT_RULE}")
        return math.nan
    if not LEAST_WEIGHT <= weight <= MOST_WEIGHT:  # false for NaN as well
        found.add(where, f"weight is {_short(str(text))}; {WEIGHT_RULE}")
    return weight


def _read_edges(path: Path, weight_column: str | None, found: Mistakes) -> _Edges:
    edges = _Edges()
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
        good = _good_label(source, f"line {line}, column source", found)
        good = _good_label(target, f"line {line}, column target", found) and good
        if good and source == target:
            found.add(f"line {line}", f"{source!r} is tied to itself; source and target must differ")
        weight = 1.0
        if heavy is not None:
            weight = _weight(row[heavy], f"line {line}, column {column}", found)
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
    if found:
        return None
    lines: dict[str, int] = {}
    cells: list[list[str]] = []
    for line, row in rows:
        label = row[node]
        if not _good_label(label, f"line {line}, column node", found):
            continue
        if label in lines:
            first = f"node {label!r} is already on line {lines[label]}"
            found.add(f"line {line}", f"{first}; each may stand once")
            continue
        if len(lines) >= MOST_PEOPLE:
            found.add(f"line {line}", f"more than {MOST_PEOPLE:,} people, the most that are allowed")
            break
        for name, cell in zip(rows.header, row, strict=True):
            if len(cell) > _MOST_TEXT and name != rows.header[node]:
                message = f"has {len(cell)} characters; allowed: at most {_MOST_TEXT}"
                found.add(f"line {line}, column {name}", message)
        lines[label] = line
        cells.append(row)
    if not lines and not found:
        found.add("line 2", "no nodes; allowed: at least one row below the header")
    nodes.row = {label: row for row, label in enumerate(lines)}
    for position, name in enumerate(rows.header):
        if position != node:
            nodes.groups[name] = attribute([row[position] for row in cells])
    return nodes


def attribute(cells: list[str]) -> NDArray[Any]:
    """Return one node attribute as int64, float64 or text, whichever all its cells allow.

    Empty cells (and NA, NaN) among numbers become NaN, which belongs to no group; a column of nothing
    but empty cells stays text.
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


def _read_graphml(path: Path, directed: bool | None, weight_name: str, found: Mistakes) -> TieTable:
    import networkx as nx

    edges = _Edges()
    refuse(found)
    _check_graphml(path, found)
    refuse(found)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about ports and untyped keys, which are not used here
            graph = nx.read_graphml(path, node_type=str)
    except Exception as trouble:  # networkx lets KeyError, TypeError and others through on malformed input
        found.add("graph", f"malformed GraphML: {_short(str(trouble)) or type(trouble).__name__}")
        refuse(found)
        raise AssertionError from trouble
    if directed and not graph.is_directed():
        found.add("graph", "is undirected; directed must be false or left out")
    links = list(graph.edges(data=True))
    weighted = any(weight_name in data for *_, data in links)
    if not weighted and weight_name != "weight":
        known = {str(name) for *_, data in links for name in data}
        found.add("graph", f"no edge has {weight_name!r}{nearest(weight_name, known)}")
    for source, target, data in links:
        where = f"edge {_short(source)} -> {_short(target)}"
        if source == target:
            found.add(where, f"{_short(source)!r} is tied to itself; source and target must differ")
        if weighted and weight_name not in data:
            found.add(where, f"has no {weight_name}, while other edges have one; {WEIGHT_RULE}")
        else:
            edges.add(source, target, _weight(data.get(weight_name, 1.0), where, found))
    if not links:
        found.add("graph", "no ties; allowed: at least one edge")
    labels = list(graph.nodes)
    names = sorted({str(name) for _, data in graph.nodes(data=True) for name in data})
    texts = {n: [str(data.get(n, "")) for _, data in graph.nodes(data=True)] for n in names}
    for name, cells in texts.items():
        if max(map(len, cells)) > _MOST_TEXT:
            message = f"is too long; allowed: at most {_MOST_TEXT} characters"
            found.add(f"node attribute {_short(name)}", message)
    refuse(found)
    groups = {name: attribute(cells) for name, cells in texts.items()}
    return _table(edges, labels, groups, graph.is_directed() if directed is None else directed)


def _check_graphml(path: Path, found: Mistakes) -> None:
    """Note what networkx would pass over in silence: repeated or undeclared nodes, more than one graph."""
    from xml.etree import ElementTree

    try:
        root = ElementTree.parse(path).getroot()
    except ElementTree.ParseError as trouble:
        line, column = trouble.position
        found.add(f"line {line}, column {column + 1}", f"malformed GraphML: {str(trouble).partition(':')[0]}")
        return
    except (LookupError, ValueError) as trouble:  # an encoding that does not exist or does not fit
        found.add("line 1", f"malformed GraphML: {_short(str(trouble))}")
        return
    graphs = [child for child in root if child.tag.rpartition("}")[2] == "graph"]
    if root.tag.rpartition("}")[2] != "graphml" or len(graphs) != 1:
        held = f"<{_short(root.tag)}> with {len(graphs)} graphs in it"
        found.add("graph", f"not GraphML with one graph: {held}")
        return
    ids: set[str] = set()
    for element in root.iter():
        if element.tag.rpartition("}")[2] == "node":
            label = element.get("id", "")
            if _good_label(label, "node id", found) and label in ids:
                found.add(f"node {label}", "is declared twice; each node may stand once")
            ids.add(label)
    for element in root.iter():
        if element.tag.rpartition("}")[2] == "edge":
            source, target = element.get("source", ""), element.get("target", "")
            for label in sorted({source, target} - ids):
                where = f"edge {_short(source)} -> {_short(target)}"
                found.add(where, f"{_short(label)!r} is not a node of this graph")
