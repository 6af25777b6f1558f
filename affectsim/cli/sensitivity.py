"""`affectsim sensitivity`: which factor of a sweep matters how much."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from affectsim.cli import options
from affectsim.cli.finished import TABLE
from affectsim.cli.output import check_folder, free_file, whole_folder, write_manifest
from affectsim.progress import Progress

if TYPE_CHECKING:
    import pandas as pd

#: What the samples of a design are, behind which its indices are followed.
_SAMPLES = {"grid": "replicates", "morris": "trajectories", "sobol-indices": "base samples"}


@click.command(short_help="Say which factor of a sweep matters how much.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--outcome", "outcomes", multiple=True, metavar="COLUMN",
              help="Column of the table; can be given several times. Default: all.")  # fmt: skip
@click.option("--csv", "csv_file", type=click.Path(path_type=Path), metavar="FILE", help="Write all indices to FILE.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR2",
              help="Folder for all indices and a figure of every outcome.")  # fmt: skip
@click.option("--draws", type=click.IntRange(100, 1_000_000), default=1000, show_default=True,
              help="How often samples are drawn anew for the intervals (but for Sobol, at most 100).")  # fmt: skip
@options.overwrite_option
def sensitivity(
    folder: Path, outcomes: tuple[str, ...], csv_file: Path | None, out: Path | None, draws: int, overwrite: bool
) -> None:
    """Print how much each factor of the sweep in DIR matters, with 95 % intervals.

    For any design but one-at-a-time. Grids and --design sobol-indices: share of the variance that a factor explains
    (first = alone, total = together with others). --design morris: change of the outcome per whole range of a factor.
    Other samples: first order. All but morris: distances between distributions (pawn, delta; they also see what moves
    other things than the mean).
    """
    from affectsim.results import DISCLAIMER
    from affectsim.sweep.sensitivity import sensitivity as indices
    from affectsim.sweep.store import Store
    from affectsim.text_files import whole_file

    if out is not None:
        check_folder(out, overwrite)
    if csv_file is not None:
        free_file(csv_file, overwrite, "sensitivity", "--csv")
    with Store(folder) as store, Progress("outcomes") as progress:
        found, without = indices(store, outcomes, draws=draws, progress=progress)
        plan = store.plan
    text = _text(found, without)
    click.echo(f"\n{text}")
    if csv_file is not None:
        whole_file(csv_file, lambda partial: found.to_csv(partial, index=False, lineterminator="\n"))
        click.echo(f"\nwritten: {csv_file}")
    if out is not None:
        from affectsim import plots

        drawn = list(dict.fromkeys(found["outcome"]))
        with whole_folder(out, overwrite) as partial:
            found.to_csv(partial / "indices.csv", index=False, lineterminator="\n")
            (partial / "indices.txt").write_text(f"{text}\n\n{DISCLAIMER}\n", encoding="utf-8")
            for outcome in drawn:
                figure = plots.indices(found, outcome, _SAMPLES.get(plan.design["kind"], "points"))
                for kind in ("png", "svg"):
                    plots.save(figure, partial / f"{outcome}.{kind}")
            facts = {"sweep": str(folder), "factors": [one.name for one in plan.known_factors], "design": plan.design}
            write_manifest(partial, facts, scenario=plan.base, inputs=_table_of(folder), arguments={"csv_file": None})
        figures = f"{len(drawn)} figure{'s' * (len(drawn) != 1)}"
        click.echo(f"\nwritten to {out}: indices.csv, indices.txt, {figures} (.svg, .png), manifest.json")
    click.echo(f"\n{DISCLAIMER}")


def _text(found: pd.DataFrame, without: dict[str, str]) -> str:
    from affectsim.sweep.sensitivity import settled

    parts = []
    for outcome, mine in settled(found).groupby("outcome", sort=False):
        width = max(len(name) for name in mine["factor"])
        lines = [str(outcome)]
        for row in mine.rename(columns={"index": "kind"}).itertuples():
            reach = f"  [{row.low:.3f}, {row.high:.3f}]" if row.low == row.low else ""
            lines.append(f"  {row.factor:<{width}}  {row.kind:<8} {row.value:8.3f}{reach}  ({row.samples:,} samples)")
        parts.append("\n".join(lines))
    return "\n\n".join([*parts, *(f"{outcome}: no index; {why}" for outcome, why in without.items())])


def _table_of(folder: Path) -> dict[str, Path]:
    """Return the table of a sweep that is finished; one that is not cannot have indices."""
    path = folder / TABLE
    return {"sweep": path} if path.is_file() else {}
