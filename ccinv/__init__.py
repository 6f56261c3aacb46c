"""Ordering rules that keep a promised service level inside a budget, with a probability, and the audit of both."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ccinv import deliveries as deliveries
    from ccinv import demand as demand
    from ccinv import inversion as inversion
    from ccinv import joint as joint
    from ccinv import lots as lots
    from ccinv import moments as moments
    from ccinv import network as network
    from ccinv import perishable as perishable
    from ccinv import policies as policies
    from ccinv import rules as rules
    from ccinv import thesis as thesis
    from ccinv.auditing import Audit as Audit
    from ccinv.auditing import audit as audit
    from ccinv.auditing.balance import BalanceAudit as BalanceAudit
    from ccinv.auditing.balance import audit_balance as audit_balance
    from ccinv.auditing.comparing import compare as compare
    from ccinv.auditing.lots import LotAudit as LotAudit
    from ccinv.auditing.lots import audit_lots as audit_lots
    from ccinv.backtesting import backtest as backtest
    from ccinv.curves import Frontier as Frontier
    from ccinv.deliveries import Deliveries as Deliveries
    from ccinv.deliveries import DemandPath as DemandPath
    from ccinv.deliveries import reliability_equation as reliability_equation
    from ccinv.deliveries import sample_size as sample_size
    from ccinv.errors import CcinvError as CcinvError
    from ccinv.errors import DataError as DataError
    from ccinv.errors import InfeasibleError as InfeasibleError
    from ccinv.errors import ModelError as ModelError
    from ccinv.errors import SolverError as SolverError
    from ccinv.errors import VerificationError as VerificationError
    from ccinv.joint.planning import plan_jointly as plan_jointly
    from ccinv.joint.record import JointPlan as JointPlan
    from ccinv.lead_time import LeadTime as LeadTime
    from ccinv.lots import LotPlan as LotPlan
    from ccinv.lots import Lots as Lots
    from ccinv.models.balance import balance as balance
    from ccinv.models.initial_stock import InitialStock as InitialStock
    from ccinv.models.initial_stock import Rising as Rising
    from ccinv.models.initial_stock import initial_stock as initial_stock
    from ccinv.models.lot_sizing import lot_sizing as lot_sizing
    from ccinv.models.single_period import single_period as single_period
    from ccinv.network import BalancePlan as BalancePlan
    from ccinv.network import Network as Network
    from ccinv.objectives.expected_backorders import ExpectedBackorders as ExpectedBackorders
    from ccinv.objectives.expected_cost import ExpectedCost as ExpectedCost
    from ccinv.objectives.expected_stock import ExpectedStock as ExpectedStock
    from ccinv.objectives.max_min import MaxMinService as MaxMinService
    from ccinv.objectives.minimum_budget import MinimumBudget as MinimumBudget
    from ccinv.objectives.sum_of_service import SumOfService as SumOfService
    from ccinv.opening import opening_stock as opening_stock
    from ccinv.parts import Parts as Parts
    from ccinv.perishable import PerishablePlan as PerishablePlan
    from ccinv.perishable import PerishableStore as PerishableStore
    from ccinv.perishing import perishables as perishables
    from ccinv.planner import model as model
    from ccinv.planner import plan as plan
    from ccinv.reading import read as read
    from ccinv.result import Plan as Plan
    from ccinv.settings import Settings as Settings
    from ccinv.settings import read_settings as read_settings
    from ccinv.store import Budget as Budget
    from ccinv.store import OpenOrders as OpenOrders
    from ccinv.store import Orders as Orders
    from ccinv.store import Service as Service
    from ccinv.store import Store as Store
    from ccinv.trade_off.curves import frontier as frontier
    from ccinv.writing import load as load
    from ccinv.writing import report as report

_MODULE = {
    "CcinvError": "errors", "DataError": "errors", "InfeasibleError": "errors", "ModelError": "errors",
    "SolverError": "errors", "VerificationError": "errors", "LeadTime": "lead_time",
    "Budget": "store", "OpenOrders": "store", "Orders": "store",
    "Service": "store", "Store": "store", "demand": "",
    "inversion": "", "moments": "", "rules": "", "ExpectedStock": "objectives.expected_stock",
    "ExpectedBackorders": "objectives.expected_backorders", "ExpectedCost": "objectives.expected_cost",
    "SumOfService": "objectives.sum_of_service",
    "MaxMinService": "objectives.max_min", "MinimumBudget": "objectives.minimum_budget", "Plan": "result",
    "model": "planner", "plan": "planner", "Audit": "auditing", "Settings": "settings", "audit": "auditing",
    "load": "writing", "read": "reading", "read_settings": "settings", "report": "writing",
    "single_period": "models.single_period", "thesis": "", "backtest": "backtesting",
    "compare": "auditing.comparing", "policies": "", "Frontier": "curves", "frontier": "trade_off.curves",
    "deliveries": "", "Deliveries": "deliveries", "DemandPath": "deliveries", "reliability_equation": "deliveries",
    "sample_size": "deliveries",
    "initial_stock": "models.initial_stock", "InitialStock": "models.initial_stock", "Rising": "models.initial_stock",
    "joint": "", "plan_jointly": "joint.planning", "JointPlan": "joint.record",
    "lots": "", "Lots": "lots", "LotPlan": "lots", "lot_sizing": "models.lot_sizing",
    "LotAudit": "auditing.lots", "audit_lots": "auditing.lots",
    "network": "", "Network": "network", "BalancePlan": "network", "balance": "models.balance",
    "BalanceAudit": "auditing.balance", "audit_balance": "auditing.balance",
    "Parts": "parts", "opening_stock": "opening",
    "perishable": "", "perishables": "perishing", "PerishablePlan": "perishable", "PerishableStore": "perishable",
}  # fmt: skip

__all__ = sorted(_MODULE)  # noqa: PLE0605  # the table is the list


def __getattr__(name: str) -> Any:
    if name not in _MODULE:
        raise AttributeError(f"module 'ccinv' has no attribute {name!r}")
    module = import_module(f"ccinv.{_MODULE[name] or name}")
    return getattr(module, name) if _MODULE[name] else module


def __dir__() -> list[str]:
    return __all__
