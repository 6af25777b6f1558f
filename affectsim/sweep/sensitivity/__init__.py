"""How much of what comes out of a sweep is due to which factor."""

from affectsim.sweep.sensitivity.effects import elementary_effects
from affectsim.sweep.sensitivity.factorial import factorial_indices
from affectsim.sweep.sensitivity.given import delta, given_data, pawn
from affectsim.sweep.sensitivity.study import COLUMNS, sensitivity, settled
from affectsim.sweep.sensitivity.variance import sobol_indices

__all__ = [
    "COLUMNS",
    "delta",
    "elementary_effects",
    "factorial_indices",
    "given_data",
    "pawn",
    "sensitivity",
    "settled",
    "sobol_indices",
]
