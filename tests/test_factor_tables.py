"""factors.csv: what it makes of a store, what it may not say, and what a run folder keeps of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from folders import FORECAST, ITEMS, LEAD_TIMES, PAST, PLAIN, changed, faults_of, written
from made_up import made_up_plan

import ccinv as cc
from ccinv.demand import FactorCopula
from ccinv.reading import describe, read, read_folder

FACTORS = "item_id,factor,loading\n007,market,0.6\nNA,market,0.5\nNA,winter,-0.3\n"
WITH = {**PLAIN, "factors.csv": FACTORS}


def test_loadings_are_read_item_by_item_and_factors_in_their_first_order(tmp_path: Path) -> None:
    law = read(written(tmp_path, WITH)).demand
    assert isinstance(law, FactorCopula)
    assert law.loading.tolist() == [[0.6, 0.0], [0.5, -0.3]]
    assert law.mean.tolist() == [[10, 11, 12], [4, 4.5, 5]]


def test_past_sales_are_fitted_item_by_item_and_share_the_factors_given(tmp_path: Path) -> None:
    folder = read_folder(written(tmp_path, {**PAST, "factors.csv": FACTORS}))
    law = folder.store.demand
    assert isinstance(law, FactorCopula)
    assert folder.history is not None
    apart = tmp_path / "apart"
    apart.mkdir()
    assert np.array_equal(law.law.mean, read(written(apart, PAST)).demand.mean)


@pytest.mark.parametrize("rows", ["", "007,market,0\n"])
def test_a_store_whose_items_follow_no_factor_varies_as_one_without(tmp_path: Path, rows: str) -> None:
    store = read(written(tmp_path, {**PLAIN, "factors.csv": "item_id,factor,loading\n" + rows}))
    plain = tmp_path / "plain"
    plain.mkdir()
    other = read(written(plain, PLAIN))
    rule = cc.rules.Cumulative()
    x = np.ones(rule.on(store).size)
    found, exact = (cc.moments.dollars(s, rule.on(s)).sd_at(x) for s in (store, other))
    assert np.array_equal(found, exact)


def test_what_is_in_the_store_says_how_many_items_follow_factors(tmp_path: Path) -> None:
    text = str(describe(read(written(tmp_path, WITH))))
    assert any(line.split() == ["factors", "2,", "followed", "by", "2", "items"] for line in text.splitlines())
    plain = tmp_path / "plain"
    plain.mkdir()
    assert "factors" not in str(describe(read(written(plain, PLAIN))))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("NA,market,0.5", "NB,market,0.5", ["factors.csv, line 3, column item_id", '"NB"', "items.csv"]),
        ("NA,market,0.5", "NA,market,1.5", ["factors.csv, line 3, column loading", '"1.5"', "from -1 to 1"]),
        ("NA,market,0.5", "NA,market,half", ["factors.csv, line 3, column loading", '"half"', "decimal point"]),
        ("NA,market,0.5", "NA,,0.5", ["factors.csv, line 3, column factor", "nothing", "Fill it in"]),
        ("NA,winter,-0.3", "NA,market,-0.3", ["line 4", 'item "NA", factor "market" again', "line 3", "Leave one"]),
        ("NA,winter,-0.3", "NA,winter,-0.9", ['factors.csv, item "NA"', "squares sum to 1.06", "a sum below 1"]),
        ("007,market,0.6", "007,market,1", ['factors.csv, item "007"', "squares sum to 1", "a sum below 1"]),
        ("factor,loading", "factor,loadings", ["factors.csv, line 1", '"loadings"', 'Rename it to "loading"']),
    ],
)
def test_a_fault_in_the_factors_is_named_with_line_value_and_remedy(
    tmp_path: Path, old: str, new: str, said: list[str]
) -> None:
    found = faults_of(written(tmp_path, changed(WITH, "factors.csv", old, new)))
    assert len(found) == 1
    assert all(part in found[0] for part in said), found


def test_more_factors_than_can_be_drawn_are_refused(tmp_path: Path) -> None:
    rows = "".join(f"007,f{k},0.01\n" for k in range(201))
    found = faults_of(written(tmp_path, {**PLAIN, "factors.csv": "item_id,factor,loading\n" + rows}))
    assert any("201 factors" in fault and "at most 200" in fault for fault in found), found


def test_faults_of_factors_are_told_with_those_of_other_tables(tmp_path: Path) -> None:
    files = changed(changed(WITH, "factors.csv", "0.6", "x"), "lead_times.csv", "0.25", "0.2")
    found = faults_of(written(tmp_path, files))
    assert [fault.split(",")[0] for fault in found] == ["lead_times.csv", "factors.csv"]


def test_frames_say_the_same_as_files(tmp_path: Path) -> None:
    def frame(text: str) -> pl.DataFrame:
        return pl.read_csv(text.encode(), schema_overrides={"item_id": pl.String})

    store = cc.Store.from_tables(
        items=frame(ITEMS),
        demand=frame(FORECAST),
        lead_times=frame(LEAD_TIMES).with_columns(pl.col("age").cast(pl.String)),
        factors=frame(FACTORS),
    )
    assert isinstance(store.demand, FactorCopula)
    assert store.demand.loading.tolist() == [[0.6, 0.0], [0.5, -0.3]]
    from_files = read(written(tmp_path, WITH)).demand
    one, other = (law.sample(np.random.default_rng(1), 5) for law in (store.demand, from_files))
    assert np.array_equal(one, other)


def test_a_run_folder_keeps_the_factors_for_later_audits(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    store = read(written(tmp_path / "store", WITH))
    plan = made_up_plan(store)
    cc.report(plan).write(tmp_path / "run")
    again, kept = cc.load(tmp_path / "run")
    assert isinstance(kept.demand, FactorCopula)
    assert kept.demand.loading.tolist() == [[0.6, 0.0], [0.5, -0.3]]
    first, second = (cc.audit(one, paths=2_000, seed=3) for one in (plan, again))
    assert first.budget_mean.tobytes() == second.budget_mean.tobytes()
    assert first.service.tobytes() == second.service.tobytes()
