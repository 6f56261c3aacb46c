"""What the thesis would maximise and gives up: the sum of the probabilities, by true ascent, with an upper bound."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Literal

import numpy as np

from ccinv.arrays import FloatArray, IntArray
from ccinv.errors import DataError, Fault, ModelError, SolverError
from ccinv.objectives.ascent import ascended, total
from ccinv.objectives.ceiling import ceiling, stated_ceiling
from ccinv.objectives.endless import refuse_endless
from ccinv.objectives.expected_backorders import ExpectedBackorders
from ccinv.objectives.expected_stock import ExpectedStock
from ccinv.objectives.keeps import keeps
from ccinv.objectives.max_min import MaxMinService
from ccinv.objectives.program import Answer, Objective, Program
from ccinv.objectives.serving import serving


@dataclass(frozen=True, slots=True)
class SumOfService:
    """max Σ weight · Φ(mean / sd) over controllable cells: of items that are not important (of all, if all are), or of
    "all" items, as the thesis would have it.

    Φ is the normal law's also under other inversions, which say how promises are kept, not how likely a cell is served.
    Not a concave program: from the best of the `surrogates` (and from the decision of the upper bound) each step
    maximises a concave bound from below that touches the sum where the last step ended,

        mean / sd ≥ 2 y √(mean + k l) − y² sd − k,   Φ(u) ≥ Φ(u₀) + φ(u₀) (u − u₀) − ½ c(u₀) (u − u₀)²

    with y = √(mean₀ + k sd₀) / sd₀, l the tangent plane of sd, and k so large that cells whose mean is zero or below
    can rise like all others. A step counts only if the true sum rises: the answer is never below the best surrogate.
    It may be a local optimum; the gap is the distance to an upper bound (see `ceiling`). Other items need not have
    E X ≥ 0: a cell may be given up for two. Without a budget, or with items that cost nothing, no plan is best: a
    ModelError. The value is in weighted cells. Source: Newton 1990, §3.6.3, which calls it very complicated.
    """

    surrogates: tuple[Objective, ...] = (MaxMinService(), ExpectedBackorders(), ExpectedStock())
    of: Literal["others", "all"] = "others"

    limited: ClassVar[bool] = True
    greatest: ClassVar[bool] = True
    serves_others: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.of not in ("others", "all"):
            raise DataError(Fault("SumOfService of", repr(self.of), '"others" or "all"', "Choose one."))

    def stated(self, program: Program) -> tuple[Any, list[Any]]:
        """The first concave program of the upper bound."""
        return stated_ceiling(program, *self.counted(program))

    def pursue(self, program: Program) -> Answer:
        cells, weight = self.counted(program)
        if len(cells) == 0:
            nothing = "No order can influence any cell with a weight: there is nothing to raise."
            return Answer(program.start, 0.0, 0.0, notes=(nothing,))
        refuse_endless(program, "SumOfService", cells)
        x, name = self._best(program, cells, weight)
        before = total(program, cells, weight, x)
        top = ceiling(program, cells, weight)
        summed = partial(total, program, cells, weight)
        tried = [start for start in top.decisions if keeps(program, start, (program.important, program.others))]
        starts = [x, *sorted(tried, key=summed)[-1:]]
        x = max((ascended(program, cells, weight, start) for start in starts), key=summed)
        value = summed(x)
        bound = max(top.bound, value)
        said = (
            f"The sum of service is {value:.6g} of {weight.sum():.6g}, {value / weight.sum():.2%} in the mean; "
            f"{name} has {before:.6g}, and no plan more than {bound:.6g}."
        )
        return Answer(x, value, (bound - value) / value if value > 0 else np.inf, notes=(said,))

    def _best(self, program: Program, cells: IntArray, weight: FloatArray) -> tuple[FloatArray, str]:
        """The decision of the surrogate with the greatest sum, and its name."""
        best, name = program.start, "the first decision that keeps the promises"
        value = total(program, cells, weight, best)
        served = serving(program) if any(one.serves_others for one in self.surrogates) else program
        for one in self.surrogates:
            own = served if one.serves_others else program
            try:
                x = one.pursue(own).x
            except (SolverError, ModelError):
                continue  # a surrogate without an answer is no start
            found = total(program, cells, weight, x)
            if found > value and keeps(own, x, (own.important, own.others)):
                best, name, value = x, type(one).__name__, found
        return best, name

    def counted(self, program: Program) -> tuple[IntArray, FloatArray]:
        """The cells whose service is summed, flat, and their weights."""
        store = program.store
        if self.of == "all":
            cells = np.flatnonzero(store.controllable)
        else:
            cells = program.important.cells if store.important.all() else program.open_cells
        weight = np.repeat(store.weight, store.periods)[cells]
        return cells[weight > 0], weight[weight > 0]
