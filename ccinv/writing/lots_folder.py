"""The folder of a lot-sizing plan on disk."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ccinv.auditing.lots import LotAudit
from ccinv.lots import LotPlan
from ccinv.reporting.lots import capacity_csv, lots_csv, lots_page, lots_summary
from ccinv.writing.atomic import write_folder
from ccinv.writing.manifest import versions
from ccinv.writing.records import json_bytes


def write_lots(
    plan: LotPlan, audit: LotAudit | None, folder: str | os.PathLike[str], force: bool = False, command: str = ""
) -> tuple[Path, dict[str, Any]]:
    """Write a plan and its audit, all or nothing, and return the folder and the figures.

    lots.csv, capacity.csv, summary.json, report.html and the manifest; refuses to overwrite without `force`.
    """
    figures = lots_summary(plan, audit)
    files = {
        "lots.csv": lots_csv(plan, audit),
        "capacity.csv": capacity_csv(plan, audit),
        "summary.json": json_bytes(figures),
        "report.html": lots_page(plan, audit, versions(), command).encode(),
    }
    return write_folder(folder, files, None if audit is None else audit.seed, command, force), figures
