"""A table as it came: named columns of cells, and the name of every place in it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ccinv.arrays import BoolArray, IntArray
from ccinv.errors import Fault

if TYPE_CHECKING:
    import polars as pl

ALIASES = {"unique_id": "item_id", "ds": "period", "y": "quantity"}  # the long format of forecasting libraries
MOST_OF_A_KIND = 50  # faults of one kind in one column; more would only hide the others
MOST_ROWS = 50_000_000


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns of a table: those it must have, those it may have, and those of which it must have just one."""

    name: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    either: tuple[str, ...] = ()

    @property
    def known(self) -> tuple[str, ...]:
        return (*self.either, *self.required, *self.optional)


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table under the column names of its schema; nothing is known yet about what the cells say.

    `name`: "items.csv" or "items"; `word`: what a record is called there, "line" or "row"; `line`: its number, counted
    from 1 (the header of a file is line 1); `headings`: each column as it was written; `ignored`: columns that mean
    nothing here; `partial`: records were left out as unreadable, so that nobody concludes from what is missing.
    """

    name: str
    word: str
    columns: Mapping[str, pl.Series]
    line: IntArray
    headings: Mapping[str, str]
    ignored: tuple[str, ...] = ()
    partial: bool = False

    @property
    def rows(self) -> int:
        return len(self.line)

    def place(self, row: int | np.integer, column: str | None = None) -> str:
        """Where a cell stands, as its owner would look for it."""
        at = f"{self.name}, {self.word} {self.line[row]}"
        return at if column is None else f"{at}, column {self.headings.get(column, column)}"

    def cell(self, row: int | np.integer, column: str) -> object:
        return self.columns[column][int(row)]

    def text(self, row: int | np.integer, column: str) -> str:
        value = self.cell(row, column)
        return "" if value is None else str(value)

    def faults(
        self,
        column: str,
        wrong: BoolArray,
        expected: str,
        remedy: str | Callable[[str], str],
        found: Callable[[int], str] | None = None,
    ) -> list[Fault]:
        """One fault for each row that `wrong` marks (the rest of a long list as one)."""
        rows = np.flatnonzero(wrong)
        faults = []
        for row in rows[:MOST_OF_A_KIND]:
            advice = remedy if isinstance(remedy, str) else remedy(self.text(row, column))
            shown = quoted(self.cell(row, column)) if found is None else found(int(row))
            faults.append(Fault(self.place(row, column), shown, expected, advice))
        if len(rows) > MOST_OF_A_KIND:
            more = f"{len(rows) - MOST_OF_A_KIND} more of the same kind"
            where = f"{self.name}, column {self.headings.get(column, column)}"
            faults.append(Fault(where, more, expected, "Mend the first ones; the rest is likely to be alike."))
        return faults


def quoted(value: object) -> str:
    """A cell as a message shows it: text in quotation marks, nothing as such, no control characters."""
    if value is None or value == "":
        return "nothing"
    if not isinstance(value, str):
        return str(value)
    shown = value if len(value) <= 60 else value[:57] + "..."
    return '"' + "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in shown) + '"'


def table_of(
    name: str,
    word: str,
    headings: Sequence[str],
    columns: Sequence[pl.Series],
    line: IntArray,
    schema: Schema,
    faults: list[Fault],
    partial: bool = False,
) -> Table | None:
    """The table under the names of `schema`, or None with the faults of its header."""
    wrong = header_faults(name, word, headings, schema)
    faults += wrong
    if wrong:
        return None
    by_name = {ALIASES.get(heading, heading): k for k, heading in enumerate(headings)}
    kept = {column: by_name[column] for column in schema.known if column in by_name}
    return Table(
        name,
        word,
        {column: columns[k] for column, k in kept.items()},
        line,
        {column: headings[k] for column, k in kept.items()},
        tuple(heading for heading in headings if ALIASES.get(heading, heading) not in kept),
        partial,
    )


def header_faults(name: str, word: str, headings: Sequence[str], schema: Schema) -> list[Fault]:
    """Columns that are missing, written twice, or written nearly as one that is missing."""
    where = f"{name}, line 1" if word == "line" else name
    shown = ", ".join(quoted(heading) for heading in headings[:20]) or "no column"
    present = [ALIASES.get(heading, heading) for heading in headings]
    if len(headings) == 1 and schema.known and ";" in headings[0]:
        return [Fault(where, shown, "columns parted by commas", "Save with commas, not semicolons, between columns.")]
    if len(headings) == 1 and "\t" in headings[0]:
        return [Fault(where, shown, "columns parted by commas", "Save with commas, not tabs, between columns.")]
    faults = []
    for column in dict.fromkeys(present):
        if present.count(column) > 1:
            written = [heading for heading, own in zip(headings, present, strict=True) if own == column]
            found = " and ".join(quoted(heading) for heading in written)
            faults.append(Fault(where, f"columns {found}", f"one column {column}", "Leave one of them out."))
    absent = [column for column in schema.known if column not in present]
    strangers = [heading for heading in headings if ALIASES.get(heading, heading) not in schema.known]
    meant: dict[str, str] = {}
    for heading in strangers:
        near = difflib.get_close_matches(heading.strip().lower(), absent, n=1, cutoff=0.75)
        if near and near[0] not in meant:
            meant[near[0]] = heading
            remedy = f'Rename it to "{near[0]}", or to something less alike if it means something else.'
            faults.append(Fault(where, f"column {quoted(heading)}", f'"{near[0]}"', remedy))
    faults += [
        Fault(where, f"columns {shown}", f'a column "{column}"', "Add it.")
        for column in schema.required
        if column in absent and column not in meant
    ]
    chosen = [column for column in schema.either if column in present]
    if schema.either and len(chosen) != 1 and not any(column in meant for column in schema.either):
        one = " or ".join(f'"{column}"' for column in schema.either)
        remedy = "Add one of them." if not chosen else "Leave one of them out."
        faults.append(Fault(where, f"columns {shown}", f"one column of {one}", remedy))
    return faults


def repeated(key: IntArray, valid: BoolArray) -> tuple[IntArray, IntArray]:
    """Rows whose key came before, and for each the row where it came first; only `valid` rows count."""
    rows = np.flatnonzero(valid)
    order = rows[np.argsort(key[rows], kind="stable")]
    if not order.size:
        return order, order
    change = np.concatenate([[True], key[order][1:] != key[order][:-1]])
    starts = np.flatnonzero(change)
    again = np.flatnonzero(~change)
    first = order[starts[np.searchsorted(starts, again, side="right") - 1]]
    return order[again], first


def repeat_faults(
    table: Table, key: IntArray, valid: BoolArray, name: Callable[[int], str], column: str, remedy: str
) -> list[Fault]:
    """One fault for each row whose key came before; both rows are named."""
    rows, first = repeated(key, valid)
    earlier = dict(zip(rows.tolist(), first.tolist(), strict=True))
    wrong = np.zeros(table.rows, dtype=np.bool_)
    wrong[rows] = True
    word = table.word

    def found(row: int) -> str:
        return f"{name(row)} again (it stands in {word} {table.line[earlier[row]]} already)"

    return table.faults(column, wrong, f"one {word} for each", remedy, found)
