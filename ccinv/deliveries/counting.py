"""The probability that counts of uniform points fall behind what is asked of them, at bounds that move with chance.

Points: N independent uniform numbers of (0, 1). Stage i = 1..n asks that at least J_i of them lie below the bound

    U_i = l_i + r·v_i,   l_1 ≤ … ≤ l_n,   v_i = the K_i-th smallest of L further uniform numbers (v_i = 0: K_i = 0)

Bounds never fall, so counts can be followed from stage to stage. Below U_i lie D points in the given part, of length
l_i, and B in the part of the driver, of length r·v_i. Given (D, B) the first are spread evenly over l_i, so that each
came after stage i − 1 with probability (l_i − l_{i−1}) / l_i, independently; the second fall on the gaps of the drivers
as a Pólya urn has it, whatever v_i is. Hence

    p_i(D, B) = P{all stages up to i are well | D, B}

obeys a recursion free of v_i: a binomial law in D, a beta-binomial one in B, sums of positive terms throughout. Only
the probability of (D, B) at the stage where counts fall short needs the law of v_i, one integral of a polynomial, for
which Gauss–Legendre nodes are exact. Nothing is truncated: what is computed is the probability, to rounding.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from ccinv.arrays import FloatArray, IntArray

# floats, or complex numbers that carry a derivative in their imaginary part
Numbers = NDArray[Any]

MOST_NUMBERS = 4_000_000  # of one array at a time: 32 MB
SIMILAR = 2.0  # cases that share arrays differ in work by no more than this factor


@dataclass(frozen=True, slots=True, eq=False)
class Stages:
    """What is asked of counts, for m cases at once.

    `needed` (m, n): J_i ≥ 1, at most N + 1, which asks for a bound of 1 or more; `sample` (m,): N; `drivers` (m, n):
    K_i ≤ L, never falling; `driver_sample` (m,): L; `ratio` (m,): r ≥ 0.
    """

    needed: IntArray
    sample: IntArray
    drivers: IntArray
    driver_sample: IntArray
    ratio: FloatArray

    def rows(self, index: IntArray) -> Stages:
        """The cases at `index`, in that order."""
        return Stages(
            self.needed[index],
            self.sample[index],
            self.drivers[index],
            self.driver_sample[index],
            self.ratio[index],
        )

    @property
    def nodes(self) -> IntArray:
        """The Gauss–Legendre nodes that integrate the polynomials of each case exactly, (m,)."""
        total = np.where(self.driver_sample > 0, self.sample + self.driver_sample, 0)
        return total // 2 + 1


def falling_behind(stages: Stages, lengths: Numbers, more: int = 0) -> Numbers:
    """P{some stage finds fewer points than it asks for}, (m,), for the bounds' given parts `lengths` (m, n).

    A first bound whose given part is not above 0 is taken for one that lets nothing through: with a driver, it is for
    the caller to see that this is so. Analytic in `lengths`: a complex step gives derivatives to rounding. `more`:
    nodes beyond those that make the quadrature exact, to see what rounding does.
    """
    found = np.empty(len(lengths), dtype=lengths.dtype)
    parts = list(_alike(stages))

    def fill(part: IntArray) -> None:
        found[part] = _block(stages.rows(part), lengths[part], more)

    with ThreadPoolExecutor(min(os.cpu_count() or 1, len(parts))) as pool:
        list(pool.map(fill, parts))
    return found


def _alike(stages: Stages) -> Iterator[IntArray]:
    """The cases in parts of similar sizes, each small enough to be held at once."""
    size, nodes = stages.needed.max(axis=1), stages.nodes
    work = size * np.maximum(size, nodes)
    kind = np.floor(np.log(work) / np.log(SIMILAR)).astype(np.int64)
    numbers = np.maximum(size * size, nodes * (stages.sample + 1))
    for one in np.unique(kind):
        index = np.flatnonzero(kind == one)
        block = max(1, MOST_NUMBERS // int(numbers[index].max()))
        yield from np.split(index, np.arange(block, len(index), block))


def _block(stages: Stages, lengths: Numbers, more: int) -> Numbers:
    """The same for cases few enough to hold at once: arrays (m, D, B), no more points than the last stage asks for."""
    cases, n = lengths.shape
    size, nodes = int(stages.needed.max()), int(stages.nodes.max()) + more
    drawn = size if stages.driver_sample.any() else 1
    given, driven = np.arange(size)[:, None], np.arange(drawn)[None, :]
    total = given + driven
    well = np.ones((cases, size, drawn), dtype=lengths.dtype)
    # nothing lies in the part of a driver that has not begun
    well[:, :, 1:] *= (stages.drivers[:, 0] > 0)[:, None, None]
    spread = _spread(stages.sample, total, given, driven)
    gone = lengths[:, 0].real <= 0  # nothing can lie below the first bound
    lengths = np.where(gone[:, None], 1.0, lengths)
    for i in range(1, n):  # what rises may fall by rounding
        lengths[:, i] = np.where(lengths[:, i].real < lengths[:, i - 1].real, lengths[:, i - 1], lengths[:, i])
    behind = np.zeros(cases, dtype=lengths.dtype)
    for i in range(n):
        if i:
            well = _thinned(well, lengths[:, i - 1], lengths[:, i])
            if drawn > 1:
                well = _urn(well, stages.drivers[:, i - 1], stages.drivers[:, i])
        short = total < stages.needed[:, i, None, None]
        behind += _share(stages, i, lengths[:, i], np.where(short, well, 0.0) * spread, nodes)
        well = np.where(short, 0.0, well)
    return np.where(gone, 1.0, behind)


def _spread(sample: IntArray, total: IntArray, given: IntArray, driven: IntArray) -> FloatArray:
    """The multinomial coefficients N! / (D! B! (N − D − B)!), (m, D, B); 0 where there are too few points."""
    rest = sample[:, None, None] - total
    logs = gammaln(sample + 1.0)[:, None, None] - gammaln(given + 1.0) - gammaln(driven + 1.0)
    found: FloatArray = np.where(rest < 0, 0.0, np.exp(logs - gammaln(np.maximum(rest, 0) + 1.0)))
    return found


def _thinned(well: Numbers, before: Numbers, after: Numbers) -> Numbers:
    """Each of D points below came after the stage before with probability 1 − before/after, independently."""
    size = well.shape[1]
    kept = before / after
    now, then = np.arange(size)[:, None], np.arange(size)[None, :]
    choices = np.where(
        now >= then, np.exp(gammaln(now + 1.0) - gammaln(then + 1.0) - gammaln(np.maximum(now - then, 0) + 1.0)), 0.0
    )
    thinning = choices * _powers(kept, size)[:, None, :] * _powers(1.0 - kept, size)[:, np.maximum(now - then, 0)]
    found: Numbers = thinning @ well
    return found


def _urn(well: Numbers, before: IntArray, after: IntArray) -> Numbers:
    """B points on `after` gaps of equal chance, of which `before` were there at the stage before: a Pólya urn."""
    size = well.shape[2]
    now, then = np.arange(size)[:, None], np.arange(size)[None, :]
    old, new, both = _rising(before, size), _rising(after - before, size), _rising(after, size)
    with np.errstate(divide="ignore", invalid="ignore"):
        urn = np.where(now >= then, old[:, None, :] * new[:, np.maximum(now - then, 0)] / both[:, :, None], 0.0)
    # no gap at all yet: no points either
    urn[both == 0] = 0.0
    found: Numbers = well @ urn.transpose(0, 2, 1)
    return found


def _rising(start: IntArray, size: int) -> FloatArray:
    """k(k + 1)…(k + b − 1) / b! for b < size, (m, size): 1, 0, 0, … where k = 0."""
    steps = np.arange(size)
    positive = np.maximum(start, 1)[:, None]
    logs = gammaln(positive + steps) - gammaln(positive) - gammaln(steps + 1.0)
    return np.where((start == 0)[:, None], (steps == 0) * 1.0, np.exp(logs))


def _powers(base: Numbers, size: int) -> Numbers:
    """base^0 … base^(size − 1) along a new last axis."""
    table = np.repeat(base[..., None], size, axis=-1)
    table[..., 0] = 1.0
    found: Numbers = np.cumprod(table, axis=-1)
    return found


def _share(stages: Stages, i: int, length: Numbers, mass: Numbers, nodes: int) -> Numbers:
    """Σ over (D, B) of `mass` times l^D E[(r v)^B (1 − l − r v)^(N − D − B); l + r v < 1], (m,)."""
    size, drawn = mass.shape[1:]
    at, weight = _driver(stages, i, length, nodes if stages.driver_sample.any() else 1)
    reach = stages.ratio[:, None] * at
    rest = 1.0 - length[:, None] - reach
    # by total c = D + B: row c holds the mass with c points below
    index = np.arange(size)[:, None] - np.arange(drawn)[None, :]
    mass = mass * _powers(length, size)[:, :, None]
    turned = np.where(index >= 0, mass[:, np.maximum(index, 0), np.arange(drawn)[None, :]], 0.0)
    inner = turned @ _powers(reach, drawn).transpose(0, 2, 1)
    above = stages.sample[:, None] - np.arange(size)[None, :]
    most = int(above.max()) + 1
    over = np.take_along_axis(
        _powers(rest, most), np.broadcast_to(np.maximum(above, 0)[:, None, :], (len(rest), rest.shape[1], size)), axis=2
    )
    found: Numbers = np.einsum("mcq,mqc,mq->m", inner, over, weight)
    return np.where(length.real < 1, found, 0.0)


def _driver(stages: Stages, i: int, length: Numbers, nodes: int) -> tuple[Numbers, Numbers]:
    """Nodes and weights for the law of v_i where l + r·v_i < 1, (m, q) each; all weight at 0 without a driver."""
    k, sample = stages.drivers[:, i], stages.driver_sample
    driven = (k > 0) & (stages.ratio > 0)
    ratio = np.where(stages.ratio > 0, stages.ratio, 1.0)
    end = np.where((1.0 - length.real) < ratio, (1.0 - length) / ratio, 1.0)
    end = np.where(driven & (end.real > 0), end, 0.5)
    node, weight = np.polynomial.legendre.leggauss(nodes)
    at = end[:, None] * (0.5 * (node + 1.0))
    first, last = np.maximum(k, 1)[:, None], (sample - k)[:, None]
    constant = gammaln(sample + 1.0)[:, None] - gammaln(first) - gammaln(np.maximum(last, 0) + 1.0)
    density = np.exp(constant + (first - 1) * np.log(at) + np.maximum(last, 0) * np.log(1.0 - at))
    at = np.where(driven[:, None], at, 0.0)
    weights = np.where(driven[:, None], end[:, None] * (0.5 * weight) * density, np.arange(nodes) == 0)
    return at, weights
