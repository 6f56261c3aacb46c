"""What is in a store, in a few lines, before anything is planned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.demand import common_factors, kind_by_item
from ccinv.store import Store


@dataclass(frozen=True, slots=True)
class Range:
    """Least, middle and largest of some numbers."""

    low: float
    median: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:,.6g} to {self.high:,.6g}, median {self.median:,.6g}"


@dataclass(frozen=True, slots=True)
class Description:
    """What `ccinv check` shows of a store; `str` of it is the text, a label and a value per line.

    `laws`: kind of law and number of its items, the commonest first; `mean`, `sd`: per item and period, units;
    `mean_lead_time`: periods, of orders that arrive; `longest_lead_time`: last possible age; `never`: probability;
    `factors`: number of factors that items share and number of items that follow any, 0 where items are independent;
    `invested`: Σ unit cost × (on hand + on order), $; `controllable`, `promised`: cells that an order can influence,
    and important ones among them.
    """

    name: str
    items: int
    important: int
    periods: int
    first_period: str
    last_period: str
    laws: tuple[tuple[str, int], ...]
    factors: tuple[int, int]
    mean: Range
    sd: Range
    unit_cost: Range
    on_hand: Range
    backlogged: int
    mean_lead_time: Range
    longest_lead_time: Range
    never: Range
    open_orders: int
    on_order: float
    invested: float
    budget: Range | None
    budget_confidence: float | None
    alpha: float
    unattainable: str
    controllable: int
    promised: int

    @property
    def rows(self) -> tuple[tuple[str, str], ...]:
        """Label and value of each line."""
        span = f"{self.first_period} to {self.last_period}"
        never = f"; never: {self.never}" if self.never.high > 0 else ""
        budget = "none"
        if self.budget is not None:
            limit = f"{self.budget.low:,.2f}"
            if self.budget.high > self.budget.low:
                limit += f" to {self.budget.high:,.2f}"
            budget = f"$ {limit} with confidence {self.budget_confidence:g}"
        backlog = f" ({self.backlogged} with a backlog)" if self.backlogged else ""
        cells = self.items * self.periods
        influence = f"{self.controllable:,} of {cells:,} cells, {self.promised:,} of them of important items"
        if self.periods == 1:  # nothing ordered within it comes in time: no fault of the store
            influence = "what is there when the one period begins; levels for that: ccinv levels"
        return (
            ("store", self.name),
            ("items", f"{self.items:,}, {self.important:,} of them important"),
            ("periods", f"{self.periods}, {span}"),
            ("laws of demand", ", ".join(f"{law} {count:,}" for law, count in self.laws)),
            *((("factors", f"{self.factors[0]}, followed by {self.factors[1]:,} items"),) if self.factors[0] else ()),
            ("mean demand", f"{self.mean} units per item and period"),
            ("sd of demand", f"{self.sd} units per item and period"),
            ("unit cost", f"$ {self.unit_cost}"),
            ("on hand", f"{self.on_hand} units{backlog}"),
            ("open orders", f"{self.open_orders:,}, {self.on_order:,.6g} units"),
            ("lead time", f"mean {self.mean_lead_time} periods; longest {self.longest_lead_time}{never}"),
            ("invested", f"$ {self.invested:,.2f} on hand and on order"),
            ("budget", budget),
            ("service", f"{self.alpha:g} for important items; where unattainable: {self.unattainable}"),
            ("controllable", influence),
        )

    def __str__(self) -> str:
        width = max(len(label) for label, _ in self.rows)
        return "\n".join(f"{label:<{width}}  {value}" for label, value in self.rows)


def describe(store: Store) -> Description:
    """What is in the store."""
    kinds, counts = np.unique(kind_by_item(store.demand), return_counts=True)
    order = np.argsort(-counts, kind="stable")
    shared = common_factors(store.demand)
    ages = np.arange(store.lead_time.pmf.shape[1])
    arriving = store.lead_time.pmf.sum(axis=1)
    mean_age = np.divide(store.lead_time.pmf @ ages, arriving, out=np.zeros_like(arriving), where=arriving > 0)
    on_order = store.on_order
    controllable = store.controllable
    budget = store.budget
    return Description(
        name=store.name,
        items=store.items,
        important=int(store.important.sum()),
        periods=store.periods,
        first_period=store.calendar[0],
        last_period=store.calendar[-1],
        laws=tuple((str(kinds[k]), int(counts[k])) for k in order),
        factors=(0, 0) if shared is None else (shared.loading.shape[1], int(shared.loading.any(axis=1).sum())),
        mean=_range(store.demand.mean),
        sd=_range(store.demand.sd),
        unit_cost=_range(store.unit_cost),
        on_hand=_range(store.on_hand),
        backlogged=int((store.on_hand < 0).sum()),
        mean_lead_time=_range(mean_age),
        longest_lead_time=_range((store.lead_time.support - 1).astype(np.float64)),
        never=_range(store.lead_time.never),
        open_orders=0 if store.open_orders is None else len(store.open_orders.quantity),
        on_order=float(on_order.sum()),
        invested=float(store.unit_cost @ (store.on_hand + on_order)),
        budget=None if budget is None else _range(budget.limits(store.periods)),
        budget_confidence=None if budget is None else budget.confidence,
        alpha=store.service.alpha,
        unattainable=store.service.unattainable,
        controllable=int(controllable.sum()),
        promised=int(controllable[store.important].sum()),
    )


def _range(values: FloatArray) -> Range:
    return Range(float(values.min()), float(np.median(values)), float(values.max()))
