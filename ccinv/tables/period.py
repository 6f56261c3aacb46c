"""How long a period is, and which one a day belongs to."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np

from ccinv.arrays import IntArray

DAYS_IN_A_MONTH = 365.25 / 12
LONGEST = 3660.0  # days of a period: ten years


@dataclass(frozen=True, slots=True)
class Period:
    """A calendar month, or a fixed number of days.

    `days`: its (mean) length; `month`: whether periods are calendar months.
    """

    days: float
    month: bool = False

    def number(self, day: IntArray, origin: int) -> IntArray:
        """The period of each day (since 1970-01-01), counted from the one that begins on, or contains, `origin`."""
        if self.month:
            return _months(day) - int(_months(np.array([origin]))[0])
        found: IntArray = np.floor((day - origin) / self.days).astype(np.int64)
        return found

    def start(self, number: int, origin: int) -> str:
        """The first day of a period, as an ISO date; its number where the calendar has no such day."""
        if self.month:
            month = int(_months(np.array([origin]))[0]) + number
            year = 1970 + month // 12
            return f"{year:04d}-{month % 12 + 1:02d}-01" if year <= 9999 else str(number + 1)
        try:
            first = datetime.date(1970, 1, 1) + datetime.timedelta(days=origin + round(number * self.days))
        except OverflowError:
            return str(number + 1)
        return first.isoformat()


MONTH = Period(DAYS_IN_A_MONTH, month=True)
NAMED = {"month": MONTH, "week": Period(7.0), "day": Period(1.0)}


def _months(day: IntArray) -> IntArray:
    found: IntArray = day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return found


def period_of(value: object) -> Period | None:
    """A period from "month", "week", "day" or a positive number of days; None for anything else."""
    if isinstance(value, str):
        return NAMED.get(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= LONGEST:
        return Period(float(value))
    return None
