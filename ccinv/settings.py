"""How a store is to be planned: names of the store folder and the command line, turned into objects in one table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ccinv.errors import DataError, Fault
from ccinv.inversion import Cantelli, Normal, Student, Unimodal
from ccinv.reading.document import read_document

if TYPE_CHECKING:
    from ccinv.inversion.inversion import Inversion
    from ccinv.models.multi_period.program import RuleKind
    from ccinv.objectives.program import Objective

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Replay:
    """How the audit replays a plan: number of paths and seed."""

    paths: int = 20_000
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Settings:
    """The rule, the objective and the inversion to plan with, and how to audit."""

    rule: RuleKind
    objective: Objective
    inversion: Inversion
    audit: Replay


def read_settings(
    folder: str | Path,
    *,
    rule: str | None = None,
    objective: str | None = None,
    inversion: str | None = None,
    paths: int | None = None,
    seed: int | None = None,
) -> Settings:
    """The settings of a store folder; a name or number given here takes the place of the folder's.

    A DataError lists every name that means nothing, with the nearest that does.
    """
    document = read_document(folder)
    return settings_of(
        rule or document.rule,
        objective or document.objective,
        inversion or document.inversion,
        # degrees of freedom of the folder's inversion say nothing about another one
        document.nu if inversion in (None, document.inversion) else None,
        Replay(
            document.audit_paths if paths is None else paths,
            document.audit_seed if seed is None else seed,
        ),
    )


def settings_of(
    rule: str = "cumulative",
    objective: str = "max-min",
    inversion: str = "normal",
    nu: float | None = None,
    audit: Replay | None = None,
) -> Settings:
    """Settings from their names; `nu`: degrees of freedom, for "student" alone."""
    faults: list[Fault] = []
    with _noting(faults):
        kind = chosen("rule", rule, _rules())
    with _noting(faults):
        aim = chosen("objective", objective, _objectives())
    with _noting(faults):
        inverted = chosen("inversion", inversion, INVERSIONS, ("calibrated",))(nu)
    if faults:
        raise DataError(faults)
    return Settings(kind(), aim(), inverted, audit or Replay())


def chosen(what: str, name: str, known: Mapping[str, Found], later: tuple[str, ...] = ()) -> Found:
    """The entry of `known` called `name`, or a DataError that names those there are and the nearest.

    `later`: names that belong to the design and are not in this version.
    """
    if name in known:
        return known[name]
    near = get_close_matches(name, known, n=1)
    if name in later:
        remedy = "That one is not in this version yet."
    else:
        remedy = f"Did you mean {near[0]!r}?" if near else "Choose one of these."
    raise DataError(Fault(what, repr(name), " or ".join(map(repr, known)), remedy))


def _rules() -> dict[str, Callable[[], RuleKind]]:
    from ccinv.rules import Affine, Cumulative, Static, Thesis

    return {"cumulative": Cumulative, "thesis": Thesis, "static": Static, "affine": Affine}


def _objectives() -> dict[str, Callable[[], Objective]]:
    """Imported on use: they bring cvxpy with them, and whoever mistypes a name should not wait for it."""
    from ccinv.objectives.expected_backorders import ExpectedBackorders
    from ccinv.objectives.expected_stock import ExpectedStock
    from ccinv.objectives.max_min import MaxMinService
    from ccinv.objectives.minimum_budget import MinimumBudget
    from ccinv.objectives.sum_of_service import SumOfService

    return {
        "max-min": MaxMinService,
        "expected-stock": ExpectedStock,
        "backorders": ExpectedBackorders,
        "sum-of-service": SumOfService,
        "min-budget": MinimumBudget,
    }


def _plain(kind: Callable[[], Inversion]) -> Callable[[float | None], Inversion]:
    """An inversion that has no degrees of freedom."""

    def made(nu: float | None) -> Inversion:
        if nu is not None:
            found = f"nu = {nu:g}"
            raise DataError(Fault("inversion", found, 'no nu, except with "student"', "Take it out."))
        return kind()

    return made


INVERSIONS: dict[str, Callable[[float | None], Inversion]] = {
    "normal": _plain(Normal),
    "cantelli": _plain(Cantelli),
    "unimodal": _plain(Unimodal),
    "student": lambda nu: Student() if nu is None else Student(nu),
}


@contextmanager
def _noting(faults: list[Fault]) -> Iterator[None]:
    """Collect the faults of one step and go on, so that one reading mends all."""
    try:
        yield
    except DataError as error:
        faults += error.faults
