"""The historical rival: the interior-point penalty method of Fiacco and McCormick with Hooke and Jeeves' search.

    G(r, M) = Σ d_j M_j − r { log(Π h_j(M_j) − p) + Σ log M_j (1 − M_j) },   r = 1, 1/5, 1/25, …

As Prékopa & Kelle 1978 (§4, §6) had it: every r starts from the optimum of the last, and the search ends when the
optimum of G changes by less than 0.01. With their stopping rule and simulated h, or with any other h and tolerance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
SHRINK = 0.2  # of r from one minimisation to the next


@dataclass(frozen=True, slots=True, eq=False)
class Reached:
    """Where the method stopped, and how often it asked for h."""

    stock: FloatArray
    asked: int


def minimise(
    price: FloatArray,
    reliability: Callable[[FloatArray], FloatArray],
    p: float,
    start: FloatArray,
    close: float = 0.01,
    least_step: float = 1e-3,
) -> Reached:
    """Stocks in (0, 1) with Π h ≥ p; `reliability` gives h_j(M_j), (m,); `start` must be reliable."""
    asked = 0

    def penalty(stock: FloatArray, r: float) -> float:
        nonlocal asked
        if (stock <= 0).any() or (stock >= 1).any():
            return np.inf
        asked += 1
        spare = float(np.prod(reliability(stock))) - p
        if spare <= 0:
            return np.inf
        return float(price @ stock - r * (np.log(spare) + np.log(stock * (1 - stock)).sum()))

    stock, r, last = start, 1.0, np.inf
    while True:
        stock, value = hooke_jeeves(lambda at, r=r: penalty(at, r), stock, 0.1, least_step)
        if abs(value - last) < close:
            return Reached(stock, asked)
        last, r = value, r * SHRINK


def hooke_jeeves(
    f: Callable[[FloatArray], float], start: FloatArray, step: float, least_step: float
) -> tuple[FloatArray, float]:
    """Direct search: try each coordinate both ways; where that gains, leap on in the same direction."""

    def explore(at: FloatArray, value: float) -> tuple[FloatArray, float]:
        for j in range(len(at)):
            for move in (step, -step):
                tried = at.copy()
                tried[j] += move
                found = f(tried)
                if found < value:
                    at, value = tried, found
                    break
        return at, value

    base, value = start, f(start)
    while step >= least_step:
        found, better = explore(base, value)
        if better >= value:
            step *= 0.5
            continue
        while better < value:
            leap = 2 * found - base
            base, value = found, better
            found, better = explore(leap, f(leap))
    return base, value
