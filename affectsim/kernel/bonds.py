"""How ties change from day to day, and how distrust of one person spreads to their group."""

from __future__ import annotations

import numpy as np

from affectsim.kernel.compile import internal
from affectsim.kernel.rows import FAST_BLOCK, FLIGHT, SLOW_BLOCK, X_T, L
from affectsim.kernel.tables import MOST_GROUPS

#: Columns of `Population.day`: means over the day of warmth given, hostility given, threat.
DAY_COLUMNS = 3
#: A tie can become at most twice as strong as it was.
MOST_STRENGTH = 2.0


@internal
def note_day(population, tables, block, tick, buffer):
    """Add what a block gives now, and its threat, to the means of the day (one sample per tick)."""
    if tables.bonds[population.block_run[block], 0] == 0.0:
        return
    ticks_per_day = tables.ticks_per_moment * tables.moments_per_day
    share = 1.0 / ticks_per_day
    keep = 0.0 if tick % ticks_per_day == 0 else 1.0
    half = population.given.size // 2
    given = population.given[buffer * half : (buffer + 1) * half]
    fast = population.fast[block * FAST_BLOCK : (block + 1) * FAST_BLOCK]
    day = population.day
    for i in range(L):
        slot = block * L + i
        at = DAY_COLUMNS * slot
        day[at] = keep * day[at] + share * given[2 * slot]
        day[at + 1] = keep * day[at + 1] + share * given[2 * slot + 1]
        day[at + 2] = keep * day[at + 2] + share * fast[X_T + i]


@internal
def change_ties(population, tables, block):
    """At night the ties that a block receives from follow the day.

    Strength s in [0, 2], 1 at the beginning: s + tie_growth * (warmth given by one * warmth given by the other)
    * (2 - s), less tie_wear * (hostility of both + flight of the receiver * their threat) * s; all are means over
    the day. Distrust in [0, 1], where people are seen as members of groups: it moves with distrust_time towards
    distrust_strength * own threat * hostility seen, at most 1. The hostility seen is the giver's and, by the
    share `stereotyping`, the mean of the ties with the giver's whole group. Distrust keeps that share of warmth
    out, and no hostility.
    """
    run = population.block_run[block]
    if tables.bonds[run, 0] == 0.0:
        return
    growth, wear, learning = tables.bonds[run, 1], tables.bonds[run, 2], tables.bonds[run, 3]
    strength_of_distrust, spread, half = tables.bonds[run, 4], tables.bonds[run, 5], tables.bonds[run, 6]
    slow = population.slow[block * SLOW_BLOCK : (block + 1) * SLOW_BLOCK]
    day, strengths, distrusts = population.day, population.tie_strength, population.tie_distrust
    of_group = np.empty(2 * MOST_GROUPS)
    for i in range(L):
        slot = block * L + i
        warmth, hostility, threat = day[DAY_COLUMNS * slot], day[DAY_COLUMNS * slot + 1], day[DAY_COLUMNS * slot + 2]
        harm = hostility + np.float64(slow[FLIGHT + i]) * threat
        for g in range(2 * MOST_GROUPS):
            of_group[g] = 0.0
        total = half
        for k in range(population.tie_start[slot], population.tie_start[slot + 1]):
            giver = DAY_COLUMNS * (np.int64(population.tie_source[k]) // 2)
            strength = np.float64(strengths[k])
            strength += growth * warmth * day[giver] * (MOST_STRENGTH - strength)
            strength -= wear * (harm + day[giver + 1]) * strength
            strengths[k] = np.float32(min(max(strength, 0.0), MOST_STRENGTH))
            weight = np.float64(population.tie_base[k]) * np.float64(strengths[k])
            total += weight
            group = population.tie_group[k]
            if group >= 0:
                of_group[2 * group] += weight
                of_group[2 * group + 1] += weight * day[giver + 1]
        for k in range(population.tie_start[slot], population.tie_start[slot + 1]):
            giver = DAY_COLUMNS * (np.int64(population.tie_source[k]) // 2)
            group = population.tie_group[k]
            distrust = np.float64(distrusts[k])
            if group >= 0:
                seen = day[giver + 1]
                if of_group[2 * group] > 0.0:
                    seen = (1.0 - spread) * seen + spread * of_group[2 * group + 1] / of_group[2 * group]
                distrust += learning * (min(strength_of_distrust * threat * seen, 1.0) - distrust)
                distrusts[k] = np.float32(distrust)
            weight = np.float64(population.tie_base[k]) * np.float64(strengths[k]) / total
            population.tie_weight[k] = np.float32(weight)
            population.tie_warmth[k] = np.float32(weight * (1.0 - distrust))
