"""Figures that are drawn for a report, as SVG text."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from affectsim.reports.blocks import Picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def picture(figure: Figure, alt: str) -> Picture:
    """Return a figure as a block."""
    from affectsim import plots

    with tempfile.TemporaryDirectory(prefix="affectsim-") as place:
        path = Path(place) / "figure.svg"
        plots.save(figure, path)
        return Picture(path.read_text(encoding="utf-8"), alt)
