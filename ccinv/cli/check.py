"""`ccinv check STORE`: is the folder in order, and what is in it?"""

from __future__ import annotations

from ccinv.cli.options import Json, StoreFolder
from ccinv.cli.outcome import Outcome


def check(store: StoreFolder, json: Json = False) -> Outcome:
    """Read a store folder, name every fault in it, say what it holds; nothing is solved."""
    del json  # main sees it
    from ccinv.reading import describe, read
    from ccinv.settings import read_settings

    read_settings(store)  # names that mean nothing are faults too
    found = read(store)
    return Outcome(describe(found), {"store": found.name, "items": found.items, "periods": found.periods})
