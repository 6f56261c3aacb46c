"""A frontier is the optimum at every point, and its prices are what a dollar more would really gain."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import ccinv as cc
from benchmarks import transcription
from ccinv.cli import main
from ccinv.errors import DataError, InfeasibleError
from ccinv.reporting.frontier import buys, chosen_served, frontier_headline, frontier_words
from ccinv.writing import open_folder
from ccinv.writing.frontier_folder import write_frontier

FloatArray = NDArray[np.float64]
NORMAL = cc.inversion.Normal()
PERIODS = 5
OWN = 2400.0
LEVELS = (0.87, 0.9, 0.92, 0.94)


def store_of(seed: int = 3, items: int = 4, **changes: object) -> cc.Store:
    """A store whose promises and whose other items both cost money in the first periods."""
    rng = np.random.default_rng(seed)
    mean = rng.uniform(5, 20, (items, PERIODS))
    given = cc.Store(
        unit_cost=rng.uniform(5, 50, items),
        on_hand=np.where(np.arange(items) % 2 == 0, 0.42, 0.6) * mean.sum(axis=1),
        important=np.arange(items) % 2 == 0,
        demand=cc.demand.Normal(mean, 0.3 * mean),
        lead_time=cc.LeadTime([0.75, 0.2, 0.05]),
        budget=cc.Budget(OWN, 0.95),
        service=cc.Service(0.9),
    )
    return replace(given, **changes)


@pytest.fixture(scope="module")
def store() -> cc.Store:
    return store_of()


@pytest.fixture(scope="module")
def found(store: cc.Store) -> cc.Frontier:
    return cc.frontier(store, LEVELS, points=4)


def least(store: cc.Store, level: float) -> float:
    asked = replace(store, service=cc.Service(level))
    return cc.plan(asked, objective=cc.MinimumBudget(), inversion=NORMAL).objective_value


def score_under(store: cc.Store, limits: FloatArray) -> float:
    """γ of the first level of max-min under limits that may differ from period to period."""
    return cc.plan(
        replace(store, budget=cc.Budget(limits, 0.95)), objective=cc.MaxMinService(), inversion=NORMAL
    ).objective_value


# ---- the curves


def test_each_point_of_the_promises_is_the_least_budget_and_they_rise(store: cc.Store, found: cc.Frontier) -> None:
    assert [point.level for point in found.promised] == list(LEVELS)
    for point in found.promised:
        assert point.limit == pytest.approx(least(store, point.level), rel=1e-7)
        assert (point.short, point.said) == (0, "")
    assert (np.diff([point.limit for point in found.promised]) > 0).all()


def test_each_limit_buys_what_max_min_finds_and_more_buys_more(store: cc.Store, found: cc.Frontier) -> None:
    assert len(found.served) == 5, "four points and the store's own limit"
    for point in found.served:
        best = score_under(store, np.full(PERIODS, point.limit))
        assert point.score == pytest.approx(best, rel=2e-6)
        assert point.service == pytest.approx(float(NORMAL.probability(point.score)), rel=1e-12)
    assert (np.diff([point.score for point in found.served]) > 0).all()


def test_a_limit_is_the_least_for_the_service_it_buys_by_the_model_written_out(
    store: cc.Store, found: cc.Frontier
) -> None:
    """The same curve from the other side: the transcription's least limit with all others held at the score."""
    for point in found.served:
        written = transcription.Transcription(store, transcription.cumulative, transcription.normal)
        exact = written.minimum_budget(gamma=point.score)
        assert exact.status == "optimal"
        assert exact.value == pytest.approx(point.limit, rel=1e-5)


def test_dollars_are_convex_in_the_standard_score_where_deviations_do_not_depend_on_orders(store: cc.Store) -> None:
    """Fixed orders, fixed lead times: a linear program in whose right side κ stands. Elsewhere it need not be so."""
    sure = replace(store, lead_time=cc.LeadTime([0.0, 1.0]), on_hand=1.6 * store.on_hand)
    levels = NORMAL.probability(np.linspace(0.5, 2.5, 6))
    limits = [point.limit for point in cc.frontier(sure, levels, cc.rules.Static(), limits=[1.0]).promised]
    assert np.diff(limits).max() > 1
    assert np.diff(limits, 2).min() > -1e-6 * limits[0]


def test_what_is_needed_bounds_what_is_bought(store: cc.Store, found: cc.Frontier) -> None:
    promises, half = found.needs
    assert promises == pytest.approx(least(store, 0.9), rel=1e-7)
    written = transcription.Transcription(store, transcription.cumulative, transcription.normal)
    assert half == pytest.approx(written.minimum_budget(gamma=0.0).value, rel=1e-6)
    assert min(point.limit for point in found.served) >= half


