"""A lot-sizing folder read whole: lots.toml and its tables become the question, or every fault of all files at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ccinv.errors import DataError, Fault
from ccinv.lots import Lots, Static, StaticDynamic, Strategy
from ccinv.reading.keys import Keys
from ccinv.reading.sheets import missing, table_of
from ccinv.reading.toml_file import read_keys
from ccinv.tables.forecast import FORECAST, read_forecast
from ccinv.tables.lot_items import LOT_ITEMS, SAFETY, read_lot_items, read_safety
from ccinv.tables.terms import MOST_PERIODS, Terms

NAME = "lots.toml"
NEEDS = "Give a folder with lots.toml, items.csv and demand_forecast.csv (`ccinv example lot-sizing DIR` writes one)."
STRATEGIES: dict[str, Strategy] = {"static": Static(), "static-dynamic": StaticDynamic()}
INVERSIONS = ("normal", "cantelli", "unimodal", "student")
MOST_PATHS = 100_000_000


@dataclass(frozen=True, slots=True, eq=False)
class LotFolder:
    """Everything a lot-sizing folder says.

    `inversion`, `nu`: by name, and its degrees of freedom; `gap`, `seconds`: of the solver; `paths`, `seed`: of the
    audit; `ignored`: for each file the columns that mean nothing to ccinv.
    """

    known: Lots
    strategy: Strategy
    inversion: str
    nu: float | None
    gap: float
    seconds: float
    paths: int
    seed: int
    ignored: dict[str, tuple[str, ...]]


def read_lots(folder: str | Path) -> LotFolder:
    """The question in a lot-sizing folder; a DataError lists every fault of all its files."""
    place = Path(folder)
    faults: list[Fault] = []
    keys = read_keys(place, NAME, "a lot-sizing folder", NEEDS, faults)
    if not place.is_dir():
        raise DataError(faults)
    said = _Document.of(keys) if keys is not None else None
    periods = None if said is None else said.periods
    tables = {schema.name: table_of(place, schema, faults) for schema in (LOT_ITEMS, FORECAST, SAFETY)}
    rows, demand, safety = tables[LOT_ITEMS.name], tables[FORECAST.name], tables[SAFETY.name]
    faults += missing(place, LOT_ITEMS) + missing(place, FORECAST)
    own = None if rows is None else read_lot_items(rows, faults)
    items = None if own is None else own.items
    unclear = frozenset({"periods"}) if periods is None else frozenset[str]()
    terms = Terms(periods=periods, keys={"periods": f"periods in {NAME}"}, unclear=unclear)
    law = None if demand is None else read_forecast(demand, items, terms, faults)
    kept = None if safety is None else read_safety(safety, items, periods, faults)
    if faults or said is None or own is None or law is None:
        raise DataError(faults or Fault(str(place), "no question", "items and their demand", NEEDS))
    amounts = own.amounts
    common = np.broadcast_to(amounts["safety_stock"][:, None], law.mean.shape)
    service = np.where(
        np.isnan(amounts["service"]), np.nan if said.service is None else said.service, amounts["service"]
    )
    lacking = np.isnan(service)
    if lacking.any() and not lacking.all():
        remedy = f"Add [service] alpha to {NAME}, or the missing ones to {rows.name if rows else 'items.csv'}."
        raise DataError(Fault("service", f"one for {(~lacking).sum()} of {len(service)} items", "one for each", remedy))
    known = Lots(
        demand=law,
        setup_cost=amounts["setup_cost"],
        holding_cost=amounts["holding_cost"],
        unit_cost=amounts["unit_cost"],
        on_hand=amounts["on_hand"],
        capacity=np.inf if said.capacity is None else said.capacity,
        setup_time=amounts["setup_time"],
        unit_time=amounts["unit_time"],
        min_lot=amounts["min_lot"],
        safety_stock=common if kept is None else np.where(np.isnan(kept), common, kept),
        service=None if lacking.all() else service,
        item_id=tuple(own.items.item_id.to_list()),
        name=said.name,
    )
    ignored = {table.name: table.ignored for table in tables.values() if table is not None and table.ignored}
    return LotFolder(known, said.strategy, said.inversion, said.nu, *said.effort, *said.audit, ignored)


@dataclass(frozen=True, slots=True)
class _Document:
    """What lots.toml says."""

    name: str
    periods: int | None
    capacity: Any
    service: float | None
    strategy: Strategy
    inversion: str
    nu: float | None
    effort: tuple[float, float]
    audit: tuple[int, int]

    @classmethod
    def of(cls, keys: Keys) -> _Document:
        keys.integer("schema", 1, 1, 1)
        periods = keys.integer("periods", None, 1, MOST_PERIODS, needed="the number of periods to plan")
        inversion, solver, audit = keys.section("inversion"), keys.section("solver"), keys.section("audit")
        level = "a probability from 0.5 to 1 - 1e-9"
        found = cls(
            keys.text_of("name", "lots", 200),
            periods,
            _capacity(keys, periods),
            keys.section("service").number("alpha", None, level, lambda value: 0.5 <= value <= 1 - 1e-9),
            STRATEGIES[keys.section("orders").choice("strategy", "static", tuple(STRATEGIES))],
            inversion.choice("name", "normal", INVERSIONS),
            inversion.number("nu", None, "a number above 2", lambda value: value > 2),
            (
                solver.number("gap", 1e-4, "a number between 0 and 1", lambda value: 0 < value < 1) or 1e-4,
                solver.number("seconds", 60.0, "a number above 0", lambda value: 0 < value <= 1e6) or 60.0,
            ),
            (audit.integer("paths", 20_000, 1, MOST_PATHS), audit.integer("seed", 1, 0, 2**63 - 1)),
        )
        if found.nu is not None and found.inversion != "student":
            remedy = 'Take it out, or set name = "student".'
            keys.faults.append(inversion.fault("nu", "no nu, except with the student inversion", remedy))
        keys.refuse_strangers()
        return found


def _capacity(keys: Keys, periods: int | None) -> Any:
    """One limit or one per period, None without [capacity]."""
    if "capacity" not in keys.tree:
        return None
    section = keys.section("capacity")
    value = section.take("limit")
    amounts = value if isinstance(value, list) else [value]
    expected = "an amount >= 0" if periods is None else f"an amount >= 0, or a list of {periods} of them"
    good = bool(amounts) and all(
        isinstance(a, int | float) and not isinstance(a, bool) and 0 <= a <= 1e15 for a in amounts
    )
    if not good:
        keys.faults.append(section.fault("limit", expected, "Leave [capacity] out if there is no limit."))
    elif isinstance(value, list) and periods is not None and len(value) != periods:
        found = f"a list of {len(value)}"
        keys.faults.append(section.fault("limit", expected, "Give one limit, or one per period.", found=found))
    else:
        return np.array(value, dtype=np.float64)
    return None
