"""Linear decision rules: how cumulative orders may follow the sales seen."""

from ccinv.rules.affine import Affine
from ccinv.rules.cumulative import Cumulative, Static
from ccinv.rules.layout import Layout, PooledLayout, ShockLayout, item_scale
from ccinv.rules.linear import LinearMap, stacked
from ccinv.rules.thesis import Thesis

__all__ = [
    "Affine",
    "Cumulative",
    "Layout",
    "LinearMap",
    "PooledLayout",
    "ShockLayout",
    "Static",
    "Thesis",
    "item_scale",
    "stacked",
]
