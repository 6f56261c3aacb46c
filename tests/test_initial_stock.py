"""Initial stocks of several materials: the paper's example, two methods as each other's oracle, and what must hold."""

from __future__ import annotations

import delivery_cases as cases
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

import ccinv as cc
from ccinv.errors import DataError, InfeasibleError
from ccinv.models.initial_stock import planes

BOTH = [cases.FIRST, cases.SECOND]
WIDE = 100.0  # a row that binds nothing


def in_the_row(materials, *given, **named):
    """The same question answered by tangents and a linear program: a row that does not bind asks for that method."""
    return cc.initial_stock(materials, *given, rows=(np.ones((1, len(materials))), [WIDE]), **named)


def test_the_paper_s_example_at_its_printed_parameters():
    found = cc.initial_stock(BOTH, [1, 3], 0.8)
    np.testing.assert_allclose(found.stock, [0.413896, 0.267008], atol=3e-6)
    assert found.cost == pytest.approx(1.21492, abs=5e-6)
    assert found.reliabilities[0] == pytest.approx(0.93585, abs=5e-6)
    assert found.reliability == pytest.approx(0.8, abs=1e-10)
    assert found.gap < 1e-9
    # what the paper reports is cheaper because it is not reliable
    assert cases.FIRST.reliability(0.32) * cases.SECOND.reliability(0.19) == pytest.approx(0.1287, abs=5e-5)


def test_the_paper_s_example_fitted_by_exact_means():
    first = cc.Deliveries((3, 5, 8, 10), 10, 0.10, (5, 7, 12), 20, 0.16)
    found = cc.initial_stock([first, cases.SECOND], [1, 3], 0.8)
    np.testing.assert_allclose(found.stock, [0.437108, 0.265165], atol=2e-6)
    assert found.cost == pytest.approx(1.232602, abs=5e-7)


def cheapest_of_two(p: float) -> float:
    """The cost of the example by a search over the first stock alone: the second is what is left to it."""

    def cost(first: float) -> float:
        left = p / cases.FIRST.reliability(first)
        return first + 3.0 * (cases.SECOND.stock(left) if left < 1 else 1.0)

    low = cases.FIRST.stock(p) + 1e-9
    return float(minimize_scalar(cost, bounds=(low, 0.9), method="bounded", options={"xatol": 1e-10}).fun)


@pytest.mark.parametrize("p", [0.3, 0.8, 0.95, 0.999])
def test_two_materials_cost_what_a_search_over_one_of_them_finds(p):
    assert cc.initial_stock(BOTH, [1, 3], p).cost == pytest.approx(cheapest_of_two(p), rel=1e-8)


@pytest.mark.parametrize("p", [1e-6, 0.5, 0.9, 0.999999])
@pytest.mark.parametrize("material", BOTH, ids=["first", "second"])
def test_one_material_needs_the_stock_of_its_own_reliability(material, p):
    assert cc.initial_stock([material], [40.0], p).stock[0] == pytest.approx(material.stock(p), abs=1e-9)


def test_materials_that_are_certain_get_just_what_they_need():
    sure = cc.Deliveries((0.25, 0.5, 0.75, 1.0), amounts=(0.25, 0.25, 0.25, 0.25))
    assert cc.initial_stock([sure], [2.0], 0.9).stock[0] == pytest.approx(0.25, abs=1e-9)
    found = cc.initial_stock([sure, cases.FIRST], [2.0, 1.0], 0.9)
    np.testing.assert_allclose(found.stock, [0.25, cases.FIRST.stock(0.9)], atol=1e-9)


@given(st.lists(cases.random_deliveries(), min_size=1, max_size=6), st.floats(0.2, 0.99), st.integers(0, 10**6))
@settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
def test_the_multiplier_and_the_tangents_find_the_same_cost(materials, p, seed):
    price = np.exp(np.random.default_rng(seed).normal(size=len(materials)) * 1.5)
    found, other = cc.initial_stock(materials, price, p), in_the_row(materials, price, p)
    assert found.reliability >= p * (1 - 1e-12)
    assert other.reliability >= p * (1 - 1e-12)
    assert found.gap <= 1e-6
    # each is above the bound that the other proved
    assert found.cost >= other.bound - 1e-9 * found.cost
    assert other.cost >= found.bound - 1e-9 * found.cost
    assert found.cost == pytest.approx(other.cost, rel=2e-6)


