"""The pictures of a plan for perishables: totals of order days against their limits, and stock with what perishes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ccinv.perishable import PerishablePlan
from ccinv.reporting.plots import BLUE, FAINT, GRID, INK, ORANGE, figure_of, period_names, short_names, svg_of
from ccinv.shelf import Ledger

AGES = ("#b1cee6", "#7fabd0", "#4b86b8", "#20639b")  # fresh … about to perish
COLUMNS = 4
CLOSED = "#f4f5f7"


def days_plot(plan: PerishablePlan, prefix: str) -> str:
    """Units ordered on each day between the limits, and below them what is sold, lost and wasted."""
    store, moved = plan.store, plan.planned
    at = np.arange(store.days)
    open_ = store.order_days.any(axis=0)
    least, most = store.limits
    with figure_of(1080, 400) as figure:
        above = figure.add_axes((0.05, 0.56, 0.948, 0.34))
        below = figure.add_axes((0.05, 0.09, 0.948, 0.34))
        for axes in (above, below):
            for t in at[~open_]:
                axes.axvspan(t - 0.5, t + 0.5, color=CLOSED, linewidth=0)
        above.bar(at, plan.orders.sum(axis=0), 0.62, color=BLUE, label="ordered")
        for limit, name in ((least, "least"), (most, "most")):
            there = open_ & np.isfinite(limit) & ((limit > 0) | (name == "most"))
            if there.any():
                above.hlines(
                    limit[there], at[there] - 0.45, at[there] + 0.45, color=ORANGE, linewidth=2,
                    linestyle="-" if name == "least" else (0, (3, 1.5)), label=name,
                )  # fmt: skip
        sold, short, waste = (table.sum(axis=0) for table in (moved.sold, moved.short, moved.waste))
        missed = "waiting" if store.backordered else "lost"
        below.bar(at, sold, 0.62, color=AGES[1], label="sold")
        below.bar(at, short, 0.62, bottom=sold, color=ORANGE, label=missed)
        below.bar(at, -waste, 0.62, color=FAINT, label="wasted (downwards)")
        for axes, title in ((above, "ordered, by day of placing"), (below, "sold, lost and wasted")):
            shown = title.replace("lost", missed)
            axes.set_title(shown, loc="left", fontsize=12, fontweight="bold", color=INK, pad=8)
            axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=4, borderaxespad=0.2)
            axes.set_xlim(-0.6, store.days - 0.4)
            axes.grid(axis="y", color=GRID)
            axes.set_axisbelow(True)
            axes.tick_params(axis="both", length=0)
            axes.locator_params(axis="y", nbins=5)
            period_names(axes, store.calendar, width=1000)
        below.axhline(0, color=FAINT, linewidth=0.8)
        return svg_of(figure, "Units ordered between their limits; sold, lost and wasted, day by day", prefix)


def stock_plot(plan: PerishablePlan, ledger: Ledger, items: Sequence[int], prefix: str) -> str:
    """Stock of items overnight, by the share of its shelf life that is over; waste below, days with lost demand
    marked."""
    store = plan.store
    at = np.arange(store.days)
    rows = -(-len(items) // COLUMNS)
    height = 150 * rows + 6
    with figure_of(1080, height) as figure:
        for position, k in enumerate(items):
            row, column = divmod(position, COLUMNS)
            axes = figure.add_axes(
                (0.032 + 0.25 * column, (150 * (rows - 1 - row) + 22) / height, 0.215, 102 / height)
            )  # fmt: skip
            ages = np.arange(ledger.held.shape[2])
            share = np.clip(ages * len(AGES) // max(int(store.shelf_life[k]), 1), 0, len(AGES) - 1)
            bottom = np.zeros(store.days)
            for old in range(len(AGES) - 1, -1, -1):  # the oldest, first to leave, at the bottom
                amount = ledger.held[k][:, share == old].sum(axis=1)
                axes.bar(at, amount, 0.9, bottom=bottom, color=AGES[old], linewidth=0)
                bottom += amount
            axes.bar(at, -ledger.wasted[k].sum(axis=1), 0.9, color=FAINT, linewidth=0)
            lost = np.flatnonzero(ledger.short[k] > 1e-9)
            axes.plot(lost, np.zeros(len(lost)), "v", color=ORANGE, markersize=4.5, clip_on=False)
            name = short_names(store.item_id)[k]
            axes.set_title(f"{name}, {store.shelf_life[k]} days", loc="left", fontsize=11, color=INK, pad=5)
            axes.axhline(0, color=FAINT, linewidth=0.7)
            axes.set_xlim(-0.7, store.days - 0.3)
            axes.spines["bottom"].set_visible(False)
            axes.tick_params(axis="both", length=0, labelsize=9)
            axes.locator_params(axis="y", nbins=4)
            axes.grid(axis="y", color=GRID)
            axes.set_axisbelow(True)
            period_names(axes, store.calendar, width=190)
        return svg_of(figure, "Stock overnight of single items by age, waste, and days with lost demand", prefix)
