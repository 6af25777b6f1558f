"""The scores: one declaration each, read like the questionnaire it is named after; see `questionnaires`.

Reliabilities are Cronbach's alpha as commonly reported for the questionnaire, from memory of the publications
named; they were not looked up again. Typical scores are assumed; weights are assumed or fitted, but for that of
tolerance in anxiety, which is set by hand so that relaxation lowers it as published (`evidence.alone`).
"""

from __future__ import annotations

from affectsim.questionnaires.scales import Questionnaire, cronbach_alpha, typical_score

_COMMON = "commonly reported for this questionnaire; from memory of "
_FORMS = f"{_COMMON}Gilbert et al. 2004 (Br J Clin Psychol 43:31-50)"
_FEARS = f"{_COMMON}Gilbert et al. 2011 (Psychol Psychother 84:239-255)"
_DASS = f"{_COMMON}Henry and Crawford 2005 (Br J Clin Psychol 44:227-239), short form"
_AFFECT = f"{_COMMON}Gilbert et al. 2008 (J Posit Psychol 3:182-191)"
_ENGAGEMENT = f"{_COMMON}Gilbert et al. 2017 (J Compassionate Health Care 4:4)"


class SelfCriticismScore(Questionnaire, kind="self-criticism-score"):
    """Self-criticism, like the self-attacking part of the Forms of Self-Criticising and Self-Reassuring Scale.

    Assumes: reads the strength of the self-critical loop and, less, the threat that feeds it.
    """

    direction = -1
    reads = {"self_criticism": 1.0, "threat": 0.5}
    reliability: float = cronbach_alpha(0.9, _FORMS)
    typical: float = typical_score(40.0)


class SelfReassuranceScore(Questionnaire, kind="self-reassurance-score"):
    """Self-reassurance, like the reassuring part of the Forms of Self-Criticising and Self-Reassuring Scale.

    Assumes: people can reassure themselves who are often soothed, have learnt to be kind to themselves, do not fear
    self-compassion and attack themselves little.
    """

    direction = 1
    reads = {"soothing": 0.6, "fear_of_self_compassion": -0.5, "self_criticism": -0.4, "self_kindness": 1.2}
    reliability: float = cronbach_alpha(0.86, _FORMS)
    typical: float = typical_score(60.0)


class FearOfSelfCompassionScore(Questionnaire, kind="fear-of-self-compassion-score"):
    """Fear of compassion for self, like the Fears of Compassion Scales.

    Assumes: reads the fear itself, and answers are coloured a little by threat.
    """

    direction = -1
    reads = {"fear_of_self_compassion": 1.0, "threat": 0.3}
    reliability: float = cronbach_alpha(0.92, _FEARS)
    typical: float = typical_score(25.0)


class FearOfCompassionFromOthersScore(Questionnaire, kind="fear-of-compassion-from-others-score"):
    """Fear of compassion from others, like the Fears of Compassion Scales.

    Assumes: reads the fear itself, and answers are coloured a little by threat.
    """

    direction = -1
    reads = {"fear_of_compassion_from_others": 1.0, "threat": 0.3}
    reliability: float = cronbach_alpha(0.85, _FEARS)
    typical: float = typical_score(30.0)


class FearOfCompassionForOthersScore(Questionnaire, kind="fear-of-compassion-for-others-score"):
    """Fear of compassion for others, like the Fears of Compassion Scales.

    Assumes: reads the fear itself, and answers are coloured a little by threat.
    """

    direction = -1
    reads = {"fear_of_compassion_for_others": 1.0, "threat": 0.2}
    reliability: float = cronbach_alpha(0.84, _FEARS)
    typical: float = typical_score(40.0)


