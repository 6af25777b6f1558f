"""Words on sheets, in the languages of the page."""

from __future__ import annotations

import functools
import tomllib
from importlib.resources import files
from typing import Any

from affectsim.checking import flat
from affectsim.page.texts import strings


@functools.cache
def words(language: str) -> dict[str, str]:
    """Return the texts of sheets and of the page in a language: dotted key -> text."""
    own: dict[str, Any] = tomllib.loads(
        files("affectsim.handouts").joinpath("strings", f"{language}.toml").read_text(encoding="utf-8")
    )
    return {**{f"page.{key}": text for key, text in flat(strings()[language]).items()}, **flat(own)}
