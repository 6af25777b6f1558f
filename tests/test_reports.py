"""Manifests, results made again byte for byte, reports as one page, moving pictures; each with a broken control."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import chdir
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from affectsim.cli import affectsim, sweeps
from affectsim.errors import InputError
from affectsim.reports import manifest, rerun
from affectsim.reports.blocks import Section, Words
from affectsim.reports.kinds import KINDS, sections
from affectsim.reports.svg import inline
from affectsim.reports.whole import report
from affectsim.results import DISCLAIMER, load
from affectsim.sweep.store import Store
from affectsim.training.programmes import programmes

FROM_FILE = '[network]\nkind = "file"\npath = "ties.csv"\n'
SMALL = """
title = "A <b>small</b> & 'odd' trial <script>alert(1)</script>"
days = 6
seed = 5
[population]
size = 12
traits.self_criticism.median = 1.6
[network]
kind = "file"
path = "ties.csv"
[training]
programme = "two-week"
start_day = 2
[record]
every = "6 hours"
"""
TIES = "source,target\n" + "".join(f"{n},{(n + k) % 12}\n" for n in range(12) for k in (1, 5))


class Answer:
    """What a command did."""

    def __init__(self, *arguments: object) -> None:
        done = CliRunner().invoke(affectsim, [str(one) for one in arguments], standalone_mode=False)
        self.error, self.out = done.exception, done.output
        self.code = 2 if isinstance(done.exception, InputError) else (done.return_value or 0)
        if done.exception is not None and not isinstance(done.exception, InputError):
            raise done.exception


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a scenario, its network, and results of several commands."""
    place = tmp_path_factory.mktemp("project")
    (place / "small.toml").write_text(SMALL.replace("size = 12\n", ""), encoding="utf-8")
    (place / "ties.csv").write_text(TIES, encoding="utf-8")
    with chdir(place):
        assert Answer("run", "small.toml", "--set", "days=7", "--seed", "9", "--out", "results/one").code == 0
        assert Answer("demo", "--people", "10", "--seed", "2", "--out", "demo").code == 0
    return place


