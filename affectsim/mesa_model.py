"""The door for Mesa users: `AffectModel` steps the same engine; a `Person` is a view of one row.

    model = AffectModel(size=200, network="small-world")
    model.step()
    afraid = model.agents.select(lambda person: person.threat > 0.6)
    model.datacollector.get_model_vars_dataframe()

The engine's arrays own the state, so the numbers are those of `affectsim.simulation` with the same
scenario. Works with Mesa 3.3 and later.
"""

from __future__ import annotations

import inspect
import secrets
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import mesa
import numpy as np

from affectsim.errors import InputError, Mistake, nearest
from affectsim.layout import FAST_ROWS, LANES, SLOW, SLOW_ROWS, STEADY, STEADY_ROWS, STEADY_UNITS, Fast, steady
from affectsim.networks.ties import Community
from affectsim.parameters import DISTRIBUTIONS, MODEL
from affectsim.readouts import SYSTEMS, balance
from affectsim.scenario import Scenario
from affectsim.simulation import advance
from affectsim.stimuli import MOST_INTENSITY
from affectsim.world import World, build

if TYPE_CHECKING:
    import networkx


class _Quantity:
    """A property of a `Person` that reads and writes one row of the engine's arrays; ValueError out of bounds."""

    def __init__(self, name: str) -> None:
        self.name = name
        known = DISTRIBUTIONS.get(name.removeprefix("current_"))
        # What is no trait is an activation.
        self.low, self.high = (0.0, 1.0) if known is None else (known.low, known.high)
        self.array, self.rows, row = (
            ("steady", STEADY_ROWS, STEADY[name]) if name in STEADY
            else ("slow", SLOW_ROWS, SLOW[name]) if name in SLOW
            else ("fast", FAST_ROWS, int(Fast[name.upper()]))
        )  # fmt: skip
        self.offset = row * LANES
        self.__doc__ = f"{name.replace('_', ' ')} of this person, as the engine holds it"

    def _place(self, person: Person) -> tuple[Any, int]:
        block, lane = divmod(person.row, LANES)
        array = getattr(person.model.world.population, self.array)
        return array, block * self.rows * LANES + self.offset + lane

    def __get__(self, person: Person | None, owner: type | None = None) -> Any:
        if person is None:
            return self
        array, at = self._place(person)
        return float(array[at]) / (STEADY_UNITS if self.array == "steady" else 1.0)

    def __set__(self, person: Person, value: float) -> None:
        if not self.low <= value <= self.high:
            raise ValueError(f"{self.name} = {value} must be from {self.low:g} to {self.high:g}")
        array, at = self._place(person)
        array[at] = steady(value) if self.array == "steady" else value


class Person(mesa.Agent):  # type: ignore[misc]
    """One person: a thin view of a row of the engine's arrays, found through `model`.

    Traits and trained attributes are in `parameters.TRAITS` and `parameters.ATTRIBUTES`; what is set
    on a trait acts from the next day on (people change at night), on `self_kindness` from the next half hour.
    """

    model: AffectModel

    threat = _Quantity("threat")
    drive = _Quantity("drive")
    soothing = _Quantity("soothing")
    self_criticism = _Quantity("self_criticism")
    fear_of_self_compassion = _Quantity("fear_of_self_compassion")
    fear_of_compassion_from_others = _Quantity("fear_of_compassion_from_others")
    fear_of_compassion_for_others = _Quantity("fear_of_compassion_for_others")
    anger = _Quantity("anger")
    power = _Quantity("current_power")
    escape = _Quantity("escape")
    imagery = _Quantity("imagery")
    attention = _Quantity("attention")
    understanding = _Quantity("understanding")
    bad_associations = _Quantity("bad_associations")
    discomfort_with_soothing = _Quantity("discomfort_with_soothing")
    unworthiness = _Quantity("unworthiness")
    adherence = _Quantity("adherence")
    motivation = _Quantity("motivation")
    sensitivity = _Quantity("sensitivity")
    sympathy = _Quantity("sympathy")
    tolerance = _Quantity("tolerance")
    empathy = _Quantity("empathy")
    non_judgement = _Quantity("non_judgement")
    self_kindness = _Quantity("self_kindness")

    def __init__(self, model: AffectModel, row: int) -> None:
        """Stand for row `row` of the model's world."""
        super().__init__(model)
        self.row = row

    def remove(self) -> None:
        """Refuse: the engine keeps everybody to the end (their ties, and the means that are collected)."""
        raise NotImplementedError("people cannot leave the model; select those who count, model.agents.select(...)")

    @property
    def balance(self) -> float:
        """Balance of the three systems now: 1 is three equal circles, 0 one system alone."""
        return float(balance(self.threat, self.drive, self.soothing))

    @property
    def dominant(self) -> str:
        """Name of the strongest system now."""
        return SYSTEMS[int(np.argmax([self.threat, self.drive, self.soothing]))]

    @property
    def neighbours(self) -> list[Person]:
        """Everybody whose warmth or hostility reaches this person."""
        ties = self.model.community.ties
        return [self.model.people[row] for row in ties.source[ties.start[self.row] : ties.start[self.row + 1]]]

    def receive(self, kind: str, intensity: float) -> None:
        """Let an event happen to this person now: kind threat, resource or affiliative; intensity in input units.

        Raises ValueError for other kinds, and for intensities that are no number from 0 to 100.
        """
        rows = {"threat": Fast.U_THREAT, "resource": Fast.U_RESOURCE, "affiliative": Fast.U_AFFILIATION}
        if kind not in rows:
            raise ValueError(f"kind {kind!r} must be one of {', '.join(rows)}")
        if not 0 <= intensity <= MOST_INTENSITY:
            raise ValueError(f"intensity = {intensity} must be from 0 to {MOST_INTENSITY:g} (input)")
        block, lane = divmod(self.row, LANES)
        self.model.world.fast[block, rows[kind], lane] += intensity


