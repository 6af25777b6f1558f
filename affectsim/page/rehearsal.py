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
#: Who does the steps: where their chance begins, and how many hours lie between their presses, and behind a step. A
#: claim has to come true for all of them, as it has to in a class.
HANDS = tuple(
    {"chance": 2500 * number, "between": between, "after": after}
    for number, (between, after) in enumerate(((0.0, 0.0), (0.25, 1.0), (0.0, 3.0), (0.5, 0.0)))
)
#: At most so many looks while a claim is to hold (`until`), hours apart that are whole ticks of the page.
_LOOKS, _APART = 48, 0.5


def can_rehearse() -> bool:
    """Return whether this machine can (node is installed)."""
    return shutil.which("node") is not None


def rehearse(
    lessons: Sequence[Mapping[str, Any]], hands: Sequence[Mapping[str, float]] = HANDS
) -> list[list[list[dict[str, Any]]]]:
    """Return for each lesson, hand and step what was seen: `before`, and `after` (hours -> quantities).

    Raises InputError if node is missing or stops with an error.
    """
    asked = [{**lesson, "steps": [_with_looks(lesson, step) for step in lesson["steps"]]} for lesson in lessons]
    shows = "".join(source_of(name) for name in SHOWS if name != "start.js")
    script = (
        source_of("rehearsal.js") + model_script() + texts_script([]) + shows + source_of("rehearse.js")
        + f"\nconst hands = {json.dumps(list(hands))}, asked = {json.dumps(asked)};"
        + "console.log(JSON.stringify(asked.map((one) => hands.map((hand) => new Rehearsal(one, hand).seen))));"
    )  # fmt: skip
    node = shutil.which("node")
    if node is None:
        raise InputError("rehearsal", [Mistake("node", "is not installed; it runs the page without a screen")])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rehearsal.js"
        file.write_text(script, encoding="utf-8")
        done = subprocess.run([node, str(file)], capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        raise InputError("rehearsal", [Mistake("node", done.stderr.strip()[-400:])])
    found: list[list[list[dict[str, Any]]]] = json.loads(done.stdout)
    for seen in (step for hands_of in found for steps in hands_of for step in steps):
        _add_alarms(seen)
    return found


def broken_claims(lesson: Mapping[str, Any], seen: Sequence[Sequence[Mapping[str, Any]]]) -> list[Mistake]:
    """Return the claims of a lesson that did not come true in its rehearsal, for one hand or at one moment at least."""
    wrong = []
    for number, step in enumerate(lesson["steps"], 1):
        for at, claim in enumerate(step.get("claims", []), 1):
            tried = ((steps, hours) for steps in seen for hours in (*_moments(claim), *_stop(step, claim)))
            found = ((_value(steps, number, claim, h), _compared(steps, number, claim, h), h) for steps, h in tried)
            broken = next((one for one in found if not _holds(claim, one[0], one[1])), None)
            if broken:
                value, other, hours = broken
                when = "" if hours is None else f" after {hours:g} hours"
                least = f" by {claim['by']:g}" if "by" in claim else ""
                said = f"{claim['what']} is {claim['is']}{least} than {claim.get('than', 'before')}"
                wrong.append(
                    Mistake(f"steps.{number}.claims.{at}", f"{said}: not so; {value:.3f} against {other:.3f}{when}")
                )
    return wrong


def _holds(claim: Mapping[str, Any], value: float, other: float) -> bool:
    least = float(claim.get("by", VISIBLE))
    if math.isnan(value - other):
        return False
    if claim["is"] == "unchanged":
        return abs(value - other) <= least
    return value - other > least if claim["is"] == "higher" else other - value > least


def _moments(claim: Mapping[str, Any]) -> list[float | None]:
    """Return the hours at which a claim has to hold; None: whenever the step is over."""
    if "after" not in claim:
        return [None]
    first, last = float(claim["after"]), float(claim.get("until", claim["after"]))
    apart = _APART * max(1, math.ceil((last - first) / _APART / _LOOKS))
    return [*(first + apart * k for k in range(math.ceil((last - first) / apart))), last]


def _stop(step: Mapping[str, Any], claim: Mapping[str, Any]) -> list[float]:
    """Return when time stops in a step, if a claim has to hold then as well: people look at what has changed.

    Unless another claim of the step says what has become of the same quantity by then.
    """
    if "hold" not in step or claim["is"] == "unchanged" or claim.get("than", "before") != "before":
        return []
    hold = float(step["hold"])
    others = (other for other in step["claims"] if other is not claim and other["what"] == claim["what"])
    told = any(hold in _moments(other) and other.get("than", "before") == "before" for other in others)
    return [] if told else [hold]


def _with_looks(lesson: Mapping[str, Any], step: Mapping[str, Any]) -> dict[str, Any]:
    number = 1 + next(k for k, one in enumerate(lesson["steps"]) if one is step)
    looks = {hours for claim in step.get("claims", []) for hours in _moments(claim) if hours is not None}
    for later in lesson["steps"]:
        for claim in later.get("claims", []):
            if claim.get("than") == f"step {number}":
                looks |= {_hours_there(claim, hours) for hours in _moments(claim)}
    return {**{key: value for key, value in step.items() if key != "claims"}, "looks": sorted(looks)}


def _hours_there(claim: Mapping[str, Any], hours: float | None) -> float:
    """Return at which hours of an earlier step a claim compares."""
    return float(claim["at"]) if "at" in claim else 1.0 if hours is None else hours


def _value(steps: Sequence[Mapping[str, Any]], number: int, claim: Mapping[str, Any], hours: float | None) -> float:
    after = {float(hour): state for hour, state in steps[number - 1]["after"].items()}
    found: float = after.get(max(after) if hours is None else hours, {}).get(claim["what"], math.nan)
    return found


def _compared(steps: Sequence[Mapping[str, Any]], number: int, claim: Mapping[str, Any], hours: float | None) -> float:
    than = claim.get("than", "before")
    if isinstance(than, (int, float)):
        return float(than)
    if than == "before":
        return float(steps[number - 1]["before"].get(claim["what"], math.nan))
    if than.startswith("step "):
        return _value(steps, int(than[5:]), claim, _hours_there(claim, hours))
    if than == "without training":
        other = [
            {"after": {hour: s["without"] for hour, s in step["after"].items() if "without" in s}} for step in steps
        ]
        return _value(other, number, claim, hours)
    return _value(steps, number, {"what": than}, hours)


def _add_alarms(seen: dict[str, Any]) -> None:
    """Add what chance makes of looks: how likely one that means no harm is a false alarm, and how many are `taken`.

    `taken`: the share of the ambiguous looks of this step that are taken for a threat, on average over all chances.
    """
    for state in (seen["before"], *seen["after"].values()):
        if "fear" in state:
            state["false_alarm"] = _alarm(0.0, state["threat"])
    if seen["looked"]:
        real = MODEL["true_threat_share"].default
        chances = [real * _alarm(1.0, threat) + (1 - real) * _alarm(0.0, threat) for threat in seen["looked"]]
        for state in seen["after"].values():
            state["taken"] = sum(chances) / len(chances)


def _alarm(is_threat: float, threat: float) -> float:
    names = ("discriminability", "criterion", "better_safe_than_sorry", "looks")
    return float(alarm_probability(is_threat, threat, *(MODEL[name].default for name in names)))
