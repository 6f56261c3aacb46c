"""Plans found by simulation: order-up-to levels, or multipliers for the cones, and their acceptance."""

from __future__ import annotations

from ccinv.calibrate.by_levels import by_levels, polished
from ccinv.calibrate.loop import calibrate
from ccinv.inversion import Calibrated
from ccinv.models.multi_period.found import Explain, Found
from ccinv.models.multi_period.program import MultiPeriod
from ccinv.objectives.program import Objective
from ccinv.result import Calibration

__all__ = ["calibrate", "calibrated"]


def calibrated(program: MultiPeriod, aim: Objective, how: Calibrated, explain: Explain) -> tuple[Found, Calibration]:
    """The best plan by simulation: levels where the rule has them, else multipliers, polished on paths."""
    levels = by_levels(program, aim, how, explain)
    if levels is not None:
        return levels
    return polished(program, aim, how, explain, calibrate(program, aim, how))
