"""The sections of a report on a sweep: what was varied, what came out, which factor matters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from affectsim.errors import InputError
from affectsim.reports import wording
from affectsim.reports.blocks import Block, Section, Table, Verbatim, Words, number
from affectsim.reports.kinds import MOST_ROWS, sections
from affectsim.reports.manifest import Manifest

if TYPE_CHECKING:
    import pandas as pd

    from affectsim.sweep.store import Store

#: Outcomes that are shown, and points of which the lowest and the highest are.
_OUTCOMES, _ENDS = 4, 10
#: Most values of a factor that are told one by one.
_VALUES = 12
_KINDS = {
    "grid": "a full grid", "one-at-a-time": "one factor at a time", "lhs": "a Latin hypercube", "sobol": "Sobol points",
    "halton": "Halton points", "sobol-indices": "a design for Sobol indices", "morris": "Morris trajectories",
    "points": "points from a file",
}  # fmt: skip


@sections("sweep", "a sweep")
def sections_of_sweep(manifest: Manifest) -> list[Section]:
    """Return design, outcomes over the points, indices if the design has them, and figures of a sweep."""
    from affectsim.sweep.exports import table
    from affectsim.sweep.store import Store

    with Store(manifest.folder) as store:
        found = table(store)
        factors = [factor.name for factor in store.plan.known_factors]
        columns = list(store.plan.columns)
        outcomes = main_outcomes([name for name in columns if found[name].notna().any()]) or main_outcomes(columns)
        missing = [name for name in main_outcomes(columns) if name not in outcomes]
        results: list[Block] = [Words(f"Missing in every run: {', '.join(missing)}.")] if missing else []
        results += [*_points(store, found, factors, outcomes), *_indices(store, outcomes)]
        design = [*wording.design(manifest.scenario), *_varied(store)]
    asked = f"What do {', '.join(map(short, factors))} change?" if factors else ""
    return [
        Section("Question", [Words(asked)] if asked else []),
        Section("Design", design),
        Section("Results", results),
        Section("Figures", _figures(found, factors, outcomes)),
    ]


def short(factor: str) -> str:
    """Return the name of a factor as a head of a column: of a trait only which one."""
    name, _, rest = factor.removeprefix("population.traits.").partition(".")
    return f"{name} ({rest})" if factor.startswith("population.traits.") and rest else factor


def main_outcomes(columns: list[str]) -> list[str]:
    """Return the columns to show: effects of training first, else means; no ends of intervals."""
    plain = [name for name in columns if not name.endswith(("_low", "_high", "_follow_up"))]
    effects = [name for name in plain if name.startswith("effect_")]
    return (effects or plain)[:_OUTCOMES]


def _varied(store: Store) -> list[Block]:
    plan = store.plan
    kind = plan.design["kind"]
    points = store.point_rows() if kind == "points" else []
    rows = []
    for column, factor in enumerate(plan.known_factors, start=1):
        values = tuple(dict.fromkeys(row[column] for row in points)) or factor.values or tuple(factor.levels())
        said = ", ".join(number(value) for value in values[:_VALUES]) + (" …" if len(values) > _VALUES else "")
        if points and len(values) > _VALUES and all(isinstance(value, int | float) for value in values):
            said = f"{min(values):g} to {max(values):g}"
        elif not points and not factor.values and kind not in ("grid", "one-at-a-time"):
            said = f"{factor.low:g} to {factor.high:g}"
        rows.append([factor.name, said])
    words = (
        f"{store.points:,} points ({_KINDS.get(plan.design['kind'], plan.design['kind'])}), {plan.replicates:,} "
        f"replicates at each, {store.points * plan.replicates:,} runs. A replicate has the same people and the same "
        "chances at every point."
    )
    return [Words(words), Table("What was varied", ["Factor", "Values"], rows)]


def _points(store: Store, found: pd.DataFrame, factors: list[str], outcomes: list[str]) -> list[Block]:
    blocks: list[Block] = []
    failed = int(found["failed"].notna().sum())
    if failed:
        blocks.append(Words(f"{failed:,} runs failed and are left out."))
    groups = found.groupby("point")
    means, spread = groups[outcomes].mean(), groups[outcomes].std()
    values = groups[factors].first()
    replicates = store.plan.replicates
    order = means.index
    caption = "Mean" + (f" and standard deviation over {replicates:,} replicates" if replicates > 1 else "")
    if len(means) > MOST_ROWS:
        ranked = means[outcomes[0]].sort_values(kind="stable").dropna().index
        order = ranked[:_ENDS].append(ranked[-_ENDS:])
        caption += f", at the {_ENDS} points with the lowest and the {_ENDS} with the highest {outcomes[0]}"
    rows = []
    for point in order:
        cells = []
        for name in outcomes:
            mean, deviation = means.loc[point, name], spread.loc[point, name]
            cells.append(number(float(mean)) + (f" ± {deviation:.2g}" if deviation == deviation else ""))
        rows.append([*(number(_plain(values.loc[point, name])) for name in factors), *cells])
    return [*blocks, Table(caption, [*map(short, factors), *outcomes], rows)]


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def _indices(store: Store, outcomes: list[str]) -> list[Block]:
    from affectsim.sweep.sensitivity import sensitivity

    if store.plan.design["kind"] not in ("sobol-indices", "morris"):
        return []
    try:
        found, without = sensitivity(store, outcomes)
    except InputError as error:
        return [Verbatim(str(error), "Why there are no indices")]
    blocks: list[Block] = []
    largest = found["samples"].max() if len(found) else 0
    for outcome, mine in found[found["samples"] == largest].groupby("outcome", sort=False):
        rows = [
            [short(row.factor), row.kind, f"{row.value:.3f}", f"{row.low:.3f} to {row.high:.3f}"]
            for row in mine.rename(columns={"index": "kind"}).itertuples()
        ]
        words = f"Which factor matters for {outcome} ({largest:,} samples)"
        blocks.append(Table(words, ["Factor", "Index", "Value", "95 % interval"], rows))
    blocks += [Words(f"{outcome}: no index; {why}.") for outcome, why in without.items()]
    return blocks


def _figures(found: pd.DataFrame, factors: list[str], outcomes: list[str]) -> list[Block]:
    from affectsim import plots
    from affectsim.reports.drawn import picture

    numeric = [name for name in factors if found[name].map(lambda v: isinstance(v, int | float)).all()]
    numeric = [name for name in numeric if found[name].nunique() > 1]
    drawn = [name for name in outcomes if found[name].notna().any()][:3]
    if not numeric or not drawn:
        return []
    return [
        picture(
            plots.along_factors(
                {factor: found[factor].to_numpy(dtype=float) for factor in numeric[:4]},
                {outcome: found[outcome].to_numpy(dtype=float) for outcome in drawn},
                found["replicate"].to_numpy(),
            ),
            "Mean of each outcome along each factor, over everything else that was varied"
            + (", with 95 % intervals over replicates" if found["replicate"].nunique() > 1 else ""),
        )
    ]
