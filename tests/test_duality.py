"""Bounds from dual points: never above the optimum, whatever the dual values, and near it where these are near."""

import cvxpy as cp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from ccinv.objectives.program import Status
from ccinv.solve.conic import Precision, solve
from ccinv.solve.duality import Dual, proven


def boxed(seed: int) -> tuple[Dual, np.ndarray, float]:
    """min q'x under |x| ≤ 1, a cone ‖x − c‖ ≤ r and an equation, with the optimum as an independent solver has it."""
    rng = np.random.default_rng([seed, 5])
    size = int(rng.integers(2, 6))
    q, centre, radius = rng.normal(size=size), rng.uniform(-0.5, 0.5, size), float(rng.uniform(0.2, 1.0))
    row = rng.normal(size=size)
    eye = np.eye(size)
    matrix = np.vstack([row, eye, -eye, np.zeros(size), -eye])
    right = np.concatenate([[row @ centre], np.ones(2 * size), [radius], -centre])
    dual = Dual(q / np.abs(q).max(), sparse.csc_array(matrix), right, 1, 2 * size, np.array([size + 1]))
    x = cp.Variable(size)
    rows = [row @ x == row @ centre, x <= 1, x >= -1, cp.norm(x - centre) <= radius]
    problem = cp.Problem(cp.Minimize(dual.q @ x), rows)
    problem.solve(solver=cp.SCS, eps_abs=1e-9, eps_rel=1e-9, max_iters=100_000)
    return dual, np.asarray(x.value), float(problem.value)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), noise=st.floats(0.0, 10.0), about=st.floats(-5.0, 5.0))
def test_no_dual_point_proves_more_than_the_optimum(seed, noise, about):
    dual, x, optimum = boxed(seed)
    z = about + noise * np.random.default_rng([seed, 6]).normal(size=dual.known)
    assert proven(dual, x, z) <= optimum + 1e-6


@pytest.mark.parametrize("seed", range(20))
def test_dual_values_of_the_solver_prove_the_optimum_to_a_millionth(seed):
    dual, x, optimum = boxed(seed)
    variable = cp.Variable(len(x))
    single = dual.zero + dual.linear
    slack = dual.b - dual.a @ variable
    rows = [slack[:1] == 0, slack[1:single] >= 0, cp.SOC(slack[single], slack[single + 1 :])]
    for problem, sign in ((cp.Minimize(dual.q @ variable), 1.0), (cp.Maximize(-dual.q @ variable), -1.0)):
        outcome = solve(cp.Problem(problem, rows), {variable: np.ones(len(x))}, Precision(proven=True))
        assert outcome.status is Status.SOLVED
        assert sign * outcome.bound <= optimum + 1e-6
        assert sign * outcome.bound >= sign * outcome.value - 1e-6


def test_cones_that_are_not_known_prove_nothing():
    dual, x, _ = boxed(1)
    assert np.isnan(proven(dual, x, np.zeros(dual.known + 3)))


def test_a_bound_is_stated_only_where_it_was_asked_for():
    x = cp.Variable(2)
    problem = cp.Problem(cp.Minimize(cp.sum(x)), [x >= 1])
    assert np.isnan(solve(problem, {x: np.ones(2)}).bound)
