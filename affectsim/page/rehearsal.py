"""Rehearsal: every step of a lesson is done with the page's own program, and what the lesson claims is compared.

Needs node, which runs the page's JavaScript without a screen; the kernel in it is the engine's.
"""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from affectsim.appraisal import alarm_probability
from affectsim.errors import InputError, Mistake
from affectsim.page.assemble import SHOWS, model_script, source_of, texts_script
from affectsim.parameters import MODEL

#: Differences below this (activation, probability) are "unchanged"; less cannot be seen in the circles (assumed).
VISIBLE = 0.005


def can_rehearse() -> bool:
    """Return whether this machine can (node is installed)."""
    return shutil.which("node") is not None


def rehearse(lessons: Sequence[Mapping[str, Any]]) -> list[list[dict[str, Any]]]:
    """Return for each lesson and step what was seen: `before`, and `after` (hours -> quantities).

    Raises InputError if node is missing or stops with an error.
    """
    asked = [{**lesson, "steps": [_with_looks(lesson, step) for step in lesson["steps"]]} for lesson in lessons]
    shows = "".join(source_of(name) for name in SHOWS if name != "start.js")
    script = (
        source_of("rehearsal.js") + model_script() + texts_script([]) + shows + source_of("rehearse.js")
        + f"\nconsole.log(JSON.stringify({json.dumps(asked)}.map((one) => new Rehearsal(one).seen)));"
    )  # fmt: skip
    node = shutil.which("node")
    if node is None:
        raise InputError("rehearsal", [Mistake("node", "is not installed; it runs the page without a screen")])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rehearsal.js"
        file.write_text(script, encoding="utf-8")
        done = subprocess.run([node, str(file)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise InputError("rehearsal", [Mistake("node", done.stderr.strip()[-400:])])
    found: list[list[dict[str, Any]]] = json.loads(done.stdout)
    for steps in found:
        for seen in steps:
            for state in (seen["before"], *seen["after"].values()):
                _add_false_alarm(state)
    return found


def broken_claims(lesson: Mapping[str, Any], seen: Sequence[Mapping[str, Any]]) -> list[Mistake]:
    """Return the claims of a lesson that did not come true in its rehearsal."""
    wrong = []
    for number, step in enumerate(lesson["steps"], 1):
        for at, claim in enumerate(step.get("claims", []), 1):
            value, other = _value(seen, number, claim), _compared(seen, number, claim)
            if not _holds(claim["is"], value, other):
                said = f"{claim['what']} is {claim['is']} than {claim.get('than', 'before')}"
                wrong.append(Mistake(f"steps.{number}.claims.{at}", f"{said}: not so; {value:.3f} against {other:.3f}"))
    return wrong


def _holds(direction: str, value: float, other: float) -> bool:
    if math.isnan(value - other):
        return False
    if direction == "unchanged":
        return abs(value - other) <= VISIBLE
    return value - other > VISIBLE if direction == "higher" else other - value > VISIBLE


def _with_looks(lesson: Mapping[str, Any], step: Mapping[str, Any]) -> dict[str, Any]:
    number = 1 + next(k for k, one in enumerate(lesson["steps"]) if one is step)
    looks = {float(claim["after"]) for claim in step.get("claims", []) if "after" in claim}
    for later in lesson["steps"]:
        for claim in later.get("claims", []):
            if claim.get("than") == f"step {number}":
                looks.add(float(claim["at"] if "at" in claim else claim.get("after", 1.0)))
    return {**{key: value for key, value in step.items() if key != "claims"}, "looks": sorted(looks)}


def _value(
    seen: Sequence[Mapping[str, Any]], number: int, claim: Mapping[str, Any], hours: float | None = None
) -> float:
    after = seen[number - 1]["after"]
    if hours is None:
        hours = float(claim["after"]) if "after" in claim else max(map(float, after))
    state: dict[str, float] = next((state for hour, state in after.items() if float(hour) == hours), {})
    return float(state.get(claim["what"], math.nan))


def _compared(seen: Sequence[Mapping[str, Any]], number: int, claim: Mapping[str, Any]) -> float:
    than = claim.get("than", "before")
    if isinstance(than, (int, float)):
        return float(than)
    if than == "before":
        return float(seen[number - 1]["before"].get(claim["what"], math.nan))
    if than.startswith("step "):
        return _value(seen, int(than[5:]), claim, float(claim["at"] if "at" in claim else claim.get("after", 1.0)))
    if than == "without training":
        hours = claim.get("after")
        states = seen[number - 1]["after"]
        chosen = max(map(float, states)) if hours is None else float(hours)
        return next(float(s["without"][claim["what"]]) for hour, s in states.items() if float(hour) == chosen)
    return _value(seen, number, {**claim, "what": than})


def _add_false_alarm(state: dict[str, Any]) -> None:
    if "fear" not in state:
        return
    names = ("discriminability", "criterion", "better_safe_than_sorry", "looks")
    state["false_alarm"] = float(alarm_probability(0.0, state["threat"], *(MODEL[name].default for name in names)))
