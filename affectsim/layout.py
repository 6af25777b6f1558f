"""Where each number of a person lives: rows of the three blocked arrays that own the state.

People are stored in blocks of `LANES`. A block is one contiguous piece of memory, row after row,
`LANES` people wide, so a block stays in the processor's cache while it is worked on and every inner
loop runs over neighbouring numbers.

- `Fast` (float64): what changes within a tick;
- `SLOW` (float32): traits, trained attributes and the effective values derived from them once a day; on which
  days each trains, and how warm a session is (`session_warmth`, input units);
- `STEADY` (uint16): shares that never change and that no step reads, in units of 1 / `STEADY_UNITS`: half the
  memory, and no difference is made by the fifth decimal of how well a person forms images. Also how able the
  therapist is (`skill`), and when in the day a person practises at home (`practice_time`, a share of the day: the
  middle of a half hour).
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from affectsim.parameters import ATTRIBUTES, FEARS, TRAITS

#: People per block.
LANES = 64


class Fast(IntEnum):
    """Rows of the float64 array."""

    THREAT = 0
    DRIVE = 1
    SOOTHING = 2
    # Decaying inputs; see dynamics.Inputs. The image decays into the body (mind first, then body).
    U_THREAT = 3
    U_RESOURCE = 4
    U_AFFILIATION = 5
    U_PRACTICE = 6
    U_IMAGE = 7
    U_BODY = 8
    U_EASE = 9
    # Signals received from ties: value and slope (1/h) at the last exchange, and what was then predicted for the next.
    WARMTH_BEFORE = 10
    WARMTH_SLOPE = 11
    WARMTH_PREDICTED = 12
    HOSTILITY_BEFORE = 13
    HOSTILITY_SLOPE = 14
    HOSTILITY_PREDICTED = 15
    # Sums over the ticks since the last record; that of threat-dominant time, of few bits, is in `SLOW`.
    SUM_THREAT = 16
    SUM_DRIVE = 17
    SUM_SOOTHING = 18
    SUM_BALANCE = 19


TRAIT_NAMES = tuple(TRAITS)
ATTRIBUTE_NAMES = tuple(ATTRIBUTES)
#: Everything that exercises train, each from 0 (nothing yet) but for the attributes, which start at a baseline:
#: relief from self-criticism, relief from each fear (below 0 where failures have raised it), comfort with being
#: soothed, what was learnt about compassion, hope, and kindness to oneself.
TRAINABLE = (
    *ATTRIBUTE_NAMES, "self_criticism_relief", *(f"{fear}_relief" for fear in FEARS), "comfort", "insight", "hope",
    "self_kindness",
)  # fmt: skip
EFFECTIVE = (
    "effective_self_criticism",
    "effective_fear_of_self_compassion",
    "effective_fear_of_compassion_from_others",
    "effective_threat_gain",
    "effective_soothing_gain",
    "effective_warmth",
    "effective_fight",
    "effective_flight",
    "effective_submission",
)

#: Traits that every step reads: next to the effective values, so that a step reads memory in one piece.
_EVERY_STEP = ("drive_gain", "threat_baseline", "drive_baseline", "soothing_baseline")
#: Rows of the uint16 array, by name.
STEADY: dict[str, int] = {
    name: row
    for row, name in enumerate(
        (
            *FEARS,
            "anger",
            "escape",
            "imagery",
            "attention",
            "understanding",
            "bad_associations",
            "discomfort_with_soothing",
            "unworthiness",
            "adherence",
            "practice_rate",
            "practice_time",
            "skill",
            *(f"baseline_{name}" for name in ATTRIBUTE_NAMES),
        )
    )
}
#: A share of 1 in the uint16 array.
STEADY_UNITS = 65535.0
#: Rows of the float32 array, by name.
SLOW: dict[str, int] = {
    name: row
    for row, name in enumerate(
        (
            *(name for name in TRAIT_NAMES if name not in _EVERY_STEP and name not in STEADY),
            *TRAINABLE,
            "current_power",
            *_EVERY_STEP,
            *EFFECTIVE,
            "background_threat",
            "background_drive",
            "background_soothing",
            "start_day",
            "stop_day",
            "session_warmth",
            "pending_cost",
            "risk_events",
            "sum_threat_dominant",
        )
    )
}

FAST_ROWS = len(Fast)
SLOW_ROWS = len(SLOW)
STEADY_ROWS = len(STEADY)
#: `start_day` of people who never train.
NEVER = np.float32(1e9)

#: Rows that a record can copy, by name: those of the float32 array, then inputs of the float64 array (`u_image`).
RECORDABLE: dict[str, int] = {
    **SLOW,
    **{row.name.lower(): SLOW_ROWS + row for row in Fast if row.name.startswith("U_")},
}


def steady(shares: npt.ArrayLike) -> npt.NDArray[np.uint16]:
    """Return shares in [0, 1] as the uint16 array holds them, any shape. Raises ValueError outside [0, 1]."""
    values = np.asarray(shares, dtype=np.float64)
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError("shares must be from 0 to 1")
    return np.rint(values * STEADY_UNITS).astype(np.uint16)


def blocks_for(people: int) -> int:
    """Return how many blocks hold `people` people."""
    return -(-people // LANES)
