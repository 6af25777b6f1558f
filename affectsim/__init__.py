"""affectsim: threat, drive and soothing in people on a network, and what compassion training changes.

A teaching and research model, not a clinical tool.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from affectsim.comparison import compare as compare
    from affectsim.errors import InputError as InputError
    from affectsim.mesa_model import AffectModel as AffectModel
    from affectsim.networks.ties import Community as Community
    from affectsim.networks.ties import Ties as Ties
    from affectsim.parts import Exercise as Exercise
    from affectsim.parts import Network as Network
    from affectsim.parts import Readout as Readout
    from affectsim.parts import Stimulus as Stimulus
    from affectsim.parts import field as field
    from affectsim.readouts import Measure as Measure
    from affectsim.results import load as load
    from affectsim.results import save as save
    from affectsim.scenario import Scenario as Scenario
    from affectsim.simulation import simulate as simulate
    from affectsim.simulation import simulate_many as simulate_many
    from affectsim.stimuli import DailyLife as DailyLife
    from affectsim.stimuli import Dated as Dated
    from affectsim.stimuli import Shock as Shock
    from affectsim.training.exercises import Practice as Practice

#: Public names and where they live; imported on first use, so that `import affectsim` is light.
_PLACES = {
    "AffectModel": "mesa_model",
    "Community": "networks.ties",
    "DailyLife": "stimuli",
    "Dated": "stimuli",
    "Exercise": "parts",
    "InputError": "errors",
    "Measure": "readouts",
    "Network": "parts",
    "Practice": "training.exercises",
    "Readout": "parts",
    "Scenario": "scenario",
    "Shock": "stimuli",
    "Stimulus": "parts",
    "Ties": "networks.ties",
    "compare": "comparison",
    "field": "parts",
    "load": "results",
    "save": "results",
    "simulate": "simulation",
    "simulate_many": "simulation",
}
__all__ = [
    "AffectModel",
    "Community",
    "DailyLife",
    "Dated",
    "Exercise",
    "InputError",
    "Measure",
    "Network",
    "Practice",
    "Readout",
    "Scenario",
    "Shock",
    "Stimulus",
    "Ties",
    "compare",
    "field",
    "load",
    "save",
    "simulate",
    "simulate_many",
]


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return getattr(import_module(f"affectsim.{_PLACES[name]}"), name)
    raise AttributeError(f"module 'affectsim' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
