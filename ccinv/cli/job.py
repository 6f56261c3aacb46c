"""The steps of the main job as the command line takes them: with progress, and with something to say at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ccinv.auditing import Audit, audit
from ccinv.auditing.conduct import Comparison
from ccinv.cli.folders import command
from ccinv.cli.outcome import Code, Outcome
from ccinv.cli.screen import working
from ccinv.cli.words import audit_words, compared_words, plan_words
from ccinv.planner import plan
from ccinv.result import Plan
from ccinv.settings import Replay, Settings
from ccinv.store import Budget, Store
from ccinv.writing import report


def changed(store: Store, service: float | None, budget: float | None) -> Store:
    """The store with the promises that the command line asks for in place of its own."""
    if service is not None:
        store = replace(store, service=replace(store.service, alpha=service))
    if budget is not None:
        store = replace(store, budget=replace(store.budget or Budget(budget), limit=np.array([budget])))
    return store


def solved(store: Store, settings: Settings) -> Plan:
    """The plan."""
    with working(f"planning {store.items} items over {store.periods} periods") as work:
        return plan(store, settings.rule, settings.objective, settings.inversion, progress=work.tell)


def replayed(found: Plan, how: Replay) -> Audit:
    """The audit."""
    with working(f"replaying {how.paths} paths") as work:
        return audit(found, how.paths, how.seed, work.move)


def written(
    found: Plan,
    seen: Audit | None,
    folder: Path,
    force: bool,
    beside: Sequence[str] = (),
    comparison: Comparison | None = None,
) -> Outcome:
    """Write the run folder and say what came of it, and `beside`: to people, to programs, to the shell."""
    made = report(found, seen, comparison)
    made.write(folder, force=force, command=command())
    page = folder / "report.html"
    text = "\n".join(
        [*plan_words(found), *audit_words(found, seen), *compared_words(comparison), *beside, f"Report: {page}"]
    )
    data: dict[str, Any] = {"folder": str(folder), "report": str(page), **made.summary()}
    return Outcome(text, data, verdict(seen))


def verdict(seen: Audit | None) -> Code:
    """What the shell is told of an audit."""
    return Code.DONE if seen is None or seen.kept else Code.BROKEN
