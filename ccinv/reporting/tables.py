"""The tables of a plan and its audit: plan.csv, budget.csv and the figures of summary.json."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ccinv.auditing import Audit, Verdict
from ccinv.result import Plan

# what a spreadsheet may take for a formula, also behind blanks and characters that do not show
_FORMULA = re.compile(
    r"^[\s\x00-\x1f\u200b-\u200f\u2028-\u202f\u2060-\u2064\ufeff\xa0\"']*[=+\-@\t\r\n|%\uff1d\uff0b\uff0d\uff20]"
)
MOST_NAMED = 100


def text_cell(text: str) -> str:
    """Text that no spreadsheet runs: an apostrophe goes before what could be a formula. Numbers never come here."""
    clean = text.encode("utf-8", "replace").decode()
    return f"'{clean}" if _FORMULA.match(clean) else clean


def plan_csv(plan: Plan, audit: Audit | None) -> bytes:
    """plan.csv: one line per item and period."""
    return csv_bytes(plan.columns(audit))


def budget_columns(plan: Plan, audit: Audit | None) -> dict[str, NDArray[Any]]:
    """The dollars obligated in each period against the limit, (N,) each; NaN or None where there is nothing to say."""
    periods = plan.store.periods
    nothing = np.full(periods, np.nan)
    verdict = np.full(periods, None, dtype=object)
    if audit is not None:
        verdict[:] = [str(word) or None for word in audit.budget_verdict]
    return {
        "period": np.arange(1, periods + 1),
        "limit": nothing if plan.budget_limit is None else plan.budget_limit,
        "expected": plan.budget_mean,
        "sd": plan.budget_sd,
        "promised": plan.budget_promised,
        "audited": nothing if audit is None else audit.budget,
        "verdict": verdict,
    }


def budget_csv(plan: Plan, audit: Audit | None) -> bytes:
    """budget.csv: one line per period."""
    return csv_bytes(budget_columns(plan, audit))


def csv_bytes(columns: dict[str, NDArray[Any]]) -> bytes:
    """A table as CSV: text (object arrays) that no spreadsheet runs, numbers, and nothing where there is nothing."""
    import polars as pl

    series = []
    for name, values in columns.items():
        if values.dtype == np.object_:
            known = {text: None if text is None else text_cell(text) for text in set(values.tolist())}
            series.append(pl.Series(name, [known[text] for text in values.tolist()], dtype=pl.String))
        else:
            series.append(
                pl.Series(name, np.ascontiguousarray(values)).fill_nan(None)
                if values.dtype == np.float64
                else pl.Series(name, values)
            )
    return pl.DataFrame(series).write_csv().encode()


def asked_counts(plan: Plan) -> dict[str, int]:
    """How many promises there are of each kind."""
    return {
        "service": int(np.isfinite(plan.asked).sum()),
        "budget": int(np.isfinite(plan.budget_asked).sum()),
        "orders": int(np.isfinite(plan.order_asked).sum()),
    }


def broken_promises(plan: Plan, audit: Audit) -> list[dict[str, Any]]:
    """The broken promises, the furthest from what was asked first: kind, item, period, asked and found."""
    store = plan.store
    found: list[dict[str, Any]] = []
    for kind, verdict, asked, rate in (
        ("service", audit.verdict, plan.asked, audit.service),
        ("orders", audit.order_verdict, plan.order_asked, audit.order),
    ):
        found += [
            {"kind": kind, "item_id": store.item_id[i], "period": int(t) + 1, "asked": float(asked[i, t]),
             "audited": float(rate[i, t])}
            for i, t in np.argwhere(verdict == Verdict.BROKEN)
        ]  # fmt: skip
    found += [
        {"kind": "budget", "item_id": None, "period": int(t) + 1, "asked": float(plan.budget_asked[t]),
         "audited": float(audit.budget[t])}
        for t in np.flatnonzero(audit.budget_verdict == Verdict.BROKEN)
    ]  # fmt: skip
    return sorted(found, key=lambda one: one["audited"] - one["asked"])


def summary(plan: Plan, audit: Audit | None) -> dict[str, Any]:
    """The figures of a plan and its audit as plain numbers and words; None where there is nothing to say."""
    store = plan.store
    money = plan.budget_limit is not None
    figures: dict[str, Any] = {
        "schema": 1,
        "store": store.name,
        "items": store.items,
        "periods": store.periods,
        "important_items": int(store.important.sum()),
        "rule": plan.rule_name,
        "inversion": plan.inversion,
        "objective": plan.objective,
        "objective_value": _number(plan.objective_value),
        "levels": [_number(level) for level in plan.levels],
        "gap": _number(plan.gap),
        "order_up_to": _number(plan.order_up_to),
        "bound": _number(plan.bound),
        "solves": plan.solves,
        "solver_seconds": _number(plan.solver_seconds),
        "promises": asked_counts(plan),
        "lowest_promised_service": _least(plan.promised, np.isfinite(plan.asked)),
        "expected_dollars_highest": _number(float(plan.budget_mean.max())),
        "budget_limit_least": _number(float(np.min(plan.budget_limit))) if plan.budget_limit is not None else None,
        "lowest_promised_budget": _least(plan.budget_promised, np.isfinite(plan.budget_asked)) if money else None,
        "out_of_reach": [
            {"item_id": store.item_id[cell.item], "period": cell.period + 1, "asked": cell.asked,
             "attained": _number(cell.attained), "alone": _number(cell.alone), "blame": cell.blame}
            for cell in plan.out_of_reach[:MOST_NAMED]
        ],
        "out_of_reach_cells": len(plan.out_of_reach),
        "notes": list(plan.notes),
        "audit": None,
    }  # fmt: skip
    if audit is not None:
        broken = broken_promises(plan, audit)
        figures["audit"] = {
            "paths": audit.paths,
            "seed": audit.seed,
            **({} if audit.parts is None else {"parts": audit.parts.words}),
            "kept": bool(audit.kept),
            "verdicts": {str(verdict).lower(): count for verdict, count in audit.counts.items()},
            "lowest_audited_service": _least(audit.service, np.isfinite(plan.asked)),
            "lowest_audited_budget": _least(audit.budget, np.isfinite(plan.budget_asked)),
            "lowest_joint_service": _least(audit.joint_service, store.important),
            "broken": broken[:MOST_NAMED],
            "broken_promises": len(broken),
        }
    return figures


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _least(values: NDArray[np.float64], where: NDArray[np.bool_]) -> float | None:
    chosen = values[where]
    chosen = chosen[np.isfinite(chosen)]
    return float(chosen.min()) if chosen.size else None
