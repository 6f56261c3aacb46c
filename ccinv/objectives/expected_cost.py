"""Least expected cost of holding and of shortages, under all promises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import cvxpy as cp
import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray, given_numbers
from ccinv.errors import DataError, Fault
from ccinv.objectives.edge import at_the_edge
from ccinv.objectives.keeps import keeps
from ccinv.objectives.loss import loss_of
from ccinv.objectives.program import Answer, Program, Status
from ccinv.objectives.unbounded import unbounded
from ccinv.store import Store

CLOSE = 1e-5  # relative distance between value and bound at which no sharper tangents are asked for
TANGENTS = 25  # common to all cells, to begin with
WIDTHS = (0.03, 0.003)  # of each cell's own tangents


@dataclass(frozen=True, slots=True, eq=False)
class ExpectedCost:
    """min Σ_t E[holding · X(t)⁺ + shortage · X(t)⁻] + unit · E O(N): the newsvendor's cost over many periods.

        E[h X⁺ + b X⁻] = h E X + (h + b) E[X⁻]

    `holding` and `shortage`: dollars per unit and period, one number, one per item (n,), or one per cell (n, N);
    `unit`: dollars per unit ordered within the horizon, one number or (n,). All promises and the budget are kept. Under
    the calibrated inversion the value is what replays cost; under another it is exact for the moments, as if net stock
    were normal. Source: Newton 1990, (2.1), with a cost of holding as in Arrow, Harris and Marschak 1951.
    """

    holding: FloatArray
    shortage: FloatArray
    unit: FloatArray

    limited: ClassVar[bool] = True
    greatest: ClassVar[bool] = False
    serves_others: ClassVar[bool] = False

    def __init__(self, holding: ArrayLike, shortage: ArrayLike, unit: ArrayLike = 0.0) -> None:
        faults: list[Fault] = []
        for name, values in (("holding", holding), ("shortage", shortage), ("unit", unit)):
            try:
                table = given_numbers(name, values)
            except DataError as error:
                faults += error.faults
                continue
            if not (np.isfinite(table).all() and (table >= 0).all()):
                faults.append(Fault(f"cost, {name}", f"{table!r:.60}", "amounts >= 0", "Give dollars per unit."))
            table = np.array(table)
            table.setflags(write=False)
            object.__setattr__(self, name, table)
        if faults:
            raise DataError(faults)

    def rates(self, store: Store) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Holding and shortage of every cell (n, N), and what a unit costs (n,); a DataError for other shapes."""
        items, shape = store.items, store.demand.mean.shape
        faults, tables = [], []
        for name, table in (("holding", self.holding), ("shortage", self.shortage)):
            wide = table[:, None] if table.ndim == 1 and table.shape == (items,) else table
            if wide.shape not in ((), (items, 1), shape):
                expected = f"one number, {items}, or {shape}"
                faults.append(Fault(f"cost, {name}", f"shape {table.shape}", expected, "Give one per item, or cell."))
                continue
            tables.append(np.array(np.broadcast_to(wide, shape)))
        if self.unit.shape not in ((), (items,)):
            expected = f"one number, or {items}"
            faults.append(Fault("cost, unit", f"shape {self.unit.shape}", expected, "Give one per item."))
        if faults:
            raise DataError(faults)
        return tables[0], tables[1], np.array(np.broadcast_to(self.unit, (items,)))

    def stated(self, program: Program) -> tuple[Any, list[Any]]:
        objective, rows, _ = self._stated(program, None, 1.0)
        return objective, rows

    def pursue(self, program: Program) -> Answer:
        best, value, bound = program.start, self._value(program, program.start), -np.inf
        near: FloatArray | None = None
        for width in (1.0, *WIDTHS):
            objective, rows, scale = self._stated(program, near, width)
            outcome = program.solve(objective, rows, scale, digits=9 if near is None else 7)
            if outcome.status is Status.UNBOUNDED:
                raise unbounded(program, "ExpectedCost")
            if outcome.status is not Status.SOLVED:
                if near is None:
                    raise at_the_edge(outcome, "ExpectedCost")
                break
            x = np.asarray(program.x.value)
            found = self._value(program, x)
            if near is None or (found < value and keeps(program, x, (program.important, program.others))):
                best, value = x, found
            bound = max(bound, outcome.value)
            if value - bound <= CLOSE * abs(value):
                break
            mean, sd = program.net.mean_at(x).ravel(), program.net.sd_at(x).ravel()
            near = (mean / np.maximum(sd, 1e-9 * program.unit))[self._cells(program)]
        return Answer(best, value, abs(value - bound) / max(abs(value), 1e-300))

    def _cells(self, program: Program) -> Any:
        holding, shortage, _ = self.rates(program.store)
        return np.flatnonzero((holding + shortage).ravel() > 0)

    def _stated(self, program: Program, near: FloatArray | None, width: float) -> tuple[Any, list[Any], Any]:
        holding, shortage, unit = self.rates(program.store)
        cells = self._cells(program)
        owed = loss_of(program.inversion, TANGENTS).stated(
            program.net.at_cells(cells), program.x, program.unit[cells], near, width
        )
        kept = holding.ravel() @ program.net.mean.matrix
        last = np.arange(program.store.items) * program.store.periods + program.store.periods - 1
        bought = unit @ program.layout.level.matrix[last]
        constant = float(holding.ravel() @ program.net.mean.constant + unit @ program.layout.level.constant[last])
        cost = (holding + shortage).ravel()[cells] @ owed.value + np.asarray(kept + bought) @ program.x + constant
        rows = [*owed.constraints, *program.held(program.important, program.others)]
        return cp.Minimize(cost), rows, owed.scale

    def _value(self, program: Program, x: FloatArray) -> float:
        holding, shortage, unit = self.rates(program.store)
        mean, sd = program.net.mean_at(x), program.net.sd_at(x)
        owed = loss_of(program.inversion, TANGENTS).at(mean, sd)
        last = program.layout.level.at(x).reshape(mean.shape)[:, -1]
        return float((holding * mean + (holding + shortage) * owed).sum() + unit @ last)
