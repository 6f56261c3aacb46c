"""Deliveries of one material over a cycle: when they come, and how much each brings."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray, given_number, given_numbers
from ccinv.deliveries.demand import DemandPath
from ccinv.deliveries.fitting import FitMethod, fitted
from ccinv.deliveries.flow import Flow, RandomDemand
from ccinv.deliveries.history import Table, history
from ccinv.deliveries.likelihood import MaximumLikelihood
from ccinv.deliveries.marks import Marks
from ccinv.deliveries.risk import Risk
from ccinv.deliveries.sampling import drawn
from ccinv.deliveries.shortages import gaps, shortages
from ccinv.deliveries.unsteady import unsteady_shortages
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

    flow: Flow

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
        time_marks = fixed_times if time_sample is None else random_times
        if isinstance(demand, Deliveries):
            asked: DemandPath | RandomDemand | None = RandomDemand(demand.time_marks, demand.amount_marks)
        else:
            asked = demand
        object.__setattr__(self, "flow", Flow(time_marks, amount_marks, asked))

    @property
    def time_marks(self) -> Marks:
        """The times T_i."""
        return self.flow.times

    @property
    def amount_marks(self) -> Marks:
        """What has been delivered in all by A_1, …, A_(n−1)."""
        return self.flow.amounts

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

    @classmethod
    def fit(
        cls,
        times: Table,
        amounts: Table,
        period: float = 1.0,
        *,
        method: FitMethod | None = None,
        amount_method: FitMethod | None = None,
    ) -> Deliveries:
        """Deliveries fitted to past cycles: `times` and `amounts` (cycles, n), days within a cycle of `period` days.

        `method`: `MaximumLikelihood()` unless given; `ExactMoments()`, `PaperRounding()`; `amount_method`: that of the
        amounts, if another. Times, or shares of amounts, that were the same in all cycles are certain. Entries that
        cannot be are a DataError that names each. `cc.deliveries.fit_deliveries` tells how good the fit is.
        """
        past = history(times, amounts, period)
        way = MaximumLikelihood() if method is None else method
        return cls._of(fitted(past.times, way), fitted(past.amounts, way if amount_method is None else amount_method))

    @classmethod
    def _of(cls, times: Marks, amounts: Marks) -> Deliveries:
        when = times.positions if times.fixed is None else times.fixed
        brought = amounts.positions if amounts.fixed is None else np.diff(amounts.fixed, prepend=0.0, append=1.0)
        samples = (times.sample or None, amounts.sample or None)
        return cls(when, samples[0], times.step, brought, samples[1], amounts.step)

    def sample(self, rng: np.random.Generator, paths: int) -> tuple[FloatArray, FloatArray]:
        """Times and amounts of the deliveries of `paths` cycles, (paths, n) each; amounts sum to 1."""
        times, amounts = drawn(self.time_marks, rng, paths), drawn(self.amount_marks, rng, paths)
        return times, np.diff(amounts, axis=1, prepend=0.0, append=1.0)

    def reliability(self, stock: ArrayLike) -> FloatArray | float:
        """h(M): the probability of no shortage over the cycle with the initial stock M, a share of the total.

            h(M) = P{M + A_(i−1) ≥ β(T_i) for i = 1..n}

        `stock`: a number or an array; the answer has its shape. Exact to rounding where demand is constant or known and
        one family of marks certain; else the mean over scenarios, see `reliability_error`. Source: (3.4).
        """
        return _like(stock, lambda at: 1.0 - self._shortage(at))

    def reliability_slope(self, stock: ArrayLike) -> FloatArray | float:
        """h′(M), by a complex step through the same formulas: as exact as they are. Source: (4.4)–(4.6), corrected."""
        risk = Risk.of([self.flow])
        return _like(stock, lambda at: risk.slope(np.zeros(len(at), dtype=np.int64), at)[1])

    def reliability_error(self, stock: ArrayLike) -> FloatArray | float:
        """How far `reliability` may be off: by rounding, and three standard errors where scenarios are drawn."""
        risk = Risk.of([self.flow])
        return _like(stock, lambda at: np.array([risk.error(0, one) for one in at]))

    def shortage(self, stock: ArrayLike) -> FloatArray | float:
        """1 − h(M), to the same relative precision however small it is."""
        return _like(stock, self._shortage)

    def stock(self, reliability: ArrayLike) -> FloatArray | float:
        """h⁻¹: the least initial stock with this reliability, a number in (0, 1) or an array of them."""
        asked = np.asarray(given_numbers("reliability", reliability))
        if not ((asked > 0) & (asked < 1)).all():
            found = str(asked.tolist())
            raise DataError(Fault("reliability", found, "probabilities between 0 and 1", "Give 0.95 for 95 %."))
        risk = Risk.of([self.flow])
        return _like(asked, lambda p: risk.stock(np.zeros(len(p), dtype=np.int64), 1.0 - p))

    def expected_shortage(self, stock: float) -> FloatArray:
        """E[(β(T_i) − M − A_(i−1))⁺]: the mean shortage just before each delivery, (n,). Source: (3.11)."""
        return self._shortages(stock)[1]

    def shortage_probability(self, stock: float) -> FloatArray:
        """P{β(T_i) > M + A_(i−1)}: how probable a shortage is just before each delivery, (n,)."""
        return self._shortages(stock)[0]

    def conditional_shortage(self, stock: float) -> FloatArray:
        """E[shortage | shortage] just before each delivery, (n,); 0 where there is none. Source: (3.9), (3.10)."""
        chance, size = self._shortages(stock)
        return np.divide(size, chance, out=np.zeros_like(size), where=chance > 0)

    def _shortage(self, stock: FloatArray) -> FloatArray:
        found: FloatArray = Risk.of([self.flow]).shortage(np.zeros(len(stock), dtype=np.int64), stock)
        return np.clip(found, 0.0, 1.0)

    def _shortages(self, stock: float) -> tuple[FloatArray, FloatArray]:
        number = given_number(stock)
        if number is None or not math.isfinite(number):
            raise DataError(Fault("stock", repr(stock), "a number", "Give the initial stock as a share of the total."))
        if self.flow.demand is not None:
            return unsteady_shortages(self.flow, number)
        chance, size = shortages(gaps([self.time_marks], [self.amount_marks]), np.array([number]))
        return chance[0], size[0]


def _like(given: ArrayLike, f: Callable[[FloatArray], FloatArray]) -> FloatArray | float:
    """f of the given numbers in their own shape; a plain number for a number."""
    numbers = np.asarray(given_numbers("stock", given))
    if not np.isfinite(numbers).all():
        raise DataError(Fault("stock", str(numbers.tolist()), "finite numbers", "Give shares of the total."))
    found = f(numbers.reshape(-1)).reshape(numbers.shape)
    return float(found) if numbers.ndim == 0 else found


def _step_faults(name: str, value: object, most: float, remedy: str) -> list[Fault]:
    number = given_number(value)
    if number is not None and 0 <= number <= most and (number < most or most == 0):
        return []
    expected = "0" if most == 0 else f"a number from 0 to below {most:.6g}"
    return [Fault(name, repr(value), expected, remedy)]


def _rising_faults(name: str, values: FloatArray, size: int, low: float, high: float) -> list[Fault]:
    inside = len(values) == size and np.isfinite(values).all() and values[0] >= low and values[-1] <= high
    if inside and (np.diff(values) >= 0).all():
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
