"""What the thesis would maximise and gives up: the sum of the probabilities, by true ascent, with an upper bound."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, ClassVar

import cvxpy as cp
import numpy as np
from scipy import sparse
from scipy.special import ndtr

from ccinv.arrays import FloatArray, IntArray
from ccinv.errors import ModelError, SolverError
from ccinv.inversion.cones import squares, within
from ccinv.objectives.ceiling import ceiling, stated_ceiling
from ccinv.objectives.endless import refuse_endless
from ccinv.objectives.expected_backorders import ExpectedBackorders
from ccinv.objectives.expected_stock import ExpectedStock
from ccinv.objectives.keeps import keeps
from ccinv.objectives.max_min import MaxMinService
from ccinv.objectives.program import Answer, Objective, Program, Status
from ccinv.objectives.serving import serving
from ccinv.verify import scores

STEPS = 40
GAIN = 1e-6  # of the sum of weights: a step that gains less is the last
BOLD = 0.25  # share of the curvature that is assumed as long as steps gain by it: it is seldom needed in full
DROP = 1.0  # how far a score may fall in one step: the concave bound on it has its own end there
LOWEST, HIGHEST = -6.0, 8.0  # scores beyond which Φ is flat
NARROW = 1e-3  # least deviation of a cell in item units: one with hardly any must not rule the step


@dataclass(frozen=True, slots=True)
class SumOfService:
    """max Σ weight · Φ(mean / sd) over the controllable cells of items that are not important (of all, if all are).

    Φ is the normal law's also under other inversions, which say how promises are kept, not how likely a cell is served.
    Not a concave program: from the best of the `surrogates` (and from the decision of the upper bound) each step
    maximises a concave bound from below that touches the sum where the last step ended,

        mean / sd ≥ 2 y √(mean + k l) − y² sd − k,   Φ(u) ≥ Φ(u₀) + φ(u₀) (u − u₀) − ½ c(u₀) (u − u₀)²

    with y = √(mean₀ + k sd₀) / sd₀, l the tangent plane of sd, and k so large that cells whose mean is zero or below
    can rise like all others. A step counts only if the true sum rises: the answer is never below the best surrogate.
    It may be a local optimum; the gap is the distance to an upper bound (see `ceiling`). Other items need not have
    E X ≥ 0: a cell may be given up for two. Without a budget, or with items that cost nothing, no plan is best: a
    ModelError. The value is in weighted cells. Source: Newton 1990, §3.6.3, which calls it very complicated.
    """

    surrogates: tuple[Objective, ...] = (MaxMinService(), ExpectedBackorders(), ExpectedStock())

    limited: ClassVar[bool] = True
    serves_others: ClassVar[bool] = False

    def stated(self, program: Program) -> tuple[Any, list[Any]]:
        """The first concave program of the upper bound."""
        return stated_ceiling(program, *_counted(program))

    def pursue(self, program: Program) -> Answer:
        cells, weight = _counted(program)
        if len(cells) == 0:
            nothing = "No order can influence any cell with a weight: there is nothing to raise."
            return Answer(program.start, 0.0, 0.0, notes=(nothing,))
        refuse_endless(program, "SumOfService", cells)
        x, name = self._best(program, cells, weight)
        before = _total(program, cells, weight, x)
        top = ceiling(program, cells, weight)
        starts = [x, *sorted(top.decisions, key=partial(_total, program, cells, weight))[-1:]]
        x = max(
            (_ascended(program, cells, weight, start) for start in starts), key=partial(_total, program, cells, weight)
        )
        value = _total(program, cells, weight, x)
        bound = max(top.bound, value)
        said = (
            f"The sum of service is {value:.6g} of {weight.sum():.6g}, {value / weight.sum():.2%} in the mean; "
            f"{name} has {before:.6g}, and no plan more than {bound:.6g}."
        )
        return Answer(x, value, (bound - value) / value if value > 0 else np.inf, notes=(said,))

    def _best(self, program: Program, cells: IntArray, weight: FloatArray) -> tuple[FloatArray, str]:
        """The decision of the surrogate with the greatest sum, and its name."""
        best, name = program.start, "the first decision that keeps the promises"
        value = _total(program, cells, weight, best)
        served = serving(program) if any(one.serves_others for one in self.surrogates) else program
        for one in self.surrogates:
            own = served if one.serves_others else program
            try:
                x = one.pursue(own).x
            except (SolverError, ModelError):
                continue  # a surrogate without an answer is no start
            found = _total(program, cells, weight, x)
            if found > value and keeps(own, x, (own.important, own.others)):
                best, name, value = x, type(one).__name__, found
        return best, name


def _counted(program: Program) -> tuple[IntArray, FloatArray]:
    """The cells whose service is summed, flat, and their weights."""
    store = program.store
    cells = program.important.cells if store.important.all() else program.open_cells
    weight = np.repeat(store.weight, store.periods)[cells]
    return cells[weight > 0], weight[weight > 0]


def _total(program: Program, cells: IntArray, weight: FloatArray, x: FloatArray) -> float:
    """Σ weight · Φ(mean / sd)."""
    mean, sd = program.net.mean_at(x).ravel()[cells], program.net.sd_at(x).ravel()[cells]
    return float(weight @ ndtr(scores(mean, sd, program.unit[cells])))


def _ascended(program: Program, cells: IntArray, weight: FloatArray, x: FloatArray) -> FloatArray:
    """The end of an ascent from x, in which every step raises the true sum."""
    value, bend = _total(program, cells, weight, x), BOLD
    for _ in range(STEPS):
        found = _step(program, cells, weight, x, bend)
        gain = -np.inf if found is None else _total(program, cells, weight, found) - value
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
    slope, fall = weight * np.exp(-(score**2) / 2) / np.sqrt(2 * np.pi), bend * weight * _curvature(score)
    try:
        outcome = program.solve(cp.Maximize(slope @ more - fall @ square / 2), rows, {wide: unit}, digits=8)
    except SolverError:
        return None  # what is known can be had; this was only to better it
    found = np.asarray(program.x.value)
    kept = outcome.status is Status.SOLVED and keeps(program, found, (program.important, program.others))
    return found if kept else None


def _tangent(direction: FloatArray, start: IntArray) -> Any:
    """The matrix that takes deviation rows to the tangent plane of each quantity's norm."""
    return sparse.csr_array((direction, np.arange(len(direction)), start), shape=(len(start) - 1, len(direction)))


def _curvature(score: FloatArray) -> FloatArray:
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
