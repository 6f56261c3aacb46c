"""Demand as a history: what was sold in past periods, laid out by item and period."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np

from ccinv.arrays import BoolArray, FloatArray, IntArray
from ccinv.errors import Fault
from ccinv.tables.cells import COUNT, DATE, NO_DAY, days, days_of_text, is_text, matches, numbers
from ccinv.tables.items import Items, item_positions
from ccinv.tables.period import Period
from ccinv.tables.table import MOST_OF_A_KIND, Schema, Table, quoted, repeat_faults
from ccinv.tables.terms import Terms, epoch_day

HISTORY = Schema("demand_history", ("item_id", "period", "quantity"))
MOST_PAST = 20_000  # periods of a history: fifty years of days
MOST_CELLS = 250_000_000  # two gigabytes of numbers
MONTH = r"^[0-9]{4}-[0-9]{2}$"


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """Names of periods: numbers without an origin, else the first days of periods counted from it."""

    origin: int
    period: Period | None

    def names(self, start: int, count: int) -> tuple[str, ...]:
        """`count` periods from the one numbered `start` (0 is the first of the history)."""
        if self.period is None:
            return tuple(str(self.origin + k) for k in range(start, start + count))
        return tuple(self.period.start(k, self.origin) for k in range(start, start + count))


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Past sales, `quantity` (n, H) in units, NaN where unknown; `period`: the H names of the past periods.

    `upcoming` names the periods after them: first days where the history is dated, else 1, 2, ...
    """

    quantity: FloatArray
    period: tuple[str, ...]
    calendar: Calendar

    def upcoming(self, periods: int) -> tuple[str, ...]:
        if self.calendar.period is None:
            return tuple(str(t + 1) for t in range(periods))
        return self.calendar.names(len(self.period), periods)


def read_history(table: Table, items: Items | None, terms: Terms, faults: list[Fault]) -> History | None:
    """The history in a table, or None where a fault stands in the way; all faults are added to `faults`."""
    before = len(faults)
    item = item_positions(table, items, faults)
    number, dated = _labels(table, terms, faults)
    quantity = numbers(table, "quantity", faults, "a number, in units")
    if items is None:
        return None
    if table.rows == 0 and not table.partial:
        faults.append(Fault(table.name, "no rows", "sales of past periods", "Add them, or give a forecast."))
    if not (number > NO_DAY).any():
        return None
    ends = _ends(number, dated, terms, faults)
    if ends is None:
        return None
    origin, past, index = ends
    inside = (index >= 0) & (index < past)
    first, last = terms.key("first"), terms.key("last")
    outside = (number > NO_DAY) & ~inside
    shape = f"a period of the {past} from {first} to {last}"
    faults += table.faults("period", outside, shape, f"Leave it out, or change {first} or {last}.")
    if past > MOST_PAST or past * len(items) > MOST_CELLS:
        found = f"{past:,} periods of {len(items):,} items"
        expected = f"at most {MOST_PAST:,} periods and {MOST_CELLS:,} cells"
        faults.append(Fault(first, found, expected, "Begin later: an old past says little about what comes."))
        return None
    valid = (item >= 0) & inside
    cell = item * past + index
    faults += repeat_faults(
        table,
        cell,
        valid,
        lambda row: f"item {quoted(items.item_id[int(item[row])])}, period {table.text(row, 'period')}",
        "period",
        "Add the quantities up, or leave one out.",
    )
    found_all = bool(valid.all()) and items.complete and not table.partial
    given = np.zeros((len(items), past), dtype=np.bool_)
    given.flat[cell[valid]] = True
    if found_all:
        _check_missing(table, items, given, terms, faults)
    if len(faults) > before or not found_all:
        return None
    sales = np.full((len(items), past), np.nan if terms.missing == "unknown" else 0.0)
    sales.flat[cell] = quantity
    calendar = Calendar(origin, terms.period if dated else None)
    return History(sales, calendar.names(0, past), calendar)


