"""Order-up-to levels for a single period within one limit on money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray, frozen
from ccinv.demand import Discrete
from ccinv.demand.checks import faults_at
from ccinv.errors import DataError, Fault
from ccinv.models.single_period.fill import Offers, fill, levels_of
from ccinv.models.single_period.steps import steps_of, whole_steps_of
from ccinv.models.single_period.whole import fill_whole


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """Levels y of the n items, and how good they are.

        objective = Σ weight · E[(θ − y)⁺],   spent = Σ unit cost · y

    `levels`, `expected_backorders`: (n,), units. `bound`: no levels within the budget have an objective below it; it is
    the objective itself where levels need not be whole. `price`: what one more dollar would lower the objective by, if
    it could be spent on parts of units.
    """

    levels: FloatArray
    expected_backorders: FloatArray
    objective: float
    bound: float
    spent: float
    price: float

    @property
    def gap(self) -> float:
        """How far the objective can be from the optimum at most, relative."""
        return (self.objective - self.bound) / self.objective if self.objective > self.bound else 0.0


def single_period(
    demand: Discrete, unit_cost: ArrayLike, weight: ArrayLike, budget: float, integer: bool = False
) -> Levels:
    """The levels with the least weighted expected backorders that the budget allows.

        min Σ weight · E[(θ − y)⁺],   Σ unit cost · y ≤ budget,   y ≥ 0, whole if `integer`

    `demand`: θ, over one period, never negative; `unit_cost` ($ per unit) and `weight` (per backorder): (n,), ≥ 0;
    `budget`: $, inf for no limit. The objective is piecewise linear, so that filling by falling saving per dollar,
    weight · P{θ > y} / unit cost, is exact; whole levels come from a mixed-integer program over the steps that
    rounding can change, in whole steps of each item. No item is filled above its largest demand, nor where that saves
    nothing. A DataError lists every fault. Source: Newton 1990, (2.1), (2.2), (2.5), (2.9).
    """
    cost, weights, limit = _checked(demand, unit_cost, weight, budget, integer)
    values, probabilities = demand.values, demand.probabilities[:, 0, :]
    items = len(values)
    if not integer:
        offers = Offers.of(steps_of(values, probabilities), cost, weights)
        found = fill(offers, limit)
        levels = levels_of(offers.steps, found.taken, items)
        short = _backorders(values, probabilities, levels)
        objective = float(weights @ short)
        return Levels(frozen(levels), frozen(short), objective, objective, float(cost @ levels), found.price)

    offers = Offers.of(whole_steps_of(values, probabilities), cost, weights)
    whole = fill_whole(offers, limit)
    levels = np.bincount(offers.steps.item, whole.taken, items).astype(np.float64)
    short = _backorders(values, probabilities, levels)
    objective = float(weights @ short)
    bound = min(objective, whole.bound)  # they meet, but for rounding, where the optimum was found
    return Levels(frozen(levels), frozen(short), objective, bound, float(cost @ levels), whole.price)


def _backorders(values: FloatArray, probabilities: FloatArray, levels: FloatArray) -> FloatArray:
    """E[(θ − y)⁺], (n,)."""
    short: FloatArray = np.einsum("ik,ik->i", probabilities, np.maximum(values - levels[:, None], 0.0))
    return short


def _checked(
    demand: Any, unit_cost: ArrayLike, weight: ArrayLike, budget: Any, integer: Any
) -> tuple[FloatArray, FloatArray, float]:
    """Unit costs, weights and the budget as numbers; everything wrong with the question at once."""
    faults: list[Fault] = []
    items = None
    if not isinstance(demand, Discrete):
        remedy = "Give the values that demand can have, and their probabilities."
        faults.append(Fault("demand", type(demand).__name__, "Discrete, over one period", remedy))
    else:
        items = len(demand.values)
        if demand.periods != 1:
            found = f"{demand.periods} periods"
            faults.append(Fault("demand", found, "1", "Give the law of the whole span as that of one period."))
        wrong = (demand.values < 0) & (demand.probabilities > 0).any(axis=1)
        remedy = "Count returns elsewhere: a backorder is of something demanded."
        faults += faults_at("demand values", demand.values, wrong, "a number >= 0", remedy)
    arrays = []
    for name, given in (("unit_cost", unit_cost), ("weight", weight)):
        try:
            array = frozen(given)
        except (TypeError, ValueError):
            faults.append(Fault(name, f"{given!r:.60}", "numbers", "Give one number per item."))
            continue
        arrays.append(array)
        if array.ndim != 1 or (items is not None and array.shape != (items,)):
            expected = "(items,)" if items is None else f"({items},)"
            faults.append(Fault(name, f"shape {array.shape}", expected, "Give one number per item."))
            continue
        wrong = ~(np.isfinite(array) & (array >= 0))
        faults += faults_at(name, array, wrong, "a finite number >= 0", "Correct it.")
    plain = isinstance(budget, int | float | np.integer | np.floating) and not isinstance(budget, bool)
    if not (plain and budget >= 0):
        expected = "one number of dollars >= 0, or inf for no limit"
        faults.append(Fault("budget", f"{budget!r:.60}", expected, "Give the money that stock may be worth."))
    if not isinstance(integer, bool | np.bool_):
        faults.append(Fault("integer", f"{integer!r:.60}", "True or False", "Say whether levels must be whole units."))
    if faults:
        raise DataError(faults)
    return arrays[0], arrays[1], float(budget)
