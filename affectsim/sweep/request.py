"""What somebody asks for, from a file or the command line, made into a plan and its points.

[sweep]
scenario = "office.toml"          # next to this file
design = "grid"                   # grid, one-at-a-time, lhs, sobol, halton, sobol-indices, morris
replicates = 20
outcomes = ["balance", "threat_dominant"]

[[sweep.vary]]
path = "population.traits.self_criticism.median"
low = 0.4                         # left out: the bounds of the list of parameters
high = 2.4
count = 21

[[sweep.vary]]
path = "training.who.share"
values = [0, 0.1, 0.25, 0.5]

[[sweep.vary]]
name = "programme"                # whole sub-scenarios
cases = { short = { "training.programme" = "two-week" }, long = { "training.programme" = "eight-week" } }
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from affectsim.checking import Findings, flat, read_model
from affectsim.errors import InputError, Mistake, nearest
from affectsim.parts import Table, field
from affectsim.scenario import Scenario
from affectsim.scenario_files import literal
from affectsim.sweep import designs
from affectsim.sweep.designs import DESIGNS, Point
from affectsim.sweep.factors import parse_vary, read_factors
from affectsim.sweep.outcomes import named
from affectsim.sweep.plan import Plan
from affectsim.text_files import read_text, read_toml
from affectsim.trial import HEADLINES

#: Points of a sample, trajectories or base samples, if nobody says how many (assumed).
SAMPLES = {"lhs": 100, "sobol": 128, "halton": 100, "sobol-indices": 64, "morris": 20}


class Request(Table):
    """A sweep, as a file says it ([sweep])."""

    scenario: str = field(min_length=1, unit="", says="path of the scenario, from the folder of this file")
    change: dict[str, Any] = field(default_factory=dict, unit="", says="changes of the scenario, as dotted keys")
    design: str = field("grid", unit="", says=f"which points: {', '.join(DESIGNS)}")
    samples: int | None = field(None, ge=1, le=designs.MOST_POINTS, unit="1", says="points of a sample")
    design_seed: int = field(0, ge=0, le=2**31 - 1, unit="1", says="seed of a sample")
    points: str | None = field(None, unit="", says="path of a CSV file with the points")
    replicates: int | None = field(
        None, ge=1, le=100_000, unit="1", says="runs at each point, the same worlds at all; default: the scenario's"
    )
    outcomes: tuple[str, ...] = field(HEADLINES, min_length=1, unit="", says="readouts that are kept as means")
    days: tuple[float, ...] = field((), unit="days", says="days over which means are taken; default: the last week")
    vary: tuple[dict[str, Any], ...] = field((), unit="", says="what is varied")

    def problems(self) -> Iterable[tuple[str, str]]:
        """Yield what is wrong between fields."""
        if self.design not in DESIGNS:
            yield "design", f"unknown{nearest(self.design, DESIGNS)}"
        if self.days and len(self.days) != 2:
            yield "days", "must be two numbers, such as [21, 28]"
        if (self.design == "points") != (self.points is not None) and (self.points is None or self.design != "grid"):
            yield "points", 'must be given with design = "points", and only then'
        if self.points is not None and self.vary:
            yield "vary", "must be left out with points, whose columns say what is varied"
        if self.samples is not None and self.design not in SAMPLES:
            yield "samples", f"means nothing for design = {self.design}; it is for {', '.join(SAMPLES)}"


class Sweep(NamedTuple):
    """A plan and its points. `file`: that of the points, if they come from one."""

    plan: Plan
    points: list[Point]
    file: Path | None = None


def read(file: Path, given: Mapping[str, Any], vary: Iterable[str], changes: Mapping[str, Any],
         shard: tuple[int, int] = (1, 1)) -> Sweep:  # fmt: skip
    """Return the sweep of a file (a scenario, or one with [sweep]) with what the command line adds or replaces.

    `given`: fields of `Request`. `vary`: texts such as "path=lo:hi:n", added to those of the file. `changes`:
    dotted changes of the scenario. Raises InputError with every mistake.
    """
    source = str(file)
    tables = read_toml(read_text(file, source), source)
    findings = Findings()
    table: dict[str, Any] = {"scenario": file.name}
    if "sweep" in tables:
        for key in sorted(set(tables) - {"sweep"}):
            findings.add(
                key, "does not belong into a file with [sweep]; it goes into the scenario that the sweep names"
            )
        table = tables["sweep"] if isinstance(tables["sweep"], dict) else {"scenario": tables["sweep"]}
    listed = table.get("vary", [])
    added, wrong = _parsed(vary)
    table = {**table, **given, "vary": [*(listed if isinstance(listed, list) else [listed]), *added]}
    request = read_model(Request, table, "sweep" if "sweep" in tables else "", findings)
    if wrong:
        raise InputError("command line", [*wrong, *findings.mistakes()])
    findings.stop(source)
    assert request is not None
    place = file.parent / request.scenario
    all_changes = {**flat(request.change), **changes}
    base = Scenario.load(place)
    base = base.but(all_changes) if all_changes else base
    kind = "points" if request.points is not None else request.design
    if request.points is not None:
        listed_in = Path() if "points" in given else file.parent
        factors, points = designs.read_points(listed_in / request.points)
        samples = None
    else:
        factors = read_factors(request.vary, base, "vary", findings)
        findings.stop(source)
        if kind in SAMPLES and (idle := [one for one in request.vary if one.get("count") is not None]):
            message = f"levels mean nothing for design = {kind}; leave their number out and give --samples"
            raise InputError("vary", [Mistake(str(one.get("name") or one.get("path")), message) for one in idle])
        samples = (request.samples or SAMPLES[kind]) if kind in SAMPLES else None
        points = designs.points(kind, factors, samples or 0, request.design_seed)
    design = {"kind": kind, "samples": samples, "seed": request.design_seed}
    plan = Plan.of(
        base, factors, points, design, request.replicates or base.replicates, named(request.outcomes, base),
        (request.days[0], request.days[1]) if request.days else None,
        source=str(place.absolute()), changes=all_changes, shard=shard,
    )  # fmt: skip
    return Sweep(plan, points, listed_in / request.points if request.points is not None else None)


def _parsed(vary: Iterable[str]) -> tuple[list[dict[str, Any]], list[Mistake]]:
    found: list[dict[str, Any]] = []
    wrong: list[Mistake] = []
    for text in vary:
        try:
            found.append(parse_vary(text))
        except InputError as error:
            wrong += error.mistakes
    return found, wrong


def parse_shard(text: str) -> tuple[int, int]:
    """Return (i, n) for "i/n", i from 1 to n. Raises InputError."""
    number, _, of = text.partition("/")
    pair = (literal(number), literal(of))
    if not all(type(one) is int for one in pair) or not 1 <= pair[0] <= pair[1] <= 100_000:
        raise InputError("command line", [Mistake(f"--shard {text}", "must be I/N, such as 3/16, I from 1 to N")])
    return pair[0], pair[1]
