"""From past sales to a law of demand for each item."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from ccinv.arrays import BoolArray, FloatArray
from ccinv.demand.checks import check_periods, faults_at
from ccinv.demand.empirical import Empirical
from ccinv.demand.gamma import Gamma
from ccinv.demand.law import Law
from ccinv.demand.negative_binomial import NegativeBinomial
from ccinv.demand.per_item import PerItem
from ccinv.demand.poisson import Poisson
from ccinv.errors import DataError, Fault

OVERDISPERSED = 0.05  # a missed one costs service, a false one a little stock: hence not 1 %
UNLIKE = 0.005  # on either side: what makes a parametric law untenable


def fit(history: ArrayLike, periods: int) -> PerItem:
    """A law of demand for each item, fitted by moments to its known past sales, the same in each of `periods` periods.

        mean = average,  sd² = Σ (s − average)² / (number known − 1)

    `history`: (n, H), units, NaN where unknown, at least one known value per item. The kind is chosen by the data:

    1. all known sales 0: Poisson with mean 0;
    2. a negative value (a net return) among them: Empirical;
    3. whole numbers only (counts), c of them known. Under a Poisson law the dispersion (c − 1) sd²/mean is chi-square
       with c − 1 degrees of freedom, nearly. Upper tail < 5 %: negative binomial. Lower tail < ½ %: steadier than any
       law of counts here, Empirical. Otherwise (and with one known value) Poisson.
       If then the number of zeros has a tail probability < ½ % on either side, under the binomial law that c and the
       fitted P{S = 0} give it: Empirical instead;
    4. not whole, no zero, two known values or more: Gamma; with a zero, or with one known value only: Empirical.

    Empirical has the divisor c instead of c − 1 in its variance, being a law of exactly these sales. Which kind an item
    got: `kind_by_item` of the result.
    """
    sales = np.array(history, dtype=np.float64)
    check_periods("periods", periods)
    if sales.ndim != 2 or 0 in sales.shape:
        raise DataError(Fault("history", f"shape {sales.shape}", "(items, periods)", "Give one row per item."))
    known = ~np.isnan(sales)
    count = known.sum(axis=1)
    faults = faults_at("history", sales, np.isinf(sales), "a finite number", "Correct it, or leave it out as unknown.")
    faults += [
        Fault(f"history, item row {item + 1}", "no known sales", "one period at least", "Leave the item out.")
        for item in np.flatnonzero(count == 0)
    ]
    if faults:
        raise DataError(faults)
    zeroed = np.where(known, sales, 0.0)
    mean = zeroed.sum(axis=1) / count
    squares = (np.where(known, sales - mean[:, None], 0.0) ** 2).sum(axis=1)
    sd = np.sqrt(squares / np.maximum(count - 1, 1))

    silent = ~(zeroed != 0).any(axis=1)
    negative = (zeroed < 0).any(axis=1)
    counts = (zeroed == np.floor(zeroed)).all(axis=1) & ~negative & ~silent
    zeros = (known & (sales == 0)).sum(axis=1)
    poisson, binomial = _kinds_of_counts(counts, count, mean, squares, zeros)
    gamma = ~silent & ~negative & ~counts & (zeros == 0) & (count > 1)
    poisson |= silent
    empirical = ~(poisson | binomial | gamma)

    def table(values: FloatArray) -> FloatArray:
        return np.repeat(values[:, None], periods, axis=1)

    laws: list[Law] = []
    places = [np.flatnonzero(chosen) for chosen in (poisson, binomial, gamma, empirical) if chosen.any()]
    if poisson.any():
        laws.append(Poisson(table(mean[poisson])))
    if binomial.any():
        laws.append(NegativeBinomial(table(mean[binomial]), table(sd[binomial])))
    if gamma.any():
        laws.append(Gamma(table(mean[gamma]), table(sd[gamma])))
    if empirical.any():
        laws.append(Empirical(sales[empirical], periods))
    return PerItem(laws, places)


def _kinds_of_counts(
    counts: BoolArray, count: FloatArray, mean: FloatArray, squares: FloatArray, zeros: FloatArray
) -> tuple[BoolArray, BoolArray]:
    """Which items are Poisson and which negative binomial, (n,) each; both need `counts`."""
    average = np.where(counts, mean, 1.0)
    freedom = np.maximum(count - 1, 1)
    dispersion = np.where(counts, squares, 0.0) / average
    testable = counts & (count > 1)
    wide = testable & (special.chdtrc(freedom, dispersion) < OVERDISPERSED)
    steady = testable & (special.chdtr(freedom, dispersion) < UNLIKE)

    excess = np.where(wide, dispersion * average / freedom - average, 0.0) / average  # sd²/mean − 1, > 0 where wide
    share = np.where(wide, np.log1p(excess) / np.where(wide, excess, 1.0), 1.0)
    none = np.exp(-average * share)  # P{S = 0}
    few = special.bdtr(zeros, count, none) < UNLIKE
    many = (zeros > 0) & (special.bdtrc(np.maximum(zeros, 1) - 1, count, none) < UNLIKE)
    fits = counts & ~few & ~many & ~steady
    return fits & ~wide, fits & wide
