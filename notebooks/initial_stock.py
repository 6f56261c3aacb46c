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
# # Initial stock against random deliveries
#
# A production needs two materials. Demand for them is steady, but deliveries come when they come and bring what they
# bring; what arrives in a quarter is all that the quarter needs. How much must be there on its first day, so that
# neither runs short before its last, with probability 0.8? That is the example of A. Prékopa and P. Kelle,
# *Reliability type inventory models based on stochastic programming*, Mathematical Programming Study 9 (1978). Here it
# is told from their tables to the answer, which is not the printed one, and on to what else the models can do.
#
# In short: M initial stock, T_i the time of delivery i, A_i what has come by it in all, both as shares (of a cycle and
# of its demand). No shortage means M + A_(i−1) ≥ T_i for every i; h(M) is the probability of that. T_i are numbers
# number j_1 < … < j_n of N sorted uniform ones, plus at least γ between any two; A_i the same with k, L and δ.

# %%
import matplotlib.pyplot as plt
import numpy as np
from scipy import stats
from scipy.optimize import brentq

import ccinv as cc
from ccinv import deliveries as pk

# Tables 2 and 3 of the paper: six quarters of 90 days, four deliveries each
DAYS = np.array(
    [[23, 41, 61, 82], [27, 48, 73, 88], [30, 39, 60, 90], [19, 48, 68, 89], [24, 50, 65, 78], [28, 42, 71, 82]]
)
AMOUNTS = np.array(
    [
        [630, 400, 670, 800],
        [700, 500, 600, 900],
        [730, 580, 550, 740],
        [720, 620, 650, 1010],
        [760, 580, 760, 1100],
        [750, 650, 780, 920],
    ]
)


def numbers(one):
    """The parameters of deliveries, as the paper names them."""
    times, amounts = one.time_marks, one.amount_marks
    return (f"j = {times.positions.tolist()} of N = {times.sample}, γ = {times.step:.3f};  "
            f"k = {amounts.positions.tolist()} of L = {amounts.sample}, δ = {amounts.step:.3f}")  # fmt: skip


# %% [markdown]
# ## From the tables to a law
#
# The paper takes the least gap seen as γ, the least share as δ, and rounds averages to j / N with a small N. Of the
# second material it gives the numbers only.

# %%
fit = pk.fit_deliveries(DAYS, AMOUNTS, period=90, method=pk.PaperRounding())
first = fit.deliveries
second = cc.Deliveries(
    times=(2, 3, 5, 7, 9), time_sample=10, min_gap=0.15, amounts=(2, 5, 7, 8), amount_sample=10, min_amount=0.12
)
price = [1.0, 3.0]
print("first: ", numbers(first))
print("second:", numbers(second))
print()
print(fit.words)
assert first.time_marks.positions.tolist() == [3, 5, 7, 9]
assert first.amount_marks.positions.tolist() == [5, 7, 11]

# %% [markdown]
# ## The printed stocks cannot do it
#
# M = (0.32, 0.19) is printed as the cheapest that has probability 0.8. But with 0.32 of the first material not even its
# *first* delivery is waited for so often: P{T_1 ≤ 0.32} = P{x_(3) ≤ 0.3667} = 0.7729, and there are eight more.

# %%
printed = np.array([0.32, 0.19])
alone = stats.beta(3, 8).cdf((0.32 - 0.10) / 0.60)
print(f"P{{T_1 <= 0.32}} = {alone:.6f}")
print(f"h_1(0.32) = {first.reliability(0.32):.6f},  h_2(0.19) = {second.reliability(0.19):.4f},  "
      f"together {first.reliability(0.32) * second.reliability(0.19):.4f} where 0.8 is claimed")  # fmt: skip
assert abs(alone - 0.772897) < 1e-6
assert abs(alone - (1 - first.shortage_probability(0.32)[0])) < 1e-12
assert alone < 0.8
assert abs(first.reliability(0.32) - 0.602365) < 5e-7
assert abs(second.reliability(0.19) - 0.2136) < 5e-5
assert abs(first.reliability(0.32) * second.reliability(0.19) - 0.1287) < 5e-5

# ten thousand quarters of sorted uniform numbers say the same
rng = np.random.default_rng(1978)
kept = np.ones(10_000, dtype=bool)
for one, stock in zip((first, second), printed, strict=True):
    times = pk.drawn_by_sorting(one.time_marks, rng, len(kept))
    come = pk.drawn_by_sorting(one.amount_marks, rng, len(kept))
    kept &= (stock + np.column_stack([np.zeros(len(kept)), come]) >= times).all(axis=1)
