"""The report of a frontier: the page, the tables, and the words of the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.curves import Frontier, Promised, Served
from ccinv.reporting import words
from ccinv.reporting.frontier_plot import frontier_plot
from ccinv.reporting.page import rendered
from ccinv.reporting.pictures import markup
from ccinv.reporting.tables import csv_bytes

NOTHING = 1e-4  # of the greatest price, under which a dollar counts as buying nothing
MOST_PERIODS = 4  # named in one sentence
PROMISED, OTHERS = "promised", "others"


def chosen_promised(found: Frontier) -> Promised | None:
    """The point at the store's own level, or the nearest that could be had."""
    had = [point for point in found.promised if np.isfinite(point.limit)]
    return min(had, key=lambda point: abs(point.level - found.alpha), default=None)


def chosen_served(found: Frontier) -> Served | None:
    """The point at the store's own limit if it could be had, else the one in the middle of those that money limits."""
    had = [point for point in found.served if np.isfinite(point.score)]
    own = [point for point in had if point.limit == found.own_limit]
    bought = [point for point in had if (point.price > 0).any()] or had
    return own[0] if own else bought[(len(bought) - 1) // 2] if bought else None


def frontier_headline(found: Frontier) -> str:
    """What the store's own promise costs, and one point more, in one sentence."""
    point = chosen_promised(found)
    if point is None:
        best = chosen_served(found)
        if best is None:
            return "No point of the frontier could be had."
        return f"{words.dollars(best.limit)} serve every item {words.percent(best.service)} of the time or more."
    said = f"Keeping {words.percent(point.level)} takes a limit of {words.dollars(point.limit)}"
    if point.slope > 0:
        said += f"; there one percentage point more costs {words.dollars(point.slope / 100)}"
    return f"{said}."


def buys(price: FloatArray, calendar: Sequence[str]) -> str:
    """What more money buys in each period, best first: "per $1,000: 0.31 points in period 6, …; else nothing"."""
    if not np.isfinite(price).all():
        return "no price"
    most = float(price.max(initial=0.0))
    if most <= 0:
        return "nothing"
    # so many dollars that the best of them buy a hundredth to a tenth of a point
    each = 10.0 ** max(0.0, np.ceil(np.log10(1e-4 / most)))
    best = [t for t in np.argsort(-price, kind="stable") if price[t] > NOTHING * most]
    named = [f"{100 * each * price[t]:.3g} points in {words.moment(calendar[t])}" for t in best[:MOST_PERIODS]]
    rest = len(price) - len(best)
    more = len(best) - MOST_PERIODS
    tail = [f"less in {words.count(more, 'other period')}"] if more > 0 else []
    tail += ["nothing in the others"] if rest > 0 else []
    amount = "one more dollar" if each == 1 else f"one more dollar, times {each:,.0f},"
    return f"{amount} buys {', '.join([*named, *tail])}"


def frontier_words(found: Frontier) -> list[str]:
    """Both curves as short tables, and what one more dollar buys at the store's own points."""
    lines = []
    if found.promised:
        lines.append("Promised to important items, and the least limit in every period that keeps it:")
        for one in found.promised:
            shown = f"  {words.percent(one.level):>9}  {words.dollars(one.limit):>12}"
            if one.slope > 0:
                shown += f"  one point more: {words.dollars(one.slope / 100)}"
            lines.append(f"{shown}  {one.said}".rstrip())
    if found.served:
        lines.append(f"Limit, and the best for all other items alike while {words.percent(found.alpha)} are kept:")
        for two in found.served:
            shown = f"  {words.dollars(two.limit):>12}  {words.percent(two.service):>9}"
            shown += f"  score {two.score:.3f}" if np.isfinite(two.score) else ""
            lines.append(f"{shown}  {two.said}".rstrip())
    return [*lines, *bought_words(found), *(f"Note: {note}" for note in found.notes)]


def bought_words(found: Frontier) -> list[str]:
    """What one more dollar in a period buys, at the store's own points."""
    lines = []
    point, best = chosen_promised(found), chosen_served(found)
    if point is not None:
        at = f"At {words.percent(point.level)} promised for {words.dollars(point.limit)}"
        bought = "more service costs nothing more" if point.slope == 0 else buys(point.price, found.calendar)
        lines.append(f"{at}: {bought}.")
    if best is not None:
        at = f"At {words.percent(best.service)} for all other items, under {words.dollars(best.limit)}"
        lines.append(f"{at}: {buys(best.price, found.calendar)}.")
    return lines


def frontier_csv(found: Frontier) -> bytes:
    """frontier.csv: one line per point; one_more_dollar: probability gained if the limit of every period rises by 1."""
    rows: list[tuple[str, float, float, float, float, str]] = [
        (PROMISED, p.level, float("nan"), p.limit, 1 / p.slope if p.slope > 0 else float("nan"), p.said)
        for p in found.promised
    ]
    rows += [(OTHERS, p.service, p.score, p.limit, float(p.price.sum()), p.said) for p in found.served]
    columns = list(zip(*rows, strict=True)) or [()] * 6
    names = ("curve", "service", "score", "limit", "one_more_dollar", "remark")
    return csv_bytes(
        {
            name: np.array(column, dtype=object if name in ("curve", "remark") else np.float64)
            for name, column in zip(names, columns, strict=True)
        }
    )


def prices_csv(found: Frontier) -> bytes:
    """prices.csv: one line per point and period; one_more_dollar: probability gained if that limit alone rises by 1."""
    points = [(PROMISED, p.level, p.limit, p.price) for p in found.promised]
    points += [(OTHERS, p.service, p.limit, p.price) for p in found.served]
    periods = len(found.calendar)
    return csv_bytes(
        {
            "curve": np.repeat(np.array([name for name, *_ in points], dtype=object), periods),
            "service": np.repeat(np.array([level for _, level, *_ in points], dtype=np.float64), periods),
            "limit": np.repeat(np.array([limit for _, _, limit, _ in points], dtype=np.float64), periods),
            "period": np.tile(np.arange(1, periods + 1), len(points)),
            "period_start": np.tile(np.array(found.calendar, dtype=object), len(points)),
            "one_more_dollar": np.concatenate([price for *_, price in points]),
        }
    )


def frontier_summary(found: Frontier) -> dict[str, Any]:
    """The figures as plain numbers; None where there is nothing to say."""
    return {
        "schema": 1,
        "store": found.name,
        "items": found.items,
        "periods": len(found.calendar),
        "rule": found.rule,
        "inversion": found.inversion,
        "alpha": found.alpha,
        "confidence": found.confidence,
        "needs": {"promises": found.needs[0], "all_others_half": found.needs[1]},
        "promised": [
            {
                "level": p.level, "limit": _number(p.limit), "slope": _number(p.slope), "out_of_reach": p.short,
                "one_more_dollar": [_number(price) for price in p.price], "remark": p.said,
            }
            for p in found.promised
        ],
        "others": [
            {
                "limit": p.limit, "score": _number(p.score), "service": _number(p.service),
                "one_more_dollar": [_number(price) for price in p.price], "remark": p.said,
            }
            for p in found.served
        ],
        "notes": list(found.notes),
        "solves": found.solves,
    }  # fmt: skip


def frontier_picture(found: Frontier) -> str:
    """The picture as an SVG element."""
    return frontier_plot(found, chosen_promised(found), chosen_served(found), "frontier")


def frontier_page(found: Frontier, versions: Mapping[str, str], command: str = "") -> str:
    """The page. Every text from the data is escaped."""
    content = {
        "found": found,
        "headline": frontier_headline(found),
        "picture": markup(frontier_picture(found)),
        "bought": bought_words(found),
        "made": _made(found),
        "versions": versions,
        "command": command,
    }
    return rendered("frontier.html.j2", content)


def _made(found: Frontier) -> list[str]:
    """How the curves came about, and what they can say."""
    how = words.INVERSION.get(found.inversion, found.inversion)
    return [
        f"Rule {found.rule}: {words.RULE.get(found.rule, 'as given')}. Chances are reckoned {how}.",
        f"A limit holds in every period, with probability {words.percent(found.confidence)}.",
        "What is promised: the least limit with which every promise to important items is kept, nothing spent on "
        "others.",
        f"What money buys: promises of {words.percent(found.alpha)} are kept, and the weakest of all other items and "
        "periods is served as well as can be.",
        "The price of money comes from the multipliers of the budget rows: it holds for small changes, and where "
        "another row begins to bind it falls at once.",
        "Curves are computed, not replayed: before a limit is promised, plan with it and look at the audit.",
        *found.notes,
    ]


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
