"""What is uncertain in demand as independent shocks, and which of it each flow may follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from ccinv.arrays import FloatArray, IntArray
from ccinv.inversion import Box
from ccinv.inversion.inversion import Inversion
from ccinv.moments.affine import AffineMoments
from ccinv.network import Linear, Network, Rule
from ccinv.network.layout import NOWHERE, Layout
from ccinv.rules import LinearMap


@dataclass(frozen=True, slots=True, eq=False)
class Follow:
    """The decision vector: flows at mean demand (L · N), then J weights, in units, then one entry per node (open).

    demand − mean = root · shocks, (D · N, R); shocks have deviation 1, or are within ±1. `place` (J,): the flow l · N +
    t that a weight belongs to; `seen` (J, D · N): the demand that it multiplies.
    """

    root: Any
    place: IntArray
    seen: Any
    flows: int
    nodes: int

    @property
    def size(self) -> int:
        return self.flows + len(self.place) + self.nodes

    def moments(
        self, flows: Any, constant: FloatArray, demand: Any = None, nodes: Any = None, unit: float = 1.0
    ) -> AffineMoments:
        """Quantities flows · f + nodes · y + constant + demand · (d − mean), in units: means and deviation rows.

        `flows` (Q, L · N), `nodes` (Q, C), `demand` (Q, D · N): sparse; `constant` (Q,) in units of goods.
        """
        count = flows.shape[0]
        none = sparse.csr_array((count, len(self.place)))
        last = sparse.csr_array((count, self.nodes)) if nodes is None else nodes
        mean = sparse.csr_array(sparse.hstack([flows, none, last]))
        take = sparse.csr_array(
            (np.ones(len(self.place)), (self.place, np.arange(len(self.place)))), shape=(self.flows, len(self.place))
        )
        own = sparse.coo_array(sparse.csr_array(flows) @ take)
        follows = sparse.csr_array(self.seen @ self.root)
        many = np.diff(follows.indptr)[own.col]
        inside = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
        at = np.repeat(follows.indptr[own.col], many) + inside
        shocks = self.root.shape[1]
        row = np.repeat(own.row.astype(np.int64), many) * shocks + follows.indices[at]
        value = np.repeat(own.data, many) * follows.data[at] / unit
        column = self.flows + np.repeat(own.col, many)
        direct = sparse.csr_array((count, shocks)) if demand is None else sparse.csr_array(demand @ self.root)
        fixed = sparse.coo_array(direct)
        fixed_row = fixed.row.astype(np.int64) * shocks + fixed.col
        used, where = np.unique(np.concatenate([row, fixed_row]), return_inverse=True)
        matrix = sparse.csr_array((value, (where[: len(row)], column)), shape=(len(used), self.size))
        base = np.zeros(len(used))
        np.add.at(base, where[len(row) :], fixed.data / unit)
        start = np.searchsorted(used, np.arange(count + 1) * shocks).astype(np.int64)
        return AffineMoments((count,), LinearMap(mean, constant / unit), LinearMap(matrix, base), start, used % shocks)

    def weights(self, x: FloatArray) -> FloatArray:
        """What each flow adds for each unit of demand above its mean, (L · N, D · N)."""
        value = x[self.flows : self.flows + len(self.place)]
        take = sparse.csr_array((value, (self.place, np.arange(len(value)))), shape=(self.flows, len(value)))
        found: FloatArray = np.asarray((take @ self.seen).todense())
        return found


def follow(known: Network, layout: Layout, rule: Rule, inversion: Inversion | Box) -> Follow:
    """The shocks of a network's demand, and the weights that a rule has."""
    rows, periods = known.demand.mean.shape
    if isinstance(inversion, Box):
        root: Any = sparse.diags_array(inversion.half_width(known.demand.mean).ravel())
    elif known.demand.correlation is None:
        root = sparse.diags_array(known.demand.sd.ravel())
    else:
        value, vector = np.linalg.eigh(known.demand.correlation)
        half = vector * np.sqrt(np.maximum(value, 0.0))[:, None, :]
        root = sparse.block_diag([sd[:, None] * part for sd, part in zip(known.demand.sd, half, strict=True)])
    moving = np.asarray(abs(sparse.csr_array(root)).sum(axis=1)).ravel() > 0
    root = sparse.csr_array(root)
    root = sparse.csr_array(root[:, np.flatnonzero(np.asarray(abs(root).sum(axis=0)).ravel() > 0)])
    to_customer = np.zeros(layout.lanes, dtype=np.bool_)
    inside = layout.target != NOWHERE
    to_customer[inside] = [known.kind[c] == "customer" for c in layout.cell_node[layout.target[inside]]]
    place, seen_row, seen_column = [], [], []
    count = 0
    every = np.arange(rows)
    for lane in range(layout.lanes):
        own = np.flatnonzero(layout.demand_cell == layout.target[lane])
        groups: list[tuple[IntArray, int, int, bool]] = []  # rows of demand, lag, memory, whether as one
        if not isinstance(rule, Linear):
            groups += [(own, 0, 1, False)] if to_customer[lane] else []
        elif rule.total:
            groups += [(own, 0, 1, False)] if to_customer[lane] else []
            groups.append((every, max(rule.lag, 1) if to_customer[lane] else rule.lag, rule.memory or periods, True))
        else:
            groups.append((every, 0 if to_customer[lane] else rule.lag, rule.memory or periods, False))
        for wanted, lag, memory, together in groups:
            t, s = np.nonzero(np.tril(np.ones((periods, periods), dtype=np.bool_), -lag))
            kept = t - lag - s < memory
            t, s = t[kept], s[kept]
            column = wanted[:, None] * periods + s
            random = moving[column]
            if together:
                number = np.broadcast_to(count + np.arange(len(t)), column.shape)
                place.append(lane * periods + t)
            else:
                number = np.zeros(column.shape, dtype=np.int64)
                number[random] = count + np.arange(int(random.sum()))
                place.append(np.broadcast_to(lane * periods + t, column.shape)[random])
            count += len(place[-1])
            seen_row.append(number[random])
            seen_column.append(column[random])
    none = [np.zeros(0, dtype=np.int64)]
    at = (np.concatenate(seen_row or none), np.concatenate(seen_column or none))
    seen = sparse.csr_array((np.ones(len(at[0])), at), shape=(count, rows * periods))
    return Follow(root, np.concatenate(place or none), seen, layout.lanes * periods, len(known.node))
