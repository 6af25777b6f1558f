"""The sections of reports on trials, comparisons, searches for a policy, fits and training of practitioners.

Their tables and figures are shown as they are in the folder; here is what was asked, and of whom.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from affectsim.reports import wording
from affectsim.reports.blocks import Block, Listed, Section, Words, number
from affectsim.reports.kinds import plain, question, sections
from affectsim.reports.manifest import Manifest

#: Rows of a table that are shown: enough to see what stands in it; what was found is said in words above.
_ROWS = 10


@sections("trial", "a trial")
def sections_of_trial(manifest: Manifest) -> list[Section]:
    """Return question, design, results and figures of a trial."""
    design = _table(manifest, "trial")
    asked = ""
    if design:
        programmes, control = _arms(design)
        asked = f"What does {_or(programmes)} change in {_and(design.get('outcomes', ()))}, compared with {control}?"
    return [*question(asked), *_with_design(manifest, _of_trial(design))]


@sections("power", "how many people a trial needs")
def sections_of_power(manifest: Manifest) -> list[Section]:
    """Return question, design, results and figure of a search for the size of a trial."""
    design, wanted = _table(manifest, "trial"), manifest.values.get("power")
    asked = ""
    if design and isinstance(wanted, list) and len(wanted) == 2:
        programmes, control = _arms(design)
        asked = (
            f"How many people does a trial of {_or(programmes)} against {control} need, to show a difference in "
            f"{next(iter(design.get('outcomes', ())), 'its outcome')} with a power of {number(wanted[0])} at alpha "
            f"{number(wanted[1])}?"
        )
    return [*question(asked), *_with_design(manifest, _of_trial(design))]


@sections("compare", "a comparison, pair by pair")
def sections_of_compare(manifest: Manifest) -> list[Section]:
    """Return question, results and figure of a comparison."""
    compared = manifest.values.get("compared")
    if not isinstance(compared, list) or len(compared) != 3:
        return plain(manifest)
    folder, first, second = (str(one) for one in compared)
    asked = f"What differs between {first} and {second} (in {folder}), in the same people with the same events?"
    said: list[Block] = [
        Words(f"Both sides hold the same people and events, so each is paired with itself. Differences are {second} "
              f"minus {first}."),
    ]  # fmt: skip
    return [*question(asked), *_with_design(manifest, said)]


@sections("optimise", "a search for policies")
def sections_of_optimise(manifest: Manifest) -> list[Section]:
    """Return question, design, front and figure of a search for policies."""
    search = _table(manifest, "search")
    goals = [str(one[0]) for one in search.get("objectives", ()) if isinstance(one, list) and one]
    lines = []
    for one in search.get("decisions", ()):
        levels = ", ".join(_value(level) for level in one.get("levels", ()))
        lines.append(f"Decided: {one.get('name')}, one of {levels or 'a range'}.")
    budget = search.get("budget")
    unit = str(manifest.values.get("unit", ""))
    within = f" that cost at most {number(float(budget))} {unit}" if isinstance(budget, int | float) else ""
    asked = f"Which policies{within.rstrip()} are beaten by no other in {_and(goals)}?" if goals else ""
    return [*question(asked), *_with_design(manifest, [Listed(lines)] if lines else [])]


@sections("fit", "what diaries say")
def sections_of_fit(manifest: Manifest) -> list[Section]:
    """Return question, design, results and figure of a fit to diaries."""
    file = str(_table(manifest, "inputs").get("file", {}).get("path", "a file"))
    values = manifest.values
    lines = [f"Method: {values['method']}."] if values.get("method") else []
    if values.get("members"):
        lines.append(f"{values['members']} populations in each of {values.get('rounds', '?')} rounds were simulated.")
    asked = f"What do the diaries in {file} say about the people who wrote them, and what do they not say?"
    return [*question(asked), *_with_design(manifest, [Listed(lines)] if lines else [])]


@sections("practitioners", "training places and what becomes of them")
def sections_of_practitioners(manifest: Manifest) -> list[Section]:
    """Return question, design, results and figure of a pipeline of practitioners."""
    asked = (
        "What becomes of training places for practitioners, year by year, in waiting lists and in a region's balance?"
    )
    said: list[Block] = [Words("Every number that was decided stands in pipeline.toml, beside this result.")]
    return [*question(asked), *_with_design(manifest, said)]


@sections("sensitivity", "which factor matters how much")
def sections_of_sensitivity(manifest: Manifest) -> list[Section]:
    """Return question, indices and figures of a sensitivity analysis."""
    factors = manifest.values.get("factors")
    named = _and([str(one) for one in factors]) if isinstance(factors, list) else "the factors"
    asked = f"How much does {named} matter, alone and together with others?"
    said: list[Block] = [Words(f"The runs are those of the sweep {manifest.values.get('sweep', '')}.")]
    return [*question(asked), *_with_design(manifest, said)]


def _with_design(manifest: Manifest, more: Sequence[Block]) -> list[Section]:
    """Return the sections of any result, with more blocks in its design."""
    # A trial says itself who is trained.
    design = [*wording.design(manifest.scenario, training="trial" not in manifest.values), *more]
    return [one._replace(blocks=design) if one.title == "Design" else one for one in plain(manifest, _ROWS)]


def _table(manifest: Manifest, key: str) -> Mapping[str, Any]:
    found = manifest.values.get(key)
    return found if isinstance(found, Mapping) else {}


def _arms(design: Mapping[str, Any]) -> tuple[list[str], str]:
    """Return the programmes of a trial, and what they are compared with."""
    arms = [one for one in design.get("arms", ()) if isinstance(one, Mapping)]
    programmes = [str(one["programme"]) for one in arms if one.get("programme")]
    controls = [str(one["control"]) for one in arms if one.get("control")]
    against = str(design.get("against") or (controls[0] if controls else arms[-1].get("name", "") if arms else ""))
    return programmes or ["training"], wording.AGAINST.get(against, against)


def _of_trial(design: Mapping[str, Any]) -> list[Block]:
    if not design:
        return []
    arms = [
        f"{one.get('name')} ({one.get('programme') or one.get('control')}, {one.get('share', 1)})"
        for one in design.get("arms", ())
    ]
    missing = design.get("missing", {})
    who = "everybody" if not design.get("participants") else f"{design['participants']} people"
    strata = f", within strata of {_and(design['strata'])}" if design.get("strata") else ""
    lines = [
        f"Arms (what they get, share): {'; '.join(arms)}.",
        f"Randomised: {who}, by {design.get('randomise', 'individual')}{strata}; all arms live in one community.",
        f"Asked: {_and(design.get('outcomes', ()))}; the first is the primary outcome. Training starts on day "
        f"{design.get('start_day')}.",
        f"{100 * float(missing.get('rate', 0)):.3g} % of the answers after training are missing in somebody average; "
        f"answers are given {'with' if design.get('measurement_error', True) else 'without'} measurement error.",
    ]
    return [Listed(lines)]


def _value(level: Any) -> str:
    return number(level) if isinstance(level, int | float) and not isinstance(level, bool) else str(level)


def _and(words: Sequence[Any]) -> str:
    named = [str(one) for one in words]
    return " and ".join(filter(None, [", ".join(named[:-1]), named[-1]])) if named else "nothing"


def _or(words: Sequence[str]) -> str:
    return " or ".join(words)
