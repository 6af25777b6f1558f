"""The equations as symbols: traced from the same source that the kernel compiles, never written again.

sympy runs the functions of `affectsim.dynamics` (and of practice and appraisal) on symbols instead of
numbers. What comes out is the right-hand side, which `affectsim.analysis` differentiates, and the LaTeX of the model
description.
"""

from __future__ import annotations

import re
import types
from collections.abc import Callable
from typing import Any, NamedTuple

import sympy as sp

from affectsim import appraisal, bonds, dynamics, risk
from affectsim.dynamics import Giver, Inputs, Person, State
from affectsim.kernel.binding import bind
from affectsim.kernel.scheme import decay_table
from affectsim.parameters import ATTRIBUTES, MODEL, MOMENT_HOURS, TRAITS
from affectsim.training import practice

#: Symbols of the inputs (input units; `ease` from 0 to 1), in the order of `dynamics.Inputs`.
INPUT_SYMBOLS = Inputs("u_T", "u_D", "u_A", "u_P", "u_E", "W", "H")
#: Symbols of the tendencies to fight, to withdraw and to submit; and of the warmth a person could give.
TENDENCY_SYMBOLS = {"fight": "f_fight", "flight": "f_flight", "submission": "f_submit", "warmth": "f_warm"}
STATE_SYMBOLS = State("T", "D", "S")
#: The effective fear of self-compassion, on which exercises depend.
_FEAR_NOW = "varphi_self,eff"
#: Looks like "_" and is as wide, but sympy does not take what follows for a subscript.
_LOW_LINE = "\N{MODIFIER LETTER LOW MACRON}"


class Symbols(NamedTuple):
    """Everything the equations are made of, as sympy symbols (real; not negative unless in `model`)."""

    state: State
    inputs: Inputs
    person: Person
    giver: Giver
    #: Name of `parameters.MODEL` -> symbol.
    model: dict[str, sp.Symbol]

    def arguments(self) -> tuple[sp.Symbol, ...]:
        """Return the symbols in one row, for `sympy.lambdify`: state, inputs, person, then all of `model`."""
        return (*self.state, *self.inputs, *self.person, *self.model.values())


class Equation(NamedTuple):
    """One equation of the description: a name in words, and both sides."""

    says: str
    left: sp.Expr
    right: sp.Expr

    def latex(self) -> str:
        r"""Return LaTeX without delimiters, such as `h(X) = \frac{X^{3}}{...}`."""
        return f"{_latex(self.left)} = {_latex(self.right)}"

    def pretty(self) -> str:
        """Return the equation in Unicode characters; fractions make it several lines high."""
        both = sp.Eq(self.left, self.right, evaluate=False)
        # sympy lowers some subscripts, not others, and has no name for phi: all are written x_name instead.
        names = {one: sp.Symbol(_readable(one.name)) for one in both.free_symbols}
        text = str(sp.pretty(both.subs(names), use_unicode=True, wrap_line=False, order="none"))
        return text.replace(_LOW_LINE, "_")


def symbol_name(latex: str) -> str:
    r"""Return the sympy name of a LaTeX symbol: `\tau_T` -> tau_T, `w_{ST}` -> w_ST, `\bar z_T` -> zbar_T."""
    text = latex.removeprefix(r"\bar ")
    name, mark, below = text.partition("_")
    bar = "bar" if text != latex else ""
    return (name + bar + mark + below).translate(str.maketrans("", "", "\\{} "))


def symbols() -> Symbols:
    """Return the symbols, named after those of `parameters.MODEL` and `parameters.TRAITS`."""
    traits = {name: symbol_name(trait.symbol) for name, trait in TRAITS.items()} | TENDENCY_SYMBOLS
    return Symbols(
        State(*map(_symbol, STATE_SYMBOLS)),
        Inputs(*map(_symbol, INPUT_SYMBOLS)),
        Person(*(_symbol(traits[name]) for name in Person._fields)),
        Giver(*(_symbol(traits[name]) for name in Giver._fields)),
        {name: _symbol(symbol_name(known.symbol), known.low >= 0) for name, known in MODEL.items()},
    )


def right_hand_side(*, exponent: int = 3) -> sp.Matrix:
    """Return (dT/dt, dD/dt, dS/dt) in 1/h as a 3 x 1 matrix over `symbols()`.

    `exponent`: of the signal function h; other than the model's own 3 only to see what hangs on it.
    """
    s = symbols()
    arguments = (s.state, s.inputs, s.person, dynamics.coupling(s.model))
    if exponent == 3:
        return sp.Matrix(_exact(dynamics.rates(*arguments)))
    rates = bind(dynamics.rates, excitation_inhibition=_with_closed_signals())
    threshold = s.model["signal_threshold"] ** exponent
    opened = {_h(x): x**exponent / (threshold + x**exponent) for x in s.state}
    return sp.Matrix(_exact(rates(*arguments))).xreplace(opened)


