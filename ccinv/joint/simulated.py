"""Joint promises held by simulation: as much risk as the paths allow, not as much as Boole's bound does."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from ccinv.arrays import BoolArray, FloatArray, IntArray
from ccinv.auditing.simulating import LEARN, Effort, short_of, standard_error
from ccinv.auditing.together import served_together
from ccinv.errors import DataError, InfeasibleError
from ccinv.inversion.calibrated import simulation_faults
from ccinv.joint.question import MOST_RISK, Question
from ccinv.joint.splits import Equal, Planned, Split
from ccinv.result import Plan

AIM = 3.0  # standard errors by which the risk aimed at is below the one asked
ENOUGH = 0.95  # of the risk aimed at: what is left is worth no other round
NEAR = 0.985  # of it, to which a round goes: a hair more would be a round lost
SETTLED = 1e-4  # relative change of the objective's value that is worth no other round
FURTHEST = 4.0  # times that a risk is multiplied or divided in one round
SLOPES = (0.4, 1.5)  # what the slope of joint risk over the risk of cells may be, in logarithms
LEAST_MOVE = 0.02  # of that logarithm: a smaller one tells no slope
BACK = 0.8  # what is left of a risk that independent paths do not accept, beside what it lacks
TRIES = 3  # independent simulations until acceptance
ACCEPT = Effort(1e8, 40_000, 200_000)  # of the simulation that decides
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Simulated:
    """The risks of `split`, all of a group multiplied until its simulated joint probability is α, and no more.

    Boole's bound counts a path once for every cell short on it; shortages come together, so that cells may have more
    risk than it allows. At most `rounds` plans are made; the last is accepted on independent paths if, with
    `confidence` for all groups together, none is below α by more than `margin` (or than the paths can show). `paths`:
    of each simulation, by the size of the store if None.
    """

    split: Split = field(default_factory=Equal)
    confidence: float = 0.99
    margin: float = 0.002
    rounds: int = 6
    paths: int | None = None
    seed: int = 1

    def __post_init__(self) -> None:
        faults = simulation_faults("joint", self.confidence, self.margin, self.rounds, self.paths, self.seed)
        if faults:
            raise DataError(faults)

    def pursue(self, question: Question) -> Planned:
        lenient = question.lenient()
        best, values = self._searched(lenient)
        paths = self.paths or ACCEPT.paths(question.store)
        for trial in range(1, TRIES + 1):
            met = _met(question, best.plan, paths, (self.seed, 3, trial))
            short = self._short(question, met, paths)
            if not short.any():
                return Planned(replace(best.plan, store=question.store), best.risk, tuple(values))
            if trial < TRIES:
                lack = (1 - question.groups.alpha) / np.maximum(1 - met / paths, 1 / paths)
                risk = _times(question, best.risk, np.where(short, BACK * np.minimum(lack, 1.0), 1.0))
                best = Planned(lenient.plan(risk), risk, ())
                values.append(best.plan.objective_value)
        if question.store.service.unattainable == "refuse":
            raise _refusal(question, best.plan, short, met / paths)
        return Planned(replace(best.plan, store=question.store), best.risk, tuple(values))

    def _searched(self, question: Question) -> tuple[Planned, list[float]]:
        """The best plan whose groups have α on the paths learnt from, or the last one, and the values of all rounds."""
        alpha = question.groups.alpha
        paths = self.paths or LEARN.paths(question.store)
        target = np.maximum(1 - alpha - AIM * standard_error(alpha, paths), (1 - alpha) / 2)
        planned = self.split.pursue(question)
        values = list(planned.values)
        base, factor = planned.risk, np.ones(len(alpha))
        low, high = np.zeros(len(alpha)), np.full(len(alpha), np.inf)
        best: Planned | None = None
        before: tuple[FloatArray, FloatArray] | None = None
        for number in range(self.rounds):
            if number:
                planned = Planned(question.plan(_times(question, base, factor)), _times(question, base, factor), ())
                values.append(planned.plan.objective_value)
            risk = 1 - _met(question, planned.plan, paths, (self.seed, 3, 0)) / paths
            good = risk <= target
            if good.all() and question.better(planned.plan, None if best is None else best.plan):
                best = planned
            low, high = np.where(good, factor, low), np.where(good, high, factor)
            most = MOST_RISK / _least(question, base)
            if (good & ((risk >= ENOUGH * target) | (factor >= most))).all():
                break
            if number and good.all() and abs(values[-1] - values[-2]) <= SETTLED * abs(values[-1]):
                break
            now = (np.log(factor), np.log(np.maximum(risk, 1 / paths)))
            slope = _slope(now, before)
            before = now
            step = (NEAR * target / np.maximum(risk, 1 / paths)) ** (1 / slope)
            wanted = np.minimum(factor * np.clip(step, 1 / FURTHEST, FURTHEST), most)
            # beyond what is known to be too little or too much: between the two
            outside = np.isfinite(high) & ((wanted <= low) | (wanted >= high))
            known = np.where(outside, high, 1.0)
            wanted = np.where(outside, np.sqrt(np.maximum(low, known / FURTHEST) * known), wanted)
            factor = np.where(good & (risk >= ENOUGH * target), factor, wanted)
        if best is None:
            factor = np.where(low > 0, low, np.minimum(factor, 1.0))
            risk = _times(question, base, factor)
            best = Planned(question.plan(risk), risk, ())
            values.append(best.plan.objective_value)
        return best, values

    def _short(self, question: Question, met: IntArray, paths: int) -> BoolArray:
        """Which groups can be below α by more than is allowed, with the confidence asked."""
        alpha = question.groups.alpha
        tail = (1 - self.confidence) / (len(alpha) * TRIES)
        return short_of(met, paths, alpha, self.margin, tail)[1]


def _met(question: Question, plan: Plan, paths: int, stream: tuple[int, ...]) -> IntArray:
    groups = question.groups
    return served_together(question.store, plan.rule, groups.group, groups.cells, paths, stream)


def _slope(now: tuple[FloatArray, FloatArray], before: tuple[FloatArray, FloatArray] | None) -> FloatArray:
    """d log (joint risk) / d log (risk of cells) of each group between two rounds; 1 where that tells nothing."""
    if before is None:
        return np.ones(len(now[0]))
    given, found = now[0] - before[0], now[1] - before[1]
    clear = np.abs(given) > LEAST_MOVE
    slope = np.divide(found, given, out=np.ones(len(given)), where=clear)
    return np.clip(slope, *SLOPES)


def _times(question: Question, risk: FloatArray, factor: FloatArray) -> FloatArray:
    """The risks of cells, those of each group multiplied by its factor."""
    groups, found = question.groups, np.zeros(risk.shape)
    found[groups.cells] = np.minimum(risk[groups.cells] * factor[groups.owner], MOST_RISK)
    return found


def _least(question: Question, risk: FloatArray) -> FloatArray:
    """The least risk of a cell in each group, (G,): where it is ½, no cell can have more."""
    groups = question.groups
    least = np.full(len(groups.alpha), np.inf)
    np.minimum.at(least, groups.owner, risk[groups.cells])
    return least


def _refusal(question: Question, plan: Plan, short: BoolArray, found: FloatArray) -> InfeasibleError:
    """Which joint promises are not kept, and which of their cells are out of reach."""
    groups, store = question.groups, question.store
    lines = [f"{np.count_nonzero(short)} of {len(short)} joint promises cannot be kept:"]
    for k in np.flatnonzero(short)[:SHOWN]:
        lines.append(f"    {groups.names[k]}: asked {groups.alpha[k]:.4g}, simulated at best {found[k]:.4f}")
        cells = [cell for cell in plan.out_of_reach if groups.group[cell.item] == k]
        lines += [
            f"        item {store.item_id[cell.item]}, period {store.calendar[cell.period]}: "
            f"has {cell.attained:.4g}, alone at best {cell.alone:.4g} ({cell.blame})"
            for cell in cells[:SHOWN]
        ]
    if np.count_nonzero(short) > SHOWN:
        lines.append(f"    ... and {np.count_nonzero(short) - SHOWN} more")
    lines.append('To plan with the best that is attainable there, set unattainable = "best".')
    return InfeasibleError("\n".join(lines))
