"""Natural units of a store: amounts and money of about the size that a solver's tolerances are made for."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.errors import DataError, Fault
from ccinv.perishable import Cost, EndStock, FillRate, Lost, Measure, PerishableStore, Profit, Waste, Weights
from ccinv.perishable.store import MONEY

DIGITS = 13  # of scaled numbers: the same question in other units is then the same numbers
MOST_STEPS = 1e6  # of the greatest amount: finer steps are none
FAR = 1e8  # times mean demand, that a pack can be: beyond, a pack and a day's demand are not told apart
LARGE = 1e3  # mean demand of an item-day in natural units, at most: a solver's rows are accurate to 1e-6 of one
OWN = (Lost, EndStock, Waste, Cost, Profit, FillRate)
PER_UNIT = 100.0  # the largest cost of a natural unit, in natural money


@dataclass(frozen=True, slots=True, eq=False)
class Natural:
    """A measure of somebody's own, with what it counts of natural units; `unit`: one natural unit of its value."""

    name: str
    title: str
    largest: bool
    given: Weights
    unit: float

    def weights(self, store: PerishableStore) -> Weights:
        del store  # they were made for it
        return self.given


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """One natural unit, in units of the store, and one natural unit of money, in its money.

    `store`: the same store in natural units, with demand as planned and without a service asked; `step`: natural units
    of which demand, stock and packs are whole multiples, 0: of nothing; `typical`: mean demand of an item-day, natural
    units; `wide`: packs and demand are so far apart in size that the solver must be more accurate than it usually is.
    """

    amount: float
    money: float
    store: PerishableStore
    step: float
    typical: float
    wide: bool

    def value(self, measure: Measure) -> float:
        """One natural unit of a measure, in units of the store."""
        if isinstance(measure, Natural):
            return measure.unit
        if isinstance(measure, Cost | Profit):
            return self.money
        return self.amount if isinstance(measure, Lost | EndStock | Waste) else 1.0

    def measure(self, measure: Measure, store: PerishableStore) -> Measure:
        """The measure as the natural store has it: one of our own reads it there, any other is told in its units."""
        if isinstance(measure, OWN):
            return measure
        given = measure.weights(store)
        sizes = {each.name: 1.0 if each.name == "order" else self.amount for each in fields(given)}
        each_unit = [float(np.abs(getattr(given, name)).max()) * size for name, size in sizes.items()]
        unit = max(each_unit) / PER_UNIT
        unit = unit if unit > 0 else 1.0
        natural = Weights(**{name: getattr(given, name) * (size / unit) for name, size in sizes.items()})
        return Natural(measure.name, measure.title, measure.largest, natural, unit)

    def orders(self, natural: FloatArray, store: PerishableStore) -> FloatArray:
        """Orders in units of the store, whole packs exactly where they are to be."""
        if not store.whole:
            return natural * self.amount
        found: FloatArray = np.rint(natural / self.store.pack[:, None]) * store.pack[:, None]
        return found


def scale_of(store: PerishableStore) -> Scale:
    """The natural units of a store.

        amount = greatest common step of demand, stock and packs, while mean demand is 1 to 1000 of it,
        money  = the largest cost of one such unit / 100

    Where there is no such step: the smallest pack, within the same limits; and where packs are far larger than demand,
    what lies half-way between in order of size. A plan is the same in whatever units its store is told. A DataError
    where packs are larger than demand beyond what numbers can tell apart.
    """
    given = [store.demand.ravel(), store.opening.ravel(), store.arrivals.ravel()]
    amounts = np.concatenate([*given, store.pack] if store.whole else given)
    amounts = amounts[amounts > 0]
    demand = store.demand[store.demand > 0]
    mean = float(next((some.mean() for some in (demand, amounts) if len(some)), 1.0))
    smallest, largest = float(store.pack.min()), float(store.pack.max())
    if store.whole and largest > FAR * mean:
        k = int(store.pack.argmax())
        found = f"{largest:g} units, beside a mean demand of {mean:g} units per item and day"
        remedy = "Give demand and packs in the same units, or leave the item out."
        raise DataError(Fault(f"pack of item {store.item_id[k]}", found, f"at most {FAR:g} times as much", remedy))
    step = _common(amounts) if store.whole else 0.0
    wide = store.whole and largest > LARGE * mean
    if not store.whole:
        amount = mean / 10
    elif step > 0 and step <= mean <= LARGE * step and not wide:
        amount = step
    elif wide:
        amount = float(np.sqrt(mean) * np.sqrt(largest))
    else:
        amount = max(smallest, mean / LARGE)
    per_unit = max(float(getattr(store, name).max()) for name in MONEY if name != "order_cost") * amount
    money = max(per_unit, float(store.order_cost.max()) / LARGE) / PER_UNIT
    money = money if money > 0 else 1.0
    changed: dict[str, Any] = {
        name: _digits(getattr(store, name) / amount)
        for name in ("demand", "opening", "arrivals", "pack", "least", "most")
    }
    for name in MONEY:
        unit = 1.0 if name == "order_cost" else amount
        changed[name] = _digits(getattr(store, name) * (unit / money))
    return Scale(
        amount, money, replace(store, service=None, **changed), float(_digits(np.array(step / amount))),
        float(_digits(np.array(mean / amount))), wide,
    )  # fmt: skip


def _digits(given: FloatArray) -> FloatArray:
    """Rounded to DIGITS significant digits."""
    some = np.isfinite(given) & (given != 0)
    size = 10.0 ** (DIGITS - 1 - np.floor(np.log10(np.abs(np.where(some, given, 1.0)))))
    return np.where(some, np.rint(np.where(some, given, 0.0) * size) / size, given)


def _common(amounts: FloatArray) -> float:
    """The greatest number of which all are whole multiples, 0 where it is too small to matter."""
    if not len(amounts):
        return 0.0
    most = float(amounts.max())
    rest = np.unique(amounts)
    while len(rest) > 1:
        least = rest[0]
        if least * MOST_STEPS < most:
            return 0.0
        over = rest - least * np.rint(rest / least)
        over = np.abs(over[np.abs(over) > 1e-9 * most])
        rest = np.unique(np.append(over, least))
    return float(rest[0]) if rest[0] * MOST_STEPS >= most else 0.0