def equations() -> tuple[Equation, ...]:
    """Return the fast equations in reading order: signal, rates, excitation and inhibition, what is given."""
    s = symbols()
    coupling = dynamics.coupling(s.model)
    any_activation = _symbol("X")
    found = [
        Equation("Signal of an activation X to the other systems", _h(any_activation),
                 _exact(dynamics.signal(any_activation, coupling.threshold_cubed)))
    ]  # fmt: skip
    drivers = tuple(_symbol(f"{letter}_{system}") for letter in "EI" for system in STATE_SYMBOLS)
    rates = bind(dynamics.rates, excitation_inhibition=lambda *_: drivers)
    traced = rates(s.state, s.inputs, s.person, coupling)
    for name, state, rate in zip(State._fields, s.state, traced, strict=True):
        found.append(Equation(f"Rate of {name}", sp.Derivative(state, _symbol("t")), _exact(rate)))
    parts = _with_closed_signals()(s.state, s.inputs, s.person, coupling)
    words = (f"{what} of {name}" for what in ("Excitation", "Inhibition") for name in State._fields)
    for name, driver, part in zip(words, drivers, parts, strict=True):
        found.append(Equation(name, driver, _exact(part)))
    given = bind(dynamics.giving, signal=lambda x, _: _h(x))(s.state, s.giver, coupling.threshold_cubed)
    for name, letter, part in zip(("Warmth", "Hostility"), ("G_W", "G_H"), given, strict=True):
        found.append(Equation(f"{name} that a person gives", _symbol(letter), _exact(part)))
    return tuple(found)


def slow_equations() -> tuple[Equation, ...]:
    """Return appraisal, training, forgetting, and what traits and attributes make of a person."""
    named = {name: one.symbol for name, one in (TRAITS | ATTRIBUTES).items()}
    named |= {name: one.symbol for name, one in MODEL.items()}
    known = {name: _symbol(symbol_name(symbol)) for name, symbol in named.items()}
    q, q_0, reference = _symbol("q"), _symbol("q_0"), _symbol("q_ref")
    threat = _symbol("T")
    reliefs = tuple(_symbol(name) for name in ("r_kappa", "r_self", "r_from", "r_for", "r_dis", "r_hope"))
    names = practice.EFFECTIVE_TRAITS
    read = [known[n] for n in (*names, *ATTRIBUTES)]
    read += [*reliefs, *(known[n] for n in practice.EFFECTIVE_PARAMETERS), reference]
    values = practice.effective(*read)
    rate, end = known["practice_rate"] * _symbol("s_guide"), _symbol("q_end")
    hope_step = _symbol("c_session") * _symbol("s_guide")
    raised = known["practice_rate"] * _symbol("c_raises") * _symbol("c_trains")
    is_threat = _symbol("y")
    sensing = (known[n] for n in ("discriminability", "criterion", "better_safe_than_sorry", "looks"))
    alarm_probability = bind(appraisal.alarm_probability, np=types.SimpleNamespace(sqrt=sp.sqrt))
    alarm = alarm_probability(is_threat, threat, *sensing)
    changed = (symbol_name(TRAITS[name].symbol) for name in (*names[:3], *names[4:6]))
    stars = [_symbol(f"{name},eff" if "_" in name else f"{name}_eff") for name in changed]
    tendencies = [_symbol(TENDENCY_SYMBOLS[name]) for name in ("warmth", "fight", "flight", "submission")]
    effective = zip(practice.Effective._fields, [*stars, *tendencies], values, strict=True)
    # Each of the branch in which something happens: signs say how sympy can tell that it is taken.
    leads = _branch(practice.asymptote, {"q_0": 0, "c": -1})
    after_practice = _branch(practice.practised, {"q": -1, "c": 0, "q_end": 1})
    after_session = _branch(practice.practised, {"r_hope": -1, "c": 0, "e": 1})
    forgotten = practice.forgotten(q, q_0, 1 - sp.exp(-1 / known["forgetting_time"]))
    ambiguous = "Probability that an ambiguous event is taken for a threat (y = 1: it is one)"
    fear, below = _symbol("varphi"), sp.Symbol("r", real=True, negative=True)
    more = practice.fear_left(fear, below, known["relief_reach"], known["sensitisation_reach"])
    sensitised = practice.sensitised(sp.Symbol("r", real=True), raised)
    insight, understanding = _symbol("r_und"), known["understanding"]
    return (
        Equation(ambiguous, _symbol("p_alarm"), _exact(alarm)),
        Equation(
            "Chance that a day's practice is done (at most 1), and share done of what is assigned in passing",
            _symbol("p_done"),
            _exact(practice.done(known["adherence"], known["motivation"], known["motivation_effect"], reference)),
        ),
        Equation("Probability that an exercise fails (a sum, at most 1)", _symbol("p_fail"), _failure()),
        Equation("Share of an exercise's effect that arrives", _symbol("epsilon"), _exact(_arrives(threat, known))),
        Equation(
            "Where an exercise leads (n_need is 1 but for self-criticism; the product counts up to 1)",
            end,
            leads.xreplace({_symbol("c"): _symbol("epsilon") * _symbol("c_trains") * _symbol("n_need")}),
        ),
        Equation(
            "Attribute or relief after a practice, if it leads further",
            _symbol("q_after"),
            after_practice.xreplace({_symbol("c"): rate}),
        ),
        Equation(
            "Relief from self-criticism: how far practice leads against the usual",
            _symbol("n_need"),
            _exact(practice.need(stars[0], known["more_to_relieve"], _symbol("kappa_ref"))),
        ),
        Equation(
            "Hope after a session",
            _symbol("r_hope,after"),
            after_session.xreplace({_symbol("c"): hope_step, _symbol("e"): sp.Integer(1)}),
        ),
        Equation("Relief from a fear after exposure that failed", _symbol("r_after"), _exact(sensitised)),
        Equation("Attribute or relief after a day", _symbol("q_tomorrow"), _exact(forgotten)),
        Equation(
            "Understanding of compassion after learning about it",
            _symbol("L_now"),
            _exact(practice.understood(understanding, insight)),
        ),
        Equation(
            "Discomfort with being soothed that comfort leaves",
            _symbol("L_left"),
            _exact(practice.left(known["discomfort_with_soothing"], reliefs[-2], known["relief_reach"])),
        ),
        Equation(
            "Input from oneself after a half hour with kindness to oneself in mind (r_kind: how much is learnt)",
            _symbol("u_P,after"),
            _exact(practice.remembered(symbols().inputs.practice, _symbol("r_kind"), known["self_kindness_strength"])),
        ),
        Equation("A fear that failures have raised (relief r below 0)", _symbol("varphi_raised"), _exact(more)),
        *(Equation(f"Effective {n.replace('_', ' ')}", left, _exact(right)) for n, left, right in effective),
    )


