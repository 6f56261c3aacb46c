"""A paint factory's filling line: eight paints, sixteen weeks, one line, cleaning between paints. Made up."""

from __future__ import annotations

import numpy as np

SEED = 1958
WEEKS = 16
# paint, cans asked for in a usual week, dollars of paint and can, hours to clean the line for it, least batch
PAINTS = (
    ("white-10l", 950, 21.0, 2.0, 0), ("white-3l", 720, 8.0, 1.0, 0), ("cream-10l", 310, 22.0, 2.5, 200),
    ("grey-10l", 240, 22.0, 2.5, 200), ("red-3l", 150, 11.0, 4.0, 150), ("blue-3l", 170, 10.5, 4.0, 150),
    ("varnish-1l", 420, 6.5, 5.0, 0), ("primer-10l", 280, 14.0, 3.0, 0),
)  # fmt: skip
CANS_AN_HOUR = {"10l": 45.0, "3l": 110.0, "1l": 200.0}
# people paint in spring and early summer
SEASON = (0.7, 0.75, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.35, 1.3, 1.2, 1.1, 1.05, 1.0, 0.95, 0.9)
CLEANING = 45.0  # dollars an hour, and as much again in paint that is thrown away
RATE = 0.004  # a week, of what a can is worth: money, space, paint that ages

DOCUMENT = """\
# A paint factory's filling line: eight paints, sixteen weeks, one line, cleaning between paints. Made up.
schema = 1
name = "lot-sizing"
periods = {weeks}

[capacity]
limit = [{limit}]   # hours of the line; an order takes setup_time + unit_time * cans

[service]
alpha = 0.95               # of weeks that end without a backlog, for every paint

[orders]
strategy = "static"        # all batches fixed now; "static-dynamic": weeks fixed, batches fill up to levels

[inversion]
name = "normal"

[solver]
gap = 0.0002
seconds = 60

[audit]
paths = 20000
seed = 1
"""


def files() -> dict[str, str]:
    """Name and text of every file of the folder; the same bytes every time."""
    rng = np.random.default_rng(SEED)
    rows, forecast = [], []
    for name, usual, cost, clean, least in PAINTS:
        hours = 1 / CANS_AN_HOUR[name.rsplit("-", 1)[1]]
        start = round(usual * rng.uniform(1.2, 2.2), -1)
        rows.append(
            f"{name},{2 * CLEANING * clean:.2f},{RATE * cost:.4f},{cost:.2f},{start:.0f},{clean:g},{hours:.6f},{least}"
        )
        spread = rng.uniform(0.1, 0.22)
        for week, season in enumerate(SEASON, start=1):
            mean = usual * season * rng.uniform(0.92, 1.08)
            forecast.append(f"{name},{week},{mean:.0f},{spread * mean:.1f}")
    shifts = [80 if season < 1.0 else 100 if season < 1.25 else 120 for season in SEASON]
    head = "item_id,setup_cost,holding_cost,unit_cost,on_hand,setup_time,unit_time,min_lot"
    return {
        "lots.toml": DOCUMENT.format(weeks=WEEKS, limit=", ".join(map(str, shifts))),
        "items.csv": "\n".join([head, *rows]) + "\n",
        "demand_forecast.csv": "\n".join(["item_id,period,mean,sd", *forecast]) + "\n",
    }
