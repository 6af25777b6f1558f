"""Formulas of the model as JavaScript: each is called once with symbols, and what it did to them is written down.

For functions that the syntax tree says little about (they read tables by name). Where a formula asks whether
something is true, both answers are followed and the page asks again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from affectsim import dynamics, parameters, world_tables
from affectsim.kernel.scheme import decay_table
from affectsim.page.javascript_values import literal
from affectsim.readouts import ALWAYS, Measure


class Symbol:
    """A number that is known on the page only: its JavaScript."""

    def __init__(self, text: str, answers: Answers) -> None:
        self.text, self.answers = text, answers

    def _new(self, text: str) -> Symbol:
        return Symbol(text, self.answers)

    def _with(self, sign: str, other: Any, turned: bool = False) -> Any:
        if isinstance(other, np.ndarray):
            return NotImplemented  # numpy then goes through the array, number by number
        mine, its = self.text, other.text if isinstance(other, Symbol) else literal(other)
        return self._new(f"({its} {sign} {mine})" if turned else f"({mine} {sign} {its})")

    def __add__(self, other: Any) -> Any:
        return self._with("+", other)

    def __radd__(self, other: Any) -> Any:
        return self._with("+", other, turned=True)

    def __sub__(self, other: Any) -> Any:
        return self._with("-", other)

    def __rsub__(self, other: Any) -> Any:
        return self._with("-", other, turned=True)

    def __mul__(self, other: Any) -> Any:
        return self._with("*", other)

    def __rmul__(self, other: Any) -> Any:
        return self._with("*", other, turned=True)

    def __truediv__(self, other: Any) -> Any:
        return self._with("/", other)

    def __rtruediv__(self, other: Any) -> Any:
        return self._with("/", other, turned=True)

    def __lt__(self, other: Any) -> Any:
        return self._with("<", other)

    def __gt__(self, other: Any) -> Any:
        return self._with(">", other)

    def __pow__(self, other: int) -> Symbol:
        return self._new(f"({' * '.join([self.text] * other)})")

    def __neg__(self) -> Symbol:
        return self._new(f"(-{self.text})")

    def __abs__(self) -> Symbol:
        return self._new(f"Math.abs({self.text})")

    def __bool__(self) -> bool:
        return self.answers.ask(self.text)

    # numpy calls these for functions of objects.
    def exp(self) -> Symbol:
        """Return its exponential, as `exponential.exponential` takes it."""
        return self._new(f"(1 + kernel.less_one({self.text}))")

    def expm1(self) -> Symbol:
        """Return its exponential less one."""
        return self._new(f"kernel.less_one({self.text})")

    def sqrt(self) -> Symbol:
        """Return its square root."""
        return self._new(f"Math.sqrt({self.text})")


class Answers:
    """What a formula asked on its way, and what it was told."""

    def __init__(self, given: tuple[bool, ...]) -> None:
        self.given, self.asked = given, list[str]()

    def ask(self, text: str) -> bool:
        """Return the answer to the next question; true if none was given."""
        self.asked.append(text)
        return self.given[len(self.asked) - 1] if len(self.asked) <= len(self.given) else True


def traced(formula: Callable[[Callable[[str], Symbol]], Any], given: tuple[bool, ...] = ()) -> str:
    """Return the JavaScript of a formula, a number or an array; it gets a function that makes symbols of texts."""
    answers = Answers(given)
    found = formula(lambda text: Symbol(text, answers))
    many = [found] if np.ndim(found) == 0 else np.asarray(found, dtype=object).reshape(-1)
    texts = [value.text if isinstance(value, Symbol) else literal(value) for value in many]
    yes = texts[0] if np.ndim(found) == 0 else f"[{', '.join(texts)}]"
    if len(answers.asked) == len(given):
        return yes
    # The first question that was not answered beforehand: follow both ways.
    question, before = answers.asked[len(given)], given
    return f"({question} ? {traced(formula, (*before, True))} : {traced(formula, (*before, False))})"


class _Table(Mapping[str, Any]):
    """A table of symbols: any name is in it."""

    def __init__(self, symbol: Callable[[str], Symbol], text: str, names: Mapping[str, Any]) -> None:
        self.symbol, self.text, self.names = symbol, text, names

    def __getitem__(self, name: str) -> Symbol:
        if name not in self.names:
            raise KeyError(name)
        return self.symbol(f"{self.text}.{name}")

    def __iter__(self) -> Any:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


def formula_source() -> str:
    """Return the object `formulas`: what the tables of a world are made of, and what is read from a state.

    `coupling`, `background`, `circumstances`, `risk`, `forget` (of `model`), `decay` (of `model` and `time`),
    `power_step` (of `model` and `tick_hours`), and `readouts`: name -> function of values by name.
    """
    model = parameters.MODEL

    def of_model(function: Callable[..., Any], *more: str) -> str:
        text = traced(lambda s: function(_Table(s, "model", model), *(s(name) for name in more)))
        return f"({', '.join(['model', *more])}) => {text}"

    def decay(table: Mapping[str, Any], time: Symbol) -> Any:
        return decay_table(table, np.array([time], dtype=object))

    found = {
        "coupling": of_model(dynamics.coupling),
        "background": of_model(world_tables.background),
        "circumstances": of_model(world_tables.circumstances),
        "risk": of_model(world_tables.risk_chances),
        "forget": of_model(world_tables.forgotten_per_day),
        "power_step": of_model(world_tables.power_step, "tick_hours"),
        "decay": of_model(decay, "time"),
    }
    lines = [f"{name}: {text}," for name, text in found.items()]
    names = dict.fromkeys((*ALWAYS, *(row for m in Measure.kinds().values() for row in m.rows)))
    readouts = []
    for kind in ("anger", "fear", "anxiety", "anticipation", "pleasure", "calm", "safeness", "connectedness"):
        measure = Measure.kinds()[kind]
        text = traced(lambda s, measure=measure: measure.of(_Table(s, "values", names)))  # type: ignore[misc]
        readouts.append(f"{kind}: (values) => {text},")
    return "\n".join(["const formulas = {", *lines, "readouts: {", *readouts, "},", "};"]) + "\n"
