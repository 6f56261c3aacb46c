"""One measure after the other: each as good as can be while those before it stay as good as they were found."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.errors import InfeasibleError, SolverError
from ccinv.models.perishable.cumulative import movements, reserve
from ccinv.models.perishable.limits import limit_faults
from ccinv.models.perishable.prices import priced
from ccinv.models.perishable.program import Program, program_of
from ccinv.models.perishable.rows import NONE
from ccinv.models.perishable.scale import Scale, scale_of
from ccinv.perishable import (
    Cost,
    EndStock,
    FillRate,
    Level,
    Lost,
    Measure,
    Movements,
    PerishableStore,
    Waste,
    Weights,
)  # fmt: skip
from ccinv.solve.milp import Answer, Ended, Mixed
from ccinv.solve.started import FINE, USUAL, solve_from

KEPT = 1e-6  # relative, of what a level may lose to those after it: what the solver's rows are accurate to
CLOSE = 2e-6  # relative, within which a level is proven: what levels before may lose counts in the bound
SAME = 1e-9, 1e-10  # of all that a measure adds up, and of its largest coefficient: value and bound are the same
ROOM = 2e-3  # of all reserves, that may be lacking beyond what must be: they are corrected again anyway
FIRST = 0.3  # share of a level's time for the relaxation
MANY = 20  # items from which prices are tried before the program of all items


@dataclass(frozen=True, slots=True)
class Search:
    """How far a search goes: `gap` between value and bound, relative, and `seconds` for all levels together."""

    gap: float = 1e-3
    seconds: float = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """What was found: orders and how stock moves, units that reserves lack, a level for each measure, and the work."""

    moved: Movements
    lacking: FloatArray
    levels: tuple[Level, ...]
    solves: int
    processor_seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class _Aim:
    """A measure to be made small: its coefficients in both programs, and its value for movements; `level`: None for
    the reserve, which is no measure of the user's; `room`: how far from its best it may stay, in absolute terms."""

    measure: Measure | None
    relaxed: FloatArray
    exact: FloatArray
    steps: float  # its values are whole multiples of this, 0: of nothing
    size: float = 1.0  # what is little beside this is nothing
    largest: float = 1.0  # coefficient of an item-day
    room: float = 0.0

    def slack(self, value: float) -> float:
        """What may be lost of this value by the levels after it."""
        return KEPT * max(abs(value), self.size)

    def same(self, store: PerishableStore, moved: Movements) -> float:
        """The distance within which value and bound differ by rounding alone."""
        if self.measure is None or isinstance(self.measure, FillRate):
            return SAME[0] * self.size
        given = self.measure.weights(store)
        gross = Weights(**{each.name: np.abs(getattr(given, each.name)) for each in fields(given)})
        return SAME[0] * float(moved.total(gross).sum()) + SAME[1] * self.largest

    def of(self, program: Program, moved: Movements) -> float:
        if self.measure is None:
            return float(np.maximum(program.reserved - reserve(program.store, moved), 0.0).sum())
        value = moved.value(self.measure, program.store)
        return -value if self.measure.largest else value


def solved(
    store: PerishableStore,
    measures: Sequence[Measure],
    search: Search,
    reserved: FloatArray | None = None,
    tell: Callable[[str], None] | None = None,
) -> Solved:
    """Orders for which each measure in turn is as good as can be, those before it being kept.

    First a relaxation is solved, that issues as it likes: if its orders, issued first in, first out, are as good as its
    bound, that settles it (demand lost always does: it is a flow). Otherwise the exact program starts from the best
    orders known, or items are planned one by one at prices (see `priced`). Every value is that of the orders found,
    issued first in, first out. `reserved`: units wanted in reserve after each day's sales, (n, N), as far as they can
    be had before anything else. All is solved in natural units, see `scale_of`: tolerances are relative to them.
    """
    impossible = limit_faults(store)
    if impossible:
        raise InfeasibleError("\n".join(["No orders keep the limits of a day's total.", *impossible]))
    scale = scale_of(store)
    wanted = np.zeros(store.demand.shape) if reserved is None else reserved / scale.amount
    relaxed, exact = program_of(scale.store, wanted, exact=False), program_of(scale.store, wanted, exact=True)
    if not ((exact.at.empty != NONE).any() or (exact.at.spent != NONE).any()):
        relaxed = replace(relaxed, exact=True)
    natural = [scale.measure(measure, store) for measure in measures]
    aims = [_aim(measure, relaxed, exact, scale) for measure in natural]
    if wanted.any():
        aims.insert(0, replace(_aim(None, relaxed, exact, scale), room=ROOM * float(wanted.sum())))
    state = _State(relaxed, exact, search, scale)
    for position, aim in enumerate(aims):
        share = state.remaining() / (len(aims) - position)
        state.reach(aim, share, tell)
    best = state.best
    if best is None:  # cannot be: every level has left one
        raise SolverError("No orders were found in time. Allow more seconds.")
    lacking = np.maximum(wanted - reserve(scale.store, best), 0.0) * scale.amount
    moved = movements(store, scale.orders(best.ordered, store))
    told = zip(state.levels, measures, (scale.value(measure) for measure in natural), strict=True)
    levels = tuple(_told(level, moved.value(measure, store), unit) for level, measure, unit in told)
    return Solved(moved, lacking, levels, state.solves, state.processor)


