"""`ccinv perishables FOLDER`: what to order of items that perish."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ccinv.cli.options import Force, Json, Out, Paths, Seed
from ccinv.cli.outcome import Code, Outcome


def perishables(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder (perishables.toml and its tables).")],
    objective: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES", help="In their order: lost,end-stock, waste, cost, profit, service.", show_default=False
        ),
    ] = None,
    gap: Annotated[
        float | None, typer.Option(metavar="G", help="Gap to reach, relative, as 0.001.", show_default=False)
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(metavar="S", help="Time limit of the search.", show_default=False)
    ] = None,
    seed: Seed = None,
    paths: Paths = None,
    out: Out = None,
    force: Force = False,
    json: Json = False,
) -> Outcome:
    """What to order of items that perish.

    Whole packs on order days, within the limits of a day's total; the oldest units are sold first, and demand is lost
    only when nothing is left. The orders are replayed unit by unit; with a law of demand and a service, they are
    calibrated and audited. What is not given here is as the folder has it. Without --out the result goes to
    runs/NAME-1, -2, ...
    """
    del json  # main sees it
    from ccinv.cli.folders import command, run_folder
    from ccinv.cli.screen import working
    from ccinv.perishable import MEASURES
    from ccinv.perishing import perishables as plan_perishables
    from ccinv.reading.perishables import read_perishables
    from ccinv.reporting.perishables import perishables_headline, perishables_words
    from ccinv.settings import chosen
    from ccinv.writing.perishables_folder import write_perishables

    given = read_perishables(folder)
    aims = given.objective
    if objective is not None:
        aims = tuple(chosen("objective", name.strip(), MEASURES) for name in objective.split(","))
    place = run_folder(out, given.store.name, force)
    with working(f"planning {given.store.items} items over {given.store.days} days") as work:
        plan = plan_perishables(
            given.store, aims, given.gap if gap is None else gap, given.seconds if seconds is None else seconds,
            audit_paths=given.audit_paths if paths is None else paths,
            audit_seed=given.audit_seed if seed is None else seed, progress=work.tell,
        )  # fmt: skip
    where, figures = write_perishables(plan, place, force, command())
    page = where / "report.html"
    order_days = int(given.store.order_days.any(axis=0).sum())
    head = f"{given.store.name}: {given.store.items} items, {given.store.days} days, {order_days} order days"
    unread = [f"Not read: {file}: {', '.join(columns)}" for file, columns in given.ignored.items()]
    text = "\n".join([head, perishables_headline(plan), *perishables_words(plan), *unread, f"Report: {page}"])
    broken = plan.promise is not None and not plan.promise.kept
    data = {"folder": str(where), "report": str(page), **figures}
    return Outcome(text, data, Code.BROKEN if broken else Code.DONE)
