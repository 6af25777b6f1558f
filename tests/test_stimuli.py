"""Stimuli: rates over the day, dated events, scripts from files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from affectsim.errors import InputError
from affectsim.parameters import MODEL
from affectsim.stimuli import KINDS, DailyLife, Dated, Script, Shock, mean_background, read_script
from affectsim.world import World, build
from tests.strategies import daily_lives
from tests.worlds import advance, scenario

HEADER = "person,time_h,kind,intensity\n"


@given(daily_lives(), st.sampled_from([0.5, 0.25, 1.0]))
def test_expected_events_per_day_are_the_rate_and_the_night(life: DailyLife, moment: float) -> None:
    expected = life.expected(moment)
    assert expected.shape == (len(KINDS), round(24 / moment))
    assert (expected >= 0).all()
    night = life.night_share * (24 - life.waking_hours) / life.waking_hours
    np.testing.assert_allclose(expected.sum(axis=1), np.array(life.rates) * (1 + night), rtol=1e-12, atol=1e-15)


def test_expected_events_follow_the_clock() -> None:
    by_day = DailyLife(threat=16, wake_hour=7, sleep_hour=23, night_share=0).expected()[0]
    assert by_day[:14].sum() == 0
    assert by_day[46:].sum() == 0
    np.testing.assert_allclose(by_day[14:46], 0.5)


def test_a_night_shift_goes_past_midnight() -> None:
    life = DailyLife(threat=8, wake_hour=20, sleep_hour=4, night_share=0)
    assert life.waking_hours == 8
    by_day = life.expected()[0]
    np.testing.assert_allclose(by_day[:8], 0.5)
    np.testing.assert_allclose(by_day[40:], 0.5)
    assert by_day[8:40].sum() == 0


def test_a_boundary_inside_a_moment_is_shared_out() -> None:
    rates = {"threat": 1, "resource": 1, "affiliative": 1, "ambiguous": 1}
    by_day = DailyLife(**rates, wake_hour=7.25, sleep_hour=8.25, night_share=0).expected()[0]
    np.testing.assert_allclose(by_day[[14, 15, 16]], [0.25, 0.5, 0.25])


def test_daily_life_refuses_hours_that_are_one_and_more_than_a_moment_holds() -> None:
    with pytest.raises(ValidationError, match="sleep_hour must differ from wake_hour"):
        DailyLife(wake_hour=0, sleep_hour=24)
    with pytest.raises(ValidationError, match=r"resource must be at most 2 in 1 hours"):
        DailyLife(wake_hour=7, sleep_hour=8, resource=2.1, affiliative=0, ambiguous=0)


def test_dated_events_have_a_time_and_kicks() -> None:
    exam = Dated(day=3, hour=9.5, threat=1, share=0.2)
    assert exam.time_h == 81.5
    assert exam.kicks == (1.0, 0.0, 0.0, 0.0)
    with pytest.raises(ValidationError, match="nothing would happen"):
        Dated(day=3)


@pytest.mark.parametrize(
    ("group", "message"),
    [({}, "one attribute"), ({"a": 1, "b": 2}, "one attribute"), ({"a": True}, "text or a number"),
     ({"a": float("nan")}, "finite")],
)  # fmt: skip
def test_a_group_is_one_attribute_and_its_value(group: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Shock(day=1, threat=1, group=group)


def test_a_group_keeps_the_type_of_its_value() -> None:
    assert Shock(day=1, threat=1, group={"office": 2}).group == {"office": 2}
    assert Shock(day=1, threat=1, group={"office": "2"}).group == {"office": "2"}


def _script(folder: Path, text: str, people: int | None = 5) -> str:
    path = folder / "diary.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_script(path, people)
    return str(error.value)


def test_script_is_sorted_by_time_whatever_the_order_of_rows(tmp_path: Path) -> None:
    rows = ["3,2.5,threat,1", "0,1,ambiguous,0.5", "1,2.5,affiliative,2", "1,2.5,threat,0"]
    found = []
    for order in (rows, rows[::-1]):
        path = tmp_path / "diary.csv"
        path.write_text("\ufeffkind_of_day," + HEADER + "".join(f"x,{row}\n" for row in order), encoding="utf-8")
        found.append(Script(path=str(path)).read(people=4))
    for events in found:
        assert events.person.tolist() == [0, 1, 1, 3]
        assert events.time_h.tolist() == [1, 2.5, 2.5, 2.5]
        assert [KINDS[code] for code in events.kind] == ["ambiguous", "threat", "affiliative", "threat"]
        assert events.intensity.tolist() == [0.5, 0, 2, 1]


def test_script_without_events_is_fine(tmp_path: Path) -> None:
    (tmp_path / "diary.csv").write_text(HEADER)
    assert read_script(tmp_path / "diary.csv").person.shape == (0,)


def test_script_lists_every_mistake_with_its_line(tmp_path: Path) -> None:
    text = HEADER + "1,nan,threat,1\n-1,2,thraet,inf\n\n9,2\n7,1e99,threat,\n1.5,0,threat,-1\n"
    assert _script(tmp_path, text) == "\n".join(
        [
            "diary.csv: 10 mistakes",
            "  line 2, time_h = nan         must be a number from 0 to 876000 h",
            '  line 3, kind = "thraet"      unknown; did you mean threat?',
            "  line 3, person = -1          must be a whole number from 0 to 4",
            "  line 3, intensity = inf      must be a number from 0 to 100 (input)",
            "  line 5                       has 2 values; the header has 4",
            "  line 6, person = 7           must be a whole number from 0 to 4",
            "  line 6, time_h = 1e99        must be a number from 0 to 876000 h",
            "  line 6, intensity = nothing  must be a number from 0 to 100 (input)",
            "  line 7, person = 1.5         must be a whole number from 0 to 4",
            "  line 7, intensity = -1       must be a number from 0 to 100 (input)",
        ]
    )


def test_script_lists_ten_mistakes_and_counts_the_others(tmp_path: Path) -> None:
    message = _script(tmp_path, HEADER + "x,1,threat,1\n" * 25)
    assert message.count("must be a whole number") == 10
    assert message.endswith("and 15 more like these; 25 mistakes in this file")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1  the file is empty; it needs a header person,time_h,kind,intensity"),
        ("person,time_h,knd,intensity\n", "line 1  no column kind; did you mean knd?"),
        ("person,time_h,kind,kind,intensity\n", "line 1  column kind stands there 2 times"),
        (HEADER + '"1,2,threat,1\n', "line 2  not valid CSV: unexpected end of data"),
        ("a,b\n1,2\n", "line 1  no column person\n  line 1  no column time_h\n  line 1  no column kind\n"
                       "  line 1  no column intensity"),
    ],
)  # fmt: skip
def test_script_that_is_no_script(tmp_path: Path, text: str, message: str) -> None:
    assert message in _script(tmp_path, text)


def test_script_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no file diary\.csv"):
        read_script(tmp_path / "diary.csv")
    with pytest.raises(InputError, match="is a folder"):
        read_script(tmp_path)
    (tmp_path / "diary.csv").write_bytes(b"person,\xff\n")
    with pytest.raises(InputError, match="not a text in UTF-8"):
        read_script(tmp_path / "diary.csv")


@given(st.text(max_size=200))
def test_script_never_fails_but_with_an_input_error(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("script") / "diary.csv"
    path.write_text(HEADER + text, encoding="utf-8", errors="surrogatepass", newline="")
    try:
        events = read_script(path, 5)
    except InputError:
        return
    assert ((events.person >= 0) & (events.person < 5)).all()
    assert np.isfinite(events.intensity).all()


def build_world(people: int, model: dict[str, float]) -> World:
    return build([scenario(people=people, days=60.0, steps=1, network={"kind": "none"}, model=model)])


@pytest.mark.parametrize("numbers", [None, (0.0, 1.0, 72.0), (0.3, 0.2, 0.5), (1.0, 0.1, 6.0)])
def test_mean_background_is_that_of_the_engine(numbers: tuple[float, float, float] | None) -> None:
    """The package's own numbers and others: within 4.9 standard errors (1 in a million), people being independent."""
    mean, sd, time_h = numbers or tuple(
        MODEL[f"background_{name}"].default for name in ("threat", "sd", "time")
    )  # fmt: skip
    people = 6000
    model = {"background_threat": mean, "background_sd": sd, "background_time": time_h, "circumstances_sd": 0.0}
    world = build_world(people, model)
    advance(world, int(max(48, 16 * time_h)))
    lived = world.get(0, "background_threat")
    assert mean_background(mean, sd, time_h) == pytest.approx(lived.mean(), abs=4.9 * lived.std() / np.sqrt(people))
    assert mean_background(mean, 0.0, time_h) == mean
