"""How ties change from day to day, and how distrust of one person spreads to their group."""

from __future__ import annotations

import numpy as np

from affectsim import bonds
from affectsim.kernel.compile import inlined, internal
from affectsim.kernel.rows import FAST_BLOCK, FLIGHT, SLOW_BLOCK, X_T, L
from affectsim.kernel.tables import MOST_GROUPS

#: Columns of `Population.day`: means over the day of warmth given, hostility given, threat.
DAY_COLUMNS = 3

_harm = inlined(bonds.harm)
_strength_after = inlined(bonds.strength_after)
_hostility_seen = inlined(bonds.hostility_seen)
_distrust_after = inlined(bonds.distrust_after)
_trusted = inlined(bonds.trusted)


@internal
def note_day(population, tables, block, tick, buffer):
    """Add what a block gives at the start of a tick, and its threat, to the means of the day (one sample per tick).

    Only called in runs with bonds.
    """
    ticks_per_day = tables.ticks_per_moment * tables.moments_per_day
    share = 1.0 / ticks_per_day
    keep = 0.0 if tick % ticks_per_day == 0 else 1.0
    given = population.given[buffer * (population.given.size // 2) :]
    fast = population.fast[block * FAST_BLOCK : (block + 1) * FAST_BLOCK]
    day = population.day
    for i in range(L):
        slot = block * L + i
        at = DAY_COLUMNS * slot
        day[at] = keep * day[at] + share * given[4 * slot]
        day[at + 1] = keep * day[at + 1] + share * given[4 * slot + 1]
        day[at + 2] = keep * day[at + 2] + share * fast[X_T + i]


@internal
def change_ties(population, tables, block):
    """At night ties follow the day: mutual warmth strengthens, hostility and withdrawal wear down, distrust is learnt.

    Only in runs with bonds. Distrust is kept where people are seen as members of groups: it follows the hostility
    met under threat and spreads, by the share `stereotyping`, to the giver's whole group. It keeps warmth out, and
    no hostility. The share of each tie is its weight divided by half weight plus sum of weights, which are new then.
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
        warmth = np.float64(day[DAY_COLUMNS * slot])
        hostility = np.float64(day[DAY_COLUMNS * slot + 1])
        threat = np.float64(day[DAY_COLUMNS * slot + 2])
        flight = np.float64(slow[FLIGHT + i])
        for g in range(2 * MOST_GROUPS):
            of_group[g] = 0.0
        total = half
        for k in range(population.tie_start[slot], population.tie_start[slot + 1]):
            giver = DAY_COLUMNS * (np.int64(population.tie_source[k]) // 4)
            harmed = _harm(hostility, flight, threat, np.float64(day[giver + 1]))
            strength = _strength_after(np.float64(strengths[k]), warmth, np.float64(day[giver]), harmed, growth, wear)
            strengths[k] = np.float32(strength)
            weight = np.float64(population.tie_base[k]) * np.float64(strengths[k])
            total += weight
            group = population.tie_group[k]
            if group >= 0:
                of_group[2 * group] += weight
                of_group[2 * group + 1] += weight * day[giver + 1]
        for k in range(population.tie_start[slot], population.tie_start[slot + 1]):
            giver = DAY_COLUMNS * (np.int64(population.tie_source[k]) // 4)
            group = population.tie_group[k]
            distrust = np.float64(distrusts[k])
            if group >= 0:
                seen = np.float64(day[giver + 1])
                if of_group[2 * group] > 0.0:
                    seen = _hostility_seen(seen, of_group[2 * group + 1], of_group[2 * group], spread)
                distrust = _distrust_after(distrust, threat, seen, strength_of_distrust, learning)
                distrusts[k] = np.float32(distrust)
            weight = np.float64(population.tie_base[k]) * np.float64(strengths[k])
            population.tie_weight[k] = np.float32(weight)
            population.tie_warmth[k] = np.float32(_trusted(weight, distrust))
        population.tie_share[slot] = np.float32(1.0 / total)
