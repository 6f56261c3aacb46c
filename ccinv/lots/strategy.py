"""How much of a plan is fixed before demand is seen (Bookbinder and Tan 1988)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Static:
    """Static uncertainty: when to order and how much are both fixed now.

    Net stock carries the deviation of all demand since the start, so that safety stock grows with time.
    """


@dataclass(frozen=True, slots=True)
class StaticDynamic:
    """Static-dynamic uncertainty: when to order is fixed now, how much is what fills stock up to a fixed level.

    Net stock carries the deviation of demand since the last order alone. `program`: by the mixed-integer program even
    where shortest paths over replenishment cycles are enough. Source: Tarim and Kingsman 2004.
    """

    program: bool = False


Strategy = Static | StaticDynamic
