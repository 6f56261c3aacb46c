"""Stores with a law per item, and laws as named arrays."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccinv import demand
from ccinv.errors import DataError

PERIODS = 3


@st.composite
def single_laws(draw: st.DrawFn) -> demand.Law:
    """A law of any kind but the mixed one, for one to three items over three periods."""
    items = draw(st.integers(1, 3))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    mean = rng.gamma(1.0, 5.0, (items, PERIODS)) + 0.01
    kind = draw(st.integers(0, 6))
    if kind == 0:
        return demand.Normal(mean, mean * 0.3)
    if kind == 1:
        return demand.Normal(mean, mean * 0.3, np.full((PERIODS, PERIODS), 0.5) + 0.5 * np.eye(PERIODS))
    if kind == 2:
        return demand.Gamma(mean, mean * rng.random((items, 1)))
    if kind == 3:
        return demand.Poisson(mean)
    if kind == 4:
        return demand.NegativeBinomial(mean, np.sqrt(mean * 2.5))
    if kind == 5:
        history = rng.poisson(3.0, (items, draw(st.integers(2, 3)))).astype(float)
        history[:, 0] = np.nan
        return demand.Empirical(history, PERIODS)
    outcomes = draw(st.integers(1, 3))
    probabilities = rng.dirichlet(np.ones(outcomes), (items, draw(st.sampled_from((1, PERIODS)))))
    return demand.Discrete(rng.normal(size=(items, outcomes)), probabilities, PERIODS)


mixed_laws = st.lists(single_laws(), min_size=1, max_size=6)


def same(one: demand.Law, other: demand.Law) -> bool:
    """Whether two laws are of one kind and made of the same numbers, bit by bit."""
    kind, arrays = demand.to_arrays(one)
    other_kind, other_arrays = demand.to_arrays(other)
    return (
        kind == other_kind
        and arrays.keys() == other_arrays.keys()
        and all(
            array.dtype == other_arrays[name].dtype
            and array.shape == other_arrays[name].shape
            and array.tobytes() == other_arrays[name].tobytes()
            for name, array in arrays.items()
        )
    )


@given(laws=mixed_laws)
@settings(max_examples=80, deadline=None)
def test_a_mixed_law_has_the_moments_of_its_parts_one_after_the_other(laws: list[demand.Law]) -> None:
    mixed = demand.PerItem(laws)
    np.testing.assert_array_equal(mixed.mean, np.concatenate([law.mean for law in laws]))
    np.testing.assert_array_equal(mixed.sd, np.concatenate([law.sd for law in laws]))
    assert mixed.whole == all(law.whole for law in laws)
    assert mixed.signed == any(law.signed for law in laws)
    given_ = [law.correlation for law in laws]
    if all(correlation is None for correlation in given_):
        assert mixed.correlation is None
    else:
        apart = [
            np.broadcast_to(np.eye(PERIODS), (len(law.mean), PERIODS, PERIODS)) if c is None else c
            for law, c in zip(laws, given_, strict=True)
        ]
        np.testing.assert_array_equal(mixed.correlation, np.concatenate(apart))


@given(laws=mixed_laws, data=st.data())
@settings(max_examples=80, deadline=None)
def test_the_rows_of_a_mixed_law_are_the_laws_of_those_items(laws: list[demand.Law], data: st.DataObject) -> None:
    singles = [law.rows(np.array([k])) for law in laws for k in range(len(law.mean))]
    index = data.draw(st.lists(st.integers(0, len(singles) - 1), min_size=1, max_size=8))
    cut = demand.PerItem(laws).rows(np.array(index))
    assert same(cut, demand.PerItem([singles[k] for k in index]))
    assert same(cut, demand.PerItem([demand.PerItem(laws)]).rows(np.array(index)))


def test_laws_of_one_kind_are_merged_and_sampled_as_one() -> None:
    mean = np.arange(1.0, 13.0).reshape(4, 3)
    law = demand.PerItem(
        [
            demand.Poisson(mean[:1]),
            demand.Gamma(mean[1:2], mean[1:2]),
            demand.Poisson(mean[2:3]),
            demand.PerItem([demand.Poisson(mean[3:])]),
        ]
    )
    assert [type(part).__name__ for part in law.laws] == ["Poisson", "Gamma"]
    assert [place.tolist() for _, place in law.groups] == [[0, 2, 3], [1]]
    rng, again = np.random.default_rng(4), np.random.default_rng(4)
    draws = law.sample(rng, 6)
    np.testing.assert_array_equal(draws[[0, 2, 3]], demand.Poisson(mean[[0, 2, 3]]).sample(again, 6))
    np.testing.assert_array_equal(draws[[1]], demand.Gamma(mean[1:2], mean[1:2]).sample(again, 6))


def test_groups_go_to_the_places_that_they_are_given() -> None:
    law = demand.PerItem([demand.Poisson([[5.0], [1.0]]), demand.Gamma([[3.0]], [[1.0]])], [[2, 0], [1]])
    np.testing.assert_array_equal(law.mean, [[1.0], [3.0], [5.0]])
    assert law.sample(np.random.default_rng(0), 4000).mean(axis=(1, 2)) == pytest.approx([1.0, 3.0, 5.0], abs=0.2)
    assert demand.kind_by_item(law).tolist() == ["poisson", "gamma", "poisson"]
    assert demand.kind_by_item(demand.Poisson([[0.0], [1.0]])).tolist() == ["no-demand", "poisson"]
    mask = law.rows(np.array([True, False, True]))
    np.testing.assert_array_equal(mask.mean, [[1.0], [5.0]])


@given(laws=mixed_laws, mixed=st.booleans())
@settings(max_examples=80, deadline=None)
def test_a_law_comes_back_from_its_arrays_bit_by_bit(laws: list[demand.Law], mixed: bool) -> None:
    law = demand.PerItem(laws) if mixed else laws[0]
    kind, arrays = demand.to_arrays(law)
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    file.seek(0)
    with np.load(file, allow_pickle=False) as stored:
        back = demand.from_arrays(kind, dict(stored))
    assert same(law, back)
    draws, redrawn = (one.sample(np.random.default_rng(9), 5) for one in (law, back))
    np.testing.assert_array_equal(draws, redrawn)


@pytest.mark.parametrize(
    ("kind", "arrays"),
    [
        ("cauchy", {"mean": np.ones((1, 1))}),
        ("poisson", {}),
        ("poisson", {"mean": np.ones((1, 1)), "sd": np.ones((1, 1))}),
        ("gamma", {"mean": np.ones((1, 1))}),
        ("poisson", {"mean": np.full((1, 1), np.nan)}),
        ("per-item", {}),
        ("per-item", {"kinds": np.array(["poisson"]), "0.mean": np.ones((1, 1))}),
        ("per-item", {"kinds": np.array(["cauchy"]), "0.places": np.zeros(1, dtype=int)}),
    ],
    ids=str,
)
def test_arrays_that_are_no_law_are_refused(kind: str, arrays: dict[str, np.ndarray]) -> None:
    with pytest.raises(DataError):
        demand.from_arrays(kind, arrays)
