"""A delivery process fitted to past cycles, and how well it goes with them, in figures and in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, smirnovi

from ccinv.arrays import FloatArray
from ccinv.deliveries.fitting import ExactMoments, FitMethod, PaperRounding
from ccinv.deliveries.history import History, MarkHistory, Table, history
from ccinv.deliveries.likelihood import MaximumLikelihood, log_likelihood
from ccinv.deliveries.marks import Marks
from ccinv.deliveries.process import Deliveries

RARE = 0.05  # a distance that a right law exceeds so rarely is called unusual
FEW = 30  # cycles: fewer show only gross misfits
WIDER = 1.5  # spreads that differ by less than this factor are not spoken of


@dataclass(frozen=True, slots=True, eq=False)
class MarkFit:
    """Marks of past cycles beside their law, mark by mark.

    `mean`, `sd` (K,): of the history (divisor C − 1); `law_mean`, `law_sd` (K,): of the law; `distance` (K,): the
    largest difference between the history's distribution function and the law's (Kolmogorov–Smirnov); `unusual`: the
    distance that a mark exceeds in one history of twenty of this length, were its law the right one and not fitted to
    the same cycles; `log_likelihood`: of all marks, −inf where the law excludes what was seen, None where it is
    certain.
    """

    mean: FloatArray
    sd: FloatArray
    law_mean: FloatArray
    law_sd: FloatArray
    distance: FloatArray
    unusual: float
    log_likelihood: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Deliveries fitted to past cycles. `method`: by what; `times`, `amounts`: how well; `totals` (C,): what came.

    `amounts` are cumulative, shares of the total of their cycle; times are shares of `period`.
    """

    method: str
    deliveries: Deliveries
    times: MarkFit
    amounts: MarkFit
    totals: FloatArray
    period: float

    @property
    def words(self) -> str:
        """What a planner should know of the fit, a line for each thing."""
        n = self.deliveries.number
        lines = [f"{self.method}: {n} deliveries in each of {len(self.totals)} past cycles"]
        lines.append("days: " + _law_words(self.deliveries.time_marks, self.period, "between deliveries", "g"))
        lines += _mark_lines(self.times, "delivery", self.period, "day ", "g")
        if n > 1:
            lines.append("amounts: " + _law_words(self.deliveries.amount_marks, 1.0, "in each delivery", ".1%"))
            lines += _mark_lines(self.amounts, "delivered by", 1.0, "", ".1%")
        low, high = self.totals.min(), self.totals.max()
        if high > low * 1.001:
            lines.append(
                f"cycles brought {low:.6g} to {high:.6g} in all, {self.totals.mean():.6g} on average; the law divides "
                "a total, it does not foresee it"
            )
        lines.append(_verdict(self.times, self.amounts, len(self.totals)))
        return "\n".join(lines)


def fit_deliveries(
    times: Table,
    amounts: Table,
    period: float = 1.0,
    *,
    method: FitMethod | None = None,
    amount_method: FitMethod | None = None,
) -> Fit:
    """`Deliveries.fit`, with the figures of its fit beside it."""
    way = MaximumLikelihood() if method is None else method
    found = Deliveries.fit(times, amounts, period, method=way, amount_method=amount_method)
    other = "" if amount_method is None else f"; amounts by {amount_method.name}"
    return _judged(f"{way.name}{other}", found, history(times, amounts, period), period)


def compare_fits(times: Table, amounts: Table, period: float = 1.0) -> tuple[Fit, ...]:
    """The fits by maximum likelihood, by exact moments and by the paper's rounding, in this order."""
    ways: tuple[FitMethod, ...] = (MaximumLikelihood(), ExactMoments(), PaperRounding())
    return tuple(fit_deliveries(times, amounts, period, method=way) for way in ways)


def _judged(method: str, deliveries: Deliveries, past: History, period: float) -> Fit:
    times = mark_fit(deliveries.time_marks, past.times)
    amounts = mark_fit(deliveries.amount_marks, past.amounts)
    return Fit(method, deliveries, times, amounts, past.totals, float(period))


def mark_fit(law: Marks, past: MarkHistory) -> MarkFit:
    """The figures of `MarkFit` for any law and any history of as many marks."""
    seen = past.marks
    count = len(seen)
    unusual = float(smirnovi(count, RARE / 2))  # each side's share: at most 5 % for both
    sd = seen.std(axis=0, ddof=1)
    likelihood = log_likelihood(law, past) if law.fixed is None and law.size else None
    return MarkFit(seen.mean(axis=0), sd, law.mean, law.sd, _distances(law, seen), unusual, likelihood)


def _distances(law: Marks, seen: FloatArray) -> FloatArray:
    """Kolmogorov–Smirnov distances of each column of `seen` (C, K) from its law."""
    count = len(seen)
    if law.fixed is not None:
        away = seen - law.fixed
        found: FloatArray = np.maximum((away < -1e-9).mean(axis=0), (away > 1e-9).mean(axis=0))
        return found
    share = np.clip((np.sort(seen, axis=0) - law.least) / law.scale, 0.0, 1.0)
    below = betainc(law.positions, law.sample + 1.0 - law.positions, share)
    rank = np.arange(count)[:, None]
    apart: FloatArray = np.maximum(below - rank / count, (rank + 1.0) / count - below).max(axis=0)
    return apart


def _law_words(law: Marks, unit: float, where: str, form: str) -> str:
    if law.fixed is not None:
        return "the same in all cycles"
    places = ", ".join(str(place) for place in law.positions)
    return (
        f"at least {law.step * unit:{_shown(form)}} {where}, the rest by the places {places} among {law.sample} points"
    )


def _mark_lines(fit: MarkFit, what: str, unit: float, prefix: str, form: str) -> list[str]:
    form = _shown(form)
    lines = []
    for i in range(len(fit.mean)):
        seen, law = fit.mean[i] * unit, fit.law_mean[i] * unit
        line = f"  {what} {i + 1}: {prefix}{seen:{form}} on average, law {law:{form}}"
        line += f"; spread {fit.sd[i] * unit:{form}}, law {fit.law_sd[i] * unit:{form}}"
        if fit.law_sd[i] > WIDER * fit.sd[i]:
            line += " (the law is wider: it asks for more stock than this history does)"
        elif fit.sd[i] > WIDER * fit.law_sd[i]:
            line += " (the law is narrower: it asks for less stock than this history does)"
        lines.append(f"{line}; distance {fit.distance[i]:.2f}")
    return lines


def _shown(form: str) -> str:
    return ".3g" if form == "g" else form


def _verdict(times: MarkFit, amounts: MarkFit, cycles: int) -> str:
    names = [
        f"{what} {i + 1} ({distance:.2f})"
        for what, fit in (("delivery", times), ("delivered by", amounts))
        for i, distance in enumerate(fit.distance)
        if distance > fit.unusual
    ]
    limit = f"a distance above {times.unusual:.2f} is unusual for the right law with {cycles} cycles"
    if names:
        return f"does not go with the history: {', '.join(names)}; {limit}"
    return (
        f"nothing contradicts the law: {limit}, so that only gross misfits show"
        if cycles < 30
        else (f"nothing contradicts the law: {limit}")
    )
