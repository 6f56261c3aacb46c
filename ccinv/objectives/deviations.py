"""Between which ends the deviation of a cell can lie, whatever is decided: what an upper bound on service needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cvxpy as cp
import numpy as np
from scipy import sparse
from scipy.sparse.linalg import lsqr

from ccinv.arrays import BoolArray, FloatArray, IntArray
from ccinv.moments.affine import AffineMoments
from ccinv.moments.arrivals import arrivals, in_transit
from ccinv.objectives.program import Program

BLOCK = 4_000_000  # entries of dense deviation rows held at a time
RANK = 1e-12  # singular values below this, relative, are none
MOVES = 1e-8  # a mean that moves by more, relative, while no deviation does, is free


def least(net: AffineMoments, size: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The least deviation of every quantity and its greatest score mean / sd, (K,) each, over all x without any bound.

        sd² = A² + (mean − mean at A)² / B  at the least for every mean:  mean / sd ≤ √(B + (mean at A)₊² / A²)

    `size`: natural sizes of x. Infinite scores where the mean can move without a deviation. By least squares, all
    quantities with the same number of rows at once.
    """
    lowest, highest = np.zeros(len(net.start) - 1), np.full(len(net.start) - 1, np.inf)
    for cells, rows, still, mean, start in _dense(net, size):
        inverse = np.linalg.pinv(rows, rcond=RANK)
        at = -np.einsum("kcr,kr->kc", inverse, still)
        lowest[cells] = np.linalg.norm(np.einsum("krc,kc->kr", rows, at) + still, axis=1)
        seen = np.einsum("kc,kcr->kr", mean, inverse)
        free = np.abs(np.einsum("kr,krc->kc", seen, rows) - mean).max(axis=1, initial=0.0)
        bound = free <= MOVES * np.abs(mean).max(axis=1, initial=0.0)
        there = np.maximum(start + np.einsum("kc,kc->k", mean, at), 0.0)
        certain = lowest[cells] <= 0
        ratio = there / np.where(certain, 1.0, lowest[cells])
        highest[cells] = np.where(bound & ~certain, np.sqrt((seen**2).sum(axis=1) + ratio**2), np.inf)
    return lowest, highest


