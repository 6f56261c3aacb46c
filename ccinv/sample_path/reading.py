"""What a rule comes to on sample paths: reserves, dollars, losses, and their slopes in what the rule wants."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ccinv.arrays import FloatArray, IntArray
from ccinv.auditing.pieces import in_order
from ccinv.running import increments
from ccinv.sample_path.draws import Draws, Paths
from ccinv.sample_path.losses import Bend, loss_of
from ccinv.sample_path.moving import Moved, moved, net_slopes, order_slopes, wanted
from ccinv.sample_path.question import Question

WINDOW = 0.01  # of all paths, on each side of a rank, over which a slope is averaged
FEWEST = 40  # paths on each side at least
SOME = 500  # paths on which expected dollars are followed: they decide little
SCORE = 0.05  # by how much a score is moved to see what a quantile loses


@dataclass(frozen=True, slots=True, eq=False)
class Slopes:
    """Slopes in the level and in the slope of every O(r) of an item: (…, N) each."""

    level: FloatArray
    seen: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A rule on fixed paths.

    cells (K,): flat cells with a level. reserve (K,), units: net stock that is kept with the probability asked; below
    zero, where more paths are short than the window sees, by how much they are short together, so that a slope tells
    what helps. share (n, N): paths that are not short. reserve_slopes (K, N); price (K,): units of reserve that one
    more score costs. dollars (N,): the amount kept with the confidence asked, on average over ranks near it, and
    `spent` (N,) at the very rank; dollar_slopes (N, n, N). tied_up: mean dollars over periods, tied_slopes (n, N);
    loss, loss_slopes (n, N), bends: what is to be least, if anything is. orders (n, N), order_slopes (n·N, N): the
    order that the rule itself has with the probability asked, and its slopes; empty where nothing is.
    """

    cells: IntArray
    reserve: FloatArray
    share: FloatArray
    reserve_slopes: Slopes
    price: FloatArray
    dollars: FloatArray
    spent: FloatArray
    dollar_slopes: Slopes
    tied_up: float
    tied_slopes: Slopes
    loss: float
    loss_slopes: Slopes | None
    bends: Bend | None
    orders: FloatArray
    order_slopes: Slopes


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    now: Moved
    cells: IntArray
    reserve: FloatArray
    share: FloatArray
    slopes: Slopes
    price: FloatArray
    outlay: FloatArray
    loss: float
    loss_slopes: Slopes | None
    bends: Bend | None
    orders: FloatArray
    order_slopes: Slopes


def read(
    paths: Paths, slope: FloatArray, level: FloatArray, question: Question, score: float, reach: FloatArray
) -> Reading:
    """O(t) = slope (D − E D) + level, (n, N) each, on all paths; `reach` (n,): how far levels may move next."""
    store = paths.store
    asked, higher = question.levels(score), question.levels(min(score + SCORE, question.top))
    parts: list[_Part] = []

    def run(number: int) -> _Part:
        draws = paths.pieces[number]
        rows = draws.rows
        whole = store.orders.whole and not bool((paths.grain[rows] > 0).all())
        orders = wanted(draws, slope[rows], level[rows])
        now = moved(draws, orders, whole)
        return _part(paths, now, orders, asked[rows], higher[rows], question, reach[rows])

    in_order(run, parts.append, len(paths.pieces))
    dollars, spent, dollar_slopes = _dollars(paths, parts, question.confidence)
    dollars += question.overrun
    spent += question.excess
    tied = [_tied_up(part.now) for part in parts]
    width, first = store.periods, [piece.rows.start for piece in paths.pieces]
    return Reading(
        cells=np.concatenate([part.cells + part.now.draws.rows.start * width for part in parts]),
        reserve=np.concatenate([part.reserve for part in parts]),
        share=np.concatenate([part.share for part in parts]),
        reserve_slopes=_joined([part.slopes for part in parts]),
        price=np.concatenate([part.price for part in parts]),
        dollars=dollars,
        spent=spent,
        dollar_slopes=dollar_slopes,
        tied_up=float(sum(part.outlay.mean() for part in parts)),
        tied_slopes=_joined(tied),
        loss=float(sum(part.loss for part in parts)),
        loss_slopes=None if question.loss is None else _joined([p.loss_slopes for p in parts if p.loss_slopes]),
        bends=None if question.loss is None else Bend.joined([p.bends for p in parts if p.bends], width, first),
        orders=np.concatenate([part.orders for part in parts]),
        order_slopes=_joined([part.order_slopes for part in parts]),
    )


