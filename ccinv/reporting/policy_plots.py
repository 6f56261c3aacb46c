"""Ways of ordering side by side: service, dollars and what is owed, period by period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.reporting.plots import BLUE, FAINT, GRID, INK, ORANGE, amount, figure_of, period_names, svg_of

PLAN = (BLUE, "-", 2.6)
# told apart by colour and by dashes; those after the last begin anew
OTHERS: tuple[tuple[str, Any, float], ...] = (
    (ORANGE, "-", 1.7), (ORANGE, (0, (2, 1.5)), 1.7), ("#3f7f5f", "-", 1.7), ("#7b5ea7", (0, (5, 1.5, 1, 1.5)), 1.7),
)  # fmt: skip


def by_period(
    names: Sequence[str], service: Mapping[str, FloatArray], service_title: str, asked: float | None,
    dollars: Mapping[str, FloatArray],
    limit: FloatArray | None, owed: Mapping[str, FloatArray], prefix: str,
) -> str:  # fmt: skip
    """Three panels over the periods, in each a line for every way of ordering, the plan first; `asked`: of service."""
    at = np.arange(len(names))
    styles = [PLAN, *(OTHERS[k % len(OTHERS)] for k in range(len(service) - 1))]
    panels = ((service_title, service), ("dollars obligated", dollars), ("worth of what is owed", owed))
    with figure_of(1080, 270) as figure:
        for k, (title, lines) in enumerate(panels):
            axes = figure.add_axes((0.047 + 0.338 * k, 0.1, 0.275, 0.67))
            for (name, values), (colour, dashes, width) in reversed(list(zip(lines.items(), styles, strict=True))):
                marker = "o" if len(at) == 1 else None
                axes.plot(at, values, color=colour, linestyle=dashes, linewidth=width, marker=marker, label=name)
            axes.set_title(title, loc="left", fontsize=12, fontweight="bold", color=INK, pad=7)
            axes.set_xlim(-0.3, len(at) - 0.7)
            axes.grid(axis="y", color=GRID)
            axes.set_axisbelow(True)
            axes.tick_params(axis="both", length=0)
            axes.locator_params(axis="y", nbins=5)
            period_names(axes, names, width=290)
            if k == 0:
                if asked is not None:
                    _held_to(axes, asked, "asked")
                axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.4g}\u2009%")
                handles, labels = axes.get_legend_handles_labels()
                continue
            axes.yaxis.set_major_formatter(amount)
            if k == 1 and limit is not None:
                _held_to(axes, limit, "limit")
            if k == 2:
                axes.set_ylim(bottom=0.0)
        figure.legend(
            handles[::-1], labels[::-1], loc="upper left", bbox_to_anchor=(0.04, 1.0), ncols=8, borderaxespad=0.0,
            handlelength=2.6,
        )  # fmt: skip
        return svg_of(figure, "Service, dollars obligated and what is owed, for each way of ordering", prefix)


def _held_to(axes: Any, level: FloatArray | float, name: str) -> None:
    """What was to be kept: a dashed line with its name."""
    edges = np.arange(len(level) + 1) - 0.5 if isinstance(level, np.ndarray) else np.array([-0.5, 1e4])
    values = np.atleast_1d(level)
    axes.stairs(values, edges, baseline=None, color=FAINT, linewidth=1.6, linestyle=(0, (5, 2)))
    axes.annotate(name, (0, float(values[0])), xytext=(0, 4), textcoords="offset points", fontsize=10, color=FAINT)
