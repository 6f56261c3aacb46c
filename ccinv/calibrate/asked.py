"""What an objective asks of levels that are found by simulation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import singledispatch

import numpy as np

from ccinv.arrays import BoolArray, FloatArray
from ccinv.inversion.chances import Chances
from ccinv.objectives.expected_backorders import ExpectedBackorders
from ccinv.objectives.expected_cost import ExpectedCost
from ccinv.objectives.max_min import MaxMinService
from ccinv.objectives.minimum_budget import MinimumBudget
from ccinv.sample_path.question import Loss, Question
from ccinv.store import Store

CAP = 0.998  # beyond this probability more service is not worth money
CLOSE = 0.003  # to its ceiling: a cell asked for more is given up where the store allows it, since it costs without end
BELOW, BELOW_RISK = 0.003, 0.2  # how far below its ceiling a cell is raised: at most, and as a share of its risk


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """A store with what is asked of it: `ceiling` (n, N), the most that any orders can give; `promised` (n, N)."""

    store: Store
    chances: Chances
    ceiling: FloatArray
    promised: BoolArray

    @classmethod
    def of(cls, store: Store, chances: Chances, ceiling: FloatArray) -> Setting:
        """With all promises; where the store takes the best, without what no order keeps or what ruins the rest."""
        kept = (ceiling >= chances.asked + CLOSE) | (store.service.unattainable == "refuse")
        return cls(store, chances, ceiling, store.promised & kept)

    @property
    def question(self) -> Question:
        """The promises alone."""
        store, chances = self.store, self.chances
        return Question(
            level=np.where(self.promised, chances.asked, np.nan),
            confidence=chances.confidence,
            inversion=chances.inversion,
            limit=None if store.budget is None else store.budget.limits(store.periods),
        )

    def raising(self, cells: BoolArray, limit: FloatArray | None = None) -> Question:
        """Serve some cells as well as a limit (the store's by default) allows, all alike; as cheaply as can be where
        money is no limit."""
        question = self.question if limit is None else replace(self.question, limit=limit)
        most = np.clip(self.ceiling - np.minimum(BELOW, BELOW_RISK * (1 - self.ceiling)), 0.0, CAP)
        if question.limit is None:
            level = np.where(cells, np.maximum(most, np.nan_to_num(question.level, nan=0.0)), question.level)
            return replace(question, level=level, least=True)
        top = float(self.chances.inversion.kappa(CAP))
        return replace(question, raised=cells, most=most, top=top)


@singledispatch
def question_of(aim: object, setting: Setting) -> Question | None:
    """The question of an objective on sample paths; None where it has none there."""
    del aim, setting
    return None


@question_of.register
def _(aim: MinimumBudget, setting: Setting) -> Question:
    del aim
    return replace(setting.question, limit=None, least=True)


@question_of.register
def _(aim: MaxMinService, setting: Setting) -> Question:
    del aim
    store = setting.store
    others = store.controllable & ~store.important[:, None]
    return setting.raising(setting.promised if store.important.all() else others)


@question_of.register
def _(aim: ExpectedBackorders, setting: Setting) -> Question:
    del aim
    store = setting.store
    owed = np.repeat(store.weight[:, None], store.periods, axis=1)
    return replace(setting.question, loss=Loss(owed, np.zeros_like(owed), np.zeros(store.items)))


@question_of.register
def _(aim: ExpectedCost, setting: Setting) -> Question:
    holding, shortage, unit = aim.rates(setting.store)
    return replace(setting.question, loss=Loss(shortage, holding, unit))