class AffectModel(mesa.Model):  # type: ignore[misc]
    """Agent-based model of the three affect systems, stepped by the compiled engine.

    One step is one tick (30 minutes), or as many as `ticks_per_step`. All arguments are flat, so that
    parameter sweeps and SolaraViz can set them. Raises `affectsim.InputError` for values that cannot be used.
    """

    def __init__(
        self,
        size: int | None = 200,
        network: str | Mapping[str, Any] = "small-world",
        preset: str = "general",
        days: float = 3650.0,
        programme: str | None = None,
        start_day: int = 14,
        share: float = 0.5,
        self_criticism: float | None = None,
        seed: int | None = None,
        scenario: Scenario | None = None,
        collect: bool = True,
        collect_people: bool = False,
        ticks_per_step: int = 1,
        **model: float,
    ) -> None:
        """Build the world.

        `network`: a kind, or a table such as {"kind": "file", "path": "ties.csv"}. `programme`: train a
        `share` of the people from `start_day` on. `self_criticism`: median of the trait. `scenario`:
        use this one instead (only its first world, first arm), with `seed` if it is given; InputError if something
        else is said of the world as well. `collect`: gather means at every step;
        `collect_people`: every person's activations too.
        `ticks_per_step`: ticks of one step, at least 1. Further keywords: parameters of the equations.
        """
        _refuse_arguments(network, share, seed, scenario, ticks_per_step, model)
        super().__init__(rng=seed)
        self.ticks_per_step = int(ticks_per_step)
        if scenario is None:
            scenario = self._of_arguments(
                size, network, preset, days, programme, start_day, share, self_criticism,
                secrets.randbits(32) if seed is None else seed, model,
            )  # fmt: skip
        else:
            _refuse_beside(scenario, model, size=size, network=network, preset=preset, days=days, programme=programme,
                           start_day=start_day, share=share, self_criticism=self_criticism)  # fmt: skip
            scenario = scenario if seed is None else scenario.but({"seed": seed})
        self.affect_scenario = scenario
        changes: dict[str, Any] = {"replicates": 1}
        if scenario.training is not None:
            changes["training.against"] = "nothing"
        self.world: World = build([scenario.but(changes)])
        self.community: Community = self.world.runs[0].community
        self.people: list[Person] = list(
            Person.create_agents(self, self.community.people, list(range(self.community.people)))
        )
        self.running = True
        self.datacollector = mesa.DataCollector(
            model_reporters={
                **{name: _mean(name) for name in SYSTEMS},
                "balance": lambda m: float(np.mean(balance(*m.activations()))),
                "threat_dominant": lambda m: float(np.mean(np.argmax(m.activations(), axis=0) == 0)),
            },
            agent_reporters={name: name for name in SYSTEMS} if collect_people else None,
        )
        self._collect = collect
        if collect:
            self.datacollector.collect(self)

    @staticmethod
    def _of_arguments(
        size: int | None, network: str | Mapping[str, Any], preset: str, days: float, programme: str | None,
        start_day: int, share: float, self_criticism: float | None, seed: int, model: Mapping[str, float],
    ) -> Scenario:  # fmt: skip
        tables: dict[str, Any] = {
            "title": "AffectModel",
            "days": float(days),
            "seed": seed,
            "population": {"size": size, "preset": preset},
            "network": {"kind": network} if isinstance(network, str) else dict(network),
            "model": dict(model),
        }
        if self_criticism is not None:
            tables["population"]["traits"] = {"self_criticism": {"median": float(self_criticism)}}
        if size is None:
            del tables["population"]["size"]
        if programme is not None:
            tables["training"] = {"programme": programme, "start_day": start_day, "who": {"share": float(share)}}
        return Scenario.from_tables(tables, source="AffectModel")

    def step(self) -> None:
        """Advance everybody by one step; stops (`running` = False) at the end of the scenario, then does nothing."""
        if self.world.tick >= self.world.runs[0].scenario.ticks:
            self.running = False
            return
        for _ in advance(self.world, ticks=self.ticks_per_step):
            pass
        if self._collect:
            self.datacollector.collect(self)
        if self.world.tick >= self.world.runs[0].scenario.ticks:
            self.running = False

    def activations(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return threat, drive and soothing of everybody, shape (3, people)."""
        return np.stack([self.world.get(0, name) for name in SYSTEMS])

    @property
    def hours(self) -> float:
        """Time since the start (h)."""
        return self.world.tick * self.affect_scenario.numerics.tick_hours

    @property
    def graph(self) -> networkx.DiGraph[int]:
        """The ties as a networkx graph (giver -> receiver, attribute `weight`)."""
        import networkx

        ties = self.community.ties
        graph: networkx.DiGraph[int] = networkx.DiGraph()
        graph.add_nodes_from(range(self.community.people))
        rows: Iterable[tuple[int, int, float]] = zip(
            ties.source.tolist(), ties.target.tolist(), ties.weight.tolist(), strict=True
        )
        graph.add_weighted_edges_from(rows)
        return graph


def _refuse_arguments(network: Any, share: Any, seed: Any, scenario: Any, ticks_per_step: Any, model: Any) -> None:
    """Raise InputError for arguments of another kind, out of range, or that there are not."""
    whole = (int, np.integer)
    known = [name for name in inspect.signature(AffectModel).parameters if name != "model"]
    wrong = [
        Mistake(name, message)
        for name, sound, message in (
            ("seed", seed is None or (isinstance(seed, whole) and seed >= 0),
             f"is {seed!r}; allowed: a whole number, 0 or more"),
            ("ticks_per_step", isinstance(ticks_per_step, whole) and ticks_per_step >= 1,
             f"is {ticks_per_step!r}; allowed: a whole number, at least 1"),
            ("share", isinstance(share, (*whole, float)) and 0 <= share <= 1, f"is {share!r}; allowed: 0 to 1"),
            ("network", isinstance(network, str | Mapping), f"is {network!r}; allowed: a kind, or a table with kind"),
            ("scenario", scenario is None or isinstance(scenario, Scenario),
             f"is {scenario!r}; allowed: a Scenario; Scenario.load reads one from a file"),
        )
        if not sound
    ]  # fmt: skip
    wrong += [
        Mistake(name, f"unknown{near}")
        for name in model
        if name not in MODEL and "did you mean" in (near := nearest(name, [*known, *MODEL]))
    ]
    if wrong:
        raise InputError("AffectModel", wrong)


def _refuse_beside(scenario: Scenario, model: Mapping[str, float], **said: Any) -> None:
    """Raise InputError for arguments that a scenario has no use for: it says all of that itself."""
    known = inspect.signature(AffectModel).parameters
    given = [name for name, value in said.items() if value != known[name].default] + sorted(model)
    if given:
        message = "stands in the scenario; change it there, scenario.but({...})"
        raise InputError(scenario.source, [Mistake(name, message) for name in given])


def _mean(name: str) -> Any:
    return lambda model: float(model.world.get(0, name).mean())
