"""What all figures share: colours, shapes, words, the foot with the disclaimer, and how they are written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from affectsim.readouts import SYSTEMS
from affectsim.results import DISCLAIMER
from affectsim.trial import period_mean

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

Float = npt.NDArray[np.float64]

#: Okabe and Ito (2008): vermillion, blue, bluish green.
COLOURS = {"threat": "#D55E00", "drive": "#0072B2", "soothing": "#009E73"}
SHAPES = {"threat": "^", "drive": "s", "soothing": "o"}
#: Okabe and Ito's yellow: a halo around what changed.
CHANGED = "#F0E442"
INK, GREY, PALE = "#222222", "#6E6E6E", "#ECECEC"
WORDS = {
    "training": "with training",
    "waiting-list": "waiting list",
    "usual-care": "usual care",
    "active": "relaxation",
    "cognitive-behavioural": "cognitive therapy",
    "untrained": "without training",
}
OUTCOMES = {
    "balance": "Balance of the three systems",
    "threat_dominant": "Less time with threat strongest",
    "threat": "Less threat",
    "drive": "More drive",
    "soothing": "More soothing",
}
_TEXT = 11
#: Names inside an SVG come from this and not from chance; letters are outlines, the same on every machine.
_RULES: Any = {"svg.hashsalt": "affectsim", "svg.fonttype": "path"}


def new_figure(width: float, height: float, title: str, subtitle: str) -> Figure:
    """Return an empty figure (inches) with a title, one sentence under it, and the disclaimer at its foot."""
    figure = Figure(figsize=(width, height), facecolor="white")
    figure.text(0.02, 1 - 0.14 / height, title, fontsize=_TEXT + 4, weight="bold", color=INK, va="top")
    figure.text(0.02, 1 - 0.46 / height, subtitle, fontsize=_TEXT, color=INK, va="top", linespacing=1.3)
    figure.text(0.02, 0.08 / height, DISCLAIMER, fontsize=_TEXT - 3, color=GREY, va="bottom")
    return figure


def plain(axes: Axes) -> None:
    """Take away what carries no information from a pair of axes."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GREY)
    axes.tick_params(labelsize=_TEXT - 1, color=GREY)


def span_mean(run: xr.Dataset, name: str, span: tuple[float, float]) -> Float:
    """Return the mean of a variable over the records in a span of days, shape (run, person)."""
    return np.asarray(period_mean(run, run[name], span).transpose("run", "person").to_numpy(), dtype=np.float64)


def strongest(run: xr.Dataset, span: tuple[float, float]) -> npt.NDArray[np.int64]:
    """Return the number in `SYSTEMS` of the system with the highest mean in a span, shape (run, person)."""
    means = np.stack([span_mean(run, name, span) for name in SYSTEMS])
    return np.asarray(np.argmax(means, axis=0), dtype=np.int64)


def arm_rows(run: xr.Dataset, arm: str) -> npt.NDArray[np.int64]:
    """Return the numbers of the runs of one arm, one per replicate. Raises ValueError if there are none."""
    rows = np.flatnonzero(run["arm"].to_numpy() == arm)
    if rows.size == 0:
        raise ValueError(f'no run of arm "{arm}"; there are {", ".join(sorted(set(run["arm"].to_numpy())))}')
    return rows.astype(np.int64)


def arms(run: xr.Dataset) -> list[str]:
    """Return the arms of a run, each once, the untrained world first."""
    return sorted(set(run["arm"].to_numpy().tolist()), key=lambda arm: (arm == "training", arm))


def save(figure: Figure, path: Path) -> None:
    """Write a figure as its suffix says (.svg, .png); the same figure gives the same bytes each time."""
    metadata = {".svg": {"Date": None}, ".png": {"Software": None}}.get(path.suffix, {})
    with mpl.rc_context(_RULES):
        figure.savefig(path, dpi=120, metadata=metadata)
