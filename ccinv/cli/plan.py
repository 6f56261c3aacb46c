"""`ccinv plan STORE`: the main job."""

from __future__ import annotations

from typing import Annotated

import typer

from ccinv.cli.options import Force, Json, NoAudit, Out, Paths, Seed, StoreFolder
from ccinv.cli.outcome import Outcome


def plan(
    store: StoreFolder,
    objective: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="max-min, expected-stock, backorders, sum-of-service, min-budget or expected-cost.",
            show_default=False,
        ),
    ] = None,
    inversion: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="calibrated, normal, cantelli, unimodal or student.", show_default=False),
    ] = None,
    rule: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="cumulative, thesis, static or affine.", show_default=False),
    ] = None,
    service: Annotated[
        float | None,
        typer.Option(metavar="P", help="Service level of important items, as 0.95.", show_default=False),
    ] = None,
    budget: Annotated[
        float | None,
        typer.Option(metavar="X", help="Budget limit in dollars, every period.", show_default=False),
    ] = None,
    seed: Seed = None,
    paths: Paths = None,
    no_audit: NoAudit = False,
    policies: Annotated[
        bool | None,
        typer.Option(
            "--policies/--no-policies",
            help="Replay policies of today beside the plan; by default where order_cost and holding_rate are known.",
            show_default=False,
        ),
    ] = None,
    out: Out = None,
    force: Force = False,
    json: Json = False,
) -> Outcome:
    """Find ordering rules for a store, audit, report.

    What is not given here is as the store folder has it. Without --out the run goes to runs/NAME-1, -2, ...
    """
    del json  # main sees it
    from ccinv.cli.beside import compared, wanted
    from ccinv.cli.folders import run_folder
    from ccinv.cli.job import changed, replayed, solved, written
    from ccinv.reading import read_folder
    from ccinv.settings import read_settings

    settings = read_settings(store, rule=rule, objective=objective, inversion=inversion, paths=paths, seed=seed)
    given = read_folder(store)
    asked = changed(given.store, service, budget)
    together = wanted(given, policies)
    folder = run_folder(out, asked.name, force)
    found = solved(asked, settings)
    seen = None if no_audit else replayed(found, settings.audit)
    beside = compared(found, given, settings.audit) if together and (policies or not no_audit) else None
    return written(found, seen, folder, force, comparison=beside)
