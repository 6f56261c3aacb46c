"""What happens on the shelf: stock unit by unit, and by age on many paths of demand; knows nothing of the planner."""

from ccinv.shelf.paths import Outcome, Simulated, simulate
from ccinv.shelf.units import Ledger, replay

__all__ = ["Ledger", "Outcome", "Simulated", "replay", "simulate"]
