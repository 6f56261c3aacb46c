"""`ccinv demo`: everything once, on the built-in store."""

from __future__ import annotations

from ccinv.cli.options import Force, Json, Out
from ccinv.cli.outcome import Outcome


def demo(out: Out = None, force: Force = False, json: Json = False) -> Outcome:
    """Plan and audit the built-in store, report it.

    Beside it stands what policies of today, and the usual normal approximation, would have delivered on the same store.
    """
    del json  # main sees it
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from ccinv.cli.beside import compared
    from ccinv.cli.folders import run_folder
    from ccinv.cli.job import replayed, solved, written
    from ccinv.cli.words import audit_words
    from ccinv.examples import FILES
    from ccinv.reading import read_folder
    from ccinv.settings import read_settings

    with TemporaryDirectory() as place:
        for name, content in FILES["base-supply"]().items():
            (Path(place) / name).write_text(content, encoding="utf-8")
        given = read_folder(place)
        settings, usual = read_settings(place), read_settings(place, inversion="normal")
    folder = run_folder(out, "demo", force)
    normal = solved(given.store, usual)
    usually = audit_words(normal, replayed(normal, usual.audit), named=5)
    beside = ["The same store planned as if stock were normal:", *(f"  {line}" for line in usually)]
    found = solved(given.store, settings)
    seen, today = replayed(found, settings.audit), compared(found, given, settings.audit)
    return written(found, seen, folder, force, beside, today)
