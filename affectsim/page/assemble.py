"""One HTML file with everything in it: markup, style, kernel, data and texts."""

from __future__ import annotations

import base64
import hashlib
import json
from importlib.resources import files
from typing import Any

from affectsim.errors import InputError, Mistake
from affectsim.page.data import example, page_data
from affectsim.page.formulas import formula_source
from affectsim.page.kernel import kernel_source
from affectsim.page.texts import lessons, strings

#: JavaScript files in the order in which they use each other. The first ones compute, the others show.
COMPUTES = ("arrays.js", "world.js", "landscape_numbers.js")
SHOWS = (
    "words.js", "drawing.js", "circles.js", "record.js", "mind.js", "triangle.js", "community.js", "landscape.js",
    "sliders.js",    "lesson.js", "start.js",
)  # fmt: skip
#: The file should be easy to send (bytes).
MOST_BYTES = 300_000


def model_script() -> str:
    """Return the JavaScript that computes, without the page: kernel, formulas, data, worlds."""
    world = example()
    parts = ["'use strict';\n", f"const DATA = {_json(page_data())};\n", kernel_source(world.population, world.tables)]
    parts += [formula_source(), *(_source(name) for name in COMPUTES)]
    return "".join(parts)


def build_page() -> str:
    """Return the page as one self-contained HTML file. Raises InputError for texts that are not whole."""
    texts = f"const STRINGS = {_json(strings())};\nconst LESSONS = {_json(lessons())};\n"
    script = _closed(_without_comments(model_script() + texts + "".join(_source(name) for name in SHOWS)))
    style = _without_comments(_source("style.css"))
    policy = (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    page = _source("page.html")
    for mark, text in (("POLICY", policy), ("STYLE", style), ("SCRIPT", script)):
        page = page.replace(f"{{{{{mark}}}}}", text)
    if len(page.encode()) > MOST_BYTES:
        raise InputError("page", [Mistake("size", f"{len(page.encode())} bytes; at most {MOST_BYTES} are wanted")])
    return page


def _source(name: str) -> str:
    return files("affectsim.page").joinpath("source", name).read_text(encoding="utf-8")


def _json(value: Any) -> str:
    """Return JSON that cannot end a script or begin a comment of HTML."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _closed(script: str) -> str:
    assert "</script" not in script.lower() and "<!--" not in script
    return script


def _without_comments(text: str) -> str:
    """Leave out whole lines that are comments, and the indentation."""
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith(("//", "/**", "/*", "* ", "*/")))


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
