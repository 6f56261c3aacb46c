"""What a plan, and policies of today, would have done with the sales that really came."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.auditing import Comparison, compare
from ccinv.demand import FactorCopula, common_factors, fit
from ccinv.errors import DataError, Fault
from ccinv.inversion.inversion import Inversion
from ccinv.models.multi_period.program import RuleKind
from ccinv.objectives.program import Objective
from ccinv.planner import plan
from ccinv.policies import BaseStock, Policy, customary
from ccinv.reading import read_folder
from ccinv.reading.folder import Folder
from ccinv.result import Plan
from ccinv.store import MOST_PERIODS, Budget, Store
from ccinv.tables.history import History

FEWEST_SEEN = 2  # periods of a history that a law can be fitted to


@dataclass(frozen=True, slots=True, eq=False)
class Backtest:
    """A plan made from a part of a history, and what came of it, and of other policies, in the rest.

    plan: made for the periods held out, with laws fitted to the `seen` periods before them (names, in sequence).
    comparison: the plan and the policies on the real sales, (n, H) units; only arrivals are random. left_out: as in
    `HeldOut`.
    """

    plan: Plan
    comparison: Comparison
    seen: tuple[str, ...]
    left_out: tuple[str, ...]

    @property
    def asked(self) -> float | None:
        """Mean level that was promised, over all promised cells; None without promises."""
        promised = np.isfinite(self.plan.asked)
        return float(self.plan.asked[promised].mean()) if promised.any() else None

    @property
    def found(self) -> tuple[float, float] | None:
        """Mean service of these cells with the real sales, and its standard error if items are independent."""
        promised = np.isfinite(self.plan.asked)
        if not promised.any():
            return None
        cells = promised.sum(axis=1)
        items = cells > 0
        met = np.where(promised, self.comparison.conducts[0].service, 0.0).sum(axis=1)
        rate = float(met.sum() / cells.sum())
        # the error of a ratio of sums over items: an item short once is often short again
        apart = (met - rate * cells)[items]
        return rate, float(np.sqrt((apart**2).sum()) / cells.sum())


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """A store as it is planned from a part of its history, and the rest of it.

    store: over the periods held out, with laws fitted to the `seen` periods before them (names, in sequence), and the
    factors that the folder says its items share.
    sales (n, H): what really came, units. order_cost, holding_rate (n,): of its items, NaN where not known.
    left_out: items whose sales in the periods held out are not all known, or of which nothing is known before.
    """

    store: Store
    sales: FloatArray
    seen: tuple[str, ...]
    order_cost: FloatArray
    holding_rate: FloatArray
    left_out: tuple[str, ...]


def backtest(
    folder: str | Path,
    holdout: int,
    policies: Sequence[Policy] | None = None,
    rule: RuleKind | None = None,
    objective: Objective | None = None,
    inversion: Inversion | None = None,
    *,
    paths: int = 2_000,
    seed: int = 1,
    progress: Callable[[str], None] | None = None,
) -> Backtest:
    """Fit a store folder's history but for its last `holdout` periods, plan these, and replay them as they were.

    Stock on hand, open orders and budget are those of the folder, as if it had been so when the periods held out began;
    lead times follow the folder's law, and every order's arrival is drawn, on `paths` paths from `seed`. `policies`:
    those beside the plan, by default all of today where the folder knows their costs, else base stock. rule, objective
    and inversion as in `plan`. `progress` is told in words what is done.

    Raises DataError where the folder has a forecast only, or too short a history; else as `plan` does.
    """
    case = hold_out(read_folder(folder), holdout)
    chosen = usual(case) if policies is None else policies
    return backtest_of(case, chosen, rule, objective, inversion, paths=paths, seed=seed, progress=progress)


def hold_out(folder: Folder, holdout: int) -> HeldOut:
    """The last `holdout` periods of a folder's history held out, the store as it is planned by what is left."""
    history = _history(folder, holdout)
    quantity = history.quantity
    seen, sales = quantity[:, :-holdout], quantity[:, -holdout:]
    unknown = np.isnan(sales).any(axis=1) | np.isnan(seen).all(axis=1)
    kept = np.flatnonzero(~unknown)
    if not len(kept):
        found = "no item whose sales in these periods are all known"
        remedy = "Hold out fewer periods, or fill in the history."
        raise DataError(Fault(f"the last {holdout} periods of the history", found, "one item at least", remedy))
    fitted, shared = fit(seen[kept], holdout), common_factors(folder.store.demand)
    store = replace(
        folder.store.rows(kept),
        # the factors are given with the store, not fitted: what items share they share in any period
        demand=fitted if shared is None else FactorCopula(fitted, shared.loading[kept]),
        calendar=history.period[-holdout:],
        budget=_budget(folder.store.budget, holdout),
    )
    left_out = tuple(folder.store.item_id[k] for k in np.flatnonzero(unknown))
    return HeldOut(
        store, sales[kept], history.period[:-holdout], folder.order_cost[kept], folder.holding_rate[kept], left_out
    )


def usual(case: HeldOut) -> tuple[Policy, ...]:
    """All policies of today that the store has the numbers for."""
    if np.isnan(case.order_cost).any() or np.isnan(case.holding_rate).any():
        return (BaseStock(),)
    return customary(case.order_cost, case.holding_rate, case.store.budget is not None)


def backtest_of(
    case: HeldOut,
    policies: Sequence[Policy],
    rule: RuleKind | None = None,
    objective: Objective | None = None,
    inversion: Inversion | None = None,
    *,
    paths: int = 2_000,
    seed: int = 1,
    progress: Callable[[str], None] | None = None,
) -> Backtest:
    """Plan the store of a held-out case and replay it, and `policies` beside it; arguments as in `backtest`."""
    for policy in policies:
        policy.on(case.store)  # what they lack is said before the work begins
    made = plan(case.store, rule, objective, inversion, progress=progress)
    if progress is not None:
        progress(f"replaying {case.store.periods} periods on {paths} paths")
    return Backtest(made, compare(made, policies, paths, seed, sales=case.sales), case.seen, case.left_out)


def _history(folder: Folder, holdout: int) -> History:
    """The folder's history, long enough for what is asked."""
    if folder.history is None:
        remedy = "Give demand_history.csv (item_id, period, quantity): only sales that have been can be held out."
        raise DataError(Fault(folder.document.name, "demand without a history", "past sales", remedy))
    past = folder.history.quantity.shape[1]
    most = min(past - FEWEST_SEEN, MOST_PERIODS)
    if isinstance(holdout, bool) or not isinstance(holdout, int | np.integer) or not 1 <= holdout <= most:
        expected = (
            f"a whole number from 1 to {most}" if most >= 1 else f"a history of {FEWEST_SEEN + 1} periods or more"
        )
        remedy = f"The history has {past} periods, and laws are fitted to what is left of it: {FEWEST_SEEN} at least."
        raise DataError(Fault("holdout", repr(holdout), expected, remedy))
    return folder.history


def _budget(budget: Budget | None, periods: int) -> Budget | None:
    """The store's limit for the periods held out: the first ones of a list."""
    if budget is None or budget.limit.size == 1:
        return budget
    if budget.limit.size < periods:
        found, expected = f"a list of {budget.limit.size}", f"one amount, or {periods} or more"
        raise DataError(Fault("[budget] limit", found, expected, "Hold out fewer periods, or give one limit."))
    return Budget(budget.limit[:periods], budget.confidence)
