"""Where output goes, and the command that it says it comes from."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

from ccinv.writing import refuse_folder


def run_folder(out: Path | None, name: str, force: bool) -> Path:
    """`out`, if it may be written; without one the first of runs/NAME-1, runs/NAME-2, ... that does not exist.

    Asked before the work begins: nobody should wait for a plan that then cannot be written.
    """
    if out is not None:
        refuse_folder(out, force)
        return out
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "store"
    number = 1
    while (folder := Path("runs") / f"{slug}-{number}").exists():
        number += 1
    refuse_folder(folder, force)
    return folder


def command() -> str:
    """The command as it was typed, for the manifest."""
    return shlex.join(["ccinv", *sys.argv[1:]])
