"""A system of ordinary differential equations with exact derivatives, made from symbols."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy as sp

Float = npt.NDArray[np.float64]


class Derivatives:
    """Compiled right-hand side and derivatives over (state, active, fixed) symbols; made once, used for many values."""

    def __init__(
        self, rates: Sequence[Any], state: Sequence[Any], active: Sequence[Any], fixed: Sequence[Any] = ()
    ) -> None:
        """Differentiate `rates` (one expression per state) by state and active symbols; `fixed` are numbers later."""
        self.size, self.count = len(state), len(active)
        both = [*state, *active]
        vector = sp.symbols(f"v0:{len(state)}")
        rhs = sp.Matrix(list(rates))
        first = rhs.jacobian(both)
        turned = first[:, : self.size] * sp.Matrix(vector)
        arguments = [*state, *active, *fixed]
        self.field: Callable[..., Any] = sp.lambdify(arguments, list(rhs), modules="numpy", cse=True)
        self.first: Callable[..., Any] = sp.lambdify(arguments, [*rhs, *first], modules="math", cse=True)
        self._second = (arguments, vector, turned, both)
        self._compiled: Callable[..., Any] | None = None

    @property
    def second(self) -> Callable[..., Any]:
        """Derivatives of (Jacobian times v) by state and active symbols: only folds need them, so made on demand."""
        if self._compiled is None:
            arguments, vector, turned, both = self._second
            self._compiled = sp.lambdify([*arguments, *vector], list(turned.jacobian(both)), modules="math", cse=True)
        return self._compiled


class System:
    """dx/dt = f(x, p) for some active parameters p, the others fixed.

    `names` name the entries of p, `states` those of x. Arrays: x (n,), p (m,). Where the equations have no
    value (outside their domain) everything is NaN.
    """

    def __init__(
        self, derivatives: Derivatives, states: Sequence[str], names: Sequence[str], fixed: Sequence[float] = ()
    ) -> None:
        self.states, self.names = tuple(states), tuple(names)
        self._made, self._fixed = derivatives, tuple(float(one) for one in fixed)

    @classmethod
    def from_expressions(cls, rates: Sequence[Any], state: Sequence[Any], active: Sequence[Any]) -> System:
        """Return the system of sympy expressions `rates` over the symbols `state` and `active`."""
        return cls(Derivatives(rates, state, active), [str(x) for x in state], [str(p) for p in active])

    @property
    def size(self) -> int:
        """Number of states, n."""
        return self._made.size

    def field(self, x: Any, p: Any) -> Float:
        """Return the rates for many states at once: x (n, ...) -> (n, ...)."""
        with np.errstate(all="ignore"):
            found = self._made.field(*x, *p, *self._fixed)
        return np.stack(np.broadcast_arrays(*found, x[0])[:-1]).astype(np.float64)

    def derivatives(self, x: Any, p: Any) -> tuple[Float, Float, Float]:
        """Return f (n,), df/dx (n, n) and df/dp (n, m)."""
        n = self.size
        found = self._evaluated(self._made.first, n * (1 + n + self._made.count), x, p)
        both = found[n:].reshape(n, n + self._made.count)
        return found[:n], both[:, :n], both[:, n:]

    def rhs(self, x: Any, p: Any) -> Float:
        """Return f(x, p), shape (n,)."""
        return self.derivatives(x, p)[0]

    def jacobian(self, x: Any, p: Any) -> Float:
        """Return df/dx, shape (n, n)."""
        return self.derivatives(x, p)[1]

    def turned(self, x: Any, p: Any, v: Any) -> Float:
        """Return the derivatives of (df/dx v) by x and p, shape (n, n + m)."""
        n = self.size
        found = self._evaluated(self._made.second, n * (n + self._made.count), x, p, v)
        return found.reshape(n, n + self._made.count)

    def _evaluated(self, function: Callable[..., Any], size: int, x: Any, p: Any, v: Any = ()) -> Float:
        # Plain floats: the compiled functions are several times faster with them than with numpy's.
        plain_x, plain_p, plain_v = (np.asarray(one, dtype=np.float64).tolist() for one in (x, p, v))
        try:
            return np.array(function(*plain_x, *plain_p, *self._fixed, *plain_v), dtype=np.float64)
        except (ValueError, ZeroDivisionError, OverflowError):
            return np.full(size, np.nan)
