"""A dairy: two plants, three cold stores, one of them not built yet, four towns, milk and yoghurt. Made up."""

from __future__ import annotations

import numpy as np

SEED = 1847
WEEKS = 12
# town, crates of milk and of yoghurt in a usual week
TOWNS = (("aldtown", 420, 180), ("beckford", 310, 150), ("corby", 260, 90), ("dunmore", 180, 110))
STORES = ("north", "south", "west")
# dollars a crate from plant or store to where it goes; nothing goes where there is no figure
FROM_PLANT = {"plant-a": (1.1, 1.6, 1.5), "plant-b": (1.9, 1.0, 1.3)}
TO_TOWN = {"north": (0.6, 0.9, None, None), "south": (None, 1.2, 0.5, 0.9), "west": (0.7, 0.5, 0.8, 0.6)}
EMPTIES = 0.3  # of the crates of a week come back empty in the next one

DOCUMENT = """\
# A dairy: two plants, three cold stores, one of them not built yet, four towns. Made up.
schema = 1
name = "facilities"
periods = {weeks}
products = ["milk", "yoghurt", "empties"]

[stock]
pooled = false             # true: stores count all products as one

[demand]
law = "normal"             # of the deviations in demand.csv, if it has a column sd

[service]
alpha = 0.95               # of every limit, where demand is uncertain

[rule]
name = "linear"            # flows follow demand up to the week before; "static": fixed now
lag = 1
memory = 1                 # at one week of it,
total = true               # at the sum over towns and products: small rules, found in seconds

# Demand is certain here. A column sd in demand.csv makes it uncertain, or every demand within a share of its mean:
# [inversion]
# name = "box"
# theta = 0.05             # decide first whether west is open (leave its opening_cost out): that takes long else

[solver]
gap = 1e-6
seconds = 60

[audit]
paths = 20000
seed = 1
"""


def files() -> dict[str, str]:
    """Name and text of every file of the folder; the same bytes every time."""
    rng = np.random.default_rng(SEED)
    arcs = []
    for plant, costs in FROM_PLANT.items():
        for store, each_way in zip(STORES, costs, strict=True):
            for product, share, cap in (("milk", 1.0, 520), ("yoghurt", 1.4, 260)):
                arcs.append(f"{plant},{store},{product},1,{each_way * share:.2f},{cap},")
    for store, routes in TO_TOWN.items():
        for (town, _, _), cost in zip(TOWNS, routes, strict=True):
            if cost is not None:
                arcs += [f"{store},{town},{product},0,{cost:.2f},," for product in ("milk", "yoghurt")]
    nearest = zip(TOWNS, ("north", "north", "south", "south"), strict=True)
    arcs += [f"{town}-back,{store},empties,0,0.20,," for (town, _, _), store in nearest]
    arcs += [f"{store},washing,empties,1,0.35,{cap}," for store, cap in (("north", 360), ("south", 230))]
    arcs.append("north,south,,1,0.80,,")
    nodes = ["plant-a,supplier,,", "plant-b,supplier,,", "north,store,1600,", "south,store,1400,", "west,store,900,700"]
    nodes += [f"{town},customer,," for town, _, _ in TOWNS]
    nodes += [f"{town}-back,customer,," for town, _, _ in TOWNS] + ["washing,outlet,,"]
    stock = ["north,milk,620,0.05,60,", "north,yoghurt,260,0.08,30,", "north,empties,40,0.02,0,300"]
    stock += ["south,milk,480,0.05,60,", "south,yoghurt,240,0.08,30,", "south,empties,0,0.02,0,200", "west,,0,0.05,0,"]
    demand, back = [], []
    for town, milk, yoghurt in TOWNS:
        before = 0.0
        for week in range(1, WEEKS + 1):
            summer = 1 + 0.18 * np.sin(np.pi * (week - 2) / WEEKS)
            each = [round(usual * summer * rng.uniform(0.9, 1.1)) for usual in (milk, yoghurt)]
            demand += [f"{town},{p},{week},{n}" for p, n in zip(("milk", "yoghurt"), each, strict=True)]
            if week > 1:
                back.append(f"{town}-back,empties,{week},{round(EMPTIES * before)}")
            before = sum(each)
    on_the_way = ["north,milk,1,350", "south,yoghurt,1,150", "south,milk,1,250"]
    return {
        "balance.toml": DOCUMENT.format(weeks=WEEKS),
        "nodes.csv": "\n".join(["node_id,kind,storage,opening_cost", *nodes]) + "\n",
        "arcs.csv": "\n".join(["from,to,product_id,lag,unit_cost,capacity,total", *arcs]) + "\n",
        "stock.csv": "\n".join(["node_id,product_id,on_hand,holding_cost,least,most", *stock]) + "\n",
        "demand.csv": "\n".join(["node_id,product_id,period,quantity", *demand]) + "\n",
        "arrivals.csv": "\n".join(["node_id,product_id,period,quantity", *on_the_way, *back]) + "\n",
    }
