"""Files of the evidence: calibrated numbers, and the card inside a text."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from affectsim.errors import InputError, Mistake
from affectsim.text_files import Marks, printed, write_text

_HEAD = "# Found by `python -m affectsim.evidence.calibrate`, which says how. Not edited by hand.\n\n"
#: What made a block of a text; between two marks that name it stands what it printed.
CARD = "affectsim evidence --write"
ALONE, BLIND = "affectsim evidence --alone --write", "affectsim evidence --blind --write"
#: What asks for a block, in messages.
_OPTION = "--write"


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
    write_text(path, _HEAD + tomli_w.dumps({"numbers": rounded}), str(path))


def marks(maker: str) -> Marks:
    """Return the lines between which stands what was made."""
    return Marks(f"<!-- {maker}: begin -->", f"<!-- {maker}: end -->")


def check_block(path: Path, maker: str) -> None:
    """Raise InputError if a file has no place for what is made."""
    marks(maker).split(path, _OPTION)


def put_block(path: Path, text: str, maker: str) -> None:
    """Put what was made between its two marks of a text. Raises InputError if they are not there."""
    marks(maker).put(path, printed(text), _OPTION)


def block(path: Path, maker: str) -> str:
    """Return what stands in a text as made. Raises InputError if there is none."""
    inside = marks(maker).split(path)[1]
    return inside.strip().removeprefix("```text").removesuffix("```").strip("\n")
