"""The reliability of an initial stock: exact against laws known otherwise, simulation, and what must hold always."""

from __future__ import annotations

import delivery_cases as cases
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import special, stats

import ccinv as cc
from ccinv.deliveries import drawn_by_sorting
from ccinv.deliveries.marks import Marks
from ccinv.deliveries.risk import Risk
from ccinv.errors import DataError


def simulated(material: cc.Deliveries, stocks, paths: int, seed: int):
    """Relative frequency of no shortage, (k,), and sums of shortages before each delivery, by sorting uniforms."""
    rng = np.random.default_rng(seed)

    def draw(marks: Marks):
        return np.tile(marks.fixed, (paths, 1)) if marks.fixed is not None else drawn_by_sorting(marks, rng, paths)

    times, flow = draw(material.time_marks), material.flow
    have = np.concatenate([np.zeros((paths, 1)), draw(material.amount_marks)], axis=1)
    if flow.demand is None or isinstance(flow.demand, cc.DemandPath):
        short = flow.asked(times) - have
        end = flow.total - 1.0
        return np.array([((short <= m).all(axis=1) & (end <= m)).mean() for m in stocks]), short
    asked_at, asked = draw(flow.demand.times), draw(flow.demand.amounts)
    asked = np.concatenate([np.zeros((paths, 1)), asked, np.ones((paths, 1))], axis=1)
    have = np.concatenate([have, np.ones((paths, 1))], axis=1)
    before = np.take_along_axis(have, (times[:, None, :] < asked_at[:, :, None]).sum(axis=2), axis=1)
    worst = (asked[:, 1:] - before).max(axis=1)
    by_then = np.take_along_axis(asked, (asked_at[:, None, :] < times[:, :, None]).sum(axis=2), axis=1)
    # a tie of sums of shares is no shortage
    return np.array([(worst <= m + 1e-12).mean() for m in stocks]), by_then - have[:, :-1]


@pytest.mark.parametrize("n", [5, 10, 20, 50])
def test_equal_deliveries_at_uniform_times_have_the_law_of_kolmogorov_and_smirnov(n):
    even = cc.Deliveries(range(1, n + 1), n, amounts=np.full(n, 1 / n))
    stocks = np.linspace(0.01, 0.99, 40)
    np.testing.assert_allclose(even.reliability(stocks), stats.ksone.cdf(stocks, n), rtol=0, atol=1e-13)
    # the tail keeps its relative precision: it is a sum of positive terms
    tail = stats.ksone.sf(stocks, n)
    seen = tail > 1e-12
    np.testing.assert_allclose(even.shortage(stocks)[seen], tail[seen], rtol=1e-11)


def test_the_paper_s_stocks_have_the_reliabilities_found_here_and_not_those_it_reports():
    assert cases.FIRST.reliability(0.32) == pytest.approx(0.602365, abs=5e-7)
    assert cases.SECOND.reliability(0.19) == pytest.approx(0.2136, abs=5e-5)
    assert cases.FIRST.reliability(0.413896) == pytest.approx(0.93585, abs=5e-6)
    # the first delivery alone: T_1 = 0.1 + 0.6 x_(3)
    first = 1.0 - cases.FIRST.shortage_probability(0.32)[0]
    assert first == pytest.approx(stats.beta(3, 8).cdf((0.32 - 0.1) / 0.6), abs=1e-13)
    assert first == pytest.approx(0.772897, abs=5e-7)


def at_least(k, trials, chance):
    """P{a binomial count is k or more}."""
    k = np.asarray(k)
    return np.where(
        k <= 0, 1.0, special.betainc(np.maximum(k, 1), np.maximum(trials - k + 1, 1), chance) * (k <= trials)
    )


def cell_by_cell(material: cc.Deliveries, stock: float, points: int) -> float:
    """h for two deliveries: T_1 ≤ M and T_2 ≤ M + A_1, the joint law of (T_1, T_2) summed over a grid of amounts."""
    times, amounts = material.time_marks, material.amount_marks
    node, weight = np.polynomial.legendre.leggauss(points)
    y = 0.5 * (node + 1)
    law = stats.beta(amounts.positions[0], amounts.sample + 1 - amounts.positions[0])
    have = amounts.least[0] + amounts.scale * y
    total = 0.0
    j, k = times.positions
    n = times.sample
    low = min((stock - times.least[0]) / times.scale, 1.0)
    below = np.arange(j, n + 1)
    first = special.comb(n, below) * low**below * (1 - low) ** (n - below) if low > 0 else 0.0 * below
    for amount, share in zip(have, 0.5 * weight * law.pdf(y), strict=True):
        high = min((stock + amount - times.least[1]) / times.scale, 1.0)
        if high <= 0 or low <= 0:
            continue
        if low >= high:  # k points below the lower of the two bounds are enough for both
            total += share * at_least(k, n, high)
            continue
        total += share * first @ at_least(k - below, n - below, (high - low) / (1 - low))
    return float(total)


