"""Tables and page say what was decided and found, for every store, and run nothing that stood in the data."""

import csv
import io
import json
import re
import time
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from made_up import made_up_plan, made_up_store

from ccinv.auditing import Audit, Verdict, audit
from ccinv.cli.words import audit_words, plan_words
from ccinv.reporting import tables, words
from ccinv.reporting.page import page, worst_first
from ccinv.reporting.plots import heat_rows, service_levels
from ccinv.result import OutOfReach, Plan, PooledRule
from ccinv.writing import load, report

PLAN_COLUMNS = [
    "item_id", "period", "period_start", "a", "b", "intercept", "expected_order", "expected_stock", "sd_stock",
    "promised", "audited", "audited_low", "audited_high", "verdict",
]  # fmt: skip
BUDGET_COLUMNS = ["period", "limit", "expected", "sd", "promised", "audited", "verdict"]
VERSIONS = {"python": "3.x", "ccinv": "0"}
STORE = made_up_store(12, 6)
PLAN = made_up_plan(STORE, too_much=2)
AUDIT = audit(PLAN, 20_000)
EVIL = (
    "<img src=x onerror=alert(1)>", "=1+1", "../../x", "</style><script>alert(2)</script>", "+cmd|' /C calc'!A0",
    "@SUM(1,2)", "-2+3", "\t=1", "\r\n=1", '"><svg onload=alert(3)>', "{{ 7 * 7 }}", "{% raw %}", "$x^2$", " \u200b=9",
    "a,b\nc", "javascript:alert(4)", "&lt;b&gt;", "-->", "\ud800", "\x00\x1b[31m", "x" * 5_000,
)  # fmt: skip


