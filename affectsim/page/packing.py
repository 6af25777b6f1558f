"""Arrays as JSON: base64 of their bytes, so that every bit arrives."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

#: numpy's types -> type on the page. The page has no 64-bit integers; the model's are small.
_TYPES = {
    "float64": "f8", "float32": "f4", "int64": "i4", "int32": "i4", "uint32": "u4", "uint16": "u2", "uint8": "u1",
}  # fmt: skip
_DTYPES = {"f8": "<f8", "f4": "<f4", "i4": "<i4", "u4": "<u4", "u2": "<u2", "u1": "u1"}


def packed(value: Any) -> Any:
    """Return a number as it is, and an array of any shape as `{t, b, n}`: type, bytes (or `c`: each number), shape.

    Raises ValueError for integers that do not fit into 32 bits, KeyError for types that the page has not.
    """
    if np.ndim(value) == 0:
        return value.item() if isinstance(value, np.generic) else value
    array = np.ascontiguousarray(value)
    kind = _TYPES[array.dtype.name]
    narrow = array.astype(_DTYPES[kind])
    if not (narrow == array).all():
        raise ValueError("integers of the page have 32 bits")
    if array.size > 1 and (narrow == narrow.flat[0]).all():
        return {"t": kind, "c": narrow.flat[0].item(), "n": list(array.shape)}
    return {"t": kind, "b": base64.b64encode(narrow.tobytes()).decode(), "n": list(array.shape)}
