"""What a plan found by simulation says of its own value."""

from __future__ import annotations

import numpy as np

from ccinv.calibrate.asked import CAP
from ccinv.objectives.expected_backorders import ExpectedBackorders
from ccinv.objectives.expected_cost import ExpectedCost
from ccinv.objectives.max_min import MaxMinService
from ccinv.objectives.minimum_budget import MinimumBudget
from ccinv.objectives.program import Objective

WORTH_SAYING = 0.5  # of the value, under which a bound tells nobody anything


def of_value(aim: Objective, value: float) -> tuple[str, ...]:
    """What the objective's value is, where its name does not say it."""
    if isinstance(aim, MaxMinService) and value == np.inf:
        return (f"Nothing limits service here: every cell is held at probability {CAP}, with the least money.",)
    if isinstance(aim, ExpectedBackorders):
        return (f"Expected backorders, weighted and added up over all periods: {value:.6g}, as replays have them.",)
    if isinstance(aim, ExpectedCost):
        return (f"Expected cost, added up over all periods: {value:,.6g}, as replays have it.",)
    return ()


def of_bound(aim: Objective, value: float, least: float) -> tuple[str, ...]:
    """What no policy can better, where that says something."""
    if not least > WORTH_SAYING * abs(value):
        return ()
    if isinstance(aim, MinimumBudget):
        return (f"No policy that has all it owes on order keeps these promises within less than {least:,.6g} dollars.",)
    return (f"No ordering policy whatever has less than {least:,.6g}.",)
