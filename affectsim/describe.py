"""The model described in ODD order (Grimm et al. 2020, JASSS 23(2) 7), generated from the code that runs.

Equations are traced (`affectsim.symbolic`), tables come from `affectsim.parameters` and the parts, the schedule
is read off the kernel's source, and what each process does is its own docstring.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from affectsim import (
    appraisal,
    bonds,
    correlations,
    draws,
    dynamics,
    own_parts,
    region,
    traits,
)
from affectsim.diaries import files as diaries
from affectsim.diaries import statistics as diary_statistics
from affectsim.document import Block, Formulas, Heading, Items, Rows, Words
from affectsim.layout import TRAINABLE
from affectsim.parameters import ATTRIBUTES, MODEL, MOMENT_HOURS, RATING, REFERENCE_ATTRIBUTE, TRAITS, Parameter, Trait
from affectsim.parts import Exercise, Network, Part, Readout, Stimulus
from affectsim.populations import PRESETS, Preset
from affectsim.questionnaires import ratings
from affectsim.questionnaires import scales as questionnaires
from affectsim.results import DISCLAIMER
from affectsim.sections import Numerics
from affectsim.symbolic import bond_equations, equations, input_equations, risk_equations, slow_equations
from affectsim.training import controls, delivery, practitioners
from affectsim.training.limits import LIMITS

_KERNEL = Path(__file__).parent / "kernel"
#: Calls of the kernel that change no number.
_HINTS = ("fetch", "meet")


def description() -> tuple[Block, ...]:
    """Return the description of the model, block by block."""
    return tuple(
        block
        for section in (_purpose, _entities, _schedule, _concepts, _initial, _submodels, _assumed)
        for block in section()
    )


# ---------------------------------------------------------------------------------- the sections


def _purpose() -> Iterator[Block]:
    yield Heading(1, "affectsim: description of the model")
    yield Words(DISCLAIMER)
    yield Words("In the order of the ODD protocol (Grimm et al. 2020), generated from the program itself.")
    yield Heading(2, "1 Purpose and patterns")
    yield Words(
        "To show how three systems of emotion regulation (threat, drive, soothing) balance each other in people "
        "who live in a network, and what compassionate mind training changes, for whom, and for whom not. "
        "The model is judged by patterns: one soothed state at low self-criticism and a threat-locked one beside "
        "it at high self-criticism; effects of training of the size that trials report; experience sampling "
        "data in which affect lasts for hours."
    )


def _entities() -> Iterator[Block]:
    yield Heading(2, "2 Entities, state variables and scales")
    yield Words("Entities are people and the weighted ties between them. A person has:")
    people: dict[str, tuple[str, ...]] = {
        "activations (fast)": dynamics.State._fields,
        "inputs (decaying, and from ties)": dynamics.Inputs._fields,
        "what enters the fast equations": dynamics.Person._fields,
        "what decides what is given to others": dynamics.Giver._fields,
    }
    yield Items(tuple(f"{what}: {', '.join(_words(names))}" for what, names in people.items()))
    yield Words(f"Traits: {', '.join(_words(TRAITS))}. Trained attributes: {', '.join(_words(ATTRIBUTES))}.")
    yield Words(f"Beside these training changes: {', '.join(_words(TRAINABLE[len(ATTRIBUTES) :]))}.")
    numerics = Numerics()
    yield Words(
        f"Scales: time is continuous and in hours; events arrive every {MOMENT_HOURS:g} h; the tick "
        f"({numerics.tick:g} min by default) is numerical, not part of the theory. Activations and attributes lie "
        "in [0, 1]; inputs are in input units, in which an everyday threat kicks by 1. There is no space."
    )


def _schedule() -> Iterator[Block]:
    yield Heading(2, "3 Process overview and scheduling")
    yield Words("In every tick, for all people at once (no order of agents):")
    yield Items(schedule(), numbered=True)
    yield Words("How the equations are integrated:")
    yield from _document(_kernel_module("integrate"))
    yield from _document(_rest(_kernel_module("runge_kutta")))
    # Its first sentence says what the function returns, the rest how steps are chosen.
    yield from _document(_rest(ast.get_docstring(_kernel_functions("scheme")["step_times"])))
    yield Words(
        "What is recorded are means over time, from three looks in each tick. That is less exact than the states "
        "themselves: with the default tick the mean of a single half hour can be off by up to 0.06 after a strong "
        "event (0.002 in root mean square), that of a day by up to 0.003, that of all people over a week by a "
        "thousandth of itself; with ticks of 15 minutes by less than half of that."
    )


def _concepts() -> Iterator[Block]:
    yield Heading(2, "4 Design concepts")
    concepts = {
        "Basic principles": "three systems of emotion regulation (Gilbert 2009), as a shunting network (Grossberg)",
        "Emergence": "which system dominates, tipping into a threat-locked state, spill-over of training through ties",
        "Adaptation": "which defence a person tends to follows from traits and from perceived power",
        "Objectives": "none: nobody maximises anything",
        "Learning": "practice moves attributes towards an asymptote, and they fade without it",
        "Prediction": "none",
        "Sensing": "people sense warmth and hostility of those they are tied to, and appraise ambiguous events",
        "Interaction": "through ties only: warmth and hostility are given and received; ties may change with them",
        "Stochasticity": _first(draws.__doc__),
        "Collectives": "groups of a network, which a shock can hit and as whose members people can be distrusted",
        "Observation": f"readouts: {', '.join(sorted(_kinds(Readout)))}",
    }
    yield Items(tuple(f"{concept}: {says}" for concept, says in concepts.items()))


def _initial() -> Iterator[Block]:
    yield Heading(2, "5 Initialization")
    yield Words(_first(traits.__doc__))
    yield Words(
        "Activations start where a person without inputs and couplings rests, "
        "b / (1 + b). Presets change distributions:"
    )
    yield Rows(
        ("preset", "what it is", "what is said about it", "changes", "source"),
        tuple((name, one.says, one.about, _changes(one), one.source) for name, one in PRESETS.items()),
    )
    yield Heading(3, "Which traits go together")
    yield from _document(correlations.__doc__)
    yield Rows(
        ("traits", "r", "source"),
        tuple((" with ".join(_words(one.traits)), f"{one.r:g}", one.source) for one in correlations.CORRELATIONS),
    )
    yield Heading(3, "Traits")
    yield _distributions(TRAITS.values())
    yield Heading(3, "Attributes that training trains")
    yield Words(f"At {REFERENCE_ATTRIBUTE:g}, the median person, they change nothing in the fast equations.")
    yield _distributions(ATTRIBUTES.values())
    yield Heading(3, "Limits of training")
    yield Words("Each can be switched off: everybody then has the harmless value of its traits; nothing else changes.")
    yield Rows(
        ("limit", "what it is", "without it"),
        tuple((name, one.says, _values(one.traits)) for name, one in LIMITS.items()),
    )
    yield Heading(2, "6 Input data")
    yield Words(
        "Networks, scripts of events, presets of populations, and parts of one's own (Python files, whose code is run) "
        "can be read from files that a scenario names; otherwise there are none."
    )


def _submodels() -> Iterator[Block]:
    yield Heading(2, "7 Submodels")
    yield Heading(3, "The three systems")
    yield from _document(dynamics.__doc__)
    yield from _document(dynamics.excitation_inhibition.__doc__)
    yield Formulas(equations())
    warmth, half, hostility, weight = (f"${MODEL[name].symbol}$" for name in _RECEIVED)
    yield Heading(3, "Ties")
    yield Words(
        f"A person i receives the weighted sum of what others give, divided by {half} plus the sum of the weights: "
        f"this times {warmth} is the warmth W, this times {hostility} and {weight} the hostility H. Somebody without "
        "ties receives nothing, somebody with many the mean of the neighbours."
    )
    yield from _document(dynamics.giving.__doc__)
    yield Heading(3, "Ties that change, and distrust")
    yield from _document(ast.get_docstring(_kernel_functions("bonds")["change_ties"]))
    yield Words(
        f"Strength s lies in [0, {bonds.MOST_STRENGTH:g}] and starts at 1, distrust d in [0, 1] and starts at 0. A bar "
        "is a mean over the day; i receives and j gives; w_group and H_group are the sums of weight, and of weight "
        "times hostility given, over i's ties with the group of j."
    )
    yield Formulas(bond_equations())
    yield Heading(3, "Risks of over-stimulated drive")
    yield from _document(ast.get_docstring(_kernel_functions("risk")["take_risks"]))
    yield Formulas(risk_equations())
    yield Heading(3, "Inputs")
    yield Words(
        "Each event adds to its input, which then decays; 0 marks its value t hours before. Ease is a share: each "
        "exercise adds its part of what is left to 1."
    )
    yield Words("The body's response adds to the affiliation from oneself: mind first, then body.")
    yield Formulas(input_equations())
    said = {name: f"${MODEL[name].symbol}$" for name in MODEL}
    yield Words(
        f"Each system also has a background: an Ornstein-Uhlenbeck process around {said['background_threat']}, "
        f"{said['background_drive']} or {said['background_soothing']}, standard deviation {said['background_sd']} and "
        f"correlation time {said['background_time']}, which stops at 0, so that its mean is higher. To the first a "
        "person's hardship is added, to the others a person's favour: good and bad weeks, from day to day an "
        f"Ornstein-Uhlenbeck process with mean 0, standard deviation {said['circumstances_sd']} and correlation time "
        f"{said['circumstances_time']}, which may be below 0. An opportunity becomes a reward with probability "
        f"1 - {said['goal_pursuit']} (1 - D). Of the kick of an everyday reward soothing gets the share "
        f"{said['shared_pleasure']} as well, and of that of a kindness drive. Of ambiguous events a share "
        f"{said['true_threat_share']} is a threat; one that is overlooked counts {said['cost_of_a_miss']} times, a "
        "false alarm once."
    )
    yield Words(
        f"Perceived power moves, with time constant {said['power_time']}, from what it is towards P (1 - f_submit "
        "h(T)): submission under threat wears it down, and without it power returns."
    )
    yield Heading(3, "Appraisal, training and defences")
    yield from _document(appraisal.alarm_probability.__doc__)
    yield from _document(inspect.getdoc(_practice_module()))
    yield Formulas(slow_equations())
    yield Words("A night takes back a little of what practice gave. Which limit acts where: see Limits of training.")
    yield Heading(3, "Delivery and control arms")
    yield from _document(delivery.__doc__)
    yield from _document(controls.__doc__)
    yield Heading(3, "Parameters")
    yield _parameters(MODEL.values())
    yield Heading(3, "Questionnaires")
    yield from _document(questionnaires.__doc__)
    yield Heading(3, "Ratings")
    yield from _document(ratings.__doc__)
    yield _parameters(RATING.values())
    yield Heading(3, "Diaries and fit")
    for module in (diaries, diary_statistics):
        yield Words(_first(module.__doc__))
    yield Heading(3, "Practitioners and their region")
    for module in (practitioners, region):
        yield Words(_first(module.__doc__))
    yield from _document(_rest(region.__doc__))
    yield Heading(3, "Parts of one's own")
    yield Words(_first(own_parts.__doc__))


def _parameters(those: Iterable[Parameter]) -> Rows:
    return Rows(
        ("symbol", "name", "default", "allowed", "unit", "meaning", "source"),
        tuple(
            (f"${one.symbol}$", one.name, f"{one.default:g}", f"{one.low:g} to {one.high:g}", one.unit, one.meaning,
             one.source)
            for one in those
        ),
    )  # fmt: skip


_RECEIVED = ("warmth_strength", "tie_half_weight", "hostility_strength", "hostility_weight")


def _assumed() -> Iterator[Block]:
    yield Heading(2, "What is assumed")
    for family in (Stimulus, Exercise, Network, Readout):
        kinds = _kinds(family)
        yield Heading(3, f"{family.__name__}")
        yield Rows(
            ("part", "what it is", "assumes"),
            tuple((kind, part.headline(), part.assumes()) for kind, part in kinds.items()),
        )
    numbers: list[tuple[str, str]] = [(one.name, one.source) for one in (MODEL | RATING).values()]
    numbers += [(one.name, one.source) for one in (TRAITS | ATTRIBUTES).values()]
    numbers += [
        (f"{name}.{trait}.{key}", one.traits[trait].source)
        for name, one in PRESETS.items() for trait, change in one.changes().items() for key in change
    ]  # fmt: skip
    those = [*correlations.CORRELATIONS, *(two for one in PRESETS.values() for two in one.correlations)]
    numbers += [(" with ".join(one.traits), one.source) for one in those]
    for family in (Stimulus, Exercise, Readout):
        for kind, part in _kinds(family).items():
            numbers += [(f"{kind}.{known.name}", known.source) for known in part.declared().values()
                        if known.unit not in ("", "file")]  # fmt: skip
    open_ones = [name for name, source in numbers if source.startswith("assumed")]
    yield Words(
        f"Of {len(numbers)} numbers in these tables, {len(open_ones)} have no measurement behind them: their source "
        "says so, and they are there to be varied."
    )
    yield Words(DISCLAIMER)


# ------------------------------------------------------------------------------- out of the code


def schedule() -> tuple[str, ...]:
    """Return what happens in a tick, in order: read off the calls in the kernel's source, said by docstrings."""
    module = ast.parse((_KERNEL / "advance.py").read_text(encoding="utf-8"))
    here = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
    imported = {
        alias.name: _kernel_functions(node.module.rpartition(".")[2])[alias.name]
        for node in module.body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("affectsim.kernel.")
        and node.module is not None
        for alias in node.names
        if alias.name in _kernel_functions(node.module.rpartition(".")[2])
    }  # fmt: skip
    found: list[str] = []

    def follow(function: ast.FunctionDef) -> None:
        for name in _statements(function):
            if name in _HINTS:
                continue
            inner = here.get(name)
            if inner is not None and any(step in here or step in imported for step in _statements(inner)):
                follow(inner)
            elif known := inner or imported.get(name):
                found.append(_first(ast.get_docstring(known)))

    follow(here["advance"])
    return tuple(dict.fromkeys(found))


