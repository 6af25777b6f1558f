"""The published numbers: `entries.toml` and `blind.toml`, read and checked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

_FOLDER = Path(__file__).parent
Role = Literal["calibrate", "predict", "blind"]
RULES = ("interval", "near", "at-least", "at-most", "within")


class Entry(NamedTuple):
    """One published number or finding, and when the model's value counts as inside.

    `published`: a number, words, or None where only an interval is published. `interval`: as published, else None.
    `studies`: what must be simulated. `bound`: of the rules "at-least", "at-most" and "within" (size at most),
    `tolerance` of the rule "near". `uses_low`: the lower end of the model's interval is judged, not its value.
    `of`: how the value is computed, a name and what it is of; empty where code knows the entry by its name.
    """

    name: str
    role: Role
    published: float | str | None
    interval: tuple[float, float] | None
    source: str
    studies: tuple[str, ...]
    computed: str
    rule: str
    reason: str
    bound: float = 0.0
    tolerance: float = 0.0
    uses_low: bool = False
    note: str = ""
    of: tuple[str | float, ...] = ()

    @property
    def range(self) -> tuple[float, float]:
        """What counts as inside, (lowest, highest), infinite where there is no end."""
        inf = float("inf")
        if self.rule == "interval":
            assert self.interval is not None
            return self.interval
        if self.rule == "near":
            assert isinstance(self.published, float)
            return self.published - self.tolerance, self.published + self.tolerance
        ends = {"at-least": (self.bound, inf), "at-most": (-inf, self.bound), "within": (-self.bound, self.bound)}
        return ends[self.rule]

    def inside(self, value: float, low: float) -> bool | None:
        """Return whether a value, with the lower end of its interval, is inside; None where it is not defined."""
        judged = low if self.uses_low else value
        if judged != judged:
            return None
        return self.range[0] <= judged <= self.range[1]

    def rule_words(self) -> str:
        """Return the rule in words, with its reason."""
        words = {
            "interval": "inside the interval",
            "near": f"at most {self.tolerance:g} from it",
            "at-least": f"at least {self.bound:g}",
            "at-most": f"at most {self.bound:g}",
            "within": f"at most {self.bound:g} to either side of 0",
        }
        return f"{words[self.rule]} ({self.reason})"


@cache
def entries() -> tuple[Entry, ...]:
    """Return every entry of the card in the order of the file."""
    return read("entries.toml")


def read(name: str) -> tuple[Entry, ...]:
    """Return the entries of a file of this package, in order. Raises ValueError for an entry that says too little."""
    with (_FOLDER / name).open("rb") as file:
        return tuple(_of_group("", tomllib.load(file)))


def _of_group(path: str, table: Mapping[str, Any]) -> list[Entry]:
    if "entries" not in table:
        return [entry for name, inner in table.items() for entry in _of_group(f"{path}{name}.", inner)]
    shared = {key: value for key, value in table.items() if key != "entries"}
    return [_entry(f"{path}{name}", {**shared, **own}) for name, own in table["entries"].items()]


def _entry(name: str, said: dict[str, Any]) -> Entry:
    interval = said.get("interval")
    published = said.get("published")
    if said["rule"] not in RULES or (said["rule"] == "interval") > (interval is not None):
        raise ValueError(f"{name}: no rule that fits")
    return Entry(
        name, said["role"], published, tuple(interval) if interval else None, said["source"], tuple(said["study"]),
        said.get("computed", ""), said["rule"], said["reason"], said.get("bound", 0.0), said.get("tolerance", 0.0),
        said.get("value") == "low", said.get("note", ""), tuple(said.get("of", ())),
    )  # fmt: skip
