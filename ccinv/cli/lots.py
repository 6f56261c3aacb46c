"""`ccinv lots FOLDER`: when to order each item and how much, where orders cost something and share a capacity."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ccinv.cli.options import Force, Json, NoAudit, Out, Paths, Seed
from ccinv.cli.outcome import Code, Outcome


def lots(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder (lots.toml and its tables).")],
    strategy: Annotated[
        str | None, typer.Option(metavar="NAME", help="static or static-dynamic.", show_default=False)
    ] = None,
    inversion: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="normal, cantelli, unimodal or student.", show_default=False),
    ] = None,
    service: Annotated[
        float | None, typer.Option(metavar="P", help="Service level of every item, as 0.95.", show_default=False)
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(metavar="S", help="Time limit of the solver.", show_default=False)
    ] = None,
    seed: Seed = None,
    paths: Paths = None,
    no_audit: NoAudit = False,
    out: Out = None,
    force: Force = False,
    json: Json = False,
) -> Outcome:
    """When to order and how much: set-ups, stock, capacity.

    The cheapest orders that keep every target of stock, with a proven bound on what any others cost; then a replay on
    simulated demand. What is not given here is as the folder has it. Without --out the result goes to runs/NAME-1, ...
    """
    del json  # main sees it
    from dataclasses import replace

    import numpy as np

    from ccinv.auditing.effort import refuse_effort
    from ccinv.auditing.lots import audit_lots
    from ccinv.cli.folders import command, run_folder
    from ccinv.cli.screen import working
    from ccinv.models.lot_sizing import lot_sizing
    from ccinv.reading.lots import STRATEGIES, read_lots
    from ccinv.reporting.lots import lots_headline, lots_words
    from ccinv.settings import INVERSIONS, chosen
    from ccinv.writing.lots_folder import write_lots

    given = read_lots(folder)
    many = given.paths if paths is None else paths
    first = given.seed if seed is None else seed
    if not no_audit:
        refuse_effort(many, first)  # before anything is solved
    known = given.known if service is None else replace(given.known, service=np.full(given.known.items, service))
    how = given.strategy if strategy is None else chosen("strategy", strategy, STRATEGIES)
    fixed = {name: make for name, make in INVERSIONS.items() if name != "calibrated"}
    kind = given.inversion if inversion is None else inversion
    # degrees of freedom of the folder's inversion say nothing about another one
    turned = chosen("inversion", kind, fixed)(given.nu if kind == given.inversion else None, None)
    place = run_folder(out, known.name, force)
    with working(f"ordering {known.items} items over {known.periods} periods"):
        found = lot_sizing(known, how, turned, given.gap, given.seconds if seconds is None else seconds)
    seen = None
    if not no_audit:
        with working(f"replaying {many:,} paths"):
            seen = audit_lots(found, many, first)
    place, figures = write_lots(found, seen, place, force, command())
    page = place / "report.html"
    head = (
        f"{known.name}: {known.items} items, {known.periods} periods; {found.strategy} orders, "
        f"inversion {found.inversion}; {found.method}"
    )
    text = "\n".join([head, lots_headline(found, seen), *lots_words(found, seen), f"Report: {page}"])
    code = Code.BROKEN if seen is not None and not seen.kept else Code.DONE
    return Outcome(text, {"folder": str(place), "report": str(page), **figures}, code)
