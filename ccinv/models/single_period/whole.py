"""Whole units: the few steps on which rounding can matter, decided by a mixed-integer program."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ccinv.arrays import FloatArray, IntArray
from ccinv.errors import SolverError
from ccinv.models.single_period.fill import Offers, fill
from ccinv.solve.milp import minimize

ROUNDING = 1e-12  # of the budget: 3 units at $ 0.10 cost $ 0.30, though not in binary
CLOSE = 1e-9  # of the objective: an optimum proven this closely is proven
SCALE = 1e3  # the loss to be beaten, as the solver is told it: far above its tolerances of 1e-6 and 1e-7
CORES = (100, 400, 1600)  # steps in the first program, and in those after it where it proves too little


@dataclass(frozen=True, slots=True, eq=False)
class Whole:
    """Whole units taken of each step (S,), what one more dollar would save in parts of units, and a proven lower bound
    on the weighted backorders of any whole units."""

    taken: FloatArray
    price: float
    bound: float


@dataclass(frozen=True, slots=True, eq=False)
class _Exchange:
    """What whole units lose against parts of units, counted from a base: the steps that save more than the price.

        loss = Σ |value − price · cost| x + price · u,   Σ ± cost · x + u = left,   x, u ≥ 0

    x: units of the other steps, or units of the base that are returned (sign −); u: dollars not spent. All terms are
    positive, so that only steps whose rate is close to the price can differ from the base in an optimum.
    `order`: steps that cost something, the least loss per unit first.
    """

    cost: FloatArray
    width: FloatArray
    base: FloatArray
    sign: FloatArray
    loss: FloatArray
    order: IntArray
    price: float
    room: float

    @classmethod
    def at(cls, offers: Offers, price: float, room: float) -> _Exchange:
        width, above = offers.steps.width, offers.rate > price
        loss = np.abs(offers.value - price * offers.cost)
        order = np.argsort(loss, kind="stable")
        order = order[offers.cost[order] > 0]
        sign = np.where(above, -1.0, 1.0)
        return cls(offers.cost, width, np.where(above, width, 0.0), sign, loss, order, price, room)

    def left(self, taken: FloatArray) -> float:
        """The money that units taken leave; what only the rounding of sums can miss is not missing."""
        left = self.room - float(self.cost @ taken)
        return 0.0 if -ROUNDING * self.room <= left < 0 else left

    def lost(self, taken: FloatArray) -> float:
        """The loss of units taken that the money allows."""
        return float(self.loss @ np.abs(taken - self.base)) + self.price * self.left(taken)

    def best(self, core: IntArray, limit: float, close: float) -> tuple[FloatArray | None, float, bool]:
        """The best units with a loss up to `limit` that differ from the base in the `core` alone, and a lower bound.

        `close`: how near to each other the two have to be. Last: whether the program was solved to its end.
        """
        cost, sign = self.cost[core], self.sign[core]
        left = self.room - float(self.cost @ self.base)
        with np.errstate(divide="ignore"):
            most = np.minimum(self.width[core], np.floor(limit / self.loss[core] * (1 + CLOSE)))
        dollar, unit = np.sqrt(cost.min() * cost.max()), limit / SCALE
        bound = 0.0
        # the solver may overspend by a millionth of its dollar: if it does, again with that much set aside
        for aside in (0.0, 4e-6):
            try:
                found = minimize(
                    np.append(self.loss[core], self.price * dollar) / unit,
                    np.append(sign * cost / dollar, 1.0)[None, :],
                    np.array([left / dollar - aside]),
                    np.append(most, np.inf),
                    np.append(np.ones(len(core), dtype=np.bool_), False),
                    close / unit,
                    SCALE,
                )
            except SolverError:  # there is a point, the one rounded down: amounts too far apart for the solver
                break
            if aside == 0:
                bound = max(0.0, found.bound * unit)
            if found.x is None:
                break
            taken = self.base.copy()
            taken[core] += sign * np.rint(found.x[:-1])
            if self.left(taken) >= 0:
                return taken, bound, found.optimal
        return None, bound, False


def fill_whole(offers: Offers, budget: float) -> Whole:
    """The most that whole units can save for the money; all steps must have whole ends.

    Parts of units rounded down are where it starts. Programs over more and more of the steps next to the price follow,
    until no other step can matter: one that is left out costs its own loss at least.
    """
    room = budget * (1 + ROUNDING)
    part = fill(offers, room)
    taken = np.floor(part.taken)
    relaxed = float(offers.value @ (offers.steps.width - part.taken))
    if part.price == 0 or np.array_equal(taken, part.taken):
        return Whole(taken, part.price, relaxed)

    exchange = _Exchange.at(offers, part.price, room)
    lost, bound = exchange.lost(taken), 0.0
    for size in CORES:
        close = CLOSE * (relaxed + lost)
        near = exchange.order[: np.searchsorted(exchange.loss[exchange.order], lost, side="right")]
        if lost - bound <= close or not len(near):
            break
        found, least, ended = exchange.best(near[:size], lost, close)
        beyond = exchange.loss[near[size]] if len(near) > size else np.inf
        bound = max(bound, min(least, beyond, lost))
        if found is not None and exchange.lost(found) < lost:
            taken, lost = found, exchange.lost(found)
        if not ended or len(near) <= size:
            break
    return Whole(taken, part.price, relaxed + min(bound, lost))
