"""What the page tells in words is what the model did: looks, exercises, the inner critic, good and bad weeks."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from affectsim.appraisal import alarm_probability
from affectsim.page import texts
from affectsim.page.assemble import SHOWS, model_script, source_of, texts_script
from affectsim.page.texts import LANGUAGES
from affectsim.parameters import MODEL
from tests.test_page import in_node

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
STRINGS = texts.strings()


def on_the_page(script: str, folder: Path) -> Any:
    """Run JavaScript with the page's own classes, without a screen; return its `result`."""
    shows = "".join(source_of(name) for name in SHOWS if name != "start.js")
    return in_node(source_of("rehearsal.js") + model_script() + texts_script([]) + shows + script, folder)


def looks(folder: Path, costs: list[float], number: int) -> list[list[tuple[str, float]]]:
    """Return what is told of looks at a quiet Alex, and how much each raised threat's input, as a share of its size."""
    script = f"""
    const result = {costs}.map((cost) => {{
      const mind = new Mind(0), size = DATA.events.ambiguous_look.ambiguous * DATA.everyday.ambiguous;
      mind.setModel("cost_of_a_miss", cost);
      return Array.from({{ length: {number} }}, () => {{
        mind.restart();
        const before = mind.world.get(0, 0, "u_threat");
        mind.happen("ambiguous_look");
        return [mind.said(), (mind.world.get(0, 0, "u_threat") - before) / size];
      }});
    }});"""
    found: list[list[tuple[str, float]]] = on_the_page(script, folder)
    return found


@pytest.mark.parametrize("cost", [1.5, 1.0, 0.0, 5.0])
def test_a_danger_that_was_overlooked_is_told_as_one(tmp_path: Path, cost: float) -> None:
    """Also where an alarm and a miss raise threat alike (cost 1), or a miss and nothing (0); as often as it should."""
    usual, told = looks(tmp_path, [1.5, cost], 400)
    says = {name: text.partition("{")[0] for name, text in STRINGS["en"]["mind"]["taken"].items()}

    def kinds(seen: list[tuple[str, float]]) -> list[str]:
        return [next(name for name, text in says.items() if text in said) for said, _ in seen]

    rises = {"harmless": 0.0, "threat": 1.0, "overlooked": cost}
    assert [rises[kind] for kind in kinds(told)] == pytest.approx([rise for _, rise in told], abs=1e-9)
    # What it costs does not change how it is taken; chance is the same.
    assert kinds(told) == kinds(usual)
    assert f" {cost:.1f} times" in next(said for said, _ in told if says["overlooked"] in said)
    names = ("discriminability", "criterion", "better_safe_than_sorry", "looks")
    real, threat = MODEL["true_threat_share"].default, 0.12
    seen_so = float(alarm_probability(1.0, threat, *(MODEL[name].default for name in names)))
    counted = Counter(kinds(told))
    assert counted["overlooked"] / 400 == pytest.approx(real * (1 - seen_so), abs=0.06)
    assert min(counted.values()) > 5


def test_whether_an_exercise_worked_is_told_as_it_was(tmp_path: Path) -> None:
    """Of everybody's first time it can be seen in what is learnt; asking changes nothing."""
    script = """
    const level = (world) => LAYOUT.trainable.reduce((sum, name) => sum + world.get(0, 0, name), 0);
    const mind = new Mind(0), result = [];
    for (const kind of EXERCISES) for (let k = 0; k < 60; k++) {
      mind.choose(["robin", "mina", "kaya"][k % 3]);
      mind.happen("near_miss");
      for (let n = 0; n < 3; n++) mind.step();
      const { world } = mind, before = level(world);
      const all = () => ["fast", "slow"].map((name) => [...world.population[name]]).flat();
      const untouched = all(), works = world.works(0, kind, mind.presses + 1);
      const same = all().every((value, at) => value === untouched[at]);
      mind.practise(kind);
      result.push([kind, works, level(world) > before, same, mind.said()]);
    }"""
    seen = on_the_page(script, tmp_path)
    assert len(seen) == 480
    for kind, works, learnt, same, said in seen:
        assert works == learnt and same, kind
        assert (f": {STRINGS['en']['mind']['worked']}." in said) == works, said
    failed = Counter(kind for kind, works, *_ in seen if not works)
    assert failed["fears-blocks-resistances"] > 5 and failed["soothing-rhythm-breathing"] < 6


def test_what_is_learnt_to_the_end_is_not_told_as_failure(tmp_path: Path) -> None:
    """Understanding pressed once an hour: after a day there is next to nothing more in it, and it hardly ever fails."""
    script = """
    const mind = new Mind(0), result = [];
    for (let k = 0; k < 100; k++) {
      mind.practise("psychoeducation");
      result.push(mind.said());
      for (let n = 0; n < 12; n++) mind.step();
    }"""
    seen = on_the_page(script, tmp_path)
    mind = STRINGS["en"]["mind"]
    told = Counter(how for said in seen for how in ("worked", "known", "failed", "backfired") if mind[how] in said)
    assert told.total() == 100 and told["failed"] + told["backfired"] <= 12
    assert told["worked"] > 10 and told["known"] > 40 and mind["known"] in seen[40]


