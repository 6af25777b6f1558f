"""The page in a real browser, from disk: no request, no error, keyboard alone, small screens, the same numbers.

Needs playwright (extra `test`) and a Chromium on this machine; skipped without.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from affectsim.page import data
from affectsim.page.texts import LANGUAGES, strings
from affectsim.parameters import MODEL
from tests.browser import CHROMIUM
from tests.teaching_hour import HOUR_DAYS, LESSON_DAYS, largest_difference, script

pytest.importorskip("playwright.sync_api", reason="playwright (extra test) is not installed")
if CHROMIUM is None:
    pytest.skip("no Chromium on this machine", allow_module_level=True)
VIEWS = ("mind", "community", "landscape", "lessons")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_control_of_every_view_can_be_used(opened: Any, language: str) -> None:
    page = opened(f"#language={language}")
    disclaimer = strings()[language]["page"]["disclaimer"]
    for view in VIEWS:
        page.evaluate(f"page.open('{view}')")
        assert page.get_by_text(disclaimer).is_visible()
        page.evaluate(
            """() => {
              const view = document.getElementById("view");
              for (const one of view.querySelectorAll("details")) one.open = true;
              for (const one of view.querySelectorAll("input[type=range]")) {
                for (const value of [one.min, one.max, (Number(one.min) + Number(one.max)) / 2]) {
                  one.value = value; one.dispatchEvent(new Event("input"));
                }
              }
              for (const one of view.querySelectorAll("select")) {
                for (const option of one.options) { one.value = option.value; one.dispatchEvent(new Event("change")); }
              }
              for (const one of view.querySelectorAll("button")) one.click();
            }"""
        )
        page.wait_for_timeout(150)
    states = page.evaluate("[page.views.mind.world, page.views.community.world].map((w) => [...w.population.fast])")
    assert all(np.isfinite(state).all() for state in map(np.array, states))


def test_the_first_button_does_something_worth_seeing(opened: Any) -> None:
    page = opened()
    page.evaluate("page.mind.run(false)")
    before = page.evaluate("page.mind.now[0]")
    page.get_by_role("button", name="Harsh criticism").click()
    page.evaluate("for (let k = 0; k < 8; k++) page.mind.step()")
    assert page.evaluate("page.mind.now[0]") > before + 0.15
    assert "The model assumes" in page.locator(".said").first.inner_text()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_opening_names_the_first_button_first(opened: Any, language: str) -> None:
    """What the first sentence sends a hand to can be seen: it does not hang on chance."""
    page = opened(f"#language={language}")
    named = re.findall("[“„]([^“”]+)[“”]", page.locator(".said").first.inner_text())
    assert named[0] == page.locator("#view button.main").first.inner_text()


def test_chance_is_chance_and_another_one_on_every_screen(opened: Any) -> None:
    """Looks and exercises: other outcomes in another page, about as many as the model says, the same with `chance`."""
    script = """() => { const { mind } = page, found = [];
        mind.run(false);
        for (const [action, what] of [["happen", "ambiguous_look"], ["practise", "mindfulness"]]) {
          for (let k = 0; k < 8; k++) {
            mind.choose("alex"); mind[action](what); found.push(mind.saidPart.textContent);
          }
        }
        return found; }"""
    screens = [opened().evaluate(script) for _ in range(5)]
    for part in (slice(0, 8), slice(8, 16)):
        assert len({tuple(screen[part]) for screen in screens}) > 1
        # A new start is not the old one again.
        assert any(len(set(screen[part])) > 1 for screen in screens)
    looks = [said for screen in screens for said in screen[:8]]
    alarms = sum("This time it was taken" in said for said in looks) / len(looks)
    assert 0.08 < alarms < 0.75  # 0.37 of a calm Alex's looks; four standard deviations
    assert opened("#chance=17").evaluate(script) == opened("#chance=17").evaluate(script)
    assert opened("#chance=1e9").evaluate("page.chance") is None


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1920, 1080)])
def test_nothing_is_too_wide_or_too_small_to_touch(opened: Any, width: int, height: int) -> None:
    page = opened("#language=de", width, height)
    for view in VIEWS:
        page.evaluate(f"page.open('{view}')")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, view
        small = page.evaluate(
            """[...document.querySelectorAll("button, select, summary, input[type=range], label.choice")]
               .map((e) => [e.textContent || e.id, e.getBoundingClientRect()])
               .filter(([, box]) => box.height > 0 && (box.height < 43.5 || box.width < 43.5)).map(([name]) => name)"""
        )
        assert not small, view


def reach(page: Any, name: str) -> None:
    """Press Tab until the control with this name has the focus; 200 presses at most."""
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == name:
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", f"focus on {name} cannot be seen"
            return
    raise AssertionError(f"{name} cannot be reached by keyboard")


def wait_for(page: Any, condition: str, seconds: float = 10) -> None:
    for _ in range(int(20 * seconds)):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"{condition} has not come true")


def test_a_lesson_can_be_done_with_the_keyboard_alone(opened: Any) -> None:
    page = opened()
    reach(page, "One mind")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    reach(page, "Begin")
    page.keyboard.press("Enter")
    assert page.locator(".lesson").is_visible()
    for _ in range(20):
        step = page.evaluate("page.lessons.lesson && page.lessons.lesson.steps[page.lessons.number]")
        if step is None:
            break
        if step["kind"] == "predict":
            page.keyboard.press("Tab")
            page.keyboard.press("Space")
        elif step["kind"] == "try":
            reach(page, strings()["en"]["events"][step["wait"].partition(":")[2]]["name"])
            page.keyboard.press("Enter")
            # Some steps let time pass, which then stands still.
            wait_for(page, "page.lessons.tried")
        last = page.evaluate("page.lessons.number === page.lessons.lesson.steps.length - 1")
        reach(page, "Finish" if last else "Next")
        page.keyboard.press("Enter")
    assert not page.locator(".lesson").is_visible()
    # The focus is where the next lesson can be chosen, and not lost.
    assert page.evaluate("[document.activeElement.id, page.view]") == ["tab-lessons", "lessons"]


def test_foreign_script_and_links_do_not_run(browser: Any, address: str) -> None:
    page = browser.new_page()
    page.goto(address + "#language=<img src=x onerror=window.bad=1>&view=__proto__")
    page.evaluate(
        """() => { const one = document.createElement("script"); one.textContent = "window.bad = 1";
                   document.body.append(one);
                   document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.bad = 1'>"); }"""
    )
    page.wait_for_timeout(200)
    assert page.evaluate("window.bad === undefined")
    assert page.evaluate("page.view") == "mind"
    page.close()


