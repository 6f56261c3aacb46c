"""A network folder read whole: balance.toml and its tables become the question, or every fault of all files at once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ccinv.demand import Gamma, Law, Normal
from ccinv.errors import DataError, Fault
from ccinv.network import Aim, Expected, Linear, Network, Rule, Static, WorstCase
from ccinv.reading.keys import Keys
from ccinv.reading.sheets import missing, table_of
from ccinv.reading.toml_file import read_keys
from ccinv.tables.cells import ITEM_ID
from ccinv.tables.network import (
    ALL,
    ARC_PERIODS,
    ARCS,
    ARRIVALS,
    DEMAND,
    NODES,
    STOCK,
    Arcs,
    Nodes,
    Series,
    Stocks,
    read_arc_periods,
    read_arcs,
    read_nodes,
    read_series,
    read_stock,
)  # fmt: skip
from ccinv.tables.terms import MOST_PERIODS

NAME = "balance.toml"
NEEDS = (
    "Give a folder with balance.toml, nodes.csv, arcs.csv and demand.csv (`ccinv example facilities DIR` writes one)."
)
INVERSIONS = ("normal", "cantelli", "unimodal", "student", "box")
AIMS: dict[str, Aim] = {"expected": Expected(), "worst-case": WorstCase()}
RULES = ("linear", "static")
LAWS = {"normal": Normal, "gamma": Gamma}
MOST_PATHS = 100_000_000


@dataclass(frozen=True, slots=True, eq=False)
class BalanceFolder:
    """Everything a network folder says.

    `rule`; `inversion`: by name, None where none is named; `theta`: of a box, `nu`: of "student"; `aim`: None where
    none is named; `gap`, `seconds`: of the solver; `paths`, `seed`: of the audit; `ignored`: for each file the columns
    that mean nothing to ccinv.
    """

    known: Network
    rule: Rule
    inversion: str | None
    theta: float | None
    nu: float | None
    aim: Aim | None
    gap: float
    seconds: float
    paths: int
    seed: int
    ignored: dict[str, tuple[str, ...]]


def read_balance(folder: str | Path) -> BalanceFolder:
    """The question in a network folder; a DataError lists every fault of all its files."""
    place = Path(folder)
    faults: list[Fault] = []
    keys = read_keys(place, NAME, "a network folder", NEEDS, faults)
    if not place.is_dir():
        raise DataError(faults)
    said = _Document.of(keys) if keys is not None else None
    periods, products = (None, ("goods",)) if said is None else (said.periods, said.products)
    schemas = (NODES, ARCS, ARC_PERIODS, STOCK, DEMAND, ARRIVALS)
    tables = {schema.name: table_of(place, schema, faults) for schema in schemas}
    for schema in (NODES, ARCS, DEMAND):
        faults += missing(place, schema)
    sheet = tables[NODES.name]
    nodes = None if sheet is None else read_nodes(sheet, faults)
    arcs = None if (sheet := tables[ARCS.name]) is None else read_arcs(sheet, nodes, products, faults)
    special = None
    if (sheet := tables[ARC_PERIODS.name]) is not None:
        special = read_arc_periods(sheet, nodes, products, arcs, periods, faults)
    stock = None if (sheet := tables[STOCK.name]) is None else read_stock(sheet, nodes, products, faults)
    series = [
        None if (sheet := tables[schema.name]) is None else read_series(sheet, nodes, products, periods, faults)
        for schema in (DEMAND, ARRIVALS)
    ]
    known = None
    if said is not None and nodes is not None and arcs is not None and series[0] is not None:
        known = _network(said, nodes, arcs, special, stock, series[0], series[1], faults)
    if faults or said is None or known is None:
        raise DataError(faults or Fault(str(place), "no question", "nodes, arcs and demand", NEEDS))
    ignored = {table.name: table.ignored for table in tables.values() if table is not None and table.ignored}
    return BalanceFolder(
        known, said.rule, said.inversion, said.theta, said.nu, said.aim, *said.effort, *said.audit, ignored
    )


def _network(
    said: _Document, nodes: Nodes, arcs: Arcs, special: Any, stock: Stocks | None, demand: Series,
    arrivals: Series | None, faults: list[Fault],
) -> Network | None:  # fmt: skip
    """The network of what could be read; its own faults get the lines that they come from."""
    names = [name if isinstance(name, str) else f"line {k + 2}" for k, name in enumerate(nodes.node_id.to_list())]
    if len(set(names)) < len(names):
        return None
    shape = (len(arcs.start), demand.amount.shape[1])
    cost, capacity = (np.repeat(amounts[:, None], shape[1], axis=1) for amounts in (arcs.unit_cost, arcs.capacity))
    if special is not None:
        cost, capacity = (np.where(np.isnan(new), old, new) for new, old in zip(special, (cost, capacity), strict=True))
    kinds: Any = LAWS[said.law]
    law: Law = Normal(demand.amount, demand.sd)
    if said.law != "normal" and (demand.sd > 0).any():
        try:
            law = kinds(demand.amount, demand.sd)
        except DataError as error:
            faults += [Fault(f"demand, {f.where}", f.found, f.expected, f.remedy) for f in error.faults]
    try:
        return Network(
            node=names,
            kind=nodes.kind,
            arc=[
                (names[a], names[b]) if p == ALL else (names[a], names[b], said.products[p])
                for a, b, p in zip(arcs.start, arcs.end, arcs.product, strict=True)
            ],
            demand=law,
            demand_at=[(names[c], said.products[p]) for c, p in zip(demand.node, demand.product, strict=True)],
            product=said.products,
            unit_cost=cost,
            capacity=capacity,
            total=arcs.total,
            lag=arcs.lag,
            **({} if stock is None else stock.amounts),
            storage=nodes.storage,
            opening_cost=nodes.opening_cost,
            arrivals=() if arrivals is None else arrivals.amount,
            arrivals_at=()
            if arrivals is None
            else [(names[c], said.products[p]) for c, p in zip(arrivals.node, arrivals.product, strict=True)],
            pooled=said.pooled,
            service=said.service,
            name=said.name,
        )
    except DataError as error:
        faults += _placed(error.faults, names, said.products, nodes, arcs, stock, demand)
        return None


def _placed(
    found: tuple[Fault, ...], names: list[str], products: tuple[str, ...], nodes: Nodes, arcs: Arcs,
    stock: Stocks | None, demand: Series,
) -> list[Fault]:  # fmt: skip
    """Faults of the network as a whole, with the line of the file that they come from."""
    lines = {f"opening_cost of {name}": nodes.place[k] for k, name in enumerate(names)}
    lines |= {name: nodes.place[k] for k, name in enumerate(names)}
    lines |= {f"stock of {names[c]}": place for c, place in ({} if stock is None else stock.place).items()}
    for c, p, place in zip(demand.node, demand.product, demand.place, strict=True):
        lines[f"demand of {names[c]}, {products[p]}"] = f"{place}, {names[c]}, {products[p]}"
    faults = []
    for fault in found:
        if fault.found == "no path to it" and arcs.lost:
            continue  # an arc that could not be read may be that path
        where = lines.get(fault.where, fault.where)
        if numbered := re.fullmatch(r"arcs? ([0-9, ]+)", fault.where):
            where = "; ".join(arcs.place[int(k) - 1] for k in numbered[1].split(", "))
        faults.append(Fault(where, fault.found, fault.expected, fault.remedy))
    return faults


@dataclass(frozen=True, slots=True)
class _Document:
    """What balance.toml says."""

    name: str
    periods: int | None
    products: tuple[str, ...]
    pooled: bool
    law: str
    service: float
    rule: Rule
    inversion: str | None
    theta: float | None
    nu: float | None
    aim: Aim | None
    effort: tuple[float, float]
    audit: tuple[int, int]

    @classmethod
    def of(cls, keys: Keys) -> _Document:
        keys.integer("schema", 1, 1, 1)
        inversion, solver, audit, rule = (keys.section(name) for name in ("inversion", "solver", "audit", "rule"))
        level = "a probability from 0.5 to below 1"
        memory = rule.integer("memory", None, 1, MOST_PERIODS)
        linear = Linear(rule.integer("lag", 1, 0, MOST_PERIODS), memory, rule.flag("total", False))
        aim = keys.section("objective").choice("name", None, tuple(AIMS))
        found = cls(
            keys.text_of("name", "network", 200),
            keys.integer("periods", None, 1, MOST_PERIODS, needed="the number of periods to plan"),
            _products(keys),
            keys.section("stock").flag("pooled", False),
            keys.section("demand").choice("law", "normal", tuple(LAWS)),
            keys.section("service").number("alpha", 0.95, level, lambda value: 0.5 <= value < 1) or 0.95,
            Static() if rule.choice("name", "linear", RULES) == "static" else linear,
            inversion.choice("name", None, INVERSIONS),
            inversion.number("theta", None, "a share from 0 to 1", lambda value: 0 <= value <= 1),
            inversion.number("nu", None, "a number above 2", lambda value: value > 2),
            None if aim is None else AIMS[aim],
            (
                solver.number("gap", 1e-6, "a number between 0 and 1", lambda value: 0 < value < 1) or 1e-6,
                solver.number("seconds", 60.0, "a number above 0", lambda value: 0 < value <= 1e6) or 60.0,
            ),
            (audit.integer("paths", 20_000, 1, MOST_PATHS), audit.integer("seed", 1, 0, 2**63 - 1)),
        )
        for key, owner, value in (("nu", "student", found.nu), ("theta", "box", found.theta)):
            if value is not None and found.inversion != owner:
                remedy = f'Take it out, or set name = "{owner}".'
                keys.faults.append(inversion.fault(key, f"no {key}, except with {owner}", remedy))
        if found.inversion == "box" and found.theta is None and "theta" not in inversion.tree:
            keys.faults.append(inversion.fault("theta", "a share from 0 to 1", "State it: 0.2 is twenty per cent."))
        keys.refuse_strangers()
        return found


def _products(keys: Keys) -> tuple[str, ...]:
    """The products by name; one called goods where none are named."""
    value = keys.take("products")
    if value is None:
        return ("goods",)
    good = isinstance(value, list) and value and all(isinstance(n, str) and re.match(ITEM_ID, n) for n in value)
    if good and len(set(value)) == len(value):
        return tuple(value)
    expected = "a list of different names, up to 64 of A-Z a-z 0-9 . _ : -"
    keys.faults.append(keys.fault("products", expected, 'Write products = ["oil", "gas"].'))
    return ("goods",)
