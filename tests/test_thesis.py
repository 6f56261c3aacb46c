"""Every erratum of the thesis: what is printed is wrong by a stated margin, what stands in its place is right.

Right means: equal to an enumeration of arrival periods and sales that uses no formula of `ccinv.thesis`; where nothing
can be enumerated, to simulated or replayed paths, or to what the solver finds.
"""

import itertools

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri
from strategies import numbers

import ccinv as cc
from ccinv import thesis
from ccinv.ledger import move
from ccinv.result import PooledRule

FloatArray = NDArray[np.float64]

NORMAL = cc.inversion.Normal()
EXACT = 1e-12
P = np.array([0.2, 0.5, 0.3])  # arrives in the period of the order, one later, two later
ORDERS = np.array([7.0, 11.0, 4.0])  # all sums of some of them differ


def law_by_histories(orders: FloatArray, pmf: FloatArray, never: float = 0.0) -> dict[float, float]:
    """P{R(T) = value}, from every combination of arrival periods."""
    periods = len(orders)
    laws = [oracles.arrivals_of_one(pmf, never, s, s) for s in range(1, periods + 1)]
    arrival, probability = oracles.histories(laws)
    found: dict[float, float] = {}
    for value, mass in zip((arrival <= periods) @ orders, probability, strict=True):
        found[float(value)] = found.get(float(value), 0.0) + float(mass)
    return found


def law(outcomes: tuple[FloatArray, FloatArray]) -> dict[float, float]:
    found: dict[float, float] = {}
    for value, mass in zip(*outcomes, strict=True):
        found[float(value)] = found.get(float(value), 0.0) + float(mass)
    return found


def distance(one: dict[float, float], other: dict[float, float]) -> float:
    """Total variation: the largest error of any probability."""
    return 0.5 * sum(abs(one.get(value, 0.0) - other.get(value, 0.0)) for value in {*one, *other})


def mean_of(outcomes: tuple[FloatArray, FloatArray]) -> float:
    return float(outcomes[0] @ outcomes[1])


# --- E1, E2, E2b, E2c: the law of receipts


@given(
    orders=st.lists(numbers(0, 100), min_size=1, max_size=5),
    weights=st.lists(numbers(0.125, 1), min_size=1, max_size=5),
    never=st.sampled_from([0.0, 0.2]),
)
def test_corrected_receipts_have_the_law_of_the_enumerated_arrival_periods(orders, weights, never):
    amount = np.array(orders)
    pmf = np.array(weights) / sum(weights) * (1 - never)
    values, probabilities = thesis.receipts_corrected(amount, pmf)
    assert values.shape == probabilities.shape == (2 ** len(orders),)
    assert probabilities.sum() == pytest.approx(1, rel=EXACT)
    mean, variance = oracles.receipts(amount, pmf, never)
    assert values @ probabilities == pytest.approx(mean[-1], abs=EXACT * (1 + amount.sum()))
    found = (values - mean[-1]) ** 2 @ probabilities
    assert found == pytest.approx(variance[-1], abs=EXACT * (1 + amount.sum() ** 2))


def test_corrected_receipts_of_three_orders_are_outcome_by_outcome_those_of_the_enumeration():
    for count, never in itertools.product((1, 2, 3), (0.0, 0.3)):
        exact = law_by_histories(ORDERS[:count], P * (1 - never), never)
        assert distance(law(thesis.receipts_corrected(ORDERS[:count], P * (1 - never))), exact) < EXACT


def test_e1_with_the_probability_of_arriving_precisely_then_cumulative_receipts_stop_growing():
    """One unit ordered in each of six periods: one unit received by the printed probabilities, whatever the horizon."""
    horizon, printed, corrected, exact = range(1, 7), [], [], []
    for periods in horizon:
        unit, age = np.ones(periods), np.arange(periods - 1, -1, -1)
        precisely = np.where(age < len(P), P[np.minimum(age, len(P) - 1)], 0.0)
        printed.append(thesis.outcomes(periods).sum(axis=1) @ thesis.by_products(precisely))
        corrected.append(mean_of(thesis.receipts_corrected(unit, P)))
        exact.append(oracles.receipts(unit, P, 0.0)[0][-1])
    assert corrected == pytest.approx(exact, rel=EXACT)
    assert np.diff(corrected)[2:] == pytest.approx(1.0, rel=EXACT)
    assert np.diff(printed)[2:] == pytest.approx(0.0, abs=EXACT)
    assert printed[-1] < corrected[-1] - 3.5


