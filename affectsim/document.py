"""Documents as blocks (headings, paragraphs, lists, tables, equations), written as Markdown or plain text."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Sequence
from typing import NamedTuple

from affectsim.symbolic import Equation, symbol_name

_WIDTH = 100


class Heading(NamedTuple):
    """A heading; level 1 is the title."""

    level: int
    words: str


class Words(NamedTuple):
    """A paragraph."""

    words: str


class Items(NamedTuple):
    """A list; `numbered` where the order matters."""

    items: tuple[str, ...]
    numbered: bool = False


class Rows(NamedTuple):
    """A table. Cells between dollar signs are LaTeX symbols."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Formulas(NamedTuple):
    """Equations, each with its name."""

    equations: tuple[Equation, ...]


Block = Heading | Words | Items | Rows | Formulas


def markdown(blocks: Sequence[Block]) -> str:
    """Return blocks as Markdown; equations and symbols in LaTeX between dollar signs."""
    return "\n\n".join(_markdown(block) for block in blocks)


def _markdown(block: Block) -> str:
    match block:
        case Heading(level, words):
            return f"{'#' * level} {words}"
        case Words(words):
            return words
        case Items(items, numbered):
            return "\n".join(f"{f'{n}.' if numbered else '-'} {item}" for n, item in enumerate(items, 1))
        case Rows(head, rows):
            lines = [head, tuple("---" for _ in head), *rows]
            return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines)
        case Formulas(those):
            return "\n\n".join(f"{one.says}:\n\n$$\n{one.latex()}\n$$" for one in those)


def text(blocks: Sequence[Block]) -> str:
    """Return blocks as plain text for a terminal; equations and symbols in Unicode."""
    return "\n\n".join(_text(block) for block in blocks)


def _text(block: Block) -> str:
    match block:
        case Heading(level, words):
            return f"{words}\n{'=-~'[min(level, 3) - 1] * len(words)}"
        case Words(words):
            return textwrap.fill(_plain(words), _WIDTH)
        case Items(items, numbered):
            marks = [f"{n}. " if numbered else "- " for n in range(1, len(items) + 1)]
            wrap: Callable[..., str] = textwrap.fill
            return "\n".join(
                wrap(_plain(item), _WIDTH, initial_indent=f"  {mark}", subsequent_indent="  " + " " * len(mark))
                for mark, item in zip(marks, items, strict=True)
            )
        case Rows(head, rows):
            return "\n".join(_entry(head, [_plain(cell) for cell in row]) for row in rows)
        case Formulas(those):
            return "\n\n".join(f"{one.says}:\n{textwrap.indent(one.pretty(), '    ')}" for one in those)


def _entry(head: Sequence[str], row: Sequence[str]) -> str:
    """Return a row of a table as an entry of its own: tables this wide do not fit a terminal."""
    lines = [f"  {row[0]}" + (f"  {row[1]}" if head[0] == "symbol" else "")]
    for name, cell in list(zip(head, row, strict=True))[2 if head[0] == "symbol" else 1 :]:
        lines += textwrap.wrap(f"{name}: {cell}", _WIDTH, initial_indent="    ", subsequent_indent="      ")
    return "\n".join(lines)


def _plain(words: str) -> str:
    """Replace LaTeX symbols between dollar signs by Unicode."""
    from affectsim.symbolic import readable

    return re.sub(r"\$([^$]+)\$", lambda found: readable(symbol_name(found[1])), words)
