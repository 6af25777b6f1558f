"""Collecting the mistakes of one file or table: the first ones in words, the others counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from affectsim.errors import InputError, Mistake

#: Mistakes that are listed one by one; the others are only counted.
LISTED = 10


@dataclass
class Mistakes:
    """Mistakes of one source (a file), collected: the first ones in words, all of them counted."""

    source: str
    listed: list[Mistake] = field(default_factory=list)
    count: int = 0

    def add(self, where: str, message: str) -> None:
        """Note one mistake."""
        self.count += 1
        if len(self.listed) < LISTED:
            self.listed.append(Mistake(where, message))

    def __bool__(self) -> bool:
        """Whether there are any."""
        return self.count > 0

    def all(self) -> list[Mistake]:
        """Return what an `InputError` should carry."""
        left = self.count - len(self.listed)
        more = f"and {left} more like these; {self.count} mistakes in this file"
        return [*self.listed, *([Mistake("...", more)] if left else [])]


def refuse(*found: Mistakes) -> None:
    """Raise one InputError with all mistakes of all sources; return if there are none."""
    bad = [mistakes for mistakes in found if mistakes]
    if len(bad) == 1:
        raise InputError(bad[0].source, bad[0].all())
    if bad:
        named = ((Path(mistakes.source).name, one) for mistakes in bad for one in mistakes.all())
        together = [Mistake(f"{name}: {one.where}", one.message) for name, one in named]
        raise InputError(" and ".join(mistakes.source for mistakes in bad), together)
