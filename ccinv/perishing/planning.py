"""`cc.perishables`: what to order of items that perish."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ccinv.arrays import given_number
from ccinv.errors import DataError, Fault
from ccinv.inversion import Calibrated
from ccinv.models.perishable import Search, solved
from ccinv.perishable import MEASURES, EndStock, Lost, Measure, PerishablePlan, PerishableStore
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
    several = isinstance(objective, Sequence) and not isinstance(objective, str)
    measures: tuple[Measure, ...] = tuple(objective) if several else (objective,)  # type: ignore[arg-type, assignment]
    _check(store, measures, gap, seconds)
    search = Search(gap, seconds)
    if store.service is not None:
        how = Calibrated() if inversion is None else inversion
        return calibrated(store, measures, search, how, audit_paths, audit_seed, progress)
    found = solved(store, measures, search, tell=progress)
    return PerishablePlan(
        store, found.moved.ordered, found.moved, found.levels, None, found.solves, found.processor_seconds
    )


def _check(store: object, measures: tuple[object, ...], gap: object, seconds: object) -> None:
    """A DataError that lists whatever cannot be used."""
    faults = []
    if not isinstance(store, PerishableStore):
        remedy = "Give cc.PerishableStore(demand=…, shelf_life=…, order_days=…)."
        faults.append(Fault("store", type(store).__name__, "PerishableStore", remedy))
    if not measures:
        faults.append(Fault("objective", "no measure", "at least one", "Give cc.perishable.Lost(), for instance."))
    names = []
    for measure in measures:
        if isinstance(measure, type) or not all(
            hasattr(measure, one) for one in ("name", "title", "largest", "weights")
        ):
            remedy = f"Give cc.perishable.{type(MEASURES.get(str(measure), Lost())).__name__}(), for instance."
            faults.append(Fault("objective", f"{measure!r:.60}", "a measure", remedy))
        else:
            names.append(str(measure.name))  # type: ignore[attr-defined]
    for name in sorted({name for name in names if names.count(name) > 1}):
        found = f"{name!r} {names.count(name)} times"
        faults.append(
            Fault("objective", found, "each measure once", "It is kept once it is reached: leave out the rest.")
        )
    number = given_number(gap)
    if number is None or not 0 <= number < 1:
        faults.append(Fault("gap", f"{gap!r:.60}", "a relative gap from 0 to below 1", "0.001 is usual."))
    number = given_number(seconds)
    if number is None or not number > 0:
        faults.append(Fault("seconds", f"{seconds!r:.60}", "a time > 0", "60 is usual."))
    if faults:
        raise DataError(faults)
