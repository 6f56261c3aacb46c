"""A store folder read whole: its document, its tables, and the store they make, or every fault of all files at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.errors import DataError, Fault
from ccinv.reading.document import Document, document_in
from ccinv.reading.sheets import paths_of, table_of
from ccinv.store import OpenOrders, Store
from ccinv.tables import SCHEMAS, Parts, Tables, parts_of
from ccinv.tables.distribution import DISTRIBUTION
from ccinv.tables.history import History
from ccinv.tables.items import ITEMS
from ccinv.tables.parts import DEMAND, LEAD_TIME
from ccinv.tables.table import Schema


@dataclass(frozen=True, slots=True, eq=False)
class Folder:
    """Everything a store folder says.

    `store`: as it is planned; `document`: store.toml; `history`: past sales, None with a forecast; `order_cost` ($ per
    order) and `holding_rate` (per period, of unit cost): (n,), of the items or else of [policies], NaN where neither
    says; `ignored`: for each file the columns that mean nothing to ccinv.
    """

    store: Store
    document: Document
    history: History | None
    order_cost: FloatArray
    holding_rate: FloatArray
    ignored: dict[str, tuple[str, ...]]


def read(folder: str | Path) -> Store:
    """The store in a folder; a DataError lists every fault of all its files."""
    return read_folder(folder).store


def read_folder(folder: str | Path) -> Folder:
    """The store in a folder with what else the folder says; a DataError lists every fault of all its files."""
    place = Path(folder)
    faults: list[Fault] = []
    document, terms = document_in(place, faults)
    if not place.is_dir():
        raise DataError(faults)
    tables = tables_in(place, faults)
    parts = parts_of(tables, terms, faults)
    if faults or document is None or parts is None:
        raise DataError(faults or Fault(str(place), "no store", "items, demand and lead times", "Add what is missing."))
    return Folder(
        _store(parts, document),
        document,
        parts.history,
        _own_or(parts.items.order_cost, document.order_cost, len(parts.items)),
        _own_or(parts.items.holding_rate, document.holding_rate, len(parts.items)),
        {table.name: table.ignored for table in tables.found.values() if table is not None and table.ignored},
    )


def tables_in(folder: Path, faults: list[Fault]) -> Tables:
    """The tables of a folder, each from the one file there is; too many or too few of a kind are faults."""
    found = {schema.name: paths for schema in SCHEMAS if (paths := paths_of(folder, schema))}
    tables = {schema.name: table_of(folder, schema, faults) for schema in SCHEMAS if schema.name in found}
    _check_one(folder, (ITEMS,), found, faults)
    _check_one(folder, DEMAND, found, faults)
    if not (DISTRIBUTION.name in found and not any(schema.name in found for schema in LEAD_TIME)):
        _check_one(folder, LEAD_TIME, found, faults)
    return Tables(tables)


def _check_one(folder: Path, schemas: tuple[Schema, ...], found: dict[str, list[Path]], faults: list[Fault]) -> None:
    """Exactly one of these tables is there."""
    names = [f"{schema.name}.csv" for schema in schemas]
    present = [path.name for schema in schemas for path in found.get(schema.name, [])[:1]]
    one = names[0] if len(names) == 1 else f"one of {' or '.join(names)}"
    if not present:
        faults.append(Fault(str(folder), f"no {' and no '.join(names)}", one, "Add it (.parquet is good as well)."))
    elif len(present) > 1:
        faults.append(Fault(str(folder), " and ".join(present), one, "Leave all but one out."))


def _own_or(own: FloatArray | None, common: float | None, items: int) -> FloatArray:
    """Each item's own amount, else the common one, else NaN."""
    general = np.full(items, np.nan if common is None else common)
    return general if own is None else np.where(np.isnan(own), general, own)


def _store(parts: Parts, document: Document) -> Store:
    items, underway = parts.items, parts.open_orders
    return Store(
        unit_cost=items.unit_cost,
        on_hand=items.on_hand,
        important=items.important,
        demand=parts.demand,
        lead_time=parts.lead_time,
        budget=document.budget,
        service=document.service,
        orders=document.orders,
        open_orders=None if underway is None else OpenOrders(underway.item, underway.placed, underway.quantity),
        weight=items.weight,
        item_id=parts.item_id,
        calendar=parts.calendar,
        name=document.name,
    )
