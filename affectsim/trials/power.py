"""How many people a trial needs: its power by simulation, size by size, with a rule for when to stop.

At each size trials are simulated in looks of 20, 40, 80, ... replicates. After each look the exact interval of the
power (Clopper and Pearson 1934) is compared with the wanted power; the size is settled as soon as the interval leaves
it out. The error that is allowed for a size is split evenly over its looks (Bonferroni), so a size whose power is in
truth on the other side is settled wrongly with at most that probability, however often it was looked at. A size
within reach of the wanted power is never settled and stays "close"; it ends with the last look.

Sizes are searched by halving their list, which takes power to grow with size. Replicate n of a size is the same trial
whenever and wherever it is simulated, so stopping and going on later changes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from affectsim.errors import InputError, Mistake
from affectsim.trials.analysis import estimates
from affectsim.trials.answers import answers
from affectsim.trials.design import Trial
from affectsim.trials.statistics import Gain, common_numbers, share_interval
from affectsim.trials.worlds import NOBODY, TRIAL, run
from affectsim.world import community_of

SIZES = (16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)
FIRST_LOOK = 20
#: People in a batch (all worlds): enough for one call of the kernel to be worth it, few enough to lose to Ctrl-C.
_BATCH_PEOPLE = 1_000

Verdict = Literal["enough", "too few", "close", "open"]


class Question(NamedTuple):
    """What is asked of the power of a trial."""

    sizes: tuple[int, ...]
    power: float = 0.8
    alpha: float = 0.05
    wrong: float = 0.05
    most: int = 640

    @property
    def looks(self) -> tuple[int, ...]:
        """Replicates at each look: 20, 40, 80, ..., and the most that are allowed."""
        found = [FIRST_LOOK]
        while found[-1] * 2 <= self.most:
            found.append(found[-1] * 2)
        if found[-1] < self.most:
            found.append(self.most)
        return tuple(found)

    def check(self, trial: Trial) -> None:
        """Raise InputError for what cannot be asked, also for sizes at which there can be no such trial."""
        wrong = []
        if not self.sizes or min(self.sizes) < 8 or list(self.sizes) != sorted(set(self.sizes)):
            wrong.append(Mistake("--sizes", "must be whole numbers from 8, the smaller ones first"))
        if self.most < FIRST_LOOK:
            wrong.append(Mistake("--most", f"must be at least {FIRST_LOOK}"))
        if trial.design.participants is None and trial.scenario.population.size is None:
            message = "is needed: a network file has its own number of people, of whom so many take part"
            wrong.append(Mistake("trial.participants", message))
        if wrong:
            raise InputError("power", wrong)
        for size in self.sizes:
            community_of(trial.sized(size).scenario)


class Replicate(NamedTuple):
    """What is kept of one simulated trial; numbers of the primary outcome right after training.

    `p` and `difference` of the analysis of the design; `naive_p` with clusters ignored (NaN for individuals);
    `with_it`, `without`: true means of the people in the first arm in the trial, and of their twins.
    """

    size: int
    number: int
    p: float
    difference: float
    naive_p: float
    with_it: float
    without: float


class AtSize(NamedTuple):
    """The power at one size, as far as it is known; `low` and `high`: interval of the last look."""

    size: int
    replicates: int
    found: int
    low: float
    high: float
    verdict: Verdict

    @property
    def power(self) -> float:
        """Share of the replicates with p < alpha."""
        return self.found / self.replicates if self.replicates else math.nan


class Store:
    """Where replicates are kept; this one keeps them in memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[int, int], Replicate] = {}

    def of(self, size: int, count: int) -> list[Replicate] | None:
        """Return the first `count` replicates of a size, None if some are missing."""
        found = [self.kept.get((size, number)) for number in range(count)]
        return [one for one in found if one is not None] if None not in found else None

    def add(self, made: Sequence[Replicate]) -> None:
        """Keep replicates."""
        self.kept |= {(one.size, one.number): one for one in made}


def simulate(trial: Trial, size: int, numbers: Sequence[int]) -> list[Replicate]:
    """Return replicates of a trial of one size. Raises InputError for what cannot be run."""
    sized = trial.sized(size)
    batch = run(sized, numbers, worlds=(TRIAL, NOBODY), threads=1)
    made = []
    outcome, arm = trial.design.outcomes[0], trial.design.compared[0]
    for found in answers(batch):
        said = estimates(sized, found, outcome, arm, 1)
        mine = found.allocation.arm == arm
        means = [float(found.true[world][outcome][1, mine].mean()) for world in (TRIAL, NOBODY)]
        naive = float(said.get("ignored_p", math.nan))
        made.append(Replicate(size, found.replicate, float(said["p"]), float(said["difference"]), naive, *means))
    return made


