"""Shared by all tests: more numba threads than cores, so that thread counts can be compared anywhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Before numba is imported: the number of threads must not change a bit, also with more threads than cores.
os.environ.setdefault("NUMBA_NUM_THREADS", "8")


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real data next to the checkout; skip where there is none."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}")
    return folder


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="run the long campaigns (hundreds of kills) in full")


@pytest.fixture(scope="session")
def full(request: pytest.FixtureRequest) -> bool:
    """Return whether the long campaigns are wanted in full."""
    return bool(request.config.getoption("--full"))
