"""From values to validated models, with every mistake found in one go and said in words.

pydantic finds what is wrong with a table; this module says it the way a person would: where, which
value, what is allowed (with the unit), and the nearest valid name. Nothing here knows what a scenario is.
"""

from __future__ import annotations

import math
import re
import types
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from pydantic import BaseModel, ValidationError

from affectsim.errors import CLEAN, InputError, Mistake, clean, nearest, visible
from affectsim.parameters import MODEL, Parameter
from affectsim.parts import Declared, Part, declared

M = TypeVar("M", bound=BaseModel)
P = TypeVar("P", bound=Part)

_NO_VALUE = object()
_SHOWN_LENGTH = 40


class Findings:
    """The mistakes found so far, by dotted path."""

    def __init__(self) -> None:
        self._found: list[tuple[str, Any, str]] = []

    def add(self, path: str, message: str, value: Any = _NO_VALUE) -> None:
        """Note a mistake at `path`; `value`, if given, is shown behind the path."""
        self._found.append((path, value, message))

    def touch(self, *paths: str) -> bool:
        """Return True if a mistake was found at one of `paths`, above it or below it."""
        return any(
            found == path or found.startswith(path + ".") or path.startswith(found + ".")
            for path in paths
            for found, _, _ in self._found
        )

    def __len__(self) -> int:
        """Return the number of mistakes."""
        return len(self._found)

    def mistakes(self) -> list[Mistake]:
        """Return the mistakes, in the order in which they were found, each only once."""
        lines = (
            Mistake(visible(path if value is _NO_VALUE else f"{path} = {shown(value)}".lstrip()), message)
            for path, value, message in self._found
        )
        return list(dict.fromkeys(lines))

    def stop(self, source: str) -> None:
        """Raise InputError if there is a mistake."""
        if self._found:
            raise InputError(source, self.mistakes())


# ---------------------------------------------------------------------------------------- words


def shown(value: Any) -> str:
    """Return a value as TOML would write it, on one line and cut to about 40 characters."""
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, str):
        text = '"' + value.replace("\n", " ") + '"'
    elif isinstance(value, Mapping):
        text = "{" + ", ".join(f"{key} = {shown(item)}" for key, item in value.items()) + "}"
    elif isinstance(value, (list, tuple)):
        text = "[" + ", ".join(shown(item) for item in value) + "]"
    elif isinstance(value, int) and abs(value) > 10**_SHOWN_LENGTH:
        text = "a number of more than 40 digits"
    elif isinstance(value, float):
        text = number(value)
    else:
        text = str(value)
    return text if len(text) <= _SHOWN_LENGTH else text[: _SHOWN_LENGTH - 1] + "…"


def number(value: float) -> str:
    """Return a number the short way: 7 for 7.0, otherwise all digits."""
    if isinstance(value, int):
        return str(value)
    whole = math.isfinite(value) and abs(value) < 1e16 and value == int(value)
    return str(int(value)) if whole else repr(value)


def range_words(low: float | None, high: float | None, unit: str = "1", low_is_allowed: bool = True) -> str:
    """Return allowed values in words: "0 to 24 h", "at least 1", "above 0 and at most 36500 days"."""
    if low is not None and high is not None and low_is_allowed:
        words = f"{number(low)} to {number(high)}"
    else:
        ends = []
        if low is not None:
            ends.append(f"{'at least' if low_is_allowed else 'above'} {number(low)}")
        if high is not None:
            ends.append(f"at most {number(high)}")
        words = " and ".join(ends)
    return f"{words} {unit}" if words and unit not in ("", "1") else words


def type_words(value: Any) -> str:
    """Return what kind of thing a value is, in words."""
    names: list[tuple[type | tuple[type, ...], str]] = [
        (bool, "true or false"),
        (str, "a text"),
        (int, "a whole number"),
        (float, "a number"),
        ((list, tuple), "a list"),
        (Mapping, "a table"),
        (type(None), "nothing"),
    ]
    for kind, words in names:
        if isinstance(value, kind):
            return words
    return "a date or time" if type(value).__module__ == "datetime" else f"a {type(value).__name__}"


def wrong_type(wanted: str, value: Any, allowed: str = "") -> str:
    """Return "must be a number (0 to 1), not a text", with a hint where quotes are the mistake."""
    message = f"must be {wanted}{f' ({allowed})' if allowed else ''}"
    if wanted == "a whole number" and isinstance(value, float):
        return message
    message = f"{message}, not {type_words(value)}"
    if isinstance(value, str) and "number" in wanted:
        try:
            tidy = number(float(value))
        except ValueError:
            return message
        return f"{message}; write {tidy} without quotes" if tidy not in ("nan", "inf", "-inf") else message
    if wanted == "a text" and isinstance(value, (int, float)):
        return f'{message}; write "{shown(value)}"'
    return message


