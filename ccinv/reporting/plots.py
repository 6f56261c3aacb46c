"""The pictures of the report as inline SVG: money, service, stock, orders. One unit of length is one CSS pixel."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ccinv.arrays import BoolArray, FloatArray

BLUE, ORANGE, INK, FAINT, GRID = "#20639b", "#d1610a", "#2b2f36", "#6b7280", "#e3e6ea"
BELOW = ("#8f3b00", "#d1610a", "#f0a464", "#fbdfc3")  # far below what is asked … just below
ABOVE = ("#edf4fa", "#d3e3f1", "#b1cee6")  # at what is asked … far above
MOST_ROWS = 400  # of a heat map: more would be thinner than a pixel
MOST_NAMES = 64
SAFE = re.compile(r"[A-Za-z0-9._:-]{1,16}")
_STYLE = {
    "svg.fonttype": "none", "svg.hashsalt": "ccinv", "font.size": 11, "axes.edgecolor": FAINT, "axes.labelcolor": INK,
    "axes.linewidth": 0.8, "xtick.color": FAINT, "ytick.color": FAINT, "xtick.labelcolor": INK,
    "ytick.labelcolor": INK, "axes.spines.top": False, "axes.spines.right": False, "axes.grid": False,
    "figure.facecolor": "none", "axes.facecolor": "none", "text.parse_math": False, "legend.frameon": False,
    "legend.fontsize": 11, "hatch.linewidth": 0.6,
}  # fmt: skip


@contextmanager
def figure_of(width: int, height: int) -> Iterator[Any]:
    """A figure of width × height pixels in the style of the page."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context():
        mpl.rcdefaults()  # the report must not depend on the settings of whoever makes it
        mpl.rcParams.update(_STYLE)
        yield Figure(figsize=(width / 72, height / 72), dpi=72)