def _told(level: Level, value: float, unit: float) -> Level:
    """The level in units of the store; `value`: what the orders have there, which is it but for rounding, or for what
    later levels were allowed to take from it."""
    reached = level.value * unit
    told = value if abs(value - reached) <= SAME[0] * abs(reached) else reached
    return replace(level, value=told, bound=told if level.bound == level.value else level.bound * unit)


def _aim(measure: Measure | None, relaxed: Program, exact: Program, scale: Scale) -> _Aim:
    costs = []
    for program in (relaxed, exact):
        if isinstance(measure, FillRate):
            cost = np.zeros(program.at.size)
            cost[program.at.fill] = -1.0
        elif measure is None:
            cost = np.zeros(program.at.size)
            cost[program.at.lacking[program.at.lacking != NONE]] = 1.0
        else:
            cost = program.cost(measure.weights(program.store)) * (-1.0 if measure.largest else 1.0)
        costs.append(cost)
    if measure is None:
        return _Aim(measure, costs[0], costs[1], 0.0, scale.typical)
    if isinstance(measure, FillRate):
        return _Aim(measure, costs[0], costs[1], 0.0)
    if isinstance(measure, Lost | EndStock | Waste):
        return _Aim(measure, costs[0], costs[1], scale.step, scale.typical, scale.typical)
    given = measure.weights(scale.store)
    per_unit = max(float(np.abs(getattr(given, each.name)).max()) for each in fields(given) if each.name != "order")
    largest = max(per_unit * scale.typical, float(np.abs(given.order).max()))
    return _Aim(measure, costs[0], costs[1], 0.0, 1e-3 * largest or 1.0, largest)


