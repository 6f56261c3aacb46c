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
# # Quick start
#
# A store of two items over twelve months: the first is important, the second is not. Demand is random, and so is the
# time from order to arrival. We ask for 95 % service of the important item in every month and for a money limit that
# holds with 95 %, and look at what comes of it.

# %%
import matplotlib.pyplot as plt
import numpy as np

import ccinv as cc

store = cc.Store(
    unit_cost=[40.0, 35.0],
    on_hand=[140, 90],
    important=[True, False],
    demand=cc.demand.Normal(mean=np.full((2, 12), 25.0), sd=np.full((2, 12), 6.0)),
    lead_time=cc.LeadTime([[0.2, 0.5, 0.3], [0.6, 0.3, 0.1]]),
    budget=cc.Budget(limit=9_000.0, confidence=0.95),
    service=0.95,
    item_id=["pump", "seal"],
)

# %% [markdown]
# ## A plan
#
# The plan is a rule: cumulative orders follow cumulative sales, O(t) = a(t) D(t) + o(t). The inversion says how a
# probability is turned into a safety distance. The default is calibrated: plans are simulated, as orders are really
# executed, and made again until every promise holds.

# %%
plan = cc.plan(store)
print("\n".join(plan.notes))
print("score of the weakest cell of the other item:", round(plan.objective_value, 3))
print("cells that an order can influence:\n", plan.controllable.astype(int))
np.round(plan.rule.a, 2)

# %% [markdown]
# ## Does it hold?
#
# The audit shares no formula with the planner: it draws sales and arrivals, moves stock, and counts.

# %%
audit = cc.audit(plan, paths=20_000, seed=1)
print("nothing broken:", audit.kept)
assert audit.kept
np.round(audit.service, 4)

# %%
months = np.arange(1, 13)
figure, axes = plt.subplots(1, 2, figsize=(10, 3.5), sharey=True)
for axis, name, item in zip(axes, store.item_id, range(2), strict=True):
    axis.plot(months, audit.service[item], "o-", label="found")
    axis.plot(months, np.where(plan.controllable[item], plan.promised[item], np.nan), "_", ms=14, label="promised")
    axis.set(title=name, xlabel="month", ylim=(0.9, 1.003))
axes[0].axhline(0.95, lw=0.8, color="0.5")
axes[0].set_ylabel("P{no shortage}")
axes[0].legend()
plt.show()

# %% [markdown]
# ## What a probability costs
#
# The least money limit that keeps the promise, under three assumptions and calibrated, and what the audit finds. The
# stock that is there at the start is worth more than the plans need, so each would like to order a negative amount in
# the first month. It cannot: the orders wait, service is better than promised, and the limit is missed at first. No
# formula sees this; the audit does, and so does calibration.

# %%
kinds = (cc.inversion.Normal(), cc.inversion.Unimodal(), cc.inversion.Cantelli(), cc.inversion.Calibrated())
for inversion in kinds:
    cheapest = cc.plan(store, objective=cc.MinimumBudget(), inversion=inversion)
    seen = cc.audit(cheapest, paths=20_000, seed=1)
    promised = np.isfinite(cheapest.asked)
    print(
        f"{type(inversion).__name__:10} least limit {cheapest.objective_value:6,.0f} $,  "
        f"lowest promised service {seen.service[promised].min():.4f},  "
        f"limit met in month 1: {seen.budget[0]:.3f},  in month 12: {seen.budget[-1]:.3f}"
    )

# %% [markdown]
# ## What to order now
#
# Two months have passed. The rule needs nothing but the sales.

# %%
sales = np.array([[22.0, 31.0], [25.0, 18.0]])
orders = plan.orders(sales)
print("order now:", dict(zip(store.item_id, np.round(orders[:, -1], 1).tolist(), strict=True)))
