"""What every policy of today offers: levels set for a store, and orders from inventory positions."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

from ccinv.arrays import FloatArray, IntArray
from ccinv.ledger import State
from ccinv.store import Store


class Ordering(Protocol):
    """A policy with its numbers set for a store; the position of an item is on hand − owed + under way, in units."""

    @property
    def together(self) -> bool:
        """Whether the order of one item depends on the others: then all items have to be asked at once."""
        ...

    def rows(self, index: IntArray) -> Ordering:
        """The same for the items at `index`, in that order; only where items are not asked together."""
        ...

    def order(self, period: int, position: FloatArray) -> FloatArray:
        """Orders at the end of a period (counted from 0), (n, paths) ≥ 0, where positions are (n, paths)."""
        ...


class Policy(Protocol):
    """A way of ordering: knows how to set its numbers from what a store and its laws say, and nothing of plans."""

    @property
    def name(self) -> str:
        """What tables call it."""
        ...

    @property
    def words(self) -> str:
        """What it does and how it is set, in one sentence for the reader of a report."""
        ...

    def on(self, store: Store) -> Ordering:
        """Its numbers for this store; a DataError says what they lack."""
        ...


def placing(ordering: Ordering, lag: int) -> Callable[[State], FloatArray]:
    """What `ledger.move` asks at the end of each period, for one replay from its first period on.

    With sales seen `lag` periods late, the position is the one without the sales of the last `lag` periods.
    """
    unseen: deque[FloatArray] = deque(maxlen=lag)

    def place(state: State) -> FloatArray:
        position = state.on_hand - state.backlog + state.under_way
        if lag > 0:
            unseen.append(state.sales)
            for sales in unseen:
                position += sales
        return ordering.order(state.period, position)

    return place
