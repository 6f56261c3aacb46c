"""The one constraint that couples materials, priced: each material alone minimises ψ_j − λ log h_j.

    d(λ) = λ log p + Σ_j min over [low_j, high_j] of (ψ_j − λ log h_j)    ≤    Σ ψ_j(M_j) for every M that is reliable

At the best M all materials that are free to move gain the same log-reliability per dollar, 1/λ. What evaluations have
told so far gives, for any λ, the stock to expect of each material and its risk; λ is set so that their product is p,
all materials are evaluated there at once, and so on. Convexity bounds d(λ) from below by tangents, so that the gap is
proven.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import brentq

from ccinv.arrays import FloatArray
from ccinv.errors import SolverError
from ccinv.models.initial_stock.gathered import DIM, LONGEST, TINY, Gathered
from ccinv.models.initial_stock.question import Question, Values

MOST_STEPS = 60
SMOOTH = 2  # steps after which interpolation has found what it can find fast
STUCK = 0.02  # distance in gain that interpolation should have closed by then
SETTLED = 1e-9  # distance in gain from which on a material stays where it is
FIRST = (0.1, 0.35, 0.6, 0.8)  # of the way from a certain shortage to none: the first evaluations
HAIR = 1e-12  # above the lower end, in cycles
CALM = 2.0  # the most that log λ changes in a step
EVEN = 2  # evaluations after them where all materials are expected to run the same risk
BEYOND = 0.15  # of the distance in gain from the last evaluation: how far to its other side the next one goes


@dataclass(frozen=True, slots=True, eq=False)
class Priced:
    """Stocks that are reliable, the price λ of log-reliability, and a lower bound on the cost of any such stocks."""

    values: Values
    price: float
    bound: float


@dataclass(frozen=True, slots=True, eq=False)
class _Ends:
    """log h where bounds hold the stock, and u there; (m,) each."""

    high: FloatArray
    low: FloatArray
    u_high: FloatArray
    u_low: FloatArray

    @classmethod
    def of(cls, question: Question, sure: Values) -> _Ends:
        """The ends of the bounds; `sure`: what is known of the lower one."""
        high, low = question.values(question.high).log, sure.log
        u_high, u_low = (np.log(np.maximum(question.risk.most - end, TINY)) for end in (question.high, question.low))
        return cls(high, np.maximum(low, -1e3), u_high, u_low)


def priced(question: Question, log_p: float, close: float) -> Priced:
    """The cheapest stocks with Σ log h ≥ log_p, once cost and bound are within `close`, relative to the cost."""
    start = _cheapest(question)
    values = question.values(start)
    if values.log.sum() >= log_p:
        return Priced(values, 0.0, float(values.cost.sum()))
    # costs only rise from their own minimum on, and reliability too: nothing below it is worth a look
    question = replace(question, low=np.maximum(start, np.minimum(question.risk.least, question.high)))
    sure = question.again(values, question.low, np.flatnonzero(question.low > start))
    if sure.log.sum() >= log_p:
        return Priced(sure, 0.0, float(sure.cost.sum()))
    each, ends = _first(question, sure, log_p), _Ends.of(question, sure)
    rounding = 1e-12 * abs(log_p) + 3e-16
    best, bound, spare, aim = None, -math.inf, rounding, 0.0
    for step in range(MOST_STEPS):
        seen = Gathered.of(question, each)
        # a material that has not arrived where it belongs must not move the price for all others
        asked = -_log_price(ends, seen, log_p + spare)
        aim = min(max(asked, aim - CALM), aim + CALM) if step else asked
        price = math.exp(-aim)
        bound = max(bound, float(seen.least(price, question.low, question.high).sum()) + price * log_p)
        if best is not None and _cost(best) - bound <= close * abs(_cost(best)):
            return Priced(best, price, bound)
        values = _next(question, seen, each[-1], aim, step)
        each.append(values)
        short = log_p - float(values.log.sum())
        if short <= 0 and (best is None or _cost(values) < _cost(best)):
            best = values
        if step % 2 == 0 and abs(short) < 1e-3 * abs(log_p):
            # what is expected differs from what is found by little, and by hardly more the next time
            spare = max(spare + 1.1 * short, rounding)
    if best is None:
        raise SolverError(f"No stocks of {len(start)} materials were found reliable enough in {MOST_STEPS} steps.")
    return Priced(best, price, bound)


def _first(question: Question, sure: Values, log_p: float) -> list[Values]:
    """Evaluations all along the way, and where all materials are expected to run the same risk; `sure`: of the ends."""
    least, most = question.risk.least, question.risk.most
    each = [question.values(_inside(question, least + share * (most - least))) for share in FIRST]
    # deliveries at certain times let reliability begin with a jump: then the lower end may be the place, a hair above
    # it, where the slope is already that of what follows
    begun = np.minimum(question.low + HAIR, question.high)
    each.append(question.values(np.where(sure.shortage < 1.0 - DIM, begun, each[0].stock)))
    for _ in range(EVEN):
        each.append(question.values(_even(question, Gathered.of(question, each), log_p)))
    return each


def _next(question: Question, seen: Gathered, last: Values, aim: float, step: int) -> Values:
    """The materials where their gain is expected to be `aim`; those that are there stay as they are."""
    miss = aim - _gain(seen, last)
    # from both sides, every other time: tangents on one side alone prove little
    target = aim + (BEYOND * np.clip(miss, -1.0, 1.0) if step % 2 else np.zeros(len(miss)))
    stock = _stock(question, seen, target)
    if step % 2 and step > SMOOTH:
        # the gain jumps where the stock of a sure delivery ends: halving finds the place, interpolation does not
        halved = question.risk.most - np.exp(seen.between(np.full(len(miss), aim)))
        stock = np.where(np.abs(miss) > STUCK, _inside(question, halved), stock)
    return question.again(last, stock, np.flatnonzero((np.abs(miss) > SETTLED) | (step <= SMOOTH)))


def _cost(values: Values) -> float:
    return float(values.cost.sum())


def _gain(seen: Gathered, values: Values) -> FloatArray:
    """log of the gain at these stocks, which are among those seen."""
    row = np.argmax(seen.stock == values.stock, axis=0)
    found: FloatArray = seen.gain[row, np.arange(len(row))]
    return found


def _cheapest(question: Question) -> FloatArray:
    """argmin ψ_j over [low_j, high_j]: the lower end, unless penalties push the stock up."""
    low, high = question.low.copy(), question.high.copy()
    if not question.penalty.any():
        return low
    for _ in range(60):  # ψ′ rises: halve the interval in which it changes sign
        middle = 0.5 * (low + high)
        falls = question.costs(middle)[1] < 0
        low, high = np.where(falls, middle, low), np.where(falls, high, middle)
    return np.where(question.costs(question.low)[1] >= 0, question.low, high)


def _inside(question: Question, stock: FloatArray) -> FloatArray:
    found: FloatArray = np.clip(stock, question.low, question.high)
    return found


def _stock(question: Question, seen: Gathered, gain: FloatArray) -> FloatArray:
    """Where the gain is expected to be this."""
    return _inside(question, question.risk.most - np.exp(seen.at_gain(gain)[0]))


def _even(question: Question, seen: Gathered, log_p: float) -> FloatArray:
    """The stocks at which all materials are expected to run the same risk: a start from where it is to be used."""
    level = math.log(-math.expm1(log_p / len(question.low)))
    low, high = seen.gain.min(axis=0) - 40.0, seen.gain.max(axis=0) + 40.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        safe = seen.at_gain(middle)[1] < level
        low, high = np.where(safe, middle, low), np.where(safe, high, middle)
    return _stock(question, seen, low)


def _log_price(ends: _Ends, seen: Gathered, log_p: float) -> float:
    """log λ at which the expected stocks are just reliable enough."""

    def reliable(log_price: float) -> float:
        u, risk = seen.at_gain(np.full(len(ends.high), -log_price))
        log = np.where(u <= ends.u_high, ends.high, np.where(u >= ends.u_low, ends.low, np.log1p(-np.exp(risk))))
        return float(log.sum() - log_p)

    slack = 2.0 * LONGEST  # further out nothing is expected to move
    below, above = -float(seen.gain.max()) - slack, -float(seen.gain.min()) + slack
    if reliable(above) <= 0:
        return above
    if reliable(below) >= 0:
        return below
    return float(brentq(reliable, below, above, xtol=1e-14, rtol=1e-14))
