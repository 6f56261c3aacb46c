"""The cone programs of a case written straight into Clarabel: triplets from the formulas, nothing of the package.

With E O(t) in place of the intercept, m(t), so that expectations do not depend on the slopes a:

    E X(t)   = I1 − E D(t) + Σ_j p(j) m(t−1−j)
    Var X(t) = Σ_k Var S(k) e_k² + Σ_s P(1−P)(t−1−s) (a(s)² Var S(s) + (a(s) − a(s−1))² Var D(s−1) + (E Y(s))²)
    e_k = −1 + Σ_{s=k}^{t−1} p(t−1−s) a(s), one number for all k ≤ t − J

that is one cone of at most 4J − 2 deviation rows per promised cell, J + 1 for the sales and 3 for each of the J − 1
orders that may be under way. Items are measured in their own demand level and money in what those levels cost.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import clarabel
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import ndtri

from benchmarks.cases import Case

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

LEVEL = 0.95  # of service and of money alike


@dataclass
class Rows:
    """Affine rows in the making, as triplets: row r has the value Σ entries + constant."""

    row: list[IntArray] = field(default_factory=list)
    column: list[IntArray] = field(default_factory=list)
    value: list[FloatArray] = field(default_factory=list)
    constant_row: list[IntArray] = field(default_factory=list)
    constant: list[FloatArray] = field(default_factory=list)
    length: int = 0

    def new(self, count: int) -> IntArray:
        """Numbers of that many further rows."""
        self.length += count
        return np.arange(self.length - count, self.length)

    def add(self, row: IntArray, column: IntArray, value: FloatArray | float) -> None:
        self.row.append(row)
        self.column.append(column)
        self.value.append(np.broadcast_to(value, row.shape))

    def shift(self, row: IntArray, constant: FloatArray | float) -> None:
        self.constant_row.append(row)
        self.constant.append(np.broadcast_to(constant, row.shape))

    def at(self, size: int) -> tuple[sparse.csc_array, FloatArray]:
        """Matrix and constants of all rows on `size` variables."""
        entries = (np.concatenate(self.value), (np.concatenate(self.row), np.concatenate(self.column)))
        matrix = sparse.csc_array(sparse.coo_array(entries, shape=(self.length, size)))
        constant = np.bincount(np.concatenate(self.constant_row), np.concatenate(self.constant), self.length)
        return matrix, constant


@dataclass(frozen=True, slots=True)
class Bare:
    """A program min q'x, A x + s = b, s in cones, and how its value becomes dollars or units: unit · value + rest."""

    q: FloatArray
    a: sparse.csc_array
    b: FloatArray
    cones: list[Any]
    unit: float
    rest: float


@dataclass(frozen=True, slots=True)
class Found:
    """What the solver says, the optimum in original units, iterations, and seconds on the given clock."""

    status: str
    value: float
    iterations: int
    seconds: float


def minimum_budget(case: Case) -> Bare:
    """min B under the promises of service and of money at B."""
    program = _Program(case, with_limit=True)
    q = np.zeros(program.size)
    q[-1] = 1.0
    return program.finished(q, program.money, 0.0)


def expected_stock(case: Case) -> Bare:
    """max Σ E X(t) under all promises, other items with E X(t) ≥ 0 where an order can matter."""
    program = _Program(case, with_limit=False)
    program.serve_others()
    q = np.zeros(program.size)
    rest = 0.0
    for t in range(1, program.periods + 1):
        rest += float(program.still(t).sum())
        for j in range(min(program.ages, t - 1)):
            np.subtract.at(q, program.m(t - 1 - j), case.pmf[:, j] * program.unit)
    largest = float(np.abs(q).max())
    return program.finished(q / largest, -largest, rest)


def settings() -> Any:
    """The settings of the package's own solves, written out."""
    chosen = clarabel.DefaultSettings()
    chosen.verbose = False
    chosen.max_threads = 1
    chosen.direct_solve_method = "qdldl"
    chosen.equilibrate_enable = False
    chosen.tol_gap_abs = chosen.tol_gap_rel = chosen.tol_feas = 1e-9
    return chosen


def solve(program: Bare) -> Found:
    """Set up and solve; seconds of the processor."""
    size = len(program.q)
    begun = time.process_time()
    found = clarabel.DefaultSolver(
        sparse.csc_array((size, size)), program.q, program.a, program.b, program.cones, settings()
    ).solve()
    seconds = time.process_time() - begun
    return Found(str(found.status), program.unit * found.obj_val + program.rest, found.iterations, seconds)


