"""Claims: plans need no more money, and serve no worse, than order-up-to levels found by plain simulation.

Sixty stores where such levels are at their best (`rival_stores.py`), planned with the defaults. The rival (`rival.py`)
promises the same cells; a cell that hardly any order could keep is left out on both sides. Both are judged on a million
fresh paths, event by event, by the simulator of the tests: what a rule needs is the greatest 95 % quantile of dollars
of any period. Counts may need one unit of the dearest item more: near a jump of a law the seed decides.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from functools import cache, partial
from time import process_time
from types import SimpleNamespace

import numpy as np

import ccinv as cc
from benchmarks.rival import NEAR, Levels, fixed_limit_max_min, reachable, rival
from benchmarks.rival_stores import AMOUNTS, STORES, Place, store
from benchmarks.row import Job, Row
from tests.simulator import Simulated, simulate

PATHS = 1_000_000
FRESH = 983  # seed of the judge
LEVEL = 0.95
REACH = 200_000  # paths for what the largest orders reach
SLACK = 0.002  # of a probability
MORE = 1.05  # of the least budget, as a limit
SHARE = 55 / 60  # of the stores that are to be near
NEARLY, MOST = 1.01, 1.02
RICHER = 1.002  # what a richer rule may need more, by chance
EVERY = 6


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One store: dollars that the plan and the rival need in truth, their worst shortfall of service in what both
    promise, and their processor seconds. atom: dollars of one unit of the dearest item, 0 for amounts; cells, left: how
    many are promised by both, and left out. asked (n, N): the promises of both; least: the budget that the plan names.
    """

    place: Place
    accepted: bool
    need: float
    rival_need: float
    short: float
    rival_short: float
    seconds: float
    rival_seconds: float
    atom: float
    cells: int
    left: int
    asked: np.ndarray
    least: float

    @property
    def ratio(self) -> float:
        return self.need / self.rival_need

    def within(self, most: float) -> bool:
        return self.ratio <= most or self.need - self.rival_need <= self.atom * (1 + 1e-9)

    def told(self) -> str:
        return (
            f"| {self.place.number} | {self.place.kind} | {'yes' if self.accepted else 'no'} | {self.need:,.6g} "
            f"| {self.rival_need:,.6g} | {self.ratio:.4f} | {self.short:+.4f} | {self.rival_short:+.4f} "
            f"| {self.cells} | {self.left} | {self.seconds:.1f} | {self.rival_seconds:.1f} |"
        )


def truth(place: cc.Store, rule: object, paths: int, limit: object = None) -> Simulated:
    """A rule of the package, or the levels of the rival, on fresh paths."""
    if isinstance(rule, Levels):
        position = place.on_hand + place.on_order
        every = np.broadcast_to(np.tri(place.periods), (place.items, place.periods, place.periods))
        rule = SimpleNamespace(weights=every, intercept=rule.levels - position[:, None])
    return simulate(place, rule, paths, FRESH, limit=limit, level=LEVEL)


def shared(plan: cc.Plan) -> np.ndarray:
    """What both promise, (n, N): what the plan does, or keeps where it says that it cannot keep that; NaN where hardly
    any order could keep what the store asks."""
    place = plan.store
    asked = plan.asked.copy()
    if plan.calibration is not None:
        less = plan.calibration.service < asked - SLACK
        asked[less] = plan.calibration.service[less]
    asked[reachable(place, REACH) < place.service.alpha + NEAR] = np.nan
    return asked


def case(number: int, paths: int = PATHS) -> Case:
    """Plan a store, find the rival's levels for the same promises, and judge both."""
    place = store(number)
    began = process_time()
    plan = cc.plan(place.store, objective=cc.MinimumBudget())
    planned = process_time()
    asked = shared(plan)
    searched = process_time()
    levels = rival(place.store, asked, LEVEL)
    found = process_time()
    one, other = truth(place.store, plan.rule, paths), truth(place.store, levels, paths)
    promised = np.isfinite(asked)
    return Case(
        place,
        plan.calibration is not None and plan.calibration.accepted,
        float(one.dollars_high.max()),
        float(other.dollars_high.max()),
        float(np.max(asked - one.service, initial=-1.0, where=promised)),
        float(np.max(asked - other.service, initial=-1.0, where=promised)),
        planned - began,
        found - searched,
        0.0 if place.kind == AMOUNTS else float(place.store.unit_cost.max()),
        int(promised.sum()),
        int((place.store.promised & ~promised).sum()),
        asked,
        float(plan.objective_value),
    )


@cache
def cases(stores: int, paths: int) -> tuple[Case, ...]:
    """All stores, judged once for all claims."""
    found = []
    for number in range(stores):
        found.append(case(number, paths))
        print(found[-1].told(), file=sys.stderr, flush=True)
    return tuple(found)


