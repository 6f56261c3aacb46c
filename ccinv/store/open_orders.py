"""Orders under way at the start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray, IntArray, frozen
from ccinv.errors import DataError, Fault


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
        items = tuple(entry if isinstance(entry, str) else int(entry) for entry in np.asarray(self.item, dtype=object))
        placed = np.array(self.placed, dtype=np.int64)
        quantity = frozen(self.quantity)
        if not len(items) == placed.size == quantity.size:
            found = f"{len(items)} items, {placed.size} periods, {quantity.size} quantities"
            raise DataError(Fault("open orders", found, "one of each per order", "Give three lists of one length."))
        faults = [
            Fault(f"open order {k + 1}", f"placed in period {placed[k]}", "a period <= 0", "Period 1 is not over yet.")
            for k in np.flatnonzero(placed > 0)
        ]
        faults += [
            Fault(f"open order {k + 1}", f"quantity {quantity[k]:g}", "units >= 0", "Leave out what is void.")
            for k in np.flatnonzero(~(np.isfinite(quantity) & (quantity >= 0)))
        ]
        if faults:
            raise DataError(faults)
        placed.setflags(write=False)
        object.__setattr__(self, "item", items)
        object.__setattr__(self, "placed", placed)
        object.__setattr__(self, "quantity", quantity)
