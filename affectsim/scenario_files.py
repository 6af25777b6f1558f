"""Around a scenario: dotted changes, templates, and the fingerprint of the files it names."""

from __future__ import annotations

import copy
import hashlib
import json
import math
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from affectsim.checking import Findings, dotted, plain, type_words
from affectsim.errors import InputError, Mistake, nearest
from affectsim.text_files import read_text

_PACKAGE = Path(__file__).resolve().parent
#: The shipped scenarios, and the example files they name.
TEMPLATES = _PACKAGE / "templates"
#: Marks a path inside this package, which lies elsewhere on another machine.
_SHIPPED = "affectsim:"


def parse_change(text: str) -> tuple[str, Any]:
    """Return (path, value) for "a.b=v" as it comes from a command line.

    `v` is read as a TOML literal (7, 0.5, true, "a text", [1, 2], { median = 2 }); what is none is a text.
    Raises InputError if there is no "=" or no path.
    """
    path, sign, value = text.partition("=")
    path, value = path.strip(), value.strip()
    if not sign:
        raise InputError(text, [Mistake("change", "must be PATH=VALUE, such as population.size=200")])
    if not path or not all(path.split(".")):
        rule = "the path before = must be names with dots, such as population.size"
        raise InputError(text, [Mistake("change", rule)])
    return path, literal(value)


def literal(text: str) -> Any:
    """Return the value of a TOML literal; a text that is none is returned as it is."""
    try:
        values = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    # A text with line breaks could smuggle in further keys.
    return values["value"] if set(values) == {"value"} else text


def changed(tables: Mapping[str, Any], changes: Mapping[str, Any], source: str) -> dict[str, Any]:
    """Return a copy of nested tables with dotted changes applied in order, not yet validated.

    A step that is a number is an index into a list; the first index behind the end appends. None takes a
    key (or an item) away. A changed `kind` starts its table anew, since other kinds have other fields.
    Raises InputError for steps that lead nowhere.
    """
    result = copy.deepcopy(dict(tables))
    findings = Findings()
    # A new kind comes first, so that it does not wipe what is changed along with it.
    for path in sorted(changes, key=lambda path: not path.endswith(".kind")):
        _change(result, path, plain(copy.deepcopy(changes[path])), findings)
    findings.stop(source)
    return result


def _change(tables: dict[str, Any], path: str, value: Any, findings: Findings) -> None:
    holder: Any = tables
    steps = path.split(".")
    for depth, step in enumerate(steps):
        so_far = dotted(*steps[:depth])
        last = depth == len(steps) - 1
        key: Any = step
        if isinstance(holder, list):
            if not step.isdecimal() or int(step) > len(holder):
                count = f"0 to {len(holder) - 1}; {len(holder)} adds one" if holder else "0 adds one"
                findings.add(path, f"{so_far} is a list: its items are numbered {count}")
                return
            key = int(step)
            if key == len(holder):
                if last and value is None:
                    return
                holder.append({})
        elif not isinstance(holder, dict):
            findings.add(path, f"{so_far} is {type_words(holder)}; there is nothing inside it")
            return
        if not last:
            holder = holder[key] if isinstance(holder, list) else holder.setdefault(key, {})
        elif value is None:
            holder.pop(key, None) if isinstance(holder, dict) else holder.pop(key)
        elif key == "kind" and holder.get("kind") != value:
            holder.clear()
            holder["kind"] = value
        else:
            holder[key] = value


def shipped(path: Path) -> str | None:
    """Return the name of a file of this package that holds on every machine, None for any other file."""
    full = Path(os.path.abspath(path))
    return _SHIPPED + full.relative_to(_PACKAGE).as_posix() if full.is_relative_to(_PACKAGE) else None


def seen_from(folder: Path, path: Path) -> str:
    """Return the name of a file that a scenario in `folder` reads: as it is written there, or see `shipped`."""
    return shipped(path) or (path.relative_to(folder) if path.is_relative_to(folder) else path).as_posix()


def located(name: str, folder: Path) -> Path:
    """Return the file that `shipped` or `seen_from` gave a name."""
    return _PACKAGE / name.removeprefix(_SHIPPED) if name.startswith(_SHIPPED) else folder / name


def sha256(path: Path, where: str) -> str:
    """Return the sha256 (64 hexadecimal digits) of a file that is named at `where`. Raises InputError."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        message = f"cannot be read: {error.strerror or error}"
        raise InputError(str(path), [Mistake(where, message)]) from None


def fingerprint(tables: Any, files: Mapping[str, Path]) -> str:
    """Return the sha256 (64 hexadecimal digits) of plain tables and of the content of files.

    It does not depend on the order of keys, nor on whether a whole number was written 7 or 7.0.
    Raises InputError if a file cannot be read.
    """
    hashes = {where: sha256(path, where) for where, path in files.items()}
    text = json.dumps(
        {"tables": _canonical(tables), "files": hashes},
        sort_keys=True,
        separators=(",", ":"),
        allow_nan=False,
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _canonical(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_canonical(item) for item in value]
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        return int(value)
    return value


def templates() -> dict[str, str]:
    """Return the shipped scenario templates: name -> what it is, in one line."""
    found = {}
    for path in sorted(TEMPLATES.glob("*.toml")):
        with path.open(encoding="utf-8") as file:
            found[path.stem] = file.readline().removeprefix("#").strip()
    return found


def template(name: str) -> str:
    """Return the text of a template, comments and all; raises InputError with the nearest name if unknown."""
    known = templates()
    if name not in known:
        raise InputError("template", [Mistake(name, f"unknown template{nearest(name, known)}")])
    return read_text(TEMPLATES / f"{name}.toml", name)
