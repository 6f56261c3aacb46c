"""From probabilities to cones: κ and its inverse, the laws that attain the bounds, and the cones themselves."""

import dataclasses

import cvxpy as cp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, sparse, stats
from strategies import coefficients, stores

import ccinv as cc
from ccinv.inversion.cones import cones, duals
from ccinv.moments.affine import AffineMoments
from ccinv.rules import LinearMap

INVERSIONS = (
    cc.inversion.Normal(),
    cc.inversion.Cantelli(),
    cc.inversion.Unimodal(),
    cc.inversion.Student(5.0),
    cc.inversion.Student(2.5),
)
RULES = (cc.rules.Cumulative(), cc.rules.Thesis(), cc.rules.Static(), cc.rules.Affine())
named = pytest.mark.parametrize("inversion", INVERSIONS, ids=repr)


@named
@given(level=st.floats(0.5, 1 - 1e-9))
def test_the_probability_at_kappa_is_the_level(inversion, level):
    assert inversion.probability(inversion.kappa(level)) == pytest.approx(level, abs=1e-12)


@named
@given(score=st.floats(0.0, 30.0))
def test_kappa_of_the_probability_is_the_score(inversion, score):
    level = float(inversion.probability(score))
    if 0.5 <= level <= 1 - 1e-9:
        # the level has 16 digits, of which 1 − level keeps what the score can be found from
        assert inversion.kappa(level) == pytest.approx(score, rel=1e-5, abs=1e-6)


@named
def test_more_probability_asks_for_a_greater_distance(inversion):
    levels = np.linspace(0.5, 1 - 1e-9, 2001)
    kappa = inversion.kappa(levels)
    assert np.all(np.diff(kappa) > 0)
    assert np.all(kappa >= -1e-15)


def test_the_kappas_are_those_of_the_formulas():
    assert cc.inversion.Normal().kappa(0.95) == pytest.approx(1.6448536269514722, rel=1e-14)
    assert cc.inversion.Cantelli().kappa(0.95) == pytest.approx(np.sqrt(19.0), rel=1e-14)
    assert cc.inversion.Unimodal().kappa(0.95) == pytest.approx(np.sqrt(4 / 0.45 - 1), rel=1e-14)
    assert cc.inversion.Unimodal().kappa(0.6) == pytest.approx(np.sqrt(1.8 / 2.2), rel=1e-14)


@given(level=st.floats(0.5, 0.999))
def test_two_points_attain_cantellis_bound(level):
    # X has mean κ and deviation 1, its lower point has probability 1 − α and is 0: X > 0 with probability α, no more
    kappa = float(cc.inversion.Cantelli().kappa(level))
    low, high = kappa - np.sqrt(level / (1 - level)), kappa + np.sqrt((1 - level) / level)
    mean = (1 - level) * low + level * high
    deviation = np.sqrt((1 - level) * (low - mean) ** 2 + level * (high - mean) ** 2)
    assert mean == pytest.approx(kappa, rel=1e-9)
    assert deviation == pytest.approx(1.0, rel=1e-9)
    # with a mean of any less the lower point is short: no smaller κ would do
    assert low == pytest.approx(0.0, abs=1e-9)  # of numbers of size κ, at most 32
    assert high > 0


def test_the_unimodal_kappa_is_continuous_where_its_formula_changes():
    for side in (np.nextafter(5 / 6, 0), 5 / 6, np.nextafter(5 / 6, 1)):
        assert cc.inversion.Unimodal().kappa(side) == pytest.approx(np.sqrt(5 / 3), rel=1e-12)
    for side in (1 - 1e-12, 1.0, 1 + 1e-12):
        assert cc.inversion.Unimodal().probability(np.sqrt(5 / 3) * side) == pytest.approx(5 / 6, rel=1e-11)


def mixed_with_a_point(share: float, width: float) -> tuple[float, float]:
    """Mean and deviation of a law with an atom at 0 of the given share and the rest even on [−width, 0]: unimodal."""
    mean = -(1 - share) * width / 2
    return mean, np.sqrt((1 - share) * width**2 / 3 - mean**2)


@pytest.mark.parametrize("level", [0.85, 0.9, 0.95, 0.99, 0.999])
def test_an_atom_with_an_even_tail_attains_the_unimodal_bound(level):
    """Of all atoms with an even lower tail, the worst one is short exactly as often as the bound says."""
    kappa = float(cc.inversion.Unimodal().kappa(level))
    shares = np.linspace(0.0, 1.0, 200_001)[1:-1]
    mean, deviation = mixed_with_a_point(shares, 1.0)
    # net stock is the law moved up by κ deviations: it is short where the even tail reaches below mean − κ · deviation
    reach = 1.0 + mean - kappa * deviation
    short = np.maximum((1 - shares) * reach, 0.0)
    assert short.max() == pytest.approx(1 - level, rel=1e-6)


