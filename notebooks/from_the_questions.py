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
# # From the questions
#
# Two people asked in public how to model their stock: one the balance of several stores over months, one the orders of
# food that perishes. Both models are told here as they were written, with what goes wrong in each on an instance small
# enough to check by hand, and the same question in ten lines of ccinv.

# %%
import matplotlib.pyplot as plt
import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

import ccinv as cc
from ccinv.shelf import replay

# %% [markdown]
# ## One: the stock of a store, month by month
#
# > INV[c, t] == INV[c, t − 1] + inflow − outflow, for all t in range(months)
#
# In the first month t − 1 is −1, which in a Python list is the *last* entry. Nothing complains: the year bites its own
# tail. Demand is 40, 30, 50 and 60 are in the store.

# %%
demand, opening, months = np.array([40.0, 30.0, 50.0]), 60.0, 3


def as_it_was_written(price, bounds=()):
    """Columns: purchases, then stock; INV[t − 1] is whatever a list has at index t − 1."""
    balance = np.zeros((months, 2 * months))
    for t in range(months):
        stock = list(range(months, 2 * months))
        balance[t, stock[t]] += 1
        balance[t, stock[t - 1]] -= 1
        balance[t, t] -= 1
    limits = [(0, None)] * (2 * months)
    for column, limit in bounds:
        limits[column] = limit
    return linprog([*price, 0.1, 0.1, 0.1], A_eq=balance, b_eq=-demand, bounds=limits).x


written = as_it_was_written([1, 1, 1])
print("bought", written[:3], "stock", written[3:])
assert np.isclose(written[:3].sum(), demand.sum())  # the 60 in the store are never used

# %% [markdown]
# Where the first month is dear, the model sells on credit what it buys months later: month 1 is short by all of it.

# %%
dear = as_it_was_written([9, 1, 1])
truth = np.cumsum(dear[:3] - demand)
print("bought", dear[:3], "| stock of the model", dear[3:], "| of a true ledger without opening stock", truth)
assert np.isclose(dear[0], 0)
assert np.isclose(truth[0], -40)

# %% [markdown]
# Some answers fix `INV[−1]` by a bound. It is the same variable as the last month's stock: 60 are demanded at the end.

# %%
bounded = as_it_was_written([1, 1, 1], [(2 * months - 1, (opening, opening))])
assert np.isclose(bounded[:3].sum(), demand.sum())
assert np.isclose(bounded[-1], opening)

# %% [markdown]
# ### The same in ccinv
#
# The first month is a month like all others; what is in the store at the start is a number of the store.

# %%
network = cc.Network(
    node=["supplier", "store", "centre"],
    kind=["supplier", "store", "customer"],
    arc=[("supplier", "store"), ("store", "centre")],
    demand=[demand],
    demand_at=["centre"],
    unit_cost=[[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]],
    holding_cost=0.1,
    on_hand=[0, opening, 0],
)
plan = cc.balance(network)
print("bought", plan.flow_on("supplier", "store"), "stock", plan.stock_of("store"))
assert np.allclose(plan.flow_on("supplier", "store"), [0, 10, 50])
assert np.allclose(plan.stock_of("store"), [20, 0, 0])

# %% [markdown]
# ### And where demand is uncertain
#
# Flows become rules of the demand seen so far. The case that made such rules known (Ben-Tal, Goryashko, Guslitzer,
# Nemirovski 2004): three factories fill one store for 24 periods; demand may be anything within 20 % of its course; the
# least cost in the worst case is 44 272.83. Fixed in advance, nothing is possible at all.