def input_equations() -> tuple[Equation, ...]:
    """Return what is left of each input some hours t after it was u_0, with nothing new in between."""
    known, t = symbols().model, _symbol("t")
    # sympy must know memories to be above 0 to take the branch of an image and a body that decay at different rates.
    positive = {name: sp.Symbol(one.name, positive=True) for name, one in known.items()}
    plain = types.SimpleNamespace(asarray=lambda x: x, stack=lambda columns, axis: columns)
    columns = _exact(tuple(bind(decay_table, np=plain, exponential=sp.exp, abs=lambda _: sp.oo)(positive, t)))
    back = {stand_in: known[name] for name, stand_in in positive.items()}
    threat, resource, affiliation, practised, image, body, response, ease = (one.xreplace(back) for one in columns)
    starts = {"T": threat, "D": resource, "A": affiliation, "P": practised, "I": image, "E": ease}
    words = ("threat", "resource", "affiliation from others", "affiliation from oneself", "image", "ease")
    found = [
        Equation(f"Input of {says}", _symbol(f"u_{name}"), _symbol(f"u_{name}0") * left)
        for says, (name, left) in zip(words, starts.items(), strict=True)
    ]
    bodily = _symbol("u_B0") * body + _symbol("u_I0") * response
    return (*found, Equation("Bodily response, which the image feeds", _symbol("u_B"), bodily))


def bond_equations() -> tuple[Equation, ...]:
    """Return how ties and distrust follow a day; the receiver of a tie is i, the giver j."""
    known, limits = symbols().model, {"min": sp.Min, "max": sp.Max}
    s, d, harmed, seen, weight = (_symbol(name) for name in ("s", "d", "harm", "Hbar_seen", "w"))
    warmth, back = _symbol("Gbar_Wi"), _symbol("Gbar_Wj")
    threat, hostility, hostility_back = _symbol("Tbar_i"), _symbol("Gbar_Hi"), _symbol("Gbar_Hj")
    rates = known["tie_growth"], known["tie_wear"]
    after = bind(bonds.strength_after, **limits)(s, warmth, back, harmed, *rates)
    group, share = (_symbol("H_group"), _symbol("w_group")), known["stereotyping"]
    learning = 1 - sp.exp(-1 / known["distrust_time"])
    learnt = bind(bonds.distrust_after, **limits)(d, threat, seen, known["distrust_strength"], learning)
    flight = _symbol(TENDENCY_SYMBOLS["flight"])
    return (
        Equation("Harm to a tie on a day", harmed, _exact(bonds.harm(hostility, flight, threat, hostility_back))),
        Equation("Strength of a tie after a day", _symbol("s_after"), _exact(after)),
        Equation("Hostility seen in the giver", seen, _exact(bonds.hostility_seen(hostility_back, *group, share))),
        Equation("Distrust of the giver after a day", _symbol("d_after"), _exact(learnt)),
        Equation("Weight of a tie for warmth", _symbol("w_warmth"), _exact(bonds.trusted(weight, d))),
    )


