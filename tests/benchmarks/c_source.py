"""From the kernel's Python to C: nothing of the model is written a second time.

The kernel is written in a small part of Python (numbers, tuples, slices, loops), which numba compiles.
Here the same source is read as a syntax tree, its types are worked out from the arguments of one call,
and C comes out: slices become pointers with a length, tuples structs, a meeting of threads an OpenMP barrier,
names of modules (row numbers, constants) their values. Anything outside this part of Python raises
`NotTranslated` with the place, so that a change of the kernel cannot be missed.

Integer arithmetic follows numpy's rules (unsigned 32-bit numbers wrap), as in `draws`.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.benchmarks.c_expressions import Expressions
from tests.benchmarks.c_types import (
    WHOLE,
    Array,
    Known,
    NotTranslated,
    Number,
    Record,
    Tuple,
    python_function,
    together,
    type_of,
)  # fmt: skip

_HEADER = """\
#include <stdint.h>
#include <stdbool.h>
#include <math.h>
static inline int64_t floor_divide(int64_t a, int64_t b) { return a / b - ((a % b != 0) && ((a < 0) != (b < 0))); }
static inline int64_t floor_modulo(int64_t a, int64_t b) {
  int64_t r = a % b; return (r && ((r < 0) != (b < 0))) ? r + b : r;
}
"""


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


class _Body(Expressions):
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
        text = (
            f"{kind} {result} {name}({', '.join(given)}) {{\n" + "\n".join([*self.storage, *inside, *lines]) + "\n}\n"
        )
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


def _reading(target: Any) -> Any:
    tree = ast.parse(ast.unparse(target), mode="eval").body
    return ast.copy_location(tree, target)


__all__ = ["Array", "NotTranslated", "Number", "Record", "Translation", "type_of"]
