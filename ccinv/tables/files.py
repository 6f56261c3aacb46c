"""A file opened as what it should be: a regular one, on this machine, of bearable size."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from ccinv.errors import Fault

MOST_BYTES = 2_000_000_000


def opened(path: Path, faults: list[Fault], most: int = MOST_BYTES) -> BinaryIO | None:
    """The file, open for reading, or None and a fault; pipes and devices are never waited for."""
    wrong = None
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        faults.append(Fault(path.name, f"a file that cannot be opened ({reason})", "a file", f"Check {path}."))
        return None
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        wrong = Fault(path.name, "something that is not a file", "a regular file", f"Put a file at {path}.")
    elif status.st_size > most:
        found, expected = f"{status.st_size:,} bytes", f"at most {most:,} bytes"
        wrong = Fault(path.name, found, expected, "Check that this is the right file, or split the store.")
    if wrong is not None:
        os.close(descriptor)
        faults.append(wrong)
        return None
    return os.fdopen(descriptor, "rb")
