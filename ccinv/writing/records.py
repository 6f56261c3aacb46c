"""Records as a JSON document and arrays, and back, bit by bit; nothing in them can be executed.

Arrays of a record go to a table of arrays under the path of the field ("budget.limit"), all else to the document.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ccinv.demand import from_arrays, to_arrays
from ccinv.errors import DataError, Fault
from ccinv.lead_time import LeadTime
from ccinv.result import Calibration, CausalRule, OutOfReach, Plan, PooledRule
from ccinv.store import Budget, OpenOrders, Orders, Service, Store

Arrays = dict[str, NDArray[Any]]

# the only records that a document can ask for
RECORDS: dict[str, type] = {
    record.__name__: record
    for record in (
        Store,
        Budget,
        Service,
        Orders,
        OpenOrders,
        LeadTime,
        Plan,
        OutOfReach,
        Calibration,
        PooledRule,
        CausalRule,
    )
}
MOST_BYTES = 2 << 30


def taken_apart(value: Any, arrays: Arrays, path: str = "") -> Any:
    """The JSON form of `value`; its arrays are put into `arrays`."""
    if isinstance(value, np.ndarray):
        arrays[path] = value
        return {"array": path}
    if isinstance(value, (tuple, list)):
        return [taken_apart(entry, arrays, f"{path}.{k}") for k, entry in enumerate(value)]
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else {"number": repr(float(value))}
    if value is None or isinstance(value, str):
        return value
    name = type(value).__name__
    if RECORDS.get(name) is type(value):
        stem = f"{path}." if path else ""
        entries = [field.name for field in fields(RECORDS[name])]
        return {
            "record": name,
            **{entry: taken_apart(getattr(value, entry), arrays, stem + entry) for entry in entries},
        }
    if path == "demand":
        kind, parts = to_arrays(value)
        arrays.update({f"{path}.{part}": array for part, array in parts.items()})
        return {"law": kind, "parts": sorted(parts)}
    raise TypeError(f"{path}: no form on disk for {type(value).__name__}")


def put_together(form: Any, arrays: Mapping[str, NDArray[Any]], path: str = "") -> Any:
    """The value whose JSON form is `form`; the inverse of `taken_apart`, with lists as tuples."""
    if isinstance(form, list):
        return tuple(put_together(entry, arrays, f"{path}.{k}") for k, entry in enumerate(form))
    if not isinstance(form, dict):
        return form
    if "array" in form:
        array = arrays[form["array"]]
        array.setflags(write=False)
        return array
    if "number" in form:
        return float(form["number"])
    if "law" in form:
        return from_arrays(form["law"], {part: arrays[f"{path}.{part}"] for part in form["parts"]})
    stem = f"{path}." if path else ""
    record = RECORDS[form["record"]]
    given = {name: put_together(value, arrays, stem + name) for name, value in form.items() if name != "record"}
    known = {field.name for field in fields(record)}
    needed = {field.name for field in fields(record) if field.default is MISSING and field.default_factory is MISSING}
    if not needed <= given.keys() <= known:
        raise KeyError(f"{form['record']} with {sorted(needed - given.keys())} missing, {sorted(given.keys() - known)}")
    return record(**given)


def json_bytes(form: Any) -> bytes:
    """A JSON document, UTF-8, without numbers that JSON does not know."""
    return (json.dumps(form, indent=1, allow_nan=False) + "\n").encode()


def npz_bytes(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Arrays as an uncompressed .npz; the same arrays give the same bytes."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **{name: np.asarray(arrays[name], order="C") for name in sorted(arrays)})
    return buffer.getvalue()


def arrays_of(content: bytes, where: str) -> Arrays:
    """The arrays of an .npz; anything else, and anything that unpacks to more than 2 GB, is a DataError."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(member.file_size for member in archive.infolist())
            if size > MOST_BYTES:
                raise DataError(Fault(where, f"{size} bytes unpacked", f"at most {MOST_BYTES}", "Write it anew."))
            return {member.filename.removesuffix(".npy"): _array(archive.read(member)) for member in archive.infolist()}
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(
            Fault(where, f"something else ({error})", "arrays as ccinv writes them", "Write it anew.")
        ) from None


def _array(content: bytes) -> NDArray[Any]:
    """One .npy; its header is not believed: what is asked for must be there before memory is taken for it."""
    stream = io.BytesIO(content)
    major, _ = np.lib.format.read_magic(stream)
    header = np.lib.format.read_array_header_1_0 if major == 1 else np.lib.format.read_array_header_2_0
    shape, _, dtype = header(stream)
    if dtype.hasobject or math.prod(shape) * dtype.itemsize != len(content) - stream.tell():
        raise ValueError(f"an array of shape {shape} and type {dtype} in {len(content)} bytes")
    stream.seek(0)
    array: NDArray[Any] = np.load(stream, allow_pickle=False)
    return array
