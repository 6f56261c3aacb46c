"""`ccinv stock`: the paper's example, what is written and said, and how it ends when stocks cannot be had."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import delivery_cases as cases
import numpy as np
import pytest
from folders import changed, written

import ccinv as cc
from ccinv.auditing.stock import audit_stock
from ccinv.cli import main
from ccinv.examples.two_materials import files
from ccinv.materials import StockPlan
from ccinv.reading.stock import read_stock
from ccinv.reporting.stock import stock_headline, stock_words
from ccinv.reporting.stock_page import stock_page
from ccinv.stocking import named, stocked
from ccinv.writing import open_folder


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, dict, str]:
    """Exit code, the JSON object, and what was said beside it."""
    capsys.readouterr()
    code = main([*map(str, words), "--json"])
    seen = capsys.readouterr()
    return code, json.loads(seen.out), seen.err


def solved(folder: Path) -> StockPlan:
    """Without the prices of other reliabilities, which take most of the time."""
    return stocked(read_stock(folder).known, levels=())


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text())))


# --- the example


def test_the_example_of_the_paper_comes_to_its_true_optimum_and_ends_with_0(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["example", "two-materials", str(tmp_path / "two")]) == 0
    assert "Next: ccinv stock" in capsys.readouterr().out
    out = tmp_path / "run"
    code, found, said = run(capsys, "stock", tmp_path / "two", "--out", out)
    assert code == 0, said
    # the optimum is flat: stocks to 1e-5, cost to 1e-6
    assert found["stock"]["first"] == pytest.approx(0.413894, abs=1e-5)
    assert found["stock"]["second"] == pytest.approx(0.267007, abs=1e-5)
    assert found["cost"] == pytest.approx(1.2149157, abs=1e-6)
    assert found["reliability"] == pytest.approx(0.8, abs=1e-9)
    assert found["gap"] < 1e-6
    assert found["audit"]["kept"] is True
    assert found["audit"]["low"] < 0.8 < found["audit"]["high"]
    names = {"stock.csv", "shortages.csv", "cost.csv", "summary.json", "report.html"}
    assert set(open_folder(out).manifest["files"]) == names
    assert f"Report: {out / 'report.html'}" in said
    assert "rounding as in the paper: 4 deliveries in each of 6 past cycles" in said
    assert "nothing contradicts the law" in said


def test_the_tables_of_a_run_add_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "run"
    _, found, _ = run(capsys, "stock", written(tmp_path, files()), "--out", out)
    table = rows(out / "stock.csv")
    assert [row["material"] for row in table] == ["first", "second"]
    assert sum(float(row["cost"]) for row in table) == pytest.approx(found["cost"], rel=1e-12)
    product = np.prod([float(row["reliability"]) for row in table])
    assert product == pytest.approx(found["reliability"], rel=1e-9)
    short = rows(out / "shortages.csv")
    assert len(short) == 4 + 5
    for row in table:
        own = [float(one["expected_shortage"]) for one in short if one["material"] == row["material"]]
        assert float(row["expected_shortage"]) == pytest.approx(sum(own), rel=1e-9)
        assert float(row["stock"]) == pytest.approx(float(row["stock_share"]) * float(row["demand"]), rel=1e-12)
    curve = rows(out / "cost.csv")
    cost = [float(row["cost"]) for row in curve]
    assert cost == sorted(cost)
    assert float(curve[0]["reliability"]) == 0.5
    assert dict(zip((row["reliability"] for row in curve), cost, strict=True))["0.8"] == pytest.approx(found["cost"])
    summary = json.loads((out / "summary.json").read_text())
    assert summary["cost"] == found["cost"]


def test_another_reliability_can_be_asked_for_on_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = written(tmp_path, files())
    code, found, said = run(capsys, "stock", folder, "--reliability", "0.95", "--out", tmp_path / "run")
    assert code == 0, said
    assert found["asked"] == 0.95
    assert found["cost"] == pytest.approx(cc_cost(0.95), rel=1e-6)
    code, found, said = run(capsys, "stock", folder, "--reliability", "95", "--out", tmp_path / "other")
    assert code == 2
    assert "Did you mean 0.95?" in said
    assert not (tmp_path / "other").exists()


def cc_cost(p: float) -> float:
    """The least cost of the two materials by a search over one stock, the other from what is left of p."""
    from scipy.optimize import minimize_scalar

    def cost(share: float) -> float:
        # share of log p that the first material takes
        return float(cases.FIRST.stock(p**share)) + 3.0 * float(cases.SECOND.stock(p ** (1 - share)))

    return float(minimize_scalar(cost, bounds=(0.05, 0.95), method="bounded", options={"xatol": 1e-9}).fun)


# --- units


def test_units_of_demand_scale_stocks_and_costs_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one = solved(written(tmp_path / "one", files()))
    # without demand the first material counts in its own units, of which cycles brought 2850
    other = {**files(), "stock.toml": re.sub(r"price = 1\.0 .*\ndemand = 1\.0 .*", f"price = {1 / 2850}",
                                             files()["stock.toml"])}  # fmt: skip
    two = solved(written(tmp_path / "two", other))
    assert two.known.demand.tolist() == [2850.0, 1.0]
    np.testing.assert_allclose(two.stock, one.stock, rtol=1e-5)
    assert two.units[0] == pytest.approx(2850 * one.units[0], rel=1e-5)
    assert two.cost == pytest.approx(one.cost, rel=1e-6)


def test_limits_and_prices_of_shortages_are_in_units(tmp_path: Path) -> None:
    asked = changed(files(), "stock.toml", "reliability = 0.8 ", "#")
    asked = changed(asked, "stock.toml", "demand = 1.0  ", "demand = 2000\nshortage_limit = 40 #")
    known = read_stock(written(tmp_path, asked)).known
    plan = stocked(known, levels=())
    most = plan.conditional_shortage[0] * 2000
    assert most.max() == pytest.approx(40, rel=1e-6), "the limit binds"
    assert plan.units[1] == 0, "nothing is asked of the second"
    assert plan.stock[0] == pytest.approx(
        cc.initial_stock([cases.FIRST], 1, shortage_limit=40 / 2000).stock[0], abs=1e-9
    )


def test_penalties_are_counted_in_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = changed(files(), "stock.toml", "price = 3.0", "price = 3.0\nshortage_price = 500")
    code, found, said = run(capsys, "stock", written(tmp_path, asked), "--out", tmp_path / "run")
    assert code == 0
    assert found["penalty"] > 0
    assert found["cost"] > 1.2149157
    assert "expected penalties of $" in said
    direct = cc.initial_stock([cases.FIRST, cases.SECOND], [1, 3], 0.8, shortage_price=[0, 500])
    assert found["cost"] + found["penalty"] == pytest.approx(direct.cost + direct.penalty, rel=1e-6)


# --- limits of all stocks, and what cannot be


def test_a_limit_of_space_is_kept_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = '[[row]]\nname = "space"\nmost = 0.67\nper_unit = { first = 1.0, second = 1.0 }\n'
    asked = {**files(), "stock.toml": files()["stock.toml"] + row}
    code, found, said = run(capsys, "stock", written(tmp_path, asked), "--out", tmp_path / "run")
    assert code == 0, said
    assert sum(found["units"].values()) <= 0.67 * (1 + 1e-7)
    assert found["cost"] > 1.2149157
    assert "space: 0.67 of 0.67 taken, all of it" in said
    curve = rows(tmp_path / "run" / "cost.csv")
    assert curve[-1]["cost"] == "", "0.999 cannot be had in this space"


def test_what_cannot_be_ends_with_3_names_and_amounts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = changed(files(), "stock.toml", "demand = 1.0  ", "demand = 1000\nupper = 300 #")
    code, found, said = run(capsys, "stock", written(tmp_path, asked), "--out", tmp_path / "run")
    assert code == 3
    assert found["status"] == "impossible"
    best = float(cases.FIRST.reliability(0.3))
    assert f"at most {best:.6g}, where 0.8 is asked for" in said
    assert "material 1 (first; 1 is 1,000 units)" in said
    assert not (tmp_path / "run").exists()


def test_a_message_about_numbers_is_told_by_names(tmp_path: Path) -> None:
    known = read_stock(written(tmp_path, files())).known
    assert named("Material 2 needs 0.3; material 1 has 0.1", known) == (
        "Material 2 (second; 1 is 1 units) needs 0.3; material 1 (first; 1 is 1 units) has 0.1"
    )


def test_a_promise_that_the_count_contradicts_is_told_and_ends_with_6(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were the stocks those that are printed, the command would say so."""
    from dataclasses import replace

    import ccinv.stocking

    honest = ccinv.stocking.stocked
    monkeypatch.setattr(
        ccinv.stocking, "stocked", lambda known, _: replace(honest(known, levels=(0.5,)), stock=np.array([0.32, 0.19]))
    )
    code, found, said = run(capsys, "stock", written(tmp_path, files()), "--out", tmp_path / "run")
    assert code == 6
    assert found["audit"]["kept"] is False
    assert found["audit"]["reliability"] == pytest.approx(0.1287, abs=0.01)
    assert "BROKEN" in said
    assert "where 80.00 % was asked" in said


