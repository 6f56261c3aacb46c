"""The pictures of initial stocks: deliveries above demand, reliability against stock, cost against reliability."""

from __future__ import annotations

from typing import Any

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.deliveries import Deliveries
from ccinv.reporting.plots import BLUE, FAINT, GRID, INK, ORANGE, amount, figure_of, plain, svg_of

PATHS = 4_000  # cycles behind the band
SHOWN = 3  # single cycles without a shortage
SHORT = 1e-9
QUANTILES = (0.05, 0.25, 0.75, 0.95)


def cycles(
    deliveries: Deliveries, stock: float, demand: float, period: float, seed: int, prefix: str
) -> tuple[str, bool]:
    """Stock and cumulative deliveries above cumulative demand, in units over days, and whether a shortage is shown.

    Figure 1 of the paper, from draws: bands, single cycles, and one with a shortage where there is one.
    """
    rng = np.random.default_rng(seed)
    times, amounts = deliveries.sample(rng, PATHS)
    total = np.cumsum(amounts, axis=1)
    before = np.concatenate([np.zeros((PATHS, 1)), total[:, :-1]], axis=1)
    lack = deliveries.flow.asked(times) - stock - before
    short = (lack > SHORT).any(axis=1)
    at = np.linspace(0.0, 1.0, 241)
    come = (times[:, None, :] <= at[:, None]).sum(axis=2)
    level = np.take_along_axis(np.concatenate([np.zeros((PATHS, 1)), total], axis=1), come, axis=1) + stock
    bands = np.quantile(level, QUANTILES, axis=0) * demand
    with figure_of(700, 300) as figure:
        axes = figure.add_axes((0.085, 0.13, 0.905, 0.72))
        axes.fill_between(at * period, bands[0], bands[3], color=BLUE, alpha=0.16, linewidth=0, label="9 in 10 cycles")
        axes.fill_between(at * period, bands[1], bands[2], color=BLUE, alpha=0.26, linewidth=0, label="half of them")
        for k, path in enumerate(np.flatnonzero(~short)[:SHOWN]):
            x, y = _steps(times[path], total[path], stock)
            label = "single cycles" if k == 0 else None
            axes.plot(x * period, y * demand, color=BLUE, linewidth=1.1, alpha=0.85, label=label)
        axes.plot([0.0, period], [0.0, demand], color=INK, linewidth=2.0, label="demand")
        if short.any():
            # one that can be seen: only one shortage in twenty is larger
            worst = np.where(short, lack.max(axis=1), -np.inf)
            path = int(np.argsort(worst)[-max(1, int(short.sum()) // 20)])
            x, y = _steps(times[path], total[path], stock)
            axes.plot(x * period, y * demand, color=ORANGE, linewidth=1.8, label="a cycle with a shortage")
            fine = np.linspace(0.0, 1.0, 2001)
            own = stock + np.concatenate([[0.0], total[path]])[(times[path] <= fine[:, None]).sum(axis=1)]
            axes.fill_between(
                fine * period, own * demand, fine * demand, where=fine > own, color=ORANGE, alpha=0.65, linewidth=0
            )
            last = int(lack[path].argmax())
            when, half = float(times[path, last]), 0.5 * float(lack[path, last])
            late = when > 0.85  # no room to the right of it
            axes.annotate(
                "lacking", (when * period, (when - half) * demand), (0 if late else 10, -22 if late else -16),
                textcoords="offset points", ha="right" if late else "left", color=ORANGE, fontsize=10.5,
                fontweight="bold",
            )  # fmt: skip
        axes.set(xlim=(0.0, period), ylim=(0.0, (1.0 + stock) * demand * 1.04))
        axes.set_xlabel("day of the cycle", fontsize=10.5)
        _plain_axes(axes)
        figure.legend(loc="upper left", bbox_to_anchor=(0.0, 1.0), ncols=5, borderaxespad=0.0, handlelength=1.4,
                      columnspacing=1.2, fontsize=10)  # fmt: skip
        return svg_of(figure, "Stock and cumulative deliveries above cumulative demand", prefix), bool(short.any())


def _steps(times: FloatArray, total: FloatArray, stock: float) -> tuple[FloatArray, FloatArray]:
    """The corners of stock plus deliveries over a cycle."""
    x = np.concatenate([[0.0], np.repeat(times, 2), [1.0]])
    y = stock + np.repeat(np.concatenate([[0.0], total]), 2)
    return x, y


def reliability(deliveries: Deliveries, stock: float, demand: float, upper: float, prefix: str) -> str:
    """h(M) over stock in units, the chosen stock marked; `upper`: bound of the stock in units, inf for none."""
    flow = deliveries.flow
    most = max(flow.most, stock, 1e-9)
    at = np.linspace(0.0, min(1.05 * most, 1.2), 160)
    with figure_of(360, 300) as figure:
        axes = figure.add_axes((0.135, 0.13, 0.845, 0.78))
        axes.plot(at * demand, deliveries.reliability(at), color=BLUE, linewidth=2.2)
        chosen = float(deliveries.reliability(stock))
        axes.plot([stock * demand] * 2, [0.0, chosen], color=ORANGE, linewidth=1.2, linestyle=(0, (5, 2)))
        axes.plot([0.0, stock * demand], [chosen] * 2, color=ORANGE, linewidth=1.2, linestyle=(0, (5, 2)))
        axes.plot([stock * demand], [chosen], "o", color=ORANGE, markersize=7)
        if upper < at[-1] * demand:
            axes.axvline(upper, color=FAINT, linewidth=1.2)
        axes.set(xlim=(0.0, at[-1] * demand), ylim=(0.0, 1.03))
        axes.set_xlabel("initial stock, units", fontsize=10.5)
        _plain_axes(axes)
        axes.xaxis.set_major_formatter(plain)
        axes.yaxis.set_major_formatter(lambda value, _=None: f"{100 * value:.0f}\u2009%")
        return svg_of(figure, "Reliability against initial stock", prefix)


def cost(levels: FloatArray, costs: FloatArray, asked: float | None, prefix: str) -> str:
    """Least cost against the reliability of all materials together; odds of a shortage fall to the right."""
    had = np.isfinite(costs)
    odds = -np.log10(1.0 - levels)
    with figure_of(1080, 260) as figure:
        axes = figure.add_axes((0.06, 0.17, 0.93, 0.76))
        axes.plot(odds[had], costs[had], "-", color=BLUE, linewidth=2.2)
        axes.plot(odds[had], costs[had], "o", markersize=5.5, markerfacecolor="white", markeredgecolor=BLUE)
        if asked is not None:
            here = np.flatnonzero(levels == asked)
            axes.plot(odds[here], costs[here], "o", color=ORANGE, markersize=8)
            shown = f"asked: {100 * asked:g}\u2009%"
            axes.annotate(
                shown, (odds[here[0]], costs[here[0]]), (0, 12), textcoords="offset points", ha="right", color=INK
            )
        names = [f"{100 * level:g}\u2009%" for level in levels]
        kept = _apart(odds, 0.045 * float(np.ptp(odds)))
        axes.set_xticks(odds[kept], [names[k] for k in kept])
        axes.set_xlim(odds[0] - 0.03, odds[-1] + 0.03)
        span = float(np.ptp(costs[had])) or 1.0
        axes.set_ylim(float(costs[had].min()) - 0.12 * span, float(costs[had].max()) + 0.15 * span)
        axes.set_xlabel("reliability of all materials together", fontsize=10.5)
        _plain_axes(axes)
        axes.yaxis.set_major_formatter(amount)
        return svg_of(figure, "Least cost against reliability", prefix)


def _apart(values: FloatArray, least: float) -> list[int]:
    """The indices of rising values that are at least so far from the last one taken."""
    kept = [0]
    for k in range(1, len(values)):
        if values[k] - values[kept[-1]] >= least:
            kept.append(k)
    return kept


def _plain_axes(axes: Any) -> None:
    axes.yaxis.set_major_formatter(plain)
    axes.grid(axis="y", color=GRID)
    axes.set_axisbelow(True)
    axes.tick_params(axis="both", length=0)
