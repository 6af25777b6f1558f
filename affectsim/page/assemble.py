"""One HTML file with everything in it: markup, style, kernel, data and texts."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from affectsim.errors import InputError, Mistake
from affectsim.page.data import example, page_data
from affectsim.page.formulas import formula_source
from affectsim.page.kernel import kernel_source
from affectsim.page.lesson_files import shipped
from affectsim.page.shorten import shortened
from affectsim.page.texts import strings

#: JavaScript files in the order in which they use each other. The first ones compute, the others show.
COMPUTES = ("arrays.js", "draws.js", "world.js", "landscape_numbers.js")
SHOWS = (
    "words.js", "drawing.js", "circles.js", "record.js", "mind.js", "triangle.js", "community.js", "landscape.js",
    "sliders.js", "sheets.js", "lesson.js", "take_away.js", "settings.js", "start.js",
)  # fmt: skip
#: The file should be easy to send (bytes).
MOST_BYTES = 300_000


@functools.cache
def model_script() -> str:
    """Return the JavaScript that computes, without the page: kernel, formulas, data, worlds."""
    world = example()
    kernel = shortened(_without_comments(kernel_source(world.population, world.tables)))
    parts = ["'use strict';\n", f"const DATA = {_json(page_data())};\n", kernel, "\n", formula_source()]
    parts += [source_of(name) for name in COMPUTES]
    return "".join(parts)


def texts_script(lessons: Sequence[Mapping[str, Any]], help_line: str = "") -> str:
    """Return the JavaScript that holds all texts: strings, lessons, and the teacher's line about help nearby."""
    told: list[dict[str, Any]] = []
    for lesson in lessons:
        steps = [{key: step[key] for key in step if key not in ("claims", "minutes")} for step in lesson["steps"]]
        texts = {
            language: {key: words[key] for key in words if key != "pictures"}
            for language, words in lesson["texts"].items()
        }
        # The name stands in links; it is found there, so that no two may have the same.
        same = sum(one["name"].partition("/")[0] == lesson["name"] for one in told)
        name = f"{lesson['name']}/{same + 1}" if same else lesson["name"]
        known = {key: lesson[key] for key in ("minutes", "discuss_minutes")}
        told.append({"name": name, **known, "steps": steps, "texts": texts})
    found = {"STRINGS": strings(), "LESSONS": told, "HELP_LINE": help_line}
    return "".join(f"const {name} = {_json(value)};\n" for name, value in found.items())


def build_page(own: Sequence[Mapping[str, Any]] = (), help_line: str = "") -> str:
    """Return the page as one self-contained HTML file, with a teacher's `own` lessons behind those of the package.

    `help_line`: where help is to be had nearby. Raises InputError for texts that are not whole.
    """
    texts = texts_script([*shipped(), *own], help_line)
    script = _closed(_without_comments(model_script() + texts + "".join(source_of(name) for name in SHOWS)))
    style = _without_comments(source_of("style.css") + source_of("sheets.css"))
    policy = (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    page = source_of("page.html")
    for mark, text in (("POLICY", policy), ("STYLE", style), ("SCRIPT", script)):
        # Once, and the script last: a lesson may speak of {{STYLE}} without getting it.
        page = page.replace(f"{{{{{mark}}}}}", text, 1)
    if not own and len(page.encode()) > MOST_BYTES:
        raise InputError("page", [Mistake("size", f"{len(page.encode())} bytes; at most {MOST_BYTES} are wanted")])
    return page


def source_of(name: str) -> str:
    """Return one of the page's source files."""
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
