"""Lessons are data files: what one may say, and what is wrong with one, in words.

A lesson has steps (predict, try, explain, sandbox), their texts in one language or more, pictures for the hand-out,
and claims: what the model must do if somebody follows the steps (`affectsim.page.rehearsal` tries them).
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from affectsim.checking import Findings, range_words, wrong_type
from affectsim.errors import InputError, Mistake, nearest
from affectsim.page.texts import LANGUAGES, strings, teaching
from affectsim.readouts import SYSTEMS
from affectsim.text_files import read_text, read_toml

KINDS = ("predict", "try", "explain", "sandbox")
VIEWS = ("mind", "community", "landscape")
#: What a claim may speak of. `false_alarm`: probability that a harmless but unclear event is taken for a threat;
#: `taken`: share of the ambiguous looks of a step that are taken for one.
MIND = (*SYSTEMS, "self_criticism", "fear", "false_alarm", "taken")
COMMUNITY = SYSTEMS
LANDSCAPE = ("tips", "comes_free")
DIRECTIONS = ("higher", "lower", "unchanged")
#: Longest text (characters), most steps, and hours that a step may let pass: limits of a page, not of the theory.
MOST_TEXT, MOST_STEPS, MOST_HOURS = 700, 30, 24.0 * 120
_LESSON = ("discuss_minutes", "steps", "pictures")
_STEP = ("kind", "minutes", "view", "case", "critic", "wait", "times", "hold", "claims")
_CLAIM = ("what", "is", "by", "than", "after", "until", "at")
#: What is pressed, so that time can stop (`hold`) some hours later.
_HELD = ("event", "exercise", "community")
_PICTURE = ("case", "self_criticism", "events", "community", "days")
_WORDS = ("title", "about", "points", "practise", "pictures", "notes", "discuss", "steps")
#: How many sentences each list of a language has.
_LISTS = {"points": (1, 5), "notes": (1, 6), "discuss": (1, 6)}
#: Signs that turn the direction of text around or that nobody sees: they could make a text say what it does not.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def shipped() -> list[dict[str, Any]]:
    """Return the lessons of the package in their order, checked."""
    folder = files("affectsim.page").joinpath("lessons")
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".toml"))
    return [checked(read_toml(folder.joinpath(name).read_text(encoding="utf-8"), name), name) for name in names]


def load_lesson(path: Path) -> dict[str, Any]:
    """Return the lesson in a file. Raises InputError with every mistake in it."""
    return checked(read_toml(read_text(path, str(path), "lesson"), str(path)), str(path))


def find_lesson(wanted: str) -> dict[str, Any]:
    """Return a shipped lesson by its name, or one from a file that ends in .toml. Raises InputError for neither."""
    if wanted.endswith(".toml"):
        return load_lesson(Path(wanted))
    known = {lesson["name"]: lesson for lesson in shipped()}
    if wanted not in known:
        raise InputError("lesson", [Mistake(wanted, f"unknown lesson{nearest(wanted, known)}; or a file: my.toml")])
    return known[wanted]


def lesson_template() -> str:
    """Return the commented lesson to start from."""
    return files("affectsim.page").joinpath("lesson-template.toml").read_text(encoding="utf-8")


def words_of(lesson: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Return the texts of a lesson in a language. Raises InputError if it has none in it."""
    if language not in lesson["texts"]:
        known = ", ".join(lesson["texts"])
        raise InputError(lesson["name"], [Mistake(f"--language {language}", f"the lesson has {known}")])
    return dict(lesson["texts"][language])


def checked(table: Mapping[str, Any], source: str) -> dict[str, Any]:
    """Return a lesson: name, minutes, discuss_minutes, steps, pictures, texts (language -> texts).

    Steps are those of the table, some with `write`: a worksheet has room there for what was seen. Raises
    InputError with every mistake.
    """
    return _Check(table, source).lesson()


