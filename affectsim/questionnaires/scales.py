"""Scores like those of the questionnaires of the field, with measurement error. Scores only: no item is in here.

A score is what a person would get on a questionnaire about the time since the last record ("in the past
week" if records are a week apart), in percent of the highest possible score (POMP, Cohen et al. 1999,
Multivariate Behav Res 34:315-346). It goes

1. from quantities of the model (`QUANTITIES`) to how far a person is from the reference on each: log or logit (the
   warmth received as it is, since some receive none, and learnt kindness to oneself, of which nobody has any before
   training, with 1 for its standard deviation), less the reference, in standard deviations between people;
2. to a weighted sum of them (`reads`; weights are assumed, or calibrated where `data/calibrated.toml` has them), in
   its own standard deviations between people: z;
3. to the score, 100 / (1 + exp(-(typical level + .8 z + error))), so that it rises or falls with each quantity
   throughout and stays between 0 and 100 without being cut off. Logit of a score is linear in z; the steepness of
   .8 is assumed and gives a standard deviation of up to 18 points.

The error is normal, on the scale of the logit, with the standard deviation at which the reliability in the
reference population is the one declared: sd(error) = .8 sqrt((1 - reliability) / reliability) (classical test
theory). It is a property of the questionnaire, the same in every population and arm: where people differ
more than in the reference population, the reliability is higher, as with real questionnaires.

Reference: people of the preset "general" in daily life, means over a week; traits at their default
distributions, and for the rest the measured numbers of `questionnaires/reference.toml`, which
`python -m affectsim.questionnaire_reference` measures anew.

Which draws: an error is drawn for (seed, replicate, questionnaire, arm) and counted by (person, half hour of the
record). So recording another questionnaire, fewer people or less often changes no error. Arms have errors of
their own: the two worlds of a trial hold the same people, but each fills in each questionnaire anew. With errors
in common they would cancel in the difference between a person and the twin, and a trial would look more
precise than a questionnaire allows. `record.measurement_error = false` gives the scores without error.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim import calibrated
from affectsim.draws import normals_at
from affectsim.parameters import ATTRIBUTES, MODEL, TRAITS
from affectsim.parts import field
from affectsim.readouts import ALWAYS, Measure, Recording

Float = npt.NDArray[np.float64]

#: Where the measured numbers of the reference population are.
REFERENCE_FILE = Path(__file__).with_name("reference.toml")
#: Change of the logit of a score with one standard deviation of what it reads (assumed).
STEEPNESS = 0.8
#: Values are kept this far from 0 and 1, where logarithms have no end.
_MARGIN = 1e-3


def _logit(share: Any) -> Any:
    share = np.clip(share, _MARGIN, 1 - _MARGIN)
    return np.log(share / (1 - share))


def _as_it_is(value: Any) -> Any:
    return value


def _log(value: Any) -> Any:
    return np.log(np.maximum(value, _MARGIN))


class Quantity(NamedTuple):
    """One quantity of the model that questionnaires read.

    `of(values, model)` returns it from recorded values (`rows` of `layout.SLOW` and `constants`, traits that never
    change, beside `readouts.ALWAYS`) and the parameters of the equations; `scale` is log, logit or nothing. `trait`:
    the trait or attribute that it is after training, whose distribution is the reference; empty where the
    reference is measured; None for what nobody has before training, which is read as it is.
    """

    rows: tuple[str, ...]
    of: Callable[[Mapping[str, Float], Mapping[str, float]], Float]
    scale: Callable[[Any], Any]
    trait: str | None
    constants: tuple[str, ...] = ()

    def reference(self, name: str) -> tuple[float, float]:
        """Return (centre, standard deviation between people) in the reference population, on its scale."""
        if self.trait is None:
            return 0.0, 1.0
        if self.trait:
            known = (TRAITS | ATTRIBUTES)[self.trait]
            return float(self.scale(known.median)), known.spread
        centre, spread = measured()["quantities"].get(name, (0.0, 1.0))
        return float(centre), float(spread)


def _row(row: str, trait: str | None, scale: Callable[[Any], Any] = _logit) -> Quantity:
    rows = () if row in ALWAYS else (row,)
    return Quantity(rows, lambda values, model: values[row], scale, trait)


def _fear_for_others(values: Mapping[str, Float], model: Mapping[str, float]) -> Float:
    fear, relief = values["fear_of_compassion_for_others"], values["fear_of_compassion_for_others_relief"]
    less, more = fear * (1 - model["relief_reach"] * relief), fear - model["sensitisation_reach"] * (1 - fear) * relief
    return np.where(relief >= 0, less, more)


#: What questionnaires read: name -> quantity.
QUANTITIES: dict[str, Quantity] = {
    **{name: _row(name, "") for name in ("threat", "drive", "soothing", "balance")},
    "warmth_received": _row("warmth_received", "", _as_it_is),
    "self_criticism": _row("effective_self_criticism", "self_criticism", _log),
    **{name: _row(f"effective_{name}", name) for name in ("fear_of_self_compassion", "fear_of_compassion_from_others")},
    "fear_of_compassion_for_others": Quantity(
        ("fear_of_compassion_for_others_relief",),
        _fear_for_others,
        _logit,
        "fear_of_compassion_for_others",
        ("fear_of_compassion_for_others",),
    ),
    "power": _row("current_power", "power"),
    "self_kindness": _row("self_kindness", None, _as_it_is),
    **{name: _row(name, name) for name in ATTRIBUTES},
}


@cache
def measured() -> Mapping[str, Any]:
    """Return the measured numbers: `quantities` (name -> centre, sd), `spreads` (kind -> sd of `position`).

    Both are empty where the file has not been made.
    """
    if not REFERENCE_FILE.exists():
        return {"quantities": {}, "spreads": {}}
    with REFERENCE_FILE.open("rb") as file:
        found = tomllib.load(file)
    return {
        "quantities": {name: (one["centre"], one["spread"]) for name, one in found["quantities"].items()},
        "spreads": found["spreads"],
    }


def cronbach_alpha(value: float, source: str) -> Any:
    """Declare the reliability of a score. `source`: where Cronbach's alpha of such a questionnaire comes from."""
    says = "share of the variance between people that is not error, in the reference population"
    return field(value, gt=0, le=1, unit="1", says=says, source=source)