def svg_of(figure: Any, title: str, prefix: str) -> str:
    """The figure as an <svg> element with a title for those who see no pictures; `prefix` keeps its ids its own."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    buffer = io.StringIO()
    FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r' width="[^"]*pt" height="[^"]*pt"| height="[^"]*pt" width="[^"]*pt"', "", text, count=1)
    mine = f"{prefix}-"
    used = set(re.findall(r'(?:url\(#|href="#)([^")]+)', text))
    text = re.sub(r' id="([^"]*)"', lambda m: f' id="{mine}{m[1]}"' if m[1] in used else "", text)
    text = re.sub(r'(url\(#|href="#)', rf"\g<1>{mine}", text)
    text = re.sub(r"\n\s*", "\n", text)
    label = title.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return text.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1).replace(
        ">", f"><title>{label}</title>", 1
    )


def short_names(names: Sequence[str]) -> list[str]:
    """Names that may stand in a picture: plain and short ones as they are, for all others their number."""
    return [name if SAFE.fullmatch(name) else f"#{k + 1}" for k, name in enumerate(names)]


def period_names(axes: Any, names: Sequence[str], width: float = 900.0, first: float = 0.0) -> None:
    """Names of periods under the axis, as many as have room."""
    shown = short_names(names)
    step = max(1, int(np.ceil(len(shown) * (7 * max(map(len, shown)) + 12) / width)))
    at = np.arange(0, len(shown), step)
    axes.set_xticks(at + first, [shown[k] for k in at])
    axes.tick_params(axis="x", length=0, pad=6)


def amount(value: float, _: Any = None) -> str:
    """Dollars at an axis, thousands as k."""
    return short(value, "$")


def plain(value: float, _: Any = None) -> str:
    """An amount at an axis, without a currency."""
    return short(value, "")


def short(value: float, currency: str) -> str:
    size = abs(value)
    sign = "−" if value < 0 else ""
    for unit, letter in ((1e9, " bn"), (1e6, " M"), (1e3, " k")):
        if size >= unit:
            return f"{sign}{currency}{size / unit:.4g}{letter}"
    return f"{sign}{currency}{size:.4g}"


def small_axes(axes: Any, names: Sequence[str], first: float = 0.0) -> None:
    """The look of one small picture of stock over periods among many."""
    axes.locator_params(axis="y", nbins=4)
    axes.yaxis.set_major_formatter(plain)
    axes.tick_params(axis="both", length=0, labelsize=9.5)
    axes.grid(axis="y", color=GRID)
    axes.set_axisbelow(True)
    axes.spines["bottom"].set_visible(False)
    period_names(axes, names, width=200, first=first)


def money(
    names: Sequence[str], expected: FloatArray, sd: FloatArray, limit: FloatArray | None, replayed: FloatArray | None,
    prefix: str,
) -> str:  # fmt: skip
    """Dollars obligated in each period: expectation, band, limit, and the mean of the replays."""
    at = np.arange(len(expected))
    with figure_of(1080, 320) as figure:
        axes = figure.add_axes((0.06, 0.1, 0.938, 0.78))
        axes.fill_between(
            at, expected - 1.645 * sd, expected + 1.645 * sd, color=BLUE, alpha=0.16, linewidth=0,
            label="expected ± 1.645 deviations (about 90 %)",
        )  # fmt: skip
        axes.plot(at, expected, color=BLUE, linewidth=2.2, label="expected by the plan")
        if replayed is not None:
            axes.plot(
                at, replayed, "o", markersize=6, markerfacecolor="white", markeredgecolor=BLUE, markeredgewidth=1.6,
                label="mean of the replays",
            )  # fmt: skip
        if limit is not None:
            edges = np.append(at - 0.5, at[-1] + 0.5)
            axes.stairs(limit, edges, baseline=None, color=ORANGE, linewidth=2, linestyle=(0, (5, 2)), label="limit")
        top = max(float(np.max(expected + 1.645 * sd)), *([] if limit is None else [float(np.max(limit))]), 0.0)
        low = min(float(np.min(expected - 1.645 * sd)), 0.0)
        axes.set(xlim=(-0.5, len(at) - 0.5), ylim=(low * 1.05, (top or 1.0) * 1.06))
        axes.yaxis.set_major_formatter(amount)
        axes.grid(axis="y", color=GRID)
        axes.set_axisbelow(True)
        axes.tick_params(axis="y", length=0)
        period_names(axes, names)
        figure.legend(loc="upper left", bbox_to_anchor=(0.0, 1.0), ncols=4, borderaxespad=0.0, handlelength=1.8)
        return svg_of(figure, "Dollars obligated in each period against the limit", prefix)


def orders(names: Sequence[str], executed: FloatArray | None, ruled: FloatArray, prefix: str) -> str:
    """Dollars of orders placed in each period: as executed in the replays, and as the rule expects them."""
    at = np.arange(len(ruled))
    with figure_of(1080, 240) as figure:
        axes = figure.add_axes((0.06, 0.13, 0.938, 0.73))
        if executed is not None:
            axes.bar(at, executed, width=0.62, color=BLUE, alpha=0.85, label="orders as executed, mean of the replays")
        axes.plot(
            at,
            ruled,
            "D",
            color=ORANGE,
            markersize=5.5,
            label="expected by the rule, before negative orders are caught up",
        )
        axes.axhline(0, color=FAINT, linewidth=0.8)
        axes.set_xlim(-0.5, len(at) - 0.5)
        axes.yaxis.set_major_formatter(amount)
        axes.grid(axis="y", color=GRID)
        axes.set_axisbelow(True)
        axes.tick_params(axis="y", length=0)
        axes.spines["bottom"].set_visible(False)
        period_names(axes, names)
        figure.legend(loc="upper left", bbox_to_anchor=(0.0, 1.0), ncols=2, borderaxespad=0.0, handlelength=1.8)
        return svg_of(figure, "Dollars of orders placed in each period", prefix)


def service_levels(alpha: float) -> tuple[FloatArray, list[str]]:
    """Where the colours of service change, and the colours: told apart finely near the level that is asked."""
    miss = 1 - alpha
    below = sorted({level for level in (0.5, 1 - 4 * miss, 1 - 2 * miss) if 0 < level < alpha})
    levels = np.array([0.0, *below, alpha, 1 - miss / 2, 1 - miss / 10, 1.0])
    return levels, [*BELOW[len(BELOW) - len(below) - 1 :], *ABOVE]


def heat_rows(table: FloatArray, rows: int) -> FloatArray:
    """The table with at most `rows` rows: neighbours are joined, and the lowest value of each group shows."""
    if len(table) <= rows:
        return table
    starts = np.linspace(0, len(table), rows, endpoint=False).astype(int)
    found: FloatArray = np.fmin.reduceat(table, starts, axis=0)
    return found


def service(
    names: Sequence[str], items: Sequence[str], important: BoolArray, promised: FloatArray,
    delivered: FloatArray | None, alpha: float, prefix: str,
) -> str:  # fmt: skip
    """Heat map of P{not short}, items × periods, as promised and as delivered; rows in the order given.

    NaN (hatched): no order can influence the cell. `important` (in the same order) comes first, parted by a line.
    """
    from matplotlib.colors import BoundaryNorm, ListedColormap

    panels = [("promised", promised)] + ([] if delivered is None else [("delivered in the replays", delivered)])
    total, first = len(important), int(important.sum())
    labels = short_names(items) if total <= MOST_NAMES else []
    body = max(16 * total, 60) if labels else 480
    height = body + 92
    left = (12 + 7 * max(map(len, labels))) / 1080 if labels else 0.03
    gap = 0.02
    width = (0.998 - left - gap * (len(panels) - 1)) / len(panels)
    groups = [(start, stop) for start, stop in ((0, first), (first, total)) if start < stop]
    levels, colours = service_levels(alpha)
    norm, shades = BoundaryNorm(levels, len(colours)), ListedColormap(colours).with_extremes(bad="none")
    with figure_of(1080, height) as figure:
        image = None
        for k, (title, given) in enumerate(panels):
            table = np.where(np.abs(given - alpha) <= 1e-6, alpha, given)  # a promise that binds is not orange
            axes = figure.add_axes((left + k * (width + gap), 60 / height, width, body / height))
            axes.patch.set(facecolor="white", hatch="////", edgecolor="#c9ced6", linewidth=0)
            for start, stop in groups:  # apart, so that no line joins an important item with another
                rows = max(1, round(MOST_ROWS * (stop - start) / total))
                image = axes.imshow(
                    np.ma.masked_invalid(heat_rows(table[start:stop], rows)), aspect="auto", interpolation="none",
                    cmap=shades, norm=norm, extent=(-0.5, len(names) - 0.5, stop - 0.5, start - 0.5),
                )  # fmt: skip
            axes.set(xlim=(-0.5, len(names) - 0.5), ylim=(total - 0.5, -0.5))
            axes.set_title(title, loc="left", fontsize=12, fontweight="bold", color=INK, pad=7)
            period_names(axes, names, width=1080 * width)
            if 0 < first < total:
                axes.axhline(first - 0.5, color=INK, linewidth=1.6)
            for spine in axes.spines.values():
                spine.set_visible(False)
            axes.tick_params(axis="y", length=0)
            axes.set_yticks([])
            if k == 0 and labels:
                axes.set_yticks(np.arange(total), labels, fontsize=10)
            elif k == 0:
                ends = {"important": (first - 1) / 2} if first else {}
                ends |= {"others": (first + total - 1) / 2} if first < total else {}
                axes.set_yticks(list(ends.values()), list(ends), rotation=90, va="center")
        bar = figure.colorbar(
            image, cax=figure.add_axes((left, 20 / height, 0.4, 11 / height)), orientation="horizontal",
            spacing="uniform", ticks=levels,
        )  # fmt: skip
        bar.ax.set_xticks(levels, [f"{100 * level:.4g}\u2009%" for level in levels], fontsize=10)
        bar.ax.tick_params(length=0, pad=3)
        bar.outline.set_visible(False)
        box = figure.add_axes((left + 0.44, 20 / height, 0.03, 11 / height), xticks=[], yticks=[])
        box.patch.set(facecolor="white", hatch="////", edgecolor="#c9ced6", linewidth=0)
        for spine in box.spines.values():
            spine.set_visible(False)
        figure.text(left + 0.475, 21.5 / height, "no order can arrive in time", fontsize=11, color=INK)
        text = f"blue: at least {100 * alpha:g}\u2009%, orange: less"
        figure.text(0.998, 21.5 / height, text, fontsize=11, color=INK, ha="right")
        return svg_of(figure, "Probability that an item is not short, items by periods", prefix)


def stock_fan(names: Sequence[str], quantiles: FloatArray, broken: NDArray[np.bool_], prefix: str) -> str:
    """Net stock of one item over time: 5–95 % and 25–75 % of the replays, the median, and zero. quantiles: (N, 5)."""
    at = np.arange(len(quantiles))
    with figure_of(260, 150) as figure:
        axes = figure.add_axes((0.155, 0.15, 0.83, 0.81))
        if len(at) == 1:  # one period has no line: draw it as a bar of its width
            at, quantiles = np.array([-0.3, 0.3]), np.repeat(quantiles, 2, axis=0)
        axes.fill_between(at, quantiles[:, 0], quantiles[:, 4], color=BLUE, alpha=0.18, linewidth=0)
        axes.fill_between(at, quantiles[:, 1], quantiles[:, 3], color=BLUE, alpha=0.32, linewidth=0)
        axes.plot(at, quantiles[:, 2], color=BLUE, linewidth=1.8)
        axes.axhline(0, color=ORANGE, linewidth=1.1)
        low, high = min(float(quantiles.min()), 0.0), max(float(quantiles.max()), 0.0)
        room = 0.08 * ((high - low) or 1.0)
        axes.set(xlim=(min(at[0], -0.3), max(at[-1], 0.3)), ylim=(low - room, high + room))
        marked = np.flatnonzero(broken)
        axes.plot(marked, np.full(len(marked), low - room), "^", color=ORANGE, markersize=7, clip_on=False)
        axes.locator_params(axis="y", nbins=4)
        axes.tick_params(axis="both", length=0, labelsize=9.5)
        axes.grid(axis="y", color=GRID)
        axes.set_axisbelow(True)
        axes.spines["bottom"].set_visible(False)
        period_names(axes, names, width=200)
        return svg_of(figure, "Net stock of one item in the replays", prefix)