def test_e1_is_in_the_examples_too_and_an_order_once_received_is_given_back():
    for count in (2, 3):
        exact = law_by_histories(ORDERS[:count], P)
        assert distance(law(thesis.receipts_in_examples(ORDERS[:count], P)), exact) > 0.15
    received_by_2 = law(thesis.receipts_in_examples(np.array([1.0, 0.0]), P))[1.0]
    received_by_3 = law(thesis.receipts_in_examples(np.array([1.0, 0.0, 0.0]), P)).get(1.0, 0.0)
    assert received_by_2 == pytest.approx(0.5, rel=EXACT)
    assert received_by_3 < received_by_2 - 0.1


def test_e2_the_general_formula_pairs_orders_with_their_number_even_where_probabilities_are_cumulative():
    cumulative = np.array([0.2, 0.7, 1.0 - 1e-9, 1.0 - 1e-9])  # just below one, so that E2c does not come in
    exact = law_by_histories(ORDERS, P)
    by_number = thesis.outcomes(3) @ ORDERS, thesis.by_odds(thesis.arrived_printed(cumulative, 3))
    moved_only = thesis.outcomes(3) @ ORDERS, thesis.by_odds(thesis.arrived_reversed(cumulative, 3))
    assert distance(law(by_number), exact) > 0.5
    assert distance(law(moved_only), exact) > 0.5
    assert distance(law(thesis.receipts_corrected(ORDERS, P)), exact) < EXACT
    assert thesis.arrived_reversed(cumulative, 3).tolist() == cumulative[:3].tolist()
    assert thesis.arrived_corrected(P, 3) == pytest.approx([1.0, 0.7, 0.2], rel=EXACT)


def test_e2_the_general_formula_contradicts_the_examples_beside_it():
    for count in (2, 3):
        general, examples = (form(ORDERS[:count], P) for form in (thesis.receipts_printed, thesis.receipts_in_examples))
        assert np.abs(general[1] - examples[1]).max() > 0.04
    one_order, right = thesis.receipts_in_examples([1.0], P), thesis.receipts_corrected([1.0], P)
    assert one_order[1].tolist() == [0.5, 0.5]  # p(1), where R(2) and R(3) have p(0) for the youngest order
    assert right[1] == pytest.approx([0.8, 0.2], rel=EXACT)


def test_e2b_a_line_that_stands_twice_shifts_the_mean_of_three_receipts():
    values, probabilities = thesis.receipts_in_examples(ORDERS, P)
    assert values[4] == values[6] == ORDERS[0] + ORDERS[1]
    mended = thesis.outcomes(3) @ ORDERS
    assert mended[6] == ORDERS[1] + ORDERS[2]
    assert np.flatnonzero(mended != values).tolist() == [6]
    chances = P[::-1]  # what the table takes for the orders 1, 2, 3: E2b alone is looked at
    assert mended @ probabilities == pytest.approx(float(chances @ ORDERS), rel=EXACT)
    weight = (1 - chances[0]) * chances[1] * chances[2]
    assert values @ probabilities == pytest.approx(float(chances @ ORDERS) + weight * 3.0, rel=EXACT)
    assert values @ probabilities - mended @ probabilities > 0.2


def test_e2c_odds_fail_where_an_order_is_sure_to_have_arrived_and_products_do_not():
    arrived = thesis.arrived_corrected(P, 4)
    assert arrived[:2].tolist() == [1.0, 1.0]  # from age J − 1 on
    by_odds = thesis.by_odds(arrived)
    certain = thesis.outcomes(4)[:, :2].any(axis=1)
    assert np.isnan(by_odds[certain]).all()
    assert not np.isnan(by_odds[~certain]).any()
    exact = law_by_histories(np.array([1.0, 2.0, 4.0, 8.0]), P)
    assert distance(law((thesis.outcomes(4) @ [1.0, 2.0, 4.0, 8.0], thesis.by_products(arrived))), exact) < EXACT
    assert np.isnan(thesis.receipts_printed([5.0], [0.0, 1.0])[1][1])  # one period for certain, as printed
    doubtful = np.array([0.2, 0.7, 0.4])
    assert thesis.by_odds(doubtful) == pytest.approx(thesis.by_products(doubtful), rel=EXACT)


# --- E3, E8: variances


def test_e3_two_unit_orders_have_a_variance_of_minus_one_point_four_four():
    arrived = np.array([0.9, 0.9])
    mean, variance = thesis.receipts_moments_printed(np.ones(2), np.ones(2), arrived)
    assert mean == pytest.approx(1.8, rel=EXACT)
    assert variance == pytest.approx(-1.44, rel=EXACT)
    values, probabilities = thesis.receipts_printed(np.ones(2), [0.9, 0.9, 0.9])
    assert values @ probabilities == pytest.approx(mean, rel=EXACT)
    right_mean, right = thesis.receipts_moments_corrected(np.ones(2), np.ones((2, 2)), arrived)
    pmf = np.array([0.9, 0.0, 0.1])
    exact_mean, exact = oracles.receipts(np.ones(2), pmf, 0.0)
    assert thesis.arrived_corrected(pmf, 2) == pytest.approx(arrived, rel=EXACT)
    assert right_mean == pytest.approx(exact_mean[-1], rel=EXACT)
    assert right == pytest.approx(exact[-1], rel=1e-11) == pytest.approx(0.18, rel=1e-11)
    assert variance < right - 1.6


