"""Joint promises: no shortage in any of several cells, with a probability."""

from ccinv.joint.planning import plan_jointly
from ccinv.joint.promises import PerGroup, PerItem, PerStore
from ccinv.joint.record import JointPlan
from ccinv.joint.simulated import Simulated
from ccinv.joint.splits import Equal, Optimised

__all__ = ["Equal", "JointPlan", "Optimised", "PerGroup", "PerItem", "PerStore", "Simulated", "plan_jointly"]
