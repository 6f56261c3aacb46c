"""The folder of a network's plan on disk."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ccinv.auditing.balance import BalanceAudit
from ccinv.network import BalancePlan
from ccinv.reporting.balance import balance_page, balance_summary, balance_tables
from ccinv.writing.atomic import write_folder
from ccinv.writing.manifest import versions
from ccinv.writing.records import json_bytes


def write_balance(
    plan: BalancePlan,
    audit: BalanceAudit | None,
    folder: str | os.PathLike[str],
    force: bool = False,
    command: str = "",
) -> tuple[Path, dict[str, Any]]:
    """Write a plan and its audit, all or nothing, and return the folder and the figures.

    flows.csv, balance.csv, summary.json, report.html and the manifest, and where demand is uncertain rules.csv and
    limits.csv; refuses to overwrite without `force`.
    """
    figures = balance_summary(plan, audit)
    files = {
        **balance_tables(plan, audit),
        "summary.json": json_bytes(figures),
        "report.html": balance_page(plan, audit, versions(), command).encode(),
    }
    return write_folder(folder, files, None if audit is None else audit.seed, command, force), figures
