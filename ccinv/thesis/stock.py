"""The deviation of net stock, and when receipts can be used: as printed and as they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray
from ccinv.result import Rule
from ccinv.store import Store
from ccinv.verify import recompute


def net_stock_variance_printed(store: Store, rule: Rule) -> FloatArray:
    """Var R(t−1) + Var D(t), (n, N), units²: the variance of net stock if orders did not follow sales.

        Var R + Var D = Var(R − D) + 2 Cov(R, D)

    R is taken as it is (E1 to E3 put right): what is wrong here is the independence alone. Erratum E8. Source: Newton
    1990, §3.6.1.
    """
    items, periods = store.demand.mean.shape
    sd, correlation = store.demand.sd, store.demand.correlation
    joint = np.broadcast_to(np.eye(periods), (items, periods, periods)) if correlation is None else correlation
    joint = joint * sd[:, :, None] * sd[:, None, :]
    age = np.arange(periods)[:, None] - 1 - np.arange(periods)[None, :]
    share = np.where(age >= 0, store.lead_time.arrived(np.maximum(age, 0).ravel()).reshape(items, *age.shape), 0.0)
    placed = share @ np.diff(rule.weights, axis=1, prepend=0.0)
    together: FloatArray = np.einsum("itk,ikl,tl->it", placed, joint, np.tri(periods), optimize=True)
    return net_stock_variance_corrected(store, rule) + 2 * together


def net_stock_variance_corrected(store: Store, rule: Rule) -> FloatArray:
    """Var X(t) = Var(R(t−1) − D(t)), (n, N), units², with orders that follow sales."""
    return recompute(store, rule).sd ** 2


def net_stock_printed(on_hand: ArrayLike, received: ArrayLike, sales: ArrayLike) -> FloatArray:
    """Net stock if R(t) served requisitions *through t − 1*: X(t) = I1 + R(t + 1) − D(t), (…, N − 1), units.

    `on_hand`: (…); `received`, `sales`: (…, N), what arrives and what is sold in each period. It serves today's sales
    with tomorrow's arrivals. Erratum E14. Source: Newton 1990, §3.3.
    """
    start = np.asarray(on_hand, dtype=np.float64)[..., None]
    arrived, sold = np.cumsum(received, axis=-1), np.cumsum(sales, axis=-1)
    found: FloatArray = start + arrived[..., 1:] - sold[..., :-1]
    return found


def net_stock_corrected(on_hand: ArrayLike, received: ArrayLike, sales: ArrayLike) -> FloatArray:
    """Net stock with R(t) usable from t + 1 on: X(t) = I1 + R(t − 1) − D(t), (…, N), units; arguments as above.

    Source: Newton 1990, §3.5.
    """
    start = np.asarray(on_hand, dtype=np.float64)[..., None]
    arrived = np.cumsum(received, axis=-1)
    usable = np.concatenate([np.zeros_like(arrived[..., :1]), arrived[..., :-1]], axis=-1)
    found: FloatArray = start + usable - np.cumsum(sales, axis=-1)
    return found
