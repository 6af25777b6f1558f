"""What a sweep gets when its last run is made: its table as a file, and a manifest."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from affectsim.cli.output import call

if TYPE_CHECKING:
    from affectsim.reports.manifest import Call
    from affectsim.sweep.store import Store

#: The command that began a sweep, kept for the manifest, which another command may write.
COMMAND = "sweep-command.json"
TABLE = "table.csv"


def keep_command(folder: Path) -> None:
    """Keep the command that runs in the folder of its sweep, unless there is one already."""
    path = folder / COMMAND
    if path.exists():
        return
    mine = call()
    values = {"arguments": mine.arguments, "given": {key: os.path.abspath(file) for key, file in mine.given.items()}}
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps({**values, "began": time.time()}), encoding="utf-8")
    partial.replace(path)


def finish(store: Store) -> bool:
    """Write table and manifest of a sweep of which every run was made; return whether it is one."""
    done, _, total = store.counts()
    if done < total or store.damaged:
        return False
    from affectsim.reports import manifest
    from affectsim.sweep.exports import export_csv

    export_csv(store, store.folder / TABLE)
    plan = store.plan
    base = plan.base
    facts = {
        "title": base.title, "seed": base.seed, "digest": plan.digest, "scenario": base.to_toml(),
        "work": ["sweep.sqlite", "sweep.lock", COMMAND],
        "design": plan.design, "factors": plan.factors, "replicates": plan.replicates, "outcomes": plan.columns,
    }  # fmt: skip
    began = _kept(store.folder)
    files = {key: path for key, path in base.files().items() if path.is_file()}
    manifest.write(store.folder, manifest.build(store.folder, facts, began, files, only=[TABLE]))
    return True


def _kept(folder: Path) -> Call:
    from affectsim.reports.manifest import Call

    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        kept = json.loads((folder / COMMAND).read_text(encoding="utf-8"))
        given = {key: Path(file) for key, file in kept["given"].items() if Path(file).is_file()}
        began = time.monotonic() - (time.time() - kept["began"])
        return Call(tuple(kept["arguments"]), began, given)
    return Call()
