"""Initial stocks of several materials that last through the cycle with a joint probability, at least cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray, frozen, given_number, given_numbers
from ccinv.deliveries import Deliveries
from ccinv.deliveries.risk import Risk
from ccinv.deliveries.shortages import gaps
from ccinv.errors import DataError, Fault, InfeasibleError
from ccinv.models.initial_stock.costs import Proportional, StockCost
from ccinv.models.initial_stock.multiplier import priced
from ccinv.models.initial_stock.planes import Rows, Unreachable, within_rows
from ccinv.models.initial_stock.question import Question, Values, limited

LEAST_P, MOST_P = 1e-6, 1.0 - 1e-12  # beyond them nothing that is asked for could be told from its opposite
WITHIN = 1e-9  # the same where a linear program finds the bound
LOOSE = 1e-7  # a gap that is worth another method
CLOSE = 1e-12  # gap between cost and bound, relative and for each material, at which the search ends


@dataclass(frozen=True, slots=True, eq=False)
class InitialStock:
    """Initial stocks M and what they come to; (m,) unless said, stocks as shares of what a cycle delivers.

    `reliabilities`: h_j; `reliability`: their product; `shortage_probability`, `expected_shortage` (m, n): just before
    each delivery, 0 beyond a material's last; `cost`: of the stock, `penalty`: expected, of shortages; `bound`: no
    stocks that do what was asked cost less, penalties included; `price_of_reliability`: what one per cent more of it
    would cost, ∂cost/∂log p / 100, NaN where rows couple the materials or none was asked for.
    """

    stock: FloatArray
    cost: float
    penalty: float
    reliabilities: FloatArray
    reliability: float
    shortage_probability: FloatArray
    expected_shortage: FloatArray
    bound: float
    price_of_reliability: float

    @property
    def gap(self) -> float:
        """How far cost and penalty can be above the least possible, relative."""
        total = self.cost + self.penalty
        return (total - self.bound) / total if total > max(self.bound, 0.0) else 0.0


def initial_stock(
    deliveries: Sequence[Deliveries],
    price: ArrayLike | StockCost,
    reliability: float | None = None,
    *,
    shortage_limit: ArrayLike | None = None,
    shortage_price: ArrayLike | None = None,
    lower: ArrayLike = 0.0,
    upper: ArrayLike | None = None,
    rows: tuple[ArrayLike, ArrayLike] | None = None,
) -> InitialStock:
    """The cheapest initial stocks with which, with this probability, no material runs short in the whole cycle.

        min Σ d_j M_j + Σ q_ij E[shortage_ij],   Π h_j(M_j) ≥ p,   E[shortage_ij | shortage_ij] ≤ g_ij,   A·M ≤ b

    `price` (m,): d, $ per unit where a cycle delivers one unit, or a convex `StockCost`. `reliability`: p, from 1e-6 to
    1 − 1e-12; None: none asked for, where there is a limit or a price of shortages. `shortage_limit` g,
    `shortage_price` q: one number, (m,), or (m, n) with n the largest number of deliveries; inf in g: no limit.
    `lower`, `upper`: bounds on M, one number or (m,). `rows`: (A (k, m) ≥ 0, b (k,)). Without any of them: model I of
    the source; with limits: model II; with prices: model III. A DataError lists every fault; InfeasibleError says what
    is attainable.
    Source: Prékopa & Kelle 1978, (3.5), (3.6), (3.8).
    """
    asked = _checked(deliveries, price, reliability, shortage_limit, shortage_price, lower, upper, rows)
    flows = [one.flow for one in deliveries]
    risk = Risk.of(flows)
    least = np.maximum(np.maximum(asked.lower, limited(flows, asked.limit)), 0.0)
    # above the stock that never runs short nothing is gained
    most = np.minimum(asked.upper, np.maximum(risk.most, least))
    if (least > asked.upper).any():
        raise InfeasibleError(_too_low(least, asked))
    if asked.rows is None and not asked.penalty.any():
        # what costs nothing is bought until nothing is gained by it
        least = np.where(asked.cost.slope(most) > 0, least, most)
    steady = gaps([flow.times for flow in flows], [flow.amounts for flow in flows])
    question = Question(flows, risk, steady, asked.cost, asked.penalty, least, most)
    log_p = None if reliability is None else math.log(reliability)
    dual = math.nan
    if asked.rows is None:
        if log_p is not None:
            top = question.values(most)
            if top.log.sum() < log_p:
                raise InfeasibleError(_unreliable(top, reliability, "The upper bounds"))
        found = priced(question, -math.inf if log_p is None else log_p, CLOSE * len(flows))
        values, bound, dual = found.values, found.bound, found.price / 100 if log_p is not None else math.nan
        if log_p is not None and _gap(values, bound) > LOOSE:
            # where gains jump, a linear program over tangents decides what a price cannot
            values, bound = _tightened(question, log_p, values, bound)
    else:
        answer = within_rows(question, asked.rows, log_p, WITHIN)
        if isinstance(answer, Unreachable):
            if answer.values is None:
                raise InfeasibleError("No stocks lie within the rows and bounds, whatever the reliability.")
            raise InfeasibleError(_unreliable(answer.values, reliability, "The rows and bounds"))
        values, bound = answer.values, answer.bound
        asked.rows.verify(values.stock)
    return _record(question, values, bound, dual)


def _gap(values: Values, bound: float) -> float:
    cost = float(values.cost.sum())
    return (cost - bound) / cost if cost > max(bound, 0.0) else 0.0


def _tightened(question: Question, log_p: float, values: Values, bound: float) -> tuple[Values, float]:
    """The cheaper of these stocks and what tangents find, and the higher of the two bounds."""
    none = Rows(np.zeros((0, len(values.stock))), np.zeros(0))
    other = within_rows(question, none, log_p, WITHIN)
    if isinstance(other, Unreachable):
        return values, bound
    better = other.values if other.values.cost.sum() < values.cost.sum() else values
    return better, max(bound, other.bound)


def _record(question: Question, values: Values, bound: float, dual: float) -> InitialStock:
    chance, size = question.shortages(values.stock)
    stock_cost = float(question.cost.at(values.stock).sum())
    return InitialStock(
        stock=frozen(values.stock),
        cost=stock_cost,
        penalty=float(values.cost.sum()) - stock_cost if question.penalty.any() else 0.0,
        reliabilities=frozen(1.0 - values.shortage),
        reliability=float(np.exp(values.log.sum())),
        shortage_probability=frozen(chance),
        expected_shortage=frozen(size),
        bound=min(bound, float(values.cost.sum())),
        price_of_reliability=dual,
    )


def _unreliable(values: Values, reliability: float | None, what: str) -> str:
    weakest = int(np.argmin(values.log))
    return (
        f"{what} allow a joint reliability of at most {math.exp(values.log.sum()):.6g}, where {reliability:g} is asked "
        f"for. The weakest is material {weakest + 1}: {1 - values.shortage[weakest]:.6g} with a stock of "
        f"{values.stock[weakest]:.6g}."
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """The arguments as arrays: (m,) or (m, n)."""

    cost: StockCost
    limit: FloatArray
    penalty: FloatArray
    lower: FloatArray
    upper: FloatArray
    rows: Rows | None


def _too_low(least: FloatArray, asked: _Asked) -> str:
    return "\n".join(
        f"Material {j + 1} needs a stock of at least {least[j]:.6g} for its lower bound and limits of shortages; its "
        f"upper bound is {asked.upper[j]:.6g}."
        for j in np.flatnonzero(least > asked.upper)
    )


def _checked(
    deliveries: Sequence[Deliveries],
    price: ArrayLike | StockCost,
    reliability: object,
    limit: ArrayLike | None,
    penalty: ArrayLike | None,
    lower: ArrayLike,
    upper: ArrayLike | None,
    rows: tuple[ArrayLike, ArrayLike] | None,
) -> _Asked:
    if not isinstance(deliveries, Sequence) or not deliveries or not all(isinstance(d, Deliveries) for d in deliveries):
        found = "none" if isinstance(deliveries, Sequence) and not deliveries else type(deliveries).__name__
        raise DataError(Fault("deliveries", found, "Deliveries of one material or more", "Give a list of Deliveries."))
    m, n = len(deliveries), max(one.number for one in deliveries)
    faults: list[Fault] = []
    p = None if reliability is None else given_number(reliability)
    if reliability is not None and (p is None or not LEAST_P <= p <= MOST_P):
        remedy = f"Did you mean {p / 100:g}?" if p is not None and 1 < p < 100 else "Give 0.95 for 95 %."
        expected = f"a probability from {LEAST_P:g} to 1 - {1 - MOST_P:.0e}"
        faults.append(Fault("reliability", repr(reliability), expected, remedy))
    if reliability is None and limit is None and penalty is None:
        remedy = "Without any of them no stock is the cheapest."
        faults.append(Fault("reliability", "None", "a probability, or limits or prices of shortages", remedy))

    def table(name: str, given: Any, shape: tuple[int, ...], least: float, default: float) -> FloatArray:
        if given is None:
            return np.full(shape, default)
        values = given_numbers(name, given)
        if len(shape) == 2 and values.shape == (m,):
            values = values[:, None]
        if values.shape not in ((), shape, (m, 1)):
            expected = f"one number, or shape {shape}" + (f", or ({m},)" if len(shape) == 2 else "")
            faults.append(Fault(name, f"shape {values.shape}", expected, "Give one for each material."))
            return np.full(shape, default)
        full = np.array(np.broadcast_to(values, shape))
        endless = default == math.inf  # no limit may be said by inf
        for place in np.argwhere(~((full >= least) & (np.isfinite(full) | endless))):
            where = f"{name}, material {place[0] + 1}" + (f", delivery {place[1] + 1}" if len(place) > 1 else "")
            expected = f"a {'' if endless else 'finite '}number >= {least:g}"
            faults.append(Fault(where, f"{full[tuple(place)]:g}", expected, "Correct it."))
        return full

    cost: StockCost = price if isinstance(price, StockCost) else Proportional(table("price", price, (m,), 0.0, 0.0))
    try:
        fits = np.shape(cost.slope(np.zeros(m))) == (m,)
    except ValueError:
        fits = False
    if not fits:
        faults.append(
            Fault("price", "a cost of another size", f"a cost of {m} materials", "Give one for each of them.")
        )
    asked = _Asked(
        cost=cost,
        limit=table("shortage_limit", limit, (m, n), 0.0, math.inf),
        penalty=table("shortage_price", penalty, (m, n), 0.0, 0.0),
        lower=table("lower", lower, (m,), 0.0, 0.0),
        upper=table("upper", upper, (m,), 0.0, math.inf),
        rows=_rows(rows, m, faults),
    )
    if faults:
        raise DataError(faults)
    return asked


def _rows(rows: tuple[ArrayLike, ArrayLike] | None, m: int, faults: list[Fault]) -> Rows | None:
    if rows is None:
        return None
    if not isinstance(rows, Sequence) or len(rows) != 2:
        faults.append(
            Fault("rows", repr(rows), "a pair (A, b)", "Give one row of A and one number of b for each limit.")
        )
        return None
    matrix, most = given_numbers("rows, A", rows[0]), given_numbers("rows, b", rows[1])
    matrix, most = np.atleast_2d(matrix), np.atleast_1d(most)
    if matrix.shape != (len(most), m) or not np.isfinite(matrix).all() or not np.isfinite(most).all():
        found = f"shapes {matrix.shape} and {most.shape}"
        faults.append(Fault("rows", found, f"finite A (k, {m}) and b (k,)", "Give one row for each limit."))
        return None
    for row, column in np.argwhere(matrix < 0):
        place = f"rows, row {row + 1}, material {column + 1}"
        remedy = "Rows limit what stocks take; what a stock must have at least is `lower`."
        faults.append(Fault(place, f"{matrix[row, column]:g}", "a number >= 0", remedy))
    # in units of its own largest entry a row means the same to a solver as any other
    size = matrix.max(axis=1, initial=0.0)
    size = np.where(size > 0, size, 1.0)
    return Rows(matrix / size[:, None], most / size)
