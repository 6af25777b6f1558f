"""Mesa's page: it is built from the list of parameters, and what it shows are the engine's numbers."""

from __future__ import annotations

import importlib
import inspect
import socket
import subprocess
import sys
import time

import numpy as np
import pytest

from affectsim.cli import main
from affectsim.errors import InputError
from affectsim.mesa_app import pictures
from affectsim.mesa_app.controls import FIRST, ViewedModel, meanings, sliders, starting
from affectsim.mesa_app.serve import HOST
from affectsim.parameters import MODEL
from affectsim.scenario import Scenario
from affectsim.world import build
from tests.worlds import activations, advance


def _engine(ticks: int, **model: float):
    """Return the activations of the people that the page should show, shape (3, people), without Mesa."""
    tables = {
        "days": 10.0, "seed": 1, "population": {"size": 60, "preset": "shame"}, "network": {"kind": "small-world"},
        "model": model,
    }  # fmt: skip
    world = build([Scenario.from_tables(tables, source="test")])
    advance(world, ticks)
    return activations(world)


def _stepped(steps: int, **changes) -> ViewedModel:
    model = ViewedModel(**{**starting(sliders()), "size": 40, **changes})
    for _ in range(steps):
        model.step()
    return model


def test_the_page_shows_the_numbers_of_the_engine():
    wanted = {name: MODEL[name].default for name in FIRST} | {"soothing_calms_threat": 9.0}
    model = _stepped(6, size=60, preset="shame", soothing_calms_threat=9.0)
    assert model.hours == 12.0
    assert (model.activations() == _engine(24, **wanted)).all()
    assert (model.activations() != _engine(24, **wanted | {"soothing_calms_threat": 8.0})).any()
    shown = model.datacollector.model_vars["threat"]
    assert len(shown) == 7 and shown[-1] == model.activations()[0].mean()


def test_sliders_have_default_and_bounds_of_the_list_of_parameters():
    controls = sliders(["defeat", "warmth_strength"])
    for name in (*FIRST, "defeat"):
        known, control = MODEL[name], controls[name]
        assert (control["value"], control["min"], control["max"]) == (known.default, known.low, known.high)
    said = {row[0]: row for row in meanings(controls)}
    assert said["defeat"][1:] == (MODEL["defeat"].meaning, MODEL["defeat"].unit, MODEL["defeat"].source)
    with pytest.raises(InputError, match="did you mean defeat"):
        sliders(["defaet"])


def test_every_value_of_every_choice_builds_a_model():
    controls = sliders()
    for name in ("network", "preset", "programme"):
        for value in controls[name]["values"]:
            assert ViewedModel(**{**starting(controls), "size": 60, name: value}).community.people == 60
    for name, control in controls.items():
        for end in ("min", "max"):
            if end in control and name != "size":
                ViewedModel(**{**starting(controls), "size": 60, name: control[end]})


def test_a_seed_that_is_none_is_refused_in_words_and_a_scenario_of_mesa_is_ignored():
    with pytest.raises(InputError, match="whole number"):
        ViewedModel(seed="seven")
    assert ViewedModel(seed="7", size=30, scenario=object()).community.people == 30


def test_the_network_has_one_mark_for_everybody_of_the_strongest_system():
    model = _stepped(8, programme="two-week", share=0.5)
    axes = pictures.network_now(model).axes[0]
    strongest = np.bincount(np.argmax(model.activations(), axis=0), minlength=3)
    marks = {"^": 0, "s": 0, "o": 0}
    for line in axes.lines[1:]:
        marks[line.get_marker()] += line.get_xdata().size
    assert [marks["^"], marks["s"], marks["o"]] == strongest.tolist()
    again = pictures.network_now(model).axes[0]
    assert (again.lines[0].get_xdata() == axes.lines[0].get_xdata())[~np.isnan(axes.lines[0].get_xdata())].all()


def test_curves_have_the_days_of_the_steps():
    model = _stepped(6)
    assert pictures.systems_so_far(model).axes[0].lines[0].get_xdata()[-1] == pytest.approx(0.5)
    share = model.datacollector.model_vars["threat_dominant"][-1]
    assert f"{share:.0%}" in pictures.share_so_far(model).axes[0].get_title(loc="left")


