"""A smaller kernel: names that nobody sees become short ones."""

from __future__ import annotations

import itertools
import re
import string
from collections import Counter
from collections.abc import Iterator

_WORD = re.compile(r"(?<![\w$])[A-Za-z_$][\w$]*")
#: What JavaScript itself gives a meaning to, as far as the kernel uses it.
_JAVASCRIPT = frozenset(
    ("const", "let", "for", "if", "else", "return", "function", "while", "break", "continue", "new", "in", "of", "true",
     "false", "null", "undefined", "Math", "Number", "Infinity", "NaN", "Array", "Float64Array", "Float32Array",
     "Int32Array", "Uint32Array", "Uint16Array", "Uint8Array")
)  # fmt: skip


def shortened(source: str) -> str:
    """Return a script of the kernel with short names for everything that it alone uses.

    Kept are names of JavaScript, names behind a dot (they belong to data), and what the first and the last line say
    (the name of the kernel and its doors). The kernel has neither texts nor comments; ValueError if it has.
    """
    if re.search(r"[\"'`]|//|/\*", source):
        raise ValueError("names can only be shortened where there are no texts and no comments")
    lines = source.strip().split("\n")
    members = set(re.findall(r"\.\s*([A-Za-z_$][\w$]*)", source))
    kept = _JAVASCRIPT | members | set(_WORD.findall(lines[0] + lines[-1] + lines[-2]))
    counts = Counter(name for name in _WORD.findall(source) if name not in kept)
    names = (name for name in _names() if name not in kept)
    short = {name: next(names) for name, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))}
    return re.sub(r"(?<![\w$.])[A-Za-z_$][\w$]*", lambda found: short.get(found[0], found[0]), source)


def _names() -> Iterator[str]:
    for length in itertools.count(1):
        for letters in itertools.product(string.ascii_letters, repeat=length):
            name = "".join(letters)
            if name not in ("do", "if", "in", "of", "as", "is"):
                yield name
