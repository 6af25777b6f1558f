"""The person under analysis: every number that the averaged equations depend on, by name, with bounds.

These are the parameters of the equations (`parameters.MODEL`), traits and attributes (the median person of a
population), what training has brought so far, and the mean of what happens to the person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from affectsim.errors import InputError, Mistake, nearest
from affectsim.parameters import ATTRIBUTES, FEARS, MODEL, TRAITS, Parameter
from affectsim.readouts import SYSTEMS
from affectsim.scenario import Scenario
from affectsim.stimuli import KINDS, DailyLife, mean_background

#: Means of everyday events, one per kind: `threat_events` and so on.
EVENTS = tuple(f"{kind}_events" for kind in KINDS)
#: What training changes beside the attributes, as far as it changes what a person is (`practice.effective`).
RELIEFS = ("self_criticism_relief", *(f"{fear}_relief" for fear in FEARS), "comfort", "hope")
#: All that training changes beside the attributes, as far as the equations depend on it.
LEARNT = (*RELIEFS, "self_kindness")

_MOST = 10.0


def _inputs() -> Iterable[Parameter]:
    for name, kind in zip(EVENTS, KINDS, strict=True):
        yield Parameter(name, f"e_{{{kind}}}", 0.0, 0.0, _MOST, "input/h",
                        f"mean of what {kind} events bring: rate times kick", "daily life of the scenario")  # fmt: skip
    yield Parameter("practice_input", "u_P", 0.0, 0.0, _MOST, "input", "self-generated affiliation, constant", "none")
    yield Parameter("ease", "u_E", 0.0, 0.0, 1.0, "1", "share of the self-critical loop that is at rest", "none")
    yield Parameter("warmth", "W", 0.0, 0.0, _MOST, "input", "warmth received from ties, constant", "none")
    yield Parameter("hostility", "H", 0.0, 0.0, _MOST, "input", "hostility received from ties, constant", "none")
    yield Parameter("heard", "n_{heard}", 0.0, 0.0, 1.0, "1",
                    "share of what ties express that reaches a person, in a population of equal people",
                    "ties of the scenario: sum of weights / (tie_half_weight + sum of weights)")  # fmt: skip


INPUTS: dict[str, Parameter] = {one.name: one for one in _inputs()}


def _known() -> dict[str, Parameter]:
    found = dict(MODEL)
    for system in SYSTEMS:
        # What people live with, above the level in a scenario where the fluctuation stops at 0.
        name = f"background_{system}"
        found[name] = replace(MODEL[name], meaning=f"mean background input to {system}, as it is lived")
    for trait in (*TRAITS.values(), *ATTRIBUTES.values()):
        found[trait.name] = Parameter(
            trait.name, trait.symbol, trait.median, trait.low, trait.high, trait.unit, trait.meaning, trait.source
        )
    for name in LEARNT:
        symbol = "r_{" + name.removesuffix("_relief") + "}"
        meaning = "share of the way to full relief, hope or kindness to oneself"
        found[name] = Parameter(name, symbol, 0.0, 0.0, 1.0, "1", meaning, "training")
    return found | INPUTS


#: Everything that can be set, or followed: name -> default, bounds, unit, meaning.
KNOWN: dict[str, Parameter] = _known()


class Settings(dict[str, float]):
    """A value for every name of `KNOWN`; unknown names and values out of bounds raise InputError."""

    def __init__(self, values: Mapping[str, Any] | None = None, *, source: str = "settings") -> None:
        """Take `values`; names that are left out have the defaults of `KNOWN`."""
        given = values or {}
        mistakes = [one for name, value in given.items() if (one := mistake(name, value))]
        if mistakes:
            raise InputError(source, mistakes)
        super().__init__({name: float(given.get(name, known.default)) for name, known in KNOWN.items()})

    def but(self, values: Mapping[str, Any] | None = None, /, source: str = "settings", **more: float) -> Settings:
        """Return the same settings with some other values. Raises InputError with every mistake."""
        changes = {**(values or {}), **more}
        mistakes = [one for name, value in changes.items() if (one := mistake(name, value))]
        if mistakes:
            raise InputError(source, mistakes)
        return Settings({**self, **changes})


def mistake(name: str, value: Any, where: str = "") -> Mistake | None:
    """Return what is wrong with a value for a name of `KNOWN`, None if nothing is."""
    known = KNOWN.get(name)
    if known is None:
        return Mistake(where or name, f"unknown{_hint(name)}")
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if number and known.low <= value <= known.high:
        return None
    words = f"{value:g}" if number else f"{value!r}"
    unit = "" if known.unit == "1" else f" {known.unit}"
    return Mistake(f"{where or name} = {words}", f"must be a number from {known.low:g} to {known.high:g}{unit}")


def _hint(name: str) -> str:
    hint = nearest(name, KNOWN)
    # Nobody reads a list of a hundred names in an error message.
    return hint if "did you mean" in hint else "; see `affectsim parts model`, `affectsim parts traits`"


def settings_of(scenario: Scenario) -> Settings:
    """Return the settings of a scenario's median person, in its daily life, among its ties.

    Traits and attributes: the medians. Events: the mean over the whole day, night included; only daily life
    counts, not what has a date. Background: the mean of what fluctuates, which stops at 0 (`stimuli.mean_background`),
    in ordinary circumstances. `heard`: the mean over the people. Raises InputError for files that do not fit.
    """
    from affectsim.training.limits import harmless
    from affectsim.world import community_of

    medians = {name: trait.median for name, trait in scenario.distributions().items()}
    medians |= harmless(scenario.limits.off())
    events = np.zeros(len(KINDS))
    for stimulus in scenario.stimuli:
        if isinstance(stimulus, DailyLife):
            events += stimulus.expected().sum(axis=1) / 24 * np.array(stimulus.intensities)
    ties = community_of(scenario).ties
    received = np.asarray(ties.received, dtype=np.float64)
    half = scenario.parameters["tie_half_weight"]
    heard = float(np.mean(received / (half + received))) if received.size else 0.0
    model = scenario.parameters
    names = [f"background_{system}" for system in SYSTEMS]
    lived = {name: mean_background(model[name], model["background_sd"], model["background_time"]) for name in names}
    return Settings(
        {**model, **lived, **medians, **dict(zip(EVENTS, events.tolist(), strict=True)), "heard": heard},
        source=scenario.source,
    )
