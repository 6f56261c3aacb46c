"""Chance constraints as second-order cones: the only place where cones are made."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cvxpy as cp
import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from ccinv.arrays import FloatArray, IntArray
from ccinv.errors import ModelError
from ccinv.inversion.box import Box
from ccinv.inversion.inversion import Inversion
from ccinv.moments.affine import NONE, AffineMoments
from ccinv.rules import LinearMap

Expression = Any  # cvxpy has no types
Constraint = Any


def cones(
    moments: AffineMoments, x: Expression, kappa: ArrayLike, floor: Expression | None = None
) -> tuple[list[Constraint], IntArray]:
    """mean − κ · sd ≥ floor for every quantity, as one vectorised constraint per number of deviation rows.

        ‖ κ_k (F x + f)_k ‖₂ ≤ (M x + m)_k − floor_k

    Returns the constraints and the order in which the quantities stand in them, one after the other, so that dual
    values can be given back. Quantities with κ = 0 or without deviation rows are linear.
    """
    factor = np.broadcast_to(np.asarray(kappa, dtype=np.float64), moments.start[:-1].shape)
    if not (np.isfinite(factor).all() and (factor >= 0).all()):
        raise ModelError("A chance constraint below one half is not convex: ask for a probability of 0.5 or more.")
    rows = np.where(factor > 0, moments.rows_per_cell, 0)
    constraints, order = [], []
    for count in np.unique(rows):
        cells = np.flatnonzero(rows == count)
        part = moments.at_cells(cells)
        margin = part.mean.matrix @ x + part.mean.constant
        if floor is not None:
            margin = margin - floor[cells]
        if count == 0:
            constraints.append(margin >= 0)
        else:
            weight = np.repeat(factor[cells], count)
            tail = (sparse.diags_array(weight) @ part.factor.matrix) @ x + weight * part.factor.constant
            shaped = cp.reshape(tail, (int(count), len(cells)), order="F")
            constraints.append(cp.SOC(margin, shaped, axis=0))
        order.append(cells)
    return constraints, np.concatenate(order) if order else np.zeros(0, dtype=np.int64)


def boxes(moments: AffineMoments, x: Expression, floor: Expression | None = None) -> list[Constraint]:
    """mean − ‖deviation rows‖₁ ≥ floor for every quantity: linear rows, with one more variable per deviation row.

        −u ≤ F x + f ≤ u,   (M x + m)_k − Σ u of k ≥ floor_k

    Where each deviation row is the weight of a shock within ±1, the quantity is at least its floor for all of them.
    """
    rows = moments.factor.matrix.shape[0]
    if rows and (moments.shock is None or (moments.shock == NONE).any()):
        raise ModelError(_NO_BOX)
    margin = moments.mean.matrix @ x + moments.mean.constant
    if floor is not None:
        margin = margin - floor
    if rows == 0:
        return [margin >= 0]
    size = cp.Variable(rows, name="size")
    tail = moments.factor.matrix @ x + moments.factor.constant
    cell = np.repeat(np.arange(len(moments.start) - 1), moments.rows_per_cell)
    gather = sparse.csr_array((np.ones(rows), (cell, np.arange(rows))), shape=(len(moments.start) - 1, rows))
    return [margin - gather @ size >= 0, size - tail >= 0, size + tail >= 0]


_NO_BOX = (
    "A box needs a row for every shock, each of one only: take net_stock_by_shock or orders_by_shock of cc.moments. "
    "Random lead times, and factors that items share, are in no box."
)


def chance(moments: AffineMoments, x: Expression, level: ArrayLike, inversion: Inversion | Box) -> list[Constraint]:
    """P{quantity ≥ 0} ≥ level for every quantity of the batch, by the given inversion, as cvxpy constraints on x.

    `level`: one probability or one per quantity, each from one half up: a ModelError below, where it is not convex.
    With `Box`, every quantity is ≥ 0 for all shocks within ±1, whatever the level; its rows are linear.
    """
    if isinstance(inversion, Box):
        return boxes(moments, x)
    asked = np.asarray(level, dtype=np.float64)
    if not (np.isfinite(asked).all() and (asked >= 0.5).all() and (asked < 1).all()):
        raise ModelError(
            f"A chance constraint asks for a probability from 0.5 to below 1, found {np.min(asked):g} to "
            f"{np.max(asked):g}: below one half it is not convex, and certainty is not attainable."
        )
    return cones(moments, x, inversion.kappa(asked))[0]


def within(moments: AffineMoments, x: Expression, bound: Expression) -> list[Constraint]:
    """sd ≤ bound for every quantity, whatever its mean, as one vectorised constraint per number of deviation rows."""
    centred = LinearMap(sparse.csr_array(moments.mean.matrix.shape), np.zeros(len(moments.start) - 1))
    return cones(replace(moments, mean=centred), x, 1.0, -bound)[0]


def squares(root: Expression, amount: Expression) -> Constraint:
    """root² ≤ amount, entry by entry, as one vectorised constraint: ‖(2 root, amount − 1)‖₂ ≤ amount + 1."""
    return cp.SOC(amount + 1, cp.vstack([2 * root, amount - 1]), axis=0)


def duals(constraints: list[Constraint], order: IntArray) -> FloatArray:
    """The dual value of each quantity's margin, in the order in which the quantities were given to `cones`."""
    found = np.empty(len(order))
    first = 0
    for constraint in constraints:
        value = constraint.dual_value
        margin = np.atleast_1d(value[0] if isinstance(value, list) else value).ravel()
        found[order[first : first + len(margin)]] = margin
        first += len(margin)
    return found
