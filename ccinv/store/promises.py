"""What is promised: service, money, and what an order may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray, frozen
from ccinv.errors import DataError, Fault
from ccinv.tables.terms import MOST_PERIODS


def probability_fault(where: str, value: float) -> Fault | None:
    """The fault of a level that no chance constraint can take, or None: [½, 1 − 1e-9] is what can be convex."""
    if 1 < value <= 100:
        remedy = f"Did you mean {value / 100:g}?"
    elif 0 <= value < 0.5:
        remedy = "Below one half the constraint is not convex: raise it, or drop the promise."
    else:
        remedy = "Give a probability."
    if np.isfinite(value) and 0.5 <= value <= 1 - 1e-9:
        return None
    return Fault(where, f"{value:g}", "a probability from 0.5 to 1 - 1e-9", remedy)


def refuse(*faults: Fault | None) -> None:
    """Raise one DataError for all faults that there are."""
    present = [fault for fault in faults if fault is not None]
    if present:
        raise DataError(present)


@dataclass(frozen=True, slots=True)
class Service:
    """The promise for important items: P{X(t) ≥ 0} ≥ alpha in every period that an order can influence.

    `unattainable`: "refuse" explains which cells cannot have it and plans nothing; "best" holds those cells at the
    best they have together and says so. Source: Newton 1990, §3.5.1.
    """

    alpha: float = 0.95
    unattainable: Literal["refuse", "best"] = "refuse"

    def __post_init__(self) -> None:
        wrong = None
        if self.unattainable not in ("refuse", "best"):
            wrong = Fault("service unattainable", repr(self.unattainable), '"refuse" or "best"', "Choose one.")
        refuse(probability_fault("service alpha", self.alpha), wrong)


@dataclass(frozen=True, slots=True, eq=False)
class Budget:
    """The promise about money: P{dollars obligated in t ≤ limit(t)} ≥ confidence.

    `limit`: dollars, one number or one per period. Source: Newton 1990, §3.5.3.
    """

    limit: FloatArray
    confidence: float = 0.95

    if TYPE_CHECKING:

        def __init__(self, limit: ArrayLike, confidence: float = 0.95) -> None: ...

    def __post_init__(self) -> None:
        limit = np.atleast_1d(np.asarray(self.limit, dtype=np.float64))
        wrong = None
        if limit.ndim != 1 or not np.isfinite(limit).all():
            wrong = Fault("budget limit", str(self.limit), "an amount, or one per period", "No limit: no Budget.")
        refuse(probability_fault("budget confidence", self.confidence), wrong)
        object.__setattr__(self, "limit", frozen(limit))

    def limits(self, periods: int) -> FloatArray:
        """The limit of each period, shape (N,)."""
        return np.broadcast_to(self.limit, (periods,)).copy()


@dataclass(frozen=True, slots=True)
class Orders:
    """What an order may be.

    `nonnegative`: "none"; "mean": E Y(t) ≥ 0; "chance": P{Y(t) ≥ 0} ≥ confidence; "monotone": the rule itself never
    falls, so that no order is negative where demand is not. `lag`: periods between the last sales seen and the order
    (0: the order at the end of a period sees its sales). `whole`: orders are executed in whole units.
    """

    nonnegative: Literal["none", "mean", "chance", "monotone"] = "mean"
    confidence: float = 0.90
    lag: int = 0
    whole: bool = False

    def __post_init__(self) -> None:
        wrong = None
        if self.nonnegative not in ("none", "mean", "chance", "monotone"):
            expected = '"none", "mean", "chance" or "monotone"'
            wrong = Fault("orders nonnegative", repr(self.nonnegative), expected, "Choose one of the four.")
        late = None
        if not 0 <= self.lag <= MOST_PERIODS:
            late = Fault("orders lag", str(self.lag), "a number of periods >= 0", "0 sees the sales of the period.")
        refuse(wrong, late, probability_fault("orders confidence", self.confidence))
