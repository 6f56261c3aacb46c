"""How levels of single items are set: safety factors, costs, economic quantities, whole units."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from ccinv.arrays import FloatArray, given_number, given_numbers
from ccinv.errors import DataError, Fault
from ccinv.store import Store

OTHERS = 0.84  # one standard deviation of safety stock
HAIR = 1e-9  # 3.0000000001 units are three
TINY = 1e-12  # least holding rate: none at all would order everything at once


def levels_of_service(store: Store, others: float) -> FloatArray:
    """The probability of not running short that each item's level is set for, (n,): the store's α where important."""
    level = given_number(others)
    if level is None or not 0.5 <= level < 1:
        remedy = f"Give a probability; {OTHERS:g} is one standard deviation of safety stock."
        raise DataError(Fault("policies, others", repr(others), "a probability from 0.5 to below 1", remedy))
    return np.where(store.important, store.service.alpha, level)


def safety_factor(level: FloatArray) -> FloatArray:
    """z = Φ⁻¹(level): deviations of stock kept beyond the mean, as if demand ahead were normal."""
    factor: FloatArray = ndtri(level)
    return factor


def costs_of(store: Store, order_cost: ArrayLike, holding_rate: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Order cost K and holding rate, (n,) each; a DataError names every item where one of them is not known."""
    return (
        _known(store, "order_cost", order_cost, 0.0, "dollars per order, >= 0"),
        _known(store, "holding_rate", holding_rate, TINY, "a share of unit cost per period, > 0"),
    )


def horizon_demand(store: Store) -> FloatArray:
    """Mean demand of all periods, (n,), units: nobody orders more at once than the horizon can use."""
    total: FloatArray = store.demand.mean.sum(axis=1)
    return total


def economic_quantity(store: Store, order_cost: FloatArray, holding_rate: FloatArray) -> FloatArray:
    """Q = √(2 K d / (h c)), (n,), units, at most the demand of the horizon; d is the mean demand per period.

    Source: Harris 1913. In whole units, rounded, but 1 at least.
    """
    demand = horizon_demand(store)
    holding = holding_rate * store.unit_cost
    rate = 2 * order_cost * demand / store.periods
    with np.errstate(over="ignore"):
        free = np.divide(rate, holding, out=np.full(store.items, np.inf), where=holding > 0)
    quantity = np.minimum(np.sqrt(free), demand)
    found: FloatArray = np.maximum(np.round(quantity), 1.0) if store.orders.whole else quantity
    return found


def up(store: Store, units: FloatArray) -> FloatArray:
    """Levels as they can be kept: rounded up where orders are in whole units."""
    return np.ceil(units - HAIR * np.maximum(np.abs(units), 1.0)) if store.orders.whole else units


def _known(store: Store, name: str, given: ArrayLike, least: float, expected: str) -> FloatArray:
    """The amount of each item, (n,), all of them known and ≥ `least`."""
    values = given_numbers(name, given)
    if values.shape not in ((), (1,), (store.items,)):
        found = f"shape {values.shape}"
        raise DataError(Fault(name, found, f"one number, or {store.items}", "Give one for all items, or one each."))
    wrong = ~(np.isfinite(values) & (values >= least))
    remedy = f"State [policies] {name} in store.toml, fill the column {name} of items.csv, or give it to the policy."
    if values.size == 1:
        faults = [Fault(name, _shown(float(values.ravel()[0])), expected, remedy)] if wrong.any() else []
    else:
        faults = [
            Fault(f"{name}, item {store.item_id[k]}", _shown(float(values[k])), expected, remedy)
            for k in np.flatnonzero(wrong)
        ]
    if faults:
        raise DataError(faults)
    return np.broadcast_to(values, store.items)


def _shown(value: float) -> str:
    return "nothing" if np.isnan(value) else f"{value:g}"


def safety_words(others: float) -> str:
    """How much safety stock levels have, in words."""
    return f"safety stock for the service asked of important items and for {100 * others:g} % of the others"


def costs_words(order_cost: ArrayLike, holding_rate: ArrayLike) -> str:
    """The costs that quantities weigh, in words."""
    return f"an order costs $ {_span(order_cost)}, holding {_span(holding_rate, 100)} % of unit cost per period"


def _span(values: ArrayLike, scale: float = 1.0) -> str:
    given = scale * np.asarray(values, dtype=np.float64)
    low, high = f"{np.min(given):,.6g}", f"{np.max(given):,.6g}"
    return low if low == high else f"{low} to {high}"
