"""From the numbers of a rule back to the decision vector that stands for it."""

import numpy as np
from numpy.typing import NDArray

from ccinv.rules import Layout

FloatArray = NDArray[np.float64]


def decision_of(layout: Layout, weights: FloatArray, intercept: FloatArray) -> FloatArray:
    """The decision that stands for a rule: the layout's own map of coefficients, inverted; it must be exact."""
    zero = layout.rule_at(np.zeros(layout.size))

    def flat(some: FloatArray, other: FloatArray) -> FloatArray:
        return np.append((some - zero.weights).ravel(), other - zero.intercept)

    each = map(layout.rule_at, np.eye(layout.size))
    table = np.stack([flat(one.weights, one.intercept) for one in each], axis=1)
    wanted = flat(weights, intercept)
    x: FloatArray = np.linalg.lstsq(table, wanted, rcond=None)[0]
    size = np.abs(wanted).max(initial=1.0)
    assert np.abs(table @ x - wanted).max() <= 1e-9 * size
    return x
