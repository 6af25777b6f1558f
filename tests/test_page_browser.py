"""The page in a real browser, from disk: no request, no error, keyboard alone, small screens, the same numbers.

Needs the extra `page-test` and a Chromium on this machine; skipped without.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from affectsim.page import data
from affectsim.page.assemble import build_page
from affectsim.page.texts import LANGUAGES, strings
from affectsim.world import build
from tests.worlds import advance

playwright = pytest.importorskip("playwright.sync_api", reason="the extra page-test is not installed")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
if CHROMIUM is None:
    pytest.skip("no Chromium on this machine", allow_module_level=True)
VIEWS = ("mind", "community", "landscape", "lessons")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        # Chromium's own sandbox does not run as root, as in containers.
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        found = started.chromium.launch(executable_path=CHROMIUM, args=options)
        yield found
        found.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    file: Path = tmp_path_factory.mktemp("page") / "three circles.html"
    file.write_text(build_page(), encoding="utf-8")
    return file.as_uri()


@pytest.fixture
def opened(browser: Any, address: str) -> Iterator[Any]:
    """Return a function that opens the page; whatever it complains of or asks for fails the test."""
    wrong: list[str] = []
    pages = []

    def open_page(link: str = "", width: int = 1280, height: int = 900) -> Any:
        page = browser.new_page(viewport={"width": width, "height": height}, locale="en-GB")
        page.set_default_timeout(8000)
        page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda asked: None if asked.url.startswith("file:") else wrong.append(asked.url))
        page.goto(address + link)
        page.wait_for_selector("#view > *")
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        page.close()
    assert not wrong


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
        last = page.evaluate("page.lessons.number === page.lessons.lesson.steps.length - 1")
        reach(page, "Finish" if last else "Next")
        page.keyboard.press("Enter")
    assert not page.locator(".lesson").is_visible()


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


def test_numbers_in_the_browser_are_those_of_the_engine(opened: Any) -> None:
    people = 30
    world = build([data.scenario(people)])
    never = np.full(people, 1e9)
    for run in range(2):
        world.set(run, "stop_day", never)
    world.set(1, "start_day", never)
    found = opened().evaluate(
        f"(() => {{ const w = makeCommunity({{people: {people}}}); w.advance(96); return [...w.population.fast]; }})()"
    )
    advance(world, 96)
    assert np.abs(np.array(found) - world.population.fast).max() <= 1e-12


def test_two_hundred_people_in_two_arms_keep_moving(opened: Any) -> None:
    """Fast enough to look alive on a slow, shared machine; the wish is 60 frames a second on an ordinary one."""
    page = opened("#view=community")
    page.evaluate("page.views.community.people = 200; page.views.community.restart(); page.views.community.run(true)")
    frames = page.evaluate(
        "new Promise((done) => { let n = 0; const end = performance.now() + 1500;"
        "const count = () => { n++; performance.now() < end ? requestAnimationFrame(count) : done(n / 1.5); };"
        "requestAnimationFrame(count); })"
    )
    assert frames > 5
