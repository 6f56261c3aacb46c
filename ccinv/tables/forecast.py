"""Demand as a forecast: mean and deviation of every item in every period, with the law they belong to."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ccinv.arrays import FloatArray, IntArray
from ccinv.demand import Gamma, Law, NegativeBinomial, Normal, PerItem, Poisson
from ccinv.errors import DataError, Fault
from ccinv.tables.cells import empty, is_text, numbers
from ccinv.tables.items import Items, item_positions
from ccinv.tables.table import MOST_OF_A_KIND, Schema, Table, quoted, repeat_faults
from ccinv.tables.terms import MOST_PERIODS, Terms

FORECAST = Schema("demand_forecast", ("item_id", "period", "mean", "sd"), ("law",))
LAWS: dict[str, Callable[[FloatArray, FloatArray], Law]] = {
    "normal": Normal,
    "gamma": Gamma,
    "poisson": lambda mean, sd: Poisson(mean),  # noqa: ARG005  # its deviation is the root of its mean
    "negative-binomial": NegativeBinomial,
}
MOST_CV = 1e4


def read_forecast(table: Table, items: Items | None, terms: Terms, faults: list[Fault]) -> Law | None:
    """The law of demand, (n, N), or None where a fault stands in the way; all faults are added to `faults`."""
    before = len(faults)
    item = item_positions(table, items, faults)
    period = numbers(table, "period", faults, "an integer, the number of the period", whole=True)
    mean = numbers(table, "mean", faults, "a number >= 0", low=0.0)
    kind = _kinds(table, faults)
    # the deviation of Poisson sales follows from their mean, so it may be left out
    known = (kind == list(LAWS).index("poisson")) & empty(table.columns["sd"])
    sd = numbers(table, "sd", faults, "a number >= 0, in units", low=0.0, skip=known)
    sd[known] = np.sqrt(mean[known])
    _check_shapes(table, kind, mean, sd, faults)
    periods = terms.periods
    if periods is None:
        if terms.unclear or not np.isfinite(period).any():
            return None  # the number of periods is a fault of its own
        periods = int(min(np.nanmax(period), MOST_PERIODS))
    with np.errstate(invalid="ignore"):
        outside = np.isfinite(period) & ~((period >= 1) & (period <= periods))
    remedy = f"Leave it out, or change {terms.key('periods')}."
    faults += table.faults("period", outside, f"a period from 1 to {periods}", remedy)
    if items is None:
        return None
    whole = np.where(np.isfinite(period) & ~outside, period, 0).astype(np.int64)
    valid = (item >= 0) & (whole >= 1)
    cell = item * periods + whole - 1
    faults += repeat_faults(
        table,
        cell,
        valid,
        lambda row: f"item {quoted(items.item_id[int(item[row])])}, period {whole[row]}",
        "period",
        "Leave one of them out.",
    )
    if bool(((item >= 0) & (whole >= 1)).all()) and items.complete and not table.partial:
        _check_complete(table, items, cell, periods, faults)
    _check_one_law(table, items, item, kind, faults)
    if len(faults) > before or not items.complete or table.partial:
        return None
    means, sds = np.zeros((len(items), periods)), np.zeros((len(items), periods))
    kinds = np.zeros(len(items), dtype=np.int64)
    means.flat[cell], sds.flat[cell] = mean, sd
    kinds[item] = kind
    return _laws(table.name, kinds, means, sds, faults)


def _kinds(table: Table, faults: list[Fault]) -> IntArray:
    """The position in LAWS of the law of each row; the first where nothing is said."""
    kind = np.zeros(table.rows, dtype=np.int64)
    if "law" not in table.columns:
        return kind
    cells = table.columns["law"]
    wrong = ~empty(cells)
    if is_text(cells):
        for position, law in enumerate(LAWS):
            here = (cells == law).fill_null(False).to_numpy()
            kind[here] = position
            wrong &= ~here
    faults += table.faults("law", wrong, " or ".join(LAWS), "Choose one of them, or leave it empty for normal.")
    return kind


def _check_shapes(table: Table, kind: IntArray, mean: FloatArray, sd: FloatArray, faults: list[Fault]) -> None:
    """What each law asks of its mean and deviation."""
    root = np.sqrt(mean)
    gamma, poisson, negative = (kind == list(LAWS).index(law) for law in ("gamma", "poisson", "negative-binomial"))
    rules = (
        (sd > MOST_CV * mean) & (mean > 0), f"an sd of at most {MOST_CV:g} times the mean", "Check the units.",
        (gamma | negative) & (mean == 0) & (sd > 0), "sd 0 where the mean is 0", "Give the mean, or sd 0.",
        poisson & (np.abs(sd - root) > 0.01 * root + 0.005), "the root of the mean, as Poisson sales have it",
        "Leave the sd of Poisson sales empty, or choose negative-binomial where sd is larger.",
        negative & (mean > 0) & (sd <= root), "more than the root of the mean, as negative binomial sales have it",
        "Choose poisson where sd is the root of the mean, or give a larger sd.",
    )  # fmt: skip
    for wrong, expected, remedy in zip(rules[::3], rules[1::3], rules[2::3], strict=True):

        def found(row: int) -> str:
            return f"sd {table.cell(row, 'sd')} with mean {table.cell(row, 'mean')}"

        faults += table.faults("sd", np.asarray(wrong), str(expected), str(remedy), found)


def _check_complete(table: Table, items: Items, cell: IntArray, periods: int, faults: list[Fault]) -> None:
    """Every item has every period; what is missing is named item by item."""
    given = np.zeros((len(items), periods), dtype=np.bool_)
    given.flat[cell] = True
    short = np.flatnonzero(~given.all(axis=1))
    for k in short[:MOST_OF_A_KIND]:
        lacking = np.flatnonzero(~given[k]) + 1
        found = "no row" if len(lacking) == periods else f"nothing for {spans(lacking)}"
        where = f"{table.name}, item {quoted(items.item_id[int(k)])}"
        remedy = f"Add the rows, or take the item out of {items.home}."
        faults.append(Fault(where, found, f"a row for each period from 1 to {periods}", remedy))
    if len(short) > MOST_OF_A_KIND:
        found = f"{len(short) - MOST_OF_A_KIND} more items with missing periods"
        faults.append(Fault(table.name, found, f"periods 1 to {periods} for each", "Add the rows."))


def spans(numbers: IntArray) -> str:
    """Numbers in words, neighbours joined: periods 3, 5-9."""
    edges = np.flatnonzero(np.diff(numbers) != 1)
    starts, ends = np.concatenate([[0], edges + 1]), np.concatenate([edges, [len(numbers) - 1]])
    parts = [str(numbers[a]) if a == b else f"{numbers[a]}-{numbers[b]}" for a, b in zip(starts, ends, strict=True)]
    shown = ", ".join(parts[:8]) + (f" and {len(parts) - 8} more stretches" if len(parts) > 8 else "")
    return f"period{'s' if len(numbers) > 1 else ''} {shown}"


def _check_one_law(table: Table, items: Items, item: IntArray, kind: IntArray, faults: list[Fault]) -> None:
    """The law of an item is the same in all its periods."""
    rows = np.flatnonzero(item >= 0)
    own = np.zeros(len(items), dtype=np.int64)
    own[item[rows[::-1]]] = kind[rows[::-1]]  # the first row of each item has the last word
    wrong = (item >= 0) & (own[item] != kind)
    laws = list(LAWS)
    faults += table.faults(
        "law",
        wrong,
        "one law for all periods of an item",
        "Give the item one law.",
        lambda row: (
            f"{laws[kind[row]]} for item {items.item_id[int(item[row])]}, which began as {laws[own[item[row]]]}"
        ),
    )


def _laws(name: str, kinds: IntArray, mean: FloatArray, sd: FloatArray, faults: list[Fault]) -> Law | None:
    """One law for all, or each kind with its items."""
    present = [(make, np.flatnonzero(kinds == k)) for k, make in enumerate(LAWS.values()) if (kinds == k).any()]
    try:
        laws = [make(mean[rows], sd[rows]) for make, rows in present]
        return laws[0] if len(laws) == 1 else PerItem(laws, [rows for _, rows in present])
    except DataError as error:
        faults += [Fault(f"{name}, {f.where}", f.found, f.expected, f.remedy) for f in error.faults]
        return None
