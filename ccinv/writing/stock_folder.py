"""The folder of initial stocks on disk."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ccinv.auditing.stock import StockAudit
from ccinv.materials import StockPlan
from ccinv.reporting.stock import curve_csv, shortages_csv, stock_csv, stock_summary
from ccinv.reporting.stock_page import stock_page
from ccinv.writing.atomic import write_folder
from ccinv.writing.manifest import versions
from ccinv.writing.records import json_bytes


def write_stock(
    plan: StockPlan, audit: StockAudit, folder: str | os.PathLike[str], force: bool = False, command: str = ""
) -> tuple[Path, dict[str, Any]]:
    """Write stocks and their audit, all or nothing, and return the folder and the figures.

    stock.csv, shortages.csv, cost.csv, summary.json, report.html and the manifest; refuses to overwrite without
    `force`.
    """
    figures = stock_summary(plan, audit)
    files = {
        "stock.csv": stock_csv(plan, audit),
        "shortages.csv": shortages_csv(plan, audit),
        "cost.csv": curve_csv(plan),
        "summary.json": json_bytes(figures),
        "report.html": stock_page(plan, audit, versions(), command).encode(),
    }
    return write_folder(folder, files, audit.seed, command, force), figures
