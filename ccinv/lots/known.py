"""What is known of items that share a capacity and cost something each time they are ordered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray, frozen, given_numbers
from ccinv.demand import Law, Normal
from ccinv.errors import DataError, Fault

MOST_PERIODS = 520
MOST_CELLS = 5_000_000  # items × periods × periods: ranges of periods of every item
MOST_LISTED = 50


@dataclass(frozen=True, slots=True, eq=False)
class Lots:
    """n items, N periods: demand, what orders and stock cost, opening stock, and what limits orders.

        s(i, t) = s(i, t − 1) + x(i, t) − d(i, t),   s(i, 0) = on_hand(i),   x(i, t) > 0 only with a set-up

    `demand`: a law, or (n, N) amounts where demand is certain, units. `setup_cost` ($), `holding_cost` ($ per unit on
    hand at the end of a period), `unit_cost` ($ per unit): one number, (n,) or (n, N). `on_hand` (n,): opening stock,
    negative for backlog. `capacity`: one number or (N,), inf for none, of which an order takes setup_time + unit_time ·
    x; these two (n,). `min_lot` (n,): the least order. `safety_stock` (n,) or (n, N): the least expected stock at the
    end of a period. `service`: one number or (n,): the probability of no backlog at the end of every period; None for
    none. An order of a period arrives before its demand. A DataError lists every fault.
    """

    demand: Law
    setup_cost: FloatArray
    holding_cost: FloatArray
    unit_cost: FloatArray = field(default_factory=lambda: np.zeros(()))
    on_hand: FloatArray = field(default_factory=lambda: np.zeros(()))
    capacity: FloatArray = field(default_factory=lambda: np.full((), np.inf))
    setup_time: FloatArray = field(default_factory=lambda: np.zeros(()))
    unit_time: FloatArray = field(default_factory=lambda: np.ones(()))
    min_lot: FloatArray = field(default_factory=lambda: np.zeros(()))
    safety_stock: FloatArray = field(default_factory=lambda: np.zeros(()))
    service: FloatArray | None = None
    item_id: tuple[str, ...] = ()
    name: str = "lots"

    if TYPE_CHECKING:

        def __init__(
            self,
            demand: Law | ArrayLike,
            setup_cost: ArrayLike,
            holding_cost: ArrayLike,
            unit_cost: ArrayLike = 0.0,
            on_hand: ArrayLike = 0.0,
            capacity: ArrayLike = np.inf,
            setup_time: ArrayLike = 0.0,
            unit_time: ArrayLike = 1.0,
            min_lot: ArrayLike = 0.0,
            safety_stock: ArrayLike = 0.0,
            service: ArrayLike | None = None,
            item_id: Sequence[str] = (),
            name: str = "lots",
        ) -> None: ...

    def __post_init__(self) -> None:
        demand = _law(self.demand)
        items, periods = demand.mean.shape
        faults: list[Fault] = []
        if periods > MOST_PERIODS or items * periods * periods > MOST_CELLS:
            found, most = f"{items} items and {periods} periods", f"items × periods² up to {MOST_CELLS:,}"
            faults.append(Fault("demand", found, most, "Plan fewer items at a time, or fewer periods."))
        named = self.item_id
        if isinstance(named, str) or not isinstance(named, Iterable):
            faults.append(Fault("item_id", f"{named!r:.60}", f"{items} different texts", "Give a list of names."))
            named = ()
        ids = tuple(named) or tuple(f"item-{k + 1}" for k in range(items))
        if len(ids) != items or len(set(ids)) != items or not all(isinstance(name, str) for name in ids):
            found = f"{len(set(ids))} different names"
            faults.append(Fault("item_id", found, f"{items} different texts", "Give each item a name of its own."))
            ids = tuple(f"item-{k + 1}" for k in range(items))
        set_ = object.__setattr__
        set_(self, "demand", demand)
        set_(self, "item_id", ids)
        for name, shape, low, high, expected in _WANTED:
            wanted = tuple({"n": items, "N": periods}[letter] for letter in shape)
            set_(self, name, _table(name, getattr(self, name), wanted, shape, ids, (low, high, expected), faults))
        if self.service is not None:
            limits = (0.5, 1 - 1e-9, "a probability from 0.5 to 1 - 1e-9")
            set_(self, "service", _table("service", self.service, (items,), "n", ids, limits, faults))
        if faults:
            raise DataError(faults)

    @property
    def items(self) -> int:
        return len(self.on_hand)

    @property
    def periods(self) -> int:
        return len(self.capacity)

    @property
    def unit(self) -> FloatArray:
        """What amounts of each item are measured in, (n,): its mean demand, or else its stock; never 0."""
        mean = self.demand.mean.mean(axis=1)
        other = np.maximum(np.abs(self.on_hand), self.safety_stock.max(axis=1))
        return np.where(mean > 0, mean, np.where(other > 0, other, 1.0))

    def rows(self, index: Sequence[int]) -> Lots:
        """The same question for some of the items, each with the whole capacity."""
        at = np.asarray(index, dtype=np.int64)
        own: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self)}
        for name in own.keys() - {"demand", "capacity", "item_id", "name"}:
            own[name] = None if own[name] is None else own[name][at]
        return Lots(**own | {"demand": self.demand.rows(at), "item_id": tuple(self.item_id[k] for k in at)})


_AMOUNT = (0.0, 1e15, "a finite number >= 0")
_WANTED = (
    ("setup_cost", "nN", *_AMOUNT),
    ("holding_cost", "nN", *_AMOUNT),
    ("unit_cost", "nN", *_AMOUNT),
    ("on_hand", "n", -1e15, 1e15, "a finite number (negative for backlog)"),
    ("capacity", "N", 0.0, np.inf, "a number >= 0, or inf for no limit"),
    ("setup_time", "n", *_AMOUNT),
    ("unit_time", "n", *_AMOUNT),
    ("min_lot", "n", *_AMOUNT),
    ("safety_stock", "nN", *_AMOUNT),
)


def _law(demand: Any) -> Law:
    """The law, or amounts as a law without deviation."""
    if all(hasattr(demand, name) for name in ("mean", "sd", "correlation", "sample", "rows")) and not isinstance(
        demand, np.ndarray
    ):
        law: Law = demand
        return law
    mean = given_numbers("demand", demand)
    return Normal(mean, np.zeros(mean.shape))


def _table(
    name: str,
    given: Any,
    wanted: tuple[int, ...],
    letters: str,
    ids: tuple[str, ...],
    limits: tuple[float, float, str],
    faults: list[Fault],
) -> FloatArray:
    """The amounts in the shape that is wanted, one per item or one for all written out; faults named by item."""
    low, high, expected = limits
    try:
        array = given_numbers(name, given)
    except DataError as error:
        faults += error.faults
        return np.zeros(wanted)
    if letters == "nN" and array.ndim == 1 and array.shape == wanted[:1]:
        array = array[:, None]
    shapes = {"n": "one number or (items,)", "N": "one number or (periods,)", "nN": "one number, (items,) or both"}
    if array.ndim > len(wanted) or any(a not in (1, b) for a, b in zip(array.shape[::-1], wanted[::-1], strict=False)):
        shape = f"{shapes[letters]}; here {wanted}"
        faults.append(Fault(name, f"shape {array.shape}", shape, "Give one per item or period, or one for all."))
        return np.zeros(wanted)
    table = frozen(np.broadcast_to(array, wanted))
    wrong = ~((table >= low) & (table <= high))
    for index in np.argwhere(wrong)[:MOST_LISTED]:
        place = [f"item {ids[index[0]]}"] if letters[0] == "n" else []
        place += [f"period {index[-1] + 1}"] if letters[-1] == "N" else []
        where = ", ".join([name, *place])
        faults.append(Fault(where, f"{table[tuple(index)]:g}", expected, "Correct it."))
    return table
