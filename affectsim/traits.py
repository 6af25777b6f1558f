"""Who the people are: traits and attributes drawn from their distributions, person by person."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from affectsim.draws import uniforms
from affectsim.parameters import Trait

Float = npt.NDArray[np.float64]


def quantiles(trait: Trait, share: Float) -> Float:
    """Return the values of a trait at quantiles `share` in (0, 1), kept inside its bounds; same shape."""
    from scipy.special import expit, logit, ndtri

    normal = trait.spread * ndtri(share)
    if trait.shape == "lognormal":
        values = trait.median * np.exp(normal)
    else:
        with np.errstate(divide="ignore"):
            values = expit(logit(trait.median) + normal)
    return np.asarray(np.clip(values, trait.low, trait.high))


def draw_traits(distributions: Mapping[str, Trait], seed: int, replicate: int, people: int) -> dict[str, Float]:
    """Return every trait and attribute: name -> values, shape (people,).

    Each trait is a part of its own, so changing one distribution changes no other trait's draws, and one
    more person changes nobody else.
    """
    return {
        name: quantiles(trait, uniforms(seed, replicate, f"trait/{name}", people))
        for name, trait in distributions.items()
    }
