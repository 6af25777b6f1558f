"""The tour for Jupyter runs from top to bottom, draws its pictures, and is committed without outputs."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from affectsim import documentation

nbformat = pytest.importorskip("nbformat", reason="the notebook needs nbformat and nbclient")
nbclient = pytest.importorskip("nbclient", reason="the notebook needs nbclient")


def _run(notebook, folder, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[1]))
    # Jupyter's own folders, so that nothing of whoever runs the test is read or written.
    monkeypatch.setenv("IPYTHONDIR", str(folder / "ipython"))
    client = nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}})
    return client.execute()


def test_the_notebook_runs_and_draws_what_it_promises(tmp_path, monkeypatch):
    notebook = nbformat.read(documentation.NOTEBOOK, as_version=4)
    assert not any(cell.outputs for cell in notebook.cells if cell.cell_type == "code")
    outputs = [o for cell in _run(notebook, tmp_path, monkeypatch).cells for o in cell.get("outputs", [])]
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 3
    assert any("xarray.Dataset" in output.get("data", {}).get("text/plain", "") for output in outputs)
    said = "".join(output.text for output in outputs if output.output_type == "stream" and output.name == "stdout")
    assert "of 60 people are ruled by threat after 24 hours" in said
    assert not [output for output in outputs if output.output_type == "stream" and output.name == "stderr"]


def test_a_notebook_with_a_mistake_fails(tmp_path, monkeypatch):
    notebook = copy.deepcopy(nbformat.read(documentation.NOTEBOOK, as_version=4))
    notebook.cells = [nbformat.v4.new_code_cell("import affectsim as af\naf.AffectModel(sise=3)")]
    with pytest.raises(nbclient.exceptions.CellExecutionError, match=r"sise  unknown; did you mean size"):
        _run(notebook, tmp_path, monkeypatch)
