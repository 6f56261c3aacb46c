"""The elastic phase: which promises can be kept together, and what the others are held to.

    min Σ_c e_c  such that  mean − κ sd ≥ −unit · e,  e ≥ 0, under all hard rows

First for important cells, then for E X ≥ 0 of the others. Near the edge of feasibility a direct solve is wrong or
mute; this one always has an answer while the hard rows have one. A sum, so that few cells are given up rather than
all a little.
"""

from __future__ import annotations

from dataclasses import dataclass

import cvxpy as cp
import numpy as np

from ccinv.arrays import FloatArray, IntArray
from ccinv.inversion.cones import cones
from ccinv.objectives.program import Hold, Program, Status

SHORT = 1e-6  # shortfall, in item units, from which a cell is out of reach: a hundred times what the solver leaves
LOOSE = 1e-6  # how much a cell that is held at what it has may still fall, so that the next program has an interior


@dataclass(frozen=True, slots=True, eq=False)
class Reached:
    """What can be had together: holds for important cells and for others, and a decision x that has it.

    `short`: flat cells of important items that fall short of what was asked.
    """

    important: Hold
    others: Hold
    open_cells: IntArray
    start: FloatArray
    short: IntArray


def reach(program: Program, *, serves_others: bool) -> Reached | None:
    """Solve the elastic programs; None where not even the hard rows can be kept."""
    asked = program.important
    x = _least_shortfall(program, asked, ())
    if x is None:
        return None
    important, short = _held(program, asked, x)
    none = Hold(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0))
    if not serves_others or len(program.open_cells) == 0:
        return Reached(important, none, program.open_cells, x, short)
    cells = program.open_cells
    wanted = Hold(cells, np.zeros(len(cells)), np.zeros(len(cells)))
    if (program.net.mean_at(x).ravel()[cells] < -SHORT * program.unit[cells]).any():
        found = _least_shortfall(program, wanted, (important,))
        x = x if found is None else found
    others, poor = _held(program, wanted, x)
    given_up = np.isin(cells, poor)
    kept = Hold(others.cells[given_up], others.kappa[given_up], others.floor[given_up])
    return Reached(important, kept, cells[~given_up], x, short)


def _least_shortfall(program: Program, asked: Hold, kept: tuple[Hold, ...]) -> FloatArray | None:
    rows = program.held(*kept)
    if len(asked.cells) == 0:
        # the least orders of all that keep the hard rows: a point of its own, where no objective would leave any
        outcome = program.solve(cp.Minimize(cp.norm1(program.x / program.layout.scale)), rows)
    else:
        shortfall = cp.Variable(len(asked.cells))
        amount = cp.multiply(program.unit[asked.cells], shortfall)
        soft, _ = cones(program.net.at_cells(asked.cells), program.x, asked.kappa, asked.floor - amount)
        outcome = program.solve(cp.Minimize(cp.sum(shortfall)), [*soft, shortfall >= 0, *rows])
    return np.asarray(program.x.value) if outcome.status is Status.SOLVED else None


def _held(program: Program, asked: Hold, x: FloatArray) -> tuple[Hold, IntArray]:
    """What each cell is held to from now on: what was asked, or what it has at x where that is less."""
    mean = program.net.mean_at(x).ravel()[asked.cells]
    sd = program.net.sd_at(x).ravel()[asked.cells]
    unit = program.unit[asked.cells]
    short = mean - asked.kappa * sd < asked.floor - SHORT * unit
    safe = np.where(sd > 0, sd, 1.0)
    kappa = np.where(short, np.where(sd > 0, np.maximum(mean, 0.0) / safe, 0.0) * (1 - LOOSE), asked.kappa)
    floor = np.where(short, np.minimum(mean, 0.0) - LOOSE * unit, asked.floor)
    return Hold(asked.cells, kappa, floor), asked.cells[short]
