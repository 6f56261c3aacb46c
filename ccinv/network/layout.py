"""A network written out: one lane for every arc and product it carries, one cell for every stock that is kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ccinv.arrays import FloatArray, IntArray
from ccinv.network.known import Network

NOWHERE = -1


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """L lanes, K cells, D rows of demand.

    lane_arc, lane_product (L,); source, target (L,): cells, NOWHERE for a supplier or outlet; lag (L,). cell_node (K,),
    cell_product (K,): NOWHERE where a pooled store counts all products as one. demand_cell (D,). arrivals (K, N).
    on_hand, holding_cost, backlog_cost, least, most (K,): most 0 for customers; a store has the least of its own and
    its node's storage where that is one product's alone.
    """

    lane_arc: IntArray
    lane_product: IntArray
    source: IntArray
    target: IntArray
    lag: IntArray
    cell_node: IntArray
    cell_product: IntArray
    demand_cell: IntArray
    arrivals: FloatArray
    on_hand: FloatArray
    holding_cost: FloatArray
    backlog_cost: FloatArray
    least: FloatArray
    most: FloatArray

    @property
    def lanes(self) -> int:
        return len(self.lane_arc)

    @property
    def cells(self) -> int:
        return len(self.cell_node)


def layout_of(known: Network) -> Layout:
    """The lanes and cells of a network."""
    number = {one: k for k, one in enumerate(known.node)}
    product = {one: k for k, one in enumerate(known.product)}
    cell: dict[tuple[int, int], int] = {}
    places: list[tuple[int, int]] = []
    for c, its in enumerate(known.kind):
        if its not in ("store", "customer"):
            continue
        for p in range(len(product)):
            if its == "store" and known.pooled:
                if p == 0:
                    places.append((c, NOWHERE))
                cell[c, p] = len(places) - 1
            else:
                cell[c, p] = len(places)
                places.append((c, p))
    lanes = [
        (a, p) for a, one in enumerate(known.arc) for p in ([product[one[2]]] if len(one) == 3 else range(len(product)))
    ]
    ends = [[cell.get((number[known.arc[a][end]], p), NOWHERE) for a, p in lanes] for end in (0, 1)]
    at = np.array(places, dtype=np.int64).reshape(-1, 2)
    arrivals = np.zeros((len(places), known.periods))
    for row, (name, what) in enumerate(known.arrivals_at):
        arrivals[cell[number[name], product[what]]] += known.arrivals[row]
    lane = np.array(lanes, dtype=np.int64).reshape(-1, 2)
    pick = (at[:, 0], np.maximum(at[:, 1], 0))
    store = np.array([known.kind[c] == "store" for c in at[:, 0]], dtype=np.bool_)
    alone = (at[:, 1] == NOWHERE) | (len(product) == 1)
    most = np.where(alone, np.minimum(known.most[pick], known.storage[at[:, 0]]), known.most[pick])
    return Layout(
        lane_arc=lane[:, 0],
        lane_product=lane[:, 1],
        source=np.array(ends[0], dtype=np.int64),
        target=np.array(ends[1], dtype=np.int64),
        lag=known.lag[lane[:, 0]],
        cell_node=at[:, 0],
        cell_product=at[:, 1],
        demand_cell=np.array([cell[number[n], product[p]] for n, p in known.demand_at], dtype=np.int64),
        arrivals=arrivals,
        on_hand=known.on_hand[pick],
        holding_cost=known.holding_cost[pick],
        backlog_cost=known.backlog_cost[pick],
        least=np.where(store, known.least[pick], 0.0),
        most=np.where(store, most, 0.0),
    )
