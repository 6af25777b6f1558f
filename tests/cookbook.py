"""Runs a page of the cookbook as its reader would: block after block, in one folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

TOP = Path(__file__).resolve().parents[1]
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
_PICTURE = re.compile(r"!\[[^\]]+\]\(([^)]+)\)")
_FILE = re.compile(r"# (\S+\.\w+)\n")
#: Kinds of blocks; another kind is a mistake of the page.
KINDS = ("sh", "python", "toml", "text")


class Failed(AssertionError):
    """A block of a page does not do what the page says."""


class Block(NamedTuple):
    """One fenced block of a page."""

    kind: str
    text: str


def blocks(page: str) -> list[Block]:
    """Return the fenced blocks of a page in order. Raises Failed for a fence that is never closed, or unknown."""
    found = [Block(*match) for match in _BLOCK.findall(page)]
    if page.count("```") != 2 * len(found):
        raise Failed("a fence of this page is open, or has no kind")
    for block in found:
        if block.kind not in KINDS:
            raise Failed(f"a block of kind {block.kind!r}; known: {', '.join(KINDS)}")
    return found


def pictures(page: str) -> list[str]:
    """Return the pictures that a page shows."""
    return _PICTURE.findall(page)


def run(page: str, folder: Path) -> None:
    """Run the blocks of a page in a folder.

    sh and python are run, toml is written to the file that its first line names, text must be what the block before
    it printed: line by line as a part of it, "..." stands for anything. Raises Failed.
    """
    said = ""
    for number, block in enumerate(blocks(page), 1):
        if block.kind == "toml":
            name = _FILE.match(block.text)
            if name is None:
                raise Failed(f"block {number}: the first line must name the file")
            (folder / name[1]).write_text(block.text, encoding="utf-8")
        elif block.kind == "text":
            _compare(number, block.text, said)
        else:
            said = _run(number, block, folder)
    for name in pictures(page):
        if not (folder / name).is_file() or (folder / name).stat().st_size < 5000:
            raise Failed(f"no block has drawn {name}")


def _run(number: int, block: Block, folder: Path) -> str:
    tools = folder / ".tools"
    tools.mkdir(exist_ok=True)
    for name, module in (("affectsim", "-m affectsim"), ("python", "")):
        (tools / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {module} "$@"\n', encoding="utf-8")
        (tools / name).chmod(0o755)
    place = os.pathsep.join([str(tools), os.environ["PATH"]])
    world = {**os.environ, "PATH": place, "PYTHONPATH": str(TOP), "MPLBACKEND": "agg"}
    command = ["bash", "-euo", "pipefail", "-c"] if block.kind == "sh" else [sys.executable, "-W", "error", "-c"]
    done = subprocess.run([*command, block.text], cwd=folder, env=world, capture_output=True, text=True, timeout=600)
    if done.returncode:
        raise Failed(f"block {number} ended with {done.returncode}:\n{block.text}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def _compare(number: int, wanted: str, said: str) -> None:
    for line in wanted.splitlines():
        form = ".*".join(re.escape(piece) for piece in line.split("..."))
        if not re.search(f"^{form}$", said, flags=re.MULTILINE):
            raise Failed(f"block {number}: nothing that was printed is like\n{line}\nbut:\n{said}")
