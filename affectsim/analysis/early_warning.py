"""Do fluctuations announce a fold? Variance and lag-1 autocorrelation of threat, on the way to it and standing still.

Near a fold the state returns ever more slowly from a push (critical slowing down), so fluctuations grow and last
longer (Scheffer et al. 2009, Nature 461:53). The control is the same people with the same luck while nothing
moves: there, any trend is chance.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim.analysis.engine import SteadyWorld
from affectsim.analysis.equations import person_system
from affectsim.analysis.equilibria import equilibria
from affectsim.analysis.settings import Settings
from affectsim.intervals import reach

Float = npt.NDArray[np.float64]

#: The last window stands at this share of the way, where the state is still there.
_NEAREST = 0.97
_RECORD_HOURS = 2.0


class Trend(NamedTuple):
    """Kendall's tau of a signal with time: mean over people, 95 % interval of that mean."""

    tau: float
    low: float
    high: float


class Signals(NamedTuple):
    """Signals by window: value of the setting (k,), variance and lag-1 of threat (k, people), NaN after a tip.

    `trends` of both; `tipped`: share of the people who left the state before the end.
    """

    values: Float
    variance: Float
    lag_1: Float
    trends: dict[str, Trend]
    tipped: float


class EarlyWarning(NamedTuple):
    """On the way to the fold, and the control that stays where the way begins."""

    fold: float
    approach: Signals
    control: Signals


def early_warning(
    settings: Settings, name: str, begin: float, fold: float, state: Float, *, windows: int = 10,
    window_days: float = 8.0, people: int = 64, noise: float | None = None, seed: int = 0,
) -> EarlyWarning:  # fmt: skip
    """Move a setting from `begin` towards a fold, window by window, and do the same standing still at `begin`.

    `state` (3,): the stable state at `begin` that the fold ends. `noise`: standard deviation of each background
    input; default a sixth of the settings' `background_sd`, so that few are carried over the edge early.
    """
    values = begin + (fold - begin) * _NEAREST * np.linspace(0, 1, windows)
    sd = settings["background_sd"] / 6 if noise is None else noise
    runs = [
        _run(settings, name, path, state, window_days, people, sd, seed)
        for path in (values, np.full(windows, begin))
    ]  # fmt: skip
    return EarlyWarning(fold, *runs)


def _run(
    settings: Settings, name: str, values: Float, state: Float, window_days: float, people: int, noise: float, seed: int
) -> Signals:
    world = SteadyWorld(
        settings.but({name: float(values[0])}),
        len(values) * (window_days + 1) + 1,
        people=people,
        noise=noise,
        seed=seed,
    )
    world.start_from(state)
    system = person_system(settings, (name,))
    here = np.ones(people, dtype=bool)
    last = np.asarray(state, dtype=np.float64)
    variances, lags = [], []
    for value in values:
        world.use(settings.but({name: float(value)}))
        # A day to settle, so that the step to the new value is not taken for fluctuation.
        world.advance(24)
        stable = equilibria(system, (float(value),)).stable
        own = min(stable, key=lambda one: float(np.abs(one.state - last).max()))
        last = own.state
        threat = []
        for _ in range(round(window_days * 24 / _RECORD_HOURS)):
            world.advance(_RECORD_HOURS)
            threat.append(world.state()[0])
            others = [one.state[0] for one in stable if one is not own]
            here &= np.all(
                [np.abs(threat[-1] - last[0]) < np.abs(threat[-1] - other) for other in others] or [here], axis=0
            )
        course = np.array(threat) - np.mean(threat, axis=0)
        variance = (course**2).mean(axis=0)
        lag = (course[1:] * course[:-1]).mean(axis=0) / np.maximum(variance, 1e-300)
        variances.append(np.where(here, variance, np.nan))
        lags.append(np.where(here, lag, np.nan))
    signals = {"variance": np.array(variances), "lag_1": np.array(lags)}
    trends = {what: _trend(found) for what, found in signals.items()}
    return Signals(values, signals["variance"], signals["lag_1"], trends, float(1 - here.mean()))


def _trend(signal: Float) -> Trend:
    """Return the mean of everybody's Kendall tau over the windows before the own tip (at least five)."""
    from scipy.stats import kendalltau

    taus = []
    for own in signal.T:
        kept = own[np.isfinite(own)]
        if kept.size >= 5:
            taus.append(float(kendalltau(np.arange(kept.size), kept).statistic))
    if len(taus) < 2:
        return Trend(np.nan, np.nan, np.nan)
    mean, half = float(np.mean(taus)), float(reach(taus))
    return Trend(mean, mean - half, mean + half)
