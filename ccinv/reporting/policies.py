"""The plan beside policies of today: a table and a picture, for pages, files and the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ccinv.arrays import FloatArray
from ccinv.auditing.conduct import Comparison, Conduct, Figures
from ccinv.reporting import policy_plots, words
from ccinv.reporting.pictures import markup
from ccinv.reporting.tables import csv_bytes


def policies_content(comparison: Comparison | None) -> dict[str, Any] | None:
    """What the page shows of it; None where there is nothing beside the plan."""
    if comparison is None:
        return None
    rows = []
    for line, one in zip(comparison.figures(), comparison.conducts, strict=True):
        shown = {name: np.nan if value is None else value for name, value in asdict(line).items()}
        within = int((one.within == 1.0).sum())
        rows.append(shown | {"words": one.words, "periods_within": f"{within} of {comparison.store.periods}"})
    return {
        "rows": rows,
        "picture": markup(picture(comparison, "policies")),
        "limited": comparison.store.budget is not None,
        "real": comparison.sales is not None,
        "level": words.percent(comparison.level),
        "which": f": {comparison.paths:,} replays, drawn as those of the audit with seed {comparison.seed}",
    }


def picture(comparison: Comparison, prefix: str) -> str:
    """Service, dollars and what is owed, period by period, a line for each way of ordering."""
    store = comparison.store
    chosen = store.important if store.important.any() else np.ones(store.items, dtype=np.bool_)

    def lines(value: str) -> dict[str, FloatArray]:
        return {one.name: _by_period(one, value, store.unit_cost) for one in comparison.conducts}

    return policy_plots.by_period(
        store.calendar,
        {one.name: one.service[chosen].mean(axis=0) for one in comparison.conducts},
        "service of important items" if store.important.any() else "service",
        store.service.alpha if store.important.any() else None,
        lines("dollars"),
        None if store.budget is None else store.budget.limits(store.periods),
        lines("backlog"),
        prefix,
    )


def _by_period(one: Conduct, value: str, unit_cost: FloatArray) -> FloatArray:
    return one.dollars if value == "dollars" else unit_cost @ one.backlog


def policies_csv(comparison: Comparison) -> bytes:
    """policies.csv: one line per way of ordering."""
    lines = comparison.figures()
    columns: dict[str, NDArray[Any]] = {"policy": np.array([line.name for line in lines], dtype=object)}
    for field in fields(Figures)[1:]:
        values = [getattr(line, field.name) for line in lines]
        columns[field.name] = np.array([np.nan if value is None else value for value in values])
    return csv_bytes(columns)


def policies_summary(comparison: Comparison | None) -> dict[str, Any] | None:
    """The same as plain numbers."""
    if comparison is None:
        return None
    return {
        "paths": comparison.paths,
        "seed": comparison.seed,
        "level_of_dollars_high": comparison.level,
        "table": [asdict(line) for line in comparison.figures()],
    }


def policies_words(comparison: Comparison) -> list[str]:
    """The same for the terminal: a table of text."""
    real = comparison.sales is not None
    head = ["", "important", "worst", "others", "worst", "within", "dollars", f"{100 * comparison.level:g} %", "owed"]
    rows = [
        [
            line.name, _rate(line.service), _rate(line.least), _rate(line.others), _rate(line.others_least),
            _rate(line.within), words.dollars(line.dollars), words.dollars(line.dollars_high),
            words.dollars(line.backlog),
        ]
        for line in comparison.figures()
    ]  # fmt: skip
    kept = [0, 1, 3, 6, 8] if real else list(range(len(head)))
    table = [[row[k] for k in kept] for row in [head, *rows]]
    widths = [max(len(row[k]) for row in table) for k in range(len(kept))]
    return [_line(row, widths) for row in table]


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (
        f"{cell:<{w}}" if k == 0 else f"{cell:>{w}}" for k, (cell, w) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join([first, *others]).rstrip()


def _rate(value: float | None) -> str:
    return "–" if value is None else words.percent(value)