class SelfCompassionScore(Questionnaire, kind="self-compassion-score"):
    """Self-compassion, like the total of the Self-Compassion Scale.

    Assumes: the sum of its kind sides (kindness to oneself that was learnt, soothing, non-judgement, tolerance) less
    its harsh ones (self-criticism, threat, fear).
    """

    direction = 1
    reads = {
        "self_criticism": -0.6,
        "soothing": 0.5,
        "fear_of_self_compassion": -0.4,
        "non_judgement": 0.4,
        "threat": -0.4,
        "tolerance": 0.2,
        "self_kindness": 1.2,
    }
    reliability: float = cronbach_alpha(0.92, f"{_COMMON}Neff 2003 (Self Identity 2:223-250)")
    typical: float = typical_score(50.0)


class DepressionScore(Questionnaire, kind="depression-score"):
    """Depression-like distress, like that part of the Depression Anxiety Stress Scales.

    Assumes: low drive under threat with little soothing, self-criticism, and judging how one feels.
    """

    direction = -1
    reads = {"threat": 0.7, "drive": -0.6, "soothing": -0.4, "self_criticism": 0.2, "non_judgement": -0.2}
    reliability: float = cronbach_alpha(
        0.75, "so that simulated people are as alike over two weeks as patients: .71, against an alpha of .88; from "
        "memory of Brown et al. 1997 (Behav Res Ther 35:79-89), of few patients",
    )  # fmt: skip
    typical: float = typical_score(20.0)


class AnxietyScore(Questionnaire, kind="anxiety-score"):
    """Anxiety-like distress, like that part of the Depression Anxiety Stress Scales.

    Assumes: reads threat, and how badly distress is tolerated.
    """

    direction = -1
    reads = {"threat": 1.0, "tolerance": -0.2}
    reliability: float = cronbach_alpha(0.82, _DASS)
    typical: float = typical_score(15.0)


class StressScore(Questionnaire, kind="stress-score"):
    """Stress-like distress, like that part of the Depression Anxiety Stress Scales.

    Assumes: threat that does not come to rest: little soothing, lost balance, and distress that is not tolerated.
    """

    direction = -1
    reads = {"threat": 0.8, "soothing": -0.5, "balance": -0.2, "tolerance": -0.3}
    reliability: float = cronbach_alpha(0.9, _DASS)
    typical: float = typical_score(25.0)


class DistressScore(Questionnaire, kind="distress-score"):
    """Distress, like the total of the Depression Anxiety Stress Scales.

    Assumes: threat above all, and less of what its three parts read beside it.
    """

    direction = -1
    reads = {"threat": 0.9, "soothing": -0.4, "drive": -0.25, "self_criticism": 0.1, "tolerance": -0.1}
    reliability: float = cronbach_alpha(0.93, _DASS)
    typical: float = typical_score(20.0)


class WellBeingScore(Questionnaire, kind="well-being-score"):
    """Well-being, like the Warwick-Edinburgh Mental Well-being Scale.

    Assumes: soothing and drive, balance of the three systems, and little threat.
    """

    direction = 1
    reads = {"soothing": 0.6, "drive": 0.5, "threat": -0.5, "balance": 0.3}
    reliability: float = cronbach_alpha(0.89, f"{_COMMON}Tennant et al. 2007 (Health Qual Life Outcomes 5:63)")
    typical: float = typical_score(60.0)


class ShameScore(Questionnaire, kind="shame-score"):
    """Shame, like the Other as Shamer Scale.

    Assumes: self-criticism under threat by somebody who feels powerless.
    """

    direction = -1
    reads = {"self_criticism": 0.7, "threat": 0.6, "power": -0.4}
    reliability: float = cronbach_alpha(0.92, f"{_COMMON}Goss et al. 1994 (Pers Individ Dif 17:713-717)")
    typical: float = typical_score(30.0)


class SocialSafenessScore(Questionnaire, kind="social-safeness-score"):
    """Social safeness, like the Social Safeness and Pleasure Scale.

    Assumes: warmth from ties that arrives, and soothing by somebody who lets others in, without threat.
    """

    direction = 1
    reads = {"soothing": 0.7, "warmth_received": 0.5, "fear_of_compassion_from_others": -0.5, "threat": -0.4}
    reliability: float = cronbach_alpha(0.92, f"{_COMMON}Gilbert et al. 2009 (Clin Psychol Psychother 16:135-143)")
    typical: float = typical_score(60.0)


