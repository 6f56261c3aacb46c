"""The tables of a folder: of each kind one file, CSV or Parquet."""

from __future__ import annotations

from pathlib import Path

from ccinv.errors import Fault
from ccinv.tables.csv_file import read_csv
from ccinv.tables.parquet_file import read_parquet
from ccinv.tables.table import Schema, Table


def paths_of(folder: Path, schema: Schema) -> list[Path]:
    """The files of that kind."""
    return [path for ending in (".csv", ".parquet") if (path := folder / f"{schema.name}{ending}").exists()]


def table_of(folder: Path, schema: Schema, faults: list[Fault]) -> Table | None:
    """The table in its one file; None where there is none, where there are two, or it cannot be read."""
    paths = paths_of(folder, schema)
    if len(paths) > 1:
        both = " and ".join(path.name for path in paths)
        faults.append(Fault(str(folder), both, f"one table {schema.name}", "Leave one of them out."))
    if len(paths) != 1:
        return None
    return (read_csv if paths[0].suffix == ".csv" else read_parquet)(paths[0], schema, faults)


def missing(folder: Path, schema: Schema) -> list[Fault]:
    """That there is no file of that kind, where there must be one."""
    if paths_of(folder, schema):
        return []
    file = f"{schema.name}.csv"
    return [Fault(str(folder), f"no {file}", file, "Add it (.parquet is good as well).")]
