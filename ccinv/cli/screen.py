"""What goes to the terminal: outcomes to stdout, everything else to stderr, progress only where somebody looks."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Integral
from typing import Any

from ccinv.cli.outcome import Code, Outcome


def show(outcome: Outcome, as_json: bool) -> None:
    """Print the outcome: its text, or one JSON object on stdout and the text beside it on stderr."""
    good = outcome.code in (Code.DONE, Code.BROKEN)
    try:
        print(outcome.text, file=sys.stdout if good and not as_json else sys.stderr)
        if as_json:
            print(json.dumps(_plain(outcome.json), indent=2, allow_nan=False, ensure_ascii=False))
        sys.stdout.flush()
    except BrokenPipeError:
        # the reader has closed the pipe (`ccinv order ... | head`); a second complaint at exit helps nobody
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Work:
    """Work that nobody watches: what is told is not shown."""

    def tell(self, text: str) -> None:
        """What is being done just now, in words."""

    def move(self, done: int, total: int) -> None:
        """How much of it is done."""


@contextmanager
def working(what: str) -> Iterator[Work]:
    """Shows on a terminal what is being done and how far it is; elsewhere nothing."""
    if not sys.stderr.isatty():
        yield Work()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=30), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)

        class Watched(Work):
            def tell(self, text: str) -> None:
                bar.update(task, description=text)

            def move(self, done: int, total: int) -> None:
                bar.update(task, completed=done, total=total)

        yield Watched()


def _plain(value: Any) -> Any:
    """The value as JSON can hold it: no NaN, no numpy."""
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    if isinstance(value, (bool, str)) or value is None:
        return value
    if isinstance(value, Integral):
        return int(value)
    number = float(value)
    return number if math.isfinite(number) else None