class ActivatedAffectScore(Questionnaire, kind="activated-affect-score"):
    """Activated positive affect, like the Types of Positive Affect Scale.

    Assumes: reads drive alone.
    """

    direction = 1
    reads = {"drive": 1.0}
    reliability: float = cronbach_alpha(0.83, _AFFECT)
    typical: float = typical_score(50.0)


class RelaxedAffectScore(Questionnaire, kind="relaxed-affect-score"):
    """Relaxed positive affect, like the Types of Positive Affect Scale.

    Assumes: soothing, and threat at rest.
    """

    direction = 1
    reads = {"soothing": 0.9, "threat": -0.3}
    reliability: float = cronbach_alpha(0.83, _AFFECT)
    typical: float = typical_score(50.0)


class SafeAffectScore(Questionnaire, kind="safe-affect-score"):
    """Safe and content affect, like the Types of Positive Affect Scale.

    Assumes: soothing, threat at rest, and others are let in.
    """

    direction = 1
    reads = {"soothing": 0.8, "threat": -0.5, "fear_of_compassion_from_others": -0.3}
    reliability: float = cronbach_alpha(0.73, _AFFECT)
    typical: float = typical_score(60.0)


class CompassionForSelfScore(Questionnaire, kind="compassion-for-self-score"):
    """Compassion for self, like the Compassionate Engagement and Action Scales.

    Assumes: the attributes turned towards oneself, as far as fear and self-criticism let them.
    """

    direction = 1
    reads = {
        "motivation": 0.4,
        "sensitivity": 0.4,
        "tolerance": 0.3,
        "non_judgement": 0.3,
        "fear_of_self_compassion": -0.5,
        "self_criticism": -0.3,
        "soothing": 0.3,
        "self_kindness": 0.8,
    }
    reliability: float = cronbach_alpha(0.85, _ENGAGEMENT)
    typical: float = typical_score(55.0)


class CompassionForOthersScore(Questionnaire, kind="compassion-for-others-score"):
    """Compassion for others, like the Compassionate Engagement and Action Scales.

    Assumes: the attributes turned towards others, as far as fear and threat let them.
    """

    direction = 1
    reads = {
        "motivation": 0.5,
        "sympathy": 0.5,
        "empathy": 0.5,
        "sensitivity": 0.3,
        "fear_of_compassion_for_others": -0.5,
        "threat": -0.2,
    }
    reliability: float = cronbach_alpha(0.9, _ENGAGEMENT)
    typical: float = typical_score(65.0)


class CompassionFromOthersScore(Questionnaire, kind="compassion-from-others-score"):
    """Compassion experienced from others, like the Compassionate Engagement and Action Scales.

    Assumes: the warmth that ties give in the time asked about; kindness from outside the ties shows in soothing;
    fear keeps it out, and sensitivity notices it.
    """

    direction = 1
    reads = {
        "warmth_received": 0.7,
        "soothing": 0.3,
        "fear_of_compassion_from_others": -0.6,
        "sensitivity": 0.3,
    }
    reliability: float = cronbach_alpha(0.91, _ENGAGEMENT)
    typical: float = typical_score(55.0)


class RuminationScore(Questionnaire, kind="rumination-score"):
    """Rumination, like the Ruminative Responses Scale.

    Assumes: the self-critical loop as it turns: its strength, the threat that keeps it going, and
    judging.
    """

    direction = -1
    reads = {"self_criticism": 0.6, "threat": 0.7, "non_judgement": -0.4}
    reliability: float = cronbach_alpha(0.9, f"{_COMMON}Treynor et al. 2003 (Cognit Ther Res 27:247-259)")
    typical: float = typical_score(35.0)
