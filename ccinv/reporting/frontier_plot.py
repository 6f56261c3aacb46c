"""The picture of a frontier: what promises cost, what money buys, and in which periods."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import ndtri

from ccinv.arrays import FloatArray
from ccinv.curves import Frontier, Promised, Served
from ccinv.reporting.plots import BLUE, FAINT, GRID, INK, ORANGE, amount, figure_of, period_names, svg_of

TICKS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)
NARROW = 0.02  # least width of the axis of dollars, relative


def frontier_plot(found: Frontier, promised: Promised | None, served: Served | None, prefix: str) -> str:
    """Three panels; service on a scale of standard scores, so that 99 % is as far from 95 % as it feels.

    The points `promised` and `served` are marked, and the third panel has their prices.
    """
    with figure_of(1080, 320) as figure:
        left, middle, right = (
            figure.add_axes((x, 0.13, w, 0.7)) for x, w in ((0.05, 0.27), (0.385, 0.27), (0.73, 0.265))
        )
        whole = [p for p in found.promised if np.isfinite(p.limit)]
        _curve(
            left, [p.limit for p in whole], [p.level for p in whole], [p.short > 0 for p in whole], BLUE,
            None if promised is None else (promised.limit, promised.level),
        )  # fmt: skip
        left.set_title("promised, and the least limit for it", loc="left", fontsize=12, fontweight="bold", color=INK)
        had = [p for p in found.served if np.isfinite(p.score)]
        _curve(
            middle, [p.limit for p in had], [p.service for p in had], [False] * len(had), ORANGE,
            None if served is None else (served.limit, served.service),
        )  # fmt: skip
        middle.set_title("best for all other items alike", loc="left", fontsize=12, fontweight="bold", color=INK)
        lacking = [p.limit for p in found.served if not np.isfinite(p.score)]
        if lacking:
            low = middle.get_ylim()[0]
            if had:
                edges = min(*lacking, *middle.get_xlim()), max(*lacking, *middle.get_xlim())
                middle.set_xlim(edges[0] - 0.04 * (edges[1] - edges[0]), edges[1])
            middle.plot(lacking, [low] * len(lacking), "x", color=FAINT, markersize=7, clip_on=False)
            middle.annotate(
                "too little", (lacking[-1], low), xytext=(0, 8), textcoords="offset points", ha="center", fontsize=10,
                color=FAINT,
            )  # fmt: skip
        _prices(right, found.calendar, promised, served)
        return svg_of(figure, "Service against budget, and what one more dollar buys in each period", prefix)


def _curve(
    axes: Any, limits: list[float], service: list[float], short: list[bool], colour: str,
    chosen: tuple[float, float] | None,
) -> None:  # fmt: skip
    """Service, on the scale of its standard score, against dollars; hollow where a promise is out of reach."""
    height = ndtri(np.clip(np.array(service, dtype=np.float64), 1e-3, 1 - 1e-6))
    axes.plot(limits, height, color=colour, linewidth=2.2)
    for x, y, hollow in zip(limits, height, short, strict=True):
        axes.plot(
            [x], [y], "o", markersize=6, markerfacecolor="white" if hollow else colour, markeredgecolor=colour,
            markeredgewidth=1.5,
        )  # fmt: skip
    if chosen is not None:
        at = float(ndtri(np.clip(chosen[1], 1e-3, 1 - 1e-6)))
        axes.plot([chosen[0]], [at], "o", markersize=13, markerfacecolor="none", markeredgecolor=INK)
    low, high = (float(height.min()), float(height.max())) if len(height) else (0.0, 2.0)
    room = max(0.08 * (high - low), 0.05)
    axes.set_ylim(low - room, high + room)
    shown = [tick for tick in TICKS if low - room <= ndtri(tick) <= high + room] or [0.5, 0.95]
    axes.set_yticks(ndtri(shown), [f"{100 * tick:.4g}\u2009%" for tick in shown])
    if limits:
        # a curve that hardly moves must look so: rounding is not a shape
        centre, span = (max(limits) + min(limits)) / 2, max(limits) - min(limits)
        span = max(1.1 * span, NARROW * abs(centre)) or 1.0
        axes.set_xlim(centre - span / 2, centre + span / 2)
    axes.xaxis.set_major_formatter(amount)
    axes.locator_params(axis="x", nbins=5)
    axes.grid(axis="both", color=GRID)
    axes.set_axisbelow(True)
    axes.tick_params(axis="both", length=0)


def _prices(axes: Any, calendar: tuple[str, ...], promised: Promised | None, served: Served | None) -> None:
    """Bars over the periods: percentage points that more money in that period alone buys, at the marked points."""
    prices: list[tuple[str, str, FloatArray]] = []
    if promised is not None and np.isfinite(promised.price).all():
        prices.append(("of the promise", BLUE, promised.price))
    if served is not None and np.isfinite(served.price).all():
        prices.append(("for other items", ORANGE, served.price))
    most = max((float(price.max()) for _, _, price in prices), default=0.0)
    each = 10.0 ** max(0.0, np.ceil(np.log10(1e-3 / most))) if most > 0 else 1.0
    at, width = np.arange(len(calendar)), 0.76 / max(len(prices), 1)
    for k, (name, colour, price) in enumerate(prices):
        axes.bar(at + width * (k - (len(prices) - 1) / 2), 100 * each * price, width, color=colour, label=name)
    title = f"points bought by {amount(each)} more in one period"
    axes.set_title(title, loc="left", fontsize=12, fontweight="bold", color=INK)
    axes.set_xlim(-0.6, len(at) - 0.4)
    axes.set_ylim(bottom=0.0)
    axes.grid(axis="y", color=GRID)
    axes.set_axisbelow(True)
    axes.tick_params(axis="both", length=0)
    axes.locator_params(axis="y", nbins=5)
    period_names(axes, calendar, width=290)
    if prices:
        axes.legend(loc="upper right", borderaxespad=0.2)
