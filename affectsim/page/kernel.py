"""The page's kernel: the engine's own functions as JavaScript."""

from __future__ import annotations

from affectsim import draws, dynamics, exponential
from affectsim.kernel.advance import advance
from affectsim.kernel.exchange import fetch
from affectsim.kernel.happenings import _practise, dated_events, night
from affectsim.kernel.meeting import meet
from affectsim.kernel.tables import Population, Tables
from affectsim.kernel.ties import sum_one_by_one, sum_ties
from affectsim.page.javascript import Array, Number, Translation, Tuple, record
from affectsim.training import practice


def kernel_source(population: Population, tables: Tables) -> str:
    """Return the JavaScript of everything that the page computes with; arrays only say how many dimensions there are.

    Functions: `advance`, `dated_events`, `practise`, `night` and `threefry` as in the engine, and the equations as
    functions of arrays: `excitation_inhibition`, `rates`, `giving`.
    """
    whole = Translation(skipped=(fetch, meet), instead={sum_ties: sum_one_by_one})
    people, world = record("population", population), record("tables", tables)
    number = Number("")

    def numbers(*names: str) -> list[Number]:
        return [Number(name) for name in names]

    def tuple_of(fields: tuple[str, ...]) -> Tuple:
        return Tuple((number,) * len(fields))

    state, inputs = tuple_of(dynamics.State._fields), tuple_of(dynamics.Inputs._fields)
    person, coupling = tuple_of(dynamics.Person._fields), tuple_of(dynamics.Coupling._fields)
    records = [Array("rows", 1), Array("chosen", 1), Array("out", 3)]
    shares = [Array("place", 1), *numbers("thread", "threads")]
    whole.door(advance, [people, world, *numbers("first_tick", "ticks", "every"), *records, *shares])
    whole.door(dated_events, [people, world, *numbers("run", "moment", "first", "end")])
    whole.door(
        _practise, [people, world, *numbers("block", "i", "person", "exercise", "moment", "again", "skill", "share")]
    )
    whole.door(night, [people, world, *numbers("block", "forget")])
    whole.door(draws.threefry, numbers("key_0", "key_1", "counter_0", "counter_1"))
    whole.door(dynamics.excitation_inhibition, [state, inputs, person, coupling])
    whole.door(dynamics.rates, [state, inputs, person, coupling])
    whole.door(dynamics.giving, [state, tuple_of(dynamics.Giver._fields), Number("threshold_cubed")])
    whole.door(exponential.less_one, numbers("x"))
    names = practice.effective.__code__
    whole.door(practice.effective, numbers(*names.co_varnames[: names.co_argcount]))
    return whole.source("kernel")
