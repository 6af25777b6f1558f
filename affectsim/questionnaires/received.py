"""The warmth received as a readout; what it is measured from is in `affectsim.received`."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from affectsim.readouts import Measure

Float = npt.NDArray[np.float64]

#: Name of the quantity in `Measure.rows`: no row of the kernel's, see `simulation`.
ROW = "warmth_received"


class WarmthReceived(Measure, kind="warmth_received"):
    """Warmth that reaches a person from their ties: nothing without ties, less for those who withdraw.

    Assumes: eight looks a day stand for the interval; fear of compassion decides later what is made of it.
    """

    rows = (ROW,)
    direction = 1
    unit = "input"
    bounds = (0.0, math.inf)

    @classmethod
    def of(cls, values: Mapping[str, Float]) -> Float:
        """Return the mean over the interval."""
        return values[ROW]
