"""`ccinv backtest STORE --holdout H`: the plan on sales that really came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ccinv.cli.options import Force, Json, Out, StoreFolder
from ccinv.cli.outcome import Outcome

if TYPE_CHECKING:
    from ccinv.backtesting import HeldOut
    from ccinv.policies import Policy

PATHS = 2_000


def backtest(
    store: StoreFolder,
    holdout: Annotated[int, typer.Option("--holdout", metavar="H", help="How many of the last periods to hold out.")],
    policy: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Policies beside the plan: rq, rq-blocked, base-stock, ss, parted by commas; all by default.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="N", help="Seed of arrivals.", show_default=False)
    ] = None,
    paths: Annotated[int, typer.Option("--paths", metavar="N", help="Draws of arrivals.")] = PATHS,
    out: Out = None,
    force: Force = False,
    json: Json = False,
) -> Outcome:
    """Plan without the last periods, replay them as they were.

    Laws are fitted to the history but for its last H periods; the plan made from them, and policies of today beside it,
    meet the sales that really came, while arrivals are drawn. Rule, objective and inversion are those of the store
    folder. Without --out the result goes to runs/NAME-1, -2, ...
    """
    del json  # main sees it
    from ccinv.backtesting import backtest_of, hold_out
    from ccinv.cli.folders import command, run_folder
    from ccinv.cli.screen import working
    from ccinv.reading import read_folder
    from ccinv.reporting.policies import policies_words
    from ccinv.settings import read_settings
    from ccinv.writing.backtest_folder import write_backtest

    how = read_settings(store, seed=seed)
    case = hold_out(read_folder(store), holdout)
    policies = chosen_policies(case, policy)
    folder = run_folder(out, f"{case.store.name} backtest", force)
    with working(f"planning {case.store.items} items over {holdout} periods") as work:
        found = backtest_of(
            case, policies, how.rule, how.objective, how.inversion, paths=paths, seed=how.audit.seed, progress=work.tell
        )
    place, headline, figures = write_backtest(found, folder, force, command())
    table = (f"  {line}" for line in policies_words(found.comparison))
    head = f"{case.store.name}: {case.store.items} items, fitted to {len(case.seen)} periods, {holdout} held out"
    if case.left_out:
        head += f"; {len(case.left_out)} items without known sales left out"
    page = place / "report.html"
    beside = "Mean service of important and other items, dollars obligated, worth of what is owed:"
    text = "\n".join([head, headline, beside, *table, f"Report: {page}"])
    return Outcome(text, {"folder": str(place), "report": str(page), **figures})


def chosen_policies(case: HeldOut, names: str | None) -> tuple[Policy, ...]:
    """The policies named, each once, in the sequence given; the plan, which may be named too, always stands first."""
    from ccinv.backtesting import usual
    from ccinv.policies import CUSTOMARY
    from ccinv.settings import chosen

    if names is None:
        return usual(case)
    given = dict.fromkeys(name.strip() for name in names.split(",") if name.strip() not in ("", "plan"))
    return tuple(chosen("policy", name, CUSTOMARY)(case.order_cost, case.holding_rate) for name in given)