class _Program:
    """The rows of a case on x = (a, m, and the limit where it is a variable)."""

    def __init__(self, case: Case, *, with_limit: bool) -> None:
        self.case = case
        self.n, self.periods = case.mean.shape
        self.ages = case.pmf.shape[1]
        self.size = 2 * self.n * self.periods + int(with_limit)
        self.unit = np.maximum(case.mean.mean(axis=1), np.sqrt((case.sd**2).mean(axis=1)))
        self.money = float(case.unit_cost @ self.unit)
        self.arrived = np.cumsum(case.pmf, axis=1)
        self.arrived[:, -1] = 1.0
        self.linear, self.conic, self.dimensions = Rows(), Rows(), list[int]()
        self._orders()
        self._service()
        self._money(with_limit)

    def a(self, s: int, item: IntArray | slice = slice(None)) -> IntArray:
        """Columns of a(s)."""
        return (np.arange(self.n) * self.periods + s - 1)[item]

    def m(self, s: int, item: IntArray | slice = slice(None)) -> IntArray:
        """Columns of m(s), in units of the item."""
        return self.n * self.periods + self.a(s, item)

    def sd_sum(self, first: int, last: int) -> FloatArray:
        """Deviation of S(first) + … + S(last), in units of the item."""
        found: FloatArray = np.sqrt((self.case.sd[:, first - 1 : last] ** 2).sum(axis=1)) / self.unit
        return found

    def still(self, t: int) -> FloatArray:
        """I1 − E D(t), units."""
        found: FloatArray = self.case.on_hand - self.case.mean[:, :t].sum(axis=1)
        return found

    def _orders(self) -> None:
        """E Y(s) ≥ 0; a ≥ 1 and o ≥ −I1 for important items, a ≥ 0 for others."""
        important = np.flatnonzero(self.case.important)
        for s in range(1, self.periods + 1):
            row = self.linear.new(self.n)
            self.linear.add(row, self.m(s), 1.0)
            if s > 1:
                self.linear.add(row, self.m(s - 1), -1.0)
            row = self.linear.new(self.n)
            self.linear.add(row, self.a(s), 1.0)
            self.linear.shift(row, -1.0 * self.case.important)
            row = self.linear.new(len(important))
            sold = self.case.mean[important, :s].sum(axis=1)
            self.linear.add(row, self.m(s, important), 1.0)
            self.linear.add(row, self.a(s, important), -sold / self.unit[important])
            self.linear.shift(row, (self.case.on_hand / self.unit)[important])

    def _mean(self, rows: Rows, row: IntArray, t: int, item: IntArray) -> None:
        """E X(t) in units of the item, put into the given rows."""
        for j in range(min(self.ages, t - 1)):
            rows.add(row, self.m(t - 1 - j, item), self.case.pmf[item, j])
        rows.shift(row, (self.still(t) / self.unit)[item])

    def _service(self) -> None:
        """E X(t) ≥ κ sd X(t) for the cells of important items that an order can influence."""
        kappa = float(ndtri(LEVEL))
        for t in range(2, self.periods + 1):
            item = np.flatnonzero(self.case.important & (self.arrived[:, min(t - 2, self.ages - 1)] > 0))
            own = max(1, t - self.ages + 1)  # the first period with a row of its own
            under_way = range(own, t)  # orders s with P(t−1−s) < 1, as ages below J − 1 have
            lots = [s for s in under_way if t - 1 - s < self.ages - 1]
            count = (own > 1) + (t - own) + 1 + sum(3 if s > 1 else 2 for s in lots)
            head = self.conic.new(len(item) * (1 + count)).reshape(len(item), 1 + count).T
            self.dimensions += [1 + count] * len(item)
            self._mean(self.conic, head[0], t, item)
            tail = iter(head[1:])
            if own > 1:
                self._follow(next(tail), t, range(t - self.ages, t), kappa * self.sd_sum(1, own - 1)[item], item)
            for k in range(own, t + 1):
                self._follow(next(tail), t, range(k, t), kappa * self.sd_sum(k, k)[item], item)
            for s in lots:
                reached = self.arrived[item, t - 1 - s]
                weight = kappa * np.sqrt(reached * (1 - reached))
                row = next(tail)
                self.conic.add(row, self.a(s, item), weight * self.sd_sum(s, s)[item])
                row = next(tail)
                self.conic.add(row, self.m(s, item), weight)
                if s > 1:
                    self.conic.add(row, self.m(s - 1, item), -weight)
                    row, change = next(tail), weight * self.sd_sum(1, s - 1)[item]
                    self.conic.add(row, self.a(s, item), change)
                    self.conic.add(row, self.a(s - 1, item), -change)

    def _follow(self, row: IntArray, t: int, orders: range, sd: FloatArray, item: IntArray) -> None:
        """−1 + Σ_s p(t−1−s) a(s), times sd."""
        for s in orders:
            if s >= 1 and t - 1 - s < self.ages:
                self.conic.add(row, self.a(s, item), sd * self.case.pmf[item, t - 1 - s])
        self.conic.shift(row, -sd)

    def _money(self, with_limit: bool) -> None:
        """Σ c (I1 + m(t) − E D(t)) + κ ‖c (a(t) − 1) sd D(t)‖ ≤ limit, in units of money."""
        kappa = float(ndtri(LEVEL))
        price = self.case.unit_cost * self.unit / self.money
        for t in range(1, self.periods + 1):
            head = self.conic.new(1)
            self.conic.add(np.repeat(head, self.n), self.m(t), -price)
            held = float(self.case.unit_cost @ self.still(t)) / self.money
            if with_limit:
                self.conic.add(head, np.array([self.size - 1]), 1.0)
                self.conic.shift(head, -held)
            else:
                assert self.case.limit is not None
                self.conic.shift(head, self.case.limit / self.money - held)
            row = self.conic.new(self.n)
            spread = kappa * price * self.sd_sum(1, t)
            self.conic.add(row, self.a(t), spread)
            self.conic.shift(row, -spread)
            self.dimensions.append(1 + self.n)

    def serve_others(self) -> None:
        """E X(t) ≥ 0 for the other items, where an order can matter."""
        for t in range(2, self.periods + 1):
            item = np.flatnonzero(~self.case.important & (self.arrived[:, min(t - 2, self.ages - 1)] > 0))
            self._mean(self.linear, self.linear.new(len(item)), t, item)

    def finished(self, q: FloatArray, unit: float, rest: float) -> Bare:
        linear, above = self.linear.at(self.size)
        conic, inside = self.conic.at(self.size)
        cones = [clarabel.NonnegativeConeT(self.linear.length)]
        cones += [clarabel.SecondOrderConeT(dimension) for dimension in self.dimensions]
        matrix = sparse.csc_array(-sparse.vstack([linear, conic], format="csc"))
        return Bare(q, matrix, np.concatenate([above, inside]), cones, unit, rest)
