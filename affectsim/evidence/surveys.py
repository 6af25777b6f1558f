"""Correlations across people between scores, and between scores and what people rate in diaries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from affectsim.evidence.momentary import beeps

if TYPE_CHECKING:
    import xarray as xr

Float = npt.NDArray[np.float64]

_FEARS = ("self_compassion", "compassion_from_others", "compassion_for_others")


def survey_values(run: xr.Dataset) -> list[dict[str, float]]:
    """Return the correlations with distress of each world of the study "survey": name of the entry -> r."""
    found = []
    for number in range(run.sizes["run"]):
        distress = last(run, "distress_score", number)
        made = {
            f"traits.fear_of_{flow}_with_distress": correlation(last(run, f"fear_of_{flow}_score", number), distress)
            for flow in _FEARS
        }
        kindness = last(run, "self_compassion_score", number)
        made["traits.self_compassion_with_psychopathology"] = correlation(kindness, distress)
        found.append(made)
    return found


def survey_and_diary_values(survey: xr.Dataset, diaries: xr.Dataset, seed: int) -> list[dict[str, float]]:
    """Return the correlations of trait self-compassion with mean ratings, of each world: name of the entry -> r.

    Both runs hold the same people. `seed`: of the beeps.
    """
    found = []
    for number in range(survey.sizes["run"]):
        rows = beeps(diaries, number, seed)
        means = rows.groupby("person")[["threat", "soothing"]].mean()
        scores = last(survey, "self_compassion_score", number)[means.index.to_numpy()]
        found.append(
            {
                f"traits.trait_self_compassion_with_mean_{system}": correlation(scores, means[system].to_numpy())
                for system in ("threat", "soothing")
            }
        )
    return found


def last(run: xr.Dataset, name: str, number: int) -> Float:
    """Return what was recorded last, of each person in one of several runs."""
    return run[name].isel(run=number, time=-1).to_numpy()


def correlation(first: Float, second: Float) -> float:
    """Return Pearson's r across people."""
    return float(np.corrcoef(first, second)[0, 1])
