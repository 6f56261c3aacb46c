"""Orders under way at the start."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ccinv.arrays import FloatArray, IntArray
from ccinv.errors import Fault
from ccinv.lead_time import LeadTime
from ccinv.tables.cells import numbers
from ccinv.tables.items import Items, item_positions
from ccinv.tables.table import Schema, Table
from ccinv.tables.terms import MOST_PERIODS

OPEN_ORDERS = Schema("open_orders", ("item_id", "placed", "quantity"))


@dataclass(frozen=True, slots=True, eq=False)
class Underway:
    """Position of the item, period of placing (≤ 0) and quantity of each open order, (K,) each."""

    item: IntArray
    placed: IntArray
    quantity: FloatArray


def read_open_orders(
    table: Table, items: Items | None, lead_time: LeadTime | None, faults: list[Fault]
) -> Underway | None:
    """The open orders of a table; one that must have arrived by its lead-time law is a fault."""
    before = len(faults)
    item = item_positions(table, items, faults)
    expected = f"a period from {-MOST_PERIODS} to 0, the last one before the plan being 0"
    placed = numbers(table, "placed", faults, expected, low=-MOST_PERIODS, high=0, whole=True)
    quantity = numbers(table, "quantity", faults, "a number >= 0, in units", low=0.0)
    if items is None:
        return None
    valid = (item >= 0) & ~np.isnan(placed)
    age: IntArray = np.where(valid, -placed, 0).astype(np.int64)
    if lead_time is not None and table.rows:
        overdue = valid & (lead_time.arrived(np.arange(age.max() + 1))[np.where(valid, item, 0), age] >= 1)
        support = lead_time.support

        def found(row: int) -> str:
            return f"an order of item {items.item_id[int(item[row])]} placed in period {-age[row]} and not arrived"

        def arrival(row: int) -> str:
            return f"arrival within {support[item[row]] - 1} periods for certain, as its lead-time law has it"

        remedy = 'Lengthen the lead-time law, or give it an age "never", or take the order off the list.'
        for row in np.flatnonzero(overdue):
            only = np.zeros(table.rows, dtype=np.bool_)
            only[row] = True
            if len(faults) - before > 50:
                break
            faults += table.faults("placed", only, arrival(int(row)), remedy, found)
    if len(faults) > before:
        return None
    return Underway(item, -age, quantity)
