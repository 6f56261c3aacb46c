"""`cc.perishables`: what to order of items that perish."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ccinv.errors import DataError, Fault
from ccinv.inversion import Calibrated
from ccinv.models.perishable import Search, solved
from ccinv.perishable import EndStock, Lost, Measure, PerishablePlan, PerishableStore
from ccinv.perishing.service import calibrated

USUAL: tuple[Measure, ...] = (Lost(), EndStock())


def perishables(
    store: PerishableStore,
    objective: Measure | Sequence[Measure] = USUAL,
    gap: float = 1e-3,
    seconds: float = 60.0,
    inversion: Calibrated | None = None,
    audit_paths: int = 20_000,
    audit_seed: int = 1,
    progress: Callable[[str], None] | None = None,
) -> PerishablePlan:
    """Orders, day by day, for items that perish; units leave first in, first out.

    `objective`: one measure or several, each as good as can be while those before it stay as good as found: of
    `cc.perishable` Lost, EndStock, Waste, Cost, Profit, FillRate. `gap`, `seconds`: how near value and bound are to
    come, relative, and how long a search may take at most; what was not proven is said so, with its bound. Where the
    store has a law of demand and a service, reserves are calibrated until every day's demand is met with that
    probability in replays of the shelf (`inversion`: rounds, paths, confidence; usual if None), and audited on
    `audit_paths` fresh paths. An InfeasibleError explains limits that no orders keep, and service that is out of reach.
    """
    measures = tuple(objective) if isinstance(objective, Sequence) else (objective,)
    faults = []
    if not measures:
        faults.append(Fault("objective", "no measure", "at least one", "Give cc.perishable.Lost(), for instance."))
    if not 0 <= gap < 1:
        faults.append(Fault("gap", f"{gap:g}", "a relative gap from 0 to below 1", "0.001 is usual."))
    if not seconds > 0:
        faults.append(Fault("seconds", f"{seconds:g}", "a time > 0", "60 is usual."))
    if faults:
        raise DataError(faults)
    search = Search(gap, seconds)
    if store.service is not None:
        how = Calibrated() if inversion is None else inversion
        return calibrated(store, measures, search, how, audit_paths, audit_seed, progress)
    found = solved(store, measures, search, tell=progress)
    return PerishablePlan(
        store, found.moved.ordered, found.moved, found.levels, None, found.solves, found.processor_seconds
    )
