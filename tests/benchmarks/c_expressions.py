"""Expressions of the kernel's Python as C; see `c_source`."""

from __future__ import annotations

import ast
import builtins
import inspect
import operator as operators
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from affectsim.kernel.meeting import meet
from affectsim.kernel.prefetch import prefetch
from affectsim.kernel.ties import sum_one_by_one, sum_ties
from tests.benchmarks.c_types import (
    C_NAMES,
    FLOAT,
    TRUTH,
    WHOLE,
    Array,
    Known,
    NotTranslated,
    Number,
    Record,
    Shape,
    Tuple,
    literal,
    python_function,
    together,
)  # fmt: skip

_OPERATORS = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.LShift: "<<", ast.RShift: ">>",
    ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^",
}  # fmt: skip
_FOLDED: dict[type, Callable[..., Any]] = {
    ast.Add: operators.add, ast.Sub: operators.sub, ast.Mult: operators.mul, ast.Div: operators.truediv,
    ast.FloorDiv: operators.floordiv, ast.Mod: operators.mod, ast.Pow: operators.pow,
    ast.LShift: operators.lshift, ast.RShift: operators.rshift, ast.USub: operators.neg,
    ast.UAdd: operators.pos, ast.Invert: operators.invert, ast.Not: operators.not_,
}  # fmt: skip
#: What is machine code already, and the Python that does the same: C compilers are left to find vectors themselves.
_PLAIN = {sum_ties: sum_one_by_one}
_COMPARISONS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}


