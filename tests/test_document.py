"""store.toml: its defaults, its types, and that nothing in it is taken for something else in silence."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import pytest
from folders import written
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccinv.errors import DataError
from ccinv.reading import Document, read_document
from ccinv.tables.period import MONTH, Period


def document(folder: Path, text: str | bytes) -> Document:
    return read_document(written(folder, {"store.toml": text}))


def faults_of(folder: Path, text: str | bytes) -> list[str]:
    with pytest.raises(DataError) as caught:
        document(folder, text)
    return [str(fault) for fault in caught.value.faults]


def test_a_document_has_the_defaults_of_the_design(tmp_path: Path) -> None:
    found = read_document(written(tmp_path, {"store.toml": "periods = 12"}))
    assert (found.name, found.periods, found.period, found.missing, found.budget) == ("store", 12, None, None, None)
    assert (found.service.alpha, found.service.unattainable) == (0.95, "refuse")
    assert (found.orders.nonnegative, found.orders.confidence, found.orders.lag, found.orders.whole) == (
        "mean", 0.90, 0, False,
    )  # fmt: skip
    assert (found.rule, found.objective, found.inversion, found.nu) == ("cumulative", "max-min", "calibrated", None)
    assert (found.audit_paths, found.audit_seed) == (20_000, 1)


def test_everything_that_can_be_said_is_read(tmp_path: Path) -> None:
    text = """
