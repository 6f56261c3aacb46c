"""What is random in demand: one law per file."""

from ccinv.demand.discrete import Discrete
from ccinv.demand.empirical import Empirical
from ccinv.demand.factor_copula import FactorCopula, common_factors, draw, draw_common
from ccinv.demand.fit import fit
from ccinv.demand.gamma import Gamma
from ccinv.demand.kinds import kind_by_item
from ccinv.demand.law import Law, Margin
from ccinv.demand.negative_binomial import NegativeBinomial
from ccinv.demand.normal import Normal
from ccinv.demand.per_item import PerItem
from ccinv.demand.poisson import Poisson
from ccinv.demand.store_form import from_arrays, to_arrays

__all__ = [
    "Discrete",
    "Empirical",
    "FactorCopula",
    "Gamma",
    "Law",
    "Margin",
    "NegativeBinomial",
    "Normal",
    "PerItem",
    "Poisson",
    "common_factors",
    "draw",
    "draw_common",
    "fit",
    "from_arrays",
    "kind_by_item",
    "to_arrays",
]
