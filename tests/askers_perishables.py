"""The models that practitioners wrote for items that perish, as they wrote them: each goes wrong, and is shown to."""

from __future__ import annotations

from typing import Any

import numpy as np

from ccinv.solve.milp import Ended, Mixed, solve_mixed

Row = tuple[dict[int, float], float, float]


class Linear:
    """A small mixed-integer program, column by column and row by row, as one writes it with a modelling package."""

    def __init__(self) -> None:
        self.names: dict[tuple[Any, ...], int] = {}
        self.most: list[float] = []
        self.whole: list[bool] = []
        self.rows: list[Row] = []

    def variable(self, *name: Any, most: float = np.inf, whole: bool = False) -> int:
        self.names[name] = len(self.most)
        self.most.append(most)
        self.whole.append(whole)
        return self.names[name]

    def row(self, terms: dict[tuple[Any, ...], float], low: float, high: float) -> None:
        self.rows.append(({self.names[name]: value for name, value in terms.items()}, low, high))

    def least(self, cost: dict[tuple[Any, ...], float]) -> dict[tuple[Any, ...], float] | None:
        """The values of a best point by name, None where no point keeps all rows."""
        from scipy.sparse import lil_matrix

        matrix = lil_matrix((len(self.rows), len(self.most)))
        for number, (terms, _, _) in enumerate(self.rows):
            for column, value in terms.items():
                matrix[number, column] = value
        coefficients = np.zeros(len(self.most))
        for name, value in cost.items():
            coefficients[self.names[name]] = value
        low, high = (np.array([row[k] for row in self.rows]) for k in (1, 2))
        answer = solve_mixed(
            Mixed(coefficients, matrix.tocsr(), low, high, np.zeros(len(self.most)), np.array(self.most),
                  np.array(self.whole)), gap=0.0,
        )  # fmt: skip
        if answer.ended is Ended.INFEASIBLE or answer.x is None:
            return None
        return {name: float(round(answer.x[column], 9)) for name, column in self.names.items()}


class Variable:
    """A decision variable of a modelling package: a comparison makes a constraint, and every object is true."""

    def __ge__(self, other: object) -> tuple[object, ...]:
        return (self, ">=", other)

    def __le__(self, other: object) -> tuple[object, ...]:
        return (self, "<=", other)


def branch_taken(demand: float, stock: Variable) -> str:
    """Which rows `if demand >= I[i, d - 1]:` adds: the condition is read once, while the model is being written."""
    if demand >= stock:
        return "all that is left is the order"
    return "what is left is stock and order less demand"


def limits_on_all_days(
    order_day: list[bool], least: float, most: float, closed_too: bool
) -> dict[tuple[Any, ...], float] | None:
    """Orders that keep 80 ≤ Σ y ≤ 150 "for all days", or on order days only, beside y = 0 on closed days."""
    model = Linear()
    for d, is_open in enumerate(order_day):
        model.variable("y", d, most=np.inf if is_open else 0.0, whole=True)
        if closed_too or is_open:
            model.row({("y", d): 1.0}, least, most)
    return model.least({("y", d): 1.0 for d in range(len(order_day))})


def linked_the_wrong_way(demand: float) -> dict[tuple[Any, ...], float] | None:
    """x ≤ y, meant as "x = 1 if there is an order": an order of the demand, at a price of each x."""
    model = Linear()
    model.variable("x", most=1.0, whole=True)
    model.variable("y", whole=True)
    model.row({("x",): 1.0, ("y",): -1.0}, -np.inf, 0.0)
    model.row({("y",): 1.0}, demand, np.inf)
    return model.least({("x",): 1.0, ("y",): 1.0})


def zeroed_whole(
    orders: dict[int, float], demand: list[float], life: int, large: float = 1000.0
) -> dict[tuple[Any, ...], float] | None:
    """I(d + s) ≤ M (1 − x(d)): after an order on day d all stock is to be gone on day d + s, fresh units too.

    Demand may go unmet; orders are as given. The stock of each day, None where nothing keeps the rows.
    """
    model = Linear()
    for d in range(len(demand)):
        model.variable("I", d)
        model.variable("lost", d, most=demand[d])
    for d, wanted in enumerate(demand):
        before = {("I", d - 1): -1.0} if d else {}
        came = orders.get(d, 0.0)
        model.row({("I", d): 1.0, **before, ("lost", d): -1.0}, came - wanted, came - wanted)
        if d - life in orders:
            model.row({("I", d): 1.0}, 0.0, large * (1 - (orders[d - life] > 0)))
    return model.least({("lost", d): 1.0 for d in range(len(demand))})


def taken_back(orders: list[float], demand: list[float], life: int) -> list[float]:
    """I(d) = I(d − 1) − demand(d) + y(d) − y(max(first, d − s)), from the second day on, as the asker ended."""
    stock = [orders[0] - demand[0]]
    for d in range(1, len(orders)):
        stock.append(stock[-1] - demand[d] + orders[d] - orders[max(0, d - life)])
    return stock


def by_age_without_order_of_issue(
    receipts: list[float], demand: list[float], life: int
) -> dict[tuple[Any, ...], float] | None:
    """Least end stock over sales of each receipt on each day, all demand that can be met being met: issues as it likes.

    `sold`, d, a: units received on day a sold on day d; `end`: what is left after the last day.
    """
    model, days = Linear(), len(demand)
    pairs = [(d, a) for d in range(days) for a in range(max(0, d - life + 1), d + 1)]
    for d, a in pairs:
        model.variable("sold", d, a)
    for d in range(days):
        model.row({("sold", d, a): 1.0 for e, a in pairs if e == d}, demand[d], demand[d])
    cost: dict[tuple[Any, ...], float] = {}
    for a, came in enumerate(receipts):
        model.row({("sold", d, b): 1.0 for d, b in pairs if b == a}, 0.0, came)
        if a + life > days:  # what is not sold of it is there after the last day
            cost |= {("sold", d, b): -1.0 for d, b in pairs if b == a}
    return model.least(cost)
