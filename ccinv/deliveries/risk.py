"""The reliability of stocks against deliveries, for many materials at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import elementwise

from ccinv.arrays import FloatArray, IntArray
from ccinv.deliveries.counting import Numbers, falling_behind
from ccinv.deliveries.flow import Flow, RandomDemand
from ccinv.deliveries.scenarios import POINTS, REPLICATES, AlongPath, Turns, against, along_path
from ccinv.deliveries.stages import Ruled, ruled

STEP = 1e-40  # imaginary part that carries a derivative: its square is nothing, so that nothing cancels
WIDE = 0.01  # between the two stocks whose difference stands for the slope of scenarios with jumps: these even out
ROUNDING = 2.0**-52
TO_ROUNDING: Any = {"xatol": 1e-15, "xrtol": 4 * ROUNDING, "fatol": 0.0, "frtol": 0.0}


@dataclass(frozen=True, slots=True, eq=False)
class Risk:
    """m materials side by side: those with constant demand in one batch, the others in scenarios of their own.

    `batch`: the stages of the former; `row` (m,): their rows in it, −1 for materials in `apart`. `least`, `most` (m,):
    stocks at which a shortage is certain, and impossible.
    """

    batch: Ruled | None
    row: IntArray
    apart: dict[int, Turns | AlongPath]
    least: FloatArray
    most: FloatArray

    @classmethod
    def of(cls, flows: Sequence[Flow]) -> Risk:
        """The risk of these materials."""
        steady = np.array([flow.demand is None for flow in flows])
        batched = [flow for flow in flows if flow.demand is None]
        return cls(
            batch=ruled([flow.times for flow in batched], [flow.amounts for flow in batched]) if batched else None,
            row=np.where(steady, np.cumsum(steady) - 1, -1),
            apart={i: _scenarios(flow) for i, flow in enumerate(flows) if flow.demand is not None},
            least=np.array([flow.least for flow in flows]),
            most=np.array([flow.most for flow in flows]),
        )

    def shortage(self, index: IntArray, stock: Numbers) -> Numbers:
        """1 − h of the materials at `index` for these stocks, (k,) both; analytic in the stocks."""
        found = np.empty(len(stock), dtype=stock.dtype)
        at = stock.real
        # beyond the two ends there is nothing to compute, and nothing to get wrong in the last digit
        stock = np.where(at > self.most[index], self.most[index], np.where(at < self.least[index], 0.0, stock))
        row = self.row[index]
        steady = row >= 0
        if self.batch is not None and steady.any():
            part = self.batch.rows(row[steady])
            found[steady] = falling_behind(part.stages, part.lengths(stock[steady]))
        for i, scenarios in self.apart.items():
            here = index == i
            if here.any():
                found[here] = _of_each(scenarios, stock[here]).mean(axis=1)
        found = np.where(at < self.least[index], 1.0, found)
        return np.where(at >= self.most[index], 0.0, found)

    def slope(self, index: IntArray, stock: FloatArray) -> tuple[FloatArray, FloatArray]:
        """1 − h and h′ of the materials at `index` for these stocks, (k,) each."""
        found = self.shortage(index, stock + 1j * STEP)
        slope = -found.imag / STEP
        for i in (i for i, scenarios in self.apart.items() if not scenarios.smooth):
            here = np.flatnonzero(index == i)
            if len(here):
                low, high = (self.shortage(index[here], stock[here] + move) for move in (-WIDE, WIDE))
                slope[here] = (low - high) / (2 * WIDE)
        return np.clip(found.real, 0.0, 1.0), slope

    def error(self, index: int, stock: float) -> float:
        """How far the reliability may be from the truth: from rounding, and where scenarios are drawn, their spread."""
        scenarios = self.apart.get(index)
        if scenarios is not None:
            each = _of_each(scenarios, np.array([stock]))[0]
            if len(each) > 1:
                # where every scenario agrees, what none of some thousand shows may still have a chance of 3 in as many
                unseen = 0.0 if each.std() > 0 else 3.0 / (REPLICATES * POINTS)
                return float(3.0 * each.std(ddof=1) / np.sqrt(len(each)) + unseen)
            return float(64 * ROUNDING * scenarios.stages.needed.shape[1])
        assert self.batch is not None  # noqa: S101  # a material is in the batch or apart
        part = self.batch.rows(self.row[index : index + 1])
        lengths = part.lengths(np.array([stock]))
        twice = [falling_behind(part.stages, lengths, more)[0] for more in (0, 5)]
        return float(abs(twice[1] - twice[0]) + 64 * ROUNDING * lengths.shape[1])

    def stock(self, index: IntArray, risk: FloatArray) -> FloatArray:
        """The least stocks with 1 − h ≤ `risk`, (k,), to rounding; never below what is asked."""
        low, high = self.least[index], self.most[index]
        enough = self.shortage(index, low) <= risk

        def excess(at: FloatArray, i: FloatArray, asked: FloatArray) -> FloatArray:
            # of logarithms, as the tail of the risk falls by orders of magnitude
            return np.log(np.maximum(self.shortage(i.astype(np.int64), at), 1e-300)) - np.log(asked)

        found: Any = elementwise.find_root(
            excess,
            (low, np.where(high > low, high, low + 1.0)),
            args=(index.astype(np.float64), risk),
            tolerances=TO_ROUNDING,
        )
        least: FloatArray = np.where(enough, low, found.bracket[1])
        return least


def _scenarios(flow: Flow) -> Turns | AlongPath:
    if isinstance(flow.demand, RandomDemand):
        return against(flow.times, flow.amounts, flow.demand.times, flow.demand.amounts)
    if flow.demand is None:
        raise AssertionError  # constant demand stands in the batch
    return along_path(flow.times, flow.amounts, flow.demand)


def _of_each(scenarios: Turns | AlongPath, stock: Numbers) -> Numbers:
    """1 − h in each replicate, (k, R)."""
    every = scenarios.weight.shape[1]
    stages = scenarios.stages.rows(np.tile(np.arange(every), len(stock)))
    found = falling_behind(stages, scenarios.lengths(stock)).reshape(len(stock), every)
    each: Numbers = found @ scenarios.weight.T
    return each
