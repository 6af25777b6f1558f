"""The same model on whole-population arrays: plain numpy with scipy.sparse, and JAX."""

from __future__ import annotations

import types
from typing import Any

import numpy as np

from affectsim import appraisal, draws, dynamics
from affectsim.readouts import balance
from tests.benchmarks.plain import (
    END_WEIGHT,
    MIDDLE_WEIGHT,
    PARTS,
    START_WEIGHT,
    Start,
    chance,
    decayed,
    event_size,
    expressed,
    heard_on,
    inputs_of,
    normal,
    predicted,
    record,
    remembered,
    runge_kutta,
)


def _with(module: Any, function: Any, **names: Any) -> Any:
    """Return a function of ours in which `np` is another module (same source)."""
    return types.FunctionType(function.__code__, {**function.__globals__, "np": module, **names})


def happen(xp: Any, start: Start, kicks: Any, background: Any, state: Any, words: Any, limits: Any) -> Any:
    """Return kicks and background after the start of a moment. `words`: two words for each of `PARTS`."""
    mean, persistence, innovation = start.noise[:3], start.noise[3], start.noise[4]
    fresh = [
        xp.maximum(mean[k] + persistence * (background[k] - mean[k]) + innovation * normal(*words[k]), 0.0)
        for k in range(3)
    ]
    # The engine keeps the background in single precision.
    fresh = [z.astype(xp.float32).astype(xp.float64) for z in fresh]
    model, kicks = start.model, list(kicks)
    for kind in range(4):
        w0, w1 = words[3 + kind]
        count = sum(((w0 >> 1) >= limits[kind][k]) * 1.0 for k in range(limits.shape[1]))
        size, uniform = event_size(count, start.intensity[kind], w1), chance(w1)
        if kind == 0:
            kicks[0] = kicks[0] + size
        elif kind == 1:
            taken = 1.0 - model["goal_pursuit"] * (1.0 - state[1])
            kicks[1] = kicks[1] + xp.where(uniform < taken, size, 0.0)
        elif kind == 2:
            kicks[2] = kicks[2] + size
        else:
            share = model["true_threat_share"]
            is_threat = xp.where(uniform < share, 1.0, 0.0)
            rest = xp.where(uniform < share, uniform / share, (uniform - share) / (1.0 - share))
            alarm = _with(xp, appraisal.alarm_probability)(
                is_threat, state[0], model["discriminability"], model["criterion"],
                model["better_safe_than_sorry"], model["looks"],
            )  # fmt: skip
            kicks[0] = kicks[0] + size * xp.where(rest < alarm, 1.0, is_threat * model["cost_of_a_miss"])
    return kicks, fresh


class NumpyPeople:
    """A population as numpy arrays; ties as a sparse matrix."""

    def __init__(self, start: Start) -> None:
        """Take over a world's state."""
        from scipy.sparse import csr_array

        self.start = start
        self.state, self.kicks, self.memories = start.state, start.kicks, start.memories
        self.background, self.moment = start.background, start.moment
        self.current_power = start.current_power
        self.sums = start.sums
        first, source, weight = start.ties
        shape = (start.people, start.people)
        self.ties = csr_array((weight.astype(np.float64), source.astype(np.int32), first.astype(np.int32)), shape=shape)
        self.person = np.arange(start.people, dtype=np.uint32)
        self.outside = 0

    def words(self) -> list[Any]:
        """Return the random words of this moment for each of `PARTS`."""
        found = []
        moment = np.full(self.start.people, self.moment, dtype=np.uint32)
        for part in PARTS:
            key_0, key_1 = (np.full(self.start.people, word) for word in self.start.keys[part])
            w0, w1 = draws.threefry(key_0, key_1, self.person, moment)
            found.append((w0.astype(np.int64), w1.astype(np.int64)))
        return found

    def hear(self, given: Any) -> list[Any]:
        """Return warmth and hostility received, and the slopes of both, of what is given in single precision."""
        warmth, hostility = self.start.strengths
        sent = [g.astype(np.float32).astype(np.float64) for g in given]
        return [strength * (self.ties @ g) for strength, g in zip((warmth, hostility) * 2, sent, strict=True)]

    def tick(self) -> None:
        """Advance by half an hour."""
        start = self.start
        coupling, person, giver, steps = start.coupling, start.person, start.giver, len(start.step_hours)

        def express(at: int) -> Any:
            signals = [np.maximum(memory[2], 0.0) for memory in self.memories]
            inputs = inputs_of(self.kicks, start.decay[at], self.background, *signals)
            return expressed(self.state, inputs, person, giver, coupling)

        limits = start.thresholds[:, self.moment % 48]
        self.kicks, self.background = happen(np, start, self.kicks, self.background, self.state, self.words(), limits)
        self.sums = record(self.sums, START_WEIGHT, self.state, balance)
        if self.moment % 48 == 0:
            heard = self.hear(dynamics.giving(self.state, giver, coupling[0]) * 2)
            self.memories = [(m[0], m[1], heard[k]) for k, m in enumerate(self.memories)]
        given = express(0)
        for number, stretch in enumerate(start.stretches):
            known, back = heard_on(self.hear(given), self.memories, start.given_back[number - 1])
            here = [np.maximum(known[k][0] + back[k], 0.0) for k in range(2)]
            for step in stretch:
                row = start.signal_weights[step]
                middle, end = (
                    [np.maximum(predicted(row[at:], known[k]) + back[k], 0.0) for k in range(2)] for at in (0, 4)
                )
                inputs = [
                    inputs_of(self.kicks, start.decay[2 * step + k], self.background, *signals)
                    for k, signals in enumerate((here, middle, end))
                ]
                self.state, stages = runge_kutta(self.state, inputs, person, coupling, start.step_hours[step])
                # The engine repairs steps that leave [0, 1]; here it is enough to know that there are none.
                self.outside += sum(bool(x.min() < 0 or x.max() > 1) for stage in stages for x in stage)
                if step + 1 == start.middle_step:
                    self.sums = record(self.sums, MIDDLE_WEIGHT, self.state, balance)
                here = end
            self.memories = remembered(row[4:], known)
            if step + 1 < steps:
                given = express(2 * step + 2)
        self.kicks = decayed(self.kicks, start.decay[-1])
        self.sums = record(self.sums, END_WEIGHT, self.state, balance)
        target = start.power * (1.0 - start.submission * dynamics.signal(self.state[0], coupling[0]))
        self.current_power = self.current_power + start.power_step * (target - self.current_power)
        self.moment += 1


