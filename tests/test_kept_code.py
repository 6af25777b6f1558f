"""Machine code that numba keeps on disk: used again, and missed by nobody where it cannot be kept."""

from __future__ import annotations

import errno
import importlib.util
import os

import numba
import pytest
from numba.core.caching import IndexDataCacheFile

from affectsim.kept_code import kept


def _double(folder, stamp=None):
    """Return a function of a file in `folder` that doubles numbers, as a new process would see it."""
    file = folder / "doubling.py"
    if not file.exists():
        file.write_text("def double(x):\n    return 2 * x\n")
    spec = importlib.util.spec_from_file_location("doubling", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return kept(numba.njit(module.double), stamp)


def _read(function):
    assert function(21) == 42
    return sum(function.stats.cache_hits.values()) == 1


def test_what_is_kept_is_read_as_long_as_the_stamp_stays(tmp_path):
    assert [_read(_double(tmp_path, stamp)) for stamp in ("a", "a", "b", "b")] == [False, True, False, True]


def test_where_no_folder_can_be_written_it_is_compiled_all_the_same():
    """A read-only installation and no home: numba alone stops with an error."""
    space = {}
    exec(compile("def double(x): return 2 * x", "<no file, so no folder next to it>", "exec"), space)
    with pytest.warns(UserWarning, match="NUMBA_CACHE_DIR"):
        function = kept(numba.njit(space["double"]))
    assert function(21) == 42


def test_a_full_disk_keeps_nothing_and_stops_nothing(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(IndexDataCacheFile, "_open_for_write", full)
    with pytest.warns(UserWarning, match="NUMBA_CACHE_DIR"):
        assert not _read(_double(tmp_path))


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
def test_half_a_file_is_made_again(tmp_path, ending):
    assert not _read(_double(tmp_path))
    for file in tmp_path.rglob(f"*.{ending}"):
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    assert [_read(_double(tmp_path)) for _ in range(2)] == [False, True]