@pytest.mark.parametrize("level", [0.5, 0.6, 0.75, 0.83])
def test_an_atom_at_the_lower_end_attains_the_unimodal_bound_below_five_sixths(level):
    """Of those laws the worst one is short exactly as often as the bound says."""
    kappa = float(cc.inversion.Unimodal().kappa(level))
    shares = np.linspace(0.0, 1.0, 200_001)[1:-1]
    mean, deviation = mixed_with_a_point(shares, 1.0)
    # the mirror image: an atom at 0, the rest even on [0, 1]; short where X ≤ mean − κ · deviation ≥ 0
    reach = -mean - kappa * deviation
    short = np.where(reach >= -1e-9, shares + (1 - shares) * np.maximum(reach, 0.0), 0.0)
    assert short.max() == pytest.approx(1 - level, rel=1e-4)


@pytest.mark.parametrize("inversion", [cc.inversion.Cantelli(), cc.inversion.Unimodal()], ids=repr)
@pytest.mark.parametrize("level", [0.6, 0.9, 0.99])
def test_cantelli_and_unimodal_are_not_broken_by_laws_they_cover(inversion, level):
    kappa = float(inversion.kappa(level))
    for law in (stats.norm(), stats.uniform(), stats.expon(), stats.gamma(0.5), stats.t(3), stats.triang(1.0)):
        assert law.sf(law.mean() - kappa * law.std()) >= level - 1e-12
        assert law.cdf(law.mean() + kappa * law.std()) >= level - 1e-12


@pytest.mark.parametrize("nu", [2.5, 5.0, 40.0])
def test_students_inversion_is_the_quantile_of_the_law_with_that_deviation(nu):
    inversion = cc.inversion.Student(nu)
    for level in (0.5, 0.8, 0.95, 0.999):
        law = stats.t(nu)
        kappa = float(inversion.kappa(level))
        assert kappa == pytest.approx(law.ppf(level) / law.std(), rel=1e-9, abs=1e-12)
        tail, _ = integrate.quad(law.pdf, -kappa * law.std(), np.inf, epsabs=1e-12)
        assert tail == pytest.approx(level, abs=1e-9)


def test_students_inversion_is_less_cautious_than_the_normal_one_at_95_percent_and_more_at_99():
    student, normal = cc.inversion.Student(5.0), cc.inversion.Normal()
    assert student.kappa(0.95) < normal.kappa(0.95)
    assert student.kappa(0.99) > normal.kappa(0.99)


@pytest.mark.parametrize("nu", [2.0, 1.0, 0.0, -3.0, np.inf, np.nan])
def test_student_without_a_variance_is_refused(nu):
    with pytest.raises(cc.DataError, match="Student nu"):
        cc.inversion.Student(nu)


def one_item() -> tuple[cc.Store, object]:
    sales = cc.demand.Normal(np.full((1, 4), 10.0), np.full((1, 4), 3.0))
    store = cc.Store([1.0], [30.0], [True], sales, cc.LeadTime([0.5, 0.5]))
    return store, cc.rules.Cumulative().on(store)


@pytest.mark.parametrize("level", [0.49, 0.0, -1.0, 1.0, 95.0, np.nan, [0.9, 0.3, 0.9, 0.9], [0.9, np.nan, 0.9, 0.9]])
def test_a_chance_constraint_outside_one_half_to_one_is_refused(level):
    store, layout = one_item()
    net, x = cc.moments.net_stock(store, layout), cp.Variable(layout.size)
    with pytest.raises(cc.ModelError, match=r"0\.5 to below 1"):
        cc.inversion.chance(net, x, level, cc.inversion.Normal())


@pytest.mark.parametrize("kappa", [-1e-9, np.nan, np.inf])
def test_a_cone_of_negative_or_unknown_width_is_refused(kappa):
    store, layout = one_item()
    with pytest.raises(cc.ModelError, match="not convex"):
        cones(cc.moments.net_stock(store, layout), cp.Variable(layout.size), kappa)


@pytest.mark.parametrize("level", [0.49, 0.5 - 1e-12, 1.0, 1 - 1e-16, 95, -0.1, np.nan, np.inf])
def test_a_promise_outside_one_half_to_one_is_refused_by_name(level):
    for promise, name in (
        (lambda: cc.Service(level), "service alpha"),
        (lambda: cc.Budget(1.0, level), "budget confidence"),
        (lambda: cc.Orders(confidence=level), "orders confidence"),
    ):
        with pytest.raises(cc.DataError, match=name) as caught:
            promise()
        if level == 95:
            assert "Did you mean 0.95?" in str(caught.value)


@pytest.mark.parametrize("level", [0.5, 1 - 1e-9])
def test_one_half_and_nearly_one_are_promises(level):
    assert cc.Service(level).alpha == level


def test_a_store_asks_its_service_in_the_same_range():
    store, _ = one_item()
    with pytest.raises(cc.DataError, match=r"Did you mean 0\.95\?"):
        cc.Store([1.0], [1.0], [True], store.demand, store.lead_time, service=95)


