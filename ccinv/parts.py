"""Orders that arrive in parts: when each part comes, and how much of its order it brings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ccinv.arrays import FloatArray, IntArray
from ccinv.errors import DataError, Fault
from ccinv.tables.terms import MOST_PERIODS

if TYPE_CHECKING:
    from ccinv.deliveries import Deliveries

ROUNDING = 1e-9  # of a period: the time 1/49 of 49 periods is the beginning of the second

# for items (k,) and so many paths: of one order each, part by part, periods after the first and share, (k, paths)
Divide = Callable[[IntArray, int], Iterator[tuple[IntArray, FloatArray]]]


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Every order comes in n parts, spread over `periods` periods from the one in which it would have come whole.

        an order y placed in s brings  (A_i − A_(i−1))·y  in period  s + j + min(⌊T_i·periods⌋, periods − 1),  i = 1..n

    j: the age at arrival, from the law of lead times; T, A: times and cumulative amounts of `deliveries`, drawn anew
    for every order. `deliveries`: one for all items, or one per item. An order that never arrives brings no part. Parts
    are fractions of units even where orders are whole; with `periods` = 1 all come at once. Deliveries with a demand of
    their own are refused, as demand is the store's. A DataError lists every fault.
    Source: deliveries of Prékopa & Kelle 1978, §2, in the periods of Newton 1990, §3.5.
    """

    deliveries: tuple[Deliveries, ...]
    periods: int
    law: IntArray = field(init=False, repr=False)  # the entry of `deliveries` to draw from, for each entry

    if TYPE_CHECKING:

        def __init__(self, deliveries: Deliveries | Sequence[Deliveries], periods: int) -> None: ...

    def __post_init__(self) -> None:
        from ccinv.deliveries import Deliveries  # two seconds of scipy, for those who have parts alone

        given = (self.deliveries,) if isinstance(self.deliveries, Deliveries) else tuple(self.deliveries)
        faults = []
        if not given:
            faults.append(Fault("parts, deliveries", "none", "at least one", "Give one for all items, or one each."))
        for k, one in enumerate(given):
            where = f"parts, deliveries {k + 1}"
            if not isinstance(one, Deliveries):
                faults.append(Fault(where, type(one).__name__, "Deliveries", "Give cc.Deliveries(...)."))
            elif one.flow.demand is not None:
                remedy = "Leave out `demand`: what is sold follows the store's law."
                faults.append(Fault(where, "deliveries with a demand of their own", "deliveries alone", remedy))
        counted = isinstance(self.periods, int | np.integer) and not isinstance(self.periods, bool)
        if not (counted and 1 <= self.periods <= MOST_PERIODS):
            expected = f"a whole number from 1 to {MOST_PERIODS}"
            faults.append(Fault("parts, periods", repr(self.periods), expected, "1: all parts at once."))
        if faults:
            raise DataError(faults)
        first = {id(one): k for k, one in reversed(list(enumerate(given)))}
        law = np.array([first[id(one)] for one in given], dtype=np.int64)
        law.setflags(write=False)
        object.__setattr__(self, "deliveries", given)
        object.__setattr__(self, "periods", int(self.periods))
        object.__setattr__(self, "law", law)

    def for_items(self, items: int) -> Parts:
        """These parts, if they are those of so many items; DataError otherwise."""
        if len(self.deliveries) not in (1, items):
            found = f"{len(self.deliveries)} deliveries"
            raise DataError(Fault("parts", found, f"1 or {items}", "Give one for all items, or one per item."))
        return self

    def rows(self, index: IntArray) -> Parts:
        """The parts of the items at `index`, in that order."""
        return self if len(self.deliveries) == 1 else Parts([self.deliveries[k] for k in index], self.periods)

    def draw(self, rng: np.random.Generator, items: IntArray, paths: int) -> Iterator[tuple[IntArray, FloatArray]]:
        """Of a fresh order of each of the items at `items`, part by part: periods later than the first could be, and
        share of the order, (k, paths) each; shares of a path sum to 1, being 0 where an item has fewer parts."""
        number = max(one.number for one in self.deliveries)
        later = np.zeros((number, len(items), paths), dtype=np.int64)
        share = np.zeros((number, len(items), paths))
        law = self.law[items] if len(self.deliveries) > 1 else np.zeros(len(items), dtype=np.int64)
        for k in np.unique(law):
            rows = np.flatnonzero(law == k)
            one = self.deliveries[k]
            times, amounts = one.sample(rng, len(rows) * paths)
            shape = (one.number, len(rows), paths)
            later[: one.number, rows] = np.floor(times * self.periods + ROUNDING).T.reshape(shape)
            share[: one.number, rows] = amounts.T.reshape(shape)
        np.minimum(later, self.periods - 1, out=later)
        return zip(later, share, strict=True)

    @property
    def words(self) -> str:
        """How orders came, in a sentence."""
        numbers = sorted({one.number for one in self.deliveries})
        many = f"{numbers[0]}" if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
        part = "part" if numbers == [1] else "parts"
        period = "period" if self.periods == 1 else "periods"
        return (
            f"Each order came in {many} {part} over {self.periods} {period}, counted from the one that its lead time "
            "names; times and sizes of the parts were drawn anew for every order."
        )
