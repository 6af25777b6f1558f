"""What a report says in words: design, methods, parameters that were changed, how to make it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from affectsim.errors import visible
from affectsim.parameters import ATTRIBUTES, MODEL, RATING, TRAITS
from affectsim.reports.blocks import Block, Listed, Section, Table, Verbatim, Words, number
from affectsim.reports.manifest import Manifest
from affectsim.sections import Numerics
from affectsim.training.programmes import programmes

AGAINST = {
    "waiting-list": "a waiting list",
    "usual-care": "usual care",
    "active": "relaxation instead of training",
    "cognitive-behavioural": "cognitive-behavioural therapy instead of training",
    "nothing": "nothing: there is one world only",
}


def asked(tables: Mapping[str, Any]) -> str:
    """Return the question that a scenario puts; empty if there are no tables."""
    if not tables:
        return ""
    training = _table(tables, "training")
    if not training:
        return "How do the three systems of these people go through these days?"
    control = str(training.get("against", "nothing"))
    than = f", compared with {AGAINST.get(control, control)}" if control != "nothing" else ""
    return f"What does the programme {training.get('programme', '?')} change in the people who are offered it{than}?"


def design(tables: Mapping[str, Any], *, training: bool = True) -> list[Block]:
    """Return the design of a scenario in words; nothing if there are no tables. `training`: also who is trained."""
    if not tables:
        return []
    population, network = _table(tables, "population"), _table(tables, "network")
    size = population.get("size")
    people = "The people of the network file" if size is None else f"{size:,} people"
    replicates = tables.get("replicates", 1)
    lines = [
        f"{people}, drawn from the population {population.get('preset', 'general')}, on a network of the kind "
        f"{network.get('kind', 'none')}.",
        f"{number(float(tables.get('days', 0)))} days"
        + (f", in {replicates:,} replicates (other people, other events)." if replicates != 1 else "."),
    ]
    kinds = [str(one.get("kind", "?")) for one in tables.get("stimuli", []) if isinstance(one, Mapping)]
    counted = (
        f"{kind} ({kinds.count(kind)} times)" if kinds.count(kind) > 1 else kind for kind in dict.fromkeys(kinds)
    )
    lines.append(f"What happens to them: {', '.join(counted) or 'nothing'}.")
    offered = _table(tables, "training")
    if training and offered:
        who = _table(offered, "who")
        name = str(offered.get("programme", "?"))
        lines.append(
            f"Training: the programme {name}{'' if name in programmes() else ' (a file)'}, from day "
            f"{number(offered.get('start_day'))}, offered to {100 * float(who.get('share', 1)):.3g} % of the people "
            f"({who.get('choose', 'random')}), compared with {AGAINST.get(str(offered.get('against')), 'a control')}."
        )
        if offered.get("against") != "nothing":
            lines.append("In both worlds the same people live the same days with the same events and the same luck.")
    elif training:
        lines.append("Nobody is trained.")
    return [Listed(lines)]


def methods(manifest: Manifest) -> Section:
    """Return how a result was made, in a paragraph that can be taken over, and which parameters were changed."""
    values = manifest.values
    tables = manifest.scenario
    versions = values.get("versions") if isinstance(values.get("versions"), Mapping) else {}
    assert isinstance(versions, Mapping)
    named = ", ".join(f"{name} {known}" for name, known in versions.items() if name != "affectsim")
    commit = str(values.get("commit", "unknown"))
    version = str(versions.get("affectsim", "unknown"))
    source = "a checkout" if version == "not installed" else f"version {version}"
    text = f"Made with affectsim ({source}{'' if commit == 'unknown' else f', commit {commit}'}) with {named}"
    platform = values.get("platform")
    if isinstance(platform, Mapping):
        text += f", on {platform.get('system')} {platform.get('machine')}"
    text += "."
    seeds = []
    if values.get("seed") is not None:
        seeds.append(
            f"Seed {values['seed']}; random draws are counter-based and keyed by seed, replicate, part and person, so "
            "that what is compared differs in nothing else, and the result is the same for any number of threads."
        )
    if tables:
        numerics = Numerics().model_dump() | dict(_table(tables, "numerics"))
        seeds.append(
            "The three systems of every person are coupled differential equations, integrated by a method of fourth "
            f"order with {numerics['steps_per_tick']} steps in every {number(numerics['tick'])} "
            "minutes, people coupled through their ties."
        )
    seeds.append(
        "The equations, with the source of every number, are those of affectsim/dynamics.py at this commit; the "
        "command affectsim describe prints them in the order of the ODD protocol (Grimm et al. 2020)."
    )
    if values.get("digest"):
        seeds.append(f"Digest of everything that decides a run: {values['digest']}.")
    return Section("Methods", [Words(" ".join([text, *seeds])), *changed(tables, _settings(values))])


def _settings(values: Mapping[str, Any]) -> Mapping[str, Any]:
    found = values.get("settings")
    return found if isinstance(found, Mapping) else {}


def changed(tables: Mapping[str, Any], settings: Mapping[str, Any]) -> list[Block]:
    """Return the parameters of equations, ratings and traits that are not the defaults, as a table."""
    known = {**MODEL, **RATING}
    given = {**settings, **_table(tables, "model"), **_table(tables, "rating")}
    rows = [
        [known[name].meaning, name, number(float(known[name].default)), number(float(value)), known[name].unit]
        for name, value in given.items()
        if name in known and isinstance(value, int | float) and value != known[name].default
    ]
    traits = {**TRAITS, **ATTRIBUTES}
    for name, value in settings.items():
        if name in traits and isinstance(value, int | float) and value != traits[name].median:
            one = traits[name]
            rows.append([one.meaning, name, number(float(one.median)), number(float(value)), one.unit])
    for name, table in _table(_table(tables, "population"), "traits").items():
        for key, value in table.items() if isinstance(table, Mapping) else ():
            default = getattr(traits.get(name), key, None)
            if isinstance(value, int | float) and value != default:
                meaning = traits[name].meaning if name in traits else name
                unit = traits[name].unit if name in traits else ""
                rows.append([f"{meaning}: {key}", f"traits.{name}.{key}", number(default), number(float(value)), unit])
    preset = str(_table(tables, "population").get("preset", "general"))
    more = []
    if tables and preset != "general":
        more = [Words(f"The population {preset} changes traits of the general population: affectsim parts {preset}.")]
    if not tables and not settings:
        return []
    if not rows:
        return [Words("All parameters of the equations have their default values."), *more]
    head = ["Parameter", "Name", "Default", "Here", "Unit"]
    return [Table("Parameters that differ from their defaults", head, rows), *more]


def again(manifest: Manifest) -> Section:
    """Return how to make a result again, and how to see whether it was edited."""
    if not manifest.arguments:
        return Section("How to make it again", [Words("The manifest does not say by which command it was made.")])
    place = manifest.folder.name
    circumstances = manifest.values["circumstances"]
    seconds = circumstances.get("seconds")
    took = f" It took {float(seconds):.3g} s." if isinstance(seconds, int | float) else ""
    command = visible(str(manifest.values.get("command", "")))
    inputs: list[Sequence[str]] = [
        [str(key), visible(str(facts.get("path"))), str(facts.get("sha256"))[:16] + "…"]
        for key, facts in manifest.values.get("inputs", {}).items()
        if isinstance(facts, Mapping)
    ]
    blocks: list[Block] = [
        Words(f"Made on {circumstances.get('created', 'a day that is not known')} (UTC) by this command.{took}"),
        Verbatim(command, "Command"),
        Words("This makes it again, compares every file byte for byte, and names files that were edited since:"),
        Verbatim(f"affectsim rerun {place}", "Command that makes it again"),
    ]
    if inputs:
        blocks.append(Table("Files that went in", ["What", "File", "SHA-256"], inputs))
    return Section("How to make it again", blocks)


def _table(tables: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = tables.get(key)
    return found if isinstance(found, dict) else {}
