"""Exercises: numbers that say what an exercise does at once, what it trains, and when it fails.

All exercises share one equation (`affectsim.training.practice`), so they differ in their numbers only.

First a known person or event that is imagined may bring a bad association, with probability
known_person * bad_associations: the kick `association_threat` to threat, and nothing else. Otherwise the
exercise fails with probability

    failure_base + failure_from_threat * T + failure_from_low_tolerance * (1 - tolerance)
    + failure_from_low_imagery * (1 - imagery) + failure_from_low_attention * (1 - attention)
    + failure_from_anger * anger * T + failure_from_fear * fear of self-compassion        (at most 1)

A failure ends in self-criticism, the kick `failure_threat` to threat, in a share `failure_blame` of the
cases, otherwise in nothing; and it moves the fears that the exercise works on up, by
`failure_raises_fears` of the first step that a success takes them down.

An exercise that works gives its inputs at once and moves what it trains towards where it leads: a `trains_` number is
the share of the way from a person's baseline to 1 that practice reaches in the end, if all of its effect arrives. Where
less arrives, it leads less far. The step is a share of the way that is left: the person's practice rate * skill of the
guide. So the pace is that of habits, however far an exercise leads; and one that leads less far than others already
have changes nothing. What is understood rather than practised has a rate of its own, `learnt_at_once`, instead of the
practice rate. Relief from self-criticism leads further for those with more of it (`practice.need`). The share that
arrives falls with rage, with fear of self-compassion (`fear_cost`), if compassion is not understood
(`understanding_cost`), and with discomfort with being soothed (`discomfort_cost`).

An informal practice is the same exercise done in passing, for a few minutes of everyday life. It can fail like any
other, its inputs are smaller (`informal_share`), and it trains as much as any other practice: what the law of practice
counts are repetitions of an act in daily life, however short. How often it is done is said by the programme.

Kindness to oneself that was learnt (`trains_self_kindness`) is had in mind at other times, too: every half hour, by
night as well, `model.self_kindness_strength` times what was learnt is added to the affiliation from oneself. Nobody has
learnt any before training.

Whatever is done in it, a session that a person comes to moves hope, too, by `raises_hope` * skill of the guide of the
way to full hope: what all therapies share. It acts only if `model.hope_effect` is above 0.

No publication gives these numbers one by one. Their *directions* are those of the theory; their sizes are
assumed, set against the events of daily life as they were before the fit (a threat kicked by 1.0, a kindness by 0.6)
and, for what is trained, against the whole way (1).
"""

from __future__ import annotations

from typing import Any

from affectsim.parts import Exercise, field

_CFT = "assumed; direction: compassion-focused therapy, Gilbert 2009"
_MINDFUL = "assumed; direction: mindfulness can fail and end in self-criticism, Gilbert 2009"
_MATOS = "assumed; direction: two weeks of training lowered the fears, Matos et al. 2017"
_RELAXED = "set by hand: relaxation training lowers anxiety by d = 0.51, Manzoni et al. 2008 (BMC Psychiatry 8:41)"
_BREATHED = "set by hand: breathing alone lowers anxiety by g = 0.32, Fincham et al. 2023 (Sci Rep 13:432)"
_RESTRUCTURED = (
    "set by hand: cognitive-behavioural therapy lowers depression by g = 0.71, Cuijpers et al. 2013 "
    "(Can J Psychiatry 58:376-385)"
)
_EXPOSED = "assumed, as for imagery; direction: exposure that goes well"
_MIXED = "assumed: a side effect, a third of the way"


def _minutes(default: float) -> Any:
    return field(default, ge=1, le=240, unit="min", says="how long it takes", source="assumed")


def _kick(default: float, says: str, source: str = "assumed") -> Any:
    return field(default, ge=0, le=5, unit="input", says=says, source=source)


def _share(default: float, says: str, source: str = "assumed") -> Any:
    return field(default, ge=0, le=1, unit="1", says=says, source=source)


def _trains(default: float, what: str, source: str = "assumed") -> Any:
    return _share(default, f"{what}: share of the way from baseline to 1 that practice leads to", source)


def _base(default: float) -> Any:
    return _share(default, "probability of failure with no cause below")


def _understanding_cost(default: float) -> Any:
    return _share(default, "share of what it trains that is lost if compassion is not understood at all", _CFT)


def _discomfort_cost(default: float) -> Any:
    return _share(default, "share of what it trains that is lost at full discomfort with being soothed", _CFT)


