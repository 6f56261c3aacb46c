"""The two materials of the paper, its tables of past cycles, and delivery processes of all kinds."""

import numpy as np
from hypothesis import strategies as st

import ccinv as cc

FIRST = cc.Deliveries((3, 5, 7, 9), 10, 0.10, (5, 7, 11), 20, 0.16)
SECOND = cc.Deliveries((2, 3, 5, 7, 9), 10, 0.15, (2, 5, 7, 8), 10, 0.12)

# Tables 2 and 3: six cycles of 90 days
DAYS = np.array(
    [[23, 41, 61, 82], [27, 48, 73, 88], [30, 39, 60, 90], [19, 48, 68, 89], [24, 50, 65, 78], [28, 42, 71, 82]]
)
AMOUNTS = np.array(
    [
        [630, 400, 670, 800],
        [700, 500, 600, 900],
        [730, 580, 550, 740],
        [720, 620, 650, 1010],
        [760, 580, 760, 1100],
        [750, 650, 780, 920],
    ]
)


@st.composite
def random_deliveries(draw: st.DrawFn, most: int = 5, largest: int = 16) -> cc.Deliveries:
    """Times and amounts both left to chance, demand at a constant rate."""
    n = draw(st.integers(2, most))
    sample, amount_sample = draw(st.integers(n, largest)), draw(st.integers(n - 1, largest))
    times = sorted(draw(st.permutations(range(1, sample + 1)))[:n])
    amounts = sorted(draw(st.permutations(range(1, amount_sample + 1)))[: n - 1])
    steps = st.sampled_from([0.0, 0.1, 0.4, 0.8])
    return cc.Deliveries(times, sample, draw(steps) / n, amounts, amount_sample, draw(steps) / n)
