"""What stock must be at the end of a period, by when the last order was, and what that leaves to be ordered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from ccinv.arrays import FloatArray
from ccinv.demand import Law
from ccinv.inversion.inversion import Inversion
from ccinv.lots import Lots

ROOT = 1 / np.sqrt(2 * np.pi)


@dataclass(frozen=True, slots=True, eq=False)
class Needs:
    """Means, deviations and targets of every range of periods j..t; (n, N, N), 0 where j > t.

        target(j, t) = max(safety stock(t), κ sd(D(j..t))),   level(j, t) = max over u in j..t of μ(j..u) + target(j, u)

    `level(j, t)`: what stock must be filled up to in j if the next order is in t + 1.
    """

    kappa: FloatArray
    mean: FloatArray
    sd: FloatArray
    target: FloatArray
    level: FloatArray


def needs_of(known: Lots, inversion: Inversion) -> Needs:
    """The needs of every item; κ by the inversion at the service asked of it, 0 where none is."""
    kappa = np.zeros(known.items) if known.service is None else np.asarray(inversion.kappa(known.service))
    upper = np.triu(np.ones((known.periods, known.periods), dtype=np.bool_))
    running = np.concatenate([np.zeros((known.items, 1)), np.cumsum(known.demand.mean, axis=1)], axis=1)
    mean = np.where(upper, running[:, None, 1:] - running[:, :-1, None], 0.0)
    sd = range_sd(known.demand)
    target = np.where(upper, np.maximum(known.safety_stock[:, None, :], kappa[:, None, None] * sd), 0.0)
    level = np.where(upper, np.maximum.accumulate(np.where(upper, mean + target, -np.inf), axis=2), 0.0)
    return Needs(kappa, mean, sd, target, level)


def range_sd(law: Law) -> FloatArray:
    """Deviation of the demand of periods j..t together, (n, N, N), 0 where j > t."""
    items, periods = law.sd.shape
    upper = np.triu(np.ones((periods, periods), dtype=np.bool_))
    if law.correlation is None:
        own = np.where(upper, (law.sd**2)[:, None, :], 0.0)
        sd: FloatArray = np.sqrt(np.cumsum(own, axis=2))
        return sd
    joint = law.correlation * law.sd[:, :, None] * law.sd[:, None, :]
    table = np.zeros((items, periods + 1, periods + 1))
    table[:, 1:, 1:] = joint.cumsum(axis=1).cumsum(axis=2)
    whole = np.einsum("itt->it", table)
    found = whole[:, None, 1:] + whole[:, :-1, None] - 2 * table[:, :-1, 1:]
    # a sum that is certain has variance 0, not the rounding of the terms that cancel
    running = np.concatenate([np.zeros((items, 1)), np.cumsum(law.sd, axis=1)], axis=1)
    spread = (running[:, None, 1:] - running[:, :-1, None]) ** 2
    return np.sqrt(np.where(upper & (found > 1e-14 * spread), found, 0.0))


def net_requirements(known: Lots, target: FloatArray) -> FloatArray:
    """r(i, t): what orders up to t must add up to beyond what those up to t − 1 must, where stock has these targets.

        R(t) = max(0, max over u ≤ t of D(1..u) + target(u) − on_hand),   r(t) = R(t) − R(t − 1)

    Any plan has X(t) ≥ R(t) and any X with X(t) ≥ R(t) is one: lot sizing with demand r and no opening stock.
    """
    wanted = np.cumsum(known.demand.mean, axis=1) + target - known.on_hand[:, None]
    total = np.maximum(np.maximum.accumulate(wanted, axis=1), 0.0)
    found: FloatArray = np.diff(total, axis=1, prepend=0.0)
    return found


def backlog(mean: FloatArray, sd: FloatArray) -> FloatArray:
    """E s⁻ of normal net stock: sd · (φ(u) − u Φ(−u)), u = mean / sd; what is missing where nothing is random."""
    some = sd > 0
    spread = np.where(some, sd, 1.0)
    u = mean / spread
    with np.errstate(under="ignore"):
        loss = spread * (ROOT * np.exp(-0.5 * u * u) - u * ndtr(-u))
    found: FloatArray = np.where(some, np.maximum(loss, 0.0), np.maximum(-mean, 0.0))
    return found


def tangent(u: FloatArray | float) -> tuple[FloatArray, FloatArray]:
    """A line under E s⁻ / sd that touches it at mean / sd = u: its value at 0 and its slope."""
    point = np.asarray(u, dtype=np.float64)
    return ROOT * np.exp(-0.5 * point * point), -np.asarray(ndtr(-point))
