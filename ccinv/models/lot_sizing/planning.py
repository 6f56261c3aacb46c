"""`cc.lot_sizing`: read like the method, step by step."""

from __future__ import annotations

import numpy as np

from ccinv.arrays import BoolArray, FloatArray
from ccinv.errors import DataError, Fault
from ccinv.inversion import Calibrated, Normal
from ccinv.inversion.inversion import Inversion
from ccinv.lots import LotPlan, Lots, Static, StaticDynamic, Strategy
from ccinv.models.lot_sizing.cycles import shortest_paths, speculative
from ccinv.models.lot_sizing.explain import explained, hopeless
from ccinv.models.lot_sizing.form import Form
from ccinv.models.lot_sizing.location import location_form
from ccinv.models.lot_sizing.needs import Needs, backlog, needs_of
from ccinv.models.lot_sizing.solving import Solved, solved
from ccinv.models.lot_sizing.stock import stock_form
from ccinv.models.lot_sizing.verify import verified
from ccinv.solve.patience import patience_faults

GAP, SECONDS = 1e-4, 60.0
ROUNDING = 1e-12  # of the largest cost of a cell
CLEAN = 1e-9  # of an item's mean demand: an order smaller than this is rounding


def lot_sizing(
    known: Lots,
    strategy: Strategy | None = None,
    inversion: Inversion | None = None,
    gap: float = GAP,
    seconds: float = SECONDS,
) -> LotPlan:
    """The cheapest orders that keep stock at its targets, within capacity.

        min Σ setup_cost y + unit_cost x + holding_cost E s⁺,   P{s(i, t) ≥ 0} ≥ service(i),   E s(i, t) ≥ safety stock

    `strategy`: `cc.lots.Static()`, all orders fixed now (the default), or `cc.lots.StaticDynamic()`, order-up-to levels
    at fixed times. `inversion` (default: normal): makes E s ≥ κ · sd of the probability, where sd is that of demand
    since the start, or since the last order. `gap`: relative, at which the solver may stop; `seconds`: of it. Holding
    is paid for stock on hand, which is reckoned as if net stock were normal. Under `StaticDynamic` capacity and minimum
    lots hold for expected orders. An InfeasibleError names what is short, and by how much. The plan is verified in
    numpy before it is given.
    """
    strategy = Static() if strategy is None else strategy
    inversion = Normal() if inversion is None else inversion
    _check(known, strategy, inversion, gap, seconds)
    needs = needs_of(known, inversion)
    renewed = isinstance(strategy, StaticDynamic)
    free = not np.isfinite(known.capacity).any() and not (known.min_lot > 0).any()
    if isinstance(strategy, StaticDynamic) and free and not strategy.program and not speculative(known, needs).any():
        paths = shortest_paths(known, needs)
        found = Solved(paths.setup, paths.stock, float(paths.cost.sum()), 0.0)
        method = "shortest paths over replenishment cycles"
    else:
        plain = None if hopeless(known, needs, renewed) else _by_program(known, needs, renewed, gap, seconds)
        if plain is None:
            raise explained(known, needs, renewed)
        found, method = plain, "mixed-integer program"
    return verified(_plan(known, needs, renewed, inversion, method, found))


def _by_program(known: Lots, needs: Needs, renewed: bool, gap: float, seconds: float) -> Solved | None:
    def build(scores: list[FloatArray]) -> Form:
        return stock_form(known, needs, scores, True) if renewed else location_form(known, needs, scores)

    def deviation(setup: BoolArray) -> FloatArray:
        return deviations(needs, setup, renewed)

    def price(setup: BoolArray, stock: FloatArray) -> float:
        return float(sum(costs(known, setup, stock, deviation(setup))))

    return solved(known, needs, build, lambda form, x: form.stock(x), deviation, price, gap, seconds)


def last_order(setup: BoolArray, renewed: bool) -> np.ndarray:
    """For each cell the period of the last order up to it, 0 where the opening stock is all there was, (n, N)."""
    at = np.where(setup & renewed, np.arange(setup.shape[1]), 0)
    return np.maximum.accumulate(at, axis=1)


def deviations(needs: Needs, setup: BoolArray, renewed: bool) -> FloatArray:
    """Deviation of net stock at the end of every period, (n, N)."""
    return _at(needs.sd, last_order(setup, renewed))


