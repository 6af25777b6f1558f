"""Lessons in a real browser: every one can be finished, prints, and cannot run foreign code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from affectsim.page.assemble import build_page
from affectsim.page.lesson_files import shipped
from affectsim.page.texts import LANGUAGES, strings
from tests.browser import CHROMIUM
from tests.test_lessons import HOSTILE, hostile_lesson, landscape_lesson

pytest.importorskip("playwright.sync_api", reason="playwright (extra test) is not installed")
if CHROMIUM is None:
    pytest.skip("no Chromium on this machine", allow_module_level=True)
LESSONS = shipped()
#: The buttons that steps ask for, where they have no text of their own name.
COMMUNITY = {"threat": "bad_news", "affiliative": "kindness"}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    file: Path = tmp_path_factory.mktemp("lessons") / "three-circles.html"
    file.write_text(build_page([landscape_lesson(), hostile_lesson()], HOSTILE), encoding="utf-8")
    return file.as_uri()


@pytest.fixture
def page(opened: Any, request: pytest.FixtureRequest) -> Any:
    language = getattr(request, "param", "en")
    found = opened(f"#language={language}&view=lessons", width=1100, height=900, reduced_motion="reduce")
    found.set_default_timeout(15_000)
    return found


def do(page: Any, step: dict[str, Any], language: str) -> None:
    """Do what a step asks for, with the page's own buttons and sliders."""
    texts = strings()[language]
    what, _, name = step["wait"].partition(":")
    press = lambda label: page.locator("#view").get_by_role("button", name=label, exact=True).click()  # noqa: E731
    if what in ("event", "exercise"):
        for _ in range(step.get("times", 1)):
            press(texts[f"{what}s"][name]["name"])
    elif what == "community":
        press(texts["community"][COMMUNITY[name]])
    elif what == "hours":
        page.evaluate(f"for (let k = 0; k < {12 * float(name)} + 1; k++) page.mind.step()")
    elif what == "days":
        page.evaluate(f"page.views.community.advance({48 * float(name)} + 24)")
    if hold := step.get("hold"):
        mind = what in ("event", "exercise")
        steps = f"for (let k = 0; k < {12 * hold}; k++) page.mind.step()"
        page.evaluate(steps if mind else f"page.views.community.advance({2 * hold})")
    if what == "landscape":
        # As the text says: to 2, one bad event, and back.
        page.evaluate("page.landscape.move(2)")
        press(texts["landscape"]["push"])
        page.evaluate("for (let x = 2; x > 0.9; x -= 0.1) page.landscape.move(x)")


@pytest.mark.parametrize("page", LANGUAGES, indirect=True)
def test_every_lesson_can_be_finished(page: Any) -> None:
    # Time goes on where a step asks for it; a picture that stands still is clicked sooner.
    language = page.evaluate("page.mind.run(false) ?? language")
    page.evaluate("page.mind.setLively(true)")
    for number, lesson in enumerate(LESSONS):
        page.evaluate("page.open('lessons')")
        page.get_by_role("button", name=strings()[language]["lessons"]["begin"], exact=True).nth(number).click()
        assert page.evaluate("page.mind.model.background_sd") == 0
        for at, step in enumerate(lesson["steps"]):
            last = at == len(lesson["steps"]) - 1
            on = page.locator(".lesson").get_by_role(
                "button", name=strings()[language]["lessons"]["finish" if last else "next"], exact=True
            )
            assert lesson["texts"][language]["steps"][at]["text"] in page.locator(".lesson").inner_text()
            assert on.is_disabled() == (step["kind"] in ("predict", "try")), (lesson["name"], at)
            if step.get("wait", "").partition(":")[0] in ("event", "exercise", "community"):
                # The button is in the lesson as well, where a small screen shows it.
                assert page.locator(".lesson button.main").count() == 1
            if step["kind"] == "predict":
                page.locator(".lesson input[type=radio]").first.check()
            elif step["kind"] == "try":
                do(page, step, language)
            on.click()
        assert not page.locator(".lesson").is_visible()
        assert page.evaluate("page.mind.model.background_sd > 0")
        assert page.evaluate("document.activeElement.id") == "tab-lessons"


def begin(page: Any, number: int) -> Any:
    """Begin a lesson; return a function that chooses an answer, if there is one, and goes on."""
    page.get_by_role("button", name="Begin", exact=True).nth(number).click()

    def following() -> None:
        if page.locator(".lesson input[type=radio]").count():
            page.locator(".lesson input[type=radio]").first.check()
        page.locator(".lesson").get_by_role("button", name="Next", exact=True).click()

    return following


def wait_until_tried(page: Any) -> None:
    while not page.evaluate("page.lessons.tried"):
        page.wait_for_timeout(50)


