"""How stock really moves, period by period: sales served or owed, orders placed, arrivals received."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ccinv.arrays import FloatArray, IntArray
from ccinv.demand import draw
from ccinv.errors import DataError, Fault
from ccinv.lead_time import NEVER
from ccinv.parts import Divide
from ccinv.result import Rule, caught_up
from ccinv.running import increments
from ccinv.store import Store


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What the storekeeper sees when he orders at the end of a period; arrays (n, paths), units, not to be changed.

    `sales` are those of the period; `on_hand` and `backlog` are what they left (one of the two is zero); `under_way`
    is ordered and not usable yet. The inventory position is on_hand − backlog + under_way.
    """

    period: int
    sales: FloatArray
    on_hand: FloatArray
    backlog: FloatArray
    under_way: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Movements:
    """What happened to n items in T periods on each path; (n, T, paths), units.

    sales: S(t). wanted: the orders as a rule has them, before they are kept from being negative. orders: the orders
    placed. received: arrivals of period t, usable from t + 1. net: X(t), stock after the sales of t, negative where
    units are owed. dollars: (T, paths), Σ_i c_i (on hand − owed + under way) after the orders of t.
    """

    sales: FloatArray
    wanted: FloatArray
    orders: FloatArray
    received: FloatArray
    net: FloatArray
    dollars: FloatArray


def replay(
    store: Store,
    rule: Rule,
    rng: np.random.Generator,
    paths: int,
    common: FloatArray | None = None,
    divide: Divide | None = None,
) -> Movements:
    """The store under `rule` on fresh paths: sales and arrivals drawn from the laws, orders as they are executed.

    All items at once: memory is about ten arrays (n, N, paths). Where that is too much, replay `store.rows` piece by
    piece, all with the same `common = draw_common(store.demand, rng, paths)`: the factors that items share (None where
    they share none). Without it a store draws its own. `divide`: as in `move`; if its draws come from a stream of their
    own, sales and ages at arrival are those of whole orders.
    """
    sales = draw(store.demand, rng, paths, common)
    ages = store.lead_time.sample(rng, (store.periods, paths))
    return replay_known(store, rule, sales, ages, sample_open_ages(store, rng, paths), divide)


def replay_known(
    store: Store, rule: Rule, sales: FloatArray, ages: IntArray, open_ages: IntArray, divide: Divide | None = None
) -> Movements:
    """The store under `rule` for given sales (n, T, paths), T ≤ N; ages, open_ages and divide as in `move`."""
    cumulative = rule.cumulative(sales)
    orders = caught_up(cumulative, store.orders.whole)
    moved = move(store, sales, lambda state: orders[:, state.period], ages, open_ages, divide)
    return replace(moved, wanted=increments(cumulative))


