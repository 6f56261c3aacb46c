"""The program that surrogates of service are made for: half of the time at least, wherever that can be had."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import cvxpy as cp
import numpy as np

from ccinv.inversion.cones import cones
from ccinv.objectives.program import Hold, Program, Status

SHORT = 1e-6  # shortfall, in item units, from which a mean is out of reach
LOOSE = 1e-5  # how much a mean that is given up may still fall, so that the next program has an interior


def serving(program: Program) -> Program:
    """The program with E X ≥ 0 in its open cells; those that cannot have it together are held at the mean they have.

        min Σ_c e_c  such that  mean ≥ −unit · e,  e ≥ 0, under everything that is held already

    Of two decisions that cannot serve all, the one that gives up less in natural amounts.
    """
    cells = program.open_cells
    x = program.start
    net, unit = program.net.at_cells(cells), program.unit[cells]
    if (net.mean_at(x) < -SHORT * unit).any():
        shortfall = cp.Variable(len(cells))
        soft, _ = cones(net, program.x, 0.0, -cp.multiply(unit, shortfall))
        rows = [*soft, shortfall >= 0, *program.held(program.important, program.others)]
        if program.solve(cp.Minimize(cp.sum(shortfall)), rows).status is Status.SOLVED:
            x = np.asarray(program.x.value)
    mean = net.mean_at(x)
    poor = mean < -SHORT * unit
    given_up = Hold(cells[poor], np.zeros(int(poor.sum())), mean[poor] - LOOSE * unit[poor])
    # every program is a record with these fields
    held: Program = replace(cast("Any", program), others=given_up, open_cells=cells[~poor], start=x)
    return held
