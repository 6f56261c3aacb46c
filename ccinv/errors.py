"""What can go wrong, by who must act: the data's owner, the modeller, the one who asked too much, or us."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with the input: where it stands, what was found, what was expected, what to do."""

    where: str
    found: str
    expected: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: found {self.found}, expected {self.expected}. {self.remedy}"


class CcinvError(Exception):
    """Every error that ccinv raises on purpose."""


class DataError(CcinvError, ValueError):
    """The input is wrong; `faults` lists everything found, so that one reading mends all."""

    def __init__(self, faults: Fault | Sequence[Fault]) -> None:
        self.faults: tuple[Fault, ...] = (faults,) if isinstance(faults, Fault) else tuple(faults)
        shown = [str(fault) for fault in self.faults[:50]]
        if len(self.faults) > len(shown):
            shown.append(f"... and {len(self.faults) - len(shown)} more")
        head = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        super().__init__("\n".join([f"{head} in the input:", *(f"  - {line}" for line in shown)]))


class ModelError(CcinvError):
    """The question has no finite or no convex answer as it was put; the message says what to change."""


class InfeasibleError(CcinvError):
    """The promises cannot all be kept; the message says which, by how much, and what is attainable."""


class SolverError(CcinvError):
    """The solver gave no answer that could be verified: neither a plan nor a proof that there is none."""


class VerificationError(Exception):
    """A plan breaks what it claims by more than a solver's rounding: our own program is wrong.

    Not a CcinvError: who catches what is raised on purpose must not catch this.
    """
