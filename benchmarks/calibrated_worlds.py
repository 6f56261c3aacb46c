"""Claim: calibrated plans keep what they promise, in at least 55 of 60 random worlds, and say where they do not.

Every plan is replayed on a million paths that no calibration has seen. A promise is kept if its share of paths is not
below its level by more than three standard errors or 0.002, whichever is more. The normal inversion stands beside: what
it claims, and what its plan takes in truth to keep its promise about money (its promises of service apart).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

import ccinv as cc
from benchmarks.row import Job, Row
from benchmarks.worlds import World, world
from ccinv.auditing import Levels, tails

WORLDS = 60
ENOUGH = 55
PATHS = 1_000_000
FRESH = 977  # seed of the replay
SLACK = 0.002
ERRORS = 4.0  # standard errors by which two simulations of one share may differ
MORE = 1.08  # of the least budget, for objectives that need one


@dataclass(frozen=True, slots=True)
class Held:
    """A plan in truth: the worst shortfall of service and of budget promises, and its objective as simulated."""

    service: float
    budget: float
    value: float

    @property
    def worst(self) -> float:
        return max(self.service, self.budget)


@dataclass(frozen=True, slots=True)
class Case:
    """One world: what each inversion claims and holds; `accepted` is what calibration says of its own plan."""

    number: int
    family: str
    lead: int
    accepted: bool
    words: str
    claimed: float
    calibrated: Held
    normal_claimed: float
    normal: Held

    @property
    def kept(self) -> bool:
        return self.calibrated.worst <= max(SLACK, 3 * np.sqrt(0.95 * 0.05 / PATHS))

    def told(self) -> str:
        return (
            f"| {self.number} | {self.family} | {self.lead} | {'yes' if self.accepted else 'no'} "
            f"| {self.calibrated.service:+.4f} | {self.calibrated.budget:+.4f} | {self.calibrated.value:,.6g} "
            f"| {self.normal.service:+.4f} | {self.normal.budget:+.4f} | {self.normal_claimed:,.6g} "
            f"| {self.normal.value:,.6g} |"
        )


def held(plan: cc.Plan, paths: int) -> Held:
    """What a plan holds on fresh paths; its value is dollars needed, or units owed, by its objective."""
    store = plan.store
    nothing = np.full(plan.mean.shape, np.nan)
    levels = Levels(nothing, nothing, plan.budget_asked, np.zeros(0), np.zeros(plan.mean.shape, dtype=bool))
    seen = tails(store, plan.rule, plan.budget_limit, levels, paths, (FRESH,))
    # what a plan says it cannot keep is told as the share of its own paths, which err as these do
    told = plan.asked < store.service.alpha
    own = paths if plan.calibration is None else plan.calibration.paths
    error = np.where(told, ERRORS * np.sqrt(seen.service * (1 - seen.service) * (1 / paths + 1 / own)), 0.0)
    service = float(np.nanmax(np.where(np.isfinite(plan.asked), plan.asked - seen.service - error, -1.0)))
    budget = float(np.max(plan.budget_asked - seen.afforded))
    owed = float(np.sum(store.weight[:, None] * seen.owed))
    return Held(service, budget, float(np.max(seen.dollars)) if plan.objective == "MinimumBudget" else owed)


def case(place: World, objective: object, paths: int = PATHS) -> Case:
    """Plan a world both ways and replay both plans."""
    store = place.store
    if isinstance(objective, cc.ExpectedBackorders):
        least = cc.plan(store, objective=cc.MinimumBudget())
        store = replace(store, budget=cc.Budget(MORE * least.objective_value))
    plan = cc.plan(store, objective=objective)
    normal = cc.plan(store, objective=objective, inversion=cc.inversion.Normal())
    assert plan.calibration is not None
    return Case(
        place.number,
        place.family,
        place.lead,
        plan.calibration.accepted,
        " ".join(plan.calibration.words),
        plan.objective_value,
        held(plan, paths),
        normal.objective_value,
        held(normal, paths),
    )


def claim(objective: object, worlds: int = WORLDS, paths: int = PATHS) -> Row:
    """All worlds for one objective."""
    cases = []
    for number in range(worlds):
        cases.append(case(world(number), objective, paths))
        print(cases[-1].told(), file=sys.stderr, flush=True)
    accepted = [one for one in cases if one.accepted]
    false = [one.number for one in accepted if not one.kept]
    assert not false, f"accepted, and not kept: worlds {false}"
    gain = [one.calibrated.value / one.normal.value - 1 for one in cases if one.normal.value > 0]
    above = [one.calibrated.value / one.normal_claimed - 1 for one in cases if one.normal_claimed > 0]
    said = (
        f"worst shortfall of an accepted plan {max(one.calibrated.worst for one in accepted):.4f}; normal: "
        f"{sum(one.normal.worst > SLACK for one in cases)} of {worlds} break, "
        f"worst {max(one.normal.worst for one in cases):.3f}; "
        f"value against normal in truth {np.mean(gain):+.1%} on average (median {np.median(gain):+.1%}), "
        f"against its claim {np.mean(above):+.1%} (median {np.median(above):+.1%}); not accepted: "
        f"{', '.join(f'{one.number} ({one.words})' for one in cases if not one.accepted) or 'none'}"
    )
    name = f"worlds accepted, {type(objective).__name__}"
    return Row(name, f"{worlds} worlds", f"{len(accepted)}", f"≥ {ENOUGH}", len(accepted) >= ENOUGH, said)


def jobs() -> list[Job]:
    return [partial(claim, objective) for objective in (cc.MinimumBudget(), cc.ExpectedBackorders())]
