"""`affectsim experiment`: questions put to the model, and whether it still gives the same answers."""

from __future__ import annotations

from pathlib import Path

import click

from affectsim.cli.output import check_folder, whole_folder, write_manifest
from affectsim.progress import Progress


@click.group(short_help="Run the experiments, one folder per question.")
def experiment() -> None:
    """Run experiments: folders with a question, a design, and the numbers that were found.

    A NAME is looked up in the folder experiments of the working folder; a path works as well.
    """


@experiment.command("list", short_help="List the experiments and their questions.")
def list_experiments() -> None:
    """List the experiments in ./experiments and their questions."""
    from affectsim.experiments import design
    from affectsim.experiments.folders import PLACE, find, names

    known = names()
    if not known:
        find("NAME")
    width = max(map(len, known))
    click.echo("\n".join(f"{name:<{width}}  {design.load(Path(PLACE) / name).question}" for name in known))


@experiment.command("run", short_help="Run experiments, and check or accept their numbers.")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option("--full", is_flag=True, help="Full size, as in the README; default: a reduced size.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR",
              help="Folder for table, results and figure, one inside it for each of several experiments.")  # fmt: skip
@click.option("--check", is_flag=True, help="Compare with the expected numbers; exit with 1 if they differ.")
@click.option("--accept", is_flag=True, help="Run both sizes; their numbers become the expected ones.")
@click.option("--overwrite", is_flag=True, help="Replace what affectsim wrote into the folder before.")
def run_experiments(
    names: tuple[str, ...], full: bool, out: Path | None, check: bool, accept: bool, overwrite: bool
) -> int:
    """Run each experiment NAME, print what was found, and write it to --out if that is given.

    --accept writes expected.toml, and the numbers and the figure of the README: look at what changed.
    """
    from affectsim.experiments.folders import find

    if check and accept:
        raise click.UsageError("give --check or --accept, not both")
    folders = [find(name) for name in names]
    places: list[Path | None] = [None] * len(folders)
    if out is not None:
        places = [out if len(folders) == 1 else out / folder.resolve().name for folder in folders]
        for place in places:
            assert place is not None
            check_folder(place, overwrite)
    codes = [_one(folder, full, place, check, accept, overwrite) for folder, place in zip(folders, places, strict=True)]
    return max(codes)


def _one(folder: Path, full: bool, out: Path | None, check: bool, accept: bool, overwrite: bool) -> int:
    from affectsim.experiments import execution

    with Progress() as progress:
        results = [execution.run(folder, size, progress) for size in ((False, True) if accept else (full,))]
    last = results[-1]
    click.echo(last.text())
    if out is not None:
        with whole_folder(out, overwrite) as partial:
            execution.write(last, partial)
            first = last.scenarios[0]
            facts = {"experiment": last.name, "question": last.design.question, "arms": list(first.arms)}
            read = {"design": folder / "design.toml"}
            others = [path for one in last.scenarios for path in one.files().values()]
            given = {"names": [str(folder)]}
            write_manifest(partial, facts, scenario=first, inputs=read, arguments=given, others=others)
        click.echo(f"\nwritten to {out}: table.txt, results.json, figure.svg, figure.png, manifest.json")
    if accept:
        execution.accept(results)
        click.echo(f"\naccepted: {folder / 'expected.toml'}, README.md, {execution.FIGURE}")
    if not check:
        return 0
    misses = execution.check(last)
    if misses:
        click.echo(f"\n{last.name}: {len(misses)} numbers are not as expected", err=True)
        click.echo("\n".join(f"  {line}" for line in misses), err=True)
        return 1
    click.echo(f"\n{last.name}: as expected")
    return 0