def _statements(function: ast.FunctionDef) -> list[str]:
    """Return the names that a function calls as statements, in the order of the source."""
    calls = [
        node.value for node in ast.walk(function)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Name)
    ]  # fmt: skip
    calls.sort(key=lambda call: (call.lineno, call.col_offset))
    return [call.func.id for call in calls if isinstance(call.func, ast.Name)]


def _kernel_functions(name: str) -> dict[str, ast.FunctionDef]:
    """Return the functions of a module of the kernel, without importing it (and the compiler)."""
    module = ast.parse((_KERNEL / f"{name}.py").read_text(encoding="utf-8"))
    return {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}


def _kernel_module(name: str) -> str:
    return ast.get_docstring(ast.parse((_KERNEL / f"{name}.py").read_text(encoding="utf-8"))) or ""


def _practice_module() -> object:
    from affectsim.training import exercises

    return exercises


def _kinds(family: type[Part]) -> dict[str, type[Part]]:
    import affectsim.networks.generators
    import affectsim.questionnaires.ratings
    import affectsim.questionnaires.received
    import affectsim.questionnaires.scores
    import affectsim.readouts
    import affectsim.stimuli
    import affectsim.training.exercises  # noqa: F401  (so that all kinds are known)

    return dict(family.kinds())


def _document(text: str | None) -> Iterator[Block]:
    """Return the paragraphs and lists of a docstring as blocks."""
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(text or "")):
        flat = " ".join(paragraph.split())
        if paragraph.startswith("- "):
            yield Items(tuple(" ".join(item.split()) for item in re.split(r"(?:^|\n)- ", paragraph)[1:]))
        else:
            yield Words(flat)


