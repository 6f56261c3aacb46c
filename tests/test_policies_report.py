"""Policies of today stand in the report, the files and the terminal beside the plan, where they can."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from made_up import made_up_plan, made_up_store

from ccinv.auditing import audit
from ccinv.auditing.comparing import compare
from ccinv.cli import main
from ccinv.cli.words import compared_words
from ccinv.policies import BaseStock, customary
from ccinv.reporting.page import page
from ccinv.reporting.words import dollars, percent
from ccinv.writing import open_folder, report

PLAN = made_up_plan(made_up_store(12, 6))
AUDIT = audit(PLAN, 2_000)
BESIDE = compare(PLAN, customary(20.0, 0.02), 2_000)
VERSIONS = {"python": "3.x", "ccinv": "0"}
STORE = """\
schema = 1
name = "two parts"
periods = 4
[budget]
limit = 9000.0
[orders]
rule = "static"
[inversion]
name = "cantelli"
[audit]
paths = 600
seed = 3
"""


def folder_of(place: Path, toml: str, costs: tuple[str, str] = ("", "")) -> Path:
    place.mkdir()
    rows = [f"{item},{t},25,6" for item in ("pump", "seal") for t in range(1, 5)]
    (place / "store.toml").write_text(toml)
    (place / "items.csv").write_text(
        f"item_id,unit_cost,on_hand,important,order_cost\npump,40,140,true,{costs[0]}\nseal,35,90,false,{costs[1]}\n"
    )
    (place / "demand_forecast.csv").write_text("\n".join(["item_id,period,mean,sd", *rows]) + "\n")
    (place / "lead_times.csv").write_text("item_id,age,probability\npump,0,0.5\npump,1,0.5\nseal,0,1\n")
    return place


def test_the_page_has_a_line_for_each_way_of_ordering_and_none_without_them() -> None:
    text = page(PLAN, AUDIT, VERSIONS, comparison=BESIDE)
    section = text[text.index("<h2>Policies of today</h2>") :]
    section = section[: section.index("</section>")]
    for line, one in zip(BESIDE.figures(), BESIDE.conducts, strict=True):
        row = section[section.index(f'<td class="id">{line.name}</td>') :]
        row = row[: row.index("</tr>")]
        for shown in (
            percent(line.service or 0),
            percent(line.others or 0),
            dollars(line.dollars),
            dollars(line.stock),
        ):
            assert f">{shown}</td>" in row
        assert f"<li>{line.name}: {one.words}.</li>" in section
    assert "<svg" in section
    assert "Policies of today" not in page(PLAN, AUDIT, VERSIONS)


def test_a_name_of_a_policy_is_text_and_nothing_else() -> None:
    class Evil(BaseStock):
        name = words = "<img src=x onerror=alert(1)> $x^2$ {{ 7 * 7 }}"

    text = page(PLAN, None, VERSIONS, comparison=compare(PLAN, [Evil()], 100))
    assert "<img" not in text
    assert "{{ 7 * 7 }}" in text


def test_the_files_say_the_same() -> None:
    found = report(PLAN, AUDIT, BESIDE)
    table = found.summary()["policies"]["table"]
    lines = list(csv.DictReader(io.StringIO(found.findings()["policies.csv"].decode()), strict=True))
    assert [line["policy"] for line in lines] == [line["name"] for line in table] == [o.name for o in BESIDE.conducts]
    for line, row in zip(lines, table, strict=True):
        for name, value in row.items():
            if name != "name":
                assert float(line[name]) == value
    assert "policies.csv" not in report(PLAN, AUDIT).findings()
    assert report(PLAN, AUDIT).summary()["policies"] is None


def test_the_terminal_shows_a_table_whose_columns_stand_under_each_other() -> None:
    _, head, *lines = compared_words(BESIDE)
    assert len(lines) == 5
    assert {len(line) for line in lines} == {len(head)}
    assert compared_words(None) == []


def test_plan_replays_policies_where_the_folder_knows_their_costs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = folder_of(tmp_path / "known", STORE + "[policies]\norder_cost = 9\nholding_rate = 0.05\n")
    for given, there in (
        ([], True),
        (["--no-policies"], False),
        (["--no-audit"], False),
        (["--no-audit", "--policies"], True),
    ):
        out = tmp_path / f"run{len(list(tmp_path.iterdir()))}"
        assert main(["plan", str(known), "--out", str(out), "--json", *given]) == 0
        said = json.loads(capsys.readouterr().out)
        assert (said["policies"] is not None) == there
        assert ("policies.csv" in open_folder(out).content) == there
        if there:
            assert (said["policies"]["paths"], said["policies"]["seed"]) == (600, 3)
            assert [line["name"] for line in said["policies"]["table"]][1:3] == ["(r,Q)", "(r,Q) blocked"]


def test_plan_leaves_policies_out_where_costs_are_not_known_and_says_what_is_missing_where_they_are_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    part = folder_of(tmp_path / "part", STORE + "[policies]\nholding_rate = 0.05\n", ("", "7"))
    assert main(["plan", str(part), "--out", str(tmp_path / "run"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["policies"] is None
    assert main(["plan", str(part), "--out", str(tmp_path / "more"), "--policies"]) == 2
    said = capsys.readouterr().err
    assert "order_cost, item pump: found nothing" in said
    assert "seal" not in said
    assert not (tmp_path / "more").exists()


def test_the_policies_meet_the_first_of_the_audits_paths() -> None:
    """Whole blocks of them: the plan's line is what an audit of as many paths finds."""
    line = BESIDE.conducts[0]
    assert (line.service == AUDIT.service).all()
    assert (line.within == AUDIT.budget).all()
