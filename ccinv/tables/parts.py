"""All tables of a store together: what a store is made of, or every fault of all tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from ccinv.demand import FactorCopula, Law, Margin, fit
from ccinv.errors import DataError, Fault
from ccinv.lead_time import LeadTime
from ccinv.tables.distribution import DISTRIBUTION, read_distribution
from ccinv.tables.factors import FACTORS, read_factors
from ccinv.tables.forecast import FORECAST, read_forecast
from ccinv.tables.history import HISTORY, History, read_history
from ccinv.tables.items import ITEMS, Items, read_items
from ccinv.tables.lead_times import LEAD_TIMES, RECEIPTS, read_lead_times, read_receipts
from ccinv.tables.open_orders import OPEN_ORDERS, Underway, read_open_orders
from ccinv.tables.table import Schema, Table
from ccinv.tables.terms import MOST_PERIODS, Terms

DEMAND = (FORECAST, HISTORY, DISTRIBUTION)
LEAD_TIME = (LEAD_TIMES, RECEIPTS)
SCHEMAS: tuple[Schema, ...] = (ITEMS, *DEMAND, *LEAD_TIME, OPEN_ORDERS, FACTORS)


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """The tables that were found, by the name of their schema; None for one whose header made it unreadable."""

    found: dict[str, Table | None] = field(default_factory=dict)

    def get(self, schema: Schema) -> Table | None:
        return self.found.get(schema.name)

    def present(self, schemas: tuple[Schema, ...]) -> list[Schema]:
        return [schema for schema in schemas if schema.name in self.found]


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """What tables say of a store: its items, laws, open orders, and the names of its periods."""

    items: Items
    demand: Law
    lead_time: LeadTime
    open_orders: Underway | None
    calendar: tuple[str, ...]
    history: History | None

    @property
    def item_id(self) -> tuple[str, ...]:
        return tuple(self.items.item_id.to_list())


def parts_of(tables: Tables, terms: Terms, faults: list[Fault]) -> Parts | None:
    """The parts of a store, or None; whatever is wrong with any of the tables is added to `faults`."""
    before = len(faults)
    sheet = tables.get(ITEMS)
    items = None if sheet is None else read_items(sheet, faults)
    if items is not None and len(items) == 0:
        items = None  # a fault of its own; nothing can be said about the items of other tables
    demand, history = _demand(tables, items, terms, faults)
    lead_time = _lead_time(tables, items, terms, faults)
    open_orders = None
    if (sheet := tables.get(OPEN_ORDERS)) is not None:
        open_orders = read_open_orders(sheet, items, lead_time, faults)
    loading = None
    if (sheet := tables.get(FACTORS)) is not None:
        loading = read_factors(sheet, items, faults)
    if len(faults) > before or items is None or demand is None or lead_time is None:
        return None
    if loading is not None:
        demand = FactorCopula(cast(Margin, demand), loading)
    periods = demand.mean.shape[1]
    calendar = history.upcoming(periods) if history is not None else tuple(str(t + 1) for t in range(periods))
    return Parts(items, demand, lead_time, open_orders, calendar, history)


def _demand(
    tables: Tables, items: Items | None, terms: Terms, faults: list[Fault]
) -> tuple[Law | None, History | None]:
    present = tables.present(DEMAND)
    if len(present) != 1:
        return None, None  # who gathered the tables has said so
    table = tables.get(present[0])
    if table is None:
        return None, None
    if present[0] is FORECAST:
        return read_forecast(table, items, terms, faults), None
    if present[0] is DISTRIBUTION:
        return read_distribution(table, items, terms, faults), None
    history = read_history(table, items, terms, faults)
    if history is None or terms.periods is None or not 1 <= terms.periods <= MOST_PERIODS:
        return None, history
    try:
        return fit(history.quantity, terms.periods), history
    except DataError as error:
        faults += [Fault(f"{table.name}, {f.where}", f.found, f.expected, f.remedy) for f in error.faults]
        return None, history


def _lead_time(tables: Tables, items: Items | None, terms: Terms, faults: list[Fault]) -> LeadTime | None:
    present = tables.present(LEAD_TIME)
    if not present and DISTRIBUTION.name in tables.found and items is not None and len(items):
        # one period, whose stock is there when it begins: nothing is ever waited for
        return LeadTime([[1.0]])
    if len(present) != 1:
        return None
    table = tables.get(present[0])
    if table is None:
        return None
    if present[0] is LEAD_TIMES:
        return read_lead_times(table, items, faults)
    return read_receipts(table, items, terms, faults)
