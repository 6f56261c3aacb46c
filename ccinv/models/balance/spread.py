"""What demand does to flows, stock and cost under a rule, in plain numpy from its weights: what is promised of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ccinv.arrays import FloatArray
from ccinv.inversion import Box
from ccinv.inversion.inversion import Inversion
from ccinv.models.balance.movement import movement, per_arc
from ccinv.network import Network
from ccinv.network.layout import Layout


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """By how much a quantity may miss its mean: the half width of what a box brings, or κ deviations.

    flow (L, N), arc (A, N), total (A,), stock (K, N), node (C, N): stock of all products; cost: of the whole.
    """

    flow: FloatArray
    arc: FloatArray
    total: FloatArray
    stock: FloatArray
    node: FloatArray
    cost: float


def spread_of(known: Network, layout: Layout, weight: FloatArray, inversion: Inversion | Box) -> Spread:
    """The spreads of weights (L, N, D, N)."""
    lanes, periods, rows, _ = weight.shape
    cells, nodes = layout.cells, len(known.node)
    of_flow = weight.reshape(lanes * periods, rows * periods)
    change = (movement(known, layout) @ of_flow).reshape(cells, periods, rows, periods)
    for row, cell in enumerate(layout.demand_cell):
        change[cell, :, row, :] -= np.eye(periods)
    of_stock = np.cumsum(change, axis=1)
    of_arc = (per_arc(known, layout) @ of_flow).reshape(len(known.arc), periods, rows * periods)
    belongs = sparse.csr_array((np.ones(cells), (layout.cell_node, np.arange(cells))), shape=(nodes, cells))
    of_node = (belongs @ of_stock.reshape(cells, -1)).reshape(nodes, periods, rows * periods)
    price = known.unit_cost[layout.lane_arc].ravel()
    store = np.array([known.kind[c] == "store" for c in layout.cell_node], dtype=np.bool_)
    held = np.where(store, layout.holding_cost, 0.0) @ of_stock.sum(axis=1).reshape(cells, -1)

    def width(table: FloatArray) -> FloatArray:
        return _width(known, table, inversion)

    return Spread(
        flow=width(of_flow).reshape(lanes, periods),
        arc=width(of_arc),
        total=width(of_arc.sum(axis=1)),
        stock=width(of_stock.reshape(cells, periods, -1)),
        node=width(of_node),
        cost=float(width((price @ of_flow + held)[None])[0]),
    )


def _width(known: Network, table: FloatArray, inversion: Inversion | Box) -> FloatArray:
    """The spread of Σ table · (d − mean), over the last axis (D · N)."""
    if isinstance(inversion, Box):
        found: FloatArray = np.abs(table) @ inversion.half_width(known.demand.mean).ravel()
        return found
    kappa = float(inversion.kappa(known.service))
    scaled = table * known.demand.sd.ravel()
    if known.demand.correlation is None:
        return np.asarray(kappa * np.sqrt((scaled**2).sum(axis=-1)))
    rows, periods = known.demand.sd.shape
    shaped = scaled.reshape(*scaled.shape[:-1], rows, periods)
    square = np.einsum("...dt,dts,...ds->...", shaped, known.demand.correlation, shaped)
    return np.asarray(kappa * np.sqrt(np.maximum(square, 0.0)))
