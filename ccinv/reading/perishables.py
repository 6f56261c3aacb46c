"""A folder of perishables: a document and tables become a store of them, or every fault of all files at once."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ccinv.arrays import BoolArray, FloatArray
from ccinv.demand import Law
from ccinv.errors import DataError, Fault
from ccinv.perishable import MEASURES, Day, Event, Measure, PerishableStore
from ccinv.perishable.store import MOST_DAYS
from ccinv.reading.keys import Keys
from ccinv.reading.order_days import calendar_of, listed, order_days_of
from ccinv.reading.sheets import table_of
from ccinv.reading.toml_file import read_keys
from ccinv.store import Service, probability_fault
from ccinv.tables.forecast import FORECAST, read_forecast
from ccinv.tables.perishable import (
    ARRIVALS,
    GOODS,
    LIMITS,
    OPENING,
    ORDER_DAYS,
    WANTED,
    Goods,
    Span,
    read_by_day,
    read_goods,
    read_limits,
    read_opening,
    read_order_days,
)
from ccinv.tables.table import Table
from ccinv.tables.terms import Terms, label_of

NAME = "perishables.toml"
MOST_PATHS = 10_000_000
USUAL = ("lost", "end-stock")


@dataclass(frozen=True, slots=True, eq=False)
class PerishablesFolder:
    """What a folder says: the store, what is asked of it, how long and how near to search, and how to audit."""

    store: PerishableStore
    objective: tuple[Measure, ...]
    gap: float
    seconds: float
    audit_paths: int
    audit_seed: int
    ignored: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class _Document:
    """perishables.toml, typed; `days_of`: the order days of all items, (N,), None where it names none."""

    name: str
    span: Span
    day: Day
    backordered: bool
    order_days: BoolArray | None
    closed: BoolArray
    lag: int
    whole: bool
    least: float
    most: float
    objective: tuple[str, ...]
    gap: float
    seconds: float
    service: Service | None
    audit_paths: int
    audit_seed: int


def read_perishables(folder: str | Path) -> PerishablesFolder:
    """The folder; a DataError lists every fault of all its files."""
    place = Path(folder)
    faults: list[Fault] = []
    remedy = f"Give {NAME}, items.csv and demand.csv (`ccinv example perishables DIR` writes them)."
    keys = read_keys(place, NAME, "a folder of perishables", remedy, faults)
    if keys is None:
        raise DataError(faults)
    said = _document(keys)
    tables = {schema.name: table_of(place, schema, faults) for schema in (GOODS, WANTED, FORECAST, OPENING, ARRIVALS,
                                                                         ORDER_DAYS, LIMITS)}  # fmt: skip
    if said is None:
        raise DataError(faults)
    span, sheet = said.span, tables["items"]
    goods = None if sheet is None else read_goods(sheet, span, said.lag, faults)
    if sheet is None and not (place / "items.csv").exists() and not (place / "items.parquet").exists():
        faults.append(Fault(str(place), "no items.csv", "one", "Add it: item_id,shelf_life and what else is known."))
    if goods is not None and len(goods.items) == 0:
        goods = None
    demand = _demand(place, tables, goods, said, faults)
    opening = arrivals = own = limits = None
    if (table := tables["opening_stock"]) is not None:
        opening = read_opening(table, goods, said.day.perishes_first, faults)
    if (table := tables["arrivals"]) is not None:
        arrivals = read_by_day(table, goods, span, faults)
    if (table := tables["order_days"]) is not None:
        own = read_order_days(table, goods, span, faults)
    if (table := tables["limits"]) is not None:
        limits = read_limits(table, span, faults)
    order_days = (
        None
        if goods is None
        else order_days_of(
            goods, own, tables["order_days"], said.order_days, said.closed, f"{place / NAME}, [orders]", faults
        )
    )
    if faults or goods is None or demand is None or order_days is None:
        raise DataError(faults or Fault(str(place), "no items", "items, demand and order days", "Add what is missing."))
    least, most = np.full(span.days, said.least), np.full(span.days, said.most)
    if limits is not None:
        least, most = (np.where(np.isnan(a), b, a) for a, b in zip(limits, (least, most), strict=True))
        # what the document says for all is meant for order days; a table that names a closed day means it
        closed = ~order_days.any(axis=0)
        least[closed], most[closed] = limits[0][closed], limits[1][closed]
    store = PerishableStore(
        demand=demand, shelf_life=goods.shelf_life, order_days=order_days, lag=goods.lag, pack=goods.pack,
        whole=said.whole, least=least, most=most, opening=0 if opening is None else opening,
        arrivals=0 if arrivals is None else arrivals, day=said.day, backordered=said.backordered, **goods.money,
        service=said.service, item_id=tuple(goods.items.item_id.to_list()), calendar=span.calendar, name=said.name,
    )  # fmt: skip
    ignored = {table.name: table.ignored for table in tables.values() if table is not None and table.ignored}
    objective = tuple(MEASURES[name] for name in said.objective)
    return PerishablesFolder(store, objective, said.gap, said.seconds, said.audit_paths, said.audit_seed, ignored)


def _document(keys: Keys) -> _Document | None:
    faults = keys.faults
    keys.integer("schema", 1, 1, 1)
    name = keys.text_of("name", "perishables", 200)
    days = keys.integer("days", None, 1, MOST_DAYS, needed="the number of days to plan")
    first = _date(keys, "first")
    events = _events(keys)
    unmet = keys.choice("unmet", "lost", ("lost", "backordered"))
    orders, limits, solver, audit = (keys.section(part) for part in ("orders", "limits", "solver", "audit"))
    span = None if days is None else Span(days, first)
    order_days, closed = calendar_of(orders, span)
    lag = orders.integer("lag", 0, 0, MOST_DAYS)
    whole = orders.flag("whole", True)
    least = limits.number("least", np.nan, "a total >= 0, in units", lambda value: value >= 0)
    most = limits.number("most", np.nan, "a total >= 0, in units", lambda value: value >= 0)
    objective = _objective(keys.section("objective"))
    gap = solver.number("gap", 1e-3, "a relative gap from 0 to below 1", lambda value: 0 <= value < 1)
    seconds = solver.number("seconds", 60.0, "a time > 0", lambda value: value > 0)
    service = _service(keys) if "service" in keys.tree else None
    paths = audit.integer("paths", 20_000, 1_000, MOST_PATHS)
    seed = audit.integer("seed", 1, 0, 2**63 - 1)
    keys.refuse_strangers()
    if span is None:
        return None
    numbers: list[Any] = [np.nan if least is None else least, np.nan if most is None else most]
    if numbers[0] > numbers[1]:
        remedy = "Lower one or raise the other."
        faults.append(limits.fault("least", f"at most {numbers[1]:g}, the most", remedy, f"{numbers[0]:g}"))
    return _Document(
        name, span, events, unmet == "backordered", order_days, closed, lag, whole, numbers[0], numbers[1], objective,
        gap or 0.0, seconds or 60.0, service, paths, seed,
    )  # fmt: skip


def _date(keys: Keys, key: str) -> datetime.date | None:
    value = keys.take(key)
    found = None if value is None else label_of(value)
    if value is None or (isinstance(found, datetime.date) and not isinstance(value, int)):
        return found if isinstance(found, datetime.date) else None
    keys.faults.append(keys.fault(key, "an ISO date", 'Write it as "2022-08-30".'))
    return None


def _events(keys: Keys) -> Day:
    value = keys.take("day")
    if value is None:
        return Day()
    if isinstance(value, list) and sorted(map(str, value)) == sorted(Event):
        return Day(tuple(Event(str(event)) for event in value))
    remedy = 'Give their order, as day = ["perish", "sell", "receive"].'
    keys.faults.append(keys.fault("day", "perish, receive and sell, each once", remedy, listed(value)))
    return Day()


def _objective(keys: Keys) -> tuple[str, ...]:
    value = keys.take("name")
    if value is None:
        return USUAL
    given = value if isinstance(value, list) else [value]
    if given and all(isinstance(name, str) and name in MEASURES for name in given):
        return tuple(dict.fromkeys(given))
    expected = f"one or more of {', '.join(MEASURES)}"
    keys.faults.append(keys.fault("name", expected, 'Give them in their order: ["lost", "end-stock"].', listed(value)))
    return USUAL


def _service(keys: Keys) -> Service | None:
    section = keys.section("service")
    alpha = section.number("alpha", 0.95, "a probability from 0.5 to 1 - 1e-9")
    unattainable = section.choice("unattainable", "refuse", ("refuse", "best"))
    if alpha is None:
        return None
    fault = probability_fault(section.place("alpha"), alpha)
    if fault is not None:
        keys.faults.append(fault)
        return None
    return Service(alpha, unattainable)


def _demand(
    place: Path, tables: dict[str, Table | None], goods: Goods | None, said: _Document, faults: list[Fault]
) -> FloatArray | Law | None:
    """Demand as units, or as a law."""
    certain, random = tables["demand"], tables["demand_forecast"]
    there = [
        f"{name}{ending}" for name in ("demand", "demand_forecast") for ending in (".csv", ".parquet")
        if (place / f"{name}{ending}").exists()
    ]  # fmt: skip
    if len(there) != 1:
        found = " and ".join(there) or "no demand.csv and no demand_forecast.csv"
        remedy = "Give item_id,day,quantity in demand.csv, or item_id,period,mean,sd in demand_forecast.csv."
        faults.append(Fault(str(place), found, "one of demand.csv or demand_forecast.csv", remedy))
        return None
    if said.service is not None and random is None and certain is not None:
        remedy = "Give demand_forecast.csv (item_id,period,mean,sd), or leave [service] out."
        faults.append(Fault(f"{NAME}, [service]", "demand that is certain", "a law of demand", remedy))
    if certain is not None:
        return read_by_day(certain, goods, said.span, faults, every=True)
    if random is None:
        return None
    terms = Terms(periods=said.span.days, keys={"periods": f"days in {NAME}"})
    return read_forecast(random, None if goods is None else goods.items, terms, faults)
