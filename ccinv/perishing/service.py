"""Service of items that perish: reserves held against demand, corrected by replays of the shelf until promises hold."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from ccinv.arrays import BoolArray, FloatArray
from ccinv.auditing.judging import judge
from ccinv.auditing.simulating import ROOM, short_of, standard_error
from ccinv.errors import InfeasibleError
from ccinv.inversion import Calibrated
from ccinv.models.perishable import Search, Solved, reserve, solved
from ccinv.perishable import Measure, PerishablePlan, PerishableStore, Promise
from ccinv.shelf import Simulated, simulate

LEARN, ACCEPT, AUDIT = 0, 1, 100  # streams of demand: to learn from, to be accepted by (1, 2, …), to be judged by
LEARN_CELLS, ACCEPT_CELLS = 2e6, 8e6  # items × days × paths of a simulation
FEWEST, MOST = 4_000, 40_000  # paths of a simulation
RISES = 1.25  # of the way that reserves go up: part of what is added perishes on the way
FALLS = (0.5, 0.3, 0.2, 0.1, 0.05)  # of the way down, by round
AIM = 3.0  # standard errors by which quantiles aim above the level asked
PATIENCE = 2  # rounds without a better plan, once there is one that keeps every promise
TRIES = 4  # independent simulations until acceptance
PLENTY = 20.0  # times all mean demand: an order that no demand uses up
NOTHING = 1e-6  # of mean demand: a reserve that is none
SHOWN = 10


@dataclass(frozen=True, slots=True, eq=False)
class _Round:
    """One plan and what its replay found; `fails`: promised cells below their level there."""

    found: Solved
    seen: Simulated
    target: FloatArray
    fails: int

    @property
    def rank(self) -> tuple[float, ...]:
        """The smaller, the better: promises that fail, then the measures in their order."""
        sign = [(-1.0 if value.name in ("profit", "service") else 1.0) * value.value for value in self.found.levels]
        return (float(self.fails), *sign)


def calibrated(
    store: PerishableStore, measures: Sequence[Measure], search: Search, how: Calibrated, audit_paths: int,
    audit_seed: int, progress: Callable[[str], None] | None = None,
) -> PerishablePlan:  # fmt: skip
    """A plan whose reserves make P{demand of the day is met} as large as asked, as replays of the shelf find it.

        reserve′(i, d) = planned left − quantile_{1−α}(left − short)

    Left and short after the day's sales, in replays under the law of demand, of the plan just found; reserves go a
    share of the way there. All rounds see the same demand, acceptance sees other demand, the audit yet other. A cell is
    promised where an order can change its service; where even plenty of its item does not do, it is out of reach.
    """
    service = store.service
    if service is None:
        raise ValueError("no service asked")
    alpha = service.alpha
    cells = store.items * store.days
    learn = how.paths or int(np.clip(LEARN_CELLS // cells, FEWEST, MOST))
    accept = how.paths or int(np.clip(ACCEPT_CELLS // cells, FEWEST, MOST))
    attainable, reachable = _attainable(store, learn, how.seed)
    hopeless = reachable & (attainable < alpha - 3 * standard_error(np.full(store.demand.shape, alpha), learn))
    promised = reachable & ~hopeless
    if hopeless.any() and service.unattainable == "refuse":
        raise InfeasibleError("\n".join(_beyond(store, hopeless, attainable)))
    level = np.where(promised, alpha, 0.5)
    aim = np.minimum(level + AIM * standard_error(level, learn), np.maximum(level, 1 - 1 / learn))
    target = np.where(promised, ndtri(alpha) * _spread(store), 0.0)
    began, solves, processor = time.monotonic(), 0, 0.0
    best: _Round | None = None

    def planned(target: FloatArray, rounds_left: int) -> _Round:
        nonlocal solves, processor
        left = max(search.seconds - (time.monotonic() - began), 1.0)
        found = solved(store, measures, Search(search.gap, left / rounds_left), target)
        solves, processor = solves + found.solves, processor + found.processor_seconds
        seen = simulate(store, found.moved.ordered, 1 - aim, learn, how.seed, LEARN)
        fails = int((promised & (seen.met < alpha * learn)).sum())
        if progress is not None:
            progress(f"{fails} of {int(promised.sum())} promises short in a replay")
        return _Round(found, seen, target, fails)

    rounds = idle = 0
    for number in range(how.rounds):
        rounds += 1
        now = planned(target, how.rounds - number + TRIES)
        worse = best is not None and best.fails == 0 and not now.rank < best.rank
        if best is None or now.rank < best.rank:
            best = now
        idle = idle + 1 if worse else 0
        if idle == PATIENCE:
            break
        target = _moved(store, now, target, promised, FALLS[min(number, len(FALLS) - 1)])
    if best is None:
        raise ValueError("at least one round")
    tail = (1 - how.confidence) / (max(int(promised.sum()), 1) * TRIES)
    asked = np.where(promised, alpha, np.nan)
    for trial in range(TRIES):
        seen = simulate(store, best.found.moved.ordered, 1 - aim, accept, how.seed, ACCEPT + trial)
        lack, fails = np.full(asked.shape, -np.inf), np.zeros(asked.shape, dtype=np.bool_)
        lack[promised], fails[promised] = short_of(seen.met[promised], accept, asked[promised], how.margin, tail)
        if not fails.any() or trial == TRIES - 1:
            break
        raised = np.where(fails, best.target + np.maximum(-seen.quantile, 0.0) + store.pack[:, None] / 2, best.target)
        best = planned(raised, TRIES - trial)
        rounds += 1
    lost = fails if service.unattainable == "best" else np.zeros_like(fails)
    words = _words(store, best, seen, fails, hopeless, reachable, attainable, accept, how, tail)
    if fails.any() and service.unattainable == "refuse":
        raise InfeasibleError("\n".join(words))
    asked = np.where(lost, np.nan, asked)
    audit = simulate(store, best.found.moved.ordered, 1 - aim, audit_paths, audit_seed, AUDIT)
    judged = judge(audit.met, audit_paths, asked)
    promise = Promise(
        asked, attainable, audit.met / audit_paths, judged.low, judged.high, judged.verdict, best.target, audit.short,
        audit.waste, audit.stock, not fails.any(), max(0.0, float(lack.max(initial=-np.inf))), how.confidence,
        audit_paths, audit_seed, rounds, words,
    )  # fmt: skip
    found = best.found
    return PerishablePlan(store, found.moved.ordered, found.moved, found.levels, promise, solves, processor)


def _attainable(store: PerishableStore, paths: int, seed: int) -> tuple[FloatArray, BoolArray]:
    """The service of each cell if plenty of its item is ordered on every order day, and where orders make any
    difference to it: more of an item never serves any day less."""
    none = np.zeros(store.demand.shape)
    plenty = np.where(store.order_days, PLENTY * (store.pack[:, None] + store.demand.sum(axis=1, keepdims=True)), 0.0)
    tail = np.full(store.demand.shape, 0.5)
    most = simulate(store, plenty, tail, paths, seed, LEARN)
    least = simulate(store, none, tail, paths, seed, LEARN)
    return most.met / paths, most.met > least.met


def _spread(store: PerishableStore) -> FloatArray:
    """The deviation of demand over as many days as a unit can be on the shelf, (n, N): that of independent days."""
    variance = np.zeros(store.demand.shape) if store.law is None else store.law.sd**2
    total = np.concatenate([np.zeros((store.items, 1)), np.cumsum(variance, axis=1)], axis=1)
    day = np.arange(store.days)[None, :]
    since = np.maximum(day + 1 - store.shelf_life[:, None], 0)
    found: FloatArray = np.sqrt(total[:, 1:] - np.take_along_axis(total, since, axis=1))
    return found


def _moved(store: PerishableStore, now: _Round, target: FloatArray, promised: BoolArray, falls: float) -> FloatArray:
    """The next reserves."""
    moved = now.found.moved
    wanted = reserve(store, moved) - moved.short - now.seen.quantile
    following = np.where(
        promised, np.maximum(target + np.where(wanted > target, RISES, falls) * (wanted - target), 0.0), 0.0
    )
    return np.where(following <= NOTHING * store.demand.mean(), 0.0, following)


def _words(
    store: PerishableStore, best: _Round, seen: Simulated, fails: BoolArray, hopeless: BoolArray, reachable: BoolArray,
    attainable: FloatArray, paths: int, how: Calibrated, tail: float,
) -> tuple[str, ...]:  # fmt: skip
    """What came of it, in sentences: accepted or not, what is out of reach and why."""
    alpha = 1.0 if store.service is None else store.service.alpha
    words = []
    if not fails.any():
        room = float(-ROOM * ndtri(tail) * standard_error(np.array(alpha), paths))
        words.append(
            f"Calibrated: on {paths:,} independent paths, with {how.confidence:.0%} confidence for all promises "
            f"together, none is below {alpha:g} by more than {max(how.margin, room):.4f}."
        )
    else:
        rows = []
        for i, d in np.argwhere(fails):
            lacking = float(best.found.lacking[i, d])
            why = f"the limits of the days' totals leave {lacking:.4g} units too few in reserve"
            if lacking <= NOTHING * store.demand.mean():
                why = "no larger reserve was found in time"
            rows.append(
                f"item {store.item_id[i]} on {store.calendar[d]}: asked {alpha:g}, {seen.met[i, d] / paths:.4f} had, "
                f"{attainable[i, d]:.4f} if nothing else were ordered; {why}"
            )
        more = [f"and {len(rows) - SHOWN} more"] if len(rows) > SHOWN else []
        words.append(
            f"The service asked cannot be had on {int(fails.sum())} item-days: " + "; ".join([*rows[:SHOWN], *more])
        )
    if hopeless.any():
        words += _beyond(store, hopeless, attainable)
    out = ~reachable & (attainable < alpha)
    if out.any():
        rows = []
        for i in np.flatnonzero(out.any(axis=1)):
            days = np.flatnonzero(out[i])
            named = ", ".join(store.calendar[d] for d in days[:5]) + (
                f" and {len(days) - 5} more" if len(days) > 5 else ""
            )
            rows.append(f"{store.item_id[i]} on {named}")
        more = [f"and {len(rows) - SHOWN} more items"] if len(rows) > SHOWN else []
        words.append(
            "No order can be on the shelf on these days, as it comes in too late or has perished by then, and what is "
            "there gives less than the service asked: " + "; ".join([*rows[:SHOWN], *more]) + ". Nothing is promised "
            "there."
        )
    return tuple(words)


def _beyond(store: PerishableStore, hopeless: BoolArray, attainable: FloatArray) -> list[str]:
    """Cells that no orders of their item bring to the level asked, with the best they can have."""
    alpha = 1.0 if store.service is None else store.service.alpha
    rows = [
        f"item {store.item_id[i]} on {store.calendar[d]}: at most {attainable[i, d]:.4f}"
        for i, d in np.argwhere(hopeless)
    ]
    more = [f"and {len(rows) - SHOWN} more"] if len(rows) > SHOWN else []
    return [
        f"A service of {alpha:g} is out of reach on {len(rows)} item-days, however much is ordered on the order days: "
        + "; ".join([*rows[:SHOWN], *more])
        + ". Open more order days, shorten the lag, or ask for less there."
    ]
