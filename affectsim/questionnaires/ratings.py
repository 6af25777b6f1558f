"""Momentary ratings, as in experience sampling: a state through a person's way of using a scale.

    rating = offset_i + gain_i * activation + noise,   rounded to the steps of the item, kept in [0, 1]

`offset_i` and `gain_i` belong to person i and stay: some people tick high, some use the whole scale. They
are the part of the error that is like a trait. The noise is drawn anew for each rating. How people use
scales is not part of the theory: its numbers are `parameters.RATING`, changed in [rating].

A rating is about a moment. What is rated is the mean activation of the interval of the record, so record
every half hour or hour; see `sampling.sampled` for beeps and missed beeps.

Which draws: offset and gain are the person's and the same in every arm; the noise of a rating is drawn for
(arm, person, moment), as in `questionnaires`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from affectsim.draws import normals_at
from affectsim.parameters import RATING
from affectsim.readouts import Measure, Recording

Float = npt.NDArray[np.float64]

_ONCE = np.zeros(1, dtype=np.int64)


class Rating(Measure):
    """Base of the ratings, one of each system."""

    unit: ClassVar[str] = "rating"
    system: ClassVar[str]

    @classmethod
    def of(cls, values: Mapping[str, Float]) -> Float:
        """Return what the median person would tick on a continuous scale without noise (default numbers)."""
        return cls._median(values, {name: known.default for name, known in RATING.items()})

    @classmethod
    def recorded(cls, values: Mapping[str, Float], recording: Recording) -> Float:
        """Return the ratings of one run, shape (records, people); without error, those of the median person."""
        rating, system = recording.rating, cls.system
        if not recording.measurement_error:
            return cls._median(values, rating)
        draws = (recording.seed, recording.replicate)
        people = recording.people
        style = normals_at(*draws, f"rating/{system}/offset", people, _ONCE)
        width = normals_at(*draws, f"rating/{system}/gain", people, _ONCE)
        noise = normals_at(*draws, f"rating/{system}/noise/{recording.arm}", people, recording.moments)
        offset = rating[f"{system}_rating_offset"] + rating[f"{system}_rating_offset_spread"] * style
        gain = rating[f"{system}_rating_gain"] * np.exp(rating["rating_gain_spread"] * width)
        felt = offset + gain * values[system] + rating[f"{system}_rating_noise"] * noise
        steps = np.round(rating["rating_steps"])
        return np.asarray(np.round(np.clip(felt, 0.0, 1.0) * steps) / steps)

    @classmethod
    def _median(cls, values: Mapping[str, Float], rating: Mapping[str, float]) -> Float:
        offset, gain = rating[f"{cls.system}_rating_offset"], rating[f"{cls.system}_rating_gain"]
        return np.asarray(np.clip(offset + gain * values[cls.system], 0.0, 1.0))


class RatingThreat(Rating, kind="rating-threat"):
    """Rating of threat at the moment, from 0 to 1.

    Assumes: people tick a straight line of the activation of threat, cut off at both ends of the scale.
    """

    direction = -1
    system = "threat"


class RatingDrive(Rating, kind="rating-drive"):
    """Rating of drive at the moment, from 0 to 1.

    Assumes: people tick a straight line of the activation of drive, cut off at both ends of the scale.
    """

    direction = 1
    system = "drive"


class RatingSoothing(Rating, kind="rating-soothing"):
    """Rating of soothing at the moment, from 0 to 1.

    Assumes: people tick a straight line of the activation of soothing, cut off at both ends of the scale.
    """

    direction = 1
    system = "soothing"
