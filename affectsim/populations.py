"""Populations: kinds of people, each a documented change of the distributions of traits.

A preset changes medians and spreads of `parameters.DISTRIBUTIONS`, and what goes together
(`affectsim.correlations`). Anybody's own preset is a TOML file that a scenario names (`preset = "ward.toml"`):

    says = "people on our ward"
    source = "own questionnaires, 2024, 61 people"

    [traits.self_criticism]
    median = 1.3
    spread = 0.5
    source = "own questionnaires"                     # left out: the source of the whole

    [[correlations]]
    traits = ["self_criticism", "anger"]
    r = 0.3

No study measured these traits in these units, so the *directions* of the shipped presets are those of the
literature and the sizes are assumed. Sizes stay where part of each group is dominated by threat for part of
the time: a group whose every member is locked in threat is not what diaries of patients show.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from affectsim.checking import Findings, dotted, read_model, read_number, unknown_keys, wrong_type
from affectsim.correlations import CORRELATIONS, Correlation, CorrelationTable, mistakes, ordered, together
from affectsim.errors import InputError, Mistake, nearest
from affectsim.parameters import DISTRIBUTIONS, Trait
from affectsim.text_files import missing_file, read_text, read_toml

#: Largest spread (standard deviation of log or logit); 3 puts the middle 95 % over a factor of 130,000.
MOST_SPREAD = 3.0


class Shift(NamedTuple):
    """A changed distribution: what is None stays."""

    median: float | None
    spread: float | None
    source: str


class Preset(NamedTuple):
    """A kind of population: what it is, what is said about it, and what differs from people in general."""

    says: str
    about: str
    traits: dict[str, Shift]
    source: str
    correlations: tuple[Correlation, ...] = ()

    def changes(self) -> dict[str, dict[str, float]]:
        """Return the changes as a scenario writes them: `traits[name][median or spread]`."""
        return {
            name: {
                key: value for key, value in (("median", shift.median), ("spread", shift.spread)) if value is not None
            }
            for name, shift in self.traits.items()
        }


def _median(value: float, direction: str) -> Shift:
    return Shift(value, None, f"assumed; direction: {direction}")


_FEARS = (
    "fears of compassion go with distress, r = .49 (self) and .48 (from others), most in clinical samples "
    "(Kirby, Day & Sagar 2019)"
)
_SHAME = "compassion-focused therapy was made for shame and self-criticism (Gilbert 2010)"
_RANK = "shame goes with feeling inferior and with submission (Gilbert 2000)"
_PSYCHOSIS = "people recovering from psychosis: little soothing, easily threatened (Gumley et al. 2010)"
_EATING = "shame and self-criticism hold eating disorders up (Goss & Allan 2014)"

PRESETS: dict[str, Preset] = {
    "general": Preset(
        "people in general: all distributions as they are", "What `parameters` says of everybody.", {},
        "affectsim parts traits",
    ),
    "help-seeking": Preset(
        "people who seek help: more self-critical, more afraid of compassion",
        "The source text names distressing thoughts and feelings, most of all those of self-attack. A median "
        "self-criticism of 1.2 would leave six people in ten dominated by threat most of the time; here it is "
        "fewer than half.",
        {
            "self_criticism": _median(0.9, "self-attack is what people seek help for (Gilbert 2009)"),
            "fear_of_self_compassion": _median(0.25, _FEARS),
            "fear_of_compassion_from_others": _median(0.25, _FEARS),
        },
        "assumed; directions: Gilbert 2009; Kirby, Day & Sagar 2019",
    ),
    "shame": Preset(
        "people with high shame: self-critical, afraid of kindness, feeling inferior, inclined to hide",
        "The therapy began with shame (Gilbert 2010). Shame feels inferior, submits and hides (Gilbert 2000), may "
        "turn into anger (Tangney et al. 1992), and goes with all fears of compassion (Kirby, Day & Sagar 2019).",
        {
            "self_criticism": _median(0.95, _SHAME),
            "fear_of_self_compassion": _median(0.28, _FEARS),
            "fear_of_compassion_from_others": _median(0.30, "being seen is the danger in shame (Gilbert 2010)"),
            "anger": _median(0.25, "shame-proneness goes with anger (Tangney et al. 1992)"),
            "power": _median(0.35, _RANK),
            "escape": _median(0.40, "shame urges to hide (Gilbert 2000)"),
            "non_judgement": _median(0.33, "shame judges the self (Gilbert 2010)"),
        },
        "assumed; directions: Gilbert 2000, 2010; Tangney et al. 1992; Kirby, Day & Sagar 2019",
        (Correlation(("self_criticism", "power"), -0.3, f"assumed; direction: {_RANK}"),),
    ),
    "psychosis": Preset(
        "outpatients with a schizophrenia-spectrum disorder, as in Braehler et al. 2013",
        "Braehler et al. 2013 took in 40 adults recovering from psychosis (16 weekly groups beside usual care); "
        "the therapy was to build soothing and affiliation against an easily alarmed threat system. Groups differ "
        "much inside, so spreads are larger.",
        {
            "self_criticism": Shift(0.8, 0.55, "assumed; direction: hostile voices, self-attack (Gilbert et al. 2001)"),
            "fear_of_self_compassion": _median(0.27, _FEARS),
            "fear_of_compassion_from_others": _median(0.32, "mistrust: kindness is suspect (Freeman et al. 2002)"),
            "threat_gain": Shift(1.2, 0.40, "assumed; direction: reactive to stress (Myin-Germeys & van Os 2007)"),
            "drive_baseline": _median(0.30, "negative symptoms: less drive (Kirkpatrick et al. 2006)"),
            "soothing_baseline": _median(0.32, _PSYCHOSIS),
            "power": _median(0.35, "feeling powerless before voices and people (Birchwood et al. 2000)"),
            "escape": _median(0.45, "withdrawal as a safety behaviour (Freeman et al. 2002)"),
            "empathy": _median(0.33, "understanding other minds is harder (Bora, Yucel & Pantelis 2009)"),
        },
        "assumed; group: Braehler et al. 2013; directions: Birchwood et al. 2000; Freeman et al. 2002; Myin-Germeys & "
        "van Os 2007; Bora et al. 2009; Gumley et al. 2010",
    ),
    "eating-disorder": Preset(
        "people with an eating disorder: ashamed and self-critical, driven, most afraid of self-compassion",
        "Goss & Allan 2014: shame, self-criticism and pride in control, a drive system that does the work of "
        "soothing. Fear of self-compassion is high and predicts who gains less (Kelly et al. 2013).",
        {
            "self_criticism": _median(0.9, _EATING),
            "fear_of_self_compassion": _median(0.32, "higher than in students (Kelly, Vimalakanthan & Carter 2014)"),
            "fear_of_compassion_from_others": _median(0.27, _FEARS),
            "drive_gain": _median(1.2, "pride in control and losing weight as reward (Goss & Allan 2014)"),
            "drive_baseline": _median(0.42, "striving (Goss & Allan 2014)"),
            "soothing_baseline": _median(0.32, "drive stands in for soothing (Goss & Allan 2014)"),
            "sensitivity": _median(0.33, "feelings and bodily signals are hard to tell apart (Goss & Allan 2014)"),
        },
        "assumed; directions: Goss & Allan 2014; Kelly et al. 2013, 2014",
    ),
}  # fmt: skip


def is_file(name: str) -> bool:
    """Return whether a preset is somebody's own, named by its path."""
    return name.endswith(".toml") and name not in PRESETS


