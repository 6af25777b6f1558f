"""What every part must pass, shipped or somebody's own."""

from __future__ import annotations

import math

from affectsim.parts import Part, declared


def explains_itself(part: type[Part]) -> None:
    """Check that a part says what it is and what it assumes, and each field its meaning, source and bounds."""
    assert part.headline().endswith(".") or ":" in part.headline() or "(" in part.headline()
    assert part.assumes(), "the docstring says what is assumed"
    for name, known in declared(part).items():
        assert known.says, name
        assert known.source, name
        if known.low is not None and isinstance(known.default, (int, float)) and not isinstance(known.default, bool):
            assert known.low <= known.default <= (math.inf if known.high is None else known.high), name