# ---- prices, against programs solved again


def test_the_slope_of_the_promises_is_that_of_programs_solved_again(store: cc.Store, found: cc.Frontier) -> None:
    step = 1e-4
    for point in found.promised:
        slope = (least(store, point.level + step) - least(store, point.level - step)) / (2 * step)
        assert point.slope == pytest.approx(slope, rel=1e-3)
        assert point.share.sum() == pytest.approx(1, abs=1e-6)
        assert point.price == pytest.approx(point.share / point.slope)


def test_a_dollar_more_in_one_period_raises_the_promise_by_its_price(store: cc.Store, found: cc.Frontier) -> None:
    """The greatest level that a limit, raised in one period alone, still keeps: found by bisection over refusals."""
    point = found.promised[1]
    period = int(np.argmax(point.price))
    raised = 2.0
    limits = np.full(PERIODS, point.limit) + raised * (np.arange(PERIODS) == period)
    low, high = point.level, point.level + 3 * raised * float(point.price[period])
    for _ in range(12):
        middle = (low + high) / 2
        asked = replace(store, service=cc.Service(middle), budget=cc.Budget(limits, 0.95))
        try:
            cc.plan(asked, objective=cc.ExpectedStock(), inversion=NORMAL)
            low = middle
        except InfeasibleError:
            high = middle
    gained = (low + high) / 2 - point.level
    assert gained == pytest.approx(raised * float(point.price[period]), rel=0.03)


def test_a_dollar_more_in_each_period_raises_the_others_by_its_price(store: cc.Store, found: cc.Frontier) -> None:
    point = found.served[2]
    assert (point.score_price > 1e-6).sum() >= 1
    gained = []
    for period in range(PERIODS):
        step = 1.0 * (np.arange(PERIODS) == period)
        ends = [score_under(store, point.limit + sign * step) for sign in (1, -1)]
        gained.append((ends[0] - ends[1]) / 2)
    # differences of scores that are exact to 1e-8 each
    np.testing.assert_allclose(point.score_price, gained, rtol=1e-3, atol=1e-7)
    density = np.exp(-(point.score**2) / 2) / np.sqrt(2 * np.pi)
    np.testing.assert_allclose(point.price, density * point.score_price, rtol=1e-6)


@pytest.mark.parametrize(
    ("rule", "inversion"),
    [(cc.rules.Affine(), cc.inversion.Cantelli()), (cc.rules.Static(), cc.inversion.Student(6.0))],
)
def test_slopes_hold_under_other_rules_and_inversions(rule: object, inversion: object) -> None:
    store = store_of(seed=8, items=3, lead_time=cc.LeadTime([0.9, 0.1]))
    store = replace(store, on_hand=0.6 * store.on_hand, service=cc.Service(0.8))
    step = 1e-5
    level = 0.85
    points = cc.frontier(store, [level - step, level, level + step], rule, inversion, limits=[1.0]).promised
    slope = (points[2].limit - points[0].limit) / (2 * step)
    assert [point.short for point in points] == [0, 0, 0]
    assert points[1].slope == pytest.approx(slope, rel=2e-3)
    assert slope > 0


# ---- what cannot be had is said


def test_too_little_money_is_in_the_curve_with_what_is_missing(store: cc.Store, found: cc.Frontier) -> None:
    promises, half = found.needs
    assert half > promises + 1
    low, middle = promises - 100, (promises + half) / 2
    points = cc.frontier(store, [0.9], limits=[low, middle, half + 200]).served
    assert "100.00 dollars short: the promises alone need" in points[0].said
    assert f"{half - middle:,.2f} dollars short: promises are kept, but" in points[1].said
    assert np.isnan([points[0].score, points[1].score, *points[0].price]).all()
    assert points[2].score > 0


def test_a_level_that_lead_times_forbid_is_in_the_curve_and_says_so() -> None:
    """With an order that never comes in one case of fifty, nobody can promise 99 % when the stock is gone."""
    late = cc.LeadTime([[0.6, 0.38]], never=[0.02])
    demand = cc.demand.Normal(np.full((2, PERIODS), 10.0), np.full((2, PERIODS), 3.0))
    store = cc.Store([10.0, 10.0], [12.0, 12.0], [True, False], demand, late, cc.Budget(2000.0, 0.95), service=0.9)
    points = cc.frontier(store, [0.6, 0.9999], limits=[5.0]).promised
    assert points[1].short > 0
    assert np.isfinite(points[1].limit)
    assert np.isnan([points[1].slope, *points[1].price]).all()
    assert "out of reach whatever is spent; worst is item-1 in period 2" in points[1].said


