"""Hypothesis strategies: random valid parts, programmes and scenarios."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from pydantic import BaseModel

from affectsim.correlations import STRONGEST, mistakes, ordered
from affectsim.parameters import DISTRIBUTIONS, MODEL, RATING
from affectsim.parts import Exercise, Part, declared
from affectsim.populations import MOST_SPREAD, PRESETS
from affectsim.scenario import Scenario
from affectsim.sections import TICKS
from affectsim.stimuli import KINDS, DailyLife, Dated, Shock
from affectsim.training.limits import LIMITS
from affectsim.training.programmes import Programme, programmes

#: Texts that a scenario takes: no control characters, no halves of characters.
LETTERS = st.characters(exclude_categories=("Cc", "Cs"))


def number(low: float, high: float) -> st.SearchStrategy[float]:
    """Numbers inside [low, high], ends and whole numbers among them."""
    return st.floats(low, high, allow_nan=False, allow_subnormal=False)


@st.composite
def bounded(draw: st.DrawFn, model: type[BaseModel], skip: tuple[str, ...] = ()) -> dict[str, Any]:
    """Values for some of the float fields of a model, each inside its declared bounds."""
    known = {
        name: one for name, one in declared(model).items()
        if one.type == "float" and None not in (one.low, one.high) and name not in skip
    }  # fmt: skip
    names = draw(st.sets(st.sampled_from(sorted(known)))) if known else set()
    return {name: draw(number(known[name].low, known[name].high)) for name in sorted(names)}  # type: ignore[arg-type]


@st.composite
def daily_lives(draw: st.DrawFn) -> DailyLife:
    """Everyday events with any rates and hours that fit together."""
    wake, awake = draw(number(0, 12)), draw(number(1, 12))
    rates = {kind: draw(number(0, awake * 2 - 0.1)) for kind in KINDS}
    others = draw(bounded(DailyLife, skip=(*KINDS, "wake_hour", "sleep_hour")))
    return DailyLife(wake_hour=wake, sleep_hour=wake + awake, **rates, **others)


@st.composite
def dated(draw: st.DrawFn, last_day: int) -> Part:
    """Dated events and shocks up to `last_day`."""
    values = {"day": draw(st.integers(0, last_day)), draw(st.sampled_from(KINDS)): draw(number(0.1, 10))}
    if draw(st.booleans()):
        return Dated(hour=draw(number(0, 23.5)), share=draw(number(0, 1)), **values)
    words = st.text(LETTERS, min_size=1, max_size=8)
    group = st.none() | st.dictionaries(words, words | st.integers(-5, 5) | number(-5, 5), min_size=1, max_size=1)
    return Shock(group=draw(group), **values)


@st.composite
def networks(draw: st.DrawFn) -> dict[str, Any]:
    """Tables of networks that suit 20 people or more."""
    return draw(
        st.sampled_from([{"kind": "none"}, {"kind": "complete"}, {"kind": "households", "size": 4}])
        | st.fixed_dictionaries(
            {"kind": st.just("small-world"), "ties_each": st.sampled_from([2, 4, 8]), "rewire": number(0, 1)}
        )
        | st.fixed_dictionaries({"kind": st.just("ring"), "ties_each": st.sampled_from([2, 6])})
    )


@st.composite
def distributions(draw: st.DrawFn) -> dict[str, dict[str, float]]:
    """Changed distributions of traits and attributes."""
    found: dict[str, dict[str, float]] = {}
    for name in draw(st.sets(st.sampled_from(sorted(DISTRIBUTIONS)), max_size=4)):
        trait = DISTRIBUTIONS[name]
        keys = draw(st.sets(st.sampled_from(["median", "spread"]), min_size=1))
        ranges = {"median": (trait.low, trait.high), "spread": (0.0, MOST_SPREAD)}
        found[name] = {key: draw(number(*ranges[key])) for key in sorted(keys)}
    return found


@st.composite
def correlations(draw: st.DrawFn) -> dict[tuple[str, str], float]:
    """Correlations that a population can have: pairs are added one by one, those that contradict are left out."""
    found: dict[tuple[str, str], float] = {}
    names = st.lists(st.sampled_from(sorted(DISTRIBUTIONS)), min_size=2, max_size=2, unique=True)
    for traits, r in draw(st.lists(st.tuples(names, number(-STRONGEST, STRONGEST)), max_size=12)):
        wider = {**found, ordered(traits): r}
        found = found if mistakes(wider, [ordered(traits)]) else wider
    return found


@st.composite
def trainings(draw: st.DrawFn, last_day: int) -> dict[str, Any]:
    """Tables of training, some with changed exercises of the programme."""
    kinds = Exercise.kinds()
    name = draw(st.sampled_from(sorted(programmes())))
    programme = Programme.load(name)
    used = draw(st.sets(st.sampled_from(programme.exercises()), max_size=2))
    delivery = {
        "capacity": draw(st.integers(programme.group_size, 1000)),
        "therapists": draw(st.integers(1, 50)),
        "competence": draw(number(0, 1)),
        "competence_spread": draw(number(0, 3)),
        "referrals_per_week": draw(number(0.01, 100)),
    }
    room = {"capacity", "therapists"}  # one has no effect without the other
    given = {key: delivery[key] for key in sorted(draw(st.sets(st.sampled_from(sorted(delivery)))) - room)}
    given |= draw(st.sampled_from([{}, {key: delivery[key] for key in sorted(room)}]))
    if given.get("competence", 1) in (0, 1):  # at the ends of the scale all therapists are alike
        given.pop("competence_spread", None)
    return {
        "programme": name,
        "delivery": given,
        "start_day": draw(st.integers(0, last_day)),
        "who": {
            "share": draw(number(0, 1)),
            "choose": draw(st.sampled_from(["random", "most-self-critical", "hubs", "isolates"])),
            **draw(st.sampled_from([{}, {"unless": "not suitable"}])),
        },
        "against": draw(st.sampled_from(["waiting-list", "usual-care", "active", "cognitive-behavioural", "nothing"])),
        "exercises": {kind: draw(bounded(kinds[kind])) for kind in sorted(used)},
    }


@st.composite
def records(draw: st.DrawFn, people: int) -> dict[str, Any]:
    """Tables of what is recorded, for runs of at least a day."""
    rows = st.lists(st.integers(0, people - 1), unique=True, max_size=5)
    return {
        "every": draw(st.sampled_from(["30 minutes", "1 hour", "6 hours", "1 day", "0.5 days"])),
        "people": draw(st.sampled_from(["all", "none"]) | st.integers(0, people) | rows),
        "summaries": draw(st.booleans()),
        "measurement_error": draw(st.booleans()),
    }


_INDEPENDENT_FEARS = [{"traits": ["fear_of_self_compassion", "self_criticism"], "r": 0.0}]


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Any]:
    """Plain tables of a valid scenario, some of them left out."""
    days, people = draw(st.integers(1, 400)), draw(st.integers(20, 300))
    names, ratings = (st.sets(st.sampled_from(sorted(known)), max_size=4) for known in (MODEL, RATING))
    population = {
        "size": people,
        "preset": draw(st.sampled_from(sorted(PRESETS))),
        "traits": draw(distributions()),
        **draw(st.sampled_from([{}, {"correlated": False}, {"correlations": _INDEPENDENT_FEARS}])),
    }
    optional: dict[str, st.SearchStrategy[Any]] = {
        "title": st.text(LETTERS, max_size=30),
        "seed": st.integers(0, 2**63 - 1),
        "replicates": st.integers(1, 50),
        "network": networks(),
        "stimuli": st.lists(daily_lives() | dated(days - 1), max_size=3),
        "training": trainings(days - 1),
        "limits": st.dictionaries(st.sampled_from(sorted(LIMITS)), st.booleans(), max_size=3),
        "record": records(people),
        "numerics": st.fixed_dictionaries({"tick": st.sampled_from(TICKS), "steps_per_tick": st.integers(1, 64)}),
        "model": st.fixed_dictionaries(
            {name: number(MODEL[name].low, MODEL[name].high) for name in sorted(draw(names))}
        ),
        "rating": st.fixed_dictionaries(
            {name: number(RATING[name].low, RATING[name].high) for name in sorted(draw(ratings))}
        ),
    }
    chosen = draw(st.sets(st.sampled_from(sorted(optional))))
    return {
        "days": days + draw(st.sampled_from([0, 0.5, 1 / 48])),
        "population": population,
        **{name: draw(optional[name]) for name in sorted(chosen)},
    }


def scenarios() -> st.SearchStrategy[Scenario]:
    """Valid scenarios of every shape that needs no files."""
    return tables().map(Scenario)
