"""Small store folders, whole and spoiled, shared by the tests of what is read from them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccinv.errors import DataError
from ccinv.reading import read

TOML = """\
schema = 1
name = "two parts"
periods = 3
period = "month"
[service]
alpha = 0.9
[budget]
limit = 9000.0
"""
ITEMS = "item_id,unit_cost,on_hand,important\n007,40.0,12,true\nNA,2.5,-3,false\n"
FORECAST = "item_id,period,mean,sd\n007,1,10,2\n007,2,11,2\n007,3,12,2.5\nNA,1,4,1\nNA,2,4.5,1\nNA,3,5,1e0\n"
HISTORY = "item_id,period,quantity\n007,2001-01,3\n007,2001-02,4\nNA,2001-02,1\nNA,2001-04,6\n"
LEAD_TIMES = "item_id,age,probability\n007,0,0.25\n007,1,0.75\nNA,1,0.9\nNA,never,0.1\n"
RECEIPTS = "item_id,ordered,received\n007,2001-01-10,2001-01-10\n007,2001-01-10,2001-02-09\nNA,2001-01-01,2001-01-02\n"
OPEN = "item_id,placed,quantity\n007,0,5\nNA,-1,2.5\n"
HISTORY_TOML = TOML + '[demand]\nfirst = "2001-01"\nlast = "2001-04"\nmissing = "zero"\n'
PLAIN = {
    "store.toml": TOML,
    "items.csv": ITEMS,
    "demand_forecast.csv": FORECAST,
    "lead_times.csv": LEAD_TIMES,
    "open_orders.csv": OPEN,
}
PAST = {"store.toml": HISTORY_TOML, "items.csv": ITEMS, "demand_history.csv": HISTORY, "receipts.csv": RECEIPTS}


def written(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def changed(files: dict[str, str], name: str, old: str, new: str) -> dict[str, str]:
    assert old in files[name], (name, old)
    return {**files, name: files[name].replace(old, new, 1)}


def faults_of(folder: Path) -> list[str]:
    with pytest.raises(DataError) as caught:
        read(folder)
    return [str(fault) for fault in caught.value.faults]
