"""Where the threads of a run wait for each other: nobody goes on before all have arrived.

numba's own parallel loops would do, but compile everything three times over, and wake their threads at every
exchange; these threads stay awake for many ticks. A thread that waits long gives its processor to others.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from affectsim.kernel.compile import internal_inlined

#: Where in the array are: how many have arrived, and how often all have met. Each has a cache line of its own.
_ARRIVED, _MET, _SIZE = 0, 16, 32
#: Looks at the array before a waiting thread gives way (some 10 us; an exchange comes every few hundred).
_PATIENCE = 2000
_GIVE_WAY = "SwitchToThread" if sys.platform == "win32" else "sched_yield"


def meeting() -> npt.NDArray[np.int64]:
    """Return a place where threads can meet, shape (32,); one for each run of the kernel."""
    return np.zeros(_SIZE, dtype=np.int64)


def _place(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    return builder.gep(context.make_array(array_type)(context, builder, array).data, [index])


@intrinsic
def _add(context: Any, array: Any, index: Any, amount: Any) -> Any:
    """Add to `array[index]` at once for all threads, and return what was there (int64)."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _place(context, builder, signature.args[0], arguments[0], arguments[1])
        return builder.atomic_rmw("add", place, arguments[2], "seq_cst")

    return types.int64(array, types.int64, types.int64), build


@intrinsic
def _look(context: Any, array: Any, index: Any) -> Any:
    """Return `array[index]` as other threads have left it (int64)."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _place(context, builder, signature.args[0], arguments[0], arguments[1])
        return builder.load_atomic(place, "seq_cst", 8)

    return types.int64(array, types.int64), build


@intrinsic
def _give_way(context: Any) -> Any:
    """Let another thread have this processor."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        call = cgutils.get_or_insert_function(builder.module, ir.FunctionType(ir.IntType(32), []), _GIVE_WAY)
        builder.call(call, [])
        return context.get_dummy_value()

    return types.void(), build


@internal_inlined
def meet(place, threads):
    """Wait until all `threads` threads are here. `place`: see `meeting`."""
    if threads > 1:
        met = _look(place, _MET)
        if _add(place, _ARRIVED, 1) == threads - 1:
            _add(place, _ARRIVED, -threads)
            _add(place, _MET, 1)
        else:
            looked = 0
            while _look(place, _MET) == met:
                looked += 1
                if looked > _PATIENCE:
                    _give_way()
