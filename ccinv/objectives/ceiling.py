"""An upper bound on the sum of service: no decision under the hard rows of a program has a greater one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import cvxpy as cp
import numpy as np
from scipy.special import ndtr

from ccinv.arrays import FloatArray, IntArray
from ccinv.errors import SolverError
from ccinv.moments.arrivals import open_order_moments
from ccinv.objectives.deviations import least, most
from ccinv.objectives.program import Program, Status

NARROW = 1e-6  # item units, below which a deviation is none
SPARE = 1e-5  # item units that are added to a mean, since rounding is not a shortage
FIRST = np.append(np.exp(-(np.linspace(0.0, 3.5, 16) ** 2) / 2) * 0.4, 0.0)  # slopes of Φ, to begin with
SLOPES = np.geomspace(0.02, 0.4, 20)  # of lines tried, per width of the cell
RISES = np.append(0.0, np.geomspace(0.003, 1.0, 20))  # the same, for the deviation
ROUNDS = 4
GAIN = 1e-4  # relative fall of the bound that is worth another round
STEPS = 30  # of bisection for a maximum: it is exact to the square of what is left


@dataclass(frozen=True, slots=True, eq=False)
class Ceiling:
    """A number that no sum of service exceeds, and the decisions that its programs would choose."""

    bound: float
    decisions: tuple[FloatArray, ...] = ()


def ceiling(program: Program, cells: IntArray, weight: FloatArray) -> Ceiling:
    """An upper bound on Σ weight · Φ(mean / sd) over `cells`, from a sequence of concave programs.

    No cell has more than its greatest score says. Besides, Φ(mean / sd) lies below lines in the mean and in the most
    that the deviation can be, which hold wherever the cell can be; each round adds for every cell the one of them that
    is lowest at the last decision. Where orders may be negative the mean has no lower end, and no line holds.
    """
    model = _begun(program, cells)
    known = Ceiling(float(weight @ model.highest))
    for _ in range(ROUNDS if model.rows else 0):
        try:
            outcome = program.solve(*_asked(program, weight, model), model.scale, digits=8, proven=True)
        except SolverError:
            break  # what is known is a bound; this was only to better it
        if outcome.status is not Status.SOLVED or np.isnan(outcome.bound):
            break
        fall = max(known.bound - outcome.bound, 0.0)
        known = Ceiling(known.bound - fall, (*known.decisions, np.asarray(program.x.value)))
        if fall <= GAIN * known.bound:
            break
        model.sharpen()
    return known


def stated_ceiling(program: Program, cells: IntArray, weight: FloatArray) -> tuple[Any, list[Any]]:
    """The first of the concave programs: what to maximise, and the constraints beside the hard rows."""
    return _asked(program, weight, _begun(program, cells))


def _asked(program: Program, weight: FloatArray, model: _Model) -> tuple[Any, list[Any]]:
    rows = [*model.rows, model.service <= model.highest, *program.held(program.important, program.others)]
    return cp.Maximize(weight @ model.service), rows


def _begun(program: Program, cells: IntArray) -> _Model:
    """The model with its first lines; without any where none holds."""
    net, unit = program.net.at_cells(cells), program.unit[cells]
    narrow, score = least(net, program.layout.scale)
    narrow = np.maximum(narrow, NARROW * unit)
    wide = most(program, cells)
    reference = narrow if wide is None else np.maximum(wide.reference, narrow)
    ends = _Ends(narrow, reference, np.minimum(_without_orders(program)[cells], 0.0), wide is not None)
    service, mean, sd = (cp.Variable(len(unit)) for _ in range(3))
    model = _Model(ends, ndtr(score), service, mean, sd, {mean: unit, sd: unit})
    if program.store.orders.nonnegative != "none":
        model.rows.append(mean == net.mean.matrix @ program.x + net.mean.constant + SPARE * unit)
        model.rows += [sd == unit] if wide is None else [sd == wide.value, *wide.constraints]
        for slope in FIRST:
            model.add(slope / narrow, np.zeros(len(cells)))
    return model


def _without_orders(program: Program) -> FloatArray:
    """E X(t) where nothing is ordered: the least mean of each cell, flat."""
    store = program.store
    left: FloatArray = store.on_hand[:, None] - np.cumsum(store.demand.mean, axis=1) + open_order_moments(store)[0]
    return left.ravel()


@dataclass(frozen=True, slots=True, eq=False)
class _Ends:
    """Between which ends cells can be: least deviation, what the most is at least, least mean, (K,) each, units.

    `limited`: whether anything is known of the most that a deviation can be.
    """

    least: FloatArray
    most: FloatArray
    lowest: FloatArray
    limited: bool

    def height(self, slope: FloatArray, rise: FloatArray) -> FloatArray:
        """The least α such that Φ(mean / sd) ≤ α + slope · mean + rise · most wherever the cells can be.

        Above zero the least deviation is the best one. Below zero the most is, and Φ is convex in the mean: greatest
        at zero or at the lowest mean.
        """
        return np.maximum(self._above(slope) - rise * self.most, self._below(slope, self._swung(rise)))

    def sharpest(self, mean: FloatArray, sd: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Slope and rise of the line that is lowest at these means and deviations, of those tried."""
        slope, rise, value = np.zeros_like(mean), np.zeros_like(mean), np.full_like(mean, np.inf)
        furthest = np.maximum(self.least, -self.lowest)
        for step in RISES if self.limited else RISES[:1]:
            risen = step / self.most
            swung = self._swung(risen)
            for width in (self.least, np.sqrt(self.least * furthest), furthest):
                for tried in SLOPES[:, None] / width:
                    height = np.maximum(self._above(tried) - risen * self.most, self._below(tried, swung))
                    found = height + tried * mean + risen * sd
                    better = found < value
                    slope, rise = np.where(better, tried, slope), np.where(better, risen, rise)
                    value = np.where(better, found, value)
        return slope, rise

    def _above(self, slope: FloatArray) -> FloatArray:
        """max over mean ≥ 0 of Φ(mean / least) − slope · mean."""
        touch = np.maximum(slope * self.least * np.sqrt(2 * np.pi), 1e-300)
        score = np.sqrt(np.maximum(-2 * np.log(touch), 0.0))
        found: FloatArray = ndtr(score) - slope * self.least * score
        return found

    def _below(self, slope: FloatArray, swung: FloatArray) -> FloatArray:
        return np.where(self.lowest < 0, swung - slope * self.lowest, -np.inf)

    def _swung(self, rise: FloatArray) -> FloatArray:
        """max over sd ≥ most of Φ(lowest / sd) − rise · sd, with v = −lowest / sd, where lowest < 0."""
        pull, greatest = -rise * self.lowest, -self.lowest / self.most
        # the slope pull / v² − φ(v) falls up to √2 and grows beyond: greatest where it vanishes first, or at the end
        low, high = np.zeros_like(pull), np.full_like(pull, np.sqrt(2.0))
        for _ in range(STEPS):
            middle = (low + high) / 2
            past = middle**2 * np.exp(-(middle**2) / 2) / np.sqrt(2 * np.pi) > pull
            low, high = np.where(past, low, middle), np.where(past, middle, high)
        first = np.minimum(high, greatest)
        at_first, at_end = (ndtr(-v) - pull / np.where(v > 0, v, 1.0) for v in (first, greatest))
        return np.where(pull > 0, np.maximum(at_first, at_end), 0.5)


@dataclass(slots=True, eq=False)
class _Model:
    """Service of each cell below lines in its mean and in the most that its deviation can be, as cvxpy has them.

    `highest`: what the greatest score of each cell says. `rows` grows by a constraint with every line.
    """

    ends: _Ends
    highest: FloatArray
    service: Any
    mean: Any
    sd: Any
    scale: dict[Any, FloatArray]
    rows: list[Any] = field(default_factory=list)

    def add(self, slope: FloatArray, rise: FloatArray) -> None:
        """One more line for every cell."""
        line = self.ends.height(slope, rise) + cp.multiply(slope, self.mean)
        self.rows.append(self.service <= line + (cp.multiply(rise, self.sd) if rise.any() else 0.0))

    def sharpen(self) -> None:
        """For every cell the line that is lowest where the last decision has it."""
        self.add(*self.ends.sharpest(self.mean.value, np.maximum(self.sd.value, self.ends.most)))
