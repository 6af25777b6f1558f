"""The pages of the documentation that come with the package: from a question to a figure."""

from __future__ import annotations

import re
from pathlib import Path

from affectsim.errors import InputError, Mistake, nearest

#: Folder of the pages; they are Markdown, and their pictures lie beside them.
FOLDER = Path(__file__).parent
#: A tour for Jupyter, without outputs.
NOTEBOOK = FOLDER / "tour.ipynb"


def pages() -> dict[str, Path]:
    """Return the pages: name -> file, in the order in which to read them."""
    order = ("sweep", "sensitivity", "bifurcation", "trial", "policy", "coming-from")
    found = {path.stem: path for path in sorted(FOLDER.rglob("*.md"))}
    return {name: found[name] for name in sorted(found, key=lambda name: (*order, name).index(name))}


def title(text: str) -> str:
    """Return the heading of a page."""
    found = re.search(r"^# (.+)$", text, flags=re.MULTILINE)
    return found[1] if found else ""


def read(name: str) -> str:
    """Return the text of a page. Raises InputError with the nearest name if there is none."""
    known = pages()
    if name not in known:
        raise InputError("docs", [Mistake(name, f"is no page{nearest(name, known)}")])
    return known[name].read_text(encoding="utf-8")
