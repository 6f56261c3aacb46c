"""The multi-period model written constraint by constraint in cvxpy: slow, readable, and independent of the package.

It is the oracle that the planner's optimum is tested against and the rival that its speed is measured against. From the
package it takes nothing but the Store. Every formula is in terms of the explicit orders, with the symbols of the thesis
as corrected (cumulative arrival probabilities, ages t − 1 − s, receipts that depend on demand):

    Y(s) = O(s) − O(s−1) = Σ_k α(s, k) S(k) + β(s)
    E X(t)   = I1 + Σ_q q π(t) + Σ_{s<t} P(t−1−s) E Y(s) − E D(t)
    Var X(t) = Var(Σ_{s<t} P(t−1−s) Y(s) − D(t)) + Σ_{s<t} P(1−P)(t−1−s) (Var Y(s) + (E Y(s))²) + Σ_q q² π(1−π)(t)
    Z(t) = Σ_i c_i (I1_i + Q_i + O_i(t) − D_i(t))

one 2-norm for each cell, each order and each budget period. An item is measured in units of its own demand level and
money in units of the money at stake, since a solver judges feasibility by one norm over all rows.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import cvxpy as cp
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import brentq
from scipy.special import ndtri

import ccinv as cc

FloatArray = NDArray[np.float64]
Kappa = Callable[[float], float]

TIGHT = (1e-10, 1e-9, 1e-8)  # tried in this order, until the solver calls its answer accurate


def normal(level: float) -> float:
    """κ of a Gaussian: Φ⁻¹(level)."""
    return float(ndtri(level))


def cantelli(level: float) -> float:
    """κ for any law with these two moments: √(level/(1 − level))."""
    return float(np.sqrt(level / (1 - level)))


class Item:
    """One item of a store in units of its own demand level; periods are counted from 1, as in the formulas."""

    def __init__(self, store: cc.Store, i: int) -> None:
        mean, sd = store.demand.mean[i], store.demand.sd[i]
        level = max(float(mean.mean()), float(sd.max()))
        self.unit = level if level > 0 else 1.0
        self.periods = store.periods
        self.lag = store.orders.lag
        self.mode = store.orders.nonnegative
        self.important = bool(store.important[i])
        self.unit_cost = float(store.unit_cost[i]) * self.unit
        self.on_hand = float(store.on_hand[i]) / self.unit
        self.mean = mean / self.unit
        correlation = np.eye(self.periods) if store.demand.correlation is None else store.demand.correlation[i]
        value, vector = np.linalg.eigh(correlation)
        # S = mean + root @ shocks, shocks independent with variance one
        self.root = (sd / self.unit)[:, None] * vector * np.sqrt(np.maximum(value, 0.0))
        self.pmf, self.never = store.lead_time.pmf[i], float(store.lead_time.never[i])
        self.open_orders: list[tuple[int, float]] = []
        for k in range(len(store.open_item)):
            assert store.open_orders is not None
            if store.open_item[k] == i:
                self.open_orders.append(
                    (int(store.open_orders.placed[k]), float(store.open_orders.quantity[k]) / self.unit)
                )
        self.on_order = sum(quantity for _, quantity in self.open_orders)

    def arrived(self, age: int) -> float:
        """P(age): the probability that an order has arrived at most `age` periods after it was placed."""
        if age < 0:
            return 0.0
        return 1.0 - self.never - float(self.pmf[age + 1 :].sum())

    def arrived_of_open(self, placed: int, by: int) -> float:
        """π: the probability that an order of period `placed` ≤ 0, still open at the start, has arrived by `by`."""
        before = self.arrived(-placed)
        return (self.arrived(by - placed) - before) / (1 - before)

    def controllable(self, t: int) -> bool:
        """Whether an order of period 1 can have arrived by t − 1."""
        return self.arrived(t - 2) > 1e-12  # 1 − Σ p leaves rounding where the sum is zero


@dataclass
class Form:
    """A rule with its free numbers θ: cumulative orders O(t) = Σ_k (weights[t] @ θ)(k) S(k) + intercept[t] @ θ.

    weights[t]: (N, size), intercept[t]: (size,), for t = 0, ..., N with O(0) = 0; rows: what θ has to satisfy.
    """

    size: int
    weights: list[FloatArray]
    intercept: list[FloatArray]
    rows: Callable[[cp.Variable], list[Any]] = field(default=lambda _theta: [])


FormOf = Callable[[Item], Form]


def thesis(item: Item) -> Form:
    """O(t) = a(t) D(t − lag) − b(t) (I1 + Q), θ = (a, b); important: a ≥ 1, 0 ≤ b ≤ 1, others a, b ≥ 0."""
    n = item.periods
    form = cumulative(item)
    form.intercept = [vector * -(item.on_hand + item.on_order) for vector in form.intercept]

    def rows(theta: cp.Variable) -> list[Any]:
        found = [theta[:n] >= (1 if item.important else 0), theta[n:] >= 0]
        if item.important:
            found.append(theta[n:] <= 1)
        if item.mode == "monotone":
            found.append(theta[n:] == 0)
        return found

    form.rows = rows
    return form


def cumulative(item: Item) -> Form:
    """O(t) = a(t) D(t − lag) + o(t), θ = (a, o); important: a ≥ 1, o ≥ −(I1 + Q), others a ≥ 0."""
    n = item.periods
    weights, intercept = [np.zeros((n, 2 * n))], [np.zeros(2 * n)]
    for t in range(1, n + 1):
        seen, level = np.zeros((n, 2 * n)), np.zeros(2 * n)
        for k in range(1, t - item.lag + 1):
            seen[k - 1, t - 1] = 1.0
        level[n + t - 1] = 1.0
        weights.append(seen)
        intercept.append(level)

    def rows(theta: cp.Variable) -> list[Any]:
        if item.important:
            return [theta[:n] >= 1, theta[n:] >= -(item.on_hand + item.on_order)]
        return [theta[:n] >= 0]

    return Form(2 * n, weights, intercept, rows)


def static(item: Item) -> Form:
    """O(t) = o(t), θ = o: orders fixed in advance."""
    n = item.periods
    return Form(n, [np.zeros((n, n)) for _ in range(n + 1)], [np.zeros(n), *np.eye(n)])


def affine(item: Item) -> Form:
    """O(t) = Σ_{k ≤ t − lag} A(t, k) S(k) + o(t) on the sales themselves, θ = (A by rows, o).

    Important: A(t, k) ≥ 1 for k < t, A(t, t) ≥ 0, o ≥ −(I1 + Q), others A ≥ 0.
    """
    n = item.periods
    seen = [(t, k) for t in range(1, n + 1) for k in range(1, t - item.lag + 1)]
    size = len(seen) + n
    weights, intercept = [np.zeros((n, size)) for _ in range(n + 1)], [np.zeros(size)]
    for place, (t, k) in enumerate(seen):
        weights[t][k - 1, place] = 1.0
    for t in range(1, n + 1):
        level = np.zeros(size)
        level[len(seen) + t - 1] = 1.0
        intercept.append(level)
    least = np.array([1.0 if item.important and k < t else 0.0 for t, k in seen])

    def rows(theta: cp.Variable) -> list[Any]:
        found = [theta[: len(seen)] >= least] if seen else []
        if item.important:
            found.append(theta[len(seen) :] >= -(item.on_hand + item.on_order))
        return found

    return Form(size, weights, intercept, rows)


@dataclass
class Affine:
    """An affine expression of θ for each of several numbers: matrix @ θ + constant."""

    matrix: FloatArray
    constant: FloatArray

    def of(self, theta: cp.Variable) -> Any:
        kept = np.flatnonzero(np.any(self.matrix != 0, axis=1) | (self.constant != 0))  # zeros add nothing to a norm
        if len(kept) == 0:
            return cp.Constant(np.zeros(1))
        return sparse.csr_array(self.matrix[kept]) @ theta + self.constant[kept]


@dataclass
class Cell:
    """A random quantity under the rule: mean, and the vector whose 2-norm is its standard deviation."""

    mean: Any
    factor: Any

    @property
    def sd(self) -> Any:
        return cp.norm(self.factor, 2)


class ItemModel:
    """The moments of one item as cvxpy expressions of its θ, one at a time."""

    def __init__(self, item: Item, form: Form) -> None:
        self.item, self.form = item, form
        self.theta = cp.Variable(form.size)

    def alpha(self, s: int) -> FloatArray:
        """Y(s) = Σ_k (alpha(s) @ θ)(k) S(k) + beta(s) @ θ."""
        return self.form.weights[s] - self.form.weights[s - 1]

    def beta(self, s: int) -> FloatArray:
        return self.form.intercept[s] - self.form.intercept[s - 1]

    def mean_order(self, s: int) -> FloatArray:
        """E Y(s) = mean_order(s) @ θ."""
        mean: FloatArray = self.item.mean @ self.alpha(s) + self.beta(s)
        return mean

    def order(self, s: int) -> Cell:
        """Y(s)."""
        factor = Affine(self.item.root.T @ self.alpha(s), np.zeros(self.item.periods))
        return Cell(self.mean_order(s) @ self.theta, factor.of(self.theta))

    def net_stock(self, t: int) -> Cell:
        """X(t)."""
        item, n = self.item, self.item.periods
        gain = Affine(np.zeros((n, self.form.size)), -(np.arange(1, n + 1) <= t).astype(float))  # of sales on net stock
        mean, level = np.zeros(self.form.size), item.on_hand - float(item.mean[:t].sum())
        matrix, constant = [], []
        for s in range(1, t):
            chance = item.arrived(t - 1 - s)
            gain.matrix += chance * self.alpha(s)
            mean += chance * self.mean_order(s)
            weight = np.sqrt(max(chance * (1 - chance), 0.0))
            matrix += [weight * item.root.T @ self.alpha(s), weight * self.mean_order(s)[None, :]]
            constant += [np.zeros(n), np.zeros(1)]
        matrix.append(item.root.T @ gain.matrix)
        constant.append(item.root.T @ gain.constant)
        spread = 0.0
        for placed, quantity in item.open_orders:
            chance = item.arrived_of_open(placed, t - 1)
            level += quantity * chance
            spread += quantity**2 * max(chance * (1 - chance), 0.0)
        matrix.append(np.zeros((1, self.form.size)))
        constant.append(np.array([np.sqrt(spread)]))
        factor = Affine(np.vstack(matrix), np.concatenate(constant))
        return Cell(mean @ self.theta + level, factor.of(self.theta))

    def obligated(self, t: int) -> Cell:
        """c (I1 + Q + O(t) − D(t))."""
        item, c = self.item, self.item.unit_cost
        gain = Affine(self.form.weights[t].copy(), -(np.arange(1, item.periods + 1) <= t).astype(float))
        mean = item.mean @ gain.matrix + self.form.intercept[t]
        level = item.on_hand + item.on_order - float(item.mean[:t].sum())
        factor = Affine(c * item.root.T @ gain.matrix, c * item.root.T @ gain.constant)
        return Cell(c * (mean @ self.theta + level), factor.of(self.theta))

    def order_rows(self, confidence: float, kappa: Kappa) -> list[Any]:
        """What an order may be, and the due-in and due-out bounds of the rule."""
        found = self.form.rows(self.theta)
        for s in range(1, self.item.periods + 1):
            cell = self.order(s)
            if self.item.mode == "mean":
                found.append(cell.mean >= 0)
            elif self.item.mode == "chance":
                found.append(cell.mean >= kappa(confidence) * cell.sd)
            elif self.item.mode == "monotone":
                found += [self.alpha(s) @ self.theta >= 0, self.beta(s) @ self.theta >= 0]
        return found


@dataclass
class Solution:
    """What came out, in original units, and what it took."""

    status: str
    value: float
    weights: FloatArray
    intercept: FloatArray
    build_seconds: float
    canonical_seconds: float
    solve_seconds: float
    solves: int = 1


class Transcription:
    """The model of a store under a form of rule; each method builds and solves one problem from scratch."""

    def __init__(self, store: cc.Store, form: FormOf, kappa: Kappa, tolerances: tuple[float, ...] = TIGHT) -> None:
        self.store, self.form, self.kappa, self.tolerances = store, form, kappa, tolerances
        items = [Item(store, i) for i in range(store.items)]
        at_stake = sum(i.unit_cost * (abs(i.on_hand) + i.on_order + float(i.mean.sum())) for i in items)
        self.money = at_stake if at_stake > 0 else 1.0

    def minimum_budget(self, gamma: float | None = None) -> Solution:
        """Least constant limit that keeps every promise; with `gamma`, other items score at least gamma as well."""
        limit = cp.Variable()
        begun, models = self._begin()
        rows = self._promises(models) + self._budget(models, [limit] * self.store.periods)
        if gamma is not None:
            rows += [cell.mean >= gamma * cell.sd for cell in self._others(models)]
        return self._solved(begun, models, cp.Minimize(limit), rows, self.money)

    def expected_stock(self) -> Solution:
        """max Σ E X(t) over all cells, other items with E X(t) ≥ 0 where an order can matter; original units."""
        begun, models = self._begin()
        rows = self._promises(models) + self._limits(models)
        rows += [cell.mean >= 0 for cell in self._others(models)]
        largest = max(model.item.unit for model in models)
        total = 0
        for model in models:
            for t in range(1, self.store.periods + 1):
                total += model.item.unit / largest * model.net_stock(t).mean
        return self._solved(begun, models, cp.Maximize(total), rows, largest)

    def shortfall(self, gamma: float) -> Solution:
        """Least v such that every other cell has mean ≥ γ·sd − v (in units of its item): γ is reached where v ≤ 0."""
        excess = cp.Variable()
        begun, models = self._begin()
        rows = self._promises(models) + self._limits(models)
        rows += [cell.mean - gamma * cell.sd >= -excess for cell in self._others(models)]
        return self._solved(begun, models, cp.Minimize(excess), rows, 1.0)

    def max_min(self, highest: float = 64.0) -> Solution:
        """The largest γ ≥ 0 that every other controllable cell can have: a bracketed search over γ."""
        solutions: list[Solution] = []

        def excess(gamma: float) -> float:
            solutions.append(self.shortfall(gamma))
            return solutions[-1].value

        top = 1.0
        while excess(top) < 0 and top < highest:
            top *= 2
        gamma = float(brentq(excess, 0.0, top, xtol=1e-10, rtol=1e-12))
        last = self.shortfall(gamma)
        solutions.append(last)
        last.value = gamma
        last.solves = len(solutions)
        last.build_seconds = sum(s.build_seconds for s in solutions)
        last.canonical_seconds = sum(s.canonical_seconds for s in solutions)
        last.solve_seconds = sum(s.solve_seconds for s in solutions)
        return last

    def _begin(self) -> tuple[float, list[ItemModel]]:
        begun = time.perf_counter()
        models = []
        for i in range(self.store.items):
            item = Item(self.store, i)
            models.append(ItemModel(item, self.form(item)))
        return begun, models

    def _promises(self, models: list[ItemModel]) -> list[Any]:
        """Order rows of all items, service rows of the important ones."""
        rows = []
        for model in models:
            rows += model.order_rows(self.store.orders.confidence, self.kappa)
            for t in range(1, self.store.periods + 1):
                if model.item.important and model.item.controllable(t):
                    cell = model.net_stock(t)
                    rows.append(cell.mean >= self.kappa(self.store.service.alpha) * cell.sd)
        return rows

    def _others(self, models: list[ItemModel]) -> list[Cell]:
        """The controllable cells of items that are not important."""
        return [
            model.net_stock(t)
            for model in models
            for t in range(1, self.store.periods + 1)
            if not model.item.important and model.item.controllable(t)
        ]

    def _limits(self, models: list[ItemModel]) -> list[Any]:
        if self.store.budget is None:
            return []
        return self._budget(models, list(self.store.budget.limits(self.store.periods) / self.money))

    def _budget(self, models: list[ItemModel], limit: list[Any]) -> list[Any]:
        """E Z(t) + κ sd Z(t) ≤ limit(t), money in units of what is at stake; items independent."""
        confidence = 0.95 if self.store.budget is None else self.store.budget.confidence
        rows = []
        for t in range(1, self.store.periods + 1):
            cells = [model.obligated(t) for model in models]
            mean = sum(cell.mean for cell in cells) / self.money
            sd = cp.norm(cp.hstack([cell.factor for cell in cells]) / self.money, 2)
            rows.append(mean + self.kappa(confidence) * sd <= limit[t - 1])
        return rows

    def _solved(self, begun: float, models: list[ItemModel], objective: Any, rows: list[Any], unit: float) -> Solution:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it is slow is known, and the status says the rest
            problem = cp.Problem(objective, rows)
            built = time.perf_counter()
            solving = 0.0
            status = "failed"
            for tolerance in self.tolerances:
                try:
                    problem.solve(
                        solver=cp.CLARABEL,
                        warm_start=False,  # nothing of the last attempt is kept
                        ignore_dpp=True,
                        tol_feas=tolerance,
                        tol_gap_abs=tolerance,
                        tol_gap_rel=tolerance,
                        max_iter=200,
                    )
                except cp.SolverError:  # the problem still holds what the last attempt found: not to be read
                    continue
                status = str(problem.status)
                solving += float(problem.solver_stats.solve_time or 0.0)
                if not status.endswith("inaccurate"):
                    break
        ended = time.perf_counter()
        n, periods = self.store.items, self.store.periods
        weights, intercept = np.full((n, periods, periods), np.nan), np.full((n, periods), np.nan)
        for i, model in enumerate(models):
            if status.startswith("optimal"):
                for t in range(1, periods + 1):
                    weights[i, t - 1] = model.form.weights[t] @ model.theta.value
                    intercept[i, t - 1] = model.item.unit * (model.form.intercept[t] @ model.theta.value)
        value = float(problem.value) * unit if status.startswith("optimal") else np.nan
        return Solution(status, value, weights, intercept, built - begun, ended - built - solving, solving)
