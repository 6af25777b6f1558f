"""What happens to people at the start of a tick: events, appraisal, practice; and each night.

Everything random here is a counter-based draw for (part, person, moment), so no part and no person
can change what another one draws.
"""

from __future__ import annotations

import numpy as np

from affectsim import appraisal
from affectsim.kernel.binding import bind
from affectsim.kernel.chance import WORD, draw, draw_block
from affectsim.kernel.compile import inlined, internal, internal_inlined
from affectsim.kernel.rows import (
    FAST_BLOCK,
    PARAMETER,
    ROW,
    SLOW_BLOCK,
    U_A,
    U_B,
    U_E,
    U_I,
    U_P,
    U_R,
    U_T,
    X_D,
    X_T,
    L,
)
from affectsim.kernel.tables import (
    ADHERENCE_PART,
    APPRAISAL_PART,
    ATTENDANCE_PART,
    EXERCISE_FIELDS,
    FIXED_PARTS,
    MOMENT_BITS,
    MOST_EVENTS,
    MOST_WORD,
    SLEEPS,
    WAKES,
)
from affectsim.layout import ATTRIBUTE_NAMES, STEADY, STEADY_ROWS, STEADY_UNITS, TRAINABLE
from affectsim.parameters import FEARS, REFERENCE_ATTRIBUTE, REFERENCE_SELF_CRITICISM
from affectsim.training import practice

_alarm_probability = inlined(appraisal.alarm_probability)
_failure_probability = inlined(practice.failure_probability)
_efficacy = inlined(practice.efficacy)
_asymptote = inlined(practice.asymptote)
_practised = inlined(practice.practised)
_need = inlined(practice.need)
_sensitised = inlined(practice.sensitised)
_forgotten = inlined(practice.forgotten)
_left = inlined(practice.left)
_remembered = inlined(practice.remembered)
_done = inlined(practice.done)
_understood = inlined(practice.understood)
_fear_left = inlined(practice.fear_left)
_unworthy_fear = inlined(practice.unworthy_fear)
_effective = inlined(bind(practice.effective, left=_left, fear_left=_fear_left, unworthy_fear=_unworthy_fear))

GOAL, SHARED, TRUE_SHARE, D_PRIME, CRITERION, SAFE, LOOKS, MISS, ANGER_COST, TOLERANCE_EFFECT, \
    NON_JUDGEMENT_EFFECT, SENSITIVITY_EFFECT, REACH, RISE, UNWORTHINESS_HALF, MORE_TO_RELIEVE, \
    HOPE_EFFECT, MOTIVATION_EFFECT, SELF_KINDNESS_STRENGTH = (PARAMETER[n] for n in (
        "goal_pursuit", "shared_pleasure", "true_threat_share", "discriminability", "criterion",
        "better_safe_than_sorry", "looks",
        "cost_of_a_miss", "anger_cost", "tolerance_effect", "non_judgement_effect",
        "sensitivity_effect", "relief_reach", "sensitisation_reach", "unworthiness_half",
        "more_to_relieve", "hope_effect", "motivation_effect", "self_kindness_strength"))  # fmt: skip
