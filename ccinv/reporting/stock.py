"""Initial stocks in tables, figures and the words of the command line."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ccinv.auditing.judging import Verdict
from ccinv.auditing.stock import StockAudit
from ccinv.deliveries import Fit
from ccinv.materials import StockPlan
from ccinv.reporting import words
from ccinv.reporting.tables import csv_bytes

MOST_NAMED = 8  # materials on the command line
MOST_FITS = 3  # told on the command line in full
WORTH_SAYING = 1e-5  # gap between cost and bound


def stock_headline(plan: StockPlan, audit: StockAudit) -> str:
    """What the stocks cost, how surely they last, and what the count of shortages says, in one sentence."""
    known = plan.known
    whom = "every material" if known.count > 1 else known.material[0]
    said = f"Initial stock for {money(plan.cost)} keeps {whom} from running short in a cycle with "
    said += f"probability {probability(plan.reliability)}"
    if audit.verdict == Verdict.BROKEN:
        asked = probability(known.reliability or 0.0)
        found = f"it did in {probability(audit.joint)} of {audit.paths:,} fresh cycles, where {asked} was asked"
        return f"{said} by the model; {found}."
    if audit.beyond.any():
        return f"{said}; shortages are larger than their limits in {audit.paths:,} cycles."
    return f"{said}; it did in {probability(audit.joint)} of {audit.paths:,} fresh cycles."


def stock_words(plan: StockPlan, audit: StockAudit) -> list[str]:
    """Each material's stock, what it promises, how good the fits are, and what the replay found."""
    known = plan.known
    dear = np.argsort(-known.price * plan.units, kind="stable")
    shown = np.sort(dear[:MOST_NAMED])
    lines = [
        f"  {known.material[j]}: {number(plan.units[j])} units, {100 * plan.stock[j]:.2f} % of what a cycle asks for, "
        f"{money(known.price[j] * plan.units[j])}; alone it lasts with {probability(plan.reliabilities[j])}, found "
        f"{probability(audit.service[j])}"
        for j in shown
    ]
    if known.count > len(shown):
        lines.append(f"  and {known.count - len(shown)} more materials, in stock.csv")
    lines.append(_certificate(plan))
    lines += limit_words(plan)
    lines += _fit_words(plan)
    low, high = probability(audit.joint_low), probability(audit.joint_high)
    found = (
        f"In {audit.paths:,} cycles drawn anew no material ran short in {probability(audit.joint)} ({low} to {high})"
    )
    if known.reliability is not None:
        found += f", where {probability(known.reliability)} was asked: {audit.verdict}"
    lines.append(found)
    for j, i in np.argwhere(audit.beyond)[:MOST_NAMED]:
        mean = audit.short[j, i] / audit.chance[j, i] * known.demand[j]
        lines.append(
            f"BROKEN: {known.material[j]} lacks {number(mean)} units on average when short before delivery {i + 1}, "
            f"its limit is {number(known.shortage_limit[j, i])}"
        )
    return lines


def _certificate(plan: StockPlan) -> str:
    total = plan.cost + plan.penalty
    line = f"No stocks that do the same cost less than {money(plan.bound)}"
    if plan.gap > WORTH_SAYING:
        line += f" ({100 * plan.gap:.2g} % less than these)"
    if plan.penalty > 0:
        line += f", expected penalties of {money(plan.penalty)} counted in ({money(total)} in all)"
    if math.isfinite(plan.price_of_reliability) and plan.known.reliability is not None:
        line += f"; a reliability one per cent higher would cost about {money(plan.price_of_reliability)} more"
    return line


def limit_words(plan: StockPlan) -> list[str]:
    """How much of each limit of all stocks is taken."""
    rows = plan.known.limits
    if rows is None:
        return []
    taken = rows.per_unit @ plan.units
    return [
        f"{name}: {number(used)} of {number(most)} taken" + (", all of it" if used >= most * (1 - 1e-6) else "")
        for name, used, most in zip(rows.name, taken, rows.most, strict=True)
    ]


def misfit(fit: Fit) -> bool:
    """Whether a mark is further from its law than the right law would leave it."""
    return any(bool((part.distance > part.unusual).any()) for part in (fit.times, fit.amounts))


