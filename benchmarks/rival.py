"""The textbook rival: order-up-to levels found item by item by plain simulation, with no code of the package.

At the end of period t an item orders what brings its position (on hand − owed + under way) up to its level S(t).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

PATHS = 20_000
FINER = 4  # times as many paths show which promises are kept, or not, by luck
ROUNDS = 3  # of putting that right
EXCHANGES = 240  # trials to lower the budget with some levels up and others down
ROUNDING = 1e-9  # of an item's scale, which is its mean sale: less below zero is no shortage
FINE = 1e-3  # of an item's scale: how finely levels of amounts are set; those of counts are whole
RAISES = (0.02, 0.1, 0.3, 1.0, 3.0, 10.0)  # scales by which a level is raised where a promise is not kept
MOST_RAISES = 40
BISECTIONS = 10
CLOSE = 1.03  # to the limit: worth more trials
NEAR = 0.003  # how near a level may come to what the largest orders reach
FAR = 10**6  # periods: never


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """levels (n, N): S_i(t), units, far below zero where nothing is to be ordered. budget: the least B with
    P{Z(t) ≤ B} ≥ φ in every t on the paths of the search, dollars. probability: of the other items, if asked for."""

    levels: Array
    budget: float
    probability: float = np.nan


def rival(
    store: Any, asked: Array, phi: float = 0.95, paths: int = PATHS, seed: int = 1, exchanges: int = EXCHANGES
) -> Levels:
    """Levels that keep P{X_i(t) ≥ 0} ≥ asked[i, t], NaN: no promise, on fixed paths, for little money.

    A promise too near to what the largest orders reach is held to a little less. On `paths` paths some promises are
    kept, and some are not, by luck: four times as many others show which.
    """
    items, finer = list(_items(store, asked, paths, seed)), list(_items(store, asked, FINER * paths, seed + 1))
    levels = _mended(items, finer, _together([_found(item) for item in items], phi))
    levels = _mended(items, finer, _exchanged(items, levels, phi, exchanges, seed))
    return _levels(items, levels, phi)


def fixed_limit_max_min(
    store: Any, asked_important: Array, others: NDArray[np.bool_], limit: float, phi: float = 0.95, paths: int = PATHS
) -> Levels:
    """The largest common probability of the cells `others` (n, N) that the limit pays for, by bisection; its levels.

    Important items keep what is asked of them. A cell that cannot have the common probability gets what it can. Whether
    promises and the limit are kept is seen on four times as many paths: the best of many trials had luck with its own.
    """
    items, finer = (list(_items(store, asked_important, more * paths, seed)) for more, seed in ((1, 1), (FINER, 2)))
    _mended(items, finer, _together([_found(item) for item in items], phi))
    found = [_found(item) for item in items]  # luck with what is asked of important items taken back
    levels = _exchanged(items, _together(found, phi), phi, EXCHANGES, 1)
    for item, row, some in zip(items, levels, found, strict=True):
        some.append((row, item.dollars(row)))
    low, high, best = 0.0, 0.999, _levels(finer, levels, phi)
    for _ in range(BISECTIONS):
        p = (low + high) / 2
        for i in np.flatnonzero(others.any(axis=1)):
            items[i].promise(np.where(others[i], p, asked_important[i]))
            found[i] = _found(items[i])
        trial = _levels(finer, _together(found, phi), phi)
        if trial.budget <= CLOSE * limit:
            levels = trial.levels
            if limit < trial.budget:
                levels = _exchanged(items, levels, phi, EXCHANGES // 4, 1)
            trial = _levels(finer, _mended(items, finer, levels), phi)
        if trial.budget <= limit:
            low, best = p, replace(trial, probability=p)
        else:
            high = p
    return best


def reachable(store: Any, paths: int = PATHS) -> Array:
    """P{X_i(t) ≥ 0} with the largest orders there are, (n, N)."""
    nothing = np.full(store.demand.mean.shape, np.nan)
    return np.array([1 - item.lost / paths for item in _items(store, nothing, paths, 1)])


@dataclass(slots=True, eq=False)
class _Course:
    """What levels lead to, a row per period: cumulative orders, orders, and what has come of those that can have come.
    short, fails (N,): paths that are short where there is a promise, and by how many these are too many."""

    placed: list[Array]
    orders: list[Array]
    come: list[Array]
    short: Array
    fails: Array


class _Item:
    """One item on its paths.

    position: on hand and under way at the start. sold, base (N, P): D(t), and net stock without orders. came[j] (N, P):
    1 where the order of a period has come j periods later; last: the age from which on nothing more comes; ever (N, P):
    1 where it has come by then, None where that is certain. lost (N,): paths that are short whatever is ordered; may
    (N,): how many paths may be short, −1: all. nothing: a level at which nothing is ever ordered.
    """

    def __init__(self, store: Any, row: int, sales: Array, whole: bool, rng: np.random.Generator) -> None:
        pmf, never = store.lead_time.pmf[row], float(store.lead_time.never[row])
        period = np.arange(1, len(sales) + 1)[:, None]
        self.cost, self.scale = float(store.unit_cost[row]), float(sales.mean())
        self.step = 1.0 if whole else FINE * self.scale
        self.sold = np.cumsum(sales, axis=0)
        self.ages = np.flatnonzero(pmf)
        self.last = int(self.ages[-1])
        ages = _ages(rng, pmf, never, sales.shape)
        self.came = {j: (ages <= j) * 1.0 for j in range(self.last) if pmf[: j + 1].any()}
        self.ever = (ages <= self.last) * 1.0 if never > 0 else None
        self.position = float(store.on_hand[row])
        self.base = self.position - self.sold
        opened = store.open_orders
        for k in range(0 if opened is None else len(opened.item)):
            if opened.item[k] in (row, store.item_id[row]):
                left = np.where(np.arange(len(pmf)) > -opened.placed[k], pmf, 0.0)  # it has not come yet
                total = left.sum() + never
                arrival = opened.placed[k] + _ages(rng, left / total, never / total, sales.shape[1:])
                self.base += opened.quantity[k] * (arrival < period)
                self.position += float(opened.quantity[k])
        self.nothing = self.position - 1e3 * len(sales) * self.scale
        first = np.minimum.accumulate(ages + period, axis=0)  # arrival of the first order that comes
        in_vain = np.vstack([np.ones_like(first[:1], dtype=bool), first[:-1] >= period[1:]])
        self.lost = np.count_nonzero(self._short(self.base) & in_vain, axis=1)

    def _short(self, net: Array) -> NDArray[np.bool_]:
        return net < -ROUNDING * self.scale

    def promise(self, asked: Array) -> None:
        """Let as many paths be short as the probabilities asked (N,) allow, NaN: all."""
        paths = self.sold.shape[1]
        self.asked = asked
        may = np.maximum((1 - asked) * paths + 1e-9, self.lost + np.minimum(NEAR * paths, self.lost / 2))
        self.may = np.where(np.isfinite(asked), may, -1).astype(int)

    def follow(self, levels: Array, known: _Course | None = None, since: int = 0, strict: bool = False) -> _Course:
        """What levels lead to that are new from period `since` on; `known` holds the periods before.

        `strict`: no further than to the first promise that fails.
        """
        course = _Course([], [], [], *np.zeros((2, len(levels))))
        if known is not None:
            rows = (table[:since] for table in (known.placed, known.orders, known.come))
            course = _Course(*rows, known.short.copy(), known.fails.copy())
        for t in range(since, len(levels)):
            if t > since and self.may[t] >= 0:
                net = self.base[t].copy()
                if t - 1 - self.last >= 0:
                    net += course.come[t - 1 - self.last]
                for age, came in self.came.items():
                    if t - 1 - age >= 0:
                        net += course.orders[t - 1 - age] * came[t - 1 - age]
                course.short[t] = np.count_nonzero(self._short(net))
                course.fails[t] = max(course.short[t] - self.may[t], 0)
                if strict and course.fails[t]:
                    return course
            before = course.placed[-1] if t else np.zeros_like(self.sold[0])
            course.placed.append(np.maximum(self.sold[t] + (levels[t] - self.position), before))
            course.orders.append(course.placed[-1] - before)
            come = course.placed[-1] if self.ever is None else course.orders[-1] * self.ever[t]
            course.come.append(course.come[-1] + come if t and self.ever is not None else come)
        return course

    def dollars(self, levels: Array) -> Array:
        """c · position after the orders, (N, P)."""
        return self.cost * (self.position - self.sold + np.array(self.follow(levels).placed))

    def before(self, course: _Course, s: int) -> Array:
        """The position before the order of period s."""
        return self.position - self.sold[s] + (course.placed[s - 1] if s else 0.0)

    def rounded(self, levels: Any) -> Any:
        return np.ceil(levels / self.step - 1e-6) * self.step

    def quantiles(self, age: int) -> Array:
        """Levels for what is sold until an order of that age can be used, with the probability asked until then."""
        periods, paths = self.sold.shape
        levels = np.full(periods, self.nothing)
        for s in range(periods - 1):
            until = min(s + 1 + age, periods - 1)
            wanted = self.asked[s + 1 : until + 1]
            if np.isfinite(wanted).any():
                rank = paths - 1 - int((1 - np.nanmax(wanted)) * paths + 1e-9)
                levels[s] = self.rounded(np.partition(self.sold[until] - self.sold[s], rank)[rank])
        return levels

    def raised(self, levels: Array, forward: bool) -> Array:
        """Levels that keep every promise: one is raised at a time, for the first promise that fails, or for the last.

        Of those that mend it, the one for the least money; if none does, the one that gains most.
        """
        for _ in range(MOST_RAISES):
            course = self.follow(levels)
            fails = np.flatnonzero(course.fails)
            if not len(fails):
                return levels
            cell = fails[0] if forward else fails[-1]
            best, least = None, (0.0, 0.0)
            for s in range(cell):
                for rise in RAISES:
                    trial = self.with_raised(levels, course, s, rise)
                    seen = self.follow(trial, course, s)
                    gain = course.fails.sum() - seen.fails.sum()
                    mends = gain > 0 and not seen.fails[cell]
                    price = sum(float(np.mean(seen.placed[t] - course.placed[t])) for t in range(s, len(levels)))
                    worth = (-np.inf, price) if mends else (-gain, price)
                    if worth < least:
                        best, least = trial, worth
                    if mends:
                        break
            if best is None:
                break
            levels = best
        rise = self.scale * np.arange(1, len(levels) + 1)
        ladder = np.maximum(levels, self.position - self.sold.mean(axis=1))
        while self.follow(self.rounded(ladder + rise)).fails.any():  # in the end each order is enough by itself
            rise *= 2
        return self.rounded(ladder + rise)

    def with_raised(self, levels: Array, course: _Course, s: int, rise: float, wake: bool = True) -> Array:
        """One level raised by so many scales, from where half of the paths begin to order if it is to `wake`."""
        trial = levels.copy()
        waking = float(np.median(self.before(course, s))) if wake or levels[s] == self.nothing else levels[s]
        trial[s] = self.rounded(max(levels[s], waking) + rise * self.scale)
        return trial

    def lowered(self, levels: Array, order: Iterable[int]) -> Array:
        """Levels lowered one at a time, each as far as every promise is kept, until none can be lowered alone."""
        levels, order, course = levels.copy(), tuple(order), self.follow(levels)
        lower = first = True
        while lower:
            lower = False
            for s in order:
                seen = self._kept(levels, course, s, self.nothing) if first else None
                if seen is not None:
                    levels[s], course = self.nothing, seen
                idle = float(self.before(course, s).min())  # at this level nothing is ordered on any path
                step, gallops = self.step, True
                while step >= self.step:
                    level = levels[s] - step
                    seen = self._kept(levels, course, s, level) if level > idle else None
                    if seen is not None:
                        levels[s], course, lower = level, seen, True
                    gallops = gallops and seen is not None
                    step = 2 * step if gallops else step / 2
            first = False
        return levels

    def _kept(self, levels: Array, course: _Course, s: int, level: float) -> _Course | None:
        """What levels lead to with another one for period s; None where a promise fails."""
        levels = levels.copy()
        levels[s] = level
        seen = self.follow(levels, course, s, strict=True)
        return None if seen.fails.any() else seen


def _found(item: _Item) -> list[tuple[Array, Array]]:
    """Levels of which none can be lowered alone, from several starts and in two orders; with their dollars."""
    forward = range(len(item.sold))
    starts = [item.raised(item.quantiles(age), way) for age, way in product(item.ages, (True, False))]
    found = [item.lowered(start, order) for start, order in product(_different(starts), (forward, forward[::-1]))]
    return [(levels, item.dollars(levels)) for levels in _different(found)]


def _different(tables: list[Array]) -> list[Array]:
    return list({table.tobytes(): table for table in tables}.values())


def _together(found: list[list[tuple[Array, Array]]], phi: float) -> Array:
    """Levels of all items that need the least budget: from the cheapest of each, exchanged item by item."""
    chosen = [min(some, key=lambda one: float(one[1].mean())) for some in found]
    total, least, better = sum(dollars for _, dollars in chosen), np.inf, True
    while better:
        better = False
        for i, some in enumerate(found):
            rest = total - chosen[i][1]
            needs = [_budget(rest + dollars, phi) for _, dollars in some]
            k = int(np.argmin(needs))
            if needs[k] < least - 1e-9 * abs(needs[k]):
                chosen[i], total, least, better = some[k], rest + some[k][1], needs[k], True
    return np.array([levels for levels, _ in chosen])


def _exchanged(items: list[_Item], levels: Array, phi: float, trials: int, seed: int) -> Array:
    """Levels after random trials with one item each: a few levels raised, then all lowered in a random order; kept
    where the budget is less, or is the same with less money on average."""
    rng = np.random.default_rng(seed)
    spent = [item.dollars(row) for item, row in zip(items, levels, strict=True)]
    total, levels = sum(spent), levels.copy()
    least = (_budget(total, phi), float(total.mean()))
    stake = np.array([item.cost * item.scale * np.count_nonzero(item.may[1:] >= 0) for item in items])
    for i in rng.choice(len(items), trials, p=stake / stake.sum()) if stake.any() else ():  # where the money is
        item, trial = items[i], levels[i]
        for s in rng.integers(0, np.flatnonzero(item.may >= 0)[-1], rng.integers(1, 6)):
            rise, wake = rng.choice((0.1, 1.0)) * rng.random(), rng.random() < 0.8
            trial = item.with_raised(trial, item.follow(trial), s, rise, wake)
        if item.follow(trial).fails.any():
            continue
        trial = item.lowered(trial, rng.permutation(len(trial)))
        dollars = item.dollars(trial)
        after = total - spent[i] + dollars
        need = (_budget(after, phi), float(after.mean()))
        if need < least:
            levels[i], spent[i], total, least = trial, dollars, after, need
    return levels


def _mended(items: list[_Item], finer: list[_Item], levels: Array) -> Array:
    """Levels that keep their promises on more paths, by and large: what luck has given or taken on the paths of the
    search is taken or given back."""
    levels = levels.copy()
    for item, more, row in zip(items, finer, levels, strict=True):
        for _ in range(ROUNDS):
            luck = item.follow(row).short - more.follow(row).short / FINER
            may = np.maximum(np.floor(more.may / FINER + luck), item.lost + 1)
            item.may = np.where(item.may < 0, -1, may).astype(int)
            row[:] = item.lowered(item.raised(row, True), range(len(row)))
    return levels


def _levels(items: list[_Item], levels: Array, phi: float) -> Levels:
    return Levels(levels, _budget(sum(item.dollars(row) for item, row in zip(items, levels, strict=True)), phi))


def _budget(dollars: Any, phi: float) -> float:
    """The least amount that is enough with probability φ in every period, of dollars (N, P)."""
    paths = dollars.shape[1]
    rank = paths - 1 - int((1 - phi) * paths + 1e-9)
    return float(np.partition(dollars, rank, axis=1)[:, rank].max())


def _items(store: Any, asked: Array, paths: int, seed: int) -> Iterator[_Item]:
    """Every item on paths of its own."""
    law = store.demand
    groups = law.groups if type(law).__name__ == "PerItem" else ((law, range(len(asked))),)
    place = {int(row): (part, k) for part, rows in groups for k, row in enumerate(rows)}
    for row in range(len(asked)):
        rng = np.random.default_rng([seed, row])
        sales, whole = _sales(rng, *place[row], paths)
        item = _Item(store, row, sales, whole, rng)
        item.promise(asked[row])
        yield item


def _sales(rng: np.random.Generator, law: Any, row: int, paths: int) -> tuple[Array, bool]:
    """Sales (N, P) of the item in a row of a law, and whether they are counts."""
    size = (law.mean.shape[1], paths)
    mean, sd = law.mean[row][:, None], law.sd[row][:, None]
    match type(law).__name__:
        case "Normal" if law.correlation is None:
            return mean + sd * rng.standard_normal(size), False
        case "Gamma":
            return rng.gamma((mean / sd) ** 2, sd**2 / mean, size), False
        case "Poisson":
            return rng.poisson(mean, size) * 1.0, True
        case "NegativeBinomial":
            beyond = sd**2 - mean
            return rng.poisson(rng.gamma(mean**2 / beyond, beyond / mean, size)) * 1.0, True
        case "Empirical":
            values = law.history[row][~np.isnan(law.history[row])]
            sales = rng.choice(values, size)
        case "Discrete":
            values, shares = law.values[row], np.broadcast_to(law.probabilities[row], (size[0], law.values.shape[1]))
            sales = np.array([rng.choice(values, paths, p=share) for share in shares])
        case name:
            raise ValueError(f"it is not known how to draw sales that are {name}")
    return sales, bool((values == np.rint(values)).all())


def _ages(rng: np.random.Generator, pmf: Array, never: float, size: tuple[int, ...]) -> NDArray[np.int64]:
    """Ages at arrival, FAR where an order never arrives."""
    return rng.choice(np.append(np.arange(len(pmf)), FAR), size, p=np.append(pmf, never))
