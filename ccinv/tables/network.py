"""The tables of a network: nodes, arcs, what single periods of arcs have instead, stock, demand and arrivals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ccinv.arrays import BoolArray, FloatArray, IntArray
from ccinv.errors import Fault
from ccinv.tables.cells import empty, is_text, names, numbers, places_in, positions
from ccinv.tables.table import Schema, Table, quoted, repeat_faults

if TYPE_CHECKING:
    import polars as pl

NODES = Schema("nodes", ("node_id", "kind"), ("storage", "opening_cost", "description"))
ARCS = Schema("arcs", ("from", "to"), ("product_id", "lag", "unit_cost", "capacity", "total", "description"))
ARC_PERIODS = Schema("arc_periods", ("from", "to", "period"), ("product_id", "unit_cost", "capacity"))
STOCK = Schema("stock", ("node_id",), ("product_id", "on_hand", "holding_cost", "backlog_cost", "least", "most"))
DEMAND = Schema("demand", ("node_id", "period", "quantity"), ("product_id", "sd"))
ARRIVALS = Schema("arrivals", ("node_id", "period", "quantity"), ("product_id",))
KINDS = ("supplier", "store", "customer", "outlet")
ALL = -1  # an empty product cell


@dataclass(frozen=True, slots=True, eq=False)
class Nodes:
    """The nodes in the order of their table; `row`: the line of each."""

    home: str
    node_id: pl.Series
    kind: tuple[str, ...]
    storage: FloatArray
    opening_cost: FloatArray
    place: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Arcs:
    """Arcs whose ends are known: (A,) each; product ALL where none is named. `lost`: some could not be read."""

    start: IntArray
    end: IntArray
    product: IntArray
    lag: FloatArray
    unit_cost: FloatArray
    capacity: FloatArray
    total: FloatArray
    place: tuple[str, ...]
    lost: bool


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Amounts by node, product and period: places in the order of their first line, amounts (D, N), deviations."""

    node: IntArray
    product: IntArray
    amount: FloatArray
    sd: FloatArray
    place: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Stocks:
    """What the stock table says, (C, P) by column name; `place`: the line of each node."""

    amounts: dict[str, FloatArray]
    place: dict[int, str] = field(default_factory=dict)


def read_nodes(table: Table, faults: list[Fault]) -> Nodes | None:
    """The nodes; None where none of them has a name."""
    ids, good = names(table, "node_id", faults)
    faults += repeat_faults(
        table, places_in(ids, ids), good, lambda row: f"node {quoted(ids[row])}", "node_id",
        "Leave one of them out, or rename it.",
    )  # fmt: skip
    if table.rows == 0 and not table.partial:
        faults.append(Fault(table.name, "no nodes", "at least one", "Add a line for each node."))
    kind = tuple(table.text(row, "kind") for row in range(table.rows))
    wrong = np.array([its not in KINDS for its in kind], dtype=np.bool_)
    faults += table.faults("kind", wrong, ", ".join(KINDS), "Choose one of these.")
    kind = tuple("store" if bad else its for bad, its in zip(wrong, kind, strict=True))
    storage = given(table, "storage", np.inf, "a number >= 0 (empty: no limit)", faults)
    opening = given(table, "opening_cost", np.nan, "a number >= 0 (empty: open already)", faults)
    place = tuple(table.place(row) for row in range(table.rows))
    return Nodes(table.name, ids, kind, storage, opening, place) if good.any() else None


def read_arcs(table: Table, nodes: Nodes | None, products: tuple[str, ...], faults: list[Fault]) -> Arcs | None:
    """The arcs; everything wrong with them is added to `faults`."""
    start, end, product, valid = _ends(table, nodes, products, faults)
    if nodes is not None:
        kind = np.array([*nodes.kind, ""], dtype=object)
        wrong = valid & (start == end)
        faults += table.faults("to", wrong, "another node", "Leave the line out: goods stay by themselves.")
        wrong = valid & (kind[end] == "supplier")
        faults += table.faults("to", wrong, "no supplier: goods only come from there", "Make it a store or an outlet.")
        wrong = valid & (kind[start] == "outlet")
        faults += table.faults("from", wrong, "no outlet: goods only go there", "Make it a store or a customer.")
    faults += _repeats(table, start, end, product, np.zeros(table.rows, dtype=np.int64), valid, "arc")
    if table.rows == 0 and not table.partial:
        faults.append(Fault(table.name, "no arcs", "at least one", "Add a line for each way that goods can take."))
    lag = given(table, "lag", 0.0, "a whole number of periods >= 0", faults, whole=True, high=520)
    cost = given(table, "unit_cost", 0.0, "a number >= 0", faults)
    capacity = given(table, "capacity", np.inf, "a number >= 0 (empty: no limit)", faults)
    total = given(table, "total", np.inf, "a number >= 0 (empty: no limit)", faults)
    if nodes is None:
        return None
    kept = np.flatnonzero(valid & (start != end))
    place = tuple(table.place(row) for row in kept)
    lost = len(kept) < table.rows or table.partial
    return Arcs(start[kept], end[kept], product[kept], lag[kept], cost[kept], capacity[kept], total[kept], place, lost)


