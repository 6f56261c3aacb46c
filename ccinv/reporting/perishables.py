"""The report of a plan for perishables: the page, the tables, and the words of the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ccinv.perishable import Level, PerishablePlan
from ccinv.reporting import words
from ccinv.reporting.page import rendered
from ccinv.reporting.perishable_plots import days_plot, stock_plot
from ccinv.reporting.pictures import markup
from ccinv.reporting.plots import service
from ccinv.reporting.tables import csv_bytes
from ccinv.shelf import Ledger

MOST_ITEMS = 40  # of which stock is drawn
MOST_DAYS = 16  # order days in the table of orders
AGREES = 1e-9  # relative, by which the ledger may differ from the plan: rounding of sums


def disagreement(plan: PerishablePlan, ledger: Ledger) -> float:
    """The largest difference between plan and ledger, of units sold, short, wasted or in stock on any day, and of what
    the ledger itself has lost or found, relative to the largest stock."""
    moved = plan.planned
    pairs = (
        (moved.sold, ledger.sold.sum(axis=2)), (moved.waste, ledger.wasted.sum(axis=2)),
        (moved.stock, ledger.held.sum(axis=2)), (moved.short, ledger.short), (moved.received, ledger.received),
    )  # fmt: skip
    worst = max(float(np.abs(one - other).max()) for one, other in pairs)
    size = max(1.0, float(moved.stock.max()), float(moved.received.max()))
    return max(worst, ledger.imbalance()) / size


def value_words(level: Level) -> str:
    """The value of a level for people."""
    if level.name == "service":
        return words.percent(level.value)
    return words.dollars(level.value) if level.name in ("cost", "profit") else words.units(level.value)


def bound_words(level: Level) -> str:
    """What no other orders can better."""
    bound = words.percent(level.bound) if level.name == "service" else (
        words.dollars(level.bound) if level.name in ("cost", "profit") else words.units(level.bound)
    )  # fmt: skip
    if level.gap == 0:
        return "proven best"
    side = "more" if level.name in ("profit", "service") else "less"
    if not np.isfinite(level.bound):
        return "no bound was found in time"
    return f"no orders can have {side} than {bound}: a gap of {level.gap:.2%}"


def perishables_headline(plan: PerishablePlan) -> str:
    """What the orders come to, in one sentence."""
    store, moved = plan.store, plan.planned
    wanted, missed = float(store.demand.sum()), float(moved.short.sum())
    if store.backordered:
        met = f"{words.units(missed)} units and nights are waited for"
    elif missed <= 1e-9 * max(wanted, 1.0):
        met = f"All {words.units(wanted)} units wanted are there"
    else:
        met = f"{words.units(wanted - missed)} of {words.units(wanted)} units wanted are there"
    mean = "" if store.law is None else "If demand came as its mean: "
    met = met if not mean else met[0].lower() + met[1:]
    return (
        f"{mean}{met}; {words.units(float(moved.waste.sum()))} perish, {words.units(float(moved.end.sum()))} are left "
        f"after the last day."
    )


def promise_headline(plan: PerishablePlan) -> str:
    """What became of the service that was promised."""
    promise = plan.promise
    if promise is None:
        return ""
    broken = int((promise.verdict == "BROKEN").sum())
    count = int(promise.promised.sum())
    alpha = 0.0 if plan.store.service is None else plan.store.service.alpha
    if broken:
        return f"{broken} of {count} promises of {words.percent(alpha)} broke in {promise.paths:,} replays."
    lowest = float(promise.service[promise.promised].min()) if count else 1.0
    return (
        f"No promise of {words.percent(alpha)} broke in {promise.paths:,} replays ({count} days of items; the lowest "
        f"{words.percent(lowest)})."
    )


def perishables_words(plan: PerishablePlan) -> list[str]:
    """The levels, what was promised, and how it was found."""
    lines = [f"  {level.title}: {value_words(level)} ({bound_words(level)})" for level in plan.levels]
    if plan.promise is not None:
        lines.append(promise_headline(plan))
        lines += plan.promise.words
    if not plan.proven:
        lines.append("Not every level was solved within the gap asked: allow more seconds, or a wider gap.")
    lines.append(f"{plan.solves} programs, {plan.solver_seconds:.1f} processor seconds")
    return lines


def perishables_summary(plan: PerishablePlan, ledger: Ledger) -> dict[str, Any]:
    """The figures as plain numbers; None where there is nothing to say."""
    store, moved, promise = plan.store, plan.planned, plan.promise
    figures: dict[str, Any] = {
        "schema": 1,
        "store": store.name,
        "items": store.items,
        "days": store.days,
        "order_days": int(store.order_days.any(axis=0).sum()),
        "order_of_events": [str(event) for event in store.day.events],
        "unmet": "backordered" if store.backordered else "lost",
        "levels": [
            {
                "name": level.name, "value": level.value, "gap": level.gap, "proven": level.proven,
                "bound": level.bound if np.isfinite(level.bound) else None,
            }
            for level in plan.levels
        ],
        "ordered": float(plan.orders.sum()),
        "wanted": float(store.demand.sum()),
        "sold": float(moved.sold.sum()),
        "short": float(moved.short.sum()),
        "waste": float(moved.waste.sum()),
        "left": float(moved.end.sum()),
        "ledger_disagreement": disagreement(plan, ledger),
        "solves": plan.solves,
        "promise": None,
    }  # fmt: skip
    if promise is not None:
        count = int(promise.promised.sum())
        figures["promise"] = {
            "alpha": None if store.service is None else store.service.alpha,
            "promised": count,
            "kept": promise.kept,
            "accepted": promise.accepted,
            "broken": int((promise.verdict == "BROKEN").sum()),
            "lowest": float(promise.service[promise.promised].min()) if count else None,
            "expected_waste": float(promise.expected_waste.sum()),
            "expected_short": float(promise.expected_short.sum()),
            "paths": promise.paths,
            "seed": promise.seed,
            "rounds": promise.rounds,
            "words": list(promise.words),
        }
    return figures


def orders_csv(plan: PerishablePlan) -> bytes:
    """orders.csv: one line per order, by day of placing, then item."""
    store = plan.store
    day, item = np.nonzero(plan.orders.T > 0)
    comes = day + store.lag[item]
    names = np.array([*store.calendar, *(f"after {store.calendar[-1]}",)], dtype=object)
    packs = plan.orders[item, day] / store.pack[item]
    return csv_bytes(
        {
            "item_id": np.array(store.item_id, dtype=object)[item],
            "day": names[day],
            "quantity": plan.orders[item, day],
            "packs": packs,
            "received": names[np.minimum(comes, store.days)],
        }
    )


def movements_csv(plan: PerishablePlan) -> bytes:
    """movements.csv: one line per item and day, if demand comes as planned; and its service, if any was asked."""
    store, moved, promise = plan.store, plan.planned, plan.promise
    columns: dict[str, NDArray[Any]] = {
        "item_id": np.repeat(np.array(store.item_id, dtype=object), store.days),
        "day": np.tile(np.array(store.calendar, dtype=object), store.items),
    }
    for name, table in (
        ("wanted", store.demand), ("ordered", moved.ordered), ("received", moved.received), ("sold", moved.sold),
        ("waiting" if store.backordered else "lost", moved.short), ("waste", moved.waste), ("stock", moved.stock),
    ):  # fmt: skip
        columns[name] = table.ravel()
    if promise is not None:
        columns |= {
            "reserve": promise.target.ravel(), "asked": promise.asked.ravel(), "service": promise.service.ravel(),
            "service_low": promise.low.ravel(), "service_high": promise.high.ravel(),
            "attainable": promise.attainable.ravel(),
            "verdict": np.array([str(word) or None for word in promise.verdict.ravel()], dtype=object),
        }  # fmt: skip
    return csv_bytes(columns)


def ages_csv(plan: PerishablePlan, ledger: Ledger) -> bytes:
    """ages.csv: of the ledger of single units, one line per item, day and age with any of them."""
    store = plan.store
    item, day, age = np.nonzero((ledger.sold > 0) | (ledger.wasted > 0) | (ledger.held > 0))
    return csv_bytes(
        {
            "item_id": np.array(store.item_id, dtype=object)[item],
            "day": np.array(store.calendar, dtype=object)[day],
            "age": age,
            "sold": ledger.sold[item, day, age],
            "waste": ledger.wasted[item, day, age],
            "stock": ledger.held[item, day, age],
        }
    )


def perishables_page(plan: PerishablePlan, ledger: Ledger, versions: Mapping[str, str], command: str = "") -> str:
    """The page. Every text from the data is escaped."""
    store, moved, promise = plan.store, plan.planned, plan.promise
    shown = np.argsort(-(moved.short.sum(axis=1) + moved.waste.sum(axis=1)), kind="stable")[:MOST_ITEMS]
    some = np.flatnonzero(store.order_days.any(axis=0))
    least, most = store.limits
    tone = "open"
    if promise is not None:
        tone = "kept" if promise.kept else "broken"
    heat = None
    if promise is not None and store.service is not None:
        reach = np.where(promise.promised, promise.service, np.nan)
        level = np.where(promise.promised, store.service.alpha, np.nan)
        important = np.ones(store.items, dtype=np.bool_)
        heat = markup(service(store.calendar, store.item_id, important, level, reach, store.service.alpha, "service"))
    content = {
        "plan": plan,
        "store": store,
        "tone": tone,
        "headline": perishables_headline(plan),
        "promise_headline": promise_headline(plan),
        "levels": [(level.title, value_words(level), bound_words(level)) for level in plan.levels],
        "cards": _cards(plan),
        "days": markup(days_plot(plan, "days")),
        "stock": markup(stock_plot(plan, ledger, shown.tolist(), "stock")),
        "drawn": len(shown),
        "heat": heat,
        "order_days": [store.calendar[t] for t in some[:MOST_DAYS]],
        "more_days": max(len(some) - MOST_DAYS, 0),
        "orders": [
            (store.item_id[k], float(plan.orders[k].sum()), [float(plan.orders[k, t]) for t in some[:MOST_DAYS]])
            for k in range(store.items)
        ],
        "totals": [
            (float(plan.orders[:, t].sum()), float(least[t]), float(most[t]), bool(np.isfinite(most[t])))
            for t in some[:MOST_DAYS]
        ],
        "made": _made(plan, ledger),
        "versions": versions,
        "command": command,
    }
    return rendered("perishables.html.j2", content)


def _cards(plan: PerishablePlan) -> list[tuple[str, str, str]]:
    """The figures at the top: name, value, detail."""
    store, moved, promise = plan.store, plan.planned, plan.promise
    wanted, received = float(store.demand.sum()), float(moved.received.sum() + store.opening.sum())
    waste, missed = float(moved.waste.sum()), float(moved.short.sum())
    what = "waiting, units and nights" if store.backordered else "demand lost"
    share = "" if store.backordered or not wanted else f"{words.percent(missed / wanted)} of {words.units(wanted)}"
    lost = (what, words.units(missed), share)
    wasted = ("waste", words.units(waste), f"{words.percent(waste / received)} of what was there" if received else "")
    left = ("left at the end", words.units(float(moved.end.sum())), "still to come included")
    ordered = ("ordered", words.units(float(plan.orders.sum())), f"on {int((plan.orders.sum(axis=0) > 0).sum())} days")
    cards = [lost, wasted, left, ordered]
    if promise is not None:
        expected = float(promise.expected_waste.sum())
        cards.append(("waste expected", words.units(expected), f"mean of {promise.paths:,} replays"))
    return cards


def _made(plan: PerishablePlan, ledger: Ledger) -> list[str]:
    """How the plan came about, and what it rests on."""
    store, far = plan.store, disagreement(plan, ledger)
    when = "can be sold the same day" if store.day.receives_first else "is first sold the day after"
    old = "before" if store.day.perishes_first else "after"
    agrees = (
        f"Replayed unit by unit: sold, lost, wasted and in stock as planned on every day (to {AGREES:g})."
        if far <= AGREES
        else f"Replayed unit by unit, the plan is off by {far:.3g}: please report this."
    )
    lines = [
        f"Order of events in a day: {store.day}. What comes in {when}; what reaches its shelf life goes {old} the "
        "day's sales.",
        "The oldest units are sold first. Unmet demand "
        + ("waits" if store.backordered else "is lost")
        + ", but only when nothing is left.",
        f"Orders: {'whole packs' if store.whole else 'any amount'}, on {int(store.order_days.any(axis=0).sum())} of "
        f"{store.days} days.",
        agrees,
        f"{plan.solves} programs solved by HiGHS in {plan.solver_seconds:.1f} processor seconds.",
    ]
    if plan.promise is not None:
        lines += plan.promise.words
    return lines
