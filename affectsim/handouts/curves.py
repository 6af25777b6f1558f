"""The three systems over time, small enough for a hand-out: told apart by colour, dashes, mark and word."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes

from affectsim.handouts.pictures import Course
from affectsim.plots.style import COLOURS, GREY, INK, SHAPES
from affectsim.readouts import SYSTEMS

_DASHES: dict[str, Any] = {"threat": "-", "drive": (0, (6, 2.5)), "soothing": (0, (1.5, 1.2))}


def draw_course(axes: Axes, shown: Course, words: dict[str, str], size: float = 8.0) -> None:
    """Draw a course into axes: one line per system, or per system and arm (without training: thin, dashed)."""
    several = len(shown.arms) > 1
    highest = max(float(found.max()) for found in shown.arms.values())
    top = max(0.5, 0.1 * int(10 * highest + 1.5))
    for number, (_, found) in enumerate(sorted(shown.arms.items(), key=lambda item: item[0] != "training")):
        for row, system in enumerate(SYSTEMS):
            if several and system == "drive":
                continue
            style = ("-", (0, (4, 2.5)))[number] if several else _DASHES[system]
            axes.plot(
                shown.times, found[row], color=COLOURS[system], linestyle=style,
                linewidth=1.2 if number else 2.0, marker=SHAPES[system], markersize=0 if number else 4,
                markevery=max(1, shown.times.size // 9),
            )  # fmt: skip
    ends = sorted((float(next(iter(shown.arms.values()))[row, -1]), system) for row, system in enumerate(SYSTEMS))
    last = -1.0
    for value, system in ends:
        if several and system == "drive":
            continue
        last = max(value, last + 0.085 * top)
        axes.annotate(
            words[f"page.systems.{system}"], (1.02, last), xycoords=("axes fraction", "data"), color=COLOURS[system],
            fontsize=size, va="center", weight="bold", annotation_clip=False, parse_math=False,
        )  # fmt: skip
    for hour, name in shown.events:
        axes.axvline(hour, color=GREY, linewidth=0.8, linestyle=(0, (1, 2)))
        axes.annotate(
            words[f"page.events.{name}.short"], (hour, top), xytext=(3, -1), textcoords="offset points",
            fontsize=size - 0.5, va="top", color=INK, parse_math=False,
        )  # fmt: skip
    axes.set_ylim(0, top)
    axes.set_xlim(float(shown.times[0]), float(shown.times[-1]))
    axes.set_xlabel(words[f"axis_{shown.unit}"], fontsize=size, color=INK)
    axes.set_ylabel(words["activation"], fontsize=size, color=INK)
    axes.tick_params(labelsize=size - 0.5, colors=GREY, length=2)
    # In per cent, as the page shows it.
    axes.yaxis.set_major_formatter(lambda value, _: words["percent"].format(value=round(100 * value)))
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GREY)
    axes.patch.set_alpha(0)
