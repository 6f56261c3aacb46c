"""`ccinv check STORE`: is the folder in order, and what is in it?"""

from __future__ import annotations

from ccinv.cli.options import Json, StoreFolder
from ccinv.cli.outcome import Outcome


def check(store: StoreFolder, json: Json = False) -> Outcome:
    """Read a store folder, say what is in it or wrong.

    Every fault is named with file, line, value and remedy; nothing is solved.
    """
    del json  # main sees it
    from dataclasses import asdict

    from ccinv.reading import describe, read_folder
    from ccinv.settings import read_settings

    found = read_folder(store)
    read_settings(store)  # names that this version does not know are faults too
    seen, said = describe(found.store), found.document
    kinds = {"rule": said.rule, "objective": said.objective, "inversion": said.inversion}
    lines = [str(seen), *(f"{name:16}{kind}" for name, kind in kinds.items())]
    lines += [f"not read        {file}: {', '.join(columns)}" for file, columns in found.ignored.items()]
    return Outcome("\n".join(lines), {**asdict(seen), **kinds, "ignored": found.ignored})