def _insight(default: float) -> Any:
    return _trains(default, "understanding of compassion", "assumed: a little, by doing it")


def _kindness(default: float, source: str = "assumed; direction: the aim of the therapy") -> Any:
    return _trains(default, "kindness to oneself that is had in mind", source)


def _comfort(default: float) -> Any:
    return _trains(default, "comfort with being soothed", "assumed; direction: soothing that is tolerated")


class Practice(Exercise):
    """What every exercise has; by itself it does nothing. Concrete exercises change the defaults."""

    minutes: float = _minutes(15.0)
    informal_share: float = _share(
        0.2, "share of its inputs that an informal practice brings, done in passing",
        "assumed: three minutes (a breathing space) for fifteen; it trains as much as any other practice",
    )  # fmt: skip

    resource: float = _kick(0.0, "input to drive: a reward")
    affiliative: float = _kick(0.0, "self-generated affiliation: input to soothing")
    image: float = _kick(0.0, "a compassionate image: in the mind first, in the body (soothing) after a lag")
    body: float = _kick(0.0, "calm of the body: input to soothing that lasts as long as the body's response")
    ease: float = _share(0.0, "share by which the self-critical loop is weakened for a while")
    threat: float = _kick(0.0, "input to threat while exercising, even if it goes well")

    trains_motivation: float = _trains(0.0, "compassionate motivation")
    trains_sensitivity: float = _trains(0.0, "sensitivity")
    trains_sympathy: float = _trains(0.0, "sympathy")
    trains_tolerance: float = _trains(0.0, "distress tolerance")
    trains_empathy: float = _trains(0.0, "empathy")
    trains_non_judgement: float = _trains(0.0, "non-judgement")
    trains_self_criticism: float = _trains(0.0, "relief from self-criticism")
    trains_fear_of_self_compassion: float = _trains(0.0, "relief from the fear of self-compassion")
    trains_fear_of_compassion_from_others: float = _trains(0.0, "relief from the fear of compassion from others")
    trains_fear_of_compassion_for_others: float = _trains(0.0, "relief from the fear of compassion for others")
    trains_comfort: float = _comfort(0.0)
    trains_insight: float = _insight(0.0)
    trains_hope: float = _trains(0.0, "hope", "assumed: a session raises it (`raises_hope`), whatever is done in it")
    trains_self_kindness: float = _kindness(0.0, "assumed")

    fear_cost: float = _share(
        1.0, "share of what it trains that is lost at full fear of self-compassion",
        "assumed: nothing arrives at full fear; direction: fear of compassion lowers benefit",
    )  # fmt: skip
    understanding_cost: float = _understanding_cost(0.0)
    discomfort_cost: float = _discomfort_cost(0.0)

    failure_base: float = _base(0.0)
    failure_from_threat: float = _share(0.0, "added probability at full threat")
    failure_from_low_tolerance: float = _share(0.0, "added probability at no distress tolerance")
    failure_from_low_imagery: float = _share(0.0, "added probability at no ability to form images")
    failure_from_low_attention: float = _share(0.0, "added probability at no ability to be mindful")
    failure_from_anger: float = _share(0.0, "added probability at full rage (anger times threat)")
    failure_from_fear: float = _share(0.0, "added probability at full fear of self-compassion")
    failure_blame: float = _share(
        1.0, "share of failures that end in self-criticism; the others do nothing",
        "assumed: failing always counts unless an exercise says otherwise",
    )  # fmt: skip
    failure_threat: float = _kick(0.0, "input to threat: self-criticism after failing")
    failure_raises_fears: float = _share(0.0, "how far a failure raises the fears that the exercise works on")
    known_person: float = _share(0.0, "share of practices that use a known person or event")
    association_threat: float = _kick(0.0, "input to threat when a known person or event brings bad memories")
    learnt_at_once: float = _share(
        0.0, "share of the way gained by one time, in place of the practice rate; 0: the practice rate"
    )


