"""Factors that items share: how much each item follows each of them."""

from __future__ import annotations

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.errors import Fault
from ccinv.tables.cells import ANY_NAME, names, numbers, places_in
from ccinv.tables.items import Items, item_positions
from ccinv.tables.table import MOST_OF_A_KIND, Schema, Table, quoted, repeat_faults

FACTORS = Schema("factors", ("item_id", "factor", "loading"))
MOST_FACTORS = 200  # all of them are drawn for every period and path


def read_factors(table: Table, items: Items | None, faults: list[Fault]) -> FloatArray | None:
    """The loadings (n, K), factors in the order in which they come first; None without rows, or with a fault.

    An item without a row follows no factor. The squares of an item's loadings sum to less than 1.
    """
    before = len(faults)
    item = item_positions(table, items, faults)
    cells, named = names(table, "factor", faults, ANY_NAME)
    loading = numbers(table, "loading", faults, "a number from -1 to 1", low=-1.0, high=1.0)
    known = cells.filter(named).unique(maintain_order=True)
    factor = places_in(known, cells)
    if len(known) > MOST_FACTORS:
        faults.append(Fault(table.name, f"{len(known)} factors", f"at most {MOST_FACTORS}", "Join those that are few."))
    if items is None:
        return None
    faults += repeat_faults(
        table,
        item * len(known) + factor,
        (item >= 0) & named,
        lambda row: f"item {quoted(items.item_id[int(item[row])])}, factor {quoted(table.cell(row, 'factor'))}",
        "factor",
        "Leave one of them out.",
    )
    if len(faults) > before or table.partial or not table.rows:
        return None
    found = np.zeros((len(items), len(known)))
    found[item, factor] = loading
    faults += _too_large(table, items, found)
    return None if len(faults) > before else found


def _too_large(table: Table, items: Items, loading: FloatArray) -> list[Fault]:
    """Items that would follow their factors by more than all they have."""
    total = (loading**2).sum(axis=1)
    expected = "a sum below 1"
    remedy = "Scale them down: the squares are the shares of the item's variation that the factors explain."
    beyond = np.flatnonzero(total >= 1)
    faults = [
        Fault(
            f"{table.name}, item {quoted(items.item_id[int(k)])}",
            f"loadings whose squares sum to {total[k]:.6g}",
            expected,
            remedy,
        )
        for k in beyond[:MOST_OF_A_KIND]
    ]
    if len(beyond) > MOST_OF_A_KIND:
        found = f"{len(beyond) - MOST_OF_A_KIND} more items with larger ones"
        faults.append(Fault(table.name, found, expected, remedy))
    return faults