def test_a_folder_with_faults_ends_with_2_and_all_of_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = changed(files(), "deliveries.csv", "first,1,2,41,400", "first,1,2,14,0")
    code, found, _ = run(capsys, "stock", written(tmp_path, asked), "--out", tmp_path / "run")
    assert code == 2
    assert [fault["where"] for fault in found["faults"]] == [
        "deliveries.csv, line 3, column day",
        "deliveries.csv, line 3, column amount",
    ]


# --- the page


def page_of(files_: dict[str, str], folder: Path) -> tuple[str, StockPlan]:
    known = read_stock(written(folder, files_)).known
    plan = stocked(known, levels=(0.5, 0.9))
    limit = known.shortage_limit / known.demand[:, None]
    audit = audit_stock(known.deliveries, plan.stock, known.reliability, limit, 2_000)
    return stock_page(plan, audit, {"ccinv": "0"}), plan


def test_the_page_holds_no_script_no_link_and_no_name_as_it_came(tmp_path: Path) -> None:
    spoiled = changed(files(), "stock.toml", 'name = "two materials"', 'name = "a & <b> <script>x</script>"')
    page, _ = page_of(spoiled, tmp_path)
    assert "<script" not in page
    assert "a &amp; &lt;b&gt;" in page
    assert not re.search(r"(src|href)=\"(?!#|data:)", page)
    assert page.count("<svg") == 5  # two of each material, and the cost


