"""`affectsim run` and `affectsim validate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from affectsim.cli import options
from affectsim.cli.output import check_folder, whole_folder, write_manifest, written_as
from affectsim.errors import visible
from affectsim.progress import Progress

if TYPE_CHECKING:
    import xarray as xr

    from affectsim.networks.ties import Community
    from affectsim.scenario import Scenario

#: Generated networks up to this size are built to count their ties; larger ones are estimated.
_COUNTED_PEOPLE = 20_000
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@click.command(short_help="Run a scenario and write the results into a folder.")
@click.argument("file")
@options.set_option
@options.seed_option
@options.threads_option
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR",
              help="Folder for the results; default: FILE's name and the seed, such as office-7.")  # fmt: skip
@options.overwrite_option
def run(
    file: str, changes: tuple[str, ...], seed: int | None, threads: int | None, out: Path | None, overwrite: bool
) -> None:
    """Run the scenario in FILE and write run.nc, scenario.toml and manifest.json.

    The folder appears only when everything is in it.
    """
    scenario = options.load(file, changes, seed)
    folder = options.folder_for(out, Path(file).stem, scenario.seed)
    check_folder(folder, overwrite)
    click.echo(head(scenario))
    from affectsim.cli.table import summary
    from affectsim.results import DISCLAIMER, save
    from affectsim.simulation import simulate

    with Progress() as progress:
        results = simulate(scenario, threads=threads, progress=progress)
    with whole_folder(folder, overwrite) as partial:
        save(results, partial / "run.nc", circumstances=False)
        (partial / "scenario.toml").write_text(resolved(scenario, written_as(folder)), encoding="utf-8")
        write_manifest(partial, facts(scenario, results), scenario=scenario)
    try:
        click.echo(summary(scenario, results))
        click.echo(f"\nwritten: {folder / 'run.nc'}, scenario.toml, manifest.json")
        click.echo(DISCLAIMER)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"{folder} was written and is whole") from None


@click.command(short_help="Check a scenario without running it.")
@click.argument("file")
@options.set_option
def validate(file: str, changes: tuple[str, ...]) -> None:
    """Check the scenario in FILE, and every file it names, without running it."""
    scenario = options.load(file, changes)
    line = head(scenario)
    check_events(scenario)
    click.echo(f"{file}: sound\n{line}\n  digest {scenario.digest()}")


def head(scenario: Scenario) -> str:
    """Return how large a run is in one line, and in another if it ends within the course.

    Raises InputError if the network cannot be read.
    """
    community = _counted(scenario)
    people, ties = _size(scenario, community)
    worlds = scenario.replicates * len(scenario.arms)
    count = _NUMBERS[worlds] if worlds < len(_NUMBERS) else f"{worlds:,}"
    arms = f" ({' / '.join(scenario.arms)})" if len(scenario.arms) > 1 else ""
    kind = "world" if worlds == 1 else "worlds"
    size = f"  {people:,} people, {ties} ties, {scenario.days:g} days, {count} {kind}{arms}"
    return "\n  ".join([size, *_unfinished(scenario, community)])


def _unfinished(scenario: Scenario, community: Community | None) -> list[str]:
    """Return a line if the run ends within the course; of people who wait for places in the first replicate.

    Nothing is said of a waiting list in a community too large to build here: the run itself tells.
    """
    from affectsim.trial import Periods

    if scenario.training is None or scenario.training.start_day == 0:
        return []
    if not scenario.training.delivery.waits:
        return Periods.of_scenario(scenario).unfinished()
    if community is None:
        return []
    from affectsim.enrolment import enrol
    from affectsim.traits import traits_of

    starts = enrol(scenario, 0, community, traits_of(scenario, 0, community.people)).places.start
    return Periods.of_scenario(scenario, float(starts.max())).unfinished() if (starts >= 0).any() else []


def _counted(scenario: Scenario) -> Community | None:
    """Return the community of the first replicate, or nothing if it is too large to be built for a line of words."""
    from affectsim.networks.generators import Generated
    from affectsim.world import community_of

    size, network = scenario.population.size, scenario.network
    too_large = isinstance(network, Generated) and size is not None and size > _COUNTED_PEOPLE
    return None if too_large else community_of(scenario)


def _size(scenario: Scenario, community: Community | None) -> tuple[int, str]:
    from affectsim.networks.generators import Generated

    size, network = scenario.population.size, scenario.network
    if community is not None:
        about = "about " if scenario.replicates > 1 and isinstance(network, Generated) else ""
        return community.people, f"{about}{_pairs(community):,}"
    assert isinstance(network, Generated) and size is not None  # others are built
    return size, f"about {network.expected(size) / 2:,.0f}"


def _pairs(community: Community) -> int:
    """Return the number of pairs of people that are tied, in one direction or both."""
    import numpy as np

    ties = community.ties
    giver, taker = ties.source.astype(np.int64), ties.target.astype(np.int64)
    return int(np.unique(np.minimum(giver, taker) * ties.n + np.maximum(giver, taker)).size)


def check_events(scenario: Scenario) -> None:
    """Read every script, and look up every group that is hit. Raises InputError."""
    from affectsim.stimuli import Script, Shock
    from affectsim.world import community_of

    files = any(isinstance(s, Script) or (isinstance(s, Shock) and s.group) for s in scenario.stimuli)
    community = community_of(scenario) if files else None
    for stimulus in scenario.stimuli if community else ():
        assert community is not None
        if isinstance(stimulus, Script):
            scenario.located(stimulus).read(community.people)
        elif isinstance(stimulus, Shock):
            for attribute, value in (stimulus.group or {}).items():
                community.members(attribute, value)


def resolved(scenario: Scenario, folder: Path) -> str:
    """Return the scenario as TOML with every default written out and paths that hold from inside `folder`."""
    import os

    import tomli_w

    from affectsim.scenario_files import changed
    from affectsim.training.programmes import programmes

    files = scenario.named_files()
    if scenario.training is not None and scenario.training.programme not in programmes():
        files["training.programme"] = scenario.training.programme
    place = os.path.realpath(folder)
    paths = {}
    for key, written in files.items():
        file = os.path.realpath(scenario.folder / written)
        try:
            paths[key] = Path(os.path.relpath(file, place)).as_posix()
        except ValueError:  # another drive
            paths[key] = file
    # TOML is UTF-8, and a name on a disk need not be.
    paths = {key: path.encode(errors="replace").decode() for key, path in paths.items()}
    tables = changed(scenario.tables(), paths, scenario.source)
    name = visible(folder.name).replace("\n", "\\n")  # a comment is one line
    return (
        f"# As it was run, every default written out. Again: affectsim run {name}/scenario.toml\n"
        f"# digest {scenario.digest()}\n\n{tomli_w.dumps(tables)}"
    )


def about(results: xr.Dataset) -> dict[str, Any]:
    """Return where a run comes from, as plain values; the scenario itself is a file of its own."""
    attributes = {key: value for key, value in results.attrs.items() if key != "scenario"}
    return {key: value.item() if hasattr(value, "item") else value for key, value in attributes.items()}


def facts(scenario: Scenario, results: xr.Dataset) -> dict[str, Any]:
    """Return what the manifest says about a run beside its scenario."""
    return {**about(results), "arms": list(scenario.arms), "replicates": scenario.replicates}
