"""Balance under uncertain demand: flows that follow demand by linear rules, every limit kept by a chance or for a box.

f(l, t) ≥ 0,  Σ f ≤ capacity,  least ≤ X(k, t) ≤ most,  X of customers = 0,  for P{·} ≥ service or for all demands
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cvxpy as cp
import numpy as np
from scipy import sparse

from ccinv.arrays import BoolArray, FloatArray
from ccinv.inversion import Box, chance
from ccinv.inversion.inversion import Inversion
from ccinv.models.balance.movement import asked, most_useful, movement, per_arc, per_node, running
from ccinv.models.balance.shocks import Follow
from ccinv.moments.affine import AffineMoments
from ccinv.network import Network
from ccinv.network.layout import NOWHERE, Layout


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """What may be violated for the sake of an explanation: cells' stock, from below and from above.

    `moments` of X − least or most − X (in units), `cell` (Q,): k · N + t; `below`: which of the two.
    """

    moments: AffineMoments
    cell: Any
    below: bool


@dataclass(frozen=True, slots=True, eq=False)
class Ruled:
    """The quantities of a network under a rule; all in units of goods, costs in `money`."""

    known: Network
    layout: Layout
    follow: Follow
    hard: tuple[AffineMoments, ...]
    limits: tuple[Limits, ...]
    customers: AffineMoments
    cost: AffineMoments
    unit: float
    money: float


def ruled(known: Network, layout: Layout, follow: Follow) -> Ruled:
    """The quantities that are to be ≥ 0, and the cost."""
    unit, periods, cells = known.unit, known.periods, layout.cells
    size, nodes = layout.lanes * periods, len(known.node)
    move = movement(known, layout)
    sums = running(cells, periods)
    rows = len(known.demand_at)
    at_cell = sparse.csr_array((np.ones(rows), (layout.demand_cell, np.arange(rows))), shape=(cells, rows))
    demand = sparse.csr_array(sparse.kron(at_cell, sparse.eye_array(periods)))
    store = np.repeat([known.kind[c] == "store" for c in layout.cell_node], periods)
    start = np.repeat(layout.on_hand, periods) - sums @ asked(known, layout).ravel()
    stock, moved = sparse.csr_array(sums @ move), sparse.csr_array(-(sums @ demand))

    def some(matrix: Any, constant: FloatArray, chosen: BoolArray, of: Any = None, by: Any = None) -> AffineMoments:
        at = np.flatnonzero(chosen)
        return follow.moments(
            sparse.csr_array(matrix)[at], constant[at], None if of is None else of[at],
            None if by is None else sparse.csr_array(by)[at], unit,
        )  # fmt: skip

    eye = sparse.eye_array(size, format="csr")
    hard = [some(eye, np.zeros(size), np.ones(size, dtype=np.bool_))]
    arcs = per_arc(known, layout)
    hard.append(some(-arcs, known.capacity.ravel(), np.isfinite(known.capacity.ravel())))
    over = sparse.csr_array(sparse.kron(sparse.eye_array(len(known.arc)), np.ones((1, periods))))
    hard.append(some(-(over @ arcs), known.total, np.isfinite(known.total)))
    least, most = np.repeat(layout.least, periods), np.repeat(layout.most, periods)
    limits = [Limits(some(stock, start - least, store, moved), np.flatnonzero(store), True)]
    high = store & np.isfinite(most)
    limits.append(Limits(some(-stock, most - start, high, -moved), np.flatnonzero(high), False))
    together = sparse.csr_array(sparse.kron(per_node(known, layout), sparse.eye_array(periods)))
    full = np.repeat(known.storage, periods)
    several = np.repeat(np.bincount(layout.cell_node, minlength=nodes) > 1, periods)
    hard.append(some(-(together @ stock), full - together @ start, np.isfinite(full) & several, -(together @ moved)))
    hard += _opening(known, layout, some, eye)
    first = np.zeros((cells, periods))
    first[:, 0] = layout.on_hand
    now = (first - asked(known, layout)).ravel()
    customers = some(move, now, ~store, sparse.csr_array(-demand))
    lane_cost = known.unit_cost[layout.lane_arc].ravel()
    holding = np.where(store, np.repeat(layout.holding_cost, periods), 0.0)
    price = sparse.csr_array((lane_cost + stock.T @ holding)[None, :])
    constant = np.array([holding @ start])
    opening = sparse.csr_array(np.where(known.optional, known.opening_cost, 0.0)[None, :] / unit)
    plain = follow.moments(price, constant, sparse.csr_array((moved.T @ holding)[None, :]), opening, unit)
    return Ruled(known, layout, follow, tuple(hard), tuple(limits), customers, plain, unit, unit)


def _opening(known: Network, layout: Layout, some: Any, eye: Any) -> list[AffineMoments]:
    """M y − f ≥ 0 on every lane that touches a node which may stay closed."""
    if not known.optional.any():
        return []
    found = []
    periods, large = known.periods, 2 * most_useful(known, layout)
    for end in (layout.source, layout.target):
        node = np.where(end != NOWHERE, layout.cell_node[np.maximum(end, 0)], 0)
        chosen = np.repeat((end != NOWHERE) & known.optional[node], periods)
        factor = np.minimum(known.capacity[layout.lane_arc].ravel(), large) / known.unit
        column = np.repeat(node, periods)
        keys = sparse.csr_array(
            (factor, (np.arange(len(column)), column)), shape=(len(column), len(known.node))
        )  # fmt: skip
        found.append(some(-eye, np.zeros(len(column)), chosen, None, keys))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Stated:
    """The program in cvxpy: variables, and the rows that every plan keeps."""

    x: Any
    whole: tuple[Any, ...]
    rows: list[Any]


def stated(question: Ruled, inversion: Inversion | Box, soft: tuple[Any, Any] | None = None) -> Stated:
    """Every limit as rows on x. `soft`: for each of the two sides an amount (K · N) by which stock may miss its limits,

    customers' included, which otherwise have exactly what they ask for.
    """
    known, follow = question.known, question.follow
    free = cp.Variable(follow.flows + len(follow.place), name="rule")
    opened = cp.Variable(len(known.node), name="open")
    x = cp.hstack([free, opened])
    rows: list[Any] = [opened[np.flatnonzero(~known.optional)] == 1]
    for batch in question.hard:
        if batch.shape[0]:
            rows += chance(batch, x, known.service, inversion)
    for limit in question.limits:
        if limit.moments.shape[0]:
            rows += chance(
                _eased(limit.moments, limit.cell, limit.below, soft), _with(x, soft), known.service, inversion
            )
    exact = question.customers
    if exact.shape[0] and soft is None:
        rows.append(exact.mean.matrix @ x + exact.mean.constant == 0)
        if exact.factor.matrix.shape[0]:
            rows.append(exact.factor.matrix @ x + exact.factor.constant == 0)
    elif exact.shape[0]:
        cell = np.flatnonzero(np.repeat([known.kind[c] != "store" for c in question.layout.cell_node], known.periods))
        for below in (True, False):
            rows += chance(_eased(_signed(exact, below), cell, below, soft), _with(x, soft), known.service, inversion)
    if soft is not None:
        rows += [soft[0] >= 0, soft[1] >= 0]
    return Stated(x, (opened,) if known.optional.any() else (), rows)


def _with(x: Any, soft: tuple[Any, Any] | None) -> Any:
    return x if soft is None else cp.hstack([x, *soft])


def _signed(moments: AffineMoments, positive: bool) -> AffineMoments:
    if positive:
        return moments
    return moments.below(np.zeros(moments.shape[0]))


def _eased(moments: AffineMoments, cell: Any, below: bool, soft: tuple[Any, Any] | None) -> AffineMoments:
    """The moments as they are, or of the quantities plus what they may miss."""
    if soft is None:
        return moments
    size = soft[0].size
    add = sparse.csr_array(
        (np.ones(len(cell)), (np.arange(len(cell)), cell + (0 if below else size))), shape=(len(cell), 2 * size)
    )
    mean = type(moments.mean)(sparse.csr_array(sparse.hstack([moments.mean.matrix, add])), moments.mean.constant)
    wide = sparse.csr_array((moments.factor.matrix.shape[0], 2 * size))
    factor = type(moments.mean)(sparse.csr_array(sparse.hstack([moments.factor.matrix, wide])), moments.factor.constant)
    return AffineMoments(moments.shape, mean, factor, moments.start, moments.shock)
