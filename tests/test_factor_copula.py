"""Laws with common factors: margins kept, covariances against integrals and sums that know no polynomial."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from scipy.special import ndtr, ndtri

import ccinv as cc
from ccinv.demand import common_factors, draw, draw_common, from_arrays, kind_by_item, to_arrays
from ccinv.demand.gamma_scores import gamma_at
from ccinv.demand.steps import look_up

FloatArray = NDArray[np.float64]

demand = cc.demand


def laws() -> dict[str, Any]:
    """One item of each kind, two periods."""
    history = np.array([[0.0, 3.0, np.nan, 0.0, 1.0, 7.0, 0.0]])
    return {
        "normal": demand.Normal([[5.0, 8.0]], [[2.0, 3.0]]),
        "gamma": demand.Gamma([[2.0, 9.0]], [[3.0, 2.0]]),
        "steady gamma": demand.Gamma([[1e4, 1e4]], [[0.5, 2.0]]),
        "poisson": demand.Poisson([[0.4, 6.0]]),
        "many poisson": demand.Poisson([[700.0, 5e4]]),
        "negative binomial": demand.NegativeBinomial([[0.5, 6.0]], [[1.5, 4.0]]),
        "many negative binomial": demand.NegativeBinomial([[700.0, 5e4]], [[900.0, 1e3]]),
        "empirical": demand.Empirical(history, 2),
        "discrete": demand.Discrete([[9.0, 0.0, 2.0, 5.0]], [[[0.1, 0.6, 0.3, 0.0], [0.0, 0.2, 0.5, 0.3]]]),
        "no demand": demand.Poisson([[0.0, 0.0]]),
        "certain": demand.Gamma([[4.0, 5.0]], [[0.0, 0.0]]),
    }


def distribution(name: str, period: int) -> Any:
    """P{S ≤ s} of a law above in a period, by scipy or by counting."""
    law = laws()[name]
    mean, sd = float(law.mean[0, period]), float(law.sd[0, period])
    if name == "normal":
        return stats.norm(mean, sd).cdf
    if "gamma" in name:
        return stats.gamma((mean / sd) ** 2, scale=sd**2 / mean).cdf
    if "negative" in name:
        return stats.nbinom(mean**2 / (sd**2 - mean), mean / sd**2).cdf
    if "poisson" in name:
        return stats.poisson(mean).cdf
    if name == "empirical":
        known = law.history[~np.isnan(law.history)]
        return lambda s: (known[None, :] <= np.asarray(s)[..., None]).mean(axis=-1)
    chance = law.probabilities[0, period]
    return lambda s: ((law.values[0] <= np.asarray(s)[..., None]) * chance).sum(axis=-1)


SPREAD = [name for name in laws() if name not in ("no demand", "certain")]
STEPPED = [name for name in SPREAD if name != "normal" and "gamma" not in name]


@pytest.mark.parametrize("name", SPREAD)
def test_sales_at_a_score_are_the_quantile_of_its_probability(name):
    score = np.linspace(-6, 6, 2001)
    sales = laws()[name].at_scores(np.tile(score, (1, 2, 1)))[0]
    for period in range(2):
        found, reached = sales[period], distribution(name, period)
        assert (np.diff(found) >= 0).all()
        if name in STEPPED:
            # rounding of the probabilities may decide a step the other way where they agree to 1e-12
            assert (reached(found) >= ndtr(score) - 1e-12).all()
            assert (reached(found - 1e-9) <= ndtr(score) + 1e-12).all()
        else:
            middle = np.abs(score) < 4  # beyond, scipy's gamma distribution loses its digits where it is nearly normal
            assert reached(found)[middle] == pytest.approx(ndtr(score)[middle], rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("name", ["no demand", "certain"])
def test_sales_that_are_certain_are_the_same_at_every_score(name):
    law = laws()[name]
    assert (law.at_scores(np.tile([-5.0, 0.0, 5.0], (1, 2, 1))) == law.mean[:, :, None]).all()
    assert not law.hermite(8).any()


@given(st.floats(0.004, 3.0), st.integers(0, 2**32 - 1))
def test_a_table_of_the_gamma_inverse_is_the_inverse(ratio, seed):
    score = np.random.default_rng(seed).uniform(-7, 7, 600)
    many = gamma_at(np.array([ratio]), score[None])[0]
    few = np.concatenate([gamma_at(np.array([ratio]), score[None, k : k + 200])[0] for k in (0, 200, 400)])
    assert (np.abs(many - few) < 2e-8 * ratio).all()
    assert not np.array_equal(many, few)


@given(st.data())
def test_a_staircase_is_looked_up_as_by_counting_the_bounds_below(data):
    rows, longest = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 9))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    bounds = np.sort(rng.choice([rng.random(), 0.25, 0.5, 1.0, rng.random()], (rows, longest)), axis=1)
    bounds[:, -1] = np.inf
    uniform = np.concatenate([rng.random((rows, 50)), np.tile([0.0, 0.25, 0.5, 1.0], (rows, 1))], axis=1)
    counted = (bounds[:, :, None] <= uniform[:, None, :]).sum(axis=1)
    assert (look_up(bounds, uniform) == counted).all()


def pair_sum(one: Any, other: Any, correlation: float) -> float:
    """Cov of two laws of counts by Hoeffding's sum: Σ_k Σ_l P{S > k, S′ > l} − P{S > k} P{S′ > l}."""
    grid = np.arange(0, 60)
    edge = [ndtri(np.clip(law(grid), 0, 1 - 1e-15)) for law in (one, other)]
    # Φ₂(a, b; ρ) − Φ(a)Φ(b) = ∫₀^ρ φ₂(a, b; r) dr
    node, weight = np.polynomial.legendre.leggauss(60)
    r = correlation * (node + 1) / 2
    a, b = edge[0][:, None, None], edge[1][None, :, None]
    density = np.exp(-(a**2 - 2 * r * a * b + b**2) / (2 * (1 - r**2))) / (2 * np.pi * np.sqrt(1 - r**2))
    return float((density @ weight).sum() * correlation / 2)


