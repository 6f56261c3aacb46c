"""Claims: h of the paper's materials to 1e-8 in 50 ms; 10 000 materials jointly at 95 % in 60 s, proven to 1e-6.

Simulation of equal accuracy stands beside h: its seconds are those of a smaller run by the square of the ratio of
errors, as nobody draws 10^15 cycles. The paper's method, penalties and direct search, stands beside the two materials.
"""

from __future__ import annotations

from functools import partial

import numpy as np

import ccinv as cc
from benchmarks import sumt
from benchmarks.clock import median, timed
from benchmarks.row import Job, Row, at_most, told
from ccinv.deliveries import drawn

MOST_MILLISECONDS = 50.0
MOST_SECONDS = 60.0
CLAIMED = 10_000
PROVEN = 1e-6
EXACT = 1e-8
DRAWS = 200_000
FIRST = cc.Deliveries((3, 5, 7, 9), 10, 0.10, (5, 7, 11), 20, 0.16)
SECOND = cc.Deliveries((2, 3, 5, 7, 9), 10, 0.15, (2, 5, 7, 8), 10, 0.12)
LARGE = cc.Deliveries(8 * np.arange(1, 13), 100, 0.02, 8 * np.arange(1, 12), 100, 0.03)
MATERIALS = {"first": (FIRST, 0.413896), "second": (SECOND, 0.267008), "12 deliveries, samples of 100": (LARGE, 0.20)}


def frequency(material: cc.Deliveries, stock: float, paths: int, seed: int) -> float:
    """The relative frequency of no shortage, by gamma variables (the paper's second method)."""
    rng = np.random.default_rng(seed)
    times = drawn(material.time_marks, rng, paths)
    have = np.concatenate([np.zeros((paths, 1)), drawn(material.amount_marks, rng, paths)], axis=1)
    return float((times <= stock + have).all(axis=1).mean())


def one_value(name: str, repeats: int) -> Row:
    """Milliseconds for h and for how exact it is, against simulation."""
    material, stock = MATERIALS[name]
    material.reliability(stock)  # the first call loads what it needs
    runs = [timed(partial(material.reliability, stock)) for _ in range(repeats)]
    found, error = float(runs[-1].value), float(material.reliability_error(stock))
    assert error <= EXACT, f"h = {found:.12g} is exact to {error:.1e} only"
    draws = timed(partial(frequency, material, stock, DRAWS, 1))
    noise = np.sqrt(found * (1 - found) / DRAWS)
    assert abs(draws.value - found) <= 5 * noise, f"h = {found:.8g}, simulated {draws.value:.8g} ± {noise:.1e}"
    took = 1e3 * median([run.cpu for run in runs])
    at_equal = draws.cpu * 1e3 * (noise / EXACT) ** 2
    detail = (
        f"h({stock:g}) = {found:.10f}, exact to {error:.0e}; simulation to {EXACT:g}: {at_equal / took:.0e} times that"
    )
    if name in ("first", "second"):
        return at_most(f"milliseconds for h, {name} material", f"{material.number} deliveries", took, 50.0, detail)
    return told("milliseconds for h", name, took, detail)


def materials(count: int) -> tuple[list[cc.Deliveries], np.ndarray]:
    """Random processes of two to six deliveries, and prices over two decades: seeded once, never changed."""
    rng = np.random.default_rng([6, count])
    found = []
    for _ in range(count):
        n = int(rng.integers(2, 7))
        sample, amount_sample = int(rng.integers(n, 16)), int(rng.integers(n, 21))
        times = np.sort(rng.permutation(sample)[:n]) + 1
        amounts = np.sort(rng.permutation(amount_sample)[: n - 1]) + 1
        gap, least = rng.uniform(0, 0.7, 2) / n
        found.append(cc.Deliveries(times, sample, gap, amounts, amount_sample, least))
    return found, np.exp(1.5 * rng.normal(size=count))


def together(count: int) -> Row:
    """Seconds for the cheapest stocks of that many materials."""
    each, price = materials(count)
    run = timed(partial(cc.initial_stock, each, price, 0.95))
    found = run.value
    assert found.reliability >= 0.95 * (1 - 1e-9), f"reliable with {found.reliability:.9f} only"
    assert found.gap <= PROVEN, f"proven to {found.gap:.1e} only"
    detail = f"gap {found.gap:.0e}, reliability {found.reliability:.9f}; {run.cpu:.1f} s of processor"
    if count == CLAIMED:
        return at_most("seconds, jointly 95 %", f"{count} materials", run.wall, MOST_SECONDS, detail)
    return told("seconds, jointly 95 %", f"{count} materials", run.wall, detail)


def against_penalties(exact: bool) -> Row:
    """The paper's example by penalties and direct search: with simulated h as it was, or exact h to equal accuracy."""
    pair, price, p = [FIRST, SECOND], np.array([1.0, 3.0]), 0.8
    ours = timed(partial(cc.initial_stock, pair, price, p))
    start = np.array([0.7, 0.7])

    def h(stock: np.ndarray) -> np.ndarray:
        if exact:
            return np.array([one.reliability(m) for one, m in zip(pair, stock, strict=True)])
        # the same draws for every stock, as many as (5.6) asks for an error of 0.01
        return np.array([frequency(one, m, 15_606, 2) for one, m in zip(pair, stock, strict=True)])

    close, step = (1e-9, 1e-9) if exact else (0.01, 1e-3)
    run = timed(partial(sumt.minimise, price, h, p, start, close, step))
    cost = float(price @ run.value.stock)
    true = float(np.prod([one.reliability(m) for one, m in zip(pair, run.value.stock, strict=True)]))
    assert ours.value.gap < 1e-8, f"proven to {ours.value.gap:.1e} only"
    assert not exact or cost >= ours.value.bound, f"{cost:.9f} below the bound {ours.value.bound:.9f}"
    name = "exact h, to the end" if exact else "simulated h, the paper's stop"
    detail = (
        f"{run.cpu:.2f} s and {run.value.asked} × h for cost {cost:.6f}, reliability {true:.6f}; "
        f"{ours.cpu:.3f} s for {ours.value.cost:.6f}, proven"
    )
    return told(f"penalties and direct search / initial_stock, {name}", "2 materials", run.cpu / ours.cpu, detail)


def jobs(counts: tuple[int, ...] = (100, 1000, CLAIMED), repeats: int = 15) -> list[Job]:
    """All of them."""
    each: list[Job] = [partial(one_value, name, repeats) for name in MATERIALS]
    each += [partial(together, count) for count in counts]
    return [*each, *(partial(against_penalties, exact) for exact in (False, True))]
