"""`cc.balance`: read like the method, step by step."""

from __future__ import annotations

import time

import cvxpy as cp
import numpy as np

from ccinv.arrays import BoolArray, FloatArray
from ccinv.demand.factor_copula import common_factors
from ccinv.errors import DataError, Fault, SolverError
from ccinv.inversion import Box, Calibrated, Normal
from ccinv.inversion.cones import boxes
from ccinv.inversion.inversion import Inversion
from ccinv.models.balance.certain import certain_program
from ccinv.models.balance.explain import explained, explained_rule
from ccinv.models.balance.movement import stock_of
from ccinv.models.balance.ruled import Ruled, Stated, ruled, stated
from ccinv.models.balance.shocks import follow
from ccinv.models.balance.solving import solve
from ccinv.models.balance.spread import spread_of
from ccinv.models.balance.verify import verified
from ccinv.network import Aim, BalancePlan, Expected, Linear, Network, Rule, Static, WorstCase
from ccinv.network.layout import Layout, layout_of
from ccinv.solve.milp import Ended, solve_mixed
from ccinv.solve.patience import patience_faults

GAP, SECONDS = 1e-6, 60.0
CLEAN = 1e-11  # of the unit of amounts: a flow or stock smaller than this is rounding
MOST_WEIGHTS = 20_000_000


def balance(
    known: Network,
    rule: Rule | None = None,
    inversion: Inversion | Box | None = None,
    aim: Aim | None = None,
    gap: float = GAP,
    seconds: float = SECONDS,
) -> BalancePlan:
    """The cheapest flows that keep every store within its limits and give every customer what is asked for.

        min Σ unit_cost flow + holding_cost stock⁺ + backlog_cost stock⁻ + opening_cost open

    Where demand is certain: a linear program, with whole numbers for nodes that may stay closed. Where it has a
    deviation, or with `cc.inversion.Box(theta)` where it may be anything within theta of its mean: flows follow `rule`
    (`cc.network.Linear()` if None), every limit holds by itself with probability `service` (`inversion`: normal if
    None), or for every demand of the box; holding is paid for mean stock. `aim`: `cc.network.Expected()`, or with a box
    `cc.network.WorstCase()`, its default. `gap`: relative, at which a mixed-integer program may stop; `seconds`: of
    each solve. An InfeasibleError names what is missing where and when. Flows are verified in numpy before they are
    given.
    """
    _check(known, rule, inversion, aim, gap, seconds)
    layout = layout_of(known)
    if known.certain and not isinstance(inversion, Box):
        return _certain(known, layout, gap, seconds)
    rule = Linear() if rule is None else rule
    inversion = Normal() if inversion is None else inversion
    aim = (WorstCase() if isinstance(inversion, Box) else Expected()) if aim is None else aim
    return _uncertain(known, layout, rule, inversion, aim, gap, seconds)


def _certain(known: Network, layout: Layout, gap: float, seconds: float) -> BalancePlan:
    start = time.perf_counter()
    made = certain_program(known, layout)
    answer = solve_mixed(made.program, gap, seconds)
    if answer.ended is Ended.INFEASIBLE:
        raise explained(known, layout)
    if answer.x is None:
        raise SolverError(f"No flows were found in {seconds:g} seconds, and no proof that there are none.")
    spent = time.perf_counter() - start
    flow = _clean(answer.x[made.flow] * made.unit, known)
    stock = _clean(stock_of(known, layout, flow), known)
    opened = _opened(known, answer.x[made.open])
    costs = (
        float((known.unit_cost[layout.lane_arc] * flow).sum()),
        float((layout.holding_cost[:, None] * np.maximum(stock, 0.0)).sum()),
        float((_waiting(layout) * np.maximum(-stock, 0.0)).sum()),
        float(known.opening_cost[known.optional & opened].sum()),
    )
    method = "mixed-integer program" if known.optional.any() else "linear program"
    plan = BalancePlan(
        known, layout, "", "", "", method, np.nan, flow, None, stock, stock.copy(), stock.copy(), opened, sum(costs),
        np.nan, min(answer.bound, sum(costs)), *costs, spent, tuple(_notes(known, layout, flow)),
    )  # fmt: skip
    return verified(plan, None)


