"""What can be wrong with a network as it was given; every fault by the names of nodes, arcs and products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ccinv.arrays import FloatArray, frozen, given_numbers
from ccinv.demand import Law
from ccinv.errors import DataError, Fault
from ccinv.network.graph import circle, reached

if TYPE_CHECKING:
    from ccinv.network.known import Network

MOST_LISTED = 50
_COST = (0.0, 1e15, "a finite number >= 0")
_LIMIT = (0.0, np.inf, "a number >= 0, or inf for none")
WANTED = (
    ("unit_cost", "AN", *_COST),
    ("capacity", "AN", *_LIMIT),
    ("total", "A", *_LIMIT),
    ("lag", "A", 0.0, 520.0, "a whole number of periods from 0 to 520"),
    ("on_hand", "CP", -1e15, 1e15, "a finite number (negative for backlog)"),
    ("holding_cost", "CP", *_COST),
    ("backlog_cost", "CP", 0.0, np.inf, "a number >= 0, or inf where no backlog is allowed"),
    ("least", "CP", *_COST),
    ("most", "CP", *_LIMIT),
    ("storage", "C", *_LIMIT),
    ("opening_cost", "C", 0.0, 1e15, "a number >= 0, or NaN for a node that is open already"),
    ("arrivals", "EN", *_COST),
)
MAY_BE_NAN = ("opening_cost",)


def names(what: str, given: tuple[str, ...]) -> list[Fault]:
    good = len(given) > 0 and len(set(given)) == len(given) and all(isinstance(one, str) and one for one in given)
    found = f"{len(set(given))} different names of {len(given)}"
    return [] if good else [Fault(what, found, "different texts", "Give each a name of its own.")]


def kinds(node: tuple[str, ...], kind: tuple[str, ...], known: tuple[str, ...]) -> list[Fault]:
    expected = ", ".join(known)
    if len(kind) != len(node):
        return [Fault("kind", f"{len(kind)} kinds", f"{len(node)}, one for each node", "Give one each.")]
    return [
        Fault(f"kind of {one}", repr(its), expected, "Choose one of these.")
        for one, its in zip(node, kind, strict=True)
        if its not in known
    ][:MOST_LISTED]


def arcs(
    given: Sequence[Sequence[str]], node: tuple[str, ...], kind: tuple[str, ...], product: tuple[str, ...]
) -> tuple[tuple[tuple[str, ...], ...], list[Fault]]:
    """The arcs as tuples, and what is wrong with their ends."""
    faults, found = [], []
    kinds_of = dict(zip(node, kind, strict=False))
    for number, one in enumerate(given):
        arc = tuple(one)
        found.append(arc)
        where = f"arc {number + 1}"
        if len(arc) not in (2, 3) or isinstance(one, str):
            faults.append(Fault(where, repr(one), "(from, to) or (from, to, product)", "Write it so."))
            continue
        faults += [
            Fault(where, f"the unknown node {end!r}", "one of the nodes", "Correct it, or add it.")
            for end in arc[:2]
            if end not in kinds_of
        ]
        if arc[0] == arc[1]:
            faults.append(Fault(where, f"{arc[0]!r} twice", "two nodes", "Leave it out: goods stay by themselves."))
        elif kinds_of.get(arc[1]) == "supplier" or kinds_of.get(arc[0]) == "outlet":
            expected = "none that goes to a supplier or comes from an outlet"
            faults.append(Fault(where, f"{arc[0]} → {arc[1]}", expected, "Make that node a store."))
        if len(arc) == 3 and arc[2] not in product:
            faults.append(Fault(where, f"the unknown product {arc[2]!r}", "one of the products", "Correct it."))
    doubles = {one for one in found if found.count(one) > 1} if len(found) <= 10_000 else set()
    faults += [Fault("arc", f"{' → '.join(one)} twice", "every arc once", "Add up the two.") for one in sorted(doubles)]
    return tuple(found), faults[:MOST_LISTED]


def law(demand: Any, certain: Any) -> Law:
    """The law, or amounts as a law without deviation."""
    if all(hasattr(demand, name) for name in ("mean", "sd", "sample", "rows")) and not isinstance(demand, np.ndarray):
        found: Law = demand
        return found
    mean = given_numbers("demand", demand)
    if mean.ndim != 2 or mean.shape[1] < 1:
        remedy = "Give one row for each entry of demand_at, one column for each period."
        raise DataError(Fault("demand", f"shape {mean.shape}", "(rows, periods)", remedy))
    without: Law = certain(mean, np.zeros(mean.shape))
    return without


def places(
    what: str, given: Sequence[Any], node: tuple[str, ...], kind: tuple[str, ...], product: tuple[str, ...], rows: int
) -> tuple[tuple[tuple[str, str], ...], list[Fault]]:
    """(node, product) of each row, and what is wrong with them."""
    kinds_of = dict(zip(node, kind, strict=False))
    faults: list[Fault] = []
    found: list[tuple[str, str]] = []
    for number, one in enumerate(given):
        place = (one, product[0] if len(product) == 1 else None) if isinstance(one, str) else tuple(one)
        where = f"{what}, row {number + 1}"
        if len(place) != 2 or place[0] not in kinds_of or place[1] not in product:
            faults.append(Fault(where, repr(one), "a node, or (node, product) of the network", "Correct it."))
        elif kinds_of[place[0]] not in ("store", "customer"):
            faults.append(Fault(where, f"{place[0]}, a {kinds_of[place[0]]}", "a store or a customer", "Change it."))
        found.append(place)
    if len(given) != rows:
        faults.append(Fault(what, f"{len(given)} entries", f"{rows}, one for each row", "Name the node of each row."))
    if len(set(found)) != len(found):
        faults.append(Fault(what, "a place twice", "every place once", "Add up the rows."))
    return tuple(found), faults[:MOST_LISTED]


def table(
    name: str,
    given: Any,
    letters: str,
    size: dict[str, int],
    labels: dict[str, list[str]],
    limits: tuple[float, float, str],
    faults: list[Fault],
) -> FloatArray:
    """The amounts in the shape that is wanted, one per node or arc or one for all written out."""
    low, high, expected = limits
    wanted = tuple(size[letter] for letter in letters)
    try:
        array = given_numbers(name, given)
    except DataError as error:
        faults += error.faults
        return frozen(np.zeros(wanted))
    fits = array.ndim <= len(wanted) and all(a in (1, b) for a, b in zip(array.shape, wanted, strict=False))
    if not fits:
        words = {"A": "arcs", "C": "nodes", "P": "products", "N": "periods", "E": "rows"}
        shape = f"one number, ({words[letters[0]]},) or ({', '.join(words[letter] for letter in letters)}); {wanted}"
        faults.append(Fault(name, f"shape {array.shape}", shape, "Give one for each, or one for all."))
        return frozen(np.zeros(wanted))
    # aligned from the left: one per node or arc first
    array = array.reshape(array.shape + (1,) * (len(wanted) - array.ndim))
    found = frozen(np.broadcast_to(array, wanted))
    wrong = ~((found >= low) & (found <= high))
    if name in MAY_BE_NAN:
        wrong &= ~np.isnan(found)
    if name == "lag":
        wrong |= found != np.trunc(found)
    for index in np.argwhere(wrong)[:MOST_LISTED]:
        place = f"{name}, {labels[letters[0]][index[0]]}"
        place += f", period {index[1] + 1}" if letters[-1] == "N" else ""
        faults.append(Fault(place, f"{found[tuple(index)]:g}", expected, "Correct it."))
    return frozen(np.where(wrong, low, found)) if wrong.any() else found


def consistent(known: Network) -> list[Fault]:
    """What does not go together: limits, optional nodes, demand that no arc reaches, circles without time."""
    faults: list[Fault] = []
    kept = [k for k, its in enumerate(known.kind) if its == "store"]
    for c in kept:
        crossed = np.flatnonzero(known.least[c] > np.minimum(known.most[c], known.storage[c]))
        if crossed.size:
            p = int(crossed[0])
            found = f"least {known.least[c, p]:g}, most {known.most[c, p]:g}, storage {known.storage[c]:g}"
            found += f" ({known.product[p]})" if len(known.product) > 1 else ""
            faults.append(Fault(f"stock of {known.node[c]}", found, "least <= most and storage", "Correct them."))
        if (np.isfinite(known.backlog_cost[c]) & (known.least[c] != 0)).any():
            found = f"least {known.least[c].max():g} with a backlog_cost"
            remedy = "Leave one of the two out: with backlog, stock may fall short."
            faults.append(Fault(f"stock of {known.node[c]}", found, "a least stock or a backlog", remedy))
    for c in np.flatnonzero(known.optional).tolist():
        if known.kind[c] != "store":
            faults.append(Fault(f"opening_cost of {known.node[c]}", f"a {known.kind[c]}", "a store", "Leave it out."))
        elif (known.on_hand[c] != 0).any() or any(place[0] == known.node[c] for place in known.arrivals_at):
            found = "opening stock or arrivals in a store that may stay closed"
            remedy = "It is open already: leave its opening_cost out."
            faults.append(Fault(known.node[c], found, "none of either", remedy))
    for c, its in enumerate(known.kind):
        if its == "customer" and (known.on_hand[c] > 0).any():
            faults.append(Fault(known.node[c], "stock at a customer", "none", "Make it a store, or an arrival."))
    if known.pooled:
        for name in ("on_hand", "holding_cost", "backlog_cost", "least", "most"):
            amounts = getattr(known, name)
            if (amounts != amounts[:, :1]).any():
                expected = "one for each node, where stores count products as one"
                faults.append(Fault(name, "amounts by product", expected, "Give (nodes,) of them."))
    if not isinstance(known.service, int | float) or not 0.5 <= known.service < 1:
        faults.append(Fault("service", f"{known.service!r:.40}", "a probability from 0.5 to below 1", "0.95 is usual."))
    faults += [
        Fault(f"demand of {place[0]}, {place[1]}", "no path to it", "one from a supplier, from stock or arrivals",
              "Add an arc, or take the demand away.")
        for place in unreached(known)
    ]  # fmt: skip
    turning = idle_circle(known)
    if turning:
        found = " and ".join(" → ".join(known.arc[a]) for a in turning) + ", in no time"
        remedy = (
            "Give one of them a lag of 1, leave one out, or split a customer into one that buys and one that sends."
        )
        where = f"arcs {', '.join(str(a + 1) for a in turning)}"
        faults.append(Fault(where, found, "no circle of arcs with lag 0", remedy))
    return faults[:MOST_LISTED]


def unreached(known: Network) -> list[tuple[str, str]]:
    """Places with demand that no arc brings anything to, (node, product)."""
    number = {one: k for k, one in enumerate(known.node)}
    found = []
    for p, product in enumerate(known.product):
        starts, edges = set(), []
        for q, other in enumerate(known.product):
            if q != p and not known.pooled:
                continue
            starts |= {c for c, its in enumerate(known.kind) if its == "supplier" or known.on_hand[c, q] > 0}
            starts |= {number[place[0]] for place in known.arrivals_at if place[1] == other}
            edges += [
                (number[a[0]], number[a[1]])
                for a in known.arc
                # a pooled store turns any product into any other; what comes to a customer is what it is called
                if other in a[2:] or len(a) == 2
                if q == p or known.kind[number[a[1]]] == "store"
            ]
        there = reached(starts, edges)
        found += [
            place
            for place, mean in zip(known.demand_at, known.demand.mean, strict=True)
            if place[1] == product and (mean > 0).any() and number[place[0]] not in there
        ]
    return found


def idle_circle(known: Network) -> list[int]:
    """Numbers of arcs that make a circle without time passing, for a product (or in pooled stock)."""
    number = {one: k for k, one in enumerate(known.node)}
    idle = np.flatnonzero(known.lag == 0)
    groups: list[list[int]] = [[int(a) for a in idle]]
    if not known.pooled:
        groups = [[a for a in groups[0] if len(known.arc[a]) == 2 or known.arc[a][2] == p] for p in known.product]
    for group in groups:
        turning = circle([(number[known.arc[a][0]], number[known.arc[a][1]]) for a in group])
        if turning:
            found = [group[k] for k in turning]
            first = found.index(min(found))
            return found[first:] + found[:first]
    return []
