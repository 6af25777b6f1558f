"""The cookbook: every block of every page does what the page says, and the pages can be read from the command line."""

from __future__ import annotations

import re

import pytest

from affectsim import documentation
from affectsim.cli import affectsim, main
from tests import cookbook

PAGES = documentation.pages()
COOKBOOK = {name: path for name, path in PAGES.items() if path.parent.name == "cookbook"}


def test_there_is_a_page_for_each_question():
    assert set(COOKBOOK) >= {"sweep", "sensitivity", "bifurcation", "trial", "policy", "report"}


@pytest.mark.parametrize("name", COOKBOOK)
def test_every_block_of_the_page_does_what_the_page_says(name, tmp_path):
    cookbook.run(COOKBOOK[name].read_text(encoding="utf-8"), tmp_path)


@pytest.mark.parametrize("name", COOKBOOK)
def test_the_page_has_a_figure_of_its_own_and_says_what_it_is_not(name):
    page = COOKBOOK[name].read_text(encoding="utf-8")
    assert [picture for picture in cookbook.pictures(page) if (COOKBOOK[name].parent / picture).is_file()]
    assert all((COOKBOOK[name].parent / picture).is_file() for picture in cookbook.pictures(page))
    assert "not a clinical tool" in page
    assert {"sh", "python"} <= {block.kind for block in cookbook.blocks(page)}


@pytest.mark.parametrize(
    ("page", "says"),
    [
        ("```sh\naffectsim swep office.toml\n```\n", "block 1 ended with 2"),
        ("```sh\naffectsim parts traits --nosuchoption\n```\n", "block 1 ended with 2"),
        ("```python\nraise SystemExit(3)\n```\n", "block 1 ended with 3"),
        ("```python\nprint(1 + 1)\n```\n```text\n3\n```\n", "nothing that was printed is like"),
        ("```toml\n[a]\n```\n", "must name the file"),
        ("```python\npass\n```\n![a picture](none.png)\n", "no block has drawn none.png"),
        ("```ruby\nputs 1\n```\n", "kind 'ruby'"),
        ("```sh\ntrue\n", "is open"),
    ],
)
def test_a_page_with_a_mistake_fails(page, says, tmp_path):
    with pytest.raises(cookbook.Failed, match=re.escape(says)):
        cookbook.run(page, tmp_path)


def test_text_is_compared_line_by_line_with_gaps(tmp_path):
    cookbook.run("```python\nprint('a 1.234 b'); print('next')\n```\n```text\na ... b\nnext\n```\n", tmp_path)


def test_every_command_and_option_that_a_page_names_exists():
    for name, path in PAGES.items():
        for command, options in re.findall(r"`affectsim ([a-z]+)([^`]*)`", path.read_text(encoding="utf-8")):
            assert command in affectsim.commands, f"{name}: affectsim {command}"
            known = {option for one in affectsim.commands[command].params for option in one.opts} | {"--help"}
            assert {word.partition("=")[0] for word in re.findall(r"--[a-z-]+", options)} <= known, f"{name}: {command}"


def test_the_pages_can_be_listed_and_read(capsys):
    with pytest.raises(SystemExit):
        main(["docs"])
    said = capsys.readouterr().out
    assert all(re.search(rf"^{name} +\S", said, flags=re.MULTILINE) for name in PAGES)
    with pytest.raises(SystemExit):
        main(["docs", "sweep"])
    assert capsys.readouterr().out == PAGES["sweep"].read_text(encoding="utf-8")
    with pytest.raises(SystemExit) as stopped:
        main(["docs", "sweeep"])
    assert stopped.value.code == 2 and "did you mean sweep" in capsys.readouterr().err


def test_a_page_is_set_for_the_terminal(capsys, monkeypatch):
    import sys

    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    with pytest.raises(SystemExit):
        main(["docs", "bifurcation"])
    said = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    assert "```" not in said and "affectsim bifurcation --param self_criticism" in said
