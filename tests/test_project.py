"""What the project promises as a whole: light imports, floors, documented public names, README commands."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import affectsim
from affectsim.parameters import ATTRIBUTES, MODEL, RATING, TRAITS

TOP = Path(__file__).resolve().parents[1]


def test_every_parameter_is_complete_and_within_its_bounds():
    for parameter in (MODEL | RATING).values():
        assert parameter.low <= parameter.default <= parameter.high, parameter.name
        assert all((parameter.symbol, parameter.unit, parameter.meaning, parameter.source))
    for trait in (*TRAITS.values(), *ATTRIBUTES.values()):
        assert trait.low <= trait.median <= trait.high, trait.name
        assert all((trait.symbol, trait.unit, trait.meaning, trait.source))
    symbols = [p.symbol for p in (*MODEL.values(), *RATING.values(), *TRAITS.values(), *ATTRIBUTES.values())]
    assert len(set(symbols)) == len(symbols)


def _anchors(page: Path) -> set[str]:
    """Return what a heading is called in a link, by GitHub's rule: small letters, hyphens for spaces."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize(
    "page", [TOP / "README.md", *sorted(TOP.glob("experiments/**/*.md")), *sorted(TOP.glob("affectsim/**/*.md"))],
    ids=lambda page: str(page.relative_to(TOP)),
)  # fmt: skip
def test_every_link_leads_somewhere(page: Path) -> None:
    words = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for target in re.findall(r"\]\((?!\w+:)([^)]+)\)", words):
        name, _, anchor = target.partition("#")
        other = page.parent / name if name else page
        assert other.exists(), target
        assert not anchor or anchor in _anchors(other), target


def test_every_public_name_exists_and_is_documented():
    for name in affectsim.__all__:
        assert inspect.getdoc(getattr(affectsim, name)), name


def test_import_is_light():
    """`import affectsim` and its command line load none of the heavy libraries."""
    heavy = ("numba", "scipy", "matplotlib", "mesa", "xarray", "networkx", "pandas", "sympy")
    for what in ("affectsim", "affectsim.cli"):
        code = f"import sys, {what}; print([m for m in {heavy} if m in sys.modules])"
        found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=TOP)
        assert found.stdout.strip() == "[]", what


def test_simulate_stays_a_function_whatever_is_imported():
    import affectsim.simulation

    assert callable(affectsim.simulate)


def test_imports_point_down():
    linter = pytest.importorskip("importlinter.cli")
    assert linter
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports"))], capture_output=True, text=True, cwd=TOP, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:]


def test_no_module_is_longer_than_400_lines():
    long = {str(p): n for p in (TOP / "affectsim").rglob("*.py") if (n := len(p.read_text().splitlines())) > 400}
    assert not long


def test_readme_starts_with_the_two_commands():
    blocks = re.findall(r"^```sh\n(.*?)^```", (TOP / "README.md").read_text(), flags=re.M | re.S)
    assert "affectsim demo" in blocks[0]
    assert "pytest" in blocks[1] and "[test]" in blocks[1]


def test_version_is_said_once():
    text = (TOP / "pyproject.toml").read_text()
    assert tomllib.loads(text)["project"]["version"]
    assert not (TOP / "affectsim" / "version.py").exists()
