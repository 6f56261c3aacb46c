"""The parts of a store from data frames of pandas, polars or Arrow."""

from __future__ import annotations

import datetime
from typing import Any

from ccinv.errors import DataError, Fault
from ccinv.tables.distribution import DISTRIBUTION
from ccinv.tables.factors import FACTORS
from ccinv.tables.forecast import FORECAST
from ccinv.tables.frame import columns_of, read_frame
from ccinv.tables.history import HISTORY
from ccinv.tables.items import ITEMS
from ccinv.tables.lead_times import LEAD_TIMES, RECEIPTS
from ccinv.tables.open_orders import OPEN_ORDERS
from ccinv.tables.parts import Parts, Tables, parts_of
from ccinv.tables.period import period_of
from ccinv.tables.table import ALIASES, Schema
from ccinv.tables.terms import MOST_PERIODS, Terms, label_of


def parts_from_frames(
    items: Any,
    demand: Any,
    lead_times: Any = None,
    receipts: Any = None,
    open_orders: Any = None,
    periods: int | None = None,
    period: Any = None,
    first: Any = None,
    last: Any = None,
    missing: Any = None,
    observed_until: Any = None,
    factors: Any = None,
) -> Parts:
    """The parts of a store, or one DataError with every fault of all frames and settings."""
    faults: list[Fault] = []
    kind = _kind(demand)
    terms = _terms(periods, period, first, last, missing, observed_until, kind, faults)
    needed = [(ITEMS, items), (kind, demand)]
    if (lead_times is None) == (receipts is None) and not (kind is DISTRIBUTION and lead_times is None):
        found = "both lead_times and receipts" if receipts is not None else "neither lead_times nor receipts"
        faults.append(Fault("lead time", found, "one of them", "Give item_id, age, probability, or past receipts."))
    optional = [(LEAD_TIMES, lead_times), (RECEIPTS, receipts), (OPEN_ORDERS, open_orders), (FACTORS, factors)]
    given = needed + [(schema, frame) for schema, frame in optional if frame is not None]
    tables = Tables({schema.name: read_frame(frame, schema, faults) for schema, frame in given})
    parts = parts_of(tables, terms, faults)
    if faults or parts is None:
        raise DataError(faults or Fault("tables", "no store", "items, demand and lead times", "Give all three."))
    return parts


def _kind(demand: Any) -> Schema:
    """Which of the three forms of demand a frame has, by its columns."""
    columns = {ALIASES.get(name, name) for name in columns_of(demand)}
    if {"value", "probability"} & columns:
        return DISTRIBUTION
    return HISTORY if "quantity" in columns and "mean" not in columns else FORECAST


def _terms(
    periods: Any,
    period: Any,
    first: Any,
    last: Any,
    missing: Any,
    observed_until: Any,
    kind: Schema,
    faults: list[Fault],
) -> Terms:
    """The settings that the frames depend on; each that cannot be is a fault."""
    asked, wanted = periods, missing
    if periods is None and kind is HISTORY:
        faults.append(Fault("periods", "nothing", "the number of periods to plan", "Give periods=12, say."))
    elif periods is not None and (
        not isinstance(periods, int) or isinstance(periods, bool) or not 1 <= periods <= MOST_PERIODS
    ):
        faults.append(Fault("periods", repr(periods), f"an integer from 1 to {MOST_PERIODS}", "Give periods=12, say."))
        periods = None
    length = None if period is None else period_of(period)
    if period is not None and length is None:
        expected = '"month", "week", "day" or a number of days'
        faults.append(Fault("period", repr(period), expected, "Choose one of them."))
    labels = {}
    for name, value in (("first", first), ("last", last)):
        labels[name] = None if value is None else label_of(value)
        if value is not None and labels[name] is None:
            faults.append(Fault(name, repr(value), "an integer, an ISO month or an ISO date", "Write it as 1998-01."))
    if missing not in (None, "zero", "unknown"):
        faults.append(Fault("missing", repr(missing), '"zero" or "unknown"', "Choose one of them."))
        missing = None
    day = None if observed_until is None else label_of(observed_until)
    until = day if isinstance(day, datetime.date) else None
    if observed_until is not None and until is None:
        faults.append(Fault("observed_until", repr(observed_until), "an ISO date", "Write it as 2013-06-30."))
    stated = {
        "periods": (asked, periods), "period": (period, length), "first": (first, labels["first"]),
        "last": (last, labels["last"]), "missing": (wanted, missing),
    }  # fmt: skip
    unclear = frozenset(name for name, (given, read) in stated.items() if given is not None and read is None)
    return Terms(periods, length, labels["first"], labels["last"], missing, until, unclear=unclear)