def test_the_page_shows_a_shortage_where_there_is_one_and_none_where_none_can_be(tmp_path: Path) -> None:
    page, plan = page_of(files(), tmp_path)
    assert page.count(">a cycle with a shortage<") == 2
    sure = [f"{one.flow.most + 1e-6:.6f}" for one in plan.known.deliveries]
    full = changed(files(), "stock.toml", "price = 1.0", f"price = 1.0\nlower = {sure[0]}")
    full = changed(full, "stock.toml", "price = 3.0", f"price = 3.0\nlower = {sure[1]}")
    page, _ = page_of(full, tmp_path)
    assert ">a cycle with a shortage<" not in page


def test_the_same_run_writes_the_same_page(tmp_path: Path) -> None:
    assert page_of(files(), tmp_path)[0] == page_of(files(), tmp_path)[0]


def test_a_bad_fit_is_told(tmp_path: Path) -> None:
    """Thirty cycles that alternate between two patterns: no law of selected points has two heads."""
    lines = [
        f"first,{c},{k},{day},{amount}"
        for c in range(30)
        for k, (day, amount) in enumerate([(5 + c % 3, 10), (40, 20)] if c % 2 else [(80, 10), (88, 12)], start=1)
    ]
    made = {**files(), "deliveries.csv": "material,cycle,delivery,day,amount\n" + "\n".join(lines) + "\n"}
    made = changed(made, "stock.toml", 'method = "paper"', 'method = "moments"')
    plan = solved(written(tmp_path, made))
    audit = audit_stock(plan.known.deliveries, plan.stock, 0.8, paths=1_000)
    said = "\n".join(stock_words(plan, audit))
    assert "does not go with the history" in said
    assert "Not in line with their history: first" in stock_page(plan, audit, {})


def test_many_materials_are_told_in_few_lines(tmp_path: Path) -> None:
    head, body = files()["stock.toml"].split("[material.first]")[0], ""
    for k in range(120):
        body += f"[material.m{k}]\nprice = {1 + k % 5}\ndemand = {100 + k}\ntimes = [2, 4]\ntime_sample = 5\n"
        body += "amounts = [2]\namount_sample = 4\n"
    plan = solved(written(tmp_path, {"stock.toml": head + body}))
    audit = audit_stock(plan.known.deliveries, plan.stock, 0.8, paths=1_000)
    assert "and 112 more materials, in stock.csv" in "\n".join(stock_words(plan, audit))
    assert len(stock_words(plan, audit)) < 15
    page = stock_page(plan, audit, {})
    assert page.count("<svg") == 2 * 6
    assert "every material" in stock_headline(plan, audit)


def test_fewer_reliabilities_are_priced_the_larger_the_question_and_none_of_very_many(tmp_path: Path) -> None:
    from dataclasses import replace

    from ccinv.stocking import LEVELS, priced_levels

    known = read_stock(written(tmp_path, files())).known
    counts = []
    for times in (1, 20, 60, 200):  # 50 a pair
        many = replace(known, deliveries=known.deliveries * times)
        counts.append(len(priced_levels(many)))
    assert counts[0] == len(LEVELS)
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == 0
