"""Parts: the declared, validated pieces from which a scenario is put together.

A part is one class with fields, in a family (what happens to people, what is practised, who knows
whom). One declaration gives its form in TOML, its entry in `affectsim parts`, its error messages and
its bounds for sampling:

    class Singing(Exercise, kind="singing"):
        '''Singing together. Assumes: warms those who are present, trains nothing.'''

        warmth: float = field(0.6, ge=0, le=2, unit="input", says="soothing input", source="assumed")

There is no registry: `Family.kinds()` walks the subclasses that Python knows anyway. Parts from people's own
files (`affectsim.own_parts`) are among them only where a scenario that names the file is at work.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from affectsim import calibrated
from affectsim.errors import CLEAN, clean

if TYPE_CHECKING:
    from affectsim.networks.ties import Community

#: How every validated model here behaves: no guessing of types, no unknown keys, no NaN, no changes.
#: Validators are built on first use, so that listing parts or asking for help does not wait for them.
STRICT = ConfigDict(defer_build=True, frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


#: What a part can be called: its name is a key in TOML, a word on the command line, a variable in a file of results.
_KIND = re.compile(r"\w[\w-]*")

#: Modules made of people's own files have names that begin like this.
OWN = "affectsim_own_"
_known_modules: ContextVar[frozenset[str]] = ContextVar("own modules that are known", default=frozenset())


@contextmanager
def knowing(modules: Iterable[str]) -> Iterator[None]:
    """Let `kinds` know the parts of these own modules, and of no others, for as long as the block lasts."""
    before = _known_modules.set(frozenset(modules))
    try:
        yield
    finally:
        _known_modules.reset(before)


def field(
    default: Any = ...,
    *,
    ge: float | None = None,
    le: float | None = None,
    gt: float | None = None,
    unit: str = "1",
    says: str = "",
    source: str = "assumed",
    **more: Any,
) -> Any:
    """Declare one value of a part.

    `default`: the value if none is given; `...` (or nothing) makes the field required.
    `ge`, `le`: inclusive bounds; `gt`: exclusive lower bound; all in `unit`.
    `unit`: "1" for shares and pure numbers, "" for what has none (names), "file" for the path of a file.
    `says`: the meaning, in words. `source`: a publication, a measurement, or the word "assumed".
    Anything else (`alias`, `default_factory`, `max_length` ...) goes to `pydantic.Field` unchanged.
    """
    if "default_factory" not in more:
        more["default"] = default
    return Field(
        ge=ge,
        le=le,
        gt=gt,
        description=says or None,
        json_schema_extra={"unit": unit, "says": says, "source": source},
        **more,
    )


class Declared(NamedTuple):
    """What is known about one field: bounds in `unit` (None: unbounded), `default` (None if `required`)."""

    name: str
    type: str
    default: Any
    required: bool
    low: float | None
    high: float | None
    low_is_allowed: bool
    unit: str
    says: str
    source: str


def declared(model: type[BaseModel]) -> dict[str, Declared]:
    """Return the fields of a model as TOML names them (aliases), in order of declaration."""
    named = ((info.alias or name, info) for name, info in model.model_fields.items())
    return {name: _declared(name, info) for name, info in named}


def _declared(name: str, info: FieldInfo) -> Declared:
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    low = high = None
    low_is_allowed = True
    for constraint in info.metadata:
        if (bound := getattr(constraint, "ge", None)) is not None:
            low = bound
        if (bound := getattr(constraint, "gt", None)) is not None:
            low, low_is_allowed = bound, False
        if (bound := getattr(constraint, "le", None)) is not None:
            high = bound
    required = info.is_required()
    return Declared(
        name=name,
        type=info.annotation.__name__ if isinstance(info.annotation, type) else str(info.annotation),
        default=None if required else info.get_default(call_default_factory=True, validated_data={}),
        required=required,
        low=low,
        high=high,
        low_is_allowed=low_is_allowed,
        unit=str(extra.get("unit", "")),
        says=str(extra.get("says", "")),
        source=str(extra.get("source", "")),
    )


class Table(BaseModel):
    """Base of everything validated: frozen, strict, closed; unknown names, wrong types, NaN, inf refused."""

    model_config = STRICT

    def problems(self) -> Iterable[tuple[str, str]]:
        """Yield (field, message) for what is wrong between fields; override it where fields belong together.

        A message names every other field it depends on: where one of those is wrong itself, it is not said.
        """
        return ()

    @model_validator(mode="before")
    @classmethod
    def _lists_are_tuples(cls, values: Any) -> Any:
        # TOML knows lists only; here they are tuples, so that nothing can change them later.
        if not isinstance(values, Mapping):
            return values
        return {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}

    @model_validator(mode="after")
    def _no_problems(self) -> Self:
        if found := tuple(self.problems()):
            words = "; ".join(f"{name} {message}" for name, message in found)
            raise PydanticCustomError("problems", "{words}", {"problems": found, "words": words})
        return self


class Part(Table):
    """Base of all parts: a named class of a family.

    Fields that hold the path of a file are declared with `unit="file"` (or `files` and `within` are
    overridden): the scenario then looks for the file next to itself, and its digest covers the content.
    """

    #: Name in TOML; empty on families, which cannot be used themselves.
    kind: ClassVar[str] = ""
    #: Where `affectsim.calibrated` has numbers of this part; exercises are found by their kind.
    calibrated_as: ClassVar[str] = ""

    def __init_subclass__(cls, kind: str = "", **more: Any) -> None:
        """Give the class its name in TOML (`kind`)."""
        super().__init_subclass__(**more)
        # A family, or an abstract step between a family and its parts, has no kind of its own.
        cls.kind = kind

    @classmethod
    def __pydantic_init_subclass__(cls, kind: str = "", **more: Any) -> None:
        """Refuse a name that cannot be used or that a different part has, and texts no file takes (TypeError)."""
        super().__pydantic_init_subclass__(**more)
        if not kind:
            return
        if not isinstance(kind, str) or not _KIND.fullmatch(kind):
            raise TypeError(f"{cls.__name__}: kind {kind!r} cannot be used; allowed: letters, digits, _ and -")
        if not clean(cls.__doc__ or ""):
            raise TypeError(f"{cls.__name__}: what it says of itself {CLEAN}")
        cls._take_calibrated()
        family = cls.family()
        for other in _known(family):
            same_place = (other.__module__, other.__qualname__) == (cls.__module__, cls.__qualname__)
            # The same class again (a notebook cell run twice) replaces the older one.
            if other is not cls and alike(other.kind, kind) and not same_place:
                raise TypeError(f"{family.__name__} kind {kind!r} is already taken by {other.__qualname__}")

    @classmethod
    def _take_calibrated(cls) -> None:
        """Put calibrated numbers in the place of the defaults of fields; validators are built later."""
        # Not inherited: what somebody builds on a calibrated part keeps the numbers that it says itself.
        place = vars(cls).get("calibrated_as", "")
        if cls.family().__name__ == "Exercise":
            place = place or f"training.exercises.{cls.kind}"
        if not place:
            return
        for name, info in cls.__pydantic_fields__.items():
            if isinstance(info.default, float) and isinstance(info.json_schema_extra, dict):
                source = str(info.json_schema_extra["source"])
                info.default, info.json_schema_extra["source"] = calibrated.number(
                    f"{place}.{name}", info.default, source
                )

    @classmethod
    def family(cls) -> type[Part]:
        """Return the family this class belongs to: its ancestor directly below `Part`."""
        for ancestor in reversed(cls.__mro__):
            if ancestor is not Part and isinstance(ancestor, type) and issubclass(ancestor, Part):
                return ancestor
        return Part

    @classmethod
    def kinds(cls) -> dict[str, type[Self]]:
        """Return every concrete part below this class that has been imported: kind -> class, by name.

        Parts of people's own files only inside `knowing`.
        """
        found = {part.kind: part for part in _known(cls) if part.kind}
        return dict(sorted(found.items()))

    @classmethod
    def headline(cls) -> str:
        """Return the first line of the docstring, as far as it says what the part is: the part in one line."""
        first = inspect.getdoc(cls).splitlines()[0] if cls.__doc__ else ""  # type: ignore[union-attr]
        return first.partition("Assumes:")[0].strip()

    @classmethod
    def assumes(cls) -> str:
        """Return what the docstring says after "Assumes:", on one line; empty if it says nothing."""
        text = " ".join((inspect.getdoc(cls) or "").split())
        return text.partition("Assumes:")[2].strip()

    @classmethod
    def declared(cls) -> dict[str, Declared]:
        """Return the fields with default, bounds, unit, meaning and source: name -> `Declared`."""
        return declared(cls)

    def _paths(self) -> dict[str, str]:
        files = {name for name, known in declared(type(self)).items() if known.unit == "file"}
        values = {name: getattr(self, name) for name in type(self).model_fields if name in files}
        return {name: value for name, value in values.items() if value is not None}

    def files(self) -> tuple[Path, ...]:
        """Return the files that this part reads, as written."""
        return tuple(Path(value) for value in self._paths().values())

    def within(self, folder: Path) -> Self:
        """Return the same part with its paths taken relative to `folder` (absolute ones stay)."""
        return self.model_copy(update={name: str(folder / value) for name, value in self._paths().items()})

    def table(self) -> dict[str, Any]:
        """Return the part as plain values for TOML: `kind` first, values that are None left out."""
        values = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        return {"kind": self.kind, **values}


def alike(one: str, other: str) -> bool:
    """Return whether two kinds are the same name: columns and variables spell - as _."""
    return one.replace("-", "_") == other.replace("-", "_")


P = TypeVar("P", bound="Part")


def _descendants(cls: type[P]) -> list[type[P]]:
    found = []
    for child in cls.__subclasses__():
        found += [child, *_descendants(child)]
    return found


def _known(cls: type[P]) -> list[type[P]]:
    modules = _known_modules.get()
    return [part for part in _descendants(cls) if not part.__module__.startswith(OWN) or part.__module__ in modules]


class Stimulus(Part):
    """What happens to people: a source of threat, resource, affiliative or ambiguous events."""


class Exercise(Part):
    """What people practise: an acute effect, what it trains, when it fails."""

    def during(self) -> Exercise:
        """Return the exercise in the numbers of the engine, a `training.exercises.Practice`.

        One that is a `Practice` is that already. Others have fields of their own and say here what they mean.
        """
        return self


class Network(Part):
    """Who knows whom: a source of ties between people."""

    def build(self, people: int | None, seed: int) -> Community:
        """Return the community of `people` (None: as many as the part says itself) that `seed` draws.

        Every concrete network says how. Raises InputError if it cannot have that many people.
        """
        raise NotImplementedError


class Readout(Part):
    """What is read from the state: a quantity per person and time."""


def parts() -> dict[str, dict[str, type[Part]]]:
    """Return every family with its parts, as far as imported: family name in small letters -> kinds."""
    return {family.__name__.lower(): dict(family.kinds()) for family in Part.__subclasses__()}
