"""The command line: it parses, calls and prints, and is the only place that prints."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

_Action = Callable[[int, FrameType | None], Any] | int | None
INTERRUPTED = 4
WORDS = "Interrupted. Nothing half-written is left: the same command again starts anew."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, print its outcome, return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    as_json = "--json" in given
    before = _on_interrupt(_leaving(as_json))
    # imported here: this takes longest of all at the start, and Ctrl-C must find somebody who listens
    from ccinv.cli.app import run
    from ccinv.cli.screen import show

    _on_interrupt(before)
    outcome = run(given)
    if outcome is None:
        return 0
    show(outcome, as_json)
    return int(outcome.code)


def _on_interrupt(action: _Action) -> _Action:
    """Let Ctrl-C do something else from now on; what it did so far, None where that is not ours to change."""
    try:
        return None if action is None else signal.signal(signal.SIGINT, action)
    except ValueError:  # signals belong to the first thread of a program
        return None


def _leaving(as_json: bool) -> Callable[[int, FrameType | None], object]:
    """What Ctrl-C does while modules are being read: an exception in there might be swallowed, or leave half of one."""

    def leave(*_: object) -> None:
        os.write(2, f"{WORDS}\n".encode())
        if as_json:
            said = f'{{"schema": 1, "status": "interrupted", "exit_code": {INTERRUPTED}, "message": "{WORDS}"}}\n'
            os.write(1, said.encode())
        os._exit(INTERRUPTED)

    return leave
