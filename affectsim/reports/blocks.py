"""What a report is made of: sections of paragraphs, lists, tables and pictures. Nothing here knows HTML."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Words(NamedTuple):
    """A paragraph."""

    text: str


class Listed(NamedTuple):
    """A list of short lines."""

    lines: Sequence[str]


class Verbatim(NamedTuple):
    """Text that keeps its line breaks: a command, a table made for the terminal. `label`: what it is."""

    text: str
    label: str


class Table(NamedTuple):
    """A table. The first column names its row; a cell is shown as it is written."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


class Picture(NamedTuple):
    """A figure: SVG text or PNG bytes; `alt`: what it shows, for people who do not see it."""

    image: str | bytes
    alt: str
    caption: str = ""


Block = Words | Listed | Verbatim | Table | Picture


class Section(NamedTuple):
    """A heading and what stands below it."""

    title: str
    blocks: Sequence[Block]


def number(value: object) -> str:
    """Return a number with four digits, True and False as yes and no, and everything else as it is."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return "-" if value != value else f"{value:.4g}"
    return "-" if value is None or value == "" else str(value)
