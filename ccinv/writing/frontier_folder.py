"""The folder of a frontier on disk."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ccinv.curves import Frontier
from ccinv.reporting.frontier import frontier_csv, frontier_page, frontier_picture, frontier_summary, prices_csv
from ccinv.writing.atomic import write_folder
from ccinv.writing.manifest import versions
from ccinv.writing.records import json_bytes

DOCUMENT = '<?xml version="1.0" encoding="utf-8"?>\n'


def write_frontier(
    found: Frontier, folder: str | os.PathLike[str], force: bool = False, command: str = ""
) -> tuple[Path, dict[str, Any]]:
    """Write a frontier, all or nothing, and return its folder and its figures.

    frontier.csv, prices.csv, frontier.svg, summary.json, report.html and the manifest; refuses to overwrite without
    `force`.
    """
    figures = frontier_summary(found)
    files = {
        "frontier.csv": frontier_csv(found),
        "prices.csv": prices_csv(found),
        "frontier.svg": (DOCUMENT + frontier_picture(found)).encode(),
        "summary.json": json_bytes(figures),
        "report.html": frontier_page(found, versions(), command).encode(),
    }
    return write_folder(folder, files, None, command, force), figures