def _uncertain(
    known: Network, layout: Layout, rule: Rule, inversion: Inversion | Box, aim: Aim, gap: float, seconds: float
) -> BalancePlan:
    start = time.perf_counter()
    question = ruled(known, layout, follow(known, layout, rule, inversion))
    x, bound = _best(question, rule, inversion, aim, gap, seconds)
    spent = time.perf_counter() - start
    flows = question.follow.flows
    shape = (layout.lanes, known.periods)
    weight = question.follow.weights(x).reshape(*shape, *known.demand.mean.shape)
    flow = _clean(x[:flows].reshape(shape) * question.unit, known)
    weight[np.abs(weight) < CLEAN] = 0.0
    stock = _clean(stock_of(known, layout, flow), known)
    spread = spread_of(known, layout, weight, inversion)
    opened = _opened(known, x[len(x) - len(known.node) :])
    store = np.array([known.kind[c] == "store" for c in layout.cell_node], dtype=np.bool_)
    costs = (
        float((known.unit_cost[layout.lane_arc] * flow).sum()),
        float((np.where(store, layout.holding_cost, 0.0)[:, None] * stock).sum()),
        0.0,
        float(known.opening_cost[known.optional & opened].sum()),
    )
    worst = sum(costs) + spread.cost if isinstance(inversion, Box) else np.nan
    made = worst if isinstance(aim, WorstCase) else sum(costs)
    box = isinstance(inversion, Box)
    theta = inversion.theta if isinstance(inversion, Box) else np.nan
    name = f"Box({theta:g})" if box else _kind(inversion)
    method = "conic program" if not box else "mixed-integer program" if known.optional.any() else "linear program"
    plan = BalancePlan(
        known, layout, _named(rule), name, _kind(aim), method, theta, flow, weight, stock, stock - spread.stock,
        stock + spread.stock, opened, sum(costs), worst,
        min(bound, made), *costs, spent, tuple(_notes(known, layout, flow)),
    )  # fmt: skip
    return verified(plan, spread)


def _best(
    question: Ruled, rule: Rule, inversion: Inversion | Box, aim: Aim, gap: float, seconds: float
) -> tuple[FloatArray, float]:
    """The decision, and a bound on the cost that is made least."""

    def fresh() -> tuple[Stated, object]:
        program = stated(question, inversion)
        mean = question.cost.mean
        return program, (mean.matrix @ program.x)[0] + mean.constant[0]

    program, cost = fresh()
    if isinstance(aim, Expected):
        found = solve(cp.Problem(cp.Minimize(cost), program.rows), program, gap, seconds)
    else:
        left = question.cost.below(np.zeros(1))
        worst = cp.Variable(1)
        rows = [*program.rows, *boxes(left, program.x, -worst)]
        found = solve(cp.Problem(cp.Minimize(worst[0]), rows), program, gap, seconds)
    if found is None:
        raise explained_rule(question, rule, inversion)
    bound = found.bound * question.unit
    if isinstance(aim, WorstCase):
        program, cost = fresh()
        most = found.objective + aim.slack * abs(found.objective)
        rows = [*program.rows, *boxes(left, program.x, np.array([-most]))]
        second = solve(cp.Problem(cp.Minimize(cost), rows), program, gap, seconds)
        found = found if second is None else second
    return found.x, bound


def _opened(known: Network, value: FloatArray) -> BoolArray:
    return np.asarray(~known.optional | (value > 0.5), dtype=np.bool_)


def _waiting(layout: Layout) -> FloatArray:
    found: FloatArray = np.where(np.isfinite(layout.backlog_cost), layout.backlog_cost, 0.0)[:, None]
    return found


