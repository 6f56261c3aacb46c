"""Ascent of the sum of service: steps of concave programs that touch it from below."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cvxpy as cp
import numpy as np
from scipy import sparse
from scipy.special import ndtr

from ccinv.arrays import FloatArray, IntArray
from ccinv.errors import SolverError
from ccinv.inversion.cones import squares, within
from ccinv.objectives.keeps import keeps
from ccinv.objectives.program import Program, Status
from ccinv.objectives.thrift import thrift
from ccinv.verify import scores

STEPS = 40
GAIN = 1e-6  # of the sum of weights: a step that gains less is the last
BOLD = 0.25  # share of the curvature that is assumed as long as steps gain by it: it is seldom needed in full
DROP = 1.0  # how far a score may fall in one step: the concave bound on it has its own end there
THRIFT = 1e-6  # of the sum of weights, paid for all the money of the budget: what serves nobody is not ordered
LOWEST, HIGHEST = -6.0, 8.0  # scores beyond which Φ is flat
NARROW = 1e-3  # least deviation of a cell in item units: one with hardly any must not rule the step


def total(program: Program, cells: IntArray, weight: FloatArray, x: FloatArray) -> float:
    """Σ weight · Φ(mean / sd)."""
    mean, sd = program.net.mean_at(x).ravel()[cells], program.net.sd_at(x).ravel()[cells]
    return float(weight @ ndtr(scores(mean, sd, program.unit[cells])))


def ascended(program: Program, cells: IntArray, weight: FloatArray, x: FloatArray) -> FloatArray:
    """The end of an ascent from x, in which every step raises the true sum."""
    value, bend = total(program, cells, weight, x), BOLD
    for _ in range(STEPS):
        found = _step(program, cells, weight, x, bend)
        gain = -np.inf if found is None else total(program, cells, weight, found) - value
        if found is not None and gain > 0:
            x, value = found, value + gain
        if gain <= GAIN * weight.sum():
            if bend == 1:
                break
            bend = 1.0
    return x


def _step(program: Program, cells: IntArray, weight: FloatArray, x: FloatArray, bend: float) -> FloatArray | None:
    """The decision with the greatest concave bound from below on the sum, which touches the sum at x; None without one.

    It is a bound for certain with a `bend` of 1; with less it may be above the sum elsewhere.
    """
    net, unit = program.net.at_cells(cells), program.unit[cells]
    sd = np.maximum(net.sd_at(x), NARROW * unit)
    score = np.clip(net.mean_at(x) / sd, LOWEST, HIGHEST)
    shift = np.maximum(DROP - score, 0.0)
    wide, root, more, square = (cp.Variable(len(cells)) for _ in range(4))
    plane = _tangent(net.factor.at(x) / np.repeat(sd, net.rows_per_cell), net.start)
    level = net.mean.matrix + sparse.diags_array(shift) @ plane @ net.factor.matrix
    constant = net.mean.constant + shift * (plane @ net.factor.constant)
    amount = (sparse.diags_array(1 / unit) @ level) @ program.x + constant / unit
    y = np.sqrt((score + shift) * sd / unit) / (sd / unit)
    rows = [
        *within(net, program.x, wide),
        squares(root, amount),
        more <= cp.multiply(2 * y, root) - cp.multiply(y**2 / unit, wide) - shift - score,
        squares(more, square),
        *program.held(program.important, program.others),
    ]
    slope, fall = weight * np.exp(-(score**2) / 2) / np.sqrt(2 * np.pi), bend * weight * curvature(score)
    aim = cp.Maximize(slope @ more - fall @ square / 2 - thrift(program, THRIFT * weight.sum())[0])
    try:
        outcome = program.solve(aim, rows, {wide: unit}, digits=8)
    except SolverError:
        return None  # what is known can be had; this was only to better it
    found = np.asarray(program.x.value)
    kept = outcome.status is Status.SOLVED and keeps(program, found, (program.important, program.others))
    return found if kept else None


def _tangent(direction: FloatArray, start: IntArray) -> Any:
    """The matrix that takes deviation rows to the tangent plane of each quantity's norm."""
    return sparse.csr_array((direction, np.arange(len(direction)), start), shape=(len(start) - 1, len(direction)))


def curvature(score: FloatArray) -> FloatArray:
    """The least c with Φ(u) ≥ Φ(u₀) + φ(u₀) (u − u₀) − ½ c (u − u₀)² for all u, a hair above, at scores u₀."""
    at, known = _curvatures()
    return np.interp(score, at, known)


@lru_cache(maxsize=1)
def _curvatures() -> tuple[FloatArray, FloatArray]:
    at = np.linspace(LOWEST, HIGHEST, 281)
    away = np.linspace(-14.0, 14.0, 2800)  # zero is not among them
    density = np.exp(-(at**2) / 2) / np.sqrt(2 * np.pi)
    below = ndtr(at)[:, None] + density[:, None] * away - ndtr(at[:, None] + away)
    bend = np.maximum((2 * below / away**2).max(axis=1), np.maximum(at, 0.0) * density)
    return at, 1.02 * np.maximum(bend, np.maximum(np.roll(bend, 1), np.roll(bend, -1)))
