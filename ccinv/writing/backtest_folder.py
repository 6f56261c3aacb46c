"""The folder of a backtest on disk."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccinv.reporting.backtest import Held, backtest_csv, backtest_headline, backtest_page, backtest_summary
from ccinv.writing.atomic import write_folder
from ccinv.writing.manifest import versions
from ccinv.writing.records import json_bytes

if TYPE_CHECKING:
    from ccinv.backtesting import Backtest


def write_backtest(
    found: Backtest, folder: str | os.PathLike[str], force: bool = False, command: str = ""
) -> tuple[Path, str, dict[str, Any]]:
    """Write a backtest, all or nothing, and return its folder, its headline and its figures.

    backtest.csv, summary.json, report.html and the manifest; refuses to overwrite without `force`.
    """
    held = Held(found.plan, found.comparison, found.seen, found.asked, found.found, found.left_out)
    figures = backtest_summary(held)
    files = {
        "backtest.csv": backtest_csv(held),
        "summary.json": json_bytes(figures),
        "report.html": backtest_page(held, versions(), command).encode(),
    }
    place = write_folder(folder, files, found.comparison.seed, command, force)
    return place, backtest_headline(held), figures
