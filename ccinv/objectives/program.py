"""What an objective is given to work with, and what it gives back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from ccinv.arrays import FloatArray, IntArray
from ccinv.inversion.chances import Chances
from ccinv.inversion.inversion import Inversion
from ccinv.moments.affine import AffineMoments
from ccinv.rules import Layout
from ccinv.store import Store


class Status(StrEnum):
    """What the solver says; only SOLVED is an answer, and even that is a claim until it is verified."""

    SOLVED = "solved"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one solve gave: the status, what the solver said, the objective value, its relative gap, and the cost.

    `bound`: the value that no decision can better, from a dual point that was checked; NaN where none was asked for.
    """

    status: Status
    said: str
    value: float
    bound: float
    gap: float
    seconds: float
    iterations: int


@dataclass(frozen=True, slots=True, eq=False)
class Hold:
    """Cells with what they are held to: mean − kappa · sd ≥ floor, each (K,), floor in units."""

    cells: IntArray
    kappa: FloatArray
    floor: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What an objective found: the decision x, the objective's value, its levels if any, its gap, and remarks.

    `order_up_to`: the value that order-up-to levels found by simulation have, NaN where none were sought; `bound`: one
    that no ordering policy whatever can better, NaN where none is known.
    """

    x: FloatArray
    value: float
    gap: float
    levels: tuple[float, ...] = ()
    notes: tuple[str, ...] = ()
    order_up_to: float = float("nan")
    bound: float = float("nan")


class Program(Protocol):
    """The hard rows of a store under a rule, ready to be solved for any objective, as often as needed."""

    @property
    def store(self) -> Store: ...

    @property
    def layout(self) -> Layout: ...

    @property
    def inversion(self) -> Inversion: ...

    @property
    def chances(self) -> Chances:
        """What every chance row is held to."""
        ...

    @property
    def x(self) -> Any:
        """The decision vector, a cvxpy variable."""
        ...

    @property
    def net(self) -> AffineMoments: ...

    @property
    def orders(self) -> AffineMoments: ...

    @property
    def dollars(self) -> AffineMoments: ...

    @property
    def unit(self) -> FloatArray:
        """The natural amount of each cell's item, (n·N,), units."""
        ...

    @property
    def money(self) -> float:
        """The natural amount of money of the store."""
        ...

    @property
    def important(self) -> Hold:
        """What the controllable cells of important items are held to."""
        ...

    @property
    def others(self) -> Hold:
        """Out-of-reach cells of other items, held at the mean they have."""
        ...

    @property
    def open_cells(self) -> IntArray:
        """Controllable cells of other items that can have mean net stock ≥ 0."""
        ...

    @property
    def start(self) -> FloatArray:
        """A decision that keeps all holds, and E X ≥ 0 in the open cells."""
        ...

    def held(self, *holds: Hold) -> list[Any]:
        """Holds as cvxpy constraints."""
        ...

    def solve(
        self,
        objective: Any,
        constraints: Sequence[Any],
        scale: Mapping[Any, Any] | None = None,
        digits: int = 9,
        *,
        proven: bool = False,
    ) -> Outcome:
        """Solve for a cvxpy objective under the hard rows and `constraints`; a SolverError where nothing is decided.

        `scale`: natural sizes of variables other than x, or of x where they are not the layout's; a sparse matrix says
        what a variable is a sum of. `digits` asked of feasibility and of the gap. `proven`: with a bound.
        """
        ...


@dataclass(frozen=True, slots=True)
class Worth:
    """What a plan is worth: fewer promises out of reach first, then the value of an objective."""

    short: int
    value: float
    greatest: bool

    def better(self, other: Worth) -> bool:
        if self.short != other.short:
            return self.short < other.short
        return self.value > other.value if self.greatest else self.value < other.value


class Objective(Protocol):
    """What a plan is to be best at."""

    limited: ClassVar[bool]
    """Whether the store's budget is a constraint."""
    greatest: ClassVar[bool]
    """Whether more of it is better."""
    serves_others: ClassVar[bool]
    """Whether items that are not important must have E X ≥ 0 where they can."""

    def pursue(self, program: Program) -> Answer:
        """The best decision for this objective under the hard rows of the program."""
        ...

    def stated(self, program: Program) -> tuple[Any, list[Any]]:
        """The objective as one cvxpy problem: what to optimise, and the constraints beside the hard rows."""
        ...
