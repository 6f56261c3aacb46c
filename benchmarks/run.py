"""All benchmarks, one line of a Markdown table per claim: `python -m benchmarks.run [NAME ...]` from the root.

Ends with 1 where a claim does not hold or a benchmark's own check of correctness fails.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from datetime import date
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

NAMES = (
    "cone_solve",
    "transcription_ratio",
    "linear_growth",
    "single_period",
    "rules_compared",
    "lot_sizing",
    "reliability",
    "perishables",
)
LONG = ("calibrated_worlds", "order_up_to", "owed", "reliability_simulated")  # only where they are named
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def machine() -> str:
    """What it ran on: processor, Python, versions, commit, and how busy the machine was."""
    processor = platform.processor() or platform.machine()
    known = Path("/proc/cpuinfo")
    if known.exists():
        models = [line.split(":", 1)[1].strip() for line in known.read_text().splitlines() if "model name" in line]
        processor = models[0] if models else processor
    versions = ", ".join(f"{name} {version(name)}" for name in ("ccinv", "cvxpy", "clarabel", "numpy", "scipy"))
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{date.today()}, {os.cpu_count()} × {processor}, Python {platform.python_version()}, {versions}, "
        f"commit {commit.stdout.strip() or 'unknown'}, load {load}"
    )


def main(names: list[str]) -> int:
    """Run the benchmarks named, or all; the number of claims that failed, at most 1."""
    for name in THREADS:  # before numpy is imported: processor time must be that of one thread
        os.environ[name] = "1"
    from benchmarks.row import HEAD
    from ccinv.errors import CcinvError

    unknown = [name for name in names if name not in NAMES + LONG]
    if unknown:
        print(f"No benchmark is called {unknown[0]!r}; there are {', '.join(NAMES + LONG)}.", file=sys.stderr)
        return 2
    print(f"{machine()}\n\n{HEAD}", flush=True)
    failed = False
    for name in names or NAMES:
        for job in import_module(f"benchmarks.{name}").jobs():
            try:
                row = job()
            except (AssertionError, CcinvError) as problem:
                failed = True
                said = " ".join(str(problem).split()) or type(problem).__name__
                print(f"| {name} {job.args} | | | | FAILED | {said} |", flush=True)
                continue
            failed |= row.holds is False
            print(row.markdown(), flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
