"""Processor time of a call: what a busy machine adds to elapsed time is left out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Generic, TypeVar

import numpy as np

from ccinv.solve import conic

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Timed(Generic[T]):
    """What a call gave, and what it took: processor and elapsed seconds."""

    value: T
    cpu: float
    wall: float


def timed(call: Callable[[], T]) -> Timed[T]:
    """Call, on both clocks."""
    wall, cpu = time.perf_counter(), time.process_time()
    value = call()
    return Timed(value, time.process_time() - cpu, time.perf_counter() - wall)


@contextmanager
def solver_on_processor_time() -> Iterator[None]:
    """Inside, `plan.solver_seconds` is counted in processor seconds, so that it compares with the time of the plan."""
    kept = conic.time
    conic.time = SimpleNamespace(perf_counter=time.process_time)  # type: ignore[assignment]
    try:
        yield
    finally:
        conic.time = kept


def median(values: list[float]) -> float:
    """The median, which one interruption of the machine does not move."""
    return float(np.median(values))
