"""Balance where demand is certain: a linear program, or a mixed-integer one where nodes may stay closed.

    min Σ c f + h I + b B + o y,   I(t) − B(t) = I(t − 1) − B(t − 1) + in(t) + arrivals(t) − out(t) − d(t)

f ≥ 0 flows, I ∈ [least, most] stock on hand, B ≥ 0 backlog where it is allowed, y ∈ {0, 1} open nodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from ccinv.arrays import FloatArray, IntArray
from ccinv.models.balance.movement import asked, most_useful, movement, per_arc, per_node
from ccinv.network import Network
from ccinv.network.layout import NOWHERE, Layout
from ccinv.solve.milp import Mixed


@dataclass(frozen=True, slots=True, eq=False)
class Certain:
    """The program in `unit`s, and where things stand in it: column 0 is fixed at 1.

    `flow` (L, N), `stock`, `backlog`, `missing`, `spare` (K, N), `open` (C,): columns; the last but one pair only where
    the program is elastic, else empty.
    """

    program: Mixed
    unit: float
    flow: IntArray
    stock: IntArray
    backlog: IntArray
    missing: IntArray
    spare: IntArray
    open: IntArray


def certain_program(known: Network, layout: Layout, elastic: bool = False) -> Certain:
    """The program; `elastic`: goods may come from nowhere and be thrown away, and the least of that is sought."""
    periods, unit = known.periods, known.unit
    lanes, cells, nodes = layout.lanes, layout.cells, len(known.node)
    number = 1
    blocks = {}
    shapes = {"flow": (lanes, periods), "stock": (cells, periods), "backlog": (cells, periods), "open": (nodes,)}
    shapes |= dict.fromkeys(("missing", "spare"), (cells, periods) if elastic else (0, periods))
    for name, shape in shapes.items():
        size = int(np.prod(shape))
        blocks[name] = np.arange(number, number + size).reshape(shape)
        number += size
    flow, stock, backlog, opened = blocks["flow"], blocks["stock"], blocks["backlog"], blocks["open"]
    cost, least, most = np.zeros(number), np.zeros(number), np.full(number, np.inf)
    least[0] = most[0] = 1.0
    arc = layout.lane_arc
    waits = np.isfinite(layout.backlog_cost)
    most[flow] = known.capacity[arc] / unit
    least[stock], most[stock] = layout.least[:, None] / unit, layout.most[:, None] / unit
    most[backlog] = np.where(waits, np.inf, 0.0)[:, None]
    least[opened], most[opened] = np.where(known.optional, 0.0, 1.0), 1.0
    if elastic:
        # where it is asked for, not on the way there, and rather late: the same amount, but what a reader looks for
        wanted = np.zeros((cells, periods), dtype=np.bool_)
        np.logical_or.at(wanted, layout.demand_cell, known.demand.mean > 0)
        cost[blocks["missing"]] = np.where(wanted, 1.0, 1.001) - 1e-4 * np.arange(periods) / periods
        cost[blocks["spare"]] = 1.0
    else:
        cost[flow] = known.unit_cost[arc] * unit
        cost[stock] = layout.holding_cost[:, None] * unit
        cost[backlog] = np.where(waits, layout.backlog_cost, 0.0)[:, None] * unit
        cost[opened] = np.where(known.optional, known.opening_cost, 0.0)
    whole = np.zeros(number, dtype=np.bool_)
    whole[opened] = known.optional

    def put(matrix: Any, columns: IntArray) -> Any:
        own = sparse.coo_array(matrix)
        return sparse.coo_array((own.data, (own.row, columns.ravel()[own.col])), shape=(own.shape[0], number))

    eye = sparse.eye_array(cells * periods)
    shift = sparse.kron(sparse.eye_array(cells), sparse.eye_array(periods, k=-1))
    balance = [
        put(eye - shift, stock), put(shift - eye, backlog), put(-movement(known, layout), flow)
    ]  # fmt: skip
    if elastic:
        balance += [put(-eye, blocks["missing"]), put(eye, blocks["spare"])]
    start = -asked(known, layout)
    start[:, 0] += layout.on_hand
    rows: list[Any] = [sum(balance[1:], balance[0])]
    low, high = [start.ravel() / unit], [start.ravel() / unit]

    def hold(matrix: Any, limit: FloatArray) -> None:
        some = np.flatnonzero(np.isfinite(limit))
        rows.append(sparse.csr_array(matrix)[some])
        low.append(np.full(len(some), -np.inf))
        high.append(limit[some])

    hold(put(per_arc(known, layout), flow), known.capacity.ravel() / unit)
    over = sparse.kron(sparse.eye_array(len(known.arc)), np.ones((1, periods)))
    hold(put(over @ per_arc(known, layout), flow), known.total / unit)
    limited = np.repeat(known.storage / unit, periods)
    hold(put(sparse.kron(per_node(known, layout), sparse.eye_array(periods)), stock), limited)
    for matrix in _opening(known, layout, flow, stock, opened, number, most):
        hold(matrix, np.zeros(matrix.shape[0]))
    program = Mixed(
        cost, sparse.csr_array(sparse.vstack(rows)), np.concatenate(low), np.concatenate(high), least, most, whole
    )
    none = np.zeros((0, periods), dtype=np.int64)
    return Certain(
        program, unit, flow, stock, backlog, blocks.get("missing", none), blocks.get("spare", none), opened
    )  # fmt: skip


def _opening(
    known: Network, layout: Layout, flow: IntArray, stock: IntArray, opened: IntArray, number: int, most: FloatArray
) -> list[Any]:
    """Nothing goes through a closed node, nor lies there: flow ≤ M y, stock ≤ M y, with M as small as may be."""
    found = []
    large = most_useful(known, layout) / known.unit
    ends = []
    for end in (layout.source, layout.target):
        node = np.where(end != NOWHERE, layout.cell_node[np.maximum(end, 0)], 0)
        ends.append((flow, node, (end != NOWHERE) & known.optional[node]))
    ends.append((stock, layout.cell_node, known.optional[layout.cell_node]))
    for columns, node, chosen in ends:
        own = columns[chosen].ravel()
        if not own.size:
            continue
        row = np.arange(len(own))
        keys = np.repeat(opened[node[chosen]], columns.shape[1])
        factor = np.minimum(most[own], large)
        place = (np.concatenate([row, row]), np.concatenate([own, keys]))
        found.append(sparse.coo_array((np.concatenate([np.ones(len(own)), -factor]), place), shape=(len(own), number)))
    return found
