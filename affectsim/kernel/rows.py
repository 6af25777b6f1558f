"""Where each quantity of a person lies in its block: offsets of rows, and of parameters in `Tables.model`."""

from __future__ import annotations

from affectsim.layout import FAST_ROWS, LANES, SLOW, SLOW_ROWS, Fast
from affectsim.parameters import MODEL

L = LANES
X_T, X_D, X_S = (int(r) * L for r in (Fast.THREAT, Fast.DRIVE, Fast.SOOTHING))
U_T, U_R, U_A, U_P, U_I, U_B, U_E = (int(r) * L for r in range(Fast.U_THREAT, Fast.U_EASE + 1))
W_BEFORE, W_SLOPE, W_PREDICTED, H_BEFORE, H_SLOPE, H_PREDICTED = (
    int(r) * L for r in range(Fast.WARMTH_BEFORE, Fast.HOSTILITY_PREDICTED + 1)
)
SUM_T, SUM_D, SUM_S, SUM_BALANCE = (int(r) * L for r in range(Fast.SUM_THREAT, Fast.SUM_BALANCE + 1))
FAST_BLOCK, SLOW_BLOCK = FAST_ROWS * L, SLOW_ROWS * L
#: First element of each row of `layout.SLOW` in its block.
ROW = {name: row * L for name, row in SLOW.items()}
SUM_DOMINANT = ROW["sum_threat_dominant"]
KAPPA, FEAR_SELF, FEAR_FROM = (
    ROW[f"effective_{n}"] for n in ("self_criticism", "fear_of_self_compassion", "fear_of_compassion_from_others")
)
GAIN_T, GAIN_S, GAIN_D = ROW["effective_threat_gain"], ROW["effective_soothing_gain"], ROW["drive_gain"]
BASE_T, BASE_D, BASE_S = (ROW[f"{n}_baseline"] for n in ("threat", "drive", "soothing"))
GIVE_WARMTH, FIGHT, FLIGHT, SUBMISSION = (ROW[f"effective_{n}"] for n in ("warmth", "fight", "flight", "submission"))
Z_T, Z_D, Z_S = (ROW[f"background_{n}"] for n in ("threat", "drive", "soothing"))
POWER, CURRENT_POWER = ROW["power"], ROW["current_power"]
#: Column of each parameter in `Tables.model`.
PARAMETER = {name: column for column, name in enumerate(MODEL)}
WARMTH_STRENGTH, HOSTILITY_STRENGTH, HOSTILITY_WEIGHT = (
    PARAMETER[n] for n in ("warmth_strength", "hostility_strength", "hostility_weight")
)
