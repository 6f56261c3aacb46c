"""Maximum likelihood for a law of marks, over its whole numbers and its step at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, xlogy

from ccinv.arrays import FloatArray, IntArray
from ccinv.deliveries.fitting import MOST_SAMPLE
from ccinv.deliveries.history import MarkHistory
from ccinv.deliveries.marks import Marks
from ccinv.errors import DataError, Fault

GRID = 201  # steps looked at between the smallest and the largest that can be
ZOOMS = 4  # each time between the neighbours of the best: a hundred times finer


@dataclass(frozen=True, slots=True)
class MaximumLikelihood:
    """The step, sample and places that make the marks of past cycles most likely.

        max  C log N! − Σ_i C log (a_i − 1)! + Σ_c Σ_i (a_i − 1) log e_ci − C N log(1 − n·step),   Σ a_i = N + 1

    a_i = j_i − j_(i−1) ≥ 1, e: gaps in excess of the step (the gap after the last time has none). The least gap seen is
    no estimate here: its excess would be 0, and the likelihood with it unless a_i = 1. So the step is chosen with the
    rest, from 0 up to that gap; as the a_i are whole and at least 1, the likelihood is bounded there. Given step and N
    the best a are an apportionment by d'Hondt of N + 1 seats, one each beforehand, to parties with the geometric means
    of e as votes: each gain −log a_i + mean log e_i falls with a_i, so taking the largest one by one is optimal, and
    goes through all N in one pass. A time recorded at the very end of a cycle, or with the one before, counts as half a
    unit of recording away.

    `most`: the largest N looked at. A smaller step with a larger sample is often nearly as likely, or more: the
    likelihood is flat that way.
    """

    most: int = MOST_SAMPLE

    @property
    def name(self) -> str:
        """As it is called in a report."""
        return "maximum likelihood"

    def marks(self, past: MarkHistory) -> Marks:
        """The law."""
        if isinstance(self.most, bool) or not isinstance(self.most, int | np.integer) or self.most < past.size:
            expected = f"a whole number of at least {past.size}, one for each mark"
            raise DataError(Fault("most", repr(self.most), expected, "Leave it out to have 100."))
        gaps = resolved(past)
        low, high = 0.0, float(gaps[:, : past.parts].min())
        for _ in range(ZOOMS):
            steps = np.linspace(low, high, GRID)
            value, spans = _best(gaps, past.parts, steps, int(self.most))
            at = int(value.argmax())
            low, high = steps[max(at - 1, 0)], steps[min(at + 1, GRID - 1)]
        places = np.cumsum(spans[at])
        return Marks(places[:-1], int(places[-1]) - 1, float(steps[at]), past.parts)


def log_likelihood(marks: Marks, past: MarkHistory) -> float:
    """log of the density of the past marks, in cycles and totals, under a law left to chance; −inf where it is 0."""
    gaps = resolved(past)
    spans = np.diff(marks.positions, prepend=0, append=marks.sample + 1)
    excess = gaps - marks.step * (np.arange(gaps.shape[1]) < past.parts)
    if (excess < 0).any():
        return float("-inf")
    constant = gammaln(marks.sample + 1.0) - gammaln(spans).sum() - marks.sample * np.log(marks.scale)
    return float(len(gaps) * constant + xlogy(spans - 1, excess).sum())


def resolved(past: MarkHistory) -> FloatArray:
    """The gaps, none of them below half a unit of recording; rows still sum to 1."""
    gaps = np.maximum(past.gaps, 0.5 * past.unit)
    found: FloatArray = gaps / gaps.sum(axis=1, keepdims=True)
    return found


def _best(gaps: FloatArray, parts: int, steps: FloatArray, most: int) -> tuple[FloatArray, IntArray]:
    """The largest log-likelihood per cycle at each step, (G,), and its spans a, (G, K + 1)."""
    held = np.arange(gaps.shape[1]) < parts
    scale = 1.0 - parts * steps
    with np.errstate(divide="ignore"):  # an excess of 0: no votes
        votes = np.log(np.maximum(gaps - steps[:, None, None] * held, 0.0)).mean(axis=1) - np.log(scale)[:, None]
    rows = np.arange(len(steps))
    spans = np.ones(votes.shape, dtype=np.int64)
    size = gaps.shape[1] - 1
    # the density of the marks: that of their shares by the scale, once for every mark
    value = float(gammaln(size + 1.0)) - size * np.log(scale)
    best, at = value, spans.copy()
    for n in range(size + 1, most + 1):
        gain = votes - np.log(spans)
        seat = np.round(gain, 9).argmax(axis=1)  # of equal ones the first, whatever rounding says
        value = value + np.log(n) + gain[rows, seat]
        spans[rows, seat] += 1
        better = value > best
        best = np.where(better, value, best)
        at[better] = spans[better]
    return best, at
