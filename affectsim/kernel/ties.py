"""What ties bring to one person: four sums side by side in the vector units.

The heaviest part of an exchange is to fetch, for every tie, four neighbouring numbers from anywhere in the population.
Compilers make four separate sums of that; as one sum of vectors it takes a third of the instructions. Every
multiplication and addition is the same, in the same order, so the numbers are too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from affectsim.kernel.rows import L

_FOUR = 4


def sum_one_by_one(out, at, given, sources, for_warmth, for_hostility, start, end):
    """Write to `out`, from `at` in steps of `L`, weighted sums over the ties `start` to `end` - 1.

    Of warmth, hostility, and the slopes of both; without weights (empty arrays) all weigh 1. The meaning of `sum_ties`
    in plain arithmetic: the page runs this.
    """
    weighted = for_hostility.size > 0
    warmth, hostility, warming, souring = 0.0, 0.0, 0.0, 0.0
    one, two, three = np.uint32(1), np.uint32(2), np.uint32(3)
    for k in range(start, end):
        giver = sources[k]
        trusted = np.float64(for_warmth[k]) if weighted else 1.0
        weight = np.float64(for_hostility[k]) if weighted else 1.0
        warmth += trusted * np.float64(given[giver])
        hostility += weight * np.float64(given[giver + one])
        warming += trusted * np.float64(given[giver + two])
        souring += weight * np.float64(given[giver + three])
    out[at] = warmth
    out[L + at] = hostility
    out[2 * L + at] = warming
    out[3 * L + at] = souring


@intrinsic
def sum_ties(
    context: Any, out: Any, at: Any, given: Any, sources: Any, for_warmth: Any, for_hostility: Any, start: Any, end: Any
) -> Any:
    """Do what `sum_one_by_one` does, as one sum of vectors of four."""
    double, number = ir.DoubleType(), ir.IntType(32)
    floats, doubles = ir.VectorType(ir.FloatType(), _FOUR), ir.VectorType(double, _FOUR)
    alternating = ir.Constant(ir.VectorType(number, _FOUR), [0, 1, 0, 1])

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        arrays = [context.make_array(signature.args[k])(context, builder, arguments[k]) for k in (0, 2, 3, 4, 5)]
        sums, signals, givers, trusts, weights = (array.data for array in arrays)
        place, first, last = arguments[1], *arguments[6:]
        total = cgutils.alloca_once_value(builder, ir.Constant(doubles, [0.0] * _FOUR))

        def weight(array: Any, tie: Any) -> Any:
            return builder.fpext(builder.load(builder.gep(array, [tie])), double)

        def add_up(pair: Callable[[Any], tuple[Any, ...]]) -> None:
            """Add what all ties bring; `pair`: the weights of a tie for warmth and for hostility, or none."""
            with cgutils.for_range(builder, builder.sub(last, first)) as loop:
                tie = builder.add(first, loop.index)
                giver = builder.zext(builder.load(builder.gep(givers, [tie])), ir.IntType(64))
                heard = builder.load(builder.bitcast(builder.gep(signals, [giver]), floats.as_pointer()))
                heard.align = 4
                term, both = builder.fpext(heard, doubles), ir.Constant(doubles, ir.Undefined)
                given_weights = pair(tie)
                for k, one in enumerate(given_weights):
                    both = builder.insert_element(both, one, number(k))
                if given_weights:
                    term = builder.fmul(builder.shuffle_vector(both, both, alternating), term)
                builder.store(builder.fadd(builder.load(total), term), total)

        # To multiply by 1 changes no bit. Without bonds both weights are one array: each is read and converted once.
        nothing = builder.icmp_signed("==", arrays[4].nitems, arrays[4].nitems.type(0))
        with builder.if_else(nothing) as (without, with_weights):
            with without:
                add_up(lambda tie: ())
            with with_weights, builder.if_else(builder.icmp_unsigned("==", trusts, weights)) as (alike, unlike):
                with alike:
                    add_up(lambda tie: (weight(weights, tie),) * 2)
                with unlike:
                    add_up(lambda tie: (weight(trusts, tie), weight(weights, tie)))
        found = builder.load(total)
        for k in range(_FOUR):
            to = builder.gep(sums, [builder.add(place, ir.IntType(64)(k * L))])
            builder.store(builder.extract_element(found, number(k)), to)
        return context.get_dummy_value()

    arrays = (given, sources, for_warmth, for_hostility)
    return types.void(out, types.intp, *arrays, types.intp, types.intp), build
