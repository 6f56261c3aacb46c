"""Orthant probabilities of many normal vectors at once: conditioning variable by variable, quasi-random points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from ccinv.arrays import FloatArray, IntArray

SHIFTS = 8  # independent scramblings: what they differ by is the error
FIRST, LAST = 7, 13  # points per scrambling as powers of two; those that are not sure enough get four times as many
STUDENT = 3.5  # two-sided 99 % of Student's t with SHIFTS − 1 degrees of freedom
CERTAIN = 1e-12  # a variance of less than this is determined by the variables before
NOTHING = 1e-6  # a weight of less than this on a variable that determines another: rounding
HELD = 2**22  # numbers of one array held at a time
EDGE = 1e-300


@dataclass(frozen=True, slots=True, eq=False)
class Factored:
    """W = L y for B vectors of m variables that were put in the order in which they are to be conditioned.

    `limit` (B, m): W ≤ limit is asked for; `factor` (B, m, m): L, lower triangular in the first rank columns, zero in
    the others; `last` (B, m): the last of the y on which a row depends, so that it is a bound on that one.
    """

    limit: FloatArray
    factor: FloatArray
    last: IntArray


def orthant(score: FloatArray, correlation: FloatArray, tolerance: float, seed: int) -> tuple[FloatArray, FloatArray]:
    """P{W ≤ score} for W normal with mean 0 and the given correlation, (B,), and the error of each, (B,).

    `score`: (B, m), ±inf where the outcome is certain; `correlation`: (B, m, m), singular ones too. The error is that
    of a 99 % interval from independent scramblings; points are added until it is below `tolerance`, up to 2¹⁶. The same
    seed gives the same numbers up to rounding, whichever vectors are asked for together. Source: Genz 1992, with the
    variables ordered after Gibson, Glasbey and Elston 1994, and singular ones as Genz and Kwong 2000 have them.
    """
    ready = factored(score, correlation)
    found, error = np.ones(len(score)), np.zeros(len(score))
    waiting = np.arange(len(score))
    for power in range(FIRST, LAST + 1, 2):
        some = Factored(ready.limit[waiting], ready.factor[waiting], ready.last[waiting])
        sample = np.stack([_integrated(some, points) for points in _points(score.shape[1], power, seed)])
        found[waiting] = sample.mean(axis=0)
        error[waiting] = STUDENT * sample.std(axis=0, ddof=1) / np.sqrt(SHIFTS)
        waiting = waiting[error[waiting] > tolerance]
        if not len(waiting):
            break
    return found, error


def _points(variables: int, power: int, seed: int) -> list[FloatArray]:
    """SHIFTS scramblings of Sobol's points, (variables, 2^power) each."""
    from scipy.stats import qmc

    streams = np.random.SeedSequence([seed, power]).spawn(SHIFTS)
    return [
        qmc.Sobol(max(variables - 1, 1), rng=np.random.default_rng(stream)).random_base2(power).T for stream in streams
    ]


def factored(score: FloatArray, correlation: FloatArray) -> Factored:
    """The vectors with their variables in order: first the one least likely to be low enough, then the one least likely
    given that the first is, and so on; those that are determined by others come last."""
    count, size = score.shape
    every = np.arange(count)
    limit, joint = score.copy(), correlation.copy()
    factor = np.zeros_like(joint)
    typical = np.zeros_like(limit)  # E[y | low enough]
    rank = np.full(count, size)
    for j in range(size):
        left = np.diagonal(joint, axis1=1, axis2=2)[:, j:] - (factor[:, j:, :j] ** 2).sum(axis=2)
        centre = np.einsum("bkj,bj->bk", factor[:, j:, :j], typical[:, :j])
        free = left > CERTAIN
        root = np.sqrt(np.where(free, left, 1.0))
        bound = (limit[:, j:] - centre) / root
        pick = j + np.argmin(np.where(free, ndtr(bound), 2.0), axis=1)
        live = free.any(axis=1)
        rank = np.where(live, rank, np.minimum(rank, j))
        for table in (limit, factor):
            _swap(table, every, pick, j)
        _swap(joint, every, pick, j)
        _swap(joint.transpose(0, 2, 1), every, pick, j)
        own = np.where(live, root[every, pick - j], 1.0)
        below = joint[:, j + 1 :, j] - np.einsum("bki,bi->bk", factor[:, j + 1 :, :j], factor[:, j, :j])
        factor[:, j, j] = np.where(live, own, 0.0)
        factor[:, j + 1 :, j] = np.where(live[:, None], below / own[:, None], 0.0)
        at = np.clip(bound[every, pick - j], -37.0, 37.0)
        typical[:, j] = np.where(live, -np.exp(-0.5 * at**2) / np.sqrt(2 * np.pi) / ndtr(at), 0.0)
    determined = np.arange(size) >= rank[:, None]
    factor[determined] = np.where(np.abs(factor[determined]) > NOTHING, factor[determined], 0.0)
    last = size - 1 - np.argmax(factor[:, :, ::-1] != 0, axis=2)
    return Factored(limit, factor, np.where((factor != 0).any(axis=2), last, 0))


def _swap(table: FloatArray, row: IntArray, one: IntArray, other: int) -> None:
    """Exchange the entries `one` (by row) and `other` along the second axis."""
    kept = table[row, one].copy()
    table[row, one] = table[:, other]
    table[:, other] = kept


def _integrated(vectors: Factored, points: FloatArray) -> FloatArray:
    """The mean over the points (m − 1, P) of Π_j P{y_j low enough | y before it}, (B,)."""
    count, size = vectors.limit.shape
    found = np.empty(count)
    step = max(1, HELD // (size * points.shape[1]))
    for first in range(0, count, step):
        part = slice(first, first + step)
        found[part] = _block(vectors.limit[part], vectors.factor[part], vectors.last[part], points)
    return found


def _block(limit: FloatArray, factor: FloatArray, last: IntArray, points: FloatArray) -> FloatArray:
    count, size = limit.shape
    draws = points.shape[1]
    drawn = np.empty((count, size, draws))
    weight = np.ones((count, draws))
    item = np.arange(count)
    for j in range(size):
        low, high = np.zeros((count, draws)), np.ones((count, draws))
        bounds = (last == j).sum(axis=1)
        place = np.argsort(last != j, axis=1, kind="stable")  # the rows that bound y_j first
        for k in range(int(bounds.max())):
            row = place[:, k]
            some = np.flatnonzero(k < bounds)
            share = factor[item, row, j][some, None]
            before = np.einsum("bi,bip->bp", factor[some, row[some], :j], drawn[some, :j])
            room = limit[item, row][some, None] - before
            with np.errstate(divide="ignore", invalid="ignore"):
                edge = ndtr(np.where(share != 0, room / share, np.where(room >= 0, np.inf, -np.inf)))
            upper = (share >= 0).ravel()
            high[some[upper]] = np.minimum(high[some[upper]], edge[upper])
            low[some[~upper]] = np.maximum(low[some[~upper]], edge[~upper])
        weight *= np.maximum(high - low, 0.0)
        if j + 1 < size:
            drawn[:, j] = ndtri(np.clip(low + points[j] * (high - low), EDGE, 1 - 2.0**-53))
    found: FloatArray = weight.mean(axis=1)
    return found
