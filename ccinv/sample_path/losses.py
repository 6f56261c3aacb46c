"""What is owed and held on sample paths, with exact slopes and, cell by cell, how they bend."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ccinv.arrays import FloatArray, IntArray
from ccinv.sample_path.moving import Moved, net_slopes

WINDOW = 0.02  # of all paths: those nearest to X = 0, whose slopes say how a cell's loss bends
STEPS = np.array([-2.0, -1.0, -0.5, -0.2, 0.0, 0.2, 0.5, 1.0, 2.0])  # of the reach, at which a cell's loss is known


@dataclass(frozen=True, slots=True, eq=False)
class Bend:
    """The loss of K cells as net stock moves by u in all paths near zero: value + tangents, above its line at u = 0.

    cells (K,): flat. direction (K, N): du / dO(r). slope, height (K, T): the loss is at least its line at 0 plus
    height + slope · u for every tangent.
    """

    cells: IntArray
    direction: FloatArray
    slope: FloatArray
    height: FloatArray

    @classmethod
    def joined(cls, parts: list[Bend], periods: int, first: list[int]) -> Bend:
        """Those of all pieces; `first`: the first item of each."""
        return cls(
            np.concatenate([part.cells + row * periods for part, row in zip(parts, first, strict=True)]),
            *(np.concatenate([getattr(part, name) for part in parts]) for name in ("direction", "slope", "height")),
        )


def loss_of(
    now: Moved, owed: FloatArray, held: FloatArray, unit: FloatArray, reach: FloatArray
) -> tuple[float, FloatArray, FloatArray, Bend]:
    """Σ owed X⁻ + held X⁺ + unit E(N), expected, with its slopes in level and slope of every O(r), (n, N), and bends.

    By the adjoint: with Λ(s) = Σ_{t > arrival of s} dloss(t)/dX(t), an order's slope is Λ(s) where it is new, and
    −Λ(s) for the one it follows.
    """
    draws = now.draws
    items, periods, paths = now.net.shape
    below = now.net < 0
    value = float((owed * -np.where(below, now.net, 0.0).mean(axis=2)).sum())
    value += float((held * np.where(below, 0.0, now.net).mean(axis=2)).sum())
    value += float(unit @ now.ordered[:, -1].mean(axis=1))
    rate = np.where(below, -owed[:, :, None], held[:, :, None])
    after = np.zeros((items, periods + 1, paths))
    for t in reversed(range(periods)):
        np.add(after[:, t + 1], rate[:, t], out=after[:, t])
    step = np.arange(periods)[None, :, None]
    usable = np.minimum(draws.age + step + 1, periods)
    weight = np.take_along_axis(after, usable, axis=1)
    weight += unit[:, None, None]
    new = now.last == step
    before = np.full(now.last.shape, -1, dtype=np.int64)
    before[:, 1:] = now.last[:, :-1]
    item, later, path = np.nonzero(new)
    former = before[item, later, path]
    worth = weight[item, later, path]
    some = former >= 0
    key = np.concatenate([item * periods + later, item[some] * periods + former[some]])
    amount = np.concatenate([worth, -worth[some]]) / paths
    size = items * periods
    lag = draws.store.orders.lag
    mean = np.cumsum(draws.store.demand.mean, axis=1)
    row, at = key // periods, key % periods - lag
    column = np.concatenate([path, path[some]])
    sales = np.where(at >= 0, draws.sold[row, np.maximum(at, 0), column] - mean[row, np.maximum(at, 0)], 0.0)
    plain, seen = (
        np.bincount(key, weights=weights, minlength=size).astype(np.float64).reshape(items, periods)
        for weights in (amount, amount * sales)
    )
    return value, plain, seen, _bend(now, owed + held, reach)


def _bend(now: Moved, weight: FloatArray, reach: FloatArray) -> Bend:
    """Tangents of weight · E (X + u)⁻ in u, less its line at u = 0."""
    _, periods, paths = now.net.shape
    cells = np.flatnonzero(weight.ravel() > 0)
    item, period = np.divmod(cells, periods)
    m = max(40, int(WINDOW * paths))
    near = np.argpartition(np.abs(now.net[item, period]), min(m, paths - 1), axis=-1)[:, :m]
    direction, _ = net_slopes(now, item, period, near)
    sample = now.net[item, period]
    start = -np.count_nonzero(sample < 0, axis=1) / paths
    base = -np.minimum(sample, 0.0).mean(axis=1)
    slope, height = np.empty((len(cells), len(STEPS))), np.empty((len(cells), len(STEPS)))
    for j, step in enumerate(STEPS):
        u = step * reach[item]
        shifted = sample + u[:, None]
        value = -np.minimum(shifted, 0.0).mean(axis=1)
        rate = -np.count_nonzero(shifted < 0, axis=1) / paths
        slope[:, j] = rate - start
        height[:, j] = value - base - rate * u
    scale = weight.ravel()[cells][:, None]
    return Bend(cells, direction, slope * scale, height * scale)
