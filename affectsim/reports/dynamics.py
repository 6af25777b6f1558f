"""The sections of a report on resting states: phase plane and bifurcation diagram."""

from __future__ import annotations

import json
from typing import Any

from affectsim.readouts import SYSTEMS
from affectsim.reports.blocks import Block, Listed, Section, Table, Words, number
from affectsim.reports.kinds import csv_table, pictures, sections
from affectsim.reports.manifest import Manifest


@sections("bifurcation", "resting states along a parameter")
def sections_of_bifurcation(manifest: Manifest) -> list[Section]:
    """Return question, findings, folds and figures of a bifurcation study."""
    values = manifest.values
    name = str(values.get("parameter", "a parameter"))
    low, high = (number(float(end)) for end in (values.get("range") or (0.0, 0.0)))
    asked = f"Where does the median person come to rest as {name} goes from {low} to {high}, and where does that tip?"
    design = _said(manifest)[:1]
    blocks: list[Block] = [Listed(_said(manifest)[1:])] if _said(manifest) else []
    return [
        Section("Question", [Words(asked)]),
        Section("Design", [Words(line[:1].upper() + line[1:] + ".") for line in design]),
        Section("Results", [*blocks, *_folds(manifest, name)]),
        Section("Figures", pictures(manifest)),
    ]


@sections("phase", "where a person comes to rest")
def sections_of_phase(manifest: Manifest) -> list[Section]:
    """Return question, resting states and figure of a phase plane."""
    pair = " and ".join(str(one) for one in manifest.values.get("plane", ()))
    asked = f"Where does the median person come to rest, and from where, in the plane of {pair}?"
    said = _said(manifest)
    path = manifest.folder / "equilibria.csv"
    states = csv_table(path, "States at rest (stable: 1 = a person can stay there)") if path.is_file() else []
    return [
        Section("Question", [Words(asked)]),
        Section("Design", [Words(line[:1].upper() + line[1:] + ".") for line in said[:1]]),
        Section("Results", [Listed(said[1:]), *states]),
        Section("Figures", pictures(manifest)),
    ]


def _said(manifest: Manifest) -> list[str]:
    found = manifest.values.get("said")
    return [str(line) for line in found] if isinstance(found, list) else []


def _folds(manifest: Manifest, name: str) -> list[Block]:
    try:
        found: Any = json.loads((manifest.folder / "bifurcation.json").read_text(encoding="utf-8"))
        rows = [
            [number(float(fold["at"])), str(fold["which"]), "appears" if fold["exists"] == "above" else "ends",
             *(f"{float(value):.3f}" for value in fold["state"])]
            for fold in found["folds"]
        ]  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError):
        return []
    if not rows:
        return [Words("There is no fold in this range.")]
    words = "appears or ends as it rises"
    return [Table(f"Folds of the resting states along {name}", [name, "state", words, *SYSTEMS], rows)]
