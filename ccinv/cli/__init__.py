"""The command line: it parses, calls and prints, and is the only place that prints."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer
from typer.exceptions import TyperException

from ccinv.cli import audit, check, demo, example, order, plan
from ccinv.cli.outcome import Code, Outcome, outcome_of
from ccinv.cli.screen import show

app = typer.Typer(
    name="ccinv",
    help=(
        "Ordering rules that keep a promised service level inside a budget, and the audit that says whether they do. "
        "Start with: ccinv demo"
    ),
    epilog=(
        "Exit codes: 0 done, 1 a bug in ccinv, 2 bad input, 3 impossible, 4 interrupted, 5 undecided, "
        "6 the audit found a promise broken."
    ),
    add_completion=False,
    rich_markup_mode=None,  # boxes around the help cost as much time as everything else together
)
for command in (demo.demo, example.example, check.check, plan.plan, order.order, audit.audit):
    app.command()(command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, print its outcome, return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    as_json = "--json" in given
    try:
        found = app(given, prog_name="ccinv", standalone_mode=False)
    except TyperException as error:
        text = f"{error.format_message()}\nTry: ccinv --help"
        outcome = Outcome(text, {"message": error.format_message()}, Code.BAD_INPUT)
    except (Exception, KeyboardInterrupt) as error:
        outcome = outcome_of(error)
    else:
        if found == Code.DONE:  # --help, which has printed itself
            return Code.DONE
        # Typer makes a number of Ctrl-C
        outcome = found if isinstance(found, Outcome) else outcome_of(KeyboardInterrupt())
    show(outcome, as_json)
    return int(outcome.code)
