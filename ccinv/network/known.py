"""What is known of a network of stores: who keeps stock, what can go where, when, at what cost, and what is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import BoolArray, FloatArray, IntArray, frozen
from ccinv.demand import Law, Normal
from ccinv.errors import DataError, Fault
from ccinv.network import checks

KINDS = ("supplier", "store", "customer", "outlet")
MOST_PERIODS = 520
MOST_FLOWS = 2_000_000  # arcs × products × periods


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """C nodes, A arcs, P products, N periods.

        stock(c, p, t) = stock(c, p, t − 1) + Σ in flow(a, p, t − lag) + arrivals − Σ out flow(a, p, t) − demand

    with stock(c, p, 0) = on_hand(c, p): the first period is one like all others. `node`, `kind`: names, and for each
    "supplier" (goods come from there; nothing is kept account of), "store" (keeps stock), "customer" (keeps none: what
    comes in is its demand, what `arrivals` it has goes out: returns), "outlet" (takes what it is sent). `arc`: (from,
    to), or (from, to, product) for one product alone. For each arc `unit_cost` ($) and `capacity` (units of a period,
    of all its products together), one number, (A,) or (A, N); `total`, capacity over the horizon, and `lag`, periods in
    transit, one number or (A,). `demand`: a law, or (D, N) amounts where demand is certain; its D rows belong to
    `demand_at`: nodes, or (node, product). `arrivals` (E, N), `arrivals_at`: goods that come by themselves: returns,
    what is on the way at the start. For each node `on_hand` (negative for backlog), `holding_cost` ($ per unit on hand
    at the end of a period), `backlog_cost` (inf: no backlog), `least` and `most` stock, one number, (C,) or (C, P);
    `storage`: of all products together, `opening_cost` ($; NaN: open already), one number or (C,). `pooled`: stores
    count all products as one. `service`: the probability of every limit, where demand is uncertain. A DataError lists
    every fault.
    """

    node: tuple[str, ...]
    kind: tuple[str, ...]
    arc: tuple[tuple[str, ...], ...]
    demand: Law
    demand_at: tuple[tuple[str, str], ...] = ()
    product: tuple[str, ...] = ("goods",)
    unit_cost: FloatArray = field(default_factory=lambda: np.zeros(()))
    capacity: FloatArray = field(default_factory=lambda: np.full((), np.inf))
    total: FloatArray = field(default_factory=lambda: np.full((), np.inf))
    lag: IntArray = field(default_factory=lambda: np.zeros((), dtype=np.int64))
    on_hand: FloatArray = field(default_factory=lambda: np.zeros(()))
    holding_cost: FloatArray = field(default_factory=lambda: np.zeros(()))
    backlog_cost: FloatArray = field(default_factory=lambda: np.full((), np.inf))
    least: FloatArray = field(default_factory=lambda: np.zeros(()))
    most: FloatArray = field(default_factory=lambda: np.full((), np.inf))
    storage: FloatArray = field(default_factory=lambda: np.full((), np.inf))
    opening_cost: FloatArray = field(default_factory=lambda: np.full((), np.nan))
    arrivals: FloatArray = field(default_factory=lambda: np.zeros((0, 0)))
    arrivals_at: tuple[tuple[str, str], ...] = ()
    pooled: bool = False
    service: float = 0.95
    name: str = "network"

    if TYPE_CHECKING:

        def __init__(
            self,
            node: Sequence[str],
            kind: Sequence[str],
            arc: Sequence[Sequence[str]],
            demand: Law | ArrayLike,
            demand_at: Sequence[str | tuple[str, str]] = (),
            product: Sequence[str] = ("goods",),
            unit_cost: ArrayLike = 0.0,
            capacity: ArrayLike = np.inf,
            total: ArrayLike = np.inf,
            lag: ArrayLike = 0,
            on_hand: ArrayLike = 0.0,
            holding_cost: ArrayLike = 0.0,
            backlog_cost: ArrayLike = np.inf,
            least: ArrayLike = 0.0,
            most: ArrayLike = np.inf,
            storage: ArrayLike = np.inf,
            opening_cost: ArrayLike = np.nan,
            arrivals: ArrayLike = (),
            arrivals_at: Sequence[str | tuple[str, str]] = (),
            pooled: bool = False,
            service: float = 0.95,
            name: str = "network",
        ) -> None: ...

    def __post_init__(self) -> None:
        faults: list[Fault] = []
        set_ = object.__setattr__
        node, kind, product = tuple(self.node), tuple(self.kind), tuple(self.product)
        faults += checks.names("node", node) + checks.names("product", product) + checks.kinds(node, kind, KINDS)
        arc, wrong = checks.arcs(self.arc, node, kind, product)
        faults += wrong
        law = checks.law(self.demand, Normal)
        periods = law.mean.shape[1]
        demand_at, wrong = checks.places("demand_at", self.demand_at, node, kind, product, len(law.mean))
        faults += wrong
        if periods > MOST_PERIODS or len(arc) * len(product) * periods > MOST_FLOWS:
            found = f"{len(arc)} arcs, {len(product)} products, {periods} periods"
            most = f"{MOST_PERIODS} periods, and arcs × products × periods up to {MOST_FLOWS:,}"
            faults.append(Fault("demand", found, most, "Plan fewer periods or products at a time."))
        if faults:
            raise DataError(faults)
        for name, value in (("node", node), ("kind", kind), ("product", product), ("arc", arc), ("demand", law)):
            set_(self, name, value)
        set_(self, "demand_at", demand_at)
        arrivals = np.zeros((0, periods)) if np.size(self.arrivals) == 0 else np.asarray(self.arrivals, dtype=float)
        arrivals_at, wrong = checks.places("arrivals_at", self.arrivals_at, node, kind, product, len(arrivals))
        faults += wrong
        set_(self, "arrivals_at", arrivals_at)
        labels = {"A": [" → ".join(one) for one in arc], "C": list(node), "E": [" ".join(one) for one in arrivals_at]}
        size = {"A": len(arc), "C": len(node), "P": len(product), "N": periods, "E": len(arrivals)}
        set_(self, "arrivals", arrivals)
        for name, letters, low, high, expected in checks.WANTED:
            given = getattr(self, name)
            set_(self, name, checks.table(name, given, letters, size, labels, (low, high, expected), faults))
        set_(self, "lag", frozen_whole(self.lag))
        faults += checks.consistent(self)
        if faults:
            raise DataError(faults)

    @property
    def periods(self) -> int:
        return int(self.demand.mean.shape[1])

    @property
    def certain(self) -> bool:
        """Whether demand has no deviation."""
        return not bool((self.demand.sd > 0).any())

    @property
    def optional(self) -> BoolArray:
        """Nodes (C,) that may stay closed."""
        return np.isfinite(self.opening_cost)

    @property
    def unit(self) -> float:
        """What amounts are measured in, for rounding: the mean demand of a row and period, or else the mean stock."""
        for amounts in (self.demand.mean, np.abs(self.on_hand), self.arrivals):
            some = amounts[amounts > 0]
            if some.size:
                return float(some.mean())
        return 1.0


def frozen_whole(values: ArrayLike) -> IntArray:
    """Whole numbers that nobody can change any more."""
    found = frozen(values).astype(np.int64)
    found.setflags(write=False)
    return found
