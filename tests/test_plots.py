"""Figures: what they show, that they are the same each time, and that they say what they are."""

from __future__ import annotations

from pathlib import Path

import matplotlib.colors
import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure
from scipy import stats

from affectsim import plots
from affectsim.networks.generators import SmallWorld
from affectsim.networks.ties import Community, Ties
from affectsim.plots.network import MOST_DRAWN, PART, layout, part
from affectsim.plots.style import COLOURS, SHAPES, strongest
from affectsim.plots.triangle import CORNERS
from affectsim.readouts import SYSTEMS
from affectsim.results import DISCLAIMER
from affectsim.trial import analyse
from tests.test_trial import DAYS, PEOPLE, SPANS, made_up


@pytest.fixture(scope="module")
def run() -> xr.Dataset:
    return made_up(shift=0.05, spill=0.01).assign_coords(person=np.arange(PEOPLE))


@pytest.fixture(scope="module")
def community() -> Community:
    return SmallWorld(ties_each=4).build(PEOPLE, 1)


def words(figure: Figure) -> str:
    found = [text.get_text() for text in figure.texts]
    for axes in figure.axes:
        found += [axes.get_title("left"), axes.get_title(), *(text.get_text() for text in axes.texts)]
    return "\n".join(found)


@pytest.mark.parametrize("name", ["systems", "triangle", "network", "effects"])
def test_figures_are_written_the_same_each_time(
    name: str, run: xr.Dataset, community: Community, tmp_path: Path
) -> None:
    for suffix in ("svg", "png"):
        written = []
        for attempt in range(2):
            figure = {
                "systems": lambda: plots.systems_over_time(run),
                "triangle": lambda: plots.triangle(run),
                "network": lambda: plots.network_before_after(run, community),
                "effects": lambda: plots.effects(analyse(run)),
            }[name]()
            path = tmp_path / f"{attempt}.{suffix}"
            plots.save(figure, path)
            written.append(path.read_bytes())
            assert DISCLAIMER in words(figure)
        assert written[0] == written[1]


def test_systems_show_means_by_arm_and_name_them(run: xr.Dataset) -> None:
    figure = plots.systems_over_time(run, SPANS)
    said = words(figure)
    assert all(word in said for word in ("Threat", "Drive", "Soothing", "with training", "waiting list", "before"))
    chosen = run["chosen"].values[0]
    lines = [line.get_ydata() for axes in figure.axes for line in axes.lines if len(line.get_xdata()) == DAYS]
    for name in SYSTEMS:
        for row in (0, 1):
            expected = run[name].values[row][:, chosen].mean(axis=1)
            assert any(np.allclose(line, expected) for line in lines)


def test_systems_of_a_run_without_training(run: xr.Dataset) -> None:
    lone = run.isel(run=[1]).drop_vars("chosen").assign_coords(arm=("run", ["untrained"]))
    assert len(plots.systems_over_time(lone).axes) == 3


