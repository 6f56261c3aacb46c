"""Draws and densities of deliveries: what holds, and by how much the printed forms miss it."""

from __future__ import annotations

from itertools import pairwise

import delivery_cases as cases
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from scipy.integrate import quad

import ccinv as cc
from ccinv import deliveries as pk
from ccinv.deliveries.marks import Marks

FloatArray = NDArray[np.float64]
MATERIALS = pytest.mark.parametrize("material", [cases.FIRST, cases.SECOND], ids=["first", "second"])
DRAWS = pytest.mark.parametrize("draw", [pk.drawn, pk.drawn_by_sorting])


def requirements(material: cc.Deliveries, paths: int, seed: int) -> FloatArray:
    """ζ_i of (3.2) in sorted draws, (paths, n)."""
    rng = np.random.default_rng(seed)
    times, amounts = material.time_marks, material.amount_marks
    asked = pk.drawn_by_sorting(times, rng, paths) - times.least
    brought = pk.drawn_by_sorting(amounts, rng, paths) - amounts.least
    asked[:, 1:] -= brought
    return asked


def integral(material: cc.Deliveries, i: int, low: float, high: float, printed: bool = False) -> float:
    f = pk.requirement_density_printed if printed else pk.requirement_density_corrected
    # the density is a polynomial between these points
    tau, sigma = material.time_marks.scale, material.amount_marks.scale
    ends = sorted({low, high, *(x for x in (0.0, tau - sigma) if low < x < high)})
    return sum(quad(lambda x: float(f(material, i, x)), a, b)[0] for a, b in pairwise(ends))


# --- draws


@DRAWS
@MATERIALS
def test_each_mark_has_the_beta_law_of_its_place(material: cc.Deliveries, draw: object) -> None:
    for marks in (material.time_marks, material.amount_marks):
        found = draw(marks, np.random.default_rng(1), 20_000)  # type: ignore[operator]
        shares = (found - marks.least) / marks.scale
        for i, j in enumerate(marks.positions):
            assert stats.kstest(shares[:, i], stats.beta(j, marks.sample + 1 - j).cdf).pvalue > 1e-3


@DRAWS
def test_marks_vary_together_as_order_statistics_do(draw: object) -> None:
    marks, paths = cases.FIRST.time_marks, 200_000
    found = draw(marks, np.random.default_rng(2), paths)  # type: ignore[operator]
    j, size = marks.positions, marks.sample
    low, high = np.minimum(j[:, None], j), np.maximum(j[:, None], j)
    covariance = marks.scale**2 * low * (size + 1 - high) / ((size + 1) ** 2 * (size + 2))
    np.testing.assert_allclose(np.cov(found.T), covariance, rtol=0.02)  # s.e. of a covariance: 0.3 to 0.6 % of it
    np.testing.assert_allclose(found.mean(axis=0), marks.mean, rtol=0.002)


@settings(max_examples=40, deadline=None)
@given(material=cases.random_deliveries(), seed=st.integers(0, 10**6))
def test_deliveries_keep_their_least_gap_and_least_amount_and_bring_the_total(
    material: cc.Deliveries, seed: int
) -> None:
    times, amounts = material.sample(np.random.default_rng(seed), 50)
    assert times.shape == amounts.shape == (50, material.number)
    assert (np.diff(times, axis=1, prepend=0.0) >= material.time_marks.step - 1e-15).all()
    assert (amounts >= material.amount_marks.step - 1e-15).all()
    assert times.max() <= 1 + 1e-15
    np.testing.assert_allclose(amounts.sum(axis=1), 1.0, rtol=1e-14)
    again = material.sample(np.random.default_rng(seed), 50)
    assert np.array_equal(times, again[0])
    assert np.array_equal(amounts, again[1])


