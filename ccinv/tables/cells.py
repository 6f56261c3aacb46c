"""What the cells of a column say: numbers, dates, flags, names; every cell that says something else is a fault."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import numpy as np

from ccinv.arrays import BoolArray, FloatArray, IntArray
from ccinv.errors import Fault
from ccinv.tables.table import Table, quoted

if TYPE_CHECKING:
    import polars as pl

NUMBER = r"^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$"
COUNT = r"^[+-]?[0-9]{1,15}$"
DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
# letters, digits, . _ : - (not first: a spreadsheet would take "-x" for a formula)
ITEM_ID = r"^[A-Za-z0-9._:][A-Za-z0-9._:-]{0,63}$"
ANY_NAME = r"^[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]{0,199}$"
NO_DAY = np.iinfo(np.int64).min


def is_text(column: pl.Series) -> bool:
    import polars as pl

    return column.dtype == pl.String


def matches(column: pl.Series, pattern: str) -> BoolArray:
    """Which cells of a text column match; an empty one never does."""
    found: BoolArray = column.str.contains(pattern).fill_null(False).to_numpy()
    return found


def empty(column: pl.Series) -> BoolArray:
    """Which cells hold nothing."""
    nothing = column.is_null() | (column == "") if is_text(column) else column.is_null()
    found: BoolArray = nothing.fill_null(True).to_numpy()
    return found


def _kind_fault(table: Table, column: str, expected: str) -> Fault:
    where = f"{table.name}, column {table.headings.get(column, column)}"
    found = f"a column of type {table.columns[column].dtype}"
    return Fault(where, found, expected, "Convert the column, or give it as text.")


def _number_remedy(text: str) -> str:
    body = text.strip()
    if not body:
        return "Fill it in."
    if body.count(",") == 1 and body.replace(",", "").lstrip("+-").isdigit() and body.isascii():
        return f"Use a decimal point and no thousands separator: {body.replace(',', '.')} or {body.replace(',', '')}."
    if body != text:
        return "Take the blanks away."
    return "Write it with the digits 0-9 and a decimal point, as 1250, 0.5 or 1e-3."


def _count_remedy(text: str) -> str:
    """What to write where a whole number is wanted."""
    body = text.strip()
    if not body:
        return "Fill it in."
    return "Take the blanks away." if body != text else "Write a whole number with the digits 0-9, as 12."


def numbers(
    table: Table,
    column: str,
    faults: list[Fault],
    expected: str = "a number",
    low: float = -np.inf,
    high: float = np.inf,
    whole: bool = False,
    skip: BoolArray | None = None,
) -> FloatArray:
    """The column as finite numbers in [low, high]; NaN where a fault was added, and where `skip` says not to look."""
    import polars as pl

    cells = table.columns[column]
    skipped = np.zeros(table.rows, dtype=np.bool_) if skip is None else skip
    if is_text(cells):
        readable = matches(cells, COUNT if whole else NUMBER)
        values = cells.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy().copy()
        # text that is not zero and reads as zero has lost its value: 1e-400
        lost = readable & (values == 0) & matches(cells, r"^[+-]?[0.]*[1-9]")
    elif cells.dtype.is_numeric() or cells.dtype == pl.Null:
        values = cells.cast(pl.Float64).fill_null(np.nan).to_numpy().copy()
        readable = ~np.isnan(values)
        if whole:
            readable &= values == np.trunc(values)
        lost = np.zeros(table.rows, dtype=np.bool_)
    else:
        faults.append(_kind_fault(table, column, expected))
        return np.full(table.rows, np.nan)
    finite = readable & np.isfinite(values) & ~lost
    unread = ~readable & ~skipped
    faults += table.faults(column, unread, expected, _count_remedy if whole else _number_remedy)
    beyond = readable & ~finite & ~skipped
    faults += table.faults(column, beyond, expected, "Give a number that a computer can hold, or leave the row out.")
    with np.errstate(invalid="ignore"):
        outside = finite & ~((values >= low) & (values <= high)) & ~skipped
    faults += table.faults(column, outside, expected, "Correct it.")
    values[~finite | outside | skipped] = np.nan
    return values


def flags(table: Table, column: str, faults: list[Fault]) -> BoolArray:
    """The column as true or false."""
    import polars as pl

    cells = table.columns[column]
    expected = "true or false"
    if cells.dtype == pl.Boolean:
        faults += table.faults(column, empty(cells), expected, "Fill it in.")
        typed: BoolArray = cells.fill_null(False).to_numpy()
        return typed
    if is_text(cells):
        yes, no = matches(cells, r"^(true|True|TRUE|1)$"), matches(cells, r"^(false|False|FALSE|0)$")
    elif cells.dtype.is_numeric() or cells.dtype == pl.Null:
        values = cells.cast(pl.Float64).fill_null(np.nan).to_numpy()
        yes, no = values == 1, values == 0
    else:
        faults.append(_kind_fault(table, column, expected))
        return np.zeros(table.rows, dtype=np.bool_)
    faults += table.faults(column, ~(yes | no), expected, 'Write "true" or "false".')
    return yes


def days_of_text(cells: pl.Series) -> pl.Series:
    """ISO dates of a text column; null where it says anything else."""
    import polars as pl

    iso = pl.select(pl.when(cells.str.contains(DATE).fill_null(False)).then(cells)).to_series()
    return iso.str.to_date("%Y-%m-%d", strict=False)


def days(table: Table, column: str, faults: list[Fault], skip: BoolArray | None = None) -> IntArray:
    """The column as days since 1970-01-01; NO_DAY where a fault was added, and where `skip` says not to look."""
    import polars as pl

    cells = table.columns[column]
    skipped = np.zeros(table.rows, dtype=np.bool_) if skip is None else skip
    expected = "an ISO date, YYYY-MM-DD"
    dates: pl.Series
    if is_text(cells):
        dates = days_of_text(cells)
    elif cells.dtype == pl.Date:
        dates = cells
    elif isinstance(cells.dtype, pl.Datetime):
        dates = cells.dt.date()
        timed = (cells.dt.truncate("1d") != cells).fill_null(False).to_numpy() & ~skipped
        faults += table.faults(column, timed, "a date without a time of day", "Give the day.")
    elif cells.dtype == pl.Null:
        dates = cells.cast(pl.Date)
    else:
        faults.append(_kind_fault(table, column, expected))
        return np.full(table.rows, NO_DAY)
    number = dates.to_physical().cast(pl.Int64)
    bad = number.is_null().to_numpy() & ~skipped
    remedy = "Write the date as 2013-06-30: year, month, day."
    faults += table.faults(column, bad, expected, lambda text: remedy if text else "Fill it in.")
    found: IntArray = number.fill_null(NO_DAY).to_numpy().copy()
    found[skipped] = NO_DAY
    return found


def names(table: Table, column: str, faults: list[Fault], pattern: str = ITEM_ID) -> tuple[pl.Series, BoolArray]:
    """The column as text, and which of its cells are names; numbers are refused, as 007 is not 7."""
    import polars as pl

    cells = table.columns[column]
    if pattern == ITEM_ID:
        expected = "up to 64 of A-Z a-z 0-9 . _ : -, not starting with -"
        remedy = "Rename it the same way in all tables."
    else:
        expected, remedy = "a name of up to 200 printable characters", "Fill it in."
    if cells.dtype == pl.Null:
        cells = cells.cast(pl.String)
    if not is_text(cells):
        where = f"{table.name}, column {table.headings.get(column, column)}"
        remedy = "Read or convert the column as text: 007 and 1E5 are names, not numbers."
        faults.append(Fault(where, f"a column of type {cells.dtype}", "text", remedy))
        return pl.Series(column, [None] * table.rows, dtype=pl.String), np.zeros(table.rows, dtype=np.bool_)
    good = matches(cells, pattern)
    faults += table.faults(column, ~good, expected, lambda text: remedy if text else "Fill it in.")
    return cells, good


def places_in(known: pl.Series, cells: pl.Series) -> IntArray:
    """For each cell the first place where `known` has it, −1 for none."""
    import polars as pl

    index = pl.DataFrame({"name": known, "k": np.arange(len(known))}).unique("name", keep="first")
    joined = pl.DataFrame({"name": cells}).join(index, on="name", how="left", maintain_order="left")
    found: IntArray = joined["k"].fill_null(-1).cast(pl.Int64).to_numpy().copy()
    return found


def positions(
    table: Table,
    column: str,
    known: pl.Series | None,
    home: str,
    faults: list[Fault],
    pattern: str = ITEM_ID,
    strangers_known: bool = False,
) -> IntArray:
    """For each row the position of its name in `known`, −1 where it has none; each unknown name is one fault.

    `strangers_known`: other faults may explain the unknown names, so that they are none of their own.
    """
    import polars as pl

    cells, good = names(table, column, faults, pattern)
    if known is None:
        return np.full(table.rows, -1)
    found = places_in(known, cells)
    found[~good] = -1
    lost = np.flatnonzero(good & (found < 0))
    if lost.size and not strangers_known:
        strangers = pl.DataFrame({"name": cells.gather(lost), "row": lost}).group_by("name", maintain_order=True)
        counted = strangers.agg(pl.col("row").first(), pl.len())
        count = dict(counted.select("row", "len").iter_rows())
        wrong = np.zeros(table.rows, dtype=np.bool_)
        wrong[list(count)] = True
        candidates = known.drop_nulls().to_list() if len(known) <= 20_000 else []

        def remedy(text: str) -> str:
            near = difflib.get_close_matches(text, candidates, n=1, cutoff=0.6) if candidates else []
            hint = f" Did you mean {quoted(near[0])}?" if near else ""
            return f"Correct it, add it to {home}, or leave it out.{hint}"

        def shown(row: int) -> str:
            extra = f" ({count[row]} {table.word}s)" if count[row] > 1 else ""
            return quoted(table.cell(row, column)) + extra

        faults += table.faults(column, wrong, f"one of the names in {home}", remedy, shown)
    return found
