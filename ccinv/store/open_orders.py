"""Orders under way at the start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray, IntArray, frozen, given_numbers
from ccinv.errors import DataError, Fault

FAR = 1e15  # periods are counted exactly up to here


@dataclass(frozen=True, slots=True, eq=False)
class OpenOrders:
    """Orders under way at the start, one entry each.

    `item`: positions (from 0) or item ids; `placed`: periods ≤ 0, the last period before the first being 0;
    `quantity`: units.
    """

    item: tuple[int | str, ...]
    placed: IntArray
    quantity: FloatArray

    if TYPE_CHECKING:

        def __init__(self, item: Sequence[int | str] | ArrayLike, placed: ArrayLike, quantity: ArrayLike) -> None: ...

    def __post_init__(self) -> None:
        given = np.atleast_1d(np.asarray(self.item, dtype=object)).ravel().tolist()
        period = np.atleast_1d(given_numbers("open orders, placed", self.placed)).ravel()
        quantity = frozen(np.atleast_1d(given_numbers("open orders, quantity", self.quantity)).ravel())
        if not len(given) == period.size == quantity.size:
            found = f"{len(given)} items, {period.size} periods, {quantity.size} quantities"
            raise DataError(Fault("open orders", found, "one of each per order", "Give three lists of one length."))
        faults = [
            Fault(f"open order {k + 1}", f"item {given[k]!r}", "a position (from 0) or an item id", "Correct it.")
            for k, entry in enumerate(given)
            if isinstance(entry, bool | np.bool_) or not isinstance(entry, str | int | np.integer)
        ]
        whole = np.isfinite(period) & (period == np.trunc(period)) & (np.abs(period) < FAR)
        for k in np.flatnonzero(~whole | (period > 0)):
            remedy = "Period 1 is not over yet." if whole[k] else "Count whole periods: 0 is the one before the first."
            found = f"placed in period {period[k]:g}"
            faults.append(Fault(f"open order {k + 1}", found, "a whole period <= 0", remedy))
        faults += [
            Fault(f"open order {k + 1}", f"quantity {quantity[k]:g}", "units >= 0", "Leave out what is void.")
            for k in np.flatnonzero(~(np.isfinite(quantity) & (quantity >= 0)))
        ]
        if faults:
            raise DataError(faults)
        items = tuple(entry if isinstance(entry, str) else int(entry) for entry in given)
        placed = period.astype(np.int64)
        placed.setflags(write=False)
        object.__setattr__(self, "item", items)
        object.__setattr__(self, "placed", placed)
        object.__setattr__(self, "quantity", quantity)
