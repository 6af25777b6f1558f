"""The page itself, as `solara run` finds it: `page` shows `ViewedModel` in Mesa's SolaraViz.

The environment variable AFFECTSIM_SLIDERS names further parameters (with commas) that get a slider.
"""

from __future__ import annotations

import os
from typing import Any

import solara
from mesa.visualization import SolaraViz
from mesa.visualization.utils import update_counter

from affectsim.mesa_app import pictures
from affectsim.mesa_app.controls import ViewedModel, meanings, sliders, starting
from affectsim.mesa_app.serve import SLIDERS
from affectsim.mesa_model import AffectModel
from affectsim.results import DISCLAIMER

#: Faster than this (ms) the browser falls behind drawing, and shows jumps.
PLAY_INTERVAL = 150
DOTS = 90


def _shown(draw: Any, note: str) -> Any:
    @solara.component  # type: ignore[untyped-decorator]
    def Shown(model: AffectModel) -> None:
        update_counter.get()
        solara.FigureMatplotlib(draw(model), dependencies=[model, model.world.tick], format="png", dpi=DOTS)

    Shown.__doc__ = note
    return Shown


Network = _shown(pictures.network_now, "The network now.")
Systems = _shown(pictures.systems_so_far, "The three systems since the start.")
Share = _shown(pictures.share_so_far, "Where threat is strongest, since the start.")


@solara.component  # type: ignore[untyped-decorator]
def Meaning(_: AffectModel) -> None:
    """What the sliders mean, with units and sources."""
    rows = "\n".join("| " + " | ".join(cell.replace("|", "/") for cell in row) + " |" for row in meanings(controls))
    solara.Markdown(f"{DISCLAIMER}\n\n| slider | meaning | unit | source |\n|---|---|---|---|\n{rows}")


controls = sliders([name for name in os.environ.get(SLIDERS, "").split(",") if name])


@solara.component  # type: ignore[untyped-decorator]
def Page() -> None:
    """Show the model: a new one for every visitor."""
    model = solara.use_memo(lambda: ViewedModel(**starting(controls)), [])
    SolaraViz(
        model,
        components=[(Network, 0), (Systems, 0), (Share, 0), (Meaning, 1)],
        model_params=controls,
        play_interval=PLAY_INTERVAL,
        name="Threat, drive and soothing",
    )
