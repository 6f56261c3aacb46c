"""The items of a lot-sizing folder: what an order of them costs and takes, what is on hand, what must be kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.errors import Fault
from ccinv.tables.cells import empty, names, numbers, places_in
from ccinv.tables.items import MOST_ITEMS, Items, item_positions
from ccinv.tables.table import Schema, Table, quoted, repeat_faults

OPTIONAL = ("unit_cost", "setup_time", "unit_time", "min_lot", "safety_stock", "service")
LOT_ITEMS = Schema("items", ("item_id", "setup_cost", "holding_cost", "on_hand"), (*OPTIONAL, "description"))
SAFETY = Schema("safety_stock", ("item_id", "period", "quantity"))
DEFAULTS = {"unit_time": 1.0}


@dataclass(frozen=True, slots=True, eq=False)
class LotItems:
    """The items in the order of their table; `amounts`: the columns of numbers by name, (n,).

    `items`: the same as other tables refer to them. A column that is not there, and a cell that is empty, counts as 0,
    unit_time as 1, service as NaN: as the document says.
    """

    items: Items
    amounts: dict[str, FloatArray]


def read_lot_items(table: Table, faults: list[Fault]) -> LotItems:
    """The items of a table; everything wrong with it is added to `faults`."""
    ids, good = names(table, "item_id", faults)
    again = repeat_faults(
        table, places_in(ids, ids), good, lambda row: f"item {quoted(ids[row])}", "item_id",
        "Leave one of them out, or rename it.",
    )  # fmt: skip
    faults += again
    if table.rows == 0 and not table.partial:
        faults.append(Fault(table.name, "no items", "at least one", "Add a record for each item."))
    if table.rows > MOST_ITEMS:
        faults.append(Fault(table.name, f"{table.rows:,} items", f"at most {MOST_ITEMS:,}", "Plan fewer at a time."))
    amounts = {
        "setup_cost": numbers(table, "setup_cost", faults, "a number >= 0, dollars", low=0.0),
        "holding_cost": numbers(table, "holding_cost", faults, "a number >= 0, dollars per unit and period", low=0.0),
        "on_hand": numbers(table, "on_hand", faults, "a number (negative for backlog)"),
    }
    for column in OPTIONAL:
        amounts[column] = np.full(table.rows, np.nan if column == "service" else DEFAULTS.get(column, 0.0))
        if column not in table.columns:
            continue
        skip = empty(table.columns[column])
        low, high = (0.5, 1 - 1e-9) if column == "service" else (0.0, np.inf)
        expected = "a probability from 0.5 to 1 - 1e-9" if column == "service" else "a number >= 0"
        given = numbers(table, column, faults, expected, low=low, high=high, skip=skip)
        amounts[column] = np.where(skip, amounts[column], given)
    complete = bool(good.all()) and not again and table.rows > 0 and not table.partial
    one, none, nobody = np.ones(table.rows), np.zeros(table.rows), np.zeros(table.rows, dtype=np.bool_)
    partial = table.partial or not good.any()
    items = Items(table.name, ids, none, amounts["on_hand"], nobody, one, None, None, None, complete, partial)
    return LotItems(items, amounts)


def read_safety(table: Table, items: Items | None, periods: int | None, faults: list[Fault]) -> FloatArray | None:
    """Safety stock by item and period, (n, N), NaN where the table says nothing; None where a fault is in the way."""
    before = len(faults)
    item = item_positions(table, items, faults)
    period = numbers(table, "period", faults, "an integer, the number of the period", whole=True)
    amount = numbers(table, "quantity", faults, "a number >= 0, in units", low=0.0)
    if periods is None or items is None:
        return None
    with np.errstate(invalid="ignore"):
        outside = np.isfinite(period) & ~((period >= 1) & (period <= periods))
    faults += table.faults("period", outside, f"a period from 1 to {periods}", "Leave it out, or change periods.")
    whole = np.where(np.isfinite(period) & ~outside, period, 0).astype(np.int64)
    valid = (item >= 0) & (whole >= 1)
    cell = item * periods + whole - 1
    faults += repeat_faults(
        table, cell, valid, lambda row: f"item {quoted(items.item_id[int(item[row])])}, period {whole[row]}", "period",
        "Leave one of them out.",
    )  # fmt: skip
    if len(faults) > before:
        return None
    found = np.full((len(items), periods), np.nan)
    found.flat[cell[valid]] = amount[valid]
    return found
