"""One period: stock is raised to a level for each item before it begins, within one limit on money (thesis ch. 2)."""

from ccinv.models.single_period.levels import Levels, single_period

__all__ = ["Levels", "single_period"]