def typical_score(value: float) -> Any:
    """Declare the score of somebody who is at the reference in everything that it reads."""
    says = "score of somebody at the reference in everything"
    return field(value, ge=1, le=99, unit="% of maximum", says=says, source="assumed")


class Questionnaire(Measure):
    """Base of the scores: what a score reads, with which weights, how reliable it is, and which way is better.

    A score of one's own is one class:

        class Loneliness(Questionnaire, kind="loneliness-score"):
            '''Loneliness. Assumes: reads little soothing.'''

            direction = -1
            reads = {"soothing": -1.0}
            reliability: float = cronbach_alpha(0.9, "assumed")
    """

    unit: ClassVar[str] = "% of maximum"
    bounds: ClassVar[tuple[float, float]] = (0.0, 100.0)
    #: Name of `QUANTITIES` -> weight; a negative one lowers the score.
    reads: ClassVar[Mapping[str, float]]

    reliability: float = cronbach_alpha(0.9, "assumed")
    typical: float = typical_score(50.0)

    def __init_subclass__(cls, kind: str = "", **more: Any) -> None:
        """Find out what must be recorded. Raises KeyError for a quantity that does not exist."""
        super().__init_subclass__(kind=kind, **more)
        path = f"questionnaires.{kind}"
        cls.reads = {n: calibrated.number(f"{path}.{n}", w, "")[0] for n, w in getattr(cls, "reads", {}).items()}
        read = [QUANTITIES[name] for name in cls.reads]
        cls.rows = tuple(sorted({row for quantity in read for row in quantity.rows}))
        cls.constants = tuple(sorted({name for quantity in read for name in quantity.constants}))

    @classmethod
    def weights(cls) -> dict[str, float]:
        """Return the weights, scaled so that their squares sum to 1."""
        size = math.sqrt(sum(weight**2 for weight in cls.reads.values()))
        return {name: weight / size for name, weight in cls.reads.items()}

    @classmethod
    def assumes(cls) -> str:
        """Return what is assumed, and what the score reads with which weights."""
        listed = ", ".join(f"{name.replace('_', ' ')} {weight:+.2f}" for name, weight in cls.weights().items())
        return f"{super().assumes()} Weights: {listed}."

    @classmethod
    def decided_by(cls) -> dict[str, Any]:
        """Return everything that decides a score beside the state, as plain values: for fingerprints."""
        references = {name: list(QUANTITIES[name].reference(name)) for name in cls.reads}
        return {**cls().table(), "weights": cls.weights(), "spread": cls.spread(), "references": references}

    @classmethod
    def position(
        cls,
        values: Mapping[str, Float],
        model: Mapping[str, float],
        references: Mapping[str, tuple[float, float]] | None = None,
    ) -> Float:
        """Return the weighted sum of how far people are from the reference on each, shape of the values.

        `references`: other (centre, standard deviation) than those of the reference population, by name.
        """
        total: Any = 0.0
        for name, weight in cls.weights().items():
            quantity = QUANTITIES[name]
            centre, spread = (references or {}).get(name) or quantity.reference(name)
            total = total + weight * (quantity.scale(quantity.of(values, model)) - centre) / spread
        return np.asarray(total)

    @classmethod
    def spread(cls) -> float:
        """Return the standard deviation of `position` between people of the reference population.

        1, as for quantities without correlation, for a score that has not been measured.
        """
        return float(measured()["spreads"].get(cls.kind, 1.0))

    def error_sd(self) -> float:
        """Return the standard deviation of the error, on the scale of the logit."""
        return STEEPNESS * math.sqrt((1 - self.reliability) / self.reliability)

    def score(self, position: Float, error: Float | float = 0.0) -> Float:
        """Return scores in [0, 100] for positions and errors on the scale of the logit, of equal shape."""
        from scipy.special import expit

        level = math.log(self.typical / (100 - self.typical))
        return np.asarray(100 * expit(level + STEEPNESS * position / self.spread() + error))

    @classmethod
    def of(cls, values: Mapping[str, Float]) -> Float:
        """Return the score without error, with the default parameters of the equations."""
        return cls().score(cls.position(values, {name: known.default for name, known in MODEL.items()}))

    @classmethod
    def recorded(cls, values: Mapping[str, Float], recording: Recording) -> Float:
        """Return the scores of one run, shape (records, people), with error unless that is switched off."""
        made = cls()
        position = cls.position(values, recording.model)
        if not recording.measurement_error:
            return made.score(position)
        part = f"questionnaire/{cls.kind}/{recording.arm}"
        draws = normals_at(recording.seed, recording.replicate, part, recording.people, recording.moments)
        return made.score(position, made.error_sd() * draws)
