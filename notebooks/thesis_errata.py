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
# # The thesis as printed, and as it must be
#
# ccinv grew out of a thesis: Harry N. Newton, *A Chance Constrained Multiperiod Model for Inventory Management* (The
# University of Texas at Austin, 1990). Its idea holds; many of its formulas do not hold as printed. `cc.thesis` has
# both: functions called `..._printed` say what stands in the text, those called `..._corrected` what is right. Here
# each erratum is shown by a number. The tests prove the corrected side by enumeration.
#
# In short: D(t) cumulative sales, Y(s) the order of period s, O(t) cumulative orders, R(t) receipts through period t,
# I1 stock at the start, X(t) = I1 + R(t − 1) − D(t) net stock, p(j) the probability that an order arrives *precisely* j
# periods after it was placed, P(j) that it arrives *at the latest* then.

# %%
import matplotlib.pyplot as plt
import numpy as np
from scipy.special import ndtr, ndtri

import ccinv as cc
from ccinv import thesis
from ccinv.result import PooledRule

p = np.array([0.2, 0.5, 0.3])


def shown(outcomes):
    """A law as text: value and probability of each outcome."""
    return "  ".join(f"{value:g}: {probability:.3f}" for value, probability in zip(*outcomes, strict=True))


# %% [markdown]
# ## E1 · An order that has arrived stays arrived (§3.5)
#
# The amount of Y(s) received *by* t is printed as Y(s) with probability p(t − s), that of arriving *precisely* in t.
# It must be P(t − s). With one unit ordered in every period, printed receipts stop growing at one unit.

# %%
horizon = np.arange(1, 9)
precisely = np.concatenate([p, np.zeros(5)])
printed = [thesis.by_products(precisely[:t][::-1]) @ thesis.outcomes(t).sum(axis=1) for t in horizon]
corrected = [float(np.dot(*thesis.receipts_corrected(np.ones(t), p))) for t in horizon]
assert corrected[-1] > printed[-1] + 5

figure, axis = plt.subplots(figsize=(6, 3))
axis.plot(horizon, corrected, "o-", label="P(t − s)")
axis.plot(horizon, printed, "s--", label="p(t − s), printed")
axis.set(xlabel="period t", ylabel="E R(t), units", title="one unit ordered in each period")
axis.legend()
plt.show()

# %% [markdown]
# ## E2 · The age of an order, not its number (§3.5, general formula)
#
# z and p̃ run over j = 1..t and give the order Y(s) the probability p(s). The probability belongs to the order's *age*
# t − s = 0..t − 1. The tables of R(2) and R(3), just above it in the text, do use the age; that of R(1) does not. And
# to move the indices to 0..t − 1 without turning them round gives the oldest order the probability of the youngest.

# %%
print("takes for the orders 1, 2, 3, printed  ", thesis.arrived_printed(p, 3))
print("in the text's own table of R(3)        ", thesis.arrived_in_examples(p, 3))
print("range moved, order not turned          ", thesis.arrived_reversed(p, 3))
print("right (with E1)                        ", thesis.arrived_corrected(p, 3))
orders = np.array([7.0, 11.0])
print("\nR(2) printed  ", shown(thesis.receipts_printed(orders, p)))
print("R(2) table    ", shown(thesis.receipts_in_examples(orders, p)))
print("R(2) corrected", shown(thesis.receipts_corrected(orders, p)))
assert np.abs(thesis.receipts_printed(orders, p)[1] - thesis.receipts_corrected(orders, p)[1]).max() > 0.2

# %% [markdown]
# ## E2b · A line that stands twice (§3.5, table of R(3))
#
# Y(1) + Y(2) is listed twice; the second should be Y(2) + Y(3).

# %%
orders = np.array([7.0, 11.0, 4.0])
values, probabilities = thesis.receipts_in_examples(orders, p)
mended = thesis.outcomes(3) @ orders
print("values printed", values, " mean", round(values @ probabilities, 3))
print("values mended ", mended, " mean", round(mended @ probabilities, 3))
assert values @ probabilities - mended @ probabilities > 0.2

