"""The sections of a report on an experiment: what its README asks and says, and its numbers."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

from affectsim.experiments.tables import Numbers, from_plain
from affectsim.reports import wording
from affectsim.reports.blocks import Block, Section, Table, Words
from affectsim.reports.kinds import pictures, sections
from affectsim.reports.manifest import Manifest

#: How paragraphs of a README begin that say what the report says in its own words.
_NOT_SAID = ("Run it again", "All sizes are")


@sections("experiment", "an experiment")
def sections_of_experiment(manifest: Manifest) -> list[Section]:
    """Return question and finding as the README says them, the numbers and the figure of an experiment."""
    path = manifest.folder / "results.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        numbers = from_plain(found["tables"])
        size = str(found.get("size", ""))
        compared = list(dict.fromkeys(str(one["condition"]) for one in found["scenarios"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        numbers, size, compared = [], "", []
    said = paragraphs(_readme(manifest))
    design: list[Block] = []
    if compared:
        design = [Words(f"Compared: {'; '.join(compared)}. Of the first of them:")]
    design += wording.design(manifest.scenario)
    if size and size != "full":
        design.append(Words(f"This is the {size} size; what the README found is of the full size."))
    return [
        Section("Question and finding", [Words(text) for text in said]),
        Section("Design", design),
        Section("Results", [_table(one) for one in numbers]),
        Section("Figures", pictures(manifest)),
    ]


def _readme(manifest: Manifest) -> Path:
    written = str(manifest.values.get("inputs", {}).get("design", {}).get("path", "design.toml"))
    return (manifest.working_folder / written).parent / "README.md"


def paragraphs(path: Path) -> list[str]:
    """Return the paragraphs of a README, without headings, figures, tables, code and marks; none if it is gone."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return []
    text = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.S)
    found = []
    for piece in re.split(r"\n\s*\n", text):
        line = " ".join(piece.split())
        if not line or line.startswith(("#", "!", "|")):
            continue
        line = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", line)
        line = re.sub(r"\*\*(.+?)\*\*|`([^`]*)`", lambda match: match[1] or match[2] or "", line)
        if not line.startswith(_NOT_SAID):
            found.append(line)
    return found


def _clear(found: tuple[float | None, float | None, float | None]) -> bool:
    _, low, high = found
    return low is not None and high is not None and (low > 0 or high < 0)


def _cell(value: float | None, low: float | None, high: float | None) -> str:
    # What is no number (an effect where nothing varies) stands as null in JSON.
    if value is None or math.isnan(value):
        return "-"
    if low is None or high is None or math.isnan(low):
        return f"{value:.3f}"
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"


def _table(numbers: Numbers) -> Block:
    known = numbers.rows
    if numbers.style == "traits":
        # Of many traits only those that differ clearly, as in the README.
        known = {name: cells for name, cells in known.items() if any(map(_clear, cells.values()))}
        if not known:
            return Words(f"{numbers.title}: no trait differs clearly.")
    columns = list(dict.fromkeys(column for cells in known.values() for column in cells))
    rows = []
    for name, cells in known.items():
        shown = []
        for column in columns:
            found = cells.get(column)
            shown.append("-" if found is None else _cell(*found))
        rows.append([name, *shown])
    if len(columns) > max(5, len(rows)):
        # Wider than long: turned, so that it fits on a page.
        turned = [[column, *(row[k + 1] for row in rows)] for k, column in enumerate(columns)]
        return Table(numbers.title, ["", *(row[0] for row in rows)], turned)
    return Table(numbers.title, ["", *columns], rows)