@pytest.mark.parametrize("correlation", [-0.6, 0.25, 0.9])
@pytest.mark.parametrize("names", [("poisson", "negative binomial"), ("poisson", "poisson")])
def test_counts_have_the_covariance_of_hoeffdings_sum(names, correlation):
    one, other = (laws()[name] for name in names)
    size = np.sqrt(abs(correlation))
    law = demand.FactorCopula(demand.PerItem([one, other]), [size, np.copysign(size, correlation)])
    for period in range(2):
        exact = pair_sum(*(distribution(name, period) for name in names), correlation)
        assert covariance(law)[period, 0, 1] == pytest.approx(exact, abs=3e-6 * law.sd[:, period].prod())


def covariance(law: demand.FactorCopula) -> FloatArray:
    """Covariances over items in each period, (N, n, n), off the diagonal, from the series."""
    series = law.series()
    power = (law.loading @ law.loading.T)[:, :, None] ** np.arange(1, series.shape[2] + 1)
    return np.einsum("itm,jtm,ijm->tij", series, series, power)


def given_factor(law: Any, share: float, factor: FloatArray) -> FloatArray:
    """E[S | f] for a score √share f + √(1 − share) e, (N, F), by a fine midpoint rule over e's distribution."""
    own = ndtri((np.arange(5_000) + 0.5) / 5_000)
    score = np.sqrt(share) * factor[:, None] + np.sqrt(1 - share) * own
    sales = law.at_scores(np.tile(score.ravel(), (1, 2, 1)))[0]
    return sales.reshape(2, len(factor), -1).mean(axis=2)


@pytest.mark.parametrize("share", [0.2, 0.7])
def test_every_pair_of_laws_has_the_covariance_of_the_double_integral(share):
    # Cov(S, S′) = Cov(E[S | f], E[S′ | f]) where all that two items share is one factor
    names = ("gamma", "poisson", "many poisson", "negative binomial", "empirical", "discrete", "normal")
    margins = [laws()[name] for name in names]
    law = demand.FactorCopula(demand.PerItem(margins), np.full(len(names), np.sqrt(share)))
    factor = np.linspace(-6, 6, 37)
    weight = np.exp(-0.5 * factor**2)
    weight /= weight.sum()
    expected = np.stack([given_factor(margin, share, factor) for margin in margins])
    centred = expected - (expected @ weight)[:, :, None]
    exact = np.einsum("itf,jtf,f->tij", centred, centred, weight)
    size = np.einsum("it,jt->tij", law.sd, law.sd)
    off = ~np.eye(len(names), dtype=bool)
    # the midpoint rule puts all that is beyond 3.5 deviations in one place
    assert (np.abs(covariance(law) - exact)[:, off] < 5e-4 * size[:, off]).all()


