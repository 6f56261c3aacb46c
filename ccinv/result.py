"""What was decided: rules as numbers, the orders they give, and the plan with everything it promises."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ccinv.arrays import BoolArray, FloatArray, IntArray, given_numbers
from ccinv.errors import DataError, Fault
from ccinv.running import increments, running_max
from ccinv.store import Store


class Rule(Protocol):
    """A linear decision rule as numbers: O(t) = Σ_k weights(t, k) S(k) + intercept(t), cumulative orders in units."""

    @property
    def weights(self) -> FloatArray:
        """(n, N, N), lower triangular."""
        ...

    @property
    def intercept(self) -> FloatArray:
        """(n, N), units."""
        ...

    def cumulative(self, sales: FloatArray) -> FloatArray:
        """O(1), ..., O(T) for sales (n, T, ...) of the first T periods: same shape, units."""
        ...

    def rows(self, index: IntArray) -> Rule:
        """The rule of the items at `index`, in that order."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class PooledRule:
    """O(t) = a(t) D(t − lag) + intercept(t): orders follow cumulative sales. a, intercept: (n, N).

    `b` is the thesis's second coefficient, O(t) = a(t) D(t) − b(t)(I1 + Q), where the rule is of that form, else None.
    """

    a: FloatArray
    intercept: FloatArray
    lag: int = 0
    b: FloatArray | None = None

    @property
    def weights(self) -> FloatArray:
        periods = self.a.shape[1]
        seen = np.tri(periods, periods, -self.lag)
        return self.a[:, :, None] * seen

    def cumulative(self, sales: FloatArray) -> FloatArray:
        periods = sales.shape[1]
        extra = (1,) * (sales.ndim - 2)
        seen = np.zeros_like(sales)
        if self.lag < periods:
            np.cumsum(sales[:, : periods - self.lag], axis=1, out=seen[:, self.lag :])
        shape = (len(self.a), periods, *extra)
        return self.a[:, :periods].reshape(shape) * seen + self.intercept[:, :periods].reshape(shape)

    def rows(self, index: IntArray) -> PooledRule:
        b = None if self.b is None else self.b[index]
        return PooledRule(self.a[index], self.intercept[index], self.lag, b)


@dataclass(frozen=True, slots=True, eq=False)
class CausalRule:
    """O(t) = Σ_{k ≤ t − lag} weights(t, k) S(k) + intercept(t): every past period has its own weight."""

    weights: FloatArray
    intercept: FloatArray

    def cumulative(self, sales: FloatArray) -> FloatArray:
        periods = sales.shape[1]
        extra = (1,) * (sales.ndim - 2)
        found: FloatArray = np.einsum("itk,ik...->it...", self.weights[:, :periods, :periods], sales)
        return found + self.intercept[:, :periods].reshape(len(self.intercept), periods, *extra)

    def rows(self, index: IntArray) -> CausalRule:
        return CausalRule(self.weights[index], self.intercept[index])


def caught_up(cumulative: FloatArray, whole: bool) -> FloatArray:
    """The orders really placed, (n, T, ...), where a rule asks for the cumulative amounts O(1), ..., O(T).

        y(s) = max(0, O(s) − (y(1) + … + y(s−1))), so that y(1) + … + y(t) = max(0, O(1), …, O(t))

    `whole` rounds the cumulative amount up to whole units.
    """
    total = running_max(np.maximum(cumulative, 0.0))
    if whole:
        total = np.ceil(total - 1e-9 * np.maximum(total, 1.0))  # 3.0000000001 units are three
    return increments(total)


def executed(rule: Rule, sales: FloatArray, whole: bool) -> FloatArray:
    """The orders that `rule` really places for the sales seen, (n, T, ...): catching up and never negative."""
    return caught_up(rule.cumulative(sales), whole)


class Judged(Protocol):
    """What a replay found in each cell, (n, N): service, its confidence limits, and a verdict (empty: no promise)."""

    @property
    def service(self) -> FloatArray: ...

    @property
    def low(self) -> FloatArray: ...

    @property
    def high(self) -> FloatArray: ...

    @property
    def verdict(self) -> NDArray[np.object_]: ...


