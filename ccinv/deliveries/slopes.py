"""The slope of the reliability as the paper derives it, by conditional probabilities: as printed and as it is."""

from __future__ import annotations

import numpy as np

from ccinv.arrays import FloatArray, IntArray
from ccinv.deliveries.counting import Stages, falling_behind
from ccinv.deliveries.densities import left_to_chance, order_density, requirement_density_corrected
from ccinv.deliveries.process import Deliveries

PANELS = 24  # the conditional probability is a polynomial in pieces, whose ends panels need not know
NODES = 16


def slope_printed(deliveries: Deliveries, stock: float) -> float:
    """h′(M) as (4.6) has it: the integrals, one for each delivery from the second, once more multiplied by f_i.

    f_i is taken at M + (i − 1)δ − iγ. The first delivery has no amounts before it and no integral: there f_1 stands
    once, as it must.
    """
    known = left_to_chance(deliveries)
    factor = _densities(known, stock)
    factor[0] = 1.0
    return float(_terms(known, stock) @ factor)


def slope_corrected(deliveries: Deliveries, stock: float) -> float:
    """h′(M) for demand at a constant rate, by (4.6) without the factor f_i before the integral.

        h′(M) = Σ_i ∫ P{no shortage at the others | T_i = M + a, A_(i−1) = a} f_(T_i)(M + a) f_(A_(i−1))(a) da

    The integral is over the joint density of (T_i, A_(i−1)), which has f_i within it. Given both, the deliveries before
    and those after are independent, and of the same kind: the probability is a product of two exact ones.
    `Deliveries.reliability_slope` is the same number by another way, and faster.
    """
    return float(_terms(left_to_chance(deliveries), stock).sum())


def _densities(deliveries: Deliveries, stock: float) -> FloatArray:
    i = np.arange(1, deliveries.number + 1)
    at = stock + (i - 1) * deliveries.amount_marks.step - i * deliveries.time_marks.step
    each = zip(i, at, strict=True)
    return np.array([float(requirement_density_corrected(deliveries, int(one), x)) for one, x in each])


def _terms(deliveries: Deliveries, stock: float) -> FloatArray:
    """The integral of (4.6) for each delivery, (n,)."""
    times, amounts = deliveries.time_marks, deliveries.amount_marks
    found = np.zeros(deliveries.number)
    if stock <= times.step:
        return found  # the first delivery comes later than that
    for i in range(1, deliveries.number + 1):
        still = stock + (i - 1) * amounts.step - i * times.step
        if i == 1:
            x, weight = np.zeros(1), np.ones(1)
        else:
            x, weight = _panels(max(0.0, -still), min(times.scale - still, amounts.scale))
            weight = weight * order_density(amounts, i - 1, x)
        weight = weight * order_density(times, i, still + x)
        use = weight > 0
        if use.any():
            found[i - 1] = weight[use] @ (_before(deliveries, i, stock, x[use]) * _after(deliveries, i, stock, x[use]))
    return found


def _panels(low: float, high: float) -> tuple[FloatArray, FloatArray]:
    """Composite Gauss–Legendre nodes and weights; weights of 0 where there is nothing between the ends."""
    node, weight = np.polynomial.legendre.leggauss(NODES)
    ends = np.linspace(low, max(high, low), PANELS + 1)
    width = np.diff(ends)[:, None]
    return (ends[:-1, None] + width * 0.5 * (node + 1.0)).ravel(), (width * 0.5 * weight).ravel()


def _before(deliveries: Deliveries, i: int, stock: float, x: FloatArray) -> FloatArray:
    """P{no shortage at 1..i − 1 | A_(i−1) = (i − 1)δ + x, T_i = M + A_(i−1)}, (q,)."""
    times, amounts = deliveries.time_marks, deliveries.amount_marks
    if i == 1:
        return np.ones(len(x))
    before = np.arange(1, i)
    still = stock + (before - 1) * amounts.step - before * times.step
    length = stock + (i - 1) * amounts.step - i * times.step + x
    places = np.concatenate([[0], amounts.positions[: i - 2]])
    points, drivers = int(times.positions[i - 1]) - 1, int(amounts.positions[i - 2]) - 1
    rising = amounts.step >= times.step or drivers == 0
    return _in_time(times.positions[: i - 1], points, length, np.tile(still, (len(x), 1)), places, drivers, x, rising)


def _after(deliveries: Deliveries, i: int, stock: float, x: FloatArray) -> FloatArray:
    """P{no shortage at i + 1..n | A_(i−1) = (i − 1)δ + x, T_i = M + A_(i−1)}, (q,)."""
    times, amounts = deliveries.time_marks, deliveries.amount_marks
    if i == deliveries.number:
        return np.ones(len(x))
    gone = int(amounts.positions[i - 2]) if i > 1 else 0
    still = np.arange(1, deliveries.number - i + 1) * (amounts.step - times.step)
    length = times.scale - (stock + (i - 1) * amounts.step - i * times.step + x)
    places, points = times.positions[i:] - times.positions[i - 1], times.sample - int(times.positions[i - 1])
    drivers, more = amounts.positions[i - 1 :] - gone, amounts.sample - gone
    rising = amounts.step > times.step  # of equal ones the first bound has no given part; from the end it has
    return _in_time(places, points, length, np.tile(still, (len(x), 1)), drivers, more, amounts.scale - x, rising)


def _in_time(
    places: IntArray,
    points: int,
    length: FloatArray,
    still: FloatArray,
    drivers: IntArray,
    driver_sample: int,
    driver_length: FloatArray,
    rising: bool,
) -> FloatArray:
    """P{length · x_(places_l) ≤ still_l + driver_length · y_(drivers_l) for all l}, (q,), for `still` (q, m).

    x_(p): the p-th smallest of `points` uniform numbers, y_(d): of `driver_sample`. Where `still` falls with l, the
    same is asked of 1 − y and 1 − x in the reverse order, as in `ccinv.deliveries.stages`.
    """
    if not rising:
        places, drivers = driver_sample + 1 - drivers[::-1], points + 1 - places[::-1]
        still = (still + (driver_length - length)[:, None])[:, ::-1]
        points, length, driver_sample, driver_length = driver_sample, driver_length, points, length
    cases, m = still.shape
    stages = Stages(
        np.tile(places, (cases, 1)).astype(np.int64),
        np.full(cases, points, dtype=np.int64),
        np.tile(drivers, (cases, 1)).astype(np.int64).reshape(cases, m),
        np.full(cases, driver_sample, dtype=np.int64),
        driver_length / length,
    )
    found: FloatArray = 1.0 - falling_behind(stages, still / length[:, None])
    return found