class Psychoeducation(Practice, kind="psychoeducation"):
    """Psychoeducation: how the mind evolved, its three systems, and that having such a mind is nobody's fault.

    Assumes: it is understood, not practised, so one session moves further than one practice, and what is understood
    takes reasons for self-attack away and teaches what compassion is. Its effect on self-criticism is set to that
    of brief psychoeducation elsewhere on distress, d = 0.20 [0.01, 0.40] (Donker et al. 2009).
    """

    minutes: float = _minutes(30.0)
    trains_self_criticism: float = _trains(
        0.9, "relief from self-criticism",
        "set by hand, so that one session alone lowers the score by about 0.2 standard deviations: "
        "Donker et al. 2009 (BMC Med 7:79), d = 0.20 on distress",
    )  # fmt: skip
    trains_insight: float = _trains(1.0, "understanding of compassion", "assumed: it is what is taught")
    fear_cost: float = _share(
        0.5, "share of what it trains that is lost at full fear of self-compassion",
        "assumed: half as much as for exercises of compassion, since nothing need be felt",
    )  # fmt: skip
    failure_base: float = _base(0.05)
    learnt_at_once: float = _share(0.3, "share of what can be understood that one session brings")


class Appreciation(Practice, kind="appreciation"):
    """Appreciation: listing likes, savouring, small rewarding acts.

    Assumes: a small reward and a little warmth; trains sensitivity and motivation and, since small rewarding acts are
    kind to oneself, kindness to oneself; fails rarely and then does nothing.
    """

    minutes: float = _minutes(10.0)
    resource: float = _kick(0.3, "reward of savouring: half of an everyday reward before the fit", _CFT)
    affiliative: float = _kick(0.2, "warmth of savouring: a third of an everyday kindness before the fit", _CFT)
    trains_motivation: float = _trains(0.5, "compassionate motivation", _CFT)
    trains_sensitivity: float = _trains(0.5, "sensitivity", _CFT)
    trains_self_kindness: float = _kindness(0.5, "assumed: half as far as an exercise that is about it")
    failure_base: float = _base(0.05)


class Relaxation(Practice, kind="relaxation"):
    """Relaxation: loosening the muscles and breathing slowly, with no thought of compassion.

    Assumes: soothes a little, and trains distress tolerance and comfort with being soothed, like soothing-rhythm
    breathing, whose slow breath it shares; so much that eight weeks of it lower anxiety by about d = 0.5, as relaxation
    training does (0.51 [0.46, 0.63] between groups, Manzoni et al. 2008). It acts as self-generated soothing, so it
    makes those uneasy who are afraid of being soothed (relaxation-induced anxiety, Heide & Borkovec 1983).
    """

    minutes: float = field(15.0, ge=1, le=240, unit="min", says="how long it takes", source="assumed")
    affiliative: float = _kick(0.3, "calm of relaxing: half of an everyday kindness before the fit")
    trains_tolerance: float = _trains(0.9, "distress tolerance", _RELAXED)
    trains_comfort: float = _comfort(0.5)
    fear_cost: float = _share(0.5, "share of what it trains that is lost at full fear of self-compassion", _CFT)
    discomfort_cost: float = _discomfort_cost(0.5)
    failure_base: float = _share(0.05, "probability of failure with no cause below")


class CognitiveRestructuring(Practice, kind="cognitive-restructuring"):
    """Cognitive restructuring: what speaks for a harsh thought and what against it, and trying out which is true.

    Assumes: stands for cognitive-behavioural therapy, with which training is compared, and is no part of it. It takes
    reasons for self-attack away as far as any work with the critic does, trains distress tolerance as far as
    breathing, since what is feared is tried, and non-judgement, since cognitive therapy teaches to see thoughts as
    thoughts (Teasdale et al. 2002, J Consult Clin Psychol 70:275-287). It is about evidence, not warmth, so it
    soothes nobody and fears of compassion do not matter; facing harsh thoughts is a threat while it lasts.
    """

    minutes: float = _minutes(30.0)
    threat: float = _kick(0.3, "threat of facing harsh thoughts: as of facing fears")
    trains_self_criticism: float = _trains(1.0, "relief from self-criticism", "assumed: as far as it goes")
    trains_tolerance: float = _trains(0.4, "distress tolerance", "assumed: as far as breathing alone")
    trains_non_judgement: float = _trains(0.55, "non-judgement", _RESTRUCTURED)
    fear_cost: float = _share(
        0.0,
        "share of what it trains that is lost at full fear of self-compassion",
        "assumed: it asks for no compassion",
    )
    failure_base: float = _base(0.05)


