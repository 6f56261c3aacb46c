"""`ccinv balance FOLDER`: what is to go from where to where in each period, so that every store has what it needs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ccinv.cli.options import Force, Json, NoAudit, Out, Paths, Seed
from ccinv.cli.outcome import Code, Outcome


def balance(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder (balance.toml and its tables).")],
    theta: Annotated[
        float | None,
        typer.Option(metavar="SHARE", help="Plan for every demand within this share of its mean.", show_default=False),
    ] = None,
    inversion: Annotated[
        str | None, typer.Option(metavar="NAME", help="normal, cantelli, unimodal, student or box.", show_default=False)
    ] = None,
    service: Annotated[
        float | None, typer.Option(metavar="P", help="Probability of every limit, as 0.95.", show_default=False)
    ] = None,
    rule: Annotated[str | None, typer.Option(metavar="NAME", help="linear or static.", show_default=False)] = None,
    objective: Annotated[
        str | None, typer.Option(metavar="NAME", help="expected or worst-case (of a box).", show_default=False)
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(metavar="S", help="Time limit of each solve.", show_default=False)
    ] = None,
    seed: Seed = None,
    paths: Paths = None,
    no_audit: NoAudit = False,
    out: Out = None,
    force: Force = False,
    json: Json = False,
) -> Outcome:
    """What goes where and when: a network of stores in balance.

    The cheapest flows from suppliers through stores to customers, transit times, capacities, stock limits, returns and
    stores that may stay closed; where demand is uncertain, rules by which flows follow it. What is not given here is as
    the folder has it. Without --out the result goes to runs/NAME-1, ...
    """
    del json  # main sees it
    from dataclasses import replace

    from ccinv.auditing.balance import audit_balance
    from ccinv.cli.folders import command, run_folder
    from ccinv.cli.screen import working
    from ccinv.models.balance import balance as balanced
    from ccinv.network import Linear, Static
    from ccinv.reading.balance import AIMS, read_balance
    from ccinv.reporting.balance import balance_headline, balance_words
    from ccinv.settings import chosen
    from ccinv.writing.balance_folder import write_balance

    given = read_balance(folder)
    known = given.known if service is None else replace(given.known, service=service)
    name = inversion or ("box" if theta is not None else given.inversion)
    width = given.theta if theta is None else theta
    how: Linear | Static = given.rule
    if rule is not None:
        own = given.rule if isinstance(given.rule, Linear) else Linear()
        kinds: dict[str, Linear | Static] = {"linear": own, "static": Static()}
        how = chosen("rule", rule, kinds)
    aim = given.aim if objective is None else chosen("objective", objective, AIMS)
    turned = _inversion(name, width, theta, given.nu)
    place = run_folder(out, known.name, force)
    with working(f"balancing {len(known.node)} nodes over {known.periods} periods"):
        found = balanced(known, how, turned, aim, given.gap, given.seconds if seconds is None else seconds)
    seen = None
    if not no_audit:
        many = given.paths if paths is None else paths
        with working(f"replaying {many:,} paths"):
            seen = audit_balance(found, many, given.seed if seed is None else seed)
    place, figures = write_balance(found, seen, place, force, command())
    page = place / "report.html"
    kind = f"; rule {found.rule}, inversion {found.inversion}" if found.rule else ""
    head = (
        f"{known.name}: {len(known.node)} nodes, {len(known.arc)} arcs, {known.periods} periods{kind}; {found.method}"
    )
    text = "\n".join([head, balance_headline(found, seen), *balance_words(found, seen), f"Report: {page}"])
    code = Code.BROKEN if seen is not None and not seen.kept else Code.DONE
    return Outcome(text, {"folder": str(place), "report": str(page), **figures}, code)


def _inversion(name: str | None, width: float | None, theta: float | None, nu: float | None) -> Any:
    """The inversion by its name, None where none is named; a box needs its theta, and nothing else has one."""
    from ccinv.errors import DataError, Fault
    from ccinv.inversion import Box, Cantelli, Normal, Student, Unimodal
    from ccinv.settings import chosen

    if name is None:
        return None
    kinds = {"normal": Normal, "cantelli": Cantelli, "unimodal": Unimodal, "student": Student, "box": Box}
    kind = chosen("inversion", name, kinds)
    if kind is Box:
        if width is None:
            raise DataError(Fault("--inversion box", "no theta", "--theta SHARE", "0.2 is twenty per cent."))
        return Box(width)
    if theta is not None:
        raise DataError(Fault("--theta", f"{theta:g} with {name}", "no theta, except with box", "Leave one out."))
    return Student(nu) if kind is Student and nu is not None else kind()
