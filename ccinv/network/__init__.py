"""Networks of stores as records: what is known, how flows are to react to demand, and what was decided."""

from ccinv.network.aims import Aim, Expected, WorstCase
from ccinv.network.known import Network
from ccinv.network.plan import BalancePlan
from ccinv.network.rule import Linear, Rule, Static

__all__ = ["Aim", "BalancePlan", "Expected", "Linear", "Network", "Rule", "Static", "WorstCase"]
