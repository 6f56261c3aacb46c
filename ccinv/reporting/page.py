"""The report: one self-contained page of words, tables and pictures, without a script and without a link outside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from ccinv.arrays import FloatArray, IntArray
from ccinv.auditing import Audit, Verdict
from ccinv.auditing.conduct import Comparison
from ccinv.reporting import words
from ccinv.reporting.pictures import fans, pictures
from ccinv.reporting.policies import policies_content
from ccinv.reporting.tables import asked_counts
from ccinv.result import Plan

WORST_CELLS = 20
WORST_ITEMS = 20
FIRST_ORDERS = 20
MOST_REACHES = 40
MOST_NOTES = 100


def page(
    plan: Plan,
    audit: Audit | None,
    versions: Mapping[str, str],
    command: str = "",
    comparison: Comparison | None = None,
) -> str:
    """The page on `plan`, what its audit found (None: not replayed) and what other policies came to beside it."""
    content = _content(plan, audit, versions, command) | {"policies": policies_content(comparison)}
    return rendered("page.html.j2", content)


def rendered(template: str, content: Mapping[str, Any]) -> str:
    """A template of this package with its content; every text from the data is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("ccinv", "reporting"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"percent": words.percent, "units": words.units, "dollars": words.dollars}
    text = str(environment.get_template(template).render(content))
    return text.encode("utf-8", "replace").decode()  # a name from Python may hold what no file can


def _content(plan: Plan, audit: Audit | None, versions: Mapping[str, str], command: str) -> dict[str, Any]:
    """Everything that the template shows."""
    store = plan.store
    ranking = worst_first(plan, audit)
    return {
        "store": store,
        "plan": plan,
        "audit": audit,
        "tone": words.tone(plan, audit),
        "headline": words.headline(plan, audit),
        "broken": words.broken_words(plan, audit),
        "cards": _cards(plan, audit),
        "orders": _first_orders(plan, audit),
        "money": _money(plan, audit),
        "cells": _worst_cells(plan, audit),
        "joint": _joint(plan, audit),
        "never_negative": _never_negative(plan, audit),
        "fans": fans(plan, audit, ranking[:WORST_ITEMS]),
        "pictures": pictures(plan, audit, ranking),
        "reaches": _reaches(plan),
        "notes": plan.notes[:MOST_NOTES],
        "judged": [] if audit is None else words.judged(plan, audit),
        "rule": words.RULE.get(plan.rule_name, plan.rule_name),
        "objective": words.OBJECTIVE.get(plan.objective, plan.objective),
        "inversion": words.INVERSION.get(plan.inversion, plan.inversion),
        "versions": versions,
        "command": command,
    }


def worst_first(plan: Plan, audit: Audit | None) -> IntArray:
    """Items from the one furthest below (or least above) what was asked of it; items without a promise after these."""
    found = plan.promised if audit is None else audit.service
    promised = np.isfinite(plan.asked)
    room = np.where(promised, found - np.where(promised, plan.asked, 0.0), np.inf).min(axis=1)
    reachable = np.where(plan.controllable, found, np.inf).min(axis=1)
    order: IntArray = np.lexsort((reachable, room)).astype(np.int64)
    return order


def _cards(plan: Plan, audit: Audit | None) -> list[dict[str, str]]:
    """The key figures: what, how much, and a line of detail."""
    store = plan.store
    asked = asked_counts(plan)
    total = sum(asked.values())
    kinds = [f"{asked[name]:,} {name}" for name in asked if asked[name]]
    cards = [
        {
            "name": "Items",
            "value": f"{store.items:,}",
            "detail": f"{int(store.important.sum()):,} important · {words.count(store.periods, 'period')}, "
            f"{store.calendar[0]} to {store.calendar[-1]}",
        }
    ]
    if audit is None:
        cards.append({"name": "Promises", "value": f"{total:,}", "detail": " · ".join(kinds) or "none"})
    else:
        counts = audit.counts
        detail = f"of {total:,} · {counts[Verdict.TIGHT]:,} tight · {counts[Verdict.BROKEN]:,} broken"
        cards.append({"name": "Promises kept", "value": f"{counts[Verdict.KEPT]:,}", "detail": detail})
    cards.append(_money_card(plan))
    promised = np.isfinite(plan.asked)
    if promised.any():
        rates = plan.promised if audit is None else audit.service
        low, high = words.percent(float(plan.asked[promised].min())), words.percent(float(plan.asked[promised].max()))
        name = "Lowest promised service" if audit is None else "Lowest service found"
        detail = f"asked: {low}" if low == high else f"asked: {low} to {high}"
        cards.append({"name": name, "value": words.percent(float(rates[promised].min())), "detail": detail})
    cards.append(
        {
            "name": "Objective",
            "value": words.dollars(plan.objective_value) if plan.objective in ("MinimumBudget", "ExpectedCost")
            else words.units(plan.objective_value),
            "detail": words.VALUE.get(plan.objective, plan.objective),
        }
    )  # fmt: skip
    return cards


def _money_card(plan: Plan) -> dict[str, str]:
    worst = int(np.argmax(plan.budget_mean))
    detail = f"at its highest, in {words.moment(plan.store.calendar[worst])}; no limit"
    if plan.budget_limit is not None:
        share = np.divide(plan.budget_mean, plan.budget_limit, out=np.zeros_like(plan.budget_mean),
                          where=plan.budget_limit > 0)  # fmt: skip
        worst = int(np.argmax(share))
        detail = f"{share[worst]:.0%} of the limit of {words.dollars(float(plan.budget_limit[worst]))}, in "
        detail = detail.replace("%", " %") + words.moment(plan.store.calendar[worst])
    return {"name": "Expected dollars", "value": words.dollars(float(plan.budget_mean[worst])), "detail": detail}


