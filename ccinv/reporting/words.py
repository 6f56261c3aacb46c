"""What the page says in words: the verdict, the reasons, and how numbers are written for people."""

from __future__ import annotations

import math

from ccinv.auditing import Audit, Verdict
from ccinv.auditing.judging import LEVEL, SLACK
from ccinv.reporting.tables import asked_counts, broken_promises
from ccinv.result import Plan

BLAME = {
    "budget": "The money does not reach: with a higher limit this cell could have {alone}.",
    "lead time": "Orders placed from now on do not arrive in time: {alone} is the most that any order can give.",
    "rule": "The form of the ordering rule does not allow it: it gives {alone} at most, a freer rule may give more.",
    "together": "Alone it could have {alone}, but not together with the other promises of this item.",
}
RULE = {
    "Cumulative": "orders follow the sales so far, from a stock of their own in each period",
    "Thesis": "orders follow the sales so far, less a share of the first stock",
    "Static": "orders are fixed beforehand, whatever is sold",
    "Affine": "orders follow the sales of each past period with a weight of its own",
}
OBJECTIVE = {
    "MaxMinService": "the worst cell as well served as possible",
    "ExpectedStock": "the most expected stock",
    "ExpectedBackorders": "the fewest expected backorders",
    "SumOfService": "the most service in sum",
    "MinimumBudget": "the least money",
    "ExpectedCost": "the least expected cost of holding and of shortages",
}
VALUE = {
    "MaxMinService": "standard score of the worst cell",
    "ExpectedStock": "units in stock, all cells added up",
    "ExpectedBackorders": "units owed, weighted, all periods added up",
    "SumOfService": "cells served, weighted, probabilities added up",
    "MinimumBudget": "the least money limit that keeps every promise",
    "ExpectedCost": "dollars, all periods added up",
}
INVERSION = {
    "Normal": "as if stock were normally distributed",
    "Cantelli": "for every law with the same mean and deviation",
    "Unimodal": "for every law with one peak and the same mean and deviation",
    "Student": "as if stock followed Student's law",
    "Calibrated": "by calibration on simulated paths",
}

WAITS = (
    "Orders cannot be negative: where the rule would take an order back it waits, and more money is tied up than "
    "planned."
)


def percent(value: float) -> str:
    """A probability for people: one decimal, more where only they tell it from certainty; never rounded to 100 %."""
    if not math.isfinite(value):
        return "–"
    if value in (0.0, 1.0):
        return f"{value:.0%}".replace("%", " %")
    digits = next((k for k in (1, 2, 3) if 0.0 < round(100 * value, k) < 100.0), None)
    if digits is None:
        return "over 99.999 %" if value > 0.5 else "under 0.001 %"
    return f"{100 * value:.{digits}f} %"


def units(value: float) -> str:
    """A quantity with three digits, or all before the point."""
    if not math.isfinite(value):
        return "–"
    size = abs(value)
    digits = 0 if size >= 99.95 or value == round(value) else 1 if size >= 9.995 else 2
    text = f"{value:,.{digits}f}"
    return ("0" if float(text.replace(",", "")) == 0 else text).replace("-", "−")


def dollars(value: float) -> str:
    """An amount of money: cents only below a hundred."""
    if not math.isfinite(value):
        return "–"
    text = f"{abs(value):,.2f}" if abs(value) < 99.995 else f"{abs(value):,.0f}"
    return f"−${text}" if value < 0 else f"${text}"


def moment(name: str) -> str:
    """A period inside a sentence: "period 6", but "2027-06"."""
    return f"period {name}" if name.isdecimal() else name


def count(number: int, one: str, many: str | None = None) -> str:
    """ "1 item", "3 items"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def tone(plan: Plan, audit: Audit | None) -> str:
    """The worst verdict in one lower-case word, or "open" where nothing was promised or nothing replayed."""
    if audit is None or sum(asked_counts(plan).values()) == 0:
        return "open"
    for verdict in (Verdict.BROKEN, Verdict.TIGHT):
        if audit.counts[verdict]:
            return verdict.lower()
    return "kept"


def headline(plan: Plan, audit: Audit | None) -> str:
    """The verdict in one sentence."""
    promises = sum(asked_counts(plan).values())
    if audit is None:
        return "No audit was made: what this plan promises is computed, not tested."
    replays = f"{audit.paths:,} replays"
    broken, tight = audit.counts[Verdict.BROKEN], audit.counts[Verdict.TIGHT]
    if promises == 0:
        return f"Nothing was promised; {replays} show what this plan does."
    if broken:
        return f"{broken:,} of {count(promises, 'promise')} broke in {replays}."
    if tight == 0:
        return f"Every promise held in {replays}." if promises > 1 else f"The promise held in {replays}."
    return f"No promise broke in {replays}; {tight:,} of {promises:,} are too close to call."


def broken_words(plan: Plan, audit: Audit | None, most: int = 100) -> list[str]:
    """The worst broken promises, one phrase each, and how many more there are."""
    if audit is None:
        return []
    found = broken_promises(plan, audit)
    lines = []
    explained = False
    for one in found[:most]:
        when = moment(plan.store.calendar[one["period"] - 1])
        subject = {
            "service": f"Service of {one['item_id']} in {when}",
            "orders": f"No negative order of {one['item_id']} in {when}",
            "budget": f"The money limit of {when}",
        }[one["kind"]]
        lines.append(f"{subject}: {percent(one['asked'])} asked, {percent(one['audited'])} found.")
        if one["kind"] == "budget" and not explained and _waits(plan, audit, one["period"] - 1):
            lines[-1] += f" The plan promised {percent(plan.budget_promised[one['period'] - 1])}. {WAITS}"
            explained = True
    if len(found) > most:
        lines.append(f"{len(found) - most:,} more, not listed here.")
    return lines


def _waits(plan: Plan, audit: Audit, period: int) -> bool:
    """Whether a limit is broken because orders cannot be taken back: promised, and more money tied up than planned."""
    missed = plan.budget_promised[period] - audit.budget[period] > SLACK
    return bool(missed and audit.budget_mean[period] > plan.budget_mean[period])


def judged(plan: Plan, audit: Audit) -> list[str]:
    """How the verdicts came about, for a reader who was not there."""
    promises = sum(asked_counts(plan).values())
    verdicts = [
        f"All {promises:,} promises are judged together. KEPT: the confidence limits are above what was asked. "
        f"BROKEN: the promise is missed by more than {100 * SLACK:g} percentage points, beyond doubt. "
        "TIGHT: neither; a promise that is met exactly, with nothing to spare, looks like this.",
        f"Of a hundred audits of plans that keep all their promises, at most {100 * LEVEL:g} would call any one of "
        "them broken (Clopper–Pearson limits, Holm's procedure).",
    ]
    return [
        f"The plan was replayed {audit.paths:,} times. Each time, sales were drawn from the laws of demand of the "
        "store, every order got its own arrival from the law of its lead time, and stock was moved period by period. "
        "Orders are those of the rule as they can be executed: never negative, caught up in the next period"
        + (", in whole units." if plan.store.orders.whole else "."),
        *([] if audit.parts is None else [audit.parts.words]),
        "The replay shares no formula with the calculation that made the plan, so an error there shows here.",
        *(verdicts if promises else []),
        "A replay tests the plan against the laws it was made for. Whether those laws are right, only real sales tell.",
    ]
