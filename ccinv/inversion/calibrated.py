"""The calibrated inversion: every chance row gets the multiplier that a simulation asks for."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray
from ccinv.errors import DataError, Fault
from ccinv.inversion.inversion import Inversion
from ccinv.inversion.normal import Normal

FEWEST_PATHS, MOST_PATHS = 1_000, 10**8  # of one simulation


@dataclass(frozen=True, slots=True)
class Calibrated:
    """κ per chance row (service, budget, orders), such that the simulated probability under the actual laws, with
    orders as they are executed, meets the level.

    Starts from the κ of `base`, which also gives the scale of scores; at most `rounds` plans are made to find them.
    The last plan is simulated anew on independent paths and accepted if, with `confidence` for all promises together,
    none is below its level by more than `margin` (or by more than the paths can show). `paths`: of each simulation, by
    the size of the store if None. The same `seed` gives the same plan.
    """

    base: Inversion = field(default_factory=Normal)
    confidence: float = 0.99
    margin: float = 0.002
    rounds: int = 8
    paths: int | None = None
    seed: int = 1

    def __post_init__(self) -> None:
        faults = simulation_faults("calibration", self.confidence, self.margin, self.rounds, self.paths, self.seed)
        if faults:
            raise DataError(faults)

    def kappa(self, level: ArrayLike) -> FloatArray:
        """κ of the base: where the search starts."""
        return np.asarray(self.base.kappa(level))

    def probability(self, score: ArrayLike) -> FloatArray:
        """The probability that the base reads from a standard score."""
        return np.asarray(self.base.probability(score))


def simulation_faults(
    what: str, confidence: float, margin: float, rounds: int, paths: int | None, seed: int
) -> list[Fault]:
    """What is wrong with how plans are to be simulated until they are accepted."""
    faults = []
    if not 0.5 <= confidence < 1:
        expected = "a probability from 0.5 to below 1"
        faults.append(Fault(f"{what} confidence", f"{confidence:g}", expected, "0.99 is usual."))
    if not 0 < margin < 0.5:
        expected = "a probability above 0 and below 0.5"
        faults.append(Fault(f"{what} margin", f"{margin:g}", expected, "0.002 is usual."))
    if rounds < 1:
        faults.append(Fault(f"{what} rounds", str(rounds), "at least 1", "8 are mostly more than enough."))
    if paths is not None and not FEWEST_PATHS <= paths <= MOST_PATHS:
        expected = f"from {FEWEST_PATHS} to {MOST_PATHS}"
        faults.append(Fault(f"{what} paths", str(paths), expected, "Leave them out: the store decides."))
    if seed < 0:
        faults.append(Fault(f"{what} seed", str(seed), "a whole number >= 0", "Give another seed."))
    return faults
