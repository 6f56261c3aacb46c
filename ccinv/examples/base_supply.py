"""An air-force base supply store: forty spare parts, twelve months, one stock fund. Made up, from a seed."""

from __future__ import annotations

import numpy as np

from ccinv.arrays import BoolArray, FloatArray, IntArray

SEED = 1990
MONTHS = 12
# class, name and usual price in dollars of each part; the first ten stop an aircraft when they are missing
PARTS = (
    ("1630", "brake assembly, main wheel", 2400), ("1650", "hydraulic pump, engine driven", 3200),
    ("2620", "tire, main gear", 640), ("2925", "igniter plug", 85), ("4820", "bleed air valve", 1150),
    ("6615", "rate gyroscope", 1900), ("2620", "tire, nose gear", 210), ("2915", "fuel nozzle", 160),
    ("4720", "hose assembly, high pressure", 110), ("5930", "limit switch", 88), ("1560", "external fuel tank", 5800),
    ("1560", "radome, weather radar", 4100), ("1680", "cargo winch", 3900), ("1680", "galley oven", 1450),
    ("1560", "access panel, left wing", 420), ("1560", "fairing, tail cone", 380), ("1560", "hinge, canopy", 95),
    ("1630", "wheel bearing set", 42), ("1650", "actuator seal kit", 18), ("1650", "hydraulic filter element", 24),
    ("1660", "cabin pressure regulator", 890), ("1660", "oxygen mask hose", 65), ("1680", "cargo tie-down strap", 12),
    ("2925", "ignition lead", 75), ("2945", "oil filter element", 19), ("3110", "ball bearing, annular", 14),
    ("4710", "tube assembly, bent", 38), ("4730", "coupling half, quick disconnect", 55), ("4820", "check valve", 47),
    ("5330", "gasket, exhaust", 6), ("5330", "packing, preformed", 0.8), ("5340", "clamp, loop", 2.5),
    ("5945", "relay, power", 145), ("5961", "rectifier, silicon", 9), ("6140", "battery, lead acid", 240),
    ("6210", "lens, position light", 7), ("6240", "landing lamp", 31), ("6610", "standby altimeter", 2700),
    ("6620", "tachometer generator", 520), ("6685", "temperature probe", 180),
)  # fmt: skip
IMPORTANT = 10
# P{arrives exactly j months after the order}, j = 0..4: base shop, depot, contractor
LEAD_TIMES = ((0.0, 0.7, 0.3, 0.0, 0.0), (0.0, 0.2, 0.6, 0.2, 0.0), (0.0, 0.0, 0.3, 0.5, 0.2))
# flying hours, as a share of a mean month's: a surge from spring on
FLYING = (0.7, 0.7, 0.75, 0.85, 1.0, 1.15, 1.25, 1.3, 1.3, 1.2, 1.0, 0.8)

STORE = """\
# An air-force base supply store: forty spare parts, twelve months, one stock fund. Made up.
schema = 1
name = "base-supply"
periods = 12
period = "month"

[service]
alpha = 0.95            # parts whose lack stops an aircraft (important = true)

[budget]
limit = {limit:.1f}       # the stock fund: dollars in stock and on order, net of what was sold
confidence = 0.95

[orders]
rule = "cumulative"
nonnegative = "chance"  # an order is negative, and so put off, with 10 % at most
confidence = 0.90

[objective]
name = "max-min"        # the other parts: as much service as the money allows, the worst first

[inversion]
name = "calibrated"     # simulated until every promise holds as orders and arrivals really are

[audit]
paths = 20000
seed = 1

[policies]              # what the base does today, to stand beside the plan
order_cost = 20.0       # dollars per order
holding_rate = 0.02     # per month, of unit cost
"""


