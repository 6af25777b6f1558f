"""affectsim: threat, drive and soothing in people on a network, and what compassion training changes.

A teaching and research model, not a clinical tool.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from affectsim.errors import InputError as InputError
    from affectsim.mesa_model import AffectModel as AffectModel
    from affectsim.parts import Exercise as Exercise
    from affectsim.parts import Network as Network
    from affectsim.parts import Readout as Readout
    from affectsim.parts import Stimulus as Stimulus
    from affectsim.parts import field as field
    from affectsim.results import load as load
    from affectsim.results import save as save
    from affectsim.scenario import Scenario as Scenario
    from affectsim.simulation import simulate as simulate
    from affectsim.simulation import simulate_many as simulate_many

#: Public names and where they live; imported on first use, so that `import affectsim` is light.
_PLACES = {
    "AffectModel": "mesa_model",
    "Exercise": "parts",
    "InputError": "errors",
    "Network": "parts",
    "Readout": "parts",
    "Scenario": "scenario",
    "Stimulus": "parts",
    "field": "parts",
    "load": "results",
    "save": "results",
    "simulate": "simulation",
    "simulate_many": "simulation",
}
__all__ = ["AffectModel", "Exercise", "InputError", "Network", "Readout", "Scenario", "Stimulus", "field", "load",
           "save", "simulate", "simulate_many"]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return getattr(import_module(f"affectsim.{_PLACES[name]}"), name)
    raise AttributeError(f"module 'affectsim' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
