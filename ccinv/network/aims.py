"""Which cost a plan makes least where demand is uncertain."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Expected:
    """The expected cost; in a box of demands, the cost at its centre."""


@dataclass(frozen=True, slots=True)
class WorstCase:
    """The highest cost that any demand of the box can bring; then, of all plans that have it, the cost at the centre.

    `slack`: by how much the worst case may rise for the sake of the second, relative.
    """

    slack: float = 1e-9


Aim = Expected | WorstCase
