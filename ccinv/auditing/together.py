"""Replay of a rule, and on how many paths no cell of a group is short."""

from __future__ import annotations

import numpy as np

from ccinv.arrays import BoolArray, IntArray
from ccinv.auditing.pieces import Blocks, in_order
from ccinv.auditing.streams import generator, shared_factors
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
    blocks = Blocks.of(store, paths)
    sizes = blocks.sizes
    parts = [(group[index], cells[index], store.rows(index), rule.rows(index)) for index in blocks.cut(inside)]

    def run(number: int) -> IntArray:
        key = (*stream[1:], number)
        rng = generator(stream[0], key)
        common = shared_factors(store.demand, stream[0], key, sizes[number])
        missed = np.zeros((groups, sizes[number]), dtype=np.bool_)
        for label, asked, part, numbers in parts:
            net = replay(part, numbers, rng, sizes[number], common).net
            short = ((net < part.short_below[:, None, None]) & asked[:, :, None]).any(axis=1)
            named, first = np.unique(label, return_index=True)
            missed[named] |= np.logical_or.reduceat(short, first, axis=0)
        return np.asarray(sizes[number] - np.count_nonzero(missed, axis=1), dtype=np.int64)

    found: IntArray = np.zeros(groups, dtype=np.int64)
    in_order(run, found.__iadd__, len(sizes), workers)
    return found
