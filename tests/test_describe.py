"""The model description: complete, in ODD order, and generated from what runs."""

from __future__ import annotations

import dataclasses
import math
import re

import pytest

from affectsim import bonds, describe, document, dynamics, symbolic
from affectsim.parameters import ATTRIBUTES, MODEL, RATING, TRAITS
from affectsim.parts import parts
from affectsim.results import DISCLAIMER


@pytest.fixture(scope="module")
def blocks() -> tuple[document.Block, ...]:
    return describe.description()


@pytest.fixture(scope="module")
def in_markdown(blocks: tuple[document.Block, ...]) -> str:
    return document.markdown(blocks)


@pytest.fixture(scope="module")
def in_text(blocks: tuple[document.Block, ...]) -> str:
    return document.text(blocks)


def test_sections_follow_the_odd_protocol(in_markdown: str, in_text: str) -> None:
    order = ["Purpose and patterns", "Entities, state variables and scales", "Process overview and scheduling",
             "Design concepts", "Initialization", "Input data", "Submodels"]  # fmt: skip
    for text in (in_markdown, in_text):
        places = [text.index(f"{number} {name}") for number, name in enumerate(order, 1)]
        assert places == sorted(places)
    concepts = in_markdown[in_markdown.index("4 Design") : in_markdown.index("5 Init")]
    for concept in ("Basic principles", "Emergence", "Adaptation", "Objectives", "Learning", "Prediction", "Sensing",
                    "Interaction", "Stochasticity", "Collectives", "Observation"):  # fmt: skip
        assert f"- {concept}: " in concepts


def test_every_parameter_trait_and_attribute_is_there_with_its_numbers(in_markdown: str) -> None:
    rows = {tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in in_markdown.splitlines()
            if line.startswith("|")}  # fmt: skip
    for one in (MODEL | RATING).values():
        allowed = f"{one.low:g} to {one.high:g}"
        assert (f"${one.symbol}$", one.name, f"{one.default:g}", allowed, one.unit, one.meaning, one.source) in rows
    for trait in (TRAITS | ATTRIBUTES).values():
        assert any(row[:4] == (f"${trait.symbol}$", trait.name, trait.shape, f"{trait.median:g}") for row in rows)


def test_every_equation_and_part_is_there(in_markdown: str, in_text: str) -> None:
    for equation in (*symbolic.equations(), *symbolic.slow_equations()):
        assert f"$$\n{equation.latex()}\n$$" in in_markdown
        assert equation.says in in_text
    for kinds in parts().values():
        for kind, part in kinds.items():
            # Other tests declare parts of their own.
            assert f"| {kind} |" in in_markdown or not part.__module__.startswith("affectsim.")


def test_disclaimer_comes_first_and_last(in_markdown: str, in_text: str) -> None:
    for text in (in_markdown, in_text):
        assert DISCLAIMER in text[:300]
        assert text.endswith(DISCLAIMER)


def test_text_has_no_latex_and_fits_a_terminal(in_text: str) -> None:
    assert not re.search(r"\\(frac|tau|kappa|left|varphi)|\$", in_text)
    # Equations may be wider; words may not.
    words = [line for line in in_text.splitlines() if not line.startswith("    ")]
    assert max(map(len, words)) <= 100


def test_schedule_is_the_order_of_the_kernel() -> None:
    import inspect

    ups_and_downs = pytest.importorskip("affectsim.kernel.background")
    happenings = pytest.importorskip("affectsim.kernel.happenings")
    integrate = pytest.importorskip("affectsim.kernel.integrate")
    functions = [happenings.dated_events, ups_and_downs.circumstances, happenings.night, ups_and_downs.background,
                 happenings.daily_life, happenings.practice_if_due, integrate.start_tick, integrate.stretch,
                 integrate.end_tick]  # fmt: skip
    said = describe.schedule()
    first = [" ".join((inspect.getdoc(function.py_func) or "").partition("\n\n")[0].split()) for function in functions]
    places = [said.index(sentence) for sentence in first]
    assert places == sorted(places)
    assert len(said) == len(set(said))


