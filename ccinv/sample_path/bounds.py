"""What no ordering policy can better: least budgets and costs from below, where the law of sales is known by atoms.

Let L be the least age at which an order arrives, and W(s) the inventory position after the order of s. What is ordered
later than s cannot be used in t = s + 1 + L, so that whatever is decided, and however it hangs on what was seen,

    X(t) ≤ W(s) − A(s),    W(s) ≥ I + Q − D(s),    A(s) the sales of the L + 1 periods after s, independent of W(s).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.covariance import cumulative_variance
from ccinv.sample_path.exact import pmfs
from ccinv.sample_path.lattice import lattice
from ccinv.sample_path.question import Loss, Question
from ccinv.store import Store

ROUNDING = 1e-12  # a probability so near to the one needed is enough


@dataclass(frozen=True, slots=True, eq=False)
class _Item:
    """P{sales = k grains} by period, the least age of an order, I + Q and I in grains, and the grain, units."""

    sales: tuple[FloatArray, ...]
    lead: int
    begin: float
    on_hand: float
    grain: float

    def sold(self, first: int, end: int) -> FloatArray:
        """The law of the sales of periods first, …, end − 1."""
        total = np.ones(1)
        for sales in self.sales[first:end]:
            total = np.convolve(total, sales)
        return total

    def ahead(self, s: int) -> FloatArray:
        return self.sold(s + 1, s + 2 + self.lead)


def bound(store: Store, question: Question) -> float:
    """The least budget, dollars, or the least loss that any policy whatever can have; NaN where nothing is known.

    Of a budget: any policy that has what is owed of important items on order, as all rules must.
    """
    if question.raised is not None or store.demand.correlation is not None:
        return float("nan")
    items = _items(store)
    if question.loss is not None:
        return sum(_least_loss(item, question.loss, row, store) for row, item in items.items()) or float("nan")
    if not question.least or not any(np.isfinite(question.level[row]).any() for row in items):
        return float("nan")
    return _least_budget(store, items, question.level, question.confidence)


def _items(store: Store) -> dict[int, _Item]:
    grain = lattice(store)
    lead = np.argmax(store.lead_time.pmf > 0, axis=1)
    begin = store.on_hand + store.on_order
    return {
        row: _Item(sales, int(lead[row]), float(begin[row] / grain[row]), float(store.on_hand[row] / grain[row]), size)
        for row, sales in pmfs(store.demand, grain > 0, grain).items()
        if (size := float(grain[row])) > 0 and store.lead_time.pmf[row].any()
    }


def _least_budget(store: Store, items: dict[int, _Item], level: FloatArray, confidence: float) -> float:
    """The least B with P{Σ c W(s) ≤ B} ≥ φ for every s.

    Let E be the event that the dollars after the order of s are within B. Beyond E a promise is kept at best for
    certain, so that P{A(s) ≤ W(s) | E} ≥ β = (α − (1 − φ)) / φ. Of one item alone this says that the β-quantile of
    A(s) is within B. Of several, E[W(s) | E] is no less than what mixtures of positions, none below zero, need for β;
    and E[W(s) | E] ≥ I + Q − E D(s) − sd D(s) √((1 − φ) / φ) for any event of this probability.
    """
    alone = store.items == 1
    spread = np.sqrt(cumulative_variance(store) * (1 - confidence) / confidence)
    position = (store.on_hand + store.on_order)[:, None] - np.cumsum(store.demand.mean, axis=1) - spread
    position = np.where(store.important[:, None], np.maximum(position, 0.0), position)
    for row, item in items.items():
        if not (alone or store.important[row]):
            continue
        for s, t in enumerate(range(item.lead + 1, store.periods)):
            needed = float((level[row, t] - (1 - confidence)) / confidence)
            if needed > 0:
                covers = np.minimum(np.cumsum(item.ahead(s)), 1.0)
                enough = float(np.argmax(covers >= needed - ROUNDING)) if alone else _mixed(covers, needed)
                position[row, s] = max(position[row, s], enough * item.grain)
    return float((store.unit_cost @ position).max())


def _mixed(covers: FloatArray, needed: float) -> float:
    """The least mean of two positions j ≤ k, mixed so that they cover as much as needed."""
    enough = np.flatnonzero(covers >= needed - ROUNDING)
    few = np.flatnonzero(covers < needed - ROUNDING)
    if len(few) == 0:
        return 0.0
    share = (needed - covers[few, None]) / (covers[enough] - covers[few, None])
    return float((few[:, None] + share * (enough - few[:, None])).min())


def _least_loss(item: _Item, loss: Loss, row: int, store: Store) -> float:
    """The least loss of every period by itself: from the position that sales have left, what is best for it alone."""
    total = 0.0
    opened = item.begin != item.on_hand
    for t in range(store.periods):
        held, owed = float(loss.held[row, t]) * item.grain, float(loss.owed[row, t]) * item.grain
        s = t - 1 - item.lead
        if s >= 0:
            sales, before = item.ahead(s), item.sold(0, s + 1)
            least = np.floor(item.begin + 1e-9) - np.arange(len(before))
        else:  # before any order can be used: the stock on hand, or at best any part of what is under way
            sales, before = item.sold(0, t + 1), np.ones(1)
            least = np.array([0.0 if opened else item.on_hand])
        total += float(before @ _best_above(sales, least, held, owed, free=s >= 0 or opened))
    return total


def _best_above(sales: FloatArray, least: FloatArray, held: float, owed: float, free: bool) -> FloatArray:
    """E[held (w − A)⁺ + owed (A − w)⁺] at its best for w ≥ least, or, where w is not free, at w = least."""
    mean = float(sales @ np.arange(len(sales)))
    beyond = 1.0 - np.minimum(np.cumsum(sales), 1.0)
    missing = np.append(np.cumsum(beyond[::-1])[::-1], 0.0)  # E (A − w)⁺ for w = 0, 1, …
    best = int(np.argmin(held * (np.arange(len(missing)) - mean) + (held + owed) * missing)) if free else -np.inf
    w = np.maximum(least, best)
    short = np.where(w >= 0, np.interp(w, np.arange(len(missing)), missing), mean - w)
    found: FloatArray = held * (w - mean) + (held + owed) * short
    return found
