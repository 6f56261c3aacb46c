"""The folder of a plan for perishables on disk."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ccinv.perishable import PerishablePlan
from ccinv.reporting.perishables import ages_csv, movements_csv, orders_csv, perishables_page, perishables_summary
from ccinv.shelf import replay
from ccinv.writing.atomic import write_folder
from ccinv.writing.manifest import versions
from ccinv.writing.records import json_bytes


def write_perishables(
    plan: PerishablePlan, folder: str | os.PathLike[str], force: bool = False, command: str = ""
) -> tuple[Path, dict[str, Any]]:
    """Write a plan, replayed unit by unit, all or nothing, and return its folder and its figures.

    orders.csv, movements.csv, ages.csv, summary.json, report.html and the manifest; refuses to overwrite without
    `force`.
    """
    ledger = replay(plan.store, plan.orders)
    figures = perishables_summary(plan, ledger)
    files = {
        "orders.csv": orders_csv(plan),
        "movements.csv": movements_csv(plan),
        "ages.csv": ages_csv(plan, ledger),
        "summary.json": json_bytes(figures),
        "report.html": perishables_page(plan, ledger, versions(), command).encode(),
    }
    seed = None if plan.promise is None else plan.promise.seed
    return write_folder(folder, files, seed, command, force), figures
