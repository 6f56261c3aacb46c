"""Random streams by seed and key; the factors that items share, drawn once for all pieces that are replayed; the parts
of orders."""

from __future__ import annotations

from functools import partial

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.demand import Law, draw_common
from ccinv.parts import Divide, Parts

FACTORS = 2**32 - 1  # the end of their key: no block, piece or item has this number
PARTS = 2**32 - 2  # nor this one


def generator(seed: int, key: tuple[int, ...]) -> np.random.Generator:
    """The stream `key` of a seed."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def shared_factors(law: Law, seed: int, key: tuple[int, ...], paths: int) -> FloatArray | None:
    """The factors' draws (K, N, paths) beside the stream `key` of a seed; None where items are independent.

    They have a stream of their own, so that they do not depend on how items are cut into pieces, and so that other
    stores keep their draws.
    """
    return draw_common(law, generator(seed, (*key, FACTORS)), paths)


def divided(parts: Parts | None, stream: np.random.Generator) -> Divide | None:
    """The parts of orders, drawn from `stream`; None where orders come whole."""
    return None if parts is None else partial(parts.draw, stream)
