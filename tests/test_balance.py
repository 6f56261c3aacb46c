"""Balance of networks: nothing appears or vanishes, no flows cost less, and what is missing is named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from network_oracles import drawn, factories, least_cost, ledger

import ccinv as cc
from ccinv.inversion import Box, Cantelli, Normal, Unimodal
from ccinv.network import Expected, Linear, Static, WorstCase


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_goods_neither_appear_nor_vanish_and_no_flows_cost_less(seed: int, optional: bool) -> None:
    """Opening + in = out + stock, replayed by a ledger of dictionaries to 1e-9; the cost is that of another program."""
    known = drawn(np.random.default_rng(seed), optional)
    wanted = least_cost(known)
    if wanted is None:
        with pytest.raises(cc.InfeasibleError, match=r"missing|too many"):
            cc.balance(known)
        return
    plan = cc.balance(known)
    assert plan.cost == pytest.approx(wanted, rel=1e-6)
    stock = ledger(plan)
    room = 1e-9 * (1 + sum(known.on_hand.sum(axis=1)) + known.demand.mean.sum())
    for (name, what), own in zip(plan.cells, plan.stock, strict=True):
        for t in range(known.periods):
            assert abs(own[t] - stock[name, what, t + 1]) <= room, (name, what, t)
    table = plan.stock_columns()
    left = table["opening"] + table["received"] + table["arrivals"] - table["sent"] - table["demand"] - table["stock"]
    assert np.abs(left).max() <= room
    audit = cc.audit_balance(plan)
    assert audit.cost == pytest.approx(plan.cost, rel=1e-9)
    assert audit.stock_mean == pytest.approx(plan.stock, abs=room)


def test_most_random_networks_have_flows_and_some_have_none() -> None:
    """What the property above rests on."""
    found = [least_cost(drawn(np.random.default_rng(seed), seed % 2 == 1)) is not None for seed in range(60)]
    assert 30 <= sum(found) <= 58, sum(found)


def test_the_first_period_is_a_period_like_all_others() -> None:
    """Cut off the first period, and what it left as opening stock and on the way: the rest is planned the same."""
    arc = [("mill", "store"), ("store", "shop")]
    demand = np.array([[30.0, 50.0, 20.0, 60.0]])
    common: dict = {
        "node": ["mill", "store", "shop"], "kind": ["supplier", "store", "customer"], "arc": arc,
        "demand_at": ["shop"], "unit_cost": [2, 1], "capacity": [45, np.inf], "lag": [1, 0], "holding_cost": 0.5,
    }  # fmt: skip
    whole = cc.balance(cc.Network(**common, demand=demand, on_hand=[0, 60, 0]))
    sent = whole.flow_on("mill", "store")
    rest = cc.Network(
        **common,
        demand=demand[:, 1:],
        on_hand=[0, whole.stock_of("store")[0], 0],
        arrivals=[[sent[0], 0, 0]],
        arrivals_at=["store"],
    )
    assert cc.balance(rest).stock_of("store") == pytest.approx(whole.stock_of("store")[1:], abs=1e-9)


def test_pooled_stock_turns_one_product_into_another_and_stock_by_product_does_not() -> None:
    common: dict = {
        "node": ["mill", "store", "shop"], "kind": ["supplier", "store", "customer"], "product": ["new", "used"],
        "arc": [("mill", "store", "new"), ("store", "shop")], "demand_at": [("shop", "new"), ("shop", "used")],
        "demand": [[5.0, 5.0], [3.0, 0.0]], "unit_cost": 1,
    }  # fmt: skip
    with pytest.raises(cc.DataError, match="demand of shop, used: found no path to it"):
        cc.Network(**common)
    plan = cc.balance(cc.Network(**common, pooled=True))
    assert plan.flow_on("mill", "store").sum() == pytest.approx(13)
    assert plan.cells[0] == ("store", "all")
    with pytest.raises(cc.InfeasibleError, match="shop, used, period 1: 1 missing; 2 of 3 can be had"):
        cc.balance(cc.Network(**common, on_hand=[[0, 0], [0, 2], [0, 0]]))


def test_what_is_missing_is_named_by_node_product_and_period_with_what_can_be_had() -> None:
    known = cc.Network(
        node=["mill", "store", "shop"], kind=["supplier", "store", "customer"], arc=[("mill", "store"),
        ("store", "shop")], demand=[[10.0, 80.0]], demand_at=["shop"], capacity=[25, np.inf], on_hand=[0, 5, 0],
    )  # fmt: skip
    with pytest.raises(cc.InfeasibleError) as caught:
        cc.balance(known)  # 5 + 2 × 25 can be had of 90
    assert "all together, is 35" in str(caught.value)
    assert "shop, period 2: 35 missing; 45 of 80 can be had" in str(caught.value)
    with pytest.raises(cc.InfeasibleError, match="store, period 1: 40 too many"):
        cc.balance(
            cc.Network(
                node=["store"], kind=["store"], arc=[], demand=[[10.0]], demand_at=["store"], on_hand=60, most=10
            )
        )


def test_a_store_is_opened_only_where_it_pays() -> None:
    def cost(opening: float) -> cc.BalancePlan:
        return cc.balance(
            cc.Network(
                node=["mill", "near", "far", "shop"], kind=["supplier", "store", "store", "customer"],
                arc=[("mill", "near"), ("mill", "far"), ("near", "shop"), ("far", "shop")], demand=[[10.0] * 4],
                demand_at=["shop"], unit_cost=[1, 1, 1, 3], opening_cost=[np.nan, opening, np.nan, np.nan],
            )
        )  # fmt: skip

    assert cost(79.0).open.tolist() == [True, True, True, True]
    assert cost(79.0).cost == pytest.approx(40 * 2 + 79)
    assert cost(81.0).open.tolist() == [True, False, True, True]
    assert cost(81.0).cost == pytest.approx(40 * 4)


def test_the_published_case_is_reproduced() -> None:
    """Ben-Tal, Goryashko, Guslitzer and Nemirovski 2004: worst case 44272.8275, best nominal cost 35076.7366."""
    plan = cc.balance(factories(), inversion=Box(0.2))
    assert plan.worst_cost == pytest.approx(44272.8275, rel=1e-6)
    assert plan.cost == pytest.approx(35076.7366, rel=1e-6)
    assert plan.bound == pytest.approx(44272.8275, rel=1e-6)
    assert plan.low.min() == pytest.approx(500, rel=1e-6)
    assert plan.high.max() == pytest.approx(2000, rel=1e-6)
    audit = cc.audit_balance(plan, 4_000)
    assert audit.kept
    assert audit.highest == pytest.approx(44272.8275, rel=1e-6), "at the corner where all demand is high"
    for inversion in (None, Box(0.0)):
        assert cc.balance(factories(), inversion=inversion).cost == pytest.approx(33822.4621, rel=1e-8)


def test_fixed_flows_cannot_keep_the_published_case_and_the_reason_has_amounts() -> None:
    with pytest.raises(cc.InfeasibleError) as caught:
        cc.balance(factories(), Static(), Box(0.2))
    said = str(caught.value)
    assert "No fixed flows keep every limit for every demand within 20 % of its mean" in said
    # cumulative demand of 24 periods is uncertain by 20 % of 24 000 to either side, where 1 500 is the room
    assert "wider by 4,050" in said
    assert "store, period" in said
    plan = cc.balance(factories(least=0.0, most=10_100.0, on_hand=5_050.0), Static(), Box(0.2))
    assert plan.low[0, -1] == pytest.approx(plan.stock[0, -1] - 4_800, rel=1e-9)


def test_what_rules_see_makes_them_cheaper_and_less_of_it_dearer() -> None:
    cost = {
        name: cc.balance(factories(), rule, Box(0.05), Expected()).cost
        for name, rule in {"now": Linear(0), "before": Linear(1), "long before": Linear(3)}.items()
    }
    assert cost["now"] <= cost["before"] * (1 + 1e-9)
    assert cost["before"] < cost["long before"]
    assert cc.balance(factories(), Linear(1, total=True), Box(0.05), Expected()).cost == pytest.approx(cost["before"])


@pytest.mark.parametrize("kind", [Normal(), Cantelli(), Unimodal()])
def test_limits_under_normal_demand_are_kept_as_often_as_the_inversion_says(kind: object) -> None:
    mean = factories().demand.mean
    known = factories(cc.demand.Normal(mean, 0.05 * mean))
    plan = cc.balance(known, inversion=kind)
    audit = cc.audit_balance(plan, 20_000)
    assert audit.kept
    stock = {one.kind: one.share for one in audit.promises}
    if isinstance(kind, Normal):
        assert stock["least stock"].min() == pytest.approx(0.95, abs=0.006), "it is exact for normal stock"
        assert audit.cost == pytest.approx(plan.cost, rel=1e-3)
    if isinstance(kind, Cantelli):
        assert min(stock["least stock"].min(), stock["most stock"].min()) > 0.99


def test_correlated_demand_is_planned_with_its_correlation() -> None:
    mean = factories().demand.mean
    rho = 0.9 ** np.abs(np.subtract.outer(np.arange(24), np.arange(24)))
    plan = cc.balance(factories(cc.demand.Normal(mean, 0.05 * mean, rho)))
    audit = cc.audit_balance(plan, 20_000)
    assert audit.kept
    # flows that are held up by a capacity are caught up later: a little less than the rules alone would keep
    assert 0.935 <= {one.kind: one.share for one in audit.promises}["least stock"].min() <= 0.955
    alone = cc.balance(factories(cc.demand.Normal(mean, 0.05 * mean)))
    blind = replace(alone, known=plan.known)
    assert not cc.audit_balance(blind, 20_000).kept, "rules for independent periods do not do where they are not"


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**6))
def test_every_demand_of_a_box_is_served_on_random_networks(seed: int) -> None:
    """Where there are rules, no replay, at corners or within, misses a limit; the worst cost is never exceeded."""
    known = drawn(np.random.default_rng(seed), backlog=False)
    try:
        plan = cc.balance(known, Linear(1), Box(0.1))
    except cc.InfeasibleError as error:
        assert "period" in str(error)  # noqa: PT017  # it must say where
        return
    audit = cc.audit_balance(plan, 400, seed)
    assert audit.kept, [one.kind for one in audit.promises if (one.verdict == "BROKEN").any()]
    assert audit.highest <= plan.worst_cost * (1 + 1e-6) + 1e-6
    assert cc.balance(known).cost <= plan.cost * (1 + 1e-6)
    assert plan.cost <= plan.worst_cost * (1 + 1e-9)


def test_the_worst_case_may_be_given_up_for_the_centre_of_the_box() -> None:
    worst = cc.balance(factories(), inversion=Box(0.1), aim=WorstCase())
    centre = cc.balance(factories(), inversion=Box(0.1), aim=Expected())
    assert centre.cost < worst.cost
    assert worst.worst_cost < centre.worst_cost


def test_a_box_belongs_to_networks_and_the_planner_of_stores_says_so() -> None:
    store = cc.Store(
        unit_cost=[1.0], on_hand=[10], important=[True], demand=cc.demand.Normal([[5.0, 5.0]], [[1.0, 1.0]]),
        lead_time=cc.LeadTime([[1.0]]),
    )  # fmt: skip
    with pytest.raises(cc.ModelError, match=r"it belongs to cc\.balance"):
        cc.plan(store, inversion=Box(0.2))
    with pytest.raises(cc.DataError, match="a share from 0 to 1"):
        Box(20)


@pytest.mark.parametrize(
    ("given_", "phrase"),
    [
        ({"arc": [("f1", "stoer")]}, "the unknown node 'stoer'"),
        ({"capacity": -1}, r"capacity, f1 → store, period 1: found -1"),
        ({"least": 3000}, "least <= most"),
        ({"demand_at": ["f1"]}, "f1, a supplier"),
        ({"arc": [("f1", "store"), ("f2", "store")]}, "shape"),
        ({"kind": ["supplier"] * 3 + ["shop"]}, "expected supplier, store, customer, outlet"),
        ({"service": 0.3}, "service: found 0.3"),
        ({"lag": 0.5}, "a whole number of periods"),
    ],
)
def test_what_is_wrong_with_arrays_is_named(given_: dict, phrase: str) -> None:
    with pytest.raises(cc.DataError, match=phrase):
        factories(**given_)


def test_circles_without_time_and_places_without_a_path_are_named() -> None:
    common: dict = {"node": ["mill", "a", "b", "c"], "kind": ["supplier", "store", "store", "store"],
                    "demand": [[1.0], [1.0]], "demand_at": ["b", "c"]}  # fmt: skip
    with pytest.raises(cc.DataError) as caught:
        cc.Network(**common, arc=[("mill", "a"), ("a", "b"), ("b", "a")])
    said = str(caught.value)
    assert "demand of c, goods: found no path to it" in said
    assert "a → b and b → a, in no time" in said
    cc.Network(**common, arc=[("mill", "a"), ("a", "b"), ("b", "a"), ("a", "c")], lag=[0, 0, 1, 0])


def test_what_cannot_be_asked_together_is_refused_with_a_remedy() -> None:
    mean = factories().demand.mean
    with pytest.raises(cc.DataError, match="backlog_cost with uncertain demand"):
        cc.balance(factories(least=0.0, backlog_cost=3.0), inversion=Box(0.1))
    with pytest.raises(cc.DataError, match=r"WorstCase\(\) without a box"):
        cc.balance(factories(cc.demand.Normal(mean, mean / 20)), aim=WorstCase())
    with pytest.raises(cc.DataError, match="not calibrated"):
        cc.balance(factories(), inversion=cc.inversion.Calibrated())