print(f"simulated with the paper's own first method: {kept.mean():.3f}")
assert abs(kept.mean() - 0.1287) < 4 * np.sqrt(0.1287 * 0.8713 / 10_000)

# %% [markdown]
# ## The cheapest stocks that do
#
# min M_1 + 3 M_2 with h_1 h_2 ≥ 0.8. Reliabilities are computed exactly, so that the answer has a certificate: no
# stocks with this reliability cost less than `bound`.

# %%
best = cc.initial_stock([first, second], price, reliability=0.8)
print("stocks       ", np.round(best.stock, 6))
print("reliabilities", np.round(best.reliabilities, 5), " product", round(best.reliability, 9))
print(f"cost {best.cost:.6f}, no others cost less than {best.bound:.6f}")


def marginal(m):
    """What a bit of log h costs in the first material, less what it costs in the second, along h_1 h_2 = 0.8."""
    other = second.stock(0.8 / first.reliability(m))
    return (first.reliability(m) / first.reliability_slope(m)
            - 3 * second.reliability(other) / second.reliability_slope(other))  # fmt: skip


root = brentq(marginal, 0.38, 0.46, xtol=1e-12)
print("by its first-order condition", round(root, 6), round(second.stock(0.8 / first.reliability(root)), 6))
assert np.allclose(best.stock, [0.413894, 0.267007], atol=1e-5)
assert abs(best.cost - 1.21492) < 5e-6
assert abs(best.stock[0] - root) < 1e-5  # the cost is flat there
assert best.gap < 1e-6
assert abs(best.reliability - 0.8) < 1e-9

# %%
grid = np.linspace(0.12, 0.75, 64)
figure, axes = plt.subplots(1, 2, figsize=(11, 3.8))
for one, m, name, colour in zip((first, second), best.stock, ("first", "second"), ("#20639b", "#d1610a"), strict=True):
    axes[0].plot(grid, one.reliability(grid), color=colour, label=f"{name} material")
    axes[0].plot(m, one.reliability(m), "o", color=colour)
axes[0].plot(printed, [first.reliability(0.32), second.reliability(0.19)], "x", color="0.3", label="printed")
axes[0].set(xlabel="initial stock M", ylabel="h(M)", ylim=(0, 1.02))
axes[0].legend()
levels = np.array([0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999])
costs = [cc.initial_stock([first, second], price, reliability=p).cost for p in levels]
axes[1].plot(-np.log10(1 - levels), costs, "o-", color="#20639b")
axes[1].set_xticks(-np.log10(1 - levels), [f"{p:g}" for p in levels], rotation=60)
axes[1].set(xlabel="reliability of both together", ylabel="least cost")
plt.tight_layout()
plt.show()
assert (np.diff(costs) > 0).all()

# %% [markdown]
# ## Three ways to fit
#
# The expectation of the j-th of N sorted uniform numbers is j / (N + 1), not j / N. With that, and the paper's own N
# and L, other places fit, and more of the first material is needed. And N itself need not be rounded to tens: it says
# how widely times vary. `ExactMoments()` chooses it by the variances, `MaximumLikelihood()` together with γ and δ.

# %%
exact = cc.Deliveries.fit(
    DAYS, AMOUNTS, period=90, method=pk.ExactMoments(sample=10), amount_method=pk.ExactMoments(sample=20)
)
print("exact moments, N = 10, L = 20:", numbers(exact))
shifted = cc.initial_stock([exact, second], price, reliability=0.8)
print("stocks", np.round(shifted.stock, 5), f" cost {shifted.cost:.6f}")
assert exact.time_marks.positions.tolist() == [3, 5, 8, 10]
assert exact.amount_marks.positions.tolist() == [5, 7, 12]
assert np.allclose(shifted.stock, [0.43711, 0.26516], atol=2e-5)
assert abs(shifted.cost - 1.232602) < 1e-6

print(f"\n{'':28}{'stock for':>12}{'last delivery':>26}")
print(f"{'fitted by':28}{'0.8 jointly':>12}{'mean day':>13}{'deviation':>13}")
found = {}
for way in pk.compare_fits(DAYS, AMOUNTS, period=90):
    both = cc.initial_stock([way.deliveries, second], price, reliability=0.8)
    found[way.method] = both.stock[0]
    day, spread = 90 * way.times.law_mean[-1], 90 * way.times.law_sd[-1]
    print(f"{way.method:28}{both.stock[0]:12.4f}{day:13.1f}{spread:13.1f}")
