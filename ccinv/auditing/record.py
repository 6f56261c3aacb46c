"""What an audit found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ccinv.arrays import FloatArray, freeze
from ccinv.auditing.judging import Verdict
from ccinv.parts import Parts


@dataclass(frozen=True, slots=True, eq=False)
class Audit:
    """A plan replayed on `paths` fresh paths: how often each promise held, with confidence limits and a verdict.

    service (n, N): share of paths with X(t) not short (≥ store.short_below); low, high, verdict likewise, verdict ""
    where nothing was promised. joint_service (n,): share of paths with no short period at all; joint_controllable (n,):
    with none among the periods that an order can influence, NaN where there is no such period.
    stock_mean, backlog_mean, order_mean (n, N): mean of X(t), of X(t)⁻ and of the executed orders, units.
    order (n, N): share of paths on which the rule itself orders no negative amount (before that is prevented).
    budget (N,): share of paths with dollars obligated ≤ the limit, NaN without one; budget_mean (N,): mean dollars.
    All promises (service, budget, orders) are one family: see `judge` for limits and verdicts. `parts`: those in which
    orders came, None where each came whole; `parts.words` says it.
    """

    paths: int
    seed: int
    service: FloatArray
    low: FloatArray
    high: FloatArray
    verdict: NDArray[np.object_]
    joint_service: FloatArray
    joint_controllable: FloatArray
    stock_mean: FloatArray
    backlog_mean: FloatArray
    order_mean: FloatArray
    order: FloatArray
    order_low: FloatArray
    order_high: FloatArray
    order_verdict: NDArray[np.object_]
    budget: FloatArray
    budget_low: FloatArray
    budget_high: FloatArray
    budget_verdict: NDArray[np.object_]
    budget_mean: FloatArray
    parts: Parts | None = None

    def __post_init__(self) -> None:
        freeze(self)

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many promises are kept, tight, broken."""
        tables = (self.verdict, self.order_verdict, self.budget_verdict)
        return {verdict: sum(int((table == verdict).sum()) for table in tables) for verdict in Verdict}

    @property
    def kept(self) -> bool:
        """Whether no promise is broken."""
        return self.counts[Verdict.BROKEN] == 0