def files() -> dict[str, str]:
    """Name and text of every file of the folder; the same bytes every time."""
    rng = np.random.default_rng(SEED)
    items = len(PARTS)
    important = np.arange(items) < IMPORTANT
    ids = _stock_numbers(rng)
    cost = np.round([price for _, _, price in PARTS] * np.exp(rng.normal(0.0, 0.2, items)), 2)
    # dear parts move slowly
    monthly = np.clip(np.round(30.0 * (cost / 60.0) ** -0.5 * np.exp(rng.normal(0.0, 0.4, items)), 1), 1.5, 150.0)
    mean = np.round(monthly[:, None] * np.array(FLYING), 2)
    law, sd = _laws(rng, monthly, mean)
    source = rng.choice(len(LEAD_TIMES), size=items, p=(0.35, 0.45, 0.20))
    on_hand, open_orders = _stock(rng, important, monthly, sd, source)
    worth = cost @ (on_hand + np.bincount([i for i, _, _ in open_orders], [q for _, _, q in open_orders], items))
    return {
        "store.toml": STORE.format(limit=np.round(1.10 * worth, -3)),
        "items.csv": _table(
            "item_id,description,unit_cost,on_hand,important",
            [
                (ids[i], f'"{PARTS[i][1]}"', f"{cost[i]:.2f}", str(on_hand[i]), str(bool(important[i])).lower())
                for i in range(items)
            ],
        ),
        "demand_forecast.csv": _table(
            "item_id,period,mean,sd,law",
            [
                (ids[i], str(t + 1), f"{mean[i, t]:.2f}", f"{sd[i, t]:.4f}", law[i])
                for i in range(items)
                for t in range(MONTHS)
            ],
        ),
        "lead_times.csv": _table(
            "item_id,age,probability",
            [
                (ids[i], str(age), f"{probability:g}")
                for i in range(items)
                for age, probability in enumerate(LEAD_TIMES[source[i]])
                if probability > 0
            ],
        ),
        "open_orders.csv": _table("item_id,placed,quantity", [(ids[i], str(s), str(q)) for i, s, q in open_orders]),
    }


def _table(head: str, rows: list[tuple[str, ...]]) -> str:
    return "\n".join([head, *(",".join(row) for row in rows)]) + "\n"


def _stock_numbers(rng: np.random.Generator) -> list[str]:
    """Thirteen digits in the manner of a national stock number: class, country, item."""
    serial = rng.choice(10_000_000, size=len(PARTS), replace=False)
    return [f"{PARTS[i][0]}-00-{n // 10_000:03d}-{n % 10_000:04d}" for i, n in enumerate(serial)]


def _laws(rng: np.random.Generator, monthly: FloatArray, mean: FloatArray) -> tuple[list[str], FloatArray]:
    """Slow movers by the unit (Poisson, or lumpier), steady fast ones normal, the rest skewed."""
    cv = rng.uniform(0.15, 0.6, len(monthly))
    names, sds = [], []
    for item, level in enumerate(monthly):
        if level < 8:
            names.append("poisson")
            sds.append(np.sqrt(mean[item]))
        elif level < 25:
            names.append("negative-binomial")
            sds.append(np.sqrt(mean[item] + (cv[item] * mean[item]) ** 2))
        elif cv[item] < 0.3:
            names.append("normal")
            sds.append(cv[item] * mean[item])
        else:
            names.append("gamma")
            sds.append(cv[item] * mean[item])
    return names, np.array(sds)


def _stock(
    rng: np.random.Generator, important: BoolArray, monthly: FloatArray, sd: FloatArray, source: IntArray
) -> tuple[IntArray, list[tuple[int, int, int]]]:
    """Units on hand, and the open orders (item, period placed, units): each about one month's need."""
    law = np.array(LEAD_TIMES)[source]
    wait = law @ np.arange(law.shape[1])
    need = FLYING[0] * monthly * (wait + 1)
    spread = sd[:, :3].mean(axis=1) * np.sqrt(wait + 1)
    safety = np.where(important, 3.6, rng.uniform(0.8, 1.8, len(monthly)))
    on_hand = np.round(need * np.where(important, 1.0, 0.8) + safety * spread).astype(np.int64)
    arrived = np.cumsum(law, axis=1)
    orders = [
        (item, -age, max(1, round(monthly[item] * rng.uniform(0.7, 1.3))))
        for item in range(len(monthly))
        for age in range(law.shape[1])
        if arrived[item, age] < 1 - 1e-9
    ]
    return on_hand, orders
