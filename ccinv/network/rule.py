"""How flows may react to demand that has been seen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Static:
    """All flows are fixed now; those into customers are what is asked for, in the period, where there is no stock."""


@dataclass(frozen=True, slots=True)
class Linear:
    """Flows are causal linear rules of the demand seen, f(l, t) = f(l, t) at mean demand + Σ w (d − mean).

    `lag`: a flow of period t sees demand up to t − lag; 0: the demand of its own period, too. Flows into customers see
    that one always. `memory`: how many of those periods it looks at, None for all. `total`: rules follow the demand of
    all customers and products together, not each by itself (but flows into customers follow each).
    Source: Ben-Tal, Goryashko, Guslitzer and Nemirovski 2004.
    """

    lag: int = 1
    memory: int | None = None
    total: bool = False


Rule = Static | Linear
