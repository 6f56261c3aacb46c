"""Fast exact draws from laws whose distribution function is a staircase."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ccinv.arrays import BoolArray, FloatArray, IntArray

SLICES = 256  # of [0, 1): one random byte chooses one of them
CHUNK = 2**17  # draws at a time: everything they need stays in the processor's cache
LONGEST = 512  # a longer staircase is slower than the generator's own methods
CELLS = 1024  # staircases at a time: 4 MB of them at most
KEPT = 8  # times that many are kept for the next draws


def draw_steps(rng: np.random.Generator, bounds: FloatArray, out: FloatArray, values: FloatArray | None = None) -> None:
    """Fill `out` (C, draws) with independent draws, row c from the staircase `bounds[c]` (C, K).

        out = values[c, k] where k = #{j : bounds[c, j] ≤ U}, U uniform on [0, 1)

    `bounds` never falls along a row and ends with inf. `values` is (C, K), or None for k itself. A byte chooses one of
    256 slices of [0, 1); where no bound lies in a slice its outcome is certain, and only draws in the other slices
    need the rest of U. The law of the draws is that of inversion with a U of 53 bits; it costs 2–3 ns instead of the
    20–90 ns of the generator's Poisson and negative binomial methods.
    """
    cells, draws = out.shape
    longest = bounds.shape[1]
    if cells == 0 or draws == 0:
        return
    for first in range(0, cells, max(1, CHUNK // draws)):
        part = slice(first, min(cells, first + max(1, CHUNK // draws)))
        bound = bounds[part]
        rows = len(bound)
        below = _bounds_below(bound)
        if values is None:
            outcome = below[:, :-1].astype(np.float64)
        else:
            outcome = np.take_along_axis(values[part], below[:, :-1], axis=1)
        unsure = (below[:, :-1] != below[:, 1:]).ravel()
        words = rng.integers(0, 2**64, size=-(-rows * draws // 8), dtype=np.uint64)
        byte = words.view(np.uint8)[: rows * draws].reshape(rows, draws)
        cell = np.add(byte, SLICES * np.arange(rows)[:, None], dtype=np.intp).ravel()
        drawn = outcome.ravel().take(cell)
        again = np.flatnonzero(unsure.take(cell))
        row, slot = np.divmod(cell[again], SLICES)
        uniform = (slot + rng.random(len(again))) / SLICES
        low, high = below[row, slot], below[row, slot + 1]
        table = bound.ravel()
        start = row * longest
        for _ in range(int((high - low).max(initial=0)).bit_length()):
            middle = (low + high) >> 1
            passed = uniform >= table.take(start + middle)
            low = np.where(passed, middle + 1, low)
            high = np.where(passed, high, middle)
        drawn[again] = low if values is None else values[part].ravel().take(start + low)
        out[part] = drawn.reshape(rows, draws)


def look_up(bounds: FloatArray, uniform: FloatArray, values: FloatArray | None = None) -> FloatArray:
    """The outcomes of the staircases `bounds` (C, K) at given U (C, draws), in [0, 1]: same shape as U.

    As `draw_steps`, with the U of somebody else; U = 1 is the last outcome.
    """
    rows, longest = bounds.shape
    below = _bounds_below(bounds)
    row = np.arange(rows)[:, None]
    slot = np.minimum((uniform * SLICES).astype(np.intp), SLICES - 1)
    found, high = below[row, slot], below[row, slot + 1]
    again = np.nonzero(found < high)
    table = bounds.ravel()
    start = row.ravel()[again[0]] * longest
    low, top, sought = found[again], high[again], uniform[again]
    for _ in range(int((top - low).max(initial=0)).bit_length()):
        middle = (low + top) >> 1
        passed = sought >= table.take(start + middle)
        low = np.where(passed, middle + 1, low)
        top = np.where(passed, top, middle)
    found[again] = low
    return found.astype(np.float64) if values is None else np.take_along_axis(values, found, axis=1)


def _bounds_below(bounds: FloatArray) -> IntArray:
    """How many bounds of each row are ≤ j/256, for j = 0..256: shape (C, 257)."""
    first = np.ceil(np.minimum(bounds, 2.0) * SLICES).astype(np.int64)  # the least such j, exact: a power of two
    np.minimum(first, SLICES + 1, out=first)
    first += (SLICES + 2) * np.arange(len(bounds))[:, None]
    count = np.bincount(first.ravel(), minlength=(SLICES + 2) * len(bounds)).reshape(len(bounds), SLICES + 2)
    found: IntArray = np.cumsum(count, axis=1)[:, :-1]
    return found


def staircase(probabilities: FloatArray) -> FloatArray:
    """The bounds of outcomes with the given probabilities (C, K): their sums, inf from the last possible one on.

    What rounding (or the tolerance of the sum) leaves of the unit mass goes to the last outcome that can happen.
    """
    last = probabilities.shape[1] - 1 - np.argmax(probabilities[:, ::-1] > 0, axis=1)
    bounds = np.cumsum(probabilities, axis=1)
    bounds[np.arange(probabilities.shape[1]) >= last[:, None]] = np.inf
    return bounds


def draw_counts(rng: np.random.Generator, mean: FloatArray, excess: FloatArray, paths: int) -> FloatArray:
    """Draws (n, N, paths) of counts with the given mean and excess = variance − mean, both (n, N).

    Poisson where the excess is 0, negative binomial (a Poisson law with a gamma rate) where it is positive. Short
    staircases are tabulated to double precision; counts too large for that come from the generator's gamma and Poisson.
    """
    items, periods = mean.shape
    # items that are the same in every period need one staircase for all of them
    alike = bool((mean == mean[:, :1]).all() and (excess == excess[:, :1]).all())
    mean_of = mean[:, 0] if alike else mean.ravel()
    excess_of = excess[:, 0] if alike else excess.ravel()
    out = np.empty((len(mean_of), items * periods * paths // len(mean_of)))
    for first in range(0, len(mean_of), CELLS):
        part = slice(first, first + CELLS)
        bounds, short = count_staircase(mean_of[part], excess_of[part])
        if short.all():
            draw_steps(rng, bounds, out[part])
            continue
        tabulated = np.empty((int(short.sum()), out.shape[1]))
        draw_steps(rng, bounds[short], tabulated)
        out[part][short] = tabulated
        for cell in np.array_split(np.flatnonzero(~short), max(1, int((~short).sum()) * out.shape[1] // CHUNK)):
            if len(cell):
                rate = _random_rate(rng, mean_of[part][cell], excess_of[part][cell], out.shape[1])
                out[first + cell] = rng.poisson(rate)
    return out.reshape(items, periods, paths)


def _random_rate(rng: np.random.Generator, mean: FloatArray, excess: FloatArray, draws: int) -> FloatArray:
    """Poisson rates (C, draws): gamma with the given mean and variance `excess`, or the mean itself."""
    spread = excess > 0
    scale = np.divide(excess, np.maximum(mean, 1e-250), out=np.zeros_like(mean), where=spread)
    shape = np.divide(mean, scale, out=np.ones_like(mean), where=spread)
    rate: FloatArray = rng.standard_gamma(shape[:, None], (len(mean), draws))
    rate *= scale[:, None]
    rate[~spread] = mean[~spread, None]
    return rate


def count_staircase(mean: FloatArray, excess: FloatArray) -> tuple[FloatArray, BoolArray]:
    """The bounds P{S ≤ k} of counts with the given mean and excess (C,), and which rows are short enough to be whole.

        p(0) = exp(−mean · log(1 + x)/x), x = excess/mean;   p(k+1)/p(k) = (mean² + k·excess) / ((k + 1)(mean + excess))

    A row ends, with inf, where less than 2⁻⁵⁴ of the mass is left; rows that do not end within `LONGEST` are not whole.
    Both are read-only: the next block of paths of the same items is drawn from the same ones.
    """
    return _count_staircase(mean.tobytes(), excess.tobytes())


@lru_cache(maxsize=KEPT)
def _count_staircase(mean_bytes: bytes, excess_bytes: bytes) -> tuple[FloatArray, BoolArray]:
    mean, excess = np.frombuffer(mean_bytes), np.frombuffer(excess_bytes)
    variance = mean + excess
    ratio_limit = np.divide(excess, variance, out=np.zeros_like(mean), where=variance > 0)
    spread = excess / np.maximum(mean, 1e-250)
    slope = np.divide(np.log1p(spread), spread, out=np.ones_like(mean), where=spread > 0)
    mass = np.exp(-mean * slope)
    # ratio(k) = (mean · mean/variance + k · ratio_limit) / (k + 1), so that nothing overflows
    base = mean * np.divide(mean, variance, out=np.zeros_like(mean), where=variance > 0)
    whole = mean > LONGEST  # marked as ended for the sake of the loop, taken back below
    total = np.zeros_like(mean)
    table = np.full((LONGEST, len(mean)), np.inf)
    for k in range(LONGEST):
        total += mass
        ratio = (base + k * ratio_limit) / (k + 1)
        bound = np.maximum(ratio, ratio_limit)  # no later ratio is larger
        ends = (bound < 1) & (mass * bound <= 2.0**-54 * (1 - bound))
        np.copyto(table[k], total, where=~(whole | ends))
        whole |= ends
        if whole.all():
            break
        mass *= ratio
    whole &= mean <= LONGEST
    bounds = np.ascontiguousarray(table[: k + 1].T)
    bounds.setflags(write=False)
    whole.setflags(write=False)
    return bounds, whole