def test_no_neighbour_of_the_optimum_is_both_cheaper_and_reliable():
    rng = np.random.default_rng(2)
    found = cc.initial_stock(BOTH, [1, 3], 0.9)
    for _ in range(300):
        near = found.stock * np.exp(rng.normal(size=2) * 10.0 ** rng.uniform(-6, -1))
        if near @ [1, 3] < found.cost * (1 - 1e-9):
            assert np.prod([one.reliability(m) for one, m in zip(BOTH, near, strict=True)]) < 0.9


def test_the_price_of_reliability_is_what_a_little_more_costs():
    at = [cc.initial_stock(BOTH, [1, 3], p).cost for p in (0.8 * 0.9995, 0.8 * 1.0005)]
    assert cc.initial_stock(BOTH, [1, 3], 0.8).price_of_reliability == pytest.approx((at[1] - at[0]) / 0.1, rel=1e-3)


def test_limits_of_the_conditional_shortage_are_lower_bounds():
    limit = np.array([[0.04], [0.03]])
    found = cc.initial_stock(BOTH, [1, 3], shortage_limit=limit)
    for one, m, most in zip(BOTH, found.stock, limit[:, 0], strict=True):
        assert one.conditional_shortage(m).max() == pytest.approx(most, rel=1e-9)
    assert np.isnan(found.price_of_reliability)
    # beside a probability the larger of the two counts
    both = cc.initial_stock(BOTH, [1, 3], 0.8, shortage_limit=limit)
    assert both.reliability >= 0.8 * (1 - 1e-12)
    assert (both.stock >= found.stock - 1e-12).all()
    loose = cc.initial_stock(BOTH, [1, 3], 0.8, shortage_limit=1.0)
    np.testing.assert_allclose(loose.stock, cc.initial_stock(BOTH, [1, 3], 0.8).stock, atol=1e-5)


def test_a_price_of_shortages_buys_stock_until_the_next_unit_is_not_worth_it():
    found = cc.initial_stock(BOTH, [1, 3], shortage_price=30.0)
    for one, m, price in zip(BOTH, found.stock, (1, 3), strict=True):
        assert 30.0 * one.shortage_probability(m).sum() == pytest.approx(price, rel=1e-9)
    assert found.penalty == pytest.approx(30.0 * found.expected_shortage.sum(), rel=1e-12)
    # with a probability that binds, too
    asked = cc.initial_stock(BOTH, [1, 3], 0.95, shortage_price=30.0)
    assert asked.reliability == pytest.approx(0.95, abs=1e-9)
    other = in_the_row(BOTH, [1, 3], 0.95, shortage_price=30.0)
    assert asked.cost + asked.penalty == pytest.approx(other.cost + other.penalty, rel=1e-6)


def test_a_price_that_rises_with_the_stock_moves_stock_to_the_other_material():
    flat = cc.initial_stock(BOTH, [1, 3], 0.8)
    rising = cc.initial_stock(BOTH, cc.Rising(np.array([1.0, 3.0]), np.array([5.0, 0.0])), 0.8)
    assert rising.stock[0] < flat.stock[0] - 0.01
    assert rising.stock[1] > flat.stock[1] + 0.001
    # the gain in log-reliability per dollar is the same for both
    gain = [one.reliability_slope(m) / one.reliability(m) for one, m in zip(BOTH, rising.stock, strict=True)]
    assert gain[0] / (1 + 5 * rising.stock[0]) == pytest.approx(gain[1] / 3, rel=1e-5)


def test_rows_of_space_and_money_hold_and_cost_something():
    free = cc.initial_stock(BOTH, [1, 3], 0.8)
    space = free.stock.sum() - 0.002
    tight = cc.initial_stock(BOTH, [1, 3], 0.8, rows=([[1, 1]], [space]))
    assert tight.stock.sum() <= space + 1e-9
    assert tight.reliability >= 0.8 * (1 - 1e-12)
    assert tight.gap <= 1e-6
    assert tight.cost > free.cost * (1 + 1e-6)

    # on the row there is one degree of freedom left: the cheapest reliable point is at its end
    def spare(first: float) -> float:
        return cases.FIRST.reliability(first) * cases.SECOND.reliability(space - first) - 0.8

    firsts = np.linspace(tight.stock[0] - 1e-3, tight.stock[0] + 1e-3, 201)
    reliable = [m for m in firsts if spare(m) >= 0]
    assert min(m + 3 * (space - m) for m in reliable) >= tight.cost - 1e-6


