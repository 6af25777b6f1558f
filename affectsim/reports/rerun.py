"""A result made again from its manifest, and file by file whether it is the same."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from affectsim.reports import manifest
from affectsim.reports.manifest import Manifest

State = Literal["same", "differs", "missing", "new", "edited since", "deleted since", "added since"]

#: Ends of what SQLite puts beside a file while it is in use.
_BESIDE = ("", "-wal", "-shm")
_MODEL = ("affectsim", "numpy", "scipy", "numba", "networkx", "SALib", "python")


class Line(NamedTuple):
    """What became of one file; `says`: more, in words."""

    name: str
    state: State
    says: str = ""


def others(known: Manifest) -> list[str]:
    """Return in what this machine differs from the one that made a result, in words; empty if in nothing."""
    from affectsim.results import commit, versions

    was = known.values.get("versions")
    was = was if isinstance(was, dict) else {}
    now = versions()
    found = [
        f"{name} {was.get(name, 'unknown')} made it, {now[name]} runs here"
        + ("" if name in _MODEL else " (may change figures, not numbers)")
        for name in now
        if was.get(name) != now[name]
    ]
    then, here = str(known.values.get("commit", "unknown")), commit()
    if then != here:
        found.append(f"commit {then} made it, {here} runs here")
    elif here.endswith("-dirty"):
        found.append(f"commit {here}: with changes that are in no commit, now or then")
    return found


def edited(known: Manifest) -> list[Line]:
    """Return what was edited, deleted or added in the folder of a result since its manifest was written."""
    lines = [] if known.sound else [Line(manifest.FILE, "edited since", "its own checksum does not fit")]
    for name, facts in known.files.items():
        path = known.folder / name
        if not path.is_file():
            lines.append(Line(name, "deleted since"))
        elif manifest.sha256(path) != facts.get("sha256"):
            lines.append(Line(name, "edited since"))
    ignored = {*known.files, *_work(known)}
    lines += [Line(name, "added since") for name in manifest.names_in(known.folder) if name not in ignored]
    if _is_sweep(known) and (says := _store_differs(known)):
        lines.append(Line("sweep.sqlite", "edited since", says))
    return lines


def compare(known: Manifest, again: Path) -> list[Line]:
    """Return, file by file, whether the result in the folder `again` is the one of a manifest.

    What was edited, deleted or added since is said first; such a file is compared as it was by the manifest.
    """
    since = edited(known)
    changed = {line.name: line for line in since}
    lines = []
    for name, facts in known.files.items():
        path = again / name
        state: State = "same"
        if not path.is_file():
            state = "missing"
        elif manifest.sha256(path) != facts.get("sha256"):
            state = "differs"
        if name in changed:
            words = {"same": "made again as it was", "differs": "made again it differs from the manifest too",
                     "missing": "not made again"}  # fmt: skip
            changed[name] = changed[name]._replace(says=words[state])
        else:
            lines.append(Line(name, state))
    ignored = {*known.files, *_work(known)}
    lines += [Line(name, "new", "not in the manifest") for name in manifest.names_in(again) if name not in ignored]
    new = manifest.read(again)
    told = manifest.differences(known.values, new.values, manifest.DECIDING)
    if told and manifest.FILE not in changed:
        lines.append(Line(manifest.FILE, "differs", "; ".join(told)))
    elif told:
        changed[manifest.FILE] = changed[manifest.FILE]._replace(says="; ".join(told))
    return [*changed.values(), *lines]


def text(lines: Sequence[Line]) -> str:
    """Return the lines as a table."""
    width = max((len(line.name) for line in lines), default=0)
    return "\n".join(f"  {line.name:<{width}}  {line.state}{f' ({line.says})' if line.says else ''}" for line in lines)


def _work(known: Manifest) -> set[str]:
    """Return the files in which a command keeps its runs to go on from; tables made of them are compared instead."""
    return {f"{name}{end}" for name in known.values.get("work", ()) for end in _BESIDE}


def _is_sweep(known: Manifest) -> bool:
    return known.kind == "sweep" and (known.folder / "sweep.sqlite").is_file() and "table.csv" in known.files


def _store_differs(known: Manifest) -> str:
    """Return how the runs that are kept differ from the table in the manifest; empty if they do not."""
    from affectsim.errors import InputError
    from affectsim.sweep.exports import export_csv
    from affectsim.sweep.store import Store

    try:
        with Store(known.folder) as store, tempfile.TemporaryDirectory() as place:
            if store.damaged:
                return f"{len(store.damaged)} runs are damaged"
            export_csv(store, Path(place) / "table.csv")
            same = manifest.sha256(Path(place) / "table.csv") == known.files["table.csv"].get("sha256")
            return "" if same else "its runs are not those of the table"
    except InputError as error:
        return str(error).replace("\n", "; ")
