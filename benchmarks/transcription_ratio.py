"""Claim: against the model written constraint by constraint, a plan takes a tenth of the time or less; one optimum.

`benchmarks/transcription.py` states one cvxpy norm per cell, order and budget period, and reaches the optimum of the
same store with Clarabel. Beside ExpectedStock and MinimumBudget, one cone program each, no objective is compared: a
search over γ would count programs, not formulations.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import ccinv as cc
from benchmarks.cases import case
from benchmarks.clock import timed
from benchmarks.row import Job, Row
from benchmarks.transcription import Solution, Transcription, cumulative, normal

LEAST_RATIO = 10.0
AGREED = 1e-7
SIZES = (
    (100, 12, cc.MinimumBudget()),
    (100, 12, cc.ExpectedStock()),
    (1000, 12, cc.MinimumBudget()),
    (20, 48, cc.MinimumBudget()),  # a hundred items take it too long: its rows grow with the square of the horizon
)


def transcribed(store: cc.Store, objective: Any) -> Solution:
    """The same question to the transcription."""
    model = Transcription(store, cumulative, normal)
    return model.minimum_budget() if isinstance(objective, cc.MinimumBudget) else model.expected_stock()


def ratio(items: int, periods: int, objective: Any) -> Row:
    """How many times as long the transcription takes as `cc.plan`, both with all their set-up and checks."""
    store = case(items, periods).store()
    cc.plan(
        case(6, 4).store(), objective=objective, inversion=cc.inversion.Normal()
    )  # what the first call of a library costs is not the model's
    first = timed(lambda: cc.plan(store, objective=objective, inversion=cc.inversion.Normal()))
    slow = timed(lambda: transcribed(store, objective))
    again = timed(lambda: cc.plan(store, objective=objective, inversion=cc.inversion.Normal()))
    assert slow.value.status == "optimal", f"transcription: {slow.value.status}"
    difference = abs(first.value.objective_value - slow.value.value) / abs(slow.value.value)
    assert difference <= AGREED, (
        f"{first.value.objective_value:.10g} and transcribed {slow.value.value:.10g} differ by {difference:.1e}"
    )
    fast = max(first.cpu, again.cpu)
    found = slow.cpu / fast
    detail = f"{slow.cpu:.1f} s against {fast:.2f} s; optima apart by {difference:.0e}"
    name = f"transcription / plan, {type(objective).__name__}"
    return Row(name, f"{items} × {periods}", f"{found:.3g}", f"≥ {LEAST_RATIO:g}", found >= LEAST_RATIO, detail)


def jobs(sizes: tuple[tuple[int, int, Any], ...] = SIZES) -> list[Job]:
    """Sizes whose transcription takes a minute or two at most."""
    return [partial(ratio, *size) for size in sizes]