def move(
    store: Store,
    sales: FloatArray,
    place: Callable[[State], FloatArray],
    ages: IntArray,
    open_ages: IntArray,
    divide: Divide | None = None,
) -> Movements:
    """The store's stock moved through the periods, with whatever orders `place` decides on at the end of each.

        start of t: arrivals of t − 1 become usable; then sales and units owed are served from what is on hand;
        end of t: the order of t is placed; what arrives in t is received

    `sales`: (n, T, paths), T ≤ N. `ages`: (n, T, paths), periods from the order of t to its arrival, NEVER or anything
    beyond the horizon where it does not come. `open_ages`: (K, paths) likewise for the store's open orders, counted
    from the period they were placed in, so that they exceed −placed. `divide`: the parts in which an order comes, each
    so many periods after that age; None: it comes whole. Source: Newton 1990, §3.3, with receipts usable from the next
    period on as in §3.5.
    """
    items, periods, paths = sales.shape
    cost = store.unit_cost
    net, placed = np.empty_like(sales), np.empty_like(sales)
    dollars = np.empty((periods, paths))
    arrivals = _Arrivals(items, periods, paths, divide)
    under_way = np.repeat(store.on_order[:, None], paths, axis=1)
    on_hand = np.repeat(np.maximum(store.on_hand, 0.0)[:, None], paths, axis=1)
    backlog = np.repeat(np.maximum(-store.on_hand, 0.0)[:, None], paths, axis=1)
    if store.open_orders is not None:
        _refuse_early(store, store.open_orders.placed, open_ages)
        arrived = store.open_orders.placed[:, None] + np.minimum(open_ages, NEVER // 2) - 1
        for one, item in zip(*_one_per_item(store.open_item), strict=True):
            arrivals.expect(item, arrived[one], store.open_orders.quantity[one, None])
    everything = np.arange(items)
    for t in range(periods):
        if t > 0:
            on_hand += arrivals.received[:, t - 1]
            under_way -= arrivals.received[:, t - 1]
        backlog += sales[:, t]
        served = np.minimum(backlog, on_hand)  # a negative sale is a return: it is served by a negative amount
        on_hand -= served
        backlog -= served
        np.subtract(on_hand, backlog, out=net[:, t])
        order = place(State(t, sales[:, t], on_hand, backlog, under_way))
        placed[:, t] = order
        under_way += order
        arrivals.expect(everything, np.minimum(ages[:, t], periods) + t, order)
        dollars[t] = np.einsum("i,ip->p", cost, net[:, t] + under_way)
    return Movements(sales, placed, placed, arrivals.received, net, dollars)


def sample_open_ages(store: Store, rng: np.random.Generator, paths: int) -> IntArray:
    """Ages at arrival of the open orders, (K, paths), given that none has arrived by the start.

        P{arrived by t} = (P(t − s) − P(−s)) / (1 − P(−s)) for an order placed in s ≤ 0

    NEVER for those that do not come within the horizon. Every order is drawn by itself, and arrives whole.
    """
    if store.open_orders is None:
        return np.zeros((0, paths), dtype=np.int64)
    waited = -store.open_orders.placed
    arrived = store.lead_time.arrived(np.arange(waited.max(initial=0) + store.periods + 1))[store.open_item]
    order = np.arange(len(waited))
    before = arrived[order, waited]
    draw = rng.random((len(waited), paths))
    ages = np.repeat(waited[:, None] + 1, paths, axis=1)
    for j in range(1, store.periods + 1):
        by_then = (arrived[order, waited + j] - before) / (1.0 - before)
        ages += draw >= by_then[:, None]
    ages[ages > waited[:, None] + store.periods] = NEVER
    return ages


class _Arrivals:
    """The book of what arrives when: `received` (n, T, paths), filled as orders are placed."""

    def __init__(self, items: int, periods: int, paths: int, divide: Divide | None) -> None:
        self._divide = divide
        self._book = np.zeros((items, periods + 1, paths))  # the last period takes what comes after the horizon
        self._path = np.arange(paths)
        self.received = self._book[:, :periods]

    def expect(self, item: IntArray, period: IntArray, quantity: FloatArray) -> None:
        """Let `quantity` of each item (each at most once) arrive in `period`, (k, paths), or from then on in its parts;
        beyond the horizon: never."""
        if self._divide is None:
            self._put(item, period, quantity)
            return
        for later, share in self._divide(item, period.shape[1]):
            self._put(item, period + later, quantity * share)

    def _put(self, item: IntArray, period: IntArray, quantity: FloatArray) -> None:
        _, rows, paths = self._book.shape
        place = np.minimum(period, rows - 1)
        place += (item * rows)[:, None]
        place *= paths
        place += self._path
        self._book.reshape(-1)[place] += quantity  # no entry is met twice, so that nothing is lost


def _one_per_item(item: IntArray) -> tuple[list[IntArray], list[IntArray]]:
    """Positions of `item` in groups in which no item comes twice, and the items of each group."""
    order = np.argsort(item, kind="stable")
    ranked = item[order]
    first = np.searchsorted(ranked, ranked)
    rank = np.arange(len(item)) - first
    groups = [order[rank == r] for r in range(int(rank.max(initial=-1)) + 1)]
    return groups, [item[group] for group in groups]


def _refuse_early(store: Store, placed: IntArray, open_ages: IntArray) -> None:
    early = np.flatnonzero((open_ages <= -placed[:, None]).any(axis=1))
    if len(early):
        raise DataError(
            [
                Fault(
                    f"open order {k + 1} of item {store.item_id[store.open_item[k]]}",
                    f"an age at arrival of {open_ages[k].min()}",
                    f"more than the {-placed[k]} periods that it has been under way",
                    "An open order arrives after the start; leave out what has arrived.",
                )
                for k in early
            ]
        )
