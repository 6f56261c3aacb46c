"""A TOML document as keys to be asked for; text that is none is a fault, never an exception of a parser."""

from __future__ import annotations

import tomllib
from pathlib import Path

from ccinv.errors import Fault
from ccinv.reading.keys import Keys, line_of_keys
from ccinv.tables.files import opened

MOST_BYTES = 1_000_000
MOST_DOTS = 2_000_000  # sum of squares over lines; 520 amounts with decimal points are 270 000


def read_keys(folder: Path, name: str, kind: str, remedy: str, faults: list[Fault]) -> Keys | None:
    """The keys of the document `name` of a folder, or None with its faults.

    `kind`: what such a folder is called ("a store folder"); `remedy`: what it needs.
    """
    path = folder / name
    if not path.exists():
        found = "no such file" if folder.is_dir() else "no such folder"
        if folder.is_file():
            found, remedy = "a file", "Give the folder that it stands in."
        faults.append(Fault(str(path if folder.is_dir() else folder), found, kind, remedy))
        return None
    handle = opened(path, faults, MOST_BYTES)
    if handle is None:
        return None
    with handle:
        raw = handle.read(MOST_BYTES + 1)
    return keys_of(raw, name, faults)


def keys_of(raw: bytes, name: str, faults: list[Fault]) -> Keys | None:
    """The keys in the bytes of a document called `name`."""
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        found = f"a byte ({raw[error.start]:#04x}) that is no UTF-8"
        faults.append(Fault(f"{name}, line {line}", found, "UTF-8 text", "Save it as UTF-8."))
        return None
    if sum(line.count(".") ** 2 for line in text.split("\n")) > MOST_DOTS:
        # the parser's work grows with the square of the dotted parts of a key: one of 20 000 takes it seconds
        found = "lines with hundreds of dots"
        faults.append(Fault(name, found, "keys of one or two parts", "Write [section] and key = value."))
        return None
    try:
        tree = tomllib.loads(text)
    except RecursionError:
        faults.append(Fault(name, "brackets nested too deeply", "TOML", "Take the brackets away."))
        return None
    except ValueError as error:  # also integers of more digits than Python reads
        said = str(error)[:150]
        remedy = "Correct that line." if "at line" in said else "Correct that number."
        if "end of document" in said:
            line = text.rstrip().count("\n") + 1
            remedy = f"Complete the end of the file, line {line}: a value, quotation mark or bracket is missing there."
        faults.append(Fault(name, f"text that is no TOML ({said})", "TOML", remedy))
        return None
    return Keys(name, line_of_keys(text), tree, faults)
