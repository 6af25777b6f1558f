"""Counter-based random draws: Threefry-2x32 with 20 rounds (Salmon et al. 2011, SC'11).

A draw is a pure function of a key and a counter, so nothing that happens in one part of the model,
to one person or on one thread can change what another one draws. The key says which world and which
part of the model asks: a 64-bit hash of (seed, replicate, name of the part). The counter says for
whom and when: (person, moment).

`threefry` is one source for unsigned 32-bit numbers (compiled by numba) and arrays of them (numpy).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

#: Numbers that are drawn at once by `uniforms_of`: few enough to stay in the processor's cache.
_AT_ONCE = 2**14


def key(seed: int, replicate: int, part: str) -> npt.NDArray[np.uint32]:
    """Return the two 32-bit words of the key of one part of one world (shape (2,))."""
    text = f"{seed}/{replicate}/{part}".encode()
    return np.frombuffer(hashlib.blake2b(text, digest_size=8).digest(), dtype="<u4").astype(np.uint32)


def seed_for(seed: int, replicate: int, part: str) -> int:
    """Return a 32-bit seed for a library generator (networkx) that belongs to one part of one world."""
    return int(key(seed, replicate, part)[0])


def mix(x0: Any, x1: Any, rotation: int) -> Any:
    """One Threefry round on two 32-bit words (numbers or arrays)."""
    x0 = np.uint32(x0 + x1)
    x1 = np.uint32(np.uint32(x1 << rotation) | np.uint32(x1 >> (32 - rotation)))
    return x0, np.uint32(x1 ^ x0)


def threefry(key_0: Any, key_1: Any, counter_0: Any, counter_1: Any) -> Any:
    """Return two random 32-bit words for a key and a counter (unsigned 32-bit numbers or arrays of them)."""
    key_2 = np.uint32(np.uint32(key_0 ^ key_1) ^ np.uint32(0x1BD11BDA))
    x0 = np.uint32(counter_0 + key_0)
    x1 = np.uint32(counter_1 + key_1)
    x0, x1 = mix(x0, x1, 13)
    x0, x1 = mix(x0, x1, 15)
    x0, x1 = mix(x0, x1, 26)
    x0, x1 = mix(x0, x1, 6)
    x0 = np.uint32(x0 + key_1)
    x1 = np.uint32(x1 + np.uint32(key_2 + np.uint32(1)))
    x0, x1 = mix(x0, x1, 17)
    x0, x1 = mix(x0, x1, 29)
    x0, x1 = mix(x0, x1, 16)
    x0, x1 = mix(x0, x1, 24)
    x0 = np.uint32(x0 + key_2)
    x1 = np.uint32(x1 + np.uint32(key_0 + np.uint32(2)))
    x0, x1 = mix(x0, x1, 13)
    x0, x1 = mix(x0, x1, 15)
    x0, x1 = mix(x0, x1, 26)
    x0, x1 = mix(x0, x1, 6)
    x0 = np.uint32(x0 + key_0)
    x1 = np.uint32(x1 + np.uint32(key_1 + np.uint32(3)))
    x0, x1 = mix(x0, x1, 17)
    x0, x1 = mix(x0, x1, 29)
    x0, x1 = mix(x0, x1, 16)
    x0, x1 = mix(x0, x1, 24)
    x0 = np.uint32(x0 + key_1)
    x1 = np.uint32(x1 + np.uint32(key_2 + np.uint32(4)))
    x0, x1 = mix(x0, x1, 13)
    x0, x1 = mix(x0, x1, 15)
    x0, x1 = mix(x0, x1, 26)
    x0, x1 = mix(x0, x1, 6)
    x0 = np.uint32(x0 + key_2)
    x1 = np.uint32(x1 + np.uint32(key_0 + np.uint32(5)))
    return x0, x1


def uniforms(seed: int, replicate: int, part: str, people: int, index: int = 0) -> npt.NDArray[np.float64]:
    """Return one uniform number in (0, 1) for each person, shape (people,).

    Person i's number depends on (seed, replicate, part, i, index) only, not on how many people there are.
    """
    return uniforms_at(seed, replicate, part, np.arange(people), np.array([index])).reshape(people)


def uniforms_at(
    seed: int, replicate: int, part: str, people: npt.NDArray[np.int64], indices: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Return one uniform number in (0, 1) for each index and person, shape (indices, people).

    `people`: numbers of people, of any choice; `indices`: moments, or whatever else counts. A number depends on
    (seed, replicate, part, person, index) only, whoever and whatever else is asked for.
    """
    shape = (indices.size, people.size)
    key_0, key_1 = (np.full(shape, word) for word in key(seed, replicate, part))
    person = np.broadcast_to(people.astype(np.uint32), shape)
    high, low = threefry(key_0, key_1, person, np.broadcast_to(indices.astype(np.uint32)[:, None], shape))
    return _shares(high, low)


def uniforms_of(seed: int, replicate: int, parts: Sequence[str], people: int) -> npt.NDArray[np.float64]:
    """Return what `uniforms` gives for each of several parts, shape (parts, people); of few people much faster."""
    keys = np.array([key(seed, replicate, part) for part in parts], dtype=np.uint32).reshape(-1, 2, 1)
    person, zero = np.arange(people, dtype=np.uint32), np.uint32(0)
    found = np.empty((len(parts), people))
    together = max(1, _AT_ONCE // max(1, people))
    for first in range(0, len(parts), together):
        some = slice(first, first + together)
        found[some] = _shares(*threefry(keys[some, 0], keys[some, 1], person, zero))
    return found


def _shares(high: Any, low: Any) -> npt.NDArray[np.float64]:
    """Return numbers in (0, 1) made of two 32-bit words each, same shape."""
    return np.asarray((high * 2.0**21 + (low >> 11) + 0.5) * 2.0**-53)


def normals_at(
    seed: int, replicate: int, part: str, people: npt.NDArray[np.int64], indices: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Return standard normal numbers made of `uniforms_at`, shape (indices, people)."""
    from scipy.special import ndtri

    return np.asarray(ndtri(uniforms_at(seed, replicate, part, people, indices)))
