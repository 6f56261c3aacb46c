"""The pictures of a network's plan: what flows from where to where, and stock of every store beside its limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.network import BalancePlan
from ccinv.reporting.plots import (
    BLUE,
    FAINT,
    INK,
    ORANGE,
    figure_of,
    plain,
    short_names,
    small_axes,
    svg_of,
)

COLOURS = (BLUE, ORANGE, "#7a8794", "#5aa9a3", "#a2789c")
MOST_NODES = 60
GAP = 0.028  # of the height, between nodes


def columns_of(plan: BalancePlan, total: FloatArray) -> np.ndarray[Any, Any]:
    """The column of each node, (C,): what only sends at the left, stores by how far goods have come, ends at the right.

    `total` (A,): flow on each arc.
    """
    known = plan.known
    number = {name: k for k, name in enumerate(known.node)}
    ends = [(number[arc[0]], number[arc[1]]) for arc, amount in zip(known.arc, total, strict=True) if amount > 0]
    store = np.array([kind == "store" for kind in known.kind], dtype=np.bool_)
    depth = np.where(store, 1, 0)
    for _ in range(min(len(known.node), 6)):  # rounds enough where stores make no circle, and an end where they do
        for one, other in ends:
            if store[one] and store[other]:
                depth[other] = max(depth[other], depth[one] + 1)
    last = int(depth.max(initial=1)) + 1
    receives = {other for _, other in ends}
    for k, kind in enumerate(known.kind):
        if kind == "outlet" or (kind == "customer" and k in receives):
            depth[k] = last
    return depth


def flows(plan: BalancePlan, prefix: str) -> str | None:
    """Goods as bands from node to node, as wide as what flows over the horizon; None where there are too many nodes."""
    known, layout = plan.known, plan.layout
    lane = plan.flow.sum(axis=1)
    total: Any = np.bincount(layout.lane_arc, weights=lane, minlength=len(known.arc))
    number = {name: k for k, name in enumerate(known.node)}
    start = np.array([number[known.arc[a][0]] for a in layout.lane_arc], dtype=np.int64)
    end = np.array([number[known.arc[a][1]] for a in layout.lane_arc], dtype=np.int64)
    out = np.bincount(start, weights=lane, minlength=len(known.node))
    into = np.bincount(end, weights=lane, minlength=len(known.node))
    shown = np.flatnonzero((out + into > 0) | (np.array(known.kind) == "store"))
    if len(shown) > MOST_NODES or lane.max(initial=0.0) <= 0:
        return None
    column = columns_of(plan, total)
    used = np.unique(column[shown])
    size = np.maximum(out, into)
    most = max(float(size[shown[column[shown] == c]].sum()) for c in used)
    rows = max(int((column[shown] == c).sum()) for c in used)
    height = max(240, 42 * rows + 60)
    unit = (0.94 - GAP * rows) / most  # height of a unit of goods
    labels = short_names(known.node)
    left: dict[int, float] = {}
    with figure_of(1080, height) as figure:
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, 1), ylim=(0, 1))
        axes.axis("off")
        place: dict[int, tuple[float, float]] = {}
        at = np.linspace(0.11, 0.865, len(used)) if len(used) > 1 else np.array([0.5])
        for c, x in zip(used, at, strict=True):
            own = shown[column[shown] == c]
            tall = float(size[own].sum()) * unit + GAP * (len(own) - 1)
            y = 0.5 + tall / 2
            for k in own:
                place[int(k)] = (float(x), y)
                left[int(k)] = y
                y -= size[k] * unit + GAP
        right = {k: y for k, (_, y) in place.items()}
        for one in sorted(
            np.flatnonzero(lane > 0), key=lambda one: (-place[int(start[one])][1], -place[int(end[one])][1])
        ):
            _band(axes, place, right, left, int(start[one]), int(end[one]), lane[one] * unit,
                  COLOURS[layout.lane_product[one] % len(COLOURS)])  # fmt: skip
        for k in shown:
            x, y = place[int(k)]
            closed = not plan.open[k]
            axes.add_patch(_box(x, y, max(size[k] * unit, 0.004), FAINT if closed else INK))
            side, align = (x - 0.012, "right") if column[k] == used[0] else (x + 0.012, "left")
            words = f"{labels[k]}  closed" if closed else f"{labels[k]}  {plain(float(size[k]))}"
            axes.text(side, y - size[k] * unit / 2, words, va="center", ha=align, fontsize=10.5, color=INK,
                      bbox={"facecolor": "white", "alpha": 0.72, "edgecolor": "none", "pad": 1.2})  # fmt: skip
        return svg_of(figure, "What flows from where to where over the whole horizon", prefix)


def _box(x: float, y: float, tall: float, colour: str) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((x - 0.006, y - tall), 0.012, tall, color=colour, linewidth=0)


def _band(
    axes: Any, place: dict[int, tuple[float, float]], right: dict[int, float], left: dict[int, float], one: int,
    other: int, wide: float, colour: str,
) -> None:  # fmt: skip
    """A band from the right of one node to the left of another; where it starts and ends moves down for the next."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    x, z = place[one][0] + 0.006, place[other][0] - 0.006
    y, w = right[one], left[other]
    right[one] -= wide
    left[other] -= wide
    middle = (x + z) / 2
    points = [
        (x, y),
        (middle, y),
        (middle, w),
        (z, w),
        (z, w - wide),
        (middle, w - wide),
        (middle, y - wide),
        (x, y - wide),
    ]
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3]
    axes.add_patch(PathPatch(Path(points, codes), facecolor=colour, alpha=0.42, linewidth=0))


def stock(
    names: Sequence[str], opening: float, mean: FloatArray, low: FloatArray, high: FloatArray,
    limits: tuple[float, float], prefix: str,
) -> str:  # fmt: skip
    """Stock of one store at the end of each period: planned, between what demand may make of it, and its limits."""
    at = np.arange(len(mean) + 1)
    with figure_of(260, 150) as figure:
        axes = figure.add_axes((0.155, 0.15, 0.83, 0.81))
        line = np.append(opening, mean)
        if (high - low).max(initial=0.0) > 1e-9 * max(float(np.abs(mean).max(initial=0.0)), 1.0):
            axes.fill_between(
                at, np.append(opening, low), np.append(opening, high), color=BLUE, alpha=0.22, linewidth=0
            )
        axes.plot(at, line, color=BLUE, linewidth=1.6)
        top = max(float(line.max()), float(high.max()), 0.0)
        bottom = min(float(line.min()), float(low.min()), 0.0)
        for limit in limits:
            if np.isfinite(limit) and (limit > 0 or bottom < 0) and limit <= 3 * max(top, 1e-9):
                axes.axhline(limit, color=ORANGE, linewidth=1.4)
                top = max(top, limit)
        axes.axhline(0, color=FAINT, linewidth=0.8)
        room = 0.08 * ((top - bottom) or 1.0)
        axes.set(xlim=(-0.2, len(mean) + 0.2), ylim=(bottom - room, top + room))
        small_axes(axes, names, first=1.0)
        return svg_of(figure, "Stock of one store", prefix)
