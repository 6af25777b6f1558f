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
