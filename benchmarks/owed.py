"""Claims: what calibrated plans say is owed, or costs, is what a million fresh paths have.

Two thirds of the stores of `rival_stores.py`, within a limit a little above the least. The simulator of the tests
judges, event by event; a claim comes from half a million paths or fewer itself, and may be off by chance.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

import ccinv as cc
from benchmarks.order_up_to import FRESH, MORE, PATHS, SLACK
from benchmarks.rival_stores import STORES, store
from benchmarks.row import Job, Row
from ccinv.objectives.program import Objective
from tests.simulator import simulate

CLOSE = 0.02  # relative distance of a claim from the truth
BATCHES = 10  # of replays, whose values tell the error of their mean
ERRORS = 3.0  # standard errors of claim and truth together, if that is more
HOLDING, SHORTAGE = 1.0, 19.0  # of a unit, as multiples of a hundredth of its cost


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """One plan: what it claims, what is true, with the standard error of both together, and its worst shortfall."""

    number: int
    accepted: bool
    claimed: float
    true: float
    error: float
    short: float

    @property
    def off(self) -> float:
        return abs(self.claimed - self.true) / self.true if self.true > 0 else float(self.claimed > 0)

    @property
    def close(self) -> bool:
        return abs(self.claimed - self.true) <= max(CLOSE * self.true, ERRORS * self.error)

    def line(self) -> str:
        return (
            f"| {self.number} | {'yes' if self.accepted else 'no'} | {self.claimed:,.6g} | {self.true:,.6g} "
            f"| {self.off:.4f} | {self.short:+.4f} |"
        )


def told(number: int, aim: Objective, holding: np.ndarray, shortage: np.ndarray, paths: int) -> Told:
    """Plan a store for an objective that weighs what is held and owed, (n,) each, and replay the plan."""
    place = store(number).store
    least = cc.plan(place, objective=cc.MinimumBudget()).objective_value
    limited = replace(place, budget=cc.Budget(MORE * least, place.budget.confidence if place.budget else 0.95))
    plan = cc.plan(limited, objective=aim)
    batches = [simulate(limited, plan.rule, paths // BATCHES, FRESH + k, plan.budget_limit) for k in range(BATCHES)]
    values = [float((holding[:, None] * one.on_hand_mean + shortage[:, None] * one.owed).sum()) for one in batches]
    assert plan.calibration is not None
    error = float(np.std(values, ddof=1)) * np.sqrt(1 / BATCHES + paths / BATCHES / plan.calibration.paths)
    service = np.mean([one.service for one in batches], axis=0)
    afforded = np.mean([one.afforded for one in batches], axis=0)
    asked = np.where(np.isfinite(plan.asked), np.minimum(plan.asked, plan.calibration.service), -1.0)
    short = max(float(np.max(asked - service)), float(np.max(plan.budget_asked - afforded)))
    return Told(number, plan.calibration.accepted, float(plan.objective_value), float(np.mean(values)), error, short)


def claim(name: str, stores: int = STORES, paths: int = PATHS) -> Row:
    """All stores for one objective."""
    found = []
    for number in (k for k in range(stores) if k % 3 != 2):
        place = store(number).store
        if name == "backorders":
            aim, holding, shortage = cc.ExpectedBackorders(), np.zeros(place.items), place.weight
        else:
            holding, shortage = HOLDING * place.unit_cost / 100, SHORTAGE * place.unit_cost / 100
            aim = cc.ExpectedCost(holding, shortage)
        found.append(told(number, aim, holding, shortage, paths))
        print(found[-1].line(), file=sys.stderr, flush=True)
    false = [one.number for one in found if one.accepted and one.short > SLACK]
    assert not false, f"accepted, and not kept: stores {false}"
    far = [f"{one.number} ({one.off:.3f})" for one in found if not one.close]
    off = [one.off for one in found]
    said = (
        f"off by {np.median(off):.4f} in the median, {max(off):.4f} at most; "
        f"worst shortfall {max(one.short for one in found):.4f}; too far: {', '.join(far) or 'none'}"
    )
    return Row(f"claimed and replayed, {name}", f"{len(found)} stores", f"{len(far)}", "0 too far", not far, said)


def jobs(stores: int = STORES, paths: int = PATHS) -> list[Job]:
    return [partial(claim, name, stores, paths) for name in ("backorders", "cost")]
