"""The page: its kernel against the engine, its texts, its safety."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
import threading
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from affectsim.checking import flat
from affectsim.cli import affectsim as command
from affectsim.errors import InputError
from affectsim.page import assemble, data, texts
from affectsim.page.assemble import build_page, model_script
from affectsim.page.javascript import Array, NotTranslated, Number, Translation, Tuple
from affectsim.page.kernel import kernel_source
from affectsim.page.packing import packed
from affectsim.page.serve import server
from affectsim.parameters import MODEL
from affectsim.stimuli import KINDS
from affectsim.world import World, build
from tests.teaching_hour import HOUR_DAYS, largest_difference, script
from tests.worlds import advance, scenario

SOURCE = Path(assemble.__file__).parent / "source"
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed")
#: Largest difference of an activation or input (activation, input units) between page and engine.
TOLERANCE = 1e-12


@pytest.fixture(scope="module")
def page() -> str:
    return build_page()


def in_node(script: str, folder: Path) -> object:
    """Run JavaScript that ends in an expression `result`; return it."""
    file = folder / "script.js"
    file.write_text(script + "\nconsole.log(JSON.stringify(result, (k, v) => ArrayBuffer.isView(v) ? [...v] : v));")
    done = subprocess.run([str(NODE), str(file)], capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def source(name: str) -> str:
    return (SOURCE / name).read_text(encoding="utf-8")


# ------------------------------------------------------------------------------- the translator


def arithmetic(a, b):
    c, d = a * b, a // b
    return (c - d) / (1.0 + c) if 2.0 < c <= 20.0 else -d - c % 4.0


def swapped(pair, third):
    first, second = pair
    first, second = second, first
    return first, second + third


def summed(table, at):
    row = table[at]
    total = 0.0
    for k in range(table.shape[1] - 1):
        if k == 1:
            continue
        total += row[k] * np.float64(np.float32(0.1))
    tail = row[1:]
    tail[0] = total
    return np.float64(tail[0] + (np.uint32(4294967295) >> 31))


def rounds(x):
    x0 = np.uint32(x + 4000000000)
    return np.float64(np.uint32(x0 << 13) | np.uint32(x0 >> 19))


def unknown(a):
    while a > 0.0:
        a -= 1.0
    return a


@needs_node
def test_translator_gives_the_numbers_of_python(tmp_path):
    whole = Translation()
    number = Number("")
    whole.door(arithmetic, [Number("a"), Number("b")])
    whole.door(swapped, [Tuple((number, number)), Number("third")])
    whole.door(summed, [Array("table", 2), Number("at")])
    whole.door(rounds, [Number("x")])
    script = whole.source("made") + (
        "const table = {d: Float64Array.of(9, 9, 9, 1, 2, 3), n: [2, 3]};"
        "const result = [made.arithmetic(5, 2), made.arithmetic(1.5, 1), made.arithmetic(9, 3),"
        "made.swapped([1, 2], 3),"
        "made.summed(table, 1), Array.from(table.d), made.rounds(500000000)];"
    )
    table = np.array([[9.0, 9.0, 9.0], [1.0, 2.0, 3.0]])
    wrapped = (4000000000 + 500000000) % 2**32
    expected = [
        *(arithmetic(a, b) for a, b in ((5, 2), (1.5, 1), (9, 3))), [2, 4], float(summed(table, 1)),
        table.reshape(-1).tolist(), (wrapped << 13) % 2**32 | wrapped >> 19,
    ]  # fmt: skip
    assert in_node(script, tmp_path) == expected


@needs_node
def test_short_names_change_nothing_that_is_computed(tmp_path):
    from affectsim.page.shorten import shortened

    whole = Translation()
    whole.door(summed, [Array("table", 2), Number("at")])
    whole.door(rounds, [Number("x")])
    long = whole.source("made")
    short = shortened(long)
    assert len(short) < len(long) and "total" in long and "total" not in short
    ask = (
        "const table = {d: Float64Array.of(9, 9, 9, 1, 2, 3), n: [2, 3]};"
        "const result = [made.summed(table, 1), made.rounds(500000000), Object.keys(made)];"
    )
    assert in_node(short + ask, tmp_path) == in_node(long + ask, tmp_path)
    with pytest.raises(ValueError, match="texts"):
        shortened("const made = (() => {\nlet word = 'word';\nreturn { word };\n})();")


@needs_node
def test_an_event_reaches_both_arms(tmp_path):
    script = model_script() + (
        "const w = makeCommunity({people: 30, life: 0});"
        "w.event([0, 1, 2], 'threat', 1); w.happen(3);"
        "const result = [0, 1].map((arm) => [0, 1, 2, 3].map((i) => w.get(arm, i, 'u_threat')));"
    )
    with_training, without = in_node(script, tmp_path)
    assert with_training == without == [1, 1, 1, 0]


def test_what_the_translator_does_not_know_is_refused():
    with pytest.raises(NotTranslated, match=r"test_page.py:\d+: statement: while"):
        Translation().door(unknown, [Number("a")])


# --------------------------------------------------------------------------- parity with the engine


def state_of(world: World) -> dict[str, np.ndarray]:
    return {
        name: getattr(world.population, name)
        for name in ("fast", "slow", "steady", "given", "tie_share", "tie_weight", "tie_warmth")
    }


@needs_node
@pytest.mark.parametrize("tick", [30.0, 5.0])
def test_page_kernel_is_the_engine(tmp_path, tick):
    """Whole trajectories of a community: ties that change, daily life, dated events, training; the same draws."""
    made = scenario(
        people=40, days=3.0, tick=tick, steps=9 if tick == 30.0 else 4, network={"kind": "small-world"},
        bonds={"change": True},
        stimuli=[
            {"kind": "daily-life"},
            {"kind": "dated", "day": 1, "threat": 2.0, "affiliative": 0.5, "share": 0.5},
            {"kind": "shock", "day": 1, "hour": 15.0, "ambiguous": 1.5},
        ],
        training={"programme": "eight-week", "start_day": 0, "who": {"share": 0.7}, "against": "active"},
    )  # fmt: skip
    world = build([made])
    parts = {"population": world.population, "tables": world.tables}
    dump = {name: {key: packed(value) for key, value in part._asdict().items()} for name, part in parts.items()}
    quarter = made.ticks // 4
    script = (
        source("arrays.js") + kernel_source(world.population, world.tables) + f"const world = {json.dumps(dump)};"
        "const p = unpackAll(world.population), t = unpackAll(world.tables), result = [];"
        "const chosen = new Int32Array(p.tie_start.length - 1).fill(-1), none = {d: new Float64Array(0), n: [1, 5, 0]};"
        f"for (let k = 0; k < 4; k++) {{ kernel.advance(p, t, k * {quarter}, {quarter}, 1e9,"
        "new Int32Array(0), chosen, none, new Int32Array(0), 0, 1);"
        "result.push({fast: p.fast.slice(), slow: p.slow.slice(), steady: p.steady.slice(), given: p.given.slice(),"
        "tie_share: p.tie_share.slice(), tie_weight: p.tie_weight.slice(), tie_warmth: p.tie_warmth.slice()}); }"
    )
    start = world.fast[:, :3].copy()
    for found in in_node(script, tmp_path):
        advance(world, quarter)
        for name, values in state_of(world).items():
            difference = np.abs(np.array(found[name], dtype=np.float64) - values)
            assert difference.max() <= TOLERANCE, name
    assert np.abs(world.fast[:, :3] - start).max() > 0.2
    assert (world.population.tie_weight != build([made]).population.tie_weight).any()


@needs_node
@pytest.mark.parametrize("preset", ["general", "shame"])
def test_page_builds_the_people_and_tables_of_the_engine(tmp_path, preset):
    people, days = 60, 2
    made = data.scenario(people, preset=preset)
    world = build([made])
    never = np.full(people, 1e9)
    # Nobody drops out on the page, and its other arm has no programme at all.
    for run in range(2):
        world.set(run, "stop_day", never)
    world.set(1, "start_day", never)
    script = model_script() + (
        f"const w = makeCommunity({{people: {people}, preset: '{preset}'}});"
        "const names = ['fast', 'slow', 'steady', 'tie_share'];"
        "const look = () => Object.fromEntries(names.map((name) => [name, w.population[name].slice()]));"
        f"const result = [look()]; w.advance({48 * days}); result.push(look());"
    )
    before, after = in_node(script, tmp_path)
    start = np.array(world.slow[:, :, :])
    warm = state_of(world)
    for name in ("fast", "steady", "tie_share"):
        assert np.abs(np.array(before[name]) - warm[name]).max() <= TOLERANCE, name
    difference = np.abs(np.array(before["slow"]).reshape(start.shape) - start)
    assert difference[:1].max() <= TOLERANCE
    advance(world, 48 * days)
    assert np.abs(np.array(after["fast"]) - world.population.fast).max() <= TOLERANCE
    # What was trained and what a session gave, too; the page says nothing of a therapist in its other arm.
    trained = np.array(after["slow"]).reshape(start.shape)[:1]
    assert np.abs(trained - world.slow[:1]).max() <= TOLERANCE
    assert world.get(0, "hope").max() > 0 and np.abs(trained - start[:1]).max() > 0.01


@needs_node
def test_a_teaching_hour_gives_the_numbers_of_the_engine(tmp_path, request):
    """Ties, daily life, pressed events and training over two weeks; with --full a whole hour (600 days)."""
    days = HOUR_DAYS if request.config.getoption("--full") else 14
    difference = largest_difference(in_node(model_script() + script(days) + "const result = found;", tmp_path), days)
    print(f"largest difference over {days} days: {difference:.1e}")
    assert difference <= TOLERANCE


@needs_node
def test_formulas_are_those_of_the_engine(tmp_path):
    """The same bits for random parameters: exponentials are plain arithmetic, too."""
    from affectsim import dynamics, world_tables
    from affectsim.kernel.scheme import decay_table

    random = np.random.default_rng(5)
    models = [{name: float(random.uniform(max(p.low, 0.01), p.high)) for name, p in MODEL.items()} for _ in range(20)]
    models.append({**models[0], "image_memory": 0.5, "body_memory": 0.5})
    script = model_script() + (
        f"const result = {json.dumps(models)}.map((m) => [formulas.coupling(m), formulas.background(m),"
        "formulas.risk(m),"
        "[formulas.forget(m)], [formulas.power_step(m, 0.5)], formulas.decay(m, 0.3)]);"
    )
    for found, model in zip(in_node(script, tmp_path), models, strict=True):
        expected = [
            dynamics.coupling(model), world_tables.background(model), world_tables.risk_chances(model),
            [world_tables.forgotten_per_day(model)], [world_tables.power_step(model, 0.5)],
            decay_table(model, np.array([0.3]))[0],
        ]  # fmt: skip
        for mine, its in zip(found, expected, strict=True):
            assert mine == np.asarray(its, dtype=float).tolist()


@needs_node
def test_page_draws_people_as_the_engine_does(tmp_path):
    """Uniform numbers to the last bit; quantiles of the normal distribution to rounding, far tails included."""
    from scipy.special import ndtri

    from affectsim.draws import key, uniforms

    shares = [*np.linspace(1e-9, 1 - 1e-9, 400), 1e-300, 1e-20, 1e-12, 0.1353352832, 0.1353352833, 0.5]
    script = model_script() + (
        f"const key = {key(3, 0, 'trait/power').tolist()};"
        "const result = [Array.from({ length: 600 }, (_, i) => uniformOf(key, i)),"
        f"{json.dumps(shares)}.map(quantile)];"
    )
    drawn, normals = in_node(script, tmp_path)
    assert drawn == uniforms(3, 0, "trait/power", 600).tolist()
    np.testing.assert_allclose(normals, ndtri(shares), rtol=1e-13, atol=1e-14)


@needs_node
def test_every_fictional_person_finds_a_way_out_of_the_inner_critic():
    """With the critic on, one near miss lasts for days; the switch ends that, and so do company and practice."""
    from affectsim.page.rehearsal import rehearse

    frightened = {"kind": "try", "view": "mind", "critic": True, "wait": "event:near_miss"}
    practised = [
        {"kind": "try", "wait": "exercise:self-critic-work", "times": 6},
        {"kind": "try", "wait": "exercise:soothing-rhythm-breathing", "times": 4},
        {"kind": "try", "wait": "exercise:mindfulness", "times": 4},
        {"kind": "try", "wait": "event:kind_friend"},
        {"kind": "try", "wait": "hours:23"},
    ]
    ways = {
        "nothing": [{"kind": "try", "wait": "hours:72"}],
        "switch": [{"kind": "try", "wait": "critic:off"}, {"kind": "try", "wait": "hours:24"}],
        "practice": practised * 7,
    }
    cases = texts.teaching()["cases"]
    lessons = [{"steps": [{**frightened, "case": case}, *way]} for case in cases for way in ways.values()]
    # Whatever chance does; an hour lies between one practice and the next thing.
    hands = [{"chance": chance, "between": 0, "after": 1} for chance in (1000, 5000)]
    for k, seen in enumerate(rehearse(lessons, hands)):
        case, way = list(cases)[k // len(ways)], list(ways)[k % len(ways)]
        for steps in seen:
            threat = list(steps[-1]["after"].values())[-1]["threat"]
            assert (threat > 0.4) == (way == "nothing"), (case, way, threat)


@needs_node
def test_every_fictional_person_can_recover_from_one_bad_event(tmp_path):
    script = model_script() + (
        "const result = Object.entries(DATA.cases).map(([name, changes]) => {"
        "const value = (n) => Float64Array.of(changes[n] ?? DATA.traits[n].median);"
        "const traits = Object.fromEntries(TRAIT_NAMES.map((n) => [n, value(n)]));"
        "const w = new World({traits, scheme: 'mind', life: 0}); w.night();"
        "const [t, d, s] = formulas.background(DEFAULT_MODEL), inputs = [t, d, s, 0, 0, 0, 0];"
        "const c = formulas.coupling(DEFAULT_MODEL);"
        "const calm = settled([0.05, 0.3, 0.4], inputs, personOf(w, 0, 0), c);"
        "const after = settled([0.95, 0.2, 0.05], inputs, personOf(w, 0, 0), c); return [name, calm[0], after[0]]; });"
    )
    for name, calm, after in in_node(script, tmp_path):
        assert abs(calm - after) < 1e-3 and calm < 0.3, name


# -------------------------------------------------------------------------------- texts and data


def test_strings_are_complete_in_every_language():
    found = {language: flat(table) for language, table in texts.strings().items()}
    english = set(found["en"])
    for language, table in found.items():
        extra = {f"parameters.{name}" for name in texts.shown_parameters()} | {
            f"parameters.{t}" for t in data.DISTRIBUTIONS
        }
        missing = (english | (set() if language == "en" else extra)) ^ set(table)
        assert not missing, language
        assert all(table.values())
        for key in english:
            assert set(re.findall(r"\{(\w+)\}", table[key])) == set(re.findall(r"\{(\w+)\}", found["en"][key])), key


def test_every_text_that_the_page_asks_for_exists():
    table = flat(texts.strings()["en"])
    code = "".join(path.read_text(encoding="utf-8") for path in SOURCE.glob("*.js"))
    keys = set(re.findall(r'(?:say|text:|button|labelled|fold|pick)\(? ?"([a-z_]+\.[a-z_.0-9]+)"', code))
    assert len(keys) > 45
    assert not {key for key in keys if key not in table}
    assert texts.teaching()["events"].keys() == texts.strings()["en"]["events"].keys()
    assert texts.teaching()["cases"].keys() == texts.strings()["en"]["cases"].keys()
    assert set(data.page_data()["exercises"]) == set(texts.strings()["en"]["exercises"])
    units = {MODEL[name].unit for name in texts.shown_parameters()} | {t.unit for t in data.DISTRIBUTIONS.values()}
    assert {unit.replace(" ", "_") for unit in units - {"1"}} <= set(texts.strings()["en"]["units"])


def test_events_and_cases_are_within_what_the_model_knows():
    for name, kicks in texts.teaching()["events"].items():
        assert kicks and set(kicks) <= set(KINDS) and all(0 < size <= 5 for size in kicks.values()), name
    for name, case in texts.teaching()["cases"].items():
        for trait, value in case.items():
            assert data.DISTRIBUTIONS[trait].low <= value <= data.DISTRIBUTIONS[trait].high, (name, trait)


# ------------------------------------------------------------------------------------- the file


def test_page_is_one_small_file_with_a_strict_policy(page):
    assert len(page.encode()) < 300_000
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy and policy[1].startswith("default-src 'none'; ") and "unsafe" not in policy[1]
    for tag, text in re.findall(r"<(script|style)>(.*?)</\1>", page, flags=re.S):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy[1]
    addresses = set(re.findall(r"https?://[^\"'\s]+", page))
    assert addresses == {"http://www.w3.org/2000/svg"}  # a name, never asked for
    code = "".join(path.read_text(encoding="utf-8") for path in SOURCE.glob("*.js"))
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|\beval\(|new Function|document\.write|fetch\(", code)


def test_hostile_text_cannot_end_the_script():
    text = assemble._json({"name": "</script><script>alert(1)</script><!--"})
    assert "<" not in text and json.loads(text)["name"].startswith("</script>")


def test_packing_keeps_every_bit_and_refuses_large_integers():
    values = np.array([[0.1, -2.5e-308], [np.pi, 3.0]])
    found = packed(values)
    assert packed(np.ones((2, 3))) == {"t": "f8", "c": 1.0, "n": [2, 3]}
    back = np.frombuffer(base64.b64decode(found["b"]), dtype="<f8").reshape(found["n"])
    assert (back == values).all()
    with pytest.raises(ValueError, match="32 bits"):
        packed(np.array([2**40]))


def test_page_build_writes_the_file_and_never_over_another(tmp_path, page):
    out = tmp_path / "three.html"
    done = CliRunner().invoke(command, ["page", "build", "--out", str(out)], standalone_mode=False)
    assert done.exit_code == 0 and out.read_text(encoding="utf-8") == page
    again = CliRunner().invoke(command, ["page", "build", "--out", str(out)], standalone_mode=False)
    assert isinstance(again.exception, InputError) and "overwrite" in str(again.exception)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["three.html"]


def test_page_is_served_to_this_machine_alone():
    with server("<p>here</p>") as running:
        assert running.server_address[0] == "127.0.0.1"
        port = running.server_address[1]
        threading.Thread(target=running.serve_forever, daemon=True).start()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as answer:
            assert answer.read() == b"<p>here</p>"
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/etc/passwd")
        with pytest.raises(InputError, match="port"):
            server("", port)
        running.shutdown()