def _only(found: Declared | None) -> str:
    return range_words(found.low, found.high, found.unit, found.low_is_allowed) if found else ""


# ------------------------------------------------------------------------------- pydantic -> words

_TYPES = {
    "float_type": "a number",
    "float_parsing": "a number",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "string_type": "a text",
    "bool_type": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a table",
    "mapping_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
}
_RANGES = {"greater_than", "greater_than_equal", "less_than", "less_than_equal", "int_parsing_size"}


def translate(error: ValidationError, model: type[BaseModel], path: str, findings: Findings) -> None:
    """Add every mistake of a pydantic error about `model`, whose table stands at `path`, to `findings`."""
    for detail in error.errors(include_url=False):
        place = detail["loc"]
        where = dotted(path, *place)
        owner = _owner(model, place)
        known = declared(owner) if owner else {}
        field = known.get(str(place[-1])) if place else None
        if field is None and len(place) > 1 and isinstance(place[-1], int):
            field = known.get(str(place[-2]))
        _say(detail, where, field, known, findings)


def _say(detail: Any, where: str, field: Declared | None, known: dict[str, Declared], findings: Findings) -> None:
    kind, value = detail["type"], detail["input"]
    context = detail.get("ctx") or {}
    if kind == "extra_forbidden":
        findings.add(where, "unknown" + nearest(str(detail["loc"][-1]), known))
    elif kind == "missing":
        unit = f" ({allowed})" if (allowed := _only(field)) else ""
        findings.add(where, f"missing: {field.says if field and field.says else 'a value is needed'}{unit}")
    elif kind in _RANGES:
        findings.add(where, f"must be {_only(field) or 'smaller'}", value)
    elif kind == "finite_number":
        allowed = _only(field)
        findings.add(where, f"must be a finite number{f', {allowed}' if allowed else ''}", value)
    elif kind == "literal_error":
        choices = re.findall(r"'([^']*)'", str(context.get("expected", "")))
        hint = nearest(value, choices) if isinstance(value, str) else ""
        hint = hint if "did you mean" in hint else ""
        findings.add(where, f"must be one of {', '.join(choices)}{hint}", value)
    elif kind == "float_type" and isinstance(value, int) and not isinstance(value, bool) and field:
        # Larger than any floating-point number.
        findings.add(where, f"must be {_only(field) or 'smaller'}", value)
    elif kind in _TYPES:
        findings.add(where, wrong_type(_TYPES[kind], value, _only(field)), value)
    elif kind == "problems":
        # Checks across fields of one table: the model named the fields itself (see parts.Part.problems).
        for name, message in context["problems"]:
            findings.add(dotted(where, name), message, _at(value, name))
    elif kind == "too_short":
        # An item that is wrong itself, which is said, is not counted.
        if not hasattr(value, "__len__") or len(value) < context["min_length"]:
            least = context["min_length"]
            findings.add(where, "must not be empty" if least == 1 else f"needs at least {least}", value)
    elif kind == "string_too_short":
        findings.add(where, "must not be an empty text", value)
    elif kind == "string_too_long":
        findings.add(where, f"must be at most {context['max_length']} characters long", value)
    elif kind == "multiple_of":
        findings.add(where, f"must be a multiple of {number(context['multiple_of'])}", value)
    elif kind == "value_error":
        findings.add(where, str(context.get("error", detail["msg"])), value)
    else:
        findings.add(where, detail["msg"][:1].lower() + detail["msg"][1:], value)


def dotted(*pieces: Any) -> str:
    """Return "a.0.b" for "a", 0, "b"; empty pieces are left out."""
    return ".".join(str(piece) for piece in pieces if str(piece) != "")


def flat(tables: Any, above: str = "") -> dict[str, Any]:
    """Return nested tables as changes with dotted keys: {"a": {"b": 1}} -> {"a.b": 1}; nothing for what is no table."""
    found: dict[str, Any] = {}
    for key, value in tables.items() if isinstance(tables, Mapping) else ():
        path = dotted(above, key)
        found |= flat(value, path) if isinstance(value, Mapping) else {path: value}
    return found


def _at(values: Any, path: str) -> Any:
    """Return the value at a dotted path inside a table, if it is there."""
    for step in path.split("."):
        if isinstance(values, Mapping) and step in values:
            values = values[step]
        elif isinstance(values, (list, tuple)) and step.isdecimal() and int(step) < len(values):
            values = values[int(step)]
        else:
            return _NO_VALUE
    return values


