"""How the sales of an item vary together: sums over ranges of periods, and factors of their covariance."""

from __future__ import annotations

import numpy as np

from ccinv.arrays import FloatArray, IntArray
from ccinv.store import Store


def covariance(store: Store) -> FloatArray:
    """Σ of the sales over periods, (n, N, N), units²."""
    sd = store.demand.sd
    if store.demand.correlation is None:
        return (sd**2)[:, :, None] * np.eye(sd.shape[1])
    found: FloatArray = store.demand.correlation * sd[:, :, None] * sd[:, None, :]
    return found


def cumulative(store: Store) -> FloatArray:
    """Cov(D(u), D(v)) for u, v = 0..N, (n, N + 1, N + 1), units²; D(0) = 0."""
    items, periods = store.demand.sd.shape
    found = np.zeros((items, periods + 1, periods + 1))
    found[:, 1:, 1:] = covariance(store).cumsum(axis=1).cumsum(axis=2)
    return found


def cumulative_variance(store: Store) -> FloatArray:
    """Var D(t), (n, N), units²."""
    if store.demand.correlation is None:
        total: FloatArray = np.cumsum(store.demand.sd**2, axis=1)
        return total
    # a sum that is certain has variance 0, not the rounding of the terms that cancel
    variance = np.diagonal(cumulative(store), axis1=1, axis2=2)[:, 1:]
    return np.where(variance > 1e-14 * np.cumsum(store.demand.sd, axis=1) ** 2, variance, 0.0)


def of_ranges(store: Store, edges: IntArray) -> FloatArray:
    """Factors R, with R Rᵀ the covariance of sums of sales over consecutive ranges of periods.

    `edges`: (n, K, G + 1), each row non-decreasing in 0..N; range g holds the sales of periods edges[g]+1..edges[g+1].
    Returns (n, K, G, G): diagonal where periods are independent.
    """
    item = np.arange(len(edges))[:, None, None]
    if store.demand.correlation is None:
        total = np.concatenate([np.zeros((len(edges), 1)), np.cumsum(store.demand.sd**2, axis=1)], axis=1)
        spread = np.diff(total[item, edges], axis=2)
        # the difference of two running sums of equal periods may be −1e-17
        return np.sqrt(np.maximum(spread, 0.0))[..., None] * np.eye(spread.shape[2])
    table = cumulative(store)
    corner = table[item[..., None], edges[..., :, None], edges[..., None, :]]
    joint = np.diff(np.diff(corner, axis=2), axis=3)
    value, vector = np.linalg.eigh(joint)
    root: FloatArray = vector * np.sqrt(np.maximum(value, 0.0))[..., None, :]
    return root


def causal_factor(store: Store) -> FloatArray:
    """L with L Lᵀ = Σ, (n, N, N), lower triangular: shocks in the order in which sales are seen.

    A period that is certain given the earlier ones has a zero column: it brings no news.
    """
    left = covariance(store).copy()
    periods = left.shape[1]
    factor = np.zeros_like(left)
    variance = np.diagonal(left, axis1=1, axis2=2).copy()
    for k in range(periods):
        pivot = left[:, k, k]
        news = pivot > 1e-12 * variance[:, k]  # below that a pivot is the rounding of earlier ones
        root = np.sqrt(np.where(news, pivot, 1.0))
        factor[:, k:, k] = np.where(news[:, None], left[:, k:, k] / root[:, None], 0.0)
        left[:, k:, k:] -= factor[:, k:, k, None] * factor[:, None, k:, k]
    return factor
