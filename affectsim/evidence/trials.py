"""Effects, changes and simulated trials of published size, read from runs of the studies with training.

Effects (`effects`) come from everybody offered training and their twins without it, by the formula of
`affectsim.trial`. Where a publication says what was found, whole trials of its size are drawn from a world:
some people in training, other people in the control arm, each world `DRAWS` times.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim.evidence.studies import START, Study
from affectsim.readouts import SYSTEMS, directions
from affectsim.trial import HARM_MARGIN, TRAINING, effect_size

if TYPE_CHECKING:
    import xarray as xr

Float = npt.NDArray[np.float64]

#: Trials drawn from each world. They share people, so the worlds, not the draws, say how sure a share is.
DRAWS = 100
_LEVEL = 0.05
_LARGE = 0.8
_FEARS = tuple(
    f"fear_of_{flow}_score" for flow in ("self_compassion", "compassion_from_others", "compassion_for_others")
)


class World(NamedTuple):
    """One world of a trial: its runs in both arms, and who is offered training."""

    training: xr.Dataset
    control: xr.Dataset
    chosen: npt.NDArray[np.int64]
    study: Study
    number: int

    def scores(self, name: str, arm: str, week: int) -> Float:
        """Return a score of those offered training in a week of the run, in the direction that is benefit."""
        run = self.training if arm == TRAINING else self.control
        return directions()[name] * run[name].isel(time=week, person=self.chosen).to_numpy()

    @property
    def before(self) -> int:
        """The last week before training."""
        return START // 7 - 1

    @property
    def after(self) -> int:
        """The last week of training."""
        return (START + self.study.programme_days) // 7 - 1

    def change(self, names: Sequence[str], arm: str, later: int | None = None) -> Float:
        """Return the change of the mean of scores since the week before training, shape (people offered it,)."""
        week = self.after if later is None else later
        changes = [self.scores(name, arm, week) - self.scores(name, arm, self.before) for name in names]
        return np.asarray(np.mean(changes, axis=0))

    def effect(self, name: str, later: int | None = None) -> float:
        """Return the effect size on a score after training (or in week `later`)."""
        week = self.after if later is None else later
        return effect_size(
            self.scores(name, TRAINING, self.before), self.scores(name, TRAINING, week),
            self.scores(name, "control", self.before), self.scores(name, "control", week),
        ).d  # fmt: skip

    def practice_with_benefit(self, name: str) -> float:
        """Return how the chance of doing assigned practice goes with the change of a score, over those who stay.

        Pearson's r. The chance is the mean over the weeks of training. Needs the readout `DONE`.
        """
        stayed = ~self.training["dropped_out"].to_numpy()[self.chosen]
        done = self.training["chance_of_practice"].isel(time=slice(self.before + 1, self.after + 1), person=self.chosen)
        return float(np.corrcoef(done.mean("time").to_numpy()[stayed], self.change([name], TRAINING)[stayed])[0, 1])

    def benefits(self) -> dict[str, float]:
        """Return the effect of training on the three systems and on balance, and whom it left less balanced.

        `less_balanced`: share of those offered training whose own twin does better by over `HARM_MARGIN` SD.
        """
        found = {}
        for name in (*SYSTEMS, "balance"):
            sign = -1 if name == "threat" else 1
            mine, twins = (
                sign * one[name].isel(person=self.chosen).to_numpy() for one in (self.training, self.control)
            )
            found[name] = effect_size(mine[self.before], mine[self.after], twins[self.before], twins[self.after]).d
            if name == "balance":
                loss = (twins[self.after] - mine[self.after]) / twins[self.before].std(ddof=1)
                found["less_balanced"] = float(np.mean(loss > HARM_MARGIN))
        return found

    def drawn(
        self, trained: int, others: int, found: Callable[[npt.NDArray[np.int64], npt.NDArray[np.int64]], bool]
    ) -> float:
        """Return the share of drawn trials in which something is found.

        `found(a, b)`: places of people in training and of other people in the control arm.
        """
        generator = np.random.default_rng([trained, others, self.number])
        people = self.chosen.size
        hits = 0
        for _ in range(DRAWS):
            order = generator.permutation(people)
            hits += bool(found(order[:trained], order[trained : trained + others]))
        return hits / DRAWS

    def share_found(
        self, names: Sequence[str], trained: int, others: int, *, least: float = 0.0, either: bool = False
    ) -> float:
        """Return the share of drawn trials that find benefit by Welch's t test, and an effect of at least `least`.

        `either`: that find any difference, also harm.
        """
        from scipy.stats import ttest_ind

        mine, theirs = self.change(names, TRAINING), self.change(names, "control")
        before = np.mean([self.scores(name, TRAINING, self.before) for name in names], axis=0)

        def found(a: npt.NDArray[np.int64], b: npt.NDArray[np.int64]) -> bool:
            test = ttest_ind(mine[a], theirs[b], equal_var=False)
            size = (mine[a].mean() - theirs[b].mean()) / before[np.concatenate([a, b])].std(ddof=1)
            return bool(test.pvalue < _LEVEL and (either or (size > 0 and size >= least)))

        return self.drawn(trained, others, found)


def worlds(run: xr.Dataset, study: Study) -> list[World]:
    """Return the worlds of a trial."""
    arms, replicates = run["arm"].to_numpy(), run["replicate"].to_numpy()
    made = []
    for replicate in np.unique(replicates):
        training, control = (
            run.isel(run=int(np.flatnonzero((replicates == replicate) & ((arms == TRAINING) == trained))[0]))
            for trained in (True, False)
        )
        chosen = np.flatnonzero(training["chosen"].to_numpy())
        made.append(World(training, control, chosen, study, int(replicate)))
    return made


def eight_week_values(world: World) -> dict[str, float]:
    """Return the entries of kirby_2017, petrocchi_2024 and practice, from eight weeks against a waiting list."""
    kirby = "compassion_interventions.kirby_2017."
    made = {
        f"{kirby}{name}": world.effect(f"{name}_score")
        for name in ("self_compassion", "distress", "depression", "anxiety", "well_being")
    }
    made["compassion_interventions.petrocchi_2024.self_criticism"] = world.effect("self_criticism_score")
    flows = ("compassion_for_self_score", "compassion_for_others_score")
    made[f"{kirby}compassion"] = float(np.mean([world.effect(flow) for flow in flows]))
    made["practice.share_of_assigned_done"] = _share_done(world)
    made["practice.dropout"] = _stopped(world)
    made["practice.waiting_list_change_sd"] = control_change(world)
    return made


def wilson_values(world: World) -> dict[str, float]:
    """Return the effects of wilson_2019 on scores."""
    path = "compassion_interventions.wilson_2019."
    return {f"{path}{name}": world.effect(f"{name}_score") for name in ("self_compassion", "anxiety", "depression")}


def group_values(world: World) -> dict[str, float]:
    """Return the effects of ferrari_2019."""
    path = "compassion_interventions.ferrari_2019."
    return {
        f"{path}{name}": world.effect(f"{name}_score")
        for name in ("self_compassion", "stress", "rumination", "self_criticism")
    }


def group_against_individual(group: World, individual: World) -> dict[str, float]:
    """Return how much larger the effect of the group programme is, in the same people."""
    name = "self_compassion_score"
    found = group.effect(name) - individual.effect(name)
    return {"compassion_interventions.ferrari_2019.group_exceeds_individual": found}


def active_values(world: World) -> dict[str, float]:
    """Return how often a trial against cognitive-behavioural therapy finds a difference, to either side."""
    share = world.share_found(["self_compassion_score"], 30, 30, either=True)
    return {"compassion_interventions.wilson_2019.against_active_control": share}


def usual_care_values(world: World) -> dict[str, float]:
    """Return the change in usual care."""
    return {"practice.usual_care_change_sd": control_change(world)}


def psychosis_values(world: World) -> dict[str, float]:
    """Return the entries of braehler_2013."""
    from scipy.stats import pearsonr

    compassion, depression = ["compassion_for_self_score"], ["depression_score"]
    # Scores are turned so that more is benefit: less depression with more compassion is then a positive r.
    up, less = world.change(compassion, TRAINING), world.change(depression, TRAINING)

    def together(a: npt.NDArray[np.int64], _: npt.NDArray[np.int64]) -> bool:
        found = pearsonr(up[a], less[a])
        return bool(found.statistic > 0 and found.pvalue < _LEVEL)

    path = "trials.braehler_2013."
    return {
        f"{path}attrition": _stopped(world),
        f"{path}compassion_rises": world.share_found(compassion, 22, 18, least=_LARGE),
        f"{path}compassion_change_with_depression_change": world.drawn(22, 18, together),
    }


def two_week_values(world: World) -> dict[str, float]:
    """Return the entries of matos_2017."""
    scores = {
        "relaxed_affect": ["relaxed_affect_score"],
        "safe_content_affect": ["safe_affect_score"],
        "self_compassion": ["self_compassion_score"],
        "compassion_for_others": ["compassion_for_others_score"],
        "compassion_from_others": ["compassion_from_others_score"],
        "shame": ["shame_score"],
        "self_criticism": ["self_criticism_score"],
        "fears_of_compassion": list(_FEARS),
        "stress": ["stress_score"],
    }
    path = "trials.matos_2017."
    made = {f"{path}{name}": world.share_found(read, 56, 37) for name, read in scores.items()}
    made[f"{path}activated_affect"] = world.effect("activated_affect_score")
    return made


def teachers_values(world: World) -> dict[str, float]:
    """Return the entries of matos_2022."""
    from scipy.stats import linregress

    outcome = ["self_compassion_score"]
    mine, theirs = world.change(outcome, TRAINING), world.change(outcome, "control")
    # Turned so that more is benefit; here more is more self-criticism.
    before = -world.scores("self_criticism_score", TRAINING, world.before)
    control_before = -world.scores("self_criticism_score", "control", world.before)

    def steeper(a: npt.NDArray[np.int64], b: npt.NDArray[np.int64]) -> bool:
        one, other = linregress(before[a], mine[a]), linregress(control_before[b], theirs[b])
        return bool(one.slope - other.slope > 1.96 * np.hypot(one.stderr, other.stderr))

    last = world.training.sizes["time"] - 1
    kept = world.effect(outcome[0], last) / world.effect(outcome[0])
    path = "trials.matos_2022."
    trained, others = teachers(world.chosen.size)
    return {f"{path}moderator": world.drawn(trained, others, steeper), f"{path}gains_kept": kept}


def teachers(chosen: int) -> tuple[int, int]:
    """Return the sizes of the arms, 80 and 75. Raises ValueError if a world holds too few people."""
    if chosen < 155:
        raise ValueError(f"{chosen} people are too few for arms of 80 and 75")
    return 80, 75


def control_change(world: World) -> float:
    """Return the change of distress in the control arm in SD before, of those above the median before it."""
    score, week = "distress_score", world.before
    before, after = world.scores(score, "control", week), world.scores(score, "control", world.after)
    high = before < np.median(before)  # turned: less is more distress
    return float((after - before)[high].mean() / before[high].std(ddof=1))


def _stopped(world: World) -> float:
    return float(world.training["dropped_out"].to_numpy()[world.chosen].mean())


def _share_done(world: World) -> float:
    """Return the mean chance that assigned practice is done, over people and weeks of training."""
    chance = world.training["chance_of_practice"].isel(person=world.chosen).to_numpy()
    return float(chance[world.before + 1 : world.after + 1].mean())
