"""Random streams by seed and key; the factors that items share, drawn once for all pieces that are replayed."""

from __future__ import annotations

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.demand import Law, draw_common

FACTORS = 2**32 - 1  # the end of their key: no block, piece or item has this number


def generator(seed: int, key: tuple[int, ...]) -> np.random.Generator:
    """The stream `key` of a seed."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def shared_factors(law: Law, seed: int, key: tuple[int, ...], paths: int) -> FloatArray | None:
    """The factors' draws (K, N, paths) beside the stream `key` of a seed; None where items are independent.

    They have a stream of their own, so that they do not depend on how items are cut into pieces, and so that other
    stores keep their draws.
    """
    return draw_common(law, generator(seed, (*key, FACTORS)), paths)
