"""The manifest of a result folder: what made it, from what, and the SHA-256 of every file in it.

What must be the same when the result is made again stands apart (everything but `circumstances`) from what need not
be: when it was made, how long it took, and where it lay. Paths are relative, so that a project can be moved as a whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shlex
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from affectsim.errors import InputError, Mistake
from affectsim.scenario_files import located, shipped

FILE = "manifest.json"
#: Keys whose values must be equal when a result is made again.
DECIDING = ("command", "arguments", "title", "seed", "digest", "scenario", "inputs")


class Call(NamedTuple):
    """A command: its words after `affectsim`, the moment it began (of `time.monotonic`), the files it was given.

    `folder`: in which it ran; default: the one that is current.
    """

    arguments: tuple[str, ...] = ()
    began: float | None = None
    given: Mapping[str, Path] = {}
    folder: Path | None = None


class Manifest(NamedTuple):
    """A manifest as it was read. `sound`: whether it is as it was written, by its own checksum."""

    folder: Path
    values: dict[str, Any]
    sound: bool

    @property
    def arguments(self) -> list[str]:
        """Words of the command after `affectsim`; empty if a result cannot be made again."""
        return [str(word) for word in self.values.get("arguments") or ()]

    @property
    def kind(self) -> str:
        """Which command made the result: its first word."""
        return self.arguments[0] if self.arguments else ""

    @property
    def files(self) -> dict[str, dict[str, Any]]:
        """Name -> size and sha256 of every file of the result."""
        return {name: facts for name, facts in self.values["files"].items() if isinstance(facts, dict)}

    @property
    def working_folder(self) -> Path:
        """The folder in which the command ran; it may be gone."""
        return self.folder / str(self.values.get("circumstances", {}).get("working_folder", "."))

    def place(self, working_folder: Path) -> Path:
        """Return where the result was written first, seen from a working folder."""
        return working_folder / str(self.values["circumstances"].get("folder", self.folder))

    @property
    def scenario(self) -> dict[str, Any]:
        """Tables of the scenario, nothing of it run; empty if there is none."""
        import tomllib

        try:
            return tomllib.loads(str(self.values.get("scenario", "")))
        except ValueError:
            return {}


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, 64 hexadecimal digits. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def build(
    folder: Path, facts: Mapping[str, Any], call: Call, inputs: Mapping[str, Path], *,
    only: Iterable[str] | None = None, place: Path | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return the manifest of the files in a folder.

    `facts`: what the command knows about the result (title, seed, digest, scenario as TOML ...). `inputs`: files that
    went into it, by what they are, beside those that the command was given. `only`: names of files; default: all.
    `place`: where the folder will be; default: where it is.
    """
    from affectsim.results import commit, versions

    unlike = ("versions", "commit", "created", "seconds", "command", "arguments", "inputs", "files")
    created = str(facts.get("created") or datetime.now(UTC).isoformat(timespec="seconds"))
    names = sorted(only) if only is not None else names_in(folder)
    known = {key: value for key, value in facts.items() if key not in unlike}
    read = {**call.given, **inputs}
    ran = call.folder or Path.cwd()
    values: dict[str, Any] = {
        "manifest": 1,
        "command": shlex.join(["affectsim", *call.arguments]) if call.arguments else str(facts.get("command", "")),
        "arguments": list(call.arguments),
        **known,
        "versions": versions(),
        "platform": {"system": platform.system(), "machine": platform.machine()},
        "commit": commit(),
        "inputs": {
            key: {"path": shipped(path) or _relative(path, ran), "sha256": sha256(path)} for key, path in read.items()
        },
        "files": {name: {"bytes": (folder / name).stat().st_size, "sha256": sha256(folder / name)} for name in names},
        "circumstances": {
            "created": created,
            "seconds": None if call.began is None else round(time.monotonic() - call.began, 3),
            "working_folder": _relative(ran, place or folder),
            "folder": _relative(place or folder, ran),
        },
    }
    return {**values, "checksum": _checksum(values)}


def write(folder: Path, values: Mapping[str, Any]) -> None:
    """Write `manifest.json` into a folder; it appears whole or not at all."""
    partial = folder / f".{FILE}.{os.getpid()}.partial"
    try:
        partial.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
        os.replace(partial, folder / FILE)
    finally:
        partial.unlink(missing_ok=True)


def read(folder: Path) -> Manifest:
    """Read the manifest of a folder. Raises InputError."""
    path = folder / FILE
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        hint = "no manifest: not a result of affectsim, or one that is not finished"
        raise InputError(str(folder), [Mistake(FILE, hint)]) from None
    except (OSError, ValueError, RecursionError):
        raise InputError(str(folder), [Mistake(FILE, "cannot be read: no JSON")]) from None
    if not isinstance(values, dict) or not isinstance(values.get("files"), dict):
        raise InputError(str(folder), [Mistake(FILE, "is no manifest: it lists no files")])
    outside = [name for name in values["files"] if Path(name).is_absolute() or ".." in Path(name).parts]
    if outside:
        raise InputError(str(folder), [Mistake(FILE, f"names a file outside of the folder: {outside[0]}")])
    kept = values.get("circumstances")
    values["circumstances"] = kept if isinstance(kept, dict) else {}
    sound = values.get("checksum") == _checksum({key: value for key, value in values.items() if key != "checksum"})
    return Manifest(Path(os.path.abspath(folder)), values, sound)


def names_in(folder: Path) -> list[str]:
    """Return the files of a folder but the manifest, sorted."""
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in found if name != FILE)


def inputs_since(manifest: Manifest, folder: Path) -> dict[str, str]:
    """Return what became of the files that went in: as said in the manifest -> "same", "edited since", "missing"."""
    found = {}
    for key, facts in manifest.values.get("inputs", {}).items():
        written = str(facts.get("path", ""))
        path = located(written, folder)
        state = "missing"
        if path.is_file():
            state = "same" if sha256(path) == facts.get("sha256") else "edited since"
        found[f"{key} {written}"] = state
    return found


def _relative(path: Path, start: Path) -> str:
    try:
        return Path(os.path.relpath(os.path.realpath(path), os.path.realpath(start))).as_posix()
    except ValueError:  # another drive
        return str(path)


def _checksum(values: Mapping[str, Any]) -> str:
    text = json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def differences(before: Mapping[str, Any], after: Mapping[str, Any], keys: Sequence[str]) -> list[str]:
    """Return which keys of two manifests differ, in words."""
    found = []
    for key in keys:
        was, now = before.get(key), after.get(key)
        if was != now:
            short = len(str(was)) + len(str(now)) < 90 and not isinstance(was, dict | list)
            found.append(f"{key}: was {was}, is {now}" if short else f"{key} is not the same")
    return found