def test_time_stands_still_where_a_lesson_explains_and_the_means_are_shown(page: Any) -> None:
    """Lesson 6 by its own buttons, in its own time: nothing runs away while somebody reads."""
    following = begin(page, 5)
    clock = "[page.views.community.world.hours, page.views.community.running, page.views.community.pace]"
    page.evaluate("page.views.community.pace = 144")
    following()
    page.locator(".lesson button.main").click()
    wait_until_tried(page)
    assert page.evaluate(clock) == [14, False, 8]
    # Nothing shown lags behind.
    for arm in (0, 1):
        threat = page.evaluate(f"percent(page.views.community.mean({arm})[0])")
        assert f"Threat\u00a0{threat}" in page.locator(".arms p").nth(arm).inner_text()
    assert page.evaluate("page.views.community.when.textContent === clock(14)")
    page.wait_for_timeout(400)
    assert page.evaluate(clock) == [14, False, 8]
    for _ in range(3):
        following()
    page.locator("#view").get_by_label("Speed").select_option(label="fastest")
    page.get_by_role("button", name="Go on").click()
    page.evaluate("page.views.community.advance(48 * 56 - 10)")
    wait_until_tried(page)
    hours, running, pace = page.evaluate(clock)
    assert 14 + 56 * 24 <= hours <= 14 + 56 * 24 + 48 and not running and pace == 8
    # What the text says can be read on the page: means above both sides, and as lines.
    means = [
        {name: int(re.search(rf"{name}\s(\d+)", text)[1]) for name in ("Threat", "Soothing")}
        for text in (page.locator(".arms p").nth(k).inner_text() for k in (0, 1))
    ]
    assert means[0]["Threat"] <= means[1]["Threat"] - 5 and means[0]["Soothing"] >= means[1]["Soothing"] + 2
    chart = page.evaluate("page.views.community.difference.getAttribute('aria-label')")
    assert all(f"{name} {value}" in chart for arm in means for name, value in arm.items())
    following()
    following()
    page.locator(".lesson button.main").click()
    wait_until_tried(page)
    assert page.evaluate(clock) == [hours + 6, False, 8]


@pytest.mark.parametrize(("steps", "at", "again"), [(3, 4, False), (1, 1, True)])
def test_a_lesson_goes_on_after_the_page_is_loaded_anew(page: Any, steps: int, at: int, again: bool) -> None:
    """At the same step, or at the last one that can be seen as it was; and the link says nothing of the quiet day."""
    page.evaluate("page.mind.setTrait('self_criticism', 1.25)")
    following = begin(page, 0)
    page.evaluate("page.mind.run(false)")
    for _ in range(steps):
        if page.locator(".lesson button.main").count():
            page.locator(".lesson button.main").click()
        following()
    page.evaluate("page.link()")
    assert "background_sd" not in page.url and f"lesson=three-systems&step={steps + 1}" in page.url
    page.reload()
    page.wait_for_selector(".lesson h2")
    assert f"({at}/9)" in page.locator(".lesson h2").inner_text()
    assert page.locator(".lesson").get_by_text(strings()["en"]["lessons"]["again"]).count() == again
    assert page.evaluate("[page.mind.model.background_sd, page.mind.traits.self_criticism]") == [0, 0.7]
    page.get_by_role("button", name="Leave the lesson", exact=True).click()
    assert page.evaluate("page.mind.traits.self_criticism") == 1.25
    page.evaluate("page.link()")
    assert "lesson=" not in page.url


def test_lessons_are_the_same_for_everybody_and_give_back_what_was_set(page: Any) -> None:
    settings = "[page.mind.name, page.mind.traits, page.mind.model, page.mind.critic, page.communitySettings]"
    page.evaluate(
        """page.mind.choose("kaya"); page.mind.setTrait("self_criticism", 1.5); page.mind.setCritic(true);
           page.mind.setModel("soothing_calms_threat", 0); page.mind.setModel("background_sd", 0.1);
           page.communitySettings.people = 30; page.communitySettings.preset = "shame";"""
    )
    before = page.evaluate(settings)
    begin(page, 5)
    assert page.evaluate("[page.views.community.people, page.views.community.preset]") == [60, "help-seeking"]
    page.evaluate("page.open('lessons')")
    begin(page, 0)
    assert page.evaluate("page.mind.model") == page.evaluate("QUIET_MODEL")
    assert page.evaluate("[page.mind.name, page.mind.critic]") == ["alex", False]
    page.evaluate("page.open('mind')")
    page.get_by_role("button", name="All sliders back").click()
    assert page.evaluate("page.mind.model.background_sd") == 0
    page.get_by_role("button", name="Leave the lesson", exact=True).click()
    assert page.evaluate(settings) == before
    assert page.evaluate("page.mind.world.get(0, 0, 'self_criticism')") > 1.4


