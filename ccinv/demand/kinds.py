"""The names of the kinds of laws, as files and messages write them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ccinv.demand.discrete import Discrete
from ccinv.demand.empirical import Empirical
from ccinv.demand.factor_copula import FactorCopula
from ccinv.demand.gamma import Gamma
from ccinv.demand.law import Law
from ccinv.demand.negative_binomial import NegativeBinomial
from ccinv.demand.normal import Normal
from ccinv.demand.per_item import PerItem
from ccinv.demand.poisson import Poisson
from ccinv.errors import DataError, Fault

KINDS: dict[str, type[Any]] = {
    "normal": Normal,
    "gamma": Gamma,
    "poisson": Poisson,
    "negative-binomial": NegativeBinomial,
    "empirical": Empirical,
    "discrete": Discrete,
    "per-item": PerItem,
    "factor-copula": FactorCopula,
}
NO_DEMAND = "no-demand"


def kind_of(law: Law) -> str:
    """The name of the kind of a law; a DataError for a law that ccinv does not know."""
    for name, made in KINDS.items():
        if type(law) is made:
            return name
    expected = ", ".join(made.__name__ for made in KINDS.values())
    raise DataError(Fault("demand", f"a law of type {type(law).__name__}", expected, "Use one of these."))


def kind_by_item(law: Law) -> NDArray[np.str_]:
    """The name of the kind of each item's law, shape (n,); "no-demand" where sales are 0 for certain."""
    if isinstance(law, FactorCopula):
        return kind_by_item(law.law)
    names = np.empty(len(law.mean), dtype=object)
    for part, place in law.groups if isinstance(law, PerItem) else ((law, np.arange(len(law.mean))),):
        names[place] = kind_of(part)
    names[((law.mean == 0) & (law.sd == 0)).all(axis=1)] = NO_DEMAND
    return names.astype(np.str_)
