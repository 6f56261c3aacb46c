"""cc.plan_jointly: from joint promises to a plan, with bound, normal value and simulation of each side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.auditing import judge
from ccinv.auditing.simulating import LEARN, standard_error
from ccinv.auditing.together import served_together
from ccinv.calibrate.ceiling import ceiling
from ccinv.demand import common_factors
from ccinv.errors import InfeasibleError
from ccinv.inversion import Calibrated
from ccinv.inversion.inversion import Inversion
from ccinv.joint.promises import Groups, PerItem, Promise, summed
from ccinv.joint.question import Question
from ccinv.joint.record import JointPlan
from ccinv.joint.simulated import ACCEPT, SHOWN, Simulated
from ccinv.joint.splits import Split
from ccinv.models.multi_period.program import RuleKind
from ccinv.moments.dependence import EXACT, Dependence
from ccinv.moments.joint import joint_normal
from ccinv.objectives.max_min import MaxMinService
from ccinv.objectives.program import Objective
from ccinv.result import Plan
from ccinv.rules import Cumulative
from ccinv.store import Store

DOUBT = 5.0  # standard errors below α from which a simulated ceiling is a proof


def plan_jointly(
    store: Store,
    promise: Promise | None = None,
    split: Split | None = None,
    rule: RuleKind | None = None,
    objective: Objective | None = None,
    inversion: Inversion | None = None,
    constraints: Sequence[Any] = (),
    progress: Callable[[str], None] | None = None,
    *,
    dependence: Dependence = EXACT,
    paths: int | None = None,
    seed: int = 1,
) -> JointPlan:
    """Plan a store for P{no cell of a group is short} ≥ α, instead of the store's own promise for every single cell.

    promise: cc.joint.PerItem() by default, PerStore or PerGroup. split of the risk 1 − α: cc.joint.Simulated() by
    default, which keeps the promise by simulation; Equal() or Optimised(), which keep it by Boole's bound as far as the
    inversion keeps that of single cells. The rest as in cc.plan. The joint probabilities are judged on `paths`
    independent paths (by the size of the store if None), drawn from `seed`.

    Raises InfeasibleError where a promise cannot be kept (or plans the best, as `store.service.unattainable` says).
    """
    way = Simulated() if split is None else split
    groups = (promise or PerItem()).on(store)
    question = Question(
        store,
        groups,
        rule or Cumulative(),
        objective or MaxMinService(),
        inversion or Calibrated(),
        constraints,
        progress,
        dependence,
    )
    if store.service.unattainable == "refuse":
        _refuse_hopeless(question, seed)
    try:
        planned = way.pursue(question)
    except InfeasibleError as error:
        if isinstance(way, Simulated):
            raise
        raise InfeasibleError(
            f"By Boole's bound every cell is asked for its share of a joint promise: {_span(groups)}. "
            f"(cc.joint.Simulated() asks for no more than simulation shows to be needed.)\n{error}"
        ) from None
    plan = planned.plan
    normal, uncertain = _normal(store, groups, plan, dependence)
    number = paths or ACCEPT.paths(store)
    met = served_together(store, plan.rule, groups.group, groups.cells, number, (seed, 4))
    found = judge(met, number, groups.alpha)
    return JointPlan(
        plan=plan,
        groups=groups,
        bound=np.maximum(1 - groups.total(1 - plan.promised), 0.0),
        normal=normal,
        normal_error=uncertain,
        simulated=met / number,
        low=found.low,
        high=found.high,
        verdict=found.verdict,
        risk=planned.risk,
        paths=number,
        seed=seed,
        values=planned.values,
    )


def _normal(store: Store, groups: Groups, plan: Plan, dependence: Dependence) -> tuple[FloatArray, FloatArray]:
    """Joint probabilities as if net stock were normal, (G,), and their errors: products over independent items."""
    each = joint_normal(store, plan.rule, groups.cells, dependence=dependence)
    inside = groups.group >= 0
    owner, number = groups.group[inside], len(groups.alpha)
    product, error = np.ones(number), summed(owner, each.error[inside], number)
    np.multiply.at(product, owner, each.probability[inside])
    if common_factors(store.demand) is not None:
        several = np.bincount(owner, minlength=number) > 1
        product[several], error[several] = np.nan, np.nan
    return product, error


def _refuse_hopeless(question: Question, seed: int) -> None:
    """An InfeasibleError where some cell alone cannot have its group's α, whatever is ordered: no group is better."""
    store, groups = question.store, question.groups
    paths = LEARN.paths(store)
    most = ceiling(store, paths, (seed, 5))[groups.cells]
    alpha = groups.alpha[groups.owner]
    lost = np.flatnonzero(most < alpha - DOUBT * standard_error(alpha, paths))
    if len(lost) == 0:
        return
    where = np.argwhere(groups.cells)[lost]
    named = np.unique(groups.owner[lost])
    lines = [f"{len(named)} of {len(groups.alpha)} joint promises are beyond any order:"]
    lines += [
        f"    {groups.names[groups.group[i]]}: asked {level:.4g}, but item {store.item_id[i]} alone can have "
        f"{best:.4g} at most in period {store.calendar[t]}: what is needed does not arrive in time"
        for (i, t), level, best in zip(where[:SHOWN], alpha[lost], most[lost], strict=False)
    ]
    if len(lost) > SHOWN:
        lines.append(f"    ... and {len(lost) - SHOWN} more cells")
    lines.append('To plan with the best that is attainable there, set unattainable = "best".')
    raise InfeasibleError("\n".join(lines))


def _span(groups: Groups) -> str:
    share = (1 - groups.alpha) / groups.sizes
    low, high = f"{1 - share.max():.6g}", f"{1 - share.min():.6g}"
    return low if low == high else f"{low} to {high}"
