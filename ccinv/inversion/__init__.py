"""From a probability to a cone: one inversion per file, and the one place that makes cones."""

from typing import TYPE_CHECKING, Any

from ccinv.inversion.box import Box
from ccinv.inversion.calibrated import Calibrated
from ccinv.inversion.cantelli import Cantelli
from ccinv.inversion.inversion import Inversion
from ccinv.inversion.normal import Normal
from ccinv.inversion.student import Student
from ccinv.inversion.unimodal import Unimodal

if TYPE_CHECKING:
    from ccinv.inversion.cones import chance as chance

__all__ = ["Box", "Calibrated", "Cantelli", "Inversion", "Normal", "Student", "Unimodal", "chance"]


def __getattr__(name: str) -> Any:
    """`chance` on first use: it needs cvxpy, which takes two seconds to import, and the records here do not."""
    if name != "chance":
        raise AttributeError(f"module 'ccinv.inversion' has no attribute {name!r}")
    from ccinv.inversion.cones import chance

    return chance
