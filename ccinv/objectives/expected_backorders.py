"""The objective of a single period carried to many: as few units owed as the money can have it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import cvxpy as cp
import numpy as np

from ccinv.arrays import FloatArray, IntArray
from ccinv.errors import DataError, Fault, SolverError
from ccinv.objectives.edge import at_the_edge
from ccinv.objectives.endless import refuse_endless
from ccinv.objectives.keeps import keeps
from ccinv.objectives.loss import Loss, Stated, loss_of
from ccinv.objectives.program import Answer, Outcome, Program, Status
from ccinv.objectives.thrift import thrift

CLOSE = 4e-6  # relative distance to the optimum at which no sharper tangents are asked for; above what THRIFT costs
NOTHING = 1e-9  # of the weighted natural amounts: less than this is not worth another program
WIDTHS = (0.03, 0.001, 0.0005, 0.0005, 0.0005)  # of each cell's own tangents, after each round
THRIFT = 3e-6  # of the value, added for all the money of the budget: what serves nobody is not ordered
DIGITS = (9, 6)  # asked of a program, and where it cannot be solved to them


@dataclass(frozen=True, slots=True)
class ExpectedBackorders:
    """min Σ weight · E[X(t)⁻] over all cells: the units owed at the end of each period, added up.

        E[X⁻] = sd · g(mean / sd),   g(u) = φ(u) − u Φ(−u),   g convex, so that its perspective is

    Weights are the store's, per item. Cells that no order can influence add a constant. Promises of important items and
    the budget are kept; other items need not have E X ≥ 0, since what they owe is counted already. One convex program
    with as many `tangents` of g, the same for all cells, which misses no cell by more than about 0.6 / tangents² of its
    deviation (see `NormalLoss.error`); then, until the proven distance to the optimum is a few millionths, with
    tangents near the score that each cell was found at. Of plans that are equally good, one that ties up little money.
    Under Cantelli's inversion Scarf's bound for every law, which is a cone, takes the place of g. Without a budget, or
    with items that cost nothing, no plan is best: a ModelError. The value is exact for the moments, in weighted units.
    Source: Newton 1990, (2.1), over all periods.
    """

    tangents: int = 25

    limited: ClassVar[bool] = True
    greatest: ClassVar[bool] = False
    serves_others: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.tangents < 1:
            raise DataError(Fault("tangents", str(self.tangents), "at least 1", "25 are exact to a thousandth."))

    def stated(self, program: Program) -> tuple[Any, list[Any]]:
        cells, weight = _counted(program)
        owed = _owed(program, cells, self._loss(program))
        return cp.Minimize(weight @ owed.value), _kept(program, owed)

    def pursue(self, program: Program) -> Answer:
        cells, weight = _counted(program)
        loss = self._loss(program)
        constant = _constant(program, loss)
        if len(cells) == 0:
            nothing = "No order can influence any cell with a weight: there are no backorders to save."
            return Answer(program.start, constant, 0.0, notes=(nothing,))
        refuse_endless(program, "ExpectedBackorders", cells)
        best, value, bound = program.start, float(weight @ loss.at(*_moments(program, cells, program.start))), 0.0
        natural = float(weight @ program.unit[cells])
        near: FloatArray | None = None
        for width in (1.0, *WIDTHS):
            owed = _owed(program, cells, loss, near, width)
            spent, most = thrift(program, THRIFT * value)
            aim = cp.Minimize(weight @ owed.value + spent)
            outcome = _solved(program, aim, _kept(program, owed), owed, first=near is None)
            if outcome is None:
                break
            x = np.asarray(program.x.value)
            mean, sd = _moments(program, cells, x)
            found = float(weight @ loss.at(mean, sd))
            if near is None or (found < value and keeps(program, x, (program.important, program.others))):
                best, value = x, found
            bound = float(np.fmax(bound, outcome.bound - most))
            if value - (outcome.value - most) <= max(CLOSE * value, NOTHING * natural):
                break
            near = mean / np.maximum(sd, 1e-9 * program.unit[cells])
        missing = min(max(value - bound, 0.0), value)
        gap = missing / max(value + constant, NOTHING * natural)
        return Answer(best, value + constant, gap, notes=(_said(loss, value + constant, missing, constant),))

    def _loss(self, program: Program) -> Loss:
        return loss_of(program.inversion, self.tangents)


def _counted(program: Program) -> tuple[IntArray, FloatArray]:
    """The cells that an order can influence and that have a weight, flat, and their weights."""
    store = program.store
    weight = np.repeat(store.weight, store.periods)
    cells = np.flatnonzero(store.controllable.ravel() & (weight > 0))
    return cells, weight[cells]


def _constant(program: Program, loss: Loss) -> float:
    """What is owed in cells that no order can influence."""
    store = program.store
    cells = np.flatnonzero(~store.controllable.ravel())
    owed = loss.at(*_moments(program, cells, program.start))
    return float(np.repeat(store.weight, store.periods)[cells] @ owed)


def _moments(program: Program, cells: IntArray, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    return program.net.mean_at(x).ravel()[cells], program.net.sd_at(x).ravel()[cells]


def _owed(program: Program, cells: IntArray, loss: Loss, near: FloatArray | None = None, width: float = 1.0) -> Stated:
    return loss.stated(program.net.at_cells(cells), program.x, program.unit[cells], near, width)


def _kept(program: Program, owed: Stated) -> list[Any]:
    return [*owed.constraints, *program.held(program.important, program.others)]


def _solved(program: Program, objective: Any, constraints: list[Any], owed: Stated, *, first: bool) -> Outcome | None:
    """The outcome of a program that must have an optimum; None where a later one, which only sharpens, has none."""
    for digits in DIGITS:
        try:
            outcome = program.solve(objective, constraints, owed.scale, digits, proven=True)
        except SolverError:
            if first and digits == DIGITS[-1]:
                raise
            continue
        if outcome.status is Status.SOLVED:
            return outcome
        if first:
            raise at_the_edge(outcome, "ExpectedBackorders")
    return None


def _said(loss: Loss, value: float, missing: float, constant: float) -> str:
    unavoidable = f", {constant:.4g} of them beyond any order" if constant > CLOSE * value else ""
    return (
        f"Expected backorders, weighted and added up over all periods: {value:.6g} ({loss.words}){unavoidable}; "
        f"no plan has more than {missing:.2g} less."
    )
