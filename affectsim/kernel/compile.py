"""How functions become machine code: one place for numba's options.

No fast-math anywhere: additions keep their order and multiply-adds are not fused, so the same seed
gives the same bits for any number of threads, alone or batched. `error_model="numpy"` drops the
check for division by zero, which would keep loops from being vectorised.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numba

compiled: Any = partial(numba.njit, nogil=True, error_model="numpy", cache=True)
inlined: Any = partial(numba.njit, nogil=True, error_model="numpy", forceinline=True)
parallel: Any = partial(numba.njit, nogil=True, error_model="numpy", cache=True, parallel=True)
