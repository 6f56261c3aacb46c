"""Deliveries of past cycles from a table: days and amounts of every material, cycle by cycle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ccinv.arrays import IntArray
from ccinv.deliveries.history import history
from ccinv.errors import DataError, Fault
from ccinv.tables.cells import names, numbers, places_in, positions
from ccinv.tables.table import MOST_OF_A_KIND, Schema, Table, quoted, repeat_faults

if TYPE_CHECKING:
    import polars as pl

DELIVERIES = Schema("deliveries", ("material", "cycle", "delivery", "day", "amount"))
MOST_DELIVERIES = 1000  # in one cycle

Past = tuple[list[list[float]], list[list[float]]]  # days and amounts, a row for each cycle


def read_deliveries(
    table: Table, known: pl.Series, home: str, period: float | None, faults: list[Fault]
) -> dict[int, Past]:
    """Days and amounts (cycles, n) of each material with a history, by its position in `known`.

    `home`: where materials are named; `period`: days of a cycle, None where it could not be read, so that days are not
    judged. Deliveries count from 1 in each cycle; a cycle is any name. Everything wrong is added to `faults`, each with
    its line, and a material with faults is left out.
    """
    import polars as pl

    if table.columns["cycle"].dtype.is_integer():
        table = replace(table, columns={**table.columns, "cycle": table.columns["cycle"].cast(pl.String)})
    material = positions(table, "material", known, home, faults)
    cycles, good = names(table, "cycle", faults)
    expected = "the number of the delivery in its cycle, from 1"
    number = numbers(table, "delivery", faults, expected, low=1, high=MOST_DELIVERIES, whole=True)
    day = numbers(table, "day", faults, "a number, the day of the cycle")
    amount = numbers(table, "amount", faults, "an amount > 0, in units")
    cycle = places_in(cycles, cycles)
    which = np.where(np.isfinite(number), number, 0).astype(np.int64)
    valid = (material >= 0) & good & (which > 0)
    key = (material * (table.rows + 1) + cycle) * (MOST_DELIVERIES + 1) + which

    def again(row: int) -> str:
        return f"delivery {which[row]} of cycle {quoted(cycles[row])} of {quoted(table.cell(row, 'material'))}"

    remedy = "Number the deliveries of a cycle from 1, or leave one of them out."
    twice = repeat_faults(table, key, valid, again, "delivery", remedy)
    faults += twice
    rows = np.flatnonzero(valid)
    rows = rows[np.lexsort((which[rows], cycle[rows], material[rows]))]
    found = {}
    for own in _parted(rows, material):
        cell = _Cells(table, [part.tolist() for part in _parted(own, cycle)], which, cycles)
        wrong = cell.judged(day, amount, 1e300 if period is None else period, bool(twice))
        faults += wrong
        if cell.whole and not wrong:
            found[int(material[own[0]])] = cell.past(day, amount)
    return found


def _parted(rows: IntArray, key: IntArray) -> list[IntArray]:
    """Rows in runs of one key."""
    return np.split(rows, np.flatnonzero(np.diff(key[rows])) + 1) if len(rows) else []


class _Cells:
    """The rows of one material, (cycles, deliveries), and the places of its cells in the table.

    `whole`: whether the history could be read; faults found before may be all that is wrong with it.
    """

    def __init__(self, table: Table, rows: list[list[int]], which: IntArray, cycles: pl.Series) -> None:
        self.table, self.rows, self.which = table, rows, which
        self.whole = True
        self.name = f"material {table.text(rows[0][0], 'material')}"
        self.cycle = [f"{table.place(own[0])}, {self.name}, cycle {cycles[own[0]]}" for own in rows]

    def past(self, day: np.ndarray, amount: np.ndarray) -> Past:
        return [day[own].tolist() for own in self.rows], [amount[own].tolist() for own in self.rows]

    def judged(self, day: np.ndarray, amount: np.ndarray, period: float, doubled: bool) -> list[Fault]:
        """What is wrong with the history: missing deliveries, and all that `history` finds, with lines."""
        faults, broken = [], set[int]()
        for at, own in enumerate(self.rows):
            there = sorted({int(k) for k in self.which[own]})
            missing = sorted(set(range(1, there[-1] + 1)) - set(there))
            if missing or len(there) < len(own):
                broken.add(at)  # who counts its deliveries would count wrongly
            if missing and not self.table.partial:
                shown = ", ".join(map(str, missing[:5])) + (", ..." if len(missing) > 5 else "")
                lacking = "delivery" if len(missing) == 1 else "deliveries"
                remedy = "Add what is missing, or number those that came from 1."
                faults.append(
                    Fault(self.cycle[at], f"no {lacking} {shown}", f"deliveries 1 to {there[-1]}, all of them", remedy)
                )
        try:
            history(*self.past(day, amount), period)
        except DataError as error:
            self.whole = False
            places = self._places(day, amount, broken, doubled)
            told = [(fault, places.get(fault.where, f"{self.table.name}, {self.name}")) for fault in error.faults]
            # a cycle that has too few days has too few amounts: said once
            faults += dict.fromkeys(
                Fault(place, fault.found, fault.expected, fault.remedy) for fault, place in told if place
            )
        return faults[:MOST_OF_A_KIND]

    def _places(self, day: np.ndarray, amount: np.ndarray, broken: set[int], doubled: bool) -> Mapping[str, str]:
        """Where in the table stands what `history` calls by cycle and delivery; nothing for what is said already."""
        found = {}
        for name, column, values in (("times", "day", day), ("amounts", "amount", amount)):
            for at, own in enumerate(self.rows):
                said = at in broken or doubled or self.table.partial
                found[f"{name}, cycle {at + 1}"] = "" if said else self.cycle[at]
                for k, row in enumerate(own):
                    place = "" if np.isnan(values[row]) else self.table.place(row, column)
                    found[f"{name}, cycle {at + 1}, delivery {k + 1}"] = place
        if self.table.partial:
            found["times and amounts"] = ""
        return found
