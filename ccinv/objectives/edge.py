"""Why an objective has no answer although promises can be kept: there is no room left to choose in."""

from __future__ import annotations

from ccinv.errors import SolverError
from ccinv.objectives.program import Outcome


def at_the_edge(outcome: Outcome, objective: str) -> SolverError:
    """The error for a program called impossible although a decision that keeps its rows, up to rounding, is known."""
    return SolverError(
        f"{objective} found no plan ({outcome.said}) although the promises can just be kept, to seven digits: they are "
        "at the limit. Ask for a millionth less, or give the budget a millionth more."
    )
