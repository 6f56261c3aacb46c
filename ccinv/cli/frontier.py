"""`ccinv frontier STORE`: service against budget."""

from __future__ import annotations

from typing import Annotated

import typer

from ccinv.cli.options import Force, Json, Out, StoreFolder
from ccinv.cli.outcome import Outcome

POINTS = 8


def frontier(
    store: StoreFolder,
    points: Annotated[int, typer.Option("--points", metavar="K", help="Points of each curve.")] = POINTS,
    inversion: Annotated[
        str, typer.Option(metavar="NAME", help="normal, cantelli, unimodal, student or calibrated (slow).")
    ] = "normal",
    rule: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="cumulative, thesis, static or affine.", show_default=False),
    ] = None,
    out: Out = None,
    force: Force = False,
    json: Json = False,
) -> Outcome:
    """What service costs and what one more dollar buys.

    Two curves: the least limit for each level promised to important items, and the best service of all other items
    for each limit. Reckoned by the normal law, for speed, whatever the store folder says; the rule is the folder's.
    Without --out the result goes to runs/NAME-1, -2, ...
    """
    del json  # main sees it
    from ccinv.cli.folders import command, run_folder
    from ccinv.cli.screen import working
    from ccinv.reading import read_folder
    from ccinv.reporting.frontier import frontier_headline, frontier_words
    from ccinv.settings import read_settings
    from ccinv.trade_off import frontier as curves
    from ccinv.writing.frontier_folder import write_frontier

    how = read_settings(store, rule=rule, inversion=inversion)
    given = read_folder(store).store
    folder = run_folder(out, f"{given.name} frontier", force)
    with working(f"pricing {given.items} items over {given.periods} periods") as work:
        found = curves(given, rule=how.rule, inversion=how.inversion, points=points, progress=work.tell)
    place, figures = write_frontier(found, folder, force, command())
    page = place / "report.html"
    head = (
        f"{found.name}: {found.items} items, {len(found.calendar)} periods; rule {found.rule}, "
        f"inversion {found.inversion}"
    )
    text = "\n".join([head, frontier_headline(found), *frontier_words(found), f"Report: {page}"])
    return Outcome(text, {"folder": str(place), "report": str(page), **figures})
