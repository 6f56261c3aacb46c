"""Sequential linear programs on fixed paths: steps within a radius that grows where slopes can be trusted."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.rules.layout import PooledLayout
from ccinv.sample_path.draws import Paths
from ccinv.sample_path.program import Columns, Corner, Scales, step, violation, worth
from ccinv.sample_path.question import Question
from ccinv.sample_path.reading import Reading, read

PENALTY, HARDER, HARDEST = 12.0, 4.0, 200.0  # of what is short, relative to what it is worth; by how much it rises
SHORT = 1e-4  # relative to what is natural, that may stay short where a search has settled
GROWS, SHRINKS, LEAST = 1.5, 0.5, 0.1  # the radius, after a step that gives what it promised, or hardly any of it
MUCH, LITTLE, TAKEN = 0.35, 0.15, 0.05  # shares of the promise: grow above, shrink below, take the step above
REOPENED = 0.3  # radius that a search is given once more where it has settled
SMALL = 1e-5  # relative fall of the merit that is worth no other step
CORNERS = 2  # that are remembered
WIDEST, NARROWEST = 4.0, 1e-3  # radius, in natural amounts


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """A decision with what it comes to on the paths: its worth, less is better, and what is short; duals (n, N): of
    cells with a level, and prices (N,), of dollars, in the last program."""

    x: FloatArray
    score: float
    reading: Reading
    worth: float
    short: float
    duals: FloatArray | None = None
    prices: FloatArray | None = None

    def merit(self, penalty: float) -> float:
        """The number that steps must bring down."""
        return self.worth + penalty * self.short


@dataclass(frozen=True, slots=True, eq=False)
class Descent:
    """A question on a layout, ready to be answered on any paths; `spread` (n,): natural move of a level, units."""

    layout: PooledLayout
    question: Question
    columns: Columns
    scales: Scales
    spread: FloatArray

    def at(self, paths: Paths, x: FloatArray, score: float, radius: float = 1.0) -> Point:
        """The decision as it is."""
        shape = (paths.store.items, paths.store.periods)
        slope = self.layout.slope.at(x).reshape(shape)
        level = self.layout.level.at(x).reshape(shape)
        reading = read(paths, slope, level, self.question, score, radius * self.spread)
        short = violation(reading, self.question, self.scales)
        return Point(x, score, reading, worth(reading, self.question, score, self.scales), short)

    def run(
        self, paths: Paths, x: FloatArray, score: float, steps: int, radius: float = 1.0, penalty: float = PENALTY
    ) -> Point:
        """At most so many steps from x on; the point where they end."""
        now, reopened = self.at(paths, x, score, radius), False
        corners: list[Corner] = []
        for _ in range(steps if len(self.columns.free) else 0):
            size = radius * self.columns.size * (self.spread / self.scales.unit)[self.columns.item]
            move = step(now.reading, self.question, now.x, now.score, self.columns, size, self.scales, penalty, corners)
            if move is None:
                break
            x = now.x.copy()
            x[self.columns.free] += move.dx
            trial = self.at(paths, x, now.score + move.rise, radius)
            before = now.merit(penalty)
            expected, gained = before - move.merit, before - trial.merit(penalty)
            close = SMALL * max(abs(now.worth), 1e-3)
            taken = gained > TAKEN * expected and gained > 0
            if taken:
                corners = [corner.moved(move.dx, move.rise) for corner in corners]
            else:
                corner = Corner.of(self.columns, self.scales, now.reading, trial.reading, move)
                corners = [*corners, corner][-CORNERS:]
            now = replace(trial if taken else now, duals=move.duals, prices=move.prices)
            if gained > MUCH * expected:
                radius = min(radius * GROWS, WIDEST)
            elif gained < LITTLE * expected:
                # as if the merit bent evenly: where it would have been least
                radius *= float(np.clip(expected / (2 * max(expected - gained, 1e-300)), LEAST, SHRINKS))
            if expected <= close or radius < NARROWEST or (0 <= gained <= close):
                if now.short > SHORT and penalty < HARDEST:
                    penalty *= HARDER
                elif reopened:
                    break
                else:
                    reopened = True
                radius = max(radius, REOPENED)
        return now
