"""Amounts of money as explanations print them: rounded so that what is offered can really be had."""

from __future__ import annotations

import math


def shortage(limit: float, more: float, what: str) -> str:
    """By how much a budget is short, and what would do, rounded up to six digits; `what` says what it would do."""
    least = limit + more
    digits = 5 - math.floor(math.log10(abs(least))) if least else 2
    step = 10.0**-digits
    least = math.ceil(least / step) * step
    short = least - limit
    shown = max(digits, 0)
    fine = max(shown, 1 - math.floor(math.log10(short))) if short > 0 else shown
    return f"short by {short:,.{fine}f}: the least {what} is {least:,.{shown}f} instead of {limit:,.{shown}f}."


def share_down(probability: float) -> str:
    """A probability as a percentage with two decimals, rounded down."""
    return f"{math.floor(probability * 1e4) / 1e4:.2%}"