@given(
    orders=st.lists(numbers(1, 100), min_size=2, max_size=5),
    weights=st.lists(numbers(0.125, 1), min_size=2, max_size=5),
)
def test_e3_lacks_the_cross_terms_and_nothing_else(orders, weights):
    amount, pmf = np.array(orders), np.append(weights, 1.0) / (sum(weights) + 1.0) * 0.999  # never quite certain
    arrived = thesis.arrived_corrected(pmf, len(amount))
    mean, variance = thesis.receipts_moments_printed(amount, amount**2, arrived)
    exact_mean, exact = oracles.receipts(amount, pmf, 0.001)
    size = amount.sum()
    right = thesis.receipts_moments_corrected(amount, np.outer(amount, amount), arrived)
    assert right == pytest.approx((exact_mean[-1], exact[-1]), abs=1e-11 * size**2)
    expected = arrived * amount
    cross = float(expected.sum() ** 2 - (expected**2).sum())
    assert mean == pytest.approx(exact_mean[-1], abs=1e-11 * size)
    assert variance == pytest.approx(exact[-1] - cross, abs=1e-11 * size**2)


SALES = (np.array([0.0, 3.0, 10.0]), np.array([0.3, 0.5, 0.2]))
FOLLOWING = PooledRule(np.array([[1.2, 1.0, 1.1, 1.1]]), np.array([[2.0, 5.0, 4.0, 4.0]]))


def following_store(periods: int = 4) -> cc.Store:
    """One item with sales of three values; orders follow them by `FOLLOWING`."""
    return cc.Store([3.0], [12.0], [True], cc.demand.Discrete(*SALES, periods=periods), cc.LeadTime(P))


