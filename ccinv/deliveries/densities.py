"""Densities of the paper, as printed and as they are.

Amounts: η_1, …, η_(n−1), what deliveries bring beyond the least amount, where Σ_i η_i ≤ σ = 1 − nδ. Requirements:

    ζ_i = ξ_1 + … + ξ_i − η_1 − … − η_(i−1),   of which ζ_i ≤ M + (i − 1)δ − iγ asks that delivery i come in time

All of it for deliveries whose times and amounts are both left to chance. Source: Prékopa & Kelle 1978, (2.5), (3.2),
(3.12), (3.13), with c = 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln, xlog1py, xlogy

from ccinv.arrays import BoolArray, FloatArray, given_numbers
from ccinv.deliveries.marks import Marks
from ccinv.deliveries.process import Deliveries
from ccinv.errors import DataError, Fault


def amount_density_printed(deliveries: Deliveries, excess: ArrayLike) -> FloatArray:
    """(2.5) as printed, at `excess` (..., n − 1): a power of 1/σ too many, so that it integrates to 1/σ."""
    return amount_density_corrected(deliveries, excess) / left_to_chance(deliveries).amount_marks.scale


def amount_density_corrected(deliveries: Deliveries, excess: ArrayLike) -> FloatArray:
    """The density of η_1, …, η_(n−1) at `excess` (..., n − 1).

    σ^−(n−1) L! / Π Γ(k_i − k_(i−1)) · Π_i (z_i / σ)^(k_i − k_(i−1) − 1),   z_n = σ − z_1 − … − z_(n−1),  k_n = L + 1
    """
    marks = left_to_chance(deliveries).amount_marks
    found = given_numbers("excess", excess)
    if not found.ndim or found.shape[-1] != marks.size:
        expected = f"(..., {marks.size}), one for each delivery but the last"
        raise DataError(Fault("excess", f"shape {found.shape}", expected, "Give what comes beyond the least amount."))
    share = found / marks.scale
    share = np.concatenate([share, 1.0 - share.sum(axis=-1, keepdims=True)], axis=-1)
    spans = np.diff(marks.positions, prepend=0, append=marks.sample + 1)
    inside: BoolArray = np.asarray((share > 0).all(axis=-1))
    constant = gammaln(marks.sample + 1.0) - gammaln(spans).sum() - marks.size * np.log(marks.scale)
    logs = constant + xlogy(spans - 1, np.where(inside[..., None], share, 1.0)).sum(axis=-1)
    return np.where(inside, np.exp(logs), 0.0)


def requirement_density_printed(deliveries: Deliveries, delivery: int, at: ArrayLike) -> FloatArray:
    """f_i(x) of ζ_i as (3.12), (3.13) print it: 0 for x ≤ 0, though ζ_i of i ≥ 2 may be negative.

    What it integrates to is P{ζ_i > 0}.
    """
    x = given_numbers("at", at)
    return np.where(x > 0, requirement_density_corrected(deliveries, delivery, x), 0.0)


def requirement_density_corrected(deliveries: Deliveries, delivery: int, at: ArrayLike) -> FloatArray:
    """f_i(x) of ζ_i for `delivery` i = 1..n at x, of any shape; on (−σ, τ) for i ≥ 2, τ = 1 − nγ.

        f_i(x) = ∫ b(x + u; j_i, N, τ) b(u; k_(i−1), L, σ) du,   max(0, −x) < u < min(τ − x, σ)

    b(·; j, N, τ): density of the j-th smallest of N uniform numbers of (0, τ). A polynomial between limits: Gauss–
    Legendre nodes integrate it exactly. Source: (3.12), (3.13), with the lower limit that is missing there.
    """
    known = left_to_chance(deliveries)
    times, amounts = known.time_marks, known.amount_marks
    i = checked_delivery(known, delivery)
    x = given_numbers("at", at)
    if i == 1:
        return order_density(times, 1, x)
    low, high = np.maximum(0.0, -x), np.minimum(times.scale - x, amounts.scale)
    node, weight = np.polynomial.legendre.leggauss((times.sample + amounts.sample) // 2 + 1)
    width = np.maximum(high - low, 0.0)[..., None]
    u = low[..., None] + width * 0.5 * (node + 1.0)
    inner = order_density(times, i, x[..., None] + u) * order_density(amounts, i - 1, u)
    found: FloatArray = (inner * width * 0.5 * weight).sum(axis=-1)
    return found


def order_density(marks: Marks, which: int, at: FloatArray) -> FloatArray:
    """The density of mark `which` (from 1) less its steps at `at`: a beta density on (0, scale)."""
    j, share = int(marks.positions[which - 1]), at / marks.scale
    inside = (share > 0) & (share < 1)
    share = np.where(inside, share, 0.5)
    constant = gammaln(marks.sample + 1.0) - gammaln(j) - gammaln(marks.sample + 1.0 - j) - np.log(marks.scale)
    return np.where(inside, np.exp(constant + xlogy(j - 1, share) + xlog1py(marks.sample - j, -share)), 0.0)


def left_to_chance(deliveries: Deliveries) -> Deliveries:
    """The deliveries, if they are of the kind that the paper's densities are about; else a DataError."""
    if deliveries.time_marks.fixed is None and (deliveries.amount_marks.fixed is None or deliveries.number == 1):
        return deliveries
    expected = "times and amounts from samples"
    raise DataError(
        Fault("deliveries", "times or amounts that are certain", expected, "What is certain has no density.")
    )


def checked_delivery(deliveries: Deliveries, delivery: int) -> int:
    """The number of a delivery, from 1; else a DataError."""
    if isinstance(delivery, int | np.integer) and 1 <= delivery <= deliveries.number:
        return int(delivery)
    raise DataError(Fault("delivery", repr(delivery), f"1 to {deliveries.number}", "Deliveries count from 1."))
