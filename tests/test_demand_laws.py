"""Every law of demand: its moments, its draws, its rows, what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from ccinv import demand
from ccinv.demand.checks import MOST_CV
from ccinv.demand.steps import count_staircase, draw_steps, staircase
from ccinv.errors import DataError

Z = 5.0  # standard errors; one of a thousand comparisons passes it by chance once in two thousand runs


def laws() -> dict[str, demand.Law]:
    """One law of each kind, (3, 4), with a history from a fixed seed."""
    rng = np.random.default_rng(5)
    history = rng.poisson(2.0, (3, 9)).astype(float)
    history[0, 2:5] = np.nan
    mean = np.array([[0.3], [4.0], [70.0]]) * [[1.0, 1.0, 2.0, 0.5]]
    return {
        "normal": demand.Normal(mean, 0.4 * mean),
        "gamma": demand.Gamma(mean, mean * [[0.2], [1.0], [1.7]]),
        "poisson": demand.Poisson(mean),
        "negative-binomial": demand.NegativeBinomial(mean, np.sqrt(mean * [[1.5], [3.0], [40.0]])),
        "empirical": demand.Empirical(history, 4),
        "discrete": demand.Discrete(rng.normal(size=(3, 5)), rng.dirichlet(np.ones(5), (3, 4))),
        "per-item": demand.PerItem(
            [demand.Poisson(mean[:1]), demand.Gamma(mean[1:2], mean[1:2]), demand.Empirical(history[2:], 4)]
        ),
    }


@pytest.mark.parametrize("kind", laws())
def test_large_samples_have_the_mean_and_the_deviation_that_the_law_states(kind: str) -> None:
    law = laws()[kind]
    paths = 40_000
    draws = law.sample(np.random.default_rng(11), paths)
    assert draws.shape == (*law.mean.shape, paths)
    off = np.abs(draws.mean(axis=2) - law.mean)
    assert (off <= Z * law.sd / np.sqrt(paths) + 1e-12 * law.mean).all()
    square = (draws - law.mean[:, :, None]) ** 2
    error = square.std(axis=2) / np.sqrt(paths)
    assert (np.abs(square.mean(axis=2) - law.sd**2) <= Z * error).all()


@pytest.mark.parametrize("kind", [k for k in laws() if k != "normal"])
def test_items_and_periods_are_independent(kind: str) -> None:
    law = laws()[kind]
    paths = 40_000
    draws = law.sample(np.random.default_rng(12), paths).reshape(-1, paths)
    correlation = np.corrcoef(draws)
    np.fill_diagonal(correlation, 0.0)
    assert law.correlation is None
    # the estimate's own deviation is 1/√paths for independent rows, whatever their law
    assert np.abs(correlation).max() <= Z / np.sqrt(paths)


@pytest.mark.parametrize("kind", laws())
def test_whole_laws_draw_whole_numbers_and_unsigned_laws_nothing_negative(kind: str) -> None:
    law = laws()[kind]
    draws = law.sample(np.random.default_rng(13), 500)
    assert law.whole == (kind in ("poisson", "negative-binomial", "empirical"))
    assert law.signed == (kind in ("normal", "discrete"))
    assert not law.whole or (draws == np.floor(draws)).all()
    assert law.signed == bool((draws < 0).any())


@pytest.mark.parametrize("kind", laws())
def test_the_same_seed_gives_the_same_draws_and_a_law_cannot_be_changed(kind: str) -> None:
    law = laws()[kind]
    first, second = (law.sample(np.random.default_rng(14), 50) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    for name in ("mean", "sd", "history", "values", "probabilities"):
        array = getattr(law, name, None)
        if array is not None and not (kind == "poisson" and name == "sd"):  # computed anew at each call
            assert not array.flags.writeable


@pytest.mark.parametrize("kind", laws())
@given(index=st.lists(st.integers(0, 2), min_size=1, max_size=6))
@settings(max_examples=25, deadline=None)
def test_rows_are_the_items_asked_for_in_that_order(kind: str, index: list[int]) -> None:
    law = laws()[kind]
    cut = law.rows(np.array(index))
    np.testing.assert_array_equal(cut.mean, law.mean[index])
    np.testing.assert_array_equal(cut.sd, law.sd[index])
    assert cut.sample(np.random.default_rng(1), 7).shape == (len(index), 4, 7)


DISTRIBUTIONS: list[tuple[str, Callable[[], demand.Law], Callable[[], Any]]] = [
    ("poisson, small", lambda: demand.Poisson([[0.4]]), lambda: stats.poisson(0.4)),
    ("poisson, larger", lambda: demand.Poisson([[130.0]]), lambda: stats.poisson(130.0)),
    ("poisson, from the generator", lambda: demand.Poisson([[2000.0]]), lambda: stats.poisson(2000.0)),
    (
        "binomial, r < 1",
        lambda: demand.NegativeBinomial([[0.5]], [[1.2]]),
        lambda: stats.nbinom(0.25 / 0.94, 0.5 / 1.44),
    ),
    ("binomial, r > 1", lambda: demand.NegativeBinomial([[9.0]], [[4.0]]), lambda: stats.nbinom(81 / 7, 9 / 16)),
    (
        "binomial, long",
        lambda: demand.NegativeBinomial([[60.0]], [[70.0]]),
        lambda: stats.nbinom(3600 / 4840, 60 / 4900),
    ),
]


@pytest.mark.parametrize(("law", "reference"), [d[1:] for d in DISTRIBUTIONS], ids=[d[0] for d in DISTRIBUTIONS])
def test_counts_come_as_often_as_their_law_says(law: Callable[[], demand.Law], reference: Callable[[], Any]) -> None:
    draws = law().sample(np.random.default_rng(21), 200_000).ravel()
    exact = reference()
    edges = np.unique(exact.ppf(np.linspace(0.0, 1.0, 41)[1:-1]))
    expected = np.diff(np.concatenate([[0.0], exact.cdf(edges), [1.0]])) * draws.size
    found = np.bincount(np.searchsorted(edges, draws), minlength=len(edges) + 1)
    statistic = ((found - expected) ** 2 / expected).sum()
    assert stats.chi2(len(edges)).sf(statistic) > 1e-4


def test_gamma_draws_follow_the_gamma_law() -> None:
    for cv in (0.1, 1.0, 2.5):
        draws = demand.Gamma([[8.0]], [[8.0 * cv]]).sample(np.random.default_rng(22), 50_000).ravel()
        exact = stats.gamma(cv**-2, scale=8.0 * cv**2)
        assert stats.kstest(draws, exact.cdf).pvalue > 1e-4


@given(mean=st.floats(1e-6, 200), dispersion=st.just(1.0) | st.floats(1.01, 30.0))
@settings(max_examples=100, deadline=None)
def test_the_tabulated_distribution_of_counts_is_that_of_scipy(mean: float, dispersion: float) -> None:
    excess = mean * (dispersion - 1)
    exact = stats.nbinom(mean / (dispersion - 1), 1 / dispersion) if dispersion > 1 else stats.poisson(mean)
    bounds, whole = count_staircase(np.array([mean]), np.array([excess]))
    inner = bounds[0][np.isfinite(bounds[0])]
    # k terms of a sum, each with the rounding of k products, k < 512
    np.testing.assert_allclose(inner, exact.cdf(np.arange(len(inner))), rtol=0, atol=1e-12)
    if whole[0]:  # the last value, which takes the rest, stands at the end of double precision
        assert np.isinf(bounds[0, -1])
        assert exact.sf(len(inner)) < 2.0**-52


def test_a_negative_binomial_law_hardly_wider_than_poisson_is_nearly_poisson() -> None:
    mean = np.array([1e-200, 1e-3, 3.0, 80.0])
    near, _ = count_staircase(mean, mean * 1e-9)
    poisson, _ = count_staircase(mean, np.zeros(4))
    length = min(near.shape[1], poisson.shape[1])
    np.testing.assert_allclose(np.minimum(near, 1.0)[:, :length], np.minimum(poisson, 1.0)[:, :length], rtol=1e-7)


@given(
    weights=st.lists(st.integers(0, 20), min_size=1, max_size=300).filter(any),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=40, deadline=None)
def test_outcomes_come_as_often_as_their_probabilities_and_impossible_ones_never(weights: list[int], seed: int) -> None:
    probabilities = np.array([weights], dtype=float) / sum(weights)
    draws = np.empty((1, 30_000))
    draw_steps(np.random.default_rng(seed), staircase(probabilities), draws)
    found = np.bincount(draws[0].astype(int), minlength=len(weights)) / draws.size
    assert found[probabilities[0] == 0].sum() == 0
    error = np.sqrt(probabilities[0] * (1 - probabilities[0]) / draws.size)
    # 40 examples of up to 300 outcomes: 6 standard errors, and one draw for those hardly ever seen
    assert (np.abs(found - probabilities[0]) <= 6 * error + 3 / draws.size).all()


class EvenGenerator:
    """In the place of a generator: every byte equally often, and evenly spread uniforms (steps of the golden mean)."""

    def integers(self, *_: object, size: int, **__: object) -> np.ndarray:
        return np.tile(np.arange(256, dtype=np.uint8), size // 32 + 1).view(np.uint64)[:size]

    def random(self, size: int) -> np.ndarray:
        return (np.arange(size) + 1) * 0.6180339887498949 % 1.0


@pytest.mark.parametrize("weights", [[0.5003, 0.4997], [0.1, 0.2, 0.3, 0.4], [0.001, 0.0015, 0.0, 0.9975]], ids=str)
def test_evenly_spread_uniforms_give_each_outcome_its_probability(weights: list[float]) -> None:
    draws = np.empty((1, 2**20))
    generator: Any = EvenGenerator()
    draw_steps(generator, staircase(np.array([weights])), draws)
    np.testing.assert_allclose(np.bincount(draws[0].astype(int)) / draws.size, weights, rtol=0, atol=1e-5)


def test_rows_too_long_for_the_cache_are_drawn_one_by_one_each_from_its_own_bounds() -> None:
    many = np.empty((2, 300_000))
    draw_steps(np.random.default_rng(3), staircase(np.array([[0.25, 0.75], [0.999, 0.001]])), many)
    assert set(np.unique(many)) == {0.0, 1.0}
    assert np.abs(many.mean(axis=1) - [0.75, 0.001]).max() < 0.005


def test_no_demand_and_no_deviation_are_laws_too() -> None:
    rng = np.random.default_rng(0)
    zero = np.zeros((2, 3))
    for law in (demand.Gamma(zero, zero), demand.Poisson(zero), demand.NegativeBinomial(zero, zero)):
        np.testing.assert_array_equal(law.sample(rng, 5), np.zeros((2, 3, 5)))
        np.testing.assert_array_equal(law.sd, zero)
    constant = demand.Gamma([[7.0, 0.0, 3.0]], [[0.0, 0.0, 1.0]]).sample(rng, 5)
    np.testing.assert_array_equal(constant[0, :2], [[7.0] * 5, [0.0] * 5])
    assert len(np.unique(constant[0, 2])) == 5
    tiny = demand.Gamma([[7.0]], [[1e-200]]).sample(rng, 5)
    np.testing.assert_array_equal(tiny, np.full((1, 1, 5), 7.0))
    np.testing.assert_array_equal(demand.Empirical([[4.0, np.nan]]).sample(rng, 3), np.full((1, 2, 3), 4.0))
    np.testing.assert_array_equal(demand.Discrete([5.0], [1.0], periods=2).sample(rng, 3), np.full((1, 2, 3), 5.0))


def test_empirical_moments_are_those_of_the_known_values_and_its_draws_are_among_them() -> None:
    law = demand.Empirical([[1.0, np.nan, 4.0, 1.0], [np.nan, 2.5, np.nan, -1.5]], periods=6)
    np.testing.assert_allclose(law.mean, np.repeat([[2.0], [0.5]], 6, axis=1), rtol=1e-15)
    np.testing.assert_allclose(law.sd, np.repeat([[np.sqrt(2.0)], [2.0]], 6, axis=1), rtol=1e-15)
    draws = law.sample(np.random.default_rng(1), 3000)
    assert [set(np.unique(row)) for row in draws] == [{1.0, 4.0}, {-1.5, 2.5}]
    assert abs((draws[0] == 4.0).mean() - 1 / 3) < 0.02
    assert not law.whole
    assert law.signed


def test_discrete_takes_every_shape_that_it_names() -> None:
    values, probabilities = [0.0, 1.0, 4.0], [0.5, 0.25, 0.25]
    mean, sd = 1.25, np.sqrt(17 / 4 - 1.25**2)
    for law, shape in (
        (demand.Discrete(values, probabilities), (1, 1)),
        (demand.Discrete(values, probabilities, periods=3), (1, 3)),
        (demand.Discrete([values] * 2, probabilities, periods=3), (2, 3)),
        (demand.Discrete(values, [probabilities] * 2), (2, 1)),
        (demand.Discrete([values] * 2, [probabilities] * 2, periods=3), (2, 3)),
        (demand.Discrete(values, [[probabilities] * 3] * 2), (2, 3)),
        (demand.Discrete([values] * 2, [[probabilities]] * 2, periods=3), (2, 3)),
    ):
        np.testing.assert_allclose(law.mean, np.full(shape, mean), rtol=1e-15)
        np.testing.assert_allclose(law.sd, np.full(shape, sd), rtol=1e-15)
        assert law.whole
        assert not law.signed
        assert law.sample(np.random.default_rng(0), 2).shape == (*shape, 2)
    assert not demand.Discrete([-1.0, 0.5, 2.0], [0.0, 0.0, 1.0]).signed  # what cannot happen does not count


REFUSED: list[tuple[Callable[[], object], str]] = [
    (lambda: demand.Gamma([[0.0, 1.0]], [[2.0, 1.0]]), "item row 1, period 1.*0 where the mean is 0"),
    (lambda: demand.Gamma([[1.0]], [[-1.0]]), "a number >= 0"),
    (lambda: demand.Gamma([[1.0]], [[2 * MOST_CV]]), "times the mean"),
    (lambda: demand.Gamma([1.0], [1.0]), "one shape"),
    (lambda: demand.Poisson([[np.nan, -1.0]]), "2 faults"),
    (lambda: demand.Poisson([[1e13]]), "Count in larger units"),
    (lambda: demand.NegativeBinomial([[4.0, 4.0]], [[3.0, 2.0]]), "period 2.*sd 2 with mean 4.*Use Poisson"),
    (lambda: demand.NegativeBinomial([[0.0]], [[1.0]]), "0 where the mean is 0"),
    (lambda: demand.Empirical([[np.nan, np.nan], [1.0, np.inf]]), "2 faults"),
    (lambda: demand.Empirical([1.0]), "one row per item"),
    (lambda: demand.Empirical([[1.0]], periods=0), "whole number >= 1"),
    (lambda: demand.Discrete([1.0, 2.0], [0.5, 0.4]), "a sum of 0.9"),
    (lambda: demand.Discrete([1.0, 2.0], [1.5, -0.5]), "a number >= 0"),
    (lambda: demand.Discrete([1.0, np.nan], [0.5, 0.5]), "a finite number"),
    (lambda: demand.Discrete([1.0, 2.0], [1.0]), "one K and one n"),
    (lambda: demand.Discrete([[1.0]] * 2, [[1.0]] * 3), "one K and one n"),
    (lambda: demand.Discrete([1.0], [[[1.0]] * 3], periods=2), "one K and one n"),
    (lambda: demand.PerItem([]), "no law"),
    (lambda: demand.PerItem([demand.Poisson([[1.0]]), demand.Poisson([[1.0, 1.0]])]), "the same periods"),
    (lambda: demand.PerItem([demand.Poisson([[1.0]])] * 2, [[0], [0]]), "without a law or with two"),
    (lambda: demand.PerItem([demand.Poisson([[1.0]])], [[0, 1]]), "places of shapes"),
]


@pytest.mark.parametrize(("make", "message"), REFUSED, ids=[f"{k} {case[1]}" for k, case in enumerate(REFUSED)])
def test_what_is_no_law_is_refused_with_its_place_and_a_remedy(make: Callable[[], object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        make()