def _labels(table: Table, terms: Terms, faults: list[Fault]) -> tuple[IntArray, bool]:
    """The period of each row as a number or as a day, NO_DAY where it is neither; and whether they are days."""
    import polars as pl

    cells = table.columns["period"]
    if not is_text(cells):
        if cells.dtype == pl.Date or isinstance(cells.dtype, pl.Datetime):
            return days(table, "period", faults), True
        values = numbers(table, "period", faults, "an integer or an ISO date", whole=True, low=-1e9, high=1e9)
        return _whole(values), False
    count, date, month = matches(cells, COUNT), matches(cells, DATE), matches(cells, MONTH)
    monthly = terms.period is None or terms.period.month
    dates = days_of_text(pl.select(pl.when(pl.Series(month)).then(cells + "-01").otherwise(cells)).to_series())
    day = dates.to_physical().cast(pl.Int64).fill_null(NO_DAY).to_numpy().copy()
    good = count | (date & (day > NO_DAY)) | (month & monthly & (day > NO_DAY))
    expected = "an ISO month (1998-02), an ISO date (1998-02-17) or an integer"
    if not monthly:
        expected = "an ISO date (1998-02-17) or an integer"
    remedy = "Write year, month, day, in this order, with hyphens."
    faults += table.faults("period", ~good, expected, lambda text: remedy if text else "Fill it in.")
    dated = bool((good & ~count).any())
    if dated and (good & count).any():
        a, b = int(np.flatnonzero(count)[0]), int(np.flatnonzero(good & ~count)[0])
        found = f"an integer ({table.text(a, 'period')} in {table.word} {table.line[a]}) and a date"
        faults.append(
            Fault(table.place(b, "period"), found, "one kind of period", "Write all periods in the same way.")
        )
        return np.full(table.rows, NO_DAY), True
    if dated:
        return np.where(good, day, NO_DAY), True
    whole = pl.select(pl.when(pl.Series(good)).then(cells)).to_series().cast(pl.Int64, strict=False)
    return whole.fill_null(NO_DAY).to_numpy().copy(), False


def _whole(values: FloatArray) -> IntArray:
    found: IntArray = np.where(np.isnan(values), 0, values).astype(np.int64)
    found[np.isnan(values)] = NO_DAY
    return found


def _ends(number: IntArray, dated: bool, terms: Terms, faults: list[Fault]) -> tuple[int, int, IntArray] | None:
    """Origin and length of the history, and the position of each row in it (negative for rows without a period)."""
    seen = number[number > NO_DAY]
    wrong = False
    ends = []
    for name, extreme in (("first", int(seen.min())), ("last", int(seen.max()))):
        stated = terms.first if name == "first" else terms.last
        if stated is not None and isinstance(stated, datetime.date) != dated:
            kinds = ("an integer", "a date") if dated else ("a date", "an integer")
            remedy = "Write it as the periods of the history are written."
            faults.append(Fault(terms.key(name), f"{kinds[0]} ({stated})", f"{kinds[1]}", remedy))
            wrong = True
        elif isinstance(stated, datetime.date):
            ends.append(epoch_day(stated))
        else:
            ends.append(extreme if stated is None else stated)
    if dated and terms.lacks("period"):
        remedy = f'State {terms.key("period")}: "month", "week", "day" or a number of days.'
        faults.append(Fault(terms.key("period"), "nothing", "the length of a period, as the history is dated", remedy))
        wrong = True
    if dated and terms.period is not None and terms.period.days != round(terms.period.days) and not terms.period.month:
        remedy = "Use whole days, or number the periods of the history 1, 2, ..."
        faults.append(Fault(terms.key("period"), f"{terms.period.days:g} days", "whole days, with dates", remedy))
        wrong = True
    if wrong or (dated and terms.period is None) or terms.unclear & {"first", "last"}:
        return None
    origin, end = ends
    known: BoolArray = number > NO_DAY
    if dated and terms.period is not None:
        index = terms.period.number(np.where(known, number, origin), origin)
        past = int(terms.period.number(np.array([end]), origin)[0]) + 1
    else:
        index, past = np.where(known, number, origin) - origin, end - origin + 1
    index = np.where(known, index, -1)
    if past < 1:
        found = f"{past} periods from {terms.first} to {terms.last}"
        faults.append(Fault(terms.key("last"), found, f"a period after {terms.key('first')}", "Correct one of them."))
        return None
    return origin, past, index


def _check_missing(table: Table, items: Items, given: BoolArray, terms: Terms, faults: list[Fault]) -> None:
    """A period without a row means what was stated; nothing is taken for zero in silence."""
    lacking = ~given.all(axis=1)
    key = terms.key("missing")
    if lacking.any() and terms.lacks("missing"):
        k = int(np.flatnonzero(lacking)[0])
        found = (
            f"no row for {int((~given).sum()):,} of {given.size:,} periods of items "
            f"(the first: {int((~given[k]).sum())} of item {quoted(items.item_id[k])})"
        )
        remedy = f'State {key} = "zero" if nothing was sold in them, or "unknown" if nobody knows.'
        faults.append(Fault(table.name, found, "a row for each item and period", remedy))
    silent = np.flatnonzero(~given.any(axis=1))
    if terms.missing == "unknown":
        for k in silent[:MOST_OF_A_KIND]:
            where = f"{table.name}, item {quoted(items.item_id[int(k)])}"
            remedy = f"Give its sales, or take the item out of {items.home}."
            faults.append(Fault(where, "no row", "the sales of one period at least", remedy))
        if len(silent) > MOST_OF_A_KIND:
            found = f"{len(silent) - MOST_OF_A_KIND} more items without a row"
            faults.append(Fault(table.name, found, "the sales of one period at least", "Give them."))
