"""What was found, in words and as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from affectsim.analysis.bifurcation import Diagram, Fold, Stretch
from affectsim.analysis.early_warning import EarlyWarning
from affectsim.analysis.equations import events_met
from affectsim.analysis.equilibria import Equilibria
from affectsim.analysis.folds import FoldCurve
from affectsim.analysis.hysteresis import Sweep
from affectsim.analysis.settings import Settings
from affectsim.readouts import SYSTEMS

_NEAR = 0.05
LOCKED, SOOTHED = "threat-locked", "soothed"


def standing(settings: Settings, mean_field: bool, moving: str = "") -> str:
    """Return a line that says under which conditions a person stands; `moving`: a setting that has no one value."""
    calm = events_met((0.1, 0.35, 0.35), settings)
    inputs = ", ".join(f"{name} {value:.2f}" for name, value in zip(SYSTEMS, calm, strict=True))
    ties = ", ".join(f"{name} {settings[name]:g}" for name in ("warmth", "hostility") if name != moving)
    if mean_field:
        ties = f"all others alike, {100 * settings['heard']:.0f} % of what they express is heard"
    return f"one person, mean inputs while calm: {inputs}; {ties}"


def state_words(state: Any) -> str:
    """Return "threat .12, drive .38, soothing .33"."""
    return ", ".join(f"{name} {value:.2f}" for name, value in zip(SYSTEMS, state, strict=True))


def equilibria_lines(found: Equilibria) -> list[str]:
    """Return one line per equilibrium, and a warning if the check says that one is missing."""
    lines = []
    for one in found.found:
        slowest = one.eigenvalues[0].real
        words = f"stable, departures fade with a time constant of {-1 / slowest:.2g} h" if one.stable else "unstable"
        lines.append(f"{state_words(one.state)}: {words}")
    if not found.complete:
        lines.append("warning: by the count of their kinds, at least one equilibrium was not found")
    return lines


def label(found: Diagram, fold: Fold) -> str:
    """Return which state appears or ends at a fold: the more threatened one of those there are, or the soothed one.

    Without another stable state beside it, the stronger of threat and soothing decides.
    """
    others = []
    for stretch in found.stretches():
        low, high = stretch.p.min(), stretch.p.max()
        if low <= fold.p <= high:
            other = stretch.state[np.argmin(np.abs(stretch.p - fold.p))]
            if np.abs(other - fold.state).max() > _NEAR:
                others.append(float(other[0]))
    threat, soothing = float(fold.state[0]), float(fold.state[2])
    return LOCKED if (threat > max(others) if others else threat > soothing) else SOOTHED


def _beginning_at(found: Diagram, fold: Fold) -> Stretch | None:
    best, least = None, _NEAR
    for stretch in found.stretches():
        for end in (0, -1):
            gap = float(np.abs(stretch.state[end] - fold.state).max())
            if gap < least:
                best, least = stretch, gap
    return best


def fold_line(found: Diagram, fold: Fold) -> str:
    """Return "fold at 1.46 (threat-locked state appears), stable branch up to 4"."""
    at = f"fold at {fold.p:.4g}"
    if not fold.stable:
        return f"{at} (two unstable states meet)"
    stretch = _beginning_at(found, fold)
    what = label(found, fold)
    if fold.opens == "above":
        line = f"{at} ({what} state appears)"
        return line if stretch is None else f"{line}, stable branch up to {stretch.p.max():.4g}"
    line = f"{at} ({what} state ends)"
    return line if stretch is None else f"{line}, stable branch from {stretch.p.min():.4g}"


def diagram_lines(found: Diagram) -> list[str]:
    """Return what a bifurcation diagram says, line by line."""
    lines = [fold_line(found, fold) for fold in found.folds]
    lines += [
        f"Hopf point at {h.p:.4g}: oscillation with a period of {2 * np.pi / h.frequency:.3g} h" for h in found.hopfs
    ]
    lines += [f"branches cross at {b.p:.4g}" for b in found.branch_points]
    if not lines:
        stretches = found.stretches()
        count = "one stable state" if len(stretches) == 1 else f"{len(stretches)} stable states"
        lines.append(f"no folds: {count} from {min(b.p.min() for b in found.branches):.4g} to "
                     f"{max(b.p.max() for b in found.branches):.4g}")  # fmt: skip
    for stretch in found.stretches():
        order = np.argsort(stretch.p)[[0, -1]]
        low, high = (f"{stretch.p[k]:.4g}: {state_words(stretch.state[k])}" for k in order)
        lines.append(f"stable at {low}; at {high}")
    if not found.complete:
        lines.append("warning: by the count of their kinds, at least one equilibrium was not found")
    return lines


def sweep_line(found: Sweep) -> str:
    """Return where the simulated population jumped."""
    up, down = ("no jump" if one is None else f"jump at {one:.4g}" for one in found.jumps())
    return f"simulated population: on the way up {up}, on the way down {down}"


def fold_curve_lines(curves: Sequence[FoldCurve], names: Sequence[str]) -> list[str]:
    """Return where fold curves run and their cusps."""
    lines = []
    for curve in curves:
        reach = (f"{name} {p.min():.4g} to {p.max():.4g}" for name, p in zip(names, curve.p.T, strict=True))
        lines.append(f"folds along a curve: {', '.join(reach)}")
        for cusp in curve.cusps:
            lines.append(f"cusp at {names[0]} {cusp.p[0]:.4g}, {names[1]} {cusp.p[1]:.4g}: beyond it there is no fold")
    return lines or ["no folds to follow in two parameters"]


def warning_lines(found: EarlyWarning) -> list[str]:
    """Return the trends of the early-warning signals, beside those of the control."""
    lines = [
        f"early warning before the fold at {found.fold:.4g}; Kendall's tau with time, mean of people [95 % interval]"
    ]
    for what, words in (("variance", "variance"), ("lag_1", "lag-1 autocorrelation")):
        near, far = found.approach.trends[what], found.control.trends[what]
        lines.append(f"  {words}: on the way {_interval(near)}; standing still (control) {_interval(far)}")
    lines.append(f"  carried over before the end by fluctuation: {100 * found.approach.tipped:.0f} % on the way, "
                 f"{100 * found.control.tipped:.0f} % standing still")  # fmt: skip
    return lines


def _interval(trend: Any) -> str:
    return f"{trend.tau:+.2f} [{trend.low:+.2f}, {trend.high:+.2f}]"


def branch_rows(found: Diagram, name: str) -> list[list[Any]]:
    """Return the branches as a table: a header, then a row per point."""
    rows: list[list[Any]] = [["branch", "point", name, *SYSTEMS, "stable", "largest_real_part", "its_imaginary_part"]]
    for number, branch in enumerate(found.branches):
        for k, (p, state, values) in enumerate(zip(branch.p, branch.state, branch.eigenvalues, strict=True)):
            first = values[0]
            rows.append([number, k, p, *state, int(first.real < 0), first.real, abs(first.imag)])
    return rows


def plain(
    settings: Settings, name: str, found: Diagram, mean_field: bool, curves: Sequence[FoldCurve] = (), second: str = "",
    swept: Sweep | None = None, warned: EarlyWarning | None = None,
) -> Mapping[str, Any]:  # fmt: skip
    """Return everything but the branches as plain values for JSON."""
    result: dict[str, Any] = {
        "parameter": name,
        "mean_field": mean_field,
        "complete": found.complete,
        "folds": [
            {"at": f.p, "state": f.state.tolist(), "exists": f.opens, "stable": f.stable, "which": label(found, f)}
            for f in found.folds
        ],
        "hopf_points": [{"at": h.p, "state": h.state.tolist(), "frequency": h.frequency} for h in found.hopfs],
        "branch_points": [{"at": b.p, "state": b.state.tolist()} for b in found.branch_points],
        "settings": dict(settings),
    }
    if second:
        result["second_parameter"] = second
        result["fold_curves"] = [
            {
                name: curve.p[:, 0].tolist(),
                second: curve.p[:, 1].tolist(),
                "states": curve.x.tolist(),
                "cusps": [{name: c.p[0], second: c.p[1], "state": c.x.tolist()} for c in curve.cusps],
            }
            for curve in curves
        ]
    if swept is not None:
        result["sweep"] = {"values": swept.values.tolist(), "up": swept.up.tolist(), "down": swept.down.tolist()}
    if warned is not None:
        result["early_warning"] = {
            way: {
                "values": one.values.tolist(),
                "tipped": one.tipped,
                "trends": {what: trend._asdict() for what, trend in one.trends.items()},
            }
            for way, one in (("approach", warned.approach), ("control", warned.control))
        }
    return result