# %% [markdown]
# ## E2c · 0 · ∞ (§3.5)
#
# p̃ = p / (1 − p) and z = Π (1 − p) cannot be evaluated once an order is sure to have arrived, which after E1 is so for
# every order old enough. Products of P and 1 − P can.

# %%
arrived = thesis.arrived_corrected(p, 3)
print("has arrived:", arrived)
print("z Π p̃     :", thesis.by_odds(arrived))
print("products   :", thesis.by_products(arrived))
assert np.isnan(thesis.by_odds(arrived)).any()
assert abs(thesis.by_products(arrived).sum() - 1) < 1e-12

# %% [markdown]
# ## E3 · A negative variance (§3.5, E[R²])
#
# The second moment of a sum is printed as the sum of the second moments. Two orders of one unit, each arrived with
# probability 0.9:

# %%
chances = np.array([0.9, 0.9])
_, printed = thesis.receipts_moments_printed(np.ones(2), np.ones(2), chances)
_, corrected = thesis.receipts_moments_corrected(np.ones(2), np.ones((2, 2)), chances)
print(f"Var R printed {printed:.2f}, corrected {corrected:.2f}, and 2 · 0.9 · 0.1 = 0.18")
assert abs(printed + 1.44) < 1e-12
assert abs(corrected - 0.18) < 1e-12

# %% [markdown]
# ## E4 · Three signs (§3.6.1 on)
#
# I1 + R ≥ D is rewritten as R − D ≤ I1; the margin becomes I1 − E R + E D, and, one line later and ever after,
# I1 − E R − E D. It should be D − R ≤ I1 and I1 + E R − E D. Under each printed sign more receipts make things worse;
# under the last, no item can be served once its expected sales exceed its first stock. (In the second surrogate,
# §3.7.2, the objective has the right sign, and the rows below it the wrong one. In §3.6.3 the standardised variable is
# printed as R − D − E R − E D over σ, whose mean is −2 E D / σ and not 0.)

# %%
demand = cc.demand.Discrete([0.0, 3.0, 10.0], [0.3, 0.5, 0.2], periods=4)
on_hand, orders = 8.0, np.array([6.0, 5.0, 5.0])
values, mass = thesis.inventory_law(on_hand, orders, p, demand, after_sales=True)
receipts, chance = thesis.receipts_corrected(orders, p)
rng = np.random.default_rng(4)
received = rng.choice(receipts, p=chance, size=100_000)
sold = demand.sample(rng, 100_000)[0].sum(axis=0)
print(f"P{{X(4) ≥ 0}}: exact {mass[values >= 0].sum():.3f},  "
      f"D − R ≤ I1: {thesis.served_corrected(on_hand, received, sold).mean():.3f},  "
      f"R − D ≤ I1 as printed: {thesis.served_printed(on_hand, received, sold).mean():.3f}")  # fmt: skip
means = receipts @ chance, 4 * float(demand.mean[0, 0])
print(f"E X(4): exact {values @ mass:.2f},  printed {thesis.margin_printed_first(on_hand, *means):.2f}, "
      f"then {thesis.margin_printed_second(on_hand, *means):.2f}")  # fmt: skip
assert abs(thesis.margin_corrected(on_hand, *means) - values @ mass) < 1e-9
assert (
    thesis.margin_printed_second(on_hand, *means)
    < values @ mass - 20
    < thesis.margin_printed_first(on_hand, *means) - 20
)

# %% [markdown]
# ## E5 · Dollars taken from units (§3.6.2, (3.2))
#
# What is left of the budget is printed as Imax + Σ (b − c) I1; it is Imax + Σ c (b − 1) I1. Two items of $ 40 and $ 35:

