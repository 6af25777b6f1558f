"""The catalogue of parts, parameters and traits, as lines of text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from affectsim.checking import number, range_words, shown
from affectsim.correlations import CORRELATIONS, Correlation
from affectsim.errors import InputError, Mistake, nearest
from affectsim.parameters import DISTRIBUTIONS, MODEL, RATING, Parameter, Trait
from affectsim.parts import Declared, Part, Table, declared
from affectsim.populations import PRESETS, Preset
from affectsim.training.limits import LIMITS, Limit

#: Names people use for a family: as in a scenario.
_PLURALS = {
    "stimuli": "stimulus", "exercises": "exercise", "networks": "network", "readouts": "readout",
    "parameters": "model", "limit": "limits", "trait": "traits", "presets": "preset", "correlation": "correlations",
    "programmes": "programme", "table": "tables", "delivery": "training.delivery", "screening": "training.screening",
}  # fmt: skip


def families() -> dict[str, dict[str, type[Part]]]:
    """Return every family of parts with its kinds."""
    import affectsim.networks.generators
    import affectsim.questionnaires.ratings
    import affectsim.questionnaires.received
    import affectsim.questionnaires.scores
    import affectsim.readouts
    import affectsim.stimuli
    import affectsim.training.exercises  # noqa: F401  (so that all kinds are known)
    from affectsim.parts import parts

    return parts()


def catalogue(name: str | None = None) -> str:
    """Return the catalogue, of everything or of one family or kind; raises InputError if the name is unknown."""
    return _chosen(_entries(families()), name)


def own_catalogue(file: str, name: str | None = None) -> str:
    """Return the catalogue of the parts in somebody's own file, or in the files that a scenario names.

    `file`: a .py or .toml file. `name`: one family or kind of them. Raises InputError if the file, or one that it
    names, cannot be used.
    """
    from affectsim.checking import Findings
    from affectsim.own_parts import parts_of, read_own_parts
    from affectsim.text_files import read_text, read_toml

    path, findings = Path(file), Findings()
    scenario = file.endswith(".toml")
    text = read_text(path, file)
    written = read_toml(text, file).get("parts", []) if scenario else [path.name]
    modules = read_own_parts(written, path.absolute().parent, file, findings)
    findings.stop(file)
    if not modules:
        raise InputError(file, [Mistake("parts", 'names no files; write parts = ["singing.py"] above all tables')])
    found: dict[str, dict[str, type[Part]]] = {}
    for part in (part for module in modules for part in parts_of(module)):
        found.setdefault(part.family().__name__.lower(), {})[part.kind] = part
    return _chosen(_parts(found), name)


def _chosen(everything: Mapping[str, Mapping[str, Callable[[], str]]], name: str | None) -> str:
    found: list[str] = []
    wanted = _PLURALS.get(name or "", name)
    for family, entries in everything.items():
        whole = wanted in (None, family)
        chosen = {kind: write for kind, write in entries.items() if whole or wanted in (kind, f"{family}/{kind}")}
        if chosen:
            found.append(_title(family))
            found += [write() for write in chosen.values()]
    if not found:
        known = {*everything, *(kind for entries in everything.values() for kind in entries)}
        hint = nearest(str(name), known)
        # Nobody reads a list of two hundred names.
        instead = hint if "did you mean" in hint else f"; families: {', '.join(sorted(everything))}"
        raise InputError("parts", [Mistake(str(name), f"unknown{instead}")])
    return "\n\n".join(found)


def _parts(known: Mapping[str, Mapping[str, type[Part]]]) -> dict[str, dict[str, Callable[[], str]]]:
    return {family: {kind: _writer(_part, part) for kind, part in kinds.items()} for family, kinds in known.items()}


def _entries(known: Mapping[str, Mapping[str, type[Part]]]) -> dict[str, dict[str, Callable[[], str]]]:
    """Return family -> name -> how it is written."""
    every = _parts(known)
    every["model"] = {name: _writer(_parameter, one) for name, one in MODEL.items()}
    every["rating"] = {name: _writer(_parameter, one) for name, one in RATING.items()}
    every["tables"] = {name: _writer(_table, (name, one)) for name, one in _tables().items()}
    every["programme"] = {name: _writer(_table, (name, one)) for name, one in _of_a_programme().items()}
    every["limits"] = {name: _writer(_limit, (name, one)) for name, one in LIMITS.items()}
    every["traits"] = {name: _writer(_trait, one) for name, one in DISTRIBUTIONS.items()}
    every["preset"] = {name: partial(_preset, name, one) for name, one in PRESETS.items()}
    every["correlations"] = {" with ".join(one.traits): _writer(_correlation, one) for one in CORRELATIONS}
    return every


def _tables() -> dict[str, type[Table]]:
    """Return the tables of a scenario that are no parts, by their names there."""
    from affectsim import sections
    from affectsim.training.delivery import Delivery, Rule

    return {
        "population": sections.Population, "bonds": sections.Bonds, "training": sections.Training,
        "training.who": sections.Who, "training.delivery": Delivery, "training.screening": Rule,
        "record": sections.Record, "numerics": sections.Numerics,
    }  # fmt: skip


def _of_a_programme() -> dict[str, type[Table]]:
    """Return the tables of a programme file, by their names there."""
    from affectsim.training.programmes import HomePractice, Programme, Session

    return {"programme": Programme, "home": HomePractice, "sessions": Session}


def _writer(write: Callable[[Any], str], what: Any) -> Callable[[], str]:
    return lambda: write(what)


def _title(family: str) -> str:
    says = {
        "stimulus": "stimuli: what happens to people ([[stimuli]] in a scenario)",
        "exercise": "exercises: what people practise ([training.exercises.KIND])",
        "network": "networks: who knows whom ([network])",
        "readout": "readouts: what is kept of a run (record.readouts)",
        "tables": "tables: what else a scenario says ([bonds], [training.delivery] ...)",
        "programme": "programmes: what is practised when (training.programme names one; affectsim new --list)",
        "limits": "limits: what keeps training from working ([limits]; false takes one away from everybody)",
        "model": "model: parameters of the equations ([model])",
        "rating": "rating: how a state becomes a momentary rating ([rating])",
        "preset": "presets: kinds of population (population.preset)",
        "correlations": "correlations: which traits go together ([[population.correlations]], traits and r)",
        "traits": "traits: what differs between people ([population.traits.NAME], median and spread)",
    }.get(family, family)
    return f"{says}\n{'=' * len(says)}"


def _part(part: type[Part]) -> str:
    lines = [f"{part.kind}", *_wrapped(part.headline(), "  ")]
    if assumed := part.assumes():
        lines += _wrapped(f"Assumes: {assumed}", "  ")
    unit = getattr(part, "unit", None)
    if isinstance(unit, str):
        lines.append(f"  Unit: {unit}")
    rows = [_field(known) for known in part.declared().values()]
    return "\n".join([*lines, *_columns(rows)])


def _table(named: tuple[str, type[Table]]) -> str:
    name, one = named
    # Choices, most of them, not measurements: "assumed" alone would say nothing about them.
    fields = [k._replace(source="" if k.source == "assumed" else k.source) for k in declared(one).values()]
    rows = [_field(known) for known in fields]
    return "\n".join([name, *_wrapped((one.__doc__ or "").partition("\n")[0], "  "), *_columns(rows)])


def _field(known: Declared) -> tuple[str, str, str, str]:
    default = "required" if known.required else "left out" if known.default is None else _default(known.default)
    allowed = range_words(known.low, known.high, known.unit, known.low_is_allowed) or _unit(known.unit)
    # Names and files are not measured, so "assumed" would say nothing about them.
    measured = known.source and known.unit not in ("", "file")
    return known.name, default, allowed, f"{known.says} [{known.source}]" if measured else known.says


def _default(value: Any) -> str:
    inside = value[:1] if isinstance(value, tuple) else (value,)
    return "a table" if any(isinstance(one, (Table, Mapping)) for one in inside) else shown(value)


def _unit(unit: str) -> str:
    return {"": "", "1": "number", "file": "path of a file"}.get(unit, unit)


def _parameter(one: Parameter) -> str:
    allowed = range_words(one.low, one.high, one.unit)
    lines = _wrapped(f"{one.meaning} [{one.source}]", "  ")
    return "\n".join([f"{one.name} = {number(one.default)}   ({allowed})", *lines])


def _trait(one: Trait) -> str:
    what = "logarithm" if one.shape == "lognormal" else "logit"
    head = f"{one.name}   median {number(one.median)}, spread {number(one.spread)} (SD of the {what})"
    lines = _wrapped(f"{one.meaning} [{one.source}]", "  ")
    return "\n".join([f"{head}   ({range_words(one.low, one.high, one.unit)})", *lines])


def _limit(named: tuple[str, Limit]) -> str:
    name, one = named
    values = ", ".join(f"{trait} = {number(value)}" for trait, value in one.traits.items())
    return "\n".join([f"{name} = true", *_wrapped(one.says, "  "), *_wrapped(f"Without it: {values}", "  ")])


def _preset(name: str, one: Preset) -> str:
    lines = [name, *_wrapped(one.says, "  "), *_wrapped(one.about, "  "), *_wrapped(f"[{one.source}]", "  ")]
    for trait, change in one.changes().items():
        numbers = ", ".join(f"{key} {number(value)}" for key, value in change.items())
        lines += _wrapped(f"{trait}: {numbers} [{one.traits[trait].source}]", "    ")
    return "\n".join([*lines, *(f"    {_correlation(two)}" for two in one.correlations)])


def _correlation(one: Correlation) -> str:
    return f"{' with '.join(one.traits)}: r = {number(one.r)} [{one.source}]"


def _columns(rows: list[tuple[str, str, str, str]]) -> Iterable[str]:
    if not rows:
        return
    head = ("field", "default", "allowed", "meaning [source]")
    widths = [max(len(row[n]) for row in [head, *rows]) for n in range(3)]
    for row in [head, *rows]:
        cells = "  ".join(f"{row[n]:<{widths[n]}}" for n in range(3))
        yield f"    {cells}  {row[3]}".rstrip()


def _wrapped(words: str, indent: str) -> list[str]:
    import textwrap

    # Names have hyphens: cut there, nobody finds them.
    return textwrap.wrap(words, 100, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
