"""From the kernel's Python to JavaScript: nothing of the model is written a second time.

The kernel is written in a small part of Python (numbers, tuples, slices, loops). Here the same source is read as
a syntax tree and comes out as JavaScript. Arrays become typed arrays (with more than one dimension: `{d, n}`,
numbers and shape), and names of modules (row numbers, constants) their values. JavaScript has no tuples without
memory for each, so tuples are taken apart: functions without branches are written into their callers, other
functions get one argument for each member. Anything outside this part of Python raises `NotTranslated` with the
place, so that a change of the kernel cannot be missed.

Additions keep their order and nothing is fused, so on any machine the numbers are those of the engine.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import operator
import re
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

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


_BINARY = {
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


@dataclass
class Translation:
    """The JavaScript of functions and of everything that they call. `skipped`: functions that change no number."""

    skipped: Sequence[Any] = ()
    functions: dict[str, str] = field(default_factory=dict)
    storage: list[str] = field(default_factory=list)
    doors: list[str] = field(default_factory=list)
    constants: set[str] = field(default_factory=set)
    _done: dict[Any, str] = field(default_factory=dict)
    _fresh: int = 0

    def fresh(self, name: str) -> str:
        """Return a name that nothing else has."""
        self._fresh += 1
        return f"{name.strip('_')}_{self._fresh}"

    def door(self, function: Any, arguments: Sequence[Any]) -> None:
        """Translate a function that the page calls by its own name; tuples, given and returned, are arrays there."""
        name = function.__name__.strip("_")
        self.doors.append(name)
        python = python_function(function)
        parameters = list(inspect.signature(python).parameters)
        given = [_at_door(p, a) for p, a in zip(parameters, arguments, strict=True)]
        body = Body(self, python, given)
        if body.is_straight:
            lines = [*body.straight(), f"return {_as_array(body.result)};"]
        else:
            called, texts = self.call(function, given)
            lines = [f"return {called}({texts});"]
        text = "\n".join(lines)
        self.functions[name] = f"function {name}({', '.join(parameters)}) {{\n{text}\n}}"

    def call(self, function: Any, given: Sequence[Any]) -> tuple[str, str]:
        """Return the name of a translated function for these arguments, and what to write between the brackets."""
        python = python_function(function)
        parameters = list(inspect.signature(python).parameters)
        inside, outside = [], []
        for parameter, argument in zip(parameters, given, strict=True):
            inner, texts = _parameter(parameter, argument)
            inside.append(inner)
            outside += texts
        key = (python.__code__, tuple(inside))
        if key not in self._done:
            # Python names have no $, so no name inside a function can hide another function.
            name = python.__name__.strip("_") + "$"
            name = self._done[key] = self.fresh(name) if name in self.functions else name
            self.functions[name] = ""
            head = ", ".join(text for inner in inside for text in _texts(inner))
            self.functions[name] = f"function {name}({head}) {{\n" + "\n".join(Body(self, python, inside).lines()) + "\n}"
        return self._done[key], ", ".join(outside)

    def source(self, name: str) -> str:
        """Return everything as one JavaScript object `name`, whose members are the functions that have a door."""
        text = "\n".join([*self.storage, *self.functions.values()])
        # There is no text in it that spaces would matter to.
        text = re.sub(r" ?([-+*/%<>=&|?:,;(){}^!]+) ?", r"\1", text)
        return f"const {name} = (() => {{\n{text}\nreturn {{ {', '.join(self.doors)} }};\n}})();\n"


def _at_door(name: str, argument: Any) -> Any:
    if isinstance(argument, Tuple):
        return Tuple(tuple(Number(f"{name}[{k}]") for k in range(len(argument.members))))
    return argument


def _in_object(array: Array) -> bool:
    """Return whether an array is written as `{d, n}`."""
    return array.dimensions + array.skipped > 1


def _as_array(result: Any) -> str:
    return f"[{', '.join(m.text for m in result.members)}]" if isinstance(result, Tuple) else str(result.text)


def _parameter(name: str, argument: Any) -> tuple[Any, list[str]]:
    """Return an argument as the function sees it, and the texts that its caller gives."""
    match argument:
        case Tuple(members):
            parts = [_parameter(f"{name}_{k}", member) for k, member in enumerate(members)]
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


def _texts(inner: Any) -> list[str]:
    if isinstance(inner, Tuple):
        return [text for member in inner.members for text in _texts(member)]
    return [inner.text, inner.start] if isinstance(inner, Array) and inner.start else [inner.text]


class Body:
    """One function for one set of arguments."""

    def __init__(self, whole: Translation, python: Any, arguments: Sequence[Any]) -> None:
        self.whole, self.python = whole, python
        tree: Any = ast.parse(textwrap.dedent(inspect.getsource(python))).body[0]
        self.statements = [s for s in tree.body if not _is_text(s)]
        self.names: dict[str, Any] = dict(zip([a.arg for a in tree.args.args], arguments, strict=True))
        self.parameters = {text for argument in arguments if not isinstance(argument, Known) for text in _texts(argument)}
        self.declared: set[str] = set()
        self.result: Any = None
        self.out: list[str] = []

    @property
    def is_straight(self) -> bool:
        """Return whether the function only computes names and returns once, at its end."""
        *before, last = self.statements
        targets = [t for s in before if isinstance(s, ast.Assign) for t in s.targets]
        plain = all(isinstance(s, ast.Assign) for s in before) and isinstance(last, ast.Return) and last.value
        return bool(plain) and not any(isinstance(t, ast.Subscript) for t in targets)

    def straight(self) -> list[str]:
        """Translate a straight function; its result goes to `result`. Returns the lines before it."""
        for statement in self.statements[:-1]:
            self.assign_fresh(statement.targets[0], self.expression(statement.value), statement)
        self.result = self.expression(self.statements[-1].value)
        return self.out

    def lines(self) -> list[str]:
        """Translate the body of a function with branches or loops."""
        lines = self.block(self.statements)
        names = ", ".join(sorted(self.declared))
        return [f"let {names};", *lines] if names else lines

    def fail(self, node: Any, what: str) -> NoReturn:
        line = self.python.__code__.co_firstlineno + getattr(node, "lineno", 1) - 1
        raise NotTranslated(f"{self.python.__code__.co_filename}:{line}: {what}: {ast.unparse(node)[:80]}")

    # ------------------------------------------------------------------------------ statements

    def block(self, statements: Sequence[ast.stmt]) -> list[str]:
        outer, self.out = self.out, []
        for statement in statements:
            self.statement(statement)
        lines, self.out = self.out, outer
        return lines

    def statement(self, node: Any) -> None:
        match node:
            case ast.Expr(ast.Constant()) | ast.Pass():
                return
            case ast.Expr(ast.Call() as call):
                found = self.expression(call)
                if found is not None:
                    self.out.append(f"{found.text};")
            case ast.Assign([target], value):
                self.assign(target, self.expression(value), node)
            case ast.AugAssign(target, sign, value):
                number = self.number(value)
                self.out.append(f"{self.place(target)} {_BINARY[type(sign)]}= {number};")
            case ast.Return(None):
                self.out.append("return;")
            case ast.Return(value):
                self.out.append(f"return {self.number(value)};")
            case ast.If(test, body, orelse):
                self.out += [f"if ({self.number(test)}) {{", *self.block(body), "}"]
                if orelse:
                    self.out += ["else {", *self.block(orelse), "}"]
            case ast.Continue():
                self.out.append("continue;")
            case ast.For(ast.Name(name), ast.Call(function, arguments), body, []):
                self.loop(node, name, function, arguments, body)
            case _:
                self.fail(node, "statement")

    def loop(self, node: Any, name: str, function: Any, arguments: Any, body: Any) -> None:
        called = self.expression(function).value
        if (called is not range and getattr(called, "__name__", "") != "prange") or len(arguments) > 2:
            self.fail(node, "loop")
        bounds = [self.number(a) for a in arguments]
        low, high = bounds if len(bounds) == 2 else ("0", bounds[0])
        end = self.whole.fresh("end")
        self.names[name] = Number(name)
        self.out += [f"for (let {name} = {low}, {end} = {high}; {name} < {end}; {name}++) {{", *self.block(body), "}"]

    def assign(self, target: Any, value: Any, node: Any) -> None:
        match target, value:
            case ast.Name("_"), _:
                return
            case ast.Name(name), Number() | Known(bool() | int() | float()):
                self.names[name] = Number(name)
                self.declared |= {name} - self.parameters
                self.out.append(f"{name} = {self.text(value, node)};")
            case ast.Name(), _:
                self.assign_fresh(target, value, node)
            case ast.Subscript(), Number() | Known():
                self.out.append(f"{self.place(target)} = {self.text(value, node)};")
            case ast.Tuple(targets), Tuple(members) if len(targets) == len(members):
                # All values are read before the first name changes.
                held = [self.held(member, "held") for member in members]
                for each, member in zip(targets, held, strict=True):
                    self.assign(each, member, node)
            case _:
                self.fail(node, "assignment")

    def assign_fresh(self, target: Any, value: Any, node: Any) -> None:
        """Give a value a new constant in JavaScript, so that later values under the same name are apart."""
        match target, value:
            case ast.Name("_"), _:
                return
            case ast.Name(name), _:
                self.names[name] = self.held(value, name)
            case ast.Tuple(targets), Tuple(members) if len(targets) == len(members):
                for each, member in zip(targets, [self.held(m, "held") for m in members], strict=True):
                    self.assign_fresh(each, member, node)
            case _:
                self.fail(node, "assignment")

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

    def place(self, target: Any) -> str:
        found = self.names.get(target.id) if isinstance(target, ast.Name) else self.expression(target)
        if not isinstance(found, Number):
            self.fail(target, "assignment")
        return found.text

    # ----------------------------------------------------------------------------- expressions

    def text(self, value: Any, node: Any) -> str:
        match value:
            case Number(text):
                return text
            case Known(bool() | int() | float() | np.number() | np.bool_()):
                return literal(value.value)
        self.fail(node, "not a number")

    def number(self, node: Any) -> str:
        return self.text(self.expression(node), node)

    def expression(self, node: Any) -> Any:
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

    def name(self, node: Any, name: str) -> Any:
        if name in self.names:
            return self.names[name]
        found = {**vars(builtins), **self.python.__globals__}.get(name, self)
        if found is self:
            self.fail(node, "unknown name")
        return Known(found)

    def attribute(self, node: Any, base: Any, name: str) -> Any:
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
        match yes, no:
            case Tuple(a), Tuple(b) if len(a) == len(b):
                return Tuple(tuple(self.choice(node, condition, y, n) for y, n in zip(a, b, strict=True)))
            case Array(a, 1, start), Array(b, 1, other) if a == b:
                return Array(a, 1, f"({condition} ? {start or '0'} : {other or '0'})")
        return Number(f"({condition} ? {self.text(yes, node)} : {self.text(no, node)})")

    def binary(self, node: Any, left: Any, sign: Any, right: Any) -> Any:
        a, b = self.expression(left), self.expression(right)
        if isinstance(a, Known) and isinstance(b, Known):
            return Known(_FOLDED[type(sign)](a.value, b.value))
        x, y = self.text(a, left), self.text(b, right)
        if isinstance(sign, ast.FloorDiv):
            return Number(f"Math.floor({x} / {y})")
        if type(sign) not in _BINARY:
            self.fail(node, "operator")
        return Number(f"({x} {_BINARY[type(sign)]} {y})")

    def subscript(self, node: Any, base: Any, index: Any) -> Any:
        match base:
            case Known(value):
                return Known(value[self.expression(index).value])
            case Tuple(members):
                place = self.expression(index)
                if isinstance(place, Known):
                    return members[place.value]
                return Number(f"[{', '.join(self.text(m, node) for m in members)}][{self.text(place, index)}]")
            case Shape(Array(text, _, _, skipped) as of) if _in_object(of):
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
        if not _in_object(base):
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
        if not isinstance(called, Known):
            self.fail(node, "call")
        function = called.value
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
        if Body(self.whole, python_function(function), given).is_straight:
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
        inside = Body(self.whole, python_function(function), held)
        lines = inside.straight()
        if isinstance(inside.result, Number) and all(isinstance(g, Number | Known) for g in given):
            del self.out[before:]
            return None
        self.out += lines
        return inside.result


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
