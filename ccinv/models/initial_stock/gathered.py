"""What evaluations have told of every material so far, and what they let expect in between.

Stocks are seen as u = log(M̄ − M), M̄ the stock that never runs short: near it 1 − h is like a power of M̄ − M, so that
log(1 − h) and the logarithm of the gain (log h)′/ψ′ are nearly straight in u. The gain rises with u, as log h is
concave and ψ convex, so that evaluations bracket the stock of any given gain.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ccinv.arrays import BoolArray, FloatArray, IntArray
from ccinv.models.initial_stock.question import Question, Values

TINY = 1e-300
DIM = 1e-6  # a reliability below which logarithms of it are not exact enough to prove anything
LONGEST = 2.0  # step of u beyond what has been seen


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """Evaluations of m materials, K each, by rising u: (K, m).

    `u`; `gain`: log of (log h)′/ψ′; `risk`: log(1 − h), `fall`: its derivative in u; `cost`, `cost_slope`: ψ, ψ′;
    `log`, `rise`: log h and its derivative in M; `stock`.
    """

    u: FloatArray
    gain: FloatArray
    risk: FloatArray
    fall: FloatArray
    cost: FloatArray
    cost_slope: FloatArray
    log: FloatArray
    rise: FloatArray
    stock: FloatArray

    @classmethod
    def of(cls, question: Question, each: list[Values]) -> Gathered:
        """The evaluations in order."""
        stock = np.stack([values.stock for values in each])
        order = np.argsort(-stock, axis=0, kind="stable")

        def sort(rows: list[FloatArray]) -> FloatArray:
            return np.take_along_axis(np.stack(rows), order, axis=0)

        stock = sort([values.stock for values in each])
        room = np.maximum(question.risk.most - stock, TINY)
        shortage = np.maximum(sort([values.shortage for values in each]), TINY)
        rise = sort([values.rise for values in each])
        cost_slope = sort([values.cost_slope for values in each])
        known = np.where(np.isfinite(rise), rise, 0.0)
        gain = np.log(np.clip(rise, 1e-100, 1e100)) - np.log(np.clip(cost_slope, 1e-100, None))
        return cls(
            u=np.log(room),
            # rounding may turn two neighbours round
            gain=np.maximum.accumulate(gain, axis=0),
            risk=np.log(shortage),
            fall=known * (1.0 - shortage) / shortage * room,
            cost=sort([values.cost for values in each]),
            cost_slope=cost_slope,
            log=sort([values.log for values in each]),
            rise=rise,
            stock=stock,
        )

    def at_gain(self, gain: FloatArray) -> tuple[FloatArray, FloatArray]:
        """u and log(1 − h) expected where the gain is this, (m,) each."""
        size = len(self.u)
        above = (self.gain <= gain).sum(axis=0)
        lower, upper = np.clip(above - 1, 0, max(size - 2, 0)), np.clip(above, 1, size - 1)
        outside: BoolArray = (above == 0) | (above == size)
        here = (
            self._row(self.gain, lower),
            self._row(self.gain, upper),
            self._row(self.u, lower),
            self._row(self.u, upper),
        )
        secant = _slope(here[2], here[3], here[0], here[1])
        share = np.clip((gain - here[0]) * secant / np.where(here[3] > here[2], here[3] - here[2], 1.0), 0.0, 1.0)
        inner = _hermite(share, here[2], here[3], *self._slopes(lower, upper, here[1] - here[0]))
        # beyond all evaluations: on along the last secant, if two differ, and not too far
        edge = np.where(above == 0, 0, size - 1)
        secant = np.where(secant > 0, secant, 0.5)
        beyond = self._row(self.u, edge) + np.clip((gain - self._row(self.gain, edge)) * secant, -LONGEST, LONGEST)
        u = np.where(outside, beyond, inner)
        return u, self._risk(u, lower, upper, outside, edge)

    def between(self, gain: FloatArray) -> FloatArray:
        """u half way between the two evaluations that bracket this gain, (m,), or a long step beyond them all."""
        above = (self.gain <= gain).sum(axis=0)
        last = len(self.u) - 1
        lower, upper = self._row(self.u, np.clip(above - 1, 0, last)), self._row(self.u, np.clip(above, 0, last))
        lower, upper = np.where(above == 0, upper - 2.0 * LONGEST, lower), np.where(above > last, lower + 2.0, upper)
        return 0.5 * (lower + upper)

    def _slopes(self, lower: IntArray, upper: IntArray, width: FloatArray) -> tuple[FloatArray, FloatArray]:
        """du over the piece at its two ends, as harmonic means of neighbouring secants: monotone."""
        size = len(self.u)
        own = _slope(
            self._row(self.u, lower), self._row(self.u, upper), self._row(self.gain, lower), self._row(self.gain, upper)
        )
        ends = []
        for a, b, there in (
            (np.maximum(lower - 1, 0), lower, lower > 0),
            (upper, np.minimum(upper + 1, size - 1), upper < size - 1),
        ):
            other = _slope(self._row(self.u, a), self._row(self.u, b), self._row(self.gain, a), self._row(self.gain, b))
            mean = np.where(other > 0, 2.0 * own * other / np.maximum(own + other, TINY), own)
            ends.append(np.where(there & (other > 0), mean, own) * width)
        return ends[0], ends[1]

    def _risk(self, u: FloatArray, lower: IntArray, upper: IntArray, outside: BoolArray, edge: IntArray) -> FloatArray:
        low, high = self._row(self.u, lower), self._row(self.u, upper)
        width = high - low
        ends = self._row(self.risk, lower), self._row(self.risk, upper)
        # no steeper than three times the secant: the cubic stays monotone where a sure delivery ends
        steepest = 3.0 * np.maximum(ends[1] - ends[0], 0.0)
        slopes = (np.minimum(self._row(self.fall, row) * width, steepest) for row in (lower, upper))
        share = np.clip((u - low) / np.where(width > 0, width, 1.0), 0.0, 1.0)
        inner = _hermite(share, *ends, *slopes)
        beyond = self._row(self.risk, edge) + self._row(self.fall, edge) * (u - self._row(self.u, edge))
        return np.minimum(np.where(outside, beyond, inner), -1e-12)

    def least(self, price: float, low: FloatArray, high: FloatArray) -> FloatArray:
        """Lower bounds on min over [low, high] of ψ − price·log h, (m,): what the tangents at all evaluations leave.

        The largest of the tangents is least where the last that falls with M meets the first that rises.
        """
        # where h is 1 less a sum that is nearly 1, the tangent to its logarithm is made of rounding
        known = (self.log > np.log(DIM)) & np.isfinite(self.rise)
        level = np.where(known, self.cost - price * np.where(known, self.log, 0.0), -np.inf)
        slope = np.where(known, self.cost_slope - price * np.where(known, self.rise, 0.0), 0.0)
        falls, rises = known & (slope < 0), known & (slope >= 0)
        some_fall, some_rise = np.asarray(falls.any(axis=0)), np.asarray(rises.any(axis=0))
        size = len(self.u)
        # by falling stock: those that rise come first
        last = np.where(some_rise, size - 1 - np.argmax(rises[::-1], axis=0), 0)
        first = np.where(some_fall, np.argmax(falls, axis=0), 0)
        right, left = self._line(level, slope, last, some_rise), self._line(level, slope, first, some_fall)
        # of two lines of opposite slope: where they meet, or at the end of the interval
        at_low = right[0] + right[1] * low
        at_high = left[0] + left[1] * high
        with np.errstate(divide="ignore", invalid="ignore"):
            meet = np.clip((right[0] - left[0]) / (left[1] - right[1]), low, high)
            both = np.maximum(right[0] + right[1] * meet, left[0] + left[1] * meet)
        found: FloatArray = np.where(some_rise & some_fall, both, np.where(some_rise, at_low, at_high))
        return found

    def _line(
        self, level: FloatArray, slope: FloatArray, row: IntArray, there: BoolArray
    ) -> tuple[FloatArray, FloatArray]:
        """Intercept and slope in M of the tangent at the evaluations in `row`; nothing where there is none."""
        incline = self._row(slope, row)
        intercept = self._row(level, row) - incline * self._row(self.stock, row)
        return np.where(there, intercept, -np.inf), np.where(there, incline, 0.0)

    def _row(self, table: FloatArray, row: IntArray) -> FloatArray:
        found: FloatArray = table[row, np.arange(table.shape[1])]
        return found


def _slope(a: FloatArray, b: FloatArray, from_: FloatArray, to: FloatArray) -> FloatArray:
    width = to - from_
    return np.where(width > 0, (b - a) / np.where(width > 0, width, 1.0), 0.0)


def _hermite(s: FloatArray, a: FloatArray, b: FloatArray, slope_a: FloatArray, slope_b: FloatArray) -> FloatArray:
    """The cubic from a (s = 0) to b (s = 1) with these slopes in s."""
    t = 1.0 - s
    return t * t * (1.0 + 2.0 * s) * a + s * s * (3.0 - 2.0 * s) * b + s * t * (t * slope_a - s * slope_b)
