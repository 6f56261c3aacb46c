"""The keys of one table of a TOML document: each is asked for once, by type; those nobody asks for are refused."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable
from typing import Any

from ccinv.errors import Fault
from ccinv.tables.table import MOST_OF_A_KIND, quoted


class Keys:
    """The values of one table; faults go to the list it was made with, named by line and key.

    A value of the wrong type counts as one fault and as the default, so that the rest can still be judged.
    """

    def __init__(
        self,
        name: str,
        lines: dict[tuple[str | None, str], int],
        tree: dict[str, Any],
        faults: list[Fault],
        section: str | None = None,
    ) -> None:
        self.name = name
        self.lines = lines
        self.tree = tree
        self.faults = faults
        self._section = section
        self._asked: list[str] = []
        self._sections: dict[str, Keys] = {}

    def section(self, name: str) -> Keys:
        """A table of the document, empty where it is absent; the same one every time."""
        if name not in self._sections:
            value = self.take(name)
            if value is not None and not isinstance(value, dict):
                self.faults.append(self.fault(name, f"a section [{name}]", f"Write [{name}] on a line of its own."))
                value = None
            self._sections[name] = Keys(self.name, self.lines, value or {}, self.faults, name)
        return self._sections[name]

    def take(self, key: str) -> Any:
        """The value as it was written, None where there is none."""
        self._asked.append(key)
        return self.tree.get(key)

    def place(self, key: str) -> str:
        """Where a key stands."""
        line = self.lines.get((self._section, key))
        at = self.name if line is None else f"{self.name}, line {line}"
        return f"{at}, {key[:60]}" if self._section is None else f"{at}, [{self._section}] {key[:60]}"

    def fault(self, key: str, expected: str, remedy: str, found: str | None = None) -> Fault:
        return Fault(self.place(key), found or _shown(self.tree.get(key)), expected, remedy)

    def number(
        self, key: str, default: float | None, expected: str, good: Callable[[float], bool] | None = None
    ) -> float | None:
        value = self.take(key)
        if value is None:
            return default
        plain = isinstance(value, int | float) and not isinstance(value, bool)
        if plain and abs(value) <= 1e300 and math.isfinite(value) and (good is None or good(value)):
            return float(value)
        remedy = "Write it without quotation marks." if isinstance(value, str) else "Correct it."
        self.faults.append(self.fault(key, expected, remedy))
        return default

    def integer(self, key: str, default: int | None, low: int, high: int, needed: str = "") -> Any:
        value = self.take(key)
        expected = f"an integer from {low:,} to {high:,}" if low < high else f"{low}"
        if value is None:
            if needed:
                self.faults.append(self.fault(key, expected, f"State {key}, {needed}."))
            return default
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        remedy = "Write it without quotation marks." if isinstance(value, str) else "Correct it."
        self.faults.append(self.fault(key, expected, remedy))
        return default

    def flag(self, key: str, default: bool) -> bool:
        value = self.take(key)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        self.faults.append(self.fault(key, "true or false", "Write it in small letters, without quotation marks."))
        return default

    def text_of(self, key: str, default: str, most: int) -> str:
        value = self.take(key)
        if value is None:
            return default
        if isinstance(value, str) and 0 < len(value) <= most and value.isprintable():
            return value
        self.faults.append(self.fault(key, f"a text of 1 to {most} printable characters", "Put it in quotation marks."))
        return default

    def choice(self, key: str, default: Any, names: tuple[str, ...]) -> Any:
        value = self.take(key)
        if value is None or value in names:
            return default if value is None else value
        near = difflib.get_close_matches(value, names, n=1) if isinstance(value, str) else []
        remedy = f'Did you mean "{near[0]}"?' if near else "Choose one of them."
        self.faults.append(self.fault(key, " or ".join(f'"{name}"' for name in names), remedy))
        return default

    def refuse_strangers(self) -> None:
        """A fault for each key that nobody has asked for, here and in the sections asked for."""
        expected = f"one of the keys {', '.join(self._asked)}"
        strangers = [key for key in self.tree if key not in self._asked]
        for key in strangers[:MOST_OF_A_KIND]:
            near = difflib.get_close_matches(key[:100], self._asked, n=1)
            remedy = f'Did you mean "{near[0]}"?' if near else "Take it out."
            self.faults.append(self.fault(key, expected, remedy, f"the unknown key {quoted(key)}"))
        if len(strangers) > MOST_OF_A_KIND:
            found = f"{len(strangers) - MOST_OF_A_KIND} more unknown keys"
            self.faults.append(Fault(self.name, found, expected, "Take them out."))
        for keys in self._sections.values():
            keys.refuse_strangers()


def line_of_keys(text: str) -> dict[tuple[str | None, str], int]:
    """The line of each key, by section and name, where it is written in the plain way; sections have section None."""
    found: dict[tuple[str | None, str], int] = {}
    section: str | None = None
    for number, line in enumerate(text.split("\n"), start=1):
        header = re.match(r"\s*\[\[?([^\[\]]*)\]", line)
        key = re.match(r"\s*([A-Za-z0-9_.-]+)\s*=", line)
        if header:
            section = header.group(1).strip()
            found.setdefault((None, section), number)
        elif key:
            name = key.group(1)
            outer, dot, inner = name.partition(".")
            place = (outer, inner) if section is None and dot else (section, name)
            found.setdefault(place, number)
    return found


def _shown(value: Any) -> str:
    """A TOML value as a message shows it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) >= 10**40:
        return "an integer of more than 40 digits"
    if isinstance(value, dict | list):
        return f"a {'table' if isinstance(value, dict) else 'list'} of {len(value)}"
    return quoted(value)
