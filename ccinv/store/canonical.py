"""The order in which items are planned: by their names, so that a plan does not hang on how a table is sorted."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from ccinv.arrays import IntArray
from ccinv.store.open_orders import OpenOrders
from ccinv.store.store import Store

_NUMBER = re.compile(r"(\d+)")


def by_name(store: Store) -> IntArray:
    """The items in the order of their ids, numbers in them by value: item-2 before item-10."""

    def key(item: int) -> tuple[tuple[tuple[int, str], ...], str]:
        name = store.item_id[item]
        parts = _NUMBER.split(name)
        # every other part is a number; as text of equal length it sorts by value, whatever its length
        numbered = tuple(
            (len(part.lstrip("0")), part.lstrip("0")) if k % 2 else (0, part) for k, part in enumerate(parts)
        )
        return numbered, name

    return np.array(sorted(range(store.items), key=key), dtype=np.int64)


def reordered(store: Store, index: IntArray) -> Store:
    """The store with its items in another order, its open orders by item, date and quantity, and its budget."""
    moved = store.rows(index)
    orders = moved.open_orders
    if orders is not None:
        first = np.lexsort((orders.quantity, orders.placed, moved.open_item))
        orders = OpenOrders(moved.open_item[first], orders.placed[first], orders.quantity[first])
    return replace(moved, budget=store.budget, open_orders=orders)
