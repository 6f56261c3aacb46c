"""The limits between which money decides how well items without a promise are served."""

from __future__ import annotations

from typing import NamedTuple

from ccinv.errors import SolverError
from ccinv.models.multi_period.program import MultiPeriod
from ccinv.trade_off.least import least_limit
from ccinv.trade_off.weakest import held_at

HIGHEST = 0.99  # service that the curves go up to by default
GOALS = (HIGHEST, 0.98, 0.95, 0.9, 0.8, 0.7, 0.6)
UNLIMITED = 1e-5  # relative: money of which that much is left is not what limits


class Ends(NamedTuple):
    """Dollars: for the promises alone, with every other item at one half, and at the first of GOALS."""

    kept: float
    half: float
    most: float

    def lacking(self, limit: float) -> str:
        """What is missing for a limit to serve others at all, in dollars; nothing where it does."""
        if limit < self.kept:
            return f"{self.kept - limit:,.2f} dollars short: the promises alone need a limit of {self.kept:,.2f}."
        if limit < self.half:
            return (
                f"{self.half - limit:,.2f} dollars short: promises are kept, but to serve every other item half of the "
                f"time takes a limit of {self.half:,.2f}."
            )
        return ""


def ends_of(base: MultiPeriod) -> Ends:
    """The limits between which something happens."""
    kept = least_limit(base)
    if kept is None:
        raise SolverError("What can be kept when money is no object could not be kept again when it was to be cheap.")
    if len(base.open_cells) == 0:
        return Ends(kept.limit, kept.limit, kept.limit)
    half = least_limit(base, held_at(base, 0.0))
    most = None
    for level in GOALS:  # where lead times do not allow the first, as far as they do
        try:
            most = least_limit(base, held_at(base, float(base.inversion.kappa(level))))
        except SolverError:  # so near to what they forbid that it is undecided
            continue
        if most is not None:
            break
    low = kept.limit if half is None else half.limit
    return Ends(kept.limit, low, low if most is None else most.limit)
