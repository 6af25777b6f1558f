"""One run of a batch: which scenario, replicate and arm, and who its people are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim.networks.ties import Community
from affectsim.scenario import Scenario


class Run(NamedTuple):
    """One run of a batch: a replicate of a scenario in one arm."""

    scenario: Scenario
    replicate: int
    arm: str
    community: Community
    first_slot: int
    trainees: npt.NDArray[np.bool_]  # (people,): chosen for training and fit for it, in every arm of the replicate
    dropped_out: npt.NDArray[np.bool_]  # (people,): trainees of this run who stop before the end
    start_day: npt.NDArray[np.int64]  # (people,): first day of the training or control programme, -1 for none
    therapist: npt.NDArray[np.int64]  # (people,): number of the therapist, from 0; -1 for none
    group: npt.NDArray[np.int64]  # (people,): number of the group (of one, if individual), from 0; -1 for none
    screened_out: npt.NDArray[np.bool_]  # (rules, people): who is not suitable by which rule; no rules: not screened
    number: int = 0  # position of its scenario in the batch: the same scenario may stand there twice

    @property
    def people(self) -> int:
        """Number of people."""
        return self.community.people
