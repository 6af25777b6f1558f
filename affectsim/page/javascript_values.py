"""What the translator knows of a value of the kernel's Python; see `javascript`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


class NotTranslated(Exception):
    """The kernel uses something that this translator does not know."""


@dataclass(frozen=True)
class Known:
    """Something whose value is known now: a constant, a function, a module."""

    value: Any


@dataclass(frozen=True)
class Number:
    """A JavaScript expression that is a number (or a truth value)."""

    text: str


@dataclass(frozen=True)
class Array:
    """An array: a typed array, or `{d, n}` if it has more than one dimension.

    A part of it is the same array with the place where it begins (`start`), which needs no memory; `skipped`:
    how many of the first dimensions are already chosen.
    """

    text: str
    dimensions: int
    start: str = ""
    skipped: int = 0


@dataclass(frozen=True)
class Shape:
    """The shape of an array."""

    of: Array


@dataclass(frozen=True)
class Tuple:
    """A tuple that exists while translating only."""

    members: tuple[Any, ...]


@dataclass(frozen=True)
class Record:
    """A named tuple of arrays and numbers: a JavaScript object. `dimensions`: 0 for a number."""

    text: str
    dimensions: tuple[tuple[str, int], ...]


def record(text: str, values: Any) -> Record:
    """Return the `Record` of a named tuple of arrays and numbers that is called `text` in JavaScript."""
    return Record(text, tuple((name, np.ndim(value)) for name, value in values._asdict().items()))


def literal(value: Any) -> str:
    """Return a number as JavaScript, to the last bit. Raises TypeError for anything else."""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, int | np.integer):
        return f"({value})" if value < 0 else str(int(value))
    if isinstance(value, float | np.floating):
        text = repr(float(value))
        return f"({text})" if value < 0 else text
    raise TypeError(f"not a number: {value!r}")


def python_function(function: Any) -> Any:
    """Return the Python function behind a compiled one."""
    return getattr(function, "py_func", function)


def at_door(name: str, argument: Any) -> Any:
    """Return an argument of a door: the members of a tuple are elements of an array."""
    if isinstance(argument, Tuple):
        return Tuple(tuple(Number(f"{name}[{k}]") for k in range(len(argument.members))))
    return argument


def in_object(array: Array) -> bool:
    """Return whether an array is written as `{d, n}`."""
    return array.dimensions + array.skipped > 1


def as_array(result: Any) -> str:
    """Return a result as JavaScript; a tuple becomes an array."""
    return f"[{', '.join(m.text for m in result.members)}]" if isinstance(result, Tuple) else str(result.text)


def parameter_of(name: str, argument: Any) -> tuple[Any, list[str]]:
    """Return an argument as the function sees it, and the texts that its caller gives."""
    match argument:
        case Tuple(members):
            parts = [parameter_of(f"{name}_{k}", member) for k, member in enumerate(members)]
            return Tuple(tuple(inner for inner, _ in parts)), [text for _, texts in parts for text in texts]
        case Record(text, dimensions):
            return Record(name, dimensions), [text]
        case Array(text, dimensions, start, skipped):
            return Array(name, dimensions, start and f"{name}_start", skipped), [text, *([start] if start else [])]
        case Known(value):
            return Number(name), [literal(value)]
        case Number(text):
            return Number(name), [text]
    raise TypeError(f"argument {name}: {argument}")


def texts_of(inner: Any) -> list[str]:
    """Return the JavaScript names of an argument: one for each member of a tuple, and for where a part begins."""
    if isinstance(inner, Tuple):
        return [text for member in inner.members for text in texts_of(member)]
    return [inner.text, inner.start] if isinstance(inner, Array) and inner.start else [inner.text]
