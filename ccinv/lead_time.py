"""When an order arrives: the law of its age at arrival."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ccinv.arrays import BoolArray, FloatArray, IntArray, frozen, given_numbers
from ccinv.errors import DataError, Fault

Dates = NDArray[np.datetime64]
DateLike = np.datetime64 | date | str

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
            table = np.atleast_2d(given_numbers("lead time", pmf))
            rest = given_numbers("lead time, never", never)
            if rest.shape not in ((), (1,), (len(table),)):
                found, expected = f"shape {rest.shape}", f"one number, or {len(table)}"
                raise DataError(Fault("lead time, never", found, expected, "Give one per row of probabilities."))
            object.__setattr__(self, "pmf", frozen(table))
            object.__setattr__(self, "never", frozen(np.broadcast_to(rest, len(table))))
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


def fit_lead_times(
    group: ArrayLike,
    ordered: ArrayLike,
    received: ArrayLike,
    observed_until: DateLike | None,
    days_per_period: float,
) -> tuple[tuple[str, ...], LeadTime]:
    """The names of the groups, sorted, and a lead-time law with a row for each, from what was ordered and received.

        S(d) = Π_{e ≤ d} (1 − arrivals on day e / orders known to be open until day e),
        p(j) = S((j − 1) · days_per_period) − S(j · days_per_period)

    the estimate of Kaplan and Meier: an order has been placed at the end of a period, so its age at arrival is
    ⌈days between / days_per_period⌉, 0 for a receipt on the day of the order only.

    `group` (K,): supplier or item of each order. `ordered`, `received` (K,): dates; NaT: not received.
    `observed_until`: the last day whose receipts count, None for the latest date there is; an order received later was
    open then.

    An order open after d days is known to have outlived days 0..d, the ages 0..⌊d/days_per_period⌋, and to have come
    through a part of the next age, if d is no multiple of a period. S is therefore a product over days, in which that
    part counts for what it is; taken over ages, the same orders would be counted where they came early and not where
    they were late, and the law would be too short. Both are one where orders are open for whole periods.

    What is left of S after the last receipt belongs to orders that are open longer; it goes to the age after the last
    one at which an order has arrived or is known to have outlived, the first that contradicts nothing seen.

    A DataError lists every row (from 1) with an order date missing or after `observed_until`, or a receipt before the
    order, and every group without a receipt.
    """
    names, member = np.unique(np.atleast_1d(np.asarray(group)).astype(np.str_), return_inverse=True)
    placed = np.atleast_1d(np.asarray(ordered)).astype("datetime64[D]")
    came = np.atleast_1d(np.asarray(received)).astype("datetime64[D]")
    if not member.shape == placed.shape == came.shape or member.ndim != 1 or member.size == 0:
        found = f"{member.size} groups, {placed.size} order dates, {came.size} receipt dates"
        raise DataError(Fault("receipts", found, "one of each per order", "Give at least one order."))
    if not (np.isfinite(days_per_period) and days_per_period > 0):
        found = f"{days_per_period:g} days"
        raise DataError(Fault("period", found, "a positive number of days", 'Give period = "month" or days.'))
    dates = np.concatenate([placed, came])
    seen = dates[~np.isnat(dates)] if observed_until is None else np.array([observed_until], dtype="datetime64[D]")
    last: np.datetime64 = seen.max() if seen.size else np.datetime64("0001-01-01")
    faults = _receipt_faults(placed, came, last)
    if faults:
        raise DataError(faults)

    done = ~np.isnat(came) & (came <= last)
    days = (np.where(done, came, last) - placed).astype(np.int64)
    without = np.bincount(member[done], minlength=len(names)) == 0
    if without.any():
        remedy = "Give its law in lead_times.csv, or a supplier with receipts."
        raise DataError(
            [
                Fault(f"receipts of {names[g]}", "no order received", f"one at least until {last}", remedy)
                for g in np.flatnonzero(without)
            ]
        )
    arrival, mass, left = _arrivals(member, days, done)
    span = int(days.max()) + 1
    arrival_group, arrival_day = np.divmod(arrival, span)
    age = _ages(arrival_day, days_per_period)
    # an order open after d days is not there on day d, so it arrives on day d + 1 at the earliest
    known = np.where(done, _ages(days, days_per_period), _ages(days + 1, days_per_period) - 1)
    beyond = np.zeros(len(names), dtype=np.int64)
    np.maximum.at(beyond, member, known + 1)

    longest = int(np.where(left > 0, beyond + 1, beyond).max())
    pmf = np.zeros((len(names), longest))
    np.add.at(pmf, (arrival_group, age), mass)
    waiting = np.flatnonzero(left > 0)
    pmf[waiting, beyond[waiting]] += left[waiting]
    return tuple(names.tolist()), LeadTime(pmf)


def _ages(days: IntArray, days_per_period: float) -> IntArray:
    """⌈days / days_per_period⌉; the quotient of a whole number of periods must not be rounded up."""
    found: IntArray = np.ceil(days / days_per_period * (1 - 1e-12)).astype(np.int64)
    return found


def _receipt_faults(placed: Dates, came: Dates, last: np.datetime64) -> list[Fault]:
    """The dates that cannot be, by row."""
    faults = [
        Fault(f"receipts, row {row + 1}", "no order date", "a date", "Give it, or leave the order out.")
        for row in np.flatnonzero(np.isnat(placed))
    ]
    for row in np.flatnonzero(placed > last):
        remedy = "Leave the order out, or set observed_until to the day the table was made."
        faults.append(Fault(f"receipts, row {row + 1}", f"ordered {placed[row]}", f"{last} at the latest", remedy))
    for row in np.flatnonzero(came < placed):
        found = f"received {came[row]}"
        remedy = "Correct the dates; leave `received` empty for an order still open."
        faults.append(Fault(f"receipts, row {row + 1}", found, f"{placed[row]} (ordered) or later", remedy))
    return faults


def _arrivals(member: IntArray, days: IntArray, done: BoolArray) -> tuple[IntArray, FloatArray, FloatArray]:
    """Kaplan and Meier's estimate by group: days of arrival (as group · span + day), their mass; what is left (G,)."""
    span = int(days.max()) + 1
    key = np.sort(member * span + days)
    found, counted = np.unique((member * span + days)[done], return_counts=True)
    arrival: IntArray = found.astype(np.int64)
    arrivals: FloatArray = counted.astype(np.float64)
    group = arrival // span
    open_until = np.searchsorted(key, (group + 1) * span) - np.searchsorted(key, arrival)
    rank = np.arange(len(arrival)) - np.searchsorted(group, group)  # 0, 1, ... within each group
    groups = int(member.max()) + 1
    stay = np.ones((groups, int(rank.max()) + 2))  # column r + 1: what outlives the r-th day of arrival
    stay[group, rank + 1] = 1 - arrivals / open_until
    survival = np.cumprod(stay, axis=1, dtype=np.float64)
    return arrival, survival[group, rank] * (arrivals / open_until), survival[:, -1]
