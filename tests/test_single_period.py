"""The single period (thesis ch. 2): levels against other ways to them, at the edges, and from the command line."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from single_period_oracles import Instance, all_tried, convex_programs, drawn, linear_program

import ccinv as cc
from ccinv.cli import main
from ccinv.models.single_period import whole
from ccinv.writing import open_folder

seeds = st.integers(0, 2**32 - 1).map(np.random.default_rng)


@pytest.fixture(scope="module")
def thousand() -> list[Instance]:
    rng = np.random.default_rng(1990)
    return [drawn(rng) for _ in range(1000)]


@pytest.fixture(scope="module")
def linear(thousand: list[Instance]) -> np.ndarray:
    return np.array([linear_program(one) for one in thousand])


def objectives(instances: list[Instance], integer: bool = False) -> np.ndarray:
    return np.array([one.levels(integer).objective for one in instances])


def rounding(instances: list[Instance]) -> np.ndarray:
    """Where nothing is left of an objective, what double precision leaves of the sums that cancel in it."""
    return 1e-13 * np.array([one.start for one in instances])


def test_filling_and_the_linear_program_agree_to_1e_9(thousand: list[Instance], linear: np.ndarray) -> None:
    filled = objectives(thousand)
    assert np.all(np.abs(filled - linear) <= 1e-9 * linear + rounding(thousand))
    assert (filled > 1e11 * rounding(thousand)).sum() > 500, "the money must matter in most of them"


def test_filling_and_the_convex_program_agree_to_1e_6(thousand: list[Instance]) -> None:
    filled = objectives(thousand)
    convex = np.concatenate([convex_programs(thousand[k : k + 50]) for k in range(0, 1000, 50)])
    assert np.all(np.abs(filled - convex) <= 1e-6 * filled + 1e3 * rounding(thousand))


def test_whole_levels_stand_between_the_linear_program_and_filling_rounded_down(
    thousand: list[Instance], linear: np.ndarray
) -> None:
    between = 0
    for one, least in zip(thousand, linear, strict=True):
        found = one.levels(integer=True)
        rounded = one.objective(np.floor(one.levels().levels))
        assert least * (1 - 1e-9) - 1e-13 * one.start <= found.objective <= rounded * (1 + 1e-9) + 1e-13 * one.start
        between += least * 1.0001 < found.objective < rounded * 0.9999
        assert np.array_equal(found.levels, np.rint(found.levels))
        assert one.unit_cost @ found.levels <= one.budget * (1 + 1e-11)
    assert between > 50, "in some of them neither bound is the answer"


@pytest.mark.parametrize("are_whole", [True, False])
def test_whole_levels_are_the_best_of_all_there_are(are_whole: bool) -> None:
    rng = np.random.default_rng(7)
    better = 0
    for _ in range(150):
        one = drawn(rng, are_whole, most_items=3, most_value=6)
        found, best = one.levels(integer=True), all_tried(one)
        assert found.objective == pytest.approx(best, rel=1e-8, abs=1e-12 * one.start)
        assert found.bound <= best * (1 + 1e-9) + 1e-12 * one.start
        better += best < one.objective(np.floor(one.levels().levels)) * 0.9999
    assert better > 5, "rounding down must not be enough everywhere"


@given(seeds, st.booleans())
def test_no_levels_within_the_budget_are_below_the_bound_and_the_record_says_what_holds(
    rng: np.random.Generator, integer: bool
) -> None:
    one = drawn(rng, most_items=6)
    found = one.levels(integer)
    short = (one.probabilities * np.maximum(one.values - found.levels[:, None], 0)).sum(axis=1)
    np.testing.assert_allclose(found.expected_backorders, short, rtol=1e-12, atol=1e-14)
    assert found.objective == pytest.approx(one.objective(found.levels), rel=1e-12, abs=1e-14)
    assert found.spent == pytest.approx(one.unit_cost @ found.levels, rel=1e-12)
    assert found.spent <= one.budget * (1 + 1e-11)
    assert found.bound <= found.objective
    assert found.gap <= 1e-8
    # weak duality, for any price: min over y of each item's part, which has its least at 0 or at one of its demands
    grid = np.hstack([np.zeros((len(one.weight), 1)), one.values])
    short = (one.probabilities[:, None, :] * np.maximum(one.values[:, None, :] - grid[:, :, None], 0)).sum(axis=2)
    least = (one.weight[:, None] * short + found.price * one.unit_cost[:, None] * grid).min(axis=1).sum()
    proven = least - found.price * one.budget
    slack = 1e-12 * (one.start + found.price * one.budget)
    assert proven <= found.objective + slack
    if not integer:
        assert proven == pytest.approx(found.objective, rel=0, abs=slack + 1e-12 * one.start)


@given(seeds)
def test_the_price_is_what_one_more_dollar_saves(rng: np.random.Generator) -> None:
    one = drawn(rng)
    found = one.levels()
    little = 1e-6 * float(one.unit_cost @ one.values.max(axis=1))
    more = replace(one, budget=one.budget + little).levels()
    saved = found.objective - more.objective
    assert saved <= found.price * little + 1e-12 * one.start, "savings per dollar fall"
    # the next step is longer than a millionth of everything, unless a rounded demand ends just there
    assert saved == pytest.approx(found.price * little, rel=1e-6, abs=1e-12 * one.start)


@given(seeds, st.booleans())
def test_units_of_money_and_of_weight_and_the_order_of_items_change_nothing_else(
    rng: np.random.Generator, integer: bool
) -> None:
    one = drawn(rng)
    found = one.levels(integer)
    scaled = replace(one, unit_cost=one.unit_cost * 1024, budget=one.budget * 1024, weight=one.weight / 4096)
    again = scaled.levels(integer)
    assert again.objective * 4096 == pytest.approx(found.objective, rel=1e-8, abs=1e-12 * one.start)
    turned = Instance(one.values[::-1], one.probabilities[::-1], one.unit_cost[::-1], one.weight[::-1], one.budget)
    assert turned.levels(integer).objective == pytest.approx(found.objective, rel=1e-8, abs=1e-12 * one.start)


@given(seeds, st.booleans())
def test_values_that_cannot_happen_and_the_order_of_values_change_nothing(
    rng: np.random.Generator, integer: bool
) -> None:
    one = drawn(rng)
    padded = np.hstack([one.values[:, ::-1], rng.uniform(0, 20, (len(one.values), 2))])
    chances = np.hstack([one.probabilities[:, ::-1], np.zeros((len(one.values), 2))])
    again = replace(one, values=padded, probabilities=chances).levels(integer)
    assert again.objective == pytest.approx(one.levels(integer).objective, rel=1e-8, abs=1e-12 * one.start)


def test_one_unit_of_two_dollars_is_all_that_three_dollars_buy_whole() -> None:
    """Two units are demanded for certain: 1.5 units leave half a backorder, one whole unit leaves one."""
    one = Instance(np.array([[2.0]]), np.array([[1.0]]), np.array([2.0]), np.array([1.0]), 3.0)
    part, full = one.levels(), one.levels(integer=True)
    assert (part.levels[0], part.objective, part.bound, part.spent, part.price) == (1.5, 0.5, 0.5, 3.0, 0.5)
    assert linear_program(one) == pytest.approx(0.5, rel=1e-12)
    assert (full.levels[0], full.objective, full.spent) == (1.0, 1.0, 2.0)
    assert full.bound == pytest.approx(1.0, rel=1e-9)
    assert all_tried(one) == 1.0


def test_money_goes_first_where_it_saves_most_and_ties_go_to_the_first_item() -> None:
    law = cc.demand.Discrete([0.0, 2.0], [0.5, 0.5])
    two = cc.demand.Discrete([[0.0, 2.0]] * 2, [[0.5, 0.5]] * 2)
    assert cc.single_period(two, [1, 1], [1, 1.001], 1).levels.tolist() == [0, 1]
    assert cc.single_period(two, [1, 1], [1, 1], 3).levels.tolist() == [2, 1]
    assert cc.single_period(law, [4], [8], 1).price == 8 * 0.5 / 4


def test_without_money_nothing_is_bought_but_what_is_free() -> None:
    law = cc.demand.Discrete([[0.0, 3.0]] * 3, [[0.4, 0.6]] * 3)
    for integer in (False, True):
        found = cc.single_period(law, [5, 0, 0], [1, 1, 0], 0, integer)
        assert found.levels.tolist() == [0, 3, 0], "free and of no weight: nothing would be saved"
        assert found.spent == 0
        assert found.price == pytest.approx(0.6 / 5)


@pytest.mark.parametrize("integer", [False, True])
@pytest.mark.parametrize("budget", [9.0, 1e9, np.inf])
def test_where_the_money_covers_everything_every_item_has_its_largest_demand(budget: float, integer: bool) -> None:
    law = cc.demand.Discrete([[0.0, 3.0, 8.0], [1.0, 3.0, 3.0]], [[0.4, 0.6, 0.0], [0.4, 0.3, 0.3]])
    found = cc.single_period(law, [1, 2], [1, 1], budget, integer)
    assert found.levels.tolist() == [3, 3]
    assert (found.objective, found.bound, found.gap, found.price, found.spent) == (0, 0, 0, 0, 9)


def test_whole_levels_of_demand_in_parts_of_units_are_whole_and_cover_it() -> None:
    law = cc.demand.Discrete([0.25, 1.5, 2.4], [0.5, 0.2, 0.3])
    found = [cc.single_period(law, [1], [1], budget, integer=True).levels[0] for budget in (0.9, 1, 2.5, 3, 99)]
    assert found == [0, 1, 2, 3, 3]


def test_demand_that_is_whole_but_for_rounding_is_not_rounded_up() -> None:
    noisy = 3 * 0.1 * 10
    assert noisy > 3
    law = cc.demand.Discrete([0.0, noisy], [0.5, 0.5])
    assert cc.single_period(law, [1], [1], 100, integer=True).levels[0] == 3


def test_three_units_at_ten_cents_cost_thirty_cents() -> None:
    assert 3 * 0.1 > 0.3, "in binary"
    law = cc.demand.Discrete([3.0], [1.0])
    assert cc.single_period(law, [0.1], [1], 0.3, integer=True).levels[0] == 3


def test_certain_zero_demand_needs_no_stock() -> None:
    law = cc.demand.Discrete([[0.0], [2.0]], [[1.0], [1.0]])
    for integer in (False, True):
        assert cc.single_period(law, [1, 1], [9, 1], 5, integer).levels.tolist() == [0, 2]


def test_a_store_of_many_items_is_proven_to_one_in_a_hundred_million() -> None:
    rng = np.random.default_rng(3)
    n, k = 3000, 8
    law = cc.demand.Discrete(rng.integers(0, 60, (n, k)), rng.dirichlet(np.ones(k), n))
    cost, weight = np.round(rng.lognormal(3, 1, n), 2), rng.uniform(0.5, 3, n)
    budget = 0.4 * float(cost @ law.values.max(axis=1))
    part, full = (cc.single_period(law, cost, weight, budget, integer) for integer in (False, True))
    assert part.objective * (1 - 1e-12) <= full.bound <= full.objective
    assert full.gap <= 1e-8
    assert full.spent <= budget


def test_what_the_solver_does_not_finish_is_still_a_feasible_answer_with_a_true_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Worth and price of every item differ by a constant: a knapsack that no search finishes soon."""
    rng = np.random.default_rng(5)
    cost = 2.0 * rng.integers(50, 500, 12)
    one = Instance(np.ones((12, 1)), np.ones((12, 1)), cost, cost + 100, float(np.floor(cost.sum() / 4) * 2 + 1))
    best = all_tried(one)
    monkeypatch.setattr("ccinv.solve.milp.NODES", 0)
    cut = one.levels(integer=True)
    assert cut.bound <= best * (1 + 1e-9) <= cut.objective * (1 + 2e-9)
    assert cut.spent <= one.budget
    monkeypatch.undo()
    assert one.levels(integer=True).objective == pytest.approx(best, rel=1e-9)


