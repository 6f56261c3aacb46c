"""How the risk of a group is shared among its cells by Boole's bound: equally, or where safety is dear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ccinv.arrays import FloatArray, IntArray
from ccinv.errors import InfeasibleError, SolverError
from ccinv.inversion.inversion import Inversion
from ccinv.joint.promises import summed
from ccinv.joint.question import LEAST_RISK, MOST_RISK, Question
from ccinv.result import Plan

GRID = 600  # risks at which the slope of κ is known
HALVINGS = 60
IDLE = 1e-6  # of the dearest cell of a group: a cell with less of a price has more safety than it was asked for
FURTHEST = 3.0  # times that a risk is multiplied or divided in one round: prices hold near the plan they come from
STEPS = (1.0, 0.4, 0.15)  # of the way to the split that prices ask for


@dataclass(frozen=True, slots=True, eq=False)
class Planned:
    """A plan with the risk that each cell was given, (n, N), and the objective's value in each round."""

    plan: Plan
    risk: FloatArray
    values: tuple[float, ...]


class Split(Protocol):
    """A way to give cells their risks."""

    def pursue(self, question: Question) -> Planned: ...


@dataclass(frozen=True, slots=True)
class Equal:
    """Every cell of a group may be short with the same probability (1 − α) / m.

    P{some cell short} ≤ Σ_c P{cell c short} ≤ 1 − α, whatever the dependence. Source: Boole 1847.
    """

    def pursue(self, question: Question) -> Planned:
        groups = question.groups
        share = np.zeros(groups.cells.shape)
        share[groups.cells] = ((1 - groups.alpha) / groups.sizes)[groups.owner]
        found = question.plan(share)
        return Planned(found, share, (found.objective_value,))


@dataclass(frozen=True, slots=True)
class Optimised:
    """Risk is moved to cells where safety is dear, by turns with planning; a step counts if the objective improves.

        min Σ_c λ_c sd_c κ(1 − ε_c)  such that  Σ_c ε_c = 1 − α in each group

    λ: dual values of the last plan. A cell with more safety than it was asked for gives its risk to the others. With
    the deviations themselves at choice the whole is bilinear: it is improved, for `rounds` steps at most, not solved.
    """

    rounds: int = 8

    def pursue(self, question: Question) -> Planned:
        best = Equal().pursue(question)
        values = list(best.values)
        for _ in range(self.rounds):
            price = question.price(best.risk)
            if price is None:
                break
            before = best
            for step in STEPS:
                risk = moved(question, best, price, step)
                try:
                    found = question.plan(risk)
                except (InfeasibleError, SolverError):
                    continue
                values.append(found.objective_value)
                if question.better(found, best.plan):
                    best = Planned(found, risk, ())
                    break
            if best is before:
                break
        return Planned(best.plan, best.risk, tuple(values))


def moved(question: Question, planned: Planned, price: FloatArray, step: float) -> FloatArray:
    """New risks, a part `step` of the way to the best split at these prices, geometrically; (n, N)."""
    groups, cells = question.groups, question.groups.cells
    owner, now, dear = groups.owner, planned.risk[cells], price[cells]
    number = len(groups.alpha)
    most = np.zeros(number)
    np.maximum.at(most, owner, dear)
    idle = dear <= IDLE * most[owner]
    taken = np.clip(1 - planned.plan.promised[cells], now / FURTHEST, now)
    total = summed(owner, now, number)
    left = total - summed(owner[idle], taken[idle], number)
    wanted = np.where(idle, taken, now)
    busy = ~idle
    wanted[busy] = best_split(dear[busy], owner[busy], left, question.inversion)
    wanted = np.clip(wanted, now / FURTHEST, now * FURTHEST)
    risk = now ** (1 - step) * wanted**step
    risk *= (total / summed(owner, risk, number))[owner]
    found = np.zeros(cells.shape)
    found[cells] = np.minimum(risk, MOST_RISK)
    return found


def best_split(price: FloatArray, owner: IntArray, total: FloatArray, inversion: Inversion) -> FloatArray:
    """min Σ_c price_c κ(1 − ε_c) such that Σ ε_c = total in each group, 0 < ε ≤ ½; price > 0, all (K,) but total (G,).

    price_c · (−dκ/dε)(ε_c) = μ of its group, found by halving; slopes of κ from a table, linear in logarithms.
    """
    if len(price) == 0:
        return np.zeros(0)
    risks = np.geomspace(LEAST_RISK, MOST_RISK, GRID)
    slope = -np.diff(inversion.kappa(1 - risks)) / np.diff(risks)
    falling = np.log(np.minimum.accumulate(np.maximum(slope, np.finfo(float).tiny)))[::-1]
    middle = np.log(np.sqrt(risks[1:] * risks[:-1]))[::-1]
    worth = np.log(price)

    def risk(multiplier: FloatArray) -> FloatArray:
        return np.exp(np.interp(multiplier[owner] - worth, falling, middle))

    low = np.full(len(total), falling[0] + worth.min())
    high = np.full(len(total), falling[-1] + worth.max())
    for _ in range(HALVINGS):
        between = (low + high) / 2
        much = summed(owner, risk(between), len(total)) > total
        low, high = np.where(much, between, low), np.where(much, high, between)
    return risk(high)