def test_money_that_is_not_what_limits_buys_nothing(store: cc.Store) -> None:
    point = cc.frontier(store, [0.9], limits=[6000.0]).served[0]
    assert "are not needed" in point.said
    assert (point.price == 0).all()


def test_where_nothing_can_be_had_the_error_says_it_of_every_point(store: cc.Store) -> None:
    free = replace(store, important=np.zeros(4, dtype=bool))
    with pytest.raises(InfeasibleError, match=r"limit 1\.00: .* dollars short"):
        cc.frontier(free, limits=[1.0])


def test_without_promises_or_without_others_there_is_one_curve(store: cc.Store) -> None:
    none = cc.frontier(replace(store, important=np.zeros(4, dtype=bool)), points=2)
    assert none.promised == ()
    assert none.served
    assert any("No item has a promise" in note for note in none.notes)
    assert "serve every item" in frontier_headline(none)
    every = cc.frontier(replace(store, important=np.ones(4, dtype=bool)), [0.9])
    assert every.served == ()
    assert every.promised[0].limit > 0
    assert any("No order serves an item without a promise" in note for note in every.notes)


def test_limits_that_differ_give_a_note_and_no_point_of_their_own(store: cc.Store, found: cc.Frontier) -> None:
    listed = replace(store, budget=cc.Budget(np.linspace(8000, 9000, PERIODS), 0.95))
    seen = cc.frontier(listed, [0.9], points=2)
    assert np.isnan(seen.own_limit)
    assert len(seen.served) == 2
    assert any("differ from period to period" in note for note in seen.notes)
    assert found.own_limit == OWN


def test_every_fault_in_what_is_asked_is_named_at_once(store: cc.Store) -> None:
    with pytest.raises(DataError) as caught:
        cc.frontier(store, [0.9, 0.3, 95], limits=[7000, "much", np.nan], points=1)
    said = " ".join(map(str, caught.value.faults))
    for phrase in ("levels, number 2", "Did you mean 0.95?", "limits, number 2", "limits, number 3", "points"):
        assert phrase in said
    assert len(caught.value.faults) == 5
    with pytest.raises(DataError, match="0 of them"):
        cc.frontier(store, [])


@pytest.mark.parametrize("points", [1, 0, -3, 201, 2.5, True, "8"])
def test_a_number_of_points_that_is_none_is_refused(store: cc.Store, points: object) -> None:
    with pytest.raises(DataError, match="a whole number from 2 to 200"):
        cc.frontier(store, points=points)


def test_the_calibrated_inversion_prices_its_own_multipliers() -> None:
    store = store_of(seed=5, items=2, lead_time=cc.LeadTime([0.9, 0.1]))
    how = cc.inversion.Calibrated(paths=4000, rounds=3)
    seen = cc.frontier(store, [0.8, 0.9], inversion=how, limits=[100.0, 5000.0])
    assert seen.inversion == "Calibrated"
    limits = [point.limit for point in seen.promised]
    slope = (limits[1] - limits[0]) / 0.1
    # between two calibrations lies simulation noise and a curve: the prices are of its size
    assert seen.promised[0].slope * 0.3 < slope < seen.promised[1].slope * 3
    assert seen.promised[1].share.sum() == pytest.approx(1, abs=1e-6)
    assert seen.needs[0] == limits[1], "what promises need is known from calibration"
    assert f"{limits[1] - 100:,.2f} dollars short" in seen.served[0].said
    assert seen.served[1].score > 0


# ---- words, folder, command


@pytest.mark.parametrize(
    ("price", "said"),
    [
        ([0.0, 2e-6, 0.0], "one more dollar, times 100, buys 0.02 points in period 2, nothing in the others"),
        ([0.001, 0.002, 0.0], "one more dollar buys 0.2 points in period 2, 0.1 points in period 1, nothing in"),
        ([0.0, 0.0, 0.0], "nothing"),
        ([np.nan] * 3, "no price"),
    ],
)
def test_prices_are_said_in_dollars_that_make_a_difference(price: list[float], said: str) -> None:
    assert buys(np.array(price), ("1", "2", "3")).startswith(said)


