"""The commands, and what each of them comes to."""

from __future__ import annotations

from collections.abc import Sequence

import typer
from typer.exceptions import TyperException

from ccinv.cli import (
    audit,
    backtest,
    balance,
    check,
    demo,
    example,
    frontier,
    levels,
    lots,
    order,
    perishables,
    plan,
    stock,
)
from ccinv.cli.outcome import Code, Outcome, outcome_of

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
for command in (
    demo.demo, example.example, check.check, plan.plan, order.order, audit.audit, backtest.backtest,
    balance.balance, frontier.frontier, levels.levels, lots.lots, perishables.perishables, stock.stock,
):  # fmt: skip
    app.command()(command)


def run(given: Sequence[str]) -> Outcome | None:
    """Run one command; None where it has printed all there is to say, as --help does."""
    try:
        found = app(given, prog_name="ccinv", standalone_mode=False)
    except TyperException as error:
        context = getattr(error, "ctx", None)
        text = f"{error.format_message()}\nTry: {context.command_path if context else 'ccinv'} --help"
        return Outcome(text, {"message": error.format_message()}, Code.BAD_INPUT)
    except (Exception, KeyboardInterrupt) as error:
        return outcome_of(error)
    if isinstance(found, Outcome):
        return found
    # Typer makes a number of Ctrl-C
    return None if found == Code.DONE else outcome_of(KeyboardInterrupt())
