"""Other sets of numbers that fit nearly as well as the package's own: what they predict, as tables, a figure and words.

    python -m affectsim.evidence.other_fits experiments/equally-good-fits

makes what is missing of the search (`evidence.search`; kept in the folder equally-good-fits-search, or in the one
given as second argument) and writes the tables, the figure and the numbers in the README of the folder.

    python -m affectsim.evidence.other_fits experiments/equally-good-fits --again

judges the sets that were found once more, without a new search: for a change of the model that is none of its numbers.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from affectsim.calibrated import FILE
from affectsim.errors import InputError, Mistake
from affectsim.evidence.card import card
from affectsim.evidence.entries import Entry, entries
from affectsim.evidence.files import read_numbers
from affectsim.evidence.search import (
    BENEFITS,
    MEMBER,
    OWN,
    REACH,
    Search,
    Store,
    benefits,
    coordinates_of,
    free_numbers,
    judge,
    run,
    whole,
)
from affectsim.text_files import NUMBERS, printed

if TYPE_CHECKING:
    import pandas as pd

README, FITS, PREDICTIONS, FIGURE = "README.md", "fits.csv", "predictions.csv", "figure.png"
GAINS, EXPECTED = "benefits.csv", "expected.csv"
#: What is simulated again with one of the sets, to see that the model still gives its numbers.
_AGAIN = ("compassion_interventions.kirby_2017", "trials.matos_2017")
#: By how much a value may differ on another machine.
_ROUNDING = 2e-4
#: Column of the table of sets: how many fitted entries are outside.
OUTSIDE = "outside"
#: Share of how far sets could be apart in a number from which it is hardly known.
_HARDLY = 0.8
#: Numbers that are listed as known best.
_BEST = 8


class Found(NamedTuple):
    """What came out, a row for each set that fits, the package's own first (`own`).

    `numbers`: how many fitted entries are outside, and the free numbers; `model`, `inside`: the predicted entries,
    value and verdict; `benefits`: what eight weeks do (`trials.World.benefits`). `source`: how many sets were tried.
    """

    numbers: pd.DataFrame
    model: pd.DataFrame
    inside: pd.DataFrame
    benefits: pd.DataFrame
    source: str


def predicted() -> list[Entry]:
    """Return the entries that are only predicted."""
    return [entry for entry in entries() if entry.role == "predict"]


def found_in(store: Store, search: Search) -> Found:
    """Return what came out of a search that is finished. Raises InputError."""
    kept = {name: store.read(name) for name in (OWN, *(MEMBER.format(n) for n in range(search.members)))}
    judged = {name: one for name, one in kept.items() if one is not None}
    fits = {name: one for name, one in judged.items() if "predicted" in one}
    source = (
        f"{search.members} sets of {len(free_numbers())} numbers were looked for; {len(judged) - 1} that seemed to fit "
        f"were judged on the card in its full size, {len(fits) - 1} fit"
    )
    return _tables(fits, {name: store.read(BENEFITS.format(name)) for name in fits}, source, str(store.folder))


def judged_again(folder: Path) -> Found:
    """Return what the model says now of the sets in the tables of a folder; those that no longer fit are left out."""
    known = load(folder)
    mine = read_numbers(FILE)
    fits: dict[str, dict[str, Any]] = {}
    for row in known.numbers.to_dict("records"):
        name = str(row["set"])
        found = judge({one.path: mine[one.path] if name == OWN else row[one.path] for one in free_numbers()})
        print(f"{name}: {len(found['outside'])} outside", file=sys.stderr, flush=True)
        if "predicted" in found:
            fits[name] = found
    gains = {name: benefits(one["numbers"]) for name, one in fits.items()}
    first = known.source.partition("; of these")[0]
    return _tables(fits, gains, f"{first}; of these {len(fits) - 1} still fit, judged again", str(folder))


def _tables(fits: Mapping[str, Mapping[str, Any]], gains: Mapping[str, Any], source: str, where: str) -> Found:
    import pandas as pd

    if OWN not in fits:
        raise InputError(where, [Mistake("search", "the package's own numbers are not judged, or do not fit")])
    paths, names = [one.path for one in free_numbers()], [entry.name for entry in predicted()]
    numbers = pd.DataFrame([[one["numbers"][path] for path in paths] for one in fits.values()], columns=paths)
    model, inside = (
        pd.DataFrame([[one["predicted"][name][n] for name in names] for one in fits.values()], columns=names)
        for n in (0, 1)
    )
    effects = pd.DataFrame([gains[name] for name in fits])
    numbers.insert(0, OUTSIDE, [len(one["outside"]) for one in fits.values()])
    for table in (numbers, model, inside, effects):
        table.insert(0, "set", list(fits))
    return Found(numbers, model, inside, effects, source)


def load(folder: Path) -> Found:
    """Return what the tables of a folder hold. Raises OSError if they are not there."""
    import pandas as pd

    first, _, _ = (folder / FITS).read_text(encoding="utf-8").partition("\n")
    both = pd.read_csv(folder / PREDICTIONS)
    model, inside = (both.pivot(index="set", columns="entry", values=kind) for kind in ("model", "inside"))
    numbers = pd.read_csv(folder / FITS, comment="#")
    names = [entry.name for entry in predicted()]
    model, inside = (table.loc[numbers["set"], names].reset_index() for table in (model, inside))
    benefits = pd.read_csv(folder / GAINS)
    return Found(numbers, model, inside, benefits, first.removeprefix("# ").strip())


def counts(found: Found) -> pd.Series[int]:
    """Return how many predictions are inside: set -> number."""
    return found.inside.set_index("set").sum(axis=1).astype(int)


def shares(found: Found) -> pd.Series[float]:
    """Return in which share of the sets that were found a prediction is inside: entry -> share, in order of it."""
    others = found.inside.set_index("set").drop(index=OWN)
    return others.mean().astype(float).sort_values(ascending=False, kind="stable")


def spreads(found: Found) -> pd.Series[float]:
    """Return how far the sets that were found are apart in each number, as a share of what they could be.

    1: as far as where sets were looked for; 0: a number is the same in all.
    """
    import pandas as pd

    others = found.numbers[found.numbers["set"] != OWN]
    places = np.array([coordinates_of(row) for row in others.to_dict("records")])
    return pd.Series(places.std(axis=0, ddof=1) / REACH, [one.path for one in free_numbers()]).sort_values()


def text(found: Found) -> str:
    """Return the numbers as tables."""
    inside = counts(found)
    own, others = int(inside[OWN]), inside.drop(OWN)
    total = len(found.inside.columns) - 1
    lines = [
        f"{found.source}.", "",
        f"Predictions inside, of {total}: {others.min()} to {others.max()}, median {others.median():g} "
        f"(the package's own: {own})",
        f"{'inside':>8}" + "".join(f"{n:>5}" for n in range(others.min(), others.max() + 1)),
        f"{'sets':>8}" + "".join(f"{int((others == n).sum()):>5}" for n in range(others.min(), others.max() + 1)),
        *_by_outside(found, others),
        "",
        "sets in which  package's own       values of the sets: median",
        "it is inside   value              and from lowest to highest  prediction",
    ]  # fmt: skip
    model = found.model.set_index("set")
    verdict = found.inside.set_index("set")
    for name, share in shares(found).items():
        values = model[name].drop(OWN)
        said = "inside" if verdict.loc[OWN, name] else "OUTSIDE"
        span = f"{values.median():.2f} [{values.min():.2f}, {values.max():.2f}]"
        lines.append(f"{100 * share:>10.0f} %   {model.loc[OWN, name]:>5.2f} {said:<8}  {span:>28}  {_short(name)}")
    lines += ["", "What eight weeks do for people who seek help, in SD before training; share who end less balanced:"]
    gains = found.benefits.set_index("set")
    for name in gains.columns:
        values = gains[name].drop(OWN)
        span = f"{values.median():.2f} [{values.min():.2f}, {values.max():.2f}]"
        lines.append(f"{'':>15}{gains.loc[OWN, name]:>5.2f}           {span:>28}  {name.replace('_', ' ')}")
    known = spreads(found)
    hardly = int((known >= _HARDLY).sum())
    lines += [
        "",
        "How far the sets are apart in a number (1: as far as where they were looked for; 0: the same in all):",
        f"{_HARDLY:g} or more for {hardly} of {known.size}, median {known.median():.2f}. Least for",
        *(f"{value:>8.2f}  {name}" for name, value in known.head(_BEST).items()),
    ]  # fmt: skip
    return "\n".join(lines)


def _by_outside(found: Found, inside: pd.Series[int]) -> list[str]:
    outside = found.numbers.set_index("set")[OUTSIDE].drop(OWN)
    lines = []
    for number in sorted(set(outside)):
        mine = inside[outside == number]
        lines.append(
            f"fitted entries outside: {number}; sets: {mine.size}; predictions inside {mine.min()} to {mine.max()}"
        )
    return lines


def write(found: Found, folder: Path) -> None:
    """Write the tables and the figure, and put the numbers into the README. Raises InputError without its markers."""
    from affectsim import plots

    NUMBERS.split(folder / README)
    with (folder / FITS).open("w", encoding="utf-8", newline="") as file:
        file.write(f"# {found.source}\n")
        found.numbers.to_csv(file, index=False, lineterminator="\n")
    found.benefits.round(4).to_csv(folder / GAINS, index=False, lineterminator="\n")
    values, verdicts = (
        one.melt("set", var_name="entry", value_name=kind)
        for one, kind in ((found.model, "model"), (found.inside, "inside"))
    )
    values.merge(verdicts).to_csv(folder / PREDICTIONS, index=False, lineterminator="\n")
    NUMBERS.put(folder / README, printed(text(found)))
    own = found.inside.set_index("set").loc[OWN]
    figure = plots.predictions_that_hold(
        {_words(name): share for name, share in shares(found).items()},
        {_words(name): bool(one) for name, one in own.items()}, len(found.inside) - 1,
    )  # fmt: skip
    plots.save(figure, folder / FIGURE)


def again(found: Found) -> pd.DataFrame:
    """Return some of the card in the usual size, entry and model, for the first of the sets that were found."""
    import pandas as pd

    numbers = found.numbers.set_index("set").drop(index=OWN).iloc[0].to_dict()
    rows = card(_AGAIN, changes=whole(numbers))
    return pd.DataFrame({"entry": [row.entry.name for row in rows], "model": [round(row.model, 4) for row in rows]})


def differences(now: pd.DataFrame, folder: Path) -> list[str]:
    """Return in words which values of one set are not the expected ones."""
    import pandas as pd

    expected = pd.read_csv(folder / EXPECTED)
    if list(now["entry"]) != list(expected["entry"]):
        return [f"{EXPECTED} is about other entries"]
    rows = zip(now["entry"], now["model"], expected["model"], strict=True)
    return [f"{name}: {value:g}, expected {known:g}" for name, value, known in rows if abs(value - known) > _ROUNDING]


def _short(name: str) -> str:
    """Return an entry without the group of its study."""
    return ".".join(name.split(".")[-2:])


def _words(name: str) -> str:
    """Return an entry as it is called in the figure: what, and who published it."""
    study, what = _short(name).split(".")
    author, year = study.split("_")
    return f"{what.replace('_', ' ').replace('self ', 'self-')} ({author.capitalize()} {year})"


def main(arguments: Sequence[str]) -> None:
    """Make what is missing and write everything; the second argument names another folder for the search."""
    folder = Path(arguments[0])
    if "--again" in arguments:
        found = judged_again(folder)
    else:
        search = Search()
        store = Store(Path(arguments[1] if len(arguments) > 1 else "equally-good-fits-search"), search)
        run(store, search)
        found = found_in(store, search)
    write(found, folder)
    again(found).to_csv(folder / EXPECTED, index=False, lineterminator="\n")
    print(text(found))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except InputError as error:
        sys.exit(str(error))
