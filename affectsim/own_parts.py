"""People's own parts, from Python files that a scenario names: `parts = ["singing.py"]`.

Reading such a scenario, also to validate it, RUNS THE CODE OF THE FILE with the rights of whoever reads it: use
files of people you trust only. A file may define any number of parts:

    import affectsim as af

    class Singing(af.Exercise, kind="singing"):
        '''Singing together. Assumes: warms those who are present, trains nothing.'''

        warmth: float = af.field(0.6, ge=0, le=2, unit="input", says="soothing input while singing", source="assumed")

        def during(self):
            return af.Practice(affiliative=self.warmth)

What the engine can use:

- Exercise: below `af.Practice` (fields with other defaults), or below `af.Exercise` with fields of its own and
  `during`, which returns the `af.Practice` that they mean. It is asked once per run, not per person or moment:
  what a practice does to a person follows from its numbers and that person's state.
- Stimulus: below `af.DailyLife`, `af.Dated` or `af.Shock`, with other defaults.
- Network: `build(people, seed)` returns a `Community`; or below a shipped network.
- Readout: below `af.Measure`; `of(cls, values)`, a class method, returns an array.

Parts are known to the scenarios that name their file, and to no others. A file stands alone: it may import
installed packages, but no files next to it, since a scenario's digest covers the file itself only.
"""

from __future__ import annotations

import hashlib
import math
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import ValidationError

from affectsim.checking import Findings, range_words, translate, wrong_type
from affectsim.errors import InputError, Mistake
from affectsim.parts import OWN, Declared, Exercise, Network, Part, Readout, Stimulus, alike, knowing
from affectsim.readouts import Measure
from affectsim.stimuli import DailyLife, Dated, Script, Shock
from affectsim.text_files import missing_file, read_text
from affectsim.training.exercises import Practice

#: What a file's own code may raise and is reported as a mistake of the file.
_FAILURES = (Exception, SystemExit)


def read_own_parts(written: Any, folder: Path, source: str, findings: Findings) -> tuple[str, ...]:
    """Import the files of `parts` in order; return the names of their modules, and note every mistake.

    `written`: the value of `parts`; paths are relative to `folder`. `source`: the scenario, for messages.
    """
    if not isinstance(written, (list, tuple)):
        findings.add("parts", wrong_type('a list of files, such as ["singing.py"]', written), written)
        return ()
    modules: list[str] = []
    for number, name in enumerate(written):
        where = f"parts.{number}"
        if not isinstance(name, str) or not name.endswith(".py"):
            findings.add(where, 'must be the path of a Python file, such as "singing.py"', name)
        elif message := missing_file(folder / name, name, source):
            findings.add(where, message, name)
        else:
            try:
                module = load_file(folder / name, tuple(modules))
            except InputError as error:
                for mistake in error.mistakes:
                    inside = f"{mistake.where}: " if mistake.where != "file" else ""
                    findings.add(where, f"{inside}{mistake.message}", name)
                continue
            if module in modules:
                findings.add(where, "stands there twice", name)
            else:
                modules.append(module)
    return tuple(modules)


def load_file(path: Path, before: tuple[str, ...] = ()) -> str:
    """Run a file once per place and content; return the name of its module.

    `before`: modules of other files whose kinds are taken. Raises InputError if the file cannot be read or run,
    defines no part, or one that the engine cannot use.
    """
    source = path.name
    text = read_text(path, source)
    stamp = hashlib.sha256(f"{path.resolve()}\0{text}".encode()).hexdigest()[:24]
    name = f"{OWN}{stamp}"
    with knowing((*before, name)):
        if name in sys.modules:
            # Run before, perhaps beside other files.
            _refuse_taken(name, before, source)
            return name
        try:
            code = compile(text, str(path), "exec", dont_inherit=True)
        except SyntaxError as error:
            said = f"not valid Python: {error.msg}"
            quote = f": {error.text.strip()[:60]}" if error.text and error.text.strip() else ""
            raise InputError(source, [Mistake(f"line {error.lineno}", said + quote)]) from None
        except ValueError as error:  # a null byte
            raise InputError(source, [Mistake("file", f"not valid Python: {error}")]) from None
        module = _module(name, path)
        sys.modules[name] = module
        try:
            exec(code, module.__dict__)
            _refuse_useless(name, source)
        except BaseException as error:
            del sys.modules[name]
            if isinstance(error, InputError) or not isinstance(error, _FAILURES):
                raise
            raise InputError(source, [_mistake(error, path)]) from None
    return name


