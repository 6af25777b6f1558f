"""Readouts: quantities read from the state, one class each.

A record holds, for every recorded person and time, the mean of threat, drive, soothing and balance over
the interval since the last record, and the share of that time in which threat was the strongest. A
readout is computed from these and, where it says so in `rows`, from slow quantities and inputs
of the person at the time of the record.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim.errors import CLEAN, clean
from affectsim.parameters import ATTRIBUTES, MODEL, REFERENCE_ATTRIBUTE
from affectsim.parts import Readout

Float = npt.NDArray[np.float64]
#: What every record holds, in the kernel's order.
ALWAYS = ("threat", "drive", "soothing", "balance", "threat_dominant")
SYSTEMS = ("threat", "drive", "soothing")

#: Names in a run that no readout can have: coordinates, systems, summaries, how training was delivered, ties.
RESERVED = frozenset((
    *SYSTEMS, *(f"{name}_{what}" for name in ALWAYS for what in ("mean", "sd", "quantile")), "arm", "chosen",
    "distrust", "dropped_out", "label", "person", "quantile", "reason", "replicate", "rule", "run", "screened_out",
    "start_day", "therapist", "tie_strength", "time", "trained", "training_group",
    # Columns of a sweep, and what two scenarios are called side by side.
    "digest", "failed", "point", "scenario", "title", "toml",
))  # fmt: skip


def balance(threat: Any, drive: Any, soothing: Any) -> Any:
    """Return how balanced three activations are: 1 = three equal circles, 0 = one system alone.

    B = 1 - |s - (1/3, 1/3, 1/3)| / sqrt(2/3) with s the shares of the three systems. Three silent systems
    are equal: 1.
    """
    total = threat + drive + soothing
    mean = total * (1.0 / 3.0)
    a, b, c = threat - mean, drive - mean, soothing - mean
    return 1.0 - np.sqrt((a * a + b * b + c * c) * 1.5) / (total + 1e-300)


def cell_methods(method: str, every: str, then: str = "") -> str:
    """Return how values came about, as the CF conventions write it: a mean over time, or a point of it.

    `every`: the interval of a record. `then`: what was done after that.
    """
    over = f"over {every} up to that time" if method == "mean" else ""
    comment = ", then ".join(part for part in (over, then) if part)
    return f"time: {method}{f' (comment: {comment})' if comment else ''}"


class Recording(NamedTuple):
    """What the records of one run come from, for readouts that need more than values: draws and parameters."""

    seed: int
    replicate: int
    arm: str
    people: npt.NDArray[np.int64]  # (people,): numbers of the recorded people
    moments: npt.NDArray[np.int64]  # (records,): half hours from the start of the run to the end of each interval
    model: Mapping[str, float]  # parameters of the equations
    rating: Mapping[str, float]  # parameters of ratings
    measurement_error: bool


class Measure(Readout):
    """Base of the readouts: a named quantity with a unit, computed from a record."""

    #: Rows of `layout.RECORDABLE` that must be recorded for it, as they are at the time of the record.
    rows: ClassVar[tuple[str, ...]] = ()
    #: Traits that it needs and that stay as they are for the whole run: taken from the world, once.
    constants: ClassVar[tuple[str, ...]] = ()
    unit: ClassVar[str] = "1"
    #: +1: more is better, -1: less is better, 0: neither (a trial then asks).
    direction: ClassVar[int] = 0
    #: Lowest and highest value there can be, inclusive.
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    #: How a value stands for the interval of its record: its "mean", its last "point"; empty: neither.
    method: ClassVar[str] = "mean"

    @classmethod
    def __pydantic_init_subclass__(cls, kind: str = "", **more: Any) -> None:
        """Refuse a name that a run has already, and a unit that no file takes (raises TypeError)."""
        super().__pydantic_init_subclass__(kind=kind, **more)
        if cls.name() in RESERVED or cls.name().endswith("_difference"):
            raise TypeError(f"{cls.__name__}: kind {kind!r} is what a run calls something else; take another")
        if not clean(cls.unit):
            raise TypeError(f"{cls.__name__}: unit {CLEAN}")

    @classmethod
    def of(cls, values: Mapping[str, Float]) -> Float:
        """Return the readout for recorded values of equal shape (names of `ALWAYS`, `rows` and `constants`)."""
        raise NotImplementedError

    @classmethod
    def recorded(cls, values: Mapping[str, Float], recording: Recording) -> Float:
        """Return the readout as it is recorded in one run, shape (records, people), `values` likewise.

        Readouts that are measured with an error, or that need parameters, override this; the others are
        read off the values.
        """
        return cls.of(values)

    @classmethod
    def name(cls) -> str:
        """Return the name of its variable in a run."""
        return cls.kind.replace("-", "_")

    @classmethod
    def attributes(cls, every: str) -> dict[str, Any]:
        """Return what a file says of its variable, by the names of the CF conventions; `every`: interval of a record.

        Values are texts, numbers, or arrays of numbers.
        """
        found = {"units": cls.unit, "long_name": cls.headline().rstrip(".")}
        return found | ({"cell_methods": cell_methods(cls.method, every)} if cls.method else {})


class Balance(Measure, kind="balance"):
    """Balance of the three systems: 1 is three equal circles, 0 one system alone (mean over the interval).

    Assumes: equal activations are the balanced state; the weights of the three systems are equal.
    """

    direction = 1

    @classmethod
    def of(cls, values: Mapping[str, Float]) -> Float:
        """Return the mean balance."""
        return values["balance"]


#: Balance of activations of 2 : 1 : 1.
IN_BALANCE = 0.75


class InBalance(Measure, kind="in_balance"):
    """Whether the three systems were in balance over the interval; its mean over people is the share in balance.

    Assumes: people are in balance from a balance of 0.75 on, which is that of one system twice as strong as each of the
    other two.
    """

    direction = 1
    method = ""

    @classmethod
    def of(cls, values: Mapping[str, Float]) -> Float:
        """Return 1 for people in balance, 0 for others."""
        return np.asarray(values["balance"] >= IN_BALANCE, dtype=np.float64)


class ThreatDominant(Measure, kind="threat_dominant"):
    """Share of the interval in which threat was stronger than drive and than soothing.

    Assumes: nothing beyond the three activations.
    """

    direction = -1

    @classmethod
    def of(cls, values: Mapping[str, Float]) -> Float:
        """Return the share of time."""
        return values["threat_dominant"]


class Dominant(Measure, kind="dominant"):
    """The strongest system of the interval: 0 threat, 1 drive, 2 soothing.

    Assumes: the means over the interval decide; of equal ones the first.
    """

    bounds = (0.0, 2.0)
    method = ""

    @classmethod
    def attributes(cls, every: str) -> dict[str, Any]:
        """Return what the numbers mean as well."""
        meanings = {"flag_values": np.arange(float(len(SYSTEMS))), "flag_meanings": " ".join(SYSTEMS)}
        return super().attributes(every) | meanings

    @classmethod
    def of(cls, values: Mapping[str, Float]) -> Float:
        """Return the number of the strongest system."""
        return np.asarray(np.argmax(np.stack([values[name] for name in SYSTEMS]), axis=0), dtype=np.float64)


class _Feeling(Measure):
    """Base of feelings: shares of an activation, from the means over the interval."""

    unit: ClassVar[str] = "activation"


class Anger(_Feeling, kind="anger"):
    """Anger: the part of threat that is turned outward.

    Assumes: threat times the person's tendency to fight.
    """

    direction = -1
    rows = ("effective_fight",)

    @classmethod
    def of(cls, values: Mapping[str, Float]) -> Float:
        """Return anger."""
        return values["threat"] * values["effective_fight"]


class Fear(_Feeling, kind="fear"):
    """Fear: the part of threat that urges to get away.

    Assumes: threat times the person's tendency to flight.
    """

    direction = -1
    rows = ("effective_flight",)

    @classmethod
    def of(cls, values: Mapping[str, Float]) -> Float:
        """Return fear."""
        return values["threat"] * values["effective_flight"]


class Anxiety(_Feeling, kind="anxiety"):
    """Anxiety: the part of threat that finds no way out in fight or flight.

    Assumes: threat times what is left by fight and flight.
    """

    direction = -1
    rows = ("effective_fight", "effective_flight")

    @classmethod
    def of(cls, values: Mapping[str, Float]) -> Float:
        """Return anxiety."""
        return values["threat"] * (1 - values["effective_fight"] - values["effective_flight"])


class Anticipation(_Feeling, kind="anticipation"):
    """Anticipation: drive that is not yet at rest.

    Assumes: drive times (1 - soothing).
    """

    direction = 1

    @classmethod
    def of(cls, values: Mapping[str, Float]) -> Float:
        """Return anticipation."""
        return values["drive"] * (1 - values["soothing"])


class Pleasure(_Feeling, kind="pleasure"):
    """Pleasure: drive that is free of threat.

    Assumes: drive times (1 - threat).
    """

    direction = 1

    @classmethod
    def of(cls, values: Mapping[str, Float]) -> Float:
        """Return pleasure."""
        return values["drive"] * (1 - values["threat"])


class Calm(_Feeling, kind="calm"):
    """Calm: soothing without urge.

    Assumes: soothing times (1 - drive).
    """

    direction = 1

    @classmethod
    def of(cls, values: Mapping[str, Float]) -> Float:
        """Return calm."""
        return values["soothing"] * (1 - values["drive"])


class Safeness(_Feeling, kind="safeness"):
    """Safeness: soothing that threat does not disturb.

    Assumes: soothing times (1 - threat).
    """

    direction = 1

    @classmethod
    def of(cls, values: Mapping[str, Float]) -> Float:
        """Return safeness."""
        return values["soothing"] * (1 - values["threat"])


class Connectedness(_Feeling, kind="connectedness"):
    """Connectedness: soothing of a person who lets compassion from others in.

    Assumes: soothing times (1 - fear of compassion from others).
    """

    direction = 1
    rows = ("effective_fear_of_compassion_from_others",)

    @classmethod
    def of(cls, values: Mapping[str, Float]) -> Float:
        """Return connectedness."""
        return values["soothing"] * (1 - values["effective_fear_of_compassion_from_others"])


class ChanceOfPractice(Measure, kind="chance_of_practice"):
    """Chance that a person does the practice that is assigned for a day at home.

    Assumes: a person's own adherence, more so the more motivated the person is than people usually are.
    """

    rows = ("motivation",)
    constants = ("adherence",)
    direction = 1
    method = "point"

    @classmethod
    def of(cls, values: Mapping[str, Float], motivation_effect: float = MODEL["motivation_effect"].default) -> Float:
        """Return the chance, as the days of a run draw it (`training.practice.done`)."""
        keen = 1 + motivation_effect * (values["motivation"] - REFERENCE_ATTRIBUTE)
        return np.clip(values["adherence"] * keen, 0.0, 1.0)

    @classmethod
    def recorded(cls, values: Mapping[str, Float], recording: Recording) -> Float:
        """Return the chance with the parameters of the run."""
        return cls.of(values, recording.model["motivation_effect"])


class _Slow(Measure):
    """Base of readouts that are a slow quantity of the person itself."""

    method = "point"

    @classmethod
    def of(cls, values: Mapping[str, Float]) -> Float:
        """Return the quantity at the time of the record."""
        return values[cls.rows[0]]


#: Readouts that are inputs, not shares.
_INPUTS = ("image", "body")


def _slow_readouts() -> dict[str, type[Measure]]:
    """Return one readout per slow quantity worth reading."""
    quantities: dict[str, tuple[str, str, int]] = {
        "self_criticism": ("effective_self_criticism", "Strength of the self-critical loop, after training.", -1),
        "fear_of_self_compassion": (
            "effective_fear_of_self_compassion", "Fear of self-compassion, after training.", -1),
        "fear_of_compassion_from_others": (
            "effective_fear_of_compassion_from_others", "Fear of compassion from others, after training.", -1),
        "power": ("current_power", "Perceived power.", 1),
        "fight": ("effective_fight", "Tendency to fight under threat.", -1),
        "flight": ("effective_flight", "Tendency to withdraw under threat.", -1),
        "submission": ("effective_submission", "Tendency to submit under threat.", -1),
        "giving": ("effective_warmth", "Warmth that a person could give.", 1),
        "self_kindness": ("self_kindness", "Kindness to oneself that was learnt and comes to mind.", 1),
        "risk_events": ("risk_events", "Risk-taking events since the beginning.", -1),
        "image": ("u_image", "Compassionate image in the mind, at the time of the record.", 1),
        "body": ("u_body", "Bodily response that follows a compassionate image, at the time of the record.", 1),
        **{name: (name, f"{trait.meaning[0].upper()}{trait.meaning[1:]}.", 1) for name, trait in ATTRIBUTES.items()},
    }  # fmt: skip
    return {
        kind: type(
            f"{''.join(word.title() for word in kind.split('_'))}Readout",
            (_Slow,),
            {"rows": (row,), "direction": direction, "__doc__": f"{says}\n\nAssumes: nothing; a quantity of the model.",
             "bounds": (0.0, math.inf if kind in ("self_criticism", "risk_events", *_INPUTS) else 1.0),
             "unit": "input" if kind in _INPUTS else "1",
             "__module__": __name__, "__annotations__": {}},
            kind=kind,
        )
        for kind, (row, says, direction) in quantities.items()
    }  # fmt: skip


SLOW_READOUTS = _slow_readouts()


def directions() -> dict[str, int]:
    """Return which way is better, name of a variable -> +1 or -1, for the systems and every readout that says so.

    Drive counts as +1, though more of it is not good for everybody.
    """
    found = {"threat": -1, "drive": 1, "soothing": 1}
    found |= {measure.name(): measure.direction for measure in Measure.kinds().values() if measure.direction}
    return found
