"""`ccinv order RUN --sales FILE`: what to order now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ccinv.cli.options import Force, Json, Out, RunFolder
from ccinv.cli.outcome import Outcome

if TYPE_CHECKING:
    from ccinv.arrays import FloatArray
    from ccinv.result import Plan

Sales = Annotated[
    Path, typer.Option("--sales", metavar="FILE", help="CSV item_id,period,quantity: every item in every period 1..T.")
]
Placed = Annotated[
    Path | None,
    typer.Option(
        "--placed",
        metavar="FILE",
        help="CSV item_id,period,quantity: what was really ordered in periods 1..T-1, if not what the rule said.",
        show_default=False,
    ),
]


def order(
    run: RunFolder,
    sales: Sales,
    placed: Placed = None,
    whole: Annotated[bool, typer.Option("--whole", help="Round up to whole units.")] = False,
    out: Out = None,
    force: Force = False,
    json: Json = False,
) -> Outcome:
    """Say what to order now, given the sales so far.

    Now is the end of period T, the last one with sales. Periods are counted 1, 2, ... from the start of the plan, or
    named as in plan.csv (period_start). The answer is CSV, item_id,period,quantity: printed, or written
    to DIR/orders.csv with --out.
    """
    del json  # main sees it
    import numpy as np

    from ccinv.cli.so_far import read_placed, read_sales
    from ccinv.reporting.tables import csv_bytes
    from ccinv.writing import load, write_file

    plan, store = load(run)
    seen = read_sales(sales, store)
    period = seen.shape[1]
    earlier = None if placed is None else read_placed(placed, store, period - 1)
    quantity = due(plan, seen, earlier, whole or store.orders.whole)
    rows = [(name, f"{amount:.10g}") for name, amount in zip(store.item_id, quantity, strict=True)]
    columns = {
        "item_id": np.array(store.item_id, dtype=object),
        "period": np.full(store.items, period),
        "quantity": np.array([amount for _, amount in rows], dtype=object),
    }
    text = csv_bytes(columns).decode().removesuffix("\n")
    data = {
        "period": period,
        "orders": [{"item_id": name, "quantity": float(amount)} for name, amount in rows],
    }
    if out is None:
        return Outcome(text, data)
    path = write_file(out / "orders.csv", text + "\n", force)
    return Outcome(f"Written: {path}", {**data, "file": str(path)})


def due(plan: Plan, sales: FloatArray, placed: FloatArray | None, whole: bool) -> FloatArray:
    """y(T) = max(0, O(T) − what was ordered before), (n,): before that by the rule, unless `placed` says otherwise."""
    from ccinv.result import caught_up, executed

    if placed is None:
        return executed(plan.rule, sales, whole)[:, -1]
    open_amount = plan.rule.cumulative(sales)[:, -1:] - placed.sum(axis=1, keepdims=True)
    return caught_up(open_amount, whole)[:, 0]
