"""Orders for items that perish: mixed-integer programs with first-in-first-out issues."""

from ccinv.models.perishable.cumulative import movements, reserve
from ccinv.models.perishable.levels import Search, Solved, solved
from ccinv.models.perishable.limits import limit_faults

__all__ = ["Search", "Solved", "limit_faults", "movements", "reserve", "solved"]
