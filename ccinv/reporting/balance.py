"""The report of a network's plan: the page, the tables, and the words of the command line."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ccinv.auditing.balance import BalanceAudit
from ccinv.auditing.judging import Verdict
from ccinv.network import BalancePlan
from ccinv.reporting import balance_plots, words
from ccinv.reporting.page import rendered
from ccinv.reporting.pictures import markup
from ccinv.reporting.tables import csv_bytes

MOST_STOCKS, MOST_ROWS, MOST_NAMED = 24, 200, 5
FULL = 1 - 1e-6  # share of a capacity from which an arc is full
KEPT = {"least stock": "stock at least its least", "most stock": "stock at most its most", "storage": "storage",
        "flow not negative": "no negative flow", "capacity": "capacity of arcs",
        "capacity of the horizon": "capacity of arcs over the horizon"}  # fmt: skip


def balance_headline(plan: BalancePlan, audit: BalanceAudit | None) -> str:
    """The cost, how good it is, and whether limits held, in one sentence."""
    proven = words.dollars(plan.bound)
    if plan.weight is None:
        return f"Every demand is met for {words.dollars(plan.cost)}; no flows cost less than {proven}."
    if math.isfinite(plan.worst_cost):
        share = f"{100 * plan.theta:g} %"
        said = (
            f"{words.dollars(plan.cost)} if demand is as expected, at most {words.dollars(plan.worst_cost)} for any "
            f"demand within {share} of that"
        )
    else:
        said = f"{words.dollars(plan.cost)} is the expected cost"
    made = "a lower worst case" if plan.aim == "WorstCase" else "a lower one"
    said += f"; no rules of this kind have {made} than {proven}."
    if audit is None:
        return said
    broken, tight = audit.counts[Verdict.BROKEN], audit.counts[Verdict.TIGHT]
    many, replays = sum(audit.counts.values()), f"{audit.paths:,} replays"
    if broken:
        return f"{said} {broken:,} of {many:,} limits broke in {replays}."
    if tight:
        return f"{said} No limit broke in {replays}; {tight:,} of {many:,} are too close to call."
    return f"{said} Every limit held in {replays}."


def balance_words(plan: BalancePlan, audit: BalanceAudit | None) -> list[str]:
    """What costs what, which arcs are full, which stores are open, and what the replay found."""
    known = plan.known
    parts = [("Flows", plan.flow_costs), ("stock", plan.holding_costs), ("backlog", plan.backlog_costs),
             ("open stores", plan.opening_costs)]  # fmt: skip
    lines = [", ".join(f"{name} {words.dollars(cost)}" for name, cost in parts if cost or name == "Flows")]
    for one, said in ((plan.open, "Opened"), (~plan.open, "Left closed")):
        names = [known.node[c] for c in np.flatnonzero(known.optional & one)]
        lines += [f"{said}: {', '.join(names)}"] if names else []
    share = _used(plan)
    full = np.argwhere(share >= FULL)
    if len(full):
        names = list(dict.fromkeys(_named(known.arc[a]) for a, _ in full))
        more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        lines.append(f"Arcs that are full in some period: {', '.join(names[:MOST_NAMED])}{more}")
    if audit is not None and plan.weight is not None:
        lines += _replayed(plan, audit)
    return [*lines, *(f"Note: {text}" for text in plan.notes)]


def _named(arc: tuple[str, ...]) -> str:
    return " → ".join(arc[:2]) + "".join(f" ({product})" for product in arc[2:])


def _used(plan: BalancePlan) -> np.ndarray[Any, Any]:
    """Share of the capacity of each arc and period that is taken at mean demand, (A, N)."""
    known = plan.known
    on_arc = np.zeros((len(known.arc), known.periods))
    np.add.at(on_arc, plan.layout.lane_arc, plan.flow)
    limited = np.isfinite(known.capacity) & (known.capacity > 0)
    return np.divide(on_arc, known.capacity, out=np.zeros_like(on_arc), where=limited)


def _replayed(plan: BalancePlan, audit: BalanceAudit) -> list[str]:
    lines = [
        f"Cost in the replays: {words.dollars(audit.cost)} on average, {words.dollars(audit.highest)} at most"
    ]  # fmt: skip
    for one in audit.promises:
        asked = np.isfinite(one.asked)
        if not asked.any():
            continue
        gap = np.where(asked, one.share - one.asked, np.inf)
        row, t = np.unravel_index(int(np.argmin(gap)), gap.shape)
        broken = int((one.verdict == Verdict.BROKEN).sum())
        if broken or not math.isfinite(plan.theta):
            found, wanted = words.percent(float(one.share[row, t])), words.percent(float(one.asked[row, t]))
            where = one.names[row] + (f", period {t + 1}" if gap.shape[1] > 1 else "")
            verdict = f"; {broken} broken" if broken else ""
            lines.append(
                f"Limit furthest from what was asked, {KEPT[one.kind]}: {found} of {wanted} ({where}){verdict}"
            )
    return lines


def balance_summary(plan: BalancePlan, audit: BalanceAudit | None) -> dict[str, Any]:
    """The figures as plain numbers; None where there is nothing to say."""
    known = plan.known
    figures: dict[str, Any] = {
        "schema": 1, "name": known.name, "nodes": len(known.node), "arcs": len(known.arc),
        "products": len(known.product), "periods": known.periods, "rule": plan.rule or None,
        "inversion": plan.inversion or None, "aim": plan.aim or None, "method": plan.method,
        "theta": _number(plan.theta), "cost": plan.cost, "worst_cost": _number(plan.worst_cost),
        "bound": _number(plan.bound), "gap": _number(plan.gap), "flow_costs": plan.flow_costs,
        "holding_costs": plan.holding_costs, "backlog_costs": plan.backlog_costs, "opening_costs": plan.opening_costs,
        "open": [known.node[c] for c in np.flatnonzero(known.optional & plan.open)],
        "closed": [known.node[c] for c in np.flatnonzero(~plan.open)],
        "solver_seconds": plan.seconds, "notes": list(plan.notes), "audit": None,
    }  # fmt: skip
    if audit is not None:
        figures["audit"] = {
            "paths": audit.paths,
            "seed": audit.seed,
            "kept": bool(audit.kept),
            "verdicts": {str(verdict).lower(): count for verdict, count in audit.counts.items()},
            "cost": audit.cost,
            "cost_error": audit.cost_error,
            "highest_cost": audit.highest,
        }
    return figures


def balance_tables(plan: BalancePlan, audit: BalanceAudit | None) -> dict[str, bytes]:
    """flows.csv, balance.csv, and where demand is uncertain rules.csv and limits.csv."""
    found = {"flows.csv": csv_bytes(plan.flow_columns()), "balance.csv": csv_bytes(plan.stock_columns())}
    if plan.weight is None:
        return found
    found["rules.csv"] = csv_bytes(plan.rule_columns())
    if audit is not None:
        rows: dict[str, list[Any]] = {name: [] for name in ("limit", "of", "period")}
        numbers: dict[str, list[float]] = {name: [] for name in ("asked", "audited", "low", "high")}
        verdicts: list[str | None] = []
        for one in audit.promises:
            for k, t in np.argwhere(np.isfinite(one.asked)):
                rows["limit"].append(one.kind)
                rows["of"].append(one.names[k])
                rows["period"].append(t + 1 if one.asked.shape[1] > 1 else 0)
                for name, table in zip(numbers, (one.asked, one.share, one.low, one.high), strict=True):
                    numbers[name].append(float(table[k, t]))
                verdicts.append(str(one.verdict[k, t]) or None)
        found["limits.csv"] = csv_bytes(
            {
                "limit": np.array(rows["limit"], dtype=object),
                "of": np.array(rows["of"], dtype=object),
                "period": np.array(rows["period"], dtype=np.int64),  # 0: of the whole horizon
                **{name: np.array(values) for name, values in numbers.items()},
                "verdict": np.array(verdicts, dtype=object),
            }
        )
    return found


def balance_page(plan: BalancePlan, audit: BalanceAudit | None, versions: Mapping[str, str], command: str = "") -> str:
    """The page. Every text from the data is escaped."""
    tone = "open"
    if audit is not None and plan.weight is not None:
        tone = "broken" if audit.counts[Verdict.BROKEN] else "tight" if audit.counts[Verdict.TIGHT] else "kept"
    known = plan.known
    content = {
        "plan": plan, "known": known, "audit": audit, "tone": tone, "headline": balance_headline(plan, audit),
        "lines": balance_words(plan, audit), "cards": _cards(plan, audit), "pictures": _pictures(plan),
        "arcs": _arcs(plan), "versions": versions, "command": command, "uncertain": plan.weight is not None,
        "products": [
            {"name": name, "colour": balance_plots.COLOURS[k % len(balance_plots.COLOURS)]}
            for k, name in enumerate(known.product)
        ],
    }  # fmt: skip
    return rendered("balance.html.j2", content)


def _cards(plan: BalancePlan, audit: BalanceAudit | None) -> list[dict[str, str]]:
    known = plan.known
    cards = [
        {"name": "Network", "value": f"{len(known.node):,} nodes",
         "detail": f"{words.count(len(known.arc), 'arc')}, {words.count(len(known.product), 'product')}, "
                   f"{words.count(known.periods, 'period')}"},
        {"name": "Cost", "value": words.dollars(plan.cost),
         "detail": f"least possible: {words.dollars(plan.bound)}" if plan.weight is None else "at the expected demand"},
    ]  # fmt: skip
    if math.isfinite(plan.worst_cost):
        detail = (
            f"least possible: {words.dollars(plan.bound)}" if plan.aim == "WorstCase" else "of any demand in the box"
        )
        cards.append({"name": "Worst case", "value": words.dollars(plan.worst_cost), "detail": detail})
    cards.append(
        {"name": "Demand", "value": words.units(float(known.demand.mean.sum())),
         "detail": f"units, in {words.count(len(known.demand_at), 'place')}"}
    )  # fmt: skip
    if audit is not None and plan.weight is not None:
        counts = audit.counts
        detail = f"of {sum(counts.values()):,} · {counts[Verdict.TIGHT]:,} tight · {counts[Verdict.BROKEN]:,} broken"
        cards.append({"name": "Limits kept", "value": f"{counts[Verdict.KEPT]:,}", "detail": detail})
    return cards


def _pictures(plan: BalancePlan) -> dict[str, Any]:
    known, layout = plan.known, plan.layout
    picture = balance_plots.flows(plan, "flows")
    size = np.maximum(np.abs(plan.low), np.abs(plan.high)).max(axis=1)
    store = [
        k for k in range(layout.cells) if known.kind[layout.cell_node[k]] == "store" and size[k] > 1e-6 * known.unit
    ]
    store.sort(key=lambda k: -float(plan.stock[k].max()))
    calendar = [str(t + 1) for t in range(known.periods)]
    stocks = [
        {
            "node": plan.cells[k][0],
            "product": plan.cells[k][1],
            "svg": markup(
                balance_plots.stock(
                    calendar, float(layout.on_hand[k]), plan.stock[k], plan.low[k], plan.high[k],
                    (float(layout.least[k]), float(layout.most[k])), f"stock{n}",
                )
            ),
        }
        for n, k in enumerate(sorted(store[:MOST_STOCKS]))
    ]  # fmt: skip
    return {"flows": None if picture is None else markup(picture), "stocks": stocks, "stores": len(store)}


def _arcs(plan: BalancePlan) -> dict[str, Any]:
    """Every lane that is used: how much, when, at what cost."""
    known, layout = plan.known, plan.layout
    used = _used(plan)
    rows = []
    for k in np.flatnonzero(plan.flow.sum(axis=1) > 0):
        arc = layout.lane_arc[k]
        rows.append(
            {
                "from": known.arc[arc][0],
                "to": known.arc[arc][1],
                "product": known.product[layout.lane_product[k]],
                "lag": int(known.lag[arc]),
                "total": float(plan.flow[k].sum()),
                "most": float(plan.flow[k].max()),
                "full": float(used[arc].max()) if np.isfinite(known.capacity[arc]).any() else float("nan"),
                "cost": float((plan.flow[k] * known.unit_cost[arc]).sum()),
            }
        )
    rows.sort(key=lambda row: -row["total"])
    return {"rows": rows[:MOST_ROWS], "more": len(rows) - MOST_ROWS}


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
