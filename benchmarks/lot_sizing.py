"""Claims: how lots are written decides what is proven, and order-up-to levels of a thousand items take seconds.

Several items that share a capacity, with set-up times, are relaxed in the textbook's stock form and in the
facility-location form that the package solves: the gap is that between a relaxation and the best plan that either form
leads to. Levels of a thousand items over a year of weeks come from shortest paths, each checked against the stock that
its levels give. What either form proves in the same seconds is told beside it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

import ccinv as cc
from benchmarks.clock import median, timed
from benchmarks.row import Job, Row, at_most, told
from ccinv.lots import StaticDynamic
from ccinv.models.lot_sizing.location import location_form
from ccinv.models.lot_sizing.needs import needs_of
from ccinv.models.lot_sizing.solving import lines
from ccinv.models.lot_sizing.stock import stock_form
from ccinv.models.lot_sizing.verify import misses
from ccinv.solve.milp import solve_mixed

SEED = 1958
LEAST_SHARE = 20.0  # the relaxation of the stock form leaves at least so many times the gap of the location form
MOST_SECONDS = 20.0  # for the levels of 1000 items over 52 periods


def line(items: int, periods: int, cv: float) -> cc.Lots:
    """Items on one line: irregular demand, orders that last one to four periods, capacity nine tenths taken."""
    rng = np.random.default_rng([SEED, items, periods])
    demand = np.maximum(rng.normal(100, 10, (items, periods)), 0) * (rng.random((items, periods)) > 0.15)
    lasts, holding = rng.uniform(1, 4, items), rng.uniform(1, 3, items)
    setup_time = rng.uniform(5, 30, items)
    need = demand.sum(axis=0).mean() + float((setup_time / lasts).sum())
    return cc.Lots(
        demand=cc.demand.Normal(demand, cv * demand),
        setup_cost=holding * 100 * lasts**2 / 2,
        holding_cost=holding,
        setup_time=setup_time,
        capacity=need / (0.9 if cv == 0 else 0.8),
        on_hand=150 if cv == 0 else 300,
        service=0.95 if cv else None,
    )


def forms(items: int, periods: int, cv: float, seconds: float, claimed: bool) -> Row:
    """The gap of both relaxations to the best plan, and what each form proves in the same time."""
    known = line(items, periods, cv)
    needs = needs_of(known, cc.inversion.Normal())
    scores = lines(known, needs)
    made = {"stock": stock_form(known, needs, scores, False), "location": location_form(known, needs, scores)}
    root, best, proven = {}, np.inf, {}
    for name, form in made.items():
        program = form.program
        root[name] = solve_mixed(replace(program, whole=np.zeros_like(program.whole))).objective
        found = timed(partial(solve_mixed, program, 1e-4, seconds))
        answer = found.value
        best = min(best, answer.objective)
        assert answer.x is not None, f"the {name} form found no plan in {seconds:g} s"
        proven[name] = f"{100 * (answer.objective - answer.bound) / answer.objective:.3f} % in {found.wall:.0f} s"
    gap = {name: (best - value) / best for name, value in root.items()}
    assert max(root.values()) <= best * (1 + 1e-6), "a relaxation above a plan"
    ratio = gap["stock"] / max(gap["location"], 1e-9)
    detail = f"{100 * gap['stock']:.2f} % against {100 * gap['location']:.2f} %; proven: stock {proven['stock']}, "
    detail += f"location {proven['location']}"
    size = f"{items} × {periods}, cv {cv:g}"
    name = "gap of the stock form's relaxation / the location form's"
    if not claimed:
        return told(name, size, ratio, detail)
    return Row(name, size, f"{ratio:.0f}", f"≥ {LEAST_SHARE:g}", ratio >= LEAST_SHARE, detail)


def levels(items: int, periods: int, repeats: int, claimed: bool) -> Row:
    """Processor seconds of order-up-to levels without a capacity."""
    known = replace(line(items, periods, 0.25), capacity=np.full(periods, np.inf))
    runs = [timed(partial(cc.lot_sizing, known, StaticDynamic())) for _ in range(repeats)]
    plan = runs[-1].value
    assert misses(plan) == []
    took = median([run.cpu for run in runs])
    detail = f"{int(plan.setup.sum())} orders; cost {plan.cost:.9g}"
    if claimed:
        return at_most("seconds, order-up-to levels", f"{items} × {periods}", took, MOST_SECONDS, detail)
    return told("seconds, order-up-to levels", f"{items} × {periods}", took, detail)


def jobs(
    sizes: tuple[tuple[int, int], ...] = ((6, 15), (24, 15), (20, 30)),
    items: tuple[int, ...] = (100, 1000),
    periods: int = 52,
    seconds: float = 20.0,
) -> list[Job]:
    """Both forms on every size, certain and uncertain; levels of many items."""
    compared = [partial(forms, n, t, cv, seconds, cv == 0 and n * t >= 300) for cv in (0.0, 0.2) for n, t in sizes]
    return [*compared, *(partial(levels, n, periods, 3 if n < 500 else 1, n >= 1000) for n in items)]