def _fit_words(plan: StockPlan) -> list[str]:
    """How good the fits are: in full where there are few, else only how many do not go with their history."""
    fitted = [(name, fit) for name, fit in zip(plan.known.material, plan.known.fits, strict=True) if fit is not None]
    if len(fitted) <= MOST_FITS:
        return [
            line
            for name, fit in fitted
            for line in (f"Fit of {name}: {fit.words.splitlines()[0]}", *(f"  {s}" for s in fit.words.splitlines()[1:]))
        ]
    bad = [name for name, fit in fitted if misfit(fit)]
    if not bad:
        return [f"Fits: nothing in the history of {len(fitted)} materials contradicts its law"]
    more = f" and {len(bad) - MOST_NAMED} more" if len(bad) > MOST_NAMED else ""
    return [f"Fits: {len(bad)} of {len(fitted)} laws do not go with their history: {', '.join(bad[:MOST_NAMED])}{more}"]


def probability(value: float) -> str:
    """A probability with two decimals of a per cent, more only where they tell it from certainty."""
    shown = f"{100 * value:.2f} %"
    return words.percent(value) if shown in ("0.00 %", "100.00 %") else shown


def number(value: float) -> str:
    """An amount with four digits, or all before the point."""
    if not math.isfinite(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 999.5 else f"{value:.4g}"


def money(value: float) -> str:
    """Dollars: cents only below a hundred, six digits below ten, where stocks are shares and prices small."""
    if math.isfinite(value) and 0 < abs(value) < 10:
        return f"${value:.6g}"
    return words.dollars(value)


def stock_csv(plan: StockPlan, audit: StockAudit) -> bytes:
    """stock.csv: one line per material; expected shortages are added up over the deliveries of a cycle, in units."""
    known = plan.known
    return csv_bytes(
        {
            "material": np.array(known.material, dtype=object),
            "deliveries": np.array([one.number for one in known.deliveries]),
            "demand": known.demand,
            "stock_share": plan.stock,
            "stock": plan.units,
            "price": known.price,
            "cost": known.price * plan.units,
            "reliability": plan.reliabilities,
            "audited": audit.service,
            "audited_low": audit.low,
            "audited_high": audit.high,
            "expected_shortage": plan.expected_shortage.sum(axis=1) * known.demand,
            "audited_shortage": audit.short.sum(axis=1) * known.demand,
        }
    )


def shortages_csv(plan: StockPlan, audit: StockAudit) -> bytes:
    """shortages.csv: one line per material and delivery; units, just before the delivery."""
    known = plan.known
    j, i = np.nonzero(np.arange(known.number) < np.array([[one.number] for one in known.deliveries]))
    size = known.demand[j]
    with np.errstate(invalid="ignore"):
        limit = np.where(np.isfinite(known.shortage_limit[j, i]), known.shortage_limit[j, i], np.nan)
    day = np.array([known.deliveries[a].mean_times[b] for a, b in zip(j, i, strict=True)]) * known.period
    return csv_bytes(
        {
            "material": np.array([known.material[a] for a in j], dtype=object),
            "delivery": i + 1,
            "mean_day": day,
            "shortage_probability": plan.shortage_probability[j, i],
            "audited_probability": audit.chance[j, i],
            "expected_shortage": plan.expected_shortage[j, i] * size,
            "audited_shortage": audit.short[j, i] * size,
            "shortage_if_short": plan.conditional_shortage[j, i] * size,
            "limit": limit,
            "price": known.shortage_price[j, i],
        }
    )


def curve_csv(plan: StockPlan) -> bytes:
    """cost.csv: what other reliabilities would cost, penalties included; nothing where they cannot be had."""
    return csv_bytes({"reliability": plan.levels, "cost": plan.costs})


def stock_summary(plan: StockPlan, audit: StockAudit) -> dict[str, Any]:
    """The figures as plain numbers; None where there is nothing to say."""
    known = plan.known
    fits = [fit for fit in known.fits if fit is not None]
    return {
        "schema": 1,
        "name": known.name,
        "materials": known.count,
        "asked": known.reliability,
        "reliability": plan.reliability,
        "cost": plan.cost,
        "penalty": plan.penalty,
        "bound": plan.bound,
        "gap": plan.gap,
        "price_of_reliability": plan.price_of_reliability if math.isfinite(plan.price_of_reliability) else None,
        "stock": dict(zip(known.material, plan.stock.tolist(), strict=True)),
        "units": dict(zip(known.material, plan.units.tolist(), strict=True)),
        "fitted": len(fits),
        "misfits": sum(misfit(fit) for fit in fits),
        "audit": {
            "paths": audit.paths,
            "seed": audit.seed,
            "kept": audit.kept,
            "verdict": audit.verdict.lower() or None,
            "reliability": audit.joint,
            "low": audit.joint_low,
            "high": audit.joint_high,
            "limits_exceeded": int(audit.beyond.sum()),
        },
    }
