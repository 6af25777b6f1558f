"""Over-stimulated drive takes risks: the equations of `kernel.risk`.

Plain arithmetic, compiled by the kernel and traced for the description from one source. All sizes are assumed.
"""

from __future__ import annotations

from typing import Any


def over_stimulation(drive_signal: Any, soothing_signal: Any) -> Any:
    """Return how far drive is over-stimulated, in [0, 1): high, and not regulated by soothing."""
    return drive_signal * (1.0 - soothing_signal)


def event_probability(rate: Any, days: Any) -> Any:
    """Return the probability of a risk-taking event within `days` at full over-stimulation (`rate` per day)."""
    return min(1.0, rate * days)


def arrival_probability(delay: Any, hours: Any) -> Any:
    """Return the probability that a cost that waits arrives within `hours`: a waiting time of mean `delay` (h)."""
    return min(1.0, hours / delay)
