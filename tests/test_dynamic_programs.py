"""The dynamic programs agree with plain recursions over single orders, and their bounds lie below what is feasible."""

from functools import cache
from itertools import product

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import gamma, poisson

from benchmarks.dynamic_programs import (
    Promise,
    best_levels,
    ceilings,
    cost_and_edge,
    least_cost,
    levels_cost,
    levels_held,
    promised,
    service_bound,
    tight_bound,
)

SMALL = (0.2, 0.4, 0.3)
LEADS = [(1.0,), (0.5, 0.5), (0.3, 0.4, 0.3), (0.5, 0.0, 0.5), (0.2, 0.1, 0.7), (0.0, 0.6, 0.4)]


def recursion(mean, lead, on_hand, penalty, money, choices, seen):
    """Least E of Σ penalty(t, X(t)) + money × position after the order, order by order and arrival by arrival.

    Nothing is folded here: a state is the usable stock and every outstanding order with the period it was placed in.
    `choices(t, position)` are the orders among which the best is taken.
    """
    laws = [[(d, poisson.pmf(d, one)) for d in range(int(poisson.isf(1e-12, one)) + 1)] for one in mean]

    def hazard(age):
        left = sum(lead[age:])
        return 1.0 if age >= len(lead) - 1 else lead[age] / left

    def arrivals(t, outstanding):
        for come in product((True, False), repeat=len(outstanding)):
            chance, quantity, rest = 1.0, 0, []
            for (placed, size), here in zip(outstanding, come, strict=True):
                chance *= hazard(t - placed) if here else 1 - hazard(t - placed)
                quantity += size if here else 0
                rest += [] if here else [(placed, size)]
            if chance > 0:
                yield chance, quantity, tuple(rest)

    @cache
    def begin(t, net, outstanding):
        if t == len(mean):
            return 0.0
        return sum(p * (penalty(t, net - d) + after_sales(t, net - d, outstanding)) for d, p in laws[t])

    @cache
    def after_sales(t, net, outstanding):
        position = net + sum(size for _, size in outstanding)
        if not seen:
            return min(
                money * (position + y)
                + sum(p * begin(t + 1, net + q, rest) for p, q, rest in arrivals(t, (*outstanding, (t, y))))
                for y in choices(t, position)
            )
        total = 0.0
        for chance, come, rest in arrivals(t, outstanding):
            total += chance * min(
                money * (position + y)
                + sum(p * begin(t + 1, net + come + q, (*rest, *new)) for p, q, new in arrivals(t, ((t, y),)))
                for y in choices(t, position)
            )
        return total

    return begin(0, on_hand, ())


def cost_of(holding, shortage):
    return lambda _t, x: holding * max(x, 0) + shortage * max(-x, 0)


def any_order(most):
    return lambda t, _position: range(most + 1) if t < len(SMALL) - 1 else (0,)


@pytest.mark.parametrize("seen", [False, True])
@pytest.mark.parametrize("lead", LEADS)
def test_the_least_cost_is_that_of_a_recursion_over_single_orders(lead, seen):
    found = least_cost(SMALL, lead, 1, 1.0, 9.0, most=4, high=12, seen=seen)
    choices = any_order(4)
    if len(lead) < 3:  # nothing is outstanding that the state must hold: orders are bounded by the position alone

        def choices(t, position):
            return range(13 - position) if t < 2 else (0,)

    assert found == pytest.approx(recursion(SMALL, lead, 1, cost_of(1.0, 9.0), 0.0, choices, seen), abs=1e-8)


@pytest.mark.parametrize("seen", [False, True])
def test_the_least_cost_of_four_periods_is_that_of_a_recursion_over_single_orders(seen):
    mean, lead = (0.1, 0.3, 0.02, 0.2), (0.3, 0.4, 0.3)
    found = least_cost(mean, lead, 0, 1.0, 9.0, most=2, high=4, seen=seen)

    def choices(t, _position):
        return range(3) if t < 3 else (0,)

    # positions are bounded in the program and not in the recursion; 1e-8 would tell if they mattered
    assert found == pytest.approx(recursion(mean, lead, 0, cost_of(1.0, 9.0), 0.0, choices, seen), abs=1e-8)


@pytest.mark.parametrize("lead", LEADS)
def test_seeing_arrivals_earlier_never_costs_and_is_worth_nothing_where_one_age_is_open(lead):
    late, early = (least_cost((5.0, 9.0, 2.0, 6.0, 4.0), lead, 12, 1.0, 9.0, seen=seen) for seen in (False, True))
    assert early <= late + 1e-9
    if lead == (0.3, 0.4, 0.3):
        assert early < late - 0.01
    elif min((*lead, 0.0)[1:3]) == 0:
        assert early == pytest.approx(late, abs=1e-9)