def _dense(
    net: AffineMoments, size: FloatArray
) -> Iterator[tuple[IntArray, FloatArray, FloatArray, FloatArray, FloatArray]]:
    """Quantities with their deviation rows and mean rows as dense blocks over the columns that each of them uses."""
    for count in np.unique(net.rows_per_cell):
        if count == 0:
            continue
        group = np.flatnonzero(net.rows_per_cell == count)
        part = net.at_cells(group)
        factor, mean = sparse.coo_array(part.factor.matrix), sparse.coo_array(part.mean.matrix)
        columns = len(size)
        owner = np.concatenate([factor.row // count, mean.row])
        used, place = np.unique(owner * columns + np.concatenate([factor.col, mean.col]), return_inverse=True)
        first = np.searchsorted(used, np.arange(len(group) + 1) * columns)
        place = place - first[owner]
        width = int(np.diff(first).max(initial=0))
        middle = len(factor.data)
        step = max(1, BLOCK // max(1, int(count) * width))
        for begin in range(0, len(group), step):
            end = min(begin + step, len(group))
            rows, level = np.zeros((end - begin, int(count), width)), np.zeros((end - begin, width))
            one = np.flatnonzero((owner[:middle] >= begin) & (owner[:middle] < end))
            cell = owner[one] - begin
            rows[cell, factor.row[one] % count, place[one]] = factor.data[one] * size[factor.col[one]]
            two = np.flatnonzero((mean.row >= begin) & (mean.row < end))
            level[mean.row[two] - begin, place[middle + two]] = mean.data[two] * size[mean.col[two]]
            still = part.factor.constant.reshape(len(group), int(count))[begin:end]
            yield group[begin:end], rows, still, level, part.mean.constant[begin:end]


@dataclass(frozen=True, slots=True, eq=False)
class Most:
    """What the deviations of cells are at most: an expression (K,) with what it needs; `reference`: its least value."""

    value: Any
    reference: FloatArray
    constraints: list[Any]


def most(program: Program, cells: IntArray) -> Most | None:
    """An upper bound on the deviation of each cell that follows from the budget; None where none is known.

        sd ≤ sd at x₀ + Σ_j p(j) ζ(t−1−j) + Σ_s √(P(1−P)) (ζ(s) + ζ(s−1) + |E Y(s) − E Y(s) at x₀|)

    by the triangle inequality, where x₀ is the decision whose dollars deviate least and ζ(s), per unit, what another
    one makes O(s) − D(s) of an item deviate beyond it. c ζ is that item's part of the deviation of dollars, on which
    the budget of the period has a limit for all items together. Orders must not be negative in the mean.
    """
    store = program.store
    kappa = program.chances.budget
    if store.budget is None or store.orders.nonnegative == "none" or (kappa <= 0).any():
        return None
    moving = _moving(program)
    if moving is None:
        return None
    items, periods = store.demand.mean.shape
    dollars, level, size = program.dollars, program.layout.level, program.layout.scale
    scaled = sparse.csr_array(dollars.factor.matrix @ sparse.diags_array(size))
    x = size * lsqr(scaled, -dollars.factor.constant, atol=1e-14, btol=1e-14, iter_lim=10_000)[0]
    later, order, weight = in_transit(store)
    transit = sparse.csr_array(sparse.coo_array((weight, (later, order)), shape=(items * periods,) * 2))
    before = sparse.kron(sparse.eye_array(items), sparse.eye_array(periods, k=-1), format="csr")
    now = sparse.eye_array(items * periods, format="csr")
    counted = np.unique(cells // periods)
    unit = program.unit.reshape(items, periods)[counted] * moving[counted]
    own = (counted[:, None] * periods + np.arange(periods)).ravel()
    spread = cp.Variable(unit.shape, nonneg=True)  # ζ in natural amounts of the item
    swings = sparse.csr_array((arrivals(store) + transit @ (now + before))[cells][:, own])
    swing = (swings @ sparse.diags_array(unit.ravel())) @ cp.reshape(spread, (unit.size,), order="C")
    ordered = level.times(sparse.csr_array(now - before))
    placed = transit[cells] @ (ordered.matrix @ program.x + ordered.constant + np.abs(ordered.at(x)))
    money = store.unit_cost[counted, None] * unit
    natural = float(np.linalg.norm(money)) or 1.0
    left = store.budget.limits(periods) - program.chances.overrun - dollars.mean.constant
    room = (left - dollars.mean.matrix @ program.x) / kappa
    shared = cp.SOC(room / natural, cp.multiply(money / natural, spread), axis=0)
    reference = program.net.sd_at(x).ravel()[cells]
    return Most(reference + swing + placed, reference, [shared])


def _moving(program: Program) -> BoolArray | None:
    """Whether the orders of each item up to each period can follow sales, (n, N); None where dollars are not the sum.

    Where items are not independent no deviation row of the dollars need belong to one of them.
    """
    items, periods = program.store.demand.mean.shape
    cell = np.arange(items * periods)
    owner = np.full(program.layout.size, -1)  # a column that no net stock depends on has none
    net, level = sparse.coo_array(program.net.factor.matrix), sparse.coo_array(program.layout.level.matrix)
    owner[net.col] = np.repeat(cell, program.net.rows_per_cell)[net.row] // periods
    owner[level.col] = level.row // periods
    rows = sparse.coo_array(program.dollars.factor.matrix)
    known = owner[rows.col] >= 0
    row, item = rows.row[known], owner[rows.col][known]
    first = np.full(rows.shape[0], -1)
    first[row] = item
    if (first[row] != item).any():
        return None
    moving = np.zeros((items, periods), dtype=bool)
    moving[item, np.repeat(np.arange(periods), program.dollars.rows_per_cell)[row]] = True
    return moving
