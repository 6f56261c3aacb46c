"""A rule laid out on a store: where each coefficient stands in x, as sparse maps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import sparse

from ccinv.arrays import BoolArray, FloatArray, IntArray
from ccinv.result import CausalRule, PooledRule, Rule
from ccinv.rules.linear import LinearMap
from ccinv.store import Store


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
    return delayed(np.cumsum(store.demand.mean, axis=1), store.orders.lag)


def sales_to_shocks(factor: FloatArray) -> FloatArray:
    """G with B G the weights on sales that equal weights B on shocks: the inverse of L, without what brings nothing."""
    idle = np.diagonal(factor, axis1=1, axis2=2) == 0
    whole = factor + np.eye(factor.shape[1]) * idle[:, None, :]
    inverse: FloatArray = np.linalg.inv(whole)
    return np.tril(np.where(idle[:, None, :], 0.0, inverse))


def delayed(table: FloatArray, lag: int) -> FloatArray:
    """`table` moved `lag` columns to the right, zeros before."""
    moved = np.zeros_like(table)
    if lag < table.shape[1]:
        moved[:, lag:] = table[:, : table.shape[1] - lag]
    return moved


def placed(cells: IntArray, first: int, length: int, size: int, weight: FloatArray | None = None) -> sparse.csr_array:
    """The matrix that puts x[first], x[first + 1], … at the given cells of a vector of the given length."""
    values = np.ones(len(cells)) if weight is None else weight
    entries = (values, (cells, first + np.arange(len(cells))))
    return sparse.csr_array(sparse.coo_array(entries, shape=(length, size)))


def previous(items: int, periods: int) -> sparse.csr_array:
    """The matrix that takes cell (i, t) to the value of (i, t − 1), and to 0 for the first period."""
    return sparse.csr_array(sparse.kron(sparse.eye_array(items), sparse.eye_array(periods, k=-1), format="csr"))


def rises(table: LinearMap, items: int, periods: int) -> LinearMap:
    """table(t) − table(t − 1), with 0 before the first period: what must be ≥ 0 where the table may not fall."""
    return table - table.times(previous(items, periods))


def moving(slope: LinearMap) -> BoolArray:
    """Cells whose slope, or whose predecessor's, is a decision."""
    free: BoolArray = np.diff(slope.matrix.indptr) > 0
    free[1:] |= free[:-1].copy()
    return free
