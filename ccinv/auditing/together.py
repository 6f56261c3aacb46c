"""Replay of a rule, and on how many paths no cell of a group is short."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ccinv.arrays import BoolArray, IntArray
from ccinv.auditing.streams import shared_factors
from ccinv.auditing.tallying import CELLS, block_paths
from ccinv.ledger import replay
from ccinv.result import Rule
from ccinv.store import Store


def served_together(
    store: Store,
    rule: Rule,
    group: IntArray,
    cells: BoolArray,
    paths: int,
    stream: tuple[int, ...],
    workers: int | None = None,
) -> IntArray:
    """On how many of `paths` paths every one of the `cells` (n, N) of a group is served, orders executed, (G,).

        Σ_paths 1{X_i(t) not short for all i of the group and all t of its cells}

    `group` (n,): the number of each item's group, −1 for none. The same random `stream` (seed first) means the same
    sales and arrivals whatever the rule, and the same counts whatever the number of `workers`.
    """
    inside = np.flatnonzero(group >= 0)
    inside = inside[np.argsort(group[inside], kind="stable")]  # items of a group are neighbours in the pieces
    groups = int(group.max(initial=-1)) + 1
    block = block_paths(store.items, store.periods)
    sizes = [min(block, paths - start) for start in range(0, paths, block)]
    step = max(CELLS // (store.periods * block), 1)
    pieces = [inside[first : first + step] for first in range(0, len(inside), step)]
    parts = [(group[index], cells[index], store.rows(index), rule.rows(index)) for index in pieces]

    def run(number: int) -> IntArray:
        key = (*stream[1:], number)
        rng = np.random.default_rng(np.random.SeedSequence(stream[0], spawn_key=key))
        common = shared_factors(store.demand, stream[0], key, sizes[number])
        missed = np.zeros((groups, sizes[number]), dtype=np.bool_)
        for label, asked, part, numbers in parts:
            net = replay(part, numbers, rng, sizes[number], common).net
            short = ((net < part.short_below[:, None, None]) & asked[:, :, None]).any(axis=1)
            named, first = np.unique(label, return_index=True)
            missed[named] |= np.logical_or.reduceat(short, first, axis=0)
        return np.asarray(sizes[number] - np.count_nonzero(missed, axis=1), dtype=np.int64)

    with ThreadPoolExecutor(min(workers or os.cpu_count() or 1, len(sizes))) as pool:
        found: IntArray = np.sum(list(pool.map(run, range(len(sizes)))), axis=0, dtype=np.int64)
    return found
