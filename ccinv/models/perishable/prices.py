"""Item by item: what couples items is given a price, and each item then has a small program of its own."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ccinv.arrays import FloatArray, IntArray
from ccinv.models.perishable.cumulative import movements
from ccinv.models.perishable.program import Columns, Program
from ccinv.models.perishable.rows import NONE
from ccinv.solve.milp import Ended, Mixed, solve_mixed
from ccinv.solve.started import solve_from

MOST_ROUNDS = 100
ITEM_SECONDS = 5.0  # of one item's program: its bound counts even if it is not solved by then
LAST = 0.3  # share of the time for choosing among the plans of items


@dataclass(frozen=True, slots=True, eq=False)
class Priced:
    """A bound on every plan, the best orders found, (n, N), and the work."""

    bound: float
    orders: FloatArray | None
    solves: int
    processor_seconds: float


def priced(
    program: Program, cost: FloatArray, kept: Sequence[tuple[FloatArray, float]], first: FloatArray, gap: float,
    seconds: float,
) -> Priced:  # fmt: skip
    """The bound and the orders that prices of days and of earlier levels lead to.

        bound = Σ_k min_k (cost − prices · rows) + prices · limits,   prices from the master program over known plans

    `kept`: coefficients and greatest values of earlier levels; `first`: orders that keep everything, (n, N). Each round
    solves one small exact program per item; the master program, linear, weighs the plans of items found so far. At the
    end, one plan per item is chosen, by whole numbers. Source: Dantzig and Wolfe 1960.
    """
    began = time.monotonic()
    items = _items(program)
    rows, limit = _coupling(program, kept)
    solves, processor, bound = 0, 0.0, -np.inf
    plans: list[list[FloatArray]] = [[] for _ in items]  # coefficients of each known plan: cost, then coupling rows
    orders: list[list[FloatArray]] = [[] for _ in items]

    def remember(given: FloatArray) -> None:
        x = program.point(movements(program.store, given), 0.0)
        for k, item in enumerate(items):
            own = x[item.columns]
            plans[k].append(np.concatenate([[cost[item.columns] @ own], rows[:, item.columns] @ own]))
            orders[k].append(given[k])

    remember(first)
    for _ in range(MOST_ROUNDS):
        if time.monotonic() - began > (1 - LAST) * seconds:
            break
        value, price = _master(plans, limit)
        reduced = cost - rows.T @ price
        total, found = float(price @ limit), np.zeros_like(first)
        for k, item in enumerate(items):
            mixed = Mixed(
                reduced[item.columns], item.rows, item.low, item.high, program.least[item.columns],
                program.most[item.columns], program.whole[item.columns],
            )  # fmt: skip
            answer, took = solve_from(mixed, None, 1e-6, ITEM_SECONDS)
            solves, processor, total = solves + 1, processor + took, total + answer.bound
            if answer.x is None:
                found[k] = orders[k][0]
                continue
            whole = np.zeros(program.at.size)
            whole[item.columns] = answer.x
            found[k] = program.orders(whole)[k]
        bound = max(bound, total)
        remember(found)
        if value - bound <= max(gap / 4 * max(abs(value), abs(bound)), 1e-6):
            break
    left = max(seconds - (time.monotonic() - began), 1.0)
    return Priced(bound, _chosen(plans, orders, limit, gap, left), solves + 1, processor)


@dataclass(frozen=True, slots=True, eq=False)
class _Item:
    """The columns of one item in x, and the rows of the program that are its own."""

    columns: IntArray
    rows: object
    low: FloatArray
    high: FloatArray


def _owner(at: Columns) -> IntArray:
    """The item of each column of x, −1 for those of no item."""
    owner = np.full(at.size, NONE)
    for name in ("order", "ordered", "sold", "short", "waste", "stock", "empty", "spent", "lacking"):
        column = getattr(at, name)
        item = np.broadcast_to(np.arange(len(column))[:, None], column.shape)
        owner[column[column != NONE]] = item[column != NONE]
    return owner


def _items(program: Program) -> list[_Item]:
    owner = _owner(program.at)
    rows = program.rows.tocsr()
    first = owner[rows.indices[np.minimum(rows.indptr[:-1], len(rows.indices) - 1)]]
    alone = np.diff(rows.indptr) > 0
    day_totals = np.arange(rows.shape[0])[_total_rows(program)]
    alone[day_totals] = False
    found = []
    for k in range(program.store.items):
        columns, own = np.flatnonzero(owner == k), np.flatnonzero(alone & (first == k))
        found.append(_Item(columns, rows[own][:, columns], program.low[own], program.high[own]))
    return found


def _total_rows(program: Program) -> slice:
    """The rows of the order days' totals."""
    return slice(program.totals, program.totals + int(program.store.order_days.any(axis=0).sum()))


def _coupling(program: Program, kept: Sequence[tuple[FloatArray, float]]) -> tuple[FloatArray, FloatArray]:
    """rows · x ≤ limit for all that couples items: totals of days, from both sides, and earlier levels."""
    span = _total_rows(program)
    totals, low, high = program.rows[span].toarray(), program.low[span], program.high[span]
    above, below = np.isfinite(high), low > 0
    rows = [totals[above], -totals[below], *(level[None, :] for level, _ in kept)]
    limits = [high[above], -low[below], np.array([value for _, value in kept])]
    return np.concatenate(rows), np.concatenate(limits)


def _stacked(plans: list[list[FloatArray]]) -> tuple[FloatArray, IntArray]:
    """All known plans, one column each, and the item of each."""
    return np.array([plan for each in plans for plan in each]).T, np.repeat(
        np.arange(len(plans)), [len(each) for each in plans]
    )


def _master(plans: list[list[FloatArray]], limit: FloatArray) -> tuple[float, FloatArray]:
    """The least cost of mixtures of known plans, and the prices (≤ 0) of what couples them."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_matrix

    solve: Any = linprog  # its types know no sparse rows
    table, item = _stacked(plans)
    one = csr_matrix((np.ones(len(item)), (item, np.arange(len(item)))))
    found = solve(
        table[0], A_ub=table[1:], b_ub=limit, A_eq=one, b_eq=np.ones(one.shape[0]), bounds=(0, None), method="highs"
    )
    if found.status != 0:
        return np.inf, np.zeros(len(limit))
    return float(found.fun), np.asarray(found.ineqlin.marginals)


def _chosen(
    plans: list[list[FloatArray]], orders: list[list[FloatArray]], limit: FloatArray, gap: float, seconds: float
) -> FloatArray | None:
    """One plan per item, together as cheap as can be."""
    from scipy.sparse import csr_matrix, vstack

    table, item = _stacked(plans)
    count = len(item)
    one = csr_matrix((np.ones(count), (item, np.arange(count))))
    rows = vstack([csr_matrix(table[1:]), one]).tocsr()
    low = np.concatenate([np.full(len(limit), -np.inf), np.ones(len(plans))])
    high = np.concatenate([limit, np.ones(len(plans))])
    whole = np.ones(count, dtype=np.bool_)
    mixed = Mixed(table[0], rows, low, high, np.zeros(count), np.ones(count), whole)
    answer = solve_mixed(mixed, gap, seconds)
    if answer.x is None or answer.ended is Ended.INFEASIBLE:
        return None
    flat = np.array([own for each in orders for own in each])
    return flat[np.flatnonzero(answer.x > 0.5)]
