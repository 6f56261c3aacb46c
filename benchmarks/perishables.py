"""Claims: 10 items over 28 days to 0.1 % within 60 seconds, 100 items to 1 % within 10 minutes; replayed unit by unit.

Fewest lost, then least left at the end, with limits of every order day that bind: what the practitioner asked for, in
single units and in packs of 1 to 12. Elapsed time, as the solver's limits are in seconds too; processor time beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

import ccinv as cc
from benchmarks.clock import timed
from benchmarks.row import Job, Row, at_most, told
from ccinv.perishable import Day
from ccinv.shelf import replay

DAYS = 28
OLDEST = 18
PACKS = (1, 4, 6, 12)


@dataclass(frozen=True, slots=True)
class Size:
    """How many items, whether in packs, limits of the total on order days, what is claimed: gap and seconds."""

    items: int
    packs: bool
    seed: int
    least: float
    most: float
    gap: float
    seconds: float
    claimed: bool = True


SIZES = (
    Size(10, False, 2, 170, 220, 1e-3, 60.0),
    Size(10, True, 3, 120, 200, 1e-3, 60.0),
    Size(10, True, 4, 160, 160, 1e-3, 60.0, claimed=False),  # one total for every order day: the hardest there is
    Size(100, False, 1, 1100, 1700, 1e-2, 600.0),
    Size(100, True, 1, 1100, 1700, 1e-2, 600.0),
)


def store(size: Size) -> cc.PerishableStore:
    """Poisson demand around a weekly wave, lives of 3 to 19 days, some stock of every age: seeded, never changed."""
    rng = np.random.default_rng(size.seed)
    mean = rng.gamma(2.0, 3.25, size.items)
    wave = 1 + 0.4 * np.sin(np.arange(DAYS) * 2 * np.pi / 7 + rng.uniform(0, 6, (size.items, 1)))
    demand = rng.poisson(mean[:, None] * wave)
    life = rng.integers(3, 20, size.items)
    some = rng.poisson(2 * mean / life + 0.3)[:, None] * (rng.random((size.items, OLDEST)) < 0.4)
    opening = np.where(np.arange(1, OLDEST + 1) < life[:, None], some, 0)
    return cc.PerishableStore(
        demand=demand,
        shelf_life=life,
        order_days=np.isin((np.arange(DAYS) + 1) % 7, (1, 2, 4)),
        least=size.least,
        most=size.most,
        opening=opening,
        pack=rng.choice(PACKS, size.items) if size.packs else 1,
        day=Day(("perish", "sell", "receive")),
    )


def planned(size: Size) -> Row:
    """Seconds to a plan with that gap."""
    given = store(size)
    run = timed(partial(cc.perishables, given, gap=size.gap, seconds=size.seconds))
    plan = run.value
    ledger = replay(given, plan.orders)
    assert abs(ledger.sold.sum() - plan.planned.sold.sum()) <= 1e-6 * max(ledger.sold.sum(), 1.0), (
        "not what is replayed"
    )
    assert ledger.imbalance() <= 1e-9 * max(ledger.sold.sum(), 1.0), "something appears or vanishes"
    assert plan.gap <= size.gap or not size.claimed, f"proven to {plan.gap:.2%} only"
    levels = ", ".join(f"{one.title} {one.value:g} (bound {one.bound:g})" for one in plan.levels)
    proven = size.gap if plan.gap <= size.gap else plan.gap
    name = (
        f"seconds to {proven:.1%}, {'packs' if size.packs else 'single units'}, {size.least:g} to {size.most:g} a day"
    )
    where, detail = f"{size.items} items × {DAYS} days", f"{levels}; {run.cpu:.1f} s of processor"
    if size.claimed:
        return at_most(name, where, run.wall, size.seconds, detail)
    return told(name, where, run.wall, detail)


def jobs(sizes: tuple[Size, ...] = SIZES) -> list[Job]:
    """Every size."""
    return [partial(planned, size) for size in sizes]