print(f"{'in the history':40}{DAYS[:, -1].mean():13.1f}{DAYS[:, -1].std(ddof=1):13.1f}")
likely, moments, rounded = found.values()
assert moments < rounded < likely

# %% [markdown]
# Rounding brings the last delivery on day 80, five days before those of the history; its N of 10 makes it vary more
# than it did, which hides that. Which way is best cannot be seen from six quarters; from a known law it can: forty
# histories of twelve quarters are drawn, fitted, and each stock for 0.95 is judged by the law that made the history.

# %%
ways = (pk.MaximumLikelihood(), pk.ExactMoments(), pk.PaperRounding())
judged = np.empty((40, 3))
for case in range(40):
    times, come = first.sample(rng, 12)
    for k in range(3):
        judged[case, k] = first.reliability(cc.Deliveries.fit(times, come, method=ways[k]).stock(0.95))
for way, share in zip(ways, judged.T, strict=True):
    print(f"{way.name:28} asked 0.95, on average {share.mean():.3f}, the worst of forty {share.min():.3f}")
assert judged[:, 2].mean() < 0.88 < 0.91 < judged[:, :2].mean(axis=0).min()

# %% [markdown]
# ## What is printed and cannot stand
#
# Each by a number. Functions called `..._printed` are the text, `..._corrected` what holds.
#
# **(2.5)**, the density of amounts, has the power n of 1/(c − nδ) where there are n − 1 variables: its mass is 1/0.36.

# %%
free = first.amount_marks.scale
node, weight = np.polynomial.legendre.leggauss(24)
u, w = 0.5 * (node + 1), 0.5 * weight
a, b, c = np.meshgrid(u, u, u, indexing="ij")
points = free * np.stack([a, (1 - a) * b, (1 - a) * (1 - b) * c], axis=-1)  # of the simplex
weights = free**3 * w[:, None, None] * w[None, :, None] * w * (1 - a) ** 2 * (1 - b)
mass = [float((f(first, points) * weights).sum()) for f in (pk.amount_density_printed, pk.amount_density_corrected)]
print("mass of (2.5), printed and corrected:", np.round(mass, 9))
assert np.allclose(mass, [1 / 0.36, 1], rtol=1e-9)

# %% [markdown]
# **(3.12)**, the density of what delivery i requires, ζ_i = ξ_1 + … + ξ_i − η_1 − … − η_(i−1), is printed as 0 for
# x ≤ 0. But for i ≥ 2 more may have come than is needed. For the second material most mass is missing, and it is there
# that the model looks: the thresholds M + (i − 1)δ − iγ at M = 0.19 are negative from i = 3 on.

# %%
panels = np.linspace(-1, 1, 401)
middle = 0.5 * (panels[1:, None] + panels[:-1, None]) + 0.5 * (panels[1] - panels[0]) * node
width = 0.5 * (panels[1] - panels[0]) * weight
table = np.array([[(f(second, i, middle) * width).sum() for i in range(1, 6)]
                  for f in (pk.requirement_density_printed, pk.requirement_density_corrected)])  # fmt: skip
print("mass printed  ", np.round(table[0], 3))
print("mass corrected", np.round(table[1], 6))
i = np.arange(1, 6)
print("thresholds    ", np.round(0.19 + (i - 1) * 0.12 - i * 0.15, 2))
assert np.allclose(table[0, 1:], [0.494, 0.163, 0.079, 0.079], atol=6e-4)
assert np.allclose(table[1], 1, atol=1e-6)

# %% [markdown]
# **(4.6)**, the slope of h, has the density f_i a second time, before the integral that holds it already.

# %%
m, step = best.stock[0], 1e-4
difference = (first.reliability(m + step) - first.reliability(m - step)) / (2 * step)
print(f"h_1'({m:.6f}): printed {pk.slope_printed(first, m):.4f}, corrected {pk.slope_corrected(first, m):.4f}, "
      f"by differences {difference:.4f}, by a complex step {first.reliability_slope(m):.4f}")  # fmt: skip
assert abs(pk.slope_printed(first, m) - 1.3688) < 1e-4
assert abs(pk.slope_corrected(first, m) - difference) < 1e-5
assert abs(first.reliability_slope(m) - difference) < 1e-5