# %%
cost, held = np.array([40.0, 35.0]), np.array([120.0, 90.0])
a = np.array([[1.4, 1.3, 1.2], [1.1, 1.2, 1.3]])
b = np.array([[0.2, 0.3, 0.4], [0.6, 0.5, 0.4]])
law = cc.demand.Normal(np.full((2, 3), 25.0), np.full((2, 3), 6.0))
sales = law.sample(np.random.default_rng(5), 100_000)
placed = PooledRule(a, -b * held[:, None]).cumulative(sales)
dollars = np.einsum("i,itp->tp", cost, held[:, None, None] + placed - np.cumsum(sales, axis=1))
mu, delta = thesis.spent(cost, a, np.cumsum(law.mean, axis=1), np.cumsum(law.sd**2, axis=1))
print("left of 9000 on average, simulated", np.round(9000 - dollars.mean(axis=1)))
print("corrected                         ", np.round(thesis.room_corrected(9000, cost, held, b) - mu))
print("printed                           ", np.round(thesis.room_printed(9000, cost, held, b) - mu))
assert (thesis.room_printed(9000, cost, held, b) < thesis.room_corrected(9000, cost, held, b) - 2000).all()

# %% [markdown]
# ## E6 · γ is no probability (§3.6.3)
#
# "0 ≤ γ ≤ 1 since γ represents a probability": it is a standard score of any sign; the probability is Φ(γ). The printed
# bounds stop at Φ(1) = 0.841 and refuse every plan with a cell below one half.


# %%
def two_items(important, nonnegative="mean", limit=1_500.0, on_hand=20.0, pmf=(0.5, 0.5)):
    """A small store, used from here on: what is ordered comes in the same period or the next, half and half."""
    return cc.Store(
        unit_cost=[40.0, 10.0],
        on_hand=[on_hand, 20.0],
        important=important,
        demand=cc.demand.Normal([[10.0] * 4, [8.0] * 4], [[3.0] * 4, [2.0] * 4]),
        lead_time=cc.LeadTime(pmf),
        budget=cc.Budget(limit, 0.9),
        service=0.8,
        orders=cc.Orders(nonnegative),
    )


rule = cc.rules.Thesis()
plan = cc.plan(two_items([True, False]), rule=rule, inversion=cc.inversion.Normal())
score = plan.objective_value
print(f"γ = {score:.3f}, probability {ndtr(score):.3f}; the printed bounds stop at {ndtr(1):.3f}")
assert thesis.score_printed(score) == 1.0 < score - 0.5

# %% [markdown]
# ## E7 · Not a convex quadratic (§3.7)
#
# σ²κ² − v² ≤ 0 with σ² a quadratic form is indefinite: its Hessian has the entry −2 for v. Only together with v ≥ 0
# does it describe a convex set, the cone κσ ≤ v, and as a cone it must be given to a solver. With κ = γ to be maximised
# not even that is convex; each single γ gives a cone, and the problem is quasi-convex.

# %%
net = cc.moments.net_stock(plan.store, rule.on(plan.store)).at_cells(np.array([2]))
eigenvalues = np.linalg.eigvalsh(thesis.row_hessian_printed(net.factor.matrix.toarray(), ndtri(0.95)))
print("eigenvalues of the printed row, first and last:", eigenvalues[[0, -1]])
assert eigenvalues[0] < 0 < eigenvalues[-1]

x, v = np.meshgrid(np.linspace(-3, 3, 201), np.linspace(-5, 5, 201))
sd = np.hypot(1.0, x)  # the deviation under a decision x
figure, axes = plt.subplots(1, 2, figsize=(9, 3), sharey=True)
axes[0].contourf(x, v, thesis.row_printed(sd, v, 1.0) <= 0, levels=[0.5, 1.5])
axes[1].contourf(x, v, (thesis.row_corrected(sd, v, 1.0) <= 0) & (v >= 0), levels=[0.5, 1.5])
for axis, title in zip(axes, ("σ²κ² − v² ≤ 0: two pieces", "κσ ≤ v: a cone"), strict=True):
    axis.set(title=title, xlabel="decision x")
axes[0].set_ylabel("spacer v")
plt.show()