def _at(table: FloatArray, last: np.ndarray) -> FloatArray:
    items, periods = last.shape
    found: FloatArray = table[np.arange(items)[:, None], last, np.arange(periods)]
    return found


def orders_of(known: Lots, stock: FloatArray) -> FloatArray:
    """Expected orders from mean stock, (n, N)."""
    return np.diff(stock, axis=1, prepend=known.on_hand[:, None]) + known.demand.mean


def costs(known: Lots, setup: BoolArray, stock: FloatArray, sd: FloatArray) -> tuple[float, float, float]:
    """Of set-ups, of units, of stock on hand."""
    on_hand = stock + backlog(stock, sd)
    return (
        float((known.setup_cost * setup).sum()),
        float((known.unit_cost * orders_of(known, stock)).sum()),
        float((known.holding_cost * on_hand).sum()),
    )


def _plan(known: Lots, needs: Needs, renewed: bool, inversion: Inversion, method: str, found: Solved) -> LotPlan:
    last = last_order(found.setup, renewed)
    sd, target = _at(needs.sd, last), _at(needs.target, last)
    order = orders_of(known, found.stock)
    order = np.where(np.abs(order) <= CLEAN * known.unit[:, None], 0.0, order)
    # a fixed order of nothing is none, whatever it would cost; where levels are kept it is the time of a decision
    setup = found.setup if renewed else found.setup & (order > 0)
    asked = np.zeros(known.items) if known.service is None else known.service
    with np.errstate(divide="ignore", invalid="ignore"):
        score = np.where(sd > 0, found.stock / np.where(sd > 0, sd, 1.0), np.inf)
    promised = np.where(np.isfinite(score), inversion.probability(np.where(np.isfinite(score), score, 0.0)), 1.0)
    setups, units, holding = costs(known, setup, found.stock, sd)
    cost = setups + units + holding
    used = (known.unit_time[:, None] * order + known.setup_time[:, None] * setup).sum(axis=0)
    return LotPlan(
        known=known,
        strategy="static-dynamic" if renewed else "static",
        inversion=type(inversion).__name__,
        method=method,
        setup=setup,
        order=order,
        level=np.where(setup, found.stock + known.demand.mean, np.nan) if renewed else np.full(sd.shape, np.nan),
        stock=found.stock,
        sd_stock=sd,
        target=target,
        promised=np.where(asked[:, None] > 0, promised, np.nan),
        on_hand=found.stock + backlog(found.stock, sd),
        used=used,
        cost=cost,
        bound=_bound(known, cost, found.bound),
        setup_costs=setups,
        unit_costs=units,
        holding_costs=holding,
        seconds=found.seconds,
        notes=tuple(_notes(known, renewed)),
    )


def _bound(known: Lots, cost: float, bound: float) -> float:
    """The bound, never below 0, as nothing that costs add up is; the cost itself where rounding alone is between."""
    unit = known.unit[:, None]
    nothing = ROUNDING * float((known.setup_cost + (known.unit_cost + known.holding_cost) * unit).max())
    return cost if cost - bound <= nothing else max(bound, 0.0)


def _notes(known: Lots, renewed: bool) -> list[str]:
    notes = []
    random = bool((known.demand.sd > 0).any())
    if random and known.service is None:
        notes.append("Demand is uncertain and no service is asked for: nothing is promised, targets hold on average.")
    if renewed and random and (np.isfinite(known.capacity).any() or (known.min_lot > 0).any()):
        notes.append("Order sizes depend on demand: capacity and minimum lots hold for expected orders.")
    return notes


def _check(known: object, strategy: object, inversion: object, gap: object, seconds: object) -> None:
    faults = []
    if not isinstance(known, Lots):
        faults.append(Fault("known", type(known).__name__, "Lots", "Give cc.Lots(demand=…, setup_cost=…, …)."))
    if not isinstance(strategy, Static | StaticDynamic):
        expected = "Static() or StaticDynamic()"
        faults.append(Fault("strategy", f"{strategy!r:.60}", expected, "Give one of the two, from cc.lots."))
    if isinstance(inversion, Calibrated) or not hasattr(inversion, "kappa"):
        expected = "Normal(), Cantelli(), Unimodal() or Student()"
        remedy = "Lots are not calibrated: choose a fixed multiplier, from cc.inversion, and look at the audit."
        faults.append(Fault("inversion", type(inversion).__name__, expected, remedy))
    faults += patience_faults(gap, seconds)
    if faults:
        raise DataError(faults)
