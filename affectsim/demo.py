"""The demo: a trial of the eight-week programme, its table and its figures."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from affectsim.errors import InputError, Mistake
from affectsim.results import DISCLAIMER, save
from affectsim.scenario import Scenario
from affectsim.simulation import Progress, simulate
from affectsim.trial import CONTROLS, Periods, analyse, last_start
from affectsim.trial_words import delivery_words, effect_words, twin_words
from affectsim.world import community_of

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

    from affectsim.networks.ties import Community
    from affectsim.plots import Placed

_TEMPLATE = Path(__file__).parent / "templates" / "demo.toml"
_ROWS = {
    "balance": ("balance, 1 = three equal systems", 1.0, ".3f"),
    "threat_dominant": ("threat strongest, % of the time", 100.0, ".1f"),
    "threat": ("threat, 0 to 1", 1.0, ".3f"),
    "drive": ("drive, 0 to 1", 1.0, ".3f"),
    "soothing": ("soothing, 0 to 1", 1.0, ".3f"),
}


class DemoResult(NamedTuple):
    """The table as text, the files written, and the run they come from."""

    table: str
    files: tuple[Path, ...]
    run: xr.Dataset


def demo_scenario(network: Path | None = None, people: int = 200, seed: int = 1, nodes: Path | None = None) -> Scenario:
    """Return the scenario of the demo; a network file says itself how many `people` there are.

    Raises InputError with every mistake.
    """
    changes: dict[str, object] = {"seed": seed, "population.size": people}
    if network is not None:
        changes |= {
            "population.size": None,
            "network.kind": "file",
            "network.path": str(network.absolute()),
            **({"network.nodes": str(nodes.absolute())} if nodes is not None else {}),
        }
    elif nodes is not None:
        raise InputError("demo", [Mistake("nodes", "describes people of a network file: give that file too")])
    return Scenario.load(_TEMPLATE).but(changes)


def run_demo(
    out: Path,
    network: Path | None = None,
    people: int = 200,
    seed: int = 1,
    threads: int | None = None,
    progress: Progress | None = None,
    nodes: Path | None = None,
) -> DemoResult:
    """Run the demo and write table, figures, run and scenario into the folder `out`.

    `out` is made (its parent must be there), or files of these names in it are replaced; nothing is written
    before everything is ready. `network`, `nodes`: files as for the network part "file". `threads`: as for
    `simulate`. Raises InputError.
    """
    _check_place(out)
    scenario = demo_scenario(network, people, seed, nodes)
    community = community_of(scenario)
    ahead: list[Future[Placed]] = []
    with ThreadPoolExecutor(1) as aside:

        def note(done: int, ticks: int) -> None:
            # From here on the kernel runs, without Python's lock; sooner, both would wait for each other's imports.
            if not ahead:
                ahead.append(aside.submit(_placed, community))
            if progress:
                progress(done, ticks)

        run = simulate(scenario, threads=threads, progress=note)
    placed = ahead[0].result()
    periods = Periods.of_scenario(scenario, last_start(run))
    trial = analyse(run, periods)
    text = table(trial, scenario, community.people, delivery_words(run, periods))
    with _all_or_nothing(out) as folder:
        (folder / "table.txt").write_text(text + "\n", encoding="utf-8")
        (folder / "scenario.toml").write_text(scenario.to_toml(), encoding="utf-8")
        save(run, folder / "run.nc", circumstances=False)
        _write_figures(folder, run, trial, community, placed)
        names = sorted(path.name for path in folder.iterdir())
    return DemoResult(text, tuple(out / name for name in names), run)


def _placed(community: Community) -> Placed:
    """Return the layout of the network, and import what writing needs: the simulation waits for neither."""
    for name in ("xarray", "h5netcdf"):
        import_module(name)
    from affectsim.plots import Placed

    return Placed.of(community)


#: The control arm above its column, at most nine letters.
_COLUMNS = {
    "waiting-list": "waiting",
    "usual-care": "usual",
    "active": "relaxing",
    "cognitive-behavioural": "cognitive",
}


def table(trial: xr.Dataset, scenario: Scenario, people: int, delivered: Sequence[str] = ()) -> str:
    """Return what a trial (`trial.analyse`) found, in words and a few lines.

    `delivered`: lines about screening and waiting (`trial_words.delivery_words`).
    """
    offered, others = (int(count) for count in trial["people"].to_numpy())
    names = [name for name in _ROWS if name in trial["outcome"].to_numpy()]
    width = max(len(_ROWS[name][0]) for name in names)
    end = trial.attrs["days_training"][1]
    percent = round(100 * trial.attrs["confidence"])
    training, control = (str(arm) for arm in trial["arm"].to_numpy())
    lines = [
        f"{scenario.title}: {offered} of {people} people are offered it.",
        f"Everybody lives the same days twice, with the same events: with training and {CONTROLS[control]}.",
        *delivered,
        "",
        f"{'':{width}}   before   last week of training",
        f"{'':{width}}         {_COLUMNS[control]:>10}   training   effect d [{percent} % interval]",
    ]
    for name in names:
        words, scale, form = _ROWS[name]
        mean = trial["mean"].sel(group="trained", outcome=name)
        before, waiting, trained = (
            format(scale * float(mean.sel(arm=arm, period=period)), form)
            for arm, period in ((training, "before"), (control, "after"), (training, "after"))
        )
        effect = effect_words(trial, name)
        lines.append(f"{words:{width}} {before:>8} {waiting:>9} {trained:>10}   {effect}")
    lines.append("")
    if trial.attrs["days_follow_up"]:
        later = trial.attrs["days_follow_up"][1] - end
        effect = effect_words(trial, "balance", "follow-up")
        lines.append(f"{later / 7:.3g} weeks after training, balance: d {effect}")
    if others:
        effect = effect_words(trial, "balance", group="untrained")
        lines.append(f"Spill-over to the {others} never offered it, balance: d {effect}")
    lines += [
        twin_words(trial),
        "",
        f"How to read it: {_reading(trial)}",
        "d is the effect in standard deviations (SD) of the people before training. Above 0 is benefit, also",
        "where less is better. 0.2 is often called small, 0.5 medium, 0.8 large.",
        DISCLAIMER,
    ]
    return "\n".join(lines)


def _reading(trial: xr.Dataset) -> str:
    """Return one plain sentence on what training did to balance."""
    found = trial.sel(group="trained", outcome="balance", later="after")
    if float(found["d_low"]) > 0:
        did = "training made people more balanced than they would have been without it"
    elif float(found["d_high"]) < 0:
        did = "training made people less balanced than they would have been without it"
    else:
        did = "people with training are not clearly more or less balanced than without it"
    return f"{did}."


def _write_figures(folder: Path, run: xr.Dataset, trial: xr.Dataset, community: Community, placed: Placed) -> None:
    from affectsim import plots

    figures: dict[str, Callable[[], Figure]] = {
        "systems": lambda: plots.systems_over_time(run),
        "triangle": lambda: plots.triangle(run),
        "network": lambda: plots.network_before_after(run, community, placed=placed),
        "effects": lambda: plots.effects(trial),
    }
    for name, draw in figures.items():
        figure = draw()
        for suffix in (".svg", ".png"):
            plots.save(figure, folder / f"{name}{suffix}")


def _check_place(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise InputError("demo", [Mistake(str(out), "is a file; name a folder to write into")])
    parent = out.absolute().parent
    if not parent.is_dir():
        raise InputError("demo", [Mistake(str(out), f"cannot be made: there is no folder {parent}")])


@contextmanager
def _all_or_nothing(out: Path) -> Iterator[Path]:
    """Give a folder beside `out` to write into; its files get to `out` only if all went well."""
    target = out.absolute()
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    partial.mkdir()
    try:
        yield partial
        if target.is_dir():
            for path in sorted(partial.iterdir()):
                os.replace(path, target / path.name)
        else:
            os.rename(partial, target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
