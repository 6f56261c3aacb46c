"""Deliveries of one material over a cycle: when they come, and how much each brings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray, given_number, given_numbers
from ccinv.deliveries.demand import DemandPath
from ccinv.deliveries.marks import Marks
from ccinv.errors import DataError, Fault

MOST_SAMPLE = 400  # multinomial coefficients of larger samples leave the range of double precision
WHOLE = 1e-9  # how far shares may be from a sum of 1


@dataclass(frozen=True, slots=True, eq=False, init=False)
class Deliveries:
    """n deliveries in a cycle of length 1 that bring a total of 1: fixed or random times, fixed or random amounts.

        T_i = i·min_gap + (1 − n·min_gap)·x_(j_i),    A_i = i·min_amount + (1 − n·min_amount)·y_(k_i),    A_n = 1

    T_i: time of delivery i; A_i: delivered by it in all. x_(j): the j-th smallest of `time_sample` uniform numbers,
    `times` = (j_1, …, j_n); y_(k): the k-th smallest of `amount_sample`, `amounts` = (k_1, …, k_(n−1)), independent of
    the times. Without a sample, `times` are the times themselves, and `amounts` the n shares of the total, for certain.
    `demand`: None for demand at a constant rate, 1 over the cycle; a `DemandPath`; or Deliveries: demand of the same
    random kind, which leaves stock as deliveries enter it. DataError names everything wrong at once.
    Source: Prékopa & Kelle 1978, §2.
    """

    time_marks: Marks
    amount_marks: Marks
    demand: DemandPath | Deliveries | None = field(default=None)

    def __init__(
        self,
        times: Sequence[float] | ArrayLike,
        time_sample: int | None = None,
        min_gap: float = 0.0,
        amounts: Sequence[float] | ArrayLike = (1.0,),
        amount_sample: int | None = None,
        min_amount: float = 0.0,
        *,
        demand: DemandPath | Deliveries | None = None,
    ) -> None:
        faults: list[Fault] = []
        when = np.atleast_1d(given_numbers("times", times))
        share = np.atleast_1d(given_numbers("amounts", amounts))
        if when.ndim != 1 or not len(when):
            expected = "one number for each delivery"
            raise DataError(Fault("times", f"shape {when.shape}", expected, "Give the deliveries of one material."))
        n = len(when)
        if time_sample is None:
            faults += _step_faults("min_gap", min_gap, 0.0, "Times that are certain have no gaps besides their own.")
            faults += _rising_faults("times", when, n, 0.0, 1.0)
            fixed_times = Marks(np.zeros(0, dtype=np.int64), 0, 0.0, n, when)
        else:
            faults += _step_faults("min_gap", min_gap, 1.0 / n, f"{n} gaps of this length must fit into the cycle.")
            faults += _position_faults("times", "time_sample", when, n, time_sample)
        if amount_sample is None:
            remedy = "Amounts that are certain are what they are."
            faults += _step_faults("min_amount", min_amount, 0.0, remedy)
            faults += _share_faults(share, n)
        else:
            remedy = f"{n} deliveries of this size must fit into the total."
            faults += _step_faults("min_amount", min_amount, 1.0 / n, remedy)
            faults += _position_faults("amounts", "amount_sample", share, n - 1, amount_sample)
        if demand is not None and not isinstance(demand, DemandPath | Deliveries):
            expected = "None, a DemandPath or Deliveries"
            faults.append(Fault("demand", type(demand).__name__, expected, "Leave it out for a constant rate."))
        if faults:
            raise DataError(faults)
        if time_sample is not None:
            random_times = Marks(when.astype(np.int64), int(time_sample), float(min_gap), n)
        if amount_sample is None or n == 1:
            amount_marks = Marks(np.zeros(0, dtype=np.int64), 0, 0.0, n, np.cumsum(share)[: n - 1])
        else:
            amount_marks = Marks(share.astype(np.int64), int(amount_sample), float(min_amount), n)
        object.__setattr__(self, "time_marks", fixed_times if time_sample is None else random_times)
        object.__setattr__(self, "amount_marks", amount_marks)
        object.__setattr__(self, "demand", demand)

    @property
    def number(self) -> int:
        """n, the number of deliveries."""
        return self.time_marks.size

    @property
    def mean_times(self) -> FloatArray:
        """E T_i, (n,)."""
        return self.time_marks.mean

    @property
    def mean_amounts(self) -> FloatArray:
        """The expected amounts of the deliveries, (n,), which sum to 1."""
        return np.diff(self.amount_marks.mean, prepend=0.0, append=1.0)


def _step_faults(name: str, value: object, most: float, remedy: str) -> list[Fault]:
    number = given_number(value)
    if number is not None and 0 <= number <= most and (number < most or most == 0):
        return []
    expected = "0" if most == 0 else f"a number from 0 to below {most:.6g}"
    return [Fault(name, repr(value), expected, remedy)]


def _rising_faults(name: str, values: FloatArray, size: int, low: float, high: float) -> list[Fault]:
    if len(values) == size and np.isfinite(values).all() and values[0] >= low and values[-1] <= high:
        if (np.diff(values) >= 0).all():
            return []
    expected = f"{size} numbers from {low:g} to {high:g} that never fall"
    return [Fault(name, str(values.tolist()), expected, "Measure time in cycles, from 0 to 1.")]


def _position_faults(name: str, of: str, values: FloatArray, size: int, sample: object) -> list[Fault]:
    if isinstance(sample, bool) or not isinstance(sample, int | np.integer) or not 1 <= sample <= MOST_SAMPLE:
        if size == 0:
            return []  # a single delivery brings all there is
        expected = f"a whole number from 1 to {MOST_SAMPLE}"
        return [Fault(of, repr(sample), expected, f"Give the size of the sample that {name} are selected from.")]
    whole = values.shape == (size,) and np.isfinite(values).all() and (values == np.floor(values)).all()
    if whole and (np.diff(values, prepend=0) > 0).all() and (not size or values[-1] <= sample):
        return []
    expected = f"{size} whole numbers, rising, from 1 to {of} = {sample}"
    return [Fault(name, str(values.tolist()), expected, "Give the places of the selected numbers in the sample.")]


def _share_faults(shares: FloatArray, size: int) -> list[Fault]:
    good = shares.shape == (size,) and np.isfinite(shares).all() and (shares >= 0).all()
    if good and abs(shares.sum() - 1.0) <= WHOLE:
        return []
    expected = f"{size} shares >= 0 that sum to 1"
    return [Fault("amounts", str(shares.tolist()), expected, "Give the share of each delivery in the total.")]
