"""Why no orders keep all targets: which periods lack how much capacity, and which stock is short of how much."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.errors import InfeasibleError, SolverError
from ccinv.lots import Lots
from ccinv.models.lot_sizing.needs import Needs
from ccinv.models.lot_sizing.stock import Elastic, elastic_capacity, elastic_stock
from ccinv.solve.milp import Ended, solve_mixed

GAP, SECONDS = 1e-3, 20.0
SHORT = 1e-6  # of an item's mean demand, or of a capacity: less is not missing
MOST_NAMED = 12


Missing = InfeasibleError | SolverError


@dataclass(frozen=True, slots=True, eq=False)
class _Shortfall:
    """What is short, in units, and mean stock (n, N) beside it; `proven`: less is impossible."""

    short: FloatArray
    stock: FloatArray
    proven: bool


def explained(known: Lots, needs: Needs, renewed: bool) -> Missing:
    """The error that says what is short, by how much, and what can be had; two elastic programs find it."""
    stock = _shortfall(elastic_stock(known, needs, renewed))
    over = _shortfall(elastic_capacity(known, needs, renewed))
    if stock is not None and not stock.short.any():
        return SolverError("No plan was found, although targets can be kept: amounts are too far apart in size.")
    lines = ["No orders keep stock at its targets within the capacity."]
    if over is None:
        lines.append("No capacity would be enough.")
    elif over.short.any():
        lines += _capacity_lines(known, over)
    if stock is not None:
        lines += _stock_lines(known, stock)
    lines.append("Raise the capacity, put demand later, lower the safety stock or the service, or take items out.")
    return InfeasibleError("\n".join(lines))


def hopeless(known: Lots, needs: Needs, renewed: bool) -> bool:
    """Whether not even parts of set-ups keep targets within the capacity: a linear program knows that at once."""
    if not np.isfinite(known.capacity).any():
        return False
    program = elastic_capacity(known, needs, renewed).program
    answer = solve_mixed(replace(program, whole=np.zeros_like(program.whole)), GAP, SECONDS)
    return answer.ended is Ended.INFEASIBLE or (answer.ended is Ended.OPTIMAL and answer.objective > SHORT)


def _shortfall(elastic: Elastic) -> _Shortfall | None:
    """The least shortfall; None where nothing that is given helps."""
    answer = solve_mixed(elastic.program, GAP, SECONDS)
    if answer.x is None:
        return None
    share = answer.x[elastic.column]
    stock = answer.x[elastic.stock] * elastic.unit[:, None]
    return _Shortfall(np.where(share > SHORT, share * elastic.size, 0.0), stock, answer.ended is Ended.OPTIMAL)


def _capacity_lines(known: Lots, over: _Shortfall) -> list[str]:
    at = np.flatnonzero(over.short > 0)
    rows = [f"  period {t + 1}: {over.short[t]:,.6g} more than {known.capacity[t]:,.6g}" for t in at[:MOST_NAMED]]
    rows += [f"  and {len(at) - MOST_NAMED} more periods"] if len(at) > MOST_NAMED else []
    least = "least" if over.proven else "least that was found"
    head = f"The {least} capacity that is missing, all periods together, is {over.short.sum():,.6g}; it could be had as"
    return [f"{head}:", *rows]


def _stock_lines(known: Lots, missed: _Shortfall) -> list[str]:
    cells = np.argwhere(missed.short > 0)
    order = np.argsort(-missed.short[tuple(cells.T)], kind="stable")
    rows = []
    for i, t in cells[order][:MOST_NAMED]:
        short, had = missed.short[i, t], missed.stock[i, t]
        name = f"{known.item_id[i]}, period {t + 1}"
        rows.append(
            f"  {name}: {short:,.6g} short, {had:,.6g} can be had at its end where {had + short:,.6g} is wanted"
        )
    rows += [f"  and {len(cells) - MOST_NAMED} more"] if len(cells) > MOST_NAMED else []
    least = "least" if missed.proven else "best that was found"
    return [f"With the capacity as it is, the {least} by which stock misses its targets (negative: backlog):", *rows]
