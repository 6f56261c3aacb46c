"""The run folder: a plan, its audit and its report on disk, and back."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ccinv.auditing import Audit
from ccinv.auditing.conduct import Comparison
from ccinv.errors import DataError, Fault
from ccinv.reporting import tables
from ccinv.reporting.page import page
from ccinv.reporting.policies import policies_csv, policies_summary
from ccinv.result import Plan
from ccinv.store import Store
from ccinv.writing.atomic import write_folder
from ccinv.writing.manifest import open_folder, versions
from ccinv.writing.records import arrays_of, json_bytes, npz_bytes, put_together, taken_apart
from ccinv.writing.rule_file import rule_bytes, rule_of

APART = ("store", "rule")  # fields of a plan that have files of their own


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """A plan, what its audit found (None: not replayed) and what other policies came to beside it, ready to be looked
    at or written."""

    plan: Plan
    audit: Audit | None = None
    comparison: Comparison | None = None

    def html(self, command: str = "") -> str:
        """The report as one self-contained page."""
        return page(self.plan, self.audit, versions(), command, self.comparison)

    def summary(self) -> dict[str, Any]:
        """The figures of the report as plain numbers and words."""
        return tables.summary(self.plan, self.audit) | {"policies": policies_summary(self.comparison)}

    def findings(self, command: str = "") -> dict[str, bytes]:
        """The files that say what was decided and found: name → content."""
        beside = {} if self.comparison is None else {"policies.csv": policies_csv(self.comparison)}
        return {
            "plan.csv": tables.plan_csv(self.plan, self.audit),
            "budget.csv": tables.budget_csv(self.plan, self.audit),
            **beside,
            "summary.json": json_bytes(self.summary()),
            "report.html": self.html(command).encode(),
        }

    def write(self, folder: str | os.PathLike[str], force: bool = False, command: str = "") -> Path:
        """Write the run folder, all or nothing; refuses to overwrite without `force`.

        `command`: the command line that made the plan, for the manifest and the foot of the page.
        """
        files = self.findings(command) | stored(self.plan)
        seed = None if self.audit is None else self.audit.seed
        return write_folder(folder, files, seed, command, force)


def report(plan: Plan, audit: Audit | None = None, comparison: Comparison | None = None) -> Report:
    """The report on a plan, its audit, and what policies of today came to beside it."""
    return Report(plan, audit, comparison)


def audit_folder(run: str | os.PathLike[str], seed: int, paths: int) -> Path:
    """Where a later audit of a run folder goes."""
    return Path(run) / f"audit-{seed}-{paths}"


def write_audit(
    folder: str | os.PathLike[str],
    audit: Audit,
    command: str = "",
    out: str | os.PathLike[str] | None = None,
    force: bool = False,
) -> Path:
    """Write a later audit of a run folder, to `audit-SEED-PATHS` inside it unless `out` names another folder.

    What is there is not written again without `force`, and the run itself never.
    """
    run = open_folder(folder)
    plan, _ = load(folder)
    target = audit_folder(run.path, audit.seed, audit.paths) if out is None else Path(out)
    if target.resolve() == run.path.resolve():
        found = "the run that was audited"
        raise DataError(Fault(str(target), found, "another folder", "Choose another folder: a run is not rewritten."))
    findings = Report(plan, audit).findings(command)
    return write_folder(target, findings, audit.seed, command, force, of=run.manifest["seal"])


def load(folder: str | os.PathLike[str]) -> tuple[Plan, Store]:
    """The plan in a run folder and the store it was made for, bit by bit as they were; a DataError where the folder is
    not whole."""
    run = open_folder(folder)
    store = _decoded(run.read("store.json"), run.read("store.npz"), str(run.path / "store.json"))
    values = _decoded(run.read("plan.json"), run.read("plan.npz"), str(run.path / "plan.json"))
    rule = rule_of(run.read("rule.json"), str(run.path / "rule.json"))
    try:
        return Plan(store=store, rule=rule, **values), store
    except TypeError as error:
        remedy = f"Read it with the version of ccinv that wrote it ({run.manifest['versions'].get('ccinv')})."
        raise DataError(Fault(str(run.path), f"another kind of plan ({error})", "a plan", remedy)) from None


def stored(plan: Plan) -> dict[str, bytes]:
    """The files that `load` needs."""
    store_arrays: dict[str, Any] = {}
    plan_arrays: dict[str, Any] = {}
    store_form = taken_apart(plan.store, store_arrays)
    plan_form = {
        field.name: taken_apart(getattr(plan, field.name), plan_arrays, field.name)
        for field in fields(plan)
        if field.name not in APART
    }
    return {
        "rule.json": rule_bytes(plan),
        "store.json": json_bytes(store_form),
        "store.npz": npz_bytes(store_arrays),
        "plan.json": json_bytes(plan_form),
        "plan.npz": npz_bytes(plan_arrays),
    }


def _decoded(form: bytes, arrays: bytes, where: str) -> Any:
    """What `form` and `arrays` hold together."""
    table = arrays_of(arrays, where.removesuffix(".json") + ".npz")
    try:
        found = json.loads(form)
        if "record" in found:
            return put_together(found, table)
        return {name: put_together(value, table, name) for name, value in found.items()}
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        remedy = "Write it anew, or copy it again from where it was whole."
        raise DataError(Fault(where, f"something else ({error!r})", "what ccinv writes there", remedy)) from None
    except ValueError as error:
        if isinstance(error, DataError):
            raise
        raise DataError(
            Fault(where, f"something else ({error})", "what ccinv writes there", "Write it anew.")
        ) from None
