"""Linear decision rules: how cumulative orders may follow the sales seen, and where each coefficient stands in x."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from scipy import sparse

from ccinv.arrays import BoolArray, FloatArray, IntArray
from ccinv.covariance import causal_factor, cumulative_variance
from ccinv.result import CausalRule, PooledRule, Rule
from ccinv.store import Store


@dataclass(frozen=True, slots=True, eq=False)
class LinearMap:
    """Numbers that are affine in x: matrix · x + constant."""

    matrix: sparse.csr_array
    constant: FloatArray

    def at(self, x: FloatArray) -> FloatArray:
        found: FloatArray = self.matrix @ x + self.constant
        return found

    def __sub__(self, other: LinearMap) -> LinearMap:
        return LinearMap(sparse.csr_array(self.matrix - other.matrix), self.constant - other.constant)

    def times(self, left: Any) -> LinearMap:
        """left · (matrix · x + constant), for a sparse matrix `left`."""
        return LinearMap(sparse.csr_array(left @ self.matrix), np.asarray(left @ self.constant))

    def plus(self, constant: FloatArray) -> LinearMap:
        return LinearMap(self.matrix, self.constant + constant)

    def rows(self, chosen: BoolArray | IntArray) -> LinearMap:
        where = np.flatnonzero(chosen) if chosen.dtype == np.bool_ else chosen
        return LinearMap(self.matrix[where], self.constant[where])


def stacked(*maps: LinearMap) -> LinearMap:
    """The maps one below the other."""
    matrix = sparse.csr_array(sparse.vstack([part.matrix for part in maps], format="csr"))
    return LinearMap(matrix, np.concatenate([part.constant for part in maps]))


def item_scale(store: Store) -> FloatArray:
    """One natural amount per item, (n,), units: what the solver measures the item in, so that no unit matters."""
    mean = store.demand.mean.mean(axis=1)
    deviation = np.sqrt((store.demand.sd**2).mean(axis=1))
    scale = np.maximum(mean, deviation)
    idle = np.maximum(np.abs(store.on_hand), store.on_order)
    scale = np.where(scale > 0, scale, idle)
    return np.where(scale > 0, scale, 1.0)


class Layout(Protocol):
    """A rule on a store: what each entry of the decision vector x means, as sparse maps."""

    @property
    def store(self) -> Store: ...

    @property
    def size(self) -> int:
        """Number of decisions."""
        ...

    @property
    def scale(self) -> FloatArray:
        """The natural size of each entry of x, (size,)."""
        ...

    @property
    def level(self) -> LinearMap:
        """E O(t), cumulative orders in expectation, (n·N,), units."""
        ...

    @property
    def bounds(self) -> LinearMap:
        """What must be ≥ 0 so that every due-out of an important item that the rule can see is covered by a due-in."""
        ...

    @property
    def monotone(self) -> LinearMap:
        """What must be ≥ 0 so that no order is negative where demand is not."""
        ...

    def rule_at(self, x: FloatArray) -> Rule:
        """The rule as numbers."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class PooledLayout:
    """O(t) = a(t) (D(t − lag) − E D(t − lag)) + E O(t), with a(t) and E O(t) affine in x.

    Written around the mean: then expectations do not depend on the slopes, and deviations not on the levels.
    """

    store: Store
    size: int
    scale: FloatArray
    slope: LinearMap
    level: LinearMap
    bounds: LinearMap
    monotone: LinearMap
    b: LinearMap | None = None

    def unpack(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The coefficients by name, (n, N) each: a and b of the thesis's rule, a and the intercept of the others."""
        rule = self.rule_at(np.asarray(x, dtype=np.float64))
        return rule.a, rule.intercept if rule.b is None else rule.b

    def rule_at(self, x: FloatArray) -> PooledRule:
        shape = self.store.demand.mean.shape
        slope = self.slope.at(x).reshape(shape)
        intercept = self.level.at(x).reshape(shape) - slope * seen_mean(self.store)
        b = None if self.b is None else self.b.at(x).reshape(shape)
        return PooledRule(slope, intercept, self.store.orders.lag, b)


@dataclass(frozen=True, slots=True, eq=False)
class ShockLayout:
    """O(t) = Σ_{k ≤ t − lag} B(t, k) ε(k) + E O(t) on the whitened shocks ε of S = E S + L ε.

    `shock`: B flattened, (n·N·N,), affine in x; `factor`: L, (n, N, N), lower triangular, zero columns where a period
    brings nothing new. As rich as weights on the sales themselves, and far better conditioned.
    """

    store: Store
    size: int
    scale: FloatArray
    shock: LinearMap
    factor: FloatArray
    level: LinearMap
    bounds: LinearMap
    monotone: LinearMap

    def unpack(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Weights A(t, k) on sales, (n, N, N), and intercepts, (n, N)."""
        rule = self.rule_at(np.asarray(x, dtype=np.float64))
        return rule.weights, rule.intercept

    def rule_at(self, x: FloatArray) -> CausalRule:
        items, periods = self.store.demand.mean.shape
        shock = self.shock.at(x).reshape(items, periods, periods)
        weights = shock @ sales_to_shocks(self.factor)
        intercept = self.level.at(x).reshape(items, periods) - np.einsum("itk,ik->it", weights, self.store.demand.mean)
        return CausalRule(weights, intercept)


def seen_mean(store: Store) -> FloatArray:
    """E D(t − lag), the expectation of what a pooled rule sees, (n, N)."""
    return _delayed(np.cumsum(store.demand.mean, axis=1), store.orders.lag)


def sales_to_shocks(factor: FloatArray) -> FloatArray:
    """G with B G the weights on sales that equal weights B on shocks: the inverse of L, without what brings nothing."""
    idle = np.diagonal(factor, axis1=1, axis2=2) == 0
    whole = factor + np.eye(factor.shape[1]) * idle[:, None, :]
    inverse: FloatArray = np.linalg.inv(whole)
    return np.tril(np.where(idle[:, None, :], 0.0, inverse))


def _delayed(table: FloatArray, lag: int) -> FloatArray:
    """`table` moved `lag` columns to the right, zeros before."""
    moved = np.zeros_like(table)
    if lag < table.shape[1]:
        moved[:, lag:] = table[:, : table.shape[1] - lag]
    return moved


def _placed(cells: IntArray, first: int, length: int, size: int, weight: FloatArray | None = None) -> sparse.csr_array:
    """The matrix that puts x[first], x[first + 1], … at the given cells of a vector of the given length."""
    values = np.ones(len(cells)) if weight is None else weight
    entries = (values, (cells, first + np.arange(len(cells))))
    return sparse.csr_array(sparse.coo_array(entries, shape=(length, size)))


def _previous(items: int, periods: int) -> sparse.csr_array:
    """The matrix that takes cell (i, t) to the value of (i, t − 1), and to 0 for the first period."""
    return sparse.csr_array(sparse.kron(sparse.eye_array(items), sparse.eye_array(periods, k=-1), format="csr"))


def _rises(table: LinearMap, items: int, periods: int) -> LinearMap:
    """table(t) − table(t − 1), with 0 before the first period: what must be ≥ 0 where the table may not fall."""
    return table - table.times(_previous(items, periods))


@dataclass(frozen=True, slots=True)
class Cumulative:
    """O(t) = a(t) D(t − lag) + o(t), o free in sign: as cheap as the thesis's rule, which it contains.

    Important items: a ≥ 1 and o ≥ −(I1 + Q), so that due-outs are covered by due-ins; others a ≥ 0.
    """

    def on(self, store: Store) -> PooledLayout:
        """Lay the rule out for a store: x holds the slopes a that matter, then E O(t), all n·N of them."""
        return _pooled(store, with_slopes=True)


@dataclass(frozen=True, slots=True)
class Static:
    """O(t) = o(t): orders fixed in advance. No due-out bound: orders that ignore sales cannot cover every due-out."""

    def on(self, store: Store) -> PooledLayout:
        """Lay the rule out for a store: x holds O(t), all n·N of them."""
        return _pooled(store, with_slopes=False)


def _pooled(store: Store, *, with_slopes: bool) -> PooledLayout:
    items, periods = store.demand.mean.shape
    cells = items * periods
    variance = cumulative_variance(store) if with_slopes else np.zeros((items, periods))
    decided = _delayed(variance, store.orders.lag) > 0
    if with_slopes and store.orders.nonnegative == "monotone":
        decided |= seen_mean(store) > 0  # a slope held down in a certain period would hold the later intercepts up
    slopes = np.flatnonzero(decided.ravel())
    size = len(slopes) + cells
    least = np.where(store.important, 1.0, 0.0) if with_slopes else np.zeros(items)
    # any other slope on sales that never vary changes nothing: it stays at its bound
    fixed = np.repeat(least, periods)
    fixed[slopes] = 0.0
    slope = LinearMap(_placed(slopes, 0, cells, size), fixed)
    level = LinearMap(_placed(np.arange(cells), len(slopes), cells, size), np.zeros(cells))
    intercept = level - slope.times(sparse.diags_array(seen_mean(store).ravel()))
    bounds = LinearMap(sparse.csr_array((0, size)), np.zeros(0))
    if with_slopes:
        important = np.repeat(store.important, periods)
        start = np.repeat(store.on_hand + store.on_order, periods)
        bounds = stacked(slope.plus(-np.repeat(least, periods)).rows(slopes), intercept.plus(start).rows(important))
    rising = _rises(intercept, items, periods)
    monotone = stacked(_rises(slope, items, periods).rows(_moving(slope)), rising) if with_slopes else rising
    scale = np.concatenate([np.ones(len(slopes)), np.repeat(item_scale(store), periods)])
    return PooledLayout(store, size, scale, slope, level, bounds, monotone)


def _moving(slope: LinearMap) -> BoolArray:
    """Cells whose slope, or whose predecessor's, is a decision."""
    free: BoolArray = np.diff(slope.matrix.indptr) > 0
    free[1:] |= free[:-1].copy()
    return free


@dataclass(frozen=True, slots=True)
class Thesis:
    """O(t) = a(t) D(t − lag) − b(t)(I1 + Q), the rule of the thesis (where Q = 0).

    Important items: a ≥ 1, 0 ≤ b ≤ 1; others a, b ≥ 0. Source: Newton 1990, §3.5.2.
    """

    def on(self, store: Store) -> PooledLayout:
        """Lay the rule out for a store: x holds the a that matter, then the b that matter."""
        items, periods = store.demand.mean.shape
        cells = items * periods
        start = np.repeat(store.on_hand + store.on_order, periods)
        seen = seen_mean(store).ravel()
        variance = cumulative_variance(store)
        slopes = np.flatnonzero((_delayed(variance, store.orders.lag).ravel() > 0) | (seen > 0))
        # where the rule may never fall only b = 0 is sure to, so that b is no decision there
        offsets = np.flatnonzero((start != 0) & (store.orders.nonnegative != "monotone"))
        size = len(slopes) + len(offsets)
        important = np.repeat(store.important, periods)
        fixed = important.astype(np.float64)
        fixed[slopes] = 0.0
        slope = LinearMap(_placed(slopes, 0, cells, size), fixed)
        b = LinearMap(_placed(offsets, len(slopes), cells, size), np.zeros(cells))
        intercept = LinearMap(sparse.csr_array(sparse.diags_array(-start) @ b.matrix), np.zeros(cells))
        follows = slope.times(sparse.diags_array(seen))
        level = LinearMap(sparse.csr_array(follows.matrix + intercept.matrix), follows.constant)
        capped = np.intersect1d(offsets, np.flatnonzero(important))
        most = LinearMap(sparse.csr_array(-b.matrix), np.ones(cells)).rows(capped)
        bounds = stacked(slope.plus(-important.astype(np.float64)).rows(slopes), b.rows(offsets), most)
        monotone = _rises(slope, items, periods).rows(_moving(slope))
        unit = np.repeat(item_scale(store), periods)[offsets] / np.abs(start[offsets])
        scale = np.concatenate([np.ones(len(slopes)), unit])
        return PooledLayout(store, size, scale, slope, level, bounds, monotone, b)


@dataclass(frozen=True, slots=True)
class Affine:
    """O(t) = Σ_{k ≤ t − lag} A(t, k) S(k) + o(t): every causal linear rule, with its own weight for every past period.

    Important items: A(t, k) ≥ 1 for the sales before t, A(t, t) ≥ 0, o ≥ −(I1 + Q); others A ≥ 0.
    """

    def on(self, store: Store) -> ShockLayout:
        """Lay the rule out for a store: x holds the shock weights B that matter, then E O(t), all n·N of them."""
        items, periods = store.demand.mean.shape
        cells = items * periods
        factor = causal_factor(store)
        alive = np.diagonal(factor, axis1=1, axis2=2) > 0
        causal = np.tri(periods, periods, -store.orders.lag, dtype=bool)
        free = np.flatnonzero((alive[:, None, :] & causal).ravel())
        size = len(free) + cells
        shock = LinearMap(_placed(free, 0, cells * periods, size), np.zeros(cells * periods))
        level = LinearMap(_placed(np.arange(cells), len(free), cells, size), np.zeros(cells))
        weights = shock.times(_blocks(sales_to_shocks(factor)))
        mean = sparse.kron(sparse.eye_array(cells), np.ones((1, periods))) @ sparse.diags_array(
            np.repeat(store.demand.mean, periods, axis=0).ravel()
        )
        intercept = level - weights.times(mean)
        important = np.repeat(store.important, periods)
        before = np.broadcast_to(np.tri(periods, periods, -1), (items, periods, periods))
        least = (before * store.important[:, None, None]).ravel()
        start = np.repeat(store.on_hand + store.on_order, periods)
        bounds = stacked(weights.plus(-least).rows(free), intercept.plus(start).rows(important))
        wide = sparse.kron(_previous(items, periods), sparse.eye_array(periods), format="csr")
        monotone = stacked((weights - weights.times(wide)).rows(free), _rises(intercept, items, periods))
        unit = np.repeat(item_scale(store), periods * periods)[free]
        scale = np.concatenate([unit, np.repeat(item_scale(store), periods)])
        return ShockLayout(store, size, scale, shock, factor, level, bounds, monotone)


def _blocks(right: FloatArray) -> sparse.csr_array:
    """The matrix that takes B (n, N, N), flattened, to B · right, flattened."""
    items, periods, _ = right.shape
    i, t, k, last = np.ogrid[:items, :periods, :periods, :periods]
    row = np.broadcast_to((i * periods + t) * periods + last, (items, periods, periods, periods))
    column = np.broadcast_to((i * periods + t) * periods + k, row.shape)
    value = np.broadcast_to(right[:, None, :, :], row.shape)
    keep = value.ravel() != 0
    entries = (value.ravel()[keep], (row.ravel()[keep], column.ravel()[keep]))
    size = items * periods * periods
    return sparse.csr_array(sparse.coo_array(entries, shape=(size, size)))
