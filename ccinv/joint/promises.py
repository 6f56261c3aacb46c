"""Which cells form one promise, and the probability that none of them is short."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import BoolArray, FloatArray, IntArray, frozen, given_numbers
from ccinv.errors import DataError, Fault
from ccinv.store import Store, probability_fault, refuse


def summed(owner: IntArray, values: FloatArray, groups: int) -> FloatArray:
    """Sums of the values of each group, (G,)."""
    found = np.zeros(groups)
    np.add.at(found, owner, values)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """P{no cell of the group is short} ≥ alpha for each of G groups.

    group (n,): number of each item's group, −1 for none; cells (n, N): those that orders can influence, of these items;
    alpha (G,); names: what each group is called.
    """

    group: IntArray
    cells: BoolArray
    alpha: FloatArray
    names: tuple[str, ...]

    @classmethod
    def of(cls, store: Store, group: IntArray, alpha: FloatArray, names: Sequence[str]) -> Groups:
        """Of important items with a number ≥ 0; groups without a cell that an order can influence are left out."""
        cells = store.controllable & (store.important & (group >= 0))[:, None]
        given = np.where(cells.any(axis=1), group, -1)
        known = np.unique(given[given >= 0])
        if len(known) == 0:
            remedy = "Mark an item as important, or plan more periods than its lead time."
            raise DataError(Fault("joint promise", "no cell", "an important item that an order can reach", remedy))
        refuse(*(probability_fault(f"joint alpha of {names[k]}", alpha[k]) for k in known))
        number = np.where(given >= 0, np.searchsorted(known, given), -1)
        return cls(number, cells, frozen(alpha[known]), tuple(names[k] for k in known))

    @property
    def owner(self) -> IntArray:
        """The group of each promised cell, (K,), in the order of `table[cells]`."""
        return np.broadcast_to(self.group[:, None], self.cells.shape)[self.cells]

    def total(self, table: FloatArray) -> FloatArray:
        """Sums over the cells of each group, (G,)."""
        return summed(self.owner, table[self.cells], len(self.alpha))

    @property
    def sizes(self) -> IntArray:
        """The number of cells of each group, (G,)."""
        return np.bincount(self.owner, minlength=len(self.alpha))


class Promise(Protocol):
    """A joint promise that can be laid out on a store."""

    def on(self, store: Store) -> Groups: ...


@dataclass(frozen=True, slots=True, eq=False)
class PerItem:
    """Each important item gets through all periods that an order can influence without a shortage, with probability
    `alpha`: one for all, or one per item, (n,)."""

    alpha: FloatArray = field(default_factory=lambda: np.array(0.95))

    if TYPE_CHECKING:

        def __init__(self, alpha: ArrayLike = 0.95) -> None: ...

    def __post_init__(self) -> None:
        object.__setattr__(self, "alpha", frozen(given_numbers("joint alpha", self.alpha)))

    def on(self, store: Store) -> Groups:
        if self.alpha.shape not in ((), (1,), (store.items,)):
            remedy = "Give one for all items, or one each."
            raise DataError(Fault("joint alpha", f"shape {self.alpha.shape}", f"one number, or {store.items}", remedy))
        alpha = np.broadcast_to(self.alpha, (store.items,))
        return Groups.of(store, np.arange(store.items), alpha, [f"item {name}" for name in store.item_id])


@dataclass(frozen=True, slots=True)
class PerStore:
    """No important item is short in any period that an order can influence, with probability `alpha`."""

    alpha: float = 0.95

    def on(self, store: Store) -> Groups:
        refuse(probability_fault("joint alpha", self.alpha))
        alpha = np.array([self.alpha], dtype=np.float64)
        return Groups.of(store, np.zeros(store.items, dtype=np.int64), alpha, ["the store"])


@dataclass(frozen=True, slots=True, eq=False)
class PerGroup:
    """No important item of a group is short in any period that an order can influence: parts of one kit, or machine.

    `group`: the name of each item's group, None for an item of none, which keeps the store's own promise. `alpha`: the
    probability, one for all groups or one for each name.
    """

    group: Sequence[str | None]
    alpha: float | Mapping[str, float] = 0.95

    def on(self, store: Store) -> Groups:
        if isinstance(self.group, str) or len(self.group) != store.items:
            found = f"{len(self.group)} names"
            raise DataError(Fault("joint groups", found, f"{store.items}", "Give one per item, None for no group."))
        names = sorted({name for name in self.group if name is not None})
        each = dict(self.alpha) if isinstance(self.alpha, Mapping) else dict.fromkeys(names, self.alpha)
        lost = [name for name in names if name not in each]
        strange = [name for name in each if name not in names]
        refuse(
            *(Fault(f"joint alpha of {name}", "nothing", "a probability", "Give one.") for name in lost),
            *(Fault(f"joint alpha of {name}", "no such group", ", ".join(names), "Correct it.") for name in strange),
        )
        place = {name: k for k, name in enumerate(names)}
        number = np.array([-1 if name is None else place[name] for name in self.group], dtype=np.int64)
        alpha = given_numbers("joint alpha", [each[name] for name in names])
        return Groups.of(store, number, alpha, [f"group {name}" for name in names])
