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
import inspect
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from affectsim.page.javascript_expressions import BINARY, Expressions
from affectsim.page.javascript_values import (
    Array,
    Known,
    NotTranslated,
    Number,
    Tuple,
    as_array,
    at_door,
    parameter_of,
    python_function,
    record,
    texts_of,
)


@dataclass
class Translation:
    """The JavaScript of functions and of everything that they call.

    `skipped`: functions that change no number. `instead`: for functions that are no Python, what does the same.
    """

    skipped: Sequence[Any] = ()
    instead: Mapping[Any, Any] = field(default_factory=dict)
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
        given = [at_door(p, a) for p, a in zip(parameters, arguments, strict=True)]
        body = Body(self, python, given)
        if body.is_straight:
            lines = [*body.straight(), f"return {as_array(body.result)};"]
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
            inner, texts = parameter_of(parameter, argument)
            inside.append(inner)
            outside += texts
        key = (python.__code__, tuple(inside))
        if key not in self._done:
            # Python names have no $, so no name inside a function can hide another function.
            name = python.__name__.strip("_") + "$"
            name = self._done[key] = self.fresh(name) if name in self.functions else name
            self.functions[name] = ""
            head = ", ".join(text for inner in inside for text in texts_of(inner))
            self.functions[name] = (
                f"function {name}({head}) {{\n" + "\n".join(Body(self, python, inside).lines()) + "\n}"
            )
        return self._done[key], ", ".join(outside)

    def source(self, name: str) -> str:
        """Return everything as one JavaScript object `name`, whose members are the functions that have a door."""
        text = "\n".join([*self.storage, *self.functions.values()])
        # There is no text in it that spaces would matter to.
        text = re.sub(r" ?([-+*/%<>=&|?:,;(){}^!]+) ?", r"\1", text)
        return f"const {name} = (() => {{\n{text}\nreturn {{ {', '.join(self.doors)} }};\n}})();\n"


class Body(Expressions):
    """One function for one set of arguments."""

    def __init__(self, whole: Translation, python: Any, arguments: Sequence[Any]) -> None:
        self.whole, self.python = whole, python
        tree: Any = ast.parse(textwrap.dedent(inspect.getsource(python))).body[0]
        self.statements = [s for s in tree.body if not _is_text(s)]
        self.names: dict[str, Any] = dict(zip([a.arg for a in tree.args.args], arguments, strict=True))
        self.parameters = {
            text for argument in arguments if not isinstance(argument, Known) for text in texts_of(argument)
        }
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

    # ------------------------------------------------------------------------------ statements

    def block(self, statements: Sequence[ast.stmt]) -> list[str]:
        """Return the lines of statements."""
        outer, self.out = self.out, []
        for statement in statements:
            self.statement(statement)
        lines, self.out = self.out, outer
        return lines

    def statement(self, node: Any) -> None:
        """Write one statement."""
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
                self.out.append(f"{self.place(target)} {BINARY[type(sign)]}= {number};")
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
        """Write a loop over numbers."""
        called = self.expression(function).value
        if called is not range or len(arguments) > 2:
            self.fail(node, "loop")
        bounds = [self.number(a) for a in arguments]
        low, high = bounds if len(bounds) == 2 else ("0", bounds[0])
        end = self.whole.fresh("end")
        self.names[name] = Number(name)
        self.out += [f"for (let {name} = {low}, {end} = {high}; {name} < {end}; {name}++) {{", *self.block(body), "}"]

    def assign(self, target: Any, value: Any, node: Any) -> None:
        """Write an assignment."""
        match target, value:
            case ast.Name("_"), _:
                return
            case ast.Name(name), Number() | Known(bool() | int() | float() | np.integer()):
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

    def place(self, target: Any) -> str:
        """Return what an assignment to a target changes."""
        found = self.names.get(target.id) if isinstance(target, ast.Name) else self.expression(target)
        if not isinstance(found, Number):
            self.fail(target, "assignment")
        return found.text


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


__all__ = ["Array", "NotTranslated", "Number", "Translation", "Tuple", "record"]
