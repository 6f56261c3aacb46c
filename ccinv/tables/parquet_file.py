"""Tables from Parquet files: columns keep their types, and only those that mean something are read."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ccinv.errors import Fault
from ccinv.tables.files import opened
from ccinv.tables.frame import as_cells
from ccinv.tables.table import ALIASES, MOST_ROWS, Schema, Table, table_of


def read_parquet(path: Path, schema: Schema, faults: list[Fault]) -> Table | None:
    """The table in a file, or None where it is no Parquet file or its columns are not those of the schema."""
    import polars as pl

    handle = opened(path, faults)
    if handle is None:
        return None
    name = path.name
    with handle:
        try:
            headings = list(pl.read_parquet_schema(handle))
            known = [heading for heading in headings if ALIASES.get(heading, heading) in schema.known]
            handle.seek(0)
            rows = pl.scan_parquet(handle).select(pl.len()).collect().item()
            if rows > MOST_ROWS:
                faults.append(Fault(name, f"{rows:,} rows", f"at most {MOST_ROWS:,}", "Split the store."))
                return None
            handle.seek(0)
            frame = pl.read_parquet(handle, columns=known)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # the reader is native code: its panics are no Exceptions
            remedy = "Write it again, or give the table as CSV."
            faults.append(Fault(name, f"a file that cannot be read ({str(error)[:120]})", "a Parquet file", remedy))
            return None
    place = {heading: k for k, heading in enumerate(frame.columns)}
    nothing = pl.Series([None] * frame.height, dtype=pl.Null)
    columns = [as_cells(frame.to_series(place[heading])) if heading in place else nothing for heading in headings]
    return table_of(name, "row", headings, columns, np.arange(1, frame.height + 1), schema, faults)
