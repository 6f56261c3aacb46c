"""Levels on the lattice of demand: raised by whole grains until every promise holds, then lowered as far as they do."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from ccinv.arrays import BoolArray, FloatArray, IntArray
from ccinv.auditing.pieces import in_order
from ccinv.sample_path.coefficients import expected_orders
from ccinv.sample_path.draws import Draws, Paths
from ccinv.sample_path.moving import Moved, moved, wanted

UP = 0.02  # of a grain that a level may be above a lattice point and still be that point
LEAST = 1e-9  # cost under which a level matters to nobody, and stays
SWEEPS = 50  # over all levels, one grain each; mostly a few do
ROUNDS = 200  # of moves by one grain per item; mostly a dozen do
MOST_GRAINS = 64  # by which a level is raised at once, where fewer help nobody: the atoms of a law can be far apart


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """How levels on a lattice may move.

    items (n,): those that do; price (N,): weight of a dollar in each period; margin: by how much a share may be below
    the probability asked. least (n, N): under which no level may be; falls (n, N): how much a level may be below the
    one before it, where the first follows the position at the start. lowers: whether levels that promises do not need
    are to fall. up: share of a grain that a level may begin below itself.
    sweeps: over all levels in the end, one grain each.
    """

    items: BoolArray
    price: FloatArray
    margin: float
    least: FloatArray
    falls: FloatArray
    lowers: bool = True
    up: float = UP
    sweeps: int = SWEEPS

    def rows(self, rows: slice) -> Wanted:
        """Those of some neighbouring items."""
        return replace(self, items=self.items[rows], least=self.least[rows], falls=self.falls[rows])


def placed(paths: Paths, levels: FloatArray, asked: FloatArray, ask: Wanted) -> FloatArray:
    """Order-up-to levels (n, N) on the lattice near `levels`, item by item, the cheapest that no single grain betters,
    with the probabilities `asked` (n, N), NaN where there is none.

    Every item moves by one grain a round, where the paths next to a shortage say that it gains most; whatever a round
    makes worse is taken back.
    """
    found, move = levels.copy(), ask.items & (paths.grain > 0)
    pieces = []
    for draws in paths.pieces:
        some = np.flatnonzero(move[draws.rows])
        if len(some):
            pieces.append(draws.between(int(some[0]), int(some[-1]) + 1))
    if not pieces:
        return found

    def run(number: int) -> FloatArray:
        draws = pieces[number]
        rows = draws.rows
        return _piece(draws, levels[rows], asked[rows], paths.grain[rows], ask.rows(rows))

    parts: list[FloatArray] = []
    in_order(run, parts.append, len(pieces))
    for draws, part in zip(pieces, parts, strict=True):
        found[draws.rows] = part
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """Levels of some items, how many more paths are short in each cell than may be, and what one grain would do."""

    levels: FloatArray
    over: IntArray
    up: FloatArray
    down: IntArray
    cost: FloatArray

    @property
    def lack(self) -> IntArray:
        found: IntArray = np.maximum(self.over, 0).sum(axis=1)
        return found

    def where(self, kept: BoolArray, other: _State) -> _State:
        """This state for the items that are kept, the other for the rest."""
        return _State(
            *(
                np.where(kept.reshape(-1, *(1,) * (mine.ndim - 1)), mine, theirs)
                for mine, theirs in ((getattr(self, part.name), getattr(other, part.name)) for part in fields(self))
            )
        )


def _piece(draws: Draws, levels: FloatArray, asked: FloatArray, grain: FloatArray, ask: Wanted) -> FloatArray:
    items = levels.shape[0]
    lattice = ask.items & (grain > 0)
    step = np.where(lattice, grain, 0.0)[:, None]
    safe = np.where(grain > 0, grain, 1.0)[:, None]
    start = np.where(lattice[:, None], np.ceil(levels / safe - ask.up) * safe, levels)
    now = _seen(draws, start, step, asked, ask)
    stuck = np.zeros(start.shape, dtype=np.bool_)
    jump, reach, rung = np.ones(start.shape), np.ones((items, 1)), np.full((items, 1), 0.5)
    ladder = np.arange(1.0, start.shape[1] + 1)  # levels so far apart that each order would be enough in the end
    alone = np.zeros(items, dtype=np.bool_)
    done = ~lattice
    for _ in range(ROUNDS):
        short = now.lack > 0
        up = reach * step
        kept = stuck | ~_free(draws, now.levels, np.where(short[:, None], up, -jump * step), ask)
        lowered = _lowered(now, kept, alone) if ask.lowers else np.zeros(stuck.shape, dtype=np.bool_)
        chosen = np.where(short[:, None], _raised(now, kept), lowered) & ~done[:, None]
        none = ~chosen.any(axis=1) & ~done
        further = none & short & (reach[:, 0] < MOST_GRAINS)
        together = none & short & ~further & (rung[:, 0] < MOST_GRAINS)
        done |= none & ~further & ~together
        if done.all():
            break
        rung = np.where(together[:, None], 2 * rung, rung)
        next_reach = np.where(further[:, None], 2 * reach, 1.0)
        turn = np.where(chosen, np.where(short[:, None], up, -jump * step), together[:, None] * rung * step * ladder)
        then = _seen(draws, now.levels + turn, next_reach * step, asked, ask)
        bad = np.where(short, then.lack >= now.lack, then.lack > 0) & ~further
        # one level that cannot move by a single grain stays; of several, or several grains, fewer are tried
        single = (chosen.sum(axis=1) == 1) & ((jump * chosen).max(axis=1) == 1)
        stuck = np.where((bad & single)[:, None], stuck | chosen, stuck & bad[:, None])
        jump = np.where(chosen, np.where(bad[:, None], 1.0, 2 * jump), jump)
        alone = bad
        reach = np.where(bad[:, None], reach, next_reach)
        now = now.where(bad, then)
    if ask.lowers:
        return _swept(draws, now.levels, step, asked, ask)
    if not (now.levels > start + step * (1 + ask.up)).any():
        return now.levels
    # a level that was raised by several grains at once may have been raised too far
    back = replace(ask, least=np.maximum(ask.least, start), sweeps=MOST_GRAINS)
    return _swept(draws, now.levels, step, asked, back)


def _swept(draws: Draws, levels: FloatArray, step: FloatArray, asked: FloatArray, ask: Wanted) -> FloatArray:
    """The levels with every one tried a grain lower, or more where that went well, until none can be.

    What slopes said of ties is not taken for true. Only items that keep all promises, and levels that orders follow.
    """
    now, over = _moved(draws, levels, asked, ask)
    last = now.last
    moving = np.asarray((over <= 0).all(axis=1) & (step[:, 0] > 0))
    size = np.ones(levels.shape)
    for _ in range(ask.sweeps):
        tried = np.zeros(len(moving), dtype=np.bool_)
        for period in range(levels.shape[1]):
            turn = np.zeros_like(levels)
            turn[:, period] = -size[:, period] * step[:, 0]
            may = _free(draws, levels, turn, ask)[:, period] & moving & (last == period).any(axis=(1, 2))
            better = np.zeros_like(may)
            if may.any():
                trial = np.where(may[:, None], levels + turn, levels)
                now, over = _moved(draws, trial, asked, ask)
                better = may & (over <= 0).all(axis=1)
                levels = np.where(better[:, None], trial, levels)
                last = np.where(better[:, None, None], now.last, last)
            tried |= better | (size[:, period] > 1)
            size[:, period] = np.where(better, 2 * size[:, period], 1.0)
        moving &= tried
        if not moving.any():
            break
    return levels


def _free(draws: Draws, levels: FloatArray, turn: FloatArray, ask: Wanted) -> BoolArray:
    """Which levels may move so far by themselves."""
    begin = draws.store.on_hand + draws.store.on_order
    moved_to = levels + turn
    close = 1e-9 * (np.abs(levels) + 1.0)
    before = np.concatenate([begin[:, None], levels[:, :-1]], axis=1)
    found: BoolArray = (turn > 0) | (moved_to >= np.maximum(ask.least, before - ask.falls) - close)
    found[:, :-1] &= (turn[:, :-1] < 0) | (levels[:, 1:] >= moved_to[:, :-1] - ask.falls[:, 1:] - close[:, 1:])
    return found


def _raised(now: _State, stuck: BoolArray) -> BoolArray:
    """The level of each item whose rise by a grain helps most for its money."""
    gain = np.where(stuck, -np.inf, now.up / now.cost)
    best = gain.argmax(axis=1)
    chosen = np.zeros(stuck.shape, dtype=np.bool_)
    every = np.arange(len(best))
    chosen[every, best] = gain[every, best] > 0
    return chosen


def _lowered(now: _State, stuck: BoolArray, alone: BoolArray) -> BoolArray:
    """The levels of each item that can fall by a grain together, the dearest first; one at most where `alone`."""
    chosen = np.zeros(stuck.shape, dtype=np.bool_)
    every = np.arange(len(stuck))
    over = now.over.copy()
    fresh = ~stuck & (now.cost > LEAST)
    for number in range(stuck.shape[1]):
        then = now.down + over[:, None, :]
        fits = fresh & ~chosen & (then <= 0).all(axis=2)
        save = np.where(fits, now.cost, -np.inf)
        best = save.argmax(axis=1)
        some = np.isfinite(save[every, best]) & ~(alone & (number > 0))
        if not some.any():
            break
        chosen[every[some], best[some]] = True
        over[some] += now.down[every[some], best[some]]
    return chosen


def _seen(draws: Draws, levels: FloatArray, step: FloatArray, asked: FloatArray, ask: Wanted) -> _State:
    """What levels come to, and what one grain more or less of each would do by the slopes of the paths near zero."""
    now, over = _moved(draws, levels, asked, ask)
    promised = np.isfinite(asked)
    up, down = _turned(now, step, promised, draws.rounding)
    counts = _standing(now)
    cost = draws.store.unit_cost[:, None] * np.einsum("its,t->is", counts, ask.price)
    need = np.where(over > 0, 1.0, 0.0)[:, None, :]
    return _State(levels, over, (up * need).sum(axis=2), down, np.maximum(cost, 1e-12))


def _moved(draws: Draws, levels: FloatArray, asked: FloatArray, ask: Wanted) -> tuple[Moved, IntArray]:
    """Levels on the paths, and how many more paths are short in each cell than may be."""
    orders = wanted(draws, np.ones_like(levels), expected_orders(draws.store, levels))
    now = moved(draws, orders, whole=False)
    short = np.count_nonzero(now.net < -draws.rounding, axis=2)
    promised = np.isfinite(asked)
    allowed = np.floor((1 - np.where(promised, asked, 0.0) + ask.margin) * draws.paths + 1e-9)
    return now, np.where(promised, short - allowed, -draws.paths).astype(np.int64)


def _turned(now: Moved, step: FloatArray, promised: BoolArray, rounding: FloatArray) -> tuple[IntArray, IntArray]:
    """Paths of cell (i, t) no longer short with one grain more of S_i(s), and newly short with one less: (n, s, t)."""
    draws = now.draws
    items, periods, _ = now.net.shape
    width = step[:, :, None]
    close = (now.net < width - rounding) & (now.net >= -width - rounding) & promised[:, :, None] & (width > 0)
    item, period, path = np.nonzero(close)
    s = np.arange(periods)
    last = now.last[item, :, path]
    usable = (draws.age[item, :, path] + s < period[:, None]) & (last == s)
    before = np.full(last.shape, -1, dtype=np.int64)
    before[:, 1:] = last[:, :-1]
    slope = usable.astype(np.int64)
    row, later = np.nonzero(usable & (before >= 0))
    np.subtract.at(slope, (row, before[row, later]), 1)
    well = (now.net[item, period, path] >= -rounding[item, 0, 0])[:, None]
    key = ((item[:, None] * periods + s) * periods + period[:, None]).ravel()
    shape, size = (items, periods, periods), items * periods * periods
    gained = np.where(well, -(slope < 0).astype(np.int64), slope > 0)
    lost = np.where(well, slope > 0, -(slope < 0).astype(np.int64))
    up = np.bincount(key, weights=gained.ravel(), minlength=size).reshape(shape)
    down = np.bincount(key, weights=lost.ravel(), minlength=size).reshape(shape)
    return np.rint(up).astype(np.int64), np.rint(down).astype(np.int64)


def _standing(now: Moved) -> FloatArray:
    """Share of paths on which the order of s stands in E(t), (n, t, s)."""
    items, periods, paths = now.last.shape
    key = (np.arange(items * periods).reshape(items, periods, 1) * (periods + 1) + now.last + 1).ravel()
    counts = np.bincount(key, minlength=items * periods * (periods + 1)).reshape(items, periods, periods + 1)
    found: FloatArray = counts[:, :, 1:] / paths
    return found