class Expressions:
    """What a function needs to translate its expressions: its source, its names and the whole translation."""

    whole: Any
    python: Any
    types: dict[str, Any]
    storage: list[str]
    fresh: int

    def fail(self, node: ast.AST, what: str) -> NoReturn:
        line = self.python.__code__.co_firstlineno + getattr(node, "lineno", 1) - 1
        raise NotTranslated(f"{self.python.__code__.co_filename}:{line}: {what}: {ast.unparse(node)[:80]}")

    def number_or(self, text: str, kind: Any, node: Any) -> tuple[str, Any]:
        """Turn a known constant into C; leave the rest."""
        if not isinstance(kind, Known):
            return text, kind
        if isinstance(kind.value, tuple):
            return self.tuple_of([literal(v) for v in kind.value], node)
        if not isinstance(kind.value, int | float | np.number | np.bool_):
            self.fail(node, "not a number")
        return literal(kind.value)

    def tuple_of(self, members: list[tuple[str, Any]], node: Any) -> tuple[str, Any]:
        member = members[0][1]
        for _, other in members:
            member = together(member, other)
        if member is None:
            self.fail(node, "tuple of different types")
        kind = Tuple(WHOLE if member == Number("literal") else member, len(members))
        return f"({self.whole.define(kind)}){{{{{', '.join(text for text, _ in members)}}}}}", kind

    def value(self, node: Any) -> tuple[str, Any]:
        return self.number_or(*self.expression(node), node)

    def expression(self, node: Any) -> tuple[str, Any]:
        """Return the C source and type of an expression (text "" if it is `Known`)."""
        match node:
            case ast.Constant(value):
                return "", Known(value)
            case ast.Name(name):
                return self.name(node, name)
            case ast.Attribute(base, name):
                return self.attribute(node, base, name)
            case ast.Tuple(members):
                return self.tuple_of([self.value(m) for m in members], node)
            case ast.BinOp(left, operator, right):
                return self.binary(node, left, operator, right)
            case ast.UnaryOp(operator, operand):
                text, kind = self.expression(operand)
                if isinstance(kind, Known):
                    return "", Known(_FOLDED[type(operator)](kind.value))
                sign = {ast.USub: "-", ast.Not: "!", ast.Invert: "~", ast.UAdd: "+"}[type(operator)]
                return f"({sign}{text})", TRUTH if isinstance(operator, ast.Not) else kind
            case ast.BoolOp(operator, values):
                joined = " && " if isinstance(operator, ast.And) else " || "
                return f"({joined.join(self.value(v)[0] for v in values)})", TRUTH
            case ast.Compare(left, signs, others):
                return self.compare(node, left, signs, others)
            case ast.IfExp(test, body, orelse):
                condition, known = self.expression(test)
                if isinstance(known, Known):
                    return self.expression(body if known.value else orelse)
                (yes, yes_kind), (no, no_kind) = self.value(body), self.value(orelse)
                kind = together(yes_kind, no_kind)
                if kind is None:
                    self.fail(node, "two types")
                return f"({condition} ? {yes} : {no})", kind
            case ast.Subscript(base, index):
                return self.subscript(node, base, index)
            case ast.Call(function, [size], [ast.keyword("dtype", dtype)]):
                if self.expression(function)[1] == Known(np.empty):
                    return self.room(node, size, np.dtype(self.expression(dtype)[1].value).name)
            case ast.Call(function, [size], []) if self.expression(function)[1] == Known(np.empty):
                return self.room(node, size, "float64")
            case ast.Call(function, arguments, []):
                return self.call(node, function, arguments)
        self.fail(node, "expression")

    def name(self, node: Any, name: str) -> tuple[str, Any]:
        if name in self.types:
            kind = self.types[name]
            return ("" if isinstance(kind, Known) else name), kind
        found = {**vars(builtins), **self.python.__globals__}.get(name, self)
        if found is self:
            self.fail(node, "unknown name")
        return "", Known(found)

    def attribute(self, node: Any, base: Any, name: str) -> tuple[str, Any]:
        text, kind = self.expression(base)
        match kind:
            case Known(value):
                return "", Known(getattr(value, name))
            case Record():
                return f"{text}->{name}", dict(kind.fields)[name]
            case Array() if name == "size":
                return "(" + " * ".join(f"{text}.n[{k}]" for k in range(kind.dimensions)) + ")", WHOLE
            case Array() if name == "shape":
                return text, Shape(text, kind.dimensions)
        self.fail(node, "attribute")

    def binary(self, node: Any, left: Any, operator: Any, right: Any) -> tuple[str, Any]:
        (a, a_kind), (b, b_kind) = self.expression(left), self.expression(right)
        if isinstance(a_kind, Known) and isinstance(b_kind, Known):
            return "", Known(_FOLDED[type(operator)](a_kind.value, b_kind.value))
        (a, a_kind), (b, b_kind) = self.number_or(a, a_kind, left), self.number_or(b, b_kind, right)
        kind = together(a_kind, b_kind)
        if not isinstance(kind, Number):
            self.fail(node, "arithmetic")
        if isinstance(operator, ast.FloorDiv | ast.Mod) and "float" not in kind.dtype:
            helper = "floor_divide" if isinstance(operator, ast.FloorDiv) else "floor_modulo"
            return f"{helper}({a}, {b})", kind
        if type(operator) not in _OPERATORS:
            self.fail(node, "operator")
        if isinstance(operator, ast.Div) and kind not in (FLOAT, Number("float32")):
            kind = FLOAT
        a, b = (f"(double){x}" if kind == FLOAT and k not in (FLOAT, Number("literal")) else x
                for x, k in ((a, a_kind), (b, b_kind)))  # fmt: skip
        return f"({a} {_OPERATORS[type(operator)]} {b})", kind

    def compare(self, node: Any, left: Any, signs: Any, others: Any) -> tuple[str, Any]:
        parts, before = [], self.value(left)
        for operator, other in zip(signs, others, strict=True):
            after = self.value(other)
            kind = together(before[1], after[1])
            if not isinstance(kind, Number):
                self.fail(node, "comparison")
            cast = f"({kind.c})"
            a, b = (
                x if k in (kind, Number("literal")) and kind.dtype != "uint32" else cast + x for x, k in (before, after)
            )
            parts.append(f"({a} {_COMPARISONS[type(operator)]} {b})")
            before = after
        return f"({' && '.join(parts)})" if len(parts) > 1 else parts[0], TRUTH

    def subscript(self, node: Any, base: Any, index: Any) -> tuple[str, Any]:
        text, kind = self.expression(base)
        if isinstance(kind, Known):
            place = self.expression(index)[1]
            if not isinstance(place, Known):
                self.fail(node, "constant with an index that is not one")
            return "", Known(kind.value[place.value])
        if isinstance(kind, Shape):
            return f"{text}.n[{self.value(index)[0]}]", WHOLE
        if isinstance(kind, Tuple):
            return f"{text}.v[{self.value(index)[0]}]", kind.member
        if not isinstance(kind, Array):
            self.fail(node, "index")
        if isinstance(index, ast.Slice):
            if kind.dimensions != 1 or index.step is not None:
                self.fail(node, "slice")
            low = self.value(index.lower)[0] if index.lower else "0"
            high = self.value(index.upper)[0] if index.upper else f"{text}.n[0]"
            return f"({self.whole.define(kind)}){{{text}.p + ({low}), {{({high}) - ({low})}}}}", kind
        places = [self.value(i)[0] for i in (index.elts if isinstance(index, ast.Tuple) else [index])]
        left = kind.dimensions - len(places)
        if left == 0 and len(places) == 1:
            return f"{text}.p[{places[0]}]", Number(kind.dtype)
        helper = self.helper(kind, len(places))
        result = Array(kind.dtype, left) if left else Number(kind.dtype)
        call = f"{helper}({text}, {', '.join(places)})"
        return (call if left else f"(*{call})"), result

    def helper(self, kind: Array, places: int) -> str:
        """Define and name the function that goes into an array by its first indices."""
        left, name = kind.dimensions - places, f"{kind.c}_at_{places}"
        self.whole.define(kind)
        offset = "i0"
        for k in range(1, kind.dimensions):
            offset = f"({offset}) * a.n[{k}]" + (f" + i{k}" if k < places else "")
        given = ", ".join(f"int64_t i{k}" for k in range(places))
        result = f"{C_NAMES[kind.dtype]} *"
        text = f"a.p + {offset}"
        if left:
            result = self.whole.define(Array(kind.dtype, left))
            text = f"({result}){{{text}, {{{', '.join(f'a.n[{k}]' for k in range(places, kind.dimensions))}}}}}"
        self.whole.definitions.setdefault(
            name, f"static inline {result} {name}({kind.c} a, {given}) {{ return {text}; }}"
        )
        return name

    def room(self, node: Any, size: Any, dtype: str) -> tuple[str, Any]:
        """Set a local array aside."""
        length, kind = self.expression(size)[1], Array(dtype, 1)
        if not isinstance(length, Known):
            self.fail(node, "an array whose size is not known")
        self.fresh += 1
        name = f"store_{self.fresh}"
        self.storage.append(f"{C_NAMES[dtype]} {name}[{length.value}] __attribute__((aligned(64)));")
        return f"({self.whole.define(kind)}){{{name}, {{{length.value}}}}}", kind

    def call(self, node: Any, function: Any, arguments: Any) -> tuple[str, Any]:
        called = self.expression(function)[1]
        if not isinstance(called, Known):
            self.fail(node, "call")
        called = _PLAIN.get(called.value, called.value)
        given = [self.expression(a) for a in arguments]
        values = [self.number_or(*g, a) for g, a in zip(given, arguments, strict=True) if not _is_object(g[1])]
        if inspect.isclass(called) and issubclass(called, np.generic):
            kind = Number(np.dtype(called).name)
            return f"(({kind.c}){values[0][0]})", kind
        if called in (float, int, bool):
            kind = {float: FLOAT, int: WHOLE, bool: TRUTH}[called]
            return f"(({kind.c}){values[0][0]})", kind
        if called is prefetch:
            return f"__builtin_prefetch(&({given[0][0]}).p[{given[1][0]}])", WHOLE
        if called is meet:
            self.whole.definitions.setdefault(
                "meet", '#include <omp.h>\nstatic void meet(void) { _Pragma("omp barrier") }'
            )
            return "meet()", WHOLE
        if called is np.sqrt:
            return f"sqrt({values[0][0]})", FLOAT
        if called in (abs, np.abs):
            return f"fabs({values[0][0]})", FLOAT
        if called in (min, max):
            (text, kind), sign = values[0], "<" if called is min else ">"
            for other, other_kind in values[1:]:
                kind = together(kind, other_kind)
                name = f"{called.__name__}_{kind.c}"
                self.whole.definitions.setdefault(
                    name, f"static inline {kind.c} {name}({kind.c} a, {kind.c} b) {{ return b {sign} a ? b : a; }}"
                )  # fmt: skip
                text = f"{name}({text}, {other})"
            return text, kind
        if called is len and isinstance(given[0][1], Tuple):
            return "", Known(given[0][1].count)
        if python_function(called) is None:
            self.fail(node, "call of an unknown function")
        kinds = [k if isinstance(k, Known) and not isinstance(k.value, float) else self.number_or(t, k, a)[1]
                 for (t, k), a in zip(given, arguments, strict=True)]  # fmt: skip
        kinds = [WHOLE if k == Number("literal") else k for k in kinds]
        name, result = self.whole.function(called, kinds)
        passed = [self.number_or(t, k, a)[0] for (t, k), a, kind in zip(given, arguments, kinds, strict=True)
                  if not isinstance(kind, Known)]  # fmt: skip
        return f"{name}({', '.join(passed)})", result


def _is_object(kind: Any) -> bool:
    return isinstance(kind, Known) and not isinstance(kind.value, int | float | np.number | np.bool_ | tuple)