def test_every_slider_acts_at_once_while_the_critic_is_on_and_a_link_gives_the_same(tmp_path: Path) -> None:
    script = """
    const changes = [["setTrait", "self_criticism", 3.2], ["setTrait", "threat_gain", 1.7],
      ["setModel", "soothing_calms_threat", 0.6], ["setModel", "threat_blocks_soothing", 1.0]];
    const critic = (one) => one.world.get(0, 0, "effective_self_criticism");
    const result = changes.map(([set, name, value]) => {
      const mind = new Mind(0), other = new Mind(0);
      mind.setCritic(true);
      const before = critic(mind);
      mind[set](name, value);
      other.take({ name: mind.name, traits: { ...mind.traits }, model: { ...mind.model }, critic: true });
      return [name, before, critic(mind), critic(other)];
    });"""
    for name, before, now, of_the_link in on_the_page(script, tmp_path):
        assert now == of_the_link, name
        assert now != before, name


def test_good_and_bad_weeks_begin_when_the_page_says(tmp_path: Path) -> None:
    """One mind has ordinary weeks; the slider for others acts from the next midnight, and the note says so."""
    script = """
    const mind = new Mind(0), result = [], size = () => Math.abs(mind.world.population.circumstances[0]);
    mind.setModel("circumstances_sd", 0.6);
    for (let k = 0; k < 16 * 12 - 1; k++) mind.step();
    result.push(mind.world.hours, size());
    for (let k = 0; k < 2; k++) mind.step();
    result.push(size());"""
    hours, before, after = on_the_page(script, tmp_path)
    assert 23 < hours < 24 and before == 0 < after
    for language, midnight in zip(LANGUAGES, ("midnight", "Mitternacht"), strict=True):
        sliders = STRINGS[language]["sliders"]
        assert midnight in sliders["note"] and sliders["equations"] in sliders["note"]


def test_one_mind_is_quiet_unless_its_ups_and_downs_are_switched_on(tmp_path: Path) -> None:
    """So the first press shows what it does, and that it passes; the switch brings the fluctuation of the engine."""
    script = """
    const seen = (mind, hours) => { for (let k = 0; k < 12 * hours; k++) mind.step(); return mind.state()[0]; };
    const mind = new Mind(0), result = { begins: mind.state()[0], alone: seen(mind, 12) };
    mind.happen("harsh_criticism");
    Object.assign(result, { pressed: seen(mind, 0.5), passed: seen(mind, 8) });
    mind.setLively(true);
    result.lively = Array.from({ length: 48 }, () => seen(mind, 0.5));
    result.sd = mind.model.background_sd;
    const page = { view: "mind", landscape: { load: "self_criticism" }, lessons: {}, mind, communitySettings: {} };
    result.link = settingsOf(page);
    mind.setLively(false);
    result.off = mind.model.background_sd;"""
    seen = on_the_page(script, tmp_path)
    assert seen["alone"] == pytest.approx(seen["begins"], abs=0.005)
    assert seen["pressed"] > seen["begins"] + 0.15 and seen["passed"] == pytest.approx(seen["begins"], abs=0.02)
    assert max(seen["lively"]) - min(seen["lively"]) > 0.1
    assert seen["sd"] == MODEL["background_sd"].default and seen["off"] == 0
    assert f"model.background_sd={seen['sd']:.6g}" in seen["link"]


@pytest.mark.parametrize("load", ["self_criticism", "threat_load"])
@pytest.mark.parametrize("case", ["alex", "robin", "tom", "noor"])
def test_the_landscape_tells_where_a_mind_has_settled(tmp_path: Path, load: str, case: str) -> None:
    """While a load grows and while it falls: held up by itself where less threat is possible, calm only if it is."""
    script = f"""
    const mind = new Mind(0), place = Object.create(Landscape.prototype), load = "{load}";
    mind.choose("{case}");
    const person = personOf(mind.world, 0, 0), coupling = formulas.coupling(mind.model);
    const lines = landscape(load, quietInputs(mind.model), person, coupling);
    const at = (value, state) => Object.assign(place, {{ load, lines, value, state }}).where;
    const told = (states) => lines.values.map((value, k) => at(value, states[k]));
    const result = {{ up: lines.up.map(([threat]) => threat), down: lines.down.map(([threat]) => threat),
      growing: told(lines.up), falling: told(lines.down) }};"""
    seen = on_the_page(script, tmp_path)
    for up, down, growing, falling in zip(*(seen[name] for name in ("up", "down", "growing", "falling")), strict=True):
        if down - up > 0.05:
            assert (growing, falling) == ("lower", "upper"), up
        else:
            level = "high" if up > 0.4 else "between" if up > 0.25 else "low"
            assert growing in (level, "lower") and (growing == level or up < 0.4)
            assert falling in (growing, "high", "between")


def test_the_closer_look_says_who_trains_and_who_is_tied_to_them(tmp_path: Path) -> None:
    script = """
    const place = Object.create(Community.prototype);
    place.trained = [true, false, false, false];
    place.world = { network: { start: [0, 1, 3, 4, 4], source: [1, 0, 2, 1] } };
    const result = [0, 1, 2, 3].map((who) => place.training(who));"""
    words_of = STRINGS["en"]["community"]
    assert on_the_page(script, tmp_path) == [
        words_of["trains"], words_of["tied"].replace("{count}", "1"), words_of["apart"], words_of["apart"],
    ]  # fmt: skip
