"""How close to a bound, and how long, a solver is asked to work."""

from __future__ import annotations

from ccinv.arrays import given_number
from ccinv.errors import Fault


def patience_faults(gap: object, seconds: object) -> list[Fault]:
    """What is wrong with a relative gap, or with a limit in seconds."""
    faults = []
    number = given_number(gap)
    if number is None or not 0 < number < 1:
        faults.append(Fault("gap", f"{gap!r:.60}", "a number between 0 and 1", "0.0001 is usual."))
    number = given_number(seconds)
    if number is None or not 0 < number <= 1e6:
        faults.append(Fault("seconds", f"{seconds!r:.60}", "a number from above 0 to 1e6", "60 is usual."))
    return faults
