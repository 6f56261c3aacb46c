"""Amounts of money as explanations print them: rounded so that what is offered can really be had."""

from __future__ import annotations

import math


def shortage(limit: float, more: float, what: str) -> str:
    """By how much a budget is short, and what would do; `what` says what it would do.

    Rounded up, to eight digits or to cents, whichever is coarser; below a thousand always to eight digits.
    """
    least = limit + more
    digits = 7 - math.floor(math.log10(abs(least))) if least else 2
    if abs(least) >= 1000:
        digits = min(digits, 2)
    step = 10.0**-digits
    least = math.ceil(least / step) * step
    shown = max(digits, 0)
    return f"short by {least - limit:,.{shown}f}: the least {what} is {least:,.{shown}f} instead of {limit:,.{shown}f}."


def share_down(probability: float) -> str:
    """A probability as a percentage with two decimals, rounded down."""
    return f"{math.floor(probability * 1e4) / 1e4:.2%}"