@given(data=st.data())
def test_cones_say_what_mean_less_kappa_deviations_says(data):
    store = data.draw(stores(items=(1, 3), periods=(1, 5)))
    layout = data.draw(st.sampled_from(RULES)).on(store)
    if layout.size == 0:
        return
    moments = data.draw(st.sampled_from((cc.moments.net_stock, cc.moments.orders)))(store, layout)
    value = data.draw(coefficients(store, layout))
    kappa = data.draw(st.lists(st.sampled_from((0.0, 0.5, 1.6, 4.0)), min_size=store.items * store.periods,
                               max_size=store.items * store.periods))  # fmt: skip
    x = cp.Variable(layout.size, value=value)
    constraints, order = cones(moments, x, np.array(kappa))
    assert sorted(order.tolist()) == list(range(len(kappa)))
    margins = []
    for constraint in constraints:
        if isinstance(constraint, cp.SOC):
            head, tail = constraint.args[0].value, constraint.args[1].value
            margins.append(np.atleast_1d(head) - np.linalg.norm(tail, axis=0))
        else:
            margins.append(np.atleast_1d(constraint.expr.value if hasattr(constraint, "expr") else 0.0) * -1.0)
    expected = (moments.mean_at(value) - np.reshape(kappa, moments.shape) * moments.sd_at(value)).ravel()
    size = np.abs(moments.mean_at(value)).max() + np.abs(moments.sd_at(value)).max() + 1e-300
    assert np.concatenate(margins) == pytest.approx(expected[order], rel=1e-9, abs=1e-9 * size)


def test_floors_are_taken_from_the_margin_of_each_cell():
    store, layout = one_item()
    net = cc.moments.net_stock(store, layout)
    value = np.arange(layout.size, dtype=float)
    x = cp.Variable(layout.size, value=value)
    floor = np.array([1.0, -2.0, 3.0, 100.0])
    constraints, order = cones(net, x, 0.0, floor)
    (row,) = constraints
    assert -row.expr.value == pytest.approx((net.mean_at(value).ravel() - floor)[order], rel=1e-12)


def test_the_example_for_research_scripts_runs_as_printed():
    store = cc.Store(
        unit_cost=[40.0, 35.0], on_hand=[120, 90], important=[True, False],
        demand=cc.demand.Normal(mean=np.full((2, 12), 25.0), sd=np.full((2, 12), 6.0)),
        lead_time=cc.LeadTime([[0.2, 0.5, 0.3], [0.6, 0.3, 0.1]], never=0.0),
        budget=cc.Budget(limit=7_000.0, confidence=0.95),
        service=0.95,
        orders=cc.Orders(nonnegative="chance", confidence=0.90),
    )  # fmt: skip
    # enough stock that even Cantelli's 0.95 can be had before orders arrive for certain
    store = dataclasses.replace(store, on_hand=[240, 240], budget=cc.Budget(12_000.0, 0.95))
    rule = cc.rules.Thesis().on(store)
    net = cc.moments.net_stock(store, rule)
    x = cp.Variable(rule.size)
    constraints = cc.inversion.chance(net, x, 0.95, cc.inversion.Cantelli())
    cp.Problem(cp.Minimize(cp.norm1(x)), constraints).solve(solver=cp.CLARABEL)
    assert net.mean_at(x.value).shape == net.sd_at(x.value).shape == (2, 12)
    assert (net.mean_at(x.value) / net.sd_at(x.value)).min() == pytest.approx(np.sqrt(19.0), rel=1e-5)
    a, b = rule.unpack(x.value)
    assert a.shape == b.shape == (2, 12)
    m = cc.model(store, objective=cc.MinimumBudget(), inversion=cc.inversion.Normal())
    m.problem.solve(solver=cp.CLARABEL)
    plan = cc.plan(store, objective=cc.MinimumBudget(), inversion=cc.inversion.Normal())
    assert m.problem.value == pytest.approx(plan.objective_value, rel=1e-5)
    assert m.x.size == m.layout.size
    assert len(m.constraints) == len(m.problem.constraints)


def test_dual_values_go_back_to_the_quantities_they_belong_to():
    # three levels with 2, 0 and 1 deviation rows of one: in the cones they stand as number 2, 3, 1
    rows = LinearMap(sparse.csr_array((3, 3)), np.ones(3))
    moments = AffineMoments(
        (3,), LinearMap(sparse.eye_array(3, format="csr"), np.zeros(3)), rows, np.array([0, 2, 2, 3])
    )
    price = np.array([1.0, 10.0, 100.0])
    x = cp.Variable(3)
    raised, order = cones(moments, x, 1.0)
    assert order.tolist() != [0, 1, 2]
    cp.Problem(cp.Minimize(price @ x), raised).solve(solver=cp.CLARABEL)
    assert x.value == pytest.approx([np.sqrt(2.0), 0.0, 1.0], abs=1e-6)
    # a unit more asked of a level costs its price
    assert duals(raised, order) == pytest.approx(price, rel=1e-6)
