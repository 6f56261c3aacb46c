"""Whether an independent simulation finds every promise kept, with which confidence, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ccinv.arrays import BoolArray, FloatArray
from ccinv.auditing import Tails
from ccinv.auditing.simulating import short_of
from ccinv.calibrate.promises import Promises
from ccinv.store import Store

SHOWN = 10
SAME = 1e-9  # a computed probability so near to its level is the level


@dataclass(frozen=True, slots=True, eq=False)
class Acceptance:
    """`good`: no row can be below its level by more than is allowed; `within`: by how much any can be at most, with the
    confidence asked; `worst`: the largest simulated shortfall; `short`: which rows fail, service, orders and budget."""

    good: bool
    within: float
    worst: float
    confidence: float
    promises: Promises
    seen: Tails
    short: tuple[BoolArray, BoolArray, BoolArray]

    def _by(self) -> str:
        return f" by more than {self.within:.4f}" if self.within > 0 else ""

    def words(self, store: Store) -> tuple[str, ...]:
        """The result for people, with the rows that fail by name."""
        if self.promises.count == 0:
            return ()
        if self.good:
            return (
                f"Calibrated: on {self.seen.paths:,} independent paths, with {self.confidence:.0%} confidence for all "
                f"promises together, none is below its level{self._by()}.",
            )
        rows = [
            *_rows(
                "service of item {item} in {period}", store, self.short[0], self.promises.service, self.seen.service
            ),
            *_rows("orders of item {item} in {period}", store, self.short[1], self.promises.orders, self.seen.ordered),
            *(
                f"budget in {store.calendar[t]}: asked {self.promises.budget[t]:.4g}, "
                f"simulated {self.seen.afforded[t]:.4f}"
                for t in np.flatnonzero(self.short[2])
            ),
        ]
        more = [f"and {len(rows) - SHOWN} more"] if len(rows) > SHOWN else []
        return (
            f"Calibration was not accepted: {len(rows)} of {self.promises.count} promises are below their level on "
            f"{self.seen.paths:,} independent paths, and no larger multiplier was found that the rest has room for: "
            f"{'; '.join([*rows[:SHOWN], *more])}.",
        )


def _rows(words: str, store: Store, short: BoolArray, asked: FloatArray, seen: FloatArray) -> list[str]:
    return [
        f"{words.format(item=store.item_id[i], period=store.calendar[t])}: asked {asked[i, t]:.4g}, "
        f"simulated {seen[i, t]:.4f}"
        for i, t in np.argwhere(short)
    ]


def accepted(
    promises: Promises, seen: Tails, confidence: float, margin: float, tries: int, computed: BoolArray | None = None
) -> Acceptance:
    """Hold a simulation against what was promised.

    Bonferroni's share of 1 − confidence goes to every promise and to each of `tries` simulations that may be made; see
    `short_of` for what is let pass. Service that is `computed` (n, N) and no simulation must be what was asked.
    """
    tail = (1 - confidence) / (max(promises.count, 1) * tries)
    within, short = -np.inf, []
    for level, share in zip(promises.tables, (seen.service, seen.ordered, seen.afforded), strict=True):
        asked = np.isfinite(level)
        met = np.rint(share[asked] * seen.paths).astype(np.int64)
        fails = np.zeros(level.shape, dtype=np.bool_)
        lack, fails[asked] = short_of(met, seen.paths, level[asked], margin, tail)
        if level is promises.service and computed is not None:
            exact = computed[asked]
            lack[exact] = (level - share)[asked][exact]
            fails[asked] = np.where(exact, lack > SAME, fails[asked])
        within = max(within, float(lack.max(initial=-np.inf)))
        short.append(fails)
    worst = max(0.0, *(float(lack.max(initial=-np.inf)) for lack in promises.missing(seen)))
    service, orders, budget = short
    good = not any(fails.any() for fails in short)
    return Acceptance(good, within, worst, confidence, promises, seen, (service, orders, budget))
