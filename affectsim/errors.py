"""One error type for everything a person can get wrong: all mistakes at once, in words."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import NamedTuple

#: What no text may hold: control characters other than tab and newline, and halves of characters, which no file takes.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]|\r(?!\n)")
#: What is said of a text that is not `clean`.
CLEAN = "must be a text without control characters"


class Mistake(NamedTuple):
    """One mistake: where it stands (a dotted key, a column, a line) and what is wrong there."""

    where: str
    message: str


class InputError(ValueError):
    """What the user gave cannot be used.

    Carries every mistake found, so that they can be mended in one go. The command line prints it
    without a traceback and exits with 2.
    """

    def __init__(self, source: str, mistakes: Iterable[Mistake]) -> None:
        self.source = source
        self.mistakes = tuple(mistakes)
        super().__init__(source, self.mistakes)

    def __str__(self) -> str:
        count = len(self.mistakes)
        head = f"{self.source}: {count} mistake{'s' if count != 1 else ''}"
        width = max((len(m.where) for m in self.mistakes), default=0)
        return "\n".join([head, *(f"  {m.where:<{width}}  {m.message}" for m in self.mistakes)])


def nearest(word: str, candidates: Iterable[str]) -> str:
    """Return "; did you mean x?" for the candidate nearest to `word`, or a list if none is near."""
    known = sorted(candidates)
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; known: {', '.join(known)}" if known else ""


def clean(text: str) -> bool:
    """Return whether a text holds no control characters; tab and newline are allowed."""
    return not _CONTROL.search(text)


def visible(text: str) -> str:
    """Return a text with control characters as TOML would write them (\\u0000), fit for a terminal."""
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
