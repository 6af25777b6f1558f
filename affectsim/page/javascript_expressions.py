"""Expressions of the kernel's Python as JavaScript; see `javascript`."""

from __future__ import annotations

import ast
import builtins
import inspect
import operator
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

from affectsim.page.javascript_values import (
    Array,
    Known,
    NotTranslated,
    Number,
    Record,
    Shape,
    Tuple,
    in_object,
    literal,
    python_function,
)

BINARY = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Mod: "%", ast.LShift: "<<", ast.RShift: ">>>",
    ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^",
}  # fmt: skip
_FOLDED: dict[type, Callable[..., Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow, ast.USub: operator.neg,
    ast.LShift: operator.lshift, ast.RShift: operator.rshift, ast.BitAnd: operator.and_, ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
}  # fmt: skip
_COMPARISONS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "===", ast.NotEq: "!=="}
#: Conversions; all numbers are float64, so those to float64 do nothing.
_CONVERSIONS = {
    np.float64: "{}", np.uintp: "{}", np.float32: "Math.fround({})", np.uint32: "({} >>> 0)", np.int32: "({} | 0)",
    np.int64: "Math.trunc({})",
}  # fmt: skip
_FUNCTIONS: dict[Any, str] = {min: "Math.min", max: "Math.max", np.sqrt: "Math.sqrt", abs: "Math.abs"}
_STORES = {np.float64: "Float64Array", np.uint32: "Uint32Array"}


