"""The poster: the three systems, what each is for, how they push each other, and a morning computed by the model."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.patches import Circle

from affectsim.handouts.curves import draw_course
from affectsim.handouts.pictures import course
from affectsim.handouts.sheet import LEADING, SIZES, Sheet, broken
from affectsim.handouts.words import words
from affectsim.plots.style import COLOURS, GREY, INK, SHAPES
from affectsim.readouts import SYSTEMS

#: What happens on the morning of the picture: event, hours after eight.
MORNING = {"case": "alex", "events": [["harsh_criticism", 1], ["kind_friend", 3]]}
#: Where the circles stand (shares of the drawing; the same way round as on the page), and the activation that fills a
#: circle of the largest radius.
_PLACES = {"threat": (0.5, 0.23), "drive": (0.2, 0.7), "soothing": (0.8, 0.7)}
_FULL = 0.5


def poster(language: str, help_line: str = "", paper: str = "a3") -> Sheet:
    """Return the poster as a sheet of one page; `help_line`: where help is to be had nearby."""
    said = words(language)
    scale = SIZES[paper][0] / SIZES["a4"][0]
    foot = [said["page.page.disclaimer"]]
    if help_line.strip():
        foot.append(said["page.lessons.help_shown"].replace("{line}", help_line.strip()))
    sheet = Sheet(foot, said["page"], paper, margin=40 * scale, small=7.5 * scale)
    sheet.paragraph(said["poster.title"], 30 * scale, "bold", after=2 * scale)
    sheet.paragraph(said["poster.about"], 10.5 * scale, after=4 * scale)
    shown = course(MORNING)
    calm = dict(zip(SYSTEMS, (float(row[0]) for row in shown.arms[""]), strict=True))
    _circles(sheet, said, calm, 205 * scale, scale)
    sheet.paragraph(said["poster.circles"], 7.5 * scale, colour=GREY, after=8 * scale)
    _columns(sheet, said, scale)
    sheet.paragraph(said["poster.balance"], 10.5 * scale, "bold", after=6 * scale)
    sheet.paragraph(said["poster.curve"], 9 * scale, after=9 * scale)
    axes = sheet.axes(86 * scale, left=32 * scale, width=sheet.inner - 120 * scale)
    draw_course(axes, shown, said, 8 * scale)
    sheet.y -= 30 * scale
    sheet.paragraph(said["poster.fault"], 12 * scale, "bold", COLOURS["soothing"], after=0)
    return sheet


def _circles(sheet: Sheet, said: dict[str, str], calm: dict[str, float], height: float, scale: float) -> None:
    axes = sheet.axes(height)
    axes.set_axis_off()
    axes.set_xlim(0, sheet.inner)
    axes.set_ylim(0, height)
    places = {name: (x * sheet.inner, y * height) for name, (x, y) in _PLACES.items()}
    radii = {name: 50 * scale * math.sqrt(value / _FULL) for name, value in calm.items()}
    for name in SYSTEMS:
        axes.add_patch(Circle(places[name], radii[name], facecolor=COLOURS[name], edgecolor="none", alpha=0.9))
        axes.plot(*places[name], marker=SHAPES[name], color="white", markersize=9 * scale)
        below = places[name][1] - radii[name] - 17 * scale
        axes.text(places[name][0], below, said[f"page.systems.{name}"], fontsize=14 * scale, weight="bold",
                  color=COLOURS[name], ha="center", parse_math=False)  # fmt: skip
    for giver, taker, key, side in (
        ("soothing", "threat", "calms", 1), ("threat", "soothing", "shuts", 1),
        ("soothing", "drive", "steadies", 1), ("threat", "drive", "wears", -1),
    ):  # fmt: skip
        _push(axes, (places[giver], places[taker]), (radii[giver], radii[taker]), said[f"poster.{key}"],
              COLOURS[giver], side * 9 * scale, scale, key != "steadies")  # fmt: skip


def _push(
    axes: Axes, places: tuple[tuple[float, float], tuple[float, float]], radii: tuple[float, float], text: str,
    colour: str, aside: float, scale: float, bar: bool,
) -> None:  # fmt: skip
    (x0, y0), (x1, y1) = places
    long = math.hypot(x1 - x0, y1 - y0)
    dx, dy = (x1 - x0) / long, (y1 - y0) / long
    gap = 10 * scale
    begin = (x0 + dx * (radii[0] + gap) - dy * aside, y0 + dy * (radii[0] + gap) + dx * aside)
    end = (x1 - dx * (radii[1] + gap) - dy * aside, y1 - dy * (radii[1] + gap) + dx * aside)
    axes.plot(*zip(begin, end, strict=True), color=colour, linewidth=2.2 * scale)
    # Soothing can make room for drive and slow it down, so that line has no bar.
    if bar:
        across = [(end[0] + s * 6 * scale * dy, end[1] - s * 6 * scale * dx) for s in (-1, 1)]
        axes.plot(*zip(*across, strict=True), color=colour, linewidth=3 * scale)
    turn = math.degrees(math.atan2(dy, dx))
    turn = turn - 180 if turn > 90 else turn + 180 if turn < -90 else turn
    off = (8 if aside > 0 else -8) * scale
    middle = ((begin[0] + end[0]) / 2 - dy * off, (begin[1] + end[1]) / 2 + dx * off)
    axes.text(*middle, text, fontsize=9 * scale, color=colour, ha="center", va="center", rotation=turn,
              rotation_mode="anchor", parse_math=False)  # fmt: skip


def _columns(sheet: Sheet, said: dict[str, str], scale: float) -> None:
    gap = 14 * scale
    width = (sheet.inner - 2 * gap) / 3
    top, lowest = sheet.y, sheet.y
    for number, name in enumerate(SYSTEMS):
        x, y = sheet.margin + number * (width + gap), top
        sheet.line(x, y, x + width, y, COLOURS[name], 3 * scale)
        y -= 4 * scale
        title = f"{said[f'page.systems.{name}']} {said[f'poster.{name}.what']}"
        for text, size, weight, colour in (
            (title, 11, "bold", COLOURS[name]), (said[f"poster.{name}.job"], 9.5, "normal", INK),
            (said[f"poster.{name}.feels"], 9.5, "bold", INK), (said[f"poster.{name}.urge"], 9.5, "normal", INK),
        ):  # fmt: skip
            for line in broken(text, width, size * scale, weight):
                y -= size * scale * LEADING
                sheet.put(line, x, y + 0.3 * size * scale, size * scale, weight, colour)
            y -= 4 * scale
        lowest = min(lowest, y)
    sheet.y = lowest - 8 * scale
