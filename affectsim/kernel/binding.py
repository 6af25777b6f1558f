"""The same equations with other helpers: compiled ones in the kernel, symbols in `symbolic`. Knows nothing of numba."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any


def bind(function: Callable[..., Any], **names: Any) -> Callable[..., Any]:
    """Return a copy of a pure function (same code) in which some of its global names mean something else."""
    plain: Any = function
    return types.FunctionType(plain.__code__, {**plain.__globals__, **names}, plain.__name__)
