"""What is out of reach, by how much, and who is to blame: the budget, the lead time, or the rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cvxpy as cp
import numpy as np

from ccinv.arrays import BoolArray, FloatArray, IntArray
from ccinv.errors import InfeasibleError
from ccinv.inversion.cones import cones
from ccinv.models.multi_period.amounts import share_down, shortage
from ccinv.models.multi_period.found import Simulated
from ccinv.models.multi_period.program import MultiPeriod, RuleKind, budget_rows, state, without_budget
from ccinv.objectives.max_min import together
from ccinv.objectives.minimum_budget import MinimumBudget
from ccinv.objectives.program import Hold, Status
from ccinv.result import OutOfReach
from ccinv.rules import Affine, Cumulative, Thesis, item_scale
from ccinv.solve.elastic import SHORT, Reached, reach
from ccinv.store import Store
from ccinv.verify import scores

MOST_ORDER = 100.0  # orders of the best a cell could have alone, in item units per period: as good as any
STEPS = 6  # of the min-ratio method for cells on their own
CLOSE = 1e-3  # accuracy of those scores: they explain, they promise nothing
MOST_AFFINE = 20_000  # weights of the affine rule up to which it is asked whether it could do better
SHOWN = 20


def explained(
    program: MultiPeriod, reached: Reached, simulated: Simulated | None = None, *, kind: RuleKind
) -> tuple[OutOfReach, ...]:
    """What is out of reach, named; an InfeasibleError where the store would rather have no plan than miss a promise.

    What was `simulated` takes the place of what the inversion believes.
    """
    if simulated is None:
        beyond = out_of_reach(program, reached, kind)
    else:
        beyond = _by_simulation(program, reached, kind, simulated)
    if beyond and program.store.service.unattainable == "refuse":
        raise refusal(program, reached, beyond)
    return beyond


def _by_simulation(
    program: MultiPeriod, reached: Reached, kind: RuleKind, simulated: Simulated
) -> tuple[OutOfReach, ...]:
    """As `out_of_reach`, but what any orders can give is known: a cell that could have what was asked with some is not
    beyond the lead time, whatever cones say of it, and the others are."""
    asked, periods = program.chances.asked.ravel()[reached.short], program.store.periods
    lost = simulated.most < asked
    others = out_of_reach(program, replace(reached, short=reached.short[~lost]), kind)
    named = {cell.item * periods + cell.period: cell for cell in others}
    found = []
    each = zip(reached.short.tolist(), asked, simulated.attained, simulated.most, strict=True)
    for cell, level, has, most in each:
        item, period = divmod(cell, periods)
        plain = OutOfReach(item, period, float(level), float(has), float(max(most, has)), "lead time")
        known = named.get(cell)
        if known is not None:
            # orders that are fixed are part of every rule but the thesis's
            own = "rule" if isinstance(kind, Thesis) else "together"
            blame = own if known.blame == "lead time" else known.blame
            plain = replace(plain, blame=blame, alone=min(plain.alone, plain.asked))
        found.append(plain)
    return tuple(replace(cell, alone=max(cell.alone, cell.attained)) for cell in found)


def out_of_reach(program: MultiPeriod, reached: Reached, kind: RuleKind) -> tuple[OutOfReach, ...]:
    """Name the cells of important items that fall short: the probability they have, the best alone, and the blame.

    A cell that its item could keep along with its other promises if money were no object is the budget's fault; one
    that it could keep alone is in conflict with the item's own promises; one that a richer rule could keep alone is
    the rule's; what is left no order can mend: the lead time's. (Whether the affine rule does better than the
    cumulative one is only asked for up to MOST_AFFINE of its weights.)
    """
    periods, short = program.store.periods, reached.short
    if len(short) == 0:
        return ()
    item, period = np.divmod(short, periods)
    asked = program.chances.asked.ravel()[short]
    mean, sd = program.net.mean_at(reached.start).ravel(), program.net.sd_at(reached.start).ravel()
    standard = program.chances.standard(short, scores(mean, sd, program.unit)[short])
    attained = program.inversion.probability(standard)
    blame = np.full(len(short), "lead time", dtype=object)
    alone = asked.copy()
    rich = _without_money(program, kind, item, period)
    blame[rich] = "budget"
    left = np.flatnonzero(~rich)
    if len(left):
        alone[left] = _alone(program, kind, item[left], period[left])
        enough = asked - CLOSE / 10
        blame[left[alone[left] >= enough[left]]] = "together"
        poor = left[alone[left] < enough[left]]
        richer = _richer(kind, len(poor) * periods**2)
        if len(poor) and richer is not None:
            best = _alone(program, richer, item[poor], period[poor])
            blame[poor[best >= enough[poor]]] = "rule"
    return tuple(
        OutOfReach(int(i), int(t), float(level), float(has), float(max(best, has)), str(cause))
        for i, t, level, has, best, cause in zip(item, period, asked, attained, alone, blame, strict=True)
    )


def _richer(kind: RuleKind, weights: int) -> RuleKind | None:
    """The rule to hold another against, if there is one and it can be afforded."""
    if isinstance(kind, Affine):
        return None
    if isinstance(kind, Cumulative):
        return Affine() if weights <= MOST_AFFINE else None
    return Cumulative()


def _apart(program: MultiPeriod, items: IntArray, kind: RuleKind) -> MultiPeriod:
    """Some items by themselves, without a budget; what their solves cost counts with the plan's."""
    store, chances = program.store.rows(items), program.chances.rows(items)
    aim, inversion = MinimumBudget(), program.inversion
    apart = state(store, kind, aim, inversion, chances=chances, dependence=program.dependence)
    return replace(apart, outcomes=program.outcomes)