@pytest.fixture
def copy(project: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of the project as the working folder: moved as a whole, it must still fit together."""
    place = tmp_path / "elsewhere" / "project"
    shutil.copytree(project, place)
    with chdir(place):
        yield place


def flip(path: Path, place: int | None = None) -> None:
    """Change one byte of a file, by default the one in the middle."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2 if place is None else place] ^= 1
    path.write_bytes(data)


# ----------------------------------------------------------------------------------- the manifest


def test_manifest_says_what_made_a_result(project: Path) -> None:
    known = manifest.read(project / "results/one")
    assert known.sound and known.kind == "run"
    assert known.arguments == ["run", "--set", "days=7", "--seed", "9", "small.toml"]
    values = known.values
    assert values["seed"] == 9 and values["scenario"].startswith("title") and values["title"].startswith("A <b>small")
    assert {"affectsim", "numpy", "numba", "python"} <= set(values["versions"])
    assert values["platform"]["system"] and values["commit"]
    for key, path in (("file", "small.toml"), ("network.path", "ties.csv")):
        digest = hashlib.sha256((project / path).read_bytes()).hexdigest()
        assert values["inputs"][key] == {"path": path, "sha256": digest}
    assert values["inputs"]["training.programme"]["path"].startswith("affectsim:training/")
    assert set(known.files) == {"run.nc", "scenario.toml"}
    # What changes from time to time stands apart, and nothing says where on this machine it was.
    assert set(values["circumstances"]) == {"created", "seconds", "working_folder", "folder"}
    assert 0 < values["circumstances"]["seconds"] < 600
    assert str(project) not in json.dumps(values)


def test_a_file_holds_nothing_of_when_and_where_it_was_made(project: Path) -> None:
    attributes = load(project / "results/one/run.nc").attrs
    assert not {"created", "seconds", "command", "commit"} & set(attributes)
    assert {"scenario", "digest", "versions", "disclaimer"} <= set(attributes)


def test_arguments_survive_being_written_and_read_again(copy: Path) -> None:
    # Spaces, quotes and a name that looks like an option must come back as they were.
    odd = copy / "--odd 'name'.toml"
    odd.write_text((copy / "small.toml").read_text(encoding="utf-8"), encoding="utf-8")
    assert Answer("run", "--set", "title='with spaces'", "--out", "odd", "--", odd.name).code == 0
    assert manifest.read(Path("odd")).arguments[-2:] == ["--", odd.name]
    assert Answer("rerun", "odd").code == 0


# ----------------------------------------------------------------------------------- made again


def test_run_is_the_same_again_also_from_a_folder_that_was_moved(copy: Path) -> None:
    again = Answer("rerun", "results/one", "--out", "again")
    assert again.code == 0 and "2 of 2 files are the same" in again.out
    assert (copy / "again/run.nc").read_bytes() == (copy / "results/one/run.nc").read_bytes()
    (copy / "results/one").rename(copy / "moved")
    assert Answer("rerun", "moved", "--from", ".").code == 0


def test_every_kind_of_file_is_the_same_again(project: Path) -> None:
    """NetCDF, PNG, SVG, text and TOML; the control below shows that one byte would be seen."""
    suffixes = {Path(name).suffix for name in manifest.read(project / "demo").files}
    assert suffixes == {".nc", ".png", ".svg", ".txt", ".toml"}
    with chdir(project):
        again = Answer("rerun", "demo")
    assert again.code == 0 and "differs" not in again.out, again.out


def test_one_byte_is_seen_in_every_kind_of_file(copy: Path) -> None:
    known = manifest.read(copy / "demo")
    shutil.copytree("demo", "again")
    assert {line.state for line in rerun.compare(known, copy / "again")} == {"same"}
    for name in known.files:
        path = copy / "again" / name
        before = path.read_bytes()
        for place in (0, None, len(before) - 1):
            flip(path, place)
            found = {line.name: line.state for line in rerun.compare(known, copy / "again")}
            assert found.pop(name) == "differs" and set(found.values()) == {"same"}
            path.write_bytes(before)
        path.unlink()
        found = {line.name: line.state for line in rerun.compare(known, copy / "again")}
        assert found.pop(name) == "missing" and set(found.values()) == {"same"}
        path.write_bytes(before)
        flip(copy / "demo" / name)
        assert [line[:2] for line in rerun.edited(known)] == [(name, "edited since")]
        (copy / "demo" / name).unlink()
        assert [line[:2] for line in rerun.edited(known)] == [(name, "deleted since")]
        (copy / "demo" / name).write_bytes(before)


def test_edited_deleted_and_added_files_are_named(copy: Path) -> None:
    flip(copy / "results/one/run.nc")
    (copy / "results/one/notes.txt").write_text("mine", encoding="utf-8")
    said = Answer("rerun", "results/one")
    assert said.code == 1
    assert re.search(r"run\.nc +edited since \(made again as it was\)", said.out), said.out
    assert re.search(r"notes\.txt +added since", said.out) and re.search(r"scenario\.toml +same", said.out)
    (copy / "results/one/run.nc").unlink()
    said = Answer("rerun", "results/one", "--check-only")
    assert said.code == 1 and re.search(r"run\.nc +deleted since", said.out)


def test_edited_manifest_is_named(copy: Path) -> None:
    path = copy / "results/one/manifest.json"
    values = json.loads(path.read_text(encoding="utf-8"))
    values["seed"] = 10
    path.write_text(json.dumps(values), encoding="utf-8")
    said = Answer("rerun", "results/one")
    assert said.code == 1 and re.search(r"manifest\.json +edited since \(seed: was 10, is 9\)", said.out), said.out
    # With a checksum that fits it is no longer seen in the file, but in what comes out.
    del values["checksum"]
    manifest.write(path.parent, {**values, "checksum": manifest._checksum(values)})
    said = Answer("rerun", "results/one")
    assert said.code == 1 and re.search(r"manifest\.json +differs \(seed: was 10, is 9\)", said.out), said.out


def test_edited_input_is_said_first_and_a_missing_one_stops(copy: Path) -> None:
    text = (copy / "ties.csv").read_text(encoding="utf-8")
    (copy / "ties.csv").write_text(text.replace("0,1\n", "0,7\n", 1), encoding="utf-8")
    said = Answer("rerun", "results/one")
    assert said.code == 1 and re.search(r"input network\.path ties\.csv +edited since", said.out)
    assert re.search(r"run\.nc +differs", said.out) and re.search(r"inputs is not the same", said.out)
    (copy / "ties.csv").unlink()
    stopped = Answer("rerun", "results/one", "--out", "never")
    assert stopped.code == 2 and "network.path ties.csv" in str(stopped.error) and not (copy / "never").exists()


def test_another_version_is_said_first(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import affectsim.results as results

    now = results.versions()
    monkeypatch.setattr(results, "versions", lambda: now | {"numpy": "99.0"})
    monkeypatch.setattr(results, "commit", lambda: "f" * 40)
    said = Answer("rerun", "results/one").out
    first = said.index(f"numpy {now['numpy']} made it, 99.0 runs here")
    assert first < said.index("run.nc") and f"{'f' * 40} runs here" in said


@pytest.mark.parametrize(
    "arguments",
    [["page", "build", "--out", "x.html"], ["rerun", "results/one"], ["new"], ["experiment"], [], ["nothing"],
     ["run", "--overwrite", "--no-such-option"]],
)  # fmt: skip
def test_a_manifest_starts_nothing_but_results(copy: Path, arguments: list[str]) -> None:
    path = copy / "results/one/manifest.json"
    values = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**values, "arguments": arguments}), encoding="utf-8")
    before = sorted(copy.rglob("*"))
    assert Answer("rerun", "results/one").code == 2
    assert sorted(copy.rglob("*")) == before