class _State:
    """The best orders so far, and the rows that keep what they have reached."""

    def __init__(self, relaxed: Program, exact: Program, search: Search, scale: Scale) -> None:
        self.relaxed, self.exact, self.search, self.scale = relaxed, exact, search, scale
        self.kept: list[tuple[_Aim, float]] = []
        self.levels: list[Level] = []
        self.best: Movements | None = None
        self.solves, self.processor = 0, 0.0
        self.began = time.monotonic()

    def remaining(self) -> float:
        return max(self.search.seconds - (time.monotonic() - self.began), 1.0)

    def reach(self, aim: _Aim, seconds: float, tell: Callable[[str], None] | None) -> None:
        """Solve for one aim, and keep what it comes to."""
        start = time.monotonic()
        bound = -np.inf
        for step, part in self._steps(aim):
            left = seconds - (time.monotonic() - start)
            bound = max(bound, _up(step(aim, max(part * left, 1.0)), aim.steps))
            if self.best is not None and self._close(aim.of(self.exact, self.best), bound, aim):
                break
        if self.best is None:
            raise SolverError(
                f"No orders that keep the limits were found in {self.search.seconds:g} seconds. Allow more of them."
            )
        value = aim.of(self.exact, self.best)
        if isinstance(aim.measure, Lost | EndStock | Waste | Cost):
            bound = max(bound, 0.0)  # nothing that it adds up is negative
        bound = value if value - bound <= aim.same(self.exact.store, self.best) else bound
        self.kept.append((aim, value + aim.room))
        if aim.measure is None:
            return
        sign = -1.0 if aim.measure.largest else 1.0
        near = self._close(value, bound, aim)
        self.levels.append(Level(aim.measure.name, aim.measure.title, sign * value, sign * bound, near))
        if tell is not None:
            unit = sign * self.scale.value(aim.measure)
            tell(f"{aim.measure.title}: {unit * value:.6g}, bound {unit * bound:.6g}")

    def _steps(self, aim: _Aim) -> list[tuple[Callable[[_Aim, float], float], float]]:
        """What is tried in turn, each with a share of the time that is left: the relaxation; all items in one program,
        from the best orders known; item by item, by prices. With many items prices come first: they scale."""
        if self.relaxed.exact:
            return [(self._together(self.relaxed), 1.0)]
        first, whole = self._together(self.relaxed), self._together(self.exact)
        if any(isinstance(each.measure, FillRate) for each in (aim, *(kept for kept, _ in self.kept))):
            return [(first, FIRST), (whole, 1.0)]  # the least of all items is no sum over them
        if self.exact.store.items >= MANY:
            return [(first, FIRST), (self._apart, 0.8), (whole, 1.0)]
        return [(first, FIRST), (whole, 0.6), (self._apart, 1.0)]

    def _together(self, program: Program) -> Callable[[_Aim, float], float]:
        """A step that solves a program of all items, and gives its bound."""

        def step(aim: _Aim, seconds: float) -> float:
            answer = self._answer(program, aim, seconds)
            if answer.x is not None:
                self._consider(program.orders(answer.x), aim)
            return answer.bound

        return step

    def _apart(self, aim: _Aim, seconds: float) -> float:
        """A step that prices what couples items, and gives the bound of that."""
        if self.best is None:
            return -np.inf
        kept = [(one.exact, value + one.slack(value)) for one, value in self.kept]
        found = priced(self.exact, aim.exact, kept, self.best.ordered, self.search.gap, seconds)
        self.solves, self.processor = self.solves + found.solves, self.processor + found.processor_seconds
        if found.orders is not None:
            self._consider(found.orders, aim)
        return found.bound

    def _close(self, value: float, bound: float, aim: _Aim) -> bool:
        size = max(abs(value), abs(bound))
        if self.best is not None and value - bound <= aim.same(self.exact.store, self.best):
            return True
        return value - bound <= max(max(self.search.gap, CLOSE) * size, aim.room)

    def _answer(self, program: Program, aim: _Aim, seconds: float) -> Answer:
        """The program with its aim, and rows that keep what earlier levels have reached."""
        from scipy.sparse import csr_matrix, vstack

        store, at = program.store, program.at
        blocks, low, high = [program.rows], [program.low], [program.high]

        def held(rows: FloatArray, least: FloatArray, most: FloatArray) -> None:
            blocks.append(csr_matrix(rows))
            low.append(least)
            high.append(most)

        for kept, value in self.kept:
            cost = kept.relaxed if program is self.relaxed else kept.exact
            size = max(abs(value), kept.size)  # rows are accurate to so much of 1
            held(cost[None, :] / size, np.array([-np.inf]), np.array([(value + kept.slack(value)) / size]))
        service = [aim, *(kept for kept, _ in self.kept)]
        if any(isinstance(each.measure, FillRate) for each in service):
            weights = FillRate().weights(store)
            fill = np.zeros((store.items, at.size))
            for k in range(store.items):
                fill[k, at.short[k]] = weights.short[k]
            fill[:, at.fill] = -1.0
            some = store.demand.sum(axis=1) > 0
            held(fill[some], np.full(int(some.sum()), -1.0), np.full(int(some.sum()), np.inf))
        cost = aim.relaxed if program is self.relaxed else aim.exact
        most = program.most.copy()
        rows = vstack(blocks).tocsc()
        mixed = Mixed(cost, rows, np.concatenate(low), np.concatenate(high), program.least, most, program.whole)
        start = None
        if self.best is not None:
            start = program.point(self.best, self.best.value(FillRate(), store))
        apart = max(0.999 * aim.steps, aim.room)
        answer, took = solve_from(mixed, start, self.search.gap, seconds, apart, FINE if self.scale.wide else USUAL)
        self.solves, self.processor = self.solves + 1, self.processor + took
        if answer.ended is Ended.INFEASIBLE and self.best is None:
            raise InfeasibleError("No orders keep the limits of every day's total: allow a wider range.")
        return answer

    def _consider(self, orders: FloatArray, aim: _Aim) -> None:
        """Take orders if, issued first in, first out, they keep all that is to be kept and are better."""
        moved = movements(self.exact.store, orders)
        for kept, value in self.kept:
            if kept.of(self.exact, moved) > value + 2 * kept.slack(value):
                return
        if self.best is None or aim.of(self.exact, moved) < aim.of(self.exact, self.best):
            self.best = moved


def _up(bound: float, steps: float) -> float:
    """The bound of values that are whole multiples of `steps`."""
    if not (steps > 0 and np.isfinite(bound)):
        return bound
    count = bound / steps
    return float(np.ceil(count - max(1e-5, 1e-7 * abs(count))) * steps)