def enumerated(store: cc.Store, rule: PooledRule) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Probability (K,) of every history of sales and arrivals, with R(t−1) and D(t), (K, N): orders follow sales."""
    n = store.periods
    paths = np.array(list(itertools.product(SALES[0], repeat=n)))
    chance = np.array(list(itertools.product(SALES[1], repeat=n))).prod(axis=1)
    placed = np.diff(rule.a[0] * np.cumsum(paths, axis=1) + rule.intercept[0], axis=1, prepend=0.0)
    pmf = store.lead_time.pmf[0]
    arrival, weight = oracles.histories([oracles.arrivals_of_one(pmf, 0.0, s, s) for s in range(1, n + 1)])
    usable = arrival[:, None, :] <= np.arange(n)[None, :, None]  # (H, N, orders): by t − 1
    received = np.einsum("hts,ks->kht", usable.astype(np.float64), placed)
    sold = np.broadcast_to(np.cumsum(paths, axis=1)[:, None, :], received.shape)
    return np.outer(chance, weight).ravel(), received.reshape(-1, n), sold.reshape(-1, n)


def test_e3_and_e1_to_e2_of_random_orders_are_right_against_every_history_of_sales_and_arrivals():
    store = following_store()
    probability, received, sold = enumerated(store, FOLLOWING)
    cumulative = FOLLOWING.a[0] * sold + FOLLOWING.intercept[0]
    placed = np.diff(cumulative, axis=1, prepend=0.0)[:, :3]
    mean, joint = probability @ placed, np.einsum("k,ks,kt->st", probability, placed, placed)
    found = thesis.receipts_moments_corrected(mean, joint, thesis.arrived_corrected(P, 3))
    exact = probability @ received[:, 3]
    assert found == pytest.approx((exact, probability @ (received[:, 3] - exact) ** 2), rel=1e-11)
    doubtful = np.minimum(thesis.arrived_corrected(P, 3), 1 - 1e-9)
    assert thesis.receipts_moments_printed(mean, np.diag(joint), doubtful)[1] < found[1] - 50


def test_e8_receipts_that_follow_sales_are_not_independent_of_them():
    store = following_store()
    probability, received, sold = enumerated(store, FOLLOWING)
    mean_received, mean_sold = probability @ received, probability @ sold
    apart = probability @ (received - mean_received) ** 2 + probability @ (sold - mean_sold) ** 2
    net = received - sold
    together = probability @ (net - probability @ net) ** 2
    assert thesis.net_stock_variance_corrected(store, FOLLOWING)[0] == pytest.approx(together, rel=1e-11)
    assert thesis.net_stock_variance_printed(store, FOLLOWING)[0] == pytest.approx(apart, rel=1e-11)
    assert (apart[1:] > 1.1 * together[1:]).all()
    assert apart[3] > 1.5 * together[3]


def test_e8_holds_with_correlated_sales_open_orders_and_orders_that_never_arrive():
    """Var R by enumeration of the arrival periods and Gaussian algebra, sales left out of the stock."""
    apart = np.abs(np.subtract.outer(np.arange(4), np.arange(4)))
    sales = cc.demand.Normal([[5.0, 9.0, 6.0, 7.0]], [[2.0, 3.0, 1.0, 2.0]], 0.6**apart)
    under_way = cc.OpenOrders([0], [0], [6.0])
    store = cc.Store([3.0], [12.0], [True], sales, cc.LeadTime(P * 0.9, 0.1), open_orders=under_way)
    item = oracles.items_of(store, FOLLOWING)[0]
    covariance = oracles.covariance_of(store, 0)
    laws = [oracles.arrivals_of_one(item.pmf, item.never, s, s) for s in range(1, 4)]
    arrival, probability = oracles.histories([*laws, oracles.arrivals_of_one(item.pmf, item.never, 0, 1)])
    usable = (arrival[:, None, :] <= np.arange(4)[None, :, None]).astype(np.float64)
    gain = usable[:, :, :3] @ item.order_weights[:3]
    given = gain @ item.mean + usable[:, :, :3] @ item.order_intercept[:3] + 6.0 * usable[:, :, 3]
    received = probability @ np.einsum("htk,kl,htl->ht", gain, covariance, gain)
    received += probability @ (given - probability @ given) ** 2
    sold = np.einsum("tk,kl,tl->t", np.tri(4), covariance, np.tri(4))
    exact = np.diag(oracles.net_stock(item)[1])
    printed = thesis.net_stock_variance_printed(store, FOLLOWING)[0]
    assert thesis.net_stock_variance_corrected(store, FOLLOWING)[0] == pytest.approx(exact, rel=1e-11)
    assert printed == pytest.approx(received + sold, rel=1e-11)
    assert (printed[1:] > 1.05 * exact[1:]).all()


# --- E4: signs


def test_e4_none_of_the_three_printed_signs_is_the_condition_that_stock_is_enough():
    """Fixed orders, sales of three values: the right event and margin are those of the enumerated stock."""
    demand = cc.demand.Discrete(*SALES, periods=4)
    on_hand, orders = 8.0, np.array([6.0, 5.0, 5.0])
    values, mass = thesis.inventory_law(on_hand, orders, P, demand, after_sales=True)
    receipts, chance = thesis.receipts_corrected(orders, P)
    paths = np.array(list(itertools.product(SALES[0], repeat=4))).sum(axis=1)
    likely = np.array(list(itertools.product(SALES[1], repeat=4))).prod(axis=1)
    both = np.outer(chance, likely)
    right = thesis.served_corrected(on_hand, receipts[:, None], paths[None, :])
    wrong = thesis.served_printed(on_hand, receipts[:, None], paths[None, :])
    assert both[right].sum() == pytest.approx(mass[values >= 0].sum(), rel=EXACT)
    assert both[wrong].sum() > both[right].sum() + 0.15
    mean = float(chance @ receipts), float(likely @ paths)
    assert thesis.margin_corrected(on_hand, *mean) == pytest.approx(values @ mass, rel=1e-11)
    assert thesis.margin_printed_first(on_hand, *mean) > values @ mass + 5
    assert thesis.margin_printed_second(on_hand, *mean) < values @ mass - 20


def test_e4_the_more_arrives_the_worse_it_looks_under_every_printed_sign():
    few, many = 10.0, 30.0
    assert thesis.margin_corrected(5.0, many, 20.0) - thesis.margin_corrected(5.0, few, 20.0) == 20.0
    for printed in (thesis.margin_printed_first, thesis.margin_printed_second):
        assert printed(5.0, many, 20.0) - printed(5.0, few, 20.0) == -20.0
    assert not thesis.served_corrected(5.0, few, 20.0)
    assert thesis.served_printed(5.0, few, 20.0)
    assert thesis.served_corrected(5.0, many, 20.0)
    assert not thesis.served_printed(5.0, many, 20.0)
    # with the printed last row no amount of stock on order satisfies what stock on hand cannot
    assert thesis.margin_printed_second(5.0, 0.0, 20.0) < 0


# --- E5, E11: dollars


COST, HELD = np.array([40.0, 35.0]), np.array([120.0, 90.0])
A = np.array([[1.4, 1.3, 1.2], [1.1, 1.2, 1.3]])
B = np.array([[0.2, 0.3, 0.4], [0.6, 0.5, 0.4]])
MEAN, SD = np.full((2, 3), 25.0), np.full((2, 3), 6.0)


def simulated_dollars(paths: int) -> FloatArray:
    """Σ_i c_i (I1_i + O_i(t) − D_i(t)) under the rule with coefficients A and B, (N, paths)."""
    sales = cc.demand.Normal(MEAN, SD).sample(np.random.default_rng(5), paths)
    placed = PooledRule(A, -B * HELD[:, None]).cumulative(sales)
    return np.einsum("i,itp->tp", COST, HELD[:, None, None] + placed - np.cumsum(sales, axis=1))


def test_e5_the_printed_row_takes_dollars_from_units():
    limit, paths = 9_000.0, 100_000
    dollars = simulated_dollars(paths)
    mu, delta = thesis.spent(COST, A, np.cumsum(MEAN, axis=1), np.cumsum(SD**2, axis=1))
    left = limit - dollars.mean(axis=1)
    error = 6 * delta / np.sqrt(paths)
    assert (np.abs(thesis.room_corrected(limit, COST, HELD, B) - mu - left) < error).all()
    printed = thesis.room_printed(limit, COST, HELD, B) - mu
    assert (printed < left - 2_000).all()
    assert dollars.std(axis=1) == pytest.approx(delta, rel=0.02)


def test_e11_without_its_spacer_the_row_keeps_the_budget_in_half_of_the_futures():
    kappa = float(ndtri(0.95))
    mu, delta = thesis.spent(COST, A, np.cumsum(MEAN, axis=1), np.cumsum(SD**2, axis=1))
    limit = mu - thesis.room_corrected(0.0, COST, HELD, B)  # the least that leaves nothing over in expectation
    room = thesis.room_corrected(limit, COST, HELD, B)
    w = 10 * kappa * delta
    assert (thesis.budget_rows_printed(room, mu, delta, kappa, w) >= -1e-9).all()  # kept, it says, with 0.95
    kept = (simulated_dollars(100_000) <= limit[:, None]).mean(axis=1)
    assert kept == pytest.approx(0.5, abs=0.01)
    spacers = np.linspace(0, 10, 101)[:, None] * kappa * delta
    corrected = np.array([thesis.budget_rows_corrected(room, mu, delta, kappa, w) for w in spacers])
    assert not (corrected >= -1e-9).all(axis=1).any()  # no spacer keeps these rows
    enough = limit + kappa * delta
    rows = thesis.budget_rows_corrected(room + kappa * delta, mu, delta, kappa, kappa * delta)
    assert (rows >= -1e-6).all()
    assert (simulated_dollars(100_000) <= enough[:, None]).mean(axis=1) == pytest.approx(0.95, abs=0.005)


# --- E6, E7, E9, E13: the weakest cell


def planned(
    important: tuple[bool, bool],
    nonnegative: str = "mean",
    limit: float = 1_500.0,
    on_hand: float = 20.0,
    pmf: object = (0.5, 0.5),
) -> cc.Store:
    """Two items over four periods, half of what is ordered usable in the next period and all in the one after."""
    return cc.Store(
        unit_cost=[40.0, 10.0],
        on_hand=[on_hand, 20.0],
        important=important,
        demand=cc.demand.Normal([[10.0] * 4, [8.0] * 4], [[3.0] * 4, [2.0] * 4]),
        lead_time=cc.LeadTime(pmf),
        budget=cc.Budget(limit, 0.9),
        service=0.8,
        orders=cc.Orders(nonnegative),
    )


def test_e6_a_score_is_no_probability_and_may_be_above_one_or_below_zero():
    plan = cc.plan(planned((True, False)), rule=cc.rules.Thesis(), inversion=cc.inversion.Normal())
    assert plan.objective_value > 1.5  # the printed bound stops at one
    assert thesis.score_printed(plan.objective_value) == 1.0
    assert plan.promised[1, 1:].min() > ndtr(1.0) + 0.1
    weakest = cc.moments.net_stock(plan.store, cc.rules.Thesis().on(plan.store))
    assert weakest.mean_at(np.zeros(weakest.mean.matrix.shape[1]))[1, 3] < 0  # ordering nothing: its score is negative
    assert np.isnan(thesis.score_printed(-0.3))
    assert ndtr(-0.3) == pytest.approx(0.382, abs=1e-3)  # a probability like any other


def test_e7_the_printed_row_is_indefinite_and_no_convex_set_without_its_sign():
    net = cc.moments.net_stock(planned((True, False)), cc.rules.Thesis().on(planned((True, False))))
    cell = net.at_cells(np.array([2]))
    factor = cell.factor.matrix.toarray()
    values = np.linalg.eigvalsh(thesis.row_hessian_printed(factor, float(ndtri(0.95))))
    assert values[0] == pytest.approx(-2.0, rel=EXACT)
    assert values[-1] > 10
    # as a function: between v = 0 and v = 2 at σ = κ = 1 the middle lies above the chord by one
    assert thesis.row_printed(1, 1, 1) - (thesis.row_printed(1, 0, 1) + thesis.row_printed(1, 2, 1)) / 2 == 1.0
    # as a set: v = 2 and v = −2 keep it, v = 0 between them does not
    assert thesis.row_printed(1, 2, 1) < 0 > thesis.row_printed(1, -2, 1)
    assert thesis.row_printed(1, 0, 1) > 0


def test_e7_the_cone_is_convex_for_a_given_score_and_not_where_the_score_is_a_decision():
    store = planned((True, False))
    net = cc.moments.net_stock(store, cc.rules.Thesis().on(store)).at_cells(np.array([2]))
    rng = np.random.default_rng(7)
    size = net.mean.matrix.shape[1]
    for kappa in (0.0, 0.5, float(ndtri(0.95))):
        left, right = rng.normal(0, 2, (2, 500, size))
        v, w = rng.uniform(-5, 60, (2, 500))

        def row(x: FloatArray, spacer: FloatArray, kappa: float = kappa) -> FloatArray:
            return thesis.row_corrected([net.sd_at(one)[0] for one in x], spacer, kappa)

        middle = row((left + right) / 2, (v + w) / 2)
        assert (middle <= (row(left, v) + row(right, w)) / 2 + 1e-9).all()
    # a score that is a decision too: both ends keep σ γ ≤ u, the middle does not
    assert thesis.row_corrected(4, 0, 0) <= 0 >= thesis.row_corrected(1, 2, 2)
    assert thesis.row_corrected(2.5, 1, 1) == 1.5


def test_e7_the_ratio_of_mean_to_deviation_is_quasi_concave_and_not_concave():
    store = planned((True, False))
    net = cc.moments.net_stock(store, cc.rules.Thesis().on(store)).at_cells(np.array([2]))
    rng = np.random.default_rng(71)

    def ratio(x: FloatArray) -> float:
        return float(net.mean_at(x)[0] / net.sd_at(x)[0])

    bent = 0
    for left, right in rng.normal(1, 1.5, (2_000, 2, net.mean.matrix.shape[1])):
        if min(ratio(left), ratio(right)) >= 0:
            middle = ratio((left + right) / 2)
            assert middle >= min(ratio(left), ratio(right)) - 1e-9
            bent += middle < (ratio(left) + ratio(right)) / 2 - 0.1
    assert bent > 5


def test_e9_the_minimum_over_all_items_is_not_the_minimum_over_the_others():
    """An important item whose own promise is kept holds the printed γ of (3.3) down; (3.5) leaves it out."""
    store, rule = planned((True, False)), cc.rules.Thesis()
    corrected = cc.plan(store, rule=rule, inversion=cc.inversion.Normal())
    everything = cc.model(planned((False, False)), rule=rule, inversion=cc.inversion.Normal())
    bounds = rule.on(store).bounds  # a ≥ 1 and b ≤ 1 for the important item, as before
    printed = cc.plan(
        planned((False, False)),
        rule=rule,
        constraints=[bounds.matrix @ everything.x + bounds.constant >= 0],
        inversion=cc.inversion.Normal(),
    )
    score = printed.mean / printed.sd
    assert score[0, 1:].min() >= ndtri(0.8)  # its chance row is kept in the printed program too
    # the weakest cells give 1e-4 of a score at most, which others could not have at any price
    assert printed.objective_value == pytest.approx(score[:, 1:].min(), abs=1e-4)
    assert (corrected.mean / corrected.sd)[1, 1:].min() == pytest.approx(corrected.objective_value, abs=1e-4)
    assert corrected.objective_value > printed.objective_value + 0.5


def test_e13_no_order_can_influence_the_first_period_which_the_printed_rows_and_minimum_count():
    store = planned((True, False), on_hand=11.0, pmf=(1.0,))
    net = cc.moments.net_stock(store, cc.rules.Thesis().on(store))
    first = net.at_cells(np.array([0, 4]))
    assert first.mean.matrix.nnz == 0
    assert first.factor.matrix.nnz == 0
    stuck = first.mean_at(np.zeros(net.mean.matrix.shape[1])) / first.sd_at(np.zeros(net.mean.matrix.shape[1]))
    assert stuck == pytest.approx([1 / 3, 6.0], rel=1e-12)
    assert ndtr(stuck[0]) < 0.8 - 0.1  # the printed row asks for 0.8: no plan, whatever the budget
    plan = cc.plan(store, rule=cc.rules.Thesis(), inversion=cc.inversion.Normal())
    assert plan.controllable[:, 0].tolist() == [False, False]
    assert np.isnan(plan.asked[0, 0])
    # a millionth of the demand counts as no shortage: that is the difference
    assert plan.promised[0, 0] == pytest.approx(ndtr(1 / 3), rel=1e-5)
    assert plan.promised[0, 1:].min() >= 0.8 - 1e-6
    sales = store.demand.sample(np.random.default_rng(13), 100_000)
    assert (sales[0, 0] <= 11.0).mean() == pytest.approx(plan.promised[0, 0], abs=0.01)


# --- E10, E12, E14: what may be negative, and what counts


def test_e10_orders_that_may_be_negative_finance_others_and_cannot_be_placed():
    rule, objective = cc.rules.Thesis(), cc.ExpectedStock()
    given = {"limit": 6_000.0, "on_hand": 100.0}
    printed = cc.plan(planned((False, False), "none", **given), rule=rule, objective=objective, inversion=NORMAL)
    corrected = cc.plan(planned((False, False), "mean", **given), rule=rule, objective=objective, inversion=NORMAL)
    assert printed.order_mean.min() < -100
    assert corrected.order_mean.min() >= -1e-6
    assert printed.objective_value > 1.3 * corrected.objective_value
    assert printed.budget_promised.min() >= 0.9 - 1e-6
    audit = cc.audit(printed, paths=2_000, seed=10)  # executed: an order is never negative
    assert audit.budget.min() < 0.5
    assert not audit.kept


def test_e10_without_a_lower_bound_on_orders_expected_stock_has_no_greatest_value():
    """What item 1 orders from period 3 on comes too late to matter; item 2's orders of period 3 do matter."""
    slow = {"pmf": [[0.0, 1.0], [0.5, 0.5]], "limit": 6_000.0, "on_hand": 100.0}
    rule, objective = cc.rules.Thesis(), cc.ExpectedStock()
    with pytest.raises(cc.ModelError, match="unbounded"):
        cc.plan(planned((False, False), "none", **slow), rule=rule, objective=objective, inversion=NORMAL)
    assert cc.plan(planned((False, False), "mean", **slow), rule=rule, objective=objective, inversion=NORMAL).gap < 1e-6


