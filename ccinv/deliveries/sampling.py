"""Draws of marks: by gamma variables, by sorting uniform numbers, and as the paper prints the former."""

from __future__ import annotations

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.deliveries.marks import Marks


def drawn(marks: Marks, rng: np.random.Generator, paths: int) -> FloatArray:
    """Marks of `paths` cycles, (paths, K), from K + 1 gamma variables each.

        x_(j_i) = (g_1 + … + g_i) / (g_1 + … + g_(K+1)),   g_i ~ Γ(j_i − j_(i−1)),   j_0 = 0,  j_(K+1) = N + 1

    Source: Prékopa & Kelle 1978, §5, second method, with N − j_n + 1 for the last parameter and the scale put on the
    ratios, where a rate common to all gamma variables cancels.
    """
    if marks.fixed is not None:
        return np.tile(marks.fixed, (paths, 1))
    return marks.placed(_ratios(marks, rng, paths, rate=1.0))


def drawn_by_sorting(marks: Marks, rng: np.random.Generator, paths: int) -> FloatArray:
    """The same law as the model is told, (paths, K): N uniform numbers, sorted, of which the selected are taken.

    Slower by a factor of N / K or so. Source: §5, first method.
    """
    if marks.fixed is not None:
        return np.tile(marks.fixed, (paths, 1))
    ordered = np.sort(rng.random((paths, marks.sample)), axis=1)
    return marks.placed(ordered[:, marks.positions - 1])


def drawn_printed(marks: Marks, rng: np.random.Generator, paths: int) -> FloatArray:
    """Partial sums of ξ_i as (5.1) and the sentence after (5.4) have them, plus the steps, (paths, K).

        ξ_i = g_i / (g_1 + … + g_(K+1)),   g_i with rate 1 − nγ

    The rate cancels, so that the ξ fill (0, 1) and not (0, 1 − nγ): the marks run beyond 1. The last parameter, printed
    N − j_(n+1) + 1 of a j_(n+1) that is not there, is read N − j_n + 1. Only for marks left to chance.
    """
    return marks.least + _ratios(marks, rng, paths, rate=marks.scale)


def _ratios(marks: Marks, rng: np.random.Generator, paths: int, rate: float) -> FloatArray:
    shape = np.diff(marks.positions, prepend=0, append=marks.sample + 1)
    sums = np.cumsum(rng.standard_gamma(shape, size=(paths, len(shape))) / rate, axis=1)
    found: FloatArray = sums[:, :-1] / sums[:, -1:]
    return found