def test_a_lesson_shows_its_person_in_its_view_wherever_somebody_was(page: Any) -> None:
    """The landscape is that of the person whom the same step chooses; Next comes back to the view of the lesson."""
    following = begin(page, len(LESSONS))
    following()
    lines = page.evaluate("page.landscape.lines.up.map((state) => state[0])")
    page.evaluate("page.landscape.restart()")
    assert lines == page.evaluate("page.landscape.lines.up.map((state) => state[0])")
    page.get_by_role("tab", name="A community").click()
    following()
    assert page.evaluate("page.view") == "landscape"


def test_what_is_left_is_said_in_the_right_number(page: Any) -> None:
    said = page.evaluate("[0.5, 1, 1.1, 24, 48, 72, 1344].map(duration)")
    assert said == ["30 minutes", "1 hour", "2 hours", "24 hours", "48 hours", "3 days", "56 days"]
    page.evaluate("page.speak('de')")
    assert page.evaluate("[1, 2, 72].map(duration)") == ["1 Stunde", "2 Stunden", "3 Tage"]


def test_a_lesson_can_be_done_without_leaving_its_panel_and_keeps_the_focus(page: Any) -> None:
    """On a phone the other buttons are out of sight; and whoever listens must not be thrown out of an answer."""
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="Begin", exact=True).first.click()
    panel = page.locator(".lesson")
    panel.locator("input[type=radio]").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.type === 'radio' && page.lessons.answer === 1")
    panel.get_by_role("button", name="Next").click()
    before = page.evaluate("page.mind.presses")
    panel.locator("button.main").click()
    assert page.evaluate("page.mind.presses") == before + 1
    assert panel.locator("[role=status]").inner_text() == strings()["en"]["lessons"]["done"]
    circles, said = page.locator("svg.circles"), page.locator("#view .said")
    page.wait_for_timeout(100)
    for part in (circles, said):
        assert page.evaluate("(e) => e.getBoundingClientRect().top < innerHeight", part.element_handle())


def test_bad_news_for_one_is_no_bad_news_for_all(page: Any) -> None:
    """The button beside the one that the step names does not count for it."""
    begin(page, 5)()
    page.locator("#view").get_by_role("button", name=strings()["en"]["community"]["one_criticised"], exact=True).click()
    page.evaluate("page.views.community.advance(12)")
    assert page.evaluate("[page.lessons.tried, page.lessons.left]") == [False, 1]
    page.locator("#view").get_by_role("button", name=strings()["en"]["community"]["bad_news"], exact=True).click()
    assert page.evaluate("page.lessons.left") == 0


def test_a_lesson_can_be_left_at_any_step(page: Any) -> None:
    page.get_by_role("button", name="Begin", exact=True).first.click()
    page.get_by_role("button", name="Leave the lesson", exact=True).click()
    assert not page.locator(".lesson").is_visible()


def test_sheets_print_alone_with_the_teacher_s_line(page: Any) -> None:
    page.evaluate("window.print = () => { window.printed = true; }")
    page.locator("#help-line").fill("Room 12")
    assert page.locator("footer.disclaimer").first.inner_text().endswith("Room 12")
    for number, (key, part) in enumerate((("print_handout", "points"), ("print_worksheet", "discuss"))):
        page.emulate_media(media="screen")
        page.locator("details").first.evaluate("one => { one.open = true; }")
        page.get_by_role("button", name=strings()["en"]["lessons"][key], exact=True).first.click()
        page.emulate_media(media="print")
        assert page.evaluate("window.printed")
        sheet = page.locator(".sheet").inner_text()
        for text in LESSONS[0]["texts"]["en"][part]:
            assert text in sheet, number
        assert "Room 12" in sheet and strings()["en"]["page"]["disclaimer"] in sheet
        assert not page.locator("main").is_visible() and page.locator(".sheet").is_visible()
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        page.evaluate("window.printed = false")
    page.emulate_media(media="screen")
    assert page.locator("main").is_visible() and not page.locator(".sheet").is_visible()


@pytest.mark.parametrize("page", ["de"], indirect=True)
def test_hostile_text_in_a_lesson_never_runs(page: Any) -> None:
    """Also in a language that the lesson does not have: it is shown in the one that it has."""
    page.evaluate("window.print = () => {}")
    card = page.locator("#view section.card").nth(-2)
    assert HOSTILE[:9] in card.locator("h2").inner_text()
    assert "window.bad" in page.locator("footer.disclaimer").first.inner_text()
    card.locator("details").evaluate("one => { one.open = true; }")
    for key in ("print_handout", "print_worksheet"):
        card.get_by_role("button", name=strings()["de"]["lessons"][key], exact=True).click()
        page.evaluate("dispatchEvent(new Event('afterprint'))")
    card.get_by_role("button", name="Beginnen", exact=True).click()
    assert "window.bad" in page.locator(".lesson").inner_text()
    page.locator("#help-line").count()
    page.wait_for_timeout(150)
    assert page.evaluate("window.bad === undefined && !document.querySelector('img')")
