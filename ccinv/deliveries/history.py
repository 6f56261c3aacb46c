"""What past cycles say of deliveries: the gaps between their marks, as shares of a cycle and of its total."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray, frozen, given_number
from ccinv.errors import DataError, Fault

ALIKE = 1e-9  # marks that differ by less, of a cycle or of its total, are the same in all cycles
Table = Sequence[Sequence[float]] | ArrayLike


@dataclass(frozen=True, slots=True, eq=False)
class MarkHistory:
    """Marks of C cycles by the gaps that they leave of the interval (0, 1).

    `gaps` (C, K + 1): before the first mark, between marks, after the last; rows sum to 1. `parts`: how many of the
    gaps, from the first, hold a least step: n. `unit`: how finely marks were recorded, 0 where that does not matter.
    """

    gaps: FloatArray
    parts: int
    unit: float = 0.0

    @property
    def marks(self) -> FloatArray:
        """(C, K)."""
        found: FloatArray = np.cumsum(self.gaps, axis=1)[:, :-1]
        return found

    @property
    def size(self) -> int:
        """K."""
        return len(self.gaps[0]) - 1

    @property
    def least_gap(self) -> float:
        """The smallest gap seen that holds a step."""
        return float(self.gaps[:, : self.parts].min())

    @property
    def certain(self) -> bool:
        """Whether all cycles had the same marks."""
        return bool((np.ptp(self.gaps, axis=0) <= ALIKE).all())


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Past cycles of one material. `times`, `amounts`: their marks; `totals` (C,): what each brought, in units."""

    times: MarkHistory
    amounts: MarkHistory
    totals: FloatArray


def history(times: Table, amounts: Table, period: float = 1.0) -> History:
    """The history in `times` and `amounts`, (cycles, n) each: day within its cycle and amount of every delivery.

    `period`: days of a cycle. Wrong entries are a DataError that names each by cycle and delivery, counted from 1.
    """
    days = given_number(period)
    if days is None or not 0 < days < np.inf:
        raise DataError(Fault("period", repr(period), "a number > 0", "Give the length of a cycle, in days."))
    faults: list[Fault] = []
    when, brought = _rows("times", times, faults), _rows("amounts", amounts, faults)
    if len(when) != len(brought):
        found = f"{len(when)} cycles of times and {len(brought)} of amounts"
        faults.append(Fault("times and amounts", found, "as many of each", "Give both for every cycle."))
    elif len(when) < 2:
        remedy = "One cycle says nothing of chance: give more, or give times and amounts as certain."
        faults.append(Fault("times and amounts", f"{len(when)} cycles", "at least 2", remedy))
    faults += _number_faults(when, brought)
    faults += [fault for cycle, row in enumerate(when, start=1) for fault in _day_faults(cycle, row, days)]
    faults += [fault for cycle, row in enumerate(brought, start=1) for fault in _amount_faults(cycle, row)]
    if faults:
        raise DataError(faults)
    at, size = np.array(when), np.array(brought)
    totals = size.sum(axis=1)
    apart = np.diff(np.unique(np.round(at / days, 9)))
    unit = float(apart.min()) if len(apart) else 0.0
    return History(
        MarkHistory(frozen(np.diff(at, axis=1, prepend=0.0, append=days) / days), at.shape[1], unit),
        MarkHistory(frozen(size / totals[:, None]), at.shape[1]),
        frozen(totals),
    )


def _rows(name: str, table: Table, faults: list[Fault]) -> list[list[float]]:
    """The cycles as lists of floats; an entry that is no number is a fault, and NaN from then on."""
    found: list[list[float]] = []
    try:
        for cycle, row in enumerate(table, start=1):  # type: ignore[arg-type]  # anything else is caught
            found.append([])
            for i, entry in enumerate(row, start=1):  # type: ignore[arg-type]
                number = given_number(entry)
                if number is None or number != number:
                    remedy = "Enter what was recorded, or leave the cycle out."
                    faults.append(Fault(f"{name}, cycle {cycle}, delivery {i}", repr(entry), "a number", remedy))
                found[-1].append(float("nan") if number is None else number)
    except TypeError:
        remedy = "Give one row per cycle, one entry per delivery."
        faults.append(Fault(name, f"{type(table).__name__} that is no table", "rows of numbers", remedy))
        return []
    return found


def _number_faults(when: list[list[float]], brought: list[list[float]]) -> list[Fault]:
    """Cycles without as many deliveries as most have, in times or in amounts."""
    lengths = Counter(len(row) for row in [*when, *brought])
    if not lengths:
        return []
    usual = max(lengths, key=lambda length: (lengths[length], length))
    if usual == 0:
        return [Fault("times and amounts", "no deliveries", "at least one a cycle", "Give days and amounts.")]
    remedy = "Each cycle must have as many deliveries: add the missing, join two into one, or leave the cycle out."
    return [
        Fault(f"{name}, cycle {cycle}", f"{len(row)} deliveries", f"{usual}, as in most cycles", remedy)
        for name, rows in (("times", when), ("amounts", brought))
        for cycle, row in enumerate(rows, start=1)
        if len(row) != usual
    ]


def _day_faults(cycle: int, row: list[float], period: float) -> list[Fault]:
    faults = []
    for i, day in enumerate(row):
        where = f"times, cycle {cycle}, delivery {i + 1}"
        before = row[i - 1] if i else 0.0
        if day != day:
            continue
        if not 0 <= day <= period:
            remedy = "Count days from the start of the cycle; a delivery after its end belongs to the next."
            faults.append(Fault(where, f"day {day:g}", f"a day from 0 to {period:g}", remedy))
        elif day < before <= period:
            remedy = "Give deliveries in the order in which they came."
            faults.append(Fault(where, f"day {day:g}", f"day {before:g} or later, after delivery {i}", remedy))
    return faults


def _amount_faults(cycle: int, row: list[float]) -> list[Fault]:
    remedy = "A delivery brings something: correct the amount, or leave the cycle out."
    return [
        Fault(f"amounts, cycle {cycle}, delivery {i}", f"{amount:g}", "an amount > 0", remedy)
        for i, amount in enumerate(row, start=1)
        if amount <= 0 or amount == np.inf
    ]
