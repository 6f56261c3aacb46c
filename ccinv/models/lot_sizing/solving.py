"""From a program to orders: lines under the backlog are added where it is underrated, then set-ups are kept and all
else is made exact."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ccinv.arrays import BoolArray, FloatArray
from ccinv.errors import SolverError
from ccinv.lots import Lots
from ccinv.models.lot_sizing.form import Form
from ccinv.models.lot_sizing.needs import Needs
from ccinv.solve.milp import Ended, solve_mixed

GRID = (0.0, 0.6, 1.2, 2.0, 3.0)  # scores at which lines are drawn to begin with, beside κ
ROUNDS = 8
LEAST_SECONDS = 1.0  # for the last steps, when time is up


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """Set-ups (n, N), mean stock (n, N), a proven lower bound on the cost, and the seconds that took."""

    setup: BoolArray
    stock: FloatArray
    bound: float
    seconds: float


Build = Callable[[list[FloatArray]], Form]
Read = Callable[[Form, FloatArray], FloatArray]
Price = Callable[[BoolArray, FloatArray], float]


def lines(known: Lots, needs: Needs) -> list[FloatArray]:
    """Scores (n, N) of the first lines: a few for all cells, and κ of each item, where most cells end up."""
    shape = (known.items, known.periods)
    if not (known.demand.sd > 0).any():
        return []
    return [np.full(shape, u) for u in GRID] + [np.broadcast_to(needs.kappa[:, None], shape).copy()]


def solved(
    known: Lots,
    needs: Needs,
    build: Build,
    read: Read,
    deviation: Callable[[BoolArray], FloatArray],
    price: Price,
    gap: float,
    seconds: float,
) -> Solved | None:
    """The best plan of a program, None where it has none.

    `build`: the program with lines at given scores; `read`: mean stock (n, N) at a point; `deviation`: of net stock,
    by the set-ups; `price`: the true cost. Lines lie under the backlog, so that each program's bound is one.
    """
    start = time.perf_counter()
    scores = lines(known, needs)
    best: tuple[float, BoolArray, FloatArray] | None = None
    bound = -np.inf
    for _ in range(ROUNDS):
        left = seconds - (time.perf_counter() - start)
        if best is not None and left < LEAST_SECONDS:
            break
        form = build(scores)
        answer = solve_mixed(form.program, gap / 2, max(left, LEAST_SECONDS))
        if answer.ended is Ended.INFEASIBLE:
            return None
        bound = max(bound, answer.bound)
        if answer.x is None:
            if best is None:
                raise SolverError(
                    f"No plan was found in {seconds:g} seconds, and no proof that there is none: allow more time."
                )
            break
        setup = form.chosen(answer.x)
        exact = solve_mixed(form.fixed(setup), gap, max(left, LEAST_SECONDS))
        if exact.x is None:
            raise SolverError("The plan that was found could not be made exact: amounts are too far apart in size.")
        stock = read(form, exact.x)
        cost = price(setup, stock)
        if best is None or cost < best[0]:
            best = cost, setup, stock
        # the program underrates the backlog at its own point by this much; where it is little, lines are enough
        if cost - exact.objective <= gap / 4 * abs(cost) or not scores or best[0] - bound <= gap * abs(best[0]):
            break
        sd = deviation(setup)
        at = np.where(sd > 0, stock / np.where(sd > 0, sd, 1.0), 0.0)
        scores = [*scores, np.clip(at, 0.0, 8.0)]
    if best is None:
        return None
    return Solved(best[1], best[2], bound, time.perf_counter() - start)
