"""How functions become machine code: one place for numba's options.

No fast-math anywhere: additions keep their order and multiply-adds are not fused, so the same seed
gives the same bits for any number of threads, alone or batched. `error_model="numpy"` drops the
check for division by zero, which would keep loops from being vectorised.

Only what Python calls is kept on disk. Numba would notice a change of the file a function stands in,
but not of the equations it uses, so what is kept is stamped with a hash of all sources of the model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numba

from affectsim.kept_code import kept

_PACKAGE = Path(__file__).resolve().parents[1]
_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
#: For what only the kernel calls: no door for Python, since unpacking the many arrays takes long to compile.
_NO_DOOR: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}

inlined: Any = partial(numba.njit, forceinline=True, **_OPTIONS)
internal: Any = partial(numba.njit, **_NO_DOOR, **_OPTIONS)
internal_inlined: Any = partial(numba.njit, forceinline=True, **_NO_DOOR, **_OPTIONS)


def model_sources(package: Path = _PACKAGE) -> str:
    """Return a hash of every file that decides what the kernel computes, fitted numbers included."""
    names = (
        "dynamics", "appraisal", "bonds", "risk", "draws", "layout", "parameters", "calibrated", "readouts",
        "training/practice",
    )  # fmt: skip
    files = [*(package / f"{name}.py" for name in names), *sorted((package / "kernel").glob("*.py"))]
    # The kernel has constants that were fitted.
    files += sorted((package / "data").glob("*.toml"))
    found = hashlib.sha256()
    for file in files:
        found.update(file.relative_to(package).as_posix().encode() + b"\0" + file.read_bytes())
    return found.hexdigest()


def _kept(function: Callable[..., Any], **options: Any) -> Any:
    """Compile on first use and keep the result on disk as long as no source of the model changes."""
    return kept(numba.njit(**_OPTIONS, **options)(function), model_sources())


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a function that Python calls."""
    return _kept(function)
