"""The kernel's tick as C: translated from its source (`c_source`), compiled with gcc, called by ctypes."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from affectsim.world import World
from tests.benchmarks.c_source import Array, Number, Record, Translation, type_of
from tests.benchmarks.c_types import WHOLE

#: What a C programmer would ask for; the first three are the stated limit, the others let loops with
#: square roots and conditional divisions be vectorised (rounding stays that of IEEE 754).
FLAGS = ("-O3", "-march=native", "-fopenmp", "-fno-math-errno", "-fno-trapping-math")
#: Multiply-adds as numba makes them, one rounding each: for comparing bit by bit.
SAME_BITS = (*FLAGS, "-ffp-contract=off")


def missing() -> str | None:
    """Return why there can be no C here, None if there can."""
    return None if shutil.which(_compiler()) else f"no C compiler ({_compiler()} not found; CC names another)"


def _compiler() -> str:
    return os.environ.get("CC", "cc")


def _structure(name: str, fields: Sequence[tuple[str, Any]]) -> Any:
    return type(name, (ctypes.Structure,), {"_fields_": list(fields)})


def _ctype(kind: Any) -> Any:
    if isinstance(kind, Array):
        return _structure("View", [("p", ctypes.c_void_p), ("n", ctypes.c_int64 * kind.dimensions)])
    if isinstance(kind, Record):
        return _structure(kind.name, [(name, _ctype(member)) for name, member in kind.fields])
    assert isinstance(kind, Number)
    return np.ctypeslib.as_ctypes_type(np.dtype(kind.dtype))


def _filled(kind: Any, value: Any) -> Any:
    if isinstance(kind, Array):
        if not value.flags.c_contiguous:
            raise ValueError("C needs contiguous arrays")
        return _ctype(kind)(value.ctypes.data, (ctypes.c_int64 * kind.dimensions)(*value.shape))
    if isinstance(kind, Record):
        structure = _ctype(kind)()
        for (name, member), each in zip(kind.fields, value, strict=True):
            setattr(structure, name, each if isinstance(member, Number) else _again(structure, name, member, each))
        return structure
    return value


def _again(structure: Any, name: str, kind: Any, value: Any) -> Any:
    """Fill a member of a structure in its own type (ctypes compares types by identity)."""
    view = getattr(structure, name)
    view.p, view.n = value.ctypes.data, (ctypes.c_int64 * kind.dimensions)(*value.shape)
    if not value.flags.c_contiguous:
        raise ValueError("C needs contiguous arrays")
    return view


class CTick:
    """A compiled `kernel.advance.advance` for the types of one world's arrays."""

    def __init__(self, world: World, flags: Sequence[str] = FLAGS) -> None:
        """Translate and compile (some seconds). Raises OSError without a compiler, or what it said."""
        from affectsim.kernel.advance import advance

        example = self._arguments(world, 0, 1)
        self.types = [type_of(a) for a in example]
        whole = Translation()
        name, _ = whole.function(advance, [*self.types, WHOLE, WHOLE])
        given = ", ".join(
            f"{whole.define(t)} {'*' if isinstance(t, Array) else ''}a{k}" for k, t in enumerate(self.types)
        )
        passed = ", ".join(f"*a{k}" if isinstance(t, Array) else f"a{k}" for k, t in enumerate(self.types))
        together = "omp_get_thread_num(), omp_get_num_threads()"
        entry = f"void entry({given}) {{\n#pragma omp parallel\n{name}({passed}, {together});\n}}"
        self.source = f"{whole.source()}\n{entry}\n"
        self._folder = tempfile.TemporaryDirectory(prefix="affectsim-c-")
        path = Path(self._folder.name) / "tick.c"
        path.write_text(self.source)
        library = path.with_suffix(".so")
        command = [_compiler(), *flags, "-std=gnu11", "-shared", "-fPIC", "-w", str(path), "-o", str(library), "-lm"]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode:
            raise OSError(f"{' '.join(command)}\n{made.stderr[:4000]}")
        self._library = ctypes.CDLL(str(library))

    @staticmethod
    def _arguments(world: World, first: int, ticks: int) -> list[Any]:
        slots = world.population.tie_start.size - 1
        from affectsim.kernel.meeting import meeting
        from affectsim.kernel.record import SUMS

        nobody = np.full(slots, -1, dtype=np.int64)
        return [world.population, world.tables, first, ticks, first + ticks + 1, np.zeros(0, np.int64), nobody,
                np.empty((1, SUMS, 0)), meeting()]  # fmt: skip

    def advance(self, world: World, ticks: int, threads: int = 1) -> None:
        """Advance a world in place by some ticks; nothing is recorded."""
        arguments = self._arguments(world, world.tick, ticks)
        passed = []
        for kind, value in zip(self.types, arguments, strict=True):
            filled = _filled(kind, value)
            passed.append(ctypes.c_int64(filled) if isinstance(kind, Number) else ctypes.byref(filled))
        self._library.omp_set_num_threads(threads)
        self._library.entry(*passed)
        world.tick += ticks