def load_preset(name: str, folder: Path | None = None, source: str = "") -> Preset:
    """Return a shipped preset, or one from a file (relative to `folder`); raises InputError with every mistake.

    `source`: the scenario that names it, for messages.
    """
    if name in PRESETS:
        return PRESETS[name]
    if not is_file(name):
        raise InputError("preset", [Mistake(name, f"unknown preset{nearest(name, PRESETS)}")])
    path = (folder or Path.cwd()) / name
    if message := missing_file(path, name, source):
        raise InputError("preset", [Mistake(name, message)])
    return _from_tables(read_toml(read_text(path, name, "preset"), name), name)


def _from_tables(tables: Mapping[str, Any], source: str) -> Preset:
    findings = Findings()
    unknown_keys(tables, ("says", "about", "source", "traits", "correlations"), "", findings)
    texts = {key: _text(tables, key, "", "", findings) for key in ("says", "about")}
    whole = _text(tables, "source", "", "", findings)
    if "source" not in tables:
        findings.add("source", "missing: where the numbers come from: a publication, a measurement, or assumed")
    given = tables.get("traits", {})
    changes = read_traits(given, "traits", findings, more=("source",))
    shifts = {}
    for name, change in changes.items():
        of = _text(given[name], "source", dotted("traits", name), whole, findings)
        shifts[name] = Shift(change.get("median"), change.get("spread"), of)
    own = read_correlations(tables.get("correlations", []), "correlations", findings)
    check_correlations([CORRELATIONS], own, "correlations", findings)
    findings.stop(source)
    return Preset(texts["says"], texts["about"], shifts, whole, tuple(one.correlation() for one in own))


