"""A run as a moving picture: everybody in the triangle, or on the network, day by day, the worlds side by side."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.animation import PillowWriter
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from affectsim.plots.network import MOST_TIES_DRAWN, Placed, key
from affectsim.plots.style import COLOURS, GREY, INK, SHAPES, WORDS, Float, arms, new_figure
from affectsim.plots.triangle import CORNERS, grid, label
from affectsim.readouts import SYSTEMS

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

Whole = npt.NDArray[np.int64]
#: Limits of this package: a clip is for a slide, not an archive.
MOST_FRAMES, MOST_WIDTH, LEAST_WIDTH = 600, 1920, 320
#: Bytes for each pixel of a frame, measured on runs of 24 to 200 people; an estimate only, few people need less.
BYTES_PER_PIXEL = {".gif": 0.045, ".webp": 0.012}
#: Frames drawn in a second at 900 x 500 pixels, measured on one core.
FRAMES_PER_SECOND = 12.0
VIEWS = ("triangle", "network", "both")


class Film(NamedTuple):
    """A run, cut into frames.

    `days`: (from, to) of each frame, (frames, 2). `shares`: of each system in the sum of the three, by arm,
    (frames, people, 3). `chosen`: who was offered training, (people,).
    """

    days: Float
    shares: dict[str, Float]
    chosen: npt.NDArray[np.bool_]


class Estimate(NamedTuple):
    """What a clip will be: frames, pixels, and about how many bytes and seconds of work."""

    frames: int
    width: int
    height: int
    bytes: int
    seconds: float


def cut(run: xr.Dataset, frames: int) -> Film:
    """Return a run in at most this many frames of equal numbers of records; the first replicate of each arm.

    Raises ValueError if single people were not recorded.
    """
    if "threat" not in run or not run.sizes.get("person"):
        raise ValueError("no single people were recorded; run it again with --set record.people=all")
    time = run["time"].to_numpy()
    each = -(-time.size // min(frames, time.size))
    starts = np.arange(0, time.size, each)
    ends = np.minimum(starts + each, time.size)
    step = float(time[0]) if time.size == 1 else float(time[1] - time[0])
    days = np.stack([time[starts] - step, time[ends - 1]], axis=1)
    rows = {arm: int(np.flatnonzero(run["arm"].to_numpy() == arm)[0]) for arm in arms(run)}
    shares = {}
    for arm, row in rows.items():
        values = np.stack([run[name].transpose("run", "time", "person").to_numpy()[row] for name in SYSTEMS], axis=-1)
        means = np.stack([values[a:b].mean(axis=0) for a, b in zip(starts, ends, strict=True)])
        shares[arm] = means / np.maximum(means.sum(axis=-1, keepdims=True), 1e-12)
    first = next(iter(rows.values()))
    chosen = run["chosen"].to_numpy()[first] if "chosen" in run else np.zeros(run.sizes["person"], dtype=bool)
    return Film(days, shares, np.asarray(chosen, dtype=bool))


def estimate(film: Film, view: str, width: int, suffix: str) -> Estimate:
    """Return what a clip will be, before anything is drawn."""
    inches = _size(film, view)
    height = 2 * round(width * inches[1] / inches[0] / 2)
    count = len(film.days)
    pixels = width * height
    return Estimate(
        count, width, height, int(count * pixels * BYTES_PER_PIXEL[suffix]),
        1 + count * pixels / (900 * 500) / FRAMES_PER_SECOND,
    )  # fmt: skip


def animate(
    film: Film, path: Path, view: str = "triangle", *, placed: Placed | None = None, width: int = 900,
    rate: float = 10.0, progress: Callable[[int, int], None] | None = None,
) -> None:  # fmt: skip
    """Write a film as GIF or WebP, as the suffix of `path` says; whole or not at all, the same bytes each time.

    `view`: "triangle", "network" or "both"; for a network `placed` says where its people are drawn. `width`: pixels.
    `rate`: frames per second. Raises OSError where the disk refuses.
    """
    figure, moving = _stage(film, view, placed)
    inches = _size(film, view)
    dpi = width / inches[0]
    partial = path.with_name(f".{path.stem}.{os.getpid()}.partial{path.suffix}")
    writer = _Writer(fps=rate)  # type: ignore[arg-type]  # any number will do
    try:
        with writer.saving(figure, str(partial), dpi):
            for number in range(len(film.days)):
                moving(number)
                writer.grab_frame()
                if progress:
                    progress(number + 1, len(film.days))
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


class _Writer(PillowWriter):
    """matplotlib's writer; WebP without loss, since flat colours stay small and edges sharp, GIF in one palette."""

    def finish(self) -> None:
        from PIL import Image

        frames = [frame.convert("RGB") for frame in self._frames]  # type: ignore[attr-defined]
        duration = round(1000 / self.fps)
        path = Path(self.outfile)
        if path.suffix == ".webp":
            frames[0].save(path, save_all=True, append_images=frames[1:], duration=duration, loop=0, lossless=True,
                           method=3, quality=60)  # fmt: skip
            return
        # One palette for all frames, from a frame with everything in it: marks do not change their colour on the way.
        palette = frames[len(frames) // 2].quantize(128, method=Image.Quantize.MEDIANCUT)
        drawn = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
        drawn[0].save(
            path, save_all=True, append_images=drawn[1:], duration=duration, loop=0, optimize=False, disposal=1
        )


def _size(film: Film, view: str) -> tuple[float, float]:
    columns, rows = len(film.shares), 2 if view == "both" else 1
    return max(4.6 * columns, 6.2), 1.7 + 4.05 * rows


def _stage(film: Film, view: str, placed: Placed | None) -> tuple[Figure, Callable[[int], None]]:
    """Return the figure with everything that stands still, and what moves the rest to a frame."""
    width, height = _size(film, view)
    kinds = ("triangle", "network") if view == "both" else (view,)
    words = {
        "triangle": "Nearer to a corner: a larger share of that system. Cross: mean of all.",
        "network": "A mark is a person, a line a tie.",
    }
    people = next(iter(film.shares.values())).shape[1]
    rim = " Black rim: offered training." if film.chosen.any() else ""
    said = f"{people:,} people. {' '.join(words[kind] for kind in kinds)}{rim}"
    figure = new_figure(width, height, "", textwrap.fill(said, int(10.5 * width)))
    FigureCanvasAgg(figure)
    day = figure.text(0.02, 1 - 0.14 / height, "", fontsize=17, weight="bold", color=INK, va="top")
    moves: list[Callable[[int], None]] = []
    for row, kind in enumerate(kinds):
        for column, (arm, shares) in enumerate(film.shares.items()):
            share = 1 / len(film.shares)
            bottom = (0.68 + 4.05 * (len(kinds) - 1 - row)) / height
            axes = figure.add_axes((column * share + 0.01, bottom, share - 0.02, 3.6 / height))
            axes.set_axis_off()
            axes.set_aspect("equal")
            if row == 0:
                axes.set_title(WORDS.get(arm, arm).capitalize(), fontsize=13, weight="bold", color=INK, pad=4)
            if kind == "triangle":
                moves.append(_triangle(axes, shares, film.chosen))
            else:
                assert placed is not None
                moves.append(_network(axes, shares, film.chosen, placed))
    key(figure, height)

    def move(number: int) -> None:
        low, high = film.days[number]
        first, last = int(np.floor(low + 1e-6)) + 1, max(int(np.ceil(high - 1e-6)), 1)
        day.set_text(f"Day {last}" if first >= last else f"Days {first} to {last}")
        for one in moves:
            one(number)

    return figure, move


def _triangle(axes: Axes, shares: Float, chosen: npt.NDArray[np.bool_]) -> Callable[[int], None]:
    axes.set_xlim(-0.16, 1.16)
    axes.set_ylim(-0.16, 1.0)
    grid(axes)
    label(axes, [name.title() for name in SYSTEMS], 12)
    size = float(np.sqrt(np.clip(9000 / shares.shape[1], 5, 60)))
    put = _marks(axes, size, chosen)
    crosses = [
        axes.plot([], [], marker="+", markersize=16, markeredgewidth=width, color=colour, zorder=7)[0]
        for width, colour in ((5.0, "white"), (2.4, INK))
    ]

    def move(number: int) -> None:
        put(shares[number] @ CORNERS, shares[number].argmax(axis=1))
        mean = shares[number].mean(axis=0) @ CORNERS
        for cross in crosses:
            cross.set_data(mean[:1], mean[1:])

    return move


def _network(axes: Axes, shares: Float, chosen: npt.NDArray[np.bool_], placed: Placed) -> Callable[[int], None]:
    places = placed.places
    shown = placed.pairs[:: -(-len(placed.pairs) // MOST_TIES_DRAWN) or 1]
    gaps = np.full((len(shown), 1, 2), np.nan)
    lines = np.concatenate([places[shown], gaps], axis=1).reshape(-1, 2)
    shade = float(np.clip(250 / max(len(shown), 1), 0.08, 0.45))
    axes.plot(lines[:, 0], lines[:, 1], color=GREY, linewidth=0.5, alpha=shade, zorder=1)
    axes.set_xlim(-1.12, 1.12)
    axes.set_ylim(-1.22 if places[:, 1].min() < -1.1 else -1.12, 1.12)
    put = _marks(axes, float(np.sqrt(np.clip(7500 / len(places), 7, 90))), chosen[placed.drawn])

    def move(number: int) -> None:
        put(places, shares[number][placed.drawn].argmax(axis=1))

    return move


def _marks(axes: Axes, size: float, chosen: npt.NDArray[np.bool_]) -> Callable[[Float, Whole], None]:
    """Return what puts everybody to places (people, 2) with the look of the strongest system (people,)."""
    looks: Sequence[tuple[bool, str, float]] = ((False, "white", 0.5), (True, "black", 1.1))
    marks: dict[tuple[int, bool], Any] = {}
    for offered, rim, width in looks:
        for number, name in enumerate(SYSTEMS):
            marks[number, offered] = axes.plot(
                [], [], linestyle="", marker=SHAPES[name], color=COLOURS[name], markersize=size, markeredgecolor=rim,
                markeredgewidth=width, alpha=0.9, zorder=2 + offered,
            )[0]  # fmt: skip

    def put(places: Float, system: Whole) -> None:
        for (number, offered), mark in marks.items():
            mine = (system == number) & (chosen == offered)
            mark.set_data(places[mine, 0], places[mine, 1])

    return put