def money(claim: str, stores: int = STORES, paths: int = PATHS) -> Row:
    """What plans need against what the rival needs: the median, most stores, or all of them."""
    found = cases(stores, paths)
    error = 3 * np.sqrt(LEVEL * (1 - LEVEL) / paths)
    false = [one.place.number for one in found if one.accepted and one.short > max(SLACK, error)]
    assert not false, f"accepted, and not kept: stores {false}"
    ratios = np.array([one.ratio for one in found])
    middle, worst = float(np.median(ratios)), found[int(np.argmax(ratios))]
    said = (
        f"ratios {ratios.min():.4f} to {ratios.max():.4f}; shortfall of service at most "
        f"{max(one.short for one in found):.4f}, the rival's {max(one.rival_short for one in found):.4f}; "
        f"not accepted: {', '.join(str(one.place.number) for one in found if not one.accepted) or 'none'}; "
        f"{sum(one.left for one in found)} of {sum(one.left + one.cells for one in found)} cells left out; "
        f"{np.mean([one.seconds for one in found]):.1f} s against {np.mean([one.rival_seconds for one in found]):.1f}"
    )
    size, name = f"{stores} stores", f"dollars needed / order-up-to levels, {claim}"
    if claim == "median":
        return Row(name, size, f"{middle:.4f}", "≤ 1.00", middle <= 1.00005, said)
    if claim == "most":
        near = sum(one.within(NEARLY) for one in found)
        far = ", ".join(f"{one.place.number} ({one.ratio:.3f})" for one in found if not one.within(NEARLY))
        enough = int(np.ceil(SHARE * stores - 1e-9))
        return Row(name, size, f"{near}", f"≥ {enough} at ≤ {NEARLY}", near >= enough, f"the others: {far or 'none'}")
    beyond = [one for one in found if not one.within(MOST)]
    said = f"worst {worst.ratio:.4f}, store {worst.place.number} ({worst.place.kind})"
    return Row(name, size, f"{len(beyond)}", f"0 at > {MOST}", not beyond, said)


def serving(stores: int = STORES, paths: int = PATHS) -> Row:
    """The least service of items without a promise, within a limit, against the greatest common one of levels.

    Cells that no order lifts to the rival's probability take no part.
    """
    worse, gains, blind = [], [], 0
    for one in cases(stores, paths):
        place, number = one.place.store, one.place.number
        others = place.controllable & ~place.important[:, None]
        if not others.any():
            continue
        limit = MORE * one.least
        levels = fixed_limit_max_min(place, one.asked, others, limit, LEVEL)
        if np.isnan(levels.probability):
            blind += 1
            print(f"| {number} | max-min | levels serve none of the others within {limit:,.6g} |", file=sys.stderr)
            continue
        lost = 1 - reachable(place, REACH)
        cells = others & (lost + np.minimum(NEAR, lost / 2) <= 1 - levels.probability)
        if not cells.any():
            continue
        limited = replace(place, budget=cc.Budget(limit, LEVEL))
        plan = cc.plan(limited, objective=cc.MaxMinService())
        ours, theirs = truth(place, plan.rule, paths, limit), truth(place, levels, paths, limit)
        gains.append(float(ours.service[cells].min() - theirs.service[cells].min()))
        if gains[-1] < -SLACK:
            worse.append(f"{number} ({gains[-1]:+.4f})")
        print(
            f"| {number} | max-min | {ours.service[cells].min():.4f} | {theirs.service[cells].min():.4f} "
            f"| {levels.probability:.3f} | {ours.afforded.min():.4f} | {theirs.afforded.min():.4f} |",
            file=sys.stderr,
            flush=True,
        )
    said = (
        f"gain {np.mean(gains or [np.nan]):+.4f} on average, least {min(gains, default=np.nan):+.4f}; "
        f"in {blind} levels serve none of them within the limit; worse: {', '.join(worse) or 'none'}"
    )
    return Row("least service within a limit", f"{len(gains)} stores", f"{len(worse)}", "0 worse", not worse, said)


def rules(stores: int = STORES, paths: int = PATHS) -> Row:
    """A richer rule needs no more: Affine ≤ Cumulative ≤ Thesis in dollars where they keep the same promises.

    Static orders need not cover due-outs of important items, so they are compared where there are none: with all
    promises dropped, the least service within the limit is no better than with Cumulative.
    """
    kinds = (cc.rules.Affine(), cc.rules.Cumulative(), cc.rules.Thesis())
    wrong, pairs, uneven = [], 0, 0
    for number in range(0, stores, EVERY):
        place = store(number).store
        plans = [cc.plan(place, rule=kind, objective=cc.MinimumBudget()) for kind in kinds]
        needs = [float(truth(place, plan.rule, paths).dollars_high.max()) for plan in plans]
        beyond = [{(cell.item, cell.period) for cell in plan.out_of_reach} for plan in plans]
        for rich in range(2):
            if beyond[rich] != beyond[rich + 1]:
                uneven += 1
                continue
            pairs += 1
            if needs[rich] > RICHER * needs[rich + 1]:
                names = " > ".join(type(kind).__name__ for kind in kinds[rich : rich + 2])
                wrong.append(f"{number}: {names} ({needs[rich] / needs[rich + 1]:.4f})")
        limit = MORE * plans[1].objective_value
        free = replace(place, important=np.zeros(place.items, dtype=bool), budget=cc.Budget(limit, LEVEL))
        least = []
        for kind in (cc.rules.Cumulative(), cc.rules.Static()):
            plan = cc.plan(free, rule=kind, objective=cc.MaxMinService())
            served = truth(free, plan.rule, paths).service
            least.append(float(np.min(served, initial=1.0, where=free.controllable)))
        pairs += 1
        if least[0] < least[1] - SLACK:
            wrong.append(f"{number}: Cumulative serves {least[0]:.4f}, Static {least[1]:.4f}")
        print(
            f"| {number} | rules | {' | '.join(f'{need:,.6g}' for need in needs)} "
            f"| {' | '.join(f'{value:.4f}' for value in least)} |",
            file=sys.stderr,
            flush=True,
        )
    said = f"{uneven} pairs keep different promises; wrong: {'; '.join(wrong) or 'none'}"
    size = f"{len(range(0, stores, EVERY))} stores"
    return Row("a richer rule needs no more", size, f"{len(wrong)} of {pairs}", "0", not wrong, said)


def jobs(stores: int = STORES, paths: int = PATHS) -> list[Job]:
    about = [partial(money, claim, stores, paths) for claim in ("median", "most", "all")]
    return [*about, partial(serving, stores, paths), partial(rules, stores, paths)]