def test_what_is_certain_is_drawn_as_it_is() -> None:
    times, amounts = cc.Deliveries((0.2, 0.7), amounts=(0.4, 0.6)).sample(np.random.default_rng(0), 3)
    np.testing.assert_allclose(times, [[0.2, 0.7]] * 3)
    np.testing.assert_allclose(amounts, [[0.4, 0.6]] * 3)
    marks = Marks(np.zeros(0, dtype=np.int64), 0, 0.0, 2, np.array([0.2, 0.7]))
    np.testing.assert_allclose(pk.drawn_by_sorting(marks, np.random.default_rng(0), 3), times)


def test_a_rate_of_1_minus_n_gamma_leaves_the_printed_draws_unscaled() -> None:
    marks = cases.FIRST.time_marks  # γ = 0.1, so that 0.6 is left to chance
    printed = pk.drawn_printed(marks, np.random.default_rng(3), 50_000)
    # the last delivery: 0.4 + 9/11 = 1.218 instead of 0.4 + 0.6 · 9/11 = 0.891; most come after the end
    assert printed[:, -1].mean() == pytest.approx(0.4 + 9 / 11, rel=0.002)
    assert (printed[:, -1] > 1).mean() > 0.9
    assert marks.mean[-1] == pytest.approx(0.4 + 0.6 * 9 / 11, rel=1e-12)


@MATERIALS
def test_the_exact_reliability_is_the_frequency_in_draws(material: cc.Deliveries) -> None:
    times, amounts = material.sample(np.random.default_rng(4), 400_000)
    before = np.cumsum(amounts, axis=1) - amounts
    for stock in (0.2, 0.3, 0.4):
        exact = float(material.reliability(stock))
        error = 4 * np.sqrt(exact * (1 - exact) / len(times))
        assert (stock + before >= times).all(axis=1).mean() == pytest.approx(exact, abs=error)


# --- (2.5)


def over_simplex(scale: float, nodes: int = 24) -> tuple[FloatArray, FloatArray]:
    """Points and weights of z_1 + z_2 + z_3 < scale, exact for polynomials of a degree below 2 · nodes − 2."""
    node, weight = np.polynomial.legendre.leggauss(nodes)
    u, w = 0.5 * (node + 1.0), 0.5 * weight
    a, b, c = np.meshgrid(u, u, u, indexing="ij")
    points = scale * np.stack([a, (1 - a) * b, (1 - a) * (1 - b) * c], axis=-1)
    return points, scale**3 * w[:, None, None] * w[None, :, None] * w * (1 - a) ** 2 * (1 - b)


def test_the_density_of_amounts_has_mass_1_and_the_printed_one_1_over_what_is_left_to_chance() -> None:
    marks = cases.FIRST.amount_marks  # δ = 0.16: 0.36 is left
    points, weight = over_simplex(marks.scale)
    corrected = pk.amount_density_corrected(cases.FIRST, points)
    assert (corrected * weight).sum() == pytest.approx(1.0, rel=1e-12)
    assert (pk.amount_density_printed(cases.FIRST, points) * weight).sum() == pytest.approx(1 / 0.36, rel=1e-12)
    # first and third amount together: from the density, and from sorted uniform numbers
    marked = pk.drawn_by_sorting(marks, np.random.default_rng(5), 200_000) - marks.least
    excess = np.diff(marked, axis=1, prepend=0.0)
    product = excess[:, 0] * excess[:, 2]
    error = 4 * product.std() / np.sqrt(len(product))
    assert (corrected * weight * points[..., 0] * points[..., 2]).sum() == pytest.approx(product.mean(), abs=error)


def test_amounts_beyond_what_is_left_have_no_density() -> None:
    assert pk.amount_density_corrected(cases.FIRST, [0.2, 0.1, 0.1]) == 0.0
    assert pk.amount_density_corrected(cases.FIRST, [0.1, -0.01, 0.1]) == 0.0
    assert pk.amount_density_corrected(cases.FIRST, [0.1, 0.03, 0.1]) > 0.0
    with pytest.raises(cc.DataError, match=r"found shape \(2,\), expected \(\.\.\., 3\)"):
        pk.amount_density_corrected(cases.FIRST, [0.1, 0.1])


# --- (3.12), (3.13)


