"""What the command writes into README files: the numbers of an experiment, and the list of experiments."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from pathlib import Path

from affectsim.errors import InputError, Mistake
from affectsim.experiments import design as designs
from affectsim.experiments.folders import names
from affectsim.experiments.tables import Numbers, text
from affectsim.text_files import Marks, printed, read_text

FILE = "README.md"
_FOUND = re.compile(r"^\*\*Found\.\*\* (.+?)\n\s*\n", re.M | re.S)
#: Links to other files: neither to the web nor within the page.
_LINK = re.compile(r"\]\((?!\w+:|#)([^)]+)\)")


def markers(what: str) -> Marks:
    """Return the lines between which the command writes."""
    return Marks(f"<!-- {what}: written by affectsim experiment run NAME --accept -->", f"<!-- end of {what} -->")


def numbers(tables: Sequence[Numbers]) -> str:
    """Return the numbers of an experiment as they stand in its README."""
    return printed(text(tables))


def overview(place: Path) -> str:
    """Return the table of all experiments in a folder: question and finding. Raises InputError."""
    lines = ["| Experiment | Question | Found |", "|---|---|---|"]
    for name in names(place):
        question = designs.load(place / name).question
        lines.append(f"| [`{name}`]({name}/{FILE}) | {question} | {_seen_from_above(finding(place / name), name)} |")
    return "\n".join(lines)


def _seen_from_above(words: str, name: str) -> str:
    """Return words of a folder with links that hold a folder higher."""
    return _LINK.sub(lambda link: f"]({posixpath.normpath(posixpath.join(name, link[1]))})", words)


def finding(folder: Path) -> str:
    """Return the paragraph that starts with **Found.** in a README, on one line. Raises InputError without one."""
    path = folder / FILE
    found = _FOUND.search(read_text(path, str(path)))
    if not found:
        raise InputError(str(path), [Mistake("**Found.**", "missing: the finding, in one or two sentences")])
    return " ".join(found[1].split())


def between(path: Path, what: str) -> str:
    """Return what stands between the markers. Raises InputError if they are not there."""
    return markers(what).split(path)[1].strip("\n")


def put(path: Path, what: str, content: str) -> None:
    """Write between the markers. Raises InputError if they are not there."""
    markers(what).put(path, content)
