"""`ccinv demo`: everything once, on the built-in store."""

from __future__ import annotations

from ccinv.cli.options import Force, Json, Out
from ccinv.cli.outcome import Outcome


def demo(out: Out = None, force: Force = False, json: Json = False) -> Outcome:
    """Plan and audit the built-in store, report it.

    Beside it stands what the usual normal approximation would have delivered on the same store.
    """
    del json  # main sees it
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from ccinv.cli.folders import run_folder
    from ccinv.cli.job import replayed, solved, written
    from ccinv.cli.words import audit_words
    from ccinv.examples import FILES
    from ccinv.reading import read
    from ccinv.settings import read_settings

    with TemporaryDirectory() as place:
        for name, content in FILES["base-supply"]().items():
            (Path(place) / name).write_text(content, encoding="utf-8")
        store = read(place)
        settings, usual = read_settings(place), read_settings(place, inversion="normal")
    folder = run_folder(out, "demo", force)
    normal = solved(store, usual)
    usually = audit_words(normal, replayed(normal, usual.audit), named=5)
    beside = ["The same store planned as if stock were normal:", *(f"  {line}" for line in usually)]
    found = solved(store, settings)
    return written(found, replayed(found, settings.audit), folder, force, beside)
