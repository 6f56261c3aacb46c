"""The order of events within a day: whether what came in today, and what grows too old today, may be sold today."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ccinv.arrays import IntArray
from ccinv.errors import DataError, Fault


class Event(StrEnum):
    """What happens once on every day."""

    PERISH = "perish"
    RECEIVE = "receive"
    SELL = "sell"


@dataclass(frozen=True, slots=True)
class Day:
    """The three events of a day in their order.

        received on day a, shelf life s: sold on days a + first, …, a + last

    first = 0 where the day receives before it sells, else 1; last = s − 1 where it perishes before it sells, else s:
    what reaches the age of s days is taken out when the day perishes. Strings are accepted as events.
    """

    events: tuple[Event, ...] = (Event.PERISH, Event.RECEIVE, Event.SELL)

    def __post_init__(self) -> None:
        given = tuple(str(event) for event in self.events)
        if sorted(given) != sorted(Event):
            expected = "perish, receive and sell, each once"
            remedy = 'Give them in their order, as ("perish", "sell", "receive").'
            raise DataError(Fault("order of events in a day", ", ".join(given) or "none", expected, remedy))
        object.__setattr__(self, "events", tuple(Event(event) for event in given))

    @property
    def receives_first(self) -> bool:
        """Whether what comes in can be sold on the same day."""
        return self.events.index(Event.RECEIVE) < self.events.index(Event.SELL)

    @property
    def perishes_first(self) -> bool:
        """Whether what reaches its shelf life goes before the day's sales."""
        return self.events.index(Event.PERISH) < self.events.index(Event.SELL)

    @property
    def first(self) -> int:
        """Days from receipt to the first day of sale."""
        return 0 if self.receives_first else 1

    def last(self, shelf_life: IntArray) -> IntArray:
        """Days from receipt to the last day of sale, (n,)."""
        return shelf_life - 1 if self.perishes_first else shelf_life

    def __str__(self) -> str:
        return ", ".join(self.events)
