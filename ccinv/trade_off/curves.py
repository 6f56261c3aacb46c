"""cc.frontier: service against budget, with the price of money in every period."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from ccinv.calibrate import calibrate
from ccinv.curves import Frontier, Promised, Served
from ccinv.errors import InfeasibleError, SolverError
from ccinv.inversion import Calibrated, Normal
from ccinv.inversion.chances import DEFAULT_CONFIDENCE
from ccinv.inversion.inversion import Inversion
from ccinv.models.multi_period.explain import explained, given_up
from ccinv.models.multi_period.found import Found, find
from ccinv.models.multi_period.program import MultiPeriod, RuleKind, eased, hard_rows_impossible, state, without_budget
from ccinv.objectives.minimum_budget import MinimumBudget
from ccinv.objectives.program import Objective
from ccinv.rules import Cumulative
from ccinv.solve.elastic import reach
from ccinv.store import Budget, Service, Store
from ccinv.trade_off.asked import asked_points, usual_levels, usual_limits
from ccinv.trade_off.ends import UNLIMITED, Ends, ends_of
from ccinv.trade_off.least import Least, least_limit
from ccinv.trade_off.pricing import promised_price, served_price
from ccinv.trade_off.weakest import Weakest, held_at


def frontier(
    store: Store,
    levels: ArrayLike | None = None,
    rule: RuleKind | None = None,
    inversion: Inversion | None = None,
    progress: Callable[[str], None] | None = None,
    *,
    limits: ArrayLike | None = None,
    points: int = 8,
) -> Frontier:
    """What each level of promised service costs, and what each limit on money buys for the items without a promise.

    One curve: the least constant limit that keeps every promise at each of `levels` (by default `points` of them from
    0.75 to 0.99, and the store's own). The other: the best service that all other items can have alike at each of
    `limits`, dollars in every period (by default `points` of them from where each is served half of the time to 0.99,
    and the store's own), while promises are kept at the store's own level. At each point what one more dollar in each
    period would gain, from the multipliers of the budget rows. rule: Cumulative by default; inversion: Normal, for
    speed; cc.inversion.Calibrated() calibrates every point, and prices it with the multipliers so found.

    Points that cannot be had are in the curves, with the reason. DataError for levels and limits that are none;
    InfeasibleError or SolverError where no point could be had.
    """
    kind, inverted = rule or Cumulative(), inversion or Normal()
    wanted, given, count = asked_points(levels, limits, points)
    confidence = DEFAULT_CONFIDENCE if store.budget is None else store.budget.confidence
    own = float("nan")
    if store.budget is not None and np.ptp(store.budget.limit) == 0:
        own = float(store.budget.limit[0])
    alpha = store.service.alpha
    # what is out of reach whatever is spent is said beside the point, and must not hide the rest of the curve
    lenient = replace(store, budget=Budget(0.0, confidence), service=Service(alpha, "best"))
    work = _Work(lenient, kind, inverted, progress)
    base, notes = work.opened()
    ends = ends_of(base)
    promised: tuple[Promised, ...] = ()
    served: tuple[Served, ...] = ()
    if len(base.important.cells):
        grid = usual_levels(count, alpha) if wanted is None else wanted
        promised = tuple(work.promised(float(level)) for level in grid)
    else:
        notes.append("No item has a promise that an order can influence: there is no curve of promises.")
    # where every point is calibrated, what promises need is known better than by the inversion it starts from
    kept = next((p.limit for p in promised if p.level == alpha and np.isfinite(p.limit)), ends.kept)
    ends = Ends(kept, max(ends.half, kept), max(ends.most, kept))
    if len(base.open_cells):
        amounts = usual_limits(ends, count, own) if given is None else given
        served = tuple(work.served(float(limit), ends, len(base.others.cells)) for limit in amounts)
    else:
        notes.append("No order serves an item without a promise: there is no curve of what money buys them.")
    _refuse_nothing(promised, served)
    if store.budget is not None and np.isnan(own):
        notes.append("The store's limits differ from period to period; here one limit holds in all of them.")
    return Frontier(
        name=store.name,
        items=store.items,
        calendar=store.calendar,
        rule=type(kind).__name__,
        inversion=type(inverted).__name__,
        alpha=alpha,
        confidence=confidence,
        own_limit=own,
        needs=(ends.kept, ends.half),
        promised=promised,
        served=served,
        notes=tuple(notes),
        solves=work.solves,
        solver_seconds=work.seconds,
    )


class _Work:
    """One store, rule and inversion, and what the points found so far have cost."""

    def __init__(
        self, store: Store, kind: RuleKind, inversion: Inversion, progress: Callable[[str], None] | None
    ) -> None:
        self.store, self.kind, self.inversion, self.progress = store, kind, inversion, progress
        self.solves, self.seconds = 0, 0.0

    def opened(self) -> tuple[MultiPeriod, list[str]]:
        """The program without a limit, held to what can be had whatever is spent, and remarks on what cannot."""
        program = self._stated(self.store, MinimumBudget())
        try:
            reached = reach(program, serves_others=True)
        except SolverError:  # at the very edge of what is possible a hair more, as for every plan
            program = eased(program)
            reached = reach(program, serves_others=True)
        if reached is None:
            raise hard_rows_impossible(program)
        ready = program.with_reach(reached)
        return ready, list(given_up(ready))

    def promised(self, level: float) -> Promised:
        """The point of one level."""
        self._tell(f"least limit for a service of {level:.4g}")
        nothing = np.full(self.store.periods, np.nan)
        try:
            found = self._found(replace(self.store, service=Service(level, "best")), MinimumBudget())
            priced = promised_price(found, self._priced(found.program))
        except (InfeasibleError, SolverError) as error:
            return Promised(level, np.nan, np.nan, nothing, nothing, said=_first(error))
        said = "" if priced.slope != 0 else "More service costs nothing more here."
        if found.beyond:
            worst = min(found.beyond, key=lambda cell: cell.attained)
            said = (
                f"{len(found.beyond)} of {len(found.asked.important.cells)} promises are out of reach whatever is "
                f"spent; worst is {self.store.item_id[worst.item]} in period {self.store.calendar[worst.period]}, "
                f"with {worst.attained:.4g}. The limit is for the others."
            )
        limit = found.answer.value
        return Promised(level, limit, priced.slope, priced.share, priced.price, len(found.beyond), said)

    def served(self, limit: float, ends: Ends, hopeless: int) -> Served:
        """The point of one limit; `hopeless`: cells of other items that no money can serve half of the time."""
        self._tell(f"best service under {limit:,.0f} dollars")
        nothing = np.full(self.store.periods, np.nan)
        calibrated = isinstance(self.inversion, Calibrated)  # then what others need is known by trying only
        missing = ends.lacking(limit) if limit < ends.kept or not calibrated else ""
        if missing:
            return Served(limit, np.nan, np.nan, nothing, nothing, missing)
        budget = Budget(limit, self.store.budget.confidence if self.store.budget else DEFAULT_CONFIDENCE)
        try:
            found = self._found(replace(self.store, budget=budget), Weakest())
            lost = len([cell for cell in found.beyond if cell.blame == "budget"])
            poor = len(found.program.others.cells) - hopeless
            if lost or poor > 0:
                said = (
                    f"With this limit {lost} of the promises cannot be kept, and {max(poor, 0)} cells of other items "
                    f"cannot be served half of the time; the promises alone need a limit of {ends.kept:,.2f}."
                )
                return Served(limit, np.nan, np.nan, nothing, nothing, said)
            score = found.answer.value
            least = self._priced(without_budget(found.program), score)
        except (InfeasibleError, SolverError) as error:
            return Served(limit, np.nan, np.nan, nothing, nothing, _first(error))
        service = float(found.program.inversion.probability(score))
        left = limit - least.limit
        if left > UNLIMITED * max(abs(limit), found.program.money):
            none = np.zeros(self.store.periods)
            said = f"Money is not what limits: {left:,.2f} dollars are not needed."
            return Served(limit, score, service, none, none, said)
        per_dollar, score_per_dollar = served_price(found, least)
        return Served(limit, score, service, per_dollar, score_per_dollar)

    def _priced(self, program: MultiPeriod, score: float | None = None) -> Least:
        before = len(program.outcomes)
        least = least_limit(program, None if score is None else held_at(program, score))
        self._count(program, before)
        if least is None:
            raise SolverError("The point was found and verified, but the program that prices it has no answer.")
        return least

    def _found(self, store: Store, aim: Objective) -> Found:
        program = self._stated(store, aim)
        explain = partial(explained, kind=self.kind)
        try:
            if isinstance(self.inversion, Calibrated):
                return calibrate(program, aim, self.inversion).explained(store, explain)
            return find(program, aim, explain)
        finally:
            self._count(program)

    def _stated(self, store: Store, aim: Objective) -> MultiPeriod:
        return state(store, self.kind, aim, self.inversion, progress=self.progress)

    def _count(self, program: MultiPeriod, since: int = 0) -> None:
        self.solves += len(program.outcomes) - since
        self.seconds += sum(outcome.seconds for outcome in program.outcomes[since:])

    def _tell(self, text: str) -> None:
        if self.progress is not None:
            self.progress(text)


def _refuse_nothing(promised: Sequence[Promised], served: Sequence[Served]) -> None:
    """An InfeasibleError where no point of either curve could be had."""
    had = [point for point in promised if np.isfinite(point.limit)], [p for p in served if np.isfinite(p.score)]
    if any(had) or not (promised or served):
        return
    said = [f"  service {point.level:.4g}: {point.said}" for point in promised]
    said += [f"  limit {point.limit:,.2f}: {point.said}" for point in served]
    raise InfeasibleError("\n".join(["No point of the frontier can be had.", *said]))


def _first(error: Exception) -> str:
    """What an error says, in one line."""
    return str(error).splitlines()[0]
