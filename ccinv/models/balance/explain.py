"""Why no flows will do: which node lacks how much of what in which period, and what can be had."""

from __future__ import annotations

import cvxpy as cp
import numpy as np

from ccinv.arrays import FloatArray
from ccinv.errors import InfeasibleError, SolverError
from ccinv.inversion import Box
from ccinv.inversion.inversion import Inversion
from ccinv.models.balance.certain import certain_program
from ccinv.models.balance.ruled import Ruled, stated
from ccinv.models.balance.solving import solve
from ccinv.network import Network, Rule, Static
from ccinv.network.layout import NOWHERE, Layout
from ccinv.solve.milp import solve_mixed

GAP, SECONDS = 1e-4, 60.0
SHORT = 1e-6  # of the unit of amounts: less is not missing
MOST_NAMED = 12
Missing = InfeasibleError | SolverError


def explained(known: Network, layout: Layout) -> Missing:
    """The error that says what is missing and what is too much of certain demand; an elastic program finds it."""
    made = certain_program(known, layout, elastic=True)
    answer = solve_mixed(made.program, GAP, SECONDS)
    lines = ["No flows give every node what it needs within the capacities."]
    if answer.x is None:
        return InfeasibleError("\n".join([*lines, "Stock limits contradict each other, whatever comes or goes."]))
    missing = answer.x[made.missing] * made.unit
    spare = answer.x[made.spare] * made.unit
    if max(missing.max(initial=0.0), spare.max(initial=0.0)) <= SHORT * made.unit:
        return SolverError("No flows were found, although there are some: amounts are too far apart in size.")
    demand = np.zeros(missing.shape)
    np.add.at(demand, layout.demand_cell, known.demand.mean)
    cells = _names(known, layout)

    def lacking(k: int, t: int) -> str:
        asked, short = float(demand[k, t]), float(missing[k, t])
        if asked >= short:
            return f"{cells[k]}, period {t + 1}: {short:,.6g} missing; {asked - short:,.6g} of {asked:,.6g} can be had"
        least = f" to keep {layout.least[k]:,.6g} in stock" if layout.least[k] > 0 else ""
        return f"{cells[k]}, period {t + 1}: {short:,.6g} missing{least}"

    def crowded(k: int, t: int) -> str:
        return (
            f"{cells[k]}, period {t + 1}: {float(spare[k, t]):,.6g} too many; no room for them, and no arc takes them"
        )

    lines += _listed(
        missing, made.unit, "The least that is missing, all together, is {}; it could be missing as", lacking
    )
    lines += _listed(spare, made.unit, "The least that is too much, all together, is {}; for instance", crowded)
    lines.append("Raise capacities or stock limits, shorten lags, allow a backlog, or lower the demand.")
    return InfeasibleError("\n".join(lines))


def explained_rule(question: Ruled, rule: Rule, inversion: Inversion | Box) -> Missing:
    """The error that says by how much stock misses its limits under a rule; an elastic program finds it."""
    known, layout = question.known, question.layout
    size = layout.cells * known.periods
    soft = (cp.Variable(size, name="short"), cp.Variable(size, name="over"))
    program = stated(question, inversion, soft)
    found = solve(cp.Problem(cp.Minimize(cp.sum(soft[0]) + cp.sum(soft[1])), program.rows), program, GAP, SECONDS)
    promise = (
        f"for every demand within {100 * inversion.theta:g} % of its mean"
        if isinstance(inversion, Box)
        else f"with probability {known.service:g} each, by the inversion {type(inversion).__name__}"
    )
    kind = "fixed flows" if isinstance(rule, Static) else "flows that follow demand by linear rules"
    lines = [f"No {kind} keep every limit {promise}."]
    if found is None:
        return InfeasibleError("\n".join([*lines, "Not even with any stock: the storage of a node is too small."]))
    short, over = (np.asarray(side.value).reshape(layout.cells, -1) * question.unit for side in soft)
    if max(short.max(initial=0.0), over.max(initial=0.0)) <= SHORT * question.unit:
        return SolverError("No flows were found, although there are some: amounts are too far apart in size.")
    cells = _names(known, layout)
    worst = "may be" if isinstance(inversion, Box) else "is, with less than that probability,"

    def low(k: int, t: int) -> str:
        least = layout.least[k]
        limit = "what is asked for" if known.kind[layout.cell_node[k]] == "customer" else f"its least, {least:,.6g}"
        return f"{cells[k]}, period {t + 1}: stock {worst} {float(short[k, t]):,.6g} below {limit}"

    def high(k: int, t: int) -> str:
        most = layout.most[k]
        limit = "what is asked for" if known.kind[layout.cell_node[k]] == "customer" else f"its most, {most:,.6g}"
        return f"{cells[k]}, period {t + 1}: stock {worst} {float(over[k, t]):,.6g} above {limit}"

    head = "The least by which stock misses its limits, summed over periods, is {}"
    lines += _listed(short, question.unit, f"{head} below:", low)
    lines += _listed(over, question.unit, f"{head} above:", high)
    width = cp.Variable(1, name="width")
    same = cp.multiply(np.ones(size), width)
    program = stated(question, inversion, (same, same))
    widest = solve(cp.Problem(cp.Minimize(width[0]), program.rows), program, GAP, SECONDS)
    if widest is not None:
        wider = f"{widest.objective * question.unit:,.6g}"
        lines.append(f"If each of these limits were wider by {wider}, there would be such flows.")
    for k in np.flatnonzero(np.bincount(layout.demand_cell, minlength=layout.cells)):
        if known.kind[layout.cell_node[k]] == "customer" and not (layout.lag[layout.target == k] == 0).any():
            lines.append(f"Nothing reaches {cells[k]} in the period in which its demand is seen: make it a store.")
    advice = "Let flows follow demand (a linear rule), let" if isinstance(rule, Static) else "Let"
    lines.append(f"{advice} rules see demand sooner, widen stock limits or capacities, or ask for less certainty.")
    return InfeasibleError("\n".join(lines))


def _listed(amount: FloatArray, unit: float, head: str, words: object) -> list[str]:
    at = np.argwhere(amount > SHORT * unit)
    if not len(at) or not callable(words):
        return []
    order = np.argsort(-amount[tuple(at.T)], kind="stable")[:MOST_NAMED]
    kept = at[np.sort(order)]
    rows = [f"  {words(int(k), int(t))}" for k, t in kept]
    more = [f"  and {len(at) - MOST_NAMED} more"] if len(at) > MOST_NAMED else []
    total = f"{float(amount[amount > SHORT * unit].sum()):,.6g}"
    return [head.format(total).rstrip(":") + ":", *rows, *more]


def _names(known: Network, layout: Layout) -> list[str]:
    one = len(known.product) == 1
    return [
        known.node[c] if one or p == NOWHERE else f"{known.node[c]}, {known.product[p]}"
        for c, p in zip(layout.cell_node, layout.cell_product, strict=True)
    ]
