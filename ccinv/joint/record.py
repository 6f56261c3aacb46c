"""A plan with joint promises, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ccinv.arrays import FloatArray, freeze
from ccinv.auditing import Verdict
from ccinv.joint.promises import Groups
from ccinv.result import Plan


@dataclass(frozen=True, slots=True, eq=False)
class JointPlan:
    """A plan, and for each of G groups the probability that none of its cells is short; arrays (G,) unless said.

    asked: α. bound: Boole's, 1 − Σ of the risks that the plan gives its cells, at least 0. normal, normal_error: as if
    net stock were jointly normal (NaN where items of a group share factors). simulated: share of `paths` independent
    paths from `seed`, orders executed; low, high: exact confidence limits (99 % for all groups together); verdict as
    the audit's. risk (n, N): what each cell was allowed, 0 outside groups. values: the objective's value in each round.
    """

    plan: Plan
    groups: Groups
    bound: FloatArray
    normal: FloatArray
    normal_error: FloatArray
    simulated: FloatArray
    low: FloatArray
    high: FloatArray
    verdict: NDArray[np.object_]
    risk: FloatArray
    paths: int
    seed: int
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        freeze(self)

    @property
    def asked(self) -> FloatArray:
        """α of each group."""
        return self.groups.alpha

    @property
    def kept(self) -> bool:
        """Whether no joint promise is broken."""
        return not bool((self.verdict == Verdict.BROKEN).any())

    def columns(self) -> dict[str, NDArray[Any]]:
        """The promises as a table: name of column → (G,) values."""
        return {
            "promise": np.array(self.groups.names, dtype=object),
            "cells": self.groups.sizes,
            "asked": self.asked,
            "bound": self.bound,
            "normal": self.normal,
            "simulated": self.simulated,
            "low": self.low,
            "high": self.high,
            "verdict": np.array([str(verdict) for verdict in self.verdict], dtype=object),
        }
