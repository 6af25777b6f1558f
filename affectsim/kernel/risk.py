"""Over-stimulated drive: risk-taking events, a reward now and a cost later."""

from __future__ import annotations

import numpy as np

from affectsim import risk
from affectsim.kernel.chance import WORD, draw_block
from affectsim.kernel.compile import inlined, internal
from affectsim.kernel.exchange import signal
from affectsim.kernel.rows import FAST_BLOCK, PARAMETER, ROW, SLOW_BLOCK, U_R, U_T, X_D, X_S, L
from affectsim.kernel.tables import RISK_PART

REWARD, COST = PARAMETER["risk_reward"], PARAMETER["risk_cost"]
_over_stimulation = inlined(risk.over_stimulation)
PENDING, EVENTS = ROW["pending_cost"], ROW["risk_events"]


@internal
def take_risks(population, tables, block, moment):
    """Let costs that are due arrive, and let those whose drive is high and soothing low take risks.

    A risk-taking event kicks drive at once by `risk_reward`. Its cost, `risk_cost`, waits; all that waits arrives
    together as a threat, with a constant chance per moment (a geometric waiting time of mean `risk_delay`). Not called
    where the chance of a risk is 0.
    """
    run = population.block_run[block]
    chance, arrival = tables.risk[run, 0], tables.risk[run, 1]
    fast = population.fast[block * FAST_BLOCK : (block + 1) * FAST_BLOCK]
    slow = population.slow[block * SLOW_BLOCK : (block + 1) * SLOW_BLOCK]
    reward, cost = tables.model[run, REWARD], tables.model[run, COST]
    threshold_cubed = tables.coupling[run, 0]
    words = np.empty(2 * L, dtype=np.uint32)
    draw_block(tables.keys, run, RISK_PART, population.block_first[block], moment, words)
    for i in range(L):
        pending = np.float64(slow[PENDING + i])
        if pending > 0.0 and (np.float64(words[L + i]) + 0.5) * WORD < arrival:
            fast[U_T + i] += pending
            pending = 0.0
        over = _over_stimulation(signal(fast[X_D + i], threshold_cubed), signal(fast[X_S + i], threshold_cubed))
        if (np.float64(words[i]) + 0.5) * WORD < chance * over:
            fast[U_R + i] += reward
            pending += cost
            slow[EVENTS + i] += np.float32(1.0)
        slow[PENDING + i] = np.float32(pending)
