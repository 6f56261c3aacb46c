"""A folder of materials read whole: stock.toml and past deliveries become the question, or every fault at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.deliveries import Deliveries, Fit, FitMethod
from ccinv.deliveries.fit import fit_deliveries
from ccinv.errors import DataError, Fault
from ccinv.materials import Materials
from ccinv.reading.sheets import table_of
from ccinv.reading.stock_document import (
    GIVEN,
    Material,
    limits_of,
    material_of,
    methods_of,
    period_of,
    reliability_of,
    tables_of,
)
from ccinv.reading.toml_file import read_keys
from ccinv.tables.deliveries import DELIVERIES, Past, read_deliveries
from ccinv.tables.table import Table

NAME = "stock.toml"
NEEDS = "Give a folder with stock.toml and deliveries.csv (`ccinv example two-materials DIR` writes one)."
MOST_PATHS = 100_000_000


@dataclass(frozen=True, slots=True, eq=False)
class StockFolder:
    """What a folder says. `paths`, `seed`: of the audit; `ignored`: columns that mean nothing, by file."""

    known: Materials
    paths: int
    seed: int
    ignored: dict[str, tuple[str, ...]]


def read_stock(folder: str | Path, reliability: float | None = None) -> StockFolder:
    """The question in a folder, with `reliability` in place of its own if given; a DataError lists every fault."""
    place = Path(folder)
    faults: list[Fault] = []
    keys = read_keys(place, NAME, "a folder of materials", NEEDS, faults)
    if keys is None:
        raise DataError(faults)
    name, period = keys.text_of("name", "stock", 200), period_of(keys)
    keys.integer("schema", 1, 1, 1)
    asked = reliability_of(keys, reliability)
    methods = methods_of(keys.section("fit"))
    audit = keys.section("audit")
    paths, seed = audit.integer("paths", 100_000, 1_000, MOST_PATHS), audit.integer("seed", 1, 0, 2**63 - 1)
    said = [material_of(one) for one in tables_of(keys)]
    if not said and not faults:
        remedy = "Add [material.NAME] with its price, for each material of deliveries.csv."
        faults.append(Fault(NAME, "no material", "at least one", remedy))
    rows = limits_of(keys, [one.name for one in said])
    keys.refuse_strangers()
    table = table_of(place, DELIVERIES, faults)
    past = _past(table, said, period, faults)
    laws = _laws(place, said, past, methods, period, table, faults)
    limited = any(one.limit is not None or one.penalty is not None for one in said)
    if asked is None and not limited and "reliability" not in keys.tree:
        remedy = "State reliability, or shortage_limit or shortage_price of a material; without, no stock is cheapest."
        faults.append(Fault(NAME, "no reliability", "a probability, as 0.95", remedy))
    limit = _by_delivery(said, laws, "limit", np.inf, faults)
    penalty = _by_delivery(said, laws, "penalty", 0.0, faults)
    if faults:
        raise DataError(faults)
    known = Materials(
        name=name,
        period=90.0 if period is None else period,
        material=tuple(one.name for one in said),
        deliveries=tuple(law for law, _, _ in laws),
        fits=tuple(fit for _, fit, _ in laws),
        price=np.array([one.price for one in said]),
        demand=np.array([demand for _, _, demand in laws]),
        lower=np.array([one.lower for one in said]),
        upper=np.array([one.upper for one in said]),
        shortage_limit=limit,
        shortage_price=penalty,
        limits=rows,
        reliability=asked,
    )
    if rows is not None:
        # the price per unit, where a limit is one of money
        known = replace(known, limits=replace(rows, per_unit=np.where(np.isnan(rows.per_unit), known.price,
                                                                       rows.per_unit)))  # fmt: skip
    ignored = {table.name: table.ignored} if table is not None and table.ignored else {}
    return StockFolder(known, paths, seed, ignored)


def _past(
    table: Table | None, said: list[Material], period: float | None, faults: list[Fault]
) -> Mapping[int, Past | None]:
    """Days and amounts by the position of the material; None where there is a history with faults."""
    import polars as pl

    if table is None or not said:
        return {}
    names = pl.Series([one.name for one in said], dtype=pl.String)
    found: dict[int, Past | None] = dict(read_deliveries(table, names, NAME, period, faults))
    mentioned = set(table.columns["material"].cast(pl.String).to_list())
    for j, one in enumerate(said):
        if one.name in mentioned and j not in found:
            found[j] = None
    return found


_Law = tuple[Deliveries, Fit | None, float]


def _laws(
    folder: Path,
    said: list[Material],
    past: Mapping[int, Past | None],
    methods: tuple[FitMethod, FitMethod],
    period: float | None,
    table: Table | None,
    faults: list[Fault],
) -> list[_Law]:
    """Deliveries, their fit and the demand of each material; fewer where faults are in the way."""
    found: list[_Law] = []
    for j, one in enumerate(said):
        if one.given:
            if j in past:
                both = f"{', '.join(one.given)} and a history in {table.name if table else 'deliveries.csv'}"
                faults.append(Fault(one.place, both, "one of them", "Take one of them out."))
            law = _given(one, faults)
            if one.demand is None:
                remedy = "State demand, what a cycle asks for, in units."
                faults.append(Fault(one.place, "no demand", "one, as there is no history that tells it", remedy))
            elif law is not None:
                found.append((law, None, one.demand))
            continue
        if j not in past:
            if table is not None or not any(folder.glob(f"{DELIVERIES.name}.*")):
                remedy = f"Add its past cycles to deliveries.csv, or state {', '.join(GIVEN)}."
                faults.append(Fault(one.place, "no deliveries", "a history, or the parameters of its law", remedy))
            continue
        own = past[j]
        if own is None or period is None:
            continue
        try:
            fit = fit_deliveries(*own, period, method=methods[0], amount_method=methods[1])
        except DataError as error:
            faults += [Fault(f"{one.place}, fit, {f.where}", f.found, f.expected, f.remedy) for f in error.faults]
            continue
        if methods[0] == methods[1]:
            fit = replace(fit, method=methods[0].name)
        found.append((fit.deliveries, fit, float(fit.totals.mean()) if one.demand is None else one.demand))
    return found


def _given(one: Material, faults: list[Fault]) -> Deliveries | None:
    """The deliveries by stated parameters."""
    if "times" not in one.given:
        remedy = "State times: places in the sample, or times as shares of a cycle."
        faults.append(Fault(one.place, f"{', '.join(one.given)} without times", "times", remedy))
        return None
    try:
        return Deliveries(**one.given)
    except DataError as error:
        faults += [Fault(f"{one.place} {f.where}", f.found, f.expected, f.remedy) for f in error.faults]
    return None


def _by_delivery(said: list[Material], laws: list[_Law], which: str, default: float, faults: list[Fault]) -> FloatArray:
    """Shortage limits or prices, (m, n), `default` beyond a material's last delivery and where none are stated."""
    if len(laws) != len(said):
        return np.zeros((0, 0))
    found = np.full((len(said), max((law.number for law, _, _ in laws), default=0)), default)
    for j, (one, (law, _, _)) in enumerate(zip(said, laws, strict=True)):
        value: FloatArray | None = getattr(one, which)
        if value is None:
            continue
        if value.ndim and len(value) != law.number:
            key = "shortage_limit" if which == "limit" else "shortage_price"
            expected = f"one number, or {law.number}, one for each delivery"
            faults.append(Fault(f"{one.place} {key}", f"a list of {len(value)}", expected, "Give one for each."))
            continue
        found[j, : law.number] = value
    return found
