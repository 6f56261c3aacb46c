"""Lead times: a table of probabilities by age, or what was ordered and received in the past."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ccinv.arrays import IntArray
from ccinv.errors import DataError, Fault
from ccinv.lead_time import LeadTime, fit_lead_times
from ccinv.tables.cells import ANY_NAME, ITEM_ID, NO_DAY, days, empty, is_text, numbers, places_in, positions
from ccinv.tables.items import Items, item_positions
from ccinv.tables.probabilities import check_sums
from ccinv.tables.table import MOST_OF_A_KIND, Schema, Table, quoted, repeat_faults
from ccinv.tables.terms import MOST_PERIODS, Terms, epoch_day

if TYPE_CHECKING:
    import polars as pl

LEAD_TIMES = Schema("lead_times", ("item_id", "age", "probability"))
RECEIPTS = Schema("receipts", ("ordered", "received"), either=("item_id", "supplier"))


def read_lead_times(table: Table, items: Items | None, faults: list[Fault]) -> LeadTime | None:
    """The lead-time law of each item, or None where a fault stands in the way; `never` may stand for an age."""
    before = len(faults)
    item = item_positions(table, items, faults)
    never = np.zeros(table.rows, dtype=np.bool_)
    if is_text(table.columns["age"]):
        never = (table.columns["age"] == "never").fill_null(False).to_numpy()
    expected = f'a whole number of periods from 0 to {MOST_PERIODS}, or "never"'
    age = numbers(table, "age", faults, expected, low=0, high=MOST_PERIODS, whole=True, skip=never)
    chance = numbers(table, "probability", faults, "a probability from 0 to 1", low=0.0, high=1.0)
    if items is None:
        return None
    last = MOST_PERIODS + 1
    column: IntArray = np.where(never, last, np.where(np.isnan(age), -1, age)).astype(np.int64)
    valid = (item >= 0) & (column >= 0)
    faults += repeat_faults(
        table,
        item * (last + 1) + column,
        valid,
        lambda row: f"item {quoted(items.item_id[int(item[row])])}, age {table.text(row, 'age')}",
        "age",
        "Add the probabilities up, or leave one out.",
    )
    if bool((valid & ~np.isnan(chance)).all()) and items.complete and not table.partial:
        hint = 'Add what is missing, with the age "never" if such orders do not arrive'
        check_sums(table, items.item_id, items.home, item, chance, faults, hint)
    if len(faults) > before or not items.complete or table.partial:
        return None
    longest = int(column[~never].max(initial=0))
    pmf, lost = np.zeros((len(items), longest + 1)), np.zeros(len(items))
    pmf[item[~never], column[~never]] = chance[~never]
    lost[item[never]] = chance[never]
    try:
        return LeadTime(pmf, lost)
    except DataError as error:
        faults += error.faults
        return None


def read_receipts(table: Table, items: Items | None, terms: Terms, faults: list[Fault]) -> LeadTime | None:
    """The lead-time law of each item, estimated from orders by item or by supplier; empty `received`: still open."""
    before = len(faults)
    by = "item_id" if "item_id" in table.columns else "supplier"
    own = None  # the group of each item
    if items is not None:
        own = items.item_id if by == "item_id" else items.supplier
        if own is None:
            remedy = "Add the supplier of each item, or give receipts by item_id."
            faults.append(Fault(items.home, "no column supplier", f"one, as {table.name} has suppliers", remedy))
    known = None if own is None else own.drop_nulls().unique(maintain_order=True)
    home = f"column {by} of {'items' if items is None else items.home}"
    unsure = items is not None and items.partial
    group = positions(table, by, known, home, faults, ITEM_ID if by == "item_id" else ANY_NAME, unsure)
    open_still = empty(table.columns["received"])
    ordered = days(table, "ordered", faults)
    received = days(table, "received", faults, skip=open_still)
    both = (ordered > NO_DAY) & (received > NO_DAY)
    early = both & (received < ordered)
    remedy = "Correct one of the dates; an order still open has no date of receipt."
    faults += table.faults("received", early, "the day of the order or a later one", remedy)
    if terms.observed_until is not None:
        late = (ordered > NO_DAY) & (ordered > epoch_day(terms.observed_until))
        key = terms.key("observed_until")
        expected = f"{terms.observed_until} ({key}) or earlier"
        faults += table.faults("ordered", late, expected, f"Leave the order out, or move {key}.")
    if terms.lacks("period"):
        remedy = f'State {terms.key("period")}: "month", "week", "day" or a number of days.'
        faults.append(Fault(terms.key("period"), "nothing", "the length of a period, as receipts are dated", remedy))
    if items is None or own is None or known is None or terms.period is None:
        return None
    member = places_in(known, own)
    readable = bool((group >= 0).all() and (member >= 0).all()) and items.complete and not table.partial
    if readable:
        _check_groups(table, by, items.home, known, group, received, terms, faults)
    if len(faults) > before or not readable:
        return None
    dates = np.where(received > NO_DAY, received, NO_DAY).astype("datetime64[D]")  # NO_DAY is NaT
    until = None if terms.observed_until is None else np.datetime64(terms.observed_until, "D")
    labels = np.char.mod("%d", group)
    try:
        found, law = fit_lead_times(labels, ordered.astype("datetime64[D]"), dates, until, terms.period.days)
    except DataError as error:
        faults += error.faults
        return None
    if law.pmf.shape[1] > MOST_PERIODS + 1:
        found_ages = f"lead times of {law.pmf.shape[1] - 1} periods"
        faults.append(Fault(table.name, found_ages, f"at most {MOST_PERIODS}", "Check the dates, or the period."))
        return None
    row_of = np.zeros(len(found), dtype=np.int64)
    row_of[[int(name) for name in found]] = np.arange(len(found))
    return law.rows(row_of[member])


def _check_groups(
    table: Table,
    by: str,
    home: str,
    known: pl.Series,
    group: IntArray,
    received: IntArray,
    terms: Terms,
    faults: list[Fault],
) -> None:
    """Each item, or each supplier of one, has an order that was received in time."""
    done = received > NO_DAY
    if terms.observed_until is not None:
        done &= received <= epoch_day(terms.observed_until)
    without = np.flatnonzero(np.bincount(group[done], minlength=len(known)) == 0)
    word = "item" if by == "item_id" else "supplier"
    for k in without[:MOST_OF_A_KIND]:
        where = f"{table.name}, {word} {quoted(known[int(k)])}"
        remedy = f"Give its receipts, give lead_times instead, or change {home}."
        faults.append(Fault(where, "no order that was received", "one at least", remedy))
    if len(without) > MOST_OF_A_KIND:
        found = f"{len(without) - MOST_OF_A_KIND} more {word}s without a receipt"
        faults.append(Fault(table.name, found, "one at least for each", "Give them."))
