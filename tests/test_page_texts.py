"""What the page says the model assumes: whole sentences, and German that is still the English."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path

import pytest

from affectsim.checking import flat
from affectsim.page import texts
from affectsim.page.data import DISTRIBUTIONS
from affectsim.parameters import MODEL

READ = Path(texts.__file__).parent / "strings" / "read.toml"


def assumed(language: str) -> dict[str, str]:
    """Return everything that the page says the model assumes: dotted key -> text."""
    found = flat(texts.strings()[language])
    return {key: text for key, text in found.items() if key.endswith(".assumes")}


def english() -> dict[str, str]:
    """Return the English of every text whose translation can fall behind the model: dotted key -> text."""
    names = {*texts.shown_parameters(), *DISTRIBUTIONS}
    meanings = {f"parameters.{name}": (MODEL.get(name) or DISTRIBUTIONS[name]).meaning for name in names}
    return {**assumed("en"), **meanings}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_what_is_assumed_is_said_in_whole_sentences(language: str) -> None:
    for key, text in assumed(language).items():
        assert text.endswith(".") and not text.endswith(("et al.", "..")), key
        for left, right in ("()", "[]", "“”", "„“")[: 3 if language == "en" else 2]:
            assert text.count(left) == text.count(right), key
        # Numbers of trials are for those who read the sources.
        assert not re.search(r"\b[gd] = |\bet al\b|\d{4}", text), key


def test_every_translation_was_read_against_the_english_of_today() -> None:
    """What the model assumes changes in English first; the German is read again then, and said to have been read."""
    read = flat(tomllib.loads(READ.read_text(encoding="utf-8")))
    now = {key: digest(text) for key, text in english().items()}
    behind = [
        f"{key}: now {now.get(key, 'gone')}"
        for key in sorted(read.keys() | now.keys())
        if read.get(key) != now.get(key)
    ]
    assert not behind, "read de.toml against the English, then write into strings/read.toml: " + "; ".join(behind)
    assert read.keys() <= flat(texts.strings()["de"]).keys()
