"""A newsstand: thirty titles, one issue each, whole copies, one limit on money. Made up, from a seed."""

from __future__ import annotations

import math

import numpy as np

from ccinv.arrays import FloatArray

SEED = 1955
# title, what a copy costs in dollars, copies asked for on average
TITLES = (
    ("Morning Post", 1.1, 46), ("Evening Courier", 0.9, 38), ("City Herald", 1.3, 31), ("Financial Gazette", 2.2, 17),
    ("Sporting Mail", 0.8, 28), ("Sunday Review", 2.4, 22), ("Harbour News", 1.0, 9), ("Le Matin", 2.6, 5),
    ("El Correo", 2.5, 6), ("Der Abend", 2.8, 4), ("Weekly Radio Guide", 1.6, 24), ("Racing Calendar", 1.9, 12),
    ("Crosswords", 1.4, 15), ("Home and Garden", 3.2, 9), ("Kitchen Monthly", 3.6, 8), ("Knitting", 2.9, 4),
    ("Motor Weekly", 3.1, 10), ("Model Railways", 3.8, 2.5), ("Photographer", 4.4, 3), ("Chess", 3.5, 1.2),
    ("Popular Science", 4.1, 6), ("Nature Walks", 3.3, 2), ("Fashion Quarterly", 6.5, 3.5), ("Architecture", 8.9, 1),
    ("Yachting", 7.4, 1.5), ("Antiques", 6.8, 0.8), ("Literary Review", 5.6, 1.4), ("Theatre", 4.9, 2),
    ("Comics for Children", 1.7, 14), ("Street Map", 4.6, 2.2),
)  # fmt: skip
PACKS = {"Racing Calendar": 3, "Comics for Children": 2}  # asked for by the club and by the school, in packs
SHARE = 0.8  # of the money that would cover the mean demand of all titles
LEAST = 5e-4  # probability of one more copy under which nobody counts

STORE = """\
# A newsstand: thirty titles, one issue each. What was not bought cannot be sold, what was not sold is paper. Made up.
schema = 1
name = "newsvendor"
periods = 1

[budget]
limit = {limit:.2f}   # what all copies together may cost, in dollars

[orders]
whole = true     # whole copies
"""


def files() -> dict[str, str]:
    """Name and text of every file of the folder; the same bytes every time."""
    rng = np.random.default_rng(SEED)
    cost = np.round([price * rng.uniform(0.9, 1.1) for _, price, _ in TITLES], 2)
    mean = np.array([copies for *_, copies in TITLES])
    margin = np.round(cost * rng.uniform(0.2, 0.5, len(TITLES)), 2)  # lost with every copy that is not there
    ids = [f"title-{k + 1:02d}" for k in range(len(TITLES))]
    items = [f"{ids[k]},{TITLES[k][0]},{cost[k]:.2f},0,false,{margin[k]:.2f}" for k in range(len(TITLES))]
    rows = []
    for k, (title, _, copies) in enumerate(TITLES):
        pack = PACKS.get(title, 1)
        chances = _counts(copies / pack, rng.uniform(1.1, 2.5))
        rows += [f"{ids[k]},{pack * count},{chance:.3f}" for count, chance in enumerate(chances) if chance > 0]
    return {
        "store.toml": STORE.format(limit=SHARE * float(cost @ mean)),
        "items.csv": "\n".join(["item_id,description,unit_cost,on_hand,important,weight", *items]) + "\n",
        "demand_pmf.csv": "\n".join(["item_id,value,probability", *rows]) + "\n",
    }


def _counts(mean: float, spread: float) -> FloatArray:
    """A negative binomial law of variance spread · mean, cut off where it fades, in thousandths that sum to 1."""
    size, chance = mean / (spread - 1), 1 / spread
    count = np.arange(math.ceil(6 * mean * spread) + 10)
    log = [math.lgamma(size + k) - math.lgamma(size) - math.lgamma(k + 1) for k in count]
    law = np.exp(np.array(log) + size * math.log(chance) + count * math.log1p(-chance))
    thousandths = np.round(np.where(law >= LEAST, law, 0.0) * 1000)
    thousandths[np.argmax(thousandths)] += 1000 - thousandths.sum()
    found: FloatArray = thousandths / 1000
    return found
