"""Draws in the kernel: counter-based, keyed by run and part, for a person and a moment."""

from __future__ import annotations

import numpy as np

from affectsim import draws
from affectsim.kernel.binding import bind
from affectsim.kernel.compile import inlined, internal_inlined
from affectsim.kernel.rows import L

_mix = inlined(draws.mix)
threefry = inlined(bind(draws.threefry, mix=_mix))
#: One over the number of values of a 32-bit word.
WORD = 2.0**-32


@internal_inlined
def draw(keys, run, part, person, moment):
    """Return two random 32-bit words for one person."""
    return threefry(keys[run, part, 0], keys[run, part, 1], np.uint32(person), np.uint32(moment))


@internal_inlined
def draw_block(keys, run, part, first, moment, words):
    """Draw two 32-bit words for every lane of a block: words[:L] and words[L:]."""
    key_0, key_1 = keys[run, part, 0], keys[run, part, 1]
    for i in range(L):
        words[i], words[L + i] = threefry(key_0, key_1, np.uint32(first + i), np.uint32(moment))