def read_arc_periods(
    table: Table,
    nodes: Nodes | None,
    products: tuple[str, ...],
    arcs: Arcs | None,
    periods: int | None,
    faults: list[Fault],
) -> tuple[FloatArray, FloatArray] | None:
    """Costs and capacities (A, N) of single periods, NaN where the table says nothing."""
    start, end, product, valid = _ends(table, nodes, products, faults)
    period, valid_period = _periods(table, periods, faults)
    cost = given(table, "unit_cost", np.nan, "a number >= 0", faults)
    capacity = given(table, "capacity", np.nan, "a number >= 0 (empty: as in arcs)", faults)
    if arcs is None or periods is None:
        return None
    number = {key: k for k, key in enumerate(zip(arcs.start, arcs.end, arcs.product, strict=True))}
    arc = np.array([number.get(key, -1) for key in zip(start, end, product, strict=True)], dtype=np.int64)
    strange = valid & (arc < 0)
    if not arcs.lost:
        faults += table.faults("to", strange, "an arc of the table of arcs", "Correct it, or add the arc.")
    good = valid & (arc >= 0) & valid_period
    faults += _repeats(table, start, end, product, period, good, "arc and period")
    found = np.full((2, len(arcs.start), periods), np.nan)
    found[0, arc[good], period[good] - 1] = cost[good]
    found[1, arc[good], period[good] - 1] = capacity[good]
    return found[0], found[1]


def read_stock(table: Table, nodes: Nodes | None, products: tuple[str, ...], faults: list[Fault]) -> Stocks | None:
    """Opening stock, costs and limits; a line without a product counts for all that have no line of their own."""
    node = _node(table, "node_id", nodes, faults)
    product = _product(table, products, faults)
    limits = (
        ("on_hand", 0.0, "a number (negative for backlog)", -1e15), ("holding_cost", 0.0, "a number >= 0", 0.0),
        ("backlog_cost", np.inf, "a number >= 0 (empty: no backlog)", 0.0), ("least", 0.0, "a number >= 0", 0.0),
        ("most", np.inf, "a number >= 0 (empty: no limit)", 0.0),
    )  # fmt: skip
    own = {name: given(table, name, default, text, faults, low=low) for name, default, text, low in limits}
    if nodes is None:
        return None
    valid = (node >= 0) & (product >= ALL)
    kinds = np.array([*nodes.kind, "store"], dtype=object)[node]
    strange = valid & np.isin(kinds, ("supplier", "outlet"))
    faults += table.faults("node_id", strange, "a store or a customer", "Leave the line out: no stock is kept there.")
    zero = np.zeros(table.rows, dtype=np.int64)
    faults += _repeats(table, node, zero, product, zero, valid, "node and product")
    found = {name: np.full((len(nodes.kind), len(products)), default) for name, default, _, _ in limits}
    rows = np.flatnonzero(valid)
    for row in rows[np.argsort(product[rows] != ALL, kind="stable")]:  # lines for all products first
        for name, table_ in found.items():
            table_[node[row], slice(None) if product[row] == ALL else product[row]] = own[name][row]
    return Stocks(found, {int(node[row]): table.place(row) for row in rows[::-1]})


