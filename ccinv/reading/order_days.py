"""The calendar of orders: weekdays or dates for all items, days closed to all, and what single items have instead."""

from __future__ import annotations

from typing import Any

import numpy as np

from ccinv.arrays import BoolArray
from ccinv.errors import Fault
from ccinv.reading.keys import Keys
from ccinv.tables.perishable import WEEKDAYS, Goods, Span
from ccinv.tables.table import Table


def listed(value: Any) -> str:
    """A value of a document as a message shows it."""
    return ", ".join(str(entry)[:40] for entry in value[:8]) if isinstance(value, list) else repr(value)[:60]


def calendar_of(orders: Keys, span: Span | None) -> tuple[BoolArray | None, BoolArray]:
    """The order days of all items and the days closed to all, (N,) each, from weekdays, dates and closed."""
    length = 1 if span is None else span.days
    weekdays, dates, closed = orders.take("weekdays"), orders.take("dates"), orders.take("closed")
    chosen: BoolArray | None = None
    if weekdays is not None and dates is not None:
        orders.faults.append(orders.fault("dates", "weekdays or dates", "Leave one of them out.", "both"))
    if weekdays is not None:
        good = isinstance(weekdays, list) and all(str(day).lower()[:3] in WEEKDAYS for day in weekdays)
        if not good:
            expected, remedy = f"some of {', '.join(WEEKDAYS)}", 'Write weekdays = ["tue", "wed", "fri"].'
            orders.faults.append(orders.fault("weekdays", expected, remedy, listed(weekdays)))
        elif span is not None and span.first is None:
            remedy = 'State it at the top: first = "2022-08-30".'
            orders.faults.append(orders.fault("weekdays", "the date of the first day", remedy, "no first"))
        elif span is not None:
            chosen = np.isin(span.weekday, [WEEKDAYS.index(str(day).lower()[:3]) for day in weekdays])
            if not chosen.any():
                expected = f"a weekday between {span.calendar[0]} and {span.calendar[-1]}"
                remedy = "Name at least one that is planned."
                orders.faults.append(orders.fault("weekdays", expected, remedy, listed(weekdays)))
    if dates is not None:
        chosen = _days(orders, "dates", dates, span, length)
    shut = np.zeros(length, dtype=np.bool_) if closed is None else _days(orders, "closed", closed, span, length)
    return chosen, shut


def _days(orders: Keys, key: str, value: Any, span: Span | None, length: int) -> BoolArray:
    """A list of dates, or of numbers of days, as marks of the days planned."""
    found = np.zeros(length, dtype=np.bool_)
    if span is None:
        return found
    calendar = {name: k for k, name in enumerate(span.calendar)}
    for entry in value if isinstance(value, list) else [value]:
        place = calendar.get(str(entry))
        if place is None and isinstance(entry, int) and not isinstance(entry, bool) and 1 <= entry <= span.days:
            place = entry - 1
        if place is None:
            expected = f"days from {span.calendar[0]} to {span.calendar[-1]}"
            remedy = "Correct it, or leave it out."
            orders.faults.append(orders.fault(key, expected, remedy, listed([entry])))
        else:
            found[place] = True
    return found


def order_days_of(
    goods: Goods,
    own: BoolArray | None,
    table: Table | None,
    common: BoolArray | None,
    closed: BoolArray,
    where: str,
    faults: list[Fault],
) -> BoolArray | None:
    """When each item can be ordered: its rows of order_days.csv, else its own weekdays, else what is said for all."""
    count = len(goods.items)
    found = np.zeros((count, len(closed)), dtype=np.bool_)
    if common is not None:
        found[:] = common
    found[goods.has_own] = goods.own_days[goods.has_own]
    if own is not None:
        listed = own.any(axis=1)
        found[listed] = own[listed]
    found &= ~closed
    if not found.any() and not faults and (table is None or own is not None):
        remedy = (
            'Write weekdays = ["tue", "fri"] or dates = [...] under [orders], give items their own weekdays, '
            "or add order_days.csv."
        )
        faults.append(Fault(where, "no day on which anything can be ordered", "one or more",
                            remedy))  # fmt: skip
        return None
    never = np.flatnonzero(~found.any(axis=1)) if found.any() else np.array([], dtype=np.int64)
    for k in never[:50]:
        remedy = "Give it a weekday or a date, or take it out."
        place = f"order days of item {goods.items.item_id[int(k)]}"
        faults.append(Fault(place, "none among the days planned", "at least one", remedy))
    return found