def test_bounds_are_kept_and_the_rest_makes_up_for_them():
    found = cc.initial_stock(BOTH, [1, 3], 0.8, upper=[0.40, 1.0])
    assert found.stock[0] == pytest.approx(0.40, abs=1e-12)
    assert found.stock[1] == pytest.approx(cases.SECOND.stock(0.8 / cases.FIRST.reliability(0.40)), abs=1e-6)
    low = cc.initial_stock(BOTH, [1, 3], 0.8, lower=[0.5, 0.0])
    assert low.stock[0] == pytest.approx(0.5, abs=1e-12)


def test_what_upper_bounds_and_rows_cannot_reach_is_told_with_what_they_can():
    with pytest.raises(InfeasibleError, match=r"at most 0\.178405.*0\.8.*material 1"):
        cc.initial_stock(BOTH, [1, 3], 0.8, upper=0.25)
    assert np.prod([one.reliability(0.25) for one in BOTH]) == pytest.approx(0.178405, abs=5e-7)
    with pytest.raises(InfeasibleError) as error:
        cc.initial_stock(BOTH, [1, 3], 0.8, rows=([[1, 1]], [0.5]))
    attainable = float(str(error.value).split("at most ")[1].split(",")[0])
    best = max(cases.FIRST.reliability(m) * cases.SECOND.reliability(0.5 - m) for m in np.linspace(0.25, 0.33, 161))
    assert attainable == pytest.approx(best, rel=2e-5)
    with pytest.raises(InfeasibleError, match="Material 2"):
        cc.initial_stock(BOTH, [1, 3], shortage_limit=0.01, upper=[1.0, 0.2])
    with pytest.raises(InfeasibleError, match="whatever the reliability"):
        cc.initial_stock(BOTH, [1, 3], 0.8, lower=0.4, rows=([[1, 1]], [0.5]))


def test_demand_need_not_be_constant():
    path = cc.DemandPath([0, 0.5, 1], [0, 0.7, 1])
    early = cc.Deliveries((3, 5, 7, 9), 10, 0.10, (5, 7, 11), 20, 0.16, demand=path)
    found = cc.initial_stock([early, cases.SECOND], [1, 3], 0.8)
    assert found.reliability == pytest.approx(0.8, abs=1e-9)
    assert found.gap < 1e-6
    # more is asked for early on
    assert found.stock[0] > cc.initial_stock(BOTH, [1, 3], 0.8).stock[0] + 0.05
    random = cc.Deliveries((2, 4, 6), 6, 0.0, (2, 4), 6, demand=cc.Deliveries((1, 3, 4, 6), 6, 0.0, (2, 3, 5), 6))
    both = cc.initial_stock([random, cases.SECOND], [1, 3], 0.8)
    assert both.reliability == pytest.approx(0.8, abs=1e-9)
    assert both.gap < 1e-6


def test_the_place_where_reliability_jumps_can_be_the_best():
    """The first delivery comes for certain at 0.2: with that stock reliability is 0.69, with less it is nothing."""
    mixed = cc.Deliveries([0.2, 0.4, 0.6, 0.8], amounts=(3, 5, 7), amount_sample=8)
    assert mixed.reliability(0.2) == pytest.approx(mixed.reliability(0.2 + 1e-12), abs=1e-9)
    assert mixed.reliability(0.2 - 1e-12) == 0
    found = cc.initial_stock([*BOTH, mixed], [1, 1, 1], 0.5)
    assert found.stock[2] == pytest.approx(0.2, abs=1e-9)
    assert found.gap < 1e-8
    assert in_the_row([*BOTH, mixed], [1, 1, 1], 0.5).cost == pytest.approx(found.cost, rel=1e-6)


