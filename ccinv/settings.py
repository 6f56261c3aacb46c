"""How a store is to be planned: names of the store folder and the command line, turned into objects in one table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ccinv.errors import DataError, Fault
from ccinv.inversion import Calibrated, Cantelli, Normal, Student, Unimodal
from ccinv.reading.document import NAME, Document, read_document

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
    aim = objective or document.objective
    terms: dict[str, float | str] = {}
    if aim == "min-budget":
        terms = {"then": document.then}
    if aim == "expected-cost":
        terms = _costs(document)
    return settings_of(
        rule or document.rule,
        aim,
        inversion or document.inversion,
        # degrees of freedom and confidence of the folder's inversion say nothing about another one
        document.nu if inversion in (None, document.inversion) else None,
        document.inversion_confidence if inversion in (None, document.inversion) else None,
        Replay(
            document.audit_paths if paths is None else paths,
            document.audit_seed if seed is None else seed,
        ),
        terms,
    )


def _costs(document: Document) -> dict[str, float | str]:
    """What expected cost is made of; a DataError for each rate that is missing."""
    rates = {"holding": document.holding, "shortage": document.shortage}
    missing = [name for name, value in rates.items() if value is None]
    if missing:
        raise DataError(
            [
                Fault(
                    f"[objective] {name} in {NAME}",
                    "nothing",
                    "dollars per unit and period",
                    'Add it: "expected-cost" weighs what is held against what is owed.',
                )
                for name in missing
            ]
        )
    return {**{name: value for name, value in rates.items() if value is not None}, "unit": document.unit}


def settings_of(
    rule: str = "cumulative",
    objective: str = "max-min",
    inversion: str = "calibrated",
    nu: float | None = None,
    confidence: float | None = None,
    audit: Replay | None = None,
    terms: Mapping[str, float | str] | None = None,
) -> Settings:
    """Settings from their names; `nu`: degrees of freedom, for "student"; `confidence`: for "calibrated"; `terms`: what
    the objective is made with."""
    faults: list[Fault] = []
    with _noting(faults):
        kind = chosen("rule", rule, _rules())
    with _noting(faults):
        aim = chosen("objective", objective, _objectives())
    with _noting(faults):
        inverted = chosen("inversion", inversion, INVERSIONS)(nu, confidence)
    if faults:
        raise DataError(faults)
    return Settings(kind(), aim(**(terms or {})), inverted, audit or Replay())


def chosen(what: str, name: str, known: Mapping[str, Found]) -> Found:
    """The entry of `known` called `name`, or a DataError that names those there are and the nearest."""
    if name in known:
        return known[name]
    near = get_close_matches(name, known, n=1)
    remedy = f"Did you mean {near[0]!r}?" if near else "Choose one of these."
    raise DataError(Fault(what, repr(name), " or ".join(map(repr, known)), remedy))


def _rules() -> dict[str, Callable[[], RuleKind]]:
    from ccinv.rules import Affine, Cumulative, Static, Thesis

    return {"cumulative": Cumulative, "thesis": Thesis, "static": Static, "affine": Affine}


def _objectives() -> dict[str, Callable[..., Objective]]:
    """Imported on use: they bring cvxpy with them, and whoever mistypes a name should not wait for it."""
    from ccinv.objectives.expected_backorders import ExpectedBackorders
    from ccinv.objectives.expected_cost import ExpectedCost
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
        "expected-cost": ExpectedCost,
    }


Parameters = Callable[[float | None, float | None], "Inversion"]


def _plain(kind: Callable[[], Inversion]) -> Parameters:
    """An inversion without parameters."""

    def made(nu: float | None, confidence: float | None) -> Inversion:
        _refuse(nu=nu, confidence=confidence)
        return kind()

    return made


def _student(nu: float | None, confidence: float | None) -> Inversion:
    _refuse(confidence=confidence)
    return Student() if nu is None else Student(nu)


def _calibrated(nu: float | None, confidence: float | None) -> Inversion:
    _refuse(nu=nu)
    return Calibrated() if confidence is None else Calibrated(confidence=confidence)


def _refuse(**given: float | None) -> None:
    """One fault for every parameter that the inversion does not have."""
    owner = {"nu": "student", "confidence": "calibrated"}
    faults = [
        Fault("inversion", f"{name} = {value:g}", f'no {name}, except with "{owner[name]}"', "Take it out.")
        for name, value in given.items()
        if value is not None
    ]
    if faults:
        raise DataError(faults)


INVERSIONS: dict[str, Parameters] = {
    "normal": _plain(Normal),
    "cantelli": _plain(Cantelli),
    "unimodal": _plain(Unimodal),
    "student": _student,
    "calibrated": _calibrated,
}


@contextmanager
def _noting(faults: list[Fault]) -> Iterator[None]:
    """Collect the faults of one step and go on, so that one reading mends all."""
    try:
        yield
    except DataError as error:
        faults += error.faults
