"""What has happened so far: sales and orders of the periods that are over, one CSV file each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from ccinv.arrays import BoolArray, FloatArray, IntArray
from ccinv.errors import DataError, Fault
from ccinv.store import Store
from ccinv.tables.cells import ANY_NAME, is_text, numbers, places_in, positions
from ccinv.tables.csv_file import read_csv
from ccinv.tables.forecast import spans
from ccinv.tables.table import MOST_OF_A_KIND, Schema, quoted, repeat_faults

SALES = Schema("sales", ("item_id", "period", "quantity"))
PLACED = Schema("orders", ("item_id", "period", "quantity"))


def read_sales(path: Path, store: Store) -> FloatArray:
    """Sales (n, T) of periods 1..T, T being the last period in the file; every item needs a row for each of them.

    A period is its number from the start of the plan, or its name in the calendar of the store.
    """
    faults: list[Fault] = []
    found = _quantities(path, SALES, store, store.periods, -np.inf if store.demand.signed else 0.0, faults)
    if found is None:
        raise DataError(faults)
    quantity, given = found
    last = int(np.flatnonzero(given.any(axis=0)).max(initial=-1)) + 1
    if last == 0:
        remedy = f"The first order follows the first sales. {counting(store)}"
        raise DataError([*faults, Fault(path.name, "no sales of any period", "sales from period 1 on", remedy)])
    lacking = np.flatnonzero(~given[:, :last].all(axis=1))
    faults += [
        Fault(
            f"{path.name}, item {quoted(store.item_id[item])}",
            f"nothing for {spans(np.flatnonzero(~given[item, :last]) + 1)}",
            f"a row for each period from 1 to {last}",
            "Write 0 where nothing was sold.",
        )
        for item in lacking[:MOST_OF_A_KIND]
    ]
    if len(lacking) > MOST_OF_A_KIND:
        more = f"{len(lacking) - MOST_OF_A_KIND} more items with missing periods"
        faults.append(Fault(path.name, more, f"periods 1 to {last} for each", "Write 0 where nothing was sold."))
    if faults:
        raise DataError(faults)
    return quantity[:, :last]


def read_placed(path: Path, store: Store, last: int) -> FloatArray:
    """Orders (n, last) that were really placed at the end of periods 1..last; no row: nothing was ordered."""
    faults: list[Fault] = []
    found = _quantities(path, PLACED, store, last, 0.0, faults)
    if found is None or faults:
        raise DataError(faults)
    return found[0]


def counting(store: Store) -> str:
    """How periods are named in these files."""
    first = store.calendar[0]
    named = "" if first.isdecimal() else f', or named as in plan.csv: "{first}" is period 1'
    return f"Periods are counted 1, 2, ... from the start of the plan{named}."


def _quantities(
    path: Path, schema: Schema, store: Store, periods: int, low: float, faults: list[Fault]
) -> tuple[FloatArray, BoolArray] | None:
    """Quantities (n, periods), 0 where there is no row, and whether there is one; faults are added to `faults`."""
    import polars as pl

    table = read_csv(path, schema, faults)
    if table is None:
        return None
    known = pl.Series(store.item_id, dtype=pl.String)
    item = positions(table, "item_id", known, "the plan", faults, ANY_NAME)  # a plan made in Python may have any names
    expected = f"a period from 1 to {periods}" if periods else "no row: the first order is the one to come"
    cells = table.columns["period"]
    named = np.full(table.rows, -1)
    if is_text(cells) and not store.calendar[0].isdecimal():
        named = places_in(pl.Series(store.calendar[:periods], dtype=pl.String), cells)
    before = len(faults)
    period = numbers(table, "period", faults, expected, low=1, high=periods, whole=True, skip=named >= 0)
    faults[before:] = [replace(fault, remedy=counting(store)) for fault in faults[before:]]
    period[named >= 0] = named[named >= 0] + 1
    quantity = numbers(
        table, "quantity", faults, "units" if low is None else "units >= 0", low=-np.inf if low is None else low
    )
    valid = (item >= 0) & ~np.isnan(period)
    column: IntArray = np.where(valid, period - 1, 0).astype(np.int64)
    faults += repeat_faults(
        table,
        item * max(periods, 1) + column,
        valid,
        lambda row: f"item {quoted(store.item_id[int(item[row])])}, period {column[row] + 1}",
        "period",
        "Leave one of them out.",
    )
    amounts, given = np.zeros((store.items, periods)), np.zeros((store.items, periods), dtype=np.bool_)
    amounts[item[valid], column[valid]] = quantity[valid]
    given[item[valid], column[valid]] = True
    return amounts, given