_STEADY = {name: row * L for name, row in STEADY.items()}
STEADY_BLOCK = STEADY_ROWS * L
POWER_NOW, TRAIT_KAPPA, TRAIT_GAIN_T, TRAIT_GAIN_S = (
    ROW[n] for n in ("current_power", "self_criticism", "threat_gain", "soothing_gain")
)
TRAIT_FEAR_SELF, TRAIT_FEAR_FROM, TRAIT_FEAR_FOR = (_STEADY[n] for n in FEARS)
(
    ANGER, ESCAPE, IMAGERY, ATTENTION, UNDERSTANDING, BAD_ASSOCIATIONS, DISCOMFORT, UNWORTHINESS, ADHERENCE,
    PRACTICE_RATE, PRACTICE_TIME, SKILL,
) = (
    _STEADY[n]
    for n in (
        "anger", "escape", "imagery", "attention", "understanding", "bad_associations", "discomfort_with_soothing",
        "unworthiness", "adherence", "practice_rate", "practice_time", "skill",
    )
)  # fmt: skip
FIRST_ATTRIBUTE, FIRST_BASELINE = ROW["motivation"], _STEADY["baseline_motivation"]
MOTIVATION, TOLERANCE = ROW["motivation"], ROW["tolerance"]
FIRST_EFFECTIVE = ROW["effective_self_criticism"]
EFFECTIVE_FEAR_SELF = ROW["effective_fear_of_self_compassion"]
START_DAY, STOP_DAY, SESSION_WARMTH = (ROW[n] for n in ("start_day", "stop_day", "session_warmth"))
TRAINABLES, ATTRIBUTES_COUNT, FEARS_COUNT = len(TRAINABLE), len(ATTRIBUTE_NAMES), len(FEARS)
FIRST_FEAR_RELIEF = TRAINABLE.index(f"{FEARS[0]}_relief")
SELF_CRITICISM_RELIEF = TRAINABLE.index("self_criticism_relief")
COMFORT, INSIGHT, HOPE, SELF_KINDNESS = (ROW[n] for n in ("comfort", "insight", "hope", "self_kindness"))
E_RESOURCE, E_AFFILIATIVE, E_IMAGE, E_BODY, E_EASE, E_THREAT, E_TRAINS = range(7)
E_FEAR_COST, E_UNDERSTANDING_COST, E_DISCOMFORT_COST, E_BASE, E_BLAME, E_FAILURE_THREAT, E_RAISES, E_KNOWN, \
    E_ASSOCIATION, E_AT_ONCE, E_INFORMAL = (EXERCISE_FIELDS.index(n) for n in (
        "fear_cost", "understanding_cost", "discomfort_cost", "failure_base", "failure_blame", "failure_threat",
        "failure_raises_fears", "known_person", "association_threat", "learnt_at_once", "informal_share"))  # fmt: skip
FIRST_EVENT_PART = len(FIXED_PARTS)
#: What tells draws of one exercise, person and moment apart; in a session counted on, should it be there twice.
#: As an array, since numba would compile what is called with plain numbers once for each of them.
AT_HOME, WHETHER_IN_PASSING, IN_PASSING, IN_SESSION = np.arange(4)
_HALF_WORD = 2.0**-16


@internal_inlined
def daily_life(population, tables, block, moment):
    """Poisson events of every stimulus source for a block: counts per moment from exact thresholds."""
    run = population.block_run[block]
    fast = population.fast[block * FAST_BLOCK : (block + 1) * FAST_BLOCK]
    first = population.block_first[block]
    thresholds = tables.thresholds
    model = tables.model
    of_day = moment % tables.moments_per_day
    goal, shared = model[run, GOAL], model[run, SHARED]
    scratch = np.empty(2 * L)
    sizes, chances = scratch[:L], scratch[L:]
    words = np.empty(2 * L, dtype=np.uint32)
    for source in range(thresholds.shape[1]):
        for kind in range(4):
            limits = thresholds[run, source, kind, of_day]
            intensity = tables.intensity[run, source, kind]
            if intensity <= 0.0 or limits[0] >= MOST_WORD:
                continue
            draw_block(tables.keys, run, FIRST_EVENT_PART + 4 * source + kind, first, moment, words)
            _events(sizes, chances, words, limits, intensity)
            if kind == 1:
                # An opportunity becomes a reward by effort: the more so the higher drive is.
                for i in range(L):
                    taken = 1.0 - goal * (1.0 - fast[X_D + i])
                    size = sizes[i] if chances[i] < taken else 0.0
                    fast[U_R + i] += size
                    fast[U_A + i] += shared * size
            elif kind == 3:
                for i in range(L):
                    if sizes[i] > 0.0:
                        fast[U_T + i] += sizes[i] * _appraise(model, run, chances[i], fast[X_T + i])
            elif kind == 2:
                for i in range(L):
                    fast[U_A + i] += sizes[i]
                    fast[U_R + i] += shared * sizes[i]
            else:
                for i in range(L):
                    fast[U_T + i] += sizes[i]


@internal_inlined
def _events(sizes, chances, words, limits, intensity):
    """Turn two random words per lane into the summed size of a moment's events and one more uniform number."""
    limit_0, limit_1, limit_2, limit_3, limit_4 = limits[0], limits[1], limits[2], limits[3], limits[4]
    for i in range(L):
        x = np.float64(np.int32(words[i] >> 1))
        count = (
            (1.0 if x >= limit_0 else 0.0)
            + (1.0 if x >= limit_1 else 0.0)
            + (1.0 if x >= limit_2 else 0.0)
            + (1.0 if x >= limit_3 else 0.0)
            + (1.0 if x >= limit_4 else 0.0)
        )
        w1 = words[L + i]
        sizes[i] = count * intensity * (0.5 + (np.float64(np.int32(w1 >> 16)) + 0.5) * _HALF_WORD)
        chances[i] = (np.float64(np.int32(w1 & 0xFFFF)) + 0.5) * _HALF_WORD


