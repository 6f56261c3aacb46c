"""The stock that a store opens with: enough, with a given probability, for a cycle whose deliveries come at random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import BoolArray, FloatArray, given_number, given_numbers
from ccinv.deliveries import Deliveries
from ccinv.errors import DataError, Fault, InfeasibleError
from ccinv.models.initial_stock import initial_stock
from ccinv.store import Store


def opening_stock(
    store: Store,
    deliveries: Deliveries | Sequence[Deliveries | None],
    reliability: float,
    cycle: int | None = None,
    price: ArrayLike | None = None,
) -> Store:
    """The store with the cheapest stock on hand that lasts, for all items together, with this probability.

        min Σ_i d_i I_i,   Π_i h_i(I_i / D_i) ≥ reliability,   I_i ≥ what is on hand,   D_i = E[S_i(1) + … + S_i(cycle)]

    Assumed of the cycle, periods 1 to `cycle` (None: all): every item has one contract that brings D_i in the parts and
    at the times of its `deliveries` (one for all items, or one each; None for an item that keeps its stock), items
    independent; a part serves from the moment it comes; what is sold is D_i for certain, at a constant rate, or as the
    deliveries' own `demand` has it, with D_i in all. Open orders and orders of a plan count for nothing here, nor do
    sales that vary: a plan made with the new store sees to both. In the periods of the ledger a part serves from the
    next period on; there, a period's mean sales more are surely enough.

    `price` (n,): d, $ per unit; None: unit costs. Units owed are made good besides: a backlog is raised to I_i ≥ 0. An
    item without expected sales keeps its stock; where orders are whole, I_i is rounded up. With a budget, dollars after
    the mean sales of period 1, if nothing is ordered, stay within its limit: Σ c_i (I_i + under way − E S_i(1)).
    A DataError lists every fault; InfeasibleError says what reliability the limit allows.
    Source: Prékopa & Kelle 1978, (3.5), in the store of Newton 1990, §3.3.
    """
    asked = _checked(store, deliveries, reliability, cycle, price)
    opened = np.flatnonzero(asked.opened)
    if not len(opened):
        return store
    contracts = [one for one in asked.deliveries if one is not None]
    brought = asked.sold[opened] / np.array([one.flow.total for one in contracts])  # 1 in the model's units
    have = store.on_hand[opened]

    def filled(rows: tuple[FloatArray, FloatArray] | None) -> FloatArray:
        lower = np.maximum(have, 0.0) / brought
        found = initial_stock(contracts, asked.price[opened] * brought, asked.reliability, lower=lower, rows=rows)
        on_hand: FloatArray = store.on_hand.copy()
        on_hand[opened] = np.maximum(have, found.stock * brought)
        return on_hand

    on_hand = filled(None)
    if store.budget is not None:
        limit = store.budget.limits(store.periods)
        besides = store.on_order - store.demand.mean[:, 0]
        dollars = float(store.unit_cost @ (on_hand + besides))
        if dollars > store.overspent_above(limit)[0]:
            kept = np.where(asked.opened, 0.0, store.on_hand)
            left = limit[0] - float(store.unit_cost @ (kept + besides))
            try:
                on_hand = filled(((store.unit_cost[opened] * brought)[None, :], np.array([left])))
            except InfeasibleError as error:
                raise InfeasibleError(_too_dear(store, asked.reliability, dollars, limit[0], error)) from error
    if store.orders.whole:
        on_hand[opened] = np.ceil(on_hand[opened] - 1e-9 * np.maximum(on_hand[opened], 1.0))
    return replace(store, on_hand=on_hand)


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """The arguments: deliveries of the items that are `opened` (n,), None for others; expected sales and price (n,)."""

    deliveries: list[Deliveries | None]
    opened: BoolArray
    sold: FloatArray
    price: FloatArray
    reliability: float


def _checked(
    store: Store,
    deliveries: Deliveries | Sequence[Deliveries | None],
    reliability: object,
    cycle: int | None,
    price: ArrayLike | None,
) -> _Asked:
    faults = []
    given = [deliveries] * store.items if isinstance(deliveries, Deliveries) else list(deliveries)
    if len(given) != store.items:
        expected = f"one, or {store.items}"
        remedy = "Give those of every item, None for one that keeps its stock."
        faults.append(Fault("deliveries", f"{len(given)}", expected, remedy))
    for name, one in zip(store.item_id, given, strict=False):
        if one is not None and not isinstance(one, Deliveries):
            expected = "Deliveries, or None"
            faults.append(Fault(f"deliveries of {name}", type(one).__name__, expected, "Give cc.Deliveries(...)."))
    p = given_number(reliability)
    if p is None or not 0 < p < 1:
        remedy = f"Did you mean {p / 100:g}?" if p is not None and 1 < p < 100 else "Give 0.95 for 95 %."
        faults.append(Fault("reliability", repr(reliability), "a probability between 0 and 1", remedy))
    length = store.periods if cycle is None else cycle
    counted = isinstance(length, int | np.integer) and not isinstance(length, bool)
    if not (counted and 1 <= length <= store.periods):
        expected = f"a whole number of periods from 1 to {store.periods}"
        faults.append(Fault("cycle", repr(cycle), expected, "Count the periods until the contracts have delivered."))
    prices = store.unit_cost if price is None else given_numbers("price", price)
    if prices.shape != (store.items,):
        faults.append(Fault("price", f"shape {prices.shape}", f"({store.items},)", "Give one number per item."))
    else:
        faults += [
            Fault(f"price of {store.item_id[i]}", f"{prices[i]:g}", "a number >= 0", "Correct it.")
            for i in np.flatnonzero(~(np.isfinite(prices) & (prices >= 0)))
        ]
    if faults or p is None:
        raise DataError(faults)
    sold = store.demand.mean[:, :length].sum(axis=1)
    opened = np.array([one is not None for one in given]) & (sold > 0)
    chosen = [one if opens else None for one, opens in zip(given, opened, strict=True)]
    return _Asked(chosen, opened, sold, prices, p)


def _too_dear(store: Store, reliability: float, dollars: float, limit: float, error: InfeasibleError) -> str:
    return (
        f"Stock for a reliability of {reliability:g} would leave {dollars:,.2f} dollars obligated after the mean sales "
        f"of period {store.calendar[0]}, with nothing ordered; the limit there is {limit:,.2f}. {error}"
    )
