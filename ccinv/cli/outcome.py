"""How a command ends: its exit code, what it says, and the same as one JSON object."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from ccinv.cli import WORDS
from ccinv.errors import CcinvError, DataError, Fault, InfeasibleError, ModelError, SolverError


class Code(IntEnum):
    """The exit codes, the same for every command."""

    DONE = 0
    BUG = 1
    BAD_INPUT = 2
    IMPOSSIBLE = 3
    INTERRUPTED = 4
    UNDECIDED = 5
    BROKEN = 6


WORD = {
    Code.DONE: "done",
    Code.BUG: "internal error",
    Code.BAD_INPUT: "bad input",
    Code.IMPOSSIBLE: "impossible",
    Code.INTERRUPTED: "interrupted",
    Code.UNDECIDED: "undecided",
    Code.BROKEN: "broken",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command has to say: `text` for people, `data` for programs, `code` for the shell."""

    text: str
    data: dict[str, Any] = field(default_factory=dict)
    code: Code = Code.DONE

    @property
    def json(self) -> dict[str, Any]:
        """The one object that --json prints."""
        return {"schema": 1, "status": WORD[self.code], "exit_code": int(self.code), **self.data}


def outcome_of(error: BaseException) -> Outcome:
    """The outcome of a command that ended in `error`: by who must act."""
    if isinstance(error, KeyboardInterrupt):
        return Outcome(WORDS, {"message": WORDS}, Code.INTERRUPTED)
    if isinstance(error, CcinvError):
        return _expected(error)
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        text = f"{place}{error.strerror or error}. Check the path and your rights there."
        return Outcome(text, {"message": text}, Code.BAD_INPUT)
    lines = "".join(traceback.format_exception(error))
    text = (
        f"{lines}\nThis is a bug in ccinv, not a fault of your data. Please report it, with the lines above and the "
        "command you gave, on the issue page of the repository that you have ccinv from."
    )
    return Outcome(text, {"message": f"{type(error).__name__}: {error}", "traceback": lines}, Code.BUG)


def _expected(error: CcinvError) -> Outcome:
    data: dict[str, Any] = {"message": str(error)}
    if isinstance(error, InfeasibleError):
        return Outcome(f"Impossible. {error}", data, Code.IMPOSSIBLE)
    if isinstance(error, SolverError):
        return Outcome(f"Undecided. {error}", data, Code.UNDECIDED)
    if isinstance(error, DataError):
        data["faults"] = [_fault(fault) for fault in error.faults]
    if isinstance(error, ModelError):
        return Outcome(f"Not a question that can be answered. {error}", data, Code.BAD_INPUT)
    return Outcome(str(error), data, Code.BAD_INPUT)


def _fault(fault: Fault) -> dict[str, str]:
    return {"where": fault.where, "found": fault.found, "expected": fault.expected, "remedy": fault.remedy}