@pytest.mark.parametrize(("gap", "least"), [(0.0, 0.1), (0.1, 0.1), (0.25, 0.0), (0.3, 0.2), (0.05, 0.4)])
def test_two_deliveries_agree_with_counts_summed_over_amounts(gap, least):
    material = cc.Deliveries((2, 5), 6, gap, (3,), 5, least)
    for stock in (0.15, 0.4, 0.6):
        assert material.reliability(stock) == pytest.approx(cell_by_cell(material, stock, 1001), abs=2e-6)


KINDS = [
    {"times": (3, 5, 7, 9), "time_sample": 10, "min_gap": 0.1},
    {"times": (2, 3, 7, 8), "time_sample": 9},
    {"times": (0.2, 0.4, 0.6, 0.8)},
]
AMOUNTS = [
    {"amounts": (5, 7, 11), "amount_sample": 20, "min_amount": 0.16},
    {"amounts": (1, 2, 5), "amount_sample": 5},
    {"amounts": (0.2, 0.3, 0.3, 0.2)},
]
DEMANDS = [
    None,
    cc.DemandPath([0, 0.3, 0.3, 0.6, 1], [0, 0.2, 0.35, 0.7, 1.05]),
    cc.Deliveries((1, 2, 4, 5, 6), 6, 0.05, (1, 3, 4, 6), 7, 0.02),
    cc.Deliveries((0.1, 0.4, 0.8), amounts=(0.3, 0.3, 0.4)),
    cc.Deliveries((2, 4), 5, amounts=(0.5, 0.5)),
]


@pytest.mark.parametrize("demand", DEMANDS, ids=["constant", "path", "random", "certain", "two halves"])
@pytest.mark.parametrize("amounts", AMOUNTS, ids=["least amounts", "any amounts", "certain amounts"])
@pytest.mark.parametrize("times", KINDS, ids=["least gaps", "any times", "certain times"])
def test_every_mix_of_certain_and_random_agrees_with_simulation(times, amounts, demand):
    material = cc.Deliveries(**times, **amounts, demand=demand)
    stocks, paths = np.array([0.1, 0.22, 0.35, 0.5]), 60_000
    seen, short = simulated(material, stocks, paths, 5)
    found = material.reliability(stocks)
    slack = np.array([material.reliability_error(m) for m in stocks])
    # 4.5 standard errors: some 180 figures in all
    noise = 4.5 * np.sqrt(np.maximum(seen * (1 - seen), 1 / paths) / paths)
    assert (np.abs(found - seen) <= noise + slack).all(), (found, seen)
    late = np.maximum(short - 0.22, 0.0)
    spread = 4.5 * late.std(axis=0) / np.sqrt(paths)
    own = 0.0 if demand is None else 4e-3  # scenarios are drawn, too: a standard error of about a thousandth
    assert (np.abs(material.expected_shortage(0.22) - late.mean(axis=0)) <= spread + own + 1e-12).all()
    assert (
        np.abs(material.shortage_probability(0.22) - (late > 1e-12).mean(axis=0)) <= 2.5e-2 * bool(own) + 0.01
    ).all()


def test_stocks_of_deliveries_that_are_certain_are_enough_or_not():
    even = cc.Deliveries((0.25, 0.5, 0.75, 1.0), amounts=(0.25, 0.25, 0.25, 0.25))
    assert list(even.reliability([0.2, 0.2499, 0.25, 0.3])) == [0.0, 0.0, 1.0, 1.0]
    assert even.stock(0.9) == pytest.approx(0.25, abs=1e-11)


def test_twenty_random_materials_agree_with_simulation():
    rng = np.random.default_rng(8)
    for number in range(20):
        n = int(rng.integers(2, 8))
        sample, amount_sample = int(rng.integers(n, 30)), int(rng.integers(n, 30))
        times, amounts = (np.sort(rng.permutation(of)[:k]) + 1 for of, k in ((sample, n), (amount_sample, n - 1)))
        material = cc.Deliveries(
            times, sample, rng.uniform(0, 0.8) / n, amounts, amount_sample, rng.uniform(0, 0.8) / n
        )
        stock = material.stock(rng.uniform(0.2, 0.98))
        seen, _ = simulated(material, [stock], 200_000, number)
        found = material.reliability(stock)
        assert abs(seen[0] - found) <= 4 * np.sqrt(found * (1 - found) / 200_000)


