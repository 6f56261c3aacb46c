"""The report of a lot-sizing plan: the page, the tables, and the words of the command line."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.auditing.judging import Verdict
from ccinv.auditing.lots import LotAudit
from ccinv.lots import LotPlan
from ccinv.reporting import lot_plots, words
from ccinv.reporting.page import rendered
from ccinv.reporting.pictures import markup
from ccinv.reporting.tables import csv_bytes

MOST_ITEMS = 40  # in the picture of orders
MOST_STOCKS = 20
MOST_ORDERS = 200
MOST_NAMED = 5
STRATEGY = {
    "static": "every order is fixed now, its time and its size",
    "static-dynamic": "times of orders are fixed now, their sizes fill stock up to fixed levels",
}
HELD = 0.001  # share of replays with a level below the stock from which it is worth a word


def lots_headline(plan: LotPlan, audit: LotAudit | None) -> str:
    """The cost, how good it is, and whether promises held, in one sentence."""
    count = words.count(int(plan.setup.sum()), "order")
    said = f"{count} for {words.dollars(plan.cost)}; no plan of this kind costs less than {words.dollars(plan.bound)}."
    if audit is None or plan.known.service is None:
        return said
    promises, broken, tight = (
        audit.verdict.size, audit.counts[Verdict.BROKEN], audit.counts[Verdict.TIGHT]
    )  # fmt: skip
    replays = f"{audit.paths:,} replays"
    if broken:
        return f"{said} {broken:,} of {promises:,} promises of service broke in {replays}."
    if tight:
        return f"{said} No promise of service broke in {replays}; {tight:,} of {promises:,} are too close to call."
    return f"{said} Every promise of service held in {replays}."


def lots_words(plan: LotPlan, audit: LotAudit | None) -> list[str]:
    """What costs what, how full the capacity is, and what the replay found."""
    known = plan.known
    lines = [
        f"Set-ups {words.dollars(plan.setup_costs)}, units {words.dollars(plan.unit_costs)}, stock on hand "
        f"{words.dollars(plan.holding_costs)}; the least cost is {100 * plan.gap:.2g} % lower at most"
    ]
    tight = np.isfinite(known.capacity)
    if tight.any():
        share = np.divide(plan.used, known.capacity, out=np.zeros(len(tight)), where=tight & (known.capacity > 0))
        full = int(np.argmax(np.where(tight, share, -1.0)))
        mean = words.percent(min(float(share[tight].mean()), 1.0))
        most = words.percent(min(float(share[full]), 1.0))
        lines.append(f"Capacity taken: {mean} on average, at most {most}, in period {full + 1}")
    if audit is not None:
        lines += _replayed(plan, audit)
    return [*lines, *(f"Note: {text}" for text in plan.notes)]


def _replayed(plan: LotPlan, audit: LotAudit) -> list[str]:
    known = plan.known
    lines = []
    if known.service is not None:
        item, period = np.unravel_index(int(np.argmin(audit.service - known.service[:, None])), audit.service.shape)
        where = f"{known.item_id[item]}, period {period + 1}"
        found, asked = words.percent(float(audit.service[item, period])), words.percent(float(known.service[item]))
        lines.append(f"Service furthest from what was asked: {found} where {asked} was asked ({where})")
        broken = np.argwhere(audit.verdict == Verdict.BROKEN)
        for i, t in broken[:MOST_NAMED]:
            found, asked = words.percent(float(audit.service[i, t])), words.percent(float(known.service[i]))
            lines.append(f"Service of {known.item_id[i]} in period {t + 1}: {asked} asked, {found} found.")
        if len(broken) > MOST_NAMED:
            lines.append(f"{len(broken) - MOST_NAMED} more broken promises, not listed here.")
    lines.append(f"Cost in the replays: {words.dollars(audit.cost)} on average")
    if audit.held_back.max(initial=0.0) > HELD:
        i, t = np.unravel_index(int(np.argmax(audit.held_back)), audit.held_back.shape)
        most = words.percent(float(audit.held_back[i, t]))
        lines.append(
            f"Stock is above the level when it is time to order in up to {most} of replays ({known.item_id[i]}, period "
            f"{t + 1}): nothing is ordered then, where the plan counts on what it would send back; service only gains, "
            "and the cost is higher than planned"
        )
    random = bool((audit.order_sd > 1e-9 * np.maximum(plan.order, 1.0)).any())
    missed = np.isfinite(audit.capacity) & (audit.capacity < 1)
    if random and missed.any():
        worst = int(np.argmin(np.where(missed, audit.capacity, 2.0)))
        lines.append(
            "Capacity is kept by expected orders; by those of the replays it is kept least often in period "
            f"{worst + 1}, in {words.percent(audit.capacity[worst])} of them"
        )
    return lines


def lots_columns(plan: LotPlan, audit: LotAudit | None) -> dict[str, np.ndarray[Any, Any]]:
    """lots.csv: one line per item and period."""
    nothing = np.full(plan.stock.size, np.nan)
    verdict = np.full(plan.stock.size, None, dtype=object)
    if audit is not None:
        verdict[:] = [str(word) or None for word in audit.verdict.ravel()]
    return {
        **plan.columns(),
        "audited": nothing if audit is None else audit.service.ravel(),
        "audited_low": nothing if audit is None else audit.low.ravel(),
        "audited_high": nothing if audit is None else audit.high.ravel(),
        "verdict": verdict,
    }


def lots_csv(plan: LotPlan, audit: LotAudit | None) -> bytes:
    return csv_bytes(lots_columns(plan, audit))


def capacity_csv(plan: LotPlan, audit: LotAudit | None) -> bytes:
    """capacity.csv: one line per period; kept: share of replays within the capacity."""
    known = plan.known
    return csv_bytes(
        {
            "period": np.arange(1, known.periods + 1),
            "capacity": np.where(np.isfinite(known.capacity), known.capacity, np.nan),
            "used": plan.used,
            "setups": plan.setup.sum(axis=0),
            "kept": np.full(known.periods, np.nan) if audit is None else audit.capacity,
        }
    )


def lots_summary(plan: LotPlan, audit: LotAudit | None) -> dict[str, Any]:
    """The figures as plain numbers; None where there is nothing to say."""
    known = plan.known
    figures: dict[str, Any] = {
        "schema": 1,
        "name": known.name,
        "items": known.items,
        "periods": known.periods,
        "strategy": plan.strategy,
        "inversion": plan.inversion,
        "method": plan.method,
        "cost": plan.cost,
        "bound": _number(plan.bound),
        "gap": _number(plan.gap),
        "setup_costs": plan.setup_costs,
        "unit_costs": plan.unit_costs,
        "holding_costs": plan.holding_costs,
        "orders": int(plan.setup.sum()),
        "solver_seconds": plan.seconds,
        "promises": int(np.isfinite(plan.promised).sum()),
        "notes": list(plan.notes),
        "audit": None,
    }
    if audit is not None:
        figures["audit"] = {
            "paths": audit.paths,
            "seed": audit.seed,
            "kept": bool(audit.kept),
            "verdicts": {str(verdict).lower(): count for verdict, count in audit.counts.items()},
            "lowest_service": float(audit.service.min()),
            "cost": audit.cost,
            "cost_error": audit.cost_error,
            "most_held_back": float(audit.held_back.max()),
            "lowest_capacity": _number(float(np.nanmin(audit.capacity))) if np.isfinite(audit.capacity).any() else None,
        }
    return figures


def lots_page(plan: LotPlan, audit: LotAudit | None, versions: Mapping[str, str], command: str = "") -> str:
    """The page. Every text from the data is escaped."""
    known = plan.known
    tone = "open"
    if audit is not None and known.service is not None:
        tone = "broken" if audit.counts[Verdict.BROKEN] else "tight" if audit.counts[Verdict.TIGHT] else "kept"
    content = {
        "plan": plan,
        "known": known,
        "audit": audit,
        "tone": tone,
        "headline": lots_headline(plan, audit),
        "lines": lots_words(plan, audit),
        "cards": _cards(plan, audit),
        "pictures": _pictures(plan, audit),
        "orders": _orders(plan, audit),
        "how": STRATEGY[plan.strategy],
        "inversion": words.INVERSION.get(plan.inversion, plan.inversion),
        "versions": versions,
        "command": command,
    }
    return rendered("lots.html.j2", content)


def _cards(plan: LotPlan, audit: LotAudit | None) -> list[dict[str, str]]:
    known = plan.known
    cards = [
        {"name": "Items", "value": f"{known.items:,}", "detail": words.count(known.periods, "period")},
        {
            "name": "Cost",
            "value": words.dollars(plan.cost),
            "detail": f"least possible: {words.dollars(plan.bound)} or more",
        },
        {
            "name": "Orders",
            "value": f"{int(plan.setup.sum()):,}",
            "detail": f"set-ups {words.dollars(plan.setup_costs)}",
        },
        {
            "name": "Stock on hand",
            "value": words.dollars(plan.holding_costs),
            "detail": f"for {words.units(float(plan.on_hand.sum()))} units kept for a period",
        },
    ]
    if audit is not None and known.service is not None:
        counts = audit.counts
        detail = f"of {audit.verdict.size:,} · {counts[Verdict.TIGHT]:,} tight · {counts[Verdict.BROKEN]:,} broken"
        cards.append({"name": "Promises kept", "value": f"{counts[Verdict.KEPT]:,}", "detail": detail})
    return cards


def _pictures(plan: LotPlan, audit: LotAudit | None) -> dict[str, Any]:
    known = plan.known
    calendar = [str(t + 1) for t in range(known.periods)]
    worth = (known.setup_cost * plan.setup + known.holding_cost * plan.on_hand).sum(axis=1)
    dear = np.argsort(-worth, kind="stable")
    shown = np.sort(dear[:MOST_ITEMS])
    lasts = _lasts(plan)
    setups = known.setup_time @ plan.setup
    spread = np.zeros(known.periods)
    if audit is not None and plan.strategy != "static":
        spread = np.sqrt(known.unit_time**2 @ audit.order_sd**2)
    opening = plan.stock + known.demand.mean
    stocks = [
        {
            "item": known.item_id[i],
            "orders": int(plan.setup[i].sum()),
            "svg": markup(
                lot_plots.stock(
                    calendar, opening[i], plan.stock[i], plan.sd_stock[i], plan.target[i], plan.setup[i], f"stock{k}"
                )
            ),
        }
        for k, i in enumerate(dear[:MOST_STOCKS])
    ]
    limited = bool(np.isfinite(known.capacity).any())
    return {
        "schedule": markup(
            lot_plots.schedule(calendar, [known.item_id[i] for i in shown], plan.order[shown], lasts[shown], "schedule")
        ),
        "capacity": markup(lot_plots.capacity(calendar, setups, plan.used - setups, known.capacity, spread, "capacity"))
        if limited
        else None,
        "stocks": stocks,
        "left_out": known.items - len(shown),
    }


def _lasts(plan: LotPlan) -> FloatArray:
    """For each order the periods until the next one of its item, 0 where there is none."""
    periods = plan.known.periods
    following = np.where(plan.setup, np.arange(periods), periods)[:, ::-1]
    following = np.minimum.accumulate(following, axis=1)[:, ::-1]
    following = np.append(following[:, 1:], np.full((len(following), 1), periods), axis=1)
    found: FloatArray = np.where(plan.setup, following - np.arange(periods), 0).astype(np.float64)
    return found


def _orders(plan: LotPlan, audit: LotAudit | None) -> dict[str, Any]:
    """All orders in the order of time."""
    known = plan.known
    cells = sorted(np.argwhere(plan.setup).tolist(), key=lambda cell: (cell[1], cell[0]))
    lasts = _lasts(plan)
    rows = [
        {
            "period": t + 1,
            "item": known.item_id[i],
            "order": float(plan.order[i, t]),
            "level": float(plan.level[i, t]),
            "until": t + int(lasts[i, t]),
            "end": float(plan.stock[i, t + int(lasts[i, t]) - 1]),
            "target": float(plan.target[i, t + int(lasts[i, t]) - 1]),
            "held": None if audit is None else float(audit.held_back[i, t]),
        }
        for i, t in cells[:MOST_ORDERS]
    ]
    return {"rows": rows, "more": len(cells) - len(rows)}


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
