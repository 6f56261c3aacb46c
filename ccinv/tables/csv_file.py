"""Tables from CSV files: commas, double quotes, UTF-8, a header, and exactly as many fields in every record."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from functools import partial
from itertools import compress, islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ccinv.arrays import IntArray
from ccinv.errors import Fault
from ccinv.tables.files import opened
from ccinv.tables.table import MOST_OF_A_KIND, MOST_ROWS, Schema, Table, quoted, table_of

if TYPE_CHECKING:
    import polars as pl

MOST_LETTERS = 1_000_000  # in one line
_CHUNK = 512  # records at a time: few enough to die young, which spares the garbage collector most of its work


def read_csv(path: Path, schema: Schema, faults: list[Fault]) -> Table | None:
    """The table in a file, all cells as text, or None where its header or its quoting says that it is none.

    Records of a wrong number of fields are faults and left out of the table, so that the others can still be judged.
    """
    handle = opened(path, faults)
    if handle is None:
        return None
    gathered = _Gathered(path.name)
    with handle, io.TextIOWrapper(handle, encoding="utf-8-sig", newline="") as text:
        reader = csv.reader(iter(partial(text.readline, MOST_LETTERS), ""), strict=True)
        try:
            for rows, lines in _chunks(reader):
                gathered.take(rows, lines)
                if gathered.rows > MOST_ROWS:
                    found, most = f"over {MOST_ROWS:,} rows", f"at most {MOST_ROWS:,}"
                    faults.append(Fault(path.name, found, most, "Split the store."))
                    return None
        except csv.Error as error:
            gathered.misfits.append(_broken(path.name, str(error), reader.line_num))
        except UnicodeDecodeError as error:
            found = f"a byte ({error.object[error.start]:#04x}) that is no UTF-8"
            place = f"{path.name}, line {_undecodable(path)}"
            gathered.misfits.append(Fault(place, found, "UTF-8 text", "Save it as UTF-8."))
    return gathered.table(schema, faults)


class _Gathered:
    """The records of a file so far, column by column, and those that do not fit the header."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.headings: list[str] = []
        self.columns: list[list[pl.Series]] = []
        self.lines: list[IntArray] = []
        self.blank: list[int] = []
        self.misfits: list[Fault] = []
        self.rows = 0

    def take(self, rows: list[list[str]], lines: IntArray) -> None:
        """Add records with the line each begins in; the first of all is the header."""
        import polars as pl

        if not self.rows and not self.columns and rows and not rows[0]:
            return  # an empty first line: there is no header, and nothing can be told about what follows
        if not self.columns:
            self.headings = rows[0]
            self.columns = [[] for _ in self.headings]
            rows, lines = rows[1:], lines[1:]
        self.rows += len(rows)
        fits = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows)) == len(self.headings)
        if not fits.all():
            for row in np.flatnonzero(~fits):
                if rows[row]:
                    self.misfits.append(_misfit(self.name, rows[row], self.headings, int(lines[row])))
                else:
                    self.blank.append(int(lines[row]))
            rows, lines = list(compress(rows, fits)), lines[fits]
        self.lines.append(lines)
        for parts, cells in zip(self.columns, zip(*rows, strict=True), strict=False):
            parts.append(pl.Series(cells, dtype=pl.String))

    def table(self, schema: Schema, faults: list[Fault]) -> Table | None:
        import polars as pl

        line = np.concatenate(self.lines) if self.lines else np.zeros(0, dtype=np.int64)
        # blank lines at the very end are how editors end a file; elsewhere something was lost
        last = int(line[-1]) if line.size else 1
        self.misfits += [
            Fault(f"{self.name}, line {number}", "an empty line", "a record", "Delete it, or restore what it held.")
            for number in self.blank
            if number < last
        ]
        if not self.headings and not self.misfits:
            remedy = f"Start with: {','.join(schema.known)}"
            self.misfits.append(Fault(f"{self.name}, line 1", "no header", "the names of the columns", remedy))
        faults += self.misfits[:MOST_OF_A_KIND]
        if len(self.misfits) > MOST_OF_A_KIND:
            more = f"{len(self.misfits) - MOST_OF_A_KIND} more lines that do not fit the header"
            expected = f"{len(self.headings)} fields in every line"
            faults.append(Fault(self.name, more, expected, "Mend the first ones; the rest is likely to be alike."))
        if not self.headings:
            return None
        nothing = pl.Series([], dtype=pl.String)
        columns = [pl.concat(parts) if parts else nothing for parts in self.columns]
        return table_of(self.name, "line", self.headings, columns, line, schema, faults, bool(self.misfits))


def _chunks(reader: Any) -> Iterator[tuple[list[list[str]], IntArray]]:
    """Records with the line each begins in; those before a broken one are given before its error is raised."""
    broken: csv.Error | UnicodeDecodeError | None = None
    while broken is None:
        rows: list[list[str]] = []
        before = reader.line_num
        try:
            rows.extend(islice(reader, _CHUNK))  # keeps what came before an error
        except (csv.Error, UnicodeDecodeError) as error:
            broken = error
        if rows:
            lengths = np.ones(len(rows), dtype=np.int64)
            if broken is not None or reader.line_num - before != len(rows):
                lengths = np.array([1 + _breaks(row) for row in rows])
            yield rows, before + 1 + np.concatenate([[0], np.cumsum(lengths)[:-1]])
        elif broken is None:
            return
    raise broken


def _breaks(row: list[str]) -> int:
    """Line breaks inside quoted fields."""
    return sum(len(re.findall(r"\r\n|\r|\n", cell)) for cell in row)


def _misfit(name: str, row: list[str], headings: list[str], line: int) -> Fault:
    found = f"{len(row)} fields ({quoted(','.join(row))})"
    expected = f"{len(headings)} fields, as in the header"
    if len(row) < len(headings):
        remedy = "Add what is missing; an empty field still needs its comma."
        if len(row) == 1 and ";" in row[0]:
            remedy = "Save with commas, not semicolons, between columns."
    elif any(re.fullmatch(r"[+-]?\d+", a) and re.fullmatch(r"\d+", b) for a, b in pairwise(row)):
        remedy = "Use a decimal point and no thousands separator (12.5, not 12,5), or take the extra field out."
    else:
        remedy = "Take the extra field out, or put a text that has a comma in double quotes."
    return Fault(f"{name}, line {line}", found, expected, remedy)


def _broken(name: str, message: str, line: int) -> Fault:
    """The fault of a line after which nothing can be read any more."""
    if "unexpected end" in message or "field larger" in message:
        return Fault(
            f"{name}, line {line}",
            "a double quote that is opened and not closed",
            "closed quotes",
            "Close the quote in this line or in one before it; write a quote inside a text twice.",
        )
    remedy = "Put a text that has a quote or a comma in double quotes, and write a quote inside it twice."
    return Fault(f"{name}, line {line}", f"broken quoting ({message})", "CSV fields", remedy)


def _undecodable(path: Path) -> int:
    """The first line that is not UTF-8."""
    with path.open("rb") as handle:
        for number, line in enumerate(handle, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return 1
