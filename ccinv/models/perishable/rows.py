"""Rows of a program, gathered many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray, IntArray

NONE = -1  # no such column


class Rows:
    """Sparse rows low ≤ Σ coefficient · x[column] ≤ high; a column of −1 is left out."""

    def __init__(self) -> None:
        self.row: list[IntArray] = []
        self.column: list[IntArray] = []
        self.value: list[FloatArray] = []
        self.low: list[FloatArray] = []
        self.high: list[FloatArray] = []
        self.count = 0

    def add(self, terms: Sequence[tuple[IntArray, ArrayLike]], low: ArrayLike, high: ArrayLike) -> None:
        """One row for each entry of the columns in `terms`, which are all of one length."""
        size = len(terms[0][0])
        number = self.count + np.arange(size)
        for column, value in terms:
            there = column != NONE
            self.row.append(number[there])
            self.column.append(column[there])
            self.value.append(np.broadcast_to(np.asarray(value, dtype=np.float64), (size,))[there])
        self.low.append(np.broadcast_to(np.asarray(low, dtype=np.float64), (size,)))
        self.high.append(np.broadcast_to(np.asarray(high, dtype=np.float64), (size,)))
        self.count += size

    def matrix(self, columns: int) -> tuple[Any, FloatArray, FloatArray]:
        """The rows as a sparse matrix, and their limits."""
        from scipy.sparse import csr_matrix

        place = (np.concatenate(self.row), np.concatenate(self.column))
        matrix = csr_matrix((np.concatenate(self.value), place), shape=(self.count, columns))
        return matrix, np.concatenate(self.low), np.concatenate(self.high)
