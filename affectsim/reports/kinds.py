"""Which sections a report has, by the command that made the result.

A new kind of result declares them: `@sections("trial", "what it is called")` above a function of a manifest. Without
that its report shows the tables (.csv, table.txt) and figures (.svg, .png) in its folder.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

from affectsim.reports import wording
from affectsim.reports.blocks import Block, Listed, Picture, Section, Table, Verbatim, Words
from affectsim.reports.manifest import Manifest

Sections = Callable[[Manifest], list[Section]]

KINDS: dict[str, tuple[str, Sections]] = {}
#: Rows of a table that are shown; the whole of it is in the folder.
MOST_ROWS = 30
#: Figures larger than this (bytes) are shown as the picture beside them, if there is one.
_LARGE = 1_500_000
_ALT = {
    "systems": "Threat, drive and soothing day by day, with training and without, and the difference to the own twin",
    "triangle": "Everybody as a mark in the triangle of the three systems, before and after, in each world",
    "network": "The network with the strongest system of everybody, before and after, in each world",
    "effects": "Effects of training with their intervals, and how many people are better or worse off than their twins",
    "bifurcation": "Resting states along the parameter; stable ones as full lines, unstable ones dashed",
    "folds": "Curves on which states appear or end, in two parameters",
    "early-warning": "Variance and lag-1 autocorrelation on the way to the fold, beside a control that stands still",
    "phase": "Plane of two systems: where neither changes, where it comes to rest, and from where",
    "fit": "What was observed in the diaries beside what the fitted population gives",
    "figure": "The outcomes of the experiment, a panel for each, with 95 % intervals; the numbers are in the tables",
    "result": "What the trial found, adjusted and per protocol with intervals, beside what is true in the model",
    "power": "Power at each number of people, with its exact interval, and the power that is wanted",
    "compare": "The difference of every pair, and their mean with its 95 % interval, for each outcome",
    "front": "Policies on the front: what each changes, with its interval in fresh replicates, against what it costs",
    "region": "Practitioners, waiting lists and balance of the region, year by year",
}


def sections(kind: str, called: str) -> Callable[[Sections], Sections]:
    """Declare the sections of a kind of result: the first word of its command, and what it is called."""

    def declare(function: Sections) -> Sections:
        KINDS[kind] = (called, function)
        return function

    return declare


def plain(manifest: Manifest, most: int = MOST_ROWS) -> list[Section]:
    """Return design, results and figures of any result, from what is in its folder; `most`: rows of a table."""
    said = manifest.values.get("said")
    lines = [str(line) for line in said] if isinstance(said, list) else []
    results: list[Block] = [Listed(lines)] if lines else []
    return [
        Section("Design", wording.design(manifest.scenario)),
        Section("Results", [*results, *texts(manifest), *tables(manifest, most)]),
        Section("Figures", pictures(manifest)),
    ]


def texts(manifest: Manifest) -> list[Block]:
    """Return the tables that were made for the terminal (.txt)."""
    found: list[Block] = []
    for name in manifest.files:
        path = manifest.folder / name
        if path.suffix == ".txt" and path.is_file():
            found.append(Verbatim(path.read_text(encoding="utf-8", errors="replace").rstrip(), name))
    return found


def tables(manifest: Manifest, most: int = MOST_ROWS) -> list[Block]:
    """Return the tables (.csv) of a result, the first rows of each."""
    found: list[Block] = []
    for name in manifest.files:
        path = manifest.folder / name
        if path.suffix == ".csv" and path.is_file():
            found += csv_table(path, name, most)
    return found


def csv_table(path: Path, caption: str, most: int = MOST_ROWS) -> list[Block]:
    """Return the first rows of a table in a file, and how many there are."""
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8", errors="replace"))))
    if not rows or not rows[0]:
        return []
    head = rows[0]
    body = [[_short(cell) for cell in [*row, *[""] * len(head)][: len(head)]] for row in rows[1 : most + 1]]
    more = len(rows) - 1 - len(body)
    words = f"{caption}; the first {len(body)} of {len(rows) - 1:,} rows, all are in the file" if more > 0 else caption
    return [Table(words, head, body)]


def _short(cell: str) -> str:
    try:
        value = float(cell)
    except ValueError:
        return cell or "-"
    return f"{value:.4g}" if not cell.lstrip("+-").isdigit() else cell


def pictures(manifest: Manifest) -> list[Block]:
    """Return the figures of a result: the SVG, or the PNG of the same name if that is all there is or far smaller."""
    stems: dict[str, list[Path]] = {}
    for name in manifest.files:
        path = manifest.folder / name
        if path.suffix in (".svg", ".png") and path.is_file():
            stems.setdefault(path.with_suffix("").name, []).append(path)
    order = {stem: place for place, stem in enumerate(_ALT)}
    found: list[Block] = []
    for stem in sorted(stems, key=lambda one: (order.get(one, len(order)), one)):
        by_size = {path.suffix: path for path in stems[stem]}
        drawn, dots = by_size.get(".svg"), by_size.get(".png")
        alt = _ALT.get(stem, f"Figure {stem}")
        if drawn is not None and (dots is None or drawn.stat().st_size < _LARGE):
            found.append(Picture(drawn.read_text(encoding="utf-8", errors="replace"), alt))
        elif dots is not None:
            found.append(Picture(dots.read_bytes(), alt))
    return found


def question(text: str) -> list[Section]:
    """Return the section that says what was asked, if something was."""
    return [Section("Question", [Words(text)])] if text else []
