"""`affectsim practitioners`: from training places to the balance of a region."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from affectsim.cli import options
from affectsim.cli.output import check_folder, whole_folder, write_manifest
from affectsim.errors import InputError
from affectsim.progress import Progress

if TYPE_CHECKING:
    from affectsim.training.practitioners import Pipeline


@click.command(short_help="Follow training places to practitioners, waiting lists and balance.")
@click.argument("file", required=False)
@options.set_option
@click.option("--years", type=click.IntRange(1, 40), help="Years that are followed; default: those of FILE, or 8.")
@options.seed_option
@options.threads_option
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR",
              help="Folder for the results; default: only the table is printed.")  # fmt: skip
@options.overwrite_option
def practitioners(
    file: str | None, changes: tuple[str, ...], years: int | None, seed: int | None, threads: int | None,
    out: Path | None, overwrite: bool,
) -> None:  # fmt: skip
    """Follow a course for practitioners and the region that they work in, year by year.

    Who may enter, who qualifies, who is seen, who waits, and the balance of the region, of which a sample is
    simulated day by day (--set region.sample=0 leaves that out and answers at once). Without FILE every number
    is its default. With --out: region.nc, table.txt, pipeline.toml, a figure and manifest.json.
    """
    if out is not None:
        check_folder(out, overwrite)
    pipeline = load(file, changes, {"years": years, "seed": seed})
    from affectsim.region import simulate_region, table

    with Progress() as progress:
        found = simulate_region(pipeline, threads=threads, progress=progress)
    text = table(found)
    if out is not None:
        from affectsim import plots
        from affectsim.cli.runs import about
        from affectsim.results import save

        with whole_folder(out, overwrite) as partial:
            save(found, partial / "region.nc", circumstances=False)
            (partial / "table.txt").write_text(text + "\n", encoding="utf-8")
            (partial / "pipeline.toml").write_text(pipeline.to_toml(), encoding="utf-8")
            figure = plots.region_over_years({f"{pipeline.course.places} places a year": found})
            plots.save(figure, partial / "region.png")
            plots.save(figure, partial / "region.svg")
            facts = {key: value for key, value in about(found).items() if key != "pipeline"}
            write_manifest(partial, facts, others=pipeline.files())
    try:
        click.echo(text)
        if out is not None:
            click.echo(
                f"\nwritten to {out}: region.nc, table.txt, pipeline.toml, region.png, region.svg, manifest.json"
            )
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"{out} was written and is whole" if out else "") from None


def load(file: str | None, changes: tuple[str, ...], given: dict[str, Any]) -> Pipeline:
    """Return the pipeline of a file (None: all defaults) with changes as "a.b=v" and values by name.

    Raises InputError with every mistake.
    """
    from affectsim.training.practitioners import Pipeline

    wanted = {name: value for name, value in given.items() if value is not None} | options.parsed(changes)
    pipeline = Pipeline.load(file) if file is not None else Pipeline.from_tables({})
    try:
        return pipeline.but(wanted) if wanted else pipeline
    except InputError as error:
        said = " ".join(f"--set {text}" for text in changes)
        raise InputError(f"{file or 'defaults'} with {said}", error.mistakes) from None
