"""The person of the reference formulation, for tests that must not depend on the defaults."""

from __future__ import annotations

#: The reference formulation: its couplings, no fears, no defences, no discomfort, warmth 0.2, steady inputs.
REFERENCE = {
    "soothing_calms_threat": 4.0, "threat_blocks_soothing": 4.0, "soothing_calms_drive": 0.5,
    "drive_blocks_soothing": 0.4, "secure_base": 0.3, "striving": 0.3, "defeat": 0.5, "signal_threshold": 0.4,
    "threat_time": 0.7, "drive_time": 1.0, "soothing_time": 1.5, "threat_baseline": 0.08, "drive_baseline": 0.35,
    "soothing_baseline": 0.35, "threat_gain": 1.0, "drive_gain": 1.0, "soothing_gain": 1.0, "background_threat": 0.12,
    "background_drive": 0.15, "background_soothing": 0.15, "warmth": 0.2, "power": 1.0, "escape": 0.0, "anger": 0.0,
    "unworthiness": 0.0, "discomfort_with_soothing": 0.0, "fear_of_self_compassion": 0.0,
    "fear_of_compassion_from_others": 0.0, "fear_of_compassion_for_others": 0.0, "unworthiness_half": 1.0,
    "relief_reach": 0.6, "sensitisation_reach": 0.3,
    **dict.fromkeys(("motivation", "sensitivity", "sympathy", "tolerance", "empathy", "non_judgement"), 0.4),
}  # fmt: skip