def test_triangle_puts_people_where_their_shares_are(run: xr.Dataset) -> None:
    only = run.copy(deep=True)
    for name in SYSTEMS:
        only[name][:] = 1.0 if name == "soothing" else 0.0
    figure = plots.triangle(only)
    assert len(figure.axes) == 3
    for axes in figure.axes:
        drawn = [line for line in axes.lines if line.get_marker() == SHAPES["soothing"] and len(line.get_xdata()) > 1]
        np.testing.assert_allclose(drawn[0].get_xydata(), np.tile(CORNERS[2], (PEOPLE // 2, 1)))
    assert "Soothing strongest\nin 100 %" in words(figure) and "Threat strongest\nin 0 %" in words(figure)


def test_network_marks_everybody_once_by_colour_and_shape(run: xr.Dataset, community: Community) -> None:
    figure = plots.network(run, community, SPANS.after)
    (axes,) = figure.axes
    system = strongest(run, SPANS.after)[0]
    chosen = run["chosen"].values[0]
    for number, name in enumerate(SYSTEMS):
        for rim, who in (("black", chosen), ("white", ~chosen)):
            marks = [
                line for line in axes.lines
                if line.get_marker() == SHAPES[name] and line.get_color() == COLOURS[name]
                and matplotlib.colors.same_color(line.get_markeredgecolor(), rim)
            ]  # fmt: skip
            assert sum(len(line.get_xdata()) for line in marks) == np.count_nonzero((system == number) & who)


def test_network_refuses_another_networks_people(run: xr.Dataset) -> None:
    with pytest.raises(ValueError, match="must hold all of them"):
        plots.network(run, SmallWorld(ties_each=4).build(PEOPLE + 1, 1), SPANS.after)
    with pytest.raises(ValueError, match="no run of arm"):
        plots.network(run, SmallWorld(ties_each=4).build(PEOPLE, 1), SPANS.after, arm="placebo")


def test_of_a_large_network_one_connected_neighbourhood_is_drawn() -> None:
    people = MOST_DRAWN + 500
    ties = SmallWorld(ties_each=6).build(people, 2).ties
    drawn = part(ties, seed=4)
    assert drawn.size == PART and np.array_equal(drawn, part(ties, seed=4))
    # Everybody but the first was reached along a tie from somebody who is drawn too.
    inside = np.isin(ties.source, drawn) & np.isin(ties.target, drawn)
    assert np.isin(drawn, ties.target[inside]).all()


def test_people_without_ties_have_a_place() -> None:
    ties = Ties.from_edges([0, 1], [1, 2], None, 5)
    places = layout(np.array([[0, 1], [1, 2]]), np.ones(2), ties.n, seed=1)
    assert np.isfinite(places).all() and len({tuple(place) for place in places.tolist()}) == 5


def test_colours_are_told_apart_in_greyscale_or_by_shape() -> None:
    assert len(set(SHAPES.values())) == len(set(COLOURS.values())) == 3


def test_bars_along_factors_are_those_of_replicates() -> None:
    """Four worlds at twenty points: forty runs at each level of the factor, and still four cases."""
    worlds = np.array([0.1, 0.3, 0.2, 0.6])
    replicate, idle = np.tile(np.arange(4), 20), np.repeat(np.arange(10.0), 8)
    acts = np.tile(np.repeat([0.0, 1.0], 4), 10)
    figure = plots.along_factors({"acts": acts}, {"threat": worlds[replicate] + acts}, replicate)
    (bar,) = figure.axes[0].containers
    ends = np.array([segment[:, 1] for segment in bar.lines[2][0].get_segments()])
    half = stats.t.ppf(0.975, 3) * worlds.std(ddof=1) / 2
    np.testing.assert_allclose(ends, [[0.3 - half, 0.3 + half], [1.3 - half, 1.3 + half]])
    assert "over the 4 replicates" in words(figure)
    single = plots.along_factors({"idle": idle}, {"threat": idle}, np.zeros(80, dtype=int))
    assert "interval" not in words(single)


def test_an_outcome_that_is_missing_everywhere_has_an_empty_panel(tmp_path: Path) -> None:
    acts, nothing = np.array([0.0, 1.0, 2.0]), np.full(3, np.nan)
    figure = plots.along_factors({"acts": acts}, {"threat": acts, "effect": nothing}, np.zeros(3, dtype=int))
    plots.save(figure, tmp_path / "figure.svg")
    assert len(figure.axes) == 2 and figure.axes[0].get_ylim()[1] > 2


def test_the_strongest_system_is_the_one_with_the_highest_mean() -> None:
    """Of two people over two records: soothing on the whole, though not at first, and threat."""
    values = {
        "threat": [[0.6, 0.9], [0.1, 0.8]],
        "drive": [[0.2, 0.3], [0.2, 0.9]],
        "soothing": [[0.5, 0.1], [0.9, 0.1]],
    }
    run = xr.Dataset(
        {name: (("run", "time", "person"), np.array([rows])) for name, rows in values.items()},
        {"time": [1.0, 2.0]},
    )  # fmt: skip
    assert [SYSTEMS[number] for number in strongest(run, (0.0, 2.0))[0]] == ["soothing", "threat"]


def test_effects_show_every_outcome(run: xr.Dataset) -> None:
    trial = analyse(run)
    (axes,) = plots.effects(trial).axes
    assert len(axes.get_yticklabels()) == trial.sizes["outcome"]
    shown = [line.get_xdata()[0] for line in axes.lines if len(line.get_xdata()) == 1]
    assert any(np.isclose(shown, float(trial["d"].sel(group="trained", outcome="balance", later="after"))))


@pytest.mark.parametrize(
    ("last", "shown", "says"), [(8.0, 24.0, "hours since the beginning of day 7"), (20.0, 20.0, "day")]
)
def test_a_course_tells_a_day_or_two_in_hours(last: float, shown: float, says: str) -> None:
    days = np.linspace(7.5, last, 5)
    figure = plots.courses("?", "", days, {"balance": {"one": days, "same": days}})
    (axes,) = figure.axes
    assert axes.get_xlabel() == says and axes.get_xlim()[1] == pytest.approx(shown)
    assert axes.get_title("left") == "Balance (0: one-sided, 1: equal)"


def test_lines_on_the_same_numbers_are_both_seen() -> None:
    """The one beneath is wider; so with curves over a swept number."""
    days = np.arange(20.0)
    course = plots.courses("?", "", days, {"threat": {"one": days, "same": days}})
    rows = {str(value): dict.fromkeys(("one", "same"), (value, value, value)) for value in (0.5, 1.0)}
    swept = plots.swept("?", "", "a number", {"threat": rows}, zero=False)
    for figure in (course, swept):
        below, above = figure.axes[0].lines[:2]
        assert below.get_linewidth() > above.get_linewidth() and below.get_linestyle() != above.get_linestyle()


def test_what_marks_of_single_people_mean_is_said() -> None:
    rows = {"alone": {"threat": (0.1, 0.0, 0.2)}}
    figure = plots.compared("?", "", rows, {"alone": np.array([-1, 0, 0.2, 0.5, 1])})
    assert "9 in 10" in figure.axes[-1].get_xlabel() and "one by one" in figure.axes[-1].get_title("left").replace(
        "\n", " "
    )
