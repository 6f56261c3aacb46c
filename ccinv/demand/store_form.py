"""A law of demand as named arrays, for files without pickle, and back again without loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from ccinv.demand.factor_copula import FactorCopula
from ccinv.demand.kinds import KINDS, kind_of
from ccinv.demand.law import Law, Margin
from ccinv.demand.per_item import PerItem
from ccinv.errors import DataError, Fault


def to_arrays(law: Law) -> tuple[str, dict[str, NDArray[Any]]]:
    """The kind of the law and what it is made of.

    What is None is left out. A mixed law has `kinds` (text), and `0.places`, `0.mean`, …, `1.places`, … for its parts;
    one with factors has `loading`, `margin` (text), and `law.mean`, … for its margins.
    """
    if isinstance(law, FactorCopula):
        margin, inner = to_arrays(law.law)
        named = {f"law.{name}": array for name, array in inner.items()}
        return kind_of(law), {"loading": law.loading, "margin": np.array(margin, dtype=np.str_), **named}
    if not isinstance(law, PerItem):
        given = {entry.name: getattr(law, entry.name) for entry in fields(cast(Any, law)) if entry.init}
        return kind_of(law), {name: np.asarray(value) for name, value in given.items() if value is not None}
    kinds: list[str] = []
    arrays: dict[str, NDArray[Any]] = {}
    for number, (part, place) in enumerate(law.groups):
        kind, inner = to_arrays(part)
        kinds.append(kind)
        arrays[f"{number}.places"] = place
        arrays |= {f"{number}.{name}": array for name, array in inner.items()}
    return kind_of(law), {"kinds": np.array(kinds, dtype=np.str_), **arrays}


def from_arrays(kind: str, arrays: Mapping[str, NDArray[Any]]) -> Law:
    """The law that `to_arrays` took apart; whatever is not such a law is a DataError."""
    if kind not in KINDS:
        raise DataError(Fault("stored demand", f"the kind {kind!r}", ", ".join(KINDS), "Plan the store again."))
    if kind == "factor-copula":
        return _with_factors(arrays)
    if kind != "per-item":
        return _made(kind, arrays)
    if "kinds" not in arrays:
        raise DataError(Fault("stored demand", "a mixed law without `kinds`", "one", "Plan the store again."))
    laws, places = [], []
    for number, part in enumerate(arrays["kinds"].tolist()):
        prefix = f"{number}."
        inner = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
        place = inner.pop("places", None)
        if place is None:
            raise DataError(Fault("stored demand", f"no {prefix}places", "the rows of part", "Plan the store again."))
        laws.append(from_arrays(part, inner))
        places.append(place)
    return PerItem(laws, places)


def _with_factors(arrays: Mapping[str, NDArray[Any]]) -> Law:
    """A law with factors from its loadings and its margins."""
    inner = {name.removeprefix("law."): array for name, array in arrays.items() if name.startswith("law.")}
    if arrays.keys() != {"loading", "margin", *(f"law.{name}" for name in inner)}:
        found = f"a law with factors of {', '.join(sorted(arrays)) or 'nothing'}"
        raise DataError(Fault("stored demand", found, "loading, margin and law", "Plan the store again."))
    return FactorCopula(cast(Margin, from_arrays(str(arrays["margin"]), inner)), arrays["loading"])


def _made(kind: str, arrays: Mapping[str, NDArray[Any]]) -> Law:
    """A law of one kind from what it is made of; a number of periods is held as an array without axes."""
    made = KINDS[kind]
    entries = [entry for entry in fields(made) if entry.init]
    needed = {entry.name for entry in entries if entry.name in ("mean", "sd", "history", "values", "probabilities")}
    known = {entry.name for entry in entries}
    if not needed <= arrays.keys() or not arrays.keys() <= known:
        found = f"a {kind} law of {', '.join(sorted(arrays)) or 'nothing'}"
        raise DataError(Fault("stored demand", found, ", ".join(sorted(known)), "Plan the store again."))
    law: Law = made(**{name: array if array.ndim else int(array) for name, array in arrays.items()})
    return law
