"""Multipliers found by simulation: the loop between planner and referee."""

from ccinv.calibrate.loop import calibrate

__all__ = ["calibrate"]
