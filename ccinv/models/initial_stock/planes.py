"""Where rows couple the materials: tangents to every convex function, and a linear program over what they leave.

Each material has its own tangents to ψ_j from below and to log h_j from above, so that a step adds two for each of them
where it stands. The optimum of the linear program is a lower bound; between its point and one that is reliable and
within all rows lies the cheapest such point on the way, an upper bound. Kelley's method, separable.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from ccinv.arrays import FloatArray, IntArray
from ccinv.errors import SolverError
from ccinv.models.initial_stock.gathered import DIM
from ccinv.models.initial_stock.question import Question, Values
from ccinv.solve.milp import Answer, Ended, Mixed, solve_mixed

MOST_STEPS = 100
CHORDS = 8
FAR = 3.0
BROKEN = 1e-6
SECONDS = 600.0


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """A·M ≤ b: `matrix` (k, m) ≥ 0, its rows at most 1, `most` (k,)."""

    matrix: FloatArray
    most: FloatArray

    def verify(self, stock: FloatArray) -> None:
        """A SolverError where these stocks break a row by more than the solver may."""
        over = self.matrix @ stock - self.most
        if (over > BROKEN * np.maximum(np.abs(self.most), 1.0)).any():
            row = int(np.argmax(over))
            raise SolverError(f"Row {row + 1} is broken by {over[row]:.3g} of its largest coefficient: no answer.")


@dataclass(frozen=True, slots=True, eq=False)
class Within:
    """The stocks found, and a lower bound on the cost of any."""

    values: Values
    bound: float


class _Tangents:
    """Tangents gathered so far: ψ_j(M) ≥ value + slope·M, and scale·log h_j(M) ≤ value + slope·M."""

    def __init__(self, question: Question, rows: Rows, log_p: float | None) -> None:
        self.question, self.rows, self.log_p = question, rows, log_p
        m = len(question.low)
        # log-reliabilities of about 1 each, whatever p: the solver's tolerances are absolute
        self.scale = m / abs(log_p) if log_p is not None else 1.0
        self.dear = max(float(np.abs(question.costs(question.high)[1]).max()), 1e-300)
        self.items: list[IntArray] = []
        self.slopes: list[FloatArray] = []
        self.levels: list[FloatArray] = []
        self.kinds: list[FloatArray] = []

    def add(self, values: Values) -> None:
        every = np.arange(len(values.stock))
        self._append(every, values.cost_slope / self.dear, values.cost / self.dear, values.stock, 0.0)
        if self.log_p is not None:
            known = (values.log > np.log(DIM)) & np.isfinite(values.rise)
            slope, level = values.rise[known] * self.scale, values.log[known] * self.scale
            self._append(every[known], slope, level, values.stock[known], 1.0)

    def _append(self, item: IntArray, slope: FloatArray, value: FloatArray, at: FloatArray, kind: float) -> None:
        self.items.append(item)
        self.slopes.append(slope)
        self.levels.append(value - slope * at)
        self.kinds.append(np.full(len(item), kind))

    def solve(self, reliability_first: bool) -> Answer:
        """The linear program in (M, ψ / dear, scale·log h): the cheapest, or the most reliable."""
        m = len(self.question.low)
        item, slope = np.concatenate(self.items), np.concatenate(self.slopes)
        level, kind = np.concatenate(self.levels), np.concatenate(self.kinds)
        row = np.arange(len(item))
        # ψ_j − slope·M ≥ level, and slope·M − w_j ≥ −level
        sign = np.where(kind > 0, -1.0, 1.0)
        tangents = sparse.csr_array(
            (
                np.concatenate([-sign * slope, sign]),
                (np.concatenate([row, row]), np.concatenate([item, m + m * (kind > 0) + item])),
            ),
            shape=(len(item), 3 * m),
        )
        coupling = sparse.hstack([sparse.csr_array(self.rows.matrix), sparse.csr_array((len(self.rows.most), 2 * m))])
        whole = sparse.csr_array(np.concatenate([np.zeros(2 * m), np.ones(m)])[None, :])
        asks = self.log_p is not None and not reliability_first
        low = np.concatenate([sign * level, np.full(len(self.rows.most), -np.inf), [-float(m) if asks else -np.inf]])
        high = np.concatenate([np.full(len(item), np.inf), self.rows.most, [np.inf]])
        cost = np.zeros(3 * m)
        cost[2 * m :] = -1.0 if reliability_first else 0.0
        cost[m : 2 * m] = 0.0 if reliability_first else 1.0
        free, off = np.full(m, np.inf), self.log_p is None
        program = Mixed(
            cost,
            sparse.vstack([tangents, coupling, whole]).tocsr(),
            low,
            high,
            np.concatenate([self.question.low, -free, np.zeros(m) if off else -free]),
            np.concatenate([self.question.high, free, np.zeros(m)]),
            np.zeros(3 * m, dtype=bool),
        )
        return solve_mixed(program, seconds=SECONDS)


@dataclass(frozen=True, slots=True, eq=False)
class Unreachable:
    """No stocks within the rows reach the reliability: `log` is the most they reach, −inf: no stocks within them."""

    log: float
    values: Values | None


def within_rows(question: Question, rows: Rows, log_p: float | None, close: float) -> Within | Unreachable:
    """The cheapest stocks within the rows with Σ log h ≥ log_p (None: no such ask), gap at most `close`, relative."""
    if log_p is not None:  # below the least stock a shortage is certain
        question = replace(question, low=np.maximum(question.low, np.minimum(question.risk.least, question.high)))
    tangents = _Tangents(question, rows, log_p)
    least, most = question.risk.least, question.risk.most
    for share in (0.3, 0.5, 0.7, 0.9):
        tangents.add(question.values(np.clip(least + share * (most - least), question.low, question.high)))
    inside: Values | None = None
    if log_p is not None:
        reached = _most_reliable(question, tangents, log_p)
        if isinstance(reached, Unreachable):
            return reached
        inside = reached
    best: Values | None = None
    bound = -np.inf
    for _ in range(MOST_STEPS):
        answer = tangents.solve(reliability_first=False)
        if answer.x is None:
            return Unreachable(-np.inf, None)
        bound = max(bound, answer.bound * tangents.dear)
        values = question.values(_clipped(question, answer.x))
        tangents.add(values)
        found = values
        if log_p is not None and inside is not None:
            for found in _towards(question, values, inside, log_p):
                tangents.add(found)
        if best is None or found.cost.sum() < best.cost.sum():
            best = found
        if best.cost.sum() - bound <= close * abs(best.cost.sum()):
            return Within(best, bound)
    if best is None:
        raise SolverError(f"No stocks within the rows after {MOST_STEPS} steps.")
    return Within(best, bound)


def _most_reliable(question: Question, tangents: _Tangents, log_p: float) -> Values | Unreachable:
    """Stocks within the rows that are reliable with something to spare, or the most reliable there are."""
    best: Values | None = None
    for _ in range(MOST_STEPS):
        answer = tangents.solve(reliability_first=True)
        if answer.ended is Ended.INFEASIBLE or answer.x is None:
            return Unreachable(-np.inf, None)
        values = question.values(_clipped(question, answer.x))
        tangents.add(values)
        if best is None or values.log.sum() > best.log.sum():
            best = values
        top = -answer.bound / tangents.scale
        have = float(best.log.sum())
        # a tenth of the way from what is asked to what can be had is inside enough
        if have > log_p and have - log_p >= 0.1 * (top - log_p):
            return best
        if top - have <= 1e-9 * abs(log_p) or (top < log_p and top - have <= 1e-6 * abs(top)):
            return best if have >= log_p else Unreachable(have, best)
    return best if best is not None and best.log.sum() >= log_p else Unreachable(-np.inf, best)


def _clipped(question: Question, x: FloatArray) -> FloatArray:
    stock: FloatArray = np.clip(x[: len(question.low)], question.low, question.high)
    return stock


def _towards(question: Question, values: Values, inside: Values, log_p: float) -> Iterator[Values]:
    """Points between `values` and `inside`, the last of them reliable and close to the first that is.

    log h is concave, so where the chord between a point that is not reliable and one that is crosses log p, it is.
    """
    best, low, high = inside, 0.0, 1.0
    missing = log_p - float(values.log.sum())
    if missing <= 0:
        best, high = values, 0.0
    for _ in range(CHORDS):
        spare = float(best.log.sum()) - log_p
        if high == 0.0 or spare <= 1e-10 * abs(log_p):
            break
        # with the end of log h, far below, for the other end of the chord, half way is nearer
        share = low + (high - low) * (missing / (missing + spare) if missing < FAR else 0.5)
        here = question.values(values.stock + share * (inside.stock - values.stock))
        yield here
        if here.log.sum() >= log_p:
            best, high = here, share
        else:
            low, missing = share, log_p - float(here.log.sum())
    yield best