def test_numbers_in_the_browser_are_those_of_the_engine(opened: Any, request: pytest.FixtureRequest) -> None:
    """Ties, daily life, pressed events and training, in two arms, over eight weeks; with --full a teaching hour."""
    days = HOUR_DAYS if request.config.getoption("--full") else LESSON_DAYS
    page = opened()
    page.evaluate("page.mind.run(false)")
    found, trained = page.evaluate(
        f"""(() => {{ {script(days)}
        const all = (arm) => everybody.map((i) => together.get(arm, i, "tolerance"));
        const mean = (arm) => all(arm).reduce((a, b) => a + b, 0) / everybody.length;
        return [found, [mean(0), mean(1)]]; }})()"""
    )
    difference = largest_difference(found, days)
    print(f"largest difference over {days} days: {difference:.1e}")
    assert difference <= 1e-12
    assert trained[0] > trained[1] + 0.001


def test_two_hundred_people_in_two_arms_keep_moving(opened: Any) -> None:
    """A frame costs the processor less than a sixtieth of a second (its own time: other programs do not count).

    At a speed at which everything is computed and drawn anew in every frame.
    """
    page = opened("#view=community&people=200")
    costs = page.context.new_cdp_session(page)
    costs.send("Performance.enable", {"timeDomain": "threadTicks"})

    def spent() -> float:
        return next(m["value"] for m in costs.send("Performance.getMetrics")["metrics"] if m["name"] == "TaskDuration")

    page.evaluate("page.views.community.pace = 60; page.views.community.run(true)")
    page.wait_for_timeout(500)
    before = spent()
    frames = page.evaluate(
        "new Promise((done) => { let n = 0; const end = performance.now() + 2000;"
        "const count = () => { n++; performance.now() < end ? requestAnimationFrame(count) : done(n); };"
        "requestAnimationFrame(count); })"
    )
    milliseconds = 1000 * (spent() - before) / frames
    print(f"{milliseconds:.1f} ms per frame, {frames / 2:.0f} frames a second on this machine")
    assert milliseconds < 1000 / 60
    assert page.evaluate("page.views.community.world.tick") > 60


