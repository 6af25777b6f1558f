"""`affectsim evidence`: the model's values beside published ones, hits and misses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from affectsim.cli import options
from affectsim.progress import Progress


@click.command(short_help="Hold the model against published evidence, misses included.")
@click.option("--only", multiple=True, metavar="NAME",
              help="Only this entry or group, such as momentary.threat; can be given several times.")  # fmt: skip
@click.option("--full", is_flag=True, help="More people in more worlds: minutes instead of a minute.")
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects instead of a table.")
@options.set_option
@options.seed_option
@options.threads_option
@click.option("--write", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Also put what is shown into a text file, between its two marks.")  # fmt: skip
@click.option("--alone", is_flag=True, help="Show single exercises alone beside trials of them instead.")
@click.option("--blind", is_flag=True,
              help="Show the second card: numbers that were blind at first, some of them fitted since.")  # fmt: skip
@click.option("--calibrate", "calibrated", type=click.Path(path_type=Path, dir_okay=False), metavar="OUT.toml",
              help="Fit the free numbers instead, and write them; goes on from OUT.toml if it is there.")  # fmt: skip
@click.option("--minutes", type=click.FloatRange(0.1, 1000), default=10.0, show_default=True,
              help="With --calibrate: time for each stage.")  # fmt: skip
def evidence(
    only: tuple[str, ...], full: bool, as_json: bool, changes: tuple[str, ...], seed: int | None, threads: int | None,
    write: Path | None, alone: bool, blind: bool, calibrated: Path | None, minutes: float,
) -> None:  # fmt: skip
    """Simulate what published numbers are about and print model and publication side by side.

    "calibrate": the model was fitted to it. "predict": it was not, only compared. "blind" (second card): not fitted,
    and never seen before its first run. With --set another model is
    held against the same evidence, such as --set model.soothing_calms_threat=0.
    """
    if calibrated is not None:
        if only or alone or blind or changes or write or as_json:
            raise click.UsageError("--calibrate fits all numbers and shows no card: leave --only and the like out")
        _calibrate(calibrated, minutes, seed)
        return
    if alone and blind:
        raise click.UsageError("--alone and --blind are two cards: one of them at a time")
    if only and (alone or blind):
        raise click.UsageError(f"--{'alone' if alone else 'blind'} shows no entries of the card: leave --only out")
    from affectsim.evidence import alone as exercises
    from affectsim.evidence import blind as second
    from affectsim.evidence import card
    from affectsim.evidence.files import ALONE, BLIND, CARD, check_block, put_block

    wanted = options.parsed(changes)
    card.chosen(only)
    maker = ALONE if alone else BLIND if blind else CARD
    if write is not None:
        check_block(write, maker)
    lives: dict[str, Any] = {
        "full": full, "seed": card.SEED if seed is None else seed, "changes": wanted, "threads": threads,
    }  # fmt: skip
    rows: Sequence[exercises.Row | card.Row]
    with Progress("person-days") as progress:
        if alone:
            rows = found = exercises.rows(**lives, progress=progress)
            text = exercises.table(found, full=full, changes=wanted)
        else:
            rows = lines = (
                second.rows(**lives, progress=progress) if blind else card.card(only, **lives, progress=progress)
            )
            text = card.table(lines, full=full, changes=wanted)
    if write is not None:
        put_block(write, text, maker)
    click.echo(json.dumps([row.as_json() for row in rows], indent=2) if as_json else text)


def _calibrate(out: Path, minutes: float, seed: int | None) -> None:
    from affectsim.evidence.calibrate import run

    try:
        run(out, seconds=60 * minutes, seed=1 if seed is None else seed, say=lambda line: click.echo(line, err=True))
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"the best numbers so far are in {out}" if out.exists() else "") from None
    click.echo(f"written: {out}")
