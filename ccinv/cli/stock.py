"""`ccinv stock FOLDER`: initial stocks of materials whose deliveries come at random."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ccinv.cli.options import Force, Json, Out, Paths, Seed
from ccinv.cli.outcome import Code, Outcome


def stock(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder (stock.toml and deliveries.csv).")],
    reliability: Annotated[
        float | None,
        typer.Option(metavar="P", help="That no material runs short in a cycle, as 0.95.", show_default=False),
    ] = None,
    seed: Seed = None,
    paths: Paths = None,
    out: Out = None,
    force: Force = False,
    json: Json = False,
) -> Outcome:
    """Initial stock for a reliability, while deliveries come at random.

    Fits the deliveries of past cycles, finds the cheapest stocks that last through the cycle with the probability asked
    for, and counts shortages in fresh cycles. What is not given here is as the folder has it. Without --out the result
    goes to runs/NAME-1, -2, ...
    """
    del json  # main sees it
    from ccinv.auditing.stock import audit_stock
    from ccinv.cli.folders import command, run_folder
    from ccinv.cli.screen import working
    from ccinv.reading.stock import read_stock
    from ccinv.reporting.stock import stock_headline, stock_words
    from ccinv.stocking import stocked
    from ccinv.writing.stock_folder import write_stock

    given = read_stock(folder, reliability)
    known = given.known
    place = run_folder(out, known.name, force)
    with working(f"stocking {known.count} materials") as work:
        plan = stocked(known, work.tell)
    many = given.paths if paths is None else paths
    with working(f"drawing {many:,} cycles") as work:
        seen = audit_stock(
            known.deliveries, plan.stock, known.reliability, known.shortage_limit / known.demand[:, None], many,
            given.seed if seed is None else seed, work.move,
        )  # fmt: skip
    where, figures = write_stock(plan, seen, place, force, command())
    page = where / "report.html"
    unread = [f"Not read: {file}: {', '.join(columns)}" for file, columns in given.ignored.items()]
    text = "\n".join([f"{known.name}: {stock_headline(plan, seen)}", *stock_words(plan, seen), *unread,
                      f"Report: {page}"])  # fmt: skip
    data = {"folder": str(where), "report": str(page), **figures}
    return Outcome(text, data, Code.DONE if seen.kept else Code.BROKEN)
