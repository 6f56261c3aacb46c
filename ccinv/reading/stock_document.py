"""stock.toml: what is asked of materials, how their deliveries are fitted, and one table for each of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from ccinv.deliveries import ExactMoments, FitMethod, MaximumLikelihood, PaperRounding
from ccinv.errors import Fault
from ccinv.materials import Limits
from ccinv.reading.keys import Keys
from ccinv.tables.cells import ITEM_ID
from ccinv.tables.table import quoted

FIT = ("likelihood", "moments", "paper")
GIVEN = ("times", "time_sample", "min_gap", "amounts", "amount_sample", "min_amount")
LARGEST = 1e15


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """One table [material.NAME]; None where nothing was stated. `given`: parameters of its deliveries."""

    name: str
    place: str
    price: float
    demand: float | None
    lower: float
    upper: float
    limit: Any
    penalty: Any
    given: dict[str, Any]


def period_of(keys: Keys) -> float | None:
    """Days of a cycle; None where what is stated cannot be meant."""
    before = len(keys.faults)
    found = keys.number("period", 90.0, "a number of days > 0", lambda value: 0 < value <= 1e6)
    return found if len(keys.faults) == before else None


def reliability_of(keys: Keys, instead: float | None) -> float | None:
    own = keys.take("reliability")
    given = own if instead is None else instead
    good = isinstance(given, int | float) and not isinstance(given, bool) and 0 < given < 1
    if given is None or good:
        return None if given is None else float(given)
    percent = isinstance(given, int | float) and 1 < given < 100
    remedy = f"Did you mean {given / 100:g}?" if percent else "Give 0.95 for 95 %."
    expected = "a probability between 0 and 1"
    if instead is not None:
        keys.faults.append(Fault("--reliability", f"{given:g}", expected, remedy))
    else:
        keys.faults.append(keys.fault("reliability", expected, remedy))
    return None


def methods_of(keys: Keys) -> tuple[FitMethod, FitMethod]:
    """The ways to fit times and amounts."""
    way = keys.choice("method", FIT[0], FIT)
    sizes = [keys.integer(key, None, 1, 400) for key in ("time_sample", "amount_sample")]
    if way == "likelihood":
        for key, size in zip(("time_sample", "amount_sample"), sizes, strict=True):
            if size is not None:
                remedy = 'Leave it out: it is found, or set method = "moments" or "paper".'
                keys.faults.append(keys.fault(key, "no such key with maximum likelihood", remedy))
        return MaximumLikelihood(), MaximumLikelihood()
    kind = ExactMoments if way == "moments" else PaperRounding
    return kind(sizes[0]), kind(sizes[1])


def tables_of(keys: Keys) -> list[tuple[str, Keys]]:
    """Name and keys of each [material.NAME]."""
    found = []
    for name, tree in keys.section("material").tree.items():
        keys.section("material").take(name)
        own = Keys(keys.name, keys.lines, tree if isinstance(tree, dict) else {}, keys.faults, f"material.{name}")
        if not isinstance(tree, dict):
            where = keys.section("material").place(name)
            keys.faults.append(
                Fault(where, "a key", f"a table [material.{name}]", "Write its price and so on below it.")
            )
        elif not re.match(ITEM_ID, name):
            remedy = "Rename it, in deliveries.csv as well."
            expected = "a name of up to 64 of A-Z a-z 0-9 . _ : -"
            keys.faults.append(Fault(f"{keys.name}, [material]", quoted(name), expected, remedy))
        found.append((name, own))
    return found


def material_of(one: tuple[str, Keys]) -> Material:
    name, keys = one
    if "price" not in keys.tree:
        remedy = "State price, dollars per unit of initial stock."
        keys.faults.append(Fault(f"{keys.name}, [material.{name}]", "no price", "a number >= 0", remedy))

    def amount(key: str, default: float | None, expected: str = "an amount >= 0, in units", least: float = 0.0) -> Any:
        return keys.number(key, default, expected, lambda value: least <= value <= LARGEST)

    price = amount("price", 0.0, "a number >= 0, dollars per unit")
    demand = amount("demand", None, "an amount > 0, units in a cycle", 1e-9)
    lower, upper = amount("lower", 0.0), amount("upper", np.inf)
    if lower > upper:
        keys.faults.append(keys.fault("lower", f"at most {upper:g}, the upper bound", "Lower it, or raise upper."))
    limit = _amounts(keys, "shortage_limit", "units, one number or one for each delivery")
    penalty = _amounts(keys, "shortage_price", "dollars per unit short, one number or one for each delivery")
    given = {key: keys.take(key) for key in GIVEN if key in keys.tree}
    for key in GIVEN:
        keys.take(key)
    keys.refuse_strangers()
    place = f"{keys.name}, [material.{name}]"
    return Material(name, place, price, demand, lower, upper, limit, penalty, given)


def _amounts(keys: Keys, key: str, expected: str) -> Any:
    """A number or a list of numbers >= 0; None where there is none."""
    value = keys.take(key)
    if value is None:
        return None
    each = value if isinstance(value, list) else [value]
    if each and all(isinstance(a, int | float) and not isinstance(a, bool) and 0 <= a <= LARGEST for a in each):
        return np.array(value, dtype=np.float64)
    keys.faults.append(keys.fault(key, expected, "Give numbers >= 0, without quotation marks."))
    return None


def limits_of(keys: Keys, names: list[str]) -> Limits | None:
    """The limits in [[row]]; NaN per unit stands for the price."""
    value = keys.take("row")
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        remedy = 'Write [[row]] on a line of its own, below it name, most and per_unit = { NAME = 0.5 } or "price".'
        keys.faults.append(keys.fault("row", "tables [[row]]", remedy))
        return None
    called, per_unit, most = [], np.zeros((len(value), len(names))), np.zeros(len(value))
    for k, tree in enumerate(value):
        row = Keys(keys.name, keys.lines if len(value) == 1 else {}, tree, keys.faults, "row")
        where = f"{keys.name}, [[row]] {k + 1}"
        called.append(row.text_of("name", f"row {k + 1}", 60))
        if "most" not in tree:
            keys.faults.append(Fault(where, "no most", "a number >= 0", "State the limit."))
        most[k] = row.number("most", 0.0, "a number >= 0", lambda number: 0 <= number <= LARGEST) or 0.0
        takes = row.take("per_unit")
        if takes == "price":
            per_unit[k] = np.nan
        elif not isinstance(takes, dict) or not takes:
            remedy = 'Give per_unit = { NAME = 0.5 }, what a unit takes; "price" for a limit of money.'
            expected = 'amounts by material, or "price"'
            keys.faults.append(row.fault("per_unit", expected, remedy, None if "per_unit" in tree else "nothing"))
        else:
            share = Keys(keys.name, {}, takes, keys.faults, f"row {k + 1}, per_unit")
            for j, name in enumerate(names):
                per_unit[k, j] = share.number(name, 0.0, "a number >= 0", lambda number: 0 <= number <= LARGEST) or 0.0
            share.refuse_strangers()
        row.refuse_strangers()
    return Limits(tuple(called), per_unit, most)
