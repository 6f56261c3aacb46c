"""Demand of a single period as values and their probabilities."""

from __future__ import annotations

import numpy as np

from ccinv.demand import Discrete
from ccinv.errors import DataError, Fault
from ccinv.tables.cells import numbers
from ccinv.tables.items import Items, item_positions
from ccinv.tables.probabilities import check_sums
from ccinv.tables.table import Schema, Table, quoted, repeat_faults
from ccinv.tables.terms import Terms

DISTRIBUTION = Schema("demand_pmf", ("item_id", "value", "probability"))
MOST_CELLS = 100_000_000


def read_distribution(table: Table, items: Items | None, terms: Terms, faults: list[Fault]) -> Discrete | None:
    """The law of demand in its one period, (n, 1), or None where a fault stands in the way."""
    before = len(faults)
    item = item_positions(table, items, faults)
    value = numbers(table, "value", faults, "a number >= 0, in units", low=0.0)
    chance = numbers(table, "probability", faults, "a probability from 0 to 1", low=0.0, high=1.0)
    if terms.periods is not None and terms.periods != 1:
        remedy = f"Set {terms.key('periods')} = 1, or give a forecast or a history."
        faults.append(Fault(terms.key("periods"), str(terms.periods), f"1, with {table.name}", remedy))
    if items is None:
        return None
    valid = (item >= 0) & ~np.isnan(value)
    distinct, kind = np.unique(np.where(valid, value, 0.0), return_inverse=True)
    faults += repeat_faults(
        table,
        item * (len(distinct) + 1) + kind,
        valid,
        lambda row: f"item {quoted(items.item_id[int(item[row])])}, value {value[row]:g}",
        "value",
        "Add the probabilities up, or leave one out.",
    )
    if bool((valid & ~np.isnan(chance)).all()) and items.complete and not table.partial:
        check_sums(table, items.item_id, items.home, item, chance, faults)
    if len(faults) > before or not items.complete or table.partial:
        return None
    order = np.lexsort((value, item))
    counts = np.bincount(item, minlength=len(items))
    column = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    if len(items) * int(counts.max()) > MOST_CELLS:
        found = f"{int(counts.max()):,} values of one of {len(items):,} items"
        faults.append(Fault(table.name, found, f"at most {MOST_CELLS:,} cells", "Group the values."))
        return None
    # items with fewer values than others are filled with their largest at probability 0
    values = np.zeros((len(items), int(counts.max())))
    chances = np.zeros_like(values)
    values[:] = value[order][np.cumsum(counts) - 1][:, None]
    values[item[order], column], chances[item[order], column] = value[order], chance[order]
    try:
        return Discrete(values, chances)
    except DataError as error:
        faults += error.faults
        return None
