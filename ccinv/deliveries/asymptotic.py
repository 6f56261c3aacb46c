"""Initial stock by the asymptotic reliability equation, and the even processes that it is about."""

from __future__ import annotations

import math

import numpy as np

from ccinv.arrays import given_number
from ccinv.deliveries.demand import DemandPath
from ccinv.deliveries.process import Deliveries
from ccinv.errors import DataError, Fault


def reliability_equation(
    deliveries: int | None,
    demands: int | None = None,
    *,
    risk: float,
    delivery_fixed: float = 0.0,
    demand_fixed: float = 0.0,
    total: float = 1.0,
) -> float:
    """The initial stock that runs short with probability `risk`, for many deliveries at times spread evenly.

        M = c [ ½ ( (1 + (1−λ)²)/n + (1 + (1−μ)²)/m ) log(1/ε) ]^½

    `deliveries`, `demands`: n, m, in one cycle; None where they flow at a constant rate, which is the limit n → ∞.
    `risk`: ε; `delivery_fixed`: λ = nδ/c, the share of the total that comes in equal parts, 1 for equal deliveries;
    `demand_fixed`: μ; `total`: c, in units, which M then has too. An approximation, see `even_deliveries` for processes
    that have an exact one. It is too large for few deliveries: n = 4, ε = 0.05 gives 0.612 where λ = 1, and 0.565 is
    enough; 0.865 where λ = 0, and 0.679 is enough. Source: Prékopa & Kelle 1978, (1.4).
    """
    faults = []
    for name, number in (("deliveries", deliveries), ("demands", demands)):
        if number is not None and ((given := given_number(number)) is None or not given >= 1):
            remedy = "Give how many there are in a cycle, None for a constant rate."
            faults.append(Fault(name, repr(number), "a number of at least 1, or None", remedy))
    for name, share in (("delivery_fixed", delivery_fixed), ("demand_fixed", demand_fixed)):
        faults += _share_faults(name, share)
    if (chance := given_number(risk)) is None or not 0 < chance < 1:
        faults.append(Fault("risk", repr(risk), "a number between 0 and 1", "Give 0.05 for a reliability of 95 %."))
    if (amount := given_number(total)) is None or not 0 < amount < math.inf:
        faults.append(Fault("total", repr(total), "a number > 0", "Give what is delivered in a cycle."))
    if faults:
        raise DataError(faults)
    spread = sum(
        (1.0 + (1.0 - fixed) ** 2) / number
        for number, fixed in ((deliveries, delivery_fixed), (demands, demand_fixed))
        if number is not None
    )
    return float(total * math.sqrt(0.5 * spread * math.log(1.0 / risk)))


def even_deliveries(number: int, fixed: float = 0.0, demand: DemandPath | Deliveries | None = None) -> Deliveries:
    """The deliveries of (1.2): `number` n at independent uniform times, a share `fixed` λ of them in equal parts.

    The rest of the total is cut at n − 1 uniform points: j_i = i of N = n, k_i = i of L = n − 1, γ = 0, δ = λ/n.
    Source: Prékopa & Kelle 1978, §1.
    """
    faults = _share_faults("fixed", fixed)
    if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < 1:
        faults.append(Fault("number", repr(number), "a whole number of at least 1", "Give the deliveries of a cycle."))
    if faults:
        raise DataError(faults)
    times = np.arange(1, number + 1)
    if fixed == 1 or number == 1:
        return Deliveries(times, number, amounts=np.full(number, 1.0 / number), demand=demand)
    return Deliveries(times, number, 0.0, times[:-1], number - 1, fixed / number, demand=demand)


def _share_faults(name: str, share: float) -> list[Fault]:
    if (number := given_number(share)) is not None and 0 <= number <= 1:
        return []
    return [Fault(name, repr(share), "a share from 0 to 1", "Give 1 for equal parts, 0 for parts left to chance.")]
