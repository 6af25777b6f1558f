"""`affectsim demo`, `trial`, `power` and `compare`: trials on a population."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from affectsim.cli import options
from affectsim.cli.output import MANIFEST, check_folder, whole_folder, write_manifest
from affectsim.cli.runs import about
from affectsim.progress import Progress

if TYPE_CHECKING:
    from affectsim.trials.design import Trial
    from affectsim.trials.power import AtSize

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


_file = click.argument("file", type=click.Path(path_type=Path))
_out = click.option("--out", type=click.Path(path_type=Path), metavar="DIR", required=True, help="Folder to write to.")


@click.command(short_help="Run a trial: arms, randomisation, missing answers, blinding.")
@_file
@click.option("--replicates", type=click.IntRange(1, 10_000), metavar="N",
              help="How many such trials, each with people of its own; default: the scenario's.")  # fmt: skip
@click.option("--blind", is_flag=True, help="Print groups by letter only; the key stays in DIR/key.")
@options.set_option
@options.seed_option
@options.threads_option
@_out
@options.overwrite_option
def trial(
    file: Path, replicates: int | None, blind: bool, changes: tuple[str, ...], seed: int | None, threads: int | None,
    out: Path, overwrite: bool,
) -> None:  # fmt: skip
    """Run the trial in FILE as a trial is run, and show beside its result what is true.

    FILE has a table [trial] that names a scenario, or is a scenario with [training]. All arms live in one community.
    DIR holds outcomes.csv, where groups are letters; who got what, the results and the truth from twins (the same
    people and events without training, and with everybody in training) are in DIR/key.
    """
    wanted = load_trial(file, changes, seed)
    check_folder(out, overwrite)
    import pandas as pd

    from affectsim.checking import plain
    from affectsim.results import provenance
    from affectsim.trials import analysis, answers, files, report, worlds

    numbers = range(replicates or wanted.scenario.replicates)
    found, frames = [], []
    with Progress("replicates") as progress:
        for number in numbers:
            batch = worlds.run(wanted, [number], threads=threads or 1)
            found += answers.answers(batch)
            frames.append(analysis.analyse(wanted, found[-1]))
            progress(number + 1, len(numbers))
    results = pd.concat(frames, ignore_index=True)
    text = report.text(wanted, results)
    with whole_folder(out, overwrite) as partial:
        files.write(wanted, found, results, text, partial)
        known = {**provenance(wanted.scenario), "replicates": len(numbers), "trial": plain(wanted.design)}
        write_manifest(partial, known, scenario=wanted.scenario, inputs=_programme_files(wanted, file))
    try:
        if blind:
            click.echo(report.blinded(wanted, pd.concat([files.blinded_table(wanted, one) for one in found])))
        else:
            click.echo(text)
        click.echo(f"\nwritten to {out}: outcomes.csv, blinded.csv, trial.toml, scenario.toml, manifest.json, key/")
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"{out} was written and is whole") from None


def _programme_files(asked: Trial, file: Path) -> dict[str, Path]:
    """Return the files of the programmes of a trial, by arm."""
    from affectsim.training.programmes import programme_file

    named = {arm.name: arm.programme for arm in asked.design.arms if arm.programme is not None}
    return {f"arm {name}": programme_file(programme, folder=file.parent) for name, programme in named.items()}


def load_trial(file: Path, changes: tuple[str, ...], seed: int | None) -> Trial:
    """Return the trial of a file with changes as "a.b=v". Raises InputError."""
    from affectsim.trials.design import read

    wanted = options.parsed(changes)
    if seed is not None:
        wanted["seed"] = seed
    return read(file, wanted)


def _sizes(context: click.Context, parameter: click.Parameter, text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    try:
        return tuple(int(one) for one in text.split(","))
    except ValueError:
        raise click.BadParameter("must be whole numbers with commas between them, such as 20,40,80") from None


@click.command(short_help="Find how many people a trial needs.")
@_file
@click.option("--sizes", callback=_sizes, metavar="N,N,...", help="Numbers of people that are considered; default: "
              "16 to 512 in steps of about 1.4.")  # fmt: skip
@click.option("--power", "wanted_power", type=click.FloatRange(0.05, 0.99), default=0.8, show_default=True,
              help="Power that is wanted.")  # fmt: skip
@click.option("--alpha", type=click.FloatRange(0.0001, 0.5), default=0.05, show_default=True,
              help="Error of the first kind of the trial's test, two-sided.")  # fmt: skip
@click.option("--wrong", type=click.FloatRange(0.0001, 0.5), default=0.05, show_default=True,
              help="Largest chance of settling a size wrongly, over all looks at it.")  # fmt: skip
@click.option("--most", type=click.IntRange(20, 1_000_000), default=640, show_default=True,
              help="Most trials that are simulated at a size.")  # fmt: skip
@options.set_option
@options.seed_option
@_out
def power(
    file: Path, sizes: tuple[int, ...] | None, wanted_power: float, alpha: float, wrong: float, most: int,
    changes: tuple[str, ...], seed: int | None, out: Path,
) -> None:  # fmt: skip
    """Find how many people the trial in FILE needs for its primary outcome, by simulating it.

    At each size trials are simulated until the exact interval of the power leaves the wanted power out. Every trial
    is kept in DIR at once: after Ctrl-C or a crash, the same command goes on where it was.
    """
    asked = load_trial(file, changes, seed)
    from affectsim.checking import plain
    from affectsim.trials import power as search
    from affectsim.trials import report
    from affectsim.trials.kept import FILE, LOCK, KeptStore

    question = search.Question(sizes or search.SIZES, wanted_power, alpha, wrong, most)
    question.check(asked)
    click.echo(report.head(asked))
    store = KeptStore(out, search.facts(asked))
    try:
        try:
            with Progress("trials", rate=True) as progress:

                def note(known: AtSize, done: int) -> None:
                    progress(done, next(look for look in question.looks if look >= done))

                found = search.search(asked, question, store, note)
        except KeyboardInterrupt:
            hint = f"{len(store.kept):,} trials are kept; the same command goes on"
            raise KeyboardInterrupt(f"{out}: {hint}") from None
        text = search.text(asked, question, found, store)
    finally:
        store.close()
    names = _write_power(out, asked, question, found, text)
    given = {"sizes": ",".join(map(str, sizes))} if sizes else None
    known = {"work": [FILE, LOCK], "trial": plain(asked.design), "power": [wanted_power, alpha]}
    read = _programme_files(asked, file)
    write_manifest(out, known, scenario=asked.scenario, inputs=read, arguments=given, only=names)
    click.echo(f"\n{text}")
    from affectsim.results import DISCLAIMER

    click.echo(f"\nwritten to {out}: replicates.jsonl, {', '.join(names)}, manifest.json\n{DISCLAIMER}")


def _write_power(out: Path, asked: Trial, question: Any, found: list[AtSize], text: str) -> list[str]:
    import pandas as pd

    from affectsim import plots
    from affectsim.text_files import whole_file

    table = pd.DataFrame([{**one._asdict(), "power": one.power} for one in found])
    whole_file(out / "power.csv", lambda path: table.to_csv(path, index=False, lineterminator="\n"))
    whole_file(out / "power.txt", lambda path: path.write_text(text + "\n", encoding="utf-8"))
    figure = plots.power_by_size(
        [one.size for one in found], [one.power for one in found], [one.low for one in found],
        [one.high for one in found], [one.verdict for one in found], question.power,
        f"{asked.design.outcomes[0]}, {asked.design.randomise} randomisation, alpha {question.alpha:g}.",
    )  # fmt: skip
    for suffix in ("png", "svg"):
        partial = out / f".power.partial.{suffix}"
        plots.save(figure, partial)
        partial.replace(out / f"power.{suffix}")
    return ["power.csv", "power.txt", "power.png", "power.svg"]


@click.command(short_help="Compare two runs, arms, worlds or points of a sweep, paired.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@click.option("--outcome", "outcomes", multiple=True, metavar="NAME",
              help="What is compared; can be given several times. Default: everything that both have.")  # fmt: skip
@click.option("--confidence", type=click.FloatRange(0.5, 0.9999), default=0.95, show_default=True,
              help="Confidence of the intervals.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR",
              help="Folder for table and figure; default: only the table is printed.")  # fmt: skip
@options.overwrite_option
def compare(
    folder: Path, first: str, second: str, outcomes: tuple[str, ...], confidence: float, out: Path | None,
    overwrite: bool,
) -> None:  # fmt: skip
    """Compare A and B, which hold the same people and the same events, pair by pair.

    DIR of `affectsim run`: A and B are arms, or DIR holds such folders and they are their names ("name:arm"). DIR of
    `affectsim trial`: worlds, such as nobody and trial. DIR of `affectsim sweep`: numbers of points.
    """
    if out is not None:
        check_folder(out, overwrite)
    from affectsim.results import DISCLAIMER
    from affectsim.trials import compare as sides

    pairs = sides.read(folder, first, second)
    found = sides.compare(pairs, confidence=confidence, outcomes=outcomes)
    text = sides.text(pairs, found, confidence)
    if out is not None:
        from affectsim import plots

        differences = {}
        for name in found["outcome"]:
            one, other = sides.units(pairs.first[name], pairs.second[name])
            differences[name] = other - one
        figure = plots.paired_differences(differences, found, pairs.names, confidence)
        with whole_folder(out, overwrite) as partial:
            found.to_csv(partial / "compare.csv", index=False, lineterminator="\n")
            (partial / "compare.txt").write_text(f"{text}\n\n{DISCLAIMER}\n", encoding="utf-8")
            for suffix in (".png", ".svg"):
                plots.save(figure, partial / f"compare{suffix}")
            read = {name: folder / name for name in sides.files(folder, first, second)}
            write_manifest(partial, {"compared": [str(folder), first, second]}, inputs=read)
    click.echo(f"{text}\n\n{DISCLAIMER}")
    if out is not None:
        click.echo(f"written to {out}: compare.csv, compare.txt, compare.png, compare.svg, manifest.json")