# %% [markdown]
# ## E8 · Receipts are not independent of sales (§3.5, §3.6.1)
#
# Var(R − D) is printed as Var R + Var D. But orders follow sales: the rule says so. With a ≥ 0, R and D rise together,
# and net stock varies less than the sum says: the printed deviation is too large in every period that orders reach.

# %%
discrete = cc.Store([3.0], [12.0], [True], demand, cc.LeadTime(p))
following = PooledRule(np.array([[1.2, 1.0, 1.1, 1.1]]), np.array([[2.0, 5.0, 4.0, 4.0]]))
apart = np.sqrt(thesis.net_stock_variance_printed(discrete, following)[0])
together = np.sqrt(thesis.net_stock_variance_corrected(discrete, following)[0])
print("sd of net stock, printed  ", np.round(apart, 2))
print("sd of net stock, corrected", np.round(together, 2))
assert apart[3] > 1.5 * together[3]

# %% [markdown]
# What that costs: twenty important items, 0.95 promised in every period, for the least money that keeps the promise.
# One plan takes receipts as following sales, the other as independent of them (`dependence=cc.moments.Independent()`).
# Sales are normal and every order takes one period, so that nothing else is approximate.

# %%
rng = np.random.default_rng(70)
growing = rng.uniform(5, 30, (20, 1)) * np.linspace(1, 1.6, 8)
twenty = cc.Store(
    unit_cost=rng.uniform(5, 50, 20),
    on_hand=4 * growing[:, 0],
    important=[True] * 20,
    demand=cc.demand.Normal(growing, 0.3 * growing),
    lead_time=cc.LeadTime([0.0, 1.0]),
    service=0.95,
    orders=cc.Orders("monotone"),
)
plans, served = [], []
for dependence in (cc.moments.FollowingSales(), cc.moments.Independent()):
    plans.append(cc.plan(twenty, objective=cc.MinimumBudget(), inversion=cc.inversion.Normal(), dependence=dependence))
    promised = np.isfinite(plans[-1].asked)
    served.append(cc.audit(plans[-1], paths=4_000, seed=71).service[promised].min())
    print(f"{type(dependence).__name__:15} $ {plans[-1].objective_value:,.0f}, least promised "
          f"{plans[-1].promised[promised].min():.3f}, least delivered {served[-1]:.4f}")  # fmt: skip
assert plans[1].objective_value > 1.2 * plans[0].objective_value
assert abs(served[0] - 0.95) < 0.015
assert served[1] > 0.99

# %% [markdown]
# ## E9 · The minimum over which items? (§3.6.3)
#
# (3.3) and (3.4) raise the minimum over all items, (3.5) and §3.7.1 over those that are not important. That is not the
# same: an important item that keeps its own promise of 0.8 holds the others down.

# %%
everybody = cc.model(two_items([False, False]), rule=rule, inversion=cc.inversion.Normal())
bounds = rule.on(plan.store).bounds
over_all = cc.plan(
    two_items([False, False]),
    rule=rule,
    inversion=cc.inversion.Normal(),
    constraints=[bounds.matrix @ everybody.x + bounds.constant >= 0],
)
print(f"γ over all items {over_all.objective_value:.3f}, over the others {plan.objective_value:.3f}")
assert (over_all.mean / over_all.sd)[0, 1:].min() > ndtri(0.8)  # the promise is kept in both
assert plan.objective_value > over_all.objective_value + 0.5

# %% [markdown]
# ## E10 · Orders below zero (§3.5.4, §3.7)
#
# Nothing says that an order is not negative. So one item is sold back, in the model, to finance another. No such order
# can be placed: the audit executes orders as they can be, and the budget is gone.

