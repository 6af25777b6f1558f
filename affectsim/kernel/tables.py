"""What the kernel reads and writes: plain arrays, in two named tuples."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]


class Population(NamedTuple):
    """State of every person in every run of a batch; the kernel is the only one who changes it.

    `slots` = blocks * LANES. People of one run fill whole blocks; the last block's spare lanes are
    idle copies that nobody hears.
    """

    fast: Float  # (blocks * FAST_ROWS * LANES,)
    slow: npt.NDArray[np.float32]  # (blocks * SLOW_ROWS * LANES,)
    steady: npt.NDArray[np.uint16]  # (blocks * STEADY_ROWS * LANES,), in units of 1 / STEADY_UNITS
    # (2 * slots * 4,): two buffers of (warmth, hostility, their slopes in 1/h) expressed. Single precision: half the
    # memory that everybody reads, and an error far below that of the scheme.
    given: npt.NDArray[np.float32]
    block_run: Int  # (blocks,): which run a block belongs to
    block_first: Int  # (blocks,): number, within its run, of the first person of a block
    run_blocks: Int  # (runs + 1,): first block of each run
    tie_start: Int  # (slots + 1,)
    tie_source: npt.NDArray[np.uint32]  # (ties,): four times the slot of the giver
    tie_share: npt.NDArray[np.float32]  # (slots,): of who hears: 1 / (tie_half_weight + sum of weights)
    tie_weight: npt.NDArray[np.float32]  # (ties,), or empty if all weigh 1 and nobody has bonds
    tie_warmth: npt.NDArray[np.float32]  # (ties,): for warmth: less distrust; `tie_weight` itself without bonds
    # (blocks * 2 * LANES,): hardship and favour of each person (input); empty if no run has circumstances.
    circumstances: npt.NDArray[np.float32]
    # The rest is empty unless some run has bonds (ties that change, distrust).
    tie_base: npt.NDArray[np.float32]  # (ties,): weight at the beginning
    tie_strength: npt.NDArray[np.float32]  # (ties,): how strong the tie is now, 1 at the beginning
    tie_distrust: npt.NDArray[np.float32]  # (ties,): share of the giver's warmth that is not taken in
    tie_group: npt.NDArray[np.int32]  # (ties,): group of the giver, -1 without
    day: npt.NDArray[np.float32]  # (slots * 3,): see kernel.bonds.DAY_COLUMNS


class Tables(NamedTuple):
    """What does not change during a run; first axis = run unless said."""

    coupling: Float  # (runs, len(Coupling))
    model: Float  # (runs, len(MODEL)), in the order of parameters.MODEL
    decay: Float  # (runs, 2 * steps + 1, 8): see scheme.decay_table
    signal_weights: Float  # (steps, 8): see scheme.signal_weights; same for all runs
    given_back: Float  # (exchanges of a tick,): see scheme.given_back
    exchange_steps: Int  # (exchanges + 1,): steps before which there is an exchange, and the number of steps
    step_hours: Float  # (steps,): lengths of the steps
    middle_step: int  # steps to the middle of the tick, 0 if no step ends there
    background: Float  # (runs, 5): three means, persistence per moment, innovation sd
    circumstances: Float  # (runs, 3): sd, persistence per day, innovation sd
    thresholds: Float  # (runs, sources, 4, moments per day, MOST_EVENTS): see world_tables.poisson_thresholds
    intensity: Float  # (runs, sources, 4)
    keys: npt.NDArray[np.uint32]  # (runs, parts, 2)
    event_start: Int  # (runs, moments + 1)
    event_person: Int  # (events,): slot
    event_kind: Int  # (events,): 0 threat, 1 resource, 2 affiliative, 3 ambiguous
    event_size: Float  # (events,)
    event_again: Int  # (events,): how many ambiguous events of the same person and moment stand before it
    home: Int  # (runs, days of programme, 3): exercises or -1
    informal: Float  # (runs, days of programme, 3): chance, if all is done, to do them in passing in a waking moment
    session: Int  # (runs, days of programme, 3): exercises or -1
    session_moment: Int  # (runs, days of programme): moment of the day, -1 without a session
    session_hope: Float  # (runs, days of programme): share of the way to full hope that the session moves
    attendance: Float  # (runs,)
    exercises: Float  # (exercises, len(EXERCISE_FIELDS))
    forget: Float  # (runs,): share of a trained gain lost per day
    power_step: Float  # (runs,): share of the way that perceived power moves per tick
    risk: Float  # (runs, 2): chance of a risk-taking event per moment at full over-stimulation, chance of its cost
    bonds: Float  # (runs, 7): on, growth, wear, learning of distrust, its strength, stereotyping, half weight
    ticks_per_moment: int
    moments_per_day: int


#: Parts that draw, in the order of `Tables.keys`; then four per stimulus source, then one per exercise.
FIXED_PARTS = (
    "background/threat",
    "background/drive",
    "background/soothing",
    "appraisal",
    "adherence",
    "attendance",
    "risk",
    "circumstances/hardship",
    "circumstances/favour",
)
BACKGROUND_PART, APPRAISAL_PART, ADHERENCE_PART, ATTENDANCE_PART, RISK_PART, CIRCUMSTANCES_PART = 0, 3, 4, 5, 6, 7
#: Bits of a moment in a counter of draws: longer than any run; those above tell events of one moment apart.
MOMENT_BITS = 21
#: First waking moment of a day and the first after them, 8:00 and 22:00 (assumed): exercises are done in passing then.
WAKES, SLEEPS = 16, 44
#: Most groups that people can be seen as members of (distrust is kept by group).
MOST_GROUPS = 64
#: Most events of one kind that can reach one person in one moment (half an hour).
MOST_EVENTS = 5
#: Counts of events are drawn from 31-bit numbers: a limit of `MOST_WORD` is never reached.
MOST_WORD = 2.0**31
#: Columns of `Tables.decay`.
DECAY_KINDS = ("threat", "resource", "affiliation", "practice", "image", "body", "image_to_body", "ease")
#: Columns of `Tables.exercises`: fields of `training.exercises.Practice`. `trains_` in the order of layout.TRAINABLE.
EXERCISE_FIELDS = (
    "resource", "affiliative", "image", "body", "ease", "threat",
    "trains_motivation", "trains_sensitivity", "trains_sympathy", "trains_tolerance", "trains_empathy",
    "trains_non_judgement", "trains_self_criticism", "trains_fear_of_self_compassion",
    "trains_fear_of_compassion_from_others", "trains_fear_of_compassion_for_others", "trains_comfort",
    "trains_insight", "trains_hope", "trains_self_kindness",
    "fear_cost", "understanding_cost", "discomfort_cost",
    "failure_base", "failure_from_threat", "failure_from_low_tolerance", "failure_from_low_imagery",
    "failure_from_low_attention", "failure_from_anger", "failure_from_fear",
    "failure_blame", "failure_threat", "failure_raises_fears",
    "known_person", "association_threat", "learnt_at_once", "informal_share",
)  # fmt: skip