@pytest.mark.parametrize("view", VIEWS[:3])
def test_charts_keep_their_shape_on_paper(opened: Any, view: str) -> None:
    page = opened(f"#view={view}")
    page.emulate_media(media="print")
    # Paper is narrower than the screen, and nobody is told.
    page.evaluate("document.querySelector('.shell').style.width = '640px'")
    shapes = page.evaluate(
        """[...document.querySelectorAll("canvas")].map((one) => [one, one.getBoundingClientRect()])
           .filter(([, box]) => box.height).map(([one, box]) => [box.width / box.height, one.width / one.height])"""
    )
    assert shapes
    for shown, drawn in shapes:
        assert shown == pytest.approx(drawn, rel=0.01)


def test_with_forced_colours_charts_are_on_white_and_what_is_on_can_be_told(opened: Any) -> None:
    page = opened("#view=community", forced_colors="active", color_scheme="dark")
    look = "(e, part) => { const s = getComputedStyle(e, part); return [s.backgroundColor, s.backgroundImage]; }"
    tabs = [page.evaluate(look, one) for one in page.locator("[role=tab]").element_handles()]
    assert tabs[1] not in (tabs[0], tabs[2], tabs[3]) and tabs[0] == tabs[2]
    white = "rgb(255, 255, 255)"
    for canvas in page.locator("canvas").element_handles():
        assert page.evaluate(look, canvas)[0] == white
    page.evaluate("page.open('mind')")
    assert page.evaluate(look, page.locator("svg.circles").element_handle())[0] == white
    switch = "getComputedStyle(document.querySelector('[role=switch]'), '::before').backgroundImage"
    off = page.evaluate(switch)
    page.get_by_role("switch").first.click()
    assert "gradient" in off and page.evaluate(switch) not in ("none", off)


@pytest.mark.parametrize("locale", ["en-US", "de-DE"])
def test_labels_of_the_last_day_do_not_touch_on_a_small_screen(opened: Any, locale: str) -> None:
    page = opened(width=360, height=740, locale=locale)
    texts = page.evaluate(
        """() => { const { mind } = page; mind.run(false);
        for (const [k, name] of ["harsh_criticism", "kind_friend", "exam"].entries()) {
          for (let n = 0; n < 40; n++) mind.step();
          mind.happen(name);
        }
        for (let n = 0; n < 150; n++) mind.step();
        const drawn = asSvg([[mind.record.canvas]], () => mind.show(0, true)), pen = new SvgPen();
        return [...new DOMParser().parseFromString(drawn, "image/svg+xml").querySelectorAll("text")].map((one) => {
          const [x, y, size] = ["x", "y", "font-size"].map((name) => Number(one.getAttribute(name)));
          pen.font = `${size}px system-ui, sans-serif`;
          return [one.textContent, x, y, pen.measureText(one.textContent).width];
        }); }"""
    )
    assert (
        len({"criticism", "friend", "exam", "Kritik", "gütiger Mensch", "Prüfung"} & {text for text, *_ in texts}) == 3
    )
    assert len([text for text, *_ in texts if ":" in text or text.endswith("Uhr")]) >= 2
    for number, (text, x, y, width) in enumerate(texts):
        for other, ox, oy, owide in texts[number + 1 :]:
            assert abs(y - oy) > 8 or x >= ox + owide or ox >= x + width, (text, other)