def _owner(model: type[BaseModel], place: Sequence[Any]) -> type[BaseModel] | None:
    """Return the model in whose table the last step of `place` stands."""
    owner: type[BaseModel] | None = model
    for step in place[:-1]:
        if isinstance(step, int) or owner is None:
            continue
        named = {info.alias or name: info.annotation for name, info in owner.model_fields.items()}
        inner = _inner_model(named.get(step))
        if inner is not None:
            owner = inner
    return owner


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    """Return the model inside `Model | None` or `tuple[Model, ...]`, if there is one."""
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        return annotation if issubclass(annotation, BaseModel) else None
    found = (_inner_model(inner) for inner in typing.get_args(annotation))
    return next((inner for inner in found if inner is not None), None)


# -------------------------------------------------------------------------------------- reading


def read_model(model: type[M], values: Any, path: str, findings: Findings) -> M | None:
    """Validate a table; note all mistakes, control characters in texts and keys among them.

    With mistakes, what is sound is still returned where possible (wrong keys take their defaults), so that
    checks across tables can go on; ask `findings.touch` before relying on a value.
    """
    if not isinstance(values, Mapping):
        findings.add(path, wrong_type("a table", values), values)
        return None
    for where, text in _texts(values, path):
        if not clean(text):
            findings.add(where, CLEAN, text)
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        translate(error, model, path, findings)
        wrong = {str(detail["loc"][0]) for detail in error.errors(include_url=False) if detail["loc"]}
    try:
        return model.model_validate({key: value for key, value in values.items() if key not in wrong})
    except ValidationError as error:
        # Checks across the fields of this table could not run the first time.
        for detail in error.errors(include_url=False):
            if detail["type"] == "problems":
                for name, message in detail["ctx"]["problems"]:
                    if not wrong & set(re.findall(r"\w+", f"{name} {message}")):
                        findings.add(dotted(path, name), message, _at(values, name))
    return None


def _texts(values: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield every text in plain nested values, keys too, with its dotted path."""
    if isinstance(values, str):
        yield path, values
    elif isinstance(values, Mapping):
        for key, value in values.items():
            yield from _texts(value, dotted(path, key))
            yield dotted(path, key), str(key)
    elif isinstance(values, (list, tuple)):
        for number, value in enumerate(values):
            yield from _texts(value, dotted(path, number))


def read_part(family: type[P], values: Any, path: str, findings: Findings) -> P | None:
    """Validate a table with `kind = "..."` as a part of `family`; see `read_model`."""
    if not isinstance(values, Mapping):
        findings.add(path, wrong_type(f'a table with kind = "..." ({family.__name__.lower()})', values), values)
        return None
    kinds = family.kinds()
    if "kind" not in values:
        findings.add(dotted(path, "kind"), f"missing; known: {', '.join(kinds)}")
        return None
    kind = values["kind"]
    if not isinstance(kind, str):
        findings.add(dotted(path, "kind"), wrong_type("a text", kind), kind)
        return None
    if kind not in kinds:
        findings.add(dotted(path, "kind"), f"unknown {family.__name__.lower()}{nearest(kind, kinds)}", kind)
        return None
    rest = {key: value for key, value in values.items() if key != "kind"}
    return read_model(kinds[kind], rest, path, findings)


def read_number(value: Any, low: float, high: float, unit: str, path: str, findings: Findings) -> float | None:
    """Check a number against inclusive bounds; return it as float, or None after noting the mistake."""
    allowed = range_words(low, high, unit)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        findings.add(path, wrong_type("a number", value, allowed), value)
    elif isinstance(value, float) and not math.isfinite(value):
        findings.add(path, f"must be a finite number, {allowed}", value)
    elif not low <= value <= high:
        findings.add(path, f"must be {allowed}", value)
    else:
        return float(value)
    return None


def read_overrides(
    values: Any, path: str, findings: Findings, parameters: Mapping[str, Parameter] = MODEL
) -> dict[str, float]:
    """Check changed parameters against a list of `parameters`; return the sound ones by name."""
    if not isinstance(values, Mapping):
        findings.add(path, wrong_type("a table", values), values)
        return {}
    unknown_keys(values, parameters, path, findings)
    found = {}
    for name in sorted(set(values) & set(parameters)):
        parameter = parameters[name]
        value = read_number(values[name], parameter.low, parameter.high, parameter.unit, dotted(path, name), findings)
        if value is not None:
            found[name] = value
    return found


def plain(value: Any) -> Any:
    """Return models and parts as plain tables, tuples as lists, numpy's numbers as Python's; all else as it is."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Part):
        return value.table()
    if isinstance(value, BaseModel):
        return plain(
            {
                (info.alias or name): getattr(value, name)
                for name, info in type(value).model_fields.items()
                if getattr(value, name) is not None
            }
        )
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def unknown_keys(values: Mapping[str, Any], known: Iterable[str], path: str, findings: Findings) -> None:
    """Note every key that is not known, with the nearest one that is."""
    known = list(known)
    for key in values:
        if key not in known:
            findings.add(dotted(path, key), "unknown" + nearest(str(key), known))