def _without_money(program: MultiPeriod, kind: RuleKind, item: IntArray, period: IntArray) -> BoolArray:
    """Which of the cells could be kept, with all other promises of their items, if money were no object."""
    if program.store.budget is None:
        return np.zeros(len(item), dtype=bool)
    items = np.unique(item)
    apart = _apart(program, items, kind)
    found = reach(apart, serves_others=False, raises=False)
    if found is None:
        return np.zeros(len(item), dtype=bool)
    cells = np.searchsorted(items, item) * program.store.periods + period
    return ~np.isin(cells, found.short)


def _alone(program: MultiPeriod, kind: RuleKind, item: IntArray, period: IntArray) -> FloatArray:
    """The best probability of each cell if nothing else were asked for and money were no object, up to what is asked.

    Every cell gets a copy of its item, so that one program raises all of them, each by the min-ratio method.
    """
    apart = _apart(program, item, kind)
    store = apart.store
    cells = np.arange(len(item)) * store.periods + period
    unit = item_scale(store)
    enough = apart.chances.service.ravel()[cells]
    most = apart.layout.level.rows(np.arange(len(item)) * store.periods + store.periods - 1)
    room = MOST_ORDER * unit * store.periods - most.matrix @ apart.x - most.constant >= 0
    net = apart.net.at_cells(cells)
    score, width = np.zeros(len(cells)), unit.copy()
    for _ in range(STEPS):
        tau = cp.Variable(len(cells))
        raised, _ = cones(net, apart.x, np.maximum(score, 0.0), cp.multiply(width, tau))
        outcome = apart.solve(cp.Maximize(cp.sum(tau)), [*raised, room, tau <= 10.0], digits=5)
        if outcome.status is not Status.SOLVED:
            break
        x = np.asarray(apart.x.value)
        mean, sd = net.mean_at(x), net.sd_at(x)
        better = np.maximum(score, np.minimum(scores(mean, sd, unit), enough * (1 + SHORT)))
        width = np.maximum(sd, 1e-3 * unit)
        done = (better - score <= CLOSE) | (better >= enough)
        score = better
        if done.all():
            break
    return program.inversion.probability(apart.chances.standard(cells, score))


