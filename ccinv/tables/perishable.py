"""The tables of a folder of perishables: items, demand that is certain, stock by age, arrivals, order days, limits."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np

from ccinv.arrays import BoolArray, FloatArray, IntArray
from ccinv.errors import Fault
from ccinv.tables.cells import days_of_text, empty, is_text, names, numbers, places_in
from ccinv.tables.items import Items, item_positions
from ccinv.tables.table import Schema, Table, quoted, repeat_faults
from ccinv.tables.terms import epoch_day

MONEY = ("unit_cost", "price", "holding_cost", "waste_cost", "lost_cost", "order_cost")
GOODS = Schema("items", ("item_id", "shelf_life"), ("lag", "pack", "weekdays", *MONEY, "description"))
WANTED = Schema("demand", ("item_id", "day", "quantity"))
OPENING = Schema("opening_stock", ("item_id", "age", "quantity"))
ARRIVALS = Schema("arrivals", ("item_id", "day", "quantity"))
ORDER_DAYS = Schema("order_days", ("item_id", "day"))
LIMITS = Schema("limits", ("day",), ("least", "most"))
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST_LIFE = 3650


@dataclass(frozen=True, slots=True)
class Span:
    """The days planned: how many, and the date of the first, None where days are numbers alone."""

    days: int
    first: datetime.date | None = None

    @property
    def calendar(self) -> tuple[str, ...]:
        if self.first is None:
            return tuple(str(k + 1) for k in range(self.days))
        return tuple((self.first + datetime.timedelta(days=k)).isoformat() for k in range(self.days))

    @property
    def weekday(self) -> IntArray:
        """Of each day, Monday being 0; −1 where days have no dates."""
        if self.first is None:
            return np.full(self.days, -1)
        return (self.first.weekday() + np.arange(self.days)) % 7


@dataclass(frozen=True, slots=True, eq=False)
class Goods:
    """The items of a folder; arrays (n,). `days`: each item's own order days, (n, N), and whether it has any."""

    items: Items
    shelf_life: FloatArray
    lag: FloatArray
    pack: FloatArray
    money: dict[str, FloatArray]
    own_days: BoolArray
    has_own: BoolArray


def read_goods(table: Table, span: Span, lag: int, faults: list[Fault]) -> Goods:
    """The items of a table; `lag`: days, for items that state none."""
    ids, good = names(table, "item_id", faults)
    again = repeat_faults(
        table, places_in(ids, ids), good, lambda row: f"item {quoted(ids[row])}", "item_id",
        "Leave one of them out, or rename it.",
    )  # fmt: skip
    faults += again
    if table.rows == 0 and not table.partial:
        faults.append(Fault(table.name, "no items", "at least one", "Add a record for each item."))
    expected = "a whole number of days >= 1"
    life = numbers(table, "shelf_life", faults, expected, low=1, high=LONGEST_LIFE, whole=True)
    lags = _given(table, "lag", float(lag), "a whole number of days >= 0", faults, whole=True)
    pack = _given(table, "pack", 1.0, "a number of units > 0", faults, low=1e-9)
    money = {name: _given(table, name, 0.0, "an amount >= 0", faults) for name in MONEY}
    complete = bool(good.all()) and not again and table.rows > 0 and not table.partial
    nothing = np.zeros(table.rows)
    partial = table.partial or not good.any()
    items = Items(table.name, ids, nothing, nothing, nothing > 0, nothing, None, None, None, complete, partial)
    own = np.zeros((table.rows, span.days), dtype=np.bool_)
    has = np.zeros(table.rows, dtype=np.bool_)
    if "weekdays" in table.columns:
        has = ~empty(table.columns["weekdays"])
        _weekdays(table, span, has, own, faults)
    return Goods(items, life, lags, pack, money, own, has)


def _given(
    table: Table, column: str, default: float, expected: str, faults: list[Fault], low: float = 0.0, whole: bool = False
) -> FloatArray:
    """A column that may be absent, and whose cells may be empty: then the default."""
    if column not in table.columns:
        return np.full(table.rows, default)
    skip = empty(table.columns[column])
    values = numbers(table, column, faults, expected, low=low, whole=whole, skip=skip)
    values[skip] = default
    return values


def _weekdays(table: Table, span: Span, has: BoolArray, own: BoolArray, faults: list[Fault]) -> None:
    """Each item's own weekdays, "tue wed fri", put into `own`."""
    wrong = np.zeros(table.rows, dtype=np.bool_)
    for row in np.flatnonzero(has):
        given = table.text(row, "weekdays").lower().split()
        numbers_of = [WEEKDAYS.index(day) for day in given if day in WEEKDAYS]
        wrong[row] = len(numbers_of) < len(given)
        own[row] = np.isin(span.weekday, numbers_of)
    faults += table.faults("weekdays", wrong, f"some of {' '.join(WEEKDAYS)}", "Part them by blanks, as in: tue fri.")
    if span.first is None and (has & ~wrong).any():
        remedy = 'State the date of the first day: first = "2022-08-30".'
        faults.append(Fault(f"{table.name}, column weekdays", "weekdays", "days with dates", remedy))


