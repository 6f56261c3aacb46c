"""The page of initial stocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ccinv.auditing.stock import StockAudit
from ccinv.deliveries import Fit
from ccinv.deliveries.marks import Marks
from ccinv.materials import StockPlan
from ccinv.reporting import stock_plots, words
from ccinv.reporting.page import rendered
from ccinv.reporting.pictures import markup
from ccinv.reporting.stock import limit_words, misfit, money, number, probability, stock_headline

MOST_PICTURES = 6
MOST_ROWS = 200


def stock_page(plan: StockPlan, audit: StockAudit, versions: Mapping[str, str], command: str = "") -> str:
    """The page. Every text from the data is escaped."""
    known = plan.known
    tone = {"": "kept" if audit.kept else "broken"}.get(audit.verdict, audit.verdict.lower())
    if not audit.kept:
        tone = "broken"
    # the least reliable materials first in the pictures, all in their own order in the table
    weakest = np.sort(np.argsort(plan.reliabilities, kind="stable")[:MOST_PICTURES])
    content = {
        "plan": plan,
        "known": known,
        "audit": audit,
        "tone": tone,
        "headline": stock_headline(plan, audit),
        "cards": _cards(plan, audit),
        "rows": [_row(plan, audit, int(j)) for j in range(min(known.count, MOST_ROWS))],
        "left_out": max(0, known.count - MOST_ROWS),
        "pictures": [_pictures(plan, int(j)) for j in weakest],
        "cost": _cost(plan),
        "unattained": [f"{100 * p:g} %" for p in plan.levels[~np.isfinite(plan.costs)]],
        "limits": limit_words(plan),
        "fits": [_fit(name, fit) for name, fit in _fits(plan)[:MOST_PICTURES]],
        "more_fits": max(0, len(_fits(plan)) - MOST_PICTURES),
        "bad_fits": [name for name, fit in _fits(plan) if misfit(fit)],
        "given": _given(plan),
        "limited": bool(np.isfinite(known.shortage_limit).any()),
        "priced": bool(known.shortage_price.any()),
        "versions": versions,
        "command": command,
    }
    return rendered("stock.html.j2", content)


def _cards(plan: StockPlan, audit: StockAudit) -> list[dict[str, str]]:
    known = plan.known
    asked = "none asked for" if known.reliability is None else f"asked: {probability(known.reliability)}"
    found = f"{probability(audit.joint_low)} to {probability(audit.joint_high)}"
    weakest = int(np.argmin(plan.reliabilities))
    cards = [
        {
            "name": "Cost of stock",
            "value": money(plan.cost),
            "detail": f"least possible: {money(max(plan.bound - plan.penalty, 0.0))} or more",
        },
        {"name": "Reliability, exact", "value": probability(plan.reliability), "detail": asked},
        {
            "name": "Cycles without a shortage",
            "value": probability(audit.joint),
            "detail": f"{found}, of {audit.paths:,}",
        },
        {
            "name": "Least reliable material",
            "value": probability(plan.reliabilities[weakest]),
            "detail": known.material[weakest],
        },
    ]
    if plan.penalty > 0:
        cards.append({"name": "Expected penalties", "value": money(plan.penalty), "detail": "of shortages in a cycle"})
    return cards


def _row(plan: StockPlan, audit: StockAudit, j: int) -> dict[str, Any]:
    known = plan.known
    one = known.deliveries[j]
    chance = plan.shortage_probability[j, : one.number]
    worst = int(np.argmax(chance))
    return {
        "material": known.material[j],
        "deliveries": one.number,
        "demand": number(known.demand[j]),
        "share": f"{100 * plan.stock[j]:.2f} %",
        "units": number(plan.units[j]),
        "price": money(known.price[j]),
        "cost": money(known.price[j] * plan.units[j]),
        "reliability": probability(plan.reliabilities[j]),
        "found": probability(audit.service[j]),
        "range": f"{probability(audit.low[j])} – {probability(audit.high[j])}",
        "worst": "–" if chance[worst] <= 0 else f"{worst + 1}: {probability(chance[worst])}",
        "shortage": number(float(plan.expected_shortage[j].sum() * known.demand[j])),
    }


def _pictures(plan: StockPlan, j: int) -> dict[str, Any]:
    known = plan.known
    stock = float(plan.stock[j])
    svg, short = stock_plots.cycles(
        known.deliveries[j], stock, float(known.demand[j]), known.period, seed=j, prefix=f"cycles{j}"
    )
    curve = stock_plots.reliability(
        known.deliveries[j], stock, float(known.demand[j]), float(known.upper[j]), f"curve{j}"
    )
    return {
        "material": known.material[j],
        "said": f"{number(plan.units[j])} units, {probability(plan.reliabilities[j])}",
        "cycles": markup(svg),
        "short": short,
        "curve": markup(curve),
    }


def _cost(plan: StockPlan) -> Any:
    if np.isfinite(plan.costs).sum() < 2:
        return None
    return markup(stock_plots.cost(plan.levels, plan.costs, plan.known.reliability, "cost"))


def _fits(plan: StockPlan) -> list[tuple[str, Fit]]:
    return [(name, fit) for name, fit in zip(plan.known.material, plan.known.fits, strict=True) if fit is not None]


def _fit(name: str, fit: Fit) -> dict[str, Any]:
    lines = fit.words.splitlines()
    return {"material": name, "head": lines[0], "lines": [line.strip() for line in lines[1:]]}


def _given(plan: StockPlan) -> list[dict[str, str]]:
    """The laws that were stated and not fitted, in words."""
    known = plan.known
    return [
        {
            "material": name,
            "said": f"{words.count(one.number, 'delivery', 'deliveries')}; times {_law(one.time_marks)}; amounts "
            f"{_law(one.amount_marks)}",
        }
        for name, one, fit in list(zip(known.material, known.deliveries, known.fits, strict=True))
        if fit is None
    ][:MOST_PICTURES]


def _law(marks: Marks) -> str:
    if marks.fixed is not None:
        return "for certain"
    places = ", ".join(str(place) for place in marks.positions)
    return f"at the places {places} of {marks.sample} sorted points, steps of at least {marks.step:.3g}"
