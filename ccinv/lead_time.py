"""When an order arrives: the law of its age at arrival."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray, IntArray, frozen
from ccinv.errors import DataError, Fault

NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, eq=False)
class LeadTime:
    """The law of the time from order to arrival, one row per item or one row for all.

        p(j) = P{an order arrives exactly j periods after it was placed},  Σ_j p(j) + never = 1

    `pmf`: (n, J) or (1, J) or (J,); age 0 is arrival in the period of the order, usable from the next one on.
    `never`: probability that an order never arrives, scalar or (n,). A row that is negative somewhere or does not
    sum to 1 within 1e-9 is a DataError: nothing is renormalised. Source: Newton 1990, §3.5, with cumulative
    probabilities where the source has those of one period.
    """

    pmf: FloatArray
    never: FloatArray

    if TYPE_CHECKING:

        def __init__(self, pmf: ArrayLike, never: ArrayLike = 0.0) -> None: ...

    else:

        def __init__(self, pmf: ArrayLike, never: ArrayLike = 0.0) -> None:
            table = np.atleast_2d(np.asarray(pmf, dtype=np.float64))
            object.__setattr__(self, "pmf", frozen(table))
            object.__setattr__(self, "never", frozen(np.broadcast_to(never, len(table))))
            self.__post_init__()

    def __post_init__(self) -> None:
        if self.pmf.ndim != 2 or self.pmf.shape[1] == 0:
            raise DataError(
                Fault(
                    "lead time", f"shape {self.pmf.shape}", "(items, ages)", "Give one row of probabilities per item."
                )
            )
        faults = []
        remedy = "Give P{arrives exactly j periods after the order} for j = 0, 1, ..., and `never` for the rest."
        for row, (pmf, never) in enumerate(zip(self.pmf, self.never, strict=True)):
            place = f"lead time, item row {row + 1}"
            worst = min(pmf.min(), never)
            total = pmf.sum() + never
            if not np.isfinite(total):
                faults.append(Fault(place, "an entry that is not finite", "probabilities", remedy))
            elif worst < 0:
                faults.append(Fault(place, f"a probability of {worst:g}", "probabilities >= 0", remedy))
            elif abs(total - 1) > 1e-9:
                faults.append(Fault(place, f"probabilities that sum to {total:.10g}", "a sum of 1", remedy))
        if faults:
            raise DataError(faults)

    def for_items(self, items: int) -> LeadTime:
        """The same law with one row for each of `items` items."""
        if len(self.pmf) == items:
            return self
        if len(self.pmf) != 1:
            found = f"{len(self.pmf)} rows"
            raise DataError(Fault("lead time", found, f"1 or {items} rows", "Give one row for all items, or one each."))
        return LeadTime(np.repeat(self.pmf, items, axis=0), np.repeat(self.never, items))

    def rows(self, index: IntArray) -> LeadTime:
        """The law of the items at `index`, in that order."""
        return LeadTime(self.pmf[index], self.never[index])

    def arrived(self, age: ArrayLike) -> FloatArray:
        """P(age) = p(0) + … + p(age) for each item at each age: shape (n, K); 0 for negative ages."""
        ages = np.atleast_1d(np.asarray(age, dtype=np.int64))
        cumulative = np.minimum(np.cumsum(self.pmf, axis=1), 1.0)
        # a proper law has arrived for certain after its last age, whatever the rounding of the sum
        certain = (self.never == 0)[:, None] & (self._last_age()[:, None] <= np.arange(self.pmf.shape[1])[None, :])
        cumulative[certain] = 1.0
        found: FloatArray = cumulative[:, np.clip(ages, 0, self.pmf.shape[1] - 1)]
        found[:, ages < 0] = 0.0
        return found

    def _last_age(self) -> IntArray:
        ages = np.where(self.pmf > 0, np.arange(self.pmf.shape[1])[None, :], 0)
        last: IntArray = ages.max(axis=1).astype(np.int64)
        return last

    @property
    def support(self) -> IntArray:
        """J for each item, shape (n,): one more than the last age at which its orders can arrive."""
        return self._last_age() + 1

    def sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> IntArray:
        """Ages at arrival of independent orders, shape (n, *shape); NEVER for those that do not arrive."""
        bounds = np.cumsum(self.pmf, axis=1)
        bounds[self.never == 0, -1] = 1.0
        draw = rng.random((len(self.pmf), *shape))
        ages = np.zeros(draw.shape, dtype=np.int64)
        extra = (1,) * len(shape)
        for j in range(self.pmf.shape[1]):
            ages += draw >= bounds[:, j].reshape(-1, *extra)
        ages[ages == self.pmf.shape[1]] = NEVER
        return ages