def _text(table: Mapping[str, Any], key: str, path: str, default: str, findings: Findings) -> str:
    value = table.get(key, default)
    if isinstance(value, str):
        return value
    findings.add(dotted(path, key), wrong_type("a text", value), value)
    return default


def distributions(*layers: Mapping[str, Mapping[str, float]]) -> dict[str, Trait]:
    """Return the distribution of every trait and attribute; later layers of changes replace earlier ones."""
    found = dict(DISTRIBUTIONS)
    for layer in layers:
        for name, change in layer.items():
            old = found[name]
            median, spread = change.get("median", old.median), change.get("spread", old.spread)
            found[name] = dataclasses.replace(old, median=median, spread=spread)
    return found


def read_traits(values: Any, path: str, findings: Findings, more: tuple[str, ...] = ()) -> dict[str, dict[str, float]]:
    """Check changed distributions against `DISTRIBUTIONS`; return the sound ones, sorted by name.

    `more`: keys beside median and spread that are read elsewhere.
    """
    found: dict[str, dict[str, float]] = {}
    if not isinstance(values, Mapping):
        findings.add(path, wrong_type("a table", values), values)
        return found
    unknown_keys(values, DISTRIBUTIONS, path, findings)
    for name in sorted(set(values) & set(DISTRIBUTIONS)):
        change, trait = values[name], DISTRIBUTIONS[name]
        where = dotted(path, name)
        if not isinstance(change, Mapping):
            hint = f"; write {name}.median = …" if isinstance(change, (int, float)) else ""
            findings.add(where, f"must be a table with median, spread or both{hint}", change)
            continue
        unknown_keys(change, ("median", "spread", *more), where, findings)
        bounds = {"median": (trait.low, trait.high, trait.unit), "spread": (0.0, MOST_SPREAD, "1")}
        for key in ("median", "spread"):
            if key in change:
                value = read_number(change[key], *bounds[key], dotted(where, key), findings)
                if value is not None:
                    found.setdefault(name, {})[key] = value
    return found


def read_correlations(values: Any, path: str, findings: Findings) -> list[CorrelationTable]:
    """Check a list of correlations one by one; return the sound ones, or none if one is wrong."""
    if not isinstance(values, (list, tuple)):
        findings.add(path, wrong_type(f"a list of tables [[{path}]]", values), values)
        return []
    found = [read_model(CorrelationTable, value, f"{path}.{number}", findings) for number, value in enumerate(values)]
    if findings.touch(path):
        return []
    sound = [one for one in found if one is not None]
    seen: dict[tuple[str, str], int] = {}
    for number, one in enumerate(sound):
        pair = ordered(one.traits)
        if pair in seen:
            findings.add(f"{path}.{number}", f"is about the same two traits as {path}.{seen[pair]}")
        seen.setdefault(pair, number)
    return [] if findings.touch(path) else sound


def check_correlations(
    before: list[tuple[Correlation, ...]], own: list[CorrelationTable], path: str, findings: Findings
) -> None:
    """Note every one of `own` because of which no population could have all correlations (`before` are sound)."""
    pairs = together(*before, (one.correlation() for one in own))
    numbers = {ordered(one.traits): number for number, one in enumerate(own)}
    for pair, message in mistakes(pairs, list(numbers)):
        number = numbers[pair]
        findings.add(f"{path}.{number}.r", f"{' with '.join(own[number].traits)}: {message}", own[number].r)