def day_positions(table: Table, span: Span, faults: list[Fault]) -> IntArray:
    """For each row the day planned that its `day` says, from 0; −1 where it is none of them, which is a fault."""
    column = table.columns["day"]
    expected = f"a day from 1 to {span.days}"
    if span.first is not None:
        calendar = span.calendar
        expected += f", or a date from {calendar[0]} to {calendar[-1]}"
    found = np.full(table.rows, -1)
    if is_text(column):
        dates = days_of_text(column)
        dated = ~dates.is_null().to_numpy()
        if span.first is not None:
            since = dates.to_physical().fill_null(0).to_numpy().astype(np.int64) - epoch_day(span.first)
            found = np.where(dated & (since >= 0) & (since < span.days), since, -1)
            wrong = dated & (found < 0)
            faults += table.faults("day", wrong, expected, "Correct it, or leave the row out.")
        else:
            remedy = 'Give the number of the day, or state the date of the first: first = "2022-08-30".'
            faults += table.faults("day", dated, expected, remedy)
    else:
        dated = np.zeros(table.rows, dtype=np.bool_)
    number = numbers(table, "day", faults, expected, low=1, high=span.days, whole=True, skip=dated)
    return np.where(np.isnan(number), found, np.nan_to_num(number) - 1).astype(np.int64)


def read_by_day(
    table: Table, goods: Goods | None, span: Span, faults: list[Fault], every: bool = False
) -> FloatArray | None:
    """Quantities by item and day, (n, N), 0 where there is no row; `every`: an item without any row is a fault."""
    before = len(faults)
    items = None if goods is None else goods.items
    item = item_positions(table, items, faults)
    day = day_positions(table, span, faults)
    quantity = numbers(table, "quantity", faults, "a number of units >= 0", low=0.0)
    if items is None:
        return None
    faults += _repeats(table, items, item, day, item * span.days + day)
    if every and items.complete and not table.partial and bool((item >= 0).all()):
        for k in np.flatnonzero(np.bincount(item, minlength=len(items)) == 0)[:50]:
            where = f"{table.name}, item {quoted(items.item_id[int(k)])}"
            remedy = f"Add what is wanted (0 for a day), or take the item out of {items.home}."
            faults.append(Fault(where, "no row", "a row for each day with demand", remedy))
    if len(faults) > before:
        return None
    found = np.zeros((len(items), span.days))
    found[item, day] = quantity
    return found


def _repeats(table: Table, items: Items, item: IntArray, day: IntArray, cell: IntArray) -> list[Fault]:
    return repeat_faults(
        table, cell, (item >= 0) & (day >= 0),
        lambda row: f"item {quoted(items.item_id[int(item[row])])}, day {day[row] + 1}", "day",
        "Add the quantities up, or leave one out.",
    )  # fmt: skip


def read_opening(table: Table, goods: Goods | None, perishes_first: bool, faults: list[Fault]) -> FloatArray | None:
    """The opening stock by age, (n, A); units too old to be sold on any day are faults."""
    before = len(faults)
    items = None if goods is None else goods.items
    item = item_positions(table, items, faults)
    expected = "a whole number of days >= 1: what came in the day before is 1 day old"
    age = numbers(table, "age", faults, expected, low=1, high=LONGEST_LIFE, whole=True)
    quantity = numbers(table, "quantity", faults, "a number of units >= 0", low=0.0)
    if goods is None or items is None:
        return None
    life = goods.shelf_life[np.maximum(item, 0)]
    oldest = life - 1 if perishes_first else life
    known = (item >= 0) & np.isfinite(age) & np.isfinite(life)
    with np.errstate(invalid="ignore"):
        beyond = known & (age > oldest) & (quantity > 0)

    def found(row: int) -> str:
        return f"{age[row]:g} days, with a shelf life of {life[row]:g}"

    remedy = "It can no longer be sold: leave it out, or correct the age or the shelf life."
    faults += table.faults("age", beyond, "an age within the shelf life", remedy, found)
    whole = np.where(known, age, 0).astype(np.int64)
    width = int(whole.max(initial=1))
    faults += repeat_faults(
        table, item * (width + 1) + whole, known,
        lambda row: f"item {quoted(items.item_id[int(item[row])])}, age {whole[row]}", "age",
        "Add the quantities up, or leave one out.",
    )  # fmt: skip
    if len(faults) > before:
        return None
    stock = np.zeros((len(items), width))
    stock[item, whole - 1] = quantity
    return stock


def read_order_days(table: Table, goods: Goods | None, span: Span, faults: list[Fault]) -> BoolArray | None:
    """The days on which each item can be ordered, (n, N): those that have a row."""
    before = len(faults)
    items = None if goods is None else goods.items
    item = item_positions(table, items, faults)
    day = day_positions(table, span, faults)
    if items is None or len(faults) > before:
        return None
    found = np.zeros((len(items), span.days), dtype=np.bool_)
    found[item, day] = True
    return found


def read_limits(table: Table, span: Span, faults: list[Fault]) -> tuple[FloatArray, FloatArray] | None:
    """Least and most of the total of each day, (N,) each; NaN where nothing is said."""
    before = len(faults)
    day = day_positions(table, span, faults)
    faults += repeat_faults(
        table, day, day >= 0, lambda row: f"day {day[row] + 1}", "day", "Leave one of them out."
    )  # fmt: skip
    least, most = np.full(span.days, np.nan), np.full(span.days, np.nan)
    for name, amount in (("least", least), ("most", most)):
        if name in table.columns:
            skip = empty(table.columns[name])
            values = numbers(table, name, faults, "a total >= 0, in units", low=0.0, skip=skip)
            amount[day[day >= 0]] = values[day >= 0]
    if not {"least", "most"} & set(table.columns):
        faults.append(Fault(table.name, "neither least nor most", "one of them", "Add the column."))
    return None if len(faults) > before else (least, most)
