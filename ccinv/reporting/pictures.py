"""The pictures of the page, ready to be put in: stock of single items, money, service, orders."""

from __future__ import annotations

from typing import Any

import numpy as np

from ccinv.arrays import IntArray
from ccinv.auditing import Audit, Verdict, fan
from ccinv.reporting import plots, words
from ccinv.result import Plan

FAN_PATHS = 4_000


def fans(plan: Plan, audit: Audit | None, items: IntArray) -> list[dict[str, Any]]:
    """Stock of the worst items over time: the picture, and what stands under it."""
    store = plan.store
    seed, parts = (1, None) if audit is None else (audit.seed, audit.parts)
    quantiles = fan(plan, items.tolist(), FAN_PATHS, seed, parts=parts)
    found = plan.promised if audit is None else audit.service
    shown = []
    for row, k in enumerate(items):
        promised = np.isfinite(plan.asked[k])
        judged = promised if promised.any() else plan.controllable[k]
        judged = judged if judged.any() else np.ones(store.periods, dtype=np.bool_)
        worst = int(np.argmin(np.where(judged, found[k], np.inf)))
        broken = np.zeros(store.periods, dtype=np.bool_) if audit is None else audit.verdict[k] == Verdict.BROKEN
        shown.append(
            {
                "item": store.item_id[k],
                "important": bool(store.important[k]),
                "svg": markup(plots.stock_fan(store.calendar, quantiles[row], broken, f"stock{row}")),
                "worst": float(found[k, worst]),
                "when": words.moment(store.calendar[worst]),
                "asked": float(plan.asked[k, worst]) if promised.any() else None,
            }
        )
    return shown


def pictures(plan: Plan, audit: Audit | None, ranking: IntArray) -> dict[str, Any]:
    """The large pictures."""
    store = plan.store
    order = ranking[np.argsort(~store.important[ranking], kind="stable")]
    reachable = np.where(plan.controllable, 0.0, np.nan)
    executed = None if audit is None else store.unit_cost @ audit.order_mean
    return {
        "money": markup(
            plots.money(
                store.calendar, plan.budget_mean, plan.budget_sd, plan.budget_limit,
                None if audit is None else audit.budget_mean, "money",
            )
        ),
        "service": markup(
            plots.service(
                store.calendar, [store.item_id[k] for k in order], store.important[order],
                (plan.promised + reachable)[order], None if audit is None else (audit.service + reachable)[order],
                store.service.alpha,
                "service",
            )
        ),
        "orders": markup(plots.orders(store.calendar, executed, store.unit_cost @ plan.order_mean, "orders")),
        "joined": int(np.ceil(store.items / plots.MOST_ROWS)),
    }  # fmt: skip


def markup(svg: str) -> Any:
    """A picture of `plots`, which holds no text from the data but plain short names."""
    from markupsafe import Markup

    return Markup(svg)  # noqa: S704  # the only text that is not escaped