# %%
given = {"limit": 6_000.0, "on_hand": 100.0}
free = cc.plan(
    two_items([False, False], "none", **given), rule=rule, objective=cc.ExpectedStock(), inversion=cc.inversion.Normal()
)
real = cc.plan(
    two_items([False, False], "mean", **given), rule=rule, objective=cc.ExpectedStock(), inversion=cc.inversion.Normal()
)
audit = cc.audit(free, paths=2_000, seed=10)
print(f"Σ E X(t): {free.objective_value:,.0f} as printed, {real.objective_value:,.0f} with E Y ≥ 0")
print("budget promised", np.round(free.budget_promised, 3), " found", np.round(audit.budget, 3))
assert free.objective_value > 1.3 * real.objective_value
assert audit.budget.min() < 0.5

figure, axes = plt.subplots(1, 2, figsize=(9, 3), sharey=True)
for axis, one, title in zip(axes, (free, real), ("as printed", "E Y ≥ 0"), strict=True):
    axis.bar(np.arange(1, 5) - 0.2, one.order_mean[0], 0.4, label="item at $ 40")
    axis.bar(np.arange(1, 5) + 0.2, one.order_mean[1], 0.4, label="item at $ 10")
    axis.axhline(0, lw=0.8, color="0.5")
    axis.set(title=title, xlabel="period")
axes[0].set_ylabel("expected order, units")
axes[1].legend()
plt.show()

# %% [markdown]
# Where one item's last orders come too late to matter while another's do not, there is not even a greatest value:

# %%
try:
    cc.plan(
        two_items([False, False], "none", pmf=[[0.0, 1.0], [0.5, 0.5]], **given),
        rule=rule,
        objective=cc.ExpectedStock(),
        inversion=cc.inversion.Normal(),
    )
except cc.ModelError as error:
    print(error)
else:
    raise AssertionError("a plan where none is best")

# %% [markdown]
# ## E11 · The missing − w(t) (§3.7.1, §3.7.2)
#
# The budget row of (3.2) ends in − w(t) ≥ 0; in the summaries it ends in ≥ 0. Then w, which only has to be large, is
# tied to nothing, and the budget is kept in expectation: in half of the futures.

# %%
kappa = ndtri(0.95)
needed = -(thesis.room_corrected(0, cost, held, b) - mu)  # the least limits that leave nothing over on average
room = thesis.room_corrected(needed, cost, held, b)
assert (thesis.budget_rows_printed(room, mu, delta, kappa, 10 * kappa * delta) > -1e-9).all()
assert (thesis.budget_rows_corrected(room, mu, delta, kappa, kappa * delta)[0] < 0).all()
print("asked for 0.95, printed rows kept:  ", (dollars <= needed[:, None]).mean(axis=1))
print("asked for 0.95, corrected rows kept:", (dollars <= (needed + kappa * delta)[:, None]).mean(axis=1))
assert (np.abs((dollars <= needed[:, None]).mean(axis=1) - 0.5) < 0.01).all()

# %% [markdown]
# ## E12 · "Probability one" (§3.5.2)
#
# a ≥ 1 and 0 ≤ b ≤ 1 cover every due-out by a due-in where no sale is negative and I1 ≥ 0. The thesis takes sales to be
# normal, and a normal sale can be negative.


# %%
def covered(sales, on_hand, a, b):
    """Share of the paths on which D(t − 1) ≤ I1 + O(t) in every period."""
    sold = np.cumsum(sales, axis=0)
    before = np.vstack([np.zeros_like(sold[:1]), sold[:-1]])
    return (before <= on_hand + a * sold - b * on_hand + 1e-9).all(axis=0).mean()


rng = np.random.default_rng(12)
normal = cc.demand.Normal(np.full((1, 6), 5.0), np.full((1, 6), 5.0)).sample(rng, 20_000)[0]
gamma = cc.demand.Gamma(np.full((1, 6), 5.0), np.full((1, 6), 5.0)).sample(rng, 20_000)[0]
print("normal sales, CV 1:     ", covered(normal, 20.0, 1.0, 1.0), f"(Φ(1)⁶ = {ndtr(1.0) ** 6:.3f})")
print("gamma sales, CV 1:      ", covered(gamma, 20.0, 1.0, 1.0))
print("gamma sales, 8 owed, b=0:", covered(gamma, -8.0, 1.0, 0.0))
assert covered(normal, 20.0, 1.0, 1.0) < 0.5
assert covered(gamma, 20.0, 1.0, 1.0) == 1.0

