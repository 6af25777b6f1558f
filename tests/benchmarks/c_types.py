"""Types of the kernel's values and what they are called in C; see `c_source`."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

import numpy as np

C_NAMES = {
    "float64": "double", "float32": "float", "int64": "int64_t", "int32": "int32_t", "int8": "int8_t",
    "uint64": "uint64_t", "uint32": "uint32_t", "uint8": "uint8_t", "int16": "int16_t", "uint16": "uint16_t",
    "bool": "bool",
}  # fmt: skip


class NotTranslated(Exception):
    """The kernel uses something that this translator does not know."""


@dataclass(frozen=True)
class Number:
    """A number; `dtype` is numpy's name, or "literal" for a whole number written in the source."""

    dtype: str

    @property
    def c(self) -> str:
        return "int64_t" if self.dtype == "literal" else C_NAMES[self.dtype]


@dataclass(frozen=True)
class Array:
    """A C-contiguous array: struct of a pointer and its shape."""

    dtype: str
    dimensions: int

    @property
    def c(self) -> str:
        return f"array_{self.dtype}_{self.dimensions}"

    def define(self) -> str:
        return f"typedef struct {{ {C_NAMES[self.dtype]} *p; int64_t n[{self.dimensions}]; }} {self.c};"


@dataclass(frozen=True)
class Tuple:
    """A tuple whose members have one type; a struct of a fixed array."""

    member: Any
    count: int

    @property
    def c(self) -> str:
        return f"tuple_{self.member.c}_{self.count}"

    def define(self) -> str:
        return f"typedef struct {{ {self.member.c} v[{self.count}]; }} {self.c};"


@dataclass(frozen=True)
class Record:
    """A named tuple of arrays and numbers, passed by reference."""

    name: str
    fields: tuple[tuple[str, Any], ...]

    @property
    def c(self) -> str:
        return f"const {self.name} *restrict"

    def define(self) -> str:
        return f"typedef struct {{ {' '.join(f'{t.c} {n};' for n, t in self.fields)} }} {self.name};"


@dataclass(frozen=True)
class Known:
    """Something whose value is known now: a constant, a function, a module."""

    value: Any


@dataclass(frozen=True)
class Shape:
    """The shape of an array."""

    array: str
    dimensions: int


FLOAT, WHOLE, TRUTH = Number("float64"), Number("int64"), Number("bool")


def type_of(value: Any) -> Any:
    """Return the type of an argument of the translated call."""
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        fields = tuple((n, type_of(v)) for n, v in zip(value._fields, value, strict=True))
        return Record(type(value).__name__, fields)
    if isinstance(value, np.ndarray):
        return Array(value.dtype.name, value.ndim)
    if isinstance(value, bool | np.bool_):
        return TRUTH
    if isinstance(value, int):
        return WHOLE
    return Number(np.asarray(value).dtype.name)


def python_function(value: Any) -> Any:
    """Return the Python function behind a compiled one (or a plain function), else None."""
    value = getattr(value, "py_func", value)
    return value if inspect.isfunction(value) else None


def literal(value: Any) -> tuple[str, Any]:
    """Return a constant as C source with its type."""
    if isinstance(value, bool | np.bool_):
        return ("true" if value else "false"), TRUTH
    if isinstance(value, np.integer):
        return f"(({C_NAMES[value.dtype.name]}){int(value)})", Number(value.dtype.name)
    if isinstance(value, int):
        return (f"{int(value)}" if abs(value) < 2**31 else f"{int(value)}LL"), Number("literal")
    if isinstance(value, np.float32):
        return f"((float){float(value).hex()})", Number("float32")
    return float(value).hex(), FLOAT


def together(a: Any, b: Any) -> Any:
    """Return the type that holds both of two types, None if there is none."""
    if a == b:
        return a
    if isinstance(a, Tuple) and isinstance(b, Tuple) and a.count == b.count:
        member = together(a.member, b.member)
        return member and Tuple(member, a.count)
    if not (isinstance(a, Number) and isinstance(b, Number)):
        return None
    if "literal" in (a.dtype, b.dtype):
        other = b if a.dtype == "literal" else a
        return WHOLE if other == TRUTH else other
    return Number(np.promote_types(a.dtype, b.dtype).name)