def due_outs_covered(sales: FloatArray, on_hand: float, a: float, b: float) -> float:
    """Share of the paths (N, paths) on which D(t−1) ≤ I1 + O(t) in every period, with O(t) = a D(t) − b I1."""
    sold = np.cumsum(sales, axis=0)
    before = np.concatenate([np.zeros_like(sold[:1]), sold[:-1]])
    return float((before <= on_hand + a * sold - b * on_hand + 1e-9).all(axis=0).mean())


def test_e12_due_outs_are_covered_with_probability_one_only_where_no_demand_is_negative_and_no_stock_is_owed():
    rng = np.random.default_rng(12)
    gaussian = cc.demand.Normal(np.full((1, 6), 5.0), np.full((1, 6), 5.0)).sample(rng, 20_000)[0]
    # a = b = 1, I1 ≥ 0: covered in all six periods exactly where no sale is negative
    assert due_outs_covered(gaussian, 20.0, 1.0, 1.0) == pytest.approx(ndtr(1.0) ** 6, abs=0.015)
    assert ndtr(1.0) ** 6 < 0.36
    whole = np.array(list(itertools.product(SALES[0], repeat=6))).T  # every path of sales that are never negative
    for a, b in itertools.product((1.0, 1.7), (0.0, 0.5, 1.0)):
        assert due_outs_covered(whole, 20.0, a, b) == 1.0
    assert due_outs_covered(whole, -8.0, 1.0, 0.0) < 0.5  # owed at the start, and never ordered


