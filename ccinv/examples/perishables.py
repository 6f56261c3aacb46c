"""A kitchen that orders fresh food: ten items, four weeks, three order days a week, packs. Made up, from a seed."""

from __future__ import annotations

import datetime

import numpy as np

SEED = 1929
FIRST = datetime.date(2022, 8, 29)  # a Monday
DAYS = 28
# name, units a day, shelf life in days, units of a pack, dollars per unit
FOOD = (
    ("milk", 11.0, 7, 6, 1.10), ("yoghurt", 8.0, 14, 4, 0.70), ("salad", 5.0, 4, 1, 1.60), ("bread", 9.0, 3, 1, 2.20),
    ("eggs", 6.0, 19, 6, 0.30), ("cream", 2.5, 9, 2, 1.90), ("chicken", 4.5, 5, 1, 6.40), ("fish", 2.0, 3, 1, 8.90),
    ("berries", 3.5, 4, 1, 3.20), ("cheese", 3.0, 17, 1, 4.80),
)  # fmt: skip
WEEK = (0.9, 0.9, 1.0, 1.05, 1.2, 1.1, 0.85)  # Monday to Sunday

DOCUMENT = """\
# A kitchen that orders fresh food on Tuesdays, Wednesdays and Fridays, and is supplied the day after. Made up.
schema = 1
name = "perishables"
days = 28
first = "2022-08-29"                     # the first day, so that weekdays and dates are known
day = ["perish", "receive", "sell"]      # the order of events in a day
unmet = "lost"                           # or "backordered"; either only when nothing is left

[orders]
weekdays = ["tue", "wed", "fri"]
closed = ["2022-09-13"]                  # a holiday
lag = 1                                  # days from order to receipt
whole = true                             # whole packs

[limits]                                 # of the total of an order day, in units
least = 80
most = 190

[objective]
name = ["lost", "end-stock"]             # one after the other; also waste, cost, profit, service

[solver]
gap = 0.001
seconds = 60
"""


def files() -> dict[str, str]:
    """Name and text of every file of the folder; the same bytes every time."""
    rng = np.random.default_rng(SEED)
    items = ["item_id,description,shelf_life,pack,unit_cost,price,waste_cost"]
    wanted = ["item_id,day,quantity"]
    opening = ["item_id,age,quantity"]
    for name, daily, life, pack, cost in FOOD:
        items.append(f"{name},{name},{life},{pack},{cost:.2f},{2.2 * cost:.2f},{0.1 * cost:.2f}")
        for k in range(DAYS):
            date = FIRST + datetime.timedelta(days=k)
            wanted.append(f"{name},{date.isoformat()},{rng.poisson(daily * WEEK[date.weekday()])}")
        ages = sorted(rng.choice(np.arange(1, life), size=min(2, life - 1), replace=False).tolist())
        opening += [f"{name},{age},{round(1.2 * daily) + 1}" for age in ages]
    return {
        "perishables.toml": DOCUMENT,
        "items.csv": "\n".join(items) + "\n",
        "demand.csv": "\n".join(wanted) + "\n",
        "opening_stock.csv": "\n".join(opening) + "\n",
    }
