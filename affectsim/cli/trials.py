"""`affectsim demo`: a trial on a population, from one command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from affectsim.cli import options
from affectsim.cli.output import MANIFEST, check_folder, whole_folder, write_manifest
from affectsim.cli.progress import Progress
from affectsim.cli.runs import about

PEOPLE, SEED = 200, 1


@click.command(short_help="Run a trial, training against a waiting list; start here.")
@click.option("--network", type=click.Path(path_type=Path), metavar="FILE",
              help="People and ties from a file (source,target[,weight]); default: a small world.")  # fmt: skip
@click.option("--nodes", type=click.Path(path_type=Path), metavar="FILE",
              help="Attributes of the people in the network file: a column node, and others.")  # fmt: skip
@click.option("--people", type=click.IntRange(4, 20_000_000), help=f"Number of people; default: {PEOPLE}.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=SEED, show_default=True,
              help="Seed of all random draws.")  # fmt: skip
@options.threads_option
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR",
              help="Folder for table and figures; default: demo-SEED.")  # fmt: skip
@options.overwrite_option
def demo(
    network: Path | None, nodes: Path | None, people: int | None, seed: int, threads: int | None, out: Path | None,
    overwrite: bool,
) -> None:  # fmt: skip
    """Run a trial: eight weeks of compassion training against a waiting list.

    The same people live the same events in two worlds. Prints what training changed and draws figures.
    """
    if network is not None and people is not None:
        raise click.UsageError("give --people or --network: a network file brings its own number of people")
    folder = options.folder_for(out, "demo", seed)
    check_folder(folder, overwrite)
    from affectsim.demo import run_demo

    with whole_folder(folder, overwrite) as partial:
        with Progress() as progress:
            result: Any = run_demo(
                out=partial, network=network, people=PEOPLE if people is None else people, seed=seed,
                threads=threads, progress=progress, nodes=nodes,
            )  # fmt: skip
        if not (partial / MANIFEST).exists():
            write_manifest(partial, {**about(result.run), "scenario": result.run.attrs["scenario"]})
        names = sorted(path.relative_to(partial).as_posix() for path in partial.rglob("*") if path.is_file())
    try:
        click.echo(result.table)
        click.echo(f"\nwritten to {folder}: {', '.join(names)}")
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"{folder} was written and is whole") from None
