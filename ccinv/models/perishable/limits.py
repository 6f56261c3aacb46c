"""Limits of a day's total that no orders can keep, with the totals nearest to them."""

from __future__ import annotations

import math

import numpy as np

from ccinv.perishable import PerishableStore

MOST_TOTAL = 1_000_000  # units up to which totals are tried one by one
SHOWN = 10


def limit_faults(store: PerishableStore) -> tuple[str, ...]:
    """One sentence for each order day whose limits lie between two totals of whole packs."""
    if not store.whole:
        return ()
    least, most = store.limits
    found = []
    seen: dict[tuple[float, float, tuple[float, ...]], str | None] = {}
    for t in np.flatnonzero(store.order_days.any(axis=0)):
        packs = tuple(sorted(set(store.pack[store.order_days[:, t]].tolist())))
        question = (float(least[t]), float(most[t]), packs)
        if question not in seen:
            seen[question] = _between(*question)
        if seen[question]:
            found.append(f"On {store.calendar[t]} {seen[question]}")
    more = [f"and {len(found) - SHOWN} more days"] if len(found) > SHOWN else []
    return (*found[:SHOWN], *more)


def _between(least: float, most: float, packs: tuple[float, ...]) -> str | None:
    """What is wrong with these limits for packs of these sizes, None where some total keeps them."""
    if least <= 0 or not math.isfinite(most) or most - least >= packs[0] or most > MOST_TOTAL:
        return None
    if any(pack != round(pack) for pack in packs):
        return None  # the solver will tell
    sizes = [int(pack) for pack in packs]
    top = math.ceil(most) + sizes[0]
    can = np.zeros(top + 1, dtype=np.bool_)
    can[0] = True
    for size in sizes:
        for first in range(size):
            can[first::size] |= np.logical_or.accumulate(can[first::size])
    totals = np.flatnonzero(can)
    if ((totals >= least - 1e-9) & (totals <= most + 1e-9)).any():
        return None
    below, above = totals[totals < least].max(), totals[totals > most].min()
    named = ", ".join(f"{pack:g}" for pack in packs)
    return (
        f"the total must be from {least:g} to {most:g}, but packs of {named} come to {below} or {above} and nothing "
        f"between: allow {least - below:g} less or {above - most:g} more."
    )