def test_the_folder_holds_both_curves_and_the_prices_of_every_period(found: cc.Frontier, tmp_path: Path) -> None:
    named = replace(found, name="<b>bolts</b>", calendar=tuple(f"2027-{t + 1:02d}" for t in range(PERIODS)))
    place, figures = write_frontier(named, tmp_path / "out", command="made by hand")
    content = open_folder(place).content
    assert set(content) == {"frontier.csv", "prices.csv", "frontier.svg", "summary.json", "report.html"}
    assert json.loads(content["summary.json"]) == json.loads(json.dumps(figures))
    points = list(csv.DictReader(io.StringIO(content["frontier.csv"].decode(), newline=""), strict=True))
    assert [line["curve"] for line in points] == ["promised"] * 4 + ["others"] * 5
    assert float(points[1]["limit"]) == found.promised[1].limit
    assert float(points[1]["one_more_dollar"]) == pytest.approx(1 / found.promised[1].slope)
    assert float(points[6]["score"]) == found.served[2].score
    prices = list(csv.DictReader(io.StringIO(content["prices.csv"].decode(), newline=""), strict=True))
    assert len(prices) == 9 * PERIODS
    assert (prices[PERIODS + 1]["period_start"], prices[PERIODS + 1]["period"]) == ("2027-02", "2")
    assert float(prices[PERIODS + 1]["one_more_dollar"]) == found.promised[1].price[1]
    page = content["report.html"].decode()
    assert frontier_headline(named) in page
    assert "<b>bolts" not in page
    assert "&lt;b&gt;bolts" in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org", "")
    assert ET.fromstring(content["frontier.svg"]).tag.endswith("svg")  # noqa: S314  # our own
    with pytest.raises(DataError):
        write_frontier(found, tmp_path / "out")


def test_points_that_could_not_be_had_are_in_words_tables_and_picture(store: cc.Store, tmp_path: Path) -> None:
    seen = cc.frontier(store, [0.9], limits=[10.0, OWN])
    assert any("dollars short: the promises alone need" in line for line in frontier_words(seen))
    content = open_folder(write_frontier(seen, tmp_path / "out")[0]).content
    assert b"dollars short" in content["frontier.csv"]
    assert b"dollars short" in content["report.html"]
    assert b"too little" in content["frontier.svg"]
    chosen = chosen_served(seen)
    assert chosen is not None
    assert chosen.limit == OWN


STORE = """\
schema = 1
name = "three parts"
periods = 4
[service]
alpha = 0.9
[budget]
limit = 4200.0
confidence = 0.9
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "store"
    place.mkdir()
    (place / "store.toml").write_text(STORE)
    (place / "items.csv").write_text(
        "item_id,unit_cost,on_hand,important\npump,40,30,true\nseal,35,25,false\nhose,5,24,true\n"
    )
    rows = [
        f"{name},{t},{mean},{mean / 3}"
        for name, mean in (("pump", 20), ("seal", 12), ("hose", 9))
        for t in (1, 2, 3, 4)
    ]
    (place / "demand_forecast.csv").write_text("\n".join(["item_id,period,mean,sd", *rows]) + "\n")
    ages = [f"{name},{age},{p}" for name in ("pump", "seal", "hose") for age, p in ((0, 0.95), (1, 0.05))]
    (place / "lead_times.csv").write_text("\n".join(["item_id,age,probability", *ages]) + "\n")
    return place


def test_the_command_writes_a_folder_and_ends_with_its_report(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert main(["frontier", str(folder), "--points", "3", "--out", str(out)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "three parts: 3 items, 4 periods; rule Cumulative, inversion Normal"
    assert lines[1].startswith("Keeping 90.0 % takes a limit of $")
    assert any("one more dollar" in line and "points in period" in line for line in lines)
    assert lines[-1] == f"Report: {out / 'report.html'}"
    assert main(["frontier", str(folder), "--points", "3", "--out", str(out)]) == 2
    assert "already there" in capsys.readouterr().err
    given = ["frontier", str(folder), "--points", "2", "--out", str(out), "--force", "--json"]
    assert main([*given, "--rule", "static", "--inversion", "cantelli"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["status"], said["rule"], said["inversion"]) == ("done", "Static", "Cantelli")
    assert len(said["promised"]) == 3


def test_the_command_refuses_what_it_cannot_do(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["frontier", str(folder), "--out", str(tmp_path / "run")]
    for wrong, said in (
        (["--points", "1"], "from 2 to 200"),
        (["--inversion", "gauss"], "'normal'"),
        (["--rule", "afine"], "'affine'"),
    ):
        assert main([*given, *wrong]) == 2
        assert said in capsys.readouterr().err
    assert main(["frontier", str(tmp_path / "nowhere")]) == 2
    assert not (tmp_path / "run").exists()
