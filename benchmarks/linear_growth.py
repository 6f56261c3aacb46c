"""Claim: moments, model and each iteration of the solver cost in proportion to items and to periods.

A cell has at most 4J − 2 deviation rows however long the horizon is, so that twice as many items or periods are twice
the work. Measured as the exponent of a power law fitted to processor time by least squares on logarithms: 1 is linear,
and 1.2 is allowed for what larger arrays lose in the caches. Fixed costs make it less than 1 for what is fast anyway.

Money is the exception in periods. A budget row ties all items together in its period, N of them make the solver's
factor grow as an item's own rows times N, whatever wrote the rows; that exponent is told, not claimed. Iterations are
told as well: their number is not the model's. Horizons start at 4J, since a cell of the first J periods has fewer rows,
and with 400 items, whose factor no longer fits the cache that is nearest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import cvxpy as cp
import numpy as np

import ccinv as cc
from benchmarks.cases import AGES, case
from benchmarks.clock import median, solver_on_processor_time, timed
from benchmarks.row import Job, Row
from ccinv import moments
from ccinv.models.multi_period.program import money_unit, state
from ccinv.objectives.program import Status
from ccinv.solve.conic import solve
from ccinv.verify import recompute

MOST_EXPONENT = 1.2
EXACT = 1e-9  # relative: moments against sums over orders
REPEATS = 5
LONG = 10.0  # seconds of solving after which a solve is not repeated


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of the processor for one store: building its moments, its model, and one iteration of its solves."""

    moments: float
    model: float
    free: float
    free_iterations: int
    tied: float
    tied_iterations: int


@cache
def cost(items: int, periods: int) -> Cost:
    """What one store costs; asserts the bound on rows, and that the moments are right."""
    store = case(items, periods).store()
    building = [timed(lambda: _moments(store)) for _ in range(REPEATS)]
    modelling = [timed(lambda: _handed_over(store)) for _ in range(REPEATS)]
    _correct(store, building[-1].value[0])
    free, free_iterations = _iteration(partial(_without_budget, store))
    tied, tied_iterations = _iteration(partial(_with_budget, store))
    seconds = [median([run.cpu for run in runs]) for runs in (building, modelling)]
    return Cost(seconds[0], seconds[1], free, free_iterations, tied, tied_iterations)


def _moments(store: cc.Store) -> tuple[moments.AffineMoments, ...]:
    layout = cc.rules.Cumulative().on(store)
    return tuple(of(store, layout) for of in (moments.net_stock, moments.orders, moments.dollars))


def _handed_over(store: cc.Store) -> Any:
    """The cvxpy model, and what cvxpy makes of it for the solver."""
    model = cc.model(store, objective=cc.MinimumBudget(), inversion=cc.inversion.Normal())
    return model.problem.get_problem_data(cp.CLARABEL, ignore_dpp=True, solver_opts={})


def _with_budget(store: cc.Store) -> tuple[Any, dict[Any, Any]]:
    """Least constant limit, and the natural sizes of its variables."""
    model = cc.model(store, objective=cc.MinimumBudget(), inversion=cc.inversion.Normal())
    sizes = {variable: money_unit(store) for variable in model.problem.variables()}
    return model.problem, sizes | {model.x: model.layout.scale}


def _without_budget(store: cc.Store) -> tuple[Any, dict[Any, Any]]:
    """Least expected dollars under the same promises of service: no row has more than one item."""
    program = state(store, cc.rules.Cumulative(), cc.MinimumBudget(), cc.inversion.Normal())
    spent = np.asarray(program.dollars.mean.matrix.sum(axis=0)).ravel()
    problem = cp.Problem(cp.Minimize(spent @ program.x), [*program.hard, *program.held(program.important)])
    return problem, {program.x: program.layout.scale}


def _iteration(stated: Callable[[], tuple[Any, dict[Any, Any]]]) -> tuple[float, int]:
    """Seconds per iteration, set-up shared out, and the number of iterations; three times unless that is long."""
    seconds: list[float] = []
    with solver_on_processor_time():
        while len(seconds) < 3 and sum(seconds) < LONG:
            outcome = solve(*stated())
            assert outcome.status is Status.SOLVED, outcome.said
            seconds.append(outcome.seconds)
    return median(seconds) / outcome.iterations, outcome.iterations


def _correct(store: cc.Store, net: moments.AffineMoments) -> None:
    """No cell has more than 4J − 2 rows, and at a decision the moments are those of sums over single orders."""
    assert net.rows_per_cell.max() <= 4 * AGES - 2, f"{net.rows_per_cell.max()} rows in a cell"
    layout = cc.rules.Cumulative().on(store)
    x = layout.scale * np.random.default_rng(2).uniform(0.5, 1.5, layout.size)
    numbers = recompute(store, layout.rule_at(x))
    for name, one, other in (("mean", net.mean_at(x), numbers.mean), ("sd", net.sd_at(x), numbers.sd)):
        apart = float(np.abs(one - other).max() / np.abs(other).max())
        assert apart <= EXACT, f"{name} of net stock differs by {apart:.1e}"


def exponent(size: tuple[int, ...], seconds: list[float]) -> float:
    """p of seconds ≈ c · size^p."""
    return float(np.polyfit(np.log(size), np.log(seconds), 1)[0])


PARTS: tuple[tuple[str, Callable[[Cost], float], Callable[[Cost], int] | None], ...] = (
    ("moments", lambda cost: cost.moments, None),
    ("model", lambda cost: cost.model, None),
    ("an iteration without budget", lambda cost: cost.free, lambda cost: cost.free_iterations),
    ("an iteration with budget", lambda cost: cost.tied, lambda cost: cost.tied_iterations),
)


def grown(part: int, items: tuple[int, ...], periods: tuple[int, ...]) -> Row:
    """The exponent of one part along whichever of items and periods has several numbers."""
    name, seconds, iterations = PARTS[part]
    sizes = items if len(items) > 1 else periods
    cost(items[0], periods[0])  # what the first call of a library costs is not the model's
    costs = [cost(n, m) for n in items for m in periods]
    took = [seconds(one) for one in costs]
    p = exponent(sizes, took)
    detail = ", ".join(f"{size}: {1e3 * second:.3g} ms" for size, second in zip(sizes, took, strict=True))
    if iterations is not None:
        detail += "; iterations " + ", ".join(str(iterations(one)) for one in costs)
    along = "items" if sizes is items else "periods"
    claimed = not (along == "periods" and part == len(PARTS) - 1)
    return Row(
        f"exponent of {name} in {along}",
        f"{_span(items)} × {_span(periods)}",
        f"{p:.2f}",
        f"≤ {MOST_EXPONENT:g}" if claimed else "",
        p <= MOST_EXPONENT if claimed else None,
        detail,
    )


def _span(numbers: tuple[int, ...]) -> str:
    return str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}–{numbers[-1]}"


def jobs(
    items: tuple[int, ...] = (100, 200, 500, 1000, 2000),
    periods: tuple[int, ...] = (24, 48, 96),
    fixed: tuple[int, int] = (400, 12),
) -> list[Job]:
    """Growth along both; `fixed`: items while periods grow, periods while items grow."""
    found: list[Job] = [partial(grown, part, items, fixed[1:]) for part in range(len(PARTS))]
    return found + [partial(grown, part, fixed[:1], periods) for part in range(len(PARTS))]
