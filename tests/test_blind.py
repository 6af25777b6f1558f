"""The second card: published numbers that the model had never been held against before its first run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from click.testing import CliRunner

from affectsim.cli.evidence import evidence
from affectsim.evidence import blind, calibrate, card, files, readings
from affectsim.evidence.entries import Entry, entries
from affectsim.evidence.free import STAGES
from affectsim.evidence.studies import SECOND, STUDIES
from affectsim.readouts import Measure
from tests.test_evidence import as_shown

README = Path(__file__).parents[1] / "experiments" / "evidence" / "README.md"


def entry(*of: str | float, study: str = "kindness") -> Entry:
    return Entry("a.b", "blind", 0.5, None, "", (study,), "", "near", "", tolerance=0.1, of=of)


class World:
    """A world of made-up scores, already turned so that more is benefit: (arm, week, person)."""

    before, after = 0, 1

    def __init__(self, **scores: np.ndarray) -> None:
        self._scores = scores
        self.control = xr.Dataset(
            {name: (("time", "person"), np.asarray(made[1], dtype=float)) for name, made in scores.items()}
        )

    def scores(self, name: str, arm: str, week: int) -> np.ndarray:
        return np.asarray(self._scores[name][0 if arm == "training" else 1][week], dtype=float)

    def change(self, names: list[str], arm: str) -> np.ndarray:
        return np.mean([self.scores(one, arm, 1) - self.scores(one, arm, 0) for one in names], axis=0)

    def effect(self, name: str, week: int) -> float:
        return float(week) if name == "one" else 10.0 * week


class Seen(readings.Seen):
    """What readings see, made up."""

    def __init__(
        self, world: World | None = None, scores: dict[str, list[float]] | None = None,
        ratings: pd.DataFrame | None = None,
    ) -> None:  # fmt: skip
        self._world, self._scores, self._rows = world, scores or {}, ratings

    def world(self, study: str) -> World:  # type: ignore[override]
        assert study == "kindness" and self._world is not None
        return self._world

    def score(self, name: str) -> np.ndarray:
        return np.asarray(self._scores[name])

    @property
    def ratings(self) -> pd.DataFrame | None:
        return self._rows


def read(seen: Seen, *of: str | float) -> float:
    reading, *rest = of
    return readings.READINGS[str(reading)][0](seen, entry(*of), *rest)


# ------------------------------------------------------------------------------------ what is published


def test_every_entry_says_what_is_simulated_how_and_when_it_counts_as_inside() -> None:
    scores = {kind.replace("-", "_") for kind in Measure.kinds()}
    names = [one.name for one in blind.entries()]
    assert len(set(names)) == len(names) == 48
    for one in blind.entries():
        assert one.role in ("blind", "calibrate") and one.source and one.reason and one.computed
        assert set(one.studies) <= set(SECOND) and one.of[0] in readings.READINGS
        named = [part for part in one.of[1:] if isinstance(part, str) and part.endswith("_score")]
        assert named and set(named) <= scores
        assert one.range[0] < one.range[1]
        if isinstance(one.published, float):
            assert one.range[0] <= one.published <= one.range[1]


def test_effects_are_read_within_the_run() -> None:
    for one in blind.entries():
        study = SECOND[one.studies[0]]
        if one.of[0] == "later":
            assert 7 * float(one.of[1]) <= study.follow_up
        if one.of[0] == "stability":
            assert 7 * float(one.of[2]) <= study.days - 14


def test_no_entry_of_the_second_card_is_on_the_first_and_those_called_blind_are_not_fitted() -> None:
    mine = {one.name: one.role for one in blind.entries()}
    assert not mine.keys() & {one.name for one in entries()}
    fitted = {one.name for stage in STAGES.values() for one in calibrate.objective_entries(stage)}
    assert {name for name, role in mine.items() if role == "calibrate"} == mine.keys() & fitted
    assert not {name for name in SECOND if name not in ("diaries", "survey")} & set(STUDIES)


# ------------------------------------------------------------------------------------ how values are computed


def test_fitted_and_blind_entries_of_one_group_have_a_header_each() -> None:
    known = [entry()._replace(role=role, name=f"a.{role}", source="B") for role in ("blind", "calibrate")]
    shown = card.table([card.Row(one, 0.5, 0.4, 0.6, True) for one in known])
    first, second = (shown.index(f"a ({role})") for role in ("blind", "calibrate"))
    assert first < shown.index("inside  blind") < second < shown.index("inside  calibrate")
    assert "fitted (calibrate): 1 of 1 inside" in shown and "not fitted (blind at first): 1 of 1 inside" in shown


def test_correlations_are_those_of_numpy_and_the_largest_is_found() -> None:
    scores = {"a": [1.0, 2.0, 3.0], "b": [1.0, 2.0, 4.0], "c": [3.0, 1.0, 2.0]}
    seen = Seen(scores=scores)
    expected = float(np.corrcoef(scores["a"], scores["b"])[0, 1])
    assert read(seen, "correlation", "a", "b") == pytest.approx(expected)
    assert read(seen, "largest", "c", "b", "a") == pytest.approx(expected)


def test_an_effect_is_the_mean_over_scores_at_its_week() -> None:
    seen = Seen(World(one=np.zeros((2, 2, 2))))
    assert read(seen, "effect", "one") == 1.0 and read(seen, "effect", "one", "other") == 5.5
    assert read(seen, "later", 4, "one", "other") == 27.5


def test_stability_is_that_of_people_who_are_not_trained() -> None:
    trained, waiting = np.array([[1, 2, 3], [3, 1, 2]]), np.array([[1, 2, 3], [1, 2, 4]])
    seen = Seen(World(one=np.array([trained, waiting])))
    assert read(seen, "stability", "one", 1) == pytest.approx(np.corrcoef(waiting)[0, 1])


def test_more_for_more_is_the_difference_of_slopes() -> None:
    before = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    # In training everybody gains .3 for each point that they start worse, in waiting .1.
    made = np.array([[before, before + 1 - 0.3 * before], [before, before - 0.1 * before]])
    assert read(Seen(World(one=made)), "more-for-more", "one") == pytest.approx(0.2)


def diary(*people: list[list[float]]) -> pd.DataFrame:
    """Rows of people, each a list of days of ratings; all three systems alike."""
    rows = [
        (person, day, value) for person, days in enumerate(people) for day, ratings in enumerate(days)
        for value in ratings
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["person", "day", "threat"])
    return table.assign(drive=table["threat"], soothing=table["threat"])


def test_spread_instability_and_inertia_of_a_person_by_hand() -> None:
    rows = diary([[0.0, 1.0, 0.0], [0.0, 1.0]], [[0.0, 0.0, 1.0, 1.0]])
    assert readings._spread(rows)["threat"].tolist() == pytest.approx([np.std([0, 1, 0, 0, 1], ddof=1), np.sqrt(1 / 3)])
    # The step of 0 from one day to the next does not count: three steps of 1; then 0, 1, 0.
    assert readings._instability(rows)["drive"].tolist() == pytest.approx([1.0, np.sqrt(1 / 3)])
    first = np.array([-0.4, 0.6, -0.4, -0.4, 0.6])
    pairs = [(0, 1), (1, 2), (3, 4)]
    products, here, before = (
        sum(first[a] * first[b] for a, b in pairs), sum(first[b] ** 2 for _, b in pairs),
        sum(first[a] ** 2 for a, _ in pairs),
    )  # fmt: skip
    assert readings._inertia(rows)["soothing"].tolist() == pytest.approx([products / np.sqrt(here * before), 1 / 3])


def test_who_always_gives_one_answer_has_no_inertia_and_is_left_out() -> None:
    rows = diary([[0.0, 1.0, 0.0]], [[0.5, 0.5, 0.5]], [[0.0, 0.0, 1.0, 1.0]], [[0.0, 1.0, 1.0, 0.0]])
    scores = [1.0, 99.0, 2.0, 4.0]
    mine = readings._inertia(rows)["threat"].to_numpy()
    assert np.isnan(mine[1])
    keep = [0, 2, 3]
    expected = np.corrcoef(np.array(scores)[keep], mine[keep])[0, 1]
    assert read(Seen(scores={"a": scores}, ratings=rows), "dynamics", "a", "inertia") == pytest.approx(expected)


# ------------------------------------------------------------------------------------ the card


@pytest.fixture(scope="module")
def whole() -> list[card.Row]:
    return blind.rows()


def test_the_card_of_the_documentation_is_that_of_the_model(whole: list[card.Row]) -> None:
    """If not: affectsim evidence --blind --write experiments/evidence/README.md, then read whether its words hold."""
    as_shown(files.block(README, files.BLIND), card.table(whole))
    inside, total = card.counts(whole)["blind"]
    words = " ".join(README.read_text(encoding="utf-8").split())
    assert f"of the {total} are inside, in the usual one {inside}." in words
    plain = json.dumps([row.as_json() for row in whole])
    assert "NaN" not in plain and json.loads(plain)[0]["role"] == "blind"


@pytest.mark.full
def test_the_count_of_the_full_size_is_that_of_the_documentation() -> None:
    inside, total = card.counts(blind.rows(full=True))["blind"]
    assert f"In the full size {inside} of the {total} are inside" in " ".join(README.read_text("utf-8").split())


def test_another_model_is_seen(whole: list[card.Row], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without non-judgement acting, mindfulness lowers rumination less; the other way round nothing would be tested."""
    mine = tuple(one for one in blind.entries() if one.studies == ("mindfulness-patients",))
    monkeypatch.setattr(blind, "SECOND", {"mindfulness-patients": SECOND["mindfulness-patients"]})
    monkeypatch.setattr(blind, "entries", lambda: mine)
    before = {row.entry.name: row.model for row in whole}
    after = {row.entry.name: row.model for row in blind.rows(changes={"model.non_judgement_effect": 0.0})}
    rumination = "mindfulness-patients.rumination"
    assert after[rumination] < before[rumination] - 0.05


def test_one_card_at_a_time() -> None:
    for asked, refused in ((["--alone", "--blind"], "one of them"), (["--blind", "--only", "traits"], "leave --only")):
        result = CliRunner().invoke(evidence, asked)
        assert result.exit_code == 2 and refused in result.output
