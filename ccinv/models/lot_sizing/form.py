"""A program and where its set-ups stand in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ccinv.arrays import BoolArray, FloatArray, IntArray
from ccinv.solve.milp import Mixed


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """One way of writing a lot-sizing problem: the program, and what its columns mean.

    `setup` (n, N): the columns of set-ups. Mean stock is base + map · x, cell by cell; `map`: sparse, (n · N, K).
    """

    program: Mixed
    setup: IntArray
    base: FloatArray
    map: Any

    def stock(self, x: FloatArray) -> FloatArray:
        """Mean net stock at the end of every period at a point, (n, N)."""
        found: FloatArray = self.base + (self.map @ x).reshape(self.base.shape)
        return found

    def chosen(self, x: FloatArray) -> BoolArray:
        """Which orders a point places, (n, N)."""
        found: BoolArray = x[self.setup] > 0.5
        return found

    def fixed(self, setup: BoolArray) -> Mixed:
        """The linear program that is left where set-ups are decided."""
        least, most = self.program.least.copy(), self.program.most.copy()
        least[self.setup] = most[self.setup] = setup
        return replace(self.program, least=least, most=most, whole=np.zeros(len(least), dtype=np.bool_))
