"""What must be known beside the tables to read them, and how to say where it is stated."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ccinv.tables.period import Period

MOST_PERIODS = 520  # periods of a plan, and the oldest age of an order

Label = int | datetime.date  # a period of a history: its number, or a day in it


@dataclass(frozen=True, slots=True)
class Terms:
    """The settings that tables depend on; None where nothing was stated.

    `periods`: N; `period`: its length; `first`, `last`: of the history; `missing`: what a period without a row means;
    `observed_until`: the day up to which receipts are known; `keys`: where each of them is stated, for messages;
    `unclear`: those that were stated, but not so that they could be read: nothing is concluded from their absence.
    """

    periods: int | None = None
    period: Period | None = None
    first: Label | None = None
    last: Label | None = None
    missing: Literal["zero", "unknown"] | None = None
    observed_until: datetime.date | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    unclear: frozenset[str] = frozenset()

    def lacks(self, name: str) -> bool:
        """Whether nothing was stated about `name`, not even wrongly."""
        return getattr(self, name) is None and name not in self.unclear

    def key(self, name: str) -> str:
        """How the owner states `name`: `[demand] missing in store.toml`, or `missing`."""
        return self.keys.get(name, name)


def label_of(value: object) -> Label | None:
    """A period of a history from an integer, an ISO month or an ISO date; None where it is none of them."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if abs(value) < 10**9 else None
    if isinstance(value, datetime.datetime):
        return value.date() if value.time() == datetime.time(0) else None
    if isinstance(value, datetime.date):
        return value
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}(-[0-9]{2})?", value):
        try:
            return datetime.date.fromisoformat(value if len(value) == 10 else f"{value}-01")
        except ValueError:
            return None
    return None


def epoch_day(day: datetime.date) -> int:
    """Days since 1970-01-01."""
    return (day - datetime.date(1970, 1, 1)).days