def _module(name: str, path: Path) -> ModuleType:
    # No loader: Python would keep compiled files next to the user's, and look at their dates instead of the content.
    module = module_from_spec(ModuleSpec(name, None, origin=str(path)))
    module.__file__ = str(path)
    return module


def _mistake(error: BaseException, path: Path) -> Mistake:
    """Return what went wrong in a file's code, at the last line of the file that was being run."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    said = " ".join(str(error).split())[:300]
    message = f"{type(error).__name__}{': ' if said else ''}{said}"
    if isinstance(error, ValidationError):
        message = _in_words(error)
    return Mistake(f"line {lines[-1]}" if lines else "file", f"the code fails: {message}")


def _in_words(error: ValidationError) -> str:
    """Return what is wrong with values that a part was given in code, as in a file."""
    findings = Findings()
    translate(error, Practice, "", findings)
    return "; ".join(f"{one.where} {one.message}" for one in findings.mistakes())


def parts_of(module: str) -> list[type[Part]]:
    """Return the parts that an own module defines, by family and kind."""
    with knowing((module,)):
        found = [part for family in (Exercise, Stimulus, Network, Readout) for part in family.kinds().values()]
    return [part for part in found if part.__module__ == module]


def _refuse_taken(module: str, before: tuple[str, ...], source: str) -> None:
    """Raise InputError if a file that was run earlier, alone, has a kind that a file before it has, too."""
    taken = [part for other in before if other != module for part in parts_of(other)]
    wrong = [
        Mistake(one.__name__, f"kind {one.kind!r} is already taken by {other.__name__}")
        for one in parts_of(module) for other in taken
        if one.family() is other.family() and alike(one.kind, other.kind)
    ]  # fmt: skip
    if wrong:
        raise InputError(source, wrong)


def _refuse_useless(module: str, source: str) -> None:
    """Raise InputError if a module has no part, or one that the engine cannot use."""
    parts = parts_of(module)
    if not parts:
        example = 'class Singing(af.Practice, kind="singing")'
        raise InputError(
            source, [Mistake("file", f"defines no part; a part is a class with a kind, such as {example}")]
        )
    wrong = [Mistake(part.__name__, message) for part in parts if (message := _useless(part))]
    if wrong:
        raise InputError(source, wrong)


def _useless(part: type[Part]) -> str:
    for name, one in part.declared().items():
        if isinstance(one.default, int | float) and not _within(one):
            allowed = range_words(one.low, one.high, one.unit, one.low_is_allowed)
            return f"{name}: its default {one.default:g} is not allowed by its own bounds ({allowed})"
    if issubclass(part, Exercise) and not issubclass(part, Practice) and part.during is Exercise.during:
        return "must be below Practice, or have a method during(self) that returns a Practice"
    if issubclass(part, Stimulus) and not issubclass(part, (DailyLife, Dated, Shock, Script)):
        return "must be below DailyLife, Dated, Shock or Script: the engine knows no other way for events to come"
    if issubclass(part, Network) and part.build is Network.build:
        return "must have a method build(self, people, seed) that returns a Community"
    own = getattr(part.of, "__func__", None) if issubclass(part, Measure) else None
    if issubclass(part, Readout) and own in (None, Measure.of.__func__):  # type: ignore[attr-defined]
        return "must be below Measure and have a class method of(cls, values) that returns an array"
    return ""


def practice_of(exercise: Exercise) -> Practice:
    """Return an exercise in the numbers of the engine; raises InputError if it cannot say them."""
    with blamed(exercise, f"exercise {exercise.kind}"):
        found = exercise.during()
        if not isinstance(found, Practice):
            raise TypeError(f"during must return a Practice, not {type(found).__name__}")
        return found


def _within(one: Declared) -> bool:
    low = -math.inf if one.low is None else one.low
    high = math.inf if one.high is None else one.high
    return low <= one.default <= high and (one.low_is_allowed or one.default > low)


@contextmanager
def blamed(part: Part | type[Part], source: str) -> Iterator[None]:
    """Turn what the code of somebody's own part raises into an InputError of `source`; others are left alone."""
    cls = part if isinstance(part, type) else type(part)
    try:
        yield
    except _FAILURES as error:
        if isinstance(error, InputError) or not cls.__module__.startswith(OWN):
            raise
        path = Path(str(sys.modules[cls.__module__].__file__))
        found = _mistake(error, path)
        raise InputError(f"{source} ({path.name})", [found]) from error