class JaxPeople:
    """A population as JAX arrays in double precision; a tick is one compiled call."""

    def __init__(self, start: Start) -> None:
        """Take over a world's state. Raises ImportError without JAX."""
        import jax

        jax.config.update("jax_enable_x64", True)
        import jax.numpy as jnp

        self.start, self.moment, self.jnp, self.jax = start, start.moment, jnp, jax
        first, source, weight = start.ties
        degree = np.diff(first)
        most = int(degree.max(initial=1))
        # Every person's ties side by side, missing ones with weight 0: gathers are faster here than sums by segment.
        place = (np.repeat(np.arange(start.people), degree), np.arange(source.size) - np.repeat(first[:-1], degree))
        sources, weights = np.zeros((start.people, most), np.int32), np.zeros((start.people, most))
        sources[place], weights[place] = source, weight
        fixed = (sources, weights, start.person, start.giver, start.power, start.submission, start.decay,
                 start.signal_weights, start.given_back, start.thresholds, start.keys)  # fmt: skip
        self.fixed = jax.tree.map(jnp.asarray, tuple(np.array(x) if isinstance(x, list) else x for x in fixed))
        values = (
            start.state,
            start.kicks,
            start.memories,
            start.background,
            start.current_power,
            start.sums,
        )
        self.values = jax.tree.map(jnp.asarray, values)
        shim = types.SimpleNamespace(uint32=lambda x: jnp.asarray(x, jnp.uint32))
        self._threefry = _with(shim, draws.threefry, mix=_with(shim, draws.mix))
        self._ticks = jax.jit(self._many, static_argnums=3, donate_argnums=0)

    @property
    def state(self) -> tuple[Any, ...]:
        """Threat, drive, soothing."""
        return tuple(np.asarray(x) for x in self.values[0])

    def ticks(self, count: int) -> None:
        """Advance by some ticks in one call, and wait for the end."""
        self.values = self._ticks(self.values, self.fixed, self.moment, count)
        self.jax.block_until_ready(self.values)
        self.moment += count

    def _many(self, values: Any, fixed: Any, moment: Any, count: int) -> Any:
        moments = moment + self.jnp.arange(count)
        return self.jax.lax.scan(lambda v, m: (self._tick(v, fixed, m), None), values, moments)[0]

    def _tick(self, values: Any, fixed: Any, moment: Any) -> Any:
        start, xp = self.start, self.jnp
        state, kicks, memories, background, power, sums = values
        sources, weights, person, giver, base_power, submission, decay, rows, given_back, thresholds, keys = fixed
        coupling, strengths = start.coupling, start.strengths * 2
        people = xp.arange(start.people, dtype=xp.uint32)

        def hear(given: Any) -> Any:
            sent = [g.astype(xp.float32).astype(xp.float64) for g in given]
            return [strength * (weights * g[sources]).sum(1) for strength, g in zip(strengths, sent, strict=True)]

        def express(at: Any, state: Any, memories: Any) -> Any:
            signals = [xp.maximum(memory[2], 0.0) for memory in memories]
            return expressed(state, inputs_of(kicks, decay[at], background, *signals), person, giver, coupling)

        now = moment.astype(xp.uint32)
        words = [tuple(w.astype(xp.int64) for w in self._threefry(keys[p, 0], keys[p, 1], people, now))
                 for p in PARTS]  # fmt: skip
        kicks, background = happen(xp, start, kicks, background, state, words, thresholds[:, moment % 48])
        balanced = _with(xp, balance)
        sums = record(sums, START_WEIGHT, state, balanced)
        heard = hear(dynamics.giving(state, giver, coupling[0]) * 2)
        memories = [(m[0], m[1], xp.where(moment % 48 == 0, heard[k], m[2])) for k, m in enumerate(memories)]
        given = express(0, state, memories)

        for number, stretch in enumerate(start.stretches):
            known, back = heard_on(hear(given), memories, given_back[number - 1])
            here = [xp.maximum(known[k][0] + back[k], 0.0) for k in range(2)]
            for step in stretch:
                middle, end = (
                    [xp.maximum(predicted(rows[step, at : at + 4], known[k]) + back[k], 0.0) for k in range(2)]
                    for at in (0, 4)
                )
                inputs = [
                    inputs_of(kicks, decay[2 * step + k], background, *signals)
                    for k, signals in enumerate((here, middle, end))
                ]
                state, _ = runge_kutta(state, inputs, person, coupling, start.step_hours[step])
                if step + 1 == start.middle_step:
                    sums = record(sums, MIDDLE_WEIGHT, state, balanced)
                here = end
            memories = remembered(rows[step, 4:], known)
            if step + 1 < len(start.step_hours):
                given = express(2 * step + 2, state, memories)
        sums = record(sums, END_WEIGHT, state, balanced)
        kicks = decayed(kicks, decay[-1])
        target = base_power * (1.0 - submission * dynamics.signal(state[0], coupling[0]))
        power = power + start.power_step * (target - power)
        return state, kicks, memories, background, power, sums
