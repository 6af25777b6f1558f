"""Chromium without a window, for the tests and pictures of the page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
#: It asks nobody for anything by itself.
_QUIET = ("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run")


@contextmanager
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        # Chromium's own sandbox does not run as root, as in containers.
        options = [*_QUIET, "--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        found = started.chromium.launch(executable_path=CHROMIUM, args=options)
        yield found
        found.close()


@contextmanager
def watched(browser: Any, address: str) -> Iterator[Any]:
    """Give a function that opens the page; whatever it complains of or asks for fails the test."""
    wrong: list[str] = []
    pages = []

    def open_page(link: str = "", width: int = 1280, height: int = 900, locale: str = "en-GB", **more: Any) -> Any:
        page = browser.new_page(viewport={"width": width, "height": height}, locale=locale, **more)
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
