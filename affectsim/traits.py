"""Who the people are: traits and attributes drawn from their distributions, person by person.

Traits that go together are drawn by a Gaussian copula (`affectsim.correlations`): each keeps its own normal
draws, and follows a fixed sum of its own and those of traits before it in the list.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from affectsim.correlations import mixing
from affectsim.draws import uniforms_of
from affectsim.layout import ATTRIBUTE_NAMES, STEADY_UNITS, steady
from affectsim.parameters import Trait
from affectsim.scenario import Scenario
from affectsim.training.limits import harmless

Float = npt.NDArray[np.float64]


def quantiles(trait: Trait, share: Float) -> Float:
    """Return the values of a trait at quantiles `share` in (0, 1), kept inside its bounds; same shape."""
    from scipy.special import ndtri

    return values_at(trait, ndtri(share))


def values_at(trait: Trait, normal: Float) -> Float:
    """Return the values of a trait at standard normal numbers, kept inside its bounds; same shape."""
    from scipy.special import expit, logit

    scaled = trait.spread * normal
    if trait.shape == "lognormal":
        values = trait.median * np.exp(scaled)
    else:
        with np.errstate(divide="ignore"):
            values = expit(logit(trait.median) + scaled)
    return np.asarray(np.clip(values, trait.low, trait.high))


def draw_traits(
    distributions: Mapping[str, Trait],
    seed: int,
    replicate: int,
    people: int,
    correlations: Mapping[tuple[str, str], float] | None = None,
) -> dict[str, Float]:
    """Return every trait and attribute: name -> values, shape (people,).

    `correlations`: pair of traits -> r; none by default. Each trait has draws of its own, so changing one
    distribution changes no other trait's values, and one more person changes nobody else.
    """
    from scipy.special import ndtri

    rows = mixing(correlations or {})
    shared = {name for row in rows.values() for name in row}
    drawn = [*shared, *(name for name in distributions if name not in rows and name not in shared)]
    shares = uniforms_of(seed, replicate, [f"trait/{name}" for name in drawn], people)
    own: dict[str, Float] = dict(zip(drawn, ndtri(shares), strict=True))
    found = {}
    for name, trait in distributions.items():
        if name in rows:
            normal = np.zeros(people)
            for other, weight in rows[name].items():
                normal += weight * own[other]
        else:
            normal = own[name]
        found[name] = values_at(trait, normal)
    return found


def traits_of(scenario: Scenario, replicate: int, people: int) -> dict[str, Float]:
    """Return every trait and attribute of the people of one replicate: name -> values, shape (people,).

    Limits that are switched off harm nobody. A baseline of an attribute is held in fewer bits (`layout.steady`), so it
    is rounded to them: whoever never trains stays on it to the last bit.
    """
    drawn = draw_traits(scenario.distributions(), scenario.seed, replicate, people, scenario.correlated_pairs())
    drawn |= {name: np.full(people, value) for name, value in harmless(scenario.limits.off()).items()}
    return drawn | {name: steady(drawn[name]) / STEADY_UNITS for name in ATTRIBUTE_NAMES}