def judged(question: Question, size: int, replicates: Sequence[Replicate], look: int) -> AtSize:
    """Return what is known of a size after look number `look` (from 0)."""
    count = len(replicates)
    hits = sum(one.p < question.alpha for one in replicates)
    low, high = share_interval(hits, count, 1 - question.wrong / len(question.looks))
    verdict: Verdict = "open"
    if low > question.power:
        verdict = "enough"
    elif high < question.power:
        verdict = "too few"
    elif look == len(question.looks) - 1:
        verdict = "close"
    return AtSize(size, count, hits, low, high, verdict)


def settle(
    trial: Trial, question: Question, size: int, store: Store, progress: Callable[[AtSize, int], None] | None = None
) -> AtSize:
    """Return the power at a size, simulating (and keeping) as many replicates as it takes to settle it.

    `progress`: called with what is known and how many replicates are there, after every batch.
    """
    worlds = 2
    people = trial.scenario.population.size or size
    at_once = max(1, _BATCH_PEOPLE // (worlds * max(size, people if trial.design.participants else size)))
    found = AtSize(size, 0, 0, 0.0, 1.0, "open")
    for look, count in enumerate(question.looks):
        missing = [number for number in range(count) if (size, number) not in store.kept]
        for first in range(0, len(missing), at_once):
            store.add(simulate(trial, size, missing[first : first + at_once]))
            if progress is not None:
                progress(found, count - len(missing) + min(first + at_once, len(missing)))
        replicates = store.of(size, count)
        assert replicates is not None
        found = judged(question, size, replicates, look)
        if found.verdict != "open":
            break
    return found


def search(
    trial: Trial, question: Question, store: Store, progress: Callable[[AtSize, int], None] | None = None
) -> list[AtSize]:
    """Return the sizes that were looked at, sorted; the smallest that is enough is among them, if one is.

    Halves the list of sizes. A size that is close to the wanted power counts as too few. Raises InputError.
    """
    question.check(trial)
    sizes = question.sizes
    known: dict[int, AtSize] = {}

    def at(place: int) -> AtSize:
        if place not in known:
            known[place] = settle(trial, question, sizes[place], store, progress)
        return known[place]

    low, high = -1, len(sizes)  # low: too few; high: enough
    while high - low > 1:
        middle = (low + high) // 2
        if at(middle).verdict == "enough":
            high = middle
        else:
            low = middle
    return [known[place] for place in sorted(known)]


def gain(store: Store, size: int) -> Gain:
    """Return what common random numbers gain at a size: see `statistics.common_numbers`."""
    mine = sorted((one for one in store.kept.values() if one.size == size), key=lambda one: one.number)
    return common_numbers(np.array([one.with_it for one in mine]), np.array([one.without for one in mine]))


def text(trial: Trial, question: Question, found: Sequence[AtSize], store: Store) -> str:
    """Return the answer in words and a table."""
    confidence = 1 - question.wrong / len(question.looks)
    lines = [f"{'people':>8}{'trials':>8}{'power':>8}{f'{100 * confidence:.1f} % interval':>20}  verdict"]
    for one in found:
        interval = f"[{one.low:.3f}, {one.high:.3f}]"
        lines.append(f"{one.size:>8}{one.replicates:>8}{one.power:>8.3f}{interval:>20}  {one.verdict}")
    enough = [one.size for one in found if one.verdict == "enough"]
    few = [one.size for one in found if one.verdict != "enough"]
    asked = f"power {question.power:g} at alpha {question.alpha:g}"
    if enough:
        below = f"; {max(few)} are {next(o.verdict for o in found if o.size == max(few))}" if few else ""
        lines.append(f"\n{min(enough)} people are enough for {asked}{below}.")
    else:
        lines.append(f"\nNo size up to {question.sizes[-1]} was shown to be enough for {asked}.")
    largest = max(found, key=lambda one: one.replicates).size
    twins = gain(store, largest)
    lines += [
        f"Primary outcome: {trial.design.outcomes[0]}. Error allowed per size: {question.wrong:g}, over "
        f"{len(question.looks)} looks.",
        f"Common random numbers (size {largest}): the effect seen in twins has a variance {twins.ratio:.1f} times "
        f"[{twins.low:.1f}, {twins.high:.1f}] smaller\nthan between independent worlds, so as many times fewer "
        "replicates show it.",
    ]
    return "\n".join(lines)


def facts(trial: Trial) -> dict[str, Any]:
    """Return everything that decides the replicates, as plain values: what may not change when going on."""
    import hashlib
    import json

    from affectsim.checking import plain
    from affectsim.sweep.plan import sources, versions

    programmes = [plain(one) if one is not None else None for one in trial.programmes]
    own = sources(Path(__file__).parent, ("compare.py", "contamination.py", "files.py", "kept.py", "report.py"))
    return {
        "design": plain(trial.design), "scenario": trial.scenario.tables(), "digest": trial.scenario.digest(),
        "programmes": hashlib.sha256(json.dumps(programmes, sort_keys=True).encode()).hexdigest(),
        "versions": {**versions(), "trials": own},
    }  # fmt: skip