def test_a_person_of_the_community_is_looked_at_by_a_click(opened: Any) -> None:
    page = opened("#view=community")
    spot = page.evaluate(
        "(() => { const c = page.views.community, n = c.arms[1].network;"
        "return c.spot(17, n.clientWidth, n.clientHeight); })()"
    )
    page.locator("canvas").nth(2).click(position={"x": spot[0], "y": spot[1]})
    assert page.evaluate("page.views.community.chosen") == 17
    assert "Person 18" in page.locator(".said").inner_text()


def test_the_tipping_point_can_be_dragged_over_and_back_is_another_way(opened: Any) -> None:
    page = opened("#view=landscape")
    page.evaluate("page.landscape.restart(0.1)")
    tips, free = page.evaluate("(([low, high]) => [high, low])(bistable(page.landscape.lines))")
    assert tips > free + 0.2
    canvas = page.locator("canvas.drag")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    edges = page.evaluate("(({ left, right }) => [left, right])(page.landscape.edges)")

    def at(load: float) -> float:
        return float(box["x"] + edges[0] + load / 4 * (box["width"] - sum(edges)))

    threat = "page.landscape.state[0]"
    middle, y = (tips + free) / 2, box["y"] + box["height"] / 2
    page.mouse.move(at(0.2), y)
    page.mouse.down()
    seen = []
    for load in (middle, tips + 0.3, middle, free - 0.2):
        page.mouse.move(at(load), y, steps=5)
        seen.append(page.evaluate(threat))
    page.mouse.up()
    assert seen[0] < 0.25 and seen[1] > 0.4 and seen[2] > 0.4 and seen[3] < 0.25
    assert "came free" in page.locator(".sentence").inner_text()