def risk_equations() -> tuple[Equation, ...]:
    """Return the probabilities, per moment, of a risk-taking event and of the arrival of what it costs."""
    known, state = symbols().model, symbols().state
    over = risk.over_stimulation(_h(state.drive), _h(state.soothing))
    hours = _exact(MOMENT_HOURS)
    event = bind(risk.event_probability, min=sp.Min)(known["risk_rate"], hours / 24)
    arrival = bind(risk.arrival_probability, min=sp.Min)(known["risk_delay"], hours)
    return (
        Equation("Probability of a risk-taking event in a moment", _symbol("p_risk"), _exact(event * over)),
        Equation("Probability that a cost that waits arrives in a moment", _symbol("p_cost"), _exact(arrival)),
    )


# ------------------------------------------------------------------------------------- tracing


def _symbol(name: str, not_negative: bool = True) -> sp.Symbol:
    return sp.Symbol(name, real=True, nonnegative=True if not_negative else None)


def readable(name: str) -> str:
    """Return the name of a symbol in Unicode: tau_T -> τ_T, varphi_self -> φ_self."""
    return _readable(name).replace(_LOW_LINE, "_")


def _readable(name: str) -> str:
    head, mark, below = name.partition("_")
    return str(sp.pretty(sp.Symbol(head.replace("varphi", "phi")))) + mark.replace("_", _LOW_LINE) + below


def _h(activation: Any) -> Any:
    return sp.Function("h", real=True)(activation)


def _with_closed_signals() -> Callable[..., Any]:
    """Return `dynamics.excitation_inhibition` with h as an unknown function.

    `dynamics.signals` shares one division between the three signals, which is quick but unreadable; that it
    equals `dynamics.signal` of each is tested.
    """
    return bind(dynamics.excitation_inhibition, signals=lambda state, _: tuple(_h(x) for x in state))


def _exact(expression: Any) -> Any:
    """Return expressions with 1.0 as 1 and 0.5 as 1/2, one or several."""
    if isinstance(expression, tuple):
        return tuple(_exact(one) for one in expression)
    return sp.nsimplify(sp.sympify(expression), rational=True)


def _arrives(threat: Any, known: dict[str, Any]) -> Any:
    """Trace `practice.efficacy` with the fear, understanding and discomfort of today."""
    fear, understanding, discomfort = (_symbol(name) for name in (_FEAR_NOW, "L_now", "L_left"))
    fear_cost, understanding_cost, discomfort_cost = (_symbol(name) for name in ("c_fear", "c_und", "c_dis"))
    return practice.efficacy(
        threat, known["anger"], fear, understanding, discomfort,
        known["anger_cost"], fear_cost, understanding_cost, discomfort_cost,
    )  # fmt: skip


def _failure() -> Any:
    """Trace the branch "below 1" of `practice.failure_probability`: negative coefficients keep the sum below it."""
    causes = ("p_0", "p_T", "p_tol", "p_img", "p_att", "p_A", "p_fear")
    signs = {
        "T": 1, symbol_name(ATTRIBUTES["tolerance"].symbol): -1, symbol_name(TRAITS["imagery"].symbol): -1,
        symbol_name(TRAITS["attention"].symbol): -1, symbol_name(TRAITS["anger"].symbol): 1, _FEAR_NOW: 1,
        **dict.fromkeys(causes, -1),
    }  # fmt: skip
    return _branch(practice.failure_probability, signs)


def _branch(function: Callable[..., Any], signs: dict[str, int]) -> Any:
    """Trace one branch of a function of numbers: name of each argument -> its sign in that branch, 0 for any.

    sympy takes a branch only if it knows the condition: so it is traced with symbols of these signs, which are then
    exchanged for the real ones.
    """
    traced = {name: sp.Symbol(name, positive=True if sign > 0 else None, negative=True if sign < 0 else None)
              for name, sign in signs.items()}  # fmt: skip
    found = _exact(function(*traced.values()))
    return found.xreplace({stand_in: _symbol(name) for name, stand_in in traced.items()})


def _latex(expression: Any) -> str:
    if isinstance(expression, sp.Derivative):
        return rf"\frac{{d {sp.latex(expression.expr)}}}{{dt}}"
    text = str(sp.latex(expression, order="none"))
    return re.sub(r"h\{\\left\((\w) \\right\)\}", r"h(\1)", text)