# %% [markdown]
# **(5.1)–(5.4)**: gamma variables of rate 1 − nγ are to give marks in (0, 1 − nγ). The rate cancels in the ratio: the
# ratio must be multiplied. As printed, most last deliveries come after the end of the quarter. (And the last parameter
# is N − j_n + 1; there is no j_(n+1).)

# %%
late = [(draw(first.time_marks, np.random.default_rng(5), 50_000)[:, -1] > 1).mean()
        for draw in (pk.drawn_printed, pk.drawn, pk.drawn_by_sorting)]  # fmt: skip
print("last delivery after the quarter: printed, corrected, by sorting", [round(float(share), 3) for share in late])
assert late[0] > 0.9
assert late[1] == late[2] == 0

# %% [markdown]
# **(5.5)**, Bernstein's bound for a frequency, lacks mε² in the exponent: it is the same for one trial and a million.
# One trial misses p = 0.9 by at least 0.045 for certain. (5.6), its inverse, is right, and Table 1 is (5.6): ten of its
# entries to the unit, the other five with 3 for log 20 = 2.9957.

# %%
print("bound for one trial and for a million, printed  ",
      [round(pk.deviation_bound_printed(0.045, trials, 0.9), 4) for trials in (1, 10**6)])  # fmt: skip
print("                                       corrected",
      [float(f"{pk.deviation_bound_corrected(0.045, trials, 0.9):.3g}") for trials in (1, 417, 10**6)])  # fmt: skip
assert pk.deviation_bound_printed(0.045, 1, 0.9) == pk.deviation_bound_printed(0.045, 10**6, 0.9) < 0.06
assert pk.deviation_bound_corrected(0.045, 417, 0.9) <= 0.1
table_1 = {0.5: (258, 879, 2645, 15606), 0.8: (195, 616, 1783, 10209), 0.9: (150, 417, 1120, 6016),
           0.95: (None, 306, 727, 3481)}  # fmt: skip
same = 0
print("\n   p    ε: 0.09, 0.045, 0.025, 0.01 (printed / (5.6))")
for p, row in table_1.items():
    cells = []
    for error, number in zip((0.09, 0.045, 0.025, 0.01), row, strict=True):
        if number is None:
            cells.append("-")
            continue
        size = cc.sample_size(error, 0.1, p)
        same += size == number
        assert size <= number <= size * 3 / np.log(20)
        cells.append(f"{number}/{size}")
    print(f"{p:5}  {'   '.join(cells)}")
assert same == 10

# %% [markdown]
# **Table 4**, row 3, last entry: .248 is printed, 740 / 2600 is .285; only with it does the row sum to 1, and the
# column to the average .319 that stands below it.

# %%
shares = AMOUNTS / AMOUNTS.sum(axis=1, keepdims=True)
column = np.array([0.32, 0.333, 0.248, 0.336, 0.344, 0.297])
print(f"row 3 {np.round(shares[2], 3)}, as printed it sums to {0.28 + 0.223 + 0.211 + 0.248:.3f}")
print(f"average of column 4: {shares[:, 3].mean():.4f}, of what is printed {column.mean():.4f}, printed below it 0.319")
assert abs(shares[2, 3] - 0.2846) < 5e-5
assert abs(shares[:, 3].mean() - 0.319) < 1e-3 < abs(column.mean() - 0.319)

# %% [markdown]
# **The fit**: E x_(j) = j(1 − nγ)/N is printed; it is j(1 − nγ)/(N + 1). Shown above: places (3, 5, 8, 10) and
# (5, 7, 12) instead of (3, 5, 7, 9) and (5, 7, 11), cost 1.2326 instead of 1.2149. **The optimum**: 0.1287 instead of
# 0.8. The conclusions of the paper stand: log-concavity, the models, the way to simulate.
#
# ## The asymptotic stock
#
# Before, the reliability equation (1.4) was used: the limit for many deliveries at uniform times. For few deliveries it
# is far on the safe side; how far, the exact reliability tells. λ: share of the total in equal parts.

# %%
print("  λ    n   M by (1.4)   its reliability   M for 0.95")
for fixed, n in ((0.0, 4), (0.0, 10), (0.0, 50), (0.5, 4), (0.5, 50), (1.0, 4), (1.0, 10), (1.0, 50)):
    process = pk.even_deliveries(n, fixed)
    asymptotic = cc.reliability_equation(n, risk=0.05, delivery_fixed=fixed)
    print(f"{fixed:4} {n:4} {asymptotic:11.3f} {process.reliability(asymptotic):16.4f} {process.stock(0.95):13.3f}")
    assert process.reliability(asymptotic) > 0.95
    assert process.stock(0.95) < asymptotic