def _joined(parts: list[Slopes]) -> Slopes:
    return Slopes(np.concatenate([part.level for part in parts]), np.concatenate([part.seen for part in parts]))


def _part(
    paths: Paths,
    now: Moved,
    orders: FloatArray,
    asked: FloatArray,
    higher: FloatArray,
    question: Question,
    reach: FloatArray,
) -> _Part:
    draws = now.draws
    store, rows = draws.store, draws.rows
    grain = paths.grain[rows]
    net = now.net
    if (grain > 0).any():
        net = net + grain[:, None, None] * paths.spread
    short = np.count_nonzero(net < -draws.rounding, axis=2)
    cells = np.flatnonzero(np.isfinite(asked))
    item, period = np.divmod(cells, store.periods)
    reserve, slopes, price = _reserves(now, net, item, period, asked, higher, short, paths.count)
    outlay = np.einsum("i,itp->tp", store.unit_cost, now.ordered)
    outlay -= np.einsum("i,itp->tp", store.unit_cost, draws.sold)
    outlay += float(store.unit_cost @ (store.on_hand + store.on_order))
    loss, loss_slopes, bends = 0.0, None, None
    if question.loss is not None:
        weights = question.loss
        value, plain, seen, bends = loss_of(now, weights.owed[rows], weights.held[rows], weights.unit[rows], reach)
        loss, loss_slopes = value, Slopes(plain, seen)
    rising, order_slopes = _rising(draws, orders, question.rising)
    share = 1 - short / paths.count
    return _Part(
        now, cells, reserve, share, slopes, price, outlay, loss, loss_slopes, bends, rising, order_slopes
    )  # fmt: skip


def _rising(draws: Draws, orders: FloatArray, level: float | None) -> tuple[FloatArray, Slopes]:
    """The order Y(t) that the rule itself has with a probability, cell by cell, and its slopes."""
    items, periods, paths = orders.shape
    if level is None:
        return np.zeros((items, 0)), Slopes(np.zeros((0, periods)), np.zeros((0, periods)))
    lag = draws.store.orders.lag
    mean = np.cumsum(draws.store.demand.mean, axis=1)
    rank = int(may_be_short(np.array(level), paths))
    low, high = _window(rank, paths)
    wanted_by_period = increments(orders)
    window = np.argpartition(wanted_by_period, (low, high), axis=-1)[:, :, low : high + 1]
    values = np.sort(np.take_along_axis(wanted_by_period, window, axis=-1), axis=-1)
    plain, seen = np.zeros((items, periods, periods)), np.zeros((items, periods, periods))
    t = np.arange(periods)
    plain[:, t, t] = 1.0
    plain[:, t[1:], t[:-1]] = -1.0
    for now in range(lag, periods):
        sold = np.take_along_axis(draws.sold[:, now - lag], window[:, now], axis=-1).mean(axis=-1)
        seen[:, now, now] = sold - mean[:, now - lag]
        if now > lag:
            sold = np.take_along_axis(draws.sold[:, now - lag - 1], window[:, now], axis=-1).mean(axis=-1)
            seen[:, now, now - 1] = mean[:, now - lag - 1] - sold
    flat = (items * periods, periods)
    return values.mean(axis=-1), Slopes(plain.reshape(flat), seen.reshape(flat))