def test_e14_receipts_of_a_period_serve_from_the_next_one_on_as_the_ledger_has_it():
    store = following_store()
    rng = np.random.default_rng(14)
    sales = store.demand.sample(rng, 500)
    ages = store.lead_time.sample(rng, (4, 500))
    moved = move(store, sales, lambda state: np.full((1, 500), 5.0 + state.period), ages, np.zeros((0, 500), np.int64))
    received, sold = moved.received[0].T, sales[0].T
    assert np.abs(thesis.net_stock_corrected(12.0, received, sold) - moved.net[0].T).max() < 1e-9
    printed = thesis.net_stock_printed(12.0, received, sold)
    assert (printed >= moved.net[0].T[:, :3] - 1e-9).all()
    assert (printed - moved.net[0].T[:, :3]).mean() > 3
    assert (printed >= 0).mean() > (moved.net[0].T[:, :3] >= 0).mean() + 0.1


def test_e14_a_law_without_its_zero_overstates_backorders():
    """Sales as car parts have them: nothing in 72 of 100 months."""
    values, probabilities = np.array([0.0, 1.0, 2.0, 5.0]), np.array([0.72, 0.15, 0.09, 0.04])
    levels = np.array([0.0, 1.0, 3.0])
    draws = np.repeat(values, np.round(100 * probabilities).astype(int))
    exact = np.maximum(draws[None, :] - levels[:, None], 0.0).mean(axis=1)
    assert thesis.expected_backorders_corrected(values, probabilities, levels) == pytest.approx(exact, rel=EXACT)
    printed = thesis.expected_backorders_printed(values, probabilities, levels)
    assert printed == pytest.approx(exact / 0.28, rel=1e-9)
    assert (printed > 3.5 * exact).all()


