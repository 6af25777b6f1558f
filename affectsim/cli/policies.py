"""`affectsim optimise`: programme, timing and whom to train under a budget; a front, not one winner."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from affectsim.cli import options
from affectsim.cli.output import write_manifest
from affectsim.progress import Progress

if TYPE_CHECKING:
    from affectsim.policy.request import Asked
    from affectsim.policy.search import Result
    from affectsim.policy.store import Store


@click.command(short_help="Find whom to train, in what and when, under a budget.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Folder of the search; default: FILE-front."
)
@options.set_option
@options.seed_option
@options.threads_option
@click.option("--dry-run", is_flag=True, help="Only say how many points and runs there are, and what they cost.")
@click.option("--resume", is_flag=True, help="Go on with the search in DIR; refused if there is none. Without it, the "
              "search in DIR goes on if there is one.")  # fmt: skip
def optimise(
    file: Path, out: Path | None, changes: tuple[str, ...], seed: int | None, threads: int | None, dry_run: bool,
    resume: bool,
) -> None:  # fmt: skip
    """Search for policies that no other one beats all round, as FILE with [optimise] asks for it.

    FILE names a scenario with training, what is decided (programme, timing, whom, how many), what is sought, and a
    budget. Policies over the budget are never run. In DIR: front.csv, trials.csv, front.png, front.svg, summary.txt.
    What is done is safe at any moment: after Ctrl-C or a crash, the same command goes on.
    """
    from affectsim.policy.request import read

    wanted = options.parsed(changes) | ({} if seed is None else {"seed": seed})
    asked = read(file, wanted, threads=threads)
    folder = out if out is not None else Path(f"{file.stem}-front")
    if dry_run:
        _only_say(asked)
        return
    from affectsim.policy.outputs import write
    from affectsim.policy.store import FILE, LOCK, Store
    from affectsim.policy.words import summary
    from affectsim.results import DISCLAIMER

    with Store(folder, asked.plan, begun=resume) as store:
        if store.damaged:
            click.echo(f"  {store.damaged:,} runs were damaged on the disk and are made again", err=True)
        if store.known:
            click.echo(f"  {len(store.known):,} runs were done before")
        found = _search(asked, store)
        names = write(asked.problem, found, asked.unit, folder)
        facts = {"search": asked.plan, "unit": asked.unit, "work": [FILE, LOCK]}
        given = {"resume": None}
        write_manifest(folder, facts, scenario=asked.base, arguments=given, only=names, others=asked.read)
    click.echo(summary(asked.problem, found, asked.unit))
    click.echo(f"\nwritten to {folder}: {', '.join(names)}, manifest.json")
    click.echo(DISCLAIMER)


def _search(asked: Asked, store: Store) -> Result:
    from affectsim.policy.search import Search

    try:
        with Progress("proposals") as progress:
            return Search(asked.problem, store, progress).run()
    except KeyboardInterrupt:
        said = f"{len(store.known):,} runs are safe in {store.folder}. The same command goes on"
        raise KeyboardInterrupt(said) from None


def _only_say(asked: Asked) -> None:
    from affectsim.errors import InputError
    from affectsim.policy.decisions import all_points, combinations
    from affectsim.policy.request import most_runs

    problem = asked.problem
    proposed, most = most_runs(asked)
    count = combinations(problem.decisions)
    click.echo(f"  {'endlessly many' if count is None else f'{count:,}'} points: "
               + ", ".join(f"{one.name} ({len(one.levels) or 'a range'})" for one in problem.decisions))  # fmt: skip
    click.echo(f"  {proposed:,} proposals ({problem.settings.method}), at most {most:,} runs")
    if count is None or count > 2000:
        return
    costs = []
    for point in all_points(problem.decisions):
        try:
            costs.append(problem.cost(point))
        except InputError:
            continue
    if costs:
        click.echo(f"  costs from {min(costs):g} to {max(costs):g} {asked.unit}")
        if problem.budget is not None:
            within = sum(cost <= problem.budget for cost in costs)
            click.echo(f"  {within:,} of {count:,} points are within the budget of {problem.budget:g}")