@given(cases.random_deliveries(), st.floats(0.02, 0.95), st.floats(0.02, 0.95), st.floats(0.1, 0.9))
@settings(max_examples=60, deadline=None)
def test_reliability_rises_and_its_logarithm_is_concave(material, a, b, share):
    low, high = min(a, b), max(a, b)
    middle = share * low + (1 - share) * high
    h = material.reliability([low, middle, high])
    assert (np.diff(h) >= -1e-13).all()
    assume(h[0] > 1e-12)
    log = np.log(h)
    # h is 1 less a sum: rounding weighs more the smaller it is
    assert log[1] >= share * log[0] + (1 - share) * log[2] - 1e-11 - 1e-14 / h[0]


@given(cases.random_deliveries(), st.floats(0.05, 0.9))
@settings(max_examples=60, deadline=None)
def test_the_slope_is_that_of_the_reliability(material, stock):
    # away from where a sure delivery ends: there the slope jumps
    flow = material.flow
    ends = np.concatenate(
        [flow.times.greatest - [0, *flow.amounts.least], flow.times.greatest - [0, *flow.amounts.greatest]]
    )
    ends = np.concatenate([ends, flow.times.least - [0, *flow.amounts.greatest]])
    assume(np.abs(ends - stock).min() > 2e-4)
    step = 1e-4
    h = [material.reliability(stock + k * step) for k in (-2, -1, 1, 2)]
    five_point = (h[0] - 8 * h[1] + 8 * h[2] - h[3]) / (12 * step)
    # the rule is exact to the fourth order; rounding of h over the step is about 1e-11
    assert material.reliability_slope(stock) == pytest.approx(five_point, rel=1e-6, abs=1e-9)


@given(cases.random_deliveries(), st.floats(1e-3, 1 - 1e-6))
@settings(max_examples=40, deadline=None)
def test_the_stock_found_is_the_least_that_is_reliable_enough(material, reliability):
    stock = material.stock(reliability)
    assert material.shortage(stock) <= (1 - reliability) * (1 + 1e-9)
    assert material.reliability(stock - 1e-9) <= reliability + 1e-12 or stock <= material.flow.least


@given(cases.random_deliveries(), st.floats(0.05, 0.8))
@settings(max_examples=40, deadline=None)
def test_shortages_before_deliveries_bound_the_joint_probability(material, stock):
    each = material.shortage_probability(stock)
    short = material.shortage(stock)
    assert each.max() - 1e-12 <= short <= each.sum() + 1e-12
    size = material.expected_shortage(stock)
    # the derivative of an expected excess is minus its probability
    step = 1e-5
    fall = (material.expected_shortage(stock - step) - material.expected_shortage(stock + step)) / (2 * step)
    np.testing.assert_allclose(fall, each, rtol=0, atol=1e-3)
    np.testing.assert_allclose(material.conditional_shortage(stock) * each, size, rtol=1e-12, atol=1e-300)


def test_a_hair_above_the_least_stock_and_far_beyond_any_there_is_an_answer():
    even = cc.Deliveries((2, 5, 6), 6, 1 / 6, (1, 5), 10, 1 / 6)
    least = even.flow.least
    for stock in (np.nextafter(least, 0), least, np.nextafter(least, 1), least + 1e-15):
        assert 0 <= even.reliability(stock) < 1e-12
    assert even.reliability(1e308) == 1.0


def test_scenarios_that_all_agree_do_not_prove_certainty():
    late = cc.Deliveries((6,), 6, demand=cc.Deliveries((1,), 400))
    assert late.reliability(0.5) == 0
    assert late.reliability_error(0.5) > 1e-5


def test_large_samples_stay_exact_to_rounding():
    for gap, least in ((0.02, 0.03), (0.03, 0.02)):
        large = cc.Deliveries(8 * np.arange(1, 13), 100, gap, 8 * np.arange(1, 12), 100, least)
        assert large.reliability_error(0.25) < 1e-12
        seen, _ = simulated(large, [0.25], 100_000, 3)
        assert large.reliability(0.25) == pytest.approx(seen[0], abs=4.5 * np.sqrt(1e-3 / 100_000))


