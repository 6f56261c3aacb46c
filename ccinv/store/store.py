"""What is known before planning: the items, their stock, the laws of demand and lead time, the promises asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import BoolArray, FloatArray, IntArray, frozen, given_numbers
from ccinv.demand.law import Law
from ccinv.errors import DataError, Fault
from ccinv.lead_time import LeadTime
from ccinv.store.kinds import kind_faults, kind_of
from ccinv.store.open_orders import OpenOrders
from ccinv.store.promises import Budget, Orders, Service
from ccinv.tables import parts_from_frames
from ccinv.tables.terms import MOST_PERIODS

SHORT = 1e-6  # short means less than −SHORT × the item's mean demand per period: rounding is not a shortage


@dataclass(frozen=True, slots=True, eq=False)
class Store:
    """A store of n items over N periods, everything in original units; all arrays read-only.

    unit_cost (n,) $ per unit; on_hand (n,) units at the start of period 1, negative for backlog; important (n,) bool;
    demand: a law of `ccinv.demand` for (n, N); lead_time: one row per item or one for all; budget: Budget or None;
    service: Service or alpha; orders: Orders; open_orders: OpenOrders or None; weight (n,) for weighted objectives;
    item_id: text, unique; calendar: name of each period. A DataError lists every fault at once.
    """

    unit_cost: FloatArray
    on_hand: FloatArray
    important: BoolArray
    demand: Law
    lead_time: LeadTime
    budget: Budget | None = None
    service: Service = field(default_factory=Service)
    orders: Orders = field(default_factory=Orders)
    open_orders: OpenOrders | None = None
    weight: FloatArray = field(default_factory=lambda: np.ones(0))
    item_id: tuple[str, ...] = ()
    calendar: tuple[str, ...] = ()
    name: str = "store"

    if TYPE_CHECKING:

        def __init__(
            self,
            unit_cost: ArrayLike,
            on_hand: ArrayLike,
            important: ArrayLike,
            demand: Law,
            lead_time: LeadTime,
            budget: Budget | None = None,
            service: Service | float = ...,
            orders: Orders = ...,
            open_orders: OpenOrders | None = None,
            weight: ArrayLike = (),
            item_id: Sequence[str] = (),
            calendar: Sequence[str] = (),
            name: str = "store",
        ) -> None: ...

    def __post_init__(self) -> None:
        if getattr(getattr(self.demand, "mean", None), "ndim", 0) != 2:
            remedy = "Give a law, as cc.demand.Normal(mean, sd) with tables (items, periods)."
            raise DataError(Fault("demand", kind_of(self.demand), "a law of cc.demand", remedy))
        items, periods = self.demand.mean.shape
        put = object.__setattr__
        faults = kind_faults(self.lead_time, self.budget, self.orders, self.open_orders)
        if not isinstance(self.service, Service):
            try:
                put(self, "service", Service(self.service))
            except DataError as error:
                faults += error.faults
        tables = {"unit_cost": self.unit_cost, "on_hand": self.on_hand, "weight": self.weight}
        if np.size(self.weight) == 0:
            tables["weight"] = np.ones(items)
        for name, values in tables.items():
            try:
                array = frozen(given_numbers(name, values))
            except DataError as error:
                faults += error.faults
                continue
            put(self, name, array)
            if array.shape != (items,):
                faults.append(Fault(name, f"shape {array.shape}", f"({items},)", "Give one number per item."))
                continue
            ok = np.isfinite(array) if name == "on_hand" else np.isfinite(array) & (array >= 0)
            expected = "a finite number" if name == "on_hand" else "a number >= 0"
            faults += [
                Fault(f"{name}, item {self._id(k)}", f"{array[k]:g}", expected, "Correct it.")
                for k in np.flatnonzero(~ok)
            ]
        try:
            important = np.array(self.important)
        except ValueError:  # rows of different lengths
            important = np.array(None)
        if important.shape != (items,) or important.dtype != np.bool_:
            found = f"{important.dtype} of shape {important.shape}"
            faults.append(Fault("important", found, f"bool of shape ({items},)", "Give True or False per item."))
        important.setflags(write=False)
        put(self, "important", important)
        if periods > MOST_PERIODS:
            faults.append(Fault("periods", str(periods), f"at most {MOST_PERIODS}", "Plan a shorter horizon."))
        ids = tuple(map(str, self.item_id)) or tuple(f"item-{k + 1}" for k in range(items))
        put(self, "item_id", ids)
        if len(ids) != items or len(set(ids)) != items:
            found = f"{len(ids)} ids, {len(set(ids))} different"
            faults.append(Fault("item_id", found, f"{items} different ids", "Give every item its own id."))
        calendar = tuple(map(str, self.calendar)) or tuple(str(t + 1) for t in range(periods))
        put(self, "calendar", calendar)
        if len(calendar) != periods:
            faults.append(Fault("calendar", f"{len(calendar)} names", f"{periods}", "Give one name per period."))
        if isinstance(self.lead_time, LeadTime):
            try:
                put(self, "lead_time", self.lead_time.for_items(items))
            except DataError as error:
                faults += error.faults
        if isinstance(self.budget, Budget) and self.budget.limit.size not in (1, periods):
            found = f"{self.budget.limit.size} limits"
            faults.append(Fault("budget limit", found, f"1 or {periods}", "Give one limit, or one per period."))
        if not faults:
            faults += self._open_order_faults()
        if faults:
            raise DataError(faults)

    def _id(self, item: int | np.integer) -> str:
        return str(self.item_id[item]) if item < len(self.item_id) else f"item-{item + 1}"

    def _open_order_faults(self) -> list[Fault]:
        if self.open_orders is None:
            return []
        known = {name: k for k, name in enumerate(self.item_id)}
        faults = []
        for k, entry in enumerate(self.open_orders.item):
            if (isinstance(entry, str) and entry not in known) or (
                not isinstance(entry, str) and not 0 <= entry < self.items
            ):
                faults.append(
                    Fault(f"open order {k + 1}", f"item {entry!r}", "an item of the store", "Correct or leave it out.")
                )
        if faults:
            return faults
        item = self.open_item
        age = -self.open_orders.placed
        late = self.lead_time.arrived(np.arange(age.max(initial=0) + 1))[item, age] >= 1
        return [
            Fault(
                f"open order {k + 1} of item {self.item_id[item[k]]}",
                f"placed in period {self.open_orders.placed[k]} and not arrived",
                f"arrival within {self.lead_time.support[item[k]] - 1} periods for certain, by its lead-time law",
                "Lengthen the lead-time law (or give it a part that never arrives), or take the order off the list.",
            )
            for k in np.flatnonzero(late)
        ]

    @classmethod
    def from_tables(
        cls,
        items: Any,
        demand: Any,
        lead_times: Any = None,
        *,
        receipts: Any = None,
        open_orders: Any = None,
        factors: Any = None,
        periods: int | None = None,
        period: str | float | None = None,
        first: str | int | date | None = None,
        last: str | int | date | None = None,
        missing: Literal["zero", "unknown"] | None = None,
        observed_until: str | date | None = None,
        budget: Budget | None = None,
        service: Service | float = 0.95,
        orders: Orders | None = None,
        name: str = "store",
    ) -> Store:
        """A store from data frames of pandas, polars or Arrow (or mappings), with the columns of a store folder.

        `items`: item_id, unit_cost, on_hand, important (+ weight, supplier). `demand`: item_id, period, mean, sd
        (+ law) for periods 1..N; or item_id, period, quantity, a history, with `periods` to plan, `period` ("month",
        "week", "day" or days; needed with dates), `first`, `last` and `missing`; or item_id, value, probability.
        `lead_times`: item_id, age, probability; or `receipts`: item_id or supplier, ordered, received, with `period`
        and `observed_until`. `open_orders`: item_id, placed, quantity. `factors`: item_id, factor, loading, where sales
        of items rise and fall together. A DataError lists every fault, by row.
        """
        parts = parts_from_frames(
            items,
            demand,
            lead_times,
            receipts,
            open_orders,
            periods,
            period,
            first,
            last,
            missing,
            observed_until,
            factors,
        )
        underway = parts.open_orders
        return cls(
            unit_cost=parts.items.unit_cost,
            on_hand=parts.items.on_hand,
            important=parts.items.important,
            demand=parts.demand,
            lead_time=parts.lead_time,
            budget=budget,
            service=service,
            orders=Orders() if orders is None else orders,
            open_orders=None if underway is None else OpenOrders(underway.item, underway.placed, underway.quantity),
            weight=parts.items.weight,
            item_id=parts.item_id,
            calendar=parts.calendar,
            name=name,
        )

    @property
    def items(self) -> int:
        """n."""
        return len(self.on_hand)

    @property
    def periods(self) -> int:
        """N."""
        return int(self.demand.mean.shape[1])

    @property
    def open_item(self) -> IntArray:
        """The position of the item of each open order."""
        if self.open_orders is None:
            return np.zeros(0, dtype=np.int64)
        known = {name: k for k, name in enumerate(self.item_id)}
        found = [known[entry] if isinstance(entry, str) else entry for entry in self.open_orders.item]
        return np.array(found, dtype=np.int64)

    @property
    def on_order(self) -> FloatArray:
        """Q: units under way at the start, shape (n,)."""
        if self.open_orders is None:
            return np.zeros(self.items)
        total = np.bincount(self.open_item, weights=self.open_orders.quantity, minlength=self.items)
        return total.astype(np.float64)

    def rows(self, index: IntArray) -> Store:
        """The items at `index` in that order, with their open orders, without the common budget; repeats are allowed.

        A repeated item is a new one with the same numbers: its id gets a mark.
        """
        index = np.asarray(index, dtype=np.int64)
        open_orders = None
        if self.open_orders is not None:
            order, item = np.nonzero(self.open_item[:, None] == index[None, :])
            if len(item):
                whole = self.open_orders
                open_orders = OpenOrders(item, whole.placed[order], whole.quantity[order])
        ids = [self.item_id[k] for k in index]
        if len(set(ids)) < len(ids):
            ids = [f"{name}~{k + 1}" for k, name in enumerate(ids)]
        return replace(
            self,
            unit_cost=self.unit_cost[index],
            on_hand=self.on_hand[index],
            important=self.important[index],
            demand=self.demand.rows(index),
            lead_time=self.lead_time.rows(index),
            budget=None,
            open_orders=open_orders,
            weight=self.weight[index],
            item_id=tuple(ids),
        )

    @property
    def controllable(self) -> BoolArray:
        """Cells (n, N) that an order of the horizon can influence: one placed in period 1 can have arrived by t − 1."""
        return self.lead_time.arrived(np.arange(self.periods) - 1) > 0

    @property
    def promised(self) -> BoolArray:
        """Cells (n, N) with a promise of service: those of important items that an order can influence."""
        found: BoolArray = self.controllable & self.important[:, None]
        return found

    @property
    def short_below(self) -> FloatArray:
        """Net stock under which an item counts as short, shape (n,), units, ≤ 0."""
        return np.asarray(-SHORT * self.demand.mean.mean(axis=1))

    def overspent_above(self, limit: FloatArray) -> FloatArray:
        """Dollars above which a limit counts as broken: a millionth of it, or of a period's demand, is rounding."""
        natural = float((self.unit_cost * self.demand.mean.mean(axis=1)).sum())
        return limit + SHORT * np.maximum(np.abs(limit), natural)