def read_series(
    table: Table, nodes: Nodes | None, products: tuple[str, ...], periods: int | None, faults: list[Fault]
) -> Series | None:
    """Demand or arrivals; a period without a line has none."""
    node = _node(table, "node_id", nodes, faults)
    product = _product(table, products, faults, needed=True)
    period, good = _periods(table, periods, faults)
    amount = numbers(table, "quantity", faults, "a number >= 0, in units", low=0.0)
    sd = given(table, "sd", 0.0, "a number >= 0, in units", faults)
    if nodes is None or periods is None:
        return None
    kinds = np.array([*nodes.kind, "store"], dtype=object)[node]
    strange = (node >= 0) & np.isin(kinds, ("supplier", "outlet"))
    faults += table.faults("node_id", strange, "a store or a customer", "Name the node that it belongs to.")
    valid = (node >= 0) & (product >= 0) & good & ~strange
    zero = np.zeros(table.rows, dtype=np.int64)
    faults += _repeats(table, node, zero, product, period, valid, "node, product and period")
    rows = np.flatnonzero(valid)
    key = node[rows] * len(products) + product[rows]
    places, first, number = np.unique(key, return_index=True, return_inverse=True)
    found, spread = np.zeros((len(places), periods)), np.zeros((len(places), periods))
    found[number, period[rows] - 1] = np.nan_to_num(amount[rows])
    spread[number, period[rows] - 1] = np.nan_to_num(sd[rows])
    where = tuple(table.place(row) for row in rows[first])
    return Series(places // len(products), places % len(products), found, spread, where)


def given(
    table: Table,
    column: str,
    default: float,
    expected: str,
    faults: list[Fault],
    low: float = 0.0,
    high: float = np.inf,
    whole: bool = False,
) -> FloatArray:
    """A column that may be absent, with cells that may be empty: the default there, and where a fault was added."""
    if column not in table.columns:
        return np.full(table.rows, default)
    skip = empty(table.columns[column])
    found = numbers(table, column, faults, expected, low=low, high=high, whole=whole, skip=skip)
    return np.where(skip | np.isnan(found), default, found)


def _node(table: Table, column: str, nodes: Nodes | None, faults: list[Fault]) -> IntArray:
    known = None if nodes is None else nodes.node_id
    return positions(table, column, known, "nodes" if nodes is None else nodes.home, faults)


def _product(table: Table, products: tuple[str, ...], faults: list[Fault], needed: bool = False) -> IntArray:
    """Position of the product of each row; ALL where the cell is empty, −2 where a fault was added."""
    if "product_id" not in table.columns:
        if needed and len(products) > 1 and table.rows:
            remedy = "Add it: there are several products."
            faults.append(Fault(table.name, "no column product_id", "the product of each line", remedy))
            return np.full(table.rows, -2)
        return np.full(table.rows, 0 if needed else ALL)
    cells = table.columns["product_id"]
    if not is_text(cells):
        _, _ = names(table, "product_id", faults)
        return np.full(table.rows, -2)
    number = {name: k for k, name in enumerate(products)}
    found = np.array([number.get(table.text(row, "product_id"), -2) for row in range(table.rows)], dtype=np.int64)
    skip = empty(cells)
    found[skip] = (0 if len(products) == 1 else -2) if needed else ALL
    expected = f"one of the products {', '.join(products[:20])}"
    faults += table.faults("product_id", found == -2, expected, "Correct it, or name it in products of balance.toml.")
    return found


def _ends(
    table: Table, nodes: Nodes | None, products: tuple[str, ...], faults: list[Fault]
) -> tuple[IntArray, IntArray, IntArray, BoolArray]:
    start, end = (_node(table, column, nodes, faults) for column in ("from", "to"))
    product = _product(table, products, faults)
    return start, end, product, (start >= 0) & (end >= 0) & (product >= ALL)


def _periods(table: Table, periods: int | None, faults: list[Fault]) -> tuple[IntArray, BoolArray]:
    """The period of each row, and whether it is one of those planned."""
    found = numbers(table, "period", faults, "an integer, the number of the period", whole=True)
    known = np.isfinite(found)
    if periods is not None:
        with np.errstate(invalid="ignore"):
            outside = known & ~((found >= 1) & (found <= periods))
        faults += table.faults("period", outside, f"a period from 1 to {periods}", "Leave it out, or change periods.")
        known &= ~outside
    return np.where(known, found, 0).astype(np.int64), known


def _repeats(
    table: Table, one: IntArray, two: IntArray, three: IntArray, four: IntArray, valid: BoolArray, what: str
) -> list[Fault]:
    keys = np.stack([one, two, three, four], axis=1)
    _, key = np.unique(keys, axis=0, return_inverse=True) if len(keys) else (None, np.zeros(0, dtype=np.int64))
    column = next(iter(table.columns))
    return repeat_faults(
        table, np.asarray(key).ravel(), valid, lambda _: f"the same {what}", column, "Add up the two lines."
    )  # fmt: skip
