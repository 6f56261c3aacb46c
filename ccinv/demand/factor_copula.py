"""Items whose sales rise and fall together, because they follow the same factors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray, IntArray, frozen, given_numbers
from ccinv.demand.law import Law, Margin
from ccinv.errors import DataError, Fault

ORDERS = (8, 16, 32, 64)  # how many polynomials are tried
NEGLECTED = 1e-5  # of a covariance, relative to the two deviations: what polynomials of higher order may be worth
REMEDY = "Scale them down: their squares are the shares of the item's variation that the factors explain."


@dataclass(frozen=True, slots=True, eq=False)
class FactorCopula:
    """Sales of any law, correlated over items by common factors (a Gaussian factor copula); periods independent.

        z_i(t) = Σ_k loading(i, k) f_k(t) + √(1 − ‖loading(i)‖²) e_i(t),   S_i(t) = F_it⁻¹(Φ(z_i(t)))

    with all f and e independent and standard normal. Every item keeps the law F that `law` gives it; what it shares
    with others is in the loadings alone. Normal sales have the correlation loading(i) · loading(j); others have less,
    and what they have is computed (see `series`).

    `law`: independent items, and periods independent too; `loading`: (n, K), or (n,) for one factor, each row of norm
    below 1; an item of row 0 is independent of all. Source: Li 2000 for the copula, Mehler 1866 for the covariances.
    """

    law: Margin
    loading: FloatArray

    if TYPE_CHECKING:

        def __init__(self, law: Margin, loading: ArrayLike) -> None: ...

    def __post_init__(self) -> None:
        loading = given_numbers("loading", self.loading)
        loading = frozen(loading[:, None] if loading.ndim == 1 else loading)
        faults = _margin_faults(self.law)
        if loading.ndim != 2 or 0 in loading.shape or (not faults and len(loading) != len(self.law.mean)):
            items = "items" if faults else str(len(self.law.mean))
            expected, remedy = f"({items}, factors)", "Give one row of loadings per item, 0 where it has none."
            faults.append(Fault("loading", f"shape {loading.shape}", expected, remedy))
        elif not np.isfinite(loading).all():
            faults += [
                Fault(f"loading, item row {item + 1}", "an entry that is not finite", "numbers", "Correct it.")
                for item in np.flatnonzero(~np.isfinite(loading).all(axis=1))
            ]
        else:
            norm = np.linalg.norm(loading, axis=1)
            faults += [
                Fault(f"loading, item row {item + 1}", f"a norm of {norm[item]:.6g}", "a norm below 1", REMEDY)
                for item in np.flatnonzero(norm >= 1)
            ]
        if faults:
            raise DataError(faults)
        object.__setattr__(self, "loading", loading)

    @property
    def mean(self) -> FloatArray:
        return self.law.mean

    @property
    def sd(self) -> FloatArray:
        return self.law.sd

    @property
    def correlation(self) -> None:
        return None

    @property
    def whole(self) -> bool:
        return self.law.whole

    @property
    def signed(self) -> bool:
        return self.law.signed

    def rows(self, index: IntArray) -> FactorCopula:
        return FactorCopula(self.law.rows(index), self.loading[index])

    def sample(self, rng: np.random.Generator, paths: int) -> FloatArray:
        return self.sample_given(self.draw_common(rng, paths), rng)

    def draw_common(self, rng: np.random.Generator, paths: int) -> FloatArray:
        """Draws of the factors, (K, N, paths)."""
        return rng.standard_normal((self.loading.shape[1], self.mean.shape[1], paths))

    def sample_given(self, common: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Draws of the sales, (n, N, paths), where the factors are `common`."""
        score = rng.standard_normal((len(self.loading), *common.shape[1:]))
        score *= np.sqrt(1 - (self.loading**2).sum(axis=1))[:, None, None]
        score += np.tensordot(self.loading, common, axes=1)
        return self.law.at_scores(score)

    def series(self) -> FloatArray:
        """h_m(i, t), m = 1, …, M, (n, N, M): Cov(S_i(t), S_j(t)) = Σ_m h_m(i, t) h_m(j, t) (loading(i) · loading(j))^m.

        M is the least order from which on terms are worth less than 1e-5 of sd · sd together, for every pair, and 64 at
        most. What they neglect, ρ^(M+1) √(rest · rest) at most with rest = sd² − Σ_m h_m², stays with each item itself.
        """
        norm = np.linalg.norm(self.loading, axis=1)
        together = np.sort(np.append(norm, 0.0))[-2:].prod()
        for most in ORDERS:
            found = self.law.hermite(most)
            error = _rest(found[norm > 0], self.sd[norm > 0]) * together ** np.arange(2, most + 2)
            enough = np.flatnonzero(error <= NEGLECTED)
            if len(enough):
                return found[:, :, : enough[0] + 1]
        return found


def common_factors(law: Law) -> FactorCopula | None:
    """The law with its factors, None for one whose items are independent."""
    return law if isinstance(law, FactorCopula) else None


def draw_common(law: Law, rng: np.random.Generator, paths: int) -> FloatArray | None:
    """Draws of the factors that items share, (K, N, paths); None, and nothing drawn, where items are independent."""
    shared = common_factors(law)
    return None if shared is None else shared.draw_common(rng, paths)


def draw(law: Law, rng: np.random.Generator, paths: int, common: FloatArray | None) -> FloatArray:
    """Draws of the sales, (n, N, paths): with the factors `common` of `draw_common`, or with factors of their own."""
    shared = common_factors(law)
    return law.sample(rng, paths) if shared is None or common is None else shared.sample_given(common, rng)


def _rest(series: FloatArray, sd: FloatArray) -> FloatArray:
    """The largest share of any cell's variance that is left after 1, 2, … terms, (M,)."""
    variance = np.where(sd > 0, sd, np.inf)[:, :, None] ** 2
    found: FloatArray = np.maximum(1 - np.cumsum(series**2, axis=2) / variance, 0.0).max(axis=(0, 1), initial=0.0)
    return np.where((sd > 0).any(), found, 0.0)


def _margin_faults(law: object) -> list[Fault]:
    """Why a law cannot be the margins of one with factors."""
    if isinstance(law, FactorCopula) or not isinstance(law, Margin):
        found = f"a law of type {type(law).__name__}"
        return [Fault("demand", found, "a law of independent items", "Put all factors in one table of loadings.")]
    if law.correlation is not None:
        remedy = "Leave the correlation over periods out, or the factors."
        return [Fault("demand", "sales correlated over periods and over items", "one of the two", remedy)]
    inner = getattr(law, "laws", ())
    return [fault for part in inner for fault in _margin_faults(part)]