def _reserves(
    now: Moved,
    net: FloatArray,
    item: IntArray,
    period: IntArray,
    asked: FloatArray,
    higher: FloatArray,
    short: IntArray,
    paths: int,
) -> tuple[FloatArray, Slopes, FloatArray]:
    """The order statistic that may be short, cell by cell; where far more paths are short, what they lack together."""
    periods = net.shape[1]
    band = max(FEWEST, int(WINDOW * paths))
    share = (1 - asked[item, period]) * paths
    allowed = may_be_short(asked[item, period], paths)
    fewer = share - (1 - higher[item, period]) * paths
    reserve, price = np.empty(len(item)), np.zeros(len(item))
    plain, seen = np.zeros((len(item), periods)), np.zeros((len(item), periods))
    far = short[item, period] - allowed > band
    for rank in np.unique(allowed):
        rows = np.flatnonzero((allowed == rank) & ~far)
        if len(rows) == 0:
            continue
        low, high = _window(int(rank), paths)
        sample = net[item[rows], period[rows]]
        window = np.argpartition(sample, (low, high), axis=-1)[:, low : high + 1]
        values = np.sort(np.take_along_axis(sample, window, axis=-1), axis=-1)
        apart = (values[:, -1] - values[:, 0]) / max(high - low, 1)
        # as if ranks were not whole numbers: a score that rises a little loses a little
        reserve[rows] = values.mean(axis=-1) + apart * (share[rows] - rank)
        price[rows] = apart * fewer[rows] / SCORE
        plain[rows], seen[rows] = net_slopes(now, item[rows], period[rows], window)
    for row in np.flatnonzero(far):
        sample = net[item[row], period[row]]
        count = int(short[item[row], period[row]])
        window = np.argpartition(sample, (allowed[row], min(count, paths - 1)))[allowed[row] + 1 : count]
        reserve[row] = min(2 * float(sample[window].sum()) / band, 0.0)
        one = slice(row, row + 1)
        level, by_sales = net_slopes(now, item[one], period[one], window[None, :])
        plain[row], seen[row] = level[0] * 2 * len(window) / band, by_sales[0] * 2 * len(window) / band
    return reserve, Slopes(plain, seen), price


def _window(rank: int, paths: int) -> tuple[int, int]:
    """The ranks around one over which a quantile is averaged, as many on each side."""
    band = min(max(FEWEST, int(WINDOW * paths)), max(rank, 1), max(paths - 1 - rank, 1))
    return max(rank - band, 0), min(rank + band, paths - 1)


def may_be_short(level: FloatArray, paths: int) -> IntArray:
    """Paths that may be short."""
    return np.floor((1 - level) * paths + 1e-9).astype(np.int64)


def _dollars(paths: Paths, parts: list[_Part], confidence: float) -> tuple[FloatArray, FloatArray, Slopes]:
    """The amount that dollars exceed on no more paths than they may, in every period, and its slopes."""
    store = paths.store
    total = np.zeros((store.periods, paths.count))
    for part in parts:
        total += part.outlay
    rank = paths.count - 1 - int(may_be_short(np.array(confidence), paths.count))
    low, high = _window(rank, paths.count)
    window = np.argpartition(total, (low, high), axis=-1)[:, low : high + 1]
    values = np.sort(np.take_along_axis(total, window, axis=-1), axis=-1)
    plain, seen = [], []
    for part in parts:
        by_level, by_sales = order_slopes(part.now, window)
        cost = part.now.draws.store.unit_cost[None, :, None]
        plain.append(by_level * cost)
        seen.append(by_sales * cost)
    slopes = Slopes(np.concatenate(plain, axis=1), np.concatenate(seen, axis=1))
    return values.mean(axis=-1), values[:, rank - low], slopes


def _tied_up(now: Moved) -> Slopes:
    """Slopes of the mean over periods of expected dollars, (n, N)."""
    draws = now.draws
    _, periods, paths = draws.sold.shape
    few = np.arange(0, paths, max(paths // SOME, 1))
    some = np.broadcast_to(few, (periods, len(few)))
    level, seen = order_slopes(now, some)
    cost = draws.store.unit_cost[:, None] / periods
    return Slopes(level.sum(axis=0) * cost, seen.sum(axis=0) * cost)
