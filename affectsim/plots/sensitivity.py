"""Figures of how much each factor matters: bars with intervals, elementary effects, and whether they have settled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from affectsim.plots.style import GREY, INK, PALE, new_figure, plain

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

#: Index -> how it is called in a figure, and its colour (Okabe and Ito 2008).
INDICES = {
    "first": ("first order: alone", "#0072B2"),
    "total": ("total: together with others", "#E69F00"),
    "pawn": ("PAWN: distance of distributions", "#009E73"),
    "delta": ("delta: distance of densities", "#CC79A7"),
}
#: Colours and marks of factors where each is a line (Okabe and Ito 2008); more factors begin anew with other marks.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#222222")
_MARKS = "os^Dv<>"
#: Name of a factor without effect begins like this (it shows what chance gives).
_NOTHING = "("
_LONGEST = 34
#: Factors, and letters of the longest, that a legend above the right figure has room for.
_FEW, _SHORT = 4, 20


def indices(found: pd.DataFrame, outcome: str, samples: str) -> Figure:
    """Return a figure of the indices of one outcome: the factors at the left, how they settle at the right.

    `found`: rows with factor, index, value, low, high and samples (NaN: no interval). `samples`: what those count,
    such as "points". Elementary effects get a plane of mean size and spread instead of bars. Raises ValueError if
    there is nothing to show.
    """
    mine = found[found["outcome"] == outcome]
    if mine.empty:
        raise ValueError(f"no index of {outcome}")
    morris = "absolute" in set(mine["index"])
    names = [name for name in dict.fromkeys(mine["factor"]) if not name.startswith(_NOTHING)]
    subtitle = _subtitle(mine, morris)
    kinds = 1 if morris else mine["index"].nunique()
    rows = len(names) * (0.24 * kinds + 0.22) + 0.5
    figure = new_figure(11.5, max(4.9, rows + 2.4), f"What decides {_words(outcome)}?", subtitle)
    height = figure.get_size_inches()[1]
    left, right = figure.subplots(1, 2, gridspec_kw={"width_ratios": (1.35, 1)})
    figure.subplots_adjust(
        left=0.08 if morris else 0.22, right=0.975, top=1 - 1.5 / height, bottom=0.82 / height, wspace=0.3
    )
    last = mine[mine["samples"] == mine.groupby("index")["samples"].transform("max")]
    if morris:
        _plane(left, last, names)
        _settling(right, mine[mine["index"] == "absolute"], names, "mean size of the effect", samples)
    else:
        _bars(left, last, names)
        shown = next(one for one in ("total", "first", "delta") if one in set(mine["index"]))
        _settling(right, mine[mine["index"] == shown], names, INDICES[shown][0], samples)
    return figure


def _words(outcome: str) -> str:
    name = outcome.replace("_", " ")
    return f"the effect of training on {name.removeprefix('effect ')}" if name.startswith("effect ") else name


def _subtitle(mine: pd.DataFrame, morris: bool) -> str:
    if morris:
        return "Change of the outcome per whole range of a factor: far right matters, far up depends on others."
    chance = mine[mine["factor"].str.startswith(_NOTHING, na=False)]
    said = "Indices from 0 (nothing) to 1 (everything), with 95 % intervals."
    return said + (" Grey: what chance alone would give." if not chance.empty else "")


def _bars(axes: Axes, last: pd.DataFrame, names: list[str]) -> None:
    kinds = [one for one in INDICES if one in set(last["index"])]
    width = 0.8 / len(kinds)
    for place, name in enumerate(names):
        for n, kind in enumerate(kinds):
            for row in last[(last["factor"] == name) & (last["index"] == kind)].itertuples():
                y = place + (n - (len(kinds) - 1) / 2) * width
                axes.barh(y, max(float(row.value), 0.0), width * 0.86, color=INDICES[kind][1],
                          label=INDICES[kind][0] if place == 0 else None)  # fmt: skip
                if row.low == row.low:
                    axes.plot([row.low, row.high], [y, y], color=INK, linewidth=1.2, solid_capstyle="butt")
    for n, kind in enumerate(kinds):
        for row in last[last["factor"].str.startswith(_NOTHING) & (last["index"] == kind)].itertuples():
            for place in range(len(names)):
                y = place + (n - (len(kinds) - 1) / 2) * width
                axes.barh(y, row.high, width, color=PALE, edgecolor=GREY, linewidth=0.4, hatch="////", zorder=0)
    axes.set_yticks(range(len(names)), [_cut(name) for name in names])
    axes.invert_yaxis()
    most = max(float(last["high"].max()), float(last["value"].max()))
    axes.set_xlim(min(0.0, float(last["low"].min())) * 1.15, max(0.3, min(1.05, most * 1.08)))
    axes.axvline(0, color=GREY, linewidth=0.8)
    axes.set_xlabel("index")
    plain(axes)
    axes.legend(frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(-0.02, _above(axes)), ncols=2)


def _plane(axes: Axes, last: pd.DataFrame, names: list[str]) -> None:
    wide = last.pivot(index="factor", columns="index", values=["value", "low", "high"])
    for n, name in enumerate(names):
        x, y = wide.loc[name, ("value", "absolute")], wide.loc[name, ("value", "spread")]
        reach = [[x - wide.loc[name, ("low", "absolute")]], [wide.loc[name, ("high", "absolute")] - x]]
        up = [[y - wide.loc[name, ("low", "spread")]], [wide.loc[name, ("high", "spread")] - y]]
        axes.errorbar([x], [y], xerr=reach, yerr=up, color=_COLOURS[n % len(_COLOURS)], marker=_mark(n), markersize=8,
                      linewidth=1.2, label=_cut(name))  # fmt: skip
    most = float(last["high"].max()) * 1.08 or 1.0
    axes.plot([0, most], [0, most], color=GREY, linewidth=0.8, linestyle=":")
    axes.set_xlim(0, most)
    axes.set_ylim(0, None)
    axes.set_xlabel("mean size of the effect (mu*)")
    axes.set_ylabel("spread of the effect (sigma)")
    plain(axes)
    axes.legend(frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(-0.02, _above(axes)), ncols=3)


def _settling(axes: Axes, mine: pd.DataFrame, names: list[str], what: str, samples: str) -> None:
    for n, name in enumerate(names):
        one = mine[mine["factor"] == name].sort_values("samples")
        colour = _COLOURS[n % len(_COLOURS)]
        axes.plot(one["samples"], one["value"], color=colour, marker=_mark(n), markersize=5, label=_cut(name))
        axes.fill_between(one["samples"], one["low"], one["high"], color=colour, alpha=0.15, linewidth=0)
    sizes = sorted(set(mine["samples"]))
    axes.set_xscale("log", base=2)
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes], rotation=45 if len(sizes) > 5 else 0)
    axes.minorticks_off()
    axes.set_xlabel(samples)
    axes.set_ylabel(what)
    axes.axhline(0, color=GREY, linewidth=0.8)
    plain(axes)
    title = "Has it settled?"
    if len(names) <= _FEW and max(map(len, names)) <= _SHORT and "absolute" not in set(mine["index"]):
        # Above the lines, which may be anywhere.
        place = -0.04, _above(axes, 1 + (len(names) + 1) // 2)
        axes.legend(frameon=False, fontsize=9, title=title, title_fontsize=11, alignment="left", loc="upper left",
                    bbox_to_anchor=place, ncols=2, columnspacing=1.0)  # fmt: skip
    else:
        axes.set_title(title, fontsize=11, color=INK, loc="left")
        if "absolute" not in set(mine["index"]):
            axes.legend(frameon=False, fontsize=9)


def _above(axes: Axes, lines: int = 2) -> float:
    """Return where a legend of some lines begins that ends just above the axes."""
    height = axes.get_window_extent().height / axes.figure.dpi
    return 1 + (0.12 + 0.22 * lines) / float(height)


def _mark(n: int) -> str:
    return _MARKS[(n + n // len(_COLOURS)) % len(_MARKS)]


def _cut(name: str) -> str:
    """Return a name that fits: of long dotted keys the end, which tells them apart."""
    first = name.split("+")[0].strip()
    short = first if len(first) <= _LONGEST else ".".join(first.rsplit(".", 2)[-2:])
    return short if len(short) <= _LONGEST else f"...{short[3 - _LONGEST :]}"
