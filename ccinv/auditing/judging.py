"""From frequencies to verdicts: is a promised probability kept, tight or broken?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betainccinv, betaincinv

from ccinv.arrays import FloatArray, IntArray

LEVEL = 0.01  # family level: of a hundred audits in which all promises hold, one may call one of them broken
SLACK = 0.005  # a promise that binds is at its level exactly: only a shortfall beyond this counts


class Verdict(StrEnum):
    """What the audit says of a promise."""

    KEPT = "KEPT"
    TIGHT = "TIGHT"
    BROKEN = "BROKEN"


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """Confidence limits and verdict of each frequency; arrays of one shape, verdict "" where nothing was promised."""

    low: FloatArray
    high: FloatArray
    verdict: NDArray[np.object_]


def judge(met: IntArray, paths: int, asked: FloatArray) -> Judgement:
    """Verdicts on promises that were met on `met` of `paths` independent paths, and limits for every probability.

        BROKEN: H0 p ≥ asked − 0.005 is rejected by the exact binomial test, Holm's step-down over all promises at 1 %
        KEPT:   not so, and the lower limit is ≥ asked;     TIGHT: neither

    `asked` is NaN where nothing is promised; `met` and `asked` hold all promises of one family, in any one shape.
    Limits are those of Clopper and Pearson with Bonferroni's share of 1 %: the intervals of all m promises hold
    together with 99 % (Holm's own intervals say nothing of what it does not reject); entries without a promise get an
    interval of the same width. Source: Holm 1979; Clopper and Pearson 1934.
    """
    promised = np.isfinite(asked)
    low, high = limits(met, paths, LEVEL / (2 * max(int(promised.sum()), 1)))
    verdict = np.full(met.shape, "", dtype=object)
    broken = np.zeros(met.shape, dtype=np.bool_)
    broken[promised] = holm(_at_most(met[promised], paths, asked[promised] - SLACK), LEVEL)
    verdict[promised] = Verdict.TIGHT
    verdict[promised & (low >= np.where(promised, asked, 2.0))] = Verdict.KEPT
    verdict[broken] = Verdict.BROKEN
    return Judgement(low, high, verdict)


def holm(p_value: FloatArray, level: float) -> NDArray[np.bool_]:
    """Which hypotheses fall: from the smallest p-value on, while the k-th is ≤ level / (m − k + 1)."""
    order = np.argsort(p_value, kind="stable")
    falls = p_value[order] <= level / np.arange(len(p_value), 0, -1)
    rejected = np.zeros(len(p_value), dtype=np.bool_)
    rejected[order] = np.logical_and.accumulate(falls)
    return rejected


def _at_most(met: IntArray, paths: int, probability: FloatArray) -> FloatArray:
    """P{Binomial(paths, probability) ≤ met}; 1 where the probability is not positive: nothing can be below it."""
    inside = (met < paths) & (probability > 0)
    found = np.ones(met.shape)
    found[inside] = betainc(paths - met[inside], met[inside] + 1.0, 1.0 - probability[inside])
    return found


def limits(met: IntArray, paths: int, tail: float) -> tuple[FloatArray, FloatArray]:
    """Exact lower and upper limits of a probability, each wrong with `tail` at most."""
    counts, where = np.unique(met, return_inverse=True)  # thousands of cells share few counts, and inverting is slow
    low, high = np.zeros(len(counts)), np.ones(len(counts))
    some, not_all = counts > 0, counts < paths
    low[some] = betaincinv(counts[some], paths - counts[some] + 1.0, tail)
    high[not_all] = betainccinv(counts[not_all] + 1.0, paths - counts[not_all], tail)
    return low[where].reshape(met.shape), high[where].reshape(met.shape)