# %% [markdown]
# ## E13 · The first period (§3.4)
#
# P{X(1) ≥ 0} stands in the objective and in the constraints, and no order can influence it. With 11 pieces in stock and
# sales of 10 ± 3 it is 0.631: the printed rows for t = 1 ask for 0.8 and have no solution, whatever the budget. ccinv
# leaves such cells out and shows what they have.

# %%
plan = cc.plan(two_items([True, False], on_hand=11.0, pmf=(1.0,)), rule=rule, inversion=cc.inversion.Normal())
print("controllable\n", plan.controllable.astype(int))
print("probability of the important item", np.round(plan.promised[0], 3))
assert plan.promised[0, 0] < 0.7
assert plan.promised[0, 1:].min() > 0.8 - 1e-6

# %% [markdown]
# ## E14 · Zero demand, and receipts before their time (§2.3, §3.3)
#
# The law of demand is made to sum to one from one unit on: no period without demand. An item that sells nothing in 72
# of 100 months, as spare parts do, has its backorders 3.6 times too high without the zero. And R(t) is said to be
# usable for requisitions *through period t − 1*; with §3.5 it is usable from t + 1 on.

# %%
values, probabilities = np.array([0.0, 1.0, 2.0, 5.0]), np.array([0.72, 0.15, 0.09, 0.04])
levels = np.array([0.0, 1.0, 3.0])
printed = thesis.expected_backorders_printed(values, probabilities, levels)
corrected = thesis.expected_backorders_corrected(values, probabilities, levels)
print("expected backorders at levels 0, 1, 3: printed", np.round(printed, 3), " corrected", np.round(corrected, 3))
assert (printed > 3.5 * corrected).all()

rng = np.random.default_rng(14)
paths = 20_000
sales = demand.sample(rng, paths)[0].T
age = cc.LeadTime(p).sample(rng, (paths, 4))[0]
received = np.stack([np.where(np.arange(4) + age == t, 4.0, 0.0).sum(axis=1) for t in range(4)], axis=1)  # 4 a period
early = (thesis.net_stock_printed(8.0, received, sales) >= 0).mean(axis=0)
right = (thesis.net_stock_corrected(8.0, received, sales) >= 0).mean(axis=0)
print("P{X ≥ 0} in periods 1, 2, 3: printed", np.round(early, 3), " corrected", np.round(right[:3], 3))
assert (early > right[:3] + 0.02).all()

# %% [markdown]
# ## And the normal law itself
#
# The thesis notes that the exact law of I(t) is a convolution, and takes a normal one instead. For fixed orders and few
# periods the exact one can be had. Stock with one large order under way has two peaks, and 0.94 is 0.80.

# %%
demand = cc.demand.Discrete([4.0, 5.0, 6.0], [0.25, 0.5, 0.25], periods=2)
values, mass = thesis.inventory_law(7.9, [12.0], [0.8, 0.2], demand, after_sales=True)
mean = values @ mass
sd = np.sqrt((values - mean) ** 2 @ mass)
print(f"P{{X(2) ≥ 0}}: normal {ndtr(mean / sd):.3f}, exact {mass[values >= 0].sum():.3f}")
assert mass[values >= 0].sum() < ndtr(mean / sd) - 0.08

figure, axis = plt.subplots(figsize=(6, 3))
grid = np.linspace(-8, 20, 400)
axis.plot(grid, np.append(0.0, np.cumsum(mass))[np.searchsorted(values, grid, side="right")], label="exact")
axis.plot(grid, ndtr((grid - mean) / sd), "--", label="normal")
axis.axvline(0, lw=0.8, color="0.5")
axis.set(xlabel="net stock X(2)", ylabel="P{X ≤ x}")
axis.legend()
plt.show()