def test_the_page_renders_and_its_step_button_moves_the_numbers(monkeypatch):
    solara = pytest.importorskip("solara", reason="Mesa's page needs the extra viz")
    pytest.importorskip("altair", reason="Mesa's page needs the extra viz")
    from ipyvuetify import Btn

    app = importlib.import_module("affectsim.mesa_app.app")
    made = []

    class Noted(ViewedModel):
        def __init__(self, **kwargs) -> None:
            super().__init__(**kwargs)
            made.append(self)

    monkeypatch.setattr(app, "ViewedModel", Noted)
    monkeypatch.setattr(app, "controls", app.controls | {"size": app.controls["size"] | {"value": 60}})
    assert app.PLAY_INTERVAL >= 100
    _, page = solara.render(solara.AppLayout(children=[app.Page()]), handle_error=False)
    buttons = {str(button.children[-1]): button for button in page.find(Btn).widgets if button.children}
    assert {"Reset", "▶", "Step"} <= set(buttons)
    buttons["Step"].click()
    assert len(made) == 1 and made[0].world.tick == 4
    alone = ViewedModel(**starting(app.controls))
    alone.step()
    assert (made[0].activations() == alone.activations()).all()
    # Mesa builds the next model from the flat values of its sliders.
    buttons["Reset"].click()
    assert len(made) == 2 and made[1].world.tick == 0
    made[1].step()
    assert (made[1].activations() == alone.activations()).all()
    page.close()


def test_a_port_that_is_taken_and_an_unknown_slider_are_refused(capsys):
    pytest.importorskip("solara", reason="Mesa's page needs the extra viz")
    pytest.importorskip("altair", reason="Mesa's page needs the extra viz")
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        with pytest.raises(SystemExit) as stopped:
            main(["page", "mesa", "--no-browser", "--port", str(taken.getsockname()[1])])
    assert stopped.value.code == 2 and "try another" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stopped:
        main(["page", "mesa", "--no-browser", "--slider", "defaet"])
    assert stopped.value.code == 2 and "defeat" in capsys.readouterr().err


def test_without_solara_the_page_says_what_to_install(monkeypatch, capsys):
    from affectsim.mesa_app import serve

    monkeypatch.setattr(serve, "find_spec", lambda name: None)
    with pytest.raises(SystemExit) as stopped:
        main(["page", "mesa"])
    assert stopped.value.code == 2 and "affectsim[viz]" in capsys.readouterr().err


def test_a_step_of_many_ticks_is_the_same_as_many_steps():
    from affectsim.mesa_model import AffectModel

    one, many = AffectModel(size=30, seed=3, ticks_per_step=6), AffectModel(size=30, seed=3)
    one.step()
    for _ in range(6):
        many.step()
    assert (one.activations() == many.activations()).all() and one.hours == 3.0
    assert "ticks_per_step" in inspect.signature(AffectModel).parameters
    with pytest.raises(ValueError, match="at least 1"):
        AffectModel(size=30, ticks_per_step=0)


@pytest.mark.full
def test_play_moves_time_in_a_real_browser_and_asks_nobody_else():
    """Mesa's page as a user starts it: a server of its own, Chromium, the button with the triangle."""
    for name in ("solara", "altair", "solara_assets", "playwright.sync_api"):
        pytest.importorskip(name, reason="Mesa's page needs the extra viz, and playwright is in the extra test")
    from tests.browser import CHROMIUM, chromium

    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "affectsim", "page", "mesa", "--no-browser", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            for _ in range(300):
                assert server.poll() is None
                with socket.socket() as asked:
                    if asked.connect_ex((HOST, port)) == 0:
                        break
                time.sleep(0.3)
            with chromium() as browser:
                page, elsewhere = browser.new_page(), []
                page.on("request", lambda asked: elsewhere.append(asked.url))
                page.goto(f"http://{HOST}:{port}/")
                page.get_by_role("button", name="▶").click(timeout=60_000)
                page.get_by_text("Step: 2", exact=True).wait_for(timeout=60_000)
            assert not [url for url in elsewhere if not url.startswith((f"http://{HOST}:{port}/", "data:", "blob:"))]
        finally:
            server.terminate()
