"""Which probability goes with which order: as the thesis pairs them, and as they must be."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray, IntArray
from ccinv.errors import DataError, Fault
from ccinv.lead_time import LeadTime

EXAMPLES = 3  # the thesis writes out R(1), R(2) and R(3)


def arrived_printed(p: ArrayLike, periods: int) -> FloatArray:
    """What the general formula takes for the probability that order s is in R(T), (T,): its *number*, s = 1..T.

        p(1), p(2), …, p(T)

    `p`: (J,), the probability that an order arrives precisely j periods after it was placed, 0 from J on. Errata E1
    (precisely instead of at the latest) and E2 (the number of the order instead of its age). Source: Newton 1990, §3.5,
    z and p̃.
    """
    return _at(_each(p), np.arange(1, periods + 1))


def arrived_in_examples(p: ArrayLike, periods: int) -> FloatArray:
    """What the thesis's own tables of R(1), R(2) and R(3) take, (T,): p(1) for T = 1, p(T − s) for the others.

    `p`: (J,), as in `arrived_printed`, with which it does not agree. Source: Newton 1990, §3.5, the examples.
    """
    if not 1 <= periods <= EXAMPLES:
        raise DataError(Fault("periods", str(periods), "1, 2 or 3", "The thesis writes out no other table."))
    age = np.array([1]) if periods == 1 else np.arange(periods - 1, -1, -1)
    return _at(_each(p), age)


def arrived_reversed(p: ArrayLike, periods: int) -> FloatArray:
    """The general formula with its indices moved from 1..T to 0..T − 1 and nothing else, (T,): p(0), p(1), …, p(T − 1).

    The oldest order then has the probability of the youngest: the range alone does not mend E2.
    """
    return _at(_each(p), np.arange(periods))


def arrived_corrected(p: ArrayLike, periods: int) -> FloatArray:
    """The probability that order s has arrived by T, (T,): at the latest, by its age.

        P(T − s) = p(0) + … + p(T − s),   s = 1..T

    `p`: (J,), as in `arrived_printed`; what its sum lacks to 1 never arrives.
    """
    each = _each(p)
    never = 1.0 - each.sum()
    law = LeadTime(each, 0.0 if abs(never) <= 1e-9 else never)
    found: FloatArray = law.arrived(np.arange(periods - 1, -1, -1))[0]
    return found


def _at(p: FloatArray, age: IntArray) -> FloatArray:
    found: FloatArray = np.where(age < len(p), p[np.minimum(age, len(p) - 1)], 0.0)
    return found


def _each(p: ArrayLike) -> FloatArray:
    """The probabilities as they are: the printed forms never add them up, so neither does this."""
    each = np.asarray(p, dtype=np.float64)
    if each.ndim != 1 or each.size == 0 or not ((each >= 0) & (each <= 1)).all():
        found = f"shape {each.shape}" if each.ndim != 1 or each.size == 0 else f"{each.tolist()}"
        raise DataError(
            Fault("p", found, "probabilities p(0), p(1), ..., (J,)", "Give P{arrives precisely j periods later}.")
        )
    return each