def test_a_changed_default_changes_the_description(monkeypatch: pytest.MonkeyPatch, in_markdown: str) -> None:
    changed = dataclasses.replace(MODEL["secure_base"], default=0.77)
    monkeypatch.setitem(MODEL, "secure_base", changed)
    after = document.markdown(describe.description())
    assert "| secure_base | 0.77 |" in after and "| secure_base | 0.77 |" not in in_markdown


def test_a_changed_docstring_changes_the_description(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dynamics.giving, "__doc__", "Return nothing at all.")
    assert "Return nothing at all." in document.text(describe.description())


def test_markdown_tables_have_as_many_cells_as_heads(in_markdown: str) -> None:
    for table in re.findall(r"(?:^\|.*\n)+", in_markdown, re.M):
        counts = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(counts) == 1


def test_no_parameter_is_an_orphan(blocks: tuple[document.Block, ...]) -> None:
    """Every parameter stands in an equation or in words about a process: the table of parameters is not enough."""
    used = {symbol.name for block in blocks if isinstance(block, document.Formulas) for one in block.equations
            for symbol in one.right.free_symbols}  # fmt: skip
    words = "\n".join(block.words for block in blocks if isinstance(block, document.Words))
    orphans = [
        name for name, one in MODEL.items()
        if symbolic.symbol_name(one.symbol) not in used and f"${one.symbol}$" not in words and f"`{name}`" not in words
    ]  # fmt: skip
    assert orphans == []


def test_every_process_that_the_kernel_runs_has_its_sentence() -> None:
    """Named one by one: dropping a call from the kernel, or from what is read of it, is noticed."""
    import importlib
    import inspect

    pytest.importorskip("affectsim.kernel.advance")
    processes = {
        "background": ("circumstances", "background"),
        "happenings": ("dated_events", "night", "daily_life", "remember", "practice_if_due"),
        "bonds": ("change_ties", "note_day"),
        "risk": ("take_risks",),
        "exchange": ("express",),
        "integrate": ("start_tick", "stretch", "end_tick"),
        "record": ("add_to_record", "write_record"),
    }
    expected = []
    for module, names in processes.items():
        for name in names:
            function = getattr(importlib.import_module(f"affectsim.kernel.{module}"), name)
            expected.append(" ".join((inspect.getdoc(function.py_func) or "").partition("\n\n")[0].split()))
    said = describe.schedule()
    assert all(expected) and sorted(said) == sorted(expected)
    names = [name for those in processes.values() for name in those]
    follow = ("night", "change_ties", "express", "daily_life", "remember", "take_risks", "note_day", "stretch")
    order = [said.index(expected[names.index(name)]) for name in follow]
    assert order == sorted(order)


def test_equations_of_ties_and_risks_are_those_that_run() -> None:
    """Traced against evaluated, at one point of each branch."""
    found = {one.says: one.right for one in (*symbolic.bond_equations(), *symbolic.risk_equations())}
    values = {"s": 0.8, "harm": 0.3, "Gbar_Wi": 0.5, "Gbar_Wj": 0.6, "c_grow": 0.1, "c_wear": 0.2}
    right = found["Strength of a tie after a day"]
    for harm in (0.3, 100.0):
        point = {symbol: {**values, "harm": harm}[symbol.name] for symbol in right.free_symbols}
        assert float(right.subs(point)) == pytest.approx(bonds.strength_after(0.8, 0.5, 0.6, harm, 0.1, 0.2), abs=1e-12)
    right = found["Distrust of the giver after a day"]
    for strength in (2.0, 90.0):
        values = {"d": 0.1, "Tbar_i": 0.4, "Hbar_seen": 0.2, "g_dis": strength, "tau_dis": 14.0}
        point = {symbol: values[symbol.name] for symbol in right.free_symbols}
        learning = 1 - math.exp(-1 / 14)
        expected = bonds.distrust_after(0.1, 0.4, 0.2, strength, learning)
        assert float(right.subs(point)) == pytest.approx(expected, abs=1e-12)
