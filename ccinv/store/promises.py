"""What is promised: service, money, and what an order may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray, frozen, given_number, given_numbers
from ccinv.errors import DataError, Fault
from ccinv.tables.terms import MOST_PERIODS

LEVELS = "a probability from 0.5 to 1 - 1e-9"


def probability_fault(where: str, value: object) -> Fault | None:
    """The fault of a level that no chance constraint can take, or None: [½, 1 − 1e-9] is what can be convex."""
    level = given_number(value)
    if level is None:
        return Fault(where, repr(value), LEVELS, "Give a number, as 0.95.")
    return _level_fault(where, level)


def _level_fault(where: str, value: float) -> Fault | None:
    if 1 < value <= 100:
        remedy = f"Did you mean {value / 100:g}?"
    elif 0 <= value < 0.5:
        remedy = "Below one half the constraint is not convex: raise it, or drop the promise."
    else:
        remedy = "Give a probability."
    if np.isfinite(value) and 0.5 <= value <= 1 - 1e-9:
        return None
    return Fault(where, f"{value:g}", LEVELS, remedy)


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
        object.__setattr__(self, "alpha", float(self.alpha))


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
        level = probability_fault("budget confidence", self.confidence)
        try:
            limit = np.atleast_1d(given_numbers("budget limit", self.limit))
        except DataError as error:
            raise DataError([*error.faults, *([] if level is None else [level])]) from None
        wrong = None
        if limit.ndim != 1 or not np.isfinite(limit).all():
            wrong = Fault("budget limit", str(self.limit), "an amount, or one per period", "No limit: no Budget.")
        refuse(level, wrong)
        object.__setattr__(self, "confidence", float(self.confidence))
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
        late = units = None
        counted = isinstance(self.lag, int | np.integer) and not isinstance(self.lag, bool)
        if not (counted and 0 <= self.lag <= MOST_PERIODS):
            expected = f"a whole number of periods from 0 to {MOST_PERIODS}"
            late = Fault("orders lag", repr(self.lag), expected, "0 sees the sales of the period.")
        if not isinstance(self.whole, bool | np.bool_):
            units = Fault("orders whole", repr(self.whole), "True or False", "Give it without quotation marks.")
        refuse(wrong, late, units, probability_fault("orders confidence", self.confidence))
        object.__setattr__(self, "lag", int(self.lag))
        object.__setattr__(self, "whole", bool(self.whole))
        object.__setattr__(self, "confidence", float(self.confidence))
