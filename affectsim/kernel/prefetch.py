"""A hint to the processor: this will be read soon. It changes no number."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic


@intrinsic
def prefetch(context: Any, array: Any, index: Any) -> Any:
    """Ask for `array[index]` (one dimension) to be in the cache soon; a hint that changes no number."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        place = builder.bitcast(builder.gep(data, [arguments[1]]), ir.IntType(8).as_pointer())
        number = ir.IntType(32)
        hint = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(ir.VoidType(), [place.type, number, number, number]), "llvm.prefetch.p0i8"
        )
        # To read, data, into the second cache: the first is full of the block that is worked on.
        builder.call(hint, [place, number(0), number(2), number(1)])
        return context.get_dummy_value()

    return types.void(array, index), build
