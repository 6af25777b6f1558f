"""What a sweep gets when its last run is made: its table as a file, and a manifest."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from affectsim.cli.output import call, source_of, with_others

if TYPE_CHECKING:
    from affectsim.reports.manifest import Call
    from affectsim.sweep.store import Store

#: The command that began a sweep, kept for the manifest, which another command may write.
COMMAND = "sweep-command.json"
TABLE = "table.csv"


def keep_command(folder: Path, points: Path | None = None) -> None:
    """Keep the command that runs in the folder of its sweep, unless there is one already.

    `points`: the file of the points, which a file with [sweep] may name.
    """
    path = folder / COMMAND
    if path.exists():
        return
    mine = call()
    given = {**mine.given, **({} if points is None else {"points": points})}
    _keep(folder, list(mine.arguments), {key: str(file) for key, file in given.items()}, Path.cwd())


def keep_command_of_parts(parts: Sequence[Path], folder: Path) -> None:
    """Keep in the folder of a merged sweep the command that would have made it whole, from that of one of its parts."""
    for part in parts:
        with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            kept = json.loads((part / COMMAND).read_text(encoding="utf-8"))
            words, place = list(kept["arguments"]), part / kept["working_folder"]
            if "--shard" in words:
                at = words.index("--shard")
                del words[at : at + 2]
            _keep(folder, words, kept["given"], place)
            return


def _keep(folder: Path, words: list[str], given: dict[str, str], place: Path) -> None:
    path = folder / COMMAND
    # Seen from the sweep, so that both can be moved together.
    where = os.path.realpath(place)
    with suppress(ValueError):  # another drive
        where = os.path.relpath(where, os.path.realpath(folder))
    values = {"arguments": words, "given": given, "working_folder": where, "began": time.time()}
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(values), encoding="utf-8")
    partial.replace(path)


def finish(store: Store) -> bool:
    """Write table and manifest of a sweep of which every run was made; return whether it is one."""
    done, _, total = store.counts()
    if done < total or store.damaged:
        return False
    from affectsim.reports import manifest
    from affectsim.sweep.exports import export_csv
    from affectsim.sweep.store import FILE, LOCK

    export_csv(store, store.folder / TABLE)
    plan = store.plan
    base = plan.base
    facts = {
        "title": base.title, "seed": base.seed, "digest": plan.digest, "scenario": base.to_toml(),
        "work": [FILE, LOCK, COMMAND],
        "design": plan.design, "factors": plan.factors, "replicates": plan.replicates, "outcomes": plan.columns,
    }  # fmt: skip
    began = _kept(store.folder)
    files = with_others(base.files() | source_of(base, began.given), plan.read)
    files = {key: path for key, path in files.items() if path.is_file()}
    manifest.write(store.folder, manifest.build(store.folder, facts, began, files, only=[TABLE]))
    return True


def _kept(folder: Path) -> Call:
    from affectsim.reports.manifest import Call

    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        kept = json.loads((folder / COMMAND).read_text(encoding="utf-8"))
        place = folder / kept["working_folder"]
        given = {key: place / file for key, file in kept["given"].items() if (place / file).is_file()}
        began = time.monotonic() - (time.time() - kept["began"])
        return Call(tuple(kept["arguments"]), began, given, place)
    return Call()
