"""The thesis's first surrogate: the weakest cell as strong as it can be, then the next weakest, and so on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import cvxpy as cp
import numpy as np

from ccinv.arrays import BoolArray, FloatArray, IntArray
from ccinv.errors import SolverError
from ccinv.inversion.cones import cones, duals
from ccinv.objectives.keeps import keeps
from ccinv.objectives.minimum_budget import MinimumBudget
from ccinv.objectives.program import Answer, Hold, Program, Status
from ccinv.objectives.topping import standard_scores, topped

CAP = 0.999  # beyond this probability more safety is not worth a level
WORTH = 0.01  # a level that gains less in score is the last
MOST_LEVELS = 10
MOST_STEPS = 30  # mostly three to eight do
ENOUGH = 1e-8  # relative gain in score at which a level has converged
NEAR = 1e-4  # the same for later levels, whose cells may still be raised by the next one
SLACK = 1e-6  # by how much a held score may fall, relative, so that the next program has an interior
BINDING = 1e-5  # share of the dual weight from which a cell counts as one that holds the level down
ABOVE = 1e-3  # relative score above a level from which a cell has more than the level
LOOSER = 100.0  # times as much may a held score fall where a later level is otherwise undecided
LEAST_WIDTH = 1e-3  # least width of a cell in item units: a cell with hardly any deviation must not rule the step
MOST_ORDER = 10.0  # item units per period, beyond which nothing is ordered for the sake of a score
FAR = 100.0  # times as much: what that would bring is told
MOST_WIDTH = 10.0  # greatest, per √t: where money is no limit a rule may swing wildly, which would ruin the scales


@dataclass(frozen=True, slots=True)
class MaxMinService:
    """max γ such that mean ≥ γ · sd in every controllable cell of the items that are not important.

    γ is a standard score, not a probability; the program is quasi-convex. Solved by the min-ratio method: with widths
    w = sd at the last decision, x maximises the least (mean − γ sd) / w, and γ becomes the least mean / sd at x:
    attained, never decreasing, superlinear. One hopeless cell must not rule the plan, so the maximum is lexicographic:
    the cells that hold a level down are fixed there and the rest is maximised again, until a level gains less than
    0.01, ten levels are done, or κ(0.999) is reached; then every cell gets what takes nothing from another (`topped`).
    Where all items are important, they are raised above their promise in the same way. Cells that neither money nor
    lead times limit get 0.999 as cheaply as can be; where lead times are the only limit, or money hardly any, no more
    than ten times the natural amount per period is ordered, and what more would bring is told. The value is γ of the
    first level, which the plan has to 1e-4. Source: Newton 1990, §3.6.3 (1), with γ put right.
    """

    limited: ClassVar[bool] = True
    greatest: ClassVar[bool] = True
    serves_others: ClassVar[bool] = True

    def stated(self, program: Program) -> tuple[Any, list[Any]]:
        """The first step: max τ such that mean ≥ τ · item unit."""
        cells = _ambition(program)
        objective, constraints, _, _ = _step(program, cells, 0.0, program.unit[cells], [])
        return objective, constraints

    def pursue(self, program: Program) -> Answer:
        cells = _ambition(program)
        x = program.start
        if len(cells) == 0:
            nothing = "No order can influence any cell: there is nothing to raise."
            if program.store.controllable.any():
                nothing = "Every cell that could be raised is out of reach: they are held at what they have."
            return Answer(x, float("nan"), 0.0, notes=(nothing,))
        cap = float(program.inversion.kappa(CAP))
        fixed: list[Hold] = []
        levels: list[float] = []
        rest = np.ones(len(cells), dtype=bool)
        gap = 0.0
        room: list[Any] = []
        loosened = False
        while rest.any() and len(levels) < MOST_LEVELS:
            try:
                reached = _raise(program, cells[rest], x, fixed, room)
                if reached is None and not room:
                    found = _cheapest(program, cells[rest], cap, fixed, levels)
                    if found is not None:
                        return found
                if not room and (reached is None or (_cumulative(program, reached.x) > _most(program, x)).any()):
                    room = [_most(program, x) - _cumulative(program, program.x) >= 0]
                    continue
            except SolverError:
                if not levels:
                    raise
                if loosened:
                    break  # what the earlier levels found stands, and what the rest can have comes after them
                fixed, loosened = [_looser(program, hold) for hold in fixed], True
                continue
            if reached is None:
                levels.append(np.inf)
                break
            if not levels:
                gap = reached.gap
            x = reached.x
            levels.append(reached.score)
            chosen = cells[rest][reached.binding]
            held = program.chances.raw(chosen, reached.score * (1 - SLACK))
            fixed.append(Hold(chosen, held, -SLACK * program.unit[chosen]))
            rest[np.flatnonzero(rest)[reached.binding]] = False
            small = len(levels) > 1 and levels[-1] - levels[-2] < WORTH
            if small or levels[-1] >= cap:
                break
        x, notes = topped(program, cells, x, cap, room)
        if room and np.isfinite(levels[0]):
            notes = (_limit_told(program, cells, x, levels[0]), *notes)
        return Answer(x, levels[0], gap, tuple(levels), notes)


@dataclass(frozen=True, slots=True, eq=False)
class _Level:
    x: FloatArray
    score: float
    binding: BoolArray
    gap: float


def _looser(program: Program, hold: Hold) -> Hold:
    """A level that is held with more room for the method."""
    return Hold(hold.cells, hold.kappa * (1 - LOOSER * SLACK), hold.floor - SLACK * program.unit[hold.cells])


def _ambition(program: Program) -> IntArray:
    """The cells to raise: those of items without a promise; the promised ones where there are no others."""
    store = program.store
    if store.important.all():
        kept = program.important
        # cells out of reach are held with a smaller κ or, where κ cannot be smaller, with a floor below zero
        asked = program.chances.service.ravel()[kept.cells]
        return kept.cells[(kept.kappa >= asked) & (kept.floor > -SLACK * program.unit[kept.cells])]
    return program.open_cells


def _step(
    program: Program, cells: IntArray, score: float, width: FloatArray, fixed: list[Hold]
) -> tuple[Any, list[Any], Any, tuple[list[Any], IntArray]]:
    """max τ such that mean − κ(score) · sd ≥ τ · width in the cells, and everything that is held stays held."""
    tau = cp.Variable()
    least = program.chances.raw(cells, score)
    raised, order = cones(program.net.at_cells(cells), program.x, least, cp.multiply(width, tau * np.ones(len(cells))))
    constraints = [*raised, *program.held(program.important, program.others, *fixed)]
    # the weight keeps the dual values, which share it among the cells, from vanishing among many
    return cp.Maximize(np.sqrt(len(cells)) * tau), constraints, tau, (raised, order)


def _raise(program: Program, cells: IntArray, start: FloatArray, fixed: list[Hold], room: list[Any]) -> _Level | None:
    """The greatest common score of the cells, by the min-ratio method; None where their means have no greatest.

    `room`: further constraints on x, so that they have one.
    """
    x, score = start, float(standard_scores(program, cells, start).min())
    binding = np.ones(len(cells), dtype=bool)
    gain = np.inf
    unit = program.unit[cells]
    most = MOST_WIDTH * unit * np.sqrt(cells % program.store.periods + 1)
    for _ in range(MOST_STEPS):
        if score == np.inf:
            return None
        if score == -np.inf:
            score = -1e3
        width = np.clip(program.net.sd_at(x).ravel()[cells], LEAST_WIDTH * unit, most)
        objective, constraints, tau, (raised, order) = _step(program, cells, score, width, fixed)
        outcome = program.solve(objective, [*constraints, *room], digits=8 if fixed else 9)
        if outcome.status is Status.UNBOUNDED:
            return None
        if outcome.status is Status.INFEASIBLE:  # x is feasible: this is rounding at the edge of what is held
            break
        found = np.asarray(program.x.value)
        if fixed and not keeps(program, found, (program.important, program.others, *fixed)):
            break  # the more money is left, the larger the numbers, and the solver is exact relative to the largest
        weight = duals(raised, order) * width
        binding = weight > BINDING * weight.max(initial=0.0)
        gain = max(float(tau.value), 0.0)
        better = float(standard_scores(program, cells, found).min())
        step = better - score
        if step <= 0:  # the rounding of the solver is larger than what is left to gain
            break
        x, score = found, better
        if step <= (NEAR if fixed else ENOUGH) * max(1.0, score):
            break
    # one that has more does not hold the level down, whatever the last digits of its dual value say
    at_level = standard_scores(program, cells, x) <= score + ABOVE * max(1.0, score)
    return _Level(x, score, binding & at_level if (binding & at_level).any() else at_level, gain / max(1.0, score))


def together(program: Program, cells: IntArray, start: FloatArray) -> float | None:
    """The greatest score that the cells can have alike under the holds of the program; None where there is no greatest.

    Negative where not even their means can all be kept above zero.
    """
    level = _raise(program, cells, start, [], [])
    return None if level is None else level.score


def _cumulative(program: Program, x: Any) -> Any:
    """E O(t) of every cell, at numbers or as an expression."""
    return program.layout.level.matrix @ x + program.layout.level.constant


def _most(program: Program, x: FloatArray) -> FloatArray:
    """Cumulative orders beyond which no score is worth having: ten natural amounts per period, or what x has."""
    most: FloatArray = np.maximum(MOST_ORDER * program.store.periods * program.unit, 2 * _cumulative(program, x))
    return most


def _limit_told(program: Program, cells: IntArray, x: FloatArray, score: float) -> str:
    """That orders were limited for the sake of sense, and what a hundred times as much would bring."""
    more = [FAR * _most(program, x) - _cumulative(program, program.x) >= 0]
    try:
        further = _raise(program, cells, x, [], more)
    except SolverError:
        further = None
    best = score if further is None else max(score, further.score)
    has, could = (float(program.inversion.probability(value)) for value in (score, best))
    return (
        f"Lead times alone limit the weakest cells: {has:.4f}. No more than {MOST_ORDER:g} natural amounts per period "
        f"are ordered for their sake; {FAR:g} times as much would bring them to {could:.4f}."
    )


def _cheapest(program: Program, cells: IntArray, cap: float, fixed: list[Hold], levels: list[float]) -> Answer | None:
    """The cheapest plan that gives the cells the cap beside what is held; None where it cannot be had."""
    note = "Nothing limits service any more: the other cells are held at probability 0.999, with the least money."
    if not fixed:
        note = "Nothing limits service here: every cell is held at probability 0.999, with the least money."
    hold = Hold(cells, program.chances.raw(cells, cap), np.zeros(len(cells)))
    objective, constraints = MinimumBudget().stated(program)
    limit = objective.args[0]
    held = program.held(hold, program.others, *fixed)
    outcome = program.solve(objective, [*constraints, *held], {limit: program.money})
    if outcome.status is not Status.SOLVED:
        return None
    found = (*levels, np.inf)
    return Answer(np.asarray(program.x.value), found[0], outcome.gap, found, (note,))
