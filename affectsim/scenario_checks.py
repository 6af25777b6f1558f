"""Whether a scenario can be run: every table read, and every check across tables, before it says no.

Each check across tables is skipped where one of the values it needs is wrong itself, so that nobody is told
about the consequences of a mistake on top of the mistake.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from affectsim.checking import (
    Findings,
    dotted,
    range_words,
    read_model,
    read_overrides,
    read_part,
    unknown_keys,
    wrong_type,
)
from affectsim.correlations import CORRELATIONS
from affectsim.errors import InputError, Mistake
from affectsim.mistakes import Mistakes
from affectsim.networks.generators import Generated, SmallWorld
from affectsim.networks.table import MOST_TIES
from affectsim.own_parts import practice_of, read_own_parts
from affectsim.parameters import RATING
from affectsim.parts import Exercise, Network, Part, Stimulus, knowing
from affectsim.populations import check_correlations, is_file, load_preset, read_correlations, read_traits
from affectsim.sections import (
    MOST_PEOPLE,
    Bonds,
    Head,
    Limits,
    Numerics,
    Population,
    Record,
    Training,
)
from affectsim.stimuli import DailyLife
from affectsim.text_files import missing_file
from affectsim.training.controls import Control, controls
from affectsim.training.delivery import SCREENING
from affectsim.training.programmes import Programme

#: Most numbers of one variable that a run may record: 16 GB as float32, a limit of this package.
MOST_RECORDED = 4_000_000_000


#: Tables of files that name a scenario, and what reads them.
_OTHERS = {
    "sweep": "affectsim sweep FILE --dry-run checks it",
    "trial": "affectsim trial FILE",
    "optimise": "affectsim optimise FILE",
    "course": "affectsim practitioners FILE",
}


def checked(values: Mapping[str, Any], fields: Sequence[str], source: str, folder: Path) -> dict[str, Any]:
    """Return the validated fields of a scenario from plain tables, and `modules`: those of its own parts.

    `fields`: the names a scenario knows. `source`: its name in messages; relative paths of files are taken
    from `folder`. Raises InputError with every mistake.
    """
    findings = Findings()
    for table, command in _OTHERS.items():
        if isinstance(values.get(table), Mapping):
            raise InputError(source, [Mistake(table, f"belongs to another kind of file: {command}")])
    unknown_keys(values, fields, "", findings)
    given = {key: value for key, value in values.items() if value is not None}
    modules = read_own_parts(given.get("parts", ()), folder, source, findings)
    with knowing(modules):
        return _checked(given, modules, findings, source, folder)


def _checked(
    given: Mapping[str, Any], modules: tuple[str, ...], findings: Findings, source: str, folder: Path
) -> dict[str, Any]:
    head = read_model(Head, {key: given[key] for key in Head.model_fields if key in given}, "", findings)
    population = _read_population(given.get("population", {}), source, folder, findings)
    network: Network | None = SmallWorld()
    if "network" in given:
        network = read_part(Network, given["network"], "network", findings)
    stimuli: list[Stimulus | None] = [DailyLife()]
    if "stimuli" in given:
        stimuli = _read_stimuli(given["stimuli"], findings)
    training = _read_training(given["training"], findings) if "training" in given else None
    bonds = read_model(Bonds, given.get("bonds", {}), "bonds", findings)
    limits = read_model(Limits, given.get("limits", {}), "limits", findings)
    record = read_model(Record, given.get("record", {}), "record", findings)
    numerics = read_model(Numerics, given.get("numerics", {}), "numerics", findings)
    model = read_overrides(given.get("model", {}), "model", findings)
    rating = read_overrides(given.get("rating", {}), "rating", findings, RATING)

    _check_names(stimuli, findings)
    _check_files(network, stimuli, source, folder, findings)
    _check_days(head, stimuli, training, record, findings)
    _check_people(population, network, record, findings)
    _check_recorded(head, population, record, findings)
    _check_programme(training, folder, findings)
    _check_unused(training, findings)
    findings.stop(source)
    assert head is not None
    return {
        "modules": modules,
        **{key: getattr(head, key) for key in Head.model_fields},
        "population": population,
        "network": network,
        "stimuli": tuple(stimuli),
        "limits": limits,
        "training": training,
        "bonds": bonds,
        "record": record,
        "numerics": numerics,
        "model": model,
        "rating": rating,
    }


def _read_population(values: Any, source: str, folder: Path, findings: Findings) -> Population | None:
    if not isinstance(values, Mapping):
        return read_model(Population, values, "population", findings)
    given = dict(values)
    if "traits" in given:
        given["traits"] = read_traits(given["traits"], "population.traits", findings)
    own = read_correlations(given.get("correlations", []), "population.correlations", findings)
    if "correlations" in given:
        given["correlations"] = own
    population = read_model(Population, given, "population", findings)
    if population is None or findings.touch("population.preset"):
        return population
    try:
        preset = load_preset(population.preset, folder, source)
    except InputError as error:
        _add_inside(error, "population.preset", population.preset, findings)
        return population
    if not findings.touch("population.correlations", "population.correlated"):
        check_correlations([CORRELATIONS, preset.correlations], own, "population.correlations", findings)
    return population


def _add_inside(error: InputError, key: str, written: str, findings: Findings) -> None:
    """Note the mistakes of a file at the key that names it."""
    for mistake in error.mistakes:
        inside = mistake.where if mistake.where != written else ""
        findings.add(key, f"{inside}: {mistake.message}" if inside else mistake.message, written)


def _check_names(stimuli: Sequence[Stimulus | None], findings: Findings) -> None:
    """Note every stimulus that has the name of one of its kind before it."""
    known = set()
    for number, stimulus in enumerate(stimuli):
        name = getattr(stimulus, "name", None)
        if stimulus is not None and name is not None:
            if (stimulus.kind, name) in known:
                findings.add(f"stimuli.{number}.name", f"another {stimulus.kind} has that name", name)
            known.add((stimulus.kind, name))


def _read_stimuli(values: Any, findings: Findings) -> list[Stimulus | None]:
    if not isinstance(values, (list, tuple)):
        findings.add("stimuli", wrong_type("a list of tables [[stimuli]]", values), values)
        return []
    return [read_part(Stimulus, value, f"stimuli.{number}", findings) for number, value in enumerate(values)]


def _read_training(values: Any, findings: Findings) -> Training | None:
    if not isinstance(values, Mapping) or "exercises" not in values:
        return read_model(Training, values, "training", findings)
    tables, exercises = values["exercises"], {}
    if not isinstance(tables, Mapping):
        findings.add("training.exercises", wrong_type("a table", tables), tables)
        tables = {}
    unknown_keys(tables, Exercise.kinds(), "training.exercises", findings)
    for kind in sorted(set(tables) & set(Exercise.kinds())):
        table = {"kind": kind, **tables[kind]} if isinstance(tables[kind], Mapping) else tables[kind]
        exercise = read_part(Exercise, table, f"training.exercises.{kind}", findings)
        if exercise is not None:
            exercises[kind] = exercise
    return read_model(Training, {**values, "exercises": exercises}, "training", findings)


def named_files(
    network: Network | None, stimuli: Iterable[Stimulus | None], preset: str = "", own: Iterable[str] = ()
) -> dict[str, str]:
    """Return the files that parts, an own `preset` and the list of `own` parts name: dotted key -> path as written."""
    places: list[tuple[str, Part | None]] = [("network", network)]
    places += [(f"stimuli.{number}", part) for number, part in enumerate(stimuli)]
    found = {f"parts.{number}": written for number, written in enumerate(own)}
    if is_file(preset):
        found["population.preset"] = preset
    for where, part in places:
        files = set(part.files()) if part else set()
        for name in type(part).model_fields if part and files else ():
            value = getattr(part, name)
            if isinstance(value, str) and Path(value) in files:
                found[dotted(where, name)] = value
    return found


def _check_files(network: Any, stimuli: Any, source: str, folder: Path, findings: Findings) -> None:
    for key, written in named_files(network, stimuli).items():
        if not findings.touch(key) and (message := missing_file(folder / written, written, source)):
            findings.add(key, message, written)


def _check_days(head: Any, stimuli: Any, training: Any, record: Any, findings: Findings) -> None:
    """Check that everything dated lies inside the run."""
    if head is None or findings.touch("days"):
        return
    dated = [(f"stimuli.{number}.day", getattr(part, "day", None)) for number, part in enumerate(stimuli)]
    dated.append(("training.start_day", training.start_day if training else None))
    for where, day in dated:
        if day is not None and day >= head.days and not findings.touch(where):
            findings.add(where, f"must be below days ({head.days:g})", day)
    for number, part in enumerate(stimuli):
        # On the last day of a run that does not end at midnight.
        hour, day = f"stimuli.{number}.hour", getattr(part, "day", None)
        if day is not None and day < head.days <= day + getattr(part, "hour", 0.0) / 24 and not findings.touch(hour):
            most = 24 * (head.days - day)
            findings.add(
                hour, f"must be below {most:g} on day {day}: the run ends there ({head.days:g} days)", part.hour
            )
    if record and not findings.touch("record.every") and record.every_hours > head.days * 24:
        findings.add("record.every", f"must be at most days ({head.days:g})", record.every)


def _check_people(population: Any, network: Any, record: Any, findings: Findings) -> None:
    """Check that the number of people is known and fits the network and the record."""
    if population is None or network is None or findings.touch("population.size"):
        return
    size = population.size
    if size is None:
        if not network.files() and not findings.touch("network"):
            rule = f"number of people ({range_words(1, MOST_PEOPLE)}); only a network file brings its own"
            findings.add("population.size", f"missing: {rule}")
        return
    if isinstance(network, Generated) and not findings.touch("network"):
        found = Mistakes("network")
        network.check(size, found)
        for mistake in found.listed:
            findings.add(dotted("network", mistake.where), mistake.message)
        if (ties := network.expected(size)) > MOST_TIES:
            would = f"would have {ties:,.0f} ties in a {network.kind} network"
            message = f"{would}; at most {MOST_TIES:,} are allowed"
            findings.add("population.size", message, size)
    if record is None or findings.touch("record.people"):
        return
    people = record.people
    beyond = [row for row in people if row >= size] if isinstance(people, tuple) else []
    if beyond:
        message = f"must be below population.size ({size}): {beyond[0]} is not"
        findings.add("record.people", message, people)
    elif isinstance(people, int) and people > size:
        findings.add("record.people", f"must be at most population.size ({size})", people)


def _check_recorded(head: Any, population: Any, record: Any, findings: Findings) -> None:
    """Check that a slip does not fill the disk."""
    if findings.touch("days", "record", "population.size") or not (head and population and record):
        return
    if population.size is None:
        return
    numbers = record.count(population.size) * head.days * 24 / record.every_hours * head.replicates
    if numbers > MOST_RECORDED:
        message = (
            f"would keep {numbers:.2g} numbers of every variable; at most {MOST_RECORDED:.2g} are allowed: "
            'record fewer people (people = 1000) or less often (every = "1 week")'
        )
        findings.add("record", message)


def _check_programme(training: Any, folder: Path, findings: Findings) -> None:
    if training is None or findings.touch("training.programme"):
        return
    try:
        programme = Programme.load(training.programme, folder=folder)
    except InputError as error:
        _add_inside(error, "training.programme", training.programme, findings)
        return
    used = set(programme.exercises())
    if training.against in controls() and not findings.touch("training.against"):
        used |= set(Control.load(training.against).programme(programme).exercises())
    for kind in training.exercises:
        if kind not in used:
            names = ", ".join(sorted(used))
            findings.add(f"training.exercises.{kind}", f"is not part of the programme (which has {names})")
    delivery = training.delivery
    if delivery.therapists and delivery.capacity < programme.group_size and not findings.touch("training.delivery"):
        message = f"must hold a whole group of the programme ({programme.group_size} people)"
        findings.add("training.delivery.capacity", message, delivery.capacity)
    _check_exercises(training, programme, findings)


def _check_unused(training: Any, findings: Findings) -> None:
    """Refuse what would have no effect: rules by which nobody is screened, room with no therapist to have it."""
    if training is None:
        return
    if training.who.unless is None and training.screening != SCREENING and not findings.touch("training.screening"):
        findings.add("training.screening", 'nobody is screened by these rules: add who.unless = "not suitable"')
    room = type(training.delivery).model_fields["capacity"].default
    where = "training.delivery.capacity"
    if training.delivery.therapists is None and training.delivery.capacity != room and not findings.touch(where):
        message = "is the room of one therapist and has no effect without them: add delivery.therapists"
        findings.add(where, message, training.delivery.capacity)


def _check_exercises(training: Any, programme: Programme, findings: Findings) -> None:
    """Check that every exercise of the programme has its numbers and can say what they mean to the engine."""
    for kind in programme.exercises():
        where = f"training.exercises.{kind}"
        if findings.touch(where):
            continue
        exercise = training.exercises.get(kind) or read_model(Exercise.kinds()[kind], {}, where, findings)
        try:
            if exercise is not None and not findings.touch(where):
                practice_of(exercise)
        except InputError as error:
            for mistake in error.mistakes:
                findings.add(where, f"{mistake.where}: {mistake.message}")
