"""Probabilities that must sum to 1 for each item: nothing is renormalised in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ccinv.arrays import FloatArray, IntArray
from ccinv.errors import Fault
from ccinv.tables.table import MOST_OF_A_KIND, Table, quoted

if TYPE_CHECKING:
    import polars as pl

CLOSE = 1e-9


def check_sums(
    table: Table,
    item_id: pl.Series,
    home: str,
    item: IntArray,
    chance: FloatArray,
    faults: list[Fault],
    hint: str = "Add what is missing",
) -> None:
    """Every item has rows, and their probabilities sum to 1 within 1e-9."""
    items = len(item_id)
    count = np.bincount(item, minlength=items)
    total = np.bincount(item, weights=chance, minlength=items)
    first = np.full(items, table.rows)
    np.minimum.at(first, item, np.arange(table.rows))
    wrong = np.flatnonzero((count == 0) | (np.abs(total - 1) > CLOSE))
    for k in wrong[:MOST_OF_A_KIND]:
        name = quoted(item_id[int(k)])
        if count[k] == 0:
            remedy = f"Add its probabilities, or take the item out of {home}."
            faults.append(Fault(f"{table.name}, item {name}", "no row", "probabilities that sum to 1", remedy))
            continue
        rest = 1 - total[k]
        remedy = f"{hint} ({rest:.10g})." if rest > 0 else f"Take {-rest:.10g} away."
        place = f"{table.place(first[k], 'probability')} (item {name}, {count[k]} {table.word}s)"
        faults.append(Fault(place, f"a sum of {total[k]:.10g}", "1 (within 1e-9)", remedy))
    if len(wrong) > MOST_OF_A_KIND:
        found = f"{len(wrong) - MOST_OF_A_KIND} more items whose probabilities do not sum to 1"
        faults.append(Fault(table.name, found, "1 for each", "Mend the first ones; the rest is likely to be alike."))
