"""Paper: pages with margins, running text that breaks into lines and pages, room to write, and pictures; as PDF.

Matplotlib draws it, so nothing more needs to be installed; letters stay letters (searchable, and read aloud).
"""

from __future__ import annotations

import functools
import io
from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ft2font import LoadFlags
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from affectsim.plots.style import GREY, INK
from affectsim.text_files import whole_file

#: Width and height in points (1/72 inch).
SIZES = {"a4": (595.28, 841.89), "a3": (841.89, 1190.55)}
#: Ratio of the distance of two lines of text to its size.
LEADING = 1.42
RULE = "#9a9a94"
_FAMILY = "DejaVu Sans"


@functools.cache
def _face(weight: str) -> FontProperties:
    return FontProperties(family=_FAMILY, weight=weight)


def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Return how wide a line of text is (points)."""
    font = get_font(findfont(_face(weight)))
    font.set_size(100, 72)
    font.set_text(text, 0, flags=LoadFlags.NO_HINTING)
    return float(font.get_width_height()[0] / 64 * size / 100)


def broken(text: str, width: float, size: float, weight: str = "normal") -> list[str]:
    """Return text as lines that are at most `width` points wide; a word wider than that is cut."""
    lines, line = [], ""
    for word in _short_words(text, width, size, weight):
        longer = f"{line} {word}".strip()
        if line and text_width(longer, size, weight) > width:
            lines.append(line)
            longer = word
        line = longer
    return [*lines, line] if line else lines


def _short_words(text: str, width: float, size: float, weight: str) -> Iterator[str]:
    for word in text.split():
        rest = word
        while text_width(rest, size, weight) > width and len(rest) > 1:
            cut = next(k for k in range(len(rest) - 1, 0, -1) if k == 1 or text_width(rest[:k], size, weight) <= width)
            yield rest[:cut]
            rest = rest[cut:]
        yield rest


class Sheet:
    """Pages that fill from the top; `foot` stands at the bottom of each."""

    def __init__(
        self, foot: list[str], page_words: str, paper: str = "a4", margin: float = 54.0, small: float = 7.5
    ) -> None:
        self.width, self.height = SIZES[paper]
        self.margin, self.foot, self.page_words = margin, foot, page_words
        self.small = small
        self.pages: list[Figure] = []
        self._foot_lines = [line for text in foot for line in broken(text, self.inner - 50, small)]
        self.bottom = margin * 0.7 + len(self._foot_lines) * small * LEADING + 10
        self.new_page()

    @property
    def inner(self) -> float:
        """Width between the margins (points)."""
        return self.width - 2 * self.margin

    def new_page(self) -> None:
        """Begin a page."""
        figure = Figure(figsize=(self.width / 72, self.height / 72), facecolor="white")
        self.pages.append(figure)
        self.y = self.height - self.margin
        y = self.bottom - 10
        self.line(self.margin, y + 4, self.width - self.margin, y + 4, colour="#d5d3cb")
        for text in self._foot_lines:
            y -= self.small * LEADING
            self.put(text, self.margin, y + 2, self.small, colour=GREY)

    def room(self, needed: float) -> None:
        """Begin a page if fewer than `needed` points are left on this one."""
        if self.y - needed < self.bottom:
            self.new_page()

    def put(self, text: str, x: float, y: float, size: float, weight: str = "normal", colour: str = INK) -> None:
        """Put one line with its base line at y (points from below)."""
        # Never mathematics: a text with dollar signs is a text.
        self.pages[-1].text(
            x / self.width, y / self.height, text, fontsize=size, fontproperties=None, family=_FAMILY, weight=weight,
            color=colour, va="baseline", parse_math=False,
        )  # fmt: skip

    def line(self, x0: float, y0: float, x1: float, y1: float, colour: str = RULE, width: float = 0.7) -> None:
        """Draw a straight line."""
        xs, ys = (x0 / self.width, x1 / self.width), (y0 / self.height, y1 / self.height)
        self.pages[-1].add_artist(Line2D(xs, ys, color=colour, linewidth=width))

    def paragraph(
        self, text: str, size: float = 10.5, weight: str = "normal", colour: str = INK, indent: float = 0.0,
        after: float = 5.0, mark: str = "",
    ) -> None:  # fmt: skip
        """Set running text; `mark` stands in front of the first line."""
        lines = broken(text, self.inner - indent, size, weight)
        step = size * LEADING
        # At least two lines together.
        self.room(step * min(len(lines), 2))
        for number, line in enumerate(lines):
            self.room(step)
            self.y -= step
            if number == 0 and mark:
                self.put(mark, self.margin + indent - 14, self.y + 0.3 * size, size, colour=colour)
            self.put(line, self.margin + indent, self.y + 0.3 * size, size, weight, colour)
        self.y -= after

    def height_of(self, text: str, size: float = 10.5) -> float:
        """Return how high a paragraph will be (points)."""
        return len(broken(text, self.inner, size)) * size * LEADING

    def title(self, over: str, text: str) -> None:
        """Set the title of a sheet with a small line over it."""
        self.paragraph(over.upper(), 8.5, "bold", GREY, after=2)
        self.paragraph(text, 21, "bold", after=6)

    def heading(self, text: str, keep: float = 40.0) -> None:
        """Set a heading that keeps some points of what follows on its page."""
        self.room(32 + keep)
        self.y -= 8
        self.paragraph(text, 12.5, "bold", after=3)

    def items(self, texts: list[str]) -> None:
        """Set a list."""
        for text in texts:
            self.paragraph(text, indent=16, mark="•", after=4)

    def boxes(self, texts: list[str]) -> None:
        """Set a list with boxes to tick."""
        size = 10.5
        for text in texts:
            self.room(size * LEADING)
            self.pages[-1].add_artist(
                Rectangle(
                    ((self.margin + 3) / self.width, (self.y - 3 - size * 0.9) / self.height),
                    size * 0.9 / self.width, size * 0.9 / self.height,
                    facecolor="white", edgecolor=INK, linewidth=0.8, transform=self.pages[-1].transFigure, zorder=-1,
                )
            )  # fmt: skip
            self.paragraph(text, size, indent=20, after=4)

    def writing(self, lines: int) -> None:
        """Leave ruled lines to write on."""
        step = 21.0
        self.room(lines * step + 4)
        for _ in range(lines):
            self.y -= step
            self.line(self.margin, self.y, self.width - self.margin, self.y)
        self.y -= 8

    def axes(self, height: float, left: float = 0.0, width: float = 0.0) -> Axes:
        """Return axes of a height (points) that begin here; what follows stands below them."""
        wide = width or self.inner
        box = (
            (self.margin + left) / self.width,
            (self.y - height) / self.height,
            wide / self.width,
            height / self.height,
        )
        axes = self.pages[-1].add_axes(box)
        self.y -= height
        return axes

    def save(self, path: Path, title: str) -> None:
        """Write all pages as PDF, whole or not at all; the same bytes on any day. Raises InputError."""
        for number, figure in enumerate(self.pages, 1):
            if len(self.pages) > 1:
                text = self.page_words.format(page=number, pages=len(self.pages))
                figure.text(
                    1 - self.margin / self.width, (self.bottom - 10 - self.small * LEADING + 2) / self.height, text,
                    fontsize=self.small, family=_FAMILY, color=GREY, ha="right", va="baseline", parse_math=False,
                )  # fmt: skip
        about = {"Title": title, "Creator": "affectsim", "Producer": "affectsim", "CreationDate": None}
        # In memory first: a disk that is full while PDF is being made leaves matplotlib in pieces.
        made = io.BytesIO()
        with mpl.rc_context({"pdf.fonttype": 42, "font.family": _FAMILY}), PdfPages(made, metadata=about) as pdf:
            for figure in self.pages:
                pdf.savefig(figure)
        whole_file(path, lambda partial: partial.write_bytes(made.getvalue()))