def _executed(plan: Plan, audit: Audit | None) -> FloatArray:
    """Expected orders (n, N) as they are placed; without a replay those of the rule, where they are not negative."""
    return np.maximum(plan.order_mean, 0.0) if audit is None else audit.order_mean


def _first_orders(plan: Plan, audit: Audit | None) -> dict[str, Any]:
    """What to order in the first period: the dearest orders first."""
    store = plan.store
    first = _executed(plan, audit)[:, 0]
    spent = store.unit_cost * first
    none = np.zeros((store.items, 1))
    fixed = plan.rule.cumulative(none)[:, 0]
    per_sale = plan.rule.cumulative(none + 1.0)[:, 0] - fixed
    chosen = np.argsort(-spent, kind="stable")[:FIRST_ORDERS]
    return {
        "rows": [
            {
                "item": store.item_id[k],
                "important": bool(store.important[k]),
                "on_hand": float(store.on_hand[k]),
                "on_order": float(store.on_order[k]),
                "sales": float(store.demand.mean[k, 0]),
                "order": float(first[k]),
                "dollars": float(spent[k]),
                "rule": _rule_words(float(per_sale[k]), float(fixed[k])),
            }
            for k in chosen
        ],
        "dollars": float(spent.sum()),
        "ordered": int((first > 0).sum()),
        "seen": bool(np.any(per_sale != 0)),
    }


def _rule_words(per_sale: float, fixed: float) -> str:
    """ "1.00 × sales − 12.4": the first order before it is kept from being negative."""
    if per_sale == 0:
        return words.units(fixed)
    amount = words.units(abs(fixed))
    rest = "" if amount == "0" else f" {'+' if fixed > 0 else '−'} {amount}"
    return f"{words.units(per_sale)} × sales{rest}"


def _money(plan: Plan, audit: Audit | None) -> list[dict[str, Any]]:
    """The limit of each period against what is expected, promised and found."""
    if plan.budget_limit is None:
        return []
    return [
        {
            "period": plan.store.calendar[t],
            "limit": float(plan.budget_limit[t]),
            "expected": float(plan.budget_mean[t]),
            "sd": float(plan.budget_sd[t]),
            "asked": float(plan.budget_asked[t]),
            "promised": float(plan.budget_promised[t]),
            "found": None if audit is None else float(audit.budget[t]),
            "low": None if audit is None else float(audit.budget_low[t]),
            "high": None if audit is None else float(audit.budget_high[t]),
            "verdict": "" if audit is None else str(audit.budget_verdict[t]),
        }
        for t in range(plan.store.periods)
    ]


def _worst_cells(plan: Plan, audit: Audit | None) -> list[dict[str, Any]]:
    """The promised cells with the least room between what was asked and what was found."""
    store = plan.store
    found = plan.promised if audit is None else audit.service
    item, period = np.nonzero(np.isfinite(plan.asked))
    room = found[item, period] - plan.asked[item, period]
    chosen = np.argsort(room, kind="stable")[:WORST_CELLS]
    return [
        {
            "item": store.item_id[i],
            "period": store.calendar[t],
            "asked": float(plan.asked[i, t]),
            "promised": float(plan.promised[i, t]),
            "found": None if audit is None else float(audit.service[i, t]),
            "low": None if audit is None else float(audit.low[i, t]),
            "high": None if audit is None else float(audit.high[i, t]),
            "verdict": "" if audit is None else str(audit.verdict[i, t]),
            "stock": float(plan.mean[i, t]),
            "sd": float(plan.sd[i, t]),
        }
        for i, t in zip(item[chosen], period[chosen], strict=True)
    ]


def _joint(plan: Plan, audit: Audit | None) -> dict[str, float] | None:
    """How often items with a promise got through all periods that an order can reach without any shortage."""
    if audit is None:
        return None
    rates = audit.joint_controllable[np.isfinite(plan.asked).any(axis=1)]
    rates = rates[np.isfinite(rates)]
    return {"mean": float(rates.mean()), "least": float(rates.min())} if rates.size else None


def _never_negative(plan: Plan, audit: Audit | None) -> dict[str, float] | None:
    """How surely the rule orders no negative amount, where that was promised: the least, and what was asked there."""
    promised = np.isfinite(plan.order_asked)
    if not promised.any():
        return None
    rates = plan.order_promised if audit is None else audit.order
    least = np.unravel_index(int(np.argmin(np.where(promised, rates, np.inf))), rates.shape)
    return {"cells": int(promised.sum()), "asked": float(plan.order_asked[least]), "least": float(rates[least])}


def _reaches(plan: Plan) -> dict[str, Any]:
    """Cells that cannot have what was asked, joined by item and reason."""
    store = plan.store
    rows = [
        {
            "item": store.item_id[cell.item],
            "period": store.calendar[cell.period],
            "asked": cell.asked,
            "attained": cell.attained,
            "why": words.BLAME.get(cell.blame, cell.blame).replace("{alone}", words.percent(cell.alone)),
        }
        for cell in sorted(plan.out_of_reach, key=lambda cell: cell.attained - cell.asked)[:MOST_REACHES]
    ]
    counts = Counter(cell.blame for cell in plan.out_of_reach)
    return {"rows": rows, "total": len(plan.out_of_reach), "counts": counts.most_common()}
