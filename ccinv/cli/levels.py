"""`ccinv levels STORE`: levels for a single period."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ccinv.cli.options import Force, Json, Out, StoreFolder
from ccinv.cli.outcome import Outcome

if TYPE_CHECKING:
    from ccinv.models.single_period import Levels
    from ccinv.store import Store


def levels(store: StoreFolder, out: Out = None, force: Force = False, json: Json = False) -> Outcome:
    """Order-up-to levels for a single period.

    The levels with the least weighted expected backorders whose stock is worth no more than the budget limit. The store
    has periods = 1 and demand_pmf.csv; levels are whole if [orders] says whole = true. Without --out they go to
    runs/NAME-1, -2, ...
    """
    del json  # main sees it
    import numpy as np

    from ccinv.cli.folders import command, run_folder
    from ccinv.cli.screen import working
    from ccinv.demand import Discrete, common_factors
    from ccinv.errors import DataError, Fault
    from ccinv.models.single_period import single_period
    from ccinv.reading import read
    from ccinv.reporting.tables import csv_bytes
    from ccinv.writing import write_folder
    from ccinv.writing.records import json_bytes

    asked = read(store)
    shared = common_factors(asked.demand)
    # expected backorders add up over items, however they are correlated
    law = asked.demand if shared is None else shared.law
    if not isinstance(law, Discrete) or asked.periods != 1:
        span = "1 period" if asked.periods == 1 else f"{asked.periods} periods"
        found = f"demand over {span}{'' if isinstance(law, Discrete) else ', not as values and probabilities'}"
        expected = "periods = 1 and demand_pmf.csv (item_id, value, probability)"
        raise DataError(Fault(str(store), found, expected, "For more periods than one: ccinv plan."))
    folder = run_folder(out, asked.name, force)
    limit = math.inf if asked.budget is None else float(asked.budget.limits(1)[0])
    with working(f"finding levels of {asked.items} items"):
        best = single_period(law, asked.unit_cost, asked.weight, limit, asked.orders.whole)
    figures = summary(asked, best, limit)
    columns = {
        "item_id": np.array(asked.item_id, dtype=object),
        "level": best.levels.astype(np.int64) if asked.orders.whole else best.levels,
        "expected_backorders": best.expected_backorders,
    }
    files = {"levels.csv": csv_bytes(columns), "summary.json": json_bytes(figures)}
    write_folder(folder, files, command=command(), force=force)
    path = folder / "levels.csv"
    text = "\n".join([*words(figures), f"Levels: {path}"])
    return Outcome(text, {"folder": str(folder), "levels": str(path), **figures})


def summary(store: Store, best: Levels, limit: float) -> dict[str, Any]:
    """The figures of the levels as plain numbers; None where there is nothing to say."""
    surplus = (store.on_hand - best.levels).clip(min=0.0)
    return {
        "schema": 1,
        "store": store.name,
        "items": store.items,
        "whole": store.orders.whole,
        "budget_limit": limit if math.isfinite(limit) else None,
        "spent": best.spent,
        "units": float(best.levels.sum()),
        "objective_value": best.objective,
        "bound": best.bound,
        "gap": best.gap,
        "without_stock": float(store.weight @ store.demand.mean[:, 0]),
        "expected_backorders": float(best.expected_backorders.sum()),
        "price": best.price,
        "items_above_level": int((surplus > 0).sum()),
        "surplus": float(store.unit_cost @ surplus),
    }


def words(figures: dict[str, Any]) -> list[str]:
    """The same for people."""
    limit = figures["budget_limit"]
    of = "without a limit" if limit is None else f"of a limit of $ {limit:,.2f}"
    units = f"{figures['units']:,.6g} {'whole ' if figures['whole'] else ''}units"
    lines = [
        f"{figures['store']}: {figures['items']} items, one period; {units} worth $ {figures['spent']:,.2f} {of}",
        f"Weighted expected backorders: {figures['objective_value']:.6g}, where no stock has "
        f"{figures['without_stock']:.6g}; no levels within the limit have less than {figures['bound']:.6g}",
        f"One more dollar would save {figures['price']:.3g} of them" if figures["price"] > 0 else "No money saves more",
    ]
    if figures["items_above_level"]:
        lines.append(
            f"Note: {figures['items_above_level']} items have more on hand than their level, worth $ "
            f"{figures['surplus']:,.2f} that the limit does not count"
        )
    return lines
