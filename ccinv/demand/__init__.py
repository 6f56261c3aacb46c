"""What is random in demand: one law per file."""

from ccinv.demand.law import Law
from ccinv.demand.normal import Normal

__all__ = ["Law", "Normal"]
