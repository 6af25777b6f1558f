"""`affectsim diaries` and `affectsim fit`: real experience-sampling data."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from affectsim.cli import options
from affectsim.cli.output import check_folder, whole_folder, write_manifest
from affectsim.progress import Progress

if TYPE_CHECKING:
    from affectsim.diaries.files import Diaries

map_option = click.option(
    "--map", "mapping", multiple=True, metavar="NAME=COLUMN[+COLUMN]",
    help="Which columns are threat, drive, soothing, person, and time (hours, or date and time) or day and hour; "
    "+ takes a mean, a minus before a column reverses it. Default: columns of these names.",
)  # fmt: skip
scale_option = click.option(
    "--scale", "scales", multiple=True, metavar="[SYSTEM=]LOW:HIGH",
    help="Scale of the items, such as 1:7; default: 0:1.",
)  # fmt: skip
phase_option = click.option(
    "--before-after", "phase", metavar="COLUMN[=FIRST,...,LAST]",
    help="Column that tells before from after, and if it is not plain from the words, which is which.",
)  # fmt: skip
arm_option = click.option(
    "--arm", metavar="COLUMN[=FIRST,...,LAST]",
    help="Column that says which arm of a trial a person is in; the last is compared with the first.",
)  # fmt: skip


@click.command(short_help="Say what diaries (experience sampling) show, in numbers.")
@click.argument("file", type=click.Path(path_type=Path))
@map_option
@scale_option
@phase_option
@arm_option
@click.option("--draws", type=click.IntRange(100, 100_000), default=1000, show_default=True,
              help="How often people are drawn anew for the intervals.")  # fmt: skip
def diaries(
    file: Path, mapping: tuple[str, ...], scales: tuple[str, ...], phase: str | None, arm: str | None, draws: int
) -> None:
    """Print level, spread, skew, inertia, coupling and stability of the ratings in FILE (CSV), as CSV with 95 %
    intervals.

    The intervals come from drawing people anew (bootstrap). With --before-after, changes follow, and how people's
    means before and after go together, and with --arm what changed more in the last arm than in the first.
    """
    from affectsim.diaries.files import parse_mapping
    from affectsim.diaries.stability import stability, stability_between
    from affectsim.diaries.statistics import compare, describe
    from affectsim.readouts import SYSTEMS

    data = _read(file, mapping, scales, phase, arm)
    _row("arm", "phase", "statistic", "value", "low", "high")
    for a, name in enumerate(data.arms):
        for p, when in enumerate(data.phases):
            shown = describe(data, p, a, draws=draws) | stability(data, p, a, draws=draws)
            # Not NaN: systems and lags that were not rated are left out.
            known = {statistic: found for statistic, found in shown.items() if found.value == found.value}
            for statistic, found in known.items():
                _row(name, when, statistic, *found)
            if not known:
                click.echo(f"arm {name}, phase {when}: too few ratings for any statistic", err=True)
    for system, rated in zip(SYSTEMS, data.rated, strict=True):
        if not rated and system in parse_mapping(mapping, scales).items:
            click.echo(f"{system}: its columns hold no rating", err=True)
    if len(data.phases) > 1:
        for a, name in enumerate(data.arms):
            for statistic, found in stability_between(data, a, draws=draws).items():
                _row(name, "both", statistic, *found)
        found_in = compare(data, draws=draws)
        for name in data.arms:
            if f"change in arm {name}" not in found_in:
                click.echo(f"arm {name}: nobody has ratings enough before and after, so it has no change", err=True)
        for what, rows in found_in.items():
            for statistic, found in rows.items():
                _row(what, "change", statistic, *found)


def _row(*cells: str | float) -> None:
    """Print a line of CSV, numbers with four digits."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow([cell if isinstance(cell, str) else f"{cell:.4g}" for cell in cells])
    click.echo(line.getvalue(), nl=False)


@click.command(short_help="Estimate a population, and its people, from diaries (experience sampling).")
@click.argument("file", type=click.Path(path_type=Path))
@map_option
@scale_option
@phase_option
@arm_option
@click.option("--scenario", type=click.Path(path_type=Path), metavar="TOML",
              help="Population to start from; default: people in general in a small world.")  # fmt: skip
@click.option("--members", type=click.IntRange(60, 100_000), default=200, show_default=True,
              help="Populations simulated in each round.")  # fmt: skip
@click.option("--rounds", type=click.IntRange(1, 50), default=5, show_default=True, help="Rounds towards the data.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=1, show_default=True,
              help="Seed of all random draws.")  # fmt: skip
@options.threads_option
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR",
              help="Folder for tables and figure; default: FILE's name, fit and the seed.")  # fmt: skip
@options.overwrite_option
def fit(
    file: Path, mapping: tuple[str, ...], scales: tuple[str, ...], phase: str | None, arm: str | None,
    scenario: Path | None, members: int, rounds: int, seed: int, threads: int | None, out: Path | None,
    overwrite: bool,
) -> None:  # fmt: skip
    """Find populations that would write diaries like those in FILE (CSV), on the same beeps with the same gaps.

    Writes what the data say about the population and about each person, with intervals, what they do not say,
    a predictive check and a figure.
    """
    folder = options.folder_for(out, f"{file.stem}-fit", seed)
    check_folder(folder, overwrite)
    data = _read(file, mapping, scales, phase, arm)
    base = options.load(str(scenario), ()) if scenario else None
    click.echo(f"  {data.people} people, {data.person.size:,} ratings, {len(data.arms) * len(data.phases)} groups")
    from affectsim import plots
    from affectsim.cli.runs import about
    from affectsim.fitting import words
    from affectsim.fitting.fit import fit as find
    from affectsim.results import save

    with Progress("populations") as progress:
        found: Any = find(
            data, base, members=members, rounds=rounds, seed=seed, threads=threads or 1, progress=progress
        )
    with whole_folder(folder, overwrite) as partial:
        text = words.table(found)
        changes = words.change_rows(found)
        save(found, partial / "fit.nc", circumstances=False)
        (partial / "table.txt").write_text(text + "\n", encoding="utf-8")
        for name, rows in (
            ("population", words.population_rows(found)), ("changes", changes),
            ("predictive", words.predictive_rows(found)), ("people", words.people_rows(found)),
        ):  # fmt: skip
            if rows:
                (partial / f"{name}.csv").write_text(words.as_csv(rows), encoding="utf-8")
        figure = plots.fit_to_diaries(found, changes)
        for suffix in (".svg", ".png"):
            plots.save(figure, partial / f"fit{suffix}")
        write_manifest(partial, about(found), others=base.files().values() if base else ())
        names = sorted(path.name for path in partial.iterdir())
    try:
        click.echo(text)
        click.echo(f"\nwritten to {folder}: {', '.join(names)}")
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"{folder} was written and is whole") from None


def _read(
    file: Path, mapping: tuple[str, ...], scales: tuple[str, ...], phase: str | None, arm: str | None
) -> Diaries:  # fmt: skip
    from affectsim.diaries.files import parse_mapping, read_diaries

    return read_diaries(file, parse_mapping(mapping, scales), phase=phase, arm=arm)
