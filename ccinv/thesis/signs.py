"""The three signs under which the thesis writes "stock is enough", and the right one."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import BoolArray, FloatArray


def served_printed(on_hand: ArrayLike, receipts: ArrayLike, sold: ArrayLike) -> BoolArray:
    """The event R(t−1) − D(t) ≤ I1 that the thesis puts in the place of I1 + R(t−1) ≥ D(t). Erratum E4, first sign.

    On numbers or draws of I1, R(t−1) and D(t), units. Source: Newton 1990, §3.6.1.
    """
    return np.asarray(np.subtract(receipts, sold) <= on_hand)


def served_corrected(on_hand: ArrayLike, receipts: ArrayLike, sold: ArrayLike) -> BoolArray:
    """The event I1 + R(t−1) ≥ D(t), that is D(t) − R(t−1) ≤ I1."""
    return np.asarray(np.subtract(sold, receipts) <= on_hand)


def margin_printed_first(on_hand: ArrayLike, receipts: ArrayLike, sold: ArrayLike) -> FloatArray:
    """I1 − E R(t−1) + E D(t), units: the printed numerator before N⁻¹ is applied. Erratum E4, second sign.

    It fits the printed event and rises with demand. Source: Newton 1990, §3.6.1.
    """
    return np.asarray(np.subtract(on_hand, receipts, dtype=np.float64) + sold)


def margin_printed_second(on_hand: ArrayLike, receipts: ArrayLike, sold: ArrayLike) -> FloatArray:
    """I1 − E R(t−1) − E D(t), units: the printed numerator after N⁻¹ is applied. Erratum E4, third sign.

    It fits no event: it falls with every order. Source: Newton 1990, (3.1), (3.4), (3.5) and §3.7.
    """
    return np.asarray(np.subtract(on_hand, receipts, dtype=np.float64) - sold)


def margin_corrected(on_hand: ArrayLike, receipts: ArrayLike, sold: ArrayLike) -> FloatArray:
    """I1 + E R(t−1) − E D(t) = E X(t), units, as the thesis itself has it in its second surrogate (§3.7.2)."""
    return np.asarray(np.add(on_hand, receipts, dtype=np.float64) - sold)
