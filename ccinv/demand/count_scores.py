"""Counts as functions of a standard normal score: short staircases from tables, long ones by their distribution."""

from __future__ import annotations

import numpy as np
from scipy.special import betainc, gammaincc, gammaincinv, ndtr

from ccinv.arrays import FloatArray
from ccinv.demand.hermite import SCORES, of_function, of_steps
from ccinv.demand.steps import CELLS, CHUNK, count_staircase, look_up

POISSON = 1e-9  # an excess of less than this times the mean is lost in the rounding of the probabilities
NEARLY_ONE = 1 - 2.0**-53
STEPS = 64  # more are never needed but where rounding has made the distribution flat


def counts_at(mean: FloatArray, excess: FloatArray, score: FloatArray) -> FloatArray:
    """The counts with the given mean and excess = variance − mean, (n, N) each, at scores (n, N, paths)."""
    out = np.empty((mean.size, score.shape[2]))
    means, excesses, scores = mean.ravel(), excess.ravel(), score.reshape(out.shape)
    for first in range(0, len(out), CELLS):
        part = slice(first, first + CELLS)
        bounds, short = count_staircase(means[part], excesses[part])
        for short_cells in np.array_split(np.flatnonzero(short), max(1, int(short.sum()) * out.shape[1] // CHUNK)):
            out[first + short_cells] = look_up(bounds[short_cells], ndtr(scores[first + short_cells]))
        for cell in np.flatnonzero(~short) + first:
            out[cell] = _long(means[cell], excesses[cell], scores[cell])
    return out.reshape(score.shape)


def count_hermite(mean: FloatArray, excess: FloatArray, order: int) -> FloatArray:
    """h_1, …, h_order of counts with the given mean and excess, (n, N) each: shape (n, N, order)."""
    out = np.empty((mean.size, order))
    alike = bool((mean == mean[:, :1]).all() and (excess == excess[:, :1]).all())
    if alike and mean.shape[1] > 1:
        return np.repeat(count_hermite(mean[:, :1], excess[:, :1], order), mean.shape[1], axis=1)
    means, excesses = mean.ravel(), excess.ravel()
    for first in range(0, len(out), CELLS):
        part = slice(first, first + CELLS)
        bounds, short = count_staircase(means[part], excesses[part])
        out[part][short] = of_steps(bounds[short], np.ones((int(short.sum()), bounds.shape[1])), order)
        for cell in np.flatnonzero(~short) + first:
            steps = 1 - 1 / (12 * (means[cell] + excesses[cell]))  # what ramps vary with the score more than steps
            out[cell] = steps * of_function(_ramp(means[cell], excesses[cell])[None], order)[0]
    return out.reshape(*mean.shape, order)


def _long(mean: float, excess: float, score: FloatArray) -> FloatArray:
    """The least k with P{S ≤ k} ≥ Φ(z), for one law of many steps.

    A gamma quantile of the same mean and variance, less the difference of their third cumulants, is off by a step or
    two; the distribution itself decides.
    """
    variance = mean + excess
    chance = np.minimum(ndtr(score), NEARLY_ONE)
    skewed = gammaincinv(mean**2 / variance, chance) * (variance / mean)
    count = np.maximum(np.ceil(skewed - (score**2 - 1) / 6 - 0.5), 0.0)
    for _ in range(STEPS):
        low = _reached(mean, excess, count) < chance
        if not low.any():
            break
        count[low] += 1
    for _ in range(STEPS):
        high = (count > 0) & (_reached(mean, excess, count - 1) >= chance)
        if not high.any():
            break
        count[high] -= 1
    return count


def _ramp(mean: float, excess: float) -> FloatArray:
    """One law of many steps at SCORES, a ramp in place of each step: a sum over scores would stumble over steps."""
    count = _long(mean, excess, SCORES)
    low, high = _reached(mean, excess, count - 1), _reached(mean, excess, count)
    mass = high - low
    share = np.divide(ndtr(SCORES) - low, mass, out=np.full_like(mass, 0.5), where=mass > 0)
    found: FloatArray = count - 0.5 + np.clip(share, 0.0, 1.0)
    return found


def _reached(mean: float, excess: float, count: FloatArray) -> FloatArray:
    """P{S ≤ k}, 0 for k < 0."""
    some = np.maximum(count, 0.0) + 1
    poisson = excess <= POISSON * mean
    found = gammaincc(some, mean) if poisson else betainc(mean**2 / excess, some, mean / (mean + excess))
    return np.where(count < 0, 0.0, found)