# %%
t = np.arange(24)
season = 1.0 + 0.5 * np.sin(np.pi * t / 12)
factories = cc.Network(
    node=["F1", "F2", "F3", "store"],
    kind=["supplier", "supplier", "supplier", "store"],
    arc=[("F1", "store"), ("F2", "store"), ("F3", "store")],
    demand=[1000 * season],
    demand_at=["store"],
    unit_cost=np.outer([1.0, 1.5, 2.0], season),
    capacity=567.0,
    total=13600.0,
    on_hand=[0, 0, 0, 500.0],
    least=[0, 0, 0, 500.0],
    most=[np.inf, np.inf, np.inf, 2000.0],
)
worst = cc.balance(factories, inversion=cc.inversion.Box(0.2))
print(f"worst case {worst.worst_cost:.4f}; the least at nominal demand among rules as good as that {worst.cost:.4f}")
assert np.isclose(worst.worst_cost, 44272.8275, rtol=1e-6)
assert np.isclose(worst.cost, 35076.7366, rtol=1e-6)
try:
    cc.balance(factories, rule=cc.network.Static(), inversion=cc.inversion.Box(0.2))
except cc.InfeasibleError as error:
    print(error)
else:
    raise AssertionError("a fixed plan was found")

# %% [markdown]
# ## Two: food that perishes
#
# Ten items, 28 days, orders on some weekdays, a total between 80 and 150 on order days, each item good for so many
# days; demand may go unmet, and as little as possible shall be left at the end. Five things went wrong.
#
# **1. A decision variable inside a Python `if`.** `if demand >= I[i, d - 1]:` is read once, while the model is being
# written. The comparison makes a constraint, an object, and objects are true: the first branch is always taken.


# %%
class Variable:
    """What modelling packages do: a comparison makes a constraint."""

    def __le__(self, other):
        return ("constraint", self, other)


branches = ["what is left is the order" if wanted >= Variable() else "stock less demand" for wanted in (0.0, 5.0, 1e9)]
assert set(branches) == {"what is left is the order"}
print(set(branches))

# %% [markdown]
# **2. Limits on all days.** A total of at least 80 on every day contradicts orders of 0 on closed days: infeasible,
# whatever the demand.

# %%
week = np.array([False, True, True, False, True, False, False])
rows = LinearConstraint(np.eye(7), np.full(7, 80.0), np.full(7, 150.0))
contradiction = milp(np.ones(7), constraints=rows, bounds=Bounds(0, np.where(week, np.inf, 0.0)))
assert contradiction.status == 2
print(contradiction.message)

# %% [markdown]
# **3. x ≤ y**, meant as "x is 1 if there is an order", lets y be 30 with x at 0: the order is never paid for.

# %%
link = milp([7.0, 1.0], integrality=[1, 1], constraints=LinearConstraint([[1, -1], [0, 1]], [-np.inf, 30], [0, np.inf]))
print("x, y =", link.x)
assert np.allclose(link.x, [0, 30])

# %% [markdown]
# **4. Stock zeroed whole.** I(d + s) ≤ M (1 − x(d)) empties the shelf s days after an order, fresh units too. Orders of
# 10 on days 0 and 3, each wanted within a day: with a life of three days nothing may be there on day 3, not even what
# came that day, and the model has no answer. With a life of five no fresh unit is there on the day, and it has one.


# %%
def zeroed_whole(life, arrivals=(10, 0, 0, 10, 0, 0), wanted=(10, 0, 0, 0, 10, 0)):
    """Columns: stock of each day, then demand lost; the asker's rows with the orders as given."""
    days = len(wanted)
    balance = np.eye(days, 2 * days) - np.eye(days, 2 * days, -1) - np.eye(days, 2 * days, days)
    emptied = [d >= life and arrivals[d - life] > 0 for d in range(days)]
    limits = [(0, 0 if gone else None) for gone in emptied] + [(0, amount) for amount in wanted]
    cost = [0] * days + [1] * days
    return linprog(cost, A_eq=balance, b_eq=np.subtract(arrivals, wanted), bounds=limits).status


assert zeroed_whole(3) == 2  # infeasible
assert zeroed_whole(5) == 0  # optimal

# %% [markdown]
# **5. Units taken back.** The asker's own way out subtracts y(max(first, d − s)) on every day:


