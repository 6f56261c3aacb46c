"""Claim: the exact reliability of 20 random materials is within 4 standard errors of 10^8 simulated cycles each.

The simulation sorts nothing and shares no formula: gamma variables for times and amounts, inequalities counted.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from benchmarks.clock import timed
from benchmarks.reliability import frequency, materials
from benchmarks.row import Job, Row

MATERIALS = 20
PATHS = 10**8
AT_ONCE = 10**6
MOST = 4.0  # standard errors; of 20 materials one in 800 runs would go beyond by chance


def distance(number: int, paths: int) -> Row:
    """Standard errors between one material's h and the relative frequency, at a stock of medium reliability."""
    material = materials(MATERIALS)[0][number]
    stock = float(material.stock(np.random.default_rng([7, number]).uniform(0.2, 0.98)))
    exact = float(material.reliability(stock))
    size = min(paths, AT_ONCE)
    run = timed(lambda: np.mean([frequency(material, stock, size, seed) for seed in range(paths // size)]))
    noise = np.sqrt(exact * (1 - exact) / paths)
    away = abs(run.value - exact) / noise
    detail = f"h = {exact:.8f}, found {run.value:.8f} ± {noise:.1e}; {run.cpu:.0f} s of processor"
    name = f"standard errors from {paths:.0e} cycles, material {number + 1}"
    return Row(name, f"{material.number} deliveries", f"{away:.2f}", f"≤ {MOST:g}", bool(away <= MOST), detail)


def jobs(count: int = MATERIALS, paths: int = PATHS) -> list[Job]:
    """One for each material."""
    return [partial(distance, number, paths) for number in range(count)]