def test_folders_without_a_manifest_are_refused(tmp_path: Path) -> None:
    for text in (None, "{", "[]", '{"files": []}', '{"files": {"../x": {}}}'):
        if text is not None:
            (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
        for command in ("rerun", "report"):
            assert Answer(command, tmp_path).code == 2
    assert {path.name for path in tmp_path.iterdir()} == {"manifest.json"}


def test_phase_and_sweep_are_the_same_again(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of a sweep that was made in parts, of which one was stopped and gone on with from another folder."""
    monkeypatch.setattr(sweeps, "_hands", lambda *_: {"workers": 0})
    assert Answer("phase", "--set", "self_criticism=2", "--out", "plane").code == 0
    assert {path.name for path in Path("plane").iterdir()} == {"phase.svg", "equilibria.csv", "manifest.json"}
    assert Answer("rerun", "plane").code == 0
    vary = "population.traits.self_criticism.median=0.5,2"
    asked = ("sweep", "small.toml", "--vary", vary, "--set", "days=5", "--replicates", 2, "--workers", 1)
    for part in (1, 2):
        assert Answer(*asked, "--shard", f"{part}/2", "--out", f"parts/{part}").code == 0
    first = manifest.read(Path("parts/1"))
    with Store(Path("parts/1"), write=True) as store:
        store.forget([0])
    for name in ("manifest.json", "table.csv"):
        Path("parts/1", name).unlink()
    Path("away").mkdir()
    with chdir("away"):
        assert Answer("resume", "../parts/1").code == 0
        assert "written: ../many/table.csv" in Answer("merge", "../parts/1", "../parts/2", "--out", "../many").out
    again, known = manifest.read(Path("parts/1")), manifest.read(Path("many"))
    assert manifest.differences(first.values, again.values, (*manifest.DECIDING, "files")) == []
    assert again.working_folder.resolve() == known.working_folder.resolve() == copy.resolve()
    assert "--workers" not in known.arguments and "--shard" in again.arguments and "--shard" not in known.arguments
    assert Answer("rerun", "many").code == 0
    # What is made of a sweep knows its table.
    assert Answer("sensitivity", "many", "--out", "indices").code == 0 and Answer("rerun", "indices").code == 0
    assert "How much does population.traits.self_criticism.median matter" in report(manifest.read(Path("indices")))
    flip(Path("many/table.csv"))
    said = Answer("rerun", "indices", "--check-only")
    assert said.code == 1 and "input sweep many/table.csv  edited since" in said.out
    with sqlite3.connect("many/sweep.sqlite") as file:
        file.execute("UPDATE runs SET run = 7 WHERE run = 1")
    file.close()
    said = Answer("rerun", "many", "--check-only")
    assert said.code == 1 and "sweep.sqlite" in said.out, said.out


def test_files_of_values_and_conditions_went_in_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is varied, decided or compared may name files, and a file with [sweep] a scenario and points."""
    monkeypatch.setattr(sweeps, "_hands", lambda *_: {"workers": 0})
    monkeypatch.chdir(tmp_path)
    text = programmes()["two-week"].read_text(encoding="utf-8")
    small = "days = 2\n[population]\nsize = 12\n[network]\nkind = 'none'\n[training]\nprogramme = 'a.toml'\n"
    points = "training.programme\na.toml\nb.toml\n"
    asked = "[sweep]\nscenario = 'small.toml'\npoints = 'points.csv'\noutcomes = ['threat']\n"
    decided = (
        "[optimise]\nscenario = 'small.toml'\nmethod = 'all'\nreplicates = 2\nmost_replicates = 2\n"
        "fresh_replicates = 2\n[[optimise.decide]]\npath = 'training.programme'\nvalues = ['a.toml', 'b.toml']\n"
        "[[optimise.objectives]]\nmeasure = 'mean'\nreadout = 'threat'\n[[optimise.objectives]]\nmeasure = 'cost'\n"
    )
    compared = (
        "question = 'Which?'\nkind = 'conditions'\noutcomes = ['threat']\npeople = 'everybody'\n"
        "spans = { all = [0, 2] }\nat = 'all'\n"
        "[scenario]\ndays = 2\npopulation.size = 12\ntraining = { programme = 'a.toml', start_day = 1 }\n"
        "[[conditions]]\nname = 'one'\n[[conditions]]\nname = 'other'\nchange.training.programme = 'b.toml'\n"
    )
    for name, content in {
        "a.toml": text, "b.toml": text, "small.toml": small, "points.csv": points, "asked.toml": asked,
        "decided.toml": decided, "experiment/design.toml": compared, "experiment/a.toml": text,
        "experiment/b.toml": text,
    }.items():  # fmt: skip
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(content, encoding="utf-8")
    Answer("sweep", "asked.toml", "--out", "swept")
    Answer("optimise", "decided.toml", "--out", "front", "--threads", 1)
    Answer("experiment", "run", "experiment", "--out", "found")
    for folder, files in {
        "swept": ("a.toml", "b.toml", "small.toml", "points.csv", "asked.toml"),
        "front": ("a.toml", "b.toml", "small.toml", "decided.toml"),
        "found": ("experiment/a.toml", "experiment/b.toml", "experiment/design.toml"),
    }.items():
        went_in = [facts["path"] for facts in manifest.read(Path(folder)).values["inputs"].values()]
        assert [name for name in went_in if not name.startswith("affectsim:")] != []
        assert set(files) == {name for name in went_in if not name.startswith("affectsim:")}
        assert len(set(went_in)) == len(went_in)
    for name in ("b.toml", "experiment/b.toml"):
        flip(Path(name))
    for folder in ("swept", "front", "found"):
        said = Answer("rerun", folder, "--check-only")
        assert said.code == 1 and "b.toml  edited since" in said.out


def test_report_of_a_sweep_over_points_without_anybody_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Effects are missing everywhere then: it shows what there is; of points it says which values they have."""
    monkeypatch.setattr(sweeps, "_hands", lambda *_: {"workers": 0})
    monkeypatch.chdir(tmp_path)
    Path("small.toml").write_text(
        "days = 16\n[population]\nsize = 12\n[network]\nkind = 'none'\n"
        "[training]\nprogramme = 'two-week'\nstart_day = 1\nwho.share = 0.0\n"
    )
    rows = [f"{0.3 + n / 100},{'general' if n % 2 else 'shame'}" for n in range(13)]
    Path("points.csv").write_text("\n".join(["model.defeat,population.preset", *rows]))
    assert Answer("sweep", "small.toml", "--points", "points.csv", "--replicates", 1, "--out", "swept").code == 0
    text = report(manifest.read(Path("swept")))
    assert "0.3 to 0.42" in text and "shame, general" in text and "0 to 0" not in text
    assert "Missing in every run: effect_balance" in text
    check_page(text)


# ----------------------------------------------------------------------------------- the report


class Reader(HTMLParser):
    """What stands in a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def of(self, *names: str) -> list[dict[str, str | None]]:
        """Return the attributes of all tags of these names."""
        return [attributes for tag, attributes in self.tags if tag in names]


def check_page(text: str) -> Reader:
    """Refuse a page that could act, ask for something, or that a screen reader cannot follow."""
    read = Reader(text)
    assert not read.of("script", "iframe", "object", "embed", "link", "form", "foreignobject", "base")
    policy = next(one["content"] for one in read.of("meta") if one.get("http-equiv") == "Content-Security-Policy")
    assert policy and policy.startswith("default-src 'none'") and "unsafe" not in policy and "http" not in policy
    for _, attributes in read.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        for name in ("href", "src", "xlink:href"):
            value = attributes.get(name)
            assert value is None or value.startswith(("#", "data:image/png;base64,")), value
        if attributes.get("id"):
            assert len([1 for _, other in read.tags if other.get("id") == attributes["id"]]) == 1, attributes["id"]
    names = {attributes.get("id") for _, attributes in read.tags}
    used = re.findall(r'(?:href="#|url\(#)([^")]+)', text)
    assert used and set(used) <= names
    assert len(read.of("h1")) == 1 and len(read.of("h2")) >= 5
    assert all(one.get("scope") in ("row", "col") for one in read.of("th")) and read.of("th")
    pictures = [one for one in read.of("svg") if one.get("role") == "img"] + read.of("img")
    assert pictures and all(one.get("aria-label") or one.get("alt") for one in pictures)
    assert len(pictures) == len(read.of("figure")) and DISCLAIMER in text
    return read


def test_report_of_a_run(copy: Path) -> None:
    assert Answer("report", "results/one").code == 0
    text = Path("one-report.html").read_text(encoding="utf-8")
    check_page(text)
    assert "A &lt;b&gt;small&lt;/b&gt; &amp; &#x27;odd&#x27; trial &lt;script&gt;" in text and "<b>" not in text
    for said in (
        "seed 9".title(),
        "two-week",
        "affectsim rerun one",
        "traits.self_criticism.median",
        "Effect of training",
    ):
        assert said in text, said
    # The numbers are those of the run.
    run = load(Path("results/one/run.nc"))
    rows = run["threat"].where(run["chosen"])[:, run["time"].to_numpy() <= 2]
    value = float(rows.isel(run=[k for k, arm in enumerate(run["arm"].to_numpy()) if arm == "training"]).mean())
    assert f"<td>{value:.3f}</td>" in text
    # Also of what was not recorded by person: of those offered training, not of everybody.
    strongest = (run["threat"] >= run["drive"]) & (run["threat"] >= run["soothing"])
    mine = strongest.astype(float).where(run["chosen"])[:, run["time"].to_numpy() <= 2]
    cells = [f"<td>{float(mine[run['arm'].to_numpy() == arm].mean()):.3f}</td>" for arm in ("training", "waiting-list")]
    row = text.partition("share of time with threat strongest")[2]
    assert cells[0] in row.partition("</tr>")[0]
    again = Answer("report", "results/one")
    assert again.code == 2 and "--overwrite" in str(again.error)
    assert Answer("report", "results/one", "--out", "x.pdf").code == 2 and not Path("x.pdf").exists()
    # The same result gives the same page, and an edited one says so.
    assert Answer("report", "results/one", "--out", "b.html").code == 0
    assert Path("b.html").read_text(encoding="utf-8") == text and "were changed" not in text
    flip(copy / "results/one/scenario.toml")
    assert "scenario.toml (edited since)" in report(manifest.read(copy / "results/one"))


def test_report_of_a_run_with_a_programme_of_ones_own_from_anywhere(tmp_path: Path) -> None:
    """The run knows how long its programme was; the file that says so need not be where the report is asked for."""
    (tmp_path / "away").mkdir()
    with chdir(tmp_path):
        Path("small.toml").write_text(SMALL.replace("two-week", "mine.toml").replace(FROM_FILE, ""), encoding="utf-8")
        Path("mine.toml").write_text(Answer("new", "--template", "two-week").out, encoding="utf-8")
        assert Answer("run", "small.toml", "--set", "days=20", "--out", "one").code == 0
    with chdir(tmp_path / "away"):
        assert Answer("report", "../one", "--out", "one.html").code == 0
        text = Path("one.html").read_text(encoding="utf-8")
    assert "after, day 9 to 16" in text and "Effect of training" in text


def test_a_file_whose_name_is_no_utf_8_gives_a_result_and_a_report(tmp_path: Path) -> None:
    """It reaches the manifest, the file of the run and the page, none of which may fail after the work is done."""
    name = os.fsdecode(b"caf\xe9.toml")
    with chdir(tmp_path):
        try:
            Path(name).write_text(SMALL.replace(FROM_FILE, ""), encoding="utf-8")
        except OSError:
            pytest.skip("this disk takes no such name")
        for words in (
            ["run", os.fsencode(name), "--set", "days=4", "--out", "one"],
            ["rerun", "one", "--check-only"],
            ["report", "one", "--out", "one.html"],
        ):
            done = subprocess.run([sys.executable, "-m", "affectsim", *words], capture_output=True, check=False)
            assert done.returncode == 0, done.stderr[-400:]
        assert manifest.read(Path("one")).values["command"].count("\udce9") == 1
        assert "caf\\udce9.toml" in Path("one.html").read_text(encoding="utf-8")


def test_a_folder_may_have_a_name_that_is_no_utf_8_or_two_lines(tmp_path: Path) -> None:
    ward = os.fsencode(tmp_path) + b"/ward\xe9"
    try:
        os.mkdir(ward)
    except OSError:
        pytest.skip("this disk takes no such name")
    (Path(os.fsdecode(ward)) / "ward.toml").write_text('says = "a ward"\nsource = "assumed"\n')
    file = Path(os.fsdecode(ward)) / "small.toml"
    file.write_text(SMALL.replace(FROM_FILE, "").replace("size = 12", 'size = 12\npreset = "ward.toml"'))
    plain = tmp_path / "plain.toml"
    plain.write_text(SMALL.replace(FROM_FILE, ""))
    for words in (
        ["run", file, "--set", "days=4", "--out", b"on\xe9"],
        ["report", b"on\xe9", "--out", b"on\xe9.html"],
        ["sweep", plain, "--vary", "seed=2,3", "--out", b"sw\xe9", "--slurm", "2", b"job\xe9.sh"],
        ["run", plain, "--set", "days=4", "--out", b"o\nne"],
    ):
        command = [sys.executable, "-m", "affectsim", *words]
        done = subprocess.run(command, capture_output=True, cwd=tmp_path, check=False)
        assert done.returncode == 0, done.stderr[-400:]
    for folder in (b"on\xe9", b"o\nne"):
        text = (tmp_path / os.fsdecode(folder) / "scenario.toml").read_text(encoding="utf-8")
        assert tomllib.loads(text)["days"] == 4
    assert b"sw\xe9" in (tmp_path / os.fsdecode(b"job\xe9.sh")).read_bytes()


def test_report_of_the_demo_has_its_figures(project: Path) -> None:
    read = check_page(report(manifest.read(project / "demo")))
    assert len(read.of("figure")) == 4


def test_a_new_kind_of_result_has_a_report_and_can_declare_its_own(copy: Path) -> None:
    place = copy / "other"
    place.mkdir()
    (place / "numbers.csv").write_text("what,value\n<i>x</i>,1.23456789\n", encoding="utf-8")
    shutil.copy("demo/effects.svg", place / "front.svg")
    facts = {"title": "New", "seed": 1, "said": ["line one"]}
    call = manifest.Call(("trial-like", "x.toml"))
    manifest.write(place, manifest.build(place, facts, call, {}))
    text = report(manifest.read(place))
    for said in ("&lt;i&gt;x&lt;/i&gt;", "<td>1.235</td>", "line one", "affectsim trial-like x.toml", "<svg"):
        assert said in text
    sections("trial-like", "a trial")(lambda known: [Section("Mine", [Words(f"seed {known.values['seed']}")])])
    try:
        assert "<p>seed 1</p>" in report(manifest.read(place))
    finally:
        del KINDS["trial-like"]


HOSTILE = """<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
 viewBox="0 0 9 9" onload="alert(1)"><script>alert(1)</script><foreignObject><b/></foreignObject>
 <style>* { fill: red }</style><a xlink:href="javascript:alert(1)"><path d="M0 0"/></a><g id="g1" onclick="x()">
 <path d="M1 1" style="fill: #ff0000; stroke: url(http://evil); behavior: url(x)" clip-path="url(#g1)"/>
 <use xlink:href="#g1"/><use xlink:href="http://evil/#x"/><image xlink:href="http://evil/x.png"/>
 <image href="data:text/html;base64,AAAA"/><set attributeName="href" to="x"/></g></svg>"""


def test_svg_in_a_page_can_do_nothing() -> None:
    text = inline(HOSTILE, "f1-", 'What "it" <shows>')
    for bad in (
        "script",
        "foreign",
        "onload",
        "onclick",
        "javascript",
        "evil",
        "style",
        "behavior",
        "<set",
        "text/html",
    ):
        assert bad not in text, bad
    assert 'fill="#ff0000"' in text and 'clip-path="url(#f1-g1)"' in text and 'href="#f1-g1"' in text
    assert "&lt;shows&gt;" in text
    for broken in (
        "<svg",
        "<html/>",
        '<!DOCTYPE x [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>',
    ):
        with pytest.raises(ValueError):
            inline(broken, "f1-", "x")


def test_report_in_a_browser(project: Path, tmp_path: Path) -> None:
    """Opens from disk, asks for nothing, complains about nothing, and is not wider than a phone."""
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no Chromium on this machine")
    path = tmp_path / "report.html"
    path.write_text(report(manifest.read(project / "demo")), encoding="utf-8")
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for width in (390, 1280):
            page = browser.new_page(viewport={"width": width, "height": 900})
            said: list[str] = []
            asked: list[str] = []
            page.on("console", lambda message, said=said: said.append(message.text))
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            page.goto(path.as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert not said and [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
            # Figures are drawn with their colours: the strict policy has taken nothing away.
            fills = page.evaluate("[...document.querySelectorAll('svg path')].map(p => getComputedStyle(p).stroke)")
            assert len(set(fills)) > 3
        browser.close()


# ----------------------------------------------------------------------------------- moving pictures


def frames(path: Path) -> list[bytes]:
    """Return the pictures of a clip, as RGB bytes."""
    from PIL import Image

    with Image.open(path) as clip:
        found = []
        for number in range(clip.n_frames):
            clip.seek(number)
            found.append(clip.convert("RGB").tobytes())
    return found


@pytest.mark.parametrize(("suffix", "view"), [(".gif", "both"), (".webp", "triangle")])
def test_clip_has_its_frames_and_size_and_is_the_same_again(copy: Path, suffix: str, view: str) -> None:
    from PIL import Image

    clip = Path(f"clip{suffix}")
    asked = ("animate", "results/one", "--view", view, "--frames", 4, "--width", 320)
    said = Answer(*asked, "--out", clip)
    assert said.code == 0 and DISCLAIMER in said.out
    count, width, height = (int(n) for n in re.findall(r"(\d+) pictures of (\d+) x (\d+)", said.out)[0])
    # 28 records in at most 4 pictures: 7 in each.
    assert count == 4 and width == 320
    with Image.open(clip) as opened:
        assert opened.n_frames == count and abs(opened.size[1] - height) <= 2 and opened.size[0] == width
    shown = frames(clip)
    assert len(set(shown)) == count, "a clip that stands still"
    assert Answer(*asked, "--out", f"again{suffix}").code == 0
    assert Path(f"again{suffix}").read_bytes() == clip.read_bytes()
    assert Answer(*asked, "--out", f"again{suffix}").code == 2
    # Other people give another clip.
    assert Answer("animate", "demo", *asked[2:], "--out", f"other{suffix}").code == 0
    assert Path(f"other{suffix}").read_bytes() != clip.read_bytes()


def test_frames_hold_the_means_of_the_run(project: Path) -> None:
    import numpy as np

    from affectsim.plots.animation import cut

    run = load(project / "results/one/run.nc")
    film = cut(run, 10)
    assert film.days[0].tolist() == [0.0, 0.75] and film.days[-1, 1] == 7.0 and len(film.days) == 10
    row = int(np.flatnonzero(run["arm"].to_numpy() == "training")[0])
    means = np.stack([run[name].transpose("run", "time", "person").to_numpy()[row, 3:6].mean(axis=0)
                      for name in ("threat", "drive", "soothing")], axis=1)  # fmt: skip
    np.testing.assert_allclose(film.shares["training"][1], means / means.sum(axis=1, keepdims=True))
    assert set(film.shares) == {"training", "waiting-list"}


def test_nothing_is_written_when_a_clip_fails(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from affectsim.plots import animation

    before = sorted(copy.iterdir())
    for wrong in (("small.toml",), ("nowhere",), ("results",), ("results/one", "--out", "x.mp4")):
        assert Answer("animate", wrong[0], *(wrong[1:] or ("--out", "x.gif"))).code == 2
    assert Answer("animate", "results/one", "--out", "x.gif", "--dry-run").code == 0
    full = OSError(28, "No space left on device")

    def fail(self: object) -> None:
        Path(self.outfile).write_bytes(b"half")  # type: ignore[attr-defined]
        raise full

    monkeypatch.setattr(animation._Writer, "finish", fail)
    said = Answer("animate", "results/one", "--out", "x.gif", "--frames", "2", "--width", "320")
    assert said.code == 2 and "No space left" in str(said.error)
    assert sorted(copy.iterdir()) == before
