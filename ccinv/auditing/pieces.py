"""A replay cut into blocks of paths and pieces of items, done by threads, and what they found taken in order."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from ccinv.arrays import IntArray
from ccinv.store import Store

CELLS = 2**18  # items × periods × paths replayed at once: a dozen arrays of 2 MB, which the caches still hold
FEWEST, MOST = 1_000, 16_384  # paths in a block: enough to be worth a call, few enough to share among workers

Found = TypeVar("Found")


def block_paths(items: int, periods: int) -> int:
    """Paths in a block: a function of the store's size alone, so that a seed means the same on every machine."""
    return int(np.clip(CELLS // (items * periods), FEWEST, MOST))


@dataclass(frozen=True, slots=True)
class Blocks:
    """All paths of a store in blocks of `block`, the last of them smaller: `sizes`."""

    periods: int
    block: int
    sizes: tuple[int, ...]

    @classmethod
    def of(cls, store: Store, paths: int) -> Blocks:
        block = block_paths(store.items, store.periods)
        return cls(store.periods, block, tuple(min(block, paths - start) for start in range(0, paths, block)))

    def cut(self, items: IntArray) -> list[IntArray]:
        """Items in pieces small enough to be replayed at once for a block."""
        return cut(items, self.periods * self.block, CELLS)


def cut(items: IntArray, each: int, most: int) -> list[IntArray]:
    """Items in pieces of at most `most` cells, where each has so many; at least one item in a piece."""
    step = max(most // each, 1)
    return [items[first : first + step] for first in range(0, len(items), step)]


def in_order(
    run: Callable[[int], Found],
    take: Callable[[Found], object],
    count: int,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """`take` what `run` finds for 0, ..., count − 1, by threads (default: one per processor).

    Taken in order, so that sums have one order too, whatever the number of workers. `progress` is called with (done,
    in all). If anything is raised, what has not begun is dropped.
    """
    pool = ThreadPoolExecutor(min(workers or os.cpu_count() or 1, count))
    try:
        for done, found in enumerate(pool.map(run, range(count)), start=1):
            take(found)
            if progress is not None:
                progress(done, count)
    finally:
        pool.shutdown(cancel_futures=True)
