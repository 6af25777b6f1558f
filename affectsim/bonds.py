"""How a tie changes from one day to the next, and distrust with it: the equations of `kernel.bonds`.

Plain arithmetic, compiled by the kernel and traced for the description from one source. Warmth, hostility and
threat are means over the day, each in [0, 1]; rates are shares per day. All sizes are assumed.
"""

from __future__ import annotations

from typing import Any

#: A tie can become at most twice as strong as it was (assumed).
MOST_STRENGTH = 2.0


def harm(hostility: Any, flight: Any, threat: Any, hostility_back: Any) -> Any:
    """Return what wears a tie down: hostility of both ends, and the receiver's withdrawal (flight under threat)."""
    return hostility + flight * threat + hostility_back


def strength_after(strength: Any, warmth: Any, warmth_back: Any, harmed: Any, growth: Any, wear: Any) -> Any:
    """Return the strength of a tie after a day, in [0, 2], 1 at the beginning.

    Warmth must be mutual to strengthen it; `harmed` (see `harm`) weakens it in proportion to what it is.
    """
    grown = strength + growth * warmth * warmth_back * (MOST_STRENGTH - strength)
    return min(max(grown - wear * harmed * grown, 0.0), MOST_STRENGTH)


def hostility_seen(hostility: Any, group_hostility: Any, group_weight: Any, share: Any) -> Any:
    """Return the hostility seen in a giver: by `share` that of the giver's whole group (stereotyping).

    `group_hostility`: sum of weight * hostility over the receiver's ties with the group, `group_weight` > 0: sum
    of their weights.
    """
    return (1.0 - share) * hostility + share * group_hostility / group_weight


def distrust_after(distrust: Any, threat: Any, hostility: Any, strength: Any, learning: Any) -> Any:
    """Return the distrust of a giver after a day, in [0, 1].

    It goes a share `learning` of the way to `strength` * own threat * hostility seen, at most 1.
    """
    return distrust + learning * (min(strength * threat * hostility, 1.0) - distrust)


def trusted(weight: Any, distrust: Any) -> Any:
    """Return the weight with which a giver's warmth is heard; hostility is heard with the whole `weight`."""
    return weight * (1.0 - distrust)