@internal_inlined
def _appraise(model, run, chance, threat):
    """Return what an ambiguous event of size 1 does to threat: alarm 1, overlooked threat more, else 0."""
    share = model[run, TRUE_SHARE]
    is_threat = 1.0 if chance < share else 0.0
    # The rest of the same uniform number, spread over (0, 1) again.
    rest = chance / share if chance < share else (chance - share) / (1.0 - share)
    alarm = _alarm_probability(
        is_threat, threat, model[run, D_PRIME], model[run, CRITERION], model[run, SAFE], model[run, LOOKS]
    )
    return 1.0 if rest < alarm else is_threat * model[run, MISS]


@internal
def dated_events(population, tables, run, moment, first, end):
    """Apply dated, scripted and community events of one run at one moment, in their order.

    To the people of blocks `first` to `end` - 1.
    """
    for k in range(tables.event_start[run, moment], tables.event_start[run, moment + 1]):
        slot = tables.event_person[k]
        if slot < first * L or slot >= end * L:
            continue
        base = (slot // L) * FAST_BLOCK + slot % L
        kind, size = tables.event_kind[k], tables.event_size[k]
        if kind == 0:
            population.fast[base + U_T] += size
        elif kind == 1:
            population.fast[base + U_R] += size
        elif kind == 2:
            population.fast[base + U_A] += size
        else:
            person = population.block_first[slot // L] + slot % L
            w0, _ = draw(tables.keys, run, APPRAISAL_PART, person, moment + (tables.event_again[k] << MOMENT_BITS))
            chance = (np.float64(w0) + 0.5) * WORD
            population.fast[base + U_T] += size * _appraise(tables.model, run, chance, population.fast[base + X_T])


@internal_inlined
def remember(population, tables, block):
    """Kindness to oneself that was learnt is had in mind: input from oneself, in proportion to how much was learnt."""
    strength = tables.model[population.block_run[block], SELF_KINDNESS_STRENGTH]
    fast = population.fast[block * FAST_BLOCK : (block + 1) * FAST_BLOCK]
    slow = population.slow[block * SLOW_BLOCK : (block + 1) * SLOW_BLOCK]
    for i in range(L):
        fast[U_P + i] = _remembered(fast[U_P + i], np.float64(slow[SELF_KINDNESS + i]), strength)


@internal_inlined
def somebody_trains(population, block, day):
    """Return whether anybody in a block has started training (most blocks need no further look)."""
    slow = population.slow[block * SLOW_BLOCK : (block + 1) * SLOW_BLOCK]
    started = 0
    for i in range(L):
        started += 1 if slow[START_DAY + i] <= np.float32(day) else 0
    return started > 0


@internal
def practice_if_due(population, tables, block, moment):
    """Home practice and sessions of everybody in a block who has one now.

    A session is warm to those who come (an affiliative input from others) and gives them hope, and it trains as much
    as the therapist is able (`skill`), hope as well; at home nobody guides, so an exercise trains as it is.
    What is to be done in passing happens at any waking moment, each time with the chance that practice at home has.
    """
    run = population.block_run[block]
    model = tables.model
    exercise_parts = FIRST_EVENT_PART + 4 * tables.thresholds.shape[1]
    fast = population.fast[block * FAST_BLOCK : (block + 1) * FAST_BLOCK]
    slow = population.slow[block * SLOW_BLOCK : (block + 1) * SLOW_BLOCK]
    steady = population.steady[block * STEADY_BLOCK : (block + 1) * STEADY_BLOCK]
    day = moment // tables.moments_per_day
    of_day = moment % tables.moments_per_day
    waking = WAKES <= of_day < SLEEPS
    days = tables.home.shape[1]
    for i in range(L):
        start = slow[START_DAY + i]
        if day < start or day >= slow[STOP_DAY + i]:
            continue
        number = day - np.int64(start)
        if number >= days:
            continue
        person = np.int64(population.block_first[block] + i)
        practises = np.int64(_share(steady, PRACTICE_TIME + i) * tables.moments_per_day)
        if tables.home[run, number, 0] >= 0 and (of_day == practises or waking):
            motivation = np.float64(slow[MOTIVATION + i])
            done = _done(_share(steady, ADHERENCE + i), motivation, model[run, MOTIVATION_EFFECT], REFERENCE_ATTRIBUTE)
            if of_day == practises:
                w0, _ = draw(tables.keys, run, ADHERENCE_PART, person, moment)
                if (np.float64(w0) + 0.5) * WORD < done:
                    for which in range(tables.home.shape[2]):
                        exercise = tables.home[run, number, which]
                        if exercise >= 0:
                            _practise(population, tables, block, i, person, exercise, moment, AT_HOME, 1.0, 1.0)
            elif of_day != tables.session_moment[run, number]:
                for which in range(tables.home.shape[2]):
                    limit = tables.informal[run, number, which] * done
                    if limit > 0.0:
                        exercise = tables.home[run, number, which]
                        counter = moment + (WHETHER_IN_PASSING << MOMENT_BITS)
                        w0, _ = draw(tables.keys, run, exercise_parts + exercise, person, counter)
                        if (np.float64(w0) + 0.5) * WORD < limit:
                            share = tables.exercises[exercise, E_INFORMAL]
                            _practise(population, tables, block, i, person, exercise, moment, IN_PASSING, 1.0, share)
        if of_day == tables.session_moment[run, number]:
            w0, _ = draw(tables.keys, run, ATTENDANCE_PART, person, moment)
            if (np.float64(w0) + 0.5) * WORD < tables.attendance[run]:
                fast[U_A + i] += np.float64(slow[SESSION_WARMTH + i])
                skill = _share(steady, SKILL + i)
                hope = np.float64(slow[HOPE + i])
                slow[HOPE + i] = np.float32(_practised(hope, tables.session_hope[run, number] * skill, 1.0))
                for which in range(tables.session.shape[2]):
                    exercise = tables.session[run, number, which]
                    if exercise >= 0:
                        again = IN_SESSION
                        for before in range(which):
                            again += 1 if tables.session[run, number, before] == exercise else 0
                        _practise(population, tables, block, i, person, exercise, moment, again, skill, 1.0)


@internal_inlined
def _share(steady, at):
    """Return one number of the uint16 array as the share that it stands for."""
    return np.float64(steady[at]) / STEADY_UNITS


@internal_inlined
def _baseline(steady, trainable, i):
    """Return where something trainable of a lane starts from, and returns to without practice."""
    return _share(steady, FIRST_BASELINE + trainable * L + i) if trainable < ATTRIBUTES_COUNT else 0.0


@internal
def _practise(population, tables, block, i, person, exercise, moment, again, skill, share):
    """Let one person do one exercise: it fails or works, acts now, and trains.

    `again` tells its draws from those of the same exercise in the same moment (`AT_HOME` and so on): what else is done
    with it, and in which order, changes none of them. `skill` (1: full) multiplies the pace at which it trains: that of
    the guide. `share` (1: full) its inputs.
    """
    run = population.block_run[block]
    fast = population.fast[block * FAST_BLOCK : (block + 1) * FAST_BLOCK]
    slow = population.slow[block * SLOW_BLOCK : (block + 1) * SLOW_BLOCK]
    steady = population.steady[block * STEADY_BLOCK : (block + 1) * STEADY_BLOCK]
    model = tables.model
    e = tables.exercises[exercise]
    part = FIRST_EVENT_PART + 4 * tables.thresholds.shape[1] + exercise
    w0, w1 = draw(tables.keys, run, part, person, moment + (again << MOMENT_BITS))
    if (np.float64(w1) + 0.5) * WORD < e[E_KNOWN] * _share(steady, BAD_ASSOCIATIONS + i):
        fast[U_T + i] += share * e[E_ASSOCIATION]
        return
    threat = fast[X_T + i]
    anger = _share(steady, ANGER + i)
    fear = np.float64(slow[EFFECTIVE_FEAR_SELF + i])
    fails = _failure_probability(
        threat, np.float64(slow[TOLERANCE + i]), _share(steady, IMAGERY + i), _share(steady, ATTENTION + i), anger,
        fear, e[E_BASE], e[E_BASE + 1], e[E_BASE + 2], e[E_BASE + 3], e[E_BASE + 4], e[E_BASE + 5], e[E_BASE + 6],
    )  # fmt: skip
    chance = (np.float64(w0) + 0.5) * WORD
    own_rate = _share(steady, PRACTICE_RATE + i)
    if chance < fails:
        # Given that it fails, chance / fails is a uniform number again.
        if chance < fails * e[E_BLAME]:
            fast[U_T + i] += share * e[E_FAILURE_THREAT]
        for k in range(FIRST_FEAR_RELIEF, FIRST_FEAR_RELIEF + FEARS_COUNT):
            row = FIRST_ATTRIBUTE + k * L + i
            step = own_rate * e[E_RAISES] * e[E_TRAINS + k]
            slow[row] = np.float32(_sensitised(np.float64(slow[row]), step))
        return
    fast[U_T + i] += share * e[E_THREAT]
    fast[U_R + i] += share * e[E_RESOURCE]
    fast[U_P + i] += share * e[E_AFFILIATIVE]
    fast[U_I + i] += share * e[E_IMAGE]
    fast[U_B + i] += share * e[E_BODY]
    fast[U_E + i] += share * e[E_EASE] * (1.0 - fast[U_E + i])
    understanding = _understood(_share(steady, UNDERSTANDING + i), np.float64(slow[INSIGHT + i]))
    discomfort = _left(_share(steady, DISCOMFORT + i), np.float64(slow[COMFORT + i]), model[run, REACH])
    arrives = _efficacy(
        threat, anger, fear, understanding, discomfort, model[run, ANGER_COST], e[E_FEAR_COST],
        e[E_UNDERSTANDING_COST], e[E_DISCOMFORT_COST],
    )  # fmt: skip
    rate = (e[E_AT_ONCE] if e[E_AT_ONCE] > 0.0 else own_rate) * skill
    need = _need(np.float64(slow[FIRST_EFFECTIVE + i]), model[run, MORE_TO_RELIEVE], REFERENCE_SELF_CRITICISM)
    for k in range(TRAINABLES):
        row = FIRST_ATTRIBUTE + k * L + i
        if e[E_TRAINS + k] > 0.0:
            leads = e[E_TRAINS + k] * arrives * (need if k == SELF_CRITICISM_RELIEF else 1.0)
            end = _asymptote(_baseline(steady, k, i), leads)
            slow[row] = np.float32(_practised(np.float64(slow[row]), rate, end))


@internal
def night(population, tables, block, forget):
    """Once a day: trained attributes fade towards their baseline, and people's effective values follow."""
    run = population.block_run[block]
    slow = population.slow[block * SLOW_BLOCK : (block + 1) * SLOW_BLOCK]
    steady = population.steady[block * STEADY_BLOCK : (block + 1) * STEADY_BLOCK]
    model = tables.model
    share = tables.forget[run] if forget else 0.0
    for i in range(L):
        for k in range(TRAINABLES):
            row = FIRST_ATTRIBUTE + k * L + i
            slow[row] = np.float32(_forgotten(np.float64(slow[row]), _baseline(steady, k, i), share))
        a = FIRST_ATTRIBUTE + i
        values = _effective(
            np.float64(slow[TRAIT_KAPPA + i]), _share(steady, TRAIT_FEAR_SELF + i), _share(steady, TRAIT_FEAR_FROM + i),
            _share(steady, TRAIT_FEAR_FOR + i), np.float64(slow[TRAIT_GAIN_T + i]), np.float64(slow[TRAIT_GAIN_S + i]),
            _share(steady, ANGER + i), np.float64(slow[POWER_NOW + i]), _share(steady, ESCAPE + i),
            _share(steady, DISCOMFORT + i), _share(steady, UNWORTHINESS + i), np.float64(slow[a]),
            np.float64(slow[a + L]), np.float64(slow[a + 2 * L]), np.float64(slow[a + 3 * L]),
            np.float64(slow[a + 4 * L]), np.float64(slow[a + 5 * L]), np.float64(slow[a + 6 * L]),
            np.float64(slow[a + 7 * L]), np.float64(slow[a + 8 * L]), np.float64(slow[a + 9 * L]),
            np.float64(slow[a + 10 * L]), np.float64(slow[HOPE + i]), model[run, TOLERANCE_EFFECT],
            model[run, NON_JUDGEMENT_EFFECT], model[run, SENSITIVITY_EFFECT], model[run, REACH], model[run, RISE],
            model[run, UNWORTHINESS_HALF], model[run, HOPE_EFFECT], REFERENCE_ATTRIBUTE,
        )  # fmt: skip
        for k in range(9):
            slow[FIRST_EFFECTIVE + k * L + i] = np.float32(values[k])


assert MOST_EVENTS == 5, "daily_life compares with five thresholds"
