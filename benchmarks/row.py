"""One line of the table: a claim, what was measured, and whether it holds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial


@dataclass(frozen=True, slots=True)
class Row:
    """A figure held against its limit; `holds` is None for a figure that is only told.

    `found` and `asked` are text; `detail` says in words what the figure is made of.
    """

    claim: str
    size: str
    found: str
    asked: str
    holds: bool | None
    detail: str

    def markdown(self) -> str:
        verdict = {True: "yes", False: "NO", None: ""}[self.holds]
        return f"| {self.claim} | {self.size} | {self.found} | {self.asked} | {verdict} | {self.detail} |"


Job = partial[Row]  # a measurement yet to be made

HEAD = "| claim | items × periods | found | asked | holds | made of |\n|---|---|---|---|---|---|"


def at_most(claim: str, size: str, found: float, most: float, detail: str) -> Row:
    """A figure that must not be above a limit."""
    return Row(claim, size, f"{found:.2f}", f"≤ {most:g}", found <= most, detail)


def told(claim: str, size: str, found: float, detail: str) -> Row:
    """A figure without a limit."""
    return Row(claim, size, f"{found:.2f}", "", None, detail)