class Page(HTMLParser):
    """The elements of a page, their attributes and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in {"meta", "br", "path", "use", "image", "rect"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline=""), strict=True))


def test_plan_csv_has_the_promised_columns_and_one_line_per_item_and_period_with_exact_numbers() -> None:
    found = rows(tables.plan_csv(PLAN, AUDIT))
    assert list(found[0]) == PLAN_COLUMNS
    assert len(found) == STORE.items * STORE.periods
    for name, values in {"expected_stock": PLAN.mean, "audited": AUDIT.service, "promised": PLAN.promised}.items():
        read = np.array([float(row[name]) for row in found]).reshape(STORE.items, STORE.periods)
        assert np.array_equal(read, values), name
    line = found[2 * STORE.periods + 3]
    assert (line["item_id"], line["period"], line["period_start"]) == (STORE.item_id[2], "4", "2027-04")
    verdicts = np.array([row["verdict"] for row in found], dtype=object).reshape(STORE.items, STORE.periods)
    assert np.array_equal(verdicts, AUDIT.verdict)


def test_what_does_not_exist_is_an_empty_cell() -> None:
    found = rows(tables.plan_csv(made_up_plan(STORE, causal=True), None))
    empty = {name for name in PLAN_COLUMNS if all(row[name] == "" for row in found)}
    assert empty == {"a", "b", "audited", "audited_low", "audited_high", "verdict"}
    free = made_up_plan(replace(STORE, budget=None))
    found = rows(tables.budget_csv(free, None))
    assert list(found[0]) == BUDGET_COLUMNS
    assert {name for name in BUDGET_COLUMNS if all(row[name] == "" for row in found)} == {"limit", "audited", "verdict"}


def test_budget_csv_says_limit_expectation_and_verdict_of_each_period() -> None:
    found = rows(tables.budget_csv(PLAN, AUDIT))
    assert PLAN.budget_limit is not None
    assert [float(row["limit"]) for row in found] == PLAN.budget_limit.tolist()
    assert [float(row["audited"]) for row in found] == AUDIT.budget.tolist()
    assert [row["verdict"] for row in found] == [str(word) for word in AUDIT.budget_verdict]


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "\u200b=1", "\xa0@x", "\uff1d1", "'=1"]
)
def test_text_that_a_spreadsheet_could_run_gets_an_apostrophe(text: str) -> None:
    assert tables.text_cell(text) == "'" + text


@pytest.mark.parametrize("text", ["PUMP-1000", "007", "1E5", "a=b", "2027-01", "NA", "x@y"])
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert tables.text_cell(text) == text


def test_no_cell_of_a_table_begins_a_formula_and_negative_numbers_stay_numbers() -> None:
    store = made_up_store(len(EVIL), 3, item_id=EVIL)
    plan = made_up_plan(replace(store, calendar=("=A1", "@b", "c")))
    plan = replace(plan, mean=-np.abs(plan.mean))
    found = rows(tables.plan_csv(plan, None))
    assert len(found) == 3 * len(EVIL)
    for row in found:
        assert row["item_id"][0] not in "=+-@\t\r\n"
        assert row["period_start"][0] not in "=+-@\t\r\n"
        assert float(row["expected_stock"]) <= 0


def test_nothing_in_the_data_becomes_a_part_of_the_page() -> None:
    store = made_up_store(len(EVIL), 4, item_id=EVIL)
    store = replace(store, calendar=EVIL[:4], name=EVIL[3])
    plan = made_up_plan(store, too_much=3)
    reach = tuple(OutOfReach(k, 1, 0.95, 0.5, 0.6, "budget") for k in range(len(EVIL)))
    plan = replace(plan, out_of_reach=reach, notes=EVIL[:-2], rule_name=EVIL[0], objective=EVIL[1], inversion=EVIL[3])
    text = report(plan, audit(plan, 20_000)).html(command=f"ccinv plan '{EVIL[0]}'")
    clean = report(PLAN, AUDIT).html()
    found, harmless = Page(text), Page(clean)
    assert {tag for tag, _ in found.elements} <= {tag for tag, _ in harmless.elements} | {"li", "ul", "code", "details"}
    names = {name for _, attributes in found.elements for name in attributes}
    assert not {name for name in names if name.startswith("on")}
    assert EVIL[0] in " ".join(found.words)
    assert "{{ 7 * 7 }}" in " ".join(found.words)


def test_a_run_folder_of_any_names_is_written_under_names_of_its_own_and_read_back(tmp_path: Path) -> None:
    store = made_up_store(len(EVIL), 2, item_id=EVIL)
    written = report(made_up_plan(store)).write(tmp_path / "run", command=EVIL[-2])
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert all(re.fullmatch(r"[a-z]+\.(csv|json|npz|html)", path.name) for path in written.iterdir())
    assert load(written)[1].item_id == EVIL


def test_the_page_loads_nothing_runs_nothing_and_forbids_both() -> None:
    text = report(PLAN, AUDIT).html(command="ccinv plan store")
    found = Page(text)
    tags = [tag for tag, _ in found.elements]
    assert not {"script", "link", "iframe", "object", "embed", "form", "base"} & set(tags)
    policy = [attributes["content"] for tag, attributes in found.elements if attributes.get("http-equiv")]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]
    links = [value for _, attributes in found.elements for name, value in attributes.items() if "href" in name]
    assert all(value is not None and value.startswith(("#", "data:image/png;base64,")) for value in links)
    assert not re.search(r"@import|url\((?!#)|(?<!xmlns=\")(?<!xlink=\")https?://", text)


def test_every_picture_has_a_title_and_ids_of_its_own() -> None:
    found = Page(report(PLAN, AUDIT).html())
    pictures = [attributes for tag, attributes in found.elements if tag == "svg"]
    assert len(pictures) == 3 + STORE.items
    assert all(attributes["role"] == "img" and attributes["aria-label"] for attributes in pictures)
    ids = [attributes["id"] for _, attributes in found.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    used = {
        str(value)[1:] for _, one in found.elements for name, value in one.items() if "href" in name and value[0] == "#"
    }
    assert used <= set(ids)


def judged(*, broken: int = 0, tight: int = 0) -> Audit:
    """The audit with the verdicts of its first service promises set by hand, all others kept."""
    verdict = np.where(np.isfinite(PLAN.asked), Verdict.KEPT, "").astype(object)
    cells = np.argwhere(np.isfinite(PLAN.asked))
    for k, (i, t) in enumerate(cells[: broken + tight]):
        verdict[i, t] = Verdict.BROKEN if k < broken else Verdict.TIGHT
    kept = np.where(np.isfinite(PLAN.budget_asked), Verdict.KEPT, "").astype(object)
    return replace(AUDIT, verdict=verdict, budget_verdict=kept)


@pytest.mark.parametrize(
    ("found", "tone", "sentence"),
    [
        (judged(), "kept", "Every promise held in 20,000 replays."),
        (judged(tight=2), "tight", "No promise broke in 20,000 replays; 2 of {all} are too close to call."),
        (judged(broken=1, tight=1), "broken", "1 of {all} promises broke in 20,000 replays."),
        (None, "open", "No audit was made: what this plan promises is computed, not tested."),
    ],
)
def test_the_page_begins_with_the_verdict_in_one_sentence(found: Audit | None, tone: str, sentence: str) -> None:
    everything = sum(tables.asked_counts(PLAN).values())
    assert words.headline(PLAN, found) == sentence.replace("{all}", str(everything))
    shown = Page(page(PLAN, found, VERSIONS))
    assert sentence.replace("{all}", str(everything)) in shown.text
    assert [one["class"] for tag, one in shown.elements if one.get("role") == "status"] == [f"verdict {tone}"]


def test_broken_promises_are_named_with_item_period_asked_and_found() -> None:
    found = judged(broken=5)
    text = Page(page(PLAN, found, VERSIONS)).text
    for one in tables.broken_promises(PLAN, found):
        when = STORE.calendar[one["period"] - 1]
        assert f"Service of {one['item_id']} in {when}: {words.percent(one['asked'])} asked" in text
    assert len(tables.broken_promises(PLAN, found)) == 5


def test_the_summary_counts_what_the_audit_counts_and_is_plain_json() -> None:
    figures = tables.summary(PLAN, AUDIT)
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures
    assert sum(figures["audit"]["verdicts"].values()) == sum(figures["promises"].values()) > 0
    assert figures["audit"]["kept"] is AUDIT.kept
    assert figures["audit"]["verdicts"]["broken"] == figures["audit"]["broken_promises"] > 0
    promised = np.isfinite(PLAN.asked)
    assert figures["audit"]["lowest_audited_service"] == AUDIT.service[promised].min()


@cache
def edge_plans() -> dict[str, Plan]:
    one = made_up_store(1, 1)
    bare = replace(made_up_store(5, 4), budget=None, important=np.zeros(5, dtype=bool), open_orders=None)
    plan = made_up_plan(made_up_store(5, 4))
    still = np.zeros_like(plan.mean)
    return {
        "one item, one period": made_up_plan(one),
        "nothing promised": made_up_plan(bare),
        "many periods": made_up_plan(made_up_store(2, 70)),
        "causal": made_up_plan(made_up_store(5, 4), causal=True),
        "no orders, no spread": replace(
            plan, rule=PooledRule(still, still), sd=still, order_mean=still, budget_sd=np.zeros(4), notes=()
        ),
        "order promises": replace(plan, order_asked=np.full((5, 4), 0.9), order_promised=np.full((5, 4), 0.9)),
        "limits of zero": replace(plan, budget_limit=np.zeros(4)),
        "limits below zero": replace(plan, budget_limit=np.full(4, -5.0), budget_mean=np.full(4, -9.0)),
        "values that are not finite": replace(plan, objective_value=float("inf"), gap=float("nan"), objective="new"),
        "half as level": made_up_plan(replace(made_up_store(5, 4), service=replace(plan.store.service, alpha=0.5))),
        "nearly one as level": made_up_plan(
            replace(made_up_store(5, 4), service=replace(plan.store.service, alpha=1 - 1e-9))
        ),
    }


@pytest.mark.parametrize("name", sorted(edge_plans()))
def test_there_is_a_page_for_every_plan(name: str) -> None:
    plan = edge_plans()[name]
    for found in (None, audit(plan, 200)):
        text = page(plan, found, VERSIONS)
        assert plan.store.item_id[0] in Page(text).text
        assert not re.search(r"\bnan\b|\binf\b|None", Page(text).text)


def test_a_page_of_five_thousand_items_is_small_and_quickly_made_and_its_table_quickly_written() -> None:
    plan = made_up_plan(made_up_store(5_000, 12), too_much=20)
    found = audit(plan, 200)
    page(PLAN, AUDIT, VERSIONS)  # imports are not the page
    started = time.process_time()
    text = page(plan, found, VERSIONS)
    assert time.process_time() - started < 6
    assert len(text.encode()) < 1_000_000
    started = time.process_time()
    assert len(tables.plan_csv(plan, found).splitlines()) == 60_001
    assert time.process_time() - started < 2


def test_a_long_note_or_name_does_not_blow_up_the_page() -> None:
    many = tuple(f"note {k} " + "long " * 20 for k in range(20_000))
    reach = tuple(OutOfReach(k % 12, k % 6, 0.95, 0.5, 0.6, "rule") for k in range(20_000))
    assert len(page(replace(PLAN, notes=many, out_of_reach=reach), AUDIT, VERSIONS)) < 1_000_000


def test_the_heat_map_shows_the_worst_of_the_items_that_it_joins() -> None:
    rng = np.random.default_rng(0)
    table = rng.random((1_003, 7))
    table[::5] = np.nan
    joined = heat_rows(table, 100)
    assert joined.shape == (100, 7)
    assert np.array_equal(np.nanmin(joined, axis=0), np.nanmin(table, axis=0))
    assert np.isnan(heat_rows(np.full((500, 2), np.nan), 10)).all()


@pytest.mark.parametrize("alpha", [0.5, 0.6, 0.75, 0.8, 0.9, 0.95, 0.99, 0.9999, 1 - 1e-9])
def test_colours_of_service_change_exactly_at_the_level_that_is_asked(alpha: float) -> None:
    levels, colours = service_levels(alpha)
    assert alpha in levels
    assert (np.diff(levels) > 0).all()
    assert len(colours) == len(levels) - 1 == len(set(colours))
    below = int(np.searchsorted(levels, alpha))
    red = [int(colour[1:3], 16) - int(colour[5:7], 16) for colour in colours]
    assert all(value > 0 for value in red[:below])
    assert all(value < 0 for value in red[below:])


def test_the_worst_items_come_first() -> None:
    order = worst_first(PLAN, AUDIT)
    assert sorted(order) == list(range(STORE.items))
    room = np.nanmin(np.where(np.isfinite(PLAN.asked), AUDIT.service - PLAN.asked, np.inf), axis=1)
    assert (np.diff(room[order[np.isfinite(room[order])]]) >= 0).all()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.95, "95.0 %"), (0.9996, "99.96 %"), (0.99996, "99.996 %"), (1 - 1e-9, "over 99.999 %"), (1.0, "100 %"),
        (0.0, "0 %"), (1e-9, "under 0.001 %"), (float("nan"), "–"), (0.00004, "0.004 %"),
    ],
)  # fmt: skip
def test_a_probability_is_never_rounded_to_certainty(value: float, text: str) -> None:
    assert words.percent(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (-0.001, "0"), (59.0, "59"), (12.345, "12.3"), (1234.5, "1,234"), (0.1234, "0.12"), (-7.5, "−7.50")],
)
def test_a_quantity_is_written_with_the_digits_that_matter(value: float, text: str) -> None:
    assert words.units(value) == text


@pytest.mark.parametrize("like", [None, pl.DataFrame(), pd.DataFrame(), pa.table({}), pl.Series([1]), pd.Series([1])])
def test_the_plan_as_a_frame_is_of_the_same_kind_as_the_given_one(like: Any) -> None:
    frame = PLAN.to_frame(like=like, audit=AUDIT)
    kind = pl.DataFrame if like is None else {"polars": pl.DataFrame, "pandas": pd.DataFrame, "pyarrow": pa.Table}[
        type(like).__module__.split(".")[0]
    ]  # fmt: skip
    assert isinstance(frame, kind)
    columns = frame.column_names if isinstance(frame, pa.Table) else list(frame.columns)
    assert columns == PLAN_COLUMNS
    assert np.array_equal(np.asarray(frame["expected_stock"]).reshape(STORE.items, -1), PLAN.mean)
    assert list(np.asarray(frame["item_id"])[:: STORE.periods]) == list(STORE.item_id)


def test_every_rule_objective_and_inversion_is_said_in_words() -> None:
    import ccinv as cc
    from ccinv.settings import INVERSIONS, settings_of

    objectives = [
        cc.MaxMinService, cc.ExpectedStock, cc.ExpectedBackorders, cc.SumOfService, cc.MinimumBudget,
    ]  # fmt: skip
    rules = [cc.rules.Cumulative, cc.rules.Thesis, cc.rules.Static, cc.rules.Affine]
    inversions = [
        type(settings_of(inversion=name, nu=5 if name == "student" else None).inversion) for name in INVERSIONS
    ]
    assert {kind.__name__ for kind in objectives} <= set(words.OBJECTIVE)
    assert {kind.__name__ for kind in objectives} <= set(words.VALUE)
    assert {kind.__name__ for kind in rules} <= set(words.RULE)
    assert {kind.__name__ for kind in inversions} <= set(words.INVERSION)


def test_the_order_as_placed_is_told_from_the_order_of_the_rule() -> None:
    text = Page(page(PLAN, AUDIT, VERSIONS)).text
    assert "Expected order, as placed" in text
    assert "the mean of what the rule asks for, which counts negative orders too" in text
    assert "rounded up" not in text
    whole = replace(PLAN, store=replace(STORE, orders=replace(STORE.orders, whole=True)))
    assert "what is left of a unit is rounded up" in Page(page(whole, None, VERSIONS)).text


def test_a_limit_that_breaks_because_orders_wait_says_so_once() -> None:
    asked = np.full(STORE.periods, 0.95)
    broken = np.array([Verdict.BROKEN] * STORE.periods, dtype=object)
    plan = replace(PLAN, budget_promised=np.full(STORE.periods, 0.97), budget_asked=asked)
    found = replace(AUDIT, budget=np.full(STORE.periods, 0.5), budget_verdict=broken)
    more = replace(found, budget_mean=plan.budget_mean + 1.0)
    said = "\n".join(words.broken_words(plan, more))
    assert said.count("Orders cannot be negative: where the rule would take an order back it waits") == 1
    assert "The plan promised 97.0 %" in said
    less = replace(found, budget_mean=plan.budget_mean - 1.0)
    assert "Orders cannot be negative" not in "\n".join(words.broken_words(plan, less))


def test_the_terminal_names_periods_as_the_calendar_does() -> None:
    reach = (OutOfReach(0, 1, 0.95, 0.5, 0.6, "budget"),)
    said = "\n".join([*plan_words(replace(PLAN, out_of_reach=reach)), *audit_words(PLAN, AUDIT)])
    assert f"{STORE.item_id[0]} 2027-02 (budget" in said
    assert "Money limit met, least often" in said
    assert "period " not in said.replace("budget period", "")
