"""Expected backorders of a quantity from its two moments: the normal loss function, or Scarf's bound for every law."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import singledispatch
from typing import Any, ClassVar, Protocol

import cvxpy as cp
import numpy as np
from scipy import sparse
from scipy.special import ndtr, ndtri

from ccinv.arrays import FloatArray
from ccinv.inversion import Cantelli
from ccinv.inversion.cones import within
from ccinv.moments.affine import AffineMoments, Rows, gathered
from ccinv.rules import LinearMap

FURTHEST = 7.0  # score beyond which a tangent says no more than its end does
REACH = 5.0  # furthest distance of a cell's own tangents from the score it was found at


@dataclass(frozen=True, slots=True, eq=False)
class Stated:
    """Expected backorders in a program: an expression per quantity, what it needs, and natural sizes of variables."""

    value: Any
    constraints: list[Any]
    scale: Mapping[Any, FloatArray]


class Loss(Protocol):
    """What is expected to be owed, E[X⁻], as a convex function of mean and deviation; `words`: for which laws."""

    words: ClassVar[str]

    def at(self, mean: FloatArray, sd: FloatArray) -> FloatArray:
        """E[X⁻] at numbers, units."""
        ...

    def stated(
        self, net: AffineMoments, x: Any, unit: FloatArray, near: FloatArray | None = None, width: float = 1.0
    ) -> Stated:
        """E[X⁻] of every quantity as cvxpy has it, never above `at`; `unit`: natural amounts.

        `near`: the scores around which it is to be sharp, the sharper the smaller `width`; alike everywhere if None.
        """
        ...


@dataclass(frozen=True, slots=True)
class NormalLoss:
    """E[X⁻] = sd · g(mean / sd), g(u) = φ(u) − u Φ(−u), of a normal quantity: exact at numbers, tangents in a program.

        E[X⁻] ≥ φ(u_k) sd − Φ(−u_k) mean,    E[X⁻] ≥ 0,    E[X⁻] ≥ −mean

    The two ends are the tangents at ±∞: without them stock would be rewarded where there is more than enough. With the
    same tangents for all, E[X⁻] of no quantity is missed by more than `error` times its deviation.
    """

    tangents: int

    words: ClassVar[str] = "as if net stock were normally distributed"

    @property
    def points(self) -> FloatArray:
        """The scores u_k of common tangents, spaced as 1/√φ: at a distance d the error between two is about φ d²/8."""
        return np.asarray(np.sqrt(2.0) * ndtri(np.arange(1, self.tangents + 1) / (self.tangents + 1)))

    @property
    def error(self) -> float:
        """How far common tangents and ends are below g at most: g is missed most where two of them meet.

        Less than 3 % above what the best points for 24 tangents or more have, about 0.6 / tangents².
        """
        u = np.append(self.points, np.inf)
        height, slope = _density(u), -ndtr(-u)
        meet = -np.diff(height) / np.diff(slope)
        return float((_g(meet) - height[:-1] - slope[:-1] * meet).max())

    def at(self, mean: FloatArray, sd: FloatArray) -> FloatArray:
        certain = sd <= 0
        spread = np.where(certain, 1.0, sd)
        return np.where(certain, np.maximum(-mean, 0.0), spread * _g(mean / spread))

    def stated(
        self, net: AffineMoments, x: Any, unit: FloatArray, near: FloatArray | None = None, width: float = 1.0
    ) -> Stated:
        owed, sd, mean = (cp.Variable(len(unit)) for _ in range(3))
        points = np.broadcast_to(self.points, (len(unit), self.tangents)) if near is None else self._around(near, width)
        rows = [*within(net, x, sd), mean == net.mean.matrix @ x + net.mean.constant, owed >= 0, owed + mean >= 0]
        rows += [owed >= cp.multiply(_density(u), sd) - cp.multiply(ndtr(-u), mean) for u in points.T]
        return Stated(owed, rows, {owed: unit, sd: unit, mean: unit})

    def _around(self, near: FloatArray, width: float) -> FloatArray:
        """Tangents of each quantity's own, (K, tangents): `width` apart at its score, wider and wider away from it."""
        away = np.sinh(np.linspace(-1.0, 1.0, self.tangents) * np.arcsinh(REACH / width)) * width
        centre = np.clip(near, REACH - FURTHEST, FURTHEST - 1.0)
        return np.asarray(np.clip(centre[:, None] + away, -FURTHEST, FURTHEST))


@dataclass(frozen=True, slots=True)
class ScarfLoss:
    """E[X⁻] ≤ ½ (√(mean² + sd²) − mean) for every law with these two moments, and = for one: a cone itself.

    Source: Scarf 1958, A min-max solution of an inventory problem.
    """

    words: ClassVar[str] = "at most, whatever the law of net stock"

    def at(self, mean: FloatArray, sd: FloatArray) -> FloatArray:
        size = np.hypot(mean, sd)
        # the difference of two nearly equal numbers is written without a loss of digits
        return np.where(mean > 0, sd**2 / np.where(mean > 0, 2 * (size + mean), 1.0), (size - mean) / 2)

    def stated(
        self, net: AffineMoments, x: Any, unit: FloatArray, near: FloatArray | None = None, width: float = 1.0
    ) -> Stated:
        del near, width  # it is sharp everywhere
        size = cp.Variable(len(unit))
        mean = net.mean.matrix @ x + net.mean.constant
        return Stated((size - mean) / 2, within(_with_mean(net), x, size), {size: unit})


@singledispatch
def loss_of(inversion: object, tangents: int) -> Loss:
    """The loss that fits an inversion: Scarf's bound for Cantelli's, which holds for every law, else the normal one."""
    del inversion
    return NormalLoss(tangents)


@loss_of.register
def _(inversion: Cantelli, tangents: int) -> Loss:
    del inversion, tangents
    return ScarfLoss()


def _with_mean(net: AffineMoments) -> AffineMoments:
    """The quantities with their mean as one more deviation row: their norm is then √E X²."""
    own = np.arange(len(net.start) - 1)
    nothing = LinearMap(sparse.csr_array(net.mean.matrix.shape), np.zeros(len(own)))
    return gathered(net.shape, nothing, Rows(np.repeat(own, net.rows_per_cell), net.factor), Rows(own, net.mean))


def _density(u: FloatArray) -> FloatArray:
    found: FloatArray = np.exp(-(u**2) / 2) / np.sqrt(2 * np.pi)
    return found


def _g(u: FloatArray) -> FloatArray:
    """E[(Z − u)⁺] for a standard normal Z."""
    return np.maximum(_density(u) - u * ndtr(-u), 0.0)