class Mindfulness(Practice, kind="mindfulness"):
    """Mindfulness: attention to the present moment without judging.

    Assumes: loosens the self-critical loop for some hours; trains tolerance and non-judgement; under threat,
    with little tolerance, or for people whose attention does not stay, it is hard to enter, and half of the
    failures are one more reason to attack oneself.
    """

    minutes: float = _minutes(20.0)
    ease: float = _share(0.4, "share by which the self-critical loop is weakened for a while", _CFT)
    affiliative: float = _kick(0.1, "calm of the exercise")
    trains_tolerance: float = _trains(0.45, "distress tolerance", "assumed: as far as breathing alone")
    trains_non_judgement: float = _trains(1.0, "non-judgement", _CFT)
    failure_base: float = _base(0.05)
    failure_from_threat: float = _share(0.4, "added probability at full threat", _MINDFUL)
    failure_from_low_tolerance: float = _share(0.1, "added probability at no distress tolerance", _MINDFUL)
    failure_from_low_attention: float = _share(0.5, "added probability at no ability to be mindful", _MINDFUL)
    failure_blame: float = _share(0.5, "share of failures that end in self-criticism; the others do nothing", _MINDFUL)
    failure_threat: float = _kick(1.0, "self-criticism after failing: an everyday threat before the fit", _MINDFUL)


class SoothingRhythmBreathing(Practice, kind="soothing-rhythm-breathing"):
    """Soothing-rhythm breathing: a slow, even breath that calms the body.

    Assumes: body first, without an image: the body's calm soothes for minutes, then fades; trains distress
    tolerance and comfort with being soothed; hardly fails, and then does nothing; fears of compassion matter half as
    much as for an exercise that is about compassion. It trains so much that eight weeks of it alone lower anxiety by
    about 0.3, as trials of breathing of all kinds do (g = 0.32, 20 trials, Fincham et al. 2023).
    """

    minutes: float = _minutes(10.0)
    body: float = _kick(0.4, "calm of the body: two thirds of an everyday kindness before the fit", _CFT)
    trains_tolerance: float = _trains(0.4, "distress tolerance", _BREATHED)
    trains_comfort: float = _comfort(0.5)
    fear_cost: float = _share(0.5, "share of what it trains that is lost at full fear of self-compassion", _CFT)
    discomfort_cost: float = _discomfort_cost(0.5)
    failure_base: float = _base(0.02)


class CompassionFocusedImagery(Practice, kind="compassion-focused-imagery"):
    """Compassion-focused imagery: a relational image that stimulates the mind first and then the body.

    Assumes: soothing follows the image after a lag; trains sensitivity, empathy and motivation, comfort with
    being soothed, some kindness to oneself, and lowers the fears of compassion to oneself and from others by
    tolerated exposure. Half of the images are of known people or events (memories, the other half are fantasies)
    and may bring a bad association. Without the ability to form images and under threat it fails: mostly nothing
    comes, in one failure of three self-criticism.
    """

    image: float = _kick(0.8, "a compassionate image: in the mind first, in the body after a lag", _CFT)
    trains_motivation: float = _trains(0.3, "compassionate motivation", _CFT)
    trains_sensitivity: float = _trains(1.0, "sensitivity", _CFT)
    trains_empathy: float = _trains(1.0, "empathy", _CFT)
    trains_sympathy: float = _trains(0.3, "sympathy", _CFT)
    trains_fear_of_self_compassion: float = _trains(0.4, "relief from the fear of self-compassion", _MATOS)
    trains_fear_of_compassion_from_others: float = _trains(
        0.4, "relief from the fear of compassion from others", _MATOS
    )
    trains_comfort: float = _comfort(0.5)
    trains_self_kindness: float = _kindness(0.5)
    trains_insight: float = _insight(0.2)
    understanding_cost: float = _understanding_cost(0.8)
    discomfort_cost: float = _discomfort_cost(1.0)
    failure_base: float = _base(0.02)
    failure_from_threat: float = _share(0.2, "added probability at full threat")
    failure_from_low_imagery: float = _share(0.8, "added probability at no ability to form images", _CFT)
    failure_blame: float = _share(0.33, "share of failures that end in self-criticism; the others do nothing", _CFT)
    failure_threat: float = _kick(0.8, "self-criticism after failing: 0.8 everyday threats before the fit", _CFT)
    known_person: float = _share(
        0.5, "share of practices that use a known person or event",
        "assumed: the text names memories and fantasies side by side",
    )  # fmt: skip
    association_threat: float = _kick(1.0, "a bad memory: as much as an everyday threat before the fit", _CFT)


