"""Other ways to the levels of a single period: the linear program, the convex program, and trying everything.

None of them shares a formula with the package: they are the programs (2.9), (2.5) and (2.1) of the thesis as stated.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linprog

import ccinv as cc

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Instance:
    """One question: values and probabilities (n, K), unit costs and weights (n,), a budget."""

    values: FloatArray
    probabilities: FloatArray
    unit_cost: FloatArray
    weight: FloatArray
    budget: float

    def levels(self, integer: bool = False) -> Any:
        law = cc.demand.Discrete(self.values, self.probabilities)
        return cc.single_period(law, self.unit_cost, self.weight, self.budget, integer)

    def objective(self, levels: FloatArray) -> float:
        """Σ π Σ p [θ − y]⁺, summed term by term."""
        terms = self.probabilities * np.maximum(self.values - np.asarray(levels)[:, None], 0)
        return float(self.weight @ terms.sum(axis=1))

    @property
    def start(self) -> float:
        """The objective without any stock: the size of everything else."""
        return self.objective(np.zeros(len(self.weight)))


def drawn(rng: np.random.Generator, whole: bool | None = None, most_items: int = 4, most_value: int = 9) -> Instance:
    """A small instance: zero demand, ties, free items and items without weight all happen; budgets from 0 to plenty."""
    n, k = int(rng.integers(1, most_items + 1)), int(rng.integers(1, 6))
    values = rng.integers(0, most_value + 1, (n, k)).astype(np.float64)
    if not (rng.random() < 0.5 if whole is None else whole):
        values = np.round(values * rng.uniform(0.3, 1.0), int(rng.integers(1, 4)))
    probabilities = rng.dirichlet(np.ones(k), n) if rng.random() < 0.7 else np.full((n, k), 1 / k)
    unit_cost = np.round(rng.lognormal(1, 1, n), 2) if rng.random() < 0.7 else rng.integers(1, 4, n).astype(np.float64)
    weight = rng.uniform(0.2, 3, n) if rng.random() < 0.7 else np.ones(n)
    unit_cost[rng.random(n) < 0.05] = 0.0
    weight[rng.random(n) < 0.05] = 0.0
    share = rng.choice([0.0, rng.uniform(0, 0.5), rng.uniform(0, 1), 1.5], p=[0.05, 0.45, 0.4, 0.1])
    return Instance(values, probabilities, unit_cost, weight, float(share * (unit_cost @ values.max(axis=1))))


def linear_program(given: Instance) -> float:
    """(2.9): min Σ π/2 Σ p (δ⁺ + δ⁻ + θ − y), Σ c y ≤ Imax, y + δ⁺ − δ⁻ = θ; by the simplex method."""
    n, k = given.values.shape
    half = (given.weight[:, None] * given.probabilities / 2).ravel()
    cost = np.concatenate([-half.reshape(n, k).sum(axis=1), half, half])
    ties = sparse.hstack([sparse.kron(sparse.eye_array(n), np.ones((k, 1))), sparse.eye_array(n * k),
                          -sparse.eye_array(n * k)])  # fmt: skip
    money = np.concatenate([given.unit_cost, np.zeros(2 * n * k)])[None, :]
    found = linprog(
        cost, money, [given.budget], ties, given.values.ravel(), bounds=(0, None), method="highs-ds",
        options={"dual_feasibility_tolerance": 1e-10, "primal_feasibility_tolerance": 1e-10},
    )  # fmt: skip
    assert found.status == 0, found.message
    return float(found.fun + half @ given.values.ravel())


def convex_programs(given: Sequence[Instance]) -> FloatArray:
    """(2.5): min Σ π Σ p [θ − y]⁺, Σ c y ≤ Imax, y ≥ 0, for many instances in one interior-point solve."""
    import cvxpy as cp

    ends = np.cumsum([len(one.weight) for one in given])
    y = cp.Variable(int(ends[-1]), nonneg=True)
    parts, rows, sums = [], [], []
    for one, first, last in zip(given, ends - [len(one.weight) for one in given], ends, strict=True):
        unit = one.start or 1.0  # every instance counts alike, whatever its weights
        column = np.repeat(np.arange(first, last), one.values.shape[1])
        parts.append((column, one.values.ravel(), (one.weight[:, None] * one.probabilities).ravel() / unit))
        rows.append(one.unit_cost @ y[first:last] <= one.budget)
        sums.append(unit)
    column, value, chance = (np.concatenate(one) for one in zip(*parts, strict=True))
    problem = cp.Problem(cp.Minimize(chance @ cp.pos(value - y[column])), rows)
    problem.solve(
        solver=cp.CLARABEL, tol_gap_abs=1e-10, tol_gap_rel=1e-10, tol_feas=1e-10, ignore_dpp=True, max_threads=1
    )
    assert problem.status == "optimal"
    levels = np.maximum(y.value, 0)
    return np.array(
        [one.objective(levels[last - len(one.weight) : last]) for one, last in zip(given, ends, strict=True)]
    )


def all_tried(given: Instance) -> float:
    """(2.1): the least objective of all whole levels that the budget allows, one by one."""
    ranges = [np.arange(np.ceil(values.max()) + 1) for values in given.values]
    tried = np.array(list(itertools.product(*ranges)))
    affordable = tried[tried @ given.unit_cost <= given.budget * (1 + 1e-12)]
    short = np.maximum(given.values[None] - affordable[:, :, None], 0)
    return float(np.einsum("sik,ik,i->s", short, given.probabilities, given.weight).min())
