"""The pictures of a lot-sizing plan: what is ordered when, what capacity that takes, and stock beside its targets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ccinv.arrays import BoolArray, FloatArray
from ccinv.reporting.plots import (
    BLUE,
    FAINT,
    GRID,
    INK,
    ORANGE,
    figure_of,
    period_names,
    plain,
    short_names,
    small_axes,
    svg_of,
)

NARROW = 1.645  # deviations on both sides of the mean: nine in ten, where stock is normal


def schedule(names: Sequence[str], items: Sequence[str], order: FloatArray, lasts: FloatArray, prefix: str) -> str:
    """Orders, items by periods: a bar from the order to the last period that it is to serve, and its size.

    `order`, `lasts` (n, N): sizes, and how many periods until the next order; 0 where there is none.
    """
    labels = short_names(items)
    rows = len(labels)
    height = 24 * rows + 40
    left = (16 + 7 * max(map(len, labels))) / 1080
    room = 1080 * (0.998 - left) / max(len(names), 1)  # pixels of a period
    with figure_of(1080, height) as figure:
        axes = figure.add_axes((left, 30 / height, 0.998 - left, 24 * rows / height))
        for i, t in np.argwhere(lasts > 0):
            width = lasts[i, t]
            axes.barh(i, width - 0.12, left=t - 0.44, height=0.66, color=BLUE, alpha=0.22, linewidth=0)
            axes.barh(i, 0.07, left=t - 0.44, height=0.66, color=BLUE, linewidth=0)
            digits = float(f"{order[i, t]:.3g}")  # three of them
            text = f"{digits:,g}"
            if 6.5 * len(text) < width * room - 8:
                axes.text(t - 0.34, i, text, va="center", ha="left", fontsize=9.5, color=INK)
        axes.set(xlim=(-0.5, len(names) - 0.5), ylim=(rows - 0.5, -0.5))
        axes.set_yticks(np.arange(rows), labels, fontsize=10)
        axes.set_xticks(np.arange(len(names) + 1) - 0.5, minor=True)
        axes.grid(axis="x", which="minor", color=GRID)
        axes.set_axisbelow(True)
        axes.tick_params(axis="both", which="both", length=0)
        axes.spines["left"].set_visible(False)
        period_names(axes, names)
        return svg_of(figure, "When each item is ordered, and how much", prefix)


def capacity(
    names: Sequence[str], setups: FloatArray, units: FloatArray, limit: FloatArray, spread: FloatArray, prefix: str
) -> str:
    """Capacity taken by set-ups and by units in every period, against its limit; `spread`: deviations of the sum."""
    at = np.arange(len(setups))
    total = setups + units
    with figure_of(1080, 260) as figure:
        axes = figure.add_axes((0.05, 0.12, 0.948, 0.74))
        axes.bar(at, units, width=0.62, color=BLUE, alpha=0.85, label="orders")
        axes.bar(at, setups, width=0.62, bottom=units, color=BLUE, alpha=0.4, label="set-ups")
        if (spread > 0).any():
            label = "nine in ten replays, about"
            axes.errorbar(at, total, NARROW * spread, fmt="none", ecolor=INK, elinewidth=1.1, capsize=3, label=label)
        if np.isfinite(limit).any():
            edges = np.append(at - 0.5, at[-1] + 0.5)
            shown = np.where(np.isfinite(limit), limit, np.nan)
            axes.stairs(shown, edges, baseline=None, color=ORANGE, linewidth=2, linestyle=(0, (5, 2)), label="capacity")
        axes.set_xlim(-0.5, len(at) - 0.5)
        axes.yaxis.set_major_formatter(plain)
        axes.grid(axis="y", color=GRID)
        axes.set_axisbelow(True)
        axes.tick_params(axis="y", length=0)
        period_names(axes, names)
        figure.legend(loc="upper left", bbox_to_anchor=(0.0, 1.0), ncols=4, borderaxespad=0.0, handlelength=1.8)
        return svg_of(figure, "Capacity taken in each period", prefix)


def stock(
    names: Sequence[str], opening: FloatArray, closing: FloatArray, sd: FloatArray, target: FloatArray,
    setup: BoolArray, prefix: str,
) -> str:  # fmt: skip
    """Expected stock of one item: up with every order, down with demand; its band and its targets at period ends.

    `opening` (N,): with the order of the period; `closing`, `sd`, `target` (N,): at its end.
    """
    periods = len(closing)
    at = np.arange(periods)
    with figure_of(260, 150) as figure:
        axes = figure.add_axes((0.155, 0.15, 0.83, 0.81))
        x = np.stack([at - 0.5, at + 0.5], axis=1).ravel()
        y = np.stack([opening, closing], axis=1).ravel()
        low, high = closing - NARROW * sd, closing + NARROW * sd
        if (sd > 0).any():
            axes.vlines(at + 0.5, low, high, color=BLUE, alpha=0.3, linewidth=4)
        axes.plot(x, y, color=BLUE, linewidth=1.5)
        axes.hlines(target, at + 0.2, at + 0.8, color=ORANGE, linewidth=1.6)
        axes.axhline(0, color=FAINT, linewidth=0.8)
        bottom, top = min(float(low.min()), 0.0), max(float(max(opening.max(), high.max())), 0.0)
        room = 0.08 * ((top - bottom) or 1.0)
        axes.set(xlim=(-0.6, periods - 0.2), ylim=(bottom - room, top + room))
        ordered = np.flatnonzero(setup)
        axes.plot(
            ordered - 0.5, np.full(len(ordered), bottom - room), "^", color=INK, markersize=4.5, clip_on=False
        )  # fmt: skip
        small_axes(axes, names)
        return svg_of(figure, "Expected stock of one item", prefix)