@functools.cache
def _known() -> tuple[list[str], list[str], list[str]]:
    """Return events, fictional people and exercises of the page."""
    known = teaching()
    return list(known["events"]), list(known["cases"]), list(strings()["en"]["exercises"])


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _with_lines(steps: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Mark the steps after which what was seen is written down: the last of several that try the same."""
    for step, after in zip(steps, [*steps[1:], {}], strict=True):
        goes_on = after.get("kind") == "try" and after.get("wait") == step.get("wait") and "case" not in after
        yield {**step, "write": True} if step["kind"] == "try" and not goes_on else dict(step)


class _Check:
    def __init__(self, table: Mapping[str, Any], source: str) -> None:
        self.table, self.source, self.findings = table, source, Findings()
        self.events, self.cases, exercises = _known()
        self.waits: dict[str, Iterable[str]] = {
            "event": self.events, "exercise": exercises, "critic": ["on", "off"],
            "community": ["threat", "affiliative"], "landscape": ["jump"],
        }  # fmt: skip

    def lesson(self) -> dict[str, Any]:
        table, findings = self.table, self.findings
        languages = [name for name in table if name in LANGUAGES]
        self.names(table, (*_LESSON, *LANGUAGES), "")
        if not languages:
            findings.add(
                LANGUAGES[0], f"missing: the texts, in a table named after a language ({', '.join(LANGUAGES)})"
            )
        steps = self.items(table, "steps", 1, MOST_STEPS)
        view = "mind"
        for number, step in enumerate(steps, 1):
            where = f"steps.{number}"
            if not self.is_table(step, where):
                continue
            if isinstance(step.get("view"), str):
                view = step["view"]
            self.step(step, where, number, view)
        pictures = self.items(table, "pictures", 0, 2) if "pictures" in table else []
        for number, picture in enumerate(pictures, 1):
            self.picture(picture, f"pictures.{number}")
        self.number(table, "discuss_minutes", "", 0, 120, missing=True)
        for language in languages:
            self.words(table[language], language, steps, pictures)
        findings.stop(self.source)
        name = re.sub(r"^\d+-", "", Path(self.source).stem)
        minutes = sum(step["minutes"] for step in steps) + table["discuss_minutes"]
        return {
            "name": name, "minutes": minutes, "discuss_minutes": table["discuss_minutes"],
            "steps": list(_with_lines(steps)), "pictures": pictures,
            "texts": {language: table[language] for language in languages},
        }  # fmt: skip

    # ------------------------------------------------------------------------------------ steps

    def step(self, step: Mapping[str, Any], where: str, number: int, view: str) -> None:
        self.names(step, _STEP, where)
        self.choice(step, "kind", where, KINDS, missing=True)
        self.choice(step, "view", where, VIEWS)
        self.choice(step, "case", where, self.cases)
        self.number(step, "minutes", where, 0, 60, missing=True)
        if "critic" in step and not isinstance(step["critic"], bool):
            self.findings.add(f"{where}.critic", wrong_type("true or false", step["critic"]), step["critic"])
        if "times" in step and self.number(step, "times", where, 1, 50) and not isinstance(step["times"], int):
            self.findings.add(f"{where}.times", wrong_type("a whole number", step["times"]), step["times"])
        wait = step.get("wait")
        if step.get("kind") == "try" and wait is None:
            self.findings.add(f"{where}.wait", "missing: what has to be tried, such as event:kind_friend")
        if wait is not None:
            self.wait(wait, f"{where}.wait", view)
        if self.number(step, "hold", where, 0.25, 24) and str(wait).partition(":")[0] not in _HELD:
            self.findings.add(f"{where}.hold", f"only after something is pressed (wait = {', '.join(_HELD)})")
        if "claims" in step and wait is None:
            self.findings.add(f"{where}.claims", "only a step with something to do (wait) can claim anything")
        for at, claim in enumerate(self.items(step, "claims", 0, 12) if "claims" in step else [], 1):
            self.claim(claim, f"{where}.claims.{at}", number, view, step.get("hold"))

    def wait(self, wait: Any, where: str, view: str) -> None:
        if not isinstance(wait, str):
            self.findings.add(where, wrong_type("a text", wait), wait)
            return
        what, _, name = wait.partition(":")
        home = {"landscape": "landscape", "community": "community", "days": "community"}.get(what, "mind")
        if what in ("hours", "days"):
            try:
                value = float(name)
            except ValueError:
                value = math.nan
            most = MOST_HOURS / (24 if what == "days" else 1)
            if not 0 < value <= most:
                self.findings.add(where, f"must be {what}:N with N above 0 and at most {most:g}", wait)
        elif what not in self.waits:
            self.findings.add(where, f"unknown thing to do{nearest(what, [*self.waits, 'hours', 'days'])}", wait)
            return
        elif name not in self.waits[what]:
            self.findings.add(where, f"unknown {what}{nearest(name, self.waits[what])}", wait)
        if view in VIEWS and view != home:
            self.findings.add(where, f'cannot be done in the view {view}; add view = "{home}"', wait)

    def claim(self, claim: Any, where: str, number: int, view: str, hold: Any) -> None:
        if not self.is_table(claim, where):
            return
        self.names(claim, _CLAIM, where)
        known = {"community": COMMUNITY, "landscape": LANDSCAPE}.get(view, MIND)
        self.choice(claim, "what", where, known, missing=True)
        self.choice(claim, "is", where, DIRECTIONS, missing=True)
        for key in ("after", "until", "at"):
            self.number(claim, key, where, 0, MOST_HOURS)
        self.number(claim, "by", where, 0, 1)
        self.order(claim, where, hold)
        than = claim.get("than", "before")
        if isinstance(than, (int, float)) and not isinstance(than, bool):
            return
        earlier = [
            f"step {k}"
            for k, step in enumerate(self.table["steps"], 1)
            if k < number and isinstance(step, dict) and "wait" in step
        ]
        allowed = ["before", *earlier, *(["without training"] if view == "community" else []), *SYSTEMS]
        if than not in allowed:
            self.findings.add(f"{where}.than", f"must be a number or one of {', '.join(allowed)}", than)

    def order(self, claim: Mapping[str, Any], where: str, hold: Any) -> None:
        """Check the hours of a claim against each other, and against when time stops."""
        after, until = claim.get("after"), claim.get("until")
        if until is not None and (after is None or (_is_number(after) and _is_number(until) and until < after)):
            self.findings.add(f"{where}.until", "needs an `after` that is not later", until)
        last = after if until is None else until
        if _is_number(last) and _is_number(hold) and last > hold:
            self.findings.add(
                f"{where}.{'after' if until is None else 'until'}", f"time stops at hold = {hold:g}", last
            )

    def picture(self, picture: Any, where: str) -> None:
        if not self.is_table(picture, where):
            return
        self.names(picture, _PICTURE, where)
        if "community" in picture:
            if picture["community"] is not True:
                self.findings.add(f"{where}.community", "must be true or left out", picture["community"])
            self.number(picture, "days", where, 7, 120, missing=True)
            return
        self.choice(picture, "case", where, self.cases, missing=True)
        self.number(picture, "self_criticism", where, 0, 10)
        for number, event in enumerate(self.items(picture, "events", 1, 5), 1):
            pair = isinstance(event, list) and len(event) == 2
            known = pair and event[0] in list(self.events)
            if not known or type(event[1]) not in (int, float) or not 0 <= event[1] <= 9:
                rule = f"must be [event, hour], hour from 0 to 9; events: {', '.join(self.events)}"
                self.findings.add(f"{where}.events.{number}", rule, event)

    # ------------------------------------------------------------------------------------ texts

    def words(self, words: Any, language: str, steps: list[Any], pictures: list[Any]) -> None:
        if not self.is_table(words, language):
            return
        self.names(words, _WORDS, language)
        for key in ("title", "about", "practise"):
            self.text(words, key, language)
        lists = {**_LISTS, "pictures": (len(pictures), len(pictures))}
        for key, (least, most) in lists.items():
            if key in words or least:
                for number, _ in enumerate(self.items(words, key, least, most, language), 1):
                    self.text(words[key], number - 1, f"{language}.{key}", number)
        given = self.items(words, "steps", len(steps), len(steps), language)
        for number, (step, said) in enumerate(zip(steps, given, strict=False), 1):
            where = f"{language}.steps.{number}"
            if not self.is_table(said, where) or not isinstance(step, Mapping):
                continue
            self.names(said, ("text", "choices"), where)
            self.text(said, "text", where)
            if step.get("kind") == "predict":
                for k, _ in enumerate(self.items(said, "choices", 2, 6, where), 1):
                    self.text(said["choices"], k - 1, f"{where}.choices", k)
            elif "choices" in said:
                self.findings.add(f"{where}.choices", "only a step of the kind predict has choices")

    def text(self, holder: Any, key: Any, where: str, number: int | None = None) -> None:
        path = f"{where}.{key if number is None else number}"
        if isinstance(key, str) and key not in holder:
            self.findings.add(path, "missing")
            return
        value = holder[key]
        if not isinstance(value, str):
            self.findings.add(path, wrong_type("a text", value), value)
        elif not value.strip():
            self.findings.add(path, "is empty")
        elif len(value) > MOST_TEXT:
            self.findings.add(path, f"is {len(value)} characters long; at most {MOST_TEXT}")
        elif found := _UNSEEN.search(value):
            self.findings.add(path, f"has a sign that cannot be seen (U+{ord(found[0]):04X})")

    # ------------------------------------------------------------------------------------ tools

    def names(self, table: Mapping[str, Any], known: Iterable[str], where: str) -> None:
        for name in table:
            if name not in known:
                self.findings.add(f"{where}.{name}".lstrip("."), f"unknown{nearest(name, known)}")

    def is_table(self, value: Any, where: str) -> bool:
        if not isinstance(value, Mapping):
            self.findings.add(where, wrong_type("a table", value), value)
        return isinstance(value, Mapping)

    def items(self, table: Mapping[str, Any], key: str, least: int, most: int, where: str = "") -> list[Any]:
        path = f"{where}.{key}".lstrip(".")
        value = table.get(key)
        if value is None and least:
            self.findings.add(path, "missing")
        elif value is not None and not isinstance(value, list):
            self.findings.add(path, wrong_type("a list", value), value)
        elif value is not None and not least <= len(value) <= most:
            wanted = str(least) if least == most else range_words(least, most)
            self.findings.add(path, f"has {len(value)} items; must be {wanted}")
        return value if isinstance(value, list) else []

    def number(
        self, table: Mapping[str, Any], key: str, where: str, low: float, high: float, missing: bool = False
    ) -> bool:
        path = f"{where}.{key}".lstrip(".")
        if key not in table:
            if missing:
                self.findings.add(path, f"missing: {range_words(low, high)}")
            return False
        value = table[key]
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.findings.add(path, wrong_type("a number", value, range_words(low, high)), value)
            return False
        if not low <= value <= high:
            self.findings.add(path, f"must be {range_words(low, high)}", value)
            return False
        return True

    def choice(
        self, table: Mapping[str, Any], key: str, where: str, known: Iterable[str], missing: bool = False
    ) -> None:
        if key not in table:
            if missing:
                self.findings.add(f"{where}.{key}", f"missing: one of {', '.join(known)}")
        elif table[key] not in list(known):
            value = table[key]
            hint = nearest(value, known) if isinstance(value, str) else f"; known: {', '.join(known)}"
            self.findings.add(f"{where}.{key}", f"unknown{hint}", value)
