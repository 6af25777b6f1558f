"""`affectsim sweep`, `resume`, `status`, `retry`, `export` and `merge`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from affectsim.cli import options
from affectsim.cli.finished import COMMAND, TABLE, finish, keep_command, keep_command_of_parts
from affectsim.cli.output import MANIFEST, free_file
from affectsim.errors import InputError, Mistake
from affectsim.progress import Progress

if TYPE_CHECKING:
    from affectsim.sweep.request import Sweep
    from affectsim.sweep.store import Store

_DESIGNS = ("grid", "one-at-a-time", "lhs", "sobol", "halton", "sobol-indices", "morris")
_LISTED = 10
_folder = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
_workers = click.option(
    "--workers", type=click.IntRange(1, options.MOST_WORKERS),
    help="Processes; default: one per core. The numbers do not depend on it.",
)  # fmt: skip

_scheduler = click.option(
    "--scheduler", metavar="ADDRESS",
    help="Let the workers of a Dask scheduler on this machine make the runs (tcp://127.0.0.1:8786), or those of one of "
    "its own (local).",
)  # fmt: skip
_time_limit = click.option(
    "--time-limit", type=click.FloatRange(0, min_open=True), metavar="SECONDS",
    help="Longest time of a run, after which it counts as hanging and fails; default: an hour.",
)  # fmt: skip


@click.command(short_help="Run a scenario many times with changed values.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--vary", multiple=True, metavar="PATH=WHAT",
              help="What is varied: LOW:HIGH, LOW:HIGH:COUNT, LOW:HIGH:COUNT:log, or A,B,C; left out bounds are those "
              "of the list of parameters (PATH=::7). Can be given several times.")  # fmt: skip
@click.option("--design", type=click.Choice(_DESIGNS), help="Which points of the space; default: grid.")
@click.option("--samples", type=click.IntRange(1), metavar="N", help="Points of a sample (lhs, sobol, halton), base "
              "samples (sobol-indices), trajectories (morris).")  # fmt: skip
@click.option("--design-seed", type=click.IntRange(0, 2**31 - 1), help="Seed of a sample; default: 0.")
@click.option("--points", type=click.Path(path_type=Path), metavar="CSV", help="Points from a file, a column each.")
@click.option("--replicates", type=click.IntRange(1, 100_000), metavar="N",
              help="Runs at each point; the same worlds at all points. Default: the scenario's.")  # fmt: skip
@click.option("--outcome", "outcomes", multiple=True, metavar="READOUT",
              help="Readout that is kept as its mean; can be given several times.")  # fmt: skip
@click.option("--days", metavar="FROM:TO", help="Days over which means are taken; default: the last week.")
@options.set_option
@options.seed_option
@_workers
@_scheduler
@_time_limit
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Folder of the sweep; default: FILE-sweep.")
@click.option("--dry-run", is_flag=True, help="Only say how many runs, how long, how much disk and memory.")
@click.option("--shard", metavar="I/N", help="Make only every Nth run, from the Ith on, to be merged later.")
@click.option("--slurm", nargs=2, type=(click.IntRange(1, 100_000), click.Path(path_type=Path)), metavar="N FILE",
              default=None, help="Only write a script that makes N shards on a cluster with SLURM.")  # fmt: skip
def sweep(
    file: Path, vary: tuple[str, ...], design: str | None, samples: int | None, design_seed: int | None,
    points: Path | None, replicates: int | None, outcomes: tuple[str, ...], days: str | None,
    changes: tuple[str, ...], seed: int | None, workers: int | None, scheduler: str | None,
    time_limit: float | None, out: Path | None, dry_run: bool, shard: str | None, slurm: tuple[int, Path] | None,
) -> None:  # fmt: skip
    """Run the scenario in FILE at many points and keep a few numbers of every run in DIR.

    FILE is a scenario, or a file with [sweep] that names one. The same replicate has the same people and the same
    chances at every point. What is done is safe at any moment: after Ctrl-C or a crash, `affectsim resume DIR` goes on.
    The exit code is 1 if a run failed.
    """
    from affectsim.sweep.request import parse_shard, read

    hands = _hands(workers, scheduler, time_limit)
    given: dict[str, Any] = {"design": design, "samples": samples, "design_seed": design_seed,
                             "points": str(points) if points else None, "replicates": replicates,
                             "outcomes": list(outcomes) or None, "days": _days(days)}  # fmt: skip
    wanted = options.parsed(changes) | ({} if seed is None else {"seed": seed})
    part = parse_shard(shard) if shard else (1, 1)
    asked = read(file, {key: value for key, value in given.items() if value is not None}, vary, wanted, part)
    folder = out if out is not None else Path(f"{file.stem}-sweep")
    if dry_run or slurm:
        _only_say(asked, workers, slurm, folder)
        return
    from affectsim.sweep.plan import refuse_differences
    from affectsim.sweep.store import FILE, Store

    if (folder / FILE).is_file():
        with Store(folder) as store:
            refuse_differences(store.plan, asked.plan, str(folder))
    else:
        Store.create(folder, asked.plan, asked.points)
    keep_command(folder, asked.file)
    _go_on(folder, hands)


def _hands(workers: int | None, scheduler: str | None, time_limit: float | None) -> dict[str, Any]:
    """Return the arguments of `execute` that say who makes the runs. Raises InputError."""
    if scheduler is not None:
        from affectsim.sweep.dask_workers import need_dask

        need_dask()
    if scheduler is not None and scheduler != "local":
        from affectsim.sweep.dask_workers import check_address

        check_address(scheduler)
        if workers is not None:
            message = "means nothing with the address of a scheduler, which has workers of its own"
            raise InputError("command line", [Mistake("--workers", message)])
    return {"workers": workers, "scheduler": scheduler} | ({} if time_limit is None else {"time_limit": time_limit})


def _days(text: str | None) -> list[float] | None:
    if text is None:
        return None
    try:
        low, high = (float(piece) for piece in text.split(":"))
    except ValueError:
        raise InputError("command line", [Mistake(f"--days {text}", "must be FROM:TO, such as 21:28")]) from None
    return [low, high]


def _only_say(asked: Sweep, workers: int | None, slurm: tuple[int, Path] | None, folder: Path) -> None:
    from affectsim.sweep.estimate import estimate
    from affectsim.sweep.execution import cores
    from affectsim.sweep.slurm import script

    if slurm is not None:
        # A job's script may be written anew, anything else never.
        path = slurm[1]
        free_file(path, path.is_file() and _is_script(path), "sweep", "--slurm", "choose another: it is no script")
    found = estimate(asked.plan, asked.points, workers)
    click.echo(found.text())
    if slurm is None:
        return
    count, path = slurm
    try:
        text = script(_typed(), count, workers or cores(), folder, found.seconds)
        # Paths as their bytes, and no line ends of Windows, where it may be written, but is not run.
        path.write_text(text, encoding="utf-8", errors="surrogateescape", newline="\n")
    except OSError as error:
        raise InputError("--slurm", [Mistake(str(path), f"cannot be written: {error.strerror or error}")]) from None
    click.echo(f"written: {path}; submit it with: sbatch {path}")


def _is_script(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"#!"


def _typed() -> list[str]:
    """Return the command as it was typed, without the options that a shard has of its own."""
    words, kept = ["affectsim", *sys.argv[1:]], []
    skip = 0
    for word in words:
        if skip:
            skip -= 1
            continue
        name, sign, _ = word.partition("=")
        own = {"--slurm": 2, "--out": 1, "--workers": 1, "--shard": 1, "--dry-run": 0}.get(name)
        if own is None:
            kept.append(word)
        else:
            skip = max(0, own - bool(sign))
    return kept


@click.command(short_help="Go on with a sweep that was stopped.")
@_folder
@_workers
@_scheduler
@_time_limit
def resume(folder: Path, workers: int | None, scheduler: str | None, time_limit: float | None) -> None:
    """Make the runs of the sweep in DIR that are missing.

    Refused if scenario, files or versions are not those it began with, since the runs would not belong together.
    The exit code is 1 if a run failed.
    """
    hands = _hands(workers, scheduler, time_limit)
    _check_unchanged(folder)
    _go_on(folder, hands)


def _check_unchanged(folder: Path) -> None:
    from affectsim.sweep.plan import again, refuse_differences
    from affectsim.sweep.store import Store

    with Store(folder) as store:
        refuse_differences(store.plan, again(store.plan), str(folder))


@click.command(short_help="Make the failed runs of a sweep again.")
@_folder
@_workers
@_scheduler
@_time_limit
def retry(folder: Path, workers: int | None, scheduler: str | None, time_limit: float | None) -> None:
    """Make the runs of the sweep in DIR that failed again, and those that are missing.

    The exit code is 1 if one fails once more.
    """
    from affectsim.sweep.store import Store

    hands = _hands(workers, scheduler, time_limit)
    _check_unchanged(folder)
    with Store(folder, write=True) as store:
        failed = [run for run, _ in store.failed()]
        store.forget(failed)
    click.echo(f"  {_runs(len(failed))} that failed are made again" if failed else "  no run has failed")
    _go_on(folder, hands)


def _go_on(folder: Path, hands: dict[str, Any]) -> None:
    from affectsim.results import DISCLAIMER
    from affectsim.sweep.execution import execute
    from affectsim.sweep.store import Store

    try:
        with Store(folder, write=True) as store:
            if store.damaged:
                click.echo(f"  {_runs(len(store.damaged))} were damaged on the disk and are made again")
            done, failed, total = store.counts()
            click.echo(f"  {_runs(total)} of {store.points:,} points, {done + failed:,} done before")
            with Progress("runs", rate=True) as progress:
                account = execute(store, progress=progress, **hands)
            # Before anything is said: whoever reads it may stop reading.
            written = finish(store)
            if account.made:
                rest = account.busy - account.kernel
                click.echo(
                    f"  {_runs(account.made)} in {account.seconds:.1f} s, {account.made / account.seconds:.1f} runs/s; "
                    f"beside the simulation itself {100 * rest / max(account.kernel, 1e-9):.0f} % more"
                )
            if account.deaths:
                click.echo(f"  {account.deaths} processes died or hung on the way; what they had begun was made again")
            _say(store)
            click.echo(
                f"\nthe table: {folder / 'sweep.sqlite'} (results); as a file: affectsim export {folder} --csv FILE"
            )
            if written:
                click.echo(f"\nwritten: {folder / TABLE}, manifest.json")
            failures = _say_how_to_mend(store)
            click.echo(DISCLAIMER)
    except KeyboardInterrupt as stopped:
        # Also where it stops before the first run, or while the last words are said.
        said = str(stopped) or f"what was done is safe. Go on with: affectsim resume {folder}"
        raise KeyboardInterrupt(said) from None
    _end(failures)


def _say_how_to_mend(store: Store) -> int:
    """Return how many runs failed, and say what to do about them."""
    failures = store.counts()[1]
    if failures:
        click.echo(
            f"\nno {TABLE} and no manifest yet, since {_runs(failures)} failed; once the reason is gone: "
            f"affectsim retry {store.folder}"
        )
    return failures


def _end(failures: int) -> None:
    """End with 1 if runs failed, so that a script does not go on as if all were there."""
    if failures:
        raise click.exceptions.Exit(1)


@click.command(short_help="Say how far a sweep is.")
@_folder
def status(folder: Path) -> None:
    """Say how many runs of the sweep in DIR are done, and which failed and why; also while it runs."""
    from affectsim.sweep.store import Store

    with Store(folder) as store:
        varied = ", ".join(factor.name for factor in store.plan.known_factors)
        click.echo(f"  {store.points:,} points ({store.plan.design['kind']} of {varied}), "
                   f"{store.plan.replicates:,} replicates")  # fmt: skip
        if store.plan.shard[1] > 1:
            click.echo(f"  shard {store.plan.shard[0]} of {store.plan.shard[1]}")
        _say(store)


def _say(store: Store) -> None:
    done, failed, total = store.counts()
    click.echo(f"  {done:,} of {_runs(total)} are done, {failed:,} failed, {total - done - failed:,} are missing")
    listed = store.failed()
    for run, why in listed[:_LISTED]:
        click.echo(f"    run {run}: {why}")
    if len(listed) > _LISTED:
        click.echo(f"    and {len(listed) - _LISTED:,} more; all are in the table, column failed")
    if store.damaged:
        click.echo(
            f"  {len(store.damaged):,} are damaged on the disk; affectsim resume {store.folder} makes them again"
        )


@click.command(short_help="Write the table of a sweep as a file.")
@_folder
@click.option("--csv", "csv_file", type=click.Path(path_type=Path), metavar="FILE", help="As text with commas.")
@click.option("--parquet", type=click.Path(path_type=Path), metavar="FILE", help="As Parquet (needs pyarrow).")
@click.option("--netcdf", type=click.Path(path_type=Path), metavar="FILE", help="As NetCDF.")
@click.option("--overwrite", is_flag=True, help="Replace files that are there already.")
def export(
    folder: Path, csv_file: Path | None, parquet: Path | None, netcdf: Path | None, overwrite: bool
) -> None:  # fmt: skip
    """Write the table of the sweep in DIR, sorted by run: the same bytes however the runs were made."""
    from affectsim.sweep import exports
    from affectsim.sweep.store import FILE, LOCK, Store

    wanted = [(csv_file, exports.export_csv), (parquet, exports.export_parquet), (netcdf, exports.export_netcdf)]
    if not any(path for path, _ in wanted):
        raise click.UsageError("say what to write: --csv FILE, --parquet FILE or --netcdf FILE")
    files = {"--csv": csv_file, "--parquet": parquet, "--netcdf": netcdf}
    given = {option: path for option, path in files.items() if path is not None}
    if len({path.resolve() for path in given.values()}) < len(given):
        raise click.UsageError("each format needs a file of its own")
    for option, file in given.items():
        inside = file.resolve().parent == folder.resolve()
        if inside and (file.name in (LOCK, MANIFEST, COMMAND) or file.name.startswith(FILE)):
            raise InputError("export", [Mistake(f"{option} {file}", "is a file of the sweep itself; choose another")])
        free_file(file, overwrite, "export", option)
    with Store(folder) as store:
        for path, write in wanted:
            if path is not None:
                write(store, path)
                click.echo(f"written: {path}")
        done, failed, total = store.counts()
        if done < total:
            click.echo(f"  {done:,} of {_runs(total)}: {failed:,} failed, {total - done - failed:,} are missing")


@click.command(short_help="Put the parts of a sweep together.")
@click.argument("folders", metavar="DIR...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", required=True, help="New folder of the sweep.")
def merge(folders: tuple[Path, ...], out: Path) -> None:
    """Put shards of one sweep together in a new folder.

    The exit code is 1 if a run failed.
    """
    from affectsim.sweep.exports import merge as merged

    there, total = merged(folders, out)
    keep_command_of_parts(folders, out)
    click.echo(f"  {there:,} of {_runs(total)} are in {out}")
    from affectsim.sweep.store import Store

    with Store(out) as store:
        if finish(store):
            click.echo(f"\nwritten: {out / TABLE}, manifest.json")
        failures = _say_how_to_mend(store)
    _end(failures)


def _runs(count: int) -> str:
    return f"{count:,} run" if count == 1 else f"{count:,} runs"
