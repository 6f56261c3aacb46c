"""How many cycles must be simulated for a frequency to be a probability, nearly: Bernstein's inequality."""

from __future__ import annotations

import math

from ccinv.arrays import given_number
from ccinv.errors import DataError, Fault

ROUNDING = 1e-12  # by so much, relatively, the error may exceed p(1 − p) as floating-point numbers have it


def sample_size(error: float, risk: float, probability: float = 0.5) -> int:
    """The independent trials m after which a relative frequency is off by `error` with probability `risk` at most.

        m = ⌈ (1/ε²) 2p(1−p) [1 + ε/(2p(1−p))]² log(2/δ) ⌉,   0 < ε ≤ p(1−p)

    `error`: ε; `risk`: δ; `probability`: p, what is estimated: p = 1/2 asks for most, and p nearer to 1/2 for more, so
    that a bound on p on the side of 1/2 serves. An error above p(1 − p) is a DataError. Source: Prékopa & Kelle 1978,
    (5.6).
    """
    faults = _faults(error, probability)
    if (share := given_number(risk)) is None or not 0 < share < 1:
        faults.append(Fault("risk", repr(risk), "a number between 0 and 1", "Give 0.05 for 5 %."))
    if faults:
        raise DataError(faults)
    return math.ceil(_spread(error, probability) * math.log(2.0 / risk) / error**2)


def deviation_bound_printed(error: float, trials: int, probability: float) -> float:
    """(5.5) as printed, a bound on P{|frequency − p| ≥ ε} in which neither `trials` m nor ε² occurs before the bracket.

    2 exp(−1 / (2p(1−p) [1 + ε/(2p(1−p))]²)): the same whatever m is; below 1 only by chance.
    """
    _check(error, trials, probability)
    return 2.0 * math.exp(-1.0 / _spread(error, probability))


def deviation_bound_corrected(error: float, trials: int, probability: float) -> float:
    """Bernstein's bound on P{|frequency − p| ≥ ε} after `trials` m, of which (5.6) is the inverse.

    2 exp(−m ε² / (2p(1−p) [1 + ε/(2p(1−p))]²)), 0 < ε ≤ p(1−p).
    """
    _check(error, trials, probability)
    return 2.0 * math.exp(-trials * error**2 / _spread(error, probability))


def _spread(error: float, probability: float) -> float:
    double = 2.0 * probability * (1.0 - probability)
    return double * (1.0 + error / double) ** 2


def _check(error: float, trials: int, probability: float) -> None:
    faults = _faults(error, probability)
    if (number := given_number(trials)) is None or not number >= 1:
        faults.append(Fault("trials", repr(trials), "a number of at least 1", "Give the number of trials."))
    if faults:
        raise DataError(faults)


def _faults(error: float, probability: float) -> list[Fault]:
    p, epsilon = given_number(probability), given_number(error)
    if p is None or not 0 < p < 1:
        remedy = "Give the probability that is to be estimated; 0.5 serves for any."
        return [Fault("probability", repr(probability), "a number between 0 and 1", remedy)]
    most = p * (1.0 - p)
    if epsilon is None or not 0 < epsilon <= most * (1.0 + ROUNDING):
        expected = f"above 0, at most {most:.6g} = p(1 − p) for p = {p:g}"
        return [Fault("error", repr(error), expected, "Ask for a smaller error: the inequality holds for such only.")]
    return []
