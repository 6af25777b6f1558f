"""From the kernel's Python to C: nothing of the model is written a second time.

The kernel is written in a small part of Python (numbers, tuples, slices, loops), which numba compiles.
Here the same source is read as a syntax tree, its types are worked out from the arguments of one call,
and C comes out: slices become pointers with a length, tuples structs, `numba.prange` an OpenMP loop,
names of modules (row numbers, constants) their values. Anything outside this part of Python raises
`NotTranslated` with the place, so that a change of the kernel cannot be missed.

Integer arithmetic follows numpy's rules (unsigned 32-bit numbers wrap), as in `draws`.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import operator as operators
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np

C_NAMES = {
    "float64": "double", "float32": "float", "int64": "int64_t", "int32": "int32_t", "int8": "int8_t",
    "uint64": "uint64_t", "uint32": "uint32_t", "uint8": "uint8_t", "int16": "int16_t", "uint16": "uint16_t",
    "bool": "bool",
}  # fmt: skip
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
_COMPARISONS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
_HEADER = """\
#include <stdint.h>
#include <stdbool.h>
#include <math.h>
static inline int64_t floor_divide(int64_t a, int64_t b) { return a / b - ((a % b != 0) && ((a < 0) != (b < 0))); }
static inline int64_t floor_modulo(int64_t a, int64_t b) { int64_t r = a % b; return (r && ((r < 0) != (b < 0))) ? r + b : r; }
"""


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


NOTHING = Number("bool")  # type of a function without a value; never read
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


@dataclass
class Translation:
    """The C source of a function and of everything that it calls."""

    definitions: dict[str, str] = field(default_factory=dict)
    functions: list[str] = field(default_factory=list)
    done: dict[Any, tuple[str, Any]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)

    def define(self, kind: Any) -> str:
        """Return the C name of a type, defining it first if need be."""
        if isinstance(kind, Tuple):
            self.define(kind.member)
        if isinstance(kind, Record):
            for _, member in kind.fields:
                self.define(member)
        if hasattr(kind, "define"):
            self.definitions.setdefault(kind.c, kind.define())
        return str(kind.c)

    def function(self, function: Any, arguments: Sequence[Any]) -> tuple[str, Any]:
        """Translate a function for argument types (`Known` for constants); return its C name and its type."""
        python = python_function(function)
        key = (python, tuple(arguments))
        if key not in self.done:
            name = base = python.__name__.lstrip("_") + "_"
            while name in self.names:
                base, name = base, f"{base}{len(self.names)}"
            self.names.add(name)
            inlined = bool(getattr(function, "targetoptions", {}).get("forceinline"))
            body = _Body(self, python, arguments)
            text, result = body.translate(name, inlined)
            self.functions.append(text)
            self.done[key] = name, result
        return self.done[key]

    def source(self) -> str:
        """Return everything as one C file."""
        return "\n".join([_HEADER, *self.definitions.values(), *self.functions])


class _Body:
    """One function for one set of argument types."""

    def __init__(self, whole: Translation, python: Any, arguments: Sequence[Any]) -> None:
        self.whole, self.python = whole, python
        self.tree: Any = ast.parse(textwrap.dedent(inspect.getsource(python))).body[0]
        names = [a.arg for a in self.tree.args.args]
        if len(names) != len(arguments):
            raise NotTranslated(f"{python.__name__} called with {len(arguments)} arguments")
        self.arguments = dict(zip(names, arguments, strict=True))
        self.types: dict[str, Any] = dict(self.arguments)
        self.result: Any = None
        self.fresh = 0
        self.storage: list[str] = []

    def fail(self, node: ast.AST, what: str) -> NoReturn:
        line = self.python.__code__.co_firstlineno + getattr(node, "lineno", 1) - 1
        raise NotTranslated(f"{self.python.__code__.co_filename}:{line}: {what}: {ast.unparse(node)[:80]}")

    def translate(self, name: str, inlined: bool) -> tuple[str, Any]:
        # Types may widen (0 and later 0.5): repeat until they stay.
        while True:
            before, self.fresh, self.storage = dict(self.types), 0, []
            lines = self.block(self.tree.body)
            if before == self.types:
                break
        result = "void" if self.result is None else self.whole.define(self.result)
        given = [f"{self.whole.define(t)} {n}" for n, t in self.arguments.items() if not isinstance(t, Known)]
        kind = "static inline __attribute__((always_inline))" if inlined else "static"
        inside = [f"{self.whole.define(t)} {n};" for n, t in self.types.items() if n not in self.arguments]
        text = f"{kind} {result} {name}({', '.join(given)}) {{\n" + "\n".join([*self.storage, *inside, *lines]) + "\n}\n"
        return text, self.result

    # ----------------------------------------------------------------------------- statements

    def block(self, statements: Sequence[ast.stmt]) -> list[str]:
        return [line for statement in statements for line in self.statement(statement)]

    def statement(self, node: Any) -> list[str]:
        match node:
            case ast.Expr(ast.Constant()) | ast.Pass():
                return []
            case ast.Expr(value):
                return [self.expression(value)[0] + ";"]
            case ast.Assign([ast.Tuple(targets)], ast.Tuple(values)) if len(targets) == len(values):
                # All values are read before the first name changes.
                held = [self.hold(*self.value(value), value) for value in values]
                lines = [line for line, _, _ in held]
                for each, value, (_, name, kind) in zip(targets, values, held, strict=True):
                    lines += self.assign(each, name, kind, value)
                return lines
            case ast.Assign([target], value):
                return self.assign(target, *self.expression(value), value)
            case ast.AnnAssign(target, _, value) if value is not None:
                return self.assign(target, *self.expression(value), value)
            case ast.AugAssign(target, operator, value):
                combined = ast.copy_location(ast.BinOp(_reading(target), operator, value), node)
                return self.assign(target, *self.expression(combined), value)
            case ast.Return(None):
                return ["return;"]
            case ast.Return(value):
                text, kind = self.number_or(*self.expression(value), value)
                self.result = kind if self.result is None else together(self.result, kind)
                if self.result is None:
                    self.fail(node, "results of different types")
                return [f"return {text};"]
            case ast.If(test, body, orelse):
                condition, kind = self.expression(test)
                if isinstance(kind, Known):
                    return self.block(body if kind.value else orelse)
                lines = [f"if ({condition}) {{", *self.block(body), "}"]
                return [*lines, "else {", *self.block(orelse), "}"] if orelse else lines
            case ast.While(test, body, []):
                return [f"while ({self.expression(test)[0]}) {{", *self.block(body), "}"]
            case ast.Continue():
                return ["continue;"]
            case ast.Break():
                return ["break;"]
            case ast.For(ast.Name(name), ast.Call(function, arguments), body, []):
                return self.loop(node, name, function, arguments, body)
        self.fail(node, "statement")

    def hold(self, text: str, kind: Any, node: Any) -> tuple[str, str, Any]:
        """Return a line that keeps a value under a new name, the name and its type."""
        if not hasattr(kind, "c"):
            self.fail(node, "no value")
        self.fresh += 1
        return f"const {self.whole.define(kind)} held_{self.fresh} = {text};", f"held_{self.fresh}", kind

    def loop(self, node: ast.AST, name: str, function: Any, arguments: Any, body: Any) -> list[str]:
        called = self.expression(function)[1].value
        bounds = [self.number_or(*self.expression(a), a) for a in arguments]
        if len(bounds) == 1:
            bounds.insert(0, ("0", Number("literal")))
        if len(bounds) != 2:
            self.fail(node, "range with a stride")
        kind = together(bounds[0][1], bounds[1][1])
        kind = WHOLE if kind.dtype == "literal" else kind
        (low, _), (high, _) = bounds
        if called is range:
            self.set_type(name, kind, node)
            self.fresh += 1
            end = f"end_{self.fresh}"
            head = f"{{ const {kind.c} {end} = {high}; for ({name} = {low}; {name} < {end}; {name}++) {{"
            return [head, *self.block(body), "} }"]
        if getattr(called, "__name__", "") == "prange":
            outer, (stored, self.storage) = set(self.types), (self.storage, [])
            self.types[name] = kind
            lines = self.block(body)
            own = [n for n in self.types if n not in outer or (n == name)]
            declared = [f"{self.whole.define(self.types[n])} {n};" for n in own if n != name]
            for n in own:
                del self.types[n]
            declared, self.storage = [*self.storage, *declared], stored
            head = f"for ({kind.c} {name} = {low}; {name} < {high}; {name}++) {{"
            return ["#pragma omp parallel for schedule(static)", head, *declared, *lines, "}"]
        self.fail(node, "loop")

    def set_type(self, name: str, kind: Any, node: ast.AST) -> None:
        if isinstance(kind, Number) and kind.dtype == "literal":
            kind = WHOLE
        known = self.types.get(name, kind)
        joined = together(known, kind)
        if joined is None or isinstance(joined, Known) or (name in self.arguments and joined != known):
            self.fail(node, f"{name} has two types, {known} and {kind}")
        self.types[name] = joined

    def assign(self, target: Any, text: str, kind: Any, node: Any) -> list[str]:
        text, kind = self.number_or(text, kind, node)
        match target:
            case ast.Name("_"):
                return []
            case ast.Name(name):
                if kind is None:
                    self.fail(node, "no value")
                self.set_type(name, kind, node)
                return [f"{name} = {text};"]
            case ast.Subscript():
                place, place_kind = self.expression(target)
                if not isinstance(place_kind, Number):
                    self.fail(target, "assignment to a slice")
                return [f"{place} = {text};"]
            case ast.Tuple(targets):
                if not isinstance(kind, Tuple) or kind.count != len(targets):
                    self.fail(target, "unpacking")
                line, held, _ = self.hold(text, kind, node)
                lines = [line]
                for k, each in enumerate(targets):
                    lines += self.assign(each, f"{held}.v[{k}]", kind.member, node)
                return lines
        self.fail(target, "assignment")

    # ---------------------------------------------------------------------------- expressions

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
            a, b = (x if k in (kind, Number("literal")) and kind.dtype != "uint32" else cast + x for x, k in (before, after))
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
        self.whole.definitions.setdefault(name, f"static inline {result} {name}({kind.c} a, {given}) {{ return {text}; }}")
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
        called = called.value
        given = [self.expression(a) for a in arguments]
        values = [self.number_or(*g, a) for g, a in zip(given, arguments, strict=True) if not _is_object(g[1])]
        if inspect.isclass(called) and issubclass(called, np.generic):
            kind = Number(np.dtype(called).name)
            return f"(({kind.c}){values[0][0]})", kind
        if called in (float, int, bool):
            kind = {float: FLOAT, int: WHOLE, bool: TRUTH}[called]
            return f"(({kind.c}){values[0][0]})", kind
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


def _reading(target: Any) -> Any:
    tree = ast.parse(ast.unparse(target), mode="eval").body
    return ast.copy_location(tree, target)
