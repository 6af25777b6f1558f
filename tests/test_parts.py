"""Parts: families, kinds, declarations, strictness."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

import pytest
from pydantic import ValidationError

import affectsim.scenario  # noqa: F401  (imports every family)
from affectsim.parts import Exercise, Network, Part, Readout, Stimulus, field, parts
from tests.conformance import explains_itself


class _Weather(Part):
    """A family for these tests only."""


class _Rain(_Weather, kind="rain"):
    """Rain that falls.

    Assumes: everybody gets wet,
    nobody minds.
    """

    amount: float = field(2.0, ge=0, le=50, unit="mm", says="how much", source="measured")
    hours: tuple[int, ...] = field((), unit="h", says="when")
    log: str | None = field(None, unit="file", says="where it is written down")


def test_kinds_are_found_by_walking_subclasses() -> None:
    assert _Weather.kinds() == {"rain": _Rain}
    assert _Weather.kind == ""
    assert _Rain.family() is _Weather
    assert set(Stimulus.kinds()) >= {"daily-life", "dated", "shock", "script"}
    assert {"network", "stimulus", "exercise"} <= set(parts())
    assert parts()["network"] == Network.kinds()


def test_a_step_between_family_and_part_is_no_kind() -> None:
    class _Snow(_Weather):
        """An abstract step."""

    class _Sleet(_Snow, kind="sleet"):
        """Sleet."""

    assert "sleet" in _Weather.kinds()
    assert "" not in _Weather.kinds()
    assert _Snow.kinds() == {"sleet": _Sleet}


def test_a_kind_that_is_taken_is_refused_but_the_same_class_again_replaces_it() -> None:
    def cell() -> type[Part]:
        class _Hail(_Weather, kind="hail"):
            """Hail."""

        return _Hail

    first, second = cell(), cell()
    assert first is not second
    assert _Weather.kinds()["hail"] is second
    with pytest.raises(TypeError, match="kind 'rain' is already taken by _Rain"):
        type("_Other", (_Weather,), {"__doc__": "Other.", "__module__": __name__}, kind="rain")


def test_declaration_says_everything_once() -> None:
    amount = _Rain.declared()["amount"]
    assert (amount.default, amount.low, amount.high, amount.unit) == (2.0, 0, 50, "mm")
    assert (amount.says, amount.source, amount.required) == ("how much", "measured", False)
    assert _Rain.headline() == "Rain that falls."
    assert _Rain.assumes() == "everybody gets wet, nobody minds."


@pytest.mark.parametrize("value", [math.nan, math.inf, -1, 50.1, "3", True, None, [1.0]])
def test_values_are_not_guessed(value: object) -> None:
    with pytest.raises(ValidationError):
        _Rain(amount=value)


def test_parts_are_frozen_and_closed() -> None:
    rain = _Rain(amount=3, hours=[1, 2])  # type: ignore[arg-type]
    assert rain.amount == 3.0
    assert rain.hours == (1, 2)
    with pytest.raises(ValidationError):
        rain.amount = 4.0
    with pytest.raises(ValidationError):
        _Rain(amuont=3)  # type: ignore[call-arg]


def test_table_has_kind_first_and_leaves_nothing_out_but_none() -> None:
    assert list(_Rain().table().items()) == [("kind", "rain"), ("amount", 2.0), ("hours", [])]


def test_files_are_those_declared_as_files() -> None:
    rain = _Rain(log="rain.csv")
    assert rain.files() == (Path("rain.csv"),)
    assert rain.within(Path("/data")).log == "/data/rain.csv"
    assert _Rain(log="/else/rain.csv").within(Path("/data")).log == "/else/rain.csv"
    assert _Rain().files() == ()


def test_problems_between_fields_stop_a_part() -> None:
    class _Span(_Weather, kind="span"):
        """A span."""

        first: int = field(0)
        last: int = field(0)

        def problems(self) -> Iterable[tuple[str, str]]:
            if self.last < self.first:
                yield "last", "must not be before first"

    with pytest.raises(ValidationError, match="last must not be before first"):
        _Span(first=3)


@pytest.mark.parametrize(
    "part", [kind for family in (Stimulus, Exercise, Network, Readout) for kind in family.kinds().values()]
)
def test_every_shipped_part_explains_itself(part: type[Part]) -> None:
    if not part.__module__.startswith("affectsim."):
        pytest.skip("a part of another test")
    explains_itself(part)
