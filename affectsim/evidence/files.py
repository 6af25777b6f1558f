"""Files of the evidence: calibrated numbers, and the card inside a text."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

from affectsim.errors import InputError, Mistake

_HEAD = "# Found by `python -m affectsim.evidence.calibrate`, which says how. Not edited by hand.\n\n"
#: What made a block of a text; between two marks that name it stands what it printed.
CARD, ALONE = "affectsim evidence --write", "affectsim evidence --alone --write"


def read_numbers(path: Path) -> dict[str, float]:
    """Return path in a scenario -> value. Raises InputError for a file that is none."""
    try:
        with path.open("rb") as file:
            return {name: float(value) for name, value in tomllib.load(file)["numbers"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise InputError(str(path), [Mistake("numbers", "must be a table of calibrated numbers")]) from None


def write_numbers(path: Path, numbers: Mapping[str, float]) -> None:
    """Write calibrated numbers, four digits each; the file appears whole."""
    import tomli_w

    rounded = {name: float(f"{value:.4g}") for name, value in sorted(numbers.items())}
    _whole(path, _HEAD + tomli_w.dumps({"numbers": rounded}))


def marks(maker: str) -> tuple[str, str]:
    """Return the lines between which stands what was made."""
    return f"<!-- {maker}: begin -->", f"<!-- {maker}: end -->"


def check_block(path: Path, maker: str) -> None:
    """Raise InputError if a file has no place for what is made."""
    _around(path, maker)


def put_block(path: Path, text: str, maker: str) -> None:
    """Put what was made between its two marks of a text. Raises InputError if they are not there."""
    before, after = _around(path, maker)
    begin, end = marks(maker)
    _whole(path, f"{before}{begin}\n```text\n{text}\n```\n{end}{after}")


def block(path: Path, maker: str) -> str:
    """Return what stands in a text as made. Raises InputError if there is none."""
    before, after = _around(path, maker)
    begin, end = marks(maker)
    whole = path.read_text(encoding="utf-8")
    inner = whole[len(before) + len(begin) : len(whole) - len(after) - len(end)]
    return inner.strip().removeprefix("```text").removesuffix("```").strip("\n")


def _around(path: Path, maker: str) -> tuple[str, str]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        raise InputError("--write", [Mistake(str(path), "cannot be read; it must be a text with two marks")]) from None
    first, last = marks(maker)
    before, begin, rest = text.partition(first)
    _, end, after = rest.partition(last)
    if not begin or not end:
        raise InputError("--write", [Mistake(str(path), f"must have the lines {first} and {last}")])
    return before, after


def _whole(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        os.replace(partial, path)
    except OSError as error:
        raise InputError(str(path), [Mistake("file", f"cannot be written: {error.strerror or error}")]) from None
    finally:
        partial.unlink(missing_ok=True)
