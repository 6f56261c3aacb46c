"""The items: what they cost, what is on hand, which of them are important."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ccinv.arrays import BoolArray, FloatArray, IntArray
from ccinv.errors import Fault
from ccinv.tables.cells import ANY_NAME, empty, flags, names, numbers, places_in, positions
from ccinv.tables.table import Schema, Table, quoted, repeat_faults

if TYPE_CHECKING:
    import polars as pl

ITEMS = Schema(
    "items",
    ("item_id", "unit_cost", "on_hand", "important"),
    ("weight", "description", "supplier", "order_cost", "holding_rate"),
)
MOST_ITEMS = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Items:
    """The items in the order of their table; arrays (n,). `home` is the name of the table.

    `order_cost` and `holding_rate` are None where the table has no such column, NaN where a cell is empty; `complete`:
    there are ids, all could be read and none comes twice, so that an item without rows elsewhere lacks them;
    `partial`: records were left out or no id was read, so that an id that is not among them may be one of theirs.
    """

    home: str
    item_id: pl.Series
    unit_cost: FloatArray
    on_hand: FloatArray
    important: BoolArray
    weight: FloatArray
    supplier: pl.Series | None
    order_cost: FloatArray | None
    holding_rate: FloatArray | None
    complete: bool
    partial: bool

    def __len__(self) -> int:
        return len(self.item_id)


def read_items(table: Table, faults: list[Fault]) -> Items:
    """The items of a table; everything wrong with it is added to `faults`."""
    ids, good = names(table, "item_id", faults)
    key = places_in(ids, ids)
    again = repeat_faults(
        table, key, good, lambda row: f"item {quoted(ids[row])}", "item_id", "Leave one of them out, or rename it."
    )
    faults += again
    if table.rows == 0 and not table.partial:
        faults.append(Fault(table.name, "no items", "at least one", "Add a record for each item."))
    if table.rows > MOST_ITEMS:
        faults.append(Fault(table.name, f"{table.rows:,} items", f"at most {MOST_ITEMS:,}", "Split the store."))
    weight = _amounts(table, "weight", faults)
    supplier = None
    if "supplier" in table.columns:
        supplier, _ = names(table, "supplier", faults, ANY_NAME)
    return Items(
        table.name,
        ids,
        numbers(table, "unit_cost", faults, "a number >= 0", low=0.0),
        numbers(table, "on_hand", faults, "a number (negative for backlog)"),
        flags(table, "important", faults),
        np.ones(table.rows) if weight is None else weight,
        supplier,
        _amounts(table, "order_cost", faults, may_be_empty=True),
        _amounts(table, "holding_rate", faults, may_be_empty=True),
        bool(good.all()) and not again and table.rows > 0 and not table.partial,
        table.partial or not good.any(),
    )


def item_positions(table: Table, items: Items | None, faults: list[Fault]) -> IntArray:
    """For each row of another table the position of its item, −1 where there is none; unknown items are faults."""
    if items is None:
        return positions(table, "item_id", None, "items", faults)
    return positions(table, "item_id", items.item_id, items.home, faults, strangers_known=items.partial)


def _amounts(table: Table, column: str, faults: list[Fault], may_be_empty: bool = False) -> FloatArray | None:
    if column not in table.columns:
        return None
    skip = empty(table.columns[column]) if may_be_empty else None
    return numbers(table, column, faults, "a number >= 0", low=0.0, skip=skip)
