"""The box: no probability, but every demand within a share of its mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray, given_number
from ccinv.errors import DataError, Fault, ModelError


@dataclass(frozen=True, slots=True)
class Box:
    """Every demand with |d(t) − mean(t)| ≤ theta · mean(t), all periods at once and each by itself.

    A row that is to hold for all of them is mean ≥ ‖θ mean · w‖₁ where w are its weights on demand: the norm in the
    cone becomes the 1-norm, and the program is linear. Source: Ben-Tal, Goryashko, Guslitzer and Nemirovski 2004.
    """

    theta: float

    def __post_init__(self) -> None:
        theta = given_number(self.theta)
        if theta is None or not 0 <= theta <= 1:
            expected = "a share from 0 to 1"
            raise DataError(Fault("Box theta", f"{self.theta!r:.40}", expected, "0.2 is twenty per cent."))
        object.__setattr__(self, "theta", theta)

    def half_width(self, mean: ArrayLike) -> FloatArray:
        """How far each demand may be from its mean, units."""
        found: FloatArray = self.theta * np.abs(np.asarray(mean, dtype=np.float64))
        return found

    def kappa(self, level: ArrayLike) -> NoReturn:
        """No multiple of a deviation keeps a row for every demand of a box: a ModelError says so."""
        del level
        raise ModelError(_REFUSAL)

    def probability(self, score: ArrayLike) -> NoReturn:
        """A box has no probabilities: a ModelError says so."""
        del score
        raise ModelError(_REFUSAL)


_REFUSAL = (
    "Box(theta) keeps rows for every demand of a box and knows no probability: it belongs to cc.balance. "
    "Where service is a probability, choose Normal(), Cantelli(), Unimodal(), Student(nu) or Calibrated()."
)
