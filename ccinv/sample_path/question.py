"""What is asked of a rule on sample paths: promises of service and money, and what is best."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ccinv.arrays import BoolArray, FloatArray
from ccinv.auditing import Tails
from ccinv.inversion.inversion import Inversion


@dataclass(frozen=True, slots=True, eq=False)
class Loss:
    """A cost added up over all cells: owed · X⁻ + held · X⁺, (n, N), and unit (n,) per unit ordered in the horizon."""

    owed: FloatArray
    held: FloatArray
    unit: FloatArray

    def total(self, seen: Tails) -> float:
        """As simulated."""
        cost = self.owed * seen.owed + self.held * (seen.net[0] + seen.owed)
        return float(cost.sum() + self.unit @ seen.placed[0].sum(axis=1))


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """Promises, and what is to be best under them.

    level (n, N): probability that X(t) ≥ 0, NaN where nothing is promised. confidence: that dollars are within the
    limit. limit (N,), dollars: given, or None. least: whether the least limit is what is wanted. raised (n, N): cells
    whose common score is to be as great as it can, up to `top`, None: none; most (n, N): the probability that no such
    cell need exceed; base (n, N): scores beside which the common one is counted. loss: what is to be least, or None.
    rising: probability that no order of the rule is below zero, or None. inversion: how a score reads as a probability.

    spare (n, N); overrun, excess (N,): by how much these paths are known to say too much of service, and too little of
    dollars, on average over ranks and at the rank itself.
    """

    level: FloatArray
    confidence: float
    inversion: Inversion
    limit: FloatArray | None = None
    least: bool = False
    raised: BoolArray | None = None
    most: FloatArray | None = None
    base: FloatArray | float = 0.0
    top: float = np.inf
    loss: Loss | None = None
    rising: float | None = None
    spare: FloatArray | float = 0.0
    overrun: FloatArray | float = 0.0
    excess: FloatArray | float = 0.0

    def asked(self, score: float) -> FloatArray:
        """The level of every cell when those that are raised have a score; NaN where there is none."""
        if self.raised is None or self.most is None:
            return self.level
        given = np.nan_to_num(self.level, nan=0.0)
        wanted = np.maximum(np.minimum(self.inversion.probability(self.base + score), self.most), given)
        return np.where(self.raised, wanted, self.level)

    def cheapest(self, score: float) -> Question:
        """The least money for a common score."""
        return replace(self, level=self.asked(score), raised=None, most=None, limit=None, least=True)

    def levels(self, score: float) -> FloatArray:
        """The same on these paths."""
        return self.on_paths(self.asked(score))

    def on_paths(self, asked: FloatArray) -> FloatArray:
        """What probabilities (n, N) are on these paths, with what they are known to get wrong."""
        level = asked + self.spare
        return np.where(level > 0, np.minimum(level, 1.0), np.nan)  # what no order can serve is asked for nothing

    def without(self, items: BoolArray) -> Question:
        """The question without the cells of some items (n,): their promises are somebody else's."""
        level = np.where(items[:, None], np.nan, self.level)
        raised = None if self.raised is None else self.raised & ~items[:, None]
        return replace(self, level=level, raised=raised if raised is not None and raised.any() else None)

    @property
    def concerned(self) -> BoolArray:
        """Items (n,) that anything is wanted of."""
        found: BoolArray = np.asarray(np.isfinite(self.level).any(axis=1))
        if self.raised is not None:
            found |= self.raised.any(axis=1)
        if self.loss is not None:
            found |= ((self.loss.owed + self.loss.held) > 0).any(axis=1) | (self.loss.unit > 0)
        return found

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to better."""
        raised = self.raised is not None and not bool(self.raised.any())
        return raised or not bool(self.concerned.any())
