"""Laws of demand fitted to past sales."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccinv import demand
from ccinv.errors import DataError

H = 51


def shares(history: np.ndarray) -> dict[str, float]:
    """How large a share of the items gets each kind of law."""
    kinds, counts = np.unique(demand.kind_by_item(demand.fit(history, 1)), return_counts=True)
    return {str(kind): count / len(history) for kind, count in zip(kinds, counts, strict=True)}


def test_each_kind_of_data_gets_its_own_kind_of_law() -> None:
    rng = np.random.default_rng(31)
    n = 2000
    # a true Poisson item is called wide in 5 % and steady or wrong in its zeros in about 1 % of cases
    assert shares(rng.poisson(3.0, (n, H)).astype(float))["poisson"] > 0.92
    wide = rng.poisson(rng.gamma(0.8, 5.0, (n, H))).astype(float)
    assert shares(wide)["negative-binomial"] > 0.95
    assert shares(rng.gamma(2.0, 3.0, (n, H))) == {"gamma": 1.0}
    lumpy = np.where(rng.random((n, H)) < 0.5, 0.0, 100.0 + rng.integers(0, 5, (n, H)))
    assert shares(lumpy)["empirical"] > 0.99  # half zeros, else about 100: no negative binomial law has that
    assert shares(np.where(rng.random((n, H)) < 0.4, 0.0, rng.gamma(2.0, 3.0, (n, H)))) == {"empirical": 1.0}
    assert shares(10.0 + rng.integers(0, 2, (n, H))) == {"empirical": 1.0}  # far steadier than Poisson
    assert shares(rng.poisson(3.0, (n, H)) - 2.0)["empirical"] > 0.99  # returns
    assert shares(np.zeros((n, H))) == {"no-demand": 1.0}


def test_zeros_that_a_law_gives_in_one_of_a_hundred_cases_do_not_refute_it() -> None:
    # mean 3, P{S = 0} = 0.050: three zeros or more among ten have probability 0.0107, four or more 0.0009
    assert demand.kind_by_item(demand.fit([[0, 0, 0, 4, 4, 4, 4, 4, 5, 5]], 1)).tolist() == ["poisson"]
    # mean 6, P{S = 0} = 0.0025: two or more among thirty have probability 0.0025, one or more 0.072
    some, many = [0, 12] + [3, 9] * 5 + [6] * 18, [0, 12] * 2 + [4, 8] * 3 + [6] * 20
    assert np.mean(some) == np.mean(many) == 6
    kinds = demand.kind_by_item(demand.fit([some, many], 1)).tolist()
    assert kinds == ["poisson", "empirical"]


@given(
    seed=st.integers(0, 2**32 - 1),
    unknown=st.sampled_from((0.0, 0.4)),
    periods=st.integers(1, 3),
    kind=st.sampled_from(("poisson", "wide", "gamma", "mixed")),
)
@settings(max_examples=60, deadline=None)
def test_fitted_laws_have_the_moments_of_the_known_sales(seed: int, unknown: float, periods: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    history = {
        "poisson": rng.poisson(2.0, (8, 20)).astype(float),
        "wide": rng.poisson(rng.gamma(0.5, 8.0, (8, 20))).astype(float),
        "gamma": rng.gamma(1.5, 2.0, (8, 20)),
        "mixed": np.where(rng.random((8, 20)) < 0.3, 0.0, rng.gamma(1.5, 2.0, (8, 20))),
    }[kind]
    history[rng.random(history.shape) < unknown] = np.nan
    history[:, 0] = 1.0
    law = demand.fit(history, periods)
    mean = np.nanmean(history, axis=1)
    assert law.mean.shape == (8, periods)
    np.testing.assert_allclose(law.mean, np.repeat(mean[:, None], periods, axis=1), rtol=1e-12)
    chosen = demand.kind_by_item(law)
    known = (~np.isnan(history)).sum(axis=1)
    for item in range(8):
        variance = np.nanvar(history[item])
        if chosen[item] in ("gamma", "negative-binomial"):
            variance *= known[item] / (known[item] - 1)
        elif chosen[item] == "poisson":
            variance = mean[item]
        np.testing.assert_allclose(law.sd[item] ** 2, variance, rtol=1e-9, atol=1e-18)


def test_the_fit_of_an_item_does_not_depend_on_the_others_or_on_the_order_of_its_sales() -> None:
    rng = np.random.default_rng(32)
    history = np.concatenate(
        [
            rng.poisson(1.0, (5, 30)).astype(float),
            rng.poisson(rng.gamma(0.5, 8.0, (5, 30))).astype(float),
            rng.gamma(1.0, 1.0, (5, 30)),
            np.zeros((2, 30)),
        ]
    )
    law = demand.fit(history, 2)
    order = rng.permutation(len(history))
    moved = demand.fit(rng.permuted(history, axis=1)[order], 2)
    np.testing.assert_array_equal(demand.kind_by_item(moved), demand.kind_by_item(law)[order])
    np.testing.assert_allclose(moved.mean, law.mean[order], rtol=1e-12)
    np.testing.assert_allclose(moved.sd, law.sd[order], rtol=1e-12)
    for item in range(len(history)):
        alone = demand.fit(history[[item]], 2)
        assert demand.kind_by_item(alone)[0] == demand.kind_by_item(law)[item]
        np.testing.assert_allclose(alone.sd[0], law.sd[item], rtol=1e-14)


def test_unknown_periods_do_not_count_as_zeros() -> None:
    known = np.array([[3.0, 1.0, 4.0, 2.0, 3.0, 2.0]])
    sparse = np.full((1, 40), np.nan)
    sparse[0, ::7] = known
    for history in (known, sparse):
        law = demand.fit(history, 1)
        assert demand.kind_by_item(law).tolist() == ["poisson"]
        assert law.mean[0, 0] == pytest.approx(2.5, rel=1e-15)


def test_one_known_value_is_enough_for_a_law_and_none_is_not() -> None:
    law = demand.fit([[np.nan, 4.0], [2.5, np.nan], [np.nan, 0.0]], 2)
    assert demand.kind_by_item(law).tolist() == ["poisson", "empirical", "no-demand"]
    np.testing.assert_array_equal(law.mean, [[4.0, 4.0], [2.5, 2.5], [0.0, 0.0]])
    with pytest.raises(DataError, match="item row 2: found no known sales"):
        demand.fit([[1.0, 2.0], [np.nan, np.nan]], 2)
    with pytest.raises(DataError, match="item row 1, period 2: found inf"):
        demand.fit([[1.0, np.inf]], 2)
    with pytest.raises(DataError, match="one row per item"):
        demand.fit([1.0, 2.0], 2)
    with pytest.raises(DataError, match="whole number >= 1"):
        demand.fit([[1.0, 2.0]], 0)
