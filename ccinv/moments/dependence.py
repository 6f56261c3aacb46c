"""How receipts and sales hang together in the deviation of net stock: as they do, or as the thesis has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

Part = tuple[float, float]


class Dependence(Protocol):
    """Net stock R(t−1) − D(t) as a sum of parts taken to be independent of each other.

    Var X(t) = Σ_parts Var(share of R · R(t−1) − share of D · D(t)) + what the arrivals do
    """

    @property
    def parts(self) -> tuple[Part, ...]:
        """The share of receipts and the share of sales in each part; each column sums to 1."""
        ...


@dataclass(frozen=True, slots=True)
class FollowingSales:
    """Receipts follow sales, because orders do: Var X(t) = Var(R(t−1) − D(t)), which is exact."""

    parts: ClassVar[tuple[Part, ...]] = ((1.0, 1.0),)


@dataclass(frozen=True, slots=True)
class Independent:
    """Receipts and sales taken as independent: Var X(t) = Var R(t−1) + Var D(t), as the thesis prints it.

    It leaves out 2 Cov(R, D), which is positive where orders follow sales: stock seems to vary more than it does, and
    promises cost more than they must. The dollars and the orders of a plan do not depend on it. Source: Newton 1990,
    §3.5, §3.6.1.
    """

    parts: ClassVar[tuple[Part, ...]] = ((1.0, 0.0), (0.0, 1.0))


EXACT = FollowingSales()
