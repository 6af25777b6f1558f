"""The network, everybody coloured and shaped by the strongest system."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from affectsim.networks.ties import Community, Ties
from affectsim.plots.style import (
    CHANGED,
    COLOURS,
    GREY,
    INK,
    SHAPES,
    WORDS,
    Float,
    arm_rows,
    arms,
    new_figure,
    strongest,
)
from affectsim.readouts import SYSTEMS
from affectsim.trial import Periods

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

Span = tuple[float, float]
Whole = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

#: More people than this are not drawn: a part of the network is.
MOST_DRAWN = 1500
#: People in the part that is drawn of a larger network.
PART = 300
#: More ties than this make a grey cloud: the heaviest are drawn.
MOST_TIES_DRAWN = 4000
_LAYOUT_ROUNDS = 120


class Placed(NamedTuple):
    """Where the people of a network are drawn; takes longest of all the figure and needs no run.

    `drawn`: sorted numbers of the people drawn, (drawn,). `pairs`: ties among them as places in `drawn`, (ties, 2).
    `places`: in [-1, 1]^2, (drawn, 2).
    """

    drawn: Whole
    pairs: Whole
    places: Float

    @classmethod
    def of(cls, community: Community | Ties, seed: int = 1) -> Self:
        """Return the places of a network. `seed`: of the layout, and of who is drawn of a large network."""
        ties = community if isinstance(community, Ties) else community.ties
        drawn = part(ties, seed)
        pairs, weight = _pairs(ties, drawn)
        return cls(drawn, pairs, layout(pairs, weight, drawn.size, seed))


def network(
    run: xr.Dataset, community: Community | Ties, when: Span, *, arm: str | None = None, seed: int = 1
) -> Figure:
    """Return the network with everybody's strongest system in a span of days.

    `community`: who is tied to whom, as in the run's first replicate. `arm`: default the only one, or
    "training". `seed`: of the layout. Of more than 1,500 people a neighbourhood of 300 is drawn: a person
    chosen by `seed` and those nearest along ties. Raises ValueError if the run holds other people than the
    network, or no such arm.
    """
    chosen = arm or ("training" if "training" in arms(run) else arms(run)[-1])
    arm_rows(run, chosen)
    title = f"Days {when[0]:g} to {when[1]:g}, {WORDS[chosen]}"
    return _panels(run, community, [(title, chosen, when)], "Which system is strongest in whom", seed, None)


def network_before_after(
    run: xr.Dataset, community: Community | Ties, periods: Periods | None = None, *, seed: int = 1,
    placed: Placed | None = None,
) -> Figure:  # fmt: skip
    """Return the network before training and, per arm, in its last week, side by side; else as `network`.

    `placed`: default that of the community and the seed.
    """
    spans = periods or Periods.of_run(run)
    found = arms(run)
    panels = [("Before training", found[-1], spans.before)]
    panels += [(f"After, {WORDS[arm]}", arm, spans.after) for arm in found]
    title = "Which system is strongest in whom, before and after training"
    return _panels(run, community, panels, title, seed, placed)


def _panels(
    run: xr.Dataset, community: Community | Ties, panels: list[tuple[str, str, Span]], title: str, seed: int,
    placed: Placed | None,
) -> Figure:  # fmt: skip
    ties = community if isinstance(community, Ties) else community.ties
    if "person" not in run.sizes or not np.array_equal(run["person"].to_numpy(), np.arange(ties.n)):
        raise ValueError(f"the network has {ties.n} people; the run must hold all of them (record.people)")
    drawn, pairs, places = placed or Placed.of(ties, seed)
    whole = drawn.size == ties.n
    who = f"{ties.n:,} people" if whole else f"{drawn.size:,} of {ties.n:,} people, one neighbourhood"
    subtitle = f"{who}; a line is a tie. Black rim: offered training."
    if len(panels) > 1:
        subtitle += " Yellow: another system is strongest than before training."
    first: Whole | None = None
    height = 4.9 if len(panels) > 1 else 6.2
    figure = new_figure(4.1 * len(panels) if len(panels) > 1 else 6.2, height, title, subtitle)
    for number, (words, arm, span) in enumerate(panels):
        width = 1 / len(panels)
        axes = figure.add_axes((number * width + 0.008, 0.16 * 4.9 / height, width - 0.016, 0.645))
        row = int(arm_rows(run, arm)[0])
        trainees = _chosen(run)[row][drawn]
        system = strongest(run, span)[row][drawn]
        changed = np.zeros(drawn.size, dtype=bool) if first is None else system != first
        first = system if first is None else first
        draw_people(axes, places, pairs, system, trainees, changed, words)
    key(figure, height)
    return figure


def _chosen(run: xr.Dataset) -> Mask:
    """Return who belongs to those offered training, shape (run, person)."""
    if "chosen" in run:
        return np.asarray(run["chosen"].to_numpy(), dtype=bool)
    return np.zeros((run.sizes["run"], run.sizes["person"]), dtype=bool)


def part(ties: Ties, seed: int) -> Whole:
    """Return the sorted numbers of the people to draw: all, or `PART` people near to one another."""
    if ties.n <= MOST_DRAWN:
        return np.arange(ties.n)
    tied = np.flatnonzero(np.diff(ties.start) > 0)
    pool = tied if tied.size else np.arange(ties.n)
    first = int(np.random.default_rng(seed).choice(pool))
    seen, waiting = {first}, deque([first])
    while waiting and len(seen) < PART:
        person = waiting.popleft()
        for other in ties.source[ties.start[person] : ties.start[person + 1]].tolist():
            if other not in seen and len(seen) < PART:
                seen.add(other)
                waiting.append(other)
    return np.array(sorted(seen), dtype=np.int64)


def _pairs(ties: Ties, drawn: Whole) -> tuple[Whole, Float]:
    """Return the ties among those drawn, each once: (pairs [k, 2] of places in `drawn`, weights [k])."""
    place = np.full(ties.n, -1, dtype=np.int64)
    place[drawn] = np.arange(drawn.size)
    giver, taker = place[ties.source], place[ties.target]
    inside = (giver >= 0) & (taker >= 0)
    low, high = np.minimum(giver, taker)[inside], np.maximum(giver, taker)[inside]
    key, where = np.unique(low * drawn.size + high, return_inverse=True)
    weight = np.bincount(where, weights=ties.weight[inside], minlength=key.size)
    return np.stack(np.divmod(key, drawn.size), axis=1), weight.astype(np.float64)


def layout(pairs: Whole, weight: Float, people: int, seed: int) -> Float:
    """Return a place in [-1, 1]^2 for everybody, shape (people, 2), from networkx' spring layout.

    People without a tie are set on a line below, as nothing holds them anywhere.
    """
    import networkx as nx

    places = np.zeros((people, 2))
    degree = np.bincount(pairs.ravel(), minlength=people)
    tied, alone = np.flatnonzero(degree > 0), np.flatnonzero(degree == 0)
    if tied.size:
        graph: nx.Graph[int] = nx.Graph()
        graph.add_nodes_from(tied.tolist())
        # Weights span orders of magnitude (seconds of contact); logarithms keep the heavy from clumping.
        pull = np.log1p(weight / weight.mean())
        graph.add_weighted_edges_from((*pair, w) for pair, w in zip(pairs.tolist(), pull.tolist(), strict=True))
        distance = 3.0 / np.sqrt(tied.size)
        found = nx.spring_layout(graph, k=distance, seed=seed, iterations=_LAYOUT_ROUNDS, method="force")
        spread = np.array([found[person] for person in tied.tolist()])
        middle = np.median(spread, axis=0)
        # Outliers would squeeze everybody else: half of the radius comes from its rank, which fills a disc.
        offset = spread - middle
        radius = np.maximum(np.hypot(offset[:, 0], offset[:, 1]), 1e-9)
        rank = (radius.argsort(kind="stable").argsort(kind="stable") + 1) / radius.size
        even = np.minimum(radius / np.quantile(radius, 0.9), 1) / 2 + np.sqrt(rank) / 2
        places[tied] = offset * (even / radius)[:, None]
    if alone.size:
        places[alone] = np.stack([np.linspace(-0.9, 0.9, alone.size), np.full(alone.size, -1.12)], axis=1)
    return places


def draw_people(
    axes: Axes, places: Float, pairs: Whole, system: Whole, trainees: Mask, changed: Mask, title: str
) -> None:
    """Draw people as marks of their strongest system, and the ties among them.

    `places`: (people, 2), `pairs`: (ties, 2), as in `Placed`. `system`: number of the strongest, `trainees`: who was
    offered training, `changed`: who gets a halo; shape (people,) each.
    """
    axes.set_axis_off()
    axes.set_aspect("equal")
    axes.set_title(title, fontsize=12.5, weight="bold", color=INK)
    shown = pairs[:: -(-len(pairs) // MOST_TIES_DRAWN) or 1]
    shade = float(np.clip(250 / max(len(shown), 1), 0.08, 0.45))
    # One line with gaps (NaN), and marks rather than a scatter: several times faster to draw.
    gaps = np.full((len(shown), 1, 2), np.nan)
    lines = np.concatenate([places[shown], gaps], axis=1).reshape(-1, 2)
    axes.plot(lines[:, 0], lines[:, 1], color=GREY, linewidth=0.5, alpha=shade, zorder=1)
    size = float(np.sqrt(np.clip(7500 / max(len(places), 1), 7, 90)))
    marks: dict[str, Any] = {"linestyle": "", "markeredgewidth": 0}
    marks |= {"marker": "o", "markersize": 2.2 * size, "color": CHANGED}
    axes.plot(places[changed, 0], places[changed, 1], zorder=1.5, **marks)
    for offered, rim, width in ((False, "white", 0.5), (True, "black", 1.1)):
        marks = {"linestyle": "", "markeredgecolor": rim, "markeredgewidth": width, "markersize": size}
        for number, name in enumerate(SYSTEMS):
            mine = places[(system == number) & (trainees == offered)]
            look = {"marker": SHAPES[name], "color": COLOURS[name], "zorder": 2 + offered, **marks}
            axes.plot(mine[:, 0], mine[:, 1], **look)
    axes.set_xlim(-1.1, 1.1)
    axes.set_ylim(-1.2 if places[:, 1].min() < -1.1 else -1.1, 1.1)
    counts = np.bincount(system, minlength=3)
    axes.text(0.5, -0.02, f"threat strongest in {counts[0]:,} of {len(system):,}", transform=axes.transAxes,
              ha="center", va="top", fontsize=11, color=COLOURS["threat"], weight="bold")  # fmt: skip


def key(figure: Figure, height: float) -> None:
    """Say what the marks mean in one line at the foot."""
    looks = [(SHAPES[name], COLOURS[name], COLOURS[name], f"{name} strongest") for name in SYSTEMS]
    looks.append(("o", "white", "black", "offered training"))
    marks = [
        Line2D([], [], linestyle="", marker=shape, color=face, markeredgecolor=edge, markersize=9, label=says)
        for shape, face, edge, says in looks
    ]
    figure.legend(
        handles=marks,
        loc="lower center",
        ncols=4,
        frameon=False,
        fontsize=11 if height < 6 else 9.5,
        bbox_to_anchor=(0.5, 0.22 / height),
        columnspacing=1.6,
        handletextpad=0.2,
    )
