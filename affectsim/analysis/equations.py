"""The averaged equations of one person: the model's own right-hand side with the mean of all inputs put in.

The right-hand side comes from `affectsim.symbolic`, which traces `affectsim.dynamics`; what traits and training
make of a person from `training.practice`, how an ambiguous event is read from `affectsim.appraisal`. Here only
the mean over chance is taken. Left out: fluctuation, day and night, risk-taking events, slow change of power.
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import sympy as sp

from affectsim import appraisal, dynamics, symbolic
from affectsim.analysis.settings import EVENTS, INPUTS, KNOWN, RELIEFS, Settings, mistake
from affectsim.analysis.systems import Derivatives, System
from affectsim.dynamics import Giver, Inputs, Person
from affectsim.errors import InputError, Mistake
from affectsim.parameters import ATTRIBUTES, MODEL, MOMENT_HOURS, REFERENCE_ATTRIBUTE
from affectsim.readouts import SYSTEMS
from affectsim.training import practice


def effective(values: Mapping[str, Any]) -> practice.Effective:
    """Return what traits and training make of a person; values are numbers or symbols, named as in `KNOWN`."""
    names = (*practice.EFFECTIVE_TRAITS, *ATTRIBUTES, *RELIEFS, *practice.EFFECTIVE_PARAMETERS)
    arguments = [*(values[name] for name in names), REFERENCE_ATTRIBUTE]
    return practice.Effective(*practice.effective(*arguments))


def person(values: Mapping[str, Any]) -> tuple[Person, Giver]:
    """Return the person of the fast equations, and what they can give; values as in `effective`."""
    made = effective(values)._asdict()
    made |= {name: values[name] for name in Person._fields if name not in made}
    return Person(*(made[name] for name in Person._fields)), Giver(*(made[name] for name in Giver._fields))


def events_met(state: Any, values: Mapping[str, Any], square_root: Any = np.sqrt) -> tuple[Any, Any, Any]:
    """Return the mean inputs (threat, resource, affiliation) from everyday events and background, in input units.

    An event that brings k per hour and is remembered for d hours is a mean input of k d. How many opportunities
    become rewards depends on drive, how many ambiguous events are taken for threats on threat: the person's own
    state decides part of the input. Rewards please soothing and kindnesses drive as well (`shared_pleasure`).
    `state`: activations; numbers, arrays or symbols.
    """
    threat, drive, _ = state
    alarm = types.FunctionType(
        appraisal.alarm_probability.__code__, {"np": types.SimpleNamespace(sqrt=square_root)}, "alarm_probability"
    )
    sensing = [values[n] for n in ("discriminability", "criterion", "better_safe_than_sorry", "looks")]
    real, harmless = alarm(1, threat, *sensing), alarm(0, threat, *sensing)
    share, miss = values["true_threat_share"], values["cost_of_a_miss"]
    read_as_threat = share * (real + (1 - real) * miss) + (1 - share) * harmless
    taken = 1 - values["goal_pursuit"] * (1 - drive)
    threats, opportunities, kindnesses, ambiguous = (values[name] for name in EVENTS)
    rewards, shared = opportunities * taken, values["shared_pleasure"]
    return (
        values["background_threat"] + values["threat_memory"] * (threats + ambiguous * read_as_threat),
        values["background_drive"] + values["resource_memory"] * (rewards + shared * kindnesses),
        values["background_soothing"] + values["affiliation_memory"] * (kindnesses + shared * rewards),
    )


def from_oneself(values: Mapping[str, Any]) -> Any:
    """Return the mean input from oneself: practice, and the kindness that comes to mind every half hour."""
    each = practice.remembered(0.0, values["self_kindness"], values["self_kindness_strength"])
    return values["practice_input"] + values["practice_memory"] / MOMENT_HOURS * each


def heard(state: Any, giver: Any, values: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return the warmth and hostility received by everybody if all are alike (mean field), in input units."""
    threshold = values["signal_threshold"]
    warmth, hostility = dynamics.giving(state, giver, threshold * threshold * threshold)
    return (
        values["warmth"] + values["warmth_strength"] * values["heard"] * warmth,
        values["hostility"] + values["hostility_strength"] * values["hostility_weight"] * values["heard"] * hostility,
    )


def _symbols() -> dict[str, sp.Symbol]:
    of_model = symbolic.symbols().model
    return {name: of_model.get(name) or sp.Symbol(name, real=True, nonnegative=True) for name in KNOWN}


@lru_cache(maxsize=4)
def _rates(mean_field: bool, exponent: int) -> tuple[sp.Matrix, tuple[sp.Symbol, ...], dict[str, sp.Symbol]]:
    """Return the averaged right-hand side, the symbols of the state, and those of the settings by name."""
    known = symbolic.symbols()
    values = _symbols()
    someone, giver = person(values)
    ties = heard(known.state, giver, values) if mean_field else (values["warmth"], values["hostility"])
    inputs = Inputs(*events_met(known.state, values, sp.sqrt), from_oneself(values), values["ease"], *ties)
    put_in = dict(zip((*known.inputs, *known.person), (*inputs, *someone), strict=True))
    return symbolic.right_hand_side(exponent=exponent).xreplace(put_in), tuple(known.state), values


@lru_cache(maxsize=2)
def acting(mean_field: bool = False) -> tuple[str, ...]:
    """Return the names of `KNOWN` on which the averaged equations depend."""
    rates, _, values = _rates(mean_field, 3)
    free = rates.free_symbols
    return tuple(name for name, symbol in values.items() if symbol in free)


@lru_cache(maxsize=32)
def _derivatives(active: tuple[str, ...], mean_field: bool, exponent: int) -> tuple[Derivatives, tuple[str, ...]]:
    rates, state, values = _rates(mean_field, exponent)
    fixed = tuple(name for name in acting(mean_field) if name not in active)
    made = Derivatives(list(rates), state, [values[n] for n in active], [values[n] for n in fixed])
    return made, fixed


def person_system(
    settings: Settings, active: Sequence[str] = (), *, mean_field: bool = False, exponent: int = 3
) -> System:
    """Return the averaged equations of a person as a system with the named parameters active.

    `mean_field`: warmth and hostility come from people who are all in the same state as this person; otherwise
    they are the constants `warmth` and `hostility`. `exponent`: of the signal function, see `symbolic.right_hand_side`;
    what people give keeps the model's own. Rates are per hour. Raises InputError for names that are unknown or on
    which the equations do not depend.
    """
    depends = acting(mean_field)
    mistakes = []
    for name in active:
        if name not in KNOWN:
            mistakes.append(mistake(name, 0.0) or Mistake(name, "unknown"))
        elif name not in depends:
            mistakes.append(Mistake(name, _no_effect(name, mean_field)))
    if mistakes:
        raise InputError("parameter to follow", mistakes)
    made, fixed = _derivatives(tuple(active), mean_field, exponent)
    return System(made, SYSTEMS, active, [settings[name] for name in fixed])


def _no_effect(name: str, mean_field: bool) -> str:
    if not mean_field and name in acting(True):
        return "acts through other people only: needs --mean-field"
    kind = "parameter" if name in MODEL or name in INPUTS else "trait"
    return f"is a {kind} on which the resting states of the three systems do not depend"
