"""The report of a backtest: the page, backtest.csv and the figures of summary.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ccinv.arrays import FloatArray
from ccinv.auditing.conduct import Comparison
from ccinv.reporting import words
from ccinv.reporting.page import rendered
from ccinv.reporting.policies import policies_content, policies_summary
from ccinv.reporting.tables import csv_bytes
from ccinv.result import Plan

WORST_ITEMS = 20
MOST_NAMED = 100


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """What is reported of a backtest. comparison: on real sales; seen: names of the periods that laws were fitted to;
    asked: mean level of the promised cells, found: their service and its standard error (None: nothing promised);
    left_out: items that took no part."""

    plan: Plan
    comparison: Comparison
    seen: Sequence[str]
    asked: float | None
    found: tuple[float, float] | None
    left_out: Sequence[str]

    @property
    def sales(self) -> FloatArray:
        """The real sales (n, H)."""
        given = self.comparison.sales
        return np.empty((0, 0)) if given is None else given


def backtest_headline(held: Held) -> str:
    """What came of the promises, in one sentence."""
    periods = words.count(held.plan.store.periods, "real period")
    if held.asked is None or held.found is None:
        return f"Nothing was promised; {periods} show what the plan would have done."
    rate, error = held.found
    return (
        f"{words.percent(held.asked)} service was promised on average, {words.percent(rate)} was delivered in "
        f"{periods} (± {2 * 100 * error:.1f} points)."
    )


def backtest_words(held: Held) -> list[str]:
    """How the backtest was made, and what it can say."""
    store = held.plan.store
    said = [
        f"Laws of demand were fitted to {words.count(len(held.seen), 'period')}, {held.seen[0]} to {held.seen[-1]}; "
        f"the plan was made for {store.calendar[0]} to {store.calendar[-1]}, whose sales it did not know.",
        "Sales are those that really came. When orders arrive is drawn from the lead-time law, "
        f"{held.comparison.paths:,} times.",
        "Stock on hand, open orders and money are those of the store folder, as if it had been so then.",
        "This is one past: items that sell together are short together. The margin takes items as independent.",
    ]
    if held.left_out:
        shown = ", ".join(held.left_out[:MOST_NAMED]) + (" and others" if len(held.left_out) > MOST_NAMED else "")
        said.append(
            f"{words.count(len(held.left_out), 'item')} without known sales then, or before, left out: {shown}."
        )
    return said


def backtest_page(held: Held, versions: Mapping[str, str], command: str = "") -> str:
    """The page. Every text from the data is escaped."""
    store = held.plan.store
    content = {
        "store": store,
        "headline": backtest_headline(held),
        "policies": policies_content(held.comparison),
        "names": [one.name for one in held.comparison.conducts],
        "worst": _worst(held),
        "made": backtest_words(held),
        "notes": held.plan.notes[:MOST_NAMED],
        "seed": held.comparison.seed,
        "paths": held.comparison.paths,
        "versions": versions,
        "command": command,
    }
    return rendered("backtest.html.j2", content)


def _worst(held: Held) -> list[dict[str, Any]]:
    """The items that the plan owed most of, by worth, and how each way of ordering served them."""
    store, sales = held.plan.store, held.sales
    owed = store.unit_cost * held.comparison.conducts[0].backlog.mean(axis=1)
    chosen = [k for k in np.argsort(-owed, kind="stable")[:WORST_ITEMS] if owed[k] > 0]
    expected, sold = store.demand.mean.sum(axis=1), sales.sum(axis=1)
    deviation = np.sqrt((store.demand.sd**2).sum(axis=1))
    return [
        {
            "item": store.item_id[k],
            "important": bool(store.important[k]),
            "expected": float(expected[k]),
            "sold": float(sold[k]),
            "off": float((sold[k] - expected[k]) / deviation[k]) if deviation[k] > 0 else float("nan"),
            "owed": float(owed[k]),
            "service": [float(one.service[k].mean()) for one in held.comparison.conducts],
        }
        for k in chosen
    ]


def backtest_csv(held: Held) -> bytes:
    """backtest.csv: one line per way of ordering, item and period; means over the arrivals drawn."""
    store, conducts = held.plan.store, held.comparison.conducts
    cells, ways = store.items * store.periods, len(conducts)

    def text(values: Sequence[str], each: int, times: int) -> NDArray[np.object_]:
        return np.tile(np.repeat(np.array(values, dtype=object), each), times)

    def stacked(tables: list[FloatArray]) -> FloatArray:
        return np.concatenate([table.ravel() for table in tables])

    return csv_bytes(
        {
            "policy": text([one.name for one in conducts], cells, 1),
            "item_id": text(store.item_id, store.periods, ways),
            "period": np.tile(np.arange(1, store.periods + 1), store.items * ways),
            "period_start": text(store.calendar, 1, store.items * ways),
            "sales": stacked([held.sales] * ways),
            "ordered": stacked([one.orders for one in conducts]),
            "stock": stacked([one.stock for one in conducts]),
            "owed": stacked([one.backlog for one in conducts]),
            "service": stacked([one.service for one in conducts]),
        }
    )


def backtest_summary(held: Held) -> dict[str, Any]:
    """The figures as plain numbers; None where there is nothing to say."""
    store = held.plan.store
    return {
        "schema": 1,
        "store": store.name,
        "items": store.items,
        "left_out": list(held.left_out),
        "seen_periods": len(held.seen),
        "seen": [held.seen[0], held.seen[-1]],
        "holdout": store.periods,
        "held_out": [store.calendar[0], store.calendar[-1]],
        "promised_cells": int(np.isfinite(held.plan.asked).sum()),
        "asked": held.asked,
        "found": None if held.found is None else held.found[0],
        "standard_error": None if held.found is None else held.found[1],
        "out_of_reach_cells": len(held.plan.out_of_reach),
        "policies": policies_summary(held.comparison),
    }