def refusal(program: MultiPeriod, reached: Reached, beyond: Sequence[OutOfReach]) -> InfeasibleError:
    """The explanation of promises that cannot be kept: which, by how much, what is attainable, and what would help."""
    store = program.store
    total = len(program.important.cells)
    lines = [f"{len(beyond)} of {total} promises of service cannot be kept."]
    blamed = {cause: [cell for cell in beyond if cell.blame == cause] for cause in _WORDS}
    if blamed["budget"]:
        lines += _money(program, reached, [cell for cell in beyond if cell.blame != "budget"])
    for cause, cells in blamed.items():
        if cells:
            lines.append(_WORDS[cause].format(count=len(cells)))
            lines += [_line(store, cell) for cell in cells[:SHOWN]]
            if len(cells) > SHOWN:
                lines.append(f"    ... and {len(cells) - SHOWN} more")
    lines.append('To plan with the best that is attainable there, set unattainable = "best".')
    return InfeasibleError("\n".join(lines))


def given_up(program: MultiPeriod) -> tuple[str, ...]:
    """A remark on cells of items without a promise that cannot have mean net stock ≥ 0 along with the rest."""
    store, cells = program.store, program.others.cells
    if len(cells) == 0:
        return ()
    item, period = np.divmod(cells, store.periods)
    named = [f"{store.item_id[i]} in {store.calendar[t]}" for i, t in zip(item[:SHOWN], period[:SHOWN], strict=True)]
    more = f", and {len(cells) - SHOWN} more" if len(cells) > SHOWN else ""
    return (
        f"{len(cells)} cells of items without a promise cannot be served half of the time along with the rest, and are "
        f"held at what they have: {', '.join(named)}{more}.",
    )


_WORDS = {
    "budget": "{count} could be kept with more money:",
    "lead time": "{count} are beyond any order: what would be needed does not arrive in time with that probability:",
    "rule": "{count} are beyond this kind of rule, not beyond a richer one (try the cumulative or the affine rule):",
    "together": "{count} could be kept alone, but not along with the other promises of the same item:",
}


def _line(store: Store, cell: OutOfReach) -> str:
    return (
        f"    item {store.item_id[cell.item]}, period {store.calendar[cell.period]}: asked {cell.asked:.4g}, "
        f"together with the rest {cell.attained:.4g}, alone at best {cell.alone:.4g}"
    )


def _money(program: MultiPeriod, reached: Reached, others: Sequence[OutOfReach]) -> list[str]:
    """What more money, or less service, would do."""
    store = program.store
    assert store.budget is not None  # noqa: S101  # the budget is blamed only where there is one
    beyond = np.array([cell.item * store.periods + cell.period for cell in others], dtype=np.int64)
    lost = np.isin(reached.important.cells, beyond)
    hold, asked = reached.important, program.important
    wanted = Hold(hold.cells, np.where(lost, hold.kappa, asked.kappa), np.where(lost, hold.floor, asked.floor))
    more = cp.Variable()
    loose = without_budget(program)
    rows = budget_rows(store, program.dollars, program.chances, program.x, more)
    lines = []
    outcome = loose.solve(cp.Minimize(more), [*rows, *loose.held(wanted)], {more: program.money})
    if outcome.status is Status.SOLVED:
        most = float(store.budget.limit.max())
        lines.append(f"The budget is {shortage(most, outcome.value, 'that keeps every promise that money can keep')}")
    kept = Hold(hold.cells[lost], hold.kappa[lost], hold.floor[lost])
    plain = replace(program, important=kept)
    level = together(plain, asked.cells[~lost], reached.start)
    best = 0.0 if level is None or level < 0 else float(program.inversion.probability(level))
    if best < 0.5:
        lines.append("With the given budget the service of important items falls below one half somewhere.")
    else:
        levels = program.chances.asked.ravel()[asked.cells]
        low, high = f"{levels.min():.2%}", f"{levels.max():.2%}"
        instead = low if low == high else f"{low} to {high}"
        lines.append(
            f"Or accept a service level of {share_down(best)} instead of {instead}: that is the best "
            "which the given budget buys for all of them alike."
        )
    return lines
