"""The weakest item without a promise as well served as a limit allows: the first level of max-min, at least cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ccinv.errors import SolverError
from ccinv.objectives.max_min import CAP, MaxMinService, together
from ccinv.objectives.program import Answer, Hold, Program
from ccinv.trade_off.least import least_limit

ROUNDS = 20  # of the min-ratio method, which breaks off after a few steps
ENOUGH = 1e-6  # gain in score, relative, that is worth another round
HALVINGS = 16
INTERIOR = 1e-7  # by how much the score found is lowered, relative, so that the program that prices it has an interior


@dataclass(frozen=True, slots=True)
class Weakest:
    """max γ such that mean ≥ γ · sd in every controllable cell of the items that are not important.

    As MaxMinService, but for the first level alone, up to κ(0.999), and of all plans with that γ the one that needs the
    least limit. The value is γ. Source: Newton 1990, §3.6.3 (1), with γ put right.
    """

    limited: ClassVar[bool] = True
    greatest: ClassVar[bool] = True
    serves_others: ClassVar[bool] = True

    def stated(self, program: Program) -> tuple[Any, list[Any]]:
        return MaxMinService().stated(program)

    def pursue(self, program: Program) -> Answer:
        cells = program.open_cells
        if len(cells) == 0:
            return Answer(program.start, float("nan"), 0.0)
        cap = float(program.inversion.kappa(CAP))
        score, answer = -np.inf, Answer(program.start, float("nan"), 0.0)
        for _ in range(ROUNDS):
            try:
                found = together(program, cells, answer.x)
            except SolverError:  # far more money than it can make use of
                found = None
            if found is None:  # money is no limit: as far as lead times let them
                return _unlimited(program, max(score, 0.0), cap) or answer
            better = min(max(found, 0.0) * (1 - INTERIOR), cap)
            if better <= score + ENOUGH * max(1.0, score):
                break
            least = least_limit(program, held_at(program, better))
            if least is None:
                raise SolverError(f"A score of {better:.6g} was found for all other items, and not again when held.")
            # the cheapest plan with that score, from which the next round begins, may leave money for more
            score, answer = better, Answer(least.x, better, least.gap)
            if score >= cap:
                break
        return answer


def _unlimited(program: Program, low: float, high: float) -> Answer | None:
    """The greatest score from `low` to `high` that can be held, at least cost, by bisection."""
    best, tried = None, high
    for _ in range(HALVINGS):
        try:
            least = least_limit(program, held_at(program, tried))
        except SolverError:  # so near to what lead times forbid that it is undecided
            least = None
        if least is None:
            high = tried
        else:
            best, low = Answer(least.x, tried, least.gap), tried
            if tried == high:
                break
        tried = (low + high) / 2
    return best


def held_at(program: Program, score: float) -> Hold:
    """All open cells of items without a promise, held to a standard score."""
    cells = program.open_cells
    return Hold(cells, program.chances.raw(cells, score), np.zeros(len(cells)))
