"""Where training fails: a sweep of 20,000 runs over four factors, its map, and what decides.

    python -m affectsim.experiments.where_training_fails experiments/where-training-fails

makes the runs that are missing (in the folder where-training-fails-sweep, which can be stopped and gone on with), and
writes the tables, the figures and the numbers in the README of the folder.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from affectsim import progress as shown
from affectsim.errors import InputError, Mistake
from affectsim.intervals import reach
from affectsim.simulation import Progress
from affectsim.sweep import exports
from affectsim.sweep.execution import execute
from affectsim.sweep.plan import refuse_differences
from affectsim.sweep.request import Sweep, read
from affectsim.sweep.sensitivity import sensitivity, settled
from affectsim.sweep.sensitivity.rows import CONFIDENCE
from affectsim.sweep.store import FILE, Store
from affectsim.text_files import NUMBERS, printed

if TYPE_CHECKING:
    import pandas as pd

SWEEP, REDUCED, README = "sweep.toml", "reduced.toml", "README.md"
POINTS, INDICES, EXPECTED = "points.csv", "indices.csv", "expected.csv"
MAP, FIGURE = "figure.png", "what-decides.png"
#: Benefits that are told, in standard deviations before training.
BENEFITS = ("effect_threat", "effect_balance")
#: Benefit in threat below which training is said to fail: half of a small effect (Cohen 1988: 0.2; half: assumed).
FAILS = 0.1
FACTORS = ("self-criticism", "fear of compassion", "dose", "ties each")
#: Digits that are kept in tables, and by which a number may differ on another machine.
_DIGITS, _ROUNDING = 4, 2e-4


class Found(NamedTuple):
    """What came out: `points` (a row each: factors, benefits with intervals), `indices`, and where it comes from."""

    points: pd.DataFrame
    indices: pd.DataFrame
    source: str


def run(folder: Path, store: Path, *, workers: int | None = None, progress: Progress | None = None) -> str:
    """Make the runs of the sweep in a folder that are missing in a store; return how long it took, in words.

    Raises InputError if the store holds another sweep, or the model has changed since it began.
    """
    asked = read(folder / SWEEP, {}, [], {})
    if (store / FILE).is_file():
        with Store(store) as begun:
            refuse_differences(begun.plan, asked.plan, str(store))
    else:
        Store.create(store, asked.plan, asked.points)
    with Store(store, write=True) as open_store:
        account = execute(open_store, workers=workers, progress=progress)
    return (
        f"{account.made:,} runs in {account.seconds / 60:.1f} min, {account.made / max(account.seconds, 1e-9):.1f} "
        f"runs/s; {account.busy / 60:.1f} min of processor time, of which {account.kernel / 60:.1f} min in the kernel"
    )


def found_in(store: Path) -> Found:
    """Return what came out of a sweep that is finished. Raises InputError."""
    with Store(store) as finished:
        runs = exports.table(finished)
        indices, without = sensitivity(finished, BENEFITS)
        plan = finished.plan
    if without:
        raise InputError(str(store), [Mistake(name, why) for name, why in without.items()])
    numbers = runs.groupby("point")[list(BENEFITS)]
    halves = numbers.agg(lambda one: float(reach(one.to_numpy(), CONFIDENCE)))
    points = runs.groupby("point")[list(FACTORS)].first().astype(float)
    for name in BENEFITS:
        points[name] = numbers.mean()[name]
        points[f"{name}_low"], points[f"{name}_high"] = points[name] - halves[name], points[name] + halves[name]
    source = (
        f"{len(runs):,} runs: {len(points):,} points with {plan.replicates} replicates; "
        f"sources of the model {plan.versions['sources']}"
    )
    return Found(points.round(_DIGITS).reset_index(drop=True), indices.round(_DIGITS), source)


def load(folder: Path) -> Found:
    """Return what the tables of a folder hold. Raises OSError if they are not there."""
    import pandas as pd

    first, _, _ = (folder / POINTS).read_text(encoding="utf-8").partition("\n")
    return Found(
        pd.read_csv(folder / POINTS, comment="#"), pd.read_csv(folder / INDICES), first.removeprefix("# ").strip()
    )


def text(found: Found) -> str:
    """Return the numbers as tables."""
    points = found.points
    criticism, fear, dose, _ = FACTORS
    threat = points["effect_threat"]
    fails, harms = threat < FAILS, points["effect_threat_high"] < 0
    lines = [
        found.source, "",
        f"Training fails (benefit in threat below {FAILS:g}) at {_share(fails)} of the points; it is below zero",
        f"at {_share(threat < 0)}, and surely so (whole interval below zero) at {_share(harms)}.",
        "",
        "Benefit in threat (mean over self-criticism and ties, in SD before training); rows: fear of compassion",
        *_table(points.pivot_table(index=fear, columns=dose, values="effect_threat"), "dose", "+.2f"),
        "",
        f"Share of the points at which training fails (over doses and ties), %; rows: {fear}",
        *_table(100 * fails.groupby([points[fear], points[criticism]]).mean().unstack(), criticism, ".0f"),
        "",
        "The same over self-criticism and fear, %; rows: ties each",
        *_table(100 * fails.groupby([points[FACTORS[3]], points[dose]]).mean().unstack(), "dose", ".0f"),
    ]  # fmt: skip
    for outcome in BENEFITS:
        rows = settled(found.indices[found.indices["outcome"] == outcome])
        kinds = list(dict.fromkeys(rows["index"]))
        lines += ["", f"What decides the benefit in {outcome.removeprefix('effect_')}: indices [95 % interval]",
                  " " * 20 + "".join(f"{kind:>24}" for kind in kinds)]  # fmt: skip
        for factor in FACTORS:
            cells = rows[rows["factor"] == factor].set_index("index")
            said = (f"{c.value:.3f} [{c.low:.3f}, {c.high:.3f}]" for c in (cells.loc[kind] for kind in kinds))
            lines.append(f"{factor:<20}" + "".join(f"{one:>24}" for one in said))
    return "\n".join(line.rstrip() for line in lines)


def _share(true: pd.Series[bool]) -> str:
    return f"{100 * float(true.mean()):.1f} %"


def _table(cells: pd.DataFrame, columns: str, form: str) -> list[str]:
    lines = [f"{columns:>20}" + "".join(f"{value:>8g}" for value in cells.columns)]
    return lines + [
        f"{value:>20g}" + "".join(f"{format(cell, form):>8}" for cell in row)
        for value, row in zip(cells.index, cells.to_numpy(), strict=True)
    ]


def write(found: Found, folder: Path) -> None:
    """Write the tables and the figures, and put the numbers into the README. Raises InputError without its markers."""
    NUMBERS.split(folder / README)
    with (folder / POINTS).open("w", encoding="utf-8", newline="") as file:
        file.write(f"# {found.source}\n")
        found.points.to_csv(file, index=False, lineterminator="\n")
    found.indices.to_csv(folder / INDICES, index=False, lineterminator="\n")
    NUMBERS.put(folder / README, printed(text(found)))
    _draw(found, folder)


def _draw(found: Found, folder: Path) -> None:
    from affectsim import plots
    from affectsim.plots.maps import Axis

    points = found.points.sort_values(list(FACTORS))
    axes = [Axis(name, sorted(set(points[name]))) for name in FACTORS]
    values = points["effect_threat"].to_numpy().reshape([len(axis.values) for axis in axes])
    figure = plots.maps(
        "Where does training fail?",
        "Benefit of eight weeks of training in threat, after self-criticism and fear of compassion,\n"
        "for five doses (share of practice that is done) and four numbers of ties.",
        (axes[0], axes[1], axes[2], axes[3]), np.asarray(values), "less threat (SD before training)",
        [(FAILS, f"above this line training fails (benefit below {FAILS:g})"), (0.0, "no benefit")],
    )  # fmt: skip
    plots.save(figure, folder / MAP)
    plots.save(plots.indices(found.indices, "effect_threat", "replicates"), folder / FIGURE)


def reduced(folder: Path) -> Sweep:
    """Return the small sweep by which it is checked that the model still gives the same numbers."""
    return read(folder / REDUCED, {}, [], {})


def reduced_numbers(folder: Path, store: Path) -> pd.DataFrame:
    """Make the small sweep in a new folder; return its benefits."""
    asked = reduced(folder)
    Store.create(store, asked.plan, asked.points)
    with Store(store, write=True) as begun:
        execute(begun, workers=0)
        return exports.table(begun)[[*FACTORS, *BENEFITS]].round(_DIGITS)


def differences(found: pd.DataFrame, folder: Path) -> list[str]:
    """Return in words which numbers of the small sweep are not the expected ones."""
    import pandas as pd

    expected = pd.read_csv(folder / EXPECTED)
    if list(found.columns) != list(expected.columns) or len(found) != len(expected):
        return [f"{EXPECTED} is about other points"]
    return [
        f"point {n}, {name}: {found[name][n]:g}, expected {expected[name][n]:g}"
        for name in expected.columns
        for n in np.flatnonzero(~np.isclose(found[name], expected[name], rtol=0, atol=_ROUNDING))
    ]


def main(arguments: Sequence[str]) -> None:
    """Make the runs that are missing and write everything; the second argument names another store."""
    import tempfile

    folder = Path(arguments[0])
    store = Path(arguments[1]) if len(arguments) > 1 else Path("where-training-fails-sweep")
    with shown.Progress("runs", rate=True) as show:
        account = run(folder, store, progress=show)
    print(account)
    found = found_in(store)
    write(found, folder)
    with tempfile.TemporaryDirectory() as place:
        numbers = reduced_numbers(folder, Path(place) / "reduced")
        numbers.to_csv(folder / EXPECTED, index=False, lineterminator="\n")
    print(text(found))


if __name__ == "__main__":
    main(sys.argv[1:])