schema = 1
name = "all of it"
periods = 2
period = 10
[demand]
first = 1998-01-01
last = "2002-03"
missing = "unknown"
[lead_time]
observed_until = "2013-12-31"
[service]
alpha = 0.9
unattainable = "best"
[budget]
limit = [100, 200.5]
confidence = 0.8
[orders]
rule = "thesis"
nonnegative = "chance"
confidence = 0.7
lag = 1
whole = true
[objective]
name = "min-budget"
[inversion]
name = "student"
nu = 5
confidence = 0.99
[audit]
paths = 1000
seed = 7
[policies]
order_cost = 20.0
holding_rate = 0.02
"""
    found = document(tmp_path, text)
    assert (found.name, found.periods, found.period) == ("all of it", 2, Period(10.0))
    assert (found.first, found.last, found.missing) == (date(1998, 1, 1), date(2002, 3, 1), "unknown")
    assert found.observed_until == date(2013, 12, 31)
    assert (found.service.alpha, found.service.unattainable) == (0.9, "best")
    assert found.budget is not None
    assert (found.budget.limit.tolist(), found.budget.confidence) == ([100, 200.5], 0.8)
    orders = found.orders
    assert (orders.nonnegative, orders.confidence, orders.lag, orders.whole) == ("chance", 0.7, 1, True)
    assert (found.rule, found.objective, found.inversion) == ("thesis", "min-budget", "student")
    assert (found.nu, found.inversion_confidence) == (5, 0.99)
    assert (found.audit_paths, found.audit_seed, found.order_cost, found.holding_rate) == (1000, 7, 20, 0.02)


@pytest.mark.parametrize(
    ("written_as", "period"), [('"month"', MONTH), ('"week"', Period(7.0)), ("30.5", Period(30.5))]
)
def test_a_period_is_a_name_or_a_number_of_days(tmp_path: Path, written_as: str, period: Period) -> None:
    assert document(tmp_path, f"periods = 1\nperiod = {written_as}").period == period


WRONG = [
    ("", ["store.toml, periods", "nothing", "from 1 to 520", "State periods"]),
    ("periods = 12.0", ["store.toml, line 1, periods", "12.0", "an integer"]),
    ("periods = true", ["store.toml, line 1, periods", "true", "an integer"]),
    ('periods = "12"', ["store.toml, line 1, periods", '"12"', "without quotation marks"]),
    ("periods = 521", ["store.toml, line 1, periods", "521", "from 1 to 520"]),
    ("periods = 1\nschema = 2", ["line 2, schema", "2", "expected 1"]),
    ('periods = 1\nperiod = "fortnight"', ["line 2, period", '"fortnight"', '"week"']),
    ("periods = 1\nperiod = nan", ["line 2, period", "nan"]),
    ("periods = 1\nperids = 1", ["line 2, perids", "unknown key", 'Did you mean "periods"?']),
    ("periods = 1\n[service]\nalhpa = 0.99", ["line 3, [service] alhpa", "unknown key", 'Did you mean "alpha"?']),
    ("periods = 1\n[servcie]\nalpha = 0.99", ["line 2, servcie", "unknown key", 'Did you mean "service"?']),
    ("periods = 1\nservice = 0.95", ["line 2, service", "0.95", "a section [service]"]),
    ("periods = 1\n[service]\nalpha = nan", ["line 3, [service] alpha", "nan", "a probability"]),
    ("periods = 1\n[service]\nalpha = 1e400", ["line 3, [service] alpha", "inf", "a probability"]),
    ("periods = 1\n[service]\nalpha = true", ["line 3, [service] alpha", "true", "a probability"]),
    ('periods = 1\n[service]\nalpha = "0.95"', ["[service] alpha", '"0.95"', "without quotation marks"]),
    ("periods = 1\n[service]\nalpha = 95", ["[service] alpha", "95", "Did you mean 0.95?"]),
    ("periods = 1\n[service]\nalpha = 0.49", ["[service] alpha", "0.49", "not convex"]),
    ("periods = 1\n[service]\nalpha = 1.0", ["[service] alpha", "1", "from 0.5 to 1 - 1e-9"]),
    ("periods = 1\n[service]\nalpha = 0.9999999999999999", ["[service] alpha", "from 0.5 to 1 - 1e-9"]),
    ('periods = 1\n[service]\nunattainable = "bets"', ["[service] unattainable", 'Did you mean "best"?']),
    ("periods = 1\n[budget]\nlimit = inf", ["line 3, [budget] limit", "inf", "an amount >= 0", "Leave [budget] out"]),
    ("periods = 1\n[budget]\nlimit = -5", ["line 3, [budget] limit", "-5", "an amount >= 0"]),
    ("periods = 1\n[budget]\nlimit = [5, 6]", ["[budget] limit", "a list of 2", "a list of 1"]),
    ("periods = 1\n[budget]\nlimit = [true]", ["[budget] limit", "a list of 1", "an amount >= 0"]),
    ("periods = 1\n[budget]", ["[budget] limit", "nothing", "Leave [budget] out"]),
    ("periods = 1\n[orders]\nlag = -1", ["[orders] lag", "-1", "from 0 to 520"]),
    ("periods = 1\n[orders]\nwhole = 1", ["[orders] whole", "1", "true or false"]),
    ('periods = 1\n[orders]\nrule = "afine"', ["[orders] rule", '"afine"', 'Did you mean "affine"?']),
    ('periods = 1\n[objective]\nname = "maxmin"', ["[objective] name", '"maxmin"', 'Did you mean "max-min"?']),
    ('periods = 1\n[inversion]\nname = "gauss"', ["[inversion] name", '"gauss"', '"cantelli"']),
    ('periods = 1\n[inversion]\nname = "student"\nnu = 2', ["line 4, [inversion] nu", "2", "above 2"]),
    ("periods = 1\n[audit]\npaths = 200_000_000", ["[audit] paths", "200000000", "100,000,000"]),
    ("periods = 1\n[audit]\nseed = -1", ["[audit] seed", "-1"]),
    ('periods = 1\n[demand]\nmissing = "0"', ["[demand] missing", '"0"', '"unknown"']),
    ('periods = 1\n[demand]\nfirst = "01/98"', ["[demand] first", '"01/98"', "an ISO month"]),
    ("periods = 1\n[lead_time]\nobserved_until = 2013", ["[lead_time] observed_until", "2013", "an ISO date"]),
    ("periods = 1\n[policies]\nholding_rate = -1", ["[policies] holding_rate", "-1", "a number >= 0"]),
    ("periods = 1\nperiods = 2\n", ["store.toml", "no TOML", "line 2"]),
    ("periods = 1\n[service\n", ["store.toml", "no TOML", "line 2"]),
    ('periods = 1\nname = ""', ["line 2, name", "nothing", "1 to 200"]),
]


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_a_wrong_setting_is_named_with_line_value_and_remedy(tmp_path: Path, text: str, said: list[str]) -> None:
    found = faults_of(tmp_path, text)
    assert any(all(part in fault for part in said) for fault in found), found


def test_all_faults_of_the_document_are_told_at_once(tmp_path: Path) -> None:
    text = "periods = 0\nnmae = 1\n[service]\nalpha = 95\n[orders]\nwhole = 0\n[audit]\nsed = 1\n"
    assert len(faults_of(tmp_path, text)) == 5


@pytest.mark.parametrize(
    "text",
    [
        "a" + ".a" * 20_000 + " = 1",
        "\n".join(f"a{k}" + ".a" * 580 + " = 1" for k in range(800)),
        "[" * 100_000,
        "periods = " + "9" * 5_000,
        "\n".join(f"key{k} = 1" for k in range(60_000)),
        "x = [" + "[" * 50_000,
        "[" + " " * 900_000,
        "periods = 1" + " " * 2_000_000,
        b"periods = \xff",
    ],
    ids=["dotted", "dotted-often", "brackets", "digits", "keys", "nested", "blanks", "large", "bytes"],
)
def test_a_hostile_document_is_refused_within_seconds(tmp_path: Path, text: str | bytes) -> None:
    start = time.perf_counter()
    assert faults_of(tmp_path, text)
    assert time.perf_counter() - start < 5  # under one second each on an idle machine


def test_a_byte_order_mark_and_other_line_ends_are_no_fault(tmp_path: Path) -> None:
    assert document(tmp_path, b"\xef\xbb\xbfperiods = 3\r\n[service]\r\nalpha = 0.9\r\n").periods == 3


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.binary(max_size=80)
    | st.lists(
        st.sampled_from(
            [
                "periods",
                "=",
                "1",
                "nan",
                "[",
                "]",
                "service",
                "\n",
                ".",
                '"',
                "1979-05-27T07:32:00Z",
                "{",
                "}",
                "alpha",
                ",",
            ]
        )
    ).map(lambda parts: "".join(parts).encode())
)
def test_any_text_gives_a_document_or_a_data_error_and_nothing_else(tmp_path: Path, text: bytes) -> None:
    try:
        found: Document | None = document(tmp_path, text)
    except DataError:
        found = None
    assert found is None or found.periods >= 1