def test_three_hundred_materials_are_proven_optimal_and_as_reliable_as_asked():
    rng = np.random.default_rng(5)
    materials = []
    for _ in range(300):
        n = int(rng.integers(2, 7))
        sample, amount_sample = int(rng.integers(n, 16)), int(rng.integers(n, 21))
        times, amounts = (np.sort(rng.permutation(of)[:k]) + 1 for of, k in ((sample, n), (amount_sample, n - 1)))
        steps = rng.uniform(0, 0.7, 2) / n
        materials.append(cc.Deliveries(times, sample, steps[0], amounts, amount_sample, steps[1]))
    found = cc.initial_stock(materials, np.exp(rng.normal(size=300) * 1.5), 0.95)
    assert found.gap < 1e-6
    alone = [float(one.reliability(m)) for one, m in zip(materials, found.stock, strict=True)]
    assert np.prod(alone) == pytest.approx(0.95, abs=1e-6)
    assert np.prod(alone) >= 0.95 - 1e-12


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (([], [1], 0.8), "deliveries"),
        (([cases.FIRST], [-1], 0.8), "price, material 1"),
        (([cases.FIRST], [1, 2], 0.8), "price"),
        (([cases.FIRST], [np.nan], 0.8), "price, material 1"),
        (([cases.FIRST], [1], 95), "reliability"),
        (([cases.FIRST], [1], 1.0), "reliability"),
        (([cases.FIRST], [1], None), "reliability"),
    ],
)
def test_a_question_that_cannot_be_is_refused_by_name(arguments, named):
    with pytest.raises(DataError) as error:
        cc.initial_stock(*arguments)
    assert named in [fault.where for fault in error.value.faults]


def test_all_faults_of_a_question_are_told_at_once():
    with pytest.raises(DataError) as error:
        cc.initial_stock(BOTH, [-1, 1], 80, upper=[-1, 1], shortage_price=-3, rows=([[1, 1, 1]], [1]))
    where = {fault.where for fault in error.value.faults}
    assert {"reliability", "price, material 1", "upper, material 1", "rows"} <= where
    assert "Did you mean 0.8?" in str(error.value)


@pytest.mark.parametrize("unit", [1e-9, 1e-3, 1.0, 1e6])
def test_rows_mean_the_same_in_every_unit(unit):
    with pytest.raises(InfeasibleError, match=r"at most 0\.200069"):
        cc.initial_stock(BOTH, [1, 3], 0.8, rows=([[unit, unit]], [0.5 * unit]))
    found = cc.initial_stock(BOTH, [1, 3], 0.8, rows=([[unit, unit]], [0.679 * unit]))
    assert found.cost == pytest.approx(1.215056, abs=2e-6)


def test_what_costs_nothing_is_bought_until_nothing_is_gained():
    free = cc.initial_stock(BOTH, [0, 0], 0.8)
    assert (free.cost, free.gap, free.reliability) == (0.0, 0.0, pytest.approx(1.0, abs=1e-12))
    half = cc.initial_stock(BOTH, [0, 1], 0.8)
    assert half.stock[1] == pytest.approx(cases.SECOND.stock(0.8), abs=1e-8)


@pytest.mark.parametrize(
    ("named", "arguments"),
    [
        ("price, material 1", {"price": [np.inf, 1]}),
        ("lower, material 1", {"lower": np.inf}),
        ("shortage_price, material 1, delivery 1", {"shortage_price": np.inf}),
        ("rows", {"rows": 5}),
        ("rows, row 1, material 1", {"rows": ([[-1, 0]], [-2.0])}),
        ("price", {"price": cc.Rising(np.ones(3), np.ones(3))}),
        ("reliability", {"reliability": 1e-300}),
        ("reliability", {"reliability": 1 - 1.2e-16}),
    ],
)
def test_numbers_without_a_meaning_are_refused_where_they_stand(named, arguments):
    with pytest.raises(DataError) as error:
        cc.initial_stock(BOTH, **({"price": [1, 3], "reliability": 0.8} | arguments))
    assert named in [fault.where for fault in error.value.faults]


@pytest.mark.parametrize("materials", [cases.FIRST, None, 5])
def test_materials_come_in_a_list(materials):
    with pytest.raises(DataError, match="Give a list of Deliveries"):
        cc.initial_stock(materials, [1], 0.8)


def test_the_search_ends_with_a_proven_gap_or_says_so(monkeypatch):
    monkeypatch.setattr(planes, "MOST_STEPS", 3)
    found = cc.initial_stock(BOTH, [1, 3], 0.8, rows=([[1, 1]], [0.69]))
    assert found.gap > 1e-9
    assert found.bound <= found.cost
