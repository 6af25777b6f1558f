"""Reading text and TOML; what is wrong with a file, in words."""

from __future__ import annotations

import csv
import difflib
import io
import os
import re
import tomllib
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from affectsim.errors import InputError, Mistake


def read_text(path: Path, source: str, what: str = "file") -> str:
    """Return the text of a file; raises InputError if it is missing, a folder, unreadable or not UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        message = f"no {what} {path.name} in {path.parent}{similar_file(path)}"
    except IsADirectoryError:
        message = f"{path} is a folder, not a {what}"
    except UnicodeDecodeError as error:
        message = f"not a text in UTF-8 (byte {error.start})"
    except OSError as error:
        message = f"cannot be read: {error.strerror or error}"
    raise InputError(source, [Mistake("file", message)])


def whole_file(path: Path, write: Callable[[Path], Any], source: str = "--out") -> None:
    """Let `write` make a file that appears whole or not at all. Raises InputError where the disk refuses.

    `source`: what asked for it, for messages.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        write(partial)
        os.replace(partial, path)
    except OSError as error:
        message = f"cannot be written: {error.strerror or error}"
        raise InputError(source, [Mistake(str(path), message)]) from None
    finally:
        with suppress(OSError):
            partial.unlink()


def write_text(path: Path, text: str, source: str = "--out") -> None:
    """Write a text as a `whole_file`."""
    whole_file(path, lambda partial: partial.write_text(text, encoding="utf-8"), source)


class Marks(NamedTuple):
    """Two lines of a text file; what stands between them is written by a command, the rest by people."""

    begin: str
    end: str

    def split(self, path: Path, source: str = "") -> tuple[str, str, str]:
        """Return what stands before, between and after them. Raises InputError if they are not there.

        `source`: what asked for it, for messages; by default the file.
        """
        before, begin, rest = read_text(path, source or str(path)).partition(self.begin)
        inside, end, after = rest.partition(self.end)
        if not begin or not end:
            message = f"must have the lines {self.begin} and {self.end}"
            raise InputError(source or str(path), [Mistake(str(path), message)])
        return before, inside, after

    def put(self, path: Path, content: str, source: str = "") -> None:
        """Write between them; the file changes whole or not at all. Raises InputError as `split` does."""
        before, _, after = self.split(path, source)
        write_text(path, f"{before}{self.begin}\n{content}\n{self.end}{after}", source or str(path))


#: Where an experiment with a command of its own keeps its numbers in its README.
NUMBERS = Marks("<!-- numbers: written by the command above -->", "<!-- end of numbers -->")


def printed(text: str) -> str:
    """Return a text as Markdown shows what a terminal printed."""
    return f"```text\n{text}\n```"


def missing_file(path: Path, as_written: str, source: str) -> str:
    """Return what is wrong with a file that is named in `source`; empty if nothing."""
    if path.is_dir():
        return "is a folder, not a file"
    if path.is_file():
        return ""
    next_to = Path(as_written).parent == Path(".") and source.endswith(".toml")
    place = f"next to {Path(source).name}" if next_to else f"in {path.parent}"
    return f"no file {path.name} {place}{similar_file(path)}"


def similar_file(path: Path) -> str:
    """Return "; did you mean x?" for the file next to `path` whose name is nearest; empty if none is near."""
    try:
        others = [item.name for item in path.parent.iterdir() if item.is_file()]
    except (OSError, ValueError):  # ValueError: a name that no file can have
        return ""
    close = difflib.get_close_matches(path.name, others, n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""


def read_toml(text: str, source: str) -> dict[str, Any]:
    """Parse TOML; raises InputError with line, column and the line itself."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise InputError(source, [Mistake("file", "not valid TOML: nested too deeply")]) from None
    except ValueError as error:
        what = str(error)
    place = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", what)
    lines = text.splitlines()
    where, line = "end of file", (lines[-1] if lines else "")
    if place and place[1]:
        where = f"line {place[1]}, column {place[2]}"
        line = lines[int(place[1]) - 1] if int(place[1]) <= len(lines) else ""
    elif not place:
        where, line = "file", ""
    what = what[: place.start()] if place else what
    quote = f": {line.strip()[:60]}" if line.strip() else ""
    raise InputError(source, [Mistake(where, f"not valid TOML, {what[:1].lower()}{what[1:]}{quote}")])


def csv_rows(text: str, source: str) -> list[tuple[int, list[str]]]:
    """Return the rows of a CSV text, each with the line on which it begins; an empty line is a row without cells.

    Not `splitlines`: a cell in quotes may hold line breaks, and characters that only Python takes for one. Raises
    InputError.
    """
    reader = csv.reader(io.StringIO(text))
    found: list[tuple[int, list[str]]] = []
    line = 1
    try:
        for row in reader:
            found.append((line, row))
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(source, [Mistake(f"line {line}", f"malformed CSV: {error}")]) from None
    if found and (mark := other_separator(found[0][1])):
        message = f"columns must be separated by commas, not by {mark!r}"
        raise InputError(source, [Mistake(f"line {found[0][0]}", message)])
    return found


def other_separator(header: Sequence[str]) -> str:
    """Return what separates columns in place of commas, if the header is one cell with such a sign in it; else ""."""
    return next((mark for mark in ";\t|" if mark in header[0]), "") if len(header) == 1 else ""
