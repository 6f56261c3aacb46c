"""rule.json: the ordering rule as text that any program can read, exact to the last bit."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ccinv.arrays import FloatArray, frozen
from ccinv.errors import DataError, Fault
from ccinv.result import CausalRule, Plan, PooledRule, Rule

POOLED = "O(t) = a(t) D(t - lag) + intercept(t)"
CAUSAL = "O(t) = sum over k <= t of weights(t, k) S(k) + intercept(t)"
EXECUTED = "order in t = max(0, O(t) - ordered so far)"


def rule_bytes(plan: Plan) -> bytes:
    """The rule of a plan: what it is in words, then one line per item with its coefficients for periods 1..N."""
    rule = plan.rule
    head: dict[str, Any] = {"schema": 1, "rule": plan.rule_name, "whole": plan.store.orders.whole}
    tables: dict[str, FloatArray]
    if isinstance(rule, PooledRule):
        tables = {"a": rule.a, "intercept": rule.intercept} | ({} if rule.b is None else {"b": rule.b})
        head |= {"form": "pooled", "lag": rule.lag, "cumulative orders": POOLED, "executed": EXECUTED}
    elif isinstance(rule, CausalRule):
        tables = {"weights": rule.weights, "intercept": rule.intercept}
        head |= {"form": "causal", "cumulative orders": CAUSAL, "executed": EXECUTED}
    else:
        raise TypeError(f"no form on disk for {type(rule).__name__}")
    head["periods"] = list(plan.store.calendar)
    numbers = {name: _numbers(table) for name, table in tables.items()}
    lines = [
        json.dumps({"item_id": name, **{key: rows[k] for key, rows in numbers.items()}}, allow_nan=False)
        for k, name in enumerate(plan.store.item_id)
    ]
    text = json.dumps(head, indent=1)[:-2] + ',\n "items": [\n' + ",\n".join(lines) + "\n]}\n"
    return text.encode()


def rule_of(content: bytes, where: str) -> Rule:
    """The rule in the content of a rule.json."""
    try:
        found = json.loads(content)
        form = found["form"]
        names = {"pooled": ["a", "intercept", "b"], "causal": ["weights", "intercept"]}[form]
        rows = found["items"]
        tables = {name: frozen([row[name] for row in rows]) for name in names if name in rows[0]}
        return PooledRule(lag=int(found["lag"]), **tables) if form == "pooled" else CausalRule(**tables)
    except (KeyError, TypeError, ValueError, IndexError, RecursionError) as error:
        remedy = "Write it anew, or copy it again from where it was whole."
        raise DataError(Fault(where, f"something else ({error!r})", "a rule as ccinv writes it", remedy)) from None


def _numbers(table: NDArray[np.float64]) -> list[Any]:
    """Rows of numbers; null stands for "not a number"."""
    if not np.isnan(table).any():
        return list(table.tolist())
    rows = table.astype(object)
    rows[np.isnan(table)] = None
    return list(rows.tolist())
