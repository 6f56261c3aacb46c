"""How large the shortage just before each delivery is, when demand comes at a constant rate.

    Z_i = T_i − A_(i−1) − M:    P{Z_i > 0},    E[Z_i; Z_i > 0]

T_i and A_(i−1) are a number each, or shifted and scaled beta variables; the integrals of their densities over the
region of shortage are of polynomials, for which Gauss–Legendre nodes are exact, and of one sign, so that small
probabilities, and ratios of them, are as accurate as large ones. Source: Prékopa & Kelle 1978, (3.9)–(3.13), where the
density of commodities with i ≥ 2 deliveries lacks the part below zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from ccinv.arrays import FloatArray, IntArray
from ccinv.deliveries.marks import Marks


@dataclass(frozen=True, slots=True, eq=False)
class Gaps:
    """T_i and A_(i−1) of m materials, (m, n) each but `sizes`: least values, scales, places j and k, sizes of samples.

    Where a mark is certain its scale is 0; where a material has fewer deliveries than others `real` is False.
    """

    time: FloatArray
    time_scale: FloatArray
    time_place: FloatArray
    time_sample: FloatArray
    amount: FloatArray
    amount_scale: FloatArray
    amount_place: FloatArray
    amount_sample: FloatArray
    real: FloatArray

    def rows(self, index: IntArray) -> Gaps:
        """The materials at `index`, in that order."""
        return Gaps(*(getattr(self, name)[index] for name in self.__slots__))


def gaps(times: Sequence[Marks], amounts: Sequence[Marks]) -> Gaps:
    """The marks of the materials as arrays, filled up to the largest number of deliveries."""
    n = max(one.size for one in times)
    table = np.zeros((9, len(times), n))
    for row, (when, much) in enumerate(zip(times, amounts, strict=True)):
        table[:4, row, : when.size] = _columns(when)
        table[4:8, row, 1 : when.size] = _columns(much)
        table[8, row, : when.size] = 1.0
    return Gaps(*table)


def _columns(marks: Marks) -> FloatArray:
    places = marks.positions if marks.fixed is None else np.zeros(marks.size)
    same = np.ones(marks.size)
    return np.stack([marks.least, marks.scale * same, places, marks.sample * same])


def shortages(gap: Gaps, stock: FloatArray) -> tuple[FloatArray, FloatArray]:
    """P{Z_i > 0} and E[Z_i; Z_i > 0], (m, n) each, for stocks (m,); 0 for deliveries that are not there."""
    inner = int(gap.time_sample.max(initial=0)) // 2 + 1
    outer = int((gap.time_sample + gap.amount_sample).max(initial=0)) // 2 + 2
    block = max(1, 2_000_000 // (gap.time.shape[1] * inner * outer))
    chance, size = np.empty(gap.time.shape), np.empty(gap.time.shape)
    for start in range(0, len(stock), block):
        part = np.arange(start, min(start + block, len(stock)))
        chance[part], size[part] = _block(gap.rows(part), stock[part], inner, outer)
    return chance, size


def _block(gap: Gaps, stock: FloatArray, inner: int, outer: int) -> tuple[FloatArray, FloatArray]:
    # shortage where time_scale·x > lead + amount_scale·y
    lead = stock[:, None] + gap.amount - gap.time
    span = np.where(gap.amount_scale > 0, gap.amount_scale, 1.0)
    all_late = np.where(gap.amount_scale > 0, np.clip(-lead / span, 0.0, 1.0), (lead < 0) * 1.0)
    some_late = np.where(gap.amount_scale > 0, np.clip((gap.time_scale - lead) / span, 0.0, 1.0), 1.0)
    chance, size = np.zeros(lead.shape), np.zeros(lead.shape)
    # below `all_late` every time is too late, between the two the times from a point on: a kink parts the two
    for low, high in ((np.zeros(lead.shape), all_late), (all_late, some_late)):
        y, weight = _law(gap.amount_scale, gap.amount_place, gap.amount_sample, low, high, outer)
        ahead = lead[..., None] + gap.amount_scale[..., None] * y
        scale = np.where(gap.time_scale > 0, gap.time_scale, 1.0)[..., None]
        first = np.where(gap.time_scale[..., None] > 0, np.clip(ahead / scale, 0.0, 1.0), (ahead >= 0) * 1.0)
        each = np.broadcast_to(gap.time_scale[..., None], first.shape)
        place = np.broadcast_to(gap.time_place[..., None], first.shape)
        sample = np.broadcast_to(gap.time_sample[..., None], first.shape)
        x, inside = _law(each, place, sample, first, np.ones(first.shape), inner)
        late = np.maximum(each[..., None] * x - ahead[..., None], 0.0)
        chance += (weight * inside.sum(axis=-1)).sum(axis=-1)
        size += (weight * (inside * late).sum(axis=-1)).sum(axis=-1)
    real = gap.real > 0
    return np.where(real, chance, 0.0), np.where(real, size, 0.0)


def _law(
    scale: FloatArray, place: FloatArray, sample: FloatArray, low: FloatArray, high: FloatArray, nodes: int
) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights (..., q) of the beta law of the place-th of a sample on (low, high); a number: all at 0."""
    at, weight = np.polynomial.legendre.leggauss(nodes)
    random = scale > 0
    first = np.where(random, place, 1.0)[..., None]
    last = np.where(random, sample - place, 0.0)[..., None]
    constant = gammaln(first + last + 1.0) - gammaln(first) - gammaln(last + 1.0)
    half = 0.5 * (high - low)[..., None]
    node = low[..., None] + half * (at + 1.0)
    inside = (node > 0) & (node < 1)
    safe = np.where(inside, node, 0.5)
    density = np.exp(constant + (first - 1.0) * np.log(safe) + last * np.log1p(-safe))
    lump = np.where(high > low, 1.0, 0.0)[..., None] * (np.arange(nodes) == 0)
    weights = np.where(random[..., None], np.where(inside, half * weight * density, 0.0), lump)
    return np.where(random[..., None], node, 0.0), weights