def test_a_solver_that_overspends_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = whole.minimize
    asked = []

    def overspends(*program: np.ndarray) -> object:
        asked.append(program[2][0])
        found = honest(*program)
        return replace(found, x=np.append(program[3][:-1], 0.0))  # all that there is

    one = Instance(np.full((3, 1), 5.0), np.ones((3, 1)), np.array([3.0, 5.0, 7.0]), np.array([3.1, 5.0, 7.2]), 31.0)
    monkeypatch.setattr(whole, "minimize", overspends)
    found = one.levels(integer=True)
    assert asked[1] < asked[0], "asked again with a little less money"
    assert found.spent <= one.budget
    assert np.array_equal(found.levels, np.floor(one.levels().levels))


def test_the_record_is_frozen_and_the_same_every_time() -> None:
    one = drawn(np.random.default_rng(11), most_items=8)
    found, again = one.levels(integer=True), one.levels(integer=True)
    assert np.array_equal(found.levels, again.levels)
    with pytest.raises(ValueError, match="read-only"):
        found.levels[0] = 1
    with pytest.raises(FrozenInstanceError):
        found.price = 1.0


def test_every_fault_is_named_at_once() -> None:
    law = cc.demand.Discrete([[-1.0, 2.0], [1.0, 2.0]], [[[0.5, 0.5]] * 2] * 2)
    with pytest.raises(cc.DataError) as caught:
        cc.single_period(law, [1.0, -2.0], [np.nan, 1.0], -5, integer="yes")  # type: ignore[arg-type]
    said = [str(fault) for fault in caught.value.faults]
    places = [
        "demand:",
        "demand values, item row 1",
        "unit_cost, item row 2",
        "weight, item row 1",
        "budget:",
        "integer:",
    ]
    assert [text.startswith(place) for text, place in zip(said, places, strict=True)] == [True] * 6, said


