"""Arrays that nobody can change any more, and numbers as people give them."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ccinv.errors import DataError, Fault

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


def frozen(values: ArrayLike) -> FloatArray:
    """A read-only float64 copy of `values` (the caller's array stays writable)."""
    array = np.array(values, dtype=np.float64)
    array.setflags(write=False)
    return array


def freeze(record: DataclassInstance) -> None:
    """Make every array that is a field of the record read-only."""
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, np.ndarray):
            value.setflags(write=False)


def given_numbers(where: str, values: ArrayLike) -> FloatArray:
    """`values` as a float64 array (not a copy where they are one); text, ragged rows and other things: DataError.

    Text is refused even where it reads as a number: who mixes the two has read a table wrongly.
    """
    try:
        array = np.asarray(values)
        if array.dtype.kind == "O" and not any(isinstance(entry, str | bytes) for entry in array.flat):
            array = array.astype(np.float64)
    except (TypeError, ValueError):
        array = np.empty(0, dtype=object)
    if array.dtype.kind not in "biuf":
        found = repr(values)
        found = found if len(found) <= 60 else f"{found[:57]}..."
        remedy = "Convert text to numbers, and make all rows as long as each other."
        raise DataError(Fault(where, found, "numbers", remedy))
    return array.astype(np.float64, copy=False)


def given_number(value: Any) -> float | None:
    """`value` as a float; None where it is text, true or false, nothing, or several numbers."""
    if isinstance(value, str | bytes | bool | np.bool_):
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None
