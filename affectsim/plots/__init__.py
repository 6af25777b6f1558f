"""Figures: a run (or what a trial found in it) in, a matplotlib Figure out; nothing of the model is computed.

Colours are those of Okabe and Ito (2008), which people with any colour vision can tell apart; shapes say the
same once more. Every figure says what it is without a caption, and carries the disclaimer.
"""

from affectsim.plots.diaries import fit_to_diaries
from affectsim.plots.dynamics import bifurcation_diagram, early_warning_signals, fold_map, phase_portrait
from affectsim.plots.effects import effects
from affectsim.plots.experiments import compared, courses, swept
from affectsim.plots.factors import along_factors
from affectsim.plots.maps import maps
from affectsim.plots.network import Placed, network, network_before_after
from affectsim.plots.policies import policy_front
from affectsim.plots.predictions import predictions_that_hold
from affectsim.plots.region import region_over_years
from affectsim.plots.sensitivity import indices
from affectsim.plots.style import save
from affectsim.plots.systems import systems_over_time
from affectsim.plots.trials import contamination, paired_differences, power_by_size, trial_result
from affectsim.plots.triangle import triangle

__all__ = [
    "Placed",
    "along_factors",
    "bifurcation_diagram",
    "compared",
    "contamination",
    "courses",
    "early_warning_signals",
    "effects",
    "fit_to_diaries",
    "fold_map",
    "indices",
    "maps",
    "network",
    "network_before_after",
    "paired_differences",
    "phase_portrait",
    "policy_front",
    "power_by_size",
    "predictions_that_hold",
    "region_over_years",
    "save",
    "swept",
    "systems_over_time",
    "trial_result",
    "triangle",
]