@pytest.mark.parametrize(
    ("question", "where"),
    [
        ((cc.demand.Poisson([[3.0]]), [1.0], [1.0], 5), "demand: found Poisson, expected Discrete"),
        ((cc.demand.Discrete([1.0], [1.0]), [1.0, 2.0], [1.0], 5), "unit_cost: found shape (2,), expected (1,)"),
        ((cc.demand.Discrete([1.0], [1.0]), [1.0], 1.0, 5), "weight: found shape (), expected (1,)"),
        ((cc.demand.Discrete([1.0], [1.0]), [1.0], [1.0], np.nan), "budget: found nan"),
        ((cc.demand.Discrete([1.0], [1.0]), [1.0], [1.0], True), "budget: found True"),
        ((cc.demand.Discrete([1.0], [1.0]), [1.0], [1.0], [5.0]), "budget: found [5.0]"),
        ((cc.demand.Discrete([1.0], [1.0]), [1.0], [1.0], None), "budget: found None"),
        ((cc.demand.Discrete([1.0], [1.0]), [1.0], [1.0], "5"), "budget: found '5'"),
        ((cc.demand.Discrete([1.0], [1.0]), ["a"], [1.0], 5), "unit_cost: found"),
        ((cc.demand.Discrete([1.0], [1.0]), [1.0], None, 5), "weight: found"),
    ],
)
def test_a_wrong_question_is_refused_with_what_was_found(question: tuple, where: str) -> None:
    with pytest.raises(cc.DataError) as caught:
        cc.single_period(*question)
    assert where in str(caught.value)


