"""Net stock over the periods: how it varies together under a rule at numbers, and the chance to be short in none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import BoolArray, FloatArray, IntArray
from ccinv.covariance import covariance as covariance_of_sales
from ccinv.errors import DataError, Fault
from ccinv.moments.arrivals import open_order_moments, open_shares
from ccinv.moments.dependence import EXACT, Dependence
from ccinv.moments.orthant import orthant
from ccinv.result import Rule
from ccinv.store import Store

HELD = 2**22  # entries of one (items, N, N) array held at a time
CERTAIN = 1e-9  # of the item's mean demand: a smaller deviation is rounding


@dataclass(frozen=True, slots=True, eq=False)
class JointNormal:
    """P{short in none of the periods asked for} for each item, (n,), and the error of its computation (99 %), (n,)."""

    probability: FloatArray
    error: FloatArray


def covariance(store: Store, rule: Rule, dependence: Dependence = EXACT) -> FloatArray:
    """Cov(X(t), X(t′)) of net stock under a rule at numbers, (n, N, N), units².

        Cov(X(t), X(t′)) = Cov of the means given the sales
                         + Σ_{s<t} P(t−1−s) (1 − P(t′−1−s)) E[Y(s)²] + open orders,   t ≤ t′

    Exact, orders unclipped: an order that has not arrived by t′ had not by t, which is what the second term counts. Its
    diagonal is the square of `net_stock`'s deviation.
    """
    return np.concatenate([_net_stock(store, rule, part, dependence)[1] for part in _parts(store)])


def joint_normal(
    store: Store,
    rule: Rule,
    cells: ArrayLike,
    tolerance: float = 1e-4,
    seed: int = 1,
    dependence: Dependence = EXACT,
) -> JointNormal:
    """P{X(t) not short for every period asked for}, item by item, as if net stock were jointly normal.

    `cells`: (n, N) bool, the periods of each item; an item with none has probability 1. Means and covariances are
    exact, the normal law is not: all-or-nothing arrivals give net stock several peaks. `tolerance`: the error of the
    integration that is good enough (see `orthant`); the same `seed` gives the same numbers.
    """
    asked = np.asarray(cells)
    if asked.dtype != np.bool_ or asked.shape != store.demand.mean.shape:
        found, expected = f"{asked.dtype} of shape {asked.shape}", f"bool of shape {store.demand.mean.shape}"
        raise DataError(Fault("cells", found, expected, "Give True for the periods that must not be short."))
    probability, error = np.ones(store.items), np.zeros(store.items)
    for part in _parts(store):
        mean, joint = _net_stock(store, rule, part, dependence)
        spare = mean - store.short_below[part, None]
        for number in np.unique(asked[part].sum(axis=1)):
            alike = np.flatnonzero(asked[part].sum(axis=1) == number)
            if number:
                score, correlation = _standard(store, part[alike], spare[alike], joint[alike], asked[part[alike]])
                probability[part[alike]], error[part[alike]] = orthant(score, correlation, tolerance, seed)
    return JointNormal(probability, error)


def _parts(store: Store) -> list[IntArray]:
    step = max(1, HELD // store.periods**2)
    return [np.arange(k, min(k + step, store.items)) for k in range(0, store.items, step)]


def _net_stock(store: Store, rule: Rule, part: IntArray, dependence: Dependence) -> tuple[FloatArray, FloatArray]:
    """Mean, (k, N), and covariance over periods, (k, N, N), of the net stock of some items."""
    some, numbers = store.rows(part), rule.rows(part)
    periods = store.periods
    placed = np.diff(numbers.weights, axis=1, prepend=0.0)
    orders = np.einsum("itk,ik->it", placed, some.demand.mean) + np.diff(numbers.intercept, axis=1, prepend=0.0)
    age = np.arange(periods)[:, None] - 1 - np.arange(periods)
    reached = some.lead_time.arrived(age.ravel()).reshape(len(part), periods, periods)
    sales = covariance_of_sales(some)
    squares = orders**2 + np.einsum("isk,ikl,isl->is", placed, sales, placed, optimize=True)
    received = reached @ placed
    joint = _later((reached * squares[:, None, :]) @ (1 - reached).transpose(0, 2, 1))
    for receipts, sold in dependence.parts:
        gain = receipts * received - sold * np.tri(periods)
        joint += _later(gain @ sales @ gain.transpose(0, 2, 1))
    item, quantity, share = open_shares(some)
    np.add.at(joint, item, _later((quantity**2)[:, None, None] * share[:, :, None] * (1 - share[:, None, :])))
    mean = some.on_hand[:, None] + np.einsum("its,is->it", reached, orders) - np.cumsum(some.demand.mean, axis=1)
    return mean + open_order_moments(some)[0], joint


def _later(table: FloatArray) -> FloatArray:
    """Symmetric tables from what they hold for t ≤ t′."""
    upper = np.triu(table)
    return upper + np.triu(table, 1).transpose(0, 2, 1)


def _standard(
    store: Store, part: IntArray, spare: FloatArray, joint: FloatArray, asked: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Scores (k, m) and correlations (k, m, m) of the m cells asked for of each item.

    A cell without deviation is all or nothing, whatever the others do.
    """
    size = int(asked[0].sum())
    cell = np.argsort(~asked, axis=1, kind="stable")[:, :size]
    row = np.arange(len(part))[:, None]
    chosen = joint[row[:, :, None], cell[:, :, None], cell[:, None, :]]
    sd = np.sqrt(np.maximum(np.diagonal(chosen, axis1=1, axis2=2), 0.0))
    certain = sd <= CERTAIN * store.demand.mean[part].mean(axis=1)[:, None]
    scale = np.where(certain, 1.0, sd)
    left = spare[row, cell]
    score = np.where(certain, np.where(left >= 0, np.inf, -np.inf), left / scale)
    correlation = np.where(
        certain[:, :, None] | certain[:, None, :], 0.0, chosen / scale[:, :, None] / scale[:, None, :]
    )
    np.einsum("ikk->ik", correlation)[...] = 1.0
    return score, correlation
