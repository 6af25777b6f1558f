"""Many ticks in one call, for many runs at once; the blocks of all runs are shared out to the threads.

Everybody waits for everybody at each exchange of signals, and around the nights; between exchanges a block needs
nothing from the others, so the number of threads and the other runs in the batch cannot change a bit. What is given
goes to two buffers in turn, from exchange to exchange and over the ends of ticks: so whoever is ahead, by less than
one exchange, writes what nobody reads any more.
"""

from __future__ import annotations

import numpy as np

from affectsim.kernel.background import background, circumstances
from affectsim.kernel.bonds import change_ties, note_day
from affectsim.kernel.compile import compiled, internal, internal_inlined
from affectsim.kernel.exchange import express
from affectsim.kernel.happenings import daily_life, dated_events, night, practice_if_due, remember, somebody_trains
from affectsim.kernel.integrate import end_tick, start_tick, stretch
from affectsim.kernel.meeting import meet
from affectsim.kernel.record import add_to_record, write_record
from affectsim.kernel.risk import take_risks
from affectsim.kernel.rows import L

_NIGHT, _START = -2, -1


@internal_inlined
def happen(population, tables, block, tick):
    """What happens to one block at the start of a tick, dated events apart.

    Background, daily life, kindness that comes to mind, practice, risks.
    """
    if tick % tables.ticks_per_moment == 0:
        moment = tick // tables.ticks_per_moment
        background(population, tables, block, moment)
        daily_life(population, tables, block, moment)
        remember(population, tables, block)
        if somebody_trains(population, block, moment // tables.moments_per_day):
            practice_if_due(population, tables, block, moment)
        # Asked here: a call costs as much as advancing a few people, since all arrays are handed over.
        if tables.risk[population.block_run[block], 0] > 0.0:
            take_risks(population, tables, block, moment)


@internal
def change_overnight(population, tables, block, tick, buffer):
    """The night of one block: people change, and what they give changes with them (to `buffer`)."""
    circumstances(population, tables, block, tick // (tables.ticks_per_moment * tables.moments_per_day))
    night(population, tables, block, tick > 0)
    if tick > 0:
        change_ties(population, tables, block)
    express(population, tables, block, buffer, np.empty(4 * L))


@compiled
def start_of_tick(population, tables, tick):
    """Let everything happen that happens at the start of a tick, without the ODE (for other solvers, without bonds)."""
    blocks = population.block_run.size
    if tick % (tables.ticks_per_moment * tables.moments_per_day) == 0:
        for block in range(blocks):
            change_overnight(population, tables, block, tick, 1)
    if tick % tables.ticks_per_moment == 0:
        for run in range(population.run_blocks.size - 1):
            dated_events(population, tables, run, tick // tables.ticks_per_moment, 0, blocks)
    for block in range(blocks):
        happen(population, tables, block, tick)


@compiled
def advance(population, tables, first_tick, ticks, every, rows, chosen, out, place, thread, threads):
    """Advance every run of a batch by `ticks` ticks from `first_tick`: the share of one of several threads.

    All `threads` threads call this at the same time with the same arguments but for their number, `thread`; they
    meet at `place` (see meeting.py) before each exchange. Every `every` ticks a record goes to out[n] (shape
    (records, SUMS + rows, people chosen)).
    """
    steps, exchanges = tables.step_hours.size, tables.given_back.size
    blocks = population.block_run.size
    first, end = blocks * thread // threads, blocks * (thread + 1) // threads
    for tick in range(first_tick, first_tick + ticks):
        if tick % tables.ticks_per_moment == 0:
            for run in range(population.run_blocks.size - 1):
                if population.run_blocks[run] < end and population.run_blocks[run + 1] > first:
                    dated_events(population, tables, run, tick // tables.ticks_per_moment, first, end)
        new_day = tick % (tables.ticks_per_moment * tables.moments_per_day) == 0
        buffer = tick * exchanges % 2
        for phase in range(_NIGHT if new_day else _START, exchanges):
            if new_day or phase > _START:
                meet(place, threads)
            for block in range(first, end):
                if phase == _NIGHT:
                    change_overnight(population, tables, block, tick, 1 - buffer)
                elif phase == _START:
                    happen(population, tables, block, tick)
                    add_to_record(population, block, phase, steps, tables.middle_step)
                    start_tick(population, tables, block, new_day, buffer)
                    if tables.bonds[population.block_run[block], 0] > 0.0:
                        note_day(population, tables, block, tick, buffer)
                else:
                    stretch(population, tables, block, phase, (buffer + phase) % 2)
                    if phase == exchanges - 1:
                        end_tick(population, tables, block)
        if (tick + 1) % every == 0:
            for block in range(first, end):
                write_record(population, block, every, rows, chosen, out[(tick - first_tick) // every])
