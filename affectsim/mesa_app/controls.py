"""The model as Mesa's page rebuilds it, and its sliders, from the list of parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from affectsim.errors import InputError, Mistake, nearest
from affectsim.mesa_model import AffectModel
from affectsim.parameters import MODEL, TRAITS
from affectsim.parts import Network
from affectsim.populations import PRESETS, distributions, load_preset
from affectsim.training.programmes import programmes

#: Parameters of the equations that have a slider from the start; others are asked for by name.
FIRST = ("soothing_calms_threat", "threat_blocks_soothing", "warmth_strength", "hostility_weight", "background_threat")
UNTRAINED = "none"
TICKS_PER_HOUR = 2
#: As a multiple of the median of the chosen population, so that choosing another one is not undone by the slider.
_MOST_SELF_CRITICAL = 4.0
_STEPS = 100


class ViewedModel(AffectModel):
    """`AffectModel` with the arguments that widgets can give: words and numbers, all by name.

    `seed`: text of a whole number. `programme`: "none" for no training. `hours_per_step`: simulated time of one step
    (h, whole half hours). `self_criticism`: its median as a multiple of that of the
    population. Other keywords are those of `AffectModel`. Raises InputError for a seed that is none.
    """

    def __init__(
        self, *, seed: str | int = "1", preset: str = "general", programme: str = UNTRAINED,
        self_criticism: float = 1.0, hours_per_step: float = 2.0, **kwargs: Any,
    ) -> None:  # fmt: skip
        # Mesa 3.5 hands over a scenario of its own kind, which describes nothing here.
        kwargs.pop("scenario", None)
        try:
            number = int(seed)
        except ValueError:
            raise InputError("seed", [Mistake(str(seed), "must be a whole number")]) from None
        trained = None if programme == UNTRAINED else programme
        ticks = max(1, round(hours_per_step * TICKS_PER_HOUR))
        critic = distributions(load_preset(preset).changes())["self_criticism"]
        super().__init__(
            seed=number, preset=preset, programme=trained, ticks_per_step=ticks,
            self_criticism=min(self_criticism * critic.median, critic.high), **kwargs,
        )  # fmt: skip


def sliders(more: Sequence[str] = ()) -> dict[str, Any]:
    """Return what can be set on the page: name -> description, as Mesa's `model_params`.

    `more`: names of further parameters of the equations. Bounds, units and meaning are those of the list of
    parameters. Raises InputError for a name that is not in it.
    """
    unknown = [name for name in more if name not in MODEL]
    if unknown:
        raise InputError("--slider", [Mistake(name, f"unknown parameter{nearest(name, MODEL)}") for name in unknown])
    found: dict[str, Any] = {
        "seed": {"type": "InputText", "value": "1", "label": "seed"},
        "size": _slider("people", 120, 60, 400, 10),
        "network": _choice("network", "small-world", [kind for kind in Network.kinds() if kind != "file"]),
        "preset": _choice("population", "general", list(PRESETS)),
        "self_criticism": _slider("self-criticism, times", 1.0, 0.0, _MOST_SELF_CRITICAL, 0.05),
        "programme": _choice("training", UNTRAINED, [UNTRAINED, *programmes()]),
        "share": _slider("share trained", 0.5, 0.0, 1.0, 0.05),
        "start_day": _slider("training from day", 3, 0, 60, 1),
        "hours_per_step": _slider("hours per step", 2.0, 0.5, 24.0, 0.5),
    }
    for name in dict.fromkeys((*FIRST, *more)):
        known = MODEL[name]
        step = (known.high - known.low) / _STEPS
        found[name] = _slider(name.replace("_", " "), known.default, known.low, known.high, step)
    return found


def meanings(controls: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """Return what the controls mean: label, meaning, unit and source of each, from the list of parameters."""
    trait = TRAITS["self_criticism"]
    said = {
        "seed": ("another whole number gives other people and other chances", "1", "-"),
        "self_criticism": (f"median as a multiple of that of the population: {trait.meaning}", "1", trait.source),
        "programme": ("programme of exercises (affectsim parts exercise)", "-", "affectsim describe"),
        "hours_per_step": ("simulated time of one step", "h", "-"),
    }
    said |= {name: (known.meaning, known.unit, known.source) for name, known in MODEL.items()}
    return [(control["label"], *said[name]) for name, control in controls.items() if name in said]


def starting(controls: dict[str, Any]) -> dict[str, Any]:
    """Return the values that the controls start with: name -> value."""
    return {name: control["value"] for name, control in controls.items()}


def _slider(label: str, value: float, low: float, high: float, step: float) -> dict[str, Any]:
    kind = "SliderInt" if all(isinstance(number, int) for number in (value, low, high, step)) else "SliderFloat"
    return {"type": kind, "value": value, "label": label, "min": low, "max": high, "step": step}


def _choice(label: str, value: str, values: list[str]) -> dict[str, Any]:
    return {"type": "Select", "value": value, "label": label, "values": values}
