"""Ties from GraphML, which brings its own nodes and their attributes; every mistake in it in words."""

from __future__ import annotations

import warnings
from pathlib import Path

from affectsim.errors import CLEAN, clean, nearest, visible
from affectsim.mistakes import Mistakes, refuse
from affectsim.networks.table import (
    MOST_TEXT,
    WEIGHT_RULE,
    Edges,
    TieTable,
    attribute,
    good_label,
    read_weight,
    short,
    tie_table,
)


def read_graphml(path: Path, directed: bool | None, weight_name: str, found: Mistakes) -> TieTable:
    """Return the nodes and ties of a GraphML file with one graph.

    `directed`: None means as the graph says. `weight_name`: the edge attribute with the weight; all weights are
    1 if no edge has one called "weight". `found`: collects; raises InputError if there is any mistake in it.
    """
    import networkx as nx

    edges = Edges()
    refuse(found)
    _check_graphml(path, found)
    refuse(found)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about ports and untyped keys, which are not used here
            graph = nx.read_graphml(path, node_type=str)
    except Exception as trouble:  # networkx lets KeyError, TypeError and others through on malformed input
        found.add("graph", f"malformed GraphML: {short(str(trouble)) or type(trouble).__name__}")
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
        where = f"edge {short(source)} -> {short(target)}"
        if source == target:
            found.add(where, f"{short(source)!r} is tied to itself; source and target must differ")
        if weighted and weight_name not in data:
            found.add(where, f"has no {weight_name}, while other edges have one; {WEIGHT_RULE}")
        else:
            edges.add(source, target, read_weight(data.get(weight_name, 1.0), where, found))
    if not links:
        found.add("graph", "no ties; allowed: at least one edge")
    labels = list(graph.nodes)
    names = sorted({str(name) for _, data in graph.nodes(data=True) for name in data})
    texts = {n: [str(data.get(n, "")) for _, data in graph.nodes(data=True)] for n in names}
    for name, cells in texts.items():
        where = f"node attribute {short(visible(name))}"
        if max(map(len, cells)) > MOST_TEXT:
            found.add(where, f"is too long; allowed: at most {MOST_TEXT} characters")
        if not all(map(clean, (name, *cells))):
            found.add(where, CLEAN)
    refuse(found)
    groups = {name: attribute(cells) for name, cells in texts.items()}
    return tie_table(edges, labels, groups, graph.is_directed() if directed is None else directed)


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
        found.add("line 1", f"malformed GraphML: {short(str(trouble))}")
        return
    graphs = [child for child in root if child.tag.rpartition("}")[2] == "graph"]
    if root.tag.rpartition("}")[2] != "graphml" or len(graphs) != 1:
        held = f"<{short(root.tag)}> with {len(graphs)} graphs in it"
        found.add("graph", f"not GraphML with one graph: {held}")
        return
    ids: set[str] = set()
    for element in root.iter():
        if element.tag.rpartition("}")[2] == "node":
            label = element.get("id", "")
            if good_label(label, "node id", found) and label in ids:
                found.add(f"node {label}", "is declared twice; each node may stand once")
            ids.add(label)
    for element in root.iter():
        if element.tag.rpartition("}")[2] == "edge":
            source, target = element.get("source", ""), element.get("target", "")
            for label in sorted({source, target} - ids):
                where = f"edge {short(source)} -> {short(target)}"
                found.add(where, f"{short(label)!r} is not a node of this graph")
