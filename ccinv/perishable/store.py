"""What is known about items that perish: demand, shelf lives, the calendar of orders, limits, stock by age, money."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import BoolArray, FloatArray, IntArray, frozen, given_numbers
from ccinv.demand import FactorCopula, Law, Margin
from ccinv.errors import DataError, Fault
from ccinv.perishable.day import Day
from ccinv.store import Service

MOST_DAYS = 520
MOST_NAMED = 20  # places of one kind of fault
MONEY = ("unit_cost", "price", "holding_cost", "waste_cost", "lost_cost", "order_cost")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PerishableStore:
    """n items that perish, over N days; nothing here is decided.

        I(d) = I(d−1) + received(d) − sold(d) − waste(d),   least(d) ≤ Σ_i ordered(i, d) ≤ most(d) on order days

    `demand`: units wanted, (n, N), or a law of demand, which is then planned by its mean. `shelf_life`: whole days,
    (n,); see `Day` for what they mean. `order_days`: when orders can be placed, (N,) for all items or (n, N). `lag`:
    days from order to receipt, (n,), 0 for the same day. `pack`: units of a pack, (n,); orders are whole packs, or any
    amount if not `whole`. `least`, `most`: limits of the day's total, a number for all order days or (N,), of which
    NaN says nothing. `opening`: units at the start by age, (n, A): opening[i, k] were received k + 1 days before the
    first day. `arrivals`: ordered before, and received on which day, (n, N). Unmet demand is lost, or waits if
    `backordered`; either only when nothing is left. Money, (n,), all 0 where nothing is said: `unit_cost` and `price`
    per unit, `holding_cost` per unit and night, `waste_cost` per unit (beside what it cost), `lost_cost` per unit lost
    or unit and night waiting, `order_cost` per order of an item. `service`: with a law, P{demand of a day is met} and
    what to do where that cannot be had. A DataError lists every fault.
    """

    demand: FloatArray
    shelf_life: IntArray
    order_days: BoolArray
    lag: IntArray = field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    pack: FloatArray = field(default_factory=lambda: np.ones(1))
    whole: bool = True
    least: FloatArray = field(default_factory=lambda: np.full(1, np.nan))
    most: FloatArray = field(default_factory=lambda: np.full(1, np.nan))
    opening: FloatArray = field(default_factory=lambda: np.zeros((1, 1)))
    arrivals: FloatArray = field(default_factory=lambda: np.zeros(1))
    day: Day = field(default_factory=Day)
    backordered: bool = False
    unit_cost: FloatArray = field(default_factory=lambda: np.zeros(1))
    price: FloatArray = field(default_factory=lambda: np.zeros(1))
    holding_cost: FloatArray = field(default_factory=lambda: np.zeros(1))
    waste_cost: FloatArray = field(default_factory=lambda: np.zeros(1))
    lost_cost: FloatArray = field(default_factory=lambda: np.zeros(1))
    order_cost: FloatArray = field(default_factory=lambda: np.zeros(1))
    service: Service | None = None
    item_id: tuple[str, ...] = ()
    calendar: tuple[str, ...] = ()
    name: str = "perishables"
    law: Law | None = field(default=None, init=False, repr=False)

    if TYPE_CHECKING:

        def __init__(
            self, *, demand: ArrayLike | Law, shelf_life: ArrayLike, order_days: ArrayLike, lag: ArrayLike = 0,
            pack: ArrayLike = 1, whole: bool = True, least: ArrayLike = np.nan, most: ArrayLike = np.nan,
            opening: ArrayLike = 0, arrivals: ArrayLike = 0, day: Day = Day(),  # noqa: B008
            backordered: bool = False, unit_cost: ArrayLike = 0, price: ArrayLike = 0, holding_cost: ArrayLike = 0,
            waste_cost: ArrayLike = 0, lost_cost: ArrayLike = 0, order_cost: ArrayLike = 0,
            service: Service | None = None, item_id: tuple[str, ...] = (), calendar: tuple[str, ...] = (),
            name: str = "perishables",
        ) -> None: ...  # fmt: skip

    def __post_init__(self) -> None:
        faults: list[Fault] = []
        put = object.__setattr__
        law: Law | None = self.demand if isinstance(self.demand, Margin | FactorCopula) else None
        demand = given_numbers("demand", self.demand if law is None else np.maximum(law.mean, 0.0))
        if demand.ndim != 2 or 0 in demand.shape or demand.shape[1] > MOST_DAYS:
            expected = f"(items, days), at most {MOST_DAYS} days"
            raise DataError(Fault("demand", f"shape {demand.shape}", expected, "Give one row per item."))
        items, days = demand.shape
        put(self, "law", law)
        put(self, "demand", frozen(demand))
        put(self, "item_id", tuple(self.item_id) or tuple(f"item-{k + 1}" for k in range(items)))
        put(self, "calendar", tuple(self.calendar) or tuple(str(k + 1) for k in range(days)))
        for name in ("shelf_life", "lag", "pack", *MONEY):
            put(self, name, _shaped(name, getattr(self, name), (items,), faults))
        for name in ("least", "most"):
            put(self, name, _shaped(name, getattr(self, name), (days,), faults))
        can = _shaped("order_days", self.order_days, (items, days), faults)
        odd = can[(can != 0) & (can != 1)]
        if odd.size:
            remedy = "Give True for days on which orders can be placed, False for all others."
            faults.append(Fault("order_days", f"{odd[0]:g}", "True or False, or 1 or 0", remedy))
        put(self, "order_days", can.astype(np.bool_))
        if not isinstance(self.day, Day):
            remedy = 'Give cc.perishable.Day(("perish", "receive", "sell")), in their order.'
            faults.append(Fault("day", f"{self.day!r:.60}", "a Day", remedy))
        put(self, "arrivals", _shaped("arrivals", self.arrivals, (items, days), faults))
        opening = given_numbers("opening", self.opening)
        ages = opening.shape[-1] if opening.ndim == 2 else 1
        put(self, "opening", _shaped("opening", opening, (items, ages), faults))
        if faults:
            raise DataError(faults)
        _check(self, faults)
        if faults:
            raise DataError(faults)
        for name in ("shelf_life", "lag"):
            whole = getattr(self, name).astype(np.int64)
            whole.setflags(write=False)
            put(self, name, whole)
        self.order_days.setflags(write=False)

    @property
    def items(self) -> int:
        return len(self.demand)

    @property
    def days(self) -> int:
        return int(self.demand.shape[1])

    @property
    def limits(self) -> tuple[FloatArray, FloatArray]:
        """Least and most of the total of each day, (N,) each: 0 and no limit where nothing is said, 0 and 0 where
        nothing can be ordered."""
        some = self.order_days.any(axis=0)
        least = np.where(some, np.nan_to_num(self.least, nan=0.0), 0.0)
        most = np.where(some, np.where(np.isnan(self.most), np.inf, self.most), 0.0)
        return least, most

    @property
    def oldest(self) -> IntArray:
        """The greatest age that opening stock can have and still be sold, (n,)."""
        return self.day.last(self.shelf_life)


def _shaped(name: str, given: Any, shape: tuple[int, ...], faults: list[Fault]) -> FloatArray:
    """`given` as a read-only array of this shape; a number is taken for all, a row of days for all items."""
    array = given_numbers(name, given)
    try:
        return frozen(np.broadcast_to(array, shape))
    except ValueError:
        faults.append(Fault(name, f"shape {array.shape}", f"{shape}, or one number for all", "Give one per item."))
        return frozen(np.zeros(shape))


def _check(store: PerishableStore, faults: list[Fault]) -> None:
    """Everything wrong with the numbers, by item and day."""
    ids, days = store.item_id, store.calendar
    if len(ids) != store.items or len(set(ids)) != len(ids):
        expected = f"{store.items} different names"
        faults.append(Fault("item_id", f"{len(ids)} names, {len(set(ids))} different", expected, "Name each once."))
        return
    if len(days) != store.days:
        faults.append(Fault("calendar", f"{len(days)} names", f"{store.days}", "Name every day."))
        return

    def by_item(name: str, wrong: BoolArray, expected: str, remedy: str) -> None:
        given = getattr(store, name)
        faults.extend(
            Fault(f"{name} of item {ids[k]}", f"{given[k]:g}", expected, remedy)
            for k in np.flatnonzero(wrong)[:MOST_NAMED]
        )

    def by_day(name: str, wrong: BoolArray, table: FloatArray, remedy: str) -> None:
        for k, t in np.argwhere(wrong)[:MOST_NAMED]:
            place = f"{name} of item {ids[k]} on day {days[t]}"
            faults.append(Fault(place, f"{table[k, t]:g}", "a number >= 0", remedy))

    life, lag, pack = store.shelf_life, store.lag, store.pack
    by_item("shelf_life", ~((life >= 1) & (life == np.round(life)) & (life <= 10 * MOST_DAYS)),
            "a whole number of days >= 1", "Give the days from receipt until it perishes.")  # fmt: skip
    by_item("lag", ~((lag >= 0) & (lag == np.round(lag)) & (lag <= MOST_DAYS)), "a whole number of days >= 0",
            "Give the days from order to receipt.")  # fmt: skip
    by_item("pack", ~((pack > 0) & np.isfinite(pack)), "a number of units > 0", "Give the units of a pack, or 1.")
    for name in MONEY:
        amount = getattr(store, name)
        by_item(name, ~(np.isfinite(amount) & (amount >= 0)), "an amount >= 0", "Correct it.")
    by_day("demand", ~(np.isfinite(store.demand) & (store.demand >= 0)), store.demand, "Give the units wanted.")
    by_day("arrivals", ~(np.isfinite(store.arrivals) & (store.arrivals >= 0)), store.arrivals, "Give the units.")
    if faults:
        return
    never = store.day.last(life.astype(np.int64)) < store.day.first
    by_item("shelf_life", never, f"at least 2 with days that {store.day}: it perishes before it can be sold",
            "Correct it, or change the order of events in a day.")  # fmt: skip
    if not store.order_days.any():
        faults.append(Fault("order_days", "no day on which anything can be ordered", "at least one day for one item",
                            "Give weekdays or dates inside the days planned."))  # fmt: skip
    age = np.arange(1, store.opening.shape[1] + 1)
    bad = ~(np.isfinite(store.opening) & (store.opening >= 0))
    for k, a in np.argwhere(bad)[:MOST_NAMED]:
        place = f"opening stock of item {ids[k]}, age {age[a]}"
        faults.append(Fault(place, f"{store.opening[k, a]:g}", "units >= 0", "Correct it."))
    beyond = ~bad & (store.opening > 0) & (age[None, :] > store.oldest[:, None])
    for k, a in np.argwhere(beyond)[:MOST_NAMED]:
        found = f"{store.opening[k, a]:g} units aged {age[a]} days"
        expected = f"an age of at most {store.oldest[k]:g} with a shelf life of {life[k]:g} days"
        faults.append(Fault(f"opening stock of item {ids[k]}", found, expected, "It cannot be sold: take it out."))
    _check_limits(store, faults)
    if store.service is not None and store.law is None:
        remedy = "Give a law of demand, or leave service out."
        faults.append(Fault("service", f"{store.service.alpha:g} with demand that is certain", "a law", remedy))


def _check_limits(store: PerishableStore, faults: list[Fault]) -> None:
    """Limits that are no amounts, that contradict each other, or that ask for orders on a day without any."""
    some = store.order_days.any(axis=0)
    for name, amount in (("least", store.least), ("most", store.most)):
        for t in np.flatnonzero(amount < 0)[:MOST_NAMED]:
            place = f"{name} of day {store.calendar[t]}"
            faults.append(Fault(place, f"{amount[t]:g}", "a total >= 0", "Correct it, or leave it out."))
    faults.extend(
        Fault(f"least of day {store.calendar[t]}", "inf", "a finite total", "Correct it, or leave it out.")
        for t in np.flatnonzero(np.isposinf(store.least))[:MOST_NAMED]
    )
    with np.errstate(invalid="ignore"):
        crossed = store.least > store.most
    one = not np.ptp(np.nan_to_num(store.least)) and not np.ptp(np.nan_to_num(store.most))
    for t in np.flatnonzero(crossed)[: 1 if one else MOST_NAMED]:
        place = "limits of every order day" if one else f"limits of day {store.calendar[t]}"
        found = f"at least {store.least[t]:g} and at most {store.most[t]:g}"
        faults.append(Fault(place, found, "least <= most", "Lower one or raise the other."))
    uneven = np.ptp(np.nan_to_num(store.least)) > 0  # one number for all is meant for order days alone
    for t in np.flatnonzero(~some & (np.nan_to_num(store.least) > 0))[: MOST_NAMED if uneven else 0]:
        found = f"at least {store.least[t]:g} on a day on which nothing can be ordered"
        expected = "no least total, or an order day"
        faults.append(Fault(f"limits of day {store.calendar[t]}", found, expected, "Leave it out, or open the day."))
