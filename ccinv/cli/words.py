"""A plan and its audit in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from ccinv.arrays import BoolArray, FloatArray
from ccinv.auditing import Audit
from ccinv.auditing.conduct import Comparison
from ccinv.reporting.policies import policies_words
from ccinv.reporting.words import VALUE, broken_words, headline, moment, percent
from ccinv.result import Plan

MOST_NAMED = 20


def plan_words(plan: Plan) -> list[str]:
    """What was planned and what it promises."""
    store = plan.store
    lines = [
        f"{store.name}: {store.items} items, {store.periods} periods; rule {plan.rule_name}, "
        f"objective {plan.objective} = {plan.objective_value:.6g}{_unit(plan)}, inversion {plan.inversion}",
        f"Promised: {', '.join(_promises(plan)) or 'nothing'}",
    ]
    idle = int((~plan.controllable).sum())
    if idle:
        lines.append(f"No order can influence {idle} of {plan.controllable.size} cells: nothing is promised there")
    if plan.out_of_reach:
        cells = _few(
            f"{store.item_id[cell.item]} {moment(store.calendar[cell.period])} "
            f"({cell.blame}: asked {percent(cell.asked)}, has {percent(cell.attained)})"
            for cell in plan.out_of_reach
        )
        lines.append(f"Out of reach, {len(plan.out_of_reach)}: {cells}")
    return lines + [f"Note: {text}" for text in plan.notes]


def audit_words(plan: Plan, audit: Audit | None, named: int = MOST_NAMED) -> list[str]:
    """What the replay says of the promises; broken ones are named, up to `named`."""
    lines = [headline(plan, audit), *broken_words(plan, audit, named)]
    if audit is None:
        return lines
    promised = np.isfinite(plan.asked)
    if promised.any():
        lines.append(f"Lowest service of a promised cell: {_lowest(plan, audit.service, promised)}")
    others = plan.controllable & ~promised
    if others.any():
        lowest = _lowest(plan, audit.service, others)
        lines.append(f"Lowest service of another cell: {lowest}; their mean: {percent(audit.service[others].mean())}")
    if plan.budget_limit is not None:
        period = int(np.nanargmin(audit.budget))
        lines.append(
            f"Money limit met, least often: {percent(audit.budget[period])} ({moment(plan.store.calendar[period])})"
        )
    return lines


def compared_words(comparison: Comparison | None) -> list[str]:
    """The plan beside policies of today, a line each."""
    if comparison is None:
        return []
    said = (
        f"Beside policies of today, {comparison.paths:,} replays (mean and worst service of important and other items; "
        "dollars obligated; worth of what is owed):"
    )
    return [said, *(f"  {line}" for line in policies_words(comparison))]


def _unit(plan: Plan) -> str:
    """What the value of the objective counts, in brackets."""
    meaning = VALUE.get(plan.objective)
    return "" if meaning is None else f" ({meaning})"


def _promises(plan: Plan) -> Iterator[str]:
    for asked, what in ((plan.asked, "cells"), (plan.order_asked, "orders"), (plan.budget_asked, "budget periods")):
        levels, counts = np.unique(asked[np.isfinite(asked)], return_counts=True)
        if len(levels) > 3:
            yield f"{counts.sum()} {what} from {percent(levels[0])} to {percent(levels[-1])}"
        else:
            yield from (f"{count} {what} at {percent(level)}" for level, count in zip(levels, counts, strict=True))


def _lowest(plan: Plan, service: FloatArray, among: BoolArray) -> str:
    item, period = np.unravel_index(np.argmin(np.where(among, service, np.inf)), service.shape)
    return f"{percent(service[item, period])} ({plan.store.item_id[item]}, {moment(plan.store.calendar[period])})"


def _few(names: Iterable[str]) -> str:
    listed = list(names)
    rest = len(listed) - MOST_NAMED
    return "; ".join(listed[:MOST_NAMED]) + (f"; and {rest} more" if rest > 0 else "")
