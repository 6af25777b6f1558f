"""A result as one HTML file: the sections of its kind, how it was made, and how to make it again."""

from __future__ import annotations

from affectsim.reports import dynamics, experiments, runs, studies, sweeps, wording  # noqa: F401  (kinds declare themselves)
from affectsim.reports.kinds import KINDS, plain
from affectsim.reports.manifest import Manifest
from affectsim.reports.page import page
from affectsim.reports.rerun import edited


def report(manifest: Manifest) -> str:
    """Return the report of a result as one HTML file. Raises InputError if its files cannot be read."""
    called, function = KINDS.get(manifest.kind, (manifest.kind or "a result", plain))
    title = str(manifest.values.get("question") or manifest.values.get("title") or "")
    title = title or f"{called[:1].upper()}{called[1:]}: {manifest.folder.name}"
    changed = [f"{line.name} ({line.state})" for line in edited(manifest)]
    notices = []
    if changed:
        notices = ["Since this result was written, files in its folder were changed: " + ", ".join(changed) + "."]
    found = [one for one in function(manifest) if one.blocks]
    return page(title, called, notices, [*found, wording.methods(manifest), wording.again(manifest)])
