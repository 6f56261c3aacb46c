"""Tables from data frames of pandas, polars or Arrow."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from ccinv.errors import Fault
from ccinv.tables.table import ALIASES, MOST_ROWS, Schema, Table, quoted, table_of

if TYPE_CHECKING:
    import polars as pl

NAMES = ("item_id", "supplier")


def read_frame(frame: Any, schema: Schema, faults: list[Fault]) -> Table | None:
    """The table in a data frame, or in a mapping of names to values; None where it is neither or lacks columns."""
    import narwhals.stable.v2 as nw

    if isinstance(frame, Mapping):
        return _mapping(frame, schema, faults)
    try:
        given = nw.from_native(frame, eager_only=True)
    except nw.exceptions.DuplicateError:
        names = [str(name) for name in frame.columns]
        twice = ", ".join(dict.fromkeys(quoted(name) for name in names if names.count(name) > 1))
        faults.append(Fault(schema.name, f"columns {twice} twice", "one column of a name", "Leave one of them out."))
        return None
    except TypeError:
        found = f"an object of type {type(frame).__name__}"
        faults.append(Fault(schema.name, found, "a data frame of pandas, polars or Arrow", "Collect or convert it."))
        return None
    headings = [str(name) for name in given.columns]
    rows = len(given)
    if rows > MOST_ROWS:
        faults.append(Fault(schema.name, f"{rows:,} rows", f"at most {MOST_ROWS:,}", "Split the store."))
        return None
    columns = []
    for k, heading in enumerate(headings):
        column = ALIASES.get(heading, heading)
        wanted = column in schema.known and headings.count(heading) == 1
        columns.append(_cells(given[:, k], column, schema.name, faults) if wanted else _nothing(rows))
    return table_of(schema.name, "row", headings, columns, np.arange(1, rows + 1), schema, faults)


def _mapping(given: Mapping[Any, Any], schema: Schema, faults: list[Fault]) -> Table | None:
    import polars as pl

    values = {str(name): list(column) for name, column in given.items()}
    rows = len(next(iter(values.values()), ()))
    lengths = {name: len(column) for name, column in values.items()}
    if set(lengths.values()) - {rows}:
        found = ", ".join(f"{name} {length}" for name, length in lengths.items())
        faults.append(Fault(schema.name, f"lengths {found}", "columns of one length", "Give one value per row."))
        return None
    columns = []
    for heading, column in values.items():
        array = np.asarray(column, dtype=object)
        kinds = {type(value) for value in column}
        plain = bool(kinds) and kinds <= {int, float, np.float64, np.int64}
        if plain:
            columns.append(pl.Series(array.astype(np.float64)))
        else:
            columns.append(_written(column, ALIASES.get(heading, heading), schema.name, faults))
    return table_of(schema.name, "row", list(values), columns, np.arange(1, rows + 1), schema, faults)


def columns_of(frame: Any) -> list[str]:
    """The names of the columns of a frame or a mapping; none for anything else."""
    import narwhals.stable.v2 as nw

    if isinstance(frame, Mapping):
        return [str(name) for name in frame]
    try:
        return [str(name) for name in nw.from_native(frame, eager_only=True).columns]
    except (TypeError, nw.exceptions.DuplicateError):
        return []


def as_cells(column: pl.Series) -> pl.Series:
    """The column with text as plain text and everything else as it is."""
    import polars as pl

    if column.dtype in (pl.Categorical, pl.Enum):
        return column.cast(pl.String)
    return column


def _nothing(rows: int) -> pl.Series:
    import polars as pl

    return pl.Series([None] * rows, dtype=pl.Null)


def _cells(series: Any, column: str, table: str, faults: list[Fault]) -> pl.Series:
    """One column without its frame: through numpy where it is numbers, value by value where it is objects or text."""
    import narwhals.stable.v2 as nw
    import polars as pl

    native = series.to_native()
    if isinstance(native, pl.Series):
        return as_cells(native) if native.dtype != pl.Object else _written(native.to_list(), column, table, faults)
    if series.dtype.is_numeric() and not series.is_null().any():
        array = np.asarray(series.to_numpy())
        if array.dtype.kind in "iuf":
            return pl.Series(array)
    values = [None if _missing(value) else value for value in series.to_list()]
    if series.dtype in (nw.String, nw.Categorical, nw.Enum, nw.Object):
        return _written(values, column, table, faults)
    if series.dtype.is_numeric():
        return pl.Series([None if value is None else float(value) for value in values], dtype=pl.Float64)
    try:
        found = as_cells(pl.Series(values, strict=True))
    except (TypeError, pl.exceptions.PolarsError):
        return _written(values, column, table, faults)
    return found if found.dtype != pl.Object else _written(values, column, table, faults)


def _written(values: list[Any], column: str, table: str, faults: list[Fault]) -> pl.Series:
    """Objects as the text that means the same; in a column of names anything but text is a fault."""
    import polars as pl

    if column in NAMES:
        wrong = [k for k, value in enumerate(values) if not isinstance(value, str) and not _missing(value)]
        if wrong:
            found = f"{len(wrong)} values that are no text, the first {str(values[wrong[0]])[:60]}"
            remedy = "Read or convert the column as text: 007 and 1E5 are names, not numbers."
            faults.append(Fault(f"{table}, row {wrong[0] + 1}, column {column}", found, "text", remedy))
            values = [value if isinstance(value, str) else None for value in values]
    return pl.Series([_text(value) for value in values], dtype=pl.String)


def _missing(value: object) -> bool:
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float | np.floating) and math.isnan(value)


def _text(value: Any) -> str | None:
    if _missing(value):
        return None
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, int | np.integer | Decimal):
        return str(value)
    if isinstance(value, float | np.floating):
        number = float(value)
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time(0)
        return value.date().isoformat() if midnight else value.isoformat(sep=" ")
    if isinstance(value, datetime.date):
        return value.isoformat()
    return str(value)
