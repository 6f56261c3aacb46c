"""After the levels: whatever any cell can still have that takes nothing from another."""

from __future__ import annotations

from typing import Any

import cvxpy as cp
import numpy as np
from scipy.special import ndtr

from ccinv.arrays import FloatArray, IntArray
from ccinv.errors import SolverError
from ccinv.inversion.cones import cones
from ccinv.objectives.keeps import keeps
from ccinv.objectives.program import Hold, Program, Status
from ccinv.verify import scores

MOST_PASSES = 20
ENOUGH = 5e-4  # of a probability: a pass that raises no cell by more is the last
SLACK = 1e-4  # by how much a score that is held may fall: the last of a cell's greatest score takes most of the money
LEAST = 0.3  # of that for the weakest cells, which the objective is about
MORE = 0.05  # of that in each further pass: room for the method
WIDER = 3.0  # times as much where the solver has no answer
TOUCH = 1e-8  # and a mean, in natural amounts
PARTS = (1.0, 0.5, 0.25, 0.1)  # of the way to an answer that misses a row by a little: the rows are convex
NARROW = 1e-3  # least width of a cell in item units: one with hardly any deviation must not rule the pass

UNDECIDED = "Not every cell may have all that it could have beside the others: the solver stopped without an answer."


def topped(
    program: Program, cells: IntArray, x: FloatArray, cap: float, room: list[Any]
) -> tuple[FloatArray, tuple[str, ...]]:
    """A decision in which no cell can rise any more up to the cap unless another one below the cap falls; and a remark
    where that is not sure.

        max Σ_c φ(s_c) τ_c  such that  mean − s_c sd ≥ τ_c sd_c,  0 ≤ τ_c ≤ cap − s_c

    with s_c and sd_c the score and the deviation that cell c has: what is held of every cell is what it has, so that
    each pass only adds. The weights make gains of probability of gains of score.
    """
    net, unit = program.net.at_cells(cells), program.unit[cells]
    held = np.minimum(standard_scores(program, cells, x), cap)
    share = np.where(held <= held.min(initial=cap) + SLACK, LEAST, 1.0)
    wider = 1.0
    for number in range(MOST_PASSES):
        sd = net.sd_at(x)
        held = np.maximum(held, np.minimum(standard_scores(program, cells, x), cap))
        slack = wider * SLACK * share * (1 + MORE * number)
        low = program.chances.raw(cells, held - slack)
        floor = np.minimum(net.mean_at(x), 0.0) - TOUCH * unit
        width = np.maximum(sd, NARROW * unit)
        rise = cp.Variable(len(cells))
        raised, _ = cones(net, program.x, low, floor + cp.multiply(width, rise))
        most = np.maximum(cap - held, 0.0) + slack
        weight = np.maximum(np.exp(-(held**2) / 2), 1e-3)
        rows = [*raised, rise >= 0, rise <= most, *program.held(program.important, program.others), *room]
        if not _solved(program, weight @ rise, rows):
            if wider > 1:
                return x, (UNDECIDED,)
            wider = WIDER
            continue
        found = _kept(program, x, np.asarray(program.x.value), Hold(cells, low, floor))
        gain = ndtr(np.minimum(standard_scores(program, cells, found), cap)) - ndtr(held)
        if gain.max(initial=0.0) <= 0:
            break
        x = found
        if gain.max() <= ENOUGH:
            break
    return x, ()


def _solved(program: Program, aim: Any, rows: list[Any]) -> bool:
    """Whether the solver has an answer: what is known can be had, so that none is no proof of anything."""
    try:
        return program.solve(cp.Maximize(aim), rows, digits=8).status is Status.SOLVED
    except SolverError:
        return False


def _kept(program: Program, x: FloatArray, found: FloatArray, least: Hold) -> FloatArray:
    """As much of the way from one decision to the next as keeps what is held."""
    holds = (program.important, program.others, least)
    tried = (x + part * (found - x) for part in PARTS)
    return next((one for one in tried if keeps(program, one, holds)), x)


def standard_scores(program: Program, cells: IntArray, x: FloatArray) -> FloatArray:
    """Standard scores of flat cells at a decision: equal ones are equal probabilities."""
    mean, sd = program.net.mean_at(x).ravel(), program.net.sd_at(x).ravel()
    return program.chances.standard(cells, scores(mean[cells], sd[cells], program.unit[cells]))
