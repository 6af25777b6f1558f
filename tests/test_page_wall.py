"""The page in a real browser, seen and heard: words that keep up with the circles, a projector's wall, links, pictures.

Needs playwright (extra `test`) and a Chromium on this machine; skipped without.
"""

from __future__ import annotations

from typing import Any

import pytest

from affectsim.page.texts import strings
from tests.browser import CHROMIUM

pytest.importorskip("playwright.sync_api", reason="playwright (extra test) is not installed")
if CHROMIUM is None:
    pytest.skip("no Chromium on this machine", allow_module_level=True)
#: What words of the community and of one mind say, as they are and as they would be if they were written now.
COMMUNITY = """(() => { const { arms, closer, when } = page.views.community;
  return [...arms.map((arm) => arm.words.textContent), closer.textContent, when.textContent]; })()"""
MIND = "[page.mind.sentence.textContent, page.mind.when.textContent, page.mind.feelings.textContent]"
CLOCK = "clock(page.views.{view}.world.hours)"


def now_and_written_anew(page: Any, words: str) -> tuple[Any, Any]:
    said = page.evaluate(words)
    page.evaluate("page.redraw()")
    return said, page.evaluate(words)


def test_after_pause_the_community_is_told_as_it_is_drawn(opened: Any) -> None:
    page = opened("#view=community")
    page.get_by_label("Speed").select_option(label="fastest")
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_timeout(3600)
    page.get_by_role("button", name="Pause", exact=True).click()
    said, anew = now_and_written_anew(page, COMMUNITY)
    assert said == anew and said[-1] == page.evaluate(CLOCK.format(view="community"))


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_after_pause_one_mind_is_told_as_it_is_drawn(opened: Any, motion: str) -> None:
    page = opened("#view=mind", reduced_motion=motion)
    page.get_by_label("Speed").select_option(label="fastest")
    page.get_by_role("button", name="Harsh criticism").click()
    page.wait_for_timeout(2600)
    page.get_by_role("button", name="Pause", exact=True).click()
    page.wait_for_timeout(50)
    said, anew = now_and_written_anew(page, MIND)
    assert said == anew and said[1] == page.evaluate(CLOCK.format(view="mind"))


def test_what_is_read_aloud_is_right_in_the_end(opened: Any) -> None:
    """It waits for its turn, so that nobody is talked at all the time; but it is not left out."""
    page = opened("#view=mind", reduced_motion="reduce")
    page.evaluate("page.mind.run(false); page.mind.happen('near_miss'); for (let k = 0; k < 6; k++) page.mind.step()")
    page.evaluate("page.mind.show(0, true)")
    wanted = page.evaluate(
        "[SYSTEMS.map((s, k) => `${say(`systems.${s}`)}: ${strength(page.mind.now[k])}`).join(', '),"
        " say('mind.now', { name: 'Alex', system: 'Threat', level: strength(page.mind.now[0]) })]"
    )
    page.wait_for_timeout(6500)
    assert page.evaluate("page.mind.circles.element.getAttribute('aria-label')") == wanted[0]
    assert page.evaluate("page.mind.heard.textContent").startswith(wanted[1])


def test_the_sentence_never_names_another_system_than_the_one_that_leads(opened: Any) -> None:
    page = opened("#view=mind&person=tom")
    leaders = page.evaluate(
        """new Promise((done) => {
          const { mind } = page, seen = [], end = performance.now() + 6000;
          mind.pace = 48; mind.run(true); mind.happen("near_miss");
          const look = () => {
            const leads = say(`systems.${dominant(mind.now)}`), told = mind.sentence.textContent;
            seen.push([leads, told.includes(`: ${leads} `)]);
            performance.now() < end ? requestAnimationFrame(look) : done(seen);
          };
          requestAnimationFrame(look);
        })"""
    )
    assert len({leads for leads, _ in leaders}) > 1
    assert all(told for _, told in leaders)


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1280, 800), (1024, 768)])
def test_on_a_projector_a_press_shows_the_circles(opened: Any, width: int, height: int, language: str) -> None:
    page = opened(f"#view=mind&projector=on&language={language}", width, height)
    names = [text["name"] for text in strings()[language]["exercises"].values()]
    buttons = [page.locator("#view").get_by_role("button", name=name, exact=True) for name in names]
    for button in (buttons[0], buttons[-1]):
        button.click()
        page.wait_for_timeout(100)
        circles, said = (page.locator(one).first.bounding_box() for one in ("svg.circles", "#view .said"))
        assert circles["y"] > -1 and circles["y"] + circles["height"] < height + 1
        assert said["y"] + 30 < height
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    first, second = (button.bounding_box() for button in buttons[:2])
    assert first["y"] == second["y"] and first["x"] < second["x"]
    # No word is wider than its button.
    assert page.evaluate(
        "[...document.querySelectorAll('.buttons button')].every((b) => b.scrollWidth <= b.clientWidth)"
    )


def test_a_link_and_a_picture_say_what_is_set_beside_the_load(opened: Any) -> None:
    page = opened("#view=landscape&load=self_criticism")
    assert "beside" not in page.evaluate("settingsOf(page)")
    page.locator("#beside").evaluate("one => { one.value = 0.03; one.dispatchEvent(new Event('input')); }")
    link = page.evaluate("settingsOf(page)")
    other = opened(f"#{link}")
    state = "[page.landscape.load, page.landscape.besideValue, page.landscape.lines.up, page.landscape.state]"
    assert other.evaluate(state) == page.evaluate(state)
    assert other.evaluate("page.landscape.besideValue") == 0.03
    picture = other.evaluate("page.landscape.picture().flat().filter((one) => typeof one === 'string').join('|')")
    assert "At the same time: Constant threat around: 0.03" in picture
    # A new start, another load or another visit is none of somebody's settings.
    other.evaluate("page.open('mind'); page.open('landscape')")
    assert "beside" not in other.evaluate("settingsOf(page)")


@pytest.mark.parametrize(("link", "expected"), [("beside=9", 0.2), ("beside=-1", 0.0), ("beside=0.05", 0.05)])
def test_a_link_cannot_set_more_beside_the_load_than_the_slider(opened: Any, link: str, expected: float) -> None:
    page = opened(f"#view=landscape&load=self_criticism&{link}")
    assert page.evaluate("page.landscape.besideValue") == expected


@pytest.mark.parametrize("link", ["beside=x", "beside=", "beside=NaN", ""])
def test_nonsense_beside_the_load_is_left_out(opened: Any, link: str) -> None:
    page, plain = opened(f"#view=landscape&load=threat_load&{link}"), opened("#view=landscape&load=threat_load")
    assert page.evaluate("page.landscape.besideValue") == plain.evaluate("page.landscape.besideValue")
