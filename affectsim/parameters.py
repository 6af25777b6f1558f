"""Every constant of the model, said once: default, bounds, unit, meaning and source.

Four lists feed everything else (TOML, command line, sampling bounds, model description):

- `MODEL`: parameters of the equations, the same for everybody in a run;
- `RATING`: how a state becomes a momentary rating, which is not part of the theory;
- `TRAITS`: what differs between people, each with the distribution it is drawn from;
- `ATTRIBUTES`: the six attributes that compassionate mind training trains.

A `source` is a publication, a measurement, or the word "assumed". Numbers that were fitted to published ones are
in `data/calibrated.toml`; what stands here is then the starting value.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from affectsim import calibrated


@dataclass(frozen=True)
class Parameter:
    """One number of the equations. `low` and `high` are inclusive bounds for valid values."""

    name: str
    symbol: str
    default: float
    low: float
    high: float
    unit: str
    meaning: str
    source: str


@dataclass(frozen=True)
class Trait:
    """One thing that differs between people.

    `spread` is the standard deviation of log(value) for `lognormal` and of logit(value) for
    `logitnormal`; `median` is the median of the value. Values are kept inside [low, high].
    """

    name: str
    symbol: str
    shape: Literal["lognormal", "logitnormal"]
    median: float
    spread: float
    low: float
    high: float
    unit: str
    meaning: str
    source: str


def _fitted(table: str, known: Parameter) -> Parameter:
    value, source = calibrated.number(f"{table}.{known.name}", known.default, known.source)
    return replace(known, default=value, source=source)


def _fitted_trait(known: Trait) -> Trait:
    path = f"population.traits.{known.name}"
    median, median_source = calibrated.number(f"{path}.median", known.median, known.source)
    spread, spread_source = calibrated.number(f"{path}.spread", known.spread, known.source)
    if median_source != known.source and spread_source != known.source:
        source = f"median {median_source}; spread {spread_source}"
    elif spread_source != known.source:
        source = f"median {known.source}; spread {spread_source}"
    else:
        source = median_source
    return replace(known, median=median, spread=spread, source=source)


_REFERENCE = (
    "assumed (reference formulation; with its starting values one stable state below a self-criticism of about 1.45)"
)
_WEEKS = (
    "set by hand to how six-day means of diaries go with those eight weeks later, with earlier numbers of the model "
    "(119 people, Bringmann et al. 2013, PLoS ONE 8:e60188)"
)
_HELD = (
    "fitted to trials of whole programmes, and held where trials of single exercises were fitted later, since it changes "
    "the life of people who never train"
)
_ESM = "assumed; experience sampling puts the decay of within-person variance at 5 to 8 h"

# One entry is one or two lines, so that the list can be read as a table.
# fmt: off
MODEL: dict[str, Parameter] = {
    p.name: _fitted("model", p)
    for p in (
        Parameter("signal_threshold", r"\theta", 0.4, 0.05, 1.0, "activation",
                  "activation at which a system's influence on the others is half of its full strength", _REFERENCE),
        Parameter("threat_time", r"\tau_T", 0.7, 0.1, 12.0, "h", "time constant of threat", _REFERENCE),
        Parameter("drive_time", r"\tau_D", 1.0, 0.1, 12.0, "h", "time constant of drive", _REFERENCE),
        Parameter("soothing_time", r"\tau_S", 1.5, 0.1, 12.0, "h", "time constant of soothing", _REFERENCE),
        Parameter("soothing_calms_threat", r"w_{ST}", 4.0, 0.0, 20.0, "1",
                  "how strongly soothing inhibits threat", _REFERENCE),
        Parameter("soothing_calms_drive", r"w_{SD}", 0.5, 0.0, 20.0, "1",
                  "how strongly soothing inhibits over-stimulated drive", _REFERENCE),
        Parameter("threat_blocks_soothing", r"w_{TS}", 4.0, 0.0, 20.0, "1",
                  "how strongly threat inhibits soothing", _REFERENCE),
        Parameter("drive_blocks_soothing", r"w_{DS}", 0.4, 0.0, 20.0, "1",
                  "how strongly drive inhibits soothing", _REFERENCE),
        Parameter("secure_base", r"w_{base}", 0.3, 0.0, 20.0, "1",
                  "how strongly soothing excites drive: the secure base from which people explore", _REFERENCE),
        Parameter("striving", r"w_{strive}", 0.3, 0.0, 20.0, "1",
                  "how strongly threat excites drive: striving to be accepted", _REFERENCE),
        Parameter("defeat", r"w_{defeat}", 0.5, 0.0, 20.0, "1", "how strongly threat inhibits drive", _REFERENCE),
        Parameter("submission_cost", r"w_{submit}", 1.0, 0.0, 20.0, "1",
                  "how strongly submission under threat inhibits drive", "assumed"),
        Parameter("warmth_strength", r"g_W", 4.0, 0.0, 10.0, "input",
                  "affiliative input from fully warm ties", "assumed"),
        Parameter("hostility_strength", r"g_H", 1.0, 0.0, 10.0, "input",
                  "threat input from fully hostile ties, before the weight of hostility", "assumed"),
        Parameter("hostility_weight", r"w_H", 2.0, 0.0, 10.0, "1",
                  "weight of hostility against warmth", "Hill et al. 2010 (SISa): discontent spreads at twice the rate of content"),
        Parameter("tie_half_weight", r"k_{half}", 1.0, 0.01, 100.0, "tie weight",
                  "sum of tie weights (mean weight 1) at which a person receives half of the neighbours' mean", "assumed"),
        Parameter("tolerance_effect", r"e_{tol}", 0.9, 0.0, 1.0, "1",
                  "how much distress tolerance lowers the reaction to threat",
                  "set by hand: breathing alone lowers stress by g = 0.35 [0.14, 0.55], Fincham et al. 2023"),
        Parameter("non_judgement_effect", r"e_{nonj}", 0.6495, 0.0, 1.0, "1",
                  "how much non-judgement lowers self-criticism", _HELD),
        Parameter("sensitivity_effect", r"e_{sens}", 0.3055, 0.0, 1.0, "1",
                  "how much sensitivity raises the reaction to affiliation", _HELD),
        Parameter("relief_reach", r"\rho_{max}", 0.6, 0.0, 1.0, "1",
                  "largest share of self-criticism, a fear or discomfort that work on it can take away", "assumed"),
        Parameter("sensitisation_reach", r"\rho_{up}", 0.3, 0.0, 1.0, "1",
                  "largest share of the room left above a fear by which failed exposure can raise it",
                  "assumed: half of what relief_reach was before it was fitted, since most exposure is tolerated"),
        Parameter("unworthiness_half", r"\kappa_{half}", 1.0, 0.05, 10.0, "1",
                  "self-criticism at which half of a feeling of being unworthy becomes fear of self-compassion",
                  "assumed: near the median of people who seek help"),
        Parameter("threat_memory", r"\delta_T", 0.5, 0.05, 24.0, "h", "decay time of a threat stimulus", "assumed"),
        Parameter("resource_memory", r"\delta_D", 0.7, 0.05, 24.0, "h", "decay time of a resource stimulus", "assumed"),
        Parameter("affiliation_memory", r"\delta_A", 0.7, 0.05, 24.0, "h",
                  "decay time of an affiliative stimulus", "assumed"),
        Parameter("practice_memory", r"\delta_P", 0.5, 0.05, 24.0, "h",
                  "decay time of self-generated affiliation after an exercise", "assumed"),
        Parameter("image_memory", r"\delta_I", 0.25, 0.05, 24.0, "h", "decay time of a compassionate image in the mind", "assumed"),
        Parameter("body_memory", r"\delta_B", 0.75, 0.05, 24.0, "h",
                  "decay time of the bodily response that follows an image (mind first, then body)", "assumed"),
        Parameter("ease_memory", r"\delta_E", 4.0, 0.05, 48.0, "h",
                  "decay time of the ease that mindfulness brings to the self-critical loop", "assumed"),
        Parameter("background_threat", r"\bar z_T", 0.06, 0.0, 2.0, "input", "level around which the background input to threat fluctuates; it stops at 0", "assumed"),
        Parameter("background_drive", r"\bar z_D", 0.15, 0.0, 2.0, "input", "level around which the background input to drive fluctuates; it stops at 0", "assumed"),
        Parameter("background_soothing", r"\bar z_S", 0.15, 0.0, 2.0, "input",
                  "level around which the background affiliative input fluctuates; it stops at 0", "assumed"),
        Parameter("background_sd", r"\sigma_z", 0.06, 0.0, 1.0, "input",
                  "standard deviation of each background input, were it not to stop at 0", "assumed"),
        Parameter("background_time", r"\tau_z", 6.0, 0.5, 72.0, "h", "correlation time of the background", _ESM),
        Parameter("circumstances_sd", r"\sigma_c", 0.3, 0.0, 1.0, "input",
                  "standard deviation of good and bad weeks: what circumstances take from the background of threat and give to "
                  "those of drive and soothing", _WEEKS),
        Parameter("circumstances_time", r"\tau_c", 5.0, 0.5, 365.0, "day", "correlation time of circumstances", _WEEKS),
        Parameter("goal_pursuit", r"g_{goal}", 0.8, 0.0, 1.0, "1",
                  "how much the chance that an opportunity becomes a reward depends on drive", "assumed"),
        Parameter("shared_pleasure", r"s_{DS}", 0.0, 0.0, 1.0, "1",
                  "share of the kick of an everyday reward that soothing gets as well, and of a kindness that drive gets: "
                  "most pleasant events are both", "assumed; experience sampling finds drive and soothing rising together"),
        Parameter("true_threat_share", r"p_{true}", 0.3, 0.0, 1.0, "1",
                  "share of ambiguous events that are a real threat", "assumed"),
        Parameter("discriminability", r"d'", 1.5, 0.0, 6.0, "1",
                  "how well one look at an ambiguous event tells a threat from a harmless one", "assumed"),
        Parameter("criterion", r"c_0", 0.5, -3.0, 3.0, "1",
                  "evidence that a person without threat needs before calling an ambiguous event a threat", "assumed"),
        Parameter("better_safe_than_sorry", r"c_T", 2.0, 0.0, 10.0, "1",
                  "how far the criterion falls as threat goes from 0 to 1", "assumed"),
        Parameter("looks", r"n_{max}", 4.0, 1.0, 20.0, "1",
                  "samples of evidence taken at no threat; falls to 1 at full threat (jumping to conclusions)", "assumed"),
        Parameter("cost_of_a_miss", r"m_{miss}", 1.5, 0.0, 5.0, "1",
                  "threat from a real threat that was overlooked, against one that was noticed", "assumed"),
        Parameter("more_to_relieve", r"e_{need}", 1.0, 0.0, 1.0, "1",
                  "how much further practice relieves those with more self-criticism: 0 not at all, 1 in proportion",
                  "assumed; direction: who starts lower gains more, in training more than in waiting (Sieder et al. 2024, 177 trials)"),
        Parameter("motivation_effect", r"e_{mot}", 0.5, 0.0, 2.0, "1",
                  "share by which more of the assigned practice is done per unit of motivation above that of the median "
                  "person", "assumed"),
        Parameter("hope_effect", r"e_{hope}", 0.0, 0.0, 1.0, "1",
                  "share of self-criticism and of the reaction to threat that full hope takes away: what all therapies share",
                  "assumed: 0, as if nothing but what is trained acted. 0.28: eight supportive contacts lower the depression score "
                  "by 0.53, as non-directive support does (Cuijpers et al. 2024, J Affect Disord 349:452-461)"),
        Parameter("self_kindness_strength", r"u_{kind}", 0.3, 0.0, 5.0, "input",
                  "input from oneself, every half hour, of somebody who has learnt kindness to oneself in full", "assumed"),
        Parameter("forgetting_time", r"\tau_{forget}", 365.0, 1.0, 3650.0, "day",
                  "time constant with which trained attributes return to baseline without practice",
                  "set by hand: reviews find most of what mindfulness brings still there after three to six months "
                  "(such as Galante et al. 2023, Nat Ment Health 1:462-476: distress 0.28 at the end, 0.29 later)"),
        Parameter("anger_cost", r"e_{anger}", 0.8, 0.0, 1.0, "1",
                  "share of an exercise's effect lost to full anger", "assumed; direction: the source text on intense anger"),
        Parameter("risk_rate", r"r_{risk}", 0.5, 0.0, 24.0, "per day",
                  "risk-taking events per day of a person whose drive is over-stimulated to the full", "assumed"),
        Parameter("risk_reward", r"u_{risk}", 0.8, 0.0, 10.0, "input",
                  "kick to drive of a risk-taking event: the reward comes now", "assumed"),
        Parameter("risk_cost", r"v_{risk}", 1.5, 0.0, 10.0, "input",
                  "kick to threat of a risk-taking event: the cost comes later", "assumed"),
        Parameter("risk_delay", r"\tau_{risk}", 8.0, 0.5, 240.0, "h",
                  "mean time until the cost of a risk-taking event arrives", "assumed"),
        Parameter("tie_growth", r"c_{grow}", 0.02, 0.0, 1.0, "per day",
                  "how fast mutual warmth strengthens a tie, if ties change", "assumed"),
        Parameter("tie_wear", r"c_{wear}", 0.02, 0.0, 1.0, "per day",
                  "how fast hostility and withdrawal weaken a tie, if ties change", "assumed"),
        Parameter("distrust_strength", r"g_{dis}", 5.0, 0.0, 100.0, "1",
                  "distrust that hostility, met under threat, leads to, where bonds.stereotyping_by is set", "assumed"),
        Parameter("distrust_time", r"\tau_{dis}", 14.0, 1.0, 3650.0, "day",
                  "time constant with which distrust is learnt and forgotten, where bonds.stereotyping_by is set", "assumed"),
        Parameter("stereotyping", r"s_{group}", 0.7, 0.0, 1.0, "1",
                  "share of distrust that goes to the whole group of a hostile person, not to that person, where "
                  "bonds.stereotyping_by is set", "assumed"),
        Parameter("power_time", r"\tau_{power}", 14.0, 1.0, 365.0, "day",
                  "time constant with which perceived power follows submission", "assumed"),
    )
}

_PROTOTYPE = "assumed; an early fit to the levels and spreads of experience sampling data gave this"
_SYSTEM_SYMBOLS = (("threat", "T", 0.8), ("drive", "D", 1.3), ("soothing", "S", 1.5))
# How people put a state into a rating between 0 and 1.
RATING: dict[str, Parameter] = {
    p.name: _fitted("rating", p)
    for p in (
        *(Parameter(f"{system}_rating_offset", f"o_{letter}", 0.0, -1.0, 1.0, "rating",
                    f"rating of {system} by the median person when the system is silent", "assumed")
          for system, letter, _ in _SYSTEM_SYMBOLS),
        *(Parameter(f"{system}_rating_gain", f"r_{letter}", gain, 0.0, 5.0, "rating",
                    f"how much the median person's rating of {system} rises with its activation", _PROTOTYPE)
          for system, letter, gain in _SYSTEM_SYMBOLS),
        *(Parameter(f"{system}_rating_noise", rf"\sigma_{{r{letter}}}", 0.14, 0.0, 1.0, "rating",
                    f"standard deviation of the noise of one rating of {system}", _PROTOTYPE)
          for system, letter, _ in _SYSTEM_SYMBOLS),
        *(Parameter(f"{system}_rating_offset_spread", rf"\sigma_{{o{letter}}}", 0.05, 0.0, 1.0, "rating",
                    f"standard deviation between people of the offset of {system}: noise that a person keeps", "assumed")
          for system, letter, _ in _SYSTEM_SYMBOLS),
        Parameter("rating_gain_spread", r"\sigma_r", 0.1, 0.0, 2.0, "1",
                  "standard deviation between people of the logarithm of each gain: how wide a scale they use", "assumed"),
        Parameter("rating_steps", r"n_r", 6.0, 1.0, 1000.0, "1",
                  "steps from the lowest to the highest answer (rounded to a whole number): 6 is a seven-point item, "
                  "100 a slider", "seven-point items, as in Bringmann et al. 2013 (PLoS ONE 8:e60188)"),
    )
}

# What `TRAITS` say is drawn per person; presets change medians and spreads.
TRAITS: dict[str, Trait] = {
    t.name: _fitted_trait(t)
    for t in (
        Trait("self_criticism", r"\kappa", "lognormal", 0.7, 0.45, 0.0, 10.0, "1",
              "strength of the loop in which threat attacks the self and so makes threat", "assumed"),
        Trait("fear_of_self_compassion", r"\varphi_{self}", "logitnormal", 0.20, 0.8, 0.0, 1.0, "1",
              "share of self-generated affiliation that is read as threat", "assumed"),
        Trait("fear_of_compassion_from_others", r"\varphi_{from}", "logitnormal", 0.20, 0.8, 0.0, 1.0, "1",
              "share of affiliation received that is read as threat", "assumed"),
        Trait("fear_of_compassion_for_others", r"\varphi_{for}", "logitnormal", 0.20, 0.8, 0.0, 1.0, "1",
              "share of warmth to others that is held back", "assumed"),
        Trait("threat_gain", r"g_T", "lognormal", 1.0, 0.30, 0.0, 10.0, "1", "reaction of threat to stimuli", "assumed"),
        Trait("drive_gain", r"g_D", "lognormal", 1.0, 0.30, 0.0, 10.0, "1", "reaction of drive to stimuli", "assumed"),
        Trait("soothing_gain", r"g_S", "lognormal", 1.0, 0.30, 0.0, 10.0, "1",
              "reaction of soothing to affiliation", "assumed"),
        Trait("threat_baseline", r"b_T", "lognormal", 0.08, 0.30, 0.0, 5.0, "input", "tonic excitation of threat", "assumed"),
        Trait("drive_baseline", r"b_D", "lognormal", 0.35, 0.30, 0.0, 5.0, "input", "tonic excitation of drive", "assumed"),
        Trait("soothing_baseline", r"b_S", "lognormal", 0.35, 0.30, 0.0, 5.0, "input",
              "tonic excitation of soothing", "assumed"),
        Trait("anger", r"A", "logitnormal", 0.20, 0.8, 0.0, 1.0, "1", "proneness to anger and rage under threat", "assumed"),
        Trait("power", r"P", "logitnormal", 0.50, 0.6, 0.0, 1.0, "1", "perceived power in conflict", "assumed"),
        Trait("escape", r"F", "logitnormal", 0.30, 0.6, 0.0, 1.0, "1", "readiness to withdraw under threat", "assumed"),
        Trait("imagery", r"M", "logitnormal", 0.70, 0.8, 0.0, 1.0, "1", "ability to form mental images", "assumed"),
        Trait("attention", r"L_{att}", "logitnormal", 0.70, 0.8, 0.0, 1.0, "1",
              "ability to enter a state of mindfulness", "assumed: as spread out as the ability to form images"),
        Trait("understanding", r"L_{und}", "logitnormal", 0.70, 0.8, 0.0, 1.0, "1",
              "how well compassion itself is understood before any training", "assumed: most people grasp most of it"),
        Trait("bad_associations", r"L_{bad}", "logitnormal", 0.20, 0.8, 0.0, 1.0, "1",
              "probability that the image of a known person or event brings bad memories", "assumed: one image in five"),
        Trait("discomfort_with_soothing", r"L_{dis}", "logitnormal", 0.10, 0.8, 0.0, 1.0, "1",
              "share of affiliation that is not taken in, neither as soothing nor as threat",
              "assumed: half the share that is feared, so that fear stays the larger obstacle"),
        Trait("unworthiness", r"L_{unw}", "logitnormal", 0.15, 0.8, 0.0, 1.0, "1",
              "feeling unworthy of compassion: becomes fear of self-compassion, more so with self-criticism",
              "assumed: at the median it raises the fear by a fifth to a quarter"),
        Trait("adherence", r"a", "logitnormal", 0.64, 0.6, 0.0, 1.0, "1",
              "share of assigned practice that is done", "Parsons et al. 2017: 0.64 [0.60, 0.69]; spread assumed"),
        Trait("practice_rate", r"c_{practice}", "lognormal", 0.045, 0.62, 0.0, 1.0, "per practice",
              "pace of learning: share of the way to where an exercise leads that one full practice covers",
              "Lally et al. 2010 (Eur J Soc Psychol 40:998-1009): 95 % of the way after 66 daily practices at the median, 18 to 254 "
              "among 39 people, a range of 4.3 standard deviations; that all of it is between people is assumed"),
    )
}

# fmt: on
_ATTRIBUTE_SHAPE = ("logitnormal", 0.4, 0.5, 0.0, 1.0, "1")
ATTRIBUTES: dict[str, Trait] = {
    name: _fitted_trait(Trait(name, symbol, *_ATTRIBUTE_SHAPE, meaning, source))  # type: ignore[arg-type]
    for name, symbol, meaning, source in (
        ("motivation", r"q_{mot}", "compassionate motivation: raises practice and giving", "assumed"),
        (
            "sensitivity",
            r"q_{sens}",
            "sensitivity to distress and to kindness: raises the reaction to affiliation",
            "assumed",
        ),
        ("sympathy", r"q_{sym}", "being moved by others: raises giving", "assumed"),
        ("tolerance", r"q_{tol}", "distress tolerance: lowers the reaction to threat", "assumed"),
        ("empathy", r"q_{emp}", "understanding others: raises giving", "assumed"),
        ("non_judgement", r"q_{nonj}", "non-judging, non-condemning: lowers self-criticism", "assumed"),
    )
}

#: The three fears of compassion, one for each flow: to oneself, from others, for others.
FEARS = ("fear_of_self_compassion", "fear_of_compassion_from_others", "fear_of_compassion_for_others")
#: Everything that differs between people: name -> the distribution it is drawn from.
DISTRIBUTIONS: dict[str, Trait] = {**TRAITS, **ATTRIBUTES}
#: Attribute value at which its effects on the fast model are zero (the median person).
REFERENCE_ATTRIBUTE = 0.4
#: Self-criticism that is relieved as far as an exercise says: the median person in general.
REFERENCE_SELF_CRITICISM = TRAITS["self_criticism"].median
#: Time step of the world's clock: stimuli and background arrive on it, whatever the tick.
MOMENT_HOURS = 0.5
