"""Items with different kinds of laws in one store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray, IntArray, frozen
from ccinv.demand.factor_copula import FactorCopula
from ccinv.demand.law import Law, Margin
from ccinv.errors import DataError, Fault


@dataclass(frozen=True, slots=True, eq=False)
class PerItem:
    """Items with different kinds of laws, independent of each other.

        rows of PerItem([law₁, law₂, …]) = rows of law₁, then of law₂, …

    `laws`: each for one or more items, all over the same periods. `places`: for each law the row of each of its items,
    (n₁,), (n₂,), …, together 0..n−1; None puts the laws one after the other. Laws of one kind are merged, so that
    whatever is computed runs over all items of a kind at once.
    """

    laws: tuple[Law, ...]
    places: tuple[IntArray, ...] | None = None
    mean: FloatArray = field(init=False, repr=False)
    sd: FloatArray = field(init=False, repr=False)

    if TYPE_CHECKING:

        def __init__(self, laws: Sequence[Law], places: Sequence[ArrayLike] | None = None) -> None: ...

    def __post_init__(self) -> None:
        laws = tuple(self.laws)
        sizes = [law.mean.shape for law in laws]
        if any(isinstance(law, FactorCopula) for law in laws):
            remedy = "Put the factors around it: FactorCopula(PerItem([...]), loading)."
            raise DataError(Fault("PerItem", "a law whose items share factors", "laws of independent items", remedy))
        if len({shape[1] for shape in sizes}) != 1:
            found = f"laws over {sorted({shape[1] for shape in sizes})} periods" if laws else "no law"
            raise DataError(Fault("PerItem", found, "laws over the same periods", "Give every law the same periods."))
        ends = np.cumsum([shape[0] for shape in sizes])
        items = int(ends[-1])
        if self.places is None:
            places = [np.arange(end - shape[0], end) for shape, end in zip(sizes, ends, strict=True)]
        else:
            places = [np.asarray(place, dtype=np.int64) for place in self.places]
        _check_places(places, sizes, items)
        laws, places = _merged(laws, places)
        mean, sd = np.empty((items, sizes[0][1])), np.empty((items, sizes[0][1]))
        for law, place in zip(laws, places, strict=True):
            place.setflags(write=False)
            mean[place], sd[place] = law.mean, law.sd
        put = object.__setattr__
        put(self, "laws", laws)
        put(self, "places", tuple(places))
        put(self, "mean", frozen(mean))
        put(self, "sd", frozen(sd))

    @property
    def groups(self) -> tuple[tuple[Law, IntArray], ...]:
        """Each law with the rows of its items."""
        return tuple(zip(self.laws, cast(tuple[IntArray, ...], self.places), strict=True))

    @property
    def correlation(self) -> FloatArray | None:
        given = [(law.correlation, place) for law, place in self.groups if law.correlation is not None]
        if not given:
            return None
        items, periods = self.mean.shape
        full = np.broadcast_to(np.eye(periods), (items, periods, periods)).copy()
        for correlation, place in given:
            full[place] = correlation
        return full

    @property
    def whole(self) -> bool:
        return all(law.whole for law in self.laws)

    @property
    def signed(self) -> bool:
        return any(law.signed for law in self.laws)

    def rows(self, index: IntArray) -> PerItem:
        group = np.empty(len(self.mean), dtype=np.int64)
        within = np.empty(len(self.mean), dtype=np.int64)
        for g, (_, place) in enumerate(self.groups):
            group[place] = g
            within[place] = np.arange(len(place))
        wanted = np.arange(len(self.mean))[index]  # masks and negative positions become positions
        chosen = [np.flatnonzero(group[wanted] == g) for g in range(len(self.laws))]
        kept = [(law, place) for law, place in zip(self.laws, chosen, strict=True) if len(place)]
        return PerItem([law.rows(within[wanted[place]]) for law, place in kept], [place for _, place in kept])

    def sample(self, rng: np.random.Generator, paths: int) -> FloatArray:
        out = np.empty((*self.mean.shape, paths))
        for law, place in self.groups:
            out[place] = law.sample(rng, paths)
        return out

    def at_scores(self, score: FloatArray) -> FloatArray:
        out = np.empty_like(score)
        for law, place in self.groups:
            out[place] = cast(Margin, law).at_scores(score[place])
        return out

    def hermite(self, order: int) -> FloatArray:
        out = np.empty((*self.mean.shape, order))
        for law, place in self.groups:
            out[place] = cast(Margin, law).hermite(order)
        return out


def _check_places(places: Sequence[IntArray], sizes: Sequence[tuple[int, ...]], items: int) -> None:
    """Every row belongs to one law."""
    found = None
    if [place.shape for place in places] != [(shape[0],) for shape in sizes]:
        found = f"places of shapes {[place.shape for place in places]} for laws of {[s[0] for s in sizes]} items"
    elif not np.array_equal(np.sort(np.concatenate(places)), np.arange(items)):
        found = "a row without a law or with two"
    if found:
        raise DataError(Fault("PerItem places", found, f"each of 0..{items - 1} once", "Give every item one law."))


def _merged(laws: Sequence[Law], places: Sequence[IntArray]) -> tuple[tuple[Law, ...], list[IntArray]]:
    """One law for all laws of the same kind (and the same shape of an item), in the order of their first item."""
    parts: dict[tuple[object, ...], list[tuple[Law, IntArray]]] = {}
    for law, place in zip(laws, places, strict=True):
        inner = law.groups if isinstance(law, PerItem) else ((law, np.arange(len(place))),)
        for part, rows in inner:
            parts.setdefault(_kind(part), []).append((part, place[rows]))
    joined = []
    for found in parts.values():
        place = np.concatenate([rows for _, rows in found])
        law = found[0][0] if len(found) == 1 else _joined([part for part, _ in found])
        order = np.argsort(place)
        if not np.array_equal(order, np.arange(len(order))):
            law, place = law.rows(order), place[order]
        joined.append((law, np.array(place, dtype=np.int64)))
    joined.sort(key=lambda pair: int(pair[1][0]))
    return tuple(law for law, _ in joined), [place for _, place in joined]


def _given(law: Law) -> dict[str, Any]:
    """What the law was made of, by name."""
    return {entry.name: getattr(law, entry.name) for entry in fields(cast(Any, law)) if entry.init}


def _kind(law: Law) -> tuple[object, ...]:
    """Laws with equal kinds can be joined: their arrays have the item first and are alike in the rest."""
    return type(law), *(v.shape[1:] if isinstance(v, np.ndarray) else v for v in _given(law).values())


def _joined(laws: Sequence[Law]) -> Law:
    """One law for the items of laws of one kind."""
    parts = [_given(law) for law in laws]
    whole = {
        name: np.concatenate([part[name] for part in parts]) if isinstance(value, np.ndarray) else value
        for name, value in parts[0].items()
    }
    make = cast(Any, type(laws[0]))
    found: Law = make(**whole)
    return found