# --- the exact law of stock


def test_the_law_of_stock_is_that_of_every_history_of_arrivals_and_sales():
    demand = cc.demand.Discrete(*SALES, periods=4)
    orders = np.array([6.0, 5.0, 5.0])
    arrival, weight = oracles.histories([oracles.arrivals_of_one(P, 0.0, s, s) for s in (1, 2, 3)])
    sold = np.array(list(itertools.product(SALES[0], repeat=4)))
    likely = np.array(list(itertools.product(SALES[1], repeat=4))).prod(axis=1)
    received = (arrival <= 3) @ orders
    for after, sales in ((False, sold[:, :3].sum(axis=1)), (True, sold.sum(axis=1))):
        stock = 8.0 + received[:, None] - sales[None, :]
        mass = np.outer(weight, likely)
        values, probabilities = thesis.inventory_law(8.0, orders, P, demand, after_sales=after)
        assert (np.diff(values) > 0).all()
        assert values.tolist() == np.unique(stock).tolist()
        assert probabilities == pytest.approx([mass[stock == value].sum() for value in values], rel=1e-11)


def test_the_normal_law_misses_the_exact_one_where_a_large_order_is_under_way():
    demand = cc.demand.Discrete([4.0, 5.0, 6.0], [0.25, 0.5, 0.25], periods=2)
    on_hand, order, arrives = 7.9, 12.0, 0.8
    values, probabilities = thesis.inventory_law(on_hand, [order], [arrives, 0.2], demand, after_sales=True)
    mean = values @ probabilities
    sd = np.sqrt((values - mean) ** 2 @ probabilities)
    assert mean == pytest.approx(on_hand + arrives * order - 10, rel=EXACT)
    assert sd**2 == pytest.approx(order**2 * arrives * (1 - arrives) + 1.0, rel=1e-11)
    assert probabilities[values >= 0].sum() < ndtr(mean / sd) - 0.08