class SelfCriticWork(Practice, kind="self-critic-work"):
    """Work with the self-critic: its function, its origin, why one submits to it, the critic as a person.

    Assumes: raises threat while it lasts; trains relief from self-criticism and, less, non-judgement; rage
    takes the gain away, without further harm.
    """

    minutes: float = _minutes(30.0)
    threat: float = _kick(0.6, "threat of facing the critic: over half of an everyday threat before the fit", _CFT)
    trains_self_criticism: float = _trains(1.0, "relief from self-criticism", _CFT)
    trains_non_judgement: float = _trains(0.3, "non-judgement", _CFT)
    failure_base: float = _base(0.05)
    failure_from_anger: float = _share(
        0.8, "added probability at full rage (anger times threat)",
        "assumed; direction: less effective with intense anger or rage, Gilbert 2009",
    )  # fmt: skip


class FearsBlocksResistances(Practice, kind="fears-blocks-resistances"):
    """Work on fears, blocks and resistances: questions that explore what keeps compassion out, and exposure.

    Assumes: a small threat while it lasts; lowers the fears of all three flows by tolerated exposure, and
    teaches what compassion is; the higher threat is, the likelier is exposure to fail, and then the same
    fears rise: a low one by more than a success would have lowered it, a high one by less. It starts from the fears,
    so they cost it less than other exercises.
    """

    minutes: float = _minutes(30.0)
    threat: float = _kick(0.3, "threat of facing the fears: a third of an everyday threat before the fit", _CFT)
    trains_fear_of_self_compassion: float = _trains(1.0, "relief from the fear of self-compassion", _CFT)
    trains_fear_of_compassion_from_others: float = _trains(1.0, "relief from the fear of compassion from others", _CFT)
    trains_fear_of_compassion_for_others: float = _trains(1.0, "relief from the fear of compassion for others", _CFT)
    trains_insight: float = _insight(0.5)
    fear_cost: float = _share(0.3, "share of what it trains that is lost at full fear of self-compassion", _CFT)
    understanding_cost: float = _understanding_cost(0.5)
    failure_base: float = _base(0.05)
    failure_from_threat: float = _share(1.0, "added probability at full threat", "assumed; direction: exposure theory")
    failure_threat: float = _kick(
        0.5, "alarm after exposure that was not borne: half an everyday threat before the fit"
    )
    failure_raises_fears: float = _share(
        0.5, "how far a failure raises the fears that the exercise works on",
        "assumed: at half the pace of a success; direction: exposure that is not tolerated can sensitise",
    )  # fmt: skip


class CompassionateSelf(Practice, kind="compassionate-self"):
    """Compassionate self: acting and writing (the compassionate letter) as one's most compassionate self.

    Assumes: warmth that one gives oneself, and that comes to mind at other times, too, the more it was practised
    (kindness to oneself); trains motivation and sympathy, some empathy, and relief from self-criticism; for people
    who fear self-compassion it may fail and is a threat then; when it goes well it lowers that fear, and the fear of
    compassion for others, by tolerated exposure.
    """

    minutes: float = _minutes(20.0)
    affiliative: float = _kick(0.6, "warmth to oneself: as much as an everyday kindness before the fit", _CFT)
    trains_motivation: float = _trains(1.0, "compassionate motivation", _CFT)
    trains_sympathy: float = _trains(1.0, "sympathy", _CFT)
    trains_empathy: float = _trains(0.3, "empathy", _MIXED)
    trains_self_criticism: float = _trains(0.5, "relief from self-criticism", _CFT)
    trains_fear_of_self_compassion: float = _trains(0.4, "relief from the fear of self-compassion", _EXPOSED)
    trains_fear_of_compassion_for_others: float = _trains(
        0.4, "relief from the fear of compassion for others", _EXPOSED
    )
    trains_comfort: float = _comfort(0.3)
    trains_self_kindness: float = _kindness(1.0)
    trains_insight: float = _insight(0.2)
    understanding_cost: float = _understanding_cost(0.8)
    discomfort_cost: float = _discomfort_cost(1.0)
    failure_base: float = _base(0.05)
    failure_from_fear: float = _share(
        0.8, "added probability at full fear of self-compassion",
        "assumed; direction: warmth to the self is a threat for those who fear it, Gilbert 2009",
    )  # fmt: skip
    failure_threat: float = _kick(0.8, "threat of failing at it: 0.8 everyday threats before the fit", _CFT)
