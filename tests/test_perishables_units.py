"""Plans for perishables do not depend on the units of amounts and of money; what is proven is within its gap."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from perishable_instances import small

import ccinv as cc
from ccinv.errors import DataError
from ccinv.models.perishable.scale import scale_of
from ccinv.perishable import (
    MEASURES,
    Cost,
    EndStock,
    FillRate,
    Lost,
    Measure,
    PerishablePlan,
    PerishableStore,
    Profit,
    Weights,
)
from ccinv.perishable.store import MONEY

DEMAND = np.array([[5.0, 3, 7, 2], [4, 4, 1, 6]])
KNOWN: dict[str, Any] = {"shelf_life": [2, 3], "order_days": [True, False, True, False]}
ASKED: tuple[tuple[Measure, ...], ...] = (*((measure,) for measure in MEASURES.values()), tuple(MEASURES.values()))
SEEDS = (0, 3, 4)


def told(store: PerishableStore, amount: float, money: float) -> PerishableStore:
    """The same store with units of 1/amount and money of 1/money."""
    amounts = ("demand", "pack", "least", "most", "opening", "arrivals")
    changed: dict[str, Any] = {name: getattr(store, name) * amount for name in amounts}
    for name in MONEY:
        changed[name] = getattr(store, name) * (money / (1.0 if name == "order_cost" else amount))
    return replace(store, **changed)


@cache
def planned(seed: int, measures: tuple[Measure, ...]) -> PerishablePlan:
    return cc.perishables(small(seed), measures)


def flags(plan: PerishablePlan) -> list[bool]:
    return [level.proven for level in plan.levels]


def unit(name: str, amount: float, money: float) -> float:
    """The unit of a measure."""
    return {"cost": money, "profit": money, "service": 1.0}.get(name, amount)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("amount", "money"),
    [*((10.0**k, 1.0) for k in range(-8, 10) if k), *((1.0, 10.0**k) for k in (-9, -6, -3, 3, 6, 9)), (1e9, 1e-9)],
)
def test_the_same_question_in_other_units_has_the_same_orders_values_and_proofs(
    seed: int, amount: float, money: float
) -> None:
    store = small(seed)
    for measures in ASKED:
        here = planned(seed, measures)
        there = cc.perishables(told(store, amount, money), measures)
        np.testing.assert_allclose(there.orders / amount, here.orders, rtol=1e-12, atol=0)
        assert flags(there) == flags(here) == [True] * len(measures)
        for a, b in zip(here.levels, there.levels, strict=True):
            size = unit(a.name, amount, money)  # floats of other units differ by rounding of what is added up
            assert b.value / size == pytest.approx(a.value, rel=1e-9, abs=1e-9)
            assert b.bound / size == pytest.approx(a.bound, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("size", [1e-4, 1.0, 1e3, 1e5, 1e6, 1e9])
def test_demand_that_is_far_larger_than_a_pack_is_served_whole(size: float) -> None:
    store = cc.PerishableStore(demand=DEMAND * size, **KNOWN)
    plan = cc.perishables(store, FillRate())
    assert plan.levels[0].value == 1.0
    assert plan.proven


@pytest.mark.parametrize("money", [1e-10, 1e-8, 1e-6, 1e-3, 1.0, 1e6, 1e10])
def test_most_profit_is_the_same_in_any_money(money: float) -> None:
    store = cc.PerishableStore(
        demand=DEMAND, unit_cost=money, price=3 * money, lost_cost=money, waste_cost=money, order_cost=money, **KNOWN
    )
    plan = cc.perishables(store, Profit(), gap=1e-6)
    # all 32 units sold at 3 and bought at 1, two orders for each of two items
    assert plan.levels[0].value / money == pytest.approx(60.0, rel=1e-9)
    assert plan.proven
    assert plan.levels[0].gap <= 1e-6


@pytest.mark.parametrize("size", [1e-8, 1e-6, 1e-4, 1e-3, 1e-2])
def test_demand_far_below_a_pack_loses_and_leaves_the_least_of_all_ways_to_order_a_pack_or_none(size: float) -> None:
    store = cc.PerishableStore(demand=DEMAND * size, **KNOWN)
    plan = cc.perishables(store, (Lost(), EndStock()))
    best = min(
        (lost, end)
        for bits in np.ndindex(2, 2, 2, 2)
        for lost, end in [_lost_and_end(store, np.array(bits, dtype=float).reshape(2, 2))]
    )
    assert plan.levels[0].value == best[0] == 0.0
    assert plan.levels[1].value == pytest.approx(best[1], rel=1e-12)


def _lost_and_end(store: PerishableStore, packs: np.ndarray) -> tuple[float, float]:
    """Lost and left of packs on the two order days, item by item, each unit followed by its age."""
    lost = end = 0.0
    for i in range(2):
        shelf: list[list[float]] = []  # day of receipt, units
        for d in range(4):
            shelf = [each for each in shelf if d - each[0] < store.shelf_life[i]]
            if d % 2 == 0 and packs[i, d // 2]:
                shelf.append([d, packs[i, d // 2]])
            wanted = store.demand[i, d]
            for each in shelf:
                taken = min(wanted, each[1])
                each[1] -= taken
                wanted -= taken
            lost += wanted
        end += sum(each[1] for each in shelf)
    return lost, end


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("amount", [1e-6, 1.0, 1e6])
def test_what_is_proven_is_within_the_gap_that_was_asked(seed: int, amount: float) -> None:
    rng = np.random.default_rng(seed)
    store = cc.PerishableStore(
        demand=rng.gamma(2.0, 3.0, (3, 6)) * amount, shelf_life=[2, 3, 2], order_days=[1, 0, 1, 0, 1, 0],
        pack=np.array([1.0, 2.5, 4.0]) * amount, unit_cost=rng.random(3), price=3.0, lost_cost=1.0, waste_cost=0.3,
        order_cost=amount,
    )  # fmt: skip
    plan = cc.perishables(store, tuple(MEASURES.values()), gap=1e-4)
    for level in plan.levels:
        assert not level.proven or level.gap <= 1e-4
    assert plan.proven


def test_a_day_s_total_of_ten_thousand_million_packs_is_kept_to_the_pack() -> None:
    total = 11e9 + 3
    store = cc.PerishableStore(demand=DEMAND * 1e9, least=total, most=total, **KNOWN)
    plan = cc.perishables(store)
    assert plan.orders.sum(axis=0).tolist() == [total, 0, total, 0]


def test_measures_without_any_money_are_zero_and_proven() -> None:
    plan = cc.perishables(cc.PerishableStore(demand=DEMAND * 0, **KNOWN), tuple(MEASURES.values())[::-1])
    assert plan.proven
    assert [level.value for level in plan.levels] == [1, 0, 0, 0, 0, 0]


def test_packs_beyond_what_numbers_tell_apart_from_demand_are_refused() -> None:
    store = cc.PerishableStore(demand=DEMAND * 1e-10, item_id=("milk", "bread"), **KNOWN)
    with pytest.raises(DataError, match="pack of item milk: found 1 units, beside a mean demand of 4e-10"):
        cc.perishables(store)


def test_service_in_thousand_millions_is_that_in_units() -> None:
    orders = []
    for size in (1e-6, 1.0, 1e9):
        law = cc.demand.Normal(np.full((2, 6), 10.0) * size, np.full((2, 6), 3.0) * size)
        store = cc.PerishableStore(
            demand=law, pack=size, shelf_life=[3, 4], order_days=np.arange(6) % 2 == 0,
            service=cc.Service(0.9, "best"),
        )  # fmt: skip
        plan = cc.perishables(store, audit_paths=2000)
        assert plan.promise is not None
        assert plan.promise.accepted
        orders.append(plan.orders / size)
    np.testing.assert_allclose(orders[0], orders[1], rtol=1e-9)
    np.testing.assert_allclose(orders[2], orders[1], rtol=1e-9)


def test_natural_units_are_the_greatest_common_step_of_all_amounts() -> None:
    for size in (1e-7, 1.0, 0.3, 1e8):
        scale = scale_of(cc.PerishableStore(demand=DEMAND * 2 * size, pack=4 * size, opening=6 * size, **KNOWN))
        assert scale.amount == pytest.approx(2 * size, rel=1e-9)
        assert scale.step == 1.0
        assert scale.store.pack.tolist() == [2.0, 2.0]


@dataclass(frozen=True)
class Handling:
    """Somebody's own measure: a worker's minutes, so many for an order, for a unit short and for one wasted."""

    name = "handling"
    title = "minutes"
    largest = False

    def weights(self, store: PerishableStore) -> Weights:
        return Weights.of(store, order=15.0, short=2.0, waste=1.0)


@pytest.mark.parametrize("size", [0.5, 1.0, 4.0])
def test_a_measure_of_one_s_own_weighs_orders_and_units_as_it_says(size: float) -> None:
    """With packs of `size` and demand of as many, one unit short is 2 minutes whatever a pack is."""
    store = cc.PerishableStore(
        demand=np.array([[2.0, 1, 2, 1]]) * 2 * size, pack=2 * size, shelf_life=2, order_days=[1, 0, 1, 0], order_cost=1
    )
    plan = cc.perishables(store, Handling(), gap=1e-6)
    # each of two orders saves 3 packs of 2 · size units, and costs 15
    assert plan.levels[0].value == pytest.approx(2 * min(15.0, 2 * 3 * 2 * size), rel=1e-9)
    assert plan.proven


@pytest.mark.parametrize("seed", range(4))
def test_orders_that_need_not_be_whole_are_paid_for_or_nothing(seed: int) -> None:
    """What the rows of a program are inaccurate by is no order: it would cost as much as one."""
    rng = np.random.default_rng(seed)
    store = cc.PerishableStore(
        demand=rng.integers(0, 9, (3, 8)), shelf_life=[3, 4, 3], order_days=rng.random((3, 8)) < 0.5, whole=False,
        most=14, least=2, unit_cost=1, price=3, holding_cost=0.1, waste_cost=0.5, lost_cost=1, order_cost=2,
    )  # fmt: skip
    plan = cc.perishables(store, (FillRate(), Cost()), gap=1e-6)
    assert plan.proven
    assert plan.orders[plan.orders > 0].min() > 1e-3