def test_materials_of_all_sizes_at_once_are_what_each_is_alone():
    rng = np.random.default_rng(9)
    sizes = [4, 8, 15, 30, 60, 100]
    materials = [cc.Deliveries((size // 3 + 1, size - 1), size, 0.05, (size // 2,), size, 0.1) for size in sizes]
    stocks = rng.uniform(0.1, 0.6, len(sizes))
    together = Risk.of([one.flow for one in materials]).shortage(np.arange(len(sizes)), stocks)
    alone = [one.shortage(m) for one, m in zip(materials, stocks, strict=True)]
    np.testing.assert_allclose(together, alone, rtol=1e-12, atol=1e-16)


def test_many_materials_at_once_are_what_each_is_alone():
    rng = np.random.default_rng(4)
    materials = [cases.FIRST, cases.SECOND, cc.Deliveries((4,), 5), cc.Deliveries((0.2, 0.5), amounts=(0.4, 0.6))]
    materials += [cc.Deliveries((1, 3), 4, 0.2, (2,), 3, 0.1, demand=DEMANDS[1])]
    risk = Risk.of([one.flow for one in materials])
    index = rng.integers(0, len(materials), 50)
    stocks = rng.uniform(0.05, 0.9, 50)
    alone = [float(materials[i].shortage(m)) for i, m in zip(index, stocks, strict=True)]
    np.testing.assert_allclose(risk.shortage(index, stocks), alone, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("reverse", [False, True])
def test_demand_that_comes_as_deliveries_do_is_symmetric_in_the_two_processes(reverse):
    """Turning time round and swapping what enters for what leaves maps one shortage onto the other."""
    a = cc.Deliveries((1, 2, 4), 4, amounts=(1, 3), amount_sample=4)
    b = cc.Deliveries((2, 3), 5, amounts=(2,), amount_sample=3)
    turned_a = cc.Deliveries((1, 3, 4), 4, amounts=(2, 4), amount_sample=4)
    turned_b = cc.Deliveries((3, 4), 5, amounts=(2,), amount_sample=3)
    pair = (
        (cc.Deliveries((1, 2, 4), 4, amounts=(1, 3), amount_sample=4, demand=b), turned_b)
        if not reverse
        else (None, None)
    )
    if reverse:
        pair = (cc.Deliveries((2, 3), 5, amounts=(2,), amount_sample=3, demand=a), turned_a)
    forwards = pair[0]
    backwards = cc.Deliveries(
        tuple(pair[1].time_marks.positions),
        pair[1].time_marks.sample,
        amounts=tuple(pair[1].amount_marks.positions),
        amount_sample=pair[1].amount_marks.sample,
        demand=turned_a if not reverse else turned_b,
    )
    for stock in (0.2, 0.45, 0.7):
        assert forwards.reliability(stock) == pytest.approx(backwards.reliability(stock), abs=4e-3)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"times": (3, 3), "time_sample": 4}, "times"),
        ({"times": (3, 5), "time_sample": 4}, "times"),
        ({"times": (1, 2), "time_sample": 0}, "time_sample"),
        ({"times": (1, 2), "time_sample": 5, "min_gap": 0.5}, "min_gap"),
        ({"times": (0.5, 0.2)}, "times"),
        ({"times": (0.2, 1.2)}, "times"),
        ({"times": (0.2, 0.4), "amounts": (0.2, 0.2)}, "amounts"),
        ({"times": (0.2, 0.4), "amounts": (4,), "amount_sample": 3}, "amounts"),
        ({"times": (0.2, 0.4), "amounts": (2,), "amount_sample": 3, "min_amount": -0.1}, "min_amount"),
        ({"times": (0.2, 0.4), "amounts": (0.5, 0.5), "demand": 3}, "demand"),
        ({"times": ("a", "b")}, "times"),
    ],
)
def test_a_process_that_cannot_be_is_refused_by_name(wrong, named):
    with pytest.raises(DataError) as error:
        cc.Deliveries(**wrong)
    assert any(fault.where == named for fault in error.value.faults)


@pytest.mark.parametrize(
    ("time", "cumulative"),
    [([0, 1], [0.5, 0.2]), ([0, 0.5], [0, 1]), ([0.1, 1], [0, 1]), ([0, 1], [0, 0.5, 1]), ([0, 1], [-1, 1])],
)
def test_a_path_of_demand_starts_at_0_ends_at_1_and_never_falls(time, cumulative):
    with pytest.raises(DataError, match="demand path"):
        cc.DemandPath(time, cumulative)


@pytest.mark.parametrize("asked", [0.0, 1.0, 95, np.nan])
def test_a_reliability_is_a_probability(asked):
    with pytest.raises(DataError, match="reliability"):
        cases.FIRST.stock(asked)
