"""What several commands share: options, and a scenario from a file with changes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from affectsim.errors import InputError, Mistake

if TYPE_CHECKING:
    from affectsim.scenario import Scenario

#: More workers than any machine has; beyond it a number is a slip of the keyboard.
MOST_WORKERS = 1024

set_option = click.option(
    "--set", "changes", multiple=True, metavar="PATH=VALUE",
    help="Change a value of the scenario, such as population.size=50; can be given several times.",
)  # fmt: skip
seed_option = click.option(
    "--seed", type=click.IntRange(0, 2**63 - 1), help="Seed of all random draws; default: the scenario's."
)


def _few_enough(context: click.Context, option: click.Parameter, threads: int | None) -> int | None:
    if threads is None:
        return None
    # Asked only if there is a number: the engine takes long to load.
    from affectsim.simulation import MOST_THREADS

    if threads > MOST_THREADS:
        raise click.BadParameter(f"{threads} is not in the range 1<=x<={MOST_THREADS}.")
    return threads


threads_option = click.option(
    "--threads", type=click.IntRange(1), callback=_few_enough,
    help="Threads; default: one per core for large worlds, else one. The numbers do not depend on it.",
)  # fmt: skip
overwrite_option = click.option(
    "--overwrite", is_flag=True, help="Replace what affectsim wrote into the folder before."
)


def load(file: str, changes: tuple[str, ...], seed: int | None = None) -> Scenario:
    """Return the scenario of a file with changes as "a.b=v". Raises InputError with every mistake."""
    from affectsim.scenario import Scenario

    wanted = parsed(changes)
    if seed is not None:
        wanted["seed"] = seed
    scenario = Scenario.load(file)
    try:
        return scenario.but(wanted) if wanted else scenario
    except InputError as error:
        # The file by itself is sound: say that the change is to blame.
        said = " ".join(f"--set {text}" for text in changes)
        raise InputError(f"{file} with {said}", error.mistakes) from None


def parsed(changes: tuple[str, ...]) -> dict[str, Any]:
    """Return path -> value for changes as "a.b=v". Raises InputError with every one that is none."""
    from affectsim.scenario_files import parse_change

    wrong: list[Mistake] = []
    wanted = {}
    for text in changes:
        try:
            path, value = parse_change(text)
        except InputError as error:
            wrong += [Mistake(f"--set {text}", mistake.message) for mistake in error.mistakes]
            continue
        wanted[path] = value
    if wrong:
        raise InputError("command line", wrong)
    return wanted


def folder_for(out: Path | None, stem: str, seed: int) -> Path:
    """Return the folder to write to: as given, or `<stem>-<seed>` in the working folder."""
    return out if out is not None else Path(f"{stem}-{seed}")
