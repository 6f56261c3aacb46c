"""The document store.toml: every setting of a store folder, typed, with defaults; an unknown key is refused."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ccinv.errors import DataError, Fault
from ccinv.reading.keys import Keys
from ccinv.reading.toml_file import read_keys
from ccinv.store import MOST_PERIODS, Budget, Orders, Service, probability_fault
from ccinv.tables.period import Period, period_of
from ccinv.tables.terms import Label, Terms, label_of

NAME = "store.toml"
NEEDS = "Give a folder with store.toml, items.csv, a demand and a lead-time table (`ccinv example` writes one)."
MOST_PATHS = 100_000_000
RULES = ("cumulative", "thesis", "static", "affine")
OBJECTIVES = ("max-min", "expected-stock", "backorders", "sum-of-service", "min-budget", "expected-cost")
INVERSIONS = ("normal", "cantelli", "unimodal", "student", "calibrated")


@dataclass(frozen=True, slots=True)
class Document:
    """Everything that store.toml says, with the defaults of what it does not say.

    `first`, `last`, `missing` are those of [demand]; `nu` and `inversion_confidence` belong to [inversion] and are None
    where the document leaves them to the inversion; `order_cost` and `holding_rate` belong to [policies]. `holding`,
    `shortage` and `unit` are what the objective "expected-cost" takes, `then` what "min-budget" does.
    """

    periods: int
    name: str = "store"
    period: Period | None = None
    first: Label | None = None
    last: Label | None = None
    missing: str | None = None
    observed_until: datetime.date | None = None
    service: Service = field(default_factory=Service)
    budget: Budget | None = None
    orders: Orders = field(default_factory=Orders)
    rule: str = "cumulative"
    objective: str = "max-min"
    holding: float | None = None
    shortage: float | None = None
    unit: float = 0.0
    then: str = "serve"
    inversion: str = "calibrated"
    nu: float | None = None
    inversion_confidence: float | None = None
    audit_paths: int = 20_000
    audit_seed: int = 1
    order_cost: float | None = None
    holding_rate: float | None = None


# how a message names the settings that tables depend on
WHERE = {
    "periods": f"periods in {NAME}",
    "period": f"period in {NAME}",
    "first": f"[demand] first in {NAME}",
    "last": f"[demand] last in {NAME}",
    "missing": f"[demand] missing in {NAME}",
    "observed_until": f"[lead_time] observed_until in {NAME}",
}
UNREAD = Terms(keys=WHERE, unclear=frozenset(WHERE))


def read_document(folder: str | Path) -> Document:
    """The document of a store folder; a DataError lists everything wrong with it."""
    faults: list[Fault] = []
    document, _ = document_in(Path(folder), faults)
    if faults or document is None:
        raise DataError(faults)
    return document


def document_in(folder: Path, faults: list[Fault]) -> tuple[Document | None, Terms]:
    """The document and what the tables depend on, as far as it can be read; its faults are added to `faults`.

    Without a number of periods there is no document.
    """
    keys = read_keys(folder, NAME, "a store folder", NEEDS, faults)
    return (None, UNREAD) if keys is None else _document(keys)


def _document(keys: Keys) -> tuple[Document | None, Terms]:
    faults = keys.faults
    schema = keys.integer("schema", 1, 1, 1)
    del schema  # there is one so far
    name = keys.text_of("name", "store", 200)
    periods = keys.integer("periods", None, 1, MOST_PERIODS, needed="the number of periods to plan")
    period = _period(keys)
    demand, lead = keys.section("demand"), keys.section("lead_time")
    first, last = _label(demand, "first"), _label(demand, "last")
    missing = demand.choice("missing", None, ("zero", "unknown"))
    until = _label(lead, "observed_until")
    if until is not None and not isinstance(until, datetime.date):
        faults.append(lead.fault("observed_until", "an ISO date", "Write it as 2013-06-30."))
        until = None
    service = _service(keys.section("service"))
    budget = _budget(keys.section("budget"), periods) if "budget" in keys.tree else None
    orders_keys = keys.section("orders")
    orders = _orders(orders_keys)
    rule = orders_keys.choice("rule", "cumulative", RULES)
    aim = keys.section("objective")
    objective = aim.choice("name", "max-min", OBJECTIVES)
    inversion = keys.section("inversion")
    audit, policies = keys.section("audit"), keys.section("policies")
    found = {
        **{name: aim.number(name, None, "a number >= 0", lambda value: value >= 0) for name in ("holding", "shortage")},
        "unit": aim.number("unit", 0.0, "a number >= 0", lambda value: value >= 0),
        "then": aim.choice("then", "serve", ("serve", "save")),
        "inversion": inversion.choice("name", "calibrated", INVERSIONS),
        "nu": inversion.number("nu", None, "a number above 2", lambda value: value > 2),
        "inversion_confidence": _level(inversion, "confidence", None),
        "audit_paths": audit.integer("paths", 20_000, 1, MOST_PATHS),
        "audit_seed": audit.integer("seed", 1, 0, 2**63 - 1),
        "order_cost": policies.number("order_cost", None, "a number >= 0", lambda value: value >= 0),
        "holding_rate": policies.number("holding_rate", None, "a number >= 0", lambda value: value >= 0),
    }
    keys.refuse_strangers()
    stated = {
        "periods": (keys, periods), "period": (keys, period), "first": (demand, first), "last": (demand, last),
        "missing": (demand, missing),
    }  # fmt: skip
    unclear = frozenset(key for key, (table, value) in stated.items() if key in table.tree and value is None)
    terms = Terms(periods, period, first, last, missing, until, WHERE, unclear)
    if periods is None:
        return None, terms
    document = Document(
        periods, name, period, first, last, missing, until, service, budget, orders, rule, objective, **found
    )
    return document, terms


def _period(keys: Keys) -> Period | None:
    value = keys.take("period")
    found = None if value is None else period_of(value)
    if value is not None and found is None:
        expected = '"month", "week", "day" or a number of days'
        keys.faults.append(keys.fault("period", expected, "Choose one of them."))
    return found


def _label(keys: Keys, key: str) -> Label | None:
    value = keys.take(key)
    found = None if value is None else label_of(value)
    if value is not None and found is None:
        expected = "an integer, an ISO month or an ISO date"
        keys.faults.append(keys.fault(key, expected, 'Write it as 12, "1998-01" or "1998-01-31".'))
    return found


def _level(keys: Keys, key: str, default: Any) -> Any:
    """A confidence: a number that a chance constraint can take."""
    value = keys.number(key, None, "a probability from 0.5 to 1 - 1e-9")
    if value is None:
        return default
    fault = probability_fault(keys.place(key), value)
    if fault is not None:
        keys.faults.append(fault)
        return default
    return value


def _service(keys: Keys) -> Service:
    alpha = _level(keys, "alpha", 0.95)
    unattainable = keys.choice("unattainable", "refuse", ("refuse", "best"))
    return Service(alpha, unattainable)


def _budget(keys: Keys, periods: int | None) -> Budget | None:
    confidence = _level(keys, "confidence", 0.95)
    value = keys.take("limit")
    expected = "an amount >= 0" if periods is None else f"an amount >= 0, or a list of {periods} of them"
    amounts = value if isinstance(value, list) else [value]
    plain = all(isinstance(a, int | float) and not isinstance(a, bool) for a in amounts)
    good = plain and bool(amounts) and all(0 <= a <= 1e300 for a in amounts)
    if good and isinstance(value, list) and periods is not None and len(value) != periods:
        remedy = "Give one limit, or one per period."
        keys.faults.append(keys.fault("limit", expected, remedy, found=f"a list of {len(value)}"))
    elif not good:
        keys.faults.append(keys.fault("limit", expected, "Leave [budget] out if there is no limit."))
    else:
        return Budget(np.array(amounts, dtype=np.float64), confidence)
    return None


def _orders(keys: Keys) -> Orders:
    return Orders(
        keys.choice("nonnegative", "mean", ("none", "mean", "chance", "monotone")),
        _level(keys, "confidence", 0.90),
        keys.integer("lag", 0, 0, MOST_PERIODS) or 0,
        keys.flag("whole", False),
    )