def test_pictures_clips_and_links_can_be_taken_away(opened: Any, tmp_path: Path) -> None:
    page = opened(
        "#view=mind&person=mina&trait.self_criticism=1.25&model.threat_time=0.3&critic=on&people=100&load=threat_load"
    )
    for view in VIEWS[:3]:
        page.evaluate(f"page.open('{view}'); page.take.element.open = true")
        for name, ending in (("Picture (PNG)", "png"), ("Picture (SVG)", "svg")):
            with page.expect_download() as made:
                page.get_by_role("button", name=name).click()
            made.value.save_as(tmp_path / ending)
            assert made.value.suggested_filename == f"three-circles-{view}.{ending}"
        assert (tmp_path / "png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
        drawing = ElementTree.parse(tmp_path / "svg").getroot()
        text = " ".join(part for part in drawing.itertext())
        assert "A teaching model, not a clinical tool" in text and "Threat" in text
        marks = drawing.findall(".//{http://www.w3.org/2000/svg}path") + drawing.findall(".//*[@r]")
        assert not [one for one in drawing.iter() if {"undefined", "null", "NaN"} & set(one.attrib.values())], view
        assert len(marks) >= 3 and float(drawing.get("height")) > 300
    for view in ("mind", "community"):
        page.evaluate(f"page.open('{view}'); page.views['{view}'].run(true)")
        page.get_by_role("button", name="Record a clip").click()
        page.wait_for_timeout(1200)
        with page.expect_download() as made:
            page.get_by_role("button", name="Stop recording").click()
        made.value.save_as(tmp_path / f"{view}.webm")
        clip = (tmp_path / f"{view}.webm").read_bytes()
        assert clip[:4] == b"\x1a\x45\xdf\xa3" and len(clip) > 10_000, view
    page.evaluate("page.open('mind')")
    page.get_by_role("button", name="Link to these settings").click()
    link = page.locator("input[readonly]").input_value()
    other = opened(link[link.index("#") :])
    mind = ", ".join(f"page.mind.{name}" for name in ("name", "traits", "model", "critic"))
    state = f"[{mind}, page.communitySettings, page.landscape.load]"
    assert other.evaluate(state) == page.evaluate(state)
    name, traits, model, critic, community, load = other.evaluate(state)
    assert (name, traits["self_criticism"], model["threat_time"], critic) == ("mina", 1.25, 0.3, True)
    assert (community["people"], load) == (100, "threat_load")


@pytest.mark.parametrize(
    "link",
    [
        "#view=constructor&person=__proto__&load=toString&people=1e9&preset=<b>&share=-1&language=xx",
        "#trait.self_criticism=NaN&trait.__proto__=1&model.constructor=2&model.threat_time=-5&trait.power=1e308&model.signal_threshold=",
        "#" + "trait.self_criticism=1&" * 2000,
        "#%E0%A4%A&person=%00<script>window.bad=1</script>&=&&&projector",
    ],
)
def test_a_link_that_says_nonsense_breaks_nothing(opened: Any, link: str) -> None:
    page = opened(link)
    page.evaluate("page.open('community'); page.views.community.advance(2); page.open('mind'); page.mind.step()")
    found = page.evaluate("[page.mind.traits, page.mind.model].flatMap((all) => Object.values(all))")
    assert np.isfinite(np.array(found)).all()
    assert page.evaluate("window.bad === undefined && page.mind.now.every(Number.isFinite)")
    for kind, known in (("traits", data.DISTRIBUTIONS), ("model", MODEL)):
        values = page.evaluate(f"page.mind.{kind}")
        assert set(values) == set(known)
        assert all(known[name].low <= value <= known[name].high for name, value in values.items())


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_serious(opened: Any, language: str) -> None:
    place = os.environ.get("AXE_CORE")
    if place is None or not Path(place).is_file():
        pytest.skip("AXE_CORE does not name axe.min.js of the npm package axe-core")
    page = opened(f"#language={language}")
    page.evaluate(Path(place).read_text(encoding="utf-8"))
    for view in VIEWS:
        page.evaluate(
            f"page.open('{view}'); document.querySelectorAll('details').forEach((one) => {{ one.open = true; }})"
        )
        found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
        serious = [
            (one["id"], one["nodes"][0]["html"][:200]) for one in found if one["impact"] in ("serious", "critical")
        ]
        assert not serious, view


def test_summaries_are_read_at_most_every_few_seconds(opened: Any) -> None:
    page = opened()
    for view in ("mind", "community"):
        page.evaluate(
            f"""page.open('{view}'); page.views['{view}'].pace = 144; page.views['{view}'].run(true);
            window.changes = 0;
            window.watch = new MutationObserver(() => {{ changes++; }});
            for (const one of document.querySelectorAll("[role=status], [aria-live]")) {{
              watch.observe(one, {{ childList: true, characterData: true, subtree: true }});
            }}"""
        )
        page.wait_for_timeout(4000)
        assert page.evaluate("watch.disconnect() ?? changes") <= 2, view


def test_reduced_motion_stops_the_breathing(opened: Any) -> None:
    page = opened()
    page.evaluate("page.mind.run(false)")
    seen = {}
    for motion in ("reduce", "no-preference"):
        page.emulate_media(reduced_motion=motion)
        radii = [
            page.locator("svg.circles circle").first.get_attribute("r")
            for _ in range(6)
            if not page.wait_for_timeout(250)
        ]
        seen[motion] = len(set(radii))
    assert seen["reduce"] == 1 < seen["no-preference"]


@pytest.mark.parametrize(("width", "text"), [(640, 100), (1280, 200), (390, 130)])
def test_page_can_be_enlarged(opened: Any, width: int, text: int) -> None:
    """A window of 1280 points at 200 % has 640; text alone can be made larger too."""
    page = opened("#language=de", width)
    page.evaluate(f"document.documentElement.style.setProperty('font-size', '{text}%')")
    for view in VIEWS:
        page.evaluate(f"page.open('{view}')")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, view


@pytest.mark.parametrize("width", [390, 1280])
def test_page_is_ready_for_languages_from_right_to_left(opened: Any, width: int) -> None:
    page = opened("", width)
    page.evaluate("STRINGS.en.direction = 'rtl'; page.speak('en')")
    for view in VIEWS:
        page.evaluate(f"page.open('{view}')")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, view
        left, right = page.evaluate(
            "['mind', 'lessons'].map((k) => document.getElementById('tab-' + k).getBoundingClientRect().x)"
        )
        assert left > right or width == 390
