"""A backtest knows nothing of the sales it is tested on, and replays them as they were."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import ccinv as cc
from ccinv.backtesting import Backtest, backtest_of, hold_out, usual
from ccinv.cli import main
from ccinv.errors import DataError
from ccinv.policies import BaseStock, Blocked, ReorderPoint
from ccinv.reading import read_folder
from ccinv.reporting.backtest import Held, backtest_headline, backtest_page
from ccinv.writing import open_folder
from ccinv.writing.backtest_folder import write_backtest

FloatArray = NDArray[np.float64]
PERIODS, HOLDOUT = 40, 6
IDS = ("pump", "seal", "hose")
STORE = """\
schema = 1
name = "<i>three</i> parts"
periods = 4
[service]
alpha = 0.9
unattainable = "best"
[demand]
first = 1
last = 40
missing = "unknown"
[inversion]
name = "normal"
[audit]
paths = 1000
seed = 3
"""
MONEY = "[budget]\nlimit = 9000.0\nconfidence = 0.9\n"
COSTS = "[policies]\norder_cost = 15.0\nholding_rate = 0.03\n"
LATE = "item_id,age,probability\n" + "".join(f"{name},1,0.6\n{name},2,0.4\n" for name in IDS)
SURE = "item_id,age,probability\n" + "".join(f"{name},1,1\n" for name in IDS)


def history_of(seed: int) -> FloatArray:
    rng = np.random.default_rng(seed)
    return rng.poisson([[20], [12], [5]], (3, PERIODS)).astype(float)


def folder_of(place: Path, history: FloatArray, toml: str = STORE + MONEY + COSTS, lead_times: str = LATE) -> Path:
    """A store folder with a history numbered 1..40, NaN left out."""
    place.mkdir(parents=True)
    rows = [
        f'"{IDS[i]}",{t + 1},{history[i, t]:g}' for i, t in np.ndindex(history.shape) if not np.isnan(history[i, t])
    ]
    (place / "store.toml").write_text(toml)
    (place / "items.csv").write_text(
        "item_id,unit_cost,on_hand,important\npump,40,60,true\nseal,35,30,false\nhose,5,24,true\n"
    )
    (place / "demand_history.csv").write_text("\n".join(["item_id,period,quantity", *rows]) + "\n")
    (place / "lead_times.csv").write_text(lead_times)
    return place


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_of(tmp_path_factory.mktemp("backtest") / "store", history_of(1))


@pytest.fixture(scope="module")
def found(folder: Path) -> Backtest:
    return cc.backtest(folder, HOLDOUT, inversion=cc.inversion.Normal(), paths=400)


def faults_of(call: Callable[[], object]) -> str:
    with pytest.raises(DataError) as caught:
        call()
    return " ".join(map(str, caught.value.faults))


def test_the_plan_does_not_know_the_sales_it_is_tested_on(found: Backtest, tmp_path: Path) -> None:
    """Other sales in the periods held out, the same plan to the last bit; other sales before, another plan."""
    history = history_of(1)
    later, before = history.copy(), history.copy()
    later[:, -HOLDOUT:] = 3 * later[:, -HOLDOUT:] + 7
    before[:, 0] += 90
    same = cc.backtest(folder_of(tmp_path / "a", later), HOLDOUT, inversion=cc.inversion.Normal(), paths=50)
    other = cc.backtest(folder_of(tmp_path / "b", before), HOLDOUT, inversion=cc.inversion.Normal(), paths=50)
    np.testing.assert_array_equal(same.plan.rule.intercept, found.plan.rule.intercept)
    np.testing.assert_array_equal(same.plan.store.demand.mean, found.plan.store.demand.mean)
    assert not np.allclose(other.plan.rule.intercept, found.plan.rule.intercept)
    np.testing.assert_array_equal(same.comparison.sales, later[:, -HOLDOUT:])


def test_laws_are_those_of_the_periods_before(found: Backtest) -> None:
    law = cc.demand.fit(history_of(1)[:, :-HOLDOUT], HOLDOUT)
    np.testing.assert_array_equal(found.plan.store.demand.mean, law.mean)
    np.testing.assert_array_equal(found.plan.store.demand.sd, law.sd)
    assert found.seen == tuple(str(t) for t in range(1, PERIODS - HOLDOUT + 1))
    assert found.plan.store.calendar == tuple(str(t) for t in range(PERIODS - HOLDOUT + 1, PERIODS + 1))
    assert found.left_out == ()


def test_items_share_the_factors_of_the_folder_in_the_periods_held_out(tmp_path: Path) -> None:
    """Also where an item is left out: each of the others keeps its own loadings, around the law fitted to it."""
    history = history_of(1)
    history[1, -2] = np.nan
    place = folder_of(tmp_path / "store", history)
    (place / "factors.csv").write_text("item_id,factor,loading\npump,m,0.6\nseal,m,0.1\nhose,m,0.5\nhose,w,-0.2\n")
    case = hold_out(read_folder(place), HOLDOUT)
    assert case.left_out == ("seal",)
    law = case.store.demand
    assert isinstance(law, cc.demand.FactorCopula)
    np.testing.assert_array_equal(law.loading, [[0.6, 0.0], [0.5, -0.2]])
    fitted = cc.demand.fit(history[[0, 2], :-HOLDOUT], HOLDOUT)
    np.testing.assert_array_equal(law.mean, fitted.mean)
    np.testing.assert_array_equal(law.sd, fitted.sd)
    sales = case.store.demand.sample(np.random.default_rng(2), 4_000).reshape(2, -1)
    assert np.corrcoef(sales)[0, 1] == pytest.approx(0.6 * 0.5, abs=0.04), "twenty thousand draws and more"


def test_orders_are_those_of_the_rule_for_the_real_sales(found: Backtest) -> None:
    real = history_of(1)[:, -HOLDOUT:]
    np.testing.assert_array_equal(found.comparison.sales, real)
    np.testing.assert_allclose(found.comparison.conducts[0].orders, found.plan.orders(real), rtol=1e-9, atol=1e-9)
    names = [one.name for one in found.comparison.conducts]
    assert names == ["plan", "(r,Q)", "(r,Q) blocked", "base stock", "(s,S)"]


def test_stock_and_service_are_those_of_a_loop_by_hand_where_lead_times_are_sure(tmp_path: Path) -> None:
    """One age, real sales: nothing is random, and every cell is served for certain or short for certain."""
    history = history_of(2)
    history[:, -3:] *= 2.5  # so that something is short
    found = cc.backtest(
        folder_of(tmp_path / "sure", history, lead_times=SURE),
        HOLDOUT,
        [BaseStock()],
        inversion=cc.inversion.Normal(),
        paths=3,
    )
    sales = history[:, -HOLDOUT:]
    ordered = [found.plan.orders(sales), None]
    level = BaseStock().on(found.plan.store).level
    for one, orders in zip(found.comparison.conducts, ordered, strict=True):
        for i, first in enumerate((60.0, 30.0, 24.0)):
            stock, arriving, position = first, [0.0] * (HOLDOUT + 3), first
            for t in range(HOLDOUT):
                stock += arriving[t] - sales[i, t]
                position -= sales[i, t]
                assert one.service[i, t] == float(stock >= -1e-6 * found.plan.store.demand.mean[i].mean())
                assert one.stock[i, t] - one.backlog[i, t] == pytest.approx(stock, abs=1e-9)
                order = max(level[i, t] - position, 0.0) if orders is None else orders[i, t]
                position += order
                arriving[t + 2] += order  # placed at the end of t, arrives in t + 1, usable in t + 2
    assert 0 < found.comparison.conducts[1].service.mean() < 1


def test_what_was_delivered_is_the_mean_over_promised_cells_with_the_error_of_independent_items(
    found: Backtest,
) -> None:
    promised = np.isfinite(found.plan.asked)
    assert promised.any()
    assert found.asked == pytest.approx(found.plan.asked[promised].mean())
    rate, error = found.found or (None, None)
    service = found.comparison.conducts[0].service
    assert rate == pytest.approx(service[promised].mean())
    each = [service[i][promised[i]].mean() for i in range(3) if promised[i].any()]
    assert len({int(promised[i].sum()) for i in range(3) if promised[i].any()}) == 1, "as many cells for each item"
    assert error == pytest.approx(np.std(each) / np.sqrt(len(each)))


def test_items_whose_sales_are_not_known_take_no_part_and_are_named(tmp_path: Path) -> None:
    history = history_of(3)
    history[1, -2] = np.nan
    folder = folder_of(tmp_path / "holes", history)
    case = hold_out(read_folder(folder), HOLDOUT)
    assert case.left_out == ("seal",)
    assert case.store.item_id == ("pump", "hose")
    assert case.store.budget is not None
    assert case.order_cost.shape == (2,)
    assert hold_out(read_folder(folder), 1).left_out == ()
    history[:, -2] = np.nan
    nothing = folder_of(tmp_path / "nothing", history)
    assert "no item whose sales" in faults_of(lambda: hold_out(read_folder(nothing), HOLDOUT))
    none_before = history_of(3)
    none_before[2, :-HOLDOUT] = np.nan
    assert hold_out(read_folder(folder_of(tmp_path / "new", none_before)), HOLDOUT).left_out == ("hose",)


def test_policies_stand_beside_as_far_as_their_costs_are_known(tmp_path: Path) -> None:
    case = hold_out(read_folder(folder_of(tmp_path / "a", history_of(1), STORE + MONEY)), HOLDOUT)
    assert [policy.name for policy in usual(case)] == ["base stock"]
    assert "[policies] order_cost" in faults_of(
        lambda: backtest_of(case, [ReorderPoint(case.order_cost, case.holding_rate)])
    )
    free = hold_out(read_folder(folder_of(tmp_path / "b", history_of(1), STORE + COSTS)), HOLDOUT)
    assert [policy.name for policy in usual(free)] == ["(r,Q)", "base stock", "(s,S)"]
    assert "a store without a budget" in faults_of(lambda: backtest_of(free, [Blocked(BaseStock())]))


def test_a_list_of_limits_gives_the_first_ones(tmp_path: Path) -> None:
    listed = STORE + "[budget]\nlimit = [5000, 6000, 7000, 8000]\n" + COSTS
    folder = read_folder(folder_of(tmp_path / "listed", history_of(1), listed))
    budget = hold_out(folder, 3).store.budget
    assert budget is not None
    np.testing.assert_array_equal(budget.limit, [5000, 6000, 7000])
    assert "a list of 4" in faults_of(lambda: hold_out(folder, 5))


@pytest.mark.parametrize("holdout", [0, -1, PERIODS - 1, PERIODS, 10**9, True, 2.0])
def test_a_number_of_periods_that_cannot_be_held_out_is_refused(folder: Path, holdout: int) -> None:
    said = faults_of(lambda: cc.backtest(folder, holdout))
    assert f"from 1 to {PERIODS - 2}" in said
    assert f"The history has {PERIODS} periods" in said


def test_a_store_with_a_forecast_only_cannot_be_tested_on_sales(tmp_path: Path) -> None:
    assert main(["example", "base-supply", str(tmp_path / "store")]) == 0
    said = faults_of(lambda: cc.backtest(tmp_path / "store", 3))
    assert "demand without a history" in said
    assert "demand_history.csv" in said


# ---- the folder


def test_the_folder_is_whole_and_its_table_has_a_line_for_each_way_item_and_period(
    found: Backtest, tmp_path: Path
) -> None:
    place, headline, figures = write_backtest(found, tmp_path / "out", command="made by hand")
    content = open_folder(place).content
    assert set(content) == {"backtest.csv", "summary.json", "report.html"}
    assert json.loads(content["summary.json"]) == json.loads(json.dumps(figures))
    lines = list(csv.DictReader(io.StringIO(content["backtest.csv"].decode(), newline=""), strict=True))
    assert len(lines) == 5 * 3 * HOLDOUT
    line = lines[3 * HOLDOUT * 3 + HOLDOUT * 2 + 4]  # base stock, third item, fifth period
    assert (line["policy"], line["item_id"], line["period"], line["period_start"]) == ("base stock", "hose", "5", "39")
    one = found.comparison.conducts[3]
    for name, table in (
        ("sales", found.comparison.sales), ("ordered", one.orders), ("stock", one.stock), ("owed", one.backlog),
        ("service", one.service),
    ):  # fmt: skip
        assert table is not None
        assert float(line[name]) == table[2, 4]
    page = content["report.html"].decode()
    assert headline in page
    assert "<i>three" not in page
    assert "&lt;i&gt;three" in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org", "")
    with pytest.raises(DataError):
        write_backtest(found, tmp_path / "out")


def test_without_promises_nothing_is_said_to_be_delivered(found: Backtest) -> None:
    free = replace(found, plan=replace(found.plan, asked=np.full((3, HOLDOUT), np.nan)))
    assert free.asked is None
    assert free.found is None
    held = Held(free.plan, free.comparison, free.seen, free.asked, free.found, ("hose",))
    assert backtest_headline(held).startswith("Nothing was promised")
    assert "1 item without known sales then, or before, left out: hose" in backtest_page(held, {"python": "3"})


# ---- the command


def test_the_command_writes_a_folder_and_ends_with_its_report(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert main(["backtest", str(folder), "--holdout", "6", "--paths", "200", "--out", str(out)]) == 0
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert lines[0] == "<i>three</i> parts: 3 items, fitted to 34 periods, 6 held out"
    assert "6 real periods" in lines[1]
    assert [line.split("  ")[1].strip() for line in lines[4:9]] == [
        "plan", "(r,Q)", "(r,Q) blocked", "base stock", "(s,S)",
    ]  # fmt: skip
    assert lines[-1] == f"Report: {out / 'report.html'}"
    assert open_folder(out).manifest["seed"] == 3, "the folder's own seed"
    assert main(["backtest", str(folder), "--holdout", "6", "--out", str(out)]) == 2
    assert "already there" in capsys.readouterr().err


def test_the_command_replays_the_policies_named_beside_the_plan(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["backtest", str(folder), "--holdout", "4", "--paths", "50", "--json", "--seed", "8"]
    assert main([*given, "--policy", "plan,ss, rq-blocked,ss", "--out", str(tmp_path / "run")]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["status"], said["holdout"], said["seen_periods"]) == ("done", 4, 36)
    assert [line["name"] for line in said["policies"]["table"]] == ["plan", "(s,S)", "(r,Q) blocked"]
    assert (said["policies"]["paths"], said["policies"]["seed"]) == (50, 8)
    assert said["asked"] is not None


def test_a_known_policy_whose_costs_are_not_known_is_bad_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = folder_of(tmp_path / "store", history_of(1), STORE + MONEY)
    given = ["backtest", str(plain), "--holdout", "3", "--out", str(tmp_path / "run")]
    assert main([*given, "--policy", "plan,rq"]) == 2
    assert "order_cost, item pump: found nothing" in capsys.readouterr().err
    assert main([*given, "--policy", "eoq"]) == 2
    assert "'base-stock'" in capsys.readouterr().err
    assert main(["backtest", str(plain)]) == 2
    assert main(["backtest", str(plain), "--holdout", "39"]) == 2
    assert not (tmp_path / "run").exists()
