"""A store played event by event on random paths, from the definitions alone: the referee of the referee.

Nothing of the package is imported: its records are read by the names of their fields. Demand is drawn cell by cell from
the textbook form of each law, orders go into a calendar of deliveries, stock is handed over the counter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, gammaincc, gammainccinv, ndtr

FloatArray = NDArray[np.float64]

BLOCK = 8192  # paths at a time: what one item needs stays in the processor's cache
CELLS = 2**24  # items × periods × paths at a time, for stores of many items
SHORT = 1e-6  # of an item's mean demand per period: rounding is not a shortage
ROUNDING = 1e-9  # of the mean demand per period, or of one unit: what additions may leave
SCORES = np.linspace(-8.0, 8.0, 4097)  # a straight line between two of them errs by 2e-6 deviations


@dataclass(frozen=True)
class Simulated:
    """What happened, (n, N) each unless said, over `paths` paths.

    service: share with X(t) ≥ −1e-6 × the item's mean demand per period. served: share with X(t) ≥ −1e-9 × that mean,
    or 1 where it is less: nobody waits. stock_mean, stock_sd: of X(t) (divisor: the paths). on_hand_mean: E X(t)⁺.
    owed: E X(t)⁻. order_mean: mean of the executed orders. ordered: share of paths on which something is ordered.
    wanted_falls: share on which O(t) < O(t − 1) by more than 1e-6 × the mean demand. dollars_mean (N,): mean of
    Σ_i c_i (on hand − owed + under way) after the orders of t. dollars_high (N,): the smallest amount not exceeded with
    probability `level`. afforded (N,): share with dollars within the limit, NaN without one.
    """

    paths: int
    service: FloatArray
    served: FloatArray
    stock_mean: FloatArray
    stock_sd: FloatArray
    on_hand_mean: FloatArray
    owed: FloatArray
    order_mean: FloatArray
    ordered: FloatArray
    wanted_falls: FloatArray
    dollars_mean: FloatArray
    dollars_high: FloatArray
    afforded: FloatArray


SHARES = ("service", "served", "stock_mean", "on_hand_mean", "owed", "order_mean", "ordered", "wanted_falls")


def simulate(store: Any, rule: Any, paths: int, seed: int, limit: Any = None, level: float = 0.95) -> Simulated:
    """The store under the rule O(t) = Σ_k weights(t, k) S(k) + intercept(t) on `paths` paths; `limit`: dollars."""
    items, periods = store.demand.mean.shape
    weights, intercept = np.asarray(rule.weights), np.asarray(rule.intercept)
    if weights.shape != (items, periods, periods) or intercept.shape != (items, periods):
        raise ValueError(f"a rule of shapes {weights.shape} and {intercept.shape} for {items} items, {periods} periods")
    if np.triu(weights, 1).any():
        raise ValueError("a rule that knows sales before they are made")
    block = int(np.clip(CELLS // (items * periods), 1, BLOCK))
    sizes = [min(block, paths - start) for start in range(0, paths, block)]
    totals = {name: np.zeros((items, periods)) for name in SHARES}
    centre, squares = np.zeros((2, items, periods))  # of X so far: its mean, and squares about that mean
    dollars = np.zeros((periods, paths))
    done = 0
    for size, child in zip(sizes, np.random.SeedSequence(seed).spawn(len(sizes)), strict=True):
        # another generator than the package's, so that one seed for both does not make them draw the same numbers
        rng = np.random.Generator(np.random.SFC64(child))
        sales = draw(store.demand, rng, size)
        for i in range(items):
            for t, seen in enumerate(_life(store, i, weights[i], intercept[i], sales[i], rng)):
                for name in SHARES:
                    totals[name][i, t] += np.sum(seen[name])
                dollars[t, done : done + size] += store.unit_cost[i] * seen["position"]
                mean = seen["stock_mean"].mean()
                apart = mean - centre[i, t]
                squares[i, t] += np.sum((seen["stock_mean"] - mean) ** 2) + apart**2 * done * size / (done + size)
                centre[i, t] += apart * size / (done + size)
        done += size
    usual = store.demand.mean.mean(axis=1)
    held = np.broadcast_to(np.asarray(np.nan if limit is None else limit, dtype=np.float64), periods)
    most = held + SHORT * np.maximum(np.abs(held), store.unit_cost @ usual)
    rank = int(np.clip(np.ceil(level * paths - 1e-6), 1, paths)) - 1  # 0.95 of 100 paths is the 95th, not the 96th
    return Simulated(
        paths=paths,
        stock_sd=np.sqrt(squares / paths),
        dollars_mean=dollars.mean(axis=1),
        dollars_high=np.array([np.partition(row, rank)[rank] for row in dollars]),
        afforded=np.array([np.nan if np.isnan(m) else np.mean(row <= m) for row, m in zip(dollars, most, strict=True)]),
        **{name: total / paths for name, total in totals.items()},
    )


def _life(
    store: Any, i: int, weights: FloatArray, intercept: FloatArray, sales: FloatArray, rng: np.random.Generator
) -> Iterator[dict[str, NDArray[Any]]]:
    """One item on all paths of a block: what is seen at the end of each period, to be read before the next begins."""
    periods, paths = sales.shape
    pmf, never = store.lead_time.pmf[i], float(store.lead_time.never[i])
    usual = float(store.demand.mean[i].mean())
    on_hand = np.full(paths, max(float(store.on_hand[i]), 0.0))
    owed = np.full(paths, max(-float(store.on_hand[i]), 0.0))
    under_way, ordered, wanted_before = np.zeros((3, paths))
    calendar = np.zeros((periods, paths))  # what arrives in period t stands in row t; it can be used from t + 1 on
    for placed, quantity in _open(store, i):
        under_way += quantity
        _book(calendar, placed, -placed, np.full(paths, quantity), pmf, never, rng)
    for t in range(1, periods + 1):
        on_hand += calendar[t - 1]
        under_way -= calendar[t - 1]
        on_hand -= np.minimum(sales[t - 1], 0.0)  # a return is back on the shelf before anybody is served
        handed = np.minimum(owed, on_hand)  # first come, first served: those who wait before those of today
        on_hand -= handed
        owed -= handed
        asked = np.maximum(sales[t - 1], 0.0)
        handed = np.minimum(asked, on_hand)
        on_hand -= handed
        owed += asked - handed
        net = on_hand - owed
        wanted = weights[t - 1, :t] @ sales[:t] + intercept[t - 1]
        # whole units: the total is rounded up, but 3.0000000001 units are three
        total = np.ceil(wanted - ROUNDING * np.maximum(wanted, 1.0)) if store.orders.whole else wanted
        order = np.maximum(total - ordered, 0.0)
        ordered += order
        under_way += order
        _book(calendar, t, -1, order, pmf, never, rng)
        yield {
            "service": net >= -SHORT * usual,
            "served": net >= -ROUNDING * max(1.0, usual),
            "stock_mean": net,
            "on_hand_mean": on_hand,
            "owed": owed,
            "order_mean": order,
            "ordered": order > ROUNDING * max(1.0, usual),
            "wanted_falls": wanted - wanted_before < -SHORT * usual,
            "position": net + under_way,
        }
        wanted_before = wanted


def _open(store: Any, i: int) -> list[tuple[int, float]]:
    """The orders of an item that are under way at the start: period (≤ 0) and quantity."""
    if store.open_orders is None:
        return []
    entries = zip(store.open_orders.item, store.open_orders.placed, store.open_orders.quantity, strict=True)
    return [(int(placed), float(quantity)) for item, placed, quantity in entries if item in (i, store.item_id[i])]


def _book(
    calendar: FloatArray,
    placed: int,
    waited: int,
    quantity: FloatArray,
    pmf: FloatArray,
    never: float,
    rng: np.random.Generator,
) -> None:
    """An order enters the calendar where it arrives: all of it, at one age beyond the `waited` ones, or never.

    One draw goes through the ages that are left, each with its own piece of their total: the law given what is known.
    """
    left = pmf[waited + 1 :].sum() + never
    if left <= 0:
        raise ValueError(f"an order of period {placed} that cannot be under way after {waited} periods")
    chance, passed = left * rng.random(len(quantity)), 0.0
    for age in range(waited + 1, min(len(pmf), len(calendar) - placed)):
        if pmf[age] > 0:
            calendar[placed + age] += quantity * ((chance >= passed) & (chance < passed + pmf[age]))
            passed += pmf[age]


def draw(law: Any, rng: np.random.Generator, paths: int) -> FloatArray:
    """Sales (n, N, paths) of a law, known by the name of its class."""
    kind, shape = type(law).__name__, (*law.mean.shape, paths)
    out = np.empty(shape)
    if kind == "PerItem":
        for part, rows in law.groups:
            out[rows] = draw(part, rng, paths)
    elif kind == "FactorCopula":
        factors = rng.standard_normal((law.loading.shape[1], *shape[1:]))
        for i, loading in enumerate(law.loading):
            own = rng.standard_normal(shape[1:]) * np.sqrt(1.0 - loading @ loading)
            out[i] = np.einsum("k,ktp->tp", loading, factors) + own
        _quantiles(law.law, out)
    elif kind == "Normal" and law.correlation is not None:
        for i, together in enumerate(law.correlation):
            covariance = together * np.outer(law.sd[i], law.sd[i])
            out[i] = rng.multivariate_normal(law.mean[i], covariance, paths, check_valid="ignore", method="eigh").T
    else:
        for i, t in np.ndindex(shape[:2]):
            out[i, t] = _cell(law, kind, i, t, rng, paths)
    return out


def _cell(law: Any, kind: str, i: int, t: int, rng: np.random.Generator, paths: int) -> FloatArray:
    """Sales of one item in one period, periods being independent."""
    if kind in ("Discrete", "Empirical"):
        values, chances = _steps(law, kind, i, t)
        return rng.choice(values, paths, p=chances / chances.sum())
    mean, variance = float(law.mean[i, t]), float(law.sd[i, t]) ** 2
    if kind == "Normal":
        return rng.normal(mean, np.sqrt(variance), paths)
    if kind == "Poisson" or (kind == "NegativeBinomial" and mean == 0):
        return rng.poisson(mean, paths).astype(np.float64)
    if kind == "NegativeBinomial":  # a Poisson law whose rate is gamma: the rate brings the variance beyond the mean
        return rng.poisson(rng.gamma(mean**2 / (variance - mean), (variance - mean) / mean, paths)).astype(np.float64)
    if kind == "Gamma":
        return rng.gamma(mean**2 / variance, variance / mean, paths) if variance > 0 else np.full(paths, mean)
    raise TypeError(f"a law of demand of class {kind}, which the simulator does not know")


def _quantiles(law: Any, score: FloatArray) -> None:
    """Standard normal scores (n, N, paths) replaced by the sales that are as likely not to be exceeded: F⁻¹(Φ(z))."""
    kind = type(law).__name__
    if kind == "PerItem":
        for part, rows in law.groups:
            piece = score[rows]
            _quantiles(part, piece)
            score[rows] = piece
        return
    for i, t in np.ndindex(score.shape[:2]):
        z = score[i, t]
        mean, sd = float(law.mean[i, t]), float(law.sd[i, t])
        if kind in ("Discrete", "Empirical"):
            values, chances = _steps(law, kind, i, t)
            rising = np.argsort(values, kind="stable")
            reached = np.cumsum(chances[rising])[:-1]  # what rounding leaves of the sum is the largest value's
            score[i, t] = values[rising][np.searchsorted(reached, ndtr(z))]
        elif kind == "Normal":
            score[i, t] = mean + sd * z
        elif kind in ("Poisson", "NegativeBinomial"):
            first, reached = _counts(mean, 0.0 if kind == "Poisson" else sd**2 - mean)
            score[i, t] = first + np.searchsorted(reached, ndtr(z))
        elif kind == "Gamma":
            score[i, t] = np.interp(z, SCORES, _gamma((mean / sd) ** 2)) * sd**2 / mean if sd > 0 else mean
        else:
            raise TypeError(f"a law of demand of class {kind}, whose quantiles the simulator does not know")


def _steps(law: Any, kind: str, i: int, t: int) -> tuple[FloatArray, FloatArray]:
    """The values that can happen in a cell and their probabilities."""
    if kind == "Empirical":
        known = law.history[i][~np.isnan(law.history[i])]
        return known, np.full(len(known), 1.0 / len(known))
    chances = law.probabilities[i, min(t, law.probabilities.shape[1] - 1)]  # one row: the same in all periods
    return law.values[i][chances > 0], chances[chances > 0]


@lru_cache(maxsize=4096)
def _counts(mean: float, beyond: float) -> tuple[float, FloatArray]:
    """The first count that matters, and P{S ≤ k} from there on; `beyond`: variance less mean."""
    variance = mean + beyond
    scale = variance / mean if mean > 0 else 1.0
    first = max(0.0, np.floor(mean - 12 * np.sqrt(variance)))
    count = np.arange(first, mean + 12 * np.sqrt(variance) + 40 * scale + 2)
    if beyond <= 0:
        return first, gammaincc(count + 1, mean)
    return first, betainc(mean**2 / beyond, count + 1, mean / variance)


@lru_cache(maxsize=4096)
def _gamma(shape: float) -> FloatArray:
    """The quantiles of a gamma law of scale 1 at SCORES, from above, where large sales keep their digits."""
    return gammainccinv(shape, ndtr(-SCORES))
