"""Two materials of one production, the numerical example of Prékopa and Kelle (1978), section 6."""

from __future__ import annotations

# Tables 2 and 3 of the paper: six cycles of 90 days, four deliveries each; day in the cycle, and amount
DAYS = (
    (23, 41, 61, 82), (27, 48, 73, 88), (30, 39, 60, 90), (19, 48, 68, 89), (24, 50, 65, 78), (28, 42, 71, 82),
)  # fmt: skip
AMOUNTS = (
    (630, 400, 670, 800), (700, 500, 600, 900), (730, 580, 550, 740), (720, 620, 650, 1010), (760, 580, 760, 1100),
    (750, 650, 780, 920),
)  # fmt: skip

DOCUMENT = """\
# Two materials that one production needs: the numerical example of A. Prekopa and P. Kelle, Reliability type inventory
# models based on stochastic programming (1978), section 6. Of the first the past is known, of the second only the law.
schema = 1
name = "two materials"
period = 90                  # days of a cycle
reliability = 0.8            # that neither runs short in the whole cycle

[fit]
method = "paper"             # its rounding; "likelihood" (the default) and "moments" use more of what the past tells

[material.first]             # its past cycles are in deliveries.csv
price = 1.0                  # dollars per unit of initial stock
demand = 1.0                 # units in a cycle: 1 makes stocks shares of it, as in the paper; without it, 2850

[material.second]
price = 3.0
demand = 1.0
times = [2, 3, 5, 7, 9]      # the deliveries come at these places in a sorted sample of
time_sample = 10             # 10 uniform numbers,
min_gap = 0.15               # at least so much of a cycle apart;
amounts = [2, 5, 7, 8]       # amounts likewise: places of the totals delivered, in a sample of
amount_sample = 10           # 10,
min_amount = 0.12            # and at least so much of the whole in each

# shortage_limit and shortage_price of a material, upper and lower bounds of its stock, and limits of all stocks:
# [[row]]
# name = "space"
# most = 0.65
# per_unit = { first = 1.0, second = 1.0 }
"""


def files() -> dict[str, str]:
    """Name and text of every file of the folder."""
    rows = [
        f"first,{cycle},{delivery},{day},{amount}"
        for cycle, (days, amounts) in enumerate(zip(DAYS, AMOUNTS, strict=True), start=1)
        for delivery, (day, amount) in enumerate(zip(days, amounts, strict=True), start=1)
    ]
    return {
        "stock.toml": DOCUMENT,
        "deliveries.csv": "\n".join(["material,cycle,delivery,day,amount", *rows]) + "\n",
    }