def test_negative_values_that_cannot_happen_are_no_fault() -> None:
    law = cc.demand.Discrete([-1.0, 2.0], [0.0, 1.0])
    assert cc.single_period(law, [1], [1], 5).levels.tolist() == [2]


TOML = 'name = "stand"\nperiods = 1\n[budget]\nlimit = 7.0\n[orders]\nwhole = {}\n'
ITEMS = "item_id,unit_cost,on_hand,important,weight\n007,2.0,0,true,1\nNA,1.5,9,false,2\n"
LAWS = "item_id,value,probability\n007,0,0.25\n007,3,0.75\nNA,1,0.5\nNA,2,0.5\n"


def stand(folder: Path, text: str = TOML.format("false"), laws: str = LAWS) -> Path:
    folder.mkdir()
    for name, content in (("store.toml", text), ("items.csv", ITEMS), ("demand_pmf.csv", laws)):
        (folder / name).write_text(content)
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_command_writes_levels_a_summary_and_a_seal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert main(["levels", str(stand(tmp_path / "store")), "--out", str(out)]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out.splitlines()[-1] == f"Levels: {out / 'levels.csv'}"
    assert "1 items have more on hand than their level" in printed.out
    sheet = rows(out / "levels.csv")
    assert [row["item_id"] for row in sheet] == ["007", "NA"]
    assert [float(row["level"]) for row in sheet] == [2, 2]
    assert [float(row["expected_backorders"]) for row in sheet] == pytest.approx([0.75, 0])
    figures = json.loads((out / "summary.json").read_text())
    assert figures["objective_value"] == figures["bound"] == pytest.approx(0.75)
    assert (figures["budget_limit"], figures["spent"], figures["items_above_level"]) == (7, 7, 1)
    assert figures["surplus"] == pytest.approx(7 * 1.5)
    assert set(open_folder(out).content) == {"levels.csv", "summary.json"}


def test_whole_units_are_whole_in_the_table_where_the_store_asks_for_them(tmp_path: Path) -> None:
    store = stand(tmp_path / "store", TOML.format("true").replace("7.0", "6.5"))
    assert main(["levels", str(store), "--out", str(tmp_path / "out")]) == 0
    assert [row["level"] for row in rows(tmp_path / "out" / "levels.csv")] == ["1", "2"]


def test_without_a_budget_there_is_no_limit(tmp_path: Path) -> None:
    store = stand(tmp_path / "store", "periods = 1\n")
    assert main(["levels", str(store), "--out", str(tmp_path / "out")]) == 0
    assert [row["level"] for row in rows(tmp_path / "out" / "levels.csv")] == ["3.0", "2.0"]
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["budget_limit"] is None


def test_levels_are_the_same_whatever_factors_items_share(tmp_path: Path) -> None:
    """Expected backorders are a sum over items: how items hang together does not matter to it."""
    plain, shared = stand(tmp_path / "plain"), stand(tmp_path / "shared")
    (shared / "factors.csv").write_text("item_id,factor,loading\n007,market,0.8\nNA,market,0.7\n")
    for store in (plain, shared):
        assert main(["levels", str(store), "--out", str(tmp_path / f"{store.name}-out")]) == 0
    first, second = (rows(tmp_path / f"{name}-out" / "levels.csv") for name in ("plain", "shared"))
    assert first == second


def test_check_sends_a_store_of_one_period_to_its_levels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No order within a single period can come in time, which is no fault of the store and is not put as one."""
    assert main(["check", str(stand(tmp_path / "store"))]) == 0
    said = capsys.readouterr().out
    assert "ccinv levels" in said
    assert "0 of " not in said


def test_out_is_overwritten_by_force_alone_and_json_is_one_object(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = ["levels", str(stand(tmp_path / "store"))]
    assert main([*asked, "--out", "there"]) == 0
    assert main([*asked, "--out", "there"]) == 2
    assert main([*asked, "--out", "there", "--force"]) == 0
    capsys.readouterr()
    assert main([*asked, "--json"]) == 0
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert (found["status"], found["levels"]) == ("done", "runs/stand-1/levels.csv")
    assert "Levels:" in printed.err


def test_what_is_wrong_with_a_store_ends_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = stand(tmp_path / "bad", laws=LAWS.replace("3,0.75", "3,0.7"))
    assert main(["levels", str(bad)]) == 2
    assert "a sum of 0.95" in capsys.readouterr().err
    assert main(["example", "base-supply", str(tmp_path / "year")]) == 0
    assert main(["levels", str(tmp_path / "year")]) == 2
    said = capsys.readouterr().err
    assert "demand over 12 periods, not as values and probabilities" in said
    assert "ccinv plan" in said


def test_a_folder_of_levels_is_no_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert main(["levels", str(stand(tmp_path / "store")), "--out", str(out)]) == 0
    assert main(["audit", str(out)]) == 2
    assert "a complete run folder" in capsys.readouterr().err


def test_levels_wait_for_no_solver_of_cones(tmp_path: Path) -> None:
    where = str(stand(tmp_path / "store"))
    code = (
        "import sys\nfrom ccinv.cli import main\n"
        f"code = main(['levels', {where!r}, '--out', {str(tmp_path / 'out')!r}])\n"
        "sys.exit(code or sorted({'cvxpy', 'matplotlib', 'clarabel'} & set(sys.modules)) or 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
