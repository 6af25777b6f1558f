"""`affectsim phase` and `affectsim bifurcation`: where a person comes to rest, and where that tips."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from affectsim.cli import options
from affectsim.cli.output import check_folder, whole_folder, write_manifest
from affectsim.errors import InputError, Mistake, nearest

if TYPE_CHECKING:
    from affectsim.analysis.settings import Settings

_PLANE = ("threat", "soothing")

set_option = click.option(
    "--set", "changes", multiple=True, metavar="NAME=VALUE",
    help="Change a number of the person (self_criticism=1.6, warmth=0.2; background_threat is the mean as it is lived, "
    "above its level in a scenario), or with dots a value of the scenario.",
)  # fmt: skip
mean_field_option = click.option(
    "--mean-field",
    is_flag=True,
    help="Ties: everybody around is in the same state. Default: constant warmth and hostility.",
)


@click.command(short_help="Draw where a person comes to rest: nullclines, equilibria, basins.")
@click.argument("file", required=False, metavar="[FILE]")
@set_option
@click.option(
    "--plane", default=",".join(_PLANE), show_default=True, metavar="A,B", help="The two systems that are drawn."
)
@click.option("--third", type=click.FloatRange(0, 1), metavar="VALUE",
              help="Hold the third system here in nullclines, arrows, starts; default: where it settles.")  # fmt: skip
@mean_field_option
@click.option("--out", type=click.Path(path_type=Path), default="phase.svg", show_default=True, metavar="FILE|DIR",
              help="Figure, .svg or .png; any other name: a folder with figure, table and manifest.json.")  # fmt: skip
@click.option("--overwrite", is_flag=True, help="Replace what was written there before.")
def phase(
    file: str | None,
    changes: tuple[str, ...],
    plane: str,
    third: float | None,
    mean_field: bool,
    out: Path,
    overwrite: bool,
) -> None:
    """Draw the phase plane of the median person of FILE (default: the general population in daily life).

    The person lives with the mean of everything that happens; chance is left out.
    """
    from affectsim.readouts import SYSTEMS

    pair = tuple(name.strip() for name in plane.split(","))
    if len(pair) != 2 or len(set(pair)) != 2 or set(pair) - set(SYSTEMS):
        unknown = [name for name in pair if name not in SYSTEMS]
        hint = nearest(unknown[0], SYSTEMS) if unknown else ""
        raise InputError("command line", [Mistake(f"--plane {plane}", f"must be two different systems{hint}")])
    as_folder = out.suffix not in (".svg", ".png") and (not out.suffix or out.is_dir())
    if as_folder:
        check_folder(out, overwrite)
    else:
        _check_file(out, overwrite)
    settings = _settings(file, changes)
    from affectsim import plots
    from affectsim.analysis import report
    from affectsim.analysis.equations import person_system
    from affectsim.analysis.phase import phase_plane

    found = phase_plane(person_system(settings, mean_field=mean_field), *pair, third=third)
    conditions = report.standing(settings, mean_field)
    figure = plots.phase_portrait(found, _short(conditions))
    lines = [conditions, *report.equilibria_lines(found.equilibria)]
    for number, one in enumerate(found.equilibria.stable):
        share = 100 * float((found.basin == number).mean())
        lines.append(f"{share:.0f} % of the plane leads to threat {one.state[0]:.2f}, soothing {one.state[2]:.2f}")
    lines.append(f"{found.third} is held {'where it would settle' if third is None else f'at {third:g}'}")
    if as_folder:
        with whole_folder(out, overwrite) as partial:
            plots.save(figure, partial / "phase.svg")
            states = [[*one.state, int(one.stable)] for one in found.equilibria.found]
            _write_csv(partial / "equilibria.csv", [[*SYSTEMS, "stable"], *states])
            write_manifest(partial, {"plane": list(pair), "settings": dict(settings), "said": lines})
    else:
        _write_figure(figure, out)
    click.echo("\n".join(f"  {line}" for line in lines) + f"\nwritten: {out}")
    _disclaim()


@click.command(short_help="Follow resting states through a parameter: folds, hysteresis, cusps.")
@click.argument("file", required=False, metavar="[FILE]")
@set_option
@click.option("--param", "name", required=True, metavar="NAME", help="Parameter, trait or mean input that is followed.")
@click.option("--from", "low", type=float, metavar="VALUE", help="Default: its lower bound.")
@click.option("--to", "high", type=float, metavar="VALUE", help="Default: six times its default, or its upper bound.")
@click.option("--param2", "second", metavar="NAME", help="Follow the folds in this one too, with their cusps.")
@click.option("--from2", "low2", type=float, metavar="VALUE", help="As --from, for --param2.")
@click.option("--to2", "high2", type=float, metavar="VALUE", help="As --to, for --param2.")
@mean_field_option
@click.option("--overlay", is_flag=True, help="Sweep a simulated population slowly up and down and draw it too.")
@click.option(
    "--early-warning", is_flag=True, help="Variance and lag-1 of noisy people on the way to a fold, with a control."
)
@options.seed_option
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR",
              help="Folder for figure, branches.csv and bifurcation.json; default: bifurcation-NAME.")  # fmt: skip
@options.overwrite_option
def bifurcation(
    file: str | None, changes: tuple[str, ...], name: str, low: float | None, high: float | None, second: str | None,
    low2: float | None, high2: float | None, mean_field: bool, overlay: bool, early_warning: bool, seed: int | None,
    out: Path | None, overwrite: bool,
) -> None:  # fmt: skip
    """Follow the resting states of the median person of FILE through a parameter (default: general population).

    The person lives with the mean of everything that happens; chance is left out but for --early-warning.
    """
    from affectsim.analysis.study import range_of

    if second is None and (low2 is not None or high2 is not None):
        raise click.UsageError("--from2 and --to2 need --param2")
    if early_warning and mean_field:
        raise click.UsageError("--early-warning looks at people one by one; leave --mean-field out")
    wanted = range_of(name, low, high)
    other = range_of(second, low2, high2) if second is not None else None
    folder = out if out is not None else Path(f"bifurcation-{name}")
    check_folder(folder, overwrite)
    settings = _settings(file, changes)
    import numpy as np

    from affectsim import plots
    from affectsim.analysis import report, study
    from affectsim.analysis.hysteresis import sweep
    from affectsim.analysis.settings import KNOWN

    found = study.one_parameter(settings, wanted, mean_field=mean_field)
    conditions = report.standing(settings, mean_field)
    lines = [conditions, *report.diagram_lines(found)]
    curves = study.two_parameters(settings, wanted, other, mean_field=mean_field) if other else ()
    if other:
        lines += report.fold_curve_lines(curves, (name, other.name))
    swept = warned = None
    if overlay:
        swept = sweep(settings, name, np.linspace(wanted.low, wanted.high, 81), mean_field=mean_field)
        lines.append(report.sweep_line(swept))
    if early_warning:
        warned = study.warning_before(settings, wanted, found, seed=seed or 0)
        lines += report.warning_lines(warned) if warned else ["early warning: there is no fold to walk towards"]
    with whole_folder(folder, overwrite) as partial:
        said = _short(conditions)
        figures: dict[str, Any] = {"bifurcation": plots.bifurcation_diagram(found, name, KNOWN[name].unit, said, swept)}
        if other:
            figures["folds"] = plots.fold_map(
                {"folds": curves}, (name, other.name), _short(report.standing(settings, mean_field, other.name))
            )
        if warned:
            figures["early-warning"] = plots.early_warning_signals(warned, name)
        for stem, figure in figures.items():
            plots.save(figure, partial / f"{stem}.svg")
        _write_csv(partial / "branches.csv", report.branch_rows(found, name))
        facts = report.plain(settings, name, found, mean_field, curves, other.name if other else "", swept, warned)
        _write_json(partial / "bifurcation.json", facts)
        write_manifest(partial, {
            "parameter": name, "range": [wanted.low, wanted.high], "settings": dict(settings), "said": lines,
        })  # fmt: skip
    click.echo("\n".join(f"  {line}" for line in lines))
    click.echo(f"written: {folder / 'bifurcation.svg'}, branches.csv, bifurcation.json"
               + "".join(f", {stem}.svg" for stem in figures if stem != "bifurcation"))  # fmt: skip
    _disclaim()


def _settings(file: str | None, changes: tuple[str, ...]) -> Settings:
    """Return the person to look at. Changes without a dot are numbers of the person, with one of the scenario."""
    from affectsim.analysis.settings import settings_of
    from affectsim.scenario import Scenario

    own = {path: value for path, value in options.parsed(changes).items() if "." not in path}
    of_scenario = tuple(text for text in changes if "." in text.partition("=")[0])
    if file is not None:
        scenario = options.load(file, of_scenario)
    else:
        scenario = Scenario({"days": 1, "population": {"size": 100}}, source="general population")
        scenario = scenario.but(options.parsed(of_scenario)) if of_scenario else scenario
    return settings_of(scenario).but(own, source="--set")


def _short(conditions: str) -> str:
    return conditions[0].upper() + conditions[1:] + "."


def _check_file(path: Path, overwrite: bool) -> None:
    if path.suffix not in (".svg", ".png"):
        raise InputError("--out", [Mistake(str(path), "must end with .svg or .png")])
    if path.is_dir():
        raise InputError("--out", [Mistake(str(path), "is a folder, not a file")])
    if path.exists() and not overwrite:
        raise InputError("--out", [Mistake(str(path), "exists; give another --out, or --overwrite to replace it")])
    if not path.absolute().parent.is_dir():
        raise InputError("--out", [Mistake(str(path), f"there is no folder {path.parent}")])


def _write_figure(figure: Any, path: Path) -> None:
    from affectsim import plots

    partial = path.with_name(f".{path.stem}.partial{path.suffix}")
    try:
        plots.save(figure, partial)
        partial.replace(path)
    except OSError as error:
        raise InputError("--out", [Mistake(str(path), f"cannot be written: {error.strerror or error}")]) from None
    finally:
        partial.unlink(missing_ok=True)


def _write_csv(path: Path, rows: list[list[Any]]) -> None:
    import csv

    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(rows)


def _write_json(path: Path, facts: Any) -> None:
    import json

    path.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def _disclaim() -> None:
    from affectsim.results import DISCLAIMER

    click.echo(DISCLAIMER)