def _first(text: str | None) -> str:
    """Return the first paragraph of a docstring on one line."""
    return " ".join(inspect.cleandoc(text or "").partition("\n\n")[0].split())


def _rest(text: str | None) -> str:
    """Return a docstring without its first paragraph."""
    return inspect.cleandoc(text or "").partition("\n\n")[2]


def _words(names: Iterable[str]) -> list[str]:
    return [name.replace("_", " ") for name in names]


def _changes(preset: Preset) -> str:
    said = [
        f"{name}.{key} = {value:g} [{preset.traits[name].source}]"
        for name, one in preset.changes().items() for key, value in one.items()
    ]  # fmt: skip
    said += [f"{' with '.join(one.traits)} r = {one.r:g} [{one.source}]" for one in preset.correlations]
    return "; ".join(said) or "none"


def _values(traits: Mapping[str, float]) -> str:
    return "; ".join(f"{name} = {value:g}" for name, value in traits.items())


def _distributions(those: Iterable[Trait]) -> Rows:
    return Rows(
        ("symbol", "name", "distribution", "median", "spread", "unit", "meaning", "source"),
        tuple(
            (f"${one.symbol}$", one.name, one.shape, f"{one.median:g}", f"{one.spread:g}", one.unit, one.meaning,
             one.source)
            for one in those
        ),
    )  # fmt: skip
