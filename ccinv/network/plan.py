"""What goes where and when, what that leaves in every store, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ccinv.arrays import BoolArray, FloatArray, freeze
from ccinv.errors import DataError, Fault
from ccinv.network.known import Network
from ccinv.network.layout import NOWHERE, Layout


@dataclass(frozen=True, slots=True, eq=False)
class BalancePlan:
    """Flows on L lanes and stock of K cells over N periods (`layout` says which they are), verified.

        f(l, t) = flow(l, t) + Σ over d, s of weight(l, t, d, s) · (demand(d, s) − mean(d, s))

    `rule`, `inversion`, `aim`, `method`: how it was made; "" for the first three where demand is certain. `flow` (L, N)
    at mean demand; `weight` (L, N, D, N), None where flows are fixed. `stock` (K, N): net stock at the end of a period,
    at mean demand. `low`, `high` (K, N): the least and highest stock that any demand of the box brings; under a
    probability what it exceeds, or stays below, with that probability, by the inversion. `open` (C,). `cost`: expected
    (in a box, at its centre), the sum of flow_costs, holding_costs, backlog_costs, opening_costs; `worst_cost`: the
    highest in a box, and `theta`: of the box, NaN elsewhere. `bound`: no flows of this kind have a lower cost, or worst
    cost where that was the aim; `seconds`: to find it.
    """

    known: Network
    layout: Layout
    rule: str
    inversion: str
    aim: str
    method: str
    theta: float
    flow: FloatArray
    weight: FloatArray | None
    stock: FloatArray
    low: FloatArray
    high: FloatArray
    open: BoolArray
    cost: float
    worst_cost: float
    bound: float
    flow_costs: float
    holding_costs: float
    backlog_costs: float
    opening_costs: float
    seconds: float
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        freeze(self)

    @property
    def gap(self) -> float:
        """How far the cost that was made least can be from the least at most, relative."""
        made = self.worst_cost if self.aim == "WorstCase" else self.cost
        return (made - self.bound) / made if made > self.bound else 0.0

    def flows(self, demand: FloatArray) -> FloatArray:
        """The flows (L, N) that the rule gives for demand (D, N), or (L, N, paths) for (D, N, paths)."""
        if self.weight is None:
            shape = (*self.flow.shape, *np.shape(demand)[2:])
            return np.broadcast_to(self.flow.reshape(*self.flow.shape, *(1,) * (len(shape) - 2)), shape)
        shock = np.asarray(demand, dtype=np.float64)
        mean = self.known.demand.mean
        shock = shock - mean.reshape(*mean.shape, *(1,) * (shock.ndim - 2))
        flat = shock.reshape(mean.size, -1)
        added = self.weight.reshape(-1, mean.size) @ flat
        found: FloatArray = self.flow[..., None] + added.reshape(*self.flow.shape, -1)
        return found.reshape(*self.flow.shape, *shock.shape[2:])

    def flow_on(self, source: str, target: str, product: str | None = None) -> FloatArray:
        """Flow from one node to another in each period at mean demand, (N,), of one product or of all."""
        known = self.known
        chosen = [
            known.arc[a][:2] == (source, target) and product in (None, known.product[p])
            for a, p in zip(self.layout.lane_arc, self.layout.lane_product, strict=True)
        ]
        if not any(chosen):
            found = f"{source} → {target}" + ("" if product is None else f", {product}")
            raise DataError(Fault("flow_on", found, "an arc of the network", "Give its two nodes."))
        total: FloatArray = self.flow[np.array(chosen)].sum(axis=0)
        return total

    def stock_of(self, node: str, product: str | None = None) -> FloatArray:
        """Stock at the end of each period at mean demand, (N,), of one product or of all."""
        chosen = [node == name and product in (None, what) for name, what in self.cells]
        if not any(chosen):
            found = node if product is None else f"{node}, {product}"
            raise DataError(Fault("stock_of", found, "a store or customer of the network", "Give its name."))
        total: FloatArray = self.stock[np.array(chosen)].sum(axis=0)
        return total

    @property
    def cells(self) -> list[tuple[str, str]]:
        """Node and product of each cell; "all" where products are counted as one."""
        known, layout = self.known, self.layout
        return [
            (known.node[c], "all" if p == NOWHERE else known.product[p])
            for c, p in zip(layout.cell_node, layout.cell_product, strict=True)
        ]

    def flow_columns(self) -> dict[str, np.ndarray[Any, Any]]:
        """One line per lane and period in which something flows."""
        known, layout = self.known, self.layout
        lane, t = np.nonzero(
            (self.flow != 0) | ((self.weight != 0).any(axis=(2, 3)) if self.weight is not None else False)
        )
        arc = layout.lane_arc[lane]
        name = np.array([one[:2] for one in known.arc], dtype=object)
        arrives = t + known.lag[arc] + 1
        return {
            "from": name[arc, 0],
            "to": name[arc, 1],
            "product": np.array(known.product, dtype=object)[layout.lane_product[lane]],
            "period": t + 1,
            "quantity": self.flow[lane, t],
            "arrives": arrives,
            "cost": self.flow[lane, t] * known.unit_cost[arc, t],
        }

    def stock_columns(self) -> dict[str, np.ndarray[Any, Any]]:
        """One line per cell and period: opening + received + arrivals = sent + demand + stock."""
        known, layout = self.known, self.layout
        shape = self.stock.shape
        received, sent, demand = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        for lane in range(layout.lanes):
            if layout.source[lane] != NOWHERE:
                sent[layout.source[lane]] += self.flow[lane]
            if layout.target[lane] != NOWHERE and layout.lag[lane] < known.periods:
                lag = layout.lag[lane]
                received[layout.target[lane], lag:] += self.flow[lane, : known.periods - lag]
        np.add.at(demand, layout.demand_cell, known.demand.mean)
        cells = np.array(self.cells, dtype=object).reshape(-1, 2)
        return {
            "node_id": np.repeat(cells[:, 0], known.periods),
            "product_id": np.repeat(cells[:, 1], known.periods),
            "period": np.tile(np.arange(1, known.periods + 1), layout.cells),
            "opening": np.append(layout.on_hand[:, None], self.stock[:, :-1], axis=1).ravel(),
            "received": received.ravel(),
            "arrivals": layout.arrivals.ravel(),
            "sent": sent.ravel(),
            "demand": demand.ravel(),
            "stock": self.stock.ravel(),
            "low": self.low.ravel(),
            "high": self.high.ravel(),
        }

    def rule_columns(self) -> dict[str, np.ndarray[Any, Any]]:
        """One line per weight that is not 0: by how much a flow follows a demand."""
        known, layout = self.known, self.layout
        weight = np.zeros((layout.lanes, known.periods, 0, known.periods)) if self.weight is None else self.weight
        lane, t, row, s = np.nonzero(weight)
        name = np.array([one[:2] for one in known.arc], dtype=object)
        place = np.array(known.demand_at, dtype=object).reshape(-1, 2)
        return {
            "from": name[layout.lane_arc[lane], 0],
            "to": name[layout.lane_arc[lane], 1],
            "product": np.array(known.product, dtype=object)[layout.lane_product[lane]],
            "period": t + 1,
            "demand_node": place[row, 0],
            "demand_product": place[row, 1],
            "demand_period": s + 1,
            "weight": weight[lane, t, row, s],
        }