def _clean(amount: FloatArray, known: Network) -> FloatArray:
    found: FloatArray = np.where(np.abs(amount) <= CLEAN * known.unit, 0.0, amount)
    return found


def _kind(one: object) -> str:
    return type(one).__name__


def _named(rule: Rule) -> str:
    if isinstance(rule, Static):
        return "Static"
    memory = "" if rule.memory is None else f", memory={rule.memory}"
    return f"Linear(lag={rule.lag}{memory}{', total=True' if rule.total else ''})"


def _notes(known: Network, layout: Layout, flow: FloatArray) -> list[str]:
    late = np.arange(known.periods)[None, :] + layout.lag[:, None] >= known.periods
    amount = float(np.where(late, flow, 0.0).sum())
    return [f"{amount:,.6g} units are on the way at the end."] if amount > 1e-6 * known.unit else []


def _check(known: object, rule: object, inversion: object, aim: object, gap: object, seconds: object) -> None:
    faults = []
    if not isinstance(known, Network):
        raise DataError(Fault("known", _kind(known), "a Network", "Give cc.Network(node=…, kind=…, arc=…, demand=…)."))
    uncertain = not known.certain or isinstance(inversion, Box)
    if not isinstance(rule, Static | Linear | None):
        faults.append(Fault("rule", f"{rule!r:.60}", "Static() or Linear()", "Give one of the two, from cc.network."))
    elif isinstance(rule, Linear):
        whole = [rule.lag, 1 if rule.memory is None else rule.memory]
        if not all(isinstance(n, int) and not isinstance(n, bool) for n in whole) or whole[0] < 0 or whole[1] < 1:
            expected = "lag >= 0 and memory >= 1, whole numbers"
            faults.append(Fault("rule", repr(rule), expected, "lag=1 sees demand up to the period before."))
    if isinstance(inversion, Calibrated) or not (inversion is None or hasattr(inversion, "kappa")):
        expected = "Box(theta), Normal(), Cantelli(), Unimodal() or Student()"
        remedy = "Networks are not calibrated: choose a fixed multiplier, from cc.inversion, and look at the audit."
        faults.append(Fault("inversion", _kind(inversion), expected, remedy))
    if not isinstance(aim, Expected | WorstCase | None):
        faults.append(Fault("aim", f"{aim!r:.60}", "Expected() or WorstCase()", "Give one of them, from cc.network."))
    elif isinstance(aim, WorstCase) and not isinstance(inversion, Box):
        remedy = "Give inversion=cc.inversion.Box(theta), or aim=cc.network.Expected()."
        faults.append(Fault("aim", "WorstCase() without a box", "a box: else no cost is the highest", remedy))
    if uncertain and np.isfinite(known.backlog_cost).any():
        remedy = "Leave it out: where demand is uncertain, `service` says how often stock may fall short."
        faults.append(Fault("backlog_cost", "a backlog_cost with uncertain demand", "none", remedy))
    if not known.certain and common_factors(known.demand) is not None:
        remedy = "Give its margins alone: rows of demand independent of each other."
        faults.append(Fault("demand", "a law whose rows share factors", "independent rows", remedy))
    if uncertain and known.optional.any() and not isinstance(inversion, Box):
        remedy = "Decide which stores are open by certain demand or a box first, then leave opening_cost out."
        faults.append(Fault("opening_cost", "stores that may stay closed", "none, under a probability", remedy))
    cells = len(known.arc) * len(known.product) * len(known.demand_at) * known.periods**2
    if uncertain and cells > MOST_WEIGHTS:
        found = f"{cells:,} (arcs × products × rows of demand × periods²)"
        faults.append(Fault("weights", found, f"at most {MOST_WEIGHTS:,}", "Plan fewer periods or nodes at a time."))
    faults += patience_faults(gap, seconds)
    if faults:
        raise DataError(faults)