@dataclass(frozen=True, slots=True)
class OutOfReach:
    """A cell that cannot have what was asked: item and period (positions from 0), probabilities, and who is to blame.

    `attained` is the probability it has in the plan, `alone` the best it could have if money were no object and nothing
    else were asked for; `blame` is "budget", "lead time", "rule" or "together" (with others of its item).
    """

    item: int
    period: int
    asked: float
    attained: float
    alone: float
    blame: str


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """How the multipliers of a plan were found by simulation, and what independent paths say of it.

    `base`: the inversion it started from. `accepted`: with `confidence` for all promises together none is below its
    level by more than `within`. `paths`, `seed`: of the independent simulation. `values`, `missing`: the objective's
    value and the worst shortfall in probability of each round. kappa, order_kappa (n, N), budget_kappa (N,): the
    multipliers; overrun (N,), dollars beyond any multiple. service, orders (n, N), budget (N,): simulated shares of
    paths that are not short, on which the rule orders nothing negative, within the limit.
    """

    base: str
    accepted: bool
    confidence: float
    within: float
    paths: int
    seed: int
    values: tuple[float, ...]
    missing: tuple[float, ...]
    kappa: FloatArray
    order_kappa: FloatArray
    budget_kappa: FloatArray
    overrun: FloatArray
    service: FloatArray
    orders: FloatArray
    budget: FloatArray
    words: tuple[str, ...]

    @property
    def promised(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """What is promised of service, orders and budget: what was simulated."""
        return self.service, self.orders, self.budget


def _by_item(record: Any, index: IntArray, other: tuple[str, ...]) -> dict[str, Any]:
    """The tables of a record, (n, N) each, with their items in another order."""
    tables = {one.name: getattr(record, one.name) for one in fields(record) if one.name not in other}
    return {name: table[index] for name, table in tables.items() if isinstance(table, np.ndarray) and table.ndim == 2}


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Ordering rules for a store, with what they promise; every number in original units.

    rule: coefficients. mean, sd (n, N): net stock X(t) after the sales of t. promised (n, N): P{X(t) ≥ 0} that the
    inversion guarantees. asked (n, N): the level promised where there is a promise, NaN elsewhere. order_mean,
    order_sd (n, N): Y(t) as the rule has it; order_promised, order_asked (n, N) likewise for P{Y(t) ≥ 0}.
    budget_mean, budget_sd, budget_promised, budget_asked (N,): dollars obligated; budget_limit (N,) or None.
    controllable (n, N). objective_value: see the objective. levels: scores of the lexicographic levels of max-min.
    gap: how far the objective can be from the optimum of its cone program at most, relative; NaN for a plan found by
    simulation, of which no program knows. order_up_to: the objective's value that order-up-to levels found by
    simulation have, NaN where none were sought; bound: one that no ordering policy whatever can better, NaN where none
    is known. dependence: how receipts hang on sales in mean and sd. calibration: how the plan was found by simulation,
    None for any other inversion; promised probabilities are then simulated ones, and mean, sd, order_mean, order_sd,
    budget_mean and budget_sd are those of orders as they are executed, where levels were found.
    """

    store: Store
    rule: Rule
    mean: FloatArray
    sd: FloatArray
    promised: FloatArray
    asked: FloatArray
    controllable: BoolArray
    order_mean: FloatArray
    order_sd: FloatArray
    order_promised: FloatArray
    order_asked: FloatArray
    budget_limit: FloatArray | None
    budget_mean: FloatArray
    budget_sd: FloatArray
    budget_promised: FloatArray
    budget_asked: FloatArray
    objective: str
    inversion: str
    rule_name: str
    objective_value: float
    levels: tuple[float, ...]
    out_of_reach: tuple[OutOfReach, ...]
    solves: int
    solver_seconds: float
    gap: float
    notes: tuple[str, ...] = ()
    dependence: str = "FollowingSales"
    order_up_to: float = float("nan")
    bound: float = float("nan")
    calibration: Calibration | None = None

    def reordered(self, store: Store, index: IntArray) -> Plan:
        """The same plan for a store that has its items in another order: item k there is item index[k] here."""
        found = _by_item(self, index, ("rule", "store", "calibration"))
        place = np.argsort(index)
        beyond = sorted(
            (replace(cell, item=int(place[cell.item])) for cell in self.out_of_reach),
            key=lambda cell: (cell.item, cell.period),
        )
        known = self.calibration
        calibration = None if known is None else replace(known, **_by_item(known, index, ()))
        return replace(
            self, store=store, rule=self.rule.rows(index), out_of_reach=tuple(beyond), calibration=calibration, **found
        )

    def orders(self, sales: FloatArray) -> FloatArray:
        """Executed orders (n, T) for the sales (n, T) seen in periods 1..T, every one of them; DataError otherwise."""
        seen = given_numbers("sales", sales)
        items, periods = self.mean.shape
        if seen.ndim != 2 or seen.shape[0] != items or not 1 <= seen.shape[1] <= periods:
            expected = f"({items}, T): items of the store by periods 1..T, T from 1 to {periods}"
            remedy = "Give one row per item and one column per period that is over."
            raise DataError(Fault("sales", f"shape {seen.shape}", expected, remedy))
        wrong = np.argwhere(~np.isfinite(seen))
        if len(wrong):
            remedy = "Write 0 where nothing was sold; leave out a period that is not over yet."
            raise DataError(
                [
                    Fault(f"sales of {self.store.item_id[i]}, period {t + 1}", f"{seen[i, t]}", "a number", remedy)
                    for i, t in wrong
                ]
            )
        return executed(self.rule, seen, self.store.orders.whole)

    def columns(self, audit: Judged | None = None) -> dict[str, NDArray[Any]]:
        """The plan as a long table, item by item and period by period: name of column → (n · N,) values.

        Numbers are NaN, and text is None, where there is nothing to say: no a and b where the rule has none, no
        audited columns without `audit`, no verdict where nothing was promised.
        """
        items, periods = self.mean.shape
        nothing = np.full((items, periods), np.nan)
        pooled = self.rule if isinstance(self.rule, PooledRule) else None
        verdict = np.full((items, periods), None, dtype=object)
        if audit is not None:
            given = np.array([[str(cell) for cell in row] for row in audit.verdict], dtype=object)
            verdict[given != ""] = given[given != ""]
        tables = {
            "a": nothing if pooled is None else pooled.a,
            "b": nothing if pooled is None or pooled.b is None else pooled.b,
            "intercept": self.rule.intercept,
            "expected_order": self.order_mean,
            "expected_stock": self.mean,
            "sd_stock": self.sd,
            "promised": self.promised,
            "audited": nothing if audit is None else audit.service,
            "audited_low": nothing if audit is None else audit.low,
            "audited_high": nothing if audit is None else audit.high,
            "verdict": verdict,
        }
        return {
            "item_id": np.repeat(np.array(self.store.item_id, dtype=object), periods),
            "period": np.tile(np.arange(1, periods + 1), items),
            "period_start": np.tile(np.array(self.store.calendar, dtype=object), items),
            **{name: np.asarray(table).reshape(-1) for name, table in tables.items()},
        }

    def to_frame(self, like: Any = None, audit: Judged | None = None) -> Any:
        """The table of `columns` as a data frame of the same kind as `like` (pandas, polars, Arrow); polars if None."""
        import narwhals as nw

        backend: Any = "polars" if like is None else nw.from_native(like, allow_series=True).implementation
        text = {"item_id", "period_start", "verdict"}
        return nw.from_dict(
            {
                name: nw.new_series(name, values.tolist(), nw.String, backend=backend)
                if name in text
                else nw.new_series(name, values, backend=backend)
                for name, values in self.columns(audit).items()
            }
        ).to_native()
