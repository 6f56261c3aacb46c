"""The formulas of the thesis as printed, evaluated beside the corrected ones; small cases, outcome by outcome.

Each pair of functions is one erratum: `..._printed` is what stands in the text, `..._corrected` what holds. Source:
Harry N. Newton, A Chance Constrained Multiperiod Model for Inventory Management, The University of Texas at Austin,
1990 (AD-A239 278). `notebooks/thesis_errata.py` goes through all of them.
"""

from ccinv.thesis.arrivals import arrived_corrected, arrived_in_examples, arrived_printed, arrived_reversed
from ccinv.thesis.backorders import expected_backorders_corrected, expected_backorders_printed
from ccinv.thesis.budget import budget_rows_corrected, budget_rows_printed, room_corrected, room_printed, spent
from ccinv.thesis.law import inventory_law
from ccinv.thesis.moments import receipts_moments_corrected, receipts_moments_printed
from ccinv.thesis.receipts import (
    by_odds,
    by_products,
    outcomes,
    receipts_corrected,
    receipts_in_examples,
    receipts_printed,
)
from ccinv.thesis.score import row_corrected, row_hessian_printed, row_printed, score_printed
from ccinv.thesis.signs import (
    margin_corrected,
    margin_printed_first,
    margin_printed_second,
    served_corrected,
    served_printed,
)
from ccinv.thesis.stock import (
    net_stock_corrected,
    net_stock_printed,
    net_stock_variance_corrected,
    net_stock_variance_printed,
)

__all__ = [
    "arrived_corrected",
    "arrived_in_examples",
    "arrived_printed",
    "arrived_reversed",
    "budget_rows_corrected",
    "budget_rows_printed",
    "by_odds",
    "by_products",
    "expected_backorders_corrected",
    "expected_backorders_printed",
    "inventory_law",
    "margin_corrected",
    "margin_printed_first",
    "margin_printed_second",
    "net_stock_corrected",
    "net_stock_printed",
    "net_stock_variance_corrected",
    "net_stock_variance_printed",
    "outcomes",
    "receipts_corrected",
    "receipts_in_examples",
    "receipts_moments_corrected",
    "receipts_moments_printed",
    "receipts_printed",
    "room_corrected",
    "room_printed",
    "row_corrected",
    "row_hessian_printed",
    "row_printed",
    "score_printed",
    "served_corrected",
    "served_printed",
    "spent",
]
