"""Texts of the page: one strings file per language, events and fictional people."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any

LANGUAGES = ("en", "de")
#: Parameters that do nothing on the page: ties there do not change, and nobody is assigned practice.
_IDLE = ("tie_growth", "tie_wear", "distrust_strength", "distrust_time", "stereotyping", "motivation_effect")


def strings() -> dict[str, Any]:
    """Return the texts of every language: language -> nested tables of texts.

    What exercises assume is in English what they say themselves (the first sentence).
    """
    from affectsim.parts import Exercise
    from affectsim.training import exercises

    assert exercises  # imported, so that all kinds are known
    found = {language: _toml("strings", f"{language}.toml") for language in LANGUAGES}
    for kind, table in found["en"]["exercises"].items():
        table["assumes"] = Exercise.kinds()[kind].assumes().partition(". ")[0].rstrip(".") + "."
    return found


def teaching() -> dict[str, Any]:
    """Return `events` (kind -> multiples of everyday events) and `cases` (traits of fictional people)."""
    return dict(_toml("teaching.toml"))


def shown_parameters() -> list[str]:
    """Return the parameters of the equations that have a slider on the page."""
    from affectsim.parameters import MODEL

    return [name for name in MODEL if name not in _IDLE]


def _toml(*path: str) -> Any:
    return tomllib.loads(files("affectsim.page").joinpath(*path).read_text(encoding="utf-8"))
