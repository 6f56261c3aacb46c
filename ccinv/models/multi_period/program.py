"""The multi-period model of the thesis, stated once in vectorised cvxpy: its hard rows, and how they are solved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import cvxpy as cp
import numpy as np

from ccinv import moments
from ccinv.arrays import FloatArray, IntArray
from ccinv.errors import DataError, Fault, InfeasibleError, ModelError, SolverError
from ccinv.inversion.chances import Chances
from ccinv.inversion.cones import cones
from ccinv.inversion.inversion import Inversion
from ccinv.models.multi_period.amounts import shortage
from ccinv.moments.affine import AffineMoments
from ccinv.moments.dependence import EXACT, Dependence
from ccinv.objectives.program import Hold, Objective, Outcome, Status
from ccinv.rules import Layout, item_scale
from ccinv.solve.conic import Precision, solve
from ccinv.solve.elastic import Reached
from ccinv.store import SHORT, Store

EASE = 3e-7  # a third of what counts as rounding
NONE = Hold(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0))


class RuleKind(Protocol):
    """A kind of rule, which can be laid out on a store."""

    def on(self, store: Store) -> Layout: ...


@dataclass(frozen=True, slots=True, eq=False)
class MultiPeriod:
    """A store under a rule, as hard rows on x; see `ccinv.objectives.program.Program` for what each field is.

        due-out bounds, order rows, what a user adds (`own`), and budget rows

    `free` has all of them but the budget's; `outcomes` collects every solve.
    """

    store: Store
    layout: Layout
    chances: Chances
    x: Any
    own: tuple[Any, ...]
    dependence: Dependence
    net: AffineMoments
    orders: AffineMoments
    dollars: AffineMoments
    unit: FloatArray
    money: float
    limited: bool
    free: tuple[Any, ...]
    hard: tuple[Any, ...]
    important: Hold
    others: Hold
    open_cells: IntArray
    start: FloatArray
    progress: Callable[[str], None] | None = None
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def inversion(self) -> Inversion:
        return self.chances.inversion

    def held(self, *holds: Hold) -> list[Any]:
        """Holds as cvxpy constraints."""
        parts = [hold for hold in holds if len(hold.cells)]
        rows: list[Any] = []
        for hold in parts:
            rows += cones(self.net.at_cells(hold.cells), self.x, hold.kappa, hold.floor)[0]
        return rows

    def solve(
        self,
        objective: Any,
        constraints: Sequence[Any],
        scale: Mapping[Any, Any] | None = None,
        digits: int = 9,
        *,
        proven: bool = False,
    ) -> Outcome:
        """Solve for an objective under the hard rows and `constraints`, to so many digits."""
        problem = cp.Problem(objective, [*self.hard, *constraints])
        precision = Precision(10.0**-digits, 10.0**-digits, proven=proven)
        outcome = solve(problem, {self.x: self.layout.scale, **(scale or {})}, precision)
        self.outcomes.append(outcome)
        if self.progress is not None:
            self.progress(f"cone program {len(self.outcomes)}: {outcome.said}, {outcome.iterations} iterations")
        if outcome.status is Status.UNDECIDED:
            raise SolverError(
                f"The solver stopped without an answer ({outcome.said} after {outcome.iterations} iterations, "
                f"{outcome.seconds:.1f} s): neither a plan nor a proof that there is none."
            )
        return outcome

    def held_to(self, chances: Chances) -> MultiPeriod:
        """The same store and rule, with its chance rows held to something else, and every promise asked in full."""
        store, layout = self.store, self.layout
        rows = order_rows(store, layout, self.orders, chances, self.x)
        if layout.bounds.matrix.shape[0]:
            rows.append(layout.bounds.matrix @ self.x + layout.bounds.constant >= 0)
        free = (*rows, *self.own)
        budget = budget_rows(store, self.dollars, chances, self.x) if self.limited else []
        cells = np.flatnonzero(store.promised)
        return replace(
            self,
            chances=chances,
            free=free,
            hard=(*free, *budget),
            important=Hold(cells, chances.service.ravel()[cells], np.zeros(len(cells))),
            others=NONE,
            open_cells=np.flatnonzero(store.controllable & ~store.promised),
            start=np.zeros(layout.size),
        )

    def never_falling(self) -> MultiPeriod:
        """The same program for a rule that never falls, so that no order is negative where demand is not."""
        rows = self.layout.monotone
        steady = rows.matrix @ self.x + rows.constant >= 0
        return replace(self, own=(*self.own, steady)).held_to(self.chances)

    def with_reach(self, reached: Reached) -> MultiPeriod:
        """The same program, held to what can be had together."""
        return replace(
            self,
            important=reached.important,
            others=reached.others,
            open_cells=reached.open_cells,
            start=reached.start,
        )


def order_rows(store: Store, layout: Layout, orders: AffineMoments, chances: Chances, x: Any) -> list[Any]:
    """What an order may be, as constraints on x."""
    match store.orders.nonnegative:
        case "none":
            return []
        case "mean":
            return cones(orders, x, 0.0)[0]
        case "chance":
            return cones(orders, x, chances.orders.ravel())[0]
        case "monotone":
            return [layout.monotone.matrix @ x + layout.monotone.constant >= 0]


def budget_rows(store: Store, dollars: AffineMoments, chances: Chances, x: Any, more: Any = 0.0) -> list[Any]:
    """P{Z(t) ≤ limit(t) + more} ≥ φ in every period, as cones; none without a budget."""
    if store.budget is None:
        return []
    left = dollars.below(store.budget.limits(store.periods))
    return cones(left, x, chances.budget, chances.overrun - more * np.ones(store.periods))[0]


def state(
    store: Store,
    rule: RuleKind,
    objective: Objective,
    inversion: Inversion,
    constraints: Sequence[Any] = (),
    progress: Callable[[str], None] | None = None,
    chances: Chances | None = None,
    dependence: Dependence = EXACT,
) -> MultiPeriod:
    """The hard rows of a store under a rule. A user's own `constraints` are on the x of a model.

    `chances`: what the chance rows are held to, if not all of them to what the inversion says. `dependence`: how
    receipts hang on sales, in net stock.
    """
    held = chances or Chances.of(inversion, store)
    layout = rule.on(store)
    if layout.size == 0:
        raise ModelError(
            f"The rule {type(rule).__name__} has nothing to decide on this store: no coefficient of it has any effect. "
            "Choose the cumulative rule, or a longer horizon."
        )
    x = _variable(layout, constraints)
    net = moments.net_stock(store, layout, dependence)
    orders, dollars = (of(store, layout) for of in (moments.orders, moments.dollars))
    program = MultiPeriod(
        store=store,
        layout=layout,
        chances=held,
        x=x,
        own=tuple(constraints),
        dependence=dependence,
        net=net,
        orders=orders,
        dollars=dollars,
        unit=np.repeat(item_scale(store), store.periods),
        money=money_unit(store),
        limited=objective.limited,
        free=(),
        hard=(),
        important=NONE,
        others=NONE,
        open_cells=np.zeros(0, dtype=np.int64),
        start=np.zeros(layout.size),
        progress=progress,
    )
    return program.held_to(held)


def money_unit(store: Store) -> float:
    """The natural amount of money: what the items' own units cost together."""
    return float((store.unit_cost * item_scale(store)).sum()) or 1.0