@MATERIALS
def test_requirements_have_densities_of_mass_1_that_simulation_confirms_below_0_too(material: cc.Deliveries) -> None:
    drawn = requirements(material, 200_000, 6)
    tau, sigma = material.time_marks.scale, material.amount_marks.scale
    for i in range(1, material.number + 1):
        low = -sigma if i > 1 else 0.0
        assert integral(material, i, low, tau) == pytest.approx(1.0, rel=1e-9)
        for x in np.quantile(drawn[:, i - 1], [0.03, 0.3, 0.7, 0.97]):
            exact = integral(material, i, low, float(x))
            error = 4 * np.sqrt(exact * (1 - exact) / len(drawn))
            assert (drawn[:, i - 1] <= x).mean() == pytest.approx(exact, abs=error)


def test_the_printed_densities_of_the_second_material_lack_most_of_their_mass() -> None:
    drawn = requirements(cases.SECOND, 200_000, 7)
    masses = [integral(cases.SECOND, i, -1.0, 1.0, printed=True) for i in range(1, 6)]
    np.testing.assert_allclose(masses, [1.0, 0.494, 0.163, 0.079, 0.079], atol=6e-4)
    np.testing.assert_allclose(masses, (drawn > 0).mean(axis=0), atol=0.005)
    # and at M = 0.19 it is there that the model looks
    i = np.arange(1, 6)
    assert (0.19 + (i - 1) * 0.12 - i * 0.15 < 0).tolist() == [False, False, True, True, True]


def test_the_density_of_the_first_requirement_is_right_as_printed() -> None:
    x = np.linspace(-0.2, 0.7, 19)
    law = stats.beta(3, 8, scale=0.6)
    np.testing.assert_allclose(pk.requirement_density_printed(cases.FIRST, 1, x), law.pdf(x), rtol=1e-12)


@settings(max_examples=25, deadline=None)
@given(material=cases.random_deliveries(), data=st.data())
def test_every_corrected_density_has_mass_1(material: cc.Deliveries, data: st.DataObject) -> None:
    i = data.draw(st.integers(1, material.number))
    assert integral(material, i, -1.0, 1.0) == pytest.approx(1.0, rel=1e-7)
    assert integral(material, i, -1.0, 1.0, printed=True) <= 1.0 + 1e-7


def test_what_is_certain_has_no_density() -> None:
    with pytest.raises(cc.DataError, match="times or amounts that are certain"):
        pk.requirement_density_corrected(cc.Deliveries((0.2, 0.7), amounts=(0.4, 0.6)), 1, 0.1)
    with pytest.raises(cc.DataError, match="delivery: found 5, expected 1 to 4"):
        pk.requirement_density_corrected(cases.FIRST, 5, 0.1)


# --- (4.6)


def test_the_slope_by_conditional_probabilities_is_the_exact_one_without_the_printed_factor() -> None:
    assert pk.slope_corrected(cases.FIRST, 0.413896) == pytest.approx(1.6678, abs=5e-5)
    assert pk.slope_printed(cases.FIRST, 0.413896) == pytest.approx(1.3688, abs=5e-5)
    rise = (cases.FIRST.reliability(0.413896 + 1e-4) - cases.FIRST.reliability(0.413896 - 1e-4)) / 2e-4
    assert pk.slope_corrected(cases.FIRST, 0.413896) == pytest.approx(rise, rel=1e-6)
    assert pk.slope_printed(cases.SECOND, 0.267) > 1.5 * pk.slope_corrected(cases.SECOND, 0.267)


@settings(max_examples=15, deadline=None)
@given(material=cases.random_deliveries(most=4, largest=10), stock=st.floats(0.05, 0.9))
def test_the_slope_by_conditional_probabilities_is_that_of_the_exact_reliability(
    material: cc.Deliveries, stock: float
) -> None:
    # absolute: panels do not know where the pieces of the conditional probability meet
    assert pk.slope_corrected(material, stock) == pytest.approx(material.reliability_slope(stock), rel=1e-4, abs=1e-4)
