"""Which points are tried next: optuna, asked anew in each generation with everything that is known by then.

The study is built again for every generation from the trials so far, with their values as they are now estimated: what
a trial gave when it had few replicates is forgotten. The sampler of each generation has a seed of its own, so that
nothing has to be kept between them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from affectsim.errors import InputError, Mistake
from affectsim.policy.decisions import Decision, Point, key_of
from affectsim.policy.objectives import Goal

#: What is told of a point: values, and by how much it is too dear (0: within the budget).
Told = tuple[list[float], float]
_EXCESS = "too dear by"


class Proposals:
    """Proposes points, generation by generation."""

    def __init__(self, decisions: Sequence[Decision], goals: Sequence[Goal], settings: Any) -> None:
        """`settings`: see `search.Settings`. Raises InputError if optuna is not installed."""
        try:
            import optuna
        except ImportError:
            message = f'"{settings.method}" needs optuna: pip install "affectsim[optimise]"; or method = "all"'
            raise InputError("optimise", [Mistake("method", message)]) from None
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._optuna, self._settings = optuna, settings
        self._decisions = tuple(decisions)
        self._directions = ["maximize" if goal.sign > 0 else "minimize" for goal in goals]
        self._distributions = {one.name: one.distribution() for one in decisions}
        self._trials: list[tuple[Any, str]] = []
        self._study: Any = None
        self._open: list[tuple[Any, str]] = []

    def ask(self, generation: int, told: Callable[[str], Told]) -> list[Point]:
        """Return the points of a generation. `told`: what is now known of a point, by its key."""
        optuna = self._optuna
        self._study = optuna.create_study(sampler=self._sampler(generation), directions=self._directions)
        for frozen, key in self._trials:
            values, excess = told(key)
            self._study.add_trial(
                optuna.trial.create_trial(
                    params=frozen.params, distributions=frozen.distributions, values=values,
                    user_attrs={_EXCESS: excess}, system_attrs=frozen.system_attrs | _constraints(frozen, excess),
                )
            )  # fmt: skip
        points: list[Point] = []
        self._open = []
        for _ in range(self._settings.population):
            trial = self._study.ask(self._distributions)
            point = {one.name: one.value(trial.params[one.name]) for one in self._decisions}
            points.append(point)
            self._open.append((trial, key_of(point)))
        return points

    def tell(self, results: Sequence[Told]) -> None:
        """Tell what the points of the generation gave, in their order."""
        for (trial, _), (values, excess) in zip(self._open, results, strict=True):
            trial.set_user_attr(_EXCESS, excess)
            self._study.tell(trial, values)
        frozen = self._study.get_trials(deepcopy=False)[-len(self._open) :]
        self._trials += [(one, key) for one, (_, key) in zip(frozen, self._open, strict=True)]

    def _sampler(self, generation: int) -> Any:
        import warnings

        seed = int(np.random.SeedSequence((self._settings.seed, 4, generation)).generate_state(1)[0])
        samplers = self._optuna.samplers
        with warnings.catch_warnings():
            # Constraints are marked as experimental.
            warnings.simplefilter("ignore")
            if self._settings.method == "tpe":
                return samplers.TPESampler(seed=seed, multivariate=True, constant_liar=True, constraints_func=_excess)
            return samplers.NSGAIISampler(
                population_size=self._settings.population, seed=seed, constraints_func=_excess
            )


def _excess(frozen: Any) -> list[float]:
    return [frozen.user_attrs[_EXCESS]]


def _constraints(frozen: Any, excess: float) -> dict[str, Any]:
    """Return the attribute by which a sampler knows the constraints of a trial that it has not seen itself."""
    return {key: [excess] for key in frozen.system_attrs if key == "constraints"}