# %%
def taken_back(orders, wanted, life):
    stock = [orders[0] - wanted[0]]
    for d in range(1, len(orders)):
        stock.append(stock[-1] - wanted[d] + orders[d] - orders[max(0, d - life)])
    return stock


print("30 delivered, no demand, three days:", taken_back([30, 0, 0, 0], [0, 0, 0, 0], 3))
assert taken_back([30, 0, 0, 0], [0, 0, 0, 0], 3) == [30, 0, -30, -60]
sold_long_ago = taken_back([0, 10, 0, 0, 10, 0], [0, 0, 10, 0, 0, 0], 3)
assert sold_long_ago[4] == 0  # ten came in that day, and the ten sold long ago are taken from them


def one(orders, wanted, life):
    given = [amount > 0 for amount in orders]
    return cc.PerishableStore(demand=[wanted], shelf_life=life, order_days=given, least=orders, most=orders)


shelf = replay(one([30, 0, 0, 0], [0, 0, 0, 0], 3), [[30, 0, 0, 0]])
assert shelf.held[0].sum(axis=1).tolist() == [30, 30, 30, 0]  # three days on the shelf, then wasted once
assert shelf.wasted[0].sum(axis=1).tolist() == [0, 0, 0, 30]
fresh = cc.perishables(one([10, 0, 0, 10, 0, 0], [10, 0, 0, 0, 10, 0], 3))
assert fresh.planned.stock[0].tolist() == [0, 0, 0, 10, 0, 0]  # what came on day 3 is there on day 3

# %% [markdown]
# ### The same in ccinv
#
# Closed days are closed, limits hold on order days, demand is lost only when nothing is left, the oldest units are sold
# first, and what is best is proven.

# %%
rng = np.random.default_rng(241)
store = cc.PerishableStore(
    demand=rng.poisson(6.5, (10, 28)),
    shelf_life=rng.integers(3, 20, 10),
    order_days=np.isin(np.arange(28) % 7, (1, 2, 4)),  # day 1 a Monday: Tuesday, Wednesday, Friday
    least=80,
    most=150,
    opening=np.full((10, 2), 6),
    day=cc.perishable.Day(("perish", "sell", "receive")),  # today's order cannot serve today
)
orders = cc.perishables(store)
for level in orders.levels:
    print(f"{level.title}: {level.value:g}{' (proven best)' if level.proven else f', bound {level.bound:g}'}")
    assert level.proven
totals = orders.orders[:, store.order_days.any(axis=0)].sum(axis=0)
assert (totals >= 80).all()
assert (totals <= 150).all()
print("ordered by order day:", totals, "| wasted in all:", orders.planned.waste.sum())

# %%
fig, ax = plt.subplots(figsize=(9, 3))
ax.bar(np.arange(28) + 1, orders.orders.sum(axis=0), color="#2166ac", label="ordered")
ax.plot(np.arange(28) + 1, orders.planned.stock.sum(axis=0), color="#b2182b", label="on the shelf overnight")
ax.set(xlabel="day", ylabel="units, all items", title="The asker's four weeks")
ax.legend(frameon=False)
plt.show()

# %% [markdown]
# One answer pointed to lot sizing: costs of an order instead of order days. For four periods of random demand, with
# 90 % service seen from the start:

# %%
mean = np.array([[20.0, 40.0, 60.0, 40.0]])
lots = cc.Lots(cc.demand.Normal(mean, 0.25 * mean), setup_cost=100, holding_cost=1, service=0.9)
levels = cc.lot_sizing(lots, cc.lots.StaticDynamic())
print(
    f"cost {levels.cost:.3f}, fill up to { ({period: round(level, 2) for period, level in levels.levels[0].items()}) }"
)
assert np.isclose(levels.cost, 356.246, atol=5e-4)
assert np.isclose(levels.levels[0][1], 74.33, atol=5e-3)
assert np.isclose(levels.levels[0][3], 123.10, atol=5e-3)
