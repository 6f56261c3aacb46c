"""The elastic phase: which promises can be kept together, and what the others are held to.

    min Σ_c e_c  such that  mean − κ sd ≥ −unit · e,  e ≥ 0, under all hard rows

First for important cells, then for E X ≥ 0 of the others. Near the edge of feasibility a direct solve is wrong or
mute; this one always has an answer while the hard rows have one. A sum, so that few cells are given up rather than
all a little. The least shortfall from a score that is out of reach may be no order at all, where some order would have
been nearly enough: so the scores of important cells that are given up are then raised as far as they go.
"""

from __future__ import annotations

from dataclasses import dataclass

import cvxpy as cp
import numpy as np

from ccinv.arrays import FloatArray, IntArray
from ccinv.errors import SolverError
from ccinv.inversion.cones import cones
from ccinv.objectives.program import Hold, Program, Status
from ccinv.verify import scores

SHORT = 1e-6  # shortfall, in item units, from which a cell is out of reach: a hundred times what the solver leaves
RAISES = 5  # of the scores of cells that are out of reach
GAIN = 1e-3  # mean gain in score that is worth another one
MOST_ORDER = 100.0  # item units per period: what such a cell can have with them is as much as it can have
LOOSE = 1e-5  # how much a cell that is held at what it has may still fall, so that the next program has an interior
GIVEN = 0.02  # of a probability, which a cell that cannot have what was asked gives to the others: the last is dearest


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


def reach(program: Program, *, serves_others: bool, raises: bool = True) -> Reached | None:
    """Solve the elastic programs; None where not even the hard rows can be kept.

    `raises`: whether cells out of reach are raised as far as they go. Where that means a refusal, nobody asks what is
    left for the others.
    """
    asked = program.important
    x = _least_shortfall(program, asked, ())
    if x is None:
        return None
    important, short = _held(program, asked, x)
    if len(short) and raises:
        x = _raised(program, asked, short, x)
        important, short = _held(program, asked, x)
        important = _less(program, important, short)
    none = Hold(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0))
    refused = len(short) > 0 and program.store.service.unattainable == "refuse"
    if refused or not serves_others or len(program.open_cells) == 0:
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


def _raised(program: Program, asked: Hold, short: IntArray, x: FloatArray) -> FloatArray:
    """A decision with better scores in the cells that are short, by the min-ratio method, each for itself.

    max Σ_c τ_c such that mean − score · sd ≥ τ_c · width in them, up to what was asked; all other promises are kept.
    """
    missing = np.isin(asked.cells, short)
    goal = asked.kappa[missing]
    if not (goal > 0).any():
        return x
    kept = Hold(asked.cells[~missing], asked.kappa[~missing], asked.floor[~missing])
    net, unit, level = program.net.at_cells(short), program.unit[short], program.layout.level
    most = np.maximum(MOST_ORDER * program.store.periods * program.unit, 2 * level.at(x))
    rows = [*program.held(kept), most - level.matrix @ program.x - level.constant >= 0]
    score = np.minimum(scores(net.mean_at(x), net.sd_at(x), unit), goal)
    width = unit
    for _ in range(RAISES):
        tau = cp.Variable(len(short))
        base = np.maximum(score, 0.0)
        each, _ = cones(net, program.x, base, cp.multiply(width, tau))
        try:
            outcome = program.solve(cp.Maximize(cp.sum(tau)), [*each, tau <= goal - base + SHORT, *rows], digits=8)
        except SolverError:
            break  # what is known can be had; this was only to better it
        if outcome.status is not Status.SOLVED:
            break
        found = np.asarray(program.x.value)
        better = np.minimum(scores(net.mean_at(found), net.sd_at(found), unit), goal)
        gain = float(np.mean(np.maximum(better, -1.0) - np.maximum(score, -1.0)))
        if gain <= 0:
            break
        x, score = found, better
        width = np.maximum(net.sd_at(x), 1e-3 * unit)
        if gain <= GAIN:
            break
    return x


def _less(program: Program, held: Hold, short: IntArray) -> Hold:
    """The same with GIVEN less asked of the cells that are short: the last of what they can have is dearest."""
    chances, given = program.chances, np.isin(held.cells, short)
    score = chances.standard(held.cells, held.kappa)
    level = np.maximum(chances.inversion.probability(score) - GIVEN, 0.5)
    less = chances.raw(held.cells, np.asarray(chances.inversion.kappa(level)))
    return Hold(held.cells, np.where(given, np.minimum(less, held.kappa), held.kappa), held.floor)


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