def test_values_that_differ_by_rounding_alone_are_one_value():
    demand = cc.demand.Discrete([0.1, 0.2, 0.3], [0.2, 0.3, 0.5], periods=5)
    values, probabilities = thesis.inventory_law(1.0, [0.1] * 4, P, demand, after_sales=True)
    assert len(values) == 13  # 2, 3 or 4 tenths received, 5 to 15 sold
    assert 0.0 in values.tolist()
    assert probabilities.sum() == pytest.approx(1, rel=EXACT)


def test_before_any_order_the_law_of_stock_is_that_of_the_stock_on_hand():
    demand = cc.demand.Discrete(*SALES, periods=1)
    values, probabilities = thesis.inventory_law(9.0, [], P, demand)
    assert (values.tolist(), probabilities.tolist()) == ([9.0], [1.0])
    values, probabilities = thesis.inventory_law(9.0, [], P, demand, after_sales=True)
    assert values.tolist() == [-1.0, 6.0, 9.0]
    assert probabilities == pytest.approx([0.2, 0.5, 0.3], rel=EXACT)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: thesis.receipts_corrected(np.ones(21), P), "21 of them, expected 1 to 20"),
        (lambda: thesis.receipts_printed([], P), "0 of them"),
        (lambda: thesis.receipts_corrected([1.0], [0.5, 0.7]), "never"),
        (lambda: thesis.receipts_printed([1.0], [0.5, 1.7]), "1.7"),
        (lambda: thesis.receipts_in_examples(np.ones(4), P), "1, 2 or 3"),
        (lambda: thesis.receipts_printed([[1.0]], P), "one order per period"),
        (lambda: thesis.by_odds([0.5, -0.1]), "-0.1"),
        (lambda: thesis.receipts_moments_printed([1.0], [1.0, 2.0], [0.5]), "one entry per order"),
        (lambda: thesis.inventory_law(1.0, [1.0], P, cc.demand.Discrete(*SALES), True), "at least 2 periods"),
        (lambda: thesis.expected_backorders_printed([0.0], [1.0], 0.0), "some positive demand"),
    ],
)
def test_what_cannot_be_enumerated_is_refused_in_words(call, said):
    with pytest.raises(cc.DataError, match=said):
        call()
