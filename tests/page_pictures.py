"""Make the pictures of the page for the README: python -m tests.page_pictures

Needs playwright (extra `test`) and a Chromium on this machine. Writes PNG files of at most 150 kB.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

from affectsim.page.assemble import build_page
from tests.browser import chromium

FOLDER = Path(__file__).parents[1] / "experiments" / "page"
MOST_BYTES = 150_000
#: name -> width and height of the window, what the link says, what is done.
PICTURES = {
    "one-mind": (1600, 1180, "view=mind", "page.mind.happen('harsh_criticism'); forward(12)"),
    "community": (1280, 1180, "view=community&people=100", "page.views.community.advance(48 * 56)"),
    "landscape": (1280, 900, "view=landscape", "drag(0.1, 2.5, 1.2)"),
    "phone": (390, 844, "view=mind&person=robin", "page.mind.happen('kind_friend'); forward(8)"),
}
_HELPERS = """
const forward = (ticks) => { for (let k = 0; k < ticks; k++) page.mind.step(); };
const drag = (threat, ...loads) => {
  page.landscape.restart(threat);
  loads.forEach((load) => page.landscape.move(load));
};
"""


def smaller(png: bytes) -> bytes:
    """Return a picture with at most 256 colours, which drawings of few colours do not show."""
    from PIL import Image

    out = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(256, kmeans=1).save(out, "png", optimize=True)
    return out.getvalue()


def picture(browser: Any, address: str, name: str) -> bytes:
    width, height, link, action = PICTURES[name]
    page = browser.new_page(viewport={"width": width, "height": height}, locale="en-GB", reduced_motion="reduce")
    page.goto(f"{address}#language=en&{link}")
    page.wait_for_selector("#view > *")
    page.evaluate(f"() => {{ {_HELPERS} page.mind.run(false); {action}; page.redraw(); }}")
    page.wait_for_timeout(300)
    made = page.screenshot()
    page.close()
    return smaller(made)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        file = Path(folder) / "page.html"
        file.write_text(build_page(), encoding="utf-8")
        for name in PICTURES:
            made = picture(browser, file.as_uri(), name)
            assert len(made) <= MOST_BYTES, (name, len(made))
            (FOLDER / f"{name}.png").write_bytes(made)
            print(f"{name}.png: {len(made) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