class Decision(cp.Variable):  # type: ignore[misc]  # cvxpy has no types
    """The coefficients of a rule: known by what it is, since a user's own variables may have its size."""


def _variable(layout: Layout, constraints: Sequence[Any]) -> Any:
    """The decision that the user's own rows are on, else a new one."""
    found = {v.id: v for constraint in constraints for v in constraint.variables() if isinstance(v, Decision)}
    if len(found) > 1:
        remedy = "Write all rows on the x of one model."
        raise DataError(Fault("constraints", f"the x of {len(found)} models", "that of one", remedy))
    if constraints and not found:
        sizes = sorted({v.size for constraint in constraints for v in constraint.variables()})
        remedy = "Write them on the x of cc.model(...)."
        raise DataError(Fault("constraints", f"variables of sizes {sizes}", "a model's x", remedy))
    known = next(iter(found.values()), None)
    if known is not None and known.size != layout.size:
        remedy = "Take the x of a model of the same store and rule."
        raise DataError(Fault("constraints", f"an x of size {known.size}", f"one of size {layout.size}", remedy))
    return Decision(layout.size, name="x") if known is None else known


def eased(program: MultiPeriod) -> MultiPeriod:
    """The same program with a hair more room, for questions at the very edge of what is possible.

    EASE of the natural amount in money and stock: well within what counts as rounding, and enough for the solver's
    method, which needs an interior.
    """
    store = program.store
    budget = []
    if program.limited and store.budget is not None:
        limits = store.budget.limits(store.periods)
        room = EASE / SHORT * (store.overspent_above(limits) - limits)
        budget = budget_rows(store, program.dollars, program.chances, program.x, room)
    asked = program.important
    loose = Hold(asked.cells, asked.kappa, asked.floor - EASE * program.unit[asked.cells])
    return replace(program, hard=(*program.free, *budget), important=loose)


def without_budget(program: MultiPeriod) -> MultiPeriod:
    """The same program without the budget rows."""
    return replace(program, hard=program.free)


def hard_rows_impossible(program: MultiPeriod) -> InfeasibleError:
    """Why not even the hard rows can be kept: how much more money they would need."""
    store = program.store
    contradiction = InfeasibleError(
        "The bounds on orders, the rule and the constraints given contradict each other, whatever is spent."
    )
    if store.budget is None:
        return contradiction
    more = cp.Variable()
    rows = budget_rows(store, program.dollars, program.chances, program.x, more)
    outcome = without_budget(program).solve(cp.Minimize(more), rows, {more: program.money})
    if outcome.status is not Status.SOLVED:
        return contradiction
    most = float(store.budget.limit.max())
    return InfeasibleError(
        f"The budget cannot be kept with probability {store.budget.confidence:g} by any plan, even with no promise of "
        f"service: what is in stock and under way, and what the rule must order, is worth too much. The budget is "
        f"{shortage(most, outcome.value, 'that any plan can keep')}"
    )
