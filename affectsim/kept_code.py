"""Machine code on disk, so that the next start need not compile; where it cannot be kept, starts only take longer.

numba alone stops with an error where no folder can be written (a container whose user has no home), where the disk is
full, and where a crash has left half a file.
"""

from __future__ import annotations

import warnings
from contextlib import suppress
from typing import Any


def kept(dispatcher: Any, stamp: str | None = None) -> Any:
    """Let numba keep what it compiles of a function, and return the function.

    `stamp`: what is kept is used as long as this stays the same; by default the content of the function's file.
    """
    try:
        dispatcher.enable_caching()
    except RuntimeError:  # no folder
        _tell()
        return dispatcher
    # Private to numba, and the only places where they can be set; tests/test_kept_code.py watches them.
    cache = dispatcher._cache
    if stamp is not None:
        cache._cache_file._source_stamp = stamp
    load, save = cache.load_overload, cache.save_overload

    def load_or_none(*key: Any) -> Any:
        try:
            return load(*key)
        except Exception:  # of a damaged file pickle can make any error
            with suppress(OSError):
                cache.flush()
            return None

    def save_or_tell(*entry: Any) -> None:
        try:
            save(*entry)
        except Exception:
            _tell()

    cache.load_overload, cache.save_overload = load_or_none, save_or_tell
    return dispatcher


def _tell() -> None:
    warnings.warn(
        "what is compiled cannot be kept, so every start compiles it again, for some 20 seconds; "
        "let the environment variable NUMBA_CACHE_DIR name a folder that can be written",
        stacklevel=1,
    )
