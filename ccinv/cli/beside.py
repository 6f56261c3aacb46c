"""Policies of today beside a plan: which, from what the store folder says, and on how many paths."""

from __future__ import annotations

import numpy as np

from ccinv.auditing import Comparison, compare
from ccinv.auditing.pieces import block_paths
from ccinv.cli.screen import working
from ccinv.policies import ReorderPoint, customary
from ccinv.reading.folder import Folder
from ccinv.result import Plan
from ccinv.settings import Replay

PATHS = 4_000  # enough for means over cells, and a fraction of the audit's work on a large store


def wanted(folder: Folder, asked: bool | None) -> bool:
    """Whether policies stand beside the plan: as asked, else where the folder knows all that they need.

    A DataError names what is missing where they were asked for.
    """
    if asked:
        ReorderPoint(folder.order_cost, folder.holding_rate).on(folder.store)
    known = np.isfinite(folder.order_cost) & np.isfinite(folder.holding_rate) & (folder.holding_rate > 0)
    return bool(known.all()) if asked is None else asked


def compared(found: Plan, folder: Folder, how: Replay) -> Comparison:
    """The usual policies beside a plan on the first of the audit's paths: whole blocks, so that they are the same."""
    policies = customary(folder.order_cost, folder.holding_rate, found.budget_limit is not None)
    block = block_paths(found.store.items, found.store.periods)
    paths = min(how.paths, -(-PATHS // block) * block)
    with working(f"replaying {len(policies)} policies of today on {paths} paths") as work:
        return compare(found, policies, paths, how.seed, work.move)
