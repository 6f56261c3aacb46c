# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Calibration
#
# A plan knows mean and deviation of every stock exactly. A promise P{X ≥ 0} ≥ α needs more: the law. Stock is not
# normal (orders arrive all or not at all, sales are skewed), and orders cannot be negative. The calibrated inversion
# looks for the best order-up-to levels on simulated paths, with the actual laws and the orders as they are executed,
# and accepts them on others.

# %%
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
from scipy.special import ndtri

import ccinv as cc

SEED = 5
rng = np.random.default_rng(SEED)
items, periods = 8, 10
mean = rng.lognormal(3, 0.7, items)[:, None] * np.ones((1, periods))
store = cc.Store(
    unit_cost=rng.lognormal(2, 0.8, items).round(2),
    on_hand=(mean[:, 0] * 2.2).round(),
    important=np.arange(items) % 2 == 0,
    demand=cc.demand.Gamma(mean, mean * rng.uniform(0.4, 1.1, items)[:, None]),
    lead_time=cc.LeadTime([[0.7, 0.3]] * items),
    service=cc.Service(0.95, "best"),
)

# %% [markdown]
# ## The least money for 95 %, as claimed and in truth

# %%
PATHS = 50_000
plans = {
    "normal": cc.plan(store, objective=cc.MinimumBudget(), inversion=cc.inversion.Normal()),
    "Cantelli": cc.plan(store, objective=cc.MinimumBudget(), inversion=cc.inversion.Cantelli()),
    "calibrated": cc.plan(store, objective=cc.MinimumBudget()),
}
audits = {name: cc.audit(plan, PATHS, seed=SEED) for name, plan in plans.items()}
print("              least limit   service short by   limit met, worst period   promises broken")
for name, plan in plans.items():
    found = audits[name]
    short = np.nanmax(np.where(np.isfinite(plan.asked), plan.asked - found.service, np.nan))
    broken = sum(count for verdict, count in found.counts.items() if verdict == "BROKEN")
    print(f"{name:12} {plan.objective_value:10,.0f} $ {max(short, 0):18.4f} {found.budget.min():25.4f} {broken:17d}")
assert audits["calibrated"].kept
assert not audits["normal"].kept

# %% [markdown]
# ## How the levels were found
#
# The plan is one of order-up-to levels, O(t) = D(t) + S(t) − (I + Q): they are moved on fixed paths along the slopes of
# orders as they are executed, corrected for what independent paths see, and accepted on others again.

# %%
calibration = plans["calibrated"].calibration
print(*calibration.words, sep="\n")
print("least limit, step by step: ", *(f"{value:,.2f}" for value in calibration.values))
print("worst shortfall of a promise:", *(f"{value:.4f}" for value in calibration.missing))
levels = plans["calibrated"].rule.intercept + (store.on_hand + store.on_order)[:, None]
figure, axes = plt.subplots(figsize=(7, 3))
for item in np.flatnonzero(store.important):
    axes.step(np.arange(1, periods + 1), levels[item] / mean[item, 0], where="mid", label=store.item_id[item])
axes.set(title="order-up-to levels of the promised items", xlabel="period", ylabel="periods of sales")
axes.legend()
plt.show()

# %% [markdown]
# ## One κ for all is wrong in both directions
#
# The normal multiplier of 95 % is 1.64. What mean / deviation the promised cells have, in truth, where they are near
# their level:

# %%
near = np.isfinite(plans["calibrated"].asked) & (plans["calibrated"].promised < 0.96)
kappa = calibration.kappa[near]
print(f"least {kappa.min():.2f}, median {np.median(kappa):.2f}, most {kappa.max():.2f}; normal {ndtri(0.95):.2f}")
plt.figure(figsize=(6, 3))
plt.hist(kappa, bins=20)
plt.axvline(ndtri(0.95), color="0.4", lw=1)
plt.xlabel("mean / deviation")
plt.ylabel("promised cells")
plt.show()

# %% [markdown]
# ## What no κ can see
#
# Two items of cost 1 in opposite seasons, counts, orders that come at once. When a season ends the rule would like to
# take orders back, which nobody can: it waits instead. Levels of the textbook need 72 dollars for 95 % of both.

# %%
high, low = [40.0] * 4, [4.0] * 4
season = cc.demand.Poisson([high + low + high, low + high + low])
pair = cc.Store([1.0, 1.0], [60, 10], [True, True], season, cc.LeadTime([1.0]), service=0.95)
both = cc.plan(pair, objective=cc.MinimumBudget())
usual = cc.plan(pair, objective=cc.MinimumBudget(), inversion=cc.inversion.Normal())
for name, plan in (("calibrated", both), ("normal", usual)):
    found = cc.audit(plan, PATHS, seed=SEED)
    print(
        f"{name:11} says {plan.objective_value:6.2f} $ are enough; they are in {found.budget.min():.1%} of replays in "
        f"the worst period, and the weakest promised cell is served with {found.service[:, 1:].min():.4f}"
    )
assert both.objective_value == 72.0

# %% [markdown]
# ## Where no κ can help
#
# With orders that arrive in time with probability 0.7 only, the first months cannot have 95 % however much is ordered.
# Calibration knows before it starts: it names these cells, with the most that any order gives.

# %%
bare = replace(store, on_hand=np.round(mean[:, 0] * 0.8))
plan = cc.plan(bare, objective=cc.MinimumBudget())
for cell in plan.out_of_reach[:5]:
    print(
        f"{store.item_id[cell.item]}, period {cell.period + 1}: asked {cell.asked:.2f}, has {cell.attained:.3f}, "
        f"at most {cell.alone:.3f} by any orders; to blame: {cell.blame}"
    )
assert any(cell.blame == "lead time" for cell in plan.out_of_reach)

# %% [markdown]
# ## Equal probabilities
#
# For a standard score, γ, the weakest cells are alike in mean / deviation; once calibrated, they are alike in
# probability.

# %%
funded = replace(store, budget=cc.Budget(1.25 * plans["calibrated"].objective_value))
for name, inversion in (("normal", cc.inversion.Normal()), ("calibrated", cc.inversion.Calibrated())):
    plan = cc.plan(funded, inversion=inversion)
    found = cc.audit(plan, PATHS, seed=SEED)
    others = plan.controllable & ~store.important[:, None]
    weakest = np.sort(np.where(others, found.service, 1.0).min(axis=1)[~store.important])
    print(f"{name:11} weakest cell of each item without a promise: {np.round(weakest, 4)}, kept: {found.kept}")