def test_normal_sales_have_the_correlation_of_their_loadings():
    loading = np.array([[0.5, 0.3], [-0.4, 0.6], [0.0, 0.0]])
    law = demand.FactorCopula(demand.Normal(np.full((3, 2), 9.0), [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), loading)
    assert law.series().shape == (3, 2, 1)
    exact = np.einsum("ij,it,jt->tij", loading @ loading.T, law.sd, law.sd)
    assert covariance(law) == pytest.approx(exact, rel=1e-14)


@pytest.mark.parametrize("name", SPREAD)
def test_no_more_than_the_variance_is_in_the_series_and_most_of_it_is(name):
    law = laws()[name]
    share = (law.hermite(64) ** 2).sum(axis=2) / law.sd**2
    assert (share < 1 + 1e-6).all()
    assert (share > 0.9).all()


def mixed(loading: Any) -> demand.FactorCopula:
    return demand.FactorCopula(
        demand.PerItem([demand.Gamma([[2.0] * 3], [[1.5] * 3]), demand.Poisson([[0.7] * 3, [4.0] * 3])]), loading
    )


def test_draws_keep_the_law_of_every_item_and_have_the_stated_covariances():
    law = mixed([[0.6, 0.2], [0.5, -0.3], [0.7, 0.0]])
    paths = 400_000
    sales = law.sample(np.random.default_rng(41), paths)
    for period in range(3):
        assert stats.kstest(sales[0, period], stats.gamma((2 / 1.5) ** 2, scale=1.5**2 / 2).cdf).pvalue > 1e-5
        for item, mean in ((1, 0.7), (2, 4.0)):
            counts = np.bincount(sales[item, period].astype(int), minlength=12)[:12]
            expected = stats.poisson(mean).pmf(np.arange(12)) * paths
            likely = expected > 10
            assert ((counts - expected)[likely] ** 2 / expected[likely]).sum() < 45  # chi-square, at most 12 degrees
    gap = sales - law.mean[:, :, None]
    products = np.einsum("itp,jtp->tij", gap, gap) / paths
    error = np.sqrt(np.einsum("itp,jtp->tij", gap**2, gap**2) / paths / paths)
    off = ~np.eye(3, dtype=bool)
    assert (np.abs(products - covariance(law))[:, off] < 5 * error[:, off]).all()
    over_periods = np.corrcoef(sales.reshape(9, paths))
    assert np.abs(over_periods[0, [1, 2]]).max() < 5 / np.sqrt(paths)


def test_pieces_that_get_the_same_factors_vary_together_and_others_do_not():
    law = mixed([0.9, 0.9, 0.9])
    rng = np.random.default_rng(42)
    common = draw_common(law, rng, 50_000)
    assert common.shape == (1, 3, 50_000)
    pieces = [draw(law.rows(np.array([k])), rng, 50_000, common)[0, 0] for k in (0, 2)]
    apart = [draw(law.rows(np.array([k])), rng, 50_000, None)[0, 0] for k in (0, 2)]
    assert np.corrcoef(pieces)[0, 1] > 0.7
    assert abs(np.corrcoef(apart)[0, 1]) < 0.03


@pytest.mark.parametrize("name", laws())
def test_a_law_without_factors_draws_what_it_always_drew(name):
    law = laws()[name]
    rng = np.random.default_rng(43)
    assert draw_common(law, rng, 10) is None
    assert common_factors(law) is None
    assert np.array_equal(draw(law, rng, 10, None), law.sample(np.random.default_rng(43), 10))


def test_rows_of_a_law_with_factors_keep_their_loadings():
    law = mixed([[0.6, 0.2], [0.5, -0.3], [0.7, 0.0]])
    cut = law.rows(np.array([2, 0]))
    assert cut.loading.tolist() == [[0.7, 0.0], [0.6, 0.2]]
    assert cut.mean.tolist() == [[4.0] * 3, [2.0] * 3]
    assert not law.whole
    assert not law.signed
    assert law.correlation is None


def test_a_law_with_factors_survives_being_taken_apart():
    law = mixed([[0.6, 0.2], [0.5, -0.3], [0.7, 0.0]])
    kind, arrays = to_arrays(law)
    assert kind == "factor-copula"
    back = from_arrays(kind, arrays)
    assert isinstance(back, demand.FactorCopula)
    assert np.array_equal(back.loading, law.loading)
    first, second = (found.sample(np.random.default_rng(44), 20) for found in (law, back))
    assert np.array_equal(first, second)
    assert kind_by_item(law).tolist() == ["gamma", "poisson", "poisson"]
    with pytest.raises(cc.DataError, match="stored demand"):
        from_arrays(kind, {name: array for name, array in arrays.items() if name != "loading"})


@pytest.mark.parametrize(
    ("loading", "said"),
    [
        ([0.5, 1.0], r"loading, item row 2: found a norm of 1, expected a norm below 1"),
        ([[0.8, 0.8], [0.1, 0.1]], r"loading, item row 1: found a norm of 1.13137"),
        ([0.5, np.nan], r"loading, item row 2: found an entry that is not finite"),
        ([0.5], r"loading: found shape \(1, 1\), expected \(2, factors\)"),
        ([["a"], ["b"]], r"loading: found .*, expected numbers"),
    ],
)
def test_loadings_that_cannot_be_are_named(loading, said):
    with pytest.raises(cc.DataError, match=said):
        demand.FactorCopula(demand.Poisson([[1.0], [2.0]]), loading)


def test_laws_that_cannot_have_factors_are_named():
    correlated = demand.Normal([[1.0, 1.0]], [[1.0, 1.0]], [[1.0, 0.5], [0.5, 1.0]])
    with pytest.raises(cc.DataError, match="Leave the correlation over periods out, or the factors"):
        demand.FactorCopula(correlated, [0.5])
    with pytest.raises(cc.DataError, match="Leave the correlation over periods out, or the factors"):
        demand.FactorCopula(demand.PerItem([correlated, demand.Poisson([[1.0, 1.0]])]), [0.5, 0.5])
    once = demand.FactorCopula(demand.Poisson([[1.0]]), [0.5])
    with pytest.raises(cc.DataError, match="Put all factors in one table of loadings"):
        demand.FactorCopula(once, [0.5])
    with pytest.raises(cc.DataError, match="found a law of type str"):
        demand.FactorCopula("normal", [0.5])
    with pytest.raises(cc.DataError, match="Put the factors around it"):
        demand.PerItem([once, demand.Poisson([[2.0]])])