@pytest.mark.parametrize("mean", [(20.0,) * 6, (20.0, 30.0, 12.0, 3.0, 5.0, 25.0)])
def test_without_lead_time_order_up_to_levels_are_as_good_as_any_policy(mean):
    best, levels = best_levels(mean, 45, 1.0, 19.0)
    assert best == pytest.approx(least_cost(mean, (1.0,), 45, 1.0, 19.0), abs=1e-9)
    if len(set(mean)) == 1:
        assert levels[:-1] == [poisson.isf(0.05, 20)] * 5
    assert levels_cost(levels, mean, (1.0,), 45, 1.0, 19.0) == pytest.approx(best, abs=1e-9)


def test_wider_windows_change_nothing_and_the_best_orders_stay_away_from_them():
    mean = (6.0, 9.0, 3.0, 7.0, 5.0)
    cost, edge = cost_and_edge(mean, (0.3, 0.4, 0.3), 15, 1.0, 19.0)
    assert edge < 1e-9
    assert least_cost(mean, (0.3, 0.4, 0.3), 15, 1.0, 19.0, most=90, high=120) == pytest.approx(cost, abs=1e-8)


@pytest.mark.parametrize("lead", LEADS)
def test_levels_are_followed_as_a_recursion_over_single_orders_follows_them(lead):
    levels = (3, 2, 0)
    served, position = levels_held(levels, SMALL, lead, 1)

    def up_to(t, position):
        return (max(levels[t] - position, 0),) if t < 2 else (0,)

    for t in range(3):
        share = recursion(SMALL, lead, 1, lambda s, x, t=t: float(s == t and x >= 0), 0.0, up_to, False)
        assert served[t] == pytest.approx(share, abs=1e-9)
    assert position.sum() == pytest.approx(recursion(SMALL, lead, 1, lambda _t, _x: 0.0, 1.0, up_to, False), abs=1e-8)
    cost = recursion(SMALL, lead, 1, cost_of(1.0, 9.0), 0.0, up_to, False)
    assert levels_cost(levels, SMALL, lead, 1, 1.0, 9.0) == pytest.approx(cost, abs=1e-8)


@pytest.mark.parametrize("covered", [False, True])
@pytest.mark.parametrize("seen", [False, True])
@pytest.mark.parametrize("lead", LEADS)
def test_a_bound_is_the_least_of_its_lagrangian_over_all_policies(lead, seen, covered):
    price = np.array([0.0, 1.5, 4.0])
    problem = Promise(SMALL, lead, 1, 0.9, np.array([False, True, True]), seen=seen, covered=covered, sds=9.0)

    def penalty(t, x):
        return price[t] * (0.9 - (x >= 0))

    def choices(t, position):
        least = max(-position, 0) if covered else 0
        return range(least, least + 6) if t < 2 else (0,)

    least = recursion(SMALL, lead, 1, penalty, 1 / 3, choices, seen)
    assert problem.bound(price) == pytest.approx(least, abs=1e-8)
    assert problem.cut(price)[0] == pytest.approx(least, abs=1e-8)


@pytest.mark.parametrize("covered", [False, True])
@pytest.mark.parametrize("lead", [(0.3, 0.4, 0.3), (0.2, 0.1, 0.7)])
def test_a_bound_stays_a_bound_where_the_lattice_is_too_small(lead, covered):
    mean, price = (5.0, 8.0, 3.0, 6.0, 4.0), np.array([0.0, 3.0, 5.0, 5.0, 9.0])

    def bound(sds):
        return Promise(mean, lead, 12, 0.9, price > 0, covered=covered, sds=sds).bound(price)

    wide = bound(9.0)
    for sds in (-2.0, -1.0, 0.0, 1.0, 2.0):
        assert bound(sds) <= wide + 1e-9
    assert bound(6.0) == pytest.approx(wide, rel=1e-4)


@pytest.mark.parametrize("lead", [(1.0,), (0.5, 0.5), (0.3, 0.4, 0.3)])
def test_a_bound_is_below_every_feasible_plan_and_rises_with_the_promise(lead):
    mean, on_hand = (5.0, 8.0, 3.0, 6.0, 4.0), 12
    kept = promised(mean, lead, on_hand, 0.95)
    rng = np.random.default_rng(1)
    plans = [levels_held((*map(int, rng.integers(8, 40, 4)), 0), mean, lead, on_hand) for _ in range(40)]
    bounds = []
    for alpha in (0.8, 0.95):
        for covered in (False, True):
            bound, price, above, hidden = tight_bound(mean, lead, on_hand, alpha, kept=kept, covered=covered)
            assert hidden == 0
            assert (price >= 0).all()
            assert bound - 1e-9 <= above <= bound + 1e-3
            bounds.append(bound)
        feasible = [position.mean() for served, position in plans if (served[kept] >= alpha).all()]
        assert feasible
        assert bound <= min(feasible)
    everything, owed_on_order = bounds[::2], bounds[1::2]
    assert (np.diff(everything) > 0.1).all()
    assert (np.diff(owed_on_order) > 0.1).all()
    assert (np.array(owed_on_order) >= np.array(everything) - 1e-4).all()