assert abs(pk.even_deliveries(4).reliability(cc.reliability_equation(4, risk=0.05)) - 0.998) < 5e-4

# %% [markdown]
# With λ = 1 and constant demand the question is an old one: equal deliveries at n uniform times are an empirical
# distribution function, and h is the one-sided law of Kolmogorov and Smirnov.

# %%
stock = np.linspace(0.05, 0.6, 12)
for n in (5, 10, 20, 50):
    away = np.abs(pk.even_deliveries(n, 1.0).reliability(stock) - stats.ksone(n).cdf(stock)).max()
    print(f"n = {n:2}: largest difference from scipy.stats.ksone {away:.1e}")
    assert away < 1e-10

# %% [markdown]
# ## Models II and III
#
# Model II asks besides that a shortage, when there is one, be small on average: E[shortage_i | shortage_i] ≤ g before
# each delivery. Each limit is a lower bound of a stock. Model III makes shortages cost something: q for a unit short.
# Either may stand without the probability.

# %%
print("E[shortage | shortage] at the optimum of model I:")
for name, one, m in zip(("first ", "second"), (first, second), best.stock, strict=True):
    print(f"  {name} {np.round(one.conditional_shortage(m), 4)}")

print("\nmodel II, p = 0.8, both materials:")
for limit in (np.inf, 0.035, 0.03, 0.02):
    small = cc.initial_stock([first, second], price, reliability=0.8, shortage_limit=limit)
    print(
        f"  g = {limit:5}: M = {np.round(small.stock, 4)}, cost {small.cost:.4f}, reliability {small.reliability:.4f}"
    )
    for one, m in zip((first, second), small.stock, strict=True):
        assert one.conditional_shortage(m).max() <= limit + 1e-9
assert small.reliability > 0.9, "small shortages need more stock than the probability does"

print("\nmodel III without a probability: q, stocks, cost, expected penalties, reliability")
for q in (3, 10, 30, 100):
    priced = cc.initial_stock([first, second], price, shortage_price=q)
    print(f"  {q:4}: {np.round(priced.stock, 4)}  {priced.cost:.4f}  {priced.penalty:.4f}  {priced.reliability:.4f}")
    # a little more stock costs d and saves q times the mean number of shortages: these are equal
    short = priced.shortage_probability.sum(axis=1)
    assert np.allclose(q * short, price, rtol=1e-3) or (priced.stock == 0).any()
assert priced.reliability > 0.9

# %% [markdown]
# ## In a store
#
# A store of items whose orders come by contracts like these can be opened with the same stocks, in units:
# `cc.opening_stock`. And a plan made for orders that come whole can be audited as if each came in parts, `cc.Parts`:
# every order is then spread over periods by a draw of its own, and the audit shows what that costs.

# %%
mean = np.array([[50.0], [20.0]]) * np.ones(6)
store = cc.Store(
    unit_cost=[1.0, 7.5],  # six months of the second cost three times as much as those of the first
    on_hand=[0, 0],
    important=[True, True],
    demand=cc.demand.Gamma(mean, 0.3 * mean),
    lead_time=cc.LeadTime([0.3, 0.7]),
    service=cc.Service(0.9, unattainable="best"),
    item_id=["first", "second"],
)
opened = cc.opening_stock(store, (first, second), reliability=0.8)
print("on hand", opened.on_hand, " of what six months ask for", np.round(opened.on_hand / mean.sum(axis=1), 4))
assert np.allclose(opened.on_hand / mean.sum(axis=1), [0.413894, 0.267007], atol=1e-5)

plan = cc.plan(opened, objective=cc.MinimumBudget())
whole = cc.audit(plan, paths=5_000, seed=1)
parted = cc.audit(plan, paths=5_000, seed=1, parts=cc.Parts((first, second), periods=3))
print("service of the first item, orders come whole           ", np.round(whole.service[0], 3))
print("                           in parts, over three periods", np.round(parted.service[0], 3))
assert whole.kept
assert not parted.kept
assert whole.service[0].min() > 0.89
assert parted.service[0].min() < 0.3, "the parts that are still to come are missing in every period"