class Expressions:
    """What a function needs to translate its expressions: its source, its names and the whole translation."""

    whole: Any
    python: Any
    names: dict[str, Any]
    out: list[str]
    result: Any

    def fail(self, node: Any, what: str) -> NoReturn:
        """Raise `NotTranslated` with the place in the source."""
        line = self.python.__code__.co_firstlineno + getattr(node, "lineno", 1) - 1
        raise NotTranslated(f"{self.python.__code__.co_filename}:{line}: {what}: {ast.unparse(node)[:80]}")

    def held(self, value: Any, name: str) -> Any:
        """Return the same value under a new name, or as it is if it is a constant or a `const` already."""
        match value:
            case Tuple(members):
                return Tuple(tuple(self.held(member, name) for member in members))
            case Number(text) if text in self.whole.constants:
                return value
            case Array(text, dimensions, start, skipped) if start:
                return Array(text, dimensions, self.held(Number(start), f"{name}_start").text, skipped)
            case Number(text) | Array(text):
                fresh = self.whole.fresh(name)
                self.whole.constants.add(fresh)
                self.out.append(f"const {fresh} = {text};")
                return Number(fresh) if isinstance(value, Number) else Array(fresh, value.dimensions)
        return value

    def text(self, value: Any, node: Any) -> str:
        """Return a number as JavaScript."""
        match value:
            case Number(text):
                return text
            case Known(bool() | int() | float() | np.number() | np.bool_()):
                return literal(value.value)
        self.fail(node, "not a number")

    def number(self, node: Any) -> str:
        """Return an expression that is a number, as JavaScript."""
        return self.text(self.expression(node), node)

    def expression(self, node: Any) -> Any:
        """Return what an expression is; lines that it needs first are written."""
        match node:
            case ast.Constant(value):
                return Known(value)
            case ast.Name(name):
                return self.name(node, name)
            case ast.Attribute(base, name):
                return self.attribute(node, self.expression(base), name)
            case ast.Tuple(members):
                return Tuple(tuple(self.expression(m) for m in members))
            case ast.BinOp(left, sign, right):
                return self.binary(node, left, sign, right)
            case ast.UnaryOp(sign, operand):
                found = self.expression(operand)
                if isinstance(found, Known) and isinstance(sign, ast.USub):
                    return Known(-found.value)
                marks = {ast.USub: "-", ast.Not: "!"}
                return Number(f"({marks[type(sign)]}{self.text(found, node)})")
            case ast.BoolOp(sign, values):
                joined = " && " if isinstance(sign, ast.And) else " || "
                return Number(f"({joined.join(self.number(v) for v in values)})")
            case ast.Compare(left, signs, others):
                texts = [self.number(left), *(self.number(o) for o in others)]
                parts = [f"({a} {_COMPARISONS[type(s)]} {b})" for a, s, b in zip(texts, signs, texts[1:], strict=False)]
                return Number(parts[0] if len(parts) == 1 else f"({' && '.join(parts)})")
            case ast.IfExp(test, body, orelse):
                condition = self.number(test)
                return self.choice(node, condition, self.expression(body), self.expression(orelse))
            case ast.Subscript(base, index):
                return self.subscript(node, self.expression(base), index)
            case ast.Call(function, arguments, keywords):
                return self.call(node, self.expression(function), arguments, keywords)
        self.fail(node, "expression")

    def another(self, python: Any, arguments: Sequence[Any]) -> Any:
        """Return the translator of another function for these arguments."""
        return type(self)(self.whole, python, arguments)  # type: ignore[call-arg]

    def name(self, node: Any, name: str) -> Any:
        """Return what a name stands for."""
        if name in self.names:
            return self.names[name]
        found = {**vars(builtins), **self.python.__globals__}.get(name, self)
        if found is self:
            self.fail(node, "unknown name")
        return Known(found)

    def attribute(self, node: Any, base: Any, name: str) -> Any:
        """Return a member of a record, module or array."""
        match base:
            case Known(value):
                return Known(getattr(value, name))
            case Record(text, dimensions):
                found = dict(dimensions)[name]
                return Array(f"{text}.{name}", found) if found else Number(f"{text}.{name}")
            case Array(text, 1, "") if name == "size":
                return Number(f"{text}.length")
            case Array() if name == "shape":
                return Shape(base)
        self.fail(node, "attribute")

    def choice(self, node: Any, condition: str, yes: Any, no: Any) -> Any:
        """Return one of two values by a condition."""
        match yes, no:
            case Tuple(a), Tuple(b) if len(a) == len(b):
                return Tuple(tuple(self.choice(node, condition, y, n) for y, n in zip(a, b, strict=True)))
            case Array(a, 1, start), Array(b, 1, other) if a == b:
                return Array(a, 1, f"({condition} ? {start or '0'} : {other or '0'})")
        return Number(f"({condition} ? {self.text(yes, node)} : {self.text(no, node)})")

    def binary(self, node: Any, left: Any, sign: Any, right: Any) -> Any:
        """Return an operation on two values."""
        a, b = self.expression(left), self.expression(right)
        if isinstance(a, Known) and isinstance(b, Known):
            return Known(_FOLDED[type(sign)](a.value, b.value))
        x, y = self.text(a, left), self.text(b, right)
        if isinstance(sign, ast.FloorDiv):
            return Number(f"Math.floor({x} / {y})")
        if type(sign) not in BINARY:
            self.fail(node, "operator")
        return Number(f"({x} {BINARY[type(sign)]} {y})")

    def subscript(self, node: Any, base: Any, index: Any) -> Any:
        """Return a part of a value."""
        match base:
            case Known(value):
                return Known(value[self.expression(index).value])
            case Tuple(members):
                place = self.expression(index)
                if isinstance(place, Known):
                    return members[place.value]
                return Number(f"[{', '.join(self.text(m, node) for m in members)}][{self.text(place, index)}]")
            case Shape(Array(text, _, _, skipped) as of) if in_object(of):
                return Number(f"{text}.n[{skipped} + {self.number(index)}]")
            case Array(text, 1) if isinstance(index, ast.Slice) and index.step is None:
                low = self.number(index.lower) if index.lower else "0"
                return Array(text, 1, f"({base.start} + {low})" if base.start else low)
            case Array() if not isinstance(index, ast.Slice):
                indices = index.elts if isinstance(index, ast.Tuple) else [index]
                return self.element(base, [self.number(i) for i in indices])
        self.fail(node, "index")

    def element(self, base: Array, places: list[str]) -> Any:
        """Return one number of an array, or the part of it that its first indices choose."""
        text, left = base.text, base.dimensions - len(places)
        if not in_object(base):
            return Number(f"{text}[{base.start} + {places[0]}]" if base.start else f"{text}[{places[0]}]")
        whole = base.skipped + base.dimensions
        offset = places[0]
        for k in range(1, base.dimensions):
            place = f" + {places[k]}" if k < len(places) else ""
            offset = f"({offset}) * {text}.n[{base.skipped + k}]{place}"
        offset = f"{base.start} + {offset}" if base.start else offset
        if left == 0:
            return Number(f"{text}.d[{offset}]")
        if left == 1:
            return Array(f"{text}.d", 1, f"({offset})")
        return Array(text, left, f"({offset})", whole - left)

    def call(self, node: Any, called: Any, arguments: Any, keywords: Any) -> Any:
        """Return the result of a call."""
        if not isinstance(called, Known):
            self.fail(node, "call")
        function = self.whole.instead.get(called.value, called.value)
        if function is np.empty:
            dtype = self.expression(keywords[0].value).value if keywords else np.float64
            name = self.whole.fresh("store")
            self.whole.storage.append(f"const {name} = new {_STORES[dtype]}({self.number(arguments[0])});")
            return Array(name, 1)
        if keywords or any(isinstance(a, ast.Starred) for a in arguments):
            self.fail(node, "call")
        if function in self.whole.skipped:
            return None
        given = [self.expression(a) for a in arguments]
        if function in _CONVERSIONS:
            return Number(_CONVERSIONS[function].format(self.text(given[0], node)))
        if function in _FUNCTIONS:
            return Number(f"{_FUNCTIONS[function]}({', '.join(self.text(g, node) for g in given)})")
        if not inspect.isfunction(python_function(function)):
            self.fail(node, "call")
        if self.another(python_function(function), given).is_straight:
            written = self.written_out(function, given)
            if written is not None:
                return written
        name, texts = self.whole.call(function, given)
        return Number(f"{name}({texts})")

    def written_out(self, function: Any, given: list[Any]) -> Any:
        """Write a straight function into this one; None if it is a function of numbers that gives a number."""
        before = len(self.out)
        names = inspect.signature(python_function(function)).parameters
        held = [self.held(g, name) for g, name in zip(given, names, strict=True)]
        inside = self.another(python_function(function), held)
        lines = inside.straight()
        if isinstance(inside.result, Number) and all(isinstance(g, Number | Known) for g in given):
            del self.out[before:]
            return None
        self.out += lines
        return inside.result
