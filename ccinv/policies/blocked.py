"""Any of these policies when orders go out only while there is money in the fund."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ccinv.arrays import FloatArray, IntArray
from ccinv.errors import DataError, Fault
from ccinv.policies.demand_ahead import DemandAhead, demand_ahead
from ccinv.policies.ordering import Ordering, Policy
from ccinv.store import Store


@dataclass(frozen=True, slots=True, eq=False)
class Blocked:
    """`policy` set as blindly to the budget as ever, whose orders wait while the fund is empty.

        in the sequence of urgency, an order goes out iff Σ_i c_i (position_i + orders out so far) stays ≤ the limit

    The fund of a period is the budget limit less the dollars obligated: what customers pay for flows back. Urgency is
    the item's standardised room (position − E D)/sd D, D the demand over lead time and review (`demand_ahead`): first
    comes what is likeliest to run out before it can be ordered again, of equals the item that stands first. An order
    goes out whole or not at all; one that the fund cannot pay waits, smaller ones after it may still go, and whatever
    waits is asked for again, from the position it then has, a period later. Source: Newton 1990, §1.2.
    """

    policy: Policy

    @property
    def name(self) -> str:
        return f"{self.policy.name} blocked"

    @property
    def words(self) -> str:
        return f"as {self.policy.name}, but an order goes out only if the fund can pay it, the most urgent first"

    def on(self, store: Store) -> Fund:
        """The policy's numbers for a store, and its fund; a DataError where the store has no budget."""
        if store.budget is None:
            remedy = "State [budget] limit in store.toml, or leave this policy out."
            raise DataError(Fault(f"policy {self.name}", "a store without a budget", "a limit on dollars", remedy))
        return Fund(self.policy.on(store), demand_ahead(store), store.unit_cost, store.budget.limits(store.periods))


@dataclass(frozen=True, slots=True, eq=False)
class Fund:
    """Orders of `inner` as far as the fund goes; unit_cost (n,) $, limit (N,) $."""

    inner: Ordering
    ahead: DemandAhead
    unit_cost: FloatArray
    limit: FloatArray

    @property
    def together(self) -> bool:
        return True

    def rows(self, index: IntArray) -> Fund:
        """These items with the whole fund to themselves."""
        return Fund(self.inner.rows(index), self.ahead.rows(index), self.unit_cost[index], self.limit)

    def order(self, period: int, position: FloatArray) -> FloatArray:
        wanted = self.inner.order(period, position)
        cost = self.unit_cost[:, None] * wanted
        left = self.limit[period] - np.einsum("i,ip->p", self.unit_cost, position)
        scarce = np.flatnonzero(cost.sum(axis=0) > left)
        if not len(scarce):
            return wanted
        sd = self.ahead.sd[:, period, None]
        room = (position[:, scarce] - self.ahead.mean[:, period, None]) / np.where(sd > 0, sd, 1.0)
        urgency = np.argsort(room, axis=0, kind="stable")
        paid = affordable(np.take_along_axis(cost[:, scarce], urgency, axis=0), left[scarce])
        out = np.empty_like(paid)
        np.put_along_axis(out, urgency, paid, axis=0)
        wanted[:, scarce] *= out
        return wanted


def affordable(cost: FloatArray, left: FloatArray) -> FloatArray:
    """Which of the orders (n, paths), in this sequence, can be paid from what is left (paths,): 1 or 0 each.

    The same as going through them one by one and paying each that still can be paid: what exceeds the rest now can
    never be paid later, so it is struck off, and the first ones of those left over go together as far as the rest goes.
    """
    paid = np.zeros_like(cost)
    paid[cost <= 0] = 1.0  # what costs nothing needs no fund
    active = np.arange(cost.shape[1])
    waiting, rest = cost > 0, left
    while True:
        waiting &= cost <= rest
        some = waiting.any(axis=0)
        if not some.any():
            return paid
        active, cost, waiting, rest = active[some], cost[:, some], waiting[:, some], rest[some]
        running = np.cumsum(np.where(waiting, cost, 0.0), axis=0)
        now = waiting & (running <= rest)
        paid[:, active] += now
        rest = rest - np.where(now, cost, 0.0).sum(axis=0)
        waiting &= ~now