def test_what_is_owed_being_on_order_a_plan_without_lead_time_needs_a_mixture_of_two_neighbouring_levels():
    # P{S ≤ 27} = 0.9475 and P{S ≤ 28} = 0.9657; without the cover giving up for good on some paths is cheaper
    low, high = poisson.cdf([27, 28], 20)
    level = 27 + (0.95 - low) / (high - low)
    mean = (20.0,) * 5
    bound, _ = service_bound(mean, (1.0,), 20, 0.95, covered=True)
    assert bound == pytest.approx((5 * level - 20) / 5, rel=2e-3)
    assert bound <= (5 * level - 20) / 5 + 1e-9
    assert service_bound(mean, (1.0,), 20, 0.95)[0] < bound - 0.3


def test_the_bound_for_amounts_without_lead_time_is_just_below_the_textbook_s_quantile():
    mean, cv, on_hand, alpha = 20.0, 0.45, 20.0, 0.95
    law = gamma(cv**-2, scale=mean * cv**2)
    level = law.ppf(alpha)  # the share served is concave from here to nothing ordered, so no mixture is cheaper
    exact = (level + level - mean) / 2
    bound, _ = service_bound((mean, mean), (1.0,), on_hand, alpha, cv=cv)
    assert exact * 0.997 <= bound <= exact


@pytest.mark.parametrize("covered", [False, True])
@pytest.mark.parametrize("lead", [(0.5, 0.5), (0.3, 0.4, 0.3)])
def test_a_finer_lattice_hides_less_and_never_less_than_it_says(lead, covered):
    kept = np.array([False, True, True, True])
    price = np.array([0.0, 1.0, 2.0, 3.0]) * 20
    problems = [Promise((20.0,) * 4, lead, 60.0, 0.95, kept, 0.45, step, covered=covered) for step in (4.0, 2.0, 1.0)]
    bounds, hidden = zip(*((one.bound(price), one.hidden(price)) for one in problems), strict=True)
    assert hidden == pytest.approx([16 * hidden[2], 4 * hidden[2], hidden[2]])
    for k in range(2):
        assert bounds[k] <= bounds[k + 1] + hidden[k + 1]
    assert bounds[0] + hidden[0] == pytest.approx(bounds[2] + hidden[2], rel=1e-2)


def test_the_hidden_part_covers_what_one_order_between_lattice_points_saves():
    # two periods, one order: money z/2 + (z − E S)/2 − price P{S ≤ z} over real z ≥ m, m = 20 − S(1), against the bound
    price, law = np.array([0.0, 60.0]), gamma(0.45**-2, scale=20 * 0.45**2)

    def least(m):
        z = np.arange(m, 80, 0.01)
        return float(np.min(z - 10 - price[1] * law.cdf(z)))

    upper = law.isf(1e-12)
    exact = quad(lambda d: law.pdf(d) * least(20 - d), 0, upper, limit=200, epsabs=1e-6)[0] + 0.95 * price[1]
    for step in (4.0, 2.0):
        problem = Promise((20.0, 20.0), (1.0,), 20.0, 0.95, np.array([False, True]), 0.45, step)
        assert problem.bound(price) <= exact + 1e-4
        assert problem.bound(price) + problem.hidden(price) == pytest.approx(exact, abs=problem.hidden(price))


def test_ceilings_are_what_very_large_orders_reach():
    mean, lead = (5.0, 6.0, 4.0, 7.0), (0.3, 0.4, 0.3)
    served, _ = levels_held((80, 200, 320, 0), mean, lead, 11)
    assert ceilings(mean, lead, 11) == pytest.approx(served, abs=1e-9)
    assert promised(mean, lead, 11, 0.95).tolist() == [False, False, False, True]
    assert promised(mean, (0.0, 1.0), 30, 0.95).tolist() == [False, False, True, True]


def test_what_the_programs_cannot_do_is_refused():
    with pytest.raises(ValueError, match="ages 0, 1 and 2"):
        least_cost(SMALL, (0.2, 0.3, 0.3, 0.2), 1, 1.0, 9.0)
    with pytest.raises(ValueError, match="surely ends"):
        least_cost(SMALL, (0.2, 0.3), 1, 1.0, 9.0)
    kept = np.array([False, True, True])
    with pytest.raises(ValueError, match="below 0"):
        Promise(SMALL, (1.0,), 1, 0.9, kept).bound(np.array([0.0, -1.0, 0.0]))
    with pytest.raises(ValueError, match="not on the lattice"):
        service_bound(SMALL, (1.0,), 1.5, 0.9)
    with pytest.raises(ValueError, match="no order can keep"):
        service_bound((9.0, 9.0), (0.5, 0.5), 0, 0.9)
    with pytest.raises(ValueError, match="above 1"):
        service_bound(SMALL, (1.0,), 1.0, 0.9, cv=1.2)
