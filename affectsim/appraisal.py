"""How an ambiguous event is read: signal detection with two biases of the threat system.

Plain arithmetic and square roots, compiled by the kernel and evaluated by numpy from one source.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def alarm_probability(
    is_threat: Any, threat: Any, discriminability: Any, criterion: Any, better_safe_than_sorry: Any, looks: Any
) -> Any:
    """Return the probability that an ambiguous event is taken for a threat.

    Better safe than sorry: the criterion falls as `threat` (activation, 0 to 1) rises. Jumping to
    conclusions: fewer `looks` are taken, so the evidence is poorer. Evidence is +d'/2 for a real
    threat (`is_threat` = 1), -d'/2 for a harmless event (0), with noise of Student's t distribution
    with 2 degrees of freedom, whose distribution function needs no exponential:
    F(z) = (1 + z / sqrt(2 + z^2)) / 2.
    """
    taken = 1.0 + (looks - 1.0) * (1.0 - threat)
    z = ((is_threat - 0.5) * discriminability - (criterion - better_safe_than_sorry * threat)) * np.sqrt(taken)
    return 0.5 * (1.0 + z / np.sqrt(2.0 + z * z))
