"""A scenario: everything about a run, frozen and validated.

It is read from TOML (or built in Python), refuses whatever cannot be run with every mistake in one message,
writes itself back without loss, and takes dotted changes:

    office = Scenario.load("office.toml")
    harsher = office.but({"population.traits.self_criticism.median": 2.0})
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self, TypeVar

from pydantic import PrivateAttr

from affectsim.checking import plain
from affectsim.own_parts import practice_of
from affectsim.parameters import MODEL, MOMENT_HOURS, RATING, Trait
from affectsim.parts import Exercise, Network, Part, Stimulus, field, knowing
from affectsim.questionnaires.scales import Questionnaire
from affectsim.scenario_checks import checked, named_files
from affectsim.scenario_files import changed, fingerprint
from affectsim.sections import Bonds, Head, Limits, Numerics, Population, Record, Training
from affectsim.text_files import read_text, read_toml
from affectsim.training.controls import Control, controls
from affectsim.training.programmes import Programme, programme_file

P = TypeVar("P", bound=Part)


class Scenario(Head):
    """The immutable description of a run; see the module for how it is used.

    Raises InputError with every mistake. Relative paths of files are taken from `folder` (the folder of the
    TOML file, or the working folder).
    """

    population: Population = field(unit="", says="who takes part")
    network: Network = field(unit="", says="who knows whom")
    stimuli: tuple[Stimulus, ...] = field(unit="", says="what happens; left out: daily life")
    bonds: Bonds = field(unit="", says="how ties change over the days")
    limits: Limits = field(unit="", says="what keeps training from working for everybody")
    training: Training | None = field(None, unit="", says="who is trained, in what; left out: nobody")
    record: Record = field(unit="", says="what is kept")
    numerics: Numerics = field(unit="", says="how finely time is cut")
    model: dict[str, float] = field(default_factory=dict, unit="", says="changed parameters of the equations")
    rating: dict[str, float] = field(default_factory=dict, unit="", says="changed parameters of momentary ratings")

    _folder: Path = PrivateAttr()
    _source: str = PrivateAttr()
    _modules: tuple[str, ...] = PrivateAttr()

    def __init__(
        self,
        tables: Mapping[str, Any] | None = None,
        /,
        *,
        source: str = "scenario",
        folder: Path | None = None,
        **values: Any,
    ) -> None:
        """Validate `tables` and `values` together: the fields, as models and parts or as plain tables."""
        place = (folder or Path.cwd()).absolute()
        fields = checked(plain({**(tables or {}), **values}), tuple(type(self).model_fields), source, place)
        modules = fields.pop("modules")
        with knowing(modules):
            super().__init__(**fields)
        self._modules = modules
        self._folder = place
        self._source = source

    # ------------------------------------------------------------------------------ in and out

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a TOML file; raises InputError with every mistake."""
        file = Path(path)
        return cls.from_toml(read_text(file, str(path)), source=str(path), folder=file.absolute().parent)

    @classmethod
    def from_toml(cls, text: str, *, source: str = "scenario", folder: Path | None = None) -> Self:
        """Read TOML; `source` is the name in error messages. Raises InputError with every mistake."""
        return cls.from_tables(read_toml(text, source), source=source, folder=folder)

    @classmethod
    def from_tables(cls, tables: Mapping[str, Any], *, source: str = "scenario", folder: Path | None = None) -> Self:
        """Build from plain nested tables, as TOML gives them. Raises InputError with every mistake."""
        return cls(tables, source=source, folder=folder)

    def tables(self) -> dict[str, Any]:
        """Return everything as plain nested tables, defaults written out; a new copy each time."""
        tables: dict[str, Any] = plain(self)
        for exercise in tables.get("training", {}).get("exercises", {}).values():
            del exercise["kind"]
        return tables

    def to_toml(self) -> str:
        """Return TOML that reads back as an equal scenario."""
        import tomli_w

        return tomli_w.dumps(self.tables())

    def but(self, changes: Mapping[str, Any]) -> Self:
        """Return the same scenario with dotted changes, validated anew.

        `changes`: path -> value, such as {"population.size": 50, "stimuli.0.threat": 2.0, "training": None}.
        None takes a key away; an index may name the item behind the last one, which adds it; a new `kind`
        starts that table anew. Raises InputError with every mistake, also for paths that do not exist.
        """
        tables = changed(self.tables(), changes, self._source)
        return type(self).from_tables(tables, source=self._source, folder=self._folder)

    def digest(self) -> str:
        """Return a sha256 (64 hexadecimal digits) of everything that decides a run, contents of files too.

        Equal for equal scenarios in any order of keys; it changes when a file, a default of this package or
        a shipped programme changes. Raises InputError if a file has gone.
        """
        resolved = {
            "scenario": self.tables(),
            "parameters": self.parameters,
            "rating": self.rating_parameters,
            "questionnaires": self.questionnaires(),
            "distributions": {
                name: [trait.shape, trait.median, trait.spread, trait.low, trait.high]
                for name, trait in self.distributions().items()
            },
            "correlations": [[*pair, r] for pair, r in self.correlated_pairs().items() if r],
            "exercises": {kind: part.table() for kind, part in self.exercises().items()},
        }
        return fingerprint(resolved, self.files())

    # --------------------------------------------------------------------------- what it means

    @property
    def folder(self) -> Path:
        """The folder from which relative paths are taken."""
        return self._folder

    @property
    def source(self) -> str:
        """Where the scenario came from, for messages."""
        return self._source

    @property
    def parameters(self) -> dict[str, float]:
        """All parameters of the equations in the order of `parameters.MODEL`, changes applied."""
        return {name: self.model.get(name, known.default) for name, known in MODEL.items()}

    @property
    def rating_parameters(self) -> dict[str, float]:
        """All parameters of momentary ratings in the order of `parameters.RATING`, changes applied."""
        return {name: self.rating.get(name, known.default) for name, known in RATING.items()}

    def questionnaires(self) -> dict[str, dict[str, Any]]:
        """Return everything that decides the scores that are recorded: kind -> plain values."""
        kinds = Questionnaire.kinds()
        return {name: kinds[name].decided_by() for name in self.record.readouts if name in kinds}

    @property
    def moments(self) -> int:
        """Length in moments (half hours)."""
        return round(self.days * 24 / MOMENT_HOURS)

    @property
    def ticks(self) -> int:
        """Length in ticks."""
        return self.moments * self.numerics.ticks_per_moment

    @property
    def arms(self) -> tuple[str, ...]:
        """Worlds of each replicate: training and what it is against, training alone, or untrained alone."""
        if self.training is None:
            return ("untrained",)
        return ("training",) if self.training.against == "nothing" else ("training", self.training.against)

    def distributions(self) -> dict[str, Trait]:
        """Return the distribution of every trait and attribute. Raises InputError if the preset's file is wrong."""
        return self.population.distributions(self._folder)

    def correlated_pairs(self) -> dict[tuple[str, str], float]:
        """Return which traits go together: pair -> r. Raises InputError if the preset's file is wrong."""
        return self.population.correlated_pairs(self._folder)

    def kinds(self, family: type[P]) -> dict[str, type[P]]:
        """Return the parts of a family that this scenario knows, its own among them: kind -> class."""
        with knowing(self._modules):
            return family.kinds()

    def located(self, part: P) -> P:
        """Return a part with the paths of its files made absolute, ready to be read."""
        return part.within(self._folder)

    def programme(self, arm: str = "training") -> Programme | None:
        """Return the programme of an arm, None if nothing is done in it. Raises InputError if its file is wrong."""
        if self.training is None or not (arm == "training" or arm in controls()):
            return None
        training = self.read_programme(self.training.programme, self._folder)
        with knowing(self._modules):
            return training if arm == "training" else Control.load(arm).programme(training)

    def read_programme(self, name: str, folder: Path | None = None) -> Programme:
        """Return a programme, which may name own exercises of the scenario; see `Programme.load`. Raises InputError."""
        with knowing(self._modules):
            return Programme.load(name, folder=folder)

    def exercises(self) -> dict[str, Exercise]:
        """Return the exercises of all arms, changed numbers applied: kind -> part, sorted by kind.

        In the numbers of the engine (`Exercise.during`). Raises InputError if somebody's own exercise cannot say them.
        """
        if self.training is None:
            return {}
        used = {kind for arm in self.arms if (done := self.programme(arm)) for kind in done.exercises()}
        changed, kinds = self.training.exercises, self.kinds(Exercise)
        return {kind: practice_of(changed.get(kind) or kinds[kind]()) for kind in sorted(used)}

    def named_files(self) -> dict[str, str]:
        """Return the files that the scenario names, a programme apart: dotted key -> path as written."""
        return named_files(self.network, self.stimuli, self.population.preset, self.parts)

    def files(self) -> dict[str, Path]:
        """Return every file that is read: dotted key -> absolute path."""
        named = self.named_files()
        found = {key: self._folder / written for key, written in named.items()}
        if self.training is not None:
            found["training.programme"] = programme_file(self.training.programme, folder=self._folder)
            if self.training.against in controls():
                found["training.against"] = controls()[self.training.against]
        return found

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Pickle: with parts of one's own, what is written, since another process must read their files again."""
        if self.parts:
            return _again, (type(self), self.tables(), self._source, self._folder)
        return super().__reduce_ex__(protocol)

    def __eq__(self, other: object) -> bool:
        """Equal: the same tables, with paths taken from the same folder."""
        if not isinstance(other, Scenario):
            return NotImplemented
        return self._folder == other._folder and self.tables() == other.tables()

    def __hash__(self) -> int:
        """Return a hash that agrees with `==`."""
        return hash(fingerprint(self.tables(), {}))

    def __repr__(self) -> str:
        """Return title, length and people."""
        people = "people of the network" if self.population.size is None else f"{self.population.size} people"
        return f"Scenario({self.title!r}, {self.days:g} days, {people}, seed {self.seed})"

    __str__ = __repr__


def _again(cls: type[Scenario], tables: dict[str, Any], source: str, folder: Path) -> Scenario:
    return cls.from_tables(tables, source=source, folder=folder)
